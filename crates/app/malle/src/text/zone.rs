//! The time zone of this machine, read from one file.

use std::env;
use std::fs;
use std::path::{Component, Path, PathBuf};

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use mapi::query::Day;
use mapi_props::FileTime;

/// Where Unix systems keep their zones.
const ZONES: &str = "/usr/share/zoneinfo";

/// The zone that `TZ` names, else the machine's own; UTC where none can be found.
///
/// `TimeZone::system` finds the zone's name and for it walks the whole database, which takes longer than a listing
/// does. It is asked only where the one file that matters cannot be read.
pub(crate) fn local() -> TimeZone {
    let file = match env::var("TZ") {
        Ok(name) if name.is_empty() || name == "UTC" => return TimeZone::UTC,
        Ok(name) => zone_file(&name),
        Err(_) => Some(PathBuf::from("/etc/localtime")),
    };
    let read = file.and_then(|file| fs::read(file).ok());
    let zone = read.and_then(|bytes| TimeZone::tzif("local", &bytes).ok());
    zone.unwrap_or_else(TimeZone::system)
}

/// The day that it is in a zone.
pub(crate) fn today(zone: &TimeZone) -> Day {
    let now = Timestamp::now();
    let date = now.to_zoned(zone.clone()).date();
    let part = |n: i8| u8::try_from(n).ok();
    let year = u16::try_from(date.year()).ok();
    let day = year.and_then(|year| Day::new(year, part(date.month())?, part(date.day())?));
    day.unwrap_or_else(|| Day::utc(FileTime::from_unix(now.as_second())))
}

/// The moment at which a day begins in a zone: its first one, where midnight does not exist.
pub(crate) fn start_of(day: Day, zone: &TimeZone) -> FileTime {
    let part = |n: u8| i8::try_from(n).unwrap_or(1);
    let year = i16::try_from(day.year()).unwrap_or(i16::MAX);
    let date = Date::new(year, part(day.month()), part(day.day())).ok();
    let start = date.and_then(|date| date.to_zoned(zone.clone()).ok());
    start.map_or_else(
        || day.start_utc(),
        |start| FileTime::from_unix(start.timestamp().as_second()),
    )
}

/// The file of a zone named as `Europe/Zurich` or by its path; none for a rule such as `CET-1CEST`.
fn zone_file(name: &str) -> Option<PathBuf> {
    let name = Path::new(name.strip_prefix(':').unwrap_or(name));
    if name.is_absolute() {
        return Some(name.to_owned());
    }
    let plain = name
        .components()
        .all(|part| matches!(part, Component::Normal(_)));
    plain.then(|| Path::new(ZONES).join(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_begin_as_the_zone_says() {
        let day = |text: &str| Day::utc(format!("{text}T12:00:00Z").parse().unwrap());
        // Summer time begins and ends.
        let zone = TimeZone::posix("CET-1CEST,M3.5.0,M10.5.0/3").unwrap();
        for (text, start) in [
            ("2024-03-31", "2024-03-30T23:00:00Z"),
            ("2024-04-01", "2024-03-31T22:00:00Z"),
            ("2024-10-28", "2024-10-27T23:00:00Z"),
            ("9999-12-30", "9999-12-29T23:00:00Z"),
            ("1601-01-01", "1601-01-01T00:00:00Z"),
        ] {
            assert_eq!(start_of(day(text), &zone).to_string(), start, "{text}");
        }
        // A day whose midnight is skipped begins at one.
        let zone = TimeZone::posix("AAA4BBB,M9.1.0/0,M4.1.0/0").unwrap();
        assert_eq!(
            start_of(day("2024-09-01"), &zone).to_string(),
            "2024-09-01T04:00:00Z"
        );
        let today = today(&TimeZone::UTC);
        assert!(today.year() >= 2024);
    }

    #[test]
    fn zones_by_name_and_path() {
        let zurich = Path::new("/usr/share/zoneinfo/Europe/Zurich");
        assert_eq!(zone_file("Europe/Zurich").as_deref(), Some(zurich));
        assert_eq!(zone_file(":Europe/Zurich").as_deref(), Some(zurich));
        assert_eq!(zone_file("/etc/x").as_deref(), Some(Path::new("/etc/x")));
        assert_eq!(zone_file("../../etc/passwd"), None);
    }
}
