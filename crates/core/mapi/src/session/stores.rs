//! The table of stores. Reference: "Message Store Tables" (requirement STO-02)

use mapi_kit::computed::{store_computed, store_entry_id};
use mapi_props::{Bag, PropTag, PropValue, tags};
use mapi_spi::Result;

use super::Session;
use crate::context::OpenedStore;
use crate::table::{MemoryRow, MemoryRows, Source};
use crate::{EntryId, TableBuilder};

/// STATUS_DEFAULT_STORE.
const DEFAULT_STORE: i32 = 0x2;
/// MAPI_STORE_PROVIDER.
const STORE_PROVIDER: i32 = 33;

const COLUMNS: [PropTag; 11] = [
    tags::DEFAULT_STORE.raw(),
    tags::DISPLAY_NAME.raw(),
    tags::ENTRYID.raw(),
    tags::INSTANCE_KEY.raw(),
    tags::MDB_PROVIDER.raw(),
    tags::OBJECT_TYPE.raw(),
    tags::PROVIDER_DISPLAY.raw(),
    tags::RECORD_KEY.raw(),
    tags::RESOURCE_FLAGS.raw(),
    tags::RESOURCE_TYPE.raw(),
    tags::SERVICE_NAME.raw(),
];

pub(super) fn table(session: &Session) -> TableBuilder {
    let session = session.clone();
    let fetch = move || {
        session.inner.life.check()?;
        let stores = (1..).zip(&session.inner.stores);
        stores
            .map(|(number, store)| row(&session, number, store))
            .collect()
    };
    let rows = MemoryRows {
        columns: &COLUMNS,
        fetch: Box::new(fetch),
        bookmarks: true,
    };
    TableBuilder::new(Ok(Box::new(rows) as Box<dyn Source>))
}

fn row(session: &Session, number: u64, opened: &OpenedStore) -> Result<MemoryRow> {
    let info = opened.store.info();
    let stored = opened.store.store_props(&session.call)?;
    let name = stored
        .text(tags::DISPLAY_NAME)
        .unwrap_or(&info.display_name)
        .to_owned();
    let mut props = Bag::new();
    for tag in [tags::ENTRYID, tags::RECORD_KEY, tags::MDB_PROVIDER].map(mapi_props::Tag::raw) {
        if let Some(value) = store_computed(info, tag) {
            props.set(tag, value);
        }
    }
    if let Some(PropValue::Long(kind)) = store_computed(info, tags::OBJECT_TYPE.raw()) {
        props.set(tags::OBJECT_TYPE, kind);
    }
    props.set(tags::DEFAULT_STORE, opened.default);
    props.set(tags::DISPLAY_NAME, name);
    props.set(tags::PROVIDER_DISPLAY, opened.service_display);
    props.set(
        tags::RESOURCE_FLAGS,
        if opened.default { DEFAULT_STORE } else { 0 },
    );
    props.set(tags::RESOURCE_TYPE, STORE_PROVIDER);
    props.set(tags::SERVICE_NAME, opened.service.as_str());
    Ok(MemoryRow {
        number,
        props,
        entry_id: EntryId::from(store_entry_id(&info.uid)),
    })
}
