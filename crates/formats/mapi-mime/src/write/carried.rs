//! Fields of a received message that no property stands for: trace, signatures, lists, what programs say to each other.
//! RFC 5322 §3.6.6–3.6.8

use std::collections::HashSet;

use mapi_props::{FileTime, MessageTree, tags};

use super::body::bytes_of;
use super::{Writer, address, field, headers};
use crate::charset::DEFAULT_CODE_PAGE;
use crate::header::address as people;
use crate::header::{Field, date, fields};

/// Fields carried over at most; a reader takes no more.
const FIELDS_MAX: usize = 10_000;

/// The Date of a received message, with the zone of its sender.
#[derive(Debug)]
pub(super) struct Date {
    pub(super) time: FileTime,
    pub(super) text: String,
}

/// What PR_TRANSPORT_MESSAGE_HEADERS has beside what properties say.
#[derive(Debug, Default)]
pub(super) struct Carried {
    /// Fields that stood above all that properties say: trace fields, mostly.
    pub(super) above: Vec<String>,
    /// The others.
    pub(super) below: Vec<String>,
    pub(super) date: Option<Date>,
}

impl Carried {
    pub(super) fn of(writer: &Writer<'_>, tree: &MessageTree) -> Self {
        let mut carried = Self::default();
        let text = bytes_of(&tree.props, tags::TRANSPORT_MESSAGE_HEADERS.raw());
        let text = text.unwrap_or_default();
        let mut promoted: HashSet<String> = tree
            .props
            .iter()
            .filter_map(|(key, value)| headers::field_name(key, value))
            .map(str::to_ascii_lowercase)
            .collect();
        let mut above = true;
        for field in fields(&text).take(FIELDS_MAX) {
            let name = field.name.to_ascii_lowercase();
            if headers::is_own(&name) {
                above = false;
                if name == "date" && carried.date.is_none() {
                    carried.date = sent(&field);
                }
                continue;
            }
            // A property holds the first field of its name.
            if promoted.remove(&name) || !field::is_name(field.name) {
                continue;
            }
            if let Some(line) = again(writer, &field, &name) {
                let lines = if above {
                    &mut carried.above
                } else {
                    &mut carried.below
                };
                lines.push(line);
            }
        }
        carried
    }
}

fn sent(field: &Field<'_>) -> Option<Date> {
    let value = field.unfolded(DEFAULT_CODE_PAGE);
    let time = date::parse(&value)?;
    let text = date::in_zone_of(time, &value)?;
    Some(Date { time, text })
}

/// The field in a form that strict readers take; `None` if it has none.
fn again(writer: &Writer<'_>, field: &Field<'_>, name: &str) -> Option<String> {
    let value = field.unfolded(DEFAULT_CODE_PAGE);
    match name {
        "resent-bcc" if !writer.options.with_bcc => None,
        "resent-from" | "resent-sender" | "resent-to" | "resent-cc" | "resent-bcc"
        | "resent-reply-to" => addresses(writer, field.name, &value),
        "resent-date" | "orig-date" => {
            let time = date::parse(&value)?;
            let text = date::in_zone_of(time, &value).unwrap_or_else(|| date::format(time));
            Some(format!("{}: {text}", field.name))
        }
        _ if value.is_empty() => None,
        _ => Some(plain(field, &value)),
    }
}

/// ASCII as it stands; what was encoded, or should have been, encoded again.
fn plain(field: &Field<'_>, value: &str) -> String {
    let fits =
        value.bytes().all(|b| b == b'\t' || (32..=126).contains(&b)) && !value.contains("=?");
    fits.then(|| field::structured(field.name, value))
        .flatten()
        .unwrap_or_else(|| field::unstructured(field.name, &field.text(DEFAULT_CODE_PAGE)))
}

fn addresses(writer: &Writer<'_>, name: &str, value: &str) -> Option<String> {
    let items: Vec<String> = people::parse(value, FIELDS_MAX)
        .mailboxes
        .iter()
        .filter_map(|m| {
            let spec = address::spec(&m.address, &writer.options.domain)?;
            Some(field::mailbox(&m.name, &spec.text))
        })
        .collect();
    (!items.is_empty()).then(|| field::list(name, &items))
}
