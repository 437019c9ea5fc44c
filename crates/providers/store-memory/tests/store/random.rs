//! Random operations: whatever they are, the store stays sound and the log tells the truth.

use std::collections::BTreeMap;

use mapi_kit::computed::conversation_id;
use mapi_props::{Bag, Slot, tags};
use mapi_spi::{
    ChangeSet, CommitMode, DeleteMode, FlagPatch, ItemId, Items, LogEntry, LogKind, Op,
    SearchAction, SearchSave, Store,
};
use proptest::prelude::{ProptestConfig, Strategy, any, prop_oneof, proptest};

use super::host::{
    Bench, change, new_folder, new_message, new_search_folder, patch, rename, search,
};

/// An operation on numbers that may or may not be there.
fn arb_op() -> impl Strategy<Value = Op> {
    let id = || (1_u64..24).prop_map(ItemId);
    let items = || {
        prop_oneof![
            proptest::collection::vec(id(), 0..4).prop_map(Items::Ids),
            (id(), any::<bool>()).prop_map(|(folder, deleted)| Items::In {
                folder,
                restriction: None,
                associated: false,
                deleted,
            }),
        ]
    };
    let name = || proptest::sample::select(vec!["a", "b", "A", "c"]);
    let mode = || proptest::sample::select(vec![DeleteMode::Soft, DeleteMode::Hard]);
    prop_oneof![
        3 => (id(), name()).prop_map(|(parent, name)| new_folder(parent, name)),
        4 => (id(), name()).prop_map(|(folder, name)| new_message(folder, name)),
        1 => (id(), name()).prop_map(|(folder, name)| rename(folder, name)),
        2 => (id(), name(), any::<bool>()).prop_map(|(id, subject, submit)| {
            let mut save = change(id);
            save.patch = patch(tags::SUBJECT, subject);
            save.flags.set = if submit { 4 } else { 0 };
            save.flags.clear = 4;
            Op::SaveMessage(Box::new(save))
        }),
        2 => (items(), 0_u32..4, 0_u32..4)
            .prop_map(|(items, set, clear)| Op::SetFlags { items, flags: FlagPatch { set, clear } }),
        1 => (items(), any::<u32>(), any::<u32>())
            .prop_map(|(items, value, mask)| Op::SetStatus { items, value, mask }),
        2 => (items(), id()).prop_map(|(items, to)| Op::Move { items, to }),
        2 => (items(), id()).prop_map(|(items, to)| Op::Copy { items, to }),
        2 => (items(), mode()).prop_map(|(items, mode)| Op::Delete { items, mode }),
        1 => items().prop_map(|items| Op::Recover { items }),
        2 => (id(), proptest::option::of(name())).prop_map(|(folder, name)| {
            Op::RecoverFolder { folder, name: name.map(str::to_owned) }
        }),
        2 => (id(), id(), proptest::option::of(name())).prop_map(|(folder, to, name)| {
            Op::MoveFolder { folder, to, name: name.map(str::to_owned) }
        }),
        1 => (id(), id(), name(), any::<bool>()).prop_map(|(folder, to, name, subfolders)| {
            Op::CopyFolder { folder, to, name: Some(name.to_owned()), subfolders }
        }),
        1 => (id(), any::<bool>(), any::<bool>(), mode()).prop_map(|(folder, messages, folders, mode)| {
            Op::DeleteFolder { folder, messages, folders, mode }
        }),
        1 => id().prop_map(|message| Op::NotifyNewMail { message }),
        2 => (id(), name()).prop_map(|(parent, name)| new_search_folder(parent, name)),
        4 => (id(), id(), name(), any::<(bool, bool, bool)>()).prop_map(|(folder, scope, word, how)| {
            Op::SetSearch(SearchSave {
                recursive: Some(how.0),
                fixed: how.1 && how.2,
                ..search(folder, scope, word)
            })
        }),
        1 => id().prop_map(|folder| Op::SetSearch(SearchSave {
            restriction: None,
            scope: None,
            action: SearchAction::Stop,
            ..search(folder, folder, "")
        })),
        1 => (id(), any::<bool>(), mode())
            .prop_map(|(folder, associated, mode)| Op::EmptyFolder { folder, associated, mode }),
    ]
}

/// Where every item is and what its bag holds (flags and status in it).
type World = BTreeMap<ItemId, (ItemId, Bag, bool)>;

fn world(bench: &Bench, upto: u64) -> World {
    let mut out = World::new();
    let store = bench.store.info().uid;
    for id in (1..=upto).map(ItemId) {
        if let Ok(f) = bench.store.folder(id, &bench.call) {
            out.insert(id, (f.meta.parent, f.props, f.meta.deleted));
        } else if let Ok(m) = bench.store.message(id, &bench.call) {
            let mut bag = m.body.props;
            bag.set(tags::MESSAGE_FLAGS, m.meta.flags.cast_signed());
            bag.set(tags::MSG_STATUS, m.meta.status.cast_signed());
            bag.set(
                tags::MESSAGE_SIZE_EXTENDED,
                i64::try_from(m.meta.size).unwrap(),
            );
            let thread = m.meta.thread.map(|thread| conversation_id(&store, thread));
            thread
                .iter()
                .for_each(|id| bag.set(tags::CONVERSATION_ID, id.as_slice()));
            out.insert(id, (m.meta.parent, bag, m.meta.deleted));
        }
    }
    out
}

/// The world before an entry, from the world after it.
fn undo(world: &mut World, entry: &LogEntry) {
    let former = |bag: &mut Bag| {
        for (id, slot) in entry.inverse.iter().flat_map(|i| &i.props) {
            match slot {
                Some(slot) => bag.insert(*id, Slot::clone(slot)),
                None => bag.remove(id),
            };
        }
    };
    match entry.kind {
        LogKind::Created | LogKind::Copied { .. } => {
            world.remove(&entry.object).unwrap();
        }
        LogKind::Modified => former(&mut world.get_mut(&entry.object).unwrap().1),
        LogKind::NewMail
        | LogKind::Linked
        | LogKind::LinkModified
        | LogKind::Unlinked
        | LogKind::SearchFilled
        | LogKind::SearchComplete => {}
        LogKind::Moved { from } => {
            let item = world.get_mut(&entry.object).unwrap();
            assert_eq!(item.0, entry.parent);
            item.0 = from;
            former(&mut item.1);
        }
        LogKind::SoftDeleted => {
            let item = world.get_mut(&entry.object).unwrap();
            item.2 = false;
            let mut bag = Bag::new();
            former(&mut bag);
            assert_eq!(bag, item.1);
        }
        LogKind::Recovered => {
            let item = world.get_mut(&entry.object).unwrap();
            item.2 = true;
            former(&mut item.1);
        }
        LogKind::Deleted | LogKind::Purged => {
            let mut bag = Bag::new();
            former(&mut bag);
            let deleted = entry.kind == LogKind::Purged;
            world.insert(entry.object, (entry.parent, bag, deleted));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]
    #[test]
    fn the_log_undoes_everything(ops in proptest::collection::vec((arb_op(), any::<bool>()), 1..40)) {
        let bench = Bench::new();
        for (op, atomic) in ops {
            let before = world(&bench, 400);
            let since = bench.last();
            let mode = if atomic { CommitMode::Atomic } else { CommitMode::EachItem };
            let result = bench.store.commit(ChangeSet { mode, ..ChangeSet::one(op) }, &bench.call);
            let mut now = world(&bench, 400);
            let entries = bench.entries(since);
            if let Err(e) = &result {
                assert!(atomic, "{e}");
                assert_eq!(entries, []);
            }
            for entry in entries.iter().rev() {
                undo(&mut now, entry);
            }
            assert_eq!(now, before);
            bench.sound();
            for id in (1..24).map(ItemId) {
                if atomic && bench.store.search(id, &bench.call).is_ok_and(|s| s.is_some()) {
                    bench.store.run_search(id, &bench.call).unwrap();
                    bench.sound();
                }
            }
        }
    }
}
