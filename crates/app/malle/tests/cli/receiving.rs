//! `malle receive-folder` and `malle folder repair`.

use super::place::Place;
use serde_json::{Value, json};

fn role<'a>(repair: &'a Value, name: &str) -> &'a Value {
    let all = repair["roles"].as_array().unwrap();
    all.iter()
        .find(|r| r["role"] == name)
        .unwrap_or(&Value::Null)
}

fn property(props: &Value, name: &str) -> String {
    let all = props["properties"].as_array().unwrap();
    let one = all.iter().find(|p| p["name"] == name);
    one.unwrap()["value"].as_str().unwrap().to_owned()
}

#[test]
fn classes_and_the_folders_they_arrive_in() {
    let place = Place::new();
    let list = place.json(&["receive-folder", "list"]);
    let classes: Vec<_> = list
        .as_array()
        .unwrap()
        .iter()
        .map(|a| (&a["class"], &a["folder"]))
        .collect();
    let (inbox, root) = (json!("Inbox"), json!(""));
    let want = [
        ("", &inbox),
        ("IPC", &root),
        ("IPM", &inbox),
        ("Report", &inbox),
    ];
    let want: Vec<_> = want
        .iter()
        .map(|(class, folder)| (json!(class), *folder))
        .collect();
    assert_eq!(
        classes,
        want.iter().map(|(c, f)| (c, *f)).collect::<Vec<_>>()
    );

    place.ok(&["folder", "create", "Inbox/Bills"]);
    let asked = place.json(&[
        "receive-folder",
        "set",
        "IPM.Note.Bill",
        "Inbox/Bills",
        "--dry-run",
    ]);
    assert_eq!(asked["dry_run"], true);
    assert_eq!(
        place.json(&["receive-folder", "get", "IPM.Note.Bill"])["matched"],
        "IPM"
    );
    let set = place.json(&[
        "receive-folder",
        "set",
        "IPM.Note.Bill",
        "Inbox/Bills",
        "--with-reports",
    ]);
    assert_eq!(set["changed"][1]["class"], "Report.IPM.Note.Bill");
    for (class, matched, folder) in [
        ("ipm.note.bill.paid", "IPM.Note.Bill", "Inbox/Bills"),
        ("IPM.Note.Billing", "IPM", "Inbox"),
        (
            "Report.IPM.Note.Bill.NDR",
            "Report.IPM.Note.Bill",
            "Inbox/Bills",
        ),
        ("", "", "Inbox"),
    ] {
        let got = place.json(&["receive-folder", "get", class]);
        assert_eq!(
            (&got["matched"], &got["folder"]),
            (&json!(matched), &json!(folder)),
            "{class}"
        );
    }
    let text = place.ok(&["receive-folder", "get", "IPM.Note.Bill"]);
    assert!(
        text.contains("Inbox/Bills") && text.contains("IPM.Note.Bill"),
        "{text}"
    );
}

#[test]
fn an_assignment_is_taken_away() {
    let place = Place::new();
    place.ok(&["folder", "create", "Inbox/Bills"]);
    let of_bills = ["IPM.Note.Bill", "Inbox/Bills", "--with-reports"];
    place.ok(&[&["receive-folder", "set"][..], &of_bills].concat());
    let removed = place.json(&[
        "receive-folder",
        "remove",
        "IPM.Note.Bill",
        "--with-reports",
    ]);
    assert_eq!(removed["changed"][0]["matched"], "IPM");
    assert_eq!(removed["changed"][1]["matched"], "Report");
    // Twice does no harm.
    place.json(&["receive-folder", "remove", "IPM.Note.Bill"]);
    let refused = place.fails(2, &["receive-folder", "remove", "", "--json"]);
    assert_eq!(refused["error"]["code"], "needs-yes");
    let none = place.json(&["receive-folder", "remove", "", "--yes"]);
    assert_eq!(none["changed"][0]["matched"], Value::Null);
    assert_eq!(place.json(&["receive-folder", "get"])["folder"], "");
    place.fails(
        3,
        &["receive-folder", "set", "IPM.Note", "Nowhere", "--json"],
    );
    for bad in ["IPM..Note", ".IPM", "IPM.é", &"x".repeat(256)] {
        let error = place.fails(2, &["receive-folder", "set", bad, "Inbox", "--json"]);
        assert_eq!(error["error"]["code"], "bad-class", "{bad}");
    }
}

#[test]
fn a_store_without_some_of_its_folders_is_repaired() {
    let place = Place::new();
    assert_eq!(
        place.json(&["folder", "repair"]),
        json!({"whole": true, "roles": [], "classes": []})
    );
    place.ok(&["folder", "create", "Bills"]);
    place.ok(&["receive-folder", "set", "IPM.Note.Bill", "Bills"]);
    let bills = place.json(&["props", "Bills", "--all"]);
    let bills = property(&bills, "PidTagEntryId");
    place.ok(&["folder", "delete", "Bills", "--permanently", "--yes"]);
    // Both who tell of the calendar tell of a folder that is gone.
    let gone = format!("PR_IPM_APPOINTMENT_ENTRYID={bills}");
    for teller in ["Inbox", "a1"] {
        place.ok(&["props", teller, "--set", &gone]);
    }
    place.ok(&["props", "Inbox", "--delete", "PR_IPM_DRAFTS_ENTRYID"]);
    let before = place.json(&["folder", "list", "--all"]);
    let seen = place.json(&["folder", "repair", "--dry-run"]);
    assert_eq!(
        (&seen["whole"], &seen["dry_run"]),
        (&json!(false), &json!(true))
    );
    assert_eq!(seen["classes"], json!(["IPM.Note.Bill"]));
    assert_eq!(role(&seen, "Calendar")["was"], "stale");
    assert_eq!(role(&seen, "Drafts")["was"], "untold");
    assert_eq!(role(&seen, "Calendar")["id"], Value::Null);
    assert_eq!(place.json(&["folder", "list", "--all"]), before);

    let done = place.json(&["folder", "repair"]);
    let (calendar, drafts) = (role(&done, "Calendar"), role(&done, "Drafts"));
    assert_eq!(
        (&calendar["folder"], &calendar["new"]),
        (&json!("Calendar"), &json!(false))
    );
    assert_eq!(
        (&drafts["folder"], &drafts["new"]),
        (&json!("Drafts"), &json!(false))
    );
    assert_eq!(done["classes"], json!(["IPM.Note.Bill"]));
    assert_eq!(
        place.json(&["receive-folder", "get", "IPM.Note.Bill"])["matched"],
        "IPM"
    );
    assert_eq!(place.json(&["folder", "repair"])["whole"], true);
    assert_eq!(place.json(&["store", "check"])["clean"], true);
    let french = place.malle().clone().env("MALLE_LANG", "fr");
    assert_eq!(
        french.ok(["folder", "repair"]),
        "tous les dossiers propres au magasin sont là\n"
    );
}
