//! The rows of one category, packed: eight bytes each, whether the category is expanded or not.

use mapi_spi::ItemId;

/// Rows by item and instance, with what they count as.
#[derive(Debug, Default)]
pub(super) struct Members {
    /// The item times two, plus one if it is unread.
    items: Vec<u64>,
    /// The instances; empty as long as all are 0.
    instances: Vec<u32>,
}

/// A row: item, instance, whether it is unread.
pub(super) type Member = (ItemId, u32, bool);

impl Members {
    /// Adds a row at the end: see [`Self::arrange`].
    pub(super) fn push(&mut self, (item, instance, unread): Member) {
        if instance > 0 && self.instances.is_empty() {
            self.instances = vec![0; self.items.len()];
        }
        self.items.push(item.0 << 1 | u64::from(unread));
        if instance > 0 || !self.instances.is_empty() {
            self.instances.push(instance);
        }
    }

    /// Sorts them by item and instance.
    pub(super) fn arrange(&mut self) {
        if self.instances.is_empty() {
            self.items.sort_unstable();
            return;
        }
        let mut rows: Vec<_> = self.items.drain(..).zip(self.instances.drain(..)).collect();
        rows.sort_unstable_by_key(|(item, instance)| (item >> 1, *instance));
        (self.items, self.instances) = rows.into_iter().unzip();
    }

    /// The rows; by item and instance once they are arranged.
    pub(super) fn iter(&self) -> impl Iterator<Item = Member> + '_ {
        let instances = self.instances.iter().copied();
        let instances = instances.chain(std::iter::repeat(0));
        (self.items.iter().zip(instances))
            .map(|(n, instance)| (ItemId(n >> 1), instance, n & 1 == 1))
    }

    /// Whether a row is among them; they must be arranged.
    pub(super) fn has(&self, item: ItemId, instance: u32) -> bool {
        let start = self.items.partition_point(|n| n >> 1 < item.0);
        let same = self.items.iter().skip(start);
        let count = same.take_while(|n| *n >> 1 == item.0).count();
        if self.instances.is_empty() {
            return count > 0 && instance == 0;
        }
        let instances = self.instances.iter().skip(start).take(count);
        instances.clone().any(|n| *n == instance)
    }

    /// Takes all rows of these items out, which are sorted; how many rows and unread ones there were. They must be
    /// arranged.
    pub(super) fn remove(&mut self, gone: &[ItemId]) -> (u32, u32) {
        if !self.has_any(gone) {
            return (0, 0);
        }
        let (mut rows, mut unread) = (0, 0);
        let mut kept = Self::default();
        for (item, instance, is_unread) in self.iter() {
            if gone.binary_search(&item).is_ok() {
                rows += 1;
                unread += u32::from(is_unread);
            } else {
                kept.push((item, instance, is_unread));
            }
        }
        *self = kept;
        (rows, unread)
    }

    /// Looks the fewer up among the more.
    fn has_any(&self, items: &[ItemId]) -> bool {
        let (Some(first), Some(last)) = (self.items.first(), self.items.last()) else {
            return false;
        };
        let low = items.partition_point(|item| item.0 < first >> 1);
        let high = items.partition_point(|item| item.0 <= last >> 1);
        let items = items.get(low..high).unwrap_or_default();
        if items.len() < self.items.len() {
            let find = |item: &ItemId| self.items.binary_search_by(|n| (n >> 1).cmp(&item.0));
            return items.iter().any(|item| find(item).is_ok());
        }
        let mut own = self.items.iter().map(|n| ItemId(n >> 1));
        own.any(|item| items.binary_search(&item).is_ok())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn rows_come_and_go_as_in_a_set() {
        for many in [false, true] {
            let mut members = Members::default();
            let mut model = BTreeSet::new();
            let mut seed = 7_u64;
            let mut next = |below: u64| {
                seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                (seed >> 33) % below
            };
            for _ in 0..500 {
                let mut gone: Vec<ItemId> = (0..next(12)).map(|_| ItemId(next(60))).collect();
                gone.sort_unstable();
                gone.dedup();
                let before = model.len();
                let unread = |m: &BTreeSet<Member>| m.iter().filter(|row| row.2).count();
                let unread_before = unread(&model);
                model.retain(|row| !gone.contains(&row.0));
                let (rows, unread_rows) = members.remove(&gone);
                assert_eq!(rows as usize, before - model.len());
                assert_eq!(unread_rows as usize, unread_before - unread(&model));
                for item in gone {
                    let is_unread = next(2) == 1;
                    for instance in 0..=(if many { next(3) as u32 } else { 0 }) {
                        members.push((item, instance, is_unread));
                        model.insert((item, instance, is_unread));
                    }
                }
                members.arrange();
                assert!(members.iter().eq(model.iter().copied()));
                let (item, instance) = (ItemId(next(60)), next(3) as u32);
                let there = model.iter().any(|row| (row.0, row.1) == (item, instance));
                assert_eq!(members.has(item, instance), there);
            }
        }
    }
}
