//! Secrets that commands of the user's choice print, store and remove.

use mapi_spi::{Call, Secret};
use zeroize::Zeroizing;

use super::choice::{Choice, Output};
use super::place::{Keeper, Person};
use super::{SecretError, SecretName, child};

/// The commands of `secrets.toml`.
pub(super) struct Commands<'a>(pub(super) &'a Choice);

impl Commands<'_> {
    fn run(
        &self,
        words: &[String],
        name: &SecretName,
        input: Option<&Secret>,
        call: &Call,
    ) -> Result<Zeroizing<Vec<u8>>, SecretError> {
        let filled: Vec<String> = words.iter().map(|word| fill(word, name)).collect();
        child::run(&filled, input, self.0.command.limit(), call)
    }

    /// The command that reads `name`: one of its own, or that of all.
    fn reader(&self, name: &SecretName) -> &[String] {
        let own = self.0.commands.get(&name.to_string());
        own.unwrap_or(&self.0.command.get)
    }
}

impl Keeper for Commands<'_> {
    fn get(&self, name: &SecretName, call: &Call) -> Result<Option<Secret>, SecretError> {
        let printed = self.run(self.reader(name), name, None, call)?;
        let wanted = match self.0.command.output {
            Output::Whole => printed.as_slice(),
            Output::FirstLine => first_line(&printed),
        };
        Ok((!wanted.is_empty()).then(|| Secret::new(wanted)))
    }

    fn set(&self, name: &SecretName, value: &Secret, call: &Call) -> Result<(), SecretError> {
        if self.0.command.set.is_empty() {
            return Err(SecretError::NoCommand {
                what: "store",
                key: "set",
            });
        }
        self.run(&self.0.command.set, name, Some(value), call)
            .map(drop)
    }

    fn remove(&self, name: &SecretName, _person: Person, call: &Call) -> Result<(), SecretError> {
        if self.0.command.delete.is_empty() {
            return Err(SecretError::NoCommand {
                what: "delete",
                key: "delete",
            });
        }
        self.run(&self.0.command.delete, name, None, call).map(drop)
    }
}

/// The first line, without its end.
pub(super) fn first_line(bytes: &[u8]) -> &[u8] {
    let line = bytes.split(|b| *b == b'\n').next().unwrap_or_default();
    line.strip_suffix(b"\r").unwrap_or(line)
}

/// Fills `{name}`, `{profile}`, `{service}` and `{key}` in. Each stays within its word: no shell sees it.
fn fill(word: &str, name: &SecretName) -> String {
    let mut filled = String::with_capacity(word.len() + 64);
    let mut rest = word;
    while let Some((before, after)) = rest.split_once('{') {
        filled.push_str(before);
        let hole = after.split_once('}');
        let value = hole.and_then(|(hole, tail)| Some((part(hole, name)?, tail)));
        match value {
            Some((value, tail)) => {
                filled.push_str(&value);
                rest = tail;
            }
            None => {
                filled.push('{');
                rest = after;
            }
        }
    }
    filled.push_str(rest);
    filled
}

fn part(hole: &str, name: &SecretName) -> Option<String> {
    Some(match hole {
        "name" => name.to_string(),
        "profile" => name.profile().to_owned(),
        "service" => name.service().to_string(),
        "key" => name.key().to_owned(),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_filled_in() {
        let uid = "00020329-0000-0000-c000-000000000046";
        let name: SecretName = format!("home/{uid}/password").parse().unwrap();
        for (word, want) in [
            ("mail/{profile}/{key}", "mail/home/password".to_owned()),
            ("{name}", format!("home/{uid}/password")),
            ("{service}{", format!("{uid}{{")),
            ("{other} {", "{other} {".to_owned()),
            ("a{b{key}", "a{bpassword".to_owned()),
        ] {
            assert_eq!(fill(word, &name), want);
        }
    }

    #[test]
    fn lines_end_as_they_do_anywhere() {
        assert_eq!(first_line(b"a\nb"), b"a");
        assert_eq!(first_line(b"a\r\n"), b"a");
        assert_eq!(first_line(b"a"), b"a");
        assert_eq!(first_line(b"\na"), b"");
    }
}
