//! Having something done: by this process, if it gets the lease, else by the one that has it.

use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use mapi_props::FileTime;
use mapi_spi::{Call, Error, Role, Store};

use super::{Card, Lease, look};
use crate::control::{AskError, Reply, Request, ask};

/// How often a lease is tried again whose holder has just gone or come.
const AGAIN: Duration = Duration::from_millis(20);

/// Who does what is wanted.
#[derive(Debug)]
pub enum Turn {
    /// This process: nobody had the lease.
    Mine(Lease),
    /// The holder, who has answered.
    Theirs(Reply),
}

/// Why nobody does it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NoAnswer {
    /// The holder lives, and does not answer: perhaps it is stopped. It is never driven out; when it goes on, it does
    /// what was asked.
    #[error("process {pid} ({program}) does the background work of the store and does not answer")]
    Silent {
        /// The holder.
        pid: u32,
        /// What it runs as.
        program: String,
        /// Since when it is the holder.
        since: FileTime,
    },
    /// Somebody holds the lease who cannot be asked.
    #[error("another process does the background work of the store and cannot be asked")]
    Unknown,
    /// Asking went wrong.
    #[error(transparent)]
    Ask(AskError),
    /// The store or the call.
    #[error(transparent)]
    Store(#[from] Error),
}

/// Takes the lease, or has its holder do what is asked: whoever goes or comes meanwhile, one of both happens within
/// `patience`, or an error says why not. The holder shows `each` reply before its last one; it may take as long as it needs once it has
/// begun to answer.
///
/// # Errors
/// [`NoAnswer`].
pub fn lease_or_ask(
    store: &dyn Store,
    role: Role,
    card: &Card,
    wanted: &Wanted<'_>,
    each: &mut dyn FnMut(&Reply),
    call: &Call,
) -> Result<Turn, NoAnswer> {
    let until = Instant::now() + wanted.patience;
    loop {
        if let Some(lease) = Lease::try_take(store, role, card, call)? {
            return Ok(Turn::Mine(lease));
        }
        let seen = look(store, role, call)?;
        let socket = seen.card.as_ref().and_then(|card| card.socket.as_deref());
        let late = Instant::now() >= until;
        match socket.map(|socket| question(socket, wanted, until, each, call)) {
            Some(Ok(reply)) => return Ok(Turn::Theirs(reply)),
            Some(Err(AskError::Silent)) => return Err(silent(seen, card)),
            // It has just ended, or has the lock and has not written its card yet.
            None | Some(Err(AskError::Gone)) if late => return Err(NoAnswer::Unknown),
            None | Some(Err(AskError::Gone)) => {}
            Some(Err(AskError::Call(error))) => return Err(error.into()),
            Some(Err(error)) => return Err(NoAnswer::Ask(error)),
        }
        call.check()?;
        thread::sleep(AGAIN);
    }
}

/// What is asked for, and how long the holder may take before it begins to answer.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    /// What.
    pub request: &'a Request,
    /// How long.
    pub patience: Duration,
}

fn question(
    socket: &Path,
    wanted: &Wanted<'_>,
    until: Instant,
    each: &mut dyn FnMut(&Reply),
    call: &Call,
) -> Result<Reply, AskError> {
    let left = until.saturating_duration_since(Instant::now());
    ask(socket, wanted.request, left.max(AGAIN), each, call)
}

fn silent(seen: super::Seen, card: &Card) -> NoAnswer {
    let holder = seen.card.unwrap_or_else(|| card.clone());
    NoAnswer::Silent {
        pid: holder.pid,
        program: holder.program,
        since: seen.tenure.map_or(FileTime(0), |tenure| tenure.since),
    }
}
