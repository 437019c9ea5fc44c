//! Order of rows under a sort order set: missing values last, whatever the direction.
//! Reference: "SSortOrderSet", "SSortOrder" (check TAB-17).

use std::borrow::Cow;
use std::cmp::Ordering;

use mapi_props::{PropTag, PropValue, SortColumn, SortOrder, SortOrderSet};

use crate::value_order::{end_marked, same_kind};
use crate::{Row, column_key, compare_column};

/// Compares two rows column by column.
///
/// A cell that is missing, large, of another type than its column, or of a type without order counts as missing, and
/// missing sorts last both in ASCEND and DESCEND. COMBINE and CATEG_MIN compare ascending here, CATEG_MAX descending;
/// what they mean for categories is the table engine's matter. Rows that are equal in all columns are `Equal`.
#[must_use]
pub fn compare_rows(order: &SortOrderSet, a: &dyn Row, b: &dyn Row) -> Ordering {
    order
        .columns
        .iter()
        .map(|c| compare_cells(*c, a, b))
        .find(|o| o.is_ne())
        .unwrap_or(Ordering::Equal)
}

/// The key of a row: byte order of keys is the order of [`compare_rows`].
///
/// ```
/// use mapi_props::{Bag, PropTag, PropType, SortColumn, SortOrderSet};
/// use mapi_query::{BagRow, row_key};
/// let importance = PropTag::new(0x0017, PropType::LONG);
/// let order = SortOrderSet::by([SortColumn::descending(importance)]);
/// let bag = |n: i32| { let mut bag = Bag::new(); bag.set(importance, n); bag };
/// let key = |bag: &Bag| row_key(&order, &BagRow(bag));
/// assert!(key(&bag(2)) < key(&bag(1)));
/// assert!(key(&bag(1)) < key(&Bag::new()), "missing is last");
/// ```
#[must_use]
pub fn row_key(order: &SortOrderSet, row: &dyn Row) -> Vec<u8> {
    let mut key = Vec::with_capacity(64);
    row_key_into(order, row, &mut key);
    key
}

/// Appends the key of a row. The key marks its own end, so an item number may follow as the last tie-break.
pub fn row_key_into(order: &SortOrderSet, row: &dyn Row, key: &mut Vec<u8>) {
    for column in &order.columns {
        cell_key_into(*column, sort_value(column.tag, row).as_deref(), key);
    }
}

/// Appends the part of a row's key that one column makes of a value which [`sort_value`] gave.
pub fn cell_key_into(column: SortColumn, value: Option<&PropValue>, key: &mut Vec<u8>) {
    let Some(value) = value else {
        key.push(MISSING);
        return;
    };
    let start = key.len();
    key.push(PRESENT);
    end_marked(key, |key| {
        column_key(column.tag, value, key);
    });
    if is_descending(column.order) {
        key.iter_mut().skip(start + 1).for_each(|b| *b = !*b);
    }
}

/// Whether a key that [`cell_key_into`] made is that of a missing value.
#[must_use]
pub fn is_missing_key(key: &[u8]) -> bool {
    key.first() == Some(&MISSING)
}

/// Makes a key that [`cell_key_into`] made in one direction the key in the other one.
pub fn reverse_cell_key(key: &mut [u8]) {
    if let Some((&mut PRESENT, value)) = key.split_first_mut() {
        value.iter_mut().for_each(|b| *b = !*b);
    }
}

/// Marks before a cell's key.
const PRESENT: u8 = 1;
const MISSING: u8 = 2;

fn compare_cells(column: SortColumn, a: &dyn Row, b: &dyn Row) -> Ordering {
    match (sort_value(column.tag, a), sort_value(column.tag, b)) {
        (None, None) => Ordering::Equal,
        (Some(_), None) => Ordering::Less,
        (None, Some(_)) => Ordering::Greater,
        (Some(a), Some(b)) => {
            let ascending = compare_column(column.tag, &a, &b).unwrap_or(Ordering::Equal);
            if is_descending(column.order) {
                ascending.reverse()
            } else {
                ascending
            }
        }
    }
}

/// The value by which a row sorts in a column: of the column's type, or one element where the column is expanded; `None`
/// where it counts as missing.
#[must_use]
pub fn sort_value(tag: PropTag, row: &dyn Row) -> Option<Cow<'_, PropValue>> {
    let value = row.get(tag)?;
    let wanted = tag.ty();
    let fits = same_kind(value.ty(), wanted.without_instance())
        || (wanted.is_mv_instance() && same_kind(value.ty(), wanted.single()));
    (fits && crate::is_sortable(value.ty())).then_some(value)
}

const fn is_descending(order: SortOrder) -> bool {
    matches!(order, SortOrder::Descend | SortOrder::CategMax)
}
