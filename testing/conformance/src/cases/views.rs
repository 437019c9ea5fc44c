//! Views of folders (STO-13, FLD-07): descriptors, default views, and what copies of folders open with.

use mapi::{
    Code, CopyFolderFlags, CopyPropFlags, DefaultView, DeleteFlags, EntryId, Folder, MapiProp,
    PropName, PropTag, PropType, PropValue, RelOp, Restriction, Result, SaveFlags, SortColumn,
    Table, ViewColumn, ViewDescriptor, ViewPlace, ViewSort, columns, guids, tags,
};

use crate::fixture::{add, code, edit, prop};
use crate::{Case, case};

pub(super) const CASES: &[Case] = &[
    case!(
        "STO-13.2",
        needs(Associated),
        "a folder opens with the columns and order of its default view, else as always",
        |f| {
            let folder = mail(&f.folder("Mail")?)?;
            let (normal, default) = folder.default_contents()?;
            assert!(matches!(default, DefaultView::Normal));
            let plain = folder.contents().open()?;
            assert_eq!(normal.query_columns(), plain.query_columns());
            assert_eq!(normal.query_sort_order(), plain.query_sort_order());
            assert_eq!(all(&normal)?, all(&plain)?);

            let view = folder.create_view("By importance", &by_importance(), ViewPlace::Folder)?;
            folder.set_default_view(Some(view.entry_id()))?;
            let (table, default) = folder.default_contents()?;
            assert_eq!(default.view().map(|v| v.name()), Some("By importance"));
            let wanted = columns![tags::IMPORTANCE, tags::SUBJECT];
            assert_eq!(table.query_columns(), wanted);
            let sort = table.query_sort_order();
            assert_eq!(sort.columns, [SortColumn::descending(tags::IMPORTANCE)]);
            assert_eq!(
                shown(&table)?,
                ["b", "a"],
                "by importance, without the low one"
            );

            // By another session, and after a restart; unset: the normal view again.
            let session = f.second_session()?;
            let again = session.default_store()?.folder("Inbox/Mail")?;
            assert_eq!(shown(&again.default_contents()?.0)?, ["b", "a"]);
            let folder = f.restart()?.default_store()?.folder("Inbox/Mail")?;
            assert_eq!(shown(&folder.default_contents()?.0)?, ["b", "a"]);
            folder.set_default_view(None)?;
            assert!(matches!(folder.default_view()?, DefaultView::Normal));
            let missing = folder.get(tags::DEFAULT_VIEW_ENTRYID);
            assert_eq!(code(missing), Code::NOT_FOUND);
            Ok(())
        }
    ),
    case!(
        "FLD-07",
        needs(Associated),
        "views stand in the folder and, in a store that can be the default one, in its two view folders",
        |f| {
            let (one, other) = (f.folder("One")?, f.folder("Other")?);
            let own = one.create_view("Own", &by_importance(), ViewPlace::Folder)?;
            one.create_view("Mine", &by_importance(), ViewPlace::Personal)?;
            let common = one.create_view("Ours", &by_importance(), ViewPlace::Common)?;
            let listed = |folder: &Folder| -> Result<Vec<_>> {
                let views = folder.views()?.into_iter();
                Ok(views.map(|v| (v.name, v.place)).collect())
            };
            let everywhere = [
                ("Mine".to_owned(), ViewPlace::Personal),
                ("Ours".to_owned(), ViewPlace::Common),
            ];
            let mut all = vec![("Own".to_owned(), ViewPlace::Folder)];
            all.extend(everywhere.clone());
            assert_eq!(listed(&one)?, all);
            assert_eq!(listed(&other)?, everywhere);
            // They are associated messages: no folder shows them among its mail.
            let views = f
                .store()?
                .special_folder(mapi::SpecialFolder::CommonViews)?;
            assert_eq!(
                (views.counts()?.contents, views.counts()?.associated),
                (0, 1)
            );
            other.set_default_view(Some(common.entry_id()))?;
            assert_eq!(other.view_named("OURS")?.entry_id(), common.entry_id());
            assert_eq!(
                code(other.set_default_view(Some(own.entry_id()))),
                Code::NOT_FOUND
            );
            assert_eq!(other.default_view()?.view().map(|v| v.name()), Some("Ours"));
            let taken = one.create_view("own", &by_importance(), ViewPlace::Folder);
            assert_eq!(code(taken), Code::COLLISION);
            // The second store was never the default one: it has no such folders.
            let second = f.other_store()?.ipm_subtree()?;
            let refused = second.create_view("X", &by_importance(), ViewPlace::Common);
            assert_eq!(code(refused), Code::NO_SUPPORT);
            second.create_view("X", &by_importance(), ViewPlace::Folder)?;
            assert_eq!(second.views()?.len(), 1);
            Ok(())
        }
    ),
    case!(
        needs(Associated),
        "a default view that is gone, elsewhere or damaged is the normal view, with a note",
        |f| {
            let folder = mail(&f.folder("Mail")?)?;
            let stale = |why: Code| -> Result<()> {
                let (table, default) = folder.default_contents()?;
                let DefaultView::Stale { reason, .. } = default else {
                    panic!("{default:?} is not stale");
                };
                assert_eq!(reason.code(), why);
                let plain = folder.contents().open()?;
                assert_eq!(table.query_columns(), plain.query_columns());
                assert_eq!(table.row_count()?, 3);
                Ok(())
            };
            let view = folder.create_view("V", &by_importance(), ViewPlace::Folder)?;
            let id = view.entry_id().clone();
            folder.set_default_view(Some(&id))?;
            let message = edit(&folder, &id)?;
            message.set(tags::VD_BINARY, b"\0\0\0\0\0\0\0\0\x09\0\0\0".as_slice())?;
            message.save_changes(SaveFlags::KEEP_OPEN_READWRITE)?;
            stale(Code::VERSION)?;
            message.set(tags::VD_BINARY, b"short".as_slice())?;
            message.save_changes(SaveFlags::KEEP_OPEN_READWRITE)?;
            stale(Code::CORRUPT_DATA)?;
            message.delete_props(&columns![tags::VD_BINARY])?;
            message.save_changes(SaveFlags::NONE)?;
            stale(Code::CORRUPT_DATA)?;
            let list = [id];
            let deleted = folder.delete_messages(&list, DeleteFlags::HARD_DELETE)?;
            assert_eq!(deleted.value.done, 1);
            stale(Code::NOT_FOUND)?;
            for bad in [b"x".as_slice(), folder.entry_id().as_bytes()] {
                folder.set(tags::DEFAULT_VIEW_ENTRYID, bad)?;
                stale(Code::INVALID_ENTRYID)?;
            }
            // Deleting the default view as a view leaves nothing stale behind.
            let view = folder.create_view("V", &by_importance(), ViewPlace::Folder)?;
            folder.set_default_view(Some(view.entry_id()))?;
            folder.delete_view(view.entry_id())?;
            assert!(matches!(folder.default_view()?, DefaultView::Normal));
            Ok(())
        }
    ),
    case!(
        needs(Associated),
        "the copy of a folder opens with its own copy of the view",
        |f| {
            let (from, to) = (mail(&f.folder("From")?)?, f.folder("To")?);
            let below = from.create_folder("Below", None, mapi::CreateFolderFlags::NONE)?;
            for folder in [&from, &below] {
                let view = folder.create_view("V", &by_importance(), ViewPlace::Folder)?;
                folder.set_default_view(Some(view.entry_id()))?;
            }
            let inbox = f.inbox()?;
            let deep = CopyFolderFlags::COPY_SUBFOLDERS;
            let near = inbox.copy_folder(&from.entry_id(), &to, Some("Near"), deep)?;
            let far = f.other_store()?.ipm_subtree()?;
            let far = inbox.copy_folder(&from.entry_id(), &far, Some("Far"), deep)?;
            let like = f.folder("Like")?;
            let without = columns![tags::DISPLAY_NAME, tags::CONTAINER_HIERARCHY];
            let copied = from.copy_to(&like, Some(&without), CopyPropFlags::NONE)?;
            let of_view = |p: &mapi::PropProblem| p.tag.id() == tags::DEFAULT_VIEW_ENTRYID.id();
            assert!(!copied.value.problems.iter().any(of_view));
            let bare = f.folder("Bare")?;
            let only = columns![tags::DEFAULT_VIEW_ENTRYID];
            let problems = from
                .copy_props(&bare, &only, CopyPropFlags::NONE)?
                .value
                .problems;
            assert_eq!(problems.len(), 1, "the view stays behind");
            assert!(matches!(bare.default_view()?, DefaultView::Normal));

            // What becomes of the original's view is nothing to the copies.
            for folder in [&from, &below] {
                folder.delete_view(&folder.views()?[0].id)?;
            }
            let (near, far) = (near.value.folder, far.value.folder);
            for folder in [&near, &far, &like] {
                let (table, default) = folder.default_contents()?;
                let view = default.view().expect("the copy has its own view");
                assert_eq!(view.place(), ViewPlace::Folder);
                assert_eq!(folder.views()?[0].id, *view.entry_id());
                assert_eq!(shown(&table)?, ["b", "a"], "{}", folder.name()?);
            }
            for folder in [&near, &far] {
                let below = folder.child("Below")?.expect("it was copied too");
                assert!(below.default_view()?.view().is_some());
            }
            // A view that every folder can be opened with is still the same one.
            let ours = from.create_view("Ours", &by_importance(), ViewPlace::Common)?;
            from.set_default_view(Some(ours.entry_id()))?;
            let none = CopyFolderFlags::NONE;
            let copy = inbox.copy_folder(&from.entry_id(), &to, Some("Third"), none)?;
            let default = copy.value.folder.default_view()?;
            assert_eq!(default.view().map(|v| v.entry_id()), Some(ours.entry_id()));
            Ok(())
        }
    ),
    case!(
        needs(Associated),
        "an edit of a view keeps what it does not understand, and is not made over another one",
        |f| {
            let folder = f.folder("Mail")?;
            let view = folder.create_view("V", &by_importance(), ViewPlace::Folder)?;
            let id = view.entry_id().clone();
            // Another client's reserved fields, and properties that this one knows nothing of.
            let message = edit(&folder, &id)?;
            let mut binary = message.get(tags::VD_BINARY)?;
            binary[..8].copy_from_slice(b"reserved");
            binary[36..60].copy_from_slice(b"reserved for other times");
            binary.extend_from_slice(b"what follows the filter");
            message.set(tags::VD_BINARY, binary.as_slice())?;
            message.set(tags::VD_FLAGS, 7)?;
            message.save_changes(SaveFlags::NONE)?;

            let mut mine = folder.view(&id)?;
            let mut theirs = folder.view(&id)?;
            mine.descriptor.columns[1].title = "Betreff".to_owned();
            mine.descriptor.columns[1].width = 0x0BAD;
            mine.save()?;
            theirs.descriptor.descending = false;
            assert_eq!(code(theirs.save()), Code::OBJECT_CHANGED);

            let message = folder.open_message(&id)?;
            let edited = message.get(tags::VD_BINARY)?;
            let differ = binary.iter().zip(&edited).filter(|(a, b)| a != b);
            assert_eq!((differ.count(), edited.len()), (2, binary.len()));
            assert_eq!(message.get(tags::VD_FLAGS)?, 7);
            assert_eq!(folder.view(&id)?.descriptor.columns[1].title, "Betreff");
            Ok(())
        }
    ),
    case!(
        needs(Associated),
        "named properties are columns, groups and filters of a view, whatever their number",
        |f| {
            let folder = f.folder("Mail")?;
            let kept = PropName::text(guids::PS_PUBLIC_STRINGS, "route");
            let never = PropName::id(guids::PSETID_COMMON, 0x7777);
            let tag = folder
                .ids_from_names(std::slice::from_ref(&kept), true)?
                .value[0];
            let tag = tag.with_type(PropType::UNICODE);
            for (subject, route) in [("a", "north"), ("b", "south"), ("c", "north")] {
                let props = [prop(tags::SUBJECT, subject), (tag, route.into())];
                add(&folder, &props)?;
            }
            let mut view = ViewDescriptor::of([
                ViewColumn::named(kept, PropType::STRING8, "Route"),
                ViewColumn::new(tags::SUBJECT, "Subject"),
                ViewColumn::named(never, PropType::BOOLEAN, "Never met"),
            ]);
            (view.groups, view.groups_descending) = (1, 1);
            view.sort = ViewSort::Column(1);
            let other = Restriction::property(tags::SUBJECT, RelOp::Ne, "c");
            view.set_filter(Some(&other)).map_err(mapi::view_error)?;
            let view = folder.create_view("Routes", &view, ViewPlace::Folder)?;
            let arranged = view.arrangement()?;
            assert_eq!(arranged.sort.categories, 1);
            assert_eq!(arranged.sort.columns[0], SortColumn::descending(tag));
            let tags_shown: Vec<PropTag> = arranged.columns.iter().map(|c| c.tag).collect();
            assert_eq!(tags_shown, [tags::SUBJECT.raw(), PropTag::NULL]);
            let table = folder.contents().open()?;
            arranged.apply(&table)?;
            assert_eq!(
                table.row_count()?,
                4,
                "two headings, one message below each"
            );
            // In another store the property has another number, in the filter too.
            let far = f.other_store()?.ipm_subtree()?;
            let others = [(0, "x"), (1, "y"), (2, "z")]
                .map(|(_, n)| PropName::text(guids::PS_PUBLIC_STRINGS, format!("other-{n}")));
            far.ids_from_names(&others, true)?.ignore_warning();
            let mut north = ViewDescriptor::of([ViewColumn::new(tags::IMPORTANCE, "Importance")]);
            north
                .columns
                .push(ViewColumn::new(tags::SUBJECT, "Subject"));
            north.sort = ViewSort::Column(1);
            let filter = Restriction::property(tag, RelOp::Eq, "north");
            north.set_filter(Some(&filter)).map_err(mapi::view_error)?;
            let north = folder.create_view("North", &north, ViewPlace::Folder)?;
            folder.set_default_view(Some(north.entry_id()))?;
            let id = folder.entry_id();
            let copy = f
                .inbox()?
                .copy_folder(&id, &far, None, CopyFolderFlags::NONE)?;
            let there = copy.value.folder.default_contents()?.0;
            assert_eq!(shown(&there)?, ["a", "c"]);
            // Headings are collapsed as they were.
            table.add_columns(columns![tags::INSTANCE_KEY])?;
            let rows = table.query_rows(1)?;
            let heading = rows[0].get(tags::INSTANCE_KEY).expect("headings have one");
            table.collapse_row(&heading)?;
            let state = table.collapse_state(&heading)?;
            let again = folder.contents().open()?;
            arranged.apply_collapsed(&again, &state)?;
            assert_eq!(again.row_count()?, 3);
            Ok(())
        }
    ),
    case!(
        needs(Associated),
        "a view arranged by conversation shows each under its heading, the newest first",
        |f| {
            let folder = f.folder("Mail")?;
            for (subject, day) in [("old", 1), ("new", 2), ("RE: old", 3)] {
                let time = mapi::FileTime(132_000_000_000_000_000 + day * 864_000_000_000);
                let props = [
                    prop(tags::SUBJECT, subject),
                    prop(tags::CONVERSATION_TOPIC, subject.trim_start_matches("RE: ")),
                    prop(tags::MESSAGE_DELIVERY_TIME, time),
                ];
                add(&folder, &props)?;
            }
            let subject = ViewColumn::new(tags::SUBJECT, "Subject");
            let mut view = ViewDescriptor::of([subject]);
            (view.sort, view.descending) = (ViewSort::Conversations, true);
            let view = folder.create_view("Talk", &view, ViewPlace::Folder)?;
            folder.set_default_view(Some(view.entry_id()))?;
            let (table, _) = folder.default_contents()?;
            let rows = table.query_all_rows(0)?;
            let topic = |r: &mapi::TableRow| r.get(tags::SUBJECT).unwrap_or_default();
            assert_eq!(rows.len(), 5);
            // Which conversation a heading stands for, its messages say.
            let subjects: Vec<_> = rows.iter().map(topic).filter(|s| !s.is_empty()).collect();
            assert_eq!(subjects.len(), 3);
            assert_eq!(
                topic(&rows[4]),
                "new",
                "the conversation without news comes last"
            );
            Ok(())
        }
    ),
];

/// Messages a, b and c of importance 1, 2 and 0 in a folder.
fn mail(folder: &Folder) -> Result<Folder> {
    for (subject, importance) in [("a", 1), ("b", 2), ("c", 0)] {
        let props = [
            prop(tags::SUBJECT, subject),
            prop(tags::IMPORTANCE, importance),
        ];
        add(folder, &props)?;
    }
    Ok(folder.clone())
}

/// Importance and subject, the most important first, without what is not important.
fn by_importance() -> ViewDescriptor {
    let mut view = ViewDescriptor::of([
        ViewColumn::new(tags::IMPORTANCE, "Importance"),
        ViewColumn::new(tags::SUBJECT, "Subject"),
    ]);
    view.descending = true;
    let some = Restriction::property(tags::IMPORTANCE, RelOp::Gt, 0);
    view.set_filter(Some(&some)).expect("a view can say that");
    view
}

/// The second cells of a table's rows.
fn shown(table: &Table) -> Result<Vec<String>> {
    let rows = table.query_all_rows(0)?;
    let text = |row: &mapi::TableRow| match row.cells().get(1).map(|c| c.value.clone()) {
        Some(PropValue::Unicode(text)) => text,
        other => panic!("no text: {other:?}"),
    };
    Ok(rows.iter().map(text).collect())
}

fn all(table: &Table) -> Result<Vec<EntryId>> {
    let rows = table.query_all_rows(0)?;
    Ok(rows.iter().map(|r| r.entry_id().clone()).collect())
}
