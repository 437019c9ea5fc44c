//! Who gets which report, and what each says.

use mapi_props::entry_id::OneOff;
use mapi_props::{FileTime, MessageTree, PropValue, TreeContent, TreeProps, tags};

use super::{
    Delivery, Failure, Language, ReadReport, Reporter, StatusReport, pending, read_report,
    receipt_to, status_reports,
};

const NOW: FileTime = FileTime(1000);
const EN: Language = Language::English;

fn original() -> MessageTree {
    let mut message = MessageTree::default();
    let props = &mut message.props;
    props.set(tags::MESSAGE_CLASS, "IPM.Note.Order");
    props.set(tags::SUBJECT, "RE: Plans");
    props.set(tags::SENDER_NAME, "Ann");
    props.set(tags::SENDER_ADDRTYPE, "SMTP");
    props.set(tags::SENDER_EMAIL_ADDRESS, "ann@a.example");
    props.set(tags::READ_RECEIPT_REQUESTED, true);
    props.set(tags::REPORT_TAG, vec![7]);
    props.set(tags::RECEIVED_BY_NAME, "Bob");
    props.set(tags::RECEIVED_BY_EMAIL_ADDRESS, "bob@b.example");
    for (name, kind) in [("Bob", 1), ("Eve", 1), ("Cy", 2)] {
        let mut row = TreeProps::default();
        row.set(tags::DISPLAY_NAME, name);
        row.set(tags::RECIPIENT_TYPE, kind);
        message.recipients.push(row);
    }
    message
}

fn address(row: &TreeProps) -> &str {
    row.text(tags::EMAIL_ADDRESS).unwrap_or_default()
}

fn reporter() -> Reporter {
    Reporter {
        name: "System Administrator".to_owned(),
        address: "postmaster@a.example".to_owned(),
        language: EN,
    }
}

fn failed() -> Delivery {
    Delivery::Failed(Failure {
        reason: 1,
        diagnostic: 35,
        ..Failure::default()
    })
}

#[test]
fn a_read_report_goes_where_the_message_asks() {
    let mut message = original();
    let report = read_report(&message, ReadReport::Read, EN, NOW).unwrap();
    let props = &report.props;
    for (tag, text) in [
        (tags::MESSAGE_CLASS, "REPORT.IPM.Note.Order.IPNRN"),
        (tags::ORIG_MESSAGE_CLASS, "IPM.Note.Order"),
        (tags::SUBJECT, "Read: RE: Plans"),
        (tags::ORIGINAL_SUBJECT, "RE: Plans"),
        (tags::CONVERSATION_TOPIC, "Plans"),
        (tags::ORIGINAL_DISPLAY_TO, "Bob; Eve"),
        (tags::ORIGINAL_DISPLAY_CC, "Cy"),
        (tags::ORIGINAL_SENDER_NAME, "Ann"),
        (tags::SENDER_NAME, "Bob"),
        (tags::SENT_REPRESENTING_EMAIL_ADDRESS, "bob@b.example"),
    ] {
        assert_eq!(props.text(tag), Some(text), "{tag:?}");
    }
    assert_eq!(
        props.value(tags::RECEIPT_TIME),
        Some(&PropValue::SysTime(NOW))
    );
    assert_eq!(
        props.value(tags::REPORT_TAG),
        Some(&PropValue::Binary(vec![7]))
    );
    let to = |message: &MessageTree| {
        let report = read_report(message, ReadReport::NotRead, EN, NOW)?;
        assert_eq!(report.recipients.len(), 1);
        Some(address(&report.recipients[0]).to_owned())
    };
    assert_eq!(to(&message).as_deref(), Some("ann@a.example"));
    let one_off = |address| OneOff::new("", "SMTP", address).encode().unwrap();
    message
        .props
        .set(tags::REPORT_ENTRYID, one_off("desk@a.example"));
    assert_eq!(to(&message).as_deref(), Some("desk@a.example"));
    message
        .props
        .set(tags::READ_RECEIPT_ENTRYID, one_off("receipts@a.example"));
    assert_eq!(to(&message).as_deref(), Some("receipts@a.example"));
    assert_eq!(to(&MessageTree::default()), None, "nobody is named");
}

#[test]
fn there_is_no_report_about_a_report() {
    for class in ["REPORT.IPM.Note.NDR", "report.ipm.note.ipnrn", "Report"] {
        let mut message = original();
        message.props.set(tags::MESSAGE_CLASS, class);
        assert_eq!(pending(&message.props), 0, "{class}");
        assert!(read_report(&message, ReadReport::Read, EN, NOW).is_none());
        let rows = [(message.recipients[0].clone(), failed())];
        assert!(status_reports(&message, &rows, &reporter(), NOW).is_empty());
    }
    let mut message = original();
    message.props.set(tags::MESSAGE_CLASS, "REPORTER.Note");
    assert_eq!(pending(&message.props), 0x300);
    message.props.set(tags::READ_RECEIPT_REQUESTED, false);
    message
        .props
        .set(tags::NON_RECEIPT_NOTIFICATION_REQUESTED, true);
    assert_eq!(pending(&message.props), 0x200);
    let long = "x".repeat(300);
    message.props.set(tags::MESSAGE_CLASS, long.as_str());
    let report = read_report(&message, ReadReport::NotRead, EN, NOW).unwrap();
    let class = report.props.text(tags::MESSAGE_CLASS).unwrap();
    assert!(class.len() < 255 && class.ends_with("x.IPNNRN"));
}

#[test]
fn failures_and_deliveries_are_reported_apart() {
    let mut message = original();
    let [bob, eve, cy] = message.recipients.clone().try_into().unwrap();
    let sent = |message: &MessageTree| -> Vec<StatusReport> {
        let outcomes = [
            (bob.clone(), Delivery::Delivered(FileTime(5))),
            (eve.clone(), failed()),
            (cy.clone(), failed()),
        ];
        status_reports(message, &outcomes, &reporter(), NOW)
    };
    let [ndr] = sent(&message).try_into().unwrap();
    assert_eq!(address(&ndr.to), "ann@a.example");
    let ndr = ndr.message;
    assert_eq!(
        ndr.props.text(tags::MESSAGE_CLASS),
        Some("REPORT.IPM.Note.Order.NDR")
    );
    let names: Vec<_> = ndr
        .recipients
        .iter()
        .map(|r| r.text(tags::DISPLAY_NAME))
        .collect();
    assert_eq!(names, [Some("Eve"), Some("Cy")]);
    assert_eq!(
        ndr.recipients[0].value(tags::NDR_DIAG_CODE),
        Some(&PropValue::Long(35))
    );
    let TreeContent::Message(inner) = &ndr.attachments[0].content else {
        panic!("embedded")
    };
    assert_eq!(format!("{inner:?}"), format!("{message:?}"));

    message
        .props
        .set(tags::ORIGINATOR_DELIVERY_REPORT_REQUESTED, true);
    message
        .props
        .set(tags::ORIGINATOR_NON_DELIVERY_REPORT_REQUESTED, false);
    let [dr] = sent(&message).try_into().unwrap();
    assert_eq!(
        dr.message.props.text(tags::MESSAGE_CLASS),
        Some("REPORT.IPM.Note.Order.DR")
    );
    assert!(dr.message.attachments.is_empty());
    assert_eq!(dr.message.recipients.len(), 1);
    let time = dr.message.recipients[0].value(tags::DELIVER_TIME);
    assert_eq!(time, Some(&PropValue::SysTime(FileTime(5))));

    let mut insistent = eve.clone();
    insistent.set(tags::ORIGINATOR_NON_DELIVERY_REPORT_REQUESTED, true);
    let outcomes = [(insistent, failed()), (cy.clone(), failed())];
    let [ndr] = status_reports(&message, &outcomes, &reporter(), NOW)
        .try_into()
        .unwrap();
    assert_eq!(
        ndr.message.recipients.len(),
        1,
        "a recipient's own wish counts more"
    );
}

#[test]
fn a_null_sender_gets_no_read_report_and_another_address_is_told_apart() {
    let mut message = original();
    let to = receipt_to(&message.props).unwrap();
    assert_eq!((to.name.as_str(), to.is_sender), ("Ann", true));
    message
        .props
        .set(tags::INTERNET_RETURN_PATH, "<Ann@A.example>");
    assert!(receipt_to(&message.props).unwrap().is_sender);
    // The header says one thing, the envelope another.
    message
        .props
        .set(tags::INTERNET_RETURN_PATH, "<list@a.example>");
    assert!(!receipt_to(&message.props).unwrap().is_sender);
    let to = OneOff::new("", "SMTP", "tracker@t.example")
        .encode()
        .unwrap();
    message.props.set(tags::READ_RECEIPT_ENTRYID, to);
    let to = receipt_to(&message.props).unwrap();
    assert_eq!(
        (to.address.as_str(), to.is_sender),
        ("tracker@t.example", false)
    );
    message.props.set(tags::INTERNET_RETURN_PATH, "<>");
    assert_eq!(receipt_to(&message.props), None);
    assert_eq!(pending(&message.props), 0);
    assert!(read_report(&message, ReadReport::Read, EN, NOW).is_none());
}
