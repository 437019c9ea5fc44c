//! The order that is saved on a folder for tables of its contents.
//! Reference: "IMAPIFolder::SaveContentsSort" (requirement TAB-03)

use std::ops::ControlFlow;

use mapi_props::{PropTag, PropType, PropValue, Slot, SortColumn, SortOrder, SortOrderSet, tags};
use mapi_spi::{
    ChangeSet, Depth, Expect, FolderData, FolderSave, FolderTarget, ItemId, Op, PropPatch, Result,
    RowSet, ScanBody,
};

use super::Folder;
use crate::SortFlags;
use crate::table::{Folds, Outlines, Source, Spec, StoreRows, check_sort};

/// The order as numbers: 1 if folders below take it over, categories, expanded ones, then tag and direction of each key.
/// Provider range.
const SAVED_SORT: PropTag = PropTag::new(0x6674, PropType::MV_LONG);

pub(super) const fn is_saved_sort(id: u16) -> bool {
    id == SAVED_SORT.id()
}

impl Folder {
    /// Saves the order in which tables of the contents stand that are opened from now on, until they are sorted. No keys:
    /// the saved order is forgotten.
    ///
    /// With [`SortFlags::RECURSIVE`] it is the order of all folders below too: what was saved on them before is forgotten,
    /// and folders that are made or moved there later take it over. An order that is saved on one of them afterwards wins
    /// there.
    ///
    /// # Errors
    /// Those of [`crate::Table::sort`] for an order that the store cannot make, `MAPI_E_NO_SUPPORT` for categories that it
    /// lacks; `MAPI_E_NO_ACCESS` on a read-only handle.
    pub fn save_contents_sort(&self, sort: &SortOrderSet, flags: SortFlags) -> Result<()> {
        self.errors.track(self.save_sort(sort, flags))
    }

    fn save_sort(&self, sort: &SortOrderSet, flags: SortFlags) -> Result<()> {
        self.writable()?;
        check_sort(sort)?;
        self.check_sort(CONTENTS, sort)?;
        let recursive = flags.contains(SortFlags::RECURSIVE);
        let mut own = PropPatch::default();
        if sort.columns.is_empty() {
            own.delete.push(SAVED_SORT.id());
        } else {
            let value = PropValue::MvLong(encode(sort, recursive));
            own.set.push((SAVED_SORT.id(), Slot::Value(value)));
        }
        let mut ops = vec![self.patch_of(self.item(), own)];
        if recursive {
            for folder in self.sorted_below()? {
                let forget = PropPatch {
                    set: Vec::new(),
                    delete: vec![SAVED_SORT.id()],
                };
                ops.push(self.patch_of(folder, forget));
            }
        }
        let changes = ChangeSet {
            ops,
            ..ChangeSet::default()
        };
        self.context.commit(changes).map(drop)
    }

    fn patch_of(&self, folder: ItemId, mut patch: PropPatch) -> Op {
        let now = Slot::from(self.context.now());
        patch.set.push((tags::LAST_MODIFICATION_TIME.id(), now));
        Op::SaveFolder(FolderSave {
            target: FolderTarget::Existing(folder),
            patch,
            expect: Expect::Any,
        })
    }

    /// Folders below that have an order of their own.
    fn sorted_below(&self) -> Result<Vec<ItemId>> {
        let below = RowSet::Hierarchy {
            depth: Depth::All,
            deleted: false,
        };
        let mut found = Vec::new();
        let call = &self.context.call;
        self.context
            .spi()?
            .scan(self.item(), below, call, &mut |row| {
                if matches!(row.body, ScanBody::Folder(bag, _) if bag.contains(&SAVED_SORT.id())) {
                    found.push(row.meta.id);
                }
                ControlFlow::Continue(())
            })?;
        Ok(found)
    }

    /// The order in force for tables over these rows: the folder's own, else that of the nearest folder above which gave
    /// its own to all below. One that the store cannot make (any more) is as good as none.
    pub(super) fn saved_sort(&self, own: FolderData, rows: RowSet) -> Result<SortOrderSet> {
        if !matches!(
            rows,
            RowSet::Contents {
                associated: false,
                ..
            }
        ) {
            return Ok(SortOrderSet::default());
        }
        let store = self.context.spi()?;
        let (mut data, mut is_own) = (own, true);
        loop {
            if let Some((sort, recursive)) = saved_in(&data)
                && (is_own || recursive)
            {
                let makes_sense = self.check_sort(rows, &sort).is_ok();
                return Ok(if makes_sense {
                    sort
                } else {
                    SortOrderSet::default()
                });
            }
            if data.meta.id == data.meta.parent || data.meta.id == self.context.info().root {
                return Ok(SortOrderSet::default());
            }
            data = store.folder(data.meta.parent, &self.context.call)?;
            is_own = false;
        }
    }

    fn check_sort(&self, rows: RowSet, sort: &SortOrderSet) -> Result<()> {
        let source = StoreRows {
            context: self.context.clone(),
            container: self.item(),
            rows,
            saved: SortOrderSet::default(),
            outlines: Outlines::default(),
            links: false,
        };
        source.check(&Spec {
            columns: vec![tags::ENTRYID.raw()],
            restriction: None,
            sort: sort.clone(),
            folds: Folds::default(),
        })
    }
}

const CONTENTS: RowSet = RowSet::Contents {
    associated: false,
    deleted: false,
};

fn encode(sort: &SortOrderSet, recursive: bool) -> Vec<i32> {
    let counts = [sort.categories, sort.expanded].map(u32::cast_signed);
    let mut numbers = vec![i32::from(recursive)];
    numbers.extend(counts);
    for column in &sort.columns {
        numbers.extend([column.tag.0.cast_signed(), number_of(column.order)]);
    }
    numbers
}

/// The saved order and whether folders below take it over; `None` if there is none that can be read.
fn saved_in(data: &FolderData) -> Option<(SortOrderSet, bool)> {
    let Some(PropValue::MvLong(numbers)) = data.props.value(SAVED_SORT) else {
        return None;
    };
    let [recursive, categories, expanded, keys @ ..] = numbers.as_slice() else {
        return None;
    };
    let key = |pair: &[i32]| match pair {
        [tag, order] => Some(SortColumn {
            tag: PropTag(tag.cast_unsigned()),
            order: order_of(*order)?,
        }),
        _ => None,
    };
    let sort = SortOrderSet {
        columns: keys.chunks(2).map(key).collect::<Option<_>>()?,
        categories: categories.cast_unsigned(),
        expanded: expanded.cast_unsigned(),
    };
    Some((sort, *recursive != 0))
}

const fn number_of(order: SortOrder) -> i32 {
    match order {
        SortOrder::Ascend => 0,
        SortOrder::Descend => 1,
        SortOrder::Combine => 2,
        SortOrder::CategMax => 4,
        SortOrder::CategMin => 8,
    }
}

fn order_of(number: i32) -> Option<SortOrder> {
    [
        SortOrder::Ascend,
        SortOrder::Descend,
        SortOrder::Combine,
        SortOrder::CategMax,
        SortOrder::CategMin,
    ]
    .into_iter()
    .find(|order| number_of(*order) == number)
}
