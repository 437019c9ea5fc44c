//! The checks of the requirements, from `testing/conformance/checks.csv`.

use anyhow::{Context, Result, bail};

use crate::workspace;

/// One check: `check,file,topic`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// Its id, such as `STO-05.2`, `AB-05.T1` or `M-IMAPIProp.GetProps`.
    pub id: String,
    /// The part of the requirements that it stands in, such as `client-1`.
    pub part: String,
    /// What it is about, in the words of the requirements.
    pub topic: String,
}

/// A group of checks with the same first letters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Area {
    /// The letters before the first `-` or `.`.
    pub letters: &'static str,
    /// What the area is about.
    pub title: &'static str,
}

const fn area(letters: &'static str, title: &'static str) -> Area {
    Area { letters, title }
}

/// All areas, in the order of the requirements.
pub const AREAS: &[Area] = &[
    area("X", "Rules that hold everywhere"),
    area("OVR", "Overview of a client"),
    area("SES", "Sessions"),
    area("OUT", "Outgoing messages"),
    area("INC", "Incoming messages"),
    area("STO", "Message stores"),
    area("TAB", "Tables"),
    area("RES", "Restrictions"),
    area("PRP", "Properties"),
    area("NAM", "Named properties"),
    area("EID", "Entry identifiers and keys"),
    area("FLD", "Folders"),
    area("MSG", "Messages"),
    area("TXT", "Message text"),
    area("SUB", "Submission and reception"),
    area("NTF", "Notifications of stores"),
    area("HLP", "Helper functions"),
    area("RFL", "Read flags"),
    area("AB", "Address book"),
    area("AC", "Address book concepts"),
    area("R", "Interface reference"),
    area("DT", "Display tables"),
    area("TX", "Transport providers"),
    area("ST", "Status objects"),
    area("SP", "Spooler"),
    area("XP", "Transport concepts"),
    area("NT", "Notifications"),
    area("RP", "Reports and TNEF"),
    area("FM", "Forms"),
    area("FS", "Form servers"),
    area("PA", "Profiles and message services"),
    area("MS", "Configuration files"),
    area("AD", "Advanced topics"),
    area("PF", "Performance"),
    area("M", "Method contracts"),
];

/// The letters of the area that a check belongs to.
pub fn area_of(id: &str) -> &str {
    id.split(['-', '.']).next().unwrap_or(id)
}

/// Reads all checks.
pub fn load() -> Result<Vec<Check>> {
    let path = workspace::root().join("testing/conformance/checks.csv");
    let text = std::fs::read_to_string(&path).with_context(|| path.display().to_string())?;
    parse(&text)
}

fn parse(text: &str) -> Result<Vec<Check>> {
    let mut lines = text.lines();
    if lines.next() != Some("check,file,topic") {
        bail!("checks.csv has not the columns check,file,topic");
    }
    lines
        .map(|line| parse_line(line).with_context(|| format!("`{line}`")))
        .collect()
}

/// Reads one row; only the last column may be quoted (RFC 4180 §2).
fn parse_line(line: &str) -> Result<Check> {
    let mut columns = line.splitn(3, ',');
    let (Some(id), Some(part), Some(topic)) = (columns.next(), columns.next(), columns.next())
    else {
        bail!("fewer than three columns");
    };
    if !AREAS.iter().any(|area| area.letters == area_of(id)) {
        bail!("{id} belongs to no known area");
    }
    let mut topic = match topic
        .strip_prefix('"')
        .and_then(|rest| rest.strip_suffix('"'))
    {
        Some(inner) => inner.replace("\"\"", "\""),
        None => topic.to_owned(),
    };
    // The column holds the first 70 characters, less a space at the end.
    if topic.chars().count() >= 69 {
        topic.push('…');
    }
    Ok(Check {
        id: id.to_owned(),
        part: part.to_owned(),
        topic,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn all_573_checks_are_read_and_each_is_there_once() {
        let checks = load().unwrap();
        assert_eq!(checks.len(), 573);
        let ids: BTreeSet<&str> = checks.iter().map(|check| check.id.as_str()).collect();
        assert_eq!(ids.len(), 573);
        for area in AREAS {
            assert!(
                ids.iter().any(|id| area_of(id) == area.letters),
                "{} is empty",
                area.letters
            );
        }
    }

    #[test]
    fn quotes_and_commas_stay_in_the_topic() {
        let check = parse_line(r#"X-1,client-1,"a, ""b"" (c"#).unwrap();
        assert_eq!(check.topic, r#""a, ""b"" (c"#);
        let check = parse_line(r#"X-1,client-1,"a, ""b"" c""#).unwrap();
        assert_eq!(check.topic, r#"a, "b" c"#);
        assert!(parse_line("X-1,client-1").is_err());
        assert!(parse_line("QQ-1,client-1,what").is_err());
    }
}
