//! A spool directory into which somebody has put what no sender puts there.
#![cfg(unix)]

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::mpsc::channel;
use std::time::Duration;

use transport_local::{Answer, Envelope};

use crate::dropped::{deliver, to};
use crate::world::{Machine, message, receive, send, walk};

const NAME: &str = "0000000000000001-0000000000000001-00000000";

/// A pipe as old as files are that were left.
fn pipe(path: &Path) {
    let run = |program: &str, words: &[&str]| {
        let done = Command::new(program).args(words).arg(path).status();
        assert!(done.unwrap().success(), "{program}");
    };
    run("mkfifo", &[]);
    run("touch", &["-t", "202001010000"]);
}

/// The folder of this name in the one mailbox.
fn folder(machine: &Machine, name: &str) -> PathBuf {
    let mailbox = fs::read_dir(machine.spool().join("mailboxes")).unwrap();
    mailbox.last().unwrap().unwrap().path().join(name)
}

/// Fails if it is still under way after a while.
fn in_time<T: Send + 'static>(what: impl FnOnce() -> T + Send + 'static) -> T {
    let (say, hear) = channel();
    std::thread::spawn(move || say.send(what()));
    hear.recv_timeout(Duration::from_secs(20)).unwrap()
}

#[test]
fn whatever_lies_there_mail_goes_on() {
    let machine = Machine::new();
    let ann = machine.person("ann");
    let (new, tmp) = (folder(&machine, "new"), folder(&machine, "tmp"));
    pipe(&tmp.join("pipe"));
    pipe(&tmp.join(format!("{NAME}.parcel")));
    pipe(&new.join(format!("{NAME}.parcel")));
    pipe(&new.join("0000000000000002-0000000000000001-00000000.taken"));
    let taken = new.join("0000000000000003-0000000000000001-00000000.taken");
    fs::create_dir(&taken).unwrap();
    fs::write(taken.join("x"), "x").unwrap();
    let secret = machine.spool().join("secret");
    fs::write(&secret, "secret").unwrap();
    symlink(
        &secret,
        new.join("0000000000000004-0000000000000001-00000000.parcel"),
    )
    .unwrap();
    pipe(&machine.spool().join("addresses").join("eve@localhost"));
    send(ann.as_ref(), &[message("1", &["ann@localhost"])]);
    let kept = in_time(move || {
        // Whoever takes an address looks at all of them, and what says nothing is nobody's.
        let _people = ["bob", "eve"].map(|name| machine.person(name));
        let first = receive(ann.as_ref());
        send(ann.as_ref(), &[message("2", &["ann@localhost"])]);
        (first, receive(ann.as_ref()), machine)
    });
    assert_eq!(
        (kept.0.subjects(), kept.1.subjects()),
        (vec!["1"], vec!["2"])
    );
    assert_eq!(fs::read(&secret).unwrap(), b"secret");
}

#[test]
fn a_parcel_that_cannot_be_taken_away_keeps_no_other_from_going() {
    let machine = Machine::new();
    let ann = machine.person("ann");
    for n in ["1", "2"] {
        send(ann.as_ref(), &[message(n, &["ann@localhost"])]);
    }
    let mut parcels = machine.files("new");
    parcels.sort();
    // Its name when it was taken is that of a folder.
    let other = parcels[0].with_extension("taken");
    fs::create_dir(&other).unwrap();
    assert_eq!(receive(ann.as_ref()).subjects(), ["1", "2"]);
    assert!(parcels[0].exists() && !parcels[1].exists());
    fs::remove_dir(&other).unwrap();
    receive(ann.as_ref());
    assert!(!parcels[0].exists());
}

#[test]
fn all_of_it_is_its_owners_alone() {
    use std::os::unix::fs::PermissionsExt;
    let machine = Machine::new();
    let ann = machine.person("ann");
    send(ann.as_ref(), &[message("1", &["ann@localhost"])]);
    receive(ann.as_ref());
    send(ann.as_ref(), &[message("2", &["ann@localhost"])]);
    let mut folders = vec![machine.spool()];
    let mut seen = 0;
    while let Some(folder) = folders.pop() {
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&folder), 0o700, "{}", folder.display());
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            seen += 1;
            match path.is_dir() {
                true => folders.push(path),
                false => assert_eq!(mode(&path), 0o600, "{}", path.display()),
            }
        }
    }
    assert!(seen > 7, "there is something to look at");
}

#[test]
fn an_answer_is_one_line_and_an_address_stays_in_the_spool() {
    let machine = Machine::new();
    let _ann = machine.person("ann");
    let mail = b"From: zoe@example.org\r\nTo: x\r\n\r\nHello.\r\n";
    let all = [
        "x@y\r\n250 2.1.5 <z@y> delivered",
        "../../x@localhost",
        "%2e%2e%2fx@localhost",
        "\u{1b}[2J@localhost",
    ];
    let before = walk(&machine.spool()).len();
    for answer in deliver(&machine, mail, &to(&all)).unwrap() {
        let line = Answer::line(&answer);
        assert!(
            line.starts_with("55") && !line.contains(char::is_control),
            "{line:?}"
        );
    }
    assert_eq!(walk(&machine.spool()).len(), before);
}

#[test]
fn nobody_is_hidden_behind_a_line_that_ends_otherwise() {
    let machine = Machine::new();
    let ann = machine.person("ann");
    for ends in ["\r", "\n", "\r\r\n", "\r\n"] {
        let mail = format!(
            "From: zoe@example.org\r\nTo: ann@localhost\r\nSubject: a{ends}Bcc: secret@example.org{ends}X-A: b\r\n\r\nHello.\r\n"
        );
        deliver(&machine, mail.as_bytes(), &Envelope::default()).unwrap();
        let kept = receive(ann.as_ref());
        let rows = &kept.messages[0].recipients;
        assert!(
            !format!("{rows:?}").contains("secret"),
            "{ends:?}: {rows:?}"
        );
    }
}
