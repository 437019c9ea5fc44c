//! Queries as tables: text to restriction, text to canonical text, text to what is wrong with it.

use mapi_props::names::NoNames;
use mapi_props::{FileTime, Restriction, text};
use proptest::prelude::*;

use super::term::{FIELDS, Field};
use super::{Calendar, MAX_NESTING, MAX_TERMS, Places, Unresolved, parse};
use crate::Matcher;

struct Folders;

impl Places for Folders {
    fn folders(&self, path: &str) -> Option<Vec<Vec<u8>>> {
        match path {
            "Archive" => Some(vec![vec![0xA0], vec![0xA1]]),
            "Sent Items" => Some(vec![vec![0xB0]]),
            _ => None,
        }
    }

    fn message(&self, id: &str) -> Option<Vec<u8>> {
        (id == "a12").then(|| vec![0xC0])
    }
}

fn compile(query: &str) -> Result<Restriction, Unresolved> {
    // A Sunday evening in a zone two hours east of UTC.
    let now: FileTime = "2024-03-31T20:00:00Z".parse().unwrap();
    let zone = |day: super::Day| FileTime::from_unix(day.start_utc().unix_seconds() - 7200);
    let calendar = Calendar::new(super::Day::utc(now), &zone);
    parse(query).unwrap().restriction(&calendar, &Folders)
}

/// A query, and the restriction that it is.
const ASKED: &[(&str, &str)] = &[
    ("*", "AND()"),
    ("subject:budget", "PidTagSubject hasphrase/l \"budget\""),
    (
        "subject:\"annual report\"",
        "PidTagSubject hasphrase/l \"annual report\"",
    ),
    ("subject:rep*", "PidTagSubject hasprefix/l \"rep\""),
    (
        "Subject:\"annual rep\"*",
        "PidTagSubject hasprefix/l \"annual rep\"",
    ),
    ("body:a b", "PidTagBody hasphrase/l \"a\" AND (ANY b)"),
    (
        "body:a AND subject:b OR subject:c",
        "(PidTagBody hasphrase/l \"a\" AND PidTagSubject hasphrase/l \"b\") OR PidTagSubject hasphrase/l \"c\"",
    ),
    (
        "subject:(a OR b) -body:c",
        "(PidTagSubject hasphrase/l \"a\" OR PidTagSubject hasphrase/l \"b\") AND NOT PidTagBody hasphrase/l \"c\"",
    ),
    ("a", "ANY a"),
    (
        "to:ann",
        "recipients(PidTagRecipientType = 1 AND (PidTagDisplayName hasphrase/l \"ann\" OR PidTagEmailAddress hasphrase/l \"ann\" OR PidTagSmtpAddress hasphrase/l \"ann\"))",
    ),
    (
        "bcc:x",
        "recipients(PidTagRecipientType = 3 AND (PidTagDisplayName hasphrase/l \"x\" OR PidTagEmailAddress hasphrase/l \"x\" OR PidTagSmtpAddress hasphrase/l \"x\"))",
    ),
    (
        "recipient:x",
        "recipients(PidTagDisplayName hasphrase/l \"x\" OR PidTagEmailAddress hasphrase/l \"x\" OR PidTagSmtpAddress hasphrase/l \"x\")",
    ),
    (
        "attachment:pdf",
        "attachments(PidTagAttachLongFilename hasphrase/l \"pdf\" OR PidTagAttachFilename hasphrase/l \"pdf\" OR PidTagDisplayName hasphrase/l \"pdf\")",
    ),
    ("is:unread", "PidTagMessageFlags & 0x1 = 0"),
    ("NOT is:READ", "NOT PidTagMessageFlags & 0x1 != 0"),
    ("is:draft", "PidTagMessageFlags & 0x8 != 0"),
    (
        "is:(flagged OR unflagged)",
        "PidTagFlagStatus = 2 OR NOT PidTagFlagStatus = 2",
    ),
    (
        "is:replied",
        "PidTagLastVerbExecuted = 102 OR PidTagLastVerbExecuted = 103",
    ),
    (
        "is:forwarded is:important",
        "PidTagLastVerbExecuted = 104 AND PidTagImportance = 2",
    ),
    ("has:attachment", "PidTagHasAttachments = true"),
    (
        "after:2024-03-01",
        "PidTagMessageDeliveryTime >= \"2024-02-29T22:00:00Z\"",
    ),
    (
        "before:2024-03",
        "PidTagMessageDeliveryTime < \"2024-02-29T22:00:00Z\"",
    ),
    (
        "on:yesterday",
        "PidTagMessageDeliveryTime >= \"2024-03-29T22:00:00Z\" AND PidTagMessageDeliveryTime < \"2024-03-30T22:00:00Z\"",
    ),
    (
        "on:2023..2024-01",
        "PidTagMessageDeliveryTime >= \"2022-12-31T22:00:00Z\" AND PidTagMessageDeliveryTime < \"2024-01-31T22:00:00Z\"",
    ),
    (
        "on:..2023",
        "PidTagMessageDeliveryTime < \"2023-12-31T22:00:00Z\"",
    ),
    (
        "after:1m",
        "PidTagMessageDeliveryTime >= \"2024-02-28T22:00:00Z\"",
    ),
    ("larger:5M", "PidTagMessageSize > 5000000"),
    ("smaller:1.5kB", "PidTagMessageSize < 1500"),
    ("larger:3g", "PidTagMessageSizeExtended > 3000000000"),
    (
        "class:IPM.Note",
        "PidTagMessageClass is/i \"IPM.Note\" OR PidTagMessageClass startswith/i \"IPM.Note.\"",
    ),
    (
        "class:REPORT*",
        "PidTagMessageClass startswith/i \"REPORT\"",
    ),
    (
        "in:Archive",
        "PidTagParentEntryId = \"a0\" OR PidTagParentEntryId = \"a1\"",
    ),
    ("-in:\"Sent Items\"", "NOT PidTagParentEntryId = \"b0\""),
    ("id:a12", "PidTagEntryId = \"c0\""),
];

#[test]
fn what_queries_ask_for() {
    for (query, expect) in ASKED {
        let restriction = compile(query).unwrap();
        Matcher::compile(&restriction).unwrap();
        let shown = anywhere_short(&text::restriction(&restriction, &NoNames));
        assert_eq!(shown, *expect, "{query}");
    }
    assert_eq!(
        compile("in:Nowhere"),
        Err(Unresolved::Folder("Nowhere".to_owned()))
    );
    assert_eq!(
        compile("a OR id:x"),
        Err(Unresolved::Message("x".to_owned()))
    );
}

/// Fifteen places in which `a` is looked for, as `ANY a`.
fn anywhere_short(text: &str) -> String {
    let mut text = text.to_owned();
    for word in ["a", "b"] {
        let all = crate::fields::anywhere(mapi_props::MatchKind::Phrase, word);
        let all = text::restriction(&all, &NoNames);
        text = text.replace(&all, &format!("ANY {word}"));
    }
    text
}

#[test]
fn queries_in_their_simplest_form() {
    let table = [
        ("  a   AND b  ", "a b"),
        ("a and b", "a and b"),
        ("a b OR c d", "(a b) OR (c d)"),
        ("a (b)", "a b"),
        ("(a b) c", "(a b) c"),
        ("NOT a", "-a"),
        ("- a", "a"),
        ("-(a OR b)", "-(a OR b)"),
        ("NOT NOT a", "NOT -a"),
        ("-#x", "-#x"),
        ("--x", "--x"),
        ("NOT #x", "-#x"),
        ("#x", "#x"),
        ("\"a\"", "a"),
        ("“a b”", "\"a b\""),
        ("\"a \\\"b\\\" \\c\"", "\"a \\\"b\\\" \\\\c\""),
        ("foo-bar", "foo-bar"),
        ("\"-foo\"", "\"-foo\""),
        ("\"AND\" \"or\"", "\"AND\" or"),
        ("foo*", "foo*"),
        ("\"foo b\"*", "\"foo b\"*"),
        ("\"foo*\"", "\"foo*\""),
        ("a & b", "a b"),
        ("a AND & AND b", "a b"),
        ("-- -> a", "a"),
        ("FROM:Ann", "from:Ann"),
        ("from:(ann OR \"bob b\")", "from:ann OR from:\"bob b\""),
        ("from:(ann -bob)", "from:ann -from:bob"),
        ("Re: budget", "Re: budget"),
        ("http://example.org/x", "http://example.org/x"),
        ("10:30", "10:30"),
        ("std::vec C:\\x", "std::vec C:\\x"),
        ("\"mailto:x\"", "\"mailto:x\""),
        ("ann@example.org", "ann@example.org"),
        ("a(b)c", "a b c"),
        ("a\"b c\"d", "a \"b c\" d"),
        ("larger:1500k smaller:2gb", "larger:1500k smaller:2G"),
        ("larger:123.456789012G", "larger:123456789012"),
        ("on:2024/5/1", "on:2024-05-01"),
        ("after:YESTERDAY before:2W", "after:yesterday before:2w"),
        ("in:Inbox/a\\/b", "in:Inbox/a\\/b"),
        ("in:\"Sent Items\"", "in:\"Sent Items\""),
        ("in:a*", "in:\"a*\""),
        ("class:ipm.note*", "class:ipm.note*"),
        ("is:UNREAD has:Attachment", "is:unread has:attachment"),
        ("会議 中文", "会議 中文"),
        ("* -is:read", "* -is:read"),
    ];
    for (query, expect) in table {
        let parsed = parse(query).unwrap_or_else(|e| panic!("{query}: {e}"));
        assert_eq!(parsed.to_string(), expect, "{query}");
        assert_eq!(parse(expect).unwrap(), parsed, "{query}");
    }
}

/// A query, the character at which it is wrong, and why.
const WRONG: &[(&str, usize, &str)] = &[
    ("", 1, "there is nothing to look for; * finds every message"),
    (
        "  ",
        3,
        "there is nothing to look for; * finds every message",
    ),
    ("&", 1, "`&` has no letters or digits to look for"),
    ("a OR &", 6, "`&` has no letters or digits to look for"),
    ("NOT &", 5, "`&` has no letters or digits to look for"),
    ("from:🎉", 6, "`🎉` has no letters or digits to look for"),
    (
        "é form:ann",
        3,
        "`form:` is no field (did you mean `from:`?); in quotes it is text",
    ),
    (
        "mailto:ann",
        1,
        "`mailto:` is no field; in quotes it is text",
    ),
    (
        "is:unred",
        4,
        "`is:` does not know `unred` (did you mean `unread`?); it knows unread, read, flagged, unflagged, draft, replied, forwarded, important",
    ),
    (
        "is:starred",
        4,
        "`is:` does not know `starred` (did you mean `flagged`?); it knows unread, read, flagged, unflagged, draft, replied, forwarded, important",
    ),
    (
        "has:files",
        5,
        "`has:` does not know `files` (did you mean `attachment`?); it knows attachment",
    ),
    (
        "from: ann",
        7,
        "`from:` needs a value right behind the colon",
    ),
    ("(from:)", 7, "`from:` needs a value right behind the colon"),
    ("to:", 4, "`to:` needs a value right behind the colon"),
    (
        "from:(to:x)",
        7,
        "`to:` cannot stand among the values of `from:`",
    ),
    (
        "on:tomorrow",
        4,
        "`tomorrow` is no date: 2024-05-01, 2024-05, 2024, today, yesterday, 7d, 2w, 3m or 1y are",
    ),
    (
        "after:2023..2024",
        7,
        "`after:` takes one date, `on:` takes a range",
    ),
    ("larger:big", 8, "`big` is no size: 300k, 5M or 1.5G are"),
    (
        "larger:99999999999999G",
        8,
        "`99999999999999G` is no size: 300k, 5M or 1.5G are",
    ),
    ("a fo*o", 3, "`*` can only stand at the end of a word"),
    ("\"a", 1, "this quotation mark is not closed"),
    ("a (b", 3, "this parenthesis is not closed"),
    ("a b)", 4, "this parenthesis was not opened"),
    (")", 1, "this parenthesis was not opened"),
    ("a ()", 4, "there is nothing between the parentheses"),
    ("AND a", 1, "`AND` has nothing to work on"),
    ("a AND", 6, "`AND` has nothing to work on"),
    ("a AND OR b", 7, "`AND` has nothing to work on"),
    ("a AND AND b", 7, "`AND` has nothing to work on"),
    ("OR a", 1, "`OR` has nothing to work on"),
    ("a OR", 5, "`OR` has nothing to work on"),
    ("a OR OR b", 6, "`OR` has nothing to work on"),
    ("a NOT", 3, "`NOT` has nothing to work on"),
    ("NOT AND", 1, "`NOT` has nothing to work on"),
];

#[test]
fn what_is_wrong_and_where() {
    for (query, column, expect) in WRONG {
        wrong(query, *column, expect);
    }
    let deep = format!("{}a", "(".repeat(MAX_NESTING + 1));
    wrong(&deep, MAX_NESTING + 1, "it is nested too deeply");
    let long = "a ".repeat(MAX_TERMS + 1);
    wrong(&long, 2 * MAX_TERMS + 1, "it has too many parts");
    wrong(
        &"* ".repeat(MAX_TERMS + 1),
        2 * MAX_TERMS + 1,
        "it has too many parts",
    );
    let phrase = |words: usize| format!("b \"{}\"", "a ".repeat(words));
    wrong(&phrase(MAX_TERMS), 3, "it has too many parts");
    assert!(parse(&phrase(MAX_TERMS - 1)).is_ok());
    wrong(&"会議".repeat(MAX_TERMS), 1, "it has too many parts");
}

#[test]
fn time_grows_with_the_length_of_a_query() {
    let started = std::time::Instant::now();
    for piece in [
        "& ", "a:", "NOT ", "(", "-", " ", "*", "\\", "會", "\"a\" ", "\u{301}",
    ] {
        let _any = parse(&piece.repeat(200_000));
    }
    // A square of the length would take minutes.
    assert!(started.elapsed().as_secs() < 20, "{:?}", started.elapsed());
}

fn wrong(query: &str, column: usize, expect: &str) {
    let error = parse(query).expect_err(query);
    let found = (error.column, error.problem.to_string());
    assert_eq!(found, (column, expect.to_owned()), "{query}");
}

#[test]
fn folders_that_hold_all() {
    for (query, expect) in [
        ("in:A b", Some(("A", "b"))),
        ("b in:A c", Some(("A", "b c"))),
        ("in:A", Some(("A", "*"))),
        ("in:A in:B", Some(("A", "in:B"))),
        ("-in:A", None),
        ("in:A OR b", None),
        ("(in:A b) c", None),
    ] {
        let within = parse(query).unwrap().within();
        let within = within
            .as_ref()
            .map(|(folder, rest)| (folder.as_str(), rest.to_string()));
        assert_eq!(within, expect.map(|(f, r)| (f, r.to_owned())), "{query}");
    }
}

#[test]
fn the_deepest_query_is_a_restriction_that_may_be_asked() {
    let nested = (0..MAX_NESTING).fold("in:Archive".to_owned(), |inner, n| {
        if n % 2 == 0 {
            format!("to:x OR a ({inner})")
        } else {
            format!("b OR c ({inner})")
        }
    });
    let restriction = compile(&nested).unwrap();
    Matcher::compile(&restriction).unwrap();
    let nots = "NOT ".repeat(MAX_NESTING) + "to:x";
    Matcher::compile(&compile(&nots).unwrap()).unwrap();
}

/// Texts that are nearly queries.
fn nearly() -> impl Strategy<Value = String> {
    let fields: Vec<String> = FIELDS.iter().map(|(name, _)| format!("{name}:")).collect();
    let piece = prop_oneof![
        proptest::sample::select(fields),
        proptest::sample::select(
            [
                " ", " ", " ", "(", ")", "\"", "\\", "-", "*", "AND ", " OR ", "NOT ", "a", "foo",
                "é", "会議", "x:", ":", "//", "unread", "2024", "7d", "..", "5M", "Archive", "”",
                "\u{301}", "\0", "&",
            ]
            .map(str::to_owned)
            .to_vec()
        ),
        "\\PC{0,3}",
    ];
    proptest::collection::vec(piece, 0..14).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn what_is_printed_reads_as_the_same(text in nearly()) {
        match parse(&text) {
            Ok(query) => {
                let printed = query.to_string();
                prop_assert_eq!(parse(&printed).map_err(|e| format!("{printed}: {e}")), Ok(query.clone()));
                let calendar = Calendar::utc(FileTime::from_unix(1_700_000_000));
                if let Ok(restriction) = query.restriction(&calendar, &Folders) {
                    prop_assert!(Matcher::compile(&restriction).is_ok());
                }
            }
            Err(error) => prop_assert!(text.is_char_boundary(error.offset)),
        }
    }
}

#[test]
fn every_field_goes_by_its_name() {
    for (name, field) in FIELDS {
        assert_eq!(Field::named(&name.to_uppercase()), Some(field));
        assert_eq!(field.name(), Some(name));
    }
}
