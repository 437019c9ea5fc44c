//! Words of texts, and patterns of words in texts, against a direct reading: runs that stand beside one another.

use std::ops::ControlFlow;

use mapi_props::{FuzzyLevel, MatchKind, PropTag, PropType, Restriction, tags};
use mapi_query::words::{Cutter, LONGEST, WordPattern, each_word};
use mapi_query::{Matcher, search_fold};
use proptest::prelude::{Strategy, proptest};
use proptest::sample::{Index, select};

use crate::sample::{Sample, tag};

const BODY: PropTag = tag(0x1000, PropType::UNICODE);

/// A run of a text: of a script without spaces, or a word.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Run {
    Word(String),
    Dense(String),
}

fn runs(text: &str) -> Vec<Run> {
    let dense = |c: char| matches!(c, '\u{1100}'..='\u{11ff}' | '\u{e00}'..='\u{e7f}' | '\u{3040}'..='\u{9fff}' | '\u{ac00}'..='\u{d7a3}');
    let folded = search_fold(text);
    let mut runs = Vec::new();
    let mut apart = true;
    for c in folded.chars() {
        if !c.is_alphanumeric() {
            apart = true;
            continue;
        }
        match runs.last_mut() {
            Some(Run::Word(word)) if !apart && !dense(c) => word.push(c),
            Some(Run::Dense(run)) if !apart && dense(c) => run.push(c),
            _ if dense(c) => runs.push(Run::Dense(c.into())),
            _ => runs.push(Run::Word(c.into())),
        }
        apart = false;
    }
    for run in &mut runs {
        if let Run::Word(word) = run {
            word.truncate(word.floor_char_boundary(LONGEST));
        }
    }
    runs
}

/// Whether the runs of a pattern stand in a text one after another: at its ends a run of a script without spaces may go
/// on, a word only at the end of a WordPrefix.
pub(crate) fn stands_in(kind: MatchKind, text: &str, pattern: &str) -> bool {
    let (text, pattern) = (runs(text), runs(pattern));
    let last = pattern.len().wrapping_sub(1);
    let fits = |place: usize, there: &Run| match (&pattern[place], there) {
        (Run::Word(wanted), Run::Word(word)) if place == last && kind == MatchKind::WordPrefix => {
            word.starts_with(wanted.as_str())
        }
        (Run::Dense(wanted), Run::Dense(run)) => match (place == 0, place == last) {
            (true, true) => run.contains(wanted.as_str()),
            (true, false) => run.ends_with(wanted.as_str()),
            (false, true) => run.starts_with(wanted.as_str()),
            (false, false) => run == wanted,
        },
        (wanted, there) => wanted == there,
    };
    let at = |start: usize| (0..pattern.len()).all(|n| fits(n, &text[start + n]));
    !pattern.is_empty() && (0..(text.len() + 1).saturating_sub(pattern.len())).any(at)
}

fn words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let _ = each_word(text, |word| {
        words.push(word.to_owned());
        ControlFlow::Continue(())
    });
    words
}

fn matcher(kind: MatchKind, pattern: &str) -> Matcher {
    Matcher::compile(&Restriction::content(BODY, kind, pattern)).unwrap()
}

fn texts(most: usize) -> impl Strategy<Value = String> {
    let chars = "aabé\u{301}ßAŁﬁ1 -'会会議室か\u{3099}ｶﾞกา가ᄀ\u{1161}\u{ad}\u{e000}  ";
    proptest::collection::vec(select(chars.chars().collect::<Vec<_>>()), 0..most)
        .prop_map(|v| v.into_iter().collect())
}

#[test]
fn texts_have_these_words() {
    let table = [
        ("L'été, 42 e-mails", &["l", "ete", "42", "e", "mails"][..]),
        ("会議室", &["会議", "議室", "室"]),
        ("第3会議", &["第", "3", "会議", "議"]),
        (
            "Straße ﬁle Łódź İstanbul Café",
            &["strasse", "file", "lodz", "istanbul", "cafe"],
        ),
        ("Cafe\u{301}s so\u{ad}ft", &["cafes", "soft"]),
        ("中文。", &["中文", "文"]),
        (
            "snake_case a.b@c.org",
            &["snake", "case", "a", "b", "c", "org"],
        ),
        ("हिन्दी 1\u{fe0f}\u{20e3}", &["हिनदी", "1"]),
        ("\u{e000} — ☎ _", &[]),
    ];
    for (text, wanted) in table {
        assert_eq!(words(text), wanted, "{text}");
    }
    let long = "é".repeat(40);
    assert_eq!(words(&long), ["e".repeat(40)]);
    assert_eq!(words(&"ж".repeat(40)), ["ж".repeat(32)]);
    assert_eq!(
        words(&format!("{}b c", "a".repeat(64))),
        ["a".repeat(64), "c".into()]
    );
}

#[test]
fn patterns_are_found_where_they_should() {
    use MatchKind::{Phrase, WordPrefix};
    let found = [
        (Phrase, "会議", "明日の会議室です"),
        (Phrase, "会", "社会"),
        (Phrase, "中文", "用中文写"),
        (Phrase, "strasse", "Hauptstr. / Straße 5"),
        (Phrase, "Straße", "STRASSE"),
        (Phrase, "lodz", "Łódź"),
        (Phrase, "file", "ﬁle"),
        (Phrase, "Cafe", "Café"),
        (Phrase, "istanbul", "İstanbul"),
        (WordPrefix, "ista", "İstanbul"),
        (WordPrefix, "e-mail to bo", "E-Mail to Bob"),
        (Phrase, "会議室 2024", "第二会議室2024年"),
    ];
    for (kind, pattern, text) in found {
        assert!(
            WordPattern::of(kind, pattern).unwrap().is_in(text),
            "{pattern} in {text}"
        );
        assert!(
            matcher(kind, pattern).matches(&Sample::new().with(BODY, text)),
            "{pattern} in {text}"
        );
    }
    let missing = [
        (Phrase, "caf", "Café"),
        (Phrase, "au cafe", "café au lait"),
        (Phrase, "会議", "会 議"),
        (WordPrefix, "e-mai l", "e-mail l"),
        (Phrase, "...", "..."),
        (WordPrefix, "", "anything"),
    ];
    for (kind, pattern, text) in missing {
        assert!(
            !matcher(kind, pattern).matches(&Sample::new().with(BODY, text)),
            "{pattern} in {text}"
        );
    }
}

#[test]
fn words_are_of_text_and_of_the_body_that_a_reader_gets() {
    let bytes = tag(0x3701, PropType::BINARY);
    let of_bytes = Restriction::content(bytes, MatchKind::Phrase, &b"x"[..]);
    assert_eq!(
        Matcher::compile(&of_bytes).unwrap_err(),
        mapi_props::Code::TOO_COMPLEX
    );
    let matcher = matcher(MatchKind::Phrase, "hello");
    assert!(
        matcher.tags().contains(&tags::HTML.raw()),
        "what a body is made from is asked for"
    );
    let mut row = Sample::new();
    row.made = Some("Hello there".into());
    assert!(matcher.matches(&row));
    assert!(
        !matcher.matches(&row.with(BODY, "stored")),
        "a body that is stored is the body"
    );
}

proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(4000))]
    #[test]
    fn a_pattern_is_found_if_and_only_if_its_runs_stand_there(
        text in texts(16), other in texts(5), from in 0..16_usize, length in 0..6_usize, prefix in proptest::bool::ANY,
    ) {
        let kind = if prefix { MatchKind::WordPrefix } else { MatchKind::Phrase };
        let part: String = text.chars().skip(from).take(length).collect();
        for pattern in [other, part] {
            let found = WordPattern::of(kind, &pattern).is_some_and(|p| p.is_in(&text));
            assert_eq!(found, stands_in(kind, &text, &pattern), "{pattern:?} in {text:?}");
        }
    }

    #[test]
    fn words_cover_what_other_kinds_find(
        text in texts(16), other in texts(4), from in 0..16_usize, length in 0..9_usize, flags in proptest::array::uniform3(proptest::bool::ANY),
    ) {
        let fuzzy = FuzzyLevel { ignore_case: flags[0], ignore_nonspace: flags[1], loose: flags[2] };
        let part: String = text.chars().skip(from).take(length).collect();
        for pattern in [other, part, text.clone()] {
            for kind in [MatchKind::FullString, MatchKind::Prefix, MatchKind::Substring] {
                let content = Restriction::Content { kind, fuzzy, tag: BODY, value_tag: BODY, value: pattern.as_str().into() };
                let found = Matcher::compile(&content).unwrap().matches(&Sample::new().with(BODY, text.as_str()));
                if let Some(words) = WordPattern::covering(kind, fuzzy, &pattern).filter(|_| found) {
                    assert!(words.is_in(&text), "{kind:?} {fuzzy:?} {pattern:?} in {text:?}: {words:?}");
                }
            }
        }
    }

    #[test]
    fn words_in_a_stream_are_those_of_the_whole(
        text in texts(30), pattern in texts(4), from in 0..30_usize, piece in 1..9_usize,
    ) {
        let part: String = text.chars().skip(from).take(3).collect();
        for pattern in [pattern, part] {
            let matcher = matcher(MatchKind::Phrase, &pattern);
            let small = matcher.matches(&Sample::new().with(BODY, text.as_str()));
            let mut large = Sample::new().large(BODY, text.as_bytes());
            large.piece = piece;
            assert_eq!(matcher.matches(&large), small, "{pattern:?} in {text:?}");
        }
    }

    #[test]
    fn pieces_of_folded_text_give_the_same_words(text in texts(30), cuts in proptest::collection::vec(proptest::prelude::any::<Index>(), 0..4)) {
        let folded = search_fold(&text).into_owned();
        let mut places: Vec<usize> = cuts.iter().map(|c| folded.floor_char_boundary(c.index(folded.len() + 1))).collect();
        places.extend([0, folded.len()]);
        places.sort_unstable();
        let mut found = Vec::new();
        let mut take = |word: &str| {
            found.push(word.to_owned());
            ControlFlow::Continue(())
        };
        let mut cutter = Cutter::default();
        for pair in places.windows(2) {
            let _ = cutter.feed(folded.get(pair[0]..pair[1]).unwrap(), &mut take);
        }
        let _ = cutter.finish(&mut take);
        assert_eq!(found, words(&text));
    }
}

#[test]
fn long_texts_are_cut_only_where_folding_does_not_look_across() {
    for before in 16_370..16_390 {
        let text = format!(
            "{} e\u{301}te\u{301} 会議",
            "x ".repeat(before / 2) + &"y".repeat(before % 2)
        );
        let words = words(&text);
        assert!(
            words.ends_with(&["ete".into(), "会議".into(), "議".into()]),
            "{before}"
        );
    }
}
