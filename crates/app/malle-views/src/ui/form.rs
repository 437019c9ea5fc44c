//! A sheet as a form of a web page: fields as plain data, drawn from the sheet and read back from what was posted.
//! Reference: "Display Tables", "Displaying Table Controls" (requirements DT-01, DT-02); HTML Living Standard §4.10
//!
//! A form is what the person saw: only what was posted otherwise is entered. So what changes behind it meanwhile is not
//! overwritten, and a row that is no longer the one that was shown is refused rather than another one picked.

mod fields;
mod filling;
mod html;
mod posted;

#[cfg(test)]
mod tests;

use serde::Serialize;

pub use filling::{Asked, FormEnd, FormTurn, fill_by_forms};
pub use html::{FormPlace, FormWords};
pub use posted::{BadPost, FormPairs, Posted, posted_pairs};

/// A sheet as it is shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Form {
    /// What it is of.
    pub title: String,
    /// Its pages, in order.
    pub pages: Vec<FormPage>,
    /// The page that is meant to be seen first.
    pub first_page: usize,
    /// How it can be left.
    pub end: FormEnd,
    /// What was wrong that belongs to no field.
    pub problems: Vec<String>,
}

/// One page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FormPage {
    /// What stands on its tab; may be empty.
    pub label: String,
    /// Section and context of its help.
    pub help: Option<(String, u32)>,
    /// What stands on it.
    pub parts: Vec<FormPart>,
}

/// Something on a page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum FormPart {
    /// A text that is the label of nothing.
    Text(String),
    /// A frame around others.
    Frame {
        /// What stands on it; may be empty.
        label: String,
        /// What stands in it.
        parts: Vec<FormPart>,
    },
    /// What shows a value, or can be pressed.
    Field(FormField),
}

/// One control, or one group of radio buttons.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FormField {
    /// Number of the control in its sheet, of a group that of its first button.
    pub number: usize,
    /// What tells people what it is; may be empty.
    pub label: String,
    /// A sentence about it.
    pub help: Option<String>,
    /// Whether it can be changed, or pressed.
    pub enabled: bool,
    /// Whether it must not be empty.
    pub required: bool,
    /// Why what was posted last is not taken.
    pub problem: Option<String>,
    /// What it is.
    pub kind: FormKind,
}

/// The kinds of fields.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum FormKind {
    /// A text.
    Text {
        /// As the sheet has it.
        value: String,
        /// What was typed instead and not taken.
        typed: Option<String>,
        /// Whether it has several lines.
        multiline: bool,
        /// How many characters at most; 0: as many as one likes.
        max: u32,
        /// What can be taken instead of typing.
        suggestions: Vec<String>,
    },
    /// A text that is not shown, and is in no form: an empty answer keeps it.
    Hidden {
        /// Whether there is one.
        is_set: bool,
    },
    /// A check box.
    Tick {
        /// Whether it is ticked.
        on: bool,
    },
    /// Radio buttons; their numbers are those of their controls.
    OneOf(Vec<FormOption>),
    /// Rows to pick from.
    Rows {
        /// The rows.
        rows: Vec<FormOption>,
        /// Whether any number of them can be picked, rather than one.
        several: bool,
        /// Whether the list is folded up.
        folded: bool,
    },
    /// Values that are only shown.
    Values {
        /// The values.
        values: Vec<String>,
        /// Whether the list is folded up.
        folded: bool,
    },
    /// A button of the sheet.
    Press,
}

/// What can be chosen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FormOption {
    /// Its number.
    pub number: usize,
    /// What is shown of it.
    pub text: String,
    /// Whether it is chosen.
    pub chosen: bool,
}

impl Form {
    /// The fields of all pages, in order.
    pub fn fields(&self) -> impl Iterator<Item = &FormField> {
        let mut open: Vec<&FormPart> = self.pages.iter().flat_map(|page| &page.parts).collect();
        open.reverse();
        std::iter::from_fn(move || {
            loop {
                match open.pop()? {
                    FormPart::Field(field) => return Some(field),
                    FormPart::Frame { parts, .. } => open.extend(parts.iter().rev()),
                    FormPart::Text(_) => {}
                }
            }
        })
    }

    /// Says beside a field why what was posted is not taken, or above all fields where there is none of this number.
    pub(super) fn refuse(&mut self, number: Option<usize>, why: String, typed: Option<String>) {
        let parts = self.pages.iter_mut().flat_map(|page| &mut page.parts);
        let found = number.and_then(|number| find(parts, number));
        let Some(field) = found else {
            self.problems.push(why);
            return;
        };
        if let FormKind::Text { typed: shown, .. } = &mut field.kind {
            *shown = typed;
        }
        field.problem = Some(why);
    }
}

fn find<'a>(
    parts: impl Iterator<Item = &'a mut FormPart>,
    number: usize,
) -> Option<&'a mut FormField> {
    for part in parts {
        let found = match part {
            FormPart::Field(field) => Some(field).filter(|field| field.number == number),
            FormPart::Frame { parts, .. } => find(parts.iter_mut(), number),
            FormPart::Text(_) => None,
        };
        if found.is_some() {
            return found;
        }
    }
    None
}

/// A text as a browser keeps it in a field, so that what nobody touched comes back the same: there is no NUL, and a line has
/// one kind of end, or none where there is only one line.
fn as_kept(text: &str, multiline: bool) -> String {
    let text = text.replace('\0', "\u{FFFD}");
    if multiline {
        text.replace("\r\n", "\n").replace('\r', "\n")
    } else {
        text.replace(['\r', '\n'], "")
    }
}
