//! Bytes as a series of choices: how a target makes values of any shape from an input.

/// Takes choices from the front of an input; when it is used up every choice is the first one.
#[derive(Debug, Clone)]
pub struct Choices<'a> {
    rest: &'a [u8],
}

impl<'a> Choices<'a> {
    /// The choices that `input` makes.
    #[must_use]
    pub const fn new(input: &'a [u8]) -> Self {
        Self { rest: input }
    }

    /// Whether the input is used up.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// Everything that is left.
    pub fn rest(&mut self) -> &'a [u8] {
        std::mem::take(&mut self.rest)
    }

    /// One byte.
    pub const fn byte(&mut self) -> u8 {
        match self.rest.split_first() {
            Some((first, rest)) => {
                self.rest = rest;
                *first
            }
            None => 0,
        }
    }

    /// A number below `end`, which is at most 256; 0 for an `end` of 0.
    pub fn below(&mut self, end: usize) -> usize {
        let byte = usize::from(self.byte());
        byte.checked_rem(end).unwrap_or(0)
    }

    /// One of two.
    pub const fn flag(&mut self) -> bool {
        self.byte() & 1 == 1
    }

    /// One of `items`.
    ///
    /// # Panics
    /// When there is none.
    pub fn pick<T: Copy>(&mut self, items: &[T]) -> T {
        let at = self.below(items.len());
        *items.get(at).expect("there is something to pick")
    }

    /// Eight bytes, or what is left of them.
    pub fn u64(&mut self) -> u64 {
        (0..8).fold(0, |number, _| number << 8 | u64::from(self.byte()))
    }

    /// Four bytes.
    pub fn u32(&mut self) -> u32 {
        (0..4).fold(0, |number, _| number << 8 | u32::from(self.byte()))
    }

    /// Two bytes.
    pub fn u16(&mut self) -> u16 {
        u16::from_be_bytes([self.byte(), self.byte()])
    }

    /// A length below 256 and so many bytes, as far as there are.
    pub fn bytes(&mut self) -> &'a [u8] {
        let len = usize::from(self.byte()).min(self.rest.len());
        let (taken, rest) = self.rest.split_at(len);
        self.rest = rest;
        taken
    }

    /// Text of less than 256 bytes; what is not UTF-8 is replaced.
    pub fn text(&mut self) -> String {
        String::from_utf8_lossy(self.bytes()).into_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn choices_end_in_the_first_one() {
        let mut choices = Choices::new(&[3, b'a', b'b', b'c', 7, 255]);
        assert_eq!(choices.text(), "abc");
        assert_eq!(choices.below(5), 2);
        assert_eq!(choices.bytes(), b"");
        assert!(choices.is_empty());
        assert_eq!((choices.u64(), choices.pick(&[9, 8])), (0, 9));
    }
}
