//! Who has which section open: many for reading, or one for writing.
//! Reference: "IProfSect : IMAPIProp" (requirement R-ProfSect)

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use mapi_props::{Code, Guid};
use mapi_spi::{Error, Result};

use crate::host::{ProfileUse, SectionAccess};
use crate::subsystem::Subsystem;

/// Which sections are open in this program, by profile and UID.
#[derive(Debug, Default)]
pub(crate) struct OpenSections(Mutex<BTreeMap<(String, Guid), Use>>);

#[derive(Debug)]
enum Use {
    Written,
    Read(usize),
}

/// A section in use in this program and against others, until it is dropped.
#[derive(Debug)]
pub(super) struct SectionUse {
    subsystem: Arc<Subsystem>,
    key: (String, Guid),
    /// Against other programs. Let go before this program may open the section again.
    others: Option<Box<dyn ProfileUse>>,
}

impl SectionUse {
    /// Takes a section of a profile into use.
    ///
    /// # Errors
    /// `MAPI_E_NO_ACCESS` while it is in use otherwise; those of the host.
    pub(super) fn begin(
        subsystem: &Arc<Subsystem>,
        profile: &str,
        uid: Guid,
        access: SectionAccess,
    ) -> Result<Self> {
        let key = (profile.to_owned(), uid);
        subsystem.sections.enter(key.clone(), access)?;
        // Dropping it says that the section is free again, also when what follows fails.
        let mut held = Self {
            subsystem: Arc::clone(subsystem),
            key,
            others: None,
        };
        let others = subsystem.host.use_section(profile, uid, access)?;
        held.others = Some(others.ok_or_else(taken)?);
        Ok(held)
    }
}

impl Drop for SectionUse {
    fn drop(&mut self) {
        drop(self.others.take());
        self.subsystem.sections.leave(&self.key);
    }
}

impl OpenSections {
    fn enter(&self, key: (String, Guid), access: SectionAccess) -> Result<()> {
        let mut open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match (open.get_mut(&key), access) {
            (None, SectionAccess::Write) => drop(open.insert(key, Use::Written)),
            (None, SectionAccess::Read) => drop(open.insert(key, Use::Read(1))),
            (Some(Use::Read(readers)), SectionAccess::Read) => *readers += 1,
            (Some(_), _) => return Err(taken()),
        }
        Ok(())
    }

    fn leave(&self, key: &(String, Guid)) {
        let mut open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match open.get_mut(key) {
            Some(Use::Read(readers)) if *readers > 1 => *readers -= 1,
            _ => drop(open.remove(key)),
        }
    }
}

fn taken() -> Error {
    let detail = "the profile section is open, for writing here or there";
    Error::new(Code::NO_ACCESS, detail)
}
