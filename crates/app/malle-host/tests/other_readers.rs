//! A `.msg` file that was changed here is read by a program of others: msgconvert, of Email::Outlook::Message.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::fs;
use std::process::Command;
use std::sync::Arc;

use malle_host::MsgFile;
use mapi::{
    EmbeddedHost, Mapi, MapiProp, ModifyMode, OnStorage, OpenFlags, PropTag, PropValue, SaveFlags,
    StorageAccess, attach_method, tags,
};
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
