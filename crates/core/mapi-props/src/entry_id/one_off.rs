//! One-off entry identifiers: a recipient that is in no address book, all of it in its identifier.
//! [MS-OXCDATA] 2.2.5.1

use super::{EntryIdError, FLAGS, provider_uid};
use crate::guids::MUID_OOP;

/// Bits of [`OneOff::flags`].
pub mod one_off_flags {
    /// MAPI_ONE_OFF_NO_RICH_INFO: no TNEF for this recipient.
    pub const NO_RICH_INFO: u16 = 0x0001;
    /// How bodies are wanted (4 bits).
    pub const BODY_FORMAT: u16 = 0x001E;
    /// How Macintosh files are wanted (2 bits).
    pub const MAC_ATTACHMENTS: u16 = 0x0060;
    /// Not to be looked up in address books.
    pub const DONT_LOOKUP: u16 = 0x1000;
    /// MAPI_ONE_OFF_UNICODE. Not kept in [`super::OneOff::flags`]: the strings say it.
    pub const UNICODE: u16 = 0x8000;
}

/// A one-off recipient.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OneOff {
    /// [`one_off_flags`] without the Unicode bit.
    pub flags: u16,
    /// Name, address type and address.
    pub strings: OneOffStrings,
}

/// The three strings of a [`OneOff`], in one of two flavours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OneOffStrings {
    /// UTF-16 on the wire.
    Unicode {
        /// PR_DISPLAY_NAME.
        name: String,
        /// PR_ADDRTYPE.
        address_type: String,
        /// PR_EMAIL_ADDRESS.
        address: String,
    },
    /// Bytes of the writer's code page, which the identifier does not name.
    Ansi {
        /// PR_DISPLAY_NAME.
        name: Vec<u8>,
        /// PR_ADDRTYPE.
        address_type: Vec<u8>,
        /// PR_EMAIL_ADDRESS.
        address: Vec<u8>,
    },
}

impl OneOff {
    /// A Unicode one.
    #[must_use]
    pub fn new(name: &str, address_type: &str, address: &str) -> Self {
        let strings = OneOffStrings::Unicode {
            name: name.to_owned(),
            address_type: address_type.to_owned(),
            address: address.to_owned(),
        };
        Self { flags: 0, strings }
    }

    /// The identifier.
    ///
    /// # Errors
    /// [`EntryIdError::Text`] if a string holds a zero, which ends strings here.
    pub fn encode(&self) -> Result<Vec<u8>, EntryIdError> {
        let mut out = vec![0; FLAGS];
        out.extend_from_slice(MUID_OOP.as_bytes());
        out.extend_from_slice(&[0, 0]);
        let flags = self.flags & !one_off_flags::UNICODE;
        match &self.strings {
            OneOffStrings::Unicode {
                name,
                address_type,
                address,
            } => {
                out.extend_from_slice(&(flags | one_off_flags::UNICODE).to_le_bytes());
                for text in [name, address_type, address] {
                    put_wide(&mut out, text)?;
                }
            }
            OneOffStrings::Ansi {
                name,
                address_type,
                address,
            } => {
                out.extend_from_slice(&flags.to_le_bytes());
                for text in [name, address_type, address] {
                    put_narrow(&mut out, text)?;
                }
            }
        }
        Ok(out)
    }

    /// Reads an identifier. Bytes after the third string are overlooked: writers of old pad.
    ///
    /// # Errors
    /// [`EntryIdError::Foreign`] for other providers' identifiers; else what is wrong with it.
    pub fn decode(bytes: &[u8]) -> Result<Self, EntryIdError> {
        let short = EntryIdError::Length(bytes.len());
        match provider_uid(bytes) {
            None => return Err(short),
            Some(uid) if uid != MUID_OOP => return Err(EntryIdError::Foreign(uid)),
            Some(_) => {}
        }
        let rest = bytes.get(FLAGS + 16..).unwrap_or_default();
        let (version, rest) = rest.split_first_chunk::<2>().ok_or(short)?;
        if *version != [0, 0] {
            return Err(EntryIdError::Version(u16::from_le_bytes(*version)));
        }
        let (flags, mut rest) = rest.split_first_chunk::<2>().ok_or(short)?;
        let flags = u16::from_le_bytes(*flags);
        let strings = if flags & one_off_flags::UNICODE == 0 {
            let mut next = || take_narrow(&mut rest);
            OneOffStrings::Ansi {
                name: next()?,
                address_type: next()?,
                address: next()?,
            }
        } else {
            let mut next = || take_wide(&mut rest);
            OneOffStrings::Unicode {
                name: next()?,
                address_type: next()?,
                address: next()?,
            }
        };
        Ok(Self {
            flags: flags & !one_off_flags::UNICODE,
            strings,
        })
    }
}

fn put_wide(out: &mut Vec<u8>, text: &str) -> Result<(), EntryIdError> {
    if text.contains('\0') {
        return Err(EntryIdError::Text);
    }
    out.extend(text.encode_utf16().chain([0]).flat_map(u16::to_le_bytes));
    Ok(())
}

fn put_narrow(out: &mut Vec<u8>, text: &[u8]) -> Result<(), EntryIdError> {
    if text.contains(&0) {
        return Err(EntryIdError::Text);
    }
    out.extend_from_slice(text);
    out.push(0);
    Ok(())
}

fn take_wide(rest: &mut &[u8]) -> Result<String, EntryIdError> {
    let mut units = Vec::new();
    loop {
        let (unit, tail) = rest.split_first_chunk::<2>().ok_or(EntryIdError::Text)?;
        *rest = tail;
        match u16::from_le_bytes(*unit) {
            0 => break,
            unit => units.push(unit),
        }
    }
    String::from_utf16(&units).map_err(|_| EntryIdError::Text)
}

fn take_narrow(rest: &mut &[u8]) -> Result<Vec<u8>, EntryIdError> {
    let end = rest
        .iter()
        .position(|b| *b == 0)
        .ok_or(EntryIdError::Text)?;
    let text = rest.get(..end).unwrap_or_default().to_vec();
    *rest = rest.get(end + 1..).unwrap_or_default();
    Ok(text)
}
