//! Writes a message tree as a `.msg` file in its Unicode flavour; the same tree always gives the same bytes. [MS-OXMSG] 2

mod names;
mod object;
mod value;

use std::io::{self, Read, Write};

use mapi_props::{
    AttachmentTree, Defect, LargeSource, MessageTree, OpenLarge, PropTag, PropType, TreeContent,
    TreeProps, attach_method, store_support, tags,
};

use crate::compound::{Plan, Storage};
use crate::read::standalone;
use crate::{ATTACHMENT, MAIL_MESSAGE, NAMES, RECIPIENT, value_name};
use names::Names;
use object::Writer;

/// A `.msg` file that is ready to be written: its bytes are made while they are read, large values are read then.
#[derive(Debug, Clone)]
pub struct MsgFile {
    plan: Plan,
    /// What the file cannot carry.
    pub losses: Vec<Defect>,
}

impl MsgFile {
    /// Lays the file of a message out. Reads only large texts, whose size in the file is not known.
    ///
    /// # Errors
    /// Those of the tree's values; `InvalidInput` for a message that is too large for a file.
    pub fn of(tree: &MessageTree) -> io::Result<Self> {
        let names = Names::of(tree)?;
        let mut builder = Builder {
            names: &names,
            losses: Vec::new(),
        };
        let mut root = builder.message(tree, 0)?;
        root.storage(NAMES, names.storage());
        if root.class == mapi_props::Guid::NIL {
            root.class = MAIL_MESSAGE;
        }
        Ok(Self {
            plan: Plan::of(root)?,
            losses: builder.losses,
        })
    }

    /// Bytes of the file.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.plan.size()
    }

    /// Its bytes from the first one on, as often as wanted.
    ///
    /// # Errors
    /// Those of the tree's values.
    pub fn open(&self) -> io::Result<Box<dyn Read + Send>> {
        self.plan.open()
    }
}

/// Writes a message as a `.msg` file and gives what the file cannot carry.
///
/// ```
/// use mapi_props::{MessageTree, tags};
///
/// let mut tree = MessageTree::default();
/// tree.props.set(tags::SUBJECT, "Plans");
/// let mut file = Vec::new();
/// mapi_msg::write(&tree, &mut file)?;
/// assert!(mapi_msg::is_compound(&file));
/// # Ok::<(), std::io::Error>(())
/// ```
///
/// # Errors
/// Those of [`MsgFile::of`] and of `to`.
pub fn write(tree: &MessageTree, to: &mut dyn Write) -> io::Result<Vec<Defect>> {
    let file = MsgFile::of(tree)?;
    io::copy(&mut file.open()?, to)?;
    Ok(file.losses)
}

/// What a file of messages from nowhere says of its store; Outlook asks it for the width of texts.
const SUPPORT: u32 = store_support::ENTRYID_UNIQUE
    | store_support::MODIFY_OK
    | store_support::CREATE_OK
    | store_support::ATTACH_OK
    | store_support::HTML_OK
    | store_support::UNICODE_OK;

/// The second word of PR_ATTACH_DATA_OBJ's entry: a message, or another storage (2.4.2.2, 2.3).
const HOLDS_MESSAGE: u32 = 1;
const HOLDS_STORAGE: u32 = 4;

struct Builder<'a> {
    names: &'a Names,
    losses: Vec<Defect>,
}

impl Builder<'_> {
    fn message(&mut self, tree: &MessageTree, depth: usize) -> io::Result<Storage> {
        let (recipients, attachments) =
            (count(tree.recipients.len()), count(tree.attachments.len()));
        let mut header = vec![0; 8];
        for number in [recipients, attachments, recipients, attachments] {
            header.extend_from_slice(&number.to_le_bytes());
        }
        if depth == 0 {
            header.extend_from_slice(&[0; 8]);
        }
        let mut writer = self.object(&tree.props)?;
        let mask = tree.props.value(tags::STORE_SUPPORT_MASK);
        let mask = mask.and_then(mapi_props::PropValue::as_long);
        let mask = mask.map_or(SUPPORT, |m| m.cast_unsigned() | store_support::UNICODE_OK);
        writer.long(tags::STORE_SUPPORT_MASK, mask);
        let mut storage = writer.finish(header);
        for (number, row) in (0_u32..).zip(&tree.recipients) {
            let mut writer = self.object(row)?;
            writer.long(tags::ROWID, number);
            storage.storage(
                format!("{RECIPIENT}{number:08X}"),
                writer.finish(vec![0; 8]),
            );
        }
        for (number, attachment) in (0_u32..).zip(&tree.attachments) {
            let below = self.attachment(number, attachment, depth)?;
            storage.storage(format!("{ATTACHMENT}{number:08X}"), below);
        }
        Ok(storage)
    }

    fn object(&mut self, props: &TreeProps) -> io::Result<Writer> {
        let mut writer = Writer::default();
        writer.all(props, self.names, &mut self.losses)?;
        Ok(writer)
    }

    fn attachment(
        &mut self,
        number: u32,
        tree: &AttachmentTree,
        depth: usize,
    ) -> io::Result<Storage> {
        let mut writer = self.object(&tree.props)?;
        writer.long(tags::ATTACH_NUM, number);
        let data = PropTag::new(tags::ATTACH_DATA_BIN.id(), PropType::BINARY);
        let held = data.with_type(PropType::OBJECT);
        let (method, inner) = match &tree.content {
            TreeContent::None => (attach_method::NONE, None),
            TreeContent::Data(bytes) => {
                writer.stream(data, bytes.clone(), 0);
                (attach_method::BY_VALUE, None)
            }
            TreeContent::Message(message) => {
                let inner = self.message(message, depth + 1)?;
                (attach_method::EMBEDDED_MSG, Some((HOLDS_MESSAGE, inner)))
            }
            TreeContent::Storage(bytes) => (attach_method::OLE, storage_in(bytes)),
        };
        if let (TreeContent::Storage(bytes), None) = (&tree.content, &inner) {
            // An object of OLE 1 is a stream.
            writer.stream(data, bytes.clone(), 0);
        }
        if !tree
            .props
            .contains(&mapi_props::PropKey::from(PropTag::from(
                tags::ATTACH_METHOD,
            )))
        {
            writer.long(tags::ATTACH_METHOD, method.cast_unsigned());
        }
        if let Some((what, inner)) = inner {
            writer.holds(held, what);
            writer.below.push((value_name(held), inner));
        }
        Ok(writer.finish(vec![0; 8]))
    }
}

fn storage_in(bytes: &LargeSource) -> Option<(u32, Storage)> {
    standalone(bytes).map(|inner| (HOLDS_STORAGE, inner))
}

fn count(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}
