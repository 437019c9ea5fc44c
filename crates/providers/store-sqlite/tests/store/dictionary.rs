//! The dictionary that a store learns from its first messages.

use std::path::Path;

use mapi_props::{Code, tags};
use mapi_spi::{ChangeSet, CommitMode, ItemId, NewValue, Op, PropPatch, RecipePart, Store};
use rusqlite::Connection;
use store_sqlite::SqliteStore;
use testkit::Chance;

use crate::ground::{call, new_folder, new_message, open, saved};

/// A text of common words, as mail has it.
fn text(chance: &mut Chance) -> String {
    let words: Vec<String> = (0..300).map(|n| Chance::from_seed(n).word(7)).collect();
    let text = (0..250).map(|_| chance.pick(&words).as_str());
    text.collect::<Vec<_>>().join(" ")
}

fn batch(folder: ItemId, chance: &mut Chance, count: u64) -> ChangeSet {
    let mut set = ChangeSet {
        mode: CommitMode::EachItem,
        ..ChangeSet::default()
    };
    for n in 0..count {
        let body = text(chance);
        let large = mapi_props::LargeRef {
            place: mapi_props::LargePlace::Pending(u32::try_from(n).unwrap()),
            size: 0,
            ty: tags::INTERNET_CONTENT.raw().ty(),
        };
        let mut patch = PropPatch::default().with(tags::BODY, body.as_str());
        patch
            .set
            .push((tags::INTERNET_CONTENT.id(), mapi_props::Slot::Large(large)));
        set.values.push(NewValue::Recipe(vec![RecipePart::Literal(
            format!("Subject: {n}\r\n\r\n{body}").into_bytes(),
        )]));
        set.ops
            .push(Op::SaveMessage(Box::new(new_message(folder, patch))));
    }
    set
}

fn fill(store: &SqliteStore) -> ItemId {
    let root = store.info().root;
    let folder = saved(store, new_folder(root, "Mail"));
    let mut chance = Chance::from_seed(5);
    for _ in 0..8 {
        store
            .commit(batch(folder, &mut chance, 100), &call())
            .unwrap();
    }
    folder
}

fn compressed_with_it(path: &Path) -> u64 {
    let db = Connection::open(path).unwrap();
    let mut rows = db
        .prepare("SELECT data FROM bag UNION ALL SELECT data FROM chunk WHERE form = 1")
        .unwrap();
    let values = rows.query_map([], |r| r.get::<_, Vec<u8>>(0)).unwrap();
    // The frame header's lowest two bits tell how many bytes of a dictionary number follow. RFC 8878 §3.1.1.1.1.6
    let frame = |value: &Vec<u8>| value.windows(4).position(|w| w == [0x28, 0xb5, 0x2f, 0xfd]);
    let with = values.filter(|value| {
        let value = value.as_ref().unwrap();
        frame(value).is_some_and(|at| value[at + 4] & 3 != 0)
    });
    u64::try_from(with.count()).unwrap()
}

#[test]
fn it_is_learnt_once_makes_values_smaller_and_every_handle_reads_them() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("a.malle");
    let store = open(&path);
    let folder = fill(&store);
    assert!(compressed_with_it(&path) > 800);
    let db = Connection::open(&path).unwrap();
    let size = |before: &str| -> f64 {
        let sql = format!("SELECT avg(length(data)) FROM bag WHERE id {before} 300 AND id > 10");
        db.query_row(&sql, [], |r| r.get(0)).unwrap()
    };
    assert!(size(">") < 0.8 * size("<"), "{} {}", size(">"), size("<"));
    drop(db);
    let other = open(&path);
    let mut chance = Chance::from_seed(5);
    let mut buf = vec![0; 10_000];
    let mut seen = 0;
    other
        .scan(
            folder,
            crate::ground::contents(folder, &[], &[]).rows,
            &call(),
            &mut |row| {
                let mapi_spi::ScanBody::Message(body) = row.body else {
                    panic!()
                };
                let expected = text(&mut chance);
                assert_eq!(body.props.text(tags::BODY), Some(expected.as_str()));
                seen += 1;
                std::ops::ControlFlow::Continue(())
            },
        )
        .unwrap();
    assert_eq!(seen, 800);
    let last = other.message(ItemId(800), &call()).unwrap();
    let Some(mapi_props::Slot::Large(original)) = last.body.props.get(&tags::INTERNET_CONTENT.id())
    else {
        panic!()
    };
    let mut reader = other.large(ItemId(800), original, &call()).unwrap();
    let n = reader.read_at(0, &mut buf, &call()).unwrap();
    assert!(buf[..n].starts_with(b"Subject: "));
    assert!(
        other
            .maintain()
            .unwrap()
            .check(&call())
            .unwrap()
            .problems
            .is_empty()
    );
}

#[test]
fn a_file_that_lost_it_says_so() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("a.malle");
    let store = open(&path);
    fill(&store);
    drop(store);
    let db = Connection::open(&path).unwrap();
    db.execute("DELETE FROM meta WHERE key = 'dictionary'", [])
        .unwrap();
    drop(db);
    let store = open(&path);
    let error = store.message(ItemId(700), &call()).unwrap_err();
    assert_eq!(error.code(), Code::CORRUPT_STORE);
    assert!(error.detail().contains("dictionary"), "{}", error.detail());
}
