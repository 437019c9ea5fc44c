//! The matcher against a direct, slow reading of the specification.

use std::cmp::Ordering;

use mapi_props::{
    AnsiString, BitOp, FuzzyLevel, MatchKind, PropTag, PropType, PropValue, RelOp, Restriction,
    SubObject,
};
use mapi_query::{Matcher, Row, compare_values, decode_ansi, fold};
use proptest::collection::vec;
use proptest::prelude::{BoxedStrategy, Just, Strategy, any, prop_oneof, proptest};

use crate::sample::{Sample, tag};

const TEXT: PropTag = tag(0x0037, PropType::UNICODE);
const CLASS: PropTag = tag(0x001A, PropType::UNICODE);
const LONG: PropTag = tag(0x0017, PropType::LONG);
const BYTES: PropTag = tag(0x3701, PropType::BINARY);
const MANY: PropTag = tag(0x8001, PropType::MV_UNICODE);
const TAGS: [PropTag; 5] = [TEXT, CLASS, LONG, BYTES, MANY];

/// The model: values of a property, whatever its storage, as a list of comparable single values.
fn values(row: &Sample, tag: PropTag) -> Vec<PropValue> {
    let Some(value) = row.get(tag).map(std::borrow::Cow::into_owned) else {
        return vec![];
    };
    let class = |s: String| {
        if tag.id() == 0x001A {
            s.to_ascii_lowercase()
        } else {
            s
        }
    };
    let wide = |v: PropValue| match v {
        PropValue::String8(s) => PropValue::Unicode(class(decode_ansi(&s).into_owned())),
        PropValue::Unicode(s) => PropValue::Unicode(class(s)),
        other => other,
    };
    let single = if value.multi_len().is_none() {
        vec![value.clone()]
    } else {
        vec![]
    };
    let many = (0..value.multi_len().unwrap_or(0)).filter_map(|i| value.element(i));
    let fits = value.ty().is_multi() == tag.ty().is_multi();
    single
        .into_iter()
        .chain(many)
        .filter(|_| fits)
        .map(wide)
        .filter(|v| v.ty() == tag.ty().single())
        .collect()
}

fn constant(tag: PropTag, value: &PropValue) -> PropValue {
    let tag = tag.with_type(tag.ty().single());
    values(&Sample::new().with(tag, value.clone()), tag).remove(0)
}

fn holds(op: RelOp, o: Ordering) -> bool {
    match op {
        RelOp::Lt => o == Ordering::Less,
        RelOp::Le => o != Ordering::Greater,
        RelOp::Gt => o == Ordering::Greater,
        RelOp::Ge => o != Ordering::Less,
        RelOp::Eq => o == Ordering::Equal,
        RelOp::Ne => o != Ordering::Equal,
        RelOp::Re => unreachable!("never generated"),
    }
}

fn found(kind: MatchKind, fuzzy: FuzzyLevel, value: &PropValue, what: &PropValue) -> bool {
    if let (
        MatchKind::Phrase | MatchKind::WordPrefix,
        PropValue::Unicode(text),
        PropValue::Unicode(pattern),
    ) = (kind, value, what)
    {
        return crate::words::stands_in(kind, text, pattern);
    }
    let bytes = |v: &PropValue| match v {
        PropValue::Unicode(s) => fold(s, fuzzy).into_owned().into_bytes(),
        PropValue::Binary(b) => b.clone(),
        _ => unreachable!("never generated"),
    };
    let (value, what) = (bytes(value), bytes(what));
    match kind {
        MatchKind::FullString => value == what,
        MatchKind::Prefix => value.starts_with(&what),
        MatchKind::Phrase | MatchKind::WordPrefix => unreachable!("never generated for bytes"),
        MatchKind::Substring => what.is_empty() || value.windows(what.len()).any(|w| w == what),
    }
}

fn naive(r: &Restriction, row: &Sample) -> bool {
    match r {
        Restriction::And(c) => c.iter().all(|c| naive(c, row)),
        Restriction::Or(c) => c.iter().any(|c| naive(c, row)),
        Restriction::Not(c) => !naive(c, row),
        Restriction::Comment { child, .. } => child.as_ref().is_none_or(|c| naive(c, row)),
        Restriction::Content {
            kind,
            fuzzy,
            tag,
            value,
            ..
        } => {
            let what = constant(*tag, value);
            values(row, *tag)
                .iter()
                .any(|v| found(*kind, *fuzzy, v, &what))
        }
        Restriction::Property { op, tag, value, .. } => {
            let what = constant(*tag, value);
            values(row, *tag)
                .iter()
                .any(|v| holds(*op, compare_values(v, &what).unwrap()))
        }
        Restriction::CompareProps { op, left, right } => {
            let fold = |v: &PropValue| match v {
                PropValue::Unicode(s) if left.id() == 0x001A || right.id() == 0x001A => {
                    s.to_ascii_lowercase().into()
                }
                other => other.clone(),
            };
            let (a, b) = (values(row, *left), values(row, *right));
            a.iter()
                .zip(&b)
                .any(|(a, b)| holds(*op, compare_values(&fold(a), &fold(b)).unwrap()))
        }
        Restriction::Bitmask { op, tag, mask } => values(row, *tag).iter().any(|v| {
            let bits = u32::from_ne_bytes(v.as_long().unwrap().to_ne_bytes()) & mask;
            (bits == 0) == (*op == BitOp::Zero)
        }),
        Restriction::Size { op, tag, size } => values(row, *tag)
            .iter()
            .any(|v| holds(*op, v.size().cmp(&u64::from(*size)))),
        Restriction::Exist { tag } => row.ty(tag.id()).is_some(),
        Restriction::Sub { object, child } => {
            let rows = if *object == SubObject::Recipients {
                row.recipients()
            } else {
                row.attachments()
            };
            rows.iter().any(|r| naive(child, r))
        }
        Restriction::Count { .. } => unreachable!("never generated"),
    }
}

fn word() -> impl Strategy<Value = String> {
    "[aAé\u{301} ]{0,4}"
}

fn text() -> impl Strategy<Value = PropValue> {
    prop_oneof![
        3 => word().prop_map(PropValue::Unicode),
        1 => "[aA\u{e9}]{0,3}".prop_map(|s| PropValue::String8(mapi_query::encode_ansi(&s, 1252))),
    ]
}

fn value(tag: PropTag) -> BoxedStrategy<PropValue> {
    match tag {
        TEXT | CLASS => text().boxed(),
        LONG => (-2..3_i32).prop_map(PropValue::Long).boxed(),
        BYTES => vec(0..2_u8, 0..3).prop_map(PropValue::Binary).boxed(),
        _ => prop_oneof![
            vec(word(), 0..3).prop_map(PropValue::MvUnicode),
            vec(
                Just(AnsiString {
                    code_page: 1252,
                    bytes: b"\xe9a".to_vec()
                }),
                0..2
            )
            .prop_map(PropValue::MvString8),
        ]
        .boxed(),
    }
}

fn row(depth: u32) -> BoxedStrategy<Sample> {
    let cells = TAGS.map(|tag| proptest::option::of(value(tag)));
    let flat = cells.prop_map(|cells| {
        cells
            .into_iter()
            .zip(TAGS)
            .fold(Sample::new(), |row, (cell, tag)| match cell {
                Some(cell) => row.with(tag, cell),
                None => row,
            })
    });
    if depth == 0 {
        return flat.boxed();
    }
    (flat, vec(row(0), 0..3), vec(row(0), 0..2))
        .prop_map(|(row, recipients, attachments)| {
            let row = recipients.into_iter().fold(row, Sample::recipient);
            attachments.into_iter().fold(row, Sample::attachment)
        })
        .boxed()
}

fn op() -> impl Strategy<Value = RelOp> {
    proptest::sample::select(vec![
        RelOp::Lt,
        RelOp::Le,
        RelOp::Gt,
        RelOp::Ge,
        RelOp::Eq,
        RelOp::Ne,
    ])
}

fn leaf() -> BoxedStrategy<Restriction> {
    let any_tag = proptest::sample::select(TAGS.to_vec());
    let constant = |tag: PropTag| value(if tag == MANY { TEXT } else { tag });
    let property = (any_tag.clone(), op()).prop_flat_map(move |(tag, op)| {
        constant(tag).prop_map(move |v| Restriction::property(tag, op, v))
    });
    let kinds = proptest::sample::select(vec![
        MatchKind::FullString,
        MatchKind::Prefix,
        MatchKind::Substring,
        MatchKind::WordPrefix,
        MatchKind::Phrase,
    ]);
    let fuzzy = any::<[bool; 3]>().prop_map(|[ignore_case, ignore_nonspace, loose]| FuzzyLevel {
        ignore_case,
        ignore_nonspace,
        loose,
    });
    let contents = proptest::sample::select(vec![TEXT, CLASS, BYTES, MANY]);
    let content = (contents, kinds, fuzzy).prop_flat_map(move |(tag, kind, fuzzy)| {
        let of_text = matches!(kind, MatchKind::WordPrefix | MatchKind::Phrase);
        let tag = if of_text && tag == BYTES { TEXT } else { tag };
        constant(tag).prop_map(move |value| {
            let value_tag = value.tag(tag.id());
            Restriction::Content {
                kind,
                fuzzy,
                tag,
                value_tag,
                value,
            }
        })
    });
    let compare = op().prop_map(|op| Restriction::CompareProps {
        op,
        left: TEXT,
        right: CLASS,
    });
    let bits = (any::<bool>(), 0..4_u32).prop_map(|(zero, mask)| {
        let op = if zero { BitOp::Zero } else { BitOp::NonZero };
        Restriction::Bitmask {
            op,
            tag: LONG,
            mask,
        }
    });
    let sizes = proptest::sample::select(vec![LONG, BYTES]);
    let size =
        (op(), sizes, 0..5_u32).prop_map(|(op, tag, size)| Restriction::Size { op, tag, size });
    let exist = any_tag.prop_map(Restriction::exist);
    prop_oneof![3 => property, 3 => content, 1 => compare, 1 => bits, 1 => size, 1 => exist].boxed()
}

fn tree(inside: BoxedStrategy<Restriction>) -> BoxedStrategy<Restriction> {
    inside
        .prop_recursive(4, 12, 3, |child| {
            prop_oneof![
                vec(child.clone(), 0..3).prop_map(Restriction::And),
                vec(child.clone(), 0..3).prop_map(Restriction::Or),
                child.clone().prop_map(Restriction::negate),
                proptest::option::of(child).prop_map(|c| Restriction::Comment {
                    props: vec![],
                    child: c.map(Box::new)
                }),
            ]
        })
        .boxed()
}

fn restriction() -> BoxedStrategy<Restriction> {
    let sub = (any::<bool>(), tree(leaf())).prop_map(|(recipients, child)| Restriction::Sub {
        object: if recipients {
            SubObject::Recipients
        } else {
            SubObject::Attachments
        },
        child: Box::new(child),
    });
    tree(prop_oneof![4 => leaf(), 1 => sub].boxed())
}

proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(5000))]
    #[test]
    fn matcher_agrees_with_the_naive_reading(restriction in restriction(), row in row(1)) {
        let matcher = Matcher::compile(&restriction).unwrap();
        assert_eq!(matcher.matches(&row), naive(&restriction, &row));
        // What the matcher says it stands for means the same.
        assert_eq!(naive(matcher.restriction(), &row), naive(&restriction, &row));
    }
}
