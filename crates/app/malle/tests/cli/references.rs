//! Attachments by reference: a file is sent as it is when its message is, or nothing is; names that stay names are told.

use std::fs;

use testkit::TempHome;

use super::sending::{inbox, two, write};

const BOB: &str = "bob@example.org";

#[test]
fn a_file_is_sent_as_it_is_when_its_message_is() {
    let (place, files) = (two(), TempHome::new().unwrap());
    let plan = files.path().join("plan.txt");
    let path = plan.to_str().unwrap();
    fs::write(&plan, "first").unwrap();
    let refers = ["--attach-reference", path];
    let draft = place.json(&write("ann", BOB, &refers));
    assert_eq!(draft["attachments"], 1);
    let id = draft["id"].as_str().unwrap();
    let attached = &place.json(&["-p", "ann", "read", id])["attachments"][0];
    assert_eq!(
        (
            &attached["method"],
            &attached["path"],
            &attached["resolves"]
        ),
        (&"by_ref_resolve".into(), &path.into(), &true.into())
    );
    let said = place.ok(&["-p", "ann", "read", id]);
    let line = format!("plan.txt (the file {path}, put in when the message is sent)");
    assert!(said.contains(&line), "{said}");
    // It is looked at when it is sent, by a dry run too, which changes nothing.
    fs::write(&plan, "second").unwrap();
    let shown = place.ok(&["-p", "ann", "send", id, "--dry-run"]);
    assert!(shown.contains("c2Vjb25k"), "{shown}");
    assert!(!shown.contains(path), "{shown}");
    fs::remove_file(&plan).unwrap();
    let error = place.fails(3, &["-p", "ann", "send", id, "--json"]);
    assert!(error.to_string().contains("plan.txt"), "{error}");
    fs::write(&plan, "third").unwrap();
    place.ok(&["-p", "ann", "send", id]);
    let got = inbox(&place, "bob");
    let got = got[0]["id"].as_str().unwrap();
    let bytes = place.bytes(&["-p", "bob", "read", got, "--attachment", "0"]);
    assert_eq!(bytes, b"third");
    let read = place.json(&["-p", "bob", "read", got]);
    assert_eq!(read["attachments"][0]["filename"], "plan.txt");
    assert_eq!(read["attachments"][0]["path"], serde_json::Value::Null);
    // What is wrong is said at once.
    let missing = files.path().join("none").to_str().unwrap().to_owned();
    let wrong = ["--attach-reference", &missing, "--json"];
    place.fails(1, &write("ann", BOB, &wrong));
}

#[test]
fn a_file_that_is_only_named_is_told_of() {
    let (place, files) = (two(), TempHome::new().unwrap());
    let secret = files.path().join("secret");
    fs::write(&secret, "what nobody may read").unwrap();
    let path = secret.to_str().unwrap();
    let mail = files.path().join("mail.eml");
    let text = format!(
        "From: Mallory <m@example.net>\r\nTo: ann@example.org\r\nSubject: Look\r\nMIME-Version: 1.0\r\n\
         Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nHello\r\n--b\r\n\
         Content-Type: message/external-body; access-type=local-file; name=\"{path}\"\r\n\r\n\
         Content-Type: text/plain\r\n\r\n--b--\r\n"
    );
    fs::write(&mail, text).unwrap();
    place.ok(&[
        "-p",
        "ann",
        "import",
        "--folder",
        "Inbox",
        mail.to_str().unwrap(),
    ]);
    let rows = place.json(&["-p", "ann", "list", "Inbox"]);
    let original = rows[0]["id"].as_str().unwrap();
    let forward = ["-p", "ann", "forward", original, "--to", BOB, "--body", "x"];
    let draft = place.json(&forward);
    let id = draft["id"].as_str().unwrap();
    place.ok(&["-p", "ann", "send", id, "--queue"]);
    let shown = place.json(&["-p", "ann", "outbox", "show", id]);
    assert_eq!(shown["references"], serde_json::json!([path]));
    let said = place.ok(&["-p", "ann", "outbox", "show", id]);
    assert!(said.contains("only names the file"), "{said}");
    place.ok(&["-p", "ann", "flush"]);
    let got = inbox(&place, "bob");
    let got = got[0]["id"].as_str().unwrap();
    let read = place.json(&["-p", "bob", "read", got]);
    let attached = &read["attachments"][0];
    assert_eq!(attached["method"], "by_ref_only");
    assert_eq!(attached["path"], path);
    assert_eq!(attached["resolves"], serde_json::Value::Null);
    let said = place.ok(&["-p", "bob", "read", got]);
    assert!(said.contains(&format!("(only names {path})")), "{said}");
    assert_eq!(read["attachments"][0]["size"], 0);
    let raw = place.ok(&["-p", "bob", "read", got, "--raw"]);
    assert!(!raw.contains("nobody may read"), "{raw}");
}
