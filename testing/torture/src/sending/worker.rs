//! The processes that are killed.

use std::sync::Arc;
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use mapi::{Code, Host};
use testkit::Chance;

use super::post::{Desk, Journal, Letter, Post};
use super::scene::{SENDER, Scene};
use super::spooling::Spooling;

/// Between two looks.
const NAP: Duration = Duration::from_millis(5);

/// Works until it is killed: `submit SEED` or `spool PROFILE`, after `HOME ASIDE`.
pub(crate) fn serve(mut args: impl Iterator<Item = String>) -> Result<()> {
    let mut next = || args.next().context("--sending-worker HOME ASIDE ROLE WHAT");
    let (home, aside, role, what) = (next()?, next()?, next()?, next()?);
    let scene = Scene::at(&home, &aside);
    match role.as_str() {
        "submit" => submit(&scene, what.parse()?),
        "spool" => spool(&scene, &what),
        other => bail!("{other} is no role"),
    }
}

/// Submits one letter after the other, and now and then takes one back. Waits where there is much to send.
fn submit(scene: &Scene, seed: u64) -> Result<()> {
    let mut chance = Chance::from_seed(seed);
    let path = scene.journal();
    let mut number = Post::read(&path)?.next();
    let mut journal = Journal::at(&path)?;
    let session = scene.session(SENDER)?;
    let desk = Desk::of(session.default_store()?)?;
    loop {
        let letter = Letter::choose(number, &mut chance);
        journal.say("begin", &letter)?;
        let id = match letter.submit(&desk) {
            Ok(id) => id,
            Err(error) => {
                // A full disk. What failed is not there, or whole.
                journal.say("failed", &letter)?;
                return Err(error.into());
            }
        };
        journal.say("done", &letter)?;
        if chance.percent(10) {
            journal.say("abort", &letter)?;
            match desk.store.abort_submit(&id) {
                Ok(()) => journal.say("aborted", &letter)?,
                Err(e) if [Code::NOT_IN_QUEUE, Code::UNABLE_TO_ABORT].contains(&e.code()) => {
                    journal.say("kept", &letter)?;
                }
                Err(error) => return Err(error.into()),
            }
        }
        number += 1;
        thread::sleep(Duration::from_micros(chance.below(6_000)));
    }
}

/// Sends and receives for a profile. Where a transport could not be opened the session is made anew, as a daemon does.
fn spool(scene: &Scene, profile: &str) -> Result<()> {
    let host = scene.host(Some(profile))? as Arc<dyn Host>;
    loop {
        let spooling = Spooling::begin(Arc::clone(&host), profile)?;
        while spooling.is_whole() {
            let round = spooling.round()?;
            let nap = round.next.unwrap_or(NAP);
            thread::sleep(nap.min(NAP));
        }
        drop(spooling);
        thread::sleep(NAP);
    }
}
