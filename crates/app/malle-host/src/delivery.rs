//! Mail from programs that have no profile, for the mailboxes of this machine: what `malle deliver` does.
//! RFC 2033; the design is docs/design/local-delivery.md

use std::io::Read;
use std::path::Path;

use mapi::Profile;
use mapi_spi::{Call, Result};

use crate::{DELIVERY_SERVICE, Home, SystemSupport};

pub use mapi_spi::{Fate, Refusal};
pub use transport_local::{Answer, Envelope, Post};

/// The post of a home: of the spool directory that its profiles have in common unless they say otherwise.
#[must_use]
pub fn post_of_home(home: &Home) -> Post {
    Post::in_spool(home.spool_dir())
}

/// The post of a directory that `--spool` or a setting names.
#[must_use]
pub fn post_in(directory: &Path) -> Post {
    Post::in_spool(directory.to_owned())
}

/// The post that a profile is configured for; that of its home if it has no local delivery.
///
/// # Errors
/// `MAPI_E_UNCONFIGURED` and `MAPI_E_INVALID_PARAMETER` for settings that cannot be, with key, value and what is allowed.
pub fn post_of(profile: &Profile, home: &Home) -> Result<Post> {
    let service = profile
        .services
        .iter()
        .find(|s| s.service == DELIVERY_SERVICE);
    service.map_or_else(
        || Ok(post_of_home(home)),
        |service| Post::of(&service.config),
    )
}

/// Delivers a message (RFC 5322) and says what became of each recipient. What was delivered is durable when this returns.
///
/// # Errors
/// Those of [`Post::deliver`]; nobody got it then.
pub fn deliver(
    post: &Post,
    message: &mut dyn Read,
    envelope: &Envelope,
    call: &Call,
) -> Result<Vec<Answer>> {
    post.deliver(message, envelope, &SystemSupport, call)
}
