//! Which transport is asked to serve a recipient next.
//! Reference: "Setting Transport Order" (requirement TX-03)

use mapi_props::{Bag, Guid, PropValue, tags};
use mapi_spi::Reach;

/// The type of an address without one, as for whoever reads PR_ADDRTYPE.
const DEFAULT_TYPE: &str = "SMTP";

/// What a transport can reach.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reached {
    /// The transport.
    pub(crate) uid: Guid,
    /// What it said.
    pub(crate) reach: Reach,
}

/// The transport that is asked next for a recipient: of all in transport order, the first that named the UID of its entry id;
/// then the first that named its address type; leaving out those that `declined`. `None`: nobody is left.
pub(crate) fn next(
    all: &[Reached],
    recipient: &Bag,
    declined: impl Fn(Guid) -> bool,
) -> Option<Guid> {
    let by_uid = provider(recipient).and_then(|uid| {
        let named = |r: &&Reached| r.reach.uids.contains(&uid) && !declined(r.uid);
        all.iter().find(named)
    });
    let kind = recipient.text(tags::ADDRTYPE).unwrap_or(DEFAULT_TYPE);
    let by_type = |r: &&Reached| takes(&r.reach, kind) && !declined(r.uid);
    by_uid.or_else(|| all.iter().find(by_type)).map(|r| r.uid)
}

/// Whether the address type is one of those that were named, exactly; an empty one names none.
fn takes(reach: &Reach, kind: &str) -> bool {
    match &reach.address_types {
        None => true,
        Some(types) => !kind.is_empty() && types.iter().any(|named| named == kind),
    }
}

/// The UID in an entry id: the 16 bytes behind the flags.
fn provider(recipient: &Bag) -> Option<Guid> {
    let id = recipient.value(tags::ENTRYID)?.as_bytes()?;
    id.get(4..20)?.try_into().ok().map(Guid)
}

/// Whether this row is still to be served (PR_RESPONSIBILITY).
pub(crate) fn is_ours(recipient: &Bag) -> bool {
    let settled = recipient.value(tags::RESPONSIBILITY);
    settled.and_then(PropValue::as_bool) != Some(true)
}

#[cfg(test)]
mod tests;
