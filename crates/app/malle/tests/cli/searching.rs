//! `malle search`: what is found, how it is shown, what is refused.

use super::place::Place;
use serde_json::{Value, json};

fn mail(n: u32, from: &str, subject: &str, body: &str) -> String {
    format!(
        "From: {from}\r\nTo: Bob Fields <bob@example.org>\r\nMessage-ID: <{n}@example.org>\r\n\
         Date: Thu, 1 Jan 2026 10:{n:02}:00 +0000\r\nSubject: {subject}\r\n\
         Content-Type: text/plain; charset=utf-8\r\n\r\n{body}\r\n"
    )
}

/// Four messages in the Inbox.
fn place() -> Place {
    let place = Place::new();
    let mails = [
        mail(
            1,
            "Ann <ann@example.org>",
            "Annual budget",
            "The plan\r\nfor the   Straße and a café.",
        ),
        mail(2, "Bob <bob@example.net>", "Re: Annual budget", "Agreed."),
        mail(
            3,
            "Łucja <l@example.pl>",
            "=?utf-8?q?=C5=81=C3=B3d=C5=BA?=",
            "会議室は二階です。",
        ),
        mail(
            4,
            "Ann <ann@example.org>",
            "Photos",
            "ﬁle attached from İstanbul",
        ),
    ];
    for mail in mails {
        place.import(&mail);
    }
    place
}

fn subjects(place: &Place, words: &[&str]) -> Vec<String> {
    let args: Vec<&str> = ["search"]
        .into_iter()
        .chain(words.iter().copied())
        .collect();
    let found = place.json(&args);
    let subject = |row: &Value| row["subject"].as_str().unwrap().to_owned();
    found.as_array().unwrap().iter().map(subject).collect()
}

#[test]
fn what_is_found() {
    let place = place();
    let both: &[&str] = &["Re: Annual budget", "Annual budget"];
    let table: &[(&[&str], &[&str])] = &[
        (&["budget"], both),
        (&["BUDGET", "annual"], both),
        (&["\"annual budget\""], both),
        (&["\"budget annual\""], &[]),
        (&["budg*"], both),
        (&["budg"], &[]),
        (&["budget", "-from:ann"], &["Re: Annual budget"]),
        (&["NOT", "from:ann", "budget"], &["Re: Annual budget"]),
        (
            &["photos", "OR", "agreed"],
            &["Photos", "Re: Annual budget"],
        ),
        (&["from:(ann OR bob)", "subject:budget"], both),
        (&["strasse"], &["Annual budget"]),
        (&["lodz"], &["Łódź"]),
        (&["会議"], &["Łódź"]),
        (&["file", "istanbul"], &["Photos"]),
        (&["CAFE"], &["Annual budget"]),
        (&["on:2026-01", "from:l@example.pl"], &["Łódź"]),
        (&["before:2026"], &[]),
        (
            &["in:Inbox", "class:IPM.Note", "is:unread", "photos"],
            &["Photos"],
        ),
        (&["in:Sent", "photos"], &[]),
        (
            &["budget", "--sort", "PR_MESSAGE_DELIVERY_TIME"],
            &["Annual budget", "Re: Annual budget"],
        ),
        (
            &["budget", "--limit", "1", "--offset", "1"],
            &["Annual budget"],
        ),
        (
            &["*", "--where", "PR_SUBJECT contains \"Photo\""],
            &["Photos"],
        ),
        (&["photos", "--folder", "Inbox"], &["Photos"]),
        (&["photos", "--folder", "Sent Items"], &[]),
    ];
    for (query, expect) in table {
        assert_eq!(&subjects(&place, query), expect, "{query:?}");
    }
    let filtered = place.json(&["list", "--filter", "budget -from:ann"]);
    assert_eq!(filtered.as_array().unwrap().len(), 1);
    assert_eq!(filtered[0]["subject"], "Re: Annual budget");
}

#[test]
fn ids_go_on_into_other_commands() {
    let place = place();
    let found = place.json(&["search", "lodz", "--columns", "PR_MESSAGE_CLASS"]);
    assert_eq!(found[0]["folder"], "Inbox");
    assert_eq!(found[0]["PidTagMessageClass"], "IPM.Note");
    let id = found[0]["id"].as_str().unwrap();
    assert_eq!(place.json(&["read", id])["subject"], "Łódź");
    assert_eq!(subjects(&place, &[&format!("id:{id}")]), ["Łódź"]);
    place.json(&["folder", "create", "Old/2025"]);
    place.json(&["move", id, "--to", "Old/2025"]);
    let moved = place.json(&["search", "lodz", "in:Old"]);
    assert_eq!(moved[0]["folder"], "Old/2025");
    assert_eq!(subjects(&place, &["lodz", "-in:Old"]), [""; 0]);
    // What is deleted is found where it is now.
    place.json(&["delete", id]);
    assert_eq!(
        place.json(&["search", "lodz"])[0]["folder"],
        "Deleted Items"
    );
    place.json(&["delete", id, "--permanently"]);
    assert_eq!(subjects(&place, &["lodz"]), [""; 0]);
}

#[test]
fn counts_snippets_and_explanations() {
    let place = place();
    assert_eq!(
        place.json(&["search", "--count", "budget"]),
        json!({"count": 2})
    );
    assert_eq!(place.ok(&["search", "--count", "nothing"]), "0\n");
    let bare = place.json(&["search", "strasse"]);
    assert!(bare[0].get("snippet").is_none());
    let found = place.json(&["search", "strasse", "--snippets"]);
    let parts = json!([
        {"text": "The plan for the ", "match": false},
        {"text": "Straße", "match": true},
        {"text": " and a café.", "match": false},
    ]);
    assert_eq!(
        found[0]["snippet"],
        json!({"field": "body", "parts": parts})
    );
    let person = place.json(&["search", "to:fields lodz", "--snippets=always"]);
    assert_eq!(person[0]["snippet"]["field"], "to");
    let why = place.json(&["search", "--explain", "budget", "AND", "(in:Inbox)"]);
    assert_eq!(why["query"], "budget in:Inbox");
    assert_eq!(why["folder"], "Inbox");
    assert!(why["restriction"].is_object());
    // The text form is what --where takes.
    let text = why["restriction_text"].as_str().unwrap();
    assert_eq!(
        place
            .json(&["list", "--where", text])
            .as_array()
            .unwrap()
            .len(),
        2
    );
    let json = why["restriction"].to_string();
    assert_eq!(
        place
            .json(&["list", "--where", &json])
            .as_array()
            .unwrap()
            .len(),
        2
    );
}

#[test]
fn what_is_refused() {
    let place = place();
    for (query, code, exit, message, hint) in [
        (
            "form:ann",
            "bad-query",
            2,
            "“form:” is no field",
            "did you mean “from:”?",
        ),
        (
            "is:unred",
            "bad-query",
            2,
            "“is:” does not know “unred”",
            "did you mean “is:unread”?",
        ),
        (
            "a (b",
            "bad-query",
            2,
            "character 3: this parenthesis is not closed",
            "",
        ),
        (
            "after:soon",
            "bad-query",
            2,
            "“soon” is no date",
            "2024-05-01",
        ),
        (
            "in:Nowhere a",
            "MAPI_E_NOT_FOUND",
            3,
            "there is no folder “Nowhere”",
            "malle folder list",
        ),
        (
            "-in:Nowhere a",
            "MAPI_E_NOT_FOUND",
            3,
            "there is no folder “Nowhere”",
            "malle folder list",
        ),
        ("id:x", "bad-id", 2, "“x” is not an id", ""),
    ] {
        let error = &place.fails(exit, &["search", "--json", query])["error"];
        assert_eq!(error["code"], code, "{query}");
        assert!(
            error["message"].as_str().unwrap().contains(message),
            "{error}"
        );
        let told = error["hint"].as_str().unwrap_or_default();
        assert!(told.starts_with(hint), "{error}");
    }
    place.fails(2, &["search", "--json"]);
    let french = place.malle().clone().env("MALLE_LANG", "fr");
    let run = french.run(["search", "form:ann"]);
    assert_eq!(run.code(), Some(2));
    assert!(run.err().contains("n’est pas un champ"), "{}", run.err());
    // Nothing found is no error.
    let run = place.run(&["search", "nothing"]);
    assert_eq!((run.code(), run.out().as_str()), (Some(0), ""));
    assert!(run.err().contains("nothing was found"), "{}", run.err());
}

#[test]
fn found_messages_for_people() {
    let place = place();
    insta::assert_snapshot!("search", place.ok(&["search", "annual", "OR", "会議"]));
    let colour = place.ok(&["search", "会議", "--color", "always"]);
    assert!(colour.contains("\u{1b}[1m会議\u{1b}[0m室"), "{colour}");
    assert!(!place.ok(&["search", "会議"]).contains('\u{1b}'));
    let bare = place.ok(&["search", "会議", "--snippets=never"]);
    assert!(!bare.contains('室'), "{bare}");
}
