//! Secrets in a real keyring: gnome-keyring in a session of its own.
//!
//! Which session a process is in, its environment says, so each step runs this test once more as a child.

use std::env;
use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

use mapi_spi::CancelToken;
use testkit::PrivateKeyring;

use super::*;

const STEP: &str = "MALLE_TEST_STEP";
const HOME: &str = "MALLE_TEST_HOME";

/// Runs one step of the test `of` in the keyring's session.
fn in_session(keyring: &PrivateKeyring, home: &TempHome, of: &str, step: &str) {
    let name = format!("{}::{of}", module_path!().split_once("::").unwrap().1);
    let mut child = Command::new(env::current_exe().unwrap());
    child.args(["--exact", &name, "--nocapture"]);
    child.envs(keyring.environment());
    child.env(STEP, step).env(HOME, home.path());
    let run = child.output().unwrap();
    let said = String::from_utf8_lossy(&run.stdout);
    assert!(
        run.status.success() && said.contains("1 passed"),
        "{step}: {said}\n{}",
        String::from_utf8_lossy(&run.stderr)
    );
}

/// The step that this process is to do, over the home of the test.
fn step() -> Option<(String, Home, Secrets)> {
    let home = Home::below(&PathBuf::from(env::var_os(HOME)?));
    let secrets = Secrets::of(home.clone(), Arc::new(AskNobody), None);
    Some((env::var(STEP).ok()?, home, secrets))
}

#[test]
fn a_keyring_keeps_and_forgets() {
    let it = name("work", 1, "password");
    let Some((step, home, secrets)) = step() else {
        let Some(mut keyring) = PrivateKeyring::start() else {
            return;
        };
        let home = TempHome::new().unwrap();
        let run = |keyring: &PrivateKeyring, step: &str| {
            in_session(keyring, &home, "a_keyring_keeps_and_forgets", step);
        };
        run(&keyring, "store");
        // What it keeps, it keeps over its own end.
        keyring.unlock();
        run(&keyring, "read");
        keyring.lock();
        run(&keyring, "locked");
        keyring.unlock();
        run(&keyring, "forget");
        return;
    };
    match step.as_str() {
        "store" => {
            let odd = name("work", 1, "odd");
            assert_eq!(
                secrets.store(&it, &Secret::new("first"), &call()).unwrap(),
                Place::Keyring
            );
            secrets
                .store(&it, &Secret::new("hunter2"), &call())
                .unwrap();
            secrets
                .store(&odd, &Secret::new([0, 255, 10, 13]), &call())
                .unwrap();
            assert_eq!(
                secrets.read(&odd, &call()).unwrap().expose(),
                [0, 255, 10, 13]
            );
            assert_eq!(secrets.delete(&odd, &call()).unwrap(), Removal::Done);
            assert!(
                Keyring
                    .get(&odd.slot(), Person::MayBeAsked, &call())
                    .unwrap()
                    .is_none()
            );
            let sealed = secrets.secure_key(&call()).unwrap().seal(b"p", b"v");
            fs::write(home.secrets_dir().join("sealed"), sealed).unwrap();
            assert!(!home.secure_key_file().exists() && !home.secret_file().exists());
        }
        "read" => {
            assert_eq!(value(&secrets, &it).as_deref(), Some("hunter2"));
            let sealed = fs::read(home.secrets_dir().join("sealed")).unwrap();
            let key = secrets.secure_key(&call()).unwrap();
            assert_eq!(key.open(b"p", &sealed).unwrap().expose(), b"v");
        }
        "locked" => {
            let begun = Instant::now();
            let error = secrets.read(&it, &call()).unwrap_err();
            assert!(
                matches!(error, SecretError::Locked | SecretError::Keyring { .. }),
                "{error}"
            );
            // It goes when the keyring is open again; till then nobody reads it.
            secrets.forget_services(&[Guid([1; 16])]).unwrap();
            assert!(secrets.list().unwrap()[0].leaving);
            assert!(
                begun.elapsed() < Duration::from_secs(60),
                "{:?}",
                begun.elapsed()
            );
        }
        "forget" => {
            secrets.forget_services(&[Guid([1; 16])]).unwrap();
            assert!(secrets.list().unwrap().is_empty());
            assert!(
                Keyring
                    .get(&it.slot(), Person::MayBeAsked, &call())
                    .unwrap()
                    .is_none()
            );
        }
        other => panic!("{other}"),
    }
}

#[test]
fn without_a_keyring_the_file_serves_and_what_lies_in_one_is_not_lost() {
    let it = name("work", 1, "password");
    let Some((step, home, secrets)) = step() else {
        let Some(mut keyring) = PrivateKeyring::start_bus() else {
            return;
        };
        let home = TempHome::new().unwrap();
        let run = |keyring: &PrivateKeyring, step: &str| {
            let of = "without_a_keyring_the_file_serves_and_what_lies_in_one_is_not_lost";
            in_session(keyring, &home, of, step);
        };
        run(&keyring, "none");
        keyring.unlock();
        run(&keyring, "there");
        let bus_alone = PrivateKeyring::start_bus().unwrap();
        run(&bus_alone, "gone");
        return;
    };
    let given = home.secrets_choice_file().with_file_name("pass");
    let at = |path: PathBuf| Secrets::of(home.clone(), Arc::new(AskNobody), Some(path));
    match step.as_str() {
        "none" => {
            assert!(!Keyring::is_there(&call()));
            fs::write(home.secrets_choice_file(), "[file]\nwork = 1\n").unwrap();
            fs::write(&given, "open sesame").unwrap();
            let secrets = at(given);
            let place = secrets
                .store(&it, &Secret::new("hunter2"), &call())
                .unwrap();
            assert_eq!(place, Place::File);
        }
        "there" => {
            // A new one goes into the keyring, an old one stays where it is until somebody chooses.
            let new = name("work", 1, "new");
            assert_eq!(
                secrets.store(&new, &Secret::new("n"), &call()).unwrap(),
                Place::Keyring
            );
            assert_eq!(at(given.clone()).check(&it, &call()).unwrap(), Place::File);
            fs::write(
                home.secrets_choice_file(),
                "backend = \"keyring\"\n[file]\nwork = 1\n",
            )
            .unwrap();
            let secrets = at(given);
            assert_eq!(
                secrets.store(&it, &Secret::new("moved"), &call()).unwrap(),
                Place::Keyring
            );
            assert_eq!(secrets.check(&it, &call()).unwrap(), Place::Keyring);
            // The old copy has left the file, which could be opened without asking anybody.
            assert!(secrets.list().unwrap().iter().all(|entry| !entry.leaving));
            let file = secrets.file().unwrap();
            assert!(Keeper::get(&file, &it, &call()).unwrap().is_none());
        }
        "gone" => {
            let error = secrets.read(&it, &call()).unwrap_err();
            assert!(matches!(error, SecretError::NoKeyring { .. }), "{error}");
            let error = secrets.store(&it, &Secret::new("x"), &call()).unwrap_err();
            assert!(matches!(error, SecretError::NoKeyring { .. }), "{error}");
        }
        other => panic!("{other}"),
    }
}

#[test]
fn the_keyring_can_keep_the_passphrase_of_the_file() {
    let it = name("work", 1, "password");
    let Some((step, home, secrets)) = step() else {
        let Some(keyring) = PrivateKeyring::start() else {
            return;
        };
        let home = TempHome::new().unwrap();
        let choice = "backend = \"file\"\n[file]\nwork = 1\npassphrase_in_keyring = true\n";
        fs::write(home.path().join("secrets.toml"), choice).unwrap();
        for step in ["store", "read", "rotate", "read"] {
            let of = "the_keyring_can_keep_the_passphrase_of_the_file";
            in_session(&keyring, &home, of, step);
        }
        return;
    };
    match step.as_str() {
        "store" => {
            let answers = Answers::default();
            "open sesame".clone_into(&mut answers.with.lock().unwrap());
            let secrets = Secrets::of(home, Arc::new(answers), None);
            assert_eq!(
                secrets.store(&it, &Secret::new("v"), &call()).unwrap(),
                Place::File
            );
        }
        "read" => assert_eq!(value(&secrets, &it).as_deref(), Some("v")),
        "rotate" => {
            let next = home.secrets_choice_file().with_file_name("next");
            fs::write(&next, "friend").unwrap();
            secrets.rotate_passphrase(Some(&next), &call()).unwrap();
            let stash = InKeyring(&home);
            let kept = passphrase::Stash::stashed(&stash, &call());
            assert_eq!((kept.len(), kept[0].expose()), (1, &b"friend"[..]));
        }
        other => panic!("{other}"),
    }
}

/// A socket that takes everything and says nothing stands for a keyring that hangs.
#[test]
fn a_bus_that_never_answers_is_given_up_when_the_call_is_cancelled() {
    let Some((_, _, secrets)) = step() else {
        let home = TempHome::new().unwrap();
        let bus = home.path().join("bus");
        let listening = std::os::unix::net::UnixListener::bind(&bus).unwrap();
        let mut child = Command::new(env::current_exe().unwrap());
        let of = "a_bus_that_never_answers_is_given_up_when_the_call_is_cancelled";
        let name = format!("{}::{of}", module_path!().split_once("::").unwrap().1);
        child
            .args(["--exact", &name])
            .env(STEP, "wait")
            .env(HOME, home.path());
        child.env(
            "DBUS_SESSION_BUS_ADDRESS",
            format!("unix:path={}", bus.display()),
        );
        assert!(child.status().unwrap().success());
        drop(listening);
        return;
    };
    let cancel = CancelToken::default();
    let call = Call {
        cancel: cancel.clone(),
        ..Call::default()
    };
    let begun = Instant::now();
    let stopper = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(100));
        cancel.cancel();
    });
    let slot = name("work", 1, "k").slot();
    let error = Keyring.get(&slot, Person::MayBeAsked, &call).unwrap_err();
    assert!(matches!(error, SecretError::Cancelled), "{error}");
    assert!(begun.elapsed() < Duration::from_secs(5));
    let soon = Call {
        deadline: Some(Instant::now() + Duration::from_millis(50)),
        ..Call::default()
    };
    let error = Keyring.get(&slot, Person::MayBeAsked, &soon).unwrap_err();
    assert!(matches!(error, SecretError::TimedOut { .. }), "{error}");
    stopper.join().unwrap();
    drop(secrets);
}
