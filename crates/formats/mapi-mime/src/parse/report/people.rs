//! Recipients as reports name them.
//! RFC 3464 §2.3.1–2.3.2, RFC 6533 §3

use mapi_props::entry_id::{OneOff, recipient_search_key};
use mapi_props::{TreeProps, object_type, recipient_type, tags};

use crate::header::address;

/// An address and the system that it belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Person {
    /// The display name, or the address.
    pub(super) name: String,
    /// `SMTP`, or the type in capitals that the report gives.
    pub(super) address_type: String,
    pub(super) address: String,
}

impl Person {
    /// Reads `address-type; address`. Without a type, what looks like Internet mail is.
    pub(super) fn parse(value: &str) -> Option<Self> {
        let (kind, rest) = value.split_once(';').unwrap_or(("", value));
        let kind = kind.trim().to_ascii_lowercase();
        let rest = match kind.as_str() {
            "utf-8" => unescaped(rest.trim()),
            _ => rest.trim().to_owned(),
        };
        let internet = matches!(kind.as_str(), "" | "rfc822" | "utf-8");
        if internet && rest.contains('@') {
            let mailbox = address::parse(&rest, 1).mailboxes.into_iter().next()?;
            let name = Some(mailbox.name).filter(|n| !n.is_empty());
            return Some(Self {
                name: name.unwrap_or_else(|| mailbox.address.clone()),
                address_type: "SMTP".to_owned(),
                address: mailbox.address,
            })
            .filter(|p| !p.address.is_empty());
        }
        let address = rest.trim_matches(['<', '>', ' ']).to_owned();
        let address_type = match kind.as_str() {
            "" | "rfc822" | "utf-8" => "SMTP".to_owned(),
            other => other.to_ascii_uppercase(),
        };
        let person = Self {
            name: address.clone(),
            address_type,
            address,
        };
        Some(person).filter(|p| !p.address.is_empty())
    }

    fn entry_id(&self) -> Option<Vec<u8>> {
        OneOff::new(&self.name, &self.address_type, &self.address)
            .encode()
            .ok()
    }

    /// Sets what a recipient row must have.
    pub(super) fn put(&self, row: &mut TreeProps) {
        row.set(tags::RECIPIENT_TYPE, recipient_type::TO);
        row.set(tags::OBJECT_TYPE, object_type::MAILUSER);
        // DT_MAILUSER.
        row.set(tags::DISPLAY_TYPE, 0);
        row.set(tags::DISPLAY_NAME, self.name.as_str());
        row.set(tags::ADDRTYPE, self.address_type.as_str());
        row.set(tags::EMAIL_ADDRESS, self.address.as_str());
        if self.address_type == "SMTP" {
            row.set(tags::SMTP_ADDRESS, self.address.as_str());
        }
        let key = recipient_search_key(&self.address_type, &self.address);
        row.set(tags::SEARCH_KEY, key);
        if let Some(entry_id) = self.entry_id() {
            row.set(tags::ENTRYID, entry_id);
        }
    }

    /// Sets whom the sender named, where the mail went elsewhere.
    pub(super) fn put_original(&self, row: &mut TreeProps) {
        row.set(tags::ORIGINAL_DISPLAY_NAME, self.name.as_str());
        let key = recipient_search_key(&self.address_type, &self.address);
        row.set(tags::ORIGINAL_SEARCH_KEY, key);
        if let Some(entry_id) = self.entry_id() {
            row.set(tags::ORIGINAL_ENTRYID, entry_id);
        }
    }
}

/// Text in which `\x{20AC}` stands for a character. RFC 6533 §3
fn unescaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("\\x{") {
        out.push_str(before);
        let coded = after.split_once('}').and_then(|(digits, tail)| {
            let code = u32::from_str_radix(digits, 16).ok()?;
            Some((char::from_u32(code)?, tail))
        });
        match coded {
            Some((c, tail)) => {
                out.push(c);
                rest = tail;
            }
            None => {
                out.push_str("\\x{");
                rest = after;
            }
        }
    }
    out + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recipients_are_read_in_every_form() {
        for (value, kind, address) in [
            ("rfc822; a@b.example", "SMTP", "a@b.example"),
            ("RFC822;<a@b.example>", "SMTP", "a@b.example"),
            ("a@b.example", "SMTP", "a@b.example"),
            ("rfc822; postmaster", "SMTP", "postmaster"),
            ("utf-8; j\\x{F6}rg@b.example", "SMTP", "jörg@b.example"),
            ("utf-8; jörg@b.example", "SMTP", "jörg@b.example"),
            ("x400; /C=US/S=Doe/", "X400", "/C=US/S=Doe/"),
            ("utf-8; \\x{zz}@b", "SMTP", "\\x{zz}@b"),
        ] {
            let person = Person::parse(value).unwrap();
            assert_eq!(
                (person.address_type.as_str(), person.address.as_str()),
                (kind, address),
                "{value}"
            );
        }
        for value in ["", "rfc822;", "rfc822; <>", ";"] {
            assert_eq!(Person::parse(value), None, "{value}");
        }
    }
}
