//! NTF-01, NTF-02, NT-01 … NT-04, NT-07: what is told of stores, folders and messages, to whom, and for how long.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use mapi::{
    AdviseSink, Code, CopyFlags, CopyFolderFlags, CreateFolderFlags, DeleteFlags,
    DeleteFolderFlags, EntryId, EventKind, EventMask, ExtendedNotification, Folder, LogoffFlags,
    Logon, MapiProp, MsgStore, Notification, PropTag, ReadFlags, Result, SaveFlags, Session, Sink,
    object_type, tags,
};

use crate::fixture::{add_subject, code, draft, edit, prop};
use crate::heard::{Heard, PATIENCE, Program, expected, multiset, object};
use crate::{Case, case};

/// Everything that happens to objects.
const OBJECTS: EventMask = EventMask::OBJECT_CREATED
    .with(EventMask::OBJECT_MODIFIED)
    .with(EventMask::OBJECT_DELETED)
    .with(EventMask::OBJECT_MOVED)
    .with(EventMask::OBJECT_COPIED);

use EventKind::{Copied, Created, Deleted, Modified, Moved};

pub(super) const CASES: &[Case] = &[
    case!(
        "NTF-01" + "NT-04.T2",
        needs(),
        "a move is one event with four ids; other events have no old ones",
        |f| {
            let program = Program::new(f)?;
            let store = program.session.default_store()?;
            let (from, to) = (f.folder("From")?, f.folder("To")?);
            let heard = Heard::default();
            let mask = OBJECTS;
            let _connection = store.advise(None, mask, &heard.sink())?;
            let id = add_subject(&from, "m")?;
            edit(&from, &id)?.save_changes(SaveFlags::NONE)?;
            let ids = std::slice::from_ref(&id);
            from.copy_messages(ids, &to, CopyFlags::MOVE)?
                .ignore_warning();
            to.delete_messages(ids, DeleteFlags::NONE)?.ignore_warning();
            program.dispatch()?;
            let events = heard.objects();
            let of = |kind| {
                let mut found = events
                    .iter()
                    .filter(|e| e.kind == kind && e.object_type == object_type::MESSAGE);
                let event = found.next().unwrap().clone();
                assert!(found.next().is_none());
                event
            };
            let moved = of(Moved);
            assert_eq!((&moved.entry_id, &moved.parent_id), (&id, &to.entry_id()));
            assert_eq!(
                (moved.old_id.as_ref(), moved.old_parent_id),
                (Some(&id), Some(from.entry_id()))
            );
            for (kind, parent) in [(Created, &from), (Modified, &from), (Deleted, &to)] {
                let event = of(kind);
                assert_eq!(
                    (event.old_id, event.old_parent_id, event.parent_id),
                    (None, None, parent.entry_id())
                );
            }
            Ok(())
        }
    ),
    case!(
        "NTF-02",
        needs(),
        "a first save is told as created only, a later one as modified only, a copy as copied only",
        |f| {
            let program = Program::new(f)?;
            let store = program.session.default_store()?;
            let (folder, to) = (f.folder("Mail")?, f.folder("To")?);
            let heard = Heard::default();
            let mask = EventMask::OBJECT_CREATED | EventMask::OBJECT_MODIFIED;
            let _connection = store.advise(None, mask, &heard.sink())?;
            let id = add_subject(&folder, "m")?;
            program.dispatch()?;
            let counted = [tags::CONTENT_COUNT.raw()];
            let events = heard.objects();
            assert_eq!(
                multiset(&events),
                expected(&[(Created, &id), (Modified, &folder.entry_id())])
            );
            let count = events.iter().find(|e| e.kind == Modified).unwrap();
            assert!(counted.iter().all(|tag| count.changed.contains(tag)));

            let message = edit(&folder, &id)?;
            message.set(tags::SUBJECT, "other")?;
            message.save_changes(SaveFlags::NONE)?;
            program.dispatch()?;
            let events = heard.objects();
            assert_eq!(multiset(&events), expected(&[(Modified, &id)]));
            assert!(events[0].changed.contains(&tags::SUBJECT.raw()));

            let ids = std::slice::from_ref(&id);
            folder
                .copy_messages(ids, &to, CopyFlags::NONE)?
                .ignore_warning();
            program.dispatch()?;
            let only_the_folder = expected(&[(Modified, &to.entry_id())]);
            assert_eq!(multiset(&heard.objects()), only_the_folder);
            Ok(())
        }
    ),
    case!(
        "NT-04.T1",
        needs(),
        "each operation on messages is told to exactly those who registered for it",
        |f| {
            let program = Program::new(f)?;
            let watch = Watch::new(f, &program)?;
            let Watch { folder, other, .. } = &watch;
            let (here, there) = (folder.entry_id(), other.entry_id());

            let id = add_subject(folder, "m")?;
            watch.all(&[(Created, &id), (Modified, &here)])?;
            watch.folder(&[(Modified, &here)]);

            let message = watch.message(&id)?;
            edit(folder, &id)?.save_changes(SaveFlags::NONE)?;
            watch.all(&[(Modified, &id)])?;
            watch.folder(&[]);
            assert_eq!(
                multiset(&message.heard.objects()),
                expected(&[(Modified, &id)])
            );

            folder
                .set_read_flags(Some(std::slice::from_ref(&id)), ReadFlags::CLEAR_READ_FLAG)?
                .ignore_warning();
            watch.all(&[(Modified, &id), (Modified, &here)])?;
            watch.folder(&[(Modified, &here)]);
            message.heard.take();

            let ids = std::slice::from_ref(&id);
            let copied = folder.copy_messages(ids, other, CopyFlags::NONE)?.value;
            let copy = copied.copies[0].1.clone();
            watch.all(&[(Copied, &copy), (Modified, &there)])?;
            watch.folder(&[]);
            let copies = message.heard.objects();
            assert_eq!(multiset(&copies), expected(&[(Copied, &copy)]));
            assert_eq!(copies[0].old_id.as_ref(), Some(&id));

            folder
                .copy_messages(ids, other, CopyFlags::MOVE)?
                .ignore_warning();
            watch.all(&[(Moved, &id), (Modified, &here), (Modified, &there)])?;
            watch.folder(&[(Modified, &here)]);
            assert_eq!(
                multiset(&message.heard.objects()),
                expected(&[(Moved, &id)])
            );

            other
                .delete_messages(ids, DeleteFlags::NONE)?
                .ignore_warning();
            watch.all(&[(Deleted, &id), (Modified, &there)])?;
            watch.folder(&[]);
            assert_eq!(
                multiset(&message.heard.objects()),
                expected(&[(Deleted, &id)])
            );
            Ok(())
        }
    ),
    case!(
        "NT-04.T1",
        needs(),
        "each operation on folders is told to exactly those who registered for it",
        |f| {
            let program = Program::new(f)?;
            let watch = Watch::new(f, &program)?;
            let Watch { folder, other, .. } = &watch;
            let (here, there) = (folder.entry_id(), other.entry_id());
            let inbox = f.inbox()?;

            let child = folder.create_folder("Child", None, CreateFolderFlags::NONE)?;
            let id = child.entry_id();
            let created = watch.told()?;
            assert_eq!(
                multiset(&created),
                expected(&[(Created, &id), (Modified, &here)])
            );
            let counts = created.iter().find(|e| e.kind == Modified).unwrap();
            assert!(counts.changed.contains(&tags::SUBFOLDERS.raw()));
            watch.folder(&[(Modified, &here)]);

            let sink = Heard::default();
            let _on_child = watch.store.advise(Some(&id), OBJECTS, &sink.sink())?;
            child.set(tags::COMMENT, "x")?;
            watch.all(&[(Modified, &id)])?;
            watch.folder(&[]);
            assert_eq!(multiset(&sink.objects()), expected(&[(Modified, &id)]));

            let _copied = folder.copy_folder(&id, other, None, CopyFolderFlags::NONE)?;
            let copies = watch.told()?;
            let copy = copies.iter().find(|e| e.kind == Copied).unwrap();
            assert_eq!(copy.old_id.as_ref(), Some(&id));
            assert_eq!(
                multiset(&copies),
                expected(&[(Copied, &copy.entry_id), (Modified, &there)])
            );
            assert_eq!(
                multiset(&sink.objects()),
                expected(&[(Copied, &copy.entry_id)])
            );

            let _moved = folder.copy_folder(&id, &inbox, None, CopyFolderFlags::MOVE)?;
            let at = inbox.entry_id();
            watch.all(&[(Moved, &id), (Modified, &here), (Modified, &at)])?;
            watch.folder(&[(Modified, &here)]);
            assert_eq!(multiset(&sink.objects()), expected(&[(Moved, &id)]));

            inbox.delete_folder(&id, DeleteFolderFlags::NONE)?;
            watch.all(&[(Deleted, &id), (Modified, &at)])?;
            watch.folder(&[]);
            assert_eq!(multiset(&sink.objects()), expected(&[(Deleted, &id)]));
            Ok(())
        }
    ),
    case!(
        "NT-04.T3",
        needs(),
        "a message that is not saved is no event",
        |f| {
            let program = Program::new(f)?;
            let folder = f.folder("Mail")?;
            let heard = Heard::default();
            let store = program.session.default_store()?;
            let _connection = store.advise(None, OBJECTS, &heard.sink())?;
            let message = draft(&folder, &[prop(tags::SUBJECT, "x")])?;
            assert_eq!((program.dispatch()?, heard.calls()), (0, 0));
            drop(message);
            assert_eq!((program.dispatch()?, heard.calls()), (0, 0));
            Ok(())
        }
    ),
    case!(
        "NT-01.T1",
        needs(),
        "what nobody can register for is refused, and masks that ask for nothing",
        |f| {
            let (session, store) = (f.session(), f.store()?);
            let inbox = f.inbox()?.entry_id();
            let sink = Heard::default().sink();
            let status = EventMask::STATUS_OBJECT_MODIFIED;
            let refused = |result: Result<mapi::Connection>| code(result);
            assert_eq!(refused(store.advise(None, status, &sink)), Code::NO_SUPPORT);
            assert_eq!(
                refused(session.advise(None, status, &sink)),
                Code::NO_SUPPORT
            );
            assert_eq!(
                refused(session.advise(Some(&inbox), status, &sink)),
                Code::NO_SUPPORT
            );
            let nothing = EventMask::NONE;
            assert_eq!(
                refused(store.advise(None, nothing, &sink)),
                Code::INVALID_PARAMETER
            );
            assert_eq!(code(EventMask::from_bits(0x400)), Code::UNKNOWN_FLAGS);
            Ok(())
        }
    ),
    case!(
        "NT-02.T1" + "NT-02.T3" + "M-IMsgStore.Unadvise",
        needs(),
        "one sink may be registered twice, and lives as long as its registrations",
        |f| {
            let program = Program::new(f)?;
            let store = program.session.default_store()?;
            let folder = f.folder("Mail")?;
            let heard = Heard::default();
            let sink = heard.sink();
            let mask = EventMask::OBJECT_CREATED;
            let (one, two) = (
                store.advise(None, mask, &sink)?,
                store.advise(None, mask, &sink)?,
            );
            drop(sink);
            assert_ne!(one.number(), two.number());
            assert!(one.number() != 0 && two.number() != 0);
            add_subject(&folder, "both")?;
            assert_eq!((program.dispatch()?, heard.take().len()), (2, 2));
            store.unadvise(one)?;
            add_subject(&folder, "one")?;
            assert_eq!((program.dispatch()?, heard.take().len()), (1, 1));
            store.unadvise(two)?;
            add_subject(&folder, "none")?;
            assert_eq!((program.dispatch()?, heard.take().len()), (0, 0));
            let other = program.session.store_by_letter("b")?;
            let foreign = other.advise(None, mask, &heard.sink())?;
            assert_eq!(code(store.unadvise(foreign)), Code::INVALID_PARAMETER);
            Ok(())
        }
    ),
    case!(
        "M-IMAPISession.Advise",
        needs(),
        "a session passes registrations on to the store that an entry id is of, and refuses others",
        |f| {
            let program = Program::new(f)?;
            let session = &program.session;
            let other = f.other_store()?;
            let folder = other.root_folder()?;
            let folder = folder.create_folder("Mail", None, CreateFolderFlags::NONE)?;
            let (one, all, first) = (Heard::default(), Heard::default(), Heard::default());
            let id = folder.entry_id();
            let connection = session.advise(Some(&id), OBJECTS, &one.sink())?;
            assert_ne!(connection.number(), 0);
            let _all = session.advise(Some(&other.entry_id()), OBJECTS, &all.sink())?;
            let default = session.default_store()?.entry_id();
            let _first = session.advise(Some(&default), OBJECTS, &first.sink())?;
            let message = add_subject(&folder, "m")?;
            program.dispatch()?;
            assert_eq!(multiset(&one.objects()), expected(&[(Modified, &id)]));
            assert_eq!(
                multiset(&all.objects()),
                expected(&[(Created, &message), (Modified, &id)])
            );
            assert_eq!(first.calls(), 0);

            let sink = one.sink();
            let advise =
                |id: Vec<u8>| code(session.advise(Some(&EntryId::from(id)), OBJECTS, &sink));
            assert_eq!(advise(vec![1, 2, 3]), Code::INVALID_ENTRYID);
            let mut foreign = id.as_bytes().to_vec();
            foreign[5] ^= 0xFF;
            assert_eq!(advise(foreign), Code::UNKNOWN_ENTRYID);
            session.unadvise(connection)?;
            add_subject(&folder, "more")?;
            program.dispatch()?;
            assert_eq!((one.calls(), all.take().len()), (1, 2));
            Ok(())
        }
    ),
    case!(
        "SES-07.3" + "NT-02.T2",
        needs(),
        "a session tells of logoff, and the others of a shared one that they should log off",
        |f| {
            let mapi = f.program();
            let first = Session::logon(&mapi, Logon::profile("work").allow_others())?;
            let second = Session::logon(&mapi, Logon::shared())?;
            let (mine, yours) = (Heard::default(), Heard::default());
            let mask = EventMask::EXTENDED;
            let _mine = first.advise(None, mask, &mine.sink())?;
            let _yours = second.advise(None, mask, &yours.sink())?;
            let store = second.default_store()?;
            first.logoff_with(LogoffFlags::SHARED);
            assert_eq!((mine.calls(), yours.calls()), (0, 0));
            mapi.dispatch_notifications()?;
            let logoff = Notification::Extended(ExtendedNotification {
                code: ExtendedNotification::LOGOFF,
                data: Vec::new(),
            });
            assert_eq!(mine.take(), [logoff.clone()]);
            let told = yours.take();
            let [Notification::CriticalError(error)] = told.as_slice() else {
                panic!("{told:?}");
            };
            assert_eq!((error.code, &error.entry_id), (Code::END_OF_SESSION, &None));
            assert_eq!(
                store.root_folder()?.entry_id(),
                f.store()?.root_folder()?.entry_id()
            );
            second.logoff();
            mapi.dispatch_notifications()?;
            assert_eq!(yours.take(), [logoff]);
            assert_eq!(code(store.root_folder()), Code::END_OF_SESSION);
            Ok(())
        }
    ),
    case!(
        needs(),
        "after logoff no sink of a store is called any more",
        |f| {
            let program = Program::new(f)?;
            let store = program.session.default_store()?;
            let folder = f.folder("Mail")?;
            let heard = Heard::default();
            let _connection = store.advise(None, OBJECTS, &heard.sink())?;
            let listener = store.listen(None, OBJECTS)?;
            add_subject(&folder, "before")?;
            program.session.logoff();
            add_subject(&folder, "after")?;
            assert_eq!((program.dispatch()?, heard.calls()), (0, 0));
            assert_eq!(code(listener.next_within(PATIENCE)), Code::END_OF_SESSION);
            assert_eq!(
                code(store.advise(None, OBJECTS, &heard.sink())),
                Code::END_OF_SESSION
            );
            Ok(())
        }
    ),
    case!(
        "NT-03.T1",
        needs(),
        "a sink may end its own registration",
        |f| {
            struct Once {
                calls: AtomicUsize,
                connection: std::sync::Mutex<Option<mapi::Connection>>,
            }
            impl AdviseSink for Once {
                fn on_notify(&self, _: &[Notification]) {
                    self.calls.fetch_add(1, Ordering::SeqCst);
                    drop(self.connection.lock().unwrap().take());
                }
            }
            let program = Program::new(f)?;
            let store = program.session.default_store()?;
            let folder = f.folder("Mail")?;
            let once = Arc::new(Once {
                calls: AtomicUsize::new(0),
                connection: std::sync::Mutex::default(),
            });
            let sink = Sink::shared(Arc::clone(&once) as Arc<dyn AdviseSink>);
            let connection = store.advise(None, OBJECTS, &sink)?;
            *once.connection.lock().unwrap() = Some(connection);
            add_subject(&folder, "one")?;
            program.dispatch()?;
            add_subject(&folder, "two")?;
            program.dispatch()?;
            assert_eq!(once.calls.load(Ordering::SeqCst), 1);
            drop(sink);
            assert_eq!(Arc::strong_count(&once), 1);
            Ok(())
        }
    ),
    case!(
        "NT-03.T3",
        needs(),
        "once a registration has ended what waited for it is never told",
        |f| {
            let program = Program::new(f)?;
            let store = program.session.default_store()?;
            let folder = f.folder("Mail")?;
            let (heard, other) = (Heard::default(), Heard::default());
            let connection = store.advise(None, OBJECTS, &heard.sink())?;
            let listener = store.listen(None, OBJECTS)?;
            add_subject(&folder, "m")?;
            // Reading the log for the listener queues it for the sink too.
            assert!(listener.try_next()?.is_some());
            store.unadvise(connection)?;
            let _other = store.advise(None, OBJECTS, &other.sink())?;
            add_subject(&folder, "m")?;
            assert!(program.dispatch()? > 0 && other.calls() == 1);
            assert_eq!(heard.calls(), 0);
            Ok(())
        }
    ),
    case!(
        "NT-07.T2",
        needs(),
        "a sink may change what it is told of, without end and without standing still",
        |f| {
            let program = Program::new(f)?;
            let store = program.session.default_store()?;
            let folder = f.folder("Mail")?;
            let calls = Arc::new(AtomicUsize::new(0));
            let (seen, target) = (Arc::clone(&calls), folder.clone());
            let sink = Sink::new(move |_: &[Notification]| {
                seen.fetch_add(1, Ordering::SeqCst);
                add_subject(&target, "one more").unwrap();
            });
            let _connection = store.advise(None, EventMask::OBJECT_CREATED, &sink)?;
            add_subject(&folder, "first")?;
            for round in 1..=3 {
                assert_eq!(program.dispatch()?, 1);
                assert_eq!(calls.load(Ordering::SeqCst), round);
            }
            assert_eq!(folder.counts()?.contents, 4);
            Ok(())
        }
    ),
    case!(
        "NT-08.T1" + "NT-10.T1",
        needs(),
        "changes return before they are told; one dispatch tells all of them in order",
        |f| {
            let program = Program::new(f)?;
            let store = program.session.default_store()?;
            let inbox = store.folder("Inbox")?;
            let folder = inbox.create_folder("Mine", None, CreateFolderFlags::NONE)?;
            let heard = Heard::default();
            let _connection = store.advise(None, EventMask::OBJECT_CREATED, &heard.sink())?;
            let ids: Vec<EntryId> = (0..7)
                .map(|n| {
                    let id = add_subject(&folder, &n.to_string());
                    assert_eq!(heard.calls(), 0);
                    id
                })
                .collect::<Result<_>>()?;
            assert_eq!(program.dispatch()?, 7);
            let told: Vec<EntryId> = heard.objects().into_iter().map(|e| e.entry_id).collect();
            assert_eq!(told, ids);
            assert_eq!(program.dispatch()?, 0);
            Ok(())
        }
    ),
    case!(
        "NT-10.T2",
        needs(),
        "dispatching inside a sink is safe, and tells nothing twice; not before initialising",
        |f| {
            let program = Program::new(f)?;
            let store = program.session.default_store()?;
            let folder = f.folder("Mail")?;
            let heard = Heard::default();
            let (mapi, more) = (program.mapi.clone(), folder.clone());
            let sink = Sink::new(move |_: &[Notification]| {
                add_subject(&more, "inner").unwrap();
                mapi.dispatch_notifications().unwrap();
            });
            let mask = EventMask::OBJECT_CREATED;
            let dispatching = store.advise(None, mask, &sink)?;
            let _heard = store.advise(None, mask, &heard.sink())?;
            add_subject(&folder, "outer")?;
            program.dispatch()?;
            store.unadvise(dispatching)?;
            program.dispatch()?;
            assert_eq!(heard.take().len(), 2);
            program.mapi.uninitialize()?;
            assert_eq!(code(program.dispatch()), Code::NOT_INITIALIZED);
            Ok(())
        }
    ),
    case!(
        "R-Notification.T2",
        needs(),
        "two sessions in two programs are both told, one's own changes too, in the same order",
        |f| {
            let (one, two) = (Program::new(f)?, Program::new(f)?);
            let heard = [Heard::default(), Heard::default()];
            let store = |p: &Program| p.session.default_store();
            let folder = f.folder("Mail")?.entry_id();
            let _one = store(&one)?.advise(Some(&folder), OBJECTS, &heard[0].sink())?;
            let _two = store(&two)?.advise(Some(&folder), OBJECTS, &heard[1].sink())?;
            let of = |p: &Program| -> Result<Folder> { store(p)?.folder("Inbox/Mail") };
            of(&one)?.set(tags::COMMENT, "by one")?;
            of(&two)?.set(tags::CONTAINER_CLASS, "IPF.Two")?;
            one.dispatch()?;
            two.dispatch()?;
            let changed = |h: &Heard| -> Vec<PropTag> {
                let events = h.objects();
                assert!(events.iter().all(|e| e.entry_id == folder));
                let first = |e: &mapi::ObjectEvent| {
                    let own = [tags::COMMENT.id(), tags::CONTAINER_CLASS.id()];
                    *e.changed.iter().find(|t| own.contains(&t.id())).unwrap()
                };
                events.iter().map(first).collect()
            };
            let ids = |tags: Vec<PropTag>| tags.iter().map(|t| t.id()).collect::<Vec<_>>();
            let expected = [tags::COMMENT.id(), tags::CONTAINER_CLASS.id()];
            assert_eq!(ids(changed(&heard[0])), expected);
            assert_eq!(ids(changed(&heard[1])), expected);
            Ok(())
        }
    ),
    case!(
        needs(),
        "a listener takes events one by one, waits for them, and gives up in time",
        |f| {
            let store = f.store()?;
            let folder = f.folder("Mail")?;
            let listener = store.listen(None, EventMask::OBJECT_CREATED)?;
            assert_eq!(listener.try_next()?, None);
            let started = std::time::Instant::now();
            let short = std::time::Duration::from_millis(30);
            assert_eq!(listener.next_within(short)?, None);
            assert!(started.elapsed() >= short);
            let there = f.second_session()?.default_store()?.folder("Inbox/Mail")?;
            std::thread::scope(|scope| {
                let waiting = scope.spawn(|| listener.next_within(PATIENCE));
                let id = add_subject(&there, "m")?;
                let told = waiting.join().unwrap()?.unwrap();
                assert_eq!(object(told).entry_id, id);
                Result::Ok(())
            })?;
            let ids = [add_subject(&folder, "a")?, add_subject(&folder, "b")?];
            let next: Vec<EntryId> = (&listener).take(2).map(|n| object(n).entry_id).collect();
            assert_eq!(next, ids);
            Ok(())
        }
    ),
    case!(
        needs(),
        "a sink that takes nothing loses what it was told, and is told that",
        |f| {
            let program = Program::new(f)?;
            let store = program.session.default_store()?;
            let folder = f.folder("Mail")?;
            let heard = Heard::default();
            let _connection = store.advise(None, EventMask::OBJECT_CREATED, &heard.sink())?;
            let listener = store.listen(None, EventMask::OBJECT_CREATED)?;
            let mut ids = Vec::new();
            for batch in 0..11 {
                let item = |n: u32| {
                    let mut tree = mapi::MessageTree::default();
                    tree.props.set(tags::SUBJECT, format!("{batch}.{n}"));
                    mapi::ImportItem {
                        tree,
                        flags: 0,
                        source: None,
                    }
                };
                let items = (0..400).map(item).collect();
                let options = mapi::ImportOptions::default();
                for outcome in folder.import(items, options)? {
                    let mapi::ImportOutcome::Imported { id, .. } = outcome else {
                        panic!("{outcome:?}");
                    };
                    ids.push(id);
                }
                // Whoever reads the log fills all queues: this one is emptied again, the sink's is not.
                while listener.try_next()?.is_some() {}
            }
            program.dispatch()?;
            let told = heard.take();
            assert_eq!(told[0], Notification::Lost);
            let rest: Vec<EntryId> = told[1..]
                .iter()
                .cloned()
                .map(|n| object(n).entry_id)
                .collect();
            assert!(!rest.is_empty() && rest.len() < ids.len());
            assert_eq!(rest, ids[ids.len() - rest.len()..]);
            add_subject(&folder, "as usual again")?;
            assert_eq!(program.dispatch()?, 1);
            Ok(())
        }
    ),
];

/// Sinks on a store and one of its folders.
struct Watch<'a> {
    program: &'a Program,
    store: MsgStore,
    folder: Folder,
    other: Folder,
    of_store: Heard,
    of_folder: Heard,
    _connections: [mapi::Connection; 2],
}

/// A sink on a message.
struct OnMessage {
    heard: Heard,
    _connection: mapi::Connection,
}

impl<'a> Watch<'a> {
    fn new(f: &crate::Fixture, program: &'a Program) -> Result<Self> {
        let (folder, other) = (f.folder("Watched")?, f.folder("Other")?);
        let store = program.session.default_store()?;
        let (of_store, of_folder) = (Heard::default(), Heard::default());
        let connections = [
            store.advise(None, OBJECTS, &of_store.sink())?,
            store.advise(Some(&folder.entry_id()), OBJECTS, &of_folder.sink())?,
        ];
        Ok(Self {
            program,
            store,
            folder,
            other,
            of_store,
            of_folder,
            _connections: connections,
        })
    }

    fn message(&self, id: &EntryId) -> Result<OnMessage> {
        let heard = Heard::default();
        let connection = self.store.advise(Some(id), OBJECTS, &heard.sink())?;
        Ok(OnMessage {
            heard,
            _connection: connection,
        })
    }

    fn told(&self) -> Result<Vec<mapi::ObjectEvent>> {
        self.program.dispatch()?;
        Ok(self.of_store.objects())
    }

    /// What the store's sink was told since.
    fn all(&self, events: &[(EventKind, &EntryId)]) -> Result<()> {
        assert_eq!(multiset(&self.told()?), expected(events));
        Ok(())
    }

    /// What the folder's sink was told since.
    fn folder(&self, events: &[(EventKind, &EntryId)]) {
        assert_eq!(multiset(&self.of_folder.objects()), expected(events));
    }
}
