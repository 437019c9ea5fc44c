//! Putting a new service together: what its description says, what its entry point makes of it.
//! Reference: "IMsgServiceAdmin2::CreateMsgServiceEx" (requirements PA-04, PA-09)

use std::collections::BTreeMap;

use mapi_props::{Code, Guid, PropTag, PropValue};
use mapi_spi::{
    Call, Error, OpenMode, OpenStore, ProviderKind, Result, ServiceDescription, ServiceDraft,
    ServiceEvent, Setting, UiUse, service_flags,
};

use super::entry_point::{Known, draft, keep, known, put};
use super::identity;
use super::place::Place;
use crate::host::{Profile, ProfileService, resource_flags};
use crate::session::caught;
use crate::subsystem::Subsystem;

/// A service to be added to a profile.
///
/// ```
/// use mapi::{NewService, UiUse};
///
/// let local = NewService::of("MALLE_LOCAL").set("path", "/home/ann/mail.malle");
/// let asked = NewService::of("MALLE_LOCAL").named("Work").ui(UiUse::Allowed);
/// # drop((local, asked));
/// ```
#[derive(Debug, Clone, Default, PartialEq)]
#[must_use]
pub struct NewService {
    service: String,
    display_name: Option<String>,
    values: BTreeMap<String, String>,
    props: Vec<(PropTag, PropValue)>,
    ui: UiUse,
    with_stores: bool,
}

impl NewService {
    /// The service of this PR_SERVICE_NAME, as its description says.
    pub fn of(service: &str) -> Self {
        Self {
            service: service.to_owned(),
            ..Self::default()
        }
    }

    /// With this name for people, unless the service has one that is fixed.
    pub fn named(mut self, display_name: &str) -> Self {
        self.display_name = Some(display_name.to_owned());
        self
    }

    /// With this setting.
    pub fn set(mut self, key: &str, value: &str) -> Self {
        self.values.insert(key.to_owned(), value.to_owned());
        self
    }

    /// With these settings.
    pub fn settings(mut self, values: &BTreeMap<String, String>) -> Self {
        self.values.extend(values.clone());
        self
    }

    /// With these properties: settings by their tags, and others of its section.
    pub fn props(mut self, props: &[(PropTag, PropValue)]) -> Self {
        self.props.extend_from_slice(props);
        self
    }

    /// Whether a person may be asked for what is missing; unless it is said, nobody is.
    pub const fn ui(mut self, ui: UiUse) -> Self {
        self.ui = ui;
        self
    }

    /// With its stores: [`crate::MsgServiceAdmin::create_service`] makes those that do not exist yet before it adds the service, so one
    /// whose store cannot be made is not added. In a profile that is made new, the first logon makes them.
    pub const fn with_stores(mut self) -> Self {
        self.with_stores = true;
        self
    }

    /// Everything of it that can be known without a profile to put it in; its entry point has been called.
    ///
    /// # Errors
    /// `MAPI_E_NOT_FOUND` for a service that this program does not have; `MAPI_E_INVALID_PARAMETER` for a setting that cannot
    /// be; those of the entry point.
    pub(crate) fn make(
        &self,
        subsystem: &Subsystem,
        profile: &Profile,
        call: &Call,
    ) -> Result<Made> {
        let known = known(subsystem, &self.service)?;
        may_be_added(profile, &known.description)?;
        let values = self.checked(&known.description)?;
        // Made in a copy: letters and places are given when it is really added.
        let mut sketch = profile.clone();
        let service = sketch.add(&known.description, values, &mut || subsystem.new_uid());
        if let Some(name) = &self.display_name
            && !known.description.display_name_is_fixed
        {
            service.display_name.clone_from(name);
        }
        let service = service.clone();
        furnish(&mut sketch, &service, &known.description);
        let mut shown = draft(&sketch, &service);
        self.lay_in(&known.description, &mut shown);
        let before = shown.clone();
        let event = ServiceEvent::Create { ui: self.ui };
        known.enter(subsystem, &event, &mut shown, call)?;
        Ok(Made {
            known,
            service,
            before,
            left: shown,
            with_stores: self.with_stores,
        })
    }

    fn checked(&self, description: &ServiceDescription) -> Result<BTreeMap<String, String>> {
        let mut values = self.values.clone();
        for (tag, value) in &self.props {
            let mut settings = description.settings.iter();
            if let Some(setting) = settings.find(|s| s.tag.id() == tag.id()) {
                values.insert(setting.key.clone(), setting.text(value)?);
            }
        }
        for (key, value) in &values {
            let setting = description.settings.iter().find(|s| s.key == *key);
            match setting {
                Some(setting) => setting.check(value)?,
                None => return Err(unknown_setting(key, &description.settings)),
            }
        }
        Ok(values)
    }

    /// Properties that are no settings.
    fn lay_in(&self, description: &ServiceDescription, draft: &mut ServiceDraft) {
        let is_setting = |tag: PropTag| description.settings.iter().any(|s| s.tag.id() == tag.id());
        for (tag, value) in &self.props {
            if !is_setting(*tag) {
                draft.props.insert(tag.id(), value.clone().into());
            }
        }
    }
}

/// A service that its entry point has seen, ready to be added.
pub(crate) struct Made {
    known: Known,
    service: ProfileService,
    before: ServiceDraft,
    left: ServiceDraft,
    with_stores: bool,
}

impl Made {
    /// Tells its entry point that it was not added after all: it takes back what it did elsewhere for it.
    pub(crate) fn undo(&self, place: &Place) {
        let (profile, description) = (place.read(), &self.known.description);
        if profile.is_ok_and(|profile| may_be_added(&profile, description).is_err()) {
            // Somebody else was faster, and what was done is now his.
            return;
        }
        let mut draft = self.left.clone();
        // What kept it from being added is the error to tell of.
        let (event, call) = (ServiceEvent::Delete, Call::default());
        let _told = self
            .known
            .enter(&place.subsystem, &event, &mut draft, &call);
    }

    /// Makes its stores, if it was asked for with them. Nothing is held meanwhile: a store that is made for a service which is not added
    /// in the end is there all the same.
    ///
    /// # Errors
    /// Those of [`mapi_spi::Service::open_store`].
    pub(crate) fn make_stores(&self, place: &Place) -> Result<()> {
        let stores = self.left.providers.iter();
        let stores = stores.filter(|p| self.with_stores && p.kind == ProviderKind::Store);
        for provider in stores {
            let mut config = self.left.config.clone();
            config.values.extend(provider.values.clone());
            let open = OpenStore {
                config,
                mode: OpenMode::Create,
                provider: provider.name.clone(),
            };
            let host = &place.subsystem.host;
            let support = host.support(&place.profile, &self.service);
            let service = place.subsystem.hold(&self.service.service)?;
            let opened = caught(&self.service.service, || {
                service.service.open_store(&open, support, &place.call)
            })?;
            drop(opened);
        }
        Ok(())
    }

    /// Adds it: the last one, its stores with letters of their own.
    ///
    /// # Errors
    /// `MAPI_E_NO_ACCESS` for a second one of a service that a profile has once at most.
    pub(crate) fn add_to(&self, profile: &mut Profile) -> Result<Guid> {
        may_be_added(profile, &self.known.description)?;
        let mut service = self.service.clone();
        for provider in &mut service.providers {
            if provider.kind == ProviderKind::Store {
                provider.letter = profile.take_letter();
            }
        }
        service.config.base.clone_from(&profile.base);
        let mut shown = self.before.clone();
        shown.config.base.clone_from(&profile.base);
        shown.profile.clone_from(&profile.name);
        profile.services.push(service.clone());
        furnish(profile, &service, &self.known.description);
        put(profile, service.uid, shown.props.clone());
        keep_as_made(profile, &shown, &self.left)?;
        claim_default(profile, service.uid);
        let added = profile.services.last();
        if added.is_some_and(identity::can) {
            identity::hand_over(profile);
        }
        Ok(service.uid)
    }
}

/// What its entry point left. Sections that other services have too are as they were, so the draft may differ there.
fn keep_as_made(profile: &mut Profile, shown: &ServiceDraft, left: &ServiceDraft) -> Result<()> {
    let mut shown = shown.clone();
    let mut left = left.clone();
    for (uid, bag) in &mut shown.sections {
        let now = profile.sections.get(uid).cloned().unwrap_or_default();
        if now != *bag {
            left.sections.insert(*uid, now.clone());
            *bag = now;
        }
    }
    keep(profile, &shown, left)
}

/// Puts what the description says into the sections of a service. A section that is there already stays as it is.
fn furnish(profile: &mut Profile, service: &ProfileService, description: &ServiceDescription) {
    put(profile, service.uid, description.props.clone());
    for provider in &service.providers {
        if let Some(known) = description.provider(&provider.name) {
            put(profile, provider.uid, known.props.clone());
        }
    }
    for section in &description.sections {
        let bag = profile.sections.entry(section.uid);
        bag.or_insert_with(|| section.props.clone());
    }
}

/// Makes the first store of a service the default one of a profile that has none.
fn claim_default(profile: &mut Profile, uid: Guid) {
    let default = resource_flags::DEFAULT_STORE;
    let taken = profile.stores().any(|(_, p)| p.flags & default != 0);
    let services = profile.services.iter_mut();
    let mut stores = services
        .filter(|s| s.uid == uid)
        .flat_map(|s| &mut s.providers)
        .filter(|p| p.kind == ProviderKind::Store);
    let may = |flags: u32| flags & resource_flags::NO_DEFAULT_STORE == 0;
    if !taken && let Some(store) = stores.find(|p| may(p.flags)) {
        store.flags |= default;
    }
}

/// Whether a profile may have (one more) of a service.
pub(super) fn may_be_added(profile: &Profile, description: &ServiceDescription) -> Result<()> {
    let single = description.flags & service_flags::SINGLE_COPY != 0;
    let same = |s: &ProfileService| s.service == description.name;
    if single && profile.services.iter().any(same) {
        let detail = format!("the profile has `{}` already", description.name);
        return Err(Error::new(Code::NO_ACCESS, detail));
    }
    Ok(())
}

fn unknown_setting(key: &str, settings: &[Setting]) -> Error {
    let given = BTreeMap::from([(key.to_owned(), String::new())]);
    let problem = Setting::problems(settings, &given).into_iter().next();
    let plain = || {
        Error::new(
            Code::INVALID_PARAMETER,
            format!("there is no setting `{key}`"),
        )
    };
    problem.map_or_else(plain, Error::from)
}
