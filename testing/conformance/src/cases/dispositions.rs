//! OUT-09: where a message goes that was sent.

use mapi::{
    Code, Disposition, EntryId, LockState, MapiProp, MessageTree, OpenFlags, Result, Sent,
    SpecialFolder, columns, message_flags, tags,
};

use crate::fixture::{code, subjects};
use crate::post::{Post, line, round, submitted};
use crate::spooling::spooled_store;
use crate::{Case, case};

const OUTBOX: SpecialFolder = SpecialFolder::Outbox;
const SENT_ITEMS: SpecialFolder = SpecialFolder::SentItems;

pub(super) const CASES: &[Case] = &[
    case!(
        "OUT-09.1" + "SP-01.T3",
        needs(),
        "a message that was sent stays, moves or goes as its sender said, and both is going",
        |f| {
            let post = Post::new(f, &[line("x", "SMTP")])?;
            let spooler = post.spooler(f)?;
            let (nowhere, empty): (&[&str], &[&str]) = (&[], &[]);
            for (to, delete, outbox, sent) in [
                (false, false, &["a"][..], empty),
                (true, false, empty, &["a"]),
                (false, true, empty, nowhere),
                (true, true, empty, nowhere),
            ] {
                let id = submitted_to(&post, to, delete)?;
                assert_eq!(post.subjects(OUTBOX)?, ["a"], "until it is sent");
                assert_eq!(round(&spooler)?.sent, 1);
                assert_eq!(post.subjects(OUTBOX)?, outbox, "{to} {delete}");
                assert_eq!(post.subjects(SENT_ITEMS)?, sent, "{to} {delete}");
                for folder in [SpecialFolder::DeletedItems, SpecialFolder::Inbox] {
                    assert_eq!(post.subjects(folder)?, empty);
                }
                let opened = post.store.open_message(&id, OpenFlags::SHOW_SOFT_DELETES);
                if delete {
                    assert_eq!(code(opened), Code::NOT_FOUND);
                    continue;
                }
                let kept = opened?;
                let marks = message_flags::SUBMIT | message_flags::UNSENT;
                assert_eq!(kept.flags() & marks, 0);
                let folder = post
                    .store
                    .open_folder(&kept.parent_id()?.unwrap(), OpenFlags::MODIFY)?;
                let gone = folder.delete_messages(&[id], mapi::DeleteFlags::HARD_DELETE)?;
                assert_eq!(gone.warning, None, "an ordinary message");
            }
            assert_eq!(post.left("x"), ["a"; 4]);
            Ok(())
        }
    ),
    case!(
        needs(),
        "what was sent was delivered to its own store when it was submitted: views show it newest first, and what is taken back was not",
        |f| {
            let post = Post::new(f, &[line("x", "SMTP")])?;
            let spooler = post.spooler(f)?;
            let sent_items = post.store.special_folder(SENT_ITEMS)?;
            for subject in ["first", "second", "third"] {
                let draft = post.draft(subject, &[("SMTP", "ann")])?;
                assert_eq!(draft.find(tags::MESSAGE_DELIVERY_TIME)?, None);
                draft.set(tags::SENTMAIL_ENTRYID, sent_items.entry_id().as_bytes())?;
                let id = submitted(&draft)?;
                let waiting = post.store.open_message(&id, OpenFlags::NONE)?;
                let time = waiting.get(tags::MESSAGE_DELIVERY_TIME)?;
                assert_eq!(time, waiting.get(tags::CLIENT_SUBMIT_TIME)?);
                if subject == "second" {
                    drop(waiting);
                    post.store.abort_submit(&id)?;
                    let back = post.store.open_message(&id, OpenFlags::MODIFY)?;
                    assert_eq!(back.find(tags::MESSAGE_DELIVERY_TIME)?, None);
                    assert_eq!(back.find(tags::CLIENT_SUBMIT_TIME)?, None);
                    back.submit()?;
                }
                post.clock.advance(std::time::Duration::from_secs(60));
            }
            let shown = |folder| {
                subjects(
                    &post
                        .store
                        .special_folder(folder)?
                        .contents()
                        .columns(columns![tags::SUBJECT])
                        .open()?,
                )
            };
            assert_eq!(shown(OUTBOX)?, ["third", "second", "first"]);
            assert_eq!(round(&spooler)?.sent, 3);
            assert_eq!(
                post.left("x"),
                ["first", "second", "third"],
                "in their order"
            );
            assert_eq!(shown(SENT_ITEMS)?, ["third", "second", "first"]);
            Ok(())
        }
    ),
    case!(
        "OUT-09.2",
        needs(),
        "what is in Sent Items is an ordinary message, and who gets it does not learn where it went",
        |f| {
            let post = Post::new(f, &[line("x", "SMTP")])?;
            let id = submitted_to(&post, true, false)?;
            let before = post.store.open_message(&id, OpenFlags::NONE)?;
            let (key, time) = (
                before.get(tags::SEARCH_KEY)?,
                before.get(tags::CLIENT_SUBMIT_TIME)?,
            );
            assert_eq!(round(&post.spooler(f)?)?.sent, 1);
            let sent = post.store.open_message(&id, OpenFlags::MODIFY)?;
            let marks = message_flags::SUBMIT | message_flags::UNSENT;
            assert_eq!(sent.flags() & marks, 0);
            assert_eq!(sent.get(tags::CLIENT_SUBMIT_TIME)?, time);
            assert_eq!(sent.get(tags::SEARCH_KEY)?, key);
            assert_eq!(sent.find(tags::SUBMIT_FLAGS)?, None, "no lock is left");
            sent.set(tags::SUBJECT, "b")?;
            sent.save_changes(mapi::SaveFlags::NONE)?;
            let copy = left(&post)?;
            assert_eq!(copy.props.text(tags::SUBJECT), Some("a"));
            for tag in [
                tags::SENTMAIL_ENTRYID.raw(),
                tags::DELETE_AFTER_SUBMIT.raw(),
            ] {
                assert!(
                    copy.props.value(tag).is_none(),
                    "{tag} reached the recipient"
                );
            }
            Ok(())
        }
    ),
    case!(
        needs(),
        "a folder for sent mail that is none keeps a message from being submitted, and one that goes later loses none",
        |f| {
            let post = Post::new(f, &[line("x", "SMTP")])?;
            let folder = post.store.root_folder()?.create_folder(
                "Copies",
                None,
                mapi::CreateFolderFlags::NONE,
            )?;
            let message = post.draft("a", &[("SMTP", "ann")])?;
            let no_folder = post.submit("other", &["ann"])?;
            for (id, expected) in [
                (vec![1, 2, 3], Code::INVALID_ENTRYID),
                (no_folder.as_bytes().to_vec(), Code::INVALID_ENTRYID),
                (
                    another_stores(f)?.as_bytes().to_vec(),
                    Code::UNKNOWN_ENTRYID,
                ),
            ] {
                message.set(tags::SENTMAIL_ENTRYID, id)?;
                assert_eq!(code(message.submit()), expected);
                assert_eq!(message.flags() & message_flags::SUBMIT, 0);
            }
            message.set(tags::SENTMAIL_ENTRYID, folder.entry_id().as_bytes())?;
            let id = submitted(&message)?;
            let root = post.store.root_folder()?;
            root.delete_folder(&folder.entry_id(), mapi::DeleteFolderFlags::HARD_DELETE)?;
            assert_eq!(round(&post.spooler(f)?)?.sent, 2);
            assert_eq!(post.subjects(OUTBOX)?, ["a", "other"]);
            let kept = post.store.open_message(&id, OpenFlags::NONE)?;
            assert_eq!(kept.flags() & message_flags::SUBMIT, 0);
            Ok(())
        }
    ),
    case!(
        "SP-01.T4",
        needs(),
        "only the spooler locks messages and says that they are sent",
        |f| {
            let post = Post::new(f, &[line("x", "SMTP")])?;
            let id = submitted_to(&post, true, false)?;
            let before = post.store.open_message(&id, OpenFlags::NONE)?.to_tree()?;
            let store = &post.store;
            assert_eq!(code(store.finished_msg(&id)), Code::NO_SUPPORT);
            assert_eq!(
                code(store.set_lock_state(&id, LockState::Locked)),
                Code::NO_SUPPORT
            );
            let after = store.open_message(&id, OpenFlags::NONE)?.to_tree()?;
            assert_eq!(format!("{after:?}"), format!("{before:?}"));
            assert_eq!(store.outgoing_queue().open()?.row_count()?, 1);
            store.abort_submit(&id)?;

            // The one who is it does both; whoever was it before does neither.
            let id = submitted_to(&post, true, false)?;
            let former = spooled_store(f, &mapi::Call::default())?;
            let spooler = spooled_store(f, &mapi::Call::default())?;
            assert_eq!(
                code(former.set_lock_state(&id, LockState::Locked)),
                Code::END_OF_SESSION
            );
            spooler.set_lock_state(&id, LockState::Locked)?;
            spooler.set_lock_state(&id, LockState::Locked)?;
            assert_eq!(code(store.abort_submit(&id)), Code::UNABLE_TO_ABORT);
            assert_eq!(
                code(store.open_message(&id, OpenFlags::MODIFY)),
                Code::NO_ACCESS
            );
            assert_eq!(submit_flags(&post)?, [1]);
            spooler.set_lock_state(&id, LockState::Unlocked)?;
            assert_eq!(submit_flags(&post)?, [0]);
            assert_eq!(
                code(store.open_message(&id, OpenFlags::MODIFY)),
                Code::SUBMITTED
            );
            spooler.set_lock_state(&id, LockState::Locked)?;
            assert_eq!(code(former.finished_msg(&id)), Code::END_OF_SESSION);
            let Disposition { sent, problem } = spooler.finished_msg(&id)?;
            assert!(problem.is_none());
            let folder = store.special_folder(SENT_ITEMS)?;
            assert_eq!(sent, Sent::Moves(folder.item()));
            assert_eq!(post.subjects(SENT_ITEMS)?, ["a"]);
            assert_eq!(code(spooler.finished_msg(&id)), Code::NOT_IN_QUEUE);
            assert_eq!(
                code(spooler.set_lock_state(&id, LockState::Locked)),
                Code::NOT_IN_QUEUE
            );
            Ok(())
        }
    ),
];

/// Submits a message `a`, to be put into Sent Items or deleted when it was sent.
fn submitted_to(post: &Post, sent_items: bool, delete: bool) -> Result<EntryId> {
    let message = post.draft("a", &[("SMTP", "ann")])?;
    if sent_items {
        let folder = post.store.special_id(SENT_ITEMS)?;
        message.set(tags::SENTMAIL_ENTRYID, folder.as_bytes())?;
    }
    if delete {
        message.set(tags::DELETE_AFTER_SUBMIT, true)?;
    }
    submitted(&message)
}

/// The message that left last.
fn left(post: &Post) -> Result<MessageTree> {
    let last = post.scripted.wire("x").left().pop();
    Ok(last.and_then(|left| left.message).unwrap())
}

/// A folder that another store has.
fn another_stores(f: &crate::Fixture) -> Result<EntryId> {
    Ok(f.other_store()?.root_folder()?.entry_id())
}

/// PR_SUBMIT_FLAGS of what waits.
fn submit_flags(post: &Post) -> Result<Vec<i32>> {
    let rows = post.store.outgoing_queue().open()?.query_all_rows(0)?;
    Ok(rows
        .iter()
        .filter_map(|row| row.get(tags::SUBMIT_FLAGS))
        .collect())
}
