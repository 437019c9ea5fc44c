//! New MIME of a [`MessageTree`]: for messages made here, or changed since they came.
//! [MS-OXCMAIL] 2.1, RFC 5322, RFC 2045–2047, RFC 2183, RFC 2231
//!
//! What is written is ASCII in CRLF lines of at most 78 characters where a token allows it and never more than 998;
//! but for addresses that have no ASCII form (RFC 6532) and signed entities that came with more. The same tree and
//! options give the same bytes.

mod account;
mod address;
mod body;
mod carried;
mod field;
mod headers;
mod idna;
mod part;
mod people;
mod rare;
mod report;
mod wrapped;

use std::borrow::Cow;
use std::io::{self, Write};

use mapi_props::{
    AttachmentTree, Defect, FileTime, MessageTree, PropKey, PropType, PropValue, TreeContent,
    TreeProps, TreeValue, tags,
};

use body::Part;
use wrapped::Wrapped;

/// What is written beside the tree's own properties.
#[derive(Debug, Clone)]
pub struct WriteOptions {
    /// Write Bcc fields, of embedded messages too. Only a copy that never leaves, or a draft, may have them.
    pub with_bcc: bool,
    /// Write the fields of PR_TRANSPORT_MESSAGE_HEADERS that no property stands for (Received, DKIM-Signature, List-Id …).
    /// For a copy of what was received, never for what is sent. Embedded messages always have theirs.
    pub with_received: bool,
    /// The Message-ID of a message that has none, with its angle brackets; else one is derived from the content.
    pub message_id: Option<String>,
    /// The domain of a derived Message-ID, and of addresses that have none.
    pub domain: String,
    /// The date of a message that has no PR_CLIENT_SUBMIT_TIME.
    pub date: Option<FileTime>,
    /// Makes boundaries and derived ids differ where the content does not.
    pub seed: u64,
}

impl Default for WriteOptions {
    fn default() -> Self {
        Self {
            with_bcc: false,
            with_received: false,
            message_id: None,
            domain: "localhost".to_owned(),
            date: None,
            seed: 0,
        }
    }
}

/// What writing a message gave.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Written {
    /// What MIME could not carry, in the order of the message, at most 1,000: values that no field or part is made for,
    /// and those that could only be written in another way. Nothing is said of what stores and readers make themselves.
    pub losses: Vec<Defect>,
}

/// Writes `tree` as a MIME message, attachments as streams.
///
/// A text and an HTML body become alternatives, attachments that the HTML shows its related parts, the others follow in
/// a mixed one; embedded messages are message/rfc822. A report becomes a multipart/report; its machine-readable part is
/// made from the recipient rows if it has none. The wrappers of S/MIME are written as they came.
///
/// # Errors
/// Those of the output and of large sources. An output that failed holds part of a message.
pub fn write(
    tree: &MessageTree,
    options: &WriteOptions,
    out: &mut dyn Write,
) -> io::Result<Written> {
    let wrapped = Wrapped::look(tree)?;
    let mut writer = Writer {
        options,
        out,
        hash: fingerprint(tree, options.seed),
        mark: 0,
        eight_bit: wrapped.eight_bit,
        boundaries: 0,
        losses: Vec::new(),
    };
    writer.mark = wrapped.mark_beside(writer.hash);
    writer.message(tree, Depth::TOP)?;
    Ok(Written {
        losses: writer.losses,
    })
}

/// How deep a message is inside others.
#[derive(Debug, Clone, Copy)]
struct Depth(usize);

impl Depth {
    const TOP: Self = Self(0);
    /// Deeper ones are left out: no reader would follow.
    const MAX: usize = 100;
}

pub(crate) struct Writer<'a> {
    options: &'a WriteOptions,
    out: &'a mut dyn Write,
    hash: u64,
    /// Tells boundaries from those inside of what is written as it came.
    mark: u64,
    /// Something that is written as it came is not ASCII.
    eight_bit: bool,
    boundaries: u32,
    losses: Vec<Defect>,
}

impl Writer<'_> {
    fn loss(&mut self, code: &'static str, detail: impl Into<String>) {
        if self.losses.len() < account::LOSSES_MAX {
            let detail = detail.into();
            self.losses.push(Defect { code, detail });
        }
    }

    fn line(&mut self, line: &str) -> io::Result<()> {
        self.out.write_all(line.as_bytes())?;
        self.out.write_all(b"\r\n")
    }

    fn lines(&mut self, lines: &[String]) -> io::Result<()> {
        lines.iter().try_for_each(|line| self.line(line))
    }

    /// A field whose pieces must stay whole; one with a piece too long for any line is a loss.
    fn structured(&mut self, name: &str, value: &str) -> io::Result<()> {
        match field::structured(name, value) {
            Some(line) => self.line(&line),
            None => {
                self.loss("field-too-long", name);
                Ok(())
            }
        }
    }

    /// `=_` cannot stand in base64 or quoted-printable, and plain text with it is not written plain.
    fn boundary(&mut self) -> String {
        self.boundaries += 1;
        format!("{}{}", wrapped::boundary_start(self.mark), self.boundaries)
    }

    /// Says of what holds other parts that they are not all ASCII (RFC 2045 §6.4).
    fn transfer(&mut self) -> io::Result<()> {
        if self.eight_bit {
            self.line("Content-Transfer-Encoding: 8bit")?;
        }
        Ok(())
    }

    fn message(&mut self, tree: &MessageTree, depth: Depth) -> io::Result<()> {
        let at_hand = at_hand(tree);
        account::losses(self, &at_hand, &tree.attachments);
        headers::write(self, &at_hand, depth.0 == 0)?;
        match wrapped::of(tree) {
            Some(wrapped::Form::Signed(entity)) => {
                if wrapped::says_otherwise(tree, entity)? {
                    self.loss(
                        "signed-text",
                        "what was signed is written; the text beside it, which differs, is not",
                    );
                }
                self.transfer()?;
                wrapped::write(self, entity)
            }
            Some(wrapped::Form::Opaque(attachment)) => {
                let declared = part::kept_content_type(&tree.props);
                part::data(self, attachment, 0, declared)
            }
            None => {
                let root = body::root(self, tree);
                self.part(&root, depth)
            }
        }
    }

    /// Writes an entity: its Content-* fields, the blank line and its body, with a line end after it.
    fn part(&mut self, part: &Part<'_>, depth: Depth) -> io::Result<()> {
        match part {
            Part::Multi {
                subtype,
                parameter,
                parts,
            } => self.multipart(subtype, *parameter, parts, depth),
            Part::Text {
                media_type,
                charset,
                bytes,
            } => part::text(self, media_type, charset, bytes),
            Part::Fields { media_type, text } => part::fields(self, media_type, text),
            Part::Attachment(attachment, place) => self.attachment(attachment, *place, depth),
        }
    }

    fn attachment(
        &mut self,
        attachment: &AttachmentTree,
        place: usize,
        depth: Depth,
    ) -> io::Result<()> {
        if let TreeContent::Message(inner) = &attachment.content {
            return self.embedded(attachment, place, inner, depth);
        }
        if let Some(lies) = part::place(attachment) {
            return part::elsewhere(self, attachment, place, &lies);
        }
        let Some(fork) = part::resource_fork(&attachment.props) else {
            return part::data(self, attachment, place, None);
        };
        // A file of the Macintosh: RFC 1740.
        let boundary = self.boundary();
        let mut value = field::Parameters::new("multipart/appledouble");
        value.add("boundary", &boundary);
        self.line(&value.field("Content-Type"))?;
        self.line("")?;
        self.line(&format!("--{boundary}"))?;
        part::apple_header(self, fork)?;
        self.line("")?;
        self.line(&format!("--{boundary}"))?;
        part::data(self, attachment, place, None)?;
        self.line("")?;
        self.line(&format!("--{boundary}--"))
    }

    fn multipart(
        &mut self,
        subtype: &str,
        parameter: Option<(&str, &str)>,
        parts: &[Part<'_>],
        depth: Depth,
    ) -> io::Result<()> {
        let boundary = self.boundary();
        let mut value = field::Parameters::new(&format!("multipart/{subtype}"));
        value.add("boundary", &boundary);
        if let Some((name, text)) = parameter {
            value.add(name, text);
        }
        self.line(&value.field("Content-Type"))?;
        self.transfer()?;
        self.line("")?;
        for part in parts {
            self.line(&format!("--{boundary}"))?;
            self.part(part, depth)?;
            self.line("")?;
        }
        self.line(&format!("--{boundary}--"))
    }

    /// Writes an embedded message. It may have no encoding (RFC 2046 §5.2.1) and needs none.
    fn embedded(
        &mut self,
        attachment: &AttachmentTree,
        place: usize,
        inner: &MessageTree,
        depth: Depth,
    ) -> io::Result<()> {
        if depth.0 >= Depth::MAX {
            self.loss("nesting-too-deep", "an embedded message was left out");
            return part::text(self, "text/plain", "us-ascii", b"");
        }
        let media_type = part::message_type(&attachment.props);
        self.line(&format!("Content-Type: {media_type}"))?;
        self.transfer()?;
        part::disposition(self, attachment, place)?;
        self.line("")?;
        self.message(inner, Depth(depth.0 + 1))
    }
}

/// Values that a store keeps apart for their length and that fields are made from.
const FIELD_MAX: u64 = 1 << 20;

/// The message with such values at hand, for its header: then without its attachments, which stay where they are.
fn at_hand(tree: &MessageTree) -> Cow<'_, MessageTree> {
    let apart = |key: &PropKey, value: &TreeValue| {
        let body = [tags::BODY.id(), tags::HTML.id()]
            .map(PropKey::Id)
            .contains(key);
        match value {
            TreeValue::Large(_, source) => !body && source.size() <= FIELD_MAX,
            TreeValue::Value(_) => false,
        }
    };
    if !tree.props.iter().any(|(key, value)| apart(key, value)) {
        return Cow::Borrowed(tree);
    }
    let mut near = MessageTree {
        props: tree.props.clone(),
        recipients: tree.recipients.clone(),
        ..MessageTree::default()
    };
    for (key, value) in tree.props.iter().filter(|(key, value)| apart(key, value)) {
        let TreeValue::Large(ty, source) = value else {
            continue;
        };
        let mut bytes = Vec::new();
        let read = source
            .open()
            .and_then(|mut s| io::Read::read_to_end(&mut s, &mut bytes));
        if read.is_ok() {
            let value = match *ty {
                PropType::UNICODE => {
                    PropValue::Unicode(String::from_utf8_lossy(&bytes).into_owned())
                }
                _ => PropValue::Binary(bytes),
            };
            near.props.insert(key.clone(), TreeValue::Value(value));
        }
    }
    Cow::Owned(near)
}

/// FNV-1a over what tells messages apart.
fn fingerprint(tree: &MessageTree, seed: u64) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325u64 ^ seed;
    let mut add = |bytes: &[u8]| {
        for byte in bytes {
            hash = (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    };
    for tag in [
        tags::SUBJECT,
        tags::BODY,
        tags::INTERNET_MESSAGE_ID,
        tags::SENT_REPRESENTING_EMAIL_ADDRESS,
    ] {
        add(text_of(&tree.props, tag).as_bytes());
        add(&[0]);
    }
    let time = tree
        .props
        .value(tags::CLIENT_SUBMIT_TIME)
        .and_then(mapi_props::PropValue::as_time);
    add(&time.unwrap_or_default().0.to_le_bytes());
    for row in tree
        .recipients
        .iter()
        .chain(tree.attachments.iter().map(|a| &a.props))
    {
        add(text_of(row, tags::DISPLAY_NAME).as_bytes());
        add(text_of(row, tags::EMAIL_ADDRESS).as_bytes());
    }
    for attachment in &tree.attachments {
        if let TreeContent::Data(data) | TreeContent::Storage(data) = &attachment.content {
            add(&data.size().to_le_bytes());
        }
    }
    hash
}

/// The small text of a tag, or nothing.
fn text_of(props: &TreeProps, tag: mapi_props::Tag<str>) -> &str {
    props.text(tag).unwrap_or_default()
}
