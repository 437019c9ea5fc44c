//! One mailbox: what waits in it, what was taken, what is damaged.

use std::fs::{self, File, TryLockError};
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use mapi_props::ReadAt;

use super::draft::{Draft, Place, withdraw};
use super::durable;
use crate::parcel::ParcelName;

/// A file that nobody has locked, and was written to since, is not taken for one that was left.
const YOUNG: Duration = Duration::from_secs(60);
/// So long it is remembered that a parcel was withdrawn.
const REMEMBERED: Duration = Duration::from_hours(30 * 24);
/// The file that says which words of withdrawn parcels are gone: that of this name and all before it.
const FORGOTTEN: &str = "forgotten";

/// What became of a parcel whose sender was to put it into the mailbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It was put there.
    Published,
    /// It was not, and never will be.
    Void,
    /// Too long ago to be known, or the mailbox is not there any more.
    Unknown,
}

/// The directory of a mailbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Mailbox {
    directory: PathBuf,
    shared: bool,
}

/// Whoever takes parcels out, while it does.
#[derive(Debug)]
pub(crate) struct Receiving {
    _lock: File,
}

impl Mailbox {
    pub(super) const fn new(directory: PathBuf, shared: bool) -> Self {
        Self { directory, shared }
    }

    /// Parcels that wait: what is watched.
    pub(crate) fn new_folder(&self) -> PathBuf {
        self.directory.join("new")
    }

    fn tmp_folder(&self) -> PathBuf {
        self.directory.join("tmp")
    }

    /// Parcels that could not be read.
    pub(crate) fn damaged_folder(&self) -> PathBuf {
        self.directory.join("damaged")
    }

    /// Makes its folders.
    pub(super) fn make(&self) -> io::Result<()> {
        for folder in [self.new_folder(), self.tmp_folder(), self.damaged_folder()] {
            durable::make_folder(&folder, self.shared)?;
        }
        Ok(())
    }

    /// Begins a parcel that is not there yet.
    pub(crate) fn draft(&self, name: ParcelName) -> io::Result<Draft> {
        let place = self.place(name);
        let file = durable::new_file(&place.drafts.join(name.file()), self.shared)?;
        Draft::new(file, place)
    }

    fn place(&self, name: ParcelName) -> Place {
        Place {
            drafts: self.tmp_folder(),
            mailbox: self.new_folder(),
            name,
            shared: self.shared,
        }
    }

    /// The same parcel as another mailbox gets: shared where the system can do so, else copied.
    pub(crate) fn draft_of(&self, other: &Draft, name: ParcelName) -> io::Result<Draft> {
        let path = self.tmp_folder().join(name.file());
        if fs::hard_link(other.path(), &path).is_ok() {
            let file = File::open(&path)?;
            return Ok(Draft::linked(file, self.place(name)));
        }
        let mut draft = self.draft(name)?;
        let mut from = File::open(other.path())?;
        io::copy(&mut from, draft.file())?;
        draft.file().sync_all()?;
        Ok(draft)
    }

    /// What was put in place is durable when this returns.
    pub(crate) fn sync(&self) -> io::Result<()> {
        durable::sync_folder(&self.new_folder())
    }

    /// That drafts are there is durable when this returns: from then on the place of one says what became of it.
    pub(crate) fn sync_drafts(&self) -> io::Result<()> {
        durable::sync_folder(&self.tmp_folder())
    }

    /// What became of a parcel of this name, whose draft was there durably before it was marked. One that was not put into the mailbox
    /// is withdrawn by this: no writer that is still about to do so comes first any more.
    pub(crate) fn fate(&self, name: ParcelName) -> io::Result<Fate> {
        if !self.new_folder().is_dir() || !self.tmp_folder().is_dir() {
            return Ok(Fate::Unknown);
        }
        if withdraw(&self.tmp_folder(), name, self.shared)? {
            return Ok(Fate::Void);
        }
        // Asked after its word was not found: words go only after this was written.
        Ok(match self.is_forgotten(name)? {
            true => Fate::Unknown,
            false => Fate::Published,
        })
    }

    fn is_forgotten(&self, name: ParcelName) -> io::Result<bool> {
        match durable::small_text(&self.directory.join(FORGOTTEN)) {
            Ok(last) => Ok(ParcelName::read(last.trim()).is_none_or(|last| name <= last)),
            Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(e) => Err(e),
        }
    }

    /// Takes the right to take parcels out; `None` while another has it.
    pub(crate) fn receive(&self) -> io::Result<Option<Receiving>> {
        let lock = durable::lock_file(&self.directory.join("receiving"), self.shared)?;
        match lock.try_lock() {
            Ok(()) => Ok(Some(Receiving { _lock: lock })),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(e)) => Err(e),
        }
    }

    /// The parcels that wait, oldest first, up to one of them: of each of these everything that its sender put there before is
    /// among them. The others come next time.
    ///
    /// A folder that is read while it is written may show what came later, and not what came earlier. So it is read twice:
    /// whatever came before something of the first reading was there when the second began.
    pub(crate) fn waiting(&self) -> io::Result<Vec<ParcelName>> {
        let Some(last) = self.names(ParcelName::waiting)?.pop() else {
            return Ok(Vec::new());
        };
        let mut names = self.names(ParcelName::waiting)?;
        names.retain(|name| *name <= last);
        Ok(names)
    }

    /// Whether any waits.
    pub(crate) fn has_mail(&self) -> bool {
        let waiting = self.names(ParcelName::waiting);
        waiting.is_ok_and(|names| !names.is_empty())
    }

    /// The parcels that were taken and are to be forgotten.
    pub(crate) fn taken(&self) -> io::Result<Vec<ParcelName>> {
        self.names(ParcelName::taken)
    }

    fn names(&self, read: fn(&str) -> Option<ParcelName>) -> io::Result<Vec<ParcelName>> {
        let mut names = Vec::new();
        for entry in fs::read_dir(self.new_folder())? {
            names.extend(entry?.file_name().to_str().and_then(read));
        }
        names.sort_unstable();
        Ok(names)
    }

    /// A parcel that waits, for reading, and its size; `None` if it is not there any more.
    pub(crate) fn open(&self, name: ParcelName) -> io::Result<Option<(Arc<dyn ReadAt>, u64)>> {
        open(&self.waiting_file(name))
    }

    /// The same for one that was taken.
    pub(crate) fn open_taken(
        &self,
        name: ParcelName,
    ) -> io::Result<Option<(Arc<dyn ReadAt>, u64)>> {
        open(&self.taken_file(name))
    }

    /// Removes one that was taken and forgotten.
    pub(crate) fn remove(&self, name: ParcelName) -> io::Result<()> {
        fs::remove_file(self.taken_file(name))
    }

    fn waiting_file(&self, name: ParcelName) -> PathBuf {
        self.new_folder().join(name.file())
    }

    fn taken_file(&self, name: ParcelName) -> PathBuf {
        self.new_folder().join(name.file_taken())
    }

    /// Marks a parcel as taken: it is never given again.
    pub(crate) fn take(&self, name: ParcelName) -> io::Result<()> {
        fs::rename(self.waiting_file(name), self.taken_file(name))
    }

    /// Puts a parcel aside, with why beside it, and says where.
    pub(crate) fn put_aside(&self, name: ParcelName, why: &str) -> io::Result<PathBuf> {
        let to = self.damaged_folder().join(name.file());
        fs::rename(self.waiting_file(name), &to)?;
        durable::sync_folder(&self.damaged_folder())?;
        self.sync()?;
        let note = format!("{}.txt", name.file());
        if let Err(error) =
            durable::replace(&self.damaged_folder(), &note, why.as_bytes(), self.shared)
        {
            tracing::warn!(%error, "why the parcel is damaged could not be written beside it");
        }
        Ok(to)
    }

    /// How many parcels were put aside.
    pub(crate) fn damaged(&self) -> usize {
        let entries = fs::read_dir(self.damaged_folder())
            .into_iter()
            .flatten()
            .flatten();
        let parcel = |name: &std::ffi::OsStr| name.to_str().and_then(ParcelName::waiting).is_some();
        entries.filter(|e| parcel(&e.file_name())).count()
    }

    /// Withdraws what senders left that were killed, and forgets what was withdrawn long ago.
    pub(crate) fn sweep(&self) -> io::Result<()> {
        let mut old = Vec::new();
        for entry in fs::read_dir(self.tmp_folder())? {
            let entry = entry?;
            let (path, file) = (entry.path(), entry.file_name());
            let file = file.to_str().unwrap_or_default();
            if let Some(name) = ParcelName::void(file) {
                if age(&path).is_some_and(|age| age > REMEMBERED) {
                    old.push(name);
                }
            } else if is_left(&path) {
                let _was_just_published = match ParcelName::waiting(file) {
                    Some(name) => withdraw(&self.tmp_folder(), name, self.shared).map(drop),
                    None => fs::remove_file(&path),
                };
            }
        }
        self.forget_void(&old)
    }

    /// Removes the words of parcels that were withdrawn. That they are gone is written down first: a parcel without a word counts as
    /// put into the mailbox.
    fn forget_void(&self, old: &[ParcelName]) -> io::Result<()> {
        let Some(last) = old.iter().max() else {
            return Ok(());
        };
        if !self.is_forgotten(*last)? {
            let text = last.stem();
            durable::replace(&self.directory, FORGOTTEN, text.as_bytes(), self.shared)?;
        }
        for name in old {
            fs::remove_file(self.tmp_folder().join(name.file_void()))?;
        }
        Ok(())
    }
}

/// How long ago a file was written to.
fn age(path: &Path) -> Option<Duration> {
    let made = fs::metadata(path).and_then(|meta| meta.modified()).ok()?;
    SystemTime::now().duration_since(made).ok()
}

/// Whether nobody writes the file any more: writers hold it locked from right after they made it. One that is young may be about to be
/// locked. Should its writer have slept for so long in between, it finds the file gone, and sends later.
fn is_left(path: &Path) -> bool {
    // What is no file is nobody's draft, and a pipe would be waited for.
    let file = fs::symlink_metadata(path).is_ok_and(|meta| meta.is_file());
    let old = age(path).is_some_and(|age| age > YOUNG);
    file && old && File::open(path).is_ok_and(|file| file.try_lock().is_ok())
}

/// A file for reading, and its size; `None` if it is not there.
pub(super) fn open(path: &Path) -> io::Result<Option<(Arc<dyn ReadAt>, u64)>> {
    let found = |e: io::Error| match e.kind() {
        io::ErrorKind::NotFound => Ok(None),
        _ => Err(e),
    };
    match fs::symlink_metadata(path) {
        // A pipe would be waited for.
        Ok(meta) if !meta.is_file() => {
            let wrong = io::Error::new(io::ErrorKind::InvalidData, "it is no file");
            return Err(wrong);
        }
        Ok(_) => {}
        Err(e) => return found(e),
    }
    let file = match File::open(path) {
        Ok(file) => file,
        Err(e) => return found(e),
    };
    let size = file.metadata()?.len();
    Ok(Some((Arc::new(FileAt(Mutex::new(file))), size)))
}

/// A file that is read at any place.
struct FileAt(Mutex<File>);

impl ReadAt for FileAt {
    fn read_at(&self, at: u64, buffer: &mut [u8]) -> io::Result<usize> {
        let mut file = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        file.seek(SeekFrom::Start(at))?;
        file.read(buffer)
    }
}
