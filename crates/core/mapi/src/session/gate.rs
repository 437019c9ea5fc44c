//! Logging on one after the other. Reference: "Logging On to MAPI" (requirement SES-06)

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use mapi_spi::{Call, Result};

/// Lets one through at a time; who waits can be called back.
#[derive(Debug, Clone, Default)]
pub(crate) struct Gate(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    taken: Mutex<bool>,
    free: Condvar,
}

/// The gate is taken until this is dropped.
#[derive(Debug)]
pub(super) struct Passage(Arc<Inner>);

impl Gate {
    /// Waits for the gate.
    ///
    /// # Errors
    /// Those of the call.
    pub(super) fn enter(&self, call: &Call) -> Result<Passage> {
        let waiting = Arc::clone(&self.0);
        let _woken = call.cancel.on_cancel(move || {
            drop(waiting.lock());
            waiting.free.notify_all();
        });
        let mut taken = self.0.lock();
        while *taken {
            call.check()?;
            let left = call
                .deadline
                .map(|d| d.saturating_duration_since(Instant::now()));
            taken = match left {
                Some(left) => {
                    let woken = self.0.free.wait_timeout(taken, left);
                    woken.unwrap_or_else(PoisonError::into_inner).0
                }
                None => {
                    let woken = self.0.free.wait(taken);
                    woken.unwrap_or_else(PoisonError::into_inner)
                }
            };
        }
        *taken = true;
        Ok(Passage(Arc::clone(&self.0)))
    }

    /// The gate, if it is free now.
    pub(super) fn try_enter(&self) -> Option<Passage> {
        let mut taken = self.0.lock();
        if *taken {
            return None;
        }
        *taken = true;
        Some(Passage(Arc::clone(&self.0)))
    }
}

impl Inner {
    fn lock(&self) -> MutexGuard<'_, bool> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Passage {
    fn drop(&mut self) {
        *self.0.lock() = false;
        self.0.free.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use mapi_props::Code;
    use mapi_spi::Call;

    use super::Gate;

    #[test]
    fn one_at_a_time_and_who_waits_can_be_called_back() {
        let gate = Gate::default();
        let first = gate.enter(&Call::default()).unwrap();
        assert!(gate.try_enter().is_none());
        let late = Call {
            deadline: Some(Instant::now() + Duration::from_millis(20)),
            ..Call::default()
        };
        assert_eq!(gate.enter(&late).unwrap_err().code(), Code::TIMEOUT);
        let call = Call::default();
        let (cancel, waiting) = (call.cancel.clone(), gate.clone());
        let waits = std::thread::spawn(move || waiting.enter(&call).map(drop));
        cancel.cancel();
        let ended = waits.join().unwrap();
        assert_eq!(ended.unwrap_err().code(), Code::USER_CANCEL);
        let waiting = gate.clone();
        let waits = std::thread::spawn(move || waiting.enter(&Call::default()).map(drop));
        drop(first);
        waits.join().unwrap().unwrap();
        assert!(gate.try_enter().is_some());
    }
}
