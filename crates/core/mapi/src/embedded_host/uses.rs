//! Who uses what in memory: many at once, or one alone.

use std::collections::BTreeMap;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use crate::host::ProfileUse;

/// What is in use, by a name of any kind.
#[derive(Debug, Default)]
pub(super) struct Uses<K: Ord> {
    held: Mutex<BTreeMap<K, Holders>>,
    freed: Condvar,
}

#[derive(Debug)]
enum Holders {
    Many(usize),
    One,
}

/// Something in use until this is dropped.
#[derive(Debug)]
struct Held<K: Ord> {
    uses: Arc<Uses<K>>,
    key: K,
}

impl<K: Ord + Clone + Send + Sync + std::fmt::Debug + 'static> Uses<K> {
    /// In use with others; waits while somebody has it alone.
    pub(super) fn share(self: &Arc<Self>, key: K) -> Box<dyn ProfileUse> {
        let mut held = self.lock();
        while matches!(held.get(&key), Some(Holders::One)) {
            held = self
                .freed
                .wait(held)
                .unwrap_or_else(PoisonError::into_inner);
        }
        self.enter_with_others(held, key)
    }

    /// In use with others; `None` while somebody has it alone.
    pub(super) fn try_share(self: &Arc<Self>, key: K) -> Option<Box<dyn ProfileUse>> {
        let held = self.lock();
        let alone = matches!(held.get(&key), Some(Holders::One));
        (!alone).then(|| self.enter_with_others(held, key))
    }

    /// In use alone; `None` while anybody has it.
    pub(super) fn try_alone(self: &Arc<Self>, key: K) -> Option<Box<dyn ProfileUse>> {
        let mut held = self.lock();
        if held.contains_key(&key) {
            return None;
        }
        held.insert(key.clone(), Holders::One);
        Some(self.held(key))
    }

    fn enter_with_others(
        self: &Arc<Self>,
        mut held: MutexGuard<'_, BTreeMap<K, Holders>>,
        key: K,
    ) -> Box<dyn ProfileUse> {
        if let Holders::Many(count) = held.entry(key.clone()).or_insert(Holders::Many(0)) {
            *count += 1;
        }
        self.held(key)
    }

    fn held(self: &Arc<Self>, key: K) -> Box<dyn ProfileUse> {
        let uses = Arc::clone(self);
        Box::new(Held { uses, key })
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<K, Holders>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K: Ord + Send + Sync + std::fmt::Debug> ProfileUse for Held<K> {}

impl<K: Ord> Drop for Held<K> {
    fn drop(&mut self) {
        let mut held = self
            .uses
            .held
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        match held.get_mut(&self.key) {
            Some(Holders::Many(count)) if *count > 1 => *count -= 1,
            _ => drop(held.remove(&self.key)),
        }
        drop(held);
        self.uses.freed.notify_all();
    }
}
