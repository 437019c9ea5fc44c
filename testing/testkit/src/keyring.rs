//! A real keyring in a session of its own: `gnome-keyring` on a private D-Bus, in a temporary directory.

use std::fs;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use crate::{ChildGuard, TempHome, skip};

/// How long the programs may take to greet.
const PATIENCE: Duration = Duration::from_secs(30);

/// The programs that make a keyring; one package of most systems brings all of them.
const PROGRAMS: [&str; 3] = ["gnome-keyring-daemon", "dbus-daemon", "dbus-monitor"];

/// A keyring that no other session sees. Its programs end with this, however the test ends.
#[derive(Debug)]
pub struct PrivateKeyring {
    // Dropped in this order: the keyring before its bus, and both before their directory.
    keyring: Option<ChildGuard>,
    _bus: ChildGuard,
    home: TempHome,
}

impl PrivateKeyring {
    /// An unlocked keyring; `None`, after the visible `skipped:` line, where its programs are absent.
    ///
    /// # Panics
    /// When a program is there and does not start.
    #[must_use]
    pub fn start() -> Option<Self> {
        let mut started = Self::start_bus()?;
        started.unlock();
        Some(started)
    }

    /// A bus without any keyring.
    ///
    /// # Panics
    /// When a program is there and does not start.
    #[must_use]
    pub fn start_bus() -> Option<Self> {
        if !PROGRAMS.iter().all(|program| is_on_path(program)) {
            skip("gnome-keyring", "install gnome-keyring and dbus");
            return None;
        }
        let home = TempHome::new().expect("a temporary directory can be made");
        let bus = start_bus(home.path()).expect("the bus starts");
        Some(Self {
            keyring: None,
            _bus: bus,
            home,
        })
    }

    /// Starts the keyring of this session unlocked. What it kept before is there again.
    ///
    /// # Panics
    /// When it does not start.
    pub fn unlock(&mut self) {
        self.restart(Some(b"the password of the keyring"));
    }

    /// Starts it locked: nobody is there who could unlock it.
    ///
    /// # Panics
    /// When it does not start.
    pub fn lock(&mut self) {
        self.restart(None);
    }

    fn restart(&mut self, password: Option<&[u8]>) {
        self.keyring = None;
        let started = self.start_keyring(password);
        self.keyring = Some(started.expect("the keyring starts"));
    }

    /// What a program has to find in its environment to reach this keyring, and none other.
    #[must_use]
    pub fn environment(&self) -> Vec<(&'static str, String)> {
        let at = self.home.path().display();
        vec![
            ("DBUS_SESSION_BUS_ADDRESS", format!("unix:path={at}/bus")),
            ("XDG_DATA_HOME", format!("{at}/data")),
            ("XDG_CONFIG_HOME", format!("{at}/config")),
            ("XDG_RUNTIME_DIR", format!("{at}/run")),
            ("HOME", at.to_string()),
        ]
    }

    /// Where the keyring keeps its files: the one place in which its secrets may be found.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.home.path()
    }

    fn start_keyring(&self, password: Option<&[u8]>) -> io::Result<ChildGuard> {
        // It greets before it answers to its name, so the bus is asked who comes.
        let mut listener = Command::new("dbus-monitor");
        listener.args(["--session", "type='signal',member='NameOwnerChanged'"]);
        listener.envs(self.environment());
        let mut listener = ChildGuard::spawn(
            listener
                .stdin(Stdio::null())
                .stdout(Stdio::piped())
                .stderr(Stdio::null()),
        )?;
        let heard = lines(listener.child().stdout.take());
        wait_for(&heard, "NameAcquired")?;
        let mut keyring = Command::new("gnome-keyring-daemon");
        keyring.args(["--foreground", "--components=secrets"]);
        keyring.arg(format!(
            "--control-directory={}/run",
            self.home.path().display()
        ));
        if password.is_some() {
            keyring.arg("--unlock");
        }
        keyring
            .envs(self.environment())
            .env_remove("DISPLAY")
            .env_remove("WAYLAND_DISPLAY");
        keyring
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        let mut keyring = ChildGuard::spawn(&mut keyring)?;
        if let (Some(mut input), Some(password)) = (keyring.child().stdin.take(), password) {
            input.write_all(password)?;
        }
        wait_for(&heard, "\"org.freedesktop.secrets\"")?;
        Ok(keyring)
    }
}

fn start_bus(at: &Path) -> io::Result<ChildGuard> {
    for folder in ["data", "config", "run"] {
        fs::create_dir(at.join(folder))?;
    }
    // Without folders of services nothing that is installed here is started on it.
    let socket = at.join("bus").display().to_string();
    let configuration = format!(
        "<!DOCTYPE busconfig PUBLIC \"-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN\" \
         \"http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd\">\n\
         <busconfig><type>session</type><listen>unix:path={socket}</listen><auth>EXTERNAL</auth>\
         <policy context=\"default\"><allow send_destination=\"*\" eavesdrop=\"true\"/>\
         <allow eavesdrop=\"true\"/><allow own=\"*\"/></policy></busconfig>\n"
    );
    let file = at.join("bus.conf");
    fs::write(&file, configuration)?;
    let mut bus = Command::new("dbus-daemon");
    bus.args(["--nofork", "--nopidfile", "--print-address=1"]);
    bus.arg(format!("--config-file={}", file.display()));
    bus.stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    let mut bus = ChildGuard::spawn(&mut bus)?;
    wait_for(&lines(bus.child().stdout.take()), "unix:path=")?;
    Ok(bus)
}

/// The lines of a program as they come. They are read to the end, so that it never waits.
fn lines(pipe: Option<impl Read + Send + 'static>) -> mpsc::Receiver<String> {
    let (told, heard) = mpsc::channel();
    if let Some(pipe) = pipe {
        thread::spawn(move || {
            for line in BufReader::new(pipe).lines().map_while(Result::ok) {
                let _nobody_waits = told.send(line);
            }
        });
    }
    heard
}

fn wait_for(heard: &mpsc::Receiver<String>, greeting: &str) -> io::Result<()> {
    loop {
        let line = heard.recv_timeout(PATIENCE).map_err(|_| {
            io::Error::new(io::ErrorKind::TimedOut, format!("no line with {greeting}"))
        })?;
        if line.contains(greeting) {
            return Ok(());
        }
    }
}

fn is_on_path(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| folder.join(program).is_file())
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn it_starts_and_leaves_nothing_behind() {
        let Some(mut keyring) = PrivateKeyring::start() else {
            return;
        };
        let at = keyring.path().to_owned();
        assert!(at.join("data/keyrings/login.keyring").is_file());
        keyring.lock();
        drop(keyring);
        assert!(!at.exists());
    }
}
