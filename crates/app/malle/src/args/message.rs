//! The grammar of the commands about messages.

use std::path::PathBuf;

use clap::{ArgGroup, Args, ValueEnum};

#[derive(Debug, Args)]
#[command(after_help = "\
Messages whose source bytes the folder already holds are skipped, so an interrupted import goes on by
the same command. Flags of a Maildir (S, R, F, D, T) are kept. Outlook's .msg files are known by their
content, not their name.

Example:
  malle import --folder Archive/2025 old.mbox ~/Maildir --tree")]
pub(crate) struct ImportArgs {
    /// Files and directories; - reads one message or mbox from standard input
    #[arg(required = true, value_name = "PATH")]
    pub(crate) paths: Vec<PathBuf>,
    /// Folder to import into; created when missing
    #[arg(long, value_name = "FOLDER", default_value = "Inbox")]
    pub(crate) folder: String,
    /// List every item with its id and status
    #[arg(long)]
    pub(crate) items: bool,
    /// How messages are separated in mbox files
    #[arg(long, value_name = "VARIANT", default_value = "auto")]
    pub(crate) mbox_variant: MboxVariant,
    /// Make folders of a Maildir++ tree (.Sent, .Work.Projects) below the target folder
    #[arg(long)]
    pub(crate) tree: bool,
}

/// The families of mbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum MboxVariant {
    /// Found out from the file
    Auto,
    /// "From " lines, ">From " kept as they are
    O,
    /// Every ">From " unquoted once
    Rd,
    /// Content-Length, quoted
    Cl,
    /// Content-Length, not quoted
    Cl2,
}

/// Which rows a list of messages has, and in which order.
#[derive(Debug, Args)]
pub(crate) struct RowArgs {
    /// Further columns, by property name, separated by commas
    #[arg(long, value_name = "TAG,…", value_delimiter = ',')]
    pub(crate) columns: Vec<String>,
    /// Only messages that match this restriction
    #[arg(long = "where", value_name = "R")]
    pub(crate) restriction: Option<String>,
    /// Order: property names, - before one for descending; default: newest first
    #[arg(
        long,
        value_name = "-TAG,TAG",
        value_delimiter = ',',
        allow_hyphen_values = true
    )]
    pub(crate) sort: Vec<String>,
    /// At most N messages; default: all, a screen of 50 on a terminal
    #[arg(long, value_name = "N")]
    pub(crate) limit: Option<u64>,
    /// Leave the first M out
    #[arg(long, value_name = "M", default_value_t = 0)]
    pub(crate) offset: u64,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Columns and sort keys are property names: PidTagSubject, PR_SUBJECT, dispidToDoTitle, 0x0037001F.
A query is written as for malle search: 'from:ann is:unread'. A restriction is text or JSON:
'PR_SUBJECT contains/i \"budget\" AND NOT PR_HASATTACH = true'.
A folder with a default view opens with its columns, filter and order; see malle view.
Groups are of one value each: a time makes a group of its own for every second that a message came in;
a message with several categories is in the group of each. Headings count all messages of a group, with
the unread ones; --limit and --offset count headings too.

Example:
  malle list Inbox --sort -PR_MESSAGE_SIZE --filter 'larger:1M' --limit 10")]
pub(crate) struct ListArgs {
    /// The folder
    #[arg(default_value = "Inbox")]
    pub(crate) folder: String,
    /// Open it with this view instead of its default one; normal: with none
    #[arg(long, value_name = "NAME")]
    pub(crate) view: Option<String>,
    /// Only messages that match this query
    #[arg(long, value_name = "QUERY", allow_hyphen_values = true)]
    pub(crate) filter: Option<String>,
    /// Show messages with the status hidden too
    #[arg(long)]
    pub(crate) hidden: bool,
    /// Group by up to four of: from, to, topic, class, importance, flag, category, folder, or
    /// property names; - before one for descending
    #[arg(
        long,
        value_name = "COLUMN,…",
        value_delimiter = ',',
        allow_hyphen_values = true
    )]
    pub(crate) group: Vec<String>,
    /// Show the headings of groups alone
    #[arg(long, requires = "group")]
    pub(crate) collapsed: bool,
    /// Of all groups show only the messages of those with this heading; all: of every one
    #[arg(long, value_name = "HEADING", requires = "group")]
    pub(crate) expand: Vec<String>,
    #[command(flatten)]
    pub(crate) rows: RowArgs,
}

#[derive(Debug, Args)]
#[command(after_help = "\
A query is words, fields and what joins them; several arguments are joined by spaces:
  budget report           both words, anywhere: subject, people, text, names of attachments
  '\"annual report\"' rep*  words one after another; words that begin so
  from: to: cc: bcc: recipient: subject: body: attachment:    words there
  is:unread, read, flagged, unflagged, draft, replied, forwarded, important; has:attachment
  after: before: on:      2024-05-01, 2024-05, 2024, today, yesterday, 7d, 2w, 3m, 1y; on:2023..2024-05
  larger: smaller:        300k, 5M; in:FOLDER with those below it; class:IPM.Note; id:a1234
  A OR B, NOT A, -A, (A B), from:(ann OR bob); * finds every message
Case and accents make no difference.
Everything below the top folder is searched, Deleted Items too. Finding nothing is no error.

Example:
  malle search from:ann budget after:3m
  malle search '\"annual report\" (is:unread OR is:flagged)' --folder Archive --json --limit 50")]
pub(crate) struct SearchArgs {
    /// What to look for
    #[arg(required = true, value_name = "QUERY")]
    pub(crate) query: Vec<String>,
    /// Only in this folder and those below it
    #[arg(long, value_name = "FOLDER")]
    pub(crate) folder: Option<String>,
    /// Print only how many messages are found
    #[arg(long)]
    pub(crate) count: bool,
    /// Show the restriction that the query is, and how the store will find its messages
    #[arg(long, conflicts_with = "count")]
    pub(crate) explain: bool,
    /// Show where the words stand; alone: always
    #[arg(
        long,
        value_name = "WHEN",
        default_value = "auto",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "always"
    )]
    pub(crate) snippets: Snippets,
    #[command(flatten)]
    pub(crate) rows: RowArgs,
}

/// When snippets are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Snippets {
    /// In text, not in JSON
    Auto,
    /// In JSON too
    Always,
    /// Not at all
    Never,
}

#[derive(Debug, Args)]
#[command(after_help = "\
The messages that belong together are shown each below the one that it answers, with the folder that it is in; the subject
only where it is another one than above. They belong together by the conversation index of Outlook, by the ids of
In-Reply-To and References, and replies that have neither by their subject without prefixes (RE, AW, SV, TR, RV, 回复 …).

Example:
  malle thread a1234
  malle thread a1234 --json | jq -r '.members[].id'")]
pub(crate) struct ThreadArgs {
    /// A message of the conversation
    #[arg(value_name = "ID")]
    pub(crate) id: String,
    /// At most N messages, from the first one on; default: all
    #[arg(long, value_name = "N")]
    pub(crate) limit: Option<u64>,
}

#[derive(Debug, Args)]
#[command(group = ArgGroup::new("part").multiple(false), after_help = "\
Example:
  malle read a1234 --attachment 0 > report.pdf
  malle read a1234 --rtf > body.rtf")]
pub(crate) struct ReadArgs {
    /// The message, or an embedded one: a1234/att/0/msg
    pub(crate) id: String,
    /// Only the HTML body, as the sender wrote it; of RTF what it carries or shows
    #[arg(long, group = "part")]
    pub(crate) html: bool,
    /// Only the RTF body, unpacked
    #[arg(long, group = "part")]
    pub(crate) rtf: bool,
    /// Only the transport headers
    #[arg(long, group = "part")]
    pub(crate) headers: bool,
    /// The whole message as Internet mail
    #[arg(long, group = "part")]
    pub(crate) raw: bool,
    /// Only the content of attachment N, counted from 0
    #[arg(long, value_name = "N", group = "part")]
    pub(crate) attachment: Option<usize>,
}

#[derive(Debug, Args)]
#[command(after_help = "\
OBJECT is an id (a1234), a folder (Inbox), a part (a1234/att/0, a1234/rcpt/1, a1234/att/0/msg) or
\"store\" (or a store's letter alone: a). T is any property name or tag. V is JSON, or plain text for
text properties; binary is hexadecimal, times are RFC 3339.

Example:
  malle props a1234 --set 'PR_SUBJECT=New subject' --delete PR_COMMENT")]
pub(crate) struct PropsArgs {
    /// The object
    pub(crate) object: String,
    /// Computed and hidden properties too
    #[arg(long)]
    pub(crate) all: bool,
    /// Show what differs from this object
    #[arg(long, value_name = "OTHER", conflicts_with_all = ["set", "delete"])]
    pub(crate) diff: Option<String>,
    /// Set a property
    #[arg(long, value_name = "T=V")]
    pub(crate) set: Vec<String>,
    /// Delete a property
    #[arg(long, value_name = "T")]
    pub(crate) delete: Vec<String>,
}

#[derive(Debug, Args)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is one switch of the command line"
)]
#[command(
    group = ArgGroup::new("change").required(true).multiple(true),
    after_help = "Example:\n  malle mark a1234 a1240 --read --category Work")]
pub(crate) struct MarkArgs {
    /// The messages
    #[arg(required = true, value_name = "ID")]
    pub(crate) ids: Vec<String>,
    /// Mark as read
    #[arg(long, group = "change", conflicts_with = "unread")]
    pub(crate) read: bool,
    /// Mark as unread
    #[arg(long, group = "change")]
    pub(crate) unread: bool,
    /// Flag for follow-up
    #[arg(long, group = "change", conflicts_with = "unflag")]
    pub(crate) flag: bool,
    /// Take the flag away
    #[arg(long, group = "change")]
    pub(crate) unflag: bool,
    /// Add a category; may be given more than once
    #[arg(long, value_name = "NAME", group = "change")]
    pub(crate) category: Vec<String>,
    /// Take a category away; may be given more than once
    #[arg(long, value_name = "NAME", group = "change")]
    pub(crate) uncategory: Vec<String>,
    /// Set status bits in the view of its folder: highlighted, tagged, hidden, delete-marked …
    #[arg(long, value_name = "NAME,…", value_delimiter = ',', group = "change")]
    #[arg(value_parser = status_names())]
    pub(crate) status: Vec<String>,
    /// Clear status bits
    #[arg(long, value_name = "NAME,…", value_delimiter = ',', group = "change")]
    #[arg(value_parser = status_names())]
    pub(crate) no_status: Vec<String>,
}

fn status_names() -> clap::builder::PossibleValuesParser {
    let names = malle_views::STATUS_NAMES.iter().map(|(name, _)| *name);
    clap::builder::PossibleValuesParser::new(names)
}

#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  malle move a1234 a1240 --to Archive/2026\n  malle copy a1234 --to Inbox"
)]
pub(crate) struct TransferArgs {
    /// The messages
    #[arg(required = true, value_name = "ID")]
    pub(crate) ids: Vec<String>,
    /// The folder
    #[arg(long, value_name = "FOLDER", alias = "folder")]
    pub(crate) to: String,
}

#[derive(Debug, Args)]
#[command(after_help = "Example:\n  malle delete a1234")]
pub(crate) struct DeleteArgs {
    /// The messages
    #[arg(required = true, value_name = "ID")]
    pub(crate) ids: Vec<String>,
    /// For good, even outside Deleted Items
    #[arg(long)]
    pub(crate) permanently: bool,
}

#[derive(Debug, Args)]
#[command(after_help = "\
An imported message comes back byte for byte as long as its content has not changed; else new Internet
mail is made and a note says so. One .eml or .msg without --to goes to standard output, exactly the message.

Example:
  malle export a1234 > message.eml
  malle export --folder Inbox --format mbox --to inbox.mbox
  malle export a1234 --format msg --to message.msg")]
pub(crate) struct ExportArgs {
    /// The messages
    #[arg(value_name = "ID", required_unless_present = "folder")]
    pub(crate) ids: Vec<String>,
    /// All messages of this folder
    #[arg(long, value_name = "FOLDER", conflicts_with = "ids")]
    pub(crate) folder: Option<String>,
    /// The format
    #[arg(long, value_name = "FORMAT", default_value = "eml")]
    pub(crate) format: ExportFormat,
    /// With mbox: write what was read, answered or flagged as Status and X-Status fields; messages are then not byte for
    /// byte what they were
    #[arg(long)]
    pub(crate) status: bool,
    /// Directory (eml, msg, maildir) or file (mbox); one eml or msg may name a file
    #[arg(long, value_name = "PATH")]
    pub(crate) to: Option<PathBuf>,
}

/// Formats of export.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ExportFormat {
    /// One file of Internet mail per message
    Eml,
    /// One Outlook file per message, with all its properties
    Msg,
    /// One file of all messages, mboxrd
    Mbox,
    /// A Maildir with flags
    Maildir,
}
