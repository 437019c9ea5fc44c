//! A Maildir as a store of a profile: read in its place, exported byte for byte, copied from, never changed.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use malle_host::{Home, MalleHost, Profiles};
use mapi::{Host, Logon, Mapi, Session};

use super::place::Place;

const ONE: &str = "From: Ann <ann@example.org>\r\nTo: bob@example.org\r\nSubject: Budget\r\n\
                   Message-ID: <1@x>\r\nDate: Mon, 2 Nov 2026 10:00:00 +0000\r\n\r\nThe numbers are in.\r\n";
const TWO: &str = "From: Bob <bob@example.org>\nSubject: Re: Budget\nReferences: <1@x>\n\
                   Date: Mon, 2 Nov 2026 11:00:00 +0000\n\nBare line ends stay bare\n";

/// A home, and a Maildir with two messages in a thread and one in a folder.
fn place() -> (Place, String) {
    let place = Place::empty();
    place.file("mail/cur/1.a:2,S", ONE.as_bytes());
    place.file("mail/new/2.a", TWO.as_bytes());
    place.file(
        "mail/.Lists.Rust/cur/3.a:2,F",
        b"Subject: Lists\r\n\r\nHello.\r\n",
    );
    fs::create_dir_all(place.path("mail/.Lists.Rust/new")).unwrap();
    let path = place.path("mail").display().to_string();
    (place, path)
}

fn settings(path: &str) -> BTreeMap<String, String> {
    BTreeMap::from([("path".to_owned(), path.to_owned())])
}

fn host(place: &Place) -> Arc<MalleHost> {
    let home = Home::below(&place.path("home"));
    Arc::new(MalleHost::new(Profiles::of(home)))
}

/// Every name, size and time below a directory, with what is in the files.
fn picture(path: &Path, into: &mut Vec<String>) {
    let meta = fs::metadata(path).unwrap();
    into.push(format!(
        "{path:?} {:?} {}",
        meta.modified().unwrap(),
        meta.len()
    ));
    if meta.is_dir() {
        let mut below: Vec<_> = fs::read_dir(path)
            .unwrap()
            .map(|e| e.unwrap().path())
            .collect();
        below.sort();
        below.iter().for_each(|path| picture(path, into));
    } else {
        into.push(fs::read(path).unwrap().escape_ascii().to_string());
    }
}

fn picture_of(path: &str) -> Vec<String> {
    let mut all = Vec::new();
    picture(Path::new(path), &mut all);
    all
}

#[test]
fn a_maildir_alone_is_listed_searched_read_and_exported_and_stays_as_it_is() {
    let (place, path) = place();
    let before = picture_of(&path);
    let set = format!("path={path}");
    place.ok(&[
        "profile",
        "create",
        "m",
        "--service",
        "MALLE_MAILBOX",
        "--set",
        &set,
    ]);
    let list = place.json(&["list"]);
    let rows = list.as_array().unwrap();
    let subject = |n: usize| rows[n]["subject"].as_str().unwrap();
    assert_eq!(
        (rows.len(), subject(0), subject(1)),
        (2, "Re: Budget", "Budget")
    );
    assert_eq!(
        (rows[0]["read"].clone(), rows[1]["read"].clone()),
        (false.into(), true.into())
    );
    let id = |n: usize| rows[n]["id"].as_str().unwrap().to_owned();
    // A second run finds the same numbers.
    assert_eq!(place.json(&["list"]), list);
    assert_eq!(
        place.bytes(&["export", &id(0), "--format", "eml"]),
        TWO.as_bytes()
    );
    assert_eq!(
        place.bytes(&["export", &id(1), "--format", "eml"]),
        ONE.as_bytes()
    );
    assert!(place.ok(&["read", &id(1)]).contains("The numbers are in."));
    assert!(place.ok(&["props", &id(1)]).contains("Budget"));
    let found = place.json(&["search", "numbers"]);
    assert_eq!(found[0]["id"], id(1).as_str());
    let thread = place.json(&["thread", &id(1)]);
    assert_eq!(thread["messages"], 2);
    let list = place.json(&["list", "Lists/Rust"]);
    assert_eq!(list[0]["subject"], "Lists");
    for refused in [
        vec!["delete", "--yes", rows[0]["id"].as_str().unwrap()],
        vec!["mark", "--read", rows[0]["id"].as_str().unwrap()],
        vec!["folder", "create", "New"],
    ] {
        let refusal = place.run(&refused);
        assert_ne!(refusal.code(), Some(0), "{refused:?}");
        assert!(
            refusal.err().contains("read-only"),
            "{refused:?}: {}",
            refusal.err()
        );
    }
    assert_eq!(picture_of(&path), before, "the mail was changed");
}

#[test]
fn beside_a_local_store_its_folders_are_copied_from() {
    let (place, path) = place();
    let before = picture_of(&path);
    place.ok(&["profile", "create", "m"]);
    let host = host(&place);
    let mapi = Mapi::initialize(Arc::clone(&host) as Arc<dyn Host>);
    let session = Session::logon(&mapi, Logon::profile("m")).unwrap();
    let added = session
        .add_store("MALLE_MAILBOX", &settings(&path))
        .unwrap();
    assert_eq!(added.letter(), "b");
    assert_eq!(session.default_store().unwrap().letter(), "a");
    let lists = short_id(&added, "Lists");
    let inbox = short_id(&added, "Inbox");
    session.logoff();
    drop(mapi);
    place.ok(&["folder", "copy", &lists, "/"]);
    let list = place.json(&["list", "Lists/Rust"]);
    let copy = list[0]["id"].as_str().unwrap();
    assert_eq!(list[0]["subject"], "Lists");
    assert!(copy.starts_with('a'), "{copy}");
    let mail = place.bytes(&["export", copy, "--format", "eml"]);
    assert_eq!(mail, b"Subject: Lists\r\n\r\nHello.\r\n");
    // Some of its messages too.
    let found = place.json(&["list", &inbox]);
    let one = found[1]["id"].as_str().unwrap();
    assert!(one.starts_with('b'), "{one}");
    place.ok(&["copy", "--to", "Inbox", one]);
    let copied = place.json(&["list"]);
    assert_eq!(copied[0]["subject"], "Budget");
    let id = copied[0]["id"].as_str().unwrap();
    assert_eq!(
        place.bytes(&["export", id, "--format", "eml"]),
        ONE.as_bytes()
    );
    assert_eq!(host.profiles().load("m").unwrap().stores().count(), 2);
    assert_eq!(picture_of(&path), before, "the mail was changed");
}

/// The id by which commands name a folder of a store that is not the default one.
fn short_id(store: &mapi::MsgStore, path: &str) -> String {
    let id = store.folder(path).unwrap().entry_id();
    let item = mapi_props::EntryId::decode(id.as_bytes()).unwrap().item;
    format!("{}{item}", store.letter())
}

#[test]
fn a_path_without_mail_is_refused_and_all_stores_are_listed() {
    let (place, path) = place();
    place.ok(&["profile", "create", "me"]);
    fs::create_dir_all(place.path("empty/below")).unwrap();
    let empty = place.path("empty").display().to_string();
    let plain = place.file("plain", b"no mail");
    let refused = |args: &[&str], wrong: &str| {
        let set = format!("path={wrong}");
        let error = place.fails_text(2, &[args, &["--set", &set]].concat());
        for part in [
            "“path”",
            wrong,
            "a Maildir, an mbox file or a folder with several of them",
        ] {
            assert!(error.contains(part), "{part}: {error}");
        }
    };
    let add = ["service", "add", "MALLE_MAILBOX"];
    for wrong in ["/nonexist", &empty, &plain] {
        refused(&add, wrong);
    }
    let set = format!("path={path}");
    place.ok(&["service", "add", "MALLE_MAILBOX", "--set", &set]);
    let before = place.json(&["profile", "show", "me"]);
    for wrong in ["/nonexist", &empty, &plain] {
        refused(&["service", "configure", "b"], wrong);
    }
    assert_eq!(place.json(&["profile", "show", "me"]), before);
    // What was refused took no letter: the second store is b. Its folders follow those of the default one.
    let folders = place.json(&["folder", "list"]);
    let ids: Vec<_> = folders
        .as_array()
        .unwrap()
        .iter()
        .map(|f| f["id"].as_str().unwrap())
        .collect();
    let own = ids.iter().take_while(|id| id.starts_with('a')).count();
    assert!(own > 5 && own < ids.len(), "{ids:?}");
    assert!(
        ids.iter().skip(own).all(|id| id.starts_with('b')),
        "{ids:?}"
    );
    let shown = place.ok(&["folder", "list"]);
    let heading = |letter: &str| {
        shown
            .lines()
            .any(|line| line.starts_with(&format!("{letter} ")))
    };
    assert!(heading("a") && heading("b"), "{shown}");
    let rust = folders
        .as_array()
        .unwrap()
        .iter()
        .find(|f| f["path"] == "Lists")
        .unwrap();
    let below = place.json(&["folder", "list", rust["id"].as_str().unwrap()]);
    assert_eq!(below[0]["name"], "Rust");
    // A store that is away is named, and the others are listed.
    fs::rename(&path, format!("{path}.away")).unwrap();
    let shown = place.ok(&["folder", "list"]);
    assert!(
        shown.contains("Inbox") && !shown.lines().any(|line| line.starts_with("b ")),
        "{shown}"
    );
    fs::rename(format!("{path}.away"), &path).unwrap();
}
