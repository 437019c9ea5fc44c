//! The sockets themselves: where they lie, who may connect. All that differs between systems is here.

use std::path::{Path, PathBuf};

/// Whether processes can listen on this system.
#[must_use]
pub const fn can_listen() -> bool {
    cfg!(unix)
}

/// The process id in the name of a socket.
pub(super) fn pid_of(socket: &Path) -> Option<u32> {
    let name = socket.file_name()?.to_str()?;
    name.strip_suffix(".sock")?.split_once('-')?.0.parse().ok()
}

/// The sockets of all processes of this home, those of dead ones too.
#[must_use]
pub fn sockets_in(run: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(socket_dir(run)) else {
        return Vec::new();
    };
    let paths = entries.filter_map(|entry| Some(entry.ok()?.path()));
    let mut found: Vec<_> = paths.filter(|path| pid_of(path).is_some()).collect();
    found.sort();
    found
}

#[cfg(unix)]
pub(super) use self::unix::{Listener, Stream, connect, is_gone, socket_dir};

#[cfg(unix)]
mod unix {
    use std::fs::{self, DirBuilder, Permissions};
    use std::io;
    use std::os::unix::ffi::OsStrExt;
    use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
    use std::os::unix::net::{UnixListener, UnixStream};
    use std::path::{Path, PathBuf};
    use std::sync::mpsc;
    use std::thread;
    use std::time::Duration;

    use super::super::wire::Timed;

    /// A socket's path may have so many bytes: macOS takes 104 with the end.
    const LONGEST: usize = 100;
    /// `/1234567890-abcd.sock`
    const NAME: usize = 24;

    pub(in super::super) type Stream = UnixStream;

    impl Timed for UnixStream {
        fn limit(&self, time: Duration) -> io::Result<()> {
            self.set_read_timeout(Some(time.max(Duration::from_millis(1))))
        }
    }

    /// Where sockets of this home lie: in `run`, or, where that path is too long for a socket, below the temporary directory.
    pub(in super::super) fn socket_dir(run: &Path) -> PathBuf {
        if run.as_os_str().len() + NAME <= LONGEST {
            return run.to_owned();
        }
        let hash = blake3::hash(run.as_os_str().as_bytes()).to_hex();
        let user = rustix::process::geteuid().as_raw();
        std::env::temp_dir().join(format!(
            "malle-{user}-{}",
            hash.get(..12).unwrap_or_default()
        ))
    }

    /// A socket that other processes of this user connect to; it goes with this value.
    #[derive(Debug)]
    pub(in super::super) struct Listener {
        listener: UnixListener,
        path: PathBuf,
    }

    impl Listener {
        /// Begins to listen.
        pub(in super::super) fn begin(run: &Path) -> io::Result<Self> {
            let dir = socket_dir(run);
            own_dir(&dir)?;
            let mut chance = [0; 2];
            getrandom::fill(&mut chance).map_err(io::Error::other)?;
            let [a, b] = chance;
            let path = dir.join(format!("{}-{a:02x}{b:02x}.sock", std::process::id()));
            // Left by a process of our id that was killed.
            match fs::remove_file(&path) {
                Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(e),
                _ => {}
            }
            let listener = UnixListener::bind(&path)?;
            fs::set_permissions(&path, Permissions::from_mode(0o600))?;
            Ok(Self { listener, path })
        }

        pub(in super::super) fn path(&self) -> &Path {
            &self.path
        }

        /// The next who connects, if it is this user.
        pub(in super::super) fn accept(&self) -> io::Result<Option<UnixStream>> {
            let (stream, _) = self.listener.accept()?;
            Ok(is_same_user(&stream)?.then_some(stream))
        }
    }

    impl Drop for Listener {
        fn drop(&mut self) {
            let _gone = fs::remove_file(&self.path);
        }
    }

    /// The directory, which must be ours and nobody else's to enter.
    fn own_dir(dir: &Path) -> io::Result<()> {
        DirBuilder::new().recursive(true).mode(0o700).create(dir)?;
        let about = fs::symlink_metadata(dir)?;
        if !about.is_dir() || about.uid() != rustix::process::geteuid().as_raw() {
            let detail = format!("{} is not a directory of this user", dir.display());
            return Err(io::Error::new(io::ErrorKind::PermissionDenied, detail));
        }
        if about.mode() & 0o077 != 0 {
            fs::set_permissions(dir, Permissions::from_mode(0o700))?;
        }
        Ok(())
    }

    /// Connects; a process that is stopped and has a full queue keeps nobody waiting for longer than this.
    pub(in super::super) fn connect(path: &Path, patience: Duration) -> io::Result<UnixStream> {
        let (done, outcome) = mpsc::channel();
        let to = path.to_owned();
        let work = move || {
            let _nobody_waits = done.send(UnixStream::connect(to));
        };
        let thread = thread::Builder::new().name("malle-connect".to_owned());
        thread.spawn(work)?;
        let stream = outcome
            .recv_timeout(patience)
            .map_err(|_| io::Error::from(io::ErrorKind::TimedOut))??;
        if !is_same_user(&stream)? {
            return Err(io::ErrorKind::PermissionDenied.into());
        }
        stream.set_write_timeout(Some(patience.max(Duration::from_millis(1))))?;
        Ok(stream)
    }

    /// Whether the process that listened there is dead, so that its socket may be taken away.
    pub(in super::super) fn is_gone(socket: &Path) -> bool {
        let pid = super::pid_of(socket).and_then(|pid| i32::try_from(pid).ok());
        let pid = pid.and_then(rustix::process::Pid::from_raw);
        let alive = pid.map(rustix::process::test_kill_process);
        matches!(alive, Some(Err(rustix::io::Errno::SRCH)))
    }

    #[cfg(any(target_os = "linux", target_os = "android"))]
    fn is_same_user(stream: &UnixStream) -> io::Result<bool> {
        let peer = rustix::net::sockopt::socket_peercred(stream)?;
        Ok(peer.uid == rustix::process::geteuid())
    }

    /// Here the directory alone, which nobody else can enter, says so.
    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    fn is_same_user(_: &UnixStream) -> io::Result<bool> {
        Ok(true)
    }
}

#[cfg(not(unix))]
pub(super) use self::none::{Listener, Stream, connect, is_gone, socket_dir};

/// No sockets on this system.
#[cfg(not(unix))]
mod none {
    use std::convert::Infallible;
    use std::io::{self, Read, Write};
    use std::path::{Path, PathBuf};
    use std::time::Duration;

    use super::super::wire::Timed;

    #[derive(Debug)]
    pub(in super::super) struct Stream(Infallible);

    impl Stream {
        pub(in super::super) fn try_clone(&self) -> io::Result<Self> {
            match self.0 {}
        }

        pub(in super::super) fn set_write_timeout(&self, _: Option<Duration>) -> io::Result<()> {
            match self.0 {}
        }
    }

    impl Read for Stream {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            match self.0 {}
        }
    }

    impl Write for Stream {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            match self.0 {}
        }

        fn flush(&mut self) -> io::Result<()> {
            match self.0 {}
        }
    }

    impl Timed for Stream {
        fn limit(&self, _: Duration) -> io::Result<()> {
            match self.0 {}
        }
    }

    #[derive(Debug)]
    pub(in super::super) struct Listener(Infallible);

    impl Listener {
        pub(in super::super) fn begin(_: &Path) -> io::Result<Self> {
            Err(io::ErrorKind::Unsupported.into())
        }

        pub(in super::super) fn path(&self) -> &Path {
            match self.0 {}
        }

        pub(in super::super) fn accept(&self) -> io::Result<Option<Stream>> {
            match self.0 {}
        }
    }

    pub(in super::super) fn socket_dir(run: &Path) -> PathBuf {
        run.to_owned()
    }

    pub(in super::super) fn connect(_: &Path, _: Duration) -> io::Result<Stream> {
        Err(io::ErrorKind::Unsupported.into())
    }

    pub(in super::super) fn is_gone(_: &Path) -> bool {
        false
    }
}
