//! JSON shapes, and that they come back.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::arbitrary::{restriction as any_restriction, tag, value as any_value};
use crate::names::{NameMap, NoNames};
use crate::{
    AnsiString, Code, FileTime, FuzzyLevel, Guid, MatchKind, PropName, PropTag, PropType,
    PropValue, RelOp, Restriction, SortColumn, SortOrder, SortOrderSet, SubObject, guids, tags,
};

#[expect(
    clippy::needless_pass_by_value,
    reason = "rows of a table read better without references"
)]
fn check(input: PropValue, expect: Value) {
    assert_eq!(value(&input), expect);
    assert_eq!(parse_value(input.ty(), &expect), Ok(input));
}

#[test]
fn values_have_their_shapes() {
    check(PropValue::Null, Value::Null);
    check(PropValue::Object, Value::Null);
    check(PropValue::I2(-3), json!(-3));
    check(PropValue::Long(i32::MIN), json!(i32::MIN));
    check(PropValue::I8(i64::MIN), json!(i64::MIN));
    check(
        PropValue::Currency(9_007_199_254_740_993),
        json!(9_007_199_254_740_993_i64),
    );
    check(PropValue::Double(1.5), json!(1.5));
    check(PropValue::Double(f64::NAN), json!("NaN"));
    check(PropValue::AppTime(f64::NEG_INFINITY), json!("-Infinity"));
    check(
        PropValue::Double(f64::from_bits(0x7FF8_0000_0000_0001)),
        json!({"bits":"7ff8000000000001"}),
    );
    check(
        PropValue::R4(f32::from_bits(0x7F80_0001)),
        json!({"bits":"7f800001"}),
    );
    check(PropValue::R4(0.1), json!(0.1));
    check(PropValue::Error(Code::NOT_FOUND), json!("MAPI_E_NOT_FOUND"));
    check(PropValue::Error(Code(0x8004_FFFF)), json!("0x8004FFFF"));
    check(PropValue::Bool(true), json!(true));
    check(PropValue::Unicode("Hé".into()), json!("Hé"));
    let ansi = |bytes: &[u8]| AnsiString {
        code_page: 1252,
        bytes: bytes.to_vec(),
    };
    check(
        PropValue::String8(ansi(b"abc")),
        json!({"code_page":1252,"text":"abc"}),
    );
    check(
        PropValue::String8(ansi(&[0xE9])),
        json!({"code_page":1252,"bytes":"e9"}),
    );
    check(
        PropValue::SysTime(FileTime::from_unix(0)),
        json!("1970-01-01T00:00:00Z"),
    );
    check(
        PropValue::SysTime(FileTime(u64::MAX)),
        json!("+60056-05-28T05:36:10.9551615Z"),
    );
    check(
        PropValue::ClsId(guids::PS_MAPI),
        json!("00020328-0000-0000-c000-000000000046"),
    );
    check(PropValue::Binary(vec![0, 0xFF]), json!("00ff"));
    check(
        PropValue::MvUnicode(vec!["b".into(), "a".into()]),
        json!(["b", "a"]),
    );
    check(
        PropValue::MvBinary(vec![vec![], vec![1]]),
        json!(["", "01"]),
    );
    check(PropValue::MvLong(vec![]), json!([]));
}

#[test]
fn values_of_no_said_type_are_guessed() {
    let check = |json: Value, expect: PropValue| {
        assert_eq!(parse_value(PropType::UNSPECIFIED, &json), Ok(expect));
    };
    check(json!(5), PropValue::Long(5));
    check(json!(5_000_000_000_i64), PropValue::I8(5_000_000_000));
    check(json!(0.5), PropValue::Double(0.5));
    check(json!("x"), PropValue::Unicode("x".into()));
    check(json!(true), PropValue::Bool(true));
    check(json!(["x"]), PropValue::MvUnicode(vec!["x".into()]));
    check(
        json!([1, 5_000_000_000_i64]),
        PropValue::MvI8(vec![1, 5_000_000_000]),
    );
    for json in [
        json!(null),
        json!([]),
        json!([true]),
        json!([1, "x"]),
        json!({}),
        json!([[1]]),
    ] {
        assert!(parse_value(PropType::UNSPECIFIED, &json).is_err(), "{json}");
    }
}

#[test]
fn wrong_values_say_what_is_expected() {
    let check = |ty, json: Value, expect: &str| {
        assert_eq!(parse_value(ty, &json).unwrap_err().to_string(), expect);
    };
    check(
        PropType::LONG,
        json!("5"),
        "an integer in its range expected for PT_LONG, found \"5\"",
    );
    check(
        PropType::I2,
        json!(40000),
        "an integer in its range expected for PT_I2, found 40000",
    );
    check(
        PropType::BINARY,
        json!("0"),
        "pairs of hexadecimal digits expected for PT_BINARY, found \"0\"",
    );
    check(
        PropType::MV_LONG,
        json!(1),
        "an array expected for PT_MV_LONG, found 1",
    );
    check(
        PropType(0x99),
        json!(1),
        "a known type expected for 0x0099, found 1",
    );
    assert!(parse_value(PropType::R4, &json!(1e300)).is_err());
    assert!(parse_value(PropType::ERROR, &json!("0x+0000001")).is_err());
}

#[test]
fn restrictions_have_their_shapes() {
    let check = |input: Restriction, expect: Value| {
        assert_eq!(restriction(&input, &NoNames), expect);
        assert_eq!(parse_restriction(&expect, &NoNames), Ok(input));
    };
    let importance = Restriction::property(tags::IMPORTANCE, RelOp::Ge, 2);
    let importance_json = json!({"property":{"tag":"PidTagImportance","op":"GE","value":2}});
    check(importance.clone(), importance_json.clone());
    check(Restriction::And(vec![]), json!({"and":[]}));
    check(importance.clone().negate(), json!({"not":importance_json}));
    check(
        Restriction::Content {
            kind: MatchKind::Substring,
            fuzzy: FuzzyLevel {
                ignore_case: true,
                ..FuzzyLevel::default()
            },
            tag: tags::SUBJECT.raw(),
            value_tag: tags::SUBJECT.raw(),
            value: "budget".into(),
        },
        json!({"content":{"tag":"PidTagSubject","match":"SUBSTRING","ignore_case":true,"value":"budget"}}),
    );
    check(
        Restriction::exist(tags::COMMENT),
        json!({"exist":"PidTagComment"}),
    );
    check(
        Restriction::Sub {
            object: SubObject::Recipients,
            child: Box::new(importance.clone()),
        },
        json!({"sub":{"object":"PR_MESSAGE_RECIPIENTS","restriction":importance_json}}),
    );
    check(
        Restriction::Count {
            count: 2,
            child: Box::new(importance),
        },
        json!({"count":{"count":2,"restriction":importance_json}}),
    );
    check(
        Restriction::property(PropTag(0x0037_001F), RelOp::Eq, 5),
        json!({"property":{"tag":"PidTagSubject","op":"EQ","value":5,"value_type":"PT_LONG"}}),
    );
    // A multi-valued property with the constant of one element (RES-04).
    check(
        Restriction::property(PropTag(0x8005_101F), RelOp::Eq, "b"),
        json!({"property":{"tag":"0x8005101F","op":"EQ","value":"b"}}),
    );
}

#[test]
fn wrong_restrictions_say_where() {
    let check = |json: Value, expect: &str| {
        assert_eq!(
            parse_restriction(&json, &NoNames).unwrap_err().to_string(),
            expect
        );
    };
    check(json!(1), "restriction: an object with one field expected");
    check(
        json!({"and":[{"exist":"PidTagSubject"},{"exist":"PidTagSubjekt"}]}),
        "and[1].exist: `PidTagSubjekt` is no known property; did you mean PidTagSubject?",
    );
    check(
        json!({"not":{"property":{"tag":"PidTagImportance","op":"=","value":1}}}),
        "not.property: LT, LE, GT, GE, EQ, NE or RE in `op` expected",
    );
    check(
        json!({"exist":"PidLidFileUnder"}),
        "exist: the store has no property PidLidFileUnder",
    );
    check(
        json!({"size":{"tag":"PR_BODY","op":"GE","size":1,"x":1}}),
        "size: no unknown field expected",
    );
    let mut deep = json!({"exist":"PidTagSubject"});
    for _ in 0..70 {
        deep = json!({ "not": deep });
    }
    assert!(matches!(
        parse_restriction(&deep, &NoNames),
        Err(JsonError::TooDeep { .. })
    ));
}

/// A store in which PidLidFileUnder is 0x8005.
struct OneName;

impl NameMap for OneName {
    fn id_of(&self, name: &PropName) -> Option<u16> {
        (*name == PropName::id(guids::PSETID_ADDRESS, 0x8005)).then_some(0x8001)
    }

    fn name_of(&self, id: u16) -> Option<PropName> {
        (id == 0x8001).then(|| PropName::id(guids::PSETID_ADDRESS, 0x8005))
    }
}

#[test]
fn named_properties_are_the_stores() {
    let exist = Restriction::exist(PropTag(0x8001_001F));
    let json = json!({"exist":"PidLidFileUnder"});
    assert_eq!(restriction(&exist, &OneName), json);
    assert_eq!(parse_restriction(&json, &OneName), Ok(exist));
}

#[test]
fn sort_orders_have_their_shape() {
    let set = SortOrderSet {
        columns: vec![SortColumn {
            tag: tags::SUBJECT.raw(),
            order: SortOrder::CategMax,
        }],
        categories: 1,
        expanded: 0,
    };
    let expect = json!({"columns":[{"tag":"PidTagSubject","order":"categ_max"}],"categories":1,"expanded":0});
    assert_eq!(sort_order(&set, &NoNames), expect);
    assert_eq!(parse_sort_order(&expect, &NoNames), Ok(set));
    let short = parse_sort_order(&json!({"columns":[{"tag":"Subject"}]}), &NoNames);
    assert_eq!(
        short,
        Ok(SortOrderSet::by([SortColumn::ascending(tags::SUBJECT)]))
    );
    assert!(
        parse_sort_order(
            &json!({"columns":[{"tag":"Subject","order":"up"}]}),
            &NoNames
        )
        .is_err()
    );
    assert_eq!(
        Guid::NIL.to_string(),
        "00000000-0000-0000-0000-000000000000"
    );
}

proptest! {
    #[test]
    fn any_value_comes_back_through_text(input in any_value()) {
        let text = value(&input).to_string();
        let json: Value = serde_json::from_str(&text).unwrap();
        prop_assert_eq!(parse_value(input.ty(), &json), Ok(input), "{}", text);
    }

    #[test]
    fn any_restriction_comes_back_through_text(input in any_restriction()) {
        let text = restriction(&input, &NoNames).to_string();
        let json: Value = serde_json::from_str(&text).unwrap();
        prop_assert_eq!(parse_restriction(&json, &NoNames), Ok(input.clone()), "{}", text);
        let named: Value = restriction(&input, &OneName);
        prop_assert_eq!(parse_restriction(&named, &OneName), Ok(input));
    }

    #[test]
    fn any_sort_order_comes_back(
        columns in prop::collection::vec((tag(), 0usize..5), 0..4),
        categories: u32,
        expanded: u32,
    ) {
        let orders = [
            SortOrder::Ascend, SortOrder::Descend, SortOrder::Combine, SortOrder::CategMax, SortOrder::CategMin,
        ];
        let columns = columns.into_iter().map(|(tag, o)| SortColumn { tag, order: orders[o] }).collect();
        let set = SortOrderSet { columns, categories, expanded };
        prop_assert_eq!(parse_sort_order(&sort_order(&set, &NoNames), &NoNames), Ok(set));
    }
}
