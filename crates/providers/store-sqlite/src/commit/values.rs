//! Large values of a change set: bound by the operations that name them.

use mapi_kit::storable;
use mapi_props::{Bag, Code, LargePlace, LargeRef, Slot, StoredAttachment, StoredMessage};
use mapi_spi::{Error, Result};

use super::Commit;
use crate::blob::{self, Key, Prepared};

impl Commit<'_> {
    /// Gives a large value its key and size. Writes nothing yet.
    pub(super) fn resolve(&mut self, slot: &mut Slot) -> Result<()> {
        let Slot::Large(large) = slot else {
            return Ok(());
        };
        match large.place {
            LargePlace::Remote => Ok(()),
            LargePlace::Pending(index) => self.resolve_pending(large, index),
            LargePlace::Present(key) => self.check_present(large, &key),
        }
    }

    /// The same for whole bags of recipients and attachments.
    pub(super) fn resolve_inner(
        &mut self,
        recipients: Option<&mut Vec<Bag>>,
        attachments: Option<&mut Vec<StoredAttachment>>,
    ) -> Result<()> {
        for bag in recipients.into_iter().flatten() {
            self.resolve_bag(bag)?;
        }
        for attachment in attachments.into_iter().flatten() {
            self.resolve_bag(&mut attachment.props)?;
            if let Some(StoredMessage {
                props,
                recipients,
                attachments,
            }) = attachment.embedded.as_deref_mut()
            {
                self.resolve_bag(props)?;
                self.resolve_inner(Some(recipients), Some(attachments))?;
            }
        }
        Ok(())
    }

    fn resolve_bag(&mut self, bag: &mut Bag) -> Result<()> {
        storable::check_bag(bag)?;
        let mut result = Ok(());
        bag.retain(|_, slot| {
            if result.is_ok() {
                result = self.resolve(slot);
            }
            true
        });
        result
    }

    fn resolve_pending(&mut self, large: &mut LargeRef, index: u32) -> Result<()> {
        let index = usize::try_from(index).unwrap_or(usize::MAX);
        let value = self.values.get(index).ok_or_else(|| {
            Error::new(
                Code::INVALID_PARAMETER,
                "a property names no value of its set",
            )
        })?;
        self.wanted.push(index);
        large.place = LargePlace::Present(value.key);
        large.size = value.size;
        Ok(())
    }

    /// Writes the values that were resolved, now that nothing refuses the operation any more.
    pub(super) fn write_values(&mut self) -> Result<()> {
        let mut wanted = std::mem::take(&mut self.wanted);
        // A recipe counts references to its parts, which must be there first.
        wanted.sort_by_key(|index| self.values.get(*index).is_some_and(Prepared::is_recipe));
        for index in wanted {
            if let Some(value) = self.values.get_mut(index) {
                blob::write(&self.txn, value)?;
            }
        }
        Ok(())
    }

    fn check_present(&self, large: &LargeRef, key: &Key) -> Result<()> {
        let found = blob::find(self.txn.db, key)?.ok_or_else(|| {
            let [a, b, c, d, ..] = key;
            Error::new(
                Code::NOT_FOUND,
                format!("no large value has the key {a:02x}{b:02x}{c:02x}{d:02x}…"),
            )
        })?;
        if found.size == large.size {
            return Ok(());
        }
        Err(Error::new(
            Code::INVALID_PARAMETER,
            "a property gives a large value another size",
        ))
    }
}
