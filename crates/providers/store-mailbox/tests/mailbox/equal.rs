//! equal.
