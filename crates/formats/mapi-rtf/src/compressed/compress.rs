//! RTF packed: the cheapest parse of each block into literals and the longest references that a hash chain finds.
//! [MS-OXRTFCP] 3.1.4.2

use super::crc;
use super::dictionary::{INITIAL, SIZE};
use super::header::{Header, LEN, Packing};

/// `rtf` compressed, with its header (`LZFu`).
///
/// What is longer than the header's 32 bits can say does not fit the format: it is cut there.
#[must_use]
pub fn compress(rtf: &[u8]) -> Vec<u8> {
    let rtf = within(rtf);
    // One text with what the dictionary holds before: places in it are offsets modulo the dictionary's size.
    let text = [INITIAL, rtf].concat();
    let mut packed = Writer::new(rtf.len() / 2);
    let mut finder = Finder::new(&text);
    let mut place = INITIAL.len();
    while place < text.len() {
        let end = text.len().min(place + BLOCK);
        let matches: Vec<Match> = (place..end).map(|place| finder.longest(place)).collect();
        place = emit(&text, place, &matches, &mut packed);
    }
    packed.refer(text.len(), 0);
    header(rtf, Packing::Compressed, packed.bytes)
}

/// `rtf` as it is, with a header (`MELA`).
#[must_use]
pub fn store(rtf: &[u8]) -> Vec<u8> {
    let rtf = within(rtf);
    let mut bytes = vec![0; LEN];
    bytes.extend_from_slice(rtf);
    header(rtf, Packing::Stored, bytes)
}

/// How much is parsed at once.
const BLOCK: usize = 1 << 14;
/// The longest reference.
const LONGEST: usize = 17;
/// How many places of equal hash are looked at.
const CHAIN: usize = 64;
const HASHES: usize = 1 << 15;
/// Costs in bits: each token has a bit in a control byte.
const LITERAL: u32 = 9;
const REFERENCE: u32 = 17;

fn within(rtf: &[u8]) -> &[u8] {
    // COMPSIZE counts 12 bytes of the header, and literals cost a ninth more than they are.
    let most = usize::try_from(u32::MAX / 10 * 8).unwrap_or(usize::MAX);
    rtf.get(..most).unwrap_or(rtf)
}

/// `bytes`, whose first 16 are free, with their header.
fn header(rtf: &[u8], packing: Packing, mut bytes: Vec<u8>) -> Vec<u8> {
    let contents = bytes.get(LEN..).unwrap_or_default();
    let header = Header {
        packed: u32::try_from(contents.len()).unwrap_or(u32::MAX),
        raw: u32::try_from(rtf.len()).unwrap_or(u32::MAX),
        packing,
        crc: if packing == Packing::Stored {
            0
        } else {
            crc::update(0, contents)
        },
    };
    for (place, byte) in bytes.iter_mut().zip(header.bytes()) {
        *place = byte;
    }
    bytes
}

/// The longest reference at a place: how many bytes, and how far back. No bytes: none.
#[derive(Debug, Clone, Copy, Default)]
struct Match {
    len: usize,
    distance: usize,
}

/// Writes the tokens of a block that begins at `at`, the fewest bits that its `matches` allow; where it ended, which is
/// behind the block when its last reference reaches further.
fn emit(text: &[u8], mut at: usize, matches: &[Match], packed: &mut Writer) -> usize {
    let refer = choose(matches);
    let mut index = 0;
    while let (Some(refer), Some(found)) = (refer.get(index), matches.get(index)) {
        let len = if *refer { found.len } else { 1 };
        if *refer {
            packed.refer(at - found.distance, len - 2);
        } else {
            packed.literal(text.get(at).copied().unwrap_or_default());
        }
        at += len;
        index += len;
    }
    at
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

/// Finds what was there before.
struct Finder<'a> {
    text: &'a [u8],
    /// The newest place for each hash of 3 bytes, plus 1.
    heads: Vec<u32>,
    /// The place before with the same hash, by place modulo the window.
    before: Vec<u32>,
    /// The newest place of each pair of bytes, plus 1.
    pairs: Vec<u32>,
    /// How many places are known.
    known: usize,
}

impl<'a> Finder<'a> {
    fn new(text: &'a [u8]) -> Self {
        let pairs = vec![0; 1 << 16];
        Self {
            text,
            heads: vec![0; HASHES],
            before: vec![0; SIZE],
            pairs,
            known: 0,
        }
    }

    /// The longest run that begins before `place` and equals what begins there.
    fn longest(&mut self, place: usize) -> Match {
        while self.known < place {
            self.learn(self.known);
            self.known += 1;
        }
        let mut best = Match::default();
        let here = self.text.get(place..).unwrap_or_default();
        let Some((pair, hash)) = keys(here) else {
            return best;
        };
        self.consider(self.pairs.get(pair).copied(), place, here, &mut best);
        let mut next = self.heads.get(hash).copied();
        for _ in 0..CHAIN {
            if best.len == LONGEST || !self.consider(next, place, here, &mut best) {
                break;
            }
            next = next.and_then(|next| self.before.get((next as usize - 1) % SIZE).copied());
        }
        best
    }

    /// Looks at a place before, given plus 1; whether it is one that a reference can reach.
    fn consider(
        &self,
        candidate: Option<u32>,
        place: usize,
        here: &[u8],
        best: &mut Match,
    ) -> bool {
        let Some(candidate) = candidate.and_then(|candidate| candidate.checked_sub(1)) else {
            return false;
        };
        let candidate = candidate as usize;
        // The whole window back would be the place of writing, which means the end.
        if candidate >= place || place - candidate >= SIZE {
            return false;
        }
        let there = self.text.get(candidate..).unwrap_or_default();
        if there.get(best.len) != here.get(best.len) {
            return true;
        }
        let equal = here
            .iter()
            .zip(there)
            .take(LONGEST)
            .take_while(|(here, there)| here == there);
        let len = equal.count();
        if len > best.len {
            *best = Match {
                len,
                distance: place - candidate,
            };
        }
        true
    }

    fn learn(&mut self, place: usize) {
        let newest = u32::try_from(place + 1).unwrap_or(0);
        let Some((pair, hash)) = self.text.get(place..).and_then(keys) else {
            return;
        };
        if let Some(pair) = self.pairs.get_mut(pair) {
            *pair = newest;
        }
        if let (Some(head), Some(before)) =
            (self.heads.get_mut(hash), self.before.get_mut(place % SIZE))
        {
            *before = *head;
            *head = newest;
        }
    }
}

/// The first two bytes, and a hash of the first three.
fn keys(text: &[u8]) -> Option<(usize, usize)> {
    let [a, b, c] = *text.first_chunk::<3>()?;
    let hash = u32::from_be_bytes([0, a, b, c]).wrapping_mul(0x9E37_79B1) >> 17;
    Some((
        u16::from_be_bytes([a, b]).into(),
        usize::try_from(hash).ok()?,
    ))
}

/// Writes tokens in groups of eight behind their control bytes.
struct Writer {
    bytes: Vec<u8>,
    /// Where the control byte of the group stands.
    control: usize,
    /// How many tokens the group has.
    tokens: u8,
}

impl Writer {
    fn new(expected: usize) -> Self {
        let mut bytes = Vec::with_capacity(LEN + expected);
        bytes.resize(LEN, 0);
        Self {
            bytes,
            control: 0,
            tokens: 8,
        }
    }

    fn literal(&mut self, byte: u8) {
        self.token(0);
        self.bytes.push(byte);
    }

    /// A reference to `place`; to the place of writing itself, it is the end.
    fn refer(&mut self, place: usize, len: usize) {
        self.token(1);
        let token = u16::try_from(((place % SIZE) << 4) | (len & 0xF)).unwrap_or_default();
        self.bytes.extend(token.to_be_bytes());
    }

    fn token(&mut self, bit: u8) {
        if self.tokens == 8 {
            self.tokens = 0;
            self.control = self.bytes.len();
            self.bytes.push(0);
        }
        if let Some(control) = self.bytes.get_mut(self.control) {
            *control |= bit << self.tokens;
        }
        self.tokens += 1;
    }
}
