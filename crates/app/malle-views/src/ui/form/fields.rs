//! The fields of a form, from the controls of a sheet.
//! Reference: "Displaying Table Controls", DTCTL (requirement DT-01)

use mapi::display_table::{Area, Control, ControlKind};
use mapi::{Choice, Result, Sheet};

use super::{Form, FormEnd, FormField, FormKind, FormOption, FormPage, FormPart, as_kept};
use crate::ui::{continues_group, group_from, group_name};

impl Form {
    /// What a sheet shows now.
    ///
    /// # Errors
    /// Those of the tables that its lists show.
    pub fn of(sheet: &mut Sheet<'_>, end: FormEnd) -> Result<Self> {
        let mut pages = Vec::new();
        for page in sheet.pages() {
            let mut open = Open::default();
            for number in page.controls {
                if let Some(part) = part(sheet, number)? {
                    open.put(sheet.controls().get(number), part);
                }
            }
            pages.push(FormPage {
                label: page.label,
                help: page.help,
                parts: open.close(),
            });
        }
        Ok(Self {
            title: sheet.title().to_owned(),
            pages,
            first_page: sheet.first_page(),
            end,
            problems: Vec::new(),
        })
    }
}

/// Frames that are open, the innermost last, each with what stands in it; without one what stands on the page.
#[derive(Default)]
struct Open {
    page: Vec<FormPart>,
    frames: Vec<(String, Area, Vec<FormPart>)>,
}

impl Open {
    fn put(&mut self, control: Option<&Control>, part: FormPart) {
        while let (Some((_, area, _)), Some(control)) = (self.frames.last(), control)
            && !contains(area, control)
        {
            self.end();
        }
        match (part, control) {
            (FormPart::Frame { label, parts }, Some(control)) => {
                self.frames.push((label, control.area, parts));
            }
            (part, _) => self.put_innermost(part),
        }
    }

    fn put_innermost(&mut self, part: FormPart) {
        let frame = self.frames.last_mut().map(|(_, _, parts)| parts);
        frame.unwrap_or(&mut self.page).push(part);
    }

    fn end(&mut self) {
        if let Some((label, _, parts)) = self.frames.pop() {
            self.put_innermost(FormPart::Frame { label, parts });
        }
    }

    fn close(mut self) -> Vec<FormPart> {
        while !self.frames.is_empty() {
            self.end();
        }
        self.page
    }
}

/// Whether a control stands in a frame. One without a size goes to the next frame.
fn contains(frame: &Area, control: &Control) -> bool {
    if frame.width <= 0 || frame.height <= 0 {
        return !matches!(control.kind, ControlKind::GroupBox { .. });
    }
    let within = |at: i32, from: i32, size: i32| (from..from.saturating_add(size)).contains(&at);
    within(control.area.x, frame.x, frame.width) && within(control.area.y, frame.y, frame.height)
}

/// What is shown of a control; nothing of what others show with themselves.
fn part(sheet: &mut Sheet<'_>, number: usize) -> Result<Option<FormPart>> {
    let Some((control, mut field)) = sheet.controls().get(number).zip(sheet.field(number)) else {
        return Ok(None);
    };
    let kind = match &control.kind {
        ControlKind::Page { .. } => return Ok(None),
        ControlKind::RadioButton { .. } if continues_group(sheet, number) => return Ok(None),
        ControlKind::Label { .. } => {
            let text = (!labels_next(sheet, number)).then_some(FormPart::Text(field.label));
            return Ok(text);
        }
        ControlKind::GroupBox { .. } => {
            let (label, parts) = (field.label, Vec::new());
            return Ok(Some(FormPart::Frame { label, parts }));
        }
        ControlKind::Edit { .. } | ControlKind::ComboBox { .. } if field.secret => {
            let is_set = !field.text.is_empty();
            FormKind::Hidden { is_set }
        }
        ControlKind::Edit { max, .. } | ControlKind::ComboBox { max, .. } => FormKind::Text {
            value: as_kept(&field.text, field.multiline),
            typed: None,
            multiline: field.multiline,
            max: *max,
            suggestions: texts(sheet.choices(number)?),
        },
        ControlKind::CheckBox { .. } => FormKind::Tick { on: field.ticked },
        ControlKind::RadioButton { .. } => {
            field.label = group_name(sheet, number).unwrap_or_default();
            FormKind::OneOf(buttons(sheet, number))
        }
        ControlKind::ListBox { .. } | ControlKind::DropDown { .. } => FormKind::Rows {
            rows: rows(sheet.choices(number)?),
            several: control.kind.prop().is_none(),
            folded: matches!(control.kind, ControlKind::DropDown { .. }),
        },
        ControlKind::MvListBox { .. } | ControlKind::MvDropDown { .. } => FormKind::Values {
            values: texts(sheet.choices(number)?),
            folded: matches!(control.kind, ControlKind::MvDropDown { .. }),
        },
        ControlKind::Button { .. } => FormKind::Press,
    };
    Ok(Some(FormPart::Field(FormField {
        number,
        label: field.label,
        help: field.help,
        enabled: field.enabled,
        required: field.required,
        problem: None,
        kind,
    })))
}

fn texts(choices: Vec<Choice>) -> Vec<String> {
    choices.into_iter().map(|choice| choice.text).collect()
}

fn rows(choices: Vec<Choice>) -> Vec<FormOption> {
    let option = |(number, choice): (usize, Choice)| FormOption {
        number,
        text: choice.text,
        chosen: choice.chosen,
    };
    choices.into_iter().enumerate().map(option).collect()
}

fn buttons(sheet: &mut Sheet<'_>, first: usize) -> Vec<FormOption> {
    let group = group_from(sheet, first);
    let option = |number| {
        sheet.field(number).map(|field| FormOption {
            number,
            text: field.label,
            chosen: field.ticked,
        })
    };
    group.into_iter().filter_map(option).collect()
}

/// Whether the control behind a label has none of its own, and so takes this one.
fn labels_next(sheet: &Sheet<'_>, number: usize) -> bool {
    match sheet.controls().get(number + 1).map(|c| &c.kind) {
        Some(ControlKind::RadioButton { .. }) => true,
        Some(kind) => kind.label().is_none(),
        None => false,
    }
}
