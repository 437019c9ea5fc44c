//! The profiles of a user: listed, made, copied, renamed, deleted, chosen.
//! Reference: "IProfAdmin : IUnknown" (requirements R-ProfAdmin, PA-02 to PA-08)

use std::sync::Arc;

use mapi_props::Code;
use mapi_spi::{Call, Error, Result, UiUse};

use super::{MsgServiceAdmin, NewService, Place, copying, deferred, tables};
use crate::context::{ErrorNote, LastError};
use crate::host::{Profile, ProfileEntry};
use crate::subsystem::Subsystem;
use crate::{Mapi, ProfileFlags, TableBuilder};

/// The longest name of a profile, in characters.
const NAME_MAX: usize = 64;

/// Administers profiles (IProfAdmin). No session is needed and no provider is started.
///
/// ```
/// use std::sync::Arc;
/// use mapi::{EmbeddedHost, Logon, Mapi, NewService, ProfileFlags, Session};
///
/// # fn main() -> mapi::Result<()> {
/// let service = Arc::new(store_memory::MemoryService::default());
/// let mapi = Mapi::initialize(Arc::new(EmbeddedHost::new().service(service)));
/// let profiles = mapi.admin_profiles()?;
/// profiles.create_profile("work", ProfileFlags::NONE)?;
/// let services = profiles.admin_services("work")?;
/// services.create_service(&NewService::of(store_memory::NAME).named("My mail"))?;
/// Session::logon(&mapi, Logon::profile("work"))?.default_store()?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct ProfAdmin {
    pub(super) subsystem: Arc<Subsystem>,
    pub(super) call: Call,
    pub(super) errors: ErrorNote,
}

impl Mapi {
    /// Administers profiles (MAPIAdminProfiles).
    ///
    /// # Errors
    /// `MAPI_E_NOT_INITIALIZED`.
    pub fn admin_profiles(&self) -> Result<ProfAdmin> {
        self.subsystem.check()?;
        Ok(ProfAdmin {
            subsystem: Arc::clone(&self.subsystem),
            call: Call::default(),
            errors: ErrorNote::default(),
        })
    }
}

impl ProfAdmin {
    /// The same; what it does, and what is opened with it, is under `call`.
    #[must_use]
    pub fn with_call(&self, call: Call) -> Self {
        Self {
            subsystem: Arc::clone(&self.subsystem),
            call,
            errors: ErrorNote::default(),
        }
    }

    /// The table of profiles (GetProfileTable): PR_DISPLAY_NAME and PR_DEFAULT_PROFILE, as they are now and for good. Profiles
    /// that are marked as deleted are not in it; those that programs made for themselves with [`ProfileFlags::APP_PROFILE`].
    pub fn profile_table(&self, flags: ProfileFlags) -> TableBuilder {
        let apps = flags.contains(ProfileFlags::APP_PROFILE);
        let entries = self.errors.track(self.shown_entries(apps));
        tables::profiles(entries)
    }

    fn shown_entries(&self, apps: bool) -> Result<Vec<ProfileEntry>> {
        self.sweep()?;
        let mut entries = self.subsystem.host.profile_entries()?;
        entries.retain(|e| !e.deleted && (apps || !e.app));
        Ok(entries)
    }

    /// Makes a profile (CreateProfile): without services, or with [`ProfileFlags::DEFAULT_SERVICES`]; with
    /// [`ProfileFlags::DIALOG`] their entry points may ask a person.
    ///
    /// # Errors
    /// `MAPI_E_NO_ACCESS` if there is one of that name; `MAPI_E_INVALID_PARAMETER` for a name that is empty, longer than 64
    /// characters, begins or ends with a blank, or has others than letters, digits, blanks and `_ - .`;
    /// `MAPI_E_USER_CANCEL` and others of entry points; those of the host. There is no profile then.
    pub fn create_profile(&self, name: &str, flags: ProfileFlags) -> Result<()> {
        self.create_profile_with(name, flags, &[])
    }

    /// The same with these services, in order, in one step: what the profile wizard ends with.
    ///
    /// # Errors
    /// Those of [`Self::create_profile`] and of [`MsgServiceAdmin::create_service`]. There is no profile then.
    pub fn create_profile_with(
        &self,
        name: &str,
        flags: ProfileFlags,
        services: &[NewService],
    ) -> Result<()> {
        self.errors.track(self.create(name, flags, services))
    }

    pub(super) fn create(
        &self,
        name: &str,
        flags: ProfileFlags,
        services: &[NewService],
    ) -> Result<()> {
        self.sweep()?;
        check_name(name)?;
        self.must_be_free(name)?;
        let host = &self.subsystem.host;
        let mut profile = Profile {
            name: name.to_owned(),
            instance: self.subsystem.new_uid(),
            base: host.profile_base(name),
            app: flags.contains(ProfileFlags::APP_PROFILE),
            ..Profile::default()
        };
        let ui = match flags.contains(ProfileFlags::DIALOG) {
            true => UiUse::Allowed,
            false => UiUse::Never,
        };
        let defaults = match flags.contains(ProfileFlags::DEFAULT_SERVICES) {
            true => host.default_services(),
            false => Vec::new(),
        };
        let defaults = defaults.iter().map(|name| NewService::of(name).ui(ui));
        for service in defaults.chain(services.iter().cloned()) {
            let made = service.make(&self.subsystem, &profile, &self.call)?;
            made.add_to(&mut profile)?;
        }
        host.create_profile(profile)
    }

    /// Deletes a profile (DeleteProfile). While a session uses it, it is only marked: it is listed no more and cannot be logged
    /// on to, and goes with the last session. Before it goes, the entry point of each of its services is told.
    ///
    /// # Errors
    /// `MAPI_E_NOT_FOUND`; `MAPI_E_NO_ACCESS` for a program's own without [`ProfileFlags::APP_PROFILE`]; those of the host.
    pub fn delete_profile(&self, name: &str, flags: ProfileFlags) -> Result<()> {
        self.errors.track(self.delete(name, flags))
    }

    fn delete(&self, name: &str, flags: ProfileFlags) -> Result<()> {
        self.sweep()?;
        let entry = self.entry(name, flags)?;
        let host = &self.subsystem.host;
        host.change_profile(name, &mut |profile| {
            profile.deleted = true;
            profile.renamed_to = None;
            Ok(())
        })?;
        if entry.default {
            host.set_default_profile(None)?;
        }
        deferred::settle(&self.subsystem, name)
    }

    /// Copies a profile with everything in it (CopyProfile), secure properties too. The copy has an instance key of its own,
    /// and so have its services and providers; paths are written out, so that they name the same files.
    ///
    /// # Errors
    /// `MAPI_E_NOT_FOUND`; `MAPI_E_NO_ACCESS` if there is one of the new name, or for a program's own without
    /// [`ProfileFlags::APP_PROFILE`]; `MAPI_E_INVALID_PARAMETER` for the new name; those of the host.
    pub fn copy_profile(&self, name: &str, new: &str, flags: ProfileFlags) -> Result<()> {
        self.errors.track(self.copy(name, new, flags))
    }

    fn copy(&self, name: &str, new: &str, flags: ProfileFlags) -> Result<()> {
        self.sweep()?;
        check_name(new)?;
        self.entry(name, flags)?;
        self.must_be_free(new)?;
        let (subsystem, host) = (&self.subsystem, &self.subsystem.host);
        let describe = |service: &str| host.service(service).map(|s| s.description());
        let new_uid = &mut || subsystem.new_uid();
        let original = host.profile(name)?;
        let copy = copying::profile(&original, new, describe, new_uid);
        let uids = original.services.iter().zip(&copy.services);
        let pairs: Vec<_> = uids.map(|(old, new)| (old.uid, new.uid)).collect();
        host.create_profile(copy)?;
        host.services_copied(new, &pairs)
    }

    /// Renames a profile (RenameProfile); while a session uses it, it gets the new name when the last one ends.
    ///
    /// # Errors
    /// Those of [`Self::copy_profile`].
    pub fn rename_profile(&self, name: &str, new: &str, flags: ProfileFlags) -> Result<()> {
        self.errors.track(self.rename(name, new, flags))
    }

    fn rename(&self, name: &str, new: &str, flags: ProfileFlags) -> Result<()> {
        self.sweep()?;
        check_name(new)?;
        self.entry(name, flags)?;
        self.must_be_free(new)?;
        self.subsystem.host.change_profile(name, &mut |profile| {
            profile.renamed_to = Some(new.to_owned());
            Ok(())
        })?;
        deferred::settle(&self.subsystem, name)
    }

    /// ChangeProfilePassword: profiles have no passwords, so nothing happens.
    ///
    /// # Errors
    /// `MAPI_E_NOT_INITIALIZED`.
    pub fn change_profile_password(&self, _name: &str, _old: &str, _new: &str) -> Result<()> {
        self.errors.track(self.check())
    }

    /// Says which profile is used when none is named (SetDefaultProfile); `None`: none.
    ///
    /// # Errors
    /// `MAPI_E_NOT_FOUND`; `MAPI_E_CALL_FAILED` for one that a program made for itself; those of the host.
    pub fn set_default_profile(&self, name: Option<&str>) -> Result<()> {
        self.errors.track(self.set_default(name))
    }

    fn set_default(&self, name: Option<&str>) -> Result<()> {
        self.sweep()?;
        if let Some(name) = name
            && self.entry(name, ProfileFlags::APP_PROFILE)?.app
        {
            let detail = format!("profile `{name}` is a program's own, and never the default one");
            return Err(Error::new(Code::CALL_FAILED, detail));
        }
        self.subsystem.host.set_default_profile(name)
    }

    /// Administers the services of a profile (AdminServices). No provider is started.
    ///
    /// # Errors
    /// `MAPI_E_LOGON_FAILED` if there is no such profile; those of the host.
    pub fn admin_services(&self, name: &str) -> Result<MsgServiceAdmin> {
        self.errors.track(self.services_of(name))
    }

    fn services_of(&self, name: &str) -> Result<MsgServiceAdmin> {
        self.sweep()?;
        self.entry(name, ProfileFlags::APP_PROFILE).map_err(|e| {
            let detail = format!("the services of profile `{name}` cannot be administered");
            Error::caused(Code::LOGON_FAILED, detail, e)
        })?;
        deferred::settle(&self.subsystem, name)?;
        Ok(MsgServiceAdmin::new(Place {
            subsystem: Arc::clone(&self.subsystem),
            profile: name.to_owned(),
            member: None,
            call: self.call.clone(),
        }))
    }

    /// What the last failing call on this object said; `None` after a success.
    #[must_use]
    pub fn last_error(&self) -> Option<LastError> {
        self.errors.last()
    }

    pub(super) fn check(&self) -> Result<()> {
        self.call.check()?;
        self.subsystem.check()
    }

    /// Every call begins with what a crash may have left undone.
    fn sweep(&self) -> Result<()> {
        self.check()?;
        deferred::sweep(&self.subsystem)
    }

    fn entry(&self, name: &str, flags: ProfileFlags) -> Result<ProfileEntry> {
        let entries = self.subsystem.host.profile_entries()?.into_iter();
        let found = entries.filter(|e| !e.deleted).find(|e| e.name == name);
        let missing = || Error::new(Code::NOT_FOUND, format!("there is no profile `{name}`"));
        let entry = found.ok_or_else(missing)?;
        if entry.app && !flags.contains(ProfileFlags::APP_PROFILE) {
            let detail = format!("profile `{name}` is a program's own");
            return Err(Error::new(Code::NO_ACCESS, detail));
        }
        Ok(entry)
    }

    /// Whether a name can be given: profiles that go still have theirs, and those that wait for a new one have both.
    pub(super) fn must_be_free(&self, name: &str) -> Result<()> {
        let wanted = name.to_lowercase();
        let has = |e: &ProfileEntry| {
            let renamed = e.renamed_to.as_ref();
            e.name.to_lowercase() == wanted || renamed.is_some_and(|n| n.to_lowercase() == wanted)
        };
        if self.subsystem.host.profile_entries()?.iter().any(has) {
            let detail = format!("there is a profile `{name}` already");
            return Err(Error::new(Code::NO_ACCESS, detail));
        }
        Ok(())
    }
}

/// Whether a profile can be called so.
pub(super) fn check_name(name: &str) -> Result<()> {
    let good = |c: char| c.is_alphanumeric() || matches!(c, ' ' | '_' | '-' | '.');
    let blank = name.starts_with(' ') || name.ends_with(' ');
    let count = name.chars().count();
    if blank || count == 0 || count > NAME_MAX || !name.chars().all(good) {
        let detail = format!(
            "`{name}` is no name for a profile: at most {NAME_MAX} letters, digits, `_`, `-`, `.` and blanks within"
        );
        return Err(Error::new(Code::INVALID_PARAMETER, detail));
    }
    Ok(())
}
