//! Administering profiles, their message services and the providers of these.
//! Reference: "Administering Profiles and Message Services" (requirements PA-01 to PA-13)
//!
//! [`ProfAdmin`] makes profiles, [`MsgServiceAdmin`] their services, [`ProviderAdmin`] the providers of one service. No
//! provider is started by any of them. Every change is one change of the profile, whole or not at all: entry points are shown
//! a draft, under no lock, and only what they leave in it is kept. Sessions that run learn of changes when they start anew.

mod assemble;
mod configure;
mod copying;
mod deferred;
mod entry_point;
mod identity;
mod order;
mod place;
mod profiles;
mod providers;
mod services;
mod tables;
mod wizard;

pub use assemble::NewService;
pub use profiles::ProfAdmin;
pub use providers::ProviderAdmin;
pub use services::MsgServiceAdmin;

pub(crate) use configure::configure;
pub(crate) use deferred::settle;
pub(crate) use place::Place;
pub(crate) use tables::{
    ServiceBells, provider as provider_props, service_props, services_changed,
};
