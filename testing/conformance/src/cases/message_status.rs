//! Status bits of messages, as a folder's view remembers them: who is told, and what does not take them along.

use mapi::{
    CopyFlags, EntryId, EventKind, EventMask, Folder, MessageStatus, Result, SaveFlags, TableEvent,
    columns, tags,
};

use crate::fixture::{add_subject, edit};
use crate::heard::{Heard, Program};
use crate::{Case, case};

const TAGGED: MessageStatus = MessageStatus::TAGGED;
const HIDDEN: MessageStatus = MessageStatus::HIDDEN;
const NONE: MessageStatus = MessageStatus(0);

/// The only message of a folder, and its status in the contents table.
fn only(folder: &Folder) -> Result<(EntryId, i32)> {
    let table = folder
        .contents()
        .columns(columns![tags::MSG_STATUS])
        .open()?;
    let rows = table.query_all_rows(0)?;
    assert_eq!(rows.len(), 1);
    Ok((
        rows[0].entry_id().clone(),
        rows[0].get(tags::MSG_STATUS).unwrap(),
    ))
}

pub(super) const CASES: &[Case] = &[
    case!(
        needs(),
        "no copy and no move takes the status of a message along, in its store or to another",
        |f| {
            let folder = f.folder("Mail")?;
            let elsewhere = f.other_store()?.root_folder()?;
            let other = elsewhere.create_folder("Mail", None, mapi::CreateFolderFlags::NONE)?;
            for (target, flags) in [
                (f.folder("Copied")?, CopyFlags::NONE),
                (f.folder("Moved")?, CopyFlags::MOVE),
                (other, CopyFlags::MOVE),
            ] {
                let id = add_subject(&folder, "m")?;
                folder.set_message_status(&id, TAGGED, TAGGED)?;
                assert_eq!(folder.copy_messages(&[id], &target, flags)?.warning, None);
                let (id, status) = only(&target)?;
                assert_eq!((status, target.message_status(&id)?), (0, NONE));
            }
            Ok(())
        }
    ),
    case!(
        needs(),
        "a status that changes is told of the message and of its row, and stays over a save",
        |f| {
            let id = add_subject(&f.folder("Mail")?, "m")?;
            let program = Program::new(f)?;
            let store = program.session.default_store()?;
            let there = store.folder("Inbox/Mail")?;
            let table = there
                .contents()
                .columns(columns![tags::MSG_STATUS])
                .open()?;
            let (events, rows) = (Heard::default(), Heard::default());
            let _events = store.advise(Some(&id), EventMask::OBJECT_MODIFIED, &events.sink())?;
            let _rows = table.advise(EventMask::TABLE_MODIFIED, &rows.sink())?;
            let folder = f.store()?.folder("Inbox/Mail")?;
            let both = MessageStatus(TAGGED.0 | HIDDEN.0);
            folder.set_message_status(&id, both, both)?;
            program.dispatch()?;
            let told = events.objects();
            assert_eq!(told.len(), 1, "{told:?}");
            assert_eq!(
                (told[0].kind, &told[0].entry_id),
                (EventKind::Modified, &id)
            );
            let told = rows.rows();
            assert_eq!(told.len(), 1, "{told:?}");
            assert_eq!(told[0].event, TableEvent::RowModified);
            let row = told[0].row.as_ref().unwrap();
            assert_eq!(row.get(tags::MSG_STATUS), Some(both.0.cast_signed()));

            let message = edit(&folder, &id)?;
            mapi::MapiProp::set(&message, tags::SUBJECT, "changed")?;
            folder.set_message_status(&id, NONE, HIDDEN)?;
            message.save_changes(SaveFlags::NONE)?;
            assert_eq!(only(&folder)?, (id.clone(), 2));
            f.restart()?;
            let folder = f.store()?.folder("Inbox/Mail")?;
            assert_eq!(folder.message_status(&id)?, TAGGED);
            Ok(())
        }
    ),
];
