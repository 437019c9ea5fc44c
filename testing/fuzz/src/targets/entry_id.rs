//! Entry identifiers and keys: any bytes are read as what wrote them, or refused.

use mapi_props::entry_id::{
    OneOff, compose, decompose, is_short_term, provider_uid, same_object, split_record_key,
    unwrap_store, wrap_store,
};
use mapi_props::{EntryId, Guid};

use crate::choices::Choices;
use crate::seen::Seen;
use crate::target::Target;

pub(super) static TARGET: Target = Target {
    name: "entry-id",
    about: "identifiers that are read are those that would be written; compared, wrapped and composed ones agree",
    longest: 1024,
    seeds,
    takes_mail: false,
    tokens: TOKENS,
    run,
};

fn run(input: &[u8], seen: &mut Seen) {
    own(input, seen);
    one_off(input, seen);
    wrapped(input, seen);
    composed(input, seen);
    if let Some((store, item)) = split_record_key(input) {
        assert_eq!(
            mapi_props::entry_id::record_key(store, item).as_slice(),
            input
        );
        seen.mark("record key", 1);
    }
    let mut choices = Choices::new(input);
    let (a, b) = (choices.bytes(), choices.bytes());
    assert_eq!(same_object(a, b).ok(), same_object(b, a).ok());
}

fn own(input: &[u8], seen: &mut Seen) {
    match EntryId::decode(input) {
        Ok(id) => {
            seen.mark("own", (id.kind as u8, is_short_term(input)));
            if is_short_term(input) {
                assert_eq!(id.to_bytes().get(4..), input.get(4..));
            } else {
                assert_eq!(id.to_bytes().as_slice(), input);
            }
            assert_eq!(EntryId::decode(&id.to_bytes()), Ok(id));
            assert_eq!(EntryId::decode(&id.to_short_term()), Ok(id));
            assert_eq!(same_object(input, &id.to_short_term()), Ok(true));
            assert_eq!(provider_uid(input), Some(id.store));
            assert_eq!(EntryId::decode_in(id.store, input), Ok(id));
            let other = Guid(id.store.0.map(|b| !b));
            assert!(EntryId::decode_in(other, input).is_err());
        }
        Err(error) => seen.mark("own refused", error.code().0),
    }
}

fn one_off(input: &[u8], seen: &mut Seen) {
    match OneOff::decode(input) {
        Ok(read) => {
            let bytes = read.encode().expect("strings that were read hold no zero");
            assert_eq!(OneOff::decode(&bytes), Ok(read.clone()));
            seen.mark(
                "one-off",
                (
                    read.flags.count_ones(),
                    std::mem::discriminant(&read.strings),
                ),
            );
            seen.count("one-off size", bytes.len());
        }
        Err(error) => seen.mark("one-off refused", error.code().0),
    }
    let mut choices = Choices::new(input);
    let made = OneOff::new(&choices.text(), &choices.text(), &choices.text());
    if let Ok(bytes) = made.encode() {
        assert_eq!(OneOff::decode(&bytes), Ok(made));
    }
}

fn wrapped(input: &[u8], seen: &mut Seen) {
    match unwrap_store(input) {
        Ok(found) => {
            let again =
                wrap_store(found.dll, found.entry_id).expect("a name that was read may be written");
            assert_eq!(unwrap_store(&again), Ok(found));
            seen.count("library", found.dll.len());
        }
        Err(error) => seen.mark("wrap refused", error.code().0),
    }
    let mut choices = Choices::new(input);
    let (dll, id) = (choices.text(), choices.rest());
    if let Ok(bytes) = wrap_store(&dll, id) {
        let found = unwrap_store(&bytes).expect("what was wrapped is unwrapped");
        assert_eq!((found.dll, found.entry_id), (dll.as_str(), id));
    }
}

fn composed(input: &[u8], seen: &mut Seen) {
    let parts = decompose(input);
    seen.mark("compound", parts.store_record_key.len().min(3));
    if parts.store_record_key.is_empty() {
        assert_eq!(parts.entry_id, input);
    }
    let mut choices = Choices::new(input);
    let (key, id) = (choices.bytes(), choices.rest());
    let bytes = compose(key, id);
    if !key.is_empty() {
        let parts = decompose(&bytes);
        assert_eq!((parts.store_record_key, parts.entry_id), (key, id));
    }
}

fn seeds() -> Vec<Vec<u8>> {
    let store = Guid(*b"0123456789abcdef");
    let id = EntryId::of_message(store, 77);
    let one = OneOff::new("Ann", "SMTP", "ann@example.org")
        .encode()
        .unwrap_or_default();
    vec![
        id.to_bytes().to_vec(),
        id.to_short_term().to_vec(),
        EntryId::of_store(store).to_bytes().to_vec(),
        EntryId::of_folder(store, 1).to_bytes().to_vec(),
        wrap_store("malle.dll", &id.to_bytes()).unwrap_or_default(),
        compose(b"a record key", &id.to_bytes()),
        mapi_props::entry_id::record_key(store, 5).to_vec(),
        one.get(..60).unwrap_or_default().to_vec(),
        one,
    ]
}

const TOKENS: &[&[u8]] = &[
    b"\0\0\0\0",
    b"\x80\0\0\0",
    b"\x87\0\0\0",
    b"\0\0",
    b"\x01\x01",
    b"\x01\x02",
    b"\x01\x03",
    b"\0\0\0\0\0\0\0\x01",
    b"0123456789abcdef",
    b"\x00\x90",
    b"\x01\x90",
    b"A\0",
    b"\0\xD8",
    b"\0\xDC",
    b"\xFF\xFF\xFF\xFF",
    b"dll\0",
];
