//! What became of messages that were to be sent.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::io;

use malle_views::{QueuedState, QueuedView, Refused, left, queued};
use mapi::{FileTime, MapiProp, Message, MsgStore, tags};
use serde::{Serialize, Serializer};

use crate::app::App;
use crate::exit::{Exit, Failure, Outcome};
use crate::messages::Msg;
use crate::output::{Printer, Shown};
use crate::text;

/// `{"id","subject","state","next","why","refused":[{"name","address","why"}]}`.
#[derive(Debug, Serialize)]
pub(crate) struct Became {
    id: String,
    subject: Option<String>,
    state: State,
    #[serde(serialize_with = "rfc3339")]
    next: Option<FileTime>,
    why: Option<String>,
    refused: Vec<Refused>,
    /// It waits because it was to.
    #[serde(skip)]
    by_will: bool,
    /// How a command ends that could not do what was asked.
    #[serde(skip)]
    exit: Exit,
}

/// Where a message is that was to be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum State {
    Queued,
    Sending,
    Waiting,
    Deferred,
    Held,
    Unknown,
    /// It has left, and no copy was wanted.
    Sent,
    /// It has left, and its copy is where it was wanted.
    Filed,
    /// It went to nobody.
    Refused,
    /// It never was in the queue.
    Failed,
}

impl From<QueuedState> for State {
    fn from(state: QueuedState) -> Self {
        match state {
            QueuedState::Queued => Self::Queued,
            QueuedState::Sending => Self::Sending,
            QueuedState::Waiting => Self::Waiting,
            QueuedState::Deferred => Self::Deferred,
            QueuedState::Held => Self::Held,
            QueuedState::Unknown => Self::Unknown,
        }
    }
}

impl Became {
    /// Where a message is now that has left the queue.
    fn gone(app: &App, store: &MsgStore, message: &Message, id: String) -> Outcome<Self> {
        let look = || -> mapi::Result<Self> {
            let subject = message.find(tags::SUBJECT)?;
            let Some(entry) = message.entry_id() else {
                return Ok(Self::new(id, subject, State::Failed));
            };
            let left = left(store, &entry)?;
            let state = match (left.kept, left.reached_nobody) {
                (_, true) => State::Refused,
                (true, false) => State::Filed,
                (false, false) => State::Sent,
            };
            Ok(Self {
                refused: left.refused,
                ..Self::new(id, subject, state)
            })
        };
        look().map_err(|e| app.failure(&e))
    }

    fn waiting(waiting: QueuedView) -> Self {
        Self {
            next: waiting.next,
            why: waiting.why,
            ..Self::new(waiting.id, waiting.subject, waiting.state.into())
        }
    }

    pub(super) fn failed(id: String, failure: &Failure) -> Self {
        Self {
            why: Some(failure.message.clone()),
            exit: failure.exit,
            ..Self::new(id, None, State::Failed)
        }
    }

    fn new(id: String, subject: Option<String>, state: State) -> Self {
        Self {
            id,
            subject,
            state,
            next: None,
            why: None,
            refused: Vec::new(),
            by_will: false,
            exit: Exit::Partial,
        }
    }

    /// Notes what kept it from being sent: trouble, or that it was to wait.
    fn not_sent_for(&mut self, trouble: Option<&Failure>, by_will: bool) {
        self.by_will = by_will;
        let stays = matches!(self.state, State::Queued | State::Sending);
        if stays && self.why.is_none() {
            self.why = trouble.map(|failure| failure.message.clone());
        }
    }

    /// How the command ends that sent it.
    pub(crate) fn exit(&self) -> Exit {
        match self.state {
            State::Sent | State::Filed if self.refused.is_empty() => Exit::Ok,
            State::Queued | State::Deferred if self.by_will => Exit::Ok,
            State::Deferred => Exit::Ok,
            _ => self.exit,
        }
    }

    fn line(&self, to: &mut Printer<'_>) -> io::Result<()> {
        let id = &self.id;
        let why = to.output.lang.told(self.why.as_deref().unwrap_or_default());
        let why = text::clean(&why);
        let next = self
            .next
            .map(|t| text::soon(t, malle_host::now(), to.output.zone()));
        match (self.state, next) {
            (State::Filed, _) => to.say(Msg::SentFiled, &[id]),
            (State::Sent, _) => to.say(Msg::SentGone, &[id]),
            (State::Refused, _) => to.say(Msg::SentToNobody, &[id]),
            (State::Failed, _) => to.say(Msg::NotSent, &[id, &why]),
            (State::Deferred, Some(next)) => to.say(Msg::SentLater, &[id, &next]),
            (State::Waiting, Some(next)) => to.say(Msg::SentWaits, &[id, &next, &why]),
            (State::Unknown, _) => to.say(Msg::SentUnknown, &[id]),
            (State::Held, _) => to.say(Msg::SentHeld, &[id]),
            _ if why.is_empty() => to.say(Msg::SentQueued, &[id]),
            _ => to.say(Msg::SentQueuedFor, &[id, &why]),
        }
    }
}

/// Looks where messages are now that were put into the queue, which is read once for each store; `trouble` kept them from being sent,
/// or they wait `by_will`.
pub(crate) fn look(
    app: &App,
    messages: &[(MsgStore, Message)],
    trouble: Option<&Failure>,
    by_will: bool,
) -> Outcome<Vec<Became>> {
    let mut queues: BTreeMap<String, Queue> = BTreeMap::new();
    let mut all = Vec::new();
    for (store, message) in messages {
        let queue = match queues.entry(store.letter().to_owned()) {
            Entry::Occupied(queue) => queue.into_mut(),
            Entry::Vacant(place) => place.insert(Queue::read(app, store)?),
        };
        let id = message.short_id().map(|id| id.to_string());
        let id = id.unwrap_or_default();
        let mut became = match queue.waiting.remove(&id) {
            Some((place, waiting)) => {
                let mut became = Became::waiting(waiting);
                if became.state == State::Queued && trouble.is_none() && !by_will {
                    became.why = queue.before(app, place);
                }
                became
            }
            None => Became::gone(app, store, message, id)?,
        };
        became.not_sent_for(trouble, by_will);
        all.push(became);
    }
    Ok(all)
}

/// What waits in a store.
struct Queue {
    /// Each with its place, by id.
    waiting: BTreeMap<String, (usize, QueuedView)>,
    /// The first that failed and is tried again: others may wait behind it, for the same transport.
    first: Option<(usize, QueuedView)>,
}

impl Queue {
    fn read(app: &App, store: &MsgStore) -> Outcome<Self> {
        let queue = queued(store, malle_host::now()).map_err(|e| app.failure(&e))?;
        let mut places = queue.iter().enumerate();
        let first = places.find(|(_, one)| one.state == QueuedState::Waiting);
        let first = first.map(|(place, one)| (place, one.clone()));
        let waiting = queue.into_iter().enumerate();
        let waiting = waiting.map(|(place, one)| (one.id.clone(), (place, one)));
        Ok(Self {
            waiting: waiting.collect(),
            first,
        })
    }

    /// Behind which other one a message waits that was not tried.
    fn before(&self, app: &App, place: usize) -> Option<String> {
        let (_, first) = self.first.as_ref().filter(|(at, _)| *at < place)?;
        let next = first.next.unwrap_or_else(malle_host::now);
        let next = text::soon(next, malle_host::now(), app.output.zone());
        let why = first.why.as_deref().unwrap_or_default();
        let why = app.output.lang.told(why);
        Some(
            app.output
                .lang
                .say(Msg::SentBehind, &[&first.id, &next, &why]),
        )
    }
}

impl Shown for Became {
    fn text(&self, to: &mut Printer<'_>) -> io::Result<()> {
        self.line(to)?;
        for refused in &self.refused {
            let who = text::clean(&refused.shown()).into_owned();
            match &refused.why {
                Some(why) => {
                    let why = to.output.lang.told(why);
                    to.say(Msg::RefusedWhy, &[&who, &text::clean(&why)])?;
                }
                None => to.say(Msg::RefusedNoWhy, &[&who])?,
            }
            if let Some(report) = &refused.report {
                to.say(Msg::RefusedResend, &[report])?;
            }
        }
        Ok(())
    }
}

/// What became of several messages.
#[derive(Debug, Serialize)]
#[serde(transparent)]
pub(crate) struct Many<'a>(pub(crate) &'a [Became]);

impl Shown for Many<'_> {
    fn text(&self, to: &mut Printer<'_>) -> io::Result<()> {
        self.0.iter().try_for_each(|one| one.text(to))
    }
}

#[expect(clippy::ref_option, reason = "the form that serde calls it in")]
fn rfc3339<S: Serializer>(time: &Option<FileTime>, to: S) -> Result<S::Ok, S::Error> {
    time.map(|time| time.to_string()).serialize(to)
}
