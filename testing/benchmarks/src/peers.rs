//! Import and search beside the peers that people know, notmuch and mu, in one run on the same Maildir.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail, ensure};
use serde_json::{Map, Value};
use testkit::Malle;

use crate::measured::{Taken, middle, tidy, watch};
use crate::{Figure, median_by_turns};

mod words;

/// Alternating imports, and searches for each word.
const IMPORTS: usize = 3;
const SEARCHES: usize = 20;

/// What is measured and where.
#[derive(Debug)]
pub struct Peers<'a> {
    /// The mail.
    pub maildir: &'a Path,
    /// A folder for databases, emptied at the start.
    pub place: &'a Path,
}

impl Peers<'_> {
    /// Imports and searches with each program; without notmuch or mu with malle alone.
    ///
    /// # Errors
    /// When a program fails.
    pub fn measure(&self, report: &mut Map<String, Value>) -> Result<()> {
        if self.place.exists() {
            fs::remove_dir_all(self.place)?;
        }
        fs::create_dir_all(self.place)?;
        let mail = files(self.maildir)?;
        // Reading it once keeps the disk out of all that follows.
        let (bytes, words) = words::choose(&mail)?;
        let programs = self.programs();
        let mut figures = Map::new();
        figures.insert("messages".into(), mail.len().into());
        figures.insert("maildir_bytes".into(), bytes.into());
        self.imports(&programs, &mut figures)?;
        let store = store_bytes(&self.place.join("malle"))?;
        figures.insert("store_bytes".into(), store.into());
        figures.insert(
            "store_share_of_maildir".into(),
            tidy(share(store, bytes)).into(),
        );
        let searches = words.iter().map(|(name, word)| {
            let figures = self.search(&programs, word)?;
            Ok(((*name).to_owned(), figures))
        });
        let searches: Map<String, Value> = searches.collect::<Result<_>>()?;
        figures.insert("search".into(), Value::Object(searches));
        report.insert("peers".into(), Value::Object(figures));
        Ok(())
    }

    fn programs(&self) -> Vec<Program> {
        let all = [Program::Malle, Program::Notmuch, Program::Mu];
        let (there, missing): (Vec<_>, Vec<_>) = all.into_iter().partition(|p| p.is_there());
        if !missing.is_empty() {
            let names: Vec<_> = missing.iter().map(|p| p.name()).collect();
            testkit::skip(
                &format!("{} beside malle", names.join(" and ")),
                "apt-get install notmuch maildir-utils",
            );
        }
        there
    }

    fn imports(&self, programs: &[Program], figures: &mut Map<String, Value>) -> Result<()> {
        let mut runs: Vec<Vec<Taken>> = programs.iter().map(|_| Vec::new()).collect();
        for _ in 0..IMPORTS {
            for (program, runs) in programs.iter().zip(&mut runs) {
                runs.push(self.import(*program)?);
            }
        }
        let taken: Vec<Taken> = runs.into_iter().map(middle).collect();
        let ours = taken.first().copied().unwrap_or_default();
        for (program, taken) in programs.iter().zip(taken) {
            let mut figure = taken.as_json();
            if let (Value::Object(figure), true) = (&mut figure, *program != Program::Malle) {
                let times = taken.time.as_secs_f64() / ours.time.as_secs_f64();
                figure.insert("malle_is_so_many_times_faster".into(), tidy(times).into());
            }
            figures.insert(format!("import_{}", program.name()), figure);
        }
        Ok(())
    }

    /// One import into a fresh database, which stays for the searches.
    fn import(&self, program: Program) -> Result<Taken> {
        let base = self.place.join(program.name());
        if base.exists() {
            fs::remove_dir_all(&base)?;
        }
        fs::create_dir_all(&base)?;
        match program {
            Program::Malle => {
                let malle = Malle::at(&base);
                must(&mut malle.command(["profile", "create", "default"]))?;
                let args = ["import".as_ref(), "-q".as_ref(), self.maildir.as_os_str()];
                watch(&mut malle.command(args))
            }
            Program::Notmuch => {
                fs::write(base.join("config"), self.notmuch_config(&base))?;
                watch(notmuch(&base).args(["new", "--quiet"]))
            }
            Program::Mu => {
                let maildir = format!("--maildir={}", self.maildir.display());
                must(mu(&base, "init").arg(maildir))?;
                watch(mu(&base, "index").arg("--quiet"))
            }
        }
    }

    fn notmuch_config(&self, base: &Path) -> String {
        format!(
            "[database]\npath={}\nmail_root={}\n[user]\nname=x\nprimary_email=x@example.org\n\
             [new]\ntags=unread;inbox;\nignore=\n[search]\nexclude_tags=\n[maildir]\nsynchronize_flags=false\n",
            base.display(),
            self.maildir.display()
        )
    }

    /// A word, newest 50 first, whole process.
    fn search(&self, programs: &[Program], word: &str) -> Result<Value> {
        let mut runs: Vec<Box<dyn FnMut() -> Result<()> + '_>> = Vec::new();
        for program in programs {
            let (program, base) = (*program, self.place.join(program.name()));
            runs.push(Box::new(move || find(program, &base, word)));
        }
        let figures: Vec<Figure> = median_by_turns(SEARCHES, &mut runs)?;
        let mut named = Map::new();
        named.insert("word".into(), word.into());
        for (program, figure) in programs.iter().zip(figures) {
            named.insert(program.name().to_owned(), figure.as_json());
        }
        Ok(Value::Object(named))
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Program {
    Malle,
    Notmuch,
    Mu,
}

impl Program {
    const fn name(self) -> &'static str {
        match self {
            Self::Malle => "malle",
            Self::Notmuch => "notmuch",
            Self::Mu => "mu",
        }
    }

    fn is_there(self) -> bool {
        let version = Command::new(self.name()).arg("--version").output();
        self == Self::Malle || version.is_ok_and(|run| run.status.success())
    }
}

fn find(program: Program, base: &Path, word: &str) -> Result<()> {
    let mut command = match program {
        Program::Malle => Malle::at(base).command(["search", word, "--limit", "50", "--json"]),
        Program::Notmuch => {
            let mut command = notmuch(base);
            command.args(["search", "--limit=50", "--output=messages", word]);
            command
        }
        Program::Mu => {
            let mut command = mu(base, "find");
            command.args(["-n", "50", word]);
            command
        }
    };
    let run = command.stdin(Stdio::null()).output()?;
    ensure!(
        run.status.success() && !run.stdout.is_empty(),
        "{} found no {word}: {}",
        program.name(),
        String::from_utf8_lossy(&run.stderr)
    );
    Ok(())
}

fn notmuch(base: &Path) -> Command {
    let mut command = Command::new("notmuch");
    command.env("NOTMUCH_CONFIG", base.join("config"));
    command
}

fn mu(base: &Path, verb: &str) -> Command {
    let mut command = Command::new("mu");
    command.arg(verb);
    command.arg(format!("--muhome={}", base.join("mu").display()));
    command
}

fn must(command: &mut Command) -> Result<()> {
    let run = command.stdin(Stdio::null()).output();
    let run = run.with_context(|| format!("{:?}", command.get_program()))?;
    if run.status.success() {
        return Ok(());
    }
    bail!(
        "{:?}: {}",
        command.get_program(),
        String::from_utf8_lossy(&run.stderr)
    )
}

/// Bytes of the store and what lies beside it.
fn store_bytes(home: &Path) -> Result<u64> {
    let mut bytes = 0;
    for file in files(home)? {
        let name = file.to_string_lossy().into_owned();
        if name.ends_with(".malle") || name.ends_with(".malle-wal") {
            bytes += fs::metadata(&file)?.len();
        }
    }
    ensure!(bytes > 0, "no store below {}", home.display());
    Ok(bytes)
}

/// All files below a directory, by name.
///
/// # Errors
/// Those of the file system.
pub fn files(root: &Path) -> Result<Vec<PathBuf>> {
    let mut open = vec![root.to_owned()];
    let mut files = Vec::new();
    while let Some(folder) = open.pop() {
        let listed = fs::read_dir(&folder).with_context(|| folder.display().to_string())?;
        for entry in listed {
            let entry = entry?;
            if entry.file_type()?.is_dir() {
                open.push(entry.path());
            } else {
                files.push(entry.path());
            }
        }
    }
    files.sort();
    Ok(files)
}

#[expect(clippy::cast_precision_loss, reason = "a share for people")]
fn share(part: u64, whole: u64) -> f64 {
    part as f64 / whole as f64
}
