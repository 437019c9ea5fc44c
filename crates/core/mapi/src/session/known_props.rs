//! The properties of a store, read once: where its folders are is asked all the time, and hardly ever changes.
//! Reference: "Saving Frequently Used Properties" (requirement PF-06)
//!
//! What is known is true for a number of the change log. Asking looks at what the log has after it, so a change by whomever,
//! in another process too, drops it.

use std::sync::{Arc, Mutex, PoisonError};

use mapi_props::Bag;
use mapi_spi::{Call, Result, Store};

/// Entries of the log that are looked through; after more of them the properties are read again.
const LOOK: usize = 64;

/// What was read last.
#[derive(Debug, Default)]
pub(crate) struct KnownProps(Mutex<Option<Known>>);

#[derive(Debug, Clone)]
struct Known {
    seq: u64,
    bag: Arc<Bag>,
}

impl KnownProps {
    /// The properties of the store as they are now.
    pub(crate) fn get(&self, store: &dyn Store, call: &Call) -> Result<Arc<Bag>> {
        let known = self.kept();
        let seq = match known {
            Some(known) => {
                let page = store.log(known.seq, None, LOOK, call)?;
                let all =
                    u64::try_from(page.entries.len()).ok() == page.last.checked_sub(known.seq);
                let same = page.entries.iter().all(|entry| entry.object.0 != 0);
                if all && same && !page.lost {
                    self.keep(page.last, &known.bag);
                    return Ok(known.bag);
                }
                page.last
            }
            None => store.log(0, None, 0, call)?.last,
        };
        // Read after the number, so what is later than it is looked at the next time.
        let bag = Arc::new(store.store_props(call)?);
        self.keep(seq, &bag);
        Ok(bag)
    }

    fn kept(&self) -> Option<Known> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.clone()
    }

    fn keep(&self, seq: u64, bag: &Arc<Bag>) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // Another thread may know better.
        if known.as_ref().is_none_or(|k| k.seq <= seq) {
            let bag = Arc::clone(bag);
            *known = Some(Known { seq, bag });
        }
    }
}
