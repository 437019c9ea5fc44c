//! Receiving: each transport that receives puts what has arrived into the store.
//! Reference: "Message Reception Model", "IXPLogon::Poll" (requirements SUB-02, XP-01); docs/design/arriving.md

use std::time::Duration;

use mapi::Reporting;
use mapi::spool::{Arrived, Carrier, Spool};
use mapi_props::Code;
use mapi_spi::{Call, Error, Result};

use crate::Options;
use crate::aside::{Asking, Occupied, aside};
use crate::round::{Problem, Round};

/// What receiving needs.
pub(crate) struct Receiving<'a> {
    pub(crate) spool: &'a Spool,
    pub(crate) options: &'a Options,
    pub(crate) call: &'a Call,
    /// Whether the transport is in a call.
    pub(crate) occupied: &'a Occupied,
    /// Where reports are collected.
    pub(crate) reporting: &'a Reporting,
}

impl Receiving<'_> {
    /// Has a transport that receives bring what has arrived, and says when it wants to be asked again; `None`: it says so itself. What went
    /// wrong is a problem of the round, and what was delivered before stays. One that does not come back is left behind: what it would
    /// deliver after that is refused.
    ///
    /// # Errors
    /// What keeps every transport from delivering: `MAPI_E_END_OF_SESSION`, the end of the call.
    pub(crate) fn take(&self, carrier: &Carrier, round: &mut Round) -> Result<Option<Duration>> {
        let (theirs, store) = (carrier.clone(), self.spool.clone());
        let reporting = self.reporting.clone();
        let work = move |_: &Asking<(), (), _>, call: &Call| -> Result<_> {
            let mut inbox = store.under(call).inbox(theirs.uid(), &reporting)?;
            let received = theirs.receive(&mut inbox, call);
            Ok((received, inbox.finish()))
        };
        let received = aside(self.occupied, self.options, self.call, work, Ok)?;
        let (received, arrived) = received.unwrap_or_else(|| {
            let detail = "the transport did not come back in time, and does not stop";
            Ok((Err(Error::new(Code::TIMEOUT, detail)), Arrived::default()))
        })?;
        round.delivered += arrived.delivered;
        let problem = |error: Error| Problem::of(carrier, error);
        let failures = arrived.failures.into_iter();
        round.problems.extend(failures.map(problem));
        match received {
            Ok(next) => Ok(next),
            Err(error) if ends_the_round(&error, self.call) => Err(error),
            Err(error) => {
                round.problems.push(problem(error));
                Ok(None)
            }
        }
    }
}

/// Whether the spooler has nothing more to do, rather than this transport.
fn ends_the_round(error: &Error, call: &Call) -> bool {
    error.code() == Code::END_OF_SESSION || call.check().is_err()
}
