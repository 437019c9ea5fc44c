//! `mailto:` links. RFC 6068

use super::{DraftText, addresses};
use crate::percent;

/// A link that says no message.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadLink {
    /// It is no `mailto:` link.
    #[error("this is no mailto: link")]
    Scheme,
    /// A `%` code that is none, or no UTF-8.
    #[error("the link has a % code that is none")]
    Code,
    /// Something that is no address.
    #[error("“{0}” is no address")]
    Address(String),
}

/// What a `mailto:` link says. Only fields that are harmless in whoever's hands count (§7): To, Cc, Bcc, Subject, Body,
/// In-Reply-To and Keywords; all others are overlooked, files to attach above all, and named in [`DraftText::overlooked`].
///
/// ```
/// let draft = malle_views::mailto("mailto:ann@example.org?subject=Caf%C3%A9&body=one%0D%0Atwo")?;
/// assert_eq!((draft.subject.as_str(), draft.body.as_str()), ("Café", "one\ntwo"));
/// # Ok::<(), malle_views::BadLink>(())
/// ```
///
/// # Errors
/// What is wrong with the link.
pub fn mailto(link: &str) -> Result<DraftText, BadLink> {
    let (scheme, rest) = link.trim().split_once(':').ok_or(BadLink::Scheme)?;
    if !scheme.eq_ignore_ascii_case("mailto") {
        return Err(BadLink::Scheme);
    }
    let rest = rest.split('#').next().unwrap_or_default();
    let (to, fields) = rest.split_once('?').unwrap_or((rest, ""));
    let mut draft = DraftText::default();
    // Codes may hide commas of an address: what parts addresses is not coded.
    for one in to.split(',').filter(|one| !one.is_empty()) {
        draft.to.extend(people(&decode(one)?)?);
    }
    for field in fields.split('&').filter(|field| !field.is_empty()) {
        let (name, value) = field.split_once('=').unwrap_or((field, ""));
        take(&mut draft, &decode(name)?, &decode(value)?)?;
    }
    Ok(draft)
}

fn take(draft: &mut DraftText, name: &str, value: &str) -> Result<(), BadLink> {
    match name.to_ascii_lowercase().as_str() {
        "to" => draft.to.extend(people(value)?),
        "cc" => draft.cc.extend(people(value)?),
        "bcc" => draft.bcc.extend(people(value)?),
        "subject" => draft.subject = value.replace(['\r', '\n'], " "),
        "body" => draft.body = value.replace("\r\n", "\n").replace('\r', "\n"),
        "in-reply-to" => {
            let id = value.trim();
            let inner = id.strip_prefix('<').and_then(|id| id.strip_suffix('>'));
            let plain = |c: char| c.is_ascii_graphic() && c != '<' && c != '>';
            if inner.is_some_and(|id| id.contains('@') && id.chars().all(plain)) {
                draft.in_reply_to = Some(id.to_owned());
            }
        }
        "keywords" => {
            let words = value.split(',').map(str::trim).filter(|w| !w.is_empty());
            draft.keywords.extend(words.map(str::to_owned));
        }
        other => draft.overlooked.push(other.to_owned()),
    }
    Ok(())
}

fn people(list: &str) -> Result<Vec<mapi::Addressee>, BadLink> {
    addresses(list).map_err(BadLink::Address)
}

/// A text without its `%` codes; `+` is itself (§2).
fn decode(text: &str) -> Result<String, BadLink> {
    percent::decoded(text).ok_or(BadLink::Code)
}

#[cfg(test)]
mod tests {
    use super::{BadLink, mailto};

    #[test]
    fn links_of_the_standard() {
        let draft = mailto("mailto:chris@example.com").unwrap();
        assert_eq!(draft.to[0].address, "chris@example.com");
        let draft = mailto("mailto:?to=joe@example.com&cc=bob@example.com&body=hello").unwrap();
        assert_eq!(
            (draft.to.len(), draft.cc.len(), draft.body.as_str()),
            (1, 1, "hello")
        );
        let draft = mailto("mailto:a@example.com?body=1%0D%0A2%0D3%0A4%0D%0D%0A").unwrap();
        assert_eq!(draft.body, "1\n2\n3\n4\n\n");
        let draft = mailto("mailto:addr1@an.example,addr2@an.example").unwrap();
        assert_eq!(draft.to.len(), 2);
        let draft = mailto("MAILTO:gorby%25kremvax@example.com").unwrap();
        assert_eq!(draft.to[0].address, "gorby%kremvax@example.com");
        let draft = mailto("mailto:list@example.org?In-Reply-To=%3C3469A91.D10AF4C@example.com%3E")
            .unwrap();
        assert_eq!(
            draft.in_reply_to.as_deref(),
            Some("<3469A91.D10AF4C@example.com>")
        );
        let draft = mailto("mailto:bill+ietf@example.org?subject=a+b").unwrap();
        assert_eq!(
            (draft.to[0].address.as_str(), draft.subject.as_str()),
            ("bill+ietf@example.org", "a+b")
        );
        let draft = mailto("mailto:user@%E7%B4%8D%E8%B1%86.example.org?subject=Test").unwrap();
        assert_eq!(draft.to[0].address, "user@納豆.example.org");
    }

    #[test]
    fn nothing_dangerous_is_taken() {
        let link = "mailto:a@example.org?attach=/etc/passwd&attachment=x&from=b@example.org\
            &subject=a%0D%0ABcc:%20c@example.org&In-Reply-To=x%0D%0ABcc:y";
        let draft = mailto(link).unwrap();
        assert!(draft.attach.is_empty() && draft.from.is_empty() && draft.bcc.is_empty());
        assert_eq!(draft.overlooked, ["attach", "attachment", "from"]);
        assert_eq!(draft.subject, "a  Bcc: c@example.org");
        assert_eq!(draft.in_reply_to, None);
        for id in [
            "%3Cx@y%0D%0ABcc:z@example.org%3E",
            "%3Cno id%3E",
            "%3Ca@b%3E%3Cc@d%3E",
            "x@y",
        ] {
            let draft = mailto(&format!("mailto:?In-Reply-To={id}")).unwrap();
            assert_eq!(draft.in_reply_to, None, "{id}");
        }
    }

    #[test]
    fn what_is_no_link() {
        assert_eq!(mailto("http://example.org"), Err(BadLink::Scheme));
        assert_eq!(mailto("ann"), Err(BadLink::Scheme));
        assert_eq!(mailto("mailto:a%4"), Err(BadLink::Code));
        assert_eq!(
            mailto("mailto:a@example.org?subject=%FF"),
            Err(BadLink::Code)
        );
        assert_eq!(
            mailto("mailto:nobody"),
            Err(BadLink::Address("nobody".to_owned()))
        );
    }

    proptest::proptest! {
        /// Whatever a page has somebody click on: at most a message, without files, another author or further fields.
        #[test]
        fn any_link_is_harmless(link in "(mailto:)?([a-z%@,.?&=<>\\r\\n:;\"é-]|%0[AaDd]|cc=|bcc=|subject=|body=|attach=){0,40}") {
            if let Ok(draft) = mailto(&link) {
                proptest::prop_assert!(draft.attach.is_empty() && draft.from.is_empty());
                proptest::prop_assert!(!draft.subject.contains(['\r', '\n']));
                let people = draft.to.iter().chain(&draft.cc).chain(&draft.bcc);
                for person in people {
                    proptest::prop_assert!(!person.address.contains(char::is_control));
                }
                // What is edited says the same, and no more.
                let again = crate::DraftText::parse(&draft.template());
                let again = again.map(|again| (again.to.len(), again.cc.len(), again.bcc.len()));
                let counts = (draft.to.len(), draft.cc.len(), draft.bcc.len());
                proptest::prop_assert_eq!(again, Ok(counts), "{}", link);
            }
        }
    }
}
