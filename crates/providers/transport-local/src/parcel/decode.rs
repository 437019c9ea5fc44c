//! The head of a record as what it was made of.

use std::sync::Arc;

use mapi_props::codec::decode_stored;
use mapi_props::{
    AttachmentTree, Bag, Guid, LargePlace, LargeRef, LargeSource, MessageTree, PropKey, PropName,
    PropType, PropValue, ReadAt, Slot, StoredAttachment, StoredMessage, TreeContent, TreeProps,
    TreeValue, tags,
};

use super::HASH;
use super::encode::{FIRST_NAME, of_embedded, of_message};
use super::read::Broken;
use super::value::Part;
use super::wire::Rest;

/// What stands in every head.
pub(super) struct Opened<'a> {
    pub(super) envelope: String,
    pub(super) parts: Vec<Arc<Part>>,
    pub(super) rest: Rest<'a>,
}

/// Reads the start of a head. Its values lie from `at` to `end`, exactly.
pub(super) fn open<'a>(
    head: &'a [u8],
    source: &Arc<dyn ReadAt>,
    mut at: u64,
    end: u64,
) -> Result<Opened<'a>, Broken> {
    let mut rest = Rest(head);
    let envelope = rest.text()?.to_owned();
    let count = rest.count(8)?;
    let mut parts = Vec::with_capacity(count);
    for _ in 0..count {
        let size = rest.u64()?;
        let next = at.checked_add(size).and_then(|n| n.checked_add(HASH));
        let next = next
            .filter(|n| *n <= end)
            .ok_or(Broken::Head("its values are longer than the record"))?;
        parts.push(Arc::new(Part::new(Arc::clone(source), at, size)));
        at = next;
    }
    if at != end {
        return Err(Broken::Head("its values are shorter than the record"));
    }
    Ok(Opened {
        envelope,
        parts,
        rest,
    })
}

/// Reads the rest of the head of a tree.
pub(super) fn tree(mut rest: Rest<'_>, parts: &[Arc<Part>]) -> Result<MessageTree, Broken> {
    let count = rest.count(21)?;
    let mut names = Vec::with_capacity(count);
    for _ in 0..count {
        names.push(name(&mut rest)?);
    }
    let message = decode_stored(rest.0).map_err(Broken::Codec)?;
    // What no sender of ours lets travel is not taken from others either.
    Decoder { names, parts }.message(message, of_message)
}

fn name(rest: &mut Rest<'_>) -> Result<PropName, Broken> {
    let guid = Guid(rest.array()?);
    match rest.u8()? {
        0 => Ok(PropName::id(guid, rest.u32()?)),
        1 => Ok(PropName::text(guid, rest.text()?)),
        _ => Err(Broken::Head("a name in it is of no known kind")),
    }
}

struct Decoder<'a> {
    names: Vec<PropName>,
    parts: &'a [Arc<Part>],
}

impl Decoder<'_> {
    fn message(
        &self,
        message: StoredMessage,
        travels: fn(u16) -> bool,
    ) -> Result<MessageTree, Broken> {
        let rows = message
            .recipients
            .into_iter()
            .map(|row| self.props(row, travels));
        let recipients = rows.collect::<Result<_, _>>()?;
        let all = message
            .attachments
            .into_iter()
            .map(|a| self.attachment(a, travels));
        let attachments = all.collect::<Result<_, _>>()?;
        Ok(MessageTree {
            props: self.props(message.props, travels)?,
            recipients,
            attachments,
            ..MessageTree::default()
        })
    }

    fn attachment(
        &self,
        attachment: StoredAttachment,
        travels: fn(u16) -> bool,
    ) -> Result<AttachmentTree, Broken> {
        let mut props = attachment.props;
        let data = props.remove(&tags::ATTACH_DATA_BIN.id());
        let content = match (attachment.embedded, data) {
            (Some(message), None) => {
                TreeContent::Message(Box::new(self.message(*message, of_embedded)?))
            }
            (None, Some(Slot::Large(large))) if large.ty == PropType::OBJECT => {
                TreeContent::Storage(self.source(&large)?)
            }
            (None, Some(Slot::Large(large))) => TreeContent::Data(self.source(&large)?),
            (None, Some(Slot::Value(PropValue::Binary(bytes)))) => TreeContent::Data(bytes.into()),
            (None, None) => TreeContent::None,
            _ => {
                return Err(Broken::Head(
                    "an attachment in it has no content that could be",
                ));
            }
        };
        Ok(AttachmentTree {
            props: self.props(props, travels)?,
            content,
        })
    }

    fn props(&self, bag: Bag, travels: fn(u16) -> bool) -> Result<TreeProps, Broken> {
        let mut props = TreeProps::with_capacity(bag.len());
        for (id, slot) in bag {
            let key = match id.checked_sub(FIRST_NAME) {
                None if travels(id) => PropKey::Id(id),
                None => continue,
                Some(place) => {
                    let name = self.names.get(usize::from(place));
                    PropKey::Named(
                        name.ok_or(Broken::Head("a property in it has no name"))?
                            .clone(),
                    )
                }
            };
            let value = match slot {
                Slot::Value(value) => TreeValue::Value(value),
                Slot::Large(large) => TreeValue::Large(large.ty, self.source(&large)?),
            };
            props.insert(key, value);
        }
        Ok(props)
    }

    fn source(&self, large: &LargeRef) -> Result<LargeSource, Broken> {
        let wrong = || Broken::Head("a large value in it is not there");
        let LargePlace::Present(key) = large.place else {
            return Err(wrong());
        };
        let (place, zeros) = key.split_first_chunk::<8>().ok_or_else(wrong)?;
        let place = usize::try_from(u64::from_le_bytes(*place)).unwrap_or(usize::MAX);
        let part = self
            .parts
            .get(place)
            .filter(|part| part.len() == large.size);
        let part = part
            .filter(|_| zeros.iter().all(|z| *z == 0))
            .ok_or_else(wrong)?;
        Ok(LargeSource::Lazy(Arc::clone(part) as Arc<_>))
    }
}
