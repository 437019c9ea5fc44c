//! The words of messages in the full-text index, which move with the messages.

use mapi_kit::engine::MessageRow;
use mapi_props::StoredMessage;
use mapi_spi::{Call, ItemMeta, NewValue, Op, Result};

use super::Commit;
use crate::fulltext::{self, Ready, Words};
use crate::store::Inner;
use crate::view;

/// The words of what operations save, before the transaction: cutting and folding text takes longer than writing it.
pub(super) fn prepare(
    inner: &Inner,
    ops: &[Op],
    values: &[NewValue],
    call: &Call,
) -> Result<Vec<Option<Ready>>> {
    if !ops.iter().any(fulltext::gives_words) {
        return Ok(Vec::new());
    }
    let reader = inner.connections.reader(call)?;
    fulltext::prepare(ops, values, &reader, call)
}

impl Commit<'_> {
    /// Indexes a message that was just added.
    pub(super) fn index_new(
        &mut self,
        meta: &ItemMeta,
        date: &[u8],
        words: Option<Words>,
    ) -> Result<()> {
        match words {
            Some(words) => fulltext::enter(&mut self.txn, meta.id.0, date, words),
            None => Ok(()),
        }
    }

    /// Indexes a message again that was changed.
    pub(super) fn index_anew(&mut self, meta: &ItemMeta, words: Option<Words>) -> Result<()> {
        let Some(words) = words else { return Ok(()) };
        let date = self.stored_date(meta)?;
        fulltext::leave(&mut self.txn, meta.id.0)?;
        fulltext::enter(&mut self.txn, meta.id.0, &date, words)
    }

    /// The words of a message that is to be indexed: those made in advance by the operation at hand when the message had
    /// the change number `seen`, else made now.
    pub(super) fn words_of(
        &mut self,
        meta: &ItemMeta,
        body: &StoredMessage,
        seen: u64,
    ) -> Option<Words> {
        if !fulltext::is_covered(meta) || !fulltext::is_kept(&self.txn) {
            return None;
        }
        let ready = self.words.get_mut(self.progress.at).and_then(Option::take);
        Some(match ready.filter(|ready| ready.seen == seen) {
            Some(ready) => ready.words,
            None => Words::of(&MessageRow {
                meta,
                body,
                open: &|value| view::open(self.txn.db, value),
            }),
        })
    }
}
