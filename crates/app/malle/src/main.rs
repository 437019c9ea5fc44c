//! The command `malle`.

fn main() {}
