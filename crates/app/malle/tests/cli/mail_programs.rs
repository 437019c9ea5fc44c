//! Mail of programs that call sendmail leaves as they wrote it: every byte that somebody may have signed, and nobody whom nobody is to see.

use serde_json::{Value, json};

use super::place::Place;
use super::sending::{inbox, subjects, two, with_input};

const SIGNED: &str = "From: Ann <ann@example.org>\r\nTo: Bob <bob@example.org>\r\nDate: Tue, 1 Jan 2019 10:00:00 +0100\r\n\
    Message-ID: <1@example.org>\r\nSubject: Signed\r\nList-Id: <l.example.org>\r\nAuto-Submitted: auto-generated\r\n\
    MIME-Version: 1.0\r\nContent-Type: multipart/signed; micalg=pgp-sha512;\r\n\tprotocol=\"application/pgp-signature\"; boundary=\"=b\"\r\n\r\n\
    This is a signed mail.\r\n--=b\r\nContent-Type: text/plain; charset=utf-8; x=y\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n\
    trailing=20\r\n.\r\n..\r\n=46rom =C3=A9\r\n--=b\r\nContent-Type: application/pgp-signature\r\n\r\n\
    -----BEGIN PGP SIGNATURE-----\r\n-----END PGP SIGNATURE-----\r\n--=b--\r\n";

fn sent(place: &Place, words: &[&str], mail: &str) {
    let run = with_input(place, &[&["-p", "ann", "sendmail"], words].concat(), mail);
    assert_eq!(
        (run.code(), run.out().as_str()),
        (Some(0), ""),
        "{}",
        run.err()
    );
}

/// The newest mail of an Inbox as it came.
fn raw(place: &Place, of: &str) -> String {
    let rows = inbox(place, of);
    let id = rows[0]["id"].as_str().unwrap();
    String::from_utf8(place.bytes(&["-p", of, "read", id, "--raw"])).unwrap()
}

#[test]
fn every_byte_arrives_but_for_bcc() {
    let place = two();
    let unix = SIGNED.replace("\r\n", "\n");
    let secret = unix.replace(
        "Subject:",
        "Bcc: carla@example.org,\n ann@example.org\nSubject:",
    );
    for mail in [SIGNED, unix.as_str(), secret.as_str()] {
        let to = ["-odi", "-i", "bob@example.org"];
        sent(&place, &to, mail);
        let got = raw(&place, "bob");
        assert_eq!(got, format!("Return-Path: <ann@example.org>\r\n{SIGNED}"));
    }
    // Who is in Bcc gets the same, and nobody sees it.
    sent(&place, &["-odi", "-i", "-t"], &secret);
    for name in ["bob", "ann"] {
        let got = inbox(&place, name);
        let signed = got.iter().find(|row| row["subject"] == "Signed").unwrap();
        let words = ["-p", name, "read", signed["id"].as_str().unwrap(), "--raw"];
        let got = String::from_utf8(place.bytes(&words)).unwrap();
        assert_eq!(got, format!("Return-Path: <ann@example.org>\r\n{SIGNED}"));
    }
    // What is kept of it says it, too, and what was refused can be sent again.
    let kept = place.json(&["-p", "ann", "list", "Sent Items"]);
    let id = kept[0]["id"].as_str().unwrap();
    let raw = String::from_utf8(place.bytes(&["-p", "ann", "read", id, "--raw"])).unwrap();
    assert_eq!(raw, SIGNED);
}

#[test]
fn what_was_taken_back_and_changed_leaves_changed() {
    let place = two();
    sent(&place, &["-odq", "-i", "bob@example.org"], SIGNED);
    let waits = place.json(&["-p", "ann", "outbox", "list"]);
    let id = waits[0]["id"].as_str().unwrap();
    place.ok(&["-p", "ann", "outbox", "cancel", id]);
    let drafts = place.json(&["-p", "ann", "list", "Drafts"]);
    let id = drafts[0]["id"].as_str().unwrap();
    place.ok(&["-p", "ann", "props", id, "--set", "PR_SUBJECT=Other"]);
    place.ok(&["-p", "ann", "send", id]);
    let got = inbox(&place, "bob");
    assert_eq!(subjects(&got), ["Other"]);
    assert!(!raw(&place, "bob").contains("Subject: Signed"));
}

#[test]
fn names_alone_are_people_of_the_own_domain() {
    let place = two();
    let mail = "From: root (Cron Daemon)\nTo: bob\nSubject: Cron <bob@host> ls\n\nout\n";
    sent(&place, &["-odi", "-i", "-t"], mail);
    let got = raw(&place, "bob");
    let from = "From: root@example.org (Cron Daemon)\r\nTo: bob@example.org\r\nSubject: Cron <bob@host> ls\r\nDate: ";
    let sender = "Return-Path: <ann@example.org>\r\nSender: <ann@example.org>\r\n";
    assert!(got.starts_with(&format!("{sender}{from}")), "{got}");
    assert!(got.contains("\r\nMessage-ID: <") && got.ends_with("@example.org>\r\n\r\nout\r\n"));
    // As cron calls it, and PHP, with nothing but a text.
    sent(
        &place,
        &["-FCronDaemon", "-i", "-odi", "-B8BITMIME", "-oem", "bob"],
        "été\n",
    );
    let got = raw(&place, "bob");
    assert!(
        got.contains("From: CronDaemon <ann@example.org>\r\n"),
        "{got}"
    );
    assert!(got.ends_with("\r\n\r\nété\r\n"), "{got}");
    sent(&place, &["-odi", "bob"], "");
    assert!(raw(&place, "bob").ends_with("@example.org>\r\n\r\n"));
}

#[test]
fn a_mail_that_is_passed_on_goes_to_whom_it_is_passed_on_to() {
    let place = two();
    let mail = "Resent-From: ann@example.org\nResent-To: bob@example.org\nFrom: x@example.net\nTo: ann@example.org\nSubject: On\n\nx\n";
    sent(&place, &["-odi", "-t"], mail);
    assert_eq!(inbox(&place, "ann").len(), 0);
    let got = inbox(&place, "bob");
    let view = place.json(&["-p", "bob", "read", got[0]["id"].as_str().unwrap()]);
    let to: Vec<&Value> = view["to"]
        .as_array()
        .unwrap()
        .iter()
        .map(|p| &p["address"])
        .collect();
    assert_eq!(to, [&json!("ann@example.org")]);
}

#[test]
fn mail_servers_and_fetchers_deliver_as_they_say_it() {
    let place = two();
    let run = |words: &[&str], mail: &str| {
        let run = with_input(&place, &[&["deliver"], words].concat(), mail);
        (run.code(), run.err())
    };
    // Postfix puts the first two lines before a mail, fetchmail names a user.
    let mail = "From zoe@x.org  Mon Nov 23 10:00:00 2026\nReturn-Path: <old@x.org>\nDelivered-To: bob\nFrom: z@x.org\nSubject: In\n\n.\nx\0y\n";
    assert_eq!(run(&["-f", "zoe@x.org", "bob"], mail).0, Some(0));
    let got = raw(&place, "bob");
    let rest = mail.split_once("old@x.org>\n").unwrap().1;
    assert_eq!(got, format!("Return-Path: <zoe@x.org>\r\n{rest}"));
    for (words, code) in [
        (&["--wrong"][..], 64),
        (&["nobody"], 67),
        (&["a@elsewhere.org"], 69),
        (&["--spool", "/nowhere/at/all", "bob@example.org"], 75),
    ] {
        let (got, err) = run(words, mail);
        assert_eq!(got, Some(code), "{words:?}: {err}");
    }
    let elsewhere = place.path("unused");
    let elsewhere = elsewhere.to_str().unwrap();
    let other = with_input(
        &place,
        &["--home", elsewhere, "deliver", "bob@example.org"],
        mail,
    );
    assert_eq!(
        other.code(),
        Some(75),
        "a home that is not there refuses nobody: {}",
        other.err()
    );
}

#[test]
fn many_deliver_at_once_and_who_is_killed_delivers_nothing() {
    use std::io::Write as _;
    use std::process::{Child, Command, Stdio};
    let place = two();
    let start = || -> Child {
        let mut command = Command::new(env!("CARGO_BIN_EXE_malle"));
        command.args(["deliver", "bob@example.org"]);
        command
            .env("MALLE_HOME", place.path("home"))
            .stdin(Stdio::piped());
        command.stdout(Stdio::null()).spawn().unwrap()
    };
    let mut all: Vec<Child> = (0..20).map(|_| start()).collect();
    let lines = "text of a line\n".repeat(20_000);
    for (n, one) in all.iter_mut().enumerate() {
        let mut input = one.stdin.take().unwrap();
        write!(input, "Subject: {n:02}\n\n{lines}").unwrap();
        if n % 4 == 3 {
            one.kill().unwrap();
        }
        drop(input);
    }
    let ended: Vec<bool> = all
        .iter_mut()
        .map(|one| one.wait().unwrap().success())
        .collect();
    let got = inbox(&place, "bob");
    let mut got = subjects(&got);
    got.sort_unstable();
    let names: Vec<String> = (0..20).map(|n| format!("{n:02}")).collect();
    let wanted: Vec<&str> = names
        .iter()
        .zip(&ended)
        .filter(|(_, e)| **e)
        .map(|(n, _)| n.as_str())
        .collect();
    assert_eq!(wanted.len(), 15);
    assert_eq!(got, wanted);
}
