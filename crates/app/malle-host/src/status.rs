//! The status of a home as any process sees it: who keeps which store, and what goes wrong.
//!
//! Whoever keeps stores is asked at the moment; what nobody keeps is looked at here. So no row is older than the answer.

mod queue;

use std::path::Path;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use mapi::Host;
use mapi_props::{Code, FileTime};
use mapi_spi::{Call, Error, OpenMode, Result, Role, Store};

use crate::control::{
    AskError, Failure, LeaseRow, LeaseState, Moment, Process, WorkRow, everybody,
};
use crate::daemon::{PROGRAM, Place};
use crate::lease;

pub use queue::QueueCounts;

/// Everything that there is to say.
#[derive(Debug)]
pub struct Status {
    /// When it was true.
    pub asked: Moment,
    /// The processes that keep stores, or stand by.
    pub processes: Vec<ProcessStatus>,
    /// The stores of the profiles.
    pub stores: Vec<StoreStatus>,
    /// Profiles that cannot be read.
    pub failures: Vec<Failure>,
}

/// A process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProcessStatus {
    /// Its id.
    pub pid: u32,
    /// What it runs as; none if it does not answer.
    pub program: Option<String>,
    /// Since when.
    pub since: Option<Moment>,
    /// Whether it waits for another daemon to end.
    pub standby: bool,
    /// Why it says nothing.
    pub silent: Option<String>,
    /// What it could not start.
    pub failures: Vec<Failure>,
}

impl ProcessStatus {
    /// Whether it is the daemon of the home.
    #[must_use]
    pub fn is_daemon(&self) -> bool {
        self.program.as_deref() == Some(PROGRAM) && !self.standby
    }
}

/// A store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoreStatus {
    /// The profile.
    pub profile: String,
    /// What its ids begin with.
    pub letter: String,
    /// PR_SERVICE_NAME.
    pub service: String,
    /// Its UID, if it could be opened.
    pub uid: Option<String>,
    /// Who does its background work.
    pub kept: Kept,
    /// The kinds of work, as the holder told.
    pub works: Vec<WorkRow>,
    /// Its mail; none for a store that has no outgoing queue, or cannot be opened.
    pub mail: Option<MailStatus>,
    /// Why it cannot be opened, or kept.
    pub problem: Option<Failure>,
}

/// The spooler of a store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailStatus {
    /// Who sends what is submitted; [`Kept::Unneeded`] in a profile without transports.
    pub kept: Kept,
    /// What waits.
    pub queue: QueueCounts,
    /// How far the spooler is, as it told.
    pub work: Option<WorkRow>,
    /// Why there is no spooler, or what went wrong the last time that it worked.
    pub problem: Option<Failure>,
}

/// Who does the background work of a store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kept {
    /// There is none: it is read-only, lives in memory, or would be kept from all others.
    Unneeded,
    /// Nobody.
    ByNobody,
    /// This process.
    By(Holder),
    /// It is not known: the store cannot be opened.
    Unknown,
}

/// A process that keeps a store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holder {
    /// Its id, if it said so.
    pub pid: Option<u32>,
    /// What it runs as.
    pub program: String,
    /// The epoch.
    pub epoch: Option<u64>,
    /// Since when.
    pub since: Option<Moment>,
    /// Whether it answered just now.
    pub answers: bool,
}

/// Asks everybody, and looks at what nobody answers for. A process that does not answer delays it by `patience` at most.
///
/// # Errors
/// Those of [`Host::profile_entries`].
pub fn status(
    host: &Arc<dyn Host>,
    run: &Path,
    only: Option<&str>,
    patience: Duration,
    call: &Call,
) -> Result<Status> {
    let processes = everybody(run, patience, call);
    let mut failures = Vec::new();
    let mut places = Vec::new();
    for entry in host.profile_entries()? {
        if entry.deleted || only.is_some_and(|only| only != entry.name) {
            continue;
        }
        match Place::all(host, &entry.name) {
            Ok(found) => places.extend(found),
            Err(error) => failures.push(failure(&entry.name, &error)),
        }
    }
    let stores = thread::scope(|scope| {
        let look = |place| {
            let processes = &processes;
            scope.spawn(move || of_store(place, processes, call))
        };
        let looks: Vec<_> = places.iter().map(look).collect();
        looks
            .into_iter()
            .filter_map(|look| look.join().ok())
            .collect()
    });
    Ok(Status {
        asked: Moment::now(),
        processes: processes.iter().map(of_process).collect(),
        stores,
        failures,
    })
}

fn of_process(process: &Process) -> ProcessStatus {
    let report = process.report.as_ref();
    ProcessStatus {
        pid: process.pid,
        program: report.ok().map(|r| r.program.clone()),
        since: report.ok().map(|r| r.since),
        standby: report.is_ok_and(|r| r.standby),
        silent: report.err().map(AskError::to_string),
        failures: report.map_or_else(|_| Vec::new(), |r| r.failures.clone()),
    }
}

fn of_store(place: &Place, processes: &[Process], call: &Call) -> StoreStatus {
    let blank = StoreStatus {
        profile: place.profile().to_owned(),
        letter: place.letter().to_owned(),
        service: place.service().to_owned(),
        uid: None,
        kept: Kept::Unknown,
        works: Vec::new(),
        mail: None,
        problem: None,
    };
    look(place, processes, blank.clone(), call).unwrap_or_else(|error| StoreStatus {
        problem: Some(failure("", &error)),
        ..blank
    })
}

fn look(
    place: &Place,
    processes: &[Process],
    blank: StoreStatus,
    call: &Call,
) -> Result<StoreStatus> {
    let store = match place.open(OpenMode::ReadOnly, call) {
        // A store in memory that is not there for reading is none of ours.
        Err(e) if e.code() == Code::NO_SUPPORT => {
            return Ok(StoreStatus {
                kept: Kept::Unneeded,
                ..blank
            });
        }
        store => store?,
    };
    let (kept, works, problem) = of_role(place, store.as_ref(), Role::Keeper, processes, call)?;
    // It is open for reading only, so that it does not say whether anything can be submitted.
    let mail = match store.lease_file(Role::Spooler).is_some() {
        true => Some(of_mail(place, store.as_ref(), processes, call)?),
        false => None,
    };
    Ok(StoreStatus {
        uid: Some(store.info().uid.to_string()),
        kept,
        works,
        mail,
        problem,
        ..blank
    })
}

fn of_mail(
    place: &Place,
    store: &dyn Store,
    processes: &[Process],
    call: &Call,
) -> Result<MailStatus> {
    let (kept, works, problem) = of_role(place, store, Role::Spooler, processes, call)?;
    let kept = match kept {
        Kept::ByNobody if !place.has_transports() => Kept::Unneeded,
        kept => kept,
    };
    let work = works.into_iter().next();
    let last = work.as_ref().and_then(|work| work.problem.clone());
    Ok(MailStatus {
        kept,
        queue: QueueCounts::of(store, call)?,
        work,
        problem: problem.or(last),
    })
}

/// Who has a role in a store, what it told of its work, and what keeps somebody from having it.
fn of_role(
    place: &Place,
    store: &dyn Store,
    role: Role,
    processes: &[Process],
    call: &Call,
) -> Result<(Kept, Vec<WorkRow>, Option<Failure>)> {
    let rows = rows_of(&store.info().uid.to_string(), role, processes);
    let problem = rows.iter().find_map(|(_, row)| row.problem.clone());
    let seen = lease::look(store, role, call)?;
    let holding = rows.iter().find(|(_, r)| r.state == LeaseState::Holding);
    let (kept, works) = match holding {
        Some((pid, row)) => (Kept::By(answering(*pid, row, processes)), row.works.clone()),
        None if seen.held => (Kept::By(silent(&seen)), Vec::new()),
        None if !store.info().capabilities.persistent || is_unneeded(place, &rows) => {
            (Kept::Unneeded, Vec::new())
        }
        None => (Kept::ByNobody, Vec::new()),
    };
    Ok((kept, works, problem))
}

/// The rows of a role in a store in what processes said.
fn rows_of<'a>(uid: &str, role: Role, processes: &'a [Process]) -> Vec<(u32, &'a LeaseRow)> {
    let role = role.to_string();
    let reports = processes
        .iter()
        .filter_map(|p| Some((p.pid, p.report.as_ref().ok()?)));
    let rows = reports.flat_map(|(pid, report)| report.leases.iter().map(move |row| (pid, row)));
    rows.filter(|(_, row)| row.store.as_deref() == Some(uid) && row.role == role)
        .collect()
}

fn is_unneeded(place: &Place, rows: &[(u32, &LeaseRow)]) -> bool {
    rows.iter().any(|(_, row)| {
        row.state == LeaseState::Unneeded
            && (row.profile.as_str(), row.letter.as_str()) == (place.profile(), place.letter())
    })
}

fn answering(pid: u32, row: &LeaseRow, processes: &[Process]) -> Holder {
    let process = processes.iter().find(|p| p.pid == pid);
    let report = process.and_then(|p| p.report.as_ref().ok());
    Holder {
        pid: Some(pid),
        program: report.map_or_else(String::new, |r| r.program.clone()),
        epoch: row.epoch,
        since: Some(row.since),
        answers: true,
    }
}

fn silent(seen: &lease::Seen) -> Holder {
    let card = seen.card.as_ref();
    let tenure = seen.tenure.as_ref();
    Holder {
        pid: card.map(|card| card.pid),
        program: card.map_or_else(String::new, |card| card.program.clone()),
        epoch: tenure.map(|t| t.number),
        since: tenure.map(|t| moment(t.since)),
        answers: false,
    }
}

/// The same time in milliseconds since 1970.
fn moment(time: FileTime) -> Moment {
    let nanos = time.unix_nanos();
    Moment(i64::try_from(nanos / 1_000_000).unwrap_or(i64::MAX))
}

fn failure(about: &str, error: &Error) -> Failure {
    Failure {
        about: about.to_owned(),
        code: error.code().to_string(),
        message: crate::reason(error),
    }
}
