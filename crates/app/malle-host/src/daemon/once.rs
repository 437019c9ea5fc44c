//! Background work when somebody asks for it: in this process, or in the one that keeps the store.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use mapi_spi::{Call, CancelToken, OpenMode, Role};

use super::{Clerk, Keeper, Place, Work};
use crate::control::{AskError, Failure, Reply, Request, Server, WorkRow};
use crate::lease::{Card, NoAnswer, Turn, Wanted, lease_or_ask};

/// Who did the work, and what failed in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cared {
    /// Whether this process did it; else the one that holds the lease.
    pub here: bool,
    /// What failed.
    pub problems: Vec<Failure>,
}

/// How the work is asked for.
#[derive(Debug, Clone, Copy)]
pub struct Asking<'a> {
    /// What this process shows itself as while it holds the lease.
    pub program: &'a str,
    /// The home's directory for running processes.
    pub run: &'a Path,
    /// How long a holder may take before it begins to answer.
    pub patience: Duration,
}

/// Does all background work of a store that there is to do: here, if nobody keeps the store, else by asking who does; `each` is
/// shown how far the other is. Nothing is done twice, whoever comes or goes meanwhile.
///
/// # Errors
/// [`NoAnswer`].
pub fn care_now(
    place: &Place,
    works: &[Arc<dyn Work>],
    asking: &Asking<'_>,
    each: &mut dyn FnMut(&WorkRow),
    call: &Call,
) -> Result<Cared, NoAnswer> {
    let store = place.open(OpenMode::ReadWrite, call)?;
    let opened = Server::begin(asking.run).ok();
    let socket = opened.as_ref().map(|opened| opened.path());
    let card = Card::of_this_process(asking.program, socket);
    let request = Request::Flush {
        store: Some(store.info().uid.to_string()),
    };
    let wanted = Wanted {
        request: &request,
        patience: asking.patience,
    };
    let mut shown = |reply: &Reply| {
        if let Reply::Working { work: Some(work) } = reply {
            each(work);
        }
    };
    let turn = lease_or_ask(
        store.as_ref(),
        Role::Keeper,
        &card,
        &wanted,
        &mut shown,
        call,
    )?;
    let lease = match turn {
        Turn::Mine(lease) => lease,
        Turn::Theirs(reply) => return theirs(reply),
    };
    let stop = CancelToken::default();
    let keeper = Arc::new(Keeper::new(place.clone(), works.to_vec(), card, stop));
    let clerk = Arc::new(Clerk::new(asking.program, None));
    clerk.keeps(vec![Arc::clone(&keeper)], Vec::new());
    let _server = opened.and_then(|opened| opened.serve(clerk).ok());
    let problems = keeper.once(&lease, call)?;
    Ok(Cared {
        here: true,
        problems,
    })
}

fn theirs(reply: Reply) -> Result<Cared, NoAnswer> {
    match reply {
        Reply::Done { problems, .. } => Ok(Cared {
            here: false,
            problems,
        }),
        Reply::Failed(failure) => Ok(Cared {
            here: false,
            problems: vec![failure],
        }),
        Reply::Status(_) | Reply::Working { .. } => {
            let detail = "an answer to another question";
            Err(NoAnswer::Ask(AskError::Broken(std::io::Error::other(
                detail,
            ))))
        }
    }
}
