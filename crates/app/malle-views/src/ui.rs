//! A person who is asked through sheets: line by line at a terminal, or by forms of a web page.
//! Requirements: client 2, sections 0.3 and 4 (DT-01, DT-02)
//!
//! Both hand what was entered to the same [`mapi::Sheet`], which decides everything; they only draw and read.

pub(crate) mod form;
pub(crate) mod lines;

use mapi::display_table::{Control, ControlKind};
use mapi::{PropTag, Sheet};

/// What radio buttons of one group share.
fn group(control: Option<&Control>) -> Option<(u32, PropTag)> {
    match control.map(|c| &c.kind) {
        Some(ControlKind::RadioButton { count, prop, .. }) => Some((*count, *prop)),
        _ => None,
    }
}

/// Whether a control is a radio button of the group of the one before it.
fn continues_group(sheet: &Sheet<'_>, number: usize) -> bool {
    let controls = sheet.controls();
    let own = group(controls.get(number));
    let before = number.checked_sub(1).and_then(|n| group(controls.get(n)));
    own.is_some() && own == before
}

/// The radio buttons of a group, from its first one.
fn group_from(sheet: &Sheet<'_>, first: usize) -> Vec<usize> {
    let own = group(sheet.controls().get(first));
    let rest = first..sheet.controls().len();
    rest.take_while(|n| own.is_some() && group(sheet.controls().get(*n)) == own)
        .collect()
}

/// What a group of radio buttons is called, by the label before its first one; `None` without any, and of other controls.
fn group_name(sheet: &mut Sheet<'_>, first: usize) -> Option<String> {
    group(sheet.controls().get(first))?;
    let before = first.checked_sub(1)?;
    let is_label = matches!(
        sheet.controls().get(before).map(|c| &c.kind),
        Some(ControlKind::Label { .. })
    );
    let label = sheet.field(before).filter(|_| is_label)?.label;
    Some(label).filter(|label| !label.is_empty())
}
