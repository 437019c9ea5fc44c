//! Control: how processes of one user ask each other, over a socket that nobody else can reach.
//!
//! Each process that holds leases listens on a socket of its own in the home's `run/`, named by its number and chance, mode 0600
//! in a directory of mode 0700; who connects must be the same user besides. A question is one line of JSON, an answer one or more, the last
//! of which is final ([`Request`], [`Reply`]; `docs/design/daemon.md` has the protocol). Lines are bounded, and so is every wait. On
//! systems without such sockets nobody listens, and asking says so.

mod client;
mod message;
mod server;
mod socket;
mod wire;

pub use client::{AskError, Process, ask, ask_all, everybody, tell_all};
pub use message::{
    AT_ONCE, Failure, LeaseRow, LeaseState, MailOrder, MailTally, MailWanted, Moment, Reply,
    Report, Request, VERSION, WorkRow, WorkState,
};
pub use server::{Answers, Opened, Server};
pub use socket::{can_listen, sockets_in};

#[cfg(all(test, unix))]
#[expect(clippy::unwrap_used, reason = "tests stop at the first surprise")]
mod tests;
