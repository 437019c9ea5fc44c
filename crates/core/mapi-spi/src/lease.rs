//! Leases: which process does the background work of a store, and how a store knows that it still is this one.
//!
//! One process at a time sends the mail of a store, cares for it, or runs the engine of an account in it. What makes it one is
//! a lock of the operating system on [`crate::Store::lease_file`], held for the life of the process and never timed out: a
//! laptop that was asleep must not find that somebody else has sent its mail. The lock is the host's affair. What the store adds is
//! proof: each new holder begins an *epoch*, durably, and a [`crate::Call`] that carries an [`Epoch`] writes only while that
//! is the present one. So even where a lock is lost (a network folder, a lock file that somebody deleted) no two holders write.

use std::fmt;

use mapi_props::{Code, FileTime, Guid};

use crate::{Error, Origin, Result};

/// Background work that one process at a time does in a store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    /// Care of the store.
    Keeper,
    /// Its outgoing queue, and what arrives in it.
    Spooler,
    /// The engine that writes as this origin.
    Engine(Origin),
}

impl fmt::Display for Role {
    /// `keeper`, `spooler`, `engine-7`: in names of files and in logs.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Keeper => f.write_str("keeper"),
            Self::Spooler => f.write_str("spooler"),
            Self::Engine(origin) => write!(f, "engine-{}", origin.0),
        }
    }
}

/// The right to write as the holder of a role: valid until the next epoch of that role begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Epoch {
    /// The store (UID). Other stores do not look at it.
    pub store: Guid,
    /// The role.
    pub role: Role,
    /// Which epoch: 1 for the first holder ever, one more for each that follows.
    pub number: u64,
}

impl Epoch {
    /// Says whether writing under it is still allowed in its store, whose present epoch of the role is `present`.
    ///
    /// # Errors
    /// `MAPI_E_END_OF_SESSION` when another holder has begun since. No other failure of a write has this code.
    pub fn check(&self, present: u64) -> Result<()> {
        if self.number == present {
            return Ok(());
        }
        let Self { role, number, .. } = self;
        let detail =
            format!("this process is the {role} of the store no longer: epoch {number} ended");
        Err(Error::new(Code::END_OF_SESSION, detail))
    }
}

/// Who holds a role, or held it last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tenure {
    /// The epoch.
    pub number: u64,
    /// When it began.
    pub since: FileTime,
    /// What the holder said of itself, in the host's words.
    pub holder: String,
}
