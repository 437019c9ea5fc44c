//! Files that stand encoded in the middle of a text body: uuencode and yEnc.
//!
//! They become attachments, and the body is what stands before, between and after them. Such text is not MIME, so what
//! only looks like a file stays text.

use std::collections::BTreeMap;

use mapi_props::{AttachmentTree, TreeContent, attach_method, tags};

use super::Reader;
use crate::charset;
use crate::header::line_at;
use crate::names;
use crate::structure::Entity;
use crate::transfer::{InText, uuencode, yenc};

/// Files taken out of one body; what more there are stay text.
const FILES_MAX: usize = 1000;

/// Takes the files out of the bytes of a text body; gives the rest.
pub(super) fn take(
    reader: &mut Reader<'_>,
    entity: &Entity,
    text: Vec<u8>,
    attachments: &mut Vec<AttachmentTree>,
) -> Vec<u8> {
    let (rest, files) = split(&text, reader.parts.min(FILES_MAX));
    if files.is_empty() {
        return text;
    }
    reader.parts = reader.parts.saturating_sub(files.len());
    let label = entity.mime.content_type.param("charset");
    let start = entity.header.start;
    for file in joined(files) {
        let name = charset::decode(file.name, label, reader.context.code_page);
        let name = names::file_name(&name.text);
        if let Some(defect) = file.defect {
            reader.defect(
                "bad-file-in-text",
                format!("text at byte {start}: {defect}"),
            );
        }
        if let Some((part, total)) = file.piece {
            let total = if total == 0 {
                "?".to_owned()
            } else {
                total.to_string()
            };
            let detail = format!("text at byte {start}: piece {part} of {total} of {name}");
            reader.defect("piece-of-file-in-text", detail);
        }
        attachments.push(attachment(&name, file.data, attachments.len()));
    }
    rest
}

/// The text without its files, and the files, `most` at most.
fn split(text: &[u8], most: usize) -> (Vec<u8>, Vec<InText<'_>>) {
    let mut rest = Vec::new();
    let mut files = Vec::new();
    let mut kept = 0;
    let mut from = 0;
    while let Some(at) = candidate(text, from).filter(|_| files.len() < most) {
        let found = uuencode::file_at(text, at).or_else(|| yenc::file_at(text, at));
        match found {
            Some(file) => {
                rest.extend_from_slice(text.get(kept..at).unwrap_or_default());
                kept = file.end;
                from = file.end;
                files.push(file);
            }
            None => from = line_at(text, at).map_or(text.len(), |(_, next)| next),
        }
    }
    rest.extend_from_slice(text.get(kept..).unwrap_or_default());
    (rest, files)
}

/// The next line at or after `from`, a line's start, that may begin a file.
fn candidate(text: &[u8], from: usize) -> Option<usize> {
    let rest = text.get(from..)?;
    let starts = |at: &usize| {
        let line = text.get(*at..).unwrap_or_default();
        line.starts_with(b"begin ")
            || line.starts_with(b"begin-base64 ")
            || line.starts_with(b"=ybegin ")
    };
    let lines = memchr::memmem::find_iter(rest, b"begin").map(|n| from + n);
    lines
        .map(|at| {
            if at > 1 && text.get(at - 2..at) == Some(b"=y") {
                at - 2
            } else {
                at
            }
        })
        .filter(|at| *at == 0 || text.get(at - 1) == Some(&b'\n'))
        .find(starts)
}

/// Puts the pieces of a file together where all of them are there.
fn joined(files: Vec<InText<'_>>) -> Vec<InText<'_>> {
    let mut pieces: BTreeMap<&[u8], Vec<u32>> = BTreeMap::new();
    for file in &files {
        if let Some((part, total)) = file.piece {
            pieces
                .entry(file.name)
                .or_default()
                .push(if total == 0 { 0 } else { part });
        }
    }
    let complete = |file: &InText<'_>| {
        let Some((_, total)) = file.piece else {
            return false;
        };
        let parts = pieces.get(file.name).map(Vec::as_slice).unwrap_or_default();
        parts.iter().copied().eq(1..=total)
    };
    let mut out: Vec<InText<'_>> = Vec::new();
    for file in files {
        if !complete(&file) {
            out.push(file);
            continue;
        }
        match out
            .last_mut()
            .filter(|last| last.name == file.name && file.piece.is_some_and(|(p, _)| p > 1))
        {
            Some(first) => {
                first.data.extend(file.data);
                first.defect = first.defect.or(file.defect);
            }
            None => out.push(InText {
                piece: None,
                ..file
            }),
        }
    }
    out
}

fn attachment(name: &str, data: Vec<u8>, index: usize) -> AttachmentTree {
    let mut attachment = AttachmentTree::default();
    let props = &mut attachment.props;
    props.set(tags::RENDERING_POSITION, -1);
    props.set(tags::ATTACH_METHOD, attach_method::BY_VALUE);
    let extension = name.rsplit_once('.').map(|(_, e)| format!(".{e}"));
    let media_type = extension.as_deref().and_then(names::media_type_of);
    let media_type = media_type.unwrap_or("application/octet-stream");
    props.set(tags::ATTACH_MIME_TAG, media_type);
    if name.is_empty() {
        names::set(props, &names::made_up(index, media_type));
    } else {
        names::set(props, name);
    }
    attachment.content = TreeContent::Data(data.into());
    attachment
}
