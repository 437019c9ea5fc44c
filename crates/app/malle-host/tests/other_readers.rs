//! Files of ours are read by programs of others: `.msg` files by msgconvert, of Email::Outlook::Message, and the file of
//! secrets by age.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::fs;
use std::process::Command;
use std::sync::Arc;

use malle_host::secrets::{AskNobody, Place, SecretName, Secrets};
use malle_host::{Home, MsgFile};
use mapi::{
    Call, EmbeddedHost, Mapi, MapiProp, ModifyMode, OnStorage, OpenFlags, PropTag, PropValue,
    SaveFlags, Secret, StorageAccess, attach_method, tags,
};
use mapi_props::Guid;
use testkit::TempHome;

#[test]
fn a_changed_file_is_read_by_msgconvert() {
    let there = Command::new("msgconvert").arg("--help").output();
    if there.is_err() {
        let how = "apt-get install libemail-outlook-message-perl";
        testkit::skip("msgconvert", how);
        return;
    }
    let home = TempHome::new().unwrap();
    let file = home.path().join("letter.msg");
    write(&file, "plans");
    write(&file, "other plans");
    let mail = home.path().join("letter.eml");
    let mut run = Command::new("msgconvert");
    let done = run.arg("--outfile").arg(&mail).arg(&file).output().unwrap();
    assert!(
        done.status.success(),
        "{}",
        String::from_utf8_lossy(&done.stderr)
    );
    let mail = fs::read_to_string(&mail).unwrap();
    for part in [
        "other plans",
        "bob@b.example",
        "See you at noon",
        "notes.txt",
        "MS4gYWdyZWU=",
    ] {
        assert!(mail.contains(part), "{part} is missing: {mail}");
    }
}

/// Opens the file, which may be new, and gives it another subject, once a recipient and a file.
fn write(file: &std::path::Path, subject: &str) {
    let program = Mapi::initialize(Arc::new(EmbeddedHost::new()));
    let storage = MsgFile::open(file, StorageAccess::Transacted).unwrap();
    let how = OnStorage {
        flags: OpenFlags::MODIFY,
        ..OnStorage::default()
    };
    let opened = program
        .open_message_on_storage(Arc::new(storage), how)
        .unwrap();
    let message = opened.message;
    message.set(tags::SUBJECT, subject).unwrap();
    message.set(tags::BODY, "See you at noon").unwrap();
    if message.attachment_count() == 0 {
        let bob: Vec<(PropTag, PropValue)> = vec![
            (tags::RECIPIENT_TYPE.into(), 1.into()),
            (tags::DISPLAY_NAME.into(), "Bob".into()),
            (tags::ADDRTYPE.into(), "SMTP".into()),
            (tags::EMAIL_ADDRESS.into(), "bob@b.example".into()),
        ];
        message.modify_recipients(ModifyMode::Add, &[bob]).unwrap();
        let notes = message.create_attachment().unwrap();
        notes
            .set(tags::ATTACH_METHOD, attach_method::BY_VALUE)
            .unwrap();
        notes.set(tags::ATTACH_LONG_FILENAME, "notes.txt").unwrap();
        notes
            .set(tags::ATTACH_DATA_BIN, b"1. agree".as_slice())
            .unwrap();
        notes.save_changes(SaveFlags::NONE).unwrap();
    }
    message.save_changes(SaveFlags::NONE).unwrap();
}

/// Runs its arguments on a terminal of its own and answers every question with the passphrase.
const TYPIST: &str = r"
import os, pty, sys
pid, terminal = pty.fork()
if pid == 0:
    os.execvp(sys.argv[2], sys.argv[2:])
said = b''
while True:
    try:
        part = os.read(terminal, 1024)
    except OSError:
        break
    if not part:
        break
    said += part
    if said.endswith(b': '):
        os.write(terminal, sys.argv[1].encode() + b'\n')
        said = b''
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
";

fn age(passphrase: &str, words: &[&str]) {
    let mut run = Command::new("python3");
    run.args(["-c", TYPIST, passphrase, "age"]).args(words);
    assert!(run.status().unwrap().success(), "age {words:?}");
}

#[cfg(unix)]
#[test]
fn the_file_of_secrets_is_one_of_age_and_what_age_writes_is_read() {
    for (need, asks) in [("age", "--version"), ("python3", "--version")] {
        if Command::new(need).arg(asks).output().is_err() {
            testkit::skip(need, &format!("apt-get install {need}"));
            return;
        }
    }
    let place = TempHome::new().unwrap();
    let at = |name: &str| place.path().join(name).display().to_string();
    let home = Home::below(place.path());
    fs::write(
        at("secrets.toml"),
        "backend = \"file\"\n[file]\nwork = 10\n",
    )
    .unwrap();
    fs::write(at("passphrase"), "open sesame\n").unwrap();
    let given = Some(place.path().join("passphrase"));
    let secrets = Secrets::of(home.clone(), Arc::new(AskNobody), given.clone());
    let name = SecretName::new("work", Guid([7; 16]), "password").unwrap();
    let call = Call::default();
    secrets
        .store(&name, &Secret::new("hunter2"), &call)
        .unwrap();
    let file = home.secret_file().display().to_string();
    age("open sesame", &["-d", "-o", &at("plain"), &file]);
    let plain = fs::read_to_string(at("plain")).unwrap();
    let want = format!("{}/password aHVudGVyMg\n", name.service());
    assert!(plain.ends_with(&want), "{plain}");
    // And back, with another passphrase and the work that age chooses.
    fs::remove_file(&file).unwrap();
    age("friend", &["-p", "-o", &file, &at("plain")]);
    fs::write(at("passphrase"), "friend").unwrap();
    let secrets = Secrets::of(home, Arc::new(AskNobody), given);
    assert_eq!(secrets.check(&name, &call).unwrap(), Place::File);
}
