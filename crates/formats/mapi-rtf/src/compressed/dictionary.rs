//! The last 4096 bytes, to which references point; not empty at the beginning.
//! [MS-OXRTFCP] 2.1.2.1

/// How many bytes back a reference can reach, and its offsets count.
pub(super) const SIZE: usize = 4096;

/// What the dictionary holds before the first byte.
pub(super) const INITIAL: &[u8; 207] = b"{\\rtf1\\ansi\\mac\\deff0\\deftab720{\\fonttbl;}\
{\\f0\\fnil \\froman \\fswiss \\fmodern \\fscript \\fdecor MS Sans SerifSymbolArialTimes New RomanCourier\
{\\colortbl\\red0\\green0\\blue0\r\n\\par \\pard\\plain\\f0\\fs20\\b\\i\\u\\tab\\tx";

/// The dictionary of a reader.
#[derive(Debug)]
pub(super) struct Dictionary {
    bytes: [u8; SIZE],
    next: usize,
    /// How much of it was ever written.
    filled: usize,
}

impl Dictionary {
    pub(super) fn new() -> Self {
        let mut bytes = [0; SIZE];
        for (place, byte) in bytes.iter_mut().zip(INITIAL) {
            *place = *byte;
        }
        let next = INITIAL.len();
        Self {
            bytes,
            next,
            filled: next,
        }
    }

    /// Where the next byte goes; a reference to here is the end. [MS-OXRTFCP] 3.1.1.2
    pub(super) const fn next(&self) -> usize {
        self.next
    }

    /// Whether something was ever written at `offset`.
    pub(super) const fn holds(&self, offset: usize) -> bool {
        offset < self.filled
    }

    #[expect(
        clippy::indexing_slicing,
        reason = "an offset modulo the size is within"
    )]
    pub(super) const fn get(&self, offset: usize) -> u8 {
        self.bytes[offset % SIZE]
    }

    #[expect(
        clippy::indexing_slicing,
        reason = "an offset modulo the size is within"
    )]
    pub(super) fn push(&mut self, byte: u8) {
        self.bytes[self.next % SIZE] = byte;
        self.next = (self.next + 1) % SIZE;
        self.filled = (self.filled + 1).min(SIZE);
    }
}
