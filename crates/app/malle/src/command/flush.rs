//! `malle flush`: sends what waits and fetches what has arrived, now.

use std::io;
use std::time::Duration;

use malle_host::control::{Failure as Problem, MailTally, MailWanted};
use malle_views::{QueuedState, QueuedView};
use mapi::Guid;
use serde::Serialize;

use crate::app::App;
use crate::args::FlushArgs;
use crate::exit::{Exit, Outcome};
use crate::messages::Msg;
use crate::output::{Printer, Shown};
use crate::text;

use super::outbox;
use super::spooling::{self, Rounds};

/// `{"sent","delivered","failed","stays":[…],"problems":[…]}`.
#[derive(Serialize)]
struct View {
    /// Messages sent to at least one recipient.
    sent: u64,
    /// Messages that arrived.
    delivered: u64,
    /// Messages that went to nobody.
    failed: u64,
    /// Messages that could have left and did not.
    stays: Vec<QueuedView>,
    /// What went wrong.
    problems: Vec<Problem>,
}

impl Shown for View {
    fn text(&self, to: &mut Printer<'_>) -> io::Result<()> {
        to.say(Msg::Flushed, &[&self.sent, &self.delivered])?;
        if self.failed > 0 {
            to.say(Msg::FlushFailed, &[&self.failed])?;
        }
        for problem in &self.problems {
            let about = match problem.about.as_str() {
                "" => String::new(),
                about => format!("{about}{} ", to.output.lang.colon()),
            };
            to.line(format_args!(
                "  {}{}",
                text::clean(&about),
                text::clean(&to.output.lang.told(&problem.message))
            ))?;
        }
        if self.stays.is_empty() {
            return Ok(());
        }
        to.say(Msg::FlushStays, &[&self.stays.len()])?;
        outbox::table(&self.stays, to)?;
        outbox::about_unknown(&self.stays, to)
    }
}

pub(super) fn run(app: &App, args: &FlushArgs) -> Outcome<Exit> {
    let target = args.transport.as_deref();
    let target = target.map(|name| transport(app, name)).transpose()?;
    let wanted = MailWanted {
        up: !args.down,
        down: !args.up,
        force: args.force,
        transport: target.map(|uid| uid.to_string()),
    };
    flush(app, &wanted, args.patience)
}

fn flush(app: &App, wanted: &MailWanted, patience: Duration) -> Outcome<Exit> {
    let rounds = match app.global.dry_run {
        true => Rounds::default(),
        false => spooling::rounds(app, wanted, patience)?,
    };
    let Rounds {
        tally,
        problems,
        failure,
        any,
        interrupted,
    } = rounds;
    if !any && !app.global.dry_run {
        app.output.note(Msg::NoTransports, &[]);
    }
    let MailTally {
        sent,
        delivered,
        failed,
        ..
    } = tally;
    let stays = match wanted.up {
        true => outbox::all(app)?,
        false => Vec::new(),
    };
    // What its sender or somebody else keeps back stays by their will.
    let kept = [QueuedState::Deferred, QueuedState::Held];
    let stays: Vec<_> = stays
        .into_iter()
        .filter(|m| !kept.contains(&m.state))
        .collect();
    let all_good = stays.is_empty() && problems.is_empty();
    app.output.show(&View {
        sent,
        delivered,
        failed,
        stays,
        problems,
    })?;
    match failure {
        _ if interrupted => Err(spooling::interrupted(app)),
        Some(failure) => Err(failure),
        None if all_good || app.global.dry_run => Ok(Exit::Ok),
        None => Ok(Exit::Partial),
    }
}

/// The transport that goes by a name or uid.
fn transport(app: &App, said: &str) -> Outcome<Guid> {
    let profile = app.profile()?;
    let named = |name: &str| name.to_lowercase() == said.to_lowercase();
    let found: Vec<_> = profile
        .transports()
        .into_iter()
        .filter(|(service, provider)| {
            let names = [
                &service.display_name,
                &provider.display_name,
                &service.service,
            ];
            named(&provider.uid.to_string()) || names.into_iter().any(|name| named(name))
        })
        .collect();
    match found.as_slice() {
        [(_, one)] => Ok(one.uid),
        _ => Err(app.fail(
            Exit::NotFound,
            "MAPI_E_NOT_FOUND",
            Msg::NoSuchTransport,
            &[&said],
        )),
    }
}
