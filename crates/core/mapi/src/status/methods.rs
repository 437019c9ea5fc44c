//! What status objects do: each row as its PR_RESOURCE_METHODS says, and nothing else.
//! Reference: "IMAPIStatus" (requirements SES-10, ST-01, TX-01, TX-04)

use std::sync::{Arc, TryLockError};

use mapi_props::{Code, Guid, resource_methods};
use mapi_spi::{Error, ProviderKind, Result, ServiceEvent, UiUse, validate_flags};

use super::{Status, gone, rows};
use crate::admin::configure;
use crate::session::transports::{validate, validate_all};
use crate::session::{ActiveTransport, OpenedStore, Provider, busy, caught};
use crate::{SettingsFlags, ValidateFlags};

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
    /// does what the flags say. The spooler logs every transport on again; with flags it has those that work do what they say,
    /// and with CONFIG_CHANGED also logs those on that had failed. After CONFIG_CHANGED a transport has the settings that are in the
    /// profile now. Who works as the spooler of the profile has its own transports do the same.
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
            rows::SPOOLER => {
                let all = self.session.member.transports(self.session.call());
                validate_all(&self.session, &all, flags).and_then(|()| self.pass_on(None, flags))
            }
            _ => {
                let provider = self.provider()?;
                let _mine = provider.occupy()?;
                match provider.transport() {
                    Some(active) => validate(&self.session, &provider, &active, flags)
                        .and_then(|()| self.pass_on(Some(provider.uid), flags)),
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

    /// Passes on to who works as the spooler what the transports of this session have just done.
    fn pass_on(&self, target: Option<Guid>, flags: u32) -> Result<()> {
        let state = self.session.state();
        let (host, profile) = (&state.subsystem.host, state.profile());
        let flags = ValidateFlags::from_bits(flags)?;
        host.validate_transports(profile, target, flags, self.session.call())
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

    fn with_transport(&self, what: impl FnOnce(&ActiveTransport) -> Result<()>) -> Result<()> {
        let provider = self.provider()?;
        let _mine = provider.occupy()?;
        let active = provider.transport().ok_or_else(gone)?;
        caught("a transport", || what(&active))
    }

    pub(super) fn provider(&self) -> Result<Arc<Provider>> {
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
    pub(super) fn must_have(&self, method: i32) -> Result<()> {
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
