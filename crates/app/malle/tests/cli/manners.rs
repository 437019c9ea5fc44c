//! How the command behaves: language, pipes, signals, logs, generated pages, text on the screen.

use std::fmt::Write;

use super::place::Place;
use serde_json::Value;

fn mail(n: usize) -> String {
    format!(
        "From: Ann {n} <ann@example.org>\r\nTo: Bob <bob@example.org>\r\n\
         Date: Thu, 1 Jan 2026 10:{:02}:00 +0000\r\nSubject: Number {n}\r\n\r\nHello {n}.\r\n",
        n % 60
    )
}

#[test]
fn errors_and_notes_in_french_json_never() {
    let place = Place::empty();
    let french = place.malle().clone().env("LC_ALL", "fr_CH.UTF-8");
    let run = french.run(["list"]);
    assert_eq!(run.code(), Some(3));
    assert!(
        run.err().starts_with("erreur\u{202F}: aucun profil"),
        "{}",
        run.err()
    );
    let run = french.run(["profile", "create", "moi", "--json"]);
    let made: Value = serde_json::from_str(&run.out()).unwrap();
    assert_eq!(made["name"], "moi");
    let english = french.clone().env("MALLE_LANG", "en");
    let run = english.run(["list", "Nowhere"]);
    assert!(
        run.err().starts_with("error: there is no folder"),
        "{}",
        run.err()
    );
}

#[test]
fn a_wrong_command_line_is_told_in_both_forms() {
    let place = Place::empty();
    let run = place.run(&["list", "--no-such-option"]);
    assert_eq!(run.code(), Some(2));
    assert_eq!(run.out(), "");
    let error = place.fails(2, &["--json", "frobnicate"]);
    assert_eq!(error["error"]["code"], "usage");
    assert_eq!(
        place.run(&["--log", "loud", "profile", "list"]).code(),
        Some(2)
    );
    assert_eq!(place.run(&["--help"]).code(), Some(0));
    assert!(place.ok(&["--version"]).starts_with("malle "));
}

#[test]
fn mail_cannot_steer_the_terminal() {
    let place = Place::new();
    let evil = "From: \"E\u{1b}[31m\" <e@example.org>\r\nSubject: a\u{1b}]0;owned\u{7}b\r\n\r\n\u{1b}[2Jx\r\n";
    let id = place.import(evil);
    for args in [
        vec!["list"],
        vec!["read", &id],
        vec!["props", &id],
        vec!["read", &id, "--headers"],
    ] {
        assert!(!place.ok(&args).contains('\u{1b}'), "{args:?}");
    }
    assert_eq!(place.bytes(&["export", &id]), evil.as_bytes());
}

#[test]
fn the_calls_of_a_command_can_be_logged() {
    let place = Place::new();
    let run = place.run(&["list", "--log", "spi=trace"]);
    assert_eq!(run.code(), Some(0));
    assert!(run.err().contains("spi"), "{}", run.err());
    assert!(!place.run(&["list"]).err().contains("spi"));
}

#[test]
fn completions_and_pages_for_every_command() {
    let place = Place::empty();
    for shell in ["bash", "zsh", "fish", "powershell"] {
        let script = place.ok(&["completions", shell]);
        assert!(
            script.contains("malle") && script.contains("import"),
            "{shell}"
        );
    }
    assert!(place.ok(&["man"]).contains(".TH malle"));
    assert!(place.ok(&["man", "folder", "create"]).contains("folder"));
    place.fails_text(2, &["man", "nothing"]);
    let to = place.path("man1").display().to_string();
    place.ok(&["man", "--to", &to]);
    assert!(place.path("man1/malle-store-check.1").is_file());
}

#[cfg(unix)]
#[test]
fn a_closed_pipe_is_no_error() {
    use std::process::{Command, Stdio};
    let place = Place::new();
    let mut lines = String::new();
    for n in 0..400 {
        write!(
            lines,
            "From a@b Thu Jan  1 00:00:00 2026\n{}\n",
            mail(n).replace("\r\n", "\n")
        )
        .unwrap();
    }
    let path = place.file("box", lines.as_bytes());
    place.json(&["import", &path]);
    let mut list = place
        .malle()
        .command(["list", "--columns", "PR_TRANSPORT_MESSAGE_HEADERS"]);
    let mut list = list
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let head = Command::new("head")
        .arg("-1")
        .stdin(list.stdout.take().unwrap())
        .output()
        .unwrap();
    assert!(head.status.success());
    let done = list.wait_with_output().unwrap();
    assert!(
        done.stderr.is_empty(),
        "{}",
        String::from_utf8_lossy(&done.stderr)
    );
}

#[cfg(unix)]
#[test]
fn an_interrupted_import_goes_on() {
    use std::io::BufRead;
    let place = Place::new();
    let mut lines = String::new();
    for n in 0..6000 {
        write!(
            lines,
            "From a@b Thu Jan  1 00:00:00 2026\n{}\n",
            mail(n).replace("\r\n", "\n")
        )
        .unwrap();
    }
    let path = place.file("box", lines.as_bytes());
    let mut child = place
        .malle()
        .spawn(["import", "--json", "--progress", "json", &path])
        .unwrap();
    let errors = std::io::BufReader::new(child.child().stderr.take().unwrap());
    // The first line says that something is safe on disk.
    let mut told = errors.lines();
    let first: Value = serde_json::from_str(&told.next().unwrap().unwrap()).unwrap();
    let id = child.id().to_string();
    let sent = std::process::Command::new("kill")
        .args(["-INT", &id])
        .status()
        .unwrap();
    assert!(sent.success());
    let mut out = String::new();
    std::io::Read::read_to_string(&mut child.child().stdout.take().unwrap(), &mut out).unwrap();
    let status = child.wait().unwrap();
    let report: Value = serde_json::from_str(&out).unwrap();
    let imported = report["imported"].as_u64().unwrap();
    assert!(imported >= first["done"].as_u64().unwrap());
    if status.code() == Some(0) {
        assert_eq!(imported, 6000, "the signal came too late");
    } else {
        assert_eq!(status.code(), Some(130));
        assert_eq!(report["interrupted"], true);
    }
    let listed = place.json(&["props", "Inbox"]);
    let count = listed["properties"]
        .as_array()
        .unwrap()
        .iter()
        .find(|p| p["name"] == "PidTagContentCount");
    assert_eq!(count.unwrap()["value"].as_u64(), Some(imported));
    let rest = place.json(&["import", &path]);
    assert_eq!(rest["skipped"].as_u64(), Some(imported));
    assert_eq!(rest["imported"].as_u64(), Some(6000 - imported));
    assert_eq!(place.json(&["store", "check"])["clean"], true);
}

#[test]
fn text_for_people() {
    let place = Place::new();
    let one = place.file("1.eml", mail(1).as_bytes());
    place.json(&["import", &one]);
    insta::assert_snapshot!("list", place.ok(&["list"]));
    insta::assert_snapshot!("folders", place.ok(&["folder", "list"]));
    let id = place.json(&["list"])[0]["id"].as_str().unwrap().to_owned();
    insta::assert_snapshot!("read", place.ok(&["read", &id]));
    insta::assert_snapshot!("profiles", place.ok(&["profile", "list"]));
    insta::assert_snapshot!("unknown_folder", place.fails_text(3, &["list", "Nowhere"]));
    let bad = place.fails_text(2, &["list", "--where", "PR_SUBJECT contains/i \"x\" AND"]);
    insta::assert_snapshot!("bad_restriction", bad);
}

#[cfg(unix)]
#[test]
fn times_are_local() {
    let place = Place::new();
    let one = place.file("1.eml", mail(1).as_bytes());
    place.json(&["import", &one]);
    let shown = |zone: &str| {
        let malle = place.malle().clone().env("TZ", zone);
        malle.ok(["list"])
    };
    assert!(shown("UTC").contains("2026-01-01 10:01"));
    // A rule needs no database of zones.
    assert!(
        shown("ABC-3").contains("2026-01-01 13:01"),
        "{}",
        shown("ABC-3")
    );
    if std::path::Path::new("/usr/share/zoneinfo/Asia/Tokyo").exists() {
        assert!(
            shown("Asia/Tokyo").contains("2026-01-01 19:01"),
            "{}",
            shown("Asia/Tokyo")
        );
    } else {
        testkit::skip("the database of time zones", "install tzdata");
    }
}

#[test]
fn what_is_no_internet_mail_is_called_by_its_name() {
    let place = Place::new();
    for (name, bytes, told) in [
        (
            "a.msg",
            b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1\0\x01\0".as_slice(),
            "compound file",
        ),
        ("a.pst", b"!BDN\0\x01\xFF\0", ".pst"),
        ("winmail.dat", b"\x78\x9F\x3E\x22\0\x01\xFF\0", "TNEF"),
    ] {
        let path = place.file(name, bytes);
        let run = place.run(&["import", "--json", &path]);
        assert_eq!(run.code(), Some(6));
        let report: Value = serde_json::from_str(&run.out()).unwrap();
        let error = report["failures"][0]["error"].as_str().unwrap();
        assert!(error.contains(told), "{error}");
    }
}

#[test]
fn a_store_that_is_none_is_no_matter_of_passwords() {
    let place = Place::new();
    let info = place.json(&["store", "info"]);
    let file = std::path::Path::new(info["directory"].as_str().unwrap()).join("mail.malle");
    std::fs::write(&file, "Dear Sir, this is no store at all. ".repeat(400)).unwrap();
    let run = place.run(&["list"]);
    assert_eq!(run.code(), Some(1), "{}", run.err());
    assert!(run.err().contains("mail.malle"), "{}", run.err());
}
