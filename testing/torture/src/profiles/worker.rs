//! The process that is killed: one change after the other, each said before and after in a journal.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result};
use malle_host::{Home, MalleHost, Profiles};
use mapi::{Host, Mapi};
use serde_json::{Value, json};
use testkit::Chance;

use super::change::{Change, State, content_of};

/// Works until it is killed: `HOME WORKER SEED JOURNAL`.
pub(crate) fn serve(mut args: impl Iterator<Item = String>) -> Result<()> {
    let mut next = || {
        args.next()
            .context("--profile-worker HOME WORKER SEED JOURNAL")
    };
    let (home, worker, seed, journal) = (next()?, next()?, next()?, next()?);
    let mut chance = Chance::from_seed(seed.parse()?);
    let mut journal = OpenOptions::new().append(true).create(true).open(journal)?;
    let host = host_of(Path::new(&home));
    let mapi = Mapi::initialize(Arc::clone(&host) as Arc<dyn Host>);
    let mut state = state_of(&host, &worker)?;
    loop {
        let change = Change::choose(&worker, &state, &mut chance);
        say(&mut journal, &json!({ "begin": change.to_json() }))?;
        if let Err(error) = change.perform(&mapi, &host) {
            say(&mut journal, &json!({ "error": format!("{error:#}") }))?;
            return Err(error.context(format!("{change:?}")));
        }
        say(&mut journal, &json!({ "done": true }))?;
        state = change.applied(&state);
    }
}

/// One line in one write: a kill leaves it whole or cut, never mixed.
fn say(journal: &mut File, line: &Value) -> Result<()> {
    journal.write_all(format!("{line}\n").as_bytes())?;
    Ok(())
}

/// A host as every program has one.
pub(super) fn host_of(home: &Path) -> Arc<MalleHost> {
    Arc::new(MalleHost::new(Profiles::of(Home::below(home))))
}

/// The profiles of a worker, and whether they are sound. Marks say how things will be.
pub(super) fn state_of(host: &MalleHost, worker: &str) -> Result<State> {
    let mut state = State::new();
    for name in host.profiles().names()? {
        if name.split('-').next() != Some(worker) {
            continue;
        }
        let profile = host.profiles().load(&name)?;
        let content = content_of(&profile).with_context(|| format!("the profile {name}"))?;
        state.insert(name, content);
    }
    Ok(state)
}
