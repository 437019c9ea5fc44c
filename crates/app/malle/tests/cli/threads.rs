//! `malle thread`: a conversation over all folders, as text and as JSON.

use super::place::Place;
use serde_json::{Value, json};

fn mail(n: u32, from: &str, subject: &str, references: &[u32]) -> String {
    let ids: Vec<String> = references
        .iter()
        .map(|n| format!("<{n}@example.org>"))
        .collect();
    let references = match ids.is_empty() {
        true => String::new(),
        false => format!("References: {}\r\n", ids.join("\r\n ")),
    };
    format!(
        "From: {from} <{}@example.org>\r\nTo: all@example.org\r\nMessage-ID: <{n}@example.org>\r\n\
         {references}Date: Thu, 1 Jan 2026 10:{n:02}:00 +0000\r\nSubject: {subject}\r\n\r\nHello.\r\n",
        from.to_lowercase()
    )
}

/// Four messages of one conversation, in two folders and in no order, and one of another; their ids by number.
fn place() -> (Place, Vec<String>) {
    let place = Place::new();
    let four = place.import(&mail(4, "Dora", "RE: Budget", &[1, 2, 3]));
    let one = place.import(&mail(1, "Ann", "Budget", &[]));
    let three = place.import(&mail(3, "Cem", "Numbers (was: Budget)", &[1, 2]));
    let five = place.import(&mail(5, "Eve", "Lunch", &[]));
    let path = place.file("two.eml", mail(2, "Bob", "AW: Budget", &[1]).as_bytes());
    let report = place.json(&["import", "--items", "--folder", "Sent Items", &path]);
    let two = report["items"][0]["id"].as_str().unwrap().to_owned();
    place.ok(&["mark", "--read", &one]);
    (place, vec![one, two, three, four, five])
}

#[test]
fn a_conversation_as_json() {
    let (place, ids) = place();
    for id in &ids[..4] {
        let found = place.json(&["thread", id]);
        let shape = |m: &Value| json!([m["id"], m["parent"], m["depth"]]);
        let shapes: Vec<Value> = found["members"]
            .as_array()
            .unwrap()
            .iter()
            .map(shape)
            .collect();
        let expected = [
            json!([ids[0], null, 0]),
            json!([ids[1], ids[0], 1]),
            json!([ids[2], ids[1], 2]),
            json!([ids[3], ids[2], 3]),
        ];
        assert_eq!(shapes, expected);
        assert_eq!(found["messages"], 4);
        assert_eq!(found["conversation"].as_str().unwrap().len(), 32);
        let of = |n: usize, name: &str| found["members"][n][name].clone();
        assert_eq!((of(0, "read"), of(1, "read")), (json!(true), json!(false)));
        assert_eq!(
            (of(0, "folder"), of(1, "folder")),
            (json!("Inbox"), json!("Sent Items"))
        );
        assert_eq!(of(2, "from"), "Cem <cem@example.org>");
        assert_eq!(of(3, "subject"), "RE: Budget");
    }
    let first = place.json(&["thread", &ids[3], "--limit", "2"]);
    assert_eq!(
        (
            &first["messages"],
            first["members"].as_array().unwrap().len()
        ),
        (&json!(4), 2)
    );
    let alone = place.json(&["thread", &ids[4]]);
    assert_eq!(alone["messages"], 1);
    // What the command calls a conversation, a list can be kept to.
    let wanted = format!(
        "PR_CONVERSATION_ID = hex:{}",
        first["conversation"].as_str().unwrap()
    );
    let listed = place.json(&["list", "Inbox", "--where", &wanted]);
    assert_eq!(listed.as_array().unwrap().len(), 3);
}

#[test]
fn a_conversation_for_people() {
    let (place, ids) = place();
    let shown = place.ok(&["thread", &ids[1]]);
    let lines: Vec<&str> = shown.lines().collect();
    assert_eq!(lines.len(), 5, "{shown}");
    assert!(lines[0].starts_with("ID"), "{shown}");
    // Below each other, and the subject only where it is another one.
    let column = |n: usize, word: &str| lines[n].find(word);
    let (ann, bob) = (column(1, "Ann").unwrap(), column(2, "Bob").unwrap());
    let (cem, dora) = (column(3, "Cem").unwrap(), column(4, "Dora").unwrap());
    assert_eq!([bob, cem, dora], [ann + 2, ann + 4, ann + 6], "{shown}");
    assert!(
        column(1, "Budget").is_some() && column(2, "Budget").is_none(),
        "{shown}"
    );
    assert!(
        column(3, "Numbers").is_some() && column(4, "Budget").is_some(),
        "{shown}"
    );
    assert!(
        column(2, "Sent Items").is_some() && column(3, "Inbox").is_some(),
        "{shown}"
    );
    assert!(
        !lines[1].contains(" N ") && lines[2].contains(" N "),
        "{shown}"
    );
    let run = place.run(&["thread", &ids[0], "--limit", "1"]);
    assert!(run.err().contains("1 of 4"), "{}", run.err());
    let french = place.malle().clone().env("MALLE_LANG", "fr");
    let run = french.run(["thread", &ids[0], "--limit", "1"]);
    assert!(run.err().contains("1 messages sur 4"), "{}", run.err());
    assert!(run.out().contains("OBJET"), "{}", run.out());
}

#[test]
fn what_has_no_conversation() {
    let (place, ids) = place();
    place.fails(3, &["thread", "a999999", "--json"]);
    place.fails(2, &["thread", "nonsense", "--json"]);
    let inbox = place.json(&["folder", "list"]);
    let folder = inbox.to_string();
    let (_, rest) = folder.split_once("\"id\":\"").unwrap();
    let id: String = rest.chars().take_while(|c| *c != '"').collect();
    place.fails(3, &["thread", &id, "--json"]);
    place.ok(&["delete", "--permanently", "--yes", &ids[0]]);
    let left = place.json(&["thread", &ids[3]]);
    assert_eq!(left["messages"], 3, "what tied them together stays known");
}
