//! The content of a value, read at any offset; only the chunks in question are touched.

use mapi_props::Encoding;
use mapi_spi::Result;
use rusqlite::{Connection, OptionalExtension};

use super::base64::{Lines, encoded_len};
use super::chunks::{CHUNK, CHUNKS_PER_BLOB, unpack};
use super::recipe::{Part, Recipe};
use super::table::{Key, find};
use crate::failure::{Lift, corrupt};

/// An open value: plain chunks, or parts.
#[derive(Debug)]
pub(crate) struct Content {
    size: u64,
    literal: Plain,
    /// Empty for a plain value.
    parts: Vec<Placed>,
}

/// A part and where it begins.
#[derive(Debug)]
struct Placed {
    start: u64,
    len: u64,
    source: Source,
}

#[derive(Debug)]
enum Source {
    /// Literal bytes from this offset of the value's own chunks.
    Literal(u64),
    /// Another value, opened when first needed. It may have become a recipe itself, when the same bytes were also
    /// stored as one.
    Value {
        key: Key,
        encoding: Encoding,
        open: Option<Box<Content>>,
    },
}

/// Bytes in chunks, with the chunk read last.
#[derive(Debug)]
struct Plain {
    blob: u64,
    at: Option<u64>,
    chunk: Vec<u8>,
}

impl Content {
    /// Opens the value of a key; `None` if it is not in the store.
    pub(crate) fn open(db: &Connection, key: &Key) -> Result<Option<Self>> {
        let Some(found) = find(db, key)? else {
            return Ok(None);
        };
        let recipe = found.recipe.as_deref().map(Recipe::decode).transpose()?;
        let parts = recipe.map(place).unwrap_or_default();
        Ok(Some(Self {
            size: found.size,
            literal: Plain::new(found.id),
            parts,
        }))
    }

    /// Bytes in all.
    pub(crate) const fn size(&self) -> u64 {
        self.size
    }

    /// Reads at `offset`; 0 only at the end.
    pub(crate) fn read_at(
        &mut self,
        db: &Connection,
        offset: u64,
        buf: &mut [u8],
    ) -> Result<usize> {
        if offset >= self.size || buf.is_empty() {
            return Ok(0);
        }
        if self.parts.is_empty() {
            return self.literal.read_at(db, offset, buf);
        }
        let index = self
            .parts
            .partition_point(|p| p.start <= offset)
            .saturating_sub(1);
        let Some(part) = self.parts.get_mut(index) else {
            return Err(corrupt("a recipe of the store is too short"));
        };
        let inside = offset - part.start;
        let room = usize::try_from(part.len - inside)
            .unwrap_or(usize::MAX)
            .min(buf.len());
        let buf = buf.get_mut(..room).unwrap_or_default();
        match &mut part.source {
            Source::Literal(from) => self.literal.read_at(db, *from + inside, buf),
            Source::Value {
                key,
                encoding,
                open,
            } => {
                let content = match open {
                    Some(content) => content,
                    None => open
                        .insert(Box::new(Self::open(db, key)?.ok_or_else(|| {
                            corrupt("a recipe of the store has lost a part")
                        })?)),
                };
                content.read_encoded(db, *encoding, inside, buf)
            }
        }
    }

    fn read_encoded(
        &mut self,
        db: &Connection,
        encoding: Encoding,
        offset: u64,
        buf: &mut [u8],
    ) -> Result<usize> {
        let Some(lines) = Lines::of(encoding, self.size) else {
            return self.read_at(db, offset, buf);
        };
        let room = buf.len().min(CHUNK);
        let (from, to) = lines.needs(offset, u64::try_from(room).unwrap_or(u64::MAX));
        let decoded = self.read_range(db, from, to)?;
        Ok(lines.encode(offset, &decoded, buf.get_mut(..room).unwrap_or_default()))
    }

    /// The bytes from `from` to `to`.
    pub(super) fn read_range(&mut self, db: &Connection, from: u64, to: u64) -> Result<Vec<u8>> {
        let mut bytes = vec![0; usize::try_from(to.saturating_sub(from)).unwrap_or(0)];
        let mut done = 0;
        while let Some(rest) = bytes.get_mut(done..).filter(|r| !r.is_empty()) {
            let n = self.read_at(db, from + u64::try_from(done).unwrap_or(0), rest)?;
            if n == 0 {
                return Err(corrupt("a large value of the store ends too early"));
            }
            done += n;
        }
        Ok(bytes)
    }
}

fn place(recipe: Recipe) -> Vec<Placed> {
    let (mut start, mut literal) = (0, 0);
    let mut placed = Vec::with_capacity(recipe.parts.len());
    for part in recipe.parts {
        let len = part.len();
        let source = match part {
            Part::Literal(len) => {
                let from = literal;
                literal += len;
                Source::Literal(from)
            }
            Part::Value { key, encoding, .. } => Source::Value {
                key,
                encoding,
                open: None,
            },
        };
        if len > 0 {
            placed.push(Placed { start, len, source });
        }
        start += len;
    }
    placed
}

impl Plain {
    const fn new(blob: u64) -> Self {
        Self {
            blob,
            at: None,
            chunk: Vec::new(),
        }
    }

    /// Reads up to the end of a chunk.
    fn read_at(&mut self, db: &Connection, offset: u64, buf: &mut [u8]) -> Result<usize> {
        let chunk = u64::try_from(CHUNK).unwrap_or(u64::MAX);
        let n = offset / chunk;
        if self.at != Some(n) {
            self.load(db, n)?;
        }
        let inside = usize::try_from(offset % chunk).unwrap_or(usize::MAX);
        let there = self.chunk.get(inside..).unwrap_or_default();
        if there.is_empty() {
            return Err(corrupt("a large value of the store is too short"));
        }
        buf.iter_mut().zip(there).for_each(|(to, from)| *to = *from);
        Ok(there.len().min(buf.len()))
    }

    fn load(&mut self, db: &Connection, n: u64) -> Result<()> {
        let mut select = db
            .prepare_cached("SELECT form, data FROM chunk WHERE id = ?1")
            .lift()?;
        let id = self.blob * CHUNKS_PER_BLOB + n;
        let (form, data): (u8, Vec<u8>) = select
            .query_row([id], |r| Ok((r.get(0)?, r.get(1)?)))
            .optional()
            .lift()?
            .ok_or_else(|| corrupt("a large value of the store has lost a chunk"))?;
        self.chunk = if form == 0 {
            data
        } else {
            unpack(db, form, &data, CHUNK)?.into_owned()
        };
        self.at = Some(n);
        Ok(())
    }
}

/// Bytes that a value of `size` bytes becomes.
pub(super) fn len_of(encoding: Encoding, size: u64) -> u64 {
    encoded_len(encoding, size)
}
