//! Exports of whole folders: byte for byte, with flags, and again without harm.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use crate::place::Place;

fn filled() -> Place {
    let place = Place::new();
    for n in 0..40 {
        let flags = ["", "S", "FS", "RS"][n % 4];
        let mail = format!(
            "From: ann@a.example\r\nSubject: {n}\r\nStatus: O\r\n\r\nFrom here on text {n}\r\n"
        );
        place.file(
            &format!("md/cur/17000000{n:02}.x:2,{flags}"),
            mail.as_bytes(),
        );
        fs::create_dir_all(place.path("md/new")).unwrap();
    }
    let from = place.path("md").display().to_string();
    assert_eq!(
        place.json(&["import", "--folder", "Mail", &from])["imported"],
        40
    );
    place
}

/// Letters and bytes of the messages of a Maildir.
fn mail_in(root: &Path) -> BTreeSet<(String, Vec<u8>)> {
    let files = fs::read_dir(root.join("cur")).unwrap();
    let mail = files.map(|file| {
        let file = file.unwrap();
        let name = file.file_name().into_string().unwrap();
        let letters = name.rsplit_once(',').unwrap().1.to_owned();
        (letters, fs::read(file.path()).unwrap())
    });
    mail.collect()
}

#[test]
fn a_maildir_comes_back_whole_and_an_export_can_be_run_again() {
    let place = filled();
    let to = place.path("out").display().to_string();
    let export = [
        "export", "--folder", "Mail", "--format", "maildir", "--to", &to,
    ];
    assert_eq!(
        place.json(&export)["exported"].as_array().unwrap().len(),
        40
    );
    assert_eq!(mail_in(&place.path("out")), mail_in(&place.path("md")));
    // As if the first run had been cut short: some are missing, one was marked in the meantime.
    let gone: Vec<_> = fs::read_dir(place.path("out/cur"))
        .unwrap()
        .take(7)
        .collect();
    for file in gone {
        fs::remove_file(file.unwrap().path()).unwrap();
    }
    place.json(&export);
    assert_eq!(mail_in(&place.path("out")), mail_in(&place.path("md")));
    let first = place.json(&["list", "Mail", "--where", "PR_SUBJECT = \"0\""]);
    place.json(&["mark", first[0]["id"].as_str().unwrap(), "--read"]);
    place.json(&export);
    let after = mail_in(&place.path("out"));
    assert_eq!(after.len(), 40);
    let unread =
        |mail: &BTreeSet<(String, Vec<u8>)>| mail.iter().filter(|(l, _)| l.is_empty()).count();
    assert_eq!(unread(&after) + 1, unread(&mail_in(&place.path("md"))));
}

#[test]
fn an_mbox_is_byte_for_byte_unless_it_shall_say_the_status() {
    let place = filled();
    let (plain, marked) = (place.path("plain.mbox"), place.path("marked.mbox"));
    let (plain, marked) = (plain.display().to_string(), marked.display().to_string());
    place.json(&[
        "export", "--folder", "Mail", "--format", "mbox", "--to", &plain,
    ]);
    place.json(&["import", "--folder", "Again", &plain]);
    let out = place.path("out").display().to_string();
    place.json(&[
        "export", "--folder", "Again", "--format", "maildir", "--to", &out,
    ]);
    let bytes = |root: &str| -> BTreeSet<Vec<u8>> {
        mail_in(&place.path(root))
            .into_iter()
            .map(|(_, bytes)| bytes)
            .collect()
    };
    assert_eq!(bytes("out"), bytes("md"));
    place.json(&[
        "export", "--folder", "Mail", "--format", "mbox", "--status", "--to", &marked,
    ]);
    let text = fs::read_to_string(&marked).unwrap();
    assert_eq!(text.matches("\r\nStatus: RO\r\n").count(), 30);
    assert_eq!(text.matches("\r\nStatus: O\r\n").count(), 10);
    assert_eq!(text.matches("\r\nX-Status: F\r\n").count(), 10);
    place.json(&["import", "--folder", "Marked", &marked]);
    let flagged = "PR_FLAG_STATUS = 2";
    let rows = place.json(&["list", "Marked", "--where", flagged, "--limit", "100"]);
    assert_eq!(rows.as_array().unwrap().len(), 10);
}
