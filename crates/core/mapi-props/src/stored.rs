//! A whole message as a store keeps it: bags keyed by that store's own identifiers.

use crate::Bag;

/// A message with its recipients and attachments. Unlike [`crate::MessageTree`], which travels
/// between stores, its keys are one store's identifiers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StoredMessage {
    /// The message's own properties.
    pub props: Bag,
    /// One bag per recipient, in row order.
    pub recipients: Vec<Bag>,
    /// Attachments, in order of their numbers.
    pub attachments: Vec<StoredAttachment>,
}

/// One attachment of a [`StoredMessage`].
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StoredAttachment {
    /// The attachment's own properties, its data included.
    pub props: Bag,
    /// The embedded message, for PR_ATTACH_METHOD ATTACH_EMBEDDED_MSG.
    pub embedded: Option<Box<StoredMessage>>,
}
