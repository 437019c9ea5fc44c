//! `malle form`, icons of messages, and status bits.

use std::fs;

use super::place::Place;
use serde_json::{Value, json};

const CFG: &str = "; a helpdesk\n[Description]\nMessageClass=IPM.Note.Helpdesk\nClsid={00020D35-0000-0000-C000-000000000046}\n\
DisplayName=Helpdesk\nVersion=1.0\nOwner=Ann\njunk\nLargeIcon=art\\desk.ico\n[Verbs]\nVerb1=open\n[Verb.open]\nDisplayName=&Open\nCode=0\n";

fn classes(list: &Value) -> Vec<&str> {
    let all = list.as_array().unwrap().iter();
    all.map(|form| form["class"].as_str().unwrap()).collect()
}

/// The configuration file on disk, with its icon if it is to have one.
fn desk(place: &Place, icon: Option<&[u8]>) -> String {
    if let Some(icon) = icon {
        place.file("art/desk.ico", icon);
    }
    place.file("desk.cfg", CFG.as_bytes())
}

/// The icon of contacts.
fn drawn(place: &Place) -> Vec<u8> {
    let path = place.path("drawn.ico");
    let args = [
        "form",
        "show",
        "IPM.Contact",
        "--icon",
        path.to_str().unwrap(),
    ];
    place.json(&args);
    fs::read(path).unwrap()
}

const LIBRARIES: [&[&str]; 3] = [&[], &["--personal"], &["--folder", "Inbox/Desk"]];

#[test]
fn a_form_is_installed_and_removed_in_every_library() {
    let place = Place::new();
    place.ok(&["folder", "create", "Inbox/Desk"]);
    let file = desk(&place, None);
    let missing = place.fails(1, &["form", "install", &file, "--json"]);
    let said = missing["error"]["message"].as_str().unwrap();
    assert_eq!(missing["error"]["code"], "MAPI_E_EXTENDED_ERROR");
    assert!(
        said.contains("desk.cfg: LargeIcon=art\\desk.ico: "),
        "{said}"
    );

    desk(&place, Some(&drawn(&place)));
    for library in LIBRARIES {
        let run = |verb: &[&str], more: &[&str]| place.json(&[verb, library, more].concat());
        let install = |more: &[&str]| run(&["form", "install", &file], more);
        assert_eq!(install(&["--dry-run"])["done"], "checked");
        assert_eq!(classes(&run(&["form", "list"], &[])), Vec::<&str>::new());
        let installed = install(&[]);
        assert_eq!(
            (&installed["done"], &installed["notes"][0]["line"]),
            (&json!("added"), &json!(8))
        );
        assert_eq!(install(&[])["done"], "unchanged");
        assert_eq!(install(&["--replace"])["done"], "replaced");
        assert_eq!(classes(&run(&["form", "list"], &[])), ["IPM.Note.Helpdesk"]);
    }
    let all = place.json(&["form", "list", "--all"]);
    assert_eq!(classes(&all)[..2], ["IPM.Note.Helpdesk", "IPM"]);
    for library in LIBRARIES {
        let removed = place.json(&[&["form", "remove", "IPM.NOTE.helpdesk"], library].concat());
        assert_eq!(removed["removed"], "IPM.Note.Helpdesk");
        let again = [&["form", "remove", "IPM.Note.Helpdesk", "--json"], library].concat();
        place.fails(3, &again);
    }
}

#[test]
fn the_form_of_a_class_is_shown() {
    let place = Place::new();
    let icon = drawn(&place);
    place.json(&["form", "install", &desk(&place, Some(&icon))]);
    let saved = place.path("again.ico");
    let class = "ipm.note.helpdesk.urgent";
    let shown = place.json(&["form", "show", class, "--icon", saved.to_str().unwrap()]);
    assert_eq!(
        (&shown["asked"], &shown["class"], &shown["library"]),
        (&json!(class), &json!("IPM.Note.Helpdesk"), &json!("local"))
    );
    assert_eq!(shown["verbs"], json!([{ "name": "&Open", "code": 0 }]));
    assert_eq!(fs::read(&saved).unwrap(), icon);
    let text = place.ok(&["form", "show", "IPM.Note.Helpdesk"]);
    assert!(
        text.contains("Helpdesk") && text.contains("&Open"),
        "{text}"
    );
    place.fails(3, &["form", "show", class, "--exact", "--json"]);
    place.fails(3, &["form", "show", "IPC.Strange", "--json"]);
    place.json(&["form", "remove", "IPM.Note.Helpdesk"]);
    assert_eq!(place.json(&["form", "show", class])["library"], "default");
}

#[test]
fn what_is_wrong_in_a_configuration_file_is_told_with_its_line() {
    // The local library needs no profile.
    let place = Place::empty();
    let file = place.path("bad.cfg");
    let path = file.to_str().unwrap().to_owned();
    for (text, told) in [
        (
            "[Description]\nMessageClass=IPM.X\nDisplayName=X\n",
            "line 1: [Description] has no Clsid",
        ),
        (
            CFG.lines().nth(1).unwrap(),
            "line 1: [Description] has no MessageClass",
        ),
        ("", "there is no section [Description]"),
    ] {
        fs::write(&file, text).unwrap();
        let error = place.fails(1, &["form", "install", &path, "--json"]);
        let said = error["error"]["message"].as_str().unwrap();
        assert_eq!(said, format!("{path}: {told}"));
    }
    place.fails(3, &["form", "install", "none.cfg", "--json"]);
}

#[test]
fn messages_are_listed_with_icon_and_status() {
    let place = Place::new();
    let id = place.import("Subject: one\n\nx\n");
    let listed = |args: &[&str]| place.json(&[&["list"], args].concat());
    let rows = listed(&[]);
    assert_eq!(
        (&rows[0]["icon"], &rows[0]["status"]),
        (&json!("mail-message"), &json!([]))
    );
    place.json(&["props", &id, "--set", "PR_MESSAGE_CLASS=IPC.Strange"]);
    assert_eq!(listed(&[])[0]["icon"], "unknown");
    place.json(&["mark", &id, "--status", "tagged,delete-marked"]);
    assert_eq!(listed(&[])[0]["status"], json!(["tagged", "delete-marked"]));
    let text = place.ok(&["list"]);
    assert!(text.lines().nth(1).unwrap().contains("TD"), "{text}");
    place.json(&["mark", &id, "--no-status", "tagged", "--status", "hidden"]);
    assert_eq!(listed(&[]), json!([]));
    assert_eq!(
        listed(&["--hidden"])[0]["status"],
        json!(["hidden", "delete-marked"])
    );
    place.json(&["mark", &id, "--no-status", "hidden"]);
    assert_eq!(listed(&[])[0]["status"], json!(["delete-marked"]));
}
