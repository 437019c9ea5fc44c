//! Receiving: each transport that receives puts what has arrived into the store.
//! Reference: "Message Reception Model", "IXPLogon::Poll" (requirements SUB-02, XP-01); docs/design/arriving.md

use std::time::Duration;

use mapi::Session;
use mapi::spool::{Arrived, Carrier, Spool};
use mapi_props::Code;
use mapi_spi::{Call, Error, Result};

use crate::Options;
use crate::aside::{Asking, Occupied, aside};
use crate::round::{Problem, Round};

/// Has a transport bring what has arrived, and says when it wants to be asked again; `None`: it says so itself. One that only sends
/// is not asked. What went wrong is a problem of the round, and what was delivered before stays. One that does not come back is left
/// behind: what it would deliver after that is refused.
///
/// # Errors
/// What keeps every transport from delivering: `MAPI_E_END_OF_SESSION`, the end of `call`.
pub(crate) fn receive(
    session: &Session,
    spool: &Spool,
    carrier: &Carrier,
    limits: (&Options, &Occupied),
    call: &Call,
    round: &mut Round,
) -> Result<Option<Duration>> {
    if !carrier.receives() {
        return Ok(None);
    }
    let reporting = session.reporting().unwrap_or_else(|error| {
        // Mail arrives whatever the profile says of reports; only what goes on from here waits until it can be read.
        round.problems.push(Problem {
            transport: None,
            what: "rules of the profile for reports".to_owned(),
            error,
        });
        mapi::Reporting::default()
    });
    let (theirs, store) = (carrier.clone(), spool.clone());
    let work = move |_: &Asking<(), (), _>, call: &Call| -> Result<_> {
        let mut inbox = store.under(call).inbox(theirs.uid(), &reporting)?;
        let received = theirs.receive(&mut inbox, call);
        Ok((received, inbox.finish()))
    };
    let (options, occupied) = limits;
    let received = aside(occupied, options, call, work, Ok)?;
    let (received, arrived) = received.unwrap_or_else(|| {
        let detail = "the transport did not come back in time, and does not stop";
        Ok((Err(Error::new(Code::TIMEOUT, detail)), Arrived::default()))
    })?;
    round.delivered += arrived.delivered;
    let mut problem = |error: Error| {
        round.problems.push(Problem {
            transport: Some(carrier.uid()),
            what: carrier.name(),
            error,
        });
    };
    arrived.failures.into_iter().for_each(&mut problem);
    match received {
        Ok(next) => Ok(next),
        Err(error) if ends_the_round(&error, call) => Err(error),
        Err(error) => {
            problem(error);
            Ok(None)
        }
    }
}

/// Whether the spooler has nothing more to do, rather than this transport.
fn ends_the_round(error: &Error, call: &Call) -> bool {
    error.code() == Code::END_OF_SESSION || call.check().is_err()
}
