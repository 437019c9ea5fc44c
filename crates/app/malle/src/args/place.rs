//! The grammar of the commands about profiles, folders and stores.

use std::path::PathBuf;

use clap::Subcommand;

use super::CareArgs;

#[derive(Debug, Subcommand)]
pub(crate) enum FolderCommand {
    /// List folders with their counts, of all stores
    #[command(after_help = "Example:\n  malle folder list Inbox")]
    List {
        /// Only what is below this folder: a path in the default store, or an id
        folder: Option<String>,
        /// The whole store from its root, not only what people see
        #[arg(long)]
        all: bool,
    },
    /// Create a folder; missing folders above it are created too
    #[command(after_help = "Example:\n  malle folder create Inbox/Projects")]
    Create {
        /// Its path
        path: String,
        /// What it holds: IPM.Note, IPM.Contact … (PR_CONTAINER_CLASS, with IPF.)
        #[arg(long, value_name = "CLASS")]
        class: Option<String>,
    },
    /// Give a folder another name
    #[command(after_help = "Example:\n  malle folder rename Inbox/Projects Work")]
    Rename {
        /// The folder
        folder: String,
        /// Its new name, not a path
        name: String,
    },
    /// Move a folder, with all it holds, into another
    #[command(after_help = "Example:\n  malle folder move Inbox/Old Archive")]
    Move {
        /// The folder
        folder: String,
        /// The folder that will hold it; / for the top
        to: String,
        /// A new name as well
        #[arg(long)]
        name: Option<String>,
    },
    /// Copy a folder, with all it holds, into another
    #[command(after_help = "Example:\n  malle folder copy Inbox Archive --name 2026")]
    Copy {
        /// The folder
        folder: String,
        /// The folder that will hold the copy; / for the top
        to: String,
        /// The copy's name, if another
        #[arg(long)]
        name: Option<String>,
        /// Leave the folders below it out
        #[arg(long)]
        no_subfolders: bool,
    },
    /// Delete a folder: into Deleted Items first
    #[command(after_help = "Example:\n  malle folder delete Inbox/Old")]
    Delete {
        /// The folder
        folder: String,
        /// Delete it with all it holds, for good
        #[arg(long)]
        permanently: bool,
    },
    /// Delete everything in a folder: into Deleted Items first
    #[command(after_help = "Example:\n  malle folder empty Deleted --permanently")]
    Empty {
        /// The folder
        folder: String,
        /// For good, even outside Deleted Items
        #[arg(long)]
        permanently: bool,
    },
    /// Make again the store's own folders that are missing
    #[command(after_help = "\
The folders that every store has by their roles: Inbox, Outbox, Sent Items, Deleted Items, the views, the
parent of search folders, Drafts, Calendar, Contacts, Journal, Notes and Tasks. What is missing is made,
what points to a folder that is gone points to one that is there; no folder and no message is moved.

Example:
  malle folder repair --dry-run")]
    Repair,
}

#[derive(Debug, Subcommand)]
pub(crate) enum StoreCommand {
    /// Read the whole store and compare what is kept twice
    #[command(after_help = "Example:\n  malle store check")]
    Check,
    /// Show sizes and counts
    #[command(after_help = "Example:\n  malle store info --json")]
    Info,
    /// Give unused space back; may be interrupted at any time
    #[command(after_help = "Example:\n  malle store compact")]
    Compact,
    /// Write a consistent copy while work goes on
    #[command(after_help = "Example:\n  malle store backup /media/usb/mail.malle")]
    Backup {
        /// The copy's path, which must not exist
        to: PathBuf,
    },
    /// Do the background work that there is to do: search folders, missing indexes, unused space
    Care(CareArgs),
}
