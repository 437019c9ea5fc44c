//! `malle store care`: the background work of the default store, now.

use std::io;
use std::sync::Arc;

use malle_host::control::{Failure as Problem, WorkRow};
use malle_host::daemon::{Asking, Cared, Place, care_now, works};
use malle_host::lease::NoAnswer;
use mapi::{Host, ProgressEvent};
use mapi_props::FileTime;
use serde::Serialize;

use crate::app::App;
use crate::args::CareArgs;
use crate::exit::{Exit, Failure, Outcome};
use crate::messages::Msg;
use crate::output::{Printer, Shown};
use crate::text;

/// What this process shows itself as while it keeps the store.
const PROGRAM: &str = "malle store care";

/// `{"here":bool,"problems":[{"about","code","message"}]}`.
#[derive(Serialize)]
struct View {
    here: bool,
    problems: Vec<Problem>,
}

impl Shown for View {
    fn text(&self, to: &mut Printer<'_>) -> io::Result<()> {
        let said = match self.here {
            true => Msg::CaredHere,
            false => Msg::CaredThere,
        };
        to.say(said, &[])?;
        for problem in &self.problems {
            to.line(format_args!("  {}: {}", problem.about, problem.message))?;
        }
        Ok(())
    }
}

pub(super) fn run(app: &App, args: &CareArgs) -> Outcome<Exit> {
    let store = app.store()?;
    let letter = store.letter().to_owned();
    let host = Arc::clone(app.host()?);
    let run_dir = host.profiles().home().run_dir().to_owned();
    let host = host as Arc<dyn Host>;
    let all = Place::all(&host, &app.profile_name()?).map_err(|e| app.failure(&e))?;
    let Some(place) = all.into_iter().find(|place| place.letter() == letter) else {
        return Err(app.fail(Exit::Failure, "MAPI_E_NO_SUPPORT", Msg::NoFile, &[]));
    };
    if app.global.dry_run {
        return app
            .output
            .show(&View {
                here: true,
                problems: Vec::new(),
            })
            .map(|()| Exit::Ok);
    }
    let (call, _watch) = app.watched(Msg::Caring);
    let shown = |work: &WorkRow| {
        if let Some(progress) = &call.progress {
            progress.report(ProgressEvent {
                done: work.done,
                total: work.total,
            });
        }
    };
    let asking = Asking {
        program: PROGRAM,
        run: &run_dir,
        patience: args.patience,
    };
    let done = care_now(&place, &works(), &asking, &mut { shown }, &call);
    let Cared { here, problems } = done.map_err(|e| failure(app, &e))?;
    let exit = match problems.is_empty() {
        true => Exit::Ok,
        false => Exit::Partial,
    };
    app.output.show(&View { here, problems })?;
    Ok(exit)
}

/// Nobody did it, and why.
pub(super) fn failure(app: &App, error: &NoAnswer) -> Failure {
    let lang = app.output.lang;
    match error {
        NoAnswer::Silent {
            pid,
            program,
            since,
        } => {
            let since = when(app, *since);
            let said = lang.say(Msg::KeeperSilent, &[pid, program, &since]);
            Failure::new(Exit::Failure, "MAPI_E_BUSY", said).hint(lang.text(Msg::KeeperSilentHint))
        }
        NoAnswer::Unknown => {
            Failure::new(Exit::Failure, "MAPI_E_BUSY", lang.text(Msg::KeeperUnknown))
        }
        NoAnswer::Store(error) => app.failure(error),
        other => Failure::new(Exit::Failure, "no-answer", other.to_string()),
    }
}

fn when(app: &App, since: FileTime) -> String {
    text::local_time(since, app.output.zone())
}
