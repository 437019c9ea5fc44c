//! A body of many megabytes, written and read through the stream of RTF by processes that are watched.

use std::io::{Read, Write};
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};
use mapi::{MapiProp, Message, OpenFlags, PropertyFlags, RtfFlags, SaveFlags, rtf, tags};
use serde_json::{Map, Value};

use super::letters::{HEAD, Letters};
use crate::Big;
use crate::measured::watch;

/// Megabytes of RTF.
const LARGE: usize = 50;
/// What a process takes that does the same with next to nothing.
const SMALL: usize = 1;
const STEPS: [&str; 4] = ["write", "store", "read", "text"];

/// What each step takes, in a process of its own.
pub(super) fn measure(home: &Path) -> Result<Value> {
    let program = std::env::current_exe()?;
    let mut figures = Map::new();
    for megabytes in [SMALL, LARGE] {
        let home = home.join(megabytes.to_string());
        Big::create(&home)?.logoff();
        let mut steps = Map::new();
        for step in STEPS {
            let mut command = Command::new(&program);
            command.args(["--rtf-body", step, &megabytes.to_string()]);
            let taken = watch(command.arg(&home))?;
            steps.insert(step.to_owned(), taken.as_json());
        }
        figures.insert(format!("{megabytes}_mb"), Value::Object(steps));
    }
    Ok(Value::Object(figures))
}

/// One step: `write` (compressed) and `store` (as it is) make a message, `read` and `text` read the one written first. The
/// arguments are the step, the megabytes and the home.
///
/// # Errors
/// When something else comes back than was written.
pub fn serve(mut args: impl Iterator<Item = String>) -> Result<()> {
    let mut next = || args.next().context("--rtf-body STEP MEGABYTES HOME");
    let (step, size, home) = (next()?, next()?.parse::<usize>()? * 1_000_000, next()?);
    let big = Big::open(Path::new(&home))?;
    match step.as_str() {
        "write" => write(&big, size, RtfFlags::MODIFY)?,
        "store" => write(&big, size, RtfFlags::MODIFY | RtfFlags::UNCOMPRESSED)?,
        "read" => read(&first(&big)?, size)?,
        "text" => {
            let text = first(&big)?.get(tags::BODY)?;
            ensure!(text.len() > size / 2, "{} bytes of text", text.len());
        }
        other => bail!("no such step: {other}"),
    }
    big.logoff();
    Ok(())
}

fn write(big: &Big, size: usize, flags: RtfFlags) -> Result<()> {
    let message = big.inbox()?.create_message()?;
    message.set(tags::SUBJECT, "a long letter")?;
    let create = PropertyFlags::MODIFY | PropertyFlags::CREATE;
    let packed = message.open_property(tags::RTF_COMPRESSED.raw(), create)?;
    let mut stream = rtf::wrap_compressed_rtf_stream(packed, flags)?;
    each_piece(size, |piece| Ok(stream.write_all(piece)?))?;
    stream.commit()?;
    drop(stream);
    message.save_changes(SaveFlags::NONE)?;
    Ok(())
}

fn read(message: &Message, size: usize) -> Result<()> {
    let packed = message.open_property(tags::RTF_COMPRESSED.raw(), PropertyFlags::NONE)?;
    let mut stream = rtf::wrap_compressed_rtf_stream(packed, RtfFlags::NONE)?;
    let mut found = Vec::new();
    each_piece(size, |piece| {
        found.resize(piece.len(), 0);
        stream.read_exact(&mut found)?;
        ensure!(found == piece, "another byte came back");
        Ok(())
    })?;
    ensure!(stream.read(&mut [0])? == 0, "more came back");
    Ok(())
}

/// The pieces of a document, the same in each run.
fn each_piece(size: usize, mut see: impl FnMut(&[u8]) -> Result<()>) -> Result<()> {
    let (mut letters, mut done) = (Letters::new(), HEAD.len());
    see(HEAD.as_bytes())?;
    while done < size {
        let piece = letters.rtf();
        done += piece.len();
        see(piece.as_bytes())?;
    }
    see(b"}")
}

fn first(big: &Big) -> Result<Message> {
    let inbox = big.inbox()?;
    let rows = inbox
        .contents()
        .columns([tags::ENTRYID.raw()])
        .open()?
        .query_rows(1)?;
    let row = rows.first().context("a message")?;
    Ok(inbox.open_message_with(row.entry_id(), OpenFlags::BEST_ACCESS)?)
}
