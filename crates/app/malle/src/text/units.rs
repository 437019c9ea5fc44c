//! Sizes, times and durations as people read them.

use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use mapi_props::FileTime;

/// `512 B`, `1.4 KB`, `20 MB`: powers of 1000, two figures.
pub(crate) fn size(bytes: u64) -> String {
    const UNITS: [&str; 6] = ["KB", "MB", "GB", "TB", "PB", "EB"];
    if bytes < 1000 {
        return format!("{bytes} B");
    }
    let (mut tenths, mut unit, mut power) = (0, "", 1_u128);
    for next in UNITS {
        power *= 1000;
        unit = next;
        tenths = (u128::from(bytes) * 10 + power / 2) / power;
        if tenths < 9995 {
            break;
        }
    }
    match tenths {
        0..100 => format!("{}.{} {unit}", tenths / 10, tenths % 10),
        _ => format!("{} {unit}", (tenths + 5) / 10),
    }
}

/// `2026-11-22 14:05` in the zone of this machine.
pub(crate) fn local_time(time: FileTime, zone: &TimeZone) -> String {
    in_zone(time, zone, "%Y-%m-%d %H:%M")
}

/// The same; with seconds if it is within the hour before or after `now`.
pub(crate) fn soon(time: FileTime, now: FileTime, zone: &TimeZone) -> String {
    const HOUR: u64 = 3600 * 10_000_000;
    match time.0.abs_diff(now.0) < HOUR {
        true => in_zone(time, zone, "%Y-%m-%d %H:%M:%S"),
        false => local_time(time, zone),
    }
}

/// `14:05:09.123` in the zone of this machine.
pub(crate) fn local_clock(time: FileTime, zone: &TimeZone) -> String {
    in_zone(time, zone, "%H:%M:%S%.3f")
}

fn in_zone(time: FileTime, zone: &TimeZone, form: &str) -> String {
    let nanos = time.unix_nanos();
    let Ok(stamp) = Timestamp::from_nanosecond(nanos) else {
        return String::from("?");
    };
    let local = stamp.to_zoned(zone.clone());
    local.strftime(form).to_string()
}

/// `0.4 s`, `12 s`, `3 min 05 s`.
pub(crate) fn duration(time: Duration) -> String {
    let tenths = time.as_millis() / 100;
    match tenths {
        0..100 => format!("{}.{} s", tenths / 10, tenths % 10),
        100..1200 => format!("{} s", tenths / 10),
        _ => format!("{} min {:02} s", tenths / 600, tenths / 10 % 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes() {
        for (bytes, text) in [
            (0, "0 B"),
            (999, "999 B"),
            (1000, "1.0 KB"),
            (1449, "1.4 KB"),
            (99_999, "100 KB"),
            (20_000_000, "20 MB"),
            (999_999, "1.0 MB"),
            (u64::MAX, "18 EB"),
        ] {
            assert_eq!(size(bytes), text, "{bytes}");
        }
    }

    #[test]
    fn durations() {
        assert_eq!(duration(Duration::from_millis(449)), "0.4 s");
        assert_eq!(duration(Duration::from_secs(12)), "12 s");
        assert_eq!(duration(Duration::from_secs(185)), "3 min 05 s");
    }

    #[test]
    fn times_to_the_minute() {
        let time = FileTime::from_unix(1_767_225_600);
        assert_eq!(local_time(time, &TimeZone::UTC), "2026-01-01 00:00");
        assert_eq!(local_time(FileTime(0), &TimeZone::UTC), "1601-01-01 00:00");
        assert_eq!(local_time(FileTime(u64::MAX), &TimeZone::UTC), "?");
        let time = FileTime::from_unix_nanos(1_767_225_609_012_345_600);
        assert_eq!(local_clock(time, &TimeZone::UTC), "00:00:09.012");
    }
}
