//! What the index is asked, and whether its answers are right.
