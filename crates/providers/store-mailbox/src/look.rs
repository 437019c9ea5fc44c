//! Looking at the files again: what came, went or got other flags since the index was written.
//!
//! While nothing changes, a look costs the times of a few directories. Only what has another time is listed, only new
//! messages are read. One process looks at a time; what another one found is simply there.

mod batch;
mod maildir;
mod mbox;
mod structure;

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, TryLockError as Busy};
use std::time::{Duration, Instant};

use mapi_props::FileTime;
use mapi_spi::{Call, ItemId, Limits, Result};

use crate::failure::of_file;
use crate::index::{Folder, Index, Marks};
use crate::place;
use crate::walk::Kind;
use batch::Batch;

/// A look that is not asked for by name waits this many times as long as the last one took: it costs 5 % at most.
const REST: u32 = 20;
/// But no longer than this.
const REST_MAX: Duration = Duration::from_secs(2);
/// How often who waits for another process asks.
const ASK: Duration = Duration::from_millis(20);

/// When to look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum When {
    /// In any case.
    Now,
    /// Unless somebody looked just before.
    Due,
}

/// Looks at one mailbox.
#[derive(Debug)]
pub(crate) struct Looker {
    root: PathBuf,
    index: Arc<Index>,
    limits: Limits,
    /// Beside the index; none where that is in memory.
    lock: Option<PathBuf>,
    /// Before this there is no need to look again.
    next: Mutex<Option<Instant>>,
}

impl Looker {
    pub(crate) fn new(
        root: PathBuf,
        index: Arc<Index>,
        limits: Limits,
        lock: Option<PathBuf>,
    ) -> Self {
        Self {
            root,
            index,
            limits,
            lock,
            next: Mutex::default(),
        }
    }

    /// Where the folder's files lie.
    pub(crate) fn path_of(&self, folder: &Folder) -> PathBuf {
        match folder.place.as_os_str().is_empty() {
            // Joined with nothing, a path gets a slash at its end.
            true => self.root.clone(),
            false => self.root.join(&folder.place),
        }
    }

    /// Brings the index up to date.
    ///
    /// # Errors
    /// Those of the file system for the mailbox itself; of the index; of the call, what was found so far is kept.
    pub(crate) fn look(&self, when: When, call: &Call) -> Result<()> {
        let mut next = match (when, self.next.try_lock()) {
            (_, Ok(next)) => next,
            (_, Err(Busy::Poisoned(next))) => next.into_inner(),
            // Another thread is at it.
            (When::Due, Err(Busy::WouldBlock)) => return Ok(()),
            (When::Now, Err(Busy::WouldBlock)) => {
                self.next.lock().unwrap_or_else(PoisonError::into_inner)
            }
        };
        let begun = Instant::now();
        if when == When::Due && next.is_some_and(|at| begun < at) {
            return Ok(());
        }
        self.look_now(call)?;
        let rest = (begun.elapsed() * REST).min(REST_MAX);
        *next = Some(Instant::now() + rest);
        Ok(())
    }

    fn look_now(&self, call: &Call) -> Result<()> {
        if structure::is_stale(&self.root, &self.index)? {
            let _alone = self.alone(call)?;
            structure::renew(&self.root, &self.index, call)?;
        }
        let stale = self.stale_folders()?;
        if stale.is_empty() {
            return Ok(());
        }
        let _alone = self.alone(call)?;
        // Whoever was alone before may have done it.
        let stale = self.stale_folders()?;
        let mut batch = Batch::new(&self.index, self.limits, call);
        let mut plans = Vec::new();
        for (folder, marks) in stale {
            match folder.kind {
                Kind::Maildir => {
                    let path = self.path_of(&folder);
                    match maildir::plan(&path, &folder, &self.index, call) {
                        Ok(plan) => {
                            batch.expect(plan.new_messages());
                            plans.push((folder, marks, Some(plan)));
                        }
                        Err(error) => self.unreadable(&folder, &error)?,
                    }
                }
                Kind::Mbox | Kind::Bare => plans.push((folder, marks, None)),
            }
        }
        for (folder, marks, plan) in plans {
            let path = self.path_of(&folder);
            let done = match plan {
                Some(plan) => maildir::carry_out(plan, &path, &folder, &mut batch)?,
                None => mbox::look(&path, &folder, &marks, &mut batch)?,
            };
            if let Err(error) = done {
                self.unreadable(&folder, &error)?;
                continue;
            }
            self.index.write(|change| {
                change.unrefuse(folder.id(), b"")?;
                change.set_marks(folder.id(), &marks)
            })?;
        }
        Ok(())
    }

    /// Folders with messages whose files have another time than when they were looked at.
    fn stale_folders(&self) -> Result<Vec<(Folder, Marks)>> {
        let world = self.index.world(None)?;
        let mut stale = Vec::new();
        for folder in world.folders.values().filter(|f| f.kind != Kind::Bare) {
            let looked = place::now();
            let parts = match self.parts(folder) {
                Ok(parts) => parts,
                Err(error) => {
                    self.unreadable(folder, &error)?;
                    continue;
                }
            };
            let known = self.index.marks(folder.id())?;
            if !known.is_some_and(|marks| marks.holds(&parts)) {
                stale.push((folder.clone(), Marks { looked, parts }));
            }
        }
        Ok(stale)
    }

    fn parts(&self, folder: &Folder) -> io::Result<Vec<(FileTime, u64)>> {
        let path = self.path_of(folder);
        let of = |path: &Path| -> io::Result<(FileTime, u64)> {
            let meta = fs::metadata(path)?;
            // What the size of a directory means is the file system's own affair.
            let size = if meta.is_dir() { 0 } else { meta.len() };
            Ok((place::changed(&meta), size))
        };
        match folder.kind {
            Kind::Maildir => Ok(vec![of(&path.join("cur"))?, of(&path.join("new"))?]),
            Kind::Mbox => Ok(vec![of(&path)?]),
            Kind::Bare => Ok(Vec::new()),
        }
    }

    /// Names a folder that cannot be read; the others go on.
    fn unreadable(&self, folder: &Folder, error: &io::Error) -> Result<()> {
        tracing::warn!(folder = %folder.id(), %error, "a folder of the mailbox cannot be read");
        let reason = error.to_string();
        self.index.write(|change| {
            let file = batch::no_file();
            change.refuse(folder.id(), b"", &file, &reason)
        })
    }

    /// Waits until no other process looks.
    fn alone(&self, call: &Call) -> Result<Option<File>> {
        let Some(path) = &self.lock else {
            return Ok(None);
        };
        let mut options = OpenOptions::new();
        options.create(true).truncate(false).read(true).write(true);
        let file = options.open(path).map_err(|e| of_file(path, e))?;
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(Some(file)),
                Err(TryLockError::WouldBlock) => {
                    call.check()?;
                    std::thread::sleep(ASK);
                }
                // A file system without locks: the index's own transactions keep order.
                Err(TryLockError::Error(_)) => return Ok(None),
            }
        }
    }

    /// Looks at a folder whose message is not where it was.
    pub(crate) fn again(&self, folder: ItemId, call: &Call) -> Result<()> {
        self.index.write(|change| change.forget_marks(folder))?;
        self.look(When::Now, call)
    }
}
