//! `malle man`: manual pages made from the grammar.

use std::io::Write;
use std::path::Path;

use clap::{Command, CommandFactory};
use clap_mangen::Man;

use crate::app::App;
use crate::args::Cli;
use crate::exit::{Exit, Failure, Outcome};

pub(super) fn run(app: &App, of: &[String], to: Option<&Path>) -> Outcome<Exit> {
    let mut root = Cli::command();
    root.build();
    let failed = |e: std::io::Error| Failure::new(Exit::Failure, "output", e.to_string());
    if let Some(folder) = to {
        std::fs::create_dir_all(folder).map_err(failed)?;
        write_all(&root, "malle", folder).map_err(failed)?;
        return Ok(Exit::Ok);
    }
    let mut command = &root;
    for name in of.iter().flat_map(|word| word.split_whitespace()) {
        command = command
            .find_subcommand(name)
            .ok_or_else(|| Failure::usage(format!("there is no command {:?}", of.join(" "))))?;
    }
    let words: Vec<_> = of.iter().flat_map(|word| word.split_whitespace()).collect();
    let name = ["malle"]
        .into_iter()
        .chain(words)
        .collect::<Vec<_>>()
        .join("-");
    let page = render(command, &name).map_err(failed)?;
    app.output.write(|to| to.write_all(&page))?;
    Ok(Exit::Ok)
}

fn render(command: &Command, name: &str) -> std::io::Result<Vec<u8>> {
    let mut page = Vec::new();
    Man::new(command.clone()).title(name).render(&mut page)?;
    Ok(page)
}

fn write_all(command: &Command, name: &str, folder: &Path) -> std::io::Result<()> {
    std::fs::write(folder.join(format!("{name}.1")), render(command, name)?)?;
    for verb in command.get_subcommands() {
        write_all(verb, &format!("{name}-{}", verb.get_name()), folder)?;
    }
    Ok(())
}
