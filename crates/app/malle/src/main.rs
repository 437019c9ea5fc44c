//! The command `malle`: MAPI message stores from the command line.
//!
//! Every command yields one value, shown as text or as JSON ([`output`]). What people read comes from one catalogue in
//! English and French ([`messages`]); JSON and codes are never translated.

mod app;
mod args;
mod command;
mod exit;
mod message_file;
mod messages;
mod object;
mod output;
mod passphrase;
mod progress;
mod query;
mod settings;
mod terminal;
mod text;

use std::process::ExitCode;

use clap::Parser;

use app::App;
use args::Cli;
use exit::{Exit, Failure};

fn main() -> ExitCode {
    let words = args::spelled_out(args::as_sendmail(std::env::args_os()));
    let by_mail_program = matches!(args::command_name(&words), Some("sendmail" | "deliver"));
    let told = |exit: Exit| match by_mail_program {
        true => exit.for_mail_programs(),
        false => exit,
    };
    let cli = match Cli::try_parse_from(words) {
        Ok(cli) => cli,
        Err(error) => return told(refused(&error)).into(),
    };
    malle_host::see_file_limits();
    let access = command::access(&cli.command);
    let app = App::new(cli.global, access);
    let done = app.start().and_then(|()| command::run(&app, cli.command));
    match done {
        Ok(exit) => exit.into(),
        Err(failure) => {
            app.output.failure(&failure);
            told(failure.exit).into()
        }
    }
}

/// Shows help or what is wrong with the command line. Under `--json` an error is JSON too.
#[expect(clippy::print_stderr, reason = "errors belong on standard error")]
fn refused(error: &clap::Error) -> Exit {
    if !error.use_stderr() {
        // A closed pipe is no reason to complain about `malle --help | head`.
        let _shown = error.print();
        return Exit::Ok;
    }
    let wants_json = std::env::args_os().any(|arg| arg == "--json");
    if wants_json {
        let text = error.to_string();
        let text = text.trim_start_matches("error: ");
        let first = text.split("\n\n").next().unwrap_or(text).trim();
        eprintln!("{}", Failure::usage(first).json());
    } else {
        let _shown = error.print();
    }
    Exit::Usage
}
