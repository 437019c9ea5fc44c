//! OUT-08, TAB-10: the outgoing queue while messages wait and are sent: its order, taking messages back, leaving the store.

use std::sync::{Arc, Mutex};

use mapi::{
    Call, Code, EmptyFolderFlags, EntryId, Listener, LockState, MapiProp, Notification, OpenFlags,
    PropTag, Result, SpecialFolder, StoreLogoffFlags, TableEvent, columns, message_flags, tags,
};
use mapi_spi::Fate;
use mapi_spooler::{Round, Spooler, Wanted};
use testkit_transport::{Act, Step};

use crate::fixture::{code, edit, subjects};
use crate::heard::PATIENCE;
use crate::post::{Post, line, round, submitted};
use crate::spooling::spooled_store;
use crate::{Case, case};

const OUTBOX: SpecialFolder = SpecialFolder::Outbox;

/// What a queue shows of each message.
const REQUIRED: [PropTag; 11] = [
    tags::CLIENT_SUBMIT_TIME.raw(),
    tags::DISPLAY_BCC.raw(),
    tags::DISPLAY_CC.raw(),
    tags::DISPLAY_TO.raw(),
    tags::ENTRYID.raw(),
    tags::MESSAGE_FLAGS.raw(),
    tags::MESSAGE_SIZE.raw(),
    tags::PRIORITY.raw(),
    tags::SENDER_NAME.raw(),
    tags::SUBJECT.raw(),
    tags::SUBMIT_FLAGS.raw(),
];

pub(super) const CASES: &[Case] = &[
    case!(
        "OUT-08.2" + "M-IMsgStore.AbortSubmit",
        needs(),
        "what waits can be taken back, what is being handed over cannot, and what was sent is not there",
        |f| {
            let post = Post::new(f, &[line("x", "SMTP")])?;
            let ids = ["A", "B", "C"].map(|subject| post.submit(subject, &["ann"]).unwrap());
            let spooler = post.spooler(f)?;
            let stalled = post.script("x");
            stalled.offline(true);
            assert_eq!(round(&spooler)?.sent, 0);
            let queue = || subjects(&post.store.outgoing_queue().open()?);
            assert_eq!(queue()?, ["A", "B", "C"]);

            post.store.abort_submit(&ids[1])?;
            assert_eq!(queue()?, ["A", "C"]);
            let outbox = post.store.special_folder(OUTBOX)?;
            let draft = edit(&outbox, &ids[1])?;
            assert_eq!(draft.get(tags::ACCESS_LEVEL)?, 1);
            let marks = draft.flags() & (message_flags::SUBMIT | message_flags::UNSENT);
            assert_eq!(marks, message_flags::UNSENT);
            draft.set(tags::SUBJECT, "B again")?;
            draft.save_changes(mapi::SaveFlags::NONE)?;

            stalled.offline(false);
            let seen = while_handed_over(&post, &ids[0]);
            assert_eq!(forced(&spooler)?.sent, 2);
            let (aborted, opened) = seen.lock().unwrap().take().unwrap();
            assert_eq!(aborted, Code::UNABLE_TO_ABORT);
            assert_eq!(opened, Code::NO_ACCESS);
            assert_eq!(code(post.store.abort_submit(&ids[0])), Code::NOT_IN_QUEUE);
            assert_eq!(
                post.left("x"),
                ["A", "C"],
                "in the order of submission, and without B"
            );
            assert_eq!(queue()?, [""; 0]);
            Ok(())
        }
    ),
    case!(
        "TAB-10",
        needs(),
        "the table of the queue is in the order of submission, and tells when messages come, are locked and go",
        |f| {
            let post = Post::new(f, &[line("x", "SMTP")])?;
            let table = post.store.outgoing_queue().open()?;
            assert_eq!(table.query_columns()[..11], REQUIRED);
            let listener = table.listen()?;
            let told = |event, flags| until(&listener, event, flags);
            let late = post.draft("late", &[("SMTP", "ann")])?;
            late.save_changes(mapi::SaveFlags::KEEP_OPEN_READWRITE)?;
            let first = post.submit("first", &["ann"])?;
            told(TableEvent::RowAdded, Some(0))?;
            submitted(&late)?;
            told(TableEvent::RowAdded, Some(0))?;
            assert_eq!(
                subjects(&table)?,
                ["first", "late"],
                "not in the order of making"
            );
            let times = post
                .store
                .outgoing_queue()
                .columns(columns![tags::CLIENT_SUBMIT_TIME])
                .open()?;
            let times: Vec<_> = times
                .query_all_rows(0)?
                .iter()
                .map(|r| r.get(tags::CLIENT_SUBMIT_TIME))
                .collect();
            assert!(
                times.is_sorted() && times[0].is_some() && times[0] < times[1],
                "{times:?}"
            );

            let lease = spooled_store(f, &Call::default())?;
            lease.set_lock_state(&first, LockState::Locked)?;
            told(TableEvent::RowModified, Some(1))?;
            lease.finished_msg(&first)?;
            told(TableEvent::RowDeleted, None)?;
            assert_eq!(subjects(&table)?, ["late"]);
            Ok(())
        }
    ),
    case!(
        "MSG-07",
        needs(),
        "each recipient is to be served until it is, and says so",
        |f| {
            let post = Post::new(f, &[line("x", "SMTP")])?;
            let draft = post.draft("a", &[("SMTP", "ann"), ("SMTP", "bob"), ("SMTP", "ANN")])?;
            let before = draft.recipients().open()?;
            assert!(!before.query_columns().contains(&tags::RESPONSIBILITY.raw()));
            let id = submitted(&draft)?;
            let served = || -> Result<Vec<_>> {
                let message = post.store.open_message(&id, OpenFlags::NONE)?;
                let table = message.recipients().open()?;
                for tag in [tags::ADDRTYPE.raw(), tags::RESPONSIBILITY.raw()] {
                    assert!(
                        table.query_columns().contains(&tag),
                        "after submitting there is {tag}"
                    );
                }
                let rows = table.query_all_rows(0)?;
                Ok(rows.iter().map(|r| r.get(tags::RESPONSIBILITY)).collect())
            };
            let [yes, no] = [Some(true), Some(false)];
            assert_eq!(served()?, [no, no, yes], "once each");
            let later = Fate::Later {
                after: None,
                why: "full".to_owned(),
            };
            post.script("x").answer("bob", [later]);
            let spooler = post.spooler(f)?;
            assert_eq!(round(&spooler)?.sent, 0);
            assert_eq!(served()?, [yes, no, yes]);
            assert_eq!(forced(&spooler)?.sent, 1);
            assert_eq!(served()?, [yes, yes, yes]);
            assert_eq!(post.reached("x"), [["ann"], ["bob"]]);
            Ok(())
        }
    ),
    case!(
        "M-IMAPIFolder.EmptyFolder",
        needs(),
        "emptying a folder leaves what waits to be sent, which is sent all the same",
        |f| {
            let post = Post::new(f, &[line("x", "SMTP")])?;
            let id = post.submit("waits", &["ann"])?;
            let outbox = post.store.special_folder(OUTBOX)?;
            crate::fixture::add_subject(&outbox, "draft")?;
            outbox.create_folder("Below", None, mapi::CreateFolderFlags::NONE)?;
            for how in [EmptyFolderFlags::NONE, EmptyFolderFlags::HARD_DELETE] {
                let emptied = outbox.empty(how)?;
                assert_eq!(emptied.warning, Some(Code::W_PARTIAL_COMPLETION));
                assert_eq!(emptied.value.failed[0].1.code(), Code::SUBMITTED);
                assert_eq!(post.subjects(OUTBOX)?, ["waits"]);
            }
            let kept = post.store.open_message(&id, OpenFlags::NONE)?;
            assert_ne!(
                kept.flags() & message_flags::SUBMIT,
                0,
                "its submission goes on"
            );
            assert_eq!(round(&post.spooler(f)?)?.sent, 1);
            assert_eq!(post.left("x"), ["waits"]);
            assert_eq!(outbox.empty(EmptyFolderFlags::NONE)?.warning, None);
            Ok(())
        }
    ),
    case!(
        "M-IMsgStore.StoreLogoff",
        needs(),
        "who leaves a store is told what goes on in it, and what waits goes on waiting",
        |f| {
            let post = Post::new(f, &[line("x", "SMTP")])?;
            let leave = |how| post.store.store_logoff(how);
            let (none, queue) = (StoreLogoffFlags::NONE, StoreLogoffFlags::OUTBOUND_QUEUE);
            let all = [
                StoreLogoffFlags::NO_WAIT,
                StoreLogoffFlags::ORDERLY,
                StoreLogoffFlags::PURGE,
                StoreLogoffFlags::ABORT,
                StoreLogoffFlags::QUIET,
            ];
            for how in all {
                assert_eq!(leave(how)?, none);
            }
            let id = post.submit("waits", &["ann"])?;
            for how in all {
                assert_eq!(leave(how)?, queue);
            }
            let both = StoreLogoffFlags::ORDERLY | StoreLogoffFlags::QUIET;
            for wrong in [none, queue, both] {
                assert_eq!(code(leave(wrong)), Code::INVALID_PARAMETER);
            }
            let store = post.store.clone();
            let seen = Arc::new(Mutex::new(None));
            let see = Arc::clone(&seen);
            let look = move || {
                let orderly = store.store_logoff(StoreLogoffFlags::ORDERLY);
                let refused = [StoreLogoffFlags::QUIET, StoreLogoffFlags::ABORT]
                    .map(|how| code(store.store_logoff(how)));
                *see.lock().unwrap() = Some((orderly.unwrap(), refused));
            };
            post.script("x")
                .next(Step::Committed, Act::Do(Box::new(look)));
            assert!(
                post.store.open_message(&id, OpenFlags::NONE).is_ok(),
                "it remains for later"
            );
            assert_eq!(round(&post.spooler(f)?)?.sent, 1);
            let sending = queue | StoreLogoffFlags::OUTBOUND;
            let seen = seen.lock().unwrap().take();
            assert_eq!(seen, Some((sending, [Code::BUSY; 2])));
            assert_eq!(leave(StoreLogoffFlags::QUIET)?, none);
            assert_eq!(post.left("x"), ["waits"]);
            Ok(())
        }
    ),
    case!(
        needs(),
        "a message that is to wait so long is sent when that has passed, and can be taken back till then",
        |f| {
            let post = Post::new(f, &[line("x", "SMTP")])?;
            let draft = post.draft("later", &[("SMTP", "ann")])?;
            draft.set(tags::DEFERRED_SEND_NUMBER, 2)?;
            draft.set(tags::DEFERRED_SEND_UNITS, 1)?;
            let id = submitted(&draft)?;
            let waiting = post.store.open_message(&id, OpenFlags::NONE)?;
            let submitted_at = waiting.get(tags::CLIENT_SUBMIT_TIME)?;
            let due = waiting.get(tags::DEFERRED_SEND_TIME)?;
            assert_eq!(due.0 - submitted_at.0, 2 * 3600 * 10_000_000);
            let spooler = post.spooler(f)?;
            assert_eq!(forced(&spooler)?.sent, 0);
            post.store.abort_submit(&id)?;
            let again = edit(&post.store.special_folder(OUTBOX)?, &id)?;
            submitted(&again)?;
            let hours = |n: u64| std::time::Duration::from_secs(n * 3600);
            post.clock.advance(hours(1));
            assert_eq!(round(&spooler)?.sent, 0);
            post.clock
                .advance(hours(1) + std::time::Duration::from_secs(1));
            assert_eq!(round(&spooler)?.sent, 1);
            assert_eq!(post.left("x"), ["later"]);
            Ok(())
        }
    ),
];

/// A round that also takes what waits for another try.
fn forced(spooler: &Spooler) -> Result<Round> {
    let wanted = Wanted {
        flush: true,
        force: true,
        ..Wanted::due()
    };
    spooler.round(&wanted, &Call::default())
}

/// What taking a message back, and opening it for changes, give while it is being handed over.
fn while_handed_over(post: &Post, id: &EntryId) -> Arc<Mutex<Option<(Code, Code)>>> {
    let seen = Arc::new(Mutex::new(None));
    let (see, store, id) = (Arc::clone(&seen), post.store.clone(), id.clone());
    let look = move || {
        let aborted = code(store.abort_submit(&id));
        let opened = code(store.open_message(&id, OpenFlags::MODIFY));
        *see.lock().unwrap() = Some((aborted, opened));
    };
    let step = Act::Do(Box::new(look));
    post.script("x").next(Step::Committing, step);
    seen
}

/// Waits until a queue's table tells this, with PR_SUBMIT_FLAGS of the row. Before that it may only say that rows are to be looked
/// at again.
fn until(listener: &Listener, event: TableEvent, flags: Option<i32>) -> Result<()> {
    for _ in 0..4 {
        let Some(Notification::Table(told)) = listener.next_within(PATIENCE)? else {
            panic!("nothing was told of {event:?}");
        };
        let row = told.row.as_ref();
        if (told.event, row.and_then(|row| row.get(tags::SUBMIT_FLAGS))) == (event, flags) {
            return Ok(());
        }
        assert_eq!(told.event, TableEvent::RowModified, "instead of {event:?}");
    }
    panic!("{event:?} with {flags:?} was not told");
}
