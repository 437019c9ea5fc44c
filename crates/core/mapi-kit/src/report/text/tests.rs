//! What a person reads.

use mapi_props::{FileTime, TreeProps, tags};

use super::reason::{NO_DIAGNOSTIC, Reason, enhanced};
use super::{Language, Says, body};

fn report() -> TreeProps {
    let mut report = TreeProps::default();
    report.set(tags::ORIGINAL_SUBJECT, "Plans\r\n for \u{1b}[2J May");
    report.set(tags::ORIGINAL_DISPLAY_TO, "Bob; Eve");
    report.set(
        tags::ORIGINAL_SUBMIT_TIME,
        FileTime::from_unix(1_700_000_000),
    );
    report.set(tags::REPORT_TIME, FileTime::from_unix(1_700_000_060));
    report
}

fn row(name: &str, address: &str) -> TreeProps {
    let mut row = TreeProps::default();
    row.set(tags::DISPLAY_NAME, name);
    row.set(tags::EMAIL_ADDRESS, address);
    row.set(tags::REPORT_TIME, FileTime::from_unix(1_700_000_060));
    row
}

#[test]
fn a_nondelivery_report_says_who_did_not_get_it_and_why() {
    let mut bob = row("Bob", "bob@b.example");
    bob.set(tags::NDR_STATUS_CODE, 511);
    bob.set(tags::SUPPLEMENTARY_INFO, "550 5.1.1\r\nno such user");
    let mut eve = row("eve@e.example", "eve@e.example");
    eve.set(tags::NDR_DIAG_CODE, 5);
    let text = body(
        &report(),
        &[bob.clone(), eve],
        Says::Failed,
        Language::English,
    );
    assert_eq!(
        text,
        "Your message did not reach some or all of its recipients.\r\n\
         \r\n\
         Subject: Plans for [2J May\r\n\
         To: Bob; Eve\r\n\
         Sent: 2023-11-14 22:13 UTC\r\n\
         \r\n\
         It did not reach:\r\n\
         \r\n  Bob <bob@b.example>\r\n    This address does not exist. Check how it is written. (5.1.1)\r\n    \
         What was said: 550 5.1.1 no such user\r\n    2023-11-14 22:14 UTC\r\n\
         \r\n  eve@e.example\r\n    It was tried again and again, and is now given up.\r\n    \
         2023-11-14 22:14 UTC\r\n\
         \r\n\
         The message is attached. It can be sent again to these recipients alone.\r\n"
    );
    let french = body(&report(), &[bob], Says::Failed, Language::French);
    for said in [
        "Il n’est pas parvenu à :",
        "Cette adresse n’existe pas.",
        "Objet : Plans",
    ] {
        assert!(french.contains(said), "{french}");
    }
}

#[test]
fn the_other_reports_say_when() {
    let mut bob = row("Bob", "bob@b.example");
    bob.set(tags::DELIVER_TIME, FileTime::from_unix(1_700_000_030));
    let text = body(&report(), &[bob], Says::Delivered, Language::English);
    assert!(
        text.starts_with("Your message was delivered.\r\n"),
        "{text}"
    );
    assert!(
        text.contains("  Bob <bob@b.example>, 2023-11-14 22:13 UTC\r\n"),
        "{text}"
    );
    let mut read = report();
    read.set(tags::RECEIPT_TIME, FileTime::from_unix(1_700_000_090));
    let text = body(&read, &[], Says::Read, Language::French);
    assert!(text.contains("Quand : 2023-11-14 22:14 UTC\r\n"), "{text}");
    let text = body(
        &TreeProps::default(),
        &[TreeProps::default()],
        Says::Failed,
        Language::English,
    );
    assert!(text.contains("Subject: (none)") && text.contains("  (a recipient without a name)"));
}

#[test]
fn codes_have_plain_words() {
    for (status, diagnostic, reason) in [
        (511, NO_DIAGNOSTIC, Reason::UnknownAddress),
        (552, 7, Reason::TooLarge),
        (522, NO_DIAGNOSTIC, Reason::Full),
        (447, NO_DIAGNOSTIC, Reason::Expired),
        (571, NO_DIAGNOSTIC, Reason::NotAllowed),
        (451, NO_DIAGNOSTIC, Reason::Temporary),
        (0, 35, Reason::UnknownAddress),
        (0, NO_DIAGNOSTIC, Reason::Other),
        (i32::MIN, i32::MAX, Reason::Other),
    ] {
        assert_eq!(
            Reason::of(status, diagnostic),
            reason,
            "{status} {diagnostic}"
        );
    }
    assert_eq!(enhanced(511).as_deref(), Some("5.1.1"));
    assert_eq!(
        (enhanced(0), enhanced(7000), enhanced(-511)),
        (None, None, None)
    );
}
