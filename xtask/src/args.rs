//! The words after a task's name, taken out one by one until none may be left.

use std::str::FromStr;

use anyhow::{Context, Result, bail};

/// The arguments of one task.
#[derive(Debug)]
pub struct Args {
    words: Vec<String>,
}

impl Args {
    /// The words as given.
    pub const fn new(words: Vec<String>) -> Self {
        Self { words }
    }

    /// Takes the option `name` out; whether it was there.
    pub fn flag(&mut self, name: &str) -> bool {
        let before = self.words.len();
        self.words.retain(|word| word != name);
        self.words.len() < before
    }

    /// Takes the option `name` and its value out, as `--name value` or `--name=value`.
    pub fn value(&mut self, name: &str) -> Result<Option<String>> {
        let joined = format!("{name}=");
        let Some(at) = self
            .words
            .iter()
            .position(|word| word == name || word.starts_with(&joined))
        else {
            return Ok(None);
        };
        let word = self.words.remove(at);
        if let Some(value) = word.strip_prefix(&joined) {
            return Ok(Some(value.to_owned()));
        }
        if at == self.words.len() {
            bail!("{name} needs a value");
        }
        Ok(Some(self.words.remove(at)))
    }

    /// Like [`Args::value`], read as a number.
    pub fn number<N: FromStr>(&mut self, name: &str) -> Result<Option<N>>
    where
        N::Err: std::error::Error + Send + Sync + 'static,
    {
        let Some(text) = self.value(name)? else {
            return Ok(None);
        };
        let number = text
            .parse()
            .with_context(|| format!("{name} needs a number, not `{text}`"))?;
        Ok(Some(number))
    }

    /// Everything that is left, for a program that reads it itself.
    pub fn rest(self) -> Vec<String> {
        self.words
    }

    /// Fails when anything is left.
    pub fn finish(self) -> Result<()> {
        match self.words.first() {
            None => Ok(()),
            Some(word) => bail!("`{word}` means nothing here; add --help to see what does"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn args(line: &str) -> Args {
        Args::new(line.split_whitespace().map(str::to_owned).collect())
    }

    #[test]
    fn options_stand_in_any_order_and_form() {
        let mut given = args("--filter a --yes --timeout=7 rest");
        assert_eq!(given.number::<u64>("--timeout").unwrap(), Some(7));
        assert!(given.flag("--yes"));
        assert!(!given.flag("--no-remove"));
        assert_eq!(given.value("--filter").unwrap().as_deref(), Some("a"));
        assert_eq!(given.rest(), ["rest"]);
    }

    #[test]
    fn wrong_lines_are_refused() {
        assert!(args("--filter").value("--filter").is_err());
        assert!(args("--timeout soon").number::<u64>("--timeout").is_err());
        assert!(args("--what").finish().is_err());
        assert!(args("").finish().is_ok());
    }
}
