//! yEnc: files in the middle of text, one byte a character.
//! yEnc specification 1.3 (yenc.org)

use super::InText;
use crate::header::{line_at, without_eol};

/// The file whose `=ybegin` line stands at `at`, up to its `=yend`, or to its size where that is missing.
///
/// Sizes and checksums are compared; what differs is the file's defect, and its bytes are kept as they are.
pub(crate) fn file_at(text: &[u8], at: usize) -> Option<InText<'_>> {
    let (line, mut next) = line_at(text, at)?;
    let begin = Keywords::of(line, b"=ybegin ")?;
    let name = begin.name?;
    let whole_size = begin.number("size")?;
    begin.number("line")?;
    let part = begin.number("part");
    let mut size = whole_size;
    if part.is_some() {
        let (line, after) = line_at(text, next)?;
        let range = Keywords::of(line, b"=ypart ")?;
        let (first, last) = (range.number("begin")?, range.number("end")?);
        size = (last + 1).checked_sub(first)?;
        next = after;
    }
    let mut file = InText::whole(name, Vec::new(), next);
    let total = begin.number("total").unwrap_or(0);
    file.piece = part.map(|part| (narrow(part), narrow(total)));
    let mut end = None;
    while let Some((line, after)) = line_at(text, file.end) {
        if line.starts_with(b"=ybegin ") {
            break;
        }
        if let Some(keywords) = Keywords::of(line, b"=yend") {
            end = Some(keywords);
            file.end = after;
            break;
        }
        if u64::try_from(file.data.len()).unwrap_or(u64::MAX) >= size {
            break;
        }
        decode_line(without_eol(line), &mut file.data);
        file.end = after;
    }
    file.defect = defect(&file, size, part.is_some(), end.as_ref());
    Some(file).filter(|f| end.is_some() || !f.data.is_empty())
}

/// Why a piece is not what its ends say it is.
fn defect(
    file: &InText<'_>,
    size: u64,
    is_part: bool,
    end: Option<&Keywords<'_>>,
) -> Option<&'static str> {
    let Some(end) = end else {
        return Some("a yEnc file has no end");
    };
    let len = u64::try_from(file.data.len()).unwrap_or(u64::MAX);
    if len != size || end.number("size").is_some_and(|s| s != len) {
        return Some("a yEnc file has another size than it says");
    }
    let declared = end.checksum(if is_part { "pcrc32" } else { "crc32" });
    let differs = declared.is_some_and(|crc| crc != crc32(&file.data));
    differs.then_some("a yEnc file has another checksum than it says")
}

fn narrow(n: u64) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

fn decode_line(line: &[u8], out: &mut Vec<u8>) {
    let mut escaped = false;
    for &byte in line {
        if byte == b'=' && !escaped {
            escaped = true;
            continue;
        }
        let shift = if escaped { 64 + 42 } else { 42 };
        out.push(byte.wrapping_sub(shift));
        escaped = false;
    }
}

/// `key=value` pairs; a name is the last one and takes the rest of the line.
struct Keywords<'t> {
    pairs: &'t [u8],
    name: Option<&'t [u8]>,
}

impl<'t> Keywords<'t> {
    fn of(line: &'t [u8], start: &[u8]) -> Option<Self> {
        let rest = without_eol(line).strip_prefix(start)?;
        let at = memchr::memmem::find(rest, b"name=");
        let at = at.filter(|at| *at == 0 || rest.get(at - 1) == Some(&b' '));
        let (pairs, name) = match at {
            Some(at) => (rest.get(..at)?, rest.get(at + 5..)),
            None => (rest, None),
        };
        let name = name.map(<[u8]>::trim_ascii);
        let name = name.map(|n| n.strip_prefix(b"\"").unwrap_or(n));
        let name = name.map(|n| n.strip_suffix(b"\"").unwrap_or(n));
        let name = name.filter(|n| !n.is_empty());
        Some(Self { pairs, name })
    }

    fn value(&self, key: &str) -> Option<&'t str> {
        let words = self.pairs.split(u8::is_ascii_whitespace);
        let value = words.filter_map(|w| w.strip_prefix(key.as_bytes())?.strip_prefix(b"="));
        value
            .filter_map(|v| std::str::from_utf8(v).ok())
            .find(|v| !v.is_empty())
    }

    fn number(&self, key: &str) -> Option<u64> {
        // Beyond what any text could hold, and safe to count with.
        self.value(key)?.parse().ok().filter(|n| *n < 1 << 48)
    }

    fn checksum(&self, key: &str) -> Option<u32> {
        u32::from_str_radix(self.value(key)?, 16).ok()
    }
}

/// CRC-32 of ISO 3309, as ZIP has it.
fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0, |crc, byte| {
        let index = (crc ^ u32::from(*byte)) & 0xFF;
        let table = usize::try_from(index).ok().and_then(|i| TABLE.get(i));
        table.copied().unwrap_or_default() ^ (crc >> 8)
    })
}

static TABLE: [u32; 256] = table();

#[expect(
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    reason = "constant evaluation over a fixed table: a slip does not compile"
)]
const fn table() -> [u32; 256] {
    let mut table = [0; 256];
    let mut i = 0;
    while i < 256 {
        let mut crc = i as u32;
        let mut bit = 0;
        while bit < 8 {
            crc = (crc >> 1) ^ if crc & 1 == 1 { 0xEDB8_8320 } else { 0 };
            bit += 1;
        }
        table[i] = crc;
        i += 1;
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encoded(data: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        for chunk in data.chunks(128) {
            for byte in chunk {
                let byte = byte.wrapping_add(42);
                if matches!(byte, 0 | b'\n' | b'\r' | b'=') {
                    out.extend([b'=', byte.wrapping_add(64)]);
                } else {
                    out.push(byte);
                }
            }
            out.extend(b"\r\n");
        }
        out
    }

    fn posting(data: &[u8], crc: u32) -> Vec<u8> {
        let mut text =
            format!("=ybegin line=128 size={} name=a b.bin\r\n", data.len()).into_bytes();
        text.extend(encoded(data));
        text.extend(format!("=yend size={} crc32={crc:08x}\r\nbye", data.len()).as_bytes());
        text
    }

    #[test]
    fn every_byte_comes_back() {
        let data: Vec<u8> = (0..=255).cycle().take(1000).collect();
        let text = posting(&data, crc32(&data));
        let file = file_at(&text, 0).unwrap();
        assert_eq!(file.name, b"a b.bin");
        assert_eq!(file.data, data);
        assert_eq!(file.defect, None);
        assert_eq!(text.get(file.end..), Some(&b"bye"[..]));
        let wrong = posting(&data, 1);
        assert!(
            file_at(&wrong, 0)
                .unwrap()
                .defect
                .unwrap()
                .contains("checksum")
        );
        let cut = text.get(..400).unwrap();
        let file = file_at(cut, 0).unwrap();
        assert!(file.defect.unwrap().contains("end") && file.data.len() > 300);
        assert_eq!(crc32(b"123456789"), 0xCBF4_3926);
    }

    #[test]
    fn pieces_know_their_place() {
        let text = b"=ybegin part=2 total=3 line=128 size=9 name=x\r\n=ypart begin=4 end=6\r\n\x8B\x8C\x8D\r\n=yend size=3 part=2 pcrc32=a3830348\r\n";
        let file = file_at(text, 0).unwrap();
        assert_eq!(
            (file.data.as_slice(), file.piece),
            (&b"abc"[..], Some((2, 3)))
        );
        assert!(file.defect.is_some(), "abc has another checksum");
        for text in [
            "=ybegin line=128 size=3\r\nabc\r\n=yend\r\n",
            "=ybegin size=3 name=x\r\nabc\r\n",
            "=ybegin part=1 line=128 size=3 name=x\r\nabc\r\n",
            "=ybegin line=128 size=3 name=x\r\n",
        ] {
            assert!(file_at(text.as_bytes(), 0).is_none(), "{text}");
        }
    }
}
