//! Opening, making, reopening, large values, sources, names, the log.

use mapi_props::{
    Code, Encoding, LargePlace, LargeRef, PropName, PropType, PropValue, Slot, SortColumn, guids,
    tags,
};
use mapi_spi::{
    Anchor, ChangeSet, CommitMode, DeleteMode, Durability, Items, LargeReader, LogKind,
    NameCreation, NewValue, Op, OpOutcome, OpenMode, PropPatch, RecipePart, Store,
};
use store_sqlite::SqliteStore;

use crate::ground::{
    call, contents, first_cells, new_folder, new_message, open, problems, save, saved, subject,
    support,
};

#[test]
fn what_was_saved_is_there_after_reopening() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("a.malle");
    let store = open(&path);
    let root = store.info().root;
    let inbox = saved(&store, new_folder(root, "Inbox"));
    let ids: Vec<_> = ["b", "a", "c"]
        .map(|s| save(&store, new_message(inbox, subject(s))))
        .to_vec();
    let uid = store.info().uid;
    drop(store);

    let store = open(&path);
    assert_eq!(store.info().uid, uid);
    let view = contents(
        inbox,
        &[tags::SUBJECT.raw()],
        &[SortColumn::ascending(tags::SUBJECT)],
    );
    assert_eq!(
        first_cells(&store, &view),
        ["a", "b", "c"].map(PropValue::from)
    );
    assert_eq!(
        store
            .message(ids[0], &call())
            .unwrap()
            .body
            .props
            .text(tags::SUBJECT),
        Some("b")
    );
    assert_eq!(store.folder(inbox, &call()).unwrap().counts.unread, 3);
    assert_eq!(problems(&store), []);
    assert_eq!(store.log(0, None, 100, &call()).unwrap().entries.len(), 4);
}

#[test]
fn what_is_no_store_is_refused_by_name() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("letter.txt");
    std::fs::write(&path, "Dear Sir, this is no store at all. ".repeat(50)).unwrap();
    let error = SqliteStore::open(&path, OpenMode::Create, support(), &call()).unwrap_err();
    assert_eq!(error.code(), Code::CORRUPT_STORE);
    assert!(error.to_string().contains("letter.txt"), "{error}");

    let missing = home.path().join("missing.malle");
    let error = SqliteStore::open(&missing, OpenMode::ReadWrite, support(), &call()).unwrap_err();
    assert_eq!(error.code(), Code::NOT_FOUND);
    assert!(!missing.exists());
}

#[test]
fn a_newer_format_is_refused() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("a.malle");
    drop(open(&path));
    rusqlite::Connection::open(&path)
        .unwrap()
        .pragma_update(None, "user_version", 99)
        .unwrap();
    let error = SqliteStore::open(&path, OpenMode::ReadWrite, support(), &call()).unwrap_err();
    assert_eq!(error.code(), Code::VERSION);
    assert!(error.to_string().contains("99"), "{error}");
}

#[test]
fn reading_only_writes_nothing() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("a.malle");
    let store = open(&path);
    let root = store.info().root;
    save(&store, new_message(root, subject("one")));
    drop(store);
    let before = std::fs::read(&path).unwrap();
    let store = SqliteStore::open(&path, OpenMode::ReadOnly, support(), &call()).unwrap();
    assert!(!store.info().capabilities.write);
    let refused = store
        .commit(ChangeSet::one(new_folder(root, "x")), &call())
        .unwrap_err();
    assert_eq!(refused.code(), Code::NO_ACCESS);
    assert_eq!(store.folder(root, &call()).unwrap().counts.contents, 1);
    drop(store);
    assert!(std::fs::read(&path).unwrap() == before);
}

fn attachment_of(place: LargePlace, size: u64) -> mapi_props::StoredAttachment {
    let mut attachment = mapi_props::StoredAttachment::default();
    let large = LargeRef {
        ty: PropType::BINARY,
        size,
        place,
    };
    attachment
        .props
        .insert(tags::ATTACH_DATA_BIN.id(), Slot::Large(large));
    attachment
}

fn noise(len: usize, seed: u64) -> Vec<u8> {
    testkit::Chance::from_seed(seed).bytes(len)
}

fn read_all(reader: &mut dyn LargeReader, step: usize) -> Vec<u8> {
    let mut out = Vec::new();
    let mut buf = vec![0; step];
    loop {
        let n = reader.read_at(out.len() as u64, &mut buf, &call()).unwrap();
        if n == 0 {
            assert_eq!(out.len() as u64, reader.size());
            return out;
        }
        out.extend_from_slice(&buf[..n]);
    }
}

#[test]
fn equal_large_values_are_stored_once_and_recipes_rebuild_the_original() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("a.malle");
    let store = open(&path);
    let root = store.info().root;
    let data = noise(20 * 1024 * 1024, 1);
    let before = store
        .maintain()
        .unwrap()
        .figures(&call())
        .unwrap()
        .file_bytes;
    let mut stage = store.stage(&call()).unwrap();
    data.chunks(300_001)
        .for_each(|c| stage.write(c, &call()).unwrap());
    let staged = stage.finish(&call()).unwrap();
    assert_eq!(staged.key(), *blake3::hash(&data).as_bytes());

    let encoding = Encoding::Base64 {
        line_len: 76,
        crlf: true,
        last_eol: true,
    };
    let mut ids = Vec::new();
    for subject_text in ["one", "two"] {
        let recipe = NewValue::Recipe(vec![
            RecipePart::Literal(format!("Subject: {subject_text}\r\n\r\n").into_bytes()),
            RecipePart::Value {
                place: staged.place(),
                encoding,
            },
            RecipePart::Literal(b"--end\r\n".to_vec()),
        ]);
        let original = Slot::Large(LargeRef {
            ty: PropType::BINARY,
            size: 0,
            place: LargePlace::Pending(0),
        });
        let mut new = new_message(root, subject(subject_text));
        new.patch.set.push((0x6701, original));
        new.attachments = Some(vec![attachment_of(staged.place(), staged.size())]);
        let changes = ChangeSet {
            values: vec![recipe],
            ..ChangeSet::one(Op::SaveMessage(Box::new(new)))
        };
        match &store.commit(changes, &call()).unwrap().ops[0] {
            OpOutcome::Saved(s) => ids.push(s.id),
            other => panic!("{other:?}"),
        }
    }
    store.maintain().unwrap().compact(&call()).unwrap();
    let grown = store
        .maintain()
        .unwrap()
        .figures(&call())
        .unwrap()
        .file_bytes
        - before;
    assert!(grown < 21 * 1024 * 1024, "{grown}");

    let body = store.message(ids[1], &call()).unwrap().body;
    let Some(Slot::Large(original)) = body.props.get(&0x6701) else {
        panic!()
    };
    let mut reader = store.large(ids[1], original, &call()).unwrap();
    let whole = read_all(&mut *reader, 100_000);
    assert!(whole.starts_with(b"Subject: two\r\n\r\n") && whole.ends_with(b"\r\n--end\r\n"));
    assert_eq!(
        LargePlace::Present(*blake3::hash(&whole).as_bytes()),
        original.place
    );
    assert_eq!(problems(&store), []);

    drop(staged);
    deleting_gives_the_space_back(&store, ids, before);
}

fn deleting_gives_the_space_back(store: &SqliteStore, ids: Vec<mapi_spi::ItemId>, before: u64) {
    let mode = DeleteMode::Hard;
    let delete = Op::Delete {
        items: Items::Ids(ids),
        mode,
    };
    store.commit(ChangeSet::one(delete), &call()).unwrap();
    store.maintain().unwrap().compact(&call()).unwrap();
    let figures = store.maintain().unwrap().figures(&call()).unwrap();
    assert_eq!((figures.values, figures.value_bytes), (0, 0));
    assert!(figures.file_bytes < before + 1024 * 1024, "{figures:?}");
    assert_eq!(problems(store), []);
}

#[test]
fn staged_values_survive_compaction_as_long_as_somebody_has_them() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("a.malle");
    let store = open(&path);
    let other = open(&path);
    let mut stage = store.stage(&call()).unwrap();
    stage.write(&noise(3_000_000, 2), &call()).unwrap();
    let staged = stage.finish(&call()).unwrap();
    other.maintain().unwrap().compact(&call()).unwrap();
    store.maintain().unwrap().compact(&call()).unwrap();
    assert_eq!(
        store.maintain().unwrap().figures(&call()).unwrap().values,
        1
    );
    let mut new = new_message(store.info().root, subject("bound"));
    new.attachments = Some(vec![attachment_of(staged.place(), staged.size())]);
    save(&store, new);
    let mut unfinished = store.stage(&call()).unwrap();
    unfinished.write(&noise(3_000_000, 3), &call()).unwrap();
    let mut given_up = store.stage(&call()).unwrap();
    given_up.write(&noise(3_000_000, 4), &call()).unwrap();
    let given_up = given_up.finish(&call()).unwrap();
    assert_eq!(
        read_all(&mut *given_up.open(&call()).unwrap(), 70_000),
        noise(3_000_000, 4)
    );
    drop((unfinished, given_up, staged));
    other.maintain().unwrap().compact(&call()).unwrap();
    let figures = other.maintain().unwrap().figures(&call()).unwrap();
    assert_eq!(figures.values, 1);
    assert!(figures.value_bytes < 3_100_000);
    assert_eq!(problems(&other), []);
}

#[test]
fn the_same_source_is_saved_once_per_folder() {
    let home = tempfile::tempdir().unwrap();
    let store = open(&home.path().join("a.malle"));
    let root = store.info().root;
    let folder = saved(&store, new_folder(root, "Other"));
    let source = Some([9; 32]);
    let save_in = |f| {
        Op::SaveMessage(Box::new(mapi_spi::MessageSave {
            source,
            ..new_message(f, subject("x"))
        }))
    };
    let first = saved(&store, save_in(root));
    let again = store
        .commit(ChangeSet::one(save_in(root)), &call())
        .unwrap();
    assert!(matches!(again.ops[0], OpOutcome::Skipped(id) if id == first));
    assert_ne!(saved(&store, save_in(folder)), first);
    let known = store
        .known_sources(root, &[[9; 32], [8; 32]], &call())
        .unwrap();
    assert_eq!(known, [Some(first), None]);
}

#[test]
fn names_are_one_mapping_for_all_handles() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("a.malle");
    let (store, other) = (open(&path), open(&path));
    let names = [
        PropName::id(guids::PSETID_COMMON, 5),
        PropName::text(guids::PSETID_COMMON, "5"),
    ];
    assert_eq!(
        store
            .ids_from_names(&names, NameCreation::No, &call())
            .unwrap(),
        [None, None]
    );
    let ids = store
        .ids_from_names(&names, NameCreation::FromMail, &call())
        .unwrap();
    assert_eq!(ids, [Some(0x8000), Some(0x8001)]);
    assert_eq!(
        other
            .ids_from_names(&names, NameCreation::Explicit, &call())
            .unwrap(),
        ids
    );
    let back = other.names_from_ids(&[0x8001, 0x8002], &call()).unwrap();
    assert_eq!(back, [Some(names[1].clone()), None]);
    assert_eq!(store.all_names(&call()).unwrap().len(), 2);
}

#[test]
fn mail_takes_only_so_many_names_and_explicit_ones_all() {
    let home = tempfile::tempdir().unwrap();
    let store = open(&home.path().join("a.malle"));
    let make = |range: std::ops::Range<u32>, create| {
        let names: Vec<_> = range
            .map(|n| PropName::id(guids::PSETID_COMMON, n))
            .collect();
        store.ids_from_names(&names, create, &call())
    };
    let most = store.info().limits.mail_names;
    let made = make(0..most + 2, NameCreation::FromMail).unwrap();
    assert_eq!(made.iter().flatten().count(), most as usize);
    assert_eq!(made[most as usize..], [None, None]);
    let mut ids: Vec<u16> = make(0..0x7FFF, NameCreation::Explicit)
        .unwrap()
        .into_iter()
        .flatten()
        .collect();
    ids.sort_unstable();
    assert!(ids.into_iter().eq(0x8000..=0xFFFE));
    let full = make(0x7FFF..0x8000, NameCreation::Explicit).unwrap_err();
    assert_eq!(full.code(), Code::NOT_ENOUGH_RESOURCES);
    assert_eq!(make(0..1, NameCreation::Explicit).unwrap(), [made[0]]);
    assert_eq!(
        make(0x8000..0x8001, NameCreation::FromMail).unwrap(),
        [None]
    );
}

#[test]
fn another_handle_is_woken_and_reads_the_log() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("a.malle");
    let (store, other) = (open(&path), open(&path));
    let root = store.info().root;
    let seen = store.log(0, None, 10, &call()).unwrap().last;
    let waiter = std::thread::spawn(move || {
        let seq = other.wait(seen, &call()).unwrap();
        other
            .log(seen, None, 10, &call())
            .unwrap()
            .entries
            .into_iter()
            .map(|e| (e.seq, e.kind))
            .collect::<Vec<_>>()
            .into_iter()
            .filter(|(s, _)| *s <= seq)
            .collect::<Vec<_>>()
    });
    saved(&store, new_folder(root, "New"));
    assert_eq!(waiter.join().unwrap(), [(1, LogKind::Created)]);
}

#[test]
fn each_item_goes_on_after_a_failure_and_atomic_leaves_nothing() {
    let home = tempfile::tempdir().unwrap();
    let store = open(&home.path().join("a.malle"));
    let root = store.info().root;
    let ops = || {
        vec![
            new_folder(root, "A"),
            new_folder(root, "a"),
            new_folder(root, "B"),
        ]
    };
    let atomic = ChangeSet {
        ops: ops(),
        ..ChangeSet::default()
    };
    assert_eq!(
        store.commit(atomic, &call()).unwrap_err().code(),
        Code::COLLISION
    );
    assert_eq!(store.folder(root, &call()).unwrap().counts.folders, 0);
    let each = ChangeSet {
        ops: ops(),
        mode: CommitMode::EachItem,
        durability: Durability::Batch,
        ..ChangeSet::default()
    };
    let done = store.commit(each, &call()).unwrap().ops;
    assert!(matches!(&done[1], OpOutcome::Failed(e) if e.code() == Code::COLLISION));
    assert!(matches!(done[2], OpOutcome::Saved(_)));
    store.sync(&call()).unwrap();
    assert_eq!(store.folder(root, &call()).unwrap().counts.folders, 2);
    assert_eq!(problems(&store), []);
}

/// Wherever it lies: on a machine of many people mail is nobody else's to read.
#[cfg(unix)]
#[test]
fn a_store_and_its_backup_are_their_owners_alone() {
    use std::os::unix::fs::PermissionsExt;
    let home = tempfile::tempdir().unwrap();
    let store = open(&home.path().join("a.malle"));
    save(&store, new_message(store.info().root, subject("secret")));
    let to = home.path().join("b.malle");
    store.maintain().unwrap().backup(&to, &call()).unwrap();
    for name in ["a.malle", "a.malle-wal", "a.malle-shm", "b.malle"] {
        let meta = std::fs::metadata(home.path().join(name)).unwrap();
        assert_eq!(meta.permissions().mode() & 0o777, 0o600, "{name}");
    }
}

#[test]
fn a_backup_is_a_store_and_overwrites_nothing() {
    let home = tempfile::tempdir().unwrap();
    let store = open(&home.path().join("a.malle"));
    let id = save(
        &store,
        new_message(
            store.info().root,
            PropPatch::default().with(tags::SUBJECT, "kept"),
        ),
    );
    let to = home.path().join("b.malle");
    store.maintain().unwrap().backup(&to, &call()).unwrap();
    assert_eq!(
        store
            .maintain()
            .unwrap()
            .backup(&to, &call())
            .unwrap_err()
            .code(),
        Code::COLLISION
    );
    let copy = open(&to);
    assert_eq!(
        copy.message(id, &call()).unwrap(),
        store.message(id, &call()).unwrap()
    );
    assert_eq!(problems(&copy), []);
    let page = copy
        .view(
            &contents(copy.info().root, &[], &[]),
            &Anchor::Start,
            10,
            &call(),
        )
        .unwrap();
    assert_eq!(page.rows.len(), 1);
}

#[test]
fn a_store_opened_alone_works_and_keeps_others_out() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("a.malle");
    let store = SqliteStore::open_alone(&path, OpenMode::Create, support(), &call()).unwrap();
    assert!(store.is_alone());
    let root = store.info().root;
    let mut stage = store.stage(&call()).unwrap();
    stage.write(&noise(600_000, 8), &call()).unwrap();
    let staged = stage.finish(&call()).unwrap();
    let mut new = new_message(root, subject("alone"));
    new.attachments = Some(vec![attachment_of(staged.place(), staged.size())]);
    let id = save(&store, new);
    drop((stage, staged));
    let body = store.message(id, &call()).unwrap().body;
    let slot = body.attachments[0].props.get(&tags::ATTACH_DATA_BIN.id());
    let Some(Slot::Large(large)) = slot else {
        panic!()
    };
    assert_eq!(
        read_all(&mut *store.large(id, large, &call()).unwrap(), 70_000).len(),
        600_000
    );
    store.index_from(0);
    let view = contents(
        root,
        &[tags::SUBJECT.raw()],
        &[SortColumn::ascending(tags::SUBJECT)],
    );
    assert_eq!(first_cells(&store, &view), [PropValue::from("alone")]);
    store
        .maintain()
        .unwrap()
        .backup(&home.path().join("b.malle"), &call())
        .unwrap();
    assert_eq!(problems(&store), []);
    let refused = SqliteStore::open(&path, OpenMode::ReadWrite, support(), &call()).unwrap_err();
    assert_eq!(refused.code(), Code::BUSY);
    drop(store);
    assert_eq!(problems(&open(&path)), []);
}
