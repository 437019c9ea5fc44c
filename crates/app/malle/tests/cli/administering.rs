//! Profiles and services built, copied, broken, repaired and deleted by scripts, with nobody to ask.

use std::fs;

use malle_host::{Home, Profiles};
use serde_json::Value;

use super::place::Place;

fn names(place: &Place) -> Vec<String> {
    let list = place.json(&["profile", "list"]);
    let name = |p: &Value| p["name"].as_str().unwrap().to_owned();
    list.as_array().unwrap().iter().map(name).collect()
}

fn said(error: &Value) -> String {
    error["error"]["message"].as_str().unwrap().to_owned()
}

/// Somebody's session, until it is dropped.
fn session(place: &Place, profile: &str) -> malle_host::FileLock {
    Profiles::of(Home::below(&place.path("home")))
        .share(profile)
        .unwrap()
}

#[test]
fn a_profile_is_built_copied_broken_repaired_and_deleted() {
    let place = Place::new();
    place.ok(&["profile", "default", "me"]);
    place.import("Subject: kept\n\nThe one message.\n");
    let uid = built(&place);
    copied_and_broken(&place, &uid);
    repaired_and_deleted(&place);
}

/// One more store, in a place of its own.
fn built(place: &Place) -> String {
    let more = place.path("more.malle").display().to_string();
    let set = format!("path={more}");
    let added = place.json(&[
        "service",
        "add",
        "MALLE_LOCAL",
        "--name",
        "Archive",
        "--set",
        &set,
    ]);
    assert_eq!(
        (added["done"].as_str(), added["in_use"].as_bool()),
        (Some("added"), Some(false))
    );
    let service = &added["service"];
    assert_eq!(service["name"], "Archive");
    assert_eq!(service["settings"]["path"], more.as_str());
    assert_eq!(service["providers"][0]["letter"], "b");
    assert!(fs::metadata(&more).is_ok(), "its store is made");
    place.json(&["props", "b"]);
    let nowhere = place.file("a file", b"no folder");
    let set = format!("path={nowhere}/mail.malle");
    place.fails(
        1,
        &["service", "add", "MALLE_LOCAL", "--set", &set, "--json"],
    );
    let uid = service["uid"].as_str().unwrap();
    for word in ["2", "b", "Archive", uid] {
        assert_eq!(place.json(&["service", "show", word])["uid"], uid);
    }
    assert_eq!(
        place.json(&["service", "list"]).as_array().unwrap().len(),
        2
    );
    uid.to_owned()
}

/// Both profiles use the same mail, until a path leads where no store can be: reading says so, and the other profile does
/// not notice.
fn copied_and_broken(place: &Place, uid: &str) {
    place.json(&["profile", "copy", "me", "trial copy"]);
    assert_eq!(names(place), ["me", "trial copy"]);
    let shown = place.json(&["profile", "show", "trial copy"]);
    assert_ne!(shown["services"][1]["uid"], uid, "its uids are its own");
    let listed = place.json(&["-p", "trial copy", "list"]);
    assert_eq!(listed.as_array().unwrap().len(), 1);
    let nowhere = place.path("no/such/folder.malle").display().to_string();
    let first = shown["services"][0]["uid"].as_str().unwrap();
    let set = format!("path={nowhere}");
    place.json(&[
        "-p",
        "trial copy",
        "service",
        "configure",
        first,
        "--set",
        &set,
    ]);
    let run = place.run(&["-p", "trial copy", "list"]);
    assert_ne!(run.code(), Some(0), "{}", run.out());
    assert_eq!(place.json(&["list"]).as_array().unwrap().len(), 1);
}

/// Repaired from a file. What is deleted leaves its mail, for the other profile too.
fn repaired_and_deleted(place: &Place) {
    let whole = place.json(&["profile", "show", "me"]);
    let base = whole["base"].as_str().unwrap();
    let file = place.file(
        "settings",
        format!("# its mail\npath = \"{base}/mail.malle\"\n").as_bytes(),
    );
    place.json(&[
        "-p",
        "trial copy",
        "service",
        "configure",
        "1",
        "--from",
        &file,
    ]);
    assert_eq!(
        place
            .json(&["-p", "trial copy", "list"])
            .as_array()
            .unwrap()
            .len(),
        1
    );
    place.json(&["profile", "delete", "trial copy"]);
    assert_eq!(names(place), ["me"]);
    assert_eq!(place.json(&["list"]).as_array().unwrap().len(), 1);
    place.json(&["service", "delete", "b", "--yes"]);
    assert_eq!(
        place.json(&["service", "list"]).as_array().unwrap().len(),
        1
    );
    place.fails(3, &["service", "show", "b", "--json"]);
}

#[test]
fn a_wrong_setting_is_named_with_its_value_and_what_is_allowed_and_changes_nothing() {
    let place = Place::new();
    let before = place.json(&["profile", "show", "me"]);
    let fails = |args: &[&str]| said(&place.fails(2, &[args, &["--json"]].concat()));
    let add = ["service", "add", "MALLE_LOCAL", "--set"];
    let with = |set| fails(&[add.as_slice(), &[set]].concat());
    assert!(
        with("pth=x").contains("“pth”; did you mean “path”?"),
        "{}",
        with("pth=x")
    );
    assert!(
        with("colour=red").contains("there are: path"),
        "{}",
        with("colour=red")
    );
    assert!(
        with("path=").contains("“path”: “” is not a path"),
        "{}",
        with("path=")
    );
    assert!(with("path").contains("KEY=VALUE"), "{}", with("path"));
    let memory = ["service", "add", "MALLE_MEMORY", "--set", "name=a\u{7}b"];
    assert!(fails(&memory).contains("without control characters"));
    let memory = [
        "service",
        "configure",
        "a",
        "--set",
        "name=x",
        "--set",
        "pat=y",
    ];
    let both = fails(&memory);
    assert!(
        both.contains("“name”") && both.contains("“pat”"),
        "all at once: {both}"
    );
    assert!(fails(&["service", "configure", "a"]).contains("--set"));
    assert!(fails(&["service", "configure", "a", "--unset", "pth"]).contains("“path”"));
    let required = fails(&["service", "add", "MALLE_MAILBOX"]);
    assert!(required.contains("“path” is missing"), "{required}");
    assert!(fails(&["service", "add", "MALLE_LOCL"]).contains("MALLE_LOCL"));
    assert!(fails(&["service", "add", "MALLE_LOCAL", "--ask"]).contains("--set"));
    assert!(fails(&["profile", "create", "x", "--set", "pth=y"]).contains("“path”"));
    for (text, wanted) in [
        ("path\n", "settings:1"),
        ("{\"path\": [1]}", "path"),
        ("{\"path\": ", "settings"),
        ("{\"pth\": \"x\"}", "did you mean"),
    ] {
        let file = place.file("settings", text.as_bytes());
        let error = fails(&["service", "add", "MALLE_LOCAL", "--from", &file]);
        assert!(error.contains(wanted), "{text}: {error}");
    }
    place.fails(
        3,
        &[
            "service",
            "add",
            "MALLE_LOCAL",
            "--from",
            "/no/such/file",
            "--json",
        ],
    );
    assert_eq!(place.json(&["profile", "show", "me"]), before);
    let french = place.malle().clone().env("MALLE_LANG", "fr");
    let run = french.run(["service", "add", "MALLE_LOCAL", "--set", "pth=x"]);
    assert!(
        run.err().contains("vouliez-vous dire « path »"),
        "{}",
        run.err()
    );
}

#[test]
fn what_is_in_use_changes_when_its_last_session_ends() {
    let place = Place::new();
    place.ok(&["profile", "create", "busy"]);
    let used = session(&place, "busy");
    assert_eq!(place.json(&["profile", "show", "busy"])["in_use"], true);
    let path = format!("path={}", place.path("b.malle").display());
    let add = [
        "-p",
        "busy",
        "service",
        "add",
        "MALLE_LOCAL",
        "--set",
        &path,
    ];
    let run = place.run(&add);
    assert!(
        run.err().contains("takes effect in the next session"),
        "{}",
        run.err()
    );
    let renamed = place.json(&["profile", "rename", "busy", "calm"]);
    assert_eq!(renamed["deferred"], true);
    assert_eq!(names(&place), ["busy", "me"], "it has its name until then");
    drop(used);
    assert_eq!(place.json(&["profile", "delete", "me"])["deferred"], false);
    assert_eq!(names(&place), ["calm"]);
    let used = session(&place, "calm");
    let gone = place.json(&[
        "-p", "calm", "service", "provider", "delete", "1", "a", "--yes",
    ]);
    assert_eq!(
        (gone["deferred"].as_bool(), gone["in_use"].as_bool()),
        (Some(true), Some(true))
    );
    let run = place.run(&["profile", "delete", "calm", "--purge", "--yes"]);
    assert_eq!(
        run.code(),
        Some(1),
        "mail is not taken from under a session"
    );
    let deleted = place.json(&["profile", "delete", "calm"]);
    assert_eq!(deleted["deferred"], true);
    let data = deleted["data"].as_str().unwrap();
    assert!(fs::metadata(data).is_ok());
    assert_eq!(names(&place), [""; 0], "it is listed no more");
    drop(used);
    place.ok(&["profile", "create", "new", "--empty"]);
    assert!(
        !Profiles::of(Home::below(&place.path("home")))
            .names()
            .unwrap()
            .contains(&"calm".to_owned())
    );
    assert!(fs::metadata(data).is_ok(), "its mail stays");
}

#[test]
fn profiles_travel_as_files() {
    let place = Place::new();
    let to = place.path("me.toml").display().to_string();
    let exported = place.json(&["profile", "export", "me", "--to", &to]);
    assert_eq!(exported["to"], to.as_str());
    let text = place.ok(&["profile", "export", "me"]);
    assert_eq!(text, fs::read_to_string(&to).unwrap());
    let there = place.json(&["profile", "import", "other", &to]);
    assert_eq!(there["stores"][0]["letter"], "a");
    assert_eq!(names(&place), ["me", "other"]);
    place.fails(1, &["profile", "import", "other", &to, "--json"]);
    let bad = place.file("bad.toml", b"services = 7\n");
    place.fails(1, &["profile", "import", "bad", &bad, "--json"]);
    assert_eq!(names(&place), ["me", "other"]);
}

#[test]
fn roles_names_and_orders_are_told_and_set() {
    let place = Place::new();
    let path = format!("path={}", place.path("b.malle").display());
    place.json(&["service", "add", "MALLE_LOCAL", "--set", &path]);
    place.ok(&["folder", "list"]);
    assert_eq!(
        place.json(&["service", "default-store"])["default_store"],
        "a"
    );
    let error = place.fails(1, &["service", "rename", "a", "mail", "--json"]);
    assert_eq!(error["error"]["code"], "MAPI_E_NO_SUPPORT");
    assert!(error["error"]["hint"].as_str().unwrap().contains("--name"));
    assert_eq!(
        place.json(&["service", "order"]).as_array().unwrap().len(),
        0
    );
    place.fails(3, &["service", "order", "SMTP", "--json"]);
    let whose = place.json(&["service", "identity", "a"]);
    assert_eq!(whose["name"], place.json(&["service", "show", "a"])["name"]);
    assert_eq!(
        place.json(&["service", "identity", "--none"])["service"],
        Value::Null
    );
    let both = place.fails(2, &["service", "show", "MALLE_LOCAL", "--json"]);
    assert_eq!(both["error"]["code"], "ambiguous");
    assert_eq!(
        place.json(&["profile", "default", "--none"])["default"],
        Value::Null
    );
    let available = place.json(&["service", "available", "MALLE_LOCAL"]);
    assert_eq!(available[0]["settings"][0]["kind"], "path");
    assert!(
        place
            .ok(&["service", "available"])
            .contains("path (default mail.malle): a path.")
    );
    // Nobody can be asked here, whatever is wanted.
    let error = place.fails(2, &["profile", "wizard", "--json"]);
    assert_eq!(error["error"]["code"], "nobody-to-ask");
    assert_eq!(names(&place), ["me"]);
}

#[test]
fn a_dry_run_says_what_would_be_and_does_nothing() {
    let place = Place::new();
    let before = place.json(&["profile", "show", "me"]);
    let path = format!("path={}", place.path("b.malle").display());
    let dry = |args: &[&str]| place.json(&[args, &["--dry-run"]].concat());
    assert_eq!(
        dry(&["service", "add", "MALLE_LOCAL", "--set", &path])["dry_run"],
        true
    );
    let set = dry(&["service", "configure", "a", "--set", &path]);
    assert_eq!(
        set["service"]["settings"]["path"],
        path.trim_start_matches("path=")
    );
    dry(&["service", "delete", "a"]);
    dry(&["service", "copy", "a"]);
    dry(&["profile", "copy", "me", "you"]);
    dry(&["profile", "rename", "me", "you"]);
    dry(&["profile", "delete", "me"]);
    dry(&["profile", "default", "--none"]);
    assert_eq!(place.json(&["profile", "show", "me"]), before);
    assert_eq!(names(&place), ["me"]);
}

#[test]
fn a_profile_that_cannot_be_read_is_named_with_its_place_and_can_be_deleted() {
    let place = Place::new();
    let exported = place.path("me.toml").display().to_string();
    place.ok(&["profile", "export", "me", "--to", &exported]);
    place.ok(&["profile", "import", "you", &exported]);
    place.ok(&["-p", "you", "list"]);
    let file = Home::below(&place.path("home")).profile_file("you");
    let text = fs::read_to_string(&file).unwrap();
    fs::write(&file, text.replace("letter = \"a\"", "letter = \"A\"")).unwrap();

    let error = said(&place.fails(1, &["-p", "you", "list", "--json"]));
    for part in ["you.toml", "line ", "letter = ", "letters a to z"] {
        assert!(error.contains(part), "{part} of {error}");
    }
    let list = place.run(&["profile", "list"]);
    assert_eq!(list.code(), Some(6), "some could not be shown");
    assert!(list.out().contains("me") && !list.out().contains("you"));
    assert!(list.err().contains("you.toml"));
    place.ok(&["profile", "delete", "you"]);
    assert_eq!(names(&place), ["me"]);
}

#[test]
fn a_service_that_fails_late_leaves_nothing_behind_not_even_its_letter() {
    let place = Place::new();
    let before = place.json(&["profile", "show", "me"]);
    let file = place.file("no-store", b"this is no store");
    for path in [file.as_str(), "/no/such/folder/mail.malle"] {
        let set = format!("path={path}");
        place.fails(
            1,
            &["service", "add", "MALLE_LOCAL", "--set", &set, "--json"],
        );
        assert_eq!(place.json(&["profile", "show", "me"]), before);
    }
    assert_eq!(fs::read(&file).unwrap(), b"this is no store");
    let add = [
        "service",
        "add",
        "MALLE_LOCAL",
        "--set",
        "path=second.malle",
    ];
    place.json(&add);
    let services = place.json(&["service", "list"]);
    let uid = &services[1]["uid"];
    assert_eq!(&place.json(&["service", "show", "b"])["uid"], uid);
    place.json(&["folder", "list"]);
}
