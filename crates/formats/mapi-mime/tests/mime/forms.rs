//! Attachments in every form that mail has them in, and the wrappers of signed and encrypted mail.
use mapi_mime::{ImportContext, WriteOptions, parse, write};
use mapi_props::{
    AttachmentTree, FileTime, MessageTree, PropKey, PropName, PropValue, TreeContent, TreeProps,
    TreeValue, attach_method, guids, tags,
};

use crate::shown::{bytes_of, original};

const NOW: FileTime = FileTime(134_398_308_050_000_000);

fn read_bytes(mail: &[u8]) -> MessageTree {
    let tree = parse(mail.to_vec(), &ImportContext::new(NOW)).unwrap();
    assert!(original(&tree) == mail);
    tree
}

/// A mail with this header and body, in CRLF lines.
fn read(text: &str) -> MessageTree {
    read_bytes(
        format!("From: a@b.example\n{text}")
            .replace('\n', "\r\n")
            .as_bytes(),
    )
}

fn mixed(subtype: &str, parts: &[&str]) -> MessageTree {
    let parts: String = parts.iter().map(|p| format!("--x\n{p}\n")).collect();
    read(&format!(
        "Content-Type: multipart/{subtype}; boundary=x\n\n{parts}--x--\n"
    ))
}

fn data(attachment: &AttachmentTree) -> Vec<u8> {
    match &attachment.content {
        TreeContent::Data(data) => bytes_of(data),
        other => panic!("no data but {other:?}"),
    }
}

fn name(attachment: &AttachmentTree) -> &str {
    attachment
        .props
        .text(tags::ATTACH_LONG_FILENAME)
        .unwrap_or_default()
}

fn method(attachment: &AttachmentTree) -> Option<i32> {
    attachment
        .props
        .value(tags::ATTACH_METHOD)
        .and_then(PropValue::as_long)
}

fn named(props: &TreeProps, name: PropName) -> Option<&PropValue> {
    match props.get(&PropKey::Named(name))? {
        TreeValue::Value(value) => Some(value),
        TreeValue::Large(..) => None,
    }
}

fn body(tree: &MessageTree) -> &str {
    tree.props.text(tags::BODY).unwrap_or_default()
}

#[test]
fn files_encoded_in_text_become_attachments() {
    let tree = read(
        "\nBefore.\nbegin 644 cat.txt\n#0V%T\n`\nend\nBetween.\nbegin-base64 600 d.PNG\nQ2F0\n====\nAfter.\n",
    );
    assert_eq!(body(&tree), "Before.\r\nBetween.\r\nAfter.\r\n");
    let [cat, png] = tree.attachments.as_slice() else {
        panic!("two files")
    };
    assert_eq!((name(cat), data(cat)), ("cat.txt", b"Cat".to_vec()));
    assert_eq!(cat.props.text(tags::ATTACH_MIME_TAG), Some("text/plain"));
    assert_eq!(png.props.text(tags::ATTACH_MIME_TAG), Some("image/png"));
    assert!(tree.defects.is_empty(), "{:?}", tree.defects);
    // What only looks like a file is text.
    for text in [
        "begin 644 x\nhello\nend\n",
        "begin the work\n",
        " begin 644 cat.txt\n#0V%T\n`\nend\n",
    ] {
        let tree = read(&format!("\n{text}"));
        assert_eq!(body(&tree), text.replace('\n', "\r\n"));
        assert!(tree.attachments.is_empty());
    }
    // In quoted-printable text too, and before the attachments that MIME has.
    let tree = mixed(
        "mixed",
        &[
            "Content-Transfer-Encoding: quoted-printable\n\nH=C3=A9\nbegin 644 =E9.txt\n#0V%T\n`\nend",
            "Content-Type: image/png; name=b.png\n\nx",
        ],
    );
    let names: Vec<_> = tree.attachments.iter().map(name).collect();
    assert_eq!(names, ["é.txt", "b.png"]);
}

fn yenc(pieces: &[(u32, &str)], total: u32) -> Vec<u8> {
    let mut mail = b"From: a@b.example\r\n\r\nHere:\r\n".to_vec();
    for (part, text) in pieces {
        let begin = 1 + (part - 1) * 3;
        let end = begin + 2;
        mail.extend(format!("=ybegin part={part} total={total} line=128 size={} name=c.bin\r\n=ypart begin={begin} end={end}\r\n", total * 3).bytes());
        mail.extend(text.bytes().map(|b| b.wrapping_add(42)));
        mail.extend(format!("\r\n=yend size=3 part={part}\r\n").bytes());
    }
    mail
}

#[test]
fn pieces_of_a_yenc_file_are_joined_when_all_are_there() {
    let tree = read_bytes(&yenc(&[(1, "abc"), (2, "def")], 2));
    assert_eq!(tree.attachments.len(), 1);
    assert_eq!(data(&tree.attachments[0]), b"abcdef");
    assert!(tree.defects.is_empty(), "{:?}", tree.defects);
    assert_eq!(body(&tree), "Here:\r\n");
    let tree = read_bytes(&yenc(&[(2, "def"), (1, "abc")], 2));
    assert_eq!(tree.attachments.len(), 2);
    let tree = read_bytes(&yenc(&[(2, "def")], 3));
    assert_eq!(data(&tree.attachments[0]), b"def");
    assert!(
        tree.defects
            .iter()
            .any(|d| d.code == "piece-of-file-in-text")
    );
    let mut wrong = yenc(&[(1, "abc")], 1);
    let at = wrong.len() - 2;
    wrong.splice(at..at, b" pcrc32=00000001".iter().copied());
    let tree = read_bytes(&wrong);
    assert_eq!(data(&tree.attachments[0]), b"abc");
    assert!(tree.defects.iter().any(|d| d.code == "bad-file-in-text"));
}

#[test]
fn the_forks_of_an_appledouble_are_one_attachment() {
    let fork = b"\0\x05\x16\x07\0\x02\0\0".iter().chain([0; 16].iter());
    let fork: Vec<u8> = fork
        .chain(b"\0\x01\0\0\0\x03\0\0\0\x26\0\0\0\x05r\x8es.d")
        .copied()
        .collect();
    let coded = "AAUWBwACAAAAAAAAAAAAAAAAAAAAAAAAAAEAAAADAAAAJgAAAAVyjnMuZA==";
    let header = format!(
        "Content-Type: application/applefile\nContent-Transfer-Encoding: base64\n\n{coded}"
    );
    let double = |data: &str| {
        format!(
            "Content-Type: multipart/appledouble; boundary=y\n\n--y\n{header}\n--y\n{data}\n--y--"
        )
    };
    let info = || PropName::text(guids::PSETID_ATTACHMENT, "AttachmentMacInfo");
    let kind = || PropName::text(guids::PSETID_ATTACHMENT, "AttachmentMacContentType");
    let tree = mixed(
        "mixed",
        &[
            "\nHello.",
            &double("Content-Type: text/plain; name=\"plan.txt\"\n\nThe plan."),
        ],
    );
    assert_eq!(body(&tree), "Hello.");
    let [file] = tree.attachments.as_slice() else {
        panic!("one file")
    };
    assert_eq!(
        (name(file), data(file)),
        ("plan.txt", b"The plan.".to_vec())
    );
    assert_eq!(file.props.text(tags::ATTACH_MIME_TAG), Some("text/plain"));
    assert_eq!(named(&file.props, info()), Some(&PropValue::Binary(fork)));
    let declared = PropValue::Unicode("text/plain; name=\"plan.txt\"".to_owned());
    assert_eq!(named(&file.props, kind()), Some(&declared));
    // Without a name in MIME, the Macintosh knows it; nor is the data a body where there is no other.
    let tree = mixed("mixed", &[&double("Content-Type: text/plain\n\nThe plan.")]);
    assert_eq!(name(&tree.attachments[0]), "rés.d");
    assert_eq!(body(&tree), "");
    let tree = mixed("mixed", &["\nHello.", &header]);
    assert_eq!(name(&tree.attachments[0]), "rés.d");
    // Three parts are no appledouble.
    let odd = double("Content-Type: text/plain\n\n1\n--y\nContent-Type: text/plain\n\n2");
    assert_eq!(mixed("mixed", &["\nHello.", &odd]).attachments.len(), 3);
}

#[test]
fn bodies_that_lie_elsewhere_are_references() {
    let inner = "\n\nContent-Type: application/pdf\nContent-ID: <c1>\n\nignored";
    for (declared, expect, path, shown) in [
        (
            "access-type=URL; URL=\"https://x.example/a\n /doc.pdf?v=1\"",
            attach_method::BY_WEBREFERENCE,
            "https://x.example/a/doc.pdf?v=1",
            "doc.pdf",
        ),
        (
            "access-type=anon-ftp; site=\"ftp.x.example\"; directory=\"/pub\"; name=\"doc.pdf\"",
            attach_method::BY_WEBREFERENCE,
            "ftp://ftp.x.example/pub/doc.pdf",
            "doc.pdf",
        ),
        (
            "access-type=local-file; name=\"/etc/passwd\"",
            attach_method::BY_REF_ONLY,
            "/etc/passwd",
            "passwd",
        ),
    ] {
        let part = format!("Content-Type: message/external-body; {declared}{inner}");
        let tree = mixed("mixed", &["\nHello.", &part]);
        let [there] = tree.attachments.as_slice() else {
            panic!("{declared}")
        };
        assert_eq!(method(there), Some(expect), "{declared}");
        assert_eq!(there.props.text(tags::ATTACH_LONG_PATHNAME), Some(path));
        assert_eq!(name(there), shown);
        assert_eq!(
            there.props.text(tags::ATTACH_MIME_TAG),
            Some("application/pdf")
        );
        assert_eq!(there.props.text(tags::ATTACH_CONTENT_ID), Some("c1"));
        assert!(matches!(there.content, TreeContent::None));
    }
    for declared in [
        "access-type=mail-server; server=\"list@x.example\"",
        "access-type=URL; URL=\"javascript:alert(1)\"",
        "access-type=anon-ftp; name=x",
        "x=y",
    ] {
        let part = format!("Content-Type: message/external-body; {declared}{inner}");
        let tree = mixed("mixed", &["\nHello.", &part]);
        assert_eq!(
            method(&tree.attachments[0]),
            Some(attach_method::BY_VALUE),
            "{declared}"
        );
    }
}

#[test]
fn a_piece_of_a_message_is_kept_as_it_came() {
    let tree =
        read("Content-Type: message/partial; id=\"1@b\"; number=2; total=3\n\nthe rest\nof it");
    assert_eq!(data(&tree.attachments[0]), b"the rest\r\nof it");
    let props = &tree.attachments[0].props;
    assert_eq!(props.text(tags::ATTACH_MIME_TAG), Some("message/partial"));
}

#[test]
fn invitations_and_tnef_are_flagged_and_never_the_body() {
    let ics = "BEGIN:VCALENDAR\nEND:VCALENDAR";
    let invitation = format!("Content-Type: text/calendar; method=REQUEST\n\n{ics}");
    let class = || PropName::text(guids::PS_INTERNET_HEADERS, "Content-Class");
    for subtype in ["alternative", "mixed"] {
        let tree = mixed(subtype, &["Content-Type: text/plain\n\nCome!", &invitation]);
        assert_eq!(body(&tree), "Come!");
        let [calendar] = tree.attachments.as_slice() else {
            panic!("{subtype}")
        };
        assert_eq!(
            calendar.props.text(tags::ATTACH_MIME_TAG),
            Some("text/calendar")
        );
        let flag = PropValue::Unicode("urn:content-classes:calendarmessage".to_owned());
        assert_eq!(named(&tree.props, class()), Some(&flag));
    }
    let tree = read(&invitation);
    assert_eq!((body(&tree), tree.attachments.len()), ("", 1));
    let saved = format!("Content-Type: text/calendar; name=x.ics\n\n{ics}");
    let tree = mixed("mixed", &["\nHello.", &saved]);
    assert_eq!(named(&tree.props, class()), None);

    let tree = mixed(
        "mixed",
        &[
            "\nHello.",
            "Content-Type: application/ms-tnef; name=winmail.dat\n\nx",
        ],
    );
    let tag = tree.attachments[0].props.value(tags::ATTACH_TAG);
    let tnef = [0x2A, 0x86, 0x48, 0x86, 0xF7, 0x14, 0x03, 0x0A, 0x01];
    assert_eq!(tag.and_then(PropValue::as_bytes), Some(&tnef[..]));
}

#[test]
fn wrappers_of_smime_have_their_classes_and_keep_their_bytes() {
    let class = |tree: &MessageTree| tree.props.text(tags::MESSAGE_CLASS).unwrap().to_owned();
    for declared in [
        "application/pkcs7-mime; smime-type=enveloped-data; name=smime.p7m",
        "application/x-pkcs7-mime; smime-type=signed-data",
        "application/pkcs7-mime; smime-type=certs-only; name=smime.p7c",
        "application/octet-stream; name=\"SMIME.P7M\"",
        "application/octet-stream; name=smime.p7c",
    ] {
        let tree = read(&format!(
            "Content-Type: {declared}\nContent-Transfer-Encoding: base64\n\nQ2F0\n"
        ));
        assert_eq!(class(&tree), "IPM.Note.SMIME", "{declared}");
        assert_eq!(data(&tree.attachments[0]), b"Cat");
        let kept = PropName::text(guids::PS_INTERNET_HEADERS, "Content-Type");
        assert_eq!(
            named(&tree.props, kept),
            Some(&PropValue::Unicode(declared.to_owned()))
        );
    }
    let signature = "Content-Type: application/pkcs7-signature; name=smime.p7s\n\nsig";
    let opaque = "Content-Type: application/pkcs7-mime\n\nsealed";
    for declared in [
        "signed; protocol=\"application/pkcs7-signature\"; micalg=sha-256",
        "signed; protocol=\"application/x-pkcs7-signature\"; micalg=nonsense",
        "signed",
    ] {
        for inner in ["\nbegin 644 cat.txt\n#0V%T\n`\nend", opaque] {
            let tree = mixed(declared, &[inner, signature]);
            assert_eq!(class(&tree), "IPM.Note.SMIME.MultipartSigned", "{declared}");
            let [whole] = tree.attachments.as_slice() else {
                panic!("{declared}")
            };
            let text = String::from_utf8(data(whole)).unwrap();
            assert!(text.starts_with("Content-Type: multipart/signed"), "{text}");
            assert!(text.contains(&inner.replace('\n', "\r\n")) && text.contains("sig"));
        }
    }
    let tree = read("Content-Type: application/pkcs7-signature\n\nsig");
    assert_eq!(class(&tree), "IPM.Note");
}

#[test]
fn a_text_beside_what_was_signed_is_a_loss() {
    let signature = "Content-Type: application/pkcs7-signature; name=smime.p7s\n\nsig";
    let mut tree = mixed("signed", &["\nAs it was signed.", signature]);
    let lost = |tree: &MessageTree| {
        let written = write(tree, &WriteOptions::default(), &mut Vec::new()).unwrap();
        written.losses.iter().any(|l| l.code == "signed-text")
    };
    assert!(!lost(&tree));
    tree.props.set(tags::BODY, "As somebody changed it.");
    assert!(lost(&tree));
}

#[test]
fn openpgp_is_an_ordinary_message_whose_parts_are_kept() {
    let control = "Content-Type: application/pgp-encrypted\n\nVersion: 1";
    let sealed =
        "Content-Type: application/octet-stream; name=encrypted.asc\n\n-----BEGIN PGP MESSAGE-----";
    let tree = mixed(
        "encrypted; protocol=\"application/pgp-encrypted\"",
        &[control, sealed],
    );
    assert_eq!(tree.props.text(tags::MESSAGE_CLASS), Some("IPM.Note"));
    assert_eq!(body(&tree), "");
    assert_eq!(data(&tree.attachments[0]), b"Version: 1");
    assert_eq!(data(&tree.attachments[1]), b"-----BEGIN PGP MESSAGE-----");
    let inline = "-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\nHello.\n";
    let tree = read(&format!("\n{inline}"));
    assert_eq!(body(&tree), inline.replace('\n', "\r\n"));
}

#[test]
fn what_the_html_shows_is_hidden_from_the_list() {
    let html = "Content-Type: text/html\n\n<img src=\"CID:one%40b\"><img src=pic.png>";
    let shown = |part: &str| {
        let tree = mixed("related", &[html, part]);
        let attachment = &tree.attachments[0];
        attachment
            .props
            .value(tags::ATTACHMENT_HIDDEN)
            .and_then(PropValue::as_bool)
            == Some(true)
    };
    assert!(shown("Content-Type: image/png\nContent-ID: <one@b>\n\nx"));
    assert!(shown(
        "Content-Type: image/png\nContent-Location: pic.png\n\nx"
    ));
    assert!(!shown("Content-Type: image/png\nContent-ID: <two@b>\n\nx"));
    assert!(!shown(
        "Content-Type: image/png\nContent-ID: <one@b>\nContent-Disposition: attachment\n\nx"
    ));
}
