//! How much of a hostile body is read and written.

/// Bounds of one conversion. Beyond them the rest is left out, and the result says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of HTML that are read.
    pub input: usize,
    /// Bytes of text that are made.
    pub output: usize,
    /// Elements inside one another that are kept track of; deeper ones count as plain text.
    pub depth: usize,
}

impl Default for Limits {
    /// 64 MiB in, 64 MiB out, 256 levels: more than any mail that somebody wrote.
    fn default() -> Self {
        Self {
            input: 64 << 20,
            output: 64 << 20,
            depth: 256,
        }
    }
}
