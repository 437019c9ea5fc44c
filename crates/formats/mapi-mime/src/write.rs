//! New MIME of a [`MessageTree`]: for messages made here, or changed since they came.
//! [MS-OXCMAIL] 2.1, RFC 5322, RFC 2045–2047, RFC 2183, RFC 2231
//!
//! What is written is ASCII but for internationalised addresses (RFC 6532), in CRLF lines of at most 78 characters
//! where a token allows it and never more than 998. The same tree and options give the same bytes.

mod body;
mod field;
mod headers;

use std::io::{self, Read, Write};

use mapi_props::{
    AttachmentTree, Defect, FileTime, MessageTree, TreeContent, TreeProps, attach_method, tags,
};

use body::Part;

/// What is written beside the tree's own properties.
#[derive(Debug, Clone)]
pub struct WriteOptions {
    /// Write a Bcc field. Only a copy that never leaves, or a draft, may have one.
    pub with_bcc: bool,
    /// The Message-ID of a message that has none, with its angle brackets; else one is derived from the content.
    pub message_id: Option<String>,
    /// The domain of a derived Message-ID.
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
    /// What MIME could not carry.
    pub losses: Vec<Defect>,
}

/// Writes `tree` as a MIME message, attachments as streams.
///
/// A text and an HTML body become alternatives, attachments that the HTML shows its related parts, the others follow in
/// a mixed one; embedded messages are message/rfc822. The wrappers of S/MIME are written as they came.
///
/// # Errors
/// Those of the output and of large sources. An output that failed holds part of a message.
pub fn write(
    tree: &MessageTree,
    options: &WriteOptions,
    out: &mut dyn Write,
) -> io::Result<Written> {
    let mut writer = Writer {
        options,
        out,
        hash: 0,
        boundaries: 0,
        written: Written::default(),
    };
    writer.hash = fingerprint(tree, options.seed);
    writer.message(tree, Depth::TOP)?;
    Ok(writer.written)
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
    boundaries: u32,
    written: Written,
}

impl Writer<'_> {
    fn loss(&mut self, code: &'static str, detail: impl Into<String>) {
        self.written.losses.push(Defect {
            code,
            detail: detail.into(),
        });
    }

    fn line(&mut self, line: &str) -> io::Result<()> {
        self.out.write_all(line.as_bytes())?;
        self.out.write_all(b"\r\n")
    }

    /// `=_` cannot stand in base64 or quoted-printable, and plain text with it is not written plain.
    fn boundary(&mut self) -> String {
        self.boundaries += 1;
        format!("=_malle_{:016x}_{}", self.hash, self.boundaries)
    }

    fn message(&mut self, tree: &MessageTree, depth: Depth) -> io::Result<()> {
        headers::write(self, tree, depth.0 == 0)?;
        match smime(tree) {
            Some(Smime::Signed(attachment)) => self.raw_entity(attachment),
            Some(Smime::Opaque(attachment)) => {
                let part = Part::attachment(attachment);
                self.part(&part, depth)
            }
            None => {
                let root = body::root(tree, &mut self.written.losses);
                self.part(&root, depth)
            }
        }
    }

    /// Writes an entity: its Content-* fields, the blank line and its body, without a line end after it.
    fn part(&mut self, part: &Part<'_>, depth: Depth) -> io::Result<()> {
        match part {
            Part::Multi {
                subtype,
                root_type,
                parts,
            } => self.multipart(subtype, *root_type, parts, depth),
            Part::Text {
                media_type,
                charset,
                bytes,
            } => body::text(self, media_type, charset, bytes),
            Part::Attachment(attachment) => match &attachment.content {
                TreeContent::Message(inner) => self.embedded(attachment, inner, depth),
                TreeContent::Data(data) | TreeContent::Storage(data) => {
                    body::data(self, attachment, data)
                }
                TreeContent::None => Ok(()),
            },
        }
    }

    fn multipart(
        &mut self,
        subtype: &str,
        root_type: Option<&str>,
        parts: &[Part<'_>],
        depth: Depth,
    ) -> io::Result<()> {
        let boundary = self.boundary();
        let mut value = field::Parameters::new(&format!("multipart/{subtype}"));
        value.add("boundary", &boundary);
        if let Some(root_type) = root_type {
            value.add("type", root_type);
        }
        self.line(&value.field("Content-Type"))?;
        self.line("")?;
        for part in parts {
            self.line(&format!("--{boundary}"))?;
            self.part(part, depth)?;
            self.line("")?;
        }
        self.line(&format!("--{boundary}--"))
    }

    fn embedded(
        &mut self,
        attachment: &AttachmentTree,
        inner: &MessageTree,
        depth: Depth,
    ) -> io::Result<()> {
        if depth.0 >= Depth::MAX {
            self.loss("nesting-too-deep", "an embedded message was left out");
            return body::text(self, "text/plain", "us-ascii", b"");
        }
        self.line("Content-Type: message/rfc822")?;
        body::disposition(self, &attachment.props)?;
        self.line("")?;
        self.message(inner, Depth(depth.0 + 1))
    }

    /// Writes an entity that brings its own Content-Type. Bare line feeds become CR LF, the form that was signed
    /// (RFC 8551 §3.1.1).
    fn raw_entity(&mut self, attachment: &AttachmentTree) -> io::Result<()> {
        let TreeContent::Data(data) = &attachment.content else {
            return Ok(());
        };
        let mut reader = data.open()?;
        let mut buffer = vec![0; 32 * 1024];
        let mut last = 0;
        loop {
            let n = reader.read(&mut buffer)?;
            if n == 0 {
                return Ok(());
            }
            let read = buffer.get(..n).unwrap_or_default();
            for line in read.split_inclusive(|b| *b == b'\n') {
                match line.strip_suffix(b"\n") {
                    Some(text) if text.last().copied().unwrap_or(last) != b'\r' => {
                        self.out.write_all(text)?;
                        self.out.write_all(b"\r\n")?;
                    }
                    _ => self.out.write_all(line)?,
                }
                last = line.last().copied().unwrap_or(last);
            }
        }
    }
}

/// The one attachment of an S/MIME message, which is its content.
enum Smime<'a> {
    Signed(&'a AttachmentTree),
    Opaque(&'a AttachmentTree),
}

/// [MS-OXOSMIME] 2.1.3: the class, exactly one attachment, and its type tell.
fn smime(tree: &MessageTree) -> Option<Smime<'_>> {
    let class = tree.props.text(tags::MESSAGE_CLASS)?.to_ascii_lowercase();
    let [attachment] = tree.attachments.as_slice() else {
        return None;
    };
    let media_type = attachment
        .props
        .text(tags::ATTACH_MIME_TAG)?
        .to_ascii_lowercase();
    let by_value = matches!(attachment.content, TreeContent::Data(_));
    match class.as_str() {
        _ if !by_value => None,
        "ipm.note.smime.multipartsigned" if media_type == "multipart/signed" => {
            Some(Smime::Signed(attachment))
        }
        "ipm.note.smime" if !media_type.starts_with("multipart/") => {
            Some(Smime::Opaque(attachment))
        }
        _ => None,
    }
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

/// Whether an attachment's data is at hand rather than somewhere else.
fn has_content(attachment: &AttachmentTree) -> bool {
    let method = attachment
        .props
        .value(tags::ATTACH_METHOD)
        .and_then(mapi_props::PropValue::as_long);
    let elsewhere = matches!(
        method,
        Some(
            attach_method::BY_REFERENCE
                | attach_method::BY_REF_RESOLVE
                | attach_method::BY_REF_ONLY
                | attach_method::BY_WEBREFERENCE
        )
    );
    !elsewhere && !matches!(attachment.content, TreeContent::None)
}
