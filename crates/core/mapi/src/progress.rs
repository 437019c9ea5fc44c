//! Progress objects: how far a long call is, as MAPI tells it.
//! Reference: "IMAPIProgress : IUnknown", "Implementing a Progress Indicator", "MAPI Progress Objects" (requirement AD-06)

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use mapi_spi::{Call, Progress, ProgressEvent, UiHost};

/// MAPI_TOP_LEVEL: the object counts the items of the whole call, not of a part of one.
pub const TOP_LEVEL: u32 = 0x1;

/// What a program watches a long call with (IMAPIProgress). Objects are called from the thread that does the work.
pub trait ProgressObject: Send + Sync + fmt::Debug {
    /// Takes how far it is (Progress): `value` between the limits; `count` of `total` items, or 0 of 0 from inside an item,
    /// where it is for the object to say whether that is worth drawing.
    fn progress(&self, value: u32, count: u32, total: u32);

    /// GetFlags: [`TOP_LEVEL`] or 0.
    fn flags(&self) -> u32;

    /// GetMin and GetMax: `value` is the first only when nothing is done, and the second only when all is.
    fn limits(&self) -> (u32, u32);

    /// SetLimits: what is `None` stays as it is.
    fn set_limits(&self, min: Option<u32>, max: Option<u32>, flags: Option<u32>);
}

/// The limits and flags of a progress object: 1 to 1000 and [`TOP_LEVEL`] in the beginning.
#[derive(Debug)]
pub struct ProgressLimits(Mutex<(u32, u32, u32)>);

impl Default for ProgressLimits {
    fn default() -> Self {
        Self(Mutex::new((1, 1000, TOP_LEVEL)))
    }
}

impl ProgressLimits {
    /// For [`ProgressObject::flags`].
    #[must_use]
    pub fn flags(&self) -> u32 {
        self.get().2
    }

    /// For [`ProgressObject::limits`].
    #[must_use]
    pub fn limits(&self) -> (u32, u32) {
        let (min, max, _) = self.get();
        (min, max)
    }

    /// For [`ProgressObject::set_limits`].
    pub fn set(&self, min: Option<u32>, max: Option<u32>, flags: Option<u32>) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.0 = min.unwrap_or(all.0);
        all.1 = max.unwrap_or(all.1);
        all.2 = flags.unwrap_or(all.2);
    }

    fn get(&self) -> (u32, u32, u32) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Lets a progress object watch calls: give them what comes back as [`Call::progress`].
///
/// The object is used as providers use one: asked for its flags first; limits of each item set before anything inside of that
/// is told; values that never go backwards. Its limits and flags are as they were when the call has told its end.
///
/// ```
/// # fn show(folder: &mapi::Folder, object: std::sync::Arc<dyn mapi::ProgressObject>) {
/// use mapi::{Call, watched_by};
/// let call = Call { progress: Some(watched_by(object)), ..Call::default() };
/// let watched = folder.with_call(call);
/// # drop(watched) }
/// ```
#[must_use]
pub fn watched_by(object: Arc<dyn ProgressObject>) -> Arc<dyn Progress> {
    let (min, max) = object.limits();
    let is_top = object.flags() & TOP_LEVEL != 0;
    let state = Mutex::new(State {
        reached: min,
        begun: false,
    });
    Arc::new(Teller {
        object,
        min,
        max,
        is_top,
        state,
    })
}

/// Tells a progress object what a call reports.
struct Teller {
    object: Arc<dyn ProgressObject>,
    min: u32,
    max: u32,
    is_top: bool,
    state: Mutex<State>,
}

struct State {
    /// The highest value told.
    reached: u32,
    begun: bool,
}

impl Teller {
    /// The value for a place: the least only where nothing is done, the most only where all is.
    fn value(&self, event: ProgressEvent) -> u32 {
        let (Some(total), range) = (event.total, self.max.saturating_sub(self.min)) else {
            return self.min;
        };
        if total == 0 || event.done >= total {
            return self.max;
        }
        let part = u128::from(range) * u128::from(event.done) / u128::from(total);
        let least = u32::from(event.done > 0);
        let most = range.saturating_sub(1);
        self.min + u32::try_from(part).unwrap_or(range).max(least).min(most)
    }

    /// Tells the beginning, once, and says how far it was told.
    fn begin(&self, event: ProgressEvent, total: u32) -> u32 {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let first = !std::mem::replace(&mut state.begun, true);
        if first && event.done > 0 {
            self.object.progress(self.min, 0, total);
        }
        state.reached
    }

    fn tell(&self, value: u32, count: u32, total: u32) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.reached = state.reached.max(value);
        self.object.progress(state.reached, count, total);
    }
}

impl Progress for Teller {
    fn report(&self, event: ProgressEvent) {
        let number = |n: u64| u32::try_from(n).unwrap_or(u32::MAX);
        let flags = if self.is_top { TOP_LEVEL } else { 0 };
        self.object
            .set_limits(Some(self.min), Some(self.max), Some(flags));
        let counted = event.total.filter(|_| self.is_top).map(number);
        self.begin(event, counted.unwrap_or(0));
        match counted {
            Some(total) => self.tell(self.value(event), number(event.done), total),
            None => self.tell(self.value(event), 0, 0),
        }
    }

    fn inside(&self, around: ProgressEvent, inner: ProgressEvent) {
        let event = around.with(inner);
        let reached = self.begin(event, 0);
        let place = |done| self.value(ProgressEvent { done, ..around });
        let (from, to) = (place(around.done), place(around.done + 1));
        let value = self.value(event);
        // The end of an item is told by whoever counts items; what is told too late would turn it back.
        if value >= to || value < reached.max(from) {
            return;
        }
        self.object.set_limits(Some(from), Some(to), Some(0));
        self.tell(value, 0, 0);
    }
}

/// Shows progress only of what takes long: nothing is handed on before the delay is over.
pub struct Delayed {
    shown_by: Box<dyn Fn() -> Option<Arc<dyn Progress>> + Send + Sync>,
    begun: Instant,
    delay: Duration,
    shown: Mutex<Option<Option<Arc<dyn Progress>>>>,
}

impl fmt::Debug for Delayed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Delayed")
            .field("delay", &self.delay)
            .finish_non_exhaustive()
    }
}

impl Delayed {
    /// How long calls usually go on before anything is shown of them.
    pub const USUAL: Duration = Duration::from_secs(4);

    /// Asks `shown_by` for what shows it when something is told after `delay`, once.
    #[must_use]
    pub fn new(
        delay: Duration,
        shown_by: impl Fn() -> Option<Arc<dyn Progress>> + Send + Sync + 'static,
    ) -> Self {
        Self {
            shown_by: Box::new(shown_by),
            begun: Instant::now(),
            delay,
            shown: Mutex::default(),
        }
    }

    fn shown(&self) -> Option<Arc<dyn Progress>> {
        if self.begun.elapsed() < self.delay {
            return None;
        }
        let mut shown = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
        shown.get_or_insert_with(|| (self.shown_by)()).clone()
    }
}

impl Progress for Delayed {
    fn report(&self, event: ProgressEvent) {
        if let Some(shown) = self.shown() {
            shown.report(event);
        }
    }

    fn inside(&self, around: ProgressEvent, inner: ProgressEvent) {
        if let Some(shown) = self.shown() {
            shown.inside(around, inner);
        }
    }
}

/// A call that shows how far it is as the user interface does, if it takes longer than `delay` and nobody watches it already
/// (IMAPISupport::DoProgressDialog; without this, as with the flags *_NO_DIALOG, nothing is shown).
#[must_use]
pub fn with_dialog(call: &Call, ui: &Arc<dyn UiHost>, title: &str, delay: Duration) -> Call {
    if call.progress.is_some() {
        return call.clone();
    }
    let (ui, title) = (Arc::clone(ui), title.to_owned());
    let delayed = Delayed::new(delay, move || ui.progress(&title));
    Call {
        progress: Some(Arc::new(delayed)),
        ..call.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Default)]
    struct Heard {
        limits: ProgressLimits,
        told: Mutex<Vec<(u32, u32, u32)>>,
    }

    impl ProgressObject for Heard {
        fn progress(&self, value: u32, count: u32, total: u32) {
            let (min, max) = self.limits.limits();
            assert!((min..=max).contains(&value), "{value} in {min}..={max}");
            self.told.lock().unwrap().push((value, count, total));
        }
        fn flags(&self) -> u32 {
            self.limits.flags()
        }
        fn limits(&self) -> (u32, u32) {
            self.limits.limits()
        }
        fn set_limits(&self, min: Option<u32>, max: Option<u32>, flags: Option<u32>) {
            self.limits.set(min, max, flags);
        }
    }

    fn tell(object: &Arc<Heard>) -> Arc<dyn Progress> {
        watched_by(Arc::<Heard>::clone(object))
    }

    #[test]
    fn the_least_is_told_first_and_the_most_only_at_the_end() {
        for items in [1, 3, 7, 5000] {
            let object = Arc::new(Heard::default());
            let progress = tell(&object);
            for done in 1..=items {
                progress.report(ProgressEvent {
                    done,
                    total: Some(items),
                });
            }
            let told = object.told.lock().unwrap().clone();
            let values: Vec<u32> = told.iter().map(|t| t.0).collect();
            assert!(values.is_sorted());
            assert_eq!((values[0], values[values.len() - 1]), (1, 1000));
            let ends = values.iter().filter(|v| **v == 1000).count();
            assert_eq!(ends, 1);
            assert_eq!(values.iter().filter(|v| **v == 1).count(), 1);
        }
    }

    #[test]
    fn what_is_inside_an_item_stays_inside_and_counts_nothing() {
        let object = Arc::new(Heard::default());
        let progress = tell(&object);
        let event = |done, total| ProgressEvent {
            done,
            total: Some(total),
        };
        progress.report(event(1, 2));
        progress.inside(event(1, 2), event(1, 4));
        assert_eq!(object.flags(), 0);
        assert_eq!(object.limits(), (500, 1000));
        progress.inside(event(1, 2), event(4, 4));
        // Somebody who tells of it too late does not turn it back.
        progress.inside(event(0, 2), event(1, 2));
        progress.report(event(2, 2));
        assert_eq!(object.flags(), TOP_LEVEL);
        let told = object.told.lock().unwrap().clone();
        assert_eq!(told, [(1, 0, 2), (500, 1, 2), (625, 0, 0), (1000, 2, 2)]);
    }

    #[test]
    fn limits_that_somebody_set_are_kept_to() {
        let object = Arc::new(Heard::default());
        object.set_limits(Some(0), Some(10), Some(0));
        object.set_limits(None, None, None);
        assert_eq!((object.limits(), object.flags()), ((0, 10), 0));
        let progress = tell(&object);
        progress.report(ProgressEvent {
            done: 1,
            total: None,
        });
        progress.report(ProgressEvent {
            done: 5,
            total: Some(10),
        });
        let told = object.told.lock().unwrap().clone();
        assert_eq!(
            told,
            [(0, 0, 0), (0, 0, 0), (5, 0, 0)],
            "a part of something larger counts nothing"
        );
    }

    #[test]
    fn what_is_quick_is_never_shown() {
        #[derive(Debug)]
        struct Screen(Arc<Heard>);
        impl UiHost for Screen {
            fn progress(&self, _: &str) -> Option<Arc<dyn Progress>> {
                Some(tell(&self.0))
            }
        }
        let object = Arc::new(Heard::default());
        let screen: Arc<dyn UiHost> = Arc::new(Screen(Arc::clone(&object)));
        let told = |delay| {
            with_dialog(&Call::default(), &screen, "x", delay).report(1, Some(2));
            object.told.lock().unwrap().len()
        };
        assert_eq!(told(Delayed::USUAL), 0);
        assert_eq!(told(Duration::ZERO), 2);
    }
}
