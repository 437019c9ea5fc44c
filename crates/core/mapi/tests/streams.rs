//! Streams when the store fails under them: nothing is lost, and what failed can be tried again.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a panic is a failed test"
)]

use std::io::{Read, Seek, SeekFrom, Write};
use std::sync::Arc;

use mapi::{
    Call, EmbeddedHost, Folder, Logon, Mapi, MapiProp, OpenFlags, PropStream, PropertyFlags,
    SaveFlags, Service, Session, Support, SystemSupport, tags,
};
use mapi_spi::{OpenStore, Result, Store};
use store_memory::{MemoryStore, Options};

/// A service whose one store the test has in hand.
#[derive(Debug)]
struct InHand(MemoryStore);

impl Service for InHand {
    fn name(&self) -> &'static str {
        "IN_HAND"
    }

    fn display_name(&self) -> &'static str {
        "A store in hand"
    }

    fn open_store(&self, _: &OpenStore, _: Arc<dyn Support>, _: &Call) -> Result<Arc<dyn Store>> {
        Ok(Arc::new(self.0.clone()))
    }
}

fn inbox(store: &MemoryStore) -> Folder {
    let host = EmbeddedHost::new()
        .service(Arc::new(InHand(store.clone())))
        .profile("p", "IN_HAND");
    let session = Session::logon(&Mapi::initialize(Arc::new(host)), Logon::default_profile());
    let store = session.unwrap().default_store().unwrap();
    store.receive_folder("IPM").unwrap()
}

/// Writes all of it; what fails is tried again. How often it failed.
fn write(stream: &mut PropStream, mut bytes: &[u8]) -> usize {
    let mut failures = 0;
    while !bytes.is_empty() {
        match stream.write(bytes) {
            Ok(n) => bytes = &bytes[n..],
            Err(_) => failures += 1,
        }
    }
    failures
}

fn noise(count: usize, seed: u8) -> Vec<u8> {
    let mut n = u32::from(seed) + 1;
    let next = || {
        n = n.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        n.to_be_bytes()[0]
    };
    std::iter::repeat_with(next).take(count).collect()
}

#[test]
fn a_stream_goes_on_after_writes_that_failed() {
    let store = MemoryStore::new(Options::default(), Arc::new(SystemSupport));
    let inbox = inbox(&store);
    let data = noise(1_700_000, 1);
    let patch = noise(70_000, 2);
    for writes in (0..300).step_by(3) {
        let message = inbox.create_message().unwrap();
        let file = message.create_attachment().unwrap();
        let flags = PropertyFlags::MODIFY | PropertyFlags::CREATE;
        let mut stream = file
            .open_property(tags::ATTACH_DATA_BIN.raw(), flags)
            .unwrap();
        store.fail_after(writes).unwrap();
        let mut failures = 0;
        for piece in data.chunks(200_000) {
            failures += write(&mut stream, piece);
        }
        stream.seek(SeekFrom::Start(500_000)).unwrap();
        failures += write(&mut stream, &patch);
        while stream.commit().is_err() {
            failures += 1;
        }
        let waiting = store.clear_failure().unwrap();
        assert_eq!(failures, usize::from(!waiting), "after {writes} writes");
        drop(stream);
        file.save_changes(SaveFlags::NONE).unwrap();
        message.save_changes(SaveFlags::NONE).unwrap();
        let stored = inbox.open_message(&message.entry_id().unwrap()).unwrap();
        let file = stored.open_attachment(0, OpenFlags::NONE).unwrap();
        let mut read = Vec::new();
        file.open_property(tags::ATTACH_DATA_BIN.raw(), PropertyFlags::NONE)
            .unwrap()
            .read_to_end(&mut read)
            .unwrap();
        let mut expected = data.clone();
        expected[500_000..570_000].copy_from_slice(&patch);
        assert!(read == expected, "after {writes} writes");
        if waiting {
            return;
        }
    }
    panic!("no end of writes");
}
