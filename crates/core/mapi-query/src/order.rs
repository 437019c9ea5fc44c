//! Text order: ICU root collation, tertiary, nothing ignored, ties broken by code point.
//! Unicode Technical Standard #10; [MS-OXCTABL] 2.2.2.3 leaves the collation to the server.

mod plain;

use std::cmp::Ordering;
use std::sync::LazyLock;

use icu_collator::options::{AlternateHandling, CollatorOptions, Strength};
use icu_collator::{Collator, CollatorBorrowed, CollatorPreferences};

use plain::{compare_plain, is_plain, plain_key_into};

/// Names the definition of text order, and of folding, which is of the same Unicode version. Stored keys are valid only
/// under the version that made them.
pub const COLLATION_VERSION: &str = "icu_collator 2.4.0, root, tertiary, key 1";

/// Bytes whose order (`memcmp`) is the order of the texts that they were made from.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct SortKey(pub Vec<u8>);

impl SortKey {
    /// The bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The bytes, owned.
    #[must_use]
    pub fn into_bytes(self) -> Vec<u8> {
        self.0
    }
}

impl AsRef<[u8]> for SortKey {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

/// The key of `text`: distinct texts have distinct keys.
///
/// ```
/// use mapi_query::text_key;
/// assert!(text_key("Äpfel") < text_key("apple"));
/// assert!(text_key("apple") < text_key("Zebra"));
/// ```
#[must_use]
pub fn text_key(text: &str) -> SortKey {
    let mut key = Vec::with_capacity(text.len() + 16);
    text_key_into(text, &mut key);
    SortKey(key)
}

/// Appends the key of `text` to `key`.
///
/// The key is the collation key, which holds no zero byte; a text with anything but printable or white-space ASCII then
/// has a zero byte and its own UTF-8, which breaks ties. Plain ASCII texts never tie among each other and come before
/// every other text that collates equal.
pub fn text_key_into(text: &str, key: &mut Vec<u8>) {
    if is_plain(text) {
        return plain_key_into(text.as_bytes(), key);
    }
    let Ok(()) = COLLATOR.write_sort_key_to(text, key);
    key.push(0);
    key.extend_from_slice(text.as_bytes());
}

/// Compares as the keys do, without making them.
#[must_use]
pub fn compare_text(a: &str, b: &str) -> Ordering {
    if a == b {
        return Ordering::Equal;
    }
    let plain = (is_plain(a), is_plain(b));
    if plain == (true, true) {
        return compare_plain(a.as_bytes(), b.as_bytes());
    }
    // A plain text precedes its lookalikes: it differs from them only by ignorable or canonically equivalent
    // characters, all of which are larger save the C0 controls, and for those this rule is the definition.
    COLLATOR
        .compare(a, b)
        .then_with(|| plain.1.cmp(&plain.0))
        .then_with(|| a.cmp(b))
}

static COLLATOR: LazyLock<CollatorBorrowed<'static>> = LazyLock::new(|| {
    let mut options = CollatorOptions::default();
    options.strength = Some(Strength::Tertiary);
    options.alternate_handling = Some(AlternateHandling::NonIgnorable);
    Collator::try_new(CollatorPreferences::default(), options)
        .expect("the root collation is compiled in")
});

#[cfg(test)]
mod tests {
    use proptest::prelude::{Strategy, any, proptest};

    use super::{Ordering, compare_text, text_key};

    /// Texts that provoke ties: few letters, marks, controls, compatibility and canonical variants.
    fn tricky() -> impl Strategy<Value = String> {
        let chars = "aAbB zß \u{0}\u{1}\t~_-\u{7f}éé\u{301}\u{327}\u{200b}\u{ad}ﬁfiK\u{212a};\u{37e}가각ᄀ\u{1161}ก\u{e40}\u{fffe}\u{ffff}Ⓐ①1\u{378}";
        let set: Vec<char> = chars.chars().collect();
        proptest::collection::vec(proptest::sample::select(set), 0..6)
            .prop_map(|v| v.into_iter().collect())
    }

    proptest! {
        #![proptest_config(proptest::prelude::ProptestConfig::with_cases(4096))]
        #[test]
        fn compare_agrees_with_keys(a in tricky(), b in tricky()) {
            assert_eq!(compare_text(&a, &b), text_key(&a).cmp(&text_key(&b)), "{a:?} {b:?}");
            assert_eq!(compare_text(&a, &b) == Ordering::Equal, a == b);
        }

        #[test]
        fn compare_agrees_with_keys_on_any_text(a in any::<String>(), b in any::<String>()) {
            assert_eq!(compare_text(&a, &b), text_key(&a).cmp(&text_key(&b)), "{a:?} {b:?}");
        }

        #[test]
        fn compare_agrees_with_keys_on_ascii(a in "[ -~\t\n]{0,12}", b in "[ -~\t\n]{0,12}") {
            assert_eq!(compare_text(&a, &b), text_key(&a).cmp(&text_key(&b)), "{a:?} {b:?}");
        }

        #[test]
        fn case_twins_agree_with_keys(a in "[a-c -]{0,8}", flips in any::<u8>()) {
            let b: String = a.chars().enumerate()
                .map(|(i, c)| if flips >> i & 1 == 1 { c.to_ascii_uppercase() } else { c }).collect();
            assert_eq!(compare_text(&a, &b), text_key(&a).cmp(&text_key(&b)), "{a:?} {b:?}");
        }
    }

    #[test]
    fn keys_hold_no_zero_before_the_tie_break() {
        for c in assigned() {
            let text = format!("a{c}b");
            let key = text_key(&text).into_bytes();
            let zero = key.iter().position(|&b| b == 0);
            let expected = (key.len() - text.len()).checked_sub(1);
            let plain = matches!(c, ' '..='~' | '\t'..='\r');
            assert_eq!(zero, if plain { None } else { expected }, "{c:?}");
        }
    }

    #[test]
    fn order_of_mixed_scripts_is_the_root_collation() {
        let sorted = [
            "", " b", "-a", "1", "10", "2", "a", "A", "á", "Á", "ab", "æ", "b", "ß", "z", "Ω", "Я",
            "か", "会議",
        ];
        for pair in sorted.windows(2) {
            assert_eq!(compare_text(pair[0], pair[1]), Ordering::Less, "{pair:?}");
        }
    }

    #[test]
    fn canonical_twins_tie_and_then_sort_by_code_point() {
        assert_eq!(compare_text("e\u{301}", "\u{e9}"), Ordering::Less);
        assert_eq!(compare_text("K", "\u{212a}"), Ordering::Less);
        assert_eq!(compare_text("a", "a\u{ad}"), Ordering::Less);
    }

    /// When this fails after an update of the ICU crates, stored keys are stale: change [`super::COLLATION_VERSION`]
    /// together with the fingerprint.
    #[test]
    fn keys_are_those_of_the_collation_version() {
        let mut fingerprint = 0xcbf2_9ce4_8422_2325_u64;
        for c in assigned() {
            for byte in text_key(&c.to_string()).into_bytes() {
                fingerprint = (fingerprint ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3);
            }
        }
        let expected = (
            "icu_collator 2.4.0, root, tertiary, key 1",
            1_464_120_552_717_260_579,
        );
        assert_eq!((super::COLLATION_VERSION, fingerprint), expected);
    }

    /// Every assigned character and more; private use and empty planes behave alike.
    fn assigned() -> impl Iterator<Item = char> {
        (0..0x3_4000_u32)
            .chain(0xE_0000..0xE_0200)
            .filter_map(char::from_u32)
    }
}
