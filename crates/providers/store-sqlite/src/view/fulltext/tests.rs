//! What the index is asked: expressions, and what is left to be tested.
#![allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

use mapi_props::names::NoNames;
use mapi_props::text::parse_restriction;
use mapi_props::{FuzzyLevel, MatchKind, Restriction, tags};
use mapi_query::fields::{self, Field};

use super::said::asked;

#[track_caller]
fn check(restriction: &Restriction, expression: Option<&str>, residue: Option<&Restriction>) {
    let (asked, left) = asked(restriction);
    assert_eq!(asked.text().as_deref(), expression, "{restriction:?}");
    assert_eq!(left.as_ref(), residue, "{restriction:?}");
}

fn parsed(text: &str) -> Restriction {
    parse_restriction(text, &NoNames).unwrap()
}

fn word(text: &str) -> Restriction {
    fields::anywhere(MatchKind::Phrase, text)
}

#[test]
fn fields_are_columns() {
    let columns = [
        (Field::Subject, r#"{"subject"} : "a b""#),
        (Field::Sender, r#"{"sender"} : "a b""#),
        (Field::To, r#"{"to"} : "a b""#),
        (Field::Cc, r#"{"cc"} : "a b""#),
        (Field::Bcc, r#"{"bcc"} : "a b""#),
        (Field::Other, r#"{"other"} : "a b""#),
        (Field::Body, r#"{"body"} : "a b""#),
        (Field::Attachment, r#"{"attachment"} : "a b""#),
    ];
    for (field, expression) in columns {
        check(
            &field.restriction(MatchKind::Phrase, "A b"),
            Some(expression),
            None,
        );
    }
    let anyone = fields::anyone(MatchKind::WordPrefix, "Ä");
    check(&anyone, Some(r#"{"to" "cc" "bcc" "other"} : "a" *"#), None);
    check(&word("会議室"), Some(r#""会議 議室""#), None);
    check(&word("会"), Some(r#""会" *"#), None);
}

#[test]
fn a_long_phrase_is_asked_for_by_its_beginning() {
    let long = vec!["a"; 17].join(" ");
    let (asked_for, left) = asked(&word(&long));
    let beginning = format!("\"{}\"", vec!["a"; 16].join(" "));
    assert_eq!(asked_for.text(), Some(beginning));
    assert_eq!(left, Some(word(&long)));
}

#[test]
fn what_is_not_said_is_left() {
    let unread = parsed("PidTagMessageFlags & 1 = 0");
    let and = Restriction::And(vec![word("a"), unread.clone()]);
    check(
        &and,
        Some(r#""a""#),
        Some(&Restriction::And(vec![unread.clone()])),
    );
    let or = Restriction::Or(vec![word("a"), unread.clone()]);
    check(&or, None, Some(&or));
    let not = word("a").negate();
    check(&not, None, Some(&not));
    let without = Restriction::And(vec![word("a"), word("b").negate()]);
    check(&without, Some(r#""a" NOT "b""#), None);
    let flags_without = Restriction::And(vec![unread.clone(), word("b").negate()]);
    check(&flags_without, None, Some(&flags_without));
    // Half a field is more than what is asked for: nothing may be taken off for it.
    let name = parsed(r#"PidTagSenderName hasphrase "a""#);
    check(&name, Some(r#"{"sender"} : "a""#), Some(&name));
    let not_name = Restriction::And(vec![word("b"), name.clone().negate()]);
    let left = Restriction::And(vec![name.negate()]);
    check(&not_name, Some(r#""b""#), Some(&left));
}

#[test]
fn expressions_nest() {
    let either = Restriction::Or(vec![
        word("b"),
        Field::Subject.restriction(MatchKind::Phrase, "c"),
    ]);
    let all = Restriction::And(vec![word("a"), either, word("d e").negate()]);
    check(
        &all,
        Some(r#"("a" AND ("b" OR {"subject"} : "c")) NOT "d e""#),
        None,
    );
    let nothing = Restriction::And(vec![word("a"), word("!")]);
    check(&nothing, None, None);
    let one_of_nothing = Restriction::Or(vec![word("a"), word("!")]);
    check(&one_of_nothing, Some(r#""a""#), None);
}

#[test]
fn other_kinds_are_covered_by_words() {
    let content = |kind, text: &str| Restriction::Content {
        kind,
        fuzzy: FuzzyLevel {
            loose: true,
            ..FuzzyLevel::default()
        },
        tag: tags::SUBJECT.raw(),
        value_tag: tags::SUBJECT.raw(),
        value: text.into(),
    };
    let covered = [
        (
            MatchKind::FullString,
            "Plan für 2",
            Some(r#"{"subject"} : "plan fur 2""#),
        ),
        (
            MatchKind::Prefix,
            "Plan f",
            Some(r#"{"subject"} : "plan f" *"#),
        ),
        (
            MatchKind::Substring,
            "lan für",
            Some(r#"{"subject"} : "fur" *"#),
        ),
        (MatchKind::Substring, "lan", None),
        (
            MatchKind::Substring,
            "議室",
            Some(r#"{"subject"} : "議室""#),
        ),
    ];
    for (kind, text, expression) in covered {
        let restriction = content(kind, text);
        check(&restriction, expression, Some(&restriction));
    }
    let equal = parsed(r#"PidTagSenderEmailAddress = "a@b.example""#);
    check(&equal, Some(r#"{"sender"} : "a b example""#), Some(&equal));
}

#[test]
fn one_recipient_must_be_all_that_is_asked() {
    let both = parsed(
        r#"recipients(PidTagDisplayName hasphrase "a" AND PidTagSmtpAddress hasphrase "b")"#,
    );
    let columns = r#"{"to" "cc" "bcc" "other"}"#;
    let expression = format!(r#"{columns} : "a" AND {columns} : "b""#);
    check(&both, Some(&expression), Some(&both));
    let kind_only = parsed("recipients(PidTagRecipientType = 2)");
    check(&kind_only, None, Some(&kind_only));
    let odd_kind =
        parsed(r#"recipients(PidTagRecipientType = 7 AND PidTagDisplayName hasphrase "a")"#);
    check(
        &odd_kind,
        Some(&format!(r#"{columns} : "a""#)),
        Some(&odd_kind),
    );
}
