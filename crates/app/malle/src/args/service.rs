//! The grammar of the commands about message services and their providers.

use clap::{Args, Subcommand};

use super::SettingArgs;

#[derive(Debug, Subcommand)]
pub(crate) enum ServiceCommand {
    /// List the services of the profile
    #[command(after_help = "Example:\n  malle service list --json")]
    List,
    /// List the services that a profile can have, with their settings
    #[command(after_help = "Example:\n  malle service available MALLE_LOCAL")]
    Available {
        /// Only this one
        #[arg(value_name = "SERVICE")]
        name: Option<String>,
    },
    /// Add a service to the profile; nothing is asked unless --ask is given
    #[command(after_help = "\
Sessions that run have it when they start anew.

Example:
  malle service add MALLE_LOCAL --set path=archive.malle")]
    Add {
        /// Its name, as malle service available lists it
        #[arg(value_name = "SERVICE")]
        name: String,
        /// What people call it, unless it has a name that is fixed
        #[arg(long = "name", value_name = "TEXT")]
        display_name: Option<String>,
        #[command(flatten)]
        settings: SettingArgs,
        #[command(flatten)]
        ask: AskArgs,
    },
    /// Change the settings of a service; nothing is asked unless --ask is given
    #[command(after_help = "\
SERVICE is its number in malle service list, its uid, its name, what people call it, or the letter of its
store. A store that is not where its settings say is not made here: malle service add makes one.

Example:
  malle service configure a --set path=/srv/mail.malle")]
    Configure {
        /// The service
        service: String,
        #[command(flatten)]
        settings: SettingArgs,
        /// Take a setting away
        #[arg(long, value_name = "KEY")]
        unset: Vec<String>,
        #[command(flatten)]
        ask: AskArgs,
    },
    /// Show a service: its settings, its providers
    #[command(after_help = "Example:\n  malle service show a")]
    Show {
        /// The service
        service: String,
    },
    /// Take a service out of the profile; what its stores hold stays
    #[command(after_help = "Example:\n  malle service delete b --yes")]
    Delete {
        /// The service
        service: String,
    },
    /// Copy a service, into this profile or another one
    #[command(after_help = "Example:\n  malle service copy b --to archive")]
    Copy {
        /// The service
        service: String,
        /// The profile that gets it; default: the same
        #[arg(long, value_name = "PROFILE")]
        to: Option<String>,
    },
    /// Services cannot be renamed: this says so
    #[command(after_help = "Example:\n  malle service rename a mail")]
    Rename {
        /// The service
        service: String,
        /// What it would be called
        name: String,
    },
    /// Show or set in which order transports are asked
    #[command(after_help = "Example:\n  malle service order SMTP_B SMTP_A")]
    Order {
        /// All transports, the first to be asked first: uids or names of providers
        #[arg(value_name = "PROVIDER")]
        providers: Vec<String>,
    },
    /// Show or choose the service that says who the user is
    #[command(after_help = "Example:\n  malle service identity a")]
    Identity {
        /// The service
        #[arg(conflicts_with = "none")]
        service: Option<String>,
        /// Nobody's idea of the user counts
        #[arg(long)]
        none: bool,
    },
    /// Show or choose the default store
    #[command(after_help = "Example:\n  malle service default-store b")]
    DefaultStore {
        /// Its letter
        store: Option<String>,
    },
    /// Add and delete providers of a service
    #[command(subcommand)]
    Provider(ProviderCommand),
}

#[derive(Debug, Subcommand)]
pub(crate) enum ProviderCommand {
    /// Add one of the providers that a service can have; sessions have it when they start anew
    #[command(after_help = "Example:\n  malle service provider add 2 FILE_STORE --set path=more")]
    Add {
        /// The service
        service: String,
        /// The provider, as malle service available lists it
        #[arg(value_name = "PROVIDER")]
        name: String,
        #[command(flatten)]
        settings: SettingArgs,
    },
    /// Take a provider out of a service; while it is in use, when the last session ends
    #[command(after_help = "Example:\n  malle service provider delete 2 b --yes")]
    Delete {
        /// The service
        service: String,
        /// The provider: its number in malle service show, its uid, its name, or the letter of its store
        provider: String,
    },
}

/// Whether a person is asked.
#[derive(Debug, Clone, Copy, Default, Args)]
pub(crate) struct AskArgs {
    /// Ask for the settings at the terminal, those given being filled in
    #[arg(long)]
    pub(crate) ask: bool,
}
