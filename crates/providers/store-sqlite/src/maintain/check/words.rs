//! The full-text index: every message that it must hold is found under its words and no others, at a key that fits its date.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use mapi_props::StoredMessage;
use mapi_query::fields::Field;
use mapi_spi::{ItemMeta, Result};
use rusqlite::OptionalExtension;

use super::Check;
use crate::failure::Lift;
use crate::fulltext::{self, Progress, Words};
use crate::view;

/// What the index holds, read once.
#[derive(Debug, Default)]
pub(super) struct Index {
    /// How far it is built; `None` if nobody may read it.
    progress: Option<Progress>,
    /// A digest of the words of each key that was not asked for yet.
    found: BTreeMap<i64, Digest>,
    /// Rows of `indexed` that belong to messages.
    explained: u64,
}

/// Words with their fields and places, in any order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Digest {
    sum: u64,
    words: u64,
}

impl Digest {
    fn add(&mut self, word: &[u8], column: usize, place: u64) {
        let mut hasher = DefaultHasher::new();
        (word, column, place).hash(&mut hasher);
        self.sum = self.sum.wrapping_add(hasher.finish());
        self.words += 1;
    }

    fn of(words: &Words) -> Self {
        let mut digest = Self::default();
        for field in Field::ALL {
            for (place, word) in (0..).zip(words.in_field(field)) {
                digest.add(word.as_bytes(), field.column(), place);
            }
        }
        digest
    }
}

impl Check<'_> {
    /// Reads the whole index: each place of each word.
    pub(super) fn index(&mut self) -> Result<()> {
        self.index.progress = fulltext::progress(self.db)?;
        if self.index.progress.is_none() {
            return Ok(());
        }
        self.db
            .execute_batch(
                "CREATE VIRTUAL TABLE IF NOT EXISTS temp.places USING fts5vocab (main, fulltext, instance)",
            )
            .lift()?;
        let mut select = self
            .db
            .prepare("SELECT term, doc, col, \"offset\" FROM temp.places")
            .lift()?;
        let columns: BTreeMap<&str, usize> = Field::ALL
            .into_iter()
            .map(|f| (f.name(), f.column()))
            .collect();
        let mut rows = select.query([]).lift()?;
        let mut seen = 0_u64;
        while let Some(row) = rows.next().lift()? {
            if seen.is_multiple_of(65_536) {
                self.call.check()?;
            }
            seen += 1;
            let word = row.get_ref(0).lift()?;
            let column = row.get_ref(2).lift()?.as_str().unwrap_or_default();
            let found = self.index.found.entry(row.get(1).lift()?).or_default();
            found.add(
                word.as_bytes().unwrap_or_default(),
                columns.get(column).copied().unwrap_or(usize::MAX),
                row.get(3).lift()?,
            );
        }
        drop(rows);
        drop(select);
        self.db.execute_batch("DROP TABLE temp.places").lift()
    }

    /// A message is indexed if it must be, at a key that fits its date, under exactly its words.
    pub(super) fn words(
        &mut self,
        meta: &ItemMeta,
        body: &StoredMessage,
        date: &[u8],
    ) -> Result<()> {
        let Some(progress) = self.index.progress else {
            return Ok(());
        };
        let id = meta.id;
        let row: Option<(i64, bool)> = self
            .db
            .prepare_cached("SELECT key, whole FROM indexed WHERE item = ?1")
            .and_then(|mut s| {
                s.query_row([id.0], |r| Ok((r.get(0)?, r.get(1)?)))
                    .optional()
            })
            .lift()?;
        let Some((key, whole)) = row else {
            if fulltext::is_covered(meta) && progress.covers(id.0) {
                self.problem("words", format!("message {id} is not indexed"));
            }
            return Ok(());
        };
        self.index.explained += 1;
        let found = self.index.found.remove(&key).unwrap_or_default();
        let db = self.db;
        let words = Words::of(&mapi_kit::engine::MessageRow {
            meta,
            body,
            open: &|value| view::open(db, value),
        });
        if !fulltext::is_covered(meta) {
            self.problem("words", format!("associated message {id} is indexed"));
        } else if key < fulltext::natural_key(date) {
            self.problem("words", format!("message {id} has a key before its date"));
        } else if whole != words.whole && whole {
            self.problem("words", format!("message {id} is not indexed whole"));
        } else if words.whole && whole && found != Digest::of(&words) {
            let detail = format!("message {id} is indexed under other words than its own");
            self.problem("words", detail);
        }
        Ok(())
    }

    /// The index has no rows that no message explains.
    pub(super) fn rows_of_index(&mut self) -> Result<()> {
        if self.index.progress.is_none() {
            return Ok(());
        }
        let count = |sql: &str| self.db.query_row(sql, [], |r| r.get::<_, u64>(0)).lift();
        let rows = count("SELECT count(*) FROM indexed")?;
        let apart = count(
            "SELECT count(*) FROM indexed k FULL JOIN fulltext_docsize d ON d.id = k.key
             WHERE k.key IS NULL OR d.id IS NULL",
        )?;
        if rows != self.index.explained {
            let explained = self.index.explained;
            self.problem(
                "words",
                format!("{rows} messages are indexed, {explained} found"),
            );
        }
        if apart > 0 {
            let detail = format!("{apart} rows of the index have no key, or keys no row");
            self.problem("words", detail);
        }
        let strays = std::mem::take(&mut self.index.found).len();
        if strays > 0 {
            self.problem("words", format!("{strays} keys have words, but no message"));
        }
        Ok(())
    }
}
