//! Where the passphrase of the encrypted file comes from; a person is asked at most once in a process.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use mapi_spi::{Call, Secret};

use super::age::{AgeError, Derived, Sealed};
use super::choice::FileChoice;
use super::{SecretError, child, command};

/// How long a command may take that asks a person.
const PERSON: Duration = Duration::from_secs(300);

/// A front end that asks for passphrases. Blocks until there is an answer.
pub trait AskPassphrase: Send + Sync + fmt::Debug {
    /// Asks. For a new passphrase it asks twice and compares.
    ///
    /// # Errors
    /// [`NotAsked`].
    fn ask(&self, question: &Question<'_>) -> Result<Secret, NotAsked>;
}

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Question<'a> {
    /// The passphrase that opens this file.
    Open(&'a Path),
    /// A new passphrase for this file.
    Choose(&'a Path),
}

/// Why there is no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotAsked {
    /// There is nobody to ask: no terminal.
    Nobody,
    /// Whoever was asked gave none.
    Refused,
}

/// A front end without anybody to ask.
#[derive(Debug, Clone, Copy, Default)]
pub struct AskNobody;

impl AskPassphrase for AskNobody {
    fn ask(&self, _question: &Question<'_>) -> Result<Secret, NotAsked> {
        Err(NotAsked::Nobody)
    }
}

/// What this process knows of the passphrase.
#[derive(Debug)]
pub(super) struct Passphrase {
    /// Named on the command line or in the environment.
    pub(super) file: Option<PathBuf>,
    pub(super) asker: Arc<dyn AskPassphrase>,
    // Held while a person is asked, so that two threads do not both ask.
    known: Mutex<Known>,
}

#[derive(Default)]
struct Known {
    passphrase: Option<Secret>,
    /// For the file as it was opened last: deriving takes a second.
    derived: Option<Derived>,
    /// A person gave a wrong one, or none, and is not asked again.
    asked: bool,
}

impl fmt::Debug for Known {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("…")
    }
}

/// Where the keyring comes in, if it is to keep the passphrase.
pub(super) trait Stash {
    /// Passphrases that the keyring keeps: the newest, and the one before while the file may still need it.
    fn stashed(&self, call: &Call) -> Vec<Secret>;

    /// Has the keyring keep one, beside the one before.
    fn stash(&self, passphrase: &Secret, call: &Call) -> Result<(), SecretError>;

    /// The file needs the newest now: the one before can go.
    fn settled(&self, call: &Call) -> Result<(), SecretError>;
}

impl Passphrase {
    pub(super) fn of(file: Option<PathBuf>, asker: Arc<dyn AskPassphrase>) -> Self {
        Self {
            file,
            asker,
            known: Mutex::default(),
        }
    }

    /// Whether this process can open the file without asking anybody. A command might ask somebody.
    pub(super) fn needs_nobody(&self, choice: &FileChoice) -> bool {
        let given = self.file.is_some() || choice.passphrase_file.is_some();
        given || self.with(|known| known.passphrase.is_some())
    }

    /// Opens a sealed file.
    pub(super) fn open(
        &self,
        file: &FileInUse<'_>,
        sealed: &Sealed<'_>,
        call: &Call,
    ) -> Result<zeroize::Zeroizing<Vec<u8>>, SecretError> {
        self.with(|known| {
            if let Some(derived) = known.derived.as_ref().filter(|d| sealed.fits(d)) {
                return sealed.open(derived).map_err(|e| file.failure(e));
            }
            if let Some(passphrase) = &known.passphrase {
                let derived = sealed.derive(passphrase.expose());
                let opened = sealed.open(&derived).map_err(|e| file.failure(e));
                known.derived = Some(derived);
                return opened;
            }
            self.first(known, file, sealed, call)
        })
    }

    /// Opens a sealed file for the first time in this process.
    fn first(
        &self,
        known: &mut Known,
        file: &FileInUse<'_>,
        sealed: &Sealed<'_>,
        call: &Call,
    ) -> Result<zeroize::Zeroizing<Vec<u8>>, SecretError> {
        for passphrase in file.stash.stashed(call) {
            let derived = sealed.derive(passphrase.expose());
            match sealed.open(&derived) {
                Err(AgeError::WrongPassphrase) => {}
                other => return known.keep(passphrase, derived, other, file),
            }
        }
        let given = self.given(file.choice, call)?;
        let was_given = given.is_some();
        let passphrase = match given {
            Some(passphrase) => passphrase,
            None => self.ask(known, &Question::Open(file.path), file.path)?,
        };
        let derived = sealed.derive(passphrase.expose());
        let opened = sealed.open(&derived);
        if opened.is_ok() && !was_given {
            file.stash.stash(&passphrase, call)?;
        }
        known.keep(passphrase, derived, opened, file)
    }

    /// Has a passphrase known for a file that is to be written: the one given, or one that is chosen now.
    pub(super) fn for_writing(&self, file: &FileInUse<'_>, call: &Call) -> Result<(), SecretError> {
        self.with(|known| {
            if known.passphrase.is_none() {
                known.passphrase = Some(match self.given(file.choice, call)? {
                    Some(passphrase) => passphrase,
                    None => self.chosen(known, file, call)?,
                });
            }
            Ok(())
        })
    }

    /// Writes with the known passphrase, and remembers what was derived from it.
    pub(super) fn write(
        &self,
        write: impl FnOnce(&[u8]) -> Result<Derived, SecretError>,
    ) -> Result<(), SecretError> {
        self.with(|known| {
            let passphrase = known.passphrase.as_ref().map(Secret::expose);
            known.derived = Some(write(passphrase.unwrap_or_default())?);
            Ok(())
        })
    }

    fn chosen(
        &self,
        known: &mut Known,
        file: &FileInUse<'_>,
        call: &Call,
    ) -> Result<Secret, SecretError> {
        let chosen = self.ask(known, &Question::Choose(file.path), file.path)?;
        file.stash.stash(&chosen, call)?;
        Ok(chosen)
    }

    /// A passphrase to change to: from this file, else a person is asked.
    pub(super) fn next(&self, from: Option<&Path>, path: &Path) -> Result<Secret, SecretError> {
        match from {
            Some(from) => read_file(from),
            None => self.answer(&Question::Choose(path), path),
        }
    }

    /// The file has another passphrase now.
    pub(super) fn changed(&self, passphrase: Secret, derived: Derived) {
        self.with(|known| {
            known.passphrase = Some(passphrase);
            known.derived = Some(derived);
        });
    }

    /// A passphrase that needs nobody to be asked.
    fn given(&self, choice: &FileChoice, call: &Call) -> Result<Option<Secret>, SecretError> {
        if let Some(path) = self.file.as_ref().or(choice.passphrase_file.as_ref()) {
            return read_file(path).map(Some);
        }
        if choice.passphrase_command.is_empty() {
            return Ok(None);
        }
        let printed = child::run(&choice.passphrase_command, None, PERSON, call)?;
        not_empty(Secret::new(command::first_line(&printed))).map(Some)
    }

    fn ask(
        &self,
        known: &mut Known,
        question: &Question<'_>,
        path: &Path,
    ) -> Result<Secret, SecretError> {
        if known.asked {
            let path = path.to_owned();
            return Err(SecretError::WrongPassphrase { path });
        }
        known.asked = true;
        self.answer(question, path)
    }

    fn answer(&self, question: &Question<'_>, path: &Path) -> Result<Secret, SecretError> {
        let answer = self.asker.ask(question).map_err(|why| match why {
            NotAsked::Nobody => SecretError::NoPassphrase {
                path: path.to_owned(),
            },
            NotAsked::Refused => SecretError::Cancelled,
        })?;
        not_empty(answer)
    }

    fn with<T>(&self, body: impl FnOnce(&mut Known) -> T) -> T {
        // What a panic left is either whole or not there.
        body(&mut self.known.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Known {
    fn keep(
        &mut self,
        passphrase: Secret,
        derived: Derived,
        opened: Result<zeroize::Zeroizing<Vec<u8>>, AgeError>,
        file: &FileInUse<'_>,
    ) -> Result<zeroize::Zeroizing<Vec<u8>>, SecretError> {
        let opened = opened.map_err(|e| file.failure(e))?;
        self.passphrase = Some(passphrase);
        self.derived = Some(derived);
        Ok(opened)
    }
}

/// The encrypted file while it is opened or written.
pub(super) struct FileInUse<'a> {
    pub(super) path: &'a Path,
    pub(super) choice: &'a FileChoice,
    pub(super) stash: &'a dyn Stash,
}

impl FileInUse<'_> {
    pub(super) fn failure(&self, error: AgeError) -> SecretError {
        let path = self.path.to_owned();
        if error == AgeError::WrongPassphrase {
            return SecretError::WrongPassphrase { path };
        }
        let detail = error.to_string();
        SecretError::Damaged { path, detail }
    }
}

/// The first line of a file; it may be a pipe, as in `--passphrase-file /dev/fd/3`.
fn read_file(path: &Path) -> Result<Secret, SecretError> {
    let bytes = zeroize::Zeroizing::new(fs::read(path).map_err(SecretError::io(path))?);
    not_empty(Secret::new(command::first_line(&bytes)))
}

fn not_empty(passphrase: Secret) -> Result<Secret, SecretError> {
    if passphrase.is_empty() {
        return Err(SecretError::Empty);
    }
    Ok(passphrase)
}
