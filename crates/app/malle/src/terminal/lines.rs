//! Where lines go to and come from.

use std::io::{self, Write};

use malle_host::terminal::{Echo, read_line};
use malle_views::Lines;
use mapi::{Call, Code, Error, Result, cancelled};

/// Standard error and standard input.
pub(super) struct Console;

impl Lines for Console {
    fn say(&mut self, text: &str) {
        let mut err = io::stderr().lock();
        let _shown = writeln!(err, "{}", crate::text::clean_block(text));
    }

    fn ask(&mut self, prompt: &str, hidden: bool, call: &Call) -> Result<Option<String>> {
        let mut err = io::stderr().lock();
        let shown = write!(err, "{}", crate::text::clean_block(prompt));
        let _shown = shown.and_then(|()| err.flush());
        drop(err);
        let echo = if hidden { Echo::Hidden } else { Echo::Shown };
        match read_line(echo, call) {
            Ok(line) => Ok(line.map(|line| line.to_string())),
            Err(e) if e.kind() == io::ErrorKind::Interrupted => Err(cancelled()),
            Err(e) => Err(Error::caused(
                Code::DISK_ERROR,
                "the terminal cannot be read",
                e,
            )),
        }
    }
}
