//! One message out of its file: parsed, laid as the store shows it, its large values left where they are.

mod kept;
mod seeded;

use std::fs::{self, File as OsFile};
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use mapi_kit::computed::message_size;
use mapi_kit::conversation::{self, Links};
use mapi_kit::engine::MessageRow;
use mapi_kit::held::Held;
use mapi_kit::import::{InPlace, ORIGINAL, ORIGINAL_VERSION, lay};
use mapi_mime::mbox::{MboxReader, Variant};
use mapi_mime::{ImportContext, MailFlags, SharedBytes, condense};
use mapi_props::{
    FileTime, Guid, LargePlace, LargeRef, LargeSource, MessageTree, OpenLarge, PropType, PropValue,
    ReadAt, Slot, StoredMessage, tags,
};
use mapi_spi::{ItemId, ItemKind, ItemMeta, Limits, Result};

use crate::index::{File, Names};
pub(crate) use kept::KeptMails;
use seeded::Seeded;

/// The largest message of a Maildir that is read.
const MESSAGE_MAX: u64 = 2 << 30;
/// The largest of an mbox, which is in memory as a whole.
const MBOX_MESSAGE_MAX: u64 = 512 << 20;
/// Of larger files, long attachments stay on the disk until they are read.
const CONDENSED_FROM: u64 = 4 << 20;

/// The bytes of a message.
#[derive(Debug, Clone)]
pub(crate) struct Raw {
    bytes: SharedBytes,
    original: LargeSource,
}

impl Raw {
    /// A message that is in memory.
    pub(crate) fn of(bytes: Vec<u8>) -> Self {
        let bytes: Arc<[u8]> = bytes.into();
        Self {
            bytes: SharedBytes::new(Arc::clone(&bytes)),
            original: LargeSource::Bytes(bytes),
        }
    }

    /// Reads the file of one message. Of a large one most stays there.
    /// Says also when it was changed last.
    pub(crate) fn read(path: &Path) -> io::Result<(Self, FileTime)> {
        let mut file = OsFile::open(path)?;
        let meta = file.metadata()?;
        let modified = crate::place::changed(&meta);
        if meta.len() > MESSAGE_MAX {
            return Err(io::Error::other(
                "the file is larger than 2 GiB, too large for one message",
            ));
        }
        if meta.len() > CONDENSED_FROM {
            let condensed = condense(Arc::new(FileAt(Mutex::new(file))), &mut |_| ())?;
            let original = WholeFile {
                path: path.to_owned(),
                size: condensed.size,
            };
            let raw = Self {
                bytes: condensed.bytes,
                original: LargeSource::Lazy(Arc::new(original)),
            };
            return Ok((raw, modified));
        }
        let mut bytes = Vec::with_capacity(usize::try_from(meta.len()).unwrap_or(0));
        (&mut file).take(MESSAGE_MAX).read_to_end(&mut bytes)?;
        Ok((Self::of(bytes), modified))
    }

    /// Bytes of it in memory.
    pub(crate) fn in_memory(&self) -> usize {
        self.bytes.as_slice().len()
    }

    /// Takes it apart.
    ///
    /// # Errors
    /// Why it is no message.
    pub(crate) fn parse(
        &self,
        file: &File,
        limits: Limits,
    ) -> std::result::Result<MessageTree, String> {
        let mut context = ImportContext::new(file.born);
        context.received = file.received;
        let depth = usize::try_from(limits.embed_depth).unwrap_or(usize::MAX);
        context.limits.depth = context.limits.depth.min(depth);
        let tree = mapi_mime::parse(self.bytes.clone(), &context);
        let mut tree = tree.map_err(|none| none.to_string())?;
        let told = tree.props.value(tags::MESSAGE_DELIVERY_TIME);
        if told == Some(&PropValue::SysTime(file.born)) && file.modified < file.born {
            // Nothing in it says when it came.
            tree.props.set(tags::MESSAGE_DELIVERY_TIME, file.modified);
        }
        Ok(tree)
    }
}

/// Splits the mbox at `path` into its messages.
pub(crate) fn messages_of(path: &Path) -> io::Result<MboxReader<BufReader<OsFile>>> {
    let input = BufReader::with_capacity(256 * 1024, OsFile::open(path)?);
    Ok(MboxReader::new(input, Variant::Auto).with_limit(MBOX_MESSAGE_MAX))
}

/// Reads one message of an mbox; `None` if another one stands there by now.
pub(crate) fn read_of_mbox(path: &Path, file: &File) -> io::Result<Option<Raw>> {
    // Alone, a message may seem to have a length that counts where in its file lengths do not.
    for variant in [Variant::Auto, Variant::Rd] {
        let mut input = OsFile::open(path)?;
        input.seek(SeekFrom::Start(file.start))?;
        let region = BufReader::new(input.take(file.length));
        let mut messages = MboxReader::new(region, variant).with_limit(MBOX_MESSAGE_MAX);
        let Some(Ok(message)) = messages.next() else {
            return Ok(None);
        };
        if file.hash.as_deref() == Some(blake3::hash(&message.bytes).as_bytes()) {
            return Ok(Some(Raw::of(message.bytes)));
        }
    }
    Ok(None)
}

/// A message as the store shows it.
#[derive(Debug)]
pub(crate) struct Mail {
    pub(crate) body: StoredMessage,
    pub(crate) flags: u32,
    pub(crate) status: u32,
    pub(crate) held: Held,
    /// Bytes that it keeps in memory, more or less.
    pub(crate) weight: usize,
}

/// What a message becomes part of.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Into<'a> {
    pub(crate) uid: Guid,
    pub(crate) names: &'a Names,
    pub(crate) limits: Limits,
}

impl Mail {
    /// Lays a parsed message as number `id`, whose file has had `version` contents.
    pub(crate) fn new(
        mut tree: MessageTree,
        raw: &Raw,
        file: &File,
        (id, version): (u64, u64),
        into: Into<'_>,
    ) -> Result<Self> {
        let said = flags_of(file.letters);
        said.put(&mut tree.props);
        let seed = Seeded::new(into.uid, id, file.born);
        let mut held = Held::new(seed.salt(version), u64::from(into.limits.inline_bytes));
        let how = InPlace {
            id_of: &|key| into.names.id_of(key),
            support: &seed,
            embed_depth: into.limits.embed_depth,
            flags: said.message_flags(),
        };
        let laid = lay(tree, how, &mut held)?;
        let mut body = laid.body;
        let original = held.large(PropType::BINARY, raw.original.clone());
        body.props.insert(ORIGINAL.id(), original);
        body.props
            .set(ORIGINAL_VERSION, i64::try_from(version).unwrap_or(1));
        Ok(Self {
            flags: laid.flags,
            status: said.status(),
            weight: raw.in_memory() * 2 + 16 * 1024,
            body,
            held,
        })
    }

    /// PR_MESSAGE_SIZE.
    pub(crate) fn size(&self) -> u64 {
        message_size(&self.body)
    }

    /// PR_MESSAGE_DELIVERY_TIME.
    pub(crate) fn delivered(&self) -> Option<FileTime> {
        match self.body.props.value(tags::MESSAGE_DELIVERY_TIME)? {
            PropValue::SysTime(at) => Some(*at),
            _ => None,
        }
    }

    /// How it is tied to other messages.
    pub(crate) fn links(&self) -> Links {
        conversation::links(&MessageRow {
            meta: &loose_meta(),
            body: &self.body,
            open: &|value| self.open(value),
        })
    }

    /// Opens a large value.
    pub(crate) fn open(&self, value: &LargeRef) -> Option<Box<dyn Read>> {
        let LargePlace::Present(key) = value.place else {
            return None;
        };
        let source = self.held.source(&key)?;
        source.open().ok().map(|reader| reader as Box<dyn Read>)
    }

    /// What the index keeps of it: all that tables mostly show. Texts, and messages in attachments, are read in the file
    /// when they are asked for.
    pub(crate) fn remembered(&self) -> StoredMessage {
        let mut body = StoredMessage {
            props: self.body.props.clone(),
            recipients: self.body.recipients.clone(),
            attachments: Vec::with_capacity(self.body.attachments.len()),
        };
        for id in TEXTS {
            if let Some(slot @ Slot::Value(_)) = body.props.get(&id) {
                let (ty, size) = (slot.ty(), slot.size());
                let place = LargePlace::Remote;
                body.props
                    .insert(id, Slot::Large(LargeRef { ty, size, place }));
            }
        }
        for attachment in &self.body.attachments {
            body.attachments.push(mapi_props::StoredAttachment {
                props: attachment.props.clone(),
                embedded: None,
            });
        }
        body
    }
}

/// Small values that the index does not keep.
const TEXTS: [u16; 3] = [
    tags::BODY.id(),
    tags::HTML.id(),
    tags::TRANSPORT_MESSAGE_HEADERS.id(),
];

/// What is known of a message that has no number yet.
const fn loose_meta() -> ItemMeta {
    ItemMeta {
        id: ItemId(0),
        parent: ItemId(0),
        kind: ItemKind::Message { associated: false },
        deleted: false,
        change: 0,
        content_version: 0,
        flags: 0,
        status: 0,
        size: 0,
        thread: None,
    }
}

/// Bits of the letters that are properties of the message, not only flags: forwarded, flagged, replied.
pub(crate) const IN_PROPS: u8 = 0b1110;

/// The letters of a message as bits.
pub(crate) fn letters_of(flags: MailFlags) -> u8 {
    let all = [
        flags.seen,
        flags.replied,
        flags.passed,
        flags.flagged,
        flags.draft,
        flags.trashed,
    ];
    all.into_iter()
        .rev()
        .fold(0, |bits, set| bits << 1 | u8::from(set))
}

/// The letters of these bits.
pub(crate) const fn flags_of(letters: u8) -> MailFlags {
    MailFlags {
        seen: letters & 1 != 0,
        replied: letters & 2 != 0,
        passed: letters & 4 != 0,
        flagged: letters & 8 != 0,
        draft: letters & 16 != 0,
        trashed: letters & 32 != 0,
    }
}

/// A file that is read at any place.
struct FileAt(Mutex<OsFile>);

impl ReadAt for FileAt {
    fn read_at(&self, at: u64, buffer: &mut [u8]) -> io::Result<usize> {
        // A place that somebody left is set anew.
        let mut file = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        file.seek(SeekFrom::Start(at))?;
        file.read(buffer)
    }
}

/// A whole file as a value.
struct WholeFile {
    path: PathBuf,
    size: u64,
}

impl OpenLarge for WholeFile {
    fn size(&self) -> u64 {
        self.size
    }

    fn open(&self) -> io::Result<Box<dyn Read + Send>> {
        Ok(Box::new(fs::File::open(&self.path)?))
    }
}

#[cfg(test)]
mod tests {
    use super::{flags_of, letters_of};

    #[test]
    fn letters_are_bits_and_back() {
        for bits in 0..64 {
            assert_eq!(letters_of(flags_of(bits)), bits);
        }
    }
}
