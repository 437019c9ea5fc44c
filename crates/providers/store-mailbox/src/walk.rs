//! Which folders a directory tree of mail has: Maildirs with their Maildir++ folders, mbox files, directories of these.

use std::collections::HashSet;
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader};
use std::path::{Path, PathBuf};

use mapi_mime::maildir;
use mapi_spi::{Call, Result};

/// Directories inside each other, at most.
const DEPTH: usize = 64;

/// Whether a directory is a Maildir: it has `cur` and `new`.
#[must_use]
pub fn is_maildir(path: &Path) -> bool {
    path.join("cur").is_dir() && path.join("new").is_dir()
}

/// Whether what begins here is an mbox: its first bytes, after blank lines, are `From `.
///
/// # Errors
/// Those of the reader.
pub fn starts_as_mbox(input: &mut impl BufRead) -> io::Result<bool> {
    let start = input.fill_buf()?;
    Ok(start.trim_ascii_start().starts_with(b"From "))
}

/// The folders that a directory's name stands for. Maildir++: `.Work.Projects` is the folder Projects in Work; other names
/// stand for themselves.
#[must_use]
pub fn folders_of_name(name: &str) -> Vec<String> {
    maildir::parse_folder(name).unwrap_or_else(|| vec![name.to_owned()])
}

/// What a folder's messages lie in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Nothing: it only holds other folders.
    Bare = 0,
    /// The `cur` and `new` of a Maildir.
    Maildir = 1,
    /// An mbox file.
    Mbox = 2,
}

/// A folder that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Found {
    /// Names of the folders down to it; of the mailbox itself none.
    pub(crate) names: Vec<String>,
    pub(crate) kind: Kind,
    /// Where it lies, from the mailbox on.
    pub(crate) place: PathBuf,
}

/// What a walk came by.
#[derive(Debug, Default)]
pub(crate) struct Walked {
    /// Parents before children, each name in order.
    pub(crate) folders: Vec<Found>,
    /// Directories whose content decided it, from the mailbox on.
    pub(crate) entered: Vec<PathBuf>,
    /// What could not be looked at, with the reason.
    pub(crate) refused: Vec<(PathBuf, String)>,
}

/// Looks at `root`, which is a Maildir, an mbox file or a directory.
///
/// # Errors
/// Those of the file system for `root` itself; those of the call.
pub(crate) fn walk(root: &Path, call: &Call) -> Result<Walked> {
    let failed = |e| crate::failure::of_file(root, e);
    let mut walk = Walk {
        root,
        call,
        seen: HashSet::new(),
        walked: Walked::default(),
    };
    if !fs::metadata(root).map_err(failed)?.is_dir() {
        walk.found(&[], Kind::Mbox, Path::new(""));
        return Ok(walk.walked);
    }
    fs::read_dir(root).map_err(failed)?;
    walk.directory(Path::new(""), &[])?;
    Ok(walk.walked)
}

struct Walk<'a> {
    root: &'a Path,
    call: &'a Call,
    /// Directories seen, so that links cannot lead in circles.
    seen: HashSet<PathBuf>,
    walked: Walked,
}

impl Walk<'_> {
    fn found(&mut self, names: &[String], kind: Kind, place: &Path) {
        self.walked.folders.push(Found {
            names: names.to_vec(),
            kind,
            place: place.to_owned(),
        });
    }

    fn directory(&mut self, place: &Path, names: &[String]) -> Result<()> {
        self.call.check()?;
        let path = self.root.join(place);
        let canonical = fs::canonicalize(&path).unwrap_or_else(|_| path.clone());
        if names.len() > DEPTH || !self.seen.insert(canonical) {
            return Ok(());
        }
        let is_maildir = is_maildir(&path);
        let kind = match is_maildir {
            true => Kind::Maildir,
            false => Kind::Bare,
        };
        self.found(names, kind, place);
        self.walked.entered.push(place.to_owned());
        let children = match children_of(&path) {
            Ok(children) => children,
            Err(error) => {
                self.walked
                    .refused
                    .push((place.to_owned(), error.to_string()));
                return Ok(());
            }
        };
        for name in children {
            self.child(place, names, &name, is_maildir)?;
        }
        Ok(())
    }

    fn child(
        &mut self,
        parent: &Path,
        names: &[String],
        name: &std::ffi::OsStr,
        in_maildir: bool,
    ) -> Result<()> {
        let text = name.to_string_lossy();
        let place = parent.join(name);
        let path = self.root.join(&place);
        if path.is_dir() {
            let own = in_maildir && matches!(&*text, "cur" | "new" | "tmp");
            let hidden = text.starts_with('.') && !is_maildir(&path);
            // A Maildir's other directories are its server's own, except folders.
            if own || hidden || (in_maildir && !is_maildir(&path)) {
                return Ok(());
            }
            let mut below = names.to_vec();
            // Thunderbird keeps the folders below an mbox in a directory of this name.
            let plain = text.strip_suffix(".sbd").unwrap_or(&text);
            below.extend(folders_of_name(plain));
            return self.directory(&place, &below);
        }
        if in_maildir || text.starts_with('.') {
            return Ok(());
        }
        match is_mbox(&path) {
            Ok(true) => {
                let mut below = names.to_vec();
                below.push(text.into_owned());
                self.found(&below, Kind::Mbox, &place);
            }
            Ok(false) => {}
            Err(error) => self.walked.refused.push((place, error.to_string())),
        }
        Ok(())
    }
}

fn children_of(path: &Path) -> io::Result<Vec<std::ffi::OsString>> {
    let entries = fs::read_dir(path)?;
    let mut names: Vec<_> = entries
        .map(|entry| entry.map(|e| e.file_name()))
        .collect::<io::Result<_>>()?;
    names.sort();
    Ok(names)
}

fn is_mbox(path: &Path) -> io::Result<bool> {
    // Pipes and sockets would wait for ever.
    if !fs::metadata(path)?.is_file() {
        return Ok(false);
    }
    starts_as_mbox(&mut BufReader::with_capacity(4096, File::open(path)?))
}
