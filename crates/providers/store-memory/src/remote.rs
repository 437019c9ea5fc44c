//! Values that only a server has, so that tests need no server.

use std::sync::Arc;

use mapi_props::{Bag, Code, LargePlace, LargeRef, PropTag, Slot};
use mapi_spi::{Call, Error, ItemId, LogKind, Origin, Result};

use crate::content::{Key, slots_of};
use crate::state::{Data, Item};
use crate::store::MemoryStore;

impl MemoryStore {
    /// Makes a large property of a message one that only a server has, and gives back what
    /// [`Self::deliver`] needs to bring it. Logged, as an engine's own change.
    ///
    /// # Errors
    /// `MAPI_E_NOT_FOUND` if the message has no such large value at hand.
    pub fn mark_remote(&self, message: ItemId, tag: impl Into<PropTag>) -> Result<Vec<u8>> {
        let id = tag.into().id();
        let mut bytes = None;
        self.replace_slot(message, id, &mut |item, slot| {
            let Slot::Large(large) = slot else {
                return None;
            };
            let LargePlace::Present(key) = large.place else {
                return None;
            };
            bytes = Some(item.values.get(&key)?.render());
            large.place = LargePlace::Remote;
            Some(())
        })?;
        bytes.ok_or_else(|| Error::from(Code::NOT_FOUND))
    }

    /// Brings a value that only a server had, as an engine does when [`mapi_spi::Support::fetch`] asks.
    ///
    /// # Errors
    /// `MAPI_E_NOT_FOUND` if the message has no such Remote value.
    pub fn deliver(&self, message: ItemId, tag: impl Into<PropTag>, bytes: Vec<u8>) -> Result<()> {
        let content = crate::content::Content::Bytes(bytes);
        let size = content.size();
        let (key, _held) = self.shared.write()?.intern(content);
        self.replace_slot(message, tag.into().id(), &mut |_, slot| {
            let Slot::Large(large) = slot else {
                return None;
            };
            if large.place != LargePlace::Remote {
                return None;
            }
            large.place = LargePlace::Present(key);
            large.size = size;
            Some(())
        })
    }

    fn replace_slot(
        &self,
        message: ItemId,
        id: u16,
        change: &mut dyn FnMut(&Item, &mut Slot) -> Option<()>,
    ) -> Result<()> {
        let missing = || {
            let detail = format!("message {message} has no such value 0x{id:04X}");
            Error::new(Code::NOT_FOUND, detail)
        };
        let mut state = self.shared.write()?;
        let old = state.live_message(message)?;
        let mut item = Item::clone(&old);
        let Data::Message { body, .. } = &mut item.data else {
            return Err(missing());
        };
        let props: &mut Bag = &mut Arc::make_mut(body).props;
        let former = props.get(&id).cloned().ok_or_else(missing)?;
        let mut slot = former.clone();
        change(&old, &mut slot).ok_or_else(missing)?;
        props.insert(id, slot);
        let values = crate::content::held(slots_of(&item), |key| state.content(key));
        item.values = Arc::new(values.ok_or_else(missing)?);
        if let Data::Message { body, .. } = &item.data {
            item.meta.size = mapi_kit::computed::message_size(body);
        }
        state.put(&item)?;
        let inverse = mapi_spi::Inverse {
            props: vec![(id, Some(former))],
        };
        let engine = Origin(u32::MAX);
        state.log(engine, LogKind::Modified, &item, vec![id], Some(inverse))?;
        state.forget_journal();
        let last = state.last();
        drop(state);
        self.shared.ring(last);
        Ok(())
    }

    /// The key of a Remote value once the host had it fetched.
    pub(crate) fn fetched(&self, item: ItemId, value: &LargeRef, call: &Call) -> Result<Key> {
        let before = self.slots(item)?;
        let wanted = Slot::Large(*value);
        if !before.contains(&wanted) {
            let detail = format!("item {item} has no such value on a server");
            return Err(Error::new(Code::NOT_FOUND, detail));
        }
        let not_here = || Error::not_downloaded(format!("a value of item {item} is on a server"));
        if call.deadline.is_none() {
            return Err(not_here());
        }
        self.support.fetch(item, value, call)?;
        let after = self.slots(item)?;
        let arrived = before.iter().zip(&after).filter(|(b, _)| **b == wanted);
        arrived
            .filter_map(|(_, a)| crate::content::present(a))
            .map(|(key, _)| key)
            .next()
            .ok_or_else(not_here)
    }

    /// The slots of an item, in a fixed order.
    fn slots(&self, item: ItemId) -> Result<Vec<Slot>> {
        let found = self.shared.read()?.item(item).cloned();
        let found = found
            .ok_or_else(|| Error::new(Code::OBJECT_DELETED, format!("item {item} is gone")))?;
        Ok(slots_of(&found).into_iter().cloned().collect())
    }
}
