//! A process that keeps a store with scripted work, and the questions that others ask.

use std::path::Path;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use malle_host::control::{LeaseState, Server, everybody};
use malle_host::daemon::{Asking, Clerk, Keeper, Place, Work, care_now};
use malle_host::lease::{Card, NoAnswer};
use malle_host::{Home, MalleHost, Profiles};
use mapi::Host;
use mapi_spi::{Call, CancelToken};

use super::scripted::{Desk, Scripted, desk_of};

/// What came of asking.
#[derive(Debug)]
pub(crate) enum Asked {
    /// The holder did it.
    There,
    /// This process was the holder.
    Here,
    /// The holder does not answer.
    Silent {
        /// Who.
        pid: u32,
    },
}

fn place(home: &Path) -> Result<Place> {
    let host = MalleHost::new(Profiles::of(Home::below(home)));
    let host = Arc::new(host) as Arc<dyn Host>;
    let places = Place::all(&host, "torture")?;
    places.into_iter().next().context("a profile with a store")
}

fn works(desk: &Desk) -> Vec<Arc<dyn Work>> {
    vec![Arc::new(Scripted(desk.clone()))]
}

/// Keeps the store of a home until it is killed: the program's arguments after `--holder`.
pub(crate) fn serve(mut args: impl Iterator<Item = String>) -> Result<()> {
    let home = args.next().context("--holder HOME JOBS")?;
    let desk = desk_of(args.next())?;
    let run = Path::new(&home).join("run");
    let opened = Server::begin(&run)?;
    let card = Card::of_this_process("torture", Some(opened.path()));
    let stop = CancelToken::default();
    let keeper = Arc::new(Keeper::new(
        place(Path::new(&home))?,
        works(&desk),
        card,
        stop,
    ));
    let clerk = Clerk::new("torture", None);
    clerk.keeps(vec![Arc::clone(&keeper)], Vec::new());
    let _server = opened.serve(Arc::new(clerk))?;
    keeper.keep();
    Ok(())
}

/// Has the jobs done, as a command would.
pub(super) fn ask_in(home: &Path, desk: &Desk, patience: Duration) -> Result<Asked> {
    let run = home.join("run");
    let asking = Asking {
        program: "torture asks",
        run: &run,
        patience,
    };
    let call = Call::default();
    match care_now(&place(home)?, &works(desk), &asking, &mut |_| (), &call) {
        Ok(cared) if !cared.problems.is_empty() => bail!("{:?}", cared.problems),
        Ok(cared) if cared.here => Ok(Asked::Here),
        Ok(_) => Ok(Asked::There),
        Err(NoAnswer::Silent { pid, .. }) => Ok(Asked::Silent { pid }),
        Err(error) => Err(error.into()),
    }
}

/// Waits until this process holds the lease of its store.
pub(super) fn until_held_by(run: &Path, pid: u32, patience: Duration) -> Result<()> {
    until(run, pid, patience, |report| {
        let mut leases = report.leases.iter();
        leases.any(|lease| lease.state == LeaseState::Holding)
    })
}

/// Waits until this process waits for the lease.
pub(super) fn until_waiting(run: &Path, pid: u32, patience: Duration) -> Result<()> {
    until(run, pid, patience, |report| {
        let mut leases = report.leases.iter();
        leases.any(|lease| lease.state == LeaseState::Waiting)
    })
}

/// Waits until this daemon stands by.
pub(super) fn until_standing_by(run: &Path, pid: u32, patience: Duration) -> Result<()> {
    until(run, pid, patience, |report| report.standby)
}

fn until(
    run: &Path,
    pid: u32,
    patience: Duration,
    is_so: impl Fn(&malle_host::control::Report) -> bool,
) -> Result<()> {
    let end = Instant::now() + patience;
    loop {
        let all = everybody(run, Duration::from_secs(1), &Call::default());
        let mine = all.iter().find(|process| process.pid == pid);
        if mine.is_some_and(|process| process.report.as_ref().is_ok_and(&is_so)) {
            return Ok(());
        }
        if Instant::now() > end {
            bail!("process {pid} is not there: {all:?}");
        }
        thread::sleep(Duration::from_millis(2));
    }
}
