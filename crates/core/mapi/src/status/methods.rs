//! What status objects do: each row as its PR_RESOURCE_METHODS says, and nothing else.
//! Reference: "IMAPIStatus" (requirements SES-10, ST-01, TX-01, TX-04)

use std::sync::{Arc, TryLockError};

use mapi_props::{Code, Guid, resource_methods};
use mapi_spi::{Error, ProviderKind, Result, ServiceEvent, UiUse, validate_flags};

use super::{Status, gone, rows};
use crate::admin::configure;
use crate::session::{ActiveTransport, OpenedStore, Provider, busy, caught};
use crate::{EntryId, FlushFlags, SettingsFlags, ValidateFlags};

/// Flags that mean nothing but to a transport.
const OF_TRANSPORTS: u32 = validate_flags::REFRESH_XP_HEADER_CACHE
    | validate_flags::PROCESS_XP_HEADER_CACHE
    | validate_flags::FORCE_XP_CONNECT
    | validate_flags::FORCE_XP_DISCONNECT
    | validate_flags::ABORT_XP_HEADER_OPERATION
    | validate_flags::SHOW_XP_SESSION_UI;

impl Status {
    /// ValidateState without flags but SUPPRESS_UI.
    ///
    /// # Errors
    /// Those of [`Self::validate_state_with`].
    pub fn validate_state(&self) -> Result<()> {
        self.validate_state_with(ValidateFlags::SUPPRESS_UI)
    }

    /// ValidateState: asks the store of the row whether it answers, the subsystem every store of the session; a transport
    /// does what the flags say; the spooler has every transport that was started do so. After CONFIG_CHANGED a transport has the
    /// settings that are in the profile now.
    ///
    /// # Errors
    /// `MAPI_E_NO_SUPPORT` where PR_RESOURCE_METHODS does not name it, and for flags of transports elsewhere; `MAPI_E_BUSY`
    /// while another operation of the row runs; the first error that a provider gives; `MAPI_E_NOT_FOUND` for a row that is
    /// gone; `MAPI_E_END_OF_SESSION`.
    pub fn validate_state_with(&self, flags: ValidateFlags) -> Result<()> {
        self.errors.track(self.validate(flags.bits()))
    }

    fn validate(&self, flags: u32) -> Result<()> {
        self.must_have(resource_methods::VALIDATE_STATE)?;
        match self.row {
            rows::SUBSYSTEM => {
                not_of_transports(flags)?;
                self.alone(|| self.stores().iter().try_for_each(|s| self.answers(s)))
            }
            rows::SPOOLER => self.alone(|| self.all_transports(flags)),
            _ => {
                let provider = self.provider()?;
                let _mine = provider.occupy()?;
                match provider.transport() {
                    Some(active) => self.validate_transport(&provider, &active, flags),
                    None => {
                        not_of_transports(flags)?;
                        let mut stores = self.stores().into_iter();
                        let mine =
                            |s: &Arc<OpenedStore>| s.place.provider.number == provider.number;
                        let mine = stores.find(mine).ok_or_else(gone)?;
                        self.answers(&mine)
                    }
                }
            }
        }
    }

    fn stores(&self) -> Vec<Arc<OpenedStore>> {
        self.session.state().roster.listed()
    }

    fn answers(&self, opened: &OpenedStore) -> Result<()> {
        let (root, call) = (opened.store.info().root, self.session.call());
        caught("a store", || opened.store.folder(root, call).map(drop))
    }

    fn all_transports(&self, flags: u32) -> Result<()> {
        let providers = self.session.member.transports(self.session.call());
        let mut first = Ok(());
        for provider in providers {
            let done = provider
                .occupy()
                .and_then(|_mine| match provider.transport() {
                    Some(active) => self.validate_transport(&provider, &active, flags),
                    None => Ok(()),
                });
            // One that does not answer must not keep the others from being asked.
            first = first.and(done);
        }
        first
    }

    fn validate_transport(
        &self,
        provider: &Provider,
        active: &ActiveTransport,
        flags: u32,
    ) -> Result<()> {
        let call = self.session.call();
        let changed = flags & validate_flags::CONFIG_CHANGED != 0;
        caught("a transport", || {
            if changed && let Some(config) = self.config_of(provider)? {
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
    fn config_of(&self, provider: &Provider) -> Result<Option<mapi_spi::ServiceConfig>> {
        let state = self.session.state();
        let profile = state.subsystem.host.profile(state.profile())?;
        let service = profile.service(provider.service_uid);
        Ok(service.and_then(|service| {
            let mut providers = service.providers.iter();
            let entry = providers.find(|p| p.uid == provider.uid)?;
            Some(service.config_of(entry))
        }))
    }

    /// SettingsDialog: a person sees, and unless READ_ONLY changes, the settings of the service in the profile. They take
    /// effect at the next logon; for a transport with ValidateState(CONFIG_CHANGED).
    ///
    /// # Errors
    /// `MAPI_E_NO_SUPPORT` where PR_RESOURCE_METHODS does not name it; `MAPI_E_BUSY`; `MAPI_E_USER_CANCEL`;
    /// `MAPI_E_UNCONFIGURED` where nobody can be asked; those of the service's entry point. Nothing changes then.
    pub fn settings_dialog(&self, flags: SettingsFlags) -> Result<()> {
        self.errors.track(self.settings(flags))
    }

    fn settings(&self, flags: SettingsFlags) -> Result<()> {
        self.must_have(resource_methods::SETTINGS_DIALOG)?;
        let provider = self.provider()?;
        let _mine = provider.occupy()?;
        let event = ServiceEvent::Configure {
            ui: UiUse::Always,
            read_only: flags.contains(SettingsFlags::READ_ONLY),
            first: Some(provider.uid),
            props: &[],
        };
        let state = self.session.state();
        let service: Guid = provider.service_uid;
        let call = self.session.call();
        caught("a service", || {
            configure(&state.subsystem, state.profile(), service, &event, call).map(drop)
        })
    }

    /// ChangePassword of a transport; nobody is asked anything.
    ///
    /// # Errors
    /// `MAPI_E_NO_SUPPORT` where PR_RESOURCE_METHODS does not name it; `MAPI_E_NO_ACCESS` if `old` is not the password;
    /// `MAPI_E_BUSY`; those of the transport.
    pub fn change_password(&self, old: &str, new: &str) -> Result<()> {
        self.errors.track(self.password(old, new))
    }

    fn password(&self, old: &str, new: &str) -> Result<()> {
        self.must_have(resource_methods::CHANGE_PASSWORD)?;
        let call = self.session.call();
        self.with_transport(|t| t.transport.change_password(old, new, call))
    }

    /// FlushQueues: tells a transport to send and fetch everything. It shows in its row that it was told. A target, by the
    /// entry id of its row, can be given to the spooler only.
    ///
    /// # Errors
    /// `MAPI_E_NO_SUPPORT` where PR_RESOURCE_METHODS does not name it; `MAPI_E_INVALID_PARAMETER` for a target elsewhere;
    /// `MAPI_E_BUSY`; those of the transport.
    pub fn flush_queues(&self, target: Option<&EntryId>, flags: FlushFlags) -> Result<()> {
        self.errors.track(self.flush(target, flags))
    }

    fn flush(&self, target: Option<&EntryId>, flags: FlushFlags) -> Result<()> {
        self.must_have(resource_methods::FLUSH_QUEUES)?;
        if target.is_some() {
            let detail = "only the spooler can be told which transport is meant";
            return Err(Error::new(Code::INVALID_PARAMETER, detail));
        }
        let call = self.session.call();
        self.with_transport(|t| t.transport.flush(flags.bits(), call))
    }

    fn with_transport(&self, what: impl FnOnce(&ActiveTransport) -> Result<()>) -> Result<()> {
        let provider = self.provider()?;
        let _mine = provider.occupy()?;
        let active = provider.transport().ok_or_else(gone)?;
        caught("a transport", || what(&active))
    }

    fn provider(&self) -> Result<Arc<Provider>> {
        rows::provider_of(&self.session, self.row).ok_or_else(gone)
    }

    /// Does something with the session's own rows, one at a time.
    fn alone(&self, what: impl FnOnce() -> Result<()>) -> Result<()> {
        match self.session.state().busy.try_lock() {
            Err(TryLockError::WouldBlock) => Err(busy()),
            Ok(_mine) => what(),
            Err(TryLockError::Poisoned(_mine)) => what(),
        }
    }

    /// What PR_RESOURCE_METHODS does not name is not there.
    fn must_have(&self, method: i32) -> Result<()> {
        let props = self.source()?.0;
        let methods = rows::methods(&props);
        if methods & method == 0 {
            let detail = "the status object has no such method";
            return Err(Error::new(Code::NO_SUPPORT, detail));
        }
        Ok(())
    }
}

fn not_of_transports(flags: u32) -> Result<()> {
    if flags & OF_TRANSPORTS == 0 {
        return Ok(());
    }
    let detail = format!(
        "{:?} has nothing to do with 0x{flags:08X}",
        ProviderKind::Store
    );
    Err(Error::new(Code::NO_SUPPORT, detail))
}
