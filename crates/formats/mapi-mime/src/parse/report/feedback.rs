//! Abuse and feedback reports.
//! RFC 5965, RFC 6591
//!
//! No published class is theirs, so one is made as all classes of reports are: what it reports on, and a word at its
//! end. Programs that know only the prefix treat it as the report that it is.

use mapi_props::{MessageTree, TreeProps, tags};

use super::people::Person;
use super::{Reader, Report};

/// The class of a feedback report.
const CLASS: &str = "REPORT.IPM.Note.Feedback";

/// Adds the recipients whom the reported mail was for, and gives the class; `None` without Feedback-Type.
///
/// PR_REPORT_TEXT, of the message and of its rows, is the kind of feedback: `abuse`, `fraud`, `virus`, `auth-failure`…
pub(super) fn read(
    reader: &mut Reader<'_>,
    tree: &mut MessageTree,
    report: &Report,
) -> Option<&'static str> {
    let kind = report.field("feedback-type")?;
    tree.props.set(tags::REPORT_TEXT, kind);
    let from = report
        .field("original-mail-from")
        .and_then(|v| Person::parse(&format!("rfc822; {v}")));
    if let Some(from) = from {
        tree.props.set(tags::ORIGINAL_SENDER_NAME, from.name);
        tree.props
            .set(tags::ORIGINAL_SENDER_ADDRTYPE, from.address_type);
        tree.props
            .set(tags::ORIGINAL_SENDER_EMAIL_ADDRESS, from.address);
    }
    for value in report.groups.iter().flat_map(|g| g.all("original-rcpt-to")) {
        if reader.recipients == 0 {
            reader.defect("too-many-recipients", "of a feedback report");
            break;
        }
        let Some(person) = Person::parse(&format!("rfc822; {value}")) else {
            continue;
        };
        let mut row = TreeProps::default();
        person.put(&mut row);
        row.set(tags::REPORT_TEXT, kind);
        row.set(tags::REPORT_TIME, report.sent);
        tree.recipients.push(row);
        reader.recipients -= 1;
    }
    Some(CLASS)
}
