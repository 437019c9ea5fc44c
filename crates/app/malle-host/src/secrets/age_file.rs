//! Secrets in one file that is encrypted with a passphrase: written whole or not at all, by one process at a time.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use mapi_spi::{Call, Secret, Support};
use zeroize::Zeroizing;

use super::age::{self, Derived, Sealed, base64};
use super::choice::FileChoice;
use super::index::make_private_folder;
use super::name::Slot;
use super::passphrase::{FileInUse, Passphrase, Stash};
use super::place::{Keeper, Person};
use super::{SecretError, SecretName};
use crate::file::write_private;
use crate::{FileLock, SystemSupport};

/// What the file opens with: somebody who opens it with `age` sees what it is.
const OPENING: &[u8] = b"# Secrets of malle: what each is called, and its bytes in Base64.\n";

pub(super) type Contents = BTreeMap<Slot, Secret>;

/// The encrypted file.
pub(super) struct AgeFile<'a> {
    pub(super) path: PathBuf,
    pub(super) choice: &'a FileChoice,
    pub(super) passphrase: &'a Passphrase,
    pub(super) stash: Box<dyn Stash + 'a>,
}

impl AgeFile<'_> {
    /// Has the passphrase known to this process from now on. Without a file there is nothing to open.
    pub(super) fn unlock(&self, call: &Call) -> Result<(), SecretError> {
        self.read(call).map(drop)
    }

    /// Gives the file another passphrase.
    pub(super) fn rotate(&self, from: Option<&Path>, call: &Call) -> Result<(), SecretError> {
        let Some(_) = self.read(call)? else {
            let path = self.path.clone();
            let missing = io::Error::from(io::ErrorKind::NotFound);
            return Err(SecretError::io(path)(missing));
        };
        let next = self.passphrase.next(from, &self.path)?;
        let _writer = self.lock()?;
        let contents = self.read(call)?.unwrap_or_default();
        // The keyring knows the new one before the file needs it; till then it knows the old one too.
        self.stash.stash(&next, call)?;
        let derived = self.write(&contents, next.expose())?;
        self.passphrase.changed(next, derived);
        self.stash.settled(call)
    }

    fn change(&self, call: &Call, change: impl FnOnce(&mut Contents)) -> Result<(), SecretError> {
        // Whoever is asked for a passphrase is asked before others have to wait.
        self.read(call)?;
        self.passphrase.for_writing(&self.in_use(), call)?;
        let _writer = self.lock()?;
        let mut contents = self.read(call)?.unwrap_or_default();
        change(&mut contents);
        self.passphrase.write(|known| self.write(&contents, known))
    }

    fn read(&self, call: &Call) -> Result<Option<Contents>, SecretError> {
        let bytes = match fs::read(&self.path) {
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(None),
            other => other.map_err(SecretError::io(&self.path))?,
        };
        let file = self.in_use();
        let sealed = Sealed::read(&bytes).map_err(|e| file.failure(e))?;
        let plain = self.passphrase.open(&file, &sealed, call)?;
        let damaged = || SecretError::Damaged {
            path: self.path.clone(),
            detail: "what is in it are no secrets of malle".to_owned(),
        };
        parse(&plain).map(Some).ok_or_else(damaged)
    }

    fn write(&self, contents: &Contents, passphrase: &[u8]) -> Result<Derived, SecretError> {
        if let Some(folder) = self.path.parent() {
            make_private_folder(folder)?;
        }
        let random = |bytes: &mut [u8]| SystemSupport.random(bytes);
        let (file, derived) = age::seal(&print(contents), passphrase, self.choice.work, random);
        write_private(&self.path, &file).map_err(SecretError::io(&self.path))?;
        Ok(derived)
    }

    fn lock(&self) -> Result<FileLock, SecretError> {
        let mut name = self.path.clone().into_os_string();
        name.push(".lock");
        FileLock::wait(Path::new(&name)).map_err(SecretError::io(name))
    }

    fn in_use(&self) -> FileInUse<'_> {
        FileInUse {
            path: &self.path,
            choice: self.choice,
            stash: &*self.stash,
        }
    }
}

impl Keeper for AgeFile<'_> {
    fn get(&self, name: &SecretName, call: &Call) -> Result<Option<Secret>, SecretError> {
        let contents = self.read(call)?;
        Ok(contents.and_then(|mut contents| contents.remove(&name.slot())))
    }

    fn set(&self, name: &SecretName, value: &Secret, call: &Call) -> Result<(), SecretError> {
        let value = Secret::new(value.expose());
        self.change(call, |contents| drop(contents.insert(name.slot(), value)))
    }

    fn remove(&self, name: &SecretName, person: Person, call: &Call) -> Result<(), SecretError> {
        if !self.path.exists() {
            return Ok(());
        }
        if person == Person::IsLeftAlone && !self.passphrase.needs_nobody(self.choice) {
            return Err(SecretError::NoPassphrase {
                path: self.path.clone(),
            });
        }
        self.change(call, |contents| drop(contents.remove(&name.slot())))
    }
}

fn print(contents: &Contents) -> Zeroizing<Vec<u8>> {
    let room: usize = contents.values().map(|s| s.expose().len() * 2 + 160).sum();
    let mut text = Zeroizing::new(Vec::with_capacity(OPENING.len() + room));
    text.extend_from_slice(OPENING);
    for (slot, secret) in contents {
        let value = Zeroizing::new(base64::encode(secret.expose()));
        text.extend_from_slice(slot.to_string().as_bytes());
        text.push(b' ');
        text.extend_from_slice(value.as_bytes());
        text.push(b'\n');
    }
    text
}

pub(super) fn parse(text: &[u8]) -> Option<Contents> {
    let lines = std::str::from_utf8(text).ok()?.lines();
    let mut contents = Contents::new();
    for line in lines.filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let (slot, value) = line.split_once(' ')?;
        let value = Secret::new(base64::decode(value)?);
        contents.insert(slot.parse().ok()?, value);
    }
    Some(contents)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_printed_is_read() {
        let owner = SystemSupport.new_guid();
        let slot = |key: &str| Slot {
            owner,
            key: key.to_owned(),
        };
        let mut contents = Contents::new();
        for (key, value) in [("a", &b"x\ny"[..]), ("b", &[0, 255, 10]), ("c", b"")] {
            contents.insert(slot(key), Secret::new(value));
        }
        let read = parse(&print(&contents)).unwrap();
        assert_eq!(read.len(), 3);
        for (slot, secret) in &contents {
            assert_eq!(read[slot].expose(), secret.expose());
        }
        assert!(parse(b"no such line").is_none());
        assert!(parse(&[0xFF]).is_none());
    }
}
