//! What reports tell, and what a row keeps of it.

use mapi_props::entry_id::recipient_search_key;
use mapi_props::{Bag, FileTime, MessageTree, TreeProps, tags};

use super::{Track, apply, set, told, track_of};

fn report(class: &str) -> MessageTree {
    let mut report = MessageTree::default();
    let props = &mut report.props;
    props.set(tags::MESSAGE_CLASS, class);
    props.set(tags::INTERNET_REFERENCES, "<0@x> <1@x>");
    props.set(tags::REPORT_TIME, FileTime(50));
    props.set(tags::SENDER_ADDRTYPE, "SMTP");
    props.set(tags::SENDER_EMAIL_ADDRESS, "bob@b.example");
    report
}

fn row(address: &str) -> TreeProps {
    let mut row = TreeProps::default();
    row.set(tags::ADDRTYPE, "SMTP");
    row.set(tags::EMAIL_ADDRESS, address);
    row
}

fn recipients() -> Vec<Bag> {
    ["Bob@B.example", "eve@e.example"]
        .map(|address| {
            let mut row = Bag::new();
            row.set(tags::ADDRTYPE, "SMTP");
            row.set(tags::EMAIL_ADDRESS, address);
            row
        })
        .to_vec()
}

fn tracks(rows: &[Bag]) -> Vec<(Track, Option<FileTime>)> {
    rows.iter().map(track_of).collect()
}

#[test]
fn a_row_only_ever_learns_more() {
    use Track::{Delivered, NotDelivered, NotRead, Read, Replied};
    let mut row = Bag::new();
    for (track, time, changes) in [
        (NotDelivered, 10, true),
        (Delivered, 5, false),
        (Delivered, 20, true),
        (Delivered, 20, false),
        (Read, 15, true),
        (Delivered, 30, false),
        (NotRead, 40, false),
        (Read, 12, false),
        (Replied, 16, true),
    ] {
        assert_eq!(
            set(&mut row, track, FileTime(time)),
            changes,
            "{track:?} {time}"
        );
    }
    assert_eq!(track_of(&row), (Replied, Some(FileTime(16))));
    for code in 0..9 {
        let track = Track::of(code);
        assert_eq!(track.code(), if code < 8 { code } else { 0 });
    }
}

#[test]
fn a_delivery_report_tells_of_its_own_rows() {
    let mut delivered = report("REPORT.IPM.Note.DR");
    // Whom the report goes to is nobody of whom it tells.
    delivered.recipients.push(row("eve@e.example"));
    let mut bob = row("mailbox7@b.example");
    bob.set(tags::REPORT_TIME, FileTime(50));
    bob.set(tags::DELIVER_TIME, FileTime(40));
    bob.set(
        tags::ORIGINAL_SEARCH_KEY,
        recipient_search_key("SMTP", "bob@b.example"),
    );
    delivered.recipients.push(bob);
    let told = told(&delivered).unwrap();
    assert_eq!(told.message_id.as_deref(), Some("<1@x>"));
    let mut rows = recipients();
    assert!(apply(&mut rows, &told.of));
    let expected = [(Track::Delivered, Some(FileTime(40))), (Track::None, None)];
    assert_eq!(tracks(&rows), expected);
    assert!(!apply(&mut rows, &told.of), "the same report again");
}

#[test]
fn reports_of_each_kind_tell_what_they_should() {
    for (class, track) in [
        ("REPORT.IPM.Note.NDR", Some(Track::NotDelivered)),
        ("report.ipm.note.order.ndr", Some(Track::NotDelivered)),
        ("REPORT.IPM.Note.Expanded.DR", Some(Track::Delivered)),
        ("REPORT.IPM.Note.Delayed.DR", None),
        ("REPORT.IPM.Note.Relayed.DR", None),
        ("REPORT.IPM.Note.IPNRN", Some(Track::Read)),
        ("REPORT.IPM.Note.IPNNRN", Some(Track::NotRead)),
        ("REPORT.IPM.Note.Feedback", None),
        ("IPM.Note.NDR", None),
        ("REPORT", None),
    ] {
        let mut report = report(class);
        let mut bob = row("bob@b.example");
        bob.set(tags::REPORT_TIME, FileTime(50));
        report.recipients.push(bob);
        let found = told(&report).map(|told| told.of[0].track);
        assert_eq!(found, track, "{class}");
        let mut unknown = report.clone();
        unknown.props.set(tags::INTERNET_REFERENCES, "");
        assert_eq!(told(&unknown), None, "about no message");
    }
}

#[test]
fn a_read_report_is_of_whom_it_says() {
    let mut read = report("REPORT.IPM.Note.IPNRN");
    read.props.set(tags::RECEIPT_TIME, FileTime(45));
    let mut rows = recipients();
    assert!(apply(&mut rows, &told(&read).unwrap().of));
    assert_eq!(tracks(&rows)[0], (Track::Read, Some(FileTime(45))));
    // Sent on to another address, which says for whom it read.
    read.props.set(tags::ORIGINAL_DISPLAY_TO, "Eve@e.example");
    assert!(apply(&mut rows, &told(&read).unwrap().of));
    assert_eq!(tracks(&rows)[1].0, Track::Read);
    // A stranger says nothing of anybody.
    read.props.set(tags::ORIGINAL_DISPLAY_TO, "Bob; Eve");
    read.props
        .set(tags::SENDER_EMAIL_ADDRESS, "mallory@m.example");
    let mut rows = recipients();
    assert!(!apply(&mut rows, &told(&read).unwrap().of));
}
