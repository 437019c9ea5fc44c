//! Fills a store with messages of 250 words each, as frequent as words are, and measures what the full-text index costs.
//!
//! `cargo run --release -p store-sqlite --example fulltext -- MESSAGES FOLDER`
#![expect(clippy::print_stdout, reason = "a program that reports to a person")]

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use mapi_props::{FileTime, tags};
use mapi_spi::{
    Call, ChangeSet, CommitMode, DeleteMode, Durability, Expect, FlagPatch, ItemId, Items,
    MessageSave, MessageTarget, Op, OpenMode, PropPatch, Result, Store, Support,
};
use rusqlite::Connection;
use store_sqlite::SqliteStore;

#[derive(Debug)]
struct Host;

impl Support for Host {
    fn now(&self) -> FileTime {
        FileTime::from_unix(1_800_000_000)
    }

    fn random(&self, bytes: &mut [u8]) {
        bytes.fill(7);
    }
}

/// Words by frequency: the n-th is drawn about 1/n as often as the first.
struct Language {
    words: Vec<String>,
    state: u64,
}

impl Language {
    fn new() -> Self {
        let mut this = Self {
            words: Vec::new(),
            state: 88_172_645_463_325_252,
        };
        for n in 0..100_000_u64 {
            let letters = 2 + n.checked_ilog2().map_or(0, u64::from) / 2 + this.below(4);
            let word =
                (0..letters).map(|_| char::from(b'a' + u8::try_from(this.below(26)).unwrap_or(0)));
            let word = word.collect();
            this.words.push(word);
        }
        this
    }

    fn below(&mut self, n: u64) -> u64 {
        self.state ^= self.state << 13;
        self.state ^= self.state >> 7;
        self.state ^= self.state << 17;
        (self.state >> 16) % n
    }

    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a draw among few words"
    )]
    fn text(&mut self, words: usize) -> String {
        let mut text = String::new();
        for _ in 0..words {
            let share = self.below(1 << 32) as f64 / (1_u64 << 32) as f64;
            let n = (self.words.len() as f64).powf(share) as usize - 1;
            text.push_str(self.words.get(n).map_or("", String::as_str));
            text.push(' ');
        }
        text
    }
}

fn main() -> Result<()> {
    let mut args = std::env::args().skip(1);
    let messages: u64 = args.next().and_then(|a| a.parse().ok()).unwrap_or(20_000);
    let folder = args.next().map_or_else(std::env::temp_dir, PathBuf::from);
    let path = folder.join("fulltext.malle");
    let call = Call::default();
    let store = SqliteStore::open(&path, OpenMode::Create, Arc::new(Host), &call)?;
    let root = store.info().root;
    fill(&store, root, messages, &call)?;
    sizes(&path);
    single(&store, root, &call)?;
    timed("check", || {
        store.maintain().map_or(Ok(()), |m| {
            m.check(&call).map(|r| assert!(r.problems.is_empty()))
        })
    })?;
    let items = Items::In {
        folder: root,
        restriction: None,
        associated: false,
        deleted: false,
    };
    timed("delete all for good", || {
        let mode = DeleteMode::Hard;
        let set = ChangeSet {
            mode: CommitMode::EachItem,
            durability: Durability::Batch,
            ..ChangeSet::one(Op::Delete { items, mode })
        };
        store.commit(set, &call).map(drop)
    })?;
    sizes(&path);
    timed("compact", || {
        store
            .maintain()
            .map_or(Ok(()), |m| m.compact(&call).map(drop))
    })?;
    sizes(&path);
    Ok(())
}

fn fill(store: &SqliteStore, root: ItemId, messages: u64, call: &Call) -> Result<()> {
    let mut language = Language::new();
    let mut took = Vec::new();
    for from in (0..messages).step_by(200) {
        let ops = (from..messages.min(from + 200)).map(|n| message(root, n, &mut language));
        let set = ChangeSet {
            ops: ops.collect(),
            mode: CommitMode::EachItem,
            durability: Durability::Batch,
            ..ChangeSet::default()
        };
        let began = Instant::now();
        store.commit(set, call)?;
        took.push(began.elapsed());
    }
    let all: Duration = took.iter().sum();
    took.sort_unstable();
    let median = took.get(took.len() / 2).copied().unwrap_or_default();
    let longest = took.last().copied().unwrap_or_default();
    println!(
        "{messages} messages: {all:.2?} in commits of 200; median {median:.1?}, longest {longest:.1?}"
    );
    Ok(())
}

fn single(store: &SqliteStore, root: ItemId, call: &Call) -> Result<()> {
    let mut language = Language::new();
    timed("500 single saves, not synced", || {
        for n in 0..500 {
            let set = ChangeSet {
                durability: Durability::Batch,
                ..ChangeSet::one(message(root, n * 100, &mut language))
            };
            store.commit(set, call)?;
        }
        Ok(())
    })
}

fn message(folder: ItemId, n: u64, language: &mut Language) -> Op {
    let time = FileTime::from_unix(1_600_000_000 + i64::try_from(n * 300).unwrap_or(0));
    let patch = PropPatch::default()
        .with(tags::SUBJECT, language.text(6))
        .with(tags::SENDER_NAME, language.text(2))
        .with(tags::MESSAGE_DELIVERY_TIME, time)
        .with(tags::BODY, language.text(250));
    Op::SaveMessage(Box::new(MessageSave {
        target: MessageTarget::New {
            folder,
            associated: false,
        },
        expect: Expect::Any,
        patch,
        recipients: None,
        attachments: None,
        flags: FlagPatch::default(),
        content_changed: true,
        source: None,
    }))
}

/// What the tables of the index take, and in how many segments it is.
fn sizes(path: &Path) {
    let number = |sql: &str| -> f64 {
        let db = Connection::open(path);
        let found = db.and_then(|db| db.query_row(sql, [], |r| r.get(0)));
        found.unwrap_or(-1.0)
    };
    let index = number("SELECT sum(pgsize) / 1e6 FROM dbstat WHERE name LIKE 'fulltext%'");
    let keys = number("SELECT sum(pgsize) / 1e6 FROM dbstat WHERE name LIKE 'indexed%'");
    let all = number("SELECT sum(pgsize) / 1e6 FROM dbstat");
    let segments = number("SELECT count(DISTINCT segid) * 1.0 FROM fulltext_idx");
    println!(
        "index {index:.1} MB in {segments} segments, keys {keys:.1} MB, all tables {all:.1} MB"
    );
}

fn timed(what: &str, run: impl FnOnce() -> Result<()>) -> Result<()> {
    let began = Instant::now();
    run()?;
    println!("{what}: {:.2?}", began.elapsed());
    Ok(())
}
