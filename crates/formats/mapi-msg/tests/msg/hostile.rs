//! Damaged and hostile files: what can be read is, the rest is named, and nothing costs more than the file's length.

use std::time::{Duration, Instant};

use crate::by_hand::made;
use crate::shown::{lines, try_read};

/// Reads whatever can be read of it, to the last byte of every value.
fn survive(bytes: &[u8]) -> bool {
    match try_read(bytes) {
        Ok(tree) => {
            drop(lines(&tree));
            let mut again = Vec::new();
            mapi_msg::write(&tree, &mut again).unwrap();
            try_read(&again).unwrap();
            !tree.defects.is_empty()
        }
        Err(_) => true,
    }
}

#[test]
fn every_truncation_is_read() {
    let file = made();
    let start = Instant::now();
    let told = (0..file.len())
        .step_by(61)
        .filter(|n| survive(&file[..*n]))
        .count();
    // Cuts in the free room at the end harm nothing.
    assert!(told > 150, "{told} of {}", file.len() / 61);
    assert!(
        start.elapsed() < Duration::from_secs(30),
        "{:?}",
        start.elapsed()
    );
}

#[test]
fn every_byte_of_what_describes_the_file_may_be_wrong() {
    let file = made();
    for at in (0..512).chain((512..file.len()).step_by(211)) {
        for value in [0x00, 0x7F, 0xFF] {
            let mut bytes = file.clone();
            bytes[at] = value;
            survive(&bytes);
        }
    }
}

#[test]
fn chains_that_never_end_do() {
    let mut file = made();
    // The FAT: every sector is followed by the first one.
    let at = 512 * (usize::from(file[0x4C]) + 1);
    file[at..at + 512].fill(0);
    survive(&file);
    // The directory: every entry's brothers are itself and the root.
    let mut file = made();
    let at = 512 * (usize::from(file[0x30]) + 1);
    for entry in file[at..].chunks_mut(128) {
        if entry.len() == 128 {
            entry[0x44..0x4C].fill(0);
        }
    }
    survive(&file);
}

#[test]
fn what_is_no_message_says_so() {
    let other = cfb::CompoundFile::create(std::io::Cursor::new(Vec::new())).unwrap();
    let other = other.into_inner().into_inner();
    let said = |bytes: &[u8]| try_read(bytes).unwrap_err().to_string();
    assert_eq!(said(b"From: ann"), "this is no compound file");
    assert_eq!(said(b""), "this is no compound file");
    let no_message =
        "the compound file holds no message: it has no stream /__properties_version1.0";
    assert_eq!(said(&other), no_message);
}

#[test]
fn damage_is_named_with_its_place() {
    let tree = try_read(&without_stream(
        "/__attach_version1.0_#00000000/__substg1.0_3707001E",
    ))
    .unwrap();
    let detail = "/__attach_version1.0_#00000000: the value of 0x3707001E is missing";
    assert!(
        tree.defects.iter().any(|d| d.detail == detail),
        "{:?}",
        tree.defects
    );
    assert_eq!(tree.attachments.len(), 3);
    let tree = try_read(&without_stream(
        "/__recip_version1.0_#00000001/__properties_version1.0",
    ))
    .unwrap();
    let detail = "/__recip_version1.0_#00000001 has no stream __properties_version1.0";
    assert!(
        tree.defects.iter().any(|d| d.detail == detail),
        "{:?}",
        tree.defects
    );
    assert_eq!(tree.recipients.len(), 2);
}

fn without_stream(path: &str) -> Vec<u8> {
    let mut file = cfb::CompoundFile::open(std::io::Cursor::new(made())).unwrap();
    file.remove_stream(path).unwrap();
    file.into_inner().into_inner()
}

#[test]
fn messages_nested_too_deep_stay_attached_as_bytes() {
    let mut tree = mapi_props::MessageTree::default();
    tree.props.set(mapi_props::tags::SUBJECT, "innermost");
    for _ in 0..40 {
        let attachment = mapi_props::AttachmentTree {
            content: mapi_props::TreeContent::Message(Box::new(tree)),
            ..mapi_props::AttachmentTree::default()
        };
        tree = mapi_props::MessageTree {
            attachments: vec![attachment],
            ..mapi_props::MessageTree::default()
        };
    }
    let mut file = Vec::new();
    mapi_msg::write(&tree, &mut file).unwrap();
    let read = try_read(&file).unwrap();
    assert_eq!(read.defects.len(), 1);
    assert_eq!(read.defects[0].code, "too-deep");
    let mut again = Vec::new();
    mapi_msg::write(&read, &mut again).unwrap();
    assert_eq!(lines(&try_read(&again).unwrap()), lines(&read));
}
