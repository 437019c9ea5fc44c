//! A store of each released format opens and says what it said when it was made.
//!
//! `MALLE_MAKE_FIXTURE=1` writes the file of the present version, which is read once there is a later one; never over
//! one that has been released.

use std::path::{Path, PathBuf};

use mapi_props::{LargePlace, LargeRef, PropType, Slot, SortColumn, StoredAttachment, tags};
use mapi_spi::{
    ChangeSet, DeleteMode, FlagPatch, Items, LogKind, NameCreation, NewValue, Op, OpenMode,
    RecipePart, Store,
};
use store_sqlite::SqliteStore;

use crate::ground::{
    call, contents, first_cells, new_folder, new_message, open, problems, save, saved, subject,
    support,
};
use crate::version_5;

/// The present version.
const PRESENT: u32 = 6;

fn fixture(version: u32) -> PathBuf {
    let name = format!("tests/data/version-{version}.malle.zst");
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(name)
}

/// Everything that the format knows, in a few rows.
fn furnish(store: &dyn Store) {
    let root = store.info().root;
    let inbox = saved(store, new_folder(root, "Inbox"));
    let name = mapi_props::PropName::text(mapi_props::guids::PS_PUBLIC_STRINGS, "Keywords");
    store
        .ids_from_names(&[name], NameCreation::Explicit, &call())
        .unwrap();
    let first = save(store, new_message(inbox, subject("first")));
    let mut second = new_message(inbox, subject("second"));
    let large = |index| {
        let place = LargePlace::Pending(index);
        Slot::Large(LargeRef {
            ty: PropType::BINARY,
            size: 0,
            place,
        })
    };
    let mut attachment = StoredAttachment::default();
    attachment
        .props
        .insert(tags::ATTACH_DATA_BIN.id(), large(0));
    second.attachments = Some(vec![attachment]);
    second.patch.set.push((0x6701, large(1)));
    second.source = Some([5; 32]);
    let encoding = mapi_props::Encoding::Base64 {
        line_len: 76,
        crlf: true,
        last_eol: true,
    };
    let values = vec![
        NewValue::Bytes((0..=255).cycle().take(300_000).collect()),
        NewValue::Recipe(vec![
            RecipePart::Literal(b"Subject: second\r\n\r\n".to_vec()),
            RecipePart::Value {
                place: LargePlace::Pending(0),
                encoding,
            },
        ]),
    ];
    let op = Op::SaveMessage(Box::new(second));
    store
        .commit(
            ChangeSet {
                values,
                ..ChangeSet::one(op)
            },
            &call(),
        )
        .unwrap();
    let items = || Items::Ids(vec![first]);
    let flags = FlagPatch { set: 1, clear: 0 };
    for op in [
        Op::SetFlags {
            items: items(),
            flags,
        },
        Op::Copy {
            items: items(),
            to: root,
        },
        Op::Delete {
            items: items(),
            mode: DeleteMode::Soft,
        },
    ] {
        store.commit(ChangeSet::one(op), &call()).unwrap();
    }
    let sort = [SortColumn::ascending(tags::SUBJECT)];
    store
        .view(
            &contents(inbox, &[], &sort),
            &mapi_spi::Anchor::Start,
            5,
            &call(),
        )
        .unwrap();
}

#[test]
fn stores_of_older_versions_open() {
    if std::env::var_os("MALLE_MAKE_FIXTURE").is_some() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("new.malle");
        let store = open(&path);
        store.index_from(0);
        furnish(&store);
        drop(store);
        let packed = zstd::bulk::compress(&std::fs::read(&path).unwrap(), 19).unwrap();
        std::fs::write(fixture(PRESENT), packed).unwrap();
    }
    for version in 1..PRESENT {
        opens(version);
    }
}

/// Version 5 added no table: what its builder knows by heart is what version 4 left.
#[test]
fn the_builder_of_version_5_makes_its_tables() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("built.malle");
    furnish(&open(&path));
    version_5::made_of(&path);
    let built = version_5::schema(&path);
    for version in [4, 5] {
        let released = home.path().join(format!("{version}.malle"));
        unpack(version, &released);
        assert_eq!(version_5::schema(&released), built, "version {version}");
    }
}

fn opens(version: u32) {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("old.malle");
    unpack(version, &path);

    // Whoever may not write it reads it as it is.
    let reader = SqliteStore::open(&path, OpenMode::ReadOnly, support(), &call()).unwrap();
    assert_eq!(problems(&reader), []);
    assert_eq!(words_in(&reader, "second"), 1);
    let inbox = mapi_spi::ItemId(2);
    assert_eq!(reader.search(inbox, &call()).unwrap(), None);
    drop(reader);

    let store = open(&path);
    assert_eq!(problems(&store), []);
    let figures = store.maintain().unwrap().figures(&call()).unwrap();
    assert_eq!(
        (figures.folders, figures.messages, figures.deleted),
        (2, 2, 1)
    );
    assert_eq!((figures.values, figures.names, figures.log), (2, 1, (1, 6)));
    let inbox = mapi_spi::ItemId(2);
    let sort = [SortColumn::ascending(tags::SUBJECT)];
    let view = contents(inbox, &[tags::SUBJECT.raw()], &sort);
    assert_eq!(
        first_cells(&store, &view),
        [mapi_props::PropValue::from("second")]
    );
    facets_are_made(&store, &view);
    for (words, rows) in [("second", 1), ("sec", 0), ("first", 0)] {
        assert_eq!(words_in(&store, words), rows, "{words}");
    }
    let db = rusqlite::Connection::open(&path).unwrap();
    let indexed: u64 = db
        .query_row("SELECT count(*) FROM indexed", [], |r| r.get(0))
        .unwrap();
    assert_eq!(indexed, 3, "the soft-deleted one too");
    let known = store.known_sources(inbox, &[[5; 32]], &call()).unwrap();
    let second = known[0].unwrap();
    let body = store.message(second, &call()).unwrap().body;
    let Some(Slot::Large(original)) = body.props.get(&0x6701) else {
        panic!()
    };
    assert_eq!(
        store.large(second, original, &call()).unwrap().size(),
        19 + 400_000 + 2 * 5264
    );
    let log = store.log(0, None, 10, &call()).unwrap().entries;
    assert_eq!(log[5].kind, LogKind::SoftDeleted);
    assert!(log[5].inverse.is_some());
}

fn unpack(version: u32, to: &Path) {
    let packed = std::fs::read(fixture(version)).unwrap();
    std::fs::write(to, zstd::bulk::decompress(&packed, 16 << 20).unwrap()).unwrap();
}

/// Messages of the inbox with these words in their subjects.
fn words_in(store: &SqliteStore, words: &str) -> u64 {
    store.index_from(0);
    let phrase =
        mapi_props::Restriction::content(tags::SUBJECT, mapi_props::MatchKind::Phrase, words);
    let view = mapi_spi::View {
        restriction: Some(phrase),
        ..contents(mapi_spi::ItemId(2), &[], &[])
    };
    store.count(&view, &call()).unwrap()
}

/// What later versions index for restrictions is made in an older file too.
fn facets_are_made(store: &store_sqlite::SqliteStore, view: &mapi_spi::View) {
    store.index_from(0);
    let unread = mapi_props::Restriction::Bitmask {
        op: mapi_props::BitOp::Zero,
        tag: tags::MESSAGE_FLAGS.raw(),
        mask: 1,
    };
    let second =
        mapi_props::Restriction::content(tags::SUBJECT, mapi_props::MatchKind::Substring, "econ");
    let nobody =
        mapi_props::Restriction::property(tags::SENDER_NAME, mapi_props::RelOp::Eq, "Nobody");
    for (restriction, rows) in [(unread, 1), (second, 1), (nobody, 0)] {
        let restricted = mapi_spi::View {
            restriction: Some(restriction),
            ..view.clone()
        };
        assert_eq!(store.count(&restricted, &call()).unwrap(), rows);
    }
    assert_eq!(problems(store), []);
}
