//! What was made of a body, kept until that body changes.

use std::sync::{Mutex, MutexGuard, PoisonError};

use mapi_props::{Code, Slot};
use mapi_spi::{Error, Result};

use super::Stored;

/// A body, and what it was made from.
#[derive(Debug)]
pub(super) struct Made<T> {
    pub(super) from: Origin,
    pub(super) body: T,
}

/// All that decides what is made.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Origin {
    pub(super) slot: Slot,
    pub(super) code_page: Option<u16>,
    pub(super) places: Vec<usize>,
}

impl Origin {
    pub(super) fn of(stored: &Stored<'_>, form: u16) -> Result<Self> {
        let missing = || Error::new(Code::NOT_FOUND, "the message has no body");
        Ok(Self {
            slot: stored.props.get(&form).ok_or_else(missing)?.clone(),
            code_page: stored.code_page(),
            places: Vec::new(),
        })
    }
}

/// What was made last, or made anew if what it came from has changed.
pub(super) fn kept<T: Clone>(
    kept: &Mutex<Option<Made<T>>>,
    origin: Origin,
    make: impl FnOnce(&Slot) -> Result<T>,
) -> Result<T> {
    let mut kept = locked(kept);
    if let Some(made) = kept.as_ref()
        && made.from == origin
    {
        return Ok(made.body.clone());
    }
    let body = make(&origin.slot)?;
    *kept = Some(Made {
        from: origin,
        body: body.clone(),
    });
    Ok(body)
}

pub(super) fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
