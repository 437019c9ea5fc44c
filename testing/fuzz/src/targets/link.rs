//! `mailto:` links, which any web page may hand over: a draft or an error, and nothing that a line of a header could hide.

use malle_views::{addresses, mailto};

use crate::seen::Seen;
use crate::target::Target;

pub(super) static TARGET: Target = Target {
    name: "mailto",
    about: "any link is a draft or an error; no line breaks get into addresses, subject or identifiers",
    longest: 4 * 1024,
    seeds: || {
        [
            "mailto:ann@example.org?subject=Caf%C3%A9&body=one%0D%0Atwo",
            "MAILTO:a%2Cb@example.org,c@example.org?cc=%22Doe%2C%20J%22%20%3Cd@example.org%3E&bcc=e@example.org",
            "mailto:?to=&in-reply-to=%3C1@example.org%3E&keywords=a,b&attach=/etc/passwd#x",
        ]
        .map(|link| link.as_bytes().to_vec())
        .to_vec()
    },
    takes_mail: false,
    tokens: &[
        b"mailto:",
        b"?",
        b"&",
        b"=",
        b",",
        b"%",
        b"%0D%0A",
        b"%0a",
        b"%00",
        b"%C3%A9",
        b"%2C",
        b"%22",
        b"@",
        b"<",
        b">",
        b";",
        b"subject=",
        b"body=",
        b"to=",
        b"cc=",
        b"bcc=",
        b"in-reply-to=%3C",
        b"keywords=",
        b"attach=",
    ],
    run,
};

fn run(input: &[u8], seen: &mut Seen) {
    let text = String::from_utf8_lossy(input);
    seen.mark("list", addresses(&text).is_ok());
    let draft = match mailto(&text) {
        Ok(draft) => draft,
        Err(error) => return seen.mark("error", std::mem::discriminant(&error)),
    };
    for (what, people) in [("to", &draft.to), ("cc", &draft.cc), ("bcc", &draft.bcc)] {
        seen.count(what, people.len());
        for who in people {
            let whole = [&who.name, &who.address_type, &who.address];
            assert!(
                whole.iter().all(|text| on_one_line(text)),
                "{what}: {who:?}"
            );
            assert_eq!(who.address_type, "SMTP");
            assert!(who.address.contains('@'), "{who:?}");
        }
    }
    assert!(on_one_line(&draft.subject), "{:?}", draft.subject);
    if let Some(id) = &draft.in_reply_to {
        assert!(on_one_line(id) && id.starts_with('<') && id.ends_with('>'));
    }
    assert!(draft.keywords.iter().all(|word| !word.is_empty()));
    assert!(!draft.body.contains('\r'), "{:?}", draft.body);
    seen.mark("body", draft.body.is_empty());
}

fn on_one_line(text: &str) -> bool {
    !text.contains(['\r', '\n'])
}
