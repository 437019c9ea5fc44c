//! Delivery and nondelivery reports, out of what became of each recipient.
//! Reference: "IMAPISupport::StatusRecips", "Recipient Properties for Delivery Status Reports"

use std::collections::BTreeSet;

use mapi_props::{
    AttachmentTree, FileTime, MessageTree, PropTag, PropValue, Tag, TreeContent, TreeProps,
    attach_method, recipient_type, tags,
};

use super::text::{self, Says};
use super::{Language, addressee, asked, is_report, properties};

/// What became of the message for one recipient.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Delivery {
    /// It was delivered at this time.
    Delivered(FileTime),
    /// It will not be delivered.
    Failed(Failure),
}

/// Why a message was not delivered.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Failure {
    /// PR_NDR_REASON_CODE: a MAPI_REASON_ value; 0 is MAPI_REASON_TRANSFER_FAILED.
    pub reason: i32,
    /// PR_NDR_DIAG_CODE: a MAPI_DIAG_ value; -1 is MAPI_DIAG_NO_DIAGNOSTIC.
    pub diagnostic: i32,
    /// PR_NDR_STATUS_CODE: 511 for 5.1.1; 0 if nobody gave one.
    pub status: i32,
    /// PR_REPORT_TEXT: what the other side said.
    pub text: String,
    /// PR_SUPPLEMENTARY_INFO.
    pub supplementary: String,
}

/// Who makes a report: PR_SENDER_….
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reporter {
    /// The name shown, `System Administrator`.
    pub name: String,
    /// Its SMTP address.
    pub address: String,
    /// The language that it writes.
    pub language: Language,
}

/// A report and whom it is for.
#[derive(Debug, Clone)]
pub struct StatusReport {
    /// The recipient row of whoever gets the report: PR_REPORT_ENTRYID's, else the sender's. It is no row of the report,
    /// whose table lists those that it tells of.
    pub to: TreeProps,
    /// The report, ready to be delivered.
    pub message: MessageTree,
}

/// The same for the mailbox that the original was sent from, which gets what is for its owner by itself.
#[derive(Debug, Clone)]
pub struct OwnReport {
    /// The recipient row of whoever gets the report instead of the sender: PR_REPORT_ENTRYID's.
    pub redirected: Option<TreeProps>,
    /// The report, ready to be delivered.
    pub message: MessageTree,
}

/// The reports about `original` for what became of these of its recipients: at most one nondelivery and one delivery
/// report, each listing its own recipients only.
///
/// A failure is reported unless PR_ORIGINATOR_NON_DELIVERY_REPORT_REQUESTED is FALSE, a delivery if
/// PR_ORIGINATOR_DELIVERY_REPORT_REQUESTED is TRUE; a recipient's own value counts more than the message's. The
/// nondelivery report brings the original as it is in `original`, which should be what was submitted. There is no report
/// about a report, and none without anybody to send it to.
#[must_use]
pub fn status_reports(
    original: &MessageTree,
    outcomes: &[(TreeProps, Delivery)],
    reporter: &Reporter,
    now: FileTime,
) -> Vec<StatusReport> {
    let Some(to) = addressee::of_status_report(&original.props) else {
        return Vec::new();
    };
    let reports = messages(original, outcomes, reporter, now).into_iter();
    reports
        .map(|message| StatusReport {
            to: to.clone(),
            message,
        })
        .collect()
}

/// The same reports where the message was sent: whoever submitted it gets them without being addressed, unless PR_REPORT_ENTRYID
/// names somebody else by an address (AD-07). An entry id that only an address book would know redirects nothing.
#[must_use]
pub fn own_reports(
    original: &MessageTree,
    outcomes: &[(TreeProps, Delivery)],
    reporter: &Reporter,
    now: FileTime,
) -> Vec<OwnReport> {
    let redirected = addressee::redirected(&original.props);
    let reports = messages(original, outcomes, reporter, now).into_iter();
    reports
        .map(|message| OwnReport {
            redirected: redirected.clone(),
            message,
        })
        .collect()
}

fn messages(
    original: &MessageTree,
    outcomes: &[(TreeProps, Delivery)],
    reporter: &Reporter,
    now: FileTime,
) -> Vec<MessageTree> {
    if is_report(&original.props) {
        return Vec::new();
    }
    let wanted = |(row, outcome): &&(TreeProps, Delivery)| is_wanted(&original.props, row, outcome);
    let (failed, delivered): (Vec<_>, Vec<_>) = outcomes
        .iter()
        .filter(wanted)
        .partition(|(_, outcome)| matches!(outcome, Delivery::Failed(_)));
    let mut reports = Vec::new();
    if !failed.is_empty() {
        let mut message = report(original, Says::Failed, &failed, reporter, now);
        message.attachments.push(attached(original));
        reports.push(message);
    }
    if !delivered.is_empty() {
        reports.push(report(original, Says::Delivered, &delivered, reporter, now));
    }
    reports
}

fn is_wanted(message: &TreeProps, row: &TreeProps, outcome: &Delivery) -> bool {
    let says = |tag: Tag<bool>| row.value(tag).or(message.value(tag)).cloned();
    match outcome {
        Delivery::Failed(_) => {
            let said = says(tags::ORIGINATOR_NON_DELIVERY_REPORT_REQUESTED);
            said.as_ref().and_then(PropValue::as_bool) != Some(false)
        }
        Delivery::Delivered(_) => {
            let own = row.value(tags::ORIGINATOR_DELIVERY_REPORT_REQUESTED);
            match own.and_then(PropValue::as_bool) {
                Some(own) => own,
                None => asked(message, tags::ORIGINATOR_DELIVERY_REPORT_REQUESTED),
            }
        }
    }
}

fn report(
    original: &MessageTree,
    says: Says,
    outcomes: &[&(TreeProps, Delivery)],
    reporter: &Reporter,
    now: FileTime,
) -> MessageTree {
    let mut message = MessageTree::default();
    let props = &mut message.props;
    let suffix = match says {
        Says::Failed => "NDR",
        _ => "DR",
    };
    properties::put(props, original, suffix, now);
    let prefix = text::prefix(reporter.language, says);
    properties::put_subject(props, &original.props, prefix);
    props.set(tags::REPORT_TEXT, text::sentence(reporter.language, says));
    if let Some((_, domain)) = reporter.address.rsplit_once('@') {
        let by = format!("dns; {domain}");
        props.set(tags::REPORTING_MESSAGE_TRANSFER_AGENT, by);
    }
    for (name, address_type, address) in [
        (
            tags::SENDER_NAME,
            tags::SENDER_ADDRTYPE,
            tags::SENDER_EMAIL_ADDRESS,
        ),
        (
            tags::SENT_REPRESENTING_NAME,
            tags::SENT_REPRESENTING_ADDRTYPE,
            tags::SENT_REPRESENTING_EMAIL_ADDRESS,
        ),
    ] {
        props.set(name, reporter.name.as_str());
        props.set(address_type, "SMTP");
        props.set(address, reporter.address.as_str());
    }
    props.set(tags::REPORT_NAME, reporter.name.as_str());
    let rows = outcomes.iter();
    message.recipients = rows.map(|(r, o)| told(original, r, o, now)).collect();
    let body = text::body(&message.props, &message.recipients, says, reporter.language);
    message.props.set(tags::BODY, body);
    message
}

/// What a report's row keeps of the original's.
const KEPT: &[PropTag] = &[
    tags::DISPLAY_NAME.raw(),
    tags::DISPLAY_TYPE.raw(),
    tags::ENTRYID.raw(),
    tags::OBJECT_TYPE.raw(),
    tags::RECIPIENT_TYPE.raw(),
    tags::SEARCH_KEY.raw(),
    tags::ADDRTYPE.raw(),
    tags::EMAIL_ADDRESS.raw(),
    tags::SMTP_ADDRESS.raw(),
    tags::ORIGINAL_DISPLAY_NAME.raw(),
    tags::ORIGINAL_ENTRYID.raw(),
    tags::ORIGINAL_SEARCH_KEY.raw(),
];

/// The row of a recipient, with what became of the message.
fn told(
    original: &MessageTree,
    recipient: &TreeProps,
    outcome: &Delivery,
    now: FileTime,
) -> TreeProps {
    let mut row = TreeProps::default();
    for tag in KEPT {
        if let Some(value) = recipient.value(*tag) {
            row.set(*tag, value.clone());
        }
    }
    row.set(tags::RECIPIENT_TYPE, kind_shown(original, recipient));
    row.set(tags::REPORT_TIME, now);
    match outcome {
        Delivery::Delivered(time) => row.set(tags::DELIVER_TIME, *time),
        Delivery::Failed(failure) => {
            row.set(tags::NDR_REASON_CODE, failure.reason);
            row.set(tags::NDR_DIAG_CODE, failure.diagnostic);
            if failure.status != 0 {
                row.set(tags::NDR_STATUS_CODE, failure.status);
            }
            for (tag, text) in [
                (tags::REPORT_TEXT, &failure.text),
                (tags::SUPPLEMENTARY_INFO, &failure.supplementary),
            ] {
                if !text.is_empty() {
                    row.set(tag, text.as_str());
                }
            }
        }
    }
    row
}

/// As what the message shows the recipient: of one that it was sent to again, by a row of MAPI_P1, the other row says so (D16).
fn kind_shown(original: &MessageTree, recipient: &TreeProps) -> i32 {
    let kind = kind_of(recipient);
    if kind != recipient_type::P1 {
        return kind & 0xF;
    }
    let address = recipient.text(tags::EMAIL_ADDRESS);
    let shown = original.recipients.iter().find(|row| {
        let same = |a: &str, b: &str| a.to_lowercase() == b.to_lowercase();
        let other = row.text(tags::EMAIL_ADDRESS);
        kind_of(row) != recipient_type::P1 && address.zip(other).is_some_and(|(a, b)| same(a, b))
    });
    shown.map_or(recipient_type::TO, |row| kind_of(row) & 0xF)
}

fn kind_of(row: &TreeProps) -> i32 {
    let kind = row.value(tags::RECIPIENT_TYPE).and_then(PropValue::as_long);
    kind.unwrap_or(recipient_type::TO)
}

/// The original, as it was submitted: what has been done about it since is left out.
fn attached(original: &MessageTree) -> AttachmentTree {
    let mut original = original.clone();
    let again = original
        .recipients
        .iter()
        .any(|r| kind_of(r) == recipient_type::P1);
    let mut served = BTreeSet::new();
    for row in &mut original.recipients {
        for tag in [
            tags::RECIPIENT_TRACKSTATUS.raw(),
            tags::RECIPIENT_TRACKSTATUS_TIME.raw(),
        ] {
            row.remove(&tag.into());
        }
        if row.value(tags::RESPONSIBILITY).is_some() {
            // As submitting sets it (D-08, D-31).
            let address = row
                .text(tags::EMAIL_ADDRESS)
                .unwrap_or_default()
                .to_lowercase();
            let second = !address.is_empty() && !served.insert(address);
            let done = if again {
                kind_of(row) != recipient_type::P1
            } else {
                second
            };
            row.set(tags::RESPONSIBILITY, done);
        }
    }
    if original.props.value(tags::SUBMIT_FLAGS).is_some() {
        original.props.set(tags::SUBMIT_FLAGS, 0);
    }
    let mut attachment = AttachmentTree::default();
    let props = &mut attachment.props;
    props.set(tags::ATTACH_METHOD, attach_method::EMBEDDED_MSG);
    props.set(tags::RENDERING_POSITION, -1);
    if let Some(subject) = original.props.text(tags::SUBJECT) {
        props.set(tags::DISPLAY_NAME, subject);
    }
    attachment.content = TreeContent::Message(Box::new(original));
    attachment
}
