//! The grammar of the commands about views.

use clap::{Args, Subcommand, ValueEnum};

#[derive(Debug, Subcommand)]
pub(crate) enum ViewCommand {
    /// List the views with which a folder can be opened
    #[command(after_help = "Example:\n  malle view list Inbox --json")]
    List {
        /// The folder
        #[arg(default_value = "Inbox")]
        folder: String,
    },
    /// Show the columns, order, groups and filter of a view
    #[command(after_help = "Example:\n  malle view show Inbox Urgent")]
    Show {
        /// The folder
        folder: String,
        /// The view's name
        name: String,
    },
    /// Make a view
    Create(CreateViewArgs),
    /// Choose the view that a folder opens with
    #[command(after_help = "Example:\n  malle view set-default Inbox Urgent")]
    SetDefault {
        /// The folder
        folder: String,
        /// The view's name; normal: the normal view
        name: String,
    },
    /// Delete a view
    #[command(after_help = "Example:\n  malle view delete Inbox Urgent")]
    Delete {
        /// The folder
        folder: String,
        /// The view's name
        name: String,
    },
}

#[derive(Debug, Args)]
#[command(after_help = "\
Columns and keys are property names: PidTagSubject, PR_SUBJECT, dispidToDoTitle, 0x0037001F. A heading of one's
own follows an equals sign: PR_SUBJECT=Betreff. The key of the order is made a column if it is none.

Example:
  malle view create Inbox Urgent --columns PR_SENDER_NAME,PR_SUBJECT \\
    --sort -PR_MESSAGE_DELIVERY_TIME --filter 'is:important is:unread' --default")]
pub(crate) struct CreateViewArgs {
    /// The folder
    pub(crate) folder: String,
    /// The new view's name
    pub(crate) name: String,
    /// Its columns, by property name, separated by commas
    #[arg(
        long,
        value_name = "TAG[=TITLE],…",
        value_delimiter = ',',
        required = true
    )]
    pub(crate) columns: Vec<String>,
    /// What it is sorted by: one property name, - before it for descending; or conversations
    #[arg(
        long,
        value_name = "-TAG",
        allow_hyphen_values = true,
        default_value = "-PR_MESSAGE_DELIVERY_TIME"
    )]
    pub(crate) sort: String,
    /// What it is grouped by: up to four property names, - before one for descending
    #[arg(
        long,
        value_name = "-TAG,TAG",
        value_delimiter = ',',
        allow_hyphen_values = true
    )]
    pub(crate) group: Vec<String>,
    /// Only messages that match this query
    #[arg(long, value_name = "QUERY", allow_hyphen_values = true)]
    pub(crate) filter: Option<String>,
    /// Only messages that match this restriction
    #[arg(long = "where", value_name = "R")]
    pub(crate) restriction: Option<String>,
    /// Where it is kept: for this folder alone, or for every folder
    #[arg(long, value_name = "PLACE", default_value = "folder")]
    pub(crate) place: PlaceName,
    /// The folder opens with it
    #[arg(long)]
    pub(crate) default: bool,
}

/// Where a view is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum PlaceName {
    /// In the folder: for it alone
    Folder,
    /// For every folder of the store, yours
    Personal,
    /// For every folder of the store, everybody's
    Common,
}
