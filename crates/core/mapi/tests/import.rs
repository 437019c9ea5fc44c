//! The fast way in: limits on names, items that fail alone, cancellation.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a panic is a failed test"
)]

use std::io;
use std::sync::Arc;

use mapi::{
    Call, Code, EmbeddedHost, Folder, ImportItem, ImportOptions, ImportOutcome, Limits, Logon,
    Mapi, MapiProp, MessageTree, PropName, Session, guids, tags,
};
use mapi_props::{AttachmentTree, LargeSource, OpenLarge, PropKey, TreeContent};
use store_memory::{MemoryService, NAME, Options};

fn inbox(limits: Limits) -> Folder {
    let options = Options {
        limits,
        ..Options::default()
    };
    let host = EmbeddedHost::new()
        .service(Arc::new(MemoryService::new(options)))
        .profile("p", NAME);
    let session = Session::logon(&Mapi::initialize(Arc::new(host)), Logon::default_profile());
    session
        .unwrap()
        .default_store()
        .unwrap()
        .receive_folder("IPM")
        .unwrap()
}

fn header(n: usize) -> PropName {
    PropName::text(guids::PS_INTERNET_HEADERS, format!("x-{n}"))
}

fn with_headers(range: std::ops::Range<usize>) -> ImportItem {
    let mut tree = MessageTree::default();
    for n in range {
        tree.props.insert(PropKey::Named(header(n)), "v".into());
    }
    ImportItem {
        tree,
        flags: 0,
        source: None,
    }
}

fn defects(folder: &Folder, item: ImportItem) -> usize {
    match folder
        .import(vec![item], ImportOptions::default())
        .unwrap()
        .remove(0)
    {
        ImportOutcome::Imported { defects, .. } => {
            assert!(defects.iter().all(|d| d.code == "header-not-promoted"));
            defects.len()
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn one_message_adds_at_most_64_names_and_all_mail_so_many() {
    let folder = inbox(Limits {
        mail_names: 100,
        ..Limits::default()
    });
    assert_eq!(
        defects(&folder, with_headers(0..70)),
        6,
        "64 new names at once"
    );
    assert_eq!(
        defects(&folder, with_headers(0..64)),
        0,
        "known ones are free"
    );
    assert_eq!(
        defects(&folder, with_headers(64..110)),
        10,
        "100 names in all"
    );
    assert_eq!(
        defects(&folder, with_headers(110..112)),
        2,
        "no room is left"
    );
    let explicit = folder.ids_from_names(&[header(500)], true).unwrap();
    assert_eq!(
        explicit.warning, None,
        "a client that asks always finds room"
    );
}

/// What one message is denied, the next one of the same batch may still bring.
#[test]
fn each_message_of_a_batch_adds_names_of_its_own() {
    let folder = inbox(Limits::default());
    let batch = vec![with_headers(100..170), with_headers(160..230)];
    let outcomes = folder.import(batch, ImportOptions::default()).unwrap();
    let left_out = outcomes.into_iter().map(|outcome| match outcome {
        ImportOutcome::Imported { defects, .. } => defects.len(),
        other => panic!("{other:?}"),
    });
    // The second brings 164 to 227 by itself, of which the first had 164 to 169 left over.
    assert_eq!(left_out.collect::<Vec<_>>(), [0, 2]);
}

#[derive(Debug)]
struct Broken;

impl OpenLarge for Broken {
    fn size(&self) -> u64 {
        1 << 16
    }

    fn open(&self) -> io::Result<Box<dyn io::Read + Send>> {
        Err(io::Error::other("the file is gone"))
    }
}

#[test]
fn an_item_that_cannot_be_read_fails_alone() {
    let folder = inbox(Limits::default());
    let named = |subject: &str, content| {
        let mut tree = MessageTree::default();
        tree.props.set(tags::SUBJECT, subject);
        tree.attachments.push(AttachmentTree {
            content,
            ..AttachmentTree::default()
        });
        ImportItem {
            tree,
            flags: 0,
            source: None,
        }
    };
    let good = || TreeContent::Data(vec![1; 20_000].into());
    let broken = TreeContent::Data(LargeSource::Lazy(Arc::new(Broken)));
    let batch = vec![
        named("one", good()),
        named("two", broken),
        named("three", good()),
    ];
    let outcomes = folder.import(batch, ImportOptions::default()).unwrap();
    let [
        ImportOutcome::Imported { .. },
        ImportOutcome::Failed(error),
        ImportOutcome::Imported { id, .. },
    ] = &outcomes[..]
    else {
        panic!("{outcomes:?}");
    };
    assert_eq!(error.code(), Code::CORRUPT_DATA);
    let message = folder.open_message(id).unwrap();
    assert_eq!(message.get(tags::SUBJECT).unwrap(), "three");
    let file = message.open_attachment(0, mapi::OpenFlags::NONE).unwrap();
    assert_eq!(file.get(tags::ATTACH_DATA_BIN).unwrap(), vec![1; 20_000]);
    assert_eq!(folder.counts().unwrap().contents, 2);
}

#[test]
fn messages_nested_deeper_than_the_store_allows_are_refused() {
    let folder = inbox(Limits {
        embed_depth: 2,
        ..Limits::default()
    });
    let nest = |depth: usize| {
        let mut tree = MessageTree::default();
        for _ in 0..depth {
            let content = TreeContent::Message(Box::new(tree));
            tree = MessageTree::default();
            tree.attachments.push(AttachmentTree {
                content,
                ..AttachmentTree::default()
            });
        }
        ImportItem {
            tree,
            flags: 0,
            source: None,
        }
    };
    let mut outcomes = folder
        .import(vec![nest(2), nest(3)], ImportOptions::default())
        .unwrap();
    assert!(matches!(&outcomes[0], ImportOutcome::Imported { .. }));
    let ImportOutcome::Failed(error) = outcomes.remove(1) else {
        panic!("too deep and yet stored");
    };
    assert_eq!(error.code(), Code::TOO_COMPLEX);
}

#[test]
fn a_cancelled_call_stores_nothing() {
    let folder = inbox(Limits::default());
    let call = Call::default();
    call.cancel.cancel();
    let cancelled = folder.with_call(call);
    match cancelled.import(vec![with_headers(0..1)], ImportOptions::default()) {
        Err(error) => assert_eq!(error.code(), Code::USER_CANCEL),
        Ok(outcomes) => {
            assert!(
                outcomes.iter().all(
                    |o| matches!(o, ImportOutcome::Failed(e) if e.code() == Code::USER_CANCEL)
                )
            );
        }
    }
    assert_eq!(folder.counts().unwrap().contents, 0);
}
