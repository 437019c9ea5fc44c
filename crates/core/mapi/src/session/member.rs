//! Who is logged on: each logon is one member of its session, and all handles hang on a member.
//! Reference: "Ending a MAPI Session" (requirements SES-06, SES-07)

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak};

use mapi_props::Code;
use mapi_spi::{Call, Error, OpenMode, ProviderKind, Result, UiUse};

use super::background::Background;
use super::provider::{Provider, Standing};
use super::providers::Providers;
use super::roster::Roster;
use super::starting::{Planned, Start};
use crate::admin::settle;
use crate::advise::Registrations;
use crate::context::{ErrorNote, LastError};
use crate::host::ProfileUse;
use crate::status::Flushing;
use crate::subsystem::Subsystem;

/// What the members of a session share.
#[derive(Debug)]
pub(crate) struct SessionState {
    pub(crate) subsystem: Arc<Subsystem>,
    profile: String,
    mode: OpenMode,
    pub(crate) roster: Roster,
    pub(crate) providers: Providers,
    /// Which stores may be the default one, by their numbers.
    may_be_default: OnceLock<Vec<u64>>,
    /// Transports that nobody has needed yet.
    later: Mutex<Vec<Planned>>,
    /// Held by whoever has the status object of the subsystem do something.
    pub(crate) busy: Mutex<()>,
    /// What the spooler was asked for.
    pub(crate) flushing: Arc<Flushing>,
    /// The profile in use; not any more once the session has ended.
    profile_use: Mutex<Option<Box<dyn ProfileUse>>>,
    /// How many are logged on; `None` once the last has left.
    members: Mutex<Option<usize>>,
    everyone: Mutex<Vec<Weak<Member>>>,
}

/// How somebody is logged on; members of one session may differ.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Manner {
    /// MAPI_NO_MAIL.
    pub(super) no_mail: bool,
    /// Whether entry points may ask a person.
    pub(super) ui: UiUse,
}

impl SessionState {
    pub(super) fn new(
        subsystem: Arc<Subsystem>,
        profile: String,
        mode: OpenMode,
        profile_use: Option<Box<dyn ProfileUse>>,
    ) -> Self {
        Self {
            subsystem,
            profile,
            mode,
            roster: Roster::default(),
            providers: Providers::default(),
            may_be_default: OnceLock::new(),
            later: Mutex::default(),
            busy: Mutex::default(),
            flushing: Arc::default(),
            profile_use: Mutex::new(profile_use),
            members: Mutex::new(Some(0)),
            everyone: Mutex::default(),
        }
    }

    /// Name of the profile.
    pub(crate) fn profile(&self) -> &str {
        &self.profile
    }

    pub(super) fn mode(&self) -> OpenMode {
        self.mode
    }

    /// Which stores may be the default one, the best first.
    pub(super) fn may_be_default(&self, numbers: impl Iterator<Item = u64>) {
        self.may_be_default.get_or_init(|| numbers.collect());
    }

    /// Why there is no default store although the profile has one.
    pub(super) fn default_failure(&self) -> Option<(String, LastError)> {
        let mut numbers = self.may_be_default.get()?.iter();
        numbers.find_map(|number| {
            let provider = self.providers.find(|p| p.number == *number)?;
            Some((provider.display_name(), provider.failure()?))
        })
    }

    /// Transports that are to be started when they are needed.
    pub(super) fn later(&self, transports: Vec<Planned>) {
        *lock(&self.later) = transports;
    }

    /// Starts the transports of the profile, unless that has been done. Whoever comes meanwhile waits a little.
    pub(super) fn start_transports(self: &Arc<Self>, member: &Arc<Member>, call: &Call) {
        let transports = {
            let mut later = lock(&self.later);
            let transports = std::mem::take(&mut *later);
            // They count as starting before anybody else can see that none is left.
            for planned in &transports {
                planned.made.stands(Standing::Starting);
            }
            transports
        };
        if transports.is_empty() {
            return self.providers.await_starting(call);
        }
        let start = Start {
            session: self,
            member,
            ui: member.manner.ui,
            call,
        };
        start.transports(&transports);
    }

    /// One more member; `None` if the session has ended.
    pub(super) fn join(self: &Arc<Self>, manner: Manner) -> Option<Arc<Member>> {
        let mut members = lock(&self.members);
        let count = (*members)?;
        *members = Some(count + 1);
        let member = Arc::new(Member {
            session: Arc::clone(self),
            manner,
            ended: AtomicBool::new(false),
            errors: ErrorNote::default(),
            registrations: Registrations::default(),
            background: Background::default(),
        });
        let mut everyone = lock(&self.everyone);
        everyone.retain(|m| m.strong_count() > 0);
        everyone.push(Arc::downgrade(&member));
        Some(member)
    }

    /// Everybody who is logged on.
    pub(super) fn everyone(&self) -> Vec<Arc<Member>> {
        let everyone = lock(&self.everyone);
        let alive = everyone.iter().filter_map(Weak::upgrade);
        alive.filter(|m| !m.has_left()).collect()
    }

    fn leave(&self) {
        let mut members = lock(&self.members);
        *members = members.and_then(|count| count.checked_sub(1).filter(|left| *left > 0));
        let is_last = members.is_none();
        drop(members);
        if !is_last {
            return;
        }
        self.providers.end();
        self.roster.close();
        let held = lock(&self.profile_use).take();
        if held.is_some() {
            drop(held);
            // The last one out does what was put off until then (PA-06). What fails stays marked, for who administers next.
            let _left = settle(&self.subsystem, &self.profile);
        }
    }
}

/// One logon.
pub(crate) struct Member {
    pub(crate) session: Arc<SessionState>,
    manner: Manner,
    ended: AtomicBool,
    pub(super) errors: ErrorNote,
    pub(crate) registrations: Registrations,
    pub(crate) background: Background,
}

impl Member {
    /// Logs off: what this member opened is dead from now on; the last one closes the stores.
    pub(super) fn end(&self) {
        if !self.ended.swap(true, Ordering::AcqRel) {
            self.registrations.end(&self.session.subsystem.dispatcher);
            self.background.end();
            self.session.leave();
        }
    }

    fn has_left(&self) -> bool {
        self.ended.load(Ordering::Acquire)
    }

    /// Whether this logon neither sends nor receives (MAPI_NO_MAIL).
    pub(crate) fn has_no_mail(&self) -> bool {
        self.manner.no_mail
    }

    /// Whether entry points may ask a person.
    pub(super) fn ui(&self) -> UiUse {
        self.manner.ui
    }

    /// The transports of the session, started if they are not; none for a logon without mail.
    pub(crate) fn transports(self: &Arc<Self>, call: &Call) -> Vec<Arc<Provider>> {
        if self.has_no_mail() {
            return Vec::new();
        }
        self.session.start_transports(self, call);
        let mut all = self.session.providers.all();
        all.retain(|p| p.kind == ProviderKind::Transport);
        all
    }

    pub(crate) fn check(&self) -> Result<()> {
        self.session.subsystem.check()?;
        if self.has_left() {
            let detail = "the session has been logged off";
            return Err(Error::new(Code::END_OF_SESSION, detail));
        }
        Ok(())
    }
}

impl Drop for Member {
    fn drop(&mut self) {
        self.end();
    }
}

impl fmt::Debug for Member {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Member")
            .field("profile", &self.session.profile)
            .field("ended", &self.ended)
            .finish_non_exhaustive()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
