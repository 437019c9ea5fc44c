//! What a change changed: former values for the log.

use std::collections::BTreeMap;

use mapi_kit::computed::conversation_id;
use mapi_props::{Bag, Guid, PropValue, Slot, StoredMessage, tags};
use mapi_spi::{Inverse, ItemKind, ItemMeta, ThreadId};

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
    (
        changed,
        Inverse {
            props: former.into_iter().collect(),
        },
    )
}

/// What differs between two states of what is known beside the properties: flags, status, size.
pub(super) fn of_metas(old: &ItemMeta, new: &ItemMeta) -> Former {
    let after = of_meta(new);
    of_meta(old)
        .into_iter()
        .filter(|(id, value)| after.get(id) != Some(value))
        .collect()
}

/// What differs between two forms of a message; recipients and attachments without former values.
pub(super) fn of_messages(
    old: (&ItemMeta, &StoredMessage),
    new: (&ItemMeta, &StoredMessage),
) -> (Vec<u16>, Inverse) {
    let mut former = of_bags(&old.1.props, &new.1.props);
    former.extend(of_metas(old.0, new.0));
    let (mut changed, inverse) = entry(former);
    if old.1.recipients != new.1.recipients {
        changed.push(tags::MESSAGE_RECIPIENTS.id());
    }
    if old.1.attachments != new.1.attachments {
        changed.push(tags::MESSAGE_ATTACHMENTS.id());
    }
    changed.sort_unstable();
    (changed, inverse)
}

/// The whole small bag of an item that goes.
pub(super) fn whole(store: &Guid, meta: &ItemMeta, props: &Bag) -> Inverse {
    let mut former: Former = props
        .iter()
        .map(|(id, slot)| (*id, Some(slot.clone())))
        .collect();
    former.extend(of_meta(meta));
    former.extend(meta.thread.map(|thread| of_thread(store, thread)));
    entry(former).1
}

/// A message's conversation as a former value.
pub(super) fn of_thread(store: &Guid, thread: ThreadId) -> (u16, Option<Slot>) {
    let id = conversation_id(store, thread);
    let value = Slot::Value(id.as_slice().into());
    (tags::CONVERSATION_ID.id(), Some(value))
}

/// Flags, status and size of a message.
fn of_meta(meta: &ItemMeta) -> Former {
    let ItemKind::Message { .. } = meta.kind else {
        return Former::new();
    };
    let size = i64::try_from(meta.size).unwrap_or(i64::MAX);
    let value = |v: PropValue| Some(Slot::Value(v));
    Former::from([
        (
            tags::MESSAGE_FLAGS.id(),
            value(meta.flags.cast_signed().into()),
        ),
        (
            tags::MSG_STATUS.id(),
            value(meta.status.cast_signed().into()),
        ),
        (tags::MESSAGE_SIZE_EXTENDED.id(), value(size.into())),
    ])
}
