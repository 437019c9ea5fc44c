//! Where a new secret comes from: standard input, or somebody who types it without echo. Never the command line.

use std::io::{self, IsTerminal, Read};

use malle_host::secrets::{NotAsked, SECRET_MAX, SecretName};
use mapi::Secret;

use crate::app::App;
use crate::args::InputArgs;
use crate::exit::{Exit, Failure, Outcome};
use crate::messages::Msg;
use crate::passphrase::AtTerminal;

pub(super) fn secret(app: &App, name: &SecretName, args: &InputArgs) -> Outcome<Secret> {
    if io::stdin().is_terminal() {
        return asked(app, name);
    }
    // All the room at once: growing would leave copies behind.
    let mut bytes = Vec::with_capacity(SECRET_MAX + 3);
    let read = io::stdin()
        .lock()
        .take(SECRET_MAX as u64 + 3)
        .read_to_end(&mut bytes);
    read.map_err(|e| Failure::new(Exit::Failure, "input", e.to_string()))?;
    if !args.whole {
        let end = bytes.strip_suffix(b"\n").unwrap_or(&bytes);
        let end = end.strip_suffix(b"\r").unwrap_or(end).len();
        bytes.truncate(end);
    }
    Ok(Secret::new(bytes))
}

fn asked(app: &App, name: &SecretName) -> Outcome<Secret> {
    let terminal = AtTerminal {
        lang: app.output.lang,
        call: app.cancellable(),
    };
    let question = app.output.lang.say(Msg::AskSecret, &[name]);
    terminal.twice(&question).map_err(|why| match why {
        NotAsked::Nobody => app.fail(Exit::Usage, "no-input", Msg::SecretNoInput, &[]),
        NotAsked::Refused => app.fail(Exit::Interrupted, "cancelled", Msg::NotDone, &[]),
    })
}
