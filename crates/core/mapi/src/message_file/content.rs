//! A message tree in the form of a store's message: names by number, large values by reference.

use mapi_kit::held::Held;
use mapi_kit::reference;
use mapi_props::{
    AttachmentTree, Bag, LargePlace, LargeSource, MessageTree, PropKey, PropName, PropType,
    PropValue, Slot, StoredAttachment, StoredMessage, TreeContent, TreeProps, TreeValue, tags,
};
use mapi_spi::NewValue;

/// Names and large values of the message in a storage. Both only grow: handles may still know an older one.
#[derive(Debug)]
pub(super) struct Known {
    pub(super) names: Vec<PropName>,
    pub(super) values: Held,
}

impl Known {
    pub(super) const fn new(salt: [u8; 16], inline: u64) -> Self {
        Self {
            names: Vec::new(),
            values: Held::new(salt, inline),
        }
    }

    /// The identifier of a name, given now if need be; `None` when none is left.
    pub(super) fn id(&mut self, name: &PropName) -> Option<u16> {
        let at = self.names.iter().position(|known| known == name);
        let at = at.unwrap_or_else(|| {
            self.names.push(name.clone());
            self.names.len() - 1
        });
        let id = u16::try_from(at).ok()?.checked_add(0x8000)?;
        (id < 0xFFFF).then_some(id)
    }

    pub(super) fn name(&self, id: u16) -> Option<PropName> {
        let at = id.checked_sub(0x8000)?;
        self.names.get(usize::from(at)).cloned()
    }

    pub(super) fn message(&mut self, tree: MessageTree) -> StoredMessage {
        StoredMessage {
            props: self.bag(tree.props),
            recipients: tree.recipients.into_iter().map(|r| self.bag(r)).collect(),
            attachments: tree
                .attachments
                .into_iter()
                .map(|a| self.attachment(a))
                .collect(),
        }
    }

    fn attachment(&mut self, tree: AttachmentTree) -> StoredAttachment {
        let mut props = self.bag(tree.props);
        reference::forget(&mut props);
        let data = tags::ATTACH_DATA_BIN.id();
        let mut embedded = None;
        match tree.content {
            TreeContent::None => {}
            TreeContent::Data(source) => {
                props.insert(data, self.source(source));
            }
            TreeContent::Storage(source) => {
                props.insert(data, self.values.large(PropType::OBJECT, source));
            }
            TreeContent::Message(inner) => embedded = Some(Box::new(self.message(*inner))),
        }
        StoredAttachment { props, embedded }
    }

    fn bag(&mut self, props: TreeProps) -> Bag {
        let mut bag = Bag::new();
        for (key, value) in props {
            let id = match &key {
                PropKey::Id(id) => Some(*id),
                PropKey::Named(name) => self.id(name),
            };
            if let (Some(id), Some(slot)) = (id, self.slot(value)) {
                bag.insert(id, slot);
            }
        }
        bag
    }

    fn slot(&mut self, value: TreeValue) -> Option<Slot> {
        Some(match value {
            // Values that say that there is none.
            TreeValue::Value(PropValue::Null | PropValue::Object) => return None,
            TreeValue::Value(value) => self.values.value(value),
            TreeValue::Large(ty, source) => self.values.large(ty, source),
        })
    }

    fn source(&mut self, source: LargeSource) -> Slot {
        match source {
            LargeSource::Bytes(bytes) => self.values.value(PropValue::Binary(bytes.to_vec())),
            source => self.values.large(PropType::BINARY, source),
        }
    }

    /// Gives the values that come with a save their places; `None` for one that is no bytes.
    pub(super) fn bind(&mut self, body: &mut StoredMessage, values: Vec<NewValue>) -> Option<()> {
        let mut places = Vec::new();
        for value in values {
            let NewValue::Bytes(bytes) = value else {
                return None;
            };
            places.push(LargePlace::Present(self.values.hold(bytes.into())));
        }
        bind_message(body, &places);
        Some(())
    }
}

fn bind_message(body: &mut StoredMessage, places: &[LargePlace]) {
    bind_bag(&mut body.props, places);
    body.recipients
        .iter_mut()
        .for_each(|row| bind_bag(row, places));
    for attachment in &mut body.attachments {
        bind_bag(&mut attachment.props, places);
        if let Some(inner) = attachment.embedded.as_deref_mut() {
            bind_message(inner, places);
        }
    }
}

fn bind_bag(bag: &mut Bag, places: &[LargePlace]) {
    bag.retain(|_, slot| {
        if let Slot::Large(large) = slot
            && let LargePlace::Pending(at) = large.place
            && let Some(place) = usize::try_from(at).ok().and_then(|at| places.get(at))
        {
            large.place = *place;
        }
        true
    });
}
