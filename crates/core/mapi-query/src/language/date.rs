//! Days and spans of days: `2024-05-01`, `2024-05`, `2024`, `today`, `7d`, `2024-01..2024-03`.
//!
//! Days are counted in the proleptic Gregorian calendar. When a day begins is the caller's knowledge: time zones are no
//! pure matter.

use std::fmt;

use mapi_props::FileTime;

/// A day of the calendar, of the years 1601 to 9999.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day {
    year: u16,
    month: u8,
    day: u8,
}

const FIRST_YEAR: u16 = 1601;
const LAST_YEAR: u16 = 9999;

impl Day {
    /// The day of a year, a month from 1 and a day from 1; `None` if there is none, or its year is not of 1601 to 9999.
    ///
    /// ```
    /// use mapi_query::language::Day;
    /// assert!(Day::new(2024, 2, 29).is_some());
    /// assert!(Day::new(2023, 2, 29).is_none());
    /// ```
    #[must_use]
    pub fn new(year: u16, month: u8, day: u8) -> Option<Self> {
        let possible = (FIRST_YEAR..=LAST_YEAR).contains(&year)
            && (1..=12).contains(&month)
            && (1..=month_length(year, month)).contains(&day);
        possible.then_some(Self { year, month, day })
    }

    /// The year.
    #[must_use]
    pub const fn year(self) -> u16 {
        self.year
    }

    /// The month, from 1.
    #[must_use]
    pub const fn month(self) -> u8 {
        self.month
    }

    /// The day of the month, from 1.
    #[must_use]
    pub const fn day(self) -> u8 {
        self.day
    }

    /// The day on which a moment lies in UTC.
    #[must_use]
    pub fn utc(time: FileTime) -> Self {
        let days = time.unix_seconds().div_euclid(86_400);
        Self::from_days(i32::try_from(days).unwrap_or(i32::MAX))
    }

    /// The moment at which it begins in UTC.
    #[must_use]
    pub fn start_utc(self) -> FileTime {
        FileTime::from_unix(i64::from(self.days()) * 86_400)
    }

    /// Days since 1970-01-01.
    fn days(self) -> i32 {
        let (year, month, day) = (
            i32::from(self.year),
            i32::from(self.month),
            i32::from(self.day),
        );
        // Years begin in March here, so that leap days end them.
        let year = if month <= 2 { year - 1 } else { year };
        let in_era = year.rem_euclid(400);
        let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
        let of_era = in_era * 365 + in_era / 4 - in_era / 100 + of_year;
        year.div_euclid(400) * 146_097 + of_era - 719_468
    }

    /// The day of this number, or the nearest that can be.
    fn from_days(days: i32) -> Self {
        let (first, last) = (Self::first(FIRST_YEAR), Self::last());
        let days = days.clamp(first.days(), last.days()) + 719_468;
        let of_era = days.rem_euclid(146_097);
        let in_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
        let of_year = of_era - (365 * in_era + in_era / 4 - in_era / 100);
        let shifted = (5 * of_year + 2) / 153;
        let day = of_year - (153 * shifted + 2) / 5 + 1;
        let month = if shifted < 10 {
            shifted + 3
        } else {
            shifted - 9
        };
        let year = in_era + days.div_euclid(146_097) * 400 + i32::from(month <= 2);
        let narrow = |n: i32| u8::try_from(n).unwrap_or(1);
        let year = u16::try_from(year).unwrap_or(FIRST_YEAR);
        Self::new(year, narrow(month), narrow(day)).unwrap_or(first)
    }

    const fn first(year: u16) -> Self {
        Self {
            year,
            month: 1,
            day: 1,
        }
    }

    const fn last() -> Self {
        Self {
            year: LAST_YEAR,
            month: 12,
            day: 31,
        }
    }

    /// So many days before, at the earliest the first day.
    fn less_days(self, days: u32) -> Self {
        Self::from_days(
            self.days()
                .saturating_sub(i32::try_from(days).unwrap_or(i32::MAX)),
        )
    }

    /// So many months before; a day that the month lacks becomes its last one.
    fn less_months(self, months: u32) -> Self {
        let now = u32::from(self.year) * 12 + u32::from(self.month) - 1;
        let then = now.saturating_sub(months).max(u32::from(FIRST_YEAR) * 12);
        let year = u16::try_from(then / 12).unwrap_or(FIRST_YEAR);
        let month = u8::try_from(then % 12 + 1).unwrap_or(1);
        let day = self.day.min(month_length(year, month));
        Self { year, month, day }
    }

    /// The day after; `None` at the end of the calendar.
    pub(super) fn next(self) -> Option<Self> {
        (self < Self::last()).then(|| Self::from_days(self.days() + 1))
    }
}

const fn month_length(year: u16, month: u8) -> u8 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)) => {
            29
        }
        2 => 28,
        _ => 31,
    }
}

/// What today is, and when days begin: the caller's clock and time zone.
#[derive(Clone, Copy)]
pub struct Calendar<'a> {
    today: Day,
    start_of: &'a dyn Fn(Day) -> FileTime,
}

impl<'a> Calendar<'a> {
    /// A calendar in which days begin at the moments that `start_of` says.
    #[must_use]
    pub const fn new(today: Day, start_of: &'a dyn Fn(Day) -> FileTime) -> Self {
        Self { today, start_of }
    }

    /// The calendar of UTC.
    #[must_use]
    pub fn utc(now: FileTime) -> Self {
        Self {
            today: Day::utc(now),
            start_of: &|day| day.start_utc(),
        }
    }

    pub(super) fn start_of(&self, day: Day) -> FileTime {
        (self.start_of)(day)
    }
}

impl fmt::Debug for Calendar<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Calendar")
            .field("today", &self.today)
            .finish_non_exhaustive()
    }
}

/// A day, month or year as a query names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Point {
    Year(u16),
    Month(u16, u8),
    Day(Day),
    Today,
    Yesterday,
    Ago(u32, Unit),
}

/// What `7d` counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unit {
    Day,
    Week,
    Month,
    Year,
}

const UNITS: [(char, Unit); 4] = [
    ('d', Unit::Day),
    ('w', Unit::Week),
    ('m', Unit::Month),
    ('y', Unit::Year),
];

impl Point {
    pub(super) fn parse(text: &str) -> Option<Self> {
        if text.eq_ignore_ascii_case("today") {
            return Some(Self::Today);
        }
        if text.eq_ignore_ascii_case("yesterday") {
            return Some(Self::Yesterday);
        }
        Self::ago(text).or_else(|| Self::date(text))
    }

    /// `7d`, `2w`, `3m`, `1y`.
    fn ago(text: &str) -> Option<Self> {
        let last = text.chars().next_back()?.to_ascii_lowercase();
        let (_, unit) = UNITS.iter().find(|(letter, _)| *letter == last)?;
        let digits = text.get(..text.len() - 1)?;
        Some(Self::Ago(number(digits, 1..=6)?, *unit))
    }

    fn date(text: &str) -> Option<Self> {
        let mut parts = text.split(['-', '/']);
        let year = u16::try_from(number(parts.next()?, 4..=4)?).ok()?;
        let mut small = || match parts.next() {
            Some(part) => number(part, 1..=2)
                .and_then(|n| u8::try_from(n).ok())
                .map(Some),
            None => Some(None),
        };
        let (month, day) = (small()?, small()?);
        let whole = Day::new(year, month.unwrap_or(1), day.unwrap_or(1))?;
        if parts.next().is_some() {
            return None;
        }
        Some(match (month, day) {
            (Some(_), Some(_)) => Self::Day(whole),
            (Some(month), None) => Self::Month(year, month),
            (None, _) => Self::Year(year),
        })
    }

    /// Its first day.
    pub(super) fn first(self, today: Day) -> Day {
        match self {
            Self::Year(year) => Day::first(year),
            Self::Month(year, month) => Day {
                year,
                month,
                day: 1,
            },
            Self::Day(day) => day,
            Self::Today => today,
            Self::Yesterday => today.less_days(1),
            Self::Ago(n, Unit::Day) => today.less_days(n),
            Self::Ago(n, Unit::Week) => today.less_days(n.saturating_mul(7)),
            Self::Ago(n, Unit::Month) => today.less_months(n),
            Self::Ago(n, Unit::Year) => today.less_months(n.saturating_mul(12)),
        }
    }

    /// Its last day.
    pub(super) fn last(self, today: Day) -> Day {
        match self {
            Self::Year(year) => Day {
                year,
                month: 12,
                day: 31,
            },
            Self::Month(year, month) => Day {
                year,
                month,
                day: month_length(year, month),
            },
            one => one.first(today),
        }
    }
}

/// Digits as a number, if there are as many as `length` says.
fn number(digits: &str, length: std::ops::RangeInclusive<usize>) -> Option<u32> {
    let plain = length.contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
    plain.then(|| digits.parse().ok()).flatten()
}

impl Point {
    const fn is_relative(self) -> bool {
        matches!(self, Self::Today | Self::Yesterday | Self::Ago(..))
    }
}

impl fmt::Display for Point {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Year(year) => write!(f, "{year:04}"),
            Self::Month(year, month) => write!(f, "{year:04}-{month:02}"),
            Self::Day(Day { year, month, day }) => write!(f, "{year:04}-{month:02}-{day:02}"),
            Self::Today => f.write_str("today"),
            Self::Yesterday => f.write_str("yesterday"),
            Self::Ago(n, unit) => {
                let letter = UNITS.iter().find(|(_, u)| u == unit);
                write!(f, "{n}{}", letter.map_or('d', |(letter, _)| *letter))
            }
        }
    }
}

/// Days on end, as a query names them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Span {
    Of(Point),
    From(Point),
    UpTo(Point),
    Between(Point, Point),
}

impl Span {
    /// A point, or `from..to` with one of both possibly missing.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let Some((from, to)) = text.split_once("..") else {
            return Point::parse(text).map(Self::Of);
        };
        match (from, to) {
            ("", to) => Point::parse(to).map(Self::UpTo),
            (from, "") => Point::parse(from).map(Self::From),
            (from, to) => Some(Self::Between(Point::parse(from)?, Point::parse(to)?)),
        }
    }

    /// Whether it is counted from today.
    pub(super) const fn is_relative(self) -> bool {
        match self {
            Self::Of(point) | Self::From(point) | Self::UpTo(point) => point.is_relative(),
            Self::Between(from, to) => from.is_relative() || to.is_relative(),
        }
    }

    /// The moment with which it begins; `None`: it has no beginning.
    pub(super) fn start(self, calendar: &Calendar<'_>) -> Option<FileTime> {
        match self {
            Self::Of(point) | Self::From(point) | Self::Between(point, _) => {
                Some(calendar.start_of(point.first(calendar.today)))
            }
            Self::UpTo(_) => None,
        }
    }

    /// The first moment after it; `None`: it has no end.
    pub(super) fn end(self, calendar: &Calendar<'_>) -> Option<FileTime> {
        match self {
            Self::Of(point) | Self::UpTo(point) | Self::Between(_, point) => {
                let after = point.last(calendar.today).next();
                after.map(|day| calendar.start_of(day))
            }
            Self::From(_) => None,
        }
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Of(point) => write!(f, "{point}"),
            Self::From(point) => write!(f, "{point}.."),
            Self::UpTo(point) => write!(f, "..{point}"),
            Self::Between(from, to) => write!(f, "{from}..{to}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Calendar, Day, Point, Span};
    use mapi_props::FileTime;

    #[test]
    fn days_are_numbered_without_gaps() {
        let mut day = Day::first(1601);
        let mut number = day.days();
        assert_eq!(Day::new(1970, 1, 1).map(Day::days), Some(0));
        while let Some(next) = day.next() {
            assert!(next > day && next.days() == number + 1, "{day:?}");
            (day, number) = (next, next.days());
        }
        assert_eq!(day, Day::last());
    }

    #[test]
    fn spans_by_the_calendar_of_a_leap_day() {
        let now: FileTime = "2024-02-29T12:00:00Z".parse().unwrap();
        let calendar = Calendar::utc(now);
        let table = [
            ("2024-05-01", "2024-05-01", "2024-05-02"),
            ("2024/5/1", "2024-05-01", "2024-05-02"),
            ("2024-12", "2024-12-01", "2025-01-01"),
            ("2023-02", "2023-02-01", "2023-03-01"),
            ("2024", "2024-01-01", "2025-01-01"),
            ("Today", "2024-02-29", "2024-03-01"),
            ("yesterday", "2024-02-28", "2024-02-29"),
            ("0d", "2024-02-29", "2024-03-01"),
            ("7d", "2024-02-22", "2024-02-23"),
            ("2w", "2024-02-15", "2024-02-16"),
            ("1m", "2024-01-29", "2024-01-30"),
            ("12M", "2023-02-28", "2023-03-01"),
            ("1y", "2023-02-28", "2023-03-01"),
            ("4y", "2020-02-29", "2020-03-01"),
            ("999999y", "1601-01-29", "1601-01-30"),
            ("2024-01..2024-03", "2024-01-01", "2024-04-01"),
            ("1m..today", "2024-01-29", "2024-03-01"),
            ("2024..", "2024-01-01", "-"),
            ("..2023", "-", "2024-01-01"),
            ("9999", "9999-01-01", "-"),
        ];
        for (text, start, end) in table {
            let span = Span::parse(text).unwrap();
            let day = |time: Option<FileTime>| time.map(|t| t.to_string());
            let expect = |day: &str| (day != "-").then(|| format!("{day}T00:00:00Z"));
            assert_eq!(day(span.start(&calendar)), expect(start), "{text}");
            assert_eq!(day(span.end(&calendar)), expect(end), "{text}");
            assert_eq!(Span::parse(&span.to_string()), Some(span), "{text}");
        }
    }

    #[test]
    fn what_is_no_date() {
        for text in [
            "",
            "..",
            "24",
            "20240501",
            "2024-13",
            "2023-02-29",
            "2024-05-01-01",
            "2024-",
            "d",
            "+7d",
            "7",
            "7h",
            "1600",
            "2024-05-001",
            "٢٠٢٤",
            "1234567d",
            "tomorrow",
            "-",
            "2024-5-1..x",
            "é",
        ] {
            assert_eq!(
                Point::parse(text).map(Span::Of).or(Span::parse(text)),
                None,
                "{text}"
            );
        }
    }
}
