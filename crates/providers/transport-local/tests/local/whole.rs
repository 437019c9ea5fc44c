//! A message comes whole: every kind of property and attachment; large values in pieces.

use std::io::{self, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use mapi_props::{
    AnsiString, AttachmentTree, FileTime, Guid, LargeSource, MessageTree, OpenLarge, PropKey,
    PropName, PropTag, PropType, PropValue, TreeContent, TreeProps, TreeValue, guids, tags,
};
use mapi_spi::Fate;

use crate::world::{Machine, fates, message, receive};

fn named(text: &str) -> PropKey {
    PropKey::Named(PropName::text(guids::PS_PUBLIC_STRINGS, text))
}

fn everything() -> MessageTree {
    let mut tree = message("whole", &["ann@localhost"]);
    tree.props.set(tags::MESSAGE_CLASS, "IPM.Note.Custom");
    tree.props.set(tags::RTF_COMPRESSED, vec![1u8; 50_000]);
    tree.props.set(tags::BODY, "é".repeat(40_000));
    tree.props.set(tags::RTF_IN_SYNC, true);
    tree.props
        .insert(named("Größe"), PropValue::Double(0.5).into());
    tree.props.insert(
        named("Tags"),
        PropValue::MvUnicode(vec!["a".into(), String::new()]).into(),
    );
    let id = PropName::id(guids::PSETID_COMMON, 0x8503);
    tree.props
        .insert(PropKey::Named(id), PropValue::Bool(true).into());
    let values = [
        PropValue::I2(-2),
        PropValue::I8(i64::MIN),
        PropValue::R4(1.5),
        PropValue::Currency(7),
        PropValue::AppTime(2.0),
        PropValue::String8(AnsiString {
            code_page: 1251,
            bytes: vec![0xC0],
        }),
        PropValue::ClsId(Guid([9; 16])),
        PropValue::SysTime(FileTime(5)),
        PropValue::MvBinary(vec![vec![], vec![1; 100_000]]),
    ];
    for (n, value) in (0u16..).zip(values) {
        tree.props.insert(PropKey::Id(0x5000 + n), value.into());
    }
    tree.recipients[0].insert(named("Row"), PropValue::Long(1).into());
    tree.attachments = attachments();
    tree
}

fn attachments() -> Vec<AttachmentTree> {
    let mut inner = message("inner", &["x@example.org"]);
    inner
        .recipients
        .push(crate::world::row(3, "blind@example.org"));
    inner.props.set(tags::MESSAGE_DELIVERY_TIME, FileTime(77));
    inner.props.insert(named("Deep"), PropValue::Long(2).into());
    inner
        .attachments
        .push(part(TreeContent::Data(vec![3; 70_000].into()), "deep.bin"));
    vec![
        part(TreeContent::Data(vec![1, 2, 3].into()), "small.bin"),
        part(TreeContent::Data(vec![7; 200_000].into()), "large.bin"),
        part(TreeContent::Storage(vec![8; 10].into()), "object"),
        part(TreeContent::Message(Box::new(inner)), "inner"),
        part(TreeContent::None, "link"),
    ]
}

fn part(content: TreeContent, name: &str) -> AttachmentTree {
    let mut props = TreeProps::new();
    props.set(tags::ATTACH_LONG_FILENAME, name);
    AttachmentTree { props, content }
}

/// A tree as text, with large values as the values that they are.
fn shown(tree: &MessageTree) -> String {
    let bag = |props: &TreeProps| {
        let each = props
            .iter()
            .map(|(key, value)| format!("{key:?}={:?}", plain(value)));
        each.collect::<Vec<_>>().join("\n")
    };
    let mut text = format!("[{}]\n", bag(&tree.props));
    for row in &tree.recipients {
        text += &format!("row {}\n", bag(row));
    }
    for attachment in &tree.attachments {
        text += &format!("attachment {}\n", bag(&attachment.props));
        text += &match &attachment.content {
            TreeContent::None => "none\n".to_owned(),
            TreeContent::Data(source) => format!("data {:?}\n", bytes(source)),
            TreeContent::Storage(source) => format!("storage {:?}\n", bytes(source)),
            TreeContent::Message(inner) => format!("message {}\n", shown(inner)),
        };
    }
    text
}

fn bytes(source: &LargeSource) -> Vec<u8> {
    let mut all = Vec::new();
    source.open().unwrap().read_to_end(&mut all).unwrap();
    all
}

fn plain(value: &TreeValue) -> PropValue {
    match value {
        TreeValue::Value(value) => value.clone(),
        TreeValue::Large(PropType::UNICODE, source) => {
            String::from_utf8(bytes(source)).unwrap().into()
        }
        TreeValue::Large(_, source) => bytes(source).into(),
    }
}

#[test]
fn every_kind_of_property_and_attachment_comes() {
    let machine = Machine::new();
    let ann = machine.person("ann");
    assert_eq!(fates(ann.as_ref(), everything()), [Fate::Sent]);
    let mut got = receive(ann.as_ref()).messages.pop().unwrap();
    // What arriving adds.
    let sent = everything();
    let known: Vec<PropKey> = sent.props.iter().map(|(k, _)| k.clone()).collect();
    got.props.retain(|key, _| known.contains(key));
    let known: Vec<PropKey> = sent.recipients[0].iter().map(|(k, _)| k.clone()).collect();
    got.recipients[0].retain(|key, _| known.contains(key));
    let (got, sent) = (shown(&got), shown(&sent));
    assert!(
        got == sent,
        "{}",
        got.lines()
            .zip(sent.lines())
            .find(|(a, b)| a != b)
            .map_or(String::new(), |(a, b)| format!("{a:.200}\n{b:.200}"))
    );
}

#[test]
fn what_is_not_for_others_stays_at_home() {
    let machine = Machine::new();
    let ann = machine.person("ann");
    let mut tree = message("1", &["ann@localhost"]);
    let long = |id| PropTag::new(id, PropType::LONG);
    for id in [0x0E07, 0x0FFE, 0x6600, 0x6680, 0x67F0, 0x7C01] {
        tree.props.set(long(id), 1);
        tree.recipients[0].set(long(id), 1);
    }
    tree.recipients[0].remove(&PropKey::Id(0x0FFE));
    let mut inner = MessageTree::default();
    inner.props.set(long(0x67F1), 1);
    inner.props.set(long(0x0E07), 1);
    let mut attached = part(TreeContent::Message(Box::new(inner)), "inner");
    attached.props.set(tags::ATTACH_NUM, 7);
    tree.attachments.push(attached);
    let secret = "stays at home";
    let text = PropTag::new(0x6681, PropType::UNICODE);
    tree.props.set(text, secret);
    tree.recipients[0].set(text, secret);
    tree.attachments[0].props.set(text, secret);
    fates(ann.as_ref(), tree);
    let parcel = std::fs::read(&machine.files("new")[0]).unwrap();
    let found = parcel.windows(secret.len()).any(|w| w == secret.as_bytes());
    assert!(!found, "it is in the file, if nobody reads it");
    let got = receive(ann.as_ref()).messages.pop().unwrap();
    for id in [0x0E07, 0x0FFE, 0x6600, 0x6680, 0x67F0, 0x7C01] {
        assert!(!got.props.contains(&PropKey::Id(id)), "{id:04X}");
        assert!(
            id == 0x0FFE || !got.recipients[0].contains(&PropKey::Id(id)),
            "{id:04X}"
        );
    }
    let attached = &got.attachments[0];
    assert!(!attached.props.contains(&PropKey::Id(tags::ATTACH_NUM.id())));
    let TreeContent::Message(inner) = &attached.content else {
        panic!("the message in it is gone");
    };
    let kept: Vec<_> = inner.props.iter().map(|(k, _)| k.clone()).collect();
    assert_eq!(kept, [PropKey::Id(0x0E07)]);
}

/// Bytes that nobody has in memory: each read gives few, and says how many were asked for.
struct Long {
    size: u64,
    most: Arc<AtomicUsize>,
}

struct Reader {
    left: u64,
    most: Arc<AtomicUsize>,
}

impl OpenLarge for Long {
    fn size(&self) -> u64 {
        self.size
    }

    fn open(&self) -> io::Result<Box<dyn Read + Send>> {
        Ok(Box::new(Reader {
            left: self.size,
            most: Arc::clone(&self.most),
        }))
    }
}

impl Read for Reader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.most.fetch_max(buffer.len(), Ordering::SeqCst);
        let n = buffer
            .len()
            .min(usize::try_from(self.left).unwrap_or(usize::MAX));
        buffer[..n].fill(0x5A);
        self.left -= n as u64;
        Ok(n)
    }
}

#[test]
fn a_large_attachment_is_never_in_memory_as_a_whole() {
    let machine = Machine::new();
    let ann = machine.person("ann");
    let most = Arc::new(AtomicUsize::new(0));
    let mib = std::env::var("MALLE_LARGE_MIB")
        .ok()
        .and_then(|n| n.parse().ok())
        .unwrap_or(24u64);
    let size = mib << 20;
    let long = Long {
        size,
        most: Arc::clone(&most),
    };
    let mut tree = message("long", &["ann@localhost"]);
    tree.attachments.push(part(
        TreeContent::Data(LargeSource::Lazy(Arc::new(long))),
        "long.bin",
    ));
    assert_eq!(fates(ann.as_ref(), tree), [Fate::Sent]);
    assert!(most.load(Ordering::SeqCst) <= 1 << 20);
    let parcel = std::fs::metadata(&machine.files("new")[0]).unwrap().len();
    assert!(
        parcel < size + (64 << 10),
        "{parcel}: as it is, not in base64"
    );
    let got = receive(ann.as_ref()).messages.pop().unwrap();
    let TreeContent::Data(source) = &got.attachments[0].content else {
        panic!("no data");
    };
    assert_eq!(source.size(), size);
    let mut reader = source.open().unwrap();
    let (mut buffer, mut read) = (vec![0; 1 << 16], 0);
    loop {
        match reader.read(&mut buffer).unwrap() {
            0 => break,
            n => {
                assert!(buffer[..n].iter().all(|b| *b == 0x5A));
                read += n as u64;
            }
        }
    }
    assert_eq!(read, size);
    if let Ok(status) = std::fs::read_to_string("/proc/self/status")
        && std::env::var_os("MALLE_LARGE_MIB").is_some()
    {
        let peak = status
            .lines()
            .find(|l| l.starts_with("VmHWM"))
            .unwrap_or_default();
        println!("{mib} MiB: {peak}");
    }
}

#[test]
fn fifty_thousand_recipients_are_one_delivery_each() {
    let machine = Machine::new();
    let (ann, bob) = (machine.person("ann"), machine.person("bob"));
    let mut tree = message("many", &[]);
    tree.recipients = (0..50_000)
        .map(|n| crate::world::row(1, &format!("{}+{n}@localhost", ["ann", "bob"][n % 2])))
        .collect();
    let fates = fates(ann.as_ref(), tree);
    assert!(fates.len() == 50_000 && fates.iter().all(|f| *f == Fate::Sent));
    for to in [ann, bob] {
        let kept = receive(to.as_ref());
        assert_eq!(
            (kept.messages.len(), kept.messages[0].recipients.len()),
            (1, 50_000)
        );
    }
}
