//! A home with one profile whose default store is measured.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use malle_host::{Home, LOCAL_SERVICE, MalleHost, Profiles, default_config};
use mapi::{Folder, InitFlags, Logon, Mapi, MsgStore, Session};

/// Name of the profile.
pub(crate) const PROFILE: &str = "big";

/// An open session on the home that is measured.
#[derive(Debug)]
pub struct Big {
    home: PathBuf,
    session: Session,
}

impl Big {
    /// Makes the profile, or opens it when the home has it.
    ///
    /// # Errors
    /// When the home cannot be used.
    pub fn create(home: &Path) -> Result<Self> {
        let host = host(home);
        if host.profiles().names()?.is_empty() {
            let config: BTreeMap<_, _> =
                default_config(LOCAL_SERVICE).context("the local store is built in")?;
            host.create_profile(PROFILE, LOCAL_SERVICE, config)?;
            host.profiles().set_default(Some(PROFILE))?;
        }
        Self::open(home)
    }

    /// Opens it.
    ///
    /// # Errors
    /// When the home has no such profile.
    pub fn open(home: &Path) -> Result<Self> {
        Self::open_with(home, InitFlags::NONE)
    }

    /// Opens it in a program whose sinks are called in the background.
    ///
    /// # Errors
    /// When the home has no such profile.
    pub fn in_background(home: &Path) -> Result<Self> {
        Self::open_with(home, InitFlags::MULTITHREAD_NOTIFICATIONS)
    }

    fn open_with(home: &Path, flags: InitFlags) -> Result<Self> {
        let mapi = Mapi::initialize_with(host(home), flags);
        let session = Session::logon(&mapi, Logon::profile(PROFILE))?;
        Ok(Self {
            home: home.to_owned(),
            session,
        })
    }

    /// The session.
    #[must_use]
    pub const fn session(&self) -> &Session {
        &self.session
    }

    /// Ends it.
    pub fn logoff(&self) {
        self.session.logoff();
    }

    /// The store.
    ///
    /// # Errors
    /// When the session has ended.
    pub fn store(&self) -> Result<MsgStore> {
        Ok(self.session.default_store()?)
    }

    /// The folder with the messages.
    ///
    /// # Errors
    /// When the store has none.
    pub fn inbox(&self) -> Result<Folder> {
        Ok(self.store()?.receive_folder("IPM.Note")?)
    }

    /// The file of the store.
    ///
    /// # Errors
    /// When the home has none, or several.
    pub fn store_file(&self) -> Result<PathBuf> {
        let mut stores = self.files()?;
        stores.retain(|(path, _)| path.extension().is_some_and(|e| e == "malle"));
        match stores.as_slice() {
            [(path, _)] => Ok(path.clone()),
            other => bail!("{} stores below {}", other.len(), self.home.display()),
        }
    }

    /// Bytes of all files below the home.
    ///
    /// # Errors
    /// When they cannot be listed.
    pub fn file_bytes(&self) -> Result<u64> {
        Ok(self.files()?.iter().map(|(_, bytes)| bytes).sum())
    }

    fn files(&self) -> Result<Vec<(PathBuf, u64)>> {
        Self::files_below(&self.home)
    }

    /// All files below a home, with their bytes.
    pub(crate) fn files_below(home: &Path) -> Result<Vec<(PathBuf, u64)>> {
        let mut open = vec![home.to_owned()];
        let mut files = Vec::new();
        while let Some(folder) = open.pop() {
            for entry in std::fs::read_dir(folder)? {
                let entry = entry?;
                let about = entry.metadata()?;
                if about.is_dir() {
                    open.push(entry.path());
                } else {
                    files.push((entry.path(), about.len()));
                }
            }
        }
        Ok(files)
    }
}

fn host(home: &Path) -> Arc<MalleHost> {
    Arc::new(MalleHost::new(Profiles::of(Home::below(home))))
}
