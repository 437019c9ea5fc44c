//! The checksum of packed RTF.
//! [MS-OXRTFCP] 2.1.3.2, 3.1.1.1.2
//!
//! The polynomial of zip's CRC-32, but begun at zero and never inverted.

/// The checksum after `bytes`, which follow what gave `crc` (0 at the beginning).
pub(crate) fn update(crc: u32, bytes: &[u8]) -> u32 {
    let (chunks, rest) = bytes.as_chunks::<8>();
    let crc = chunks.iter().fold(crc, |crc, chunk| eight(crc, *chunk));
    rest.iter().fold(crc, |crc, byte| one(crc, *byte))
}

fn one(crc: u32, byte: u8) -> u32 {
    let [low, ..] = crc.to_le_bytes();
    of(0, low ^ byte) ^ (crc >> 8)
}

fn eight(crc: u32, chunk: [u8; 8]) -> u32 {
    let [a, b, c, d, e, f, g, h] = chunk;
    let [w, x, y, z] = crc.to_le_bytes();
    of(7, a ^ w)
        ^ of(6, b ^ x)
        ^ of(5, c ^ y)
        ^ of(4, d ^ z)
        ^ of(3, e)
        ^ of(2, f)
        ^ of(1, g)
        ^ of(0, h)
}

#[expect(clippy::indexing_slicing, reason = "8 tables, and a byte indexes 256")]
fn of(table: usize, byte: u8) -> u32 {
    TABLES[table & 7][usize::from(byte)]
}

/// `TABLES[n][b]`: what byte `b` makes of a checksum of zero when `n` zero bytes follow it.
static TABLES: [[u32; 256]; 8] = tables();

#[expect(clippy::indexing_slicing, reason = "evaluated while compiling")]
const fn tables() -> [[u32; 256]; 8] {
    let mut tables = [[0; 256]; 8];
    let mut byte = 0;
    while byte < 256 {
        let mut crc = byte as u32;
        let mut bit = 0;
        while bit < 8 {
            crc = if crc & 1 == 1 {
                (crc >> 1) ^ 0xEDB8_8320
            } else {
                crc >> 1
            };
            bit += 1;
        }
        tables[0][byte] = crc;
        byte += 1;
    }
    let mut table = 1;
    while table < 8 {
        let mut byte = 0;
        while byte < 256 {
            let before = tables[table - 1][byte];
            tables[table][byte] = (before >> 8) ^ tables[0][(before & 0xFF) as usize];
            byte += 1;
        }
        table += 1;
    }
    tables
}
