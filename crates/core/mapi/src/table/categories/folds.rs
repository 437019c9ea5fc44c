//! Which headings are expanded and which collapsed, by what they are the headings of.

use std::collections::BTreeMap;
use std::sync::Arc;

/// What a heading is known by as long as its category has this key: its PR_INSTANCE_KEY.
pub(super) type HeadingId = [u8; 16];

/// Headings that are not as the sort order set has them start. Those that have no rows now are remembered too.
#[derive(Debug, Clone, Default)]
pub(crate) struct Folds {
    expanded: Arc<BTreeMap<HeadingId, bool>>,
    /// Another one after every change.
    mark: Arc<()>,
}

impl Folds {
    pub(super) fn of(expanded: BTreeMap<HeadingId, bool>) -> Self {
        Self {
            expanded: Arc::new(expanded),
            mark: Arc::default(),
        }
    }

    /// Whether a heading is expanded that starts so or not.
    pub(super) fn is_expanded(&self, heading: &HeadingId, from_start: bool) -> bool {
        self.expanded.get(heading).copied().unwrap_or(from_start)
    }

    pub(super) fn set(&mut self, heading: HeadingId, expanded: bool) {
        Arc::make_mut(&mut self.expanded).insert(heading, expanded);
        self.mark = Arc::default();
    }

    pub(super) fn iter(&self) -> impl ExactSizeIterator<Item = (&HeadingId, &bool)> {
        self.expanded.iter()
    }

    /// What tells these from all before and after: see [`Self::are`].
    pub(super) fn mark(&self) -> Arc<()> {
        Arc::clone(&self.mark)
    }

    /// Whether nothing was expanded or collapsed since they had this mark.
    pub(super) fn are(&self, mark: &Arc<()>) -> bool {
        Arc::ptr_eq(&self.mark, mark)
    }
}
