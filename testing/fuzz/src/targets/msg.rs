//! The reader of `.msg` files: any bytes give a message or an error, and what was read can be written and read again.

use std::io::{Cursor, Read, Write};
use std::sync::Arc;

use mapi_msg::{Limits, rest_name};
use mapi_props::{
    AttachmentTree, LargeSource, MessageTree, PropKey, PropName, PropValue, TreeContent, TreeProps,
    TreeValue, guids, tags,
};

use crate::seen::Seen;
use crate::target::Target;

/// Whole files.
pub(super) static READ: Target = Target {
    name: "msg-read",
    about: "any bytes are read or refused, and what was read is written and reads as the same",
    longest: 64 * 1024,
    seeds,
    takes_mail: false,
    tokens: &[
        b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1",
        b"\xFE\xFF\xFF\xFF",
        b"\xFF\xFF\xFF\xFF",
        b"_\0_\0s\0u\0b\0s\0t\0g\0",
    ],
    run: |input, seen| round_trip(input.to_vec(), seen),
};

/// What lies in the streams of a sound file: properties, names, and what a file says that a tree cannot.
pub(super) static PROPERTIES: Target = Target {
    name: "msg-properties",
    about: "any property and name streams are read, and what was read is written and reads as the same",
    longest: 4 * 1024,
    seeds: || vec![sample_streams()],
    takes_mail: false,
    tokens: &[
        b"\x1F\0\x37\0",
        b"\x1E\0\x37\0",
        b"\x0D\0\x01\x37",
        b"\x1F\x10\0\x80",
        b"\x02\x01\0\x80",
    ],
    run: |input, seen| {
        round_trip(file_of(input), seen);
        let mut tree = MessageTree::default();
        let kept = PropValue::Binary(input.to_vec());
        tree.props.insert(PropKey::Named(rest_name()), kept.into());
        let mut file = Vec::new();
        // A name that the format does not have is refused.
        if mapi_msg::write(&tree, &mut file).is_ok() {
            round_trip(file, seen);
        }
    },
};

fn round_trip(input: Vec<u8>, seen: &mut Seen) {
    let Some(tree) = read(input) else {
        return;
    };
    for defect in &tree.defects {
        seen.mark("defect", defect.code);
    }
    seen.count("recipients", tree.recipients.len());
    seen.count("attachments", tree.attachments.len());
    let mut file = Vec::new();
    if let Err(e) = mapi_msg::write(&tree, &mut file) {
        // Names of another program's streams may be such as no file may have.
        assert_eq!(e.kind(), std::io::ErrorKind::InvalidInput, "{e}");
        return;
    }
    let again = read(file).expect("what was written can be read");
    assert_eq!(again.recipients.len(), tree.recipients.len());
    assert_eq!(again.attachments.len(), tree.attachments.len());
    let mut second = Vec::new();
    mapi_msg::write(&again, &mut second).expect("what was read back can be written");
    let last = read(second).expect("and read");
    assert_eq!(
        amount(&again),
        amount(&last),
        "the second time it says something else"
    );
}

fn read(bytes: Vec<u8>) -> Option<MessageTree> {
    let size = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
    let tree = mapi_msg::read(Arc::new(bytes), size, &Limits::default()).ok()?;
    amount(&tree);
    Some(tree)
}

/// Properties and bytes of values, all of them read.
fn amount(tree: &MessageTree) -> (usize, u64) {
    let mut all = (0, 0);
    let mut add = |props: &TreeProps| {
        for (_, value) in props.iter() {
            all.0 += 1;
            all.1 += match value {
                TreeValue::Value(value) => value.size(),
                TreeValue::Large(_, source) => length(source),
            };
        }
    };
    add(&tree.props);
    tree.recipients.iter().for_each(&mut add);
    tree.attachments.iter().for_each(|a| add(&a.props));
    for attachment in &tree.attachments {
        match &attachment.content {
            TreeContent::None => {}
            TreeContent::Data(source) | TreeContent::Storage(source) => all.1 += length(source),
            TreeContent::Message(inner) => {
                let below = amount(inner);
                all = (all.0 + below.0, all.1 + below.1);
            }
        }
    }
    all
}

fn length(source: &LargeSource) -> u64 {
    let mut reader = source.open().expect("memory can be read");
    let read = std::io::copy(&mut reader.by_ref(), &mut std::io::sink());
    let read = read.expect("memory can be read");
    assert_eq!(read, source.size(), "a value is as long as it says");
    read
}

fn seeds() -> Vec<Vec<u8>> {
    let mut tree = MessageTree::default();
    let small = file(&tree);
    tree.props.set(tags::SUBJECT, "plans 語");
    let name = PropName::text(guids::PS_PUBLIC_STRINGS, "Colour");
    let colours = PropValue::MvUnicode(vec!["red".into(), "blue".into()]);
    tree.props.insert(PropKey::Named(name), colours.into());
    tree.recipients.push(TreeProps::new());
    let inner = tree.clone();
    let contents = [
        TreeContent::Data(vec![7; 5000].into()),
        TreeContent::Storage(small.clone().into()),
        TreeContent::Message(Box::new(inner)),
    ];
    tree.attachments
        .extend(contents.map(|content| AttachmentTree {
            content,
            ..AttachmentTree::default()
        }));
    vec![small, file(&tree), file_of(&sample_streams())]
}

fn file(tree: &MessageTree) -> Vec<u8> {
    let mut bytes = Vec::new();
    mapi_msg::write(tree, &mut bytes).expect("memory takes it");
    bytes
}

/// Lengths of the first streams in a byte each, then the streams.
fn sample_streams() -> Vec<u8> {
    let mut properties = vec![0; 32];
    for (tag, value) in [(0x0037_001F_u32, 8_u64), (0x8000_0003, 5), (0x8001_101F, 8)] {
        properties.extend(tag.to_le_bytes());
        properties.extend(6_u32.to_le_bytes());
        properties.extend(value.to_le_bytes());
    }
    let entries = [0x33, 0x82, 0, 0, 6, 0, 0, 0, 0, 0, 0, 0, 5, 0, 1, 0];
    let texts = [2, 0, 0, 0, b'c', 0, 0, 0];
    let lengths = [properties.len(), 16, entries.len(), texts.len()];
    let mut all: Vec<u8> = lengths
        .iter()
        .filter_map(|n| u8::try_from(*n).ok())
        .collect();
    all.extend(properties);
    all.extend([7; 16]);
    all.extend(entries);
    all.extend(texts);
    all.extend(b"a\0b\0c\0");
    all
}

/// A file by a library of others with these streams.
fn file_of(input: &[u8]) -> Vec<u8> {
    let (lengths, mut rest) = input.split_at_checked(4).unwrap_or_default();
    let mut file = cfb::CompoundFile::create(Cursor::new(Vec::new())).expect("memory takes it");
    file.create_storage("/__nameid_version1.0")
        .expect("it is new");
    let names = [
        "/__properties_version1.0",
        "/__nameid_version1.0/__substg1.0_00020102",
        "/__nameid_version1.0/__substg1.0_00030102",
        "/__nameid_version1.0/__substg1.0_00040102",
    ];
    let mut put = |name: &str, bytes: &[u8]| {
        let mut stream = file.create_stream(name).expect("it is new");
        stream.write_all(bytes).expect("memory takes it");
    };
    for (name, length) in names.iter().zip(lengths) {
        let (bytes, after) = rest.split_at(rest.len().min(usize::from(*length)));
        put(name, bytes);
        rest = after;
    }
    for tag in [
        "0037001F",
        "0037001E",
        "8001101F",
        "8001101F-00000000",
        "80000102",
        "80011003",
    ] {
        put(&format!("/__substg1.0_{tag}"), rest);
    }
    file.flush().expect("memory takes it");
    file.into_inner().into_inner()
}
