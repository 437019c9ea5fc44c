//! Hostile and cut mail in one import together with good mail; the torture has the same in full sizes.

use std::fs;

use testkit::HOSTILE;

use crate::place::Place;

/// So many times smaller than what must be survived.
const LESS: usize = 200;

#[test]
fn hostile_mail_costs_no_other_message_and_leaves_room_for_names() {
    let place = Place::new();
    fs::create_dir(place.path("mail")).unwrap();
    let mut good = Vec::new();
    for (n, kind) in HOSTILE.iter().enumerate() {
        let mail = (kind.make)((kind.full / LESS).clamp(2, 50_000));
        place.file(&format!("mail/{n:02}-{}.eml", kind.name), &mail);
        let mail = format!("From: a@b.example\r\nSubject: good {n}\r\n\r\nText {n}\r\n");
        good.push(place.file(&format!("mail/{n:02}-zgood.eml"), mail.as_bytes()));
    }
    place.file("mail/empty.eml", b"");
    let folder = place.path("mail");
    let run = place.run(&["import", "--json", "--items", folder.to_str().unwrap()]);
    assert_eq!(run.code(), Some(6), "{}", run.err());
    let report: serde_json::Value = serde_json::from_slice(&run.stdout).unwrap();
    let failures = report["failures"].as_array().unwrap();
    for failure in failures {
        assert!(!failure["error"].as_str().unwrap().is_empty(), "{failure}");
    }
    let count = |n: &serde_json::Value| usize::try_from(n.as_u64().unwrap()).unwrap();
    let all = count(&report["imported"]) + count(&report["skipped"]) + failures.len();
    assert_eq!(all, 2 * HOSTILE.len() + 1, "{report}");
    let items = report["items"].as_array().unwrap();
    for path in &good {
        let item = items.iter().find(|item| item["path"] == path.as_str());
        let id = item.and_then(|item| item["id"].as_str()).unwrap();
        let out = place.run(&["export", id, "--format", "eml"]);
        assert!(out.stdout == fs::read(path).unwrap(), "{path}");
    }
    let id = items.iter().find_map(|item| item["id"].as_str()).unwrap();
    let name = "{00020386-0000-0000-c000-000000000046}:\"x-after-all-that\":PT_UNICODE=yes";
    place.json(&["props", id, "--set", name]);
    let props = place.json(&["props", id]).to_string();
    assert!(props.contains("x-after-all-that"), "{props}");
    let check = place.json(&["store", "check"]);
    assert_eq!(
        check["problems"].as_array().map(Vec::len),
        Some(0),
        "{check}"
    );
}
