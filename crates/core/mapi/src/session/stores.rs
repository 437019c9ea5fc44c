//! The table of stores. Reference: "Message Store Tables" (requirement STO-02)

use std::sync::Arc;

use mapi_kit::computed::{store_computed, store_entry_id};
use mapi_props::{Bag, PropTag, resource_type, tags};
use mapi_spi::Result;

use super::Session;
use crate::context::OpenedStore;
use crate::host::resource_flags;
use crate::table::{Feed, MemoryRow, MemoryRows, Source};
use crate::{EntryId, TableBuilder};

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
    let member = Arc::clone(&session.member);
    let state = Arc::clone(&member.session);
    let bell = state.roster.bell(&state.subsystem.dispatcher);
    let fetch = move || {
        session.check()?;
        let stores = session.state().roster.with_flags();
        stores
            .iter()
            .map(|(store, flags)| row(&session, store, *flags))
            .collect()
    };
    let bell = Feed::Bell(Arc::clone(bell));
    let rows = MemoryRows::new(&COLUMNS, fetch).told(bell, &member, |_| false);
    TableBuilder::new(Ok(Box::new(rows) as Box<dyn Source>))
}

fn row(session: &Session, opened: &OpenedStore, flags: u32) -> Result<MemoryRow> {
    let info = opened.store.info();
    let stored = opened.store.store_props(session.call())?;
    let mut props = Bag::new();
    for tag in [
        tags::ENTRYID.raw(),
        tags::RECORD_KEY.raw(),
        tags::MDB_PROVIDER.raw(),
        tags::OBJECT_TYPE.raw(),
    ] {
        if let Some(value) = store_computed(info, tag) {
            props.set(tag, value);
        }
    }
    let service = &opened.place.service.service;
    let is_default = flags & resource_flags::DEFAULT_STORE != 0;
    props.set(tags::DEFAULT_STORE, is_default);
    props.set(
        tags::DISPLAY_NAME,
        crate::store::display_name(info, &stored),
    );
    props.set(tags::PROVIDER_DISPLAY, service.display_name());
    props.set(tags::RESOURCE_FLAGS, flags.cast_signed());
    props.set(tags::RESOURCE_TYPE, resource_type::STORE_PROVIDER);
    props.set(tags::SERVICE_NAME, service.name());
    Ok(MemoryRow {
        number: opened.place.provider.number,
        props,
        entry_id: EntryId::from(store_entry_id(&info.uid)),
    })
}
