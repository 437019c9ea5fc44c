//! A program with the scripted service of the test kit.

mod world;

pub(crate) use testkit_transport::{Plan, SCRIPTED, STORE, TRANSPORT, TYPES, WORD};
pub(crate) use world::{PROFILE, World, plain, scripted, unconfigured};
