//! `malle list --group`: messages under headings.

use super::place::Place;
use serde_json::{Value, json};

/// Carol's and Ann's are important, and Ann's first one is read; Bob wrote once.
fn place() -> Place {
    let place = Place::new();
    for (n, from, subject, priority) in [
        (1, "Carol", "one", 1),
        (2, "Bob", "two", 3),
        (3, "Ann", "three", 1),
        (4, "Ann", "four", 3),
    ] {
        let id = place.import(&format!(
            "From: {from} <{n}@example.org>\r\nMessage-ID: <{n}@example.org>\r\nX-Priority: {priority}\r\n\
             Date: Thu, 1 Jan 2026 10:{n:02}:00 +0000\r\nSubject: {subject}\r\n\r\ntext\r\n"
        ));
        place.ok(&["mark", &id, if n == 3 { "--read" } else { "--unread" }]);
    }
    place
}

/// `value count/unread` of headings, `+` before collapsed ones; subjects of messages.
fn told(list: &Value) -> Vec<String> {
    let line = |row: &Value| match row.get("heading") {
        Some(h) => format!(
            "{}{}{} {}/{}",
            "  ".repeat(usize::try_from(h["level"].as_u64().unwrap()).unwrap()),
            if h["expanded"] == true { "-" } else { "+" },
            h["value"]
                .as_str()
                .map_or_else(|| h["value"].to_string(), str::to_owned),
            h["count"],
            h["unread"],
        ),
        None => row["subject"].as_str().unwrap().to_owned(),
    };
    list.as_array().unwrap().iter().map(line).collect()
}

#[test]
fn messages_stand_under_the_headings_of_their_groups() {
    let place = place();
    let all = place.json(&["list", "--group", "from"]);
    let expected = [
        "-Ann 2/1",
        "four",
        "three",
        "-Bob 1/1",
        "two",
        "-Carol 1/1",
        "one",
    ];
    assert_eq!(told(&all), expected);
    assert_eq!(all[0]["heading"]["column"], "PidTagSentRepresentingName");
    let sorted = place.json(&[
        "list",
        "--group",
        "-from",
        "--sort",
        "PR_CLIENT_SUBMIT_TIME",
    ]);
    let expected = [
        "-Carol 1/1",
        "one",
        "-Bob 1/1",
        "two",
        "-Ann 2/1",
        "three",
        "four",
    ];
    assert_eq!(told(&sorted), expected);
    let limited = place.json(&["list", "--group", "from", "--offset", "1", "--limit", "3"]);
    assert_eq!(told(&limited), ["four", "three", "-Bob 1/1"]);
    let filtered = place.json(&["list", "--group", "from", "--filter", "is:unread"]);
    assert_eq!(told(&filtered)[0], "-Ann 1/1");
    // The same heading has the same key in another process.
    let collapsed = place.json(&["list", "--group", "from", "--collapsed"]);
    assert_eq!(collapsed[0]["heading"]["key"], all[0]["heading"]["key"]);
}

#[test]
fn groups_open_as_they_are_asked_for() {
    let place = place();
    let list = |more: &[&str]| {
        let args = [&["list", "--group", "from"], more].concat();
        told(&place.json(&args))
    };
    let closed = ["+Ann 2/1", "+Bob 1/1", "+Carol 1/1"];
    assert_eq!(list(&["--collapsed"]), closed);
    let one = ["+Ann 2/1", "-Bob 1/1", "two", "+Carol 1/1"];
    assert_eq!(list(&["--expand", "bob"]), one);
    assert_eq!(
        list(&["--collapsed", "--expand", "bob", "--expand", "Bob"]),
        one
    );
    assert_eq!(list(&["--expand", "all"]), list(&[]));
    let failed = place.fails(3, &["--json", "list", "--group", "from", "--expand", "Dan"]);
    assert_eq!(failed["error"]["code"], "no-such-group");

    let two = ["list", "--group", "importance,from", "--expand", "high"];
    let expected = [
        "+1 2/2",
        "-2 2/1",
        "  -Ann 1/0",
        "three",
        "  -Carol 1/1",
        "one",
    ];
    assert_eq!(told(&place.json(&two)), expected);
    let text = place.ok(&two);
    let headings: Vec<&str> = text.lines().filter(|l| l.contains('(')).collect();
    let expected = [
        "▸ normal (2, 2 unread)",
        "▾ high (2, 1 unread)",
        "  ▾ Ann (1, 0 unread)",
        "  ▾ Carol (1, 1 unread)",
    ];
    assert_eq!(headings, expected);
    let five = "from,to,class,topic,flag";
    let failed = place.fails(2, &["--json", "list", "--group", five]);
    assert_eq!(failed["error"]["code"], "bad-group");
    assert_eq!(place.run(&["list", "--collapsed"]).code(), Some(2));
}

#[test]
fn a_message_is_in_the_group_of_each_of_its_categories() {
    let place = place();
    // No message has a category, and the store has not met the name yet.
    let none = place.json(&["list", "--group", "category", "--collapsed"]);
    assert_eq!(told(&none), ["+null 4/3"]);
    assert!(none[0]["heading"]["value"].is_null());
    let ann = &place.json(&["list", "--filter", "subject:three"])[0]["id"];
    let ann = ann.as_str().unwrap();
    place.ok(&["mark", ann, "--category", "Work", "--category", "Home"]);
    let list = place.json(&["list", "--group", "category"]);
    let expected = [
        "-Home 1/0",
        "three",
        "-Work 1/0",
        "three",
        "-null 3/3",
        "four",
        "two",
        "one",
    ];
    assert_eq!(told(&list), expected);
    assert_eq!(list[0]["heading"]["column"], json!("PidNameKeywords"));
}
