//! Noticing that a store's file is another one now, because a backup was put in its place: who has the old one open would
//! hear nothing more, and never know.

use std::fs::Metadata;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::Duration;

use mapi::CancelToken;

use crate::app::App;
use crate::exit::Outcome;

/// How often the files are looked at.
const LOOK: Duration = Duration::from_secs(2);

/// Looks at the files of a profile's stores until it is dropped.
pub(super) struct Guard {
    /// Set when one of them is another one, and with what it is a child of.
    pub(super) exchanged: CancelToken,
    /// The thread ends with it.
    _end: Sender<()>,
}

impl Guard {
    /// Begins to look, before the stores are opened.
    pub(super) fn over(app: &App, stop: &CancelToken) -> Outcome<Self> {
        let name = app.profile_name()?;
        let profiles = app.host()?.profiles();
        let profile = profiles.load(&name);
        let profile = profile.map_err(|e| app.profile_failure(&e))?;
        let configs = profile
            .stores()
            .map(|(service, store)| service.config_of(store));
        let paths = configs.filter_map(|c| Some(c.base.join(c.values.get("path")?)));
        let files: Vec<_> = paths.map(File::at).collect();
        let (end, ended) = channel();
        let exchanged = stop.child();
        let told = exchanged.clone();
        // Without a thread to be had nobody looks; all else goes on.
        let _looking = thread::Builder::new().spawn(move || {
            while ended.recv_timeout(LOOK) == Err(RecvTimeoutError::Timeout) {
                if files.iter().any(File::is_another) {
                    return told.cancel();
                }
            }
        });
        Ok(Self {
            exchanged,
            _end: end,
        })
    }
}

struct File {
    path: PathBuf,
    was: Option<(u64, u64)>,
}

impl File {
    fn at(path: PathBuf) -> Self {
        let was = identity(&path);
        Self { path, was }
    }

    /// Whether there is a file, and it is not the one that was there.
    fn is_another(&self) -> bool {
        let now = identity(&self.path);
        now.is_some() && now != self.was
    }
}

/// What tells a file from all others, whatever it is called.
fn identity(path: &Path) -> Option<(u64, u64)> {
    std::fs::metadata(path).ok().map(|file| of(&file))
}

#[cfg(unix)]
fn of(file: &Metadata) -> (u64, u64) {
    use std::os::unix::fs::MetadataExt;
    (file.dev(), file.ino())
}

/// When it was made.
#[cfg(not(unix))]
fn of(file: &Metadata) -> (u64, u64) {
    let made = file.created().ok();
    let since = made.and_then(|at| at.duration_since(std::time::UNIX_EPOCH).ok());
    since.map_or((0, 0), |since| {
        (since.as_secs(), since.subsec_nanos().into())
    })
}
