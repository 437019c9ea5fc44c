//! What a transport is told and asked beside sending and receiving: each soon, on a thread of its own, or not at all.

use mapi::spool::Carrier;
use mapi_spi::{Call, Result, TransportNotice};

use crate::Options;
use crate::aside::brief;
use crate::work::Work;

/// How a transport works, as it said last.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Ways {
    /// It brings messages when it is asked.
    pub(crate) receives: bool,
    /// What it has sent is delivered.
    pub(crate) delivers: bool,
    /// How many messages it likes to be given at once.
    pub(crate) batch: usize,
}

impl Ways {
    fn of(carrier: &Carrier) -> Self {
        Self {
            receives: carrier.receives(),
            delivers: carrier.delivers(),
            batch: carrier.batch(),
        }
    }
}

/// Asks a transport how it works and, if it says that that is `changed`, what it reaches. Whether it answered; else what it said last
/// goes on.
///
/// # Errors
/// The end of the call.
pub(crate) fn ask(
    carrier: &Carrier,
    changed: bool,
    options: &Options,
    call: &Call,
    work: &mut Work,
) -> Result<bool> {
    let uid = carrier.uid();
    let theirs = carrier.clone();
    let ask = move |_: &Call| {
        if changed && let Err(error) = theirs.ask_reach() {
            tracing::warn!(%error, "a transport does not say what it reaches");
        }
        Ways::of(&theirs)
    };
    let said = brief(&work.occupied(uid), options, call, ask);
    call.check()?;
    let said = said.unwrap_or_else(|error| {
        tracing::warn!(%error, "a transport is not asked how it works");
        None
    });
    if let Some(ways) = said {
        work.ways.insert(uid, ways);
    }
    Ok(said.is_some())
}

/// Tells a transport something. That it does not want to hear it changes nothing. Whether it could be told now: one that is in a call
/// is not.
pub(crate) fn told(
    carrier: &Carrier,
    notice: TransportNotice,
    options: &Options,
    work: &mut Work,
) -> bool {
    let occupied = work.occupied(carrier.uid());
    if occupied.is() {
        return false;
    }
    let theirs = carrier.clone();
    let tell = move |_: &Call| {
        if let Err(error) = theirs.notify(&notice) {
            tracing::debug!(%error, ?notice, "a transport was told something");
        }
    };
    // What somebody cancels is said all the same: the transport counts on it.
    if let Err(error) = brief(&occupied, options, &Call::default(), tell) {
        tracing::warn!(%error, "a transport is not told something");
        return false;
    }
    true
}

/// Tells a transport something that it must hear: as soon as it can be told.
pub(crate) fn told_surely(
    carrier: &Carrier,
    notice: TransportNotice,
    options: &Options,
    work: &mut Work,
) {
    if !told(carrier, notice.clone(), options, work) {
        work.owed.entry(carrier.uid()).or_default().push(notice);
    }
}

/// Tells a transport what it could not be told earlier. Whether nothing is left.
pub(crate) fn told_rest(carrier: &Carrier, options: &Options, work: &mut Work) -> bool {
    let owed = work.owed.remove(&carrier.uid()).unwrap_or_default();
    for notice in owed {
        told_surely(carrier, notice, options, work);
    }
    !work.owed.contains_key(&carrier.uid())
}
