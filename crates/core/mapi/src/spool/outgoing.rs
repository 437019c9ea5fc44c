//! A message that is about to be sent: read once, for its transports and for what becomes of it.
//! Reference: "Sending Messages: Transport Provider Tasks" (requirements OUT-08, XP-01)

use mapi_kit::export::{ExportFrom, export};
use mapi_props::{Bag, MessageTree, StoredMessage};
use mapi_spi::{ItemId, ItemMeta, Result};

use super::Spool;

/// A message of the queue, read.
#[derive(Debug)]
pub struct Picked {
    /// What the store knows of it; its change number is that of the state that was read.
    pub meta: ItemMeta,
    /// Its own properties.
    pub props: Bag,
    /// Its recipient rows.
    pub recipients: Vec<Bag>,
}

impl Spool {
    /// Reads a message: what the store needs when it settles it, and all of it as a tree. Large values of the tree are
    /// read when they are needed.
    ///
    /// # Errors
    /// `MAPI_E_NOT_FOUND`; those of the store.
    pub fn pick(&self, item: ItemId) -> Result<(Picked, MessageTree)> {
        let context = &self.context;
        let data = context.spi()?.message(item, &context.call)?;
        let from = ExportFrom {
            store: &context.opened.store,
            names: &context.opened.names,
            item: Some(item),
            staged: &[],
            call: &context.call,
        };
        let tree = export(from, &data.body)?;
        let StoredMessage {
            props, recipients, ..
        } = data.body;
        let meta = data.meta;
        let picked = Picked {
            meta,
            props,
            recipients,
        };
        Ok((picked, tree))
    }
}
