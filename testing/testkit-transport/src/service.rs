//! Services that do what a test tells them.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use mapi_props::{Code, PropTag, PropType};
use mapi_spi::{
    Call, Error, OpenStore, OpenTransport, ProviderDescription, ProviderKind, Result, Service,
    ServiceConfig, ServiceDescription, ServiceDraft, ServiceEvent, ServiceLayer, Setting,
    SettingKind, Store, Support, Transport, UiHost, UiUse, enter_by_description,
};

use crate::{Script, ScriptedTransport, Step, Wire, WireTransport};

/// PR_SERVICE_NAME.
pub const SCRIPTED: &str = "SCRIPTED";
/// The providers of its description.
pub const STORE: &str = "SCRIPTED_STORE";
/// The other one.
pub const TRANSPORT: &str = "SCRIPTED_TRANSPORT";
/// The property of the setting `word`, without which nothing starts.
pub const WORD: PropTag = PropTag::new(0x6610, PropType::UNICODE);
/// Of the setting `types`: address types of its transports.
pub const TYPES: PropTag = PropTag::new(0x6611, PropType::UNICODE);
/// What a transport is called, in its configuration.
pub const LETTER: &str = "letter";

/// What happens when a provider is started.
#[derive(Debug, Clone, Default)]
pub enum Plan {
    /// It starts.
    #[default]
    Works,
    /// It fails with this code.
    Fails(Code),
    /// It panics.
    Panics,
    /// It hangs until [`ScriptedService::release`], and looks at no call.
    Hangs,
}

/// A service with an entry point that counts. Stores are those of the service behind it, with what it says of settings left out; its
/// transports send onto wires, each as its script says.
pub struct ScriptedService {
    inner: Arc<dyn Service>,
    state: Mutex<State>,
    released: Condvar,
}

#[derive(Default)]
struct State {
    plans: BTreeMap<String, Plan>,
    log: Vec<String>,
    hold: bool,
    scripts: BTreeMap<String, Arc<Script>>,
    wires: BTreeMap<String, Arc<Wire>>,
    transports: Vec<Opened>,
}

/// A transport that was logged on.
struct Opened {
    letter: String,
    scripted: Arc<ScriptedTransport>,
    wire: Arc<WireTransport>,
}

impl fmt::Debug for ScriptedService {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ScriptedService").finish_non_exhaustive()
    }
}

impl ScriptedService {
    /// One whose stores are those of `inner`.
    pub fn over(inner: Arc<dyn Service>) -> Arc<Self> {
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
    pub fn plan(&self, name: &str, plan: Plan) {
        let mut state = self.state();
        state.hold |= matches!(plan, Plan::Hangs);
        state.plans.insert(name.to_owned(), plan);
    }

    /// What hangs goes on, and works.
    pub fn release(&self) {
        self.state().hold = false;
        self.released.notify_all();
    }

    /// What it was told since this was asked last.
    pub fn told(&self) -> Vec<String> {
        std::mem::take(&mut self.state().log)
    }

    /// How many things it was told that begin so.
    pub fn count(&self, what: &str) -> usize {
        let state = self.state();
        state.log.iter().filter(|l| l.starts_with(what)).count()
    }

    /// The script of the transport with this letter, whichever session logs it on.
    pub fn script(&self, letter: &str) -> Arc<Script> {
        let mut state = self.state();
        Arc::clone(state.scripts.entry(letter.to_owned()).or_default())
    }

    /// What it sends onto, whichever session logs it on.
    pub fn wire(&self, letter: &str) -> Arc<Wire> {
        let mut state = self.state();
        Arc::clone(state.wires.entry(letter.to_owned()).or_default())
    }

    /// The transports that were logged on, by letter: they start side by side, in no certain order.
    pub fn transports(&self) -> Vec<Arc<ScriptedTransport>> {
        let state = self.state();
        let mut all: Vec<_> = state.transports.iter().collect();
        all.sort_by(|a, b| a.letter.cmp(&b.letter));
        all.into_iter().map(|o| Arc::clone(&o.scripted)).collect()
    }

    /// The transport with this letter that was logged on last.
    pub fn last(&self, letter: &str) -> Option<Arc<ScriptedTransport>> {
        let state = self.state();
        let opened = state.transports.iter().rev();
        let mut of_letter = opened.filter(|o| o.letter == letter);
        of_letter.next().map(|o| Arc::clone(&o.scripted))
    }

    /// What works behind the transport with this letter that was logged on last.
    pub fn behind(&self, letter: &str) -> Option<Arc<WireTransport>> {
        let state = self.state();
        let opened = state.transports.iter().rev();
        let mut of_letter = opened.filter(|o| o.letter == letter);
        of_letter.next().map(|o| Arc::clone(&o.wire))
    }

    fn note(&self, what: impl Into<String>) {
        self.state().log.push(what.into());
    }

    #[expect(clippy::panic, reason = "it was told to")]
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

impl Service for ScriptedService {
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
        enter_by_description(&self.description(), event, draft, ui, call)
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
        call: &Call,
    ) -> Result<Arc<dyn Transport>> {
        self.start(&open.provider, &open.config)?;
        let letter = open.config.values.get(LETTER).cloned().unwrap_or_default();
        let (script, on) = (self.script(&letter), self.wire(&letter));
        script.meet(Step::Open, call)?;
        let settings = &open.config;
        let (own, other) = (Arc::clone(&support), Arc::clone(&script));
        let wire = Arc::new(WireTransport::new(settings, own, other, on));
        let inner = Arc::clone(&wire) as Arc<dyn Transport>;
        let scripted = Arc::new(ScriptedTransport::before(inner, support, script));
        self.state().transports.push(Opened {
            letter,
            scripted: Arc::clone(&scripted),
            wire,
        });
        Ok(scripted)
    }

    fn shutdown(&self) {
        self.note("shutdown");
    }
}

/// Another service with a script before each of its transports.
#[derive(Debug)]
pub struct Disturbed {
    inner: Arc<dyn Service>,
    script: Arc<Script>,
}

impl Disturbed {
    /// That service. It keeps its name, so that profiles find it.
    pub fn of(inner: Arc<dyn Service>, script: Arc<Script>) -> Arc<Self> {
        Arc::new(Self { inner, script })
    }
}

impl ServiceLayer for Disturbed {
    fn below(&self) -> &dyn Service {
        self.inner.as_ref()
    }

    fn open_transport(
        &self,
        open: &OpenTransport,
        support: Arc<dyn Support>,
        call: &Call,
    ) -> Result<Arc<dyn Transport>> {
        self.script.meet(Step::Open, call)?;
        let inner = self
            .inner
            .open_transport(open, Arc::clone(&support), call)?;
        let script = Arc::clone(&self.script);
        Ok(Arc::new(ScriptedTransport::before(inner, support, script)))
    }
}
