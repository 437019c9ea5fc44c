//! The grammar of the command line.

mod compose;
mod daemon;
mod form;
mod live;
mod message;
mod minus;
mod place;
mod profile;
mod reports;
mod search_folder;
mod secret;
mod sending;
mod sendmail;
mod service;
mod view;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

pub(crate) use compose::{
    ComposeArgs, DraftCommand, FormName, ForwardArgs, ImportanceName, LanguageName, NewArgs,
    PostArgs, QuoteArgs, ReplyArgs, ResendArgs, SensitivityName,
};
pub(crate) use daemon::{CareArgs, DaemonArgs, StatusArgs};
pub(crate) use form::{FormCommand, LibraryArgs};
pub(crate) use live::{EventName, ReceiveFolderCommand, WatchArgs};
pub(crate) use message::{
    DeleteArgs, ExportArgs, ExportFormat, ImportArgs, ListArgs, MarkArgs, MboxVariant, PropsArgs,
    ReadArgs, RowArgs, SearchArgs, Snippets as SnippetsWhen, ThreadArgs, TransferArgs,
};
pub(crate) use minus::{command_name, spelled_out};
pub(crate) use place::{FolderCommand, StoreCommand};
pub(crate) use profile::{ProfileCommand, SettingArgs};
pub(crate) use reports::{GiveUp, Receipts, ReportsArgs, Written};
pub(crate) use search_folder::{SearchFolderCommand, SearchFolderCreateArgs, SearchFolderEditArgs};
pub(crate) use secret::{InputArgs, SecretCommand};
pub(crate) use sending::{
    DeliverArgs, FlushArgs, OutboxCommand, SendArgs, SendNowArgs, SendmailArgs, WhenArgs,
};
pub(crate) use sendmail::{
    BadWord, Delivery as SendmailDelivery, Mode as SendmailMode, Sendmail, as_sendmail,
    calling_sendmail, input as sendmail_input,
};
pub(crate) use service::{AskArgs, ProviderCommand, ServiceCommand};
pub(crate) use view::{CreateViewArgs, PlaceName, ViewCommand};

const AFTER: &str = "\
Exit codes:
  0    done
  1    failed
  2    the command line, a query, a property name or a restriction is wrong
  3    not found (profile, folder, message, property, file)
  4    logon or authentication failed
  5    network or server
  6    partly done: the items that failed are listed
  130  interrupted; the same command goes on where it stopped

Ids are a store's letter and a number (a1234); parts of a message follow by path: a1234/att/0,
a1234/rcpt/2, a1234/att/0/msg/rcpt/2. Folders are named by path (Inbox/Projects), by role
(Inbox, Outbox, Sent, Deleted, Drafts) or by id.

Environment: MALLE_HOME, MALLE_PROFILE, MALLE_PASSPHRASE_FILE, MALLE_LANG (en or fr), NO_COLOR, COLUMNS.

Example:
  malle profile create me && malle import ~/mail && malle list";

/// A mail client and MAPI subsystem.
#[derive(Debug, Parser)]
#[command(name = "malle", version, after_help = AFTER, max_term_width = 100)]
#[command(arg_required_else_help = true, disable_help_subcommand = true)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// Options that every command takes.
#[derive(Debug, Clone, Args)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is one independent switch of the command line"
)]
#[command(next_help_heading = "Global options")]
pub(crate) struct Global {
    /// Profile to use; else MALLE_PROFILE, else the default one
    #[arg(short, long, global = true, value_name = "NAME")]
    pub(crate) profile: Option<String>,
    /// Directory for all state; else MALLE_HOME, else the system's directories
    #[arg(long, global = true, value_name = "DIR")]
    pub(crate) home: Option<PathBuf>,
    /// Print one JSON document; errors as JSON on standard error
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// No notes and no progress on standard error
    #[arg(short, long, global = true)]
    pub(crate) quiet: bool,
    /// Log to standard error: -v informs, -vv debugs, -vvv traces
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub(crate) verbose: u8,
    /// Log at LEVEL (error, warn, info, debug, trace), or one part: spi=trace
    #[arg(long, global = true, value_name = "LEVEL")]
    pub(crate) log: Vec<String>,
    /// Colour in text output
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    pub(crate) color: When,
    /// Progress on standard error: auto shows a bar on a terminal
    #[arg(long, global = true, value_name = "HOW", default_value = "auto")]
    pub(crate) progress: ProgressMode,
    /// File whose first line opens the encrypted file of secrets (/dev/fd/3 for a descriptor); else MALLE_PASSPHRASE_FILE
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) passphrase_file: Option<PathBuf>,
    /// Answer yes to every question
    #[arg(long, global = true)]
    pub(crate) yes: bool,
    /// Say what would be done and do nothing
    #[arg(long, global = true)]
    pub(crate) dry_run: bool,
}

/// When to do something that suits a terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum When {
    /// On a terminal
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// How progress is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ProgressMode {
    /// A bar, if standard error is a terminal
    Auto,
    /// One JSON object a line on standard error
    Json,
    /// Nothing
    None,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Make, list, show, choose, copy, rename, delete, export and import profiles
    #[command(subcommand)]
    Profile(ProfileCommand),
    /// Add, configure, copy, order and take out the message services of a profile
    #[command(subcommand)]
    Service(ServiceCommand),
    /// List, create, rename, move, copy, delete, empty and repair folders
    #[command(subcommand)]
    Folder(FolderCommand),
    /// Import messages: .eml files, mbox files, Maildirs, and directories of these
    Import(ImportArgs),
    /// List the messages of a folder
    List(ListArgs),
    /// List, show, make, choose and delete the views that folders open with
    #[command(subcommand)]
    View(ViewCommand),
    /// Find messages by words, people, dates and more
    Search(SearchArgs),
    /// Make, list, show, change and delete folders that show what a query finds
    #[command(subcommand)]
    SearchFolder(SearchFolderCommand),
    /// Show a message, without marking it read
    Read(ReadArgs),
    /// Show the conversation of a message, over all folders
    Thread(ThreadArgs),
    /// Show, compare or change the properties of a store, folder, message, attachment or recipient
    Props(PropsArgs),
    /// Write a new message: a draft, or sent at once
    New(Box<NewArgs>),
    /// Answer a message: a draft, or sent at once
    Reply(Box<ReplyArgs>),
    /// Answer a message to everybody who got it
    ReplyAll(Box<ReplyArgs>),
    /// Forward a message: a draft, or sent at once
    Forward(Box<ForwardArgs>),
    /// Send a message again that came back, to those who did not get it
    Resend(ResendArgs),
    /// Put a message into a folder, for those who read there
    Post(Box<PostArgs>),
    /// List, go on with and delete drafts
    #[command(subcommand)]
    Draft(DraftCommand),
    /// Send drafts
    Send(SendArgs),
    /// Show what waits to be sent; try it again, take it back, hold and release it
    #[command(subcommand)]
    Outbox(OutboxCommand),
    /// Send what waits and fetch what has arrived, now
    Flush(FlushArgs),
    /// Deliver a message to mailboxes of this machine, as a mail server's delivery agent
    Deliver(DeliverArgs),
    /// Send a message as programs do that call sendmail
    Sendmail(SendmailArgs),
    /// Mark messages read, flagged, with categories or status bits
    Mark(MarkArgs),
    /// Move messages to a folder
    Move(TransferArgs),
    /// Copy messages to a folder
    Copy(TransferArgs),
    /// Delete messages: to Deleted Items first
    Delete(DeleteArgs),
    /// Give messages back as .eml, mbox or Maildir
    Export(ExportArgs),
    /// Tell what happens in a store, a folder or to a message, while it happens
    Watch(WatchArgs),
    /// Show and choose the folders in which messages arrive, by class
    #[command(subcommand)]
    ReceiveFolder(ReceiveFolderCommand),
    /// Show and choose what is done about reports: read receipts, nondelivery reports in one place
    Reports(ReportsArgs),
    /// Look at the forms of message classes, install and remove them
    #[command(subcommand)]
    Form(FormCommand),
    /// Store, test, list, delete and rotate passwords and other secrets
    #[command(subcommand)]
    Secret(SecretCommand),
    /// Look after a store's file
    #[command(subcommand)]
    Store(StoreCommand),
    /// Show who does the background work of the stores, and what goes wrong
    Status(StatusArgs),
    /// Do background work until it is ended, for all profiles or one
    Daemon(DaemonArgs),
    /// Print the completion script of a shell
    #[command(
        after_help = "Example:\n  malle completions bash > ~/.local/share/bash-completion/completions/malle"
    )]
    Completions {
        /// The shell
        shell: Shell,
    },
    /// Print the JSON Schema of what --json shows
    #[command(after_help = "Example:\n  malle schema import")]
    Schema {
        /// The command whose shape is printed, as in "folder list"
        #[arg(value_name = "COMMAND")]
        of: Vec<String>,
    },
    /// Print the manual page, or write all of them to a directory
    #[command(after_help = "Example:\n  malle man --to ~/.local/share/man/man1")]
    Man {
        /// The command whose page is printed, as in "folder create"
        #[arg(value_name = "COMMAND")]
        of: Vec<String>,
        /// Write one page per command into this directory
        #[arg(long, value_name = "DIR")]
        to: Option<PathBuf>,
    },
}

/// Shells that completions are made for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Shell {
    /// bash
    Bash,
    /// zsh
    Zsh,
    /// fish
    Fish,
    /// PowerShell
    Powershell,
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_grammar_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn every_command_has_an_example() {
        fn walk(command: &clap::Command) {
            if command.get_subcommands().next().is_none() {
                let help = command.get_after_help().map(ToString::to_string);
                let shown = help.is_some_and(|text| text.contains("malle "));
                assert!(shown, "{} shows no example", command.get_name());
            }
            command.get_subcommands().for_each(walk);
        }
        walk(&Cli::command());
    }
}
