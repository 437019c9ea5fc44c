//! Where a command's value goes: standard output as text or JSON, and notes on standard error.

use std::cell::OnceCell;
use std::fmt::Display;
use std::io::{self, BufWriter, IsTerminal, StdoutLock, Write};

use jiff::tz::TimeZone;
use serde::Serialize;

use crate::args::{Global, When};
use crate::exit::{Exit, Failure, Outcome};
use crate::messages::{Lang, Msg};

/// What a command shows: one value, as text or as JSON.
pub(crate) trait Shown: Serialize {
    /// For people.
    fn text(&self, to: &mut Printer<'_>) -> io::Result<()>;
}

/// How this run shows things.
#[derive(Debug)]
pub(crate) struct Output {
    pub(crate) lang: Lang,
    pub(crate) json: bool,
    pub(crate) quiet: bool,
    color: When,
    zone: OnceCell<TimeZone>,
}

impl Output {
    pub(crate) fn new(global: &Global) -> Self {
        Self {
            lang: Lang::from_environment(),
            json: global.json,
            quiet: global.quiet,
            color: global.color,
            zone: OnceCell::new(),
        }
    }

    /// Shows the value of a command.
    pub(crate) fn show<T: Shown>(&self, value: &T) -> Outcome<()> {
        self.show_on(value).map(drop)
    }

    /// Shows one value of many that come one by one; no if nobody reads them any more.
    pub(crate) fn show_on<T: Shown>(&self, value: &T) -> Outcome<bool> {
        self.write_on(|to| {
            if self.json {
                to.json(value)
            } else {
                value.text(to)
            }
        })
    }

    /// Writes to standard output. A reader that has gone away (`| head`) ends the process quietly.
    pub(crate) fn write(
        &self,
        body: impl FnOnce(&mut Printer<'_>) -> io::Result<()>,
    ) -> Outcome<()> {
        self.write_on(body).map(drop)
    }

    /// The same, saying whether there still is a reader.
    fn write_on(&self, body: impl FnOnce(&mut Printer<'_>) -> io::Result<()>) -> Outcome<bool> {
        let mut printer = Printer {
            out: BufWriter::with_capacity(64 * 1024, io::stdout().lock()),
            output: self,
        };
        let done = body(&mut printer).and_then(|()| printer.out.flush());
        match done {
            Ok(()) => Ok(true),
            Err(e) if e.kind() == io::ErrorKind::BrokenPipe => {
                // What is buffered has nowhere to go.
                let (_stdout, _unwritten) = printer.out.into_parts();
                Ok(false)
            }
            Err(e) => Err(Failure::new(Exit::Failure, "output", e.to_string())),
        }
    }

    /// Whether standard output is a terminal.
    pub(crate) fn on_terminal(&self) -> bool {
        !self.json && io::stdout().is_terminal()
    }

    /// A remark on standard error; silent under `--quiet` and `--json`.
    #[expect(clippy::print_stderr, reason = "notes belong on standard error")]
    pub(crate) fn note(&self, msg: Msg, parts: &[&dyn Display]) {
        if !self.quiet && !self.json {
            eprintln!(
                "{}{} {}",
                self.lang.text(Msg::Note),
                self.lang.colon(),
                self.lang.say(msg, parts)
            );
        }
    }

    /// Says why the command failed.
    #[expect(clippy::print_stderr, reason = "errors belong on standard error")]
    pub(crate) fn failure(&self, failure: &Failure) {
        if self.json {
            eprintln!("{}", failure.json());
            return;
        }
        let (on, off) = if self.stderr_color() {
            ("\u{1b}[31m", "\u{1b}[0m")
        } else {
            ("", "")
        };
        let word = self.lang.text(Msg::Error);
        eprintln!(
            "{on}{word}{off}{} {}",
            self.lang.colon(),
            crate::text::clean_block(&failure.message)
        );
        if let Some(hint) = &failure.hint {
            let (word, colon) = (self.lang.text(Msg::Hint), self.lang.colon());
            eprintln!("{word}{colon} {hint}");
        }
    }

    fn stderr_color(&self) -> bool {
        match self.color {
            When::Always => true,
            When::Never => false,
            When::Auto => no_color_unset() && io::stderr().is_terminal(),
        }
    }

    /// The time zone of this machine, read when first needed.
    pub(crate) fn zone(&self) -> &TimeZone {
        self.zone.get_or_init(crate::text::local_zone)
    }
}

fn no_color_unset() -> bool {
    std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}

/// Standard output while a value is being shown.
#[derive(Debug)]
pub(crate) struct Printer<'a> {
    out: BufWriter<StdoutLock<'static>>,
    pub(crate) output: &'a Output,
}

impl Printer<'_> {
    /// One JSON document and a line end.
    pub(crate) fn json(&mut self, value: &impl Serialize) -> io::Result<()> {
        serde_json::to_writer(&mut self.out, value)?;
        self.out.write_all(b"\n")
    }

    /// One line of text.
    pub(crate) fn line(&mut self, text: impl Display) -> io::Result<()> {
        writeln!(self.out, "{text}")
    }

    /// One line from the catalogue.
    pub(crate) fn say(&mut self, msg: Msg, parts: &[&dyn Display]) -> io::Result<()> {
        let said = self.output.lang.say(msg, parts);
        self.line(said)
    }

    /// A word of the catalogue.
    pub(crate) fn word(&self, msg: Msg) -> &'static str {
        self.output.lang.text(msg)
    }

    /// A word of the catalogue that introduces what follows, in bold where colour is wanted.
    pub(crate) fn heading(&self, msg: Msg) -> String {
        self.strong(&format!("{}{}", self.word(msg), self.output.lang.colon()))
    }

    /// `text` in bold where colour is wanted.
    pub(crate) fn strong(&self, text: &str) -> String {
        let wanted = match self.output.color {
            When::Always => true,
            When::Never => false,
            When::Auto => no_color_unset() && self.output.on_terminal(),
        };
        if wanted {
            format!("\u{1b}[1m{text}\u{1b}[0m")
        } else {
            text.to_owned()
        }
    }

    /// Columns to fit into: the terminal's, or `COLUMNS`, or none when the output goes elsewhere.
    pub(crate) fn width(&self) -> Option<usize> {
        if !self.output.on_terminal() {
            return None;
        }
        let named = std::env::var("COLUMNS").ok().and_then(|c| c.parse().ok());
        let asked = || terminal_size::terminal_size().map(|(width, _)| usize::from(width.0));
        named.or_else(asked).filter(|width| *width > 0)
    }
}

impl Write for Printer<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.out.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}
