//! `malle thread`: the conversation of a message, over all folders.

use std::collections::HashMap;
use std::io;

use malle_views::{ThreadRow, thread_row};
use mapi::{Conversation, ConversationMember, EntryId, MapiProp, MsgStore, OpenFlags};
use mapi_props::Code;
use serde::Serialize;

use crate::app::App;
use crate::args::ThreadArgs;
use crate::exit::{Exit, Outcome};
use crate::messages::Msg;
use crate::output::{Printer, Shown};
use crate::text::{self, Column, Table};

/// Levels that are told apart on the screen.
const LEVELS: u32 = 24;

pub(super) fn run(app: &App, args: &ThreadArgs) -> Outcome<Exit> {
    let (store, id) = asked(app, &args.id)?;
    match store.conversation(&id) {
        // The conversations of an older file are looked for at their first use, by who may write.
        Err(e) if e.code() == Code::NO_ACCESS => {
            let app = app.inspecting();
            let (store, id) = asked(&app, &args.id)?;
            let found = store.conversation(&id).map_err(|e| app.failure(&e))?;
            show(&app, args, &store, &found)
        }
        found => show(app, args, &store, &found.map_err(|e| app.failure(&e))?),
    }
}

/// The store, whose calls can be interrupted, and the message whose conversation is asked for.
fn asked(app: &App, text: &str) -> Outcome<(MsgStore, EntryId)> {
    let (store, message) = app.message(text, OpenFlags::NONE)?;
    let id = message.get(mapi::tags::ENTRYID);
    let id = id.map_err(|e| app.failure(&e))?;
    Ok((store.with_call(app.cancellable()), EntryId::from(id)))
}

fn show(app: &App, args: &ThreadArgs, store: &MsgStore, found: &Conversation) -> Outcome<Exit> {
    let mut shown = Thread {
        conversation: found
            .id()
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect(),
        messages: found.members().len(),
        members: Vec::new(),
    };
    let most = args.limit.and_then(|n| usize::try_from(n).ok());
    let mut folders = HashMap::new();
    for member in found.members().iter().take(most.unwrap_or(usize::MAX)) {
        let row = row(store, found.members(), member, &mut folders);
        shown.members.extend(row.map_err(|e| app.failure(&e))?);
    }
    app.output.show(&shown)?;
    if most.is_some_and(|most| most < shown.messages) {
        app.output
            .note(Msg::MoreOfThread, &[&shown.members.len(), &shown.messages]);
    }
    Ok(Exit::Ok)
}

/// The line of a message; none if it has gone meanwhile.
fn row(
    store: &MsgStore,
    members: &[ConversationMember],
    member: &ConversationMember,
    folders: &mut HashMap<EntryId, String>,
) -> mapi::Result<Option<ThreadRow>> {
    let gone = |e: &mapi::Error| matches!(e.code(), Code::NOT_FOUND | Code::OBJECT_DELETED);
    let message = match store.open_message(&member.entry_id, OpenFlags::NONE) {
        Err(e) if gone(&e) => return Ok(None),
        message => message?,
    };
    let folder = match folders.get(&member.folder) {
        Some(known) => known.clone(),
        None => {
            let path = match store.path_of(&member.folder) {
                Err(e) if gone(&e) => String::new(),
                path => path?,
            };
            folders.insert(member.folder.clone(), path.clone());
            path
        }
    };
    let id = |member: &ConversationMember| store.short_id(member.item).to_string();
    let parent = member.parent.and_then(|place| members.get(place));
    let ids = (id(member), parent.map(id));
    thread_row(&message, member, ids, &folder).map(Some)
}

/// A conversation as it is shown.
#[derive(Debug, Serialize)]
struct Thread {
    /// PR_CONVERSATION_ID.
    conversation: String,
    /// Messages in all.
    messages: usize,
    /// In the order of the conversation.
    members: Vec<ThreadRow>,
}

impl Shown for Thread {
    fn text(&self, to: &mut Printer<'_>) -> io::Result<()> {
        let mut table = Table::new([
            Column::left(to.word(Msg::ColId)),
            Column::left(""),
            Column::left(to.word(Msg::ColDate)),
            Column::left(to.word(Msg::ColFrom)).elastic(),
            Column::left(to.word(Msg::ColSubject)).elastic(),
            Column::left(to.word(Msg::ColFolder)).elastic(),
        ]);
        let mut topics: HashMap<&str, &str> = HashMap::new();
        for row in &self.members {
            let above = row.parent.as_deref().and_then(|id| topics.get(id));
            let same = above.is_some_and(|topic| *topic == row.topic);
            topics.insert(&row.id, &row.topic);
            table.row(cells(to, row, same));
        }
        let width = to.width();
        table.write(to, width)
    }
}

/// The cells of a line; the subject only where it is another one than that of the message above.
fn cells(to: &Printer<'_>, row: &ThreadRow, same: bool) -> [String; 6] {
    let indent = usize::try_from(row.depth.min(LEVELS)).unwrap_or_default() * 2;
    let from = row.from_name.as_deref().unwrap_or_default();
    let subject = row.subject.as_deref().filter(|s| !s.trim().is_empty());
    let mark = |on: bool, mark: char| if on { mark } else { ' ' };
    let marks = [
        mark(!row.read, 'N'),
        mark(row.flagged, 'F'),
        mark(row.has_attachments, '@'),
    ];
    [
        row.id.clone(),
        marks.into_iter().collect(),
        (row.date)
            .map(|time| text::local_time(time, to.output.zone()))
            .unwrap_or_default(),
        format!("{:indent$}{}", "", text::clean(from)),
        match same {
            true => String::new(),
            false => text::clean(subject.unwrap_or(to.word(Msg::NoSubject))).into_owned(),
        },
        text::clean(&row.folder).into_owned(),
    ]
}
