//! Taking up what an earlier spooler left. Reference: requirement SP-01; docs/design/sending.md
//!
//! A message that was only *started* has not left: it is tried again. Of one whose transport was saying its last word nobody
//! knows: recipients that were said to be sent become unknown, and are not served again unless somebody says so.

use mapi::spool::{Settlement, Spool};
use mapi_kit::outgoing::state::{Cause, Phase};
use mapi_props::Code;
use mapi_spi::{Call, Result};

use crate::round::Round;
use crate::settle::{self, Due};
use crate::work::Work;
use crate::{Options, backoff, outcome};

/// Entries that are read, and written, at once.
const PAGE: usize = 64;

/// So many attempts without an end, and the message may be what ends the process: it waits then.
const SUSPECT: u32 = 5;

/// Takes up everything, once for each spooler.
///
/// # Errors
/// Those of the store; the end of the call.
pub(crate) fn all(
    spool: &Spool,
    options: &Options,
    work: &mut Work,
    round: &mut Round,
    call: &Call,
) -> Result<()> {
    if work.recovered {
        return Ok(());
    }
    let mut after = None;
    loop {
        let page = spool.queue(after, PAGE)?;
        after = page.last().map(|last| last.place);
        if after.is_none() {
            work.recovered = true;
            return Ok(());
        }
        let mut due = Vec::new();
        for waiting in page {
            call.check()?;
            let begun = matches!(waiting.state.phase, Phase::Started | Phase::Committing);
            if !begun || work.is_unsettled(waiting.item) {
                continue;
            }
            let message = match spool.pick(waiting.item) {
                Ok((picked, _)) => picked,
                Err(error) if error.code() == Code::NOT_FOUND => continue,
                Err(error) => return Err(error),
            };
            let mut state = waiting.state;
            outcome::recovered(&mut state);
            if state.attempts >= SUSPECT {
                let wait = backoff::wait(options, state.attempts, 0);
                state.phase = Phase::Waiting {
                    until: backoff::after(spool.now(), wait),
                    cause: Cause::Recipients,
                    why: "The program ended while it was sending this message.".to_owned(),
                };
            }
            let verdict = outcome::verdict(&mut state, &message.recipients);
            due.push(Due::of(Settlement {
                message,
                state,
                verdict,
                recipients: None,
                reports: Vec::new(),
            }));
        }
        settle::write(spool, due, work, round)?;
    }
}
