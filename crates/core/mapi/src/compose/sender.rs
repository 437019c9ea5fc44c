//! Who writes, and for whom. Reference: "Delegate Access" (requirement MSG-09, OUT-12)

use mapi_props::person::{RECEIVED_BY, RECEIVED_FOR, REPRESENTING, SENDER};
use mapi_props::{MessageTree, PropTag, PropValue, TreeProps};
use mapi_spi::Result;

use super::people::{addressee, person_keys};
use super::{Addressee, Compose};
use crate::context::Context;
use crate::host::resource_flags;
use crate::{Identity, MapiProp, Message};

/// Who the user is to the services of the session: what the caller says, the store at hand, the primary identity, the
/// others.
pub(super) fn identities(context: &Context, compose: &Compose) -> Vec<Identity> {
    let mut known = Vec::new();
    let mut add = |identity: Option<&Identity>| {
        if let Some(identity) = identity.filter(|i| !i.address.is_empty() && !known.contains(*i)) {
            known.push(identity.clone());
        }
    };
    add(compose.identity.as_ref());
    add(context.opened.place.identity.as_ref());
    let session = &context.member.session;
    let stores = session.roster.with_flags();
    let providers = session.providers.all();
    for primary in [true, false] {
        for (store, flags) in &stores {
            if (flags & resource_flags::PRIMARY_IDENTITY != 0) == primary {
                add(store.place.identity.as_ref());
            }
        }
        for provider in &providers {
            if (provider.flags() & resource_flags::PRIMARY_IDENTITY != 0) == primary {
                add(provider.identity.as_ref());
            }
        }
    }
    known
}

/// Who writes: what the caller says; else the identity that the original was received by or sent to; else the first; else, of
/// a session that knows nobody, whom the original was received by.
pub(super) fn writer(
    identities: &[Identity],
    compose: &Compose,
    original: Option<&MessageTree>,
) -> Option<Addressee> {
    if let Some(identity) = &compose.identity {
        return Some(Addressee::from(identity));
    }
    let addressed = original.and_then(|original| {
        let got = person_keys(&RECEIVED_BY, &original.props);
        let sent_to: Vec<_> = original.recipients.iter().flat_map(row_keys).collect();
        let by = |keys: &[Vec<u8>]| {
            let known = identities.iter().map(Addressee::from);
            known
                .into_iter()
                .find(|who| keys.contains(&who.search_key()))
        };
        by(&got).or_else(|| by(&sent_to))
    });
    addressed
        .or_else(|| identities.first().map(Addressee::from))
        .or_else(|| addressee(&RECEIVED_BY, &original?.props))
}

fn row_keys(row: &TreeProps) -> Vec<Vec<u8>> {
    super::people::kept(row, 0).map_or_else(Vec::new, |row| super::people::keys_of(&row))
}

/// Sets PR_SENDER_… to who writes, and PR_SENT_REPRESENTING_… to whom the original was received for, else to the same.
///
/// A caller who says who writes means it, unless the original was received by one for another.
pub(super) fn sign(
    message: &Message,
    writer: Option<Addressee>,
    original: Option<(&MessageTree, &Compose)>,
) -> Result<()> {
    let mut props = Vec::new();
    if let Some(writer) = &writer {
        props.extend(writer.told_as(&SENDER));
    }
    let received_for = original.and_then(|(original, compose)| {
        let chosen = compose.identity.is_some();
        let delegate = is_delegate(&original.props);
        addressee(&RECEIVED_FOR, &original.props).filter(|_| delegate || !chosen)
    });
    let author = received_for.or(writer);
    if let Some(author) = &author {
        props.extend(author.told_as(&REPRESENTING));
    }
    if let Some((original, _)) = original
        && author.is_some()
        && author == addressee(&RECEIVED_FOR, &original.props)
    {
        keep_ids(&mut props, &original.props);
    }
    if props.is_empty() {
        return Ok(());
    }
    message.set_props(&props).map(drop)
}

/// The identifiers under which the original names whom it was received for, an address book's perhaps.
fn keep_ids(props: &mut Vec<(PropTag, PropValue)>, original: &TreeProps) {
    for (from, to) in [
        (RECEIVED_FOR.entry_id, REPRESENTING.entry_id),
        (RECEIVED_FOR.search_key, REPRESENTING.search_key),
    ] {
        if let Some(value) = original.value(from) {
            props.retain(|(tag, _)| *tag != to.raw());
            props.push((to.raw(), value.clone()));
        }
    }
}

/// Whether the original was received by one person for another.
fn is_delegate(props: &TreeProps) -> bool {
    let (by, on_behalf) = (
        person_keys(&RECEIVED_BY, props),
        person_keys(&RECEIVED_FOR, props),
    );
    !on_behalf.is_empty() && !by.iter().any(|key| on_behalf.contains(key))
}
