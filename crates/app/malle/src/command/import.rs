//! `malle import`: mail from files into the store.

use std::io;

use malle_host::import::{
    Damaged, Failed, ImportEvent, ImportJob, ImportReport, ItemDone, ItemStatus,
    MboxVariant as Variant, Stopped, StoreTarget, import,
};
use malle_host::{interruptible, now};
use malle_views::DefectView;
use mapi_props::Defect;
use serde::Serialize;

use crate::app::App;
use crate::args::{ImportArgs, MboxVariant};
use crate::exit::{Exit, Outcome};
use crate::messages::Msg;
use crate::output::{Printer, Shown};
use crate::progress::Step;
use crate::text;

/// `{"imported","skipped","failed","failures","damaged"?,"bytes","seconds","items"?}`; `damaged`: `[{"path","defects":[{"code","detail"}]}]`.
#[derive(Serialize)]
struct ImportView {
    imported: u64,
    skipped: u64,
    failed: usize,
    failures: Vec<FailureView>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    damaged: Vec<DamagedView>,
    bytes: u64,
    seconds: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    items: Option<Vec<ItemView>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    interrupted: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    dry_run: Option<bool>,
}

#[derive(Serialize)]
struct FailureView {
    path: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    offset: Option<u64>,
    error: String,
}

/// A message of which a part could not be read.
#[derive(Serialize)]
struct DamagedView {
    path: String,
    defects: Vec<DefectView>,
}

#[derive(Serialize)]
struct ItemView {
    path: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    offset: Option<u64>,
    id: Option<String>,
    status: &'static str,
}

impl Shown for ImportView {
    fn text(&self, to: &mut Printer<'_>) -> io::Result<()> {
        for item in self.items.iter().flatten() {
            let id = item.id.as_deref().unwrap_or("-");
            let path = text::clean(&item.path);
            match item.offset {
                Some(offset) => to.line(format_args!("{id}\t{}\t{path} @{offset}", item.status))?,
                None => to.line(format_args!("{id}\t{}\t{path}", item.status))?,
            }
        }
        let bytes = text::size(self.bytes);
        if self.dry_run.is_some() {
            let parts: [&dyn std::fmt::Display; 4] =
                [&self.imported, &self.skipped, &self.failed, &bytes];
            return to.say(Msg::WouldImport, &parts);
        }
        let time = text::duration(std::time::Duration::from_secs_f64(self.seconds.max(0.0)));
        to.say(
            Msg::Imported,
            &[&self.imported, &self.skipped, &self.failed, &bytes, &time],
        )
    }
}

pub(super) fn run(app: &App, args: ImportArgs) -> Outcome<Exit> {
    let store = app.store()?;
    let target = match app.folder(&args.folder) {
        Ok((store, folder)) => StoreTarget::below(store, &folder).map_err(|e| app.failure(&e))?,
        // A folder that is missing is made, unless it was named by an id.
        Err(failure) if args.folder.parse::<mapi::ShortId>().is_ok() => return Err(failure),
        Err(_) => StoreTarget::new(store.clone(), &args.folder),
    };
    let mut progress = app.progress(Msg::Importing);
    let job = ImportJob {
        paths: args.paths,
        mbox: variant(args.mbox_variant),
        tree: args.tree,
        dry_run: app.global.dry_run,
        keep_items: args.items,
        count_ahead: progress.is_shown(),
        cancel: interruptible(),
    };
    let mut last = Step::default();
    let report = import(&job, &target, now(), &mut |event| {
        last = step(event);
        progress.step(last);
    });
    progress.end(last);
    finish(app, args.items, store.letter(), report)
}

fn finish(app: &App, items: bool, letter: &str, report: ImportReport) -> Outcome<Exit> {
    let ImportReport {
        failures,
        damaged,
        stopped,
        ..
    } = report;
    let settled = report.imported + report.skipped;
    let interrupted = matches!(stopped, Some(Stopped::Interrupted));
    let view = ImportView {
        imported: report.imported,
        skipped: report.skipped,
        failed: failures.len(),
        failures: failures.iter().map(failure_view).collect(),
        damaged: damaged.iter().map(damaged_view).collect(),
        bytes: report.bytes,
        seconds: (report.elapsed.as_secs_f64() * 1000.0).round() / 1000.0,
        items: items.then(|| report.items.iter().map(|i| item_view(i, letter)).collect()),
        interrupted: interrupted.then_some(true),
        dry_run: app.global.dry_run.then_some(true),
    };
    app.output.show(&view)?;
    tell_failures(app, &failures);
    for message in &damaged {
        let path = message.path.display().to_string();
        for defect in &message.defects {
            app.output
                .note(Msg::DamagedFile, &[&path, &defect.detail, &defect.code]);
        }
    }
    match stopped {
        Some(Stopped::Interrupted) => {
            app.output.note(Msg::Interrupted, &[]);
            Ok(Exit::Interrupted)
        }
        Some(Stopped::Store(error)) => Err(app.failure(&error)),
        None if failures.is_empty() => Ok(Exit::Ok),
        // Nothing was there to be read at all.
        None if settled == 0 && failures.iter().all(|f| !f.path.exists()) => Ok(Exit::NotFound),
        None => Ok(Exit::Partial),
    }
}

/// What failed, on standard error, each with its place and reason.
#[expect(clippy::print_stderr, reason = "failures are told beside the value")]
fn tell_failures(app: &App, failures: &[Failed]) {
    if app.output.json {
        return;
    }
    for failed in failures {
        let path = failed.path.display().to_string();
        let path = text::clean(&path);
        match failed.offset {
            Some(offset) => eprintln!("{path} @{offset}: {}", failed.reason),
            None => eprintln!("{path}: {}", failed.reason),
        }
    }
}

fn failure_view(failed: &Failed) -> FailureView {
    FailureView {
        path: failed.path.display().to_string(),
        offset: failed.offset,
        error: failed.reason.clone(),
    }
}

fn damaged_view(damaged: &Damaged) -> DamagedView {
    let defect = |d: &Defect| DefectView {
        code: d.code.to_owned(),
        detail: d.detail.clone(),
    };
    DamagedView {
        path: damaged.path.display().to_string(),
        defects: damaged.defects.iter().map(defect).collect(),
    }
}

fn item_view(item: &ItemDone, letter: &str) -> ItemView {
    let (status, id) = match item.status {
        ItemStatus::Imported(id) => ("imported", id),
        ItemStatus::Skipped(id) => ("skipped", id),
        ItemStatus::Failed => ("failed", None),
    };
    ItemView {
        path: item.path.display().to_string(),
        offset: item.offset,
        id: id.map(|id| format!("{letter}{id}")),
        status,
    }
}

fn step(event: ImportEvent) -> Step {
    Step {
        done: event.imported + event.skipped + event.failed,
        total: event.files_total,
        of_total: event.files_total.map(|_| event.files_done),
        bytes: Some(event.bytes),
    }
}

const fn variant(given: MboxVariant) -> Variant {
    match given {
        MboxVariant::Auto => Variant::Auto,
        MboxVariant::O => Variant::O,
        MboxVariant::Rd => Variant::Rd,
        MboxVariant::Cl => Variant::Cl,
        MboxVariant::Cl2 => Variant::Cl2,
    }
}
