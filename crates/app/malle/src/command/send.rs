//! `malle send`, and what the commands that send share: when a message leaves, that it is sent, and what became of it.

mod became;

use std::time::Duration;

use malle_host::control::MailWanted;
use malle_host::sending::{SendingChoice, span, submit};
use mapi::{FileTime, Message, MsgStore, OpenFlags};

use crate::app::App;
use crate::args::{SendArgs, SendNowArgs, WhenArgs};
use crate::exit::{Exit, Failure, Outcome};
use crate::messages::Msg;
use crate::text;

use super::composing::{left_text, print_leaving, when};
use super::spooling::{self, PATIENCE};

use became::look;
pub(super) use became::{Became, Many};

/// When a message leaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Departure {
    /// It is left to others to send it.
    pub(super) queue: bool,
    /// Not before this.
    pub(super) not_before: Option<FileTime>,
}

impl Departure {
    /// When what is written now leaves; none: it stays a draft.
    pub(super) fn wanted(app: &App, now: &SendNowArgs) -> Outcome<Option<Self>> {
        let departure = || Self::of(app, &now.when);
        now.wanted().then(departure).transpose()
    }

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
        match put(app, &store, &message, departure.not_before) {
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
    let mut carried = carry(app, &on_the_way, departure)?;
    carried.add_failed(&failed);
    carried.shown(|all| app.output.show(&Many(all)))
}

/// Sends one message that is kept, and shows what became of it. What cannot be sent stays a draft.
pub(super) fn send_one(app: &App, message: &Message, departure: Departure) -> Outcome<Exit> {
    let id = message.short_id().map(|id| id.to_string());
    let id = id.unwrap_or_default();
    let store = app.store_of(&app.short_id(&id)?)?;
    put(app, &store, message, departure.not_before).map_err(|failure| match &failure.hint {
        Some(_) => failure,
        None => failure.hint(app.output.lang.say(Msg::StaysDraft, &[&id])),
    })?;
    let carried = carry(app, &[(store, message.clone())], departure)?;
    carried.shown(|all| match all.first() {
        Some(one) => app.output.show(one),
        None => Ok(()),
    })
}

/// Puts a draft into the queue.
pub(super) fn put(
    app: &App,
    store: &MsgStore,
    message: &Message,
    not_before: Option<FileTime>,
) -> Outcome<()> {
    let id = message.entry_id();
    let id = id.ok_or_else(|| app.fail(Exit::Failure, "no-draft", Msg::NoDraft, &[&"?"]))?;
    submit(store, &id, not_before).map_err(|e| app.failure(&e))?;
    // Read anew: what was resolved names its file no more.
    let sent = store.open_message(&id, OpenFlags::NONE);
    for left in sent.map(|sent| sent.references()).unwrap_or_default() {
        app.output.note(Msg::OnlyNamed, &[&text::clean(&left.path)]);
    }
    Ok(())
}

/// What became of messages that were to be sent, and whether Ctrl-C was in the way.
#[derive(Debug, Default)]
pub(super) struct Carried {
    pub(super) became: Vec<Became>,
    interrupted: bool,
}

impl Carried {
    /// Those that never were in the queue.
    pub(super) fn add_failed(&mut self, failed: &[(String, Failure)]) {
        let failed = failed.iter().map(|(id, f)| Became::failed(id.clone(), f));
        self.became.extend(failed);
    }

    /// Shows it, and says how the command ends.
    pub(super) fn shown(self, show: impl FnOnce(&[Became]) -> Outcome<()>) -> Outcome<Exit> {
        show(&self.became)?;
        Ok(match self.interrupted {
            true => Exit::Interrupted,
            false => Exit::of_all(self.became.iter().map(Became::exit)),
        })
    }
}

/// Has messages sent that are queued, unless they are to wait, and says what became of each.
fn carry(app: &App, messages: &[(MsgStore, Message)], departure: Departure) -> Outcome<Carried> {
    match departure.waits() || messages.is_empty() {
        // They are queued: what keeps them there is told of each, and ends nothing.
        false => carry_now(app, messages),
        true => Ok(Carried {
            became: look(app, messages, None, true)?,
            interrupted: false,
        }),
    }
}

/// Has messages sent that are queued, and says what became of each.
pub(super) fn carry_now(app: &App, messages: &[(MsgStore, Message)]) -> Outcome<Carried> {
    let trouble = round(app).err();
    let became = look(app, messages, trouble.as_ref(), false)?;
    let interrupted = trouble.is_some_and(|failure| failure.exit == Exit::Interrupted);
    Ok(Carried {
        became,
        interrupted,
    })
}

/// Sends all that is due. An error is what kept something from being sent.
pub(super) fn round(app: &App) -> Outcome<()> {
    let wanted = MailWanted {
        up: true,
        ..MailWanted::default()
    };
    let rounds = spooling::rounds(app, &wanted, PATIENCE)?;
    match rounds.failure {
        _ if rounds.interrupted => Err(spooling::interrupted(app)),
        Some(failure) => Err(failure),
        None if !rounds.any => Err(app.fail(Exit::Failure, "no-transport", Msg::NoTransports, &[])),
        None => match rounds.problems.into_iter().next() {
            Some(problem) => Err(Failure::new(Exit::Failure, problem.code, problem.message)),
            None => Ok(()),
        },
    }
}
