//! `malle move` and `malle copy`.

use mapi::{CopyFlags, OpenFlags};

use crate::app::App;
use crate::args::TransferArgs;
use crate::exit::{Exit, Outcome};
use crate::messages::Msg;

use super::bulk::{Tally, group};

/// What happens to the originals.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verb {
    Move,
    Copy,
}

pub(super) fn run(app: &App, args: &TransferArgs, verb: Verb) -> Outcome<Exit> {
    let (store, to) = app.folder(&args.to)?;
    let path = store.path_of(&to.entry_id()).map_err(|e| app.failure(&e))?;
    let access = match verb {
        Verb::Move => OpenFlags::MODIFY,
        // Also out of a store that is only read.
        Verb::Copy => OpenFlags::NONE,
    };
    let mut tally = Tally::default();
    for group in group(app, &args.ids, access, &mut tally)? {
        if app.global.dry_run {
            for (id, _) in &group.ids {
                tally.add(id, Ok(()))?;
            }
            continue;
        }
        let flags = match verb {
            Verb::Move => CopyFlags::MOVE,
            Verb::Copy => CopyFlags::NONE,
        };
        let done = group.folder.copy_messages(&group.entries(), &to, flags);
        let report = done.map_err(|e| app.failure(&e))?.ignore_warning();
        tally.add_report(app, &group.ids, report);
    }
    match verb {
        Verb::Move => tally.show(app, "moved", Msg::Moved, Some(path)),
        Verb::Copy => tally.show(app, "copied", Msg::Copied, Some(path)),
    }
}
