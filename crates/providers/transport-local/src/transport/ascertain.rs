//! What became of a batch whose sender was killed: the token of a mark names the parcels of a message, and where their drafts are says
//! the rest. docs/design/local-delivery.md
//!
//! A token is the version byte `01`, 8 bytes that say which spool directory it was, the number of parcels, each parcel (mailbox, 16
//! bytes; name, 20 bytes), and runs of the recipients that were to be sent: how many, and the place of their parcel. Numbers are LEB128.

use std::collections::BTreeMap;
use std::path::Path;

use mapi_props::Code;
use mapi_spi::{Error, Fate, Result};

use crate::parcel::ParcelName;
use crate::spool::{self, Spool};

const VERSION: u8 = 1;
/// More recipients than any message has: a damaged row must not fill the memory.
const MOST: usize = 1 << 20;

/// Which parcel each of a message's recipients is in that were to be sent, in their order.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Whereabouts {
    /// Mailboxes and names.
    parcels: Vec<(String, ParcelName)>,
    /// Places among these.
    recipients: Vec<usize>,
}

impl Whereabouts {
    /// Those of recipients whose parcels are in these mailboxes and have these names.
    pub(super) fn of<'a>(recipients: impl Iterator<Item = (&'a str, ParcelName)>) -> Self {
        let mut places = BTreeMap::new();
        let mut all = Self::default();
        for (mailbox, name) in recipients {
            let place = places.entry(name).or_insert_with(|| {
                all.parcels.push((mailbox.to_owned(), name));
                all.parcels.len() - 1
            });
            all.recipients.push(*place);
        }
        all
    }

    /// The token; empty if a mailbox has no name that a token can hold.
    pub(super) fn token(&self, spool: &Path) -> Vec<u8> {
        let mut out = vec![VERSION];
        out.extend(place_of(spool));
        number(&mut out, self.parcels.len());
        for (mailbox, name) in &self.parcels {
            let Some(mailbox) = bytes_of(mailbox) else {
                return Vec::new();
            };
            out.extend(mailbox);
            out.extend(name.to_bytes());
        }
        for run in self.recipients.chunk_by(|a, b| a == b) {
            number(&mut out, run.len());
            number(&mut out, run.first().copied().unwrap_or_default());
        }
        out
    }

    /// Reads a token; `None` if it is of another spool directory, of another version or damaged.
    fn read(token: &[u8], spool: &Path) -> Option<Self> {
        let (version, rest) = token.split_first()?;
        let (place, mut rest) = rest.split_first_chunk()?;
        if *version != VERSION || *place != place_of(spool) {
            return None;
        }
        let count = read_number(&mut rest)?;
        let mut parcels = Vec::new();
        for _ in 0..count {
            let (mailbox, after) = rest.split_first_chunk::<16>()?;
            let (name, after) = after.split_first_chunk()?;
            let mailbox = mailbox.iter().map(|b| format!("{b:02x}")).collect();
            parcels.push((mailbox, ParcelName::from_bytes(name)?));
            rest = after;
        }
        let mut recipients = Vec::new();
        while !rest.is_empty() {
            let (run, place) = (read_number(&mut rest)?, read_number(&mut rest)?);
            let total = recipients.len().checked_add(run)?;
            if place >= parcels.len() || total > MOST {
                return None;
            }
            recipients.resize(total, place);
        }
        Some(Self {
            parcels,
            recipients,
        })
    }
}

/// What became of the recipients of messages with these tokens.
///
/// # Errors
/// `MAPI_E_DISK_ERROR`: it cannot be seen now.
pub(super) fn ascertain(spool: &Spool, tokens: &[Vec<u8>]) -> Result<Vec<Vec<Option<Fate>>>> {
    let mut known = BTreeMap::new();
    let mut all = Vec::with_capacity(tokens.len());
    for token in tokens {
        let whereabouts = Whereabouts::read(token, spool.root()).unwrap_or_default();
        let mut fates = Vec::with_capacity(whereabouts.parcels.len());
        for parcel in whereabouts.parcels {
            let fate = match known.get(&parcel) {
                Some(fate) => *fate,
                None => {
                    let fate = fate_of(spool, &parcel)?;
                    known.insert(parcel, fate);
                    fate
                }
            };
            fates.push(fate);
        }
        let each = whereabouts.recipients.iter();
        all.push(each.map(|place| said(fates.get(*place).copied())).collect());
    }
    Ok(all)
}

fn fate_of(spool: &Spool, (mailbox, name): &(String, ParcelName)) -> Result<spool::Fate> {
    spool.mailbox(mailbox).fate(*name).map_err(|e| {
        let root = spool.root().display();
        let detail = format!("whether a parcel was delivered cannot be seen in {root}: {e}");
        Error::caused(Code::DISK_ERROR, detail, e)
    })
}

fn said(fate: Option<spool::Fate>) -> Option<Fate> {
    match fate? {
        spool::Fate::Published => Some(Fate::Sent),
        spool::Fate::Void => Some(Fate::Later {
            after: None,
            why: "the program ended before the message was in the mailbox".to_owned(),
        }),
        spool::Fate::Unknown => None,
    }
}

/// Which spool directory it is: names of mailboxes are the same in every one.
fn place_of(spool: &Path) -> [u8; 8] {
    let hash = blake3::hash(spool.to_string_lossy().as_bytes());
    let mut place = [0; 8];
    let all = place.iter_mut().zip(hash.as_bytes());
    all.for_each(|(to, from)| *to = *from);
    place
}

/// 32 hexadecimal digits as bytes.
fn bytes_of(mailbox: &str) -> Option<[u8; 16]> {
    let number = u128::from_str_radix(mailbox, 16).ok()?;
    (format!("{number:032x}") == mailbox).then(|| number.to_be_bytes())
}

fn number(out: &mut Vec<u8>, value: usize) {
    let mut value = value;
    loop {
        let low = u8::try_from(value & 0x7F).unwrap_or_default();
        value >>= 7;
        if value == 0 {
            return out.push(low);
        }
        out.push(low | 0x80);
    }
}

fn read_number(from: &mut &[u8]) -> Option<usize> {
    let mut value = 0_u64;
    for shift in (0..28).step_by(7) {
        let (byte, rest) = from.split_first()?;
        *from = rest;
        value |= u64::from(byte & 0x7F) << shift;
        if *byte < 0x80 {
            return usize::try_from(value).ok().filter(|value| *value <= MOST);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(number: u8) -> ParcelName {
        let mut bytes = [7; 20];
        bytes[16] = number;
        ParcelName::from_bytes(&bytes).unwrap()
    }

    #[test]
    fn a_token_is_read_back_and_nothing_else_is_one() {
        let spool = Path::new("/home/ann/.spool");
        let mailboxes = ["", "1", "2"].map(|n| format!("{n:0>32}"));
        let recipients = std::iter::repeat_n(1, 300).chain([2, 1, 1]);
        let recipients = recipients.map(|n: u8| (mailboxes[usize::from(n)].as_str(), name(n)));
        let known = Whereabouts::of(recipients);
        assert_eq!((known.parcels.len(), known.recipients.len()), (2, 303));
        let token = known.token(spool);
        assert!(token.len() < 100, "{}", token.len());
        assert_eq!(Whereabouts::read(&token, spool), Some(known));
        assert_eq!(Whereabouts::read(&token, Path::new("/elsewhere")), None);
        for end in 0..token.len() {
            let _no_panic = Whereabouts::read(&token[..end], spool);
        }
        let mut later = token.clone();
        later[0] = 2;
        assert_eq!(Whereabouts::read(&later, spool), None);
        let mut many = token[..9].to_vec();
        many.extend([0xFF, 0xFF, 0xFF, 0xFF, 0xFF]);
        assert_eq!(Whereabouts::read(&many, spool), None);
        let mut runs = token.clone();
        runs.extend([0x80, 0x80, 0x3F, 0].repeat(100));
        assert_eq!(Whereabouts::read(&runs, spool), None);
        let strange = Whereabouts::of([("../../etc", name(1))].into_iter());
        assert!(strange.token(spool).is_empty());
    }
}
