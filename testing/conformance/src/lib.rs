//! One suite of cases, run through the client API over every store.
//!
//! A case names the checks of the requirements that it asserts (`checks.csv`), the capabilities that a store must claim
//! for it, and a story told through the public API of `mapi` on a fresh profile of two stores. [`run`] runs all of them
//! over one [`Ground`] and leaves what passed in `conformance/results.json` of the target directory, from which
//! `docs/coverage.md` is made.
//!
//! To add a store, write `tests/<store>.rs` with its [`Ground`]. To add a case, add it to a list in `src/cases`.
#![allow(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::panic,
    clippy::missing_panics_doc,
    reason = "the suite is test code: a panic is a failed case"
)]

mod case;
mod cases;
mod category_model;
mod counted;
mod desk;
mod fixture;
mod foreign_msg;
mod front_ends;
mod heard;
mod live_model;
mod post;
mod report;
mod scripted;
mod sending_model;
mod sheet_script;
mod spooling;
mod table_model;
mod transports;

pub use case::{Case, Need};
pub use cases::all;
pub use category_model::category_model;
pub use fixture::{Fixture, Ground};
pub use live_model::{LiveWriter, live_model, live_writer};
pub use report::run;
pub use sending_model::sending_model;
pub use table_model::table_model;
pub use transports::{TransportGround, transports};
