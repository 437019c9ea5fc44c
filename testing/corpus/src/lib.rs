//! What malle and Python's `email` make of the same mail, and where they differ.
//!
//! Both give a [`Reading`] of a mail: malle in [`malle`](mod@malle), Python through `read.py`, which has a rule of its
//! own for what the body is. `differences.tsv` lists every mail on which they differ, the side that is right and why;
//! `cargo run -p corpus` shows both sides of each.

mod compare;
mod listed;
pub mod malle;
mod python;
mod reading;

pub use compare::{Agreement, Difference, Field, compare};
pub use listed::{Listed, listed};
pub use python::{PROGRAM, Sides, read_all};
pub use reading::{Attached, Reading};
