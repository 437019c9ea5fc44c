//! Reports about a message: delivered, not delivered, read, deleted unread.
//! Reference: "MAPI Report Messages", "Required Report Message Properties", "IMAPISupport::StatusRecips",
//! "IMAPISupport::ReadReceipt" (requirements RP-01, MSG-04, MSG-05)
//!
//! Everything here is a pure function of the message, as a tree, and of what became of it. Nobody is told anything: the
//! spooler delivers status reports, the client API puts read reports into the outgoing queue.

mod addressee;
mod properties;
mod status;
mod text;

use mapi_props::{FileTime, MessageTree, PropValue, Tag, TreeProps, message_flags, tags};

pub use status::{
    Delivery, Failure, OwnReport, Reporter, StatusReport, own_reports, status_reports,
};
pub use text::Language;

use text::Says;

/// Whether a read report says that the message was read, or that it never was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReadReport {
    /// IPNRN.
    Read,
    /// IPNNRN: it was deleted unread.
    NotRead,
}

/// IM_DISCARDED: PR_NON_RECEIPT_REASON of a message that was deleted unread.
const DISCARDED: i32 = 0;

/// What a message that arrives owes its sender, as message flags: MSGFLAG_RN_PENDING and MSGFLAG_NRN_PENDING where
/// PR_READ_RECEIPT_REQUESTED is set, the second where PR_NON_RECEIPT_NOTIFICATION_REQUESTED is; nothing for a report, and for what
/// came with a null sender: nobody wants an answer to that (RFC 8098 §2.1).
#[must_use]
pub fn pending(message: &TreeProps) -> u32 {
    if is_report(message) || is_from_nobody(message) {
        return 0;
    }
    let mut pending = 0;
    if asked(message, tags::READ_RECEIPT_REQUESTED) {
        pending |= crate::receipt::PENDING;
    }
    if asked(message, tags::NON_RECEIPT_NOTIFICATION_REQUESTED) {
        pending |= message_flags::NRN_PENDING;
    }
    pending
}

/// To whom a read report about a message would go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReceiptTo {
    /// Its name, or its address.
    pub name: String,
    /// Its address; empty if only an address book knows it.
    pub address: String,
    /// Whether it is whom the message is from. Where it is not, a person should say yes first (RFC 8098 §2.1).
    pub is_sender: bool,
}

/// To whom a read report about a message would go, if it asks for one and may get one.
#[must_use]
pub fn receipt_to(about: &TreeProps) -> Option<ReceiptTo> {
    if is_report(about) || is_from_nobody(about) {
        return None;
    }
    let to = addressee::of_read_report(about)?;
    let address = to.text(tags::EMAIL_ADDRESS).unwrap_or_default();
    let name = to.text(tags::DISPLAY_NAME).filter(|n| !n.is_empty());
    let from = [
        tags::SENDER_EMAIL_ADDRESS,
        tags::SENT_REPRESENTING_EMAIL_ADDRESS,
    ];
    let from = from.into_iter().filter_map(|tag| about.text(tag));
    let mut from = from.map(str::to_lowercase);
    let wanted = address.to_lowercase();
    // What a header says of its sender is easily made up; the envelope that it came in counts where it is known.
    let is_sender = match return_path(about) {
        Some(path) => path.to_lowercase() == wanted,
        None => from.any(|from| from == wanted),
    };
    Some(ReceiptTo {
        name: name.unwrap_or(address).to_owned(),
        address: address.to_owned(),
        is_sender: is_sender && !address.is_empty(),
    })
}

/// The sender of the envelope that a message came in, as Return-Path says it (RFC 5321 §4.4); empty for the null sender.
fn return_path(message: &TreeProps) -> Option<&str> {
    let path = message.text(tags::INTERNET_RETURN_PATH)?.trim();
    let inner = path.strip_prefix('<').and_then(|p| p.strip_suffix('>'));
    Some(inner.unwrap_or(path).trim())
}

fn is_from_nobody(message: &TreeProps) -> bool {
    return_path(message) == Some("")
}

/// The report that `original` was read, or deleted unread, in this language and addressed to whom it asks for:
/// PR_READ_RECEIPT_ENTRYID, else PR_REPORT_ENTRYID, else its sender. `None` if it names none of them, or is a report itself.
#[must_use]
pub fn read_report(
    original: &MessageTree,
    kind: ReadReport,
    language: Language,
    now: FileTime,
) -> Option<MessageTree> {
    let about = &original.props;
    if is_report(about) || is_from_nobody(about) {
        return None;
    }
    let to = addressee::of_read_report(about)?;
    let mut report = MessageTree::default();
    let (suffix, says) = match kind {
        ReadReport::Read => ("IPNRN", Says::Read),
        ReadReport::NotRead => ("IPNNRN", Says::NotRead),
    };
    properties::put(&mut report.props, original, suffix, now);
    let props = &mut report.props;
    properties::put_reader(props, about);
    properties::put_subject(props, about, text::prefix(language, says));
    props.set(tags::REPORT_TEXT, text::sentence(language, says));
    match kind {
        ReadReport::Read => props.set(tags::RECEIPT_TIME, now),
        ReadReport::NotRead => props.set(tags::NON_RECEIPT_REASON, DISCARDED),
    }
    if let Some(time) = about.value(tags::MESSAGE_DELIVERY_TIME) {
        props.set(tags::ORIGINAL_DELIVERY_TIME, time.clone());
    }
    let body = text::body(props, &[], says, language);
    props.set(tags::BODY, body);
    props.set(tags::CLIENT_SUBMIT_TIME, now);
    props.set(tags::DELETE_AFTER_SUBMIT, true);
    // Whoever cannot deliver it says nothing of it: no report about a report.
    props.set(tags::ORIGINATOR_NON_DELIVERY_REPORT_REQUESTED, false);
    report.recipients.push(to);
    Some(report)
}

/// Whether the message is a report, about which no report is made.
#[must_use]
pub fn is_report(message: &TreeProps) -> bool {
    let class = message.text(tags::MESSAGE_CLASS).unwrap_or_default();
    let start = class.get(..7).unwrap_or(class);
    start.eq_ignore_ascii_case("REPORT.") || class.eq_ignore_ascii_case("REPORT")
}

fn asked(props: &TreeProps, tag: Tag<bool>) -> bool {
    props.value(tag).and_then(PropValue::as_bool) == Some(true)
}

#[cfg(test)]
mod tests;
