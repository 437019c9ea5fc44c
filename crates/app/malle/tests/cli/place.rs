//! A temporary home with one profile and the built command over it.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use testkit::{Malle, Run, TempHome};

pub(crate) struct Place {
    home: TempHome,
    malle: Malle,
}

impl Place {
    /// A home without a profile.
    pub(crate) fn empty() -> Self {
        let home = TempHome::new().unwrap();
        let binary = Path::new(env!("CARGO_BIN_EXE_malle"));
        let malle = Malle::new(binary, &home.path().join("home"));
        Self { home, malle }
    }

    /// A home with the profile `me`.
    pub(crate) fn new() -> Self {
        let place = Self::empty();
        place.ok(&["profile", "create", "me"]);
        place
    }

    pub(crate) fn malle(&self) -> &Malle {
        &self.malle
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    /// Writes a file beside the home.
    pub(crate) fn file(&self, name: &str, bytes: &[u8]) -> String {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, bytes).unwrap();
        path.display().to_string()
    }

    /// Imports one message and gives its id.
    pub(crate) fn import(&self, mail: &str) -> String {
        let path = self.file("import.eml", mail.as_bytes());
        let report = self.json(&["import", "--items", &path]);
        report["items"][0]["id"].as_str().unwrap().to_owned()
    }

    pub(crate) fn run(&self, args: &[&str]) -> Run {
        self.malle.run(args)
    }

    pub(crate) fn ok(&self, args: &[&str]) -> String {
        self.malle.ok(args)
    }

    /// Standard output of a command that succeeds.
    pub(crate) fn bytes(&self, args: &[&str]) -> Vec<u8> {
        let run = self.run(args);
        assert_eq!(run.code(), Some(0), "{args:?}: {}", run.err());
        run.stdout
    }

    /// The JSON value of a command that succeeds and says nothing else.
    pub(crate) fn json(&self, args: &[&str]) -> Value {
        let args = [args, &["--json"]].concat();
        let run = self.run(&args);
        assert_eq!(run.code(), Some(0), "{args:?}: {}", run.err());
        assert_eq!(run.err(), "", "{args:?}");
        let value = serde_json::from_str(&run.out())
            .unwrap_or_else(|e| panic!("{args:?}: {e}\n{}", run.out()));
        super::shape::check(&args, &value);
        value
    }

    /// The JSON error of a command that fails with this code and writes nothing to standard output.
    pub(crate) fn fails(&self, code: i32, args: &[&str]) -> Value {
        let run = self.run(args);
        assert_eq!(
            run.code(),
            Some(code),
            "{args:?}: {}{}",
            run.out(),
            run.err()
        );
        assert_eq!(run.out(), "", "{args:?}");
        let error: Value = serde_json::from_str(&run.err())
            .unwrap_or_else(|e| panic!("{args:?}: {e}\n{}", run.err()));
        assert_eq!(error["error"]["exit"], code);
        assert!(
            error["error"]["message"]
                .as_str()
                .is_some_and(|m| !m.is_empty())
        );
        error
    }

    /// A command that fails with this code, in words.
    pub(crate) fn fails_text(&self, code: i32, args: &[&str]) -> String {
        let run = self.run(args);
        assert_eq!(
            run.code(),
            Some(code),
            "{args:?}: {}{}",
            run.out(),
            run.err()
        );
        assert!(!run.err().is_empty(), "{args:?}");
        run.err()
    }
}
