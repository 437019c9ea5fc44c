//! What each kind of restriction matches, one test per check of the specification (RES-01 to RES-11, TAB-22).

use crate::sample::{Sample, tag};
use mapi_props::{
    AnsiString, BitOp, Code, FileTime, FuzzyLevel, MatchKind, PropTag, PropType, PropValue, RelOp,
    Restriction, SubObject,
};
use mapi_query::{Instance, MAX_DEPTH, Matcher, Row};

const SUBJECT: PropTag = tag(0x0037, PropType::UNICODE);
const CLASS: PropTag = tag(0x001A, PropType::UNICODE);
const SENDER: PropTag = tag(0x0C1A, PropType::UNICODE);
const NAME: PropTag = tag(0x3001, PropType::UNICODE);
const RECIPIENT_TYPE: PropTag = tag(0x0C15, PropType::LONG);
const PRIORITY: PropTag = tag(0x0026, PropType::LONG);
const FLAGS: PropTag = tag(0x0E07, PropType::LONG);
const KEYWORDS: PropTag = tag(0x8001, PropType::MV_UNICODE);
const BODY: PropTag = tag(0x1000, PropType::UNICODE);
const DATA: PropTag = tag(0x3701, PropType::BINARY);
const COMMENT: PropTag = tag(0x3004, PropType::UNICODE);

fn matches(row: &dyn Row, restriction: &Restriction) -> bool {
    Matcher::compile(restriction).unwrap().matches(row)
}

fn refused(restriction: &Restriction) {
    assert_eq!(
        Matcher::compile(restriction).unwrap_err(),
        Code::TOO_COMPLEX,
        "{restriction:?}"
    );
}

fn content(tag: PropTag, kind: MatchKind, flags: &str, value: impl Into<PropValue>) -> Restriction {
    let value = value.into();
    let fuzzy = FuzzyLevel {
        ignore_case: flags.contains('c'),
        ignore_nonspace: flags.contains('n'),
        loose: flags.contains('l'),
    };
    Restriction::Content {
        kind,
        fuzzy,
        tag,
        value_tag: value.tag(tag.id()),
        value,
    }
}

fn property(tag: PropTag, op: RelOp, value: impl Into<PropValue>) -> Restriction {
    Restriction::property(tag, op, value)
}

fn sub(object: SubObject, child: Restriction) -> Restriction {
    Restriction::Sub {
        object,
        child: Box::new(child),
    }
}

fn ansi(code_page: u16, bytes: &[u8]) -> PropValue {
    PropValue::String8(AnsiString {
        code_page,
        bytes: bytes.to_vec(),
    })
}

#[test]
fn res_01_nested_kinds_find_exactly_the_message() {
    use MatchKind::Substring;
    let restriction = Restriction::And(vec![
        sub(SubObject::Recipients, content(NAME, Substring, "", "Sue")),
        content(SENDER, Substring, "", "Sam"),
        Restriction::And(vec![
            Restriction::exist(SUBJECT),
            content(SUBJECT, Substring, "", "volleyball"),
        ]),
    ]);
    let message = |to: &str, from: &str, subject: &str| {
        Sample::new()
            .with(SENDER, from)
            .with(SUBJECT, subject)
            .recipient(Sample::new().with(NAME, to))
    };
    assert!(matches(
        &message("Sue B", "Sam", "the volleyball"),
        &restriction
    ));
    assert!(!matches(
        &message("Bob", "Sam", "the volleyball"),
        &restriction
    ));
    assert!(!matches(
        &message("Sue B", "Tom", "the volleyball"),
        &restriction
    ));
    assert!(!matches(&message("Sue B", "Sam", "football"), &restriction));
    assert!(!matches(&Sample::new(), &restriction));
}

#[test]
fn res_02_and_or_not() {
    let row = Sample::new().with(SUBJECT, "x");
    assert!(matches(&row, &Restriction::And(vec![])));
    assert!(!matches(&row, &Restriction::Or(vec![])));
    let missing = property(PRIORITY, RelOp::Eq, 1);
    assert!(!matches(&row, &missing));
    assert!(matches(&row, &missing.clone().negate()));
    assert!(!matches(&row, &property(PRIORITY, RelOp::Ne, 1)));
    let present = Restriction::exist(SUBJECT);
    assert!(matches(
        &row,
        &Restriction::Or(vec![missing.clone(), present.clone()])
    ));
    assert!(!matches(
        &row,
        &Restriction::And(vec![present.clone(), missing])
    ));
    assert!(matches(&row, &present.negate().negate()));
}

#[test]
fn res_03_content_of_text() {
    use MatchKind::{FullString, Prefix, Substring};
    let row = Sample::new().with(SUBJECT, "Café au lait");
    let table = [
        (FullString, "", "Café", false),
        (FullString, "", "Café au lait", true),
        (FullString, "l", "CAFE AU LAIT", true),
        (Prefix, "c", "caf", true),
        (Prefix, "", "caf", false),
        (Prefix, "c", "café au lait mit", false),
        (Substring, "l", "cafe", true),
        (Substring, "", "cafe", false),
        (Substring, "n", "Cafe", true),
        (Substring, "n", "cafe", false),
        (Substring, "c", "CAFÉ", true),
        (Substring, "cn", "CAFE", true),
        (Substring, "", "au lait", true),
        (Substring, "", "", true),
    ];
    for (kind, flags, text, expected) in table {
        assert_eq!(
            matches(&row, &content(SUBJECT, kind, flags, text)),
            expected,
            "{kind:?} {flags} {text}"
        );
    }
    assert!(!matches(
        &Sample::new(),
        &content(SUBJECT, Substring, "", "")
    ));
}

#[test]
fn res_03_content_of_bytes_and_of_either_width() {
    use MatchKind::{FullString, Prefix, Substring};
    let row = Sample::new()
        .with(DATA, &[1_u8, 2, 3, 0x41][..])
        .with(SUBJECT, ansi(1250, b"\xa3\xf3d\x9f"));
    let bytes = |kind, b: &[u8]| matches(&row, &content(DATA, kind, "", b));
    assert!(bytes(Substring, &[2, 3]) && !bytes(Substring, &[3, 2]));
    assert!(bytes(Prefix, &[1, 2]) && !bytes(Prefix, &[2]));
    assert!(bytes(FullString, &[1, 2, 3, 0x41]) && !bytes(FullString, &[1, 2, 3]));
    assert!(
        !matches(&row, &content(DATA, Substring, "c", &[0x61_u8][..])),
        "flags mean nothing for bytes"
    );
    assert!(matches(&row, &content(SUBJECT, FullString, "", "Łódź")));
    assert!(matches(
        &row,
        &content(SUBJECT, Prefix, "c", ansi(1250, b"\xb3\xd3"))
    ));
    assert!(matches(
        &row,
        &content(SUBJECT.with_type(PropType::STRING8), Substring, "l", "dz")
    ));
}

#[test]
fn res_03_types_that_disagree_are_too_complex() {
    let kind = MatchKind::Substring;
    refused(&content(SUBJECT, kind, "", &[1_u8][..]));
    refused(&content(DATA, kind, "", "x"));
    refused(&content(PRIORITY, kind, "", 1));
    refused(&content(
        KEYWORDS,
        kind,
        "",
        PropValue::MvUnicode(vec!["a".into()]),
    ));
    let value_tag = tag(0x0037, PropType::BINARY);
    let fuzzy = FuzzyLevel::default();
    refused(&Restriction::Content {
        kind,
        fuzzy,
        tag: SUBJECT,
        value_tag,
        value: "x".into(),
    });
}

#[test]
fn res_04_numbers_compare_signed() {
    let rows: Vec<Sample> = [-1, 0, 1].map(|n| Sample::new().with(PRIORITY, n)).into();
    let count = |op, n: i32| {
        rows.iter()
            .filter(|r| matches(*r, &property(PRIORITY, op, n)))
            .count()
    };
    assert_eq!(count(RelOp::Gt, 0), 1);
    assert_eq!(count(RelOp::Ge, 0), 2);
    assert_eq!(count(RelOp::Lt, 0), 1);
    assert_eq!(count(RelOp::Le, 0), 2);
    assert_eq!(count(RelOp::Eq, -1), 1);
    assert_eq!(count(RelOp::Ne, -1), 2);
}

#[test]
fn res_04_a_single_constant_matches_any_element() {
    let row = Sample::new().with(KEYWORDS, PropValue::MvUnicode(vec!["a".into(), "b".into()]));
    assert!(matches(&row, &property(KEYWORDS, RelOp::Eq, "b")));
    assert!(!matches(&row, &property(KEYWORDS, RelOp::Eq, "c")));
    assert!(matches(&row, &property(KEYWORDS, RelOp::Ne, "b")));
    assert!(matches(&row, &property(KEYWORDS, RelOp::Gt, "a")));
    assert!(matches(
        &row,
        &property(KEYWORDS, RelOp::Eq, ansi(1252, b"b"))
    ));
    assert!(matches(
        &row,
        &content(KEYWORDS, MatchKind::Prefix, "c", "B")
    ));
    refused(&property(
        KEYWORDS,
        RelOp::Eq,
        PropValue::MvUnicode(vec!["b".into()]),
    ));
    refused(&property(KEYWORDS, RelOp::Eq, 1));
    let (tag, op) = (KEYWORDS, RelOp::Eq);
    refused(&Restriction::Property {
        op,
        tag,
        value_tag: KEYWORDS,
        value: "b".into(),
    });
}

#[test]
fn res_04_refusals() {
    refused(&property(SUBJECT, RelOp::Re, "x*"));
    refused(&property(SUBJECT, RelOp::Eq, 1));
    refused(&property(PRIORITY, RelOp::Eq, 1_i64));
    refused(&property(PRIORITY, RelOp::Eq, PropValue::Null));
    refused(&property(
        tag(0x0E12, PropType::OBJECT),
        RelOp::Eq,
        PropValue::Object,
    ));
    refused(&property(
        SUBJECT.with_type(PropType::UNSPECIFIED),
        RelOp::Eq,
        "x",
    ));
    let wrong = property(tag(0x3001, PropType::BINARY), RelOp::Eq, "x");
    refused(&wrong);
    refused(&Restriction::And(vec![
        Restriction::exist(SUBJECT),
        wrong.clone().negate(),
    ]));
    refused(&sub(SubObject::Recipients, wrong));
}

#[test]
fn res_04_text_is_equal_by_code_point_and_ordered_by_collation() {
    let row = Sample::new().with(SUBJECT, "Äpfel");
    assert!(!matches(&row, &property(SUBJECT, RelOp::Eq, "äpfel")));
    assert!(!matches(
        &row,
        &property(SUBJECT, RelOp::Eq, "A\u{308}pfel")
    ));
    assert!(matches(&row, &property(SUBJECT, RelOp::Ne, "A\u{308}pfel")));
    assert!(
        matches(&row, &property(SUBJECT, RelOp::Gt, "A\u{308}pfel")),
        "ties by code point"
    );
    assert!(matches(&row, &property(SUBJECT, RelOp::Lt, "Apfelmus")));
    assert!(matches(&row, &property(SUBJECT, RelOp::Gt, "Apfel")));
    assert!(matches(&row, &property(SUBJECT, RelOp::Lt, "Zebra")));
}

#[test]
fn res_04_message_class_compares_without_ascii_case() {
    let row = Sample::new().with(CLASS, "IPM.Note.Größe");
    assert!(matches(&row, &property(CLASS, RelOp::Eq, "ipm.note.größe")));
    assert!(!matches(
        &row,
        &property(CLASS, RelOp::Eq, "ipm.note.GRÖSSE")
    ));
    assert!(!matches(
        &row,
        &property(CLASS, RelOp::Ne, "ipm.NOTE.größe")
    ));
    assert!(matches(
        &row,
        &property(CLASS, RelOp::Ge, "IPM.NOTE.GRöSSE")
    ));
    assert!(matches(
        &row,
        &content(CLASS, MatchKind::Prefix, "", "ipm.note")
    ));
    assert!(!matches(
        &row,
        &content(CLASS, MatchKind::Prefix, "", "ipm.task")
    ));
    assert!(matches(
        &row,
        &content(CLASS, MatchKind::Prefix, "n", "ipm.note.GROß")
    ));
    assert!(!matches(
        &Sample::new().with(SUBJECT, "A"),
        &property(SUBJECT, RelOp::Eq, "a")
    ));
}

#[test]
fn res_04_other_types() {
    let time = tag(0x0E06, PropType::SYSTIME);
    let double = tag(0x6001, PropType::DOUBLE);
    let row = Sample::new()
        .with(time, FileTime(5))
        .with(double, f64::NAN)
        .with(DATA, &[1_u8, 2][..]);
    assert!(matches(&row, &property(time, RelOp::Ge, FileTime(5))));
    assert!(
        matches(&row, &property(double, RelOp::Eq, f64::NAN)),
        "total order"
    );
    assert!(matches(&row, &property(double, RelOp::Gt, f64::INFINITY)));
    assert!(matches(&row, &property(DATA, RelOp::Gt, &[1_u8][..])));
    assert!(matches(&row, &property(DATA, RelOp::Lt, &[2_u8][..])));
    assert!(
        !matches(
            &row,
            &property(double.with_type(PropType::LONG), RelOp::Ne, 1)
        ),
        "stored as another type"
    );
}

#[test]
fn res_05_bitmask() {
    let rows: Vec<Sample> = (0..8).map(|n| Sample::new().with(FLAGS, n)).collect();
    let set = |op| -> Vec<usize> {
        let restriction = Restriction::Bitmask {
            op,
            tag: FLAGS,
            mask: 1,
        };
        (0..8)
            .filter(|i| matches(&rows[*i], &restriction))
            .collect()
    };
    assert_eq!(set(BitOp::Zero), [0, 2, 4, 6]);
    assert_eq!(set(BitOp::NonZero), [1, 3, 5, 7]);
    let high = Restriction::Bitmask {
        op: BitOp::NonZero,
        tag: FLAGS,
        mask: 0x8000_0000,
    };
    assert!(matches(&Sample::new().with(FLAGS, -1), &high));
    for op in [BitOp::Zero, BitOp::NonZero] {
        assert!(!matches(
            &Sample::new(),
            &Restriction::Bitmask {
                op,
                tag: FLAGS,
                mask: 1
            }
        ));
        refused(&Restriction::Bitmask {
            op,
            tag: SUBJECT,
            mask: 1,
        });
        refused(&Restriction::Bitmask {
            op,
            tag: tag(0x6001, PropType::MV_LONG),
            mask: 1,
        });
    }
}

#[test]
fn res_06_compare_props() {
    let (left, right) = (
        tag(0x3007, PropType::SYSTIME),
        tag(0x3008, PropType::SYSTIME),
    );
    let compare = |op| Restriction::CompareProps { op, left, right };
    let modified = Sample::new()
        .with(left, FileTime(1))
        .with(right, FileTime(2));
    let fresh = Sample::new()
        .with(left, FileTime(1))
        .with(right, FileTime(1));
    assert!(matches(&modified, &compare(RelOp::Ne)) && !matches(&fresh, &compare(RelOp::Ne)));
    assert!(matches(&modified, &compare(RelOp::Lt)) && matches(&fresh, &compare(RelOp::Eq)));
    assert!(!matches(
        &Sample::new().with(left, FileTime(1)),
        &compare(RelOp::Ne)
    ));
    let text = Restriction::CompareProps {
        op: RelOp::Eq,
        left: SUBJECT,
        right: NAME.with_type(PropType::STRING8),
    };
    assert!(matches(
        &Sample::new()
            .with(SUBJECT, "é")
            .with(NAME, ansi(1252, b"\xe9")),
        &text
    ));
    refused(&Restriction::CompareProps {
        op: RelOp::Eq,
        left,
        right: SUBJECT,
    });
    refused(&Restriction::CompareProps {
        op: RelOp::Eq,
        left: KEYWORDS,
        right: KEYWORDS,
    });
    refused(&compare(RelOp::Re));
}

#[test]
fn res_07_size() {
    let size = |tag, op, size| Restriction::Size { op, tag, size };
    let row = Sample::new()
        .with(SUBJECT, "a😀")
        .with(DATA, &[0_u8; 10][..])
        .with(
            KEYWORDS,
            PropValue::MvUnicode(vec!["a".into(), "abcd".into()]),
        );
    assert!(
        matches(&row, &size(SUBJECT, RelOp::Eq, 8)),
        "three UTF-16 units and a terminator"
    );
    assert!(matches(
        &row,
        &size(SUBJECT.with_type(PropType::STRING8), RelOp::Eq, 3)
    ));
    assert!(
        matches(&row, &size(DATA, RelOp::Eq, 10)) && !matches(&row, &size(DATA, RelOp::Gt, 10))
    );
    assert!(
        matches(&row, &size(KEYWORDS, RelOp::Eq, 10))
            && matches(&row, &size(KEYWORDS, RelOp::Lt, 5))
    );
    assert!(!matches(&row, &size(BODY, RelOp::Ge, 0)), "missing");
    refused(&size(SUBJECT, RelOp::Re, 1));
}

#[test]
fn res_07_size_of_large_text_is_exact() {
    for text in [
        "x".repeat(50_000),
        "会".repeat(30_000),
        "😀é".repeat(20_000),
    ] {
        let units = u32::try_from(text.encode_utf16().count()).unwrap();
        let chars = u32::try_from(text.chars().count()).unwrap();
        let row = Sample::new().large(BODY, text.as_bytes());
        let size = |ty, op, size| {
            matches(
                &row,
                &Restriction::Size {
                    op,
                    tag: BODY.with_type(ty),
                    size,
                },
            )
        };
        assert!(size(PropType::UNICODE, RelOp::Eq, units * 2 + 2));
        assert!(
            !size(PropType::UNICODE, RelOp::Gt, units * 2 + 2)
                && size(PropType::UNICODE, RelOp::Ge, 1000)
        );
        assert!(size(PropType::STRING8, RelOp::Eq, chars + 1));
        assert!(size(PropType::UNSPECIFIED, RelOp::Eq, units * 2 + 2));
    }
}

#[test]
fn res_08_exist() {
    let row = Sample::new().with(COMMENT, "c").large(BODY, b"long");
    assert!(matches(&row, &Restriction::exist(COMMENT)));
    assert!(matches(
        &row,
        &Restriction::exist(COMMENT.with_type(PropType::UNSPECIFIED))
    ));
    assert!(matches(
        &row,
        &Restriction::exist(COMMENT.with_type(PropType::STRING8))
    ));
    assert!(!matches(
        &row,
        &Restriction::exist(COMMENT.with_type(PropType::LONG))
    ));
    assert!(
        matches(&row, &Restriction::exist(BODY)),
        "large values exist"
    );
    assert!(!matches(&row, &Restriction::exist(SUBJECT)));
    let recipients = tag(0x0E12, PropType::OBJECT);
    let row = row
        .with(recipients, PropValue::Object)
        .recipient(Sample::new());
    assert!(!matches(&row, &Restriction::exist(recipients)));
    assert!(!matches(
        &row,
        &Restriction::exist(recipients.with_type(PropType::UNSPECIFIED))
    ));
}

#[test]
fn res_09_one_row_satisfies_the_whole_child() {
    let both = |name: &str, kind: i32| {
        let all = vec![
            property(NAME, RelOp::Eq, name),
            property(RECIPIENT_TYPE, RelOp::Eq, kind),
        ];
        sub(SubObject::Recipients, Restriction::And(all))
    };
    let row = Sample::new()
        .recipient(Sample::new().with(NAME, "X").with(RECIPIENT_TYPE, 1))
        .recipient(Sample::new().with(NAME, "Y").with(RECIPIENT_TYPE, 2))
        .attachment(Sample::new().with(NAME, "a.pdf"));
    assert!(!matches(&row, &both("X", 2)));
    assert!(matches(&row, &both("X", 1)) && matches(&row, &both("Y", 2)));
    let pdf = content(NAME, MatchKind::Substring, "", ".pdf");
    assert!(matches(&row, &sub(SubObject::Attachments, pdf.clone())));
    assert!(!matches(&row, &sub(SubObject::Recipients, pdf.clone())));
    assert!(!matches(
        &row,
        &sub(SubObject::Attachments, Restriction::Or(vec![]))
    ));
    assert!(!matches(
        &Sample::new(),
        &sub(SubObject::Attachments, Restriction::And(vec![]))
    ));
    refused(&sub(
        SubObject::Other(tag(0x360F, PropType::OBJECT)),
        pdf.clone(),
    ));
    refused(&sub(
        SubObject::Recipients,
        sub(SubObject::Recipients, pdf.clone()),
    ));
    let flat = sub(SubObject::Recipients, pdf).negate();
    assert_eq!(Matcher::compile_flat(&flat).unwrap_err(), Code::TOO_COMPLEX);
}

#[test]
fn res_10_comment_is_transparent() {
    let note = || vec![(COMMENT, PropValue::from("note"))];
    let child = property(SUBJECT, RelOp::Eq, "x");
    let comment = Restriction::Comment {
        props: note(),
        child: Some(Box::new(child.clone())),
    };
    let row = Sample::new().with(SUBJECT, "x");
    assert!(matches(&row, &comment) && !matches(&Sample::new(), &comment));
    assert!(matches(
        &row,
        &Restriction::Comment {
            props: note(),
            child: None
        }
    ));
    assert_eq!(*Matcher::compile(&comment).unwrap().restriction(), child);
}

#[test]
fn res_11_count_is_a_limit_at_the_top_and_refused_below() {
    let all = || Box::new(Restriction::And(vec![]));
    let count = Restriction::Count {
        count: 2,
        child: all(),
    };
    let matcher = Matcher::compile(&count).unwrap();
    assert_eq!(matcher.limit(), Some(2));
    assert!(matcher.matches(&Sample::new()));
    let wrapped = Restriction::Comment {
        props: vec![],
        child: Some(Box::new(count.clone())),
    };
    assert_eq!(Matcher::compile(&wrapped).unwrap().limit(), Some(2));
    assert_eq!(
        Matcher::compile(&Restriction::And(vec![])).unwrap().limit(),
        None
    );
    refused(&Restriction::And(vec![count.clone()]));
    refused(&count.clone().negate());
    refused(&Restriction::Count {
        count: 1,
        child: Box::new(count),
    });
}

#[test]
fn depth_is_limited() {
    let nest = |n: usize| (1..n).fold(Restriction::exist(SUBJECT), |r, _| r.negate());
    assert!(Matcher::compile(&nest(MAX_DEPTH)).is_ok());
    refused(&nest(MAX_DEPTH + 1));
    let comments = |n: usize| {
        (1..n).fold(Restriction::exist(SUBJECT), |r, _| Restriction::Comment {
            props: vec![],
            child: Some(r.into()),
        })
    };
    assert!(Matcher::compile(&comments(MAX_DEPTH)).is_ok());
    refused(&comments(MAX_DEPTH + 1));
}

#[test]
fn tab_22_instance_tags_ask_for_the_row_s_own_element() {
    let mvi = KEYWORDS.with_type(PropType(PropType::MVI_FLAG | PropType::UNICODE.0));
    let ab = Sample::new().with(KEYWORDS, PropValue::MvUnicode(vec!["a".into(), "b".into()]));
    let c = Sample::new().with(KEYWORDS, PropValue::MvUnicode(vec!["c".into()]));
    let elements = [[(0x8001, 0)], [(0x8001, 1)]];
    let rows = [
        Instance {
            row: &ab,
            elements: &elements[0],
        },
        Instance {
            row: &ab,
            elements: &elements[1],
        },
        Instance {
            row: &c,
            elements: &elements[0],
        },
    ];
    let count = |r: &Restriction| rows.iter().filter(|i| matches(*i, r)).count();
    assert_eq!(count(&property(mvi, RelOp::Eq, "b")), 1);
    assert_eq!(count(&property(KEYWORDS, RelOp::Eq, "b")), 2);
    assert_eq!(count(&content(mvi, MatchKind::Prefix, "c", "A")), 1);
    assert!(
        matches(&ab, &property(mvi, RelOp::Eq, "b")),
        "not expanded: any element"
    );
    let single = SUBJECT.with_type(mvi.ty());
    assert!(
        matches(
            &Sample::new().with(SUBJECT, "s"),
            &property(single, RelOp::Eq, "s")
        ),
        "MVI on a single value"
    );
}

#[test]
fn matcher_names_the_tags_it_needs() {
    let restriction = Restriction::And(vec![
        property(SUBJECT, RelOp::Eq, "x"),
        content(SUBJECT, MatchKind::Prefix, "", "y").negate(),
        Restriction::CompareProps {
            op: RelOp::Eq,
            left: NAME,
            right: COMMENT,
        },
        sub(
            SubObject::Recipients,
            property(RECIPIENT_TYPE, RelOp::Eq, 1),
        ),
        sub(SubObject::Attachments, Restriction::exist(DATA)),
    ]);
    let matcher = Matcher::compile(&restriction).unwrap();
    assert_eq!(matcher.tags(), [SUBJECT, NAME, COMMENT]);
    assert_eq!(matcher.recipient_tags(), [RECIPIENT_TYPE]);
    assert_eq!(matcher.attachment_tags(), [DATA]);
}
