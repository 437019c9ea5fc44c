//! The grammar of the commands about forms.

use std::path::PathBuf;

use clap::{Args, Subcommand};

#[derive(Debug, Subcommand)]
pub(crate) enum FormCommand {
    /// List the forms of a library
    #[command(after_help = "Example:\n  malle form list --all")]
    List {
        #[command(flatten)]
        library: LibraryArgs,
        /// Every form that a class can resolve to: local, personal and the default set
        #[arg(long)]
        all: bool,
    },
    /// Show the form of a message class, found as for a message of it
    #[command(after_help = "\
The form of a class that it inherits from serves where there is none of its own: IPM.Contact.Customer is
shown by the form of IPM.Contact. Libraries are sought in this order: local, the folder's, personal, the
default set.

Example:
  malle form show IPM.Contact.Customer --icon contact.ico")]
    Show {
        /// The message class
        #[arg(value_name = "CLASS")]
        class: String,
        /// Seek in the library of this folder too
        #[arg(long, value_name = "FOLDER")]
        folder: Option<String>,
        /// Only the form of this very class
        #[arg(long)]
        exact: bool,
        /// Write its icon to a file
        #[arg(long, value_name = "FILE")]
        icon: Option<PathBuf>,
    },
    /// Install the form that a configuration file describes
    #[command(after_help = "\
A configuration file has sections of keys and values. [Description] needs MessageClass, Clsid and
DisplayName; LargeIcon and SmallIcon name .ico files below its own folder. A form that is there already
stays as it is, but for platforms that it lacks, unless --replace is given.

Example:
  malle form install helpdesk.cfg")]
    Install {
        /// The configuration file (.cfg)
        #[arg(value_name = "FILE")]
        file: PathBuf,
        #[command(flatten)]
        library: LibraryArgs,
        /// Replace a form of the same class
        #[arg(long)]
        replace: bool,
    },
    /// Remove the form of a message class from a library
    #[command(after_help = "Example:\n  malle form remove IPM.Helpdesk")]
    Remove {
        /// The message class
        #[arg(value_name = "CLASS")]
        class: String,
        #[command(flatten)]
        library: LibraryArgs,
    },
}

/// Which library; none: the local one, which all profiles share.
#[derive(Debug, Args)]
pub(crate) struct LibraryArgs {
    /// The library of the profile, in its default store
    #[arg(long, conflicts_with = "folder")]
    pub(crate) personal: bool,
    /// The library of a folder, copied with it
    #[arg(long, value_name = "FOLDER")]
    pub(crate) folder: Option<String>,
}
