//! The grammar of the commands about search folders.

use clap::{Args, Subcommand};

#[derive(Debug, Subcommand)]
pub(crate) enum SearchFolderCommand {
    /// Make a folder that shows what a query finds, now and from then on
    #[command(after_help = "\
QUERY is written as for malle search; in:FOLDER at its top says where to look unless --in does. Days
counted from today (after:7d) are those of the day on which the folder is made. The messages stay in
their own folders: deleting one from a search folder deletes it there.

Ctrl-C leaves the folder with what was found so far; malle search-folder edit NAME goes on.

Example:
  malle search-folder create Urgent 'is:unread is:important'
  malle search-folder create Bills 'invoice* larger:100k' --in Inbox --in Archive
  malle list Bills")]
    Create(SearchFolderCreateArgs),
    /// List the search folders of the store
    #[command(after_help = "Example:\n  malle search-folder list")]
    List,
    /// Show what a search folder looks for, where, and how far it is
    #[command(after_help = "Example:\n  malle search-folder show Urgent --json")]
    Show {
        /// Its name, path or id
        name: String,
    },
    /// Change what a search folder looks for; without options: go on with what was interrupted
    #[command(after_help = "\
What the folder shows already, and is still right, stays while it is filled anew. A search folder cannot
be renamed: --rename makes another one that looks for the same, with an id of its own, and deletes this
one.

Example:
  malle search-folder edit Urgent --query 'is:unread is:important -from:ann'
  malle search-folder edit Urgent --stop")]
    Edit(SearchFolderEditArgs),
    /// Delete a search folder; the messages that it shows stay where they are
    #[command(after_help = "Example:\n  malle search-folder delete Urgent")]
    Delete {
        /// Its name, path or id
        name: String,
    },
}

#[derive(Debug, Args)]
pub(crate) struct SearchFolderCreateArgs {
    /// What it is called
    pub(crate) name: String,
    /// What it looks for
    #[arg(required = true, value_name = "QUERY")]
    pub(crate) query: Vec<String>,
    /// Look in this folder and those below it; can be given several times. Default: all folders
    #[arg(long = "in", value_name = "FOLDER")]
    pub(crate) folders: Vec<String>,
    /// Only in the folders themselves, not below them
    #[arg(long)]
    pub(crate) shallow: bool,
    /// Look once and then leave it as it is
    #[arg(long = "static")]
    pub(crate) fixed: bool,
    /// Where the search folder lies; default: the store's search root
    #[arg(long, value_name = "FOLDER")]
    pub(crate) parent: Option<String>,
}

#[derive(Debug, Args)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is one switch of the command line"
)]
pub(crate) struct SearchFolderEditArgs {
    /// Its name, path or id
    pub(crate) name: String,
    /// What it looks for from now on
    #[arg(long, value_name = "QUERY", allow_hyphen_values = true)]
    pub(crate) query: Option<String>,
    /// Where it looks from now on; can be given several times
    #[arg(long = "in", value_name = "FOLDER")]
    pub(crate) folders: Vec<String>,
    /// Only in the folders themselves, not below them
    #[arg(long, conflicts_with = "recursive")]
    pub(crate) shallow: bool,
    /// In the folders and all below them
    #[arg(long)]
    pub(crate) recursive: bool,
    /// Leave it as it is from now on
    #[arg(long, conflicts_with = "restart")]
    pub(crate) stop: bool,
    /// Look anew, and follow the store again
    #[arg(long)]
    pub(crate) restart: bool,
    /// Call it so
    #[arg(long, value_name = "NAME")]
    pub(crate) rename: Option<String>,
}
