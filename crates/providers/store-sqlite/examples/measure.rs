//! Fills a store with small messages and measures the paths that must be short.
//!
//! `cargo run --release -p store-sqlite --example measure -- MESSAGES FOLDER`
#![expect(clippy::print_stdout, reason = "a program that reports to a person")]

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use mapi_props::{FileTime, PropTag, SortColumn, SortOrderSet, tags};
use mapi_spi::{
    Anchor, Call, ChangeSet, CommitMode, Durability, Expect, FlagPatch, ItemId, Items, MessageSave,
    MessageTarget, Op, OpenMode, PropPatch, Result, RowSet, Store, Support, View,
};
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

fn main() -> Result<()> {
    let mut args = std::env::args().skip(1);
    let messages: u64 = args.next().and_then(|a| a.parse().ok()).unwrap_or(200_000);
    let times: usize = std::env::var("MEASURE_TIMES")
        .ok()
        .and_then(|t| t.parse().ok())
        .unwrap_or(20);
    let folder = args.next().map_or_else(std::env::temp_dir, PathBuf::from);
    let path = folder.join("measure.malle");
    let call = Call::default();
    let store = SqliteStore::open(&path, OpenMode::Create, Arc::new(Host), &call)?;
    let root = store.info().root;
    let there = store.folder(root, &call)?.counts.contents;
    if there < messages {
        fill(&store, root, there..messages, &call)?;
    }
    drop(store);
    timed("open and read 50 rows", 1, || {
        let store = SqliteStore::open(&path, OpenMode::ReadOnly, Arc::new(Host), &call)?;
        store
            .view(&view(root, &[]), &Anchor::Start, 50, &call)
            .map(|_| ())
    })?;
    let store = SqliteStore::open(&path, OpenMode::ReadWrite, Arc::new(Host), &call)?;
    for (name, sort) in [
        (
            "delivery time",
            SortColumn::descending(tags::MESSAGE_DELIVERY_TIME),
        ),
        (
            "delivery time, oldest first",
            SortColumn::ascending(tags::MESSAGE_DELIVERY_TIME),
        ),
        ("subject", SortColumn::ascending(tags::SUBJECT)),
        ("sender", SortColumn::ascending(tags::SENDER_NAME)),
        ("size", SortColumn::descending(tags::MESSAGE_SIZE)),
    ] {
        let view = view(root, &[sort]);
        let page = |from: Anchor| store.view(&view, &from, 50, &call).map(|_| ());
        timed(&format!("first use by {name}"), 1, || page(Anchor::Start))?;
        timed(&format!("50 rows by {name}"), times, || page(Anchor::Start))?;
        timed(&format!("50 rows by {name} from the middle"), 20, || {
            page(Anchor::Row(messages / 2))
        })?;
    }
    timed("count", 20, || {
        store.count(&view(root, &[]), &call).map(|_| ())
    })?;
    mark(&store, messages, &call)
}

fn fill(
    store: &SqliteStore,
    root: ItemId,
    numbers: std::ops::Range<u64>,
    call: &Call,
) -> Result<()> {
    let started = Instant::now();
    let total = numbers.end - numbers.start;
    let mut n = numbers.start;
    while n < numbers.end {
        let end = (n + 400).min(numbers.end);
        let changes = ChangeSet {
            ops: (n..end).map(|n| message(root, n)).collect(),
            mode: CommitMode::EachItem,
            durability: Durability::Batch,
            ..ChangeSet::default()
        };
        store.commit(changes, call)?;
        n = end;
    }
    store.sync(call)?;
    let seconds = started.elapsed().as_secs_f64();
    #[expect(clippy::cast_precision_loss, reason = "a rate for a person")]
    let rate = total as f64 / seconds;
    println!("{total} messages in {seconds:.2} s: {rate:.0} per second");
    Ok(())
}

fn message(folder: ItemId, n: u64) -> Op {
    let mixed = n.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 33;
    let time =
        FileTime::from_unix(1_600_000_000 + i64::try_from(n * 60 + mixed % 600).unwrap_or(0));
    let sender = format!("Correspondent {}", mixed % 5000);
    let patch = PropPatch::default()
        .with(tags::MESSAGE_CLASS, "IPM.Note")
        .with(tags::IMPORTANCE, 1)
        .with(
            tags::SUBJECT,
            format!(
                "Re: minutes of meeting {mixed} about the budget of {}",
                mixed % 97
            )
            .as_str(),
        )
        .with(tags::CLIENT_SUBMIT_TIME, time)
        .with(tags::SENT_REPRESENTING_NAME, sender.as_str())
        .with(
            tags::CONVERSATION_TOPIC,
            format!("minutes of meeting {mixed}").as_str(),
        )
        .with(tags::SENDER_NAME, sender.as_str())
        .with(
            tags::SENDER_EMAIL_ADDRESS,
            format!("c{}@example.org", mixed % 5000).as_str(),
        )
        .with(tags::DISPLAY_TO, "The whole department")
        .with(tags::MESSAGE_DELIVERY_TIME, time)
        .with(
            tags::NORMALIZED_SUBJECT,
            format!("minutes of meeting {mixed}").as_str(),
        )
        .with(
            tags::INTERNET_MESSAGE_ID,
            format!("<{n}.{mixed}@example.org>").as_str(),
        )
        .with(tags::BODY, "Please find the minutes below. They are short.")
        .with(tags::CREATION_TIME, time)
        .with(tags::LAST_MODIFICATION_TIME, time);
    Op::SaveMessage(Box::new(MessageSave {
        target: MessageTarget::New {
            folder,
            associated: false,
        },
        expect: Expect::Any,
        patch,
        recipients: None,
        attachments: None,
        flags: FlagPatch {
            set: u32::from(mixed.is_multiple_of(3)),
            clear: 0,
        },
        content_changed: true,
        source: None,
    }))
}

fn view(container: ItemId, sort: &[SortColumn]) -> View {
    let columns: [PropTag; 10] = [
        tags::ENTRYID.raw(),
        tags::SUBJECT.raw(),
        tags::SENDER_NAME.raw(),
        tags::MESSAGE_DELIVERY_TIME.raw(),
        tags::MESSAGE_SIZE.raw(),
        tags::MESSAGE_FLAGS.raw(),
        tags::HASATTACH.raw(),
        tags::IMPORTANCE.raw(),
        tags::DISPLAY_TO.raw(),
        tags::MESSAGE_CLASS.raw(),
    ];
    View {
        container,
        rows: RowSet::Contents {
            associated: false,
            deleted: false,
        },
        columns: columns.to_vec(),
        restriction: None,
        sort: SortOrderSet::by(sort.iter().copied()),
    }
}

fn mark(store: &SqliteStore, messages: u64, call: &Call) -> Result<()> {
    let some = messages.min(50_000);
    timed(&format!("mark {some} as read"), 1, || {
        let items = Items::Ids((2..2 + some).map(ItemId).collect());
        let changes = ChangeSet {
            mode: CommitMode::EachItem,
            durability: Durability::Batch,
            ..ChangeSet::one(Op::SetFlags {
                items,
                flags: FlagPatch { set: 1, clear: 0 },
            })
        };
        store.commit(changes, call).map(|_| ())
    })
}

/// The median of some runs.
fn timed(what: &str, times: usize, mut run: impl FnMut() -> Result<()>) -> Result<()> {
    let mut runs = Vec::with_capacity(times);
    for _ in 0..times {
        let started = Instant::now();
        run()?;
        runs.push(started.elapsed());
    }
    runs.sort_unstable();
    let median = runs.get(times / 2).copied().unwrap_or_default();
    println!("{what}: {:.3} ms", median.as_secs_f64() * 1000.0);
    Ok(())
}
