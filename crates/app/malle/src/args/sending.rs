//! The grammar of the commands that send, and of those that show and change what waits.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand};

/// When a message leaves.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct WhenArgs {
    /// Send it not before: 18:00, 2026-05-01, "2026-05-01 18:00", 2026-05-01T10:00:00Z
    #[arg(long, value_name = "TIME", conflicts_with_all = ["after", "undo_for"])]
    pub(crate) at: Option<String>,
    /// Send it so long from now: 10s, 30m, 2h, 3d, 1w
    #[arg(
        long = "in",
        id = "after",
        value_name = "TIME",
        conflicts_with = "undo_for"
    )]
    pub(crate) after: Option<String>,
    /// How long malle outbox cancel can still take it back; default: undo in sending.toml, else no time
    #[arg(long, value_name = "TIME")]
    pub(crate) undo_for: Option<String>,
    /// Only put it into the Outbox: the daemon or the next malle flush sends it
    #[arg(long)]
    pub(crate) queue: bool,
}

/// Whether what was written is sent at once.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Sending")]
pub(crate) struct SendNowArgs {
    /// Send it instead of keeping it as a draft; so do --at, --in, --undo-for and --queue
    #[arg(long)]
    pub(crate) send: bool,
    #[command(flatten)]
    pub(crate) when: WhenArgs,
}

impl SendNowArgs {
    /// Whether any of the options says that it is to be sent.
    pub(crate) const fn wanted(&self) -> bool {
        let when = &self.when;
        self.send
            || when.queue
            || when.at.is_some()
            || when.after.is_some()
            || when.undo_for.is_some()
    }
}

#[derive(Debug, Args)]
#[command(after_help = "\
The drafts go to the Outbox and are sent: by the daemon if one runs, else by this command in one round. It says of each
message whether it was sent, waits and why, or was refused and why; what waits is tried again by the daemon or the
next malle flush. Until a message leaves, malle outbox cancel makes it a draft again; undo = \"10s\" in
sending.toml among the settings gives every message such a time. --dry-run prints the Internet mail that would leave.
It fails with 6 if a message was refused or stays.

Example:
  malle send a1234
  malle send a1234 --at 18:00
  malle send a1234 --undo-for 30s && malle outbox cancel a1234")]
pub(crate) struct SendArgs {
    /// The drafts
    #[arg(required = true, value_name = "DRAFT")]
    pub(crate) ids: Vec<String>,
    #[command(flatten)]
    pub(crate) when: WhenArgs,
}

/// What can be done with messages that wait to be sent.
#[derive(Debug, Subcommand)]
pub(crate) enum OutboxCommand {
    /// List the messages that wait to be sent, and how far each is
    #[command(after_help = "\
A message is
  queued    about to be sent
  sending   being handed over
  waiting   tried, and tried again at the time that is shown; the reason stands beside it
  deferred  kept until its time has come
  held      not sent before malle outbox release
  unknown   handed over, but nobody answered: malle outbox retry --unknown sends it again (it may
            arrive twice), malle outbox sent says that it has arrived

Example:
  malle outbox list --json")]
    List,
    /// Show a message that waits, and how far it is with each recipient
    #[command(after_help = "Example:\n  malle outbox show a1234")]
    Show {
        /// The message
        #[arg(value_name = "ID")]
        id: String,
    },
    /// Try messages again now
    #[command(after_help = "\
A message of which nobody knows whether it left is only tried again with --unknown: it may arrive twice then. One that is
held, or kept until its time, is only sent now if it is named.

Example:
  malle outbox retry
  malle outbox retry --unknown a1234")]
    Retry {
        /// The messages; default: all that wait for another try
        #[arg(value_name = "ID")]
        ids: Vec<String>,
        /// Also those of which nobody knows whether they left
        #[arg(long)]
        unknown: bool,
    },
    /// Take messages back: they are drafts again
    #[command(after_help = "Example:\n  malle outbox cancel a1234")]
    Cancel {
        /// The messages
        #[arg(required = true, value_name = "ID")]
        ids: Vec<String>,
    },
    /// Keep messages from being sent
    #[command(after_help = "Example:\n  malle outbox hold a1234")]
    Hold {
        /// The messages
        #[arg(required = true, value_name = "ID")]
        ids: Vec<String>,
    },
    /// Let messages be sent that were held
    #[command(after_help = "Example:\n  malle outbox release a1234")]
    Release {
        /// The messages
        #[arg(required = true, value_name = "ID")]
        ids: Vec<String>,
    },
    /// Say that messages have left of which nobody knows: they are filed and not sent again
    #[command(after_help = "Example:\n  malle outbox sent a1234")]
    Sent {
        /// The messages
        #[arg(required = true, value_name = "ID")]
        ids: Vec<String>,
    },
}

#[derive(Debug, Args)]
#[command(after_help = "\
Sends what waits and fetches what has arrived, now: by the process that does so anyway if there is one, else here.
Ctrl-C ends it after the message that is just leaving (130); the next one goes on. It fails with 6 if messages stay that could have left, and says why each does.

Example:
  malle flush
  malle flush --up --transport 'Local delivery' --force")]
pub(crate) struct FlushArgs {
    /// Only send
    #[arg(long, conflicts_with = "down")]
    pub(crate) up: bool,
    /// Only fetch
    #[arg(long)]
    pub(crate) down: bool,
    /// Only by this transport: its name or uid
    #[arg(long, value_name = "NAME")]
    pub(crate) transport: Option<String>,
    /// Also what was put off until later because it had failed
    #[arg(long)]
    pub(crate) force: bool,
    /// How long the process that sends may take before it begins to answer: 500ms, 10s
    #[arg(long, value_name = "DURATION", default_value = "5s", value_parser = super::live::duration)]
    pub(crate) patience: Duration,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Delivers the message on standard input to mailboxes of this machine, as a mail server's local delivery agent does: those
of all profiles with the service MALLE_DELIVERY. Each recipient is answered on a line of its own, as LMTP does (RFC 2033);
one that no mailbox has is refused. What was delivered is safe on the disk when this ends, and comes into its Inbox
with the next malle flush or the daemon.

A recipient without @ is whoever alone has that name here. A line \"From sender date\" before the header, as mail servers put
it there, names the sender unless -f does, and goes; the header gets one Return-Path and loses any other.

Exit codes (sysexits): 0 all delivered, 64 wrong usage, 65 no message or nobody named, 67 there is no such recipient,
69 refused, 75 to be tried again later: the disk is full, the spool directory cannot be read or was never used, or the call
was stopped. 78 there is no home directory. A mail server that knows only one code is to call it once for each recipient.

Example:
  malle deliver -f ann@example.org me@example.org < message.eml
  mailbox_command = malle --home /home/$USER/mail deliver -f \"$SENDER\" \"$RECIPIENT\"    # Postfix, main.cf
  mda \"malle deliver -f %F %T\"                                                         # fetchmail")]
pub(crate) struct DeliverArgs {
    /// Who sent it: the address that reports go to; <> for nobody
    #[arg(
        short = 'f',
        long = "sender",
        value_name = "ADDRESS",
        allow_hyphen_values = true
    )]
    pub(crate) sender: Option<String>,
    /// The spool directory; default: that of the profile named by -p, else that of the home
    #[arg(long, value_name = "DIR")]
    pub(crate) spool: Option<PathBuf>,
    /// Who it is for; default: those whom its To, Cc and Bcc fields name
    #[arg(value_name = "RECIPIENT")]
    pub(crate) recipients: Vec<String>,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Takes the options that programs give to sendmail, and does so by itself when it is called by the name of sendmail, mailq
or newaliases (by a link). The message on standard input is put into the Outbox and sent, byte for byte as it is written, in
lines that end with CR LF; From, Date, Message-ID and the domain of a bare name are added where they lack.

  -t               send it to whom To, Cc and Bcc of its header name, too
  -i, -oi          a line with a single dot is text, and does not end the message
  -f, -r ADDRESS   who sends it;  -F NAME  that person's name
  -odb             return when it is safe in the Outbox; it is sent meanwhile (so it is unless -od says otherwise)
  -odi             send it before returning
  -odq             only put it into the Outbox: the daemon or the next malle flush sends it
  -N success       tell when it is delivered;  -N never  tell nothing
  -bp              show what waits, as malle outbox list
  -q               send what waits, as malle flush --up does, and say nothing
  --               what follows are recipients
Others of sendmail(1) are known and change nothing; -bs and -bd are refused. Bcc never leaves. Options of malle itself stand
before the word sendmail, or in the environment (MALLE_HOME, MALLE_PROFILE). When this returns 0 the message is safe on the
disk: the daemon sends it, or where none runs a process that goes on in the background. What becomes of it later is
told by a report in the Inbox.

Exit codes (sysexits): 0 accepted, 64 wrong usage, 65 no message or nobody to send it to, 67 an address that
is none, 75 try again later, 78 nobody is known to write it.

Example:
  malle sendmail -t -i < message.eml
  ln -s \"$(command -v malle)\" ~/bin/sendmail")]
pub(crate) struct SendmailArgs {
    /// Options and recipients, as of sendmail
    #[arg(
        value_name = "WORD",
        trailing_var_arg = true,
        allow_hyphen_values = true
    )]
    pub(crate) words: Vec<String>,
}
