//! What every handle carries: its store, who is logged on, the call context and its own last error.

use std::sync::{Arc, Mutex, PoisonError};

use mapi_kit::computed::item_entry_id;
use mapi_kit::entry_ids::{self, EntryTarget};
use mapi_props::{Bag, Code, FileTime, PropName};
use mapi_spi::{
    Call, ChangeSet, CommitOutcome, Error, ItemId, NameCreation, Result, Store, StoreInfo,
};

use crate::session::Member;
pub(crate) use crate::session::OpenedStore;
use crate::{EntryId, OpenFlags};

/// A store as one handle uses it.
#[derive(Debug, Clone)]
pub(crate) struct Context {
    pub(crate) opened: Arc<OpenedStore>,
    pub(crate) member: Arc<Member>,
    pub(crate) call: Call,
    /// Why the object could not be opened, for a handle that was to say so later (MAPI_DEFERRED_ERRORS).
    pub(crate) deferred: Option<Arc<LastError>>,
}

impl Context {
    /// The provider, as long as the session lives.
    pub(crate) fn spi(&self) -> Result<&dyn Store> {
        self.member.check()?;
        match &self.deferred {
            None => Ok(self.opened.store.as_ref()),
            Some(error) => Err(error.error()),
        }
    }

    /// The context of a handle for an object that could not be opened, if that may be said later; else why not.
    pub(crate) fn deferring(&self, error: Error, flags: OpenFlags) -> Result<Self> {
        let later = matches!(
            error.code(),
            Code::NOT_FOUND | Code::OBJECT_DELETED | Code::NO_ACCESS | Code::NETWORK_ERROR
        );
        if !later || !flags.contains(OpenFlags::DEFERRED_ERRORS) {
            return Err(error);
        }
        let note = LastError {
            code: error.code(),
            detail: error.detail().to_owned(),
        };
        Ok(Self {
            deferred: Some(Arc::new(note)),
            ..self.clone()
        })
    }

    /// The properties of the store as they are now; read anew only after a change.
    pub(crate) fn store_bag(&self) -> Result<Arc<Bag>> {
        self.opened.props.get(self.spi()?, &self.call)
    }

    pub(crate) fn info(&self) -> &StoreInfo {
        self.opened.store.info()
    }

    pub(crate) fn now(&self) -> FileTime {
        self.opened.place.support.now()
    }

    pub(crate) fn commit(&self, changes: ChangeSet) -> Result<CommitOutcome> {
        let subsystem = &self.opened.place.service.subsystem;
        let _running = subsystem.dispatcher.changing.begin();
        self.spi()?.commit(changes, &self.call)
    }

    pub(crate) fn writable(&self) -> Result<()> {
        if self.info().capabilities.write {
            return Ok(());
        }
        Err(Error::new(Code::NO_ACCESS, "the store is open read-only"))
    }

    /// Whether a handle opened with `flags` may write.
    pub(crate) fn grant(&self, flags: OpenFlags) -> Result<bool> {
        let write = self.info().capabilities.write;
        if flags.contains(OpenFlags::MODIFY) && !flags.contains(OpenFlags::BEST_ACCESS) {
            self.writable()?;
        }
        let asked = flags.contains(OpenFlags::MODIFY) || flags.contains(OpenFlags::BEST_ACCESS);
        Ok(asked && write)
    }

    pub(crate) fn entry_id(&self, folder: bool, id: ItemId) -> EntryId {
        EntryId::from(item_entry_id(&self.info().uid, folder, id))
    }

    /// What an entry id names in this store.
    pub(crate) fn target(&self, id: &EntryId) -> Result<EntryTarget> {
        if entry_ids::store_uid(id.as_bytes())? != self.info().uid {
            return Err(Error::new(
                Code::UNKNOWN_ENTRYID,
                "the entry id is another store's",
            ));
        }
        entry_ids::parse(id.as_bytes())
    }

    pub(crate) fn message_id(&self, id: &EntryId) -> Result<ItemId> {
        match self.target(id)? {
            EntryTarget::Message(_, item) => Ok(item),
            _ => Err(Error::new(
                Code::INVALID_ENTRYID,
                "the entry id is not a message's",
            )),
        }
    }

    pub(crate) fn folder_id(&self, id: &EntryId) -> Result<ItemId> {
        match self.target(id)? {
            EntryTarget::Folder(_, item) => Ok(item),
            _ => Err(Error::new(
                Code::INVALID_ENTRYID,
                "the entry id is not a folder's",
            )),
        }
    }

    pub(crate) fn ids(&self, names: &[PropName], create: NameCreation) -> Result<Vec<Option<u16>>> {
        self.opened
            .names
            .ids(self.spi()?, names, create, &self.call)
    }

    pub(crate) fn names(&self, ids: &[u16]) -> Result<Vec<Option<PropName>>> {
        self.opened.names.names(self.spi()?, ids, &self.call)
    }

    pub(crate) fn with_call(&self, call: Call) -> Self {
        Self {
            opened: Arc::clone(&self.opened),
            member: Arc::clone(&self.member),
            call,
            deferred: self.deferred.clone(),
        }
    }
}

/// What the last failing call on an object said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LastError {
    /// The code it gave.
    pub code: Code,
    /// What happened, for a person.
    pub detail: String,
}

impl LastError {
    /// An error with what caused it.
    pub(crate) fn of(error: &Error) -> Self {
        let mut detail = error.detail().to_owned();
        let mut below = std::error::Error::source(error);
        while let Some(cause) = below {
            let cause_says = cause.to_string();
            if !detail.contains(&cause_says) {
                detail = format!("{detail}: {cause_says}");
            }
            below = cause.source();
        }
        if detail.is_empty() {
            detail = error.code().to_string();
        }
        Self {
            code: error.code(),
            detail,
        }
    }

    /// An error that says the same.
    pub(crate) fn error(&self) -> Error {
        Error::new(self.code, self.detail.clone())
    }
}

/// Keeps the last error of one object; a call that succeeds clears it, so that no old text is taken for new.
#[derive(Debug, Default)]
pub(crate) struct ErrorNote(Mutex<Option<LastError>>);

impl ErrorNote {
    pub(crate) fn track<T>(&self, result: Result<T>) -> Result<T> {
        let note = result.as_ref().err().map(|e| LastError {
            code: e.code(),
            // `MAPI_E_EXTENDED_ERROR` promises a text, whatever a provider gave (PRP-13).
            detail: match e.detail() {
                "" => e.code().to_string(),
                detail => detail.to_owned(),
            },
        });
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = note;
        result
    }

    pub(crate) fn last(&self) -> Option<LastError> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}
