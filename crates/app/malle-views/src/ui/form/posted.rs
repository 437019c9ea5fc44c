//! What was posted from a form: which fields were filled in otherwise than they were shown.
//! HTML Living Standard §4.10.21 (form submission), URL Standard §5 (application/x-www-form-urlencoded)

use std::fmt;

use mapi::{Refused, Sheet, Taken};

use super::filling::FormTurn;
use super::{Form, FormField, FormKind, FormOption, as_kept};
use crate::percent;
use crate::ui::group_name;

/// The name of the field with this number.
pub(super) fn name_of(number: usize) -> String {
    format!("c{number}")
}

/// The name of the box that empties a hidden text.
pub(super) fn emptying(number: usize) -> String {
    format!("c{number}-empty")
}

/// The name of all buttons that post a form.
pub(super) const BUTTONS: &str = "do";

/// A body that no form posts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("what was posted is not coded as forms are: a % code that is none, or no UTF-8")]
pub struct BadPost;

/// Names and values of a posted form, in order.
pub type FormPairs = Vec<(String, String)>;

/// Names and values of a posted form (`application/x-www-form-urlencoded`), in order.
///
/// ```
/// let pairs = malle_views::posted_pairs("c1=Ann+Lee&c2=50%25")?;
/// assert_eq!(pairs[1], ("c2".to_owned(), "50%".to_owned()));
/// assert_eq!(pairs[0].1, "Ann Lee");
/// # Ok::<(), malle_views::BadPost>(())
/// ```
///
/// # Errors
/// [`BadPost`].
pub fn posted_pairs(body: &str) -> Result<FormPairs, BadPost> {
    let decode = |text: &str| percent::decoded(&text.replace('+', " ")).ok_or(BadPost);
    let pair = |pair: &str| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        Ok((decode(name)?, decode(value)?))
    };
    let pairs = body.split('&').filter(|pair| !pair.is_empty());
    pairs.map(pair).collect()
}

/// What a person did with a form.
#[derive(Clone, PartialEq, Eq)]
pub struct Posted {
    entries: Vec<(usize, Entry)>,
    /// Where they go from it; `None`: nowhere, no button was pressed.
    pub turn: Option<FormTurn>,
}

impl fmt::Debug for Posted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Entries may be secrets.
        f.debug_struct("Posted")
            .field("turn", &self.turn)
            .finish_non_exhaustive()
    }
}

/// What was done with a field.
#[derive(Clone, PartialEq, Eq)]
enum Entry {
    Text(String),
    Tick(bool),
    /// The button of a group.
    Radio(usize),
    /// Rows by number, with what was shown of them.
    Rows(Vec<(usize, String)>),
}

/// Something that was not taken.
pub(super) struct Problem {
    pub(super) number: Option<usize>,
    pub(super) refused: Refused,
    /// What was typed.
    pub(super) typed: Option<String>,
}

impl Form {
    /// Compares what was posted with what was shown. Names that no form has are overlooked, so that others may be in the same
    /// post; fields that were not posted are as they were, but for boxes that can be ticked.
    #[must_use]
    pub fn read(&self, pairs: &[(String, String)]) -> Posted {
        let mut entries = Vec::new();
        for field in self.fields() {
            let values = values_of(pairs, &name_of(field.number));
            let empty = !values_of(pairs, &emptying(field.number)).is_empty();
            let entry = entry(field, &values, empty);
            entries.extend(entry.map(|entry| (field.number, entry)));
        }
        let known = |number: &usize| self.fields().any(|field| field.number == *number);
        for (name, value) in pairs {
            let number = name.strip_prefix('c').and_then(|n| n.parse().ok());
            let foreign = number.filter(|number| !known(number));
            entries.extend(foreign.map(|number| (number, Entry::Text(value.clone()))));
        }
        let button = values_of(pairs, BUTTONS).first().copied();
        let turn = button.and_then(FormTurn::named);
        Posted { entries, turn }
    }
}

fn values_of<'a>(pairs: &'a [(String, String)], name: &str) -> Vec<&'a str> {
    let named = pairs.iter().filter(|(n, _)| n == name);
    named.map(|(_, value)| value.as_str()).collect()
}

/// What was done with a field, if anything. A value that such a field never posts is handed on as a text, which its control
/// refuses.
fn entry(field: &FormField, values: &[&str], empty: bool) -> Option<Entry> {
    let text = |value: &str| Some(Entry::Text(value.to_owned()));
    match (&field.kind, values) {
        (FormKind::Text { .. } | FormKind::OneOf(_), []) => None,
        (
            FormKind::Text {
                multiline, value, ..
            },
            [typed, ..],
        ) => {
            let typed = as_kept(typed, *multiline);
            // A text of several lines has the ends of lines that MAPI's texts have.
            (typed != *value).then(|| Entry::Text(typed.replace('\n', "\r\n")))
        }
        (FormKind::Hidden { .. }, _) if empty => text(""),
        (FormKind::Hidden { .. }, [] | ["", ..]) => None,
        (FormKind::Hidden { .. }, [typed, ..]) => text(typed),
        (FormKind::Tick { on }, values) => {
            let ticked = values.last().is_some_and(|value| *value == "on");
            let seen = field.enabled || ticked;
            (seen && ticked != *on).then_some(Entry::Tick(ticked))
        }
        (FormKind::OneOf(options), [value, ..]) => match option(options, value) {
            Some(option) if option.chosen => None,
            Some(option) => Some(Entry::Radio(option.number)),
            None => text(value),
        },
        (FormKind::Rows { rows, several, .. }, values) => {
            picked(rows, *several && field.enabled, values)
        }
        (FormKind::Values { .. } | FormKind::Press, [value, ..]) => text(value),
        (FormKind::Values { .. } | FormKind::Press, []) => None,
    }
}

fn option<'a>(options: &'a [FormOption], value: &str) -> Option<&'a FormOption> {
    let number: usize = value.parse().ok()?;
    options.iter().find(|option| option.number == number)
}

fn picked(rows: &[FormOption], several: bool, values: &[&str]) -> Option<Entry> {
    let mut picked = Vec::new();
    for value in values.iter().filter(|value| !value.is_empty()) {
        match option(rows, value) {
            Some(row) => picked.push(row),
            None => return Some(Entry::Text((*value).to_owned())),
        }
    }
    let same = if several {
        rows.iter()
            .filter(|row| row.chosen)
            .eq(picked.iter().copied())
    } else {
        picked.iter().all(|row| row.chosen)
    };
    let row = |row: &FormOption| (row.number, row.text.clone());
    (!same).then(|| Entry::Rows(picked.into_iter().map(row).collect()))
}

impl Posted {
    /// Enters what was done into the sheet, and leaves each control that it concerns. Returns what was not taken.
    pub(super) fn enter(&self, sheet: &mut Sheet<'_>) -> Vec<Problem> {
        let mut problems = Vec::new();
        for (number, entry) in &self.entries {
            let done = entry.enter(sheet, *number);
            let left = done.and_then(|()| sheet.leave(*number).map_err(Refused::Data));
            if let Err(mut refused) = left {
                name_group(sheet, *number, &mut refused);
                let typed = match entry {
                    Entry::Text(text) => Some(text.clone()),
                    _ => None,
                };
                problems.push(Problem {
                    number: Some(*number),
                    refused,
                    typed,
                });
            }
        }
        problems
    }
}

/// Names the group of a radio button, where it has a name, instead of its first button.
fn name_group(sheet: &mut Sheet<'_>, number: usize, refused: &mut Refused) {
    let group = group_name(sheet, number);
    if let (Refused::OtherKind { label }, Some(group)) = (refused, group) {
        *label = group;
    }
}

impl Entry {
    fn enter(&self, sheet: &mut Sheet<'_>, number: usize) -> Taken<()> {
        match self {
            Self::Text(text) => sheet.type_text(number, text),
            Self::Tick(on) => sheet.tick(number, *on),
            Self::Radio(button) => sheet.tick(*button, true),
            Self::Rows(rows) => {
                let now = sheet.choices(number).map_err(Refused::Data)?;
                let gone = |(row, text): &&(usize, String)| {
                    now.get(*row).is_none_or(|choice| choice.text != *text)
                };
                if let Some((row, _)) = rows.iter().find(gone) {
                    let label = sheet.field(number).map(|field| field.label);
                    return Err(Refused::NoRow {
                        label: label.unwrap_or_default(),
                        row: *row,
                    });
                }
                let rows: Vec<usize> = rows.iter().map(|(row, _)| *row).collect();
                sheet.pick_rows(number, &rows)
            }
        }
    }
}
