//! A service that does what a case tells it: stores of another service behind it, transports, an entry point that counts.

mod world;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use mapi::{Code, Error, PropTag, PropType, Result, Service};
use mapi_props::{resource_methods, status_code, tags};
use mapi_spi::{
    Attempt, Call, Fate, OpenStore, OpenTransport, Outgoing, ProviderDescription, ProviderKind,
    Reach, ServiceConfig, ServiceDescription, ServiceDraft, ServiceEvent, Setting, SettingKind,
    StatusChange, Store, Support, Transport, UiHost, UiUse, flush_flags, validate_flags,
};

pub(crate) use world::{PROFILE, World, plain, scripted, unconfigured};

/// PR_SERVICE_NAME.
pub(crate) const SCRIPTED: &str = "SCRIPTED";
/// The providers of its description.
pub(crate) const STORE: &str = "SCRIPTED_STORE";
pub(crate) const TRANSPORT: &str = "SCRIPTED_TRANSPORT";
/// The property of the setting `word`, without which nothing starts.
pub(crate) const WORD: PropTag = PropTag::new(0x6610, PropType::UNICODE);
/// Of the setting `types`: address types of its transports.
pub(crate) const TYPES: PropTag = PropTag::new(0x6611, PropType::UNICODE);

/// What happens when a provider is started.
#[derive(Debug, Clone, Default)]
pub(crate) enum Plan {
    #[default]
    Works,
    Fails(Code),
    Panics,
    /// Hangs until [`Scripted::release`], and looks at no call.
    Hangs,
}

/// The service. Stores are those of the service behind it, with what it says of settings left out.
pub(crate) struct Scripted {
    inner: Arc<dyn Service>,
    state: Mutex<State>,
    released: Condvar,
}

#[derive(Default)]
struct State {
    plans: BTreeMap<String, Plan>,
    log: Vec<String>,
    hold: bool,
    transports: Vec<(String, Arc<ScriptedTransport>)>,
}

impl fmt::Debug for Scripted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scripted").finish_non_exhaustive()
    }
}

impl Scripted {
    pub(crate) fn over(inner: Arc<dyn Service>) -> Arc<Self> {
        Arc::new(Self {
            inner,
            state: Mutex::default(),
            released: Condvar::new(),
        })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What happens from now on when the provider called `name` is started.
    pub(crate) fn plan(&self, name: &str, plan: Plan) {
        let mut state = self.state();
        state.hold |= matches!(plan, Plan::Hangs);
        state.plans.insert(name.to_owned(), plan);
    }

    /// What hangs goes on, and works.
    pub(crate) fn release(&self) {
        self.state().hold = false;
        self.released.notify_all();
    }

    /// What it was told since this was asked last.
    pub(crate) fn told(&self) -> Vec<String> {
        std::mem::take(&mut self.state().log)
    }

    /// How many things it was told that begin so.
    pub(crate) fn count(&self, what: &str) -> usize {
        let state = self.state();
        state.log.iter().filter(|l| l.starts_with(what)).count()
    }

    /// The transports that were logged on, by letter: they start side by side, in no certain order.
    pub(crate) fn transports(&self) -> Vec<Arc<ScriptedTransport>> {
        let mut all = self.state().transports.clone();
        all.sort_by(|a, b| a.0.cmp(&b.0));
        all.into_iter().map(|(_, transport)| transport).collect()
    }

    fn note(&self, what: impl Into<String>) {
        self.state().log.push(what.into());
    }

    fn start(&self, name: &str, config: &ServiceConfig) -> Result<()> {
        self.note(format!("start {name}"));
        if !config.values.contains_key("word") {
            let detail = "the setting `word` is missing";
            return Err(Error::new(Code::UNCONFIGURED, detail));
        }
        let mut state = self.state();
        match state.plans.get(name).cloned().unwrap_or_default() {
            Plan::Works => Ok(()),
            Plan::Fails(code) => Err(Error::new(code, format!("{name} was told to fail"))),
            Plan::Panics => {
                drop(state);
                panic!("{name} was told to panic")
            }
            Plan::Hangs => {
                while state.hold {
                    let woken = self.released.wait(state);
                    state = woken.unwrap_or_else(PoisonError::into_inner);
                }
                Ok(())
            }
        }
    }
}

impl Service for Scripted {
    fn name(&self) -> &str {
        SCRIPTED
    }

    fn display_name(&self) -> &str {
        "Scripted service"
    }

    fn description(&self) -> ServiceDescription {
        ServiceDescription::new(SCRIPTED, "Scripted service")
            .with(ProviderDescription::new(
                STORE,
                "Scripted store",
                ProviderKind::Store,
            ))
            .with(ProviderDescription::new(
                TRANSPORT,
                "Scripted transport",
                ProviderKind::Transport,
            ))
            .setting(Setting::new("word", WORD, SettingKind::Text).required())
            .setting(Setting::new("types", TYPES, SettingKind::Text))
    }

    fn entry(
        &self,
        event: &ServiceEvent<'_>,
        draft: &mut ServiceDraft,
        ui: &dyn UiHost,
        call: &Call,
    ) -> Result<()> {
        let asks = match event {
            ServiceEvent::Configure { ui, .. } => *ui,
            _ => UiUse::Never,
        };
        self.note(format!("entry {} {asks:?}", event.number()));
        let plain = DescribedOnly(self.description());
        plain.entry(event, draft, ui, call)
    }

    fn open_store(
        &self,
        open: &OpenStore,
        support: Arc<dyn Support>,
        _: &Call,
    ) -> Result<Arc<dyn Store>> {
        self.start(&open.provider, &open.config)?;
        let mut open = open.clone();
        for own in ["word", "types"] {
            open.config.values.remove(own);
        }
        // It looks at no call: neither must what is behind it.
        self.inner.open_store(&open, support, &Call::default())
    }

    fn open_transport(
        &self,
        open: &OpenTransport,
        support: Arc<dyn Support>,
        _: &Call,
    ) -> Result<Arc<dyn Transport>> {
        self.start(&open.provider, &open.config)?;
        let transport = Arc::new(ScriptedTransport::new(&open.config, support));
        let letter = open.config.values.get(world::LETTER).cloned();
        let named = (letter.unwrap_or_default(), Arc::clone(&transport));
        self.state().transports.push(named);
        Ok(transport)
    }

    fn shutdown(&self) {
        self.note("shutdown");
    }
}

/// The entry point that a service has which says nothing else.
#[derive(Debug)]
struct DescribedOnly(ServiceDescription);

impl Service for DescribedOnly {
    fn name(&self) -> &str {
        &self.0.name
    }

    fn display_name(&self) -> &str {
        &self.0.display_name
    }

    fn description(&self) -> ServiceDescription {
        self.0.clone()
    }

    fn open_store(&self, _: &OpenStore, _: Arc<dyn Support>, _: &Call) -> Result<Arc<dyn Store>> {
        Err(Error::from(Code::NO_SUPPORT))
    }
}

/// A transport that keeps its row as transports do, and sends to nobody.
pub(crate) struct ScriptedTransport {
    support: Arc<dyn Support>,
    state: Mutex<TransportState>,
}

struct TransportState {
    types: String,
    password: String,
    code: i32,
    ended: bool,
    /// What the next call meets.
    meanwhile: Option<Box<dyn FnOnce() + Send>>,
    panics: bool,
}

impl fmt::Debug for ScriptedTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ScriptedTransport").finish_non_exhaustive()
    }
}

impl ScriptedTransport {
    fn new(config: &ServiceConfig, support: Arc<dyn Support>) -> Self {
        let code =
            status_code::AVAILABLE | status_code::INBOUND_ENABLED | status_code::OUTBOUND_ENABLED;
        let methods = match config.values.get("word").map(String::as_str) {
            Some("plain") => resource_methods::VALIDATE_STATE,
            _ => {
                resource_methods::VALIDATE_STATE
                    | resource_methods::CHANGE_PASSWORD
                    | resource_methods::FLUSH_QUEUES
            }
        };
        let row = [
            (tags::STATUS_CODE.raw(), code.into()),
            (tags::RESOURCE_METHODS.raw(), methods.into()),
            (tags::STATUS_STRING.raw(), "ready".into()),
            // What is not a provider's to say.
            (tags::RESOURCE_TYPE.raw(), 99.into()),
        ];
        support.modify_status_row(&row, StatusChange::Replace);
        Self {
            support,
            state: Mutex::new(TransportState {
                types: types_of(config),
                password: "old".to_owned(),
                code,
                ended: false,
                meanwhile: None,
                panics: false,
            }),
        }
    }

    fn state(&self) -> MutexGuard<'_, TransportState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What happens while it is asked next.
    pub(crate) fn meanwhile(&self, what: impl FnOnce() + Send + 'static) {
        self.state().meanwhile = Some(Box::new(what));
    }

    /// The next call panics.
    pub(crate) fn panics(&self) {
        self.state().panics = true;
    }

    /// Whether it was logged off.
    pub(crate) fn has_ended(&self) -> bool {
        self.state().ended
    }

    /// Says one column of its row.
    pub(crate) fn says(&self, tag: impl Into<PropTag>, value: impl Into<mapi::PropValue>) {
        let row = [(tag.into(), value.into())];
        self.support.modify_status_row(&row, StatusChange::Update);
    }

    fn met(&self) {
        let (meanwhile, panics) = {
            let mut state = self.state();
            (state.meanwhile.take(), std::mem::take(&mut state.panics))
        };
        if let Some(meanwhile) = meanwhile {
            meanwhile();
        }
        assert!(!panics, "the transport was told to panic");
    }

    fn becomes(&self, set: i32, clear: i32) {
        let code = {
            let mut state = self.state();
            state.code = (state.code | set) & !clear;
            state.code
        };
        self.says(tags::STATUS_CODE, code);
    }
}

fn types_of(config: &ServiceConfig) -> String {
    let types = config.values.get("types");
    types.cloned().unwrap_or_else(|| "SMTP".to_owned())
}

impl Transport for ScriptedTransport {
    fn reach(&self) -> Reach {
        Reach::types(self.state().types.split(' '))
    }

    fn config_changed(&self, config: &ServiceConfig, _: &Call) -> Result<()> {
        self.state().types = types_of(config);
        Ok(())
    }

    fn validate_state(&self, flags: u32, _: &Call) -> Result<()> {
        self.met();
        if flags & validate_flags::FORCE_XP_DISCONNECT != 0 {
            self.becomes(status_code::OFFLINE, 0);
        }
        if flags & validate_flags::FORCE_XP_CONNECT != 0 {
            self.becomes(0, status_code::OFFLINE);
        }
        if flags & validate_flags::SHOW_XP_SESSION_UI != 0 {
            return Err(Error::new(Code::NO_SUPPORT, "there is nothing to show"));
        }
        Ok(())
    }

    fn change_password(&self, old: &str, new: &str, _: &Call) -> Result<()> {
        let mut state = self.state();
        if state.password != old {
            return Err(Error::new(Code::NO_ACCESS, "this is not the password"));
        }
        new.clone_into(&mut state.password);
        Ok(())
    }

    fn flush(&self, flags: u32, _: &Call) -> Result<()> {
        let mut bits = 0;
        if flags & flush_flags::UPLOAD != 0 {
            bits |= status_code::OUTBOUND_FLUSH;
        }
        if flags & flush_flags::DOWNLOAD != 0 {
            bits |= status_code::INBOUND_FLUSH;
        }
        self.becomes(bits, 0);
        Ok(())
    }

    fn submit(&self, _: &Outgoing<'_>, _: &mut dyn Attempt, _: &Call) -> Result<Vec<Fate>> {
        Err(Error::new(Code::NETWORK_ERROR, "it sends to nobody"))
    }

    fn logoff(&self) {
        self.state().ended = true;
    }
}
