//! What still waits when a round ends, and when to look again.

use std::time::Duration;

use mapi::spool::Spool;
use mapi_kit::outgoing::state::Phase;
use mapi_props::FileTime;
use mapi_spi::Result;

use super::{Round, Wanted};
use crate::backoff;
use crate::work::{Recovery, Work};

/// Entries that are read at once.
const PAGE: usize = 1024;

/// How long what nothing can be done for now is left alone: recipients whose transport is not running.
const IDLE: Duration = Duration::from_mins(15);

/// Counts what waits, and says when the next round is wanted.
///
/// # Errors
/// Those of the store; the end of the call.
pub(super) fn take(spool: &Spool, wanted: &Wanted, work: &Work, round: &mut Round) -> Result<()> {
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
    let mut after = None;
    loop {
        let page = spool.queue(after, PAGE)?;
        after = page.last().map(|last| last.place);
        if after.is_none() {
            break;
        }
        for waiting in page {
            match waiting.state.phase {
                Phase::Waiting { until, .. } => {
                    round.waiting += 1;
                    // One that is due already could not be sent in this round, for it waits behind another.
                    let at = if until > now || !wanted.up {
                        until
                    } else {
                        backoff::after(now, IDLE)
                    };
                    sooner(at);
                }
                Phase::Ready if wanted.up => {
                    round.waiting += 1;
                    sooner(backoff::after(now, IDLE));
                }
                Phase::Ready => sooner(now),
                // Its transport is to say what became of it.
                Phase::Committing if !work.is_unsettled(waiting.item) => round.waiting += 1,
                _ => {}
            }
        }
    }
    round.next = next.map(|at| backoff::until(now, at));
    Ok(())
}
