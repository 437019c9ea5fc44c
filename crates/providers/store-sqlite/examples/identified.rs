//! How long it takes to find messages by their Message-ID, in how many folders ever, and where 10,000 carry the same.
//!
//! `cargo run --release -p store-sqlite --example identified -- MESSAGES FOLDERS DIRECTORY`
#![expect(clippy::print_stdout, reason = "a program that reports to a person")]

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use mapi_props::{FileTime, tags};
use mapi_spi::{
    Call, ChangeSet, CommitOutcome, Expect, FlagPatch, FolderKind, FolderSave, FolderTarget,
    ItemId, MessageSave, MessageTarget, Op, OpOutcome, OpenMode, PropPatch, Result, Store, Support,
};
use store_sqlite::SqliteStore;

/// Messages that carry one id.
const SAME: u32 = 10_000;
/// Messages of one commit.
const TOGETHER: u32 = 1000;
/// Questions of one measurement.
const ASKED: u32 = 1000;

#[derive(Debug)]
struct Host;

impl Support for Host {
    fn now(&self) -> FileTime {
        FileTime(134_000_000_000_000_000)
    }

    fn random(&self, bytes: &mut [u8]) {
        bytes.fill(7);
    }
}

fn main() -> Result<()> {
    let mut args = std::env::args().skip(1);
    let messages: u32 = args.next().and_then(|a| a.parse().ok()).unwrap_or(100_000);
    let folders: u32 = args.next().and_then(|a| a.parse().ok()).unwrap_or(100);
    let home = args.next().map_or_else(std::env::temp_dir, PathBuf::from);
    let path = home.join("identified.malle");
    let call = Call::default();
    let store = SqliteStore::open(&path, OpenMode::Create, Arc::new(Host), &call)?;
    let root = store.info().root;
    let folder = |n: u32| Op::SaveFolder(new_folder(root, &format!("folder {n}")));
    let made = commit(&store, (0..folders).map(folder).collect())?;
    let made = ids(&made);
    let place = |n: u32| {
        let at = usize::try_from(n % folders.max(1)).unwrap_or(0);
        made.get(at).copied().unwrap_or(root)
    };
    fill(&store, messages, |n| {
        new_message(place(n), &format!("<{n}@example.com>"), Some(n))
    })?;
    let begun = Instant::now();
    store.with_message_id("<0@example.com>", 16, &call)?;
    println!(
        "the first question, which builds the index: {:?}",
        begun.elapsed()
    );
    let each = ask(&store, |n| {
        format!("<{}@example.com>", n * 97 % messages.max(1))
    })?;
    println!("{messages} messages in {folders} folders: {each:?} a question");
    let each = ask(&store, |n| format!("<{n}@nowhere.example>"))?;
    println!("an id that none has: {each:?}");
    fill(&store, SAME, |n| {
        new_message(place(0), "<same@example.com>", Some(n))
    })?;
    fill(&store, 1, |_| {
        new_message(place(0), "<same@example.com>", None)
    })?;
    let each = ask(&store, |_| "<same@example.com>".to_owned())?;
    println!("an id that {SAME} of one folder have: {each:?}");
    drop(store);
    drop(std::fs::remove_file(&path));
    Ok(())
}

/// How long one question takes.
fn ask(store: &SqliteStore, id: impl Fn(u32) -> String) -> Result<Duration> {
    let begun = Instant::now();
    for n in 0..ASKED {
        store.with_message_id(&id(n), 16, &Call::default())?;
    }
    Ok(begun.elapsed() / ASKED)
}

fn fill(store: &SqliteStore, messages: u32, make: impl Fn(u32) -> MessageSave) -> Result<()> {
    let mut at = 0;
    while at < messages {
        let upto = messages.min(at + TOGETHER);
        let ops = (at..upto).map(|n| Op::SaveMessage(Box::new(make(n))));
        commit(store, ops.collect())?;
        at = upto;
    }
    Ok(())
}

fn commit(store: &SqliteStore, ops: Vec<Op>) -> Result<CommitOutcome> {
    let changes = ChangeSet {
        ops,
        ..ChangeSet::default()
    };
    store.commit(changes, &Call::default())
}

fn ids(outcome: &CommitOutcome) -> Vec<ItemId> {
    let saved = outcome.ops.iter().filter_map(|op| match op {
        OpOutcome::Saved(saved) => Some(saved.id),
        _ => None,
    });
    saved.collect()
}

fn new_folder(parent: ItemId, name: &str) -> FolderSave {
    FolderSave {
        target: FolderTarget::New {
            parent,
            kind: FolderKind::Generic,
        },
        expect: Expect::Any,
        patch: PropPatch::default().with(tags::DISPLAY_NAME, name),
    }
}

/// A message; `delivered`: when it came, where it did.
fn new_message(folder: ItemId, id: &str, delivered: Option<u32>) -> MessageSave {
    let mut patch = PropPatch::default()
        .with(tags::INTERNET_MESSAGE_ID, id)
        .with(tags::SUBJECT, "About the plans")
        .with(tags::BODY, "It is as we said.");
    if let Some(time) = delivered {
        patch = patch.with(tags::MESSAGE_DELIVERY_TIME, FileTime(u64::from(time) << 20));
    }
    MessageSave {
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
    }
}
