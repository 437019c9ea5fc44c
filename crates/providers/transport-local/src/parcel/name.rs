//! Names of parcels: in the order in which they were made, and never twice.

use std::sync::Mutex;
use std::sync::PoisonError;

use mapi_props::FileTime;
use mapi_spi::Support;

/// How names of parcels that may be taken end.
const WAITING: &str = ".parcel";
/// How names of parcels end that were taken and are only to be forgotten.
const TAKEN: &str = ".taken";
/// How names end of parcels that will never be in their mailbox.
const VOID: &str = ".void";

/// When and by whom a parcel was made: time, a number that the sender drew, and its count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct ParcelName {
    time: u64,
    sender: u64,
    number: u32,
}

impl ParcelName {
    /// The name of a parcel that waits; `None` for any other file.
    pub(crate) fn waiting(file: &str) -> Option<Self> {
        Self::read(file.strip_suffix(WAITING)?)
    }

    /// The name of a parcel that was taken.
    pub(crate) fn taken(file: &str) -> Option<Self> {
        Self::read(file.strip_suffix(TAKEN)?)
    }

    /// The name of a parcel that was withdrawn.
    pub(crate) fn void(file: &str) -> Option<Self> {
        Self::read(file.strip_suffix(VOID)?)
    }

    /// Reads what [`Self::stem`] says.
    pub(crate) fn read(stem: &str) -> Option<Self> {
        let mut parts = stem.split('-');
        let (time, sender, number) = (parts.next()?, parts.next()?, parts.next()?);
        let name = Self {
            time: u64::from_str_radix(time, 16).ok()?,
            sender: u64::from_str_radix(sender, 16).ok()?,
            number: u32::from_str_radix(number, 16).ok()?,
        };
        // One parcel has one name: tokens are made of it.
        (parts.next().is_none() && name.stem() == stem).then_some(name)
    }

    /// The name without the end that says what becomes of the file.
    pub(crate) fn stem(&self) -> String {
        format!(
            "{:016x}-{:016x}-{:08x}",
            self.time, self.sender, self.number
        )
    }

    pub(crate) fn file(&self) -> String {
        self.stem() + WAITING
    }

    pub(crate) fn file_taken(&self) -> String {
        self.stem() + TAKEN
    }

    pub(crate) fn file_void(&self) -> String {
        self.stem() + VOID
    }

    /// As it stands in tokens of marks.
    pub(crate) fn to_bytes(self) -> [u8; 20] {
        let mut bytes = [0; 20];
        let all = self.time.to_le_bytes().into_iter();
        let all = all.chain(self.sender.to_le_bytes());
        let all = all.chain(self.number.to_le_bytes());
        bytes.iter_mut().zip(all).for_each(|(to, from)| *to = from);
        bytes
    }

    /// Reads that; `None` without enough bytes.
    pub(crate) fn from_bytes(bytes: &[u8; 20]) -> Option<Self> {
        let (time, rest) = bytes.split_first_chunk()?;
        let (sender, rest) = rest.split_first_chunk()?;
        Some(Self {
            time: u64::from_le_bytes(*time),
            sender: u64::from_le_bytes(*sender),
            number: u32::from_le_bytes(*rest.first_chunk()?),
        })
    }

    /// When it was delivered.
    pub(crate) const fn time(&self) -> FileTime {
        FileTime(self.time)
    }

    /// What message `number` of the parcel is known by.
    pub(crate) fn token(&self, number: u64) -> Vec<u8> {
        format!("{}/{number}", self.stem()).into_bytes()
    }
}

/// Gives the names of one sender: each later than the one before, whatever the clock does.
#[derive(Debug, Default)]
pub(crate) struct Series(Mutex<Option<ParcelName>>);

impl Series {
    /// The next name.
    pub(crate) fn next(&self, support: &dyn Support) -> ParcelName {
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let now = support.now().0;
        let name = match *last {
            Some(last) => ParcelName {
                time: now.max(last.time.saturating_add(1)),
                number: last.number.wrapping_add(1),
                ..last
            },
            None => {
                let mut sender = [0; 8];
                support.random(&mut sender);
                ParcelName {
                    time: now,
                    sender: u64::from_le_bytes(sender),
                    number: 0,
                }
            }
        };
        *last = Some(name);
        name
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_read_back_and_nothing_else_is_one() {
        let name = ParcelName {
            time: 0x1234,
            sender: u64::MAX,
            number: 7,
        };
        assert_eq!(ParcelName::waiting(&name.file()), Some(name));
        assert_eq!(ParcelName::taken(&name.file_taken()), Some(name));
        assert_eq!(ParcelName::waiting(&name.file_taken()), None);
        assert_eq!(ParcelName::void(&name.file_void()), Some(name));
        assert_eq!(ParcelName::waiting(&name.file_void()), None);
        assert_eq!(ParcelName::from_bytes(&name.to_bytes()), Some(name));
        assert!(name.token(u64::MAX).len() < 100);
        for wrong in [
            "",
            ".parcel",
            "1-2-3.parcel",
            "notes.txt",
            &name.file().to_uppercase(),
        ] {
            assert_eq!(ParcelName::waiting(wrong), None, "{wrong}");
        }
        let signed = name
            .file()
            .replacen("0000000000001234", "+000000000001234", 1);
        assert_eq!(ParcelName::waiting(&signed), None);
    }
}
