//! One at a time, with whoever waits free to leave.

use std::ops::{Deref, DerefMut};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use mapi_spi::{Call, Result};

/// How long a wait lasts before the call is asked again.
const LOOK: Duration = Duration::from_millis(50);

/// Something that one has at a time.
#[derive(Debug)]
pub(crate) struct Gate<T> {
    inside: Mutex<Option<T>>,
    left: Condvar,
}

impl<T: Default> Default for Gate<T> {
    fn default() -> Self {
        Self {
            inside: Mutex::new(Some(T::default())),
            left: Condvar::new(),
        }
    }
}

/// Whoever has it.
#[derive(Debug)]
pub(crate) struct Inside<'a, T: Default> {
    gate: &'a Gate<T>,
    has: T,
}

impl<T: Default> Drop for Inside<'_, T> {
    fn drop(&mut self) {
        *self.gate.lock() = Some(std::mem::take(&mut self.has));
        self.gate.left.notify_one();
    }
}

impl<T> Gate<T> {
    fn lock(&self) -> MutexGuard<'_, Option<T>> {
        self.inside.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T: Default> Gate<T> {
    /// Waits until nobody else has it.
    ///
    /// # Errors
    /// The end of the call.
    pub(crate) fn enter(&self, call: &Call) -> Result<Inside<'_, T>> {
        let mut inside = self.lock();
        loop {
            call.check()?;
            if let Some(has) = inside.take() {
                return Ok(Inside { gate: self, has });
            }
            let woken = self.left.wait_timeout(inside, LOOK);
            inside = woken.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// What it is about, when nobody else can have it.
    pub(crate) fn get_mut(&mut self) -> &mut T {
        let inside = self
            .inside
            .get_mut()
            .unwrap_or_else(PoisonError::into_inner);
        inside.get_or_insert_default()
    }
}

impl<T: Default> Deref for Inside<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.has
    }
}

impl<T: Default> DerefMut for Inside<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.has
    }
}
