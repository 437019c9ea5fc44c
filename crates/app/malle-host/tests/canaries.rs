//! Secrets are used in every way and then looked for everywhere: none is found but in its own store.
//!
//! A child process stores canaries, has a provider ask for them, fail with them and panic with them, logs at every level
//! and prints whatever can be printed. This process then searches the home, the logs, the temporary files and all processes.
#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test may stop at the first surprise"
)]

use std::collections::BTreeSet;
use std::env;
use std::error::Error as _;
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Arc, OnceLock};

use malle_host::secrets::{AskPassphrase, NotAsked, Place, Question, SecretName, Secrets};
use malle_host::{Catalogue, Home, LogChoice, MalleHost, Profiles};
use mapi::{Call, Host, Logon, Mapi, Session};
use mapi_props::{Code, PropTag, PropType};
use mapi_spi::{
    Error, OpenStore, Result, Secret, Service, ServiceDescription, Setting, SettingKind, Store,
    Support,
};
use store_memory::MemoryService;
use testkit::{Canary, Chance, ChildGuard, PrivateKeyring, TempHome};

const SERVICE: &str = "TEST_SCRIPTED";
const CHILD: &str = "MALLE_TEST_CHILD";

#[test]
fn the_file_of_secrets_holds_nothing_that_can_be_read() {
    if is_child() {
        return;
    }
    let trial = Trial::new("backend = \"file\"\n[file]\nwork = 1\n");
    trial.holds(
        "the_file_of_secrets_holds_nothing_that_can_be_read",
        &[],
        &[],
    );
}

#[test]
fn commands_get_secrets_on_their_input_and_nowhere_else() {
    if is_child() {
        return;
    }
    let trial = Trial::empty();
    let vault = trial.place.path().join("vault");
    let at = vault.display();
    trial.choose(&format!(
        "backend = \"command\"\n[command]\nget = [\"cat\", \"{at}\"]\n\
         set = [\"sh\", \"-c\", \"cat > {at}\"]\ndelete = [\"rm\", \"{at}\"]\n"
    ));
    let of = "commands_get_secrets_on_their_input_and_nowhere_else";
    trial.holds(of, &[], &[vault]);
}

#[cfg(not(target_os = "macos"))]
#[test]
fn the_keyring_shows_nothing_to_others() {
    if is_child() {
        return;
    }
    let Some(keyring) = PrivateKeyring::start() else {
        return;
    };
    let trial = Trial::new("backend = \"keyring\"\n");
    let environment = keyring.environment();
    trial.holds("the_keyring_shows_nothing_to_others", &environment, &[]);
    for canary in &trial.canaries {
        assert_eq!(canary.found_below(keyring.path()), BTreeSet::new());
    }
}

/// A home, what is printed and logged over it, and what must not be found there.
struct Trial {
    place: TempHome,
    /// The secret, the one that replaces it, and the passphrase.
    canaries: [Canary; 3],
}

impl Trial {
    fn empty() -> Self {
        let place = TempHome::new().unwrap();
        for folder in ["home", "temp", "said"] {
            fs::create_dir(place.path().join(folder)).unwrap();
        }
        let mut seed = [0; 8];
        getrandom::fill(&mut seed).unwrap();
        let mut chance = Chance::from_seed(u64::from_le_bytes(seed));
        let canaries = [0; 3].map(|_| Canary::new(&mut chance));
        Self { place, canaries }
    }

    fn new(choice: &str) -> Self {
        let trial = Self::empty();
        trial.choose(choice);
        trial
    }

    fn choose(&self, choice: &str) {
        fs::write(self.place.path().join("home/secrets.toml"), choice).unwrap();
    }

    /// Runs the child `of` this test, searches while it lives and when it has ended.
    fn holds(&self, of: &str, environment: &[(&str, String)], stores: &[PathBuf]) {
        let at = self.place.path();
        let said = |name: &str| File::create(at.join("said").join(name)).unwrap();
        let mut child = Command::new(env::current_exe().unwrap());
        child.args(["--exact", of, "--nocapture"]);
        child.envs(environment.iter().map(|(name, value)| (name, value)));
        child
            .env(CHILD, at.join("home"))
            .env("TMPDIR", at.join("temp"));
        child
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(said("stderr"));
        let mut child = ChildGuard::spawn(&mut child).unwrap();
        let mut input = child.child().stdin.take().unwrap();
        for canary in &self.canaries {
            writeln!(input, "{}", canary.text()).unwrap();
        }
        let mut printed = said("stdout");
        let mut lines = BufReader::new(child.child().stdout.take().unwrap()).lines();
        let mut seen = BTreeSet::new();
        for line in lines.by_ref().map_while(std::result::Result::ok) {
            writeln!(printed, "{line}").unwrap();
            let done = line == "SEARCH NOW";
            seen.insert(line);
            if done {
                break;
            }
        }
        for step in ["OPENED", "REFUSED", "BROKE", "SEARCH NOW"] {
            assert!(seen.contains(step), "{step} is missing: {}", self.log());
        }
        self.search(stores);
        writeln!(input).unwrap();
        for line in lines.map_while(std::result::Result::ok) {
            writeln!(printed, "{line}").unwrap();
        }
        assert!(child.wait().unwrap().success(), "{}", self.log());
        let log = self.log();
        assert!(
            log.contains("TRACE") && log.contains("malle::secrets"),
            "{log}"
        );
        self.search(stores);
        self.can_fail(stores);
    }

    fn log(&self) -> String {
        fs::read_to_string(self.place.path().join("said/stderr")).unwrap()
    }

    fn found(&self) -> BTreeSet<PathBuf> {
        let each = self.canaries.iter();
        each.flat_map(|canary| canary.found_below(self.place.path()))
            .collect()
    }

    fn search(&self, stores: &[PathBuf]) {
        assert_eq!(self.found(), stores.iter().cloned().collect());
        for canary in &self.canaries {
            // None where the system does not show what processes are.
            let found = canary.found_in_processes().unwrap_or_default();
            assert_eq!(found, [""; 0]);
        }
    }

    /// The search finds a secret that is planted in the home, in the log or in a process.
    fn can_fail(&self, stores: &[PathBuf]) {
        let text = self.canaries[0].text();
        let wide: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        for (name, bytes) in [("home/data/planted", wide), ("said/planted", text.into())] {
            let path = self.place.path().join(name);
            fs::write(&path, bytes).unwrap();
            assert!(self.found().contains(&path), "{name}");
            fs::remove_file(path).unwrap();
        }
        assert_eq!(self.found(), stores.iter().cloned().collect());
        if cfg!(target_os = "linux") {
            let mut told = Command::new("cat");
            let told = told
                .env("PLANTED", text)
                .stdin(Stdio::piped())
                .stdout(Stdio::null());
            let child = ChildGuard::spawn(told).unwrap();
            let mut found = Vec::new();
            // It shows its environment as soon as it has become what it is.
            for _ in 0..1000 {
                found = self.canaries[0].found_in_processes().unwrap();
                if !found.is_empty() {
                    break;
                }
            }
            assert!(found[0].contains(&child.id().to_string()), "{found:?}");
        }
    }
}

/// Does the child's part, in the child.
fn is_child() -> bool {
    let home = env::var_os(CHILD).map(PathBuf::from);
    if let Some(home) = &home {
        use_everywhere(&Home::below(home));
    }
    home.is_some()
}

/// What the child does: everything that could give a secret away.
fn use_everywhere(home: &Home) {
    let mut lines = io::stdin().lock().lines();
    let mut next = || lines.next().unwrap().unwrap();
    let (first, second, passphrase) = (next(), next(), next());
    EXPECTED.set(first.clone()).unwrap();
    PASSPHRASE.set(passphrase).unwrap();
    LogChoice::parse(3, &["spi=trace".to_owned()])
        .unwrap()
        .start();
    let catalogue = Catalogue::of(home).with(Arc::new(Scripted(MemoryService::default())));
    let profiles = Profiles::made_of(home.clone(), catalogue);
    let secrets = Secrets::of(home.clone(), Arc::new(Answers), None);
    let host = Arc::new(MalleHost::new(profiles).traced(true).with_secrets(secrets));
    let settings = [("mode", "quiet"), ("password", "password")];
    let settings = settings.map(|(key, value)| (key.to_owned(), value.to_owned()));
    host.create_profile("canary", SERVICE, settings.into())
        .unwrap();
    let uid = host.profile("canary").unwrap().services[0].uid;
    let name = SecretName::new("canary", uid, "password").unwrap();
    let missing = host.secrets().check(&name, &Call::default());
    println!("{missing:?}");
    let place = store(&host, &name, &first);
    for mode in ["ask", "refuse", "break"] {
        in_mode(&host, mode);
        log_on(&host);
    }
    // A provider that is given the next secret, and no more the one before.
    EXPECTED_NEXT.set(second.clone()).unwrap();
    store(&host, &name, &second);
    in_mode(&host, "ask");
    log_on(&host);
    let other = Secrets::of(home.clone(), Arc::new(WrongAnswers), None);
    println!(
        "{:?} {:?}",
        other.check(&name, &Call::default()),
        other.unlock(&Call::default())
    );
    println!("{host:?} {:#?} {:?}", host.secrets(), host.secrets().list());
    println!(
        "{:?}",
        host.profiles().export("canary").map(|export| export.text)
    );
    println!("{:?}", host.profile("canary"));
    let secret = Secret::new(second);
    let broken = std::panic::catch_unwind(|| panic!("on purpose: {secret:?} {place}"));
    println!("{}", broken.is_err());
    println!("SEARCH NOW");
    next();
}

fn store(host: &MalleHost, name: &SecretName, value: &str) -> Place {
    let value = Secret::new(value);
    let place = host.secrets().store(name, &value, &Call::default());
    println!("{name}: {place:?} {value:?}");
    place.unwrap()
}

fn in_mode(host: &MalleHost, mode: &str) {
    let mut change = |profile: &mut mapi::Profile| {
        let values = &mut profile.services[0].config.values;
        values.insert("mode".to_owned(), mode.to_owned());
        Ok(())
    };
    host.change_profile("canary", &mut change).unwrap();
}

fn log_on(host: &Arc<MalleHost>) {
    let mapi = Mapi::initialize(Arc::clone(host) as Arc<dyn Host>);
    match Session::logon(&mapi, Logon::profile("canary").create()) {
        Ok(session) => {
            let rows = session.status_table().open().unwrap().query_all_rows(0);
            println!("{rows:?} {:?}", session.failures());
            if session.default_store().is_ok() {
                println!("OPENED");
            }
            session.logoff();
        }
        Err(error) => {
            println!("{error} {error:#?}");
            let mut cause = error.source();
            while let Some(error) = cause {
                println!("{error}");
                cause = error.source();
            }
            let refused = format!("{error:?}").contains("wrong password");
            println!("{}", if refused { "REFUSED" } else { "BROKE" });
        }
    }
}

static EXPECTED: OnceLock<String> = OnceLock::new();
static EXPECTED_NEXT: OnceLock<String> = OnceLock::new();
static PASSPHRASE: OnceLock<String> = OnceLock::new();

/// A store behind a password.
#[derive(Debug)]
struct Scripted(MemoryService);

impl Service for Scripted {
    fn name(&self) -> &str {
        SERVICE
    }

    fn display_name(&self) -> &str {
        "Scripted"
    }

    fn description(&self) -> ServiceDescription {
        let tag = |id| PropTag::new(id, PropType::UNICODE);
        ServiceDescription::store(self.name(), self.display_name())
            .setting(Setting::new("mode", tag(0x6600), SettingKind::Text))
            .setting(Setting::new("password", tag(0x6601), SettingKind::Secret))
    }

    fn open_store(
        &self,
        open: &OpenStore,
        support: Arc<dyn Support>,
        call: &Call,
    ) -> Result<Arc<dyn Store>> {
        let mode = open.config.values.get("mode").map(String::as_str);
        if mode != Some("quiet") {
            let secret = support.secret("password", call)?;
            tracing::trace!(?secret, ?open, "the provider asked");
            let expected = EXPECTED_NEXT.get().or(EXPECTED.get()).unwrap();
            assert_eq!(secret.expose_text()?.len(), expected.len());
            assert!(secret.expose() == expected.as_bytes());
            let cause = Error::new(Code::CALL_FAILED, format!("{secret:?}"));
            match mode {
                Some("refuse") => {
                    let detail = "the server says: wrong password";
                    return Err(Error::caused(Code::LOGON_FAILED, detail, cause));
                }
                Some("break") => panic!("the provider broke while it held {secret:?}"),
                _ => {}
            }
        }
        self.0.open_store(open, support, call)
    }
}

#[derive(Debug)]
struct Answers;

impl AskPassphrase for Answers {
    fn ask(&self, _question: &Question<'_>) -> std::result::Result<Secret, NotAsked> {
        Ok(Secret::new(PASSPHRASE.get().unwrap().clone()))
    }
}

#[derive(Debug)]
struct WrongAnswers;

impl AskPassphrase for WrongAnswers {
    fn ask(&self, _question: &Question<'_>) -> std::result::Result<Secret, NotAsked> {
        let wrong: String = PASSPHRASE.get().unwrap().chars().chain(['x']).collect();
        Ok(Secret::new(wrong))
    }
}

#[test]
fn a_search_of_nothing_proves_nothing() {
    let nothing = Path::new("/no/such/folder");
    let searched = std::panic::catch_unwind(|| Canary::of("x").found_below(nothing));
    assert!(searched.is_err());
}
