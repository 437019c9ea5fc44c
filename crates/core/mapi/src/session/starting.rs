//! Starting the providers of a profile: stores side by side, transports when they are needed first.
//! Reference: "Logging On to MAPI", "Verifying Service Provider Configuration" (requirements SES-02, SES-06, MS-02)
//!
//! Logging on waits for the default store as long as its call allows, and for the others a little longer: one that is late
//! joins the session when it has started. A service that fails is configured anew and tried once more; after that all its
//! providers are switched off for this session, and the others go on.

use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use mapi_props::Code;
use mapi_spi::{Call, Error, OpenMode, ProviderKind, Result, ServiceEvent, UiUse};

use super::member::{Member, SessionState};
use super::opening::{Opening, validate};
use super::provider::{Provider, Standing};
use super::roster::Roster;
use super::{caught, providers::Signals};
use crate::TreeFlags;
use crate::admin::configure;
use crate::context::LastError;
use crate::host::{Profile, ProfileProvider, ProfileService, resource_flags};
use crate::subsystem::Subsystem;

/// How long others than the default store may keep a logon waiting.
const PATIENCE: Duration = Duration::from_millis(700);

/// A provider and what the profile says of it.
#[derive(Debug, Clone)]
pub(crate) struct Planned {
    pub(super) made: Arc<Provider>,
    /// Which service of the profile it belongs to.
    at: usize,
    service: ProfileService,
    provider: ProfileProvider,
}

/// What the start of providers needs of a session.
#[derive(Clone, Copy)]
pub(super) struct Start<'a> {
    pub(super) session: &'a Arc<SessionState>,
    pub(super) member: &'a Arc<Member>,
    /// Whether entry points may ask a person.
    pub(super) ui: UiUse,
    pub(super) call: &'a Call,
}

/// Everything that the thread of one provider needs; nothing that keeps the session alive.
struct Job {
    subsystem: Arc<Subsystem>,
    member: Weak<Member>,
    signals: Weak<Signals>,
    profile: String,
    mode: OpenMode,
    planned: Planned,
    /// Whether it is the default store if nothing else is.
    is_default: bool,
}

impl Start<'_> {
    /// Starts what a session needs from its beginning: address books, then stores.
    ///
    /// # Errors
    /// `MAPI_E_LOGON_FAILED` when the profile has stores and none of them works, `MAPI_E_USER_CANCEL`.
    pub(super) fn stores(&self, profile: &Profile) -> Result<()> {
        let planned = self.plan(profile);
        for planned in of_kind(&planned, ProviderKind::AddressBook) {
            self.fail(planned, &no_address_books(planned));
        }
        let stores: Vec<Planned> = of_kind(&planned, ProviderKind::Store).cloned().collect();
        let wanted = defaults(&stores);
        self.session
            .may_be_default(wanted.iter().map(|p| p.made.number));
        self.begin(&stores, wanted.first());
        self.await_default(&wanted);
        self.settle(&stores, wanted.first());
        self.call_is_not_cancelled()?;
        self.give_default(&wanted);
        let works = |p: &Planned| matches!(p.made.standing(), Standing::Store);
        if !stores.is_empty() && !stores.iter().any(works) {
            return Err(self.nothing_works(wanted.first().or(stores.first())));
        }
        let transports = of_kind(&planned, ProviderKind::Transport).cloned();
        self.session.later(transports.collect());
        Ok(())
    }

    /// Starts these transports.
    pub(super) fn transports(&self, transports: &[Planned]) {
        self.begin(transports, None);
        self.settle(transports, None);
    }

    /// Logs a transport off, if it works, and on again with what this profile says of it.
    pub(super) fn again(&self, transport: &Arc<Provider>, profile: &Profile) {
        let found = profile.transports().into_iter();
        let mut found = found.filter(|(_, p)| p.uid == transport.uid);
        let Some((service, provider)) = found.next() else {
            return;
        };
        let mut services = profile.services.iter();
        let planned = Planned {
            made: Arc::clone(transport),
            at: services.position(|s| s.uid == service.uid).unwrap_or(0),
            service: service.clone(),
            provider: provider.clone(),
        };
        self.session.providers.log_off(transport);
        self.transports(&[planned]);
    }

    /// All providers in the order of the profile; where it has transports, they come in the order in which they are asked.
    fn plan(&self, profile: &Profile) -> Vec<Planned> {
        let mut transports = profile.transports().into_iter();
        let mut planned = Vec::new();
        for found in profile.providers() {
            let (service, provider) = match found.1.kind {
                ProviderKind::Transport => transports.next().unwrap_or(found),
                ProviderKind::Store | ProviderKind::AddressBook => found,
            };
            let mut services = profile.services.iter();
            let made = self.session.providers.make(service, provider);
            // Which store it is is found out below.
            made.set_flags(provider.flags & !resource_flags::DEFAULT_STORE);
            self.session.providers.list(&made);
            planned.push(Planned {
                made,
                at: services.position(|s| s.uid == service.uid).unwrap_or(0),
                service: service.clone(),
                provider: provider.clone(),
            });
        }
        planned
    }

    fn begin(&self, all: &[Planned], default: Option<&Planned>) {
        for planned in all {
            let job = Job {
                subsystem: Arc::clone(&self.session.subsystem),
                member: Arc::downgrade(self.member),
                signals: Arc::downgrade(self.session.providers.signals()),
                profile: self.session.profile().to_owned(),
                mode: self.session.mode(),
                planned: planned.clone(),
                is_default: default.is_some_and(|d| d.made.number == planned.made.number),
            };
            let providers = &self.session.providers;
            providers.start(&planned.made, self.call, move |_, call| job.run(call));
        }
    }

    /// Waits for the default store, or for the next that may be it.
    fn await_default(&self, wanted: &[Planned]) {
        for planned in wanted {
            self.wait(std::slice::from_ref(planned), None);
            if matches!(planned.made.standing(), Standing::Store) {
                return;
            }
        }
    }

    /// Waits until these have started or failed, or till then.
    fn wait(&self, all: &[Planned], until: Option<Instant>) {
        let settled = || all.iter().all(|p| !is_starting(&p.made));
        self.session.providers.wait(self.call, until, settled);
    }

    /// Waits for the rest, has what failed configured and tried once more, and switches off the services that fail again.
    fn settle(&self, all: &[Planned], default: Option<&Planned>) {
        self.wait(all, Some(Instant::now() + PATIENCE));
        let again: Vec<Planned> = services_of(all)
            .filter(|first| self.is_worth_another_try(first, all))
            .filter_map(|first| self.configure(first, all))
            .flatten()
            .collect();
        if !again.is_empty() {
            self.begin(&again, default);
            let defaults = again.iter().filter(|p| default.is_some_and(|d| same(p, d)));
            self.await_default(&defaults.cloned().collect::<Vec<_>>());
            self.wait(&again, Some(Instant::now() + PATIENCE));
        }
        for planned in all {
            if is_starting(&planned.made) {
                self.session.providers.stands(&planned.made, Standing::Late);
            }
        }
        self.switch_off(all);
    }

    /// Whether a service of which something failed may do better after its entry point was called: when it says that it is
    /// not configured, or when a person can be asked.
    fn is_worth_another_try(&self, first: &Planned, all: &[Planned]) -> bool {
        let mut failed = of_service(all, first).filter_map(|p| p.made.failure());
        failed.any(|f| match f.code {
            Code::UNCONFIGURED => true,
            Code::FAILONEPROVIDER | Code::TIMEOUT | Code::USER_CANCEL | Code::CALL_FAILED => false,
            _ => self.ui != UiUse::Never,
        })
    }

    /// Calls the entry point of a service; its providers that failed, with what the profile says now.
    fn configure(&self, first: &Planned, all: &[Planned]) -> Option<Vec<Planned>> {
        let failed: Vec<&Planned> = of_service(all, first)
            .filter(|p| p.made.failure().is_some())
            .collect();
        let unconfigured = failed.iter().any(|p| {
            let failure = p.made.failure();
            failure.is_some_and(|f| f.code == Code::UNCONFIGURED)
        });
        let ui = match self.ui {
            UiUse::Never => UiUse::Never,
            _ if unconfigured => UiUse::Allowed,
            // What it has is complete and does not work: it must be shown to be changed.
            _ => UiUse::Always,
        };
        let event = ServiceEvent::Configure {
            ui,
            read_only: false,
            first: failed.first().map(|p| p.made.uid),
            props: &[],
        };
        let subsystem = &self.session.subsystem;
        let uid = first.service.uid;
        let profile = self.session.profile();
        let who = format!("service `{}`", first.service.service);
        let configured = caught(&who, || {
            configure(subsystem, profile, uid, &event, self.call)
        });
        match configured {
            Ok(service) => {
                let anew = |p: &&Planned| {
                    let mut providers = service.providers.iter();
                    let provider = providers.find(|new| new.uid == p.made.uid)?.clone();
                    Some(Planned {
                        made: Arc::clone(&p.made),
                        at: p.at,
                        service: service.clone(),
                        provider,
                    })
                };
                Some(failed.iter().filter_map(anew).collect())
            }
            // It has no entry point: what its provider said stands.
            Err(e) if e.code() == Code::NOT_INITIALIZED => None,
            Err(e) => {
                // Its word on what is missing is the last one.
                failed.iter().for_each(|p| self.fail(p, &e));
                None
            }
        }
    }

    /// Switches off what else belongs to a service of which a provider failed.
    fn switch_off(&self, all: &[Planned]) {
        for planned in all {
            let Standing::Failed(failure) = planned.made.standing() else {
                continue;
            };
            if failure.code == Code::FAILONEPROVIDER {
                continue;
            }
            let name = planned.made.display_name();
            for other in of_service(all, planned) {
                if matches!(other.made.standing(), Standing::Failed(_)) {
                    continue;
                }
                self.session.roster.remove(other.made.number);
                let detail = format!("`{name}` of the same service failed: {}", failure.detail);
                let error = Error::new(failure.code, detail);
                self.fail(other, &error);
            }
        }
    }

    fn fail(&self, planned: &Planned, error: &Error) {
        let flags = planned.made.flags() & !resource_flags::DEFAULT_STORE;
        planned.made.set_flags(flags);
        let failed = Standing::Failed(LastError::of(error));
        self.session.providers.stands(&planned.made, failed);
    }

    fn call_is_not_cancelled(&self) -> Result<()> {
        match self.call.check() {
            // What is there by its deadline is what the session has.
            Err(e) if e.code() == Code::USER_CANCEL => Err(e),
            _ => Ok(()),
        }
    }

    /// Makes the first of these that works the default store, unless one is.
    fn give_default(&self, wanted: &[Planned]) {
        let roster = &self.session.roster;
        if roster.default_store().is_some() {
            return;
        }
        for planned in wanted {
            let number = planned.made.number;
            let Some(opened) = roster.find(|s| s.place.provider.number == number) else {
                continue;
            };
            match validate(&opened, self.member, self.call, TreeFlags::FULL_IPM_TREE) {
                Ok(()) => {
                    let flags = planned.made.flags() | resource_flags::DEFAULT_STORE;
                    planned.made.set_flags(flags);
                    return;
                }
                Err(e) => {
                    roster.remove(number);
                    self.fail(planned, &e);
                }
            }
        }
    }

    fn nothing_works(&self, first: Option<&Planned>) -> Error {
        let profile = self.session.profile();
        let detail = format!("no store of profile `{profile}` can be opened");
        let cause = first.and_then(|p| p.made.failure());
        match cause {
            Some(cause) => Error::caused(Code::LOGON_FAILED, detail, cause.error()),
            None => Error::new(Code::LOGON_FAILED, detail),
        }
    }
}

impl Job {
    /// Starts the provider, whatever comes of it.
    fn run(self, call: &Call) {
        let made = &self.planned.made;
        let who = format!("service `{}`", self.planned.service.service);
        let started = caught(&who, || match made.kind {
            ProviderKind::Transport => self.transport(call),
            _ => self.store(call),
        });
        let standing = started.unwrap_or_else(|e| Standing::Failed(LastError::of(&e)));
        let session = self.member.upgrade().map(|m| Arc::clone(&m.session));
        match session {
            Some(session) => session.providers.stands(made, standing),
            // Nobody looks any more.
            None => made.stands(Standing::Waiting),
        }
    }

    fn opening<'a>(&'a self, call: &'a Call) -> Opening<'a> {
        Opening {
            subsystem: &self.subsystem,
            profile: &self.profile,
            mode: self.mode,
            call,
        }
    }

    fn transport(&self, call: &Call) -> Result<Standing> {
        let Planned {
            made,
            service,
            provider,
            ..
        } = &self.planned;
        let active = self
            .opening(call)
            .log_on(made, self.signals.clone(), service, provider)?;
        Ok(Standing::Transport(Arc::new(active)))
    }

    fn store(&self, call: &Call) -> Result<Standing> {
        let Planned {
            made,
            service,
            provider,
            ..
        } = &self.planned;
        let entrant = self
            .opening(call)
            .open_as(made, self.signals.clone(), service, provider)?;
        let ended = || Error::new(Code::END_OF_SESSION, "the session has ended");
        let member = self.member.upgrade().ok_or_else(ended)?;
        member.check()?;
        let roster = &member.session.roster;
        let opened = Roster::opened(entrant);
        // The deadline was for whoever waited; what has come this far is finished.
        let call = Call {
            deadline: None,
            ..call.clone()
        };
        let tree = if self.is_default {
            TreeFlags::FULL_IPM_TREE
        } else {
            TreeFlags::NONE
        };
        validate(&opened, &member, &call, tree)?;
        if self.is_default && roster.default_store().is_none() {
            made.set_flags(made.flags() | resource_flags::DEFAULT_STORE);
        }
        roster.list(&opened)?;
        Ok(Standing::Store)
    }
}

fn is_starting(provider: &Provider) -> bool {
    matches!(provider.standing(), Standing::Starting)
}

fn same(a: &Planned, b: &Planned) -> bool {
    a.made.number == b.made.number
}

fn of_kind(all: &[Planned], kind: ProviderKind) -> impl Iterator<Item = &Planned> {
    all.iter().filter(move |p| p.made.kind == kind)
}

fn of_service<'a>(all: &'a [Planned], of: &Planned) -> impl Iterator<Item = &'a Planned> {
    let at = of.at;
    all.iter().filter(move |p| p.at == at)
}

/// The first provider of each service.
fn services_of(all: &[Planned]) -> impl Iterator<Item = &Planned> {
    let is_first = |at: usize, p: &Planned| {
        let mut before = all.iter().take(at);
        !before.any(|b| b.at == p.at)
    };
    let all = all.iter().enumerate();
    all.filter_map(move |(at, p)| is_first(at, p).then_some(p))
}

/// No provider of address books is part of this house yet; one in a profile says so, and keeps nobody from working.
fn no_address_books(planned: &Planned) -> Error {
    let name = &planned.service.service;
    let detail = format!("the service `{name}` has no address book in this program");
    Error::new(Code::FAILONEPROVIDER, detail)
}

/// Which stores may be the session's default, the best first: the primary one, the secondary one while that cannot be
/// opened, and the profile's default (STO-03). None if the profile has none.
fn defaults(stores: &[Planned]) -> Vec<Planned> {
    let with = |bit| stores.iter().find(|p| p.provider.flags & bit != 0);
    let secondary = with(resource_flags::SECONDARY_STORE);
    let default = with(resource_flags::DEFAULT_STORE);
    let order = match (with(resource_flags::PRIMARY_STORE), default) {
        (None, None) => [None; 3],
        (None, default) => [default, secondary, None],
        (primary, default) => [primary, secondary, default],
    };
    order.into_iter().flatten().cloned().collect()
}
