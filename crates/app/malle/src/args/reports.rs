//! The grammar of `malle reports`.

use std::time::Duration;

use clap::{Args, ValueEnum};
use malle_host::sending::span;

/// `malle reports`.
#[derive(Debug, Args)]
#[command(after_help = "\
A report tells the sender of a message what became of it. What is chosen here is kept in the profile.

Examples:
  malle reports
  malle reports --receipts never
  malle reports --give-up 3d --language fr
  malle reports --give-up never
  malle reports --collect IPM.Note.Orders=returns@example.com
  malle reports --collect IPM.Note.Orders=returns@example.com --keyword Undeliverable --keyword \"Non remis\"
  malle reports --no-collect IPM.Note.Orders")]
pub(crate) struct ReportsArgs {
    /// Whether reading a message sends the read report that it asks for
    #[arg(long, value_enum, value_name = "WHEN")]
    pub(crate) receipts: Option<Receipts>,
    /// How long a message is tried before its sender is told that it was not delivered: 36h, 5d, 2w, at least an hour; or never
    #[arg(long, value_name = "TIME", value_parser = given_up)]
    pub(crate) give_up: Option<GiveUp>,
    /// The language of the reports that are made here
    #[arg(long, value_enum, value_name = "LANGUAGE")]
    pub(crate) language: Option<Written>,
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
        self.receipts.is_some()
            || self.give_up.is_some()
            || self.language.is_some()
            || !self.collect.is_empty()
            || !self.no_collect.is_empty()
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

/// The languages of reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Written {
    /// English
    En,
    /// French
    Fr,
}

/// When a message that cannot be sent is given up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum GiveUp {
    /// It is tried for ever.
    Never,
    /// After so long, in whole hours.
    After(Duration),
}

fn given_up(text: &str) -> Result<GiveUp, String> {
    const HOUR: u64 = 3600;
    if text == "never" {
        return Ok(GiveUp::Never);
    }
    // The profile keeps hours, in 31 bits.
    let whole = |time: &Duration| {
        let (hours, rest) = (time.as_secs() / HOUR, time.as_secs() % HOUR);
        rest == 0 && hours > 0 && i32::try_from(hours).is_ok()
    };
    let time = span(text).filter(whole);
    time.map(GiveUp::After)
        .ok_or_else(|| "expected whole hours, days or weeks, as 36h, 5d or 2w; or never".to_owned())
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
