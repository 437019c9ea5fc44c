//! `malle post`: a message that is put into a folder and sent to nobody (OUT-10).

use mapi::{MapiProp, Message, OpenFlags, SaveFlags, tags};

use crate::app::App;
use crate::args::PostArgs;
use crate::exit::{Exit, Failure, Outcome};
use crate::messages::Msg;

use super::composing::{
    DraftView, Place, Said, TextFile, apply, compose, edit_text, print_mime, said, signed,
    store_for,
};

pub(super) fn run(app: &App, args: &PostArgs) -> Outcome<Exit> {
    let given = &args.compose;
    if !(given.to.is_empty() && given.cc.is_empty() && given.bcc.is_empty()) {
        return Err(app.fail(Exit::Usage, "usage", Msg::PostToNobody, &[]));
    }
    let original = args
        .answer
        .as_deref()
        .map(|id| app.any_message(id))
        .transpose()?;
    let place = place(app, args, original.as_ref())?;
    let options = compose(app, given, Some(&args.quote), &place)?;
    let post = match &original {
        Some(original) => original.post_reply(&options),
        None => place.folder.post(&options),
    };
    let post = post.map_err(|e| app.failure(&e))?;
    apply(app, &post, given)?;
    let Some((text, file)) = text(app, args, &post)? else {
        app.output.note(Msg::NothingWritten, &[]);
        return Ok(Exit::Ok);
    };
    let kept = |failure: Failure| match &file {
        Some(file) => file.kept(app, failure),
        None => failure,
    };
    let set = post.write_text(&text).map_err(|e| kept(app.failure(&e)))?;
    let _html = set;
    let saved = post.save_changes(SaveFlags::KEEP_OPEN_READWRITE);
    saved.map_err(|e| kept(app.failure(&e)))?;
    if let Some(file) = file {
        file.done();
    }
    if app.global.dry_run {
        return print_mime(app, &post);
    }
    app.output.show(&DraftView::of(app, &post, &place)?)?;
    Ok(Exit::Ok)
}

/// The folder that is named, else that of the message that is answered.
fn place(app: &App, args: &PostArgs, original: Option<&Message>) -> Outcome<Place> {
    if let Some(name) = &args.folder {
        let (store, folder) = app.folder(name)?;
        return Place::at(app, &store, folder);
    }
    let parent = original.map(|o| o.parent_id()).transpose();
    let parent = parent.map_err(|e| app.failure(&e))?.flatten();
    let (Some(original), Some(parent)) = (original, parent) else {
        return Err(app.fail(Exit::Usage, "usage", Msg::PostWhere, &[]));
    };
    let store = store_for(app, original)?;
    let folder = store.open_folder(&parent, OpenFlags::BEST_ACCESS);
    Place::at(app, &store, folder.map_err(|e| app.failure(&e))?)
}

/// The whole text of the post; none if nobody wrote any.
fn text(app: &App, args: &PostArgs, post: &Message) -> Outcome<Option<(String, Option<TextFile>)>> {
    let below = post.find(tags::BODY).map_err(|e| app.failure(&e))?;
    let below = below.unwrap_or_default().replace("\r\n", "\n");
    let below = below.trim_start_matches('\n');
    let words = said(app, &args.compose)?;
    let own = match &words {
        Said::Text(text) => text.as_str(),
        Said::Editor => "",
    };
    let own = signed(app, post, &args.compose, own)?;
    let text = match (own.as_str(), below) {
        (own, "") => own.to_owned(),
        ("", below) => format!("\n\n{below}"),
        (own, below) => format!("{own}\n\n{below}"),
    };
    if words != Said::Editor {
        return Ok(Some((text, None)));
    }
    // Two posts are seldom written at a time, and each has the name of what it is about.
    let name = match (&args.answer, &args.folder) {
        (Some(id), _) => format!("post-{}", id.replace(['/', '\\'], "-")),
        _ => "post".to_owned(),
    };
    let written = edit_text(app, &name, &text)?;
    Ok(written.map(|(text, file)| (text, Some(file))))
}
