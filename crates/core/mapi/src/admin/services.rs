//! The message services of a profile.
//! Reference: "IMsgServiceAdmin : IUnknown" (requirements R-MsgServiceAdmin, PA-09 to PA-12)

use mapi_props::{Code, Guid, PropTag, PropValue};
use mapi_spi::{Call, Error, Result, ServiceEvent, UiUse};

use super::entry_point::{draft, gone, known};
use super::{NewService, Place, ProviderAdmin, copying, deferred, identity, order, tables};
use crate::context::{ErrorNote, LastError};
use crate::{ProfileSection, SectionFlags, ServiceFlags, Session, TableBuilder};

/// Administers the message services of a profile (IMsgServiceAdmin). Sessions that run learn of nothing: what changes is for
/// those that begin later.
#[derive(Debug)]
pub struct MsgServiceAdmin {
    place: Place,
    errors: ErrorNote,
}

impl Session {
    /// Administers the services of the session's profile (AdminServices). What changes is for sessions that begin later.
    ///
    /// # Errors
    /// `MAPI_E_END_OF_SESSION`.
    pub fn admin_services(&self) -> Result<MsgServiceAdmin> {
        let place = Place::of(&self.member, self.call());
        let made = self.check().map(|()| MsgServiceAdmin::new(place));
        self.track(made)
    }
}

impl MsgServiceAdmin {
    pub(super) fn new(place: Place) -> Self {
        Self {
            place,
            errors: ErrorNote::default(),
        }
    }

    /// The same; what it does, and what is opened with it, is under `call`.
    #[must_use]
    pub fn with_call(&self, call: Call) -> Self {
        Self::new(Place {
            call,
            ..self.place.clone()
        })
    }

    /// Name of the profile.
    #[must_use]
    pub fn profile_name(&self) -> &str {
        &self.place.profile
    }

    /// The table of services (GetMsgServiceTable), the newest last: PR_DISPLAY_NAME, PR_INSTANCE_KEY, PR_RESOURCE_FLAGS,
    /// PR_SERVICE_DLL_NAME, PR_SERVICE_ENTRY_NAME, PR_SERVICE_NAME, PR_SERVICE_SUPPORT_FILES, PR_SERVICE_UID. Rows of an open
    /// table never change; whoever advises on it is told what this program does to the services all the same.
    pub fn service_table(&self) -> TableBuilder {
        tables::services(&self.place)
    }

    /// The table of the providers of all services (GetProviderTable), as they are now and for good: PR_DISPLAY_NAME,
    /// PR_INSTANCE_KEY, PR_PROVIDER_DISPLAY, PR_PROVIDER_DLL_NAME, PR_PROVIDER_ORDINAL, PR_PROVIDER_UID, PR_RESOURCE_FLAGS,
    /// PR_RESOURCE_TYPE, PR_SERVICE_NAME, PR_SERVICE_UID.
    pub fn provider_table(&self) -> TableBuilder {
        tables::providers(&self.place, None)
    }

    /// Adds a service to the profile (CreateMsgServiceEx), the last of all, and returns its PR_SERVICE_UID. Its entry point is
    /// called with [`ServiceEvent::Create`] when everything that the service's description says is in its draft; the first
    /// store of a profile without default store becomes that.
    ///
    /// # Errors
    /// `MAPI_E_NOT_FOUND` for a service that this program does not have; `MAPI_E_NO_ACCESS` for a second one of a service that a
    /// profile has once at most; `MAPI_E_INVALID_PARAMETER` for a setting that cannot be; those of the entry point, of
    /// [`mapi_spi::Service::open_store`] if it is to be added with its stores, and of the host. The profile is as it was then; an entry point that had agreed is told with [`ServiceEvent::Delete`].
    pub fn create_service(&self, new: &NewService) -> Result<Guid> {
        self.errors.track(self.create(new))
    }

    fn create(&self, new: &NewService) -> Result<Guid> {
        let place = &self.place;
        let made = new.make(&place.subsystem, &place.read()?, &place.call)?;
        let stores = made.make_stores(place);
        let added = stores.and_then(|()| self.change(|profile| made.add_to(profile)));
        if added.is_err() {
            made.undo(place);
        }
        added
    }

    /// Takes a service with all its sections out of the profile (DeleteMsgService); its entry point is told before. If it had
    /// the primary identity, the next service that knows the user gets it. Sessions that run keep what they have open.
    ///
    /// # Errors
    /// `MAPI_E_NOT_FOUND`; those of the entry point and the host. The profile is as it was then.
    pub fn delete_service(&self, uid: Guid) -> Result<()> {
        self.errors.track(self.delete(uid))
    }

    fn delete(&self, uid: Guid) -> Result<()> {
        let profile = self.place.read()?;
        let service = profile.service(uid).ok_or_else(gone)?;
        // One that this program does not have can be taken out all the same.
        if let Ok(known) = known(&self.place.subsystem, &service.service) {
            let mut draft = draft(&profile, service);
            let (subsystem, call) = (&self.place.subsystem, &self.place.call);
            known.enter(subsystem, &ServiceEvent::Delete, &mut draft, call)?;
        }
        self.change(|profile| {
            profile.service(uid).ok_or_else(gone)?;
            deferred::remove_service(profile, uid);
            Ok(())
        })
    }

    /// Copies a service into this profile or another one (CopyMsgService), and returns the PR_SERVICE_UID of the copy. No entry
    /// point is called. Roles that a service or store of the other profile has are not taken from it.
    ///
    /// # Errors
    /// `MAPI_E_NOT_FOUND`; `MAPI_E_NO_ACCESS` for a second one of a service that a profile has once at most; those of the
    /// host.
    pub fn copy_service(&self, uid: Guid, to: &Self) -> Result<Guid> {
        self.errors.track(self.copy(uid, to))
    }

    fn copy(&self, uid: Guid, to: &Self) -> Result<Guid> {
        let profile = self.place.read()?;
        let service = profile.service(uid).ok_or_else(gone)?;
        let subsystem = &self.place.subsystem;
        let describe = |name: &str| subsystem.host.service(name).map(|s| s.description());
        let new_uid = &mut || subsystem.new_uid();
        let copied = copying::service(&profile, service, describe, new_uid);
        let description = describe(&service.service);
        let mut name = String::new();
        let new = to.change(|profile| {
            if let Some(description) = &description {
                super::assemble::may_be_added(profile, description)?;
            }
            name.clone_from(&profile.name);
            Ok(copied.add_to(profile))
        })?;
        subsystem.host.services_copied(&name, &[(uid, new)])?;
        Ok(new)
    }

    /// Configures a service (ConfigureMsgService): `props` are settings by their tags, and other properties of its section.
    /// Without a flag they must suffice; with UI_ALLOWED a person is asked if they do not, with UI_ALWAYS in any case.
    ///
    /// # Errors
    /// `MAPI_E_NOT_FOUND`; `MAPI_E_NOT_INITIALIZED` for a service without entry point; `MAPI_E_UNCONFIGURED`,
    /// also for one that this program does not have, `MAPI_E_INVALID_PARAMETER`, `MAPI_E_USER_CANCEL` and whatever else the entry point says; `MAPI_E_OBJECT_CHANGED` if
    /// somebody else changed the service meanwhile; those of the host. The profile is as it was then.
    pub fn configure_service(
        &self,
        uid: Guid,
        flags: ServiceFlags,
        props: &[(PropTag, PropValue)],
    ) -> Result<()> {
        self.errors.track(self.configure(uid, flags, props))
    }

    fn configure(
        &self,
        uid: Guid,
        flags: ServiceFlags,
        props: &[(PropTag, PropValue)],
    ) -> Result<()> {
        let profile = self.place.read()?;
        let service = profile.service(uid).ok_or_else(gone)?;
        let current = service.providers.first().map(|p| p.uid);
        let event = ServiceEvent::Configure {
            ui: flags.ui(),
            read_only: flags.contains(ServiceFlags::UI_READ_ONLY),
            first: current.filter(|_| flags.contains(ServiceFlags::UI_CURRENT_PROVIDER_FIRST)),
            props,
        };
        let Place {
            subsystem,
            profile,
            call,
            ..
        } = &self.place;
        super::configure(subsystem, profile, uid, &event, call)?;
        tables::services_changed(&self.place);
        Ok(())
    }

    /// RenameMsgService: services have the names that they have.
    ///
    /// # Errors
    /// `MAPI_E_NO_SUPPORT`, always.
    pub fn rename_service(&self, _uid: Guid, _name: &str) -> Result<()> {
        let detail = "message services are not renamed";
        self.errors.track(Err(Error::new(Code::NO_SUPPORT, detail)))
    }

    /// Says in which order transports are asked (MsgServiceTransportOrder): all of them, by PR_PROVIDER_UID.
    ///
    /// # Errors
    /// `MAPI_E_BUSY` if their number is another one; `MAPI_E_NOT_FOUND` for one that is none; `MAPI_E_INVALID_PARAMETER` for one
    /// named twice; those of the host. The order is as it was then.
    pub fn set_transport_order(&self, order: &[Guid]) -> Result<()> {
        let changed = self.change(|profile| order::set(profile, order));
        self.errors.track(changed)
    }

    /// Says whose idea of the user counts (SetPrimaryIdentity); `None`: nobody's.
    ///
    /// # Errors
    /// `MAPI_E_NOT_FOUND`; `MAPI_E_NO_ACCESS` for a service that cannot say who the user is; those of the host.
    pub fn set_primary_identity(&self, uid: Option<Guid>) -> Result<()> {
        let changed = self.change(|profile| identity::assign(profile, uid));
        self.errors.track(changed)
    }

    /// Administers the providers of a service (AdminProviders).
    ///
    /// # Errors
    /// `MAPI_E_NOT_FOUND`; those of the host.
    pub fn admin_providers(&self, uid: Guid) -> Result<ProviderAdmin> {
        let opened = self.place.read().and_then(|profile| {
            profile.service(uid).ok_or_else(gone)?;
            Ok(ProviderAdmin::new(self.place.clone(), uid))
        });
        self.errors.track(opened)
    }

    /// Opens a section of the profile; see [`Session::open_profile_section`].
    ///
    /// # Errors
    /// As there.
    pub fn open_profile_section(&self, uid: Guid, flags: SectionFlags) -> Result<ProfileSection> {
        let opened = ProfileSection::open(self.place.clone(), uid, flags);
        self.errors.track(opened)
    }

    /// What the last failing call on this object said; `None` after a success. Of an entry point: its own words.
    #[must_use]
    pub fn last_error(&self) -> Option<LastError> {
        self.errors.last()
    }

    /// Changes the profile, and tells tables of its services.
    fn change<T>(&self, change: impl FnMut(&mut crate::Profile) -> Result<T>) -> Result<T> {
        let changed = self.place.change(change)?;
        tables::services_changed(&self.place);
        Ok(changed)
    }
}

impl ServiceFlags {
    /// Whether a person may be asked.
    #[must_use]
    pub const fn ui(self) -> UiUse {
        if self.contains(Self::UI_ALWAYS) {
            return UiUse::Always;
        }
        if self.contains(Self::UI_ALLOWED) {
            return UiUse::Allowed;
        }
        UiUse::Never
    }
}
