//! Charsets of seven bits that change their meaning by escape sequences, and HZ.
//! ISO 2022, RFC 1468, RFC 1554, RFC 1557, RFC 1922, RFC 1843

use encoding_rs::{EUC_JP, EUC_KR, Encoding, GBK, ISO_8859_7, WINDOWS_1252};

use super::known::Nation;

/// What a byte of seven bits means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Set {
    Ascii,
    Katakana,
    Japanese,
    JapaneseMore,
    Korean,
    Chinese,
    Latin,
    Greek,
    /// Two bytes a character that nobody here knows: the planes of CNS 11643 and JIS X 0213.
    Unknown,
}

impl Set {
    const fn is_wide(self) -> bool {
        matches!(
            self,
            Self::Japanese | Self::JapaneseMore | Self::Korean | Self::Chinese | Self::Unknown
        )
    }

    /// The 8-bit charset in which its characters stand, and the byte before each.
    const fn as_8_bit(self) -> (&'static Encoding, Option<u8>) {
        match self {
            Self::Katakana => (EUC_JP, Some(0x8E)),
            Self::Japanese => (EUC_JP, None),
            Self::JapaneseMore => (EUC_JP, Some(0x8F)),
            Self::Korean => (EUC_KR, None),
            Self::Chinese | Self::Unknown => (GBK, None),
            Self::Greek => (ISO_8859_7, None),
            Self::Ascii | Self::Latin => (WINDOWS_1252, None),
        }
    }
}

/// Where an escape sequence puts a set.
enum Place {
    G0,
    G1,
    G2,
}

/// The escape sequences, without their first byte.
const ESCAPES: &[(&[u8], Place, Set)] = &[
    (b"(B", Place::G0, Set::Ascii),
    (b"(J", Place::G0, Set::Ascii),
    (b"(H", Place::G0, Set::Ascii),
    (b"(I", Place::G0, Set::Katakana),
    (b")I", Place::G1, Set::Katakana),
    (b"$@", Place::G0, Set::Japanese),
    (b"$B", Place::G0, Set::Japanese),
    (b"$(B", Place::G0, Set::Japanese),
    (b"$(O", Place::G0, Set::Japanese),
    (b"$(Q", Place::G0, Set::Japanese),
    (b"$(D", Place::G0, Set::JapaneseMore),
    (b"$(P", Place::G0, Set::Unknown),
    (b"$A", Place::G0, Set::Chinese),
    (b"$(A", Place::G0, Set::Chinese),
    (b"$(C", Place::G0, Set::Korean),
    (b"$)C", Place::G1, Set::Korean),
    (b"$)A", Place::G1, Set::Chinese),
    (b"$)E", Place::G1, Set::Chinese),
    (b"$)G", Place::G1, Set::Unknown),
    (b"$*H", Place::G2, Set::Unknown),
    (b".A", Place::G2, Set::Latin),
    (b".F", Place::G2, Set::Greek),
];

/// The nation whose escape sequence stands in text of seven bits, for text that does not say so.
pub(super) fn nation_of(bytes: &[u8]) -> Option<Nation> {
    memchr::memchr_iter(0x1B, bytes).find_map(|at| {
        let rest = bytes.get(at + 1..)?;
        let (_, place, set) = ESCAPES.iter().find(|(e, ..)| rest.starts_with(e))?;
        match (set, place) {
            (Set::Japanese | Set::JapaneseMore | Set::Katakana, _) => Some(Nation::Japan),
            (Set::Korean, _) => Some(Nation::Korea),
            (Set::Chinese, _) => Some(Nation::China),
            _ => None,
        }
    })
}

/// Text of a charset with escape sequences, and whether some bytes mean nothing.
pub(super) fn decode(bytes: &[u8], nation: Nation) -> (String, bool) {
    let mut reader = Reader {
        nation,
        g0: Set::Ascii,
        // Mail of Korea may lack the header that says so.
        g1: match nation {
            Nation::Japan => Set::Katakana,
            Nation::Korea => Set::Korean,
            Nation::China => Set::Chinese,
        },
        g2: Set::Latin,
        shifted: false,
        run: Run::new(bytes.len()),
    };
    let mut rest = bytes;
    while let Some((&first, tail)) = rest.split_first() {
        rest = reader.step(first, tail);
    }
    reader.run.finish()
}

struct Reader {
    nation: Nation,
    g0: Set,
    g1: Set,
    g2: Set,
    /// G1 is meant, since a shift out.
    shifted: bool,
    run: Run,
}

impl Reader {
    /// Reads one character or control and gives what follows it.
    fn step<'a>(&mut self, first: u8, tail: &'a [u8]) -> &'a [u8] {
        match first {
            0x1B => self.escape(tail),
            0x0E => {
                self.shifted = true;
                tail
            }
            0x0F => {
                self.shifted = false;
                tail
            }
            // RFC 1557 and RFC 1922: a line begins unshifted.
            b'\n' => {
                self.shifted = false;
                self.run.ascii(first);
                tail
            }
            0x21..=0x7E => {
                let set = if self.shifted { self.g1 } else { self.g0 };
                self.character(set, first, tail)
            }
            0x80.. => self.eight_bits(first, tail),
            _ => {
                self.run.ascii(first);
                tail
            }
        }
    }

    fn escape<'a>(&mut self, tail: &'a [u8]) -> &'a [u8] {
        if let Some((&byte, after)) = tail.strip_prefix(b"N").and_then(<[u8]>::split_first) {
            return self.character(self.g2, byte & 0x7F, after);
        }
        for (escape, place, set) in ESCAPES {
            if let Some(after) = tail.strip_prefix(*escape) {
                match place {
                    Place::G0 => self.g0 = *set,
                    Place::G1 => self.g1 = *set,
                    Place::G2 => self.g2 = *set,
                }
                return after;
            }
        }
        // `ESC & @` announces a revision and changes nothing.
        match tail.strip_prefix(b"&@") {
            Some(after) => after,
            None => {
                self.run.odd = true;
                tail
            }
        }
    }

    fn character<'a>(&mut self, set: Set, first: u8, tail: &'a [u8]) -> &'a [u8] {
        if !set.is_wide() {
            self.run.add(set, &[first]);
            return tail;
        }
        match tail.split_first() {
            Some((&second @ 0x21..=0x7E, after)) => {
                self.run.add(set, &[first, second]);
                after
            }
            _ => {
                self.run.unknown();
                tail
            }
        }
    }

    /// Bytes that ought not to be there, as the nation's 8-bit mail has them.
    fn eight_bits<'a>(&mut self, first: u8, tail: &'a [u8]) -> &'a [u8] {
        let set = match self.nation {
            Nation::Japan => Set::Katakana,
            Nation::Korea => Set::Korean,
            Nation::China => Set::Chinese,
        };
        if first < 0xA1 || first == 0xFF {
            self.run.unknown();
            return tail;
        }
        match tail.split_first() {
            _ if !set.is_wide() => {
                self.run.add(set, &[first & 0x7F]);
                tail
            }
            Some((&second @ 0xA1..=0xFE, after)) => {
                self.run.add(set, &[first & 0x7F, second & 0x7F]);
                after
            }
            _ => {
                self.run.unknown();
                tail
            }
        }
    }
}

/// Text so far, and characters of one set that are not yet text.
struct Run {
    out: String,
    set: Set,
    bytes: Vec<u8>,
    odd: bool,
}

impl Run {
    fn new(size: usize) -> Self {
        Self {
            out: String::with_capacity(size),
            set: Set::Ascii,
            bytes: Vec::new(),
            odd: false,
        }
    }

    fn ascii(&mut self, byte: u8) {
        self.flush();
        self.out.push(char::from(byte));
    }

    fn unknown(&mut self) {
        self.flush();
        self.out.push('\u{FFFD}');
        self.odd = true;
    }

    /// Adds a character of seven-bit bytes.
    fn add(&mut self, set: Set, character: &[u8]) {
        match (set, character) {
            (Set::Ascii, [byte]) => return self.ascii(*byte),
            (Set::Unknown, _) => return self.unknown(),
            _ => {}
        }
        if self.set != set {
            self.flush();
            self.set = set;
        }
        let (_, before) = set.as_8_bit();
        self.bytes.extend(before);
        self.bytes.extend(character.iter().map(|b| b | 0x80));
    }

    fn flush(&mut self) {
        if self.bytes.is_empty() {
            return;
        }
        let (encoding, _) = self.set.as_8_bit();
        let (text, odd) = encoding.decode_without_bom_handling(&self.bytes);
        self.out.push_str(&text);
        self.odd |= odd;
        self.bytes.clear();
    }

    fn finish(mut self) -> (String, bool) {
        self.flush();
        (self.out, self.odd)
    }
}

/// Text in HZ: `~{` and `~}` around GB 2312. RFC 1843
pub(super) fn decode_hz(bytes: &[u8]) -> (String, bool) {
    let mut run = Run::new(bytes.len());
    let mut chinese = false;
    let mut rest = bytes;
    while let Some((&first, tail)) = rest.split_first() {
        rest = match (first, tail) {
            (b'~', [b'{', after @ ..]) => {
                chinese = true;
                after
            }
            (b'~', [b'}', after @ ..]) => {
                chinese = false;
                after
            }
            (b'~', [b'~', after @ ..]) => {
                run.ascii(b'~');
                after
            }
            (b'~', [b'\n', after @ ..] | [b'\r', b'\n', after @ ..]) => after,
            (0x21..=0x7E, [second @ 0x21..=0x7E, after @ ..]) if chinese => {
                run.add(Set::Chinese, &[first, *second]);
                after
            }
            (0xA1..=0xFE, [second @ 0xA1..=0xFE, after @ ..]) => {
                run.add(Set::Chinese, &[first & 0x7F, second & 0x7F]);
                after
            }
            (0x80.., _) => {
                run.unknown();
                tail
            }
            _ => {
                // A line ends the Chinese part, whatever was forgotten.
                chinese &= first != b'\n';
                run.ascii(first);
                tail
            }
        };
    }
    run.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_change_the_set() {
        let check = |bytes: &[u8], nation, text: &str| {
            assert_eq!(decode(bytes, nation), (text.to_owned(), false), "{bytes:?}");
        };
        check(b"\x1b$B2q5D\x1b(B!", Nation::Japan, "会議!");
        check(b"\x1b(I12\x1b(B3", Nation::Japan, "ｱｲ3");
        check(b"\x1b$B%+\x1b$(D0!\x1b(J.", Nation::Japan, "カ丂.");
        check(b"\x1b.F\x1bNa\x1b$(C0!", Nation::Japan, "α가");
        check(b"\x1b$)C\x0eGQ1[\x0f ok", Nation::Korea, "한글 ok");
        check(b"\x0eGQ1[\x0f", Nation::Korea, "한글");
        check(b"\x1b$)A\x0eVPND\nVP\x0e", Nation::China, "中文\nVP");
        check(
            "\u{C7}\u{D1}"
                .chars()
                .map(|c| c as u8)
                .collect::<Vec<_>>()
                .as_slice(),
            Nation::Korea,
            "한",
        );
        let (text, odd) = decode(b"\x1b$)G\x0eab\x0fc\x1b$B2", Nation::China);
        assert_eq!((text.as_str(), odd), ("\u{FFFD}c\u{FFFD}", true));
    }

    #[test]
    fn hz_is_read() {
        let check =
            |bytes: &[u8], text: &str| assert_eq!(decode_hz(bytes), (text.to_owned(), false));
        check(b"a~{VPND~}b~~", "a中文b~");
        check(b"~{VPND\nVP", "中文\nVP");
        check(b"a~\nb", "ab");
    }
}
