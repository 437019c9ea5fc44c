//! Asking a transport what became of messages, by the tokens of its marks. Requirement XP-01; docs/design/sending.md

use mapi::spool::Carrier;
use mapi_props::Code;
use mapi_spi::{Call, Error, Fate, Result};

use crate::Options;
use crate::aside::{Asking, Occupied, aside};

/// What became of the recipients of a message that were said to be sent, in order; `None`: nobody knows.
pub(crate) type Fates = Vec<Option<Fate>>;

/// What a transport says of messages.
#[derive(Debug)]
pub(crate) enum Said {
    /// This of each. An answer that is missing says nothing.
    Known {
        /// What became of them.
        fates: Vec<Fates>,
        /// Whether what it has sent is delivered.
        delivers: bool,
    },
    /// It never will say anything.
    Nothing,
    /// Not now; if it said why, this.
    Later(Option<Error>),
}

/// Asks a transport what became of messages. One that is in a call is not asked: what it does there may change the answer.
///
/// # Errors
/// The end of the call.
pub(crate) fn ask(
    carrier: &Carrier,
    tokens: Vec<Vec<u8>>,
    occupied: &Occupied,
    options: &Options,
    call: &Call,
) -> Result<Said> {
    if occupied.is() {
        return Ok(Said::Later(None));
    }
    let theirs = carrier.clone();
    let ask = move |_: &Asking<(), (), _>, call: &Call| {
        let fates = theirs.ascertain(&tokens, call)?;
        Ok((fates, theirs.delivers()))
    };
    let answered = aside(occupied, options, call, ask, |()| Ok(()));
    call.check()?;
    Ok(match answered {
        Ok(Some(Ok((fates, delivers)))) => Said::Known { fates, delivers },
        Ok(Some(Err(error))) if error.code() == Code::NO_SUPPORT => Said::Nothing,
        Ok(Some(Err(error))) | Err(error) => Said::Later(Some(error)),
        Ok(None) => {
            let detail = "the transport does not say what became of messages";
            Said::Later(Some(Error::new(Code::TIMEOUT, detail)))
        }
    })
}
