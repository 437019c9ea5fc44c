//! What differs between operating systems: network folders, room on the disk, locks and the wake-up file.

use std::fs::{File, Metadata, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// The path with `suffix` behind its last name: `mail.malle` → `mail.malle.wake`.
pub(crate) fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

/// Whether processes can share memory over a file in this folder; not so on network file systems.
pub(crate) fn shares_memory(path: &Path) -> bool {
    let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let path = path
        .canonicalize()
        .or_else(|e| path.parent().map_or(Err(e), Path::canonicalize))
        .unwrap_or(path);
    if cfg!(windows) {
        let shown = path.to_string_lossy();
        return !(shown.starts_with(r"\\?\UNC\")
            || (shown.starts_with(r"\\") && !shown.starts_with(r"\\?\")));
    }
    let Ok(mounts) = std::fs::read_to_string("/proc/self/mounts") else {
        return true;
    };
    !is_network(kind_of_mount(&mounts, &path))
}

/// The file system type of the mount that holds `path`, from the lines of /proc/self/mounts.
fn kind_of_mount<'a>(mounts: &'a str, path: &Path) -> &'a str {
    let holds = |line: &'a str| {
        let mut words = line.split(' ').skip(1);
        let (point, kind) = (words.next()?, words.next()?);
        path.starts_with(point).then_some((point.len(), kind))
    };
    // The last of equal mount points lies on top.
    mounts
        .lines()
        .filter_map(holds)
        .max_by_key(|(len, _)| *len)
        .map_or("", |(_, kind)| kind)
}

fn is_network(kind: &str) -> bool {
    const KINDS: [&str; 9] = [
        "nfs",
        "nfs4",
        "cifs",
        "smb3",
        "smbfs",
        "afs",
        "ncpfs",
        "9p",
        "fuse.sshfs",
    ];
    KINDS.contains(&kind)
}

/// Whether a file beside `path` could still grow past its present size: tells a full disk, a quota or a
/// limit of file size from a broken disk, when SQLite only says "write failed".
pub(crate) fn has_room(path: &Path) -> bool {
    let size = |suffix: &str| std::fs::metadata(beside(path, suffix)).map_or(0, |m| m.len());
    let probe = beside(path, ".probe");
    // What waits in the log may have to go into the file, and one change set on top.
    let end = size("") + size("-wal") + 1024 * 1024;
    let grown = (|| {
        let mut file = File::create(&probe)?;
        file.seek(SeekFrom::Start(end))?;
        file.write_all(&[0; 8192])
    })();
    let _gone = std::fs::remove_file(&probe);
    !matches!(
        grown.map_err(|e| e.kind()),
        Err(io::ErrorKind::StorageFull
            | io::ErrorKind::QuotaExceeded
            | io::ErrorKind::FileTooLarge)
    )
}

/// Makes an empty file for a database that only its owner may read, where the system knows owners; SQLite gives what it puts beside it the
/// same rights. Whoever wants others to read it says so later: the rights of a file that is there stay as they are.
pub(crate) fn make_private(path: &Path) -> io::Result<()> {
    let mut options = OpenOptions::new();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.write(true).create_new(true).open(path).map(drop)
}

/// Makes what was renamed or linked in this file's folder survive a power cut.
pub(crate) fn sync_folder(path: &Path) -> io::Result<()> {
    if cfg!(unix) {
        let folder = path
            .parent()
            .filter(|p| !p.as_os_str().is_empty())
            .unwrap_or(Path::new("."));
        File::open(folder)?.sync_all()?;
    }
    Ok(())
}

/// A counter in a small file that other processes watch.
#[derive(Debug)]
pub(crate) struct WakeFile {
    path: PathBuf,
    open: Option<(File, FileIdentity)>,
}

impl WakeFile {
    /// The counter beside the store at `store`. Nothing is created yet.
    pub(crate) fn beside(store: &Path) -> Self {
        Self {
            path: beside(store, ".wake"),
            open: None,
        }
    }

    /// Creates the file if it is not there, and says where it is; `None` if it cannot be created.
    pub(crate) fn make(&mut self) -> Option<PathBuf> {
        // Somebody may have deleted it or put another one in its place: nobody would hear of what is written to the old one.
        let here = self.path.metadata().ok().map(|m| identity(&m));
        if self.open.as_ref().map(|(_, identity)| identity) != here.as_ref() || here.is_none() {
            self.open = open_wake_file(&self.path).ok();
        }
        // A reader of a folder that it may not write to watches what is there.
        (self.open.is_some() || here.is_some()).then(|| self.path.clone())
    }

    /// Writes the counter. A failure costs others some seconds, nothing more, so it is not reported.
    pub(crate) fn write(&mut self, value: u64) {
        self.write_at(0, value);
    }

    /// Writes what the counter is about to become.
    pub(crate) fn write_begun(&mut self, value: u64) {
        self.write_at(8, value);
    }

    fn write_at(&mut self, place: u64, value: u64) {
        self.make();
        if let Some((file, _)) = &mut self.open {
            let _late = file
                .seek(SeekFrom::Start(place))
                .and_then(|_| file.write_all(&value.to_le_bytes()));
        }
    }

    /// The counter, and what it is about to become: not above it where nobody is committing.
    pub(crate) fn read(&mut self) -> Option<(u64, u64)> {
        let (file, _) = self.open.as_mut()?;
        let mut bytes = [0; 16];
        file.seek(SeekFrom::Start(0)).ok()?;
        let mut filled = 0;
        while let Some(rest) = bytes.get_mut(filled..).filter(|rest| !rest.is_empty()) {
            match file.read(rest).ok()? {
                0 => break,
                n => filled += n,
            }
        }
        let (value, begun) = bytes.split_first_chunk::<8>()?;
        let begun = begun.first_chunk::<8>()?;
        Some((u64::from_le_bytes(*value), u64::from_le_bytes(*begun)))
    }
}

fn open_wake_file(path: &Path) -> io::Result<(File, FileIdentity)> {
    let mut options = OpenOptions::new();
    let file = options
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(path)?;
    let identity = identity(&file.metadata()?);
    Ok((file, identity))
}

/// What tells a file from another of the same name; nothing where the system does not say.
type FileIdentity = Option<(u64, u64)>;

#[cfg(unix)]
#[expect(clippy::unnecessary_wraps, reason = "other systems do not say")]
fn identity(metadata: &Metadata) -> FileIdentity {
    use std::os::unix::fs::MetadataExt;
    Some((metadata.dev(), metadata.ino()))
}

#[cfg(not(unix))]
fn identity(_: &Metadata) -> FileIdentity {
    None
}

/// A lock that ends with the process that holds it.
#[derive(Debug)]
pub(crate) struct ProcessLock {
    file: File,
}

impl ProcessLock {
    /// Opens the lock file of the store at `store`, holding nothing yet.
    pub(crate) fn open(store: &Path) -> io::Result<Self> {
        let path = beside(store, ".lock");
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(path)?;
        Ok(Self { file })
    }

    /// Takes it beside other sharers; false while somebody has it alone.
    pub(crate) fn try_share(&self) -> io::Result<bool> {
        taken(self.file.try_lock_shared())
    }

    /// Takes it alone; false while anybody else has it.
    pub(crate) fn try_own(&self) -> io::Result<bool> {
        taken(self.file.try_lock())
    }

    /// Gives it back.
    pub(crate) fn release(&self) -> io::Result<()> {
        self.file.unlock()
    }
}

fn taken(outcome: Result<(), TryLockError>) -> io::Result<bool> {
    match outcome {
        Ok(()) => Ok(true),
        Err(TryLockError::WouldBlock) => Ok(false),
        Err(TryLockError::Error(e)) => Err(e),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mount_on_top_counts() {
        let mounts = "/dev/a / ext4 rw 0 0\nsrv:/x /home nfs4 rw 0 0\ntmp /home/me tmpfs rw 0 0\n";
        assert_eq!(kind_of_mount(mounts, Path::new("/home/you/store")), "nfs4");
        assert_eq!(kind_of_mount(mounts, Path::new("/home/me/store")), "tmpfs");
        assert_eq!(kind_of_mount(mounts, Path::new("/homes")), "ext4");
        assert!(is_network("nfs4") && !is_network("tmpfs"));
    }
}
