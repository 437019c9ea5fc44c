//! Reports of every kind: class, recipients, reasons, and what is told of the original.
use mapi_mime::{ImportContext, parse};
use mapi_props::{FileTime, MessageTree, PropTag, PropValue, TreeProps, tags};

use crate::shown::original;

const NOW: FileTime = FileTime(134_398_308_050_000_000);
/// 1970-01-01T00:00:09Z.
const SENT: FileTime = FileTime(116_444_736_090_000_000);

fn read(mail: &str) -> MessageTree {
    let mail = mail.replace('\n', "\r\n");
    let tree = parse(mail.clone().into_bytes(), &ImportContext::new(NOW)).unwrap();
    assert!(original(&tree) == mail.as_bytes());
    tree
}

fn report(report_type: &str, parts: &[(&str, &str)]) -> String {
    let mut mail = format!(
        "From: mta@b.example\nTo: ann@a.example\nSubject: Report\nDate: Thu, 1 Jan 1970 00:00:09 GMT\n\
         Content-Type: multipart/report; report-type={report_type}; boundary=r\n\n"
    );
    for (media_type, body) in parts {
        mail.push_str(&format!("--r\nContent-Type: {media_type}\n\n{body}\n"));
    }
    mail + "--r--\n"
}

fn class(tree: &MessageTree) -> &str {
    tree.props.text(tags::MESSAGE_CLASS).unwrap()
}

/// The rows that the report added.
fn reported(tree: &MessageTree) -> Vec<&TreeProps> {
    let rows = tree.recipients.iter();
    rows.filter(|r| r.value(tags::REPORT_TIME).is_some())
        .collect()
}

fn long(props: &TreeProps, tag: impl Into<PropTag>) -> Option<i32> {
    props.value(tag).and_then(PropValue::as_long)
}

fn time(props: &TreeProps, tag: impl Into<PropTag>) -> Option<FileTime> {
    props.value(tag).and_then(PropValue::as_time)
}

const RETURNED: &str = "From: Ann <ann@a.example>\nSender: desk@a.example\nTo: Bob <bob@b.example>, eve@b.example\n\
     Cc: cat@b.example\nSubject: Plans\nMessage-ID: <m1@a.example>\nThread-Topic: Plans\n\
     Date: Thu, 1 Jan 1970 00:00:01 GMT\n\nHello.";

#[test]
fn a_failure_lists_who_failed_and_why() {
    let status = "Reporting-MTA: dns; mx.b.example\nOriginal-Envelope-Id: env-7\n\n\n\
        Original-Recipient: rfc822;Bob@alias.example\nFinal-Recipient: rfc822; bob@b.example\nAction: failed (final)\n\
        Status: 5.1.1 (no such user)\nRemote-MTA: dns; in.b.example\n\
        Diagnostic-Code: smtp; 550 5.1.1\n  User unknown\n\n\
        Final-Recipient: rfc822; cat@b.example\nAction: delivered\nStatus: 2.1.5\n \n\
        Final-Recipient: RFC822;<eve@b.example>\nAction: FAILED\nStatus: 5.2.2\nX-Display-Name: =?utf-8?q?=C3=88ve?=";
    let tree = read(&report(
        "delivery-status",
        &[
            ("text/plain", "It failed."),
            ("message/delivery-status", status),
            ("message/rfc822", RETURNED),
        ],
    ));
    assert_eq!(class(&tree), "REPORT.IPM.Note.NDR");
    assert_eq!(tree.recipients.len(), 3);
    let rows = reported(&tree);
    let [bob, eve] = rows.as_slice() else {
        panic!("two failed")
    };
    for (tag, text) in [
        (tags::DISPLAY_NAME, "bob@b.example"),
        (tags::ADDRTYPE, "SMTP"),
        (tags::EMAIL_ADDRESS, "bob@b.example"),
        (tags::ORIGINAL_DISPLAY_NAME, "Bob@alias.example"),
        (tags::DSN_REMOTE_MTA, "in.b.example"),
        (tags::REPORT_TEXT, "smtp; 550 5.1.1  User unknown"),
        (
            tags::SUPPLEMENTARY_INFO,
            "<in.b.example #5.1.1 smtp; 550 5.1.1  User unknown>",
        ),
    ] {
        assert_eq!(bob.text(tag), Some(text), "{tag:?}");
    }
    assert_eq!(long(bob, tags::NDR_STATUS_CODE), Some(511));
    assert_eq!(long(bob, tags::NDR_DIAG_CODE), Some(35));
    assert_eq!(long(bob, tags::NDR_REASON_CODE), Some(1));
    assert_eq!(time(bob, tags::REPORT_TIME), Some(SENT));
    assert_eq!(time(bob, tags::DELIVER_TIME), None);
    assert!(bob.value(tags::ENTRYID).is_some() && bob.value(tags::SEARCH_KEY).is_some());
    assert_eq!(eve.text(tags::DISPLAY_NAME), Some("Ève"));
    assert_eq!(long(eve, tags::NDR_DIAG_CODE), Some(13));
    assert_eq!(eve.text(tags::SUPPLEMENTARY_INFO), Some("< #5.2.2>"));

    let props = &tree.props;
    for (tag, text) in [
        (tags::ORIGINAL_SUBJECT, "Plans"),
        (tags::ORIGINAL_DISPLAY_TO, "Bob; eve@b.example"),
        (tags::ORIGINAL_DISPLAY_CC, "cat@b.example"),
        (tags::ORIG_MESSAGE_CLASS, "IPM.Note"),
        (tags::ORIGINAL_SENDER_EMAIL_ADDRESS, "desk@a.example"),
        (tags::ORIGINAL_SENT_REPRESENTING_NAME, "Ann"),
        (tags::CONVERSATION_TOPIC, "Plans"),
        (tags::INTERNET_REFERENCES, "<m1@a.example>"),
        (tags::INTERNET_RETURN_PATH, "<m1@a.example>"),
        (tags::REPORT_NAME, "mta@b.example"),
        (tags::REPORTING_MESSAGE_TRANSFER_AGENT, "dns; mx.b.example"),
    ] {
        assert_eq!(props.text(tag), Some(text), "{tag:?}");
    }
    let submitted = FileTime::from_unix(1);
    assert_eq!(time(props, tags::ORIGINAL_SUBMIT_TIME), Some(submitted));
    assert_eq!(time(props, tags::REPORT_TIME), Some(SENT));
    let tag = props.value(tags::REPORT_TAG).and_then(PropValue::as_bytes);
    assert_eq!(tag, Some(&b"env-7"[..]));
    assert_eq!(props.text(tags::BODY).map(str::trim), Some("It failed."));
    assert_eq!(tree.attachments.len(), 2);
    assert!(tree.defects.is_empty(), "{:?}", tree.defects);
}

#[test]
fn the_worst_action_names_the_class() {
    let check = |groups: &str, expect: &str, rows: usize| {
        let tree = read(&report(
            "delivery-status",
            &[("message/delivery-status", groups)],
        ));
        assert_eq!(class(&tree), expect, "{groups}");
        assert_eq!(reported(&tree).len(), rows, "{groups}");
        tree
    };
    let group = |action: &str, status: &str| {
        format!("Final-Recipient: rfc822; x@b.example\nAction: {action}\nStatus: {status}\n\n")
    };
    let tree = check(&group("delivered", "2.0.0"), "REPORT.IPM.Note.DR", 1);
    let row = reported(&tree)[0];
    assert_eq!(time(row, tags::DELIVER_TIME), Some(SENT));
    assert_eq!(long(row, tags::NDR_DIAG_CODE), None);
    let two = group("expanded", "2.0.0") + &group("delivered", "2.0.0");
    check(&two, "REPORT.IPM.Note.Expanded.DR", 1);
    check(&group("relayed", "2.0.0"), "REPORT.IPM.Note.Relayed.DR", 1);
    let two = group("delayed", "4.4.7") + &group("relayed", "2.0.0");
    let tree = check(&two, "REPORT.IPM.Note.Delayed.DR", 1);
    assert_eq!(long(reported(&tree)[0], tags::NDR_DIAG_CODE), Some(5));
    // Without an action the status tells, without a status the diagnostic text.
    check(&group("", "5.7.1"), "REPORT.IPM.Note.NDR", 1);
    check(&group("", "4.2.2"), "REPORT.IPM.Note.Delayed.DR", 1);
    let only_text = "Final-Recipient: rfc822; x@b.example\nDiagnostic-Code: smtp; 554 5.7.1 no\n";
    let tree = check(only_text, "REPORT.IPM.Note.NDR", 1);
    assert_eq!(long(reported(&tree)[0], tags::NDR_STATUS_CODE), Some(571));
    let no_code = "Final-Recipient: rfc822; x@b.example\nAction: failed\n";
    let tree = check(no_code, "REPORT.IPM.Note.NDR", 1);
    assert_eq!(long(reported(&tree)[0], tags::NDR_STATUS_CODE), Some(500));
}

#[test]
fn what_is_not_understood_is_an_ordinary_message() {
    for (parts, code) in [
        (vec![("text/plain", "550 gone")], "report-without-status"),
        (
            vec![("message/delivery-status", "Reporting-MTA: dns; x")],
            "report-not-understood",
        ),
        (
            vec![(
                "message/disposition-notification",
                "Disposition: a/b; vanished",
            )],
            "report-not-understood",
        ),
        (
            vec![("message/feedback-report", "Version: 1")],
            "report-not-understood",
        ),
    ] {
        let tree = read(&report("x", &parts));
        assert_eq!(class(&tree), "IPM.Note", "{parts:?}");
        assert!(tree.defects.iter().any(|d| d.code == code), "{parts:?}");
        assert_eq!(tree.recipients.len(), 1);
    }
}

#[test]
fn read_reports_say_what_was_done_with_the_message() {
    let notice = |disposition: &str| {
        let part = format!(
            "Reporting-UA: pc; malle\nOriginal-Recipient: rfc822;bob@alias.example\n\
             Final-Recipient: rfc822; bob@b.example\nOriginal-Message-ID: <m1@a.example>\n\
             X-MSExch-Correlation-Key: a2V5\nDisposition: {disposition}"
        );
        let parts = [
            ("text/plain", "Read."),
            ("message/disposition-notification", &*part),
            (
                "text/rfc822-headers",
                "Subject: Plans\nTo: list@a.example\nDate: Thu, 1 Jan 1970 00:00:01 GMT",
            ),
        ];
        read(&report("disposition-notification", &parts))
    };
    let tree = notice("manual-action/MDN-sent-manually; displayed/warning");
    let props = &tree.props;
    assert_eq!(class(&tree), "REPORT.IPM.Note.IPNRN");
    for (tag, text) in [
        (
            tags::REPORT_TEXT,
            "manual-action/MDN-sent-manually; displayed/warning",
        ),
        (tags::REPORT_DISPOSITION, "displayed"),
        (
            tags::REPORT_DISPOSITION_MODE,
            "manual-action/MDN-sent-manually",
        ),
        (tags::ORIGINAL_DISPLAY_TO, "bob@alias.example"),
        (tags::ORIGINAL_SUBJECT, "Plans"),
        (tags::INTERNET_RETURN_PATH, "<m1@a.example>"),
    ] {
        assert_eq!(props.text(tag), Some(text), "{tag:?}");
    }
    assert_eq!(time(props, tags::RECEIPT_TIME), Some(SENT));
    assert_eq!(time(props, tags::ORIGINAL_DELIVERY_TIME), Some(SENT));
    let key = props.value(tags::PARENT_KEY).and_then(PropValue::as_bytes);
    assert_eq!(key, Some(&b"key"[..]));
    assert_eq!(reported(&tree).len(), 0);

    let tree = notice("automatic-action/MDN-sent-automatically;deleted");
    assert_eq!(class(&tree), "REPORT.IPM.Note.IPNNRN");
    assert_eq!(long(&tree.props, tags::NON_RECEIPT_REASON), Some(0));
}

#[test]
fn feedback_reports_keep_their_kind_and_recipients() {
    let feedback = "Feedback-Type: abuse\nUser-Agent: x/1\nVersion: 1\nOriginal-Mail-From: <spam@c.example>\n\
        Original-Rcpt-To: <ann@a.example>\nOriginal-Rcpt-To: bob@b.example\nReporting-MTA: dns; mx.b.example";
    let tree = read(&report(
        "feedback-report",
        &[
            ("text/plain", "Spam."),
            ("message/feedback-report", feedback),
            ("message/rfc822", RETURNED),
        ],
    ));
    assert_eq!(class(&tree), "REPORT.IPM.Note.Feedback");
    assert_eq!(tree.props.text(tags::REPORT_TEXT), Some("abuse"));
    assert_eq!(tree.props.text(tags::ORIGINAL_SUBJECT), Some("Plans"));
    let rows = reported(&tree);
    let addresses: Vec<_> = rows.iter().map(|r| r.text(tags::EMAIL_ADDRESS)).collect();
    assert_eq!(addresses, [Some("ann@a.example"), Some("bob@b.example")]);
}

#[test]
fn reports_are_found_in_other_shapes() {
    let status = "Final-Recipient: utf-8; j\\x{F6}rg@b.example\nAction: failed\nStatus: 5.1.1";
    let inner = report(
        "delivery-status",
        &[("message/global-delivery-status", status)],
    );
    let (_, body) = inner.split_once("Content-Type: ").unwrap();
    let listed = format!(
        "From: a@b\nContent-Type: multipart/mixed; boundary=m\n\n--m\nContent-Type: {body}\n--m\n\nA footer.\n--m--\n"
    );
    let alone = format!("From: a@b\nContent-Type: message/delivery-status\n\n{status}\n");
    let encoded = "From: a@b\nContent-Type: multipart/report; boundary=r\n\n--r\nContent-Type: message/delivery-status\n\
        Content-Transfer-Encoding: base64\n\n\
        RmluYWwtUmVjaXBpZW50OiByZmM4MjI7IGrDtnJnQGIuZXhhbXBsZQpBY3Rpb246IGZhaWxlZApTdGF0dXM6IDUuMS4xCg==\n--r--\n";
    // Prose where the status should be, and the status in a part of its own.
    let parts = [
        ("message/delivery-status", "It failed.\n\n<x> is gone"),
        ("message/delivery-status", status),
    ];
    let twice = report("delivery-status", &parts);
    // Fields of a recipient that a relay encoded.
    let group = "Reporting-MTA: dns; x\nContent-Transfer-Encoding: base64\n\n\
        RmluYWwtUmVjaXBpZW50OiByZmM4MjI7IGrDtnJnQGIuZXhhbXBsZQpBY3Rpb246IGZhaWxlZApTdGF0dXM6IDUuMS4xCg==";
    let relayed = report("delivery-status", &[("message/delivery-status", group)]);
    for mail in [listed, alone, encoded.to_owned(), twice, relayed] {
        let tree = read(&mail);
        assert_eq!(class(&tree), "REPORT.IPM.Note.NDR", "{mail}");
        let rows = reported(&tree);
        assert_eq!(
            rows[0].text(tags::EMAIL_ADDRESS),
            Some("jörg@b.example"),
            "{mail}"
        );
    }
}

#[test]
fn many_reported_recipients_stay_within_the_limit() {
    let mut groups = String::new();
    for n in 0..50 {
        groups.push_str(&format!(
            "Final-Recipient: rfc822; u{n}@b.example\nAction: failed\nStatus: 5.1.1\n\n"
        ));
    }
    let mail = report("delivery-status", &[("message/delivery-status", &groups)]);
    let mut context = ImportContext::new(NOW);
    context.limits.recipients = 10;
    let tree = parse(mail.into_bytes(), &context).unwrap();
    assert_eq!(tree.recipients.len(), 10);
    assert!(tree.defects.iter().any(|d| d.code == "too-many-recipients"));
}
