//! Two people of one machine and one group share a spool directory; a third is of another group. For root alone, who may be anybody.

use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use testkit::TempHome;

/// Numbers that nobody has.
const GROUP: u32 = 64_601;
const OTHERS: u32 = 64_602;

/// A place that everybody can go through.
struct Place {
    root: TempHome,
    malle: PathBuf,
}

impl Place {
    /// None where nobody may be somebody else.
    fn new() -> Option<Self> {
        let root = TempHome::new().unwrap();
        if fs::metadata(root.path()).unwrap().uid() != 0 {
            testkit::skip("the right to be another user", "run them as root");
            return None;
        }
        fs::set_permissions(root.path(), Permissions::from_mode(0o755)).unwrap();
        // The built one may lie where others cannot go.
        let malle = root.path().join("malle");
        let built = Path::new(env!("CARGO_BIN_EXE_malle"));
        if fs::hard_link(built, &malle).is_err() {
            fs::copy(built, &malle).unwrap();
        }
        Some(Self { root, malle })
    }

    /// A directory of this person and group.
    fn folder(&self, name: &str, user: u32, group: u32, mode: u32) -> PathBuf {
        let path = self.root.path().join(name);
        fs::create_dir(&path).unwrap();
        chown(&path, Some(user), Some(group)).unwrap();
        fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
        path
    }

    fn person(&self, name: &'static str, user: u32, group: u32) -> Person<'_> {
        Person {
            place: self,
            home: self.folder(name, user, group, 0o700),
            name,
            user,
            group,
        }
    }
}

struct Person<'a> {
    place: &'a Place,
    home: PathBuf,
    name: &'static str,
    user: u32,
    group: u32,
}

impl Person<'_> {
    /// Runs the command as this person, whose files are theirs alone unless something says otherwise.
    fn run(&self, args: &[&str]) -> Output {
        let line = "umask 077; exec \"$0\" \"$@\"";
        Command::new("sh")
            .args(["-c", line])
            .arg(&self.place.malle)
            .args(args)
            .env("MALLE_HOME", self.home.join("home"))
            .env("MALLE_LANG", "en")
            .env("XDG_RUNTIME_DIR", &self.home)
            .stdin(Stdio::null())
            .current_dir(&self.home)
            .gid(self.group)
            .uid(self.user)
            .output()
            .unwrap()
    }

    fn ok(&self, args: &[&str]) -> String {
        let output = self.run(args);
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{} {args:?}: {error}", self.name);
        String::from_utf8(output.stdout).unwrap()
    }

    /// Makes a profile with a mailbox in the spool directory.
    fn join(&self, spool: &Path, shared: &str) -> Output {
        self.ok(&["profile", "create", self.name]);
        let settings = [
            format!("address={}@localhost", self.name),
            format!("spool={}", spool.display()),
            format!("shared={shared}"),
        ];
        let settings = settings.iter().flat_map(|s| ["--set", s.as_str()]);
        let words = ["service", "add", "MALLE_DELIVERY"].into_iter();
        self.run(&words.chain(settings).collect::<Vec<_>>())
    }

    fn write(&self, to: &str) -> String {
        let words = ["new", "--to", to, "-s", self.name, "--body", "x", "--send"];
        self.ok(&words)
    }

    fn inbox(&self) -> String {
        self.ok(&["flush"]);
        self.ok(&["list", "Inbox"])
    }
}

fn walk(path: &Path, all: &mut Vec<(bool, u32, u32)>) {
    let about = fs::metadata(path).unwrap();
    all.push((about.is_dir(), about.mode() & 0o7777, about.gid()));
    if about.is_dir() {
        for entry in fs::read_dir(path).unwrap() {
            walk(&entry.unwrap().path(), all);
        }
    }
}

#[test]
fn people_of_one_group_write_to_each_other_and_others_do_not() {
    let Some(place) = Place::new() else { return };
    let room = place.folder("room", 0, GROUP, 0o2770);
    let spool = room.join("spool");
    let ann = place.person("ann", 64_611, GROUP);
    let bob = place.person("bob", 64_612, GROUP);
    let eve = place.person("eve", 64_613, OTHERS);
    for person in [&ann, &bob] {
        let joined = person.join(&spool, "yes");
        assert!(
            joined.status.success(),
            "{}",
            String::from_utf8_lossy(&joined.stderr)
        );
    }
    ann.write("bob@localhost");
    let waits = &mut Vec::new();
    walk(&spool, waits);
    for (is_folder, mode, group) in waits.iter() {
        let want = if *is_folder { 0o2770 } else { 0o660 };
        assert_eq!((*mode, *group), (want, GROUP), "{waits:?}");
    }
    assert!(bob.inbox().contains("ann"));
    bob.write("ann@localhost");
    assert!(ann.inbox().contains("bob"));
    // What is another's stays his, and whoever is of another group is told what is missing.
    let taken = bob.run(&[
        "service",
        "configure",
        "MALLE_DELIVERY",
        "--set",
        "address=ann@localhost",
    ]);
    assert_eq!(taken.status.code(), Some(1));
    let outside = eve.join(&spool, "yes");
    let told = String::from_utf8_lossy(&outside.stderr);
    assert!(
        !outside.status.success() && told.contains("group"),
        "{told}"
    );
    assert!(
        ann.write("bob@localhost").contains("sent"),
        "nothing is broken"
    );
}

#[test]
fn whoever_loses_the_right_is_told_why_mail_stays() {
    let Some(place) = Place::new() else { return };
    let room = place.folder("room", 0, GROUP, 0o2770);
    let ann = place.person("ann", 64_621, GROUP);
    assert!(ann.join(&room.join("spool"), "yes").status.success());
    chown(&room, Some(0), Some(OTHERS)).unwrap();
    let words = [
        "new",
        "--to",
        "ann@localhost",
        "-s",
        "x",
        "--body",
        "x",
        "--send",
    ];
    let sent = ann.run(&words);
    assert_eq!(sent.status.code(), Some(6));
    let told = String::from_utf8_lossy(&sent.stdout);
    assert!(told.contains("Permission denied"), "{told}");
    let flushed = ann.run(&["flush"]);
    let told = String::from_utf8_lossy(&flushed.stdout);
    assert!(
        flushed.status.code() == Some(6) && told.contains("Permission denied"),
        "{told}"
    );
    chown(&room, Some(0), Some(GROUP)).unwrap();
    fs::set_permissions(&room, Permissions::from_mode(0o2770)).unwrap();
    assert!(
        ann.inbox().contains("ann"),
        "it is sent as soon as it can be"
    );
}
