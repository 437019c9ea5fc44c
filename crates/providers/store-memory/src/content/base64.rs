//! Base64 in lines, as recipes ask for it.
//! RFC 4648 §4; RFC 2045 §6.8

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// `bytes` in lines of `line_len` characters (0: one line), each ended by LF or CR LF save the last
/// one, which is ended only if `last_eol`. Nothing encodes to nothing.
pub(super) fn encode(bytes: &[u8], line_len: u16, crlf: bool, last_eol: bool) -> Vec<u8> {
    let text: Vec<u8> = bytes.chunks(3).flat_map(quantum).collect();
    let eol: &[u8] = if crlf { b"\r\n" } else { b"\n" };
    let width = match line_len {
        0 => text.len().max(1),
        n => usize::from(n),
    };
    let mut out = text.chunks(width).collect::<Vec<_>>().join(eol);
    if last_eol && !out.is_empty() {
        out.extend_from_slice(eol);
    }
    out
}

/// Four characters for up to three bytes.
fn quantum(bytes: &[u8]) -> [u8; 4] {
    let byte = |n: usize| u32::from(bytes.get(n).copied().unwrap_or(0));
    let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
    let digit = |n: usize| {
        if n > bytes.len() {
            return b'=';
        }
        let index = (bits >> (18 - 6 * n)) & 0x3F;
        let index = usize::try_from(index).unwrap_or(0);
        ALPHABET.get(index).copied().unwrap_or(b'=')
    };
    [digit(0), digit(1), digit(2), digit(3)]
}

#[cfg(test)]
mod tests {
    use super::encode;

    #[test]
    fn vectors_of_rfc_4648_and_lines() {
        let check = |input: &str, line: u16, crlf: bool, last: bool, expect: &str| {
            let out = encode(input.as_bytes(), line, crlf, last);
            assert_eq!(String::from_utf8(out).unwrap(), expect);
        };
        check("", 76, true, true, "");
        check("f", 0, false, false, "Zg==");
        check("fo", 0, false, false, "Zm8=");
        check("foo", 0, false, true, "Zm9v\n");
        check("foob", 4, false, false, "Zm9v\nYg==");
        check("foobar", 4, true, true, "Zm9v\r\nYmFy\r\n");
        check("foobar", 5, true, false, "Zm9vY\r\nmFy");
        check("foobar", 8, true, false, "Zm9vYmFy");
    }
}
