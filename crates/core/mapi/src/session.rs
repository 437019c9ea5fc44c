//! Initialising, logging on and what a session opens.
//! Reference: "MAPI Session Handling" (requirements SES-01 … SES-08)

mod logon;
mod stores;

use std::sync::Arc;

use mapi_kit::entry_ids::{self, EntryTarget};
use mapi_props::Code;
use mapi_spi::{Call, Error, Result};

use crate::context::{ErrorNote, LastError, Life, OpenedStore};
use crate::host::Host;
use crate::{EntryId, MsgStore, Object, OpenFlags, ShortId, TableBuilder};

pub use logon::Logon;

/// The library, initialised for one program. There is no global state: two of them do not know each other.
#[derive(Debug, Clone)]
pub struct Mapi {
    host: Arc<dyn Host>,
}

impl Mapi {
    /// Initialises for this host.
    #[must_use]
    pub fn initialize(host: Arc<dyn Host>) -> Self {
        Self { host }
    }

    /// Names of the profiles that can be logged on to.
    ///
    /// # Errors
    /// Those of the host.
    pub fn profiles(&self) -> Result<Vec<String>> {
        self.host.profile_names()
    }
}

/// A session: the way to every store of a profile. Clones are the same session.
#[derive(Debug, Clone)]
pub struct Session {
    inner: Arc<Inner>,
    call: Call,
}

#[derive(Debug)]
struct Inner {
    profile: String,
    life: Arc<Life>,
    stores: Vec<Arc<OpenedStore>>,
    failed: Vec<ServiceFailure>,
    errors: ErrorNote,
}

/// A service of the profile that could not be started; the others work on.
#[derive(Debug, Clone)]
pub struct ServiceFailure {
    /// PR_SERVICE_NAME.
    pub service: String,
    /// The letter of its store.
    pub letter: String,
    /// What went wrong.
    pub error: LastError,
}

impl Session {
    /// Logs on to a profile: opens its stores, and makes sure that the default store has its folders (STO-04).
    ///
    /// # Errors
    /// `MAPI_E_LOGON_FAILED` without a profile to log on to, for one that does not exist, or when its default store
    /// cannot be opened; the source says why.
    pub fn logon(mapi: &Mapi, logon: Logon) -> Result<Self> {
        logon::logon(mapi, logon)
    }

    /// The same session; calls through the new handle, and through what it opens, are under `call`: they stop when it is
    /// cancelled or its deadline passes, and report their progress to it.
    #[must_use]
    pub fn with_call(&self, call: Call) -> Self {
        Self {
            inner: Arc::clone(&self.inner),
            call,
        }
    }

    /// Name of the profile.
    #[must_use]
    pub fn profile_name(&self) -> &str {
        &self.inner.profile
    }

    /// Services that could not be started.
    #[must_use]
    pub fn failures(&self) -> &[ServiceFailure] {
        &self.inner.failed
    }

    /// What the last failing call on this session said; `None` after a success.
    #[must_use]
    pub fn last_error(&self) -> Option<LastError> {
        self.inner.errors.last()
    }

    /// The default store.
    ///
    /// # Errors
    /// `MAPI_E_NOT_FOUND` if the profile has no store.
    pub fn default_store(&self) -> Result<MsgStore> {
        let found = self.inner.stores.iter().find(|s| s.default);
        self.track(self.handle(
            found,
            OpenFlags::BEST_ACCESS,
            "the profile has no default store",
        ))
    }

    /// All stores, in profile order.
    ///
    /// # Errors
    /// `MAPI_E_END_OF_SESSION`.
    pub fn stores(&self) -> Result<Vec<MsgStore>> {
        let open = |s| self.handle(Some(s), OpenFlags::BEST_ACCESS, "");
        self.track(self.inner.stores.iter().map(open).collect())
    }

    /// The store with this letter.
    ///
    /// # Errors
    /// `MAPI_E_NOT_FOUND`.
    pub fn store_by_letter(&self, letter: &str) -> Result<MsgStore> {
        let found = self.inner.stores.iter().find(|s| s.letter == letter);
        self.track(self.handle(found, OpenFlags::BEST_ACCESS, "no store has this letter"))
    }

    /// The store with this entry id (OpenMsgStore).
    ///
    /// # Errors
    /// `MAPI_E_UNKNOWN_ENTRYID` if none of the open ones is it; `MAPI_E_NO_ACCESS` for MODIFY on a read-only one.
    pub fn open_store(&self, id: &EntryId, flags: OpenFlags) -> Result<MsgStore> {
        let opened = self.route(id).and_then(|s| self.handle(Some(s), flags, ""));
        self.track(opened)
    }

    /// The table of stores: PR_DEFAULT_STORE, PR_DISPLAY_NAME, PR_ENTRYID, PR_MDB_PROVIDER and the others of STO-02.
    pub fn stores_table(&self) -> TableBuilder {
        stores::table(self)
    }

    /// Opens what an entry id names, whichever store it is in.
    ///
    /// # Errors
    /// `MAPI_E_INVALID_PARAMETER` for an empty id, `MAPI_E_UNKNOWN_ENTRYID` if no open store claims it,
    /// `MAPI_E_INVALID_ENTRYID`, `MAPI_E_NOT_FOUND`, `MAPI_E_NO_ACCESS`.
    pub fn open_entry(&self, id: &EntryId, flags: OpenFlags) -> Result<Object> {
        self.track(self.route(id).and_then(|opened| {
            let store = self.handle(Some(opened), flags, "")?;
            match entry_ids::parse(id.as_bytes())? {
                EntryTarget::Store(_) => Ok(Object::Store(store)),
                _ => store.open_entry(id, flags),
            }
        }))
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
        let compared = self
            .route(a)
            .and_then(|_| self.route(b))
            .and_then(|_| Ok(entry_ids::parse(a.as_bytes())? == entry_ids::parse(b.as_bytes())?));
        self.track(compared)
    }

    /// Ends the session: every handle of it is dead from now on (`MAPI_E_END_OF_SESSION`), dropping them is safe.
    pub fn logoff(&self) {
        self.inner.life.end();
    }

    pub(crate) fn check(&self) -> Result<()> {
        self.inner.life.check()
    }

    /// The open store whose UID an entry id carries.
    fn route(&self, id: &EntryId) -> Result<&Arc<OpenedStore>> {
        self.inner.life.check()?;
        if id.as_bytes().is_empty() {
            return Err(Error::new(Code::INVALID_PARAMETER, "no entry id was given"));
        }
        let uid = id.provider_uid()?;
        let found = self.inner.stores.iter().find(|s| s.store.info().uid == uid);
        found.ok_or_else(|| Error::new(Code::UNKNOWN_ENTRYID, "no open store claims the entry id"))
    }

    fn handle(
        &self,
        store: Option<&Arc<OpenedStore>>,
        flags: OpenFlags,
        missing: &str,
    ) -> Result<MsgStore> {
        self.inner.life.check()?;
        let store = store.ok_or_else(|| Error::new(Code::NOT_FOUND, missing.to_owned()))?;
        MsgStore::new(Arc::clone(store), self.call.clone(), flags)
    }

    fn track<T>(&self, result: Result<T>) -> Result<T> {
        self.inner.errors.track(result)
    }
}
