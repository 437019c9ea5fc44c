//! Messages as the spooler gives them.

use std::io::{self, Read};
use std::sync::Arc;

use mapi_props::{
    AttachmentTree, FileTime, LargeSource, MessageTree, OpenLarge, TreeContent, TreeProps, tags,
};

use mapi::attach_method;

use super::TransportGround;

/// MAPI_TO, MAPI_CC, MAPI_BCC, and MAPI_P1.
pub(super) const TO: i32 = 1;
pub(super) const CC: i32 = 2;
pub(super) const BCC: i32 = 3;
pub(super) const P1: i32 = 0x1000_0000;

/// A message of this subject without recipients.
pub(crate) fn message(subject: &str) -> MessageTree {
    let mut tree = MessageTree::default();
    let props = &mut tree.props;
    props.set(tags::MESSAGE_CLASS, "IPM.Note");
    props.set(tags::SUBJECT, subject);
    props.set(tags::BODY, format!("The text of {subject}.\r\n"));
    props.set(
        tags::INTERNET_MESSAGE_ID,
        format!("<{}@sender.example>", subject.replace(' ', ".")),
    );
    let time = FileTime(134_112_672_000_000_000);
    props.set(tags::CLIENT_SUBMIT_TIME, time);
    props.set(tags::PROVIDER_SUBMIT_TIME, time);
    for (name, kind, address) in [
        (
            tags::SENDER_NAME,
            tags::SENDER_ADDRTYPE,
            tags::SENDER_EMAIL_ADDRESS,
        ),
        (
            tags::SENT_REPRESENTING_NAME,
            tags::SENT_REPRESENTING_ADDRTYPE,
            tags::SENT_REPRESENTING_EMAIL_ADDRESS,
        ),
    ] {
        props.set(name, "A sender");
        props.set(kind, "SMTP");
        props.set(address, "sender@sender.example");
    }
    tree
}

/// The same to these addresses.
pub(super) fn to(ground: &dyn TransportGround, subject: &str, to: &[(&str, i32)]) -> MessageTree {
    let reach = ground.transport().reach();
    let types = reach.address_types.unwrap_or_default();
    let kind = types.first().map_or("SMTP", String::as_str);
    let mut tree = message(subject);
    let rows = to.iter().enumerate();
    tree.recipients = rows
        .map(|(n, (address, to))| row(n, kind, address, *to))
        .collect();
    tree
}

fn row(n: usize, kind: &str, address: &str, to: i32) -> TreeProps {
    let mut row = TreeProps::default();
    row.set(tags::ROWID, i32::try_from(n).unwrap());
    row.set(tags::RECIPIENT_TYPE, to);
    row.set(tags::DISPLAY_NAME, format!("Person {n}"));
    row.set(tags::ADDRTYPE, kind);
    row.set(tags::EMAIL_ADDRESS, address);
    row.set(tags::RESPONSIBILITY, false);
    let one_off = mapi_props::entry_id::OneOff::new(&format!("Person {n}"), kind, address);
    row.set(tags::ENTRYID, one_off.encode().unwrap().as_slice());
    row
}

/// The same with an attachment.
pub(super) fn with_file(mut tree: MessageTree, source: LargeSource) -> MessageTree {
    let mut file = AttachmentTree {
        content: TreeContent::Data(source),
        ..AttachmentTree::default()
    };
    file.props.set(tags::ATTACH_METHOD, attach_method::BY_VALUE);
    file.props.set(tags::ATTACH_LONG_FILENAME, "file.bin");
    file.props.set(tags::RENDERING_POSITION, -1);
    tree.attachments.push(file);
    tree
}

/// The bytes of its attachment.
pub(super) fn file_of(tree: &MessageTree) -> Vec<u8> {
    let [file] = tree.attachments.as_slice() else {
        panic!("{} attachments", tree.attachments.len());
    };
    let TreeContent::Data(source) = &file.content else {
        panic!("the attachment is {:?}", file.content);
    };
    let mut bytes = Vec::new();
    source.open().unwrap().read_to_end(&mut bytes).unwrap();
    bytes
}

/// A value that breaks off in the middle.
#[derive(Debug)]
pub(super) struct Broken;

impl Broken {
    pub(super) fn source() -> LargeSource {
        LargeSource::Lazy(Arc::new(Self))
    }
}

impl OpenLarge for Broken {
    fn size(&self) -> u64 {
        1 << 20
    }

    fn open(&self) -> io::Result<Box<dyn Read + Send>> {
        let good = io::repeat(b'x').take(1 << 19);
        Ok(Box::new(good.chain(Fails)))
    }
}

struct Fails;

impl Read for Fails {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        Err(io::Error::other("the value broke off"))
    }
}

pub(super) fn subject(tree: &MessageTree) -> String {
    let subject = tree.props.text(tags::SUBJECT);
    subject.unwrap_or_default().to_owned()
}

pub(super) fn subjects(trees: &[MessageTree]) -> Vec<String> {
    trees.iter().map(subject).collect()
}
