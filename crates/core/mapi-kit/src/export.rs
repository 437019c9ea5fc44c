//! A stored message as a [`MessageTree`]: names resolved, large values as sources that are opened when read.

use std::sync::Arc;

use mapi_props::{
    AttachmentTree, Bag, Defect, LargeSource, MessageTree, PropKey, PropName, PropType, PropValue,
    Slot, StoredAttachment, StoredMessage, TreeContent, TreeProps, TreeValue, tags,
};
use mapi_spi::{Call, ItemId, ItemMeta, MessageData, Result, Staged, Store};

use crate::import::{ORIGINAL, ORIGINAL_VERSION, is_original};
use crate::large::StoredSource;
use crate::names::NameCache;

/// Where a stored message comes from.
#[derive(Debug, Clone, Copy)]
pub struct ExportFrom<'a> {
    /// Its store; sources keep it.
    pub store: &'a Arc<dyn Store>,
    /// The store's names.
    pub names: &'a NameCache,
    /// The message; `None` for one that was never saved.
    pub item: Option<ItemId>,
    /// Values of it that are staged and not bound yet.
    pub staged: &'a [Staged],
    /// For reading now and for the sources later.
    pub call: &'a Call,
}

/// The message as a tree. Its original bytes stay behind; [`take_original`] brings them too. A property
/// whose identifier has no name (a damaged store) is left out with the defect `name-missing`.
///
/// # Errors
/// Those of [`Store::names_from_ids`].
pub fn export(from: ExportFrom<'_>, body: &StoredMessage) -> Result<MessageTree> {
    let mut ids = Vec::new();
    named_ids(body, &mut ids);
    ids.sort_unstable();
    ids.dedup();
    let names = from.names.names(from.store.as_ref(), &ids, from.call)?;
    let lost = ids.iter().zip(&names).filter(|(_, n)| n.is_none());
    let defects = lost
        .map(|(id, _)| Defect {
            code: "name-missing",
            detail: format!(
                "identifier 0x{id:04X} has no name in its store; its values are left out"
            ),
        })
        .collect();
    let exporter = Exporter { from, ids, names };
    Ok(MessageTree {
        defects,
        ..exporter.message(body)
    })
}

/// Lets the bytes that a message was made from travel with its tree, if they still say what it says. The other store keeps
/// them beside the message, not shared with its attachments.
pub fn take_original(from: ExportFrom<'_>, data: &MessageData, tree: &mut MessageTree) {
    if let Some(original) = original(from, &data.meta, &data.body.props) {
        tree.props.insert(PropKey::Id(ORIGINAL.id()), original);
    }
}

/// The bytes that a message was made from, if they still say what it says; of a message's own properties as they are stored.
#[must_use]
pub fn original(from: ExportFrom<'_>, meta: &ItemMeta, props: &Bag) -> Option<TreeValue> {
    let version = i64::try_from(meta.content_version).ok();
    let told = match props.value(ORIGINAL_VERSION) {
        Some(PropValue::I8(told)) => Some(*told),
        _ => None,
    };
    let Some(Slot::Large(value)) = props.get(&ORIGINAL.id()) else {
        return None;
    };
    let exporter = Exporter {
        from,
        ids: Vec::new(),
        names: Vec::new(),
    };
    (told.is_some() && told == version).then(|| TreeValue::Large(value.ty, exporter.source(*value)))
}

struct Exporter<'a> {
    from: ExportFrom<'a>,
    ids: Vec<u16>,
    names: Vec<Option<PropName>>,
}

impl Exporter<'_> {
    fn message(&self, body: &StoredMessage) -> MessageTree {
        MessageTree {
            props: self.props(&body.props),
            recipients: body.recipients.iter().map(|r| self.props(r)).collect(),
            attachments: body
                .attachments
                .iter()
                .map(|a| self.attachment(a))
                .collect(),
            original: None,
            defects: Vec::new(),
        }
    }

    fn attachment(&self, attachment: &StoredAttachment) -> AttachmentTree {
        let mut bag = attachment.props.clone();
        let data = bag.remove(&tags::ATTACH_DATA_BIN.id());
        let content = match (&attachment.embedded, data) {
            (Some(message), _) => TreeContent::Message(Box::new(self.message(message))),
            (None, Some(Slot::Large(l))) if l.ty == PropType::OBJECT => {
                TreeContent::Storage(self.source(l))
            }
            (None, Some(Slot::Large(l))) => TreeContent::Data(self.source(l)),
            (None, Some(Slot::Value(PropValue::Binary(b)))) => TreeContent::Data(b.into()),
            (None, _) => TreeContent::None,
        };
        AttachmentTree {
            props: self.props(&bag),
            content,
        }
    }

    fn props(&self, bag: &Bag) -> TreeProps {
        let entries = bag.iter().filter(|(id, _)| !is_original(**id));
        entries
            .filter_map(|(id, slot)| Some((self.key(*id)?, self.value(slot))))
            .collect()
    }

    fn key(&self, id: u16) -> Option<PropKey> {
        if id < 0x8000 {
            return Some(PropKey::Id(id));
        }
        let at = self.ids.binary_search(&id).ok()?;
        self.names.get(at)?.clone().map(PropKey::Named)
    }

    fn value(&self, slot: &Slot) -> TreeValue {
        match slot {
            Slot::Value(v) => TreeValue::Value(v.clone()),
            Slot::Large(l) => TreeValue::Large(l.ty, self.source(*l)),
        }
    }

    fn source(&self, value: mapi_props::LargeRef) -> LargeSource {
        let ExportFrom {
            store,
            item,
            staged,
            call,
            ..
        } = self.from;
        let staged = staged.iter().find(|s| s.place() == value.place).cloned();
        LargeSource::Lazy(Arc::new(StoredSource {
            store: Arc::clone(store),
            item,
            staged,
            value,
            call: call.clone(),
        }))
    }
}

fn named_ids(body: &StoredMessage, ids: &mut Vec<u16>) {
    let mut add = |bag: &Bag| ids.extend(bag.iter().map(|(id, _)| *id).filter(|id| *id >= 0x8000));
    add(&body.props);
    body.recipients.iter().for_each(&mut add);
    body.attachments.iter().for_each(|a| add(&a.props));
    for embedded in body
        .attachments
        .iter()
        .filter_map(|a| a.embedded.as_deref())
    {
        named_ids(embedded, ids);
    }
}
