//! The groups in which the reader is, and what to undo when they end.

use super::state::State;

/// The groups in which the reader is.
///
/// Most groups that hostile input nests change nothing: only what was changed is kept.
#[derive(Debug, Default)]
pub(super) struct Groups {
    depth: usize,
    began: bool,
    kept: Vec<Kept>,
}

/// What was before the group at this depth changed it.
#[derive(Debug)]
struct Kept {
    depth: usize,
    state: State,
}

/// How many groups keep their state. What is changed in groups nested deeper than that lasts longer than it should.
const KEPT: usize = 1 << 16;

impl Groups {
    pub(super) const fn open(&mut self) {
        self.depth += 1;
        self.began = true;
    }

    /// The group ends; what was before it, if it changed anything.
    pub(super) fn close(&mut self) -> Option<State> {
        let depth = self.depth;
        self.depth = depth.saturating_sub(1);
        self.kept
            .pop_if(|kept| kept.depth >= depth)
            .map(|kept| kept.state)
    }

    /// The group is about to change `state`. Whether the end of the group will bring it back.
    pub(super) fn keep(&mut self, state: &State) -> bool {
        if self
            .kept
            .last()
            .is_some_and(|kept| kept.depth == self.depth)
        {
            return true;
        }
        if self.depth == 0 || self.kept.len() >= KEPT {
            return false;
        }
        self.kept.push(Kept {
            depth: self.depth,
            state: *state,
        });
        true
    }

    /// How many groups there are around.
    pub(super) const fn depth(&self) -> usize {
        self.depth
    }

    /// Whether the outermost group, which is the document, has ended.
    pub(super) const fn ended(&self) -> bool {
        self.began && self.depth == 0
    }
}
