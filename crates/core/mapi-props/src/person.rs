//! Which properties say who somebody is: whoever sends, is represented, receives, or stands in a row.
//! [MS-OXOMSG] 2.2.1, [MS-OXCMAIL] 2.1.1

use crate::{PropTag, Tag, tags};

/// The properties in which a person behind a message stands.
#[derive(Debug, Clone, Copy)]
pub struct PersonTags {
    /// What people call them.
    pub name: Tag<str>,
    /// The type of the address, `SMTP`.
    pub address_type: Tag<str>,
    /// The address.
    pub address: Tag<str>,
    /// The entry identifier.
    pub entry_id: Tag<[u8]>,
    /// The search key.
    pub search_key: Tag<[u8]>,
    /// The address for SMTP, whatever the type of the other one; `None`: no property says it.
    pub smtp: Option<Tag<str>>,
}

/// Who sent a message.
pub const SENDER: PersonTags = PersonTags {
    name: tags::SENDER_NAME,
    address_type: tags::SENDER_ADDRTYPE,
    address: tags::SENDER_EMAIL_ADDRESS,
    entry_id: tags::SENDER_ENTRYID,
    search_key: tags::SENDER_SEARCH_KEY,
    smtp: Some(tags::SENDER_SMTP_ADDRESS),
};

/// Whom it is from.
pub const REPRESENTING: PersonTags = PersonTags {
    name: tags::SENT_REPRESENTING_NAME,
    address_type: tags::SENT_REPRESENTING_ADDRTYPE,
    address: tags::SENT_REPRESENTING_EMAIL_ADDRESS,
    entry_id: tags::SENT_REPRESENTING_ENTRYID,
    search_key: tags::SENT_REPRESENTING_SEARCH_KEY,
    smtp: Some(tags::SENT_REPRESENTING_SMTP_ADDRESS),
};

/// Who received it.
pub const RECEIVED_BY: PersonTags = PersonTags {
    name: tags::RECEIVED_BY_NAME,
    address_type: tags::RECEIVED_BY_ADDRTYPE,
    address: tags::RECEIVED_BY_EMAIL_ADDRESS,
    entry_id: tags::RECEIVED_BY_ENTRYID,
    search_key: tags::RECEIVED_BY_SEARCH_KEY,
    smtp: Some(tags::RECEIVED_BY_SMTP_ADDRESS),
};

/// Whom it was received for.
pub const RECEIVED_FOR: PersonTags = PersonTags {
    name: tags::RCVD_REPRESENTING_NAME,
    address_type: tags::RCVD_REPRESENTING_ADDRTYPE,
    address: tags::RCVD_REPRESENTING_EMAIL_ADDRESS,
    entry_id: tags::RCVD_REPRESENTING_ENTRYID,
    search_key: tags::RCVD_REPRESENTING_SEARCH_KEY,
    smtp: Some(tags::RECEIVED_REPRESENTING_SMTP_ADDRESS),
};

/// Who sent the message that another one is about.
pub const ORIGINAL_SENDER: PersonTags = PersonTags {
    name: tags::ORIGINAL_SENDER_NAME,
    address_type: tags::ORIGINAL_SENDER_ADDRTYPE,
    address: tags::ORIGINAL_SENDER_EMAIL_ADDRESS,
    entry_id: tags::ORIGINAL_SENDER_ENTRYID,
    search_key: tags::ORIGINAL_SENDER_SEARCH_KEY,
    smtp: None,
};

/// Whom that one was from.
pub const ORIGINAL_REPRESENTING: PersonTags = PersonTags {
    name: tags::ORIGINAL_SENT_REPRESENTING_NAME,
    address_type: tags::ORIGINAL_SENT_REPRESENTING_ADDRTYPE,
    address: tags::ORIGINAL_SENT_REPRESENTING_EMAIL_ADDRESS,
    entry_id: tags::ORIGINAL_SENT_REPRESENTING_ENTRYID,
    search_key: tags::ORIGINAL_SENT_REPRESENTING_SEARCH_KEY,
    smtp: None,
};

/// Who is told when it was read.
pub const READ_RECEIPT: PersonTags = PersonTags {
    name: tags::READ_RECEIPT_NAME,
    address_type: tags::READ_RECEIPT_ADDRESS_TYPE,
    address: tags::READ_RECEIPT_EMAIL_ADDRESS,
    entry_id: tags::READ_RECEIPT_ENTRYID,
    search_key: tags::READ_RECEIPT_SEARCH_KEY,
    smtp: Some(tags::READ_RECEIPT_SMTP_ADDRESS),
};

/// A recipient, in its row.
pub const ROW: PersonTags = PersonTags {
    name: tags::DISPLAY_NAME,
    address_type: tags::ADDRTYPE,
    address: tags::EMAIL_ADDRESS,
    entry_id: tags::ENTRYID,
    search_key: tags::SEARCH_KEY,
    smtp: Some(tags::SMTP_ADDRESS),
};

impl PersonTags {
    /// The five that every person has, in one order: what one person is told by, another can be told by.
    ///
    /// ```
    /// use mapi_props::{person, tags};
    ///
    /// let copied = person::SENDER.each().into_iter().zip(person::REPRESENTING.each());
    /// let name = (tags::SENDER_NAME.raw(), tags::SENT_REPRESENTING_NAME.raw());
    /// assert!(copied.into_iter().any(|pair| pair == name));
    /// ```
    #[must_use]
    pub const fn each(&self) -> [PropTag; 5] {
        [
            self.name.raw(),
            self.address_type.raw(),
            self.address.raw(),
            self.entry_id.raw(),
            self.search_key.raw(),
        ]
    }

    /// All of them: [`Self::each`], and the address for SMTP where there is one.
    pub fn all(&self) -> impl Iterator<Item = PropTag> + use<> {
        self.each().into_iter().chain(self.smtp.map(Tag::raw))
    }
}
