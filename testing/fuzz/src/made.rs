//! Values, restrictions, bags and messages of any shape, made of choices.

mod message;
mod value;

pub(crate) use message::{TOKENS, message, seeds};
pub(crate) use value::{bag, restriction, stored};
