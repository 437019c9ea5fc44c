//! TAB-04, M-IMAPIFolder.GetHierarchyTable, STO-01.1: trees of folders, and what a restart leaves of a store.

use std::collections::BTreeMap;

use mapi::{
    Code, CreateFolderFlags, DeleteFolderFlags, Depth, Folder, ImportItem, ImportOptions,
    ImportOutcome, MapiProp, MessageTree, MsgStore, OpenFlags, PropName, PropTag, PropType,
    PropValue, RelOp, Restriction, Result, SearchFlags, SpecialFolder, TableRow, columns,
    folder_type, guids, object_type, tags,
};

use crate::fixture::{code, prop};
use crate::{Case, case};

const PLAIN: CreateFolderFlags = CreateFolderFlags::NONE;
/// DT_FOLDER and DT_FOLDER_LINK.
const DISPLAY_TYPES: (i32, i32) = (0x0100_0000, 0x0200_0000);

pub(super) const CASES: &[Case] = &[
    case!(
        "TAB-04",
        needs(Search),
        "a hierarchy table has its columns, depths counted from the folder asked, and links for search folders",
        |f| {
            let a = f.folder("a")?;
            let b = a.create_folder("b", Some("of a"), PLAIN)?;
            b.create_folder("c", Some("of b"), PLAIN)?;
            let depths = |depth| -> Result<Vec<(String, i32)>> {
                let rows = a.hierarchy(depth).open()?.query_all_rows(0)?;
                Ok(rows
                    .iter()
                    .map(|r| (text(r, tags::DISPLAY_NAME), long(r, tags::DEPTH)))
                    .collect())
            };
            assert_eq!(
                depths(Depth::All)?,
                [("b".to_owned(), 0), ("c".to_owned(), 1)]
            );
            assert_eq!(depths(Depth::Children)?, [("b".to_owned(), 0)]);
            let found = a.create_search_folder("found", Some("links"), PLAIN)?;
            // The default columns hold all that are required, each with a value.
            let required = columns![
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
            for table in [
                a.hierarchy(Depth::All).open()?,
                a.open_table_property(tags::CONTAINER_HIERARCHY)?,
            ] {
                let by_default = table.query_columns();
                for tag in required {
                    assert!(by_default.contains(&tag), "{tag}");
                }
                for row in table.query_all_rows(0)? {
                    for tag in required {
                        assert!(row.value(tag).is_some(), "{tag} of {row:?}");
                    }
                    assert_eq!(long(&row, tags::OBJECT_TYPE), object_type::FOLDER);
                    let opened = f.store()?.open_folder(row.entry_id(), OpenFlags::NONE)?;
                    assert_eq!(opened.name()?, text(&row, tags::DISPLAY_NAME));
                    let link = opened.entry_id() == found.entry_id();
                    let (display, kind) = if link {
                        (DISPLAY_TYPES.1, folder_type::SEARCH)
                    } else {
                        (DISPLAY_TYPES.0, folder_type::GENERIC)
                    };
                    assert_eq!(long(&row, tags::DISPLAY_TYPE), display);
                    assert_eq!(long(&row, tags::FOLDER_TYPE), kind);
                }
            }
            Ok(())
        }
    ),
    case!(
        "M-IMAPIFolder.GetHierarchyTable",
        needs(Search, SoftDelete),
        "sub-folders are shown level by level, whole, or deleted; search folders have none to show",
        |f| {
            let a = f.folder("a")?;
            let gone = a.create_folder("gone", None, PLAIN)?;
            let found = a.create_search_folder("found", None, PLAIN)?;
            a.create_folder("b", None, PLAIN)?
                .create_folder("c", None, PLAIN)?;
            a.delete_folder(&gone.entry_id(), DeleteFolderFlags::NONE)?;
            let names = |table: mapi::TableBuilder| -> Result<Vec<String>> {
                let rows = table.open()?.query_all_rows(0)?;
                Ok(rows.iter().map(|r| text(r, tags::DISPLAY_NAME)).collect())
            };
            assert_eq!(names(a.hierarchy(Depth::Children))?, ["b", "found"]);
            assert_eq!(names(a.hierarchy(Depth::All))?, ["b", "found", "c"]);
            assert_eq!(names(a.deleted_hierarchy())?, ["gone"]);
            for depth in [Depth::Children, Depth::All] {
                assert_eq!(code(found.hierarchy(depth).open()), Code::NO_SUPPORT);
            }
            Ok(())
        }
    ),
    case!(
        "STO-01.1",
        needs(Search),
        "after a restart everything is as it was: a thousand messages in twenty nested folders and what is known of them",
        |f| {
            let before = {
                let store = f.store()?;
                furnish(&store)?;
                picture(&store)?
            };
            assert!(before.messages >= 1000 && before.nested >= 20, "{before:?}");
            assert_eq!(picture(&f.store()?)?, before, "the picture is true before");
            let store = f.restart()?.default_store()?;
            assert_eq!(picture(&store)?, before);
            // It lives on: the search follows, numbers are not used again.
            let deep = store.folder("Inbox/Level 0/Level 1/Level 2")?;
            import(&deep, 1, 0)?;
            let found = found(&store)?;
            assert_eq!(found.get(tags::CONTENT_COUNT)?, before.found + 1);
            Ok(())
        }
    ),
];

/// Everything that must outlive a restart.
#[derive(Debug, PartialEq)]
struct Picture {
    messages: i32,
    nested: usize,
    found: i32,
    folders: Vec<TableRow>,
    /// Rows of each folder, search folders too, by path.
    contents: BTreeMap<String, Vec<TableRow>>,
    criteria: mapi::SearchCriteria,
    names: Vec<Option<PropName>>,
    receive: Vec<TableRow>,
    store: Vec<(PropTag, PropValue)>,
}

const CHAINS: usize = 3;
const LEVELS: usize = 7;
const EACH: usize = 50;

/// Three chains of seven folders with fifty messages each, a search over all of them, named properties and a receive folder.
fn furnish(store: &MsgStore) -> Result<()> {
    let inbox = store.receive_folder("IPM")?;
    let named = keyword(store)?;
    for chain in 0..CHAINS {
        let mut at = inbox.clone();
        for level in 0..LEVELS {
            let name = if chain == 0 {
                format!("Level {level}")
            } else {
                format!("Chain {chain} level {level}")
            };
            at = at.create_folder(&name, Some("made for a restart"), PLAIN)?;
            at.set_props(&[(named, PropValue::from(format!("chain {chain}")))])?;
            import(&at, EACH, chain * LEVELS + level)?;
        }
    }
    let finder = store.special_folder(SpecialFolder::Finder)?;
    let found = finder.create_search_folder("Important", None, PLAIN)?;
    let wanted = Restriction::property(tags::IMPORTANCE, RelOp::Ge, 1);
    let how = SearchFlags::RECURSIVE | SearchFlags::FOREGROUND;
    found.set_search_criteria(Some(&wanted), Some(&[inbox.entry_id()]), how)?;
    store.set_receive_folder("IPM.Note.Restart", Some(&inbox.entry_id()))?;
    store.set_props(&[prop(tags::COMMENT, "a store that is restarted")])?;
    Ok(())
}

fn keyword(store: &MsgStore) -> Result<PropTag> {
    let name = PropName::text(guids::PS_PUBLIC_STRINGS, "Restarted");
    let tag = store.ids_from_names(&[name], true)?.value[0];
    Ok(tag.with_type(PropType::UNICODE))
}

fn import(folder: &Folder, count: usize, seed: usize) -> Result<()> {
    let item = |n: usize| {
        let mut tree = MessageTree::default();
        let n = i32::try_from(n + seed).unwrap();
        tree.props.set(tags::SUBJECT, format!("message {n}"));
        tree.props.set(tags::MESSAGE_CLASS, "IPM.Note");
        tree.props.set(tags::IMPORTANCE, n % 3);
        ImportItem {
            tree,
            flags: u32::from(n % 2 == 0),
            source: None,
        }
    };
    let outcomes = folder.import((1..=count).map(item).collect(), ImportOptions::default())?;
    assert!(
        outcomes
            .iter()
            .all(|o| matches!(o, ImportOutcome::Imported { .. }))
    );
    Ok(())
}

fn found(store: &MsgStore) -> Result<Folder> {
    let finder = store.special_folder(SpecialFolder::Finder)?;
    Ok(finder.child("Important")?.unwrap())
}

fn picture(store: &MsgStore) -> Result<Picture> {
    let named = keyword(store)?;
    let root = store.root_folder()?;
    let folders = root.hierarchy(Depth::All);
    let shown = [
        tags::RECORD_KEY.raw(),
        tags::PARENT_ENTRYID.raw(),
        tags::LAST_MODIFICATION_TIME.raw(),
        named,
    ];
    let usual = root.hierarchy(Depth::All).open()?.query_columns();
    let folders = folders
        .columns(usual.into_iter().chain(shown))
        .open()?
        .query_all_rows(0)?;
    let mut contents = BTreeMap::new();
    let mut messages = 0;
    for row in &folders {
        let folder = store.open_folder(row.entry_id(), OpenFlags::NONE)?;
        let all = folder.contents().open()?;
        let more = columns![tags::SUBJECT, tags::IMPORTANCE, tags::SEARCH_KEY];
        all.set_columns(
            all.query_columns()
                .into_iter()
                .chain(more)
                .collect::<Vec<_>>(),
        )?;
        let rows = all.query_all_rows(0)?;
        assert_eq!(
            i32::try_from(rows.len()).unwrap(),
            long(row, tags::CONTENT_COUNT)
        );
        if long(row, tags::FOLDER_TYPE) == folder_type::GENERIC {
            messages += long(row, tags::CONTENT_COUNT);
        }
        contents.insert(row.entry_id().to_string(), rows);
    }
    let found = found(store)?;
    let named_tags = [named];
    Ok(Picture {
        messages,
        nested: folders.iter().filter(|r| long(r, tags::DEPTH) >= 2).count(),
        found: found.get(tags::CONTENT_COUNT)?,
        criteria: found.search_criteria()?,
        names: store.names_from_ids(&named_tags)?.value,
        receive: store.receive_folder_table().open()?.query_all_rows(0)?,
        store: store
            .get_props(&columns![
                tags::COMMENT,
                tags::DISPLAY_NAME,
                tags::RECORD_KEY,
                tags::VALID_FOLDER_MASK,
                tags::FINDER_ENTRYID
            ])?
            .value
            .into_iter()
            .map(|p| (p.tag, p.value))
            .collect(),
        folders,
        contents,
    })
}

fn text(row: &TableRow, tag: mapi::Tag<str>) -> String {
    row.get(tag).unwrap_or_default()
}

fn long(row: &TableRow, tag: mapi::Tag<i32>) -> i32 {
    row.get(tag).unwrap_or(i32::MIN)
}
