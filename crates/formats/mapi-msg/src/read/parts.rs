//! Attachments: their bytes, a message, or a storage of some program. [MS-OXMSG] 2.2.2, 2.3

use std::sync::Arc;

use mapi_props::{
    AttachmentTree, LargeSource, MessageTree, OpenLarge, PropTag, PropType, TreeContent, tags,
};

use super::properties::Object;
use super::storage::storage_of;
use super::{Reader, Result2};
use crate::compound::Plan;
use crate::{PROPERTIES, value_name};

/// Bytes of data over which it stays in the file until it is needed.
const DATA_IN_MEMORY: u64 = 4096;

impl Reader<'_> {
    pub(super) fn attachment(
        &mut self,
        storage: usize,
        pages: &[u16],
        depth: usize,
    ) -> Result2<AttachmentTree> {
        let mut object = Object::open(self, storage, 8)?;
        let data = PropTag::new(tags::ATTACH_DATA_BIN.id(), PropType::BINARY);
        let held = data.with_type(PropType::OBJECT);
        let is_data = |tag: PropTag| tag == data || tag == held;
        object.entries.retain(|e| !is_data(e.tag));
        let content = match object.take(&value_name(held)) {
            Some(at) if self.file.entry(at).is_some_and(|e| e.is_storage) => {
                self.object(at, pages, depth)?
            }
            // The data of an object in a stream: what is there is kept.
            Some(at) => TreeContent::Storage(self.file.source(at)),
            None => match object.take(&value_name(data)) {
                Some(at) => TreeContent::Data(self.data(at)?),
                None => TreeContent::None,
            },
        };
        let props = self.finish(object, pages, None)?;
        Ok(AttachmentTree { props, content })
    }

    fn data(&mut self, at: usize) -> Result2<LargeSource> {
        if self.file.size(at) > DATA_IN_MEMORY {
            return Ok(self.file.source(at));
        }
        let bytes = self.file.bytes(at).map_err(|e| self.failed(at, e))?;
        Ok(bytes.into())
    }

    /// A storage with properties is a message; another one belongs to whatever program made it.
    fn object(&mut self, storage: usize, pages: &[u16], depth: usize) -> Result2<TreeContent> {
        let is_message = self
            .file
            .children(storage)
            .contains_key(&PROPERTIES.to_uppercase());
        if is_message && depth < self.limits.depth {
            let message: MessageTree = self.message(storage, 24, pages, depth + 1)?;
            return Ok(TreeContent::Message(Box::new(message)));
        }
        if is_message {
            let path = self.file.path(storage);
            self.defect(
                "too-deep",
                &format!("{path}: messages are nested too deep; it is kept as bytes"),
            );
        }
        let plan = storage_of(self.file, storage).and_then(Plan::of);
        match plan {
            Ok(plan) => Ok(TreeContent::Storage(LargeSource::Lazy(
                Arc::new(plan) as Arc<dyn OpenLarge>
            ))),
            Err(e) => {
                let path = self.file.path(storage);
                self.defect("not-kept", &format!("{path}: {e}"));
                Ok(TreeContent::None)
            }
        }
    }
}
