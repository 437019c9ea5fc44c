//! TAB-24, STO-02.3, STO-03.1: what tables of other kinds than a folder's contents tell of their rows.

use mapi::{
    Code, CreateFolderFlags, Depth, EventMask, PropTag, Result, SortColumn, SortOrderSet,
    StoreRole, TableEvent, TableFlags, TableNotification, columns, tags,
};

use crate::fixture::{add_subject, code};
use crate::heard::{Heard, Program, row, told};
use crate::{Case, case};

use super::live_tables::{by_subject, key, rename};
use super::opening::default_letters;

use TableEvent::{RowAdded, RowDeleted, RowModified};

const TABLE: EventMask = EventMask::TABLE_MODIFIED;

pub(super) const CASES: &[Case] = &[
    case!(
        needs(),
        "a table tells of nothing but itself, and some tell nothing",
        |f| {
            let table = f.inbox()?.contents().open()?;
            let sink = Heard::default().sink();
            for mask in [
                EventMask::OBJECT_CREATED,
                TABLE | EventMask::NEW_MAIL,
                EventMask::NONE,
            ] {
                assert_eq!(code(table.advise(mask, &sink)), Code::NO_SUPPORT);
            }
            let recipients = f.inbox()?.create_message()?.recipients().open()?;
            assert_eq!(code(recipients.advise(TABLE, &sink)), Code::NO_SUPPORT);
            Ok(())
        }
    ),
    case!(
        needs(),
        "a table of folders tells of folders that come, are renamed and go, and of their counters",
        |f| {
            let program = Program::new(f)?;
            let inbox = f.inbox()?;
            let names = columns![tags::DISPLAY_NAME, tags::CONTENT_COUNT];
            let there = program.session.default_store()?.folder("Inbox")?;
            let children = there.hierarchy(Depth::Children).columns(names).open()?;
            let all = there.hierarchy(Depth::All).columns(names).open()?;
            let (heard, deep) = (Heard::default(), Heard::default());
            let _children = children.advise(TABLE, &heard.sink())?;
            let _all = all.advise(TABLE, &deep.sink())?;
            let told = |heard: &Heard| -> Vec<(TableEvent, Option<String>, Option<i32>)> {
                let get = |e: &TableNotification| {
                    let row = e.row.as_ref();
                    (
                        e.event,
                        row.and_then(|r| r.get(tags::DISPLAY_NAME)),
                        row.and_then(|r| r.get(tags::CONTENT_COUNT)),
                    )
                };
                heard.rows().iter().map(get).collect()
            };
            let folder = inbox.create_folder("One", None, CreateFolderFlags::NONE)?;
            let below = folder.create_folder("Two", None, CreateFolderFlags::NONE)?;
            program.dispatch()?;
            let added = |name: &str| (RowAdded, Some(name.to_owned()), Some(0));
            assert_eq!(told(&heard), [added("One")]);
            assert_eq!(told(&deep), [added("One"), added("Two")]);
            add_subject(&below, "m")?;
            program.dispatch()?;
            assert_eq!(told(&heard), []);
            assert_eq!(
                told(&deep),
                [(RowModified, Some("Two".to_owned()), Some(1))]
            );
            folder.rename("Zero")?;
            program.dispatch()?;
            assert_eq!(
                told(&heard),
                [(RowModified, Some("Zero".to_owned()), Some(0))]
            );
            inbox.delete_folder(
                &folder.entry_id(),
                mapi::DeleteFolderFlags::DEL_MESSAGES | mapi::DeleteFolderFlags::DEL_FOLDERS,
            )?;
            program.dispatch()?;
            assert_eq!(told(&heard), [(RowDeleted, None, None)]);
            Ok(())
        }
    ),
    case!(
        needs(),
        "the table of receive folders tells of assignments",
        |f| {
            let program = Program::new(f)?;
            let store = program.session.default_store()?;
            let table = store.receive_folder_table().open()?;
            let heard = Heard::default();
            let _connection = table.advise(TABLE, &heard.sink())?;
            let folder = f.folder("Samples")?.entry_id();
            f.store()?.set_receive_folder("IPM.Sample", Some(&folder))?;
            program.dispatch()?;
            let event = heard.rows().remove(0);
            let class = event.row.unwrap().get(tags::MESSAGE_CLASS);
            assert_eq!(
                (event.event, class.as_deref()),
                (RowAdded, Some("IPM.Sample"))
            );
            Ok(())
        }
    ),
    case!(needs(), "a listener on a table waits for its rows", |f| {
        let folder = f.folder("Mail")?;
        let table = folder.contents().columns(columns![tags::SUBJECT]).open()?;
        let listener = table.listen()?;
        assert_eq!(listener.try_next()?, None);
        add_subject(&folder, "m")?;
        let event = row(listener.next_within(crate::heard::PATIENCE)?.unwrap());
        assert_eq!(told(&event), (RowAdded, "m".to_owned()));
        Ok(())
    }),
    case!(
        needs(),
        "a categorised table tells of what is in view, and not of expanding and collapsing",
        |f| {
            let program = Program::new(f)?;
            let folder = f.folder("Mail")?;
            let ids = ["x", "y"].map(|s| add_subject(&folder, s).unwrap());
            let table = by_subject(&program, "Inbox/Mail")?;
            let column = |tag: PropTag| SortColumn::ascending(tag);
            table.sort(SortOrderSet {
                columns: vec![column(tags::IMPORTANCE.raw()), column(tags::SUBJECT.raw())],
                categories: 1,
                expanded: 1,
            })?;
            let heard = Heard::default();
            let _connection = table.advise(TABLE, &heard.sink())?;
            rename(&folder, &ids[0], "z")?;
            program.dispatch()?;
            let events = heard.rows();
            assert_eq!(events.len(), 1);
            assert_eq!(told(&events[0]), (RowModified, "z".to_owned()));
            assert_eq!(events[0].prior, key(&table, "y")?);
            let heading = table.query_rows(1)?.remove(0);
            let heading = heading.get(tags::INSTANCE_KEY).unwrap();
            table.collapse_row(&heading)?;
            assert_eq!(program.dispatch()?, 0);
            rename(&folder, &ids[0], "hidden")?;
            assert_eq!(program.dispatch()?, 0);
            table.expand_row(&heading, 0)?;
            assert_eq!(program.dispatch()?, 0);
            Ok(())
        }
    ),
    case!(
        "STO-02.3" + "M-IMAPISession.GetMsgStoresTable",
        needs(),
        "the table of stores tells of a store that is added while somebody looks",
        |f| {
            let program = Program::new(f)?;
            let table = program.session.stores_table().open()?;
            let heard = Heard::default();
            let _connection = table.advise(TABLE, &heard.sink())?;
            let service = f.ground().service();
            let added = program
                .session
                .add_store(service.name(), &f.settings("c"))?;
            program.dispatch()?;
            let events = heard.rows();
            assert_eq!((events.len(), events[0].event), (1, RowAdded));
            let id = events[0].row.as_ref().unwrap().entry_id().clone();
            assert_eq!(id, added.entry_id());
            let opened = program.session.open_store(&id, mapi::StoreFlags::WRITE)?;
            assert_eq!(
                opened.root_folder()?.entry_id(),
                added.root_folder()?.entry_id()
            );
            program.session.remove_store(&id)?;
            program.dispatch()?;
            let gone = heard.rows().remove(0);
            assert_eq!(
                (gone.event, gone.index),
                (RowDeleted, events[0].index.clone())
            );
            Ok(())
        }
    ),
    case!(
        "STO-03.1" + "M-IMAPISession.SetDefaultStore",
        needs(),
        "another default store is told of for both rows, found, and kept for the next session",
        |f| {
            let program = Program::new(f)?;
            let session = &program.session;
            let table = session.stores_table().open()?;
            let heard = Heard::default();
            let _connection = table.advise(TABLE, &heard.sink())?;
            let [a, b] = [f.store()?.entry_id(), f.other_store()?.entry_id()];
            session.set_default_store(Some(&b), StoreRole::Default)?;
            assert_eq!(default_letters(session)?, ["b"]);
            program.dispatch()?;
            let told: Vec<_> = heard
                .rows()
                .iter()
                .map(|e| {
                    let row = e.row.as_ref().unwrap();
                    let default = row.get(tags::DEFAULT_STORE).unwrap();
                    (e.event, row.entry_id().clone(), default)
                })
                .collect();
            assert_eq!(
                told,
                [(RowModified, a, false), (RowModified, b.clone(), true)]
            );
            let next = f.restart()?;
            assert_eq!(default_letters(&next)?, ["b"]);
            assert_eq!(next.default_store()?.entry_id(), b);
            Ok(())
        }
    ),
    case!(
        needs(),
        "work in the background tells that it is done, and why it failed",
        |f| {
            let program = Program::new(f)?;
            let store = program.session.default_store()?;
            let table = store.folder("Inbox")?.contents().open()?;
            let heard = Heard::default();
            let _connection = table.advise(TABLE, &heard.sink())?;
            let done = || -> Result<Vec<(TableEvent, Option<Code>)>> {
                table.wait_for_completion(None)?;
                program.dispatch()?;
                Ok(heard.rows().iter().map(|e| (e.event, e.error)).collect())
            };
            let by_subject = SortOrderSet::by([SortColumn::ascending(tags::SUBJECT)]);
            table.sort_with(by_subject, TableFlags::ASYNC)?;
            assert_eq!(done()?, [(TableEvent::SortDone, None)]);
            table.restrict_with(mapi::Restriction::exist(tags::SUBJECT), TableFlags::ASYNC)?;
            assert_eq!(done()?, [(TableEvent::RestrictDone, None)]);
            table.set_columns_with(columns![tags::SUBJECT], TableFlags::ASYNC)?;
            assert_eq!(done()?, [(TableEvent::SetColumnsDone, None)]);
            let nonsense = SortOrderSet::by([SortColumn::ascending(PropTag::new(
                0x6800,
                mapi::PropType::OBJECT,
            ))]);
            table.sort_with(nonsense, TableFlags::ASYNC)?;
            assert_eq!(done()?, [(TableEvent::SortDone, Some(Code::TOO_COMPLEX))]);
            Ok(())
        }
    ),
];
