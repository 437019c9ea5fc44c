//! What somebody says is to happen to messages in the queue.

/// An order about messages in the queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// Try it now, whatever it waits for; also one that is held.
    Retry {
        /// Also to recipients of whom nobody knows whether they have it. They may get it twice.
        unknown: bool,
    },
    /// Do not send it until it is released.
    Hold,
    /// Send it when its turn comes.
    Release,
    /// It was sent: recipients that are not settled count as served, nobody is told otherwise.
    MarkSent,
    /// Make it a draft again. Recipients that have it are marked, and not served again when it is sent.
    BackToDrafts,
}
