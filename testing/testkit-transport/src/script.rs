//! What a transport does at each step, in memory or in files.

use std::collections::{BTreeMap, VecDeque};
use std::ffi::OsString;
use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use mapi_props::{Code, MessageTree};
use mapi_spi::{Call, Error, Fate, Result, TransportNotice};

use crate::{Act, Step};

/// What is planned. Everything happens once, in the order in which it was planned for its step; where nothing is planned, all goes
/// well.
#[derive(Debug, Default)]
pub struct Script {
    /// Where files with acts lie.
    files: Option<PathBuf>,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    planned: BTreeMap<Step, VecDeque<Act>>,
    answers: BTreeMap<String, VecDeque<Fate>>,
    offline: bool,
    remembers: bool,
    /// How often what hangs was let go.
    releases: u64,
    met: Vec<Step>,
    prepare: Option<Prepare>,
    hear: Option<Hear>,
}

/// What is done when the transport is told something.
#[derive(Clone)]
struct Hear(Arc<dyn Fn(&TransportNotice) + Send + Sync>);

impl fmt::Debug for Hear {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Hear")
    }
}

/// What is done to a copy before it is sent.
struct Prepare(Box<dyn Fn(&mut MessageTree) + Send>);

impl fmt::Debug for Prepare {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Prepare")
    }
}

impl Script {
    /// An empty one.
    #[must_use]
    pub fn new() -> Arc<Self> {
        Arc::default()
    }

    /// One whose acts also lie in files of this folder, which is made: they are found by every process that has one there, and
    /// one of them takes each.
    ///
    /// # Errors
    /// When the folder cannot be made.
    pub fn below(folder: &Path) -> io::Result<Arc<Self>> {
        fs::create_dir_all(folder)?;
        Ok(Arc::new(Self {
            files: Some(folder.to_owned()),
            ..Self::default()
        }))
    }

    /// This happens the next time that the step is met for which nothing is planned earlier.
    pub fn next(&self, step: Step, act: Act) {
        let mut state = self.state();
        state.planned.entry(step).or_default().push_back(act);
    }

    /// The same as a file of a folder ([`Self::below`]); `number` orders those of one step.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn plant(folder: &Path, step: Step, number: u32, act: &Act) -> io::Result<()> {
        let draft = folder.join(format!("new-{number}"));
        fs::write(&draft, act.to_text())?;
        fs::rename(draft, folder.join(format!("{}.{number:09}", step.name())))
    }

    /// How many files are left of those that were planted for a step.
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub fn planted(folder: &Path, step: Step) -> io::Result<usize> {
        let prefix = format!("{}.", step.name());
        let names = fs::read_dir(folder)?.map(|entry| Ok(entry?.file_name()));
        let names: io::Result<Vec<_>> = names.collect();
        let of_step = |name: &&OsString| name.to_string_lossy().starts_with(&prefix);
        Ok(names?.iter().filter(of_step).count())
    }

    /// [`crate::WireTransport`] answers this for the recipient, once each, and then again that all is sent.
    pub fn answer(&self, address: &str, fates: impl IntoIterator<Item = Fate>) {
        let mut state = self.state();
        let answers = state.answers.entry(address.to_owned()).or_default();
        answers.extend(fates);
    }

    /// Nothing is planned any more, no answer is waited for, and it is online.
    pub fn clear(&self) {
        let mut state = self.state();
        state.planned.clear();
        state.answers.clear();
        state.offline = false;
    }

    /// Every message that it is given to send is changed like this first (PreprocessMessage).
    pub fn prepares(&self, how: impl Fn(&mut MessageTree) + Send + 'static) {
        self.state().prepare = Some(Prepare(Box::new(how)));
    }

    /// This is done whenever it is told something (TransportNotify), on the thread that tells it.
    pub fn hears(&self, how: impl Fn(&TransportNotice) + Send + Sync + 'static) {
        self.state().hear = Some(Hear(Arc::new(how)));
    }

    pub(crate) fn hear(&self, notice: &TransportNotice) {
        let hear = self.state().hear.clone();
        if let Some(Hear(how)) = hear {
            how(notice);
        }
    }

    pub(crate) fn prepare(&self, message: &mut MessageTree) {
        if let Some(Prepare(how)) = &self.state().prepare {
            how(message);
        }
    }

    /// While it is offline every step of sending and receiving fails with `MAPI_E_NETWORK_ERROR`.
    pub fn offline(&self, is: bool) {
        self.state().offline = is;
    }

    /// Whether [`crate::WireTransport`] puts tokens into its marks, and says by its wire what became of messages whose marks have one. Else
    /// it knows nothing of them.
    pub fn remembers(&self, does: bool) {
        self.state().remembers = does;
    }

    pub(crate) fn does_remember(&self) -> bool {
        self.state().remembers
    }

    /// What hangs goes on.
    pub fn release(&self) {
        self.state().releases += 1;
        self.changed.notify_all();
    }

    /// The steps that were met since this was asked last.
    pub fn met(&self) -> Vec<Step> {
        std::mem::take(&mut self.state().met)
    }

    /// Waits until a step has been met that nobody was told of by [`Self::met`]; `false` when it is not in time.
    pub fn until_met(&self, step: Step, patience: Duration) -> bool {
        let end = Instant::now() + patience;
        let mut state = self.state();
        while !state.met.contains(&step) {
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return false;
            }
            let woken = self.changed.wait_timeout(state, left);
            state = woken.unwrap_or_else(PoisonError::into_inner).0;
        }
        true
    }

    /// What becomes of this recipient.
    pub(crate) fn fate_of(&self, address: &str) -> Fate {
        let mut state = self.state();
        let answers = state.answers.get_mut(address);
        answers.and_then(VecDeque::pop_front).unwrap_or(Fate::Sent)
    }

    /// The step is met: what is planned happens. An answer is for the caller to give.
    ///
    /// # Errors
    /// What the script says, and `MAPI_E_NETWORK_ERROR` while it is offline.
    ///
    /// # Panics
    /// Where the script says so.
    #[expect(clippy::panic, reason = "the script says so")]
    pub fn meet(&self, step: Step, call: &Call) -> Result<Option<Fate>> {
        let act = {
            let mut state = self.state();
            state.met.push(step);
            self.changed.notify_all();
            if state.offline && step >= Step::Submit {
                return Err(Error::new(Code::NETWORK_ERROR, "the script is offline"));
            }
            let planned = state.planned.get_mut(&step);
            planned.and_then(VecDeque::pop_front)
        };
        let name = step.name();
        match act.or_else(|| self.take_file(step)) {
            None => Ok(None),
            Some(Act::Fail(code)) => {
                let detail = format!("the script says so at the step `{name}`");
                Err(Error::new(code, detail))
            }
            Some(Act::Panic) => panic!("the transport was told to panic at the step `{name}`"),
            Some(Act::Die) => std::process::abort(),
            Some(Act::Wait(time)) => self.wait(Some(time), call),
            Some(Act::Hang) => self.wait(None, call),
            Some(Act::Answer(fate)) => Ok(Some(fate)),
            Some(Act::Do(what)) => {
                what();
                Ok(None)
            }
        }
    }

    fn wait(&self, time: Option<Duration>, call: &Call) -> Result<Option<Fate>> {
        let end = time.map(|time| Instant::now() + time);
        let mut state = self.state();
        let before = state.releases;
        while state.releases == before && end.is_none_or(|end| Instant::now() < end) {
            call.check()?;
            let woken = self.changed.wait_timeout(state, Duration::from_millis(5));
            state = woken.unwrap_or_else(PoisonError::into_inner).0;
        }
        Ok(None)
    }

    /// The first file of the step. It is gone before anything happens: a process that it ends does not meet it again.
    fn take_file(&self, step: Step) -> Option<Act> {
        let folder = self.files.as_deref()?;
        let mut names: Vec<String> = fs::read_dir(folder)
            .ok()?
            .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
            .filter(|name| name.split('.').next() == Some(step.name()))
            .collect();
        names.sort();
        names.iter().find_map(|name| {
            let path = folder.join(name);
            let act = Act::from_text(&fs::read_to_string(&path).ok()?)?;
            // Who removes it has it.
            fs::remove_file(&path).ok()?;
            Some(act)
        })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
