//! `malle delete`: to Deleted Items first (STO-14).

use mapi::{DeleteFlags, OpenFlags, SpecialFolder};

use crate::app::App;
use crate::args::DeleteArgs;
use crate::exit::{Exit, Outcome};
use crate::messages::Msg;

use super::bulk::{Tally, group};

pub(super) fn run(app: &App, args: &DeleteArgs) -> Outcome<Exit> {
    let mut tally = Tally::default();
    let mut to = None;
    for group in group(app, &args.ids, OpenFlags::MODIFY, &mut tally)? {
        if app.global.dry_run {
            for (id, _) in &group.ids {
                tally.add(id, Ok(()))?;
            }
            continue;
        }
        let entries = group.entries();
        let done = if args.permanently {
            group
                .folder
                .delete_messages(&entries, DeleteFlags::HARD_DELETE)
        } else {
            let basket = group.store.special_folder(SpecialFolder::DeletedItems);
            to = basket
                .ok()
                .and_then(|b| group.store.path_of(&b.entry_id()).ok());
            group.store.discard_messages(&group.folder, &entries)
        };
        let report = done.map_err(|e| app.failure(&e))?.ignore_warning();
        tally.add_report(app, &group.ids, report);
        if to.as_deref().is_some_and(|basket| is_in(&group, basket)) {
            to = None;
        }
    }
    match to {
        Some(to) => tally.show(app, "deleted", Msg::ToDeleted, Some(to)),
        None => tally.show(app, "deleted", Msg::DeletedForGood, None),
    }
}

/// Whether the messages were in Deleted Items already, so that they are gone now.
fn is_in(group: &super::bulk::Group, basket: &str) -> bool {
    let path = group
        .store
        .path_of(&group.folder.entry_id())
        .unwrap_or_default();
    path == basket
        || path
            .strip_prefix(basket)
            .is_some_and(|rest| rest.starts_with('/'))
}
