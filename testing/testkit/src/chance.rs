//! Chance that repeats: a seeded generator for random tests and a byte counter for fixed identities.

use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};

/// A deterministic random generator (SplitMix64): the same seed gives the same sequence for ever.
///
/// Not for secrets. The sequence is part of what fixed seeds in CI mean, so it must not change.
#[derive(Debug, Clone)]
pub struct Chance {
    state: u64,
}

impl Chance {
    /// A generator that starts from `seed`.
    #[must_use]
    pub const fn from_seed(seed: u64) -> Self {
        Self { state: seed }
    }

    /// A generator seeded by `MALLE_SEED` when that is set, else by `default`.
    ///
    /// The seed in use is printed, so that a failing run can be repeated.
    ///
    /// # Panics
    /// When `MALLE_SEED` is not a decimal number.
    #[must_use]
    pub fn from_environment(default: u64) -> Self {
        let seed = match std::env::var("MALLE_SEED") {
            Ok(text) => text.trim().parse().expect("MALLE_SEED is a decimal number"),
            Err(_) => default,
        };
        say(&format!(
            "seed {seed} (set MALLE_SEED to repeat or change it)"
        ));
        Self::from_seed(seed)
    }

    /// The next 64 random bits.
    pub const fn next_u64(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A number in `0..end`, evenly spread.
    ///
    /// # Panics
    /// When `end` is 0.
    pub fn below(&mut self, end: u64) -> u64 {
        assert!(end > 0, "below(0) has no answer");
        // Multiply-shift; the low product decides whether the draw fell in the uneven rest.
        loop {
            let product = u128::from(self.next_u64()) * u128::from(end);
            let low = product & u128::from(u64::MAX);
            if low >= u128::from(end.wrapping_neg() % end) {
                return u64::try_from(product >> 64).expect("the high half of a product fits");
            }
        }
    }

    /// A number in `range`.
    ///
    /// # Panics
    /// When the range is empty.
    pub fn in_range(&mut self, range: Range<usize>) -> usize {
        assert!(range.start < range.end, "an empty range has no member");
        let width = u64::try_from(range.end - range.start).expect("usize fits in u64");
        range.start + usize::try_from(self.below(width)).expect("below a usize")
    }

    /// True `percent` times in a hundred.
    pub fn percent(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }

    /// One of `items`.
    ///
    /// # Panics
    /// When there are none.
    pub fn pick<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        let at = self.in_range(0..items.len());
        items.get(at).expect("in_range stays inside")
    }

    /// Puts `items` in a random order.
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for end in (1..items.len()).rev() {
            items.swap(end, self.in_range(0..end + 1));
        }
    }

    /// `length` random bytes.
    pub fn bytes(&mut self, length: usize) -> Vec<u8> {
        let mut out = Vec::with_capacity(length + 8);
        while out.len() < length {
            out.extend_from_slice(&self.next_u64().to_le_bytes());
        }
        out.truncate(length);
        out
    }

    /// A word of `length` lower-case letters.
    pub fn word(&mut self, length: usize) -> String {
        (0..length)
            .map(|_| char::from(*self.pick(b"abcdefghijklmnopqrstuvwxyz")))
            .collect()
    }

    /// A generator of its own for one part of a test, so that parts do not disturb each other.
    pub const fn fork(&mut self) -> Self {
        Self::from_seed(self.next_u64())
    }
}

/// Stands in for the host's randomness: each fill is different, and the same in every run.
#[derive(Debug, Default)]
pub struct CountingBytes {
    calls: AtomicU64,
}

impl CountingBytes {
    /// Starts at the first fill.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            calls: AtomicU64::new(0),
        }
    }

    /// Fills `out` with the bytes of the next fill.
    pub fn fill(&self, out: &mut [u8]) {
        let call = self.calls.fetch_add(1, Ordering::Relaxed);
        let bytes = Chance::from_seed(call).bytes(out.len());
        out.copy_from_slice(&bytes);
    }

    /// How many fills there were.
    #[must_use]
    pub fn calls(&self) -> u64 {
        self.calls.load(Ordering::Relaxed)
    }
}

#[expect(
    clippy::print_stderr,
    reason = "a test says on stderr how to repeat it"
)]
fn say(line: &str) {
    eprintln!("{line}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sequence_is_the_published_one() {
        // The first outputs of SplitMix64 for seed 1234567, from its reference implementation.
        let mut chance = Chance::from_seed(1_234_567);
        let got: Vec<u64> = (0..3).map(|_| chance.next_u64()).collect();
        assert_eq!(
            got,
            [
                6_457_827_717_110_365_317,
                3_203_168_211_198_807_973,
                9_817_491_932_198_370_423
            ]
        );
    }

    #[test]
    fn below_reaches_every_number_and_no_other() {
        let mut chance = Chance::from_seed(1);
        let mut seen = [0_u32; 6];
        for _ in 0..6_000 {
            seen[usize::try_from(chance.below(6)).unwrap()] += 1;
        }
        assert!(seen.iter().all(|&n| (800..1_200).contains(&n)), "{seen:?}");
    }

    #[test]
    fn shuffle_keeps_every_item() {
        let mut items: Vec<u32> = (0..50).collect();
        Chance::from_seed(3).shuffle(&mut items);
        assert_ne!(items, (0..50).collect::<Vec<_>>());
        items.sort_unstable();
        assert_eq!(items, (0..50).collect::<Vec<_>>());
    }

    #[test]
    fn fills_differ_from_each_other_and_repeat_between_runs() {
        let (first, second) = (CountingBytes::new(), CountingBytes::new());
        let mut seen = Vec::new();
        for _ in 0..4 {
            let (mut a, mut b) = ([0_u8; 16], [0_u8; 16]);
            first.fill(&mut a);
            second.fill(&mut b);
            assert_eq!(a, b);
            assert!(!seen.contains(&a));
            seen.push(a);
        }
        assert_eq!(first.calls(), 4);
    }
}
