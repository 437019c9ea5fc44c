//! The messages that were read last: who opens a message reads its values next.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::Mail;
use crate::index::Known;

/// Messages kept at most, and what they may weigh together.
const MOST: usize = 16;
const WEIGHT: usize = 48 << 20;

/// Some messages, the one that was read last in front.
#[derive(Debug, Default)]
pub(crate) struct KeptMails(Mutex<VecDeque<(Known, Arc<Mail>)>>);

impl KeptMails {
    fn lock(&self) -> MutexGuard<'_, VecDeque<(Known, Arc<Mail>)>> {
        // What is kept can be read again.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The message, if it is kept and its file is still the same.
    pub(crate) fn get(&self, known: &Known) -> Option<Arc<Mail>> {
        let mut kept = self.lock();
        let is_it = |(k, _): &(Known, Arc<Mail>)| {
            k.id == known.id && k.version == known.version && k.file == known.file
        };
        let at = kept.iter().position(is_it)?;
        let found = kept.remove(at)?;
        let mail = Arc::clone(&found.1);
        kept.push_front(found);
        Some(mail)
    }

    /// Keeps a message.
    pub(crate) fn put(&self, known: Known, mail: &Arc<Mail>) {
        let mut kept = self.lock();
        kept.retain(|(k, _)| k.id != known.id);
        kept.push_front((known, Arc::clone(mail)));
        let mut weight = 0;
        let fitting = kept.iter().take(MOST).take_while(|(_, mail)| {
            weight += mail.weight;
            weight <= WEIGHT
        });
        // The one that was just read stays, however heavy: its values are wanted next.
        let most = fitting.count().max(1);
        kept.truncate(most);
    }
}
