//! A program with a scripted service beside the service of the case, and a person who answers as told.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use mapi::{
    Code, EmbeddedHost, Error, Guid, InitFlags, Logon, Mapi, Profile, ProfileProvider,
    ProfileService, PropTag, PropValue, Result, Session, SystemSupport, letter_uid, resource_flags,
};
use mapi_spi::{
    Call, OpenMode, OpenStore, ProfileAnswer, ProfileChoice, ProviderKind, SheetData, SheetRequest,
    UiHost,
};

use testkit_transport::{LETTER, ScriptedService};

use super::post::Post;
use super::{SCRIPTED, STORE, TRANSPORT};
use crate::Fixture;
use crate::desk::OtherServices;

/// The profile of the program.
pub(crate) const PROFILE: &str = "scripted";

/// The program.
pub(crate) struct World {
    pub(crate) scripted: Arc<ScriptedService>,
    pub(crate) person: Arc<Person>,
    pub(crate) host: Arc<EmbeddedHost>,
    pub(crate) mapi: Mapi,
    /// The spooler of the profile, if it has one.
    pub(crate) post: Option<Arc<Post>>,
}

impl World {
    /// One with a profile of these services. Their scripted stores are there.
    pub(crate) fn new(f: &Fixture, services: Vec<ProfileService>) -> Result<Self> {
        Self::with(f, services, InitFlags::NONE)
    }

    pub(crate) fn with(
        f: &Fixture,
        services: Vec<ProfileService>,
        flags: InitFlags,
    ) -> Result<Self> {
        Self::built(f, services, flags, false)
    }

    /// One in which what is submitted is sent when somebody asks for it.
    pub(crate) fn with_post(f: &Fixture, services: Vec<ProfileService>) -> Result<Self> {
        Self::built(f, services, InitFlags::NONE, true)
    }

    fn built(
        f: &Fixture,
        services: Vec<ProfileService>,
        flags: InitFlags,
        sends: bool,
    ) -> Result<Self> {
        let inner = f.ground().service();
        for name in services.iter().filter(|s| s.service == SCRIPTED) {
            for store in name.providers.iter().filter(|p| !p.letter.is_empty()) {
                let open = OpenStore {
                    config: f.ground().config(&store.letter),
                    mode: OpenMode::Create,
                    provider: String::new(),
                };
                inner.open_store(&open, Arc::new(SystemSupport), &Call::default())?;
            }
        }
        let (scripted, person) = (
            ScriptedService::over(Arc::clone(&inner)),
            Arc::<Person>::default(),
        );
        let host = EmbeddedHost::new()
            .service(Arc::clone(&inner))
            .service(Arc::clone(&scripted) as Arc<dyn mapi::Service>)
            .ui(Arc::clone(&person) as Arc<dyn UiHost>)
            .add_profile(Profile {
                name: PROFILE.to_owned(),
                services,
                ..Profile::default()
            });
        let host = Arc::new(host);
        let profiles = Arc::clone(&host) as Arc<dyn mapi::Host>;
        let config = f.ground().config("a");
        let post = sends.then(|| {
            let stores = Arc::clone(&inner);
            Post::new(Arc::clone(&profiles), PROFILE, stores, config)
        });
        let program: Arc<dyn mapi::Host> = match &post {
            None => profiles,
            Some(post) => Arc::new(OtherServices {
                services: mapi::Host::services(profiles.as_ref()),
                profiles,
                defaults: Vec::new(),
                ui: Some(Arc::clone(&person) as Arc<dyn UiHost>),
                form_host: None,
                post: Some(Arc::clone(post)),
            }),
        };
        let mapi = Mapi::initialize_with(program, flags);
        Ok(Self {
            scripted,
            person,
            host,
            mapi,
            post,
        })
    }

    /// Its spooler.
    pub(crate) fn post(&self) -> &Arc<Post> {
        self.post.as_ref().expect("a world with a spooler")
    }

    /// The profile as it is now.
    pub(crate) fn host_profile(&self) -> Result<Profile> {
        mapi::Host::profile(self.host.as_ref(), PROFILE)
    }

    /// Logs on without a person.
    pub(crate) fn logon(&self) -> Result<Session> {
        Session::logon(&self.mapi, Logon::profile(PROFILE))
    }
}

/// A service with the store of the case that has this letter; `a` is the default store.
pub(crate) fn plain(f: &Fixture, letter: &str) -> ProfileService {
    let flags = if letter == "a" {
        resource_flags::DEFAULT_STORE
    } else {
        0
    };
    let (service, config) = (f.ground().service(), f.ground().config(letter));
    ProfileService::store(service.name(), letter, flags, config)
}

/// A scripted service: stores by their letters, and transports by theirs.
pub(crate) fn scripted(f: &Fixture, stores: &[&str], transports: &[&str]) -> ProfileService {
    let name = stores.iter().chain(transports).next().unwrap();
    let mut config = f.ground().config(name);
    config.values.insert("word".to_owned(), "full".to_owned());
    let provider = |kind, name: &str, letter: &str| ProfileProvider {
        uid: uid_of(letter),
        name: name.to_owned(),
        display_name: format!("{name} {letter}"),
        kind,
        letter: match kind {
            ProviderKind::Store => letter.to_owned(),
            _ => String::new(),
        },
        values: match kind {
            ProviderKind::Store => f.ground().config(letter).values,
            _ => [(LETTER.to_owned(), letter.to_owned())].into(),
        },
        ..ProfileProvider::default()
    };
    let stores = stores.iter();
    let stores = stores.map(|l| provider(ProviderKind::Store, STORE, l));
    let transports = transports.iter();
    let transports = transports.map(|l| provider(ProviderKind::Transport, TRANSPORT, l));
    ProfileService {
        uid: letter_uid(*b"SERV", name),
        service: SCRIPTED.to_owned(),
        display_name: format!("scripted {name}"),
        config,
        providers: stores.chain(transports).collect(),
        ..ProfileService::default()
    }
}

/// PR_PROVIDER_UID of such a provider.
pub(crate) fn uid_of(letter: &str) -> Guid {
    letter_uid(*b"PROV", letter)
}

/// The same service without what it cannot do without.
pub(crate) fn unconfigured(mut service: ProfileService) -> ProfileService {
    service.config.values.remove("word");
    service
}

/// A person who answers as told, and remembers what was asked.
#[derive(Debug, Default)]
pub(crate) struct Person {
    state: Mutex<Answers>,
}

#[derive(Debug, Default)]
struct Answers {
    away: bool,
    cancels: bool,
    sets: Vec<(PropTag, PropValue)>,
    chooses: Option<String>,
    asked: Vec<String>,
}

impl Person {
    fn state(&self) -> MutexGuard<'_, Answers> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sets this in every sheet that can be changed.
    pub(crate) fn sets(&self, tag: PropTag, value: &str) {
        self.state().sets = vec![(tag, value.into())];
    }

    /// Chooses this profile.
    pub(crate) fn chooses(&self, name: &str) {
        self.state().chooses = Some(name.to_owned());
    }

    /// Cancels everything.
    pub(crate) fn cancels(&self) {
        self.state().cancels = true;
    }

    /// Is not there.
    pub(crate) fn goes_away(&self) {
        self.state().away = true;
    }

    /// What was asked since this was asked last.
    pub(crate) fn asked(&self) -> Vec<String> {
        std::mem::take(&mut self.state().asked)
    }

    fn asks(&self, what: String) -> Result<()> {
        let mut state = self.state();
        state.asked.push(what);
        if state.cancels {
            return Err(Error::new(Code::USER_CANCEL, "no"));
        }
        Ok(())
    }
}

impl UiHost for Person {
    fn is_there(&self) -> bool {
        !self.state().away
    }

    fn sheet(&self, sheet: &SheetRequest<'_>, data: &mut dyn SheetData, call: &Call) -> Result<()> {
        if self.state().away {
            self.asks(format!("nobody {}", sheet.title))?;
            return mapi_spi::Headless.sheet(sheet, data, call);
        }
        self.asks(format!(
            "sheet {}{}",
            sheet.title,
            if sheet.read_only { ", to read" } else { "" }
        ))?;
        let sets = self.state().sets.clone();
        if sheet.read_only || sets.is_empty() {
            return Ok(());
        }
        data.set(&sets)
    }

    fn choose_profile(&self, choice: &ProfileChoice<'_>, call: &Call) -> Result<ProfileAnswer> {
        if self.state().away {
            return mapi_spi::Headless.choose_profile(choice, call);
        }
        self.asks(format!(
            "profile {:?} {:?}",
            choice.profiles, choice.default
        ))?;
        let chosen = self.state().chooses.clone();
        Ok(ProfileAnswer::Use(chosen.unwrap_or_default()))
    }
}
