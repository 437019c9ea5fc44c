//! Views: from an indexed order where there is one, else through the table engine over a scan.

mod row;
mod source;

use mapi_kit::engine::{self, Plan};
use mapi_props::Restriction;
use mapi_spi::{Anchor, Call, Direction, Page, Result, Row, RowKey, View};

use crate::store::Inner;
use crate::{log, store};
pub(crate) use row::{in_memory, show_known};
use source::Source;

/// A page of a view.
pub(crate) fn page(
    inner: &Inner,
    view: &View,
    from: &Anchor,
    count: i64,
    call: &Call,
) -> Result<Page> {
    let plan = Plan::new(&inner.info, view)?;
    let reader = inner.connections.reader(call)?;
    reader.begin()?;
    let seq = log::last(&reader)?;
    store::expect_folder(&reader, view.container)?;
    engine::page(
        &plan,
        &Source {
            db: &reader,
            view,
            plan: &plan,
        },
        seq,
        from,
        count,
        call,
    )
}

/// Rows of a view in all.
pub(crate) fn count(inner: &Inner, view: &View, call: &Call) -> Result<u64> {
    let plan = Plan::new(&inner.info, view)?;
    let reader = inner.connections.reader(call)?;
    reader.begin()?;
    store::expect_folder(&reader, view.container)?;
    engine::count(
        &plan,
        &Source {
            db: &reader,
            view,
            plan: &plan,
        },
        call,
    )
}

/// Rows before a place.
pub(crate) fn position(inner: &Inner, view: &View, key: &RowKey, call: &Call) -> Result<u64> {
    let plan = Plan::new(&inner.info, view)?;
    let reader = inner.connections.reader(call)?;
    reader.begin()?;
    store::expect_folder(&reader, view.container)?;
    engine::position(
        &plan,
        &Source {
            db: &reader,
            view,
            plan: &plan,
        },
        key,
        call,
    )
}

/// The next row that matches more.
pub(crate) fn find(
    inner: &Inner,
    view: &View,
    restriction: &Restriction,
    from: &Anchor,
    direction: Direction,
    call: &Call,
) -> Result<Option<Row>> {
    let plan = Plan::new(&inner.info, view)?;
    let reader = inner.connections.reader(call)?;
    reader.begin()?;
    store::expect_folder(&reader, view.container)?;
    engine::find(
        &plan,
        &Source {
            db: &reader,
            view,
            plan: &plan,
        },
        restriction,
        from,
        direction,
        call,
    )
}
