//! A program with the scripted service of the test kit.

mod post;
mod world;

pub(crate) use post::{Post, no_post};
pub(crate) use testkit_transport::{Plan, SCRIPTED, STORE, TRANSPORT, TYPES, WORD};
pub(crate) use world::{PROFILE, World, plain, scripted, uid_of, unconfigured};
