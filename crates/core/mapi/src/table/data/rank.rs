//! Places in a list between any two of which there is another: fractions to the base 256, whose order is that of their
//! bytes. None ends in 0, so there is always room behind.

/// A place.
pub(super) type Rank = Vec<u8>;

/// Behind all places made by this with lower numbers, and all between them.
pub(super) fn last(number: u64) -> Rank {
    let mut rank = number.to_be_bytes().to_vec();
    rank.push(0x80);
    rank
}

/// Behind `low` and before `high`.
pub(super) fn between(low: &[u8], high: &[u8]) -> Rank {
    let mut rank = Rank::new();
    let mut high = Some(high);
    for at in 0.. {
        let digit = |of: &[u8]| of.get(at).map_or(0, |d| u16::from(*d));
        let (down, up) = (digit(low), high.map_or(256, digit));
        let middle = u8::try_from(u16::midpoint(down, up)).unwrap_or(u8::MAX);
        if u16::from(middle) > down {
            rank.push(middle);
            break;
        }
        rank.push(u8::try_from(down).unwrap_or(u8::MAX));
        if up > down {
            // Whatever follows is less than `high` now.
            high = None;
        }
    }
    rank
}

#[cfg(test)]
mod tests {
    use super::{Rank, between, last};

    #[test]
    fn there_is_always_room() {
        let mut ranks: Vec<Rank> = vec![last(1), last(2)];
        let mut at = 1;
        for n in 0..2000_usize {
            let low = if at == 0 { &[][..] } else { &ranks[at - 1] };
            let rank = between(low, &ranks[at]);
            assert!(low < rank.as_slice() && rank < ranks[at]);
            assert_ne!(rank.last(), Some(&0));
            ranks.insert(at, rank);
            at = (at + n * 7919) % ranks.len();
        }
        // Always at the same place, the worst case: a byte for every seven.
        for _ in 0..700 {
            let rank = between(&ranks[4], &ranks[5]);
            ranks.insert(5, rank);
        }
        assert!(ranks.windows(2).all(|pair| pair[0] < pair[1]));
        assert!(ranks.iter().all(|r| r.len() < 150));
        assert!(ranks.iter().all(|r| *r < last(3)));
    }
}
