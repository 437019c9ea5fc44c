//! Restricted views of many messages: by walks, facets and passes on two cores, always what the reference store says.

use std::sync::Arc;

use mapi_props::{
    Bag, BitOp, FileTime, FuzzyLevel, MatchKind, PropTag, PropType, RelOp, Restriction, SortColumn,
    SubObject, message_flags, tags,
};
use mapi_spi::{
    Anchor, ChangeSet, CommitMode, Direction, Durability, FlagPatch, ItemId, Items, MessageSave,
    Op, Page, PropPatch, Row, Store, View,
};
use store_memory::{MemoryStore, Options};

use crate::ground::{Ticking, call, contents, new_message, open_with, problems, subject};

/// Enough for two cores to share a pass.
const MESSAGES: i32 = 5000;
/// A property that only the bag holds.
const RATING: PropTag = PropTag::new(0x6801, PropType::LONG);

fn message(folder: ItemId, n: i32) -> MessageSave {
    let words = ["Plan", "Résumé", "ENDE", "plan", "Straße"];
    let word = words[usize::try_from(n).unwrap() % words.len()];
    let people = ["Ada", "Grace", "Ada", "Émilie", "Kurt"];
    let person = people[usize::try_from(n / 3).unwrap() % people.len()];
    let sender = if n == 4 { "Once" } else { person };
    let time = FileTime::from_unix(1_700_000_000 + i64::from(n) * 60);
    let patch = subject(&format!("{word} {n}"))
        .with(tags::SENDER_NAME, sender)
        .with(tags::MESSAGE_DELIVERY_TIME, time)
        .with(RATING, n * 7919 % MESSAGES)
        .with(tags::BODY, "x".repeat(usize::try_from(n % 90).unwrap()));
    let mut recipient = Bag::new();
    recipient.set(tags::DISPLAY_NAME, sender);
    MessageSave {
        recipients: Some(vec![recipient]),
        // Unread ones are few, and the oldest.
        flags: FlagPatch {
            set: u32::from(n >= 30) * message_flags::READ,
            clear: 0,
        },
        ..new_message(folder, patch)
    }
}

fn fill(store: &dyn Store) {
    let root = store.info().root;
    for some in 0..MESSAGES / 500 {
        let op = |n| Op::SaveMessage(Box::new(message(root, some * 500 + n)));
        let changes = ChangeSet {
            ops: (0..500).map(op).collect(),
            mode: CommitMode::EachItem,
            durability: Durability::Batch,
            ..ChangeSet::default()
        };
        store.commit(changes, &call()).unwrap();
    }
}

fn unread() -> Restriction {
    Restriction::Bitmask {
        op: BitOp::Zero,
        tag: tags::MESSAGE_FLAGS.raw(),
        mask: message_flags::READ,
    }
}

fn containing(text: &str) -> Restriction {
    Restriction::Content {
        kind: MatchKind::Substring,
        fuzzy: FuzzyLevel {
            ignore_case: true,
            ignore_nonspace: true,
            loose: false,
        },
        tag: tags::SUBJECT.raw(),
        value_tag: tags::SUBJECT.raw(),
        value: text.into(),
    }
}

fn restrictions() -> Vec<Restriction> {
    let sender = |name: &str| Restriction::property(tags::SENDER_NAME, RelOp::Eq, name);
    let recipient = |name: &str| Restriction::Sub {
        object: SubObject::Recipients,
        child: Box::new(Restriction::property(tags::DISPLAY_NAME, RelOp::Eq, name)),
    };
    let rated = |op, n: i32| Restriction::property(RATING, op, n);
    let larger = |n: i32| Restriction::property(tags::MESSAGE_SIZE, RelOp::Gt, n);
    let until = |n: i64| {
        let time = FileTime::from_unix(1_700_000_000 + n * 60);
        Restriction::property(tags::MESSAGE_DELIVERY_TIME, RelOp::Le, time)
    };
    vec![
        unread(),
        sender("Once"),
        sender("Ada"),
        sender("Nobody"),
        larger(1),
        larger(1 << 20),
        containing("RESUME 17"),
        containing("strasse"),
        containing("nothing"),
        rated(RelOp::Ge, 2500),
        rated(RelOp::Ge, MESSAGES - 20),
        rated(RelOp::Gt, MESSAGES),
        recipient("Once"),
        recipient("Grace"),
        Restriction::And(vec![unread(), until(20)]),
        Restriction::And(vec![sender("Ada"), containing("plan"), until(900)]),
        Restriction::And(vec![rated(RelOp::Lt, 100), larger(300), sender("Kurt")]),
        Restriction::Or(vec![sender("Once"), rated(RelOp::Eq, 77)]),
        recipient("Ada").negate(),
        // What lies beside the bag, where no index tells.
        unread().negate(),
        Restriction::Or(vec![unread(), larger(800), rated(RelOp::Eq, 77)]),
    ]
}

/// What a store says of a view, rows by their first cell.
#[derive(Debug, PartialEq)]
struct Said {
    count: u64,
    pages: Vec<(Vec<String>, bool, bool)>,
    positions: Vec<u64>,
    found: Vec<Option<String>>,
}

fn said(store: &dyn Store, view: &View) -> Said {
    let page = |anchor: &Anchor, count| store.view(view, anchor, count, &call()).unwrap();
    let first = page(&Anchor::Start, 40);
    let mut anchors = vec![Anchor::Start, Anchor::End, Anchor::Row(2200)];
    let keys: Vec<_> = first.rows.iter().map(|r| r.key.clone()).collect();
    anchors.extend(keys.get(7).cloned().map(Anchor::At));
    let mut pages = vec![shown(&first)];
    let mut found = Vec::new();
    let tens = containing("0");
    for anchor in &anchors {
        pages.extend([6, -6].map(|count| shown(&page(anchor, count))));
        let direction = if found.len() % 2 == 0 {
            Direction::Forward
        } else {
            Direction::Backward
        };
        let row = store.find(view, &tens, anchor, direction, &call()).unwrap();
        found.push(row.as_ref().map(name));
    }
    let position = |key| store.position(view, key, &call()).unwrap();
    Said {
        count: store.count(view, &call()).unwrap(),
        pages,
        positions: keys.iter().step_by(29).map(position).collect(),
        found,
    }
}

fn shown(page: &Page) -> (Vec<String>, bool, bool) {
    let rows = page.rows.iter().map(name).collect();
    (rows, page.at_start, page.at_end)
}

fn name(row: &Row) -> String {
    format!("{:?}", row.cells[0])
}

#[test]
fn restricted_views_of_many_messages_equal_the_reference_store() {
    let home = tempfile::tempdir().unwrap();
    let real = open_with(&home.path().join("a.malle"), Arc::new(Ticking::default()));
    let model = MemoryStore::new(Options::default(), Arc::new(Ticking::default()));
    fill(&real);
    fill(&model);
    let root = real.info().root;
    let sorts = [
        SortColumn::descending(tags::MESSAGE_DELIVERY_TIME),
        SortColumn::ascending(tags::SENDER_NAME),
        SortColumn::ascending(RATING),
    ];
    for (n, restriction) in restrictions().into_iter().enumerate() {
        let view = View {
            restriction: Some(restriction),
            ..contents(root, &[tags::SUBJECT.raw()], &[sorts[n % sorts.len()]])
        };
        let expected = said(&model, &view);
        // With little and with much patience before a pass; one without indexes.
        for rows in [1, 1000, u64::MAX]
            .into_iter()
            .take(2 + usize::from(n == 9))
        {
            real.index_from(rows);
            assert_eq!(said(&real, &view), expected, "{rows} {view:?}");
        }
    }
    assert_eq!(problems(&real), []);
}

#[test]
fn facets_follow_every_kind_of_write() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("a.malle");
    let store = open_with(&path, Arc::new(Ticking::default()));
    let root = store.info().root;
    fill(&store);
    store.index_from(0);
    let view = |restriction| View {
        restriction: Some(restriction),
        ..contents(root, &[tags::SUBJECT.raw()], &[])
    };
    let count = |restriction| store.count(&view(restriction), &call()).unwrap();
    let once = || Restriction::property(tags::SENDER_NAME, RelOp::Eq, "Once");
    assert_eq!(
        (count(unread()), count(once()), count(containing("ende 2"))),
        (30, 1, 223)
    );
    let one = store
        .view(&view(once()), &Anchor::Start, 1, &call())
        .unwrap();
    let items = || Items::Ids(vec![one.rows[0].key.item]);
    let commit = |op| store.commit(ChangeSet::one(op), &call()).unwrap();
    commit(Op::SetFlags {
        items: items(),
        flags: FlagPatch {
            set: message_flags::READ,
            clear: 0,
        },
    });
    assert_eq!((count(unread()), count(once())), (29, 1));
    commit(Op::SaveMessage(Box::new(MessageSave {
        target: mapi_spi::MessageTarget::Existing(one.rows[0].key.item),
        flags: FlagPatch {
            set: 0,
            clear: message_flags::READ,
        },
        recipients: None,
        ..new_message(root, PropPatch::default().with(tags::SENDER_NAME, "Twice"))
    })));
    assert_eq!((count(unread()), count(once())), (30, 0));
    commit(Op::Copy {
        items: items(),
        to: root,
    });
    assert_eq!(count(unread()), 31);
    commit(Op::Delete {
        items: items(),
        mode: mapi_spi::DeleteMode::Soft,
    });
    let gone = View {
        rows: mapi_spi::RowSet::Contents {
            associated: false,
            deleted: true,
        },
        ..view(unread())
    };
    assert_eq!(
        (count(unread()), store.count(&gone, &call()).unwrap()),
        (30, 1)
    );
    commit(Op::Recover { items: items() });
    commit(Op::Delete {
        items: items(),
        mode: mapi_spi::DeleteMode::Hard,
    });
    assert_eq!(
        (count(unread()), store.count(&gone, &call()).unwrap()),
        (30, 0)
    );
    assert_eq!(problems(&store), []);
}
