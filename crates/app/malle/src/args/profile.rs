//! The grammar of the commands about profiles.

use std::path::PathBuf;

use clap::{Args, Subcommand};

#[derive(Debug, Subcommand)]
pub(crate) enum ProfileCommand {
    /// Make a profile with a local store; nothing is asked
    #[command(after_help = "\
Settings of its service are listed by: malle service available

Example:
  malle profile create work --default
  malle profile create archive --set path=/srv/archive.malle")]
    Create {
        /// Its name: letters, digits, blanks within, '-', '_' and '.'
        name: String,
        /// Make it the default profile
        #[arg(long)]
        default: bool,
        /// Message service of its store
        #[arg(long, value_name = "SERVICE", default_value = "MALLE_LOCAL")]
        service: String,
        /// Without any service
        #[arg(long, conflicts_with_all = ["service", "set", "from"])]
        empty: bool,
        #[command(flatten)]
        settings: SettingArgs,
    },
    /// Make a profile page by page, at the terminal
    #[command(after_help = "\
Only services that offer themselves to the wizard are shown. Ctrl-D or Ctrl-C on any page gives up, and
nothing is made. Without a terminal: malle profile create, malle service add.

Example:
  malle profile wizard")]
    Wizard {
        /// Services that are ticked in the beginning
        #[arg(long, value_name = "SERVICE")]
        service: Vec<String>,
        /// Add the services to the default profile instead
        #[arg(long, requires = "service")]
        add: bool,
    },
    /// List the profiles
    #[command(after_help = "Example:\n  malle profile list --json")]
    List,
    /// Show what a profile is made of
    #[command(after_help = "Example:\n  malle profile show work")]
    Show {
        /// The profile; default: the one that is used
        name: Option<String>,
    },
    /// Copy a profile: both use the same mail
    #[command(after_help = "Example:\n  malle profile copy work trial")]
    Copy {
        /// The profile
        name: String,
        /// What the copy is called
        new: String,
    },
    /// Give a profile another name; while it is in use, when its last session ends
    #[command(after_help = "Example:\n  malle profile rename work office")]
    Rename {
        /// The profile
        name: String,
        /// Its new name
        new: String,
    },
    /// Show or choose the default profile
    #[command(after_help = "Example:\n  malle profile default work")]
    Default {
        /// The profile that becomes the default one
        #[arg(conflicts_with = "none")]
        name: Option<String>,
        /// No profile is the default one any more
        #[arg(long)]
        none: bool,
    },
    /// Delete a profile; its mail stays unless --purge is given
    #[command(after_help = "\
While a session uses the profile it is only marked, and goes when the last one ends; its mail stays then.

Example:
  malle profile delete old --purge --yes")]
    Delete {
        /// The profile
        name: String,
        /// Delete its mail too, for good
        #[arg(long)]
        purge: bool,
    },
    /// Write a profile to a file, without its secrets
    #[command(after_help = "Example:\n  malle profile export work --to work.toml")]
    Export {
        /// The profile
        name: String,
        /// The file; default: standard output
        #[arg(long, value_name = "FILE")]
        to: Option<PathBuf>,
    },
    /// Make a profile of a file that export wrote
    #[command(after_help = "Example:\n  malle profile import work work.toml")]
    Import {
        /// What the profile is called
        name: String,
        /// The file; - reads standard input
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
}

/// Settings on the command line.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct SettingArgs {
    /// A setting; malle service available lists them
    #[arg(long, value_name = "KEY=VALUE")]
    pub(crate) set: Vec<String>,
    /// Settings from a file: key = value on each line, or a JSON object; --set counts more
    #[arg(long, value_name = "FILE")]
    pub(crate) from: Option<PathBuf>,
}
