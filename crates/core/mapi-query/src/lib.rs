//! What a restriction matches and how values and text compare.
