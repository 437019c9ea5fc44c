//! `malle daemon`, `malle status`, `malle store care`: several processes over one home.

use std::io::{BufRead, BufReader};
#[cfg(unix)]
use std::process::Command;
use std::time::{Duration, Instant};

use super::place::Place;
use serde_json::Value;
use testkit::ChildGuard;

/// For what must happen soon, where many tests share the machine.
const PATIENCE: Duration = Duration::from_secs(30);

/// A daemon that holds its leases.
fn daemon(place: &Place, args: &[&str]) -> ChildGuard {
    let args = [&["daemon"], args].concat();
    place.malle().spawn(&args).unwrap()
}

fn status(place: &Place) -> Value {
    place.json(&["status"])
}

/// Waits until the status is as it should be.
fn until(place: &Place, is_so: impl Fn(&Value) -> bool) -> Value {
    let end = Instant::now() + PATIENCE;
    loop {
        let run = place.run(&["status", "--json"]);
        let shown: Value = serde_json::from_str(&run.out()).unwrap();
        super::shape::check(&["status"], &shown);
        if is_so(&shown) {
            return shown;
        }
        assert!(Instant::now() < end, "{shown}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

fn kept_by(shown: &Value, n: usize, pid: u32) -> bool {
    shown["stores"][n]["state"] == "kept" && shown["stores"][n]["holder"]["pid"] == pid
}

#[cfg(unix)]
fn signal(pid: u32, name: &str) {
    let mut sent = Command::new("kill");
    sent.args([format!("-{name}"), pid.to_string()]);
    assert!(sent.status().unwrap().success());
}

#[test]
fn without_a_daemon_commands_look_and_do_for_themselves() {
    let place = Place::new();
    let shown = status(&place);
    assert_eq!(
        (&shown["daemon"], &shown["stores"][0]["state"]),
        (&Value::Null, &"free".into())
    );
    assert_eq!(place.json(&["store", "care"])["here"], true);
    assert_eq!(status(&place)["stores"][0]["state"], "free");
    let text = place.ok(&["status"]);
    assert!(
        text.contains("no daemon runs") && text.contains("nobody"),
        "{text}"
    );
    for order in ["--stop", "--reload"] {
        let error = place.fails(3, &["daemon", order, "--json"]);
        assert_eq!(error["error"]["code"], "no-daemon");
    }
    let run = place.run(&["-p", "other", "status", "--json"]);
    assert_eq!(run.code(), Some(3), "{}", run.err());
}

#[test]
fn a_store_that_cannot_be_opened_is_shown_with_its_cause() {
    let place = Place::new();
    place.ok(&["profile", "create", "broken"]);
    let data = place.path("home/data/broken/mail.malle");
    std::fs::write(&data, b"this is no store, and was never one").unwrap();
    let run = place.run(&["status", "--json"]);
    assert_eq!(run.code(), Some(6));
    let shown: Value = serde_json::from_str(&run.out()).unwrap();
    let broken = &shown["stores"][0];
    assert_eq!(
        (&broken["profile"], &broken["state"]),
        (&"broken".into(), &"unknown".into())
    );
    assert_eq!(broken["problem"]["code"], "MAPI_E_CORRUPT_STORE");
    assert_eq!(shown["stores"][1]["state"], "free");
}

#[test]
fn the_unit_names_this_program_and_home() {
    let place = Place::empty();
    let unit = place.ok(&["-p", "work", "daemon", "--print-unit"]);
    let begins = |start: &str| unit.lines().filter(|l| l.starts_with(start)).count();
    assert_eq!((begins("ExecStart=\""), begins("Type=notify")), (1, 1));
    assert!(
        unit.contains("-p \"work\" daemon") && unit.contains("--home"),
        "{unit}"
    );
}

#[cfg(unix)]
#[test]
fn one_daemon_keeps_the_stores_of_a_home_and_is_told_what_to_do() {
    let place = Place::new();
    let mut first = daemon(&place, &[]);
    let pid = first.id();
    let shown = until(&place, |shown| kept_by(shown, 0, pid));
    assert_eq!(shown["daemon"], pid);
    let works = shown["stores"][0]["works"].as_array().unwrap();
    assert_eq!(works.len(), 3);
    let error = place.fails(1, &["daemon", "--json"]);
    assert_eq!(error["error"]["code"], "daemon-runs");
    let said = error["error"]["message"].as_str().unwrap();
    assert!(said.contains(&pid.to_string()), "{said}");
    assert_eq!(place.json(&["store", "care"])["here"], false);
    // A profile that comes is kept after a reload, by a command and by a signal; one that goes is let go.
    place.ok(&["profile", "create", "next"]);
    assert_eq!(place.json(&["daemon", "--reload"])["daemon"], pid);
    until(&place, |shown| kept_by(shown, 1, pid));
    place.ok(&["profile", "create", "third"]);
    signal(pid, "HUP");
    until(&place, |shown| kept_by(shown, 2, pid));
    // The daemon has it in use only while it works.
    place.ok(&["profile", "delete", "third"]);
    assert_eq!(
        place.json(&["daemon", "--reload"])["problems"],
        serde_json::json!([])
    );
    until(&place, |shown| {
        shown["stores"].as_array().unwrap().len() == 2
    });
    let began = Instant::now();
    assert_eq!(place.json(&["daemon", "--stop"])["daemon"], pid);
    assert!(began.elapsed() < Duration::from_secs(4));
    assert!(first.wait().unwrap().success());
    assert_eq!(status(&place)["daemon"], Value::Null);
}

#[cfg(unix)]
#[test]
fn a_daemon_that_is_killed_is_followed_by_one_that_stands_by() {
    let place = Place::new();
    let mut first = daemon(&place, &["--quiet"]);
    until(&place, |shown| kept_by(shown, 0, first.id()));
    let mut second = daemon(&place, &["--quiet", "--standby"]);
    let pid = second.id();
    until(&place, |shown| {
        let mut all = shown["processes"].as_array().unwrap().iter();
        all.any(|p| p["pid"] == pid && p["standby"] == true)
    });
    first.kill().unwrap();
    let shown = until(&place, |shown| kept_by(shown, 0, pid));
    assert_eq!(
        (&shown["daemon"], &shown["stores"][0]["holder"]["epoch"]),
        (&pid.into(), &2.into())
    );
    let began = Instant::now();
    signal(pid, "TERM");
    assert!(second.wait().unwrap().success());
    assert!(began.elapsed() < Duration::from_secs(4));
    let run = place.path("home/run");
    let left = std::fs::read_dir(run).unwrap().filter_map(Result::ok);
    let sockets = left.filter(|e| e.path().extension().is_some_and(|e| e == "sock"));
    assert_eq!(sockets.count(), 0);
}

#[cfg(unix)]
#[test]
fn a_daemon_that_is_stopped_keeps_its_lease_and_is_named() {
    let place = Place::new();
    let daemon = daemon(&place, &["--quiet"]);
    let pid = daemon.id();
    until(&place, |shown| kept_by(shown, 0, pid));
    signal(pid, "STOP");
    let shown = status(&place);
    assert_eq!(shown["stores"][0]["state"], "silent");
    assert_eq!(shown["stores"][0]["holder"]["pid"], pid);
    assert_eq!(shown["processes"][0]["answers"], false);
    let error = place.fails(1, &["store", "care", "--patience", "300ms", "--json"]);
    assert_eq!(error["error"]["code"], "MAPI_E_BUSY");
    let said = error["error"]["message"].as_str().unwrap();
    assert!(
        said.contains(&pid.to_string()) && said.contains("malle daemon"),
        "{said}"
    );
    let error = place.fails(1, &["daemon", "--json"]);
    assert_eq!(error["error"]["code"], "daemon-runs");
    signal(pid, "CONT");
    assert_eq!(place.json(&["store", "care"])["here"], false);
    assert_eq!(status(&place)["stores"][0]["holder"]["epoch"], 1);
}

#[cfg(target_os = "linux")]
#[test]
fn the_service_manager_is_told() {
    use std::os::unix::net::UnixDatagram;
    let place = Place::new();
    let path = place.path("notify");
    let manager = UnixDatagram::bind(&path).unwrap();
    manager.set_read_timeout(Some(PATIENCE)).unwrap();
    let heard = || {
        let mut text = [0; 200];
        let length = manager.recv(&mut text).unwrap();
        String::from_utf8(text[..length].to_vec()).unwrap()
    };
    let malle = place
        .malle()
        .clone()
        .env("NOTIFY_SOCKET", path.to_str().unwrap());
    let mut daemon = malle.spawn(["daemon", "--quiet"]).unwrap();
    assert_eq!(heard(), "READY=1\n");
    signal(daemon.id(), "HUP");
    let reloading = heard();
    assert!(
        reloading.starts_with("RELOADING=1\nMONOTONIC_USEC="),
        "{reloading}"
    );
    assert_eq!(heard(), "READY=1\n");
    signal(daemon.id(), "TERM");
    assert_eq!(heard(), "STOPPING=1\n");
    assert!(daemon.wait().unwrap().success());
}

#[test]
fn status_is_shown_again_and_again_until_nobody_reads_it() {
    let place = Place::new();
    let args = ["status", "--watch", "--every", "10ms", "--json"];
    let mut child = place.malle().spawn(args).unwrap();
    let lines = BufReader::new(child.child().stdout.take().unwrap()).lines();
    for line in lines.take(3) {
        let shown: Value = serde_json::from_str(&line.unwrap()).unwrap();
        super::shape::check(&["status"], &shown);
    }
    assert!(child.wait().unwrap().success());
}

#[cfg(unix)]
#[test]
fn the_daemon_sends_what_is_submitted_and_lets_go_of_a_profile_that_is_to_go() {
    let place = Place::empty();
    for name in ["ann", "bob"] {
        place.ok(&["profile", "create", name]);
        let address = format!("address={name}@example.org");
        let add = ["-p", name, "service", "add", "MALLE_DELIVERY", "--set"];
        place.ok(&[&add[..], &[&address]].concat());
    }
    let first = daemon(&place, &[]);
    let mail_by = |shown: &Value, n: usize| {
        let mail = &shown["stores"][n]["mail"];
        mail["state"] == "kept" && mail["holder"]["pid"] == first.id()
    };
    until(&place, |shown| mail_by(shown, 0) && mail_by(shown, 1));
    place.ok(&[
        "-p",
        "ann",
        "new",
        "--to",
        "bob@example.org",
        "-s",
        "Plans",
        "--body",
        "At ten.",
        "--send",
        "--queue",
    ]);
    let end = Instant::now() + PATIENCE;
    loop {
        let rows = place.json(&["-p", "bob", "list", "Inbox"]);
        if rows[0]["subject"] == "Plans" {
            break;
        }
        assert!(Instant::now() < end, "{rows}");
        std::thread::sleep(Duration::from_millis(10));
    }
    until(&place, |shown| shown["stores"][0]["mail"]["queued"] == 0);
    let text = place.ok(&["status"]);
    assert!(text.contains("nothing to send"), "{text}");
    // The session of the spooler has the profile in use; the daemon hears of it without being told by anybody.
    place.ok(&["profile", "delete", "bob"]);
    until(&place, |shown| {
        let stores = shown["stores"].as_array().unwrap();
        stores.len() == 1 && stores[0]["profile"] == "ann"
    });
}
