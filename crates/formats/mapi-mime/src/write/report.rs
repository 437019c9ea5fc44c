//! Reports: a multipart/report, its machine-readable part made from recipient rows where the message brings none.
//! [MS-OXCMAIL] 2.1.3.5, RFC 3464, RFC 6522, RFC 8098

use std::borrow::Cow;

use mapi_props::{AttachmentTree, MessageTree, PropValue, Tag, TreeProps, tags};

use super::body::Part;
use super::headers::time_of;
use super::{Writer, field, people, text_of};
use crate::header::date;

/// PidTagReportingMessageTransferAgent. [MS-OXOMSG] 2.2.2.35
const REPORTING_MTA: Tag<str> = tags::REPORTING_MESSAGE_TRANSFER_AGENT;

/// What a report is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// What became of a message on its way, and the Action of its recipients.
    Delivery(&'static str),
    /// What its reader did with it: the disposition's type.
    Disposition(&'static str),
    /// A complaint (RFC 5965).
    Feedback,
}

/// What kind of report a message of this class is.
pub(super) fn kind(class: &str) -> Option<Kind> {
    let class = class.to_ascii_lowercase();
    let rest = class.strip_prefix("report.")?;
    let ends = |suffix: &str| rest.ends_with(suffix);
    Some(match () {
        () if ends(".ndr") => Kind::Delivery("failed"),
        () if ends(".delayed.dr") => Kind::Delivery("delayed"),
        () if ends(".relayed.dr") => Kind::Delivery("relayed"),
        () if ends(".expanded.dr") => Kind::Delivery("expanded"),
        () if ends(".dr") => Kind::Delivery("delivered"),
        () if ends(".ipnrn") => Kind::Disposition("displayed"),
        () if ends(".ipnnrn") => Kind::Disposition("deleted"),
        () if ends(".feedback") => Kind::Feedback,
        () => return None,
    })
}

impl Kind {
    /// The report-type of the multipart.
    pub(super) const fn report_type(self) -> &'static str {
        match self {
            Self::Delivery(_) => "delivery-status",
            Self::Disposition(_) => "disposition-notification",
            Self::Feedback => "feedback-report",
        }
    }

    /// Whether an attachment is the machine-readable part of such a report.
    pub(super) fn is_told_by(self, attachment: &AttachmentTree) -> bool {
        let media_type = text_of(&attachment.props, tags::ATTACH_MIME_TAG).to_ascii_lowercase();
        let told = media_type
            .strip_prefix("message/")
            .map(|t| t.strip_prefix("global-").unwrap_or(t));
        told == Some(self.report_type())
    }
}

/// Whether a recipient row is one of whom a report tells, rather than to whom it goes.
pub(super) fn tells_of(message: &TreeProps, row: &TreeProps) -> bool {
    kind(text_of(message, tags::MESSAGE_CLASS)).is_some()
        && time_of(row, tags::REPORT_TIME).is_some()
}

/// The machine-readable part.
pub(super) fn status(writer: &Writer<'_>, tree: &MessageTree, kind: Kind) -> Part<'static> {
    let (media_type, lines) = match kind {
        Kind::Delivery(action) => ("message/delivery-status", delivery(writer, tree, action)),
        Kind::Disposition(disposition) => (
            "message/disposition-notification",
            notification(tree, disposition),
        ),
        Kind::Feedback => ("message/feedback-report", feedback(tree)),
    };
    let mut text = lines.join("\r\n");
    text.push_str("\r\n");
    Part::Fields { media_type, text }
}

/// The text for people of a report that has none.
pub(super) fn text(tree: &MessageTree, kind: Kind) -> Part<'static> {
    let about = in_a_line(text_of(&tree.props, tags::ORIGINAL_SUBJECT));
    let what = match kind {
        Kind::Delivery("failed") => "could not be delivered to:",
        Kind::Delivery("delayed") => "has not yet been delivered to:",
        Kind::Delivery(_) => "was delivered to:",
        Kind::Disposition("displayed") => "was read.",
        Kind::Disposition(_) => "was deleted without being read.",
        Kind::Feedback => "was reported.",
    };
    let mut text = format!("Your message \"{about}\" {what}\r\n");
    for row in tree.recipients.iter().filter(|r| tells_of(&tree.props, r)) {
        let name = in_a_line(text_of(row, tags::DISPLAY_NAME));
        let why = in_a_line(text_of(row, tags::REPORT_TEXT));
        text.push_str(&format!("\r\n    {name}\r\n"));
        if !why.is_empty() {
            text.push_str(&format!("        {why}\r\n"));
        }
    }
    Part::Text {
        media_type: "text/plain",
        charset: "utf-8",
        bytes: Cow::Owned(text.into_bytes()),
    }
}

fn in_a_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A line of a field, if it has a value.
fn push(lines: &mut Vec<String>, name: &str, value: &str) {
    if !value.trim().is_empty() {
        lines.push(field::verbatim(name, value.trim()));
    }
}

/// RFC 3464 §2: fields of the message, then a group of fields for each recipient.
fn delivery(writer: &Writer<'_>, tree: &MessageTree, action: &str) -> Vec<String> {
    let props = &tree.props;
    let mut lines = Vec::new();
    let tag = props.value(tags::REPORT_TAG).and_then(PropValue::as_bytes);
    let envelope_id = tag.and_then(|t| std::str::from_utf8(t).ok());
    push(
        &mut lines,
        "Original-Envelope-Id",
        envelope_id.unwrap_or_default(),
    );
    let mta = match text_of(props, REPORTING_MTA) {
        "" => format!("dns; {}", writer.options.domain),
        mta => mta.to_owned(),
    };
    push(&mut lines, "Reporting-MTA", &mta);
    if let Some(time) = time_of(props, tags::ORIGINAL_SUBMIT_TIME) {
        push(&mut lines, "Arrival-Date", &date::format(time));
    }
    let told = |row: &&TreeProps| tells_of(props, row);
    for row in tree.recipients.iter().filter(told) {
        if let Some(recipient) = people::typed(row) {
            lines.push(String::new());
            push(
                &mut lines,
                "X-Display-Name",
                text_of(row, tags::DISPLAY_NAME),
            );
            push(&mut lines, "Final-Recipient", &recipient);
            push(&mut lines, "Action", action);
            push(&mut lines, "Status", &status_code(row, action));
            let remote = text_of(row, tags::DSN_REMOTE_MTA);
            if !remote.is_empty() {
                push(&mut lines, "Remote-MTA", &format!("dns; {remote}"));
            }
            let diagnostic = text_of(row, tags::REPORT_TEXT);
            if !diagnostic.is_empty() {
                let typed = diagnostic.split_once(';').is_some_and(|(t, _)| is_atom(t));
                let kind = if typed { "" } else { "x-unknown; " };
                push(
                    &mut lines,
                    "Diagnostic-Code",
                    &format!("{kind}{diagnostic}"),
                );
            }
            if let Some(time) = time_of(row, tags::REPORT_TIME) {
                push(&mut lines, "Last-Attempt-Date", &date::format(time));
            }
            push(
                &mut lines,
                "X-Supplementary-Info",
                text_of(row, tags::SUPPLEMENTARY_INFO),
            );
        }
    }
    lines
}

fn is_atom(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
}

/// RFC 3463 from PR_NDR_STATUS_CODE (511 is 5.1.1), else the class that the action stands for.
fn status_code(row: &TreeProps, action: &str) -> String {
    let code = row
        .value(tags::NDR_STATUS_CODE)
        .and_then(PropValue::as_long);
    match code {
        Some(code @ (200..300 | 400..600)) => {
            format!("{}.{}.{}", code / 100, code / 10 % 10, code % 10)
        }
        _ => match action {
            "failed" => "5.0.0",
            "delayed" => "4.0.0",
            _ => "2.0.0",
        }
        .to_owned(),
    }
}

/// RFC 8098 §3.2.
fn notification(tree: &MessageTree, disposition: &str) -> Vec<String> {
    let props = &tree.props;
    let mut lines = Vec::new();
    let address = [
        tags::SENT_REPRESENTING_SMTP_ADDRESS,
        tags::SENT_REPRESENTING_EMAIL_ADDRESS,
        tags::SENDER_SMTP_ADDRESS,
        tags::SENDER_EMAIL_ADDRESS,
    ]
    .into_iter()
    .map(|tag| text_of(props, tag))
    .find(|a| !a.is_empty());
    push(
        &mut lines,
        "Final-Recipient",
        &format!("rfc822; {}", address.unwrap_or("unknown")),
    );
    // PidTagOriginalMessageId has this number in reports ([MS-OXOMSG] 2.2.1.85).
    let original = match text_of(props, tags::INTERNET_RETURN_PATH) {
        "" => text_of(props, tags::IN_REPLY_TO_ID),
        id => id,
    };
    push(&mut lines, "Original-Message-ID", original);
    let told = text_of(props, tags::REPORT_TEXT);
    let own = format!("manual-action/MDN-sent-manually; {disposition}");
    let is_disposition = told
        .split_once(';')
        .is_some_and(|(mode, _)| mode.contains('/'));
    push(
        &mut lines,
        "Disposition",
        if is_disposition { told } else { &own },
    );
    lines
}

/// RFC 5965 §3.
fn feedback(tree: &MessageTree) -> Vec<String> {
    let mut lines = Vec::new();
    let told = text_of(&tree.props, tags::REPORT_TEXT);
    push(
        &mut lines,
        "Feedback-Type",
        if is_atom(told) { told } else { "other" },
    );
    push(
        &mut lines,
        "User-Agent",
        concat!("malle/", env!("CARGO_PKG_VERSION")),
    );
    push(&mut lines, "Version", "1");
    for row in tree.recipients.iter().filter(|r| tells_of(&tree.props, r)) {
        push(
            &mut lines,
            "Original-Rcpt-To",
            text_of(row, tags::EMAIL_ADDRESS),
        );
    }
    lines
}
