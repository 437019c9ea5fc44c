//! What still waits when a round ends, and when to look again.

use std::time::Duration;

use mapi::spool::Spool;
use mapi_props::FileTime;
use mapi_spi::Result;

use super::{Round, Wanted};
use crate::backoff::{self, IDLE};
use crate::roster::Lane;
use crate::work::{Recovery, Work};

/// Counts what waits, and says when the next round is wanted.
///
/// # Errors
/// Those of the store; the end of the call.
pub(super) fn take(
    spool: &Spool,
    wanted: &Wanted,
    work: &mut Work,
    round: &mut Round,
) -> Result<()> {
    let now = spool.now();
    let mut next: Option<FileTime> = work.receive_at.values().min().copied();
    let mut sooner = |at: FileTime| next = Some(next.map_or(at, |next| next.min(at)));
    if !work.unsettled.is_empty() {
        round.waiting += work.unsettled.len() as u64;
        sooner(backoff::after(now, Duration::from_secs(5)));
    }
    if let Recovery::Asks(at) = work.recovery {
        sooner(at);
    }
    work.roster.catch_up(spool)?;
    work.roster.calm();
    let mut after = None;
    while let Some(_noted) = work.roster.page(spool, Lane::Unread, &mut after)? {}
    let (ready, waits) = work.roster.waiting();
    let committing = work.roster.committing();
    // Their transports are to say what became of them.
    let committing = committing.filter(|item| !work.is_unsettled(*item)).count();
    round.waiting += (waits + committing) as u64;
    work.roster.next_time().into_iter().for_each(&mut sooner);
    if wanted.up {
        round.waiting += ready as u64;
    }
    if ready > 0 {
        // What could be sent and was not in such a round waits behind another.
        let had_its_turn = wanted.up && wanted.target.is_none();
        let wait = if had_its_turn { IDLE } else { Duration::ZERO };
        sooner(backoff::after(now, wait));
    }
    round.next = next.map(|at| backoff::until(now, at));
    Ok(())
}
