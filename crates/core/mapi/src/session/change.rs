//! Changing which stores a session has, and what they are used for; the profile learns of it.
//! Reference: "IMAPISession::SetDefaultStore" (requirements STO-02, STO-03)

use std::collections::BTreeMap;
use std::sync::Arc;

use mapi_props::Code;
use mapi_spi::{Error, OpenMode, ProviderKind, Result};

use super::Session;
use super::opening::{Opening, validate};
use super::provider::Standing;
use super::roster::{Entrant, OpenedStore, Roster};
use crate::admin::{Place, services_changed};
use crate::host::{Profile, ProfileProvider, resource_flags};
use crate::{EntryId, MsgStore, NewService, OpenFlags, TreeFlags};

/// What SetDefaultStore makes of a store: its flags, of which one is given at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum StoreRole {
    /// MAPI_DEFAULT_STORE: the default store, from now on and in later sessions.
    Default,
    /// MAPI_SIMPLE_STORE_TEMPORARY: the one of Simple MAPI clients, in this session.
    SimpleTemporary,
    /// MAPI_SIMPLE_STORE_PERMANENT: the same, in later sessions too.
    SimplePermanent,
    /// MAPI_PRIMARY_STORE: the default store of sessions to come.
    Primary,
    /// MAPI_SECONDARY_STORE: that of sessions in which the primary one cannot be opened.
    Secondary,
}

impl StoreRole {
    /// The role of SetDefaultStore's ulFlags.
    ///
    /// # Errors
    /// `MAPI_E_UNKNOWN_FLAGS` for anything else.
    pub fn from_bits(bits: u32) -> Result<Self> {
        Ok(match bits {
            1 => Self::Default,
            2 => Self::SimpleTemporary,
            3 => Self::SimplePermanent,
            4 => Self::Primary,
            5 => Self::Secondary,
            _ => {
                let detail = format!("0x{bits:08X} is no role of a store");
                return Err(Error::new(Code::UNKNOWN_FLAGS, detail));
            }
        })
    }

    const fn flag(self) -> u32 {
        match self {
            Self::Default => resource_flags::DEFAULT_STORE,
            Self::SimpleTemporary | Self::SimplePermanent => resource_flags::SIMPLE_STORE,
            Self::Primary => resource_flags::PRIMARY_STORE,
            Self::Secondary => resource_flags::SECONDARY_STORE,
        }
    }
}

impl Session {
    /// Gives a role to a store and takes it from whichever had it (SetDefaultStore); without a store, to none. The stores
    /// table shows it at once, and all roles but SIMPLE_TEMPORARY are kept in the profile.
    ///
    /// # Errors
    /// `MAPI_E_NO_ACCESS` for a store that is read-only, or that its service never lets be the default;
    /// `MAPI_E_NO_SUPPORT` for one that cannot do what a default store must: keep associated messages, and send, if
    /// another store of the session can; `MAPI_E_NOT_FOUND` for one that is not in the profile; `MAPI_E_UNKNOWN_ENTRYID`;
    /// those of the host. Nothing changes then.
    pub fn set_default_store(&self, store: Option<&EntryId>, role: StoreRole) -> Result<()> {
        self.track(self.give(store, role))
    }

    fn give(&self, store: Option<&EntryId>, role: StoreRole) -> Result<()> {
        self.check()?;
        let opened = store.map(|id| self.route(id)).transpose()?;
        if let Some(opened) = &opened {
            self.check_role(opened)?;
        }
        if let (Some(opened), StoreRole::Default) = (&opened, role) {
            validate(opened, &self.member, self.call(), TreeFlags::FULL_IPM_TREE)?;
        }
        if role != StoreRole::SimpleTemporary {
            let letter = opened.as_ref().map(|s| s.place.letter.as_str());
            self.change_profile(&mut |profile| mark(profile, role.flag(), letter))?;
        }
        let number = opened.map(|s| s.place.provider.number);
        let state = self.state();
        state.roster.give(role.flag(), number, &state.providers);
        Ok(())
    }

    fn check_role(&self, opened: &OpenedStore) -> Result<()> {
        let can = opened.store.info().capabilities;
        if !can.write || opened.place.flags() & resource_flags::NO_DEFAULT_STORE != 0 {
            let detail = "the store is read-only, or never the default store";
            return Err(Error::new(Code::NO_ACCESS, detail));
        }
        let others = self.state().roster.listed();
        let sends = |s: &Arc<OpenedStore>| s.store.info().capabilities.submit;
        if !can.associated || (!can.submit && others.iter().any(sends)) {
            let detail = "the store cannot do what a default store must";
            return Err(Error::new(Code::NO_SUPPORT, detail));
        }
        Ok(())
    }

    /// Adds a store to the profile and to this session: makes it if it is missing, gives it a letter and a row in the
    /// stores table. Relative paths in its settings start where those of the profile do.
    ///
    /// # Errors
    /// `MAPI_E_NO_ACCESS` in a session that only reads; `MAPI_E_COLLISION` for a store that the session has already;
    /// `MAPI_E_UNCONFIGURED` for a service that does not exist; those of [`crate::MsgServiceAdmin::create_service`], of
    /// [`mapi_spi::Service::open_store`] and of the host. The profile is as it was then, and the entry point knows.
    pub fn add_store(
        &self,
        service: &str,
        settings: &BTreeMap<String, String>,
    ) -> Result<MsgStore> {
        self.track(self.add(service, settings))
    }

    fn add(&self, service: &str, settings: &BTreeMap<String, String>) -> Result<MsgStore> {
        self.check()?;
        if self.state().mode() == OpenMode::ReadOnly {
            let detail = "the session was logged on for reading only";
            return Err(Error::new(Code::NO_ACCESS, detail));
        }
        let opening = Opening {
            subsystem: &self.state().subsystem,
            profile: self.state().profile(),
            mode: OpenMode::Create,
            call: self.call(),
        };
        let place = Place::of(&self.member, self.call());
        let new = NewService::of(service).settings(settings);
        let made = new.make(&place.subsystem, &place.read()?, self.call());
        let made = made.map_err(|e| match e.code() {
            Code::NOT_FOUND => Error::new(Code::UNCONFIGURED, e.detail()),
            _ => e,
        })?;
        let mut added = None;
        let changed = self.change_profile(&mut |profile| {
            let uid = made.add_to(profile)?;
            let mut stores = profile.stores().filter(|(s, _)| s.uid == uid);
            let lacking = || Error::new(Code::NO_SUPPORT, format!("`{service}` has no store"));
            let (entry, store) = stores.next().ok_or_else(lacking)?;
            let entrant = opening.open(&self.state().providers, entry, store)?;
            self.must_be_new(&entrant)?;
            added = Some(entrant);
            Ok(())
        });
        if changed.is_err() {
            made.undo(&place);
        }
        changed?;
        services_changed(&place);
        let missing = || Error::new(Code::CALL_FAILED, "the host did not change the profile");
        let opened = self.list(added.ok_or_else(missing)?)?;
        validate(&opened, &self.member, self.call(), TreeFlags::NONE)?;
        self.handle(opened, OpenFlags::BEST_ACCESS)
    }

    /// Gives a store that was opened just now its rows in both tables.
    pub(super) fn list(&self, entrant: Entrant) -> Result<Arc<OpenedStore>> {
        let opened = Roster::opened(entrant);
        let provider = &opened.place.provider;
        provider.stands(Standing::Store);
        self.state().roster.list(&opened)?;
        self.state().providers.list(provider);
        Ok(opened)
    }

    fn must_be_new(&self, entrant: &Entrant) -> Result<()> {
        let uid = entrant.store.info().uid;
        let known = self.state().roster.listed();
        if known.iter().any(|s| s.store.info().uid == uid) {
            let detail = "the session has this store already";
            return Err(Error::new(Code::COLLISION, detail));
        }
        Ok(())
    }

    /// Takes a store out of the profile and of the stores table, and its service if that has nothing else. Its data stays
    /// where it is, and handles to it work on.
    ///
    /// # Errors
    /// `MAPI_E_UNKNOWN_ENTRYID` for a store that the session does not have; those of the service's entry point and of the host.
    pub fn remove_store(&self, id: &EntryId) -> Result<()> {
        self.track(self.remove(id))
    }

    fn remove(&self, id: &EntryId) -> Result<()> {
        let opened = self.route(id)?;
        let letter = &opened.place.letter;
        if !letter.is_empty() {
            self.take_out(letter)?;
        }
        let number = opened.place.provider.number;
        self.state().roster.remove(number);
        self.state().providers.remove(number);
        Ok(())
    }

    /// Takes a store out of the profile: its service if that has nothing else, else the provider alone.
    fn take_out(&self, letter: &str) -> Result<()> {
        let profile = Place::of(&self.member, self.call()).read()?;
        let mut stores = profile.stores();
        let Some((service, store)) = stores.find(|(_, p)| p.letter == letter) else {
            return Ok(());
        };
        let admin = self.admin_services()?;
        let rest = |p: &ProfileProvider| p.uid != store.uid && !p.deleted;
        if service.providers.iter().any(rest) {
            let providers = admin.admin_providers(service.uid)?;
            return providers.delete_provider(store.uid);
        }
        admin.delete_service(service.uid)
    }

    fn change_profile(&self, change: &mut dyn FnMut(&mut Profile) -> Result<()>) -> Result<()> {
        let state = self.state();
        state.subsystem.host.change_profile(state.profile(), change)
    }
}

/// Gives a flag to the store of this letter, and takes it from all others.
fn mark(profile: &mut Profile, flag: u32, letter: Option<&str>) -> Result<()> {
    let known = |letter| profile.stores().any(|(_, p)| p.letter == letter);
    if !letter.is_none_or(known) {
        let detail = "the store is not in the profile";
        return Err(Error::new(Code::NOT_FOUND, detail));
    }
    let services = profile.services.iter_mut();
    for provider in services.flat_map(|s| &mut s.providers) {
        if provider.kind != ProviderKind::Store {
            continue;
        }
        provider.flags &= !flag;
        if Some(provider.letter.as_str()) == letter {
            provider.flags |= flag;
        }
    }
    Ok(())
}
