//! Conversations: random messages that name few others, so that many are tied together and some late.

use std::ops::ControlFlow;

use mapi_kit::computed::{conversation_id, thread_of};
use mapi_props::{
    FileTime, Guid, LargePlace, LargeRef, PropType, RelOp, Restriction, Slot, SortColumn,
    SortOrderSet, tags,
};
use mapi_spi::{
    Anchor, Inverse, ItemId, ItemKind, NewValue, PropPatch, RowSet, Store, ThreadId, View,
};
use testkit::Chance;

use super::Pair;
use crate::ground::call;

/// Ids that messages have and name.
const IDS: usize = 40;

#[test]
fn random_messages_make_the_same_conversations() {
    let home = tempfile::tempdir().unwrap();
    let mut pair = Pair::new(&home.path().join("threads.malle"), 20_261_122);
    for step in 0..300 {
        pair.step();
        if step % 5 == 0 {
            pair.compare_threads();
        }
        if step % 60 == 59 {
            pair.compare_everything();
        }
    }
    let joined = pair.threads.borrow().0.len();
    assert!(joined > 20, "{joined} conversations were ever there");
}

/// Adds what ties a message to others.
pub(super) fn said(chance: &mut Chance, values: &mut Vec<NewValue>, patch: &mut PropPatch) {
    let id = |chance: &mut Chance| format!("<{}@x>", chance.in_range(0..IDS));
    if chance.percent(40) {
        let own = Slot::Value(id(chance).into());
        patch.set.push((tags::INTERNET_MESSAGE_ID.id(), own));
    }
    if chance.percent(25) {
        let some: Vec<_> = (0..chance.in_range(1..4)).map(|_| id(chance)).collect();
        let references = Slot::Value(some.join(" ").into());
        patch.set.push((tags::INTERNET_REFERENCES.id(), references));
    }
    if chance.percent(5) {
        let parent = Slot::Value(id(chance).into());
        patch.set.push((tags::IN_REPLY_TO_ID.id(), parent));
    }
    if chance.percent(5) {
        let text = format!("{} {}", "<nobody@x>".repeat(100), id(chance));
        values.push(NewValue::Bytes(text.into_bytes()));
        let place = LargePlace::Pending(u32::try_from(values.len() - 1).unwrap());
        let large = LargeRef {
            ty: PropType::UNICODE,
            size: 0,
            place,
        };
        let references = Slot::Large(large);
        patch.set.push((tags::INTERNET_REFERENCES.id(), references));
    }
    if chance.percent(10) {
        let guid = Guid([u8::try_from(chance.in_range(0..9)).unwrap(); 16]);
        let mut index = mapi_kit::conversation::ConversationIndex::start(FileTime(1 << 60), guid);
        if chance.percent(50) {
            index = index.reply(FileTime((1 << 60) + (1 << 40)), 1);
        }
        let bytes = Slot::Value(index.as_bytes().into());
        patch.set.push((tags::CONVERSATION_INDEX.id(), bytes));
    }
    if chance.percent(25) {
        let subject = *chance.pick(&["Plan", "AW: Plan", "Re: Re: Plan", "TR : Bilan", "Bilan"]);
        let subject = Slot::Value(subject.into());
        patch.set.push((tags::SUBJECT.id(), subject));
    }
}

impl Pair {
    /// Two conversations are the same one, now and always.
    pub(super) fn same_thread(&self, model: Option<ThreadId>, real: Option<ThreadId>) {
        assert_eq!(model.is_some(), real.is_some());
        let (Some(model), Some(real)) = (model, real) else {
            return;
        };
        let mut known = self.threads.borrow_mut();
        assert_eq!(*known.0.entry(model).or_insert(real), real, "{model:?}");
        assert_eq!(*known.1.entry(real).or_insert(model), model, "{real:?}");
    }

    /// Gives a former conversation the number that it has in the model.
    pub(super) fn translate_former(&self, model: Option<&Inverse>, real: Option<&mut Inverse>) {
        let id = tags::CONVERSATION_ID.id();
        let uid = self.model.info().uid;
        let (Some(model), Some(real)) = (model, real) else {
            return;
        };
        let thread = |inverse: &Inverse| {
            let (_, slot) = inverse.props.iter().find(|(prop, _)| *prop == id)?;
            match slot {
                Some(Slot::Value(mapi_props::PropValue::Binary(bytes))) => thread_of(&uid, bytes),
                _ => None,
            }
        };
        self.same_thread(thread(model), thread(real));
        let of_model = model.props.iter().find(|(prop, _)| *prop == id);
        let of_real = real.props.iter_mut().find(|(prop, _)| *prop == id);
        if let (Some(of_model), Some(of_real)) = (of_model, of_real) {
            *of_real = of_model.clone();
        }
    }

    /// A conversation has the same messages in both stores, and views that keep to it show those that are theirs.
    pub(super) fn compare_threads(&mut self) {
        for _ in 0..4 {
            let message = self.a_message();
            let Ok(data) = self.model.message(message, &call()) else {
                continue;
            };
            let real = self.real_id(message);
            let of_real = self.real.thread_of(real, &call()).unwrap();
            self.same_thread(data.meta.thread, of_real);
            let (Some(model), Some(real)) = (data.meta.thread, of_real) else {
                assert_eq!(data.meta.kind, ItemKind::Message { associated: true });
                continue;
            };
            let members = |store: &dyn Store, thread| {
                let mut found = Vec::new();
                let each = &mut |row: mapi_spi::ScanRow<'_>| {
                    assert_eq!(row.meta.thread, Some(thread));
                    found.push(row.meta.id);
                    ControlFlow::Continue(())
                };
                store.thread(thread, &call(), each).unwrap();
                found
            };
            let (a, mut b) = (members(&self.model, model), members(&self.real, real));
            assert!(a.contains(&message));
            b.iter_mut().for_each(|id| *id = self.model_id(*id));
            b.sort();
            assert_eq!(a, b);
            self.compare_views_of(model, real);
        }
    }

    fn compare_views_of(&mut self, model: ThreadId, real: ThreadId) {
        let uid = self.model.info().uid;
        let container = self.a_container();
        let rows = *self.chance.pick(&[
            RowSet::Deep,
            RowSet::Contents {
                associated: false,
                deleted: false,
            },
            RowSet::Contents {
                associated: false,
                deleted: true,
            },
        ]);
        let sort = match self.chance.percent(50) {
            true => SortOrderSet::by([SortColumn::ascending(tags::CONVERSATION_ID)]),
            false => SortOrderSet::default(),
        };
        let shown = |store: &dyn Store, container: ItemId, thread| {
            let id = conversation_id(&uid, thread);
            let kept = Restriction::property(tags::CONVERSATION_ID, RelOp::Eq, id.as_slice());
            let view = View {
                container,
                rows,
                columns: vec![tags::CONVERSATION_ID.raw()],
                restriction: Some(kept),
                sort: sort.clone(),
            };
            let page = store.view(&view, &Anchor::Start, 1000, &call());
            let page = page.map_err(|e| e.code())?;
            let n = u64::try_from(page.rows.len()).unwrap();
            assert_eq!(store.count(&view, &call()).unwrap(), n);
            assert!(
                page.rows
                    .iter()
                    .all(|row| row.cells[0] == id.as_slice().into())
            );
            Ok::<_, mapi_props::Code>(page.rows.iter().map(|row| row.key.item).collect::<Vec<_>>())
        };
        let a = shown(&self.model, container, model);
        let b = shown(&self.real, self.real_id(container), real);
        let b = b.map(|ids| ids.iter().map(|id| self.model_id(*id)).collect::<Vec<_>>());
        assert_eq!(a, b);
    }
}
