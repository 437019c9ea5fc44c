//! Logging on, and what a session opens.
//! Reference: "MAPI Session Handling" (requirements SES-01 … SES-09)

mod advise;
mod alone;
mod background;
mod caught;
mod change;
mod choice;
mod gate;
mod identity;
mod known_props;
mod logon;
mod member;
mod notices;
mod open;
mod opening;
mod provider;
mod providers;
mod roster;
mod starting;
mod stores;
mod support;
pub(crate) mod transports;

use std::sync::Arc;

use mapi_kit::entry_ids::{self, EntryTarget};
use mapi_props::Code;
use mapi_spi::{Call, Error, ProviderKind, Result};

use crate::context::LastError;
use crate::{
    EntryId, Mapi, MsgStore, Object, OpenFlags, SectionFlags, ShortId, StoreFlags, TableBuilder,
};

pub(crate) use alone::alone;
pub(crate) use caught::caught;
pub use change::StoreRole;
pub(crate) use gate::Gate;
pub(crate) use identity::write_identity;
pub use logon::Logon;
pub(crate) use member::{Member, SessionState};
pub(crate) use provider::{ActiveTransport, Provider, Standing, busy};
pub(crate) use roster::OpenedStore;

/// A session: the way to every store of a profile. Clones are the same logon; each logon to a shared session is one of
/// its own, and ends by itself.
#[derive(Debug, Clone)]
pub struct Session {
    pub(crate) member: Arc<Member>,
    call: Call,
    /// Not the member's: a message that waits keeps the member alive.
    pub(crate) tokens: Arc<crate::forms::Tokens>,
}

/// A provider of the profile that could not be started, or was switched off with its service; the others work on.
#[derive(Debug, Clone)]
pub struct ServiceFailure {
    /// PR_SERVICE_NAME.
    pub service: String,
    /// PR_DISPLAY_NAME of the provider.
    pub display_name: String,
    /// What it would provide.
    pub kind: ProviderKind,
    /// Of a store: its letter.
    pub letter: String,
    /// What went wrong. `MAPI_E_TIMEOUT`: it may join the session yet.
    pub error: LastError,
}

impl Session {
    /// Logs on to a profile: opens its stores side by side, and makes sure that the default store has its folders (STO-04).
    /// A session that is shared is joined instead, whatever profile is named, unless a new one is asked for (SES-06).
    ///
    /// A service that cannot be started is configured anew by its entry point, with a person if LOGON_UI allows it, and
    /// tried once more; after that it is switched off for this session: see [`Self::failures`]. A store that takes longer
    /// than the others joins the session when it has started.
    ///
    /// # Errors
    /// `MAPI_E_LOGON_FAILED` without a profile to log on to, for one that does not exist or is being deleted, for flags that
    /// exclude each other, or when the profile has stores and none of them can be opened; the source says why.
    /// `MAPI_E_NOT_INITIALIZED`; `MAPI_E_USER_CANCEL`; `MAPI_E_TIMEOUT` (see [`Logon::timeout_short`]).
    pub fn logon(mapi: &Mapi, logon: Logon) -> Result<Self> {
        logon::logon(mapi, logon)
    }

    /// The same session; calls through the new handle, and through what it opens, are under `call`: they stop when it is
    /// cancelled or its deadline passes, and report their progress to it.
    #[must_use]
    pub fn with_call(&self, call: Call) -> Self {
        Self {
            member: Arc::clone(&self.member),
            call,
            tokens: Arc::clone(&self.tokens),
        }
    }

    /// Name of the profile.
    #[must_use]
    pub fn profile_name(&self) -> &str {
        self.state().profile()
    }

    /// Providers that could not be started, in the order of the profile. Those of the status table with STATUS_FAILURE.
    #[must_use]
    pub fn failures(&self) -> Vec<ServiceFailure> {
        let failure = |p: Arc<Provider>| {
            Some(ServiceFailure {
                service: p.service.clone(),
                display_name: p.display_name(),
                kind: p.kind,
                letter: p.letter.clone(),
                error: p.failure()?,
            })
        };
        let all = self.state().providers.all().into_iter();
        all.filter_map(failure).collect()
    }

    /// What the last failing call on this session said; `None` after a success.
    #[must_use]
    pub fn last_error(&self) -> Option<LastError> {
        self.member.errors.last()
    }

    /// The default store.
    ///
    /// # Errors
    /// `MAPI_E_NOT_FOUND` if the profile has none; what went wrong, if that of the profile could not be opened.
    pub fn default_store(&self) -> Result<MsgStore> {
        let missing = || match self.state().default_failure() {
            Some((name, e)) => Error::caused(
                e.code,
                format!("the default store `{name}` cannot be opened"),
                e.error(),
            ),
            None => Error::new(Code::NOT_FOUND, "the session has no default store"),
        };
        let find = |()| self.state().roster.default_store().ok_or_else(missing);
        self.track(
            self.check()
                .and_then(find)
                .and_then(|s| self.handle(s, OpenFlags::BEST_ACCESS)),
        )
    }

    /// All stores of the stores table, in profile order.
    ///
    /// # Errors
    /// `MAPI_E_END_OF_SESSION`.
    pub fn stores(&self) -> Result<Vec<MsgStore>> {
        let open = |s| self.handle(s, OpenFlags::BEST_ACCESS);
        let all = |()| self.state().roster.listed().into_iter().map(open).collect();
        self.track(self.check().and_then(all))
    }

    /// The store with this letter. One that is late is waited for.
    ///
    /// # Errors
    /// `MAPI_E_NOT_FOUND`; what went wrong, for a store of the profile that could not be opened.
    pub fn store_by_letter(&self, letter: &str) -> Result<MsgStore> {
        let opened = self.check().and_then(|()| self.by_letter(letter));
        self.track(opened.and_then(|s| self.handle(s, OpenFlags::BEST_ACCESS)))
    }

    fn by_letter(&self, letter: &str) -> Result<Arc<OpenedStore>> {
        let state = self.state();
        let is_it = |s: &OpenedStore| !letter.is_empty() && s.place.letter == letter;
        if let Some(opened) = state.roster.find(is_it) {
            return Ok(opened);
        }
        let missing = || Error::new(Code::NOT_FOUND, "no store has this letter");
        let mine = |p: &Provider| !letter.is_empty() && p.letter == letter;
        let provider = state.providers.find(mine).ok_or_else(missing)?;
        state.providers.await_late(&provider, &self.call);
        let name = provider.display_name();
        let cause = |e: LastError| {
            let detail = format!("the store `{name}` cannot be opened");
            Error::caused(e.code, detail, e.error())
        };
        let why = || provider.failure().map_or_else(missing, cause);
        state.roster.find(is_it).ok_or_else(why)
    }

    /// Opens the store with this entry id (OpenMsgStore): one of the stores table, or one that only its id describes
    /// ([`EntryId::wrap_store`]), which is then open for this session. Without WRITE or BEST_ACCESS everything in the store
    /// is open for reading only.
    ///
    /// # Errors
    /// `MAPI_E_INVALID_PARAMETER` for an empty id; `MAPI_E_UNKNOWN_ENTRYID` if it is neither; `MAPI_E_NO_ACCESS` for
    /// WRITE where nothing can be written; those of [`mapi_spi::Service::open_store`].
    pub fn open_store(&self, id: &EntryId, flags: StoreFlags) -> Result<MsgStore> {
        self.track(open::open_store(self, id, flags))
    }

    /// The table of stores (GetMsgStoresTable): PR_DEFAULT_STORE, PR_DISPLAY_NAME, PR_ENTRYID, PR_MDB_PROVIDER and the
    /// others of STO-02. It shows stores that come and go.
    pub fn stores_table(&self) -> TableBuilder {
        stores::table(self)
    }

    /// Opens what an entry id names, whichever store it is in; a store's as [`Self::open_store`] does.
    ///
    /// # Errors
    /// `MAPI_E_INVALID_PARAMETER` for an empty id, `MAPI_E_UNKNOWN_ENTRYID` if no open store claims it,
    /// `MAPI_E_INVALID_ENTRYID`, `MAPI_E_NOT_FOUND`, `MAPI_E_NO_ACCESS`.
    pub fn open_entry(&self, id: &EntryId, flags: OpenFlags) -> Result<Object> {
        self.track(open::open_entry(self, id, flags))
    }

    /// Opens what a short id names.
    ///
    /// # Errors
    /// `MAPI_E_NOT_FOUND`; `MAPI_E_NO_ACCESS`.
    pub fn open_short_id(&self, id: &ShortId, flags: OpenFlags) -> Result<Object> {
        self.store_by_letter(&id.store)?.open_item(id.item, flags)
    }

    /// Whether two entry ids name the same object. Of different stores: no.
    ///
    /// # Errors
    /// `MAPI_E_UNKNOWN_ENTRYID` for one that no open store claims; `MAPI_E_INVALID_ENTRYID`.
    pub fn compare_entry_ids(&self, a: &EntryId, b: &EntryId) -> Result<bool> {
        let target = |id| -> Result<EntryTarget> {
            let opened = self.route(id)?;
            if id.described_store().is_some() {
                return Ok(EntryTarget::Store(opened.store.info().uid));
            }
            entry_ids::parse(id.as_bytes())
        };
        let compared = target(a).and_then(|a| Ok(a == target(b)?));
        self.track(compared)
    }

    /// Opens a section of the profile (OpenProfileSection): properties that programs and providers keep there. Read-only
    /// unless asked; with MODIFY one that does not exist is made. Many may read a section, or one may write it, in all
    /// programs where the host can tell. Services and providers have their sections at their UIDs.
    ///
    /// # Errors
    /// `MAPI_E_NOT_FOUND` if there is none; `MAPI_E_NO_ACCESS` while somebody writes it, or reads it when it is to be
    /// written, for one of a provider without FORCE_ACCESS, and for writing the one that says which profile it is
    /// (MUID_PROFILE_INSTANCE); those of the host.
    pub fn open_profile_section(
        &self,
        uid: mapi_props::Guid,
        flags: SectionFlags,
    ) -> Result<crate::ProfileSection> {
        let place = crate::admin::Place::of(&self.member, self.call());
        let opened = crate::ProfileSection::open(place, uid, flags);
        self.track(opened)
    }

    /// Logs off: every handle of this logon is dead from now on (`MAPI_E_END_OF_SESSION`), dropping them is safe. The
    /// session ends when its last member logs off.
    pub fn logoff(&self) {
        self.member.end();
    }

    pub(crate) fn state(&self) -> &SessionState {
        &self.member.session
    }

    pub(crate) fn check(&self) -> Result<()> {
        self.member.check()
    }

    pub(crate) fn call(&self) -> &Call {
        &self.call
    }

    /// The open store that an entry id belongs to.
    fn route(&self, id: &EntryId) -> Result<Arc<OpenedStore>> {
        self.check()?;
        if id.as_bytes().is_empty() {
            return Err(Error::new(Code::INVALID_PARAMETER, "no entry id was given"));
        }
        let uid = id.provider_uid()?;
        let described = id.described_store();
        let is_it = |s: &OpenedStore| match &described {
            Some((service, config)) => {
                s.place.service.service.name() == service && s.place.config == *config
            }
            None => s.store.info().uid == uid,
        };
        let state = self.state();
        let found = state.roster.find(is_it).or_else(|| {
            // It may be one of those that are late.
            state.providers.await_all_late(&self.call);
            state.roster.find(is_it)
        });
        found.ok_or_else(|| Error::new(Code::UNKNOWN_ENTRYID, "no open store claims the entry id"))
    }

    fn handle(&self, store: Arc<OpenedStore>, flags: OpenFlags) -> Result<MsgStore> {
        self.check()?;
        MsgStore::new(store, Arc::clone(&self.member), self.call.clone(), flags)
    }

    pub(crate) fn track<T>(&self, result: Result<T>) -> Result<T> {
        self.member.errors.track(result)
    }
}
