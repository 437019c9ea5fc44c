//! What is asked and answered. Fields are only ever added: whoever reads ignores what it does not know.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

/// Of the protocol. A process refuses a question of another version.
pub const VERSION: u32 = 1;

/// A question.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "ask", rename_all = "kebab-case")]
pub enum Request {
    /// What do you do? Answer: [`Reply::Status`].
    Status,
    /// Do now what there is to do in the background of a store, or of all that you hold. Answer when it is done.
    Flush {
        /// UID of the store in registry form; none: all.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        store: Option<String>,
    },
    /// Do the stores answer?
    Validate {
        /// As above.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        store: Option<String>,
    },
    /// Send and fetch now what waits in a store, or in all that you are the spooler of. Answer when it is done.
    Spool {
        /// As above.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        store: Option<String>,
        /// What.
        #[serde(flatten)]
        wanted: MailWanted,
    },
    /// Do something with messages that wait to be sent. Answer when it is done; what cannot be is told of each message.
    Outbox {
        /// UID of the store in registry form.
        store: String,
        /// What.
        order: MailOrder,
        /// The numbers of the messages in the store: [`AT_ONCE`] at most.
        items: Vec<u64>,
    },
    /// Have transports of a profile do what a status object has had those of its session do (ValidateState).
    Transports {
        /// The profile.
        profile: String,
        /// PR_PROVIDER_UID in registry form; none: all.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        transport: Option<String>,
        /// The flags of ValidateState.
        flags: u32,
    },
    /// Stop the work under way; it is taken up again later.
    Cancel {
        /// As above.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        store: Option<String>,
    },
    /// Read the profiles anew. The daemon alone can.
    Reload,
    /// End. The daemon alone can.
    Stop,
}

/// How many messages one question may name.
pub const AT_ONCE: usize = 500;

/// What a spooler is to do.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MailWanted {
    /// Send.
    #[serde(default)]
    pub up: bool,
    /// Fetch.
    #[serde(default)]
    pub down: bool,
    /// Also what waits for another try.
    #[serde(default)]
    pub force: bool,
    /// Only through this transport: PR_PROVIDER_UID in registry form.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transport: Option<String>,
}

/// What is to happen to a message that waits to be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MailOrder {
    /// Try it now, whatever it waits for.
    Retry,
    /// The same; recipients of whom nobody knows whether they have it may get it twice.
    RetryUnknown,
    /// Do not send it until it is released.
    Hold,
    /// Send it when its turn comes.
    Release,
    /// It was sent.
    MarkSent,
    /// Make it a draft again.
    BackToDrafts,
}

/// What came of sending and fetching, in messages.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct MailTally {
    /// Sent to at least one recipient.
    pub sent: u64,
    /// Arrived.
    pub delivered: u64,
    /// Left the queue, sent to nobody.
    pub failed: u64,
    /// Wait for another try.
    pub waiting: u64,
    /// Nobody knows whether they were sent.
    pub unknown: u64,
}

impl MailTally {
    /// Both together.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self {
            sent: self.sent + other.sent,
            delivered: self.delivered + other.delivered,
            failed: self.failed + other.failed,
            waiting: self.waiting + other.waiting,
            unknown: self.unknown + other.unknown,
        }
    }
}

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "answer", rename_all = "kebab-case")]
pub enum Reply {
    /// It is being done: comes at once, and then every second. More follows.
    Working {
        /// The work at hand, if any.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        work: Option<WorkRow>,
    },
    /// What the process does.
    Status(Box<Report>),
    /// Done. What went wrong in it is told beside.
    Done {
        /// Work that failed, in words.
        #[serde(default)]
        problems: Vec<Failure>,
        /// What came of sending and fetching.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        mail: Option<MailTally>,
    },
    /// It cannot be done.
    Failed(Failure),
}

impl Reply {
    /// Whether nothing comes after it.
    #[must_use]
    pub const fn is_last(&self) -> bool {
        !matches!(self, Self::Working { .. })
    }

    /// Done, and nothing to tell of mail.
    #[must_use]
    pub const fn done(problems: Vec<Failure>) -> Self {
        let mail = None;
        Self::Done { problems, mail }
    }
}

/// Something that went wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// What it was about: a kind of work, a service; empty: the question.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub about: String,
    /// MAPI's code, or a short word of our own.
    pub code: String,
    /// For a person.
    pub message: String,
}

/// Milliseconds since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Moment(pub i64);

impl Moment {
    /// Now.
    #[must_use]
    pub fn now() -> Self {
        Self::at(SystemTime::now())
    }

    /// That time.
    #[must_use]
    pub fn at(time: SystemTime) -> Self {
        let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
        Self(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
    }

    /// So much later.
    #[must_use]
    pub fn after(self, time: Duration) -> Self {
        Self(
            self.0
                .saturating_add(i64::try_from(time.as_millis()).unwrap_or(i64::MAX)),
        )
    }
}

/// What a process does in the background.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// Its process id.
    pub pid: u32,
    /// What it runs as: `malle daemon`.
    pub program: String,
    /// When it began.
    pub since: Moment,
    /// When this was true.
    pub asked: Moment,
    /// Whether it waits for another daemon to end.
    #[serde(default)]
    pub standby: bool,
    /// The stores that it keeps, or would.
    pub leases: Vec<LeaseRow>,
    /// What of the profiles could not be started.
    pub failures: Vec<Failure>,
}

/// A store and its lease.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeaseRow {
    /// The profile.
    pub profile: String,
    /// The letter of the store in it.
    pub letter: String,
    /// PR_SERVICE_NAME.
    pub service: String,
    /// UID of the store, once it was opened.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub store: Option<String>,
    /// Its role there.
    pub role: String,
    /// How far it is.
    pub state: LeaseState,
    /// Its epoch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub epoch: Option<u64>,
    /// Since when it is in that state.
    pub since: Moment,
    /// The kinds of work.
    #[serde(default)]
    pub works: Vec<WorkRow>,
    /// Why it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<Failure>,
}

/// How far a process is with a store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LeaseState {
    /// It is being opened.
    Opening,
    /// Another process has the lease.
    Waiting,
    /// This one has it.
    Holding,
    /// The store has no background work: it is read-only, lives in memory, or would be kept from all others.
    Unneeded,
    /// It could not be opened; tried again later.
    Failed,
}

/// A kind of work in a store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorkRow {
    /// Which.
    pub work: String,
    /// What it does.
    pub state: WorkState,
    /// How far it is.
    #[serde(default)]
    pub done: u64,
    /// Of how much, if that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub total: Option<u64>,
    /// When it last came to an end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last: Option<Moment>,
    /// When it begins by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<Moment>,
    /// Why it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<Failure>,
}

/// What work does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WorkState {
    /// Nothing to do.
    #[default]
    Idle,
    /// It waits for its turn.
    Due,
    /// At work.
    Working,
    /// It was stopped; tried again later.
    Cancelled,
    /// It failed; tried again later.
    Failed,
}
