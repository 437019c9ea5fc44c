//! The message service of stores in memory.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use mapi_props::{Code, PropTag, PropType};
use mapi_spi::{
    Call, Error, OpenMode, OpenStore, Result, Service, ServiceDescription, Setting, SettingKind,
    Store, Support,
};

use crate::store::{MemoryStore, Options};

/// PR_SERVICE_NAME.
pub const NAME: &str = "MALLE_MEMORY";

/// Stores in memory. With the setting `name` a store lives as long as the service, and is the same
/// for all who open that name; without it every open makes a new one.
#[derive(Debug, Default)]
pub struct MemoryService {
    options: Options,
    stores: Mutex<BTreeMap<String, MemoryStore>>,
}

impl MemoryService {
    /// A service whose stores claim and hold what `options` says.
    #[must_use]
    pub fn new(options: Options) -> Self {
        Self {
            options,
            stores: Mutex::default(),
        }
    }

    fn open(&self, open: &OpenStore, support: &Arc<dyn Support>) -> Result<MemoryStore> {
        let write = self.options.capabilities.write && open.mode != OpenMode::ReadOnly;
        let make = || MemoryStore::new(self.options, Arc::clone(support));
        let Some(name) = open.config.values.get("name") else {
            return Ok(make().reopened(write, Arc::clone(support)));
        };
        let mut stores = self.stores.lock().unwrap_or_else(PoisonError::into_inner);
        if !stores.contains_key(name) && open.mode != OpenMode::Create {
            let detail = format!("there is no store {name:?} in memory");
            return Err(Error::new(Code::NOT_FOUND, detail));
        }
        let store = stores.entry(name.clone()).or_insert_with(make);
        Ok(store.reopened(write, Arc::clone(support)))
    }
}

impl Service for MemoryService {
    fn name(&self) -> &str {
        NAME
    }

    fn display_name(&self) -> &str {
        "Memory"
    }

    fn description(&self) -> ServiceDescription {
        let tag = PropTag::new(0x6600, PropType::UNICODE);
        let name = Setting::new("name", tag, SettingKind::Text).explained(
            "Name",
            "Stores of the same name are the same store; without one every session has a new store.",
        );
        ServiceDescription::store(self.name(), self.display_name()).setting(name)
    }

    fn open_store(
        &self,
        open: &OpenStore,
        support: Arc<dyn Support>,
        call: &Call,
    ) -> Result<Arc<dyn Store>> {
        call.check()?;
        Ok(Arc::new(self.open(open, &support)?))
    }
}
