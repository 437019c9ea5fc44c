//! How far a long call is, and how far inside one of its items.
//! Reference: "Implementing a Progress Indicator" (requirement AD-06)

use std::fmt;
use std::sync::Arc;

/// Pieces that an item is cut into where what goes on inside of it is told.
const PIECES: u128 = 1 << 20;

/// How far a long call is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProgressEvent {
    /// Items done.
    pub done: u64,
    /// Items in all, when known.
    pub total: Option<u64>,
}

impl ProgressEvent {
    /// The same place with one item more, of which `inner` is done: in smaller pieces than items.
    #[must_use]
    pub fn with(self, inner: Self) -> Self {
        let share = match inner.total {
            Some(total) if total > 0 => {
                u128::from(inner.done.min(total)) * PIECES / u128::from(total)
            }
            _ => 0,
        };
        let pieces = |items: u64| u128::from(items) * PIECES;
        let least = |pieces: u128| u64::try_from(pieces).unwrap_or(u64::MAX);
        Self {
            done: least(pieces(self.done) + share),
            total: self.total.map(|total| least(pieces(total))),
        }
    }
}

/// Listens to progress. Called from the thread that does the work; must return quickly.
pub trait Progress: Send + Sync {
    /// Takes one report: so many items are done.
    fn report(&self, event: ProgressEvent);

    /// Takes a report from inside the item that comes after those of `around`: `inner` of it is done, whatever that counts.
    /// Whoever only counts items has no use for it.
    fn inside(&self, _around: ProgressEvent, _inner: ProgressEvent) {}
}

/// Who is told of a piece of work, which may be one item of a larger one.
#[derive(Clone, Default)]
pub struct Share(Option<Arc<dyn Progress>>);

impl Share {
    /// The whole of what `progress` listens to.
    #[must_use]
    pub const fn of(progress: Option<Arc<dyn Progress>>) -> Self {
        Self(progress)
    }

    /// Tells how many items are done.
    pub fn report(&self, done: u64, total: Option<u64>) {
        if let Some(progress) = &self.0 {
            progress.report(ProgressEvent { done, total });
        }
    }

    /// The item that comes after `done` of `total`, as work of its own.
    #[must_use]
    pub fn item(&self, done: u64, total: Option<u64>) -> Self {
        let around = ProgressEvent { done, total };
        let item = |outer: &Arc<dyn Progress>| -> Arc<dyn Progress> {
            let outer = Arc::clone(outer);
            Arc::new(Item { outer, around })
        };
        Self(self.0.as_ref().map(item))
    }

    /// Who listens, if anybody does.
    #[must_use]
    pub fn progress(self) -> Option<Arc<dyn Progress>> {
        self.0
    }
}

impl fmt::Debug for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Share").field(&self.0.is_some()).finish()
    }
}

struct Item {
    outer: Arc<dyn Progress>,
    around: ProgressEvent,
}

impl Progress for Item {
    fn report(&self, event: ProgressEvent) {
        self.outer.inside(self.around, event);
    }

    fn inside(&self, around: ProgressEvent, inner: ProgressEvent) {
        self.outer.inside(self.around, around.with(inner));
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::{Progress, ProgressEvent, Share};

    #[derive(Default)]
    struct Heard(Mutex<Vec<f64>>);

    impl Progress for Heard {
        fn report(&self, event: ProgressEvent) {
            let part = event.done as f64 / event.total.unwrap_or(1) as f64;
            self.0.lock().unwrap().push(part);
        }

        fn inside(&self, around: ProgressEvent, inner: ProgressEvent) {
            self.report(around.with(inner));
        }
    }

    #[test]
    fn items_within_items_never_go_backwards() {
        let heard = Arc::new(Heard::default());
        let whole = Share::of(Some(Arc::<Heard>::clone(&heard)));
        for a in 0..3 {
            let outer = whole.item(a, Some(3));
            for b in 0..4 {
                let inner = outer.item(b, Some(4));
                (1..=5).for_each(|c| inner.report(c, Some(5)));
                outer.report(b + 1, Some(4));
            }
            whole.report(a + 1, Some(3));
        }
        let heard = heard.0.lock().unwrap().clone();
        assert!(heard.is_sorted(), "{heard:?}");
        assert_eq!(heard.len(), 3 * (4 * 6 + 1));
        let first = heard.first().unwrap();
        assert!(
            (first - 1.0 / 60.0).abs() < 1e-3 && heard.last() == Some(&1.0),
            "{heard:?}"
        );
    }
}
