//! Work that goes on in the background for somebody who is logged on, and ends with the logon.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};

use mapi_props::{Code, Guid};
use mapi_spi::{Call, CancelToken, Error, ItemId, Result, Store};

/// Work on threads of their own: populations of search folders, what the spooler was asked for.
#[derive(Default)]
pub(crate) struct Background {
    cancel: CancelToken,
    /// What is being populated: the store's UID and the folder.
    busy: Arc<Mutex<BTreeSet<(Guid, ItemId)>>>,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

impl Background {
    /// Populates a search folder on a thread, unless one does already. What goes wrong there, and the end of the logon, leave the
    /// search as it is: whoever opens its folder next goes on with it.
    ///
    /// # Errors
    /// `MAPI_E_NOT_ENOUGH_RESOURCES` when no thread can be had.
    pub(crate) fn populate(&self, store: &Arc<dyn Store>, folder: ItemId) -> Result<()> {
        let what = (store.info().uid, folder);
        if !lock(&self.busy).insert(what) {
            return Ok(());
        }
        let (store, busy) = (Arc::clone(store), Arc::clone(&self.busy));
        let work = move |call: &Call| {
            // Asked again once it no longer counts as busy: a search set anew in the last moment must not be left alone.
            loop {
                let done = store.run_search(folder, call);
                lock(&busy).remove(&what);
                let again = done.is_ok() && is_waiting(store.as_ref(), folder, call);
                if !again || !lock(&busy).insert(what) {
                    return;
                }
            }
        };
        self.run("malle-search", work).inspect_err(|_| {
            lock(&self.busy).remove(&what);
        })
    }

    /// Does something on a thread; the call ends with the logon.
    ///
    /// # Errors
    /// `MAPI_E_NOT_ENOUGH_RESOURCES` when no thread can be had.
    pub(crate) fn run(&self, name: &str, work: impl FnOnce(&Call) + Send + 'static) -> Result<()> {
        let call = Call {
            cancel: self.cancel.clone(),
            ..Call::default()
        };
        let spawned = thread::Builder::new()
            .name(name.to_owned())
            .spawn(move || work(&call));
        let thread = spawned.map_err(|e| {
            Error::caused(
                Code::NOT_ENOUGH_RESOURCES,
                "no thread for work in the background",
                e,
            )
        })?;
        let mut threads = lock(&self.threads);
        threads.retain(|t| !t.is_finished());
        threads.push(thread);
        Ok(())
    }

    /// Stops all work and waits for it.
    pub(super) fn end(&self) {
        self.cancel.cancel();
        for thread in std::mem::take(&mut *lock(&self.threads)) {
            // A thread that panicked has nothing more to say.
            let _ended = thread.join();
        }
    }
}

fn is_waiting(store: &dyn Store, folder: ItemId, call: &Call) -> bool {
    let search = store.search(folder, call);
    matches!(search, Ok(Some(search)) if search.phase == mapi_spi::SearchPhase::Rebuild)
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl fmt::Debug for Background {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Background")
            .field("busy", &lock(&self.busy))
            .finish_non_exhaustive()
    }
}
