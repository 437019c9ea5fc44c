//! What tests of every room share: temporary homes, sample mail, deterministic chance and time, the built command.
//!
//! Deliberately absent: anything of MAPI. This crate knows only the standard library, so even the
//! ground floor may use it in its tests.
//!
//! ```
//! let home = testkit::TempHome::new()?;
//! let mut chance = testkit::Chance::from_seed(7);
//! std::fs::write(home.path().join("note"), chance.bytes(16))?;
//! # Ok::<(), std::io::Error>(())
//! ```

mod canary;
mod chance;
mod child;
mod clock;
mod command;
mod home;
mod hostile;
mod keyring;
mod places;

pub use canary::Canary;
pub use chance::{Chance, CountingBytes};
pub use child::ChildGuard;
pub use clock::FakeClock;
pub use command::{Malle, Run, malle_binary};
pub use home::TempHome;
pub use hostile::{HOSTILE, Hostile};
pub use keyring::PrivateKeyring;
pub use places::{corpus, corpus_files, samples, skip, workspace_root};
