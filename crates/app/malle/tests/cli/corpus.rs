//! Every mail of the shared corpus: imported or refused for a reason, and given back byte for byte.

use std::fs;

use super::place::Place;
use serde_json::Value;

/// Files that hold no message.
const EMPTY_HANDED: [&str; 2] = [
    "neomutt-test-files__fig.mbox.eml",
    "unstructured__empty.eml",
];

#[test]
fn every_mail_comes_back_after_all_that_is_done_to_it() {
    let Some(folder) = testkit::corpus("eml") else {
        return;
    };
    let place = Place::new();
    let from = folder.display().to_string();
    let run = place.run(&["import", "--items", "--json", &from]);
    let report: Value = serde_json::from_str(&run.out()).unwrap();
    let mut refused: Vec<_> = report["failures"].as_array().unwrap().iter().collect();
    refused.retain(|f| {
        !EMPTY_HANDED
            .iter()
            .any(|n| f["path"].as_str().unwrap().ends_with(n))
    });
    assert!(refused.is_empty(), "{refused:?}");
    let items = report["items"].as_array().unwrap();
    let imported: Vec<_> = items.iter().filter(|i| i["status"] == "imported").collect();
    assert!(imported.len() > 600);
    let ids: Vec<_> = imported.iter().map(|i| i["id"].as_str().unwrap()).collect();
    for id in ids.iter().take(20) {
        place.json(&["read", id]);
    }
    let all = |args: &[&str]| place.json(&[args, &ids].concat());
    all(&["mark", "--read", "--flag", "--category", "Red"]);
    place.json(&["folder", "create", "Kept"]);
    all(&["move", "--to", "Kept"]);
    let to = place.path("out").display().to_string();
    let done = all(&["export", "--to", &to]);
    let exported = done["exported"].as_array().unwrap();
    assert_eq!(exported.len(), imported.len());
    for (item, export) in imported.iter().zip(exported) {
        assert_eq!(item["id"], export["id"]);
        let source = fs::read(item["path"].as_str().unwrap()).unwrap();
        let given = fs::read(export["path"].as_str().unwrap()).unwrap();
        assert_eq!(source, given, "{}", item["path"]);
        assert_eq!(export["original"], true);
    }
    assert_eq!(place.json(&["store", "check"])["clean"], true);
}

#[test]
fn every_mbox_is_read() {
    let Some(folder) = testkit::corpus("mbox") else {
        return;
    };
    let place = Place::new();
    let report = place.json(&["import", "--items", &folder.display().to_string()]);
    assert!(report["imported"].as_u64().unwrap() > 100);
    let first = &report["items"][0];
    assert_eq!(first["offset"], 0);
    let again = place.json(&["import", &folder.display().to_string()]);
    assert_eq!(again["imported"], 0);
    let items = report["items"].as_array().unwrap();
    let imported = items.iter().filter(|i| i["status"] == "imported");
    let mails: Vec<_> = imported.collect();
    let ids: Vec<_> = mails.iter().map(|i| i["id"].as_str().unwrap()).collect();
    place.json(&[&["mark", "--read", "--flag", "--category", "Red"], &ids[..]].concat());
    place.json(&["folder", "create", "Kept"]);
    place.json(&[&["move", "--to", "Kept"], &ids[..]].concat());
    let to = place.path("out").display().to_string();
    let done = place.json(&[&["export", "--to", &to], &ids[..]].concat());
    let mut compared = 0;
    for (mail, export) in mails.iter().zip(done["exported"].as_array().unwrap()) {
        let file = fs::read(mail["path"].as_str().unwrap()).unwrap();
        let Some(expected) = only_message(&file) else {
            continue;
        };
        let given = fs::read(export["path"].as_str().unwrap()).unwrap();
        let without_blank_line = expected
            .strip_suffix(b"\n")
            .map(|e| e.strip_suffix(b"\r").unwrap_or(e));
        assert!(
            given == expected || Some(given.as_slice()) == without_blank_line,
            "{}",
            mail["path"]
        );
        compared += 1;
    }
    assert!(
        compared > 40,
        "only {compared} mailboxes hold one plain message"
    );
}

/// What follows the separator of a mailbox that holds one message and no quoted separator.
fn only_message(file: &[u8]) -> Option<&[u8]> {
    let quoted = |line: &[u8]| {
        let start = line.iter().position(|b| *b != b'>').unwrap_or(0);
        line[start..].starts_with(b"From ")
    };
    let mut lines = file.split_inclusive(|b| *b == b'\n');
    let first = lines.next()?;
    (first.starts_with(b"From ") && !lines.any(quoted)).then(|| &file[first.len()..])
}
