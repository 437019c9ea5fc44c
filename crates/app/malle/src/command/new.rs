//! `malle new`: a new message, kept as a draft.

use std::path::Path;

use malle_views::DraftText;
use mapi::{
    Folder, ImportItem, ImportOptions, ImportOutcome, MapiProp, Message, ModifyMode, OpenFlags,
    SaveFlags, message_flags, recipient_type, tags,
};

use crate::app::App;
use crate::args::NewArgs;
use crate::exit::{Exit, Failure, Outcome};
use crate::messages::Msg;

use super::composing::{
    DraftView, Place, Untouched, apply, categorise, compose, finish, print_mime, read_bytes, said,
};

pub(super) fn run(app: &App, args: &NewArgs) -> Outcome<Exit> {
    let place = Place::drafts(app, &app.store()?)?;
    if let Some(path) = &args.message {
        return whole(app, args, &place, path);
    }
    let link = args.link.as_deref().map(|link| linked(app, link));
    let link = link.transpose()?;
    let options = compose(app, &args.compose, None, &place)?;
    let message = place
        .folder
        .compose(&options)
        .map_err(|e| app.failure(&e))?;
    let mut words = said(app, &args.compose)?;
    if let Some(link) = &link {
        put_link(&message, link).map_err(|e| app.failure(&e))?;
        words = words.or_text(&link.body);
    }
    finish(
        app,
        &message,
        &place,
        &args.compose,
        &words,
        Untouched::Goes,
    )
}

fn linked(app: &App, link: &str) -> Outcome<DraftText> {
    malle_views::mailto(link).map_err(|wrong| {
        let parts: [&dyn std::fmt::Display; 2] = [&link, &wrong];
        app.fail(Exit::Usage, "bad-link", Msg::BadLink, &parts)
    })
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
fn whole(app: &App, args: &NewArgs, place: &Place, path: &Path) -> Outcome<Exit> {
    let bytes = read_bytes(path)?;
    let tree = malle_host::drafts::parse_draft(bytes);
    let tree = tree.map_err(|e| Failure::new(Exit::Failure, "no-message", e.to_string()))?;
    let item = ImportItem {
        tree,
        flags: message_flags::READ | message_flags::UNSENT,
        source: None,
    };
    let message = kept(&place.folder, item).map_err(|e| app.failure(&e))?;
    let done = sign(app, args, place, &message).and_then(|()| apply(app, &message, &args.compose));
    let saved = done.and_then(|()| {
        let saved = message.save_changes(SaveFlags::KEEP_OPEN_READWRITE);
        saved.map_err(|e| app.failure(&e))
    });
    if let Err(failure) = saved {
        // What cannot be what was asked for is not kept either.
        if let Some(id) = message.entry_id() {
            let gone = place
                .folder
                .delete_messages(&[id], mapi::DeleteFlags::HARD_DELETE);
            gone.map_err(|e| app.failure(&e))?.ignore_warning();
        }
        return Err(failure);
    }
    if app.global.dry_run {
        return print_mime(app, &message);
    }
    app.output.show(&DraftView::of(app, &message, place)?)?;
    Ok(Exit::Ok)
}

/// Imports one message and opens it for writing.
fn kept(folder: &Folder, item: ImportItem) -> mapi::Result<Message> {
    let outcome = folder.import(vec![item], ImportOptions::default())?.pop();
    match outcome {
        Some(ImportOutcome::Imported { id, .. } | ImportOutcome::Skipped { id }) => {
            folder.open_message_with(&id, OpenFlags::MODIFY)
        }
        Some(ImportOutcome::Failed(error)) => Err(error),
        None => Err(mapi::Error::new(
            mapi::Code::CALL_FAILED,
            "the store gave no result",
        )),
    }
}

/// Says who writes where the draft does not, or the command line does.
fn sign(app: &App, args: &NewArgs, place: &Place, message: &Message) -> Outcome<()> {
    let known = message.find(tags::SENT_REPRESENTING_EMAIL_ADDRESS);
    let known = known.map_err(|e| app.failure(&e))?.is_some();
    if known && args.compose.from.is_none() {
        return Ok(());
    }
    let options = compose(app, &args.compose, None, place)?;
    let set = || -> mapi::Result<()> {
        let blank = place.folder.compose(&options)?;
        blank
            .copy_props(message, &SENDERS, mapi::CopyPropFlags::NONE)
            .map(drop)
    };
    set().map_err(|e| app.failure(&e))
}

const SENDERS: [mapi::PropTag; 12] = [
    tags::SENDER_NAME.raw(),
    tags::SENDER_ADDRTYPE.raw(),
    tags::SENDER_EMAIL_ADDRESS.raw(),
    tags::SENDER_ENTRYID.raw(),
    tags::SENDER_SEARCH_KEY.raw(),
    tags::SENDER_SMTP_ADDRESS.raw(),
    tags::SENT_REPRESENTING_NAME.raw(),
    tags::SENT_REPRESENTING_ADDRTYPE.raw(),
    tags::SENT_REPRESENTING_EMAIL_ADDRESS.raw(),
    tags::SENT_REPRESENTING_ENTRYID.raw(),
    tags::SENT_REPRESENTING_SEARCH_KEY.raw(),
    tags::SENT_REPRESENTING_SMTP_ADDRESS.raw(),
];
