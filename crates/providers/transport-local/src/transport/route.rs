//! Where an address leads: to a mailbox of this machine, to nobody, or elsewhere.

use std::io;

use mapi_props::{PropValue, TreeProps, tags};
use mapi_spi::Refusal;

use super::ADDRESS_TYPE;
use crate::address::Address;
use crate::machine;
use crate::spool::Directory;

/// PR_NDR_REASON_CODE and PR_NDR_DIAG_CODE of 5.1.1, as reports from elsewhere are read.
const UNKNOWN: (i32, i32) = (1, 35);

/// What an address is to this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Found {
    /// A mailbox, by its number.
    Mailbox(String),
    /// It could only be here, and is not.
    Unknown,
    /// Another transport may know it.
    Elsewhere,
}

/// Knows the names of this machine.
#[derive(Debug)]
pub(crate) struct Router<'a> {
    domains: Option<&'a [String]>,
    names: Vec<String>,
}

impl<'a> Router<'a> {
    /// `domains` are those that are local; `None`: those of the machine and its mailboxes.
    pub(crate) fn new(domains: Option<&'a [String]>) -> Self {
        let mut names = vec!["localhost".to_owned()];
        names.extend(machine::names());
        Self { domains, names }
    }

    /// An address as it is written, or of whoever has such a name on this machine.
    pub(crate) fn read(&self, text: &str, directory: Option<&Directory<'_>>) -> Option<Address> {
        let named = || directory?.named(text, &self.names);
        Address::parse(text).or_else(named)
    }

    /// Whether an address is one of these, detail or not, by any name of the machine.
    pub(crate) fn is_of(&self, address: &Address, addresses: &[Address]) -> bool {
        let plain = address.without_detail();
        let is_one = |a: &Address| {
            let machine = |a: &Address| self.names.iter().any(|n| n == a.domain());
            let same =
                |own: &Address| own == a || (own.name() == a.name() && machine(own) && machine(a));
            addresses.iter().any(same)
        };
        is_one(address) || plain.is_some_and(|plain| is_one(&plain))
    }

    /// Where an address leads. A mailbox is known by all names of the machine, unless its own domain is another.
    pub(crate) fn find(
        &self,
        address: &Address,
        directory: &mut Directory<'_>,
    ) -> io::Result<Found> {
        if let Some(mailbox) = directory.mailbox(address, &self.names)? {
            return Ok(Found::Mailbox(mailbox));
        }
        let domain = address.domain();
        let local = match self.domains {
            Some(domains) => domains.iter().any(|d| d == domain),
            None => self.names.iter().any(|n| n == domain) || directory.has_domain(domain),
        };
        Ok(if local {
            Found::Unknown
        } else {
            Found::Elsewhere
        })
    }
}

/// The address of a recipient that this transport may know.
pub(crate) fn address_of(row: &TreeProps) -> Option<Address> {
    let kind = row.text(tags::ADDRTYPE);
    let address = row
        .text(tags::EMAIL_ADDRESS)
        .or_else(|| row.text(tags::SMTP_ADDRESS));
    let here = kind.is_none_or(|kind| kind.eq_ignore_ascii_case(ADDRESS_TYPE));
    match (here, address) {
        (true, Some(address)) => Address::parse(address),
        _ => {
            // Of another type, but somebody found out how the Internet knows it.
            let smtp = row.value(tags::SMTP_ADDRESS).and_then(PropValue::as_str);
            smtp.and_then(Address::parse)
        }
    }
}

/// Why nobody gets it.
pub(crate) fn refusal(address: &Address) -> Refusal {
    let (reason, diagnostic) = UNKNOWN;
    Refusal {
        reason,
        diagnostic,
        status: 511,
        text: format!(
            "550 5.1.1 <{address}>: no mailbox of this machine has this address. A profile gets it with `malle service add {} --set address={address}`.",
            crate::NAME
        ),
    }
}
