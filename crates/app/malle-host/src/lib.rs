//! The composition root: the only room that names providers.
//!
//! It knows where things lie ([`Home`]), what a user has set up ([`Profile`]), which services there are
//! ([`services`]), and how mail gets in and out ([`import`], [`export`]). It shows nothing and asks nothing:
//! front ends do.

mod file;
mod home;
pub mod import;
mod interrupt;
mod profile;
mod profiles;

pub use file::{FileLock, write_atomically};
pub use home::{Home, NoHome};
pub use interrupt::interruptible;
pub use profile::{Profile, ServiceEntry, StoreLetter};
pub use profiles::{DataOnDelete, ProfileError, Profiles};
