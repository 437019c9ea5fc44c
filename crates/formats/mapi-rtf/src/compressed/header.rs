//! The 16 bytes before packed RTF, and what can be wrong with it.
//! [MS-OXRTFCP] 2.1.3.1.1

use thiserror::Error;

use super::crc;

/// How many bytes the header has.
pub(super) const LEN: usize = Header::LEN;
/// How many of them COMPSIZE counts: all but itself.
const COUNTED: u32 = 12;
const LZFU: u32 = 0x7546_5A4C;
const MELA: u32 = 0x414C_454D;

/// What stands before packed RTF.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header {
    /// How many bytes follow the header, as it says.
    pub packed: u32,
    /// How many bytes of RTF they give, as it says; of stored ones there may be 12 less, as some writers count the header.
    pub raw: u32,
    /// How they are packed.
    pub packing: Packing,
    /// The checksum of what follows the header; 0 and unused when stored.
    pub crc: u32,
}

/// How RTF is packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Packing {
    /// Compressed, `LZFu`.
    Compressed,
    /// As it is, `MELA`.
    Stored,
}

/// Why bytes are no packed RTF.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Damage {
    /// There is less than a header.
    #[error("packed RTF has a header of 16 bytes, these are {0}")]
    Short(usize),
    /// It begins with neither of the two marks; what stood there.
    #[error("neither LZFu nor MELA but {0:#010X}")]
    Magic(u32),
    /// The declared size does not fit what is there.
    #[error("{declared} bytes are declared, {found} are there")]
    Size {
        /// How many there should be.
        declared: u64,
        /// How many there are.
        found: u64,
    },
    /// The checksum is another.
    #[error("the checksum is {found:#010X}, {declared:#010X} is declared")]
    Crc {
        /// What the header says.
        declared: u32,
        /// What the bytes give.
        found: u32,
    },
    /// A reference points to what was never written; where it stands behind the header.
    #[error("the reference at byte {0} points to what was never written")]
    Reference(u64),
    /// More RTF is declared, or comes, than the caller wants.
    #[error("more than {0} bytes of RTF")]
    Limit(usize),
}

impl Header {
    /// How many bytes it has.
    pub const LEN: usize = 16;

    /// The header of `packed`, which is whole: its sizes and checksum hold for the bytes behind it.
    ///
    /// What these unpack to is not looked at. Bytes behind the declared size are padding.
    ///
    /// # Errors
    /// [`Damage::Short`], [`Damage::Magic`], [`Damage::Size`] and [`Damage::Crc`].
    pub fn of(packed: &[u8]) -> Result<Self, Damage> {
        let (header, contents) = Self::split(packed)?;
        if header.packing == Packing::Compressed {
            header.check(crc::update(0, contents))?;
        }
        Ok(header)
    }

    /// What the first 16 bytes say, with nothing known of those that follow.
    ///
    /// # Errors
    /// [`Damage::Magic`]; [`Damage::Size`] when the size counts less than the header.
    pub fn read(bytes: &[u8; LEN]) -> Result<Self, Damage> {
        let (words, _) = bytes.as_chunks::<4>();
        let mut words = words.iter().map(|word| u32::from_le_bytes(*word));
        let mut word = || words.next().unwrap_or_default();
        let (size, raw, magic, crc) = (word(), word(), word(), word());
        let packing = match magic {
            LZFU => Packing::Compressed,
            MELA => Packing::Stored,
            other => return Err(Damage::Magic(other)),
        };
        let Some(packed) = size.checked_sub(COUNTED) else {
            return Err(Damage::Size {
                declared: size.into(),
                found: COUNTED.into(),
            });
        };
        Ok(Self {
            packed,
            raw,
            packing,
            crc,
        })
    }

    /// The bytes of a header that says this.
    #[must_use]
    pub fn bytes(self) -> [u8; LEN] {
        let magic = match self.packing {
            Packing::Compressed => LZFU,
            Packing::Stored => MELA,
        };
        let mut bytes = [0; LEN];
        let (words, _) = bytes.as_chunks_mut::<4>();
        let values = [
            self.packed.saturating_add(COUNTED),
            self.raw,
            magic,
            self.crc,
        ];
        for (word, value) in words.iter_mut().zip(values) {
            *word = value.to_le_bytes();
        }
        bytes
    }

    /// The header of `packed` and as many bytes behind it as it says.
    pub(super) fn split(packed: &[u8]) -> Result<(Self, &[u8]), Damage> {
        let (header, rest) = packed
            .split_first_chunk::<LEN>()
            .ok_or(Damage::Short(packed.len()))?;
        let header = Self::read(header)?;
        let most = usize::try_from(header.most()).unwrap_or(usize::MAX);
        let contents = rest.get(..most).unwrap_or(rest);
        header.enough(contents.len() as u64)?;
        Ok((header, contents))
    }

    /// How many bytes behind the header are read: of stored ones what the RTF needs, whatever the packed size says.
    pub(super) fn most(&self) -> u64 {
        match self.packing {
            Packing::Compressed => self.packed.into(),
            Packing::Stored => self.raw.into(),
        }
    }

    /// `found` bytes behind the header, after which there are no more or no more are wanted, are all of them.
    pub(super) fn enough(&self, found: u64) -> Result<(), Damage> {
        let declared = u64::from(match self.packing {
            Packing::Compressed => self.packed,
            Packing::Stored => self.packed.min(self.raw),
        });
        if found < declared {
            Err(Damage::Size { declared, found })
        } else {
            Ok(())
        }
    }

    pub(super) const fn check(&self, found: u32) -> Result<(), Damage> {
        if found == self.crc {
            Ok(())
        } else {
            Err(Damage::Crc {
                declared: self.crc,
                found,
            })
        }
    }
}
