//! Message trees with any text in the properties that mail carries.

use mapi_props::entry_id::OneOff;
use mapi_props::{
    AttachmentTree, FileTime, MessageTree, NameKind, PropKey, PropName, PropValue, Tag,
    TreeContent, TreeProps, TreeValue, attach_method, guids, recipient_type, tags,
};

use crate::choices::Choices;

const CLASSES: &[&str] = &[
    "IPM.Note",
    "IPM",
    "IPM.Note.SMIME",
    "IPM.Note.SMIME.MultipartSigned",
    "REPORT.IPM.Note.NDR",
    "REPORT.IPM.Note.DR",
    "REPORT.IPM.Note.IPNRN",
    "IPM.Schedule.Meeting.Request",
    "IPM.Task",
];

const TYPES: &[&str] = &[
    "application/octet-stream",
    "text/plain",
    "text/html",
    "multipart/signed",
    "multipart/mixed",
    "message/rfc822",
    "application/pkcs7-mime",
    "image/png",
    "message/delivery-status",
    "text/calendar",
    "x",
    "a/b; c=d",
];

/// A message with recipients and attachments; embedded ones `depth` deep.
pub(crate) fn message(choices: &mut Choices<'_>, depth: u32) -> MessageTree {
    let mut tree = MessageTree::default();
    let props = &mut tree.props;
    props.set(tags::MESSAGE_CLASS, choices.pick(CLASSES));
    props.set(tags::SUBJECT, choices.text());
    props.set(tags::CLIENT_SUBMIT_TIME, FileTime(choices.u64()));
    person(
        choices,
        props,
        tags::SENT_REPRESENTING_NAME,
        tags::SENT_REPRESENTING_EMAIL_ADDRESS,
    );
    person(
        choices,
        props,
        tags::SENDER_NAME,
        tags::SENDER_EMAIL_ADDRESS,
    );
    for _ in 0..choices.below(6) {
        extra(choices, props);
    }
    bodies(choices, props);
    for _ in 0..choices.below(5) {
        let mut row = TreeProps::default();
        let kinds = [
            recipient_type::TO,
            recipient_type::CC,
            recipient_type::BCC,
            0,
        ];
        row.set(tags::RECIPIENT_TYPE, choices.pick(&kinds));
        person(choices, &mut row, tags::DISPLAY_NAME, tags::EMAIL_ADDRESS);
        tree.recipients.push(row);
    }
    for _ in 0..choices.below(4) {
        tree.attachments.push(attachment(choices, depth));
    }
    tree
}

fn person(choices: &mut Choices<'_>, props: &mut TreeProps, name: Tag<str>, address: Tag<str>) {
    match choices.below(4) {
        0 => {}
        1 => props.set(address, "ann@example.org"),
        2 => props.set(address, format!("{}@{}", choices.text(), choices.text())),
        _ => props.set(address, choices.text()),
    }
    if choices.flag() {
        props.set(name, choices.text());
    }
}

fn extra(choices: &mut Choices<'_>, props: &mut TreeProps) {
    let texts = [
        tags::INTERNET_MESSAGE_ID,
        tags::IN_REPLY_TO_ID,
        tags::INTERNET_REFERENCES,
        tags::CONVERSATION_TOPIC,
        tags::LIST_HELP,
        tags::SENT_REPRESENTING_SMTP_ADDRESS,
    ];
    match choices.below(8) {
        0..=3 => props.set(choices.pick(&texts), choices.text()),
        4 => props.set(tags::IMPORTANCE, i32::from(choices.byte()) - 1),
        5 => props.set(tags::SENSITIVITY, i32::from(choices.byte()) - 1),
        6 => {
            let name = PropName {
                guid: guids::PS_INTERNET_HEADERS,
                kind: NameKind::Text(choices.text()),
            };
            props.insert(
                PropKey::Named(name),
                TreeValue::Value(PropValue::Unicode(choices.text())),
            );
        }
        _ => props.set(tags::REPLY_RECIPIENT_ENTRIES, reply_to(choices)),
    }
}

/// FLATENTRYLIST, sometimes of what is none. [MS-OXCDATA] 2.3.3
fn reply_to(choices: &mut Choices<'_>) -> Vec<u8> {
    if choices.flag() {
        return choices.bytes().to_vec();
    }
    let entry = OneOff::new(&choices.text(), "SMTP", &choices.text())
        .encode()
        .unwrap_or_default();
    let len = u32::try_from(entry.len()).unwrap_or(u32::MAX).to_le_bytes();
    [&1_u32.to_le_bytes(), &len, &len, entry.as_slice()].concat()
}

fn bodies(choices: &mut Choices<'_>, props: &mut TreeProps) {
    let which = choices.byte();
    if which & 1 != 0 {
        props.set(tags::BODY, choices.text());
    }
    if which & 2 != 0 {
        props.set(tags::HTML, choices.bytes());
        props.set(
            tags::INTERNET_CPID,
            choices.pick(&[65001, 1252, 932, 50220, 1200, 65000, 20127, 7]),
        );
    }
    if which & 4 != 0 {
        props.set(tags::RTF_COMPRESSED, choices.bytes());
    }
}

fn attachment(choices: &mut Choices<'_>, depth: u32) -> AttachmentTree {
    let mut attachment = AttachmentTree::default();
    let props = &mut attachment.props;
    if choices.flag() {
        props.set(tags::ATTACH_LONG_FILENAME, choices.text());
    }
    if choices.flag() {
        props.set(tags::ATTACH_MIME_TAG, choices.pick(TYPES));
    }
    if choices.flag() {
        props.set(tags::ATTACH_CONTENT_ID, choices.text());
    }
    let (method, content) = match choices.below(3) {
        1 if depth > 0 => (
            attach_method::EMBEDDED_MSG,
            TreeContent::Message(Box::new(message(choices, depth - 1))),
        ),
        2 if choices.flag() => {
            // Long enough to stand in the recipe as itself.
            let data = choices.bytes().repeat(40);
            (attach_method::BY_VALUE, TreeContent::Data(data.into()))
        }
        _ => (
            attach_method::BY_VALUE,
            TreeContent::Data(choices.bytes().to_vec().into()),
        ),
    };
    props.set(tags::ATTACH_METHOD, method);
    attachment.content = content;
    attachment
}

/// Pieces of text that writers stumble over.
pub(crate) const TOKENS: &[&[u8]] = &[
    b"\x02\r\n",
    b"\x0d\r\nEvil: yes\r\n\r\n",
    b"\x01\n",
    b"\x01\r",
    b"\x01\0",
    b"\x06From x",
    b"\x02--",
    b"\x08=_malle_",
    b"\x02=?",
    b"\x10=?utf-8?q?=C3?=",
    b"\x02?=",
    b"\x03\xE4\xBC\x9A",
    b"\x04\xF0\x9F\x98\x80",
    b"\x02\xC3\xA9",
    b"\x02\xC2\xA0",
    b"\x01\t",
    b"\x02  ",
    b"\x01\"",
    b"\x01\\",
    b"\x01<",
    b"\x01>",
    b"\x01(",
    b"\x01,",
    b"\x01;",
    b"\x01:",
    b"\x01@",
    b"\x03a@b",
    b"\x05<a@b>",
    b"\x13a@b\xE4\xBC\x9A.example.org...",
    b"\x08subject:",
    b"\x01.",
    b"\x03..\n",
    b"\x01=",
    b"\x10aaaaaaaaaaaaaaaa",
    b"\xff",
];

/// Messages of each kind.
pub(crate) fn seeds() -> Vec<Vec<u8>> {
    let mut seeds = Vec::new();
    for n in 0..40_u8 {
        // Different shapes: the first bytes choose the class and lengths of texts.
        let mut seed = vec![n % 9, 5 + n];
        seed.extend((0..120_u8).map(|k| k.wrapping_mul(n | 1).wrapping_add(n)));
        seed.extend_from_slice(b"\x05Hello\x02\x03ann\x07b.example\x01\x04Anna");
        seeds.push(seed);
    }
    seeds
}
