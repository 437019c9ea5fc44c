//! What a target saw while it ran: the guidance of the search for new inputs.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};

/// Marks of one execution.
#[derive(Debug, Default)]
pub struct Seen {
    marks: HashSet<u64>,
}

/// Marks of one execution that count; a target that marks texts of the input would have a new one every time.
const MOST: usize = 512;

impl Seen {
    /// Notes that `what` was seen with this detail. Details should be few: codes and kinds, not the input's own text.
    pub fn mark(&mut self, what: &str, detail: impl Hash) {
        if self.marks.len() < MOST {
            let mut hasher = DefaultHasher::new();
            what.hash(&mut hasher);
            detail.hash(&mut hasher);
            self.marks.insert(hasher.finish());
        }
    }

    /// Notes a count by its order of magnitude.
    pub fn count(&mut self, what: &str, count: usize) {
        self.mark(what, usize::BITS - count.leading_zeros());
    }

    /// The marks.
    #[must_use]
    pub const fn marks(&self) -> &HashSet<u64> {
        &self.marks
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_differ_by_magnitude_only() {
        let marks = |count| {
            let mut seen = Seen::default();
            seen.count("parts", count);
            seen.marks
        };
        assert_eq!(marks(4), marks(7));
        assert_ne!(marks(7), marks(8));
        assert_ne!(marks(0), marks(1));
    }
}
