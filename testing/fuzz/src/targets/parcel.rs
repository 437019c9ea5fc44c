//! The reader of parcels, which local delivery takes from a directory that others may write to.

use std::io::Cursor;
use std::sync::Arc;

use mapi_props::{
    AttachmentTree, LargeSource, MessageTree, PropKey, PropName, PropValue, TreeContent, TreeProps,
    TreeValue, guids, tags,
};
use mapi_spi::Call;
use transport_local::parcel::{Addressing, Content, ParcelReader, ParcelWriter, Posted};

use crate::seen::Seen;
use crate::target::Target;

/// The first byte says whether the rest is a file, or the head of a record in a sound one.
pub(super) static TARGET: Target = Target {
    name: "parcel",
    about: "any bytes are read or refused record by record, and a message that was read is written and reads as the same",
    longest: 64 * 1024,
    seeds,
    takes_mail: false,
    tokens: &[
        b"MALLEPCL\x01",
        b"T\0\0\0\0\0\0\0\0",
        b"M\0\0\0\0\0\0\0\0",
        b"E\x08\0\0\0\0\0\0\0",
        b"\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF",
        b"\x0D\x80\x01\x37",
        b"\x1F\x80\0\x10",
    ],
    run,
};

const START: &[u8] = b"MALLEPCL\x01";
/// A head may say that values are as long as this.
const LONGEST_VALUES: usize = 1 << 16;

fn run(input: &[u8], seen: &mut Seen) {
    let Some((kind, bytes)) = input.split_first() else {
        return;
    };
    let file = match kind % 3 {
        0 => bytes.to_vec(),
        1 => around(b'T', bytes),
        _ => around(b'M', bytes),
    };
    for posted in read(file, seen) {
        if let Content::Tree(tree) = &posted.content {
            again(tree, &posted.envelope, seen);
        }
    }
}

/// All messages that can be read of a file.
fn read(file: Vec<u8>, seen: &mut Seen) -> Vec<Posted> {
    let size = u64::try_from(file.len()).unwrap_or(u64::MAX);
    let reader = match ParcelReader::open(Arc::new(file), size) {
        Ok(reader) => reader,
        Err(broken) => {
            seen.mark("refused", std::mem::discriminant(&broken));
            return Vec::new();
        }
    };
    let mut all = Vec::new();
    for posted in reader {
        match posted {
            Ok(posted) => {
                seen.mark("read", matches!(posted.content, Content::Mail(_)));
                if let Content::Mail(mail) = &posted.content {
                    let told = mail.bytes().map(|bytes| bytes.as_slice().len());
                    seen.mark("mail", told.is_ok());
                }
                all.push(posted);
            }
            Err(broken) => seen.mark("broken", broken.to_string()),
        }
    }
    all
}

/// Writes a message that was read, and reads it: nothing more and nothing less is there.
fn again(tree: &MessageTree, envelope: &str, seen: &mut Seen) {
    let Some(wanted) = amount(tree) else {
        seen.mark("damaged value", ());
        return;
    };
    seen.count("recipients", tree.recipients.len());
    seen.count("attachments", tree.attachments.len());
    let hidden: Vec<usize> = (0..tree.recipients.len()).collect();
    let to = Addressing {
        envelope,
        hidden: &hidden,
    };
    let mut writer = ParcelWriter::begin(Cursor::new(Vec::new())).expect("memory takes it");
    // Recipients that only a resend has stay behind: what is compared is what was written.
    if writer.tree(tree, to, &Call::default()).is_err() {
        return;
    }
    let (file, length) = writer.finish().expect("memory takes it");
    let mut file = file.into_inner();
    file.truncate(usize::try_from(length).unwrap_or(usize::MAX));
    let posted = read(file, seen);
    assert_eq!(posted.len(), 1, "one message was written");
    let told = posted.first().map(|posted| posted.envelope.as_str());
    let read = posted.iter().find_map(|posted| match &posted.content {
        Content::Tree(tree) => Some(tree),
        Content::Mail(_) => None,
    });
    let read = read.expect("a tree was written");
    assert_eq!(told, Some(envelope));
    if read.recipients.len() == tree.recipients.len() {
        let got = amount(read).expect("what was just written can be read");
        // A row whose kind was not said is To from then on.
        assert!(
            (wanted.0..=wanted.0 + tree.recipients.len()).contains(&got.0),
            "properties were lost"
        );
        assert_eq!(got.1, wanted.1, "values are others now");
    }
}

/// How many properties a message has, and the bytes of its texts, binaries and attachments; `None` if one of them is damaged.
fn amount(tree: &MessageTree) -> Option<(usize, u64)> {
    let (mut count, mut bytes) = (0, 0);
    let mut add = |props: &TreeProps| -> Option<()> {
        for (_, value) in props.iter() {
            count += 1;
            bytes += match value {
                TreeValue::Value(PropValue::Unicode(text)) => u64::try_from(text.len()).ok()?,
                TreeValue::Value(PropValue::Binary(bytes)) => u64::try_from(bytes.len()).ok()?,
                TreeValue::Value(_) => 0,
                TreeValue::Large(_, source) => length(source)?,
            };
        }
        Some(())
    };
    add(&tree.props)?;
    for row in &tree.recipients {
        add(row)?;
    }
    for attachment in &tree.attachments {
        add(&attachment.props)?;
    }
    for attachment in &tree.attachments {
        match &attachment.content {
            TreeContent::None => {}
            TreeContent::Data(source) | TreeContent::Storage(source) => bytes += length(source)?,
            TreeContent::Message(inner) => {
                let below = amount(inner)?;
                (count, bytes) = (count + below.0, bytes + below.1);
            }
        }
    }
    Some((count, bytes))
}

/// The bytes of a source, all of them read.
fn length(source: &LargeSource) -> Option<u64> {
    let mut reader = source.open().ok()?;
    let read = std::io::copy(&mut reader, &mut std::io::sink()).ok()?;
    assert_eq!(read, source.size());
    Some(read)
}

/// A file that is sound around a head: with its hash, and values as long as it says.
fn around(kind: u8, head: &[u8]) -> Vec<u8> {
    let mut values = Vec::new();
    for size in sizes(head).unwrap_or_default() {
        let value = vec![0x5A; size];
        values.extend_from_slice(&value);
        values.extend_from_slice(blake3::hash(&value).as_bytes());
    }
    let mut file = START.to_vec();
    file.push(kind);
    file.extend((40 + head.len() + values.len()).to_le_bytes());
    file.extend(head.len().to_le_bytes());
    file.extend(blake3::hash(head).as_bytes());
    file.extend(head);
    file.extend(values);
    file.push(b'E');
    file.extend(8u64.to_le_bytes());
    file.extend(1u64.to_le_bytes());
    file
}

/// How long a head says its values are, unless that is too much.
fn sizes(head: &[u8]) -> Option<Vec<usize>> {
    let number = |at: usize, len: usize| -> Option<usize> {
        let bytes = head.get(at..at.checked_add(len)?)?;
        let all = bytes.iter().rev().try_fold(0usize, |all, b| {
            Some(all.checked_mul(256)? + usize::from(*b))
        })?;
        Some(all)
    };
    let start = number(0, 4)?.checked_add(4)?;
    let count = number(start, 4)?;
    let each = (0..count.min(64)).map(|n| number(start.checked_add(4 + n * 8)?, 8));
    let sizes: Vec<usize> = each.collect::<Option<_>>()?;
    let all = sizes
        .iter()
        .try_fold(0usize, |all, size| all.checked_add(*size))?;
    (all <= LONGEST_VALUES && count <= 64).then_some(sizes)
}

fn seeds() -> Vec<Vec<u8>> {
    let mut writer = ParcelWriter::begin(Cursor::new(Vec::new())).expect("memory takes it");
    let to = Addressing {
        envelope: "ann@localhost",
        hidden: &[],
    };
    writer
        .tree(&sample(), to, &Call::default())
        .expect("it can be written");
    writer
        .mail(
            b"",
            &mut &b"Subject: x\n\nHello\n"[..],
            "",
            &Call::default(),
        )
        .expect("it can be written");
    let (file, _) = writer.finish().expect("memory takes it");
    let file = file.into_inner();
    // Of the first record: its kind, its length, the length of its head and that one's hash.
    let at = START.len() + 9 + 8 + 32;
    let length = file
        .get(at - 40..at - 32)
        .and_then(|b| b.try_into().ok())
        .map_or(0, u64::from_le_bytes);
    let length = usize::try_from(length).unwrap_or(0);
    let head = file.get(at..at + length).unwrap_or_default();
    let mail = b"\0\0\0\0\x01\0\0\0\x05\0\0\0\0\0\0\0";
    vec![
        [&[0], file.as_slice()].concat(),
        [&[1], head].concat(),
        [&[2], mail.as_slice()].concat(),
    ]
}

fn sample() -> MessageTree {
    let mut tree = MessageTree::default();
    tree.props.set(tags::MESSAGE_CLASS, "IPM.Note");
    tree.props.set(tags::SUBJECT, "Budget");
    tree.props.set(tags::BODY, "x".repeat(33_000));
    for name in [
        PropName::text(guids::PS_PUBLIC_STRINGS, "Keywords"),
        PropName::id(guids::PSETID_COMMON, 0x8503),
    ] {
        tree.props
            .insert(PropKey::Named(name), PropValue::Long(1).into());
    }
    let mut row = TreeProps::new();
    row.set(tags::EMAIL_ADDRESS, "ann@localhost");
    tree.recipients.push(row);
    let contents = [
        TreeContent::None,
        TreeContent::Data(vec![1; 5].into()),
        TreeContent::Storage(vec![2; 7].into()),
        TreeContent::Message(Box::default()),
    ];
    for content in contents {
        let props = TreeProps::new();
        tree.attachments.push(AttachmentTree { props, content });
    }
    tree
}
