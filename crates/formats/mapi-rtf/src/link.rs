//! Where a field leads.
//! RTF 1.9.1, "Fields"; ECMA-376 17.16.5.25 (HYPERLINK)

/// The target of a field made by `instruction`, if it is a link: an address, or `#` and a place in the document.
pub(crate) fn target(instruction: &str) -> Option<String> {
    let rest = instruction.trim_start();
    let (word, rest) = rest.split_at_checked("HYPERLINK".len())?;
    if !word.eq_ignore_ascii_case("HYPERLINK") {
        return None;
    }
    let mut address = String::new();
    let mut place = None;
    let mut arguments = Arguments(rest);
    while let Some(argument) = arguments.next() {
        match argument {
            Argument::Switch('l') => {
                if let Some(Argument::Value(value)) = arguments.next() {
                    place = Some(value);
                }
            }
            // These two have a value that is shown elsewhere.
            Argument::Switch('o' | 't') => drop(arguments.next()),
            Argument::Switch(_) => {}
            Argument::Value(value) if address.is_empty() => address = value,
            Argument::Value(_) => {}
        }
    }
    if let Some(place) = place {
        address.push('#');
        address.push_str(&place);
    }
    (!address.is_empty()).then_some(address)
}

/// Whether a link may lead there: no script is run and no data made a page by a click.
pub(crate) fn worth_showing(target: &str) -> bool {
    // Browsers pass over such characters within the scheme.
    let shown = |char: &char| !char.is_whitespace() && !char.is_control();
    let target: String = target.chars().filter(shown).take(32).collect();
    match target.split_once(':') {
        None => true,
        Some((scheme, _)) if scheme.contains(['/', '?', '#', '\\']) => true,
        Some((scheme, _)) => {
            let scheme = scheme.to_ascii_lowercase();
            // A letter alone is a drive.
            scheme.len() == 1 || SCHEMES.contains(&scheme.as_str())
        }
    }
}

const SCHEMES: &[&str] = &[
    "http", "https", "mailto", "ftp", "ftps", "sftp", "file", "tel", "sms", "callto", "sip",
    "sips", "im", "xmpp", "news", "nntp", "ldap", "ldaps", "cid", "mid", "outlook", "onenote",
    "notes", "webcal", "geo", "irc",
];

#[derive(Debug, PartialEq, Eq)]
enum Argument {
    Switch(char),
    Value(String),
}

/// The arguments of an instruction: `\x`, words, and `"…"` in which a backslash quotes.
struct Arguments<'a>(&'a str);

impl Iterator for Arguments<'_> {
    type Item = Argument;

    fn next(&mut self) -> Option<Argument> {
        let rest = self.0.trim_start();
        let mut chars = rest.chars();
        match chars.next()? {
            '\\' => {
                // Written with two backslashes by some.
                let switch = chars.find(|char| *char != '\\')?;
                self.0 = chars.as_str();
                Some(Argument::Switch(switch))
            }
            '"' => {
                let mut value = String::new();
                while let Some(char) = chars.next() {
                    match char {
                        '"' => break,
                        '\\' => value.extend(chars.next()),
                        _ => value.push(char),
                    }
                }
                self.0 = chars.as_str();
                Some(Argument::Value(value))
            }
            _ => {
                let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
                let (word, after) = rest.split_at_checked(end)?;
                self.0 = after;
                Some(Argument::Value(word.to_owned()))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_lead_where_they_say() {
        let check = |instruction: &str, expect: Option<&str>| {
            assert_eq!(target(instruction).as_deref(), expect, "{instruction}");
        };
        check("HYPERLINK \"http://a/b?c\"", Some("http://a/b?c"));
        check(" hyperlink http://a ", Some("http://a"));
        check(
            "HYPERLINK \"http://a\" \\o \"tip\" \\t \"_blank\" \\l \"x\"",
            Some("http://a#x"),
        );
        check("HYPERLINK \\l \"x\"", Some("#x"));
        check("HYPERLINK \"C:\\\\a\\\\b\" \\n", Some("C:\\a\\b"));
        check("PAGE", None);
        check("HYPERLINK", None);
    }

    #[test]
    fn no_link_runs_anything() {
        for target in ["http://a", "mailto:a@b", "#x", "a/b:c", "C:\\x", "//a", ""] {
            assert!(worth_showing(target), "{target}");
        }
        for target in [
            "javascript:x",
            " JaVa\tscript:x",
            "data:text/html,x",
            "vbscript:x",
            "\u{1}javascript:x",
        ] {
            assert!(!worth_showing(target), "{target}");
        }
    }
}
