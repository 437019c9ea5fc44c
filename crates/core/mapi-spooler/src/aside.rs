//! Calls into transports on threads of their own, so that one that hangs keeps nobody from anything.
//!
//! A call that is cancelled or takes too long is told to stop ([`Call`]); what does not stop is left behind. Whatever it asks
//! after that is refused, so it can say no last word, and its transport is asked nothing more until it has returned.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, SyncSender, channel, sync_channel};
use std::thread::Builder;
use std::time::Instant;

use mapi_props::Code;
use mapi_spi::{Call, Error, Result};

use crate::Options;

/// Whether a call into a transport runs, perhaps left behind.
#[derive(Debug, Clone, Default)]
pub(crate) struct Occupied(Arc<AtomicBool>);

impl Occupied {
    pub(crate) fn is(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }
}

/// What comes from the thread.
enum Said<Q, A, T> {
    /// It asks.
    Asks(Q, SyncSender<Result<A>>),
    /// It has ended.
    Ended(T),
    /// The call was cancelled: somebody else's thread says so.
    Cancelled,
}

/// Where the thread asks.
pub(crate) struct Asking<Q, A, T>(Sender<Said<Q, A, T>>);

impl<Q, A, T> Asking<Q, A, T> {
    /// Asks, and waits for the answer.
    ///
    /// # Errors
    /// `MAPI_E_USER_CANCEL` once nobody waits for the call; what is answered.
    pub(crate) fn ask(&self, question: Q) -> Result<A> {
        let (answer, answered) = sync_channel(1);
        let left = || Error::new(Code::USER_CANCEL, "the call is waited for no longer");
        let sent = self.0.send(Said::Asks(question, answer));
        sent.map_err(|_| left())?;
        answered.recv().map_err(|_| left())?
    }
}

/// Runs `work` on a thread of its own until it ends, or `call` does, or patience. What it asks is answered here. `None`: it was left
/// behind.
///
/// # Errors
/// `MAPI_E_NOT_ENOUGH_RESOURCES` without a thread to run it on; the end of `call` before it began.
pub(crate) fn aside<Q, A, T>(
    occupied: &Occupied,
    options: &Options,
    call: &Call,
    work: impl FnOnce(&Asking<Q, A, T>, &Call) -> T + Send + 'static,
    mut answer: impl FnMut(Q) -> Result<A>,
) -> Result<Option<T>>
where
    Q: Send + 'static,
    A: Send + 'static,
    T: Send + 'static,
{
    call.check()?;
    let (say, hear) = channel();
    let limit = Instant::now().checked_add(options.patience);
    let deadline = match (call.deadline, limit) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    };
    let inner = Call {
        cancel: call.cancel.child(),
        deadline,
        ..Call::default()
    };
    let woken = say.clone();
    let _cancelled = call
        .cancel
        .on_cancel(move || drop(woken.send(Said::Cancelled)));
    if call.cancel.is_cancelled() {
        drop(say.send(Said::Cancelled));
    }
    let theirs = inner.clone();
    let busy = occupied.clone();
    occupied.0.store(true, Ordering::Release);
    let wake = options.wake.clone();
    let run = move || {
        let asking = Asking(say);
        let ended = work(&asking, &theirs);
        busy.0.store(false, Ordering::Release);
        if asking.0.send(Said::Ended(ended)).is_err()
            && let Some(wake) = wake
        {
            wake.wake();
        }
    };

    if let Err(error) = Builder::new().name("transport".to_owned()).spawn(run) {
        occupied.0.store(false, Ordering::Release);
        let detail = format!("no thread for a transport: {error}");
        return Err(Error::new(Code::NOT_ENOUGH_RESOURCES, detail));
    }
    let (mut stop_at, mut told) = (deadline, false);
    loop {
        match heard(&hear, stop_at) {
            Ok(Said::Ended(ended)) => return Ok(Some(ended)),
            Ok(Said::Asks(question, reply)) => {
                let answered = inner.check().and_then(|()| answer(question));
                // Nobody hears it if the thread has died.
                drop(reply.send(answered));
            }
            Ok(Said::Cancelled) if told => {}
            Ok(Said::Cancelled) | Err(RecvTimeoutError::Timeout) if !told => {
                told = true;
                inner.cancel.cancel();
                stop_at = Instant::now().checked_add(options.grace);
            }
            Ok(Said::Cancelled) | Err(_) => return Ok(None),
        }
    }
}

/// Has a transport do what is to be done at once, on a thread of its own. `None`: it is still in an earlier call, or has not come back
/// from this one.
///
/// # Errors
/// As [`aside`].
pub(crate) fn brief<T: Send + 'static>(
    occupied: &Occupied,
    options: &Options,
    call: &Call,
    work: impl FnOnce(&Call) -> T + Send + 'static,
) -> Result<Option<T>> {
    if occupied.is() {
        return Ok(None);
    }
    let bounds = Options {
        patience: options.brief,
        grace: options.grace.min(options.brief),
        ..options.clone()
    };
    let work = move |_: &Asking<(), (), T>, call: &Call| work(call);
    aside(occupied, &bounds, call, work, Ok)
}

fn heard<M>(
    from: &Receiver<M>,
    until: Option<Instant>,
) -> std::result::Result<M, RecvTimeoutError> {
    match until {
        Some(until) => from.recv_timeout(until.saturating_duration_since(Instant::now())),
        None => from.recv().map_err(|_| RecvTimeoutError::Disconnected),
    }
}

#[cfg(test)]
mod tests;
