//! The root collation of plain ASCII texts from a table, about ten times as fast as the collator.
//!
//! The table is learned from the collator, never written down, so it can only repeat what the collator says; tests
//! compare the two on every pair of characters and on random texts. Level structure: Unicode Technical Standard #10 §7
//! and the ICU user guide, "Collation Concepts: sort key".

use std::cmp::Ordering;
use std::sync::LazyLock;

use super::COLLATOR;

/// Ends a level; smaller than every weight.
const SEPARATOR: u8 = 1;
/// The common secondary or tertiary weight, and the least value of a compressed run of it.
const COMMON: u8 = 5;
/// Longest run of common secondary weights in one byte (0x05..=0x25).
const SECONDARY_RUN: usize = 0x21;
/// Longest run of common tertiary weights in one byte: 0x05..=0x65 before smaller weights or the end, else 0x65..=0xC5.
const TERTIARY_RUN: usize = 0x61;

/// What the collator says of each ASCII character.
struct Table {
    /// Primary weight, two bytes, the second 0 if it has one only; 0 for characters that are not plain.
    primary: [u16; 128],
    /// Tertiary weight if it is not the common one, else 0.
    tertiary: [u8; 128],
}

/// Whether every character is a printable or white-space ASCII character; the collation ignores none of these.
pub(super) fn is_plain(text: &str) -> bool {
    text.bytes()
        .all(|b| matches!(b, b' '..=b'~' | b'\t'..=b'\r'))
}

/// Appends the collation key of a plain text.
pub(super) fn plain_key_into(text: &[u8], key: &mut Vec<u8>) {
    let table = &*TABLE;
    key.reserve(text.len() * 2 + 16);
    for &b in text {
        let [high, low] = at(&table.primary, b).to_be_bytes();
        key.push(high);
        if low != 0 {
            key.push(low);
        }
    }
    key.push(SEPARATOR);
    common_run(text.len(), SECONDARY_RUN, COMMON + 0x20, key);
    key.push(SEPARATOR);
    let mut common = 0;
    for &b in text {
        match at(&table.tertiary, b) {
            0 => common += 1,
            weight => {
                common_run_before_larger(common, key);
                common = 0;
                key.push(weight);
            }
        }
    }
    common_run(common, TERTIARY_RUN, COMMON + 0x60, key);
}

/// A run of common weights at the end of a level: the longer, the larger.
fn common_run(count: usize, most: usize, full: u8, key: &mut Vec<u8>) {
    let Some(rest) = full_runs(count, most, full, key) else {
        return;
    };
    key.push(COMMON.saturating_add(rest));
}

/// A run of common tertiary weights before a larger weight: the longer, the smaller.
fn common_run_before_larger(count: usize, key: &mut Vec<u8>) {
    let Some(rest) = full_runs(count, TERTIARY_RUN, COMMON + 0x60, key) else {
        return;
    };
    key.push((COMMON + 0xC0).saturating_sub(rest));
}

/// Writes the full runs; what is left over, less one; `None` for no weight at all.
fn full_runs(count: usize, most: usize, full: u8, key: &mut Vec<u8>) -> Option<u8> {
    let left = count.checked_sub(1)?;
    key.extend(std::iter::repeat_n(full, left / most));
    u8::try_from(left % most).ok()
}

/// The collation's answer for plain texts: by primary weight, then the first difference in case, small letters first.
pub(super) fn compare_plain(a: &[u8], b: &[u8]) -> Ordering {
    let table = &*TABLE;
    let mut case = Ordering::Equal;
    for (&x, &y) in a.iter().zip(b) {
        if x == y {
            continue;
        }
        match at(&table.primary, x).cmp(&at(&table.primary, y)) {
            Ordering::Equal => {
                case = case.then_with(|| at(&table.tertiary, x).cmp(&at(&table.tertiary, y)))
            }
            primary => return primary,
        }
    }
    a.len().cmp(&b.len()).then(case)
}

fn at<T: Copy + Default>(table: &[T; 128], byte: u8) -> T {
    table.get(usize::from(byte)).copied().unwrap_or_default()
}

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    let mut table = Table {
        primary: [0; 128],
        tertiary: [0; 128],
    };
    for (byte, (primary, tertiary)) in
        (0_u8..).zip(table.primary.iter_mut().zip(&mut table.tertiary))
    {
        let text = char::from(byte).to_string();
        if is_plain(&text) {
            (*primary, *tertiary) =
                weights(&text).expect("plain characters have weights of this shape (tested)");
        }
    }
    table
});

/// Takes a one-character key apart: one or two primary bytes, the common secondary, one tertiary byte.
fn weights(text: &str) -> Option<(u16, u8)> {
    let mut key = Vec::new();
    let Ok(()) = COLLATOR.write_sort_key_to(text, &mut key);
    let (primary, tertiary) = match *key.as_slice() {
        [high, SEPARATOR, COMMON, SEPARATOR, tertiary] => (u16::from_be_bytes([high, 0]), tertiary),
        [high, low, SEPARATOR, COMMON, SEPARATOR, tertiary] => {
            (u16::from_be_bytes([high, low]), tertiary)
        }
        _ => return None,
    };
    Some((primary, if tertiary == COMMON { 0 } else { tertiary }))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{Strategy, prop_oneof, proptest};

    use super::{COLLATOR, compare_plain, is_plain, plain_key_into};

    fn check(text: &str) {
        assert!(is_plain(text));
        let (mut ours, mut theirs) = (Vec::new(), Vec::new());
        plain_key_into(text.as_bytes(), &mut ours);
        let Ok(()) = COLLATOR.write_sort_key_to(text, &mut theirs);
        assert_eq!(ours, theirs, "{text:?}");
    }

    #[test]
    fn every_pair_and_triple_with_a_letter_has_the_collator_s_key() {
        let plain: Vec<char> = ('\t'..='\r').chain(' '..='~').collect();
        check("");
        for &a in &plain {
            for &b in &plain {
                check(&format!("{a}{b}"));
                check(&format!("{a}x{b}"));
                let (left, right) = (a.to_string(), b.to_string());
                assert_eq!(
                    compare_plain(left.as_bytes(), right.as_bytes()),
                    COLLATOR.compare(&left, &right)
                );
            }
        }
    }

    #[test]
    fn runs_of_any_length_have_the_collator_s_key() {
        for n in 0..400 {
            check(&"a".repeat(n));
            check(&("a".repeat(n) + "B"));
            check(&("B".to_owned() + &"a".repeat(n) + "B" + &"-".repeat(n)));
        }
    }

    fn texts() -> impl Strategy<Value = String> {
        prop_oneof![
            "[\t-\r -~]{0,150}",
            "[aA b-]{0,12}",
            "[a-z]{90,110}[A-Z][a-z ]{0,110}"
        ]
    }

    proptest! {
        #[test]
        fn any_plain_text_has_the_collator_s_key_and_order(a in texts(), b in texts()) {
            check(&a);
            assert_eq!(compare_plain(a.as_bytes(), b.as_bytes()), COLLATOR.compare(&a, &b));
        }
    }
}
