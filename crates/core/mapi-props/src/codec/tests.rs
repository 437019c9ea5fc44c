//! The canonical form: round trips, fixed bytes, hostile bytes.

use proptest::prelude::*;

use super::*;
use crate::arbitrary::{bag, restriction, stored};
use crate::{
    AnsiString, Bag, FileTime, Guid, LargePlace, LargeRef, PropTag, PropType, PropValue, RelOp,
    Restriction, Slot, StoredAttachment, StoredMessage, tags,
};

fn encoded(bag: &Bag) -> Vec<u8> {
    let mut out = Vec::new();
    encode_bag(bag, &mut out).unwrap();
    out
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

fn sample() -> Bag {
    let mut bag = Bag::new();
    bag.set(tags::SUBJECT, "Hé");
    bag.set(tags::IMPORTANCE, -2);
    bag.set(tags::MESSAGE_DELIVERY_TIME, FileTime(0x0102_0304_0506_0708));
    bag.set(tags::HASATTACH, true);
    bag.set(tags::SEARCH_KEY, vec![0xAA_u8, 0xBB]);
    bag.insert(0x0E08, PropValue::I8(i64::MIN).into());
    bag.insert(
        0x6801,
        PropValue::MvUnicode(vec!["b".into(), String::new(), "b".into()]).into(),
    );
    bag.insert(
        0x6802,
        PropValue::String8(AnsiString {
            code_page: 1252,
            bytes: vec![0xE9],
        })
        .into(),
    );
    bag.insert(
        0x6803,
        PropValue::Double(f64::from_bits(0x7FF8_0000_0000_0001)).into(),
    );
    bag.insert(0x6804, PropValue::MvLong(vec![1, -1]).into());
    bag.insert(0x6805, PropValue::ClsId(Guid([9; 16])).into());
    let large = LargeRef {
        ty: PropType::UNICODE,
        size: 300,
        place: LargePlace::Present([0xCC; 32]),
    };
    bag.insert(0x1000, Slot::Large(large));
    let remote = LargeRef {
        ty: PropType::BINARY,
        size: 1,
        place: LargePlace::Remote,
    };
    bag.insert(0x1013, Slot::Large(remote));
    let inner = Restriction::Not(Box::new(Restriction::property(
        tags::IMPORTANCE,
        RelOp::Ge,
        1,
    )));
    bag.insert(0x7000, PropValue::SRestriction(Box::new(inner)).into());
    bag
}

/// Version 1 for ever: a change here means a new version number, not new bytes.
#[test]
fn version_1_is_fixed() {
    let expect = concat!(
        "01",
        "0e",
        "1700030004",
        "37001f0003",
        "060e400008",
        "080e140008",
        "1b0e0b0001",
        "00101f8023",
        "1310028102",
        "0b30020102",
        "01681f1006",
        "02681e0003",
        "0368050008",
        "0468031008",
        "0568480010",
        "0070fd0012",
        "feffffff",
        "48c3a9",
        "0807060504030201",
        "0000000000000080",
        "01",
        "01",
        "cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc",
        "ac02",
        "0001",
        "aabb",
        "03016200",
        "0162",
        "e404e9",
        "010000000000f87f",
        "01000000ffffffff",
        "09090909090909090909090909090909",
        "02",
        "0403",
        "03001700",
        "03001700",
        "0300",
        "04",
        "01000000",
    );
    assert_eq!(hex(&encoded(&sample())), expect);
    let mut out = Vec::new();
    let message = StoredMessage {
        props: [(0x0017, Slot::from(1))].into_iter().collect(),
        recipients: vec![Bag::new()],
        attachments: vec![
            StoredAttachment::default(),
            StoredAttachment {
                embedded: Some(Box::default()),
                ..StoredAttachment::default()
            },
        ],
    };
    encode_stored(&message, &mut out).unwrap();
    let expect = concat!(
        "01",
        "0b",
        "0101",
        "1700030004",
        "01000000",
        "01",
        "020100",
        "02",
        "020100",
        "00",
        "020100",
        "01",
        "06",
        "01",
        "020100",
        "00",
        "00",
    );
    assert_eq!(hex(&out), expect);
}

#[test]
fn one_property_is_read_alone() {
    let bytes = encoded(&sample());
    let bag = BagRef::new(&bytes).unwrap();
    assert_eq!(bag.len(), 14);
    assert_eq!(bag.text(0x0037), Some("Hé"));
    assert_eq!(bag.long(0x0017), Some(-2));
    assert_eq!(bag.time(0x0E06), Some(FileTime(0x0102_0304_0506_0708)));
    assert_eq!(bag.binary(0x300B), Some([0xAA, 0xBB].as_slice()));
    assert_eq!(bag.text(0x1000), None, "large");
    assert_eq!(bag.text(0x0017), None, "another type");
    assert!(bag.contains(0x1013) && !bag.contains(0x1014));
    assert!(bag.raw(0x1013).unwrap().is_large());
    let all: Vec<_> = sample()
        .iter()
        .map(|(id, slot)| PropTag::new(*id, slot.ty()))
        .collect();
    assert_eq!(bag.types().collect::<Vec<_>>(), all);
    for (id, slot) in sample().iter() {
        assert_eq!(bag.get(*id).unwrap().as_ref(), Some(slot));
    }
}

#[test]
fn other_spellings_are_refused() {
    let check = |hex: &[u8], expect| assert_eq!(decode_bag(hex), Err(expect), "{hex:02x?}");
    check(&[], CodecError::Truncated);
    check(&[2, 0], CodecError::Version(2));
    check(&[1], CodecError::Truncated);
    check(&[1, 0, 0], CodecError::Trailing);
    check(&[1, 0x80, 0], CodecError::Varint);
    check(
        &[
            1, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x02,
        ],
        CodecError::Varint,
    );
    check(&[1, 0xFF, 0xFF, 0xFF, 0xFF, 0x0F], CodecError::Truncated);
    check(&[1, 1, 0x17, 0, 3, 0, 4, 1, 0, 0], CodecError::Truncated);
    check(&[1, 1, 0x17, 0, 3, 0, 3, 1, 0, 0], CodecError::Value(3));
    check(&[1, 1, 0x17, 0, 0x0B, 0, 1, 2], CodecError::Value(0x0B));
    check(&[1, 1, 0x17, 0, 0x1F, 0, 1, 0xFF], CodecError::Value(0x1F));
    check(&[1, 1, 0x17, 0, 0x99, 0, 0], CodecError::Type(0x99));
    check(&[1, 1, 0x17, 0, 0, 0, 0], CodecError::Type(0));
    check(&[1, 1, 0x17, 0, 2, 0x80, 1, 9], CodecError::Mark(9));
    check(&[1, 1, 0x17, 0, 2, 0x10, 1, 9], CodecError::Value(0x1002));
    check(
        &[1, 2, 0x17, 0, 1, 0, 0, 0x17, 0, 1, 0, 0],
        CodecError::Order(0x17),
    );
    check(
        &[1, 2, 0x17, 0, 1, 0, 0, 0x16, 0, 1, 0, 0],
        CodecError::Order(0x16),
    );
    assert_eq!(
        decode_stored(&[1, 2, 1, 0, 0, 0]),
        Ok(StoredMessage::default())
    );
    assert_eq!(
        decode_stored(&[1, 2, 1, 0, 0, 0, 0]),
        Err(CodecError::Trailing)
    );
    assert_eq!(
        decode_stored(&[1, 2, 1, 0, 0, 1, 2, 1, 0, 2]),
        Err(CodecError::Mark(2))
    );
    assert_eq!(decode_restriction(&[1, 12]), Err(CodecError::Mark(12)));
    assert_eq!(
        decode_restriction(&[1, 0, 100]),
        Err(CodecError::Truncated),
        "a count beyond the rest"
    );
    assert_eq!(decode_restriction(&[1, 0, 0, 0]), Err(CodecError::Trailing));
}

#[test]
fn nesting_has_an_end() {
    let nest = |levels: usize| {
        let mut r = Restriction::exist(tags::SUBJECT);
        for _ in 1..levels {
            r = r.negate();
        }
        r
    };
    let mut out = vec![7];
    encode_restriction(&nest(MAX_DEPTH), &mut out).unwrap();
    assert_eq!(decode_restriction(&out[1..]), Ok(nest(MAX_DEPTH)));
    let mut out = vec![7];
    assert_eq!(
        encode_restriction(&nest(MAX_DEPTH + 1), &mut out),
        Err(CodecError::TooDeep)
    );
    assert_eq!(out, [7], "nothing half written");
    let deep = [vec![1], vec![2; 100_000]].concat();
    assert_eq!(decode_restriction(&deep), Err(CodecError::TooDeep));

    let mut message = StoredMessage::default();
    for _ in 1..MAX_DEPTH {
        let inner = StoredAttachment {
            embedded: Some(Box::new(message)),
            ..StoredAttachment::default()
        };
        message = StoredMessage {
            attachments: vec![inner],
            ..StoredMessage::default()
        };
    }
    let mut out = Vec::new();
    encode_stored(&message, &mut out).unwrap();
    assert_eq!(decode_stored(&out), Ok(message.clone()));
    let inner = StoredAttachment {
        embedded: Some(Box::new(message)),
        ..StoredAttachment::default()
    };
    let message = StoredMessage {
        attachments: vec![inner],
        ..StoredMessage::default()
    };
    assert_eq!(encode_stored(&message, &mut out), Err(CodecError::TooDeep));
}

#[test]
fn restrictions_in_values_count_as_nesting() {
    let mut r = Restriction::exist(tags::SUBJECT);
    for _ in 0..40 {
        r = Restriction::property(
            PropTag(0x7000_00FD),
            RelOp::Eq,
            PropValue::SRestriction(Box::new(r)),
        );
    }
    let mut out = Vec::new();
    encode_restriction(&r, &mut out).unwrap();
    assert_eq!(decode_restriction(&out), Ok(r.clone()));
    for _ in 0..40 {
        r = Restriction::property(
            PropTag(0x7000_00FD),
            RelOp::Eq,
            PropValue::SRestriction(Box::new(r)),
        );
    }
    assert_eq!(encode_restriction(&r, &mut out), Err(CodecError::TooDeep));
}

#[test]
fn a_value_without_a_place_is_not_stored() {
    let mut bag = Bag::new();
    let large = LargeRef {
        ty: PropType::BINARY,
        size: 1,
        place: LargePlace::Pending(0),
    };
    bag.insert(0x1013, Slot::Large(large));
    let mut out = vec![7];
    assert_eq!(encode_bag(&bag, &mut out), Err(CodecError::Pending(0x1013)));
    assert_eq!(out, [7], "nothing half written");
}

proptest! {
    #[test]
    fn bags_come_back(bag in bag()) {
        let bytes = encoded(&bag);
        prop_assert_eq!(decode_bag(&bytes), Ok(bag.clone()));
        let view = BagRef::new(&bytes).unwrap();
        for (id, slot) in bag.iter() {
            prop_assert_eq!(view.get(*id), Ok(Some(slot.clone())));
        }
        for cut in 0..bytes.len() {
            prop_assert!(decode_bag(&bytes[..cut]).is_err());
        }
    }

    #[test]
    fn restrictions_come_back(r in restriction()) {
        let mut bytes = Vec::new();
        encode_restriction(&r, &mut bytes).unwrap();
        prop_assert_eq!(decode_restriction(&bytes), Ok(r));
    }

    #[test]
    fn messages_come_back(message in stored()) {
        let mut bytes = Vec::new();
        encode_stored(&message, &mut bytes).unwrap();
        prop_assert_eq!(decode_stored(&bytes), Ok(message.clone()));
        let view = StoredRef::new(&bytes).unwrap();
        let recipients: Vec<_> = view.recipients().map(|r| r.unwrap().len()).collect();
        let expect: Vec<_> = message.recipients.iter().map(Bag::len).collect();
        prop_assert_eq!(recipients, expect);
        let embedded: Vec<_> = view.attachments().map(|a| a.unwrap().embedded().unwrap().is_some()).collect();
        let expect: Vec<_> = message.attachments.iter().map(|a| a.embedded.is_some()).collect();
        prop_assert_eq!(embedded, expect);
    }

    /// Whatever is read, was the canonical form: reading and writing gives the same bytes.
    #[test]
    fn hostile_bytes(message in stored(), at: prop::sample::Index, to: u8, noise: Vec<u8>) {
        let mut bytes = Vec::new();
        encode_stored(&message, &mut bytes).unwrap();
        let at = at.index(bytes.len());
        bytes[at] = to;
        for bytes in [&bytes, &noise, &[&[1u8][..], &noise].concat()] {
            let mut again = Vec::new();
            if let Ok(message) = decode_stored(bytes) {
                encode_stored(&message, &mut again).unwrap();
                prop_assert_eq!(&again, bytes);
            }
            if let Ok(view) = StoredRef::new(bytes) {
                view.recipients().for_each(drop);
                view.attachments().for_each(drop);
            }
            if let Ok(bag) = decode_bag(bytes) {
                again.clear();
                encode_bag(&bag, &mut again).unwrap();
                prop_assert_eq!(&again, bytes);
            }
            if let Ok(r) = decode_restriction(bytes) {
                again.clear();
                encode_restriction(&r, &mut again).unwrap();
                prop_assert_eq!(&again, bytes);
            }
        }
    }
}
