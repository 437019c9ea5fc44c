//! `malle reports`: what reading tells the sender, and where nondelivery reports are collected.

use super::place::Place;
use serde_json::json;

/// A home with the profiles of Ann and Bob, who reach each other.
fn two() -> Place {
    let place = Place::empty();
    for name in ["ann", "bob"] {
        place.ok(&["profile", "create", name]);
        let address = format!("address={name}@example.org");
        let add = ["service", "add", "MALLE_DELIVERY", "--set", &address];
        place.ok(&[&["-p", name][..], &add[..]].concat());
    }
    place
}

/// Bob gets a mail from Ann that asks for a receipt, in the envelope of `path`, and reads it.
fn read_one(place: &Place, path: &str) {
    let mail = "From: Ann <ann@example.org>\r\nTo: bob@example.org\r\nSubject: Plans\r\n\
                Message-ID: <plans@example.org>\r\n\
                Disposition-Notification-To: ann@example.org\r\n\r\nAt ten.\r\n";
    let malle = place.malle().clone().input(mail.as_bytes());
    let run = malle.run(["deliver", "-f", path, "bob@example.org"]);
    assert_eq!(run.code(), Some(0), "{}", run.err());
    place.json(&["-p", "bob", "flush", "--down"]);
    let rows = place.json(&["-p", "bob", "search", "is:unread"]);
    let id = rows[0]["id"].as_str().expect("it has come").to_owned();
    place.json(&["-p", "bob", "mark", &id, "--read"]);
}

/// How many read reports Ann has.
fn told(place: &Place) -> usize {
    place.json(&["-p", "bob", "flush"]);
    place.json(&["-p", "ann", "flush", "--down"]);
    let rows = place.json(&["-p", "ann", "list", "Inbox"]);
    let rows = rows.as_array().expect("a list");
    assert!(rows.iter().all(|row| row["subject"] == "Read: Plans"));
    rows.len()
}

#[test]
fn reading_tells_the_sender_as_the_reader_wants() {
    let place = two();
    assert_eq!(
        place.json(&["-p", "bob", "reports"]),
        json!({"receipts": "ask", "give_up_hours": 120, "language": "en", "central": []})
    );
    read_one(&place, "ann@example.org");
    assert_eq!(told(&place), 0, "nobody could be asked");
    place.ok(&["-p", "bob", "reports", "--receipts", "always"]);
    read_one(&place, "ann@example.org");
    assert_eq!(told(&place), 1);
    // It came from somewhere else, and nobody can be asked.
    read_one(&place, "list@example.net");
    assert_eq!(told(&place), 1);
    place.ok(&["-p", "bob", "reports", "--receipts", "never"]);
    read_one(&place, "ann@example.org");
    assert_eq!(told(&place), 1);
}

#[test]
fn reports_are_collected_by_class() {
    let place = two();
    let collect = "IPM.Note.Orders=returns@example.com";
    let tried = place.json(&["-p", "ann", "reports", "--collect", collect, "--dry-run"]);
    assert_eq!(tried["dry_run"], true);
    let shown = place.json(&["-p", "ann", "reports"]);
    assert_eq!(shown["central"], json!([]));
    let words = ["--keyword", "Undeliverable", "--keyword", "Non remis"];
    let set = ["-p", "ann", "reports", "--collect", collect];
    let set = place.json(&[&set[..], &words[..]].concat());
    let rule = json!({
        "class": "IPM.Note.Orders",
        "address": "returns@example.com",
        "keywords": ["Undeliverable", "Non remis"],
    });
    assert_eq!(set["central"], json!([rule]));
    assert_eq!(
        place.json(&["-p", "ann", "reports"])["central"],
        json!([rule])
    );
    let text = place.ok(&["-p", "ann", "reports"]);
    assert!(
        text.contains("IPM.Note.Orders go on to returns@example.com"),
        "{text}"
    );
    let gone = place.json(&["-p", "ann", "reports", "--no-collect", "ipm.note.orders"]);
    assert_eq!(gone["central"], json!([]));
    for wrong in ["IPM.Note", "=a@example.com", "IPM.Note=somebody"] {
        place.fails_text(2, &["-p", "ann", "reports", "--collect", wrong]);
    }
}

#[test]
fn when_a_message_is_given_up_and_the_language_of_reports_are_chosen() {
    let place = two();
    let set = [
        "-p",
        "ann",
        "reports",
        "--give-up",
        "36h",
        "--language",
        "fr",
    ];
    let tried = place.json(&[&set[..], &["--dry-run"]].concat());
    assert_eq!(
        (&tried["give_up_hours"], &tried["language"]),
        (&json!(36), &json!("fr"))
    );
    let reports = || place.json(&["-p", "ann", "reports"]);
    assert_eq!(reports()["give_up_hours"], 120, "that was a dry run");
    place.ok(&set);
    let shown = reports();
    assert_eq!(
        (&shown["give_up_hours"], &shown["language"]),
        (&json!(36), &json!("fr"))
    );
    // What is not named stays.
    place.ok(&["-p", "ann", "reports", "--receipts", "never"]);
    let text = place.ok(&["-p", "ann", "reports"]);
    assert!(
        text.contains("after 36 h") && text.contains("in French"),
        "{text}"
    );
    place.ok(&["-p", "ann", "reports", "--give-up", "2w"]);
    let text = place.ok(&["-p", "ann", "reports"]);
    assert!(text.contains("after 14 days"), "{text}");
    place.ok(&[
        "-p",
        "ann",
        "reports",
        "--give-up",
        "never",
        "--language",
        "en",
    ]);
    assert_eq!(reports()["give_up_hours"], json!(null));
    for wrong in ["30m", "90m", "0h", "5", "soon", "-1d", "9999999999h"] {
        place.fails_text(2, &["-p", "ann", "reports", "--give-up", wrong]);
    }
    place.fails_text(2, &["-p", "ann", "reports", "--language", "de"]);
    assert_eq!(reports()["give_up_hours"], json!(null), "it is as it was");
}

#[test]
fn reports_are_spoken_of_in_french() {
    let place = two();
    let french = place.malle().clone().env("MALLE_LANG", "fr");
    let run = french.run(["-p", "ann", "reports"]);
    for said in [
        "accusés de lecture quand vous lisez : la question vous est posée",
        "abandonnés au bout de 5 jours",
        "en anglais",
    ] {
        assert!(run.out().contains(said), "{}", run.out());
    }
}

#[test]
fn a_report_is_written_in_the_language_of_the_profile() {
    let place = two();
    place.ok(&["-p", "ann", "reports", "--language", "fr"]);
    let send = [
        "-p",
        "ann",
        "new",
        "--to",
        "nobody@example.org",
        "-s",
        "Plans",
        "--body",
        "x",
        "--send",
    ];
    place.run(&send);
    let rows = place.json(&["-p", "ann", "list", "Inbox"]);
    let subject = rows[0]["subject"].as_str().unwrap();
    assert!(subject.starts_with("Non remis"), "{subject}");
}
