//! A message that is being written, as plain data: what an editor, a form or a link says of it.
//! RFC 5322 (the fields of a template), RFC 6068 (`mailto:`)
//!
//! Front ends show a draft as [`DraftText::template`] and take back what a person made of it with [`DraftText::parse`];
//! both say the same in a form on a page.

mod mailto;

use mapi::{Addressee, FileTime};
use mapi_mime::ImportContext;
use mapi_props::{PropValue, Tag, TreeProps, recipient_type, tags};

pub use mailto::{BadLink, mailto};

/// What a person writes of a message.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DraftText {
    /// Whom it is from, as a line; shown, never read.
    pub from: String,
    /// To.
    pub to: Vec<Addressee>,
    /// Cc.
    pub cc: Vec<Addressee>,
    /// Bcc.
    pub bcc: Vec<Addressee>,
    /// Who is to get replies.
    pub reply_to: Vec<Addressee>,
    /// Subject.
    pub subject: String,
    /// Files to be attached, as paths.
    pub attach: Vec<String>,
    /// The message that it answers: a Message-ID.
    pub in_reply_to: Option<String>,
    /// Categories.
    pub keywords: Vec<String>,
    /// Fields that a link names and that count for nothing, in small letters.
    pub overlooked: Vec<String>,
    /// The text.
    pub body: String,
}

/// A template that is none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadTemplate {
    /// A line above the text is no field.
    #[error("line {line} is no field such as “To: ann@example.org”")]
    NoField {
        /// Counted from 1.
        line: usize,
    },
    /// A field that no template has.
    #[error("line {line}: there is no field “{name}” here: To, Cc, Bcc, Reply-To, Subject, Attach")]
    UnknownField {
        /// Counted from 1.
        line: usize,
        /// Its name.
        name: String,
    },
    /// Something that is no address.
    #[error("line {line}: “{text}” is no address")]
    BadAddress {
        /// Counted from 1.
        line: usize,
        /// What stands there.
        text: String,
    },
}

impl DraftText {
    /// The draft as a text that a person edits: fields, an empty line, the body.
    ///
    /// ```
    /// use malle_views::DraftText;
    /// use mapi::Addressee;
    ///
    /// let draft = DraftText {
    ///     to: vec![Addressee::smtp("Ann", "ann@example.org")],
    ///     subject: "Plans".to_owned(),
    ///     body: "Hello\n".to_owned(),
    ///     ..DraftText::default()
    /// };
    /// let text = draft.template();
    /// assert!(text.starts_with("To: Ann <ann@example.org>\n"));
    /// assert_eq!(DraftText::parse(&text), Ok(draft));
    /// ```
    #[must_use]
    pub fn template(&self) -> String {
        let mut text = String::new();
        if !self.from.is_empty() {
            text.push_str(&format!("From: {}\n", one_line(&self.from)));
        }
        for (name, people, always) in [
            ("To", &self.to, true),
            ("Cc", &self.cc, true),
            ("Bcc", &self.bcc, true),
            ("Reply-To", &self.reply_to, false),
        ] {
            if always || !people.is_empty() {
                let shown: Vec<String> = people.iter().map(shown).collect();
                push_field(name, &shown.join(", "), &mut text);
            }
        }
        push_field("Subject", &one_line(&self.subject), &mut text);
        for path in &self.attach {
            push_field("Attach", &one_line(path), &mut text);
        }
        text.push('\n');
        text.push_str(&self.body.replace("\r\n", "\n"));
        text
    }

    /// What a person made of a template. Lines that begin with white space go on with the field above them.
    ///
    /// # Errors
    /// What is wrong with the fields, and where; any text is a body.
    pub fn parse(text: &str) -> Result<Self, BadTemplate> {
        let text = text.strip_prefix('\u{FEFF}').unwrap_or(text);
        let text = text.replace("\r\n", "\n");
        let (head, body) = match text.split_once("\n\n") {
            _ if text.starts_with('\n') => ("", text.strip_prefix('\n').unwrap_or_default()),
            Some((head, body)) => (head, body),
            None => (text.trim_end_matches('\n'), ""),
        };
        let mut draft = Self {
            body: body.to_owned(),
            ..Self::default()
        };
        for (line, name, value) in fields(head)? {
            draft.take(line, name, value.trim())?;
        }
        Ok(draft)
    }

    fn take(&mut self, line: usize, name: &str, value: &str) -> Result<(), BadTemplate> {
        let people = match name.to_ascii_lowercase().as_str() {
            "to" => &mut self.to,
            "cc" => &mut self.cc,
            "bcc" => &mut self.bcc,
            "reply-to" => &mut self.reply_to,
            "subject" => {
                value.clone_into(&mut self.subject);
                return Ok(());
            }
            "attach" => {
                if !value.is_empty() {
                    self.attach.push(value.to_owned());
                }
                return Ok(());
            }
            "from" => {
                value.clone_into(&mut self.from);
                return Ok(());
            }
            _ => {
                let name = name.to_owned();
                return Err(BadTemplate::UnknownField { line, name });
            }
        };
        let found = addresses(value).map_err(|text| BadTemplate::BadAddress { line, text })?;
        people.extend(found);
        Ok(())
    }
}

/// The fields of a template with the numbers of their lines.
fn fields(head: &str) -> Result<Vec<(usize, &str, String)>, BadTemplate> {
    let mut found: Vec<(usize, &str, String)> = Vec::new();
    for (n, text) in head.lines().enumerate() {
        let line = n + 1;
        if text.starts_with([' ', '\t'])
            && let Some((_, _, value)) = found.last_mut()
        {
            value.push(' ');
            value.push_str(text.trim());
            continue;
        }
        let (name, value) = text.split_once(':').ok_or(BadTemplate::NoField { line })?;
        if name.is_empty() || name.contains(char::is_whitespace) {
            return Err(BadTemplate::NoField { line });
        }
        found.push((line, name, value.to_owned()));
    }
    Ok(found)
}

/// The people of a list as mail headers write it: `Ann <ann@example.org>, bob@example.org`.
///
/// # Errors
/// What of it is no address.
pub fn addresses(list: &str) -> Result<Vec<Addressee>, String> {
    let list = one_line(list);
    if list.is_empty() {
        return Ok(Vec::new());
    }
    let refused = || list.chars().take(100).collect::<String>();
    let mail = format!("To: {list}\r\n\r\n");
    let mut context = ImportContext::new(FileTime(0));
    // Nobody is left out for their number: these are whom a person writes to.
    context.limits.recipients = usize::MAX;
    let tree = mapi_mime::parse(mail.into_bytes(), &context).map_err(|_| refused())?;
    let people: Vec<Addressee> = tree.recipients.iter().filter_map(person).collect();
    let all_there = people.len() == tree.recipients.len() && !people.is_empty();
    let real = |person: &Addressee| {
        let (left, right) = person.address.rsplit_once('@').unwrap_or_default();
        let plain = |c: char| !c.is_whitespace() && !c.is_control() && !"<>,;:\"".contains(c);
        !left.is_empty() && !right.is_empty() && right.chars().all(plain)
    };
    match people.iter().find(|person| !real(person)) {
        Some(person) => Err(person.address.clone()),
        None if all_there => Ok(people),
        None => Err(refused()),
    }
}

fn person(row: &TreeProps) -> Option<Addressee> {
    let kind = row.value(tags::RECIPIENT_TYPE).and_then(PropValue::as_long);
    let text = |tag: Tag<str>| row.text(tag).unwrap_or_default();
    let address = text(tags::EMAIL_ADDRESS);
    let fits = kind == Some(recipient_type::TO) && !address.is_empty();
    let name = Some(text(tags::DISPLAY_NAME)).filter(|name| *name != address);
    fits.then(|| Addressee::smtp(name.unwrap_or_default(), address))
}

/// A person as a field writes one.
#[must_use]
pub fn shown(person: &Addressee) -> String {
    let name = one_line(&person.name);
    if name.is_empty() || name == person.address {
        return person.address.clone();
    }
    let plain = |c: char| c.is_alphanumeric() || " !#$%&'*+-/=?^_`{|}~".contains(c);
    if name.chars().all(plain) {
        return format!("{name} <{}>", person.address);
    }
    let quoted = name.replace('\\', "\\\\").replace('"', "\\\"");
    format!("\"{quoted}\" <{}>", person.address)
}

/// A field; one without a value keeps its place.
fn push_field(name: &str, value: &str, text: &mut String) {
    text.push_str(name);
    text.push(':');
    if !value.is_empty() {
        text.push(' ');
        text.push_str(value);
    }
    text.push('\n');
}

/// Text without line ends and other control characters: nothing that somebody wrote becomes another field.
fn one_line(text: &str) -> String {
    let plain = text.chars().map(|c| if c.is_control() { ' ' } else { c });
    plain.collect::<String>().trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::{BadTemplate, DraftText, addresses, shown};
    use mapi::Addressee;

    #[test]
    fn templates_come_back() {
        let draft = DraftText {
            from: "Me <me@example.org>".to_owned(),
            to: vec![
                Addressee::smtp("Ann, \"A\" É", "ann@example.org"),
                Addressee::smtp("", "bob@example.org"),
            ],
            bcc: vec![Addressee::smtp("Ünï", "u@example.org")],
            subject: "Plans: new — now".to_owned(),
            attach: vec!["/tmp/a b.pdf".to_owned()],
            body: "Hello\n\nSubject: no field\n".to_owned(),
            ..DraftText::default()
        };
        assert_eq!(DraftText::parse(&draft.template()), Ok(draft.clone()));
        let windows = draft.template().replace('\n', "\r\n");
        assert_eq!(DraftText::parse(&windows), Ok(draft));
        let injected = DraftText {
            subject: "a\r\nBcc: evil@example.org".to_owned(),
            ..DraftText::default()
        };
        let again = DraftText::parse(&injected.template()).unwrap();
        assert_eq!(
            (again.bcc.len(), again.subject.as_str()),
            (0, "a  Bcc: evil@example.org")
        );
        assert_eq!(DraftText::parse(""), Ok(DraftText::default()));
        let body = DraftText::parse("\nonly a body").unwrap();
        assert_eq!(body.body, "only a body");
        let folded = DraftText::parse("To: a@example.org,\n  b@example.org\n\n").unwrap();
        assert_eq!(folded.to.len(), 2);
    }

    #[test]
    fn what_is_wrong_and_where() {
        for (text, wrong) in [
            ("To a@b\n\n", BadTemplate::NoField { line: 1 }),
            (
                "To: a@example.org\nX-Other: 1\n\n",
                BadTemplate::UnknownField {
                    line: 2,
                    name: "X-Other".to_owned(),
                },
            ),
            (
                "Subject: x\nCc: nobody\n\n",
                BadTemplate::BadAddress {
                    line: 2,
                    text: "nobody".to_owned(),
                },
            ),
        ] {
            assert_eq!(DraftText::parse(text), Err(wrong), "{text}");
        }
    }

    #[test]
    fn lists_of_people() {
        let found =
            addresses("Ann <ann@example.org>, \"B, C\" <bc@example.org>; dee@例え.jp").unwrap();
        let shown: Vec<String> = found.iter().map(shown).collect();
        assert_eq!(
            shown,
            [
                "Ann <ann@example.org>",
                "\"B, C\" <bc@example.org>",
                "dee@例え.jp"
            ]
        );
        for bad in ["nobody", "a@", "@b", "Ann <>"] {
            assert!(addresses(bad).is_err(), "{bad}: {:?}", addresses(bad));
        }
        assert_eq!(addresses("  "), Ok(vec![]));
        let many: Vec<String> = (0..25_000).map(|n| format!("a{n}@example.org")).collect();
        assert_eq!(addresses(&many.join(", ")).map(|all| all.len()), Ok(25_000));
    }
}
