//! Mail when somebody asks for it: by this process, or by the one that is the spooler of the store.

use std::sync::Arc;
use std::time::Instant;

use mapi_props::Code;
use mapi_spi::{Call, CancelToken, Error, OpenMode, Role};

use super::clerk::{ENDED, NOT_HOLDER};
use super::{Asking, Clerk, Errand, Keeper, MailDone, PROGRAM, Place};
use crate::control::{AskError, Failure, Reply, Request, Server, WorkRow};
use crate::lease::{Card, Lease, NoAnswer, Turn, Wanted, lease_or_ask, look};

/// Who did it, and what came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Posted {
    /// Whether this process did it; else the one that is the spooler.
    pub here: bool,
    /// What came of it.
    pub done: MailDone,
}

/// Has something done by the spooler of a store: by this process, if nobody is, else by asking who is; `each` is shown how far
/// the other is. `request` says the same as `errand` for the control socket: [`Request::Spool`] with [`Errand::round`],
/// [`Request::Outbox`] with [`Errand::order`]. Nothing is done twice, whoever comes or goes meanwhile.
///
/// # Errors
/// [`NoAnswer`]; of [`NoAnswer::Store`], `MAPI_E_NO_SUPPORT` for a store without an outgoing queue.
pub fn post_now(
    place: &Place,
    errand: &Errand,
    request: &Request,
    asking: &Asking<'_>,
    each: &mut dyn FnMut(&WorkRow),
    call: &Call,
) -> Result<Posted, NoAnswer> {
    let store = place.open(OpenMode::ReadWrite, call)?;
    if !store.info().capabilities.submit {
        let detail = "the store has no outgoing queue";
        return Err(Error::new(Code::NO_SUPPORT, detail).into());
    }
    let until = Instant::now() + asking.patience;
    let wanted = Wanted {
        request,
        patience: asking.patience,
    };
    let mut shown = |reply: &Reply| {
        if let Reply::Working { work: Some(work) } = reply {
            each(work);
        }
    };
    loop {
        let opened = Server::begin(asking.run).ok();
        let socket = opened.as_ref().map(|opened| opened.path());
        let card = Card::of_this_process(asking.program, socket);
        let (role, store) = (Role::Spooler, store.as_ref());
        match lease_or_ask(store, role, &card, &wanted, &mut shown, call)? {
            Turn::Mine(lease) => {
                let keeper = Keeper::spooler(place.clone(), card, CancelToken::default());
                let keeper = Arc::new(keeper);
                let clerk = Arc::new(Clerk::new(asking.program, None));
                clerk.keeps(vec![Arc::clone(&keeper)], Vec::new());
                let _server = opened.and_then(|opened| opened.serve(clerk).ok());
                return here(&keeper, errand, &lease, call);
            }
            Turn::Theirs(reply) => {
                let posted = theirs(reply)?;
                // It gave the lease up in between: there is another holder, or none.
                if !was_left(&posted.done) || Instant::now() >= until {
                    return Ok(posted);
                }
                call.check()?;
            }
        }
    }
}

/// Whether the daemon is the spooler of a store: it learns by itself of what is put into the queue.
///
/// # Errors
/// Those of opening the store, and of [`look`].
pub fn daemon_sends(place: &Place, call: &Call) -> Result<bool, Error> {
    let store = place.open(OpenMode::ReadOnly, call)?;
    let seen = look(store.as_ref(), Role::Spooler, call)?;
    Ok(seen.held && seen.card.is_some_and(|card| card.program == PROGRAM))
}

fn here(keeper: &Keeper, errand: &Errand, lease: &Lease, call: &Call) -> Result<Posted, NoAnswer> {
    let done = keeper.mail_once(errand.clone(), lease, call)?;
    Ok(Posted { here: true, done })
}

fn was_left(done: &MailDone) -> bool {
    let left = |problem: &Failure| problem.code == ENDED || problem.code == NOT_HOLDER;
    done.problems.iter().any(left)
}

fn theirs(reply: Reply) -> Result<Posted, NoAnswer> {
    let done = match reply {
        Reply::Done { problems, mail } => MailDone {
            problems,
            tally: mail.unwrap_or_default(),
        },
        Reply::Failed(failure) => MailDone::failed(vec![failure]),
        Reply::Status(_) | Reply::Working { .. } => {
            let detail = "an answer to another question";
            let broken = std::io::Error::other(detail);
            return Err(NoAnswer::Ask(AskError::Broken(broken)));
        }
    };
    Ok(Posted { here: false, done })
}
