//! The spool directory: which addresses there are, and a directory for each mailbox.
//!
//! * `addresses/ann@localhost`: who has the address, made by whoever comes first.
//! * `mailboxes/ID/new`: parcels that wait; `tmp`: parcels that are being written, and words of those that were withdrawn (`forgotten`: how
//!   far these words are gone); `damaged`: what could not be read;
//!   `receiving`: a file that whoever takes parcels out holds locked.

mod claims;
mod draft;
mod durable;
mod mailbox;
mod owner;

use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};

use crate::address::Address;

pub(crate) use draft::Draft;
pub(crate) use mailbox::{Fate, Mailbox};
pub(crate) use owner::Owner;

/// The directory through which the mailboxes of one machine reach each other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Spool {
    root: PathBuf,
    /// Members of the directory's group have access, not only its owner.
    shared: bool,
}

impl Spool {
    /// A spool directory, which need not exist yet. One that is shared already stays so.
    pub(crate) fn new(root: PathBuf, shared: bool) -> Self {
        let shared = shared || durable::is_shared(&root);
        Self { root, shared }
    }

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    fn addresses(&self) -> PathBuf {
        self.root.join("addresses")
    }

    /// The mailbox of an owner.
    pub(crate) fn mailbox(&self, id: &str) -> Mailbox {
        let directory = self.root.join("mailboxes").join(id);
        Mailbox::new(directory, self.shared)
    }

    /// Whether it is a spool directory: somebody had an address in it once.
    pub(crate) fn is_used(&self) -> io::Result<bool> {
        claims::is_used(self)
    }

    /// What addresses there are now.
    pub(crate) fn directory(&self) -> io::Result<Directory<'_>> {
        Ok(Directory {
            spool: self,
            addresses: claims::all(self)?,
            mailboxes: HashMap::new(),
        })
    }
}

/// The addresses of a spool at one moment.
#[derive(Debug)]
pub(crate) struct Directory<'a> {
    spool: &'a Spool,
    addresses: Vec<Address>,
    mailboxes: HashMap<Address, Option<String>>,
}

impl Directory<'_> {
    /// Whether an address of this domain is there.
    pub(crate) fn has_domain(&self, domain: &str) -> bool {
        self.addresses.iter().any(|a| a.domain() == domain)
    }

    /// The address of whoever is meant by a name alone, as programs of one machine say it: one of this machine's own names, else the only
    /// one of that name. `None`: there is nobody, or more than one.
    pub(crate) fn named(&self, name: &str, machine: &[String]) -> Option<Address> {
        let name = name.trim().to_lowercase();
        let all = || self.addresses.iter().filter(|a| a.name() == name);
        let mut here = all().filter(|a| machine.iter().any(|own| own == a.domain()));
        if let Some(own) = here.next() {
            return Some(own.clone());
        }
        match (all().next(), all().nth(1)) {
            (Some(only), None) => Some(only.clone()),
            _ => None,
        }
    }

    /// The mailbox of an address, detail or not, which may be known by another name of this machine.
    pub(crate) fn mailbox(
        &mut self,
        address: &Address,
        aliases: &[String],
    ) -> io::Result<Option<String>> {
        let mut candidates = vec![address.clone()];
        candidates.extend(address.without_detail());
        if aliases.iter().any(|alias| alias == address.domain()) {
            let plain = candidates.clone();
            let named = plain
                .iter()
                .flat_map(|a| aliases.iter().map(|alias| a.at(alias)));
            candidates.extend(named);
        }
        for candidate in candidates {
            if self.addresses.binary_search(&candidate).is_err() {
                continue;
            }
            if let Some(known) = self.mailboxes.get(&candidate) {
                if known.is_some() {
                    return Ok(known.clone());
                }
                continue;
            }
            let found = claims::mailbox(self.spool, &candidate)?;
            self.mailboxes.insert(candidate, found.clone());
            if found.is_some() {
                return Ok(found);
            }
        }
        Ok(None)
    }
}

/// Whether the disk, or what of it somebody may have, is full.
pub(crate) fn is_full(error: &io::Error) -> bool {
    use io::ErrorKind::{QuotaExceeded, StorageFull};
    matches!(error.kind(), StorageFull | QuotaExceeded)
}
