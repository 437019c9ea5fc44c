//! Reports: what happened to a message that was sent, for each of its recipients.
//! [MS-OXCMAIL] 2.2.3.7, RFC 6522, RFC 3464, RFC 8098, RFC 5965, RFC 6533

mod delivery;
mod disposition;
mod feedback;
mod group;
mod original;
mod people;
mod status;

use mapi_props::{FileTime, MessageTree, PropValue, Tag, tags};

use super::Reader;
use crate::structure::{Entity, Kind};
use group::Group;

/// Who says so, as Reporting-MTA names it. [MS-OXOMSG] 2.2.2.35
const REPORTING_MTA: Tag<str> = tags::REPORTING_MESSAGE_TRANSFER_AGENT;
/// PidTagOriginalMessageId, which shares its number with PR_INTERNET_RETURN_PATH. [MS-OXOMSG] 2.2.1.85
const ORIGINAL_MESSAGE_ID: Tag<str> = tags::INTERNET_RETURN_PATH;

/// What a machine-readable part tells of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Subject {
    Delivery,
    Disposition,
    Feedback,
}

impl Subject {
    fn of(entity: &Entity) -> Option<Self> {
        Some(match entity.mime.media_type() {
            "message/delivery-status" | "message/global-delivery-status" => Self::Delivery,
            "message/disposition-notification" | "message/global-disposition-notification" => {
                Self::Disposition
            }
            "message/feedback-report" => Self::Feedback,
            _ => return None,
        })
    }
}

/// Reads the report that the message `root` is, once its attachments are read; gives its class.
///
/// A recipient row is added for each recipient of the worst kind that a delivery status names, told from those of the
/// header by PR_REPORT_TIME. What the report returned of the original gives the PR_ORIGINAL_* properties.
/// A report that says nothing that can be understood is an ordinary message, with a defect.
pub(super) fn read(
    reader: &mut Reader<'_>,
    tree: &mut MessageTree,
    root: usize,
) -> Option<&'static str> {
    let outer = reader.entities.get(root)?;
    let is_report = outer.kind == Kind::Multipart && outer.mime.is("multipart/report");
    let Some((subject, parts)) = find(reader, root) else {
        if is_report {
            let start = outer.header.start;
            reader.defect("report-without-status", format!("report at byte {start}"));
        }
        return None;
    };
    let start = parts.first().map_or(0, |part| part.header.start);
    let report = Report {
        groups: parts.iter().flat_map(|p| group::read(reader, p)).collect(),
        sent: sent(tree).unwrap_or(reader.context.now),
    };
    let class = match subject {
        Subject::Delivery => delivery::read(reader, tree, &report),
        Subject::Disposition => disposition::read(tree, &report),
        Subject::Feedback => feedback::read(reader, tree, &report),
    };
    if class.is_none() {
        reader.defect(
            "report-not-understood",
            format!("part at byte {start} says nothing of a recipient"),
        );
        return None;
    }
    original::put(reader, tree);
    envelope(tree, &report);
    class
}

/// The fields of a machine-readable part, and when the report was sent.
struct Report {
    groups: Vec<Group>,
    sent: FileTime,
}

impl Report {
    /// The first value of a field, in whichever group it stands.
    fn field(&self, name: &str) -> Option<&str> {
        self.groups.iter().find_map(|g| g.get(name))
    }
}

/// The machine-readable parts, of which there should be one: children of the report, of one that a mailing list put its
/// footer below, or the message itself.
fn find(reader: &Reader<'_>, root: usize) -> Option<(Subject, Vec<Entity>)> {
    let entity = reader.entities.get(root)?;
    if entity.kind != Kind::Multipart {
        return Subject::of(entity).map(|s| (s, vec![entity.clone()]));
    }
    let children = entity.children.iter();
    let mut children = children.filter_map(|c| Some((*c, reader.entities.get(*c)?)));
    match entity.mime.media_type() {
        "multipart/report" => {
            let (subject, first) = children.find_map(|(_, e)| Some((Subject::of(e)?, e)))?;
            let others = children.map(|(_, e)| e);
            let others = others.filter(|e| Subject::of(e) == Some(subject));
            let parts = std::iter::once(first).chain(others).take(PARTS_MAX);
            Some((subject, parts.cloned().collect()))
        }
        "multipart/mixed" => {
            let (first, inner) = children.next()?;
            let report = inner.mime.is("multipart/report") && inner.kind == Kind::Multipart;
            report.then(|| find(reader, first)).flatten()
        }
        _ => None,
    }
}

/// Machine-readable parts that are read of one report.
const PARTS_MAX: usize = 10;

fn sent(tree: &MessageTree) -> Option<FileTime> {
    let time = |tag: Tag<FileTime>| tree.props.value(tag).and_then(PropValue::as_time);
    time(tags::CLIENT_SUBMIT_TIME).or_else(|| time(tags::MESSAGE_DELIVERY_TIME))
}

/// What every kind of report says of itself: who made it, when, and what it correlates with.
fn envelope(tree: &mut MessageTree, report: &Report) {
    let props = &mut tree.props;
    props.set(tags::REPORT_TIME, report.sent);
    if let Some(mta) = report.field("reporting-mta") {
        props.set(REPORTING_MTA, mta);
    }
    if let Some(name) = props.text(tags::SENT_REPRESENTING_NAME).map(str::to_owned) {
        props.set(tags::REPORT_NAME, name);
    }
    // RFC 3461 §4.4: the sender chose it to know the report by, which is what PR_REPORT_TAG is for.
    if let Some(id) = report.field("original-envelope-id") {
        props.set(tags::REPORT_TAG, id.as_bytes().to_vec());
    }
    if let Some(id) = report.field("original-message-id") {
        props.set(ORIGINAL_MESSAGE_ID, id);
    }
    let known = props.text(ORIGINAL_MESSAGE_ID).map(str::to_owned);
    if props.text(tags::INTERNET_REFERENCES).is_none()
        && let Some(id) = known.filter(|id| id.starts_with('<') && id.len() > 2)
    {
        props.set(tags::INTERNET_REFERENCES, id);
    }
}
