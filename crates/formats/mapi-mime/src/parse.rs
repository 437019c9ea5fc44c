//! A mail's bytes to a [`MessageTree`].
//! [MS-OXCMAIL] 2.2

mod apple;
mod attachment;
mod body;
mod class;
mod envelope;
mod external;
mod flowed;
mod in_text;
mod report;
mod start;

use std::borrow::Cow;
use std::collections::HashMap;

use mapi_props::{Defect, FileTime, MessageTree, TreeProps, TreeValue};
use mapi_props::{LargeSource, PropType, PropValue, tags};

use crate::recipe::{self, Slot};
use crate::source::SharedBytes;
use crate::structure::{self, Entity};
use crate::transfer::Transfer;
use crate::{Limits, charset};

/// What is known about a mail from outside its bytes.
#[derive(Debug, Clone)]
pub struct ImportContext {
    /// When the container says it arrived: the mbox separator, the Maildir time stamp.
    pub received: Option<FileTime>,
    /// The time of the import.
    pub now: FileTime,
    /// The code page of 8-bit text that declares none.
    pub code_page: i32,
    /// Header names, in lower case, that become PS_INTERNET_HEADERS named properties beside the registered ones, each with
    /// the property's name as the store spells it.
    pub named_headers: HashMap<String, String>,
    /// How much of a hostile mail is taken apart.
    pub limits: Limits,
}

impl ImportContext {
    /// A context that knows only the time.
    #[must_use]
    pub fn new(now: FileTime) -> Self {
        Self {
            received: None,
            now,
            code_page: charset::DEFAULT_CODE_PAGE,
            named_headers: HashMap::new(),
            limits: Limits::default(),
        }
    }
}

/// Why some bytes hold no message.
///
/// Everything else is read, with defects: text without a header is a message with a body, a header alone one without.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoMessage {
    /// There are no bytes.
    #[error("the file is empty")]
    Empty,
    /// There is only white space.
    #[error("the file holds only white space")]
    Blank,
    /// Outlook's own formats, which other rooms will read: this is one, by its first bytes.
    #[error("the file is {0}, not Internet mail")]
    Outlook(&'static str),
    /// No header field, and the bytes are not text.
    #[error("the file has no header field and is not text")]
    Binary,
    /// The file of a condensed mail failed when it was read again.
    #[error("the file cannot be read again: {0}")]
    Unreadable(String),
}

/// Reads the message in `bytes`.
///
/// Properties are those of [MS-OXCMAIL] 2.2: what the headers say, both bodies of a multipart/alternative (PR_BODY as
/// text with CRLF line ends, PR_HTML as the sender's bytes with PR_INTERNET_CPID their code page), recipients, and
/// every other leaf as an attachment with its transfer-decoded bytes. The body is the first text/plain or text/html
/// that is no attachment; within a multipart/alternative the first of each.
/// A multipart/signed of S/MIME becomes IPM.Note.SMIME.MultipartSigned with one attachment that holds the signed entity
/// byte for byte ([MS-OXOSMIME] 2.1.3.1), its text still being the body; one of OpenPGP is read like a mixed one.
/// PR_MESSAGE_DELIVERY_TIME is the topmost Received, else the context's, else Date, else now.
///
/// `original` is a recipe whose parts were encoded again and compared: [`crate::rebuild`] gives `bytes`.
///
/// # Errors
/// [`NoMessage`] if the bytes hold none; see its variants.
pub fn parse(
    bytes: impl Into<SharedBytes>,
    context: &ImportContext,
) -> Result<MessageTree, NoMessage> {
    let original: SharedBytes = bytes.into();
    let start = start::find(&original)?;
    let source = start.source.clone();
    let same = start.transcoded.is_none();
    let mut reader = Reader {
        context,
        source,
        entities: Vec::new(),
        defects: start.defects,
        slots: Vec::new(),
        recipe: same,
        recipients: context.limits.recipients,
        parts: context.limits.parts,
    };
    let mut context_received = context.received;
    if context_received.is_none() {
        context_received = start.received;
    }
    let mut tree = reader.message_at(start.at, 0, &[]);
    envelope::delivery_time(
        &mut tree.props,
        context_received,
        context.now,
        &mut reader.defects,
    );
    let recipe = recipe::build(&original, reader.slots);
    tree.original = Some(recipe.map_err(|e| NoMessage::Unreadable(e.to_string()))?);
    tree.defects = reader.defects;
    Ok(tree)
}

/// Reads one source; a message encoded inside another has a reader of its own.
pub(crate) struct Reader<'c> {
    context: &'c ImportContext,
    source: SharedBytes,
    entities: Vec<Entity>,
    defects: Vec<Defect>,
    slots: Vec<Slot>,
    /// Whether ranges of `source` are ranges of the original.
    recipe: bool,
    /// Recipient rows that may still be made, those of embedded messages included.
    recipients: usize,
    /// Parts and files in texts that may still be taken out, those of embedded messages included.
    parts: usize,
}

impl Reader<'_> {
    /// Takes the source from `at` on apart and reads the message there.
    fn message_at(&mut self, at: usize, depth: usize, path: &[u32]) -> MessageTree {
        let end = self.source.as_slice().len();
        let limits = Limits {
            parts: self.parts,
            ..self.context.limits
        };
        self.entities = structure::scan(
            self.source.as_slice(),
            at..end,
            depth,
            &limits,
            &mut self.defects,
        );
        self.parts = self.parts.saturating_sub(self.entities.len());
        self.message(0, path)
    }

    /// Reads the message whose own entity is `root`.
    fn message(&mut self, root: usize, path: &[u32]) -> MessageTree {
        let mut tree = MessageTree::default();
        let Some(entity) = self.entities.get(root).cloned() else {
            return tree;
        };
        let source = self.source.clone();
        let header = source.slice(entity.header.clone());
        let bodies = self.readable(body::choose(&self.entities, root));
        let page = self.header_page(root, header, bodies);
        envelope::read(
            &mut tree,
            header,
            self.context,
            self.recipients,
            page,
            &mut self.defects,
        );
        self.recipients = self.recipients.saturating_sub(tree.recipients.len());
        let signed = class::is_smime_signed(&self.entities, &entity);
        let files = (!signed).then_some(&mut tree.attachments);
        let html = body::read(self, &mut tree.props, bodies, files);
        if signed {
            let whole = attachment::signed_entity(self, &entity, path);
            tree.attachments.push(whole);
        } else {
            attachment::read_all(self, &mut tree, root, bodies, html.as_deref(), path);
        }
        class::set(self, &mut tree, root, signed);
        tree
    }

    /// The bodies that are small enough to be read; others become attachments.
    fn readable(&mut self, mut bodies: body::Bodies) -> body::Bodies {
        for body in [&mut bodies.text, &mut bodies.html] {
            let Some(entity) = body.and_then(|i| self.entities.get(i)) else {
                continue;
            };
            let (start, size) = (entity.header.start, self.source.size_of(&entity.body));
            if size > self.context.limits.body {
                *body = None;
                let detail = format!("text of {size} bytes at byte {start} is an attachment");
                crate::defects::note(&mut self.defects, "body-too-large", detail);
            }
        }
        bodies
    }

    /// What raw 8-bit bytes in the header are, if not UTF-8: most likely the charset that the body declares.
    /// Else what the header looks like as a whole, for a single field says little.
    fn header_page(&mut self, root: usize, header: &[u8], bodies: body::Bodies) -> i32 {
        let default = self.context.code_page;
        if header.is_ascii() || std::str::from_utf8(header).is_ok() {
            return default;
        }
        let declared = [bodies.text, bodies.html, Some(root)]
            .into_iter()
            .flatten()
            .find_map(|i| {
                let label = self.entities.get(i)?.mime.content_type.param("charset")?;
                charset::code_page_of(label).filter(|page| !matches!(*page, charset::UTF_8 | 20127))
            });
        let page = declared.unwrap_or_else(|| charset::likely_page(header, default));
        let label = charset::label_of(page).unwrap_or("an unknown charset");
        self.defect("8-bit-header", format!("read as {label}"));
        page
    }

    fn defect(&mut self, code: &'static str, detail: impl Into<String>) {
        crate::defects::note(&mut self.defects, code, detail);
    }

    /// The decoded bytes of a leaf, all in memory.
    fn decoded(&mut self, entity: &Entity) -> Vec<u8> {
        let transfer = entity.mime.transfer;
        let source = self.source.clone();
        let raw = if source.is_cut(&entity.body) {
            let raw = source.copy(entity.body.clone());
            // The same bytes are read for the recipe, which then fails too.
            Cow::Owned(raw.unwrap_or_default())
        } else {
            Cow::Borrowed(source.slice(entity.body.clone()))
        };
        if transfer == Transfer::Identity {
            return raw.into_owned();
        }
        let (bytes, odd) = transfer.decode(&raw);
        self.note_transfer(entity, odd);
        bytes
    }

    fn note_transfer(&mut self, entity: &Entity, odd: Option<&'static str>) {
        if let Some(odd) = odd {
            let detail = format!("part at byte {}: {odd}", entity.header.start);
            self.defect("bad-transfer-encoding", detail);
        }
    }
}

/// Bytes of a value from which on it is given as a lazy source.
const LARGE: usize = 1 << 20;

/// Puts text into a property, large text as a source.
fn put_text(props: &mut TreeProps, tag: mapi_props::Tag<str>, text: String) {
    let value = if text.len() < LARGE {
        TreeValue::Value(PropValue::Unicode(text))
    } else {
        TreeValue::Large(PropType::UNICODE, LargeSource::from(text.into_bytes()))
    };
    props.insert(
        mapi_props::PropKey::from(mapi_props::PropTag::from(tag)),
        value,
    );
}

/// Puts HTML into its property, a large one as a source.
fn put_html(props: &mut TreeProps, bytes: Vec<u8>) {
    let value = if bytes.len() < LARGE {
        TreeValue::Value(PropValue::Binary(bytes))
    } else {
        TreeValue::Large(PropType::BINARY, LargeSource::from(bytes))
    };
    props.insert(
        mapi_props::PropKey::from(mapi_props::PropTag::from(tags::HTML)),
        value,
    );
}
