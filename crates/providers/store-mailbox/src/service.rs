//! The message service MALLE_MAILBOX: a Maildir or mbox where it lies, named by a profile.

use std::path::PathBuf;
use std::sync::Arc;

use mapi_props::{Code, PropTag, PropType};
use mapi_spi::{
    Call, Error, OpenStore, Result, Service, ServiceConfig, ServiceDescription, Setting,
    SettingKind, Store, Support,
};

use crate::MailboxStore;

/// PR_SERVICE_NAME.
pub const NAME: &str = "MALLE_MAILBOX";

/// Mail of other programs, read in its place. One setting: `path`, a Maildir, an mbox file, or a directory tree of them.
///
/// It is read only, whatever the mode says, and never made: what there is is there. It can be the only store of a profile;
/// then nothing can be written or sent.
///
/// ```no_run
/// # use std::sync::Arc;
/// # use mapi_spi::{Call, OpenMode, OpenStore, Service, ServiceConfig, Store, Support};
/// # fn open(support: Arc<dyn Support>) -> mapi_spi::Result<Arc<dyn Store>> {
/// let mut config = ServiceConfig { base: "/home/me/profile".into(), ..ServiceConfig::default() };
/// config.values.insert("path".to_owned(), "/home/me/Maildir".to_owned());
/// let open = OpenStore { config, mode: OpenMode::ReadOnly, provider: String::new() };
/// store_mailbox::MailboxService.open_store(&open, support, &Call::default())
/// # }
/// ```
#[derive(Debug, Clone, Copy, Default)]
pub struct MailboxService;

impl Service for MailboxService {
    fn name(&self) -> &str {
        NAME
    }

    fn display_name(&self) -> &str {
        "Maildir or mbox"
    }

    fn description(&self) -> ServiceDescription {
        let tag = PropTag::new(0x6600, PropType::UNICODE);
        let path = Setting::new("path", tag, SettingKind::Path).required();
        let path = path.explained(
            "Path",
            "A Maildir, an mbox file, or a folder with several of them. It is read and never changed.",
        );
        ServiceDescription::store(self.name(), self.display_name()).setting(path)
    }

    fn open_store(
        &self,
        open: &OpenStore,
        support: Arc<dyn Support>,
        call: &Call,
    ) -> Result<Arc<dyn Store>> {
        let path = path_of(&open.config)?;
        let beside = Some(open.config.base.as_path()).filter(|base| !base.as_os_str().is_empty());
        let store = MailboxStore::open(&path, beside, support.as_ref(), call)?;
        Ok(Arc::new(store))
    }
}

fn path_of(config: &ServiceConfig) -> Result<PathBuf> {
    let path = config.values.get("path").filter(|p| !p.is_empty());
    path.map(|p| config.base.join(p)).ok_or_else(|| {
        let detail = "the setting `path` (a Maildir or an mbox file) is missing";
        Error::new(Code::UNCONFIGURED, detail)
    })
}
