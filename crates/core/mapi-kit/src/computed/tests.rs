//! Computed properties by object and capability.

use mapi_props::entry_id::{EntryId, EntryKind, unwrap_store};
use mapi_props::{
    Bag, Guid, LargePlace, LargeRef, PropTag, PropType, PropValue, Slot, StoredAttachment,
    StoredMessage, access, store_support, tags,
};
use mapi_spi::{
    Capabilities, FolderCounts, FolderKind, ItemId, ItemKind, ItemMeta, Limits, StoreInfo, ThreadId,
};

use super::{
    Facts, Owner, computed, conversation_id, fallback, is_computed, listed, message_size,
    store_computed, support_mask, thread_of,
};

const UID: Guid = Guid([9; 16]);

fn info(capabilities: Capabilities) -> StoreInfo {
    StoreInfo {
        uid: UID,
        provider: Guid([1; 16]),
        mapping_signature: Guid([2; 16]),
        root: ItemId(1),
        capabilities,
        limits: Limits::default(),
        display_name: String::new(),
    }
}

const WRITE: Capabilities = Capabilities {
    write: true,
    soft_delete: true,
    associated: true,
    search: false,
    mv_instances: false,
    notify: false,
    submit: false,
    remote_values: false,
    persistent: false,
};

#[test]
fn conversation_ids_name_the_store_and_the_thread() {
    let (store, thread) = (Guid([9; 16]), ThreadId(0x0102_0304));
    let id = conversation_id(&store, thread);
    assert_eq!(id[..8], [9; 8]);
    assert_eq!(thread_of(&store, &id), Some(thread));
    assert_eq!(thread_of(&Guid([8; 16]), &id), None);
    assert_eq!(thread_of(&store, &id[..15]), None);
    assert_eq!(
        thread_of(&store, &conversation_id(&store, ThreadId(0))),
        None
    );
    assert_eq!(thread_of(&store, &[]), None);
}

fn meta(kind: ItemKind) -> ItemMeta {
    ItemMeta {
        id: ItemId(7),
        parent: ItemId(3),
        kind,
        deleted: false,
        change: 41,
        content_version: 1,
        thread: matches!(kind, ItemKind::Message { .. }).then_some(ThreadId(5)),
        flags: 0x11,
        status: 0x8000_0001,
        size: 5_000_000_000,
    }
}

fn of(kind: ItemKind, capabilities: Capabilities, tag: impl Into<PropTag>) -> Option<PropValue> {
    let info = info(capabilities);
    let meta = meta(kind);
    let counts = FolderCounts {
        contents: 5,
        unread: 2,
        associated: 1,
        folders: 0,
        deleted: 3,
    };
    let facts = Facts {
        info: &info,
        meta: &meta,
        counts: matches!(kind, ItemKind::Folder(_)).then_some(&counts),
        depth: 4,
        instance: 2,
    };
    computed(&facts, tag.into())
}

const MESSAGE: ItemKind = ItemKind::Message { associated: false };
const FOLDER: ItemKind = ItemKind::Folder(FolderKind::Generic);

#[test]
fn identities_of_items() {
    let entry = |kind, tag| {
        let value = of(kind, WRITE, tag).unwrap();
        EntryId::decode(value.as_bytes().unwrap()).unwrap()
    };
    let message = entry(MESSAGE, tags::ENTRYID);
    assert_eq!(
        (message.store, message.kind, message.item),
        (UID, EntryKind::Message, 7)
    );
    assert_eq!(entry(FOLDER, tags::ENTRYID).kind, EntryKind::Folder);
    let parent = entry(MESSAGE, tags::PARENT_ENTRYID);
    assert_eq!((parent.kind, parent.item), (EntryKind::Folder, 3));
    let store = of(MESSAGE, WRITE, tags::STORE_ENTRYID).unwrap();
    let inner = unwrap_store(store.as_bytes().unwrap()).unwrap().entry_id;
    assert_eq!(EntryId::decode(inner).unwrap(), EntryId::of_store(UID));
    assert_eq!(
        store_computed(&info(WRITE), tags::ENTRYID.raw()),
        Some(store)
    );
    let key = of(MESSAGE, WRITE, tags::INSTANCE_KEY).unwrap();
    assert_eq!(
        key.as_bytes().unwrap(),
        [0, 0, 0, 0, 0, 0, 0, 7, 0, 0, 0, 2]
    );
}

#[test]
fn values_of_messages() {
    let check = |tag: PropTag, expect: PropValue| {
        assert_eq!(of(MESSAGE, WRITE, tag), Some(expect), "{tag}");
    };
    check(tags::OBJECT_TYPE.raw(), 5.into());
    check(tags::MESSAGE_FLAGS.raw(), 0x11.into());
    check(tags::MSG_STATUS.raw(), 0x8000_0001_u32.cast_signed().into());
    check(tags::HASATTACH.raw(), true.into());
    check(tags::MESSAGE_SIZE.raw(), i32::MAX.into());
    check(
        tags::MESSAGE_SIZE.raw().with_type(PropType::UNSPECIFIED),
        i32::MAX.into(),
    );
    check(tags::MESSAGE_SIZE_EXTENDED.raw(), 5_000_000_000_i64.into());
    check(tags::CHANGE_NUMBER.raw(), 41_i64.into());
    check(tags::ACCESS_LEVEL.raw(), 1.into());
    let associated = ItemKind::Message { associated: true };
    assert_eq!(
        of(associated, WRITE, tags::MESSAGE_FLAGS),
        Some(0x51.into())
    );
    assert_eq!(of(MESSAGE, WRITE, tags::CONTENT_COUNT), None);
    assert_eq!(of(MESSAGE, WRITE, tags::SUBJECT), None);
}

#[test]
fn values_of_folders() {
    let check = |kind, tag: PropTag, expect: PropValue| {
        assert_eq!(
            of(ItemKind::Folder(kind), WRITE, tag),
            Some(expect),
            "{tag}"
        );
    };
    check(FolderKind::Generic, tags::OBJECT_TYPE.raw(), 3.into());
    check(FolderKind::Root, tags::FOLDER_TYPE.raw(), 0.into());
    check(FolderKind::Search, tags::FOLDER_TYPE.raw(), 2.into());
    check(
        FolderKind::Search,
        tags::DISPLAY_TYPE.raw(),
        0x0200_0000.into(),
    );
    check(
        FolderKind::Generic,
        tags::DISPLAY_TYPE.raw(),
        0x0100_0000.into(),
    );
    check(FolderKind::Generic, tags::CONTENT_COUNT.raw(), 5.into());
    check(FolderKind::Generic, tags::CONTENT_UNREAD.raw(), 2.into());
    check(
        FolderKind::Generic,
        tags::ASSOC_CONTENT_COUNT.raw(),
        1.into(),
    );
    check(FolderKind::Generic, tags::DELETED_MSG_COUNT.raw(), 3.into());
    check(FolderKind::Generic, tags::SUBFOLDERS.raw(), false.into());
    check(FolderKind::Generic, tags::DEPTH.raw(), 4.into());
    assert_eq!(of(FOLDER, WRITE, tags::MESSAGE_SIZE), None);
    assert_eq!(fallback(Owner::Folder, tags::STATUS.id()), Some(0.into()));
    assert_eq!(fallback(Owner::Message, tags::STATUS.id()), None);
}

#[test]
fn access_follows_the_capabilities() {
    let full = access::READ | access::MODIFY | access::DELETE;
    assert_eq!(of(MESSAGE, WRITE, tags::ACCESS), Some(full.into()));
    let hold = access::CREATE_CONTENTS | access::CREATE_HIERARCHY | access::CREATE_ASSOCIATED;
    assert_eq!(of(FOLDER, WRITE, tags::ACCESS), Some((full | hold).into()));
    let search = ItemKind::Folder(FolderKind::Search);
    assert_eq!(of(search, WRITE, tags::ACCESS), Some(full.into()));
    let none = Capabilities::default();
    assert_eq!(of(FOLDER, none, tags::ACCESS), Some(access::READ.into()));
    assert_eq!(of(FOLDER, none, tags::ACCESS_LEVEL), Some(0.into()));
}

#[test]
fn the_mask_promises_what_the_store_claims() {
    let writable = store_support::MODIFY_OK | store_support::CREATE_OK;
    assert_eq!(
        support_mask(&WRITE) & (writable | store_support::READONLY),
        writable
    );
    let none = Capabilities::default();
    assert_eq!(
        support_mask(&none) & (writable | store_support::READONLY),
        store_support::READONLY
    );
    let search = Capabilities {
        search: true,
        ..none
    };
    assert_eq!(
        support_mask(&search) ^ support_mask(&none),
        store_support::SEARCH_OK
    );
    let submit = Capabilities {
        submit: true,
        ..none
    };
    assert_eq!(
        support_mask(&submit) ^ support_mask(&none),
        store_support::SUBMIT_OK
    );
}

/// Every listed tag has a value, every computed one is refused to SetProps, and nothing else is.
#[test]
fn lists_agree_with_values() {
    for (owner, kind) in [(Owner::Message, MESSAGE), (Owner::Folder, FOLDER)] {
        for tag in listed(owner) {
            assert!(is_computed(owner, tag.id()), "{tag}");
            let value = of(kind, WRITE, tag).unwrap();
            assert_eq!(value.ty(), tag.ty(), "{tag}");
        }
    }
    for tag in listed(Owner::Store) {
        let value = store_computed(&info(WRITE), tag).unwrap();
        assert_eq!(value.ty(), tag.ty(), "{tag}");
    }
    assert!(is_computed(Owner::Folder, tags::CONTENT_COUNT.id()));
    assert!(!is_computed(Owner::Message, tags::CONTENT_COUNT.id()));
    assert!(!is_computed(Owner::Message, tags::SUBJECT.id()));
}

#[test]
fn a_size_counts_every_part() {
    let mut props = Bag::new();
    props.set(tags::SUBJECT, "ab");
    let large = LargeRef {
        ty: PropType::BINARY,
        size: 1000,
        place: LargePlace::Remote,
    };
    let mut data = Bag::new();
    data.insert(0x3701, Slot::Large(large));
    let inner = StoredMessage {
        props: props.clone(),
        ..StoredMessage::default()
    };
    let message = StoredMessage {
        props: props.clone(),
        recipients: vec![props],
        attachments: vec![StoredAttachment {
            props: data,
            embedded: Some(Box::new(inner)),
        }],
    };
    assert_eq!(message_size(&message), 6 + 6 + 1000 + 6);
}
