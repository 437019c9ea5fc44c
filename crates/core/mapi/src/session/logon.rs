//! Logging on: the profile, its services, their stores. Reference: "MAPILogonEx" (requirement SES-06)

use std::sync::{Arc, MutexGuard, PoisonError, TryLockError};

use mapi_props::Code;
use mapi_spi::{Call, Error, OpenMode, Result};

use super::member::SessionState;
use super::opening::{Opening, validate};
use super::roster::{Entrant, Roster};
use super::{ServiceFailure, Session};
use crate::context::LastError;
use crate::host::{Profile, ProfileProvider, ProfileService, resource_flags};
use crate::subsystem::Subsystem;
use crate::{Mapi, TreeFlags};

/// The longest name of a profile, in characters.
const NAME_MAX: usize = 64;

/// How to log on.
///
/// ```
/// use mapi::Logon;
///
/// let by_name = Logon::profile("work").read_only();
/// let default = Logon::default_profile().create();
/// let shared = Logon::default_profile().allow_others();
/// let joined = Logon::shared();
/// # drop((by_name, default, shared, joined));
/// ```
#[derive(Debug, Clone)]
#[must_use]
pub struct Logon {
    profile: Choice,
    mode: OpenMode,
    new_session: bool,
    allow_others: bool,
    timeout_short: bool,
    call: Call,
}

#[derive(Debug, Clone)]
enum Choice {
    Named(String),
    Default,
    Shared,
}

impl Logon {
    /// To this profile.
    pub fn profile(name: impl Into<String>) -> Self {
        Self::to(Choice::Named(name.into()))
    }

    /// MAPI_USE_DEFAULT: to the default profile.
    pub fn default_profile() -> Self {
        Self::to(Choice::Default)
    }

    /// To the session that is shared; no profile is named.
    pub fn shared() -> Self {
        Self::to(Choice::Shared)
    }

    fn to(profile: Choice) -> Self {
        Self {
            profile,
            mode: OpenMode::ReadWrite,
            new_session: false,
            allow_others: false,
            timeout_short: false,
            call: Call::default(),
        }
    }

    /// MAPI_NEW_SESSION: a session of its own, even if there is one to join.
    pub const fn new_session(mut self) -> Self {
        self.new_session = true;
        self
    }

    /// MAPI_ALLOW_OTHERS: others may join the session.
    pub const fn allow_others(mut self) -> Self {
        self.allow_others = true;
        self
    }

    /// MAPI_TIMEOUT_SHORT: `MAPI_E_TIMEOUT` instead of waiting while somebody else logs on.
    pub const fn timeout_short(mut self) -> Self {
        self.timeout_short = true;
        self
    }

    /// Stores are opened for reading only.
    pub const fn read_only(mut self) -> Self {
        self.mode = OpenMode::ReadOnly;
        self
    }

    /// Stores that do not exist yet are made.
    pub const fn create(mut self) -> Self {
        self.mode = OpenMode::Create;
        self
    }

    /// The session's calls are under `call`.
    pub fn under(mut self, call: Call) -> Self {
        self.call = call;
        self
    }
}

pub(super) fn logon(mapi: &Mapi, logon: Logon) -> Result<Session> {
    let subsystem = &mapi.subsystem;
    subsystem.check()?;
    let _one_at_a_time = serialise(subsystem, logon.timeout_short)?;
    if !logon.new_session
        && let Some(member) = subsystem.shared_session().and_then(|s| s.join())
    {
        return Ok(Session {
            member,
            call: logon.call,
            tokens: Arc::default(),
        });
    }
    let name = profile_name(subsystem, logon.profile)?;
    let profile = subsystem.host.profile(&name).map_err(|e| {
        let detail = format!("profile `{name}` cannot be used");
        Error::caused(Code::LOGON_FAILED, detail, e)
    })?;
    let opening = Opening {
        subsystem,
        profile: &name,
        mode: logon.mode,
        call: &logon.call,
    };
    let (roster, failed) = start(&opening, &profile)?;
    let state = SessionState::new(Arc::clone(subsystem), name, logon.mode, roster, failed);
    let state = Arc::new(state);
    let ended = || Error::new(Code::END_OF_SESSION, "the session has ended");
    let member = state.join().ok_or_else(ended)?;
    for opened in state.roster.listed() {
        let flags = if opened.place.is_default() {
            TreeFlags::FULL_IPM_TREE
        } else {
            TreeFlags::NONE
        };
        validate(&opened, &member, &logon.call, flags)?;
    }
    if logon.allow_others {
        subsystem.share(&state);
    }
    Ok(Session {
        member,
        call: logon.call,
        tokens: Arc::default(),
    })
}

fn serialise(subsystem: &Subsystem, short: bool) -> Result<MutexGuard<'_, ()>> {
    if !short {
        return Ok(subsystem
            .logon
            .lock()
            .unwrap_or_else(PoisonError::into_inner));
    }
    match subsystem.logon.try_lock() {
        Ok(guard) => Ok(guard),
        Err(TryLockError::Poisoned(guard)) => Ok(guard.into_inner()),
        Err(TryLockError::WouldBlock) => {
            Err(Error::new(Code::TIMEOUT, "somebody else is logging on"))
        }
    }
}

fn profile_name(subsystem: &Subsystem, choice: Choice) -> Result<String> {
    let failed = |detail: &str| Error::new(Code::LOGON_FAILED, detail.to_owned());
    match choice {
        Choice::Named(name) if name.chars().count() > NAME_MAX => {
            Err(failed("the name of a profile has at most 64 characters"))
        }
        Choice::Named(name) => Ok(name),
        Choice::Default => {
            let default = subsystem.host.default_profile()?;
            default.ok_or_else(|| failed("no profile was named and there is no default one"))
        }
        Choice::Shared => Err(failed("no profile was named and no session is shared")),
    }
}

/// Opens the stores of a profile, and says which services could not be started.
fn start(opening: &Opening<'_>, profile: &Profile) -> Result<(Roster, Vec<ServiceFailure>)> {
    let stores: Vec<_> = profile.stores().collect();
    let mut opened: Vec<Result<Entrant>> = stores.iter().map(|(s, p)| opening.open(s, p)).collect();
    let wanted = defaults(&stores);
    let works = |at: &usize| opened.get(*at).is_some_and(Result::is_ok);
    let default = wanted.iter().copied().find(works);
    if default.is_none()
        && let Some(first) = wanted.first()
        && let Err(e) = opened.swap_remove(*first)
    {
        let detail = format!(
            "the default store of profile `{}` cannot be opened",
            profile.name
        );
        return Err(Error::caused(Code::LOGON_FAILED, detail, e));
    }
    let roster = Roster::default();
    let mut failed = Vec::new();
    for (at, ((service, provider), entrant)) in stores.into_iter().zip(opened).enumerate() {
        match entrant {
            Ok(mut entrant) => {
                entrant.flags &= !resource_flags::DEFAULT_STORE;
                if Some(at) == default {
                    entrant.flags |= resource_flags::DEFAULT_STORE;
                }
                roster.list(entrant);
            }
            Err(e) => failed.push(failure(service, provider, &e)),
        }
    }
    Ok((roster, failed))
}

/// Which stores may be the session's default, the best first: the primary one, the secondary one while that cannot be
/// opened, and the profile's default (STO-03). None if the profile has none.
fn defaults(stores: &[(&ProfileService, &ProfileProvider)]) -> Vec<usize> {
    let with = |bit| stores.iter().position(|(_, p)| p.flags & bit != 0);
    let secondary = with(resource_flags::SECONDARY_STORE);
    let default = with(resource_flags::DEFAULT_STORE);
    let order = match (with(resource_flags::PRIMARY_STORE), default) {
        (None, None) => [None; 3],
        (None, default) => [default, secondary, None],
        (primary, default) => [primary, secondary, default],
    };
    order.into_iter().flatten().collect()
}

fn failure(service: &ProfileService, provider: &ProfileProvider, error: &Error) -> ServiceFailure {
    ServiceFailure {
        service: service.service.clone(),
        letter: provider.letter.clone(),
        error: LastError {
            code: error.code(),
            detail: error.detail().to_owned(),
        },
    }
}
