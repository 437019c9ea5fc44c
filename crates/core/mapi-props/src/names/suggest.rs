//! The known name that is closest to one that is not.

use crate::generated::{guids, named, tag_names};

/// Texts longer than this are not names.
const LONGEST: usize = 96;

/// The closest name of a tag, named property or (with a `:` after it) property set; none if nothing is near.
pub(super) fn closest(text: &str) -> Option<&'static str> {
    let plain = text.trim_start_matches("PidTag");
    if text.len() > LONGEST || plain.len() < 2 {
        return None;
    }
    let tags = tag_names::NAMES.iter().map(|(_, name)| *name);
    let named = named::LIDS
        .iter()
        .map(|r| r.3)
        .chain(named::TEXTS.iter().map(|r| r.3));
    best(text, tags.chain(named))
}

/// The closest name of a property set.
pub(super) fn closest_set(text: &str) -> Option<&'static str> {
    best(
        text,
        guids::GUIDS
            .iter()
            .map(|(_, name)| *name)
            .filter(|n| n.starts_with("PS")),
    )
}

fn best(text: &str, names: impl Iterator<Item = &'static str>) -> Option<&'static str> {
    let wanted: Vec<u8> = text.bytes().map(|b| b.to_ascii_lowercase()).collect();
    let limit = 1 + wanted.len() / 5;
    let mut found: Option<(usize, &'static str)> = None;
    for name in names {
        // "Subject" is as good as "PidTagSubject".
        for form in [
            name,
            name.trim_start_matches("PidTag"),
            name.trim_start_matches("PidLid"),
        ] {
            let bound = found.map_or(limit, |(d, _)| d.saturating_sub(1).min(limit));
            if form.len().abs_diff(wanted.len()) > bound {
                continue;
            }
            let d = distance(&wanted, form.as_bytes());
            if d <= limit && found.is_none_or(|(best, _)| d < best) {
                found = Some((d, name));
            }
        }
    }
    found.map(|(_, name)| name)
}

/// Levenshtein distance; `a` is in lower case, `b` is taken so.
fn distance(a: &[u8], b: &[u8]) -> usize {
    let mut row: Vec<usize> = (0..=a.len()).collect();
    for (i, cb) in b.iter().enumerate() {
        let cb = cb.to_ascii_lowercase();
        let (mut diagonal, mut left) = (i, i + 1);
        let Some((first, cells)) = row.split_first_mut() else {
            break;
        };
        *first = left;
        for (cell, ca) in cells.iter_mut().zip(a) {
            let up = *cell;
            left = (diagonal + usize::from(*ca != cb))
                .min(up + 1)
                .min(left + 1);
            diagonal = up;
            *cell = left;
        }
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::{closest, closest_set, distance};

    #[test]
    fn distances() {
        for (a, b, expect) in [
            ("", "", 0),
            ("", "abc", 3),
            ("abc", "", 3),
            ("kitten", "sitting", 3),
            ("subject", "SUBJECT", 0),
            ("flaw", "lawn", 2),
        ] {
            assert_eq!(distance(a.as_bytes(), b.as_bytes()), expect, "{a} {b}");
        }
    }

    #[test]
    fn near_names_are_found() {
        assert_eq!(closest("PidTagSubjekt"), Some("PidTagSubject"));
        assert_eq!(closest("PR_SUBJCT"), Some("PR_SUBJECT"));
        assert_eq!(
            closest("messagedeliverytime"),
            Some("PidTagMessageDeliveryTime")
        );
        assert_eq!(closest("PidLidFileUnde"), Some("PidLidFileUnder"));
        assert_eq!(closest("qqqqqqqqqqqqqqq"), None);
        assert_eq!(closest_set("PSETID_Adress"), Some("PSETID_Address"));
    }
}
