//! What came of a command over many messages: each counted, failures listed, the rest done.

use std::io;

use mapi::{BulkReport, EntryId, Folder, MsgStore, OpenFlags};
use serde::Serialize;

use crate::app::App;
use crate::exit::{Exit, Failure, Outcome};
use crate::messages::Msg;
use crate::output::{Printer, Shown};

/// Results item by item.
#[derive(Debug, Default)]
pub(super) struct Tally {
    done: Vec<String>,
    failed: Vec<FailedView>,
    made: Vec<String>,
    /// The exit code if nothing worked and all failed alike.
    exit: Option<Exit>,
    interrupted: bool,
}

/// An item that was left alone: `{"id","code","error"}`.
#[derive(Debug, Serialize)]
pub(super) struct FailedView {
    id: String,
    code: String,
    error: String,
}

impl FailedView {
    pub(super) fn new(id: String, failure: &Failure) -> Self {
        Self {
            id,
            code: failure.code.to_string(),
            error: failure.message.clone(),
        }
    }

    /// Says which items failed, beside the value.
    #[expect(clippy::print_stderr, reason = "failures are told beside the value")]
    pub(super) fn tell(failed: &[Self], to: &Printer<'_>) {
        if failed.is_empty() {
            return;
        }
        let lang = &to.output.lang;
        eprintln!("{}", lang.say(Msg::ItemsFailed, &[&failed.len()]));
        for failed in failed {
            eprintln!("  {}: {}", failed.id, failed.error);
        }
    }
}

impl Tally {
    /// Counts one item. A wrong command line and a store that fails as a whole end the command.
    pub(super) fn add(&mut self, id: &str, result: Outcome<()>) -> Outcome<()> {
        match result {
            Ok(()) => {
                self.done.push(id.to_owned());
                Ok(())
            }
            Err(failure) if failure.exit == Exit::Usage => Err(failure),
            Err(failure) => {
                self.fail(id, &failure);
                Ok(())
            }
        }
    }

    fn fail(&mut self, id: &str, failure: &Failure) {
        self.exit = match self.exit {
            None => Some(failure.exit),
            Some(exit) if exit == failure.exit => Some(exit),
            Some(_) => Some(Exit::Failure),
        };
        self.failed.push(FailedView::new(id.to_owned(), failure));
    }

    /// Counts a bulk call over these messages.
    pub(super) fn add_report(&mut self, app: &App, ids: &[(String, EntryId)], report: BulkReport) {
        self.interrupted |= report.stopped.is_some();
        let stopped = report.stopped.map(|e| app.failure(&e));
        let mut left = usize::try_from(report.done).unwrap_or(usize::MAX);
        for (id, entry) in ids {
            let failed = report.failed.iter().find(|(failed, _)| failed == entry);
            match (failed, &stopped) {
                (Some((_, error)), _) => {
                    let failure = app.failure(error);
                    self.fail(id, &failure);
                }
                (None, Some(failure)) if left == 0 => self.fail(id, failure),
                _ => {
                    left = left.saturating_sub(1);
                    self.done.push(id.clone());
                }
            }
        }
        self.made
            .extend(report.copies.iter().filter_map(|(_, new)| {
                let item = mapi_props::EntryId::decode(new.as_bytes()).ok()?.item;
                let letter: String = ids
                    .first()?
                    .0
                    .chars()
                    .take_while(char::is_ascii_alphabetic)
                    .collect();
                Some(format!("{letter}{item}"))
            }));
    }

    /// Shows what was done and gives the exit code.
    pub(super) fn show(
        self,
        app: &App,
        verb: &'static str,
        msg: Msg,
        to: Option<String>,
    ) -> Outcome<Exit> {
        let exit = match (self.failed.is_empty(), self.done.is_empty()) {
            _ if self.interrupted => Exit::Interrupted,
            (true, _) => Exit::Ok,
            (false, true) => self.exit.unwrap_or(Exit::Failure),
            (false, false) => Exit::Partial,
        };
        app.output.show(&TallyView {
            verb,
            done: self.done,
            to,
            made: self.made,
            failed: self.failed,
            dry_run: app.global.dry_run.then_some(true),
            msg,
        })?;
        Ok(exit)
    }
}

/// `{"action","done":[ID],"to"?,"new"?:[ID],"failed":[{"id","code","error"}],"dry_run"?}`.
#[derive(Serialize)]
struct TallyView {
    #[serde(rename = "action")]
    verb: &'static str,
    done: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    to: Option<String>,
    #[serde(rename = "new", skip_serializing_if = "Vec::is_empty")]
    made: Vec<String>,
    failed: Vec<FailedView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    dry_run: Option<bool>,
    #[serde(skip)]
    msg: Msg,
}

impl Shown for TallyView {
    fn text(&self, to: &mut Printer<'_>) -> io::Result<()> {
        if self.dry_run.is_some() {
            to.say(Msg::DryRun, &[])?;
        } else if !self.done.is_empty() {
            let place = self.to.clone().unwrap_or_default();
            to.say(self.msg, &[&self.done.len(), &place])?;
        }
        FailedView::tell(&self.failed, to);
        Ok(())
    }
}

/// Messages of one folder, as bulk calls take them.
pub(super) struct Group {
    pub(super) store: MsgStore,
    pub(super) folder: Folder,
    pub(super) ids: Vec<(String, EntryId)>,
}

impl Group {
    /// Entry ids of the messages.
    pub(super) fn entries(&self) -> Vec<EntryId> {
        self.ids.iter().map(|(_, entry)| entry.clone()).collect()
    }
}

/// Puts messages together by the folder they are in; what cannot be found goes to the tally.
pub(super) fn group(
    app: &App,
    ids: &[String],
    access: OpenFlags,
    tally: &mut Tally,
) -> Outcome<Vec<Group>> {
    let call = app.cancellable();
    let mut groups: Vec<Group> = Vec::new();
    for id in ids {
        let found = locate(app, id);
        let (store, parent, entry) = match found {
            Ok(found) => found,
            Err(failure) => {
                tally.add(id, Err(failure))?;
                continue;
            }
        };
        let place = groups.iter_mut().find(|g| g.folder.entry_id() == parent);
        if let Some(group) = place {
            group.ids.push((id.clone(), entry));
            continue;
        }
        let store = store.with_call(call.clone());
        let opened = store.open_folder(&parent, access);
        let folder = opened.map_err(|e| app.failure(&e))?;
        groups.push(Group {
            store,
            folder,
            ids: vec![(id.clone(), entry)],
        });
    }
    Ok(groups)
}

fn locate(app: &App, id: &str) -> Outcome<(MsgStore, EntryId, EntryId)> {
    let (store, message) = app.message(id, OpenFlags::NONE)?;
    let parent = message.parent_id().map_err(|e| app.failure(&e))?;
    match (parent, message.entry_id()) {
        (Some(parent), Some(entry)) => Ok((store, parent, entry)),
        _ => Err(app.fail(Exit::NotFound, "MAPI_E_NOT_FOUND", Msg::NotAMessage, &[&id])),
    }
}
