//! Drafts: new, replies, forwarded, resent, posts; an editor that works and one that breaks; what a link says.

use std::fs;
use std::path::PathBuf;

use super::place::Place;
use serde_json::json;
use testkit::Run;

const MAIL: &str = "From: Ann <ann@example.org>\r\nTo: Me <me@example.org>, Bob <bob@example.org>\r\n\
    Cc: Cid <cid@example.org>\r\nDate: Thu, 1 Jan 2026 10:00:00 +0000\r\n\
    Message-ID: <1@example.org>\r\nSubject: AW: Plans\r\n\r\nWhat do you think?\r\n";

const HTML: &str = "From: Ann <ann@example.org>\r\nTo: me@example.org\r\nSubject: Bild\r\n\
    MIME-Version: 1.0\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<p>Guten <b>Tag</b></p>\r\n";

const ME: [&str; 2] = ["--from", "Me <me@example.org>"];

/// A shell script that stands for an editor: it gets the file as its argument.
#[cfg(unix)]
fn editor(place: &Place, script: &str) -> String {
    use std::os::unix::fs::PermissionsExt;
    let path = place.file("editor.sh", format!("#!/bin/sh\n{script}\n").as_bytes());
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    path
}

/// The file of an edit of this name.
fn work_file(place: &Place, name: &str) -> PathBuf {
    place.path(&format!("home/data/.editing/me/{name}.txt"))
}

fn with_input(place: &Place, args: &[&str], input: &str) -> Run {
    let run = place.malle().clone().input(input.as_bytes()).run(args);
    assert_eq!(run.code(), Some(0), "{args:?}: {}", run.err());
    run
}

#[test]
#[expect(
    clippy::too_many_lines,
    reason = "one message with everything that can be said of one"
)]
fn a_new_message_is_a_draft_that_says_what_was_asked() {
    let place = Place::new();
    let file = place.file("plan ü.bin", &vec![7; 300_000]);
    let made = place.json(
        &[
            &["new", "--to", "Ann <ann@example.org>, bob@example.org"][..],
            &[
                "--cc",
                "\"C, D\" <cd@example.org>",
                "--bcc",
                "eve@example.org",
                "-s",
                "Plans",
            ],
            &[
                "--body",
                "Hello\n",
                "-a",
                &file,
                "--importance",
                "high",
                "--sensitivity",
                "private",
            ],
            &[
                "--read-receipt",
                "--category",
                "Work",
                "--category",
                "Home",
                "--reply-to",
                "desk@example.org",
            ],
            &[
                "--expires",
                "2030-01-02T03:04:05Z",
                "--reply-by",
                "+2d",
                "--defer",
                "2030-01-01",
            ],
            &ME[..],
        ]
        .concat(),
    );
    assert_eq!(made["folder"], "Drafts");
    assert_eq!(
        made["from"],
        json!({"name": "Me", "address": "me@example.org"})
    );
    assert_eq!(
        made["to"][1],
        json!({"name": "bob@example.org", "address": "bob@example.org"})
    );
    assert_eq!(made["cc"][0]["name"], "C, D");
    assert_eq!(made["attachments"], 1);
    let id = made["id"].as_str().unwrap();
    assert_eq!(place.json(&["draft", "list"])[0]["id"], id);
    assert_eq!(place.json(&["read", id])["body"]["text"], "Hello");
    let attached = place.bytes(&["read", id, "--attachment", "0"]);
    assert!(attached == vec![7; 300_000]);
    let mime = String::from_utf8(place.bytes(&["export", id])).unwrap();
    for field in [
        "From: Me <me@example.org>",
        "Bcc: eve@example.org",
        "Reply-To: desk@example.org",
        "Importance: high",
        "Sensitivity: Private",
        "Disposition-Notification-To: Me <me@example.org>",
        "Expires: Wed, 2 Jan 2030 03:04:05 +0000",
        "Deferred-Delivery: Tue, 1 Jan 2030 00:00:00 +0000",
        "Keywords: Work, Home",
        "plan%20%C3%BC.bin",
    ] {
        assert!(
            mime.contains(field),
            "{field}: {}",
            mime.get(..2000).unwrap()
        );
    }
    // The editor's flags are no flags of the message.
    let props = place.ok(&["props", id]);
    assert!(props.contains("UNSENT"), "{props}");
    place.json(&["draft", "delete", id]);
    assert_eq!(place.json(&["draft", "list"]), json!([]));
}

#[test]
fn answers_quote_and_stay_in_the_conversation() {
    let place = Place::new();
    let id = place.import(MAIL);
    let reply = place.json(&[&["reply", &id, "--body", "Fine."], &ME[..]].concat());
    assert_eq!(reply["subject"], "RE: Plans");
    assert_eq!(
        reply["to"],
        json!([{"name": "Ann", "address": "ann@example.org"}])
    );
    assert_eq!(reply["cc"], json!([]));
    let text = place.json(&["read", reply["id"].as_str().unwrap()])["body"]["text"].clone();
    assert_eq!(
        text,
        "Fine.\r\n\r\nOn Thu, 1 January 2026 at 10:00 UTC, Ann <ann@example.org> wrote:\r\n> What do you think?"
    );
    let all = place.json(&[&["reply-all", &id, "--language", "fr"], &ME[..]].concat());
    assert_eq!(all["to"].as_array().unwrap().len(), 2, "{all}");
    assert_eq!(all["cc"][0]["address"], "cid@example.org");
    let thread = place.json(&["thread", &id]);
    assert_eq!(thread["members"].as_array().unwrap().len(), 3);
    // Standard input is the text where nothing else is.
    let run = with_input(
        &place,
        &["forward", &id, "--to", "dee@example.org", "--json"],
        "For you.\n",
    );
    let forward: serde_json::Value = serde_json::from_str(&run.out()).unwrap();
    assert_eq!(forward["subject"], "FW: Plans");
    let text = place.json(&["read", forward["id"].as_str().unwrap()])["body"]["text"].clone();
    assert!(
        text.as_str()
            .unwrap()
            .starts_with("For you.\r\n\r\n---------- Forwarded message")
    );
    let whole = place.json(&["forward", &id, "--as-attachment", "--body", "See"]);
    assert_eq!(whole["attachments"], 1);
    let inner = format!("{}/att/0/msg", whole["id"].as_str().unwrap());
    assert_eq!(place.json(&["read", &inner])["subject"], "AW: Plans");
    let missing = place.fails(3, &["reply", "a999999", "--json", "--body", "x"]);
    assert_eq!(missing["error"]["code"], "MAPI_E_NOT_FOUND");
}

#[test]
fn a_dry_run_prints_the_mail_and_keeps_nothing() {
    let place = Place::new();
    let id = place.import(MAIL);
    let args = [&["reply-all", &id, "--body", "Fine.", "--dry-run"], &ME[..]].concat();
    let mime = String::from_utf8(place.bytes(&args)).unwrap();
    for field in [
        "From: Me <me@example.org>\r\n",
        "To: Ann <ann@example.org>, Bob <bob@example.org>\r\n",
        "Subject: RE: Plans\r\n",
        "In-Reply-To: <1@example.org>\r\n",
        "References: <1@example.org>\r\n",
        "Thread-Index: ",
        "Date: ",
        "\r\n> What do you think?",
    ] {
        assert!(mime.contains(field), "{field}: {mime}");
    }
    let shown = place.json(&["new", "--dry-run", "--to", "ann@example.org", "--body", "x"]);
    assert!(
        shown["mime"]
            .as_str()
            .unwrap()
            .contains("To: ann@example.org")
    );
    assert_eq!(place.json(&["draft", "list"]), json!([]));
}

#[test]
fn whole_messages_and_links_become_drafts() {
    let place = Place::new();
    let draft = "From: Me <me@example.org>\r\nTo: ann@example.org\r\nBcc: eve@example.org\r\nSubject: Plans\r\n\
        X-Project: 7\r\n\r\nHello\r\n";
    let run = with_input(
        &place,
        &["new", "--message", "-", "--cc", "cid@example.org", "--json"],
        draft,
    );
    let made: serde_json::Value = serde_json::from_str(&run.out()).unwrap();
    assert_eq!(made["bcc"][0]["address"], "eve@example.org");
    assert_eq!(made["cc"][0]["address"], "cid@example.org");
    assert_eq!(made["from"]["address"], "me@example.org");
    let id = made["id"].as_str().unwrap();
    let mime = String::from_utf8(place.bytes(&["export", id])).unwrap();
    assert!(mime.contains("X-Project: 7"), "{mime}");
    let bare = place.file("bare.eml", b"To: ann@example.org\r\n\r\nHi\r\n");
    let made = place.json(&[&["new", "--message", &bare], &ME[..]].concat());
    assert_eq!(made["from"]["address"], "me@example.org");

    let link = "mailto:ann@example.org?subject=Caf%C3%A9&body=one%0D%0Atwo&cc=bob@example.org\
        &in-reply-to=%3C1%40example.org%3E&attach=/etc/passwd";
    let made = place.json(&["new", link]);
    assert_eq!(
        (&made["subject"], &made["attachments"]),
        (&json!("Café"), &json!(0))
    );
    let id = made["id"].as_str().unwrap();
    assert_eq!(place.json(&["read", id])["body"]["text"], "one\r\ntwo");
    let mime = String::from_utf8(place.bytes(&["export", id])).unwrap();
    assert!(mime.contains("In-Reply-To: <1@example.org>"), "{mime}");
    let french = place.malle().clone().env("MALLE_LANG", "fr");
    let run = french.run(["new", "--dry-run", link]);
    assert_eq!(run.code(), Some(0));
    assert!(
        run.err().contains("laissé de côté") && run.err().contains("attach"),
        "{}",
        run.err()
    );
    let run = french.run(["new", "http://example.org"]);
    assert!(
        run.err().contains("ce n’est pas un lien mailto:"),
        "{}",
        run.err()
    );
    for (code, args) in [
        (2, ["new", "http://example.org", "--json"]),
        (2, ["new", "--to=nobody", "--json"]),
        (2, ["new", "--expires=soon", "--json"]),
        (3, ["new", "--attach=/no/such/file", "--json"]),
    ] {
        place.fails(code, &args);
    }
}

#[test]
fn signatures_are_those_of_the_writer() {
    let place = Place::new();
    place.file("home/signatures/me/me@example.org.txt", b"Me, at home\n");
    place.file("home/signatures/me/default.txt", b"-- \nSomebody\n");
    let id = place.import(HTML);
    let reply = place.json(&[&["reply", &id, "--body", "Danke"], &ME[..]].concat());
    assert_eq!(reply["html"], true);
    let read = place.json(&["read", reply["id"].as_str().unwrap()]);
    let text = read["body"]["text"].as_str().unwrap();
    assert!(
        text.starts_with("Danke\r\n\r\n-- \r\nMe, at home\r\n\r\n"),
        "{text}"
    );
    let html = read["body"]["html"].as_str().unwrap();
    assert!(
        html.contains("Me, at home") && html.contains("<b>Tag</b>"),
        "{html}"
    );
    let other = place.json(&["new", "--body", "x", "--from", "other@example.org"]);
    let read = place.json(&["read", other["id"].as_str().unwrap()]);
    assert_eq!(read["body"]["text"], "x\r\n\r\n-- \r\nSomebody");
    let none = place.json(&["new", "--body", "x", "--no-signature"]);
    assert_eq!(
        place.json(&["read", none["id"].as_str().unwrap()])["body"]["text"],
        "x"
    );
}

#[cfg(unix)]
#[test]
fn an_editor_writes_the_draft() {
    let place = Place::new();
    let id = place.import(MAIL);
    let script = "sed -i -e 's/^Cc:.*/Cc: Dee <dee@example.org>/' -e 's/^Subject:.*/Subject: Done/' \"$1\"\n\
        sed -i -e '0,/^$/s/^$/\\nIn other words: yes./' \"$1\"";
    let editor = editor(&place, script);
    let malle = place.malle().clone().env("VISUAL", &editor);
    let run = malle.run(["reply", &id, "--edit", "--json"]);
    assert_eq!(run.code(), Some(0), "{}", run.err());
    let made: serde_json::Value = serde_json::from_str(&run.out()).unwrap();
    let draft = made["id"].as_str().unwrap();
    let read = place.json(&["read", draft]);
    assert_eq!(read["subject"], "Done");
    assert_eq!(read["cc"][0]["address"], "dee@example.org");
    assert_eq!(read["to"][0]["address"], "ann@example.org");
    let text = read["body"]["text"].as_str().unwrap();
    assert!(text.starts_with("In other words: yes."), "{text}");
    assert!(text.contains("> What do you think?"), "{text}");
    assert!(
        !work_file(&place, draft).exists(),
        "what is kept elsewhere goes"
    );
    // Nothing written is nothing kept.
    let idle = place.malle().clone().env("VISUAL", "true");
    let run = idle.run(["reply", &id, "--edit"]);
    assert_eq!(run.code(), Some(0), "{}", run.err());
    assert!(run.err().contains("nothing was written"), "{}", run.err());
    assert_eq!(place.json(&["draft", "list"]).as_array().unwrap().len(), 1);
}

#[cfg(unix)]
#[test]
fn an_interrupted_edit_keeps_its_text_and_goes_on() {
    let place = Place::new();
    let broken = editor(
        &place,
        "printf 'To: ann@example.org\\n\\nA long letter' > \"$1\"; kill -9 $$",
    );
    let malle = place.malle().clone().env("VISUAL", &broken);
    let run = malle.run(["new", "--edit", "-s", "Letter"]);
    assert_eq!(run.code(), Some(1), "{}", run.err());
    let drafts = place.json(&["draft", "list"]);
    let id = drafts[0]["id"].as_str().unwrap().to_owned();
    let file = work_file(&place, &id);
    assert!(run.err().contains(file.to_str().unwrap()), "{}", run.err());
    assert!(
        run.err().contains(&format!("malle draft edit {id}")),
        "{}",
        run.err()
    );
    // A template that is wrong stays as well.
    let wrong = editor(&place, "printf 'To: nobody\\n\\nA longer letter' > \"$1\"");
    let run = place
        .malle()
        .clone()
        .env("VISUAL", &wrong)
        .run(["draft", "edit", &id, "--edit"]);
    assert_eq!(run.code(), Some(2), "{}", run.err());
    assert!(run.err().contains("line 1"), "{}", run.err());
    assert_eq!(
        fs::read_to_string(&file).unwrap(),
        "To: nobody\n\nA longer letter"
    );
    let mended = editor(&place, "sed -i 's/nobody/ann@example.org/' \"$1\"");
    let run = place
        .malle()
        .clone()
        .env("VISUAL", &mended)
        .run(["draft", "edit", &id, "--edit"]);
    assert_eq!(run.code(), Some(0), "{}", run.err());
    assert!(run.err().contains("going on with"), "{}", run.err());
    let read = place.json(&["read", &id]);
    assert_eq!(read["body"]["text"], "A longer letter");
    assert_eq!(read["to"][0]["address"], "ann@example.org");
    assert!(!file.exists());
}

#[test]
fn drafts_are_gone_on_with_and_nothing_else_is() {
    let place = Place::new();
    let made = place.json(&[
        "new",
        "--to",
        "ann@example.org",
        "-s",
        "Plans",
        "--body",
        "one",
    ]);
    let id = made["id"].as_str().unwrap();
    let edited = place.json(&[
        "draft",
        "edit",
        id,
        "--cc",
        "bob@example.org",
        "--body",
        "two",
    ]);
    assert_eq!(
        (&edited["to"][0]["address"], &edited["cc"][0]["address"]),
        (&json!("ann@example.org"), &json!("bob@example.org"))
    );
    assert_eq!(place.json(&["read", id])["body"]["text"], "two");
    let flagged = place.json(&["draft", "edit", id, "-s", "Other"]);
    assert_eq!(flagged["subject"], "Other");
    assert_eq!(
        place.json(&["read", id])["body"]["text"],
        "two",
        "no input takes nothing away"
    );
    let shown = place.json(&["draft", "edit", id, "--body", "three", "--dry-run"]);
    assert!(shown["mime"].as_str().unwrap().contains("three"));
    assert_eq!(place.json(&["read", id])["body"]["text"], "two");
    let mail = place.import(MAIL);
    for verb in ["edit", "delete"] {
        let error = place.fails(1, &["draft", verb, &mail, "--json"]);
        assert_eq!(error["error"]["code"], "no-draft");
    }
    place.json(&["draft", "delete", id, "--permanently"]);
    place.fails(3, &["read", id, "--json"]);
}

#[test]
fn posts_go_into_a_folder_and_to_nobody() {
    let place = Place::new();
    place.json(&["folder", "create", "Inbox/Board"]);
    let post = place.json(
        &[
            &["post", "Inbox/Board", "-s", "Moved", "--body", "To Friday."],
            &ME[..],
        ]
        .concat(),
    );
    assert_eq!(
        (&post["folder"], &post["class"]),
        (&json!("Inbox/Board"), &json!("IPM.Post"))
    );
    let id = post["id"].as_str().unwrap();
    let row = &place.json(&["list", "Inbox/Board"])[0];
    assert_eq!(
        (&row["id"], &row["read"], &row["from"]),
        (&json!(id), &json!(true), &json!("Me <me@example.org>"))
    );
    let answer = place.json(&["post", "--answer", id, "--body", "Fine."]);
    assert_eq!(
        (&answer["folder"], &answer["subject"]),
        (&json!("Inbox/Board"), &json!("RE: Moved"))
    );
    let text = place.json(&["read", answer["id"].as_str().unwrap()])["body"]["text"].clone();
    assert!(text.as_str().unwrap().contains("> To Friday."), "{text}");
    place.fails(
        2,
        &["post", "Inbox/Board", "--to", "ann@example.org", "--json"],
    );
    place.fails(2, &["post", "--json"]);
    assert_eq!(place.json(&["draft", "list"]), json!([]));
}

#[test]
fn what_came_back_is_sent_again_to_those_who_did_not_get_it() {
    let place = Place::new();
    let report = "From: mailer-daemon@example.net\r\nTo: me@example.org\r\nSubject: Undelivered\r\nMIME-Version: 1.0\r\n\
        Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n\
        --b\r\n\r\nSorry.\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\n\
        Reporting-MTA: dns; mx.example.net\r\n\r\nFinal-Recipient: rfc822; bob@example.net\r\nAction: failed\r\n\
        Status: 5.1.1\r\n\r\n--b\r\nContent-Type: message/rfc822\r\n\r\n\
        From: Me <me@example.org>\r\nTo: ann@example.org, bob@example.net\r\nMessage-ID: <7@example.org>\r\n\
        Date: Thu, 1 Jan 2026 10:00:00 +0000\r\nSubject: Plans\r\n\r\nHello\r\n--b--\r\n";
    let id = place.import(report);
    let again = place.json(&[&["resend", &id], &ME[..]].concat());
    assert_eq!(
        (&again["subject"], &again["class"]),
        (&json!("Plans"), &json!("IPM.Note"))
    );
    let draft = again["id"].as_str().unwrap();
    assert_eq!(place.json(&["read", draft])["body"]["text"], "Hello");
    // Who got it, who did not, and the latter once more as the one who is written to.
    let kinds: Vec<_> = (0..3)
        .map(|n| place.ok(&["props", &format!("{draft}/rcpt/{n}"), "--all"]))
        .collect();
    assert!(kinds[2].contains("bob@example.net"), "{}", kinds[2]);
    let note = place.import(MAIL);
    let error = place.fails(2, &["resend", &note, "--json"]);
    assert_eq!(error["error"]["code"], "MAPI_E_INVALID_PARAMETER");
}

#[test]
fn help_says_how_it_is_sent_and_french_is_spoken() {
    let place = Place::new();
    for command in ["new", "reply", "reply-all", "forward", "resend"] {
        let help = place.ok(&[command, "--help"]);
        let help = help.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(help.contains("--send"), "{command}: {help}");
    }
    let french = place.malle().clone().env("LC_ALL", "fr_CH.UTF-8");
    let run = french.run(["new", "--body", "x", "--to", "ann@example.org"]);
    assert!(run.out().starts_with("brouillon a"), "{}", run.out());
}
