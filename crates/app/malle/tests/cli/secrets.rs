//! `malle secret`: what is stored can be tested, replaced and deleted, and is never shown.

use std::fs;

use serde_json::Value;
use testkit::{Malle, PrivateKeyring};

use super::place::Place;

const CANARY: &str = "kanari-7f3c";

/// A home whose secrets go into the encrypted file, with little work, opened by a file beside it.
fn place() -> (Place, Malle) {
    let place = Place::new();
    place.file(
        "home/secrets.toml",
        b"backend = \"file\"\n[file]\nwork = 1\n",
    );
    let passphrase = place.file("passphrase", b"open sesame\n");
    let malle = place
        .malle()
        .clone()
        .env("MALLE_PASSPHRASE_FILE", &passphrase);
    (place, malle)
}

fn json(malle: &Malle, args: &[&str]) -> Value {
    let all = [args, &["--json"]].concat();
    let value: Value = serde_json::from_str(&malle.ok(all)).unwrap();
    super::shape::check(args, &value);
    value
}

fn fails(malle: &Malle, exit: i32, code: &str, args: &[&str]) {
    let run = malle.run([args, &["--json"]].concat());
    assert_eq!(run.code(), Some(exit), "{args:?}: {}", run.err());
    let error: Value = serde_json::from_str(&run.err()).unwrap();
    assert_eq!(error["error"]["code"], code, "{args:?}");
    assert_eq!(run.out(), "");
}

#[test]
fn stored_tested_replaced_deleted() {
    let (_place, malle) = place();
    let line = malle.clone().input(format!("{CANARY}\n").as_bytes());
    let stored = json(&line, &["secret", "set", "a/password"]);
    let name = stored["name"].as_str().unwrap().to_owned();
    assert!(
        name.starts_with("me/") && name.ends_with("/password"),
        "{name}"
    );
    assert_eq!(stored["place"], "file");
    let uid = name.split('/').nth(1).unwrap();
    for same in [
        "a/password",
        "me/a/password",
        &format!("{uid}/password"),
        &name,
    ] {
        assert_eq!(json(&malle, &["secret", "test", same])["name"], *name);
    }
    let list = json(&malle, &["secret", "list"]);
    assert_eq!(list[0]["name"], *name);
    assert_eq!(list.as_array().unwrap().len(), 1);
    let next = malle.clone().input(b"next");
    assert_eq!(json(&next, &["secret", "rotate", &name])["place"], "file");
    let said = malle
        .clone()
        .env("MALLE_LANG", "fr")
        .ok(["secret", "test", "a/password"]);
    assert!(said.contains("est lisible"), "{said}");
}

#[test]
fn the_passphrase_is_replaced() {
    let (place, malle) = place();
    let _said = malle.clone().input(b"v").ok(["secret", "set", "a/k"]);
    let next = place.file("next", b"friend\n");
    let _said = malle.ok(["secret", "rotate", "--new-passphrase-file", &next]);
    fails(&malle, 4, "wrong-passphrase", &["secret", "test", "a/k"]);
    // The command line is stronger than the environment.
    let _said = malle.ok(["secret", "test", "a/k", "--passphrase-file", &next]);
    let run = place.malle().run(["secret", "test", "a/k"]);
    assert_eq!(run.code(), Some(4));
    assert!(run.err().contains("--passphrase-file"), "{}", run.err());
}

#[test]
fn what_cannot_be_is_told() {
    let (place, malle) = place();
    fails(
        &malle,
        3,
        "no-such-secret",
        &["secret", "test", "a/password"],
    );
    fails(
        &malle,
        3,
        "no-such-secret",
        &["secret", "delete", "a/password"],
    );
    fails(
        &malle,
        3,
        "no-such-secret",
        &["secret", "rotate", "a/password"],
    );
    fails(
        &malle,
        3,
        "no-such-service",
        &["secret", "set", "nothing/password"],
    );
    fails(
        &malle,
        3,
        "MAPI_E_NOT_FOUND",
        &["secret", "set", "nobody/a/password"],
    );
    fails(&malle, 2, "bad-secret-name", &["secret", "set", "password"]);
    fails(
        &malle,
        2,
        "bad-secret-name",
        &["secret", "set", "a/pass word"],
    );
    fails(&malle, 2, "empty-secret", &["secret", "set", "a/password"]);
    // Never on the command line.
    fails(&malle, 2, "usage", &["secret", "set", "a/password", CANARY]);
    fails(&malle, 2, "usage", &["secret", "get", "a/password"]);
    place.file("home/secrets.toml", b"backend = \"plain\"");
    let run = malle
        .clone()
        .input(b"x")
        .run(["secret", "set", "a/password"]);
    assert_eq!(run.code(), Some(1));
    assert!(
        run.err().contains("secrets.toml") && run.err().contains("line 1"),
        "{}",
        run.err()
    );
}

#[test]
fn a_dry_run_stores_nothing_and_deletes_nothing() {
    let (_place, malle) = place();
    let line = malle.clone().input(b"v");
    let shown = json(&line, &["secret", "set", "a/k", "--dry-run"]);
    assert!(shown["place"].is_null());
    fails(&malle, 3, "no-such-secret", &["secret", "test", "a/k"]);
    let _said = line.ok(["secret", "set", "a/k"]);
    let _said = malle.ok(["secret", "delete", "a/k", "--dry-run"]);
    let _said = malle.ok(["secret", "test", "a/k"]);
    assert_eq!(json(&malle, &["secret", "delete", "a/k"])["pending"], false);
    fails(&malle, 3, "no-such-secret", &["secret", "test", "a/k"]);
}

/// The commands of `secrets.toml` leave a mark; the bus of the session is one that marks whoever connects.
#[cfg(unix)]
#[test]
fn no_command_that_needs_no_secret_opens_any_place() {
    use std::os::unix::net::UnixListener;
    let place = Place::new();
    let mark = place.path("opened").display().to_string();
    let choice = format!(
        "backend = \"command\"\n[command]\nget = [\"sh\", \"-c\", \"echo x | tee '{mark}'\"]\n"
    );
    place.file("home/secrets.toml", choice.as_bytes());
    let bus = place.path("bus");
    let listener = UnixListener::bind(&bus).unwrap();
    listener.set_nonblocking(true).unwrap();
    let address = format!("unix:path={}", bus.display());
    let malle = place
        .malle()
        .clone()
        .env("DBUS_SESSION_BUS_ADDRESS", &address);
    let mail = place.file("one.eml", b"Subject: x\r\n\r\nHello.\r\n");
    for args in [
        &["import", &mail][..],
        &["list"],
        &["search", "hello"],
        &["folder", "list"],
        &["store", "info"],
        &["profile", "list"],
        &["profile", "create", "other"],
        &["profile", "delete", "other", "--purge", "--yes"],
        &["status"],
        &["secret", "list"],
        &["--help"],
    ] {
        let _said = malle.ok(args);
    }
    assert!(listener.accept().is_err(), "somebody asked for the keyring");
    assert!(!place.path("opened").exists(), "somebody ran the command");
    let _said = malle.ok(["secret", "test", "a/k"]);
    assert!(
        place.path("opened").exists(),
        "the test sees it when somebody does"
    );
}

#[cfg(all(unix, not(target_os = "macos")))]
#[test]
fn the_keyring_of_the_session_is_the_default() {
    let Some(mut keyring) = PrivateKeyring::start() else {
        return;
    };
    let place = Place::new();
    let mut malle = place.malle().clone();
    for (name, value) in keyring.environment() {
        if name != "HOME" {
            malle = malle.env(name, &value);
        }
    }
    let line = malle.clone().input(CANARY.as_bytes());
    assert_eq!(json(&line, &["secret", "set", "a/k"])["place"], "keyring");
    assert_eq!(json(&malle, &["secret", "test", "a/k"])["place"], "keyring");
    assert!(!place.path("home/data/.secrets/secrets.age").exists());
    let names = fs::read_to_string(place.path("home/data/.secrets/names.toml")).unwrap();
    assert!(
        names.contains("keyring") && !names.contains(CANARY),
        "{names}"
    );
    keyring.lock();
    let run = malle.run(["secret", "test", "a/k"]);
    assert!(matches!(run.code(), Some(1 | 4)), "{}", run.err());
    assert!(run.err().contains("keyring"), "{}", run.err());
    let gone = place
        .malle()
        .clone()
        .env("DBUS_SESSION_BUS_ADDRESS", "unix:path=/no/such/bus");
    fails(&gone, 1, "no-keyring", &["secret", "test", "a/k"]);
    keyring.unlock();
    let _said = malle.ok(["secret", "delete", "a/k"]);
    fails(&malle, 3, "no-such-secret", &["secret", "test", "a/k"]);
}

/// What the command prints, logs and writes while it handles a secret, and what it shows of itself to other processes.
#[cfg(unix)]
#[test]
fn no_command_shows_a_secret_in_any_form() {
    use testkit::{Canary, Chance};
    let seed = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    let mut chance = Chance::from_seed(seed.unwrap().as_nanos() as u64);
    let (first, second) = (Canary::new(&mut chance), Canary::new(&mut chance));
    let pass = Canary::new(&mut chance);
    let (place, _) = place();
    let passphrase = place.file("passphrase", pass.text().as_bytes());
    let malle = place
        .malle()
        .clone()
        .env("MALLE_PASSPHRASE_FILE", &passphrase);
    let loud = ["-vvv", "--log", "trace", "--log", "spi=trace"];
    let mut said = Vec::new();
    for (input, args) in [
        (first.text(), &["secret", "set", "a/password"][..]),
        ("", &["secret", "test", "a/password"]),
        (second.text(), &["secret", "rotate", "a/password"]),
        (first.text(), &["secret", "set", "nothing/password"]),
        ("", &["secret", "list"]),
        ("", &["list"]),
        ("", &["status"]),
        ("", &["profile", "list"]),
        ("", &["secret", "delete", "a/password"]),
    ] {
        for more in [&[][..], &["--json"]] {
            let run = malle
                .clone()
                .input(input.as_bytes())
                .run([args, &loud, more].concat());
            said.extend([run.stdout, run.stderr].concat());
        }
        for canary in [&first, &second] {
            assert_eq!(canary.found_below(&place.path("home")).len(), 0, "{args:?}");
        }
    }
    assert!(said.len() > 1000);
    for canary in [&first, &second, &pass] {
        assert_eq!(canary.found_in(&said), None);
    }
    // While it waits for its input, everybody can look at it.
    let mut waiting = malle.command(["secret", "set", "a/password"]);
    let mut waiting = waiting.stdin(std::process::Stdio::piped()).spawn().unwrap();
    let mut input = waiting.stdin.take().unwrap();
    std::io::Write::write_all(&mut input, first.text().as_bytes()).unwrap();
    for canary in [&first, &second, &pass] {
        let found = canary.found_in_processes().unwrap_or_default();
        assert_eq!(found, [""; 0]);
    }
    drop(input);
    assert!(waiting.wait().unwrap().success());
    assert_eq!(first.found_below(&place.path("home")).len(), 0);
    // The search sees what is there.
    place.file("home/planted", first.text().as_bytes());
    assert_eq!(first.found_below(&place.path("home")).len(), 1);
}

#[test]
fn secrets_go_with_their_profile_and_are_renamed_and_copied_with_it() {
    let (_place, malle) = place();
    let _said = malle.clone().input(b"v").ok(["secret", "set", "a/k"]);
    let _said = malle.ok(["profile", "copy", "me", "copy"]);
    let _said = malle.ok(["secret", "test", "copy/a/k"]);
    let _said = malle.ok(["profile", "rename", "me", "you"]);
    let _said = malle.ok(["secret", "test", "you/a/k"]);
    assert_eq!(
        json(&malle, &["secret", "list"]).as_array().unwrap().len(),
        2
    );
    let _said = malle.ok(["profile", "delete", "you", "--yes"]);
    let left = json(&malle, &["secret", "list"]);
    let staying = left
        .as_array()
        .unwrap()
        .iter()
        .filter(|e| e["leaving"] == false);
    assert_eq!(staying.count(), 1, "{left}");
    let _said = malle.ok(["secret", "test", "copy/a/k"]);
}

/// Runs a command on a terminal of its own and types an answer at each question; prints what the terminal showed.
const TYPIST: &str = r"
import os, pty, sys, termios, time
answers = sys.argv[1].encode().decode('unicode_escape').split('|')
pid, terminal = pty.fork()
if pid == 0:
    os.execvp(sys.argv[2], sys.argv[2:])
shown, asked = b'', 0
while True:
    try:
        part = os.read(terminal, 1024)
    except OSError:
        break
    if not part:
        break
    shown += part
    while asked < len(answers) and shown.count(b': ') > asked:
        # What is typed before the terminal is quiet is thrown away, on purpose.
        while termios.tcgetattr(terminal)[3] & termios.ECHO:
            time.sleep(0.002)
        os.write(terminal, answers[asked].encode())
        asked += 1
sys.stdout.buffer.write(shown)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
";

#[cfg(unix)]
#[test]
fn what_is_typed_is_not_seen_and_the_passphrase_is_asked_for_once() {
    use std::process::Command;
    if Command::new("python3").arg("--version").output().is_err() {
        testkit::skip("python3", "apt-get install python3");
        return;
    }
    let place = Place::new();
    place.file(
        "home/secrets.toml",
        b"backend = \"file\"\n[file]\nwork = 1\n",
    );
    let typed = |answers: &str, args: &[&str]| {
        let command = place.malle().command(args);
        let mut typist = Command::new("python3");
        typist.args(["-c", TYPIST, answers]);
        typist.arg(command.get_program()).args(command.get_args());
        for (name, value) in command.get_envs() {
            match value {
                Some(value) => typist.env(name, value),
                None => typist.env_remove(name),
            };
        }
        let run = typist.output().unwrap();
        (
            run.status.code(),
            String::from_utf8_lossy(&run.stdout).into_owned(),
        )
    };
    let answers = format!("{CANARY}\\n|{CANARY}\\n|open\\n|open\\n");
    let (code, shown) = typed(&answers, &["secret", "set", "a/k"]);
    assert_eq!(code, Some(0), "{shown}");
    assert!(
        shown.contains("Once more") && !shown.contains(CANARY),
        "{shown}"
    );
    assert!(!shown.contains("open\r"), "{shown}");
    let (code, shown) = typed("open\\n", &["secret", "test", "a/k"]);
    assert_eq!(
        (code, shown.matches("Passphrase of").count()),
        (Some(0), 1),
        "{shown}"
    );
    let (code, shown) = typed("wrong\\n", &["secret", "test", "a/k"]);
    assert_eq!(
        (code, shown.matches("Passphrase of").count()),
        (Some(4), 1),
        "{shown}"
    );
    let (code, shown) = typed("\\x03", &["secret", "test", "a/k"]);
    assert_eq!(code, Some(130), "{shown}");
}
