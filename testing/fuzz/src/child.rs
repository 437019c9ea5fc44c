//! The child's side: runs one target until its time is over and tells the parent, line by line.
//!
//! Before each execution its input is written to the file `current`, from which the parent takes it if this process dies.

use std::collections::HashSet;
use std::fs::{self, File};
use std::io::{Seek, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use crate::engine::{Engine, Failure, Step};
use crate::process;
use crate::report::{FailureKind, Finding, Line, Progress};
use crate::seeds::{Places, seeds_of};
use crate::target::Target;

/// What a child is to do.
#[derive(Debug, Clone)]
pub struct Task {
    /// The target.
    pub target: &'static Target,
    /// Where chance starts.
    pub seed: u64,
    /// When to end.
    pub time: Duration,
    /// After how many executions to end.
    pub executions: u64,
    /// The target's own folder.
    pub folder: PathBuf,
    /// Mail for seeds.
    pub corpus: Option<PathBuf>,
}

/// Stack of the thread that runs the target, that of an ordinary thread: deep recursion must show.
const STACK: usize = 2 << 20;

/// Between two lines of progress.
const BEAT: Duration = Duration::from_secs(1);

/// Does a task in a thread of its own.
///
/// # Errors
/// When files cannot be written or the parent is gone.
pub fn run(task: Task) -> Result<()> {
    let thread = std::thread::Builder::new().stack_size(STACK);
    let thread = thread.spawn(move || Child::new(task)?.run())?;
    match thread.join() {
        Ok(result) => result,
        Err(payload) => std::panic::resume_unwind(payload),
    }
}

/// The input that a child was running, if it had come so far.
///
/// # Errors
/// When the file cannot be read.
pub fn current_input(folder: &Path) -> Result<Option<Vec<u8>>> {
    let Ok(bytes) = fs::read(folder.join(CURRENT)) else {
        return Ok(None);
    };
    let Some((len, rest)) = bytes.split_first_chunk::<8>() else {
        return Ok(None);
    };
    let len = usize::try_from(u64::from_le_bytes(*len))?;
    let input = rest
        .get(..len)
        .context("the file of the current input is cut")?;
    Ok(Some(input.to_vec()))
}

/// Length in 64 bits, then the input; what follows is left of longer ones.
const CURRENT: &str = "current";
/// Names of inputs that ended a child of this run: the next one must not begin with them.
pub(crate) const LOST: &str = "lost";
/// Inputs that showed something new.
pub(crate) const KEPT: &str = "kept";

struct Child {
    task: Task,
    engine: Engine,
    current: File,
    buffer: Vec<u8>,
    known: HashSet<String>,
    slowest: Duration,
    started: Instant,
}

impl Child {
    fn new(task: Task) -> Result<Self> {
        let kept = task.folder.join(KEPT);
        fs::create_dir_all(&kept)?;
        let places = Places::of_checkout(task.corpus.clone());
        let mut seeds = seeds_of(task.target, &places);
        seeds.extend(failed_before(&task.folder)?);
        // After a crash the next child goes on with what the last one had found.
        seeds.extend(files_of(&kept, |_| true)?);
        let lost = fs::read_to_string(task.folder.join(LOST)).unwrap_or_default();
        seeds.retain(|seed| !lost.contains(&name_of(seed)));
        Ok(Self {
            engine: Engine::new(task.target, task.seed, seeds),
            current: File::create(task.folder.join(CURRENT))?,
            buffer: Vec::new(),
            known: HashSet::new(),
            slowest: Duration::ZERO,
            started: Instant::now(),
            task,
        })
    }

    fn run(mut self) -> Result<()> {
        let mut beat = Instant::now();
        self.tell_progress()?;
        while self.started.elapsed() < self.task.time
            && self.engine.executions() < self.task.executions
        {
            let input = self.engine.next_input();
            self.note_current(&input)?;
            let before = Instant::now();
            let step = self.engine.run(input);
            let took = before.elapsed();
            self.slowest = self.slowest.max(took);
            match step {
                Step::Same => {}
                Step::New(input) => self.keep(&input)?,
                Step::Failed(failure) => self.failed(failure)?,
            }
            if beat.elapsed() >= BEAT {
                beat = Instant::now();
                self.tell_progress()?;
            }
        }
        self.tell_progress()?;
        tell(&Line::Done)
    }

    fn note_current(&mut self, input: &[u8]) -> Result<()> {
        self.buffer.clear();
        let len = u64::try_from(input.len())?;
        self.buffer.extend_from_slice(&len.to_le_bytes());
        self.buffer.extend_from_slice(input);
        self.current.rewind()?;
        self.current.write_all(&self.buffer)?;
        Ok(())
    }

    fn keep(&self, input: &[u8]) -> Result<()> {
        let name = format!("{:08}", self.engine.executions());
        let folder = self.task.folder.join(KEPT);
        fs::write(folder.join(name), input)?;
        Ok(())
    }

    fn failed(&mut self, failure: Failure) -> Result<()> {
        if !self.known.insert(failure.panicked.place.clone()) {
            return Ok(());
        }
        let file = save(&self.task.folder, "panic", &failure.input)?;
        tell(&Line::Panic(Finding {
            kind: FailureKind::Panic,
            place: failure.panicked.place,
            message: failure.panicked.message,
            size: u64::try_from(failure.input.len())?,
            file,
        }))
    }

    fn tell_progress(&self) -> Result<()> {
        tell(&Line::Progress(Progress {
            executions: self.engine.executions(),
            kept: self.engine.kept(),
            marks: self.engine.marks(),
            peak_kib: process::peak_kib().unwrap_or(0),
            slowest_ms: u64::try_from(self.slowest.as_millis())?,
        }))
    }
}

/// Inputs on which this run or an earlier one failed.
fn failed_before(folder: &Path) -> Result<Vec<Vec<u8>>> {
    let kinds = ["small-", "panic-", "crash-", "hang-"];
    files_of(folder, |name| {
        kinds.iter().any(|kind| name.starts_with(kind))
    })
}

/// The files of a folder in name order.
fn files_of(folder: &Path, wanted: impl Fn(&str) -> bool) -> Result<Vec<Vec<u8>>> {
    let mut files: Vec<PathBuf> = fs::read_dir(folder)?
        .filter_map(Result::ok)
        .filter(|e| wanted(&e.file_name().to_string_lossy()))
        .map(|e| e.path())
        .collect();
    files.sort();
    let inputs = files.iter().map(fs::read).collect::<Result<_, _>>()?;
    Ok(inputs)
}

/// Writes an input under a name of its own.
pub(crate) fn save(folder: &Path, kind: &str, input: &[u8]) -> Result<PathBuf> {
    let file = folder.join(format!("{kind}-{}", name_of(input)));
    fs::write(&file, input).with_context(|| format!("cannot write {}", file.display()))?;
    Ok(file)
}

/// FNV-1a of the bytes in hexadecimal digits.
pub(crate) fn name_of(input: &[u8]) -> String {
    let hash = input.iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    });
    format!("{hash:016x}")
}

fn tell(line: &Line) -> Result<()> {
    let mut text = serde_json::to_vec(line)?;
    text.push(b'\n');
    let mut out = std::io::stdout().lock();
    out.write_all(&text)?;
    out.flush()?;
    Ok(())
}
