//! FILETIME as text: RFC 3339 in UTC.
//!
//! RFC 3339 §5.6. Years after 9999, which RFC 3339 has no form for, take ISO 8601's expanded form `+10000-01-01T…`.
//! Days are counted in the proleptic Gregorian calendar; there are no leap seconds.

use std::fmt;
use std::str::FromStr;

use super::FileTime;

/// 100-nanosecond intervals in a second.
const SECOND: u64 = 10_000_000;
/// Seconds in a day.
const DAY: u64 = 86_400;
/// Days between 0000-03-01 and 1601-01-01, where years begin in March so that leap days end them.
const EPOCH: u64 = 584_694;
/// Days in 400 years.
const ERA: u64 = 146_097;

impl fmt::Display for FileTime {
    /// `2024-05-01T12:00:00Z`, with as many digits of the second as are not zero (`…:00.25Z`).
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (seconds, fraction) = (self.0 / SECOND, self.0 % SECOND);
        let (year, month, day) = civil(seconds / DAY);
        let time = seconds % DAY;
        let sign = if year > 9999 { "+" } else { "" };
        write!(f, "{sign}{year:04}-{month:02}-{day:02}T")?;
        write!(
            f,
            "{:02}:{:02}:{:02}",
            time / 3600,
            time / 60 % 60,
            time % 60
        )?;
        if fraction != 0 {
            let digits = format!("{fraction:07}");
            write!(f, ".{}", digits.trim_end_matches('0'))?;
        }
        f.write_str("Z")
    }
}

/// The text is no time, or one that a FILETIME cannot hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ParseTimeError {
    /// Not of the form.
    #[error("not a time: 2024-05-01T12:00:00Z is expected")]
    Form,
    /// Before 1601 or after 60056.
    #[error("the time is out of range: years 1601 to 60056 are possible")]
    Range,
}

impl FromStr for FileTime {
    type Err = ParseTimeError;

    /// Reads RFC 3339 with any offset; a date alone is its midnight in UTC. Digits below 100 ns are dropped.
    fn from_str(text: &str) -> Result<Self, ParseTimeError> {
        let mut rest = text.as_bytes();
        let year = year(&mut rest)?;
        let month = field(&mut rest, b"-", 1..=12)?;
        let day = field(&mut rest, b"-", 1..=month_length(year, month))?;
        let days = i128::from(days(year, month, day));
        if rest.is_empty() {
            return in_range(days * i128::from(DAY * SECOND));
        }
        let hour = field(&mut rest, b"Tt ", 0..=23)?;
        let minute = field(&mut rest, b":", 0..=59)?;
        // A leap second counts as the next one.
        let second = field(&mut rest, b":", 0..=60)?;
        let fraction = fraction(&mut rest)?;
        let offset = offset(&mut rest)?;
        if !rest.is_empty() {
            return Err(ParseTimeError::Form);
        }
        let seconds = days * i128::from(DAY) + i128::from(hour * 3600 + minute * 60 + second)
            - i128::from(offset) * 60;
        in_range(seconds * i128::from(SECOND) + i128::from(fraction))
    }
}

fn in_range(ticks: i128) -> Result<FileTime, ParseTimeError> {
    u64::try_from(ticks)
        .map(FileTime)
        .map_err(|_| ParseTimeError::Range)
}

/// Year, month and day of a day counted from 1601-01-01.
fn civil(days: u64) -> (u64, u64, u64) {
    let days = days + EPOCH;
    let (era, day_of_era) = (days / ERA, days % ERA);
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let march_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * march_month + 2) / 5 + 1;
    let month = if march_month < 10 {
        march_month + 3
    } else {
        march_month - 9
    };
    (era * 400 + year_of_era + u64::from(month <= 2), month, day)
}

/// Days from 1601-01-01 to a date, negative before it.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let march_month = (month + 9) % 12;
    let day_of_year = (153 * march_month + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 584_694
}

const fn month_length(year: i64, month: i64) -> i64 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Four digits, or `+` and five to seven.
fn year(rest: &mut &[u8]) -> Result<i64, ParseTimeError> {
    let (count, tail) = match rest.strip_prefix(b"+") {
        Some(tail) => (tail.iter().take_while(|b| b.is_ascii_digit()).count(), tail),
        None => (4, *rest),
    };
    if !(4..=7).contains(&count) || (count == 4 && tail.len() != rest.len()) {
        return Err(ParseTimeError::Form);
    }
    *rest = tail;
    digits(rest, count)
}

/// One of `before`, then two digits in `range`.
fn field(
    rest: &mut &[u8],
    before: &[u8],
    range: std::ops::RangeInclusive<i64>,
) -> Result<i64, ParseTimeError> {
    let (first, tail) = rest.split_first().ok_or(ParseTimeError::Form)?;
    if !before.contains(first) {
        return Err(ParseTimeError::Form);
    }
    *rest = tail;
    let value = digits(rest, 2)?;
    if range.contains(&value) {
        Ok(value)
    } else {
        Err(ParseTimeError::Form)
    }
}

fn digits(rest: &mut &[u8], count: usize) -> Result<i64, ParseTimeError> {
    let (head, tail) = rest.split_at_checked(count).ok_or(ParseTimeError::Form)?;
    *rest = tail;
    head.iter().try_fold(0, |value, b| {
        let digit = char::from(*b).to_digit(10).ok_or(ParseTimeError::Form)?;
        Ok(value * 10 + i64::from(digit))
    })
}

/// The digits after a point, in units of 100 ns.
fn fraction(rest: &mut &[u8]) -> Result<i64, ParseTimeError> {
    let Some(tail) = rest.strip_prefix(b".") else {
        return Ok(0);
    };
    let count = tail.iter().take_while(|b| b.is_ascii_digit()).count();
    let (figures, tail) = tail.split_at_checked(count).ok_or(ParseTimeError::Form)?;
    if figures.is_empty() {
        return Err(ParseTimeError::Form);
    }
    *rest = tail;
    let padded = figures
        .iter()
        .copied()
        .chain(std::iter::repeat(b'0'))
        .take(7);
    let padded: Vec<u8> = padded.collect();
    digits(&mut padded.as_slice(), 7)
}

/// `Z`, or minutes east of UTC.
fn offset(rest: &mut &[u8]) -> Result<i64, ParseTimeError> {
    match rest.split_first() {
        Some((b'Z' | b'z', tail)) => {
            *rest = tail;
            Ok(0)
        }
        Some((sign @ (b'+' | b'-'), _)) => {
            let hours = field(rest, b"+-", 0..=23)?;
            let minutes = field(rest, b":", 0..=59)?;
            let east = hours * 60 + minutes;
            Ok(if *sign == b'-' { -east } else { east })
        }
        _ => Err(ParseTimeError::Form),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{FileTime, ParseTimeError};

    #[test]
    fn times_are_written() {
        let check = |ticks: u64, expect: &str| {
            assert_eq!(FileTime(ticks).to_string(), expect);
            assert_eq!(expect.parse(), Ok(FileTime(ticks)));
        };
        check(0, "1601-01-01T00:00:00Z");
        check(1, "1601-01-01T00:00:00.0000001Z");
        check(116_444_736_000_000_000, "1970-01-01T00:00:00Z");
        check(125_911_584_005_000_000, "2000-01-01T00:00:00.5Z");
        check(u64::MAX, "+60056-05-28T05:36:10.9551615Z");
        assert_eq!(
            FileTime::from_unix(951_868_799).to_string(),
            "2000-02-29T23:59:59Z"
        );
        assert_eq!(
            FileTime::from_unix(253_402_300_799).to_string(),
            "9999-12-31T23:59:59Z"
        );
        assert_eq!(
            FileTime::from_unix(253_402_300_800).to_string(),
            "+10000-01-01T00:00:00Z"
        );
    }

    #[test]
    fn times_are_read() {
        let check = |text: &str, expect: &str| {
            assert_eq!(text.parse::<FileTime>().unwrap().to_string(), expect);
        };
        check("2024-05-01", "2024-05-01T00:00:00Z");
        check("2000-02-29", "2000-02-29T00:00:00Z");
        check("2024-05-01t12:00:00z", "2024-05-01T12:00:00Z");
        check("2024-05-01 12:00:00+02:30", "2024-05-01T09:30:00Z");
        check("2024-01-01T00:00:00-01:00", "2024-01-01T01:00:00Z");
        check("2024-12-31T23:59:60Z", "2025-01-01T00:00:00Z");
        check(
            "2024-05-01T12:00:00.12345678999Z",
            "2024-05-01T12:00:00.1234567Z",
        );
    }

    #[test]
    fn bad_times_are_refused() {
        for text in [
            "",
            "2024",
            "2024-13-01",
            "2024-00-01",
            "2023-02-29",
            "1900-02-29",
            "2024-05-01T",
            "2024-05-01T12:00:00",
            "2024-05-01T24:00:00Z",
            "2024-05-01T12:00:00.Z",
            "2024-05-01T12:00:00Zx",
            "+2024-05-01",
            "24-05-01",
            "2024-05-01T12:00:00+25:00",
            "é024-05-01",
            "2024-5-1",
        ] {
            assert_eq!(
                text.parse::<FileTime>(),
                Err(ParseTimeError::Form),
                "{text}"
            );
        }
        for text in [
            "1600-12-31",
            "1601-01-01T00:00:00+00:01",
            "+60057-01-01",
            "+9999999-12-31",
        ] {
            assert_eq!(
                text.parse::<FileTime>(),
                Err(ParseTimeError::Range),
                "{text}"
            );
        }
    }

    proptest! {
        #[test]
        fn any_time_comes_back(ticks: u64) {
            prop_assert_eq!(FileTime(ticks).to_string().parse(), Ok(FileTime(ticks)));
        }

        #[test]
        fn any_text_is_read_or_refused(text in "[-+0-9TZ:. ]{0,30}") {
            let _ = text.parse::<FileTime>();
        }
    }
}
