//! What the measurements share: a stream of made-up messages that is the same in every run.

pub mod bulk;
pub mod categories;
pub mod daemon;
mod home;
pub mod live;
mod mail;
pub mod maildir;
pub mod measured;
pub mod mime;
pub mod peers;
pub mod restricted;
pub mod rtf;
pub mod search;
pub mod search_folders;
pub mod sending;
pub mod session;
pub mod threads;
mod timing;

pub use home::Big;
pub use mail::{MadeMail, Shape};
pub use timing::{Figure, median_by_turns, median_of};
