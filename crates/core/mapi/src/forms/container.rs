//! A library of forms, open to be looked into and changed (IMAPIFormContainer).
//! Reference: "IMAPIFormContainer", "MAPIOpenLocalFormContainer" (requirements FM-05, R-FormContainer)

use std::sync::Arc;

use mapi_forms::{Form, FormError, Note, class};
use mapi_props::Code;
use mapi_spi::{Error, Result};

use super::library::Library;
use super::{FormInfo, FormSource};
use crate::context::{ErrorNote, LastError};
use crate::subsystem::Subsystem;
use crate::{FormFlags, InstallFormFlags, Mapi};

/// One library of forms. Changes are permanent at once.
#[derive(Debug)]
pub struct FormContainer {
    subsystem: Arc<Subsystem>,
    of: Library,
    errors: ErrorNote,
}

/// What installing a form did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Installed {
    /// There was none of its class.
    Added,
    /// The old one is gone (INSTALL_OVERWRITEONCONFLICT).
    Replaced,
    /// The old one has new platforms; nothing else of it changed.
    Merged,
    /// There was one, and it knew all platforms.
    Unchanged,
}

impl Mapi {
    /// The local library, without a session (MAPIOpenLocalFormContainer).
    ///
    /// # Errors
    /// `MAPI_E_NOT_INITIALIZED`.
    pub fn open_local_form_container(&self) -> Result<FormContainer> {
        self.subsystem.check()?;
        let subsystem = Arc::clone(&self.subsystem);
        let library = Library::Local(Arc::clone(&subsystem));
        Ok(FormContainer::new(subsystem, library))
    }
}

impl FormContainer {
    pub(super) fn new(subsystem: Arc<Subsystem>, library: Library) -> Self {
        Self {
            subsystem,
            of: library,
            errors: ErrorNote::default(),
        }
    }

    /// Its forms, by class.
    ///
    /// # Errors
    /// Those of reading the library.
    pub fn forms(&self) -> Result<Vec<FormInfo>> {
        let source = self.source();
        let loaded = self.check().and_then(|()| self.of.load());
        let forms = loaded.map(|library| {
            let info = |form: &Arc<Form>| FormInfo::new(Arc::clone(form), source);
            library.iter().map(info).collect()
        });
        self.errors.track(forms)
    }

    /// The form of a class in this library alone (ResolveMessageClass).
    ///
    /// # Errors
    /// `MAPI_E_NOT_FOUND`; those of reading the library.
    pub fn resolve_message_class(&self, class: &str, flags: FormFlags) -> Result<FormInfo> {
        let exact = flags.contains(FormFlags::EXACT_MATCH);
        let loaded = self.check().and_then(|()| self.of.load());
        let found = loaded.and_then(|library| {
            let most = if exact { 1 } else { usize::MAX };
            let form = class::line(class)
                .take(most)
                .find_map(|one| library.get(one));
            let none = || Error::new(Code::NOT_FOUND, format!("no form here serves {class}"));
            let form = form.map(Arc::clone).ok_or_else(none)?;
            Ok(FormInfo::new(form, self.source()))
        });
        self.errors.track(found)
    }

    /// Installs a form. Without OVERWRITE_ON_CONFLICT one of the same class keeps all but platforms that it lacks.
    ///
    /// # Errors
    /// `MAPI_E_NO_ACCESS` in a folder that cannot be written; `MAPI_E_NO_SUPPORT` of a host without a local library;
    /// those of saving. The library is as it was then.
    pub fn install(&self, form: &Form, flags: InstallFormFlags) -> Result<Installed> {
        self.errors.track(self.put(form, flags))
    }

    /// Installs the form that a configuration file describes (InstallForm); see [`Form::install`].
    ///
    /// # Errors
    /// `MAPI_E_EXTENDED_ERROR` for a file that is not as it should be, or an icon that is none: [`Self::last_error`]
    /// says which line; those of [`Self::install`].
    pub fn install_file(
        &self,
        file: &[u8],
        open: &mut dyn FnMut(&str) -> std::io::Result<Vec<u8>>,
        flags: InstallFormFlags,
    ) -> Result<(FormInfo, Installed, Vec<Note>)> {
        let wrong = |e: FormError| Error::caused(Code::EXTENDED_ERROR, e.to_string(), e);
        let installed = Form::install(file, open).map_err(wrong);
        let installed = installed.and_then(|(form, notes)| {
            let done = self.put(&form, flags)?;
            Ok((FormInfo::new(Arc::new(form), self.source()), done, notes))
        });
        self.errors.track(installed)
    }

    /// Removes the form of this very class (RemoveForm).
    ///
    /// # Errors
    /// `MAPI_E_NOT_FOUND` if there is none; `MAPI_E_NO_ACCESS`; those of saving.
    pub fn remove(&self, class: &str) -> Result<()> {
        let removed = self.check().and_then(|()| self.of.remove(class));
        self.subsystem.forms.count();
        self.errors.track(removed)
    }

    /// What the last failing call on this library said; `None` after a success.
    #[must_use]
    pub fn last_error(&self) -> Option<LastError> {
        self.errors.last()
    }

    fn put(&self, form: &Form, flags: InstallFormFlags) -> Result<Installed> {
        self.check()?;
        // With a dialog, which nobody is there to see, it would be the user who decides.
        let overwrite = flags.contains(InstallFormFlags::OVERWRITE_ON_CONFLICT)
            && !flags.contains(InstallFormFlags::DIALOG);
        let done = self.of.install(form, overwrite);
        self.subsystem.forms.count();
        done
    }

    fn check(&self) -> Result<()> {
        self.subsystem.check()
    }

    fn source(&self) -> FormSource {
        match &self.of {
            Library::Local(_) => FormSource::Local,
            Library::Folder(folder) if folder.item() == folder.context.info().root => {
                FormSource::Personal
            }
            Library::Folder(_) => FormSource::Folder,
        }
    }
}
