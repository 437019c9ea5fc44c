//! The engine against a naive model: expand, filter, sort everything, then cut.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::ops::ControlFlow;

use mapi_props::{
    Bag, BitOp, Code, FileTime, Guid, LargePlace, LargeRef, MatchKind, PropTag, PropType,
    PropValue, RelOp, Restriction, Slot, SortColumn, SortOrderSet, StoredMessage, tags,
};
use mapi_query::{Instance, Matcher, Row as QueryRow, compare_rows};
use mapi_spi::{
    Anchor, Call, Capabilities, Direction, ItemId, ItemKind, ItemMeta, Limits, Result, Row, RowKey,
    RowSet, StoreInfo, View,
};
use proptest::prelude::{Just, ProptestConfig, Strategy, any, prop_oneof, proptest};

use super::row::Full;
use super::{ItemRow, MessageRow, Plan, RowSource, count, find, page, position};

const KEYWORDS: PropTag = PropTag::new(0x8001, PropType::MV_UNICODE);
const KEYWORDS_MVI: PropTag = PropTag(0x8001_301F);
const NUMBERS_MVI: PropTag = PropTag(0x8002_3003);

fn info() -> StoreInfo {
    StoreInfo {
        uid: Guid([7; 16]),
        provider: Guid::NIL,
        mapping_signature: Guid::NIL,
        root: ItemId(1),
        capabilities: Capabilities {
            write: true,
            mv_instances: true,
            ..Capabilities::default()
        },
        limits: Limits::default(),
        display_name: String::new(),
    }
}

#[derive(Debug, Clone)]
struct Message {
    meta: ItemMeta,
    body: StoredMessage,
}

fn message(id: u64, props: Bag) -> Message {
    let body = StoredMessage {
        props,
        ..StoredMessage::default()
    };
    let meta = ItemMeta {
        id: ItemId(id),
        parent: ItemId(1),
        kind: ItemKind::Message { associated: false },
        deleted: false,
        change: id,
        content_version: 1,
        thread: None,
        flags: u32::from(id.is_multiple_of(2)),
        status: 0,
        size: 0,
    };
    Message { meta, body }
}

fn show<T>(message: &Message, look: impl FnOnce(&dyn ItemRow) -> T) -> T {
    look(&MessageRow {
        meta: &message.meta,
        body: &message.body,
        open: &|_| Some(Box::new("x".repeat(400).leak().as_bytes())),
    })
}

struct Messages(Vec<Message>);

impl RowSource for Messages {
    fn scan(&self, each: &mut dyn FnMut(&dyn ItemRow) -> ControlFlow<()>) -> Result<()> {
        for message in &self.0 {
            if show(message, &mut *each).is_break() {
                break;
            }
        }
        Ok(())
    }

    fn fetch(&self, id: ItemId, each: &mut dyn FnMut(&dyn ItemRow)) -> Result<()> {
        let message = self.0.iter().find(|m| m.meta.id == id).unwrap();
        show(message, each);
        Ok(())
    }

    fn has(&self, id: ItemId) -> Result<bool> {
        Ok(self.0.iter().any(|m| m.meta.id == id))
    }
}

/// One row of the naive model.
#[derive(Debug, Clone)]
struct Naive {
    message: Message,
    elements: Vec<(u16, usize)>,
    instance: u32,
}

impl Naive {
    fn with<T>(&self, info: &StoreInfo, look: impl FnOnce(&dyn QueryRow) -> T) -> T {
        show(&self.message, |row| {
            let full = Full {
                info,
                row,
                instance: self.instance,
                container: None,
            };
            look(&Instance {
                row: &full,
                elements: &self.elements,
            })
        })
    }

    fn compare(&self, other: &Self, sort: &SortOrderSet, info: &StoreInfo) -> Ordering {
        self.with(info, |a| other.with(info, |b| compare_rows(sort, a, b)))
            .then(self.message.meta.id.cmp(&other.message.meta.id))
            .then(self.instance.cmp(&other.instance))
    }
}

/// Every row that a message makes in a view.
fn expand(view: &View, message: &Message) -> Vec<Naive> {
    let mut dims: Vec<(u16, usize)> = Vec::new();
    let sort = view.sort.columns.iter().map(|c| c.tag);
    for tag in view.columns.iter().copied().chain(sort) {
        if tag.ty().is_mv_instance() && !dims.iter().any(|(id, _)| *id == tag.id()) {
            let value = message.body.props.value(tag);
            dims.push((tag.id(), value.and_then(PropValue::multi_len).unwrap_or(1)));
        }
    }
    let mut rows = vec![Vec::new()];
    for (id, len) in dims {
        let longer = |row: &Vec<(u16, usize)>| {
            let row = row.clone();
            (0..len).map(move |n| [row.clone(), vec![(id, n)]].concat())
        };
        rows = rows.iter().flat_map(longer).collect();
    }
    let naive = |(instance, elements)| Naive {
        message: message.clone(),
        elements,
        instance,
    };
    (0..).zip(rows).map(naive).collect()
}

/// All rows of a view in order, and with them those of the ghosts that would stand among them.
fn model(view: &View, sort: &SortOrderSet, messages: &[Message]) -> Vec<Naive> {
    let info = info();
    let matcher = view
        .restriction
        .as_ref()
        .map(|r| Matcher::compile(r).unwrap());
    let mut rows: Vec<Naive> = messages
        .iter()
        .flat_map(|m| expand(view, m))
        .filter(|row| {
            matcher
                .as_ref()
                .is_none_or(|m| row.with(&info, |r| m.matches(r)))
        })
        .collect();
    rows.sort_by(|a, b| a.compare(b, sort, &info));
    if let Some(limit) = matcher.as_ref().and_then(Matcher::limit) {
        rows.truncate(usize::try_from(limit).unwrap());
    }
    rows
}

fn arb_props() -> impl Strategy<Value = Bag> {
    let text = proptest::sample::select(vec!["", "a", "A", "b", "Z", "é", "ab", "a b"]);
    let texts = proptest::collection::vec(text.clone(), 1..4);
    (
        proptest::option::of(text),
        proptest::option::of(-1_i32..3),
        proptest::option::of(0_u64..4),
        proptest::option::of(texts),
        proptest::option::of(proptest::collection::vec(0_i32..3, 1..3)),
    )
        .prop_map(|(subject, importance, time, keywords, numbers)| {
            let owned = |v: Vec<&str>| v.into_iter().map(str::to_owned).collect::<Vec<_>>();
            let values: [(PropTag, Option<PropValue>); 5] = [
                (tags::SUBJECT.raw(), subject.map(PropValue::from)),
                (tags::IMPORTANCE.raw(), importance.map(PropValue::from)),
                (
                    tags::MESSAGE_DELIVERY_TIME.raw(),
                    time.map(|t| FileTime(t).into()),
                ),
                (KEYWORDS, keywords.map(|k| owned(k).into())),
                (NUMBERS_MVI, numbers.map(PropValue::MvLong)),
            ];
            let stored = values
                .into_iter()
                .filter_map(|(tag, v)| Some((tag.id(), Slot::from(v?))));
            stored.collect()
        })
}

fn arb_restriction() -> impl Strategy<Value = Restriction> {
    let leaf = prop_oneof![
        Just(Restriction::exist(tags::SUBJECT)),
        (0_i32..3).prop_map(|n| Restriction::property(tags::IMPORTANCE, RelOp::Ge, n)),
        Just(Restriction::property(tags::SUBJECT, RelOp::Gt, "a")),
        Just(Restriction::content(
            tags::SUBJECT,
            MatchKind::Substring,
            "b"
        )),
        Just(Restriction::Property {
            op: RelOp::Eq,
            tag: KEYWORDS_MVI,
            value_tag: KEYWORDS_MVI.with_type(PropType::UNICODE),
            value: "a".into(),
        }),
        Just(Restriction::Property {
            op: RelOp::Eq,
            tag: KEYWORDS,
            value_tag: KEYWORDS.with_type(PropType::UNICODE),
            value: "b".into(),
        }),
        Just(Restriction::Bitmask {
            op: BitOp::NonZero,
            tag: tags::MESSAGE_FLAGS.raw(),
            mask: 1,
        }),
    ];
    let tree = leaf.prop_recursive(2, 6, 2, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..3).prop_map(Restriction::And),
            proptest::collection::vec(inner.clone(), 0..3).prop_map(Restriction::Or),
            inner.prop_map(Restriction::negate),
        ]
    });
    (tree, proptest::option::weighted(0.2, 0_u32..6)).prop_map(|(child, count)| match count {
        Some(count) => Restriction::Count {
            count,
            child: Box::new(child),
        },
        None => child,
    })
}

fn arb_view() -> impl Strategy<Value = View> {
    let tag = proptest::sample::select(vec![
        tags::SUBJECT.raw(),
        tags::IMPORTANCE.raw(),
        tags::MESSAGE_DELIVERY_TIME.raw(),
        tags::MESSAGE_FLAGS.raw(),
        KEYWORDS,
        KEYWORDS_MVI,
        NUMBERS_MVI,
    ]);
    let column = tag.clone();
    let key = (tag, any::<bool>()).prop_map(|(tag, up)| {
        if up {
            SortColumn::ascending(tag)
        } else {
            SortColumn::descending(tag)
        }
    });
    (
        proptest::collection::vec(column, 0..3),
        proptest::option::of(arb_restriction()),
        proptest::collection::vec(key, 0..3),
    )
        .prop_map(|(mut columns, restriction, keys)| {
            columns.push(tags::INSTANCE_KEY.raw());
            View {
                container: ItemId(1),
                rows: RowSet::Contents {
                    associated: false,
                    deleted: false,
                },
                columns,
                restriction,
                sort: SortOrderSet::by(keys),
            }
        })
}

/// Which row of the whole world (rows and ghosts) an anchor names, and how.
#[derive(Debug, Clone, Copy)]
enum Pick {
    Start,
    End,
    At(usize),
    After(usize),
    Row(u64),
}

fn arb_pick() -> impl Strategy<Value = Pick> {
    prop_oneof![
        Just(Pick::Start),
        Just(Pick::End),
        any::<usize>().prop_map(Pick::At),
        any::<usize>().prop_map(Pick::After),
        (0_u64..60).prop_map(Pick::Row),
        Just(Pick::Row(u64::MAX)),
    ]
}

struct World<'a> {
    plan: Plan<'a>,
    source: Messages,
    rows: Vec<Naive>,
    /// Rows that were in the view once, and rows that are.
    keys: Vec<(Naive, RowKey)>,
    info: StoreInfo,
    sort: SortOrderSet,
}

impl<'a> World<'a> {
    fn new(info: &'a StoreInfo, view: &'a View, bags: Vec<Bag>, ghosts: Vec<Bag>) -> Self {
        let plan = Plan::new(info, view).unwrap();
        let numbered = |start: u64, bags: Vec<Bag>| -> Vec<Message> {
            let ids = (start..).step_by(2);
            ids.zip(bags).map(|(id, bag)| message(id, bag)).collect()
        };
        let messages = numbered(10, bags);
        let all = [messages.clone(), numbered(11, ghosts)].concat();
        let sort = plan.sort().clone();
        let key = |row: Naive| {
            let key = show(&row.message, |item| plan.row(item, row.instance).key);
            (row, key)
        };
        let keys = all.iter().flat_map(|m| expand(view, m)).map(key).collect();
        Self {
            rows: model(view, &sort, &messages),
            source: Messages(messages),
            keys,
            plan,
            info: info.clone(),
            sort,
        }
    }

    /// The anchor, and how many rows of the model stand before it.
    fn anchor(&self, pick: Pick) -> (Anchor, usize) {
        let before = |n: usize, inclusive: bool| {
            let (naive, key) = self.keys[n % self.keys.len()].clone();
            let is_before = |row: &&Naive| {
                let order = row.compare(&naive, &self.sort, &self.info);
                order.is_lt() || (inclusive && order.is_eq())
            };
            (key, self.rows.iter().filter(is_before).count())
        };
        match pick {
            Pick::Start => (Anchor::Start, 0),
            Pick::End => (Anchor::End, self.rows.len()),
            Pick::At(_) | Pick::After(_) if self.keys.is_empty() => (Anchor::Start, 0),
            Pick::At(n) => {
                let (key, at) = before(n, false);
                (Anchor::At(key), at)
            }
            Pick::After(n) => {
                let (key, at) = before(n, true);
                (Anchor::After(key), at)
            }
            Pick::Row(n) => {
                let at = usize::try_from(n).unwrap().min(self.rows.len());
                (Anchor::Row(n), at)
            }
        }
    }

    fn row(&self, naive: &Naive) -> Row {
        show(&naive.message, |item| self.plan.row(item, naive.instance))
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]
    #[test]
    fn equals_the_naive_model(
        bags in proptest::collection::vec(arb_props(), 0..24),
        ghosts in proptest::collection::vec(arb_props(), 0..4),
        view in arb_view(),
        pick in arb_pick(),
        take in -7_i64..8,
        wanted in arb_restriction(),
    ) {
        let info = info();
        let world = World::new(&info, &view, bags, ghosts);
        let call = Call::default();
        let (plan, source, rows) = (&world.plan, &world.source, &world.rows);
        let (anchor, at) = world.anchor(pick);

        let whole = rows.len();
        assert_eq!(count(plan, source, &call).unwrap(), u64::try_from(whole).unwrap());

        let n = usize::try_from(take.unsigned_abs()).unwrap();
        let (start, end) = if take < 0 { (at.saturating_sub(n), at) } else { (at, (at + n).min(whole)) };
        let got = page(plan, source, 5, &anchor, take, &call).unwrap();
        let expected: Vec<Row> = rows[start..end].iter().map(|r| world.row(r)).collect();
        assert_eq!(&got.rows, &expected);
        assert_eq!((got.seq, got.at_start, got.at_end), (5, start == 0, end == whole));

        if let Anchor::At(key) = &anchor {
            assert_eq!(position(plan, source, key, &call).unwrap(), u64::try_from(at).unwrap());
        }

        let matcher = Matcher::compile(&wanted).unwrap();
        let hit = |r: &&Naive| matcher.limit() != Some(0) && r.with(&info, |row| matcher.matches(row));
        let forward = find(plan, source, &wanted, &anchor, Direction::Forward, &call).unwrap();
        assert_eq!(forward, rows[at..].iter().find(hit).map(|r| world.row(r)));
        let backward = find(plan, source, &wanted, &anchor, Direction::Backward, &call).unwrap();
        assert_eq!(backward, rows[..at].iter().rev().find(hit).map(|r| world.row(r)));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]
    #[test]
    fn a_page_of_many_rows_is_pruned_right(seed in any::<u64>(), take in 1_i64..40) {
        let info = info();
        let bags = (0..1500_u64).map(|n| {
            let mut bag = Bag::new();
            let value = (n ^ seed).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 40;
            bag.set(tags::MESSAGE_DELIVERY_TIME, FileTime(value));
            bag
        });
        let view = plain_view(vec![tags::MESSAGE_DELIVERY_TIME.raw()]);
        let world = World::new(&info, &view, bags.collect(), Vec::new());
        let n = usize::try_from(take).unwrap();
        let call = Call::default();
        let rows = |slice: &[Naive]| slice.iter().map(|r| world.row(r)).collect::<Vec<_>>();
        let first = page(&world.plan, &world.source, 0, &Anchor::Start, take, &call).unwrap();
        assert_eq!(first.rows, rows(&world.rows[..n]));
        let last = page(&world.plan, &world.source, 0, &Anchor::End, -take, &call).unwrap();
        assert_eq!(last.rows, rows(&world.rows[1500 - n..]));
        let middle = page(&world.plan, &world.source, 0, &Anchor::Row(700), take, &call).unwrap();
        assert_eq!(middle.rows, rows(&world.rows[700..700 + n]));
    }
}

fn plain_view(columns: Vec<PropTag>) -> View {
    View {
        container: ItemId(1),
        rows: RowSet::Contents {
            associated: false,
            deleted: false,
        },
        columns,
        restriction: None,
        sort: SortOrderSet::default(),
    }
}

fn cells(bag: Bag, columns: &[PropTag]) -> Vec<PropValue> {
    let info = info();
    let view = plain_view(columns.to_vec());
    let plan = Plan::new(&info, &view).unwrap();
    show(&message(10, bag), |item| plan.row(item, 0).cells)
}

#[test]
fn cells_are_typed_as_asked_or_errors() {
    let mut bag = Bag::new();
    bag.set(tags::SUBJECT, "Łódź");
    bag.set(tags::IMPORTANCE, 2);
    let large = |ty, place| {
        Slot::Large(LargeRef {
            ty,
            size: 9000,
            place,
        })
    };
    bag.insert(0x1000, large(PropType::UNICODE, LargePlace::Remote));
    bag.insert(0x1013, large(PropType::BINARY, LargePlace::Remote));
    bag.insert(0x3701, Slot::Value(PropValue::Object));
    let subject = tags::SUBJECT.raw();
    let missing = PropValue::Error(Code::NOT_FOUND);
    let too_large = PropValue::Error(Code::NOT_ENOUGH_MEMORY);
    let check = |tag: PropTag, expect: &PropValue| {
        assert_eq!(&cells(bag.clone(), &[tag])[0], expect, "{tag}");
    };
    check(subject, &"Łódź".into());
    check(subject.with_type(PropType::UNSPECIFIED), &"Łódź".into());
    check(subject.with_type(PropType::LONG), &missing);
    check(subject.with_type(PropType::NULL), &PropValue::Null);
    check(PropTag::NULL, &PropValue::Null);
    check(PropTag(0x6FFF_0003), &missing);
    check(PropTag(0x1000_001F), &"x".repeat(255).as_str().into());
    check(PropTag(0x1000_0102), &missing);
    check(PropTag(0x1013_0102), &too_large);
    check(PropTag(0x1013_001F), &missing);
    check(PropTag(0x3701_0000), &too_large);
    check(tags::MESSAGE_SIZE_EXTENDED.raw(), &0_i64.into());
    check(tags::MESSAGE_SIZE.raw(), &0_i32.into());
    let narrow = &cells(bag.clone(), &[subject.with_type(PropType::STRING8)])[0];
    assert_eq!(narrow.ty(), PropType::STRING8);
}

/// TAB-22: rows, keys and restrictions of an expanded view.
#[test]
fn one_row_per_keyword() {
    let keywords = |words: &[&str]| {
        let mut bag = Bag::new();
        bag.set(
            KEYWORDS,
            words.iter().map(|w| (*w).to_owned()).collect::<Vec<_>>(),
        );
        bag
    };
    let info = info();
    let source = Messages(vec![
        message(10, keywords(&["b", "a"])),
        message(12, keywords(&["c"])),
    ]);
    let mut view = plain_view(vec![
        KEYWORDS_MVI,
        tags::ENTRYID.raw(),
        tags::INSTANCE_KEY.raw(),
    ]);
    view.sort = SortOrderSet::by([SortColumn::ascending(KEYWORDS_MVI)]);
    let read = |view: &View| {
        let plan = Plan::new(&info, view).unwrap();
        page(&plan, &source, 0, &Anchor::Start, 9, &Call::default())
            .unwrap()
            .rows
    };
    let rows = read(&view);
    let words: Vec<_> = rows.iter().filter_map(|r| r.cells[0].as_str()).collect();
    assert_eq!(words, ["a", "b", "c"]);
    let distinct = |n: usize| {
        let mut keys: Vec<_> = rows.iter().filter_map(|r| r.cells[n].as_bytes()).collect();
        keys.sort_unstable();
        keys.dedup();
        keys.len()
    };
    assert_eq!((distinct(1), distinct(2)), (2, 3));

    let is_b = |tag: PropTag| Restriction::Property {
        op: RelOp::Eq,
        tag,
        value_tag: tag.with_type(PropType::UNICODE),
        value: "b".into(),
    };
    view.restriction = Some(is_b(KEYWORDS_MVI));
    assert_eq!(read(&view).len(), 1);
    view.restriction = Some(is_b(KEYWORDS));
    assert_eq!(read(&view).len(), 2);
    view.columns = vec![KEYWORDS];
    view.sort = SortOrderSet::default();
    view.restriction = Some(is_b(KEYWORDS_MVI));
    assert_eq!(read(&view).len(), 1);
}

#[test]
fn views_that_mean_nothing_are_refused() {
    let code =
        |view: &View, info: &StoreInfo| Plan::new(info, view).map(|_| ()).unwrap_err().code();
    let mut view = plain_view(vec![KEYWORDS_MVI]);
    let mut poor = info();
    poor.capabilities.mv_instances = false;
    assert_eq!(code(&view, &poor), Code::TOO_COMPLEX);
    view.sort = SortOrderSet::by([SortColumn::ascending(PropTag(0x0E13_000D))]);
    assert_eq!(code(&view, &info()), Code::TOO_COMPLEX);
    view.sort = SortOrderSet::by([SortColumn::ascending(tags::SUBJECT)]);
    view.sort.categories = 1;
    assert_eq!(code(&view, &info()), Code::NO_SUPPORT);
    view.sort.categories = 0;
    view.restriction = Some(Restriction::property(tags::SUBJECT, RelOp::Re, "x"));
    assert_eq!(code(&view, &info()), Code::TOO_COMPLEX);
}

#[test]
fn a_key_of_another_order_is_refused_and_a_cancelled_call_stops() {
    let info = info();
    let view = plain_view(Vec::new());
    let plan = Plan::new(&info, &view).unwrap();
    let source = Messages(vec![message(10, Bag::new())]);
    let foreign = RowKey {
        values: Vec::new(),
        item: ItemId(10),
        instance: 0,
    };
    let call = Call::default();
    let refused = page(&plan, &source, 0, &Anchor::At(foreign), 1, &call).unwrap_err();
    assert_eq!(refused.code(), Code::INVALID_PARAMETER);
    call.cancel.cancel();
    assert_eq!(
        count(&plan, &source, &call).unwrap_err().code(),
        Code::USER_CANCEL
    );
}

/// A row over bytes that decodes what it is asked for: what store-sqlite has.
#[test]
fn rows_may_own_what_they_decode() {
    #[derive(Debug)]
    struct Encoded(ItemMeta);
    impl ItemRow for Encoded {
        fn meta(&self) -> &ItemMeta {
            &self.0
        }
        fn slot(&self, id: u16) -> Option<Cow<'_, Slot>> {
            (id == tags::SUBJECT.id()).then(|| Cow::Owned(Slot::from("decoded")))
        }
        fn open(&self, _: &LargeRef) -> Option<Box<dyn std::io::Read + '_>> {
            None
        }
    }
    let info = info();
    let view = plain_view(vec![tags::SUBJECT.raw()]);
    let plan = Plan::new(&info, &view).unwrap();
    let row = plan.row(&Encoded(message(3, Bag::new()).meta), 0);
    assert_eq!(row.cells, [PropValue::from("decoded")]);
}
