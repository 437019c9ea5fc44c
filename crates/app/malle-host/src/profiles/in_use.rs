//! Who uses a profile, or a section of it, in whatever process: shared and exclusive locks of the system.

use mapi::{ProfileUse, SectionAccess};
use mapi_props::Guid;

use super::{ProfileError, Profiles, Result};
use crate::FileLock;

impl ProfileUse for FileLock {}

impl Profiles {
    /// Uses a profile together with other sessions, until the result is dropped or the process ends in any way. Waits
    /// while somebody has it alone.
    ///
    /// # Errors
    /// [`ProfileError::Unknown`], also if it went while this waited; [`ProfileError::Io`].
    pub fn share(&self, name: &str) -> Result<FileLock> {
        self.must_exist(name)?;
        let path = self.home.lock_file(&format!("profile/{name}.lock"));
        let lock = FileLock::shared(&path).map_err(ProfileError::at(&path))?;
        self.must_exist(name).map(|()| lock)
    }

    /// Has a profile alone; `None`, at once, if anybody uses it.
    ///
    /// # Errors
    /// [`ProfileError::Unknown`], [`ProfileError::Io`].
    pub fn alone(&self, name: &str) -> Result<Option<FileLock>> {
        self.must_exist(name)?;
        let path = self.home.lock_file(&format!("profile/{name}.lock"));
        FileLock::try_now(&path).map_err(ProfileError::at(&path))
    }

    /// Holds a section against other processes; `None`, at once, if one of them has it.
    ///
    /// # Errors
    /// [`ProfileError::Unknown`], [`ProfileError::Io`].
    pub fn hold_section(
        &self,
        name: &str,
        uid: Guid,
        access: SectionAccess,
    ) -> Result<Option<FileLock>> {
        self.must_exist(name)?;
        let path = self.home.lock_file(&format!("section/{name}.{uid}.lock"));
        let lock = match access {
            SectionAccess::Read => FileLock::try_shared(&path),
            SectionAccess::Write => FileLock::try_now(&path),
        };
        lock.map_err(ProfileError::at(&path))
    }
}
