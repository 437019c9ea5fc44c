//! `malle view`, and how `malle list` opens a folder with one.

use super::place::Place;
use serde_json::{Value, json};

fn mail(n: u32, from: &str, subject: &str, priority: u32) -> String {
    format!(
        "From: {from} <{n}@example.org>\r\nMessage-ID: <{n}@example.org>\r\nX-Priority: {priority}\r\n\
         Date: Thu, 1 Jan 2026 10:{n:02}:00 +0000\r\nSubject: {subject}\r\n\r\ntext\r\n"
    )
}

/// Three messages in the Inbox: Carol's and Ann's are important.
fn place() -> Place {
    let place = Place::new();
    for (n, from, subject, priority) in [
        (1, "Carol", "one", 1),
        (2, "Bob", "two", 3),
        (3, "Ann", "three", 1),
    ] {
        place.import(&mail(n, from, subject, priority));
    }
    place
}

fn subjects(list: &Value) -> Vec<&str> {
    let rows = list.as_array().unwrap().iter();
    rows.map(|row| row["subject"].as_str().unwrap()).collect()
}

/// A view of what is important, by who wrote it.
const CREATE: [&str; 11] = [
    "view",
    "create",
    "Inbox",
    "Important",
    "--columns",
    "PR_SENDER_NAME=Who,PR_SUBJECT=What",
    "--sort",
    "PR_SENDER_NAME",
    "--filter",
    "is:important",
    "--default",
];

#[test]
fn a_folder_opens_with_its_default_view_unless_told_otherwise() {
    let place = place();
    let normal = place.json(&["list"]);
    assert_eq!(subjects(&normal), ["three", "two", "one"]);
    let dry: Vec<_> = CREATE.into_iter().chain(["--dry-run"]).collect();
    assert_eq!(place.json(&dry)["id"], Value::Null);
    assert_eq!(place.json(&["view", "list"]), json!([]));

    let made = place.json(&CREATE);
    assert_eq!(
        (&made["action"], &made["default"]),
        (&json!("created"), &json!(true))
    );
    let list = place.json(&["list"]);
    assert_eq!(
        subjects(&list),
        ["three", "one"],
        "by sender, the important ones"
    );
    assert_eq!(list[0]["PidTagSenderName"], "Ann");
    let text = place.ok(&["list", "Inbox"]);
    let mut lines = text.lines();
    let titles: Vec<_> = lines.next().unwrap().split_whitespace().collect();
    assert_eq!(titles, ["ID", "Who", "What"]);
    let first: Vec<_> = lines.next().unwrap().split_whitespace().collect();
    assert_eq!(first.last(), Some(&"three"), "{text}");
    assert_eq!(lines.count(), 1);

    // The command line goes before the view, and joins its filter.
    assert_eq!(place.json(&["list", "--view", "normal"]), normal);
    let sorted = place.json(&["list", "--sort", "-PR_SENDER_NAME"]);
    assert_eq!(subjects(&sorted), ["one", "three"]);
    let filtered = place.json(&["list", "--filter", "from:ann"]);
    assert_eq!(subjects(&filtered), ["three"]);
    let more = place.json(&["list", "--columns", "PR_SUBJECT,PR_IMPORTANCE"]);
    assert_eq!(more[0]["PidTagImportance"], json!(2));

    assert_eq!(
        place.json(&["view", "set-default", "Inbox", "normal"])["id"],
        Value::Null
    );
    assert_eq!(place.json(&["list"]), normal);
    assert_eq!(
        subjects(&place.json(&["list", "--view", "important"])),
        ["three", "one"]
    );
    place.fails(3, &["list", "--view", "none such", "--json"]);
    place.ok(&["view", "delete", "Inbox", "Important"]);
    place.fails(3, &["view", "show", "Inbox", "Important", "--json"]);
}

#[test]
fn views_are_listed_and_shown() {
    let place = place();
    place.ok(&CREATE);
    place.ok(&[
        "view",
        "create",
        "Inbox",
        "By day",
        "--columns",
        "PR_SUBJECT",
        "--group",
        "-PR_IMPORTANCE,Keywords",
        "--place",
        "common",
    ]);
    let other = place.json(&["view", "list", "Drafts"]);
    assert_eq!(
        (&other[0]["name"], other.as_array().unwrap().len()),
        (&json!("By day"), 1)
    );
    let list = place.json(&["view", "list"]);
    let rows: Vec<_> = list
        .as_array()
        .unwrap()
        .iter()
        .map(|v| (&v["name"], &v["place"], &v["default"]))
        .collect();
    let wanted = [
        (json!("Important"), json!("folder"), json!(true)),
        (json!("By day"), json!("common"), json!(false)),
    ];
    assert_eq!(
        rows,
        wanted.iter().map(|(a, b, c)| (a, b, c)).collect::<Vec<_>>()
    );
    assert!(place.ok(&["view", "list"]).contains("Important"));

    let shown = place.json(&["view", "show", "Inbox", "Important"]);
    assert_eq!(
        shown["columns"][0],
        json!({"property": "PidTagSenderName", "title": "Who", "width": 100})
    );
    assert_eq!(
        shown["sort"],
        json!({"by": "PidTagSenderName", "descending": false})
    );
    let filter = shown["filter"].to_string();
    let again = place.json(&["list", "--view", "normal", "--where", &filter]);
    assert_eq!(
        again.as_array().unwrap().len(),
        2,
        "a filter that is shown can be given"
    );
    let groups = place.json(&["view", "show", "Inbox", "by DAY"]);
    assert_eq!(
        groups["groups"][0],
        json!({"by": "PidTagImportance", "descending": true})
    );
    assert_eq!(groups["groups"][1]["by"], "PidNameKeywords");
    assert_eq!(
        groups["sort"],
        json!({"by": "PidTagMessageDeliveryTime", "descending": true})
    );
    let text = place.ok(&["view", "show", "Inbox", "By day"]);
    assert!(text.contains("-PidTagImportance"), "{text}");
    let list = place.json(&["list", "--view", "By day"]);
    assert_eq!(
        subjects(&list),
        ["three", "one", "two"],
        "the important ones together"
    );
    // For people they stand under headings, the most important first.
    let text = place.ok(&["list", "--view", "By day"]);
    let is_row = |line: &str, word: &str| line.split_whitespace().any(|one| one == word);
    let line = |word: &str| text.lines().position(|line| is_row(line, word)).unwrap();
    assert_eq!(text.matches('▾').count(), 4, "{text}");
    assert!(line("three") < line("one") && line("one") < line("two"));
}

#[test]
fn what_no_view_can_be_is_refused() {
    let place = place();
    place.ok(&CREATE);
    let create = |name: &str, rest: &[&str]| {
        let args = [
            "view",
            "create",
            "Inbox",
            name,
            "--json",
            "--columns",
            "PR_SUBJECT",
        ];
        place.fails(
            2,
            &args
                .into_iter()
                .chain(rest.iter().copied())
                .collect::<Vec<_>>(),
        )
    };
    assert_eq!(create("normal", &[])["error"]["code"], "bad-view");
    assert_eq!(
        create("x", &["--sort", "PR_SUBJECT,PR_BODY"])["error"]["code"],
        "bad-view"
    );
    let five = "PR_SUBJECT,PR_IMPORTANCE,PR_PRIORITY,PR_MESSAGE_SIZE,PR_SENSITIVITY";
    assert_eq!(create("x", &["--group", five])["error"]["code"], "bad-view");
    assert_eq!(
        create("x", &["--sort", "no such"])["error"]["code"],
        "bad-property"
    );
    let words = [
        "view",
        "create",
        "Inbox",
        "x",
        "--columns",
        "PR_SUBJECT",
        "--json",
        "--filter",
    ];
    let refused = place.fails(1, &words.into_iter().chain(["budget"]).collect::<Vec<_>>());
    assert_eq!(refused["error"]["code"], "MAPI_E_TOO_COMPLEX");
    let mut again = CREATE.to_vec();
    again.push("--json");
    assert_eq!(place.fails(1, &again)["error"]["code"], "MAPI_E_COLLISION");
    // A default view that is damaged: the normal view, with a note.
    let id = place.json(&["view", "list"])[0]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    place.ok(&["props", &id, "--set", "PR_VD_BINARY=hex:00"]);
    let run = place.run(&["list"]);
    assert_eq!(run.out().lines().count(), 4, "{}", run.out());
    assert!(run.err().contains("Inbox"), "{}", run.err());
}
