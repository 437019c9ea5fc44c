//! A transport for tests: it fails, waits, hangs, panics, ends its process or answers as a script says, at every step of the
//! contract, and remembers what left outside of any store.
//!
//! [`WireTransport`] sends onto a [`Wire`], where everything that left can be counted. [`ScriptedTransport`] stands before it, or
//! before any other transport, and strikes at each [`Step`] as its [`Script`] says. [`ScriptedService`] brings both to a session,
//! in the tests' own process; a script and a wire in files ([`Script::below`], [`Wire::at`]) outlive the processes that they end.
//!
//! The part of the test kit that knows MAPI; `testkit` itself knows none, so that the ground floor may use it.

mod script;
mod scripted;
mod service;
mod step;
mod wire;
mod wire_transport;

pub use script::Script;
pub use scripted::ScriptedTransport;
pub use service::{
    Disturbed, LETTER, Plan, SCRIPTED, STORE, ScriptedService, TRANSPORT, TYPES, WORD,
};
pub use step::{Act, Step};
pub use wire::{Left, Wire};
pub use wire_transport::WireTransport;
