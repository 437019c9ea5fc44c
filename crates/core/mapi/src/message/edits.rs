//! In which order the bodies of a message were written through a handle since it was saved.

use super::bodies::{BODY, HTML, IN_SYNC, RTF};

/// When each body was written last: numbers that grow, 0 for one that was not. Those written in one call have the same.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Edits {
    pub(super) text: u32,
    pub(super) html: u32,
    pub(super) rtf: u32,
    /// PR_RTF_IN_SYNC.
    pub(super) in_sync: u32,
    /// When text and RTF came together, from another message: what they are to each other they were there.
    pub(super) together: u32,
    last: u32,
}

impl Edits {
    /// These properties were set or deleted by one call.
    pub(super) fn note(&mut self, ids: impl Iterator<Item = u16>) {
        let now = self.last + 1;
        for id in ids {
            let when = match id {
                BODY => &mut self.text,
                HTML => &mut self.html,
                RTF => &mut self.rtf,
                IN_SYNC => &mut self.in_sync,
                _ => continue,
            };
            *when = now;
            self.last = now;
        }
    }

    /// These properties were copied from another message.
    pub(super) fn note_copied(&mut self, ids: impl Iterator<Item = u16>) {
        let before = self.last;
        self.note(ids);
        if self.last > before && self.text == self.last && self.rtf == self.last {
            self.together = self.last;
        }
    }

    /// Text and RTF were made to agree, both being as new as can be.
    pub(super) const fn agreed(&mut self) {
        self.last += 1;
        self.text = self.last;
        self.rtf = self.last;
    }

    /// Whether a body was written or PR_RTF_IN_SYNC.
    pub(super) const fn any(self) -> bool {
        self.last > 0
    }
}

#[cfg(test)]
mod tests {
    use super::{BODY, Edits, HTML, RTF};

    #[test]
    fn one_call_is_one_moment() {
        let mut edits = Edits::default();
        edits.note([0x37].into_iter());
        assert!(!edits.any());
        edits.note([BODY, RTF].into_iter());
        assert_eq!((edits.text, edits.rtf, edits.html), (1, 1, 0));
        edits.note([HTML].into_iter());
        edits.note_copied([RTF].into_iter());
        assert_eq!((edits.html, edits.rtf, edits.together), (2, 3, 0));
        edits.note_copied([RTF, BODY].into_iter());
        assert_eq!((edits.text, edits.together), (4, 4));
    }
}
