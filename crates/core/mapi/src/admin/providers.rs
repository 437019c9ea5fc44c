//! The providers of one service.
//! Reference: "IProviderAdmin : IUnknown" (requirements R-ProviderAdmin, PA-13)

use mapi_props::{Code, Guid, PropTag, PropValue};
use mapi_spi::{Error, Result, ServiceEvent};

use super::entry_point::{draft, gone, keep, known, put};
use super::{Place, deferred, tables};
use crate::context::{ErrorNote, LastError};
use crate::host::Profile;
use crate::{ProfileSection, SectionFlags, ServiceFlags, TableBuilder};

/// Administers the providers of one service of a profile (IProviderAdmin). Sessions that run learn of nothing.
#[derive(Debug)]
pub struct ProviderAdmin {
    place: Place,
    service: Guid,
    errors: ErrorNote,
}

impl ProviderAdmin {
    pub(super) fn new(place: Place, service: Guid) -> Self {
        Self {
            place,
            service,
            errors: ErrorNote::default(),
        }
    }

    /// PR_SERVICE_UID of the service.
    #[must_use]
    pub const fn service(&self) -> Guid {
        self.service
    }

    /// The table of the providers of the service (GetProviderTable), as they are now and for good. Its further sections have
    /// rows too, whose PR_RESOURCE_TYPE is missing.
    pub fn provider_table(&self) -> TableBuilder {
        tables::providers(&self.place, Some(self.service))
    }

    /// Adds one of the providers that the service's description names (CreateProvider), and returns its PR_PROVIDER_UID.
    /// Sessions have it from the next one on.
    ///
    /// # Errors
    /// `MAPI_E_NOT_FOUND` for a name that the description does not have; those of the entry point, which says
    /// `MAPI_E_NO_SUPPORT` if the service cannot have more providers; those of the host. The profile is as it was then.
    pub fn create_provider(
        &self,
        name: &str,
        flags: ServiceFlags,
        props: &[(PropTag, PropValue)],
    ) -> Result<Guid> {
        self.errors.track(self.create(name, flags, props))
    }

    fn create(
        &self,
        name: &str,
        flags: ServiceFlags,
        props: &[(PropTag, PropValue)],
    ) -> Result<Guid> {
        let subsystem = &self.place.subsystem;
        let mut sketch = self.place.read()?;
        let service = sketch.service(self.service).ok_or_else(gone)?;
        let known = known(subsystem, &service.service)?;
        let missing = || {
            let detail = format!("`{}` has no provider `{name}`", known.description.name);
            Error::new(Code::NOT_FOUND, detail)
        };
        let described = known
            .description
            .provider(name)
            .ok_or_else(missing)?
            .clone();
        let provider = sketch.provider(&described, &mut || subsystem.new_uid());
        let uid = provider.uid;
        let add = |profile: &mut Profile| {
            let mut provider = provider.clone();
            if !provider.letter.is_empty() {
                provider.letter = profile.take_letter();
            }
            let mut services = profile.services.iter_mut();
            let service = services.find(|s| s.uid == self.service).ok_or_else(gone)?;
            service.providers.push(provider);
            put(profile, uid, described.props.clone());
            Ok::<_, Error>(())
        };
        add(&mut sketch)?;
        let shown = draft(&sketch, sketch.service(self.service).ok_or_else(gone)?);
        let mut left = shown.clone();
        let event = ServiceEvent::ProviderCreate {
            provider: uid,
            ui: flags.ui(),
            props,
        };
        known.enter(subsystem, &event, &mut left, &self.place.call)?;
        self.place.change(|profile| {
            add(profile)?;
            keep(profile, &shown, left.clone())
        })?;
        Ok(uid)
    }

    /// Takes a provider out of the service (DeleteProvider); the service's entry point is told before. While a session uses
    /// the profile the provider is only marked: it is listed no more, works on, and goes with the last session.
    ///
    /// # Errors
    /// `MAPI_E_NOT_FOUND`; those of the entry point and the host. The profile is as it was then.
    pub fn delete_provider(&self, uid: Guid) -> Result<()> {
        self.errors.track(self.delete(uid))
    }

    fn delete(&self, uid: Guid) -> Result<()> {
        let subsystem = &self.place.subsystem;
        let profile = self.place.read()?;
        let service = profile.service(self.service).ok_or_else(gone)?;
        let listed = |p: &&crate::ProfileProvider| p.uid == uid && !p.deleted;
        let missing = || Error::new(Code::NOT_FOUND, "the service has no such provider");
        service.providers.iter().find(listed).ok_or_else(missing)?;
        if let Ok(known) = known(subsystem, &service.service) {
            let event = ServiceEvent::ProviderDelete { provider: uid };
            let mut draft = draft(&profile, service);
            known.enter(subsystem, &event, &mut draft, &self.place.call)?;
        }
        self.place.change(|profile| {
            let services = profile.services.iter_mut();
            let mut providers = services
                .filter(|s| s.uid == self.service)
                .flat_map(|s| &mut s.providers);
            let provider = providers.find(|p| p.uid == uid).ok_or_else(missing)?;
            provider.deleted = true;
            Ok(())
        })?;
        deferred::settle(subsystem, &self.place.profile)
    }

    /// Opens a section of the profile; see [`crate::Session::open_profile_section`].
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
}
