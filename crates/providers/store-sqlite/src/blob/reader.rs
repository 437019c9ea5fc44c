//! Open large values: for clients, and inside a read transaction for restrictions and cells.

use std::io;
use std::sync::Arc;

use mapi_props::Code;
use mapi_spi::{Call, Error, LargeReader, Result};
use rusqlite::Connection;

use super::chunks::CHUNK;
use super::content::Content;
use super::table::Key;
use crate::failure::corrupt;
use crate::store::Inner;

/// A value opened by a client.
#[derive(Debug)]
pub(crate) struct OpenValue {
    store: Arc<Inner>,
    key: Key,
    content: Content,
    /// Bytes read since connections last gave back what they remember.
    read: usize,
}

/// After so many bytes a connection gives back the pages that it remembers, so that reading a value of any size takes
/// little memory; smaller values leave it warm.
const FORGET_AFTER: usize = 32 * CHUNK;

impl OpenValue {
    /// Opens the value of a key.
    pub(crate) fn open(store: Arc<Inner>, key: Key, call: &Call) -> Result<Self> {
        let content = Content::open(&*store.connections.reader(call)?, &key)?.ok_or_else(gone)?;
        Ok(Self {
            store,
            key,
            content,
            read: 0,
        })
    }
}

impl LargeReader for OpenValue {
    fn size(&self) -> u64 {
        self.content.size()
    }

    fn read_at(&mut self, offset: u64, buf: &mut [u8], call: &Call) -> Result<usize> {
        call.check()?;
        let reader = self.store.connections.reader(call)?;
        let n = match self.content.read_at(&reader, offset, buf) {
            Ok(n) => n,
            // The value may have been swept, and perhaps stored again since.
            Err(_) => {
                self.content = Content::open(&reader, &self.key)?.ok_or_else(gone)?;
                self.content.read_at(&reader, offset, buf)?
            }
        };
        self.read += n;
        if self.read >= FORGET_AFTER {
            self.read = 0;
            // Only memory is at stake: what was read is read.
            let _only_memory = reader.release_memory();
        }
        Ok(n)
    }
}

fn gone() -> Error {
    Error::new(
        Code::OBJECT_DELETED,
        "the large value is no longer in the store",
    )
}

/// A value read through the connection of a view.
#[derive(Debug)]
pub(crate) struct SlotReader<'a> {
    db: &'a Connection,
    content: Content,
    at: u64,
}

impl<'a> SlotReader<'a> {
    /// Opens the value of a key.
    pub(crate) fn open(db: &'a Connection, key: &Key) -> Result<Self> {
        let content = Content::open(db, key)?
            .ok_or_else(|| corrupt("an item names a large value that is not there"))?;
        Ok(Self { db, content, at: 0 })
    }
}

impl io::Read for SlotReader<'_> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let n = self
            .content
            .read_at(self.db, self.at, buf)
            .map_err(io::Error::other)?;
        self.at += u64::try_from(n).unwrap_or(0);
        Ok(n)
    }
}
