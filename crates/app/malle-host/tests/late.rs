//! What a service did elsewhere for a profile is taken back when the profile cannot be written after all.

use std::path::Path;
use std::sync::Arc;

use mapi::{
    Code, EmbeddedHost, Error, Guid, Host, Mapi, NewService, Profile, ProfileService, Result,
    Service, Support,
};
use testkit::TempHome;
use transport_local::LocalDeliveryService;

/// Profiles on a disk that is full.
#[derive(Debug)]
struct Full(EmbeddedHost);

impl Host for Full {
    fn profile_names(&self) -> Result<Vec<String>> {
        self.0.profile_names()
    }

    fn default_profile(&self) -> Result<Option<String>> {
        self.0.default_profile()
    }

    fn profile(&self, name: &str) -> Result<Profile> {
        Host::profile(&self.0, name)
    }

    fn change_profile(
        &self,
        _name: &str,
        change: &mut dyn FnMut(&mut Profile) -> Result<()>,
    ) -> Result<()> {
        change(&mut Profile::default())?;
        Err(Error::new(Code::NOT_ENOUGH_DISK, "no space"))
    }

    fn service(&self, name: &str) -> Option<Arc<dyn Service>> {
        Host::service(&self.0, name)
    }

    fn support(&self, profile: &str, service: &ProfileService) -> Arc<dyn Support> {
        Host::support(&self.0, profile, service)
    }
}

fn host(home: &Path, profile: &str) -> EmbeddedHost {
    EmbeddedHost::new()
        .service(Arc::new(LocalDeliveryService))
        .add_profile(Profile {
            name: profile.to_owned(),
            base: home.join(profile),
            ..Profile::default()
        })
}

/// Adds local delivery with the one address that all want.
fn add(host: impl Host + 'static, home: &Path, profile: &str) -> Result<Guid> {
    let mapi = Mapi::initialize(Arc::new(host));
    let spool = home.join("spool");
    let service = NewService::of(transport_local::NAME)
        .set("address", "info@localhost")
        .set("spool", &spool.to_string_lossy());
    let services = mapi.admin_profiles()?.admin_services(profile)?;
    services.create_service(&service)
}

#[test]
fn an_address_is_free_again_when_its_service_could_not_be_added() {
    let home = TempHome::new().unwrap();
    let home = home.path();
    let full = add(Full(host(home, "ann")), home, "ann");
    assert_eq!(full.unwrap_err().code(), Code::NOT_ENOUGH_DISK);
    let claims = std::fs::read_dir(home.join("spool/addresses")).unwrap();
    assert_eq!(claims.count(), 0, "it was claimed, and given back");
    add(host(home, "bob"), home, "bob").unwrap();
    let taken = add(host(home, "eve"), home, "eve").unwrap_err();
    assert_ne!(taken.code(), Code::NOT_ENOUGH_DISK, "bob has it: {taken}");
}
