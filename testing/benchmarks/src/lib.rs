//! What the measurements share: a stream of made-up messages that is the same in every run.

mod mail;

pub use mail::{MadeMail, Shape};
