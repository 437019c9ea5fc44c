//! Very large messages.

use std::io::{Read, Write};
use std::path::Path;
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use mapi::{MapiProp, Message, OpenFlags, PropertyFlags, SaveFlags, Session, attach_method, tags};
use serde_json::{Value, json};
use testkit::Chance;

use super::many::{Process, spoolers, until_received};
use super::scene::{RECEIVER, SENDER, Scene, address, message};
use crate::measured::tidy;

/// How much is written and compared at once.
const BLOCK: usize = 1 << 20;

/// Submits, and has both spoolers work until it has arrived.
fn through(scene: &Scene, role: &str, what: &str) -> Result<Value> {
    let mut submits = Process::begin(scene, role, what)?;
    let start = Instant::now();
    submits.go()?;
    let submitting = submits.end()?;
    let submitted = start.elapsed();
    let mut both = spoolers(scene)?;
    let start = Instant::now();
    both.iter_mut().try_for_each(Process::go)?;
    until_received(scene, 1)?;
    let delivered = start.elapsed();
    let [sending, receiving] = both;
    let (sending, receiving) = (sending.end()?, receiving.end()?);
    let mb = |bytes: u64| bytes / 1_000_000;
    Ok(json!({
        "submitted_seconds": tidy(submitted.as_secs_f64()),
        "delivered_seconds": tidy(delivered.as_secs_f64()),
        "peak_mb_submitting": mb(submitting),
        "peak_mb_sending": mb(sending),
        "peak_mb_receiving": mb(receiving),
    }))
}

fn arrived(session: &Session) -> Result<Message> {
    let inbox = session.default_store()?.receive_folder("IPM.Note")?;
    let columns = [tags::ENTRYID.raw()];
    let rows = inbox.contents().columns(columns).open()?.query_rows(2)?;
    ensure!(rows.len() == 1, "{} messages", rows.len());
    let row = rows.first().context("a message")?;
    Ok(inbox.open_message_with(row.entry_id(), OpenFlags::BEST_ACCESS)?)
}

/// A message to so many.
pub(super) fn recipients(home: &Path, many: usize) -> Result<Value> {
    let scene = Scene::new(home)?;
    let figures = through(&scene, "recipients", &many.to_string())?;
    let session = scene.session(RECEIVER)?;
    let rows = arrived(&session)?.recipients().open()?.row_count()?;
    ensure!(rows == u64::try_from(many)?, "{rows} of {many} recipients");
    session.logoff();
    Ok(figures)
}

pub(super) fn submit_recipients(
    scene: &Scene,
    many: usize,
    go: &mut dyn FnMut() -> Result<()>,
) -> Result<()> {
    let session = scene.session(SENDER)?;
    go()?;
    let to: Vec<String> = (0..many).map(|n| address(Some(n))).collect();
    message(&session, "to many", &to)?.submit()?;
    session.logoff();
    Ok(())
}

/// A message with so many bytes that nothing makes smaller.
pub(super) fn attachment(home: &Path, bytes: u64) -> Result<Value> {
    let scene = Scene::new(home)?;
    let figures = through(&scene, "attachment", &bytes.to_string())?;
    let session = scene.session(RECEIVER)?;
    let message = arrived(&session)?;
    let file = message.open_attachment(0, OpenFlags::NONE)?;
    let mut stream = file.open_property(tags::ATTACH_DATA_BIN.raw(), PropertyFlags::NONE)?;
    let mut chance = Chance::from_seed(1);
    let (mut left, mut block) = (bytes, vec![0; BLOCK]);
    while left > 0 {
        stream.read_exact(&mut block)?;
        ensure!(
            block == chance.bytes(BLOCK),
            "another byte arrived, {left} before the end"
        );
        left = left.saturating_sub(BLOCK as u64);
    }
    ensure!(stream.read(&mut block)? == 0, "more arrived than was sent");
    session.logoff();
    Ok(figures)
}

pub(super) fn submit_attachment(
    scene: &Scene,
    bytes: u64,
    go: &mut dyn FnMut() -> Result<()>,
) -> Result<()> {
    let session = scene.session(SENDER)?;
    go()?;
    let message = message(&session, "large", &[address(None)])?;
    let file = message.create_attachment()?;
    file.set(tags::ATTACH_METHOD, attach_method::BY_VALUE)?;
    file.set(tags::ATTACH_LONG_FILENAME, "large.bin")?;
    let mut stream = file.open_property(
        tags::ATTACH_DATA_BIN.raw(),
        PropertyFlags::MODIFY | PropertyFlags::CREATE,
    )?;
    let mut chance = Chance::from_seed(1);
    let mut left = bytes;
    while left > 0 {
        stream.write_all(&chance.bytes(BLOCK))?;
        left = left.saturating_sub(BLOCK as u64);
    }
    stream.commit()?;
    drop(stream);
    file.save_changes(SaveFlags::NONE)?;
    message.submit()?;
    session.logoff();
    Ok(())
}
