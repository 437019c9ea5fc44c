//! Secrets through the encrypted file and through commands, and what becomes of them; keyrings are in their own file.

#[cfg(all(unix, not(target_os = "macos")))]
mod keyring;

use std::fs;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use mapi_props::Guid;
use testkit::TempHome;

use super::*;

/// Answers every question with one passphrase, and counts.
#[derive(Debug, Default)]
struct Answers {
    with: Mutex<String>,
    asked: AtomicUsize,
}

impl AskPassphrase for Answers {
    fn ask(&self, _question: &Question<'_>) -> Result<Secret, NotAsked> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        Ok(Secret::new(self.with.lock().unwrap().clone()))
    }
}

struct Trial {
    home: TempHome,
    answers: Arc<Answers>,
}

impl Trial {
    /// A home whose secrets go into the encrypted file, with little work.
    fn of_file() -> Self {
        Self::with("backend = \"file\"\n[file]\nwork = 1\n")
    }

    fn with(choice: &str) -> Self {
        let home = TempHome::new().unwrap();
        fs::write(home.path().join("secrets.toml"), choice).unwrap();
        let answers = Arc::new(Answers::default());
        "open sesame".clone_into(&mut answers.with.lock().unwrap());
        Self { home, answers }
    }

    fn home(&self) -> Home {
        Home::below(self.home.path())
    }

    /// As a new process would have it.
    fn secrets(&self) -> Secrets {
        Secrets::of(self.home(), Arc::clone(&self.answers) as _, None)
    }

    fn headless(&self) -> Secrets {
        Secrets::of(self.home(), Arc::new(AskNobody), None)
    }

    fn asked(&self) -> usize {
        self.answers.asked.swap(0, Ordering::SeqCst)
    }
}

fn name(profile: &str, service: u8, key: &str) -> SecretName {
    SecretName::new(profile, Guid([service; 16]), key).unwrap()
}

fn call() -> Call {
    Call::default()
}

fn value(secrets: &Secrets, name: &SecretName) -> Option<String> {
    match secrets.read(name, &call()) {
        Ok(secret) => Some(secret.expose_text().unwrap().to_owned()),
        Err(SecretError::Missing { .. }) => None,
        Err(error) => panic!("{error}"),
    }
}

#[test]
fn the_file_keeps_what_is_stored_and_asks_once() {
    let place = Trial::of_file();
    let secrets = place.secrets();
    let (one, two) = (name("work", 1, "password"), name("work", 1, "token"));
    assert_eq!(value(&secrets, &one), None);
    assert_eq!(place.asked(), 0, "there is no file to open yet");
    secrets
        .store(&one, &Secret::new("hunter2"), &call())
        .unwrap();
    secrets
        .store(&two, &Secret::new("t\no\0ken"), &call())
        .unwrap();
    assert_eq!(place.asked(), 1);
    let later = place.secrets();
    assert_eq!(value(&later, &one).as_deref(), Some("hunter2"));
    assert_eq!(value(&later, &two).as_deref(), Some("t\no\0ken"));
    assert_eq!(later.check(&two, &call()).unwrap(), Place::File);
    assert_eq!(place.asked(), 1);
    assert_eq!(later.list().unwrap().len(), 2);
    let removal = later.delete(&one, &call()).unwrap();
    assert_eq!((removal, value(&later, &one)), (Removal::Done, None));
    assert_eq!(place.asked(), 0);
}

#[cfg(unix)]
#[test]
fn its_files_are_for_their_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    let place = Trial::of_file();
    let secrets = place.secrets();
    secrets
        .store(&name("w", 1, "k"), &Secret::new("v"), &call())
        .unwrap();
    for file in ["names.toml", "secrets.age", "."] {
        let mode = fs::metadata(place.home().secrets_dir().join(file))
            .unwrap()
            .permissions()
            .mode();
        let want = if file == "." { 0o700 } else { 0o600 };
        assert_eq!(mode & 0o777, want, "{file}");
    }
}

#[test]
fn a_wrong_passphrase_is_told_and_asked_for_once() {
    let place = Trial::of_file();
    let it = name("work", 1, "password");
    place
        .secrets()
        .store(&it, &Secret::new("hunter2"), &call())
        .unwrap();
    place.asked();
    "open says me".clone_into(&mut place.answers.with.lock().unwrap());
    let secrets = place.secrets();
    for _ in 0..2 {
        let error = secrets.read(&it, &call()).unwrap_err();
        assert!(
            matches!(error, SecretError::WrongPassphrase { .. }),
            "{error}"
        );
    }
    let error = secrets
        .store(&it, &Secret::new("new"), &call())
        .unwrap_err();
    assert!(
        matches!(error, SecretError::WrongPassphrase { .. }),
        "{error}"
    );
    assert_eq!(place.asked(), 1);
    let error = place.headless().read(&it, &call()).unwrap_err();
    assert!(matches!(error, SecretError::NoPassphrase { .. }), "{error}");
    assert!(
        error.to_string().contains("MALLE_PASSPHRASE_FILE"),
        "{error}"
    );
}

#[test]
fn a_damaged_file_is_named_and_never_overwritten() {
    let place = Trial::of_file();
    let it = name("work", 1, "password");
    place
        .secrets()
        .store(&it, &Secret::new("hunter2"), &call())
        .unwrap();
    let file = place.home().secret_file();
    let whole = fs::read(&file).unwrap();
    for damaged in [&whole[..whole.len() - 5], b"", b"not of age"] {
        fs::write(&file, damaged).unwrap();
        let error = place
            .secrets()
            .store(&it, &Secret::new("new"), &call())
            .unwrap_err();
        assert!(matches!(error, SecretError::Damaged { .. }), "{error}");
        assert!(error.to_string().contains("secrets.age"), "{error}");
        assert_eq!(fs::read(&file).unwrap(), damaged);
    }
}

#[test]
fn a_passphrase_comes_from_a_file_or_a_command_too() {
    let place = Trial::of_file();
    let it = name("work", 1, "password");
    place
        .secrets()
        .store(&it, &Secret::new("hunter2"), &call())
        .unwrap();
    place.asked();
    let given = place.home.path().join("pass");
    fs::write(&given, "open sesame\n").unwrap();
    let secrets = Secrets::of(place.home(), Arc::new(AskNobody), Some(given.clone()));
    assert_eq!(value(&secrets, &it).as_deref(), Some("hunter2"));
    let words = if cfg!(windows) {
        "[\"cmd\", \"/c\", \"type\", "
    } else {
        "[\"cat\", "
    };
    let choice = format!(
        "[file]\nwork = 1\npassphrase_command = {words}{:?}]\n",
        given.display()
    );
    fs::write(place.home().secrets_choice_file(), choice).unwrap();
    assert_eq!(value(&place.headless(), &it).as_deref(), Some("hunter2"));
    let choice = format!(
        "[file]\nwork = 1\npassphrase_file = {:?}\n",
        given.display()
    );
    fs::write(place.home().secrets_choice_file(), choice).unwrap();
    let secrets = place.headless();
    secrets.unlock(&call()).unwrap();
    fs::remove_file(given).unwrap();
    assert_eq!(
        value(&secrets, &it).as_deref(),
        Some("hunter2"),
        "known since"
    );
}

#[test]
fn the_passphrase_is_changed_and_the_secrets_stay() {
    let place = Trial::of_file();
    let it = name("work", 1, "password");
    place
        .secrets()
        .store(&it, &Secret::new("hunter2"), &call())
        .unwrap();
    let next = place.home.path().join("next");
    fs::write(&next, "friend\n").unwrap();
    let secrets = place.secrets();
    secrets.rotate_passphrase(Some(&next), &call()).unwrap();
    assert_eq!(value(&secrets, &it).as_deref(), Some("hunter2"));
    let error = place.secrets().read(&it, &call()).unwrap_err();
    assert!(
        matches!(error, SecretError::WrongPassphrase { .. }),
        "{error}"
    );
    "friend".clone_into(&mut place.answers.with.lock().unwrap());
    assert_eq!(value(&place.secrets(), &it).as_deref(), Some("hunter2"));
}

#[test]
fn what_is_deleted_with_its_profile_leaves_when_the_file_is_open_again() {
    let place = Trial::of_file();
    let secrets = place.secrets();
    for (profile, service) in [("work", 1), ("work", 2), ("home", 3)] {
        secrets
            .store(&name(profile, service, "k"), &Secret::new("v"), &call())
            .unwrap();
    }
    place.asked();
    // Nobody is asked, so it stays in the file for now, but nobody can read it.
    let later = place.secrets();
    later.forget_services(&[Guid([1; 16])]).unwrap();
    later
        .forget_services(&[Guid([1; 16]), Guid([2; 16])])
        .unwrap();
    assert_eq!(place.asked(), 0);
    assert!(matches!(
        later.check(&name("work", 2, "k"), &call()),
        Err(SecretError::Missing { .. })
    ));
    let leaving = |secrets: &Secrets| secrets.list().unwrap().iter().filter(|e| e.leaving).count();
    assert_eq!((later.list().unwrap().len(), leaving(&later)), (3, 2));
    // Whoever opens it next sweeps.
    later
        .store(&name("home", 3, "k"), &Secret::new("w"), &call())
        .unwrap();
    assert_eq!((later.list().unwrap().len(), leaving(&later)), (1, 0));
    assert_eq!(value(&later, &name("home", 3, "k")).as_deref(), Some("w"));
}

#[test]
fn a_renamed_profile_keeps_its_secrets_and_a_copied_one_gets_its_own() {
    let place = Trial::of_file();
    let secrets = place.secrets();
    secrets
        .store(&name("work", 1, "k"), &Secret::new("v"), &call())
        .unwrap();
    place.asked();
    let quiet = place.headless();
    quiet.rename_profile("work", "office").unwrap();
    let listed = quiet.list().unwrap();
    assert_eq!(listed[0].name, name("office", 1, "k"));
    assert_eq!(
        value(&secrets, &name("office", 1, "k")).as_deref(),
        Some("v")
    );
    // As after a rename that nobody lived to note.
    assert_eq!(
        value(&secrets, &name("elsewhere", 1, "k")).as_deref(),
        Some("v")
    );
    let pairs = [(Guid([1; 16]), Guid([9; 16]))];
    let failed = secrets.copy_services("copy", &pairs, &call()).unwrap();
    assert!(failed.is_empty(), "{failed:?}");
    secrets.forget_services(&[Guid([1; 16])]).unwrap();
    assert_eq!(value(&secrets, &name("copy", 9, "k")).as_deref(), Some("v"));
    let failed = quiet.copy_services("more", &[(Guid([9; 16]), Guid([8; 16]))], &call());
    assert_eq!(failed.unwrap().len(), 1, "nobody to ask, and it says so");
}

#[test]
fn what_is_stored_has_its_limits() {
    let place = Trial::of_file();
    let it = name("work", 1, "k");
    let store = |bytes: Vec<u8>| place.secrets().store(&it, &Secret::new(bytes), &call());
    assert!(matches!(store(Vec::new()), Err(SecretError::Empty)));
    assert!(matches!(
        store(vec![1; SECRET_MAX + 1]),
        Err(SecretError::TooLong { .. })
    ));
    store(vec![1; SECRET_MAX]).unwrap();
    place
        .secrets()
        .store(&name("work", 1, "l"), &Secret::new([0xFF]), &call())
        .unwrap();
    let read = place.secrets().read(&it, &call()).unwrap();
    assert_eq!(read.expose().len(), SECRET_MAX);
}

#[test]
fn two_processes_write_the_file_and_neither_loses_what_the_other_stored() {
    let place = Trial::of_file();
    place
        .secrets()
        .store(&name("p", 1, "first"), &Secret::new("0"), &call())
        .unwrap();
    std::thread::scope(|threads| {
        for writer in 0..4_u8 {
            let secrets = place.secrets();
            threads.spawn(move || {
                for n in 0..6 {
                    let name = name("p", writer, &format!("k{n}"));
                    secrets
                        .store(&name, &Secret::new(format!("{writer}.{n}")), &call())
                        .unwrap();
                }
            });
        }
    });
    let secrets = place.secrets();
    for writer in 0..4_u8 {
        for n in 0..6 {
            let name = name("p", writer, &format!("k{n}"));
            assert_eq!(value(&secrets, &name), Some(format!("{writer}.{n}")));
        }
    }
    assert_eq!(secrets.list().unwrap().len(), 25);
}

#[cfg(unix)]
mod commands {
    use super::*;

    /// A home whose secrets are files in a folder, by shell commands, each of which leaves a line in `opened`.
    fn place() -> Trial {
        let home = TempHome::new().unwrap();
        let at = home.path().display().to_string();
        let script = |what: &str| {
            format!("[\"sh\", \"-c\", \"echo x >> {at}/opened; {what}\", \"{{key}}\"]")
        };
        let choice = format!(
            "backend = \"command\"\n[command]\nget = {}\nset = {}\ndelete = {}\n",
            script(&format!("cat {at}/$0")),
            script(&format!("cat > {at}/$0")),
            script(&format!("rm {at}/$0")),
        );
        Trial {
            home,
            ..Trial::with(&choice)
        }
        .rewritten(&choice)
    }

    impl Trial {
        fn rewritten(self, choice: &str) -> Self {
            fs::write(self.home().secrets_choice_file(), choice).unwrap();
            self
        }

        fn opened(&self) -> bool {
            self.home.path().join("opened").exists()
        }
    }

    #[test]
    fn commands_keep_and_give_back() {
        let place = place();
        let secrets = place.secrets();
        let it = name("work", 1, "password");
        assert!(secrets.read(&it, &call()).is_err());
        assert_eq!(
            secrets
                .store(&it, &Secret::new("hunter2"), &call())
                .unwrap(),
            Place::Command
        );
        assert_eq!(value(&secrets, &it).as_deref(), Some("hunter2"));
        assert_eq!(secrets.delete(&it, &call()).unwrap(), Removal::Done);
        assert!(!place.home.path().join("password").exists());
    }

    #[test]
    fn a_value_that_does_not_come_back_leaves_the_old_one() {
        let place = place();
        let it = name("work", 1, "password");
        place
            .secrets()
            .store(&it, &Secret::new("old"), &call())
            .unwrap();
        // Only the first line comes back.
        let error = place
            .secrets()
            .store(&it, &Secret::new("new\nmore"), &call())
            .unwrap_err();
        assert!(
            matches!(
                error,
                SecretError::NotKept {
                    place: Place::Command
                }
            ),
            "{error}"
        );
        assert_eq!(value(&place.secrets(), &it).as_deref(), Some("old"));
    }

    #[test]
    fn what_needs_no_secret_opens_nothing() {
        let place = place();
        let secrets = place.secrets();
        assert!(secrets.list().unwrap().is_empty());
        secrets.rename_profile("work", "office").unwrap();
        secrets.forget_services(&[Guid([1; 16])]).unwrap();
        secrets.unlock(&call()).unwrap();
        assert!(!place.opened());
        assert!(!place.home().secrets_dir().exists());
        assert!(secrets.check(&name("work", 1, "k"), &call()).is_err());
        assert!(place.opened(), "the test sees it when one is opened");
    }

    #[test]
    fn one_secret_can_have_a_command_of_its_own() {
        let it = name("work", 1, "password");
        let choice =
            format!("backend = \"file\"\n[commands]\n\"{it}\" = [\"echo\", \"hunter2\"]\n");
        let place = Trial::with(&choice);
        let secrets = place.secrets();
        assert_eq!(value(&secrets, &it).as_deref(), Some("hunter2"));
        assert_eq!(secrets.list().unwrap()[0].place, Place::Command);
        let error = secrets.store(&it, &Secret::new("x"), &call()).unwrap_err();
        assert!(matches!(error, SecretError::NoCommand { .. }), "{error}");
        assert_eq!(place.asked(), 0);
    }
}

#[test]
fn the_secure_key_stays_the_same_and_a_lost_one_is_never_made_anew() {
    let place = Trial::of_file();
    if Keyring::is_there(&call()) {
        // This user has a keyring, which tests leave alone; the tests of the keyring do this in one of their own.
        return;
    }
    let sealed = place
        .secrets()
        .secure_key(&call())
        .unwrap()
        .seal(b"p", b"v");
    let again = place.secrets().secure_key(&call()).unwrap();
    assert_eq!(again.open(b"p", &sealed).unwrap().expose(), b"v");
    assert_eq!(place.asked(), 0);
    fs::remove_file(place.home().secure_key_file()).unwrap();
    assert!(place.secrets().secure_key(&call()).is_err());
}
