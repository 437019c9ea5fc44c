//! Identifiers written, read, cut and broken.

use proptest::prelude::*;

use super::*;
use crate::guids::MUID_STORE_WRAP;

const STORE: Guid = Guid([7; 16]);

fn id() -> impl Strategy<Value = EntryId> {
    (any::<[u8; 16]>(), 0u8..3, any::<u64>()).prop_map(|(uid, kind, item)| match kind {
        0 => EntryId::of_store(Guid(uid)),
        1 => EntryId::of_folder(Guid(uid), item.max(1)),
        _ => EntryId::of_message(Guid(uid), item.max(1)),
    })
}

#[test]
fn layout_is_fixed() {
    let bytes = EntryId::of_message(STORE, 0x0102_0304_0506_0708).to_bytes();
    let mut expect = vec![0, 0, 0, 0];
    expect.extend([7; 16]);
    expect.extend([1, 5, 1, 2, 3, 4, 5, 6, 7, 8]);
    assert_eq!(bytes.as_slice(), expect);
    assert_eq!(provider_uid(&bytes), Some(STORE));
    assert!(!is_short_term(&bytes));
    assert!(is_short_term(&EntryId::of_store(STORE).to_short_term()));
}

#[test]
fn broken_identifiers_have_their_codes() {
    let good = EntryId::of_folder(STORE, 5).to_bytes();
    let broken = |at: usize, byte: u8| {
        let mut bytes = good;
        bytes[at] = byte;
        EntryId::decode(&bytes)
    };
    assert_eq!(EntryId::decode(&[]), Err(EntryIdError::Length(0)));
    for len in 0..good.len() {
        assert_eq!(
            EntryId::decode(&good[..len]),
            Err(EntryIdError::Length(len))
        );
    }
    assert_eq!(broken(0, 0x40), Err(EntryIdError::Flags));
    assert_eq!(broken(1, 1), Err(EntryIdError::Flags));
    assert_eq!(broken(20, 9), Err(EntryIdError::Version(9)));
    assert_eq!(broken(21, 4), Err(EntryIdError::Kind(4)));
    assert_eq!(
        broken(21, 0),
        Err(EntryIdError::Kind(0)),
        "a store has no item number"
    );
    assert_eq!(
        broken(29, 0),
        Err(EntryIdError::Kind(3)),
        "a folder has one"
    );
    assert_eq!(broken(0, 0x80), Ok(EntryId::of_folder(STORE, 5)));
    assert_eq!(broken(0, 0xFF), Ok(EntryId::of_folder(STORE, 5)));
    assert_eq!(EntryIdError::Kind(3).code(), Code::INVALID_ENTRYID);
    let foreign = EntryId::decode_in(Guid([8; 16]), &good).unwrap_err();
    assert_eq!(foreign.code(), Code::UNKNOWN_ENTRYID);
    assert_eq!(
        EntryId::decode_in(STORE, &good),
        Ok(EntryId::of_folder(STORE, 5))
    );
    assert_eq!(
        EntryId::decode_in(STORE, &good[..29]).unwrap_err().code(),
        Code::INVALID_ENTRYID
    );
}

#[test]
fn keys_are_what_the_reference_says() {
    assert_eq!(
        recipient_search_key("smtp", "ann@example.org"),
        b"SMTP:ANN@EXAMPLE.ORG\0"
    );
    assert_eq!(split_record_key(&record_key(STORE, 9)), Some((STORE, 9)));
    assert_eq!(split_record_key(&[0; 23]), None);
    assert_ne!(record_key(STORE, 9), record_key(STORE, 10));
    let key = attachment_record_key(&record_key(STORE, 9), &[2; 16]);
    assert_eq!(key[..24], record_key(STORE, 9));
    assert_eq!(key[24..], [2; 16]);
    assert_eq!(message_search_key([3; 16]), [3; 16]);
}

#[test]
fn one_off_bytes_are_those_of_the_protocol() {
    let one = OneOff::new("Ann", "SMTP", "a@b.c");
    let bytes = one.encode().unwrap();
    let head: &[u8] = &[
        0, 0, 0, 0, 0x81, 0x2B, 0x1F, 0xA4, 0xBE, 0xA3, 0x10, 0x19, 0x9D, 0x6E, 0x00, 0xDD, 0x01,
        0x0F, 0x54, 0x02, 0, 0, 0, 0x80, b'A', 0, b'n', 0, b'n', 0, 0, 0, b'S', 0,
    ];
    assert_eq!(&bytes[..head.len()], head);
    let mut padded = bytes;
    padded.extend([0, 0]);
    assert_eq!(OneOff::decode(&padded), Ok(one));
    assert_eq!(
        OneOff::new("a\0b", "SMTP", "x").encode(),
        Err(EntryIdError::Text)
    );
    assert_eq!(
        OneOff::decode(&[0; 24]),
        Err(EntryIdError::Foreign(Guid::NIL))
    );
}

#[test]
fn wrapped_store_has_the_layout_of_the_protocol() {
    let bytes = wrap_store("emsmdb.dll", &[1, 2, 3]).unwrap();
    let mut expect = vec![0; 4];
    expect.extend(MUID_STORE_WRAP.as_bytes());
    expect.extend([0, 0]);
    expect.extend(b"emsmdb.dll\0\0\0\0");
    expect.extend([1, 2, 3]);
    assert_eq!(bytes, expect);
    let found = unwrap_store(&bytes).unwrap();
    assert_eq!(
        (found.dll, found.entry_id),
        ("emsmdb.dll", [1, 2, 3].as_slice())
    );
    let mut fill = bytes;
    fill[4 + 16 + 2 + 11] = 1;
    assert_eq!(unwrap_store(&fill), Err(EntryIdError::Text));
    assert_eq!(wrap_store("é", &[]), Err(EntryIdError::Text));
    assert_eq!(
        unwrap_store(&[0; 40]),
        Err(EntryIdError::Foreign(Guid::NIL))
    );
}

#[test]
fn composing_without_a_store_copies() {
    assert_eq!(compose(&[], &[1, 2]), [1, 2]);
    assert_eq!(
        decompose(&[1, 2]),
        Compound {
            store_record_key: &[],
            entry_id: &[1, 2]
        }
    );
}

proptest! {
    #[test]
    fn both_forms_come_back(id in id()) {
        prop_assert_eq!(EntryId::decode(&id.to_bytes()), Ok(id));
        prop_assert_eq!(EntryId::decode(&id.to_short_term()), Ok(id));
        prop_assert_eq!(same_object(&id.to_bytes(), &id.to_short_term()), Ok(true));
    }

    #[test]
    fn different_objects_differ(a in id(), b in id()) {
        prop_assert_eq!(same_object(&a.to_bytes(), &b.to_bytes()), Ok(a == b));
    }

    #[test]
    fn any_bytes_at_any_alignment(bytes: Vec<u8>, flip in 0usize..30, to: u8, id in id(), skip in 0usize..8) {
        let mut near = vec![0; skip];
        near.extend(id.to_bytes());
        near[skip + flip] = to;
        for bytes in [&bytes[..], &near[skip..]] {
            if let Ok(id) = EntryId::decode(bytes) {
                let short = is_short_term(bytes);
                prop_assert_eq!(if short { id.to_short_term()[1..] == bytes[1..] } else { id.to_bytes() == bytes }, true);
            }
            let _ = (OneOff::decode(bytes), unwrap_store(bytes), decompose(bytes));
            let _ = split_record_key(bytes);
        }
    }

    #[test]
    fn one_offs_come_back(
        flags in 0u16..0x8000,
        wide: bool,
        texts in prop::array::uniform3("[^\0]{0,12}"),
        cut in 0usize..200,
    ) {
        let [name, address_type, address] = texts;
        let strings = if wide {
            OneOffStrings::Unicode { name, address_type, address }
        } else {
            let (name, address_type, address) = (name.into_bytes(), address_type.into_bytes(), address.into_bytes());
            OneOffStrings::Ansi { name, address_type, address }
        };
        let one = OneOff { flags, strings };
        let bytes = one.encode().unwrap();
        prop_assert_eq!(OneOff::decode(&bytes), Ok(one));
        if cut < bytes.len() {
            prop_assert!(OneOff::decode(&bytes[..cut]).is_err());
        }
    }

    #[test]
    fn wrapping_comes_back(dll in "[ -~]{0,20}", id: Vec<u8>) {
        let bytes = wrap_store(&dll, &id).unwrap();
        let found = unwrap_store(&bytes).unwrap();
        prop_assert_eq!((found.dll, found.entry_id), (dll.as_str(), id.as_slice()));
    }

    #[test]
    fn composing_comes_back(key in prop::collection::vec(any::<u8>(), 1..40), id: Vec<u8>) {
        let bytes = compose(&key, &id);
        prop_assert_eq!(decompose(&bytes), Compound { store_record_key: &key, entry_id: &id });
    }
}
