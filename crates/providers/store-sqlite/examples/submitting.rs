//! Several processes submit small messages into one store at once, each commit durable: how many a second.
//!
//! `cargo run --release -p store-sqlite --example submitting -- PROCESSES MESSAGES FOLDER`
#![expect(clippy::print_stdout, reason = "a program that reports to a person")]

use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::sync::Arc;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use mapi_props::{Bag, FileTime, message_flags, tags};
use mapi_spi::{
    Call, ChangeSet, Expect, FlagPatch, ItemId, MessageSave, MessageTarget, Op, OpOutcome,
    OpenMode, PropPatch, Result, Store, Support,
};
use store_sqlite::SqliteStore;

#[derive(Debug)]
struct Host;

impl Support for Host {
    fn now(&self) -> FileTime {
        let since = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        let micros = u64::try_from(since.as_micros()).unwrap_or_default();
        FileTime(116_444_736_000_000_000 + micros * 10)
    }

    fn random(&self, bytes: &mut [u8]) {
        bytes.fill(7);
    }
}

fn main() -> Result<()> {
    let mut args = std::env::args().skip(1);
    let first = args.next().unwrap_or_default();
    if first == "one" {
        let messages = args.next().and_then(|a| a.parse().ok()).unwrap_or(1000);
        let path = args.next().map_or_else(PathBuf::new, PathBuf::from);
        return submit(&path, messages);
    }
    let processes: u32 = first.parse().unwrap_or(3);
    let messages: u32 = args.next().and_then(|a| a.parse().ok()).unwrap_or(1000);
    let folder = args.next().map_or_else(std::env::temp_dir, PathBuf::from);
    let path = folder.join("submitting.malle");
    drop(SqliteStore::open(
        &path,
        OpenMode::Create,
        Arc::new(Host),
        &Call::default(),
    )?);
    let begun = Instant::now();
    let all: Vec<_> = (0..processes)
        .filter_map(|_| start(&path, messages))
        .collect();
    let well = all.into_iter().filter_map(|mut child| child.wait().ok());
    let well = well.filter(|status| status.success()).count();
    let (took, sent) = (
        begun.elapsed().as_secs_f64(),
        f64::from(processes * messages),
    );
    println!(
        "{well} of {processes} processes, {:.0} submissions/s",
        sent / took
    );
    Ok(())
}

fn start(path: &Path, messages: u32) -> Option<Child> {
    let program = std::env::current_exe().ok()?;
    let count = messages.to_string();
    Command::new(program)
        .args(["one", &count])
        .arg(path)
        .spawn()
        .ok()
}

/// What `Message::submit` does to a store: one durable commit, then the message is read again.
fn submit(path: &Path, messages: u32) -> Result<()> {
    let call = Call::default();
    let store = SqliteStore::open(path, OpenMode::ReadWrite, Arc::new(Host), &call)?;
    let root = store.info().root;
    let mut slowest = 0;
    for n in 0..messages {
        let begun = Instant::now();
        let op = Op::SaveMessage(Box::new(message(root, n)));
        let outcome = store.commit(ChangeSet::one(op), &call)?;
        if let Some(OpOutcome::Saved(saved)) = outcome.ops.first() {
            store.message(saved.id, &call)?;
        }
        slowest = slowest.max(begun.elapsed().as_millis());
    }
    println!("slowest {slowest} ms");
    Ok(())
}

fn message(folder: ItemId, n: u32) -> MessageSave {
    let row = |kind: i32, name: &str| {
        let mut row = Bag::new();
        row.set(tags::RECIPIENT_TYPE, kind);
        row.set(tags::DISPLAY_NAME, name);
        row.set(tags::ADDRTYPE, "SMTP");
        row.set(tags::EMAIL_ADDRESS, format!("{name}@example.org"));
        row.set(tags::RESPONSIBILITY, false);
        row
    };
    let patch = PropPatch::default()
        .with(
            tags::SUBJECT,
            format!("Report {n} of {}", std::process::id()),
        )
        .with(tags::BODY, "Everything is as it was. ".repeat(20))
        .with(tags::MESSAGE_CLASS, "IPM.Note")
        .with(tags::DISPLAY_TO, "Ann; Bob")
        .with(tags::SENDER_NAME, "Cy")
        .with(tags::SENDER_EMAIL_ADDRESS, "cy@example.org")
        .with(
            tags::INTERNET_MESSAGE_ID,
            format!("<{n}.{}@example.org>", std::process::id()),
        )
        .with(tags::CLIENT_SUBMIT_TIME, Host.now())
        .with(tags::SUBMIT_FLAGS, 0)
        .with(tags::CREATION_TIME, Host.now());
    MessageSave {
        target: MessageTarget::New {
            folder,
            associated: false,
        },
        expect: Expect::Any,
        patch,
        recipients: Some(vec![row(1, "Ann"), row(2, "Bob")]),
        attachments: None,
        flags: FlagPatch {
            set: message_flags::SUBMIT | message_flags::UNSENT | message_flags::READ,
            clear: 0,
        },
        content_changed: true,
        source: None,
    }
}
