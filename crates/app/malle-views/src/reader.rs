//! One message as a reader shows it.

use std::io::{self, Read};

use mapi::{MapiProp, Message, Original, Track};
use mapi_mime::{ImportContext, decode_code_page};
use mapi_props::{
    AttachmentTree, Defect, FileTime, LargeSource, MessageTree, PropType, PropValue, Tag,
    TreeContent, TreeProps, TreeValue, attach_method, message_flags, recipient_type, tags,
};
use serde::Serialize;

/// Bodies and originals larger than this are not taken into memory for showing.
const SHOWN_MAX: u64 = 64 << 20;
/// ATT_MHTML_REF: the HTML body shows it.
const MHTML_REF: i32 = 4;

/// A message with everything that a reader shows; attachments without their bytes.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MessageView {
    /// Its id for people; a path for an embedded message.
    pub id: String,
    /// PR_ENTRYID in hexadecimal; none for an embedded message.
    pub entry_id: Option<String>,
    /// Path of its folder; none for an embedded message.
    pub folder: Option<String>,
    /// PR_MESSAGE_CLASS.
    pub class: Option<String>,
    /// PR_SUBJECT.
    pub subject: Option<String>,
    /// Who wrote it.
    pub from: Option<Person>,
    /// Recipients of kind To.
    pub to: Vec<Person>,
    /// Recipients of kind Cc.
    pub cc: Vec<Person>,
    /// Recipients of kind Bcc.
    pub bcc: Vec<Person>,
    /// Of a report: those of whom it tells, who are not its own recipients.
    pub reported: Vec<Reported>,
    /// Of a message that was sent: what reports told of its recipients.
    pub tracking: Vec<Tracked>,
    /// PR_CLIENT_SUBMIT_TIME.
    #[serde(serialize_with = "rfc3339")]
    pub date: Option<FileTime>,
    /// PR_MESSAGE_DELIVERY_TIME.
    #[serde(serialize_with = "rfc3339")]
    pub received: Option<FileTime>,
    /// MSGFLAG_READ.
    pub read: bool,
    /// PR_MESSAGE_SIZE in bytes.
    pub size: i64,
    /// The bytes it was imported from are kept and still say what it says.
    pub original: bool,
    /// Its bodies.
    pub body: BodyView,
    /// In their order.
    pub attachments: Vec<AttachmentView>,
    /// What was wrong with its source.
    pub defects: Vec<DefectView>,
}

/// A person: name and address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Person {
    /// Display name.
    pub name: Option<String>,
    /// Mail address.
    pub address: Option<String>,
}

/// What a report tells of one recipient of the message that it is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Reported {
    /// Display name.
    pub name: Option<String>,
    /// Mail address.
    pub address: Option<String>,
    /// PR_SUPPLEMENTARY_INFO, else PR_REPORT_TEXT: what a server said.
    pub reason: Option<String>,
}

/// What reports told of one recipient of a message that was sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Tracked {
    /// Display name.
    pub name: Option<String>,
    /// Mail address.
    pub address: Option<String>,
    /// PR_RECIPIENT_TRACKSTATUS.
    pub status: TrackWord,
    /// PR_RECIPIENT_TRACKSTATUS_TIME.
    #[serde(serialize_with = "rfc3339")]
    pub since: Option<FileTime>,
}

/// PR_RECIPIENT_TRACKSTATUS as a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum TrackWord {
    /// It was delivered.
    Delivered,
    /// It was not delivered.
    NotDelivered,
    /// It was deleted unread.
    NotRead,
    /// It was read.
    Read,
    /// It was answered.
    Replied,
    /// It was called back.
    Recalled,
    /// It was to be called back, and was not.
    NotRecalled,
}

impl TrackWord {
    /// The word for what is known of a recipient, if anything is.
    const fn of(track: Track) -> Option<Self> {
        Some(match track {
            Track::Delivered => Self::Delivered,
            Track::NotDelivered => Self::NotDelivered,
            Track::NotRead => Self::NotRead,
            Track::Read => Self::Read,
            Track::Replied => Self::Replied,
            Track::Recalled => Self::Recalled,
            Track::NotRecalled => Self::NotRecalled,
            _ => return None,
        })
    }
}

/// The bodies of a message.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct BodyView {
    /// PR_BODY, else the text of the RTF.
    pub text: Option<String>,
    /// PR_HTML, decoded; of a message whose best body is RTF what that carries or shows.
    pub html: Option<String>,
    /// The best of the bodies that are stored, of which others may be made.
    pub stored: Option<BodyKind>,
}

/// The forms of a body. [MS-OXBBODY] 2.1.3.1
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum BodyKind {
    /// PR_BODY.
    Text,
    /// PR_HTML.
    Html,
    /// PR_RTF_COMPRESSED.
    Rtf,
}

/// An attachment as a reader lists it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AttachmentView {
    /// Its place, from 0.
    pub index: usize,
    /// Its long file name, else the short one.
    pub filename: Option<String>,
    /// PR_ATTACH_MIME_TAG.
    pub mime_type: Option<String>,
    /// Bytes of its content.
    pub size: u64,
    /// PR_ATTACH_CONTENT_ID.
    pub content_id: Option<String>,
    /// Shown by the HTML body rather than listed.
    pub inline: bool,
    /// by_value, by_reference, by_ref_resolve, by_ref_only, embedded, ole or web_reference.
    pub method: &'static str,
    /// The file or link that it names instead of holding it; absent: it holds its content.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// Whether that file is put into the message when it is submitted; absent: no.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub resolves: bool,
}

/// Something wrong with the source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DefectView {
    /// Stable short name.
    pub code: String,
    /// Where and what.
    pub detail: String,
}

/// What `id` and `folder` say of an open message.
///
/// # Errors
/// Those of the store; `MAPI_E_CORRUPT_DATA` and the like when a large body cannot be read.
pub fn message_view(
    message: &Message,
    id: String,
    folder: Option<String>,
) -> mapi::Result<MessageView> {
    let tree = message.to_tree()?;
    // A report's table of recipients lists those that it tells of beside its own.
    let (reported, own): (Vec<_>, Vec<_>) =
        (tree.recipients.iter()).partition(|row| time(row, tags::REPORT_TIME).is_some());
    let of_kind = |kind: i32| {
        let rows = own.iter().copied();
        let rows = rows.filter(|row| long(row, tags::RECIPIENT_TYPE) == Some(kind));
        rows.map(recipient).collect::<Vec<_>>()
    };
    let size = message
        .get_props(&[tags::MESSAGE_SIZE.raw()])?
        .ignore_warning();
    let size = size.first().map_or(0, |prop| match prop.value {
        PropValue::Long(n) => i64::from(n),
        PropValue::I8(n) => n,
        _ => 0,
    });
    let kept = message
        .item()
        .is_some()
        .then(|| message.original())
        .transpose()?;
    let valid = matches!(kept, Some(Original::Valid(_)));
    let references = message.references();
    let resolves = |path: &str| references.iter().any(|r| r.resolves && r.path == path);
    Ok(MessageView {
        id,
        entry_id: message.entry_id().map(|id| id.to_string()),
        folder,
        class: text(&tree.props, tags::MESSAGE_CLASS),
        subject: text(&tree.props, tags::SUBJECT),
        from: sender(&tree.props),
        to: of_kind(recipient_type::TO),
        cc: of_kind(recipient_type::CC),
        bcc: of_kind(recipient_type::BCC),
        reported: reported.into_iter().map(told_of).collect(),
        tracking: own.iter().copied().filter_map(tracked).collect(),
        date: time(&tree.props, tags::CLIENT_SUBMIT_TIME),
        received: time(&tree.props, tags::MESSAGE_DELIVERY_TIME),
        read: message.flags() & message_flags::READ != 0,
        size,
        original: valid,
        body: body(&tree.props),
        attachments: tree
            .attachments
            .iter()
            .enumerate()
            .map(|(index, tree)| attachment(index, tree, &resolves))
            .collect(),
        defects: kept
            .map(|kept| defects(kept, &tree.props))
            .unwrap_or_default(),
    })
}

/// What is wrong with a kept original: found by reading it again, so that it need not be stored.
fn defects(kept: Original, props: &TreeProps) -> Vec<DefectView> {
    let Original::Valid(reader) = kept else {
        return Vec::new();
    };
    let mut bytes = Vec::new();
    let read = reader.take(SHOWN_MAX).read_to_end(&mut bytes);
    // As seen when it was imported: what lay in the future then, or did not.
    let imported = time(props, tags::CREATION_TIME).unwrap_or(FileTime(u64::MAX));
    let context = ImportContext::new(imported);
    let parsed = read
        .ok()
        .and_then(|_| mapi_mime::parse(bytes, &context).ok());
    let found = parsed.map(|tree| tree.defects).unwrap_or_default();
    let shown = |d: Defect| DefectView {
        code: d.code.to_owned(),
        detail: d.detail,
    };
    found.into_iter().map(shown).collect()
}

fn body(props: &TreeProps) -> BodyView {
    let of = |tag: mapi_props::PropTag| props.get(&mapi_props::PropKey::from(tag));
    let text = match of(tags::BODY.raw()) {
        Some(TreeValue::Value(PropValue::Unicode(text))) => Some(text.clone()),
        Some(TreeValue::Large(PropType::UNICODE, source)) => read(source)
            .ok()
            .map(|bytes| String::from_utf8_lossy(&bytes).into_owned()),
        _ => None,
    };
    let page = long(props, tags::INTERNET_CPID).unwrap_or(65001);
    let html = match of(tags::HTML.raw()) {
        Some(TreeValue::Value(PropValue::Binary(bytes))) => Some(decode_code_page(bytes, page)),
        Some(TreeValue::Large(_, source)) => read(source)
            .ok()
            .map(|bytes| decode_code_page(&bytes, page)),
        _ => None,
    };
    match mapi_rtf::best_body(props) {
        Some(Ok(rtf)) => rich(&rtf, text, html),
        _ => BodyView {
            stored: match (&text, &html) {
                (_, Some(_)) => Some(BodyKind::Html),
                (Some(_), None) => Some(BodyKind::Text),
                (None, None) => None,
            },
            text,
            html,
        },
    }
}

/// The bodies of a message that has RTF as its best one.
fn rich(rtf: &[u8], text: Option<String>, html: Option<String>) -> BodyView {
    let is_text = mapi_rtf::native(rtf) == mapi_rtf::Native::Text;
    let made = (!is_text).then(|| mapi_rtf::to_html(rtf).html);
    BodyView {
        text: text.or_else(|| Some(mapi_rtf::to_text(rtf).text)),
        html: made.or(html),
        stored: Some(BodyKind::Rtf),
    }
}

fn read(source: &LargeSource) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    source.open()?.take(SHOWN_MAX).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn sender(props: &TreeProps) -> Option<Person> {
    let represented = Person {
        name: text(props, tags::SENT_REPRESENTING_NAME),
        address: text(props, tags::SENT_REPRESENTING_SMTP_ADDRESS)
            .or_else(|| text(props, tags::SENT_REPRESENTING_EMAIL_ADDRESS)),
    };
    let sent = Person {
        name: text(props, tags::SENDER_NAME),
        address: text(props, tags::SENDER_SMTP_ADDRESS)
            .or_else(|| text(props, tags::SENDER_EMAIL_ADDRESS)),
    };
    [represented, sent]
        .into_iter()
        .find(|p| p.name.is_some() || p.address.is_some())
}

fn recipient(row: &TreeProps) -> Person {
    Person {
        name: text(row, tags::DISPLAY_NAME),
        address: text(row, tags::SMTP_ADDRESS).or_else(|| text(row, tags::EMAIL_ADDRESS)),
    }
}

fn told_of(row: &TreeProps) -> Reported {
    let Person { name, address } = recipient(row);
    Reported {
        name,
        address,
        reason: text(row, tags::SUPPLEMENTARY_INFO).or_else(|| text(row, tags::REPORT_TEXT)),
    }
}

fn attachment(
    index: usize,
    tree: &AttachmentTree,
    resolves: &dyn Fn(&str) -> bool,
) -> AttachmentView {
    let props = &tree.props;
    let path = names_a_path(props).then(|| {
        let said = [tags::ATTACH_LONG_PATHNAME, tags::ATTACH_PATHNAME];
        let mut said = said.into_iter().filter_map(|tag| text(props, tag));
        said.find(|path| !path.is_empty()).unwrap_or_default()
    });
    let names = [
        tags::ATTACH_LONG_FILENAME,
        tags::ATTACH_FILENAME,
        tags::DISPLAY_NAME,
    ];
    let filename = names
        .into_iter()
        .find_map(|tag| text(props, tag).filter(|t| !t.is_empty()));
    let referenced = long(props, tags::ATTACH_FLAGS).unwrap_or(0) & MHTML_REF != 0;
    AttachmentView {
        index,
        filename,
        mime_type: text(props, tags::ATTACH_MIME_TAG),
        size: content_size(tree),
        content_id: text(props, tags::ATTACH_CONTENT_ID),
        inline: referenced,
        method: method(tree),
        resolves: path.as_deref().is_some_and(resolves),
        path,
    }
}

/// Whether an attachment names what it is about instead of holding it. [MS-OXCMSG] 2.2.2.9
fn names_a_path(props: &TreeProps) -> bool {
    let names = [
        attach_method::BY_REFERENCE,
        attach_method::BY_REF_RESOLVE,
        attach_method::BY_REF_ONLY,
        attach_method::BY_WEBREFERENCE,
    ];
    long(props, tags::ATTACH_METHOD).is_some_and(|method| names.contains(&method))
}

fn method(tree: &AttachmentTree) -> &'static str {
    match long(&tree.props, tags::ATTACH_METHOD) {
        Some(attach_method::EMBEDDED_MSG) => "embedded",
        Some(attach_method::OLE) => "ole",
        Some(attach_method::BY_REFERENCE) => "by_reference",
        Some(attach_method::BY_REF_RESOLVE) => "by_ref_resolve",
        Some(attach_method::BY_REF_ONLY) => "by_ref_only",
        Some(attach_method::BY_WEBREFERENCE) => "web_reference",
        _ => "by_value",
    }
}

fn content_size(tree: &AttachmentTree) -> u64 {
    match &tree.content {
        TreeContent::Data(source) | TreeContent::Storage(source) => source.size(),
        TreeContent::Message(message) => message_size(message),
        TreeContent::None => 0,
    }
}

/// Bytes as MAPI counts them: of all properties, recipients and attachments.
fn message_size(tree: &MessageTree) -> u64 {
    let props = |props: &TreeProps| -> u64 {
        let size = |(_, value): (_, &TreeValue)| match value {
            TreeValue::Value(value) => value.size(),
            TreeValue::Large(_, source) => source.size(),
        };
        props.iter().map(size).sum()
    };
    let own = props(&tree.props) + tree.recipients.iter().map(props).sum::<u64>();
    let attached = tree.attachments.iter();
    own + attached
        .map(|a| props(&a.props) + content_size(a))
        .sum::<u64>()
}

fn tracked(row: &TreeProps) -> Option<Tracked> {
    let track = Track::of(long(row, tags::RECIPIENT_TRACKSTATUS)?);
    let Person { name, address } = recipient(row);
    Some(Tracked {
        name,
        address,
        status: TrackWord::of(track)?,
        since: time(row, tags::RECIPIENT_TRACKSTATUS_TIME),
    })
}

fn text(props: &TreeProps, tag: Tag<str>) -> Option<String> {
    props.text(tag).map(str::to_owned)
}

fn time(props: &TreeProps, tag: Tag<FileTime>) -> Option<FileTime> {
    props.value(tag).and_then(PropValue::as_time)
}

fn long(props: &TreeProps, tag: Tag<i32>) -> Option<i32> {
    props.value(tag).and_then(PropValue::as_long)
}

#[expect(clippy::ref_option, reason = "the form that serde calls it in")]
fn rfc3339<S: serde::Serializer>(time: &Option<FileTime>, to: S) -> Result<S::Ok, S::Error> {
    time.map(|time| time.to_string()).serialize(to)
}
