//! CopyTo and CopyProps between folders: properties, messages of both tables, sub-folders; of one store or two.
//! Reference: "IMAPIProp::CopyTo", "Copying or Moving a Message or a Folder" (requirement STO-10)

use mapi_props::{Code, PropTag, Slot, StoredMessage, tags};
use mapi_spi::{ChangeSet, CommitMode, Error, FolderKind, Items, Op, Result, RowSet, Staged};

use super::bulk::{BulkReport, outcome_of};
use super::views::CopiedDefault;
use super::{Folder, source};
use crate::prop::{Change, Interface, Object as PropObject, Which, convert_props};
use crate::{CopyPropFlags, EntryId, PropProblem, Returned};

const DEFAULT_VIEW: u16 = tags::DEFAULT_VIEW_ENTRYID.id();

/// What came of copying a folder's properties and content. If anything in it stayed behind, the call's warning is
/// `MAPI_W_PARTIAL_COMPLETION`.
#[derive(Debug, Default)]
pub struct FolderCopyReport {
    /// Properties that were not copied; `index` counts the source's own properties.
    pub problems: Vec<PropProblem>,
    /// Messages and sub-folders.
    pub items: BulkReport,
}

impl Folder {
    /// Copies everything but `exclude` into another folder, of this store or another: properties, and unless
    /// PR_CONTAINER_CONTENTS, PR_FOLDER_ASSOCIATED_CONTENTS or PR_CONTAINER_HIERARCHY is excluded the messages, associated
    /// messages and sub-folders. What the destination holds stays in it. The change is permanent at once; with MOVE, what
    /// was copied goes from here.
    ///
    /// ```
    /// # fn show(from: &mapi::Folder, to: &mapi::Folder) -> mapi::Result<()> {
    /// use mapi::{CopyPropFlags, columns, tags};
    ///
    /// // A folder like this one, without its messages.
    /// let without = columns![tags::CONTAINER_CONTENTS, tags::FOLDER_ASSOCIATED_CONTENTS, tags::DISPLAY_NAME];
    /// from.copy_to(to, Some(&without), CopyPropFlags::NONE)?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// `MAPI_E_NO_ACCESS` to itself or to a read-only handle; `MAPI_E_INVALID_PARAMETER` for an exclude list without tags;
    /// `MAPI_E_FOLDER_CYCLE` when sub-folders are copied and the destination is one of them or below; `MAPI_E_COLLISION`
    /// when it has a sub-folder of the same name (with NOREPLACE that one stays and the report says so);
    /// `MAPI_E_NO_SUPPORT` for the content of search folders. Nothing changes then.
    pub fn copy_to(
        &self,
        to: &Self,
        exclude: Option<&[PropTag]>,
        flags: CopyPropFlags,
    ) -> Result<Returned<FolderCopyReport>> {
        self.copy_to_without(to, exclude, &[], flags)
    }

    /// The same without some interfaces: excluding IID_IMAPIFolder, or IID_IMAPIContainer which it derives from, leaves
    /// the properties.
    ///
    /// # Errors
    /// As [`Self::copy_to`]; `MAPI_E_INTERFACE_NOT_SUPPORTED` without IID_IMAPIProp.
    pub fn copy_to_without(
        &self,
        to: &Self,
        exclude: Option<&[PropTag]>,
        interfaces: &[Interface],
        flags: CopyPropFlags,
    ) -> Result<Returned<FolderCopyReport>> {
        let which = Which::all_but(exclude, Interface::MapiFolder, interfaces);
        let copied = which.and_then(|which| self.copy_which(to, which, flags));
        self.errors.track(copied)
    }

    /// Copies these properties, and what is in the folder under the three tables if asked.
    ///
    /// # Errors
    /// As [`Self::copy_to`]; `MAPI_E_INVALID_PARAMETER` for an empty list and for PR_NULL in it.
    pub fn copy_props(
        &self,
        to: &Self,
        include: &[PropTag],
        flags: CopyPropFlags,
    ) -> Result<Returned<FolderCopyReport>> {
        let which = Which::only(include);
        let copied = which.and_then(|which| self.copy_which(to, which, flags));
        self.errors.track(copied)
    }

    fn copy_which(
        &self,
        to: &Self,
        which: Which<'_>,
        flags: CopyPropFlags,
    ) -> Result<Returned<FolderCopyReport>> {
        self.check_copy(to, which, flags)?;
        let moves = flags.contains(CopyPropFlags::MOVE);
        let mut report = FolderCopyReport::default();
        for (tag, associated) in [
            (tags::CONTAINER_CONTENTS, false),
            (tags::FOLDER_ASSOCIATED_CONTENTS, true),
        ] {
            if which.takes_object(tag.id()) && report.items.stopped.is_none() {
                self.copy_table(to, associated, moves, &mut report.items)?;
            }
        }
        let hierarchy = which.takes_object(tags::CONTAINER_HIERARCHY.id());
        if hierarchy && report.items.stopped.is_none() {
            self.copy_children(to, moves, &mut report.items)?;
        }
        if report.items.stopped.is_none() {
            report.problems = self.copy_own(to, which, flags, &report.items.copies)?;
        }
        let partial = !report.items.failed.is_empty() || report.items.stopped.is_some();
        Ok(Returned::warn_if(
            report,
            partial,
            Code::W_PARTIAL_COMPLETION,
        ))
    }

    /// What makes the whole call fail before anything is done.
    fn check_copy(&self, to: &Self, which: Which<'_>, flags: CopyPropFlags) -> Result<()> {
        let inside = to.is_of_store(self);
        if inside && to.id == self.id {
            return Err(Error::new(
                Code::NO_ACCESS,
                "a folder is not copied onto itself",
            ));
        }
        to.writable()?;
        if flags.contains(CopyPropFlags::MOVE) {
            self.writable()?;
        }
        let tables = [
            tags::CONTAINER_CONTENTS,
            tags::FOLDER_ASSOCIATED_CONTENTS,
            tags::CONTAINER_HIERARCHY,
        ];
        let content = tables.iter().any(|t| which.takes_object(t.id()));
        if content && (self.kind == FolderKind::Search || to.kind == FolderKind::Search) {
            return Err(Error::new(
                Code::NO_SUPPORT,
                "what search folders show is not copied",
            ));
        }
        if !which.takes_object(tags::CONTAINER_HIERARCHY.id()) {
            return Ok(());
        }
        if inside && self.store()?.is_below(to.id, self.id)? {
            return Err(Error::new(
                Code::FOLDER_CYCLE,
                "the destination is below the folder",
            ));
        }
        if flags.contains(CopyPropFlags::NOREPLACE) {
            return Ok(());
        }
        for child in self.ordinary_children(&mut BulkReport::default())? {
            let name = child.name()?;
            if to.child_id(&name)?.is_some() {
                let detail = "the destination has a sub-folder of the same name";
                return Err(Error::new(Code::COLLISION, detail));
            }
        }
        Ok(())
    }

    /// The messages of one of its tables.
    fn copy_table(
        &self,
        to: &Self,
        associated: bool,
        moves: bool,
        report: &mut BulkReport,
    ) -> Result<()> {
        if associated && !to.context.info().capabilities.associated {
            let there = self.rows_of(RowSet::Contents {
                associated,
                deleted: false,
            })?;
            let refused = |id| {
                let detail = "that store has no associated contents";
                let error = Error::new(Code::NO_SUPPORT, detail);
                (self.context.entry_id(false, id), error)
            };
            report.failed.extend(there.into_iter().map(refused));
            return Ok(());
        }
        if !to.is_of_store(self) {
            return self.carry_table(to, associated, moves, report);
        }
        let items = Items::In {
            folder: self.id,
            restriction: None,
            associated,
            deleted: false,
        };
        let op = if moves {
            Op::Move { items, to: to.id }
        } else {
            Op::Copy { items, to: to.id }
        };
        let set = ChangeSet {
            mode: CommitMode::EachItem,
            ..ChangeSet::one(op)
        };
        let outcome = self.context.commit(set)?.ops.into_iter().next();
        report.add(outcome_of(&self.context, outcome)?.value);
        Ok(())
    }

    fn copy_children(&self, to: &Self, moves: bool, report: &mut BulkReport) -> Result<()> {
        for child in self.ordinary_children(report)? {
            if let Err(e) = self.context.call.check() {
                report.stopped = Some(e);
                return Ok(());
            }
            let copied = if moves {
                child.check_ordinary()
            } else {
                Ok(())
            };
            let copied = copied.and_then(|()| match to.is_of_store(self) {
                true => child
                    .copy_below(to, None, moves, true)
                    .map(|_| report.done += 1),
                false => {
                    let copied = child.carry_across(to, None, moves, true)?.value;
                    report.add(copied.report);
                    Ok(())
                }
            });
            if let Err(e) = copied {
                report.failed.push((child.entry_id(), e));
            }
        }
        Ok(())
    }

    /// Its own properties. A name that a sibling of the destination has is a problem like any other.
    fn copy_own(
        &self,
        to: &Self,
        which: Which<'_>,
        flags: CopyPropFlags,
        copies: &[(EntryId, EntryId)],
    ) -> Result<Vec<PropProblem>> {
        let default = self.copied_default(to, copies)?;
        let keep = flags.contains(CopyPropFlags::NOREPLACE);
        let mut body = StoredMessage {
            props: self.data()?.props,
            ..StoredMessage::default()
        };
        let mut problems = Vec::new();
        let own: Vec<(u16, PropTag)> = body
            .props
            .iter()
            .map(|(id, slot)| (*id, PropTag::new(*id, slot.ty())))
            .collect();
        let mut taken = Vec::new();
        let mut name_at = None;
        for (index, (id, tag)) in own.into_iter().enumerate() {
            let value = body.props.get(&id).and_then(Slot::value);
            let refused = source::refuses(to.kind, id, value);
            match refused {
                _ if !which.takes(id) => {}
                None if id == DEFAULT_VIEW && default == CopiedDefault::Normal => {
                    let code = Code::NOT_FOUND;
                    problems.push(PropProblem { index, tag, code });
                }
                Some(code) => problems.push(PropProblem { index, tag, code }),
                None => {
                    taken.push(id);
                    if id == tags::DISPLAY_NAME.id() {
                        name_at = Some((index, tag));
                    }
                }
            }
        }
        body.props.retain(|id, _| taken.contains(id));
        if let CopiedDefault::Copy(id) = &default
            && taken.contains(&DEFAULT_VIEW)
        {
            body.props.set(tags::DEFAULT_VIEW_ENTRYID, id.as_bytes());
        }
        let from = (&self.context, Some(self.id), [].as_slice());
        let (converted, staged) = convert_props(from, &to.context, &body)?;
        let mut set: Vec<(u16, Slot)> = converted.props.into_iter().collect();
        if keep {
            let there = to.data()?.props;
            set.retain(|(id, _)| !there.contains(id));
        }
        let name = take_name(&mut set);
        put(to, set, staged)?;
        if let (Some(name), Some((index, tag))) = (name, name_at)
            && let Err(e) = put(to, vec![name], Vec::new())
        {
            let code = e.code();
            problems.push(PropProblem { index, tag, code });
        }
        if flags.contains(CopyPropFlags::MOVE) {
            self.forget(&taken)?;
        }
        Ok(problems)
    }

    /// MAPI_MOVE: what was copied goes, but for the name, which a folder never is without.
    fn forget(&self, taken: &[u16]) -> Result<()> {
        let goes = |id: &&u16| source::refuses(self.kind, **id, None).is_none();
        let delete: Vec<u16> = taken.iter().filter(goes).copied().collect();
        if delete.is_empty() {
            return Ok(());
        }
        self.apply(Change {
            delete,
            ..Change::default()
        })
    }
}

fn take_name(set: &mut Vec<(u16, Slot)>) -> Option<(u16, Slot)> {
    let at = set
        .iter()
        .position(|(id, _)| *id == tags::DISPLAY_NAME.id())?;
    Some(set.remove(at))
}

fn put(to: &Folder, set: Vec<(u16, Slot)>, staged: Vec<Staged>) -> Result<()> {
    if set.is_empty() {
        return Ok(());
    }
    to.apply(Change {
        set,
        delete: Vec::new(),
        staged,
    })
}

impl BulkReport {
    /// What another part of the same work came to.
    pub(super) fn add(&mut self, other: Self) {
        self.done += other.done;
        self.failed.extend(other.failed);
        self.copies.extend(other.copies);
        self.stopped = self.stopped.take().or(other.stopped);
    }
}
