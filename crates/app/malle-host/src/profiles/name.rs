//! Names of profiles: what MAPI allows, as far as they are safe as names of files everywhere.
//! Reference: "Creating a Profile by Using Custom Code" (requirement PA-04)

use serde::Deserialize;

/// The longest name, in characters.
const LONGEST: usize = 64;
/// The longest name, in bytes: with what stands around it, it must be the name of a file.
const LONGEST_BYTES: usize = 200;

/// Names of files that Windows keeps for devices, whatever follows after a dot.
const DEVICES: [&str; 4] = ["con", "prn", "aux", "nul"];

/// The name of a profile, or of its folder.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct ProfileName(String);

impl TryFrom<String> for ProfileName {
    type Error = String;

    fn try_from(name: String) -> Result<Self, String> {
        if is_name(&name) {
            return Ok(Self(name));
        }
        Err(format!("{name:?} is no name for a profile: {ALLOWED}"))
    }
}

impl From<ProfileName> for String {
    fn from(name: ProfileName) -> Self {
        name.0
    }
}

/// What names are made of, for people.
pub(super) const ALLOWED: &str = "1 to 64 letters, digits, '_', '-', '.' and blanks inside are allowed, \
     not '.' or '-' first, not '.' last, and no name of a device of Windows";

/// Whether this can be a profile's name.
pub(crate) fn is_name(name: &str) -> bool {
    let good = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | ' ');
    (1..=LONGEST).contains(&name.chars().count())
        && name.len() <= LONGEST_BYTES
        && name.chars().all(good)
        && !name.starts_with(['.', '-', ' '])
        && !name.ends_with(['.', ' '])
        && !is_device(name)
}

/// Whether two names would be one file where files have no case.
pub(super) fn same(a: &str, b: &str) -> bool {
    a == b || a.to_lowercase() == b.to_lowercase()
}

fn is_device(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or(name);
    let stem = stem.trim_end().to_ascii_lowercase();
    let numbered = |kind| {
        let number = stem.strip_prefix(kind).unwrap_or_default();
        number.len() == 1 && number.bytes().all(|b| b.is_ascii_digit())
    };
    DEVICES.contains(&stem.as_str()) || numbered("com") || numbered("lpt")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_what_mapi_allows_and_every_file_system_takes() {
        let long = "ä".repeat(64);
        for good in ["work", "Größe_1 b", "a.b", "x-1", "computer", "コ", &long] {
            assert!(is_name(good), "{good:?}");
        }
        let longer = "a".repeat(65);
        for bad in [
            "",
            ".",
            "..",
            "a/b",
            "a\\b",
            "-x",
            ".x",
            "x.",
            " x",
            "x ",
            "x\0",
            "con:",
            "CON",
            "nul.txt",
            "com1",
            "a\u{301}b\n",
            &longer,
        ] {
            assert!(!is_name(bad), "{bad:?}");
        }
        assert!(same("Work", "wORK") && same("GRÖSSE", "grösse") && !same("a", "b"));
    }
}
