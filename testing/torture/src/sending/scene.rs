//! The home with three profiles that write to each other.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result};
use malle_host::{Catalogue, Home, LOCAL_SERVICE, MalleHost, Profiles, default_config};
use mapi::{Host, Logon, Mapi, NewService, Session};
use testkit_transport::{Disturbed, Script};

/// Who sends.
pub(crate) const SENDER: &str = "anna";
/// Who receives.
pub(super) const RECEIVERS: [&str; 2] = ["bert", "cora"];
/// PR_SERVICE_NAME of local delivery.
const DELIVERY: &str = "MALLE_DELIVERY";
/// Of the addresses of the profiles.
const DOMAIN: &str = "torture.example";

/// The address of a profile.
pub(super) fn address(profile: &str) -> String {
    format!("{profile}@{DOMAIN}")
}

/// A home.
#[derive(Debug, Clone)]
pub(crate) struct Scene {
    pub(super) home: PathBuf,
    /// Journals and scripts, outside of the home: no disk is full there.
    pub(super) aside: PathBuf,
}

impl Scene {
    /// Makes the profiles, each with local delivery.
    pub(crate) fn new(home: &Path, aside: &Path) -> Result<Self> {
        let scene = Self {
            home: home.to_owned(),
            aside: aside.to_owned(),
        };
        for profile in [SENDER].into_iter().chain(RECEIVERS) {
            let host = scene.host(None)?;
            let config = default_config(LOCAL_SERVICE).context("the local store is built in")?;
            host.create_profile(profile, LOCAL_SERVICE, config)?;
            let mapi = Mapi::initialize(Arc::clone(&host) as Arc<dyn Host>);
            let services = mapi.admin_profiles()?.admin_services(profile)?;
            let delivery = NewService::of(DELIVERY).set("address", &address(profile));
            services.create_service(&delivery)?;
            std::fs::create_dir_all(scene.script(profile))?;
        }
        Ok(scene)
    }

    /// Where it is.
    pub(crate) fn home(&self) -> &Path {
        &self.home
    }

    /// One that is there.
    pub(super) fn at(home: &str, aside: &str) -> Self {
        Self {
            home: home.into(),
            aside: aside.into(),
        }
    }

    /// Where acts of the transport of a profile lie.
    pub(super) fn script(&self, profile: &str) -> PathBuf {
        self.aside.join(format!("script-{profile}"))
    }

    /// What the process that submits says.
    pub(super) fn journal(&self) -> PathBuf {
        self.aside.join("journal")
    }

    /// A host as every program has one; transports of this profile do what its script says.
    pub(crate) fn host(&self, disturbed: Option<&str>) -> Result<Arc<MalleHost>> {
        let home = Home::below(&self.home);
        let mut catalogue = Catalogue::of(&home);
        if let Some(profile) = disturbed {
            let delivery = catalogue.service(DELIVERY);
            let delivery = Arc::clone(delivery.context("local delivery is built in")?);
            let script = Script::below(&self.script(profile))?;
            catalogue = catalogue.with(Disturbed::of(delivery, script));
        }
        Ok(Arc::new(MalleHost::new(Profiles::made_of(home, catalogue))))
    }

    /// A session as a program has one that sends nothing.
    pub(super) fn session(&self, profile: &str) -> Result<Session> {
        let mapi = Mapi::initialize(self.host(None)? as Arc<dyn Host>);
        Ok(Session::logon(&mapi, Logon::profile(profile))?)
    }
}
