//! Whom a report goes to.

use mapi_props::entry_id::{OneOff, OneOffStrings, recipient_search_key};
use mapi_props::person::{PersonTags, READ_RECEIPT, REPRESENTING, SENDER};
use mapi_props::{PropValue, TreeProps, object_type, recipient_type, tags};

/// PR_READ_RECEIPT_ENTRYID, else whoever gets the other reports.
pub(super) fn of_read_report(about: &TreeProps) -> Option<TreeProps> {
    about
        .value(READ_RECEIPT.entry_id)
        .and_then(|_| person(about, &READ_RECEIPT))
        .or_else(|| of_status_report(about))
}

/// PR_REPORT_ENTRYID, else the sender.
pub(super) fn of_status_report(about: &TreeProps) -> Option<TreeProps> {
    let named = about
        .value(tags::REPORT_ENTRYID)
        .and_then(PropValue::as_bytes);
    named
        .and_then(by_entry_id)
        .or_else(|| person(about, &SENDER))
        .or_else(|| person(about, &REPRESENTING))
}

/// Whoever gets reports instead of the sender: PR_REPORT_ENTRYID's (with PR_REPORT_NAME), if it names another address than the
/// message's senders have. `None` too where nobody here knows an address for it.
pub(super) fn redirected(about: &TreeProps) -> Option<TreeProps> {
    let named = about.value(tags::REPORT_ENTRYID)?.as_bytes()?;
    let mut row = by_entry_id(named)?;
    let key = key_of(&row)?;
    let senders = [&SENDER, &REPRESENTING];
    let own =
        |who: &&PersonTags| person(about, who).and_then(|row| key_of(&row)) == Some(key.clone());
    if senders.iter().any(own) {
        return None;
    }
    let name = about.text(tags::REPORT_NAME).filter(|n| !n.is_empty());
    let named = row.text(tags::DISPLAY_NAME) != row.text(tags::EMAIL_ADDRESS);
    if let (Some(name), false) = (name, named) {
        row.set(tags::DISPLAY_NAME, name);
    }
    Some(row)
}

/// The address of a row, as addresses are compared.
fn key_of(row: &TreeProps) -> Option<Vec<u8>> {
    let address = row.text(tags::EMAIL_ADDRESS).filter(|a| !a.is_empty())?;
    Some(recipient_search_key(row.text(tags::ADDRTYPE)?, address))
}

fn person(about: &TreeProps, tags: &PersonTags) -> Option<TreeProps> {
    let entry_id = about.value(tags.entry_id).and_then(PropValue::as_bytes);
    let name = about.text(tags.name).unwrap_or_default();
    let address = about.text(tags.address).filter(|a| !a.is_empty());
    let Some(address) = address else {
        return entry_id.and_then(by_entry_id);
    };
    let address_type = about.text(tags.address_type).unwrap_or("SMTP");
    let mut row = row(name, address_type, address);
    if let Some(entry_id) = entry_id {
        row.set(tags::ENTRYID, entry_id);
    }
    Some(row)
}

/// A row of an identifier that says all itself, or that an address book will know.
fn by_entry_id(entry_id: &[u8]) -> Option<TreeProps> {
    if entry_id.is_empty() {
        return None;
    }
    let strings = OneOff::decode(entry_id).ok().map(|one| one.strings);
    let mut row = match strings {
        Some(OneOffStrings::Unicode {
            name,
            address_type,
            address,
        }) => row(&name, &address_type, &address),
        _ => blank(),
    };
    row.set(tags::ENTRYID, entry_id);
    Some(row)
}

fn blank() -> TreeProps {
    let mut row = TreeProps::default();
    row.set(tags::RECIPIENT_TYPE, recipient_type::TO);
    row.set(tags::OBJECT_TYPE, object_type::MAILUSER);
    // DT_MAILUSER.
    row.set(tags::DISPLAY_TYPE, 0);
    row
}

fn row(name: &str, address_type: &str, address: &str) -> TreeProps {
    let mut row = blank();
    row.set(
        tags::DISPLAY_NAME,
        if name.is_empty() { address } else { name },
    );
    row.set(tags::ADDRTYPE, address_type);
    row.set(tags::EMAIL_ADDRESS, address);
    if address_type.eq_ignore_ascii_case("SMTP") {
        row.set(tags::SMTP_ADDRESS, address);
    }
    row.set(
        tags::SEARCH_KEY,
        recipient_search_key(address_type, address),
    );
    if let Ok(entry_id) = OneOff::new(name, address_type, address).encode() {
        row.set(tags::ENTRYID, entry_id);
    }
    row
}
