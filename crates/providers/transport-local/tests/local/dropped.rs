//! Mail from programs: `malle deliver < message`.

use std::io::Read;

use mapi_props::{Code, tags};
use mapi_spi::{Call, Fate};
use transport_local::{Answer, Envelope, Post};

use crate::world::{Host, Machine, receive};

const MAIL: &[u8] = b"From: Zoe <zoe@example.org>\r\nTo: Ann <ann@localhost>\r\nCc: b@example.com\r\nBcc: bob@localhost,\r\n carl@localhost\r\nSubject: =?utf-8?q?caf=C3=A9?=\r\nMessage-ID: <1@x>\r\n\r\nHello.\r\nBcc: not a field\r\n";

pub(crate) fn deliver(
    machine: &Machine,
    mail: &[u8],
    envelope: &Envelope,
) -> mapi_spi::Result<Vec<Answer>> {
    let post = Post::in_spool(machine.spool());
    post.deliver(&mut &*mail, envelope, &Host::default(), &Call::default())
}

pub(crate) fn to(recipients: &[&str]) -> Envelope {
    Envelope {
        sender: None,
        recipients: recipients.iter().map(|r| (*r).to_owned()).collect(),
    }
}

/// The mail that a message was made of.
fn original(tree: &mapi_props::MessageTree) -> Vec<u8> {
    let recipe = tree.original.as_ref().unwrap();
    let mut bytes = Vec::new();
    mapi_mime::rebuild(recipe, |path| mapi_mime::open_attachment(tree, path))
        .read_to_end(&mut bytes)
        .unwrap();
    bytes
}

#[test]
fn each_recipient_has_an_answer_and_the_bytes_come_as_they_were() {
    let machine = Machine::new();
    let people = ["ann", "bob"].map(|name| machine.person(name));
    let all = [
        "bob@localhost",
        "BOB+x@localhost",
        "ann@localhost",
        "nobody@localhost",
        "x@example.com",
        "no address",
    ];
    let answers = deliver(&machine, MAIL, &to(&all)).unwrap();
    let lines: Vec<String> = answers.iter().map(Answer::line).collect();
    for (line, start) in lines.iter().zip([
        "250 2.1.5 <bob@",
        "250 2.1.5 <BOB+x@",
        "250 ",
        "550 5.1.1 <nobody@",
        "550 5.7.1 <x@",
        "553 5.1.3 <no address>",
    ]) {
        assert!(line.starts_with(start), "{line}");
    }
    for (person, by) in people.iter().zip(["ann@localhost", "bob@localhost"]) {
        let kept = receive(person.as_ref());
        assert_eq!(kept.subjects(), ["café"], "once, by however many addresses");
        let got = &kept.messages[0];
        assert_eq!(original(got), MAIL);
        assert_eq!(got.props.text(tags::RECEIVED_BY_EMAIL_ADDRESS), Some(by));
        assert!(
            got.props
                .text(tags::TRANSPORT_MESSAGE_HEADERS)
                .unwrap()
                .contains("Message-ID: <1@x>")
        );
        assert_eq!(
            got.props.text(tags::SENT_REPRESENTING_EMAIL_ADDRESS),
            Some("zoe@example.org")
        );
    }
}

#[test]
fn recipients_of_the_header_get_it_without_its_blind_ones() {
    let machine = Machine::new();
    let people = ["ann", "bob", "carl"].map(|name| machine.person(name));
    let answers = deliver(&machine, MAIL, &Envelope::default()).unwrap();
    let sent: Vec<&str> = answers
        .iter()
        .filter(|a| a.fate == Fate::Sent)
        .map(|a| a.recipient.as_str())
        .collect();
    assert_eq!(sent, ["ann@localhost", "bob@localhost", "carl@localhost"]);
    let seen = String::from_utf8(MAIL.to_vec())
        .unwrap()
        .replace("Bcc: bob@localhost,\r\n carl@localhost\r\n", "");
    for person in people {
        let kept = receive(person.as_ref());
        assert_eq!(
            String::from_utf8(original(&kept.messages[0])).unwrap(),
            seen
        );
    }
}

#[test]
fn a_sender_becomes_a_return_path_and_cannot_be_anything_else() {
    let machine = Machine::new();
    let ann = machine.person("ann");
    let from = |sender: &str| Envelope {
        sender: Some(sender.to_owned()),
        ..to(&["ann@localhost"])
    };
    deliver(&machine, MAIL, &from("<zoe@example.org>")).unwrap();
    deliver(&machine, MAIL, &from("")).unwrap();
    let kept = receive(ann.as_ref());
    assert_eq!(
        original(&kept.messages[0]),
        [b"Return-Path: <zoe@example.org>\r\n", MAIL].concat()
    );
    assert!(original(&kept.messages[1]).starts_with(b"Return-Path: <>\r\nFrom:"));
    let error = deliver(&machine, MAIL, &from("a@b\r\nX-Evil: 1")).unwrap_err();
    assert_eq!(error.code(), Code::INVALID_PARAMETER);
}

#[test]
fn a_line_before_the_header_names_the_sender_and_goes() {
    let machine = Machine::new();
    let ann = machine.person("ann");
    let mut wanted = Vec::new();
    for (first, sender, path) in [
        (
            "From zoe@x.org Mon Nov 23 10:00:00 2026\n",
            None,
            Some("zoe@x.org"),
        ),
        (">From zoe@x.org Mon\r\n", None, Some("zoe@x.org")),
        ("From MAILER-DAEMON Mon\n", None, Some("")),
        ("From zoe@x.org Mon\n", Some("bob@x.org"), Some("bob@x.org")),
        ("Return-Path: <old@x.org>\n", Some(""), Some("")),
        ("Return-Path: <old@x.org>\n", None, None),
        ("From: zoe@x.org\n", None, None),
    ] {
        let rest = "Subject: x\nReturn-Pathology: y\n\nFrom here\nReturn-Path: <text>\n";
        let envelope = Envelope {
            sender: sender.map(str::to_owned),
            ..to(&["ann@localhost"])
        };
        deliver(&machine, format!("{first}{rest}").as_bytes(), &envelope).unwrap();
        wanted.push(match path {
            Some(path) => format!("Return-Path: <{path}>\r\n{rest}"),
            None => format!("{first}{rest}"),
        });
    }
    let kept = receive(ann.as_ref());
    let got = kept.messages.iter().map(original);
    let got: Vec<String> = got.map(|mail| String::from_utf8(mail).unwrap()).collect();
    assert_eq!(got, wanted);
}

#[test]
fn where_no_mailbox_ever_was_nobody_is_unknown() {
    let machine = Machine::new();
    let error = deliver(&machine, MAIL, &to(&["ann@localhost"])).unwrap_err();
    assert_eq!(error.code(), Code::UNCONFIGURED, "{error}");
}

#[test]
fn a_name_alone_is_whoever_alone_has_it() {
    let machine = Machine::new();
    let ann = machine.person("ann");
    let answers = deliver(&machine, MAIL, &to(&["Ann", "carl", "", "+"])).unwrap();
    let lines: Vec<String> = answers.iter().map(Answer::line).collect();
    assert!(lines[0].starts_with("250 2.1.5 <Ann>"), "{lines:?}");
    assert!(lines[1..].iter().all(|line| line.starts_with("553 5.1.3")));
    let kept = receive(ann.as_ref());
    let by = kept.messages[0].props.text(tags::RECEIVED_BY_EMAIL_ADDRESS);
    assert_eq!(by, Some("ann@localhost"));
}

#[test]
fn what_is_no_message_or_for_nobody_is_refused() {
    let machine = Machine::new();
    machine.person("ann");
    for mail in [
        &b""[..],
        b" \r\n\r\n",
        b"\0\x01\x02\xFF\xFE\x00\x01\x02\x03\x04\x05",
    ] {
        let error = deliver(&machine, mail, &to(&["ann@localhost"])).unwrap_err();
        assert_eq!(error.code(), Code::INVALID_PARAMETER, "{mail:?}");
    }
    let error = deliver(
        &machine,
        b"Subject: x\r\n\r\nHello\r\n",
        &Envelope::default(),
    )
    .unwrap_err();
    assert!(error.detail().contains("nobody is named"), "{error}");
    assert!(machine.files("new").is_empty() && machine.files("tmp").is_empty());
}

/// Fails in the middle.
struct Cut(usize);

impl Read for Cut {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        if self.0 == 0 {
            return Err(std::io::Error::other("the pipe broke"));
        }
        self.0 -= 1;
        buffer[..5].copy_from_slice(b"a: b\n");
        Ok(5)
    }
}

#[test]
fn a_message_that_breaks_off_is_delivered_to_nobody() {
    let machine = Machine::new();
    machine.person("ann");
    let post = Post::in_spool(machine.spool());
    for reads in [3, 250_000] {
        let mut cut = Cut(reads);
        let answers = post.deliver(
            &mut cut,
            &to(&["ann@localhost"]),
            &Host::default(),
            &Call::default(),
        );
        assert_eq!(answers.unwrap_err().code(), Code::CALL_FAILED);
    }
    assert!(machine.files("new").is_empty() && machine.files("tmp").is_empty());
}

#[test]
fn a_large_mail_stays_in_its_parcel_until_it_is_read() {
    let machine = Machine::new();
    let ann = machine.person("ann");
    let mut mail = b"To: ann@localhost\r\nContent-Type: application/octet-stream; name=x\r\nContent-Transfer-Encoding: base64\r\n\r\n".to_vec();
    for _ in 0..60_000 {
        mail.extend_from_slice(&[b'A'; 76]);
        mail.extend_from_slice(b"\r\n");
    }
    deliver(&machine, &mail, &to(&["ann@localhost"])).unwrap();
    let kept = receive(ann.as_ref());
    assert!(original(&kept.messages[0]) == mail);
}

#[test]
fn everybody_whom_the_header_names_is_answered_or_nobody() {
    let machine = Machine::new();
    let _ann = machine.person("ann");
    let people: Vec<String> = (0..20_001).map(|n| format!("p{n}@example.com")).collect();
    let mail = format!(
        "To: {}\r\nCc: p7@example.com\r\n\r\nx",
        people.join(",\r\n ")
    );
    let answers = deliver(&machine, mail.as_bytes(), &Envelope::default()).unwrap();
    let answered: Vec<&str> = answers.iter().map(|a| a.recipient.as_str()).collect();
    assert!(answered == people, "{} are answered", answered.len());
    // Further on there may be others, and some in secret.
    let long = format!(
        "To: ann@localhost\r\nX: {}\r\nBcc: b@localhost\r\n\r\n",
        "x".repeat(1 << 20)
    );
    let error = deliver(&machine, long.as_bytes(), &Envelope::default()).unwrap_err();
    assert_eq!(error.code(), Code::INVALID_PARAMETER);
    let beside = deliver(&machine, long.as_bytes(), &to(&["ann@example.com"])).unwrap();
    assert_eq!(beside.len(), 1);
}
