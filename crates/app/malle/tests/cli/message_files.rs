//! `.msg` files: imported, exported, read and changed where they lie.

use std::fs;

use mapi_props::{AttachmentTree, MessageTree, TreeContent, TreeProps, tags};
use serde_json::Value;

use super::place::Place;

/// A message with a recipient and a file.
fn message(subject: &str) -> Vec<u8> {
    let mut tree = MessageTree::default();
    tree.props.set(tags::MESSAGE_CLASS, "IPM.Note");
    tree.props.set(tags::SUBJECT, subject);
    tree.props.set(tags::BODY, "See you at noon.\r\n");
    tree.props.set(tags::MESSAGE_FLAGS, 1);
    tree.props.set(tags::SENDER_NAME, "Ann");
    tree.props.set(tags::SENDER_ADDRTYPE, "SMTP");
    tree.props.set(tags::SENDER_EMAIL_ADDRESS, "ann@a.example");
    let mut bob = TreeProps::new();
    bob.set(tags::RECIPIENT_TYPE, 1);
    bob.set(tags::DISPLAY_NAME, "Bob");
    bob.set(tags::ADDRTYPE, "SMTP");
    bob.set(tags::EMAIL_ADDRESS, "bob@b.example");
    tree.recipients.push(bob);
    let mut attachment = AttachmentTree {
        content: TreeContent::Data(b"1. agree".to_vec().into()),
        ..AttachmentTree::default()
    };
    attachment
        .props
        .set(tags::ATTACH_LONG_FILENAME, "notes.txt");
    tree.attachments.push(attachment);
    let mut file = Vec::new();
    mapi_msg::write(&tree, &mut file).unwrap();
    file
}

#[test]
fn a_directory_of_both_kinds_goes_in_and_a_file_comes_out() {
    let place = Place::new();
    // Known by what they are, not by their names.
    place.file(
        "in/1.eml",
        b"From: ann@a.example\r\nSubject: mail\r\n\r\nHello\r\n",
    );
    place.file("in/2.msg", &message("lunch"));
    place.file("in/3.bin", &message("dinner"));
    place.file("in/4.msg", b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1 and no more");
    let from = place.path("in").display().to_string();
    let run = place.run(&["import", "--folder", "Mail", "--json", "--items", &from]);
    let report: Value = serde_json::from_str(&run.out()).unwrap();
    assert_eq!(
        (&report["imported"], &report["failed"]),
        (&3.into(), &1.into())
    );
    let failure = &report["failures"][0];
    assert!(failure["path"].as_str().unwrap().ends_with("4.msg"));
    assert_eq!(failure["error"], "this is no compound file");
    let again = place.run(&["import", "--folder", "Mail", "--json", &from]);
    let again: Value = serde_json::from_str(&again.out()).unwrap();
    assert_eq!(again["skipped"], 3);
    let id = report["items"][1]["id"].as_str().unwrap();
    let read = place.json(&["read", id]);
    assert_eq!(read["subject"], "lunch");
    assert_eq!(read["read"], true);
    assert_eq!(read["to"][0]["address"], "bob@b.example");
    assert_eq!(read["attachments"][0]["filename"], "notes.txt");
    let out = place.path("out").display().to_string();
    let done = place.json(&["export", id, "--format", "msg", "--to", &out]);
    let path = done["exported"][0]["path"].as_str().unwrap();
    assert!(path.ends_with("-lunch.msg"), "{path}");
    let bytes = fs::read(path).unwrap();
    let size = u64::try_from(bytes.len()).unwrap();
    let tree = mapi_msg::read(
        std::sync::Arc::new(bytes),
        size,
        &mapi_msg::Limits::default(),
    );
    let tree = tree.unwrap();
    assert_eq!(tree.defects, []);
    assert_eq!(tree.props.text(tags::SUBJECT), Some("lunch"));
    assert_eq!(
        tree.recipients[0].text(tags::EMAIL_ADDRESS),
        Some("bob@b.example")
    );
    // And as Internet mail, which says what it cannot carry.
    let mail = place.run(&["export", id]).out();
    assert!(
        mail.contains("Subject: lunch") && mail.contains("notes.txt"),
        "{mail}"
    );
}

#[test]
fn a_file_is_read_and_changed_without_a_store() {
    let place = Place::empty();
    let file = place.file("letter.msg", &message("lunch"));
    let read = place.json(&["read", &file]);
    assert_eq!(read["subject"], "lunch");
    assert_eq!(
        place.run(&["read", &file, "--attachment", "0"]).out(),
        "1. agree"
    );
    let props = place.json(&["props", &format!("{file}/att/0")]);
    let names = props["properties"].as_array().unwrap();
    let name = names
        .iter()
        .find(|p| p["name"] == "PidTagAttachLongFilename")
        .unwrap();
    assert_eq!(name["value"], "notes.txt");
    place.json(&["props", &file, "--set", "PR_SUBJECT=dinner"]);
    assert_eq!(place.json(&["read", &file])["subject"], "dinner");
    assert_eq!(
        place.json(&["read", &file])["attachments"][0]["filename"],
        "notes.txt"
    );
    // A tried change changes nothing.
    let before = fs::read(&file).unwrap();
    place.json(&["--dry-run", "props", &file, "--set", "PR_SUBJECT=tea"]);
    assert_eq!(fs::read(&file).unwrap(), before);
}

#[test]
fn a_body_that_is_only_rtf_is_kept_and_mail_says_that_it_lacks_it() {
    let mut tree = MessageTree::default();
    tree.props.set(tags::SUBJECT, "rich");
    tree.props
        .set(tags::RTF_COMPRESSED, b"{\\rtf1 not really}".as_slice());
    let mut file = Vec::new();
    mapi_msg::write(&tree, &mut file).unwrap();
    let place = Place::new();
    let from = place.file("rich.msg", &file);
    let report = place.json(&["import", "--items", &from]);
    let id = report["items"][0]["id"].as_str().unwrap();
    let to = place.path("out").display().to_string();
    let mail = place.json(&["export", id, "--to", &to]);
    let losses = mail["exported"][0]["losses"].as_array().unwrap();
    assert!(losses.iter().any(|l| l["code"] == "rtf-body"), "{losses:?}");
    let kept = place.json(&["export", id, "--format", "msg", "--to", &to]);
    let file = kept["exported"][0]["path"].as_str().unwrap();
    let props = place.json(&["props", file]);
    let named = props["properties"].as_array().unwrap();
    let rtf = named.iter().find(|p| p["tag"] == "0x10090102").unwrap();
    assert_eq!(rtf["type"], "PT_BINARY");
}

/// A message with this RTF and no other body.
fn rich(rtf: &[u8]) -> Vec<u8> {
    let mut tree = MessageTree::default();
    tree.props.set(tags::SUBJECT, "rich");
    let packed = mapi_rtf::compressed::compress(rtf);
    tree.props.set(tags::RTF_COMPRESSED, packed);
    let mut file = Vec::new();
    mapi_msg::write(&tree, &mut file).unwrap();
    file
}

#[test]
fn a_body_that_is_only_rtf_is_read_found_and_exported() {
    let rtf = br"{\rtf1\ansi\ansicpg1252 Dear {\b Ann},\par caf\'e9 noir}";
    let place = Place::new();
    let from = place.file("rich.msg", &rich(rtf));
    let report = place.json(&["import", "--items", &from]);
    let id = report["items"][0]["id"].as_str().unwrap();
    // The same in the store and in the file.
    for of in [id, &from] {
        let read = place.json(&["read", of]);
        assert_eq!(read["body"]["stored"], "rtf");
        assert_eq!(read["body"]["text"], "Dear Ann,\r\ncafé noir");
        let html = read["body"]["html"].as_str().unwrap();
        assert!(html.contains("<b>Ann</b>"), "{html}");
        assert!(place.ok(&["read", of]).contains("Dear Ann,\ncafé noir"));
        assert_eq!(place.bytes(&["read", of, "--rtf"]), rtf);
        let raw = place.json(&["read", of, "--rtf"]);
        assert_eq!(
            (&raw["carries"], raw["rtf"].as_str()),
            (&"rtf".into(), std::str::from_utf8(rtf).ok())
        );
    }
    let found = place.json(&["search", "body:\"cafe noir\""]);
    assert_eq!(found[0]["id"], id, "{found}");
    let to = place.path("out").display().to_string();
    let mail = place.json(&["export", id, "--to", &to]);
    let losses = mail["exported"][0]["losses"].as_array().unwrap();
    assert!(losses.iter().all(|l| l["code"] != "rtf-body"), "{losses:?}");
}

#[test]
fn rtf_that_is_not_there_or_damaged_is_told() {
    let place = Place::empty();
    let plain = place.file("plain.msg", &message("lunch"));
    let run = place.run(&["read", &plain, "--rtf"]);
    assert_eq!(run.code(), Some(3));
    assert!(run.err().contains("has no RTF body"), "{}", run.err());
    let mut tree = MessageTree::default();
    tree.props.set(tags::RTF_COMPRESSED, b"LZFu".as_slice());
    let mut file = Vec::new();
    mapi_msg::write(&tree, &mut file).unwrap();
    let damaged = place.file("damaged.msg", &file);
    let run = place.run(&["read", &damaged, "--rtf"]);
    assert_eq!(run.code(), Some(1));
    assert!(run.err().contains("is damaged"), "{}", run.err());
    assert_eq!(
        place.json(&["read", &damaged])["body"]["stored"],
        Value::Null
    );
}

#[test]
fn what_is_no_message_is_told_with_its_place() {
    let place = Place::empty();
    let broken = place.file("broken.msg", b"no compound file");
    let run = place.run(&["read", &broken, "--json"]);
    assert_eq!(run.code(), Some(1));
    assert!(
        run.err().contains("broken.msg") && run.err().contains("no compound file"),
        "{}",
        run.err()
    );
    let mut cut = message("lunch");
    cut.truncate(cut.len() - 1024);
    let cut = place.file("cut.msg", &cut);
    let run = place.run(&["read", &cut]);
    assert!(
        run.err().contains("the rest was read") || run.code() != Some(0),
        "{}",
        run.err()
    );
}
