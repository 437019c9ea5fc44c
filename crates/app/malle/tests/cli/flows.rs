//! The built command over temporary homes: flows, JSON shapes, exit codes.

use std::fs;

use super::place::Place;
use serde_json::{Value, json};

const PLAIN: &str = "From: Ann <ann@example.org>\r\nTo: Bob <bob@example.org>\r\n\
    Cc: Cid <cid@example.org>\r\nDate: Thu, 1 Jan 2026 10:00:00 +0000\r\n\
    Message-ID: <1@example.org>\r\nSubject: =?utf-8?q?caf=C3=A9?=\r\n\r\nHello.\r\n";

fn with_attachment() -> String {
    format!(
        "From: Ann <ann@example.org>\r\nTo: bob@example.org\r\nSubject: Report\r\n\
         Date: Fri, 2 Jan 2026 10:00:00 +0000\r\nMIME-Version: 1.0\r\n\
         Content-Type: multipart/mixed; boundary=x\r\n\r\n\
         --x\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<p>See <b>it</b></p>\r\n\
         --x\r\nContent-Type: application/octet-stream; name=data.bin\r\n\
         Content-Disposition: attachment; filename=data.bin\r\n\
         Content-Transfer-Encoding: base64\r\n\r\n{}\r\n--x--\r\n",
        ["QUJD"; 19].concat()
    )
}

#[test]
fn a_profile_from_birth_to_end() {
    let place = Place::empty();
    assert_eq!(place.json(&["profile", "list"]), json!([]));
    let fail = place.fails(3, &["list", "--json"]);
    assert_eq!(fail["error"]["code"], "no-profile");
    let made = place.json(&["profile", "create", "work", "--default"]);
    assert_eq!(made["name"], "work");
    assert_eq!(made["stores"][0]["letter"], "a");
    assert_eq!(made["stores"][0]["service"], "MALLE_LOCAL");
    let fail = place.fails(1, &["profile", "create", "work", "--json"]);
    assert_eq!(fail["error"]["code"], "profile-exists");
    place.fails(2, &["profile", "create", "../x", "--json"]);
    place.json(&["profile", "create", "home"]);
    assert_eq!(place.json(&["profile", "default"])["default"], "work");
    assert_eq!(
        place.json(&["profile", "default", "home"])["default"],
        "home"
    );
    place.fails(3, &["profile", "default", "none", "--json"]);
    place.fails(2, &["profile", "delete", "home", "--purge", "--json"]);
    place.json(&["profile", "delete", "home", "--purge", "--yes"]);
    place.fails(3, &["-p", "home", "list", "--json"]);
    assert_eq!(
        place.json(&["profile", "list"]).as_array().unwrap().len(),
        1
    );
}

#[test]
fn import_list_read_export() {
    let place = Place::new();
    let path = place.file("one.eml", PLAIN.as_bytes());
    let report = place.json(&["import", "--items", &path]);
    let keys: Vec<_> = report.as_object().unwrap().keys().cloned().collect();
    for key in [
        "imported", "skipped", "failed", "failures", "bytes", "seconds", "items",
    ] {
        assert!(
            keys.iter().any(|k| k == key),
            "{key} is missing in {keys:?}"
        );
    }
    assert_eq!(report["imported"], 1);
    assert_eq!(report["bytes"], PLAIN.len());
    assert_eq!(report["items"][0]["status"], "imported");
    let id = report["items"][0]["id"].as_str().unwrap().to_owned();

    let list = place.json(&[
        "list",
        "--columns",
        "PR_INTERNET_MESSAGE_ID,0x0E070003,dispidToDoTitle",
    ]);
    let row = &list[0];
    assert_eq!(row["id"], id);
    assert_eq!(row["folder"], "Inbox");
    assert_eq!(row["subject"], "café");
    assert_eq!(row["from"], "Ann <ann@example.org>");
    assert_eq!(row["date"], "2026-01-01T10:00:00Z");
    assert_eq!(row["read"], false);
    assert_eq!(row["has_attachments"], false);
    assert_eq!(row["PidTagInternetMessageId"], "<1@example.org>");
    assert!(row["size"].as_i64().unwrap() > 0);

    let read = place.json(&["read", &id]);
    assert_eq!(
        read["from"],
        json!({"name": "Ann", "address": "ann@example.org"})
    );
    assert_eq!(
        read["to"],
        json!([{"name": "Bob", "address": "bob@example.org"}])
    );
    assert_eq!(
        read["cc"],
        json!([{"name": "Cid", "address": "cid@example.org"}])
    );
    assert_eq!(read["bcc"], json!([]));
    assert_eq!(read["class"], "IPM.Note");
    assert_eq!(read["original"], true);
    assert_eq!(read["read"], false);
    assert_eq!(read["body"]["text"], "Hello.\r\n");
    assert_eq!(read["body"]["html"], Value::Null);
    assert_eq!(read["attachments"], json!([]));
    assert_eq!(read["defects"], json!([]));
    assert!(
        read["entry_id"]
            .as_str()
            .unwrap()
            .bytes()
            .all(|b| b.is_ascii_hexdigit())
    );
    // Reading does not mark as read.
    assert_eq!(place.json(&["list"])[0]["read"], false);
    assert_eq!(place.bytes(&["export", &id]), PLAIN.as_bytes());
    assert_eq!(place.bytes(&["read", &id, "--raw"]), PLAIN.as_bytes());
    let headers = place.ok(&["read", &id, "--headers"]);
    assert!(headers.contains("Message-ID: <1@example.org>"), "{headers}");
    place.fails(3, &["read", &id, "--html", "--json"]);
}

#[test]
fn attachments_and_html() {
    let place = Place::new();
    let id = place.import(&with_attachment());
    let read = place.json(&["read", &id]);
    let attached = &read["attachments"][0];
    assert_eq!(attached["index"], 0);
    assert_eq!(attached["filename"], "data.bin");
    assert_eq!(attached["mime_type"], "application/octet-stream");
    assert_eq!(attached["size"], 57);
    assert_eq!(attached["method"], "by_value");
    assert_eq!(attached["inline"], false);
    assert_eq!(
        place.bytes(&["read", &id, "--attachment", "0"]),
        "ABC".repeat(19).as_bytes()
    );
    place.fails(3, &["read", &id, "--attachment", "1", "--json"]);
    assert!(place.ok(&["read", &id, "--html"]).contains("<b>it</b>"));
    // A message without a text body is read from its HTML.
    assert!(place.ok(&["read", &id]).ends_with("\n\nSee it\n"));
    assert_eq!(place.json(&["list"])[0]["has_attachments"], true);
}

#[test]
fn the_same_source_is_skipped() {
    let place = Place::new();
    let path = place.file("one.eml", PLAIN.as_bytes());
    let twin = place.file("twin.eml", PLAIN.as_bytes());
    let report = place.json(&["import", &path, &twin]);
    assert_eq!(
        (&report["imported"], &report["skipped"]),
        (&json!(1), &json!(1))
    );
    assert_eq!(place.json(&["import", &path])["skipped"], 1);
    assert_eq!(
        place.json(&["import", "--folder", "Other/New", &path])["imported"],
        1
    );
    let dry = place.json(&["import", "--dry-run", "--folder", "Not there", &path]);
    assert_eq!(dry["imported"], 1);
    place.fails(3, &["list", "Not there", "--json"]);
}

#[test]
fn refusals_are_listed_and_the_rest_goes_on() {
    let place = Place::new();
    let good = place.file("good.eml", PLAIN.as_bytes());
    let bad = place.file("bad.eml", b"");
    let run = place.run(&["import", "--json", &bad, &good, "/no/such/file"]);
    assert_eq!(run.code(), Some(6));
    let report: Value = serde_json::from_str(&run.out()).unwrap();
    assert_eq!(report["imported"], 1);
    assert_eq!(report["failed"], 2);
    assert_eq!(report["failures"][0]["path"], bad);
    assert!(
        report["failures"][0]["error"]
            .as_str()
            .unwrap()
            .contains("empty")
    );
    assert_eq!(report["failures"][1]["path"], "/no/such/file");
    let run = place.run(&["import", "--json", "/no/such/file"]);
    assert_eq!(run.code(), Some(3));
    let report: Value = serde_json::from_str(&run.out()).unwrap();
    assert_eq!(report["failures"][0]["path"], "/no/such/file");
}

#[test]
fn bytes_survive_read_mark_flag_categorise_and_move() {
    let place = Place::new();
    for mail in [PLAIN.to_owned(), with_attachment()] {
        let id = place.import(&mail);
        place.json(&["read", &id]);
        place.json(&[
            "mark",
            &id,
            "--read",
            "--flag",
            "--category",
            "Red",
            "--category",
            "red",
        ]);
        place.json(&["move", &id, "--to", "Sent"]);
        let row = place.json(&["list", "Sent Items", "--columns", "PidNameKeywords"]);
        let row = row
            .as_array()
            .unwrap()
            .iter()
            .find(|r| r["id"] == id)
            .unwrap()
            .clone();
        assert_eq!(row["read"], true);
        assert_eq!(row["PidNameKeywords"], json!(["Red"]));
        assert_eq!(place.bytes(&["export", &id]), mail.as_bytes());
        place.json(&["mark", &id, "--unread", "--unflag", "--uncategory", "RED"]);
        assert_eq!(place.bytes(&["export", &id]), mail.as_bytes());
    }
}

#[test]
fn a_changed_message_is_written_anew_and_says_so() {
    let place = Place::new();
    let id = place.import(PLAIN);
    place.json(&["props", &id, "--set", "PR_SUBJECT=Other"]);
    assert_eq!(place.json(&["read", &id])["original"], false);
    let run = place.run(&["export", &id]);
    assert_eq!(run.code(), Some(0));
    assert!(run.out().contains("Subject: Other"), "{}", run.out());
    assert!(run.err().contains(&id), "{}", run.err());
    assert!(!run.err().contains("cannot carry"), "{}", run.err());
    // What the new mail has no place for is named, in words and in JSON.
    place.json(&["props", &id, "--set", "PR_COMMENT=mine"]);
    let run = place.run(&["export", &id]);
    let told = "new Internet mail cannot carry message: PR_COMMENT (property-not-written)";
    assert!(run.err().contains(told), "{}", run.err());
    let to = place.path("new").display().to_string();
    let done = place.json(&["export", &id, "--to", &to]);
    let loss = json!([{"code": "property-not-written", "detail": "message: PR_COMMENT"}]);
    assert_eq!(done["exported"][0]["losses"], loss);
}

#[test]
fn props_of_every_kind_of_object() {
    let place = Place::new();
    let id = place.import(&with_attachment());
    let shape = |object: &str| {
        let props = place.json(&["props", object]);
        assert_eq!(props["object"], object);
        for prop in props["properties"].as_array().unwrap() {
            let keys: Vec<_> = prop
                .as_object()
                .unwrap()
                .keys()
                .map(String::as_str)
                .collect();
            assert_eq!(keys.len(), 5, "{keys:?}");
            for key in ["tag", "name", "named", "type", "value"] {
                assert!(keys.contains(&key), "{key}");
            }
            assert!(prop["tag"].as_str().unwrap().starts_with("0x"));
        }
        props["properties"].as_array().unwrap().clone()
    };
    let named = |props: &[Value], name: &str| {
        let found = props.iter().find(|p| p["name"] == name);
        found.unwrap_or_else(|| panic!("{name} is missing")).clone()
    };
    let message = shape(&id);
    let subject = named(&message, "PidTagSubject");
    assert_eq!(subject["tag"], "0x0037001F");
    assert_eq!(subject["type"], "PT_UNICODE");
    assert_eq!(subject["value"], "Report");
    let time = named(&message, "PidTagClientSubmitTime");
    assert_eq!(time["value"], "2026-01-02T10:00:00Z");
    let attachment = shape(&format!("{id}/att/0"));
    assert_eq!(named(&attachment, "PidTagAttachMethod")["value"], 1);
    let recipient = shape(&format!("{id}/rcpt/0"));
    assert_eq!(named(&recipient, "PidTagRecipientType")["value"], 1);
    named(&shape("Inbox"), "PidTagContentCount");
    named(&shape("store"), "PidTagStoreSupportMask");
    named(&shape("a"), "PidTagStoreSupportMask");
    place.fails(3, &["props", &format!("{id}/att/7"), "--json"]);
    place.fails(3, &["props", "a999999", "--json"]);
    let text = place.ok(&["props", &id]);
    assert!(text.contains("MSGFLAG_HASATTACH"), "{text}");
}

#[test]
fn props_are_set_deleted_and_compared() {
    let place = Place::new();
    let one = place.import(PLAIN);
    let two = place.import(&with_attachment());
    let set = place.json(&[
        "props",
        &one,
        "--set",
        "PR_IMPORTANCE=2",
        "--set",
        "PidLidReminderSet=true",
    ]);
    assert_eq!(set["set"].as_array().unwrap().len(), 2);
    let diff = place.json(&["props", &one, "--diff", &two]);
    let found = diff["differences"].as_array().unwrap();
    let subject = found.iter().find(|d| d["name"] == "PidTagSubject").unwrap();
    assert_eq!(
        (&subject["value"], &subject["other"]),
        (&json!("café"), &json!("Report"))
    );
    assert!(found.iter().any(|d| d["name"] == "PidLidReminderSet"));
    place.json(&["props", &one, "--delete", "PidLidReminderSet"]);
    let props = place.json(&["props", &one]);
    let names: Vec<_> = props["properties"]
        .as_array()
        .unwrap()
        .iter()
        .map(|p| p["name"].clone())
        .collect();
    assert!(!names.contains(&json!("PidLidReminderSet")));
    assert!(names.contains(&json!("PidTagImportance")));
    let part = format!("{two}/att/0");
    place.json(&["props", &part, "--set", "PR_ATTACH_LONG_FILENAME=new.bin"]);
    assert_eq!(
        place.json(&["read", &two])["attachments"][0]["filename"],
        "new.bin"
    );
    let person = format!("{two}/rcpt/0");
    place.json(&["props", &person, "--set", "PR_DISPLAY_NAME=Robert"]);
    assert_eq!(place.json(&["read", &two])["to"][0]["name"], "Robert");
    place.json(&["props", "Inbox", "--set", "PR_COMMENT=Mine"]);
    let fail = place.fails(2, &["props", &one, "--set", "PR_NO_SUCH=1", "--json"]);
    assert_eq!(fail["error"]["code"], "bad-property");
    place.fails(2, &["props", &one, "--set", "PR_IMPORTANCE=many", "--json"]);
    place.fails(2, &["props", &one, "--set", "PR_IMPORTANCE", "--json"]);
}

#[test]
fn filters_and_orders() {
    let place = Place::new();
    place.import(PLAIN);
    place.import(&with_attachment());
    let subjects = |args: &[&str]| -> Vec<String> {
        let list = place.json(&[&["list"], args].concat());
        let rows = list.as_array().unwrap().iter();
        rows.map(|r| r["subject"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(subjects(&[]), ["Report", "café"], "newest first");
    assert_eq!(subjects(&["--sort", "PR_SUBJECT"]), ["café", "Report"]);
    assert_eq!(subjects(&["--sort", "-PR_SUBJECT"]), ["Report", "café"]);
    assert_eq!(subjects(&["--limit", "1", "--offset", "1"]), ["café"]);
    assert_eq!(
        subjects(&["--where", "PR_SUBJECT contains/in \"CAFE\""]),
        ["café"]
    );
    let json = r#"{"property":{"op":"eq","tag":"PidTagSubject","value":"Report"}}"#;
    let run = place.run(&["list", "--json", "--where", json]);
    assert!(
        run.code() == Some(0) || run.code() == Some(2),
        "{}",
        run.err()
    );
    assert!(subjects(&["--where", "exists(PidLidReminderSet)"]).is_empty());
    let fail = place.fails(2, &["list", "--where", "PR_SUBJECT contains", "--json"]);
    assert_eq!(fail["error"]["code"], "bad-restriction");
    place.fails(2, &["list", "--columns", "PR_NO_SUCH", "--json"]);
    place.fails(2, &["list", "--sort", "PR_NO_SUCH", "--json"]);
    let fail = place.fails(3, &["list", "Nowhere", "--json"]);
    assert_eq!(fail["error"]["exit"], 3);
}

#[test]
fn folders_from_birth_to_end() {
    let place = Place::new();
    let made = place.json(&["folder", "create", "Inbox/Projects/2026"]);
    assert_eq!(made["path"], "Inbox/Projects/2026");
    place.fails(1, &["folder", "create", "Inbox/Projects", "--json"]);
    let path = place.file("one.eml", PLAIN.as_bytes());
    place.json(&["import", "--folder", "Inbox/Projects/2026", &path]);
    place.json(&["folder", "rename", "Inbox/Projects", "Plans"]);
    assert_eq!(
        place
            .json(&["list", "inbox/plans/2026"])
            .as_array()
            .unwrap()
            .len(),
        1
    );
    place.json(&["folder", "copy", "Inbox/Plans", "Outbox", "--name", "Copy"]);
    assert_eq!(
        place
            .json(&["list", "Outbox/Copy/2026"])
            .as_array()
            .unwrap()
            .len(),
        1
    );
    place.json(&["folder", "move", "Outbox/Copy", "Sent"]);
    let tree = place.json(&["folder", "list"]);
    let paths: Vec<_> = tree
        .as_array()
        .unwrap()
        .iter()
        .map(|f| f["path"].as_str().unwrap())
        .collect();
    assert!(paths.contains(&"Sent Items/Copy/2026"), "{paths:?}");
    place.fails(1, &["folder", "delete", "Inbox", "--json"]);
    place.json(&["folder", "delete", "Inbox/Plans"]);
    place.fails(3, &["list", "Inbox/Plans", "--json"]);
    assert_eq!(
        place
            .json(&["list", "Deleted/Plans/2026"])
            .as_array()
            .unwrap()
            .len(),
        1
    );
    place.json(&["folder", "empty", "Sent Items"]);
    assert_eq!(
        place
            .json(&["list", "Deleted/Copy/2026"])
            .as_array()
            .unwrap()
            .len(),
        1
    );
    place.json(&["folder", "empty", "Deleted", "--permanently"]);
    assert_eq!(place.json(&["folder", "list", "Deleted"]), json!([]));
}

#[test]
fn messages_move_copy_and_go_in_two_steps() {
    let place = Place::new();
    let id = place.import(PLAIN);
    let copied = place.json(&["copy", &id, "--to", "Sent"]);
    assert_eq!(copied["done"], json!([id]));
    assert_eq!(place.json(&["list", "Sent"]).as_array().unwrap().len(), 1);
    place.json(&["delete", &id, "--dry-run"]);
    assert_eq!(place.json(&["list"]).as_array().unwrap().len(), 1);
    place.json(&["delete", &id]);
    assert_eq!(place.json(&["list"]), json!([]));
    assert_eq!(place.json(&["list", "Deleted"])[0]["id"], id);
    place.json(&["delete", &id]);
    assert_eq!(place.json(&["list", "Deleted"]), json!([]));
    place.fails_text(3, &["read", &id]);
    let other = place.import(&with_attachment());
    let run = place.run(&["delete", "--json", "--permanently", &other, "a99999"]);
    assert_eq!(run.code(), Some(6), "{}", run.err());
    let tally: Value = serde_json::from_str(&run.out()).unwrap();
    assert_eq!(tally["done"], json!([other]));
    assert_eq!(tally["failed"][0]["id"], "a99999");
    place.fails_text(3, &["mark", "a99999", "--read"]);
    place.fails_text(2, &["mark", "99999", "--read"]);
}

#[test]
fn maildir_flags_come_back() {
    let place = Place::new();
    for (n, flags) in [
        (1, ""),
        (2, "S"),
        (3, "FS"),
        (4, "RS"),
        (5, "DST"),
        (6, "DFRST"),
    ] {
        let mail = PLAIN.replace("<1@", &format!("<{n}@"));
        place.file(&format!("md/cur/17000000{n}.x:2,{flags}"), mail.as_bytes());
    }
    let new = PLAIN.replace("<1@", "<7@");
    place.file("md/new/1700000007.x", new.as_bytes());
    place.file("md/.Work.2026/cur/1700000008.x:2,S", PLAIN.as_bytes());
    fs::create_dir_all(place.path("md/.Work.2026/new")).unwrap();
    let from = place.path("md").display().to_string();
    let report = place.json(&["import", "--tree", "--folder", "Mail", &from]);
    assert_eq!(report["imported"], 8);
    assert_eq!(place.json(&["list", "Mail/Work/2026"])[0]["read"], true);
    let to = place.path("out").display().to_string();
    place.json(&[
        "export", "--folder", "Mail", "--format", "maildir", "--to", &to,
    ]);
    let files = fs::read_dir(place.path("out/cur")).unwrap();
    let mut flags: Vec<_> = files
        .map(|f| f.unwrap().file_name().into_string().unwrap())
        .map(|name| name.rsplit_once(',').unwrap().1.to_owned())
        .collect();
    flags.sort();
    assert_eq!(flags, ["", "", "DFRST", "DST", "FS", "RS", "S"]);
}

#[test]
fn exports_to_files_are_safe() {
    let place = Place::new();
    let one = place.import(PLAIN);
    let two = place.import(&with_attachment());
    place.fails(2, &["export", &one, &two, "--json"]);
    place.fails(2, &["export", &one, "--format", "mbox", "--json"]);
    let to = place.path("eml").display().to_string();
    let done = place.json(&["export", &one, &two, "--to", &to]);
    assert_eq!(done["exported"][0]["original"], true);
    let path = done["exported"][0]["path"].as_str().unwrap();
    assert_eq!(fs::read(path).unwrap(), PLAIN.as_bytes());
    let mbox = place.path("all.mbox").display().to_string();
    place.json(&["export", &one, &two, "--format", "mbox", "--to", &mbox]);
    place.fails(
        1,
        &["export", &one, "--format", "mbox", "--to", &mbox, "--json"],
    );
    let again = place.json(&["import", "--folder", "Again", &mbox]);
    assert_eq!(again["imported"], 2);
}

#[test]
fn the_store_is_looked_after() {
    let place = Place::new();
    let id = place.import(&with_attachment());
    let check = place.json(&["store", "check"]);
    assert_eq!(
        (&check["clean"], &check["messages"]),
        (&json!(true), &json!(1))
    );
    let info = place.json(&["store", "info"]);
    assert_eq!(info["messages"], 1);
    assert!(info["file_bytes"].as_u64().unwrap() > 0);
    place.json(&["delete", &id, "--permanently"]);
    assert!(place.json(&["store", "compact"])["freed_bytes"].is_u64());
    let to = place.path("copy.malle").display().to_string();
    place.json(&["store", "backup", &to]);
    place.fails(1, &["store", "backup", &to, "--json"]);
}

#[test]
fn the_same_attachment_is_kept_once() {
    let place = Place::new();
    // Not compressible, so that only keeping it once keeps the store small.
    let mut state = 7_u64;
    let mut data = String::new();
    while data.len() < 4 << 20 {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        let line: String = (0..19)
            .map(|n| ["QUJD", "eHl6", "MDEy", "Zm9v"][(state >> (n * 2 + 20)) as usize % 4])
            .collect();
        data.push_str(&line);
        data.push_str("\r\n");
    }
    let plain = with_attachment().replace(&["QUJD"; 19].concat(), data.trim_end());
    place.import(&plain);
    let bytes = || {
        place.json(&["store", "info"])["file_bytes"]
            .as_u64()
            .unwrap()
    };
    let before = bytes();
    let id = place.import(&plain.replace("Subject: Report", "Subject: Again"));
    let grown = bytes() - before;
    assert!(grown < 1 << 20, "{grown} bytes for a value that was there");
    assert_eq!(place.json(&["store", "check"])["clean"], true);
    let source = plain.replace("Subject: Report", "Subject: Again");
    assert_eq!(place.bytes(&["export", &id]), source.as_bytes());
}

#[test]
fn a_report_tells_of_others_than_its_own_recipients() {
    let place = Place::new();
    let bounce = "From: Mail System <daemon@mx.example.org>\r\nTo: ann@example.org\r\n\
        Subject: Undelivered\r\nMIME-Version: 1.0\r\n\
        Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n\
        --b\r\n\r\nIt could not be delivered.\r\n\
        --b\r\nContent-Type: message/delivery-status\r\n\r\n\
        Reporting-MTA: dns; mx.example.org\r\n\r\n\
        Final-Recipient: rfc822; nobody@example.net\r\nAction: failed\r\nStatus: 5.1.1\r\n\
        Diagnostic-Code: smtp; 550 User unknown\r\n--b--\r\n";
    let path = place.file("bounce.eml", bounce.as_bytes());
    let report = place.json(&["import", "--items", &path]);
    let id = report["items"][0]["id"].as_str().unwrap().to_owned();
    let read = place.json(&["read", &id]);
    assert_eq!(read["class"], "REPORT.IPM.Note.NDR");
    let addresses = |field: &str| -> Vec<Value> {
        let people = read[field].as_array().unwrap();
        people.iter().map(|p| p["address"].clone()).collect()
    };
    assert_eq!(addresses("to"), ["ann@example.org"]);
    assert_eq!(addresses("reported"), ["nobody@example.net"]);
    let reason = read["reported"][0]["reason"].as_str().unwrap();
    assert!(reason.contains("User unknown"), "{reason}");
}
