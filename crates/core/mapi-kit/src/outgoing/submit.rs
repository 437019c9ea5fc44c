//! What submitting makes of a message and its recipients.
//! Reference: "IMAPISupport::PrepareSubmit", "IMAPISupport::ExpandRecips", [MS-OXOMSG] 2.2.3, 2.2.3.9, 2.2.3.11 (requirements OUT-02, OUT-08, OUT-11,
//! decisions D-08, D-28, D-31)

use std::collections::BTreeSet;

use mapi_props::entry_id::{OneOff, OneOffStrings, recipient_search_key};
use mapi_props::{Bag, FileTime, PropValue, Tag, object_type, recipient_type, tags};

/// The address type of a recipient that says none.
const SMTP: &str = "SMTP";
/// PR_DEFERRED_SEND_NUMBER is at most this.
const MOST_UNITS: i32 = 999;
/// FILETIME units in a minute.
const MINUTE: u64 = 60 * 10_000_000;

/// Notes in a message's own properties that it is submitted now: PR_CLIENT_SUBMIT_TIME, PR_MESSAGE_DELIVERY_TIME, PR_SUBMIT_FLAGS, and
/// PR_DEFERRED_SEND_TIME where its sender said how long to wait (PR_DEFERRED_SEND_NUMBER and _UNITS; [MS-OXOMSG] 2.2.3.4).
///
/// The delivery time is when the store had the message ([MS-OXOMSG] 2.2.3.9). What was sent has it as what arrived does: views are
/// ordered by it. It is not transmitted; whoever receives the message has his own.
pub fn submitted_now(props: &mut Bag, now: FileTime) {
    props.set(tags::CLIENT_SUBMIT_TIME, now);
    props.set(tags::MESSAGE_DELIVERY_TIME, now);
    props.set(tags::SUBMIT_FLAGS, 0);
    if let Some(delay) = delay(props) {
        let at = FileTime(now.0.saturating_add(delay));
        props.set(tags::DEFERRED_SEND_TIME, at);
    }
}

/// How long the message is to wait, in FILETIME units; `None` if its sender does not say so, or nothing that can be.
fn delay(props: &Bag) -> Option<u64> {
    let long = |tag: Tag<i32>| props.value(tag).and_then(PropValue::as_long);
    let number = long(tags::DEFERRED_SEND_NUMBER)?;
    let number = u64::try_from(number.min(MOST_UNITS)).ok()?;
    let unit = match long(tags::DEFERRED_SEND_UNITS)? {
        0 => MINUTE,
        1 => 60 * MINUTE,
        2 => 24 * 60 * MINUTE,
        3 => 7 * 24 * 60 * MINUTE,
        _ => return None,
    };
    Some(number * unit)
}

/// The recipient rows of a message that is submitted. Each has what is needed to address it, as far as that can be known,
/// and PR_RESPONSIBILITY: FALSE for those who are to be served. Whoever is there twice is served once; of a message that is
/// sent `again` (MSGFLAG_RESEND) only the rows of MAPI_P1 are, and nobody is marked as having it already.
#[must_use]
pub fn submitted_rows<'a>(rows: impl Iterator<Item = &'a Bag>, again: bool) -> Vec<Bag> {
    let mut served = BTreeSet::new();
    let row = |row: &Bag| {
        let mut row = row.clone();
        complete(&mut row);
        let kind = row.value(tags::RECIPIENT_TYPE).and_then(PropValue::as_long);
        let kind = kind.unwrap_or(recipient_type::TO);
        if again && kind & recipient_type::SUBMITTED != 0 {
            row.set(tags::RECIPIENT_TYPE, kind & !recipient_type::SUBMITTED);
        }
        let meant = !again || kind == recipient_type::P1;
        let open = meant && key(&row).is_none_or(|key| served.insert(key));
        row.set(tags::RESPONSIBILITY, !open);
        row
    };
    rows.map(row).collect()
}

/// Whether a recipient is still to be served.
#[must_use]
pub fn is_open(row: &Bag) -> bool {
    let settled = row.value(tags::RESPONSIBILITY).and_then(PropValue::as_bool);
    settled != Some(true)
}

/// By this two rows are one recipient; `None` for one without an address, whom nobody can serve.
fn key(row: &Bag) -> Option<Vec<u8>> {
    let address = text(row, tags::EMAIL_ADDRESS)?;
    let kind = text(row, tags::ADDRTYPE).unwrap_or(SMTP);
    Some(recipient_search_key(kind, address))
}

/// Adds what a row lacks of what addressing needs (OUT-02), from the one-off that it names or from its address. A name that was
/// changed when the entry was copied is again what it was (PR_ORIGINAL_DISPLAY_NAME).
fn complete(row: &mut Bag) {
    if text(row, tags::EMAIL_ADDRESS).is_none() {
        let entry_id = row.value(tags::ENTRYID).and_then(PropValue::as_bytes);
        let Some([name, kind, address]) = entry_id.and_then(one_off) else {
            return;
        };
        fill(row, tags::DISPLAY_NAME, &name);
        fill(row, tags::ADDRTYPE, &kind);
        fill(row, tags::EMAIL_ADDRESS, &address);
    }
    let Some(address) = text(row, tags::EMAIL_ADDRESS).map(str::to_owned) else {
        return;
    };
    fill(row, tags::ADDRTYPE, SMTP);
    if let Some(name) = text(row, tags::ORIGINAL_DISPLAY_NAME).map(str::to_owned) {
        row.set(tags::DISPLAY_NAME, name);
    }
    fill(row, tags::DISPLAY_NAME, &address);
    if row.value(tags::OBJECT_TYPE).is_none() {
        row.set(tags::OBJECT_TYPE, object_type::MAILUSER);
    }
    let kind = text(row, tags::ADDRTYPE).unwrap_or(SMTP).to_owned();
    if row.value(tags::SEARCH_KEY).is_none() {
        row.set(tags::SEARCH_KEY, recipient_search_key(&kind, &address));
    }
    if row.value(tags::ENTRYID).is_none() {
        let name = text(row, tags::DISPLAY_NAME).unwrap_or(&address);
        if let Ok(id) = OneOff::new(name, &kind, &address).encode() {
            row.set(tags::ENTRYID, id);
        }
    }
}

/// A text that says something.
fn text(row: &Bag, tag: Tag<str>) -> Option<&str> {
    row.text(tag).filter(|text| !text.trim().is_empty())
}

fn fill(row: &mut Bag, tag: Tag<str>, value: &str) {
    if text(row, tag).is_none() && !value.is_empty() {
        row.set(tag, value);
    }
}

/// Name, address type and address of a one-off.
fn one_off(entry_id: &[u8]) -> Option<[String; 3]> {
    let narrow = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    Some(match OneOff::decode(entry_id).ok()?.strings {
        OneOffStrings::Unicode {
            name,
            address_type,
            address,
        } => [name, address_type, address],
        OneOffStrings::Ansi {
            name,
            address_type,
            address,
        } => [narrow(name), narrow(address_type), narrow(address)],
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(kind: i32, address: &str) -> Bag {
        let mut row = Bag::new();
        row.set(tags::RECIPIENT_TYPE, kind);
        row.set(tags::EMAIL_ADDRESS, address);
        row
    }

    /// PR_RECIPIENT_TYPE of each row, and whether it is to be served.
    fn check(rows: &[Bag], again: bool, expect: &[(i32, bool)]) {
        let rows = submitted_rows(rows.iter(), again);
        let kind = |row: &Bag| row.value(tags::RECIPIENT_TYPE).unwrap().as_long().unwrap();
        let found: Vec<_> = rows.iter().map(|row| (kind(row), is_open(row))).collect();
        assert_eq!(found, expect);
    }

    #[test]
    fn everybody_is_served_once() {
        let rows = [
            row(1, "ann@a.example"),
            row(2, "Bob@a.example"),
            row(3, "ann@A.example"),
        ];
        check(&rows, false, &[(1, true), (2, true), (3, false)]);
        let nobody = Bag::new();
        let rows = [nobody.clone(), nobody];
        let open: Vec<_> = submitted_rows(rows.iter(), false)
            .iter()
            .map(is_open)
            .collect();
        assert_eq!(
            open,
            [true, true],
            "without an address nobody is anybody's double"
        );
    }

    #[test]
    fn whoever_has_it_does_not_get_it_again() {
        let p1 = recipient_type::P1;
        let rows = [
            row(1 | recipient_type::SUBMITTED, "a@a.example"),
            row(1, "b@a.example"),
            row(p1, "b@a.example"),
        ];
        check(&rows, true, &[(1, false), (1, false), (p1, true)]);
    }

    #[test]
    fn what_addressing_needs_is_there() {
        let [row] =
            <[Bag; 1]>::try_from(submitted_rows([row(1, "ann@a.example")].iter(), false)).unwrap();
        assert_eq!(row.text(tags::ADDRTYPE), Some("SMTP"));
        assert_eq!(row.text(tags::DISPLAY_NAME), Some("ann@a.example"));
        assert_eq!(row.value(tags::OBJECT_TYPE).unwrap().as_long(), Some(6));
        let key = row.value(tags::SEARCH_KEY).unwrap().as_bytes().unwrap();
        assert_eq!(key, recipient_search_key("SMTP", "ann@a.example"));
        let id = row.value(tags::ENTRYID).unwrap().as_bytes().unwrap();
        assert_eq!(
            one_off(id).unwrap(),
            ["ann@a.example", "SMTP", "ann@a.example"]
        );
    }

    #[test]
    fn a_one_off_says_whom_it_names() {
        let mut row = Bag::new();
        row.set(
            tags::ENTRYID,
            OneOff::new("Ann", "FAX", "+49 1").encode().unwrap(),
        );
        row.set(tags::DISPLAY_NAME, "My Ann");
        row.set(tags::ORIGINAL_DISPLAY_NAME, "Ann Original");
        let [row] = <[Bag; 1]>::try_from(submitted_rows([row].iter(), false)).unwrap();
        assert_eq!(row.text(tags::EMAIL_ADDRESS), Some("+49 1"));
        assert_eq!(row.text(tags::ADDRTYPE), Some("FAX"));
        assert_eq!(row.text(tags::DISPLAY_NAME), Some("Ann Original"));
    }

    #[test]
    fn a_delay_is_counted_from_now() {
        let check = |number: i32, units: i32, expect: Option<u64>| {
            let mut props = Bag::new();
            props.set(tags::DEFERRED_SEND_NUMBER, number);
            props.set(tags::DEFERRED_SEND_UNITS, units);
            props.set(tags::DEFERRED_SEND_TIME, FileTime(3));
            submitted_now(&mut props, FileTime(100));
            let at = props
                .value(tags::DEFERRED_SEND_TIME)
                .unwrap()
                .as_time()
                .unwrap();
            assert_eq!(at, FileTime(expect.map_or(3, |delay| 100 + delay)));
        };
        check(5, 0, Some(5 * MINUTE));
        check(2, 3, Some(14 * 24 * 60 * MINUTE));
        check(1000, 0, Some(999 * MINUTE));
        check(0, 1, Some(0));
        check(1, 4, None);
        check(-1, 0, None);
    }
}
