//! The composition root: the only room that names providers.
//!
//! It knows where things lie ([`Home`]), what a user has set up ([`Profiles`]), which services there are
//! ([`services`]), how mail gets in and out ([`mod@import`], [`mod@export`], [`mod@sending`], [`mod@written`]), and
//! what goes on in the background ([`mod@daemon`], [`mod@lease`], [`mod@control`], [`mod@status`]). It shows nothing and asks
//! nothing: front ends do, by [`terminal`] where that is one.

pub mod control;
pub mod daemon;
pub mod delivery;
mod descriptions;
mod detached;
pub mod drafts;
pub mod export;
mod file;
mod file_stream;
mod folders;
mod forms;
mod home;
mod host;
pub mod import;
mod interrupt;
pub mod lease;
mod log;
mod msg_file;
mod profile_file;
mod profiles;
mod reason;
mod referenced_file;
pub mod secrets;
pub mod sending;
pub mod status;
mod support;
pub mod terminal;
pub mod written;

pub use descriptions::Catalogue;
pub use detached::start_detached;
pub use file::{FileLock, write_atomically};
pub use file_stream::{FileStream, FileStreamOptions};
pub use folders::{create_path, join_path, split_path};
pub use forms::FormFile;
pub use home::{Home, NoHome};
pub use host::{CreateError, DELIVERY_SERVICE, LOCAL_SERVICE, MalleHost, default_config, services};
pub use interrupt::{interruptible, see_file_limits};
pub use log::{BadLevel, LogChoice, SPI_TARGET};
pub use msg_file::MsgFile;
pub use profile_file::{BadLetter, StoreLetter};
pub use profiles::{DataOnDelete, ImportNote, LeftOut, ProfileError, ProfileExport, Profiles};
pub use reason::reason;
pub use referenced_file::open_referenced;
pub use support::{SystemSupport, now};
