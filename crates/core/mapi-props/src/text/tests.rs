//! Texts, that they come back, and what is said about wrong ones.

use proptest::prelude::*;

use super::*;
use crate::arbitrary::{restriction as any_restriction, tag, value as any_value};
use crate::names::{NameMap, NoNames, TagOrName};
use crate::{
    AnsiString, BitOp, Code, FileTime, FuzzyLevel, MatchKind, PropName, PropTag, PropType,
    PropValue, RelOp, Restriction, SortColumn, SortOrder, SortOrderSet, SubObject, guids, tags,
};

#[test]
fn assignments_are_read() {
    let check = |input: &str, tag: u32, expect: PropValue| {
        let expect = Assignment {
            property: TagOrName::Tag(PropTag(tag)),
            value: expect,
        };
        assert_eq!(parse_assignment(input), Ok(expect), "{input}");
    };
    check("PR_SUBJECT=Hello", 0x0037_001F, "Hello".into());
    check("Subject=a=b ", 0x0037_001F, "a=b ".into());
    check("PR_SUBJECT=", 0x0037_001F, "".into());
    check("PR_IMPORTANCE=2", 0x0017_0003, 2.into());
    check("PR_IMPORTANCE=0xFFFFFFFF", 0x0017_0003, (-1).into());
    check("0x6801001F=x", 0x6801_001F, "x".into());
    check("0x68010102=hex:00ff", 0x6801_0102, vec![0_u8, 0xFF].into());
    check("0x68010102=00FF", 0x6801_0102, vec![0_u8, 0xFF].into());
    check("0x68010102=text:ab", 0x6801_0102, vec![b'a', b'b'].into());
    check("0x68010102=", 0x6801_0102, Vec::<u8>::new().into());
    check("PR_HASATTACH=1", 0x0E1B_000B, true.into());
    check("PR_HASATTACH=0", 0x0E1B_000B, false.into());
    check("PR_HASATTACH=true", 0x0E1B_000B, true.into());
    check(
        "PR_CREATION_TIME=1970-01-01T00:00:00Z",
        0x3007_0040,
        FileTime::from_unix(0).into(),
    );
    check(
        "0x6801000A=MAPI_E_NOT_FOUND",
        0x6801_000A,
        Code::NOT_FOUND.into(),
    );
    check(
        "0x6801101F=[\"a\",\"b\"]",
        0x6801_101F,
        vec!["a".to_owned(), "b".to_owned()].into(),
    );
    check("0x68010005=1.5", 0x6801_0005, 1.5.into());
    check("0x68010005=NaN", 0x6801_0005, f64::NAN.into());
    check("0x68010000=7", 0x6801_0003, 7.into());
    let utf8 = AnsiString {
        code_page: 65001,
        bytes: "é".into(),
    };
    check("PR_SUBJECT_A=é", 0x0037_001E, utf8.into());
    let mail = PropName::text(guids::PS_PUBLIC_STRINGS, "a=b");
    assert_eq!(
        parse_assignment("PS_PUBLIC_STRINGS:\"a=b\"=5"),
        Ok(Assignment {
            property: TagOrName::Name(mail, PropType::LONG),
            value: 5.into()
        }),
    );
}

#[test]
fn wrong_assignments_are_named() {
    let check = |input: &str, expect: &str| {
        assert_eq!(parse_assignment(input).unwrap_err().to_string(), expect);
    };
    check(
        "PR_SUBJECT",
        "`PR_SUBJECT` is no assignment: PROPERTY=VALUE is expected",
    );
    check(
        "PR_SUBJEKT=x",
        "`PR_SUBJEKT` is no known property; did you mean PR_SUBJECT?",
    );
    check(
        "PR_IMPORTANCE=high",
        "PR_IMPORTANCE: an integer in its range expected for PT_LONG, found `high`",
    );
    check(
        "PR_HASATTACH=maybe",
        "PR_HASATTACH: true or false expected for PT_BOOLEAN, found `maybe`",
    );
}

fn budget() -> Restriction {
    Restriction::Content {
        kind: MatchKind::Substring,
        fuzzy: FuzzyLevel {
            ignore_case: true,
            ..FuzzyLevel::default()
        },
        tag: tags::SUBJECT.raw(),
        value_tag: tags::SUBJECT.raw(),
        value: "budget".into(),
    }
}

fn importance(n: i32) -> Restriction {
    Restriction::property(tags::IMPORTANCE, RelOp::Eq, n)
}

/// Both ways.
#[expect(
    clippy::needless_pass_by_value,
    reason = "rows of a table read better without references"
)]
fn both(text: &str, expect: Restriction) {
    assert_eq!(
        parse_restriction(text, &NoNames).as_ref(),
        Ok(&expect),
        "{text}"
    );
    assert_eq!(restriction(&expect, &NoNames), text);
}

#[test]
fn expressions_are_written_and_read() {
    let (a, b, c) = (importance(0), importance(1), importance(2));
    let all = || vec![a.clone(), b.clone()];
    both(
        "PidTagSubject contains/i \"budget\" AND NOT exists(PidTagComment)",
        Restriction::And(vec![budget(), Restriction::exist(tags::COMMENT).negate()]),
    );
    both(
        "PidTagImportance = 0 OR PidTagImportance = 1",
        Restriction::Or(all()),
    );
    both(
        "(PidTagImportance = 0 AND PidTagImportance = 1) OR PidTagImportance = 2",
        Restriction::Or(vec![Restriction::And(all()), c.clone()]),
    );
    both(
        "(PidTagImportance = 0 AND PidTagImportance = 1) AND PidTagImportance = 2",
        Restriction::And(vec![Restriction::And(all()), c]),
    );
    both(
        "NOT (PidTagImportance = 0 OR PidTagImportance = 1)",
        Restriction::Or(all()).negate(),
    );
    both("AND()", Restriction::And(vec![]));
    both("OR(PidTagImportance = 0)", Restriction::Or(vec![a.clone()]));
    both("NOT AND()", Restriction::And(vec![]).negate());
}

#[test]
fn every_kind_is_written_and_read() {
    let a = importance(0);
    let all = || vec![a.clone(), importance(1)];
    let bits = |op| Restriction::Bitmask {
        op,
        tag: tags::MESSAGE_FLAGS.raw(),
        mask: 1,
    };
    both("PidTagMessageFlags & 0x1 = 0", bits(BitOp::Zero));
    both("PidTagMessageFlags & 0x1 != 0", bits(BitOp::NonZero));
    let size = Restriction::Size {
        op: RelOp::Gt,
        tag: tags::BODY.raw(),
        size: 1000,
    };
    both("size(PidTagBody) > 1000", size.clone());
    both("NOT size(PidTagBody) > 1000", size.negate());
    both(
        "PidTagCreationTime != @PidTagLastModificationTime",
        Restriction::CompareProps {
            op: RelOp::Ne,
            left: tags::CREATION_TIME.raw(),
            right: tags::LAST_MODIFICATION_TIME.raw(),
        },
    );
    let sub = |object| Restriction::Sub {
        object,
        child: Box::new(Restriction::And(all())),
    };
    both(
        "recipients(PidTagImportance = 0 AND PidTagImportance = 1)",
        sub(SubObject::Recipients),
    );
    both(
        "sub(PidTagSubject, PidTagImportance = 0 AND PidTagImportance = 1)",
        sub(SubObject::Other(tags::SUBJECT.raw())),
    );
    both(
        "count(2, PidTagImportance = 0)",
        Restriction::Count {
            count: 2,
            child: Box::new(a.clone()),
        },
    );
    both(
        "comment([PidTagSubject = \"x\", PidTagImportance = 5], PidTagImportance = 0)",
        Restriction::Comment {
            props: vec![
                (tags::SUBJECT.raw(), "x".into()),
                (tags::IMPORTANCE.raw(), 5.into()),
            ],
            child: Some(Box::new(a)),
        },
    );
    both(
        "comment([])",
        Restriction::Comment {
            props: vec![],
            child: None,
        },
    );
    both(
        "PidTagSubject = PT_LONG:5 as PR_SUBJECT_A",
        Restriction::Property {
            op: RelOp::Eq,
            tag: tags::SUBJECT.raw(),
            value_tag: PropTag(0x0037_001E),
            value: 5.into(),
        },
    );
    both(
        "0x8005101F = \"b\"",
        Restriction::property(PropTag(0x8005_101F), RelOp::Eq, "b"),
    );
}

#[test]
fn expressions_may_be_written_otherwise() {
    let check = |text: &str, expect: &str| {
        let read = parse_restriction(text, &NoNames).unwrap();
        assert_eq!(restriction(&read, &NoNames), expect);
    };
    check(
        "Subject contains budget",
        "PidTagSubject contains \"budget\"",
    );
    check("Subject is 5", "PidTagSubject is \"5\"");
    check("( Importance=2 )", "PidTagImportance = 2");
    check(
        "Importance==0x10 and Subject<>x",
        "PidTagImportance = 16 AND PidTagSubject != \"x\"",
    );
    check(
        "AND(Importance=1,Importance=2)",
        "PidTagImportance = 1 AND PidTagImportance = 2",
    );
    check(
        "MessageDeliveryTime >= 2024-05-01",
        "PidTagMessageDeliveryTime >= \"2024-05-01T00:00:00Z\"",
    );
    check("HasAttachments = true", "PidTagHasAttachments = true");
    check("SearchKey = hex:00FF", "PidTagSearchKey = \"00ff\"");
    check("NOT NOT exists(Body)", "NOT NOT exists(PidTagBody)");
    check(
        "Importance=1 AND Importance=2 OR Importance=3 AND Importance=4",
        "(PidTagImportance = 1 AND PidTagImportance = 2) OR (PidTagImportance = 3 AND PidTagImportance = 4)",
    );
    check(
        "sub(PR_MESSAGE_RECIPIENTS, exists(DisplayName))",
        "recipients(exists(PidTagDisplayName))",
    );
}

#[test]
fn wrong_expressions_say_where() {
    let check = |text: &str, expect: &str| {
        assert_eq!(
            parse_restriction(text, &NoNames).unwrap_err().to_string(),
            expect,
            "{text}"
        );
    };
    check("", "at character 1: a restriction is expected");
    check(
        "Subject",
        "at character 8: a comparison is expected: = != < <= > >= =~ & contains startswith is hasphrase hasprefix",
    );
    check("Subject contains", "at character 17: a value is expected");
    check(
        "Subject contains/ix x",
        "at character 19: one of i, n, l is expected",
    );
    check(
        "(Subject = x",
        "at character 13: `)` is expected, not the end",
    );
    check(
        "Subject = x y",
        "at character 13: AND, OR or the end is expected, not `y`",
    );
    check(
        "Subject = é Subjekt",
        "at character 13: AND, OR or the end is expected, not `Subjekt`",
    );
    check(
        "exists(Subjekt)",
        "at character 8: `Subjekt` is no known property; did you mean PidTagSubject?",
    );
    check(
        "Importance = high",
        "at character 14: an integer in its range expected for PT_LONG, found `high`",
    );
    check("Importance & 1 = 2", "at character 18: 0 is expected");
    check(
        "Subject = \"x",
        "at character 11: this text or array does not end, or is no JSON",
    );
    check(
        "exist(Subject)",
        "at character 1: no function `exist`: AND, OR, exists, size, recipients, attachments, sub, count or comment is expected",
    );
    check(
        "PidLidFileUnder = x",
        "at character 1: the store has no property PidLidFileUnder",
    );
    for deep in [
        "NOT ".repeat(10_000),
        "(".repeat(10_000),
        "AND(".repeat(10_000),
    ] {
        let error = parse_restriction(&deep, &NoNames).unwrap_err();
        assert_eq!(error.message, "nested too deep");
    }
}

/// A store in which 0x8001 has a name full of signs.
struct OddName;

impl OddName {
    fn name() -> PropName {
        PropName::text(guids::PS_PUBLIC_STRINGS, "a, (b) \"=\" & \\")
    }
}

impl NameMap for OddName {
    fn id_of(&self, name: &PropName) -> Option<u16> {
        (*name == Self::name()).then_some(0x8001)
    }

    fn name_of(&self, id: u16) -> Option<PropName> {
        (id == 0x8001).then(Self::name)
    }
}

#[test]
fn odd_names_are_quoted() {
    let tag = PropTag(0x8001_001F);
    let exist = Restriction::Or(vec![
        Restriction::exist(tag),
        Restriction::property(tag, RelOp::Eq, "x"),
    ]);
    let text = restriction(&exist, &OddName);
    assert_eq!(parse_restriction(&text, &OddName), Ok(exist), "{text}");
    let set = SortOrderSet::by([
        SortColumn::descending(tag),
        SortColumn::ascending(tags::SUBJECT),
    ]);
    let text = sort_order(&set, &OddName);
    assert_eq!(parse_sort_order(&text, &OddName), Ok(set), "{text}");
}

#[test]
fn sort_orders_and_columns() {
    let set = parse_sort_order("-MessageDeliveryTime, Subject", &NoNames).unwrap();
    let expect = SortOrderSet::by([
        SortColumn::descending(tags::MESSAGE_DELIVERY_TIME),
        SortColumn::ascending(tags::SUBJECT),
    ]);
    assert_eq!(set, expect);
    assert_eq!(
        sort_order(&set, &NoNames),
        "-PidTagMessageDeliveryTime,PidTagSubject"
    );
    assert_eq!(parse_sort_order("", &NoNames), Ok(SortOrderSet::default()));
    assert!(parse_sort_order("-", &NoNames).is_err());
    assert!(parse_sort_order("Subject;categories=x", &NoNames).is_err());
    assert_eq!(
        parse_columns("Subject,PR_IMPORTANCE", &NoNames),
        Ok(vec![tags::SUBJECT.raw(), tags::IMPORTANCE.raw()]),
    );
    assert_eq!(parse_columns(" ", &NoNames), Ok(vec![]));
    assert!(parse_columns("Subject,", &NoNames).is_err());
}

proptest! {
    #[test]
    fn any_value_comes_back(input in any_value()) {
        let text = value(&input);
        prop_assert_eq!(parse_value(input.ty(), &text), Ok(input), "{}", text);
    }

    #[test]
    fn any_assignment_comes_back(tag in tag(), value in any_value()) {
        let value = Assignment { property: TagOrName::Tag(tag.with_type(value.ty())), value };
        let text = assignment(&value);
        prop_assert_eq!(parse_assignment(&text), Ok(value), "{}", text);
    }

    #[test]
    fn any_restriction_comes_back(input in any_restriction()) {
        let text = restriction(&input, &NoNames);
        prop_assert_eq!(parse_restriction(&text, &NoNames), Ok(input), "{}", text);
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
        prop_assert_eq!(parse_sort_order(&sort_order(&set, &NoNames), &NoNames), Ok(set.clone()));
        let tags: Vec<_> = set.columns.iter().map(|c| c.tag).collect();
        prop_assert_eq!(parse_columns(&columns_text(&tags), &NoNames), Ok(tags));
    }
}

fn columns_text(tags: &[PropTag]) -> String {
    columns(tags, &NoNames)
}

proptest! {
    // Each refusal looks for the closest of thousands of names.
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn any_text_is_read_or_refused(text in "(AND|OR|NOT|Subject|[-(),=<>&@{}:\"\\[\\] a0]){0,16}", any: String) {
        for text in [&text, &any] {
            if let Ok(read) = parse_restriction(text, &NoNames) {
                let written = restriction(&read, &NoNames);
                prop_assert_eq!(parse_restriction(&written, &NoNames), Ok(read));
            }
            let _ = parse_assignment(text);
            let _ = parse_sort_order(text, &NoNames);
        }
    }
}
