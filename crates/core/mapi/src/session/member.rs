//! Who is logged on: each logon is one member of its session, and all handles hang on a member.
//! Reference: "Ending a MAPI Session" (requirements SES-06, SES-07)

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use mapi_props::Code;
use mapi_spi::{Error, OpenMode, Result};

use super::ServiceFailure;
use super::background::Background;
use super::roster::Roster;
use crate::advise::Registrations;
use crate::context::ErrorNote;
use crate::subsystem::Subsystem;

/// What the members of a session share.
#[derive(Debug)]
pub(crate) struct SessionState {
    pub(crate) subsystem: Arc<Subsystem>,
    pub(super) profile: String,
    pub(super) mode: OpenMode,
    pub(crate) roster: Roster,
    pub(super) failed: Vec<ServiceFailure>,
    /// How many are logged on; `None` once the last has left.
    members: Mutex<Option<usize>>,
    everyone: Mutex<Vec<Weak<Member>>>,
}

impl SessionState {
    pub(super) fn new(
        subsystem: Arc<Subsystem>,
        profile: String,
        mode: OpenMode,
        roster: Roster,
        failed: Vec<ServiceFailure>,
    ) -> Self {
        Self {
            subsystem,
            profile,
            mode,
            roster,
            failed,
            members: Mutex::new(Some(0)),
            everyone: Mutex::default(),
        }
    }

    /// Name of the profile.
    pub(crate) fn profile(&self) -> &str {
        &self.profile
    }

    /// One more member; `None` if the session has ended.
    pub(super) fn join(self: &Arc<Self>) -> Option<Arc<Member>> {
        let mut members = lock(&self.members);
        let count = (*members)?;
        *members = Some(count + 1);
        let member = Arc::new(Member {
            session: Arc::clone(self),
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
        if members.is_none() {
            self.roster.close();
        }
    }
}

/// One logon.
pub(crate) struct Member {
    pub(crate) session: Arc<SessionState>,
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
