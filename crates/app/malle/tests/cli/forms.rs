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

#[test]
fn a_form_is_installed_shown_and_removed() {
    let place = Place::new();
    let file = place.path("desk.cfg");
    let icon = place.path("art/desk.ico");
    fs::write(&file, CFG).unwrap();
    let file = file.to_str().unwrap();
    let missing = place.fails(1, &["form", "install", file, "--json"]);
    let said = missing["error"]["message"].as_str().unwrap();
    assert_eq!(missing["error"]["code"], "MAPI_E_EXTENDED_ERROR");
    assert!(
        said.contains("desk.cfg: LargeIcon=art\\desk.ico: "),
        "{said}"
    );

    fs::create_dir_all(icon.parent().unwrap()).unwrap();
    let drawn = place.path("ipm.ico");
    place.json(&[
        "form",
        "show",
        "IPM.Contact",
        "--icon",
        drawn.to_str().unwrap(),
    ]);
    fs::rename(&drawn, &icon).unwrap();
    assert_eq!(
        place.json(&["form", "install", file, "--dry-run"])["done"],
        "checked"
    );
    assert_eq!(classes(&place.json(&["form", "list"])), Vec::<&str>::new());
    let installed = place.json(&["form", "install", file]);
    assert_eq!(
        (&installed["done"], &installed["library"]),
        (&json!("added"), &json!("local"))
    );
    assert_eq!(installed["notes"][0]["line"], 8);
    assert_eq!(place.json(&["form", "install", file])["done"], "unchanged");
    assert_eq!(
        place.json(&["form", "install", file, "--replace"])["done"],
        "replaced"
    );
    assert_eq!(
        place.json(&["form", "install", file, "--personal"])["library"],
        "personal"
    );
    place.ok(&["folder", "create", "Inbox/Desk"]);
    let of_folder = ["--folder", "Inbox/Desk"];
    place.json(&["form", "install", file, of_folder[0], of_folder[1]]);
    for library in [&[][..], &["--personal"], &of_folder] {
        let list = place.json(&[&["form", "list"], library].concat());
        assert_eq!(classes(&list), ["IPM.Note.Helpdesk"]);
    }
    let all = place.json(&["form", "list", "--all"]);
    assert_eq!(classes(&all)[..2], ["IPM.Note.Helpdesk", "IPM"]);

    let saved = place.path("again.ico");
    let shown = place.json(&[
        "form",
        "show",
        "ipm.note.helpdesk.urgent",
        "--icon",
        saved.to_str().unwrap(),
    ]);
    assert_eq!(
        (&shown["class"], &shown["library"]),
        (&json!("IPM.Note.Helpdesk"), &json!("local"))
    );
    assert_eq!(shown["verbs"], json!([{ "name": "&Open", "code": 0 }]));
    assert_eq!(fs::read(&saved).unwrap(), fs::read(&icon).unwrap());
    let text = place.ok(&["form", "show", "IPM.Note.Helpdesk"]);
    assert!(
        text.contains("Helpdesk") && text.contains("&Open"),
        "{text}"
    );
    place.fails(
        3,
        &[
            "form",
            "show",
            "IPM.Note.Helpdesk.Urgent",
            "--exact",
            "--json",
        ],
    );
    place.fails(3, &["form", "show", "IPC.Strange", "--json"]);

    for library in [&[][..], &["--personal"], &of_folder] {
        let removed = place.json(&[&["form", "remove", "IPM.NOTE.helpdesk"], library].concat());
        assert_eq!(removed["removed"], "IPM.Note.Helpdesk");
        place.fails(
            3,
            &[&["form", "remove", "IPM.Note.Helpdesk", "--json"], library].concat(),
        );
    }
    assert_eq!(
        place.json(&["form", "show", "IPM.Note.Helpdesk"])["library"],
        "default"
    );
}

#[test]
fn what_is_wrong_in_a_configuration_file_is_told_with_its_line() {
    let place = Place::new();
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
