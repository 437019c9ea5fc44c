//! Notifications taken one by one, without a sink: a program that has a loop of its own waits here.

use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use mapi_props::Code;
use mapi_spi::{Call, Error, Result};

use super::Connection;
use super::hub::Hub;
use super::notification::Notification;
use super::subscription::Subscription;
use crate::table::LiveTable;

/// Takes the notifications of one registration, in order. Reads the change log only when asked, on the caller's thread: it
/// needs no other thread, and keeps nothing while nobody asks. Dropping it ends the registration.
///
/// ```
/// # fn show(inbox: &mapi::Folder) -> mapi::Result<()> {
/// use std::time::Duration;
/// use mapi::{EventMask, Notification};
///
/// let listener = inbox.store()?.listen(None, EventMask::NEW_MAIL)?;
/// while let Some(Notification::NewMail(mail)) = listener.next_within(Duration::from_secs(60))? {
///     println!("{}: {}", mail.message_class, mail.entry_id);
/// }
/// # Ok(()) }
/// ```
#[derive(Debug)]
pub struct Listener {
    subscription: Arc<Subscription>,
    hub: Weak<Hub>,
    call: Call,
    /// Ends the registration when dropped.
    connection: Connection,
}

impl Listener {
    pub(crate) fn new(subscription: Arc<Subscription>, hub: Weak<Hub>, call: Call) -> Self {
        let connection = Connection::new(Arc::clone(&subscription), 0);
        Self {
            subscription,
            hub,
            call,
            connection,
        }
    }

    /// The same, keeping the table that is followed for it.
    pub(crate) fn holding(self, table: Arc<LiveTable>) -> Self {
        Self {
            connection: self.connection.holding(table),
            ..self
        }
    }

    /// The connection number; see [`Connection::number`].
    #[must_use]
    pub fn number(&self) -> u32 {
        self.connection.number()
    }

    /// The next notification that is there by now; never waits.
    ///
    /// # Errors
    /// `MAPI_E_END_OF_SESSION` once its session or store has ended.
    pub fn try_next(&self) -> Result<Option<Notification>> {
        if let Some(next) = self.subscription.take() {
            return Ok(Some(next));
        }
        if self.subscription.is_over() {
            return Err(ended());
        }
        if let Some(hub) = self.hub.upgrade() {
            hub.pump();
        }
        Ok(self.subscription.take())
    }

    /// The next notification, waiting for it at most so long; `None` if none came. The wait also ends with the deadline of
    /// the call under which the listener was made.
    ///
    /// # Errors
    /// `MAPI_E_END_OF_SESSION` once its session or store has ended; `MAPI_E_USER_CANCEL` and `MAPI_E_TIMEOUT` of that call.
    pub fn next_within(&self, at_most: Duration) -> Result<Option<Notification>> {
        let end = Instant::now().checked_add(at_most);
        loop {
            if let Some(next) = self.try_next()? {
                return Ok(Some(next));
            }
            self.call.check()?;
            if end.is_some_and(|end| Instant::now() >= end) {
                return Ok(None);
            }
            self.wait(end)?;
        }
    }

    /// Those that come within so long, one by one, waiting for each. An error is the last that comes.
    ///
    /// ```
    /// # fn show(listener: &mapi::Listener) -> mapi::Result<()> {
    /// use std::time::Duration;
    ///
    /// for notification in listener.within(Duration::from_secs(5)) {
    ///     println!("{:?}", notification?);
    /// }
    /// # Ok(()) }
    /// ```
    pub fn within(
        &self,
        at_most: Duration,
    ) -> impl Iterator<Item = Result<Notification>> + use<'_> {
        let begun = Instant::now();
        let mut over = false;
        std::iter::from_fn(move || {
            if over {
                return None;
            }
            let next = self.next_within(at_most.saturating_sub(begun.elapsed()));
            over = next.is_err();
            next.transpose()
        })
    }

    /// Waits until there may be something, or the time or the call is over.
    fn wait(&self, end: Option<Instant>) -> Result<()> {
        let deadline = [end, self.call.deadline].into_iter().flatten().min();
        let Some(hub) = self.hub.upgrade() else {
            return self.doze(deadline);
        };
        // What ends the registration ends the wait, and so does what ends the call.
        let cancel = self.subscription.ended.child();
        let both = cancel.clone();
        let _linked = self.call.cancel.on_cancel(move || both.cancel());
        self.call.check()?;
        let call = Call {
            cancel,
            deadline,
            ..Call::default()
        };
        match hub.wait(&call) {
            // Why it ended, the caller finds out.
            Err(e) if matches!(e.code(), Code::TIMEOUT | Code::USER_CANCEL) => Ok(()),
            other => other,
        }
    }

    /// The same where no log wakes it, but whoever makes the rows.
    fn doze(&self, deadline: Option<Instant>) -> Result<()> {
        let subscription = Arc::clone(&self.subscription);
        let _woken = self.call.cancel.on_cancel(move || subscription.nudge());
        self.call.check()?;
        self.subscription.doze(&self.call.cancel, deadline);
        Ok(())
    }
}

impl Iterator for &Listener {
    type Item = Notification;

    /// Waits until there is one; the end comes with the session, or when the call under which the listener was made is
    /// cancelled.
    fn next(&mut self) -> Option<Notification> {
        loop {
            match self.next_within(Duration::from_secs(3600)) {
                Ok(Some(next)) => return Some(next),
                Ok(None) => {}
                Err(_) => return None,
            }
        }
    }
}

fn ended() -> Error {
    Error::new(Code::END_OF_SESSION, "what was listened to has been closed")
}
