//! Finds the longest reference at a place, through chains of equal hashes.

use super::{SIZE, Window};

/// The longest reference.
pub(super) const LONGEST: usize = 17;
/// How many places of equal hash are looked at.
const CHAIN: usize = 64;
const HASHES: usize = 1 << 15;

/// The longest reference at a place: how many bytes, and how far back. No bytes: none.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Match {
    pub(super) len: usize,
    pub(super) distance: usize,
}

/// Finds what was there before.
#[derive(Debug, Clone)]
pub(super) struct Finder {
    /// The newest place for each hash of 3 bytes, plus 1.
    heads: Vec<u32>,
    /// The place before with the same hash, by place modulo the window.
    before: Vec<u32>,
    /// The newest place of each pair of bytes, plus 1.
    pairs: Vec<u32>,
    /// How many places are known.
    known: usize,
}

impl Finder {
    pub(super) fn new() -> Self {
        Self {
            heads: vec![0; HASHES],
            before: vec![0; SIZE],
            pairs: vec![0; 1 << 16],
            known: 0,
        }
    }

    /// The longest run that begins before `place` and equals what begins there.
    pub(super) fn longest(&mut self, window: &Window, place: usize) -> Match {
        while self.known < place {
            self.learn(window, self.known);
            self.known += 1;
        }
        let mut best = Match::default();
        let here = window.from(place);
        let Some((pair, hash)) = keys(here) else {
            return best;
        };
        let spot = Spot {
            window,
            place,
            here,
        };
        spot.consider(self.pairs.get(pair).copied(), &mut best);
        let mut next = self.heads.get(hash).copied();
        for _ in 0..CHAIN {
            if best.len == LONGEST || !spot.consider(next, &mut best) {
                break;
            }
            next = next.and_then(|next| self.before.get((next as usize - 1) % SIZE).copied());
        }
        best
    }

    fn learn(&mut self, window: &Window, place: usize) {
        let newest = u32::try_from(place + 1).unwrap_or(0);
        let Some((pair, hash)) = keys(window.from(place)) else {
            return;
        };
        if let Some(pair) = self.pairs.get_mut(pair) {
            *pair = newest;
        }
        if let (Some(head), Some(before)) =
            (self.heads.get_mut(hash), self.before.get_mut(place % SIZE))
        {
            *before = *head;
            *head = newest;
        }
    }
}

/// A place for which references are looked for.
struct Spot<'a> {
    window: &'a Window,
    place: usize,
    /// What stands there.
    here: &'a [u8],
}

impl Spot<'_> {
    /// Looks at a place before, given plus 1; whether it is one that a reference can reach.
    fn consider(&self, candidate: Option<u32>, best: &mut Match) -> bool {
        let Self {
            window,
            place,
            here,
        } = *self;
        let Some(candidate) = candidate.and_then(|candidate| candidate.checked_sub(1)) else {
            return false;
        };
        let candidate = candidate as usize;
        // The whole window back would be the place of writing, which means the end.
        if candidate >= place || place - candidate >= SIZE {
            return false;
        }
        let there = window.from(candidate);
        if there.get(best.len) != here.get(best.len) {
            return true;
        }
        let len = equal(here, there);
        if len > best.len {
            *best = Match {
                len,
                distance: place - candidate,
            };
        }
        true
    }
}

/// How many bytes are the same, up to the longest reference; 16 are compared at once.
fn equal(here: &[u8], there: &[u8]) -> usize {
    const WIDE: usize = size_of::<u128>();
    if let (Some(a), Some(b)) = (here.first_chunk::<WIDE>(), there.first_chunk::<WIDE>()) {
        let other = u128::from_le_bytes(*a) ^ u128::from_le_bytes(*b);
        if other != 0 {
            return usize::try_from(other.trailing_zeros() / 8).unwrap_or(0);
        }
    }
    let pairs = here.iter().zip(there).take(LONGEST);
    pairs.take_while(|(here, there)| here == there).count()
}

/// The first two bytes, and a hash of the first three.
fn keys(text: &[u8]) -> Option<(usize, usize)> {
    let [a, b, c] = *text.first_chunk::<3>()?;
    let hash = u32::from_be_bytes([0, a, b, c]).wrapping_mul(0x9E37_79B1) >> 17;
    Some((
        u16::from_be_bytes([a, b]).into(),
        usize::try_from(hash).ok()?,
    ))
}
