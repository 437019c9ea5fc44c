//! Mail made to hurt: it costs bounded time and stack, and nothing of it is lost.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use mapi_mime::{ImportContext, WriteOptions, parse, write};
use mapi_props::{FileTime, MessageTree, TreeContent};
use proptest::prelude::*;

use crate::shown::original;

const NOW: FileTime = FileTime(134_398_308_050_000_000);

/// Reads a mail within the time that a debug build may take.
fn read(mail: impl Into<Vec<u8>>) -> MessageTree {
    let mail = mail.into();
    let start = Instant::now();
    let tree = parse(mail.clone(), &ImportContext::new(NOW)).unwrap();
    assert!(original(&tree) == mail);
    assert!(
        start.elapsed() < Duration::from_secs(120),
        "{:?}",
        start.elapsed()
    );
    tree
}

fn has(tree: &MessageTree, code: &str) -> bool {
    tree.defects.iter().any(|d| d.code == code)
}

fn depth(tree: &MessageTree) -> usize {
    let inner = tree.attachments.iter().filter_map(|a| match &a.content {
        TreeContent::Message(m) => Some(depth(m)),
        _ => None,
    });
    1 + inner.max().unwrap_or(0)
}

#[test]
fn ten_thousand_nested_multiparts() {
    let mut mail = String::new();
    for n in 0..10_000 {
        write!(
            mail,
            "Content-Type: multipart/mixed; boundary=b{n}\n\n--b{n}\n"
        )
        .unwrap();
    }
    mail.push_str("\nthe end\n");
    let tree = read(mail);
    assert!(has(&tree, "nesting-too-deep"));
}

#[test]
fn ten_thousand_nested_messages() {
    let mail = "Content-Type: message/rfc822\n\n".repeat(10_000) + "\nthe end\n";
    let tree = read(mail);
    assert!(has(&tree, "nesting-too-deep"));
    assert!((60..=65).contains(&depth(&tree)), "{}", depth(&tree));
    write(&tree, &WriteOptions::default(), &mut Vec::new()).unwrap();
}

/// The deepest mail that is taken apart fits into a small thread's stack, read, written and dropped.
#[test]
fn nesting_needs_little_stack() {
    let deep = || {
        let mixed = "Content-Type: multipart/mixed; boundary=b\n\n--b\n";
        let mail = format!("{mixed}Content-Type: message/rfc822\n\n").repeat(40) + "\nthe end\n";
        let tree = read(mail);
        assert!(has(&tree, "nesting-too-deep"));
        write(&tree, &WriteOptions::default(), &mut Vec::new()).unwrap();
    };
    let thread = std::thread::Builder::new().stack_size(512 * 1024);
    thread.spawn(deep).unwrap().join().unwrap();
}

#[test]
fn ten_thousand_siblings_that_are_multiparts() {
    let mut mail = "Content-Type: multipart/mixed; boundary=b\n\n".to_owned();
    for n in 0..20_000 {
        write!(
            mail,
            "--b\nContent-Type: multipart/mixed; boundary=never{n}\n\n"
        )
        .unwrap();
    }
    let tree = read(mail);
    assert!(has(&tree, "more-defects"));
    assert!(tree.attachments.len() <= 10_000);
    let mail =
        "Content-Type: multipart/mixed; boundary=b\n\n".to_owned() + &"--b\n\nx\n".repeat(20_000);
    let tree = read(mail);
    assert!(has(&tree, "too-many-parts"));
    assert_eq!(tree.attachments.len(), 9_998);
}

#[test]
fn a_million_headers() {
    let mut mail = "Subject: first\n".to_owned();
    for n in 0..1_000_000 {
        writeln!(mail, "X-{n}: {n}").unwrap();
    }
    mail.push_str("\nbody\n");
    let tree = read(mail);
    assert!(has(&tree, "too-many-headers"));
    assert!(tree.props.len() < 100);
    assert_eq!(tree.props.text(mapi_props::tags::BODY), Some("body\r\n"));
}

#[test]
fn a_long_line_in_every_place() {
    let long = "x".repeat(20_000_000);
    for mail in [
        format!("Subject: {long}\n\nbody"),
        format!("To: {long}\n\nbody"),
        format!("Content-Type: text/plain; name={long}\n\nbody"),
        format!("{long}: x\n\nbody"),
        format!("Subject: x\n\n{long}"),
        format!("Subject: x\nContent-Transfer-Encoding: base64\n\n{long}"),
        format!("Subject: x\nContent-Transfer-Encoding: quoted-printable\n\n{long}"),
        format!("Subject: x\nContent-Type: multipart/mixed; boundary={long}\n\n--{long}\n\nx"),
    ] {
        read(mail);
    }
}

#[test]
fn many_lines_that_almost_are_boundaries() {
    let mail = "Content-Type: multipart/mixed; boundary=bbbbbbbb\n\n--bbbbbbbb\n\n".to_owned()
        + &"--bbbbbbb\n".repeat(1_000_000);
    read(mail);
}

#[test]
fn many_recipients() {
    let mail = format!("To: {}\n\n", "a@b, ".repeat(200_000));
    let tree = read(mail);
    assert_eq!(tree.recipients.len(), 20_000);
    assert!(has(&tree, "too-many-addresses"));
}

/// What hostile mail makes of us is bounded over all embedded messages together.
#[test]
fn limits_hold_over_embedded_messages() {
    let one = format!(
        "--b\nContent-Type: message/rfc822\n\nTo: {}\nDate: x\nDate: x\n\n\n",
        "a@b, ".repeat(15_000)
    );
    let mail = "Content-Type: multipart/mixed; boundary=b\n\n".to_owned() + &one.repeat(20);
    let tree = read(mail);
    let rows = tree.attachments.iter().map(|a| match &a.content {
        TreeContent::Message(m) => m.recipients.len(),
        _ => 0,
    });
    assert_eq!(rows.sum::<usize>(), 20_000);
    let mail = "From: a@b\n".to_owned() + &"Date: x\n".repeat(5000) + "\n";
    let tree = read(mail);
    assert_eq!(tree.defects.len(), 1000);
    assert!(has(&tree, "more-defects"));
}

/// Time and memory grow with the length only, whatever the mail is made of; the full sizes are those of the torture.
#[test]
fn every_kind_of_hostile_mail() {
    for kind in testkit::HOSTILE {
        let size = (kind.full / 4).clamp(2, 500_000);
        let start = Instant::now();
        let mail = (kind.make)(size);
        let tree = read(mail);
        assert!(tree.attachments.len() <= 10_000, "{}", kind.name);
        assert!(
            start.elapsed() < Duration::from_secs(60),
            "{}: {:?}",
            kind.name,
            start.elapsed()
        );
    }
}

/// Parts are counted over all messages together, those in base64 and files in texts included.
#[test]
fn parts_are_limited_over_encoded_messages_and_files_in_text() {
    let inner = format!(
        "Content-Type: multipart/mixed; boundary=i\n\n{}",
        "--i\n\nx\n".repeat(6000)
    );
    let encoded = base64(inner.as_bytes());
    let part = format!(
        "--b\nContent-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\n{encoded}\n"
    );
    let mail = "Content-Type: multipart/mixed; boundary=b\n\n".to_owned() + &part.repeat(5);
    let tree = read(mail);
    assert!(has(&tree, "too-many-parts"));
    assert!(parts(&tree) <= 10_000, "{}", parts(&tree));
    let files = "=ybegin line=8 size=1 name=x\n2\n=yend size=1\n".repeat(900);
    let part = format!("--b\nContent-Type: message/rfc822\n\nSubject: x\n\n{files}\n");
    let mail = "Content-Type: multipart/mixed; boundary=b\n\n".to_owned() + &part.repeat(20);
    let tree = read(mail);
    assert!((9_000..=10_000).contains(&parts(&tree)), "{}", parts(&tree));
}

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let digit = |bits: u32| char::from(DIGITS[bits as usize & 63]);
    let whole = &bytes[..bytes.len() / 3 * 3];
    whole
        .chunks(3)
        .map(|b| u32::from(b[0]) << 16 | u32::from(b[1]) << 8 | u32::from(b[2]))
        .flat_map(|bits| [18, 12, 6, 0].map(|shift| digit(bits >> shift)))
        .collect()
}

fn parts(tree: &MessageTree) -> usize {
    let inner = tree.attachments.iter().map(|a| match &a.content {
        TreeContent::Message(m) => parts(m),
        _ => 0,
    });
    tree.attachments.len() + inner.sum::<usize>()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn any_bytes(bytes in proptest::collection::vec(any::<u8>(), 0..2000)) {
        if let Ok(tree) = parse(bytes.clone(), &ImportContext::new(NOW)) {
            prop_assert!(original(&tree) == bytes);
            write(&tree, &WriteOptions::default(), &mut Vec::new()).unwrap();
        }
    }

    /// Pieces of mail in any order: what bytes alone would never hit.
    #[test]
    fn any_pieces(picks in proptest::collection::vec(0..PIECES.len(), 0..60)) {
        let mail: Vec<u8> = picks.iter().flat_map(|n| PIECES[*n].iter().copied()).collect();
        if let Ok(tree) = parse(mail.clone(), &ImportContext::new(NOW)) {
            prop_assert!(original(&tree) == mail);
            let mut new = Vec::new();
            write(&tree, &WriteOptions::default(), &mut new).unwrap();
            parse(new, &ImportContext::new(NOW)).unwrap();
        }
    }
}

const PIECES: &[&[u8]] = &[
    b"\n",
    b"\r\n",
    b" ",
    b"\t",
    b"--a",
    b"--a--",
    b"--a\n",
    b"--a--\r\n",
    b"--ab\n",
    b"--ab--\n",
    b"From x\n",
    b"Content-Type: multipart/mixed; boundary=a\n",
    b"Content-Type: multipart/alternative; boundary=\"ab\"\r\n",
    b"Content-Type: multipart/related; boundary=a\n",
    b"Content-Type: multipart/digest; boundary=a\n",
    b"Content-Type: multipart/signed; protocol=\"application/pkcs7-signature\"; boundary=a\n",
    b"Content-Type: message/rfc822\n",
    b"Content-Type: text/html; charset=utf-8\n",
    b"Content-Type: text/plain\n",
    b"Content-Type: multipart/report; boundary=a\n",
    b"Content-Type: message/delivery-status\n",
    b"Action: failed\n",
    b"Content-Transfer-Encoding: base64\n",
    b"Content-Transfer-Encoding: quoted-printable\n",
    b"Content-Disposition: attachment; filename=\"x.txt\"\n",
    b"Content-ID: <c@d>\n",
    b"<img src=\"cid:c@d\">\n",
    b"Subject: =?utf-8?q?=C3=A9?= =?utf-8?b?w6k=?=\n",
    b"To: a <b@c>, \"d\" (e) f@g\n",
    b"aGVsbG8=\n",
    b"=C3=A9=\n",
    b"\xFF\xFE",
    b"\0",
    b"\xC3",
    b"text\n",
    b"=",
    b":",
    b";",
    b"\"",
    b"(",
    b"=?",
    b"?=",
];
