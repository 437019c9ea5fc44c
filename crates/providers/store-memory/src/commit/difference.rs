//! What a change changed: former values for the log.

use std::collections::BTreeMap;

use mapi_kit::computed::conversation_id;
use mapi_props::{Bag, Guid, PropValue, Slot, tags};
use mapi_spi::{Inverse, ItemKind};

use crate::state::{Data, Item};

/// Former values by identifier; `None`: it was not there.
pub(super) type Former = BTreeMap<u16, Option<Slot>>;

/// What differs between two bags.
pub(super) fn of_bags(old: &Bag, new: &Bag) -> Former {
    let gone_or_other = old.iter().filter(|(id, slot)| new.get(id) != Some(slot));
    let added = new.iter().filter(|(id, _)| !old.contains(id));
    gone_or_other
        .map(|(id, slot)| (*id, Some(slot.clone())))
        .chain(added.map(|(id, _)| (*id, None)))
        .collect()
}

/// Identifiers that changed and the inverse patch of one log entry.
pub(super) fn entry(former: Former) -> (Vec<u16>, Inverse) {
    let changed = former.keys().copied().collect();
    let props = former.into_iter().collect();
    (changed, Inverse { props })
}

/// What differs between two forms of an item: properties, flags, status, size, and whether the
/// recipients and attachments do (these two without former values).
pub(super) fn of_items(old: &Item, new: &Item) -> (Vec<u16>, Inverse) {
    let mut former = of_bags(old.props(), new.props());
    let before = of_meta(old);
    let after = of_meta(new);
    former.extend(
        before
            .into_iter()
            .filter(|(id, value)| after.get(id) != Some(value)),
    );
    let (mut changed, inverse) = entry(former);
    if let (Data::Message { body: a, .. }, Data::Message { body: b, .. }) = (&old.data, &new.data) {
        if a.recipients != b.recipients {
            changed.push(tags::MESSAGE_RECIPIENTS.id());
        }
        if a.attachments != b.attachments {
            changed.push(tags::MESSAGE_ATTACHMENTS.id());
        }
    }
    changed.sort_unstable();
    (changed, inverse)
}

/// The whole small bag of an item that goes.
pub(crate) fn whole(store: &Guid, item: &Item) -> Inverse {
    let mut former: Former = item
        .props()
        .iter()
        .map(|(id, slot)| (*id, Some(slot.clone())))
        .collect();
    former.extend(of_meta(item));
    let thread = item
        .meta
        .thread
        .map(|thread| conversation_id(store, thread));
    former.extend(thread.map(|id| {
        let value = Slot::Value(id.as_slice().into());
        (tags::CONVERSATION_ID.id(), Some(value))
    }));
    entry(former).1
}

/// Flags, status and size of a message.
fn of_meta(item: &Item) -> Former {
    let ItemKind::Message { .. } = item.meta.kind else {
        return Former::new();
    };
    let size = i64::try_from(item.meta.size).unwrap_or(i64::MAX);
    let value = |v: PropValue| Some(Slot::Value(v));
    Former::from([
        (
            tags::MESSAGE_FLAGS.id(),
            value(item.meta.flags.cast_signed().into()),
        ),
        (
            tags::MSG_STATUS.id(),
            value(item.meta.status.cast_signed().into()),
        ),
        (tags::MESSAGE_SIZE_EXTENDED.id(), value(size.into())),
    ])
}
