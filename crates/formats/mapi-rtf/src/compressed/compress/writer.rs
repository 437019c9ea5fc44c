//! Tokens in groups of eight behind their control bytes.
//! [MS-OXRTFCP] 2.1.3.1.5

use super::SIZE;

/// Writes tokens.
#[derive(Debug, Clone, Default)]
pub(super) struct Writer {
    /// The group that is being written, its control byte first; then whole groups come before it.
    bytes: Vec<u8>,
    /// Where the control byte of the group stands.
    control: usize,
    /// How many tokens the group has still room for.
    room: u8,
}

/// The tokens of a group.
const GROUP: u8 = 8;

impl Writer {
    pub(super) fn literal(&mut self, byte: u8) {
        self.token(0);
        self.bytes.push(byte);
    }

    /// A reference of `len` bytes to `place`; to the place of writing itself, it is the end.
    pub(super) fn refer(&mut self, place: usize, len: usize) {
        self.token(1);
        let len = len.saturating_sub(2) & 0xF;
        let token = u16::try_from(((place % SIZE) << 4) | len).unwrap_or_default();
        self.bytes.extend(token.to_be_bytes());
    }

    fn token(&mut self, bit: u8) {
        if self.room == 0 {
            self.room = GROUP;
            self.control = self.bytes.len();
            self.bytes.push(0);
        }
        if let Some(control) = self.bytes.get_mut(self.control) {
            *control |= bit << (GROUP - self.room);
        }
        self.room -= 1;
    }

    /// Hands on the groups to which nothing will be added.
    pub(super) fn whole_groups(&mut self, to: &mut Vec<u8>) {
        let whole = if self.room == 0 {
            self.bytes.len()
        } else {
            self.control
        };
        to.extend(self.bytes.drain(..whole));
        self.control = 0;
    }

    /// Hands on the rest.
    pub(super) fn rest(&mut self, to: &mut Vec<u8>) {
        to.append(&mut self.bytes);
    }
}
