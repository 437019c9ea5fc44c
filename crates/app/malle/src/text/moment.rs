//! Moments as people write them: days, times of the clock, so long from now.

use std::time::Duration;

use jiff::civil::{Date, DateTime, Time};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use malle_host::sending::span;
use mapi_props::FileTime;

/// A moment: `2026-05-01T10:00:00Z`, `2026-05-01 18:00`, `2026-05-01` (its beginning), `18:00` (the next time that the clock shows
/// it), or `+3d` from `now`. Where the text says no zone it is `zone`.
pub(crate) fn moment(said: &str, now: FileTime, zone: &TimeZone) -> Option<FileTime> {
    let said = said.trim();
    if let Some(later) = said.strip_prefix('+') {
        return after(now, span(later)?);
    }
    if said.len() <= 8 {
        return next(said.parse().ok()?, now, zone);
    }
    if let Ok(at) = said.parse::<Timestamp>() {
        return file_time(at);
    }
    let local = match said.parse::<Date>() {
        Ok(date) if !said.contains(['T', 't', ' ']) => date.to_datetime(Time::midnight()),
        _ => said.parse::<DateTime>().ok()?,
    };
    file_time(local.to_zoned(zone.clone()).ok()?.timestamp())
}

/// The moment `span` after `from`; none behind the end of all times.
pub(crate) fn after(from: FileTime, span: Duration) -> Option<FileTime> {
    let ticks = u64::try_from(span.as_nanos() / 100).ok()?;
    let end = from.0.checked_add(ticks)?;
    i64::try_from(end).is_ok().then_some(FileTime(end))
}

/// The next moment at which the clock shows a time.
fn next(time: Time, now: FileTime, zone: &TimeZone) -> Option<FileTime> {
    let here = Timestamp::from_second(now.unix_seconds()).ok()?;
    let here = here.to_zoned(zone.clone());
    let today = here.date().to_datetime(time).to_zoned(zone.clone()).ok()?;
    let then = match today > here {
        true => today,
        false => {
            let tomorrow = here.date().checked_add(1.day()).ok()?;
            tomorrow.to_datetime(time).to_zoned(zone.clone()).ok()?
        }
    };
    file_time(then.timestamp())
}

fn file_time(at: Timestamp) -> Option<FileTime> {
    (at.as_second() >= FileTime(0).unix_seconds())
        .then(|| FileTime::from_unix_nanos(at.as_nanosecond()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_people_write_them() {
        let zone = TimeZone::posix("CET-1CEST,M3.5.0,M10.5.0/3").unwrap();
        let now: FileTime = "2026-07-01T12:00:00Z".parse().unwrap();
        for (said, want) in [
            ("2026-08-01T10:00:00Z", "2026-08-01T10:00:00Z"),
            ("2026-08-01T10:00:00+02:00", "2026-08-01T08:00:00Z"),
            ("2026-08-01", "2026-07-31T22:00:00Z"),
            ("2026-12-01 18:00", "2026-12-01T17:00:00Z"),
            ("2026-12-01T18:00", "2026-12-01T17:00:00Z"),
            // It is 14:00 there.
            ("18:00", "2026-07-01T16:00:00Z"),
            ("18:00:30", "2026-07-01T16:00:30Z"),
            ("14:00", "2026-07-02T12:00:00Z"),
            ("08:00", "2026-07-02T06:00:00Z"),
            ("+90s", "2026-07-01T12:01:30Z"),
            ("+1w", "2026-07-08T12:00:00Z"),
        ] {
            let got = moment(said, now, &zone).map(|t| t.to_string());
            assert_eq!(got.as_deref(), Some(want), "{said}");
        }
        for wrong in [
            "",
            "+",
            "+d",
            "+1y",
            "-1d",
            "+1.5h",
            "25:00",
            "soon",
            "2026-13-01",
            "2026-02-30",
            "+99999999999999999999w",
            "+9999999999999999w",
            "++1d",
            "1500-01-01",
        ] {
            assert_eq!(moment(wrong, now, &zone), None, "{wrong}");
        }
    }
}
