//! NTF-01, NTF-02, NT-01 … NT-04, NT-07: what is told of stores, folders and messages, to whom, and for how long.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use mapi::{
    AdviseSink, Code, CreateFolderFlags, EntryId, EventKind, EventMask, ExtendedNotification,
    Folder, LogoffFlags, Logon, MapiProp, Notification, PropTag, Result, Session, Sink, tags,
};

use crate::fixture::{add_subject, code};
use crate::heard::{Heard, PATIENCE, Program, expected, multiset, object};
use crate::{Case, case};

/// Everything that happens to objects.
const OBJECTS: EventMask = EventMask::OBJECT_CREATED
    .with(EventMask::OBJECT_MODIFIED)
    .with(EventMask::OBJECT_DELETED)
    .with(EventMask::OBJECT_MOVED)
    .with(EventMask::OBJECT_COPIED);

use EventKind::{Created, Modified};

pub(super) const CASES: &[Case] = &[
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
            assert_eq!(mine.take(), std::slice::from_ref(&logoff));
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
