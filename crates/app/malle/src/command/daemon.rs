//! `malle daemon`: the process that does background work, and what it can be told.

use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use malle_host::control::{AskError, Failure as Problem, Reply, Request, ask};
use malle_host::daemon::{Daemon, DaemonError, announce, running, unit, works};
use mapi::Host;
use serde::Serialize;

use crate::app::App;
use crate::args::DaemonArgs;
use crate::exit::{Exit, Failure, Outcome};
use crate::messages::Msg;
use crate::output::{Printer, Shown};

/// How long the daemon may take to begin to answer.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long it may take to end.
const END: Duration = Duration::from_secs(5);

pub(super) fn run(app: &App, args: &DaemonArgs) -> Outcome<Exit> {
    if args.print_unit {
        return print_unit(app);
    }
    if args.stop {
        return tell(app, &Request::Stop, Msg::DaemonEnded);
    }
    if args.reload {
        return tell(app, &Request::Reload, Msg::DaemonReloaded);
    }
    serve(app, args)
}

fn serve(app: &App, args: &DaemonArgs) -> Outcome<Exit> {
    app.start_informing()?;
    let host = app.host_alone()?;
    if let Some(name) = &app.global.profile {
        let found = host.profile(name);
        found.map_err(|error| app.failure(&error))?;
    }
    let daemon = Daemon {
        run: host.profiles().home().run_dir().to_owned(),
        host: Arc::new(host) as Arc<dyn Host>,
        works: works(),
        profile: app.global.profile.clone(),
        standby: args.standby,
    };
    let done = daemon.run(&mut announce);
    match done {
        Ok(()) => Ok(Exit::Ok),
        Err(DaemonError::Running(pid)) => Err(already(app, pid)),
        Err(other) => Err(Failure::new(Exit::Failure, "daemon", other.to_string())),
    }
}

fn already(app: &App, pid: Option<u32>) -> Failure {
    let said = match pid {
        Some(pid) => app.output.lang.say(Msg::DaemonRuns, &[&pid]),
        None => app.output.lang.text(Msg::DaemonRunsSomewhere).to_owned(),
    };
    Failure::new(Exit::Failure, "daemon-runs", said).hint(app.output.lang.text(Msg::DaemonRunsHint))
}

fn print_unit(app: &App) -> Outcome<Exit> {
    let program = std::env::current_exe();
    let program = program.map_err(|e| Failure::new(Exit::Failure, "program", e.to_string()))?;
    let home = app.global.home.clone();
    let named = || std::env::var_os("MALLE_HOME").filter(|home| !home.is_empty());
    let home = home.or_else(|| named().map(Into::into));
    let home = home.map(|home| std::path::absolute(&home).unwrap_or(home));
    let profile = app.global.profile.as_deref();
    let text = unit(&program, home.as_deref(), profile);
    let text = text.map_err(|path| app.fail(Exit::Failure, "unit", Msg::NoUnit, &[&path]))?;
    app.output.write(|to| to.write_all(text.as_bytes()))?;
    Ok(Exit::Ok)
}

/// `{"daemon":PID,"problems":[…]}`: what was told, and what went wrong.
#[derive(Serialize)]
struct Told {
    daemon: u32,
    problems: Vec<Problem>,
    #[serde(skip)]
    done: Msg,
}

impl Shown for Told {
    fn text(&self, to: &mut Printer<'_>) -> std::io::Result<()> {
        to.say(self.done, &[&self.daemon])?;
        for problem in &self.problems {
            to.line(format_args!("  {}: {}", problem.about, problem.message))?;
        }
        Ok(())
    }
}

fn tell(app: &App, request: &Request, done: Msg) -> Outcome<Exit> {
    let call = app.cancellable();
    let run = app.host()?.profiles().home().run_dir().to_owned();
    let no_daemon = || app.fail(Exit::NotFound, "no-daemon", Msg::NoDaemon, &[]);
    let daemon = running(&run, &call).ok_or_else(no_daemon)?;
    let reply = ask(&daemon.socket, request, PATIENCE, &mut |_| (), &call);
    let problems = match reply {
        Ok(Reply::Done { problems, .. }) => problems,
        Ok(Reply::Failed(problem)) => vec![problem],
        // Told to end, it may be gone before it has answered.
        Err(AskError::Gone) if *request == Request::Stop => Vec::new(),
        Ok(_) => return Err(no_daemon()),
        Err(error) => return Err(unanswered(app, daemon.pid, &error)),
    };
    if *request == Request::Stop && !is_gone_soon(&daemon.socket) {
        return Err(unanswered(app, daemon.pid, &AskError::Silent));
    }
    let exit = match problems.is_empty() {
        true => Exit::Ok,
        false => Exit::Partial,
    };
    app.output.show(&Told {
        daemon: daemon.pid,
        problems,
        done,
    })?;
    Ok(exit)
}

fn unanswered(app: &App, pid: u32, error: &AskError) -> Failure {
    let said = match error {
        AskError::Silent => app.output.lang.say(Msg::DaemonSilent, &[&pid]),
        other => other.to_string(),
    };
    Failure::new(Exit::Failure, "no-answer", said)
}

/// The daemon takes its socket away as the last thing that it does.
fn is_gone_soon(socket: &Path) -> bool {
    let until = std::time::Instant::now() + END;
    while socket.exists() {
        if std::time::Instant::now() >= until {
            return false;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    true
}
