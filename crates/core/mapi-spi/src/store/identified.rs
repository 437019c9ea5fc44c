//! Messages found by their PR_INTERNET_MESSAGE_ID, in a store that has no index of them.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::ops::ControlFlow;

use mapi_props::{FileTime, PropValue, tags};

use super::Store;
use crate::{Call, ItemId, ItemMeta, Result, RowSet, ScanBody};

/// Where a message stands among those of its folder that have its id.
type Rank = (Option<FileTime>, Reverse<ItemId>);

/// [`Store::with_message_id`] by a pass over all messages.
pub(super) fn look<S: Store + ?Sized>(
    store: &S,
    id: &str,
    limit: usize,
    call: &Call,
) -> Result<Vec<ItemMeta>> {
    let mut found: BTreeMap<ItemId, BTreeMap<Rank, ItemMeta>> = BTreeMap::new();
    store.scan(store.info().root, RowSet::Deep, call, &mut |row| {
        let ScanBody::Message(body) = row.body else {
            return ControlFlow::Continue(());
        };
        if body.props.text(tags::INTERNET_MESSAGE_ID) == Some(id) {
            let time = body.props.value(tags::MESSAGE_DELIVERY_TIME);
            let rank = (time.and_then(PropValue::as_time), Reverse(row.meta.id));
            let folder = found.entry(row.meta.parent).or_default();
            folder.insert(rank, row.meta.clone());
        }
        ControlFlow::Continue(())
    })?;
    let kept = found
        .into_values()
        .flat_map(|of_folder| of_folder.into_values().take(limit));
    let mut kept: Vec<ItemMeta> = kept.collect();
    kept.sort_unstable_by_key(|meta| meta.id);
    Ok(kept)
}
