//! A sheet filled in by forms: one after the other, until what was posted is taken.
//! Reference: "Property Sheet Implementation" (requirement DT-02)

use std::fmt;

use mapi::{Call, Refused, Result, Sheet, SheetData, SheetRequest, UiHost, cancelled};
use serde::Serialize;

use super::Form;
use super::posted::{FormPairs, Problem};

/// How a form can be left.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum FormEnd {
    /// Accepted, or given up.
    Sheet,
    /// A page of a wizard: on, given up, and back if `back`.
    Wizard {
        /// Whether there is no page behind it.
        last: bool,
        /// Whether there is one before it.
        back: bool,
    },
    /// Closed: it only shows.
    Shown,
}

/// What a button of a form does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FormTurn {
    /// Accepts the sheet.
    Accept,
    /// Goes back to the page before; what is required can wait.
    Back,
    /// Gives the sheet up.
    Cancel,
    /// Presses the button with this number in the sheet.
    Press(usize),
}

impl FormTurn {
    /// What the button posts.
    pub(super) fn name(self) -> String {
        match self {
            Self::Accept => "accept".to_owned(),
            Self::Back => "back".to_owned(),
            Self::Cancel => "cancel".to_owned(),
            Self::Press(number) => format!("press{number}"),
        }
    }

    pub(super) fn named(name: &str) -> Option<Self> {
        match name {
            "accept" => Some(Self::Accept),
            "back" => Some(Self::Back),
            "cancel" => Some(Self::Cancel),
            name => {
                let number = name.strip_prefix("press")?;
                number.parse().ok().map(Self::Press)
            }
        }
    }
}

/// Has a person fill in a sheet: `post` shows a form and returns what was posted from it, and is called again with what was
/// wrong until all is taken. Returns whether the person went on ([`FormTurn::Accept`]) or back ([`FormTurn::Back`]). Buttons of
/// the sheet may ask through `ui`; `say` puts into words why something was not taken.
///
/// # Errors
/// `MAPI_E_USER_CANCEL`: nothing was set, but for what is set at once. Those of `post`, and of data that cannot be read.
pub fn fill_by_forms(
    request: &SheetRequest<'_>,
    end: FormEnd,
    data: &mut dyn SheetData,
    asked: &mut Asked<'_>,
) -> Result<FormTurn> {
    let mut sheet = Sheet::open(request, data)?;
    let mut problems = Vec::new();
    loop {
        asked.call.check()?;
        let mut form = Form::of(&mut sheet, end)?;
        for Problem {
            number,
            refused,
            typed,
        } in problems
        {
            form.refuse(number, (asked.say)(&refused), typed);
        }
        let posted = form.read(&(asked.post)(&form)?);
        if posted.turn == Some(FormTurn::Cancel) {
            return Err(cancelled());
        }
        problems = posted.enter(&mut sheet);
        if let (Some(turn), true) = (posted.turn, problems.is_empty()) {
            match take(&mut sheet, turn, end, asked) {
                Ok(Some(turn)) => return Ok(turn),
                Ok(None) => {}
                Err(problem) => problems.push(problem),
            }
        }
    }
}

/// Whoever fills in forms.
pub struct Asked<'a> {
    /// Shows a form, and returns what was posted from it.
    pub post: &'a mut dyn FnMut(&Form) -> Result<FormPairs>,
    /// Why something was not taken, in the person's words.
    pub say: &'a dyn Fn(&Refused) -> String,
    /// Whom the buttons of a sheet may ask.
    pub ui: &'a dyn UiHost,
    /// The call that it is done for.
    pub call: &'a Call,
}

impl fmt::Debug for Asked<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Asked").finish_non_exhaustive()
    }
}

/// Does what a button is for; `None`: the sheet is shown again.
fn take(
    sheet: &mut Sheet<'_>,
    turn: FormTurn,
    end: FormEnd,
    asked: &Asked<'_>,
) -> std::result::Result<Option<FormTurn>, Problem> {
    let refused = |number| {
        move |refused| Problem {
            number,
            refused,
            typed: None,
        }
    };
    match (turn, end) {
        (FormTurn::Press(number), _) => {
            let pressed = sheet.press(number, asked.ui, asked.call);
            pressed.map_err(refused(Some(number)))?;
            Ok(None)
        }
        (FormTurn::Back, FormEnd::Wizard { back: true, .. }) => {
            let saved = sheet.save().map_err(Refused::Data);
            saved.map_err(refused(None))?;
            Ok(Some(turn))
        }
        (FormTurn::Accept, _) => match sheet.accept() {
            Ok(_) => Ok(Some(turn)),
            Err(Refused::Missing { number, label }) => {
                let missing = Refused::Missing { number, label };
                Err(refused(Some(number))(missing))
            }
            Err(other) => Err(refused(None)(other)),
        },
        (FormTurn::Back | FormTurn::Cancel, _) => Ok(None),
    }
}
