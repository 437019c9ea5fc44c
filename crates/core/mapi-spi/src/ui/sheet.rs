//! Sheets: controls over the properties of something.
//! Reference: "Property Sheet Implementation", "IMAPISupport::DoConfigPropsheet" (requirements DT-02, PA-03)

use std::collections::BTreeMap;

use mapi_props::display_table::{ControlId, DisplayTable};
use mapi_props::{Code, Guid, PropTag, PropValue};

use crate::provider::{SettingsData, settings_table};
use crate::{Call, Error, Result, Setting, UiHost};

/// A row of a table that a control shows.
pub type SheetRow = Vec<(PropTag, PropValue)>;

/// A sheet to be shown.
#[derive(Debug, Clone, Copy)]
pub struct SheetRequest<'a> {
    /// Of what.
    pub title: &'a str,
    /// Its controls.
    pub table: &'a DisplayTable,
    /// Whether nothing may be changed.
    pub read_only: bool,
    /// The page that is shown first, from 0 (PR_INITIAL_DETAILS_PANE).
    pub first_page: usize,
}

/// One page of a wizard.
#[derive(Debug, Clone, Copy)]
pub struct WizardPage<'a> {
    /// What is asked. Its title is that of the page.
    pub sheet: SheetRequest<'a>,
    /// Number of the page, from 1.
    pub number: usize,
    /// Whether there is a page before it.
    pub has_back: bool,
    /// Whether there is none behind it.
    pub is_last: bool,
}

/// Where a person goes from a page of a wizard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WizardMove {
    /// On; from the last page: done.
    Next,
    /// Back.
    Back,
}

/// What the controls of a sheet show and set: the associated property object of a display table.
pub trait SheetData {
    /// Values of properties, in order; `None` where there is none. The types are those that the controls name.
    ///
    /// # Errors
    /// Those of the object.
    fn get(&mut self, tags: &[PropTag]) -> Result<Vec<Option<PropValue>>>;

    /// Sets properties, all or none.
    ///
    /// # Errors
    /// `MAPI_E_INVALID_PARAMETER` for a value that cannot be, `MAPI_E_NO_ACCESS`, those of the object.
    fn set(&mut self, values: &[(PropTag, PropValue)]) -> Result<()>;

    /// The rows of a table that a control shows (PT_OBJECT).
    ///
    /// # Errors
    /// `MAPI_E_NO_SUPPORT` for an object without such tables.
    fn rows(&mut self, table: PropTag) -> Result<Vec<SheetRow>> {
        let detail = format!("{table}: there is no such table");
        Err(Error::new(Code::NO_SUPPORT, detail))
    }

    /// Whether a button can be pressed (IMAPIControl::GetState).
    ///
    /// # Errors
    /// `MAPI_E_NO_SUPPORT` for an object without such a control object.
    fn enabled(&mut self, control: PropTag) -> Result<bool> {
        let detail = format!("{control}: there is no such control object");
        Err(Error::new(Code::NO_SUPPORT, detail))
    }

    /// Does what a button is for (IMAPIControl::Activate).
    ///
    /// # Errors
    /// `MAPI_E_USER_CANCEL`, which nobody needs to be told; all others are shown.
    fn activate(&mut self, control: PropTag, _: &dyn UiHost, _: &Call) -> Result<()> {
        self.enabled(control).map(drop)
    }

    /// The controls whose rows were said to be modified since this was asked last (TABLE_ROW_MODIFIED): they are read again.
    fn changed(&mut self) -> Vec<ControlId> {
        Vec::new()
    }

    /// A sentence about a control, for people.
    fn help(&self, _: &ControlId) -> Option<String> {
        None
    }
}

/// The settings of a service or a provider as a sheet.
#[derive(Debug, Clone, Copy)]
pub struct SettingsSheet<'a> {
    /// Of what.
    pub title: &'a str,
    /// Whose they are: PR_SERVICE_UID or PR_PROVIDER_UID, so that controls differ where sheets are merged.
    pub owner: Guid,
    /// What can be set.
    pub settings: &'a [Setting],
    /// What is set.
    pub values: &'a BTreeMap<String, String>,
    /// Whether nothing may be changed.
    pub read_only: bool,
}

impl SettingsSheet<'_> {
    /// Shows the sheet over a copy of the values, and returns the copy as it is then. The values themselves stay as they are.
    ///
    /// # Errors
    /// Those of [`UiHost::sheet`].
    pub fn ask(&self, ui: &dyn UiHost, call: &Call) -> Result<BTreeMap<String, String>> {
        let mut data = SettingsData::new(self.owner, self.settings, self.values.clone());
        let request = SheetRequest {
            title: self.title,
            table: &settings_table(self.owner, self.title, self.settings),
            read_only: self.read_only,
            first_page: 0,
        };
        ui.sheet(&request, &mut data, call)?;
        Ok(data.into_values())
    }
}

/// What a sheet ends with where nobody can be asked: the first thing that is missing, by its name.
pub(super) fn unasked(sheet: &SheetRequest<'_>, data: &mut dyn SheetData) -> Error {
    use mapi_props::display_table::control_flags::REQUIRED;
    let required = sheet.table.controls.iter();
    let required = required.filter(|control| control.flags & REQUIRED != 0);
    for control in required {
        let Some(prop) = control.kind.prop() else {
            continue;
        };
        let empty = match data.get(&[prop]) {
            Ok(values) => !values.iter().flatten().any(|value| !is_empty(value)),
            Err(error) => return error,
        };
        if empty {
            let name = data.help(&control.id).unwrap_or_else(|| prop.to_string());
            let detail = format!("{}: nobody can be asked for {name}", sheet.title);
            return Error::new(Code::UNCONFIGURED, detail);
        }
    }
    let detail = format!("nobody can be asked for the settings of {}", sheet.title);
    Error::new(Code::UNCONFIGURED, detail)
}

fn is_empty(value: &PropValue) -> bool {
    match value {
        PropValue::Unicode(text) => text.is_empty(),
        PropValue::String8(text) => text.bytes.is_empty(),
        PropValue::Null | PropValue::Error(_) => true,
        _ => false,
    }
}
