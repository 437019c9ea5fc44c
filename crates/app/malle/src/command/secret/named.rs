//! Which secret is meant: by its whole name, or by a service of the profile in use.

use malle_host::secrets::SecretName;
use mapi::{Host, Profile, ProfileService};
use mapi_props::Guid;

use crate::app::App;
use crate::exit::{Exit, Outcome};
use crate::messages::Msg;

/// A name that may be of a service which is gone: what is stored can always be tested and deleted.
pub(super) fn any(app: &App, text: &str) -> Outcome<SecretName> {
    match text.parse() {
        Ok(name) => Ok(name),
        Err(_) => of_service(app, text),
    }
}

/// A name of a service that the profile has.
pub(super) fn of_service(app: &App, text: &str) -> Outcome<SecretName> {
    let bad = || app.fail(Exit::Usage, "bad-secret-name", Msg::BadSecretName, &[&text]);
    let parts: Vec<&str> = text.split('/').collect();
    let (profile, service, key) = match parts.as_slice() {
        [service, key] => (app.profile_name()?, *service, *key),
        [profile, service, key] => ((*profile).to_owned(), *service, *key),
        _ => return Err(bad()),
    };
    let loaded = app.host()?.profile(&profile).map_err(|e| app.failure(&e))?;
    let uid = find(&loaded, service).ok_or_else(|| {
        let parts: [&dyn std::fmt::Display; 2] = [&service, &profile];
        app.fail(
            Exit::NotFound,
            "no-such-service",
            Msg::NoServiceOfSecret,
            &parts,
        )
    })?;
    SecretName::new(&profile, uid, key).map_err(|_| bad())
}

/// The one service that goes by a UID, by the letter of its store or by its name.
fn find(profile: &Profile, text: &str) -> Option<Guid> {
    let uid: Option<Guid> = text.parse().ok();
    let is_meant = |service: &&ProfileService| {
        let letter = service.providers.iter().any(|p| p.letter == text);
        Some(service.uid) == uid
            || letter
            || service.service == text
            || service.display_name == text
    };
    let mut found = profile.services.iter().filter(is_meant);
    let first = found.next()?;
    found.next().is_none().then_some(first.uid)
}
