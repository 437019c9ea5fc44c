//! A sheet while somebody fills it in: what every front end shows of it, and what becomes of what they enter.
//! Reference: "Display Tables", "Property Sheet Implementation" (requirement DT-02)
//!
//! No front end decides anything: it draws [`Sheet::field`]s and hands over what was typed, ticked and picked. Until it is
//! accepted a sheet changes nothing but what its controls want set at once.

mod choices;
mod refused;
mod value;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::ops::Range;

use mapi_props::display_table::{Control, ControlId, ControlKind, control_flags};
use mapi_props::{Code, PropTag, PropValue};
use mapi_spi::{Call, Error, Result, SheetData, SheetRequest, UiHost};

pub use choices::Choice;
pub use refused::{Refused, Taken};
use value::{Held, is_empty, text_of};

/// A sheet being filled in. Controls go by their number in its table, from 0.
pub struct Sheet<'a> {
    request: SheetRequest<'a>,
    data: &'a mut dyn SheetData,
    held: BTreeMap<PropTag, Held>,
    /// Rows chosen in lists that set no property.
    chosen: BTreeMap<usize, Vec<usize>>,
}

/// One page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// What stands on its tab, without access key; empty for controls that stand on none.
    pub label: String,
    /// Section and context of its help; `None`: it has none.
    pub help: Option<(String, u32)>,
    /// Its controls.
    pub controls: Range<usize>,
}

/// One control as it is to be drawn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// Its number.
    pub number: usize,
    /// What tells people what it is, without access key: its own label or the one before it.
    pub label: String,
    /// A sentence about it.
    pub help: Option<String>,
    /// Its text; of a secret one too. What is ticked and picked is in `ticked` and among the choices.
    pub text: String,
    /// Whether it is ticked or, of a radio button, chosen.
    pub ticked: bool,
    /// Whether it can be changed, or pressed.
    pub enabled: bool,
    /// Whether it must not be empty.
    pub required: bool,
    /// Whether what is typed must not be seen.
    pub secret: bool,
    /// Whether its text has several lines.
    pub multiline: bool,
}

impl std::fmt::Debug for Sheet<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Values may be secrets.
        f.debug_struct("Sheet")
            .field("title", &self.request.title)
            .finish_non_exhaustive()
    }
}

impl<'a> Sheet<'a> {
    /// Opens a sheet: reads all properties that its controls show, at once.
    ///
    /// # Errors
    /// Those of the data.
    pub fn open(request: &SheetRequest<'a>, data: &'a mut dyn SheetData) -> Result<Self> {
        let mut sheet = Self {
            request: *request,
            data,
            held: BTreeMap::new(),
            chosen: BTreeMap::new(),
        };
        let controls = sheet.request.table.controls.iter();
        let mut props: Vec<PropTag> = controls.filter_map(|c| c.kind.prop()).collect();
        props.sort_unstable();
        props.dedup();
        sheet.read(&props)?;
        Ok(sheet)
    }

    /// Takes the values of properties from the data.
    fn read(&mut self, props: &[PropTag]) -> Result<()> {
        if props.is_empty() {
            return Ok(());
        }
        let values = self.data.get(props)?;
        for (prop, value) in props.iter().zip(values) {
            self.held.insert(*prop, Held::new(value));
        }
        Ok(())
    }

    /// What it is of.
    #[must_use]
    pub const fn title(&self) -> &'a str {
        self.request.title
    }

    /// All controls.
    #[must_use]
    pub fn controls(&self) -> &'a [Control] {
        &self.request.table.controls
    }

    /// The pages, in order. Controls before the first page row stand on one without a label.
    #[must_use]
    pub fn pages(&self) -> Vec<Page> {
        let mut pages = Vec::<Page>::new();
        for (number, control) in self.controls().iter().enumerate() {
            let page = match &control.kind {
                ControlKind::Page {
                    label,
                    component,
                    context,
                } => Some(Page {
                    label: plain(label),
                    help: (!component.is_empty() && *context != 0)
                        .then(|| (component.clone(), *context)),
                    controls: number..number + 1,
                }),
                _ if pages.is_empty() => Some(Page {
                    label: String::new(),
                    help: None,
                    controls: number..number + 1,
                }),
                _ => None,
            };
            pages.extend(page);
            if let Some(last) = pages.last_mut() {
                last.controls.end = number + 1;
            }
        }
        pages
    }

    /// The page that is shown first, if there is one.
    #[must_use]
    pub fn first_page(&self) -> usize {
        let last = self.pages().len().saturating_sub(1);
        self.request.first_page.min(last)
    }

    /// A control as it is to be drawn; `None` past the last one.
    #[must_use]
    pub fn field(&mut self, number: usize) -> Option<Field> {
        let control = self.controls().get(number)?;
        let flag = |flag| control.flags & flag != 0;
        let held = control.kind.prop().and_then(|prop| self.held.get(&prop));
        let value = held.and_then(|held| held.now.clone());
        let ticked = match (&control.kind, &value) {
            (ControlKind::CheckBox { .. }, Some(PropValue::Bool(on))) => *on,
            (ControlKind::RadioButton { value, .. }, Some(PropValue::Long(now))) => value == now,
            _ => false,
        };
        Some(Field {
            number,
            label: self.label(number),
            help: self.data.help(&control.id),
            text: value.as_ref().map(text_of).unwrap_or_default(),
            ticked,
            enabled: self.is_enabled(control),
            required: flag(control_flags::REQUIRED),
            secret: flag(control_flags::PASSWORD_EDIT),
            multiline: flag(control_flags::MULTILINE),
        })
    }

    /// What tells people what a control is.
    fn label(&self, number: usize) -> String {
        let controls = self.controls();
        let own = controls.get(number).and_then(|c| c.kind.label());
        let before = || match number.checked_sub(1).and_then(|n| controls.get(n)) {
            Some(Control {
                kind: ControlKind::Label { text },
                ..
            }) => Some(text.as_str()),
            _ => None,
        };
        own.or_else(before).map(plain).unwrap_or_default()
    }

    /// Whether a control can be changed or pressed. Lists and radio buttons have no flag for it.
    fn is_enabled(&mut self, control: &Control) -> bool {
        if self.request.read_only {
            return false;
        }
        match &control.kind {
            ControlKind::Edit { .. }
            | ControlKind::ComboBox { .. }
            | ControlKind::DropDown { .. }
            | ControlKind::CheckBox { .. } => control.flags & control_flags::EDITABLE != 0,
            ControlKind::ListBox { .. } | ControlKind::RadioButton { .. } => true,
            // A button whose state nobody knows cannot be pressed.
            ControlKind::Button { control, .. } => self.data.enabled(*control).unwrap_or(false),
            _ => false,
        }
    }

    fn changeable(&mut self, number: usize) -> Taken<&'a Control> {
        let control = self.controls().get(number).ok_or(Refused::NoControl)?;
        if !self.is_enabled(control) {
            return Err(Refused::ReadOnly {
                label: self.label(number),
            });
        }
        Ok(control)
    }

    /// Types a text: the whole of it, in place of what was there.
    ///
    /// # Errors
    /// [`Refused::Character`], [`Refused::TooLong`], [`Refused::ReadOnly`]; nothing is changed then.
    pub fn type_text(&mut self, number: usize, text: &str) -> Taken<()> {
        let control = self.changeable(number)?;
        let label = || self.label(number);
        let (filter, max, prop) = match &control.kind {
            ControlKind::Edit { filter, max, prop }
            | ControlKind::ComboBox {
                filter, max, prop, ..
            } => (filter, *max, *prop),
            _ => return Err(Refused::OtherKind { label: label() }),
        };
        let breaks = control.flags & control_flags::MULTILINE != 0;
        let refused = text.chars().find(|c| match c {
            '\n' | '\r' if breaks => false,
            c => c.is_control() || !filter.allows(*c),
        });
        if let Some(character) = refused {
            let filter = filter.to_string();
            return Err(Refused::Character {
                label: label(),
                character,
                filter,
            });
        }
        let long = usize::try_from(max).is_ok_and(|max| max > 0 && text.chars().nth(max).is_some());
        if long {
            return Err(Refused::TooLong {
                label: label(),
                max,
            });
        }
        self.enter(prop, PropValue::from(text));
        Ok(())
    }

    /// Ticks a check box or takes the tick away; of a radio button only the first makes sense: it is chosen instead of the
    /// others of its group.
    ///
    /// # Errors
    /// [`Refused::ReadOnly`], [`Refused::OtherKind`].
    pub fn tick(&mut self, number: usize, on: bool) -> Taken<()> {
        let control = self.changeable(number)?;
        match &control.kind {
            ControlKind::CheckBox { prop, .. } => self.enter(*prop, PropValue::from(on)),
            ControlKind::RadioButton { prop, value, .. } if on => {
                self.enter(*prop, PropValue::from(*value));
            }
            _ => {
                return Err(Refused::OtherKind {
                    label: self.label(number),
                });
            }
        }
        Ok(())
    }

    fn enter(&mut self, prop: PropTag, value: PropValue) {
        self.held.entry(prop).or_default().enter(value);
    }

    /// Presses a button.
    ///
    /// # Errors
    /// [`Refused::ReadOnly`] while it cannot be pressed, [`Refused::OtherKind`]; what the button's object says, but for
    /// `MAPI_E_USER_CANCEL`, of which nobody needs to be told.
    pub fn press(&mut self, number: usize, ui: &dyn UiHost, call: &Call) -> Taken<()> {
        let control = self.changeable(number)?;
        let ControlKind::Button { control, .. } = &control.kind else {
            return Err(Refused::OtherKind {
                label: self.label(number),
            });
        };
        match self.data.activate(*control, ui, call) {
            Err(error) if error.code() != Code::USER_CANCEL => Err(Refused::Data(error)),
            _ => self.refresh().map_err(Refused::Data),
        }
    }

    /// Leaves a control: what is to be set at once is set, and controls that others have changed are read again.
    ///
    /// # Errors
    /// Those of the data.
    pub fn leave(&mut self, number: usize) -> Result<()> {
        let control = self.controls().get(number);
        if let Some(control) = control
            && control.flags & control_flags::SET_IMMEDIATE != 0
            && let Some(prop) = control.kind.prop()
        {
            self.set(&[prop])?;
        }
        self.refresh()
    }

    /// Reads the controls again that were said to have changed. What somebody entered and has not been set is kept for the
    /// others; labels, frames and pages have nothing to read.
    ///
    /// # Errors
    /// Those of the data.
    pub fn refresh(&mut self) -> Result<()> {
        let changed = self.data.changed();
        let ids = |c: &&Control| changed.contains(&c.id);
        let changed = self.controls().iter().filter(ids);
        let props: Vec<PropTag> = changed.filter_map(|c| c.kind.prop()).collect();
        self.read(&props)
    }

    /// The control with this id.
    #[must_use]
    pub fn number_of(&self, id: &ControlId) -> Option<usize> {
        self.controls().iter().position(|control| control.id == *id)
    }

    /// The first control of `among` that must not be empty and is.
    #[must_use]
    pub fn missing(&self, among: Range<usize>) -> Option<usize> {
        let lacks = |number: &usize| {
            let control = self.controls().get(*number);
            let required = control.filter(|c| c.flags & control_flags::REQUIRED != 0);
            let prop = required.and_then(|c| c.kind.prop());
            let held = prop.and_then(|prop| self.held.get(&prop));
            held.is_some_and(|held| held.now.as_ref().is_none_or(is_empty))
        };
        among.into_iter().find(lacks)
    }

    /// Accepts the sheet: sets every property that was changed, and no other, by one call. Returns which. A sheet that only
    /// shows sets nothing.
    ///
    /// # Errors
    /// [`Refused::Missing`]: nothing was set. Those of the data: neither, and the sheet is as it was.
    pub fn accept(&mut self) -> Taken<Vec<PropTag>> {
        if self.request.read_only {
            return Ok(Vec::new());
        }
        if let Some(number) = self.missing(0..self.controls().len()) {
            return Err(Refused::Missing {
                number,
                label: self.label(number),
            });
        }
        self.save().map_err(Refused::Data)
    }

    /// Sets what was changed without insisting on what is required: for going back in a wizard.
    ///
    /// # Errors
    /// Those of the data.
    pub fn save(&mut self) -> Result<Vec<PropTag>> {
        let props: Vec<PropTag> = self.held.keys().copied().collect();
        self.set(&props)
    }

    /// Sets those of `props` that were changed.
    fn set(&mut self, props: &[PropTag]) -> Result<Vec<PropTag>> {
        let changed = |prop: &PropTag| {
            let held = self.held.get(prop).filter(|held| held.is_changed())?;
            Some((*prop, held.now.clone()?))
        };
        let values: Vec<_> = props.iter().filter_map(changed).collect();
        if values.is_empty() {
            return Ok(Vec::new());
        }
        self.data.set(&values)?;
        for (prop, _) in &values {
            if let Some(held) = self.held.get_mut(prop) {
                held.settle();
            }
        }
        Ok(values.into_iter().map(|(prop, _)| prop).collect())
    }
}

/// A label without the `&` before its access key; `&&` stands for itself.
fn plain(label: &str) -> String {
    let mut text = String::with_capacity(label.len());
    let mut chars = label.chars();
    while let Some(c) = chars.next() {
        text.extend(if c == '&' { chars.next() } else { Some(c) });
    }
    text
}

/// A sheet that nobody accepted.
#[must_use]
pub fn cancelled() -> Error {
    Error::new(Code::USER_CANCEL, "the sheet was cancelled")
}
