//! The keys of all rows of a view, and rows by their places: what categories are made of.

use std::ops::ControlFlow;

use mapi_spi::{ItemId, Store, View};

use super::Pair;
use crate::ground::call;

impl Pair {
    /// Both stores show the same keys, in whatever order, and the same rows at places that are and are not there.
    pub(super) fn compare_keys(&mut self, view: &View, real_view: &View) {
        let keys = |store: &dyn Store, view: &View, only: Option<&[ItemId]>| {
            let mut rows = Vec::new();
            let shown = store.each_key(view, only, &call(), &mut |row| {
                let columns = (0..row.ends.len()).map(|n| row.column(n).to_vec());
                let columns: Vec<_> = columns.collect();
                rows.push((row.item, row.instance, row.unread, columns));
                ControlFlow::Continue(())
            });
            shown.unwrap();
            rows
        };
        let mut a = keys(&self.model, view, None);
        let mut b = keys(&self.real, real_view, None);
        for row in &mut b {
            row.0 = self.model_id(row.0);
        }
        a.sort();
        b.sort();
        assert_eq!(a, b, "keys of {view:?}");

        // Of some messages alone, among them one of elsewhere, and a folder.
        let mut some: Vec<ItemId> = a.iter().map(|row| row.0).collect();
        some.dedup();
        self.chance.shuffle(&mut some);
        some.truncate(some.len() / 2);
        let wanted: Vec<_> = (a.iter()).filter(|row| some.contains(&row.0)).collect();
        let in_view: Vec<ItemId> = a.iter().map(|row| row.0).collect();
        let strays: Vec<ItemId> = (0..3).map(|_| self.a_message()).collect();
        some.extend(strays.into_iter().filter(|id| !in_view.contains(id)));
        some.sort_unstable();
        some.dedup();
        some.push(view.container);
        let real_some: Vec<ItemId> = some.iter().map(|id| self.real_id(*id)).collect();
        let mut of_model = keys(&self.model, view, Some(&some));
        let mut of_real = keys(&self.real, real_view, Some(&real_some));
        for row in &mut of_real {
            row.0 = self.model_id(row.0);
        }
        of_model.sort();
        of_real.sort();
        assert_eq!(of_model, of_real, "keys of {some:?} in {view:?}");
        assert_eq!(
            of_model.iter().collect::<Vec<_>>(),
            wanted,
            "{some:?} in {view:?}"
        );

        let mut places: Vec<(ItemId, u32)> = a.iter().map(|row| (row.0, row.1)).collect();
        self.chance.shuffle(&mut places);
        places.truncate(5);
        places.extend(places.first().map(|(item, _)| (*item, 77)));
        places.push((view.container, 0));
        let real_place = |(item, instance): &(ItemId, u32)| (self.real_id(*item), *instance);
        let real_places: Vec<_> = places.iter().map(real_place).collect();
        let (_, a) = self.model.rows_at(view, &places, None, &call()).unwrap();
        let read = self.real.rows_at(real_view, &real_places, None, &call());
        let (_, mut b) = read.unwrap();
        for row in &mut b {
            row.key.item = self.model_id(row.key.item);
        }
        assert_eq!(a, b, "{view:?} at {places:?}");
        assert!(a.len() + 2 >= places.len());
    }
}
