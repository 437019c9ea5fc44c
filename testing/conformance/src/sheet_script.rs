//! A user interface that follows a script: each step fills in one sheet or one page of a wizard, as a person would.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use mapi::display_table::ControlId;
use mapi::{
    Call, Error, ProfileAnswer, ProfileChoice, Progress, PropTag, PropValue, Result, Sheet,
    SheetData, SheetRequest, SheetRow, UiHost, WizardMove, WizardPage,
};

/// What is done with one sheet. A step that accepts a sheet does so itself; one that fails gives it up.
type Step = Box<dyn FnOnce(&mut Sheet<'_>) -> Result<WizardMove> + Send>;

/// A person who does what the steps say, and remembers what each sheet set, call by call.
#[derive(Default, Clone)]
pub(crate) struct ScriptedUi {
    steps: Arc<Mutex<VecDeque<Step>>>,
    sets: Arc<Mutex<Vec<Vec<PropTag>>>>,
    asked: Arc<Mutex<Vec<String>>>,
}

impl std::fmt::Debug for ScriptedUi {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ScriptedUi").finish_non_exhaustive()
    }
}

impl ScriptedUi {
    /// What to do with the next sheet that no other step is for; it is accepted or given up by the step.
    pub(crate) fn sheet(
        self,
        step: impl FnOnce(&mut Sheet<'_>) -> Result<()> + Send + 'static,
    ) -> Self {
        self.page(|sheet| step(sheet).map(|()| WizardMove::Next))
    }

    /// The same for a page of a wizard, which is not accepted here.
    pub(crate) fn page(
        self,
        step: impl FnOnce(&mut Sheet<'_>) -> Result<WizardMove> + Send + 'static,
    ) -> Self {
        self.steps.lock().unwrap().push_back(Box::new(step));
        self
    }

    /// The tags of each call that set something.
    pub(crate) fn sets(&self) -> Vec<Vec<PropTag>> {
        self.sets.lock().unwrap().clone()
    }

    /// What was shown: titles of sheets and pages, questions, `progress`.
    pub(crate) fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }

    fn note(&self, asked: &str) {
        self.asked.lock().unwrap().push(asked.to_owned());
    }

    fn follow(&self, request: &SheetRequest<'_>, data: &mut dyn SheetData) -> Result<WizardMove> {
        self.note(request.title);
        let step = self.steps.lock().unwrap().pop_front();
        let step = step.unwrap_or_else(|| panic!("nobody was to be asked: {}", request.title));
        let mut data = Noted {
            data,
            sets: &self.sets,
        };
        let mut sheet = Sheet::open(request, &mut data)?;
        step(&mut sheet)
    }
}

impl UiHost for ScriptedUi {
    fn is_there(&self) -> bool {
        true
    }

    fn sheet(&self, request: &SheetRequest<'_>, data: &mut dyn SheetData, _: &Call) -> Result<()> {
        self.follow(request, data).map(drop)
    }

    fn wizard_page(
        &self,
        page: &WizardPage<'_>,
        data: &mut dyn SheetData,
        _: &Call,
    ) -> Result<WizardMove> {
        self.follow(&page.sheet, data)
    }

    fn choose_profile(&self, _: &ProfileChoice<'_>, _: &Call) -> Result<ProfileAnswer> {
        self.note("profile");
        Err(mapi::cancelled())
    }

    fn confirm(&self, question: &str, _: &Call) -> Result<()> {
        self.note(question);
        Ok(())
    }

    fn progress(&self, _: &str) -> Option<Arc<dyn Progress>> {
        self.note("progress");
        None
    }
}

/// Properties whose settings are noted.
struct Noted<'a> {
    data: &'a mut dyn SheetData,
    sets: &'a Mutex<Vec<Vec<PropTag>>>,
}

impl SheetData for Noted<'_> {
    fn get(&mut self, tags: &[PropTag]) -> Result<Vec<Option<PropValue>>> {
        self.data.get(tags)
    }

    fn set(&mut self, values: &[(PropTag, PropValue)]) -> Result<()> {
        let tags = values.iter().map(|(tag, _)| *tag).collect();
        self.sets.lock().unwrap().push(tags);
        self.data.set(values)
    }

    fn rows(&mut self, table: PropTag) -> Result<Vec<SheetRow>> {
        self.data.rows(table)
    }

    fn enabled(&mut self, control: PropTag) -> Result<bool> {
        self.data.enabled(control)
    }

    fn activate(&mut self, control: PropTag, ui: &dyn UiHost, call: &Call) -> Result<()> {
        self.data.activate(control, ui, call)
    }

    fn changed(&mut self) -> Vec<ControlId> {
        self.data.changed()
    }

    fn help(&self, control: &ControlId) -> Option<String> {
        self.data.help(control)
    }
}

/// Accepts a sheet, or fails as it says.
pub(crate) fn accept(sheet: &mut Sheet<'_>) -> Result<()> {
    sheet.accept().map(drop).map_err(Error::from)
}
