//! `malle outbox`: what waits to be sent, and what is to happen to it.

mod orders;

use std::io;

use malle_host::control::MailOrder;
use malle_views::{PersonState, QueuedPerson, QueuedState, QueuedView, queued, queued_people};
use mapi::OpenFlags;
use serde::Serialize;

use crate::app::App;
use crate::args::OutboxCommand;
use crate::exit::{Exit, Failure, Outcome};
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
        if self.0.is_empty() {
            return Ok(());
        }
        table(&self.0, to)?;
        about_unknown(&self.0, to)
    }
}

/// Shows what waits in every store of the profile.
pub(super) fn list(app: &App) -> Outcome<Exit> {
    let all = List(all(app)?);
    if all.0.is_empty() {
        app.output.note(Msg::OutboxEmpty, &[]);
    }
    app.output.show(&all)?;
    Ok(Exit::Ok)
}

/// A message with its recipients: the message's own fields and `"recipients":[{"kind","name","address","state","why"}],"references"?:[path]`.
#[derive(Serialize)]
struct One {
    #[serde(flatten)]
    message: QueuedView,
    recipients: Vec<QueuedPerson>,
    /// Files that the message only names.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    references: Vec<String>,
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
                Some(why) => to.line(format_args!(
                    "{who}: {state}: {}",
                    text::clean(&lang.told(why))
                ))?,
                None => to.line(format_args!("{who}: {state}"))?,
            }
        }
        for path in &self.references {
            to.say(Msg::OnlyNamed, &[&text::clean(path)])?;
        }
        about_unknown(std::slice::from_ref(&self.message), to)
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
    let references = message.references().into_iter().map(|r| r.path).collect();
    let (message, recipients) = found.ok_or_else(|| not_in_queue(app, id))?;
    app.output.show(&One {
        message,
        recipients,
        references,
    })?;
    Ok(Exit::Ok)
}

/// The message is there, and does not wait to be sent.
fn not_in_queue(app: &App, id: &str) -> Failure {
    let code = "MAPI_E_NOT_IN_QUEUE";
    app.fail(Exit::NotFound, code, Msg::NotInQueue, &[&id])
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
        let next = row
            .next
            .map(|t| text::soon(t, malle_host::now(), to.output.zone()));
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
            table.below(format!("    {}", text::clean(&lang.told(why))));
        }
    }
    let width = to.width();
    table.write(to, width)
}

/// What can be done with messages of which nobody knows whether they left, if there are any.
pub(super) fn about_unknown(rows: &[QueuedView], to: &mut Printer<'_>) -> io::Result<()> {
    let unknown = |row: &&QueuedView| row.state == QueuedState::Unknown;
    match rows.iter().find(unknown) {
        Some(first) => to.say(Msg::SentUnknown, &[&first.id]),
        None => Ok(()),
    }
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
