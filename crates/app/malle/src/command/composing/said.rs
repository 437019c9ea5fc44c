//! Where the text of a message comes from.

use std::fs;
use std::io::{self, IsTerminal, Read};
use std::path::Path;

use crate::app::App;
use crate::args::ComposeArgs;
use crate::exit::{Exit, Failure, Outcome};

/// What a person says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Said {
    /// This.
    Text(String),
    /// It will be written in an editor.
    Editor,
}

impl Said {
    /// This, or `text` where nothing is said.
    pub(crate) fn or_text(self, text: &str) -> Self {
        match self {
            Self::Text(said) if said.trim().is_empty() => Self::Text(text.to_owned()),
            said => said,
        }
    }
}

/// The text that the command line gives: of an option, a file, standard input, or to be written in an editor on a terminal.
pub(crate) fn said(app: &App, args: &ComposeArgs) -> Outcome<Said> {
    if args.edit && !app.global.dry_run {
        return Ok(Said::Editor);
    }
    if let Some(text) = &args.body {
        return Ok(Said::Text(text.clone()));
    }
    if let Some(path) = &args.body_file {
        return read_text(path).map(Said::Text);
    }
    let terminal = io::stdin().is_terminal();
    if !terminal {
        return read_text(Path::new("-")).map(Said::Text);
    }
    if args.no_edit || app.global.dry_run || app.global.json || !io::stdout().is_terminal() {
        return Ok(Said::Text(String::new()));
    }
    Ok(Said::Editor)
}

/// The text of a file or of standard input, which is UTF-8.
pub(crate) fn read_text(path: &Path) -> Outcome<String> {
    let bytes = read_bytes(path)?;
    String::from_utf8(bytes).map_err(|_| {
        let detail = format!("{}: the text is not UTF-8", path.display());
        Failure::new(Exit::Usage, "not-utf-8", detail)
    })
}

/// The bytes of a file or of standard input.
pub(crate) fn read_bytes(path: &Path) -> Outcome<Vec<u8>> {
    let read = if path == Path::new("-") {
        let mut bytes = Vec::new();
        io::stdin().lock().read_to_end(&mut bytes).map(|_| bytes)
    } else {
        fs::read(path)
    };
    read.map_err(|e| file_failure(path, &e))
}

/// A file that cannot be read or written.
pub(crate) fn file_failure(path: &Path, error: &io::Error) -> Failure {
    let exit = match error.kind() {
        io::ErrorKind::NotFound => Exit::NotFound,
        _ => Exit::Failure,
    };
    let detail = format!("{}: {}", path.display(), malle_host::reason(error));
    Failure::new(exit, "file", detail)
}
