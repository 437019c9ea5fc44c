//! The transports of a session: what they reach, and what status objects and the spooler have them do.
//! Reference: "IMAPISession::EnumAdrTypes", "Reconfiguring a Transport Provider" (requirements 7.1, TX-03, TX-04, ST-01)

use std::sync::Arc;

use mapi_props::{Code, Guid};
use mapi_spi::{
    Call, Error, Result, ServiceConfig, SpoolerNotice, TransportNotice, UiUse, flush_flags,
    validate_flags,
};

use super::member::{Member, SessionState};
use super::provider::{ActiveTransport, Provider};
use super::starting::Start;
use super::{Session, caught};
use crate::ValidateFlags;

impl Session {
    /// Address types of recipients that the active transports can reach, in the order of the profile, each once
    /// (EnumAdrTypes). Transports that nobody has needed yet are started. A transport that takes any type adds none.
    ///
    /// # Errors
    /// `MAPI_E_END_OF_SESSION`.
    pub fn address_types(&self) -> Result<Vec<String>> {
        self.track(self.check().map(|()| {
            let mut types: Vec<String> = Vec::new();
            for provider in self.member.transports(&self.call) {
                let reach = provider.transport().map(|active| active.reach());
                for ty in reach.and_then(|r| r.address_types).unwrap_or_default() {
                    // One empty text stands for none at all.
                    if !ty.is_empty() && !types.contains(&ty) {
                        types.push(ty);
                    }
                }
            }
            types
        }))
    }

    /// For a spooler: `heard` is told what transports of this session say to it from now on, each by its PR_PROVIDER_UID, on the
    /// transport's thread and perhaps under its locks: it notes that, and calls nobody. One listens at a time; the last one
    /// that came.
    pub fn hear_transports(&self, heard: impl Fn(Guid, SpoolerNotice) + Send + Sync + 'static) {
        let signals = self.state().providers.signals();
        signals.notices.tell(Some(Arc::new(heard)));
    }

    /// For a spooler: has the transports of this session alone, or the one with this PR_PROVIDER_UID, do what a status object
    /// was asked for somewhere else ([`crate::Host::validate_transports`]).
    ///
    /// # Errors
    /// `MAPI_E_NOT_FOUND` for a transport that the session does not have; `MAPI_E_BUSY`; the first that a transport gives;
    /// `MAPI_E_END_OF_SESSION`. The others are asked all the same.
    pub fn validate_transports(&self, target: Option<Guid>, flags: ValidateFlags) -> Result<()> {
        let done = self.check().and_then(|()| {
            let mut of = self.member.transports(&self.call);
            of.retain(|p| target.is_none_or(|uid| p.uid == uid));
            if target.is_some() && of.is_empty() {
                let detail = "the session has no such transport";
                return Err(Error::new(Code::NOT_FOUND, detail));
            }
            validate_all(self, &of, flags.bits())
        });
        self.track(done)
    }
}

/// Has these transports do what ValidateState of the spooler says. Without a flag for transports those that failed are logged on,
/// and without CONFIG_CHANGED all of them anew. The first error; one that does not answer keeps no other from being asked.
pub(crate) fn validate_all(session: &Session, all: &[Arc<Provider>], flags: u32) -> Result<()> {
    let anew = flags & !validate_flags::SUPPRESS_UI == 0;
    let failed_too = anew || flags & validate_flags::CONFIG_CHANGED != 0;
    let mut first = Ok(());
    for provider in all {
        let done = provider
            .occupy()
            .and_then(|_mine| match provider.transport() {
                Some(active) if !anew => validate(session, provider, &active, flags),
                None if !failed_too => Ok(()),
                _ => log_on_again(session, provider, flags),
            });
        first = first.and(done);
    }
    first
}

/// Has a transport that works do what ValidateState says.
pub(crate) fn validate(
    session: &Session,
    provider: &Provider,
    active: &ActiveTransport,
    flags: u32,
) -> Result<()> {
    let call = session.call();
    let changed = flags & validate_flags::CONFIG_CHANGED != 0;
    caught("a transport", || {
        if changed && let Some(config) = config_of(session, provider)? {
            active.transport.config_changed(&config, call)?;
        }
        active.transport.validate_state(flags, call)?;
        if changed {
            active.ask_reach();
        }
        Ok(())
    })
}

/// What the profile says now that a provider is to be opened with; `None` if it is not in it any more.
fn config_of(session: &Session, provider: &Provider) -> Result<Option<ServiceConfig>> {
    let state = session.state();
    let profile = state.subsystem.host.profile(state.profile())?;
    let service = profile.service(provider.service_uid);
    Ok(service.and_then(|service| {
        let mut providers = service.providers.iter();
        let entry = providers.find(|p| p.uid == provider.uid)?;
        Some(service.config_of(entry))
    }))
}

/// Logs a transport off, and on again with what the profile says now. Its entry point may ask a person where the logon may,
/// and SUPPRESS_UI does not forbid it.
fn log_on_again(session: &Session, provider: &Arc<Provider>, flags: u32) -> Result<()> {
    let state = &session.member.session;
    let profile = state.subsystem.host.profile(state.profile())?;
    let quiet = flags & validate_flags::SUPPRESS_UI != 0;
    let start = Start {
        session: state,
        member: &session.member,
        ui: if quiet {
            UiUse::Never
        } else {
            session.member.ui()
        },
        call: session.call(),
    };
    start.again(provider, &profile);
    match provider.failure() {
        Some(failure) => Err(failure.error()),
        None => Ok(()),
    }
}

/// Tells a transport that everything is to be sent or fetched: its row says so.
pub(crate) fn begin_flush(active: &ActiveTransport, flags: u32, call: &Call) -> Result<()> {
    caught("a transport", || active.transport.flush(flags, call))
}

/// Tells it that this is done.
pub(crate) fn end_flush(active: &ActiveTransport, flags: u32) {
    let both = [
        (flush_flags::UPLOAD, TransportNotice::EndOutboundFlush),
        (flush_flags::DOWNLOAD, TransportNotice::EndInboundFlush),
    ];
    for (_, notice) in both.iter().filter(|(flag, _)| flags & flag != 0) {
        // What was to be done is done, whatever it makes of that.
        let _noted = caught("a transport", || active.transport.notify(notice));
    }
}

/// MAPI_FORCE_DOWNLOAD: everything is fetched before the logon is one. What cannot be fetched keeps nobody from logging on;
/// the rows of the status table say how transports stand.
pub(super) fn download(session: &SessionState, member: &Arc<Member>, call: &Call) {
    let flags = crate::FlushFlags::DOWNLOAD.with(crate::FlushFlags::NO_UI);
    let mut told = Vec::new();
    for provider in member.transports(call) {
        if let (Some(active), Ok(_mine)) = (provider.transport(), provider.occupy())
            && begin_flush(&active, flags.bits(), call).is_ok()
        {
            told.push(active);
        }
    }
    let host = &session.subsystem.host;
    if !host.spools() || member.has_no_mail() {
        return;
    }
    let request = crate::FlushRequest {
        target: None,
        flags,
    };
    let _fetched = caught("the spooler", || {
        host.flush(session.profile(), &request, call)
    });
    told.iter()
        .for_each(|active| end_flush(active, flags.bits()));
}
