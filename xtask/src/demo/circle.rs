//! Mail goes around on one machine: two people write to each other, and a third is not there at first.

use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use serde::Deserialize;

use super::Stage;
use crate::process;

/// What is attached: a file of the project.
const FILE: &str = "LICENSE-MIT";

/// How long the demo waits for what happens elsewhere.
const PATIENCE: Duration = Duration::from_secs(30);

/// How a command ends whose message did not reach everybody.
const PARTLY: i32 = 6;

/// Shows the circle.
pub(super) fn play(stage: &mut Stage) -> Result<()> {
    for (name, address) in [("ann", "ann@example.org"), ("bob", "bob@example.org")] {
        join(stage, name, address)?;
    }
    let told = there_and_back(stage)?;
    refused(stage)?;
    ensure!(told == "Plans", "the wrong message was told of: {told}");
    Ok(())
}

/// A profile with an address of this machine.
fn join(stage: &mut Stage, name: &str, address: &str) -> Result<()> {
    stage.show(&["profile", "create", name])?;
    let address = format!("address={address}");
    stage.show(&[
        "-p",
        name,
        "service",
        "add",
        "MALLE_DELIVERY",
        "--set",
        &address,
    ])
}

/// Ann writes, Bob hears of it, reads and answers; says what he heard of.
fn there_and_back(stage: &mut Stage) -> Result<String> {
    let words = ["-p", "ann", "new", "--to", "bob@example.org", "-s", "Plans"];
    let rest = ["--body", "See you there?", "-a", FILE, "--send"];
    stage.show(&[&words[..], &rest[..]].concat())?;
    let watch = ["-p", "bob", "watch", "--only", "new-mail", "--count", "1"];
    let watching = stage.begin(&watch)?;
    stage.show(&["-p", "bob", "flush"])?;
    stage.ended(watching)?;
    let Row { id, subject } = newest(stage.inbox("bob")?)?;
    stage.show(&["-p", "bob", "read", &id])?;
    stage.show(&["-p", "bob", "reply-all", &id, "--body", "Yes.", "--send"])?;
    stage.show(&["-p", "ann", "flush"])?;
    let answer = newest(stage.inbox("ann")?)?.id;
    stage.show(&["-p", "ann", "thread", &answer])?;
    Ok(subject)
}

/// Ann writes to somebody who is not there; then she is, and gets it, and nobody else does.
fn refused(stage: &mut Stage) -> Result<()> {
    let to = "bob@example.org, carla@example.org";
    let words = ["-p", "ann", "new", "--to", to, "-s", "The plan"];
    let rest = ["--body", "As agreed.", "-a", FILE, "--send"];
    stage.show_ending(&[&words[..], &rest[..]].concat(), PARTLY)?;
    let mut inbox = stage.inbox("ann")?.into_iter();
    let report = inbox.find(|row| row.subject == "Undeliverable: The plan");
    let report = report.context("no report has come back")?.id;
    stage.show(&["-p", "ann", "read", &report])?;
    join(stage, "carla", "carla@example.org")?;
    stage.show(&["-p", "ann", "resend", &report, "--send"])?;
    stage.show(&["-p", "carla", "flush"])?;
    stage.show(&["-p", "carla", "list", "Inbox"])?;
    stage.quietly(&["-p", "bob", "flush"])?;
    let (carla, bob) = (stage.inbox("carla")?.len(), stage.inbox("bob")?.len());
    ensure!(
        (carla, bob) == (1, 2),
        "carla has {carla} messages, bob {bob}"
    );
    stage.say("# carla has it now; bob has it once\n");
    Ok(())
}

/// A row of `malle list --json`, as far as the circle needs it.
#[derive(Debug, Deserialize)]
struct Row {
    id: String,
    subject: String,
}

fn newest(rows: Vec<Row>) -> Result<Row> {
    rows.into_iter().next().context("nothing has arrived")
}

impl Stage {
    /// As [`Stage::show`], of a command that ends with this code.
    fn show_ending(&mut self, words: &[&str], code: i32) -> Result<()> {
        let output = self.shown_output(words)?;
        ensure!(
            output == Some(code),
            "malle {}: {output:?}",
            words.join(" ")
        );
        Ok(())
    }

    /// What is in the Inbox of a profile, the newest first.
    fn inbox(&self, of: &str) -> Result<Vec<Row>> {
        let words = ["-p", of, "list", "Inbox", "--json"];
        let output = self.command(&words).output()?;
        ensure!(
            output.status.success(),
            "malle {}: {}",
            words.join(" "),
            output.status
        );
        serde_json::from_slice(&output.stdout).with_context(|| words.join(" "))
    }

    /// Runs a command that is not shown.
    fn quietly(&self, words: &[&str]) -> Result<()> {
        let output = self.command(words).output()?;
        ensure!(
            output.status.success(),
            "malle {}: {}",
            words.join(" "),
            output.status
        );
        Ok(())
    }

    /// Starts a command that goes on while others run, and waits until it is ready: its line `ready` is not shown.
    fn begin(&mut self, words: &[&str]) -> Result<Child> {
        let quoted: Vec<_> = words.iter().map(|word| process::quoted(word)).collect();
        self.say(&format!("$ malle {} &\n\n", quoted.join(" ")));
        let ready = self.home.join("demo-watch.txt");
        let out = std::fs::File::create(&ready)?;
        let child = self
            .command(&[words, &["--ready"]].concat())
            .stdout(out)
            .stderr(Stdio::null())
            .spawn()?;
        let end = Instant::now() + PATIENCE;
        while std::fs::metadata(&ready)?.len() == 0 {
            ensure!(Instant::now() < end, "malle watch is not ready");
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(child)
    }

    /// Waits for the end of such a command, and shows what it told.
    fn ended(&mut self, mut child: Child) -> Result<()> {
        let end = Instant::now() + PATIENCE;
        let status = loop {
            if let Some(status) = child.try_wait()? {
                break status;
            }
            if Instant::now() >= end {
                child.kill()?;
                child.wait()?;
            }
            std::thread::sleep(Duration::from_millis(20));
        };
        let told = std::fs::read_to_string(self.home.join("demo-watch.txt"))?;
        let told: Vec<&str> = told.lines().skip(1).collect();
        self.say(&format!("# malle watch: {}\n\n", told.join("\n")));
        ensure!(status.success(), "malle watch: {status}");
        Ok(())
    }
}
