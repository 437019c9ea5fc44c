//! Profiles to administer, in memory and in files, and services whose entry points do what a case tells them.

mod clerk;
mod host;

use std::sync::Arc;

use mapi::{EmbeddedHost, Host, Logon, Mapi, Result, Service, Session, Support, UiHost};
use testkit::TempHome;

use crate::Fixture;

pub(crate) use clerk::{Answer, Clerk, ENTRY, extras, path, user};
pub(crate) use host::OtherServices;

/// The services: a store with a transport and two further sections; one that a profile has once at most; one that cannot say
/// who the user is; one without entry point.
pub(crate) const MAIL: &str = "TEST_MAIL";
pub(crate) const SINGLE: &str = "TEST_SINGLE";
pub(crate) const NOBODY: &str = "TEST_NOBODY";
pub(crate) const MUTE: &str = "TEST_MUTE";

/// Profiles of one kind, and the programs that administer them.
pub(crate) struct Desk {
    profiles: Arc<dyn Host>,
    /// What the services have in common.
    pub(crate) clerk: Arc<Clerk>,
    ui: Option<Arc<dyn UiHost>>,
    defaults: Vec<&'static str>,
    _home: Option<TempHome>,
}

/// Tells a story over profiles in memory, then over profiles in files.
pub(crate) fn each(f: &Fixture, story: impl Fn(&Desk) -> anyhow::Result<()>) -> anyhow::Result<()> {
    story(&Desk::in_memory(f))?;
    story(&Desk::in_files(f)?).map_err(|e| e.context("over profiles in files"))
}

impl Desk {
    pub(crate) fn in_memory(f: &Fixture) -> Self {
        let host = EmbeddedHost::new().support(f.support());
        Self::over(Arc::new(host), f, None)
    }

    pub(crate) fn in_files(f: &Fixture) -> anyhow::Result<Self> {
        let home = TempHome::new()?;
        let below = malle_host::Home::below(home.path());
        // A key in a file: the keyring of whoever runs the tests is left alone.
        let key = below.secure_key_file();
        std::fs::create_dir_all(key.parent().unwrap_or(home.path()))?;
        std::fs::write(key, [7; 32])?;
        let profiles = malle_host::Profiles::of(below);
        let host = malle_host::MalleHost::new(profiles);
        Ok(Self::over(Arc::new(host), f, Some(home)))
    }

    fn over(profiles: Arc<dyn Host>, f: &Fixture, home: Option<TempHome>) -> Self {
        Self {
            profiles,
            clerk: Clerk::new(f),
            ui: None,
            defaults: Vec::new(),
            _home: home,
        }
    }

    /// The same; this is what asks people.
    pub(crate) fn before(&self, ui: Arc<dyn UiHost>) -> Self {
        Self {
            profiles: Arc::clone(&self.profiles),
            clerk: Arc::clone(&self.clerk),
            ui: Some(ui),
            defaults: self.defaults.clone(),
            _home: None,
        }
    }

    /// The same; new profiles get these services.
    pub(crate) fn with_defaults(&self, defaults: &[&'static str]) -> Self {
        Self {
            profiles: Arc::clone(&self.profiles),
            clerk: Arc::clone(&self.clerk),
            ui: self.ui.clone(),
            defaults: defaults.to_vec(),
            _home: None,
        }
    }

    /// The same for whoever keeps it.
    pub(crate) fn shared_host(&self) -> Arc<dyn Host> {
        Arc::clone(&self.profiles)
    }

    /// Where the profiles are.
    pub(crate) fn host(&self) -> &dyn Host {
        self.profiles.as_ref()
    }

    /// Every byte of the files of the profiles.
    pub(crate) fn raw(&self) -> Option<Vec<u8>> {
        let home = self._home.as_ref()?;
        let mut bytes = Vec::new();
        gather(home.path(), &mut bytes);
        Some(bytes)
    }

    /// The library in a program that just started: to the profiles, another process.
    pub(crate) fn program(&self) -> Mapi {
        let host = OtherServices {
            profiles: Arc::clone(&self.profiles),
            services: Clerk::services(&self.clerk),
            defaults: self.defaults.iter().map(|s| (*s).to_owned()).collect(),
            ui: self.ui.clone(),
            form_host: None,
            post: None,
        };
        Mapi::initialize(Arc::new(host))
    }

    /// A session of a program that just started.
    pub(crate) fn logon(&self, profile: &str) -> Result<Session> {
        Session::logon(&self.program(), Logon::profile(profile).create())
    }
}

fn gather(path: &std::path::Path, bytes: &mut Vec<u8>) {
    if let Ok(entries) = std::fs::read_dir(path) {
        for entry in entries.flatten() {
            gather(&entry.path(), bytes);
        }
    } else {
        bytes.extend(std::fs::read(path).unwrap_or_default());
    }
}

/// What a case needs of the fixture.
impl Fixture {
    /// The clock and the randomness of the case.
    pub(crate) fn support(&self) -> Arc<dyn Support> {
        self.host_with(self.ground().service())
            .support("", &mapi::ProfileService::default())
    }
}

/// Names a service of the ground in profiles of its own.
pub(crate) type Services = Vec<Arc<dyn Service>>;
