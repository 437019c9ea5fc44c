//! Logging on: the profile, its services, their stores.

use std::sync::Arc;

use mapi_kit::names::NameCache;
use mapi_props::Code;
use mapi_spi::{Call, Error, OpenMode, OpenStore, Result};

use super::{Inner, Mapi, ServiceFailure, Session};
use crate::context::{ErrorNote, LastError, Life, OpenedStore};
use crate::host::ProfileService;
use crate::{MsgStore, OpenFlags, TreeFlags};

/// How to log on.
///
/// ```
/// use mapi::Logon;
///
/// let by_name = Logon::profile("work").read_only();
/// let default = Logon::default_profile().create();
/// # drop((by_name, default));
/// ```
#[derive(Debug, Clone)]
#[must_use]
pub struct Logon {
    profile: Option<String>,
    mode: OpenMode,
    call: Call,
}

impl Logon {
    /// To this profile.
    pub fn profile(name: impl Into<String>) -> Self {
        Self {
            profile: Some(name.into()),
            ..Self::default_profile()
        }
    }

    /// MAPI_USE_DEFAULT: to the default profile.
    pub fn default_profile() -> Self {
        Self {
            profile: None,
            mode: OpenMode::ReadWrite,
            call: Call::default(),
        }
    }

    /// Stores are opened for reading only.
    pub const fn read_only(mut self) -> Self {
        self.mode = OpenMode::ReadOnly;
        self
    }

    /// Stores that do not exist yet are made.
    pub const fn create(mut self) -> Self {
        self.mode = OpenMode::Create;
        self
    }

    /// The session's calls are under `call`.
    pub fn under(mut self, call: Call) -> Self {
        self.call = call;
        self
    }
}

pub(super) fn logon(mapi: &Mapi, logon: Logon) -> Result<Session> {
    let host = mapi.host.as_ref();
    let name = match logon.profile {
        Some(name) => name,
        None => host.default_profile()?.ok_or_else(|| {
            Error::new(
                Code::LOGON_FAILED,
                "no profile was named and there is no default one",
            )
        })?,
    };
    let profile = host.profile(&name).map_err(|e| {
        Error::caused(
            Code::LOGON_FAILED,
            format!("profile `{name}` cannot be used"),
            e,
        )
    })?;
    let default = profile
        .services
        .iter()
        .position(|s| s.default_store)
        .unwrap_or(0);
    let life = Arc::new(Life::default());
    let mut stores = Vec::new();
    let mut failed = Vec::new();
    for (at, service) in profile.services.iter().enumerate() {
        let opening = Opening {
            mapi,
            profile: &name,
            mode: logon.mode,
            call: &logon.call,
        };
        match opening.open(service, at == default, &life) {
            Ok(store) => stores.push(Arc::new(store)),
            Err(e) if at == default => {
                let detail = format!("the default store of profile `{name}` cannot be opened");
                return Err(Error::caused(Code::LOGON_FAILED, detail, e));
            }
            Err(e) => failed.push(failure(service, &e)),
        }
    }
    let session = Session {
        inner: Arc::new(Inner {
            profile: name,
            life,
            stores,
            failed,
            errors: ErrorNote::default(),
        }),
        call: logon.call,
    };
    for opened in &session.inner.stores {
        validate(opened, &session.call)?;
    }
    Ok(session)
}

struct Opening<'a> {
    mapi: &'a Mapi,
    profile: &'a str,
    mode: OpenMode,
    call: &'a Call,
}

impl Opening<'_> {
    fn open(&self, entry: &ProfileService, default: bool, life: &Arc<Life>) -> Result<OpenedStore> {
        let host = self.mapi.host.as_ref();
        let service = host.service(&entry.service).ok_or_else(|| {
            Error::new(
                Code::UNCONFIGURED,
                format!("there is no service `{}`", entry.service),
            )
        })?;
        let support = host.support(self.profile, entry);
        let open = OpenStore {
            config: entry.config.clone(),
            mode: self.mode,
        };
        let store = service.open_store(&open, Arc::clone(&support), self.call)?;
        Ok(OpenedStore {
            store,
            support,
            names: NameCache::default(),
            letter: entry.letter.clone(),
            service: entry.service.clone(),
            service_display: service.display_name(),
            default,
            life: Arc::clone(life),
        })
    }
}

/// The default store gets the full tree, others the least one (STO-04). A read-only store stays as it is.
fn validate(opened: &Arc<OpenedStore>, call: &Call) -> Result<()> {
    if !opened.store.info().capabilities.write {
        return Ok(());
    }
    let store = MsgStore::new(Arc::clone(opened), call.clone(), OpenFlags::BEST_ACCESS)?;
    let flags = if opened.default {
        TreeFlags::FULL_IPM_TREE
    } else {
        TreeFlags::NONE
    };
    store.validate_ipm_subtree(flags).map(drop)
}

fn failure(service: &ProfileService, error: &Error) -> ServiceFailure {
    ServiceFailure {
        service: service.service.clone(),
        letter: service.letter.clone(),
        error: LastError {
            code: error.code(),
            detail: error.detail().to_owned(),
        },
    }
}
