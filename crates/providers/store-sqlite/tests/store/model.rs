//! Random operations on this store and on the reference store: every answer must be the same.
//!
//! `MALLE_MODEL_STEPS` sets the number of steps (400 by default), `MALLE_SEED` the seed.

mod keys;
mod queue;
mod searches;
mod threads;
mod words;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;

use mapi_props::{
    BitOp, FileTime, FuzzyLevel, LargePlace, LargeRef, MatchKind, PropName, PropTag, PropType,
    PropValue, RelOp, Restriction, Slot, SortColumn, SortOrderSet, StoredAttachment, StoredMessage,
    SubObject, guids, tags,
};
use mapi_spi::{
    Anchor, ChangeSet, CommitMode, CommitOutcome, DeleteMode, Depth, Direction, Durability, Expect,
    FlagPatch, FolderKind, FolderSave, FolderTarget, ItemId, ItemKind, Items, MessageSave,
    MessageTarget, NameCreation, NewValue, Op, OpOutcome, Origin, PropPatch, Result, RowSet,
    ScanBody, Store, SyncRow, ThreadId, View,
};
use store_memory::{MemoryStore, Options};
use store_sqlite::SqliteStore;
use testkit::Chance;

use crate::ground::{Ticking, call, open_with, problems};
use crate::restrictions::served;

/// The two stores, and which number in one is which in the other.
struct Pair {
    model: MemoryStore,
    real: SqliteStore,
    /// (model, real), in order of creation.
    ids: Vec<(ItemId, ItemId)>,
    folders: Vec<ItemId>,
    messages: Vec<ItemId>,
    chance: Chance,
    /// The log is learnt up to here.
    seen: u64,
    /// Which conversation in one is which in the other, and the other way round.
    threads: RefCell<(BTreeMap<ThreadId, ThreadId>, BTreeMap<ThreadId, ThreadId>)>,
}

#[test]
fn random_operations_equal_the_reference_store() {
    let steps = std::env::var("MALLE_MODEL_STEPS")
        .ok()
        .map_or(400_usize, |s| s.parse().unwrap());
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("model.malle");
    let mut pair = Pair::new(&path, 20_260_801);
    for step in 0..steps {
        pair.step();
        if step % 7 == 0 {
            // Passes instead of walks sometimes early, sometimes late or never.
            let rows = *pair.chance.pick(&[0, 0, 1, 2, 4, 1000]);
            pair.real.index_from(rows);
            pair.compare_views();
            pair.compare_threads();
        }
        if step % 97 == 0 {
            pair.compare_everything();
        }
        if step % 211 == 210 {
            pair.real.maintain().unwrap().compact(&call()).unwrap();
            let support = Arc::new(Ticking::default());
            pair.real = open_with(&path, support as _);
            pair.real.index_from(0);
        }
    }
    pair.compare_everything();
    assert!(
        pair.messages.len() > steps / 4,
        "{} messages were ever there",
        pair.messages.len()
    );
}

impl Pair {
    fn new(path: &Path, seed: u64) -> Self {
        let real = open_with(path, Arc::new(Ticking::default()));
        let model = MemoryStore::new(Options::default(), Arc::new(Ticking::default()));
        assert_eq!(model.info().uid, real.info().uid, "the same randomness");
        real.index_from(0);
        let root = model.info().root;
        Self {
            model,
            real,
            ids: vec![(ItemId(0), ItemId(0)), (root, root)],
            folders: vec![root],
            messages: Vec::new(),
            chance: Chance::from_environment(seed),
            seen: 0,
            threads: RefCell::default(),
        }
    }

    fn real_id(&self, id: ItemId) -> ItemId {
        self.ids
            .iter()
            .find(|(m, _)| *m == id)
            .map_or(ItemId(id.0 + 1_000_000), |(_, r)| *r)
    }

    fn model_id(&self, id: ItemId) -> ItemId {
        self.ids
            .iter()
            .find(|(_, r)| *r == id)
            .map_or(ItemId(id.0 + 2_000_000), |(m, _)| *m)
    }

    /// Mostly one that is there.
    /// Rather a soft-deleted one.
    fn a_deleted_folder(&mut self) -> ItemId {
        let deleted = |id: &ItemId| {
            let folder = self.model.folder(*id, &call());
            folder.is_ok_and(|f| f.meta.deleted)
        };
        let deleted: Vec<ItemId> = self.folders.iter().copied().filter(deleted).collect();
        if deleted.is_empty() {
            return self.a_folder();
        }
        *self.chance.pick(&deleted)
    }

    fn a_folder(&mut self) -> ItemId {
        let mut folder = *self.chance.pick(&self.folders);
        for _ in 0..6 {
            // Search folders take nothing: most operations would be refused.
            let living = self.model.folder(folder, &call()).is_ok_and(|f| {
                !f.meta.deleted && f.meta.kind != ItemKind::Folder(FolderKind::Search)
            });
            if living || self.chance.percent(5) {
                break;
            }
            folder = *self.chance.pick(&self.folders);
        }
        folder
    }

    /// Rarely the root, whose emptying ends everything.
    fn an_expendable_folder(&mut self) -> ItemId {
        let folder = self.a_container();
        if folder == self.folders[0] && self.chance.percent(95) {
            self.a_folder()
        } else {
            folder
        }
    }

    fn a_message(&mut self) -> ItemId {
        if self.messages.is_empty() || self.chance.percent(2) {
            return ItemId(987_654);
        }
        // Rather the recent ones.
        let n = self.messages.len();
        let from = if self.chance.percent(70) {
            n.saturating_sub(30)
        } else {
            0
        };
        let pick = self.messages[self.chance.in_range(from..n)];
        let there = self.model.message(pick, &call()).is_ok();
        if there || self.chance.percent(10) {
            pick
        } else {
            self.messages[self.chance.in_range(from..n)]
        }
    }

    fn step(&mut self) {
        let how_many = if self.chance.percent(30) {
            self.chance.in_range(1..8)
        } else {
            1
        };
        let mut values = Vec::new();
        let ops: Vec<Op> = (0..how_many).map(|_| self.op(&mut values)).collect();
        let mode = if self.chance.percent(50) {
            CommitMode::Atomic
        } else {
            CommitMode::EachItem
        };
        let object = self.chance.percent(50).then(|| self.a_message());
        let value = self.chance.percent(70).then(|| vec![1, 2]);
        let sync_state = if self.chance.percent(10) {
            vec![SyncRow {
                origin: Origin(3),
                object,
                key: vec![u8::try_from(self.chance.below(4)).unwrap()],
                value,
            }]
        } else {
            Vec::new()
        };
        let origin = Origin(u32::try_from(self.chance.below(3)).unwrap());
        let changes = ChangeSet {
            ops,
            mode,
            origin,
            values,
            sync_state,
            durability: Durability::Batch,
            turn: None,
        };
        let translated = self.translate(&changes);
        let shown = format!("{changes:?}");
        let a = self.model.commit(changes, &call());
        let b = self.real.commit(translated, &call());
        self.compare_commits(a, b, &shown);
        self.run_searches();
    }

    fn op(&mut self, values: &mut Vec<NewValue>) -> Op {
        if self.chance.percent(6) {
            return self.search_op();
        }
        match self.chance.below(100) {
            0..30 => self.new_message(values),
            30..45 => self.change_message(values),
            45..50 => self.save_folder(),
            50..57 => self.flags_op(),
            57..60 => Op::SetStatus {
                items: self.items(),
                value: self.flag_bits(),
                mask: 0xFF,
            },
            60..68 => Op::Move {
                items: self.items(),
                to: self.a_folder(),
            },
            68..74 => Op::Copy {
                items: self.items(),
                to: self.a_folder(),
            },
            74..81 => Op::Delete {
                items: self.items(),
                mode: self.mode(),
            },
            81..83 => Op::Recover {
                items: self.deleted_items(),
            },
            83..85 => Op::RecoverFolder {
                folder: self.a_deleted_folder(),
                name: self.maybe_name(),
            },
            85..87 => Op::MoveFolder {
                folder: self.a_folder(),
                to: self.a_folder(),
                name: self.maybe_name(),
            },
            87..89 => Op::CopyFolder {
                folder: self.a_folder(),
                to: self.a_folder(),
                name: self.maybe_name(),
                subfolders: self.chance.percent(50),
            },
            89..91 => Op::DeleteFolder {
                folder: self.an_expendable_folder(),
                messages: self.chance.percent(70),
                folders: self.chance.percent(60),
                mode: self.mode(),
            },
            91..93 => Op::EmptyFolder {
                folder: self.an_expendable_folder(),
                associated: self.chance.percent(50),
                mode: self.mode(),
            },
            93 if self.chance.percent(50) => Op::SettleReport {
                message: self.a_message(),
                pending: *self.chance.pick(&[0x100, 0x200]),
                flags: FlagPatch {
                    set: self.flag_bits(),
                    clear: 0x300,
                },
            },
            93 => Op::NotifyNewMail {
                message: self.a_message(),
            },
            94 => Op::PatchStore(
                PropPatch::default().with(tags::COMMENT, self.chance.word(4).as_str()),
            ),
            95 if self.chance.percent(50) => match self.new_message(values) {
                Op::SaveMessage(save) => Op::Deliver(save),
                other => other,
            },
            _ => self.new_message(values),
        }
    }

    fn flags_op(&mut self) -> Op {
        let flags = FlagPatch {
            set: self.flag_bits(),
            clear: self.flag_bits(),
        };
        Op::SetFlags {
            items: self.items(),
            flags,
        }
    }

    fn mode(&mut self) -> DeleteMode {
        if self.chance.percent(60) {
            DeleteMode::Soft
        } else {
            DeleteMode::Hard
        }
    }

    fn maybe_name(&mut self) -> Option<String> {
        self.chance.percent(50).then(|| self.folder_name())
    }

    fn folder_name(&mut self) -> String {
        let names = [
            "Inbox", "inbox", "Straße", "STRASSE", "Ärger", "ärger", "x", "y", "z", "Sent", "",
        ];
        (*self.chance.pick(&names)).to_owned()
    }

    fn flag_bits(&mut self) -> u32 {
        *self
            .chance
            .pick(&[0, 1, 1, 1, 2, 4, 8, 0x10, 0x40, 0x100, 0x300])
    }

    fn items(&mut self) -> Items {
        if self.chance.percent(70) {
            let n = self.chance.in_range(1..6);
            let ids = (0..n).map(|_| self.a_message()).collect();
            if self.chance.percent(25) {
                let folder = self.a_folder();
                return Items::Of { folder, ids };
            }
            return Items::Ids(ids);
        }
        Items::In {
            folder: self.a_folder(),
            restriction: self.chance.percent(60).then(|| self.restriction(2)),
            associated: self.chance.percent(20),
            deleted: self.chance.percent(20),
        }
    }

    fn deleted_items(&mut self) -> Items {
        if self.chance.percent(30) {
            return self.items();
        }
        let folder = self.a_folder();
        Items::In {
            folder,
            restriction: None,
            associated: self.chance.percent(30),
            deleted: true,
        }
    }

    fn text(&mut self) -> String {
        let words = [
            "",
            "a",
            "A",
            "ä",
            "b",
            "Re: a",
            "zz",
            "\u{1}",
            "e\u{301}",
            "é",
            "会議",
            "10",
            "9",
            "a b",
            "b a会議室",
            "zz-a",
            "ab 会 議",
        ];
        if self.chance.percent(25) {
            // Longer than an index key, equal at first.
            let tail: String = (0..self.chance.in_range(0..4))
                .map(|_| *self.chance.pick(&['a', 'b', 'C']))
                .collect();
            let prefix = "the quarterly report of the department that nobody reads to its end ";
            return prefix.repeat(self.chance.in_range(3..6)) + &tail;
        }
        (*self.chance.pick(&words)).to_owned()
    }

    fn patch(&mut self, values: &mut Vec<NewValue>) -> PropPatch {
        let mut patch = PropPatch::default();
        let text_tags = [
            tags::SUBJECT.id(),
            tags::NORMALIZED_SUBJECT.id(),
            tags::SENDER_NAME.id(),
            tags::SENDER_NAME.id(),
            tags::SENDER_EMAIL_ADDRESS.id(),
            tags::CONVERSATION_TOPIC.id(),
            tags::BODY.id(),
            0x8001,
        ];
        for _ in 0..self.chance.in_range(0..4) {
            let id = *self.chance.pick(&text_tags);
            let value: PropValue = match self.chance.below(12) {
                0 => PropValue::Long(7),
                1 => PropValue::String8(mapi_props::AnsiString {
                    code_page: 1252,
                    bytes: b"\xE9t\xE9".to_vec(),
                }),
                _ => self.text().into(),
            };
            patch.set.push((id, Slot::Value(value)));
        }
        patch = self.bodies(patch);
        if self.chance.percent(60) {
            let time = FileTime::from_unix(
                1_700_000_000 + i64::try_from(self.chance.below(6)).unwrap() * 3600,
            );
            patch = patch.with(tags::MESSAGE_DELIVERY_TIME, time);
        }
        if self.chance.percent(30) {
            patch = patch.with(
                tags::IMPORTANCE,
                i32::try_from(self.chance.below(3)).unwrap(),
            );
        }
        if self.chance.percent(20) {
            let class = *self.chance.pick(&["IPM.Note", "ipm.note", "IPM.Post"]);
            patch = patch.with(tags::MESSAGE_CLASS, class);
        }
        if self.chance.percent(10) {
            let id =
                *self
                    .chance
                    .pick(&[tags::SUBJECT.id(), tags::MESSAGE_DELIVERY_TIME.id(), 0x8001]);
            patch.delete.push(id);
        }
        if self.chance.percent(10) {
            let many = (0..self.chance.in_range(1..4))
                .map(|_| self.text())
                .collect::<Vec<_>>();
            patch = patch.with(PropTag::new(0x8002, PropType::MV_UNICODE), many);
        }
        if self.chance.percent(8) {
            let slot = self.large(values, PropType::UNICODE);
            let texts = [tags::BODY.id(), tags::SUBJECT.id(), tags::SENDER_NAME.id()];
            patch.set.push((*self.chance.pick(&texts), slot));
        }
        threads::said(&mut self.chance, values, &mut patch);
        if self.chance.percent(3) {
            // Refused: computed, or no value at all.
            let bad = if self.chance.percent(50) {
                (0x0FFF, PropValue::Long(1))
            } else {
                (0x8003, PropValue::Null)
            };
            patch.set.push((bad.0, Slot::Value(bad.1)));
        }
        patch
    }

    fn bodies(&mut self, mut patch: PropPatch) -> PropPatch {
        if self.chance.percent(15) {
            let html = format!("<p>{}</p><b>a</b> b", self.text());
            patch = patch.with(tags::HTML, html.into_bytes());
        }
        if self.chance.percent(15) {
            let rtf = format!("{{\\rtf1 {}\\par {{\\b a}} b}}", self.text());
            let packed = mapi_rtf::compressed::compress(rtf.as_bytes());
            patch = patch.with(tags::RTF_COMPRESSED, packed);
            patch = patch.with(tags::RTF_IN_SYNC, self.chance.percent(50));
            if self.chance.percent(50) {
                let native = i32::try_from(self.chance.below(4)).unwrap();
                patch = patch.with(tags::NATIVE_BODY_INFO, native);
            }
        }
        patch
    }

    fn large(&mut self, values: &mut Vec<NewValue>, ty: PropType) -> Slot {
        let place = if self.chance.percent(10) {
            LargePlace::Remote
        } else if self.chance.percent(5) {
            LargePlace::Pending(99)
        } else {
            let text = if ty == PropType::UNICODE && self.chance.percent(40) {
                // A value that is kept elsewhere need not be large.
                self.text()
            } else {
                "large text ".repeat(1000 * self.chance.in_range(1..4))
            };
            values.push(NewValue::Bytes(text.into_bytes()));
            LargePlace::Pending(u32::try_from(values.len() - 1).unwrap())
        };
        Slot::Large(LargeRef { ty, size: 5, place })
    }

    fn recipients(&mut self) -> Vec<mapi_props::Bag> {
        (0..self.chance.in_range(0..3))
            .map(|_| {
                let mut bag = mapi_props::Bag::new();
                bag.set(tags::DISPLAY_NAME, self.text());
                if self.chance.percent(70) {
                    let ty = i32::try_from(self.chance.below(5)).unwrap();
                    bag.set(tags::RECIPIENT_TYPE, ty);
                }
                if self.chance.percent(30) {
                    bag.set(tags::SMTP_ADDRESS, self.text());
                }
                bag
            })
            .collect()
    }

    fn attachments(&mut self, values: &mut Vec<NewValue>) -> Vec<StoredAttachment> {
        (0..self.chance.in_range(0..3))
            .map(|_| {
                let mut attachment = StoredAttachment::default();
                if self.chance.percent(50) {
                    attachment
                        .props
                        .set(tags::ATTACH_LONG_FILENAME, self.text());
                }
                let slot = self.large(values, PropType::BINARY);
                attachment.props.insert(tags::ATTACH_DATA_BIN.id(), slot);
                if self.chance.percent(30) {
                    let mut embedded = StoredMessage::default();
                    embedded.props.set(tags::SUBJECT, self.text());
                    embedded.recipients = self.recipients();
                    attachment.embedded = Some(Box::new(embedded));
                }
                attachment
            })
            .collect()
    }

    fn new_message(&mut self, values: &mut Vec<NewValue>) -> Op {
        let folder = self.a_folder();
        let associated = self.chance.percent(15);
        self.message_op(
            MessageTarget::New { folder, associated },
            Expect::Any,
            values,
        )
    }

    fn change_message(&mut self, values: &mut Vec<NewValue>) -> Op {
        let id = self.a_message();
        let expect = if self.chance.percent(20) {
            Expect::Exactly(1)
        } else {
            Expect::Any
        };
        self.message_op(MessageTarget::Existing(id), expect, values)
    }

    fn message_op(
        &mut self,
        target: MessageTarget,
        expect: Expect,
        values: &mut Vec<NewValue>,
    ) -> Op {
        let source = self
            .chance
            .percent(20)
            .then(|| [u8::try_from(self.chance.below(5)).unwrap(); 32]);
        let set = self.flag_bits();
        Op::SaveMessage(Box::new(MessageSave {
            target,
            expect,
            patch: self.patch(values),
            recipients: self.chance.percent(40).then(|| self.recipients()),
            attachments: self.chance.percent(20).then(|| self.attachments(values)),
            // Submitted messages resist deletion: keep them few.
            flags: FlagPatch {
                set: if self.chance.percent(90) {
                    set & !4
                } else {
                    set
                },
                clear: 0,
            },
            content_changed: self.chance.percent(50),
            source,
        }))
    }

    fn save_folder(&mut self) -> Op {
        let patch = PropPatch::default().with(tags::DISPLAY_NAME, self.folder_name());
        let target = if self.chance.percent(70) {
            FolderTarget::New {
                parent: self.a_folder(),
                kind: FolderKind::Generic,
            }
        } else {
            FolderTarget::Existing(self.a_folder())
        };
        Op::SaveFolder(FolderSave {
            target,
            patch,
            expect: Expect::Any,
        })
    }

    fn restriction(&mut self, depth: u32) -> Restriction {
        if self.chance.percent(35) {
            let n = if depth == 0 {
                1
            } else {
                self.chance.in_range(1..4)
            };
            let patterns: Vec<String> = (0..n).map(|_| self.text()).collect();
            return words::combined(&mut self.chance, &patterns);
        }
        if self.chance.percent(40) {
            let text = self.text();
            return served(&mut self.chance, &text);
        }
        let text_tag = *self.chance.pick(&[
            tags::SUBJECT.raw(),
            tags::SENDER_NAME.raw(),
            tags::BODY.raw(),
        ]);
        match self.chance.below(if depth == 0 { 6 } else { 10 }) {
            0 => Restriction::Content {
                kind: *self.chance.pick(&[
                    MatchKind::FullString,
                    MatchKind::Substring,
                    MatchKind::Prefix,
                ]),
                fuzzy: FuzzyLevel {
                    ignore_case: self.chance.percent(50),
                    ..FuzzyLevel::default()
                },
                tag: text_tag,
                value_tag: text_tag,
                value: self.text().into(),
            },
            1 => {
                let op = *self.chance.pick(&[
                    RelOp::Lt,
                    RelOp::Le,
                    RelOp::Gt,
                    RelOp::Ge,
                    RelOp::Eq,
                    RelOp::Ne,
                ]);
                Restriction::property(text_tag, op, self.text())
            }
            2 => {
                let op = *self.chance.pick(&[RelOp::Lt, RelOp::Ge]);
                let time = FileTime::from_unix(
                    1_700_000_000 + i64::try_from(self.chance.below(6)).unwrap() * 3600,
                );
                Restriction::property(tags::MESSAGE_DELIVERY_TIME, op, time)
            }
            3 => Restriction::Bitmask {
                op: *self.chance.pick(&[BitOp::Zero, BitOp::NonZero]),
                tag: tags::MESSAGE_FLAGS.raw(),
                mask: 1,
            },
            4 => Restriction::exist(text_tag),
            5 => Restriction::property(
                tags::MESSAGE_SIZE,
                *self.chance.pick(&[RelOp::Lt, RelOp::Gt]),
                200,
            ),
            6 => Restriction::And(vec![
                self.restriction(depth - 1),
                self.restriction(depth - 1),
            ]),
            7 => Restriction::Or(vec![
                self.restriction(depth - 1),
                self.restriction(depth - 1),
            ]),
            8 => self.restriction(depth - 1).negate(),
            _ => Restriction::Sub {
                object: SubObject::Recipients,
                child: Box::new(Restriction::content(
                    tags::DISPLAY_NAME,
                    MatchKind::Substring,
                    self.text(),
                )),
            },
        }
    }

    fn view(&mut self) -> View {
        let sorts = [
            tags::MESSAGE_DELIVERY_TIME.raw(),
            tags::MESSAGE_DELIVERY_TIME.raw(),
            tags::MESSAGE_DELIVERY_TIME.raw(),
            tags::SUBJECT.raw(),
            tags::SUBJECT.raw(),
            tags::SENDER_NAME.raw(),
            tags::MESSAGE_SIZE.raw(),
            tags::IMPORTANCE.raw(),
            tags::MESSAGE_CLASS.raw(),
            tags::BODY.raw(),
        ];
        let hierarchy = self.chance.percent(15);
        let keys = if hierarchy {
            0
        } else {
            self.chance.in_range(0..3)
        };
        let sort = (0..keys).map(|_| {
            let tag = *self.chance.pick(&sorts);
            if self.chance.percent(50) {
                SortColumn::ascending(tag)
            } else {
                SortColumn::descending(tag)
            }
        });
        let sort = SortOrderSet::by(sort.collect::<Vec<_>>());
        let restriction = if hierarchy || self.chance.percent(60) {
            None
        } else {
            Some(self.restriction(2))
        };
        let restriction = match restriction {
            Some(r) if self.chance.percent(10) => Some(Restriction::Count {
                count: u32::try_from(self.chance.below(5)).unwrap(),
                child: Box::new(r),
            }),
            other => other,
        };
        let deleted = self.chance.percent(15);
        let rows = if hierarchy {
            let depth = *self.chance.pick(&[Depth::Children, Depth::All]);
            RowSet::Hierarchy { depth, deleted }
        } else if self.chance.percent(35) {
            RowSet::Deep
        } else {
            RowSet::Contents {
                associated: self.chance.percent(15),
                deleted,
            }
        };
        let mut columns = vec![
            tags::SUBJECT.raw(),
            tags::MESSAGE_FLAGS.raw(),
            tags::DISPLAY_NAME.raw(),
            tags::BODY.raw(),
            tags::CONTENT_COUNT.raw(),
            tags::PARENT_DISPLAY.raw(),
        ];
        if self.chance.percent(10) {
            columns.push(PropTag::new(
                0x8002,
                PropType(PropType::MV_UNICODE.0 | PropType::MV_INSTANCE),
            ));
        }
        View {
            container: self.a_container(),
            rows,
            columns,
            restriction,
            sort,
        }
    }

    fn compare_views(&mut self) {
        for _ in 0..4 {
            let view = self.view();
            let real_view = View {
                container: self.real_id(view.container),
                ..view.clone()
            };
            let (a, b) = (
                self.model.count(&view, &call()),
                self.real.count(&real_view, &call()),
            );
            assert_eq!(code(&a), code(&b), "{view:?}");
            let (Ok(a), Ok(b)) = (a, b) else { continue };
            assert_eq!(a, b, "{view:?}");
            self.compare_keys(&view, &real_view);
            let anchors = self.anchors(&view, a);
            for anchor in anchors {
                let count = i64::try_from(self.chance.below(9)).unwrap() - 4;
                self.compare_page(&view, &real_view, &anchor, count);
                self.compare_find(&view, &real_view, &anchor);
            }
        }
    }

    fn anchors(&mut self, view: &View, total: u64) -> Vec<Anchor> {
        let mut anchors = vec![
            Anchor::Start,
            Anchor::End,
            Anchor::Row(self.chance.below(total + 2)),
        ];
        let all = self
            .model
            .view(view, &Anchor::Start, 1000, &call())
            .unwrap()
            .rows;
        if !all.is_empty() {
            let key = self.chance.pick(&all).key.clone();
            let gone = mapi_spi::RowKey {
                item: ItemId(key.item.0 + 1),
                ..key.clone()
            };
            anchors.extend([
                Anchor::At(key.clone()),
                Anchor::After(key),
                Anchor::At(gone),
            ]);
        }
        anchors
    }

    /// The numbers in the two stores ascend alike, so a key that names no row keeps its place.
    fn real_anchor(&self, anchor: &Anchor) -> Option<Anchor> {
        let real_key = |key: &mapi_spi::RowKey| -> Option<mapi_spi::RowKey> {
            let item = self.ids.iter().find(|(m, _)| *m == key.item)?.1;
            Some(mapi_spi::RowKey {
                item,
                ..key.clone()
            })
        };
        Some(match anchor {
            Anchor::At(key) => Anchor::At(real_key(key)?),
            Anchor::After(key) => Anchor::After(real_key(key)?),
            other => other.clone(),
        })
    }

    fn compare_page(&self, view: &View, real_view: &View, anchor: &Anchor, count: i64) {
        let Some(real_anchor) = self.real_anchor(anchor) else {
            return;
        };
        let a = self.model.view(view, anchor, count, &call()).unwrap();
        let mut b = self
            .real
            .view(real_view, &real_anchor, count, &call())
            .unwrap();
        for row in &mut b.rows {
            row.key.item = self.model_id(row.key.item);
        }
        assert_eq!(a, b, "{view:?} from {anchor:?}, {count} rows");
        for row in a.rows.iter().take(2) {
            let real_key = mapi_spi::RowKey {
                item: self.real_id(row.key.item),
                ..row.key.clone()
            };
            let a = self.model.position(view, &row.key, &call()).unwrap();
            let b = self.real.position(real_view, &real_key, &call()).unwrap();
            assert_eq!(a, b, "{view:?} position of {:?}", row.key);
        }
    }

    fn compare_find(&mut self, view: &View, real_view: &View, anchor: &Anchor) {
        if matches!(view.rows, RowSet::Hierarchy { .. }) {
            return;
        }
        let Some(real_anchor) = self.real_anchor(anchor) else {
            return;
        };
        let wanted = self.restriction(1);
        let direction = *self.chance.pick(&[Direction::Forward, Direction::Backward]);
        let a = self
            .model
            .find(view, &wanted, anchor, direction, &call())
            .unwrap();
        let mut b = self
            .real
            .find(real_view, &wanted, &real_anchor, direction, &call())
            .unwrap();
        if let Some(row) = &mut b {
            row.key.item = self.model_id(row.key.item);
        }
        assert_eq!(
            a, b,
            "{view:?} find {wanted:?} {direction:?} from {anchor:?}"
        );
    }

    fn compare_commits(&mut self, a: Result<CommitOutcome>, b: Result<CommitOutcome>, shown: &str) {
        assert_eq!(code(&a), code(&b), "{shown}\n{a:?}\n{b:?}");
        let (Ok(a), Ok(b)) = (a, b) else { return };
        assert_eq!(a.seq, b.seq, "{shown}");
        assert_eq!(a.ops.len(), b.ops.len(), "{shown}");
        for (a, b) in a.ops.iter().zip(&b.ops) {
            match (a, b) {
                (OpOutcome::Saved(a), OpOutcome::Saved(b)) => self.learn(a.id, b.id),
                (OpOutcome::Skipped(a), OpOutcome::Skipped(b)) => assert_eq!(self.real_id(*a), *b),
                (OpOutcome::Done, OpOutcome::Done) => {}
                (OpOutcome::Failed(a), OpOutcome::Failed(b)) => {
                    assert_eq!(a.code(), b.code(), "{shown}\n{a}\n{b}")
                }
                (OpOutcome::Bulk(a), OpOutcome::Bulk(b)) => {
                    assert_eq!(a.done, b.done, "{shown}\n{a:?}\n{b:?}");
                    assert_eq!(a.failed.len(), b.failed.len(), "{shown}");
                    for (a, b) in a.failed.iter().zip(&b.failed) {
                        assert_eq!(
                            (self.real_id(a.id), a.error.code()),
                            (self.known(b.id), b.error.code())
                        );
                    }
                    let statuses: Vec<_> = a
                        .statuses
                        .iter()
                        .map(|(id, s)| (self.real_id(*id), *s))
                        .collect();
                    assert_eq!(statuses, b.statuses, "{shown}");
                    assert_eq!(a.copies.len(), b.copies.len());
                    for (a, b) in a.copies.iter().zip(&b.copies) {
                        assert_eq!(self.real_id(a.0), b.0);
                        self.learn(a.1, b.1);
                    }
                }
                (a, b) => panic!("{shown}\n{a:?}\n{b:?}"),
            }
        }
        self.learn_from_log(a.seq);
    }

    /// A number that was asked for and never given out stays what it is in both stores.
    fn known(&self, real: ItemId) -> ItemId {
        if real == ItemId(987_654 + 1_000_000) {
            self.real_id(ItemId(987_654))
        } else {
            real
        }
    }

    fn learn(&mut self, model: ItemId, real: ItemId) {
        if self.ids.iter().any(|(m, _)| *m == model) {
            assert_eq!(self.real_id(model), real);
            return;
        }
        self.ids.push((model, real));
        if self.model.folder(model, &call()).is_ok() {
            self.folders.push(model);
        } else {
            self.messages.push(model);
        }
    }

    /// Copies of folders bring items that no outcome names.
    fn learn_from_log(&mut self, until: u64) {
        let since = std::mem::replace(&mut self.seen, until);
        let a = self
            .model
            .log(since, None, usize::MAX, &call())
            .unwrap()
            .entries;
        let b = self
            .real
            .log(since, None, usize::MAX, &call())
            .unwrap()
            .entries;
        for (a, b) in a.iter().zip(&b) {
            if !self.ids.iter().any(|(m, _)| *m == a.object)
                && a.kind != mapi_spi::LogKind::Modified
            {
                self.learn(a.object, b.object);
            }
        }
    }

    fn translate(&self, changes: &ChangeSet) -> ChangeSet {
        let mut changes = changes.clone();
        let real = |id: &mut ItemId| *id = self.real_id(*id);
        for op in &mut changes.ops {
            match op {
                Op::SaveFolder(save) => match &mut save.target {
                    FolderTarget::New { parent, .. } => real(parent),
                    FolderTarget::Existing(id) => real(id),
                },
                Op::SaveMessage(save) | Op::Deliver(save) => match &mut save.target {
                    MessageTarget::New { folder, .. } => real(folder),
                    MessageTarget::Existing(id) => real(id),
                },
                Op::PatchStore(_) => {}
                Op::SetFlags { items, .. }
                | Op::SetStatus { items, .. }
                | Op::Delete { items, .. }
                | Op::Recover { items } => self.translate_items(items),
                Op::Move { items, to } | Op::Copy { items, to } => {
                    self.translate_items(items);
                    real(to);
                }
                Op::MoveFolder { folder, to, .. } | Op::CopyFolder { folder, to, .. } => {
                    real(folder);
                    real(to);
                }
                Op::DeleteFolder { folder, .. }
                | Op::RecoverFolder { folder, .. }
                | Op::EmptyFolder { folder, .. } => real(folder),
                Op::NotifyNewMail { message } | Op::SettleReport { message, .. } => real(message),
                Op::SetSearch(save) => self.translate_search(save),
            }
        }
        for row in &mut changes.sync_state {
            row.object = row.object.map(|id| self.real_id(id));
        }
        changes
    }

    fn translate_items(&self, items: &mut Items) {
        match items {
            Items::Ids(ids) => ids.iter_mut().for_each(|id| *id = self.real_id(*id)),
            Items::Of { folder, ids } => {
                *folder = self.real_id(*folder);
                ids.iter_mut().for_each(|id| *id = self.real_id(*id));
            }
            Items::In { folder, .. } => *folder = self.real_id(*folder),
        }
    }

    fn compare_everything(&mut self) {
        assert_eq!(problems(&self.real), []);
        assert_eq!(
            self.model.store_props(&call()).unwrap(),
            self.real.store_props(&call()).unwrap()
        );
        for (model, real) in self.ids.clone().into_iter().skip(1) {
            self.compare_item(model, real);
        }
        self.compare_logs();
        self.compare_queue();
        let name = PropName::id(
            guids::PSETID_COMMON,
            u32::try_from(self.chance.below(40)).unwrap(),
        );
        let make = |s: &dyn Store| {
            s.ids_from_names(std::slice::from_ref(&name), NameCreation::FromMail, &call())
        };
        assert_eq!(make(&self.model).unwrap(), make(&self.real).unwrap());
        assert_eq!(
            self.model.all_names(&call()).unwrap(),
            self.real.all_names(&call()).unwrap()
        );
    }

    fn compare_item(&self, model: ItemId, real: ItemId) {
        let (a, b) = (
            self.model.message(model, &call()),
            self.real.message(real, &call()),
        );
        assert_eq!(code(&a), code(&b), "{model:?} {real:?}");
        if let (Ok(a), Ok(mut b)) = (a, b) {
            b.meta.id = model;
            b.meta.parent = self.model_id(b.meta.parent);
            // Change numbers are given to failed operations too in one of the stores.
            b.meta.change = a.meta.change;
            self.same_thread(a.meta.thread, b.meta.thread);
            b.meta.thread = a.meta.thread;
            assert_eq!(a, b);
        }
        let rows = |s: &dyn Store, id| s.sync_rows(Origin(3), Some(id), &call()).unwrap();
        assert_eq!(rows(&self.model, model), rows(&self.real, real));
        let (a, b) = (
            self.model.folder(model, &call()),
            self.real.folder(real, &call()),
        );
        assert_eq!(code(&a), code(&b), "{model:?} {real:?}");
        if let (Ok(a), Ok(mut b)) = (a, b) {
            b.meta.id = model;
            b.meta.parent = self.model_id(b.meta.parent);
            b.meta.change = a.meta.change;
            assert_eq!(a, b);
            let sources: Vec<[u8; 32]> = (0..5).map(|n| [n; 32]).collect();
            let known = self.model.known_sources(model, &sources, &call()).unwrap();
            let known: Vec<_> = known
                .into_iter()
                .map(|k| k.map(|id| self.real_id(id)))
                .collect();
            assert_eq!(
                known,
                self.real.known_sources(real, &sources, &call()).unwrap()
            );
            self.compare_scan(model, real);
            self.compare_search(model, real);
        }
    }

    fn compare_scan(&self, model: ItemId, real: ItemId) {
        let rows = RowSet::Contents {
            associated: false,
            deleted: false,
        };
        let scan = |store: &dyn Store, id| {
            let mut seen = Vec::new();
            let seq = store
                .scan(id, rows, &call(), &mut |row| {
                    let ScanBody::Message(body) = row.body else {
                        panic!("a message")
                    };
                    seen.push((row.meta.id, body.clone()));
                    ControlFlow::Continue(())
                })
                .unwrap();
            (seq, seen)
        };
        let (a, b) = (scan(&self.model, model), scan(&self.real, real));
        let translated: Vec<_> =
            b.1.into_iter()
                .map(|(id, body)| (self.model_id(id), body))
                .collect();
        assert_eq!(a, (b.0, translated));
    }

    fn compare_logs(&self) {
        let a = self.model.log(0, None, usize::MAX, &call()).unwrap();
        let b = self.real.log(0, None, usize::MAX, &call()).unwrap();
        assert_eq!(
            (a.last, a.lost, a.entries.len()),
            (b.last, b.lost, b.entries.len())
        );
        for (a, mut b) in a.entries.into_iter().zip(b.entries) {
            b.object = self.model_id(b.object);
            b.parent = self.model_id(b.parent);
            b.kind = match b.kind {
                mapi_spi::LogKind::Moved { from } => mapi_spi::LogKind::Moved {
                    from: self.model_id(from),
                },
                mapi_spi::LogKind::Copied { of } => mapi_spi::LogKind::Copied {
                    of: self.model_id(of),
                },
                other => other,
            };
            self.translate_former(a.inverse.as_ref(), b.inverse.as_mut());
            assert_eq!(a, b);
        }
    }
}

fn code<T>(result: &Result<T>) -> Option<mapi_props::Code> {
    result.as_ref().err().map(mapi_spi::Error::code)
}
