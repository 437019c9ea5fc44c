//! TAB-03, TAB-10, TAB-23 and the column sets of tables: what a table shows before anybody sets it up.

use mapi::{
    Code, CreateFolderFlags, DeleteFlags, Depth, EntryId, FileTime, Folder, MapiProp, MsgStore,
    PropTag, PropType, PropValue, RelOp, Restriction, Result, SaveFlags, SortColumn, SortFlags,
    SortOrder, SortOrderSet, Table, TableRow, columns, recipient_type, tags,
};

use crate::fixture::{add, add_subject, address, attach, code, draft, prop, subjects};
use crate::{Case, Fixture, case};

pub(super) const CASES: &[Case] = &[
    case!(
        "TAB-03" + "M-IMAPIFolder.SaveContentsSort",
        needs(),
        "an order saved on a folder is that of new tables on it and below",
        |f| {
            let top = f.folder("F")?;
            let child = top.create_folder("child", None, CreateFolderFlags::NONE)?;
            for subject in ["b", "c", "a"] {
                add_subject(&top, subject)?;
                add_subject(&child, subject)?;
            }
            let down = by(SortColumn::descending(tags::SUBJECT));
            top.save_contents_sort(&down, SortFlags::RECURSIVE)?;
            let there = |store: &MsgStore, path: &str| -> Result<Vec<String>> {
                let table = store.folder(path)?.contents().open()?;
                assert_eq!(table.query_sort_order(), down, "{path}");
                table.set_columns(columns![tags::SUBJECT])?;
                subjects(&table)
            };
            let other = f.second_session()?.default_store()?;
            for store in [f.store()?, other] {
                assert_eq!(there(&store, "Inbox/F")?, ["c", "b", "a"]);
                assert_eq!(there(&store, "Inbox/F/child")?, ["c", "b", "a"]);
            }
            // Folders that are made later take it over too, at any depth.
            let deep = child.create_folder("deep", None, CreateFolderFlags::NONE)?;
            for subject in ["x", "z", "y"] {
                add_subject(&deep, subject)?;
            }
            let store = f.restart()?.default_store()?;
            assert_eq!(there(&store, "Inbox/F")?, ["c", "b", "a"]);
            assert_eq!(there(&store, "Inbox/F/child")?, ["c", "b", "a"]);
            assert_eq!(there(&store, "Inbox/F/child/deep")?, ["z", "y", "x"]);
            // Sorting by no keys leads back to it.
            let table = store.folder("Inbox/F")?.contents().open()?;
            table.set_columns(columns![tags::SUBJECT])?;
            table.sort(by(SortColumn::ascending(tags::SUBJECT)))?;
            assert_eq!(subjects(&table)?, ["a", "b", "c"]);
            table.sort(SortOrderSet::default())?;
            assert_eq!(subjects(&table)?, ["c", "b", "a"]);
            Ok(())
        }
    ),
    case!(
        "M-IMAPIFolder.SaveContentsSort",
        needs(),
        "the order nearest to a folder wins, and one that cannot be made is refused",
        |f| {
            let top = f.folder("F")?;
            let child = top.create_folder("child", None, CreateFolderFlags::NONE)?;
            for subject in ["b", "c", "a"] {
                add_subject(&top, subject)?;
                add_subject(&child, subject)?;
            }
            let up = by(SortColumn::ascending(tags::SUBJECT));
            let down = by(SortColumn::descending(tags::SUBJECT));
            // Without RECURSIVE the children know nothing of it.
            top.save_contents_sort(&up, SortFlags::NONE)?;
            assert_eq!(order_of(&top)?, up);
            assert_eq!(order_of(&child)?, SortOrderSet::default());
            // Their own is stronger than one from above that is older, not than a newer one.
            child.save_contents_sort(&up, SortFlags::NONE)?;
            top.save_contents_sort(&down, SortFlags::RECURSIVE)?;
            assert_eq!(
                (order_of(&top)?, order_of(&child)?),
                (down.clone(), down.clone())
            );
            child.save_contents_sort(&up, SortFlags::NONE)?;
            assert_eq!(
                (order_of(&top)?, order_of(&child)?),
                (down.clone(), up.clone())
            );
            // No keys: forgotten.
            child.save_contents_sort(&SortOrderSet::default(), SortFlags::NONE)?;
            assert_eq!(order_of(&child)?, down);
            top.save_contents_sort(&SortOrderSet::default(), SortFlags::RECURSIVE)?;
            assert_eq!(order_of(&child)?, SortOrderSet::default());
            // What a table would refuse is refused here, and changes nothing.
            top.save_contents_sort(&down, SortFlags::NONE)?;
            let object = tags::SUBJECT.raw().with_type(PropType::OBJECT);
            let combined = SortColumn {
                tag: tags::SUBJECT.raw(),
                order: SortOrder::Combine,
            };
            let refused = |sort| top.save_contents_sort(&sort, SortFlags::NONE);
            assert_eq!(code(refused(by(combined))), Code::INVALID_PARAMETER);
            assert_eq!(
                code(refused(by(SortColumn::ascending(object)))),
                Code::TOO_COMPLEX
            );
            let grouped = SortOrderSet {
                categories: 1,
                ..down.clone()
            };
            if let Err(e) = refused(grouped) {
                assert_eq!(e.code(), Code::NO_SUPPORT);
                assert_eq!(order_of(&top)?, down);
            }
            // A store that is open for reading keeps its orders.
            let read_only = f.read_only_session()?.default_store()?;
            let folder = read_only.folder("Inbox/F")?;
            let saved = folder.save_contents_sort(&up, SortFlags::RECURSIVE);
            assert_eq!(code(saved), Code::NO_ACCESS);
            // It is no property that one could list, read or write.
            let hidden = PropTag::new(0x6674, PropType::MV_LONG);
            assert!(!top.prop_list()?.contains(&hidden));
            assert_eq!(
                top.get_props(&[hidden])?.warning,
                Some(Code::W_ERRORS_RETURNED)
            );
            let numbers = prop(hidden, PropValue::MvLong(vec![0]));
            assert_eq!(top.set_props(&[numbers])?.len(), 1);
            let bits = SortFlags::from_bits(0x4);
            assert_eq!(code(bits), Code::UNKNOWN_FLAGS);
            Ok(())
        }
    ),
    case!(
        "TAB-23",
        needs(),
        "a table opened without Unicode gives text in one byte per character where nobody says otherwise",
        |f| {
            let folder = f.folder("Mail")?;
            let class = prop(tags::MESSAGE_CLASS, "IPM.Note");
            add(&folder, &[prop(tags::SUBJECT, "Grüße"), class])?;
            let table = folder.contents().ansi().open()?;
            let wide = folder.contents().open()?;
            let string8 = |t: &PropTag| t.ty() == PropType::STRING8;
            assert!(table.query_columns().iter().any(string8));
            assert!(
                !table
                    .query_columns()
                    .iter()
                    .any(|t| t.ty() == PropType::UNICODE)
            );
            assert!(
                !table
                    .query_all_columns()
                    .iter()
                    .any(|t| t.ty() == PropType::UNICODE)
            );
            assert!(!wide.query_columns().iter().any(string8));
            let narrow = |tag: mapi::Tag<str>| tag.raw().with_type(PropType::STRING8);
            assert!(table.query_columns().contains(&narrow(tags::DISPLAY_TO)));
            let row = table.query_rows(1)?.remove(0);
            assert!(matches!(
                row.value(tags::MESSAGE_CLASS),
                Some(PropValue::String8(s)) if s.bytes == b"IPM.Note"
            ));
            // Types that the caller names win; where he names none, the width decides.
            let subject = tags::SUBJECT.raw();
            let open = subject.with_type(PropType::UNSPECIFIED);
            for (table, unnamed) in [(&table, PropType::STRING8), (&wide, PropType::UNICODE)] {
                table.set_columns([subject, narrow(tags::SUBJECT), open])?;
                assert_eq!(
                    table.query_columns(),
                    [subject, narrow(tags::SUBJECT), open]
                );
                table
                    .seek_row(mapi::Bookmark::Beginning, 0)?
                    .ignore_warning();
                let row = table.query_rows(1)?.remove(0);
                let types: Vec<PropType> = row.cells().iter().map(|c| c.tag.ty()).collect();
                assert_eq!(types, [PropType::UNICODE, PropType::STRING8, unnamed]);
                assert_eq!(row.cells()[0].value, "Grüße".into());
                assert!(matches!(
                    &row.cells()[1].value,
                    PropValue::String8(s) if s.bytes == b"Gr\xFC\xDFe"
                ));
            }
            // The order is told in the table's width.
            for tag in [subject, narrow(tags::SUBJECT)] {
                table.sort(by(SortColumn::ascending(tag)))?;
                wide.sort(by(SortColumn::ascending(tag)))?;
                let told = |t: &Table| t.query_sort_order().columns[0].tag;
                assert_eq!(
                    (told(&table), told(&wide)),
                    (narrow(tags::SUBJECT), subject)
                );
            }
            Ok(())
        }
    ),
    case!(
        needs(),
        "every table has the columns of its kind before any are set",
        |f| {
            let folder = f.folder("Mail")?;
            folder.create_folder("below", Some("comment"), CreateFolderFlags::NONE)?;
            let message = draft(&folder, &[prop(tags::SUBJECT, "m")])?;
            address(&message, &[(recipient_type::TO, "Ann")])?;
            attach(&message, "a.txt", b"text")?;
            message.save_changes(SaveFlags::KEEP_OPEN_READWRITE)?;
            let queued = queued(f, &folder, "queued", 1)?;
            let store = f.store()?;
            let contents: &[PropTag] = &columns![
                tags::DISPLAY_CC,
                tags::DISPLAY_TO,
                tags::ENTRYID,
                tags::HASATTACH,
                tags::INSTANCE_KEY,
                tags::LAST_MODIFICATION_TIME,
                tags::MAPPING_SIGNATURE,
                tags::MESSAGE_CLASS,
                tags::MESSAGE_FLAGS,
                tags::MESSAGE_SIZE,
                tags::MSG_STATUS,
                tags::OBJECT_TYPE,
                tags::PARENT_ENTRYID,
                tags::RECORD_KEY,
                tags::STORE_ENTRYID,
                tags::STORE_RECORD_KEY,
            ];
            let hierarchy = &columns![
                tags::COMMENT,
                tags::DEPTH,
                tags::DISPLAY_NAME,
                tags::DISPLAY_TYPE,
                tags::ENTRYID,
                tags::INSTANCE_KEY,
                tags::OBJECT_TYPE,
                tags::STATUS,
                tags::FOLDER_TYPE,
                tags::SUBFOLDERS,
                tags::CONTENT_COUNT,
                tags::CONTENT_UNREAD,
            ];
            let stores = &columns![
                tags::DEFAULT_STORE,
                tags::DISPLAY_NAME,
                tags::ENTRYID,
                tags::INSTANCE_KEY,
                tags::MDB_PROVIDER,
                tags::OBJECT_TYPE,
                tags::PROVIDER_DISPLAY,
                tags::RECORD_KEY,
                tags::RESOURCE_FLAGS,
                tags::RESOURCE_TYPE,
            ];
            let queue = &columns![
                tags::CLIENT_SUBMIT_TIME,
                tags::DISPLAY_BCC,
                tags::DISPLAY_CC,
                tags::DISPLAY_TO,
                tags::ENTRYID,
                tags::MESSAGE_FLAGS,
                tags::MESSAGE_SIZE,
                tags::SUBJECT,
                tags::SUBMIT_FLAGS,
            ];
            let attachments = &columns![
                tags::ATTACH_NUM,
                tags::INSTANCE_KEY,
                tags::RECORD_KEY,
                tags::RENDERING_POSITION,
            ];
            let recipients = &columns![tags::DISPLAY_NAME, tags::RECIPIENT_TYPE, tags::ROWID];
            let receive = &columns![tags::ENTRYID, tags::MESSAGE_CLASS, tags::RECORD_KEY];
            let tables: [(&str, Table, &[PropTag]); 8] = [
                ("contents", folder.contents().open()?, contents),
                (
                    "hierarchy",
                    folder.hierarchy(Depth::Children).open()?,
                    hierarchy,
                ),
                ("tree", f.inbox()?.hierarchy(Depth::All).open()?, hierarchy),
                ("stores", f.session().stores_table().open()?, stores),
                ("queue", store.outgoing_queue().open()?, queue),
                ("attachments", message.attachments().open()?, attachments),
                ("recipients", message.recipients().open()?, recipients),
                (
                    "receive folders",
                    store.receive_folder_table().open()?,
                    receive,
                ),
            ];
            for (name, table, required) in tables {
                let columns = table.query_columns();
                let missing: Vec<_> = required.iter().filter(|t| !columns.contains(t)).collect();
                assert!(missing.is_empty(), "{name} lacks {missing:?}");
                // And every row has something in each of them.
                let rows = table.query_all_rows(0)?;
                assert!(!rows.is_empty(), "{name}");
                for row in rows {
                    let empty: Vec<_> = required
                        .iter()
                        .filter(|t| row.value(**t).is_none() && t.id() != tags::COMMENT.id())
                        .collect();
                    assert!(empty.is_empty(), "{name}: no {empty:?} in {row:?}");
                }
            }
            let rows = store.outgoing_queue().open()?.query_all_rows(0)?;
            assert_eq!(
                rows.iter().map(TableRow::entry_id).collect::<Vec<_>>(),
                [&queued]
            );
            Ok(())
        }
    ),
    case!(
        needs(),
        "the outgoing queue holds what was submitted, the oldest first",
        |f| {
            let store = f.store()?;
            let table = store.outgoing_queue().open()?;
            assert_eq!(table.row_count()?, 0);
            let folder = f.folder("Mail")?;
            add_subject(&folder, "a draft is not in it")?;
            let c = queued(f, &f.folder("Elsewhere")?, "c", 30)?;
            let a = queued(f, &folder, "a", 10)?;
            let b = queued(f, &folder, "b", 20)?;
            let ids: Vec<EntryId> = table
                .query_all_rows(0)?
                .iter()
                .map(|r| r.entry_id().clone())
                .collect();
            assert_eq!(ids, [a, b.clone(), c]);
            assert_eq!(subjects(&table)?, ["a", "b", "c"]);
            let row = table.query_rows(2)?.remove(1);
            assert_eq!(row.get(tags::ENTRYID).as_deref(), Some(b.as_bytes()));
            assert_eq!(row.get(tags::CLIENT_SUBMIT_TIME), Some(FileTime(20)));
            assert_eq!(row.get(tags::SUBMIT_FLAGS), Some(0));
            let flags = row.get(tags::MESSAGE_FLAGS).unwrap().cast_unsigned();
            assert_ne!(flags & mapi::message_flags::SUBMIT, 0);
            table.restrict(Restriction::property(tags::SUBJECT, RelOp::Ne, "a"))?;
            assert_eq!(subjects(&table)?, ["b", "c"]);
            // A message that is being sent cannot be deleted, so it stays.
            let done = folder.delete_messages(&[b], DeleteFlags::HARD_DELETE)?;
            assert_eq!(done.warning, Some(Code::W_PARTIAL_COMPLETION));
            assert_eq!(table.row_count()?, 2);
            Ok(())
        }
    ),
];

fn by(column: SortColumn) -> SortOrderSet {
    SortOrderSet::by([column])
}

/// The order of a new table over the folder.
fn order_of(folder: &Folder) -> Result<SortOrderSet> {
    Ok(folder.contents().open()?.query_sort_order())
}

/// A message that was submitted at this time.
fn queued(f: &Fixture, folder: &Folder, subject: &str, time: u64) -> Result<EntryId> {
    let time = prop(tags::CLIENT_SUBMIT_TIME, FileTime(time));
    let message = draft(folder, &[prop(tags::SUBJECT, subject), time])?;
    address(&message, &[(recipient_type::TO, "Ann")])?;
    message.save_changes(SaveFlags::NONE)?;
    f.queue(&message)?;
    Ok(message.entry_id().unwrap())
}
