//! The line that begins a message in an mbox: `From sender date`.

use mapi_props::FileTime;

use crate::header::{date, without_eol};

/// What a separator line says.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Separator {
    /// The envelope sender; empty, `-` or `MAILER-DAEMON` where there was none.
    pub sender: String,
    /// The date of arrival, which is in UTC unless the line names a zone.
    pub date: Option<FileTime>,
}

impl Separator {
    /// Reads a line that begins with `From `; `None` for any other.
    #[must_use]
    pub fn parse(line: &str) -> Option<Self> {
        let rest = line.strip_prefix("From ")?.trim();
        let (sender, when) = rest.split_once([' ', '\t']).unwrap_or((rest, ""));
        // A sender may hold blanks in quotes; the date is then found from its weekday on.
        let date = date::parse(when).or_else(|| weekday_in(when).and_then(date::parse));
        Some(Self {
            sender: sender.to_owned(),
            date,
        })
    }

    pub(super) fn of_line(line: &[u8]) -> Self {
        let line = line.get(..1000).unwrap_or(line);
        Self::parse(&String::from_utf8_lossy(without_eol(line))).unwrap_or_default()
    }

    pub(super) fn is_dated(&self) -> bool {
        self.date.is_some()
    }
}

fn weekday_in(text: &str) -> Option<&str> {
    let at = [
        "Mon ", "Tue ", "Wed ", "Thu ", "Fri ", "Sat ", "Sun ", "Mon,", "Tue,", "Wed,", "Thu,",
        "Fri,", "Sat,", "Sun,",
    ];
    at.iter()
        .filter_map(|day| text.find(day))
        .min()
        .and_then(|at| text.get(at..))
}
