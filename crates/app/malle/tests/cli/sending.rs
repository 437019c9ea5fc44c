//! Sending: two profiles of one home write to each other by local delivery; what is refused, waits, is held and taken back.

use super::place::Place;
use serde_json::{Value, json};
use testkit::Run;

/// A home with the profiles of Ann and Bob, who reach each other.
pub(super) fn two() -> Place {
    let place = Place::empty();
    for name in ["ann", "bob"] {
        place.ok(&["profile", "create", name]);
        let address = format!("address={name}@example.org");
        place.ok(&[
            "-p",
            name,
            "service",
            "add",
            "MALLE_DELIVERY",
            "--set",
            &address,
        ]);
    }
    place
}

pub(super) fn with_input(place: &Place, args: &[&str], input: &str) -> Run {
    place.malle().clone().input(input.as_bytes()).run(args)
}

pub(super) fn write<'a>(from: &'a str, to: &'a str, rest: &[&'a str]) -> Vec<&'a str> {
    let words = [
        "-p",
        from,
        "new",
        "--to",
        to,
        "-s",
        "Plans",
        "--body",
        "See you at ten.",
    ];
    [&words[..], rest].concat()
}

pub(super) fn inbox(place: &Place, of: &str) -> Vec<Value> {
    place.json(&["-p", of, "flush", "--down"]);
    place
        .json(&["-p", of, "list", "Inbox"])
        .as_array()
        .unwrap()
        .clone()
}

pub(super) fn subjects(rows: &[Value]) -> Vec<&str> {
    rows.iter()
        .map(|row| row["subject"].as_str().unwrap_or_default())
        .collect()
}

#[test]
fn a_message_goes_around() {
    let place = two();
    let file = place.file("plan.bin", &vec![7; 100_000]);
    let sent = place.json(&write("ann", "bob@example.org", &["-a", &file, "--send"]));
    assert_eq!(
        (&sent["state"], &sent["refused"]),
        (&json!("filed"), &json!([]))
    );
    let id = sent["id"].as_str().unwrap();
    let kept = place.json(&["-p", "ann", "read", id]);
    assert_eq!(kept["folder"], "Sent Items");
    assert_eq!(kept["from"]["address"], "ann@example.org");
    let got = inbox(&place, "bob");
    assert_eq!(subjects(&got), ["Plans"]);
    let got = got[0]["id"].as_str().unwrap();
    let bytes = place.bytes(&["-p", "bob", "read", got, "--attachment", "0"]);
    assert!(bytes == vec![7; 100_000]);
    let reply = place.json(&["-p", "bob", "reply-all", got, "--body", "Fine.", "--send"]);
    assert_eq!(reply["state"], "filed");
    let answers = inbox(&place, "ann");
    assert_eq!(subjects(&answers), ["RE: Plans"]);
    assert_eq!(answers[0]["from"], "bob <bob@example.org>", "he has a name");
    let thread = place.json(&["-p", "ann", "thread", id]);
    assert_eq!(thread["members"].as_array().unwrap().len(), 2);
    assert_eq!(inbox(&place, "bob").len(), 1, "nothing comes twice");
}

#[test]
fn a_body_that_is_only_rtf_goes_around() {
    let place = two();
    let sent = place.json(&write("ann", "bob@example.org", &[]));
    let id = sent["id"].as_str().unwrap();
    let rtf = br"{\rtf1\ansi See you at {\b ten},\par caf\'e9 noir.}";
    let packed = mapi_rtf::compressed::compress(rtf);
    let packed: String = packed.iter().map(|byte| format!("{byte:02x}")).collect();
    let set = format!("PR_RTF_COMPRESSED={packed}");
    place.ok(&[
        "-p", "ann", "props", id, "--set", &set, "--delete", "PR_BODY",
    ]);
    let written = place.json(&["-p", "ann", "read", id]);
    assert_eq!(written["body"]["stored"], "rtf");
    assert_eq!(place.json(&["-p", "ann", "send", id])[0]["state"], "filed");
    let got = inbox(&place, "bob");
    let got = got[0]["id"].as_str().unwrap();
    let read = place.json(&["-p", "bob", "read", got]);
    assert_eq!(read["body"], written["body"]);
    assert_eq!(read["body"]["text"], "See you at ten,\r\ncafé noir.");
    assert_eq!(place.bytes(&["-p", "bob", "read", got, "--rtf"]), rtf);
}

#[test]
fn who_is_refused_is_named_and_gets_it_later_alone() {
    let place = two();
    let run = place.run(
        &[
            &write("ann", "bob@example.org, eve@example.org", &["--send"])[..],
            &["--json"],
        ]
        .concat(),
    );
    assert_eq!(run.code(), Some(6), "{}", run.err());
    let sent: Value = serde_json::from_str(&run.out()).unwrap();
    super::shape::check(&["new"], &sent);
    let refused = &sent["refused"][0];
    assert_eq!(refused["address"], "eve@example.org");
    assert!(refused["why"].as_str().unwrap().contains("5.1.1"), "{sent}");
    let tracked = place.json(&["-p", "ann", "read", sent["id"].as_str().unwrap()]);
    let tracking = tracked["tracking"].as_array().unwrap();
    let of = |who: &str| {
        let row = tracking.iter().find(|row| row["address"] == who);
        row.map(|row| row["status"].as_str().unwrap().to_owned())
    };
    assert_eq!(of("eve@example.org").as_deref(), Some("not-delivered"));
    assert_ne!(of("bob@example.org").as_deref(), Some("not-delivered"));
    let report = refused["report"].as_str().unwrap();
    let shown = place.ok(&["-p", "ann", "read", report]);
    assert!(
        shown.contains("eve@example.org") && shown.contains("malle resend"),
        "{shown}"
    );
    place.ok(&["profile", "create", "eve"]);
    place.ok(&[
        "-p",
        "eve",
        "service",
        "add",
        "MALLE_DELIVERY",
        "--set",
        "address=eve@example.org",
    ]);
    let again = place.json(&["-p", "ann", "resend", report, "--send"]);
    assert_eq!(
        (&again["state"], &again["refused"]),
        (&json!("filed"), &json!([]))
    );
    assert_eq!(inbox(&place, "eve").len(), 1);
    assert_eq!(inbox(&place, "bob").len(), 1, "he has it already");
}

#[test]
fn a_message_waits_is_shown_held_and_taken_back() {
    let place = two();
    let sent = place.json(&write("ann", "bob@example.org", &["--in", "1h"]));
    assert_eq!(sent["state"], "deferred");
    let id = sent["id"].as_str().unwrap();
    let list = place.json(&["-p", "ann", "outbox", "list"]);
    assert_eq!(
        (&list[0]["id"], &list[0]["state"]),
        (&json!(id), &json!("deferred"))
    );
    assert!(list[0]["next"].is_string());
    let shown = place.json(&["-p", "ann", "outbox", "show", id]);
    assert_eq!(shown["recipients"][0]["address"], "bob@example.org");
    // What its sender keeps back is not sent by force, and does not stay against his will.
    let flushed = place.json(&["-p", "ann", "flush", "--force"]);
    assert_eq!(
        (&flushed["sent"], &flushed["stays"]),
        (&json!(0), &json!([]))
    );
    assert_eq!(
        place.json(&["-p", "ann", "outbox", "cancel", id])["done"],
        json!([id])
    );
    assert_eq!(place.json(&["-p", "ann", "draft", "list"])[0]["id"], id);
    let gone = place.fails(3, &["-p", "ann", "outbox", "show", id, "--json"]);
    assert_eq!(gone["error"]["code"], "MAPI_E_NOT_IN_QUEUE");
    // Now it is only queued, held, and let go.
    assert_eq!(
        place.json(&["-p", "ann", "send", id, "--queue"])[0]["state"],
        "queued"
    );
    place.json(&["-p", "ann", "outbox", "hold", id]);
    assert_eq!(
        place.json(&["-p", "ann", "outbox", "list"])[0]["state"],
        "held"
    );
    place.json(&["-p", "ann", "flush"]);
    assert_eq!(inbox(&place, "bob").len(), 0);
    place.json(&["-p", "ann", "outbox", "release", id]);
    place.json(&["-p", "ann", "flush"]);
    assert_eq!(inbox(&place, "bob").len(), 1);
    assert_eq!(place.json(&["-p", "ann", "outbox", "list"]), json!([]));
}

#[test]
fn every_message_can_be_taken_back_for_a_time_that_the_settings_say() {
    let place = two();
    place.file("home/sending.toml", b"[profile.ann]\nundo = \"1h\"\n");
    let sent = place.json(&write("ann", "bob@example.org", &["--send"]));
    assert_eq!(sent["state"], "deferred");
    let now = place.json(&write("ann", "bob@example.org", &["--undo-for", "0s"]));
    assert_eq!(now["state"], "filed");
    place.file("home/sending.toml", b"undo = soon\n");
    let wrong = [
        &write("ann", "bob@example.org", &["--send"])[..],
        &["--json"],
    ]
    .concat();
    assert_eq!(place.fails(2, &wrong)["error"]["code"], "settings");
}

#[test]
fn without_a_transport_everything_works_but_sending() {
    let place = Place::new();
    let words = [
        "new",
        "--from",
        "me@example.org",
        "--to",
        "ann@example.org",
        "--body",
        "x",
        "--send",
        "--json",
    ];
    let run = place.run(&words);
    assert_eq!(run.code(), Some(6));
    let sent: Value = serde_json::from_str(&run.out()).unwrap();
    assert_eq!(sent["state"], "queued");
    assert!(sent["why"].as_str().is_some_and(|why| !why.is_empty()));
    let run = place.run(&["flush", "--json"]);
    assert_eq!(run.code(), Some(6), "it stays");
    let id = sent["id"].as_str().unwrap();
    place.json(&["outbox", "cancel", id]);
    assert_eq!(place.json(&["draft", "list"])[0]["id"], id);
    assert_eq!(place.run(&["outbox", "cancel", id]).code(), Some(3));
    assert_eq!(
        place.fails(2, &["send", id, "--at", "soon", "--json"])["error"]["code"],
        "bad-time"
    );
}

#[test]
fn a_dry_run_shows_what_would_leave() {
    let place = two();
    let args = write(
        "ann",
        "bob@example.org",
        &["--bcc", "eve@example.org", "--send", "--dry-run"],
    );
    let mime = String::from_utf8(place.bytes(&args)).unwrap();
    assert!(
        mime.contains("To: bob@example.org") && !mime.contains("eve@"),
        "{mime}"
    );
    assert!(
        mime.contains("From: ") && mime.contains("ann@example.org"),
        "{mime}"
    );
    let mail = "To: bob@example.org\nBcc: eve@example.org\n\nx\n";
    let words = ["-p", "ann", "--dry-run", "sendmail", "-t"];
    let run = with_input(&place, &words, mail);
    let mime = run.out();
    assert!(
        mime.contains("ann@example.org") && !mime.contains("eve@"),
        "{mime}"
    );
    let draft = place.json(&write(
        "ann",
        "bob@example.org",
        &["--bcc", "eve@example.org"],
    ));
    let id = draft["id"].as_str().unwrap();
    let mime = String::from_utf8(place.bytes(&["-p", "ann", "send", id, "--dry-run"])).unwrap();
    assert!(
        mime.contains("See you at ten.") && !mime.contains("eve@"),
        "{mime}"
    );
    assert!(mime.contains("From: "), "{mime}");
    assert_eq!(place.json(&["-p", "ann", "outbox", "list"]), json!([]));
}

#[test]
fn programs_send_by_sendmail() {
    let place = two();
    let mail = "To: Bob <bob@example.org>\nBcc: ann@example.org\nSubject: Job\n\nDone.\n.\nMore.\n";
    let words = ["-p", "ann", "sendmail", "-odi", "-t", "-i"];
    let run = with_input(&place, &words, mail);
    assert_eq!(
        (run.code(), run.out().as_str()),
        (Some(0), ""),
        "{}",
        run.err()
    );
    let got = inbox(&place, "bob");
    let text = place.json(&["-p", "bob", "read", got[0]["id"].as_str().unwrap()]);
    assert_eq!(text["from"]["address"], "ann@example.org");
    assert_eq!(text["bcc"], json!([]));
    assert!(text["body"]["text"].as_str().unwrap().contains("More."));
    let raw = place.bytes(&["-p", "bob", "read", got[0]["id"].as_str().unwrap(), "--raw"]);
    assert!(!String::from_utf8_lossy(&raw).contains("Bcc"));
    assert_eq!(inbox(&place, "ann").len(), 1, "who is in Bcc gets it");
    // The envelope counts, not the header; a name alone is of the sender's domain.
    let mail = "From: cron@example.org\nTo: root\nSubject: Night\n\nQuiet.\n";
    let words = ["-p", "ann", "sendmail", "-odi", "-oi", "-f", "cron", "bob"];
    let run = with_input(&place, &words, mail);
    assert_eq!(run.code(), Some(0), "{}", run.err());
    assert_eq!(inbox(&place, "bob").len(), 2);
    for (args, input, code) in [
        (&["-p", "ann", "sendmail"][..], "x", 64),
        (&["-p", "ann", "sendmail", "-bs"], "", 64),
        (
            &["-p", "ann", "sendmail", "-t"],
            "Subject: x\n\nto nobody\n",
            65,
        ),
        (&["-p", "ann", "sendmail", "a b"], "Subject: x\n\nx\n", 67),
        (&["-p", "ann", "sendmail", "-bi"], "", 0),
    ] {
        let run = with_input(&place, args, input);
        assert_eq!(run.code(), Some(code), "{args:?}: {}", run.err());
    }
    assert_eq!(place.json(&["-p", "ann", "outbox", "list"]), json!([]));
}

#[cfg(unix)]
#[test]
fn a_link_called_sendmail_is_one() {
    use std::process::{Command, Stdio};
    let place = two();
    place.ok(&["profile", "default", "ann"]);
    let link = place.path("sendmail");
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_malle"), &link).unwrap();
    let mut child = Command::new(&link)
        .args([
            "-odi",
            "-oi",
            "-f",
            "ann@example.org",
            "--",
            "bob@example.org",
        ])
        .env("MALLE_HOME", place.path("home"))
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    std::io::Write::write_all(child.stdin.as_mut().unwrap(), b"no header\n").unwrap();
    drop(child.stdin.take());
    assert_eq!(child.wait().unwrap().code(), Some(0));
    assert_eq!(inbox(&place, "bob").len(), 1);
}

#[test]
fn a_mail_server_delivers() {
    let place = two();
    let mail = "From: out@example.net\r\nSubject: Hello\r\n\r\nFrom outside.\r\n";
    let args = [
        "deliver",
        "-f",
        "out@example.net",
        "bob@example.org",
        "nobody@example.org",
        "--json",
    ];
    let run = with_input(&place, &args, mail);
    assert_eq!(run.code(), Some(67), "{}", run.err());
    let answers: Value = serde_json::from_str(&run.out()).unwrap();
    super::shape::check(&args, &answers);
    assert_eq!(
        (&answers[0]["code"], &answers[1]["code"]),
        (&json!(250), &json!(550))
    );
    assert_eq!(subjects(&inbox(&place, "bob")), ["Hello"]);
    let run = with_input(&place, &["deliver", "bob@example.org"], mail);
    assert_eq!((run.code(), run.out().get(..3)), (Some(0), Some("250")));
    assert_eq!(
        with_input(&place, &["deliver", "bob@example.org"], "").code(),
        Some(65)
    );
}

#[test]
fn a_draft_whose_edit_was_interrupted_is_not_sent() {
    let place = two();
    let draft = place.json(&write("ann", "bob@example.org", &[]));
    let id = draft["id"].as_str().unwrap();
    place.file(
        &format!("home/data/.editing/ann/{id}.txt"),
        b"To: bob@example.org\n\nnewer",
    );
    let failed = place.fails(1, &["-p", "ann", "send", id, "--json"]);
    assert_eq!(failed["error"]["code"], "unfinished");
}
