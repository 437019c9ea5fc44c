//! The name that somebody probably meant.

/// Names longer than this are not looked at.
const LONGEST: usize = 32;

/// The nearest of `known` to `given`: what other programs call so, one that begins alike, or one with few letters changed.
pub(super) fn nearest(
    given: &str,
    known: &[&'static str],
    foreign: &[(&str, &'static str)],
) -> Option<&'static str> {
    if given.len() > LONGEST {
        return None;
    }
    let given = given.to_ascii_lowercase();
    let elsewhere = foreign.iter().find(|(name, _)| *name == given);
    let elsewhere = elsewhere
        .map(|(_, here)| *here)
        .filter(|here| known.contains(here));
    elsewhere.or_else(|| similar(&given, known)).or_else(|| {
        let longer = |name: &&&str| given.len() >= 3 && name.starts_with(&given);
        known.iter().find(longer).copied()
    })
}

fn similar(given: &str, known: &[&'static str]) -> Option<&'static str> {
    let distances = known.iter().map(|name| (distance(given, name), *name));
    let (distance, name) = distances.min_by_key(|(distance, _)| *distance)?;
    // Of a word of two letters nothing would be left.
    let limit = match given.len() {
        0..=2 => 0,
        3..=5 => 1,
        _ => 2,
    };
    (distance <= limit).then_some(name)
}

/// Letters to change, add, leave out or swap with their neighbour to make one word of the other (optimal string alignment).
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let at = |row: &[usize], n: usize| row.get(n).copied().unwrap_or(usize::MAX);
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for (i, ca) in a.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, cb) in b.iter().enumerate() {
            let change = at(&last, j).saturating_add(usize::from(ca != cb));
            let one = at(&last, j + 1).min(at(&row, j)).saturating_add(1);
            let swapped = i > 0 && j > 0 && b.get(j - 1) == Some(ca) && a.get(i - 1) == Some(cb);
            let swap = if swapped {
                at(&before, j - 1).saturating_add(1)
            } else {
                usize::MAX
            };
            row.push(change.min(one).min(swap));
        }
        before = std::mem::replace(&mut last, row);
    }
    at(&last, b.len())
}

#[cfg(test)]
mod tests {
    use super::{distance, nearest};
    use crate::language::term::{FIELDS, FOREIGN, FOREIGN_STATES, POSSESSIONS, STATES};

    #[test]
    fn distances() {
        for (a, b, expect) in [
            ("", "", 0),
            ("", "abc", 3),
            ("abc", "", 3),
            ("form", "from", 1),
            ("kitten", "sitting", 3),
            ("ab", "ba", 1),
        ] {
            assert_eq!(distance(a, b), expect, "{a} {b}");
        }
    }

    #[test]
    fn fields_that_were_meant() {
        let known: Vec<&str> = FIELDS.iter().map(|(name, _)| *name).collect();
        for (given, meant) in [
            ("form", Some("from")),
            ("FORM", Some("from")),
            ("subjet", Some("subject")),
            ("sujbect", Some("subject")),
            ("subj", Some("subject")),
            ("atachment", Some("attachment")),
            ("befor", Some("before")),
            ("folder", Some("in")),
            ("sender", Some("from")),
            ("x", None),
            ("xy", None),
            ("std", None),
            ("mailto", None),
        ] {
            assert_eq!(nearest(given, &known, &FOREIGN), meant, "{given}");
        }
    }

    #[test]
    fn names_of_other_programs_point_to_names_that_are_here() {
        for (name, here) in FOREIGN {
            assert!(FIELDS.iter().any(|(n, _)| *n == here), "{here}");
            assert!(!FIELDS.iter().any(|(n, _)| *n == name), "{name}");
        }
        for (name, here) in FOREIGN_STATES {
            let states = || STATES.iter().chain(&POSSESSIONS);
            assert!(states().any(|(n, _)| *n == here), "{here}");
            assert!(!states().any(|(n, _)| *n == name), "{name}");
        }
    }
}
