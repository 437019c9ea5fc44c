//! A message as a whole: as a tree, and its original bytes.

use mapi_kit::export::{ExportFrom, export};
use mapi_kit::import::{ORIGINAL, ORIGINAL_VERSION};
use mapi_kit::large::ValueReader;
use mapi_props::{Code, MessageTree, PropValue, Slot};
use mapi_spi::{Error, Result};

use super::Message;

/// What is known of the bytes that a message was made from.
#[derive(Debug)]
pub enum Original {
    /// They are kept and still say what the message says.
    Valid(ValueReader),
    /// They are kept, but the message was changed since.
    Outdated(ValueReader),
    /// There are none: the message was made here.
    None,
}

impl Message {
    /// The message as last saved, as a neutral tree: names resolved, large values as sources that are read when needed.
    ///
    /// # Errors
    /// `MAPI_E_NOT_FOUND` for one that was never saved.
    pub fn to_tree(&self) -> Result<MessageTree> {
        self.inner.errors.track(self.tree())
    }

    fn tree(&self) -> Result<MessageTree> {
        let item = self.inner.host_item().ok_or_else(|| {
            Error::new(
                Code::NOT_FOUND,
                "a message that was never saved cannot be exported",
            )
        })?;
        let context = &self.inner.context;
        context.spi()?;
        let body = self.inner.state().working.saved_body().clone();
        let opened = &context.opened;
        let from = ExportFrom {
            store: &opened.store,
            names: &opened.names,
            item: Some(item),
            staged: &self.inner.held(),
            call: &context.call,
        };
        export(from, &body)
    }

    /// The bytes that the message was imported from.
    ///
    /// # Errors
    /// Those of opening the value.
    pub fn original(&self) -> Result<Original> {
        self.inner.errors.track(self.find_original())
    }

    fn find_original(&self) -> Result<Original> {
        self.inner.context.spi()?;
        let (slot, version, now) = {
            let state = self.inner.state();
            let props = &state.working.saved_body().props;
            let version = match props.value(ORIGINAL_VERSION) {
                Some(PropValue::I8(n)) => u64::try_from(*n).ok(),
                _ => None,
            };
            let now = state.working.meta().map(|m| m.content_version);
            (props.get(&ORIGINAL.id()).cloned(), version, now)
        };
        let Some(Slot::Large(value)) = slot else {
            return Ok(Original::None);
        };
        let reader = self.inner.open_value(&value)?;
        if version.is_some() && version == now {
            Ok(Original::Valid(reader))
        } else {
            Ok(Original::Outdated(reader))
        }
    }
}
