//! The bytes a message was imported from: kept, and good until the message says something else.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a panic is a failed test"
)]

use std::io::Read;
use std::sync::Arc;

use mapi::{
    EmbeddedHost, EntryId, Folder, ImportItem, ImportOptions, ImportOutcome, Logon, Mapi, MapiProp,
    MessageTree, OpenFlags, Original, PropName, PropType, ReadFlags, SaveFlags, Session, guids,
    message_flags, tags,
};
use mapi_props::{AttachmentTree, Encoding, PropValue, Recipe, Segment, TreeContent};

fn inbox() -> Folder {
    let service = Arc::new(store_memory::MemoryService::default());
    let host = EmbeddedHost::new()
        .service(service)
        .profile("p", store_memory::NAME);
    let session = Session::logon(&Mapi::initialize(Arc::new(host)), Logon::default_profile());
    session
        .unwrap()
        .default_store()
        .unwrap()
        .receive_folder("IPM")
        .unwrap()
}

/// Two attachments, one small and one large, as they stood in Base64.
fn tree(large: &[u8]) -> (MessageTree, Vec<u8>) {
    let mut tree = MessageTree::default();
    tree.props.set(tags::SUBJECT, "Fwd: files");
    for data in [&b"any carnal pleas"[..], large] {
        let content = TreeContent::Data(data.to_vec().into());
        tree.attachments.push(AttachmentTree {
            content,
            ..AttachmentTree::default()
        });
    }
    let lines = Encoding::Base64 {
        line_len: 8,
        crlf: true,
        last_eol: true,
    };
    let part = |n, encoding| Segment::Attachment {
        attachment: vec![n],
        encoding,
    };
    let segments = vec![
        Segment::Literal(b"Subject: Fwd: files\r\n\r\n".to_vec()),
        part(0, lines),
        Segment::Literal(b"--\r\n".to_vec()),
        part(1, Encoding::Identity),
    ];
    tree.original = Some(Recipe { segments });
    let mut bytes =
        b"Subject: Fwd: files\r\n\r\nYW55IGNh\r\ncm5hbCBw\r\nbGVhcw==\r\n--\r\n".to_vec();
    bytes.extend_from_slice(large);
    (tree, bytes)
}

fn import(folder: &Folder, tree: MessageTree) -> EntryId {
    let item = ImportItem {
        tree,
        flags: 0,
        source: Some([7; 32]),
    };
    match folder
        .import(vec![item], ImportOptions::default())
        .unwrap()
        .remove(0)
    {
        ImportOutcome::Imported { id, defects } => {
            assert!(defects.is_empty(), "{defects:?}");
            id
        }
        other => panic!("{other:?}"),
    }
}

/// The original's bytes and whether they are still good.
fn original(folder: &Folder, id: &EntryId) -> (bool, Vec<u8>) {
    let (good, mut reader) = match folder.open_message(id).unwrap().original().unwrap() {
        Original::Valid(reader) => (true, reader),
        Original::Outdated(reader) => (false, reader),
        Original::None => panic!("there is no original"),
    };
    let mut bytes = Vec::new();
    reader.read_to_end(&mut bytes).unwrap();
    assert_eq!(
        reader.size(),
        bytes.len() as u64,
        "the size was known before"
    );
    (good, bytes)
}

#[test]
fn the_original_survives_marks_flags_categories_and_moves() {
    let folder = inbox();
    let (tree, bytes) = tree(&vec![0xA5; 100_000]);
    let id = import(&folder, tree);
    assert_eq!(original(&folder, &id), (true, bytes.clone()));
    folder
        .set_read_flags(None, ReadFlags::NONE)
        .unwrap()
        .ignore_warning();
    let keywords = PropName::text(guids::PS_PUBLIC_STRINGS, "Keywords");
    let tag = folder.named_tag(&keywords, PropType::MV_UNICODE).unwrap();
    let message = folder.open_message_with(&id, OpenFlags::MODIFY).unwrap();
    let red = PropValue::MvUnicode(vec!["red".into()]);
    assert_eq!(message.set_props(&[(tag, red)]).unwrap(), []);
    message.set(tags::FLAG_STATUS, 2).unwrap();
    message
        .save_changes(SaveFlags::KEEP_OPEN_READWRITE)
        .unwrap();
    assert_eq!(message.delete_props(&[tag]).unwrap(), []);
    message.save_changes(SaveFlags::NONE).unwrap();
    assert_eq!(
        original(&folder, &id),
        (true, bytes.clone()),
        "after taking the category away too"
    );
    let deeper = folder
        .create_folder("Deeper", None, mapi::CreateFolderFlags::NONE)
        .unwrap();
    let list = [id.clone()];
    let moved = folder
        .copy_messages(&list, &deeper, mapi::CopyFlags::MOVE)
        .unwrap();
    assert_eq!(moved.warning, None);
    assert_eq!(original(&deeper, &id), (true, bytes));
    assert_eq!(
        deeper.open_message(&id).unwrap().flags() & message_flags::READ,
        message_flags::READ
    );
}

#[test]
fn a_changed_subject_outdates_the_original_and_its_copies() {
    let folder = inbox();
    let (tree, bytes) = tree(&[1; 20_000]);
    let id = import(&folder, tree);
    let message = folder.open_message_with(&id, OpenFlags::MODIFY).unwrap();
    message.set(tags::SUBJECT, "other").unwrap();
    message.save_changes(SaveFlags::NONE).unwrap();
    assert_eq!(original(&folder, &id), (false, bytes.clone()));
    let copied = folder
        .copy_messages(&[id], &folder, mapi::CopyFlags::NONE)
        .unwrap();
    assert_eq!(original(&folder, &copied.value.copies[0].1), (false, bytes));
}

#[test]
fn a_source_is_taken_once() {
    let folder = inbox();
    let (tree, _) = tree(b"x");
    let id = import(&folder, tree.clone());
    let again = ImportItem {
        tree,
        flags: 0,
        source: Some([7; 32]),
    };
    let outcome = folder
        .import(vec![again], ImportOptions::default())
        .unwrap()
        .remove(0);
    assert!(matches!(outcome, ImportOutcome::Skipped { id: known } if known == id));
    assert_eq!(
        folder.known_sources(&[[7; 32], [8; 32]]).unwrap(),
        [Some(id), None]
    );
}

#[test]
fn a_tree_goes_in_and_comes_out() {
    let folder = inbox();
    let (mut source, _) = tree(&vec![3; 3 << 20]);
    source.original = None;
    let name = PropName::text(guids::PS_INTERNET_HEADERS, "x-mailer");
    source
        .props
        .insert(mapi_props::PropKey::Named(name.clone()), "malle".into());
    source.props.set(tags::BODY, "b".repeat(50_000));
    let inner = tree(b"inner").0;
    let content = TreeContent::Message(Box::new(MessageTree {
        original: None,
        ..inner
    }));
    source.attachments.push(AttachmentTree {
        content,
        ..AttachmentTree::default()
    });
    let id = import(&folder, source);
    let message = folder.open_message(&id).unwrap();
    assert_eq!(message.get(tags::NORMALIZED_SUBJECT).unwrap(), "files");
    let tree = message.to_tree().unwrap();
    assert!(tree.defects.is_empty());
    let mailer = tree.props.get(&mapi_props::PropKey::Named(name)).unwrap();
    assert_eq!(mailer.value(), Some(&PropValue::from("malle")));
    let Some(mapi_props::TreeValue::Large(PropType::UNICODE, body)) =
        tree.props.get(&mapi_props::PropKey::Id(tags::BODY.id()))
    else {
        panic!("a large body is a source");
    };
    let mut text = String::new();
    body.open().unwrap().read_to_string(&mut text).unwrap();
    assert_eq!(text, "b".repeat(50_000));
    let TreeContent::Data(data) = &tree.attachments[1].content else {
        panic!("no data");
    };
    let mut bytes = Vec::new();
    data.open().unwrap().read_to_end(&mut bytes).unwrap();
    assert!(bytes == vec![3; 3 << 20]);
    let TreeContent::Message(inner) = &tree.attachments[2].content else {
        panic!("no message");
    };
    assert_eq!(inner.props.text(tags::SUBJECT), Some("Fwd: files"));
    assert_eq!(inner.attachments.len(), 2);
}
