//! `malle watch`: events of other processes as lines.

use std::io::{BufRead, BufReader};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use super::place::Place;
use serde_json::{Value, json};
use testkit::ChildGuard;

/// How long an event may take here, where many tests share the machine.
const PATIENCE: Duration = Duration::from_secs(20);

fn mail(subject: &str) -> String {
    format!(
        "From: Ann <ann@example.org>\r\nTo: bob@example.org\r\nSubject: {subject}\r\n\
         Date: Thu, 1 Jan 2026 10:00:00 +0000\r\n\r\nHello.\r\n"
    )
}

/// A watch that runs, and its lines.
struct Watch {
    child: ChildGuard,
    lines: Receiver<Value>,
}

impl Watch {
    /// Starts `malle watch --json --ready` and waits until it watches.
    fn start(place: &Place, args: &[&str]) -> Self {
        let watch = Self::spawn(place, &[args, &["--ready"]].concat());
        assert_eq!(watch.next()["event"], "ready");
        watch
    }

    fn spawn(place: &Place, args: &[&str]) -> Self {
        let args = [&["watch", "--json"], args].concat();
        let mut child = place.malle().spawn(&args).unwrap();
        let out = BufReader::new(child.child().stdout.take().unwrap());
        let (send, lines) = channel();
        std::thread::spawn(move || {
            for line in out.lines().map_while(Result::ok) {
                let value: Value = serde_json::from_str(&line).unwrap();
                super::shape::check(&["watch"], &value);
                if send.send(value).is_err() {
                    return;
                }
            }
        });
        Self { child, lines }
    }

    fn next(&self) -> Value {
        self.lines.recv_timeout(PATIENCE).unwrap()
    }

    /// The next event of this kind; others before it are passed over.
    fn until(&self, event: &str) -> Value {
        loop {
            let next = self.next();
            if next["event"] == event {
                return next;
            }
        }
    }

    /// The exit code, and what was written until then.
    fn ended(mut self) -> (Option<i32>, Vec<Value>) {
        let code = self.child.wait().unwrap().code();
        (code, self.lines.iter().collect())
    }

    #[cfg(unix)]
    fn interrupt(&self) {
        let id = self.child.id().to_string();
        let sent = std::process::Command::new("kill")
            .args(["-INT", &id])
            .status();
        assert!(sent.unwrap().success());
    }
}

#[test]
fn a_store_tells_what_other_processes_do() {
    let place = Place::new();
    let watch = Watch::start(&place, &[]);
    let id = place.import(&mail("first"));
    let created = watch.until("created");
    assert_eq!(created["object"], "message");
    assert_eq!(created["id"], id.as_str());
    assert_eq!(created["folder"], "Inbox");
    assert_eq!(created["subject"], "first");
    assert_eq!(created["class"], "IPM.Note");
    assert!(created["time"].as_str().unwrap().ends_with('Z'));

    place.ok(&["mark", &id, "--read"]);
    let of_message = |watch: &Watch, event: &str| loop {
        let next = watch.until(event);
        if next["object"] == "message" {
            return next;
        }
    };
    let modified = of_message(&watch, "modified");
    assert_eq!(modified["id"], id.as_str());
    assert!(
        modified["changed"]
            .as_array()
            .unwrap()
            .iter()
            .any(|p| p == "PidTagMessageFlags"),
        "{modified}"
    );

    place.ok(&["folder", "create", "Inbox/Old"]);
    let created = watch.until("created");
    assert_eq!(
        (&created["object"], &created["folder"]),
        (&json!("folder"), &json!("Inbox/Old"))
    );
    place.ok(&["move", &id, "--to", "Inbox/Old"]);
    let moved = of_message(&watch, "moved");
    assert_eq!(
        (&moved["folder"], &moved["old_folder"]),
        (&json!("Inbox/Old"), &json!("Inbox"))
    );
    place.ok(&["copy", &id, "--to", "Inbox"]);
    let copied = of_message(&watch, "copied");
    assert_eq!(
        (&copied["copy_of"], &copied["folder"]),
        (&json!(id), &json!("Inbox"))
    );
    // Paths follow the folders.
    place.ok(&["folder", "rename", "Inbox/Old", "Older"]);
    place.ok(&["delete", &id, "--permanently", "--yes"]);
    let deleted = of_message(&watch, "deleted");
    assert_eq!(
        (&deleted["id"], &deleted["folder"]),
        (&json!(id), &json!("Inbox/Older"))
    );
}

#[test]
fn a_folder_a_message_and_some_kinds() {
    let place = Place::new();
    let one = place.import(&mail("one"));
    let two = place.import(&mail("two"));
    place.ok(&["folder", "create", "Other"]);
    let folder = Watch::start(
        &place,
        &["Other", "--only", "created,moved,copied", "--count", "2"],
    );
    let message = Watch::start(&place, &[&two, "--count", "1"]);
    place.ok(&["mark", &one, "--flag"]);
    place.ok(&["copy", &one, "--to", "Other"]);
    place.ok(&["move", &two, "--to", "Other"]);
    let (code, told) = folder.ended();
    assert_eq!(code, Some(0));
    let kinds: Vec<_> = told.iter().map(|e| e["event"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["copied", "moved"]);
    let (code, told) = message.ended();
    assert_eq!((code, told.len()), (Some(0), 1));
    assert_eq!(
        (&told[0]["event"], &told[0]["id"]),
        (&json!("moved"), &json!(two))
    );
}

#[test]
fn rows_turn_an_old_list_into_the_new_one() {
    let place = Place::new();
    let first = place.import(&mail("b"));
    let args = [
        "--table",
        "Inbox",
        "--sort",
        "PR_SUBJECT",
        "--filter",
        "is:unread",
        "--rows",
    ];
    let watch = Watch::spawn(&place, &args);
    let mut copy = Copy::default();
    copy.follow(&watch, |copy| copy.ready && copy.subjects() == ["b"]);
    place.import(&mail("c"));
    place.import(&mail("a"));
    copy.follow(&watch, |copy| copy.subjects() == ["a", "b", "c"]);
    let list = place.json(&["list", "--sort", "PR_SUBJECT"]);
    assert_eq!(
        json!(copy.rows.iter().map(|(_, row)| row).collect::<Vec<_>>()),
        list
    );
    place.ok(&["mark", &first, "--read"]);
    copy.follow(&watch, |copy| copy.subjects() == ["a", "c"]);
    place.ok(&["mark", &first, "--unread"]);
    copy.follow(&watch, |copy| copy.subjects() == ["a", "b", "c"]);
}

/// A reader's copy of a list: what the events say, and nothing else.
#[derive(Default)]
struct Copy {
    rows: Vec<(String, Value)>,
    ready: bool,
}

impl Copy {
    fn follow(&mut self, watch: &Watch, there: impl Fn(&Self) -> bool) {
        while !there(self) {
            self.apply(&watch.next());
        }
    }

    fn apply(&mut self, event: &Value) {
        let key = event["key"].as_str().unwrap_or_default().to_owned();
        match event["event"].as_str().unwrap() {
            "reload" => *self = Self::default(),
            "ready" => {
                assert_eq!(event["rows"], self.rows.len());
                self.ready = true;
            }
            "row-deleted" => self.rows.retain(|(k, _)| *k != key),
            "row-added" | "row-modified" => {
                self.rows.retain(|(k, _)| *k != key);
                let place = match event["prior"].as_str() {
                    None => 0,
                    Some(prior) => 1 + self.rows.iter().position(|(k, _)| k == prior).unwrap(),
                };
                self.rows.insert(place, (key, event["row"].clone()));
            }
            other => panic!("{other}"),
        }
    }

    fn subjects(&self) -> Vec<&str> {
        let rows = self.rows.iter();
        rows.map(|(_, row)| row["subject"].as_str().unwrap())
            .collect()
    }
}

#[test]
fn the_tree_of_folders_and_what_more_than_rows_can_tell() {
    let place = Place::new();
    let tree = Watch::start(&place, &["--table", "", "--hierarchy"]);
    let inbox = Watch::spawn(&place, &["--table", "Inbox", "--rows"]);
    let mut copy = Copy::default();
    place.ok(&["folder", "create", "Plans"]);
    let added = tree.until("row-added");
    assert_eq!(added["row"]["path"], "Plans");
    let many: String = (0..600)
        .map(|n| format!("From a@b Thu Jan  1 00:00:00 2026\nSubject: m{n}\nFrom: a@b\n\nx\n\n"))
        .collect();
    place.json(&["import", &place.file("box", many.as_bytes())]);
    // However many reloads that takes, the copy is the list in the end.
    copy.follow(&inbox, |copy| copy.ready && copy.rows.len() == 600);
    let list = place.json(&["list", "--limit", "1000"]);
    assert_eq!(
        json!(copy.rows.iter().map(|(_, row)| row).collect::<Vec<_>>()),
        list
    );
    let inbox_row =
        |event: Value| (event["row"]["path"] == "Inbox").then(|| event["row"]["messages"].clone());
    while inbox_row(tree.until("row-modified")) != Some(json!(600)) {}
}

#[test]
fn it_ends_as_asked() {
    let place = Place::new();
    let (code, told) = Watch::spawn(&place, &["--for", "50ms"]).ended();
    assert_eq!((code, told.len()), (Some(0), 0));
    let error = place.fails(1, &["watch", "--json", "--for", "50ms", "--count", "3"]);
    assert_eq!(error["error"]["code"], "MAPI_E_TIMEOUT");
    place.fails(3, &["watch", "Nowhere", "--json"]);
    place.fails(3, &["watch", "a99999", "--json"]);
    place.fails(3, &["watch", "--table", "Nowhere", "--json"]);
    place.fails(2, &["watch", "--only", "row-added", "--json"]);
    place.fails(
        2,
        &["watch", "--table", "Inbox", "--only", "created", "--json"],
    );
    place.fails(2, &["watch", "--hierarchy", "--json"]);
    place.fails(2, &["watch", "--for", "soon", "--json"]);
    let id = place.import(&mail("x"));
    place.fails(2, &["watch", &format!("{id}/rcpt/0"), "--json"]);
}

#[cfg(unix)]
#[test]
fn ctrl_c_ends_it_well_unless_it_was_to_wait_for_something() {
    let place = Place::new();
    let open = Watch::start(&place, &[]);
    open.interrupt();
    assert_eq!(open.ended().0, Some(0));
    let waiting = Watch::start(&place, &["--table", "Inbox", "--count", "1"]);
    waiting.interrupt();
    assert_eq!(waiting.ended().0, Some(130));
}

#[cfg(unix)]
#[test]
fn without_readers_it_ends_quietly() {
    use std::io::Read;
    let place = Place::new();
    let mut command = place.malle().command(["watch", "--json", "--ready"]);
    command.stdout(std::process::Stdio::piped());
    command.stderr(std::process::Stdio::piped());
    let mut child = ChildGuard::spawn(&mut command).unwrap();
    let mut out = BufReader::new(child.child().stdout.take().unwrap());
    let mut line = String::new();
    out.read_line(&mut line).unwrap();
    assert!(line.contains("ready"));
    drop(out);
    place.import(&mail("nobody reads this"));
    assert_eq!(child.wait().unwrap().code(), Some(0));
    let mut said = String::new();
    child
        .child()
        .stderr
        .take()
        .unwrap()
        .read_to_string(&mut said)
        .unwrap();
    assert_eq!(said, "");
}

#[test]
fn who_reads_slowly_is_told_what_is_missing() {
    let place = Place::new();
    let mut command = place.malle().command(["watch", "--json", "--ready"]);
    command.stdout(std::process::Stdio::piped());
    let mut child = ChildGuard::spawn(&mut command).unwrap();
    let mut out = BufReader::with_capacity(64, child.child().stdout.take().unwrap());
    let mut line = String::new();
    out.read_line(&mut line).unwrap();
    // More than a pipe and the queue hold together.
    let many: String = (0..7000)
        .map(|n| format!("From a@b Thu Jan  1 00:00:00 2026\nSubject: m{n}\nFrom: a@b\n\nx\n\n"))
        .collect();
    place.json(&["import", &place.file("box", many.as_bytes())]);
    place.ok(&["folder", "create", "Last"]);
    let mut lost = 0;
    let told = out
        .lines()
        .map(|line| serde_json::from_str::<Value>(&line.unwrap()).unwrap());
    for event in told {
        lost += usize::from(event["event"] == "lost");
        if event["folder"] == "Last" {
            break;
        }
    }
    assert!(lost > 0, "nothing was lost, and yet it held little");
}

#[cfg(unix)]
#[test]
fn a_backup_in_the_place_of_the_store_is_noticed() {
    let place = Place::new();
    let id = place.import(&mail("kept"));
    let backup = place.path("backup.malle");
    place.ok(&["store", "backup", &backup.display().to_string()]);
    let info = place.json(&["store", "info"]);
    let store = std::path::Path::new(info["directory"].as_str().unwrap()).join("mail.malle");
    let events = Watch::start(&place, &[]);
    let rows = Watch::spawn(&place, &["--table", "Inbox", "--rows"]);
    let mut copy = Copy::default();
    copy.follow(&rows, |copy| copy.ready);
    place.import(&mail("not in the backup"));
    copy.follow(&rows, |copy| copy.ready && copy.rows.len() == 2);
    for log in ["-wal", "-shm"] {
        let _none = std::fs::remove_file(format!("{}{log}", store.display()));
    }
    std::fs::rename(&backup, &store).unwrap();
    events.until("lost");
    copy.follow(&rows, |copy| copy.ready && copy.subjects() == ["kept"]);
    place.ok(&["mark", &id, "--flag"]);
    assert_eq!(events.until("modified")["id"], id.as_str());
}

#[test]
fn compacting_and_events_for_people() {
    let place = Place::new();
    let id = place.import(&mail("seen"));
    let watch = Watch::start(&place, &["--only", "modified,deleted"]);
    let text = place
        .malle()
        .spawn(["watch", "--for", "60s", "--count", "1", &id])
        .unwrap();
    let mut text = text;
    // The remark says that it watches.
    let mut said = BufReader::new(text.child().stderr.take().unwrap());
    let mut remark = String::new();
    said.read_line(&mut remark).unwrap();
    assert!(remark.contains("watching"), "{remark}");
    place.ok(&["store", "compact"]);
    let start = Instant::now();
    loop {
        // The remark comes when the registration stands, so one change is enough; more do no harm.
        place.ok(&["mark", &id, "--flag"]);
        place.ok(&["mark", &id, "--unflag"]);
        if text.child().try_wait().unwrap().is_some() || start.elapsed() > PATIENCE {
            break;
        }
    }
    let mut out = String::new();
    std::io::Read::read_to_string(&mut text.child().stdout.take().unwrap(), &mut out).unwrap();
    assert_eq!(text.wait().unwrap().code(), Some(0));
    let words: Vec<_> = out.split_whitespace().skip(1).collect();
    assert_eq!(words, ["modified", &id, "Inbox", "seen"]);
    assert_eq!(watch.until("modified")["object"], "message");
}
