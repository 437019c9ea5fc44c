//! Sends what waits in a store and receives what arrives for it.
//!
//! A [`Spooler`] belongs to a session that carries the lease of [`mapi_spi::Role::Spooler`] of a store. It works when it is asked
//! for a [`round`](Spooler::round), on the thread that asks, and says when it wants the next one. Everything that must outlive it
//! is in the store; see docs/design/sending.md for the states of a message and what happens after a crash.
//!
//! Deliberately absent here: threads that wait and leases (`malle-host`), any transport's name, MIME.

mod ascertain;
mod aside;
mod backoff;
mod clock;
mod gate;
mod inbound;
mod job;
mod notes;
mod options;
mod order;
mod outcome;
mod recover;
mod reports;
mod roster;
mod round;
mod route;
mod sending;
mod settle;
mod spooler;
mod ways;
mod work;

pub use options::{Options, Waker};
pub use order::Order;
pub use round::{Problem, Round, Wanted};
pub use spooler::Spooler;
