//! Addresses as fields take them: quoted where they must be, in ASCII where they can be.
//! RFC 5322 §3.4.1, RFC 6532 §3.2, [MS-OXCMAIL] 2.1.3.1.1

use std::borrow::Cow;

use super::{field, idna};

/// Longest address that is written: a line may have 998 characters.
const ADDRESS_MAX: usize = 900;

/// An address as it may stand in a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Spec {
    pub(super) text: String,
    /// It had no domain and got the writer's own.
    pub(super) qualified: bool,
}

/// `address` as an addr-spec; `None` if there is none, or none that a reader would take for it.
///
/// A domain beyond ASCII becomes IDNA's form, which means the same. Only where the local part is beyond ASCII too,
/// which has no other form, it is written as RFC 6532 has it.
pub(super) fn spec(address: &str, own_domain: &str) -> Option<Spec> {
    let address: String = address
        .chars()
        .filter(|c| !c.is_control() && !matches!(c, '<' | '>'))
        .collect();
    let address = address.trim();
    let (local, domain, qualified) = match address.rsplit_once('@') {
        Some((local, domain)) => (local.trim(), domain.trim().trim_end_matches('.'), false),
        None => (address, own_domain, true),
    };
    if local.is_empty() {
        return None;
    }
    let domain = domain_of(domain, local.is_ascii())?;
    let text = format!("{}@{domain}", local_of(local));
    (text.len() <= ADDRESS_MAX).then_some(Spec { text, qualified })
}

/// A dot-atom if it is one, else a quoted string. What looks like an encoded word goes into angle brackets instead.
fn local_of(local: &str) -> Cow<'_, str> {
    let inner = local
        .strip_prefix('"')
        .and_then(|l| l.strip_suffix('"'))
        .map(unquoted);
    let plain = inner.as_deref().unwrap_or(local);
    if is_dot_atom(plain) && inner.is_none() {
        return Cow::Borrowed(local);
    }
    Cow::Owned(field::quoted(plain))
}

fn unquoted(text: &str) -> String {
    let mut out = String::new();
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => out.extend(chars.next()),
            c => out.push(c),
        }
    }
    out
}

fn domain_of(domain: &str, ascii_local: bool) -> Option<Cow<'_, str>> {
    let literal = domain.starts_with('[') && domain.ends_with(']') && domain.len() > 2;
    let dtext = |b: u8| (33..=90).contains(&b) || (94..=126).contains(&b);
    if literal {
        let inner = domain.get(1..domain.len() - 1)?;
        return inner.bytes().all(dtext).then_some(Cow::Borrowed(domain));
    }
    if !is_dot_atom(domain) {
        return None;
    }
    if domain.is_ascii() || !ascii_local {
        return Some(Cow::Borrowed(domain));
    }
    idna::to_ascii(domain).map_or(Some(Cow::Borrowed(domain)), |ascii| Some(Cow::Owned(ascii)))
}

/// Atoms with single dots between them; characters beyond ASCII are atom text in RFC 6532.
fn is_dot_atom(text: &str) -> bool {
    let atom_text = |c: char| {
        c.is_ascii_alphanumeric()
            || "!#$%&'*+-/=?^_`{|}~".contains(c)
            || (!c.is_ascii() && !c.is_whitespace())
    };
    text.split('.')
        .all(|atom| !atom.is_empty() && atom.chars().all(atom_text))
}

/// The address of another system in the form that carries it over Internet mail, `IMCEAEX-_O=…@domain`.
pub(super) fn encapsulated(address_type: &str, address: &str, own_domain: &str) -> Option<String> {
    let typed = !address_type.is_empty() && address_type.bytes().all(|b| b.is_ascii_alphanumeric());
    if !typed || address.is_empty() {
        return None;
    }
    let mut local = format!("IMCEA{}-", address_type.to_ascii_uppercase());
    for byte in address.bytes() {
        match byte {
            b'/' => local.push('_'),
            b'=' | b'-' | b'.' => local.push(char::from(byte)),
            _ if byte.is_ascii_alphanumeric() => local.push(char::from(byte)),
            _ => local.push_str(&format!("+{byte:02X}")),
        }
    }
    Some(format!("{local}@{own_domain}"))
}

#[cfg(test)]
mod tests {
    use super::{encapsulated, spec};

    #[test]
    fn addresses_are_quoted_or_put_into_ascii() {
        for (address, written) in [
            ("a@b", Some("a@b")),
            (" a.b+c@x_y.example ", Some("a.b+c@x_y.example")),
            ("a b@c", Some("\"a b\"@c")),
            ("\"a b\"@c", Some("\"a b\"@c")),
            ("a..b@c", Some("\"a..b\"@c")),
            ("a@b@c", Some("\"a@b\"@c")),
            ("a\"\\@c", Some("\"a\\\"\\\\\"@c")),
            ("x@[192.0.2.1]", Some("x@[192.0.2.1]")),
            ("x@Bücher.example.", Some("x@xn--bcher-kva.example")),
            ("jörg@bücher.example", Some("jörg@bücher.example")),
            ("root", Some("root@here")),
            ("a@b c", None),
            ("a@", None),
            ("@b", None),
            ("", None),
            ("x\r\nBcc: y@z", Some("\"xBcc: y\"@z")),
        ] {
            assert_eq!(
                spec(address, "here").map(|s| s.text).as_deref(),
                written,
                "{address}"
            );
        }
    }

    #[test]
    fn addresses_of_other_systems_are_encapsulated() {
        assert_eq!(
            encapsulated("EX", "/O=Acme Ltd/CN=bob", "here").as_deref(),
            Some("IMCEAEX-_O=Acme+20Ltd_CN=bob@here")
        );
        assert_eq!(encapsulated("a b", "x", "here"), None);
    }
}
