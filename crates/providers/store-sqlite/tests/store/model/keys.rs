//! The keys of all rows of a view, and rows by their places: what categories are made of.

use std::ops::ControlFlow;

use mapi_spi::{ItemId, Store, View};

use super::Pair;
use crate::ground::call;

impl Pair {
    /// Both stores show the same keys, in whatever order, and the same rows at places that are and are not there.
    pub(super) fn compare_keys(&mut self, view: &View, real_view: &View) {
        let keys = |store: &dyn Store, view: &View| {
            let mut rows = Vec::new();
            let shown = store.each_key(view, &call(), &mut |row| {
                let columns = (0..row.ends.len()).map(|n| row.column(n).to_vec());
                let columns: Vec<_> = columns.collect();
                rows.push((row.item, row.instance, row.flags, columns));
                ControlFlow::Continue(())
            });
            shown.unwrap();
            rows
        };
        let mut a = keys(&self.model, view);
        let mut b = keys(&self.real, real_view);
        for row in &mut b {
            row.0 = self.model_id(row.0);
        }
        a.sort();
        b.sort();
        assert_eq!(a, b, "keys of {view:?}");

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
