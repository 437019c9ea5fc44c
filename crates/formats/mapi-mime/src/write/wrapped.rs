//! Messages whose content is one signed or encrypted entity, which is written as it came.
//! [MS-OXOSMIME] 2.1.3, RFC 1847, RFC 8551 §3

use std::io::{self, Read};

use mapi_props::{
    AttachmentTree, FileTime, LargeSource, MessageTree, PropKey, PropValue, TreeContent, TreeValue,
    tags,
};

use super::{Writer, text_of};
use crate::ImportContext;

/// The one attachment of such a message, which is its content.
pub(super) enum Form<'a> {
    /// A multipart with its own Content-Type.
    Signed(&'a LargeSource),
    /// A leaf of binary data.
    Opaque(&'a AttachmentTree),
}

/// [MS-OXOSMIME] 2.1.3: the class, exactly one attachment, and its type tell.
pub(super) fn of(tree: &MessageTree) -> Option<Form<'_>> {
    let class = text_of(&tree.props, tags::MESSAGE_CLASS).to_ascii_lowercase();
    let [attachment] = tree.attachments.as_slice() else {
        return None;
    };
    let TreeContent::Data(data) = &attachment.content else {
        return None;
    };
    let media_type = text_of(&attachment.props, tags::ATTACH_MIME_TAG).to_ascii_lowercase();
    let multipart = media_type.starts_with("multipart/");
    if class.ends_with(".smime.multipartsigned") {
        return (multipart && starts_as_entity(data)).then_some(Form::Signed(data));
    }
    (class.ends_with(".smime") && !multipart).then_some(Form::Opaque(attachment))
}

/// Whether bytes begin with the Content-Type that the message's header goes on with. What does not would end the header.
fn starts_as_entity(data: &LargeSource) -> bool {
    const FIELD: &[u8] = b"content-type:";
    let mut start = Vec::new();
    let read = data
        .open()
        .and_then(|s| s.take(FIELD.len() as u64).read_to_end(&mut start));
    read.is_ok() && start.eq_ignore_ascii_case(FIELD)
}

/// Writes an entity that brings its own Content-Type. Bare line feeds become CR LF, the form that was signed
/// (RFC 8551 §3.1.1).
pub(super) fn write(writer: &mut Writer<'_>, entity: &LargeSource) -> io::Result<()> {
    let mut last = b'\n';
    each_piece(entity, |piece| {
        for line in piece.split_inclusive(|b| *b == b'\n') {
            match line.strip_suffix(b"\n") {
                Some(text) if text.last().copied().unwrap_or(last) != b'\r' => {
                    writer.out.write_all(text)?;
                    writer.out.write_all(b"\r\n")?;
                }
                _ => writer.out.write_all(line)?,
            }
            last = line.last().copied().unwrap_or(last);
        }
        Ok(())
    })?;
    if last == b'\n' {
        Ok(())
    } else {
        writer.out.write_all(b"\r\n")
    }
}

/// Bytes of a signed entity up to which it is read to compare its text.
const COMPARED_MAX: u64 = 16 << 20;

/// Whether a text of the message is not what the signed entity says.
pub(super) fn says_otherwise(tree: &MessageTree, entity: &LargeSource) -> io::Result<bool> {
    if entity.size() > COMPARED_MAX {
        return Ok(false);
    }
    let mut mail = b"MIME-Version: 1.0\r\n".to_vec();
    entity.open()?.read_to_end(&mut mail)?;
    let Ok(said) = crate::parse(mail, &ImportContext::new(FileTime::default())) else {
        return Ok(false);
    };
    for key in [tags::BODY.id(), tags::HTML.id()].map(PropKey::Id) {
        let Some(here) = tree.props.get(&key) else {
            continue;
        };
        let there = said.props.get(&key).map(bytes_of).transpose()?;
        if there.is_none_or(|there| bytes_of(here).is_ok_and(|here| here != there)) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// A text's bytes without white space, which transport changes.
fn bytes_of(value: &TreeValue) -> io::Result<Vec<u8>> {
    let mut bytes = match value {
        TreeValue::Value(PropValue::Unicode(text)) => text.clone().into_bytes(),
        TreeValue::Value(PropValue::Binary(bytes)) => bytes.clone(),
        TreeValue::Value(_) => Vec::new(),
        TreeValue::Large(_, source) => {
            let mut bytes = Vec::new();
            source.open()?.read_to_end(&mut bytes)?;
            bytes
        }
    };
    bytes.retain(|b| !b.is_ascii_whitespace());
    Ok(bytes)
}

fn each_piece(
    source: &LargeSource,
    mut take: impl FnMut(&[u8]) -> io::Result<()>,
) -> io::Result<()> {
    let mut reader = source.open()?;
    let mut buffer = vec![0; 64 * 1024];
    loop {
        match reader.read(&mut buffer)? {
            0 => return Ok(()),
            n => take(buffer.get(..n).unwrap_or_default())?,
        }
    }
}

/// What there is in a tree that is written as it came.
#[derive(Default)]
pub(super) struct Wrapped {
    /// Some of it is not ASCII.
    pub(super) eight_bit: bool,
    /// Marks of boundaries in it that were written by this code.
    marks: Vec<u64>,
}

/// Marks that are remembered: each is chosen so as to be none of them.
const MARKS_MAX: usize = 10_000;

/// What each boundary begins with.
pub(super) fn boundary_start(mark: u64) -> String {
    format!("{START}{mark:016x}_")
}

const START: &str = "=_malle_";

impl Wrapped {
    pub(super) fn look(tree: &MessageTree) -> io::Result<Self> {
        let mut wrapped = Self::default();
        wrapped.look_at(tree, 0)?;
        Ok(wrapped)
    }

    fn look_at(&mut self, tree: &MessageTree, depth: usize) -> io::Result<()> {
        if depth > super::Depth::MAX {
            return Ok(());
        }
        if let Some(Form::Signed(entity)) = of(tree) {
            // The mark may stand across two pieces.
            let mut held: Vec<u8> = Vec::new();
            each_piece(entity, |piece| {
                self.eight_bit |= !piece.is_ascii();
                held.extend_from_slice(piece);
                self.note_marks(&held);
                let keep = held.len().saturating_sub(START.len() + 16);
                held.drain(..keep);
                Ok(())
            })?;
        }
        tree.attachments.iter().try_for_each(|a| match &a.content {
            TreeContent::Message(inner) => self.look_at(inner, depth + 1),
            _ => Ok(()),
        })
    }

    fn note_marks(&mut self, bytes: &[u8]) {
        for at in memchr::memmem::find_iter(bytes, START) {
            let digits = bytes.get(at + START.len()..at + START.len() + 16);
            let mark = digits
                .and_then(|d| std::str::from_utf8(d).ok())
                .and_then(|d| u64::from_str_radix(d, 16).ok());
            if let Some(mark) = mark.filter(|_| self.marks.len() < MARKS_MAX) {
                self.marks.push(mark);
            }
        }
    }

    /// A mark that is none of those inside, from this one on.
    pub(super) fn mark_beside(mut self, hash: u64) -> u64 {
        self.marks.sort_unstable();
        let mut mark = hash;
        while self.marks.binary_search(&mark).is_ok() {
            mark = mark.wrapping_add(0x9E37_79B9_7F4A_7C15);
        }
        mark
    }
}
