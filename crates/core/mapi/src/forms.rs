//! Forms by message class: libraries that hold them, the manager that resolves classes, and what shows a message.
//! Reference: "MAPI Forms", "IMAPIFormMgr" (requirements STO-12, FM-05, FM-08, R-FormMgr)

mod container;
mod info;
mod library;
mod show;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use mapi_forms::{class, standard};
use mapi_props::Code;
use mapi_spi::{Error, ItemId, Result};

use crate::context::{ErrorNote, LastError};
use crate::{Folder, FormFlags, Session};

pub use container::{FormContainer, Installed};
pub use info::{FormInfo, FormSource};
use library::{Library, LoadedLibrary};
pub(crate) use show::Tokens;
pub use show::{FormHost, FormToken, MessageSite, SiteStatus};

/// Which library of forms (HFRMREG).
#[derive(Debug, Clone)]
pub enum FormLibrary {
    /// Of this computer's user, for all profiles.
    Local,
    /// Of the profile: in the root folder of its default store.
    Personal,
    /// Of a folder: copied with it.
    Folder(Folder),
}

/// Finds the form of a message class (IMAPIFormMgr). Libraries are sought in this order: local, the folder's if one is
/// given, personal, the default set; in all of them for the exact class before in any for a class that it inherits from.
///
/// It remembers libraries and what a class resolved to, for each exact class. What this program installs or
/// removes is seen at once; what others did, after [`Self::refresh`], or through another one.
///
/// ```
/// # fn show(session: &mapi::Session) -> mapi::Result<()> {
/// use mapi::FormFlags;
///
/// let forms = session.forms()?;
/// let form = forms.resolve_message_class("IPM.Contact.Customer", FormFlags::NONE, None)?;
/// assert_eq!((form.message_class(), form.icon_name()), ("IPM.Contact", "x-office-contact"));
/// # Ok(()) }
/// ```
#[derive(Debug)]
pub struct Forms {
    session: Session,
    cache: Mutex<Cache>,
    errors: ErrorNote,
}

/// What was looked up since the libraries last changed.
#[derive(Debug, Default)]
struct Cache {
    generation: u64,
    local: Option<Arc<LoadedLibrary>>,
    personal: Option<Arc<LoadedLibrary>>,
    folders: HashMap<FolderKey, Arc<LoadedLibrary>>,
    resolved: HashMap<(Option<FolderKey>, String), FormInfo>,
}

/// A folder, in whichever store.
type FolderKey = (mapi_props::Guid, ItemId);

/// Classes that are remembered; beyond that it starts anew.
const MOST_RESOLVED: usize = 10_000;

impl Session {
    /// The form manager (MAPIOpenFormMgr).
    ///
    /// # Errors
    /// `MAPI_E_END_OF_SESSION`.
    pub fn forms(&self) -> Result<Forms> {
        self.track(self.check())?;
        Ok(Forms {
            session: self.clone(),
            cache: Mutex::default(),
            errors: ErrorNote::default(),
        })
    }
}

impl Forms {
    /// The form of a class, or of the nearest class that it inherits from (ResolveMessageClass). `folder`: whose library
    /// is sought too.
    ///
    /// # Errors
    /// `MAPI_E_NOT_FOUND` if no form serves the class, or with EXACT_MATCH none is its very own;
    /// `MAPI_E_INVALID_PARAMETER` for what is no message class; those of reading the libraries.
    pub fn resolve_message_class(
        &self,
        class: &str,
        flags: FormFlags,
        folder: Option<&Folder>,
    ) -> Result<FormInfo> {
        self.errors.track(self.resolve(class, flags, folder))
    }

    /// The same for several classes; `None` for those that no form serves. Without a list: every form of the libraries,
    /// one for each class (ResolveMultipleMessageClasses).
    ///
    /// # Errors
    /// Those of [`Self::resolve_message_class`] but `MAPI_E_NOT_FOUND`.
    pub fn resolve_multiple(
        &self,
        classes: Option<&[&str]>,
        flags: FormFlags,
        folder: Option<&Folder>,
    ) -> Result<Vec<Option<FormInfo>>> {
        let resolved = match classes {
            Some(classes) => classes
                .iter()
                .map(|class| self.resolve_or_none(class, flags, folder))
                .collect(),
            None => self.all(folder),
        };
        self.errors.track(resolved)
    }

    /// A library, to look into and to change (OpenFormContainer).
    ///
    /// # Errors
    /// `MAPI_E_NOT_FOUND` for the personal one without a default store; `MAPI_E_NO_SUPPORT` for a folder of a store
    /// without associated contents.
    pub fn open_container(&self, library: &FormLibrary) -> Result<FormContainer> {
        let library = self.open_library(library);
        let subsystem = &self.session.state().subsystem;
        self.errors
            .track(library.map(|library| FormContainer::new(Arc::clone(subsystem), library)))
    }

    /// Forgets what is remembered, so that the next look sees what other programs installed.
    pub fn refresh(&self) {
        *self.lock() = Cache::default();
    }

    /// What the last failing call here said; `None` after a success.
    #[must_use]
    pub fn last_error(&self) -> Option<LastError> {
        self.errors.last()
    }

    fn open_library(&self, library: &FormLibrary) -> Result<Library> {
        self.session.check()?;
        let folder = match library {
            FormLibrary::Local => {
                return Ok(Library::Local(Arc::clone(&self.session.state().subsystem)));
            }
            FormLibrary::Personal => self.session.default_store()?.root_folder()?,
            FormLibrary::Folder(folder) => folder.clone(),
        };
        Library::of(folder)
    }

    fn resolve_or_none(
        &self,
        class: &str,
        flags: FormFlags,
        folder: Option<&Folder>,
    ) -> Result<Option<FormInfo>> {
        match self.resolve(class, flags, folder) {
            Ok(found) => Ok(Some(found)),
            Err(e) if e.code() == Code::NOT_FOUND => Ok(None),
            Err(e) => Err(e),
        }
    }

    fn resolve(&self, class: &str, flags: FormFlags, folder: Option<&Folder>) -> Result<FormInfo> {
        self.session.check()?;
        if !class::is_class(class) {
            let detail = format!("{class:?} is no message class");
            return Err(Error::new(Code::INVALID_PARAMETER, detail));
        }
        let key = (folder.map(Folder::key), class::folded(class));
        let remembered = self.lock().resolved.get(&key).cloned();
        let found = match remembered {
            Some(found) => Some(found),
            None => self.seek(class, folder)?,
        };
        let none = || Error::new(Code::NOT_FOUND, format!("no form serves the class {class}"));
        let found = found.ok_or_else(none)?;
        let mut cache = self.lock();
        if cache.resolved.len() >= MOST_RESOLVED {
            cache.resolved.clear();
        }
        cache.resolved.entry(key).or_insert_with(|| found.clone());
        drop(cache);
        let is_own = found.message_class().eq_ignore_ascii_case(class);
        if flags.contains(FormFlags::EXACT_MATCH) && !is_own {
            return Err(none());
        }
        Ok(found)
    }

    fn seek(&self, class: &str, folder: Option<&Folder>) -> Result<Option<FormInfo>> {
        let libraries = self.libraries(folder)?;
        let found = class::line(class).find_map(|class| {
            let kept = libraries.iter().find_map(|(source, library)| {
                let form = library.get(class)?;
                Some(FormInfo::new(Arc::clone(form), *source))
            });
            let own = || standard::forms().iter().find(|form| form.is_of(class));
            kept.or_else(|| Some(FormInfo::new(Arc::clone(own()?), FormSource::Standard)))
        });
        Ok(found)
    }

    fn all(&self, folder: Option<&Folder>) -> Result<Vec<Option<FormInfo>>> {
        let libraries = self.libraries(folder)?;
        let mut all: Vec<FormInfo> = Vec::new();
        let kept = libraries.iter().flat_map(|(source, library)| {
            library
                .iter()
                .map(|form| FormInfo::new(Arc::clone(form), *source))
        });
        let standard = standard::forms().iter();
        let standard = standard.map(|form| FormInfo::new(Arc::clone(form), FormSource::Standard));
        for form in kept.chain(standard) {
            let known = |other: &FormInfo| other.form().is_of(form.message_class());
            if !all.iter().any(known) {
                all.push(form);
            }
        }
        Ok(all.into_iter().map(Some).collect())
    }

    /// The libraries in the order in which they are sought, the default set apart.
    fn libraries(&self, folder: Option<&Folder>) -> Result<Vec<(FormSource, Arc<LoadedLibrary>)>> {
        let mut libraries = vec![(FormSource::Local, self.local()?)];
        if let Some(folder) = folder {
            libraries.push((FormSource::Folder, self.of_folder(folder)?));
        }
        libraries.push((FormSource::Personal, self.personal()?));
        Ok(libraries)
    }

    fn local(&self) -> Result<Arc<LoadedLibrary>> {
        if let Some(known) = &self.lock().local {
            return Ok(Arc::clone(known));
        }
        let loaded = Arc::new(self.open_library(&FormLibrary::Local)?.load()?);
        Ok(Arc::clone(self.lock().local.insert(loaded)))
    }

    fn personal(&self) -> Result<Arc<LoadedLibrary>> {
        if let Some(known) = &self.lock().personal {
            return Ok(Arc::clone(known));
        }
        let loaded = match self.open_library(&FormLibrary::Personal) {
            Ok(library) => library.load()?,
            // A profile without a default store, or one whose store keeps none, has no personal forms.
            Err(e) if matches!(e.code(), Code::NOT_FOUND | Code::NO_SUPPORT) => {
                LoadedLibrary::default()
            }
            Err(e) => return Err(e),
        };
        Ok(Arc::clone(self.lock().personal.insert(Arc::new(loaded))))
    }

    fn of_folder(&self, folder: &Folder) -> Result<Arc<LoadedLibrary>> {
        let key = folder.key();
        if let Some(known) = self.lock().folders.get(&key) {
            return Ok(Arc::clone(known));
        }
        let loaded = match Library::of(folder.clone()) {
            Ok(library) => library.load()?,
            Err(e) if e.code() == Code::NO_SUPPORT => LoadedLibrary::default(),
            Err(e) => return Err(e),
        };
        let loaded = Arc::new(loaded);
        self.lock().folders.insert(key, Arc::clone(&loaded));
        Ok(loaded)
    }

    /// The cache, empty if a library of this program changed since.
    fn lock(&self) -> MutexGuard<'_, Cache> {
        let mut cache = self.cache.lock().unwrap_or_else(PoisonError::into_inner);
        let generation = self.session.state().subsystem.forms.now();
        if cache.generation != generation {
            *cache = Cache {
                generation,
                ..Cache::default()
            };
        }
        cache
    }
}

/// Counts the changes that this program makes to libraries.
#[derive(Debug, Default)]
pub(crate) struct FormChanges(std::sync::atomic::AtomicU64);

impl FormChanges {
    fn now(&self) -> u64 {
        self.0.load(std::sync::atomic::Ordering::Acquire)
    }

    fn count(&self) {
        self.0.fetch_add(1, std::sync::atomic::Ordering::AcqRel);
    }
}

impl Folder {
    fn key(&self) -> FolderKey {
        (self.context.info().uid, self.item())
    }
}
