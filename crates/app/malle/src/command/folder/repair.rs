//! `malle folder repair`: the store's own folders, looked for and made again.

use std::collections::HashSet;
use std::io;

use mapi::{MsgStore, RoleState, SpecialFolder};
use serde::Serialize;

use crate::app::App;
use crate::exit::{Exit, Outcome};
use crate::messages::Msg;
use crate::output::{Printer, Shown};
use crate::text;

/// `{"whole","roles":[{"role","was","id"?,"folder"?,"new"?}],"classes":[…],"dry_run"?}`.
#[derive(Serialize)]
struct Repair {
    /// Nothing had to be done.
    whole: bool,
    roles: Vec<Role>,
    /// Message classes whose receive folder is gone: they arrive as if nobody had assigned them.
    classes: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    dry_run: Option<bool>,
}

#[derive(Serialize)]
struct Role {
    role: &'static str,
    was: &'static str,
    #[serde(flatten)]
    now: Option<Now>,
}

/// Where the folder is after the repair.
#[derive(Serialize)]
struct Now {
    id: String,
    folder: String,
    new: bool,
}

impl Shown for Repair {
    fn text(&self, to: &mut Printer<'_>) -> io::Result<()> {
        if self.whole {
            return to.say(Msg::TreeWhole, &[]);
        }
        for one in &self.roles {
            let found = match one.was {
                "missing" => Msg::TreeMissing,
                "stale" => Msg::TreeStale,
                _ => Msg::TreeUntold,
            };
            to.say(found, &[&one.role])?;
            if let Some(now) = &one.now {
                let done = if now.new {
                    Msg::TreeMade
                } else {
                    Msg::TreeFound
                };
                to.say(done, &[&one.role, &text::clean(&now.folder)])?;
            }
        }
        for class in &self.classes {
            to.say(Msg::TreeClass, &[&text::clean(class)])?;
        }
        if self.dry_run.is_some() {
            to.say(Msg::DryRun, &[])?;
        }
        Ok(())
    }
}

/// Looks without changing anything, because opening a store for writing already makes what is missing; then repairs.
pub(super) fn run(app: &App) -> Outcome<Exit> {
    let store = app.store()?;
    let states = app.api(store.special_folder_states())?.into_iter();
    let broken: Vec<_> = states.filter(|(_, s)| *s != RoleState::Whole).collect();
    let classes = app.api(store.stale_receive_folders())?;
    let whole = broken.is_empty() && classes.is_empty();
    let mut roles: Vec<Role> = broken
        .iter()
        .map(|(role, was)| Role::of(*role, *was))
        .collect();
    if !whole && !app.global.dry_run {
        let before = app.api(ids(&store))?;
        repaired(&mut roles, &broken, &before, &app.writing())?;
    }
    app.output.show(&Repair {
        whole,
        roles,
        classes,
        dry_run: app.global.dry_run.then_some(true),
    })?;
    Ok(Exit::Ok)
}

/// Repairs, and says of each role where its folder is now.
fn repaired(
    roles: &mut [Role],
    broken: &[(SpecialFolder, RoleState)],
    before: &HashSet<String>,
    app: &App,
) -> Outcome<()> {
    let store = app.store()?;
    app.api(store.repair_special_folders())?;
    for (told, (role, _)) in roles.iter_mut().zip(broken) {
        let folder = app.api(store.special_folder(*role))?;
        let id = folder.short_id().to_string();
        told.now = Some(Now {
            new: !before.contains(&id),
            id,
            folder: app.api(store.path_of(&folder.entry_id()))?,
        });
    }
    Ok(())
}

fn ids(store: &MsgStore) -> mapi::Result<HashSet<String>> {
    let all = super::tree::below(store, &store.root_folder()?)?;
    Ok(all.into_iter().map(|folder| folder.id).collect())
}

impl Role {
    const fn of(role: SpecialFolder, was: RoleState) -> Self {
        Self {
            role: role.default_name(),
            was: match was {
                RoleState::Whole => "whole",
                RoleState::Missing => "missing",
                RoleState::Stale => "stale",
                RoleState::Untold => "untold",
            },
            now: None,
        }
    }
}
