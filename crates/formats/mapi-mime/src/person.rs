//! Which properties say who a person is, for reading and writing alike.
//! [MS-OXCMAIL] 2.1.1, 2.2.1

use mapi_props::{Tag, tags};

/// The properties in which a person behind a message stands.
pub(crate) struct PersonTags {
    pub(crate) name: Tag<str>,
    pub(crate) address_type: Tag<str>,
    pub(crate) address: Tag<str>,
    pub(crate) smtp: Tag<str>,
    pub(crate) search_key: Tag<[u8]>,
    pub(crate) entry_id: Tag<[u8]>,
}

/// Whom a message is from.
pub(crate) const REPRESENTING: PersonTags = PersonTags {
    name: tags::SENT_REPRESENTING_NAME,
    address_type: tags::SENT_REPRESENTING_ADDRTYPE,
    address: tags::SENT_REPRESENTING_EMAIL_ADDRESS,
    smtp: tags::SENT_REPRESENTING_SMTP_ADDRESS,
    search_key: tags::SENT_REPRESENTING_SEARCH_KEY,
    entry_id: tags::SENT_REPRESENTING_ENTRYID,
};

/// Who sent it.
pub(crate) const SENDER: PersonTags = PersonTags {
    name: tags::SENDER_NAME,
    address_type: tags::SENDER_ADDRTYPE,
    address: tags::SENDER_EMAIL_ADDRESS,
    smtp: tags::SENDER_SMTP_ADDRESS,
    search_key: tags::SENDER_SEARCH_KEY,
    entry_id: tags::SENDER_ENTRYID,
};

/// A recipient, in its row.
pub(crate) const ROW: PersonTags = PersonTags {
    name: tags::DISPLAY_NAME,
    address_type: tags::ADDRTYPE,
    address: tags::EMAIL_ADDRESS,
    smtp: tags::SMTP_ADDRESS,
    search_key: tags::SEARCH_KEY,
    entry_id: tags::ENTRYID,
};
