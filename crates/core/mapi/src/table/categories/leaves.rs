//! The rows of an expanded category in their order.

use mapi_kit::computed::instance_key;
use mapi_spi::ItemId;

/// Rows, and the keys that sort them.
#[derive(Debug, Default)]
pub(super) struct Leaves {
    keys: Vec<u8>,
    rows: Vec<Placed>,
}

#[derive(Debug, Clone, Copy)]
struct Placed {
    item: ItemId,
    instance: u32,
    /// Where in `keys` its key ends, and how long it is.
    end: usize,
    len: usize,
}

/// A row.
#[derive(Debug, Clone, Copy)]
pub(super) struct Leaf<'a> {
    pub(super) item: ItemId,
    pub(super) instance: u32,
    pub(super) key: &'a [u8],
}

impl Leaves {
    /// Adds a row at the end: see [`Self::arrange`].
    pub(super) fn push<'a>(
        &mut self,
        (item, instance): (ItemId, u32),
        key: impl Iterator<Item = &'a [u8]>,
    ) {
        let start = self.keys.len();
        key.for_each(|column| self.keys.extend_from_slice(column));
        self.rows.push(Placed {
            item,
            instance,
            end: self.keys.len(),
            len: self.keys.len() - start,
        });
    }

    /// Puts the rows in the order of their keys, those with one key in that of their numbers.
    pub(super) fn arrange(&mut self) {
        let keys = &self.keys;
        self.rows.sort_unstable_by(|a, b| {
            (key(keys, a).cmp(key(keys, b)))
                .then_with(|| (a.item, a.instance).cmp(&(b.item, b.instance)))
        });
        self.rows.shrink_to_fit();
    }

    pub(super) fn get(&self, nth: u32) -> Option<Leaf<'_>> {
        let row = self.rows.get(usize::try_from(nth).ok()?)?;
        Some(Leaf {
            item: row.item,
            instance: row.instance,
            key: key(&self.keys, row),
        })
    }

    /// Which row is the one of this item and instance.
    pub(super) fn position(&self, item: ItemId, instance: u32) -> Option<u32> {
        let same = |row: &Placed| (row.item, row.instance) == (item, instance);
        u32::try_from(self.rows.iter().position(same)?).ok()
    }

    /// How many rows stand before a key with an instance key after it, or with it too where it is `inclusive`.
    pub(super) fn before(&self, place: &[u8], inclusive: bool) -> u64 {
        let is_before = |row: &Placed| {
            let own = [key(&self.keys, row), &instance_key(row.item, row.instance)].concat();
            own.as_slice() < place || (inclusive && own == place)
        };
        u64::try_from(self.rows.partition_point(is_before)).unwrap_or(u64::MAX)
    }
}

fn key<'a>(keys: &'a [u8], row: &Placed) -> &'a [u8] {
    keys.get(row.end - row.len..row.end).unwrap_or_default()
}
