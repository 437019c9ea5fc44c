//! Leases: being the one process that does the background work of a store.
//!
//! The lock of the operating system on [`Store::lease_file`] makes a process the holder, for as long as it lives; nothing is
//! timed out. With the lock it begins an epoch in the store, and works under that ([`Lease::call`]): should the lock ever fail, the store
//! refuses whoever was followed by another. A process that wants something done takes the lease, or asks who has it
//! ([`lease_or_ask`]).

mod ask;
mod card;
mod wait;

use std::fs::{File, TryLockError};
use std::io;
use std::path::Path;

use mapi_props::Code;
use mapi_spi::{Call, Epoch, Error, Result, Role, Store, Tenure};

pub use ask::{NoAnswer, Turn, Wanted, lease_or_ask};
pub use card::Card;

use crate::FileLock;

/// A lease that this process holds, until it is dropped or the process ends in any way.
#[derive(Debug)]
pub struct Lease {
    epoch: Epoch,
    /// None where a store lives in this process alone.
    _lock: Option<FileLock>,
}

impl Lease {
    /// Takes the lease if nobody has it.
    ///
    /// # Errors
    /// `MAPI_E_DISK_ERROR` when the lock file cannot be made; those of [`Store::begin_epoch`].
    pub fn try_take(
        store: &dyn Store,
        role: Role,
        card: &Card,
        call: &Call,
    ) -> Result<Option<Self>> {
        let Some(path) = store.lease_file(role) else {
            return Self::begin(store, role, card, None, call).map(Some);
        };
        match FileLock::try_now(&path).map_err(|e| no_lock(&path, e))? {
            Some(lock) => Self::begin(store, role, card, Some(lock), call).map(Some),
            None => Ok(None),
        }
    }

    /// Takes the lease as soon as nobody else has it. A holder that is killed is followed at once: the system wakes who waits.
    ///
    /// # Errors
    /// `MAPI_E_USER_CANCEL`, `MAPI_E_TIMEOUT` (from the call); those of [`Self::try_take`].
    pub fn wait(store: &dyn Store, role: Role, card: &Card, call: &Call) -> Result<Self> {
        let lock = match store.lease_file(role) {
            Some(path) => Some(wait::for_lock(&path, call)?),
            None => None,
        };
        Self::begin(store, role, card, lock, call)
    }

    fn begin(
        store: &dyn Store,
        role: Role,
        card: &Card,
        lock: Option<FileLock>,
        call: &Call,
    ) -> Result<Self> {
        let epoch = store.begin_epoch(role, &card.to_text(), call)?;
        Ok(Self { epoch, _lock: lock })
    }

    /// The epoch that began with it.
    #[must_use]
    pub const fn epoch(&self) -> Epoch {
        self.epoch
    }

    /// The same call under this lease: what it writes into the store is refused once somebody else holds it.
    #[must_use]
    pub fn call(&self, call: &Call) -> Call {
        Call {
            epoch: Some(self.epoch),
            ..call.clone()
        }
    }
}

/// What can be seen of a lease from outside.
#[derive(Debug, Clone)]
pub struct Seen {
    /// Whether somebody holds it now.
    pub held: bool,
    /// Who holds it, or held it last.
    pub tenure: Option<Tenure>,
    /// What the holder says of itself, where it is one of ours.
    pub card: Option<Card>,
}

/// Looks at a lease without taking it.
///
/// # Errors
/// Those of [`Store::tenure`]; `MAPI_E_DISK_ERROR` when its lock file cannot be looked at.
pub fn look(store: &dyn Store, role: Role, call: &Call) -> Result<Seen> {
    let held = match store.lease_file(role) {
        Some(path) => is_locked(&path).map_err(|e| no_lock(&path, e))?,
        None => false,
    };
    let tenure = store.tenure(role, call)?;
    let card = tenure.as_ref().and_then(|t| Card::from_text(&t.holder));
    Ok(Seen { held, tenure, card })
}

fn is_locked(path: &Path) -> io::Result<bool> {
    let file = match File::open(path) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(false),
        file => file?,
    };
    // Shared: others who look at the same time do not take each other for a holder.
    match file.try_lock_shared() {
        Ok(()) => Ok(false),
        Err(TryLockError::WouldBlock) => Ok(true),
        Err(TryLockError::Error(e)) => Err(e),
    }
}

fn no_lock(path: &Path, error: io::Error) -> Error {
    let detail = format!("the lock file {} cannot be used", path.display());
    Error::caused(Code::DISK_ERROR, detail, error)
}

#[cfg(test)]
mod tests;
