//! Read and non-read reports.
//! [MS-OXCMAIL] 2.2.3.7.2, RFC 8098

use mapi_props::{MessageTree, tags};

use super::Report;
use super::people::Person;
use crate::transfer::Transfer;

/// IM_DISCARDED: what X.400 calls a message that was thrown away unread, PR_NON_RECEIPT_REASON.
const DISCARDED: i32 = 0;

/// Sets what the notification says, and gives its class; `None` if it names no disposition that is known.
///
/// PR_REPORT_TEXT is the Disposition field as it stands, with its modifiers; its type and mode are
/// PR_REPORT_DISPOSITION and PR_REPORT_DISPOSITION_MODE.
pub(super) fn read(tree: &mut MessageTree, report: &Report) -> Option<&'static str> {
    let disposition = report.field("disposition")?;
    let (mode, rest) = disposition.split_once(';').unwrap_or(("", disposition));
    let kind = rest.split(['/', ',']).next().unwrap_or_default();
    let kind = kind.trim().to_ascii_lowercase();
    // RFC 8098 §3.2.6.2; the other names are those of RFC 2298, which old programs still write.
    let class = match kind.as_str() {
        "displayed" | "dispatched" | "processed" => "REPORT.IPM.Note.IPNRN",
        "deleted" | "denied" | "failed" => "REPORT.IPM.Note.IPNNRN",
        _ => return None,
    };
    let props = &mut tree.props;
    props.set(tags::REPORT_TEXT, disposition);
    if class.ends_with("IPNNRN") {
        props.set(tags::NON_RECEIPT_REASON, DISCARDED);
    }
    props.set(tags::REPORT_DISPOSITION, kind);
    if !mode.trim().is_empty() {
        props.set(tags::REPORT_DISPOSITION_MODE, mode.trim());
    }
    props.set(tags::RECEIPT_TIME, report.sent);
    props.set(tags::ORIGINAL_DELIVERY_TIME, report.sent);
    let meant = report.field("original-recipient");
    let meant = meant.or_else(|| report.field("final-recipient"));
    if let Some(person) = meant.and_then(Person::parse) {
        props.set(tags::ORIGINAL_DISPLAY_TO, person.name);
    }
    if let Some(key) = report.field("x-msexch-correlation-key") {
        let (key, odd) = Transfer::Base64.decode(key.as_bytes());
        if odd.is_none() && !key.is_empty() {
            props.set(tags::PARENT_KEY, key);
        }
    }
    Some(class)
}
