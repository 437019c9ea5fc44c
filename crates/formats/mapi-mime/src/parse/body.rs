//! Which parts are the message's text, and that text.
//! [MS-OXCMAIL] 2.2.3.1, RFC 2046 §5.1.4, RFC 2387, RFC 3676

use mapi_props::{AttachmentTree, TreeProps, tags};

use super::{Reader, flowed, in_text, put_html, put_text};
use crate::charset;
use crate::structure::{Entity, Kind};

/// The entities that are the body.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Bodies {
    pub(super) text: Option<usize>,
    pub(super) html: Option<usize>,
}

impl Bodies {
    pub(super) fn contain(self, index: usize) -> bool {
        self.text == Some(index) || self.html == Some(index)
    }

    fn is_empty(self) -> bool {
        self == Self::default()
    }
}

/// The body of the message or multipart `index`: the first text that is no attachment, and its alternative.
pub(super) fn choose(entities: &[Entity], index: usize) -> Bodies {
    let Some(entity) = entities.get(index) else {
        return Bodies::default();
    };
    let mime = &entity.mime;
    if mime.is_attachment() {
        return Bodies::default();
    }
    match entity.kind {
        Kind::Message => Bodies::default(),
        Kind::Leaf if mime.is("text/html") => Bodies {
            text: None,
            html: Some(index),
        },
        // A multipart whose parts cannot be told apart is still something to read.
        Kind::Leaf
            if mime.is("text/plain")
                || (index == 0 && mime.media_type().starts_with("multipart/")) =>
        {
            Bodies {
                text: Some(index),
                html: None,
            }
        }
        Kind::Leaf => Bodies::default(),
        Kind::Multipart => match mime.media_type() {
            "multipart/alternative" => alternatives(entities, &entity.children),
            "multipart/related" => root_of(entities, entity)
                .map_or_else(Bodies::default, |root| choose(entities, root)),
            "multipart/encrypted" | "multipart/appledouble" => Bodies::default(),
            _ => entity
                .children
                .iter()
                .map(|c| choose(entities, *c))
                .find(|b| !b.is_empty())
                .unwrap_or_default(),
        },
    }
}

/// The first text and the first HTML among alternatives.
fn alternatives(entities: &[Entity], children: &[usize]) -> Bodies {
    let mut all = Bodies::default();
    for found in children.iter().map(|c| choose(entities, *c)) {
        all.text = all.text.or(found.text);
        all.html = all.html.or(found.html);
    }
    all
}

/// The root of a multipart/related: the part that `start` names, else the first.
fn root_of(entities: &[Entity], related: &Entity) -> Option<usize> {
    let start = related.mime.content_type.param("start");
    let named = |c: &&usize| {
        let id = entities.get(**c).and_then(|e| e.mime.content_id.as_deref());
        id.is_some_and(|id| Some(id.trim()) == start.map(str::trim))
    };
    related
        .children
        .iter()
        .find(named)
        .or(related.children.first())
        .copied()
}

/// Reads the bodies into properties; gives the HTML's bytes, in which inline images are named.
///
/// Files that stand encoded in the text go to `files`, if there is such a place.
pub(super) fn read(
    reader: &mut Reader<'_>,
    props: &mut TreeProps,
    bodies: Bodies,
    files: Option<&mut Vec<AttachmentTree>>,
) -> Option<Vec<u8>> {
    let mut pages: (Option<i32>, Option<i32>) = (None, None);
    if let Some(entity) = bodies.text.and_then(|i| reader.entities.get(i)).cloned() {
        let mut bytes = reader.decoded(&entity);
        if let Some(files) = files {
            bytes = in_text::take(reader, &entity, bytes, files);
        }
        let kind = &entity.mime.content_type;
        let decoded =
            charset::decode_guessing(&bytes, kind.param("charset"), reader.context.code_page);
        note(reader, &entity, decoded.defect);
        pages.0 = Some(decoded.code_page);
        let is = |name: &str, value: &str| {
            kind.param(name)
                .is_some_and(|v| v.trim().eq_ignore_ascii_case(value))
        };
        let text = match is("format", "flowed") {
            true => flowed::joined(&decoded.text, is("delsp", "yes")).into(),
            false => decoded.text,
        };
        put_text(props, tags::BODY, with_crlf(&text));
    }
    let html = bodies
        .html
        .and_then(|i| reader.entities.get(i))
        .cloned()
        .map(|entity| {
            let bytes = reader.decoded(&entity);
            let declared = entity.mime.content_type.param("charset").map(str::to_owned);
            // Bytes of eight bits belie ASCII; what the HTML says of itself is more likely.
            let lie =
                |l: &str| !bytes.is_ascii() && charset::code_page_of(l) == Some(charset::US_ASCII);
            let label = declared
                .filter(|l| !lie(l))
                .or_else(|| meta_charset(&bytes));
            let default = reader.context.code_page;
            let decoded = charset::decode_guessing(&bytes, label.as_deref(), default);
            note(reader, &entity, decoded.defect);
            let page = decoded.code_page;
            let foreign = decoded.foreign.then(|| decoded.text.into_owned());
            pages.1 = Some(foreign.as_ref().map_or(page, |_| charset::UTF_8));
            let bytes = foreign.map_or(bytes, String::into_bytes);
            put_html(props, bytes.clone());
            bytes
        });
    if let Some(page) = pages.1.or(pages.0) {
        props.set(tags::INTERNET_CPID, page);
        props.set(tags::MESSAGE_CODEPAGE, charset::ansi_code_page(page));
    }
    // [MS-OXBBODY] 2.1.1: 1 plain text, 3 HTML.
    match (pages.0, pages.1) {
        (_, Some(_)) => props.set(tags::NATIVE_BODY_INFO, 3),
        (Some(_), None) => props.set(tags::NATIVE_BODY_INFO, 1),
        (None, None) => {}
    }
    html
}

fn note(reader: &mut Reader<'_>, entity: &Entity, defect: Option<&'static str>) {
    if let Some(defect) = defect {
        reader.defect(
            "charset",
            format!("part at byte {}: {defect}", entity.header.start),
        );
    }
}

/// Text with CRLF line ends, as MAPI keeps it, and without zeros, which end text there.
fn with_crlf(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + text.len() / 32);
    for (n, line) in text.split('\n').enumerate() {
        if n > 0 {
            out.push_str("\r\n");
        }
        let line = line.strip_suffix('\r').unwrap_or(line);
        if line.contains('\0') {
            out.extend(line.chars().filter(|c| *c != '\0'));
        } else {
            out.push_str(line);
        }
    }
    out
}

/// The charset that HTML declares in its first kilobytes, or XHTML in its first line.
/// WHATWG HTML §13.2.3.2, simplified; XML 1.0 §4.3.3
fn meta_charset(html: &[u8]) -> Option<String> {
    let head = String::from_utf8_lossy(html.get(..4096).unwrap_or(html)).to_ascii_lowercase();
    let after = |mark: &str| head.get(head.find(mark)? + mark.len()..);
    let xml = head.trim_start().starts_with("<?xml");
    let declared = after("charset=").or_else(|| after("encoding=").filter(|_| xml))?;
    let label: String = declared
        .trim_start_matches(['"', '\'', ' '])
        .chars()
        .take_while(|c| c.is_ascii_alphanumeric() || "-_.:".contains(*c))
        .collect();
    // A UTF-16 label read as single bytes is a lie.
    (!label.is_empty() && !label.starts_with("utf-16")).then_some(label)
}
