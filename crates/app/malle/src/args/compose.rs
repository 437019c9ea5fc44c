//! The grammar of the commands that write messages.

use std::path::PathBuf;

use clap::{ArgGroup, Args, Subcommand, ValueEnum};

use super::message::RowArgs;
use super::sending::SendNowArgs;

/// What every command that writes a message can say of it.
#[derive(Debug, Clone, Args)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is one switch of the command line"
)]
#[command(group = ArgGroup::new("words").multiple(false))]
pub(crate) struct ComposeArgs {
    /// Recipients, as in "Ann <ann@example.org>, bob@example.org"; may be given more than once
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) to: Vec<String>,
    /// Recipients of a copy
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) cc: Vec<String>,
    /// Recipients of a copy of whom nobody else learns
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) bcc: Vec<String>,
    /// Who is to get replies
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) reply_to: Vec<String>,
    /// Who writes; default: the identity of the profile
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) from: Option<String>,
    /// The subject
    #[arg(long, short, value_name = "TEXT")]
    pub(crate) subject: Option<String>,
    /// The text
    #[arg(long, value_name = "TEXT", group = "words")]
    pub(crate) body: Option<String>,
    /// The text out of a file; - reads it from standard input
    #[arg(long, value_name = "FILE", group = "words")]
    pub(crate) body_file: Option<PathBuf>,
    /// Write in $VISUAL or $EDITOR, even without a terminal
    #[arg(long, conflicts_with = "no_edit")]
    pub(crate) edit: bool,
    /// Start no editor, even on a terminal
    #[arg(long)]
    pub(crate) no_edit: bool,
    /// Attach a file; may be given more than once
    #[arg(long, short, value_name = "FILE")]
    pub(crate) attach: Vec<PathBuf>,
    /// Attach a file as it will be when the message is sent; may be given more than once
    #[arg(long, value_name = "FILE")]
    pub(crate) attach_reference: Vec<PathBuf>,
    /// How important it is
    #[arg(long, value_name = "HOW")]
    pub(crate) importance: Option<ImportanceName>,
    /// How it is to be treated
    #[arg(long, value_name = "HOW")]
    pub(crate) sensitivity: Option<SensitivityName>,
    /// Ask to be told when it is read
    #[arg(long)]
    pub(crate) read_receipt: bool,
    /// Ask to be told when it is delivered
    #[arg(long)]
    pub(crate) delivery_receipt: bool,
    /// Who gets reports about it instead of its sender
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) report_to: Option<String>,
    /// A category; may be given more than once
    #[arg(long, value_name = "NAME")]
    pub(crate) category: Vec<String>,
    /// When it is of no more use: 2026-05-01, 2026-05-01T10:00:00Z, +3d (m, h, d, w)
    #[arg(long, value_name = "WHEN")]
    pub(crate) expires: Option<String>,
    /// Until when an answer is wanted
    #[arg(long, value_name = "WHEN")]
    pub(crate) reply_by: Option<String>,
    /// Not to be sent before
    #[arg(long, value_name = "WHEN")]
    pub(crate) defer: Option<String>,
    /// Add no signature
    #[arg(long)]
    pub(crate) no_signature: bool,
    /// Which bodies it gets
    #[arg(long, value_name = "FORM", default_value = "original")]
    pub(crate) form: FormName,
}

/// What commands that answer a message can say besides.
#[derive(Debug, Clone, Args)]
pub(crate) struct QuoteArgs {
    /// Quote nothing of the original
    #[arg(long)]
    pub(crate) no_quote: bool,
    /// Language of the words around the original; default: that of the original
    #[arg(long, value_name = "LANGUAGE")]
    pub(crate) language: Option<LanguageName>,
}

/// PR_IMPORTANCE by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ImportanceName {
    /// Low
    Low,
    /// Normal
    Normal,
    /// High
    High,
}

/// PR_SENSITIVITY by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum SensitivityName {
    /// Normal
    Normal,
    /// Personal
    Personal,
    /// Private
    Private,
    /// Confidential in the company
    Confidential,
}

/// Which bodies a message gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum FormName {
    /// Text and HTML if the original has HTML, else text
    Original,
    /// Text alone
    Text,
    /// Text and HTML
    Html,
}

/// Languages of the words around an original.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum LanguageName {
    /// English
    En,
    /// French
    Fr,
    /// German
    De,
}

/// What is said under every command that writes.
const AFTER_TEXT: &str = "\
The text comes from --body, --body-file or standard input; on a terminal from $VISUAL or $EDITOR. What
was written in an editor that was interrupted stays, and the command says where.
A signature is taken from signatures/PROFILE/ADDRESS.txt or signatures/PROFILE/default.txt among the
settings. --dry-run prints the message as Internet mail and keeps nothing.
What is written becomes a draft; with --send (or --at, --in, --queue) it is sent, as malle send does.";

#[derive(Debug, Args)]
#[command(after_help = format!("{AFTER_TEXT}

Example:
  malle new --to 'Ann <ann@example.org>' -s Plans --body 'See you at ten.' -a plan.pdf
  malle new 'mailto:ann@example.org?subject=Plans'
  malle new --message draft.eml"))]
pub(crate) struct NewArgs {
    /// A mailto: link that says what the message begins with
    #[arg(value_name = "MAILTO")]
    pub(crate) link: Option<String>,
    /// The whole message as Internet mail out of a file; - reads it from standard input
    #[arg(long, value_name = "FILE", conflicts_with_all = ["link", "words"])]
    pub(crate) message: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) compose: ComposeArgs,
    #[command(flatten)]
    pub(crate) now: SendNowArgs,
}

#[derive(Debug, Args)]
#[command(after_help = format!("{AFTER_TEXT}

Example:
  malle reply a1234 --body 'Agreed.' --send
  malle reply-all a1234"))]
pub(crate) struct ReplyArgs {
    /// The message that is answered
    #[arg(value_name = "ID")]
    pub(crate) id: String,
    #[command(flatten)]
    pub(crate) quote: QuoteArgs,
    #[command(flatten)]
    pub(crate) compose: ComposeArgs,
    #[command(flatten)]
    pub(crate) now: SendNowArgs,
}

#[derive(Debug, Args)]
#[command(after_help = format!("{AFTER_TEXT}

Example:
  malle forward a1234 --to bob@example.org --body 'For you.'"))]
pub(crate) struct ForwardArgs {
    /// The message that is forwarded
    #[arg(value_name = "ID")]
    pub(crate) id: String,
    /// As an attachment instead of in the text
    #[arg(long)]
    pub(crate) as_attachment: bool,
    #[command(flatten)]
    pub(crate) quote: QuoteArgs,
    #[command(flatten)]
    pub(crate) compose: ComposeArgs,
    #[command(flatten)]
    pub(crate) now: SendNowArgs,
}

#[derive(Debug, Args)]
#[command(after_help = "\
The draft is the message as it was, to those alone who did not get it.

Example:
  malle resend a1234 --send")]
pub(crate) struct ResendArgs {
    /// The report that a message was not delivered
    #[arg(value_name = "ID")]
    pub(crate) id: String,
    /// Who writes; default: the identity of the profile
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) from: Option<String>,
    #[command(flatten)]
    pub(crate) now: SendNowArgs,
}

#[derive(Debug, Args)]
#[command(after_help = "\
A post is put into the folder at once and sent to nobody. The text comes from --body, --body-file or
standard input; on a terminal from $VISUAL or $EDITOR.

Example:
  malle post Board -s 'Meeting moved' --body 'To Friday.'
  malle post --answer a1234 --body 'Fine.'")]
pub(crate) struct PostArgs {
    /// The folder; default with --answer: that of the message that is answered
    #[arg(value_name = "FOLDER", required_unless_present = "answer")]
    pub(crate) folder: Option<String>,
    /// The message that is answered
    #[arg(long, value_name = "ID")]
    pub(crate) answer: Option<String>,
    #[command(flatten)]
    pub(crate) quote: QuoteArgs,
    #[command(flatten)]
    pub(crate) compose: ComposeArgs,
}

/// What can be done with drafts.
#[derive(Debug, Subcommand)]
pub(crate) enum DraftCommand {
    /// List the drafts
    #[command(after_help = "Example:\n  malle draft list")]
    List(RowArgs),
    /// Go on writing a draft
    #[command(after_help = "\
Without a text from elsewhere the draft is opened in $VISUAL or $EDITOR; what was left of an interrupted
edit is gone on with. A text from --body, --body-file or standard input takes the place of the whole text.

Example:
  malle draft edit a1234 --to cid@example.org")]
    Edit {
        /// The draft
        #[arg(value_name = "ID")]
        id: String,
        #[command(flatten)]
        compose: Box<ComposeArgs>,
    },
    /// Delete drafts: to Deleted Items first
    #[command(after_help = "Example:\n  malle draft delete a1234")]
    Delete {
        /// The drafts
        #[arg(required = true, value_name = "ID")]
        ids: Vec<String>,
        /// For good
        #[arg(long)]
        permanently: bool,
    },
}
