//! Descriptions of message services: `mapisvc.inf`, read leniently and written back. Pure functions.
//!
//! An [`Inf`] is what such a file says: services, the providers and extra sections of each, and their properties. What
//! is wrong is told as a [`Diagnostic`] with its line, key, value and what is allowed; a service that cannot be made as
//! it is described has [`Service::defects`], and the others of the file work on.
//!
//! Deliberately absent here: files, and what stands behind the names of libraries and entry points (the host).

mod constant;
mod diagnostic;
mod encoding;
mod inf;
mod read;
mod sections;
mod value;
mod write;

pub use diagnostic::{Diagnostic, InfError, MOST_DIAGNOSTICS};
pub use inf::{
    Entry, ExtraSection, HelpFile, Inf, Properties, Property, Provider, Section, Service, dll_base,
};
pub use read::{MOST_PROPERTIES, MOST_PROVIDERS};
pub use sections::{LARGEST, LONGEST_LINE, MOST_ENTRIES, MOST_LINES, MOST_SECTIONS};
