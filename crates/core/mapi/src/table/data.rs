//! Tables that a program fills itself, in memory and without a session.
//! Reference: "ITableData", "CreateTable", "ScInitMapiUtil" (requirements SES-05, TAB-01)

mod rank;

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use mapi_props::{Bag, Code, PropTag, PropValue, Slot, SortOrderSet, tags};
use mapi_query::{is_sortable, value_key};
use mapi_spi::{Error, ItemId, Result};

use super::advise::Bell;
use super::memory::Ranked;
use super::{MemoryRow, MemoryRows, Table, TableBuilder};
use crate::advise::Dispatcher;
use crate::{EntryId, PropData, UtilityFlags};

use rank::{Rank, between, last};

/// Properties of a row.
pub type TableDataRow = Vec<(PropTag, PropValue)>;

/// The utilities alone, without a session (ScInitMapiUtil; dropping it is DeinitMapiUtil).
#[derive(Debug, Clone, Copy)]
pub struct Utilities(());

impl Utilities {
    /// Begins to use them. [`UtilityFlags::from_bits`] refuses every bit: there are none.
    #[must_use]
    pub const fn initialize(_flags: UtilityFlags) -> Self {
        Self(())
    }

    /// An object of properties in memory (CreateIProp).
    #[must_use]
    pub fn create_props(self) -> PropData {
        PropData::new()
    }

    /// A table in memory (CreateTable). Without a session it tells nobody of changes.
    ///
    /// # Errors
    /// Those of [`TableData::new`].
    pub fn create_table(
        self,
        index: impl Into<PropTag>,
        columns: impl IntoIterator<Item = PropTag>,
    ) -> Result<TableData> {
        TableData::new(index, columns)
    }
}

/// The rows behind tables in memory: whoever holds it puts rows in and takes them out, and every view of it shows that at
/// once. Clones are the same data.
///
/// Rows are told apart by the value of one column, the index. Views may be restricted by every kind of restriction, not
/// only simple ones; they have no categories (`MAPI_E_NO_SUPPORT`). Sinks that are advised on a view are told of changes if
/// the table was made with [`crate::Mapi::create_table`], never if it was made without the library.
///
/// ```
/// use mapi::{PropValue, SortColumn, TableData, columns, tags};
///
/// let data = TableData::new(tags::ROWID, columns![tags::ROWID, tags::DISPLAY_NAME])?;
/// for (number, name) in [(1, "Bob"), (2, "Ann")] {
///     data.modify_row(&[
///         (tags::ROWID.raw(), PropValue::from(number)),
///         (tags::DISPLAY_NAME.raw(), PropValue::from(name)),
///     ])?;
/// }
/// let view = data.view().sort([SortColumn::ascending(tags::DISPLAY_NAME)]).open()?;
/// assert_eq!(view.query_rows(1)?[0].get(tags::DISPLAY_NAME).as_deref(), Some("Ann"));
/// # Ok::<(), mapi::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct TableData {
    index: PropTag,
    rows: Arc<Mutex<Rows>>,
    bell: Arc<Bell>,
    /// Whether anybody dispatches what the bell tells.
    heard: bool,
}

#[derive(Debug)]
struct Rows {
    columns: Vec<PropTag>,
    /// In order of their ranks.
    rows: Vec<Arc<Ranked>>,
    /// The rank of each row by the key of its index value.
    by_index: HashMap<Vec<u8>, Rank>,
    next: u64,
}

impl TableData {
    /// An empty table whose rows are told apart by the column `index`, with these columns before any are set.
    ///
    /// # Errors
    /// `MAPI_E_INVALID_PARAMETER` for an index of many values or whose values have no order.
    pub fn new(
        index: impl Into<PropTag>,
        columns: impl IntoIterator<Item = PropTag>,
    ) -> Result<Self> {
        Self::over(index.into(), columns.into_iter().collect(), None)
    }

    /// The same; changes are told by this dispatcher.
    pub(crate) fn over(
        index: PropTag,
        columns: Vec<PropTag>,
        dispatcher: Option<&Arc<Dispatcher>>,
    ) -> Result<Self> {
        if index.ty().is_multi() || !is_sortable(index.ty()) {
            return Err(invalid(format!("{index} tells no rows apart")));
        }
        let mut all = columns;
        if !all.iter().any(|c| c.id() == index.id()) {
            all.push(index);
        }
        let rows = Rows {
            columns: all,
            rows: Vec::new(),
            by_index: HashMap::new(),
            next: 1,
        };
        let heard = dispatcher.is_some();
        let dispatcher = dispatcher.map_or_else(Dispatcher::new, Arc::clone);
        Ok(Self {
            index,
            rows: Arc::new(Mutex::new(rows)),
            bell: Arc::new(Bell::new(dispatcher)),
            heard,
        })
    }

    /// Tells views of a change. Called without the lock, which making their rows needs.
    fn changed(&self) {
        if self.heard {
            self.bell.ring();
        }
    }

    /// Adds a row at the end, or puts it in the place of the one with the same index (HrModifyRow). Properties that are no
    /// columns yet are columns of later views.
    ///
    /// # Errors
    /// `MAPI_E_INVALID_PARAMETER` for a row without index.
    pub fn modify_row(&self, row: &[(PropTag, PropValue)]) -> Result<()> {
        self.modify_rows(&[row])
    }

    /// The same for several rows: all or none (HrModifyRows).
    ///
    /// # Errors
    /// `MAPI_E_INVALID_PARAMETER` when a row has no index.
    pub fn modify_rows(&self, rows: &[impl AsRef<[(PropTag, PropValue)]>]) -> Result<()> {
        let new = rows.iter().map(|row| self.take_in(row.as_ref()));
        let new: Vec<(Vec<u8>, Bag)> = new.collect::<Result<_>>()?;
        let mut rows = self.lock();
        for (key, bag) in new {
            rows.put(key, bag);
        }
        drop(rows);
        self.changed();
        Ok(())
    }

    /// Puts a new row before the row of this number; past the last one: at the end (HrInsertRow).
    ///
    /// # Errors
    /// `MAPI_E_INVALID_PARAMETER` for a row without index, or when a row has that index already.
    pub fn insert_row(&self, before: usize, row: &[(PropTag, PropValue)]) -> Result<()> {
        let (key, bag) = self.take_in(row)?;
        let mut rows = self.lock();
        if rows.by_index.contains_key(&key) {
            return Err(invalid("a row has this index already"));
        }
        rows.insert(before, key, bag);
        drop(rows);
        self.changed();
        Ok(())
    }

    /// Takes the row with this index away (HrDeleteRow).
    ///
    /// # Errors
    /// `MAPI_E_NOT_FOUND`; `MAPI_E_INVALID_PARAMETER` for a value of another type than the index.
    pub fn delete_row(&self, index: &PropValue) -> Result<()> {
        let key = self.key(index)?;
        let gone = self.lock().remove(&key);
        if !gone {
            return Err(not_found());
        }
        self.changed();
        Ok(())
    }

    /// Takes the rows with these indexes away, as far as they are there; returns how many were (HrDeleteRows).
    ///
    /// # Errors
    /// `MAPI_E_INVALID_PARAMETER` for a value of another type than the index: nothing is deleted then.
    pub fn delete_rows(&self, indexes: &[PropValue]) -> Result<usize> {
        let keys = indexes.iter().map(|index| self.key(index));
        let keys: Vec<Vec<u8>> = keys.collect::<Result<_>>()?;
        let mut rows = self.lock();
        let gone = keys.iter().filter(|key| rows.remove(key)).count();
        drop(rows);
        self.changed();
        Ok(gone)
    }

    /// Takes all rows away and returns how many there were (HrDeleteRows with TAD_ALL_ROWS).
    #[must_use = "it says how many rows there were"]
    pub fn delete_all_rows(&self) -> usize {
        let mut rows = self.lock();
        rows.by_index.clear();
        let gone = std::mem::take(&mut rows.rows).len();
        drop(rows);
        self.changed();
        gone
    }

    /// The row with this index and its number, from 0 (HrQueryRow).
    ///
    /// # Errors
    /// `MAPI_E_NOT_FOUND`; `MAPI_E_INVALID_PARAMETER` for a value of another type than the index.
    pub fn query_row(&self, index: &PropValue) -> Result<(TableDataRow, usize)> {
        let key = self.key(index)?;
        let rows = self.lock();
        let at = rows.at(&key).ok_or_else(not_found)?;
        let row = rows.rows.get(at).ok_or_else(not_found)?;
        Ok((properties(&row.row), at))
    }

    /// The row of this number in the order in which rows were put in; `None` past the last one (HrEnumRow).
    #[must_use]
    pub fn enum_row(&self, number: usize) -> Option<TableDataRow> {
        self.lock().rows.get(number).map(|row| properties(&row.row))
    }

    /// Tells the sinks of views that the row with this index is modified, whether it is or not (HrNotify): they look at it
    /// again.
    ///
    /// # Errors
    /// `MAPI_E_NOT_FOUND`; `MAPI_E_INVALID_PARAMETER` for a value of another type than the index.
    pub fn notify(&self, index: &PropValue) -> Result<()> {
        let key = self.key(index)?;
        let rows = self.lock();
        let row = rows.at(&key).and_then(|at| rows.rows.get(at));
        let number = row.ok_or_else(not_found)?.row.number;
        drop(rows);
        if self.heard {
            self.bell.ring_for(ItemId(number));
        }
        Ok(())
    }

    /// Rows in all.
    #[must_use]
    pub fn len(&self) -> usize {
        self.lock().rows.len()
    }

    /// Whether there are no rows.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// A view of the rows, in the order in which they were put in until it is sorted (HrGetView). Its columns are those of
    /// the table now.
    pub fn view(&self) -> TableBuilder {
        TableBuilder::new(Ok(Box::new(self.memory(None))))
    }

    /// A sorted view; `released` is called when the view is dropped.
    ///
    /// # Errors
    /// Those of [`Table::sort`].
    pub fn view_with(
        &self,
        sort: SortOrderSet,
        released: impl FnOnce(&Self) + Send + 'static,
    ) -> Result<Table> {
        let release = Release {
            data: self.clone(),
            call: Mutex::new(Some(Box::new(released))),
        };
        let view = TableBuilder::new(Ok(Box::new(self.memory(Some(release))))).open()?;
        view.sort(sort)?;
        Ok(view)
    }

    fn memory(&self, release: Option<Release>) -> MemoryRows {
        let columns = self.lock().columns.clone();
        let rows = Arc::clone(&self.rows);
        MemoryRows::shared(columns.into(), move || {
            // Lives as long as the view.
            let _ = &release;
            Ok(lock(&rows).rows.clone())
        })
        .rung_by(&self.bell)
    }

    /// A row as it is kept, with the key of its index. PT_ERROR and PT_NULL say that there is no value.
    fn take_in(&self, row: &[(PropTag, PropValue)]) -> Result<(Vec<u8>, Bag)> {
        let mut bag = Bag::new();
        for (tag, value) in row {
            if !matches!(value, PropValue::Error(_) | PropValue::Null) {
                bag.set(*tag, value.clone());
            }
        }
        let index = bag
            .value(self.index)
            .ok_or_else(|| invalid(format!("the row has no {}", self.index)))?;
        Ok((self.key(index)?, bag))
    }

    fn key(&self, index: &PropValue) -> Result<Vec<u8>> {
        let same = index.ty() == self.index.ty()
            || (index.ty().is_string() && self.index.ty().is_string());
        let mut key = Vec::new();
        if same && value_key(index, &mut key) {
            return Ok(key);
        }
        Err(invalid(format!("the index is a {}", self.index.ty())))
    }

    fn lock(&self) -> MutexGuard<'_, Rows> {
        lock(&self.rows)
    }
}

fn lock(rows: &Mutex<Rows>) -> MutexGuard<'_, Rows> {
    rows.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Rows {
    /// The number of the row with this index.
    fn at(&self, key: &[u8]) -> Option<usize> {
        let rank = self.by_index.get(key)?;
        self.rows.binary_search_by(|row| row.rank.cmp(rank)).ok()
    }

    fn put(&mut self, key: Vec<u8>, props: Bag) {
        let old = self.at(&key).and_then(|at| self.rows.get_mut(at));
        match old {
            Some(row) => {
                let (number, rank) = (row.row.number, row.rank.clone());
                *row = ranked(number, rank, props);
                let row = Arc::clone(row);
                self.learn(&row.row);
            }
            None => self.insert(usize::MAX, key, props),
        }
    }

    fn insert(&mut self, before: usize, key: Vec<u8>, props: Bag) {
        let at = before.min(self.rows.len());
        let number = self.next;
        self.next += 1;
        let low = at.checked_sub(1).and_then(|n| self.rows.get(n));
        let rank = match self.rows.get(at) {
            Some(high) => between(low.map_or(&[], |r| &r.rank), &high.rank),
            None => last(number),
        };
        let row = ranked(number, rank.clone(), props);
        self.learn(&row.row);
        self.rows.insert(at, row);
        self.by_index.insert(key, rank);
    }

    fn remove(&mut self, key: &[u8]) -> bool {
        let at = self.at(key);
        if let Some(at) = at {
            self.rows.remove(at);
            self.by_index.remove(key);
        }
        at.is_some()
    }

    /// Columns of later views.
    fn learn(&mut self, row: &MemoryRow) {
        for (id, slot) in row.props.iter() {
            if !self.columns.iter().any(|c| c.id() == *id) {
                self.columns.push(PropTag::new(*id, slot.ty()));
            }
        }
    }
}

fn ranked(number: u64, rank: Rank, props: Bag) -> Arc<Ranked> {
    let id = props.value(tags::ENTRYID).and_then(PropValue::as_bytes);
    let entry_id = EntryId::from(id.unwrap_or_default());
    let row = MemoryRow {
        number,
        props,
        entry_id,
    };
    Arc::new(Ranked { rank, row })
}

fn properties(row: &MemoryRow) -> TableDataRow {
    let property = |(id, slot): (&u16, &Slot)| match slot {
        Slot::Value(value) => Some((value.tag(*id), value.clone())),
        Slot::Large(_) => None,
    };
    row.props.iter().filter_map(property).collect()
}

/// What is called when a view is gone.
type Released = Box<dyn FnOnce(&TableData) + Send>;

/// Calls back when the view that holds it is gone.
struct Release {
    data: TableData,
    call: Mutex<Option<Released>>,
}

impl fmt::Debug for Release {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Release").finish_non_exhaustive()
    }
}

impl Drop for Release {
    fn drop(&mut self) {
        let call = self.call.get_mut().unwrap_or_else(PoisonError::into_inner);
        if let Some(call) = call.take() {
            call(&self.data);
        }
    }
}

fn invalid(why: impl Into<String>) -> Error {
    Error::new(Code::INVALID_PARAMETER, why)
}

fn not_found() -> Error {
    Error::new(Code::NOT_FOUND, "no row has this index")
}
