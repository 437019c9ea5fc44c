//! What the transport's row in the status table says.
//! Requirement ST-01

use std::sync::{Arc, Mutex, PoisonError};

use mapi_props::{PropTag, PropValue, resource_methods, status_code, tags};
use mapi_spi::{StatusChange, Support};

use crate::settings::Settings;

/// The row.
#[derive(Debug)]
pub(super) struct Status {
    support: Arc<dyn Support>,
    says: Mutex<Says>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Says {
    code: i32,
    about: String,
}

/// Something goes on as long as this is there.
pub(super) struct While<'a> {
    status: &'a Status,
    bit: i32,
}

impl Drop for While<'_> {
    fn drop(&mut self) {
        self.status.becomes(0, self.bit);
    }
}

impl Status {
    /// The first row: it is there, and nobody has let it send or fetch yet.
    pub(super) fn begin(support: Arc<dyn Support>, settings: &Settings, damaged: usize) -> Self {
        let says = Says {
            code: status_code::AVAILABLE,
            about: text(settings, damaged),
        };
        let methods = resource_methods::VALIDATE_STATE
            | resource_methods::SETTINGS_DIALOG
            | resource_methods::FLUSH_QUEUES;
        let mut row = columns(&says);
        row.push((tags::RESOURCE_METHODS.raw(), methods.into()));
        support.modify_status_row(&row, StatusChange::Replace);
        Self {
            support,
            says: Mutex::new(says),
        }
    }

    /// Sets and clears bits of PR_STATUS_CODE.
    pub(super) fn becomes(&self, set: i32, clear: i32) {
        self.change(|says| says.code = (says.code & !clear) | set);
    }

    /// Says how things are: whose mailbox, and what of it could not be read.
    pub(super) fn about(&self, settings: &Settings, damaged: usize) {
        let text = text(settings, damaged);
        self.change(|says| says.about = text);
    }

    /// A bit that is set while something goes on.
    pub(super) fn while_it(&self, bit: i32) -> While<'_> {
        self.becomes(bit, 0);
        While { status: self, bit }
    }

    pub(super) fn is_offline(&self) -> bool {
        let says = self.says.lock().unwrap_or_else(PoisonError::into_inner);
        says.code & status_code::OFFLINE != 0
    }

    /// Tells the row if it changes. In order: what is told last is what is so.
    fn change(&self, change: impl FnOnce(&mut Says)) {
        let mut says = self.says.lock().unwrap_or_else(PoisonError::into_inner);
        let before = says.clone();
        change(&mut says);
        if *says != before {
            self.support
                .modify_status_row(&columns(&says), StatusChange::Update);
        }
    }
}

fn columns(says: &Says) -> Vec<(PropTag, PropValue)> {
    let text = match says.code & status_code::OFFLINE {
        0 => says.about.clone(),
        _ => format!("Offline. {}", says.about),
    };
    vec![
        (tags::STATUS_CODE.raw(), says.code.into()),
        (tags::STATUS_STRING.raw(), text.into()),
    ]
}

fn text(settings: &Settings, damaged: usize) -> String {
    let addresses: Vec<&str> = settings.addresses.iter().map(|a| a.as_str()).collect();
    let own = format!("The mailbox of {}.", addresses.join(", "));
    match damaged {
        0 => own,
        n => format!(
            "{own} {n} damaged and put aside: `damaged` in {}.",
            settings.spool.root().display()
        ),
    }
}
