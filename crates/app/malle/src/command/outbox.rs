//! `malle outbox`: what waits to be sent, and what is to happen to it.

mod orders;

use std::io;

use malle_host::control::MailOrder;
use malle_views::{PersonState, QueuedPerson, QueuedState, QueuedView, queued, queued_people};
use mapi::OpenFlags;
use serde::Serialize;

use crate::app::App;
use crate::args::OutboxCommand;
use crate::exit::{Exit, Outcome};
use crate::messages::{Lang, Msg};
use crate::output::{Printer, Shown};
use crate::text::{self, Column, Table};

pub(super) fn run(app: &App, verb: &OutboxCommand) -> Outcome<Exit> {
    match verb {
        OutboxCommand::List => list(app),
        OutboxCommand::Show { id } => show(app, id),
        OutboxCommand::Retry { ids, unknown } => orders::retry(app, ids, *unknown),
        OutboxCommand::Cancel { ids } => orders::cancel(app, ids),
        OutboxCommand::Hold { ids } => orders::give(app, ids, MailOrder::Hold),
        OutboxCommand::Release { ids } => orders::give(app, ids, MailOrder::Release),
        OutboxCommand::Sent { ids } => orders::give(app, ids, MailOrder::MarkSent),
    }
}

#[derive(Serialize)]
#[serde(transparent)]
struct List(Vec<QueuedView>);

impl Shown for List {
    fn text(&self, to: &mut Printer<'_>) -> io::Result<()> {
        table(&self.0, to)
    }
}

/// Shows what waits in every store of the profile.
pub(super) fn list(app: &App) -> Outcome<Exit> {
    app.output.show(&List(all(app)?))?;
    Ok(Exit::Ok)
}

/// A message with its recipients: the message's own fields and `"recipients":[{"kind","name","address","state","why"}]`.
#[derive(Serialize)]
struct One {
    #[serde(flatten)]
    message: QueuedView,
    recipients: Vec<QueuedPerson>,
}

impl Shown for One {
    fn text(&self, to: &mut Printer<'_>) -> io::Result<()> {
        table(std::slice::from_ref(&self.message), to)?;
        to.line("")?;
        let lang = to.output.lang;
        for person in &self.recipients {
            let who = text::clean(&shown(person)).into_owned();
            let state = person_word(person.state, lang);
            match &person.why {
                Some(why) => to.line(format_args!("{who}: {state}: {}", text::clean(why)))?,
                None => to.line(format_args!("{who}: {state}"))?,
            }
        }
        if self.message.state == QueuedState::Unknown {
            to.say(Msg::SentUnknown, &[&self.message.id])?;
        }
        Ok(())
    }
}

fn shown(person: &QueuedPerson) -> String {
    match (&person.name, &person.address) {
        (Some(name), Some(address)) if name != address => format!("{name} <{address}>"),
        (_, Some(one)) | (Some(one), None) => one.clone(),
        (None, None) => String::new(),
    }
}

fn show(app: &App, id: &str) -> Outcome<Exit> {
    let (store, message) = app.message(id, OpenFlags::NONE)?;
    let entry = message.entry_id();
    let found = entry.map(|entry| queued_people(&store, &entry, malle_host::now()));
    let found = found.transpose().map_err(|e| app.failure(&e))?.flatten();
    let not_there = || {
        app.fail(
            Exit::NotFound,
            "MAPI_E_NOT_IN_QUEUE",
            Msg::NotInQueue,
            &[&id],
        )
    };
    let (message, recipients) = found.ok_or_else(not_there)?;
    app.output.show(&One {
        message,
        recipients,
    })?;
    Ok(Exit::Ok)
}

/// What waits in every store of the profile that has a queue.
pub(super) fn all(app: &App) -> Outcome<Vec<QueuedView>> {
    let stores = app.session()?.stores().map_err(|e| app.failure(&e))?;
    let mut all = Vec::new();
    for store in &stores {
        all.extend(queued(store, malle_host::now()).map_err(|e| app.failure(&e))?);
    }
    Ok(all)
}

/// Messages in aligned columns, each with why it waits below.
pub(super) fn table(rows: &[QueuedView], to: &mut Printer<'_>) -> io::Result<()> {
    let lang = to.output.lang;
    let mut table = Table::new([
        Column::left(to.word(Msg::ColId)),
        Column::left(to.word(Msg::ColState)),
        Column::left(to.word(Msg::ColNext)),
        Column::left(to.word(Msg::ColTo)).elastic(),
        Column::left(to.word(Msg::ColSubject)).elastic(),
    ]);
    for row in rows {
        let next = row.next.map(|t| text::local_time(t, to.output.zone()));
        let subject = row.subject.as_deref().filter(|s| !s.is_empty());
        let subject = subject.unwrap_or(to.word(Msg::NoSubject));
        table.row([
            row.id.clone(),
            word(row.state, lang).to_owned(),
            next.unwrap_or_default(),
            text::clean(row.to.as_deref().unwrap_or_default()).into_owned(),
            text::clean(subject).into_owned(),
        ]);
        if let Some(why) = &row.why {
            table.below(format!("    {}", text::clean(why)));
        }
    }
    let width = to.width();
    table.write(to, width)
}

/// How far a message is, for a person.
pub(super) const fn word(state: QueuedState, lang: Lang) -> &'static str {
    lang.text(match state {
        QueuedState::Queued => Msg::StateQueued,
        QueuedState::Sending => Msg::StateSending,
        QueuedState::Waiting => Msg::StateWaiting,
        QueuedState::Deferred => Msg::StateDeferred,
        QueuedState::Held => Msg::StateHeld,
        QueuedState::Unknown => Msg::StateUnknown,
    })
}

/// How far a message is with one recipient, for a person.
const fn person_word(state: PersonState, lang: Lang) -> &'static str {
    lang.text(match state {
        PersonState::Open => Msg::StateQueued,
        PersonState::Leaving => Msg::StateSending,
        PersonState::Sent => Msg::StateSent,
        PersonState::Refused => Msg::StateRefused,
        PersonState::Deferred => Msg::StateDeferred,
        PersonState::Unknown => Msg::StateUnknown,
    })
}
