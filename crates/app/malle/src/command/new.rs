//! `malle new`: a new message, kept as a draft or sent.

use std::path::Path;

use malle_views::{BadLink, DraftText};
use mapi::{MapiProp, Message, ModifyMode, SaveFlags, recipient_type, tags};

use crate::app::App;
use crate::args::NewArgs;
use crate::exit::{Exit, Failure, Outcome};
use crate::messages::Msg;
use crate::text;

use super::composing::{
    Place, Rest, Untouched, apply, categorise, compose, dropped, finish, kept, own_identity,
    read_bytes, said, sign, written,
};
use super::send::Departure;

pub(super) fn run(app: &App, args: &NewArgs) -> Outcome<Exit> {
    let departure = Departure::wanted(app, &args.now)?;
    let place = Place::drafts(app, &app.store()?)?;
    if let Some(path) = &args.message {
        return whole(app, args, &place, path, departure);
    }
    let link = args.link.as_deref().map(|link| linked(app, link));
    let link = link.transpose()?;
    let mut options = compose(app, &args.compose, None, &place)?;
    if app.global.dry_run && options.identity.is_none() {
        // The folder that nobody sees knows nothing of the profile.
        options.identity = own_identity(app, &app.store()?)?;
    }
    let message = place
        .folder
        .compose(&options)
        .map_err(|e| app.failure(&e))?;
    let mut words = said(app, &args.compose)?;
    if let Some(link) = &link {
        put_link(&message, link).map_err(|e| app.failure(&e))?;
        words = words.or_text(&link.body);
    }
    let rest = Rest {
        args: &args.compose,
        said: &words,
        untouched: Untouched::Goes,
        departure,
    };
    finish(app, &message, &place, &rest)
}

fn linked(app: &App, link: &str) -> Outcome<DraftText> {
    let draft = malle_views::mailto(link).map_err(|wrong| {
        let lang = app.output.lang;
        let why = match &wrong {
            BadLink::Scheme => lang.say(Msg::LinkScheme, &[]),
            BadLink::Code => lang.say(Msg::LinkCode, &[]),
            BadLink::Address(address) => lang.say(Msg::BadAddress, &[address]),
        };
        let parts: [&dyn std::fmt::Display; 2] = [&link, &why];
        app.fail(Exit::Usage, "bad-link", Msg::BadLink, &parts)
    })?;
    if !draft.overlooked.is_empty() {
        let names = text::clean(&draft.overlooked.join(", ")).into_owned();
        app.output.note(Msg::LinkOverlooked, &[&names]);
    }
    Ok(draft)
}

/// Sets what a link says beside the text.
fn put_link(message: &Message, link: &DraftText) -> mapi::Result<()> {
    let mut rows = Vec::new();
    for (people, kind) in [
        (&link.to, recipient_type::TO),
        (&link.cc, recipient_type::CC),
        (&link.bcc, recipient_type::BCC),
    ] {
        rows.extend(people.iter().map(|person| person.row(kind)));
    }
    message.modify_recipients(ModifyMode::Add, &rows)?;
    if !link.subject.is_empty() {
        message.set(tags::SUBJECT, link.subject.as_str())?;
    }
    if let Some(id) = &link.in_reply_to {
        message.set(tags::IN_REPLY_TO_ID, id.as_str())?;
        message.set(tags::INTERNET_REFERENCES, id.as_str())?;
    }
    categorise(message, &link.keywords)
}

/// A draft that comes whole, as Internet mail.
fn whole(
    app: &App,
    args: &NewArgs,
    place: &Place,
    path: &Path,
    departure: Option<Departure>,
) -> Outcome<Exit> {
    let bytes = read_bytes(path)?;
    let tree = malle_host::drafts::parse_draft(bytes);
    let tree = tree.map_err(|e| Failure::new(Exit::Failure, "no-message", e.to_string()))?;
    let message = kept(&place.folder, tree, 0).map_err(|e| app.failure(&e))?;
    let done =
        signed_by(app, args, place, &message).and_then(|()| apply(app, &message, &args.compose));
    let saved = done.and_then(|()| {
        let saved = message.save_changes(SaveFlags::KEEP_OPEN_READWRITE);
        saved.map_err(|e| app.failure(&e))
    });
    if let Err(failure) = saved {
        // What cannot be what was asked for is not kept either.
        dropped(&place.folder, &message).map_err(|e| app.failure(&e))?;
        return Err(failure);
    }
    written(app, &message, place, departure)
}

/// Says who writes where the draft does not, or the command line does.
fn signed_by(app: &App, args: &NewArgs, place: &Place, message: &Message) -> Outcome<()> {
    let known = message.find(tags::SENT_REPRESENTING_EMAIL_ADDRESS);
    let known = known.map_err(|e| app.failure(&e))?.is_some();
    if known && args.compose.from.is_none() {
        return Ok(());
    }
    let options = compose(app, &args.compose, None, place)?;
    sign(&place.folder, message, &options, true).map_err(|e| app.failure(&e))
}
