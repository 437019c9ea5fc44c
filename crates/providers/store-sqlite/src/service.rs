//! The message service MALLE_LOCAL: a store file named by a profile.

use std::path::PathBuf;
use std::sync::Arc;

use mapi_props::{Code, PropTag, PropType};
use mapi_spi::{
    Call, Error, OpenStore, Result, Service, ServiceConfig, ServiceDescription, Setting,
    SettingKind, Store, Support,
};

use crate::SqliteStore;

/// The local store. One setting: `path`, the store's file, relative to the profile's folder.
///
/// ```no_run
/// # use std::sync::Arc;
/// # use mapi_spi::{Call, OpenMode, OpenStore, Service, ServiceConfig, Store, Support};
/// # fn open(support: Arc<dyn Support>) -> mapi_spi::Result<Arc<dyn Store>> {
/// let mut config = ServiceConfig { base: "/home/me/profile".into(), ..ServiceConfig::default() };
/// config.values.insert("path".to_owned(), "mail.malle".to_owned());
/// let open = OpenStore { config, mode: OpenMode::Create, provider: String::new() };
/// store_sqlite::SqliteService.open_store(&open, support, &Call::default())
/// # }
/// ```
#[derive(Debug, Clone, Copy, Default)]
pub struct SqliteService;

impl Service for SqliteService {
    fn name(&self) -> &str {
        "MALLE_LOCAL"
    }

    fn display_name(&self) -> &str {
        "Mail on this computer"
    }

    fn description(&self) -> ServiceDescription {
        let tag = PropTag::new(0x6600, PropType::UNICODE);
        let path = Setting::new("path", tag, SettingKind::Path)
            .required()
            .default("mail.malle")
            .explained(
                "File",
                "The file that holds the mail, relative to the folder of the profile. It is made when it is missing.",
            );
        ServiceDescription {
            wizard: true,
            ..ServiceDescription::store(self.name(), self.display_name()).setting(path)
        }
    }

    fn open_store(
        &self,
        open: &OpenStore,
        support: Arc<dyn Support>,
        call: &Call,
    ) -> Result<Arc<dyn Store>> {
        let path = path_of(&open.config)?;
        Ok(Arc::new(SqliteStore::open(
            &path, open.mode, support, call,
        )?))
    }
}

fn path_of(config: &ServiceConfig) -> Result<PathBuf> {
    let path = config.values.get("path").filter(|p| !p.is_empty());
    path.map(|p| config.base.join(p)).ok_or_else(|| {
        Error::new(
            Code::UNCONFIGURED,
            "the setting `path` (the store's file) is missing",
        )
    })
}
