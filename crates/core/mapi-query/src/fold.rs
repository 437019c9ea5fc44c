//! Folding of text for FL_IGNORECASE, FL_IGNORENONSPACE, FL_LOOSE and for full-text search.
//! [MS-OXCDATA] 2.12.4 FuzzyLevelHigh; Unicode Standard 3.13 (D144 toCasefold), Annex #15 (NFKD).

use std::borrow::Cow;

use icu_casemap::{CaseMapper, CaseMapperBorrowed};
use icu_normalizer::DecomposingNormalizerBorrowed;
use icu_properties::props::GeneralCategory;
use icu_properties::{CodePointMapData, CodePointMapDataBorrowed};
use mapi_props::FuzzyLevel;

/// `text` as a content restriction with these flags sees it.
///
/// FL_IGNORECASE is full case folding; FL_IGNORENONSPACE is NFKD without nonspacing marks (Hangul put together again, so
/// that a syllable does not contain a shorter one); FL_LOOSE is both; no flag leaves the stored code points.
///
/// ```
/// use mapi_props::FuzzyLevel;
/// use mapi_query::fold;
/// let ignore_case = FuzzyLevel { ignore_case: true, ..FuzzyLevel::default() };
/// assert_eq!(fold("Straße", ignore_case), "strasse");
/// let loose = FuzzyLevel { loose: true, ..FuzzyLevel::default() };
/// assert_eq!(fold("CAFÉ", loose), "cafe");
/// ```
#[must_use]
pub fn fold(text: &str, fuzzy: FuzzyLevel) -> Cow<'_, str> {
    match (
        fuzzy.ignore_case || fuzzy.loose,
        fuzzy.ignore_nonspace || fuzzy.loose,
    ) {
        (false, false) => Cow::Borrowed(text),
        (true, false) => fold_case(text),
        (false, true) => strip_marks(text),
        // Marks first: folding would turn an iota subscript into a letter.
        (true, true) => match strip_marks(text) {
            Cow::Borrowed(text) => fold_case(text),
            Cow::Owned(text) => Cow::Owned(fold_case(&text).into_owned()),
        },
    }
}

/// `text` as the full-text index sees it: [`fold`] with FL_LOOSE, then letters that do not decompose
/// (ł ø æ œ đ ð þ ħ ı) as their base letters, and invisible format characters removed.
///
/// An index over it finds a superset of what a content restriction matches, if [`search_covers`] says so.
///
/// ```
/// assert_eq!(mapi_query::search_fold("Łódź, Ærø, ﬁle"), "lodz, aero, file");
/// ```
#[must_use]
pub fn search_fold(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        return fold_case(text);
    }
    let loose = fold(
        text,
        FuzzyLevel {
            loose: true,
            ..FuzzyLevel::default()
        },
    );
    let mut out = String::with_capacity(loose.len());
    for c in loose.chars() {
        match c {
            'ł' => out.push('l'),
            'ø' => out.push('o'),
            'đ' | 'ð' => out.push('d'),
            'ħ' => out.push('h'),
            'ı' => out.push('i'),
            'æ' => out.push_str("ae"),
            'œ' => out.push_str("oe"),
            'þ' => out.push_str("th"),
            c if CATEGORIES.get(c) == GeneralCategory::Format => {}
            c => out.push(c),
        }
    }
    Cow::Owned(out)
}

/// Whether every text in which [`fold`] finds `pattern` also holds it after [`search_fold`].
///
/// Not so for a pattern with jamo, which may match a part of what search puts together as a syllable; nor for one with
/// a Greek iota where case alone is folded, which may match an iota subscript that search removes as a mark.
#[must_use]
pub fn search_covers(pattern: &str, fuzzy: FuzzyLevel) -> bool {
    let keeps_marks = !(fuzzy.ignore_nonspace || fuzzy.loose);
    let iota = fuzzy.ignore_case && keeps_marks && fold_case(pattern).contains('ι');
    pattern.is_ascii() || !(iota || pattern.chars().any(is_jamo))
}

/// Whether a text may be cut before `c` without changing how the two halves fold: not a mark, not a jamo that may join
/// what stands before it.
pub(crate) fn folds_alone(c: char) -> bool {
    use GeneralCategory as G;
    c.is_ascii()
        || !(is_jamo(c)
            || matches!(c, '\u{ff9e}' | '\u{ff9f}')
            || matches!(
                CATEGORIES.get(c),
                G::NonspacingMark | G::SpacingMark | G::EnclosingMark
            ))
}

/// Parts of Korean syllables: conjoining, compatibility and half-width.
const fn is_jamo(c: char) -> bool {
    matches!(c, '\u{1100}'..='\u{11ff}' | '\u{3131}'..='\u{318e}' | '\u{ffa0}'..='\u{ffdc}')
}

static CASES: CaseMapperBorrowed<'static> = CaseMapper::new();
pub(crate) static CATEGORIES: CodePointMapDataBorrowed<'static, GeneralCategory> =
    CodePointMapData::<GeneralCategory>::new();
static NFKD: DecomposingNormalizerBorrowed<'static> = DecomposingNormalizerBorrowed::new_nfkd();

fn fold_case(text: &str) -> Cow<'_, str> {
    if !text.is_ascii() {
        CASES.fold_string(text)
    } else if text.bytes().any(|b| b.is_ascii_uppercase()) {
        Cow::Owned(text.to_ascii_lowercase())
    } else {
        Cow::Borrowed(text)
    }
}

fn strip_marks(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut jamo = false;
    let mut rest = text;
    while !rest.is_empty() {
        // ASCII neither decomposes nor joins anything, so only the runs between need the normaliser.
        let (ascii, tail) = split_run(rest, true);
        let (run, tail) = split_run(tail, false);
        out.push_str(ascii);
        for c in NFKD.normalize_iter(run.chars()) {
            if CATEGORIES.get(c) != GeneralCategory::NonspacingMark {
                jamo |= matches!(c, '\u{1100}'..='\u{11ff}');
                out.push(c);
            }
        }
        rest = tail;
    }
    Cow::Owned(if jamo { compose_hangul(&out) } else { out })
}

/// Splits off the leading run of characters that are ASCII, or that are not.
fn split_run(text: &str, ascii: bool) -> (&str, &str) {
    let end = text
        .bytes()
        .position(|b| b.is_ascii() != ascii)
        .unwrap_or(text.len());
    text.split_at_checked(end).unwrap_or((text, ""))
}

/// Puts conjoining jamo together, and nothing else. Unicode Standard 3.12, Hangul Syllable Composition.
fn compose_hangul(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut last: Option<char> = None;
    for c in text.chars() {
        match last.and_then(|l| hangul_pair(l, c)) {
            Some(joined) => last = Some(joined),
            None => out.extend(last.replace(c)),
        }
    }
    out.extend(last);
    out
}

fn hangul_pair(first: char, second: char) -> Option<char> {
    const VOWELS: u32 = 21;
    const TAILS: u32 = 28;
    let (first, second) = (u32::from(first), u32::from(second));
    let joined = match (first, second) {
        (0x1100..=0x1112, 0x1161..=0x1175) => {
            0xAC00 + ((first - 0x1100) * VOWELS + (second - 0x1161)) * TAILS
        }
        (0xAC00..=0xD7A3, 0x11A8..=0x11C2) if (first - 0xAC00).is_multiple_of(TAILS) => {
            first + (second - 0x11A7)
        }
        _ => return None,
    };
    char::from_u32(joined)
}

#[cfg(test)]
mod tests {
    use super::{fold, search_fold};
    use mapi_props::FuzzyLevel;

    const CASE: FuzzyLevel = FuzzyLevel {
        ignore_case: true,
        ignore_nonspace: false,
        loose: false,
    };
    const MARKS: FuzzyLevel = FuzzyLevel {
        ignore_case: false,
        ignore_nonspace: true,
        loose: false,
    };
    const LOOSE: FuzzyLevel = FuzzyLevel {
        ignore_case: false,
        ignore_nonspace: false,
        loose: true,
    };

    #[test]
    fn folding_tables() {
        // text, FL_IGNORECASE, FL_IGNORENONSPACE, FL_LOOSE, full text
        let table = [
            ("Cafe", "cafe", "Cafe", "cafe", "cafe"),
            ("Café", "café", "Cafe", "cafe", "cafe"),
            ("Cafe\u{301}", "cafe\u{301}", "Cafe", "cafe", "cafe"),
            ("Straße", "strasse", "Straße", "strasse", "strasse"),
            ("STRASSE", "strasse", "STRASSE", "strasse", "strasse"),
            ("Łódź", "łódź", "Łodz", "łodz", "lodz"),
            ("ﬁle", "file", "file", "file", "file"),
            (
                "İstanbul",
                "i\u{307}stanbul",
                "Istanbul",
                "istanbul",
                "istanbul",
            ),
            ("ısı", "ısı", "ısı", "ısı", "isi"),
            ("会議", "会議", "会議", "会議", "会議"),
            ("각", "각", "각", "각", "각"),
            ("Ｆｕｌｌ ｶﾞ", "ｆｕｌｌ ｶﾞ", "Full カ", "full カ", "full カ"),
            ("ℌ Æ Ø", "ℌ æ ø", "H Æ Ø", "h æ ø", "h ae o"),
            ("ΣΑΣ", "σασ", "ΣΑΣ", "σασ", "σασ"),
            ("a\u{ad}b", "a\u{ad}b", "a\u{ad}b", "a\u{ad}b", "ab"),
        ];
        for (text, case, marks, loose, search) in table {
            assert_eq!(fold(text, FuzzyLevel::default()), text);
            assert_eq!(fold(text, CASE), case, "{text} case");
            assert_eq!(fold(text, MARKS), marks, "{text} marks");
            assert_eq!(fold(text, LOOSE), loose, "{text} loose");
            assert_eq!(search_fold(text), search, "{text} search");
        }
    }

    #[test]
    fn search_sees_the_same_before_and_after_folding() {
        let subscript = |c: char| {
            super::NFKD
                .normalize_iter(std::iter::once(c))
                .any(|c| c == '\u{345}')
        };
        for c in assigned() {
            let text = c.to_string();
            let search = search_fold(&text);
            assert_eq!(search_fold(&fold(&text, MARKS)), search, "{c:?}");
            assert_eq!(search_fold(&fold(&text, LOOSE)), search, "{c:?}");
            assert!(
                subscript(c) || search_fold(&fold(&text, CASE)) == search,
                "{c:?}"
            );
        }
    }

    proptest::proptest! {
        #[test]
        fn search_finds_what_folding_finds(
            text in "[aAÉé\u{301}ßſKｶ\u{ff9e}가각ﬁİŁæΑᾳᾼι\u{345}\u{ad}]{0,6}",
            pattern in "[aAÉé\u{301}ßſKｶ\u{ff9e}가각ﬁİŁæΑᾳᾼι\u{345}\u{ad}]{0,2}",
        ) {
            for fuzzy in [FuzzyLevel::default(), CASE, MARKS, LOOSE] {
                if super::search_covers(&pattern, fuzzy) && fold(&text, fuzzy).contains(&*fold(&pattern, fuzzy)) {
                    assert!(search_fold(&text).contains(&*search_fold(&pattern)), "{text:?} {pattern:?} {fuzzy:?}");
                }
            }
        }
    }

    #[test]
    fn folding_twice_changes_nothing() {
        for c in assigned() {
            let text = c.to_string();
            for fuzzy in [CASE, MARKS, LOOSE] {
                let once = fold(&text, fuzzy);
                assert_eq!(fold(&once, fuzzy), once, "{c:?} {fuzzy:?}");
            }
            let once = search_fold(&text);
            assert_eq!(search_fold(&once), once, "{c:?}");
        }
    }

    /// Every assigned character and more; private use and empty planes behave alike.
    fn assigned() -> impl Iterator<Item = char> {
        (0..0x3_4000_u32)
            .chain(0xE_0000..0xE_0200)
            .filter_map(char::from_u32)
    }
}
