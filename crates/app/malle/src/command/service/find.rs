//! Which service or provider somebody means.

use mapi::{Profile, ProfileProvider, ProfileService};

use crate::app::App;
use crate::exit::{Exit, Outcome};
use crate::messages::Msg;

/// The number of a service in its profile: by its number in the list, its uid, the letter of its store, its name or
/// what people call it.
pub(super) fn service(app: &App, profile: &Profile, word: &str) -> Outcome<usize> {
    let services = &profile.services;
    let lettered = |s: &ProfileService| s.providers.iter().any(|p| !p.deleted && p.letter == word);
    let ways: [&dyn Fn(&ProfileService) -> bool; 4] = [
        &|s| s.uid.to_string() == word,
        &lettered,
        &|s| s.service == word,
        &|s| s.display_name == word,
    ];
    if let Some(at) = numbered(word, services.len()) {
        return Ok(at);
    }
    one_of(
        app,
        services,
        &ways,
        (Msg::UnknownServiceIn, Msg::SeveralServices),
        word,
    )
}

/// The number of a provider in its service.
pub(super) fn provider(app: &App, service: &ProfileService, word: &str) -> Outcome<usize> {
    let providers = &service.providers;
    let ways: [&dyn Fn(&ProfileProvider) -> bool; 4] = [
        &|p| !p.deleted && p.uid.to_string() == word,
        &|p| !p.deleted && p.letter == word,
        &|p| !p.deleted && p.name == word,
        &|p| !p.deleted && p.display_name == word,
    ];
    let shown: Vec<usize> = (0..providers.len())
        .filter(|n| providers.get(*n).is_some_and(|p| !p.deleted))
        .collect();
    if let Some(at) = numbered(word, shown.len()).and_then(|n| shown.get(n)) {
        return Ok(*at);
    }
    one_of(
        app,
        providers,
        &ways,
        (Msg::UnknownProvider, Msg::SeveralProviders),
        word,
    )
}

fn numbered(word: &str, count: usize) -> Option<usize> {
    let number: usize = word.parse().ok()?;
    number.checked_sub(1).filter(|n| *n < count)
}

/// The only one that a way of naming gives; the first way that gives any counts.
fn one_of<T>(
    app: &App,
    all: &[T],
    ways: &[&dyn Fn(&T) -> bool],
    (none, several): (Msg, Msg),
    word: &str,
) -> Outcome<usize> {
    for way in ways {
        let mut found = (0..).zip(all).filter(|(_, one)| way(one)).map(|(n, _)| n);
        match (found.next(), found.next()) {
            (Some(at), None) => return Ok(at),
            (Some(_), Some(_)) => {
                return Err(app.fail(Exit::Usage, "ambiguous", several, &[&word]));
            }
            (None, _) => {}
        }
    }
    Err(app.fail(Exit::NotFound, "MAPI_E_NOT_FOUND", none, &[&word]))
}
