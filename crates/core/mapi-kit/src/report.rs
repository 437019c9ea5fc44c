//! Reports about a message: delivered, not delivered, read, deleted unread.
//! Reference: "MAPI Report Messages", "Required Report Message Properties", "IMAPISupport::StatusRecips",
//! "IMAPISupport::ReadReceipt" (requirements RP-01, MSG-04, MSG-05)
//!
//! Everything here is a pure function of the message, as a tree, and of what became of it. Nobody is told anything: the
//! spooler delivers status reports, the client API puts read reports into the outgoing queue.

mod addressee;
mod properties;
mod status;

use mapi_props::{FileTime, MessageTree, PropValue, Tag, TreeProps, message_flags, tags};

pub use status::{
    Delivery, Failure, OwnReport, Reporter, StatusReport, own_reports, status_reports,
};

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
/// PR_READ_RECEIPT_REQUESTED is set, the second where PR_NON_RECEIPT_NOTIFICATION_REQUESTED is; nothing for a report.
#[must_use]
pub fn pending(message: &TreeProps) -> u32 {
    if is_report(message) {
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

/// The report that `original` was read, or deleted unread, addressed to whom it asks for: PR_READ_RECEIPT_ENTRYID, else
/// PR_REPORT_ENTRYID, else its sender. `None` if it names none of them, or is a report itself.
#[must_use]
pub fn read_report(original: &MessageTree, kind: ReadReport, now: FileTime) -> Option<MessageTree> {
    let about = &original.props;
    if is_report(about) {
        return None;
    }
    let to = addressee::of_read_report(about)?;
    let mut report = MessageTree::default();
    let (suffix, prefix, text) = match kind {
        ReadReport::Read => ("IPNRN", "Read: ", "Your message was read."),
        ReadReport::NotRead => (
            "IPNNRN",
            "Not read: ",
            "Your message was deleted without being read.",
        ),
    };
    properties::put(&mut report.props, original, suffix, now);
    let props = &mut report.props;
    properties::put_reader(props, about);
    properties::put_subject(props, about, prefix);
    props.set(tags::REPORT_TEXT, text);
    match kind {
        ReadReport::Read => props.set(tags::RECEIPT_TIME, now),
        ReadReport::NotRead => props.set(tags::NON_RECEIPT_REASON, DISCARDED),
    }
    if let Some(time) = about.value(tags::MESSAGE_DELIVERY_TIME) {
        props.set(tags::ORIGINAL_DELIVERY_TIME, time.clone());
    }
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
