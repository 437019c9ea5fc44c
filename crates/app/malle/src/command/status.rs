//! `malle status`: who does the background work of the stores, and what goes wrong.

mod shown;

use std::sync::Arc;
use std::time::{Duration, Instant};

use malle_host::status::status;
use mapi::Host;

use crate::app::App;
use crate::args::StatusArgs;
use crate::exit::{Exit, Outcome};
use shown::StatusView;

/// How long a process may take to answer: no row is to be older than a second.
const PATIENCE: Duration = Duration::from_millis(700);
/// How often a wait looks whether somebody ended it.
const LOOK: Duration = Duration::from_millis(50);

pub(super) fn run(app: &App, args: &StatusArgs) -> Outcome<Exit> {
    if !args.watch {
        let view = look(app)?;
        app.output.show(&view)?;
        return Ok(view.exit());
    }
    let call = app.cancellable();
    loop {
        let next = Instant::now() + args.every;
        if !app.output.show_on(&look(app)?)? {
            return Ok(Exit::Ok);
        }
        while Instant::now() < next {
            if call.cancel.is_cancelled() {
                return Ok(Exit::Ok);
            }
            std::thread::sleep(LOOK.min(next.saturating_duration_since(Instant::now())));
        }
        if call.cancel.is_cancelled() {
            return Ok(Exit::Ok);
        }
    }
}

fn look(app: &App) -> Outcome<StatusView> {
    let host = Arc::clone(app.host()?);
    let run = host.profiles().home().run_dir().to_owned();
    let only = app.global.profile.clone();
    let call = mapi::Call::default();
    let host = host as Arc<dyn Host>;
    if let Some(name) = &only {
        host.profile(name).map_err(|e| app.failure(&e))?;
    }
    let seen = status(&host, &run, only.as_deref(), PATIENCE, &call);
    Ok(StatusView::of(seen.map_err(|e| app.failure(&e))?))
}
