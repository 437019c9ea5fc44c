//! What every provider and the client API would otherwise write twice.

pub mod computed;
pub mod engine;
