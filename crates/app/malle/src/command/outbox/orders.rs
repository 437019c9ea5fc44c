//! What is to happen to messages that wait to be sent.

use std::collections::BTreeSet;

use malle_host::control::{Failure as Problem, MailOrder};
use malle_host::sending::{into_drafts, take_back};
use malle_views::{QueuedState, QueuedView, queued};
use mapi::{Code, Message, MsgStore, OpenFlags, ShortId};

use crate::app::App;
use crate::exit::{Exit, Failure, Outcome};
use crate::messages::Msg;

use super::super::bulk::Tally;
use super::super::send::{Carried, Many, carry_now};
use super::super::spooling::order;
use super::not_in_queue;

/// The messages that ids name, by their stores.
fn named(app: &App, ids: &[String]) -> Outcome<Vec<(MsgStore, Vec<ShortId>)>> {
    let mut named: Vec<(MsgStore, Vec<ShortId>)> = Vec::new();
    for id in ids {
        let id = app.short_id(id)?;
        let store = app.store_of(&id)?;
        match named.iter_mut().find(|(s, _)| s.letter() == store.letter()) {
            Some((_, ids)) => ids.push(id),
            None => named.push((store, vec![id])),
        }
    }
    Ok(named)
}

/// Gives an order about messages, and shows for which it was carried out.
pub(super) fn give(app: &App, ids: &[String], what: MailOrder) -> Outcome<Exit> {
    let mut tally = Tally::default();
    for (store, ids) in named(app, ids)? {
        let problems = match app.global.dry_run {
            true => not_waiting(app, &store, &ids)?,
            false => order(app, &store, what, &ids)?,
        };
        for id in ids {
            let id = id.to_string();
            let problem = problems.iter().find(|p| p.about == id);
            tally.add(&id, problem.map_or(Ok(()), |p| Err(told(app, &id, p))))?;
        }
    }
    let (verb, msg) = match what {
        MailOrder::Hold => ("held", Msg::OutboxHeld),
        MailOrder::Release => ("released", Msg::OutboxReleased),
        // These are only given here to be tried without doing them.
        MailOrder::Retry | MailOrder::RetryUnknown => ("tried", Msg::DryRun),
        _ => ("filed", Msg::OutboxFiled),
    };
    tally.show(app, verb, msg, None)
}

/// What an order would meet: messages that do not wait.
fn not_waiting(app: &App, store: &MsgStore, ids: &[ShortId]) -> Outcome<Vec<Problem>> {
    let waiting = queued(store, malle_host::now()).map_err(|e| app.failure(&e))?;
    let waiting: BTreeSet<String> = waiting.into_iter().map(|one| one.id).collect();
    let gone = ids.iter().map(ToString::to_string);
    let gone = gone.filter(|id| !waiting.contains(id));
    let problem = |about| Problem {
        about,
        code: Code::NOT_IN_QUEUE.to_string(),
        message: String::new(),
    };
    Ok(gone.map(problem).collect())
}

/// What kept an order from being carried out, in the user's words where they are better.
fn told(app: &App, id: &str, problem: &Problem) -> Failure {
    let code = problem.code.clone();
    if code == Code::NOT_IN_QUEUE.to_string() {
        return not_in_queue(app, id);
    }
    Failure::new(Exit::Failure, code, problem.message.clone())
}

/// Takes messages back: at once where nobody has hold of one, else by the spooler.
pub(super) fn cancel(app: &App, ids: &[String]) -> Outcome<Exit> {
    let mut tally = Tally::default();
    for id in ids {
        let back = taken_back(app, id);
        tally.add(id, back)?;
    }
    tally.show(app, "cancelled", Msg::TakenBack, None)
}

fn taken_back(app: &App, id: &str) -> Outcome<()> {
    let (store, message) = app.message(id, OpenFlags::NONE)?;
    let not_there = || not_in_queue(app, id);
    let entry = message.entry_id().ok_or_else(not_there)?;
    if app.global.dry_run {
        let gone = not_waiting(app, &store, &[app.short_id(id)?])?;
        return gone.first().map_or(Ok(()), |_| Err(not_there()));
    }
    match take_back(&store, &entry) {
        Ok(()) => return Ok(()),
        Err(e) if e.code() == Code::NOT_IN_QUEUE => return Err(not_there()),
        Err(e) if e.code() == Code::UNABLE_TO_ABORT => {}
        Err(e) => return Err(app.failure(&e)),
    }
    let short = app.short_id(id)?;
    let problems = order(app, &store, MailOrder::BackToDrafts, &[short])?;
    match problems.first() {
        Some(problem) => Err(told(app, id, problem)),
        None => into_drafts(&store, &entry).map_err(|e| app.failure(&e)),
    }
}

/// Tries messages again now, and shows what became of each. Unless they are named these are neither those that somebody holds nor
/// those that are kept until their time.
pub(super) fn retry(app: &App, ids: &[String], unknown: bool) -> Outcome<Exit> {
    let by_will = |one: &QueuedView| matches!(one.state, QueuedState::Held | QueuedState::Deferred);
    let ids = match ids.is_empty() {
        true => {
            let all = super::all(app)?.into_iter();
            all.filter(|one| !by_will(one)).map(|one| one.id).collect()
        }
        false => ids.to_vec(),
    };
    let what = match unknown {
        true => MailOrder::RetryUnknown,
        false => MailOrder::Retry,
    };
    if app.global.dry_run {
        return give(app, &ids, what);
    }
    let mut tried: Vec<(MsgStore, Message)> = Vec::new();
    let mut failed = Vec::new();
    for (store, ids) in named(app, &ids)? {
        let problems = order(app, &store, what, &ids)?;
        for id in ids {
            let id = id.to_string();
            let ordered = match problems.iter().find(|p| p.about == id) {
                Some(problem) => Err(told(app, &id, problem)),
                None => app.message(&id, OpenFlags::NONE),
            };
            match ordered {
                Ok(found) => tried.push(found),
                Err(failure) => failed.push((id, failure)),
            }
        }
    }
    let mut carried = match tried.is_empty() {
        true => Carried::default(),
        false => carry_now(app, &tried)?,
    };
    carried.add_failed(&failed);
    carried.shown(|all| app.output.show(&Many(all)))
}
