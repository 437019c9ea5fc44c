//! What is fuzzed, and one execution of it.

use std::any::Any;
use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, PanicHookInfo, catch_unwind};
use std::sync::Once;

use crate::seen::Seen;

/// One reader or writer under test.
#[derive(Debug)]
pub struct Target {
    /// Its name on the command line.
    pub name: &'static str,
    /// What must hold for every input.
    pub about: &'static str,
    /// Longest input in bytes.
    pub longest: usize,
    /// Inputs to start from.
    pub seeds: fn() -> Vec<Vec<u8>>,
    /// Whether mail is a seed too: the samples, and a corpus where there is one.
    pub takes_mail: bool,
    /// Pieces that inputs of this kind are made of.
    pub tokens: &'static [&'static [u8]],
    /// Runs one input; a panic is a failure.
    pub run: fn(&[u8], &mut Seen),
}

/// A panic of a target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Panicked {
    /// `file:line`, by which failures are told apart.
    pub place: String,
    /// What it says.
    pub message: String,
}

thread_local! {
    /// Where the last panic of this thread was; empty outside of [`run_once`].
    static PLACE: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Runs `input` through the target.
///
/// # Errors
/// How it panicked.
pub fn run_once(target: &Target, input: &[u8]) -> Result<Seen, Panicked> {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let usual = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| noted_or(&usual, info)));
    });
    PLACE.set(Some(String::new()));
    let mut seen = Seen::default();
    let result = catch_unwind(AssertUnwindSafe(|| (target.run)(input, &mut seen)));
    let place = PLACE.take().unwrap_or_default();
    match result {
        Ok(()) => Ok(seen),
        Err(payload) => Err(Panicked {
            place,
            message: text_of(&*payload),
        }),
    }
}

/// Panics of targets are noted in silence; all others go the usual way.
fn noted_or(usual: &dyn Fn(&PanicHookInfo<'_>), info: &PanicHookInfo<'_>) {
    let ours = PLACE.with_borrow_mut(|place| match place {
        Some(place) => {
            *place = info
                .location()
                .map_or_else(String::new, |at| format!("{}:{}", at.file(), at.line()));
            true
        }
        None => false,
    });
    if !ours {
        usual(info);
    }
}

fn text_of(payload: &(dyn Any + Send)) -> String {
    let text = payload
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| payload.downcast_ref::<&str>().copied());
    text.unwrap_or("a panic without words")
        .chars()
        .take(2000)
        .collect()
}
