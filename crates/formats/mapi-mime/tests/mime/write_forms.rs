//! What has a form of its own in MIME is written in it and read again: reports, invitations, files of the Macintosh, what
//! lies on the web; and what has none is named.

use mapi_mime::{ImportContext, WriteOptions, Written, parse, write};
use mapi_props::{
    AttachmentTree, FileTime, MessageTree, PropKey, PropName, PropTag, PropType, PropValue,
    TreeContent, TreeProps, TreeValue, attach_method, guids, recipient_type, tags,
};

const NOW: FileTime = FileTime(134_398_308_050_000_000);

fn message() -> MessageTree {
    let mut tree = MessageTree::default();
    tree.props.set(tags::MESSAGE_CLASS, "IPM.Note");
    tree.props.set(tags::SUBJECT, "Subject");
    tree.props.set(tags::CLIENT_SUBMIT_TIME, NOW);
    tree.props.set(tags::SENT_REPRESENTING_NAME, "Ann");
    tree.props
        .set(tags::SENT_REPRESENTING_EMAIL_ADDRESS, "ann@example.org");
    tree.props.set(tags::BODY, "Hello.\r\n");
    tree
}

fn attachment(name: &str, media_type: &str, data: &[u8]) -> AttachmentTree {
    let mut attachment = AttachmentTree::default();
    let props = &mut attachment.props;
    props.set(tags::ATTACH_METHOD, attach_method::BY_VALUE);
    props.set(tags::ATTACH_LONG_FILENAME, name);
    props.set(tags::ATTACH_MIME_TAG, media_type);
    attachment.content = TreeContent::Data(data.to_vec().into());
    attachment
}

fn set_named(props: &mut TreeProps, name: PropName, value: impl Into<PropValue>) {
    props.insert(PropKey::Named(name), TreeValue::Value(value.into()));
}

fn written(tree: &MessageTree) -> (String, Written) {
    let mut bytes = Vec::new();
    let written = write(tree, &WriteOptions::default(), &mut bytes).unwrap();
    (String::from_utf8(bytes).unwrap(), written)
}

fn again(text: &str) -> MessageTree {
    parse(text.as_bytes().to_vec(), &ImportContext::new(NOW)).unwrap()
}

fn codes(written: &Written) -> Vec<&'static str> {
    written.losses.iter().map(|l| l.code).collect()
}

#[test]
fn a_report_made_here_tells_of_its_recipients() {
    let mut tree = message();
    tree.props.set(tags::MESSAGE_CLASS, "REPORT.IPM.Note.NDR");
    tree.props.remove(&PropKey::from(tags::BODY.raw()));
    tree.props.set(tags::ORIGINAL_SUBJECT, "Lunch");
    for (name, address, reported) in [
        ("Ann", "ann@example.org", false),
        ("Bob, B.", "bob@example.net", true),
    ] {
        let mut row = TreeProps::default();
        row.set(tags::DISPLAY_NAME, name);
        row.set(tags::ADDRTYPE, "SMTP");
        row.set(tags::EMAIL_ADDRESS, address);
        row.set(tags::RECIPIENT_TYPE, recipient_type::TO);
        if reported {
            row.set(tags::REPORT_TIME, NOW);
            row.set(tags::NDR_STATUS_CODE, 511);
            row.set(
                tags::REPORT_TEXT,
                "smtp; 550 5.1.1 no such user\r\nAction: delivered",
            );
        }
        tree.recipients.push(row);
    }
    let mut original = attachment("", "message/rfc822", b"");
    original.content = TreeContent::Message(Box::new(message()));
    tree.attachments.push(original);
    let (text, written) = written(&tree);
    assert_eq!(codes(&written), [""; 0], "{:?}", written.losses);
    assert!(text.contains("report-type=\"delivery-status\""), "{text}");
    assert!(
        text.contains("Your message \"Lunch\" could not be delivered to:"),
        "{text}"
    );
    let back = again(&text);
    assert!(back.defects.is_empty(), "{:?}", back.defects);
    assert_eq!(
        back.props.text(tags::MESSAGE_CLASS),
        Some("REPORT.IPM.Note.NDR")
    );
    let row = |n: usize, tag| back.recipients[n].text(tag).unwrap_or_default().to_owned();
    assert_eq!(back.recipients.len(), 2);
    assert_eq!(row(0, tags::EMAIL_ADDRESS), "ann@example.org");
    assert_eq!(row(1, tags::EMAIL_ADDRESS), "bob@example.net");
    assert_eq!(row(1, tags::DISPLAY_NAME), "Bob, B.");
    assert_eq!(
        row(1, tags::REPORT_TEXT),
        "smtp; 550 5.1.1 no such user Action: delivered"
    );
    let status = back.recipients[1].value(tags::NDR_STATUS_CODE);
    assert_eq!(status, Some(&PropValue::Long(511)));
    assert_eq!(back.attachments.len(), 2);
}

#[test]
fn a_receipt_made_here_says_what_became_of_the_mail() {
    for (class, disposition) in [("IPNRN", "displayed"), ("IPNNRN", "deleted")] {
        let mut tree = message();
        let class = format!("REPORT.IPM.Note.{class}");
        tree.props.set(tags::MESSAGE_CLASS, class.as_str());
        tree.props.set(tags::IN_REPLY_TO_ID, "<lunch@example.org>");
        let (text, _) = written(&tree);
        assert!(
            text.contains(&format!("MDN-sent-manually; {disposition}")),
            "{text}"
        );
        assert!(
            text.contains("Original-Message-ID: <lunch@example.org>"),
            "{text}"
        );
        assert_eq!(
            again(&text).props.text(tags::MESSAGE_CLASS),
            Some(class.as_str())
        );
    }
}

#[test]
fn an_invitation_stands_beside_its_text() {
    let mut tree = message();
    let mut invitation = attachment("ATT00001.ics", "text/calendar", b"BEGIN:VCALENDAR\r\n");
    let name = PropName::text(guids::PS_INTERNET_HEADERS, "Content-Type");
    let declared = "text/calendar; charset=utf-8; method=REQUEST; component=\"a\r\nb\"";
    set_named(&mut invitation.props, name, declared);
    invitation.props.set(tags::TEXT_ATTACHMENT_CHARSET, "utf-8");
    tree.attachments.push(invitation);
    let (text, written) = written(&tree);
    assert_eq!(codes(&written), [""; 0]);
    assert!(text.contains("multipart/alternative"), "{text}");
    assert!(
        text.contains("text/calendar; charset=\"utf-8\"; method=\"REQUEST\""),
        "{text}"
    );
    assert!(!text.contains("\nb"), "{text}");
}

#[test]
fn files_of_the_macintosh_and_of_the_web_come_back() {
    let mut tree = message();
    let mut file = attachment("Read me", "application/x-test", b"data");
    let name = PropName::text(guids::PSETID_ATTACHMENT, "AttachmentMacInfo");
    set_named(&mut file.props, name.clone(), vec![0u8, 5, 22, 7, 0]);
    tree.attachments.push(file);
    let mut page = attachment("page.html", "text/html", b"");
    page.props
        .set(tags::ATTACH_METHOD, attach_method::BY_WEBREFERENCE);
    let address = format!("https://example.org/{}?a=b", "x".repeat(80));
    page.props.set(tags::ATTACH_LONG_PATHNAME, address.as_str());
    page.content = TreeContent::None;
    tree.attachments.push(page);
    let (text, written) = written(&tree);
    assert_eq!(codes(&written), [""; 0]);
    let back = again(&text);
    assert!(back.defects.is_empty(), "{:?}\n{text}", back.defects);
    let [file, page] = back.attachments.as_slice() else {
        panic!("{text}")
    };
    assert_eq!(
        file.props.get(&PropKey::Named(name)).unwrap().value(),
        Some(&PropValue::Binary(vec![0, 5, 22, 7, 0]))
    );
    assert_eq!(file.props.text(tags::ATTACH_LONG_FILENAME), Some("Read me"));
    assert_eq!(
        page.props.text(tags::ATTACH_LONG_PATHNAME),
        Some(address.as_str())
    );
    assert_eq!(
        page.props.text(tags::ATTACH_LONG_FILENAME),
        Some("page.html")
    );
}

#[test]
fn a_boundary_is_none_of_those_inside() {
    let plain = {
        let mut tree = message();
        tree.attachments.push(attachment("a", "a/b", b"x"));
        tree
    };
    let (text, _) = written(&plain);
    let boundary = text
        .split_once("boundary=\"")
        .unwrap()
        .1
        .split_once('"')
        .unwrap()
        .0;
    // The same message with a signed one inside that knows the boundary.
    let mut signed = message();
    signed
        .props
        .set(tags::MESSAGE_CLASS, "IPM.Note.SMIME.MultipartSigned");
    let entity = format!("Content-Type: multipart/signed; boundary=x\n\n--{boundary}\nä\n");
    signed.attachments.push(attachment(
        "smime.p7m",
        "multipart/signed",
        entity.as_bytes(),
    ));
    let mut outer = message();
    let mut inner = attachment("a", "a/b", b"");
    inner.content = TreeContent::Message(Box::new(signed));
    outer.attachments.push(inner);
    outer.attachments.push(attachment("a", "a/b", b"x"));
    let (text, _) = written(&outer);
    assert_eq!(again(&text).attachments.len(), 2, "{text}");
    let eight_bit = text.matches("Content-Transfer-Encoding: 8bit").count();
    assert_eq!(eight_bit, 3, "the mail, the message and the entity: {text}");
    assert!(text.contains("\r\nä\r\n"));
}

#[test]
fn what_has_no_place_is_named_once() {
    let mut tree = message();
    tree.props.set(tags::MESSAGE_CLASS, "IPM.Note.Mine");
    tree.props.set(tags::COMMENT, "mine");
    tree.props.set(PropTag::new(0x6789, PropType::LONG), 1);
    let own = PropName::text(guids::PS_PUBLIC_STRINGS, "Project");
    set_named(&mut tree.props, own, 1);
    tree.props.set(tags::RTF_COMPRESSED, vec![1u8]);
    tree.props.set(tags::NATIVE_BODY_INFO, 2);
    for n in 0..3 {
        let mut row = TreeProps::default();
        row.set(tags::DISPLAY_NAME, format!("Nobody {n}"));
        row.set(tags::COMMENT, "mine");
        row.set(tags::RECIPIENT_TYPE, recipient_type::BCC);
        tree.recipients.push(row);
    }
    let mut link = attachment("local.txt", "text/plain", b"");
    link.props
        .set(tags::ATTACH_METHOD, attach_method::BY_REF_ONLY);
    link.content = TreeContent::None;
    tree.attachments.push(link);
    let mut object = attachment("object", "application/ole", b"");
    object.content = TreeContent::Storage(vec![1, 2].into());
    object.props.set(tags::RENDERING_POSITION, 5);
    tree.attachments.push(object);
    let (_, written) = written(&tree);
    let expect = [
        "message-class ipm.note.mine",
        "property-not-written message: PR_COMMENT",
        "property-not-written message: Project",
        "property-not-written recipients: PR_COMMENT",
        "ole-object ",
        "rendering-position ",
        "bcc-left-out Nobody 0",
        "bcc-left-out Nobody 1",
        "bcc-left-out Nobody 2",
        "rtf-body the RTF cannot be read: packed RTF has a header of 16 bytes, these are 1",
        "attachment-without-data ",
    ];
    let found: Vec<String> = written
        .losses
        .iter()
        .map(|l| format!("{} {}", l.code, l.detail))
        .collect();
    assert_eq!(found, expect);
}

#[test]
fn rtf_is_written_as_text_and_html() {
    let mail = |rtf: &[u8]| {
        let mut tree = message();
        tree.props.remove(&PropKey::from(tags::BODY.raw()));
        let packed = mapi_rtf::compressed::compress(rtf);
        tree.props.set(tags::RTF_COMPRESSED, packed);
        let (text, written) = written(&tree);
        let losses: Vec<String> = written.losses.iter().map(|l| l.detail.clone()).collect();
        (again(&text), losses)
    };
    let html = |tree: &MessageTree| {
        let html = tree.props.value(tags::HTML)?.as_bytes()?;
        Some(String::from_utf8_lossy(html).into_owned())
    };
    let (rich, losses) = mail(br"{\rtf1\ansi Dear {\b Ann},\par caf\'e9}");
    assert_eq!(
        rich.props.text(tags::BODY).map(str::trim_end),
        Some("Dear Ann,\r\ncafé")
    );
    assert!(
        html(&rich).is_some_and(|html| html.contains("<b>Ann</b>")),
        "{rich:?}"
    );
    assert!(losses.is_empty(), "{losses:?}");
    let (shown, losses) = mail(br"{\rtf1 see {\pict ff} and {\pict ff}}");
    assert!(html(&shown).is_some());
    assert_eq!(losses, ["pictures within the text: 2"]);
    // What RTF only carried is written as the sender wrote it.
    let (carried, losses) = mail(&mapi_rtf::from_html("<p class=x>Dear Ann</p>"));
    assert_eq!(
        html(&carried).as_deref().map(str::trim_end),
        Some("<p class=x>Dear Ann</p>")
    );
    assert!(losses.is_empty(), "{losses:?}");
    let (plain, losses) = mail(&mapi_rtf::from_text("Dear Ann"));
    assert_eq!(
        plain.props.text(tags::BODY).map(str::trim_end),
        Some("Dear Ann")
    );
    assert_eq!((html(&plain), losses.len()), (None, 0));
}

#[test]
fn people_of_every_kind_are_written() {
    let mut tree = message();
    for (name, kind, address) in [
        ("Ünal, Ö.", "SMTP", "u@bücher.example"),
        ("Old", "EX", "/O=Acme/CN=old"),
        ("Nobody", "", ""),
        ("J", "SMTP", "jörg@bücher.example"),
        ("Quoted", "SMTP", "a b@example.org"),
    ] {
        let mut row = TreeProps::default();
        row.set(tags::DISPLAY_NAME, name);
        row.set(tags::ADDRTYPE, kind);
        row.set(tags::EMAIL_ADDRESS, address);
        row.set(tags::RECIPIENT_TYPE, recipient_type::TO);
        tree.recipients.push(row);
    }
    let (text, written) = written(&tree);
    assert_eq!(codes(&written), ["recipient-without-address"]);
    let back = again(&text);
    let addresses: Vec<_> = back
        .recipients
        .iter()
        .map(|r| r.text(tags::EMAIL_ADDRESS).unwrap_or_default())
        .collect();
    let mut expect = vec![
        "u@xn--bcher-kva.example",
        "IMCEAEX-_O=Acme_CN=old@localhost",
        "jörg@bücher.example",
        "\"a b\"@example.org",
        "",
    ];
    let mut found = addresses.clone();
    found.sort_unstable();
    expect.sort_unstable();
    assert_eq!(found, expect, "{text}");
}

#[test]
fn long_values_that_lie_apart_are_written_too() {
    let mut tree = message();
    let references = "<a@example.org> ".repeat(2000);
    let source = references.clone().into_bytes().into();
    let key = PropKey::from(tags::INTERNET_REFERENCES.raw());
    tree.props
        .insert(key, TreeValue::Large(PropType::UNICODE, source));
    let (text, _) = written(&tree);
    let back = again(&text);
    assert_eq!(
        back.props.text(tags::INTERNET_REFERENCES),
        Some(references.trim())
    );
}

#[test]
fn what_was_received_is_written_for_its_owner_only() {
    let mail = "Received: from a by b; Sun, 22 Nov 2026 14:20:06 +0000\r\n\
        X-Note: =?utf-8?q?caf=C3=A9?=\r\n\
        Date: Sun, 22 Nov 2026 15:20:05 +0100\r\nFrom: a@b.example\r\nSubject: Old\r\nX-Other: 1\r\n\r\nText\r\n";
    let mut tree = again(mail);
    tree.props.set(tags::SUBJECT, "New");
    let (sent, _) = written(&tree);
    assert!(
        !sent.contains("X-Note") && !sent.contains("Received"),
        "{sent}"
    );
    let options = WriteOptions {
        with_received: true,
        ..WriteOptions::default()
    };
    let mut bytes = Vec::new();
    write(&tree, &options, &mut bytes).unwrap();
    let kept = String::from_utf8(bytes).unwrap();
    assert!(kept.starts_with("Received: from a by b; Sun, 22 Nov 2026 14:20:06 +0000\r\nX-Note: =?utf-8?b?Y2Fmw6k=?=\r\nDate: Sun, 22 Nov 2026 15:20:05 +0100\r\n"), "{kept}");
    assert!(
        kept.contains("\r\nSubject: New\r\n") && kept.contains("\r\nX-Other: 1\r\n"),
        "{kept}"
    );
}

#[test]
fn a_file_that_is_only_named_is_named_in_the_mail_and_read_as_a_name() {
    let methods = [
        attach_method::BY_REFERENCE,
        attach_method::BY_REF_RESOLVE,
        attach_method::BY_REF_ONLY,
    ];
    for path in [
        "/srv/plans/Zoë's \"plan\".pdf",
        "\\\\server\\share\\plan.pdf",
    ] {
        for method in methods {
            let mut link = AttachmentTree::default();
            link.props.set(tags::ATTACH_METHOD, method);
            link.props.set(tags::ATTACH_LONG_PATHNAME, path);
            link.props.set(tags::ATTACH_LONG_FILENAME, "plan.pdf");
            link.props.set(tags::ATTACH_MIME_TAG, "application/pdf");
            let mut tree = message();
            tree.attachments.push(link);
            let (text, written) = written(&tree);
            assert_eq!(written.losses, [], "{text}");
            let read = again(&text).attachments.remove(0);
            let method = read.props.value(tags::ATTACH_METHOD).cloned();
            assert_eq!(method, Some(attach_method::BY_REF_ONLY.into()), "{text}");
            let says = |tag| read.props.text(tag).map(str::to_owned);
            assert_eq!(says(tags::ATTACH_LONG_PATHNAME).as_deref(), Some(path));
            assert_eq!(
                says(tags::ATTACH_LONG_FILENAME).as_deref(),
                Some("plan.pdf")
            );
            assert_eq!(
                says(tags::ATTACH_MIME_TAG).as_deref(),
                Some("application/pdf")
            );
            assert!(matches!(read.content, TreeContent::None));
        }
    }
    // What no header can hold is not cut into pieces.
    let mut odd = AttachmentTree::default();
    odd.props
        .set(tags::ATTACH_METHOD, attach_method::BY_REF_ONLY);
    odd.props.set(tags::ATTACH_LONG_PATHNAME, "/a\r\nBcc: b");
    let mut tree = message();
    tree.attachments.push(odd);
    let (text, written) = written(&tree);
    assert!(!text.contains("Bcc: b"));
    assert_eq!(written.losses[0].code, "attachment-without-data");
}
