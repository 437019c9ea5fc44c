//! Who has which address.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use mapi_props::Code;
use mapi_spi::Error;

use super::owner::{Owner, is_id};
use super::{Spool, durable};
use crate::address::Address;

/// An address that is another's.
#[derive(Debug, thiserror::Error)]
#[error("the address {address} belongs to {whose} already; choose another, or remove it there")]
pub(crate) struct Taken {
    address: Address,
    whose: String,
}

/// Why addresses could not be had.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ClaimError {
    #[error(transparent)]
    Taken(#[from] Taken),
    #[error("the spool directory {path}: {error}{hint}", path = .path.display(), hint = hint(.error))]
    Io {
        path: PathBuf,
        #[source]
        error: io::Error,
    },
}

/// What to do about a directory that is another person's.
fn hint(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::PermissionDenied => {
            "; people of one group share it if whoever made it has `shared = yes` and it is in a directory of that group"
        }
        _ => "",
    }
}

impl From<ClaimError> for Error {
    fn from(error: ClaimError) -> Self {
        let code = match &error {
            ClaimError::Taken(_) => Code::COLLISION,
            ClaimError::Io { error, .. } if super::is_full(error) => Code::NOT_ENOUGH_DISK,
            ClaimError::Io { .. } => Code::NO_ACCESS,
        };
        Self::caused(code, error.to_string(), error)
    }
}

impl Spool {
    /// Makes these the addresses of `owner`, all or none, with a mailbox for what is sent to them. Those that it had before and
    /// that are not named go.
    pub(crate) fn claim(&self, owner: &Owner, addresses: &[Address]) -> Result<(), ClaimError> {
        for address in addresses {
            self.is_free(owner, address)?;
        }
        let failed = |error| ClaimError::Io {
            path: self.root.clone(),
            error,
        };
        self.mailbox(&owner.id).make().map_err(failed)?;
        durable::make_folder(&self.addresses(), self.shared).map_err(failed)?;
        let before = self.owned(owner).map_err(failed)?;
        let mut taken = addresses.iter().map(|address| self.take(owner, address));
        if let Some(error) = taken.find_map(Result::err) {
            if let Err(error) = self.release(owner, &before) {
                tracing::warn!(%error, "addresses that a mailbox could not have all of are still taken");
            }
            return Err(error);
        }
        self.release(owner, addresses).map_err(failed)
    }

    /// The addresses of `owner`.
    fn owned(&self, owner: &Owner) -> io::Result<Vec<Address>> {
        let mut owned = Vec::new();
        for address in all(self)? {
            if read(self, &address)?.is_some_and(|found| found.id == owner.id) {
                owned.push(address);
            }
        }
        Ok(owned)
    }

    /// Gives up the addresses of `owner` but for those in `keep`. What was sent stays.
    pub(crate) fn release(&self, owner: &Owner, keep: &[Address]) -> io::Result<()> {
        let owned = self.owned(owner)?;
        let mut gone = false;
        for address in owned.iter().filter(|address| !keep.contains(address)) {
            fs::remove_file(file_of(self, address))?;
            gone = true;
        }
        if gone {
            durable::sync_folder(&self.addresses())?;
        }
        Ok(())
    }

    /// Fails if the address is another's.
    fn is_free(&self, owner: &Owner, address: &Address) -> Result<(), ClaimError> {
        let path = file_of(self, address);
        let found = read(self, address).map_err(|error| ClaimError::Io { path, error })?;
        match found {
            Some(found) if found.id != owner.id && !found.is_gone() => {
                let whose = match &found.base {
                    Some(base) => format!("the profile in {}", base.display()),
                    None => "another program".to_owned(),
                };
                let address = address.clone();
                Err(Taken { address, whose }.into())
            }
            _ => Ok(()),
        }
    }

    fn take(&self, owner: &Owner, address: &Address) -> Result<(), ClaimError> {
        let path = file_of(self, address);
        let failed = |error| ClaimError::Io {
            path: path.clone(),
            error,
        };
        let text = text_of(owner);
        let name = file_name(address);
        if durable::publish_new(&self.addresses(), &name, text.as_bytes(), self.shared)
            .map_err(failed)?
        {
            return Ok(());
        }
        // Somebody has it: perhaps this one, from another folder; perhaps one that is gone; perhaps another who was faster.
        self.is_free(owner, address)?;
        if durable::small_text(&path).ok().as_deref() != Some(text.as_str()) {
            durable::replace(&self.addresses(), &name, text.as_bytes(), self.shared)
                .map_err(failed)?;
        }
        Ok(())
    }
}

/// All addresses, in order.
pub(super) fn all(spool: &Spool) -> io::Result<Vec<Address>> {
    let entries = match fs::read_dir(spool.addresses()) {
        Ok(entries) => entries,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(e) => return Err(e),
    };
    let mut all = Vec::new();
    for entry in entries {
        let name = entry?.file_name();
        all.extend(name.to_str().and_then(address_of));
    }
    all.sort_unstable();
    Ok(all)
}

/// Whether anybody ever had an address here. Where nobody had, it may be another place that is meant, or what is mounted there is not yet.
pub(super) fn is_used(spool: &Spool) -> io::Result<bool> {
    spool.addresses().try_exists()
}

/// The mailbox of an address, unless nobody has it.
pub(super) fn mailbox(spool: &Spool, address: &Address) -> io::Result<Option<String>> {
    let found = read(spool, address)?.filter(|owner| !owner.is_gone());
    Ok(found.map(|owner| owner.id))
}

fn read(spool: &Spool, address: &Address) -> io::Result<Option<Owner>> {
    use io::ErrorKind::{InvalidData, NotFound};
    match durable::small_text(&file_of(spool, address)) {
        Ok(text) => Ok(owner_of(&text)),
        // What is not there is nobody's, and so is what says nothing.
        Err(e) if matches!(e.kind(), NotFound | InvalidData) => Ok(None),
        Err(e) => Err(e),
    }
}

fn text_of(owner: &Owner) -> String {
    let base = owner.base.as_deref().and_then(Path::to_str);
    match base.filter(|base| !base.contains('\n')) {
        Some(base) => format!("mailbox {}\nprofile {base}\n", owner.id),
        // A folder that cannot be written down is never looked at: its owner is there for ever.
        None => format!("mailbox {}\n", owner.id),
    }
}

fn owner_of(text: &str) -> Option<Owner> {
    let mut lines = text.lines();
    let id = lines
        .next()?
        .strip_prefix("mailbox ")
        .filter(|id| is_id(id))?;
    let base = lines.next().and_then(|line| line.strip_prefix("profile "));
    Some(Owner {
        id: id.to_owned(),
        base: base.map(PathBuf::from),
    })
}

fn file_of(spool: &Spool, address: &Address) -> PathBuf {
    spool.addresses().join(file_name(address))
}

/// An address as the name of a file, on any system.
fn file_name(address: &Address) -> String {
    let mut name = String::new();
    for byte in address.as_str().bytes() {
        match byte {
            b'a'..=b'z' | b'0'..=b'9' | b'@' | b'.' | b'-' | b'_' | b'+' => {
                name.push(char::from(byte))
            }
            other => name.push_str(&format!("%{other:02X}")),
        }
    }
    name
}

fn address_of(name: &str) -> Option<Address> {
    let mut bytes = Vec::with_capacity(name.len());
    let mut rest = name.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'%' => {
                let mut digit = || rest.next().and_then(|b| char::from(b).to_digit(16));
                u8::try_from(digit()? * 16 + digit()?).ok()?
            }
            byte => byte,
        });
    }
    let address = Address::parse(str::from_utf8(&bytes).ok()?)?;
    (file_name(&address) == name).then_some(address)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_address_is_the_name_of_a_file() {
        for text in [
            "ann@localhost",
            "a/b*c?@x.example",
            "größe@localhost",
            "a%41@x",
        ] {
            let address = Address::parse(text).unwrap();
            let name = file_name(&address);
            assert!(!name.contains(['/', '*', '?']), "{name}");
            assert_eq!(address_of(&name), Some(address));
        }
        for name in ["", ".x", ".draft-1", "%zz@x", "ANN@x", "a%2", "a%61@x"] {
            assert_eq!(address_of(name), None, "{name}");
        }
    }
}
