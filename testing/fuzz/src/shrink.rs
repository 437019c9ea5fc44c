//! Makes a failing input small: ever shorter pieces are left out as long as it fails in the same way.

use std::time::{Duration, Instant};

/// Leaves out what is not needed for `fails` to say yes; tries at most `tries` inputs and ends after `time`.
pub fn shrink(
    input: &[u8],
    tries: usize,
    time: Duration,
    fails: &mut dyn FnMut(&[u8]) -> bool,
) -> Vec<u8> {
    let end = Instant::now() + time;
    let mut left = tries;
    let mut small = input.to_vec();
    let mut piece = small.len().div_ceil(2);
    while piece > 0 && left > 0 {
        let before = small.len();
        let mut at = 0;
        while at < small.len() && left > 0 && Instant::now() < end {
            left -= 1;
            let mut shorter = small.clone();
            shorter.drain(at..shorter.len().min(at + piece));
            if fails(&shorter) {
                small = shorter;
            } else {
                at += piece;
            }
        }
        if Instant::now() >= end {
            break;
        }
        // A piece of this length may go now that others went.
        if small.len() == before || piece > 1 {
            piece = if piece == 1 { 0 } else { piece / 2 };
        }
    }
    small
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONG: Duration = Duration::from_secs(60);

    #[test]
    fn only_what_is_needed_stays() {
        let input = b"much before <bad> much between (also) and much after".repeat(20);
        let mut fails = |bytes: &[u8]| {
            let text = String::from_utf8_lossy(bytes);
            text.contains('<') && text.contains("also")
        };
        let small = shrink(&input, 10_000, LONG, &mut fails);
        assert_eq!(small.len(), 5);
        assert!(fails(&small));
    }

    #[test]
    fn it_ends_after_so_many_tries() {
        let mut tried = 0;
        let small = shrink(&[1; 1000], 50, LONG, &mut |_| {
            tried += 1;
            false
        });
        assert_eq!((small.len(), tried), (1000, 50));
    }
}
