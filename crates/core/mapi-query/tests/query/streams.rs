//! Content restrictions and comparisons over large values, against the same text held small.

use mapi_props::{FuzzyLevel, MatchKind, PropTag, PropType, PropValue, RelOp, Restriction};
use mapi_query::{Matcher, encode_ansi};
use proptest::prelude::{Strategy, any, prop_oneof, proptest};

use crate::sample::{Sample, tag};

const BODY: PropTag = tag(0x1000, PropType::UNICODE);
const DATA: PropTag = tag(0x3701, PropType::BINARY);

fn content(
    tag: PropTag,
    kind: MatchKind,
    fuzzy: FuzzyLevel,
    value: impl Into<PropValue>,
) -> Matcher {
    let value = value.into();
    Matcher::compile(&Restriction::Content {
        kind,
        fuzzy,
        tag,
        value_tag: value.tag(tag.id()),
        value,
    })
    .unwrap()
}

fn kinds() -> impl Strategy<Value = MatchKind> {
    prop_oneof![
        proptest::strategy::Just(MatchKind::FullString),
        proptest::strategy::Just(MatchKind::Prefix),
        proptest::strategy::Just(MatchKind::Substring)
    ]
}

fn fuzzy() -> impl Strategy<Value = FuzzyLevel> {
    (any::<bool>(), any::<bool>(), any::<bool>()).prop_map(
        |(ignore_case, ignore_nonspace, loose)| FuzzyLevel {
            ignore_case,
            ignore_nonspace,
            loose,
        },
    )
}

/// Texts in which folding looks across characters: marks, jamo, half-width forms, expansions.
fn texts(most: usize) -> impl Strategy<Value = String> {
    let chars = "aAeé\u{301}\u{327}ßẞsSﬁİ\u{307}가각ᄀ\u{1161}\u{11a8}ㄱㅏｶ\u{ff9e}\u{3099}か会😀 ";
    let set: Vec<char> = chars.chars().collect();
    proptest::collection::vec(proptest::sample::select(set), 0..most)
        .prop_map(|v| v.into_iter().collect())
}

proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(2000))]
    #[test]
    fn a_streamed_text_matches_as_the_whole_one(
        text in texts(24), needle in texts(4), from in 0..24_usize, kind in kinds(), fuzzy in fuzzy(), piece in 1..9_usize,
    ) {
        let part: String = text.chars().skip(from).take(needle.chars().count()).collect();
        for needle in [needle, part, text.clone()] {
            let matcher = content(BODY, kind, fuzzy, needle.as_str());
            let small = matcher.matches(&Sample::new().with(BODY, text.as_str()));
            let mut large = Sample::new().large(BODY, text.as_bytes());
            large.piece = piece;
            assert_eq!(matcher.matches(&large), small, "{needle:?} in {text:?}");
        }
    }

    #[test]
    fn streamed_bytes_match_as_the_whole_ones(
        bytes in proptest::collection::vec(0..3_u8, 0..24), needle in proptest::collection::vec(0..3_u8, 0..4),
        kind in kinds(), piece in 1..9_usize,
    ) {
        let matcher = content(DATA, kind, FuzzyLevel::default(), needle);
        let small = matcher.matches(&Sample::new().with(DATA, bytes.clone()));
        let mut large = Sample::new().large(DATA, &bytes);
        large.piece = piece;
        assert_eq!(matcher.matches(&large), small);
    }

    #[test]
    fn large_values_compare_as_small_ones(a in texts(6), b in texts(6)) {
        for op in [RelOp::Lt, RelOp::Le, RelOp::Gt, RelOp::Ge, RelOp::Eq, RelOp::Ne] {
            let matcher = Matcher::compile(&Restriction::property(BODY, op, b.as_str())).unwrap();
            let small = matcher.matches(&Sample::new().with(BODY, a.as_str()));
            assert_eq!(matcher.matches(&Sample::new().large(BODY, a.as_bytes())), small);
        }
    }
}

#[test]
fn a_needle_across_chunks_is_found_and_reading_stops_there() {
    let loose = FuzzyLevel {
        loose: true,
        ..FuzzyLevel::default()
    };
    let matcher = content(BODY, MatchKind::Substring, loose, "cafe au lait");
    for before in 65_520..65_550 {
        let text = "x".repeat(before) + "CAFÉ AU LAIT" + &"y".repeat(400_000);
        let row = Sample::new().large(BODY, text.as_bytes());
        assert!(matcher.matches(&row));
        assert!(row.read.get() <= 3 * 65_536, "{}", row.read.get());
    }
    let row = Sample::new().large(BODY, &b"z".repeat(400_000));
    assert!(!matcher.matches(&row));
    let prefix = content(BODY, MatchKind::Prefix, FuzzyLevel::default(), "zy");
    assert!(!prefix.matches(&row));
}

#[test]
fn large_text_in_a_code_page_is_decoded() {
    let body = BODY.with_type(PropType::STRING8);
    let japanese = encode_ansi(&("会議".repeat(20_000) + "の資料"), 932);
    let matcher = content(BODY, MatchKind::Substring, FuzzyLevel::default(), "議の資");
    assert!(matcher.matches(&Sample::new().large_in(body, 932, &japanese.bytes)));
    assert!(!matcher.matches(&Sample::new().large_in(body, 1252, &japanese.bytes)));
}

#[test]
fn what_is_not_at_hand_counts_as_missing() {
    let matcher = content(BODY, MatchKind::Substring, FuzzyLevel::default(), "");
    let row = Sample::new().remote(BODY, 5000);
    assert!(!matcher.matches(&row));
    let exists = Matcher::compile(&Restriction::exist(BODY)).unwrap();
    assert!(exists.matches(&row));
    let size = Restriction::Size {
        op: RelOp::Ge,
        tag: BODY,
        size: 1000,
    };
    assert!(
        Matcher::compile(&size).unwrap().matches(&row),
        "its size is known"
    );
    let bytes_in_text = content(DATA, MatchKind::Substring, FuzzyLevel::default(), &b"x"[..]);
    assert!(!bytes_in_text.matches(&Sample::new().large(DATA.with_type(PropType::UNICODE), b"x")));
}
