//! Restrictions as JSON and as text: what is read is printed and read again as the same, and can be tried on a row.

use mapi_props::codec::{decode_restriction, encode_restriction};
use mapi_props::names::NoNames;
use mapi_props::{Bag, PropValue, Restriction, json, tags, text};
use mapi_query::{BagRow, Matcher};

use crate::choices::Choices;
use crate::made;
use crate::seen::Seen;
use crate::target::Target;

pub(super) static JSON: Target = Target {
    name: "restriction-json",
    about: "a restriction read from JSON, or made in any way, is printed and read as the same in every form",
    longest: 8 * 1024,
    seeds: json_seeds,
    takes_mail: false,
    tokens: JSON_TOKENS,
    run: run_json,
};

pub(super) static TEXT: Target = Target {
    name: "restriction-text",
    about: "a restriction read from text is printed and read as the same in every form",
    longest: 8 * 1024,
    seeds: text_seeds,
    takes_mail: false,
    tokens: TEXT_TOKENS,
    run: run_text,
};

fn run_json(input: &[u8], seen: &mut Seen) {
    if let Some((b'*', choices)) = input.split_first() {
        let made = made::restriction(&mut Choices::new(choices), 6);
        return every_form(&made, seen);
    }
    let Ok(value) = serde_json::from_slice(input) else {
        return seen.mark("json", "none");
    };
    match json::parse_restriction(&value, &NoNames) {
        Ok(read) => every_form(&read, seen),
        Err(error) => {
            let kind = format!("{error:?}");
            seen.mark("refused", kind.split([' ', '(', '{']).next());
            assert!(
                error.to_string().len() < 4 * input.len() + 1000,
                "a long-winded refusal"
            );
        }
    }
}

fn run_text(input: &[u8], seen: &mut Seen) {
    let Ok(input) = std::str::from_utf8(input) else {
        return;
    };
    match text::parse_restriction(input, &NoNames) {
        Ok(read) => every_form(&read, seen),
        Err(error) => {
            let kind = format!("{error:?}");
            seen.mark("refused", kind.split([' ', '(', '{']).next());
        }
    }
}

/// JSON, text and bytes say the same restriction, and a matcher of it answers or refuses.
fn every_form(restriction: &Restriction, seen: &mut Seen) {
    mark(restriction, 0, seen);
    let printed = json::restriction(restriction, &NoNames);
    let spelt = printed.to_string();
    let value = serde_json::from_str(&spelt).expect("what was printed is JSON");
    let read = json::parse_restriction(&value, &NoNames);
    assert_eq!(read.as_ref(), Ok(restriction), "{spelt}");

    let written = text::restriction(restriction, &NoNames);
    let read = text::parse_restriction(&written, &NoNames);
    assert_eq!(read.as_ref(), Ok(restriction), "{written}");

    let mut bytes = Vec::new();
    if encode_restriction(restriction, &mut bytes).is_ok() {
        let read = decode_restriction(&bytes);
        assert_eq!(read.as_ref(), Ok(restriction));
    }
    match Matcher::compile(restriction) {
        Ok(matcher) => seen.mark("matches", matcher.matches(&BagRow(&row()))),
        Err(code) => seen.mark("too complex", code.0),
    }
}

fn mark(restriction: &Restriction, depth: usize, seen: &mut Seen) {
    let mut child = |r: &Restriction| mark(r, depth + 1, seen);
    match restriction {
        Restriction::And(all) | Restriction::Or(all) => all.iter().for_each(child),
        Restriction::Not(r)
        | Restriction::Sub { child: r, .. }
        | Restriction::Count { child: r, .. } => child(r),
        Restriction::Comment { child: r, .. } => r.iter().for_each(|r| child(r)),
        Restriction::Content {
            kind, value, tag, ..
        } => {
            seen.mark(
                "content",
                (format!("{kind:?}"), value.ty().name(), tag.ty().name()),
            );
        }
        Restriction::Property { op, value, tag, .. } => {
            seen.mark("property", (op, value.ty().name(), tag.ty().name()))
        }
        Restriction::CompareProps { op, left, .. } => seen.mark("compare", (op, left.ty().name())),
        Restriction::Bitmask { op, tag, .. } => seen.mark("bits", (op, tag.ty().name())),
        Restriction::Size { op, tag, .. } => seen.mark("size", (op, tag.ty().name())),
        Restriction::Exist { tag } => seen.mark("exist", tag.ty().name()),
    }
    seen.mark(
        "shape",
        (std::mem::discriminant(restriction), depth.min(12)),
    );
}

/// A row with values of several types.
fn row() -> Bag {
    let mut bag = Bag::new();
    bag.set(tags::SUBJECT, "Straße der Café-会議");
    bag.set(tags::BODY, "one two\r\nthree");
    bag.set(tags::IMPORTANCE, 1);
    bag.set(tags::MESSAGE_FLAGS, 3);
    bag.set(tags::HTML, b"<p>one</p>".as_slice());
    let many = PropValue::MvUnicode(vec!["a".to_owned(), "B".to_owned()]);
    bag.insert(0x8001, many.into());
    bag
}

fn json_seeds() -> Vec<Vec<u8>> {
    let mut seeds: Vec<Vec<u8>> = [
        r#"{"content":{"tag":"PR_SUBJECT","match":"SUBSTRING","ignore_case":true,"value":"budget"}}"#,
        r#"{"and":[{"property":{"tag":"PR_IMPORTANCE","op":"GE","value":2}},{"not":{"exist":"PR_HTML"}}]}"#,
        r#"{"or":[{"bitmask":{"tag":"PR_MESSAGE_FLAGS","op":"EQZ","mask":1}},{"size":{"tag":"PR_BODY","op":"LT","size":10}}]}"#,
        r#"{"sub":{"object":"PR_MESSAGE_RECIPIENTS","restriction":{"compare":{"left":"PR_SUBJECT","op":"NE","right":"PR_BODY"}}}}"#,
        r#"{"count":{"count":2,"restriction":{"comment":{"props":[{"tag":"0x8001001F","value":"x"}],"restriction":{"and":[]}}}}}"#,
        r#"{"property":{"tag":"0x80021040","op":"RE","value_type":"PT_MV_SYSTIME","value":["2024-05-01T12:00:00Z"]}}"#,
    ]
    .map(|text| text.as_bytes().to_vec())
    .into();
    // A leading star: the rest is choices.
    seeds.extend((0..64_u8).map(|n| {
        let choices = (0..60_u8).map(|k| k.wrapping_mul(2 * n + 1) ^ n);
        std::iter::once(b'*').chain(choices).collect()
    }));
    seeds
}

fn text_seeds() -> Vec<Vec<u8>> {
    [
        r#"PidTagSubject contains/i "budget" AND NOT exists(PR_COMMENT)"#,
        "PidTagImportance >= 2 OR PidTagMessageFlags & 0x1 = 0",
        r#"recipients(PidTagDisplayName startswith "Sue" AND PidTagRecipientType = 2)"#,
        "comment([PR_SUBJECT = x, 0x8001001F = \"y z\"], count(2, size(PR_BODY) > 1000))",
        "AND() OR sub(0x12340000, PR_SUBJECT = @PR_BODY) OR PR_SUBJECT =~ a as PR_COMMENT",
        "PR_SUBJECT = PT_LONG:5 AND 0x8002101F is [\"a\",\"b\"] AND attachments(OR(PR_HTML contains hex:00ff))",
    ]
    .map(|text| text.as_bytes().to_vec())
    .into()
}

const JSON_TOKENS: &[&[u8]] = &[
    b"{\"and\":[",
    b"{\"or\":[",
    b"{\"not\":",
    b"{\"content\":{",
    b"{\"property\":{",
    b"{\"exist\":\"PR_SUBJECT\"}",
    b"{\"sub\":{\"object\":\"PR_MESSAGE_ATTACHMENTS\",\"restriction\":",
    b"{\"count\":{\"count\":1,\"restriction\":",
    b"{\"comment\":{\"props\":[],\"restriction\":",
    b"\"tag\":\"PR_SUBJECT\"",
    b"\"tag\":\"0x0FFF0102\"",
    b"\"op\":\"EQ\"",
    b"\"match\":\"PREFIX\"",
    b"\"match\":\"PHRASE\"",
    b"\"match\":\"WORDPREFIX\"",
    b"\"ignore_nonspace\":true",
    b"\"loose\":true",
    b"\"value_type\":\"PT_STRING8\"",
    b"\"value_type\":\"PT_MV_BINARY\"",
    b"\"value_tag\":\"PR_BODY\"",
    b"\"value\":{\"code_page\":1252,\"bytes\":\"e9\"}",
    b"\"value\":{\"bits\":\"7ff8000000000001\"}",
    b"\"value\":\"Infinity\"",
    b"\"value\":null",
    b"\"value\":1e309",
    b"\"value\":-0.0",
    b"\"value\":[]",
    b"\"MAPI_E_NOT_FOUND\"",
    b"\"0x8004FFFF\"",
    b"\"mask\":",
    b"\"2024-05-01T12:00:00.1234567Z\"",
    b"\"00020329-0000-0000-c000-000000000046\"",
    b",",
    b"]",
    b"}",
    b"{",
    b"[",
    b"\"",
    b"\\u0000",
    b"\\ud83d\\ude00",
    b"0x8005",
    b"0x1001101F",
    b"PT_UNSPECIFIED",
    b"_A",
    b"_W",
];

const TEXT_TOKENS: &[&[u8]] = &[
    b" AND ",
    b" OR ",
    b"NOT ",
    b"(",
    b")",
    b"AND(",
    b"OR(",
    b"exists(",
    b"size(",
    b"recipients(",
    b"attachments(",
    b"sub(",
    b"count(",
    b"comment([",
    b"])",
    b" contains",
    b" startswith",
    b" is ",
    b"/i",
    b"/n",
    b"/l",
    b" words ",
    b" phrase ",
    b" =~ ",
    b" >= ",
    b" != ",
    b" & 0x1 = 0",
    b" = @",
    b" as ",
    b"PT_LONG:",
    b"PT_STRING8:",
    b"PT_UNSPECIFIED:",
    b"hex:00ff",
    b"text:a",
    b"PR_SUBJECT",
    b"PidTagBody",
    b"0x8001001F",
    b"0x10010102",
    b"\"",
    b"\\\"",
    b"\\u0000",
    b"[1,2]",
    b"{\"code_page\":1252,\"text\":\"a\"}",
    b"2024-05-01T12:00:00Z",
    b"true",
    b"-1",
    b",",
    b"\xC3\xA9",
    b"\xE4\xBC\x9A",
    b"{00020329-0000-0000-C000-000000000046}:",
    b"PS_PUBLIC_STRINGS:",
    b"name:",
];
