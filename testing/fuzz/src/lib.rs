//! Fuzzing without unsafe code: readers of foreign bytes, and writers that must please them, against mutated input.
//!
//! A [`Target`] takes any bytes, asserts what is promised for them, and marks what it saw ([`Seen`]): kinds of defects,
//! counts by their order of magnitude, error codes. An input that shows something new is kept and mutated further. That takes the
//! place of coverage, whose counters need unsafe code that the workspace forbids. The same seed and number of executions give the
//! same inputs. A child process runs the target ([`child`]); the parent ([`watch`]) sees it crash, hang or take too much
//! memory, keeps the input, makes it smaller ([`shrink`]) and starts the next child.
//!
//! To add a target, write `targets/<topic>.rs` and name it in [`targets::ALL`]. An input that failed once and is fixed goes, made
//! small, to `regressions/<target>/`, which every run and the ordinary tests begin with.

pub mod child;
mod choices;
mod engine;
mod made;
mod mutate;
pub mod plan;
mod process;
pub mod report;
mod seeds;
mod seen;
pub mod shrink;
mod target;
pub mod targets;
pub mod watch;

pub use choices::Choices;
pub use engine::{Engine, Failure, Step};
pub use seeds::{Places, seeds_of};
pub use seen::Seen;
pub use target::{Panicked, Target, run_once};
