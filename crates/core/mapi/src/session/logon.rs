//! Logging on: the profile, its services, their stores. Reference: "MAPILogonEx" (requirement SES-06)

use std::sync::Arc;

use mapi_props::Code;
use mapi_spi::{Call, Error, OpenMode, Result, ServiceEvent, UiUse};

use super::choice::choose;
use super::gate::Passage;
use super::member::{Manner, Member, SessionState};
use super::starting::Start;
use super::transports::download;
use super::{Session, caught};
use crate::admin::configure;
use crate::host::Profile;
use crate::subsystem::Subsystem;
use crate::{LogonFlags, Mapi};

/// How to log on.
///
/// ```
/// use mapi::{Logon, LogonFlags};
///
/// let by_name = Logon::profile("work").read_only();
/// let default = Logon::default_profile().create();
/// let shared = Logon::default_profile().allow_others();
/// let joined = Logon::shared();
/// let asked = Logon::shared().with(LogonFlags::LOGON_UI);
/// let automatic = Logon::profile("work").flags(0x8000 | 0x2)?;
/// # drop((by_name, default, shared, joined, asked, automatic));
/// # Ok::<(), mapi::Error>(())
/// ```
#[derive(Debug, Clone)]
#[must_use]
pub struct Logon {
    profile: Option<String>,
    mode: OpenMode,
    flags: LogonFlags,
    call: Call,
}

impl Logon {
    /// To this profile.
    pub fn profile(name: impl Into<String>) -> Self {
        Self::to(Some(name.into()), LogonFlags::NONE)
    }

    /// MAPI_USE_DEFAULT: to the default profile.
    pub fn default_profile() -> Self {
        Self::to(None, LogonFlags::USE_DEFAULT)
    }

    /// To the session that is shared; no profile is named.
    pub fn shared() -> Self {
        Self::to(None, LogonFlags::NONE)
    }

    fn to(profile: Option<String>, flags: LogonFlags) -> Self {
        Self {
            profile,
            mode: OpenMode::ReadWrite,
            flags: flags | LogonFlags::EXTENDED,
            call: Call::default(),
        }
    }

    /// The same with these flags too.
    pub fn with(mut self, flags: LogonFlags) -> Self {
        self.flags = self.flags | flags;
        self
    }

    /// The same with the flags of a raw word too (flFlags).
    ///
    /// # Errors
    /// `MAPI_E_UNKNOWN_FLAGS` for a bit that is none.
    pub fn flags(self, bits: u32) -> Result<Self> {
        Ok(self.with(LogonFlags::from_bits(bits)?))
    }

    /// MAPI_NEW_SESSION: a session of its own, even if there is one to join.
    pub fn new_session(self) -> Self {
        self.with(LogonFlags::NEW_SESSION)
    }

    /// MAPI_ALLOW_OTHERS: others may join the session.
    pub fn allow_others(self) -> Self {
        self.with(LogonFlags::ALLOW_OTHERS)
    }

    /// MAPI_TIMEOUT_SHORT: `MAPI_E_TIMEOUT` instead of waiting while somebody else logs on.
    pub fn timeout_short(self) -> Self {
        self.with(LogonFlags::TIMEOUT_SHORT)
    }

    /// MAPI_NO_MAIL: this logon neither sends nor receives.
    pub fn no_mail(self) -> Self {
        self.with(LogonFlags::NO_MAIL)
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

    /// The session's calls are under `call`. Logging on waits for the default store until its deadline, and takes what it
    /// has then.
    pub fn under(mut self, call: Call) -> Self {
        self.call = call;
        self
    }

    fn manner(&self) -> Manner {
        Manner {
            no_mail: self.flags.contains(LogonFlags::NO_MAIL),
            ui: if asks(self.flags) {
                UiUse::Allowed
            } else {
                UiUse::Never
            },
        }
    }
}

/// Whether a person may be asked: never by a program that runs as a service of the system.
pub(super) fn asks(flags: LogonFlags) -> bool {
    flags.contains(LogonFlags::LOGON_UI) && !flags.contains(LogonFlags::NT_SERVICE)
}

pub(super) fn logon(mapi: &Mapi, logon: Logon) -> Result<Session> {
    let subsystem = &mapi.subsystem;
    subsystem.check()?;
    let flags = logon.flags;
    if flags.contains(LogonFlags::LOGON_UI) && flags.contains(LogonFlags::PASSWORD_UI) {
        let detail = "MAPI_LOGON_UI and MAPI_PASSWORD_UI exclude each other";
        return Err(Error::new(Code::LOGON_FAILED, detail));
    }
    let one_at_a_time = serialise(subsystem, &logon)?;
    let shared = subsystem.shared_session();
    let joined = shared
        .filter(|_| !flags.contains(LogonFlags::NEW_SESSION))
        .and_then(|session| session.join(logon.manner()));
    let member = match joined {
        Some(member) => member,
        None => begin(subsystem, &logon)?,
    };
    // Fetching may take its time, and is no part of what others wait for.
    drop(one_at_a_time);
    if flags.contains(LogonFlags::FORCE_DOWNLOAD) {
        download(&member.session, &member, &logon.call);
    }
    Ok(Session {
        member,
        call: logon.call,
        tokens: Arc::default(),
    })
}

/// A session of its own.
fn begin(subsystem: &Arc<Subsystem>, logon: &Logon) -> Result<Arc<Member>> {
    let named = logon.profile.as_deref();
    let name = choose(subsystem, named, logon.flags, &logon.call)?;
    let unusable = |e| {
        let detail = format!("profile `{name}` cannot be used");
        Error::caused(Code::LOGON_FAILED, detail, e)
    };
    let held = subsystem.host.use_profile(&name).map_err(unusable)?;
    let profile = load(subsystem, &name).map_err(unusable)?;
    let profile = show_settings(subsystem, profile, logon)?;
    let state = SessionState::new(Arc::clone(subsystem), name, logon.mode, Some(held));
    let state = Arc::new(state);
    let manner = logon.manner();
    let ended = || Error::new(Code::END_OF_SESSION, "the session has ended");
    let member = state.join(manner).ok_or_else(ended)?;
    let start = Start {
        session: &state,
        member: &member,
        ui: manner.ui,
        call: &logon.call,
    };
    start.stores(&profile)?;
    if logon.flags.contains(LogonFlags::ALLOW_OTHERS) {
        subsystem.share(&state);
    }
    Ok(member)
}

/// What the profile holds, now that nobody can take it away.
fn load(subsystem: &Subsystem, name: &str) -> Result<Profile> {
    let profile = subsystem.host.profile(name)?;
    if profile.deleted {
        let detail = format!("profile `{name}` goes with the last session that uses it");
        return Err(Error::new(Code::NOT_FOUND, detail));
    }
    Ok(profile)
}

/// MAPI_SERVICE_UI_ALWAYS: a person sees the settings of every service before any of them is started.
fn show_settings(subsystem: &Subsystem, profile: Profile, logon: &Logon) -> Result<Profile> {
    let always = logon.flags.contains(LogonFlags::SERVICE_UI_ALWAYS);
    if !always || logon.flags.contains(LogonFlags::NT_SERVICE) {
        return Ok(profile);
    }
    for service in &profile.services {
        let event = ServiceEvent::Configure {
            ui: UiUse::Always,
            read_only: false,
            first: None,
            props: &[],
        };
        let who = format!("service `{}`", service.service);
        let shown = caught(&who, || {
            configure(subsystem, &profile.name, service.uid, &event, &logon.call)
        });
        shown.map_err(|e| match e.code() {
            Code::USER_CANCEL => e,
            _ => {
                let detail = format!("the settings of `{}` cannot be shown", service.display_name);
                Error::caused(Code::LOGON_FAILED, detail, e)
            }
        })?;
    }
    load(subsystem, &profile.name)
}

fn serialise(subsystem: &Subsystem, logon: &Logon) -> Result<Passage> {
    if !logon.flags.contains(LogonFlags::TIMEOUT_SHORT) {
        return subsystem.logon.enter(&logon.call);
    }
    let taken = || Error::new(Code::TIMEOUT, "somebody else is logging on");
    subsystem.logon.try_enter().ok_or_else(taken)
}
