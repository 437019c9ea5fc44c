//! PR_MESSAGE_SIZE: what a message takes, as MAPI counts bytes.

use mapi_props::{Bag, StoredMessage, tags};

/// Bytes of all properties of a bag, large values included.
#[must_use]
pub fn bag_size(bag: &Bag) -> u64 {
    sum(bag.iter().map(|(_, slot)| slot.size()))
}

/// `meta.size` of a message: its properties, recipients, attachments and all embedded messages. The kept original
/// (PR_INTERNET_CONTENT) says the same a second time and does not count.
///
/// Counted from the parts alone, so that every store gives the same message the same size.
#[must_use]
pub fn message_size(message: &StoredMessage) -> u64 {
    let recipients = sum(message.recipients.iter().map(bag_size));
    let attachments = sum(message.attachments.iter().map(|a| {
        let embedded = a.embedded.as_deref().map_or(0, message_size);
        bag_size(&a.props).saturating_add(embedded)
    }));
    let original = message
        .props
        .get(&tags::INTERNET_CONTENT.id())
        .map_or(0, mapi_props::Slot::size);
    let props = bag_size(&message.props).saturating_sub(original);
    sum([props, recipients, attachments].into_iter())
}

fn sum(sizes: impl Iterator<Item = u64>) -> u64 {
    sizes.fold(0, u64::saturating_add)
}
