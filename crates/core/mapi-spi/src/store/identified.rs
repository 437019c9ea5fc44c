//! Messages found by their PR_INTERNET_MESSAGE_ID, in a store that has no index of them.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use mapi_props::tags;

use super::Store;
use crate::{Call, ItemId, ItemMeta, Result, RowSet, ScanBody};

/// [`Store::with_message_id`] by a pass over all messages.
pub(super) fn look<S: Store + ?Sized>(
    store: &S,
    id: &str,
    limit: usize,
    call: &Call,
) -> Result<Vec<ItemMeta>> {
    let mut found = Vec::new();
    let mut in_folder: BTreeMap<ItemId, usize> = BTreeMap::new();
    store.scan(store.info().root, RowSet::Deep, call, &mut |row| {
        if let ScanBody::Message(body) = row.body
            && body.props.text(tags::INTERNET_MESSAGE_ID) == Some(id)
        {
            let there = in_folder.entry(row.meta.parent).or_default();
            *there += 1;
            if *there <= limit {
                found.push(row.meta.clone());
            }
        }
        ControlFlow::Continue(())
    })?;
    Ok(found)
}
