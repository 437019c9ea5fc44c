//! NTF-01, NTF-02, NT-04: which operation is told as which event, and to whom.

use mapi::{
    CopyFlags, CopyFolderFlags, CreateFolderFlags, DeleteFlags, DeleteFolderFlags, EntryId,
    EventKind, EventMask, Folder, MapiProp, MsgStore, ReadFlags, Result, SaveFlags, object_type,
    tags,
};

use crate::fixture::{add_subject, draft, edit, prop};
use crate::heard::{Heard, Program, expected, multiset};
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
