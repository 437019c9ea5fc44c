//! Laws of value and row order, and their agreement with the keys.

use std::cmp::Ordering;

use mapi_props::{
    AnsiString, FileTime, Guid, PropTag, PropType, PropValue, SortColumn, SortOrder, SortOrderSet,
};
use mapi_query::{
    Instance, column_key, compare_column, compare_rows, compare_values, is_sortable, row_key,
    value_key,
};
use proptest::collection::vec;
use proptest::prelude::{Just, Strategy, any, prop_oneof, proptest};

use crate::sample::{Sample, tag};

fn text() -> impl Strategy<Value = String> {
    prop_oneof!["[aAbB é\u{301}\u{0}]{0,4}", any::<String>()]
}

fn ansi() -> impl Strategy<Value = AnsiString> {
    (
        prop_oneof![Just(0_u16), Just(1252), Just(932), Just(65001)],
        vec(any::<u8>(), 0..5),
    )
        .prop_map(|(code_page, bytes)| AnsiString { code_page, bytes })
}

fn bytes() -> impl Strategy<Value = Vec<u8>> {
    vec(
        prop_oneof![Just(0_u8), Just(1), Just(255), any::<u8>()],
        0..5,
    )
}

/// One value of the sortable type with this number.
fn value(kind: usize) -> proptest::strategy::BoxedStrategy<PropValue> {
    use PropValue as V;
    match kind {
        0 => any::<i16>().prop_map(V::I2).boxed(),
        1 => any::<i32>().prop_map(V::Long).boxed(),
        2 => any::<u32>().prop_map(|b| V::R4(f32::from_bits(b))).boxed(),
        3 => any::<u64>()
            .prop_map(|b| V::Double(f64::from_bits(b)))
            .boxed(),
        4 => any::<i64>().prop_map(V::Currency).boxed(),
        5 => any::<u64>()
            .prop_map(|b| V::AppTime(f64::from_bits(b)))
            .boxed(),
        6 => any::<bool>().prop_map(V::Bool).boxed(),
        7 => any::<i64>().prop_map(V::I8).boxed(),
        8 => prop_oneof![text().prop_map(V::Unicode), ansi().prop_map(V::String8)].boxed(),
        9 => any::<u64>().prop_map(|t| V::SysTime(FileTime(t))).boxed(),
        10 => any::<[u8; 16]>().prop_map(|g| V::ClsId(Guid(g))).boxed(),
        11 => bytes().prop_map(V::Binary).boxed(),
        12 => bytes().prop_map(V::SvrEid).boxed(),
        13 => vec(any::<i16>(), 0..4).prop_map(V::MvI2).boxed(),
        14 => vec(-2..2_i32, 0..4).prop_map(V::MvLong).boxed(),
        15 => vec(any::<f32>(), 0..4).prop_map(V::MvR4).boxed(),
        16 => vec(any::<f64>(), 0..4).prop_map(V::MvDouble).boxed(),
        17 => vec(-2..2_i64, 0..4).prop_map(V::MvI8).boxed(),
        18 => vec(0..3_u64, 0..4)
            .prop_map(|v| V::MvSysTime(v.into_iter().map(FileTime).collect()))
            .boxed(),
        19 => vec(any::<[u8; 16]>(), 0..4)
            .prop_map(|v| V::MvClsId(v.into_iter().map(Guid).collect()))
            .boxed(),
        20 => vec(bytes(), 0..4).prop_map(V::MvBinary).boxed(),
        _ => prop_oneof![
            vec(text(), 0..4).prop_map(V::MvUnicode),
            vec(ansi(), 0..4).prop_map(V::MvString8)
        ]
        .boxed(),
    }
}

fn three_of_a_kind() -> impl Strategy<Value = [PropValue; 3]> {
    (0..22_usize).prop_flat_map(|k| [value(k), value(k), value(k)])
}

fn key(v: &PropValue) -> Vec<u8> {
    let mut key = Vec::new();
    assert!(value_key(v, &mut key));
    key
}

proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(4000))]
    #[test]
    fn values_have_a_total_order_that_keys_repeat([a, b, c] in three_of_a_kind()) {
        let cmp = |x, y| compare_values(x, y).unwrap();
        assert_eq!(cmp(&a, &b), key(&a).cmp(&key(&b)), "{a:?} {b:?}");
        assert_eq!(cmp(&a, &b), cmp(&b, &a).reverse());
        assert_eq!(cmp(&a, &a), Ordering::Equal);
        if cmp(&a, &b).is_le() && cmp(&b, &c).is_le() {
            assert!(cmp(&a, &c).is_le());
        }
    }

    #[test]
    fn row_keys_repeat_the_order_of_rows(
        a in row(), b in row(),
        orders in vec((0..3_u16, prop_oneof![
            Just(SortOrder::Ascend), Just(SortOrder::Descend), Just(SortOrder::CategMax)]), 0..4),
    ) {
        let column = |(i, order): &(u16, SortOrder)| SortColumn { tag: COLUMNS[usize::from(*i)], order: *order };
        let order = SortOrderSet::by(orders.iter().map(column));
        let (mut x, mut y) = (row_key(&order, &a), row_key(&order, &b));
        assert_eq!(compare_rows(&order, &a, &b), x.cmp(&y), "{a:?} {b:?} {order:?}");
        // Keys end themselves: what follows decides only between equal ones.
        x.extend([0xFF; 8]);
        y.extend([0; 8]);
        assert_eq!(compare_rows(&order, &a, &b).then(Ordering::Greater), x.cmp(&y));
    }
}

const COLUMNS: [PropTag; 3] = [
    tag(0x0037, PropType::UNICODE),
    tag(0x0017, PropType::LONG),
    tag(0x0FFF, PropType::BINARY),
];

fn row() -> impl Strategy<Value = Sample> {
    let cells = (
        proptest::option::of(prop_oneof![
            text().prop_map(PropValue::from),
            Just(PropValue::Long(3))
        ]),
        proptest::option::of((0..3_i32).prop_map(PropValue::from)),
        proptest::option::of(bytes().prop_map(PropValue::from)),
    );
    cells.prop_map(|(a, b, c)| {
        [a, b, c]
            .into_iter()
            .zip(COLUMNS)
            .fold(Sample::new(), |row, (cell, tag)| match cell {
                Some(cell) => row.with(tag, cell),
                None => row,
            })
    })
}

#[test]
fn tab_17_missing_values_are_last_in_both_directions() {
    let importance = COLUMNS[1];
    let rows: Vec<Sample> = [Some(1), None, Some(0), None, Some(2)]
        .map(|n| n.map_or_else(Sample::new, |n| Sample::new().with(importance, n)))
        .into();
    let sorted = |column| {
        let order = SortOrderSet::by([column]);
        let mut at: Vec<usize> = (0..rows.len()).collect();
        at.sort_by(|a, b| compare_rows(&order, &rows[*a], &rows[*b]));
        at
    };
    assert_eq!(sorted(SortColumn::ascending(importance)), [2, 0, 4, 1, 3]);
    assert_eq!(sorted(SortColumn::descending(importance)), [4, 0, 2, 1, 3]);
}

#[test]
fn tab_06_rendering_position_is_signed() {
    assert_eq!(
        compare_values(&PropValue::Long(-1), &PropValue::Long(0)),
        Some(Ordering::Less)
    );
    assert!(key(&PropValue::Long(-1)) < key(&PropValue::Long(0)));
}

#[test]
fn tab_22_multi_values_sort_as_tuples_and_instances_by_their_element() {
    let keywords = tag(0x8001, PropType::MV_UNICODE);
    let many = |v: &[&str]| {
        Sample::new().with(
            keywords,
            PropValue::MvUnicode(v.iter().map(|s| (*s).into()).collect()),
        )
    };
    let (a, ab, c) = (many(&["a"]), many(&["a", "b"]), many(&["c"]));
    let tuples = SortOrderSet::by([SortColumn::ascending(keywords)]);
    assert_eq!(
        compare_rows(&tuples, &a, &ab),
        Ordering::Less,
        "shorter first"
    );
    assert_eq!(compare_rows(&tuples, &ab, &c), Ordering::Less);
    let mvi = SortColumn::ascending(
        keywords.with_type(PropType(PropType::MVI_FLAG | PropType::UNICODE.0)),
    );
    let by_element = SortOrderSet::by([mvi]);
    let second = [(0x8001, 1)];
    let first = [(0x8001, 0)];
    let b = Instance {
        row: &ab,
        elements: &second,
    };
    let a = Instance {
        row: &ab,
        elements: &first,
    };
    assert_eq!(compare_rows(&by_element, &a, &b), Ordering::Less);
    assert_eq!(
        compare_rows(
            &by_element,
            &b,
            &Instance {
                row: &c,
                elements: &first
            }
        ),
        Ordering::Less
    );
    assert_eq!(
        compare_rows(&tuples, &a, &b),
        Ordering::Equal,
        "the plain tag is the whole array"
    );
}

#[test]
fn message_class_sorts_without_ascii_case() {
    let class = tag(0x001A, PropType::UNICODE);
    let (a, b) = ("IPM.NOTE".into(), "ipm.note".into());
    assert_eq!(compare_column(class, &a, &b), Some(Ordering::Equal));
    let (mut x, mut y) = (Vec::new(), Vec::new());
    assert!(column_key(class, &a, &mut x) && column_key(class, &b, &mut y));
    assert_eq!(x, y);
    assert_eq!(compare_column(COLUMNS[0], &a, &b), Some(Ordering::Greater));
}

#[test]
fn types_without_order_have_no_key() {
    for value in [
        PropValue::Null,
        PropValue::Object,
        PropValue::Actions(vec![1]),
    ] {
        let mut key = Vec::new();
        assert!(!value_key(&value, &mut key) && key.is_empty());
        assert_eq!(compare_values(&value, &value), None);
        assert!(!is_sortable(value.ty()));
    }
    assert_eq!(compare_values(&PropValue::Long(1), &PropValue::I8(1)), None);
}
