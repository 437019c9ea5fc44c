//! The grammar of the commands about what happens in a store, and about where mail arrives.

use std::time::Duration;

use clap::{Args, Subcommand, ValueEnum};

#[derive(Debug, Args)]
#[command(after_help = "\
OBJECT is \"store\" (or a store's letter), a folder or the id of a message. Of a folder everything is told that happens to
it and to what lies directly in it. What other processes do is told too, in the order in which it was committed.
With --json each event is one JSON object on a line of its own; its \"event\" is one of
  new-mail created deleted modified moved copied search-complete critical-error
  lost            some events are missing: whoever keeps a picture must make it anew
With --table the rows of a list are followed instead, as malle list or malle folder list shows them:
  row-added row-modified row-deleted    the row of this \"key\"; it comes behind the one of the key \"prior\", or first
  reload          more has changed than single rows can tell: read the list again
  critical-error  the rows could not be read; they are followed again as soon as that is possible
It ends by Ctrl-C, after --count events, when the time of --for is over, or when nobody reads its output any more.
When fewer than --count events came in that time, it fails.

Example:
  malle watch Inbox --only new-mail --json
  malle watch --table Inbox --filter is:unread --rows --json")]
pub(crate) struct WatchArgs {
    /// What is watched; default: the whole default store
    #[arg(value_name = "OBJECT", conflicts_with = "table")]
    pub(crate) object: Option<String>,
    /// Tell what happens to the rows of this folder's list
    #[arg(long, value_name = "FOLDER")]
    pub(crate) table: Option<String>,
    /// The folders below it instead of its messages
    #[arg(long, requires = "table", conflicts_with_all = ["columns", "restriction", "filter", "sort"])]
    pub(crate) hierarchy: bool,
    /// First the rows that there are, between "reload" and "ready"; again after each reload
    #[arg(long, requires = "table", conflicts_with = "only")]
    pub(crate) rows: bool,
    /// Further columns, by property name, separated by commas
    #[arg(long, value_name = "TAG,…", value_delimiter = ',', requires = "table")]
    pub(crate) columns: Vec<String>,
    /// Only messages that match this restriction
    #[arg(long = "where", value_name = "R", requires = "table")]
    pub(crate) restriction: Option<String>,
    /// Only messages that match this query
    #[arg(
        long,
        value_name = "QUERY",
        allow_hyphen_values = true,
        requires = "table"
    )]
    pub(crate) filter: Option<String>,
    /// Order: property names, - before one for descending; default: newest first
    #[arg(
        long,
        value_name = "-TAG,TAG",
        value_delimiter = ',',
        allow_hyphen_values = true,
        requires = "table"
    )]
    pub(crate) sort: Vec<String>,
    /// Only events of these kinds; lost, reload and critical-error are told always
    #[arg(long, value_name = "KIND,…", value_delimiter = ',')]
    pub(crate) only: Vec<EventName>,
    /// End after N events
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) count: Option<u64>,
    /// End after this time: 500ms, 30s, 5m, 2h, 1d
    #[arg(long = "for", value_name = "DURATION", value_parser = duration)]
    pub(crate) time: Option<Duration>,
    /// Say "ready" when watching has begun: nothing that happens from then on is missed
    #[arg(long)]
    pub(crate) ready: bool,
}

/// What an event is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum EventName {
    /// A message has arrived
    NewMail,
    /// A message or folder came to be
    Created,
    /// It is gone
    Deleted,
    /// It has other properties
    Modified,
    /// It is in another folder
    Moved,
    /// A copy of it was made
    Copied,
    /// A search folder holds all it should
    SearchComplete,
    /// A row has come into the list
    RowAdded,
    /// A row has other values, perhaps another place
    RowModified,
    /// A row has gone from the list
    RowDeleted,
    /// The list must be read again
    Reload,
    /// Events are missing
    Lost,
    /// The store could not be read
    CriticalError,
    /// Watching has begun
    #[value(skip)]
    Ready,
}

impl EventName {
    /// As it is written: never translated.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::NewMail => "new-mail",
            Self::Created => "created",
            Self::Deleted => "deleted",
            Self::Modified => "modified",
            Self::Moved => "moved",
            Self::Copied => "copied",
            Self::SearchComplete => "search-complete",
            Self::RowAdded => "row-added",
            Self::RowModified => "row-modified",
            Self::RowDeleted => "row-deleted",
            Self::Reload => "reload",
            Self::Lost => "lost",
            Self::CriticalError => "critical-error",
            Self::Ready => "ready",
        }
    }

    /// Whether `--only` cannot leave it out.
    pub(crate) const fn is_grave(self) -> bool {
        matches!(
            self,
            Self::Reload | Self::Lost | Self::CriticalError | Self::Ready
        )
    }

    /// Whether only rows of a list have it.
    pub(crate) const fn is_of_rows(self) -> bool {
        matches!(
            self,
            Self::RowAdded | Self::RowModified | Self::RowDeleted | Self::Reload
        )
    }
}

/// A number and a unit.
pub(super) fn duration(written: &str) -> Result<Duration, String> {
    let expected = || "a number and a unit are expected: 500ms, 30s, 5m, 2h, 1d".to_owned();
    let digits = written.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let number: u64 = digits.parse().map_err(|_| expected())?;
    let unit = written.strip_prefix(digits).unwrap_or_default();
    let millis = match unit {
        "ms" => 1,
        "s" => 1_000,
        "m" | "min" => 60_000,
        "h" => 3_600_000,
        "d" => 86_400_000,
        _ => return Err(expected()),
    };
    let whole = number.checked_mul(millis).ok_or_else(expected)?;
    Ok(Duration::from_millis(whole))
}

#[derive(Debug, Subcommand)]
pub(crate) enum ReceiveFolderCommand {
    /// List the message classes and the folders in which they arrive
    #[command(after_help = "Example:\n  malle receive-folder list")]
    List,
    /// Show where messages of a class arrive, and which assignment says so
    #[command(after_help = "\
The longest assigned class counts that is the class itself or a beginning of it up to a dot, whatever
its case. Where none is, messages arrive in the store's root folder.

Example:
  malle receive-folder get IPM.Note.Invoice")]
    Get {
        /// The message class; \"\" or none: messages that no assignment covers
        class: Option<String>,
    },
    /// Let messages of a class, and of those that begin with it, arrive in a folder
    #[command(
        after_help = "Example:\n  malle receive-folder set IPM.Note.Invoice Inbox/Invoices --with-reports"
    )]
    Set {
        /// The message class; \"\" for messages that no assignment covers
        class: String,
        /// The folder
        folder: String,
        /// Its reports too (Report.CLASS): what was delivered, read or came back
        #[arg(long)]
        with_reports: bool,
    },
    /// Take an assignment away: the next shorter one counts again
    #[command(after_help = "\
Without the assignment of \"\" messages of unknown classes arrive in the root folder, where nobody sees
them; that needs --yes.

Example:
  malle receive-folder remove IPM.Note.Invoice --with-reports")]
    Remove {
        /// The message class
        class: String,
        /// That of its reports too (Report.CLASS)
        #[arg(long)]
        with_reports: bool,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_as_people_write_them() {
        for (written, millis) in [
            ("500ms", 500),
            ("30s", 30_000),
            ("5m", 300_000),
            ("1d", 86_400_000),
        ] {
            assert_eq!(
                duration(written),
                Ok(Duration::from_millis(millis)),
                "{written}"
            );
        }
        for wrong in [
            "",
            "5",
            "s",
            "-1s",
            "1.5s",
            "5y",
            "99999999999999999999d",
            "999999999999999999d",
            "5é",
        ] {
            assert!(duration(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn names_are_those_that_are_asked_for() {
        for kind in EventName::value_variants() {
            let asked = kind.to_possible_value();
            assert_eq!(
                asked.map(|v| v.get_name().to_owned()).as_deref(),
                Some(kind.word())
            );
        }
    }
}
