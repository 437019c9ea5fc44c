//! The outgoing queue: messages that are submitted, held, taken back and sent, in both stores alike.

use mapi_props::{FileTime, message_flags, tags};
use mapi_spi::{
    ChangeSet, Expect, FlagPatch, ItemId, Items, MessageSave, MessageTarget, Op, Origin, PropPatch,
    QUEUE_STATE, QueuePlace, Queued, Store, SyncRow,
};

use super::{Pair, code};
use crate::ground::call;

/// More than will ever wait.
const ALL: usize = 10_000;

#[test]
fn random_submissions_make_the_same_queue() {
    let home = tempfile::tempdir().unwrap();
    let mut pair = Pair::new(&home.path().join("queue.malle"), 20_261_123);
    let mut longest = 0;
    for step in 0..600 {
        if pair.chance.percent(25) {
            pair.step();
        } else {
            pair.queue_step();
        }
        longest = longest.max(pair.compare_queue());
        if step % 100 == 99 {
            pair.compare_everything();
        }
    }
    assert!(longest > 10, "{longest} messages waited at once");
}

impl Pair {
    /// What submitting, AbortSubmit, a lock and sending do to a message.
    fn queue_step(&mut self) {
        let id = match self.chance.percent(60) {
            true => self.a_message(),
            false => self.a_waiting_message(),
        };
        let time = FileTime(*self.chance.pick(&[0, 1, 1, 2, 3, 1 << 40, u64::MAX]));
        let (set, clear) = *self
            .chance
            .pick(&[(4, 0), (4, 0), (4, 0), (4, 0), (0, 4), (0, 0)]);
        let mut patch = PropPatch::default();
        match self.chance.below(3) {
            0 => patch = patch.with(tags::CLIENT_SUBMIT_TIME, time),
            1 if clear != 0 => patch.delete.push(tags::CLIENT_SUBMIT_TIME.id()),
            _ => patch = patch.with(tags::SUBMIT_FLAGS, 1),
        }
        let value = self.chance.percent(50).then(|| vec![7, 8]);
        let row = |id| SyncRow {
            origin: Origin::SPOOLER,
            object: Some(id),
            key: QUEUE_STATE.to_vec(),
            value: value.clone(),
        };
        let mut ops = Vec::new();
        if clear != 0 && self.chance.percent(40) {
            let items = Items::Ids(vec![id]);
            ops.push(Op::Move {
                items,
                to: self.a_folder(),
            });
        }
        let flags = FlagPatch { set, clear };
        let [a, b] = [false, true].map(|real| {
            let store: &dyn Store = if real { &self.real } else { &self.model };
            let id = if real { self.real_id(id) } else { id };
            let change = store.message(id, &call()).map_or(0, |m| m.meta.change);
            let save = MessageSave {
                target: MessageTarget::Existing(id),
                expect: Expect::Exactly(change),
                patch: patch.clone(),
                recipients: None,
                attachments: None,
                flags,
                content_changed: false,
                source: None,
            };
            let rest = ChangeSet {
                ops: ops.clone(),
                ..ChangeSet::default()
            };
            let rest = if real { self.translate(&rest) } else { rest };
            let first = Op::SaveMessage(Box::new(save));
            let changes = ChangeSet {
                ops: std::iter::once(first).chain(rest.ops).collect(),
                sync_state: vec![row(id)],
                ..ChangeSet::default()
            };
            store.commit(changes, &call())
        });
        assert_eq!(code(&a), code(&b));
        self.run_searches();
    }

    fn a_waiting_message(&mut self) -> ItemId {
        let waiting = self.model.queue(None, ALL, &call()).unwrap();
        if waiting.is_empty() {
            return self.a_message();
        }
        self.chance.pick(&waiting).place.item
    }

    /// The whole queue, and a page of it from anywhere; how long it is.
    pub(super) fn compare_queue(&mut self) -> usize {
        let model = self.model.queue(None, ALL, &call()).unwrap();
        let real = self.real.queue(None, ALL, &call()).unwrap();
        assert!(model.is_sorted_by_key(|queued| queued.place));
        self.same_queue(&model, &real);
        let waits = |id: &&ItemId| {
            let message = self.model.message(**id, &call());
            message.is_ok_and(|m| mapi_kit::outgoing::is_queued(&m.meta))
        };
        assert_eq!(self.messages.iter().filter(waits).count(), model.len());
        for queued in &model {
            let message = self.model.message(queued.place.item, &call()).unwrap();
            assert_ne!(message.meta.flags & message_flags::SUBMIT, 0);
        }
        let limit = self.chance.in_range(0..4);
        let after = match model.len() {
            0 => QueuePlace {
                submitted: FileTime(2),
                item: ItemId(3),
            },
            _ => self.chance.pick(&model).place,
        };
        let there = QueuePlace {
            item: self.real_id(after.item),
            ..after
        };
        let model_page = self.model.queue(Some(after), limit, &call()).unwrap();
        let real_page = self.real.queue(Some(there), limit, &call()).unwrap();
        self.same_queue(&model_page, &real_page);
        model.len()
    }

    fn same_queue(&self, model: &[Queued], real: &[Queued]) {
        // Change numbers are given to failed operations too in one of the stores.
        let translated = real.iter().zip(model).map(|(real, model)| Queued {
            place: QueuePlace {
                item: self.model_id(real.place.item),
                ..real.place
            },
            folder: self.model_id(real.folder),
            change: model.change,
            ..real.clone()
        });
        assert_eq!(model.len(), real.len());
        assert_eq!(translated.collect::<Vec<_>>(), model);
        for (model, real) in model.iter().zip(real) {
            let change =
                |s: &dyn Store, q: &Queued| s.message(q.place.item, &call()).unwrap().meta.change;
            assert_eq!(change(&self.model, model), model.change);
            assert_eq!(change(&self.real, real), real.change);
        }
    }
}
