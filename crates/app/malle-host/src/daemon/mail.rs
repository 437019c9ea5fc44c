//! Mail as background work: the spooler of a store, over a session of its own on the profile.
//!
//! Between two runs the session stays only while somebody needs it: a transport that brings messages and says itself when there are
//! some, or one that keeps a message for later. Else it is closed, and made anew when something is submitted.

mod errand;

use std::sync::mpsc::Sender;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use mapi::{Logon, Mapi, Session};
use mapi_props::Code;
use mapi_spi::{Call, Epoch, Error, LogEntry, Origin, Result};
use mapi_spooler::{Options, Round, Spooler, Waker, Wanted};

pub use errand::{Errand, MailDone};

use super::keeper::failure;
use super::{Desk, News, Place, Work};

/// The work of a spooler.
#[derive(Debug)]
pub(super) struct Mail {
    mapi: Mapi,
    /// What it was asked for.
    errands: Mutex<Vec<(Errand, Sender<MailDone>)>>,
    seat: Mutex<Option<Seat>>,
}

/// The spooler at work.
#[derive(Debug)]
struct Seat {
    /// Ends before the session does: it tells transports that it is over.
    spooler: Spooler,
    session: LoggedOn,
    epoch: Option<Epoch>,
}

/// A session that is logged off when it is dropped, whoever still has something of it.
#[derive(Debug)]
struct LoggedOn(Session);

impl Drop for LoggedOn {
    fn drop(&mut self) {
        self.0.logoff();
    }
}

impl Mail {
    pub(super) fn of(place: &Place) -> Self {
        Self {
            mapi: Mapi::initialize(std::sync::Arc::clone(place.host())),
            errands: Mutex::default(),
            seat: Mutex::default(),
        }
    }

    /// Leaves something to be done in the next run; what comes of it is sent to `done`.
    pub(super) fn leave_errand(&self, errand: Errand, done: Sender<MailDone>) {
        lock(&self.errands).push((errand, done));
    }

    /// What there is to do. Transports of a session that is not there have nothing to learn: the next one finds it out.
    fn take_errands(&self) -> Vec<(Errand, Sender<MailDone>)> {
        let mut errands = std::mem::take(&mut *lock(&self.errands));
        if lock(&self.seat).is_none() {
            let moot = |(errand, _): &mut (Errand, _)| matches!(errand, Errand::Validate(..));
            for (_, asker) in errands.extract_if(.., moot) {
                let _nobody_waits = asker.send(MailDone::default());
            }
        }
        errands
    }

    /// The spooler, begun if it is not there.
    fn seat<'a>(&'a self, desk: &Desk<'_>, call: &Call) -> Result<MutexGuard<'a, Option<Seat>>> {
        let mut seat = lock(&self.seat);
        // One of an earlier lease may do nothing any more.
        let stale = seat.as_ref().is_some_and(|seat| seat.epoch != call.epoch);
        if stale {
            *seat = None;
        }
        if seat.is_none() {
            *seat = Some(Seat::take(&self.mapi, desk, call)?);
        }
        Ok(seat)
    }

    /// Whether there is a reason to begin: a message that waits, or perhaps a transport that brings some.
    fn has_reason(&self, desk: &Desk<'_>, call: &Call) -> Result<bool> {
        let seated = lock(&self.seat).is_some();
        Ok(seated || desk.place.may_be_default() || !desk.store.queue(None, 1, call)?.is_empty())
    }
}

impl Seat {
    fn take(mapi: &Mapi, desk: &Desk<'_>, call: &Call) -> Result<Self> {
        let place = desk.place;
        // Stopping the work at hand must not stop the session, which outlives it.
        let under = Call {
            epoch: call.epoch,
            cancel: desk.stop.child(),
            ..Call::default()
        };
        let logon = Logon::profile(place.profile()).new_session().under(under);
        let session = LoggedOn(Session::logon(mapi, logon)?);
        let spooler = Self::begin(&session.0, desk)?;
        Ok(Self {
            spooler,
            session,
            epoch: call.epoch,
        })
    }

    fn begin(session: &Session, desk: &Desk<'_>) -> Result<Spooler> {
        let letter = desk.place.letter();
        let store = session.store_by_letter(letter)?;
        let default = session.default_store();
        let receives = default.is_ok_and(|default| default.letter() == letter);
        let alarm = desk.alarm.clone();
        let options = Options {
            receives,
            wake: Some(Waker::new(move || alarm.ring())),
            ..Options::default()
        };
        Spooler::begin(session, &store, options)
    }
}

impl Work for Mail {
    fn name(&self) -> &'static str {
        "mail"
    }

    fn concerns(&self, news: &News<'_>) -> bool {
        match news {
            News::Begun | News::Asked | News::Lost | News::Alarm => true,
            News::Entries(entries) => entries.iter().any(is_submitted),
        }
    }

    fn run(&self, desk: &Desk<'_>, call: &Call) -> Result<Option<Duration>> {
        let errands = self.take_errands();
        if errands.is_empty() && !self.has_reason(desk, call)? {
            return Ok(None);
        }
        let seat = self.seat(desk, call);
        let mut seat = match seat {
            Ok(seat) => seat,
            Err(error) => {
                let done = MailDone::failed(vec![failure("", &error)]);
                for (_, asker) in errands {
                    let _nobody_waits = asker.send(done.clone());
                }
                return Err(error);
            }
        };
        let Some(at) = seat.as_ref() else {
            return Ok(None);
        };
        let worked = at.work(errands, desk, call);
        let stays = match &worked {
            // Who waits for a transport's word, or for a message's next try, stays.
            Ok((_, waiting)) => {
                let spooler = &at.spooler;
                *waiting > 0
                    || spooler.listens(call).unwrap_or(false)
                    || spooler.keeps(call).unwrap_or(false)
            }
            Err(_) => false,
        };
        if !stays {
            *seat = None;
        }
        worked.map(|(next, _)| next)
    }

    fn leave(&self) {
        *lock(&self.seat) = None;
        // Whoever waits for these hears that nothing comes any more.
        lock(&self.errands).clear();
    }
}

impl Seat {
    /// Does what was asked for, and what is due. When to look again, and how many messages wait for another try.
    fn work(
        &self,
        errands: Vec<(Errand, Sender<MailDone>)>,
        desk: &Desk<'_>,
        call: &Call,
    ) -> Result<(Option<Duration>, u64)> {
        let mut is_due = errands.is_empty();
        let mut last = Round::default();
        for (errand, asker) in errands {
            is_due |= !matches!(errand, Errand::Round(_));
            let done = match errand {
                Errand::Round(wanted) => self.spooler.round(&wanted, call).and_then(|round| {
                    last = round;
                    MailDone::asked(&last, &self.session.0)
                }),
                other => other.run(&self.session.0, &self.spooler, desk, call),
            };
            match done {
                Ok(done) => {
                    let _nobody_waits = asker.send(done);
                }
                Err(error) => {
                    let _nobody_waits = asker.send(MailDone::failed(vec![failure("", &error)]));
                    return Err(error);
                }
            }
        }
        if is_due {
            last = self.spooler.round(&Wanted::due(), call)?;
        }
        MailDone::of(&last)
            .problems
            .into_iter()
            .for_each(|p| desk.note(p));
        Ok((last.next, last.waiting))
    }
}

/// Somebody else than the spooler has submitted it, or changed it while it waits.
fn is_submitted(entry: &LogEntry) -> bool {
    let waits = entry.flags & mapi::message_flags::SUBMIT != 0;
    waits && !entry.folder && entry.origin != Origin::SPOOLER
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Nobody does this here.
fn unknown(what: &str) -> Error {
    Error::new(Code::INVALID_PARAMETER, format!("{what} is no UID"))
}
