//! Trouble that tests ask for by configuration: failures, delays, hanging, at each step of the contract.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use mapi_props::Code;
use mapi_spi::{Call, Error, Result};

use crate::address::words;

/// The longest delay, in milliseconds: an hour.
const LONGEST: u64 = 3_600_000;

/// Where trouble can happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    /// It is given messages; nothing has been done.
    Submit,
    /// A parcel is being written; nobody sees it.
    Write,
    /// The marks are durable; the last word has not been said.
    Commit,
    /// One of the parcels is about to be put into its mailbox; those before it are there.
    Publish,
    /// The last word has been said; nobody was told.
    Answer,
    /// It is asked to receive; nothing has been read.
    Receive,
    /// Messages are kept; their parcels are still there.
    Keep,
}

/// What happens there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Deed {
    Fail,
    Delay,
    Hang,
}

/// One rule: what, where, how often.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Rule {
    deed: Deed,
    step: Step,
    every: u64,
    delay: Duration,
}

impl Deed {
    /// In this order: who is to wait and then fail does so.
    pub(crate) const ALL: [Self; 3] = [Self::Delay, Self::Hang, Self::Fail];

    pub(crate) const fn key(self) -> &'static str {
        match self {
            Self::Fail => "fail",
            Self::Delay => "delay",
            Self::Hang => "hang",
        }
    }

    pub(crate) const fn allowed(self) -> &'static str {
        match self {
            Self::Delay => {
                "submit, write, commit, publish, answer, receive or keep, with /N for every N-th time, and :MILLISECONDS, at most 3600000"
            }
            Self::Fail | Self::Hang => {
                "submit, write, commit, publish, answer, receive or keep, with /N for every N-th time"
            }
        }
    }
}

impl Step {
    fn parse(word: &str) -> Option<Self> {
        Some(match word {
            "submit" => Self::Submit,
            "write" => Self::Write,
            "commit" => Self::Commit,
            "publish" => Self::Publish,
            "answer" => Self::Answer,
            "receive" => Self::Receive,
            "keep" => Self::Keep,
            _ => return None,
        })
    }
}

impl Rule {
    /// Reads the rules of one setting.
    ///
    /// # Errors
    /// The first that is none.
    pub(crate) fn list(deed: Deed, text: &str) -> std::result::Result<Vec<Self>, String> {
        let read = |word: &str| Self::parse(deed, word).ok_or_else(|| word.to_owned());
        words(text).map(read).collect()
    }

    fn parse(deed: Deed, word: &str) -> Option<Self> {
        let (at, delay) = match (deed, word.split_once(':')) {
            (Deed::Delay, Some((at, delay))) => (at, delay.parse().ok()?),
            (Deed::Fail | Deed::Hang, None) => (word, 0),
            _ => return None,
        };
        let (step, every) = at.split_once('/').unwrap_or((at, "1"));
        let every = every.parse().ok().filter(|n| *n > 0)?;
        (delay <= LONGEST).then_some(())?;
        Some(Self {
            deed,
            step: Step::parse(step)?,
            every,
            delay: Duration::from_millis(delay),
        })
    }
}

/// The rules, with how often each step was met.
#[derive(Debug, Default)]
pub(crate) struct Troubles(Vec<(Rule, AtomicU64)>);

impl Troubles {
    pub(crate) fn new(rules: &[Rule]) -> Self {
        Self(
            rules
                .iter()
                .map(|rule| (rule.clone(), AtomicU64::new(0)))
                .collect(),
        )
    }

    /// Does what is asked for at this step.
    ///
    /// # Errors
    /// `MAPI_E_NETWORK_ERROR`, when it is to fail; those of the call, when it hangs or waits.
    pub(crate) fn meet(&self, step: Step, call: &Call) -> Result<()> {
        for (rule, met) in self.0.iter().filter(|(rule, _)| rule.step == step) {
            let times = met.fetch_add(1, Ordering::SeqCst) + 1;
            if times % rule.every != 0 {
                continue;
            }
            match rule.deed {
                Deed::Delay => wait(Some(rule.delay), call)?,
                Deed::Hang => wait(None, call)?,
                Deed::Fail => {
                    let detail =
                        format!("told to fail at this step by the setting `fail` ({step:?})");
                    return Err(Error::new(Code::NETWORK_ERROR, detail));
                }
            }
        }
        Ok(())
    }
}

/// Sleeps for so long, or until the call is cancelled or its time is over.
fn wait(long: Option<Duration>, call: &Call) -> Result<()> {
    let until = long.map(|long| Instant::now() + long);
    let pair = Arc::new((Mutex::new(()), Condvar::new()));
    let waker = Arc::clone(&pair);
    let _registered = call.cancel.on_cancel(move || {
        let _held = waker.0.lock().unwrap_or_else(PoisonError::into_inner);
        waker.1.notify_all();
    });
    let mut held = pair.0.lock().unwrap_or_else(PoisonError::into_inner);
    loop {
        call.check()?;
        let now = Instant::now();
        if until.is_some_and(|until| until <= now) {
            return Ok(());
        }
        let next = [until, call.deadline].into_iter().flatten().min();
        let woken = match next {
            Some(next) => pair
                .1
                .wait_timeout(held, next.saturating_duration_since(now))
                .map(|(held, _)| held)
                .map_err(|e| e.into_inner().0),
            None => pair.1.wait(held).map_err(PoisonError::into_inner),
        };
        held = woken.unwrap_or_else(|held| held);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_are_read_or_named() {
        let rules = Rule::list(Deed::Fail, "commit/3, answer").unwrap();
        assert_eq!(rules.len(), 2);
        assert_eq!((rules[0].step, rules[0].every), (Step::Commit, 3));
        assert_eq!(
            Rule::list(Deed::Delay, "write/2:250").unwrap()[0].delay,
            Duration::from_millis(250)
        );
        for (deed, wrong) in [
            (Deed::Fail, "write:5"),
            (Deed::Fail, "write/0"),
            (Deed::Hang, "nowhere"),
            (Deed::Delay, "write"),
            (Deed::Delay, "write:3600001"),
        ] {
            assert_eq!(Rule::list(deed, wrong), Err(wrong.to_owned()));
        }
    }

    #[test]
    fn every_third_time_fails_and_hanging_ends_with_the_call() {
        let troubles = Troubles::new(&Rule::list(Deed::Fail, "write/3").unwrap());
        let call = Call::default();
        let met: Vec<bool> = (0..6)
            .map(|_| troubles.meet(Step::Write, &call).is_ok())
            .collect();
        assert_eq!(met, [true, true, false, true, true, false]);
        troubles.meet(Step::Commit, &call).unwrap();
        let hang = Troubles::new(&Rule::list(Deed::Hang, "keep").unwrap());
        let stopped = Call {
            deadline: Some(Instant::now() + Duration::from_millis(20)),
            ..Call::default()
        };
        assert_eq!(
            hang.meet(Step::Keep, &stopped).unwrap_err().code(),
            Code::TIMEOUT
        );
        let cancelled = Call::default();
        let token = cancelled.cancel.clone();
        let stopper = std::thread::spawn(move || token.cancel());
        assert_eq!(
            hang.meet(Step::Keep, &cancelled).unwrap_err().code(),
            Code::USER_CANCEL
        );
        stopper.join().unwrap();
    }
}
