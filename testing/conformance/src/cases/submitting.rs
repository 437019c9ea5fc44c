//! OUT-08: what a store does when a message is submitted. Nothing sends here: what is submitted waits.

use mapi::{
    Code, EventMask, MapiProp, ModifyMode, OpenFlags, ReadFlags, Result, SaveFlags, SpecialFolder,
    columns, message_flags, recipient_type, tags,
};

use super::replying::received_from;
use crate::fixture::{address, attach, code, draft, edit, prop, recipient, subjects};
use crate::{Case, case};

const TO: i32 = recipient_type::TO;

pub(super) const CASES: &[Case] = &[
    case!(
        "OUT-08.1" + "M-IMessage.SubmitMessage",
        needs(),
        "a message without recipients is not submitted and can be gone on with",
        |f| {
            let folder = f.store()?.special_folder(SpecialFolder::Outbox)?;
            for saved in [false, true] {
                let message = draft(&folder, &[prop(tags::SUBJECT, "x")])?;
                if saved {
                    message.save_changes(SaveFlags::KEEP_OPEN_READWRITE)?;
                }
                assert_eq!(code(message.submit()), Code::NO_RECIPIENTS);
                assert_eq!(
                    message.last_error().map(|e| e.code),
                    Some(Code::NO_RECIPIENTS)
                );
                assert_eq!(message.flags() & message_flags::SUBMIT, 0);
                assert_eq!(message.item().is_some(), saved, "nothing was saved");
                assert_eq!(message.find(tags::CLIENT_SUBMIT_TIME)?, None);
                message.set(tags::SUBJECT, "y")?;
                address(&message, &[(TO, "Ann")])?;
                message.submit()?;
                let stored = folder.open_message(&message.entry_id().unwrap())?;
                assert_eq!(stored.get(tags::SUBJECT)?, "y");
                assert_ne!(stored.flags() & message_flags::SUBMIT, 0);
            }
            Ok(())
        }
    ),
    case!(
        needs(),
        "what is submitted is saved, marked and queued in one step, and stays as it is",
        |f| {
            let store = f.store()?;
            let folder = f.folder("Anywhere")?;
            let table = store.outgoing_queue().open()?;
            let mut props = received_from("Me").to_vec();
            props.push(prop(tags::SUBJECT, "plans"));
            let message = draft(&folder, &props)?;
            address(
                &message,
                &[
                    (TO, "Ann"),
                    (recipient_type::CC, "Bob"),
                    (recipient_type::BCC, "ann"),
                ],
            )?;
            attach(&message, "a.txt", b"1")?;
            let changes =
                store.listen(None, EventMask::OBJECT_CREATED | EventMask::OBJECT_MODIFIED)?;
            message.submit()?;
            let mut told = Vec::new();
            while let Some(event) = changes.try_next()? {
                told.push(format!("{event:?}"));
            }
            let own = told.iter().filter(|t| t.contains("object_type: 5")).count();
            assert_eq!(own, 1, "made and queued by one change: {told:?}");
            assert_eq!(table.row_count()?, 1);
            let id = message.entry_id().unwrap();
            let queued = store.open_message(&id, OpenFlags::BEST_ACCESS)?;
            let flags = message_flags::SUBMIT | message_flags::UNSENT;
            assert_eq!(queued.flags() & flags, flags);
            assert!(queued.find(tags::CLIENT_SUBMIT_TIME)?.is_some());
            let message_id = queued.get(tags::INTERNET_MESSAGE_ID)?;
            assert!(
                message_id.starts_with('<') && message_id.ends_with("@example.com>"),
                "{message_id}"
            );
            assert_eq!(queued.get(tags::DISPLAY_TO)?, "Ann");
            assert_eq!(queued.attachment_count(), 1);
            let wanted = columns![tags::DISPLAY_NAME, tags::RESPONSIBILITY];
            let rows = queued
                .recipients()
                .columns(wanted)
                .open()?
                .query_all_rows(0)?;
            let served: Vec<_> = rows
                .iter()
                .filter_map(|r| r.get(tags::RESPONSIBILITY))
                .collect();
            assert_eq!(served, [false, false, true], "Ann is served once");

            // Nobody can change it, neither through this handle nor through one that was open before.
            assert_eq!(code(message.set(tags::SUBJECT, "z")), Code::NO_ACCESS);
            assert_eq!(code(message.submit()), Code::NO_ACCESS);
            assert_eq!(
                code(store.open_message(&id, OpenFlags::MODIFY)),
                Code::SUBMITTED
            );
            assert_eq!(
                code(queued.set_read_flag(ReadFlags::CLEAR_READ_FLAG)),
                Code::SUBMITTED
            );
            let other = draft(&folder, &[prop(tags::SUBJECT, "other")])?;
            address(&other, &[(TO, "Ann")])?;
            other.save_changes(SaveFlags::KEEP_OPEN_READWRITE)?;
            let stale = edit(&folder, &other.entry_id().unwrap())?;
            stale.set(tags::SUBJECT, "changed behind")?;
            other.submit()?;
            assert_eq!(
                code(stale.save_changes(SaveFlags::NONE)),
                Code::OBJECT_CHANGED
            );
            assert_eq!(
                code(stale.save_changes(SaveFlags::FORCE_SAVE)),
                Code::SUBMITTED
            );
            assert_eq!(code(stale.submit()), Code::OBJECT_CHANGED);
            assert!(stale.is_writable(), "an error leaves the handle as it was");
            assert_eq!(subjects(&table)?, ["plans", "other"]);
            Ok(())
        }
    ),
    case!(
        needs(),
        "the queue is in the order of submission, and who is taken out of it is a draft again",
        |f| {
            let store = f.store()?;
            let folder = f.folder("Mail")?;
            let submit = |subject: &str| -> Result<_> {
                let message = draft(&folder, &[prop(tags::SUBJECT, subject)])?;
                address(&message, &[(TO, "Ann")])?;
                message.submit()?;
                Ok(message.entry_id().unwrap())
            };
            let ids = ["A", "B", "C"].map(|s| submit(s).unwrap());
            let queue = || subjects(&store.outgoing_queue().open()?);
            assert_eq!(queue()?, ["A", "B", "C"]);
            store.abort_submit(&ids[1])?;
            assert_eq!(queue()?, ["A", "C"]);
            let draft = store.open_message(&ids[1], OpenFlags::MODIFY)?;
            let flags = draft.flags() & (message_flags::SUBMIT | message_flags::UNSENT);
            assert_eq!(flags, message_flags::UNSENT);
            assert_eq!(draft.get(tags::ACCESS_LEVEL)?, 1);
            draft.modify_recipients(ModifyMode::Add, &[recipient(TO, "Bob")])?;
            draft.submit()?;
            assert_eq!(queue()?, ["A", "C", "B"], "submitted last");
            assert_eq!(
                code(store.abort_submit(&submit_none(&folder)?)),
                Code::NOT_IN_QUEUE
            );
            store.abort_submit(&ids[0])?;
            assert_eq!(code(store.abort_submit(&ids[0])), Code::NOT_IN_QUEUE);
            folder
                .delete_messages(&ids[..1], mapi::DeleteFlags::HARD_DELETE)?
                .ignore_warning();
            assert_eq!(code(store.abort_submit(&ids[0])), Code::NOT_IN_QUEUE);
            let reading = f.read_only_session()?.default_store()?;
            assert_eq!(code(reading.abort_submit(&ids[2])), Code::NO_ACCESS);
            assert_eq!(store.support_mask() & 0x80, 0x80);
            assert_eq!(reading.support_mask() & 0x80, 0);
            Ok(())
        }
    ),
    case!(
        needs(),
        "what is in no folder's contents is not submitted",
        |f| {
            let folder = f.folder("Mail")?;
            let hidden = folder.create_associated_message()?;
            address(&hidden, &[(TO, "Ann")])?;
            assert_eq!(code(hidden.submit()), Code::NO_SUPPORT);
            let outer = draft(&folder, &[])?;
            let attachment = outer.create_attachment()?;
            let how = mapi::PropertyFlags::CREATE | mapi::PropertyFlags::MODIFY;
            let inner = attachment.open_embedded(how)?;
            address(&inner, &[(TO, "Ann")])?;
            assert_eq!(code(inner.submit()), Code::NO_SUPPORT);
            Ok(())
        }
    ),
];

/// A draft that was never submitted.
fn submit_none(folder: &mapi::Folder) -> Result<mapi::EntryId> {
    crate::fixture::add_subject(folder, "draft")
}
