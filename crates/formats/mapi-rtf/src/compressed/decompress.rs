//! Packed RTF unpacked, whole or as a stream.
//! [MS-OXRTFCP] 3.1.4.1

use std::io::{self, Read};

use super::crc;
use super::dictionary::Dictionary;
use super::header::{Damage, Header, LEN, Packing};

/// The RTF in `packed`, all checks made, if it is no longer than `limit` bytes.
///
/// # Errors
/// Any [`Damage`]; what had been unpacked until then is dropped.
pub fn decompress(packed: &[u8], limit: usize) -> Result<Vec<u8>, Damage> {
    let (header, contents) = Header::split(packed)?;
    let over = Damage::Limit(limit);
    if header.packing == Packing::Stored {
        let within = contents.len() <= limit;
        return if within {
            Ok(contents.to_vec())
        } else {
            Err(over)
        };
    }
    let raw = usize::try_from(header.raw).ok().filter(|raw| *raw <= limit);
    let raw = raw.ok_or(over)?;
    header.check(crc::update(0, contents))?;
    // A reference gives 17 bytes for 2: what is declared beyond that cannot come.
    let mut rtf = Vec::with_capacity(raw.min(contents.len().saturating_mul(9)));
    let mut state = Lzfu::new();
    for byte in contents {
        if state.take(*byte, &mut rtf)? {
            break;
        }
        if rtf.len() >= raw {
            break;
        }
    }
    whole(&header, rtf.len() as u64)?;
    Ok(rtf)
}

/// What unpacked to `found` bytes is what `header` declares.
fn whole(header: &Header, found: u64) -> Result<(), Damage> {
    let declared = u64::from(header.raw);
    if declared == found {
        Ok(())
    } else {
        Err(Damage::Size { declared, found })
    }
}

/// The RTF of a packed stream, from its beginning to its end and once; needs the same memory for any length.
///
/// The checksum is known at the end only: until `read` has given 0, what it gave may still turn out to be damaged.
/// Damage is an [`io::Error`] of kind `InvalidData` around a [`Damage`].
#[derive(Debug)]
pub struct Decompressor<R> {
    source: R,
    header: Header,
    /// How many packed bytes are still to come.
    left: u64,
    crc: u32,
    lzfu: Box<Lzfu>,
    /// Unpacked, not yet read.
    ready: Vec<u8>,
    taken: usize,
    /// How many bytes of RTF were unpacked.
    given: u64,
    input: Box<[u8]>,
    ended: bool,
    /// All packed bytes were read, and what they gave was checked.
    checked: bool,
}

const INPUT: usize = 8192;

impl<R: Read> Decompressor<R> {
    /// What reads the RTF in `source`, whose header is read at once.
    ///
    /// # Errors
    /// `InvalidData` for a header that is none; what reading gives.
    pub fn new(mut source: R) -> io::Result<Self> {
        let mut header = [0; LEN];
        let found = fill(&mut source, &mut header)?;
        if found < LEN {
            return Err(damaged(Damage::Short(found)));
        }
        let header = Header::read(&header).map_err(damaged)?;
        Ok(Self {
            source,
            header,
            left: header.most(),
            crc: 0,
            lzfu: Box::new(Lzfu::new()),
            ready: Vec::with_capacity(INPUT * 9),
            taken: 0,
            given: 0,
            input: vec![0; INPUT].into_boxed_slice(),
            ended: false,
            checked: false,
        })
    }

    /// What its header says.
    pub const fn header(&self) -> &Header {
        &self.header
    }

    /// Unpacks the next piece of the source.
    fn more(&mut self) -> io::Result<()> {
        self.ready.clear();
        self.taken = 0;
        let want = usize::try_from(self.left.min(INPUT as u64)).unwrap_or(INPUT);
        let buffer = self.input.get_mut(..want).unwrap_or_default();
        let found = fill(&mut self.source, buffer)?;
        let piece = buffer.get(..found).unwrap_or_default();
        self.left -= found as u64;
        if found < want {
            let read = self.header.most() - self.left;
            self.header.enough(read).map_err(damaged)?;
            self.left = 0;
        }
        let room = u64::from(self.header.raw) - self.given;
        if self.header.packing == Packing::Stored {
            let room = usize::try_from(room).unwrap_or(usize::MAX);
            self.ready.extend(piece.iter().take(room));
        } else {
            self.crc = crc::update(self.crc, piece);
            for byte in piece {
                if self.ended || self.ready.len() as u64 >= room {
                    break;
                }
                self.ended = self.lzfu.take(*byte, &mut self.ready).map_err(damaged)?;
            }
        }
        self.given += self.ready.len() as u64;
        if self.given > u64::from(self.header.raw) {
            return whole(&self.header, self.given).map_err(damaged);
        }
        if self.left == 0 {
            self.finish().map_err(damaged)?;
            self.checked = true;
        }
        Ok(())
    }

    fn finish(&self) -> Result<(), Damage> {
        match self.header.packing {
            Packing::Stored => Ok(()),
            Packing::Compressed => {
                self.header.check(self.crc)?;
                whole(&self.header, self.given)
            }
        }
    }
}

impl<R: Read> Read for Decompressor<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.taken == self.ready.len() && !self.checked {
            if let Err(error) = self.more() {
                // What was unpacked with it is not to be had by reading once more.
                self.ready.clear();
                return Err(error);
            }
        }
        let ready = self.ready.get(self.taken..).unwrap_or_default();
        let count = ready.len().min(buffer.len());
        for (place, byte) in buffer.iter_mut().zip(ready) {
            *place = *byte;
        }
        self.taken += count;
        Ok(count)
    }
}

fn damaged(damage: Damage) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, damage)
}

/// Reads until `buffer` is full or `source` ends.
fn fill(source: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut found = 0;
    while let Some(rest) = buffer.get_mut(found..).filter(|rest| !rest.is_empty()) {
        match source.read(rest) {
            Ok(0) => break,
            Ok(count) => found += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(found)
}

/// What is known between two bytes of compressed contents.
#[derive(Debug)]
struct Lzfu {
    dictionary: Dictionary,
    /// The control byte's bits that are left, behind a one that marks the end of them.
    control: u32,
    /// The first byte of a reference.
    first: Option<u8>,
    place: u64,
}

impl Lzfu {
    fn new() -> Self {
        Self {
            dictionary: Dictionary::new(),
            control: 1,
            first: None,
            place: 0,
        }
    }

    /// Takes the next byte; whether it was the end.
    fn take(&mut self, byte: u8, rtf: &mut Vec<u8>) -> Result<bool, Damage> {
        self.place += 1;
        if let Some(first) = self.first.take() {
            self.control >>= 1;
            return self.reference(u16::from_be_bytes([first, byte]), rtf);
        }
        if self.control == 1 {
            self.control = 0x100 | u32::from(byte);
        } else if self.control & 1 == 1 {
            self.first = Some(byte);
        } else {
            self.control >>= 1;
            self.dictionary.push(byte);
            rtf.push(byte);
        }
        Ok(false)
    }

    /// 12 bits of offset, 4 of length less 2. [MS-OXRTFCP] 2.1.3.1.5
    fn reference(&mut self, reference: u16, rtf: &mut Vec<u8>) -> Result<bool, Damage> {
        let offset = usize::from(reference >> 4);
        if offset == self.dictionary.next() {
            return Ok(true);
        }
        if !self.dictionary.holds(offset) {
            return Err(Damage::Reference(self.place - 2));
        }
        for place in offset..offset + usize::from(reference & 0xF) + 2 {
            let byte = self.dictionary.get(place);
            self.dictionary.push(byte);
            rtf.push(byte);
        }
        Ok(false)
    }
}
