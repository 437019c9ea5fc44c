//! Mail that a program wrote whole: what its header lacks is added, what may not leave is taken out, and the rest leaves as it is.
//! RFC 5322 §3.6; what sendmail(1) of Postfix does with its `message_drop_headers` and `always_add_missing_headers`

mod complete;
mod header;

use mapi::Identity;
use mapi_mime::{SharedBytes, WriteOptions};
use mapi_props::person::{REPRESENTING, SENDER};
use mapi_props::{FileTime, MessageTree, TreeProps, tags};
use mapi_spi::Support as _;

use crate::{SystemSupport, drafts};

use header::Header;

pub use mapi_mime::NoMessage;

/// Fields that name people.
const OF_PEOPLE: [&str; 11] = [
    "From",
    "Sender",
    "Reply-To",
    "To",
    "Cc",
    "Bcc",
    "Resent-From",
    "Resent-Sender",
    "Resent-To",
    "Resent-Cc",
    "Resent-Bcc",
];

/// Fields that no recipient is to see, or that whoever delivers writes anew.
const NEVER_LEAVE: [&str; 4] = ["Bcc", "Resent-Bcc", "Return-Path", "Content-Length"];

/// Fields by which somebody passes a mail on to others, and what they are of a mail that is new.
const RESENT: [(&str, &str); 3] = [
    ("Resent-To", "To"),
    ("Resent-Cc", "Cc"),
    ("Resent-Bcc", "Bcc"),
];

/// A mail that a program wrote.
#[derive(Debug)]
pub struct Written {
    header: Header,
    body: Vec<u8>,
}

impl Written {
    /// Takes a mail apart: lines end with CR LF from here on. Where it does not begin with a field it is a body alone.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        let (header, body) = Header::read(bytes);
        Self {
            header,
            body: with_line_ends(body),
        }
    }

    /// Whether the header has this field, with something in it.
    #[must_use]
    pub fn says(&self, name: &str) -> bool {
        self.header.says(name)
    }

    /// Gives people of whom there is only a name this domain (`root` is `root@example.org` then).
    pub fn complete(&mut self, domain: &str) {
        self.header
            .change(&OF_PEOPLE, |value| complete::addresses(value, domain));
    }

    /// What the header says of people: who writes, and whom it is to, Bcc too.
    ///
    /// # Errors
    /// Those of reading a mail.
    pub fn envelope(&self) -> Result<MessageTree, NoMessage> {
        match self.header.is_empty() {
            true => Ok(MessageTree::default()),
            false => drafts::parse_draft(self.header.bytes()),
        }
    }

    /// Those to whom somebody passes the mail on who got it before, if the header says so.
    ///
    /// # Errors
    /// Those of reading a mail.
    pub fn resent_to(&self) -> Result<Option<MessageTree>, NoMessage> {
        let mut header = Header::default();
        for (resent, name) in RESENT {
            self.header
                .values(resent)
                .for_each(|value| header.add(name, value));
        }
        match header.is_empty() {
            true => Ok(None),
            false => drafts::parse_draft(header.bytes()).map(Some),
        }
    }

    /// What is behind the `@` of whoever writes it, as the header says.
    #[must_use]
    pub fn domain_of_author(&self) -> Option<String> {
        let tree = self.envelope().ok()?;
        let author = tree.props.text(tags::SENT_REPRESENTING_EMAIL_ADDRESS)?;
        author.rsplit_once('@').map(|(_, domain)| domain.to_owned())
    }

    /// Takes out what never leaves, and adds what every mail has.
    pub fn settle(&mut self, from: Option<&Identity>, date: &str, domain: &str) {
        let id: String = SystemSupport
            .new_guid()
            .as_bytes()
            .iter()
            .map(|b| format!("{b:02x}"))
            .collect();
        self.header.remove(&NEVER_LEAVE);
        if let Some(from) = from.filter(|_| !self.says("From")) {
            self.header.remove(&["From"]);
            self.header.add("From", from_field(from).trim_end());
        }
        if !self.says("Date") {
            self.header.remove(&["Date"]);
            self.header.add("Date", date);
        }
        if !self.says("Message-ID") {
            self.header.remove(&["Message-ID"]);
            self.header.add("Message-ID", &format!("<{id}@{domain}>"));
        }
    }

    /// The mail, as it leaves.
    #[must_use]
    pub fn into_bytes(self) -> Vec<u8> {
        let mut bytes = self.header.bytes();
        bytes.reserve(self.body.len() + 2);
        bytes.extend_from_slice(b"\r\n");
        bytes.extend_from_slice(&self.body);
        bytes
    }
}

/// A mail as a message that can be submitted as it is written ([`mapi::Message::submit_as_written`]).
///
/// # Errors
/// Why the bytes hold no message.
pub fn parse(bytes: Vec<u8>) -> Result<MessageTree, NoMessage> {
    drafts::parse_whole(SharedBytes::from(bytes))
}

/// Says of a message who sends it, and for whom too if `represents`.
pub fn sign(tree: &mut MessageTree, sender: &Identity, represents: bool) {
    let person = mapi::Addressee::from(sender);
    let also = represents.then_some(&REPRESENTING);
    for tags in std::iter::once(&SENDER).chain(also) {
        tags.all().for_each(|tag| {
            tree.props.remove(&tag.into());
        });
        for (tag, value) in person.told_as(tags) {
            tree.props.set(tag, value);
        }
    }
}

/// The value of a From field, as every mail of ours has it.
fn from_field(from: &Identity) -> String {
    let mut tree = MessageTree {
        props: TreeProps::default(),
        ..MessageTree::default()
    };
    sign(&mut tree, from, true);
    tree.props.set(tags::CLIENT_SUBMIT_TIME, FileTime(0));
    let mut mail = Vec::new();
    // Nothing fails that is written into memory.
    let _written = mapi_mime::write(&tree, &WriteOptions::default(), &mut mail);
    let (header, _) = Header::read(&mail);
    let value = header.values("From").next().map(str::to_owned);
    value.unwrap_or_else(|| format!("<{}>", from.address))
}

/// Lines with CR LF at their ends, the last one too.
fn with_line_ends(body: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(body.len() + body.len() / 32 + 2);
    for line in body.split_inclusive(|b| *b == b'\n') {
        let line = line.strip_suffix(b"\n").unwrap_or(line);
        out.extend_from_slice(line.strip_suffix(b"\r").unwrap_or(line));
        out.extend_from_slice(b"\r\n");
    }
    out
}

#[cfg(test)]
mod tests {
    use super::{Written, from_field, parse};
    use mapi::Identity;
    use proptest::prelude::*;

    fn ann() -> Identity {
        Identity {
            name: "Anne Émile".to_owned(),
            address_type: "SMTP".to_owned(),
            address: "ann@example.org".to_owned(),
        }
    }

    fn settled(mail: &str) -> String {
        let mut written = Written::of(mail.as_bytes());
        written.complete("example.org");
        written.settle(
            Some(&ann()),
            "Thu, 1 Jan 2026 10:00:00 +0000",
            "example.org",
        );
        String::from_utf8(written.into_bytes()).unwrap()
    }

    #[test]
    fn what_is_there_stays_and_what_lacks_is_added() {
        let whole = "From: x@y.org\r\nDate: Tue, 1 Jan 2019 10:00:00 +0100\r\nMessage-ID: <a@b>\r\n\
            List-Id: <l.y.org>\r\nSubject: =?utf-8?q?=C3=A9t=C3=A9?=\r\n folded\r\n\r\nBody  \r\n.\r\n";
        assert_eq!(settled(whole), whole);
        assert_eq!(settled(&whole.replace("\r\n", "\n")), whole);
        let made = settled("To: root\nBcc: a@x,\n b@x\nReturn-Path: <z@z>\nMessage-ID:\n\nx");
        let (start, rest) = made.split_once("Message-ID: <").unwrap();
        assert_eq!(
            start,
            "To: root@example.org\r\nFrom: =?utf-8?q?Anne_=C3=89mile?= <ann@example.org>\r\n\
             Date: Thu, 1 Jan 2026 10:00:00 +0000\r\n"
        );
        assert!(
            rest.len() > 32 && rest.ends_with("@example.org>\r\n\r\nx\r\n"),
            "{rest}"
        );
        assert!(settled("just text\n").ends_with("@example.org>\r\n\r\njust text\r\n"));
        assert!(settled("\nTo: a@x\n").ends_with("@example.org>\r\n\r\nTo: a@x\r\n"));
        assert!(settled("").ends_with("@example.org>\r\n\r\n"));
        assert_eq!(
            from_field(&ann()),
            "=?utf-8?q?Anne_=C3=89mile?= <ann@example.org>"
        );
    }

    #[test]
    fn whom_it_is_passed_on_to() {
        let mail = "To: a@x.org\nResent-To: b@x.org\nResent-Bcc: c@x.org\n\nx\n";
        let resent = Written::of(mail.as_bytes()).resent_to().unwrap().unwrap();
        assert_eq!(resent.recipients.len(), 2);
        assert!(
            Written::of(b"To: a@x.org\n\nx")
                .resent_to()
                .unwrap()
                .is_none()
        );
        let both = Written::of(mail.as_bytes()).envelope().unwrap();
        assert_eq!(both.recipients.len(), 1);
    }

    proptest! {
        #[test]
        fn any_bytes_leave_with_all_that_a_mail_has(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            let mut written = Written::of(&bytes);
            written.complete("x.org");
            written.settle(Some(&ann()), "Thu, 1 Jan 2026 10:00:00 +0000", "x.org");
            let mail = written.into_bytes();
            // It is the same when it is read again.
            prop_assert_eq!(Written::of(&mail).into_bytes(), mail.clone());
            let again = Written::of(&mail);
            prop_assert!(again.says("From") && again.says("Date") && again.says("Message-ID") && !again.says("Bcc"));
            prop_assert!(parse(mail).is_ok());
        }

        #[test]
        fn bodies_stay(body in "[a-z. \\t=\\x00é]{0,40}(\\r\\n[a-z. é]{0,20}){0,5}\\r\\n") {
            let mail = format!("From: a@x\r\nDate: x\r\nMessage-ID: <a@b>\r\n\r\n{body}");
            prop_assert_eq!(settled(&mail), mail);
        }
    }
}
