//! What is packed is unpacked; what is damaged says so.

use std::io::Read as _;

use proptest::prelude::*;

use super::*;

/// [MS-OXRTFCP] 4: simple compressed RTF, and a reference that crosses the place of writing.
const SIMPLE: (&[u8], &[u8]) = (
    b"{\\rtf1\\ansi\\ansicpg1252\\pard hello world}\r\n",
    &[
        0x2d, 0x00, 0x00, 0x00, 0x2b, 0x00, 0x00, 0x00, 0x4c, 0x5a, 0x46, 0x75, 0xf1, 0xc5, 0xc7,
        0xa7, 0x03, 0x00, 0x0a, 0x00, 0x72, 0x63, 0x70, 0x67, 0x31, 0x32, 0x35, 0x42, 0x32, 0x0a,
        0xf3, 0x20, 0x68, 0x65, 0x6c, 0x09, 0x00, 0x20, 0x62, 0x77, 0x05, 0xb0, 0x6c, 0x64, 0x7d,
        0x0a, 0x80, 0x0f, 0xa0,
    ],
);
const CROSSING: (&[u8], &[u8]) = (
    b"{\\rtf1 WXYZWXYZWXYZWXYZWXYZ}",
    &[
        0x1a, 0x00, 0x00, 0x00, 0x1c, 0x00, 0x00, 0x00, 0x4c, 0x5a, 0x46, 0x75, 0xe2, 0xd4, 0x4b,
        0x51, 0x41, 0x00, 0x04, 0x20, 0x57, 0x58, 0x59, 0x5a, 0x0d, 0x6e, 0x7d, 0x01, 0x0e, 0xb0,
    ],
);

fn streamed(packed: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut rtf = Vec::new();
    Decompressor::new(packed)?.read_to_end(&mut rtf)?;
    Ok(rtf)
}

#[test]
fn the_published_examples_are_read_and_written() {
    for (rtf, packed) in [SIMPLE, CROSSING] {
        assert_eq!(decompress(packed, 1000).unwrap(), rtf);
        assert_eq!(streamed(packed).unwrap(), rtf);
        let header = Header::of(packed).unwrap();
        assert_eq!(
            (header.raw as usize, header.packing),
            (rtf.len(), Packing::Compressed)
        );
        assert!(compress(rtf).len() <= packed.len(), "{rtf:?}");
    }
}

#[test]
fn damage_is_named() {
    let (_, packed) = SIMPLE;
    let check = |change: &dyn Fn(&mut Vec<u8>), whole: Damage| {
        let mut bytes = packed.to_vec();
        change(&mut bytes);
        assert_eq!(decompress(&bytes, 1000), Err(whole));
        let error = streamed(&bytes).unwrap_err();
        assert_eq!(error.kind(), std::io::ErrorKind::InvalidData);
    };
    check(&|bytes| bytes.truncate(15), Damage::Short(15));
    check(&|bytes| bytes[8] = b'M', Damage::Magic(0x7546_5A4D));
    check(
        &|bytes| bytes.truncate(48),
        Damage::Size {
            declared: 33,
            found: 32,
        },
    );
    check(
        &|bytes| bytes[0] = 11,
        Damage::Size {
            declared: 11,
            found: 12,
        },
    );
    check(
        &|bytes| bytes[4] = 0x2c,
        Damage::Size {
            declared: 44,
            found: 43,
        },
    );
    check(
        &|bytes| bytes[20] ^= 1,
        Damage::Crc {
            declared: 0xA7C7_C5F1,
            found: 0xC4C0_1CD5,
        },
    );
    assert_eq!(decompress(packed, 42), Err(Damage::Limit(42)));
    let nowhere = packed_contents(&[1, 0xFF, 0x00], 2);
    assert_eq!(decompress(&nowhere, 99), Err(Damage::Reference(1)));
}

fn packed_contents(contents: &[u8], raw: u32) -> Vec<u8> {
    let packed = u32::try_from(contents.len()).unwrap();
    let crc = crc::update(0, contents);
    let header = Header {
        packed,
        raw,
        packing: Packing::Compressed,
        crc,
    };
    [&header.bytes()[..], contents].concat()
}

#[test]
fn stored_rtf_with_sizes_that_count_the_header_or_do_not_is_read() {
    let rtf = b"{\\rtf1 stored}";
    let check = |size: u8, raw: u8, len: usize, expect: Result<&[u8], Damage>| {
        let mut packed = store(rtf);
        (packed[0], packed[4]) = (size, raw);
        packed.truncate(len);
        let expect = expect.map(<[u8]>::to_vec);
        assert_eq!(streamed(&packed).ok(), expect.clone().ok());
        assert_eq!(decompress(&packed, 99), expect);
    };
    check(26, 14, 30, Ok(rtf));
    check(26, 26, 30, Ok(rtf));
    check(14, 14, 30, Ok(rtf));
    check(26, 7, 30, Ok(b"{\\rtf1 "));
    check(
        26,
        14,
        29,
        Err(Damage::Size {
            declared: 14,
            found: 13,
        }),
    );
}

#[test]
fn padding_behind_the_end_is_passed_over() {
    let (rtf, packed) = SIMPLE;
    let padded = [packed, &[0; 9]].concat();
    assert_eq!(decompress(&padded, 1000).unwrap(), rtf);
    assert_eq!(streamed(&padded).unwrap(), rtf);
}

#[test]
fn what_repeats_itself_is_packed_tight_and_what_does_not_grows_by_a_ninth() {
    let zeros = vec![b'x'; 100_000];
    assert!(compress(&zeros).len() < 13_000);
    let mut state = 1u64;
    let noise: Vec<u8> = std::iter::repeat_with(|| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        state.to_be_bytes()[0]
    })
    .take(50_000)
    .collect();
    let packed = compress(&noise);
    assert!(packed.len() <= 16 + 50_000 / 8 * 9 + 4, "{}", packed.len());
    assert_eq!(decompress(&packed, 1 << 20).unwrap(), noise);
}

#[test]
fn a_packer_goes_on_after_what_a_copy_of_it_finished() {
    let rtf = b"{\\rtf1 one two three one two three}".repeat(2000);
    let (begin, rest) = rtf.split_at(rtf.len() / 2);
    let (mut packer, mut contents) = (Packer::new(Packing::Compressed), Vec::new());
    packer.write(begin, &mut contents);
    let mut half = contents.clone();
    let header = packer.clone().finish(&mut half);
    let packed = [&header.bytes()[..], &half].concat();
    assert_eq!(decompress(&packed, rtf.len()).unwrap(), begin);
    packer.write(rest, &mut contents);
    let header = packer.finish(&mut contents);
    assert_eq!([&header.bytes()[..], &contents].concat(), compress(&rtf));
}

proptest! {
    #[test]
    fn any_bytes_come_back(
        pieces in prop::collection::vec((prop::sample::select(vec![
            "\\par ", "\\b0\\i ", "{\\rtf1\\ansi", "}", "word ", "\\'e9", "\r\n", "xyz", "\0",
        ]), 0..40usize), 0..200),
        tail in prop::collection::vec(any::<u8>(), 0..6000),
        len in prop_oneof![1..50usize, 50..40_000usize],
    ) {
        let text: String = pieces.iter().map(|(piece, count)| piece.repeat(*count)).collect();
        let rtf = [text.as_bytes(), &tail].concat();
        for packing in [Packing::Compressed, Packing::Stored] {
            let (mut packer, mut contents) = (Packer::new(packing), Vec::new());
            for piece in rtf.chunks(len) {
                packer.write(piece, &mut contents);
            }
            let header = packer.finish(&mut contents);
            let whole = if packing == Packing::Stored { store(&rtf) } else { compress(&rtf) };
            prop_assert_eq!([&header.bytes()[..], &contents].concat(), whole);
        }
        for packed in [compress(&rtf), store(&rtf)] {
            Header::of(&packed).unwrap();
            prop_assert_eq!(&decompress(&packed, rtf.len()).unwrap(), &rtf);
            prop_assert_eq!(&streamed(&packed).unwrap(), &rtf);
        }
    }

    #[test]
    fn any_packed_bytes_are_read_alike_or_refused(
        contents in prop::collection::vec(any::<u8>(), 0..600),
        raw in 0..3000u32,
    ) {
        let packed = packed_contents(&contents, raw);
        let whole = decompress(&packed, 5000);
        let parts = streamed(&packed);
        prop_assert_eq!(whole.ok(), parts.ok());
    }
}
