//! How much of a hostile file is taken apart.

/// What is beyond these is kept as bytes or left out, with a defect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Embedded messages inside each other; deeper ones stay attached as bytes.
    pub depth: usize,
    /// Bytes of a whole file.
    pub file: u64,
    /// Bytes of one value that are read at once; larger ones are read when needed.
    pub in_memory: u64,
    /// Bytes of values of one file that are read at once.
    pub all_in_memory: u64,
    /// Bytes kept of what a tree has no place for, per object.
    pub rest: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            depth: 32,
            file: 8 << 30,
            in_memory: 64 << 10,
            all_in_memory: 256 << 20,
            rest: 4 << 20,
        }
    }
}
