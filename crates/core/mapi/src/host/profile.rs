//! What a profile holds: message services with their providers, and sections of properties.
//! Reference: "MAPI Profiles", "Message Services and Profiles" (requirements R-ProfSect, MS-02)

use std::collections::BTreeMap;
use std::path::PathBuf;

use mapi_props::{Bag, Guid};
use mapi_spi::{
    Identity, ProviderDescription, ProviderKind, ServiceConfig, ServiceDescription, service_flags,
};

/// A profile: which message services a user has, and what programs keep in its sections.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Profile {
    /// Its name.
    pub name: String,
    /// PR_SEARCH_KEY of MUID_PROFILE_INSTANCE: random, and never that of another profile, even of the same name.
    pub instance: Guid,
    /// Where relative paths in the settings of its services start.
    pub base: PathBuf,
    /// The letter that the next store gets; empty: `a`. Letters of removed stores are never given again.
    pub next_letter: String,
    /// Its services, in order.
    pub services: Vec<ProfileService>,
    /// Transport providers by PR_PROVIDER_UID, the first to be asked first. Those missing here come after, in the order
    /// of the services.
    pub transport_order: Vec<Guid>,
    /// Profile sections by their UID. For services and providers: what the fields above do not say.
    pub sections: BTreeMap<Guid, Bag>,
    /// It goes when no session uses it any more. Till then it is neither listed nor logged on to.
    pub deleted: bool,
    /// The name that it gets when no session uses it any more.
    pub renamed_to: Option<String>,
    /// It was made by a program for itself (MAPI_APP_PROFILE), and is shown to nobody else.
    pub app: bool,
}

/// One message service of a profile.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ProfileService {
    /// PR_SERVICE_UID.
    pub uid: Guid,
    /// PR_SERVICE_NAME: `MALLE_LOCAL`.
    pub service: String,
    /// PR_DISPLAY_NAME.
    pub display_name: String,
    /// PR_RESOURCE_FLAGS: [`mapi_spi::service_flags`].
    pub flags: u32,
    /// Who the user is to this service, if it knows.
    pub identity: Option<Identity>,
    /// Its settings.
    pub config: ServiceConfig,
    /// Its providers, in order.
    pub providers: Vec<ProfileProvider>,
    /// PR_SERVICE_EXTRA_UIDS: its further profile sections.
    pub extra_sections: Vec<Guid>,
}

/// One provider of a service.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ProfileProvider {
    /// PR_PROVIDER_UID.
    pub uid: Guid,
    /// Which of the service's providers it is: [`ProviderDescription::name`].
    pub name: String,
    /// PR_DISPLAY_NAME.
    pub display_name: String,
    /// PR_RESOURCE_TYPE.
    pub kind: ProviderKind,
    /// Of stores: what ids begin with: `a`. Empty for other kinds.
    pub letter: String,
    /// PR_RESOURCE_FLAGS: which roles it has; see [`resource_flags`].
    pub flags: u32,
    /// Its own settings, over those of the service.
    pub values: BTreeMap<String, String>,
    /// It goes when no session uses the profile any more. Till then it is not listed, but works.
    pub deleted: bool,
}

impl Profile {
    /// Adds a service as its description says, and returns it: a store gets the next letter, and whatever is not in
    /// `values` its default. `uid` gives UIDs that are new.
    pub fn add(
        &mut self,
        service: &ServiceDescription,
        values: BTreeMap<String, String>,
        uid: &mut dyn FnMut() -> Guid,
    ) -> &mut ProfileService {
        let created = service.providers.iter().filter(|p| !p.on_demand);
        let providers = created.map(|p| self.provider(p, uid)).collect();
        let mut values = values;
        for setting in &service.settings {
            if let Some(default) = &setting.default {
                let value = values.entry(setting.key.clone());
                value.or_insert_with(|| default.clone());
            }
        }
        let added = ProfileService {
            uid: uid(),
            service: service.name.clone(),
            display_name: service.display_name.clone(),
            flags: service.flags,
            identity: None,
            config: ServiceConfig {
                base: self.base.clone(),
                values,
            },
            providers,
            extra_sections: service.sections.iter().map(|s| s.uid).collect(),
        };
        self.services.push_mut(added)
    }

    /// A provider as its description says, with the next letter if it is a store. It is not in the profile yet.
    pub fn provider(
        &mut self,
        provider: &ProviderDescription,
        uid: &mut dyn FnMut() -> Guid,
    ) -> ProfileProvider {
        let letter = match provider.kind {
            ProviderKind::Store => self.take_letter(),
            ProviderKind::AddressBook | ProviderKind::Transport => String::new(),
        };
        let settings = provider.settings.iter();
        let defaults = settings.filter_map(|s| Some((s.key.clone(), s.default.clone()?)));
        ProfileProvider {
            uid: uid(),
            name: provider.name.clone(),
            display_name: provider.display_name.clone(),
            kind: provider.kind,
            letter,
            flags: provider.flags,
            values: defaults.collect(),
            deleted: false,
        }
    }

    /// The next letter for a store; it is never given again.
    pub fn take_letter(&mut self) -> String {
        let mut letter = std::mem::take(&mut self.next_letter);
        let taken = |letter: &str| {
            let mut all = self.services.iter().flat_map(|s| &s.providers);
            all.any(|p| p.letter == letter)
        };
        while letter.is_empty() || taken(&letter) {
            letter = letter_after(&letter);
        }
        self.next_letter = letter_after(&letter);
        letter
    }

    /// All providers with their services, in order, without those that are going.
    pub fn providers(&self) -> impl Iterator<Item = (&ProfileService, &ProfileProvider)> {
        let all = self
            .services
            .iter()
            .flat_map(|s| s.providers.iter().map(move |p| (s, p)));
        all.filter(|(_, p)| !p.deleted)
    }

    /// The stores of them.
    pub fn stores(&self) -> impl Iterator<Item = (&ProfileService, &ProfileProvider)> {
        self.providers()
            .filter(|(_, p)| p.kind == ProviderKind::Store)
    }

    /// The transports of them, the first to be asked first: as [`Self::transport_order`] says, then the others in the order
    /// of the services, and those with STATUS_XP_PREFER_LAST at the end (requirement TX-03).
    #[must_use]
    pub fn transports(&self) -> Vec<(&ProfileService, &ProfileProvider)> {
        let place = |p: &ProfileProvider| {
            let named = self.transport_order.iter().position(|uid| *uid == p.uid);
            let last = p.flags & resource_flags::XP_PREFER_LAST != 0;
            (named.unwrap_or(usize::MAX), named.is_none() && last)
        };
        let of_kind =
            |(_, p): &(&ProfileService, &ProfileProvider)| p.kind == ProviderKind::Transport;
        let mut transports: Vec<_> = self.providers().filter(of_kind).collect();
        transports.sort_by_key(|(_, p)| place(p));
        transports
    }

    /// PR_PROVIDER_ORDINAL: where a provider stands among those of its kind, from 0.
    #[must_use]
    pub fn ordinal(&self, provider: &ProfileProvider) -> Option<i32> {
        let is_it = |(_, p): &(&ProfileService, &ProfileProvider)| p.uid == provider.uid;
        let at = match provider.kind {
            ProviderKind::Transport => self.transports().iter().position(is_it),
            kind => {
                let mut same = self.providers().filter(|(_, p)| p.kind == kind);
                same.position(|found| is_it(&found))
            }
        };
        at.and_then(|at| i32::try_from(at).ok())
    }

    /// The service of this PR_SERVICE_UID.
    #[must_use]
    pub fn service(&self, uid: Guid) -> Option<&ProfileService> {
        self.services.iter().find(|s| s.uid == uid)
    }
}

impl ProfileService {
    /// A service of one store, as programs with few profiles make it. Its UIDs are made of the letter.
    #[must_use]
    pub fn store(service: &str, letter: &str, flags: u32, config: ServiceConfig) -> Self {
        let provider = ProfileProvider {
            uid: letter_uid(*b"PROV", letter),
            name: service.to_owned(),
            display_name: service.to_owned(),
            letter: letter.to_owned(),
            flags,
            ..ProfileProvider::default()
        };
        Self {
            uid: letter_uid(*b"SERV", letter),
            service: service.to_owned(),
            display_name: service.to_owned(),
            config,
            providers: vec![provider],
            ..Self::default()
        }
    }

    /// PR_RESOURCE_FLAGS as tables show it: with SERVICE_DEFAULT_STORE if it has the default store.
    #[must_use]
    pub fn shown_flags(&self) -> u32 {
        let default = |p: &ProfileProvider| p.flags & resource_flags::DEFAULT_STORE != 0;
        match self.providers.iter().any(default) {
            true => self.flags | service_flags::DEFAULT_STORE,
            false => self.flags & !service_flags::DEFAULT_STORE,
        }
    }

    /// What a provider of it is opened with: its own settings over those of the service.
    #[must_use]
    pub fn config_of(&self, provider: &ProfileProvider) -> ServiceConfig {
        let mut config = self.config.clone();
        config.values.extend(provider.values.clone());
        config
    }
}

/// A UID for what a profile held before services and providers had one: the same whenever it is read.
#[must_use]
pub fn letter_uid(kind: [u8; 4], letter: &str) -> Guid {
    let mut bytes = [0; 16];
    let text = kind.iter().chain(letter.as_bytes());
    bytes
        .iter_mut()
        .zip(text)
        .for_each(|(to, from)| *to = *from);
    Guid(bytes)
}

/// The letters of the store after the one that has these: `a` after none, `b` after `a`, `aa` after `z`.
#[must_use]
pub fn letter_after(letters: &str) -> String {
    let mut letters = letters.as_bytes().to_vec();
    for letter in letters.iter_mut().rev() {
        if *letter < b'z' {
            *letter += 1;
            return letters.into_iter().map(char::from).collect();
        }
        *letter = b'a';
    }
    letters.push(b'a');
    letters.into_iter().map(char::from).collect()
}

/// PR_RESOURCE_FLAGS of a provider (requirements 8.5).
pub mod resource_flags {
    /// STATUS_DEFAULT_OUTBOUND: of a transport that is asked first.
    pub const DEFAULT_OUTBOUND: u32 = 0x1;
    /// STATUS_DEFAULT_STORE: the default store of the session.
    pub const DEFAULT_STORE: u32 = 0x2;
    /// STATUS_PRIMARY_IDENTITY: the user is who this service says.
    pub const PRIMARY_IDENTITY: u32 = 0x4;
    /// STATUS_SIMPLE_STORE: the default store of Simple MAPI clients.
    pub const SIMPLE_STORE: u32 = 0x8;
    /// STATUS_XP_PREFER_LAST: a transport that is asked after the others.
    pub const XP_PREFER_LAST: u32 = 0x10;
    /// STATUS_NO_PRIMARY_IDENTITY: the service cannot say who the user is.
    pub const NO_PRIMARY_IDENTITY: u32 = 0x20;
    /// STATUS_NO_DEFAULT_STORE: never the default store.
    pub const NO_DEFAULT_STORE: u32 = 0x40;
    /// STATUS_TEMP_SECTION: open for this session only, not in the profile.
    pub const TEMP_SECTION: u32 = 0x80;
    /// STATUS_OWN_STORE: a transport that works with one store only.
    pub const OWN_STORE: u32 = 0x100;
    /// STATUS_NEED_IPM_TREE: gets the usual folders though it is not the default store.
    pub const NEED_IPM_TREE: u32 = 0x800;
    /// STATUS_PRIMARY_STORE: the default store at logon.
    pub const PRIMARY_STORE: u32 = 0x1000;
    /// STATUS_SECONDARY_STORE: the default store at logon while the primary one cannot be opened.
    pub const SECONDARY_STORE: u32 = 0x2000;
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use mapi_props::Guid;
    use mapi_spi::ServiceDescription;

    use super::{Profile, letter_after};

    #[test]
    fn letters_go_on_after_z() {
        for (letters, next) in [
            ("", "a"),
            ("a", "b"),
            ("z", "aa"),
            ("az", "ba"),
            ("zz", "aaa"),
        ] {
            assert_eq!(letter_after(letters), next);
        }
    }

    #[test]
    fn a_letter_is_never_given_twice() {
        let mut profile = Profile::default();
        let store = ServiceDescription::store("X", "X");
        let add = |profile: &mut Profile| {
            let added = profile.add(&store, BTreeMap::new(), &mut || Guid::NIL);
            added.providers[0].letter.clone()
        };
        assert_eq!(
            (add(&mut profile), add(&mut profile)),
            ("a".to_owned(), "b".to_owned())
        );
        profile.services.clear();
        assert_eq!(add(&mut profile), "c");
    }
}
