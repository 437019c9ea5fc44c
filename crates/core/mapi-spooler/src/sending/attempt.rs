//! Giving messages to a transport: the mark before, the mark at its last word, and what it says in the end.
//! Reference: "IXPLogon::SubmitMessage", "IXPLogon::EndMessage" (requirements XP-01, SP-01)

use mapi::spool::{Carrier, Start};
use mapi_props::{Code, MessageTree};
use mapi_spi::{Attempts, Call, Error, Fate, Mark, Outgoing, Result};

use super::asking::Word;
use super::due::Queue;
use super::{Flow, Sending};
use crate::aside::{Asking, aside};
use crate::job::{self, Job};
use crate::outcome::Next;
use crate::settle;

/// What a transport said of each message.
type Answers = Vec<Result<Vec<Fate>>>;

/// A message on the transport's thread.
struct Given {
    entry_id: Vec<u8>,
    copy: MessageTree,
    places: Vec<usize>,
    again: bool,
}

/// Marks are made by who has the store, which is not the transport's thread.
struct Marks<'a> {
    asking: &'a Asking<Vec<Mark>, (), Result<Answers>>,
    /// Where the messages that the transport has stand among those that it was given.
    which: &'a [usize],
}

impl Attempts for Marks<'_> {
    fn committing(&mut self, marks: &[Mark]) -> Result<()> {
        let mark = |mark: &Mark| {
            let message = *self.which.get(mark.message)?;
            Some(Mark {
                message,
                ..mark.clone()
            })
        };
        let marks: Option<Vec<Mark>> = marks.iter().map(mark).collect();
        self.asking.ask(marks.ok_or_else(misplaced)?)
    }
}

impl Sending<'_> {
    /// Has a transport send these messages, and writes what became of them.
    ///
    /// # Errors
    /// Those of the store before a message was started; `MAPI_E_END_OF_SESSION`; the end of the call, when everything is written.
    pub(super) fn attempt(
        &mut self,
        carrier: &Carrier,
        jobs: Vec<Job>,
        queue: &mut Queue,
    ) -> Result<Flow> {
        let mut jobs = self.started(carrier, jobs)?;
        if jobs.is_empty() {
            return Ok(Flow::Goes);
        }
        let answers = self.submit(carrier, &mut jobs)?;
        let words = self.asked(carrier, &jobs, answers);
        let stopped = self.call.check().is_err();
        self.down_until = None;
        let mut flow = Flow::Goes;
        let mut due = Vec::new();
        for (mut job, word) in jobs.into_iter().zip(words) {
            let (next, error) = match word {
                Word::Answer(answer) => {
                    let next = job.note(carrier.uid(), &answer, stopped);
                    (next, answer.err())
                }
                Word::Learned(fates, error) => {
                    let next = job.learn(carrier.uid(), &fates, &error);
                    (next, Some(error))
                }
                Word::Owed(error) => {
                    self.problem(carrier, error);
                    self.owed(job.picked.meta.id);
                    continue;
                }
            };
            if let (Next::Down { .. }, Some(error)) = (&next, error) {
                if flow == Flow::Goes {
                    self.problem(carrier, error);
                }
                if !queue.may_pass(job.state.attempts) {
                    flow = Flow::Stops;
                }
            }
            due.push(self.after(carrier, job, next));
        }
        settle::write(&self.spool, due, self.work, self.round)?;
        self.call.check()?;
        if self.work.occupied(carrier.uid()).is() {
            flow = Flow::Stops;
        }
        Ok(flow)
    }

    /// Locks and marks them; those that were taken back meanwhile are left out.
    fn started(&mut self, carrier: &Carrier, mut jobs: Vec<Job>) -> Result<Vec<Job>> {
        let uid = carrier.uid();
        let states: Vec<_> = jobs.iter().map(|job| job.started(uid)).collect();
        let started = {
            let each = jobs.iter_mut().zip(&states);
            let mut start: Vec<Start<'_>> = each
                .map(|(job, state)| Start {
                    message: &mut job.picked,
                    state,
                })
                .collect();
            self.spool.start(&mut start)?
        };
        for job in &jobs {
            self.tried.insert((job.picked.meta.id, uid));
            if job.again {
                self.heard.wanted.remove(&(uid, job.picked.meta.id));
            }
        }
        let both = jobs.into_iter().zip(started);
        Ok(both.filter(|(_, s)| *s).map(|(job, _)| job).collect())
    }

    /// The call, on a thread of its own.
    fn submit(&mut self, carrier: &Carrier, jobs: &mut [Job]) -> Result<Answers> {
        let given: Vec<Given> = jobs.iter_mut().filter_map(given).collect();
        let count = jobs.len();
        let uid = carrier.uid();
        let theirs = carrier.clone();
        let work = move |asking: &Asking<_, _, _>, call: &Call| sent(&theirs, given, asking, call);
        let (spool, mut lost) = (&self.spool, None);
        let occupied = self.work.occupied(uid);
        let answered = aside(
            &occupied,
            self.options,
            self.call,
            work,
            |marks: Vec<Mark>| {
                let noted = committing(spool, uid, jobs, &marks);
                if let Err(error) = &noted
                    && error.code() == Code::END_OF_SESSION
                {
                    lost = Some(Error::new(error.code(), error.detail()));
                }
                noted
            },
        );
        if let Some(error) = lost {
            return Err(error);
        }
        let all = |error: &Error| {
            let one = || Err(Error::new(error.code(), error.detail()));
            std::iter::repeat_with(one).take(count).collect()
        };
        Ok(match answered {
            Ok(Some(Ok(answers))) => answers,
            Ok(Some(Err(error))) | Err(error) => all(&error),
            Ok(None) => all(&Error::new(
                Code::TIMEOUT,
                "the transport did not answer in time, and does not stop",
            )),
        })
    }
}

fn given(job: &mut Job) -> Option<Given> {
    Some(Given {
        entry_id: job.entry_id.clone(),
        copy: job.copy.take()?,
        places: job.places.clone(),
        again: job.again,
    })
}

/// Has the transport prepare the messages, and send those that it could.
fn sent(
    carrier: &Carrier,
    mut given: Vec<Given>,
    asking: &Asking<Vec<Mark>, (), Result<Answers>>,
    call: &Call,
) -> Result<Answers> {
    let each = given.iter_mut();
    let failed: Vec<Option<Error>> = each.map(|g| prepared(carrier, g, call).err()).collect();
    let (mut outgoing, mut which) = (Vec::new(), Vec::new());
    for (at, (given, failed)) in given.iter().zip(&failed).enumerate() {
        if failed.is_none() {
            outgoing.push(Outgoing {
                entry_id: &given.entry_id,
                message: &given.copy,
                recipients: &given.places,
                again: given.again,
            });
            which.push(at);
        }
    }
    let mut marks = Marks {
        asking,
        which: &which,
    };
    let answers = match outgoing.as_slice() {
        [] => Vec::new(),
        messages => carrier.submit_all(messages, &mut marks, call)?,
    };
    if answers.len() != outgoing.len() {
        let detail = "the transport did not say what became of each message";
        return Err(Error::new(Code::CALL_FAILED, detail));
    }
    let mut answers = answers.into_iter();
    let merged = failed.into_iter().map(|failed| match failed {
        Some(error) => Some(Err(error)),
        None => answers.next(),
    });
    Ok(merged.flatten().collect())
}

/// Has the transport prepare its copy ([`mapi_spi::Transport::preprocess`]).
fn prepared(carrier: &Carrier, given: &mut Given, call: &Call) -> Result<()> {
    let recipients = given.copy.recipients.len();
    carrier.preprocess(&mut given.copy, &given.places, call)?;
    if given.copy.recipients.len() != recipients {
        let detail = "the transport changed the recipients of a message";
        return Err(Error::new(Code::CALL_FAILED, detail));
    }
    Ok(())
}

fn misplaced() -> Error {
    let detail = "a mark of no message, or not of each of its recipients";
    Error::new(Code::INVALID_PARAMETER, detail)
}

/// Notes what a transport knows of messages before it says its last word.
fn committing(
    spool: &mapi::spool::Spool,
    uid: mapi_props::Guid,
    jobs: &mut [Job],
    marks: &[Mark],
) -> Result<()> {
    let mut states = Vec::new();
    for mark in marks {
        let job = jobs.get(mark.message);
        let job = job.filter(|job| job.places.len() == mark.fates.len());
        let job = job.ok_or_else(misplaced)?;
        states.push((job.picked.meta.id, job.committing(uid, mark)));
    }
    let rows: Vec<_> = states.iter().map(|(item, state)| (*item, state)).collect();
    spool.mark(&rows)?;
    for mark in marks {
        if let Some(job) = jobs.get_mut(mark.message) {
            job.marked = Some(mark.fates.clone());
            job.token = job::token(mark);
        }
    }
    Ok(())
}
