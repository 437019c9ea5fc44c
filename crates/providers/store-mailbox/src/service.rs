//! The message service MALLE_MAILBOX: a Maildir or mbox where it lies, named by a profile.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use mapi_props::{Code, PropTag, PropType};
use mapi_spi::{
    Call, Error, OpenStore, Result, Service, ServiceConfig, ServiceDescription, ServiceDraft,
    ServiceEvent, Setting, SettingKind, SettingProblem, Store, Support, UiHost,
    enter_by_description,
};

use crate::MailboxStore;
use crate::walk::{Kind, starts_as_mbox, walk};

/// PR_SERVICE_NAME.
pub const NAME: &str = "MALLE_MAILBOX";

/// The setting.
const PATH: &str = "path";

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
        let path = Setting::new(PATH, tag, SettingKind::Path).required();
        let path = path.explained(
            "Path",
            "A Maildir, an mbox file, or a folder with several of them. It is read and never changed.",
        );
        ServiceDescription::store(self.name(), self.display_name()).setting(path)
    }

    /// As described; and a path that is new is one where mail lies.
    fn entry(
        &self,
        event: &ServiceEvent<'_>,
        draft: &mut ServiceDraft,
        ui: &dyn UiHost,
        call: &Call,
    ) -> Result<()> {
        let before = draft.config.values.get(PATH).cloned();
        enter_by_description(&self.description(), event, draft, ui, call)?;
        let now = draft.config.values.get(PATH);
        match event {
            ServiceEvent::Create { .. } => {}
            // What is away for a while may be configured otherwise.
            ServiceEvent::Configure { .. } if now != before.as_ref() => {}
            _ => return Ok(()),
        }
        now.map_or(Ok(()), |path| holds_mail(&draft.config, path, call))
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
    let path = config.values.get(PATH).filter(|p| !p.is_empty());
    path.map(|p| config.base.join(p)).ok_or_else(|| {
        let detail = "the setting `path` (a Maildir or an mbox file) is missing";
        Error::new(Code::UNCONFIGURED, detail)
    })
}

/// Fails for a path where no mail lies, with the key, the value and what is allowed.
fn holds_mail(config: &ServiceConfig, path: &str, call: &Call) -> Result<()> {
    let place = config.base.join(path);
    if place.is_relative() {
        // Where the profile lies is not known yet: opening tells.
        return Ok(());
    }
    let why = match reason_against(&place, call) {
        Ok(None) => return Ok(()),
        Ok(Some(why)) => why,
        Err(error) => error.to_string(),
    };
    call.check()?;
    let problem = SettingProblem::Unfit {
        key: PATH.to_owned(),
        value: path.to_owned(),
        allowed: "a Maildir, an mbox file or a folder with several of them".to_owned(),
        why,
    };
    Err(problem.into())
}

/// Why there is no mail at a path, if there is none. An empty file is an mbox without messages.
fn reason_against(place: &Path, call: &Call) -> Result<Option<String>> {
    let failed = |why: std::io::Error| Ok(Some(why.to_string()));
    let meta = match std::fs::metadata(place) {
        Ok(meta) => meta,
        Err(why) => return failed(why),
    };
    if meta.is_file() {
        let opened = std::fs::File::open(place).map(std::io::BufReader::new);
        return match opened.and_then(|mut file| starts_as_mbox(&mut file)) {
            Ok(true) => Ok(None),
            Ok(false) if meta.len() == 0 => Ok(None),
            Ok(false) => Ok(Some(
                "it is a file that does not begin as an mbox".to_owned(),
            )),
            Err(why) => failed(why),
        };
    }
    if !meta.is_dir() {
        return Ok(Some("it is neither a file nor a folder".to_owned()));
    }
    let walked = walk(place, call)?;
    let mut kinds = walked.folders.iter().map(|found| found.kind);
    let holds = kinds.any(|kind| kind != Kind::Bare);
    Ok((!holds).then(|| "there is no mail in it".to_owned()))
}
