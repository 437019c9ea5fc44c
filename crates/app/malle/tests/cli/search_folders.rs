//! `malle search-folder`: made of queries, shown, changed, and followed.

use super::place::Place;
use serde_json::{Value, json};

fn mail(n: u32, from: &str, subject: &str) -> String {
    format!(
        "From: {from}@example.org\r\nTo: bob@example.org\r\nMessage-ID: <{n}@example.org>\r\n\
         Date: Thu, 1 Jan 2026 10:{n:02}:00 +0000\r\nSubject: {subject}\r\n\r\nBody\r\n"
    )
}

fn place() -> Place {
    let place = Place::new();
    for (n, from, subject) in [(1, "ann", "Tea"), (2, "ann", "Coffee"), (3, "eve", "Tea")] {
        place.import(&mail(n, from, subject));
    }
    place
}

fn listed(place: &Place, name: &str) -> Vec<(String, String)> {
    let rows = place.json(&["list", name]);
    let text = |row: &Value, key: &str| row[key].as_str().unwrap().to_owned();
    let rows = rows.as_array().unwrap().iter();
    rows.map(|row| (text(row, "subject"), text(row, "folder")))
        .collect()
}

#[test]
fn a_query_becomes_a_folder_that_follows_the_store() {
    let place = place();
    let made = place.json(&[
        "search-folder",
        "create",
        "From Ann",
        "from:ann",
        "is:unread",
    ]);
    assert_eq!(made["action"], "created");
    assert_eq!(made["query"], "from:ann is:unread");
    assert_eq!(
        (&made["state"], &made["messages"]),
        (&json!("running"), &json!(2))
    );
    place.import(&mail(4, "ann", "Milk"));
    let inbox = |subject: &str| (subject.to_owned(), "Inbox".to_owned());
    // Newest first, each with the folder that it is in.
    let all = [inbox("Milk"), inbox("Coffee"), inbox("Tea")];
    assert_eq!(listed(&place, "from ann"), all);
    // By its path and its id too.
    assert_eq!(listed(&place, made["path"].as_str().unwrap()), all);
    assert_eq!(listed(&place, made["id"].as_str().unwrap()), all);
    assert_eq!(
        place
            .ok(&["search", "--folder", "From Ann", "milk", "--count"])
            .trim(),
        "1"
    );
    let list = place.json(&["search-folder", "list"]);
    assert_eq!(list.as_array().unwrap().len(), 1);
    assert_eq!(list[0]["messages"], 3);
    let text = place.ok(&["search-folder", "list"]);
    assert!(
        text.contains("from:ann is:unread") && text.contains("follows the store"),
        "{text}"
    );
}

#[test]
fn where_it_looks_and_how() {
    let place = place();
    place.ok(&["folder", "create", "Inbox/Sub"]);
    let first = place.json(&["search", "coffee"]);
    place.ok(&[
        "move",
        first[0]["id"].as_str().unwrap(),
        "--to",
        "Inbox/Sub",
    ]);
    let made = place.json(&[
        "search-folder",
        "create",
        "Here",
        "*",
        "--in",
        "Inbox",
        "--shallow",
    ]);
    assert_eq!(made["messages"], 2);
    // A folder at the top of the query is where it looks, and folders made later are included.
    let made = place.json(&["search-folder", "create", "Below", "in:Inbox from:ann"]);
    assert_eq!(
        (&made["query"], &made["messages"]),
        (&json!("from:ann"), &json!(2))
    );
    let shown = place.json(&["search-folder", "show", "Below"]);
    assert_eq!(
        (&shown["folders"], &shown["subfolders"]),
        (&json!(["Inbox"]), &json!(true))
    );
    assert!(
        shown["restriction_text"].as_str().unwrap().contains("ann"),
        "{shown}"
    );
    let once = place.json(&["search-folder", "create", "Once", "tea", "--static"]);
    assert_eq!(
        (&once["state"], &once["messages"]),
        (&json!("finished"), &json!(2))
    );
    place.import(&mail(4, "ann", "Tea"));
    let list = place.json(&["search-folder", "list"]);
    let counts: Vec<&Value> = (list.as_array().unwrap().iter())
        .map(|f| &f["messages"])
        .collect();
    // Below, Here, Once.
    assert_eq!(counts, [3, 3, 2]);
    let elsewhere = place.json(&["search-folder", "create", "Tea", "tea", "--parent", "Inbox"]);
    assert_eq!(elsewhere["path"], "Inbox/Tea");
    assert_eq!(listed(&place, "Inbox/Tea").len(), 3);
}

#[test]
fn what_it_looks_for_is_changed() {
    let place = place();
    place.ok(&["search-folder", "create", "Teas", "tea"]);
    let edited = place.json(&["search-folder", "edit", "Teas", "--query", "tea from:eve"]);
    assert_eq!(
        (&edited["query"], &edited["messages"]),
        (&json!("tea from:eve"), &json!(1))
    );
    let stopped = place.json(&["search-folder", "edit", "Teas", "--stop"]);
    assert_eq!(
        (&stopped["state"], &stopped["query"]),
        (&json!("stopped"), &json!("tea from:eve"))
    );
    place.import(&mail(4, "eve", "Tea"));
    assert_eq!(
        place.json(&["search-folder", "show", "Teas"])["messages"],
        1
    );
    let again = place.json(&["search-folder", "edit", "Teas", "--restart"]);
    assert_eq!(
        (&again["state"], &again["messages"]),
        (&json!("running"), &json!(2))
    );
    let renamed = place.json(&["search-folder", "edit", "Teas", "--rename", "Eve"]);
    assert_eq!(
        (&renamed["query"], &renamed["messages"]),
        (&json!("tea from:eve"), &json!(2))
    );
    place.fails(3, &["search-folder", "show", "Teas", "--json"]);
    let narrower = place.json(&["search-folder", "edit", "Eve", "--in", "Sent", "--shallow"]);
    assert_eq!(
        (&narrower["messages"], &narrower["query"]),
        (&json!(0), &json!("tea from:eve"))
    );
    // Without options an interrupted one goes on; this one has nothing to do.
    assert_eq!(
        place.json(&["search-folder", "edit", "Eve"])["state"],
        "running"
    );
    place.ok(&["search-folder", "delete", "Eve"]);
    assert_eq!(place.json(&["search-folder", "list"]), json!([]));
    assert_eq!(place.ok(&["search", "--count", "*"]).trim(), "4");
}

#[test]
fn a_query_that_is_no_longer_what_is_looked_for_is_not_shown() {
    let place = place();
    let made = place.json(&["search-folder", "create", "Teas", "tea"]);
    // What another program would do: the mark of the restriction no longer fits.
    let id = made["id"].as_str().unwrap();
    let props = place.json(&["props", id]);
    let names = props["properties"].as_array().unwrap().iter();
    let marks = names.filter(|p| {
        p["name"]
            .as_str()
            .is_some_and(|n| n.contains("malle:query:mark"))
    });
    let mark = marks.map(|p| p["tag"].as_str().unwrap()).next().unwrap();
    place.ok(&["props", id, "--delete", mark]);
    let shown = place.json(&["search-folder", "show", "Teas"]);
    assert_eq!(shown["query"], Value::Null);
    assert!(shown["restriction_text"].is_string());
    let text = place.ok(&["search-folder", "show", "Teas"]);
    assert!(text.contains("not made of a query"), "{text}");
}

#[test]
fn days_are_counted_once_and_what_is_wrong_is_said() {
    let place = place();
    let run = place.run(&["search-folder", "create", "Lately", "after:7d"]);
    assert!(
        run.err().contains("days counted from today"),
        "{}",
        run.err()
    );
    let run = place.run(&["search-folder", "create", "Fixed", "after:2026-01"]);
    assert!(!run.err().contains("days counted"), "{}", run.err());
    place.fails(2, &["search-folder", "create", "Bad", "form:ann", "--json"]);
    place.fails(
        3,
        &["search-folder", "create", "Bad", "in:Nowhere x", "--json"],
    );
    place.fails(
        3,
        &["search-folder", "create", "Bad", "-in:Nowhere", "--json"],
    );
    place.fails(
        3,
        &[
            "search-folder",
            "create",
            "Bad",
            "x",
            "--in",
            "Nowhere",
            "--json",
        ],
    );
    // A search folder is no place to search in; nothing is left behind.
    place.fails(
        1,
        &[
            "search-folder",
            "create",
            "Bad",
            "x",
            "--in",
            "Fixed",
            "--json",
        ],
    );
    let again = place.fails(1, &["search-folder", "create", "Fixed", "x", "--json"]);
    assert_eq!(again["error"]["code"], "MAPI_E_COLLISION");
    place.fails(3, &["search-folder", "show", "Inbox", "--json"]);
    let tried = place.json(&["search-folder", "create", "Try", "x", "--dry-run"]);
    assert_eq!(
        (&tried["id"], &tried["dry_run"]),
        (&Value::Null, &json!(true))
    );
    place.json(&["search-folder", "delete", "Fixed", "--dry-run"]);
    assert_eq!(
        place
            .json(&["search-folder", "list"])
            .as_array()
            .unwrap()
            .len(),
        2
    );
}

#[test]
fn french_is_spoken() {
    let place = place();
    let run = place
        .malle()
        .command(["search-folder", "create", "Thé", "tea"]);
    let mut run = run;
    let said = run.env("MALLE_LANG", "fr").output().unwrap();
    let said = String::from_utf8(said.stdout).unwrap();
    assert!(said.contains("dossier de recherche"), "{said}");
}
