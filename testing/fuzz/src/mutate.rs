//! New inputs from old ones: bytes, numbers, lines, tokens, pieces of other inputs.

use std::ops::Range;

use testkit::Chance;

/// Makes mutants.
#[derive(Debug)]
pub(crate) struct Mutator<'a> {
    pub(crate) chance: &'a mut Chance,
    pub(crate) tokens: &'static [&'static [u8]],
    pub(crate) longest: usize,
    /// Another kept input, from which pieces are taken.
    pub(crate) other: &'a [u8],
}

/// Bytes at which programs tend to break.
const ODD: &[u8] = &[
    0, 1, 2, 9, 10, 13, 27, 31, 32, 34, 39, 40, 41, 44, 45, 47, 58, 59, 60, 61, 62, 63, 64, 92,
    126, 127, 128, 160, 191, 192, 193, 194, 224, 237, 239, 240, 244, 245, 254, 255,
];

/// Numbers at which programs tend to break, in text.
const NUMBERS: &[&[u8]] = &[
    b"0",
    b"1",
    b"-1",
    b"64",
    b"65",
    b"127",
    b"128",
    b"255",
    b"256",
    b"999",
    b"1000",
    b"1001",
    b"32767",
    b"65535",
    b"65536",
    b"2147483647",
    b"2147483648",
    b"4294967295",
    b"4294967296",
    b"9223372036854775807",
    b"18446744073709551615",
    b"99999999999999999999",
    b"1e9",
    b"0x10",
];

impl Mutator<'_> {
    /// `input` changed in one to eight ways.
    pub(crate) fn mutant(&mut self, mut input: Vec<u8>) -> Vec<u8> {
        let most = if self.chance.percent(20) { 24 } else { 5 };
        for _ in 0..self.chance.in_range(1..most) {
            self.change(&mut input);
            input.truncate(self.longest);
        }
        input
    }

    fn change(&mut self, input: &mut Vec<u8>) {
        match self.chance.below(17) {
            0 => self.set_byte(input),
            1 => self.flip_bit(input),
            2 => self.insert_random(input),
            3 => self.remove(input),
            4 => self.repeat(input),
            5 => self.splice(input),
            6 => self.swap_lines(input),
            7 => self.copy_line(input),
            8 => self.remove_line(input),
            9 => self.line_of_other(input),
            10 => self.number(input),
            11 => self.cut(input),
            12 => self.add_to_byte(input),
            13 => self.move_piece(input),
            14 => self.overwrite_with_token(input),
            _ => self.insert_token(input),
        }
    }

    fn place(&mut self, input: &[u8]) -> usize {
        self.chance.in_range(0..input.len() + 1)
    }

    /// A piece of at most `most` bytes; empty where the input is.
    fn piece(&mut self, input: &[u8], most: usize) -> Range<usize> {
        if input.is_empty() {
            return 0..0;
        }
        let start = self.chance.in_range(0..input.len());
        let most = most.min(input.len() - start);
        // Short pieces more often than long ones.
        let most = if self.chance.percent(70) {
            most.min(16)
        } else {
            most
        };
        start..start + self.chance.in_range(1..most + 1)
    }

    fn insert(input: &mut Vec<u8>, at: usize, bytes: &[u8]) {
        input.splice(at..at, bytes.iter().copied());
    }

    fn odd(&mut self) -> u8 {
        if self.chance.percent(60) {
            *self.chance.pick(ODD)
        } else {
            self.chance.next_u64().to_le_bytes()[0]
        }
    }

    fn set_byte(&mut self, input: &mut [u8]) {
        if !input.is_empty() {
            let (at, byte) = (self.chance.in_range(0..input.len()), self.odd());
            if let Some(place) = input.get_mut(at) {
                *place = byte;
            }
        }
    }

    fn flip_bit(&mut self, input: &mut [u8]) {
        if !input.is_empty() {
            let (at, bit) = (self.chance.in_range(0..input.len()), self.chance.below(8));
            if let Some(place) = input.get_mut(at) {
                *place ^= 1 << bit;
            }
        }
    }

    fn add_to_byte(&mut self, input: &mut [u8]) {
        if !input.is_empty() {
            let at = self.chance.in_range(0..input.len());
            let by = *self.chance.pick(&[1, 2, 3, 16, 64, 253, 254, 255]);
            if let Some(place) = input.get_mut(at) {
                *place = place.wrapping_add(by);
            }
        }
    }

    fn insert_random(&mut self, input: &mut Vec<u8>) {
        let at = self.place(input);
        let len = self.chance.in_range(1..9);
        let bytes: Vec<u8> = (0..len).map(|_| self.odd()).collect();
        Self::insert(input, at, &bytes);
    }

    fn remove(&mut self, input: &mut Vec<u8>) {
        let piece = self.piece(input, usize::MAX);
        input.drain(piece);
    }

    fn cut(&mut self, input: &mut Vec<u8>) {
        let at = self.place(input);
        input.truncate(at);
    }

    /// A piece many times over: nesting, long lines, long lists.
    fn repeat(&mut self, input: &mut Vec<u8>) {
        let piece = self.piece(input, 256);
        let bytes = input.get(piece.clone()).unwrap_or_default().to_vec();
        if bytes.is_empty() {
            return;
        }
        let most = if self.chance.percent(10) { 2000 } else { 12 };
        let room = self.longest.saturating_sub(input.len()) / bytes.len();
        let times = self.chance.in_range(1..most).min(room);
        Self::insert(input, piece.end, &bytes.repeat(times));
    }

    fn splice(&mut self, input: &mut Vec<u8>) {
        let other = self.other;
        let from = self.piece(other, 4096);
        let taken = other.get(from).unwrap_or_default();
        if self.chance.percent(50) {
            let at = self.place(input);
            Self::insert(input, at, taken);
        } else {
            let over = self.piece(input, 4096);
            input.splice(over, taken.iter().copied());
        }
    }

    fn move_piece(&mut self, input: &mut Vec<u8>) {
        let piece = self.piece(input, 4096);
        let taken: Vec<u8> = input.drain(piece).collect();
        let at = self.place(input);
        Self::insert(input, at, &taken);
    }

    fn token(&mut self) -> &'static [u8] {
        if self.tokens.is_empty() || self.chance.percent(5) {
            return self.chance.pick::<&[u8]>(NUMBERS);
        }
        self.chance.pick::<&[u8]>(self.tokens)
    }

    fn insert_token(&mut self, input: &mut Vec<u8>) {
        let token = self.token();
        // Tokens of lines belong at the starts of lines.
        let at = if token.ends_with(b"\n") && self.chance.percent(80) {
            self.line(input).start
        } else {
            self.place(input)
        };
        Self::insert(input, at, token);
    }

    fn overwrite_with_token(&mut self, input: &mut Vec<u8>) {
        let token = self.token();
        let at = self.place(input);
        let end = input.len().min(at + token.len());
        input.splice(at..end, token.iter().copied());
    }

    /// A number in the text becomes another.
    fn number(&mut self, input: &mut Vec<u8>) {
        let from = self.place(input);
        let tail = input.get(from..).unwrap_or_default();
        let Some(start) = tail.iter().position(u8::is_ascii_digit).map(|n| from + n) else {
            return self.set_byte(input);
        };
        let digits = input.get(start..).unwrap_or_default();
        let len = digits.iter().take_while(|b| b.is_ascii_digit()).count();
        let number = *self.chance.pick(NUMBERS);
        input.splice(start..start + len, number.iter().copied());
    }

    /// A whole line with its end.
    fn line(&mut self, input: &[u8]) -> Range<usize> {
        let at = self.place(input);
        let (head, tail) = input.split_at(at);
        let start = head.iter().rposition(|b| *b == b'\n').map_or(0, |n| n + 1);
        let end = tail
            .iter()
            .position(|b| *b == b'\n')
            .map_or(input.len(), |n| at + n + 1);
        start..end
    }

    fn swap_lines(&mut self, input: &mut Vec<u8>) {
        let line = self.line(input);
        let taken: Vec<u8> = input.drain(line).collect();
        let at = self.line(input).start;
        Self::insert(input, at, &taken);
    }

    fn copy_line(&mut self, input: &mut Vec<u8>) {
        let line = self.line(input);
        let taken = input.get(line).unwrap_or_default().to_vec();
        let at = self.line(input).start;
        Self::insert(input, at, &taken);
    }

    fn remove_line(&mut self, input: &mut Vec<u8>) {
        let line = self.line(input);
        input.drain(line);
    }

    fn line_of_other(&mut self, input: &mut Vec<u8>) {
        let other = self.other;
        let from = self.line(other);
        let at = self.line(input).start;
        Self::insert(input, at, other.get(from).unwrap_or_default());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mutants_repeat_with_the_seed_stay_within_the_limit_and_differ() {
        let mutants = |seed| {
            let mut chance = Chance::from_seed(seed);
            let mut mutator = Mutator {
                chance: &mut chance,
                tokens: &[b"Token: x\n"],
                longest: 300,
                other: b"another\ninput 17\n",
            };
            let mut input = b"a line\nof 3 lines\n".to_vec();
            (0..3000)
                .map(|_| {
                    input = mutator.mutant(input.clone());
                    assert!(input.len() <= 300);
                    input.clone()
                })
                .collect::<Vec<_>>()
        };
        let first = mutants(1);
        assert_eq!(first, mutants(1));
        assert_ne!(first, mutants(2));
        assert!(first.iter().any(|m| m.windows(8).any(|w| w == b"Token: x")));
        assert!(first.iter().any(|m| m.windows(6).any(|w| w == b"input ")));
    }
}
