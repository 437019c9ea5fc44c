//! Somebody that mail is addressed to, and where messages name such people beside their recipients.
//! Reference: "PR_REPLY_RECIPIENT_ENTRIES", "Centralizing the Receipt of NDRs" (requirements OUT-02, OUT-12, AD-07)

use mapi_props::entry_id::{
    OneOff, OneOffStrings, flat_entries, flat_entry_list, recipient_search_key,
};
use mapi_props::person::{self, PersonTags};
use mapi_props::{PropTag, PropValue, object_type, tags};
use mapi_spi::Result;

use crate::{Identity, MapiProp, Message};

/// The address type of Internet mail.
const SMTP: &str = "SMTP";

/// Somebody that mail is addressed to.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Addressee {
    /// PR_DISPLAY_NAME; may be empty.
    pub name: String,
    /// PR_ADDRTYPE: `SMTP`.
    pub address_type: String,
    /// PR_EMAIL_ADDRESS.
    pub address: String,
}

impl Addressee {
    /// Somebody with an Internet address.
    #[must_use]
    pub fn smtp(name: &str, address: &str) -> Self {
        Self {
            name: name.to_owned(),
            address_type: SMTP.to_owned(),
            address: address.to_owned(),
        }
    }

    /// The name, or the address of one without.
    #[must_use]
    pub fn shown(&self) -> &str {
        match self.name.as_str() {
            "" => &self.address,
            name => name,
        }
    }

    /// PR_SEARCH_KEY.
    #[must_use]
    pub fn search_key(&self) -> Vec<u8> {
        recipient_search_key(&self.address_type, &self.address)
    }

    /// PR_ENTRYID: a one-off. `None` for strings that none can hold.
    #[must_use]
    pub fn entry_id(&self) -> Option<Vec<u8>> {
        let one_off = OneOff::new(self.shown(), &self.address_type, &self.address);
        one_off.encode().ok()
    }

    /// A row of a recipient table with everything that a message needs to be sent (OUT-02); `kind` is PR_RECIPIENT_TYPE,
    /// see [`crate::recipient_type`].
    ///
    /// ```
    /// # fn show(message: &mapi::Message) -> mapi::Result<()> {
    /// use mapi::{Addressee, ModifyMode, recipient_type};
    ///
    /// let ann = Addressee::smtp("Ann", "ann@example.org").row(recipient_type::TO);
    /// message.modify_recipients(ModifyMode::Add, &[ann])?;
    /// # Ok(()) }
    /// ```
    #[must_use]
    pub fn row(&self, kind: i32) -> Vec<(PropTag, PropValue)> {
        let mut row = self.told_as(&person::ROW);
        row.extend([
            (tags::RECIPIENT_TYPE.raw(), kind.into()),
            (tags::OBJECT_TYPE.raw(), object_type::MAILUSER.into()),
            // DT_MAILUSER.
            (tags::DISPLAY_TYPE.raw(), 0.into()),
        ]);
        row
    }

    /// What a message says of this person by these properties.
    #[must_use]
    pub fn told_as(&self, tags: &PersonTags) -> Vec<(PropTag, PropValue)> {
        let mut told: Vec<(PropTag, PropValue)> = vec![
            (tags.name.raw(), self.shown().into()),
            (tags.address_type.raw(), self.address_type.as_str().into()),
            (tags.address.raw(), self.address.as_str().into()),
            (tags.search_key.raw(), self.search_key().into()),
        ];
        if let Some(smtp) = tags.smtp
            && self.address_type.eq_ignore_ascii_case(SMTP)
        {
            told.push((smtp.raw(), self.address.as_str().into()));
        }
        if let Some(entry_id) = self.entry_id() {
            told.push((tags.entry_id.raw(), entry_id.into()));
        }
        told
    }

    /// Whom a one-off entry identifier names.
    pub(super) fn of_one_off(entry_id: &[u8]) -> Option<Self> {
        let narrow = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Some(match OneOff::decode(entry_id).ok()?.strings {
            OneOffStrings::Unicode {
                name,
                address_type,
                address,
            } => Self {
                name,
                address_type,
                address,
            },
            OneOffStrings::Ansi {
                name,
                address_type,
                address,
            } => Self {
                name: narrow(&name),
                address_type: narrow(&address_type),
                address: narrow(&address),
            },
        })
    }
}

impl From<&Identity> for Addressee {
    fn from(identity: &Identity) -> Self {
        Self {
            name: identity.name.clone(),
            address_type: identity.address_type.clone(),
            address: identity.address.clone(),
        }
    }
}

impl Message {
    /// Says who is to get replies: PR_REPLY_RECIPIENT_ENTRIES and PR_REPLY_RECIPIENT_NAMES, in the same number and order;
    /// nobody: whoever sends it.
    ///
    /// # Errors
    /// `MAPI_E_NO_ACCESS` on a read-only handle.
    pub fn set_reply_recipients(&self, people: &[Addressee]) -> Result<()> {
        let tags = [
            tags::REPLY_RECIPIENT_ENTRIES.raw(),
            tags::REPLY_RECIPIENT_NAMES.raw(),
        ];
        if people.is_empty() {
            return self.delete_props(&tags).map(drop);
        }
        let with_id = people.iter().filter_map(|p| Some((p, p.entry_id()?)));
        // A semicolon parts names.
        let name = |p: &Addressee| p.shown().replace(';', ",");
        let (names, entries): (Vec<_>, Vec<_>) = with_id.map(|(p, id)| (name(p), id)).unzip();
        self.set(tags::REPLY_RECIPIENT_ENTRIES, flat_entry_list(&entries))?;
        self.set(tags::REPLY_RECIPIENT_NAMES, names.join("; "))
    }

    /// Who is to get replies instead of whoever sent it, as far as the message itself says their addresses.
    ///
    /// # Errors
    /// Those of the store.
    pub fn reply_recipients(&self) -> Result<Vec<Addressee>> {
        let list = self
            .find(tags::REPLY_RECIPIENT_ENTRIES)?
            .unwrap_or_default();
        let people = flat_entries(&list).into_iter();
        Ok(people.filter_map(Addressee::of_one_off).collect())
    }

    /// Says who is to get reports about the message instead of whoever sends it: PR_REPORT_ENTRYID, PR_REPORT_NAME and
    /// PR_REPORT_SEARCH_KEY (AD-07).
    ///
    /// # Errors
    /// `MAPI_E_NO_ACCESS` on a read-only handle; `MAPI_E_INVALID_PARAMETER` for somebody whom no entry id can name.
    pub fn set_report_recipient(&self, who: &Addressee) -> Result<()> {
        self.set(tags::REPORT_ENTRYID, named(who)?)?;
        self.set(tags::REPORT_NAME, who.shown())?;
        self.set(tags::REPORT_SEARCH_KEY, who.search_key())
    }
}

/// The entry id of somebody, or why there is none.
fn named(who: &Addressee) -> Result<Vec<u8>> {
    who.entry_id().ok_or_else(|| {
        let detail = "no entry id can name somebody with a zero in the name or address";
        mapi_spi::Error::new(mapi_props::Code::INVALID_PARAMETER, detail)
    })
}
