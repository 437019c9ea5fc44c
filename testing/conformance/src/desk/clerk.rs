//! Services whose entry points write down what they were told, and answer as a case says.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use mapi::{
    Code, Error, Guid, Identity, PropTag, PropType, ProviderDescription, ProviderKind, Result,
    SectionDescription, Service, ServiceConfig, ServiceDescription, ServiceDraft, ServiceEvent,
    Setting, SettingKind, Support, UiHost, resource_flags, service_flags, tags,
};
use mapi_spi::{Call, OpenStore, Store, enter_by_description};

use super::{MAIL, MUTE, NOBODY, SINGLE};
use crate::Fixture;

/// Property of the setting `path`, without which no store opens.
pub(crate) const fn path() -> PropTag {
    PropTag::new(0x6600, PropType::UNICODE)
}

/// Of `user`: the name of the user, of whom the service knows nothing else.
pub(crate) const fn user() -> PropTag {
    PropTag::new(0x6601, PropType::UNICODE)
}

/// PR_SERVICE_ENTRY_NAME of those that have one.
pub(crate) const ENTRY: &str = "TestEntry";

/// What an entry point was told.
#[derive(Debug, Clone)]
pub(crate) struct Told {
    pub(crate) service: String,
    /// ulContext.
    pub(crate) event: u32,
    pub(crate) draft: ServiceDraft,
}

/// How an entry point answers.
pub(crate) enum Answer {
    /// With this error.
    Fails(Code, &'static str),
    /// With that of whoever asks people.
    Insists,
    /// After this was done.
    After(Box<dyn Fn(&ServiceDraft) + Send + Sync>),
}

/// What the services have in common: their log, their orders and their stores.
pub(crate) struct Clerk {
    stores: Arc<dyn Service>,
    configs: BTreeMap<&'static str, ServiceConfig>,
    told: Mutex<Vec<Told>>,
    answers: Mutex<BTreeMap<u32, Answer>>,
    opened: AtomicUsize,
}

impl fmt::Debug for Clerk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Clerk").finish_non_exhaustive()
    }
}

impl Clerk {
    pub(super) fn new(f: &Fixture) -> Arc<Self> {
        let names = ["one", "two", "three"];
        let configs = names.map(|name| (name, f.ground().config(name)));
        Arc::new(Self {
            stores: f.ground().service(),
            configs: configs.into(),
            told: Mutex::default(),
            answers: Mutex::default(),
            opened: AtomicUsize::new(0),
        })
    }

    /// All services.
    pub(super) fn services(clerk: &Arc<Self>) -> Vec<Arc<dyn Service>> {
        let service = |name: &str, flags: u32| {
            let made = Manned {
                description: described(name, flags),
                clerk: Arc::clone(clerk),
            };
            Arc::new(made) as Arc<dyn Service>
        };
        vec![
            service(MAIL, 0),
            service(SINGLE, service_flags::SINGLE_COPY),
            service(NOBODY, service_flags::NO_PRIMARY_IDENTITY),
            service(MUTE, 0),
        ]
    }

    /// What entry points were told since this was asked last.
    pub(crate) fn told(&self) -> Vec<Told> {
        std::mem::take(&mut *lock(&self.told))
    }

    /// The same, the events alone.
    pub(crate) fn events(&self) -> Vec<u32> {
        self.told().iter().map(|t| t.event).collect()
    }

    /// How entry points answer to this event from now on.
    pub(crate) fn answer(&self, event: u32, answer: Answer) {
        lock(&self.answers).insert(event, answer);
    }

    /// They answer as their descriptions say again.
    pub(crate) fn relax(&self) {
        lock(&self.answers).clear();
    }

    /// How many stores were opened.
    pub(crate) fn opened(&self) -> usize {
        self.opened.load(Ordering::SeqCst)
    }
}

/// UIDs of the further sections.
pub(crate) const fn extras() -> [Guid; 2] {
    [Guid([0xE1; 16]), Guid([0xE2; 16])]
}

fn described(name: &str, flags: u32) -> ServiceDescription {
    let store = ProviderDescription {
        provider_display: "Test store provider".to_owned(),
        dll_name: "tststore".to_owned(),
        flags: resource_flags::NEED_IPM_TREE,
        ..ProviderDescription::new("STORE", "Test store", ProviderKind::Store)
    };
    let more = ProviderDescription {
        on_demand: true,
        settings: vec![Setting::new("path", path(), SettingKind::Path).required()],
        ..ProviderDescription::new("MORE", "One more store", ProviderKind::Store)
    };
    let transport = ProviderDescription {
        dll_name: "tstxp".to_owned(),
        ..ProviderDescription::new("TRANSPORT", "Test transport", ProviderKind::Transport)
    };
    let section = |at: usize| {
        let mut section = SectionDescription {
            name: format!("Extra {at}"),
            uid: extras()[at],
            ..SectionDescription::default()
        };
        section.props.set(tags::COMMENT, format!("extra {at}"));
        section
    };
    let mut service = ServiceDescription {
        dll_name: "tstsvc".to_owned(),
        entry_name: ENTRY.to_owned(),
        support_files: vec!["tstsvc.dat".to_owned()],
        flags,
        ..ServiceDescription::new(name, "Test service")
    };
    if name == MUTE {
        service.entry_name.clear();
        return service.with(store);
    }
    service = service
        .with(store)
        .setting(Setting::new("path", path(), SettingKind::Path).required())
        .setting(Setting::new("user", user(), SettingKind::Text));
    if name == MAIL {
        service.sections = vec![section(0), section(1)];
        service = service.with(transport).with(more);
    }
    service
}

/// One of the services.
struct Manned {
    description: ServiceDescription,
    clerk: Arc<Clerk>,
}

impl fmt::Debug for Manned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.description.name)
    }
}

impl Service for Manned {
    fn name(&self) -> &str {
        &self.description.name
    }

    fn display_name(&self) -> &str {
        &self.description.display_name
    }

    fn description(&self) -> ServiceDescription {
        self.description.clone()
    }

    fn entry(
        &self,
        event: &ServiceEvent<'_>,
        draft: &mut ServiceDraft,
        ui: &dyn UiHost,
        call: &Call,
    ) -> Result<()> {
        lock(&self.clerk.told).push(Told {
            service: self.description.name.clone(),
            event: event.number(),
            draft: draft.clone(),
        });
        match lock(&self.clerk.answers).get(&event.number()) {
            Some(Answer::Fails(code, text)) => return Err(Error::new(*code, *text)),
            Some(Answer::Insists) => ui.confirm("Is this what you want?", call)?,
            Some(Answer::After(what)) => what(draft),
            None => {}
        }
        enter_by_description(&self.description, event, draft, ui, call)?;
        draft.identity = draft.config.values.get("user").map(|name| Identity {
            name: name.clone(),
            address_type: "SMTP".to_owned(),
            address: format!("{}@example.com", name.to_lowercase()),
        });
        Ok(())
    }

    fn open_store(
        &self,
        open: &OpenStore,
        support: Arc<dyn Support>,
        call: &Call,
    ) -> Result<Arc<dyn Store>> {
        let missing = || Error::new(Code::UNCONFIGURED, "the setting `path` is missing");
        let path = open.config.values.get("path").ok_or_else(missing)?;
        let name = path.rsplit(['/', '\\']).next().unwrap_or_default();
        let unknown = || Error::new(Code::NOT_FOUND, format!("there is no place `{path}`"));
        let config = self.clerk.configs.get(name).ok_or_else(unknown)?.clone();
        self.clerk.opened.fetch_add(1, Ordering::SeqCst);
        let open = OpenStore {
            config,
            mode: open.mode,
            provider: String::new(),
        };
        self.clerk.stores.open_store(&open, support, call)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
