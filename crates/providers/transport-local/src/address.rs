//! Addresses of mailboxes: `name@domain`, compared without case, as mail systems do on one machine.
//! RFC 5321 §4.1.2, §2.3.11; detail (`ann+list@…`) as in RFC 5233

use std::fmt;

/// The longest address (RFC 5321 §4.5.3.1.3).
const LONGEST: usize = 254;
/// What parts detail from a name.
const DETAIL: char = '+';

/// An address in the form in which addresses are compared: lower case.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Address {
    text: String,
    at: usize,
}

impl Address {
    /// Reads `name@domain`; `None` for what is none that a mailbox of this machine may have.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let text = text
            .strip_prefix('<')
            .and_then(|t| t.strip_suffix('>'))
            .unwrap_or(text);
        let (name, domain) = text.rsplit_once('@')?;
        let domain = domain.strip_suffix('.').unwrap_or(domain);
        if text.len() > LONGEST || !is_name(name) || !is_domain(domain) {
            return None;
        }
        let name = name.to_lowercase();
        let at = name.len();
        Some(Self {
            text: format!("{name}@{}", domain.to_lowercase()),
            at,
        })
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.text
    }

    pub(crate) fn name(&self) -> &str {
        self.text.get(..self.at).unwrap_or_default()
    }

    pub(crate) fn domain(&self) -> &str {
        self.text.get(self.at + 1..).unwrap_or_default()
    }

    /// The same without detail: `ann@…` of `ann+list@…`; `None` if it has none.
    pub(crate) fn without_detail(&self) -> Option<Self> {
        let (name, _) = self.name().split_once(DETAIL)?;
        (!name.is_empty()).then(|| Self {
            text: format!("{name}@{}", self.domain()),
            at: name.len(),
        })
    }

    /// The same name at another domain.
    pub(crate) fn at(&self, domain: &str) -> Self {
        Self {
            text: format!("{}@{domain}", self.name()),
            at: self.at,
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// The addresses in a setting, parted by spaces, commas or line ends.
///
/// # Errors
/// The first that is none.
pub(crate) fn list(text: &str) -> Result<Vec<Address>, String> {
    let mut all = Vec::new();
    for word in words(text) {
        let address = Address::parse(word).ok_or_else(|| word.to_owned())?;
        if !all.contains(&address) {
            all.push(address);
        }
    }
    Ok(all)
}

/// The words of a setting that is a list.
pub(crate) fn words(text: &str) -> impl Iterator<Item = &str> {
    let parting = |c: char| c.is_whitespace() || c == ',' || c == ';';
    text.split(parting).filter(|word| !word.is_empty())
}

/// Whether this can stand before the `@`: a dot-atom with letters of any script (RFC 6531 §3.3). Quoted strings are for other systems.
fn is_name(name: &str) -> bool {
    let good = |c: char| c.is_alphanumeric() || "!#$%&'*+-/=?^_`{|}~.".contains(c);
    !name.is_empty() && name.len() <= 64 && name.chars().all(good)
}

/// Whether this can stand after it.
pub(crate) fn is_domain(domain: &str) -> bool {
    let good = |c: char| c.is_alphanumeric() || c == '-';
    let label =
        |l: &str| !l.is_empty() && l.len() <= 63 && l.chars().all(good) && !l.starts_with('-');
    !domain.is_empty() && domain.split('.').all(label)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_and_detail_do_not_count() {
        let ann = Address::parse("<Ann.Lee+Work@LocalHost.>").unwrap();
        assert_eq!(ann.as_str(), "ann.lee+work@localhost");
        assert_eq!((ann.name(), ann.domain()), ("ann.lee+work", "localhost"));
        assert_eq!(ann.without_detail().unwrap().as_str(), "ann.lee@localhost");
        assert_eq!(ann.without_detail().unwrap().without_detail(), None);
        assert_eq!(
            Address::parse("+x@localhost").unwrap().without_detail(),
            None
        );
    }

    #[test]
    fn what_is_no_address_is_none() {
        let long = format!("{}@localhost", "x".repeat(65));
        for text in [
            "",
            "ann",
            "@localhost",
            "ann@",
            "a n@x",
            "ann@-x",
            "ann@x..y",
            "a\"b@x",
            "a/../b\\@x y",
            &long,
        ] {
            assert_eq!(Address::parse(text), None, "{text}");
        }
        assert_eq!(list("a@x, b@y;A@X\nc@z").unwrap().len(), 3);
        assert_eq!(list("a@x b").unwrap_err(), "b");
    }
}
