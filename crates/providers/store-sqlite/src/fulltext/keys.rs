//! Keys of the index: they grow with the delivery time, so that reading them backwards gives the newest messages first.

use mapi_spi::Result;
use rusqlite::Connection;

use crate::failure::Lift;

/// The delivery times that share a natural key: 16 seconds of FILETIME.
const SLOT: u64 = 160_000_000;

/// The key at which a message of this delivery time, given by its key in order 0, would stand alone; 0 without a time.
///
/// Where that is taken a message stands at a greater one, never at a smaller: all messages with keys up to `k` have natural
/// keys up to `k`.
pub(crate) fn natural_key(date: &[u8]) -> i64 {
    i64::try_from(time_of(date).unwrap_or(0) / SLOT).unwrap_or(i64::MAX)
}

/// The FILETIME of a key of order 0: `01`, then its bytes, those that are 0 with an `FF` behind, all bits flipped.
pub(crate) fn time_of(date: &[u8]) -> Option<u64> {
    let mut bytes = date.strip_prefix(&[1])?.iter().map(|b| !b);
    let mut time = 0;
    for _ in 0..8 {
        let byte = bytes.next()?;
        if byte == 0 {
            bytes.next()?;
        }
        time = time << 8 | u64::from(byte);
    }
    Some(time)
}

/// The key that was given last, for messages of one time that come one after another.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Last {
    natural: i64,
    given: i64,
}

/// A free key for a message, its natural one or a greater one.
pub(super) fn free(db: &Connection, natural: i64, last: &mut Last) -> Result<i64> {
    let mut exists = db
        .prepare_cached("SELECT 1 FROM indexed WHERE key = ?1")
        .lift()?;
    let mut is_taken = |key: i64| exists.exists([key]).lift();
    let next = last.given + 1;
    let given = if !is_taken(natural)? {
        natural
    } else if (last.natural..=last.given).contains(&natural) && !is_taken(next)? {
        next
    } else {
        above(natural, &mut is_taken)?
    };
    *last = Last { natural, given };
    Ok(given)
}

/// A free key above one that is taken: found in ever longer leaps, then between the last taken one and the free one, so
/// that no number of messages of one time makes it long.
fn above(from: i64, is_taken: &mut dyn FnMut(i64) -> Result<bool>) -> Result<i64> {
    let (mut taken, mut leap) = (from, 1);
    while is_taken(from + leap)? {
        taken = from + leap;
        leap *= 2;
    }
    let mut free = from + leap;
    while free - taken > 1 {
        let middle = taken + (free - taken) / 2;
        if is_taken(middle)? {
            taken = middle;
        } else {
            free = middle;
        }
    }
    Ok(free)
}

#[cfg(test)]
mod tests {
    use mapi_props::FileTime;

    use super::*;
    use crate::order::{DATE, by_id, key_of};

    fn date(time: Option<u64>) -> Vec<u8> {
        let value = time.map(|t| FileTime(t).into());
        key_of(by_id(DATE).unwrap(), value.as_ref())
    }

    #[test]
    fn natural_keys_come_from_keys_by_date() {
        for time in [0, 1, 255, 256, 0xFF00, 0xFF_00FF, SLOT, 1 << 56, u64::MAX] {
            assert_eq!(time_of(&date(Some(time))), Some(time));
        }
        let now = 134_000_000_000_000_000;
        assert_eq!(natural_key(&date(Some(now))), 837_500_000);
        assert_eq!(natural_key(&date(None)), 0);
        assert_eq!(natural_key(&[]), 0);
        assert!(natural_key(&date(Some(u64::MAX))) > natural_key(&date(Some(now))));
    }

    fn table() -> Connection {
        let db = Connection::open_in_memory().unwrap();
        db.execute_batch("CREATE TABLE indexed (key INTEGER PRIMARY KEY) STRICT")
            .unwrap();
        db
    }

    fn give(db: &Connection, natural: i64, last: &mut Last) -> i64 {
        let key = free(db, natural, last).unwrap();
        assert!(key >= natural);
        db.prepare_cached("INSERT INTO indexed (key) VALUES (?1)")
            .unwrap()
            .execute([key])
            .expect("the key was free");
        key
    }

    #[test]
    fn a_hundred_thousand_messages_of_one_time_get_the_next_keys() {
        let (db, mut last) = (table(), Last::default());
        for n in 0..100_000 {
            assert_eq!(give(&db, 500, &mut last), 500 + n);
        }
        // Another transaction remembers nothing; a message of a little later stands behind them.
        assert_eq!(give(&db, 500, &mut Last::default()), 100_500);
        assert_eq!(give(&db, 501, &mut Last::default()), 100_501);
    }

    #[test]
    fn looking_for_a_key_among_taken_ones_is_short() {
        let mut looks = 0;
        let found = above(7, &mut |key| {
            looks += 1;
            Ok(key < 1_000_007)
        });
        assert_eq!(found.unwrap(), 1_000_007);
        assert!(looks < 45, "{looks}");
    }

    #[test]
    fn descending_and_scattered_times_keep_their_keys_apart() {
        let (db, mut last) = (table(), Last::default());
        for natural in (0..5000).rev() {
            assert_eq!(give(&db, natural, &mut last), natural);
        }
        let mut at = 88_172_645_463_325_252_u64;
        for _ in 0..20_000 {
            at ^= at << 13;
            at ^= at >> 7;
            at ^= at << 17;
            give(&db, i64::try_from(at % 9000).unwrap(), &mut last);
        }
    }
}
