//! Files and folders that are there whole or not at all, for their owner or a group: the one place that asks the system for it.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read as _, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

/// Makes a folder and those above it that are missing. One that is there stays as it is.
pub(super) fn make_folder(path: &Path, shared: bool) -> io::Result<()> {
    if path.is_dir() {
        return Ok(());
    }
    if let Some(above) = path.parent().filter(|above| !above.as_os_str().is_empty()) {
        make_folder(above, shared)?;
    }
    match new_folder(path, shared) {
        Err(e) if e.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(e) => Err(named(path, &e)),
        Ok(()) => match path.parent() {
            Some(above) => sync_folder(above),
            None => Ok(()),
        },
    }
}

#[cfg(unix)]
fn new_folder(path: &Path, shared: bool) -> io::Result<()> {
    use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
    DirBuilder::new().mode(0o700).create(path)?;
    if shared {
        // What is made inside belongs to the folder's group.
        fs::set_permissions(path, fs::Permissions::from_mode(0o2770))?;
    }
    Ok(())
}

#[cfg(not(unix))]
fn new_folder(path: &Path, _shared: bool) -> io::Result<()> {
    DirBuilder::new().create(path)
}

/// Whether a folder is one that members of its group may write to.
#[cfg(unix)]
pub(super) fn is_shared(path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    const SHARED: u32 = 0o2020;
    fs::metadata(path).is_ok_and(|meta| meta.mode() & SHARED == SHARED)
}

#[cfg(not(unix))]
pub(super) fn is_shared(_path: &Path) -> bool {
    false
}

/// A new file to be written and read.
pub(super) fn new_file(path: &Path, shared: bool) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create_new(true);
    open(&options, path, shared).map_err(|e| named(path, &e))
}

/// Bytes of a small file.
const SMALL: u64 = 64 << 10;

/// The text of a small file that somebody else may have put there: nothing else is waited for, and no other is read.
pub(super) fn small_text(path: &Path) -> io::Result<String> {
    let wrong = |what| io::Error::new(io::ErrorKind::InvalidData, what);
    // A pipe would be waited for.
    if !fs::metadata(path)?.is_file() {
        return Err(named(path, &wrong("it is no file")));
    }
    let mut text = String::new();
    File::open(path)?.take(SMALL).read_to_string(&mut text)?;
    Ok(text)
}

/// A file that is only there to be locked.
pub(super) fn lock_file(path: &Path, shared: bool) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    open(&options, path, shared).map_err(|e| named(path, &e))
}

#[cfg(unix)]
fn open(options: &OpenOptions, path: &Path, shared: bool) -> io::Result<File> {
    use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt};
    let mode = if shared { 0o660 } else { 0o600 };
    let file = options.clone().mode(mode).open(path)?;
    let now = file.metadata()?.mode() & 0o777;
    if shared && now != mode {
        // The user's mask took the group's bits away. Another's file stays as it is.
        match file.set_permissions(fs::Permissions::from_mode(mode)) {
            Err(e) if e.kind() != io::ErrorKind::PermissionDenied => return Err(e),
            _ => {}
        }
    }
    Ok(file)
}

#[cfg(not(unix))]
fn open(options: &OpenOptions, path: &Path, _shared: bool) -> io::Result<File> {
    options.open(path)
}

/// What was renamed or removed in a folder is durable when this returns.
#[cfg(unix)]
pub(super) fn sync_folder(path: &Path) -> io::Result<()> {
    File::open(path)?.sync_all()
}

/// Windows keeps folders itself, and gives no handle to ask it.
#[cfg(not(unix))]
pub(super) fn sync_folder(_path: &Path) -> io::Result<()> {
    Ok(())
}

/// Makes a file with this content, whole at once, unless one of its name is there: then false.
pub(super) fn publish_new(
    folder: &Path,
    name: &str,
    bytes: &[u8],
    shared: bool,
) -> io::Result<bool> {
    let draft = written(folder, bytes, shared)?;
    let target = folder.join(name);
    let made = match fs::hard_link(&draft, &target) {
        Ok(()) => Ok(true),
        Err(e) if e.kind() == io::ErrorKind::AlreadyExists => Ok(false),
        // A file system without links: between the two steps somebody sees an empty file, which is nobody's.
        Err(_) => match new_file(&target, shared) {
            Ok(mut file) => file
                .write_all(bytes)
                .and_then(|()| file.sync_all())
                .map(|()| true),
            Err(e) if e.kind() == io::ErrorKind::AlreadyExists => Ok(false),
            Err(e) => Err(e),
        },
    };
    fs::remove_file(&draft)?;
    let made = made?;
    sync_folder(folder)?;
    Ok(made)
}

/// Puts a file with this content in place of the one of its name.
pub(super) fn replace(folder: &Path, name: &str, bytes: &[u8], shared: bool) -> io::Result<()> {
    let draft = written(folder, bytes, shared)?;
    fs::rename(&draft, folder.join(name))?;
    sync_folder(folder)
}

fn written(folder: &Path, bytes: &[u8], shared: bool) -> io::Result<PathBuf> {
    static NUMBER: AtomicU64 = AtomicU64::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let path = folder.join(format!(".draft-{}-{number}", std::process::id()));
    let _left_by_one_that_was_killed = fs::remove_file(&path);
    let mut file = new_file(&path, shared)?;
    let done = file.write_all(bytes).and_then(|()| file.sync_all());
    if let Err(e) = done {
        let _nobodys = fs::remove_file(&path);
        return Err(e);
    }
    Ok(path)
}

/// The same with the file that it is about.
fn named(path: &Path, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("{}: {error}", path.display()))
}
