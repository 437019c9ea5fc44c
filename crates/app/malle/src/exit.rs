//! How a command ends: its exit code, and a failure as text or JSON.

use std::borrow::Cow;
use std::process::ExitCode;

use mapi_props::Kind;
use serde::Serialize;

/// The documented exit codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    Ok = 0,
    Failure = 1,
    Usage = 2,
    NotFound = 3,
    Authentication = 4,
    Network = 5,
    Partial = 6,
    Interrupted = 130,
    // What mail programs look at (sysexits.h).
    SysUsage = 64,
    SysData = 65,
    SysNoUser = 67,
    SysUnavailable = 69,
    SysTempFail = 75,
    SysConfig = 78,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

impl Exit {
    /// The code by which a mail program knows what to do. Whatever may pass is to be tried again: mail that is sent back for it
    /// would be lost to its sender.
    pub(crate) const fn for_mail_programs(self) -> Self {
        match self {
            Self::Usage => Self::SysUsage,
            Self::Failure
            | Self::NotFound
            | Self::Authentication
            | Self::Network
            | Self::Partial
            | Self::Interrupted => Self::SysTempFail,
            other => other,
        }
    }

    /// The code for several items: that of all of them, if they ended alike.
    pub(crate) fn of_all(exits: impl IntoIterator<Item = Self>) -> Self {
        let mut exits = exits.into_iter();
        let Some(first) = exits.next() else {
            return Self::Ok;
        };
        match exits.all(|exit| exit == first) {
            true => first,
            false => Self::Partial,
        }
    }

    /// The code for what a caller can do about an error.
    pub(crate) const fn of(kind: Kind) -> Self {
        match kind {
            Kind::NotFound => Self::NotFound,
            Kind::Logon => Self::Authentication,
            Kind::Network | Kind::NotDownloaded => Self::Network,
            Kind::Cancelled => Self::Interrupted,
            Kind::Usage => Self::Usage,
            _ => Self::Failure,
        }
    }
}

/// A command that did not do what was asked.
#[derive(Debug)]
pub(crate) struct Failure {
    /// The exit code.
    pub(crate) exit: Exit,
    /// MAPI's code name, or a short lower-case word of our own. Never translated.
    pub(crate) code: Cow<'static, str>,
    /// What happened, for a person.
    pub(crate) message: String,
    /// What to do about it.
    pub(crate) hint: Option<String>,
}

/// The JSON of a failure on standard error: `{"error":{"code","message","exit"}}`.
#[derive(Serialize)]
struct FailureJson<'a> {
    error: Inner<'a>,
}

#[derive(Serialize)]
struct Inner<'a> {
    code: &'a str,
    message: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<&'a str>,
    exit: u8,
}

impl Failure {
    pub(crate) fn new(
        exit: Exit,
        code: impl Into<Cow<'static, str>>,
        message: impl Into<String>,
    ) -> Self {
        Self {
            exit,
            code: code.into(),
            message: message.into(),
            hint: None,
        }
    }

    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self::new(Exit::Usage, "usage", message)
    }

    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// One line of JSON.
    pub(crate) fn json(&self) -> String {
        let shape = FailureJson {
            error: Inner {
                code: &self.code,
                message: &self.message,
                hint: self.hint.as_deref(),
                exit: self.exit as u8,
            },
        };
        serde_json::to_string(&shape).unwrap_or_default()
    }
}

pub(crate) type Outcome<T = Exit> = Result<T, Failure>;
