//! The parent's side: starts children, sees them crash, hang or take too much memory, and goes on with the next.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use testkit::ChildGuard;

use crate::child::{self, KEPT, LOST};
use crate::plan::Plan;
use crate::process::{self, MEMORY_KIB};
use crate::report::{FailureKind, Finding, Line, Progress, Report, TargetReport};
use crate::shrink::shrink;
use crate::target::Target;

/// Time of one execution by the clock, for what waits instead of working.
const STUCK: Duration = Duration::from_secs(120);
/// Crashes that are kept of those that end alike.
const ALIKE: usize = 5;
/// Children of one target; one that crashes at once and always is not worth more.
const CHILDREN: u32 = 40;

/// Runs the plan and writes its report. Says how each target did.
///
/// # Errors
/// When children cannot be started or files not written; failures of targets are in the report.
pub fn run(plan: &Plan, say: &(dyn Fn(&str) + Sync)) -> Result<Report> {
    let waiting = Mutex::new(plan.targets.iter().rev().copied().collect::<Vec<_>>());
    let done: Mutex<Vec<Result<TargetReport>>> = Mutex::new(Vec::new());
    let next = || {
        let mut waiting = waiting.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.pop()
    };
    std::thread::scope(|scope| {
        for _ in 0..plan.jobs.min(plan.targets.len()) {
            scope.spawn(|| {
                while let Some(target) = next() {
                    let result = Watcher::new(plan, target).and_then(Watcher::run);
                    if let Ok(report) = &result {
                        say(&summary(report));
                    }
                    let mut done = done.lock().unwrap_or_else(PoisonError::into_inner);
                    done.push(result);
                }
            });
        }
    });
    let done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
    let mut targets = done.into_iter().collect::<Result<Vec<_>>>()?;
    targets.sort_by_key(|report| plan.targets.iter().position(|t| t.name == report.target));
    let report = Report {
        seed: plan.seed,
        seconds: plan.seconds,
        guidance: "observed behaviour: inputs that show a new defect, count, code or shape are kept",
        memory_limit_mib: MEMORY_KIB / 1024,
        clean: targets.iter().all(|t| t.findings.is_empty()),
        targets,
    };
    if let Some(path) = &plan.report {
        fs::write(path, serde_json::to_vec_pretty(&report)?)
            .with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(report)
}

fn summary(report: &TargetReport) -> String {
    let mut line = format!(
        "{:<18} {:>10} executions, {:>7.0}/s, {:>4} kept, {:>5.0} MiB, slowest {} ms",
        report.target,
        report.executions,
        report.per_second,
        report.kept,
        report.peak_mib.unwrap_or(0.0),
        report.slowest_ms
    );
    for finding in &report.findings {
        let first = finding.message.lines().next().unwrap_or_default();
        line.push_str(&format!(
            "\n  {:?} at {}: {first}\n    {} ({} bytes)",
            finding.kind,
            finding.place,
            finding.file.display(),
            finding.size
        ));
    }
    line
}

/// How a child ended.
enum Ended {
    Done,
    Died(ExitStatus),
    Hung,
}

struct Watcher<'p> {
    plan: &'p Plan,
    target: &'static Target,
    folder: PathBuf,
    started: Instant,
    /// What earlier children did, and the present one as far as it told.
    before: u64,
    progress: Progress,
    peak_kib: u64,
    slowest_ms: u64,
    findings: Vec<Finding>,
}

impl<'p> Watcher<'p> {
    fn new(plan: &'p Plan, target: &'static Target) -> Result<Self> {
        let folder = plan.out.join(target.name);
        match fs::remove_dir_all(folder.join(KEPT)) {
            Err(e) if e.kind() != std::io::ErrorKind::NotFound => return Err(e.into()),
            _ => {}
        }
        fs::create_dir_all(&folder)?;
        fs::write(folder.join(LOST), "")?;
        Ok(Self {
            plan,
            target,
            folder,
            started: Instant::now(),
            before: 0,
            progress: Progress::default(),
            peak_kib: 0,
            slowest_ms: 0,
            findings: Vec::new(),
        })
    }

    fn run(mut self) -> Result<TargetReport> {
        let mut children = 0;
        while children < CHILDREN {
            let ended = self.child(children)?;
            children += 1;
            match ended {
                Ended::Done => break,
                Ended::Died(status) => self.lost(FailureKind::Crash, &status.to_string())?,
                Ended::Hung => self.lost(FailureKind::Hang, "one input took too long")?,
            }
            if self.left().is_zero() {
                break;
            }
        }
        let seconds = self.started.elapsed().as_secs_f64();
        self.make_small();
        let executions = self.before + self.progress.executions;
        #[expect(
            clippy::cast_precision_loss,
            reason = "rates and MiB are shown rounded"
        )]
        let (per_second, peak_mib) = (executions as f64 / seconds, self.peak_kib as f64 / 1024.0);
        Ok(TargetReport {
            target: self.target.name,
            seconds,
            executions,
            per_second,
            kept: self.progress.kept,
            marks: self.progress.marks,
            peak_mib: (self.peak_kib > 0).then_some(peak_mib),
            slowest_ms: self.slowest_ms,
            restarts: children.saturating_sub(1),
            findings: self.findings,
        })
    }

    fn left(&self) -> Duration {
        Duration::from_secs(self.plan.seconds).saturating_sub(self.started.elapsed())
    }

    /// Runs one child to its end.
    fn child(&mut self, number: u32) -> Result<Ended> {
        self.before += std::mem::take(&mut self.progress).executions;
        let mut command = process::limited(&std::env::current_exe()?);
        command.arg("child").arg(self.target.name);
        // Each child takes other chances: the last one's led to its end.
        let seed = self.plan.seed.wrapping_add(u64::from(number) << 32);
        let executions = self.plan.executions.saturating_sub(self.before);
        for (name, value) in [
            ("--seed", seed),
            ("--seconds", self.left().as_secs()),
            ("--executions", executions),
        ] {
            command.arg(name).arg(value.to_string());
        }
        command.arg("--out").arg(&self.folder);
        if let Some(corpus) = &self.plan.corpus {
            command.arg("--corpus").arg(corpus);
        }
        let log = fs::File::create(self.folder.join(format!("log-{number}")))?;
        command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log);
        let mut child = ChildGuard::spawn(&mut command).context("cannot start a child")?;
        let out = child
            .child()
            .stdout
            .take()
            .context("the child has no output")?;
        let (sender, lines) = channel();
        let reader = std::thread::spawn(move || {
            for line in BufReader::new(out).lines().map_while(Result::ok) {
                if let Ok(line) = serde_json::from_str::<Line>(&line) {
                    // The watcher hears nothing more after the last line that matters.
                    let _heard = sender.send(line);
                }
            }
        });
        let ended = self.listen(&lines, &mut child);
        child.kill()?;
        // The reader ends with the child's output.
        let _read = reader.join();
        ended
    }

    fn listen(&mut self, lines: &Receiver<Line>, child: &mut ChildGuard) -> Result<Ended> {
        let per_input = Duration::from_secs(self.plan.per_input);
        let mut heard = Instant::now();
        let mut worked = process::cpu_time(child.id());
        loop {
            match lines.recv_timeout(Duration::from_millis(500)) {
                Ok(Line::Done) => return Ok(Ended::Done),
                Ok(Line::Progress(progress)) => self.note(progress),
                Ok(Line::Panic(finding)) => self.found(finding),
                Err(RecvTimeoutError::Disconnected) => return Ok(Ended::Died(child.wait()?)),
                Err(RecvTimeoutError::Timeout) => {
                    let now = process::cpu_time(child.id());
                    let used = match (now, worked) {
                        (Some(now), Some(worked)) => now.saturating_sub(worked),
                        _ => heard.elapsed(),
                    };
                    if used > per_input || heard.elapsed() > STUCK {
                        return Ok(Ended::Hung);
                    }
                    continue;
                }
            }
            heard = Instant::now();
            worked = process::cpu_time(child.id());
        }
    }

    fn note(&mut self, progress: Progress) {
        self.progress = progress;
        self.peak_kib = self.peak_kib.max(progress.peak_kib);
        self.slowest_ms = self.slowest_ms.max(progress.slowest_ms);
    }

    fn found(&mut self, finding: Finding) {
        let alike = |f: &&Finding| f.kind == finding.kind && f.place == finding.place;
        let known = self.findings.iter().filter(alike).count();
        // The place of a panic tells it from others; a signal does not.
        let most = if finding.kind == FailureKind::Panic {
            1
        } else {
            ALIKE
        };
        if known < most {
            self.findings.push(finding);
        }
    }

    /// Keeps the input of a child that is gone.
    fn lost(&mut self, kind: FailureKind, place: &str) -> Result<()> {
        let Some(input) = child::current_input(&self.folder)? else {
            anyhow::bail!(
                "a child of {} ended before its first input: {place}",
                self.target.name
            );
        };
        let name = if kind == FailureKind::Hang {
            "hang"
        } else {
            "crash"
        };
        let file = child::save(&self.folder, name, &input)?;
        let mut lost = fs::OpenOptions::new()
            .append(true)
            .open(self.folder.join(LOST))?;
        writeln!(lost, "{}", child::name_of(&input))?;
        self.found(Finding {
            kind,
            place: place.to_owned(),
            message: last_log(&self.folder),
            size: u64::try_from(input.len())?,
            file,
        });
        Ok(())
    }

    /// Makes the inputs of panics and crashes small; each try of a hang would take too long.
    fn make_small(&mut self) {
        for finding in &mut self.findings {
            if finding.kind == FailureKind::Hang {
                continue;
            }
            let Ok(input) = fs::read(&finding.file) else {
                continue;
            };
            let attempt = self.folder.join("attempt");
            let mut fails = |input: &[u8]| {
                fs::write(&attempt, input).is_ok()
                    && outcome(self.target, &attempt).is_some_and(|place| {
                        finding.kind == FailureKind::Crash || place == finding.place
                    })
            };
            if !fails(&input) {
                finding
                    .message
                    .push_str("\n(does not repeat in a process of its own)");
                continue;
            }
            let small = shrink(&input, 3000, Duration::from_secs(30), &mut fails);
            // The input as it was found stays where the small one cannot be written.
            if let Ok(file) = child::save(&self.folder, "small", &small) {
                finding.file = file;
                finding.size = u64::try_from(small.len()).unwrap_or(u64::MAX);
            }
        }
    }
}

/// How one input fails in a process of its own: the place of its panic, or nothing said for a crash; `None` if it does not.
fn outcome(target: &Target, file: &Path) -> Option<String> {
    let program = std::env::current_exe().ok()?;
    let mut command = process::limited(&program);
    command.arg("run").arg(target.name).arg(file);
    let output = command.stdin(Stdio::null()).output().ok()?;
    if output.status.success() {
        return None;
    }
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let place = text.lines().find_map(|l| l.strip_prefix("panicked at "));
    Some(place.unwrap_or_default().to_owned())
}

/// What the last child said on its standard error.
fn last_log(folder: &Path) -> String {
    let mut logs: Vec<_> = fs::read_dir(folder)
        .into_iter()
        .flatten()
        .filter_map(Result::ok)
        .filter(|e| e.file_name().to_string_lossy().starts_with("log-"))
        .filter_map(|e| Some((e.metadata().ok()?.modified().ok()?, e.path())))
        .collect();
    logs.sort();
    let text = logs.last().and_then(|(_, path)| fs::read(path).ok());
    let text = text.unwrap_or_default();
    String::from_utf8_lossy(&text).chars().take(500).collect()
}
