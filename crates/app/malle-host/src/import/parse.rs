//! Hashes, looks up and parses a chunk of messages: the second stage, in several threads.

use std::sync::Arc;

use mapi_mime::ImportContext;
use mapi_props::{PropValue, ReadAt, message_flags, tags};
use mapi_spi::Result;

use super::read::{Item, Piece, Place};
use super::{ImportFolder, NewMessage};

/// Consecutive items that go to one folder.
#[derive(Debug)]
pub(crate) struct Chunk {
    /// Counted from 0 in the order of the sources.
    pub(crate) number: u64,
    /// Folder path below the target.
    pub(crate) folder: Vec<String>,
    /// In order.
    pub(crate) items: Vec<Item>,
    /// Bytes taken from the budget.
    pub(crate) bytes: u64,
}

/// A chunk after parsing.
#[derive(Debug)]
pub(crate) struct ParsedChunk {
    pub(crate) number: u64,
    pub(crate) folder: Vec<String>,
    pub(crate) items: Vec<(Place, u64, Verdict)>,
    pub(crate) bytes: u64,
}

/// What parsing says about an item.
#[derive(Debug)]
pub(crate) enum Verdict {
    /// A message to be added.
    New(Box<NewMessage>),
    /// The folder has it.
    Known(u64),
    /// It is no message, for this reason.
    Refused(String),
}

/// Parses what the folder does not hold already; `folder` is none when it does not exist (in a dry run).
pub(crate) fn parse(
    chunk: Chunk,
    folder: Option<&dyn ImportFolder>,
    context: &ImportContext,
) -> Result<ParsedChunk> {
    let hashes: Vec<[u8; 32]> = chunk
        .items
        .iter()
        .flatten()
        .map(|piece| {
            piece
                .hash
                .unwrap_or_else(|| *blake3::hash(piece.bytes.as_slice()).as_bytes())
        })
        .collect();
    let known = match folder {
        Some(folder) => folder.known(&hashes)?,
        None => vec![None; hashes.len()],
    };
    let mut looked_up = hashes.into_iter().zip(known);
    let items = chunk.items.into_iter().map(|item| match item {
        Err(refused) => (refused.place, 0, Verdict::Refused(refused.reason)),
        Ok(piece) => match looked_up.next() {
            Some((hash, None)) => judged(piece, hash, context),
            Some((_, Some(id))) => (piece.place, piece.size, Verdict::Known(id)),
            None => (
                piece.place,
                0,
                Verdict::Refused("not looked at: the store answered short".to_owned()),
            ),
        },
    });
    Ok(ParsedChunk {
        number: chunk.number,
        items: items.collect(),
        folder: chunk.folder,
        bytes: chunk.bytes,
    })
}

fn judged(piece: Piece, source: [u8; 32], context: &ImportContext) -> (Place, u64, Verdict) {
    let Piece {
        place,
        bytes,
        size,
        received,
        flags,
        compound,
        ..
    } = piece;
    if let Some(file) = compound {
        let depth = context.limits.depth;
        return (place, size, of_compound(file, size, source, depth));
    }
    let context = ImportContext {
        received,
        ..context.clone()
    };
    let verdict = match mapi_mime::parse(bytes, &context) {
        Ok(mut tree) => {
            flags.put(&mut tree.props);
            Verdict::New(Box::new(NewMessage {
                tree,
                flags: flags.message_flags(),
                status: flags.status(),
                source,
                damage: Vec::new(),
            }))
        }
        Err(none) => Verdict::Refused(none.to_string()),
    };
    (place, size, verdict)
}

/// A message of a `.msg` file. What of it cannot be read is told, the rest is kept.
fn of_compound(file: Arc<dyn ReadAt>, size: u64, source: [u8; 32], depth: usize) -> Verdict {
    let limits = mapi_msg::Limits {
        depth,
        ..mapi_msg::Limits::default()
    };
    match mapi_msg::read(file, size, &limits) {
        Ok(mut tree) => {
            let flags = tree.props.value(tags::MESSAGE_FLAGS);
            let flags = flags.and_then(PropValue::as_long).unwrap_or(0);
            // Whoever had the message owes its reports, not whoever has its copy.
            let owed = message_flags::RN_PENDING | message_flags::NRN_PENDING;
            let damage = std::mem::take(&mut tree.defects);
            Verdict::New(Box::new(NewMessage {
                tree,
                flags: flags.cast_unsigned() & !owed,
                status: 0,
                source,
                damage,
            }))
        }
        Err(error) => Verdict::Refused(crate::reason(&error)),
    }
}
