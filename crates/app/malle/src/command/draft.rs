//! `malle draft`: what is being written.

use mapi::{Message, OpenFlags, SaveFlags, message_flags};

use crate::app::App;
use crate::args::{ComposeArgs, DeleteArgs, DraftCommand, ListArgs};
use crate::exit::{Exit, Outcome};
use crate::messages::Msg;

use super::composing::{
    DraftView, Place, Said, Untouched, apply, drafts_path, edit_draft, print_mime, said,
};
use super::{delete, list};

pub(super) fn run(app: &App, verb: DraftCommand) -> Outcome<Exit> {
    match verb {
        DraftCommand::List(rows) => {
            let args = ListArgs {
                folder: drafts_path(app)?,
                view: None,
                filter: None,
                hidden: false,
                group: Vec::new(),
                collapsed: false,
                expand: Vec::new(),
                rows,
            };
            list::run(app, &args)
        }
        DraftCommand::Edit { id, compose } => edit(app, &id, &compose),
        DraftCommand::Delete { ids, permanently } => {
            for id in &ids {
                draft(app, id, OpenFlags::NONE)?;
            }
            delete::run(app, &DeleteArgs { ids, permanently })
        }
    }
}

/// Opens a message that is a draft, and nothing else.
fn draft(app: &App, id: &str, flags: OpenFlags) -> Outcome<Message> {
    let (_, message) = app.message(id, flags)?;
    let marks = message.flags() & (message_flags::UNSENT | message_flags::SUBMIT);
    if marks == message_flags::UNSENT {
        return Ok(message);
    }
    Err(app.fail(Exit::Failure, "no-draft", Msg::NoDraft, &[&id]))
}

fn edit(app: &App, id: &str, args: &ComposeArgs) -> Outcome<Exit> {
    let message = draft(app, id, OpenFlags::MODIFY)?;
    let place = home(app, id, &message)?;
    let nothing_said = args.body.is_none() && args.body_file.is_none();
    let words = said(app, args)?;
    if app.global.dry_run {
        return print_changed(app, &message, &place, args, &words);
    }
    apply(app, &message, args)?;
    // Standard input that is empty takes nothing away.
    if let Said::Text(text) = &words
        && !(nothing_said && text.is_empty())
    {
        message.write_text(text).map_err(|e| app.failure(&e))?;
    }
    let saved = message.save_changes(SaveFlags::KEEP_OPEN_READWRITE);
    saved.map_err(|e| app.failure(&e))?;
    if words == Said::Editor {
        edit_draft(app, &message, Untouched::Stays)?;
    }
    let message = draft(app, id, OpenFlags::NONE)?;
    app.output.show(&DraftView::of(app, &message, &place)?)?;
    Ok(Exit::Ok)
}

/// The folder that a draft is in; in a dry run one that nobody ever sees.
fn home(app: &App, id: &str, message: &Message) -> Outcome<Place> {
    let store = app.store_of(&app.short_id(id)?)?;
    let parent = message.parent_id().map_err(|e| app.failure(&e))?;
    let parent = parent.ok_or_else(|| app.fail(Exit::Failure, "no-draft", Msg::NoDraft, &[&id]))?;
    let folder = store.open_folder(&parent, OpenFlags::BEST_ACCESS);
    Place::at(app, &store, folder.map_err(|e| app.failure(&e))?)
}

/// What the draft would be, without changing it.
fn print_changed(
    app: &App,
    message: &Message,
    place: &Place,
    args: &ComposeArgs,
    words: &Said,
) -> Outcome<Exit> {
    let copy = || -> mapi::Result<Message> {
        let copy = place.folder.create_message()?;
        message.copy_to(&copy, None, mapi::CopyPropFlags::NONE)?;
        Ok(copy)
    };
    let copy = copy().map_err(|e| app.failure(&e))?;
    apply(app, &copy, args)?;
    if let Said::Text(text) = words
        && !text.is_empty()
    {
        copy.write_text(text).map_err(|e| app.failure(&e))?;
    }
    let saved = copy.save_changes(SaveFlags::KEEP_OPEN_READWRITE);
    saved.map_err(|e| app.failure(&e))?;
    print_mime(app, &copy)
}
