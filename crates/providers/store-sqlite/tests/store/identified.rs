//! Messages by their PR_INTERNET_MESSAGE_ID: in both stores the same, by a pass, along the index, and while it is kept.

use std::ops::ControlFlow;
use std::sync::Arc;

use mapi_props::{FileTime, LargePlace, LargeRef, PropType, Slot, tags};
use mapi_spi::{
    ChangeSet, DeleteMode, ItemId, Items, MessageTarget, NewValue, Op, OpOutcome, PropPatch,
    RowSet, ScanBody, ScanRow, Store,
};
use store_memory::{MemoryStore, Options};
use testkit::Chance;

use crate::ground::{Ticking, call, new_folder, new_message, open, problems, saved, subject};

const IDS: [&str; 4] = ["<a@x>", "<b@x>", "<A@x>", "a@x"];

/// Both stores, with the folders and messages of each.
struct Both {
    stores: [Arc<dyn Store>; 2],
    folders: Vec<[ItemId; 2]>,
    messages: Vec<[ItemId; 2]>,
    chance: Chance,
}

impl Both {
    /// The same in both.
    fn each<T: Copy>(&self, make: impl Fn(&dyn Store, usize) -> T) -> [T; 2] {
        [0, 1].map(|at| make(self.stores[at].as_ref(), at))
    }

    fn folder(&mut self, parent: usize, name: &str) {
        let parent = self.folders[parent];
        let made = self.each(|store, at| saved(store, new_folder(parent[at], name)));
        self.folders.push(made);
    }

    /// A message with an id or none, a time or none; sometimes with a text that is kept as a large value, or in the associated table.
    fn message(&mut self) {
        let chance = &mut self.chance;
        let mut patch = subject(&format!("{}", self.messages.len()));
        if chance.percent(90) {
            patch = patch.with(tags::INTERNET_MESSAGE_ID, *chance.pick(&IDS));
        }
        if chance.percent(60) {
            let time = u64::try_from(chance.in_range(1..9)).unwrap();
            patch = patch.with(tags::MESSAGE_DELIVERY_TIME, FileTime(time));
        }
        let mut values = Vec::new();
        if chance.percent(5) {
            values.push(NewValue::Bytes(IDS[0].as_bytes().to_vec()));
            let large = LargeRef {
                ty: PropType::UNICODE,
                size: 0,
                place: LargePlace::Pending(0),
            };
            let id = tags::INTERNET_MESSAGE_ID.id();
            patch.set.retain(|(known, _)| *known != id);
            patch.set.push((id, Slot::Large(large)));
        }
        let associated = chance.percent(5);
        let folder = *chance.pick(&self.folders);
        let made = self.each(|store, at| {
            let mut save = new_message(folder[at], patch.clone());
            if let MessageTarget::New { associated: is, .. } = &mut save.target {
                *is = associated;
            }
            let set = ChangeSet {
                values: values.clone(),
                ..ChangeSet::one(Op::SaveMessage(Box::new(save)))
            };
            match &store.commit(set, &call()).unwrap().ops[0] {
                OpOutcome::Saved(saved) => saved.id,
                other => panic!("{other:?}"),
            }
        });
        self.messages.push(made);
    }

    /// Changes, moves or deletes one, or brings it back.
    fn change(&mut self) {
        let (message, folder) = (
            *self.chance.pick(&self.messages),
            *self.chance.pick(&self.folders),
        );
        let id = *self.chance.pick(&IDS);
        let what = self.chance.in_range(0..4);
        self.each(|store, at| {
            let items = Items::Ids(vec![message[at]]);
            let op = match what {
                0 => Op::Move {
                    items,
                    to: folder[at],
                },
                1 => Op::Delete {
                    items,
                    mode: DeleteMode::Soft,
                },
                2 => Op::Recover { items },
                _ => {
                    let patch = PropPatch::default().with(tags::INTERNET_MESSAGE_ID, id);
                    let mut save = new_message(folder[at], patch);
                    save.target = MessageTarget::Existing(message[at]);
                    Op::SaveMessage(Box::new(save))
                }
            };
            // Of a message that is not where the operation wants it, nothing becomes.
            store.commit(ChangeSet::one(op), &call()).is_ok()
        });
    }

    /// What is found of each id, which is what one sees.
    fn compare(&mut self) -> usize {
        let mut found = 0;
        for id in IDS {
            for limit in [1, 2, 3, 100] {
                let names = self.stores.each_ref().map(|store| {
                    let metas = store.with_message_id(id, limit, &call()).unwrap();
                    let known = |id: ItemId| store.message(id, &call()).unwrap().meta;
                    assert!(metas.iter().all(|meta| *meta == known(meta.id)));
                    let names = metas.iter().map(|meta| name(store.as_ref(), meta.id));
                    names.collect::<Vec<_>>()
                });
                assert_eq!(names[0], names[1], "{id}, {limit}");
                assert_eq!(
                    names[0],
                    seen(self.stores[0].as_ref(), id, limit),
                    "{id}, {limit}"
                );
                found += names[0].len();
            }
        }
        found
    }
}

fn name(store: &dyn Store, message: ItemId) -> String {
    let props = store.message(message, &call()).unwrap().body.props;
    props.text(tags::SUBJECT).unwrap().to_owned()
}

/// The messages with an id, of each folder so many, as a pass over all of them has them.
fn seen(store: &dyn Store, id: &str, limit: usize) -> Vec<String> {
    let mut all = Vec::new();
    let each = &mut |row: ScanRow<'_>| {
        if let ScanBody::Message(body) = row.body
            && body.props.text(tags::INTERNET_MESSAGE_ID) == Some(id)
        {
            all.push((row.meta.parent, row.meta.id));
        }
        ControlFlow::Continue(())
    };
    let root = store.info().root;
    store.scan(root, RowSet::Deep, &call(), each).unwrap();
    all.sort();
    let folders = all.chunk_by(|a, b| a.0 == b.0);
    let seen = folders.flat_map(|some| some.iter().take(limit));
    let mut seen: Vec<ItemId> = seen.map(|(_, id)| *id).collect();
    seen.sort();
    seen.into_iter().map(|id| name(store, id)).collect()
}

#[test]
fn messages_are_found_by_their_ids_in_whatever_folder() {
    let home = tempfile::tempdir().unwrap();
    let real = Arc::new(open(&home.path().join("ids.malle")));
    let model = Arc::new(MemoryStore::new(
        Options::default(),
        Arc::new(Ticking::default()),
    ));
    let roots = [model.info().root, real.info().root];
    real.index_from(u64::MAX);
    let mut both = Both {
        stores: [model, Arc::clone(&real) as _],
        folders: vec![roots],
        messages: Vec::new(),
        chance: Chance::from_environment(20_261_123),
    };
    both.folder(0, "one");
    both.folder(1, "below");
    both.folder(0, "gone");
    (0..60).for_each(|_| both.message());
    for _ in 0..20 {
        both.change();
        assert!(both.compare() > 20);
    }
    let gone = both.folders.pop().unwrap();
    both.each(|store, at| {
        let op = Op::DeleteFolder {
            folder: gone[at],
            messages: true,
            folders: true,
            mode: DeleteMode::Soft,
        };
        store.commit(ChangeSet::one(op), &call()).is_ok()
    });
    both.compare();
    // From now on along the index.
    real.index_from(0);
    for _ in 0..40 {
        both.message();
        both.change();
        assert!(both.compare() > 20);
    }
    assert_eq!(problems(both.stores[1].as_ref()), []);
}
