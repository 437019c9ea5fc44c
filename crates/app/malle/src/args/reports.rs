//! The grammar of `malle reports`.

use clap::{Args, ValueEnum};

/// `malle reports`.
#[derive(Debug, Args)]
#[command(after_help = "\
A report tells the sender of a message what became of it. What is chosen here is kept in the profile.

Examples:
  malle reports
  malle reports --receipts never
  malle reports --collect IPM.Note.Orders=returns@example.com
  malle reports --collect IPM.Note.Orders=returns@example.com --keyword Undeliverable --keyword \"Non remis\"
  malle reports --no-collect IPM.Note.Orders")]
pub(crate) struct ReportsArgs {
    /// Whether reading a message sends the read report that it asks for
    #[arg(long, value_enum, value_name = "WHEN")]
    pub(crate) receipts: Option<Receipts>,
    /// Send nondelivery reports about messages of a class on to an address
    #[arg(long, value_name = "CLASS=ADDRESS", value_parser = collected)]
    pub(crate) collect: Vec<(String, String)>,
    /// With --collect: also bounces that are no reports and whose subject begins so, instead of the usual words
    #[arg(long, value_name = "WORDS", requires = "collect")]
    pub(crate) keyword: Vec<String>,
    /// Collect them no longer
    #[arg(long, value_name = "CLASS")]
    pub(crate) no_collect: Vec<String>,
}

impl ReportsArgs {
    /// Whether anything is chosen, rather than shown.
    pub(crate) const fn changes(&self) -> bool {
        self.receipts.is_some() || !self.collect.is_empty() || !self.no_collect.is_empty()
    }
}

/// Whether reading sends read reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Receipts {
    /// Asked each time; where nobody can be asked none is sent
    Ask,
    /// None is ever sent
    Never,
    /// Sent, unless it would go to another address than the message came from: then asked
    Always,
}

fn collected(text: &str) -> Result<(String, String), String> {
    let parts = text.split_once('=').map(|(c, a)| (c.trim(), a.trim()));
    match parts {
        Some((class, address)) if !class.is_empty() && address.contains('@') => {
            Ok((class.to_owned(), address.to_owned()))
        }
        _ => Err("expected CLASS=ADDRESS, as IPM.Note.Orders=returns@example.com".to_owned()),
    }
}
