//! `malle send`, and what the commands that send share: when a message leaves, that it is sent, and what became of it.

mod became;

use std::time::Duration;

use malle_host::control::MailWanted;
use malle_host::sending::{SendingChoice, span, submit};
use mapi::{FileTime, Message, MsgStore, OpenFlags};

use crate::app::App;
use crate::args::{SendArgs, WhenArgs};
use crate::exit::{Exit, Failure, Outcome};
use crate::messages::Msg;
use crate::text;

use super::composing::{left_text, print_leaving, when};
use super::spooling::{self, PATIENCE};

pub(super) use became::{Became, Many, look};

/// When a message leaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Departure {
    /// It is left to others to send it.
    pub(super) queue: bool,
    /// Not before this.
    pub(super) not_before: Option<FileTime>,
}

impl Departure {
    /// As the command line says, else as the settings do.
    fn of(app: &App, args: &WhenArgs) -> Outcome<Self> {
        let said = args.after.as_ref().or(args.undo_for.as_ref());
        let not_before = match (&args.at, said) {
            (Some(at), _) => Some(when(app, at)?),
            (None, Some(said)) => later(app, said, span(said))?,
            (None, None) => later(app, "", Some(undo(app)?))?,
        };
        Ok(Self {
            queue: args.queue,
            not_before,
        })
    }

    /// Whether it is no task of this command to send it.
    fn waits(self) -> bool {
        self.queue || self.not_before.is_some_and(|time| time > malle_host::now())
    }
}

/// The moment so long from now; none if that is now.
fn later(app: &App, said: &str, span: Option<Duration>) -> Outcome<Option<FileTime>> {
    let wrong = || app.fail(Exit::Usage, "bad-time", Msg::BadSpan, &[&said]);
    let span = span.ok_or_else(wrong)?;
    if span.is_zero() {
        return Ok(None);
    }
    let then = text::after(malle_host::now(), span);
    then.map(Some).ok_or_else(wrong)
}

/// How long every message can be taken back.
fn undo(app: &App) -> Outcome<Duration> {
    Ok(choice(app)?.undo)
}

/// What the person chose about sending.
pub(super) fn choice(app: &App) -> Outcome<SendingChoice> {
    let choice = SendingChoice::of(app.host()?.profiles().home(), &app.profile_name()?);
    choice.map_err(|e| Failure::new(Exit::Usage, "settings", malle_host::reason(&e)))
}

pub(super) fn run(app: &App, args: &SendArgs) -> Outcome<Exit> {
    let departure = Departure::of(app, &args.when)?;
    let mut drafts = Vec::new();
    for id in &args.ids {
        let (store, message) = app.message(id, OpenFlags::NONE)?;
        if app.global.dry_run {
            print_leaving(app, &message)?;
            continue;
        }
        left_text(app, id)?;
        drafts.push((id, store, message));
    }
    if app.global.dry_run {
        return Ok(Exit::Ok);
    }
    let mut on_the_way = Vec::new();
    let mut failed = Vec::new();
    for (id, store, message) in drafts {
        match put(app, &store, &message, departure) {
            Ok(()) => on_the_way.push((store, message)),
            Err(failure) => failed.push((id.clone(), failure)),
        }
    }
    if let (true, Some((_, failure))) = (
        on_the_way.is_empty(),
        failed.pop_if(|_| args.ids.len() == 1),
    ) {
        return Err(failure);
    }
    let sent = carry(app, &on_the_way, departure)?;
    let many = Many::of(sent, &failed);
    let exit = many.exit();
    app.output.show(&many)?;
    Ok(exit)
}

/// Sends one message that is kept, and shows what became of it.
pub(super) fn send_one(app: &App, message: &Message, args: &WhenArgs) -> Outcome<Exit> {
    let departure = Departure::of(app, args)?;
    let id = message.short_id().map(|id| id.to_string());
    let store = app.store_of(&app.short_id(&id.unwrap_or_default())?)?;
    let became = send(app, &store, message, departure)?;
    let exit = became.exit();
    app.output.show(&became)?;
    Ok(exit)
}

/// Sends one message and says what became of it. An error says that it is not even queued.
pub(super) fn send(
    app: &App,
    store: &MsgStore,
    message: &Message,
    departure: Departure,
) -> Outcome<Became> {
    put(app, store, message, departure)?;
    let mut all = carry(app, &[(store.clone(), message.clone())], departure)?;
    all.pop()
        .ok_or_else(|| app.fail(Exit::Failure, "lost", Msg::NotThere, &[&"?"]))
}

/// Puts a draft into the queue.
fn put(app: &App, store: &MsgStore, message: &Message, departure: Departure) -> Outcome<()> {
    let id = message.entry_id();
    let id = id.ok_or_else(|| app.fail(Exit::Failure, "no-draft", Msg::NoDraft, &[&"?"]))?;
    submit(store, &id, departure.not_before).map_err(|e| app.failure(&e))
}

/// Has messages sent that are queued, unless they are to wait, and says what became of each.
fn carry(
    app: &App,
    messages: &[(MsgStore, Message)],
    departure: Departure,
) -> Outcome<Vec<Became>> {
    let mut trouble = None;
    if !departure.waits() && !messages.is_empty() {
        // They are queued: what keeps them there is told of each, and ends nothing.
        trouble = round(app).err();
    }
    look(app, messages, trouble.as_ref(), departure.waits())
}

/// Sends all that is due.
pub(super) fn round(app: &App) -> Outcome<()> {
    let wanted = MailWanted {
        up: true,
        ..MailWanted::default()
    };
    let rounds = spooling::rounds(app, &wanted, PATIENCE)?;
    match rounds.failure {
        Some(failure) => Err(failure),
        None if !rounds.any => Err(app.fail(Exit::Failure, "no-transport", Msg::NoTransports, &[])),
        None => Ok(()),
    }
}
