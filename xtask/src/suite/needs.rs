//! What the tests need beside cargo, how to see whether it is there, and how to get it.

use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Result, bail};

use crate::args::Args;
use crate::process;

/// Something from outside that some tests use.
#[derive(Debug)]
struct Need {
    /// Its name, as the `skipped:` line of the tests calls it.
    name: &'static str,
    /// The program that shows that it is there.
    program: &'static str,
    /// Which tests use it.
    used_by: &'static str,
    /// The package that brings it, by package manager.
    packages: &'static [(&'static str, &'static str)],
}

/// Everything the tests use from outside. Only packages whose installation starts no daemon may stand here: that of
/// gnome-keyring waits for a user to log in to a desktop.
const NEEDS: &[Need] = &[
    Need {
        name: "git",
        program: "git",
        used_by: "the tests of the project's habits, over the files that are tracked",
        packages: &[
            ("apt-get", "git"),
            ("dnf", "git"),
            ("apk", "git"),
            ("pacman", "git"),
            ("zypper", "git"),
            ("brew", "git"),
        ],
    },
    Need {
        name: "python3",
        program: "python3",
        used_by: "the tests that hold mail against Python's email package",
        packages: &[
            ("apt-get", "python3"),
            ("dnf", "python3"),
            ("apk", "python3"),
            ("pacman", "python"),
            ("zypper", "python3"),
            ("brew", "python3"),
        ],
    },
    Need {
        name: "msgconvert",
        program: "msgconvert",
        used_by: "the test that has a .msg file read by a program of others",
        packages: &[("apt-get", "libemail-outlook-message-perl")],
    },
    Need {
        name: "gnome-keyring",
        program: "gnome-keyring-daemon",
        used_by: "the tests of secrets in a keyring, in a session of their own",
        packages: &[
            ("apt-get", "gnome-keyring"),
            ("dnf", "gnome-keyring"),
            ("apk", "gnome-keyring"),
            ("pacman", "gnome-keyring"),
            ("zypper", "gnome-keyring"),
        ],
    },
    Need {
        name: "age",
        program: "age",
        used_by: "the test that has the file of secrets opened by a program of others",
        packages: &[
            ("apt-get", "age"),
            ("dnf", "age"),
            ("apk", "age"),
            ("pacman", "age"),
            ("zypper", "age"),
            ("brew", "age"),
        ],
    },
];

/// A package manager: its program and the words that install without a question.
const MANAGERS: &[(&str, &[&str])] = &[
    ("apt-get", &["install", "--yes", "--no-install-recommends"]),
    ("dnf", &["install", "--assumeyes"]),
    ("apk", &["add"]),
    ("pacman", &["--sync", "--noconfirm", "--needed"]),
    ("zypper", &["--non-interactive", "install"]),
    ("brew", &["install"]),
];

/// How `--setup` goes about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Setup {
    /// Whether a person is asked before anything is installed.
    pub consent: Consent,
    /// Whether apt may remove packages to make room for others.
    pub removal: Removal,
}

/// Whether a person is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Consent {
    /// Yes, on the terminal.
    Ask,
    /// No: `--yes` was given, or `CI=true` is set.
    Given,
}

/// What apt may do to other packages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Removal {
    /// What it thinks right.
    Allowed,
    /// Nothing: it is called with `--no-remove`.
    Forbidden,
}

impl Setup {
    /// Takes `--yes` and `--no-remove` out of a command line.
    pub(super) fn from_args(args: &mut Args) -> Self {
        let in_ci = std::env::var_os("CI").is_some_and(|value| value == "true");
        let yes = args.flag("--yes") || in_ci;
        let keep = args.flag("--no-remove");
        Self {
            consent: if yes { Consent::Given } else { Consent::Ask },
            removal: if keep {
                Removal::Forbidden
            } else {
                Removal::Allowed
            },
        }
    }
}

impl Need {
    fn is_present(&self) -> bool {
        on_path(self.program)
    }

    /// The command that gets it, as a person would type it here.
    fn command(&self) -> String {
        match package_manager() {
            Some(manager) => install_words(manager, &[self], Removal::Allowed).join(" "),
            None => format!("install `{}` and put it on the PATH", self.program),
        }
    }

    fn package(&self, manager: &str) -> Option<&'static str> {
        self.packages
            .iter()
            .find(|(name, _)| *name == manager)
            .map(|(_, package)| *package)
    }
}

/// The reason of a skipped test, with the command that gets what it lacks where that is known.
pub(super) fn with_command(reason: &str) -> String {
    let lacks = |need: &&Need| reason.starts_with(&format!("{} is absent", need.name));
    match NEEDS.iter().find(lacks) {
        Some(need) => format!(
            "{} is absent here; get it with: {}",
            need.name,
            need.command()
        ),
        None => reason.to_owned(),
    }
}

/// What is not there.
fn missing() -> Vec<&'static Need> {
    NEEDS.iter().filter(|need| !need.is_present()).collect()
}

/// Installs what is missing, after asking.
pub(super) fn install(setup: Setup) -> Result<()> {
    let missing = missing();
    if missing.is_empty() {
        println!("setup: everything the tests need is here");
        return Ok(());
    }
    for need in &missing {
        println!("setup: {} is missing; used by {}", need.name, need.used_by);
    }
    let Some(manager) = package_manager() else {
        bail!("no package manager that this task knows; install the above by hand");
    };
    let words = install_words(manager, &missing, setup.removal);
    println!("setup: {}", words.join(" "));
    if setup.consent == Consent::Ask && !process::ask("run it?")? {
        println!("setup: not run; the tests that need these will be skipped");
        return Ok(());
    }
    if manager == "apt-get" {
        // A fresh image has no list of packages yet. An old list may do, so a failure is only said.
        let updated = run(&as_root(&["apt-get", "update", "--quiet"]));
        updated.unwrap_or_else(|error| println!("setup: {error:#}"));
    }
    run(&words)?;
    // What this package manager does not have stays missing; its tests are skipped and say so.
    let still = self::missing();
    match still.iter().find(|need| need.package(manager).is_some()) {
        None => Ok(()),
        Some(need) => bail!("{} is still missing after `{}`", need.name, words.join(" ")),
    }
}

fn run(words: &[String]) -> Result<()> {
    let Some((program, rest)) = words.split_first() else {
        bail!("an empty command");
    };
    process::must(
        Command::new(program)
            .args(rest)
            .env("DEBIAN_FRONTEND", "noninteractive"),
    )
}

/// The whole command line that installs.
fn install_words(manager: &str, needs: &[&Need], removal: Removal) -> Vec<String> {
    let verb = MANAGERS.iter().find(|(name, _)| *name == manager);
    let mut words = vec![manager];
    words.extend(verb.map(|(_, verb)| *verb).unwrap_or_default());
    if manager == "apt-get" && removal == Removal::Forbidden {
        words.push("--no-remove");
    }
    words.extend(needs.iter().filter_map(|need| need.package(manager)));
    // Homebrew refuses to run as root.
    if manager == "brew" {
        return words.into_iter().map(str::to_owned).collect();
    }
    as_root(&words)
}

/// The words with `sudo` before them where that is needed and present.
fn as_root(words: &[&str]) -> Vec<String> {
    let sudo = (!is_root() && on_path("sudo")).then_some("sudo");
    sudo.into_iter()
        .chain(words.iter().copied())
        .map(str::to_owned)
        .collect()
}

fn package_manager() -> Option<&'static str> {
    MANAGERS
        .iter()
        .map(|(name, _)| *name)
        .find(|name| on_path(name))
}

fn is_root() -> bool {
    let output = Command::new("id").arg("-u").stderr(Stdio::null()).output();
    output.is_ok_and(|output| output.stdout.trim_ascii() == b"0")
}

/// Whether a program of this name is on the PATH.
pub fn on_path(program: &str) -> bool {
    let name = format!("{program}{}", std::env::consts::EXE_SUFFIX);
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder: std::path::PathBuf| is_program(&folder.join(&name)))
}

#[cfg(unix)]
fn is_program(file: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    file.metadata()
        .is_ok_and(|data| data.is_file() && data.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
fn is_program(file: &Path) -> bool {
    file.is_file()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_need_has_a_package_where_it_is_packaged() {
        // Packaged by Debian and its descendants alone; elsewhere its test is skipped and says so.
        let rare = ["msgconvert"];
        // macOS has a keyring of its own.
        let elsewhere = [("gnome-keyring", "brew")];
        for need in NEEDS {
            for (manager, _) in MANAGERS {
                assert!(
                    need.package(manager).is_some()
                        || (*manager != "apt-get" && rare.contains(&need.name))
                        || elsewhere.contains(&(need.name, manager)),
                    "{} on {manager}",
                    need.name
                );
            }
        }
    }

    #[test]
    fn apt_is_told_what_it_may_do() {
        let needs: Vec<&Need> = NEEDS.iter().collect();
        let line = install_words("apt-get", &needs, Removal::Forbidden).join(" ");
        let want = "apt-get install --yes --no-install-recommends --no-remove git python3 \
                    libemail-outlook-message-perl gnome-keyring age";
        assert!(line.ends_with(want), "{line}");
        let line = install_words("apt-get", &needs, Removal::Allowed).join(" ");
        assert!(!line.contains("--no-remove"));
    }

    #[test]
    fn a_skipped_test_is_told_what_to_run() {
        let line = with_command("git is absent here; to run these tests: see there");
        assert!(
            line.starts_with("git is absent here; get it with: "),
            "{line}"
        );
        assert!(
            line.ends_with(" git") || package_manager().is_none(),
            "{line}"
        );
        assert_eq!(
            with_command("shared corpus is absent"),
            "shared corpus is absent"
        );
    }

    #[test]
    fn programs_are_found_on_the_path_and_nowhere_else() {
        assert!(on_path("cargo"));
        assert!(!on_path("no-such-program-of-malle"));
    }
}
