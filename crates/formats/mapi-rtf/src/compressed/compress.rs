//! RTF packed as it comes: the cheapest parse of each block into literals and the longest references that are found.
//! [MS-OXRTFCP] 3.1.4.2

mod finder;
mod writer;

use super::crc;
use super::dictionary::{INITIAL, SIZE};
use super::header::{Header, Packing};
use finder::{Finder, LONGEST, Match};
use writer::Writer;

/// `rtf` compressed, with its header (`LZFu`).
///
/// What is longer than the header's 32 bits can say does not fit the format: it is cut there.
#[must_use]
pub fn compress(rtf: &[u8]) -> Vec<u8> {
    packed(rtf, Packing::Compressed)
}

/// `rtf` as it is, with a header (`MELA`).
#[must_use]
pub fn store(rtf: &[u8]) -> Vec<u8> {
    packed(rtf, Packing::Stored)
}

fn packed(rtf: &[u8], packing: Packing) -> Vec<u8> {
    let rtf = rtf.get(..Packer::MOST).unwrap_or(rtf);
    let mut packer = Packer::new(packing);
    // The header's place, until it is known.
    let mut packed = vec![0; Header::LEN];
    packed.reserve(rtf.len() / 2);
    packer.write(rtf, &mut packed);
    let header = packer.finish(&mut packed);
    for (place, byte) in packed.iter_mut().zip(header.bytes()) {
        *place = byte;
    }
    packed
}

/// Packs RTF piece by piece, in the same memory for any length. What comes out is the same whatever the pieces are.
///
/// ```
/// use mapi_rtf::compressed::{Packer, Packing, decompress};
///
/// let (mut packer, mut contents) = (Packer::new(Packing::Compressed), Vec::new());
/// packer.write(br"{\rtf1 Dear ", &mut contents);
/// packer.write(br"Ann\par}", &mut contents);
/// let header = packer.finish(&mut contents);
/// let packed = [&header.bytes()[..], &contents].concat();
/// assert_eq!(decompress(&packed, 100).unwrap(), br"{\rtf1 Dear Ann\par}");
/// ```
#[derive(Debug, Clone)]
pub struct Packer {
    packing: Packing,
    raw: usize,
    packed: usize,
    crc: u32,
    window: Window,
    /// Where the next block begins.
    place: usize,
    finder: Finder,
    writer: Writer,
}

/// How much is parsed at once.
const BLOCK: usize = 1 << 14;
/// How much is taken at once.
const PIECE: usize = 4 * BLOCK;
/// Costs in bits: each token has a bit in a control byte.
const LITERAL: u32 = 9;
const REFERENCE: u32 = 17;

impl Packer {
    /// How many bytes of RTF fit the format: the header says sizes in 32 bits, counts 12 bytes of itself, and literals cost a
    /// ninth more than they are.
    pub const MOST: usize = 3 << 30;

    /// Before the first byte.
    #[must_use]
    pub fn new(packing: Packing) -> Self {
        Self {
            packing,
            raw: 0,
            packed: 0,
            crc: 0,
            window: Window {
                bytes: INITIAL.to_vec(),
                start: 0,
            },
            place: INITIAL.len(),
            finder: Finder::new(),
            writer: Writer::default(),
        }
    }

    /// How many bytes of RTF were taken.
    #[must_use]
    pub const fn taken(&self) -> usize {
        self.raw
    }

    /// Takes more RTF, and appends to `contents` what is packed of it by now. Beyond [`Self::MOST`] the header cannot say
    /// how long it is.
    pub fn write(&mut self, rtf: &[u8], contents: &mut Vec<u8>) {
        let before = contents.len();
        self.raw = self.raw.saturating_add(rtf.len());
        match self.packing {
            Packing::Stored => contents.extend_from_slice(rtf),
            Packing::Compressed => {
                for piece in rtf.chunks(PIECE) {
                    self.window.bytes.extend_from_slice(piece);
                    self.blocks(BLOCK + LONGEST, contents);
                    self.window.forget(self.place);
                }
            }
        }
        self.count(contents, before);
    }

    /// Appends the rest to `contents`; the header that belongs before them.
    pub fn finish(mut self, contents: &mut Vec<u8>) -> Header {
        let before = contents.len();
        if self.packing == Packing::Compressed {
            self.blocks(1, contents);
            // The place of writing itself is the end.
            self.writer.refer(self.place, 2);
            self.writer.rest(contents);
        }
        self.count(contents, before);
        Header {
            packed: u32::try_from(self.packed).unwrap_or(u32::MAX),
            raw: u32::try_from(self.raw).unwrap_or(u32::MAX),
            packing: self.packing,
            crc: self.crc,
        }
    }

    /// Packs blocks while at least so many bytes wait: what follows a block decides on its last references.
    fn blocks(&mut self, waiting: usize, contents: &mut Vec<u8>) {
        while self.window.end() - self.place >= waiting {
            let end = self.window.end().min(self.place + BLOCK);
            let places = self.place..end;
            let matches: Vec<Match> = places
                .map(|place| self.finder.longest(&self.window, place))
                .collect();
            self.emit(&matches);
            self.writer.whole_groups(contents);
        }
    }

    /// Writes the tokens of a block, the fewest bits that its `matches` allow. Its last reference may reach further.
    fn emit(&mut self, matches: &[Match]) {
        let refer = choose(matches);
        let start = self.place;
        while let Some((refer, found)) = refer
            .get(self.place - start)
            .zip(matches.get(self.place - start))
        {
            if *refer {
                self.writer.refer(self.place - found.distance, found.len);
                self.place += found.len;
            } else {
                let byte = self.window.from(self.place).first();
                self.writer.literal(byte.copied().unwrap_or_default());
                self.place += 1;
            }
        }
    }

    /// Counts what was appended.
    fn count(&mut self, contents: &[u8], before: usize) {
        let new = contents.get(before..).unwrap_or_default();
        self.packed = self.packed.saturating_add(new.len());
        if self.packing == Packing::Compressed {
            self.crc = crc::update(self.crc, new);
        }
    }
}

/// Where a reference is cheaper than a literal, for all that follows.
///
/// From behind: a longer reference is never dearer than a shorter one, as the rest of a text costs no more than the whole
/// of it.
fn choose(matches: &[Match]) -> Vec<bool> {
    let mut costs = vec![0u32; matches.len() + 1];
    let mut refer = vec![false; matches.len()];
    for ((place, found), refer) in matches.iter().enumerate().zip(&mut refer).rev() {
        let after = |len| costs.get(place + len).copied().unwrap_or_default();
        let (literal, reference) = (LITERAL + after(1), REFERENCE + after(found.len));
        *refer = found.len > 1 && reference < literal;
        if let Some(cost) = costs.get_mut(place) {
            *cost = if *refer { reference } else { literal };
        }
    }
    refer
}

/// The text that waits, and as much before it as references reach. Its places count from the beginning of what the
/// dictionary holds at first, so that they are offsets modulo the dictionary's size.
#[derive(Debug, Clone)]
struct Window {
    bytes: Vec<u8>,
    /// The place of the first of them.
    start: usize,
}

impl Window {
    fn end(&self) -> usize {
        self.start + self.bytes.len()
    }

    /// What stands at `place` and behind it.
    fn from(&self, place: usize) -> &[u8] {
        let from = place
            .checked_sub(self.start)
            .and_then(|at| self.bytes.get(at..));
        from.unwrap_or_default()
    }

    /// Nothing before `place` is packed any more. What its last block packed beyond its end is still to be learnt.
    fn forget(&mut self, place: usize) {
        let gone = place.saturating_sub(SIZE + LONGEST + self.start);
        self.bytes.drain(..gone.min(self.bytes.len()));
        self.start += gone;
    }
}
