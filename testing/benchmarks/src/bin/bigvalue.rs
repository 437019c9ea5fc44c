//! A very large attachment and the memory it takes: `bigvalue [--mib N] [--report FILE] [--in-process]` (2048 MiB).
//!
//! It is written through the property's stream, read at random places, overwritten, copied in every way and read by the
//! command. What was read is compared with what was written; the report tells times and the most memory a process took.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context, Result, bail, ensure};
use malle_host::{Home, LOCAL_SERVICE, MalleHost, Profiles, default_config};
use mapi::{
    Attachment, CopyFlags, CopyPropFlags, Folder, Logon, Mapi, MapiProp, Message, OpenFlags,
    PropStream, PropertyFlags, SaveFlags, Session, attach_method, tags,
};
use serde_json::{Map, Value, json};
use testkit::{Chance, Malle, TempHome};

const MIB: u64 = 1 << 20;
const WRITE: PropertyFlags = PropertyFlags::MODIFY;

fn main() -> Result<()> {
    let (mut size, mut report, mut commands) = (2048 * MIB, None, true);
    let mut args = std::env::args().skip(1);
    while let Some(arg) = args.next() {
        if arg == "--in-process" {
            commands = false;
            continue;
        }
        let value = args
            .next()
            .with_context(|| format!("{arg} needs a value"))?;
        match arg.as_str() {
            "--mib" => size = value.parse::<u64>()? * MIB,
            "--report" => report = Some(value),
            _ => bail!("unknown argument {arg}"),
        }
    }
    let figures = measure(size, commands)?;
    let text = serde_json::to_string_pretty(&figures)?;
    if let Some(path) = report {
        fs::write(path, &text)?;
    }
    say(&text);
    Ok(())
}

/// Without `commands` nothing is read by the command `malle`.
fn measure(size: u64, commands: bool) -> Result<Value> {
    let home = TempHome::new()?;
    let (one, two) = (logon(home.path(), "one")?, logon(home.path(), "two")?);
    let inbox = one.default_store()?.receive_folder("IPM.Note")?;
    let other = two.default_store()?.receive_folder("IPM.Note")?;
    let mut figures = Figures::default();
    figures.0.insert("mib".into(), json!(size / MIB));
    let mut data = Data {
        size,
        patches: Vec::new(),
    };
    let message = figures.step("write", || write(&inbox, &data))?;
    figures.step("read_at_random_places", || read_some(&message, &data))?;
    figures.step("overwrite", || overwrite(&inbox, &message, &mut data))?;
    figures.step("read_all", || read_all(&inbox, &message, &data))?;
    let id = message.entry_id().context("it is saved")?;
    figures.step("copy_message", || {
        let copied = inbox.copy_messages(std::slice::from_ref(&id), &inbox, CopyFlags::NONE)?;
        let copy = &copied.value.copies.first().context("a copy")?.1;
        read_some(&inbox.open_message(copy)?, &data)
    })?;
    figures.step("copy_to_message", || copy_to(&inbox, &id, &inbox, &data))?;
    figures.step("copy_to_other_store", || {
        copy_to(&inbox, &id, &other, &data)
    })?;
    let number = inbox
        .open_message(&id)?
        .short_id()
        .context("a number")?
        .to_string();
    drop((message, inbox, other, one, two));
    if commands {
        figures.step("command_read", || {
            command(
                home.path(),
                &["read", &number, "--attachment", "0"],
                data.size,
            )
        })?;
        figures.step("command_export", || {
            command(home.path(), &["read", &number, "--raw"], data.size)
        })?;
    }
    figures.0.insert("peak_mib".into(), json!(peak("self")?));
    Ok(Value::Object(figures.0))
}

/// What each step took.
#[derive(Default)]
struct Figures(Map<String, Value>);

impl Figures {
    fn step<T: Note>(&mut self, name: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
        let start = Instant::now();
        let done = work().with_context(|| name.to_owned())?;
        let seconds = (start.elapsed().as_secs_f64() * 100.0).round() / 100.0;
        let mut figure = json!({ "seconds": seconds, "peak_mib_so_far": peak("self")? });
        if let (Some(child), Some(map)) = (done.child_peak(), figure.as_object_mut()) {
            map.insert("peak_mib_of_command".into(), json!(child));
        }
        note(&format!("{name}: {figure}"));
        self.0.insert(name.to_owned(), figure);
        Ok(done)
    }
}

/// What a step leaves to be told.
trait Note {
    fn child_peak(&self) -> Option<u64> {
        None
    }
}

impl Note for () {}
impl Note for Message {}
impl Note for u64 {
    fn child_peak(&self) -> Option<u64> {
        Some(*self)
    }
}

/// Content that is known at every place, and does not compress.
struct Data {
    size: u64,
    /// What was written over it: from where on, how much, and of which other content.
    patches: Vec<(u64, u64, u64)>,
}

impl Data {
    fn fill(&self, at: u64, buf: &mut [u8]) {
        noise(0, at, buf);
        let end = at + len(buf);
        for (from, count, salt) in &self.patches {
            let (start, stop) = (at.max(*from), end.min(from + count));
            if start < stop {
                let range = place(start - at)..place(stop - at);
                noise(*salt, start, buf.get_mut(range).unwrap_or_default());
            }
        }
    }

    fn compare(&self, at: u64, got: &[u8]) -> Result<()> {
        let mut expected = vec![0; got.len()];
        self.fill(at, &mut expected);
        ensure!(
            got == expected.as_slice(),
            "other bytes than were written at {at}"
        );
        Ok(())
    }
}

/// Bytes of the made-up content `salt` from `at` on.
fn noise(salt: u64, at: u64, buf: &mut [u8]) {
    let word = |n: u64| {
        let mut z = (n ^ salt)
            .wrapping_add(1)
            .wrapping_mul(0x9E37_79B9_7F4A_7C15);
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        (z ^ (z >> 27)).to_le_bytes()
    };
    let mut done = 0;
    while let Some(rest) = buf.get_mut(done..).filter(|r| !r.is_empty()) {
        let now = at + u64::try_from(done).unwrap_or(0);
        let bytes = word(now / 8);
        let from = bytes.get(place(now % 8)..).unwrap_or_default();
        rest.iter_mut().zip(from).for_each(|(to, from)| *to = *from);
        done += from.len().min(rest.len());
    }
}

fn write(inbox: &Folder, data: &Data) -> Result<Message> {
    let message = inbox.create_message()?;
    message.set(tags::SUBJECT, "large")?;
    let file = message.create_attachment()?;
    file.set(tags::ATTACH_METHOD, attach_method::BY_VALUE)?;
    file.set(tags::ATTACH_LONG_FILENAME, "large.bin")?;
    let mut stream =
        file.open_property(tags::ATTACH_DATA_BIN.raw(), WRITE | PropertyFlags::CREATE)?;
    let mut buf = vec![0; place(MIB)];
    let mut at = 0;
    while at < data.size {
        data.fill(at, &mut buf);
        stream.write_all(&buf)?;
        at += len(&buf);
    }
    stream.commit()?;
    drop(stream);
    file.save_changes(SaveFlags::NONE)?;
    message.save_changes(SaveFlags::KEEP_OPEN_READWRITE)?;
    ensure!(
        opened(&message)?.1.size() == data.size,
        "all of it is there"
    );
    Ok(message)
}

fn opened(message: &Message) -> Result<(Attachment, PropStream)> {
    let file = message.open_attachment(0, OpenFlags::BEST_ACCESS)?;
    let stream = file.open_property(tags::ATTACH_DATA_BIN.raw(), PropertyFlags::NONE)?;
    Ok((file, stream))
}

fn read_some(message: &Message, data: &Data) -> Result<()> {
    let (_file, mut stream) = opened(message)?;
    ensure!(stream.size() == data.size, "{} bytes", stream.size());
    let mut chance = Chance::from_seed(5);
    let mut buf = vec![0; 64 * 1024];
    for _ in 0..200 {
        let at = chance.below(data.size - len(&buf));
        stream.seek(SeekFrom::Start(at))?;
        stream.read_exact(&mut buf)?;
        data.compare(at, &buf)?;
    }
    Ok(())
}

fn overwrite(inbox: &Folder, message: &Message, data: &mut Data) -> Result<()> {
    let id = message.entry_id().context("it is saved")?;
    let message = inbox.open_message_with(&id, OpenFlags::MODIFY)?;
    let file = message.open_attachment(0, OpenFlags::MODIFY)?;
    let mut stream = file.open_property(tags::ATTACH_DATA_BIN.raw(), WRITE)?;
    let mut chance = Chance::from_seed(9);
    data.patches.push((data.size / 2 + 7, 10 * MIB, 1));
    for salt in 2..300 {
        data.patches
            .push((chance.below(data.size - 100), 100, salt));
    }
    for (at, count, salt) in &data.patches {
        let mut bytes = vec![0; place(*count)];
        noise(*salt, *at, &mut bytes);
        stream.seek(SeekFrom::Start(*at))?;
        stream.write_all(&bytes)?;
    }
    stream.commit()?;
    drop(stream);
    file.save_changes(SaveFlags::NONE)?;
    message.save_changes(SaveFlags::NONE)?;
    Ok(())
}

fn read_all(inbox: &Folder, message: &Message, data: &Data) -> Result<()> {
    let id = message.entry_id().context("it is saved")?;
    let (_file, mut stream) = opened(&inbox.open_message(&id)?)?;
    let mut buf = vec![0; place(MIB)];
    let mut at = 0;
    while at < data.size {
        stream.read_exact(&mut buf)?;
        data.compare(at, &buf)?;
        at += len(&buf);
    }
    Ok(())
}

fn copy_to(from: &Folder, id: &mapi::EntryId, to: &Folder, data: &Data) -> Result<()> {
    let copy = to.create_message()?;
    from.open_message(id)?
        .copy_to(&copy, None, CopyPropFlags::NONE)?;
    copy.save_changes(SaveFlags::NONE)?;
    read_some(
        &to.open_message(&copy.entry_id().context("it is saved")?)?,
        data,
    )
}

/// Runs the command, counts what it prints and watches its memory.
fn command(home: &Path, args: &[&str], least: u64) -> Result<u64> {
    let mut command = Malle::at(home).command(["--profile", "one"]);
    let mut child = command.args(args).stdout(Stdio::piped()).spawn()?;
    let pid = child.id().to_string();
    let mut out = child.stdout.take().context("a pipe")?;
    let (mut buf, mut printed, mut most) = (vec![0; place(MIB)], 0, 0);
    loop {
        match out.read(&mut buf) {
            Ok(0) => break,
            Ok(n) => {
                printed += u64::try_from(n)?;
                if printed % (8 * MIB) < u64::try_from(n)? {
                    // One that has ended has no memory any more.
                    most = most.max(peak(&pid).unwrap_or(0));
                }
            }
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => return Err(e.into()),
        }
    }
    let status = child.wait()?;
    ensure!(
        status.success() && printed >= least,
        "{status}, {printed} bytes"
    );
    Ok(most)
}

/// The most memory that a process had at once, in MiB.
fn peak(process: &str) -> Result<u64> {
    let status = fs::read_to_string(format!("/proc/{process}/status"))?;
    let line = status.lines().find_map(|l| l.strip_prefix("VmHWM:"));
    let kib = line.and_then(|l| l.split_whitespace().next());
    Ok(kib.context("VmHWM")?.parse::<u64>()?.div_ceil(1024))
}

fn logon(home: &Path, profile: &str) -> Result<Session> {
    let host = Arc::new(MalleHost::new(Profiles::of(Home::below(home))));
    let config: BTreeMap<_, _> = default_config(LOCAL_SERVICE).context("the local store")?;
    host.create_profile(profile, LOCAL_SERVICE, config)?;
    let mapi = Mapi::initialize(host);
    Ok(Session::logon(&mapi, Logon::profile(profile))?)
}

fn len(bytes: &[u8]) -> u64 {
    u64::try_from(bytes.len()).unwrap_or(u64::MAX)
}

fn place(at: u64) -> usize {
    usize::try_from(at).unwrap_or(usize::MAX)
}

#[expect(clippy::print_stdout, reason = "the program's result")]
fn say(line: &str) {
    println!("{line}");
}

#[expect(clippy::print_stderr, reason = "the program's progress")]
fn note(line: &str) {
    eprintln!("{line}");
}
