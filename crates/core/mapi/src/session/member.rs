//! Who is logged on: each logon is one member of its session, and all handles hang on a member.
//! Reference: "Ending a MAPI Session" (requirements SES-06, SES-07)

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use mapi_props::Code;
use mapi_spi::{Error, OpenMode, Result};

use super::ServiceFailure;
use super::roster::Roster;
use crate::context::ErrorNote;
use crate::library::Library;

/// What the members of a session share.
#[derive(Debug)]
pub(crate) struct SessionState {
    pub(crate) library: Arc<Library>,
    pub(super) profile: String,
    pub(super) mode: OpenMode,
    pub(crate) roster: Roster,
    pub(super) failed: Vec<ServiceFailure>,
    /// How many are logged on; `None` once the last has left.
    members: Mutex<Option<usize>>,
}

impl SessionState {
    pub(super) fn new(
        library: Arc<Library>,
        profile: String,
        mode: OpenMode,
        roster: Roster,
        failed: Vec<ServiceFailure>,
    ) -> Self {
        Self {
            library,
            profile,
            mode,
            roster,
            failed,
            members: Mutex::new(Some(0)),
        }
    }

    /// Name of the profile.
    pub(crate) fn profile(&self) -> &str {
        &self.profile
    }

    /// One more member; `None` if the session has ended.
    pub(super) fn join(self: &Arc<Self>) -> Option<Arc<Member>> {
        let mut members = self.members.lock().unwrap_or_else(PoisonError::into_inner);
        let count = (*members)?;
        *members = Some(count + 1);
        Some(Arc::new(Member {
            session: Arc::clone(self),
            ended: AtomicBool::new(false),
            errors: ErrorNote::default(),
        }))
    }

    fn leave(&self) {
        let mut members = self.members.lock().unwrap_or_else(PoisonError::into_inner);
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
}

impl Member {
    /// Logs off: what this member opened is dead from now on; the last one closes the stores.
    pub(super) fn end(&self) {
        if !self.ended.swap(true, Ordering::AcqRel) {
            self.session.leave();
        }
    }

    pub(crate) fn check(&self) -> Result<()> {
        self.session.library.check()?;
        if self.ended.load(Ordering::Acquire) {
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
