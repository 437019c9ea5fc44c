//! Addresses without a domain get one, where they stand: all else of the field stays as it was written.
//! RFC 5322 §3.4; Postfix does so with `append_at_myorigin`

/// Where something of a mailbox ends.
#[derive(Debug, Default)]
struct Mailbox {
    /// Behind the last letter of the address, of one in angle brackets.
    bracketed: Option<usize>,
    /// Behind the last letter of the words outside of brackets, quotes and comments count as such.
    plain: Option<usize>,
    /// How many words there are outside.
    words: usize,
    /// There is an `@` in the address.
    whole: bool,
}

impl Mailbox {
    /// Where the domain lacks.
    fn lacks(&self, inside: bool) -> Option<usize> {
        match (self.whole, inside) {
            (true, _) => None,
            (false, true) => self.bracketed,
            (false, false) => self.plain.filter(|_| self.words == 1),
        }
    }
}

/// The value of a field that names people, with `@domain` behind those of whom there is only a name; `None`: there are none.
pub(super) fn addresses(value: &[u8], domain: &str) -> Option<Vec<u8>> {
    let places = places(value);
    if places.is_empty() {
        return None;
    }
    let mut out = Vec::with_capacity(value.len() + places.len() * (domain.len() + 1));
    let mut from = 0;
    for place in places {
        out.extend_from_slice(value.get(from..place).unwrap_or_default());
        out.push(b'@');
        out.extend_from_slice(domain.as_bytes());
        from = place;
    }
    out.extend_from_slice(value.get(from..).unwrap_or_default());
    Some(out)
}

fn places(value: &[u8]) -> Vec<usize> {
    let mut places = Vec::new();
    let mut one = Mailbox::default();
    let (mut comment, mut quoted, mut angle, mut had_angle, mut word) =
        (0, false, false, false, false);
    let mut bytes = value.iter().enumerate();
    while let Some((at, byte)) = bytes.next() {
        let plain = comment == 0 && !quoted;
        match byte {
            b'\\' if !plain => {
                bytes.next();
                continue;
            }
            b'"' if comment == 0 => quoted = !quoted,
            b'(' if !quoted => {
                comment += 1;
                word = false;
                continue;
            }
            b')' if !quoted && comment > 0 => {
                comment -= 1;
                continue;
            }
            _ if comment > 0 => continue,
            b'<' if plain => {
                (angle, had_angle) = (true, true);
                // Only what is in the brackets is the address.
                one.whole = false;
                continue;
            }
            b'>' if plain => {
                angle = false;
                continue;
            }
            b':' if plain && !angle => {
                // It was the name of a group.
                (one, word, had_angle) = (Mailbox::default(), false, false);
                continue;
            }
            b',' | b';' if plain && !angle => {
                places.extend(one.lacks(had_angle));
                (one, word, had_angle) = (Mailbox::default(), false, false);
                continue;
            }
            b'@' if plain && (angle || !had_angle) => one.whole = true,
            _ if plain && byte.is_ascii_whitespace() => {
                word = false;
                continue;
            }
            _ => {}
        }
        if angle {
            one.bracketed = Some(at + 1);
        } else if !had_angle {
            one.words += usize::from(!word);
            one.plain = Some(at + 1);
        }
        word = true;
    }
    if !quoted && comment == 0 && !angle {
        places.extend(one.lacks(had_angle));
    }
    places
}

#[cfg(test)]
mod tests {
    use super::addresses;
    use proptest::prelude::*;

    #[test]
    fn only_what_lacks_a_domain_gets_one() {
        for (value, expect) in [
            ("root", Some("root@x.org")),
            (" root\r\n", Some(" root@x.org\r\n")),
            ("root (Cron Daemon)", Some("root@x.org (Cron Daemon)")),
            ("(a, b) root", Some("(a, b) root@x.org")),
            ("Cron <root>", Some("Cron <root@x.org>")),
            (
                "\"A, B\" <root>, c@d, e",
                Some("\"A, B\" <root@x.org>, c@d, e@x.org"),
            ),
            ("\"o k\"", Some("\"o k\"@x.org")),
            ("staff: a, b@c;, d", Some("staff: a@x.org, b@c;, d@x.org")),
            ("\"a@b\" <root>", Some("\"a@b\" <root@x.org>")),
            ("a@b.org", None),
            ("A <a@b.org>", None),
            ("root <a@b.org>", None),
            ("undisclosed-recipients:;", None),
            ("two words", None),
            ("<>", None),
            ("", None),
            (",", None),
            ("\"open", None),
        ] {
            let got = addresses(value.as_bytes(), "x.org");
            let got = got.map(|bytes| String::from_utf8(bytes).unwrap());
            assert_eq!(got.as_deref(), expect, "{value}");
        }
    }

    proptest! {
        #[test]
        fn nothing_is_lost_and_once_is_enough(value in "[a@ <>(),;:\\\\\"\r\n]{0,24}") {
            if let Some(once) = addresses(value.as_bytes(), "x.org") {
                let once = String::from_utf8(once).unwrap();
                prop_assert_eq!(once.replace("@x.org", ""), value);
            }
        }
    }
}
