//! What the tables themselves can tell of a restriction. It may only narrow: every row is still tested exactly.

use mapi_props::{BitOp, PropType, PropValue, RelOp, Restriction, tags};
use mapi_spi::{ItemId, Result};
use rusqlite::{Connection, params};

use crate::failure::Lift;
use crate::order::{DATE, MISSING_KEY, by_id, key_of};
use crate::queries;

/// Bounds that every matching message keeps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Narrow {
    /// Its key in the date order is above this one and below that one.
    pub(super) low: Vec<u8>,
    pub(super) high: Vec<u8>,
    /// Flags that it does not have, and of which it has at least one.
    without: u32,
    with: Option<u32>,
}

impl Narrow {
    /// What follows from a restriction; `None` if nothing does.
    pub(crate) fn of(restriction: Option<&Restriction>) -> Option<Self> {
        let all = Self {
            low: Vec::new(),
            high: vec![3],
            without: 0,
            with: None,
        };
        let mut narrow = all.clone();
        narrow.take(restriction?);
        (narrow != all).then_some(narrow)
    }

    fn take(&mut self, restriction: &Restriction) {
        match restriction {
            Restriction::And(children) => children.iter().for_each(|c| self.take(c)),
            Restriction::Comment {
                child: Some(child), ..
            } => self.take(child),
            Restriction::Bitmask { op, tag, mask } if *tag == tags::MESSAGE_FLAGS.raw() => match op
            {
                BitOp::Zero => self.without |= mask,
                BitOp::NonZero => self.with = Some(self.with.unwrap_or(*mask)),
            },
            Restriction::Property {
                op,
                tag,
                value: PropValue::SysTime(time),
                ..
            } if tag.id() == tags::MESSAGE_DELIVERY_TIME.id() && tag.ty() == PropType::SYSTIME => {
                self.date(*op, &PropValue::SysTime(*time));
            }
            _ => {}
        }
    }

    /// Newer messages have smaller keys.
    fn date(&mut self, op: RelOp, time: &PropValue) {
        let Some(order) = by_id(DATE) else { return };
        let key = key_of(order, Some(time));
        // Just above, and just below: what begins like the key without its end mark is no smaller.
        let mut above = key.clone();
        above.push(0);
        let mut below = key.clone();
        below.pop();
        match op {
            RelOp::Gt => self.at_most(key),
            RelOp::Ge => self.at_most(above),
            RelOp::Lt => self.at_least(key),
            RelOp::Le => self.at_least(below),
            RelOp::Eq => {
                self.at_most(above);
                self.at_least(below);
            }
            RelOp::Ne | RelOp::Re => return,
        }
        // A message without the property satisfies none of these.
        self.at_most(MISSING_KEY.to_vec());
    }

    fn at_most(&mut self, high: Vec<u8>) {
        if high < self.high {
            self.high = high;
        }
    }

    fn at_least(&mut self, low: Vec<u8>) {
        if low > self.low {
            self.low = low;
        }
    }

    /// The messages of a part of a container that keep the bounds, by number.
    pub(crate) fn contents(
        &self,
        db: &Connection,
        container: ItemId,
        part: u8,
    ) -> Result<Vec<u64>> {
        let mut select = db.prepare_cached(queries::CONTENTS_NARROWED).lift()?;
        let with = self.with.unwrap_or(0);
        let rows = select
            .query_map(
                params![
                    container.0,
                    part,
                    self.low,
                    self.high,
                    self.without,
                    with,
                    self.with.is_none()
                ],
                |r| r.get(0),
            )
            .lift()?;
        let mut ids = rows.collect::<rusqlite::Result<Vec<u64>>>().lift()?;
        ids.sort_unstable();
        Ok(ids)
    }
}

#[cfg(test)]
mod tests {
    use mapi_props::FileTime;

    use super::*;

    fn after(op: RelOp, seconds: i64) -> Restriction {
        Restriction::property(
            tags::MESSAGE_DELIVERY_TIME,
            op,
            FileTime::from_unix(seconds),
        )
    }

    fn key(seconds: i64) -> Vec<u8> {
        key_of(
            by_id(DATE).unwrap(),
            Some(&FileTime::from_unix(seconds).into()),
        )
    }

    #[test]
    fn bounds_keep_what_matches() {
        // 0x..00 bytes in a time are escaped in its key.
        let times = [
            0,
            1,
            255,
            256,
            65_536,
            1_000_000_000,
            1_000_000_001,
            1_700_000_000,
        ];
        for pivot in times {
            for (op, matches) in [
                (RelOp::Lt, (|a, b| a < b) as fn(i64, i64) -> bool),
                (RelOp::Le, |a, b| a <= b),
                (RelOp::Gt, |a, b| a > b),
                (RelOp::Ge, |a, b| a >= b),
                (RelOp::Eq, |a, b| a == b),
            ] {
                let narrow = Narrow::of(Some(&after(op, pivot))).unwrap();
                for time in times {
                    let inside = narrow.low < key(time) && key(time) < narrow.high;
                    assert_eq!(inside, matches(time, pivot), "{time} {op:?} {pivot}");
                }
                assert!(narrow.high <= MISSING_KEY.to_vec());
            }
        }
    }

    #[test]
    fn only_what_must_hold_narrows() {
        let either = Restriction::Or(vec![after(RelOp::Lt, 5), after(RelOp::Gt, 9)]);
        assert_eq!(Narrow::of(Some(&either)), None);
        assert_eq!(Narrow::of(Some(&after(RelOp::Lt, 5).negate())), None);
        let both = Restriction::And(vec![either, after(RelOp::Ge, 7)]);
        assert_eq!(
            Narrow::of(Some(&both)),
            Narrow::of(Some(&after(RelOp::Ge, 7)))
        );
    }
}
