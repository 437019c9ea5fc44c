//! To another store: messages and whole folders. Names travel, identifiers do not (NAM-05); large values go from store
//! to store in pieces.

use mapi_kit::export::{ExportFrom, export, take_original};
use mapi_kit::lift::Lifter;
use mapi_kit::receipt::{PENDING, owes};
use mapi_props::{Bag, Code, StoredMessage, message_flags, tags};
use mapi_spi::{
    Anchor, Call, ChangeSet, DeleteMode, Depth, Error, Expect, FlagPatch, FolderKind, FolderSave,
    FolderTarget, ItemId, ItemMeta, Items, Op, OpOutcome, PropPatch, Result, RowSet, View,
};

use super::bulk::BulkReport;
use super::children::CopiedFolder;
use super::{Folder, ImportItem, ImportOptions, ImportOutcome};
use crate::prop::convert_props;
use crate::receipts::{self, Settle};
use crate::{DeleteFlags, EntryId, OpenFlags, Returned};

/// Messages that go in one change set, at most.
const BATCH: usize = 200;
/// Bytes of messages after which a change set is full.
const BATCH_BYTES: u64 = 16 << 20;

/// The way of messages from a folder to one of another store.
#[derive(Clone, Copy)]
pub(super) struct Across<'a> {
    pub(super) from: &'a Folder,
    pub(super) to: &'a Folder,
    pub(super) moves: bool,
    pub(super) associated: bool,
}

impl Across<'_> {
    /// Copies messages; when they move, each batch leaves this store once the other one has it for good. A move that was
    /// cut off and is made again doubles nothing: the other store knows where its messages come from.
    pub(super) fn carry(self, messages: &[EntryId], report: &mut BulkReport) -> Result<()> {
        let total = u64::try_from(messages.len()).ok();
        let mut batch = Vec::new();
        let mut bytes = 0;
        for (done, id) in (1..).zip(messages) {
            if let Err(e) = self.from.context.call.check() {
                report.stopped = Some(e);
                break;
            }
            match self.export(id) {
                Ok((item, size)) => {
                    batch.push((id.clone(), item));
                    bytes += size;
                }
                Err(e) => report.failed.push((id.clone(), e)),
            }
            if batch.len() >= BATCH || bytes >= BATCH_BYTES {
                bytes = 0;
                if !self.deliver(std::mem::take(&mut batch), report)? {
                    return Ok(());
                }
                self.from.context.call.report(done, total);
            }
        }
        if self.deliver(batch, report)? {
            self.from.context.call.report(total.unwrap_or(0), total);
        }
        Ok(())
    }

    /// Whether to go on. The other store's failure ends everything; what is done before is told.
    fn deliver(self, batch: Vec<(EntryId, ImportItem)>, report: &mut BulkReport) -> Result<bool> {
        let (ids, items): (Vec<_>, Vec<_>) = batch.into_iter().unzip();
        if items.is_empty() {
            return Ok(report.stopped.is_none());
        }
        let options = ImportOptions {
            associated: self.associated,
            ..ImportOptions::default()
        };
        let outcomes = match self.to.quiet().import(items, options) {
            Ok(outcomes) => outcomes,
            Err(e) if report.done == 0 => return Err(e),
            Err(e) => {
                report.stopped = Some(e);
                return Ok(false);
            }
        };
        let mut there = Vec::new();
        for (old, outcome) in ids.into_iter().zip(outcomes) {
            match outcome {
                ImportOutcome::Imported { id, .. } | ImportOutcome::Skipped { id } => {
                    report.copies.push((old.clone(), id));
                    there.push(old);
                }
                ImportOutcome::Failed(e) => report.failed.push((old, e)),
            }
        }
        if !self.moves {
            report.done += u64::try_from(there.len()).unwrap_or(u64::MAX);
            return Ok(true);
        }
        let gone = self
            .from
            .quiet()
            .delete_list(&there, DeleteFlags::HARD_DELETE)?
            .value;
        report.done += gone.done;
        report.failed.extend(gone.failed);
        report.stopped = gone.stopped;
        Ok(report.stopped.is_none())
    }

    /// A message as it goes, and its size.
    fn export(self, id: &EntryId) -> Result<(ImportItem, u64)> {
        let context = &self.from.context;
        let item = context.message_id(id)?;
        let data = context.spi()?.message(item, &context.call)?;
        let here = data.meta.parent == self.from.id || self.from.kind == FolderKind::Search;
        if data.meta.deleted || !here {
            return Err(Error::new(
                Code::NOT_FOUND,
                "the message is not in this folder",
            ));
        }
        if data.meta.flags & message_flags::SUBMIT != 0 {
            return Err(Error::new(Code::SUBMITTED, "the message is being sent"));
        }
        self.report(&data.meta)?;
        let opened = &context.opened;
        let from = ExportFrom {
            store: &opened.store,
            names: &opened.names,
            item: Some(item),
            staged: &[],
            call: &context.call,
        };
        let mut tree = export(from, &data.body)?;
        take_original(from, &data, &mut tree);
        if self.associated {
            self.from.renumber_view(self.to, &mut tree)?;
        }
        let pending = message_flags::RN_PENDING | message_flags::NRN_PENDING;
        let item = ImportItem {
            tree,
            flags: data.meta.flags & !pending,
            source: self.moves.then(|| self.source(&data.meta)),
        };
        Ok((item, data.meta.size))
    }

    /// Sends the read report that an unread message owes: the other store could not (STO-10). A message that moves owes
    /// no report of its deletion either.
    fn report(self, meta: &ItemMeta) -> Result<()> {
        let context = &self.from.context;
        if context.writable().is_err() {
            return Ok(());
        }
        if owes(meta.flags, message_flags::RN_PENDING) {
            let how = Settle::Read(FlagPatch::default());
            return match receipts::settle(context, meta.id, how) {
                Err(e) if !receipts::is_settled(&e) => Err(e),
                _ => Ok(()),
            };
        }
        if self.moves && owes(meta.flags, message_flags::NRN_PENDING) {
            let flags = FlagPatch {
                set: 0,
                clear: PENDING,
            };
            let items = Items::Ids(vec![meta.id]);
            context.commit(ChangeSet::one(Op::SetFlags { items, flags }))?;
        }
        Ok(())
    }

    /// What a moved message is known by in the other store: its store, its number and what it was when it left.
    fn source(self, meta: &ItemMeta) -> [u8; 32] {
        let uid = self.from.context.info().uid;
        let mut source = [0; 32];
        let parts = uid
            .as_bytes()
            .iter()
            .copied()
            .chain(meta.id.0.to_le_bytes())
            .chain(meta.change.to_le_bytes());
        for (to, from) in source.iter_mut().zip(parts) {
            *to = from;
        }
        source
    }
}

impl Folder {
    /// Copies or moves this folder to another store.
    pub(super) fn carry_across(
        &self,
        to: &Self,
        name: Option<&str>,
        moves: bool,
        deep: bool,
    ) -> Result<Returned<CopiedFolder>> {
        let mut report = BulkReport::default();
        let folder = self.carry_tree(to, name, (moves, deep), &mut report)?;
        let Returned { value, warning } = report.returned();
        let copied = CopiedFolder {
            folder,
            report: value,
        };
        Ok(Returned {
            value: copied,
            warning,
        })
    }

    fn carry_tree(
        &self,
        to: &Self,
        name: Option<&str>,
        (moves, deep): (bool, bool),
        report: &mut BulkReport,
    ) -> Result<Self> {
        let made = self.make_like_this(&to.quiet(), name)?;
        report.copies.push((self.entry_id(), made.entry_id()));
        let children = if deep {
            self.ordinary_children(report)?
        } else {
            Vec::new()
        };
        let counts = self.data()?.counts;
        let own = u64::from(counts.contents + counts.associated > 0);
        let total = u64::try_from(children.len()).ok().map(|n| n + own);
        let call = &self.context.call;
        self.with_call(call.item(0, total))
            .carry_messages(&made, moves, report)?;
        if let Err(e) = self.carry_default(&made, &report.copies) {
            report.failed.push((self.entry_id(), e));
        }
        call.report(own, total);
        for (done, child) in (own..).zip(children) {
            if report.stopped.is_some() {
                break;
            }
            let child = child.with_call(call.item(done, total));
            if let Err(e) = child.carry_tree(&made, None, (moves, true), report) {
                report.failed.push((child.entry_id(), e));
            }
            call.report(done + 1, total);
        }
        if moves
            && report.stopped.is_none()
            && let Err(e) = self.leave()
        {
            report.failed.push((self.entry_id(), e));
        }
        Ok(made)
    }

    /// The same folder; what is done with it tells nobody how far it is.
    fn quiet(&self) -> Self {
        self.with_call(Call {
            progress: None,
            ..self.context.call.clone()
        })
    }

    /// Messages of both tables.
    pub(super) fn carry_messages(
        &self,
        to: &Self,
        moves: bool,
        report: &mut BulkReport,
    ) -> Result<()> {
        for associated in [false, true] {
            if report.stopped.is_none() {
                self.carry_table(to, associated, moves, report)?;
            }
        }
        Ok(())
    }

    pub(super) fn carry_table(
        &self,
        to: &Self,
        associated: bool,
        moves: bool,
        report: &mut BulkReport,
    ) -> Result<()> {
        let way = Across {
            from: self,
            to,
            moves,
            associated,
        };
        let ids = self.rows_of(RowSet::Contents {
            associated,
            deleted: false,
        })?;
        let ids: Vec<EntryId> = ids
            .into_iter()
            .map(|id| self.context.entry_id(false, id))
            .collect();
        way.carry(&ids, report)
    }

    /// A folder in another store with this one's properties, without anything in it.
    fn make_like_this(&self, to: &Self, name: Option<&str>) -> Result<Self> {
        let mut props = self.data()?.props;
        if let Some(name) = name {
            props.set(tags::DISPLAY_NAME, name);
        }
        // Names a message of this store; the copy's own is set once it is there.
        props.remove(&tags::DEFAULT_VIEW_ENTRYID.id());
        let body = StoredMessage {
            props,
            ..StoredMessage::default()
        };
        let (body, staged) =
            convert_props((&self.context, Some(self.id), &[]), &to.context, &body)?;
        let mut lifter = Lifter::new(to.context.info().limits.inline_bytes);
        let props: Bag = lifter.bag(body.props);
        let op = Op::SaveFolder(FolderSave {
            target: FolderTarget::New {
                parent: to.id,
                kind: FolderKind::Generic,
            },
            patch: PropPatch {
                set: props.into_iter().collect(),
                delete: Vec::new(),
            },
            expect: Expect::Any,
        });
        let outcome = to.context.commit(ChangeSet {
            values: lifter.finish(),
            ..ChangeSet::one(op)
        })?;
        drop(staged);
        match outcome.ops.into_iter().next() {
            Some(OpOutcome::Saved(saved)) => {
                Self::open(&to.context, saved.id, OpenFlags::BEST_ACCESS)
            }
            _ => Err(Error::new(
                Code::CALL_FAILED,
                "the store did not say which folder it made",
            )),
        }
    }

    /// Sub-folders that can be carried; the others are told.
    pub(super) fn ordinary_children(&self, report: &mut BulkReport) -> Result<Vec<Self>> {
        let ids = self.rows_of(RowSet::Hierarchy {
            depth: Depth::Children,
            deleted: false,
        })?;
        let mut children = Vec::new();
        for id in ids {
            let child = Self::open(&self.context, id, OpenFlags::BEST_ACCESS)?;
            if child.kind == FolderKind::Generic {
                children.push(child);
            } else {
                let detail = "search folders are not copied or moved";
                let error = Error::new(Code::NO_ACCESS, detail);
                report.failed.push((child.entry_id(), error));
            }
        }
        Ok(children)
    }

    /// This folder goes, once nothing is in it. What was soft-deleted in it before stays recoverable with it.
    fn leave(&self) -> Result<()> {
        let mode = match self.data()?.counts.deleted {
            0 => DeleteMode::Hard,
            _ => DeleteMode::Soft,
        };
        let op = Op::DeleteFolder {
            folder: self.id,
            messages: false,
            folders: false,
            mode,
        };
        self.context.commit(ChangeSet::one(op)).map(drop)
    }

    /// Numbers of what a table of this folder shows.
    pub(super) fn rows_of(&self, rows: RowSet) -> Result<Vec<ItemId>> {
        const PAGE: i64 = 1000;
        let view = View {
            container: self.id,
            rows,
            columns: Vec::new(),
            restriction: None,
            sort: mapi_props::SortOrderSet::default(),
        };
        let (store, call) = (self.context.spi()?, &self.context.call);
        let mut ids = Vec::new();
        let mut from = Anchor::Start;
        loop {
            let page = store.view(&view, &from, PAGE, call)?;
            ids.extend(page.rows.iter().map(|row| row.key.item));
            match page.rows.into_iter().next_back() {
                Some(last) if !page.at_end => from = Anchor::After(last.key),
                _ => return Ok(ids),
            }
        }
    }
}
