//! Whose a mailbox is: a profile, known by a file in its folder.

use std::io;
use std::path::{Path, PathBuf};

use mapi_props::Guid;

use super::durable;
use crate::address::Address;

/// The file in a profile's folder that says which mailbox is its own.
const FILE: &str = "local-delivery";

/// The owner of a mailbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Owner {
    /// 32 hexadecimal digits: the name of the mailbox's directory.
    pub(crate) id: String,
    /// The profile's folder; `None` for a program without one.
    pub(crate) base: Option<PathBuf>,
}

impl Owner {
    /// The profile with this folder. It gets its file, with `fresh`, if it has none yet.
    pub(crate) fn of(base: &Path, addresses: &[Address], fresh: Guid) -> io::Result<Self> {
        if base.as_os_str().is_empty() {
            // A program without folders: whoever has its first address is who it is.
            let first = addresses.first().map_or("", Address::as_str);
            let id = hex(blake3::hash(first.as_bytes()).as_bytes());
            return Ok(Self { id, base: None });
        }
        let base = std::path::absolute(base)?;
        if let Some(owner) = Self::found(&base)? {
            return Ok(owner);
        }
        durable::make_folder(&base, false)?;
        durable::publish_new(&base, FILE, hex(fresh.as_bytes()).as_bytes(), false)?;
        let removed = || io::Error::other("the profile's folder was just removed");
        Self::found(&base)?.ok_or_else(removed)
    }

    /// The profile with this folder, if it has a mailbox.
    pub(crate) fn found(base: &Path) -> io::Result<Option<Self>> {
        let base = std::path::absolute(base)?;
        let id = Self::id_in(&base)?;
        Ok(id.map(|id| Self {
            id,
            base: Some(base),
        }))
    }

    /// What the file in a profile's folder says; `None` if there is none.
    fn id_in(base: &Path) -> io::Result<Option<String>> {
        match durable::small_text(&base.join(FILE)) {
            Ok(text) if is_id(text.trim()) => Ok(Some(text.trim().to_owned())),
            Ok(_) => {
                let path = base.join(FILE);
                let wrong = format!("{} does not hold the number of a mailbox", path.display());
                Err(io::Error::new(io::ErrorKind::InvalidData, wrong))
            }
            Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(e) => Err(e),
        }
    }

    /// Whether the profile is gone, so that nobody will take what is sent to it.
    pub(crate) fn is_gone(&self) -> bool {
        let Some(base) = &self.base else {
            return false;
        };
        match Self::id_in(base) {
            Ok(found) => found.as_ref() != Some(&self.id),
            // It cannot be seen, for instance because it is another person's.
            Err(_) => false,
        }
    }
}

pub(super) fn is_id(text: &str) -> bool {
    let good = |b: u8| matches!(b, b'0'..=b'9' | b'a'..=b'f');
    text.len() == 32 && text.bytes().all(good)
}

/// The first 16 bytes.
fn hex(bytes: &[u8]) -> String {
    bytes.iter().take(16).map(|b| format!("{b:02x}")).collect()
}
