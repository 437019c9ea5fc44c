//! `cargo xtask demo`: real mail into a fresh home and out again, with the commands that did it.

mod circle;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};
use serde::Deserialize;

use crate::args::Args;
use crate::process;
use crate::workspace::{self, Metadata};

/// What `cargo xtask help demo` adds.
pub const DETAILS: &str = "
Builds `malle` (a development build: quick to make, slower than a release), creates a profile in a
temporary home, imports samples/mail, shows the list, a search, one message and its properties,
exports every message and compares it with the file it came from, byte by byte. Then two people of one
machine write to each other: a message with a file is sent, told of, read and answered to all, the
conversation is shown, somebody unknown is refused, and gets the message after all. Each command is
printed before its output; the first one that fails ends the demo with an error.

  --clean    remove the home afterwards (otherwise it stays, to go on trying)
  --readme   put what was shown into README.md";

/// Lines of one output that are shown; what is left out is counted.
const SHOWN: usize = 15;

/// Characters of one line that are shown.
const WIDEST: usize = 110;

/// The built command and the home it works in.
#[derive(Debug)]
struct Stage {
    malle: PathBuf,
    home: PathBuf,
    /// Commands and outputs so far.
    shown: String,
    /// What the commands find in their environment beside the home.
    environment: &'static [(&'static str, &'static str)],
}

/// The same times and words in the transcript wherever it is made.
const README_ENVIRONMENT: &[(&str, &str)] = &[("TZ", "UTC"), ("MALLE_LANG", "en")];

/// Where the transcript stands in README.md: after the first of these, before the second.
const MARKS: [&str; 2] = [
    "<!-- made by `cargo xtask demo --readme` -->\n",
    "<!-- end -->\n",
];

/// One object of `malle list --json`, as far as the demo needs it.
#[derive(Debug, Deserialize)]
struct Listed {
    id: String,
    size: u64,
    has_attachments: bool,
}

/// The task.
///
/// # Errors
/// When any step fails, or an exported message differs from its source.
pub fn run(mut args: Args) -> Result<()> {
    let clean = args.flag("--clean");
    let readme = args.flag("--readme");
    args.finish()?;
    let malle = build()?;
    let directory = tempfile::Builder::new().prefix("malle-demo-").tempdir()?;
    let home = directory.path().join("home");
    std::fs::create_dir(&home)?;
    let environment = if readme { README_ENVIRONMENT } else { &[] };
    let mut stage = Stage {
        malle,
        home,
        shown: String::new(),
        environment,
    };
    let mut played = play(&mut stage, directory.path());
    if readme && played.is_ok() {
        played = write_readme(&stage.shown);
    }
    if clean {
        directory.close()?;
        played?;
        println!("\nThe home is removed again (--clean). All steps passed.");
        return Ok(());
    }
    let kept = directory.keep();
    played.with_context(|| format!("the demo stopped; its home stays in {}", kept.display()))?;
    say_what_next(&stage);
    Ok(())
}

/// What the demo shows with this program, as README.md has it; its files are below `directory`.
///
/// # Errors
/// When any step fails.
pub fn transcript(malle: &Path, directory: &Path) -> Result<String> {
    let home = directory.join("home");
    std::fs::create_dir(&home)?;
    let mut stage = Stage {
        malle: malle.to_owned(),
        home,
        shown: String::new(),
        environment: README_ENVIRONMENT,
    };
    play(&mut stage, directory)?;
    Ok(stage.shown)
}

/// The transcript that README.md has.
///
/// # Errors
/// When it cannot be read, or has no marks.
pub fn in_readme() -> Result<String> {
    let readme = std::fs::read_to_string(workspace::root().join("README.md"))?;
    between(&readme, MARKS).context("README.md has not the marks of the transcript")
}

fn build() -> Result<PathBuf> {
    println!("Building malle (development build) …");
    process::must(workspace::cargo().args(["build", "--package", "malle", "--bin", "malle"]))?;
    let name = format!("malle{}", std::env::consts::EXE_SUFFIX);
    let malle = Metadata::members()?
        .target_directory
        .join("debug")
        .join(name);
    ensure!(malle.is_file(), "cargo built no {}", malle.display());
    Ok(malle)
}

fn play(stage: &mut Stage, directory: &Path) -> Result<()> {
    let samples = Path::new("samples").join("mail");
    let sources = Sources::read(&workspace::root().join(&samples))?;
    println!("A fresh home: {}\n", stage.home.display());
    stage.show(&["profile", "create", "demo", "--default"])?;
    stage.show(&["import", &samples.to_string_lossy()])?;
    stage.show(&["list", "--limit", "8"])?;
    stage.show(&["search", "contract OR istanbul"])?;
    let listed = stage.list()?;
    // The largest with attachments shows most.
    let chosen = listed
        .iter()
        .max_by_key(|message| (message.has_attachments, message.size));
    let chosen = chosen.context("the Inbox is empty after the import")?;
    let chosen = chosen.id.as_str();
    stage.show(&["read", chosen])?;
    stage.show(&["props", chosen])?;
    export_all(stage, &listed, &directory.join("export"), &sources)?;
    circle::play(stage)
}

/// Exports every message and compares it with the files it may have come from.
fn export_all(stage: &mut Stage, listed: &[Listed], to: &Path, sources: &Sources) -> Result<()> {
    std::fs::create_dir(to)?;
    let mut words = vec!["export".to_owned()];
    words.extend(listed.iter().map(|message| message.id.clone()));
    words.extend(["--format".to_owned(), "eml".to_owned(), "--to".to_owned()]);
    words.push(to.to_string_lossy().into_owned());
    stage.say(&format!(
        "$ malle export ID… --format eml --to export    # all {}\n",
        listed.len()
    ));
    let output = stage.command(&words).output()?;
    ensure!(
        output.status.success(),
        "malle export: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    let files = files_below(to)?;
    ensure!(
        files.len() == listed.len(),
        "{} messages listed, but {} exported",
        listed.len(),
        files.len()
    );
    let verdict = sources.compare(&contents(&files)?)?;
    stage.say(&format!("# {verdict}\n\n"));
    Ok(())
}

impl Stage {
    fn command<S: AsRef<std::ffi::OsStr>>(&self, words: &[S]) -> Command {
        let mut command = Command::new(&self.malle);
        command
            .env("MALLE_HOME", &self.home)
            .envs(self.environment.iter().copied())
            .args(words)
            .current_dir(workspace::root());
        command
    }

    /// Prints, and keeps what was printed.
    fn say(&mut self, text: &str) {
        print!("{text}");
        self.shown.push_str(text);
    }

    /// Prints a command line, runs it, and prints what it wrote.
    fn show(&mut self, words: &[&str]) -> Result<()> {
        let code = self.shown_output(words)?;
        ensure!(code == Some(0), "malle {}: {code:?}", words.join(" "));
        Ok(())
    }

    /// The same, whatever its code is.
    fn shown_output(&mut self, words: &[&str]) -> Result<Option<i32>> {
        let quoted: Vec<_> = words.iter().map(|word| process::quoted(word)).collect();
        let line = quoted.join(" ");
        self.say(&format!("$ malle {line}\n"));
        let output = self.command(words).output().context("cannot run malle")?;
        self.say(&excerpt(&String::from_utf8_lossy(&output.stdout)));
        self.say(&excerpt(&String::from_utf8_lossy(&output.stderr)));
        self.say("\n");
        Ok(output.status.code())
    }

    fn list(&self) -> Result<Vec<Listed>> {
        let output = self
            .command(&["list", "--json", "--limit", "100000"])
            .output()?;
        ensure!(
            output.status.success(),
            "malle list --json: {}",
            output.status
        );
        serde_json::from_slice(&output.stdout).context("malle list --json")
    }
}

/// The first lines of an output and the beginning of each; what is left out is marked.
fn excerpt(text: &str) -> String {
    let mut shown: String = text
        .lines()
        .take(SHOWN)
        .map(|line| beginning(line) + "\n")
        .collect();
    let left = text.lines().count().saturating_sub(SHOWN);
    if left > 0 {
        shown.push_str(&format!("… {left} more lines\n"));
    }
    shown
}

fn beginning(line: &str) -> String {
    if line.chars().count() <= WIDEST {
        return line.to_owned();
    }
    line.chars().take(WIDEST - 1).chain(['…']).collect()
}

/// Puts the transcript between the marks of README.md.
fn write_readme(shown: &str) -> Result<()> {
    let file = workspace::root().join("README.md");
    let readme = std::fs::read_to_string(&file)?;
    let replaced = replace_between(&readme, MARKS, &format!("\n```text\n{shown}```\n\n"));
    std::fs::write(
        file,
        replaced.context("README.md has not the marks of the transcript")?,
    )?;
    Ok(())
}

/// What stands there, without its fence.
fn between(text: &str, [start, end]: [&str; 2]) -> Option<String> {
    let (_, rest) = text.split_once(start)?;
    let (fenced, _) = rest.split_once(end)?;
    let shown = fenced.trim().strip_prefix("```text\n")?;
    Some(shown.strip_suffix("```")?.to_owned())
}

fn replace_between(text: &str, [start, end]: [&str; 2], new: &str) -> Option<String> {
    let (before, rest) = text.split_once(start)?;
    let (_, after) = rest.split_once(end)?;
    Some([before, start, new, end, after].concat())
}

/// The bytes of the sample mail.
#[derive(Debug, Default)]
struct Sources {
    /// Files that are one message each.
    single: BTreeSet<Vec<u8>>,
    /// Files that hold many.
    boxes: Vec<Vec<u8>>,
}

impl Sources {
    fn read(samples: &Path) -> Result<Self> {
        let mut sources = Self::default();
        for file in files_below(samples)? {
            let bytes = std::fs::read(&file).with_context(|| file.display().to_string())?;
            if bytes.starts_with(b"From ") {
                sources.boxes.push(bytes);
            } else if is_message(&file) {
                sources.single.insert(bytes);
            }
        }
        ensure!(
            !sources.single.is_empty(),
            "no sample mail in {}",
            samples.display()
        );
        Ok(sources)
    }

    /// Every single message must have come back; every other export must stand in a mailbox file.
    fn compare(&self, exported: &BTreeSet<Vec<u8>>) -> Result<String> {
        let lost = self.single.difference(exported).count();
        if lost > 0 {
            bail!(
                "{lost} of {} messages came back changed or not at all",
                self.single.len()
            );
        }
        let others: Vec<_> = exported.difference(&self.single).collect();
        let strange = others.iter().filter(|message| !self.in_a_box(message));
        let strange = strange.count();
        if strange > 0 {
            bail!("{strange} exported messages have bytes that no mailbox file has");
        }
        let (single, boxed) = (self.single.len(), others.len());
        Ok(format!(
            "byte-identical: {single} messages from files of their own, {boxed} from mailbox files"
        ))
    }

    /// Whether a mailbox file holds these bytes, as they are or once the quoting of `From ` lines is off.
    fn in_a_box(&self, message: &[u8]) -> bool {
        let mut boxes = self.boxes.iter();
        boxes.any(|file| holds(file, message) || holds(&unquoted(file), message))
    }
}

fn holds(text: &[u8], part: &[u8]) -> bool {
    part.is_empty() || text.windows(part.len()).any(|window| window == part)
}

/// The text with one `>` taken from each line that quotes a `From ` line.
fn unquoted(text: &[u8]) -> Vec<u8> {
    let mut plain = Vec::with_capacity(text.len());
    for line in text.split_inclusive(|byte| *byte == b'\n') {
        let unmarked = line
            .iter()
            .position(|byte| *byte != b'>')
            .unwrap_or(line.len());
        let (marks, rest) = line.split_at(unmarked);
        let from = !marks.is_empty() && rest.starts_with(b"From ");
        plain.extend(marks.iter().skip(usize::from(from)));
        plain.extend(rest);
    }
    plain
}

/// Whether a sample file is a message: an `.eml`, or a visible file of a Maildir's `cur` or `new`.
fn is_message(file: &Path) -> bool {
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    let folder = file.parent().and_then(Path::file_name).unwrap_or_default();
    name.ends_with(".eml") || ((folder == "cur" || folder == "new") && !name.starts_with('.'))
}

fn contents(files: &[PathBuf]) -> Result<BTreeSet<Vec<u8>>> {
    files.iter().map(|file| Ok(std::fs::read(file)?)).collect()
}

fn files_below(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        let listing = std::fs::read_dir(&folder).with_context(|| folder.display().to_string())?;
        for entry in listing {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path)
            } else {
                files.push(path)
            }
        }
    }
    files.sort();
    Ok(files)
}

fn say_what_next(stage: &Stage) {
    println!(
        "\nAll steps passed. The home stays; to go on with it:\n
  export MALLE_HOME={}
  alias malle={}
  malle list --where '{{\"content\": …}}'   # see: malle list --help
  malle import ~/Maildir                  # your own mail, or an .mbox, or a folder of .eml
  malle props Inbox --all                 # folders have properties too
  malle store check",
        process::quoted(&stage.home.to_string_lossy()),
        process::quoted(&stage.malle.to_string_lossy()),
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(messages: &[&str]) -> BTreeSet<Vec<u8>> {
        messages
            .iter()
            .map(|text| text.as_bytes().to_vec())
            .collect()
    }

    #[test]
    fn one_changed_byte_is_seen() {
        let boxed = b"From a\nS: 2\n\n>From x\n\nFrom b\n".to_vec();
        let sources = Sources {
            single: set(&["S: 1\n\nx"]),
            boxes: vec![boxed],
        };
        assert!(
            sources
                .compare(&set(&["S: 1\n\nx", "S: 2\n\nFrom x\n"]))
                .is_ok()
        );
        assert!(
            sources
                .compare(&set(&["S: 1\n\nx", "S: 2\n\n>From x\n"]))
                .is_ok()
        );
        assert!(
            sources
                .compare(&set(&["S: 1\n\ny", "S: 2\n\nFrom x\n"]))
                .is_err()
        );
        assert!(
            sources
                .compare(&set(&["S: 1\n\nx", "S: 2\n\nFrom y\n"]))
                .is_err()
        );
        assert!(sources.compare(&set(&["S: 2\n\nFrom x\n"])).is_err());
    }

    #[test]
    fn long_output_is_cut_and_says_so() {
        assert_eq!(excerpt("a\nb\n"), "a\nb\n");
        let long = "x\n".repeat(SHOWN + 3);
        assert!(excerpt(&long).ends_with("x\n… 3 more lines\n"));
        let wide = excerpt(&"é".repeat(WIDEST + 1));
        assert_eq!(wide.trim_end().chars().count(), WIDEST);
        assert!(wide.ends_with("é…\n"));
    }

    #[test]
    fn the_transcript_replaces_what_stood_between_the_marks() {
        let marks = ["<a>\n", "<b>\n"];
        let want = Some("1\n<a>\nnew<b>\n2".to_owned());
        assert_eq!(replace_between("1\n<a>\nold\n<b>\n2", marks, "new"), want);
        assert_eq!(replace_between("1\n<a>\n2", marks, "new"), None);
    }
}
