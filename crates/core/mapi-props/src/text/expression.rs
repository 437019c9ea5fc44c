//! Restrictions as expressions. The grammar is in [`super`].

mod lexer;
mod parse;
mod print;

pub use parse::parse_restriction;
pub use print::restriction;

/// An expression that cannot be read, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("at character {}: {message}", .column)]
pub struct ExpressionError {
    /// Byte offset in the text.
    pub offset: usize,
    /// Character number in the text, from 1.
    pub column: usize,
    /// What is wrong.
    pub message: String,
}
