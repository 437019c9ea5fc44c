//! The time zone of this machine, read from one file.

use std::env;
use std::fs;
use std::path::{Component, Path, PathBuf};

use jiff::tz::TimeZone;

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
    fn zones_by_name_and_path() {
        let zurich = Path::new("/usr/share/zoneinfo/Europe/Zurich");
        assert_eq!(zone_file("Europe/Zurich").as_deref(), Some(zurich));
        assert_eq!(zone_file(":Europe/Zurich").as_deref(), Some(zurich));
        assert_eq!(zone_file("/etc/x").as_deref(), Some(Path::new("/etc/x")));
        assert_eq!(zone_file("../../etc/passwd"), None);
    }
}
