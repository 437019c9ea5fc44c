//! Staging: a large value written in pieces, in small transactions, before a change set binds it.

use std::sync::Arc;

use mapi_props::Code;
use mapi_spi::{Call, Durability, Error, Origin, Result, Stage, Staged};
use rusqlite::params;

use super::chunks::{CHUNK, CHUNKS_PER_BLOB, Packed, pack};
use super::lease::{Hold, staged};
use super::table::{Key, add, find, put_chunks};
use crate::failure::Lift;
use crate::store::Inner;
use crate::transaction::Txn;

/// Chunks written by one transaction.
const AT_ONCE: usize = 4;
/// After this many chunks the connection gives back the pages that it remembers, so that a value of any size takes little
/// memory; smaller values leave it warm.
const FORGET_AFTER: u64 = 32;

/// A value being written.
#[derive(Debug)]
pub(crate) struct ValueStage {
    store: Arc<Inner>,
    /// Until the value is finished.
    hold: Option<Arc<Hold>>,
    hasher: blake3::Hasher,
    size: u64,
    stored: usize,
    /// The chunk being filled.
    open: Vec<u8>,
    /// Full chunks not yet written.
    waiting: Vec<Packed>,
    /// The row, once there is one, and the chunks written.
    row: Option<u64>,
    written: u64,
}

impl ValueStage {
    pub(crate) fn begin(store: Arc<Inner>, call: &Call) -> Result<Self> {
        store.connections.may_write()?;
        let hold = Hold::take(Arc::clone(&store), call)?;
        Ok(Self {
            store,
            hold: Some(hold),
            hasher: blake3::Hasher::new(),
            size: 0,
            stored: 0,
            open: Vec::new(),
            waiting: Vec::new(),
            row: None,
            written: 0,
        })
    }

    fn close_chunk(&mut self) {
        let packed = pack(&self.open, None);
        self.stored += packed.data.len();
        self.waiting.push(packed);
        self.open.clear();
    }

    fn flush(&self, txn: &Txn<'_>) -> Result<u64> {
        let row = match self.row {
            Some(row) => row,
            None => add(txn.db, None, 0, 0, None)?,
        };
        put_chunks(txn.db, row, self.written, &self.waiting)?;
        Ok(row)
    }

    fn flush_now(&mut self, call: &Call) -> Result<()> {
        let writer = self.store.connections.writer(call)?;
        let row =
            self.store
                .write_on(&writer, Origin::default(), Durability::Batch, call, |txn| {
                    self.flush(txn)
                })?;
        let before = self.written / FORGET_AFTER;
        self.row = Some(row);
        self.written += u64::try_from(self.waiting.len()).unwrap_or(0);
        self.waiting.clear();
        if self.written / FORGET_AFTER > before {
            // Only memory is at stake: what was written is written.
            let _only_memory = writer.release_memory();
        }
        Ok(())
    }

    /// Gives the row its key, unless the same bytes are there already.
    fn settle(&self, key: &Key, call: &Call) -> Result<()> {
        self.store
            .write(Origin::default(), Durability::Batch, call, |txn| {
                if find(txn.db, key)?.is_some() {
                    return self.discard(txn);
                }
                let row = self.flush(txn)?;
                txn.statement("UPDATE blob SET hash = ?2, size = ?3, stored = ?4 WHERE id = ?1")?
                    .execute(params![row, key, self.size, self.stored])
                    .lift()?;
                Ok(())
            })
    }

    /// Leaves the row to the next sweep when it is big: taking it away now would hold up others.
    fn discard(&self, txn: &Txn<'_>) -> Result<()> {
        let Some(row) = self.row else { return Ok(()) };
        if self.written > FORGET_AFTER {
            return Ok(());
        }
        let range = params![row * CHUNKS_PER_BLOB, (row + 1) * CHUNKS_PER_BLOB];
        txn.statement("DELETE FROM chunk WHERE id >= ?1 AND id < ?2")?
            .execute(range)
            .lift()?;
        txn.statement("DELETE FROM blob WHERE id = ?1")?
            .execute([row])
            .lift()?;
        Ok(())
    }
}

/// Keeps a value that is here already as if it had just been staged. The lease is taken before the look, so that
/// no sweep can come between.
pub(crate) fn adopt(
    store: &Arc<Inner>,
    key: &Key,
    size: u64,
    call: &Call,
) -> Result<Option<Staged>> {
    store.connections.may_write()?;
    let hold = Hold::take(Arc::clone(store), call)?;
    let found = find(&*store.connections.reader(call)?, key)?;
    let there = found.is_some_and(|blob| blob.size == size);
    Ok(there.then(|| staged(hold, *key, size)))
}

impl Stage for ValueStage {
    fn write(&mut self, bytes: &[u8], call: &Call) -> Result<()> {
        call.check()?;
        // All or nothing: only what was taken earlier can fail to be written.
        if self.waiting.len() >= AT_ONCE {
            self.flush_now(call)?;
        }
        self.hasher.update(bytes);
        self.size += u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        let mut rest = bytes;
        while !rest.is_empty() {
            let (now, later) = rest.split_at(rest.len().min(CHUNK - self.open.len()));
            self.open.extend_from_slice(now);
            rest = later;
            if self.open.len() == CHUNK {
                self.close_chunk();
            }
            if self.waiting.len() >= AT_ONCE {
                // A failure is told by the next call, which tries again first.
                let _later = self.flush_now(call);
            }
        }
        Ok(())
    }

    fn finish(&mut self, call: &Call) -> Result<Staged> {
        if !self.open.is_empty() {
            self.close_chunk();
        }
        let key = *self.hasher.finalize().as_bytes();
        let over = || Error::new(Code::CALL_FAILED, "the value is finished already");
        let hold = self.hold.as_ref().ok_or_else(over)?;
        self.settle(&key, call)?;
        let staged = staged(Arc::clone(hold), key, self.size);
        self.hold = None;
        Ok(staged)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use mapi_props::{Code, FileTime};
    use mapi_spi::{Call, OpenMode, Store, Support};

    use super::CHUNK;
    use crate::SqliteStore;

    #[derive(Debug)]
    struct Still;

    impl Support for Still {
        fn now(&self) -> FileTime {
            FileTime(1)
        }

        fn random(&self, bytes: &mut [u8]) {
            bytes.fill(7);
        }
    }

    #[test]
    fn a_stage_goes_on_when_the_disk_has_room_again() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("a.malle");
        let call = Call::default();
        let store = SqliteStore::open(&path, OpenMode::Create, Arc::new(Still), &call).unwrap();
        let limit = |pages: u32| {
            let writer = store.inner.connections.writer(&call).unwrap();
            let set = format!("PRAGMA max_page_count = {pages}");
            writer.query_row(&set, [], |_| Ok(())).unwrap();
        };
        let pieces: Vec<Vec<u8>> = (0..40_u8)
            .map(|n| {
                let mut reader = blake3::Hasher::new().update(&[n]).finalize_xof();
                let mut piece = vec![0; CHUNK - 1000];
                reader.fill(&mut piece);
                piece
            })
            .collect();
        let mut stage = store.stage(&call).unwrap();
        limit(200);
        let mut refused = 0;
        for piece in &pieces {
            while let Err(e) = stage.write(piece, &call) {
                assert_eq!(e.code(), Code::NOT_ENOUGH_DISK);
                refused += 1;
                limit(if refused % 3 == 0 { 1_000_000 } else { 200 });
            }
        }
        limit(1);
        assert_eq!(
            stage.finish(&call).unwrap_err().code(),
            Code::NOT_ENOUGH_DISK
        );
        limit(1_000_000);
        let staged = stage.finish(&call).unwrap();
        assert!(refused > 0);
        assert_eq!(staged.key(), *blake3::hash(&pieces.concat()).as_bytes());
        let mut reader = staged.open(&call).unwrap();
        let (mut read, mut buf) = (Vec::new(), vec![0; CHUNK]);
        loop {
            let at = u64::try_from(read.len()).unwrap();
            match reader.read_at(at, &mut buf, &call).unwrap() {
                0 => break,
                n => read.extend_from_slice(&buf[..n]),
            }
        }
        assert!(read == pieces.concat());
    }
}
