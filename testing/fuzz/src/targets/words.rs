//! Words of texts: cut the same however the text comes, safe to write into an index's expression, and found where they stand.

use std::ops::ControlFlow;

use mapi_props::{Bag, FuzzyLevel, MatchKind, Restriction, tags};
use mapi_query::words::{Cutter, GAP, LONGEST, WordPattern, each_word};
use mapi_query::{BagRow, Matcher, search_fold};

use crate::choices::Choices;
use crate::seen::Seen;
use crate::target::Target;

pub(super) static TARGET: Target = Target {
    name: "words",
    about: "a text has the same words however it is cut, none of them holds syntax, and its parts are found in it",
    longest: 4096,
    seeds,
    takes_mail: false,
    tokens: TOKENS,
    run,
};

fn run(input: &[u8], seen: &mut Seen) {
    let mut choices = Choices::new(input);
    let step = 1 + choices.below(40);
    let long = choices.below(8) == 7;
    let text = String::from_utf8_lossy(choices.rest()).into_owned();
    // Long texts are folded in pieces.
    let text = if long {
        text.repeat(40_000 / text.len().max(1) + 1)
    } else {
        text
    };
    let text: String = text.chars().take(60_000).collect();
    let words = words_of(&text);
    seen.count("words", words.len());
    for word in &words {
        assert!(
            !word.is_empty() && word.len() <= LONGEST,
            "a word of {} bytes",
            word.len()
        );
        // Nothing that means something in an expression of the index, or between its words.
        let odd = word.chars().find(|c| {
            c.is_ascii() && !c.is_ascii_alphanumeric() || c.is_whitespace() || c.is_control()
        });
        assert_eq!(odd, None, "{word:?}");
        assert!(!word.contains(GAP), "{word:?}");
        seen.mark("script", word.chars().next().map(|c| u32::from(c) >> 8));
    }
    assert_eq!(
        words_of(&text),
        words_in_pieces(&text, step),
        "{text:?} in steps of {step}"
    );
    if !long {
        found(&text, &words, step, seen);
    }
}

fn words_of(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let _never_ended = each_word(text, |word| {
        words.push(word.to_owned());
        ControlFlow::Continue(())
    });
    words
}

/// The words of the whole folded text, fed in pieces of so many characters.
fn words_in_pieces(text: &str, step: usize) -> Vec<String> {
    let folded: Vec<char> = search_fold(text).chars().collect();
    let mut cutter = Cutter::default();
    let mut words = Vec::new();
    let mut take = |word: &str| {
        words.push(word.to_owned());
        ControlFlow::Continue(())
    };
    for piece in folded.chunks(step) {
        let _never_ended = cutter.feed(&piece.iter().collect::<String>(), &mut take);
    }
    let _never_ended = cutter.finish(&mut take);
    words
}

/// A text is found in itself, and so are its beginning and its end where they are cut between words.
fn found(text: &str, words: &[String], step: usize, seen: &mut Seen) {
    let mut bag = Bag::new();
    bag.set(tags::SUBJECT, text);
    for kind in [MatchKind::Phrase, MatchKind::WordPrefix] {
        let whole = is_found(kind, text, &bag);
        assert_eq!(whole, !words.is_empty(), "{kind:?} {text:?} in itself");
        for (at, _) in text.match_indices(' ').take(step) {
            for part in [text.get(..at), text.get(at..)].into_iter().flatten() {
                let some = !words_of(part).is_empty();
                assert_eq!(
                    is_found(kind, part, &bag),
                    some,
                    "{kind:?} {part:?} in {text:?}"
                );
            }
        }
        seen.mark("found", (format!("{kind:?}"), whole));
    }
    if let Some(word) = words.first() {
        let start: String = word.chars().take(1).collect();
        assert!(
            is_found(MatchKind::WordPrefix, &start, &bag),
            "{start:?} begins no word of {text:?}"
        );
    }
}

/// Whether the matcher finds it, which must be what the pattern says.
fn is_found(kind: MatchKind, pattern: &str, bag: &Bag) -> bool {
    let text = bag.text(tags::SUBJECT).unwrap_or_default();
    let by_pattern = WordPattern::of(kind, pattern).is_some_and(|p| p.is_in(text));
    let mut restriction = Restriction::content(tags::SUBJECT, kind, pattern);
    if let Restriction::Content { fuzzy, .. } = &mut restriction {
        *fuzzy = FuzzyLevel {
            ignore_case: pattern.len().is_multiple_of(2),
            ..FuzzyLevel::default()
        };
    }
    let matcher = Matcher::compile(&restriction).expect("words of a text can be looked for");
    let by_matcher = matcher.matches(&BagRow(bag));
    assert_eq!(by_matcher, by_pattern, "{kind:?} {pattern:?} in {text:?}");
    by_matcher
}

fn seeds() -> Vec<Vec<u8>> {
    let texts = [
        "L'été à Łódź: 会議室 2",
        "Straße, İstanbul ﬁle CAFÉ cafe\u{301}",
        "会議室の日程 ภาษาไทย 한국어 ｶﾞｷﾞ",
        "NEAR(a b) \"x\"* ^y AND - col:z {a b}: c + d",
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa b",
        "a_b-c'd e.f@g.h 1,234.5 \u{ad}soft\u{ad}hyphen zero\u{200b}width",
    ];
    let all = [0_u8, 7].into_iter().flat_map(|long| {
        texts
            .iter()
            .enumerate()
            .map(move |(n, text)| [&[u8::try_from(n).unwrap_or(0), long], text.as_bytes()].concat())
    });
    all.collect()
}

const TOKENS: &[&[u8]] = &[
    b" ",
    b"'",
    b"\"",
    b"*",
    b"-",
    b"_",
    b"(",
    b"NEAR(",
    b"AND",
    b"OR",
    b"NOT",
    b"^",
    b"+",
    b":",
    b"{",
    b"}",
    b"\0",
    b"\xCC\x81",
    b"\xE3\x82\x99",
    b"\xEF\xBE\x9E",
    b"\xE4\xBC\x9A",
    b"\xE8\xAD\xB0",
    b"\xE3\x81\xAE",
    b"\xED\x95\x9C",
    b"\xE1\x84\x92\xE1\x85\xA1\xE1\x86\xAB",
    b"\xE0\xB8\xA0",
    b"\xE0\xB9\x80",
    b"\xC3\x9F",
    b"\xC4\xB0",
    b"\xEF\xAC\x81",
    b"\xEF\xAC\x83",
    b"\xC2\xAD",
    b"\xE2\x80\x8B",
    b"\xE2\x80\x8D",
    b"\xEE\x80\x80",
    b"\xC7\x86",
    b"\xE2\x91\xA0",
    b"\xC2\xBD",
    b"\xEF\xBC\xA1",
    b"\xCE\xA3",
    b"\xCF\x82",
    b"\xF0\xA0\x80\x80",
    b"\xF0\x9D\x90\x80",
    b"\xE0\xA4\x95\xE0\xA5\x8D",
    b"\xD7\xB0",
    b"\xD9\x8B",
    b"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    b"\xF0\x9F\x91\xA9\xE2\x80\x8D",
];
