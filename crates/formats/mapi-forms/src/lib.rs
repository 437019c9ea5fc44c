//! Forms: what stands behind a message class, its icons, and the configuration files that describe it. Pure functions.
//!
//! A [`Form`] is its [`Configuration`] (the text of a `.cfg` file, nothing of it lost) and its icons; the
//! [`Description`] is what that text says. [`standard`] is the set that is always there, and [`class`] how classes
//! compare and fall back.
//!
//! Deliberately absent here: libraries (`mapi`), files (the host), and form servers, which no one can start yet.

pub mod class;
pub mod configuration;
mod description;
mod drawing;
mod form;
mod icon;
pub mod standard;

pub use configuration::{Configuration, ConfigurationError, Note};
pub use description::{Description, FormProperty, Verb};
pub use form::{Form, FormError};
pub use icon::{Icon, IconError};
pub use standard::icon_name;
