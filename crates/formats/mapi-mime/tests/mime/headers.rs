//! What single header fields and broken mails become.

use mapi_mime::{ImportContext, parse};
use mapi_props::{FileTime, MessageTree, PropKey, PropName, PropTag, PropValue, TreeValue};
use mapi_props::{guids, tags};

const NOW: FileTime = FileTime(134_398_308_050_000_000);

fn read(header: &str) -> MessageTree {
    read_bytes(format!("From: a@b.c\r\n{header}\r\n\r\nText\r\n").as_bytes())
}

fn read_bytes(mail: &[u8]) -> MessageTree {
    parse(mail.to_vec(), &ImportContext::new(NOW)).unwrap()
}

#[track_caller]
fn check(header: &str, tag: impl Into<PropTag>, value: impl Into<PropValue>) {
    let tree = read(header);
    assert_eq!(tree.props.value(tag), Some(&value.into()), "{header}");
}

fn named(header: &str, name: PropName) -> Option<PropValue> {
    let tree = read(header);
    let value = tree.props.get(&PropKey::Named(name));
    value.and_then(TreeValue::value).cloned()
}

fn defects(tree: &MessageTree) -> Vec<&str> {
    tree.defects.iter().map(|d| d.code).collect()
}

#[test]
fn fields_become_properties() {
    check(
        "X-Auto-Response-Suppress: All",
        tags::AUTO_RESPONSE_SUPPRESS,
        -1,
    );
    check(
        "X-Auto-Response-Suppress: None",
        tags::AUTO_RESPONSE_SUPPRESS,
        0,
    );
    check(
        "X-Auto-Response-Suppress: DR, OOF,AutoReply",
        tags::AUTO_RESPONSE_SUPPRESS,
        0x31,
    );
    check(
        "Content-Language: xx, fr-CA",
        tags::MESSAGE_LOCALE_ID,
        0xC0C,
    );
    check("X-Message-Flag: Follow up", tags::FLAG_STATUS, 2);
    check(
        "Message-ID: <a@b> (added by x)",
        tags::INTERNET_MESSAGE_ID,
        "<a@b>",
    );
    check("Message-ID: bare@b", tags::INTERNET_MESSAGE_ID, "bare@b");
    check(
        "In-Reply-To: Your message of today <a\r\n @b>",
        tags::IN_REPLY_TO_ID,
        "<a@b>",
    );
    check(
        "References: <a@b>\r\n\t<c@d>",
        tags::INTERNET_REFERENCES,
        "<a@b> <c@d>",
    );
    check("Precedence: bulk", tags::INTERNET_PRECEDENCE, "bulk");
}

#[test]
fn fields_of_exchange_and_news_become_properties() {
    check(
        "Newsgroups: comp.mail.mime",
        tags::INTERNET_NEWSGROUPS,
        "comp.mail.mime",
    );
    check("Lines: 12", tags::INTERNET_LINES, 12);
    check("X-List-Help: <mailto:h@x>", tags::LIST_HELP, "<mailto:h@x>");
    check(
        "X-MS-Exchange-Organization-SCL: -1",
        tags::CONTENT_FILTER_SCL,
        -1,
    );
    check(
        "X-MS-Exchange-Organization-SenderIdResult: PermError",
        tags::SENDER_ID_STATUS,
        i32::MIN + 7,
    );
    check(
        "X-CallingTelephoneNumber: +33 1",
        tags::SENDER_TELEPHONE_NUMBER,
        "+33 1",
    );
    check(
        "Disposition-Notification-To: Ann <a@b>",
        tags::READ_RECEIPT_SMTP_ADDRESS,
        "a@b",
    );
    check(
        "Disposition-Notification-To: Ann <a@b>",
        tags::READ_RECEIPT_REQUESTED,
        true,
    );
    check(
        "Generate-Delivery-Report: x",
        tags::ORIGINATOR_DELIVERY_REPORT_REQUESTED,
        true,
    );
    check("Auto-Forwarded: TRUE", tags::AUTO_FORWARDED, true);
    check(
        "Date: 22 Nov 2026",
        tags::CLIENT_SUBMIT_TIME,
        FileTime::from_unix(1_795_305_600),
    );
}

#[test]
fn fields_become_named_properties() {
    let keywords =
        |header: &str| named(header, PropName::text(guids::PS_PUBLIC_STRINGS, "Keywords"));
    let words = |words: &[&str]| {
        let words = words.iter().map(|w| (*w).to_owned());
        Some(PropValue::MvUnicode(words.collect()))
    };
    let mixed = "Keywords: red, =?utf-8?q?gr=C3=BCn?=; \"a, b\", red";
    assert_eq!(keywords(mixed), words(&["red", "grün", "a, b"]));
    assert_eq!(keywords("Keywords: a\r\nKeywords: b"), words(&["a", "b"]));
    assert_eq!(keywords("Keywords: ,"), None);

    let text = |text: &str| Some(PropValue::Unicode(text.to_owned()));
    let accepted = |header: &str| {
        named(
            header,
            PropName::text(guids::PS_INTERNET_HEADERS, "Accept-Language"),
        )
    };
    assert_eq!(accepted("X-Accept-Language: fr"), text("fr"));
    assert_eq!(
        accepted("X-Accept-Language: fr\r\nAccept-Language: de"),
        text("de")
    );

    let common = |header: &str, id| named(header, PropName::id(guids::PSETID_COMMON, id));
    assert_eq!(common("X-Message-Flag: Call", 0x8530), text("Call"));
    let class = "X-Microsoft-Classification: Secret\r\nX-Microsoft-Classified: ";
    assert_eq!(common(&format!("{class}true"), 0x85B6), text("Secret"));
    assert_eq!(common(&format!("{class}false"), 0x85B6), None);
}

#[test]
fn raw_eight_bit_headers_are_read_as_a_whole() {
    let mail = b"From: a@b.c\r\nSubject: \xED\xCF\xD3\xCB\xD7\xC1\r\nComments: \xD3\xD4\xCF\xCC\xC9\xC3\xC1 \xF2\xCF\xD3\xD3\xC9\xC9\r\n\r\n.\r\n";
    let tree = read_bytes(mail);
    assert_eq!(tree.props.text(tags::SUBJECT), Some("Москва"));
    assert!(defects(&tree).contains(&"8-bit-header"));
    let declared =
        b"From: a@b.c\r\nSubject: \xC1\r\nContent-Type: text/plain; charset=koi8-r\r\n\r\n.\r\n";
    assert_eq!(read_bytes(declared).props.text(tags::SUBJECT), Some("а"));
}

#[test]
fn html_in_a_rare_charset_is_kept_as_utf_8() {
    let check = |charset: &str, body: &[u8], html: &[u8], page: i32| {
        let mut mail = format!("From: a@b.c\r\nContent-Type: text/html; charset={charset}\r\n\r\n")
            .into_bytes();
        mail.extend_from_slice(body);
        let tree = read_bytes(&mail);
        assert_eq!(
            tree.props.value(tags::HTML),
            Some(&PropValue::Binary(html.to_vec())),
            "{charset}"
        );
        assert_eq!(
            tree.props.value(tags::INTERNET_CPID),
            Some(&PropValue::Long(page)),
            "{charset}"
        );
    };
    check("ibm437", b"<p>\x82</p>", "<p>é</p>".as_bytes(), 65001);
    check(
        "viscii",
        b"<p>\xAE</p>",
        "<p>\u{1EC7}</p>".as_bytes(),
        65001,
    );
    check("koi8-r", b"<p>\xC1</p>", b"<p>\xC1</p>", 20866);
    let meta = b"<meta charset=koi8-r><p>\xC1</p>";
    check("us-ascii", meta, meta, 20866);
    let xml = b"<?xml version='1.0' encoding='koi8-r'?><p>\xC1</p>";
    check("us-ascii", xml, xml, 20866);
}

#[test]
fn flowed_text_is_joined_and_the_original_stays() {
    let mail = b"From: a@b.c\r\nContent-Type: text/plain; format=flowed; delsp=yes\r\n\r\none  \r\ntwo\r\n> q \r\n> r\r\n";
    let tree = read_bytes(mail);
    assert_eq!(
        tree.props.text(tags::BODY),
        Some("one two\r\n> q \r\n> r\r\n")
    );
    assert_eq!(crate::shown::original(&tree), mail);
}

#[test]
fn broken_mail_is_read_with_its_defects() {
    let check = |mail: &[u8], subject: &str, body: &str, code: &str| {
        let tree = read_bytes(mail);
        assert_eq!(tree.props.text(tags::SUBJECT), Some(subject), "{code}");
        assert_eq!(tree.props.text(tags::BODY), Some(body), "{code}");
        assert!(
            defects(&tree).contains(&code),
            "{code}: {:?}",
            defects(&tree)
        );
        assert_eq!(crate::shown::original(&tree), mail, "{code}");
    };
    check(
        b"Subject: x\rFrom: a@b.c\r\rone\rtwo\r",
        "x",
        "one\r\ntwo\r\n",
        "bare-cr",
    );
    check(
        b"Subject: x\nFrom: a@b.c\nNo field here\nbody\n",
        "x",
        "No field here\r\nbody\r\n",
        "header-not-ended",
    );
    check(
        b"Subject: x\nSubject: y\nFrom: a@b.c\n\nb\n",
        "x",
        "b\r\n",
        "repeated-header",
    );
    check(
        b"Subject: x\nContent-Type: text/plain\nContent-Type: text/html\nFrom: a@b.c\n\nb\n",
        "x",
        "b\r\n",
        "repeated-header",
    );
    check(
        b"Subject: x\nFrom: a@b.c, d@e.f\n\nb\n",
        "x",
        "b\r\n",
        "several-authors",
    );
    check(
        b"Subject: x\nFrom: a@b.c\nContent-Type: multipart/mixed boundary=q\n\n--q\n\nb\n",
        "x",
        "b",
        "missing-end-boundary",
    );
}
