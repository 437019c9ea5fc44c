//! One change of profiles: what it is, what it makes of them, and how it is done.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result, ensure};
use malle_host::MalleHost;
use mapi::{
    Guid, Logon, Mapi, MapiProp, NewService, ProfileFlags, PropTag, PropType, PropValue,
    SectionFlags, ServiceFlags, Session,
};
use serde_json::{Value, json};
use testkit::Chance;

/// What a worker may have of profiles, and of services in one.
const MOST: usize = 5;

/// The section that workers write, and the two properties that every write sets to the same.
const SECTION: Guid = Guid([0x5A; 16]);
const OPEN: PropTag = PropTag::new(0x6800, PropType::UNICODE);
const SECURE: PropTag = PropTag::new(0x67F0, PropType::UNICODE);
/// The property of the first setting of the services that are used here.
const SETTING: PropTag = PropTag::new(0x6600, PropType::UNICODE);

/// The services that are used here, and the key of their setting.
const SERVICES: [(&str, &str); 2] = [("MALLE_MEMORY", "name"), ("MALLE_LOCAL", "path")];

/// Profiles by name, as far as changes are about them.
pub(super) type State = BTreeMap<String, Content>;

/// What a profile holds: its services, each with its setting, and what its section says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Content {
    pub(super) services: Vec<(String, String)>,
    pub(super) written: Option<(String, String)>,
}

/// A change, as the journal has it: its kind, the profile, and up to two more words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Change {
    pub(super) kind: String,
    name: String,
    a: String,
    b: String,
}

impl Change {
    fn new(kind: &str, name: &str, a: impl Into<String>, b: impl Into<String>) -> Self {
        Self {
            kind: kind.to_owned(),
            name: name.to_owned(),
            a: a.into(),
            b: b.into(),
        }
    }

    pub(super) fn to_json(&self) -> Value {
        json!([self.kind, self.name, self.a, self.b])
    }

    pub(super) fn from_json(value: &Value) -> Option<Self> {
        let word = |at: usize| value.get(at)?.as_str().map(str::to_owned);
        Some(Self {
            kind: word(0)?,
            name: word(1)?,
            a: word(2)?,
            b: word(3)?,
        })
    }

    /// A change of these profiles that can be made.
    pub(super) fn choose(worker: &str, state: &State, chance: &mut Chance) -> Self {
        let fresh = format!("{worker}-{}", chance.word(6));
        let Some((name, content)) = some_of(state, chance) else {
            return Self::new("create", &fresh, chance.word(4), "");
        };
        let count = content.services.len();
        let at = chance.below(count.max(1) as u64).to_string();
        let room = state.len() < MOST;
        match chance.below(14) {
            0 | 1 if room => Self::new("create", &fresh, chance.word(4), ""),
            2 if room => Self::new("copy", name, fresh, ""),
            3 if room => Self::new("export-import", name, fresh, ""),
            4 => Self::new("rename", name, fresh, ""),
            5 => Self::new("rename-used", name, fresh, ""),
            6 if !room => Self::new("delete", name, "", ""),
            7 if !room => Self::new("delete-used", name, "", ""),
            8 if count < MOST => {
                let service = chance.pick(&SERVICES).0;
                Self::new("add-service", name, service, chance.word(8))
            }
            9 if (1..MOST).contains(&count) => Self::new("copy-service", name, at, ""),
            10 if count > 0 => Self::new("configure", name, at, chance.word(8)),
            11 if count > 1 => Self::new("delete-service", name, at, ""),
            12 => Self::new("set-default", name, "", ""),
            _ => Self::new("write-section", name, chance.word(12), ""),
        }
    }

    /// The profiles when it is done.
    pub(super) fn applied(&self, before: &State) -> State {
        let mut state = before.clone();
        let at: usize = self.a.parse().unwrap_or(0);
        match self.kind.as_str() {
            "create" => {
                let service = (SERVICES[0].0.to_owned(), self.a.clone());
                let content = Content {
                    services: vec![service],
                    written: None,
                };
                state.insert(self.name.clone(), content);
            }
            "copy" => {
                let copy = state.get(&self.name).cloned().unwrap_or_default();
                state.insert(self.a.clone(), copy);
            }
            "export-import" => {
                let mut copy = state.get(&self.name).cloned().unwrap_or_default();
                if let Some(written) = &mut copy.written {
                    written.1.clear();
                }
                state.insert(self.a.clone(), copy);
            }
            "rename" | "rename-used" => {
                let content = state.remove(&self.name).unwrap_or_default();
                state.insert(self.a.clone(), content);
            }
            "delete" | "delete-used" => drop(state.remove(&self.name)),
            _ => {
                let content = state.entry(self.name.clone()).or_default();
                match self.kind.as_str() {
                    "add-service" => content.services.push((self.a.clone(), self.b.clone())),
                    "copy-service" => content.services.extend(content.services.get(at).cloned()),
                    "configure" => {
                        if let Some((_, value)) = content.services.get_mut(at) {
                            value.clone_from(&self.b);
                        }
                    }
                    "delete-service" => drop(content.services.remove(at)),
                    "write-section" => content.written = Some((self.a.clone(), self.a.clone())),
                    _ => {}
                }
            }
        }
        state
    }

    /// Does it, through the client API.
    pub(super) fn perform(&self, mapi: &Mapi, host: &Arc<MalleHost>) -> Result<()> {
        let admin = mapi.admin_profiles()?;
        let (name, a, b) = (self.name.as_str(), self.a.as_str(), self.b.as_str());
        match self.kind.as_str() {
            "create" => {
                let (service, key) = SERVICES[0];
                let service = NewService::of(service).set(key, a);
                admin.create_profile_with(name, ProfileFlags::NONE, &[service])?;
            }
            "copy" => admin.copy_profile(name, a, ProfileFlags::NONE)?,
            "export-import" => {
                let export = host.profiles().export(name)?;
                host.profiles()
                    .import(a, Path::new("export"), &export.text)?;
            }
            "rename" => admin.rename_profile(name, a, ProfileFlags::NONE)?,
            "delete" => admin.delete_profile(name, ProfileFlags::NONE)?,
            "rename-used" | "delete-used" => {
                // Its stores need not open: what counts is that somebody uses it.
                let used = mapi::Host::use_profile(&**host, name)?;
                let session = Session::logon(mapi, Logon::profile(name).new_session());
                match self.kind.as_str() {
                    "rename-used" => admin.rename_profile(name, a, ProfileFlags::NONE)?,
                    _ => admin.delete_profile(name, ProfileFlags::NONE)?,
                }
                drop(used);
                match session {
                    Ok(session) => session.logoff(),
                    // The next administration call does what no session is there to do.
                    Err(_) => drop(admin.profile_table(ProfileFlags::NONE)),
                }
            }
            "set-default" => admin.set_default_profile(Some(name))?,
            _ => self.perform_in(mapi, host, name, a, b)?,
        }
        Ok(())
    }

    fn perform_in(
        &self,
        mapi: &Mapi,
        host: &Arc<MalleHost>,
        name: &str,
        a: &str,
        b: &str,
    ) -> Result<()> {
        let services = mapi.admin_profiles()?.admin_services(name)?;
        let profile = host.profiles().load(name)?;
        let nth = || -> Result<Guid> {
            let service = profile.services.get(a.parse::<usize>()?);
            Ok(service.context("the service is there")?.uid)
        };
        match self.kind.as_str() {
            "add-service" => {
                let known = SERVICES.iter().find(|(service, _)| *service == a);
                let (service, key) = known.context("a service that is used here")?;
                services.create_service(&NewService::of(service).set(key, b))?;
            }
            "copy-service" => drop(services.copy_service(nth()?, &services)?),
            "configure" => {
                let props = [(SETTING, PropValue::from(b))];
                services.configure_service(nth()?, ServiceFlags::NONE, &props)?;
            }
            "delete-service" => services.delete_service(nth()?)?,
            "write-section" => {
                let section = services.open_profile_section(SECTION, SectionFlags::MODIFY)?;
                let value = PropValue::from(a);
                let problems = section.set_props(&[(OPEN, value.clone()), (SECURE, value)])?;
                ensure!(problems.is_empty(), "{problems:?}");
            }
            other => anyhow::bail!("no such change: {other}"),
        }
        Ok(())
    }
}

/// What a profile of a host holds, and whether it is sound.
pub(super) fn content_of(profile: &mapi::Profile) -> Result<Content> {
    let mut uids = Vec::new();
    let mut letters = Vec::new();
    let mut services = Vec::new();
    for service in &profile.services {
        let known = SERVICES.iter().find(|(name, _)| *name == service.service);
        let (_, key) = known.with_context(|| format!("a service {:?}", service.service))?;
        let value = service.config.values.get(*key).cloned().unwrap_or_default();
        // A copy has its paths written out.
        let file = Path::new(&value).file_name().unwrap_or_default();
        services.push((service.service.clone(), file.to_string_lossy().into_owned()));
        uids.push(service.uid);
        for provider in &service.providers {
            uids.push(provider.uid);
            letters.push(provider.letter.clone());
        }
        ensure!(
            service.providers.len() == 1,
            "{:?} is not whole",
            service.service
        );
    }
    let (all, stores) = (uids.len(), letters.len());
    uids.sort_unstable();
    uids.dedup();
    letters.sort_unstable();
    letters.dedup();
    ensure!(uids.len() == all, "two have one UID: {profile:?}");
    ensure!(letters.len() == stores, "two have one letter: {profile:?}");
    let section = profile.sections.get(&SECTION);
    let text = |tag| {
        section
            .and_then(|s| s.text(tag))
            .unwrap_or_default()
            .to_owned()
    };
    Ok(Content {
        services,
        written: section
            .map(|_| (text(OPEN), text(SECURE)))
            .filter(|w| !w.0.is_empty()),
    })
}

fn some_of<'a>(state: &'a State, chance: &mut Chance) -> Option<(&'a str, &'a Content)> {
    let at = usize::try_from(chance.below(state.len().max(1) as u64)).ok()?;
    state
        .iter()
        .nth(at)
        .map(|(name, content)| (name.as_str(), content))
}
