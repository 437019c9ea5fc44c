//! Writes a parcel, record after record. What fails in one message leaves nothing of it.

use std::fmt;
use std::io::{self, BufWriter, Read, Seek, SeekFrom, Write};

use mapi_props::{LargeSource, MessageTree};
use mapi_spi::{Call, Error};

use super::encode::{Addressing, TooMuch, encode};
use super::wire::{put_block, put_u32};
use super::{END, HASH, HEAD, MAGIC, MAIL, RECORD, START, STEP, TREE, VERSION};

/// Why a message is not in the parcel.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WriteError {
    /// It cannot be in any.
    #[error("{0}")]
    Message(#[from] TooMuch),
    /// The parcel cannot be written to; nothing more can.
    #[error("the parcel cannot be written: {0}")]
    Parcel(#[source] io::Error),
    /// The call was stopped.
    #[error("{0}")]
    Stopped(#[from] Error),
}

/// A parcel while it is written.
pub struct ParcelWriter<W: Write + Seek> {
    out: BufWriter<W>,
    at: u64,
    count: u64,
}

impl<W: Write + Seek> fmt::Debug for ParcelWriter<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ParcelWriter")
            .field("count", &self.count)
            .finish_non_exhaustive()
    }
}

impl<W: Write + Seek> ParcelWriter<W> {
    /// Begins a parcel in an empty file.
    ///
    /// # Errors
    /// Those of the file.
    pub fn begin(out: W) -> io::Result<Self> {
        let mut out = BufWriter::with_capacity(STEP, out);
        out.write_all(MAGIC)?;
        out.write_all(&[VERSION])?;
        Ok(Self {
            out,
            at: START,
            count: 0,
        })
    }

    /// How many messages are in it.
    #[must_use]
    pub const fn count(&self) -> u64 {
        self.count
    }

    /// Adds what of a message may travel.
    ///
    /// # Errors
    /// [`WriteError`]; nothing of the message is in the parcel then.
    pub fn tree(
        &mut self,
        tree: &MessageTree,
        to: Addressing<'_>,
        call: &Call,
    ) -> Result<(), WriteError> {
        let encoded = encode(tree, to)?;
        let sizes = encoded.values.iter().map(LargeSource::size);
        let values = sizes.fold(0u64, |all, size| {
            all.saturating_add(size).saturating_add(HASH)
        });
        let head = len(encoded.head.len());
        let length = HEAD.saturating_add(head).saturating_add(values);
        let written = self
            .start(TREE, length, &encoded.head)
            .map_err(WriteError::Parcel);
        let written = written.and_then(|()| {
            encoded
                .values
                .iter()
                .try_for_each(|value| self.value(value, call))
        });
        self.ended(written, length)
    }

    /// Adds a mail as it comes, after `before`, which is written first.
    ///
    /// # Errors
    /// [`WriteError`]; nothing of the mail is in the parcel then.
    pub fn mail(
        &mut self,
        before: &[u8],
        mail: &mut dyn Read,
        envelope: &str,
        call: &Call,
    ) -> Result<(), WriteError> {
        let mut length = 0;
        let written = self.mail_of(before, mail, envelope, call);
        let written = written.map(|n| length = n);
        self.ended(written, length)
    }

    /// Writes the end.
    ///
    /// # Errors
    /// Those of the file.
    pub fn finish(mut self) -> io::Result<(W, u64)> {
        self.out.write_all(&[END])?;
        self.out.write_all(&8u64.to_le_bytes())?;
        self.out.write_all(&self.count.to_le_bytes())?;
        let out = self
            .out
            .into_inner()
            .map_err(io::IntoInnerError::into_error)?;
        Ok((out, self.at + RECORD + 8))
    }

    fn start(&mut self, kind: u8, length: u64, head: &[u8]) -> io::Result<()> {
        self.out.write_all(&[kind])?;
        self.out.write_all(&length.to_le_bytes())?;
        self.out.write_all(&len(head.len()).to_le_bytes())?;
        self.out.write_all(blake3::hash(head).as_bytes())?;
        self.out.write_all(head)
    }

    fn value(&mut self, value: &LargeSource, call: &Call) -> Result<(), WriteError> {
        let mut reader = value.open().map_err(TooMuch::Source)?;
        let copied = self.copy(&mut reader, call)?;
        if copied == value.size() {
            return Ok(());
        }
        let wrong = io::Error::new(io::ErrorKind::InvalidData, "it is not as long as it says");
        Err(TooMuch::Source(wrong).into())
    }

    /// Copies to the end of `from`, and the hash after it.
    fn copy(&mut self, from: &mut dyn Read, call: &Call) -> Result<u64, WriteError> {
        let mut hash = blake3::Hasher::new();
        let mut buffer = vec![0; STEP];
        let mut copied = 0;
        loop {
            call.check()?;
            let n = match from.read(&mut buffer) {
                Ok(0) => break,
                Ok(n) => n,
                Err(e) if e.kind() == io::ErrorKind::Interrupted => continue,
                Err(e) => return Err(TooMuch::Source(e).into()),
            };
            let bytes = buffer.get(..n).unwrap_or_default();
            hash.update(bytes);
            self.out.write_all(bytes).map_err(WriteError::Parcel)?;
            copied += len(n);
        }
        let hash = hash.finalize();
        self.out
            .write_all(hash.as_bytes())
            .map_err(WriteError::Parcel)?;
        Ok(copied)
    }

    /// The length of the record is known at its end, and put where it belongs then.
    fn mail_of(
        &mut self,
        before: &[u8],
        mail: &mut dyn Read,
        envelope: &str,
        call: &Call,
    ) -> Result<u64, WriteError> {
        let head = |size: u64| {
            let mut head = Vec::new();
            let good = put_block(&mut head, envelope.as_bytes()) & put_u32(&mut head, 1);
            head.extend_from_slice(&size.to_le_bytes());
            good.then_some(head).ok_or(TooMuch::Length)
        };
        let (empty, start) = (head(0)?, self.at);
        self.start(MAIL, 0, &empty).map_err(WriteError::Parcel)?;
        let size = self.copy(&mut before.chain(mail), call)?;
        let length = HEAD + len(empty.len()) + size + HASH;
        let back = |to: &mut Self| {
            to.out.seek(SeekFrom::Start(start))?;
            to.start(MAIL, length, &head(size).map_err(io::Error::other)?)?;
            to.out.seek(SeekFrom::Start(start + RECORD + length))
        };
        back(self).map_err(WriteError::Parcel)?;
        Ok(length)
    }

    /// Counts a record, or takes back what there is of it.
    fn ended(&mut self, written: Result<(), WriteError>, length: u64) -> Result<(), WriteError> {
        match written {
            Ok(()) => {
                self.at += RECORD + length;
                self.count += 1;
                Ok(())
            }
            Err(error) => {
                // What cannot be taken back keeps the parcel from being finished: its end would stand in a wrong place.
                let place = SeekFrom::Start(self.at);
                self.out.seek(place).map_err(WriteError::Parcel)?;
                Err(error)
            }
        }
    }
}

fn len(n: usize) -> u64 {
    u64::try_from(n).unwrap_or(u64::MAX)
}
