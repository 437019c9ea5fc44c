//! The property-bag codec: bytes that are read are spelt in the one way in which they would be written.

use mapi_props::codec::{
    BagRef, CodecError, StoredRef, decode_bag, decode_restriction, decode_stored, encode_bag,
    encode_restriction, encode_stored,
};

use crate::choices::Choices;
use crate::made;
use crate::seen::Seen;
use crate::target::Target;

pub(super) static TARGET: Target = Target {
    name: "codec",
    about: "bags, stored messages and restrictions that are read are written as the very same bytes, and the other way round",
    longest: 8 * 1024,
    seeds,
    takes_mail: false,
    tokens: TOKENS,
    run,
};

/// The first byte says what the rest is.
const BAG: u8 = 0;
const STORED: u8 = 1;
const RESTRICTION: u8 = 2;
const MADE: u8 = 3;

fn run(input: &[u8], seen: &mut Seen) {
    let Some((kind, bytes)) = input.split_first() else {
        return;
    };
    let mut again = Vec::new();
    let result = match kind % 4 {
        BAG => bag(bytes, &mut again, seen),
        STORED => stored(bytes, &mut again, seen),
        RESTRICTION => {
            decode_restriction(bytes).and_then(|read| encode_restriction(&read, &mut again))
        }
        _ => return made(bytes, seen),
    };
    match result {
        Ok(()) => {
            seen.mark("read", kind % 4);
            assert_eq!(again, bytes, "another spelling was read");
        }
        Err(error) => seen.mark("refused", (kind % 4, std::mem::discriminant(&error))),
    }
}

fn bag(bytes: &[u8], again: &mut Vec<u8>, seen: &mut Seen) -> Result<(), CodecError> {
    let view = BagRef::new(bytes);
    let read = decode_bag(bytes)?;
    // Who can read all of it can read each part, one by one.
    let view = view.expect("a bag that is read whole is read in parts");
    assert_eq!(view.len(), read.len());
    for (id, slot) in read.iter() {
        assert_eq!(view.get(*id), Ok(Some(slot.clone())));
        assert!(view.contains(*id));
        seen.mark("type", slot.ty().name());
    }
    seen.count("properties", read.len());
    encode_bag(&read, again)
}

fn stored(bytes: &[u8], again: &mut Vec<u8>, seen: &mut Seen) -> Result<(), CodecError> {
    if let Ok(view) = StoredRef::new(bytes) {
        walk(&view, 0);
    }
    let read = decode_stored(bytes)?;
    let view = StoredRef::new(bytes).expect("a message that is read whole is read in parts");
    assert_eq!(view.recipient_count(), read.recipients.len());
    seen.count("attachments", read.attachments.len());
    seen.count("recipients", read.recipients.len());
    encode_stored(&read, again)
}

/// Reads every part of a message that may be damaged further inside.
fn walk(view: &StoredRef<'_>, depth: u32) {
    assert!(depth <= 64, "messages nest deeper than the codec allows");
    for row in view.recipients().flatten() {
        row.iter().for_each(|slot| drop(slot.slot()));
    }
    for attachment in view.attachments().flatten() {
        if let Ok(Some(inner)) = attachment.embedded() {
            walk(&inner, depth + 1);
        }
    }
}

/// What is written is read as what it was.
fn made(bytes: &[u8], seen: &mut Seen) {
    let message = made::stored(&mut Choices::new(bytes), 3);
    let mut written = Vec::new();
    match encode_stored(&message, &mut written) {
        Ok(()) => {
            assert_eq!(decode_stored(&written), Ok(message));
            seen.count("written", written.len());
        }
        Err(error) => seen.mark("not written", std::mem::discriminant(&error)),
    }
}

fn seeds() -> Vec<Vec<u8>> {
    let mut seeds = vec![
        vec![BAG, 1, 0],
        vec![STORED, 1, 2, 1, 0, 0, 0],
        vec![RESTRICTION, 1, 0, 0],
    ];
    for n in 0..48_u8 {
        let choices: Vec<u8> = (0..90_u8)
            .map(|k| k.wrapping_mul(2 * n + 1) ^ n.wrapping_mul(7))
            .collect();
        let mut make = Choices::new(&choices);
        let mut bytes = vec![BAG];
        if encode_bag(&made::bag(&mut make), &mut bytes).is_ok() {
            seeds.push(bytes);
        }
        let mut bytes = vec![STORED];
        if encode_stored(&made::stored(&mut make, 2), &mut bytes).is_ok() {
            seeds.push(bytes);
        }
        let mut bytes = vec![RESTRICTION];
        if encode_restriction(
            &made::restriction(&mut Choices::new(&choices), 4),
            &mut bytes,
        )
        .is_ok()
        {
            seeds.push(bytes);
        }
        seeds.push([&[MADE], choices.as_slice()].concat());
    }
    seeds
}

const TOKENS: &[&[u8]] = &[
    b"\x01",
    b"\x00",
    b"\x7F",
    b"\x80",
    b"\x80\x01",
    b"\x80\x00",
    b"\xFF\x7F",
    b"\xFF\xFF\xFF\xFF\x0F",
    b"\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x01",
    b"\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x02",
    b"\x37\x00\x1F\x00",
    b"\x00\x10\x1F\x80",
    b"\x02\x01\x03\x00",
    b"\x1F\x10",
    b"\x02\x11",
    b"\xFD\x00",
    b"\x0D\x00",
    b"\x01\x00",
    b"\x0A\x00",
];
