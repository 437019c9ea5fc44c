//! What the client API asks of the program around it: profiles, services and the host's side of each provider.

use std::fmt::{self, Debug, Formatter};
use std::io::Read;
use std::path::PathBuf;
use std::sync::Arc;

use mapi_forms::Form;
use mapi_props::{Code, Guid};
use mapi_spi::{Call, Error, Headless, Result, Service, Support, UiHost};

use crate::{FlushFlags, FormHost, ValidateFlags};

mod in_use;
mod profile;

pub use in_use::{ProfileEntry, ProfileUse, SectionAccess, UnseenUse};
pub use profile::{
    Profile, ProfileProvider, ProfileService, letter_after, letter_uid, resource_flags,
};

/// What a spooler is asked to do at once (FlushQueues).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FlushRequest {
    /// PR_PROVIDER_UID of the transport that is meant; none: all, in transport order.
    pub target: Option<Guid>,
    /// UPLOAD, DOWNLOAD, FORCE; the others are the asker's own matter.
    pub flags: FlushFlags,
}

/// A file of the user that an attachment is to hold ([`Host::open_file`]).
pub struct HostFile {
    /// Its name, without the folders above it.
    pub name: String,
    /// Bytes.
    pub size: u64,
    /// The bytes. Reading fails with [`std::io::ErrorKind::ResourceBusy`] when the file is seen to change meanwhile.
    pub content: Box<dyn Read + Send>,
}

impl Debug for HostFile {
    /// Not what is in it.
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("HostFile");
        shown.field("size", &self.size).finish_non_exhaustive()
    }
}

/// The program's side. Implemented once by the composition root, and by tests.
pub trait Host: Send + Sync + Debug {
    /// Names of the profiles, in order, with those that are marked as deleted.
    ///
    /// # Errors
    /// `MAPI_E_DISK_ERROR` and the like.
    fn profile_names(&self) -> Result<Vec<String>>;

    /// The profile that is used when none is named.
    ///
    /// # Errors
    /// As [`Self::profile_names`].
    fn default_profile(&self) -> Result<Option<String>>;

    /// What a profile holds.
    ///
    /// # Errors
    /// `MAPI_E_NOT_FOUND` if there is none of that name.
    fn profile(&self, name: &str) -> Result<Profile>;

    /// Where relative paths in the settings of a profile of this name start; it need not exist.
    fn profile_base(&self, _name: &str) -> PathBuf {
        PathBuf::new()
    }

    /// All profiles in order, with their marks.
    ///
    /// # Errors
    /// As [`Self::profile_names`]. A profile that cannot be read has its name and no marks.
    fn profile_entries(&self) -> Result<Vec<ProfileEntry>> {
        let default = self.default_profile()?;
        let entry = |name: String| {
            let profile = self.profile(&name).unwrap_or_default();
            ProfileEntry {
                default: default.as_ref() == Some(&name),
                name,
                app: profile.app,
                deleted: profile.deleted,
                renamed_to: profile.renamed_to,
            }
        };
        Ok(self.profile_names()?.into_iter().map(entry).collect())
    }

    /// Changes a profile: `change` is shown it as it stands, and what it leaves behind is kept, whole or not at all.
    /// Nobody else changes the profile meanwhile. If `change` fails, nothing is kept and its error comes back.
    ///
    /// # Errors
    /// `MAPI_E_NOT_FOUND` if there is none of that name; `MAPI_E_NO_SUPPORT` for profiles that cannot be changed;
    /// `MAPI_E_DISK_ERROR` and the like.
    fn change_profile(
        &self,
        name: &str,
        change: &mut dyn FnMut(&mut Profile) -> Result<()>,
    ) -> Result<()>;

    /// Makes a profile, whole or not at all. [`Profile::base`] is the host's to say.
    ///
    /// # Errors
    /// `MAPI_E_NO_ACCESS` if there is one of that name; `MAPI_E_INVALID_PARAMETER` for a name that cannot be;
    /// `MAPI_E_NO_SUPPORT` of a host with fixed profiles; `MAPI_E_DISK_ERROR` and the like.
    fn create_profile(&self, profile: Profile) -> Result<()> {
        Err(fixed(&profile.name))
    }

    /// Removes a profile at once; if it was the default one there is none any more. What its services keep in files stays.
    ///
    /// # Errors
    /// `MAPI_E_NOT_FOUND`; `MAPI_E_NO_SUPPORT` of a host with fixed profiles; `MAPI_E_DISK_ERROR` and the like.
    fn remove_profile(&self, name: &str) -> Result<()> {
        Err(fixed(name))
    }

    /// Renames a profile at once, and takes its marks of a new name away; the default profile stays it. What its services
    /// keep in files is found as before.
    ///
    /// # Errors
    /// `MAPI_E_NOT_FOUND`; those of [`Self::create_profile`] for the new name.
    fn rename_profile(&self, name: &str, _new: &str) -> Result<()> {
        Err(fixed(name))
    }

    /// Told that services were copied into the profile `to`, as pairs of PR_SERVICE_UID: of the old service and of the new
    /// one. A host that keeps secrets copies those.
    ///
    /// # Errors
    /// Those of reading what there is to copy. The copies of the services stay.
    fn services_copied(&self, _to: &str, _pairs: &[(Guid, Guid)]) -> Result<()> {
        Ok(())
    }

    /// Says which profile is used when none is named; `None`: none.
    ///
    /// # Errors
    /// `MAPI_E_NOT_FOUND`; `MAPI_E_NO_SUPPORT` of a host with fixed profiles; `MAPI_E_DISK_ERROR` and the like.
    fn set_default_profile(&self, name: Option<&str>) -> Result<()> {
        Err(fixed(name.unwrap_or_default()))
    }

    /// Holds a profile for a session, together with all other sessions of whatever process; waits while somebody has
    /// [`Self::sole_use`] of it. What the profile holds is to be read after that.
    ///
    /// # Errors
    /// `MAPI_E_NOT_FOUND`; `MAPI_E_DISK_ERROR` and the like.
    fn use_profile(&self, _name: &str) -> Result<Box<dyn ProfileUse>> {
        Ok(Box::new(UnseenUse))
    }

    /// Holds a profile alone; `None`, at once, if anybody uses it.
    ///
    /// # Errors
    /// As [`Self::use_profile`].
    fn sole_use(&self, _name: &str) -> Result<Option<Box<dyn ProfileUse>>> {
        Ok(Some(Box::new(UnseenUse)))
    }

    /// Holds an open section of a profile against other processes; `None`, at once, if that cannot be because of them.
    /// Who has it open in this program is not asked here.
    ///
    /// # Errors
    /// As [`Self::use_profile`].
    fn use_section(
        &self,
        _profile: &str,
        _uid: Guid,
        _access: SectionAccess,
    ) -> Result<Option<Box<dyn ProfileUse>>> {
        Ok(Some(Box::new(UnseenUse)))
    }

    /// The service called `name`; `None` if this program has none.
    fn service(&self, name: &str) -> Option<Arc<dyn Service>>;

    /// All services, in the order in which they are offered.
    fn services(&self) -> Vec<Arc<dyn Service>> {
        Vec::new()
    }

    /// Names of the services that new profiles get (\[Default Services\]).
    fn default_services(&self) -> Vec<String> {
        Vec::new()
    }

    /// Who asks the person in front of the program; unless there is one, nobody.
    fn ui(&self) -> Arc<dyn UiHost> {
        Arc::new(Headless)
    }

    /// The local library of forms, which all profiles share.
    ///
    /// # Errors
    /// `MAPI_E_CORRUPT_DATA`, `MAPI_E_DISK_ERROR` and the like.
    fn local_forms(&self) -> Result<Vec<Form>> {
        Ok(Vec::new())
    }

    /// Changes the local library, as [`Self::change_profile`] does a profile.
    ///
    /// # Errors
    /// `MAPI_E_NO_SUPPORT` of a program without one; what `change` says; those of [`Self::local_forms`].
    fn change_local_forms(
        &self,
        _change: &mut dyn FnMut(&mut Vec<Form>) -> Result<()>,
    ) -> Result<()> {
        let detail = "this program has no local library of forms";
        Err(Error::new(Code::NO_SUPPORT, detail))
    }

    /// What shows forms to the user; `None`: nothing does.
    fn form_host(&self) -> Option<Arc<dyn FormHost>> {
        None
    }

    /// Whether this program can have what is submitted sent, and what has arrived fetched ([`Self::flush`]).
    fn spools(&self) -> bool {
        false
    }

    /// Has the spooler of every store of a profile send and fetch now, and waits until that is done: whoever it is that works
    /// as the spooler, in this process or in another. Says what went wrong with single transports and messages: what could not go
    /// stays queued, and is no error of this call.
    ///
    /// # Errors
    /// `MAPI_E_NO_SUPPORT` of a program without a spooler; `MAPI_E_BUSY` if who works as the spooler does not answer;
    /// `MAPI_E_NOT_FOUND` for a transport that the profile does not have; the first error of a store that kept the round from
    /// its end; `MAPI_E_USER_CANCEL`, `MAPI_E_TIMEOUT`: what was begun goes on, or is taken up later.
    fn flush(&self, profile: &str, _request: &FlushRequest, _call: &Call) -> Result<Vec<Error>> {
        let detail = format!("profile `{profile}`: this program has no spooler");
        Err(Error::new(Code::NO_SUPPORT, detail))
    }

    /// Who works as the spooler of a profile, if anybody does, has its own transports, or the one with this PR_PROVIDER_UID, do
    /// what a status object has just had those of its session do ([`crate::Session::validate_transports`]).
    ///
    /// # Errors
    /// `MAPI_E_BUSY` if who works as the spooler does not answer: it does that when it goes on; those of its transports.
    fn validate_transports(
        &self,
        _profile: &str,
        _target: Option<Guid>,
        _flags: ValidateFlags,
        _call: &Call,
    ) -> Result<()> {
        Ok(())
    }

    /// Opens a file of the user, by the path that a client wrote into an attachment (ATTACH_BY_REF_RESOLVE): the whole path on this
    /// machine, as the system writes it. Only an ordinary file is opened, nothing that reading changes or that has no end.
    ///
    /// # Errors
    /// `MAPI_E_NO_SUPPORT` of a program that opens no files; `MAPI_E_INVALID_PARAMETER` for what is no whole path on this machine;
    /// `MAPI_E_NOT_FOUND`; `MAPI_E_NO_ACCESS` for what may not be read, or is no ordinary file; `MAPI_E_DISK_ERROR`.
    fn open_file(&self, _path: &str, _call: &Call) -> Result<HostFile> {
        let detail = "this program puts no files into messages";
        Err(Error::new(Code::NO_SUPPORT, detail))
    }

    /// The host's side of one provider of a profile; for a service without a name: of none.
    fn support(&self, profile: &str, service: &ProfileService) -> Arc<dyn Support>;
}

fn fixed(name: &str) -> Error {
    let detail = format!("profile `{name}`: the profiles of this program cannot be changed");
    Error::new(Code::NO_SUPPORT, detail)
}
