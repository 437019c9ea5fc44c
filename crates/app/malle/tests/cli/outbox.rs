//! What waits: what is tried again and what is not, what Ctrl-C leaves, who sends what `sendmail` took.

use std::time::{Duration, Instant};

use super::place::Place;
use super::sending::{inbox, subjects, two, with_input, write};
use serde_json::{Value, json};

/// For what happens soon in another process.
const PATIENCE: Duration = Duration::from_secs(30);

fn outbox(place: &Place) -> Vec<Value> {
    let list = place.json(&["-p", "ann", "outbox", "list"]);
    list.as_array().unwrap().clone()
}

fn states(place: &Place) -> Vec<String> {
    let states = outbox(place).into_iter();
    states
        .map(|one| one["state"].as_str().unwrap().to_owned())
        .collect()
}

fn trouble(place: &Place, setting: &str) {
    let words = ["-p", "ann", "service", "configure", "MALLE_DELIVERY"];
    place.ok(&[&words[..], &["--set", setting]].concat());
}

fn id_of(sent: &Value) -> &str {
    sent["id"].as_str().unwrap()
}

/// The value of a command that ends with this code.
fn ending(place: &Place, code: i32, args: &[&str]) -> Value {
    let run = place.run(&[args, &["--json"]].concat());
    assert_eq!(run.code(), Some(code), "{args:?}: {}", run.err());
    serde_json::from_str(&run.out()).unwrap()
}

#[test]
fn what_somebody_keeps_back_is_only_sent_if_it_is_named() {
    let place = two();
    let later = place.json(&write("ann", "bob@example.org", &["--in", "1h"]));
    let held = place.json(&write("ann", "bob@example.org", &["--queue"]));
    let (later, held) = (id_of(&later), id_of(&held));
    place.json(&["-p", "ann", "outbox", "hold", held]);
    assert_eq!(place.json(&["-p", "ann", "outbox", "retry"]), json!([]));
    assert_eq!(states(&place), ["deferred", "held"]);
    // Whoever held it does not make it leave before its sender wanted.
    place.json(&["-p", "ann", "outbox", "hold", later]);
    place.json(&["-p", "ann", "outbox", "release", later]);
    place.json(&["-p", "ann", "flush", "--force"]);
    assert_eq!(states(&place), ["deferred", "held"]);
    assert!(outbox(&place)[0]["next"].is_string());
    let sent = place.json(&["-p", "ann", "outbox", "retry", later]);
    assert_eq!(sent[0]["state"], "filed");
    assert_eq!(inbox(&place, "bob").len(), 1);
}

#[test]
fn what_could_not_be_done_is_told_without_doing_it() {
    let place = two();
    let draft = place.json(&write("ann", "bob@example.org", &[]));
    let id = id_of(&draft);
    for verb in ["hold", "release", "sent", "cancel", "retry"] {
        let words = ["-p", "ann", "--dry-run", "outbox", verb, id];
        let tried = ending(&place, 3, &words);
        assert_eq!(tried["failed"][0]["code"], "MAPI_E_NOT_IN_QUEUE", "{verb}");
    }
    let failed = ending(&place, 3, &["-p", "ann", "outbox", "retry", id]);
    assert_eq!(failed[0]["state"], "failed");
    assert_eq!(place.ok(&["-p", "ann", "outbox", "list"]), "");
    let nobody = place.fails(3, &["-p", "nobody", "flush", "--json"]);
    assert_eq!(nobody["error"]["code"], "no-such-profile");
}

#[test]
fn a_time_that_is_none_leaves_nothing_behind() {
    let place = two();
    for rest in [["--at", "soon"], ["--in", "soon"], ["--undo-for", "x"]] {
        let words = write("ann", "bob@example.org", &rest);
        place.fails(2, &[&words[..], &["--json"]].concat());
    }
    assert_eq!(place.json(&["-p", "ann", "draft", "list"]), json!([]));
    // What is written and cannot be sent is a draft, and that is said.
    let words = [
        "-p", "ann", "new", "-s", "x", "--body", "y", "--send", "--json",
    ];
    let failed = place.fails(1, &words);
    let drafts = place.json(&["-p", "ann", "draft", "list"]);
    let hint = failed["error"]["hint"].as_str().unwrap();
    assert!(hint.contains(drafts[0]["id"].as_str().unwrap()), "{hint}");
}

#[test]
fn a_message_behind_another_says_so() {
    let place = two();
    trouble(&place, "fail=submit/1");
    let first = ending(&place, 6, &write("ann", "bob@example.org", &["--send"]));
    assert_eq!(first["state"], "waiting");
    let second = ending(&place, 6, &write("ann", "bob@example.org", &["--send"]));
    let why = second["why"].as_str().unwrap();
    let behind = format!("behind {}, ", id_of(&first));
    assert_eq!(second["state"], "queued");
    assert!(why.starts_with(&behind) && why.contains("`fail`"), "{why}");
}

/// Runs a command whose transport hangs, and ends it with Ctrl-C once the message is being sent.
#[cfg(unix)]
fn interrupted(place: &Place, args: &[&str]) -> testkit::Run {
    use std::process::{Command, Stdio};
    let mut command = Command::new(env!("CARGO_BIN_EXE_malle"));
    command
        .args(args)
        .env("MALLE_HOME", place.path("home"))
        .env("MALLE_LANG", "en")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let child = command.spawn().unwrap();
    let end = Instant::now() + PATIENCE;
    while states(place).last().map(String::as_str) != Some("sending") {
        assert!(Instant::now() < end, "it never hung");
    }
    let mut kill = Command::new("kill");
    assert!(
        kill.args(["-INT", &child.id().to_string()])
            .status()
            .unwrap()
            .success()
    );
    let output = child.wait_with_output().unwrap();
    testkit::Run {
        status: output.status,
        stdout: output.stdout,
        stderr: output.stderr,
    }
}

#[cfg(unix)]
#[test]
fn ctrl_c_leaves_what_was_not_leaving_as_it_was() {
    for step in ["submit", "write"] {
        let place = two();
        trouble(&place, &format!("hang={step}"));
        let sent = interrupted(
            &place,
            &write("ann", "bob@example.org", &["--send", "--json"]),
        );
        assert_eq!(sent.code(), Some(130), "{step}: {}", sent.err());
        let sent: Value = serde_json::from_str(&sent.out()).unwrap();
        assert_eq!(sent["state"], "queued", "{sent}");
        let flushed = interrupted(&place, &["-p", "ann", "flush"]);
        assert_eq!(flushed.code(), Some(130));
        assert!(flushed.err().contains("malle flush"), "{}", flushed.err());
        let retried = interrupted(&place, &["-p", "ann", "outbox", "retry"]);
        assert_eq!(retried.code(), Some(130), "{}", retried.err());
        let again = interrupted(&place, &["-p", "ann", "send", &other_draft(&place)]);
        assert_eq!(again.code(), Some(130), "{}", again.err());
        assert_eq!(states(&place), ["queued", "queued"], "{step}");
        assert!(outbox(&place).iter().all(|one| one["attempts"] == 0));
        trouble(&place, "hang=");
        assert_eq!(place.json(&["-p", "ann", "flush"])["sent"], 2);
        assert_eq!(inbox(&place, "bob").len(), 2, "{step}");
    }
}

/// A draft beside what waits: it is sent last.
#[cfg(unix)]
fn other_draft(place: &Place) -> String {
    let draft = place.json(&write("ann", "bob@example.org", &[]));
    id_of(&draft).to_owned()
}

#[test]
fn sendmail_returns_when_the_message_is_safe_and_it_is_sent_all_the_same() {
    let place = two();
    trouble(&place, "delay=submit:1500");
    let mail = "To: bob@example.org\nSubject: Job\n\nDone.\n";
    let run = with_input(&place, &["-p", "ann", "sendmail", "-t"], mail);
    assert_eq!(
        (run.code(), run.out().as_str()),
        (Some(0), ""),
        "{}",
        run.err()
    );
    assert_eq!(
        states(&place).len(),
        1,
        "it is not sent before sendmail returns"
    );
    let run = with_input(&place, &["-p", "ann", "sendmail", "-odq", "-t"], mail);
    assert_eq!(run.code(), Some(0));
    let end = Instant::now() + PATIENCE;
    while !outbox(&place).is_empty() {
        assert!(Instant::now() < end, "nobody sends it");
        // What was only queued may have come too late for the process that sends.
        let run = with_input(&place, &["-p", "ann", "sendmail", "-q"], "");
        assert_eq!((run.code(), run.out().as_str()), (Some(0), ""));
    }
    assert_eq!(subjects(&inbox(&place, "bob")), ["Job", "Job"]);
}

#[test]
fn whom_sendmail_starts_sends_it() {
    let place = two();
    let mail = "To: bob@example.org\nSubject: Job\n\nDone.\n";
    let run = with_input(&place, &["-p", "ann", "sendmail", "-t"], mail);
    assert_eq!(run.code(), Some(0), "{}", run.err());
    let end = Instant::now() + PATIENCE;
    while !outbox(&place).is_empty() {
        assert!(Instant::now() < end, "nobody sends it");
    }
    assert_eq!(subjects(&inbox(&place, "bob")), ["Job"]);
}

#[test]
fn an_unreadable_message_is_refused_in_words() {
    let place = two();
    for (args, code) in [(["sendmail", "-t"], 65), (["sendmail", "-k"], 64)] {
        let run = with_input(&place, &[&["-p", "ann"][..], &args].concat(), " \n");
        assert_eq!(run.code(), Some(code));
    }
    let french = place.malle().clone().env("MALLE_LANG", "fr").input(b" \n");
    let run = french.run(["-p", "ann", "sendmail", "-t"]);
    assert!(run.err().starts_with("erreur"), "{}", run.err());
    assert!(run.err().contains("l’entrée standard"), "{}", run.err());
}

#[test]
fn what_was_sent_is_listed_newest_first_and_drafts_as_they_were_written() {
    let place = two();
    let subjects_in = |folder: &str| {
        let rows = place.json(&["-p", "ann", "list", folder]);
        let all = subjects(rows.as_array().unwrap()).into_iter();
        all.map(str::to_owned).collect::<Vec<_>>()
    };
    let new = |subject: &str, rest: &[&str]| {
        let words = ["-p", "ann", "new", "--to", "bob@example.org", "--body", "x"];
        let made = place.json(&[&words[..], &["-s", subject], rest].concat());
        id_of(&made).to_owned()
    };
    for subject in ["first", "second", "third"] {
        new(subject, &["--send"]);
    }
    assert_eq!(subjects_in("Sent Items"), ["third", "second", "first"]);
    let [first, _] = ["one", "two"].map(|subject| new(subject, &[]));
    assert_eq!(subjects_in("Drafts"), ["two", "one"]);
    place.ok(&[
        "-p",
        "ann",
        "props",
        &first,
        "--set",
        "PR_SUBJECT=one again",
    ]);
    assert_eq!(subjects_in("Drafts"), ["one again", "two"]);
}
