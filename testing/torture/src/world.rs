//! A home with a profile, the mail that goes into it, and the questions asked after each blow.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;
use testkit::{Chance, Malle, TempHome};

use crate::conversations::answers;

/// Folders that the runs use.
pub(crate) const FOLDERS: [&str; 3] = ["Inbox", "Other", "Deleted Items"];

/// Where a message is, by the number of its source.
pub(crate) type Places = BTreeMap<usize, Found>;

/// A message as it was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Found {
    /// Its folder.
    pub(crate) folder: &'static str,
    /// Its id.
    pub(crate) id: String,
    /// Its read flag.
    pub(crate) read: bool,
}

/// A home and the sources of its mail.
pub(crate) struct World {
    pub(crate) malle: Malle,
    pub(crate) home: PathBuf,
    pub(crate) sources: Vec<Vec<u8>>,
    pub(crate) mail: PathBuf,
    _guard: Option<TempHome>,
    scratch: TempHome,
}

impl World {
    /// A new home in a temporary directory, with `count` messages made by chance.
    pub(crate) fn new(count: usize, chance: &mut Chance) -> Result<Self> {
        let guard = TempHome::new()?;
        let home = guard.path().join("home");
        Self::at(home, Some(guard), count, chance)
    }

    /// The same with messages of a few words, so that many fit into a log.
    pub(crate) fn of_notes(count: usize, chance: &mut Chance) -> Result<Self> {
        let mut world = Self::new(0, chance)?;
        world.sources = (0..count).map(|n| note(n, chance)).collect();
        for (n, bytes) in world.sources.iter().enumerate() {
            fs::write(world.source(n), bytes)?;
        }
        Ok(world)
    }

    /// A new home at `home`.
    pub(crate) fn at(
        home: PathBuf,
        guard: Option<TempHome>,
        count: usize,
        chance: &mut Chance,
    ) -> Result<Self> {
        let scratch = TempHome::new()?;
        let mail = scratch.path().join("mail");
        let sources: Vec<_> = (0..count).map(|n| message(n, chance)).collect();
        fs::create_dir_all(&mail)?;
        for (n, bytes) in sources.iter().enumerate() {
            fs::write(source_path(&mail, n), bytes)?;
        }
        fs::create_dir_all(&home)?;
        let malle = Malle::at(&home);
        Ok(Self {
            malle,
            home,
            sources,
            mail,
            _guard: guard,
            scratch,
        })
    }

    /// Creates the profile and the folders.
    pub(crate) fn furnish(&self) -> Result<()> {
        self.done(&["profile", "create", "torture", "--default"])?;
        self.done(&["folder", "create", "Other"])
    }

    /// The file of a source.
    pub(crate) fn source(&self, n: usize) -> PathBuf {
        source_path(&self.mail, n)
    }

    /// Runs a command that must succeed.
    pub(crate) fn done(&self, args: &[&str]) -> Result<()> {
        let run = self.malle.try_run(args)?;
        ensure!(
            run.status.success(),
            "malle {args:?}: {}: {}",
            run.status,
            run.err()
        );
        Ok(())
    }

    /// Runs a command that must succeed and gives its JSON.
    pub(crate) fn json(&self, args: &[&str]) -> Result<Value> {
        let run = self.malle.try_run(args.iter().copied().chain(["--json"]))?;
        ensure!(
            run.status.success(),
            "malle {args:?}: {}: {}",
            run.status,
            run.err()
        );
        serde_json::from_slice(&run.stdout).with_context(|| format!("malle {args:?} wrote no JSON"))
    }

    /// Checks the store, reads every folder, and compares every message with its source.
    pub(crate) fn examine(&self) -> Result<Places> {
        let check = self.json(&["store", "check"])?;
        ensure!(
            check
                .get("problems")
                .and_then(Value::as_array)
                .is_some_and(Vec::is_empty),
            "store check found problems: {check}"
        );
        let mut places = Places::new();
        for folder in FOLDERS {
            for row in self.rows(folder)? {
                let n = number_of(
                    row.get("subject")
                        .and_then(Value::as_str)
                        .unwrap_or_default(),
                )
                .with_context(|| format!("a stranger in {folder}: {row}"))?;
                let found = Found {
                    folder,
                    id: row
                        .get("id")
                        .and_then(Value::as_str)
                        .context("a row without id")?
                        .to_owned(),
                    read: row
                        .get("read")
                        .and_then(Value::as_bool)
                        .context("a row without read")?,
                };
                if let Some(before) = places.insert(n, found) {
                    bail!("message {n} is in {} and again in {folder}", before.folder);
                }
            }
        }
        self.compare(&places)?;
        Ok(places)
    }

    /// The rows of a folder's list.
    pub(crate) fn rows(&self, folder: &str) -> Result<Vec<Value>> {
        let rows = self.json(&["list", folder, "--limit", "1000000"])?;
        Ok(rows.as_array().context("list gives an array")?.clone())
    }

    /// Every message must come back exactly as it went in.
    fn compare(&self, places: &Places) -> Result<()> {
        if places.is_empty() {
            return Ok(());
        }
        let out = self.scratch.path().join("out");
        if out.exists() {
            fs::remove_dir_all(&out)?;
        }
        let out_text = out.to_string_lossy().into_owned();
        let mut args: Vec<&str> = vec!["export"];
        args.extend(places.values().map(|f| f.id.as_str()));
        args.extend(["--format", "eml", "--to", &out_text]);
        self.done(&args)?;
        let mut by_bytes: HashMap<Vec<u8>, usize> = HashMap::new();
        for entry in fs::read_dir(&out)? {
            *by_bytes.entry(fs::read(entry?.path())?).or_default() += 1;
        }
        for n in places.keys() {
            let source = self.sources.get(*n).context("an unknown source")?;
            ensure!(
                by_bytes.get(source) == Some(&1),
                "message {n} did not come back byte for byte"
            );
        }
        Ok(())
    }
}

fn source_path(mail: &Path, n: usize) -> PathBuf {
    mail.join(format!("m{n:05}.eml"))
}

/// The number of the source in a subject made by [`message`].
fn number_of(subject: &str) -> Option<usize> {
    subject
        .strip_prefix("torture ")?
        .split(' ')
        .next()?
        .parse()
        .ok()
}

/// A message of a few words.
fn note(n: usize, chance: &mut Chance) -> Vec<u8> {
    format!(
        "From: s{n}@torture.example\r\nSubject: torture {n} note\r\nMessage-ID: <{n}@torture.example>\r\n{}\r\n{}\r\n",
        answers(n),
        chance.word(40)
    )
    .into_bytes()
}

/// A message of its own: small ones, long texts, and now and then an attachment of some hundred kilobytes.
fn message(n: usize, chance: &mut Chance) -> Vec<u8> {
    let words: Vec<_> = (0..chance.in_range(5..400))
        .map(|_| chance.word(6))
        .collect();
    let text: String = words
        .chunks(10)
        .map(|line| line.join(" ") + "\r\n")
        .collect();
    let head = format!(
        "From: Sender <s{n}@torture.example>\r\nTo: Reader <r@torture.example>\r\nSubject: torture {n} {}\r\n\
         Date: Mon, 1 Jun 2026 10:{:02}:{:02} +0000\r\nMessage-ID: <{n}@torture.example>\r\n{}MIME-Version: 1.0\r\n",
        chance.word(8),
        n / 60 % 60,
        n % 60,
        answers(n)
    );
    if !chance.percent(15) {
        return format!("{head}Content-Type: text/plain; charset=utf-8\r\n\r\n{text}").into_bytes();
    }
    let size = if chance.percent(25) { 400_000 } else { 20_000 };
    let data = base64(&chance.bytes(size));
    format!(
        "{head}Content-Type: multipart/mixed; boundary=\"b{n}\"\r\n\r\n--b{n}\r\nContent-Type: text/plain\r\n\r\n{text}\
         \r\n--b{n}\r\nContent-Type: application/octet-stream\r\nContent-Disposition: attachment; filename=\"f{n}.bin\"\
         \r\nContent-Transfer-Encoding: base64\r\n\r\n{data}--b{n}--\r\n"
    )
    .into_bytes()
}

/// RFC 4648 §4 in lines of 76 characters, each with CR LF.
fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::new();
    for line in bytes.chunks(57) {
        for group in line.chunks(3) {
            let word = (0..3).fold(0_u32, |w, i| {
                (w << 8) | u32::from(group.get(i).copied().unwrap_or(0))
            });
            for place in 0..4 {
                let digit = DIGITS
                    .get((word >> (18 - 6 * place)) as usize & 63)
                    .copied()
                    .unwrap_or(b'=');
                out.push(if place > group.len() {
                    '='
                } else {
                    char::from(digit)
                });
            }
        }
        out.push_str("\r\n");
    }
    out
}
