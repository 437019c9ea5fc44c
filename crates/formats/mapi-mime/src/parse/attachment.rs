//! Parts that are not the body: attachments and embedded messages.
//! [MS-OXCMAIL] 2.2.3.4, RFC 2183, RFC 2392

use std::collections::HashSet;

use mapi_props::{
    AttachmentTree, LargeSource, MessageTree, PropKey, PropName, PropValue, TreeContent, TreeValue,
    attach_method, guids, tags,
};

use super::body::Bodies;
use super::{Reader, apple, external};
use crate::header::fields;
use crate::header::params::percent_decode;
use crate::names::{self, file_name};
use crate::recipe::Slot;
use crate::source::{PartSource, SharedBytes};
use crate::structure::{Entity, Kind, is_message_type};
use crate::transfer::Transfer;

/// ATT_MHTML_REF: the body shows it, [MS-OXCMSG] 2.2.2.18.
const MHTML_REF: i32 = 4;

/// Reads every leaf below `root` that is no body, and embedded messages, in order.
pub(super) fn read_all(
    reader: &mut Reader<'_>,
    tree: &mut MessageTree,
    root: usize,
    bodies: Bodies,
    html: Option<&[u8]>,
    path: &[u32],
) {
    let shown = Shown::in_html(html);
    let mut stack = vec![(root, false)];
    while let Some((index, related)) = stack.pop() {
        let Some(entity) = reader.entities.get(index) else {
            continue;
        };
        let forks = apple::forks(reader, entity);
        if entity.kind == Kind::Multipart && forks.is_none() {
            let related = related || entity.mime.is("multipart/related");
            stack.extend(entity.children.iter().rev().map(|c| (*c, related)));
            continue;
        }
        let nothing =
            index == root && entity.body.is_empty() && is_textual(entity.mime.media_type());
        if bodies.contain(index) || nothing {
            continue;
        }
        let (entity, resources) = match forks {
            Some((resources, data)) => (data, Some(resources)),
            None => (entity.clone(), None),
        };
        if let Some(attachment) = external::read(reader, &entity) {
            tree.attachments.push(attachment);
            continue;
        }
        let mut place = path.to_vec();
        place.push(u32::try_from(tree.attachments.len()).unwrap_or(u32::MAX));
        let mut attachment = read(reader, &entity, &place);
        set_names(reader, &mut attachment, &entity, tree.attachments.len());
        if let Some(resources) = resources {
            if !is_named(&entity) {
                set_names(reader, &mut attachment, &resources, tree.attachments.len());
            }
            apple::keep_resource_fork(reader, &mut attachment, &resources, &entity);
        }
        flag(tree, &mut attachment, &entity);
        if (related || entity.mime.content_id.is_some())
            && !entity.mime.is_attachment()
            && shown.shows(&entity, related)
        {
            attachment.props.set(tags::ATTACH_FLAGS, MHTML_REF);
            attachment.props.set(tags::ATTACHMENT_HIDDEN, true);
        }
        tree.attachments.push(attachment);
    }
}

/// Whether a message of this type without a body is simply empty: there is nothing to attach.
fn is_textual(media_type: &str) -> bool {
    media_type.starts_with("text/") || media_type.starts_with("multipart/")
}

fn read(reader: &mut Reader<'_>, entity: &Entity, path: &[u32]) -> AttachmentTree {
    let mut attachment = AttachmentTree::default();
    let props = &mut attachment.props;
    props.set(tags::RENDERING_POSITION, -1);
    props.set(tags::ATTACH_MIME_TAG, media_type(entity));
    let mime = &entity.mime;
    if let Some(id) = &mime.content_id {
        props.set(tags::ATTACH_CONTENT_ID, id.trim().trim_matches(['<', '>']));
    }
    if let Some(location) = &mime.location {
        let location: String = location.split_whitespace().collect();
        props.set(tags::ATTACH_CONTENT_LOCATION, location);
    }
    if let Some(base) = &mime.base {
        props.set(tags::ATTACH_CONTENT_BASE, base.as_str());
    }
    if let Some(charset) = mime
        .content_type
        .param("charset")
        .filter(|_| media_type(entity).starts_with("text/"))
    {
        props.set(tags::TEXT_ATTACHMENT_CHARSET, charset);
    }
    keep_content_type(reader, &mut attachment, entity);
    let props = &mut attachment.props;
    for (name, tag) in [
        ("creation-date", tags::CREATION_TIME),
        ("modification-date", tags::LAST_MODIFICATION_TIME),
    ] {
        if let Some(time) = mime
            .disposition
            .param(name)
            .and_then(crate::header::date::parse)
        {
            props.set(tag, time);
        }
    }
    let embedded = embedded(reader, entity, path);
    let method = if embedded.is_some() {
        attach_method::EMBEDDED_MSG
    } else {
        attach_method::BY_VALUE
    };
    attachment.props.set(tags::ATTACH_METHOD, method);
    attachment.content = match embedded {
        Some(tree) => TreeContent::Message(Box::new(tree)),
        None => TreeContent::Data(data(reader, entity, path)),
    };
    attachment
}

/// Parameters of Content-Type that properties of their own hold, or that only tell how a part was packed.
const HELD: [&str; 3] = ["name", "charset", "boundary"];
/// Longest Content-Type that is kept.
const CONTENT_TYPE_MAX: usize = 2000;

/// Keeps the Content-Type of a leaf whose parameters say more than properties do, as PS_INTERNET_HEADERS `Content-Type`:
/// the method of an invitation, the kind of a S/MIME part, what is needed to read flowed text.
fn keep_content_type(reader: &Reader<'_>, attachment: &mut AttachmentTree, entity: &Entity) {
    let says_more = |(name, _): &(String, String)| !HELD.contains(&name.as_str());
    if entity.kind != Kind::Leaf || !entity.mime.content_type.params.iter().any(says_more) {
        return;
    }
    let header = reader.source.slice(entity.header.clone());
    let field = fields(header).find(|f| f.is("content-type"));
    let value = field.map(|f| f.unfolded(reader.context.code_page));
    if let Some(value) = value.filter(|v| v.len() <= CONTENT_TYPE_MAX) {
        let name = PropName::text(guids::PS_INTERNET_HEADERS, "Content-Type");
        let value = TreeValue::Value(PropValue::Unicode(value));
        attachment.props.insert(PropKey::Named(name), value);
    }
}

/// The declared type, or `message/rfc822` where a digest implies it.
fn media_type(entity: &Entity) -> &str {
    entity.mime.media_type()
}

/// The message inside a message part, however it was encoded.
fn embedded(reader: &mut Reader<'_>, entity: &Entity, path: &[u32]) -> Option<MessageTree> {
    if entity.kind == Kind::Message {
        let child = *entity.children.first()?;
        return Some(reader.message(child, path));
    }
    let encoded = entity.mime.transfer != Transfer::Identity;
    if !(encoded && is_message_type(entity.mime.media_type())) {
        return None;
    }
    if entity.depth + 1 >= reader.context.limits.depth {
        reader.defect(
            "nesting-too-deep",
            format!("part at byte {} is kept as bytes", entity.header.start),
        );
        return None;
    }
    if reader.parts == 0 {
        reader.defect(
            "too-many-parts",
            format!("part at byte {} is kept as bytes", entity.header.start),
        );
        return None;
    }
    reader.defect(
        "encoded-message",
        format!(
            "part at byte {} is a message in a transfer encoding",
            entity.header.start
        ),
    );
    let source = SharedBytes::new(reader.decoded(entity));
    let start = super::start::find(&source).ok()?;
    let mut inner = Reader {
        context: reader.context,
        source: start.source,
        entities: Vec::new(),
        defects: start.defects,
        slots: Vec::new(),
        recipe: false,
        recipients: reader.recipients,
        parts: reader.parts,
    };
    let tree = inner.message_at(start.at, entity.depth + 1, path);
    crate::defects::append(&mut reader.defects, inner.defects);
    reader.recipients = inner.recipients;
    reader.parts = inner.parts;
    Some(tree)
}

/// The decoded bytes of a leaf: small ones in memory, large ones decoded when they are read.
fn data(reader: &mut Reader<'_>, entity: &Entity, path: &[u32]) -> LargeSource {
    let transfer = entity.mime.transfer;
    let small = entity.body.len() <= reader.context.limits.in_memory;
    let source: LargeSource = if small {
        reader.decoded(entity).into()
    } else {
        let (source, odd) = PartSource::new(reader.source.clone(), entity.body.clone(), transfer);
        reader.note_transfer(entity, odd);
        source.into()
    };
    keep_slot(reader, entity.body.clone(), transfer, path, &source);
    source
}

/// Remembers where an attachment's bytes stand, for the recipe.
fn keep_slot(
    reader: &mut Reader<'_>,
    range: std::ops::Range<usize>,
    transfer: Transfer,
    path: &[u32],
    source: &LargeSource,
) {
    if reader.recipe {
        reader.slots.push(Slot {
            range,
            transfer,
            path: path.to_vec(),
            source: source.clone(),
        });
    }
}

/// The one attachment of a clear-signed message: its Content-Type and its body, byte for byte.
/// [MS-OXOSMIME] 2.1.3.1
pub(super) fn signed_entity(
    reader: &mut Reader<'_>,
    entity: &Entity,
    path: &[u32],
) -> AttachmentTree {
    let source = reader.source.clone();
    let header = source.slice(entity.header.clone());
    let field = fields(header)
        .find(|f| f.is("content-type"))
        .map(|f| f.range)
        .unwrap_or_default();
    let field = entity.header.start + field.start..entity.header.start + field.end;
    let mut attachment = AttachmentTree::default();
    let content: LargeSource = if field.end == entity.header.end {
        // The last field: what is wanted stands in one piece.
        let whole = field.start..entity.body.end;
        let mut place = path.to_vec();
        place.push(0);
        let (content, _) =
            PartSource::new(reader.source.clone(), whole.clone(), Transfer::Identity);
        let content = content.into();
        keep_slot(reader, whole, Transfer::Identity, &place, &content);
        content
    } else {
        let between = source.slice(entity.header.end..entity.body.start);
        // A file that cannot be read again has no recipe either, and the mail is refused.
        let body = source.copy(entity.body.clone()).unwrap_or_default();
        let mut bytes = Vec::new();
        let pieces = [
            source.slice(field),
            if between.is_empty() { b"\r\n" } else { between },
            &body,
        ];
        for piece in pieces {
            bytes.extend_from_slice(piece);
        }
        bytes.into()
    };
    let props = &mut attachment.props;
    props.set(tags::RENDERING_POSITION, -1);
    props.set(tags::ATTACH_METHOD, attach_method::BY_VALUE);
    props.set(tags::ATTACH_MIME_TAG, "multipart/signed");
    names::set(props, "smime.p7m");
    attachment.content = TreeContent::Data(content);
    attachment
}

/// OID_TNEF. [MS-OXCMSG] 2.2.2.15
const TNEF: &[u8] = &[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x14, 0x03, 0x0A, 0x01];

/// Marks what another reader is to open: TNEF by PR_ATTACH_TAG, an invitation by the message's content class.
fn flag(tree: &mut MessageTree, attachment: &mut AttachmentTree, entity: &Entity) {
    let mime = &entity.mime;
    if matches!(
        mime.media_type(),
        "application/ms-tnef" | "application/vnd.ms-tnef"
    ) {
        attachment.props.set(tags::ATTACH_TAG, TNEF.to_vec());
    }
    if mime.is("text/calendar") && mime.content_type.param("method").is_some() {
        let name = PropName::text(guids::PS_INTERNET_HEADERS, "Content-Class");
        let key = PropKey::Named(name);
        if !tree.props.contains(&key) {
            let class = PropValue::Unicode("urn:content-classes:calendarmessage".to_owned());
            tree.props.insert(key, TreeValue::Value(class));
        }
    }
}

/// The name that a part declares, made safe.
fn declared_name(entity: &Entity) -> Option<String> {
    let mime = &entity.mime;
    let declared = [
        mime.disposition.param("filename"),
        mime.content_type.param("name"),
    ];
    let mut safe = declared.into_iter().flatten().map(file_name);
    safe.find(|n| !n.is_empty())
}

fn is_named(entity: &Entity) -> bool {
    declared_name(entity).is_some()
}

/// Gives an attachment its names: the declared one, else one made from what it is.
fn set_names(
    reader: &mut Reader<'_>,
    attachment: &mut AttachmentTree,
    entity: &Entity,
    index: usize,
) {
    let mime = &entity.mime;
    let declared = declared_name(entity).or_else(|| apple::name_of(reader, entity));
    if let Some(name) = declared {
        return names::set(&mut attachment.props, &name);
    }
    if let TreeContent::Message(message) = &attachment.content {
        let subject = message
            .props
            .text(tags::SUBJECT)
            .unwrap_or_default()
            .to_owned();
        attachment.props.set(tags::DISPLAY_NAME, subject);
        return;
    }
    names::set(
        &mut attachment.props,
        &names::made_up(index, mime.media_type()),
    );
    if let Some(description) = &mime.description {
        attachment
            .props
            .set(tags::DISPLAY_NAME, description.as_str());
    }
}

/// Inline parts that are looked for in a body.
const IDS_MAX: usize = 10_000;

/// Where a `cid:` stands; a scheme may be in capitals (RFC 3986 §3.1).
fn cid_urls(text: &[u8]) -> impl Iterator<Item = usize> {
    let of = |text, scheme: &'static [u8]| memchr::memmem::find_iter(text, scheme);
    of(text, b"cid:").chain(of(text, b"CID:"))
}

/// What an HTML body shows of the parts beside it.
struct Shown {
    ids: HashSet<Vec<u8>>,
    has_html: bool,
}

impl Shown {
    /// Collects every `cid:` of the HTML once, so that many parts and a long body stay linear.
    fn in_html(html: Option<&[u8]>) -> Self {
        let mut ids = HashSet::new();
        let text = html.unwrap_or_default();
        for at in cid_urls(text).take(IDS_MAX) {
            let rest = text.get(at + 4..).unwrap_or_default();
            let rest = rest.get(..1000).unwrap_or(rest);
            let end = rest.iter().position(|b| {
                matches!(b, b'"' | b'\'' | b'>' | b'<' | b')' | b'&') || b.is_ascii_whitespace()
            });
            let mut id = Vec::new();
            percent_decode(
                &String::from_utf8_lossy(rest.get(..end.unwrap_or(rest.len())).unwrap_or_default()),
                &mut id,
            );
            ids.insert(id);
        }
        Self {
            ids,
            has_html: html.is_some(),
        }
    }

    /// Whether the body shows this part, so that a list of attachments leaves it out.
    fn shows(&self, entity: &Entity, related: bool) -> bool {
        let named = entity
            .mime
            .content_id
            .as_deref()
            .map(|id| id.trim().trim_matches(['<', '>']));
        let by_id = named.is_some_and(|id| self.ids.contains(id.as_bytes()));
        let by_place = related
            && self.has_html
            && entity.mime.location.is_some()
            && entity.mime.media_type().starts_with("image/");
        by_id || by_place
    }
}
