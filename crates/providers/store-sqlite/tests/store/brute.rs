//! What the full-text index finds is what the matcher finds when it is asked of every message: 500 random questions.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use mapi_kit::engine::MessageRow;
use mapi_props::{Bag, FileTime, MatchKind, Restriction, SortOrderSet, recipient_type, tags};
use mapi_query::Matcher;
use mapi_query::fields::{self, Field};
use mapi_spi::{
    Anchor, ChangeSet, CommitMode, ItemId, MessageSave, Op, PropPatch, RowSet, ScanBody, Store,
    View,
};
use store_sqlite::SqliteStore;
use testkit::Chance;

use crate::ground::{call, new_folder, new_message, open, problems, saved};

const MESSAGES: i64 = 300;
const QUESTIONS: usize = 500;

/// Common words first.
const WORDS: [&str; 24] = [
    "report",
    "Plan",
    "meeting",
    "budget",
    "année",
    "Straße",
    "Łódź",
    "İstanbul",
    "ﬁle",
    "Café",
    "会議",
    "会議室",
    "中文",
    "用中文写",
    "서울시",
    "กรุงเทพ",
    "e-mail",
    "x2",
    "42",
    "résumé",
    "planet",
    "plans",
    "o'clock",
    "Ångström",
];

/// The earlier ones of a list far more often.
fn a_likely<'w>(chance: &mut Chance, words: &[&'w str]) -> &'w str {
    let below = chance.in_range(1..words.len() + 1);
    words[chance.in_range(0..below)]
}

fn text(chance: &mut Chance, most: usize) -> String {
    let words: Vec<&str> = (0..chance.in_range(0..most + 1))
        .map(|_| a_likely(chance, &WORDS))
        .collect();
    words.join(*chance.pick(&[" ", ", ", "-"]))
}

/// Packed RTF, now and then damaged: then it says nothing.
fn rtf(chance: &mut Chance) -> Vec<u8> {
    let rtf = mapi_rtf::from_text(&text(chance, 15));
    let mut packed = mapi_rtf::compressed::compress(&rtf);
    if chance.percent(10) {
        packed.pop();
    }
    packed
}

fn message(chance: &mut Chance, folder: ItemId, n: i64) -> MessageSave {
    let mut patch = PropPatch::default().with(tags::SUBJECT, text(chance, 5));
    if chance.percent(90) {
        let time = 1_700_000_000 + n * 40 - i64::try_from(chance.below(3000)).unwrap();
        patch = patch.with(tags::MESSAGE_DELIVERY_TIME, FileTime::from_unix(time));
    }
    patch = match chance.below(5) {
        0 => patch.with(
            tags::HTML,
            format!("<p>{}</p>", text(chance, 15)).into_bytes(),
        ),
        1 => patch,
        2 => patch.with(tags::RTF_COMPRESSED, rtf(chance)),
        _ => patch.with(tags::BODY, text(chance, 20)),
    };
    let name = text(chance, 2);
    patch = patch
        .with(tags::SENDER_NAME, name)
        .with(tags::SENDER_EMAIL_ADDRESS, "plan@budget.example");
    let types = [
        recipient_type::TO,
        recipient_type::CC,
        recipient_type::BCC,
        0,
        7,
    ];
    let recipients = (0..chance.in_range(0..4)).map(|_| {
        let mut row = Bag::new();
        row.set(tags::RECIPIENT_TYPE, *chance.pick(&types));
        row.set(tags::DISPLAY_NAME, text(chance, 2));
        row.set(tags::SMTP_ADDRESS, "someone@plan.example");
        row
    });
    MessageSave {
        recipients: Some(recipients.collect()),
        ..new_message(folder, patch)
    }
}

fn fill(store: &SqliteStore, chance: &mut Chance) {
    let root = store.info().root;
    let folders = [root, saved(store, new_folder(root, "one"))];
    let folders = [
        folders[0],
        folders[1],
        saved(store, new_folder(folders[1], "two")),
    ];
    for some in 0..MESSAGES / 100 {
        let ops = (0..100).map(|n| {
            let folder = *chance.pick(&folders);
            Op::SaveMessage(Box::new(message(chance, folder, some * 100 + n)))
        });
        let changes = ChangeSet {
            ops: ops.collect(),
            mode: CommitMode::EachItem,
            ..ChangeSet::default()
        };
        store.commit(changes, &call()).unwrap();
    }
}

/// One or more words, as they stand in texts or not.
fn pattern(chance: &mut Chance) -> (MatchKind, String) {
    if chance.percent(30) {
        let word = a_likely(chance, &WORDS);
        let cut: String = word.chars().take(chance.in_range(1..4)).collect();
        return (MatchKind::WordPrefix, cut);
    }
    let words: Vec<&str> = (0..chance.in_range(1..4))
        .map(|_| a_likely(chance, &WORDS))
        .collect();
    (MatchKind::Phrase, words.join(" "))
}

fn question(chance: &mut Chance, depth: usize) -> Restriction {
    let (kind, words) = pattern(chance);
    match chance.below(if depth == 0 { 4 } else { 9 }) {
        0 | 1 => fields::anywhere(kind, &words),
        2 => chance.pick(&Field::ALL).restriction(kind, &words),
        3 => fields::anyone(kind, &words),
        4 | 5 => Restriction::And((0..2).map(|_| question(chance, depth - 1)).collect()),
        6 | 7 => Restriction::Or((0..2).map(|_| question(chance, depth - 1)).collect()),
        _ => Restriction::And(vec![
            question(chance, depth - 1),
            question(chance, depth - 1).negate(),
        ]),
    }
}

/// The messages of the store for which each restriction holds, by the matcher alone.
fn by_hand(store: &SqliteStore, restrictions: &[Restriction]) -> Vec<BTreeSet<ItemId>> {
    let views: Vec<View> = restrictions.iter().map(|r| view(store, r)).collect();
    let plans: Vec<_> = (views.iter())
        .map(|view| mapi_kit::engine::Plan::new(store.info(), view).unwrap())
        .collect();
    let mut found = vec![BTreeSet::new(); restrictions.len()];
    let each = &mut |row: mapi_spi::ScanRow<'_>| {
        let ScanBody::Message(body) = row.body else {
            panic!("a message")
        };
        let shown = MessageRow {
            meta: row.meta,
            body,
            open: &|_| None,
        };
        for (plan, found) in plans.iter().zip(&mut found) {
            if plan.matches(&shown, 0) {
                found.insert(row.meta.id);
            }
        }
        ControlFlow::Continue(())
    };
    store
        .scan(store.info().root, RowSet::Deep, &call(), each)
        .unwrap();
    found
}

fn view(store: &SqliteStore, restriction: &Restriction) -> View {
    View {
        container: store.info().root,
        rows: RowSet::Deep,
        columns: vec![tags::SUBJECT.raw()],
        restriction: Some(restriction.clone()),
        sort: SortOrderSet::default(),
    }
}

#[test]
fn five_hundred_questions_are_answered_as_if_every_message_were_tested() {
    let home = tempfile::tempdir().unwrap();
    let store = open(&home.path().join("words.malle"));
    let mut chance = Chance::from_environment(20_261_122);
    fill(&store, &mut chance);
    let questions: Vec<Restriction> = (0..QUESTIONS).map(|_| question(&mut chance, 2)).collect();
    let expected = by_hand(&store, &questions);
    let (mut some, mut exact) = (0, 0);
    for (question, expected) in questions.iter().zip(&expected) {
        assert!(Matcher::compile(question).is_ok());
        let view = view(&store, question);
        let plan = store.explain(&view, &call()).unwrap();
        assert_eq!(plan.index, "full-text index", "{question:?}");
        let page = store.view(&view, &Anchor::Start, 10_000, &call()).unwrap();
        let found: BTreeSet<ItemId> = page.rows.iter().map(|row| row.key.item).collect();
        assert_eq!(&found, expected, "{plan:?}\n{question:?}");
        let count = store.count(&view, &call()).unwrap();
        assert_eq!(count, u64::try_from(expected.len()).unwrap(), "{plan:?}");
        some += usize::from(!found.is_empty());
        exact += usize::from(plan.exact);
    }
    assert!(some > QUESTIONS / 3, "{some} find something");
    assert_eq!(
        exact, QUESTIONS,
        "all of these are what the index says, word for word"
    );
    assert_eq!(problems(&store), []);
}

#[test]
fn a_page_of_the_newest_goes_on_where_it_ended() {
    let home = tempfile::tempdir().unwrap();
    let store = open(&home.path().join("pages.malle"));
    let mut chance = Chance::from_environment(7);
    fill(&store, &mut chance);
    let view = view(&store, &fields::anywhere(MatchKind::Phrase, "report"));
    let whole = store.view(&view, &Anchor::Start, 10_000, &call()).unwrap();
    assert!(whole.rows.len() > 50 && whole.at_start && whole.at_end);
    let (mut from, mut rows) = (Anchor::Start, Vec::new());
    loop {
        let page = store.view(&view, &from, 7, &call()).unwrap();
        assert_eq!(page.at_start, rows.is_empty());
        rows.extend(page.rows);
        if page.at_end {
            break;
        }
        from = Anchor::After(rows.last().unwrap().key.clone());
    }
    assert_eq!(rows, whole.rows);
    for (n, row) in (0_u64..).zip(&whole.rows).step_by(17) {
        assert_eq!(store.position(&view, &row.key, &call()).unwrap(), n);
        let numbered = store.view(&view, &Anchor::Row(n), 1, &call()).unwrap();
        assert_eq!(numbered.rows, std::slice::from_ref(row));
        let back = store
            .view(&view, &Anchor::At(row.key.clone()), -5, &call())
            .unwrap();
        let n = usize::try_from(n).unwrap();
        assert_eq!(back.rows, whole.rows[n.saturating_sub(5)..n]);
        assert_eq!((back.at_start, back.at_end), (n <= 5, false));
    }
}
