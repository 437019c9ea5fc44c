//! A transport behind which another one works, with a script between it and whoever calls.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use mapi_props::{Code, MessageTree, PropTag, PropValue};
use mapi_spi::{
    Arrival, Attempt, Attempts, Call, Error, Fate, Inbox, Mark, OneOf, Outgoing, Reach, Result,
    ServiceConfig, SpoolerNotice, StatusChange, Support, Transport, TransportNotice, submit_one,
};

use crate::{Script, Step};

/// Strikes at every step as the script says; what it lets pass, another transport does.
pub struct ScriptedTransport {
    inner: Arc<dyn Transport>,
    support: Arc<dyn Support>,
    script: Arc<Script>,
    ended: AtomicBool,
    notices: Mutex<Vec<TransportNotice>>,
}

impl fmt::Debug for ScriptedTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ScriptedTransport")
            .field("inner", &self.inner)
            .finish_non_exhaustive()
    }
}

impl ScriptedTransport {
    /// One before `inner`, which was opened with `support`.
    #[must_use]
    pub fn before(
        inner: Arc<dyn Transport>,
        support: Arc<dyn Support>,
        script: Arc<Script>,
    ) -> Self {
        Self {
            inner,
            support,
            script,
            ended: AtomicBool::new(false),
            notices: Mutex::default(),
        }
    }

    /// What it does.
    #[must_use]
    pub const fn script(&self) -> &Arc<Script> {
        &self.script
    }

    /// Whether it was logged off.
    #[must_use]
    pub fn has_ended(&self) -> bool {
        self.ended.load(Ordering::SeqCst)
    }

    /// What it was told since this was asked last.
    pub fn notices(&self) -> Vec<TransportNotice> {
        let mut notices = self.notices.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut notices)
    }

    /// Says one column of its row.
    pub fn says(&self, tag: impl Into<PropTag>, value: impl Into<PropValue>) {
        let row = [(tag.into(), value.into())];
        self.support.modify_status_row(&row, StatusChange::Update);
    }

    /// Tells the spooler something.
    pub fn tells(&self, notice: SpoolerNotice) {
        self.support.spooler_notify(notice);
    }
}

impl Transport for ScriptedTransport {
    fn reach(&self) -> Reach {
        let _nothing_to_say = self.script.meet(Step::Reach, &Call::default());
        self.inner.reach()
    }

    fn receives(&self) -> bool {
        self.inner.receives()
    }

    fn delivers(&self) -> bool {
        self.inner.delivers()
    }

    fn notify(&self, notice: &TransportNotice) -> Result<()> {
        let mut notices = self.notices.lock().unwrap_or_else(PoisonError::into_inner);
        notices.push(notice.clone());
        drop(notices);
        self.script.hear(notice);
        self.inner.notify(notice)
    }

    fn config_changed(&self, config: &ServiceConfig, call: &Call) -> Result<()> {
        self.inner.config_changed(config, call)
    }

    fn validate_state(&self, flags: u32, call: &Call) -> Result<()> {
        self.script.meet(Step::Validate, call)?;
        self.inner.validate_state(flags, call)
    }

    fn change_password(&self, old: &str, new: &str, call: &Call) -> Result<()> {
        self.inner.change_password(old, new, call)
    }

    fn flush(&self, flags: u32, call: &Call) -> Result<()> {
        self.inner.flush(flags, call)
    }

    fn submit(
        &self,
        message: &Outgoing<'_>,
        attempt: &mut dyn Attempt,
        call: &Call,
    ) -> Result<Vec<Fate>> {
        submit_one(self, message, attempt, call)
    }

    fn preprocess(
        &self,
        message: &mut MessageTree,
        recipients: &[usize],
        call: &Call,
    ) -> Result<()> {
        self.script.prepare(message);
        self.inner.preprocess(message, recipients, call)
    }

    fn batch(&self) -> usize {
        self.inner.batch()
    }

    fn submit_all(
        &self,
        messages: &[Outgoing<'_>],
        attempts: &mut dyn Attempts,
        call: &Call,
    ) -> Vec<Result<Vec<Fate>>> {
        let mut answers: Vec<Option<Result<Vec<Fate>>>> = Vec::new();
        let (mut passed, mut places) = (Vec::new(), Vec::new());
        for (place, message) in messages.iter().enumerate() {
            answers.push(match self.script.meet(Step::Submit, call) {
                Ok(None) => {
                    passed.push(*message);
                    places.push(place);
                    None
                }
                Ok(Some(fate)) => Some(Ok(vec![fate; message.recipients.len()])),
                Err(error) => Some(Err(error)),
            });
        }
        let mut between = Between {
            attempts,
            script: &self.script,
            call,
            places: &places,
        };
        let given = match passed.as_slice() {
            [] => Vec::new(),
            [one] => {
                let (attempts, message) = (&mut between, 0);
                let mut only = OneOf { attempts, message };
                vec![self.inner.submit(one, &mut only, call)]
            }
            several => self.inner.submit_all(several, &mut between, call),
        };
        let said = given.iter().any(Result::is_ok);
        let lost = if said {
            self.script.meet(Step::Said, call).err()
        } else {
            None
        };
        let mut given = given.into_iter().map(|answer| match &lost {
            Some(error) if answer.is_ok() => Err(Error::new(error.code(), error.detail())),
            _ => answer,
        });
        let nothing = || {
            Err(Error::new(
                Code::CALL_FAILED,
                "the transport did not answer",
            ))
        };
        answers
            .into_iter()
            .map(|answer| answer.unwrap_or_else(|| given.next().unwrap_or_else(nothing)))
            .collect()
    }

    fn ascertain(&self, tokens: &[Vec<u8>], call: &Call) -> Result<Vec<Vec<Option<Fate>>>> {
        let said = self.script.meet(Step::Ascertain, call)?;
        let mut fates = self.inner.ascertain(tokens, call)?;
        if let Some(said) = said {
            fates
                .iter_mut()
                .flatten()
                .for_each(|f| *f = Some(said.clone()));
        }
        Ok(fates)
    }

    fn receive(&self, inbox: &mut dyn Inbox, call: &Call) -> Result<Option<Duration>> {
        self.script.meet(Step::Receive, call)?;
        let mut between = BetweenInbox {
            inbox,
            script: &self.script,
            call,
        };
        self.inner.receive(&mut between, call)
    }

    fn logoff(&self) {
        self.ended.store(true, Ordering::SeqCst);
        self.inner.logoff();
    }
}

/// Attempts with the script before and after the mark.
struct Between<'a> {
    attempts: &'a mut dyn Attempts,
    script: &'a Script,
    call: &'a Call,
    /// Where the messages that were passed on stand among those given.
    places: &'a [usize],
}

impl Attempts for Between<'_> {
    fn committing(&mut self, marks: &[Mark]) -> Result<()> {
        self.script.meet(Step::Committing, self.call)?;
        let place = |mark: &Mark| {
            let place = self.places.get(mark.message).copied();
            place.map(|message| Mark {
                message,
                ..mark.clone()
            })
        };
        let marks: Option<Vec<Mark>> = marks.iter().map(place).collect();
        let none = || Error::new(Code::INVALID_PARAMETER, "a mark of no message");
        self.attempts.committing(&marks.ok_or_else(none)?)?;
        self.script.meet(Step::Committed, self.call).map(drop)
    }
}

/// An inbox with the script around it.
struct BetweenInbox<'a> {
    inbox: &'a mut dyn Inbox,
    script: &'a Script,
    call: &'a Call,
}

impl Inbox for BetweenInbox<'_> {
    fn deliver(&mut self, arrivals: Vec<Arrival>) -> Result<Vec<Result<()>>> {
        self.script.meet(Step::Deliver, self.call)?;
        let results = self.inbox.deliver(arrivals)?;
        self.script.meet(Step::Delivered, self.call)?;
        Ok(results)
    }

    fn forgotten(&mut self, tokens: &[Vec<u8>]) -> Result<()> {
        self.script.meet(Step::Forget, self.call)?;
        self.inbox.forgotten(tokens)?;
        self.script.meet(Step::Forgotten, self.call).map(drop)
    }
}
