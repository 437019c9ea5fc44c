//! Many messages.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use testkit::ChildGuard;

use super::PROCESSES;
use super::scene::{RECEIVER, SENDER, Scene};
use crate::measured::tidy;

/// For everything to arrive.
const PATIENCE: Duration = Duration::from_secs(600);

/// A process that does a part of the work.
pub(super) struct Process {
    child: ChildGuard,
    orders: Option<ChildStdin>,
    says: std::io::Lines<BufReader<ChildStdout>>,
}

impl Process {
    /// Begins it, and waits until it is ready.
    pub(super) fn begin(scene: &Scene, role: &str, what: &str) -> Result<Self> {
        let mut command = Command::new(std::env::current_exe()?);
        command
            .arg("--sending")
            .arg(&scene.0)
            .args([role, what])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped());
        let mut child = ChildGuard::spawn(&mut command)?;
        let orders = child.child().stdin.take();
        let says = child.child().stdout.take().context("a pipe")?;
        let mut process = Self {
            child,
            orders,
            says: BufReader::new(says).lines(),
        };
        let first = process.says.next().transpose()?;
        ensure!(first.as_deref() == Some("ready"), "{role}: {first:?}");
        Ok(process)
    }

    /// It may begin.
    pub(super) fn go(&mut self) -> Result<()> {
        let orders = self.orders.as_mut().context("a pipe")?;
        Ok(writeln!(orders, "go")?)
    }

    /// Waits for its end, and says how much memory it had at most, in bytes.
    pub(super) fn end(mut self) -> Result<u64> {
        self.orders = None;
        let said = self.says.next().transpose()?;
        ensure!(self.child.wait()?.success(), "a process failed");
        let peak = said.as_deref().and_then(|said| said.strip_prefix("peak "));
        Ok(peak.context("its peak")?.parse()?)
    }
}

/// The processes that submit.
fn submitters(scene: &Scene, messages: usize) -> Result<Vec<Process>> {
    (0..PROCESSES)
        .map(|process| {
            let own = messages / PROCESSES + usize::from(process < messages % PROCESSES);
            Process::begin(scene, "submit", &format!("{process},{own}"))
        })
        .collect()
}

/// Both spoolers.
pub(super) fn spoolers(scene: &Scene) -> Result<[Process; 2]> {
    Ok([
        Process::begin(scene, "spool", SENDER)?,
        Process::begin(scene, "spool", RECEIVER)?,
    ])
}

/// Waits until the receiver has so many.
pub(super) fn until_received(scene: &Scene, messages: usize) -> Result<()> {
    let session = scene.session(RECEIVER)?;
    let inbox = session.default_store()?.receive_folder("IPM.Note")?;
    let end = Instant::now() + PATIENCE;
    let wanted = u64::try_from(messages)?;
    loop {
        let there = Scene::received(&inbox)?;
        if there >= wanted {
            session.logoff();
            return Ok(());
        }
        ensure!(Instant::now() < end, "only {there} of {messages} arrived");
        std::thread::sleep(Duration::from_millis(10));
    }
}

fn rate(messages: usize, time: Duration) -> f64 {
    tidy(messages as f64 / time.as_secs_f64())
}

fn megabytes(peaks: impl IntoIterator<Item = u64>) -> Vec<u64> {
    peaks.into_iter().map(|bytes| bytes / 1_000_000).collect()
}

/// First all is submitted, then all is sent and received.
pub(super) fn one_after_the_other(home: &Path, messages: usize) -> Result<Value> {
    let scene = Scene::new(home)?;
    let mut all = submitters(&scene, messages)?;
    let start = Instant::now();
    all.iter_mut().try_for_each(Process::go)?;
    let peaks = all
        .into_iter()
        .map(Process::end)
        .collect::<Result<Vec<_>>>()?;
    let submitted = start.elapsed();
    let mut both = spoolers(&scene)?;
    let start = Instant::now();
    both.iter_mut().try_for_each(Process::go)?;
    until_received(&scene, messages)?;
    let sent = start.elapsed();
    let spooling = both
        .into_iter()
        .map(Process::end)
        .collect::<Result<Vec<_>>>()?;
    scene.check_order(messages)?;
    Ok(json!({
        "submitted_per_second": rate(messages, submitted),
        "then_delivered_per_second": rate(messages, sent),
        "peak_mb_submitting": megabytes(peaks),
        "peak_mb_sending_and_receiving": megabytes(spooling),
    }))
}

/// Everything at once.
pub(super) fn together(home: &Path, messages: usize) -> Result<Value> {
    let scene = Scene::new(home)?;
    let mut both = spoolers(&scene)?;
    both.iter_mut().try_for_each(Process::go)?;
    let mut all = submitters(&scene, messages)?;
    let start = Instant::now();
    all.iter_mut().try_for_each(Process::go)?;
    let peaks = all
        .into_iter()
        .map(Process::end)
        .collect::<Result<Vec<_>>>()?;
    let submitted = start.elapsed();
    until_received(&scene, messages)?;
    let whole = start.elapsed();
    let spooling = both
        .into_iter()
        .map(Process::end)
        .collect::<Result<Vec<_>>>()?;
    scene.check_order(messages)?;
    Ok(json!({
        "seconds": tidy(whole.as_secs_f64()),
        "messages_per_second": rate(messages, whole),
        "submitted_per_second_meanwhile": rate(messages, submitted),
        "peak_mb_submitting": megabytes(peaks),
        "peak_mb_sending_and_receiving": megabytes(spooling),
    }))
}
