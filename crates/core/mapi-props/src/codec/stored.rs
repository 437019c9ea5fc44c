//! Whole messages as a store keeps them.

use super::bag::{BagRef, decode_bag, encode_bag, encode_bag_where};
use super::wire::{Reader, put_block, put_length};
use super::{CodecError, MAX_DEPTH, VERSION};
use crate::{Bag, Slot, StoredAttachment, StoredMessage};

/// Appends the canonical form of a message.
///
/// # Errors
/// As [`encode_bag`]; [`CodecError::TooDeep`] for messages in messages beyond [`MAX_DEPTH`]. `out` is as it was then.
pub fn encode_stored(message: &StoredMessage, out: &mut Vec<u8>) -> Result<(), CodecError> {
    encode_stored_where(message, &|_| true, out)
}

/// Appends the canonical form of a message that has only those of its own properties for which `keep` holds; its
/// recipients and attachments are whole.
///
/// # Errors
/// As [`encode_stored`].
pub fn encode_stored_where(
    message: &StoredMessage,
    keep: &dyn Fn(&Slot) -> bool,
    out: &mut Vec<u8>,
) -> Result<(), CodecError> {
    let start = out.len();
    let written = put_message(message, keep, out, 1);
    if written.is_err() {
        out.truncate(start);
    }
    written
}

fn put_message(
    message: &StoredMessage,
    keep: &dyn Fn(&Slot) -> bool,
    out: &mut Vec<u8>,
    depth: usize,
) -> Result<(), CodecError> {
    if depth > MAX_DEPTH {
        return Err(CodecError::TooDeep);
    }
    out.push(VERSION);
    let mut block = Vec::new();
    encode_bag_where(&message.props, keep, &mut block)?;
    put_block(out, &block);
    put_length(out, message.recipients.len());
    for recipient in &message.recipients {
        put_bag_block(recipient, &mut block, out)?;
    }
    put_length(out, message.attachments.len());
    for attachment in &message.attachments {
        put_bag_block(&attachment.props, &mut block, out)?;
        out.push(u8::from(attachment.embedded.is_some()));
        if let Some(embedded) = &attachment.embedded {
            block.clear();
            put_message(embedded, &|_| true, &mut block, depth + 1)?;
            put_block(out, &block);
        }
    }
    Ok(())
}

fn put_bag_block(bag: &Bag, block: &mut Vec<u8>, out: &mut Vec<u8>) -> Result<(), CodecError> {
    block.clear();
    encode_bag(bag, block)?;
    put_block(out, block);
    Ok(())
}

/// Reads a whole message.
///
/// # Errors
/// [`CodecError`] for anything that [`encode_stored`] does not write.
pub fn decode_stored(bytes: &[u8]) -> Result<StoredMessage, CodecError> {
    take_message(bytes, 1)
}

fn take_message(bytes: &[u8], depth: usize) -> Result<StoredMessage, CodecError> {
    if depth > MAX_DEPTH {
        return Err(CodecError::TooDeep);
    }
    let mut reader = Reader::new(bytes);
    reader.version()?;
    let mut out = StoredMessage {
        props: decode_bag(reader.block()?)?,
        ..StoredMessage::default()
    };
    for _ in 0..reader.count(1)? {
        out.recipients.push(decode_bag(reader.block()?)?);
    }
    for _ in 0..reader.count(2)? {
        let props = decode_bag(reader.block()?)?;
        let embedded = match reader.u8()? {
            0 => None,
            1 => Some(Box::new(take_message(reader.block()?, depth + 1)?)),
            other => return Err(CodecError::Mark(other)),
        };
        out.attachments.push(StoredAttachment { props, embedded });
    }
    reader.end()?;
    Ok(out)
}

/// A message in its encoded form: rows are read when they are asked for, the others skipped by their lengths.
#[derive(Debug, Clone, Copy)]
pub struct StoredRef<'a> {
    props: BagRef<'a>,
    recipients: usize,
    rows: Reader<'a>,
}

/// One attachment of a [`StoredRef`].
#[derive(Debug, Clone, Copy)]
pub struct AttachmentRef<'a> {
    /// The attachment's own properties.
    pub props: BagRef<'a>,
    embedded: Option<&'a [u8]>,
}

impl<'a> AttachmentRef<'a> {
    /// The embedded message, if there is one.
    ///
    /// # Errors
    /// As [`StoredRef::new`].
    pub fn embedded(&self) -> Result<Option<StoredRef<'a>>, CodecError> {
        self.embedded.map(StoredRef::new).transpose()
    }
}

impl<'a> StoredRef<'a> {
    /// Looks at the message's own bag and the number of recipients.
    ///
    /// # Errors
    /// [`CodecError`] if these are not those of a stored message.
    pub fn new(bytes: &'a [u8]) -> Result<Self, CodecError> {
        let mut rows = Reader::new(bytes);
        rows.version()?;
        let props = BagRef::new(rows.block()?)?;
        let recipients = rows.count(1)?;
        Ok(Self {
            props,
            recipients,
            rows,
        })
    }

    /// The message's own properties.
    #[must_use]
    pub const fn props(&self) -> BagRef<'a> {
        self.props
    }

    /// Number of recipients.
    #[must_use]
    pub const fn recipient_count(&self) -> usize {
        self.recipients
    }

    /// Recipients in row order; the first error ends them.
    pub fn recipients(&self) -> impl Iterator<Item = Result<BagRef<'a>, CodecError>> + use<'a> {
        let mut reader = self.rows;
        until_error(self.recipients, move || BagRef::new(reader.block()?))
    }

    /// Attachments in order; the first error ends them.
    pub fn attachments(
        &self,
    ) -> impl Iterator<Item = Result<AttachmentRef<'a>, CodecError>> + use<'a> {
        let mut reader = self.rows;
        let skipped = (0..self.recipients).try_for_each(|_| reader.block().map(|_| ()));
        let count = skipped.and_then(|()| reader.count(2));
        // One call that gives the error, where even the number cannot be read.
        until_error(count.unwrap_or(1), move || {
            count?;
            take_attachment(&mut reader)
        })
    }
}

fn take_attachment<'a>(reader: &mut Reader<'a>) -> Result<AttachmentRef<'a>, CodecError> {
    let props = BagRef::new(reader.block()?)?;
    let embedded = match reader.u8()? {
        0 => None,
        1 => Some(reader.block()?),
        other => return Err(CodecError::Mark(other)),
    };
    Ok(AttachmentRef { props, embedded })
}

/// `count` results of `next`, or fewer: an error is the last.
fn until_error<T>(
    count: usize,
    mut next: impl FnMut() -> Result<T, CodecError>,
) -> impl Iterator<Item = Result<T, CodecError>> {
    let mut failed = false;
    (0..count).map_while(move |_| {
        if failed {
            return None;
        }
        let item = next();
        failed = item.is_err();
        Some(item)
    })
}
