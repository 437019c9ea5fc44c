//! The query language: any text is a query or an error that says where; a query is printed and read as the same.

use mapi_props::codec::{decode_restriction, encode_restriction};
use mapi_props::names::NoNames;
use mapi_props::{Bag, FileTime, Restriction, json, tags};
use mapi_query::language::{Calendar, Places, Query, TextField, parse};
use mapi_query::{BagRow, Matcher};

use crate::seen::Seen;
use crate::target::Target;

pub(super) static TARGET: Target = Target {
    name: "query",
    about: "any text is a query or an error with its place; a query is printed, read and compiled as the same",
    longest: 4096,
    seeds,
    takes_mail: false,
    tokens: TOKENS,
    run,
};

/// A store that has every folder whose name is not empty, and every message with a number.
struct Anywhere;

impl Places for Anywhere {
    fn folders(&self, path: &str) -> Option<Vec<Vec<u8>>> {
        (!path.is_empty()).then(|| vec![path.as_bytes().to_vec(), b"below".to_vec()])
    }

    fn message(&self, id: &str) -> Option<Vec<u8>> {
        id.parse::<u64>().ok().map(|id| id.to_be_bytes().to_vec())
    }
}

fn run(input: &[u8], seen: &mut Seen) {
    let Ok(text) = std::str::from_utf8(input) else {
        return;
    };
    let query = match parse(text) {
        Ok(query) => query,
        Err(error) => {
            assert!(
                text.is_char_boundary(error.offset),
                "{error} at byte {}",
                error.offset
            );
            let before = text.get(..error.offset).unwrap_or_default().chars().count();
            assert_eq!(error.column, before + 1, "{error}");
            assert!(
                error.to_string().len() < 6 * text.len() + 500,
                "a long-winded error"
            );
            return seen.mark("refused", std::mem::discriminant(&error.problem));
        }
    };
    let printed = query.to_string();
    assert_eq!(parse(&printed).as_ref(), Ok(&query), "{printed}");
    compile(&query, seen);
    if let Some((folder, rest)) = query.within() {
        // All of it inside the folder is what was asked.
        let whole = rest.inside(&folder);
        assert_eq!(parse(&whole.to_string()).as_ref(), Ok(&whole), "{whole}");
        seen.mark("within", 1);
    }
    mark_texts(&query, text, seen);
}

fn compile(query: &Query, seen: &mut Seen) {
    let calendar = Calendar::utc(FileTime::from_unix(1_795_357_205));
    let restriction = match query.restriction(&calendar, &Anywhere) {
        Ok(restriction) => restriction,
        Err(error) => return seen.mark("unresolved", std::mem::discriminant(&error)),
    };
    mark(&restriction, 0, seen);
    let printed = json::restriction(&restriction, &NoNames);
    assert_eq!(
        json::parse_restriction(&printed, &NoNames).as_ref(),
        Ok(&restriction),
        "{printed}"
    );
    let mut bytes = Vec::new();
    encode_restriction(&restriction, &mut bytes).expect("what a query compiles to can be kept");
    assert_eq!(decode_restriction(&bytes).as_ref(), Ok(&restriction));
    let matcher =
        Matcher::compile(&restriction).expect("what a query compiles to can be evaluated");
    let opposite = Matcher::compile(&restriction.negate());
    let hit = matcher.matches(&BagRow(&row()));
    seen.mark("hit", hit);
    if let Ok(opposite) = opposite {
        assert_ne!(opposite.matches(&BagRow(&row())), hit, "{query}");
    }
}

fn mark(restriction: &Restriction, depth: usize, seen: &mut Seen) {
    seen.mark(
        "shape",
        (std::mem::discriminant(restriction), depth.min(10)),
    );
    match restriction {
        Restriction::And(all) | Restriction::Or(all) => {
            seen.count("children", all.len());
            all.iter().for_each(|r| mark(r, depth + 1, seen));
        }
        Restriction::Not(r) | Restriction::Sub { child: r, .. } => mark(r, depth + 1, seen),
        Restriction::Content { kind, tag, .. } => seen.mark("content", (kind, tag.id())),
        Restriction::Property { op, tag, .. } => seen.mark("property", (op, tag.id())),
        Restriction::Bitmask { op, tag, mask } => seen.mark("bits", (op, tag.id(), mask)),
        _ => {}
    }
}

fn mark_texts(query: &Query, text: &str, seen: &mut Seen) {
    let marker = query.marker(&[TextField::Subject, TextField::Body]);
    let mut last = 0;
    let marks = marker.marks(text);
    for (n, range) in marks.iter().enumerate() {
        assert!(
            text.get(range.clone()).is_some_and(|t| !t.is_empty()),
            "{range:?} in {text:?}"
        );
        assert!(n == 0 || last < range.start, "marks overlap: {marks:?}");
        last = range.end;
    }
    assert_eq!(marker.first(text).is_some(), !marks.is_empty());
    seen.count("marks", marks.len());
}

fn row() -> Bag {
    let mut bag = Bag::new();
    bag.set(tags::SUBJECT, "Straße: the budget of Café 会議室");
    bag.set(tags::BODY, "one two\r\nthree");
    bag.set(tags::SENDER_NAME, "Ann Example");
    bag.set(tags::MESSAGE_FLAGS, 1);
    bag.set(tags::MESSAGE_SIZE, 5000);
    bag.set(
        tags::MESSAGE_DELIVERY_TIME,
        FileTime::from_unix(1_795_000_000),
    );
    bag
}

fn seeds() -> Vec<Vec<u8>> {
    [
        "budget from:ann -is:read",
        "\"annual report\" OR report*",
        "from:(ann OR bob) (draft OR final) NOT \"two wo\"*",
        "in:Archive after:2024-05 larger:5M has:attachment",
        "in:\"A b/c\" before:today on:2024-01..2024-03 smaller:300k class:IPM.Note id:17",
        "-(a OR -(b c)) subject:\"x y\" attachment:pdf recipient:bob cc:c bcc:d to:e body:f*",
        "is:flagged is:draft is:important is:replied is:forwarded is:unread after:7d before:1y",
        "Re: plans http://a/b C:\\d std::vec 10:30 会議室 strasse ﬁle",
        "*",
        "form:ann",
    ]
    .map(|text| text.as_bytes().to_vec())
    .into()
}

const TOKENS: &[&[u8]] = &[
    b" ",
    b" AND ",
    b" OR ",
    b" NOT ",
    b" and ",
    b"-",
    b"(",
    b")",
    b"((",
    b"))",
    b"\"",
    b"\\",
    b"*",
    b":",
    b"::",
    b"'",
    b"..",
    b"/",
    b",",
    b"from:",
    b"to:",
    b"cc:",
    b"bcc:",
    b"recipient:",
    b"subject:",
    b"body:",
    b"attachment:",
    b"is:",
    b"has:",
    b"in:",
    b"after:",
    b"before:",
    b"on:",
    b"larger:",
    b"smaller:",
    b"class:",
    b"id:",
    b"filename:",
    b"form:",
    b"unread",
    b"read",
    b"flagged",
    b"attachment",
    b"2024-02-29",
    b"2023-02-29",
    b"2024-13",
    b"0000",
    b"9999-12-31",
    b"2024-05-01..",
    b"today",
    b"yesterday",
    b"7d",
    b"99999y",
    b"1.5G",
    b"5M",
    b"300k",
    b"9999999999999G",
    b".5",
    b"IPM.Note",
    b"\xC3\x9F",
    b"\xC4\xB0",
    b"\xE4\xBC\x9A\xE8\xAD\xB0",
    b"\xE0\xB9\x80",
    b"\xCC\x81",
    b"\xE2\x80\x9C",
    b"\xE2\x80\x8F",
    b"\xC2\xA0",
    b"\xEE\x80\x80",
    b"\0",
    b"\n",
    b"\t",
];
