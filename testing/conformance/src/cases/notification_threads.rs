//! SES-03.3, NT-03, NT-08, NT-09: on which thread sinks are called, and that none is called too late.

use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use mapi::{
    AdviseSink, Call, Code, EventMask, ImportItem, ImportOptions, MapiProp, MessageTree,
    Notification, OpenFlags, Result, SaveFlags, Sink, TableEvent, tags,
};

use crate::fixture::{add_subject, code, edit};
use crate::heard::{Heard, PATIENCE, Program, object, told};
use crate::{Case, case};

use super::live_tables::{by_subject, rename};

const CREATED: EventMask = EventMask::OBJECT_CREATED;

/// A sink that says when it is being called, and returns when it is let.
struct Slow {
    begun: Mutex<Sender<()>>,
    go_on: Mutex<Receiver<()>>,
    calls: Arc<AtomicUsize>,
    running: Arc<AtomicBool>,
}

impl AdviseSink for Slow {
    fn on_notify(&self, _: &[Notification]) {
        self.running.store(true, Ordering::SeqCst);
        self.calls.fetch_add(1, Ordering::SeqCst);
        self.begun.lock().unwrap().send(()).unwrap();
        // An error: the case is over.
        let _let_go = self.go_on.lock().unwrap().recv_timeout(PATIENCE);
        // A moment in which nobody may believe that it has returned.
        thread::sleep(Duration::from_millis(20));
        self.running.store(false, Ordering::SeqCst);
    }
}

pub(super) const CASES: &[Case] = &[
    case!(
        "SES-03.3",
        needs(),
        "sinks are called on another thread, or only when the initialising thread dispatches",
        |f| {
            let place = Arc::new(Mutex::new(Vec::new()));
            let noting = || {
                let place = Arc::clone(&place);
                Sink::new(move |_: &[Notification]| {
                    place.lock().unwrap().push(thread::current().id());
                })
            };
            let folder = f.folder("Mail")?;
            let watched = folder.entry_id();
            let changed = EventMask::OBJECT_MODIFIED;

            let background = Program::multithreaded(f)?;
            let store = background.session.default_store()?;
            let (heard, sink) = (Heard::default(), noting());
            let connection = store.advise(Some(&watched), changed, &sink)?;
            let _heard = store.advise(Some(&watched), changed, &heard.sink())?;
            folder.set(tags::COMMENT, "one")?;
            heard.wait(1);
            store.unadvise(connection)?;
            let told = std::mem::take(&mut *place.lock().unwrap());
            assert_eq!(told.len(), 1);
            assert_ne!(told[0], thread::current().id());

            let program = Program::new(f)?;
            let store = program.session.default_store()?;
            let _connection = store.advise(Some(&watched), changed, &noting())?;
            folder.set(tags::COMMENT, "two")?;
            // Proof that there was time for it: the other program has been told.
            heard.wait(1);
            let elsewhere = thread::scope(|s| s.spawn(|| program.dispatch()).join().unwrap())?;
            assert_eq!((elsewhere, place.lock().unwrap().len()), (0, 0));
            assert_eq!(program.dispatch()?, 1);
            assert_eq!(*place.lock().unwrap(), [thread::current().id()]);
            Ok(())
        }
    ),
    case!(
        "M-IMAPISession.Unadvise",
        needs(),
        "ending a registration waits for a call that runs, after which none comes",
        |f| {
            let program = Program::multithreaded(f)?;
            let session = &program.session;
            let folder = f.folder("Mail")?;
            let (begun, wait_begun) = channel();
            let (let_go, go_on) = channel();
            let (calls, running) = (Arc::default(), Arc::default());
            let slow = Arc::new(Slow {
                begun: Mutex::new(begun),
                go_on: Mutex::new(go_on),
                calls: Arc::clone(&calls),
                running: Arc::clone(&running),
            });
            let alive = Arc::downgrade(&slow);
            let sink = Sink::shared(slow);
            let default = session.default_store()?.entry_id();
            let connection = session.advise(Some(&default), CREATED, &sink)?;
            drop(sink);
            add_subject(&folder, "first")?;
            wait_begun.recv_timeout(PATIENCE)?;
            add_subject(&folder, "waits in the queue")?;
            let made = thread::scope(|scope| {
                let ending = scope.spawn(|| {
                    session.unadvise(connection).unwrap();
                    assert!(!running.load(Ordering::SeqCst));
                    calls.load(Ordering::SeqCst)
                });
                assert!(alive.upgrade().is_some() && running.load(Ordering::SeqCst));
                // Two, for it may be called once more before the other thread gets that far.
                let_go.send(()).unwrap();
                let_go.send(()).unwrap();
                ending.join().unwrap()
            });
            assert!(alive.upgrade().is_none());
            let heard = Heard::default();
            let _heard = session.advise(Some(&default), CREATED, &heard.sink())?;
            add_subject(&folder, "later")?;
            heard.wait(1);
            assert_eq!(calls.load(Ordering::SeqCst), made);
            Ok(())
        }
    ),
    case!(
        "NT-03.T2",
        needs(),
        "registering and ending ten thousand times beside changes drops every sink once",
        |f| {
            struct Counted(Arc<AtomicUsize>);
            impl AdviseSink for Counted {
                fn on_notify(&self, _: &[Notification]) {}
            }
            impl Drop for Counted {
                fn drop(&mut self) {
                    self.0.fetch_add(1, Ordering::SeqCst);
                }
            }
            let program = Program::multithreaded(f)?;
            let store = program.session.default_store()?;
            let folder = f.folder("Mail")?;
            let (dropped, done) = (Arc::new(AtomicUsize::new(0)), AtomicBool::new(false));
            thread::scope(|scope| {
                let changing = scope.spawn(|| -> Result<()> {
                    while !done.load(Ordering::SeqCst) {
                        folder.set(tags::COMMENT, "x")?;
                        folder.set(tags::COMMENT, "y")?;
                    }
                    Ok(())
                });
                let mut numbers = HashSet::new();
                for _ in 0..10_000 {
                    let sink = Sink::new(Counted(Arc::clone(&dropped)));
                    let connection = store.advise(None, EventMask::OBJECT_MODIFIED, &sink)?;
                    assert!(numbers.insert(connection.number()));
                    drop(sink);
                    store.unadvise(connection)?;
                }
                done.store(true, Ordering::SeqCst);
                changing.join().unwrap()
            })?;
            assert_eq!(dropped.load(Ordering::SeqCst), 10_000);
            Ok(())
        }
    ),
    case!(
        "NT-07.T1" + "NT-08.T2",
        needs(),
        "events come in order, none is lost, and what they tell of can be seen",
        |f| {
            let program = Program::multithreaded(f)?;
            let store = program.session.default_store()?;
            let folder = f.folder("Mail")?;
            let heard = Heard::default();
            let _heard = store.advise(None, CREATED, &heard.sink())?;
            let (sender, subjects) = channel();
            let (reading, sender) = (store.clone(), Mutex::new(sender));
            let sink = Sink::new(move |told: &[Notification]| {
                for event in told.iter().cloned().map(object) {
                    let message = reading.open_message(&event.entry_id, OpenFlags::NONE);
                    let subject = message.and_then(|m| m.get(tags::SUBJECT));
                    sender.lock().unwrap().send(subject).unwrap();
                }
            });
            let _reading = store.advise(None, CREATED, &sink)?;
            for n in 0..5 {
                add_subject(&folder, &n.to_string())?;
            }
            let told: Vec<_> = heard.wait(5).into_iter().map(object).collect();
            for (n, event) in (0..).zip(&told) {
                assert_eq!(
                    store
                        .open_message(&event.entry_id, OpenFlags::NONE)?
                        .get(tags::SUBJECT)?,
                    n.to_string()
                );
                assert_eq!(subjects.recv_timeout(PATIENCE)??, n.to_string());
            }
            assert_eq!(told.len(), 5);
            Ok(())
        }
    ),
    case!(
        "NT-09.T1",
        needs(),
        "a sink bound to a thread is called on that one only, when it dispatches",
        |f| {
            let program = Program::multithreaded(f)?;
            let store = program.session.default_store()?;
            let folder = f.folder("Mail")?;
            let place = Arc::new(Mutex::new(Vec::new()));
            let noted = Arc::clone(&place);
            let sink = Sink::new(move |_: &[Notification]| {
                noted.lock().unwrap().push(thread::current().id());
            });
            let bound = sink.on_this_thread();
            // Registered on another thread, it is bound to this one all the same.
            let _bound = thread::scope(|s| {
                s.spawn(|| store.advise(None, CREATED, &bound))
                    .join()
                    .unwrap()
            })?;
            let free = Heard::default();
            let _free = store.advise(None, CREATED, &free.sink())?;
            thread::scope(|s| s.spawn(|| add_subject(&folder, "m")).join().unwrap())?;
            free.wait(1);
            assert_eq!(place.lock().unwrap().len(), 0);
            thread::scope(|s| s.spawn(|| program.dispatch()).join().unwrap())?;
            assert_eq!(place.lock().unwrap().len(), 0);
            assert_eq!(program.dispatch()?, 1);
            assert_eq!(*place.lock().unwrap(), [thread::current().id()]);
            Ok(())
        }
    ),
    case!(
        "NT-09.T3",
        needs(),
        "synchronous delivery cannot be asked for, and no sink runs inside the call it tells of",
        |f| {
            // NOTIFY_SYNC of IMAPISupport::Subscribe, unsupported as `Sink::on_this_thread` says.
            let sync = EventMask::from_bits(CREATED.bits() | 0x4000_0000);
            assert_eq!(code(sync), Code::UNKNOWN_FLAGS);
            let program = Program::new(f)?;
            let store = program.session.default_store()?;
            let inbox = store.receive_folder("IPM.Note")?;
            let inside = Arc::new(AtomicBool::new(false));
            let calls = Arc::new(AtomicUsize::new(0));
            let sink = || {
                let (inside, calls) = (Arc::clone(&inside), Arc::clone(&calls));
                Sink::new(move |_: &[Notification]| {
                    calls.fetch_add(
                        1 + usize::from(inside.load(Ordering::SeqCst)) * 100,
                        Ordering::SeqCst,
                    );
                })
            };
            let _bound = store.advise(None, CREATED, &sink().on_this_thread())?;
            let _free = store.advise(None, CREATED, &sink())?;
            inside.store(true, Ordering::SeqCst);
            add_subject(&inbox, "m")?;
            inside.store(false, Ordering::SeqCst);
            assert_eq!(calls.load(Ordering::SeqCst), 0);
            program.dispatch()?;
            assert_eq!(calls.load(Ordering::SeqCst), 2);
            Ok(())
        }
    ),
    case!(
        "NT-09.T2",
        needs(),
        "a sink bound to a thread goes with it, and what waited for it",
        |f| {
            let program = Program::new(f)?;
            let store = program.session.default_store()?;
            let folder = f.folder("Mail")?;
            let calls = Arc::new(AtomicUsize::new(0));
            let (listener, connection) = thread::scope(|scope| {
                let bound = scope.spawn(|| {
                    let calls = Arc::clone(&calls);
                    let sink = Sink::new(move |_: &[Notification]| {
                        calls.fetch_add(1, Ordering::SeqCst);
                    });
                    let connection = store.advise(None, CREATED, &sink.on_this_thread())?;
                    let listener = store.listen(None, CREATED)?;
                    add_subject(&folder, "queued")?;
                    assert!(listener.try_next()?.is_some());
                    Result::Ok((listener, connection))
                });
                bound.join().unwrap()
            })?;
            // The thread's own things go when it has ended for good, which is a moment after it was joined.
            let end = std::time::Instant::now() + PATIENCE;
            while Arc::strong_count(&calls) > 1 {
                assert!(std::time::Instant::now() < end);
                thread::yield_now();
            }
            edit(&folder, &add_subject(&folder, "more")?)?.save_changes(SaveFlags::NONE)?;
            assert!(listener.try_next()?.is_some());
            assert_eq!(program.dispatch()?, 0);
            assert_eq!(calls.load(Ordering::SeqCst), 0);
            drop(connection);
            Ok(())
        }
    ),
    case!(
        needs(),
        "whoever waits for notifications is let go by a cancel, and counts what comes in time",
        |f| {
            let folder = f.folder("Mail")?;
            let call = Call::default();
            let listener = f.store()?.with_call(call.clone()).listen(None, CREATED)?;
            let ids = [add_subject(&folder, "a")?, add_subject(&folder, "b")?];
            let soon = Duration::from_millis(100);
            let next: Vec<_> = listener.within(soon).collect::<Result<_>>()?;
            let next: Vec<_> = next.into_iter().map(|n| object(n).entry_id).collect();
            assert_eq!(next, ids);
            let table = folder.contents().open()?;
            let rows = table.listen()?;
            assert_eq!(rows.within(Duration::ZERO).count(), 0);
            thread::scope(|scope| {
                let waiting = scope.spawn(|| listener.next_within(PATIENCE));
                call.cancel.cancel();
                assert_eq!(code(waiting.join().unwrap()), Code::USER_CANCEL);
            });
            assert!(listener.within(PATIENCE).next().unwrap().is_err());
            Ok(())
        }
    ),
    case!(
        needs(),
        "what a table tells after its rows were read anew begins with these rows",
        |f| {
            let program = Program::new(f)?;
            let folder = f.folder("Mail")?;
            let table = by_subject(&program, "Inbox/Mail")?;
            let heard = Heard::default();
            let _connection = table.advise(EventMask::TABLE_MODIFIED, &heard.sink())?;
            assert_eq!(table.query_all_rows(0)?.len(), 0);
            let item = |n: u32| {
                let mut tree = MessageTree::default();
                tree.props.set(tags::SUBJECT, format!("{n:04}"));
                ImportItem {
                    tree,
                    flags: 0,
                    source: None,
                }
            };
            folder.import((0..600).map(item).collect(), ImportOptions::default())?;
            program.dispatch()?;
            let events = heard.rows();
            assert_eq!((events.len(), events[0].event), (1, TableEvent::Changed));
            // Told between that and the reading, as another program's change is.
            let listener = program.session.default_store()?.listen(None, CREATED)?;
            let id = add_subject(&folder, "x")?;
            assert!(listener.try_next()?.is_some());
            assert_eq!(table.query_all_rows(0)?.len(), 601);
            program.dispatch()?;
            assert_eq!(heard.rows(), []);
            rename(&folder, &id, "y")?;
            program.dispatch()?;
            let expected = (TableEvent::RowModified, "y".to_owned());
            assert_eq!(
                heard.rows().iter().map(told).collect::<Vec<_>>(),
                [expected]
            );
            Ok(())
        }
    ),
];
