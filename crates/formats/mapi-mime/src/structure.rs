//! Where the parts of a message are: one pass over its lines, without recursion.
//! RFC 2046 §5.1, RFC 5322 §2.1
//!
//! A parser crate that builds whole messages was tried (mail-parser): it takes `--boundary` anywhere in a line for a
//! delimiter, so that text is cut there, decodes every part into memory, and knows no bound for depth. So it lends its
//! character sets only, and this room finds the parts, with the exact ranges that a recipe needs.

mod mime;

use std::collections::HashMap;
use std::ops::Range;

use mapi_props::Defect;

use crate::Limits;
use crate::header::params::Parameterised;
use crate::header::{line_at, name_len, without_eol};
use crate::transfer::Transfer;
pub(crate) use mime::{Mime, short};

/// What an entity holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Leaf,
    Multipart,
    /// An embedded message; its only child is the message's own entity.
    Message,
}

/// One MIME entity: a header, and a body of some kind.
#[derive(Debug, Clone)]
pub(crate) struct Entity {
    pub(crate) header: Range<usize>,
    /// Without the line end that belongs to the delimiter after it.
    pub(crate) body: Range<usize>,
    pub(crate) kind: Kind,
    pub(crate) children: Vec<usize>,
    pub(crate) mime: Mime,
    /// Multiparts and messages around it.
    pub(crate) depth: usize,
}

/// Takes the message at `range` apart. The first entity is the message itself.
pub(crate) fn scan(
    bytes: &[u8],
    range: Range<usize>,
    depth: usize,
    limits: &Limits,
    defects: &mut Vec<Defect>,
) -> Vec<Entity> {
    let bytes = bytes.get(..range.end).unwrap_or(bytes);
    let mut scan = Scan {
        bytes,
        limits,
        defects,
        entities: Vec::new(),
        open: Vec::new(),
        boundaries: HashMap::new(),
        longest: 0,
        base_depth: depth,
    };
    let mut next = Some((range.start, None));
    while let Some((at, parent)) = next {
        next = scan.entity(at, parent);
    }
    scan.close_at_end();
    scan.entities
}

/// A multipart whose end has not been seen, or a message inside it.
struct Open {
    entity: usize,
    /// Empty for a message: it ends where the multipart around it ends a part.
    boundary: Vec<u8>,
}

struct Scan<'a> {
    bytes: &'a [u8],
    limits: &'a Limits,
    defects: &'a mut Vec<Defect>,
    entities: Vec<Entity>,
    open: Vec<Open>,
    /// Open boundaries and their places in `open`, so that a line is looked up once however deep it stands.
    boundaries: HashMap<Vec<u8>, Vec<usize>>,
    longest: usize,
    base_depth: usize,
}

/// A delimiter line.
struct Delimiter {
    /// Place in `open`.
    level: usize,
    closing: bool,
    /// Where its line starts, and the next one.
    line: usize,
    next: usize,
}

/// Where the next entity's header starts, and its parent.
type Next = Option<(usize, Option<usize>)>;

impl Scan<'_> {
    /// Reads the entity whose header starts at `at` and says where the next one is.
    fn entity(&mut self, at: usize, parent: Option<usize>) -> Next {
        let at = self.after_separator(at, parent);
        let header_end = self.header_end(at);
        let body = self.after_blank(header_end);
        self.note_unended(at..header_end, body);
        let header = self.bytes.get(at..header_end).unwrap_or_default();
        let mut mime = mime::read(header, self.limits, self.defects);
        if !mime.declared {
            let digest = parent
                .and_then(|p| self.entities.get(p))
                .is_some_and(|p| p.mime.is("multipart/digest"));
            mime.content_type = Parameterised::default();
            mime.content_type.value = if digest {
                "message/rfc822"
            } else {
                "text/plain"
            }
            .to_owned();
        }
        let depth = self.base_depth + self.open.len();
        let index = self.entities.len();
        let entity = Entity {
            header: at..header_end,
            body: body..self.bytes.len(),
            kind: Kind::Leaf,
            children: Vec::new(),
            mime,
            depth,
        };
        self.entities.push(entity);
        if let Some(parent) = parent.and_then(|p| self.entities.get_mut(p)) {
            parent.children.push(index);
        }
        if self.entities.len() >= self.limits.parts {
            self.defect(
                "too-many-parts",
                format!("the rest from byte {at} is kept as one part"),
            );
            self.open.clear();
            self.boundaries.clear();
            return None;
        }
        self.body(index, body)
    }

    /// Passes over an mbox separator that some programs leave at the start of an embedded message.
    fn after_separator(&self, at: usize, parent: Option<usize>) -> usize {
        let in_message = parent
            .and_then(|p| self.entities.get(p))
            .is_some_and(|p| p.kind == Kind::Message);
        match line_at(self.bytes, at) {
            Some((line, next))
                if in_message && (line.starts_with(b"From ") || line.starts_with(b">From ")) =>
            {
                next
            }
            _ => at,
        }
    }

    fn body(&mut self, index: usize, body: usize) -> Next {
        let (kind, boundary) = self.kind(index, body);
        if kind == Kind::Message {
            self.set_kind(index, kind);
            self.open.push(Open {
                entity: index,
                boundary: Vec::new(),
            });
            return Some((body, Some(index)));
        }
        if let Some(boundary) = boundary {
            self.set_kind(index, kind);
            self.longest = self.longest.max(boundary.len());
            self.boundaries
                .entry(boundary.clone())
                .or_default()
                .push(self.open.len());
            self.open.push(Open {
                entity: index,
                boundary,
            });
        }
        let found = self.find_delimiter(body);
        self.after(found)
    }

    fn set_kind(&mut self, index: usize, kind: Kind) {
        if let Some(entity) = self.entities.get_mut(index) {
            entity.kind = kind;
        }
    }

    /// Closes what a delimiter ends and goes on to the next part.
    fn after(&mut self, mut found: Option<Delimiter>) -> Next {
        while let Some(delimiter) = found {
            let end = self.before_eol(delimiter.line);
            self.end_leaf(end);
            self.close_to(delimiter.level + 1, end);
            let parent = self.open.get(delimiter.level).map(|o| o.entity);
            if !delimiter.closing {
                return Some((delimiter.next, parent));
            }
            self.close(delimiter.next);
            found = self.find_delimiter(delimiter.next);
        }
        None
    }

    /// Ends the last entity if it is a leaf that has not been ended yet.
    fn end_leaf(&mut self, end: usize) {
        let whole = self.bytes.len();
        if let Some(last) = self
            .entities
            .last_mut()
            .filter(|e| e.kind == Kind::Leaf && e.body.end == whole)
        {
            last.body.end = end.max(last.body.start);
        }
    }

    /// Ends what is open where the bytes end. In a multipart that is cut off, the last line end belongs to the delimiter
    /// that should follow (RFC 2046 §5.1.1).
    fn close_at_end(&mut self) {
        let whole = self.bytes.len();
        if self.open.iter().any(|open| !open.boundary.is_empty()) {
            self.end_leaf(self.before_eol(whole));
        }
        self.close_to(0, whole);
    }

    /// Ends every multipart and message from `level` on at `end`, for want of an end of their own.
    fn close_to(&mut self, level: usize, end: usize) {
        while self.open.len() > level {
            let Some(entity) = self.close(end) else {
                continue;
            };
            let start = self.start_of(entity);
            let childless = self
                .entities
                .get(entity)
                .is_some_and(|e| e.kind == Kind::Leaf);
            if !childless {
                self.defect(
                    "missing-end-boundary",
                    format!("multipart at byte {start} never ends"),
                );
            }
        }
    }

    /// Ends the innermost multipart or message at `end`; gives the multipart.
    fn close(&mut self, end: usize) -> Option<usize> {
        let open = self.open.pop()?;
        let whole = self.bytes.len();
        let start = self.start_of(open.entity);
        let entity = self.entities.get_mut(open.entity)?;
        if entity.body.end == whole {
            entity.body.end = end.max(entity.body.start);
        }
        let childless = entity.kind == Kind::Multipart && entity.children.is_empty();
        if childless {
            entity.kind = Kind::Leaf;
            self.defect("boundary-not-found", format!("multipart at byte {start}"));
        }
        let levels = self.boundaries.get_mut(&open.boundary)?;
        levels.pop();
        Some(open.entity)
    }

    fn start_of(&self, entity: usize) -> usize {
        self.entities.get(entity).map_or(0, |e| e.header.start)
    }

    /// What the entity is, and the boundary of a multipart.
    fn kind(&mut self, index: usize, body: usize) -> (Kind, Option<Vec<u8>>) {
        let Some(entity) = self.entities.get(index) else {
            return (Kind::Leaf, None);
        };
        let (mime, depth, start) = (&entity.mime, entity.depth, entity.header.start);
        let plain = mime.transfer == Transfer::Identity;
        let is_message = is_message_type(mime.media_type()) && plain;
        let is_multipart = mime.media_type().starts_with("multipart/");
        if !(is_message || is_multipart) {
            return (Kind::Leaf, None);
        }
        if depth >= self.limits.depth {
            self.defect(
                "nesting-too-deep",
                format!("part at byte {start} is kept as bytes"),
            );
            return (Kind::Leaf, None);
        }
        if is_message {
            return (Kind::Message, None);
        }
        let declared = mime
            .content_type
            .param("boundary")
            .map(|b| b.trim_end().as_bytes().to_vec());
        let declared = declared.filter(|b| !b.is_empty());
        let Some(boundary) = declared.or_else(|| self.guess_boundary(body)) else {
            self.defect(
                "no-boundary",
                format!("multipart at byte {start} names no boundary"),
            );
            return (Kind::Leaf, None);
        };
        (Kind::Multipart, Some(boundary))
    }

    /// The first line that looks like a delimiter, for a multipart that names none.
    fn guess_boundary(&self, body: usize) -> Option<Vec<u8>> {
        let mut at = body;
        for _ in 0..100 {
            let (line, next) = line_at(self.bytes, at)?;
            let line = without_eol(line).trim_ascii_end();
            if let Some(boundary) = line
                .strip_prefix(b"--")
                .filter(|b| b.len() > 5 && b.len() <= 70)
            {
                let closing = boundary.iter().all(|b| *b == b'-');
                return (!closing && !boundary.contains(&b' ')).then(|| boundary.to_vec());
            }
            at = next;
        }
        None
    }

    /// The end of the header at `at`: its blank line, a line that is no field, a delimiter, or the end.
    fn header_end(&self, at: usize) -> usize {
        let mut end = at;
        while let Some((line, next)) = line_at(self.bytes, end) {
            if !self.belongs(at, end, line, next) || self.delimiter(end, line, next).is_some() {
                break;
            }
            end = next;
        }
        end
    }

    /// Whether a line at `end` belongs to the header that starts at `at`.
    fn belongs(&self, at: usize, end: usize, line: &[u8], next: usize) -> bool {
        let blank = without_eol(line).trim_ascii().is_empty();
        match line.first() {
            // A folded line of white space alone is common in old mail and ends no header; nor does a first line
            // that is indented by mistake.
            Some(b' ' | b'\t') if end == at => name_len(line.trim_ascii_start()).is_some(),
            Some(b' ' | b'\t') => !blank || self.header_goes_on_at(next),
            // A field without a name.
            Some(b':') => end > at,
            _ => name_len(line).is_some(),
        }
    }

    fn header_goes_on_at(&self, at: usize) -> bool {
        line_at(self.bytes, at).is_some_and(|(line, _)| {
            line.first().is_some_and(u8::is_ascii_whitespace) || name_len(line).is_some()
        })
    }

    /// Where the body starts: after the blank line, if there is one.
    fn after_blank(&self, at: usize) -> usize {
        match line_at(self.bytes, at) {
            Some((line, next)) if without_eol(line).trim_ascii().is_empty() => next,
            _ => at,
        }
    }

    /// Notes a header that no blank line ends: a line that is no field does, as if the body began there.
    fn note_unended(&mut self, header: Range<usize>, body: usize) {
        let line = line_at(self.bytes, header.end);
        let ends_part = |(line, next)| self.delimiter(header.end, line, next).is_some();
        if !header.is_empty() && body == header.end && !line.is_none_or(ends_part) {
            let detail = format!("no blank line after the header at byte {}", header.start);
            self.defect("header-not-ended", detail);
        }
    }

    /// The next line at or after `from` that is a delimiter of an open multipart.
    fn find_delimiter(&self, from: usize) -> Option<Delimiter> {
        if self.open.is_empty() {
            return None;
        }
        let mut at = from;
        let starts_line = at == 0 || self.bytes.get(at - 1) == Some(&b'\n');
        if !starts_line {
            at = line_at(self.bytes, at)?.1;
        }
        let rest = self.bytes.get(at..).unwrap_or_default();
        let first = rest.starts_with(b"--").then_some(at);
        let others = memchr::memmem::find_iter(rest, b"\n--").map(|n| at + n + 1);
        first.into_iter().chain(others).find_map(|at| {
            let (line, next) = line_at(self.bytes, at)?;
            self.delimiter(at, line, next)
        })
    }

    fn delimiter(&self, at: usize, line: &[u8], next: usize) -> Option<Delimiter> {
        let text = line.strip_prefix(b"--")?;
        // Room for the closing dashes and white space added in transport.
        if text.len() > self.longest + 1000 {
            return None;
        }
        let text = text.trim_ascii_end();
        let level = |t: &[u8]| self.boundaries.get(t).and_then(|l| l.last()).copied();
        let closing = || text.strip_suffix(b"--").and_then(level);
        let (level, closing) = match level(text) {
            Some(level) => (level, false),
            None => (closing()?, true),
        };
        Some(Delimiter {
            level,
            closing,
            line: at,
            next,
        })
    }

    /// `at` less the line end before it.
    fn before_eol(&self, at: usize) -> usize {
        let before = self.bytes.get(..at).unwrap_or_default();
        without_eol(before).len()
    }

    fn defect(&mut self, code: &'static str, detail: String) {
        crate::defects::note(self.defects, code, detail);
    }
}

/// Whether a body of this type is a message of its own.
pub(crate) fn is_message_type(media_type: &str) -> bool {
    matches!(
        media_type,
        "message/rfc822" | "message/global" | "message/news"
    )
}
