//! The processes: those that submit, and the spoolers.

use std::io::{BufRead, Write};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use malle_host::daemon::Place;
use malle_host::lease::{Card, Lease};
use mapi::{Host, Logon, Mapi, Session, SpecialFolder};
use mapi_spi::{Call, OpenMode, Role};
use mapi_spooler::{Options, Spooler, Wanted};

use super::large;
use super::scene::{SENDER, Scene, address, write};

/// `bench --sending HOME ROLE WHAT`: says `ready`, waits for a line, works, and says how much memory it had at most.
///
/// # Errors
/// When the home cannot be used.
pub fn serve(mut args: impl Iterator<Item = String>) -> Result<()> {
    let mut next = || args.next().context("--sending HOME ROLE WHAT");
    let (home, role, what) = (next()?, next()?, next()?);
    let scene = Scene(Path::new(&home).to_owned());
    match role.as_str() {
        "submit" => submit(&scene, &what),
        "spool" => spool(&scene, &what),
        "recipients" => large::submit_recipients(&scene, what.parse()?, &mut go),
        "attachment" => large::submit_attachment(&scene, what.parse()?, &mut go),
        other => bail!("{other} is no role"),
    }?;
    writeln!(std::io::stdout(), "peak {}", peak())?;
    Ok(())
}

/// Says that all is prepared, and waits for the word.
fn go() -> Result<()> {
    writeln!(std::io::stdout(), "ready")?;
    std::io::stdin().lock().read_line(&mut String::new())?;
    Ok(())
}

/// Bytes, where the system says.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|l| l.strip_prefix("VmHWM:"));
    let kib = line.and_then(|l| l.trim().trim_end_matches(" kB").parse::<u64>().ok());
    kib.unwrap_or(0) * 1024
}

/// `PROCESS,MESSAGES`.
fn submit(scene: &Scene, what: &str) -> Result<()> {
    let (process, messages) = what.split_once(',').context("two numbers")?;
    let messages: usize = messages.parse()?;
    let session = scene.session(SENDER)?;
    let store = session.default_store()?;
    let outbox = store.special_folder(SpecialFolder::Outbox)?;
    let sent = store.special_id(SpecialFolder::SentItems)?;
    let to = [address(None)];
    go()?;
    for n in 0..messages {
        let subject = format!("{process} {n}");
        write(&outbox, sent.as_bytes(), &subject, &to)?.submit()?;
    }
    session.logoff();
    Ok(())
}

/// The spooler of a profile, until its input ends.
fn spool(scene: &Scene, profile: &str) -> Result<()> {
    let host = scene.host() as Arc<dyn Host>;
    let places = Place::all(&host, profile)?;
    let place = places.into_iter().next().context("a store")?;
    let call = Call::default();
    let store = place.open(OpenMode::ReadWrite, &call)?;
    let card = Card::of_this_process("bench", None);
    let lease = Lease::wait(store.as_ref(), Role::Spooler, &card, &call)?;
    let mapi = Mapi::initialize(host);
    let session = Session::logon(&mapi, Logon::profile(profile).under(lease.call(&call)))?;
    let spooler = Spooler::begin(&session, &session.default_store()?, Options::default())?;
    go()?;
    let stop = mapi_spi::CancelToken::default();
    let ended = stop.clone();
    std::thread::spawn(move || {
        let _end = std::io::stdin().lock().read_line(&mut String::new());
        ended.cancel();
    });
    let wanted = Wanted {
        flush: true,
        ..Wanted::due()
    };
    while !stop.is_cancelled() {
        let round = spooler.round(&wanted, &lease.call(&call))?;
        ensure!(round.problems.is_empty(), "{:?}", round.problems);
        if round.sent + round.delivered == 0 {
            std::thread::sleep(Duration::from_millis(2));
        }
    }
    session.logoff();
    Ok(())
}
