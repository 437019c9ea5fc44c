//! Large values: staging, sharing, recipes, values on servers.

use std::sync::Arc;
use std::time::{Duration, Instant};

use mapi_props::{
    Bag, Code, Encoding, Kind, LargePlace, LargeRef, PropTag, PropType, Slot, StoredAttachment,
};
use mapi_spi::{
    Call, ChangeSet, DeleteMode, ItemId, MessageTarget, NewValue, Op, PropPatch, RecipePart, Store,
};

use super::host::{Bench, ROOT, change, id, ids, save};

const BODY: PropTag = PropTag(0x1000_001F);
const DATA: u16 = 0x3701;

fn slot(place: LargePlace, size: u64) -> Slot {
    let ty = PropType::UNICODE;
    Slot::Large(LargeRef { ty, size, place })
}

fn with_body(slot: Slot) -> Op {
    let target = MessageTarget::New {
        folder: ROOT,
        associated: false,
    };
    let patch = PropPatch {
        set: vec![(BODY.id(), slot)],
        delete: Vec::new(),
    };
    Op::SaveMessage(Box::new(save(target, patch)))
}

fn commit(bench: &Bench, op: Op, values: Vec<NewValue>) -> mapi_spi::Result<ItemId> {
    let set = ChangeSet {
        values,
        ..ChangeSet::one(op)
    };
    Ok(id(bench.store.commit(set, &bench.call)?.ops.remove(0)))
}

fn body_ref(bench: &Bench, message: ItemId) -> LargeRef {
    let data = bench.store.message(message, &bench.call).unwrap();
    match data.body.props.get(&BODY.id()) {
        Some(Slot::Large(large)) => *large,
        other => panic!("no large body: {other:?}"),
    }
}

fn read(
    bench: &Bench,
    message: ItemId,
    large: &LargeRef,
    call: &Call,
) -> mapi_spi::Result<Vec<u8>> {
    let mut reader = bench.store.large(message, large, call)?;
    let mut out = Vec::new();
    let mut buf = [0; 7];
    loop {
        let at = u64::try_from(out.len()).unwrap();
        let n = reader.read_at(at, &mut buf, call)?;
        out.extend_from_slice(&buf[..n]);
        if n == 0 {
            assert_eq!(reader.size(), at);
            return Ok(out);
        }
    }
}

#[test]
fn staged_pending_and_present_values_are_the_same_value() {
    let bench = Bench::new();
    let mut stage = bench.store.stage(&bench.call).unwrap();
    stage.write(b"hello ", &bench.call).unwrap();
    stage.write(b"world", &bench.call).unwrap();
    let staged = stage.finish(&bench.call).unwrap();
    assert_eq!(staged.key(), *blake3::hash(b"hello world").as_bytes());
    let a = commit(&bench, with_body(slot(staged.place(), 11)), vec![]).unwrap();
    let bytes = vec![NewValue::Bytes(b"hello world".to_vec())];
    let b = commit(&bench, with_body(slot(LargePlace::Pending(0), 0)), bytes).unwrap();
    assert_eq!(body_ref(&bench, a), body_ref(&bench, b));
    assert_eq!(body_ref(&bench, b).size, 11);
    assert_eq!(
        read(&bench, b, &body_ref(&bench, b), &bench.call).unwrap(),
        b"hello world"
    );
}

#[test]
fn values_must_be_there_and_of_their_size() {
    let bench = Bench::new();
    let make = |slot, values| commit(&bench, with_body(slot), values).unwrap_err().code();
    let bytes = || vec![NewValue::Bytes(b"abc".to_vec())];
    assert_eq!(
        make(slot(LargePlace::Present([1; 32]), 3), vec![]),
        Code::NOT_FOUND
    );
    assert_eq!(
        make(slot(LargePlace::Pending(1), 3), bytes()),
        Code::INVALID_PARAMETER
    );
    let key = *blake3::hash(b"abc").as_bytes();
    assert_eq!(
        make(slot(LargePlace::Present(key), 4), bytes()),
        Code::INVALID_PARAMETER
    );
    commit(
        &bench,
        with_body(slot(LargePlace::Present(key), 3)),
        bytes(),
    )
    .unwrap();
    assert_eq!(bench.last(), 1);
}

#[test]
fn what_nothing_binds_is_swept() {
    let bench = Bench::new();
    let stage = |bytes: &[u8]| {
        let mut stage = bench.store.stage(&bench.call).unwrap();
        stage.write(bytes, &bench.call).unwrap();
        stage.finish(&bench.call).unwrap()
    };
    let (held, given_up) = (stage(b"bound"), stage(b"loose"));
    let (bound, loose) = (held.key(), given_up.key());
    let mut open = given_up.open(&bench.call).unwrap();
    assert_eq!(
        open.read_at(0, &mut [0; 9], &bench.call).unwrap(),
        5,
        "read unbound"
    );
    drop((open, given_up));
    let a = commit(
        &bench,
        with_body(slot(LargePlace::Present(bound), 5)),
        vec![],
    )
    .unwrap();
    drop(held);
    let late = commit(
        &bench,
        with_body(slot(LargePlace::Present(loose), 5)),
        vec![],
    );
    assert_eq!(late.unwrap_err().code(), Code::NOT_FOUND);
    let value = body_ref(&bench, a);
    let mut open = bench.store.large(a, &value, &bench.call).unwrap();
    bench.bulk(Op::Delete {
        items: ids(&[a]),
        mode: DeleteMode::Hard,
    });
    let gone = bench
        .store
        .large(a, &value, &bench.call)
        .map(|_| ())
        .unwrap_err();
    assert_eq!(gone.code(), Code::OBJECT_DELETED);
    assert_eq!(open.read_at(1, &mut [0; 9], &bench.call).unwrap(), 4);
    let gone = commit(
        &bench,
        with_body(slot(LargePlace::Present(bound), 5)),
        vec![],
    );
    assert_eq!(gone.unwrap_err().code(), Code::NOT_FOUND);
}

#[test]
fn recipes_put_parts_together_and_outlive_them() {
    let bench = Bench::new();
    let value = |place, encoding| RecipePart::Value { place, encoding };
    let lines = Encoding::Base64 {
        line_len: 8,
        crlf: true,
        last_eol: true,
    };
    let mut attachment = StoredAttachment::default();
    let data = LargeRef {
        ty: PropType::BINARY,
        size: 0,
        place: LargePlace::Pending(1),
    };
    attachment.props.insert(DATA, Slot::Large(data));
    let target = MessageTarget::New {
        folder: ROOT,
        associated: false,
    };
    let patch = PropPatch {
        set: vec![(BODY.id(), slot(LargePlace::Pending(0), 0))],
        delete: vec![],
    };
    let mut message = save(target, patch);
    message.attachments = Some(vec![attachment]);
    let recipe = vec![
        RecipePart::Literal(b"<".to_vec()),
        value(LargePlace::Pending(1), lines),
        value(LargePlace::Pending(1), Encoding::Identity),
        RecipePart::Literal(b">".to_vec()),
    ];
    let values = vec![
        NewValue::Recipe(recipe),
        NewValue::Bytes(b"foobarbaz".to_vec()),
    ];
    let m = commit(&bench, Op::SaveMessage(Box::new(message)), values).unwrap();
    let whole = b"<Zm9vYmFy\r\nYmF6\r\nfoobarbaz>";
    let original = body_ref(&bench, m);
    assert_eq!(
        original.place,
        LargePlace::Present(*blake3::hash(whole).as_bytes())
    );
    let mut bare = change(m);
    bare.attachments = Some(Vec::new());
    bench.one(Op::SaveMessage(Box::new(bare))).unwrap();
    assert_eq!(read(&bench, m, &original, &bench.call).unwrap(), whole);
    let nested = vec![NewValue::Recipe(vec![value(
        original.place,
        Encoding::Identity,
    )])];
    let refused = commit(&bench, with_body(slot(LargePlace::Pending(0), 0)), nested);
    assert_eq!(refused.unwrap_err().code(), Code::INVALID_PARAMETER);
    bench.sound();
}

#[test]
fn remote_values_are_fetched_within_the_deadline_or_refused() {
    let bench = Bench::new();
    let bytes = vec![NewValue::Bytes(b"far away".to_vec())];
    let m = commit(&bench, with_body(slot(LargePlace::Pending(0), 0)), bytes).unwrap();
    let kept = bench.store.mark_remote(m, BODY).unwrap();
    assert_eq!(
        bench.store.mark_remote(m, BODY).unwrap_err().code(),
        Code::NOT_FOUND
    );
    let remote = body_ref(&bench, m);
    assert_eq!((remote.place, remote.size), (LargePlace::Remote, 8));
    let at_once = read(&bench, m, &remote, &bench.call).unwrap_err();
    assert_eq!(
        (at_once.code(), at_once.kind()),
        (Code::NETWORK_ERROR, Kind::NotDownloaded)
    );
    let patient = Call {
        deadline: Some(Instant::now() + Duration::from_secs(30)),
        ..Call::default()
    };
    let alone = read(&bench, m, &remote, &patient).unwrap_err();
    assert_eq!(alone.kind(), Kind::NotDownloaded);
    let copied = bench.bulk(Op::Copy {
        items: ids(&[m]),
        to: ROOT,
    });
    assert_eq!(
        copied.failed[0].error.kind(),
        Kind::NotDownloaded,
        "never dropped in silence"
    );
    let store = bench.store.clone();
    let engine = move |item| store.deliver(item, BODY, kept.clone()).unwrap();
    *bench.host.engine.lock().unwrap() = Some(Box::new(engine));
    assert_eq!(read(&bench, m, &remote, &patient).unwrap(), b"far away");
    let here = body_ref(&bench, m);
    assert_eq!(read(&bench, m, &here, &bench.call).unwrap(), b"far away");
    *bench.host.engine.lock().unwrap() = None;
    bench.sound();
}

#[test]
fn a_store_without_servers_takes_no_remote_values() {
    let mut options = store_memory::Options::default();
    options.capabilities.remote_values = false;
    let bench = Bench::with(options);
    let refused = commit(&bench, with_body(slot(LargePlace::Remote, 9)), vec![]);
    assert_eq!(refused.unwrap_err().code(), Code::NO_SUPPORT);
}

#[test]
fn recipients_and_attachments_resolve_their_values_too() {
    let bench = Bench::new();
    let mut recipient = Bag::new();
    recipient.insert(0x3001, slot(LargePlace::Pending(0), 0));
    let target = MessageTarget::New {
        folder: ROOT,
        associated: false,
    };
    let mut message = save(target, PropPatch::default());
    message.recipients = Some(vec![recipient]);
    let values = vec![NewValue::Bytes(vec![b'x'; 5])];
    let m = commit(&bench, Op::SaveMessage(Box::new(message)), values).unwrap();
    let body = bench.store.message(m, &bench.call).unwrap().body;
    let Some(Slot::Large(large)) = body.recipients[0].get(&0x3001) else {
        panic!("large")
    };
    assert_eq!(read(&bench, m, large, &bench.call).unwrap(), b"xxxxx");
    assert!(Arc::strong_count(&bench.host) > 1);
}
