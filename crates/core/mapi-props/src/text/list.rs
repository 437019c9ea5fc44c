//! Sort orders and columns: properties between commas.

use super::property_end;
use crate::names::{NameError, NameMap, parse_local_tag, tag_text};
use crate::{PropTag, SortColumn, SortOrder, SortOrderSet};

/// The text of a list of columns.
#[must_use]
pub fn columns(tags: &[PropTag], names: &dyn NameMap) -> String {
    let texts: Vec<String> = tags.iter().map(|tag| tag_text(*tag, names)).collect();
    texts.join(",")
}

/// Reads properties between commas. An empty text is an empty list.
///
/// # Errors
/// [`NameError`] of the first that is none.
pub fn parse_columns(text: &str, names: &dyn NameMap) -> Result<Vec<PropTag>, NameError> {
    split(text)
        .into_iter()
        .map(|item| parse_local_tag(item, names))
        .collect()
}

/// The text of a sort order: `-PidTagMessageDeliveryTime,PidTagSubject`.
#[must_use]
pub fn sort_order(set: &SortOrderSet, names: &dyn NameMap) -> String {
    let column = |c: &SortColumn| {
        let tag = tag_text(c.tag, names);
        match c.order {
            SortOrder::Ascend => tag,
            SortOrder::Descend => format!("-{tag}"),
            SortOrder::Combine => format!("&{tag}"),
            SortOrder::CategMax => format!("max({tag})"),
            SortOrder::CategMin => format!("min({tag})"),
        }
    };
    let columns: Vec<String> = set.columns.iter().map(column).collect();
    let mut out = columns.join(",");
    for (name, number) in [("categories", set.categories), ("expanded", set.expanded)] {
        if number != 0 {
            out.push_str(&format!(";{name}={number}"));
        }
    }
    out
}

/// Reads what [`sort_order`] writes; `+P` ascends too.
///
/// # Errors
/// [`NameError`] of the first property that is none.
pub fn parse_sort_order(text: &str, names: &dyn NameMap) -> Result<SortOrderSet, NameError> {
    let at = property_end(text, |c| c == ';');
    let (list, options) = text.split_at_checked(at).unwrap_or((text, ""));
    let mut set = SortOrderSet::default();
    for item in split(list) {
        let (tag, order) = direction(item);
        set.columns.push(SortColumn {
            tag: parse_local_tag(tag, names)?,
            order,
        });
    }
    for option in options.split(';').skip(1) {
        let wrong = || NameError::Malformed {
            text: option.to_owned(),
            reason: "categories=N or expanded=N is expected after the semicolon",
        };
        let (name, number) = option.split_once('=').ok_or_else(wrong)?;
        let number = number.trim().parse().map_err(|_| wrong())?;
        match name.trim() {
            "categories" => set.categories = number,
            "expanded" => set.expanded = number,
            _ => return Err(wrong()),
        }
    }
    Ok(set)
}

fn direction(item: &str) -> (&str, SortOrder) {
    let inside = |name: &str| {
        item.strip_prefix(name)?
            .strip_prefix('(')?
            .strip_suffix(')')
    };
    if let Some(tag) = item.strip_prefix('-') {
        (tag, SortOrder::Descend)
    } else if let Some(tag) = item.strip_prefix('&') {
        (tag, SortOrder::Combine)
    } else if let Some(tag) = inside("max") {
        (tag, SortOrder::CategMax)
    } else if let Some(tag) = inside("min") {
        (tag, SortOrder::CategMin)
    } else {
        (item.strip_prefix('+').unwrap_or(item), SortOrder::Ascend)
    }
}

/// The items between commas outside quotes, trimmed.
fn split(text: &str) -> Vec<&str> {
    let mut out = Vec::new();
    let mut rest = Some(text).filter(|t| !t.trim().is_empty());
    while let Some(text) = rest {
        let at = property_end(text, |c| c == ',');
        let (item, tail) = text.split_at_checked(at).unwrap_or((text, ""));
        out.push(item.trim());
        rest = tail.strip_prefix(',');
    }
    out
}
