//! Message trees on their way into a store: names mapped once per batch, large values lifted or staged.

mod in_place;
mod names;
mod recipe;
mod values;

use mapi_props::{
    AttachmentTree, Bag, Code, Defect, LargeRef, LargeSource, MessageTree, PropKey, PropTag,
    PropType, PropValue, Slot, StoredAttachment, StoredMessage, TreeContent, TreeProps, TreeValue,
    attach_method, message_flags, tags,
};
use mapi_spi::{
    Call, Error, Expect, FlagPatch, ItemId, MessageSave, MessageTarget, NewValue, Op, PropPatch,
    Result, Staged, Store, Support,
};

use crate::computed::{Owner, is_computed};
use crate::names::NameCache;
use crate::reference;
use crate::save::refresh;

pub use in_place::{InPlace, Laid, lay};
use names::BatchNames;
pub use names::{NEW_PER_MESSAGE, each_name};
use values::Values;

/// Where the bytes lie that a message was made from: a recipe, kept as a large value.
pub const ORIGINAL: PropTag = tags::INTERNET_CONTENT.raw();
/// The content version that [`ORIGINAL`] belongs to (PT_I8, provider range).
pub const ORIGINAL_VERSION: PropTag = PropTag::new(0x665A, PropType::I8);
/// Said of a message in the queue that leaves as its [`ORIGINAL`], byte for byte (PT_BOOLEAN, provider range). Submitting alone says it, and
/// takes it away.
pub const AS_WRITTEN: PropTag = PropTag::new(0x66E2, PropType::BOOLEAN);
/// The content version of a message that was just created.
pub const FIRST_VERSION: i64 = 1;

/// Whether a property belongs to the kept original and never travels with the message.
#[must_use]
pub const fn is_original(id: u16) -> bool {
    id == ORIGINAL.id() || id == ORIGINAL_VERSION.id() || id == AS_WRITTEN.id()
}

/// One message to be stored.
#[derive(Debug, Clone)]
pub struct ImportItem {
    /// The message.
    pub tree: MessageTree,
    /// Its PR_MESSAGE_FLAGS; HASATTACH is set from the tree.
    pub flags: u32,
    /// Hash of the bytes that it comes from; a folder takes the same source once.
    pub source: Option<[u8; 32]>,
}

/// Where a batch goes.
#[derive(Debug, Clone, Copy)]
pub struct ImportTo<'a> {
    /// The store.
    pub store: &'a dyn Store,
    /// Its names.
    pub names: &'a NameCache,
    /// The host's side: clock and randomness.
    pub support: &'a dyn Support,
    /// The folder.
    pub folder: ItemId,
    /// Into its associated contents.
    pub associated: bool,
}

/// A batch ready to be committed.
#[derive(Debug)]
pub struct Prepared {
    /// One per item that could be read, in order.
    pub ops: Vec<Op>,
    /// Their large values.
    pub values: Vec<NewValue>,
    /// One per item, in order: what was left out, or why the item has no operation.
    pub items: Vec<Result<Vec<Defect>>>,
    /// The largest values, staged; to be kept until the operations are committed.
    pub staged: Vec<Staged>,
}

/// Turns trees into operations.
///
/// # Errors
/// Those of [`Store::ids_from_names`]. A tree that cannot be read fails alone.
pub fn prepare(to: ImportTo<'_>, items: Vec<ImportItem>, call: &Call) -> Result<Prepared> {
    let names = BatchNames::map(to, &items, call)?;
    let names = |key: &PropKey| names.id(key);
    let mut values = Values::new(to.store, call);
    let mut prepared = Prepared {
        ops: Vec::new(),
        values: Vec::new(),
        items: Vec::new(),
        staged: Vec::new(),
    };
    for item in items {
        let mark = values.mark();
        let mut builder = Builder::new(to, &names, &mut values);
        match builder.item(to, item) {
            Ok(save) => {
                let defects = builder.defects;
                prepared.ops.push(Op::SaveMessage(Box::new(save)));
                prepared.items.push(Ok(defects));
            }
            Err(e) => {
                values.roll_back(mark);
                prepared.items.push(Err(e));
            }
        }
    }
    (prepared.values, prepared.staged) = values.finish();
    Ok(prepared)
}

/// A tree in the form of a store's working copies: identifiers of that store, values inline or staged, nothing made up
/// for the message itself. The staged values must be kept until the copy is saved.
///
/// # Errors
/// Those of [`Store::ids_from_names`]; `MAPI_E_CORRUPT_DATA` for a value that cannot be read; `MAPI_E_TOO_COMPLEX`
/// beyond the store's depth of nesting.
pub fn convert(
    to: ImportTo<'_>,
    tree: MessageTree,
    call: &Call,
) -> Result<(StoredMessage, Vec<Staged>)> {
    let names = BatchNames::explicit(to, &tree, call)?;
    let names = |key: &PropKey| names.id(key);
    let mut values = Values::working(to.store, call);
    let mut builder = Builder::new(to, &names, &mut values);
    let props = builder.bag(tree.props)?;
    let rows = tree.recipients.into_iter().map(|r| builder.bag(r));
    let recipients = rows.collect::<Result<_>>()?;
    let parts = tree.attachments.into_iter();
    let attachments = parts
        .map(|a| builder.attachment(a, 0))
        .collect::<Result<_>>()?;
    let body = StoredMessage {
        props,
        recipients,
        attachments,
    };
    Ok((body, values.finish().1))
}

/// Where the values of a tree go.
trait TreeValues {
    /// A property's value; `None` if it is none that can be stored.
    fn value(&mut self, value: TreeValue) -> Result<Option<Slot>>;

    /// A source: inline when it is small after all.
    fn source(&mut self, ty: PropType, source: &LargeSource) -> Result<Slot>;

    /// A source as a large value, whatever its size.
    fn large(&mut self, ty: PropType, source: &LargeSource) -> Result<Slot>;
}

/// Makes a stored message of a tree.
struct Builder<'b, V> {
    embed_depth: u32,
    support: &'b dyn Support,
    id_of: &'b dyn Fn(&PropKey) -> Option<u16>,
    values: &'b mut V,
    defects: Vec<Defect>,
}

impl<'b, 'a: 'b> Builder<'b, Values<'a>> {
    fn new(
        to: ImportTo<'b>,
        id_of: &'b dyn Fn(&PropKey) -> Option<u16>,
        values: &'b mut Values<'a>,
    ) -> Self {
        Self {
            embed_depth: to.store.info().limits.embed_depth,
            support: to.support,
            id_of,
            values,
            defects: Vec::new(),
        }
    }

    fn item(&mut self, to: ImportTo<'_>, item: ImportItem) -> Result<MessageSave> {
        let ImportItem {
            mut tree,
            mut flags,
            source,
        } = item;
        let original = tree.original.take();
        // Of a message of another store the bytes come as they are.
        let carried = tree.props.remove(&PropKey::Id(ORIGINAL.id()));
        let mut body = self.message(tree, 0)?;
        let slot = match (original, carried) {
            (Some(recipe), _) => Some(self.values.recipe(&recipe, &body)?),
            (None, Some(TreeValue::Large(ty, source))) => Some(self.values.large(ty, &source)?),
            (None, _) => None,
        };
        if let Some(slot) = slot {
            body.props.insert(ORIGINAL.id(), slot);
            body.props.set(ORIGINAL_VERSION, FIRST_VERSION);
        }
        flags = flags_of(flags, &body);
        if to.associated {
            flags |= message_flags::ASSOCIATED;
        }
        Ok(MessageSave {
            target: MessageTarget::New {
                folder: to.folder,
                associated: to.associated,
            },
            expect: Expect::Any,
            patch: PropPatch {
                set: body.props.into_iter().collect(),
                delete: Vec::new(),
            },
            recipients: Some(body.recipients),
            attachments: Some(body.attachments),
            flags: FlagPatch {
                set: flags,
                clear: 0,
            },
            content_changed: true,
            source,
        })
    }
}

/// PR_MESSAGE_FLAGS of a new message that came with `flags`.
fn flags_of(flags: u32, body: &StoredMessage) -> u32 {
    let own = message_flags::HASATTACH | message_flags::ASSOCIATED | message_flags::SUBMIT;
    let attached = match body.attachments.is_empty() {
        true => 0,
        false => message_flags::HASATTACH,
    };
    flags & !own | attached
}

impl<V: TreeValues> Builder<'_, V> {
    fn message(&mut self, tree: MessageTree, depth: u32) -> Result<StoredMessage> {
        if depth > self.embed_depth {
            return Err(Error::new(
                Code::TOO_COMPLEX,
                "messages are nested too deep",
            ));
        }
        let mut props = self.bag(tree.props)?;
        let mut recipients = Vec::with_capacity(tree.recipients.len());
        for row in tree.recipients {
            recipients.push(self.bag(row)?);
        }
        let mut attachments = Vec::with_capacity(tree.attachments.len());
        for attachment in tree.attachments {
            attachments.push(self.attachment(attachment, depth)?);
        }
        if !props.contains(&tags::SEARCH_KEY.id()) {
            props.set(
                tags::SEARCH_KEY,
                self.support.new_guid().as_bytes().as_slice(),
            );
        }
        refresh(
            &mut props,
            &Bag::new(),
            || recipients.iter(),
            self.support.now(),
            true,
        );
        if depth == 0 {
            // Made from what the store knows of the message; other stores' values of them mean nothing here.
            props.retain(|id, _| !is_computed(Owner::Message, *id));
        }
        Ok(StoredMessage {
            props,
            recipients,
            attachments,
        })
    }

    fn attachment(&mut self, tree: AttachmentTree, depth: u32) -> Result<StoredAttachment> {
        let mut props = self.bag(tree.props)?;
        // Whatever way it came: it opens no file of this machine.
        reference::forget(&mut props);
        let mut embedded = None;
        let id = tags::ATTACH_DATA_BIN.id();
        let method = match tree.content {
            TreeContent::None => None,
            TreeContent::Data(source) => {
                props.insert(id, self.values.source(PropType::BINARY, &source)?);
                Some(attach_method::BY_VALUE)
            }
            TreeContent::Storage(source) => {
                props.insert(id, self.values.large(PropType::OBJECT, &source)?);
                Some(attach_method::OLE)
            }
            TreeContent::Message(message) => {
                embedded = Some(Box::new(self.message(*message, depth + 1)?));
                Some(attach_method::EMBEDDED_MSG)
            }
        };
        let mut default = |tag: mapi_props::Tag<i32>, value: i32| {
            if !props.contains(&tag.id()) {
                props.set(tag, value);
            }
        };
        default(tags::ATTACH_METHOD, method.unwrap_or(attach_method::NONE));
        default(tags::RENDERING_POSITION, -1);
        props.set(
            tags::RECORD_KEY,
            self.support.new_guid().as_bytes().as_slice(),
        );
        Ok(StoredAttachment { props, embedded })
    }

    fn bag(&mut self, props: TreeProps) -> Result<Bag> {
        let mut bag = Bag::new();
        for (key, value) in props {
            let Some(id) = (self.id_of)(&key) else {
                self.defects.push(Defect {
                    code: "header-not-promoted",
                    detail: format!("{key:?} got no identifier: the store's room for names met in mail is used up"),
                });
                continue;
            };
            if let Some(slot) = self.values.value(value)? {
                bag.insert(id, slot);
            }
        }
        Ok(bag)
    }
}

/// A value that may be stored: not PT_NULL, PT_ERROR, PT_OBJECT or a multi-value without elements.
const fn storable(value: &PropValue) -> bool {
    !matches!(
        value,
        PropValue::Null | PropValue::Error(_) | PropValue::Object
    ) && !matches!(value.multi_len(), Some(0))
}

/// The large value behind a slot.
const fn as_large(slot: &Slot) -> Option<&LargeRef> {
    match slot {
        Slot::Large(l) => Some(l),
        Slot::Value(_) => None,
    }
}
