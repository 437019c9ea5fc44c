//! Dates of header fields, Received and mbox separators.
//! RFC 5322 §3.3, §4.3; RFC 3339; C's `asctime`

use mapi_props::FileTime;

/// Longest text in which a date is looked for.
const DATE_MAX: usize = 200;

/// Reads a date as mail has it: any order of day, month and year, obsolete zones, two-digit years, no seconds.
pub(crate) fn parse(value: &str) -> Option<FileTime> {
    read(value).finish()
}

fn read(value: &str) -> Parts {
    let text: String = value.chars().take(DATE_MAX).collect();
    let mut parts = Parts::default();
    let text = without_comments(&text).replace(',', " ");
    for token in text.split_whitespace() {
        parts.take(token);
    }
    parts
}

/// Midnight, UTC, of a date that lacks its time.
pub(crate) fn parse_day(value: &str) -> Option<FileTime> {
    let mut parts = read(value);
    parts.clock.is_none().then_some(())?;
    parts.clock = Some(0);
    parts.finish()
}

/// The date of a Received field: what follows its last semicolon.
pub(crate) fn parse_received(value: &str) -> Option<FileTime> {
    parse(value.rsplit_once(';')?.1.trim())
}

/// `Sun, 22 Nov 2026 14:20:05 +0000`.
pub(crate) fn format(time: FileTime) -> String {
    let seconds = time.unix_seconds().clamp(-62_135_596_800, 253_402_300_799);
    let (days, clock) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    let (year, month, day) = civil_from_days(days);
    let name = |names: &[&'static str], n: i64| {
        let n = usize::try_from(n).ok();
        n.and_then(|n| names.get(n).copied()).unwrap_or_default()
    };
    format!(
        "{}, {day} {} {year:04} {:02}:{:02}:{:02} +0000",
        name(&WEEKDAYS, (days + 4).rem_euclid(7)),
        name(&MONTH_NAMES, month - 1),
        clock / 3600,
        clock / 60 % 60,
        clock % 60,
    )
}

const WEEKDAYS: [&str; 7] = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
const MONTH_NAMES: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];

/// The same in the zone that `value`, a date, names; `None` if it names none.
pub(crate) fn in_zone_of(time: FileTime, value: &str) -> Option<String> {
    let zone = read(value).zone.filter(|z| z.abs() < 24 * 3600)?;
    let minutes = zone / 60;
    let local = time.0.checked_add_signed(minutes * 60 * 10_000_000)?;
    let text = format(FileTime(local));
    let (clock, _) = text.rsplit_once(' ')?;
    let sign = if minutes < 0 { '-' } else { '+' };
    let (hours, minutes) = (minutes.abs() / 60, minutes.abs() % 60);
    Some(format!("{clock} {sign}{hours:02}{minutes:02}"))
}

/// `Sun Nov 22 14:20:05 2026`, as an mbox separator has it.
pub(crate) fn format_asctime(time: FileTime) -> String {
    let text = format(time);
    let words: Vec<&str> = text.split([' ', ',']).filter(|w| !w.is_empty()).collect();
    match words.as_slice() {
        [weekday, day, month, year, clock, ..] => {
            format!("{weekday} {month} {day:>2} {clock} {year}")
        }
        _ => text,
    }
}

fn without_comments(text: &str) -> String {
    let mut depth = 0u32;
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ if depth == 0 => out.push(c),
            _ => {}
        }
    }
    out
}

/// What has been found of a date.
#[derive(Default)]
struct Parts {
    day: Option<i64>,
    month: Option<i64>,
    year: Option<i64>,
    /// Seconds of the day.
    clock: Option<i64>,
    /// Seconds east of Greenwich.
    zone: Option<i64>,
    /// The month was named before any number, so that it may be a weekday: `mar. 22 nov.` in French.
    early_month: bool,
}

const MONTHS: [&str; 12] = [
    "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
];

/// Months as other languages begin them.
const FOREIGN_MONTHS: [(&str, i64); 26] = [
    ("ene", 1),
    ("gen", 1),
    ("jän", 1),
    ("fév", 2),
    ("fev", 2),
    ("mär", 3),
    ("mrt", 3),
    ("avr", 4),
    ("abr", 4),
    ("mai", 5),
    ("maj", 5),
    ("mei", 5),
    ("mag", 5),
    ("juin", 6),
    ("giu", 6),
    ("juil", 7),
    ("lug", 7),
    ("aoû", 8),
    ("ago", 8),
    ("set", 9),
    ("okt", 10),
    ("out", 10),
    ("ott", 10),
    ("dez", 12),
    ("dic", 12),
    ("déc", 12),
];

fn month_of(word: &str) -> Option<i64> {
    let english = word
        .get(..3)
        .and_then(|w| MONTHS.iter().position(|m| *m == w))
        .and_then(|m| i64::try_from(m + 1).ok());
    let foreign = || {
        let found = FOREIGN_MONTHS.iter().find(|(m, _)| word.starts_with(m));
        found.map(|(_, n)| *n)
    };
    english.or_else(foreign)
}

impl Parts {
    fn take(&mut self, token: &str) {
        if token.starts_with(['+', '-']) && self.clock.is_some() {
            self.zone = self.zone.or_else(|| numeric_zone(token));
            return;
        }
        if token.contains(':') {
            return self.take_clock(token);
        }
        let digits = token.starts_with(|c: char| c.is_ascii_digit());
        if digits && token.contains(['/', '.']) && self.take_numeric(token) {
            return;
        }
        let named = token.contains(char::is_alphabetic);
        if digits && (token.contains('-') || named) {
            let words = token.split(['-', '/', '.']);
            return words.for_each(|word| self.take_word(word));
        }
        self.take_word(token);
    }

    fn take_word(&mut self, token: &str) {
        if let Some(n) = number(token) {
            return self.take_number(n, token.len());
        }
        let word = token.to_lowercase();
        let no_number = self.day.is_none() && self.year.is_none();
        match (month_of(&word), word.as_str()) {
            (Some(m), _) if self.month.is_none() => {
                self.month = Some(m);
                self.early_month = no_number && word.starts_with("mar");
            }
            (Some(m), _) if self.early_month && !no_number => {
                self.month = Some(m);
                self.early_month = false;
            }
            (_, half @ ("am" | "pm" | "a.m." | "p.m.")) => self.take_half(half),
            _ if self.clock.is_some() && self.zone.is_none() => self.zone = zone(&word),
            _ => {}
        }
    }

    /// Noon is 12 PM, midnight 12 AM.
    fn take_half(&mut self, half: &str) {
        const NOON: i64 = 43_200;
        self.clock = self.clock.map(|clock| match half.starts_with('p') {
            true if clock < NOON => clock + NOON,
            false if clock >= NOON => clock - NOON,
            _ => clock,
        });
    }

    /// `22.11.2026`, `11/22/2026`, `2026/11/22`; `14.20.05` beside a date. Says whether it was one.
    fn take_numeric(&mut self, token: &str) -> bool {
        let american = token.contains('/');
        let fields: Vec<&str> = token.split(['/', '.']).filter(|f| !f.is_empty()).collect();
        let [first, second, third] = fields.as_slice() else {
            return false;
        };
        let (Some(a), Some(b), Some(c)) = (number(first), number(second), number(third)) else {
            return false;
        };
        let dated = self.day.is_some() && self.month.is_some();
        if dated && !american && self.clock.is_none() && a < 24 && b < 60 && c <= 60 {
            self.clock = Some(a * 3600 + b * 60 + c.min(59));
            return true;
        }
        if dated || self.year.is_some() {
            return false;
        }
        let (year, digits, month, day) = match (first.len() >= 3, american && a <= 12) {
            (true, _) => (a, first.len(), b, c),
            (_, true) => (c, third.len(), a, b),
            _ => (c, third.len(), b, a),
        };
        (self.month, self.day) = (Some(month), Some(day));
        self.take_number(year, digits);
        true
    }

    fn take_number(&mut self, n: i64, digits: usize) {
        if digits >= 3 && self.year.is_none() {
            // RFC 5322 §4.3: three digits count from 1900.
            self.year = Some(if n < 1000 { n + 1900 } else { n });
        } else if self.year.is_some() && self.month.is_none() && digits <= 2 {
            self.month = Some(n);
        } else if self.day.is_none() {
            self.day = Some(n);
        } else if self.year.is_none() {
            self.year = Some(if n < 50 { n + 2000 } else { n + 1900 });
        }
    }

    /// `14:20[:05[.123]]`, or RFC 3339's date and time in one.
    fn take_clock(&mut self, token: &str) {
        let (date, clock) = match token.split_once(['T', 't']) {
            Some((date, clock)) if date.contains('-') => (date, clock),
            _ => ("", token),
        };
        date.split('-')
            .filter(|t| !t.is_empty())
            .for_each(|t| self.take_word(t));
        if self.clock.is_some() {
            return;
        }
        let end = clock
            .find(|c: char| !(c.is_ascii_digit() || matches!(c, ':' | '.')))
            .unwrap_or(clock.len());
        let (clock, rest) = clock.split_at(end);
        let clock = clock.split('.').next().unwrap_or(clock);
        let mut fields = clock.split(':').map(number);
        let (Some(Some(hour)), Some(Some(minute))) = (fields.next(), fields.next()) else {
            return;
        };
        let second = fields.next().flatten().unwrap_or(0);
        // A leap second is valid in a date and unknown to a FILETIME.
        let midnight = hour == 24 && minute == 0 && second == 0;
        if (hour < 24 || midnight) && minute < 60 && second <= 60 {
            self.clock = Some(hour * 3600 + minute * 60 + second.min(59));
        }
        match rest.to_ascii_lowercase().as_str() {
            "" => {}
            half @ ("am" | "pm") => self.take_half(half),
            rest => self.zone = zone(rest),
        }
    }

    fn finish(self) -> Option<FileTime> {
        let (year, month, day) = (self.year?, self.month?, self.day?);
        let valid = (1600..=9999).contains(&year) && (1..=12).contains(&month);
        if !valid || day < 1 || day > days_of(year, month) {
            return None;
        }
        let seconds = days_from_civil(year, month, day) * 86_400 + self.clock?;
        Some(FileTime::from_unix(seconds - self.zone.unwrap_or(0)))
    }
}

/// Up to nine digits.
fn number(text: &str) -> Option<i64> {
    let fine = !text.is_empty() && text.len() < 10 && text.bytes().all(|b| b.is_ascii_digit());
    fine.then(|| text.parse().ok())?
}

/// `+0100`, `est`, `gmt+2`; a name that nobody knows means nothing certain: UTC.
fn zone(text: &str) -> Option<i64> {
    let sign = text.find(['+', '-']);
    let (name, offset) = text.split_at(sign.unwrap_or(text.len()));
    match name {
        "" | "gmt" | "utc" | "ut" | "z" if !offset.is_empty() => numeric_zone(offset),
        _ => named_zone(name),
    }
}

/// `+0100`, `-03:30`, `+1`; a name may follow without space, `+0100CET`.
fn numeric_zone(text: &str) -> Option<i64> {
    let (sign, digits) = match text.split_at_checked(1)? {
        ("+", digits) => (1, digits),
        ("-", digits) => (-1, digits),
        _ => return None,
    };
    let end = digits.find(|c: char| !(c.is_ascii_digit() || c == ':'));
    let digits = digits.get(..end.unwrap_or(digits.len()))?.replace(':', "");
    let n = number(&digits)?;
    let (hours, minutes) = if digits.len() <= 2 {
        (n, 0)
    } else {
        (n / 100, n % 100)
    };
    (hours < 24 && minutes < 60).then_some(sign * (hours * 3600 + minutes * 60))
}

/// RFC 5322 §4.3, and names in common use that mean one zone. Single letters mean nothing certain: UTC.
fn named_zone(word: &str) -> Option<i64> {
    let minutes = match word {
        "ut" | "utc" | "gmt" | "z" | "wet" => 0,
        "ndt" => -150,
        "adt" | "brt" => -180,
        "nst" => -210,
        "edt" | "ast" => -240,
        "est" | "cdt" => -300,
        "cst" | "mdt" => -360,
        "mst" | "pdt" => -420,
        "pst" | "akdt" => -480,
        "akst" => -540,
        "hst" => -600,
        "cet" | "met" | "mez" | "bst" | "west" => 60,
        "cest" | "mest" | "mesz" | "eet" | "sast" => 120,
        "eest" | "msk" => 180,
        "msd" => 240,
        "sgt" | "hkt" | "awst" => 480,
        "jst" | "kst" => 540,
        "acst" => 570,
        "aest" => 600,
        "aedt" => 660,
        "nzst" => 720,
        "nzdt" => 780,
        _ => return None,
    };
    Some(minutes * 60)
}

fn days_of(year: i64, month: i64) -> i64 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days since 1970-01-01 in the Gregorian calendar (H. Hinnant's algorithm).
fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

/// Year, month and day of a day counted from 1970-01-01 (H. Hinnant's algorithm).
fn civil_from_days(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let of_era = days.rem_euclid(146_097);
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (year + era * 400 + i64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    const THEN: i64 = 1_795_357_205;

    #[test]
    fn dates_are_read() {
        let check = |text: &str, unix: Option<i64>| {
            assert_eq!(parse(text).map(FileTime::unix_seconds), unix, "{text}");
        };
        for text in [
            "Sun, 22 Nov 2026 14:20:05 +0000",
            "22 Nov 2026 15:20:05 +0100 (CET)",
            "Sun 22 nov 2026 15:20:05 +01:00",
            "Sun,22 Nov 26 09:20:05 EST",
            "Sun, Nov 22, 2026 02:20:05 PM GMT",
            "22-Nov-2026 14:20:05",
            "2026-11-22T14:20:05Z",
            "2026-11-22T15:20:05.123+01:00",
            "2026-11-22 14:20:05",
            "Sunday, 22 November 2026 14:20:05",
            "Sun Nov 22 14:20:05 2026",
            "Sun Nov 22 15:20:05 2026 +0100",
            "Sun Nov 22 14:20:05 GMT 2026",
            "Sun, 22 Nov 2026 16:20:05 GMT+0200",
            "Sun, 22 Nov 2026 16:20:05 UTC+2",
            "Sun, 22 Nov 2026 15:20:05 +0100CET",
            "Sun, 22 Nov 2026 2:20:05PM +0000",
            "11/22/2026 2:20:05 PM",
            "22.11.2026 14:20:05",
            "22.Nov.2026 14:20:05",
            "22/Nov/2026 14:20:05",
            "2026/11/22 14:20:05 +0000",
            "22 Nov 2026 14.20.05",
            "dim. 22 nov. 2026 15:20:05 +0100",
            "mar., 22 nov. 2026 15:20:05 +0100",
            "So, 22 Nov 2026 15:20:05 MEZ",
            "Mon, 23 Nov 2026 00:20:05 AEST",
        ] {
            check(text, Some(THEN));
        }
        check("Sun, 22 Nov 26 14:20 GMT", Some(THEN - 5));
        check("22 Okt 2026 14:20:05", Some(THEN - 31 * 86_400));
        check("Tue, 10 Mar 2026 00:00:00 +0000", Some(1_773_100_800));
        check("21 Nov 2026 24:00:00", Some(1_795_305_600));
        check("Fri, 31 Dec 1999 23:59:60 GMT", Some(946_684_799));
        check("1 Jan 1970 00:00:00 -0000", Some(0));
        check("29 Feb 2000 00:00:00", Some(951_782_400));
        for text in [
            "Mon, 30 Feb 2020 00:00:00 +0000",
            "22 Nov 2026",
            "rubbish",
            "",
            "99:99:99 99 99 99",
            "22 Nov 2026 25:00:00",
        ] {
            check(text, None);
        }
    }

    #[test]
    fn a_day_alone_is_one() {
        let check = |text: &str, unix: Option<i64>| {
            assert_eq!(parse_day(text).map(FileTime::unix_seconds), unix, "{text}");
        };
        check("22 Nov 2026", Some(1_795_305_600));
        check("Sun, 22 Nov 2026", Some(1_795_305_600));
        check("22 Nov 2026 14:20", None);
        check("Nov 2026", None);
    }

    #[test]
    fn dates_are_written() {
        let time = FileTime::from_unix(THEN);
        assert_eq!(format(time), "Sun, 22 Nov 2026 14:20:05 +0000");
        assert_eq!(format_asctime(time), "Sun Nov 22 14:20:05 2026");
        for time in [
            FileTime(0),
            FileTime(u64::MAX),
            FileTime::from_unix(951_782_400),
        ] {
            assert!(parse(&format(time)).is_some());
        }
        for days in (-100_000..200_000).step_by(37) {
            let (year, month, day) = civil_from_days(days);
            assert_eq!(days_from_civil(year, month, day), days);
        }
    }
}
