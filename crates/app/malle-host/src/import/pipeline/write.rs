//! Threads that put batches into the store: one prepares its batch while another one writes.

use std::sync::mpsc::{Receiver, SyncSender};
use std::sync::{Arc, Mutex, PoisonError};

use mapi_spi::{Result, Turn};

use crate::import::{Added, ImportFolder, NewMessage};

/// How many there are. The store writes one batch at a time, and preparing one takes about as long as writing one.
pub(super) const WRITERS: usize = 2;

/// A batch for a folder.
pub(super) struct Task {
    pub(super) folder: Arc<dyn ImportFolder>,
    pub(super) messages: Vec<NewMessage>,
    /// Keeps batches in the order of their sources.
    pub(super) turn: Turn,
    pub(super) answer: SyncSender<Answer>,
}

/// One result per message, or why none could be added.
pub(super) type Answer = Result<Vec<Result<Added>>>;

/// Does one task after another, until there are no more.
pub(super) fn write_all(tasks: &Mutex<Receiver<Task>>) {
    loop {
        // The lock is held while waiting: whoever holds it gets the next task.
        let task = tasks.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(task) = task else { return };
        let added = task.folder.add(task.messages, task.turn);
        // Whoever asked may have failed meanwhile and no longer listens.
        let _not_heard = task.answer.send(added);
    }
}
