//! Where two sequences of words differ, in time that is bounded whatever they are.
//!
//! What both begin and end with is the same. Between, words that are there once in each, in the same order in both, part
//! the rest (patience); short gaps are compared exactly, and what is left is different.

use std::collections::HashMap;
use std::ops::Range;

/// Products of lengths up to which a gap is compared exactly.
const EXACT_MAX: usize = 1 << 14;
/// How often gaps are parted again.
const DEPTH_MAX: usize = 16;

/// Parts that differ: ranges of the old and of the new sequence, in order, with something equal between any two.
pub(super) fn differences(old: &[u32], new: &[u32]) -> Vec<(Range<usize>, Range<usize>)> {
    let mut found = Vec::new();
    let mut todo = vec![(0..old.len(), 0..new.len(), 0)];
    while let Some((a, b, depth)) = todo.pop() {
        let (a, b) = trimmed(old, new, a, b);
        if a.is_empty() && b.is_empty() {
            continue;
        }
        let (x, y) = (part(old, &a), part(new, &b));
        let anchors = if x.is_empty() || y.is_empty() {
            Vec::new()
        } else if x.len().saturating_mul(y.len()) <= EXACT_MAX {
            shared_places(x, y)
        } else if depth < DEPTH_MAX {
            unique(x, y)
        } else {
            Vec::new()
        };
        if anchors.is_empty() {
            found.push((a, b));
            continue;
        }
        let (mut from_a, mut from_b) = (a.start, b.start);
        for (i, j) in anchors {
            let (i, j) = (a.start + i, b.start + j);
            todo.push((from_a..i, from_b..j, depth + 1));
            (from_a, from_b) = (i + 1, j + 1);
        }
        todo.push((from_a..a.end, from_b..b.end, depth + 1));
    }
    found.sort_unstable_by_key(|(a, b)| (a.start, b.start));
    merged(found)
}

/// Without what both ranges begin and end with.
fn trimmed(
    old: &[u32],
    new: &[u32],
    a: Range<usize>,
    b: Range<usize>,
) -> (Range<usize>, Range<usize>) {
    let (x, y) = (part(old, &a), part(new, &b));
    let head = x.iter().zip(y).take_while(|(p, q)| p == q).count();
    let (x, y) = (x.iter().skip(head), y.iter().skip(head));
    let tail = x.rev().zip(y.rev()).take_while(|(p, q)| p == q).count();
    (a.start + head..a.end - tail, b.start + head..b.end - tail)
}

fn part<'a>(words: &'a [u32], range: &Range<usize>) -> &'a [u32] {
    words.get(range.clone()).unwrap_or_default()
}

/// Pairs of equal words: the longest common sequence, by the classic table.
fn shared_places(x: &[u32], y: &[u32]) -> Vec<(usize, usize)> {
    let width = y.len() + 1;
    let mut best = vec![0_u16; (x.len() + 1) * width];
    let at = |best: &[u16], i: usize, j: usize| best.get(i * width + j).copied().unwrap_or(0);
    for (i, p) in x.iter().enumerate().rev() {
        for (j, q) in y.iter().enumerate().rev() {
            let longest = if p == q {
                at(&best, i + 1, j + 1) + 1
            } else {
                at(&best, i + 1, j).max(at(&best, i, j + 1))
            };
            if let Some(cell) = best.get_mut(i * width + j) {
                *cell = longest;
            }
        }
    }
    let (mut i, mut j, mut pairs) = (0, 0, Vec::new());
    while let (Some(p), Some(q)) = (x.get(i), y.get(j)) {
        if p == q {
            pairs.push((i, j));
            (i, j) = (i + 1, j + 1);
        } else if at(&best, i + 1, j) >= at(&best, i, j + 1) {
            i += 1;
        } else {
            j += 1;
        }
    }
    pairs
}

/// Where a word stands in both sequences: `None` where it stands more than once.
#[derive(Default)]
struct Place {
    old: Option<usize>,
    new: Option<usize>,
    often: bool,
}

/// Pairs of words that are there once in each sequence, as many as keep their order.
fn unique(x: &[u32], y: &[u32]) -> Vec<(usize, usize)> {
    let mut places: HashMap<u32, Place> = HashMap::new();
    for (i, word) in x.iter().enumerate() {
        let place = places.entry(*word).or_default();
        place.often |= place.old.replace(i).is_some();
    }
    for (j, word) in y.iter().enumerate() {
        if let Some(place) = places.get_mut(word) {
            place.often |= place.new.replace(j).is_some();
        }
    }
    let once = places.into_values().filter(|place| !place.often);
    let mut pairs: Vec<_> = once.filter_map(|p| Some((p.old?, p.new?))).collect();
    pairs.sort_unstable();
    increasing(&pairs)
}

/// The longest part of `pairs` whose second numbers increase, as their first ones do.
fn increasing(pairs: &[(usize, usize)]) -> Vec<(usize, usize)> {
    // For each length the end of the best sequence, as a place in `pairs`; and what comes before each pair.
    let mut ends: Vec<(usize, usize)> = Vec::new();
    let mut before: Vec<Option<usize>> = Vec::with_capacity(pairs.len());
    for (n, (_, j)) in pairs.iter().enumerate() {
        let len = ends.partition_point(|(end, _)| end < j);
        before.push(
            len.checked_sub(1)
                .and_then(|l| ends.get(l))
                .map(|(_, n)| *n),
        );
        match ends.get_mut(len) {
            Some(end) => *end = (*j, n),
            None => ends.push((*j, n)),
        }
    }
    let mut chain = Vec::with_capacity(ends.len());
    let mut next = ends.last().map(|(_, n)| *n);
    while let Some(n) = next {
        chain.extend(pairs.get(n));
        next = before.get(n).copied().flatten();
    }
    chain.reverse();
    chain
}

/// Neighbours that touch in both sequences as one.
fn merged(found: Vec<(Range<usize>, Range<usize>)>) -> Vec<(Range<usize>, Range<usize>)> {
    let mut out: Vec<(Range<usize>, Range<usize>)> = Vec::with_capacity(found.len());
    for (a, b) in found {
        match out.last_mut() {
            Some((x, y)) if x.end == a.start && y.end == b.start => {
                x.end = a.end;
                y.end = b.end;
            }
            _ => out.push((a, b)),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::differences;
    use proptest::prelude::*;

    proptest! {
        /// What is left without the differences is equal, whatever the sequences are.
        #[test]
        fn what_is_between_is_equal(
            old in prop::collection::vec(0_u32..40, 0..400),
            new in prop::collection::vec(0_u32..40, 0..400),
        ) {
            let (mut i, mut j) = (0, 0);
            for (a, b) in differences(&old, &new) {
                prop_assert_eq!(&old[i..a.start], &new[j..b.start]);
                prop_assert!(!a.is_empty() || !b.is_empty());
                (i, j) = (a.end, b.end);
            }
            prop_assert_eq!(&old[i..], &new[j..]);
        }
    }

    #[test]
    fn one_word_among_many_is_one_difference() {
        let old: Vec<u32> = (0..10_000).collect();
        let mut new = old.clone();
        new[5000] = 99_999;
        new.insert(7000, 99_998);
        new.remove(9000);
        let found = differences(&old, &new);
        assert_eq!(
            found,
            [
                (5000..5001, 5000..5001),
                (7000..7000, 7000..7001),
                (8999..9000, 9000..9000)
            ]
        );
    }
}
