//! The grammar of the commands about background work.

use std::time::Duration;

use clap::Args;

#[derive(Debug, Args)]
#[command(after_help = "\
The daemon does what otherwise is done while somebody waits, or not at all: for each store of the profiles it
populates search folders, makes indexes that are missing, and gives unused space back. It runs in the
foreground, logs to standard error, and ends on Ctrl-C or SIGTERM within two seconds; SIGHUP has it read
the profiles anew. One runs for a home: with -p it keeps that profile alone.

One process at a time does the background work of a store, by a lock of the operating system that it holds until it ends.
Without a daemon, malle store care does what there is to do.

Examples:
  malle daemon
  malle daemon --print-unit > ~/.config/systemd/user/malle.service
  malle daemon --reload")]
pub(crate) struct DaemonArgs {
    /// Print a unit by which systemd runs it for a user
    #[arg(long)]
    pub(crate) print_unit: bool,
    /// Where a daemon runs already: wait until it ends, and take over
    #[arg(long, conflicts_with = "print_unit")]
    pub(crate) standby: bool,
    /// Have the running daemon read the profiles anew
    #[arg(long, conflicts_with_all = ["print_unit", "standby", "stop"])]
    pub(crate) reload: bool,
    /// End the running daemon
    #[arg(long, conflicts_with_all = ["print_unit", "standby"])]
    pub(crate) stop: bool,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Whoever keeps a store is asked at the moment; what nobody keeps is looked at here. A process that holds the
lease of a store and does not answer, because it is stopped, is shown as such. With -p only that profile is shown.
It fails when a store cannot be opened or a profile cannot be read.

Example:
  malle status --json")]
pub(crate) struct StatusArgs {
    /// Show it again and again, until Ctrl-C; with --json one document a line
    #[arg(long)]
    pub(crate) watch: bool,
    /// Between two looks: 500ms, 1s, 5m
    #[arg(long, value_name = "DURATION", default_value = "1s", value_parser = super::live::duration, requires = "watch")]
    pub(crate) every: Duration,
}

#[derive(Debug, Args)]
#[command(after_help = "\
The process that keeps the store does it; if there is none, this one, which is then the keeper as long as
it takes. A keeper that does not answer is never driven out: then nothing is done, and the error says who it is.

Example:
  malle store care")]
pub(crate) struct CareArgs {
    /// How long the keeper may take before it begins to answer: 500ms, 10s
    #[arg(long, value_name = "DURATION", default_value = "5s", value_parser = super::live::duration)]
    pub(crate) patience: Duration,
}
