//! `malle completions`: scripts for four shells, made from the grammar.

use std::io::Write;

use clap::CommandFactory;
use clap_complete::Shell as Generator;

use crate::app::App;
use crate::args::{Cli, Shell};
use crate::exit::{Exit, Outcome};

pub(super) fn run(app: &App, shell: Shell) -> Outcome<Exit> {
    let shell = match shell {
        Shell::Bash => Generator::Bash,
        Shell::Zsh => Generator::Zsh,
        Shell::Fish => Generator::Fish,
        Shell::Powershell => Generator::PowerShell,
    };
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "malle", &mut script);
    app.output.write(|to| to.write_all(&script))?;
    Ok(Exit::Ok)
}
