//! Where something of a profile is administered: the library, the profile, and the session, if there is one.

use std::sync::Arc;

use mapi_spi::{Call, Result};

use crate::host::Profile;
use crate::session::Member;
use crate::subsystem::Subsystem;

/// A profile as one handle uses it. Without a session it works as long as the library is initialised.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    pub(crate) subsystem: Arc<Subsystem>,
    pub(crate) profile: String,
    pub(crate) member: Option<Arc<Member>>,
    pub(crate) call: Call,
}

impl Place {
    /// The profile of a session.
    pub(crate) fn of(member: &Arc<Member>, call: &Call) -> Self {
        Self {
            subsystem: Arc::clone(&member.session.subsystem),
            profile: member.session.profile().to_owned(),
            member: Some(Arc::clone(member)),
            call: call.clone(),
        }
    }

    /// Whether it can be used still.
    pub(crate) fn check(&self) -> Result<()> {
        self.call.check()?;
        match &self.member {
            Some(member) => member.check(),
            None => self.subsystem.check(),
        }
    }

    /// What the profile holds.
    pub(crate) fn read(&self) -> Result<Profile> {
        self.check()?;
        self.subsystem.host.profile(&self.profile)
    }

    /// Changes the profile, whole or not at all.
    pub(crate) fn change<T>(&self, mut change: impl FnMut(&mut Profile) -> Result<T>) -> Result<T> {
        self.check()?;
        let mut made = None;
        self.subsystem
            .host
            .change_profile(&self.profile, &mut |profile| {
                made = Some(change(profile)?);
                Ok(())
            })?;
        let unchanged = "the host did not change the profile";
        made.ok_or_else(|| mapi_spi::Error::new(mapi_props::Code::CALL_FAILED, unchanged))
    }
}
