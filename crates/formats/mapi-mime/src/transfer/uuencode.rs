//! Uuencode as a transfer encoding, as old mail has it.
//! POSIX.1-2017, uuencode

/// Decodes the first encoded file; lines before `begin` and after `end` are dropped.
#[derive(Debug, Default)]
pub(crate) struct Decoder {
    line: Vec<u8>,
    begun: bool,
    ended: bool,
}

/// Longest line worth keeping: a count and 63 bytes as characters, with room.
const LINE_MAX: usize = 256;

impl Decoder {
    pub(crate) fn feed(&mut self, input: &[u8], out: &mut Vec<u8>) {
        for &byte in input {
            if byte == b'\n' {
                self.take_line(out);
            } else if self.line.len() < LINE_MAX {
                self.line.push(byte);
            }
        }
    }

    pub(crate) fn finish(&mut self, out: &mut Vec<u8>) {
        self.take_line(out);
    }

    fn take_line(&mut self, out: &mut Vec<u8>) {
        let line = std::mem::take(&mut self.line);
        let line = line.strip_suffix(b"\r").unwrap_or(&line);
        if !self.begun {
            self.begun = line.starts_with(b"begin ");
        } else if line == b"end" {
            self.ended = true;
        } else if !self.ended {
            decode_line(line, out);
        }
    }
}

fn decode_line(line: &[u8], out: &mut Vec<u8>) {
    let six = |b: u8| u32::from(b.wrapping_sub(32) & 63);
    let Some((&count, data)) = line.split_first() else {
        return;
    };
    let mut left = six(count) as usize;
    for group in data.chunks(4) {
        let mut word = 0u32;
        for i in 0..4 {
            word = word << 6 | group.get(i).map_or(0, |b| six(*b));
        }
        let [_, bytes @ ..] = word.to_be_bytes();
        let n = left.min(3);
        out.extend_from_slice(bytes.get(..n).unwrap_or_default());
        left -= n;
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn decodes_the_file() {
        let text = b"hello\r\nbegin 644 cat.txt\r\n#0V%T\r\n`\r\nend\r\nbye";
        assert_eq!(crate::transfer::Transfer::Uuencode.decode(text).0, b"Cat");
    }
}
