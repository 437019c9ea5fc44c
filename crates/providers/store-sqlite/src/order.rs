//! Indexed orders: which there are, and the keys by which messages stand in them.

mod build;
mod facet;

use std::borrow::Cow;
use std::sync::LazyLock;

use mapi_kit::engine::{ItemRow, Plan};
use mapi_props::{
    PropTag, PropType, PropValue, SortColumn, SortOrder, SortOrderSet, message_flags, tags,
};
use mapi_query::COLLATION_VERSION;
use mapi_spi::{ItemId, Result, RowSet, StoreInfo, View};
use rusqlite::{Connection, params};

pub(crate) use build::ensure;
pub(crate) use facet::{Folded, equal_prefix, folded_of, holds_unknown};

use crate::failure::Lift;
use crate::transaction::Txn;

/// Keys are cut to this many bytes; shorter ones are whole. Rows whose keys were cut alike are told apart by reading them,
/// so the cut lies beyond what notices of one kind (a cron job, a tracker) have in common.
pub(crate) const KEY_BYTES: usize = 256;
/// The key of messages that do not have the property: after all others.
pub(crate) const MISSING_KEY: &[u8] = &[2];
/// The number of the order by delivery time, which always exists.
pub(crate) const DATE: u8 = 0;
/// The number of the unread messages by delivery time.
pub(crate) const UNREAD: u8 = 13;

/// An order that can be indexed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Order {
    /// Its number in the file, never given to another property.
    pub(crate) id: u8,
    /// The property.
    pub(crate) tag: PropTag,
    /// The direction in which its keys ascend; of a facet: in which the delivery times of its keys do.
    pub(crate) natural: SortOrder,
    pub(crate) shape: Shape,
}

/// Which messages stand in an index, and what their keys are made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    /// All, by the property.
    Sorted,
    /// Those that are unread, by delivery time: keys are those of order 0.
    Unread,
    /// Those with a text under the property: a hash of the text, then the delivery time.
    Equal,
    /// Those with a text under the property: the delivery time, then the folded text.
    Folded,
}

/// All orders. Of those that flag changes move, only the unread messages are kept up when flags change.
static ORDERS: LazyLock<[Order; 22]> = LazyLock::new(|| {
    use SortOrder::{Ascend, Descend};
    let order = |id, tag: PropTag, natural| Order {
        id,
        tag,
        natural,
        shape: Shape::Sorted,
    };
    let facet = |id, tag: PropTag, shape| Order {
        id,
        tag,
        natural: Descend,
        shape,
    };
    [
        order(DATE, tags::MESSAGE_DELIVERY_TIME.raw(), Descend),
        order(1, tags::SUBJECT.raw(), Ascend),
        order(2, tags::NORMALIZED_SUBJECT.raw(), Ascend),
        order(3, tags::SENDER_NAME.raw(), Ascend),
        order(4, tags::SENT_REPRESENTING_NAME.raw(), Ascend),
        order(5, tags::MESSAGE_SIZE.raw(), Descend),
        order(6, tags::CLIENT_SUBMIT_TIME.raw(), Descend),
        order(7, tags::LAST_MODIFICATION_TIME.raw(), Descend),
        order(8, tags::MESSAGE_CLASS.raw(), Ascend),
        order(9, tags::IMPORTANCE.raw(), Descend),
        order(10, tags::DISPLAY_TO.raw(), Ascend),
        order(11, tags::CREATION_TIME.raw(), Descend),
        order(12, tags::CONVERSATION_TOPIC.raw(), Ascend),
        facet(UNREAD, tags::MESSAGE_FLAGS.raw(), Shape::Unread),
        facet(14, tags::SENDER_NAME.raw(), Shape::Equal),
        facet(15, tags::SENDER_EMAIL_ADDRESS.raw(), Shape::Equal),
        facet(16, tags::SENT_REPRESENTING_NAME.raw(), Shape::Equal),
        facet(
            17,
            tags::SENT_REPRESENTING_EMAIL_ADDRESS.raw(),
            Shape::Equal,
        ),
        facet(18, tags::MESSAGE_CLASS.raw(), Shape::Equal),
        facet(19, tags::CONVERSATION_TOPIC.raw(), Shape::Equal),
        facet(20, tags::INTERNET_MESSAGE_ID.raw(), Shape::Equal),
        facet(21, tags::SUBJECT.raw(), Shape::Folded),
    ]
});

/// A view per order, sorted by its property in its natural direction; facets by delivery time.
static VIEWS: LazyLock<Vec<View>> = LazyLock::new(|| {
    let view = |order: &Order| View {
        container: ItemId(1),
        rows: RowSet::Contents {
            associated: false,
            deleted: false,
        },
        columns: Vec::new(),
        restriction: None,
        sort: SortOrderSet::by([SortColumn {
            tag: match order.shape {
                Shape::Sorted => order.tag,
                _ => tags::MESSAGE_DELIVERY_TIME.raw(),
            },
            order: order.natural,
        }]),
    };
    ORDERS.iter().map(view).collect()
});

/// The indexed order that sorts like this column, in whichever direction.
pub(crate) fn for_column(column: SortColumn) -> Option<Order> {
    let same = |o: &&Order| {
        o.shape == Shape::Sorted
            && o.tag.id() == column.tag.id()
            && (o.tag.ty() == column.tag.ty()
                || (o.tag.ty().is_string()
                    && column.tag.ty().is_string()
                    && !column.tag.ty().is_multi()))
    };
    ORDERS.iter().find(same).copied()
}

/// The order by a number or a time that every value of this tag has its place in.
pub(crate) fn for_value(tag: PropTag) -> Option<Order> {
    let plain = matches!(tag.ty(), PropType::LONG | PropType::SYSTIME);
    for_column(SortColumn::descending(tag)).filter(|o| plain && o.natural == SortOrder::Descend)
}

/// The facet of this shape over a property.
pub(crate) fn facet_of(tag: PropTag, shape: Shape) -> Option<Order> {
    let same = |o: &&Order| o.shape == shape && o.tag.id() == tag.id();
    ORDERS.iter().find(same).copied()
}

/// The order of this number.
pub(crate) fn by_id(id: u8) -> Option<Order> {
    ORDERS.iter().find(|o| o.id == id).copied()
}

/// The orders that writers must keep: the default one, and all that are built or being built.
pub(crate) fn kept(db: &Connection) -> Result<Vec<Order>> {
    let mut kept: Vec<Order> = by_id(DATE).into_iter().collect();
    let mut select = db.prepare_cached("SELECT id FROM ord ORDER BY id").lift()?;
    let mut rows = select.query([]).lift()?;
    while let Some(row) = rows.next().lift()? {
        kept.extend(by_id(row.get(0).lift()?));
    }
    Ok(kept)
}

/// Whether an order can be read now: built, and under the present collation.
pub(crate) fn is_ready(db: &Connection, order: Order) -> Result<bool> {
    if order.id == DATE {
        return Ok(true);
    }
    db.prepare_cached("SELECT 1 FROM ord WHERE id = ?1 AND ready = 1 AND collation = ?2")
        .and_then(|mut s| s.exists(params![order.id, COLLATION_VERSION]))
        .lift()
}

/// Makes the keys of rows.
#[derive(Debug)]
pub(crate) struct Keys<'a> {
    plans: Vec<(Order, Plan<'a>)>,
}

impl<'a> Keys<'a> {
    /// For these orders.
    pub(crate) fn new(info: &'a StoreInfo, orders: &[Order]) -> Result<Self> {
        let plan = |o: &Order| {
            let view = VIEWS.get(usize::from(o.id))?;
            Some(Plan::new(info, view).map(|plan| (*o, plan)))
        };
        Ok(Self {
            plans: orders.iter().filter_map(plan).collect::<Result<_>>()?,
        })
    }

    /// The key of a row in the first order; `None` if it does not stand in it.
    pub(crate) fn first(&self, row: &dyn ItemRow) -> Option<Vec<u8>> {
        let (order, plan) = self.plans.first()?;
        key(*order, plan, row)
    }

    /// The key of a row in each order in which it stands.
    pub(crate) fn of(&self, row: &dyn ItemRow) -> Vec<(u8, Vec<u8>)> {
        self.plans
            .iter()
            .filter_map(|(order, plan)| Some((order.id, key(*order, plan, row)?)))
            .collect()
    }
}

fn key(order: Order, plan: &Plan<'_>, row: &dyn ItemRow) -> Option<Vec<u8>> {
    let whole = || plan.key(row, 0);
    match order.shape {
        Shape::Sorted => {
            let mut key = whole();
            key.truncate(KEY_BYTES);
            Some(key)
        }
        Shape::Unread => is_unread(ItemRow::meta(row).flags).then(whole),
        Shape::Equal => facet::equal_key(order.tag, plan, row),
        Shape::Folded => facet::folded_key(order.tag, plan, row),
    }
}

/// Whether a message with these flags stands among the unread ones.
pub(crate) const fn is_unread(flags: u32) -> bool {
    flags & message_flags::READ == 0
}

/// The key under which a value stands in an order; `None`: missing.
pub(crate) fn key_of(order: Order, value: Option<&PropValue>) -> Vec<u8> {
    let sort = SortOrderSet::by([SortColumn {
        tag: order.tag,
        order: order.natural,
    }]);
    let mut key = mapi_query::row_key(&sort, &Remembered(value));
    key.truncate(KEY_BYTES);
    key
}

/// A row of which one value is known.
struct Remembered<'a>(Option<&'a PropValue>);

impl mapi_query::Row for Remembered<'_> {
    fn get(&self, _: PropTag) -> Option<Cow<'_, PropValue>> {
        self.0.map(Cow::Borrowed)
    }

    fn ty(&self, _: u16) -> Option<PropType> {
        self.0.map(PropValue::ty)
    }
}

/// Where the rows of an item stand: container, part, item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) container: u64,
    pub(crate) part: u8,
    pub(crate) item: u64,
}

/// Adds the rows of an item.
pub(crate) fn enter(txn: &Txn<'_>, place: Place, keys: &[(u8, Vec<u8>)]) -> Result<()> {
    let mut insert = txn.statement(
        "INSERT INTO entry (container, part, ord, key, item) VALUES (?1, ?2, ?3, ?4, ?5)",
    )?;
    for (ord, key) in keys {
        insert
            .execute(params![place.container, place.part, ord, key, place.item])
            .lift()?;
    }
    Ok(())
}

/// Removes the rows of an item. While an order is being built, its row may not be there yet.
pub(crate) fn leave(txn: &Txn<'_>, place: Place, keys: &[(u8, Vec<u8>)]) -> Result<()> {
    let mut delete = txn.statement(
        "DELETE FROM entry WHERE container = ?1 AND part = ?2 AND ord = ?3 AND key = ?4 AND item = ?5",
    )?;
    for (ord, key) in keys {
        delete
            .execute(params![place.container, place.part, ord, key, place.item])
            .lift()?;
    }
    Ok(())
}
