//! Asking a person: what any front end does for entry points, for logging on and for programs.
//! Requirements: client 2, section 0.3
//!
//! Everything here has an answer without a person, so that nothing ever waits for one who is not there ([`Headless`]).

mod profile;
mod sheet;

use std::fmt::Debug;
use std::sync::Arc;

use mapi_props::Code;

use crate::{Call, Error, Progress, Result};

pub use profile::{ProfileAnswer, ProfileChoice};
pub use sheet::{SettingsSheet, SheetData, SheetRequest, SheetRow, WizardMove, WizardPage};

/// Whoever can ask a person. Each method answers as if there were nobody unless a host says otherwise.
pub trait UiHost: Send + Sync + Debug {
    /// Whether there is somebody who can be asked.
    fn is_there(&self) -> bool {
        false
    }

    /// Shows the controls of a sheet over `data`. What was changed is set by one call of [`SheetData::set`] when the person
    /// accepts; what is to be set at once is set when its control is left; nothing else is.
    ///
    /// # Errors
    /// `MAPI_E_USER_CANCEL`: nothing was set, but for what is set at once. `MAPI_E_UNCONFIGURED`: nobody can be asked; the
    /// detail names what is missing. Those of `data`.
    fn sheet(&self, sheet: &SheetRequest<'_>, data: &mut dyn SheetData, _: &Call) -> Result<()> {
        Err(sheet::unasked(sheet, data))
    }

    /// Lets a person choose a profile.
    ///
    /// # Errors
    /// `MAPI_E_USER_CANCEL`; `MAPI_E_LOGON_FAILED` where nobody can be asked.
    fn choose_profile(&self, choice: &ProfileChoice<'_>, _: &Call) -> Result<ProfileAnswer> {
        let detail = match choice.profiles {
            [] => "there is no profile, and nobody can be asked to make one",
            _ => "no profile was named, and nobody can be asked for one",
        };
        Err(Error::new(Code::LOGON_FAILED, detail))
    }

    /// Shows one page of a wizard over `data`. What was changed is set when the person goes on or back, as by
    /// [`Self::sheet`]; going back does not insist on what is required.
    ///
    /// # Errors
    /// `MAPI_E_USER_CANCEL`; `MAPI_E_LOGON_FAILED` where nobody can be asked. Those of `data`.
    fn wizard_page(
        &self,
        page: &WizardPage<'_>,
        _data: &mut dyn SheetData,
        _: &Call,
    ) -> Result<WizardMove> {
        let detail = format!("{}: nobody can be asked", page.sheet.title);
        Err(Error::new(Code::LOGON_FAILED, detail))
    }

    /// Asks whether to go on with something.
    ///
    /// # Errors
    /// `MAPI_E_USER_CANCEL` for no, and where nobody can be asked.
    fn confirm(&self, question: &str, _: &Call) -> Result<()> {
        let detail = format!("nobody can be asked: {question}");
        Err(Error::new(Code::USER_CANCEL, detail))
    }

    /// What shows how far something is that takes long; `None`: nothing does.
    fn progress(&self, _title: &str) -> Option<Arc<dyn Progress>> {
        None
    }
}

/// Nobody can be asked. Never blocks.
#[derive(Debug, Clone, Copy, Default)]
pub struct Headless;

impl UiHost for Headless {}
