//! Drafts on their way out: into the Outbox, with the folder that keeps a copy, and submitted.
//! Reference: "Handling an Outgoing Message", "Sending a Message" (requirements OUT-01, OUT-08, OUT-09)

mod choice;
mod named_files;

use mapi::{
    Code, CopyFlags, EntryId, Error, FileTime, Folder, MapiProp, Message, MessageTree, MsgStore,
    OpenFlags, PropValue, Result, SaveFlags, SpecialFolder, TreeFlags, message_flags,
    recipient_type, tags,
};
use mapi_props::TreeProps;

pub use choice::{BadChoice, SendingChoice, span};

/// Puts a draft into the outgoing queue of its store: it is moved to the Outbox, PR_SENTMAIL_ENTRYID names Sent Items unless the
/// draft says what becomes of it, and it is submitted. It keeps its entry id. With `not_before` it waits until then
/// (PR_DEFERRED_SEND_TIME); a time that the draft had stays otherwise.
///
/// # Errors
/// `MAPI_E_NO_RECIPIENTS`; `MAPI_E_INVALID_OBJECT` for what is no draft; those of the store. The draft is then where it was.
pub fn submit(store: &MsgStore, draft: &EntryId, not_before: Option<FileTime>) -> Result<()> {
    let message = store.open_message(draft, OpenFlags::MODIFY)?;
    check(&message)?;
    let parent = message.parent_id()?;
    drop(message);
    let outbox = outbox(store)?;
    let home = match parent {
        Some(parent) if !store.compare_entry_ids(&parent, &outbox.entry_id())? => {
            let home = store.open_folder(&parent, OpenFlags::BEST_ACCESS)?;
            transfer(&home, draft, &outbox)?;
            Some(home)
        }
        _ => None,
    };
    let done = submit_in_place(store, draft, not_before, Message::submit);
    if let (Err(_), Some(home)) = (&done, &home) {
        // The first error is the one to tell of; a draft in the Outbox is found there, and can be sent from there.
        let _back = transfer(&outbox, draft, home);
    }
    done
}

/// Puts a draft of the Outbox into the outgoing queue, to leave as it was written ([`Message::submit_as_written`]).
///
/// # Errors
/// As [`submit`]; `MAPI_E_NOT_FOUND` if it was not written in one piece.
pub fn submit_as_written(store: &MsgStore, draft: &Message) -> Result<()> {
    check(draft)?;
    let unsaved = || Error::new(Code::NOT_FOUND, "the message is not kept");
    let id = draft.entry_id().ok_or_else(unsaved)?;
    submit_in_place(store, &id, None, Message::submit_as_written)
}

/// Takes a message out of the queue again: it is a draft, in Drafts. Only one that nobody has hold of.
///
/// # Errors
/// Those of [`MsgStore::abort_submit`]: `MAPI_E_NOT_IN_QUEUE`, `MAPI_E_UNABLE_TO_ABORT`.
pub fn take_back(store: &MsgStore, message: &EntryId) -> Result<()> {
    store.abort_submit(message)?;
    into_drafts(store, message)
}

/// Moves a draft to Drafts from wherever it is. It was to leave at a time, perhaps: that time is taken away.
///
/// # Errors
/// Those of the store.
pub fn into_drafts(store: &MsgStore, message: &EntryId) -> Result<()> {
    let drafts = special(store, SpecialFolder::Drafts)?;
    let draft = store.open_message(message, OpenFlags::MODIFY)?;
    draft.delete_props(&[tags::DEFERRED_SEND_TIME.raw()])?;
    draft.save_changes(SaveFlags::NONE)?;
    match draft.parent_id()? {
        Some(parent) if !store.compare_entry_ids(&parent, &drafts.entry_id())? => {
            let home = store.open_folder(&parent, OpenFlags::BEST_ACCESS)?;
            transfer(&home, message, &drafts)
        }
        _ => Ok(()),
    }
}

/// A draft as its recipients would get it if it left now: without those who get it in secret, and without the marks of a message
/// that is sent again.
///
/// # Errors
/// `MAPI_E_NOT_FOUND` for a message that was never saved; those of files that are put in when it is submitted.
pub fn as_it_leaves(draft: &Message) -> Result<MessageTree> {
    let mut tree = draft.to_tree()?;
    named_files::put_in(&mut tree)?;
    tree.original = None;
    tree.props.set(tags::CLIENT_SUBMIT_TIME, crate::now());
    let kind = |row: &TreeProps| row.value(tags::RECIPIENT_TYPE).and_then(PropValue::as_long);
    let kind = |row: &TreeProps| kind(row).unwrap_or(recipient_type::TO);
    tree.recipients.retain(|row| {
        let kind = kind(row) & !recipient_type::SUBMITTED;
        kind != recipient_type::P1 && kind != recipient_type::BCC
    });
    for row in &mut tree.recipients {
        let plain = kind(row) & !recipient_type::SUBMITTED;
        row.set(tags::RECIPIENT_TYPE, plain);
    }
    Ok(tree)
}

/// What no draft can be sent without.
fn check(message: &Message) -> Result<()> {
    let marks = message.flags() & (message_flags::UNSENT | message_flags::SUBMIT);
    if marks != message_flags::UNSENT {
        return Err(Error::new(Code::INVALID_OBJECT, "the message is no draft"));
    }
    if message.recipients().open()?.row_count()? == 0 {
        let detail = "the message has no recipients";
        return Err(Error::new(Code::NO_RECIPIENTS, detail));
    }
    Ok(())
}

fn submit_in_place(
    store: &MsgStore,
    draft: &EntryId,
    not_before: Option<FileTime>,
    submit: impl FnOnce(&Message) -> Result<()>,
) -> Result<()> {
    let message = store.open_message(draft, OpenFlags::MODIFY)?;
    let disposed = message.find(tags::SENTMAIL_ENTRYID)?.is_some()
        || message.find(tags::DELETE_AFTER_SUBMIT)? == Some(true);
    if !disposed {
        let sent = special(store, SpecialFolder::SentItems)?.entry_id();
        message.set(tags::SENTMAIL_ENTRYID, sent.as_bytes())?;
    }
    if let Some(time) = not_before {
        message.set(tags::DEFERRED_SEND_TIME, time)?;
    }
    submit(&message)
}

/// The Outbox of a store, made where there is none.
///
/// # Errors
/// Those of the store.
pub fn outbox(store: &MsgStore) -> Result<Folder> {
    special(store, SpecialFolder::Outbox)
}

/// A folder of the store's own, made where there is none.
fn special(store: &MsgStore, which: SpecialFolder) -> Result<Folder> {
    match store.special_folder(which) {
        Err(e) if e.code() == Code::NOT_FOUND => {
            store.validate_ipm_subtree(TreeFlags::FULL_IPM_TREE)?;
            store.special_folder(which)
        }
        other => other,
    }
}

fn transfer(from: &Folder, message: &EntryId, to: &Folder) -> Result<()> {
    let message = std::slice::from_ref(message);
    let report = from.copy_messages(message, to, CopyFlags::MOVE)?;
    let mut report = report.ignore_warning();
    match (report.failed.pop(), report.stopped) {
        (Some((_, error)), _) | (None, Some(error)) => Err(error),
        (None, None) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::{as_it_leaves, span, submit, take_back};
    use crate::drafts::scratch_folder;
    use mapi::{
        Addressee, Code, MapiProp, ModifyMode, PropValue, SaveFlags, SpecialFolder, message_flags,
        recipient_type, tags,
    };
    use mapi_props::TreeProps;

    #[test]
    fn what_leaves_names_nobody_in_secret() {
        let (session, _) = scratch_folder().unwrap();
        let store = session.default_store().unwrap();
        let drafts = store.special_folder(SpecialFolder::Drafts).unwrap();
        let draft = drafts.create_message().unwrap();
        let rows = [
            ("ann", recipient_type::TO),
            ("bob", recipient_type::CC | recipient_type::SUBMITTED),
            ("cid", recipient_type::BCC),
            ("dan", recipient_type::BCC | recipient_type::SUBMITTED),
            ("ann", recipient_type::P1),
        ];
        let rows = rows.map(|(name, kind)| Addressee::smtp(name, name).row(kind));
        draft.modify_recipients(ModifyMode::Add, &rows).unwrap();
        draft.save_changes(SaveFlags::KEEP_OPEN_READWRITE).unwrap();
        let tree = as_it_leaves(&draft).unwrap();
        let shown = |row: &TreeProps| {
            let kind = row.value(tags::RECIPIENT_TYPE).and_then(PropValue::as_long);
            (row.text(tags::EMAIL_ADDRESS).unwrap().to_owned(), kind)
        };
        let shown: Vec<_> = tree.recipients.iter().map(shown).collect();
        let want = [("ann", recipient_type::TO), ("bob", recipient_type::CC)];
        assert_eq!(
            shown,
            want.map(|(name, kind)| (name.to_owned(), Some(kind)))
        );
        assert!(tree.props.value(tags::CLIENT_SUBMIT_TIME).is_some());
    }

    #[test]
    fn a_draft_goes_to_the_outbox_and_waits_there() {
        let (session, _) = scratch_folder().unwrap();
        let store = session.default_store().unwrap();
        let drafts = store.special_folder(SpecialFolder::Drafts).unwrap();
        let draft = drafts.create_message().unwrap();
        draft.set(tags::SUBJECT, "Plans").unwrap();
        draft.save_changes(SaveFlags::KEEP_OPEN_READWRITE).unwrap();
        let id = draft.entry_id().unwrap();
        let parent = |id| {
            let found = store.open_message(id, mapi::OpenFlags::NONE).unwrap();
            let parent = found.parent_id().unwrap().unwrap();
            (store.path_of(&parent).unwrap(), found)
        };
        let wrong = submit(&store, &id, None).unwrap_err();
        assert_eq!(wrong.code(), Code::NO_RECIPIENTS);
        assert_eq!(parent(&id).0, "Drafts");
        let ann = Addressee::smtp("Ann", "ann@example.org").row(recipient_type::TO);
        draft.modify_recipients(ModifyMode::Add, &[ann]).unwrap();
        draft.save_changes(SaveFlags::NONE).unwrap();
        let later = crate::now().0 + 10_000_000;
        submit(&store, &id, Some(mapi::FileTime(later))).unwrap();
        let (path, waiting) = parent(&id);
        assert_eq!(path, "Outbox");
        assert!(waiting.flags() & message_flags::SUBMIT != 0);
        let sent = store.special_id(SpecialFolder::SentItems).unwrap();
        let named = waiting.find(tags::SENTMAIL_ENTRYID).unwrap();
        assert_eq!(named, Some(sent.as_bytes().to_vec()));
        let time = waiting.find(tags::DEFERRED_SEND_TIME).unwrap();
        assert_eq!(time, Some(mapi::FileTime(later)));
        let again = submit(&store, &id, None).unwrap_err();
        assert_ne!(again.code(), Code::NO_RECIPIENTS);
        take_back(&store, &id).unwrap();
        let (path, draft) = parent(&id);
        assert_eq!(path, "Drafts");
        assert_eq!(draft.flags() & message_flags::SUBMIT, 0);
        assert_eq!(draft.find(tags::DEFERRED_SEND_TIME).unwrap(), None);
        let gone = take_back(&store, &id).unwrap_err();
        assert_eq!(gone.code(), Code::NOT_IN_QUEUE);
        assert_eq!(span("10s").map(|s| s.as_secs()), Some(10));
    }
}
