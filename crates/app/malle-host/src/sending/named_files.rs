//! What a draft would be with the files that it names, for who only looks: nothing of it is changed.
//! docs/design/references.md

use std::io::{self, Read};

use mapi::{Call, Error, MessageTree, Result};
use mapi_kit::reference;
use mapi_props::{
    AttachmentTree, Bag, LargeSource, OpenLarge, PropKey, Slot, TreeContent, TreeValue,
};

use crate::open_referenced;

/// Puts the files into a tree that submitting its message would put into that.
///
/// # Errors
/// Those of [`open_referenced`], naming the file.
pub(super) fn put_in(tree: &mut MessageTree) -> Result<()> {
    tree.attachments.iter_mut().try_for_each(attachment)
}

fn attachment(tree: &mut AttachmentTree) -> Result<()> {
    if let TreeContent::Message(inner) = &mut tree.content {
        return put_in(inner);
    }
    let mut said = said(tree);
    let Some(path) = reference::to_resolve(&said).map(str::to_owned) else {
        return Ok(());
    };
    let file = open_referenced(&path, &Call::default()).map_err(|e| {
        let detail = format!("the file {path}: {}", e.detail());
        Error::caused(e.code(), detail, e)
    })?;
    for (id, _) in said.iter() {
        tree.props.remove(&PropKey::Id(*id));
    }
    let size = file.size;
    reference::resolved(&mut said, &file.name);
    for (id, slot) in said {
        if let Slot::Value(value) = slot {
            tree.props.insert(PropKey::Id(id), TreeValue::Value(value));
        }
    }
    tree.content = TreeContent::Data(LargeSource::Lazy(std::sync::Arc::new(Named { path, size })));
    Ok(())
}

/// The fixed properties of an attachment, as a store has them.
fn said(tree: &AttachmentTree) -> Bag {
    let fixed = tree
        .props
        .iter()
        .filter_map(|(key, value)| match (key, value) {
            (&PropKey::Id(id), TreeValue::Value(value)) => Some((id, Slot::Value(value.clone()))),
            _ => None,
        });
    fixed.collect()
}

/// A file that is read when it is shown.
struct Named {
    path: String,
    size: u64,
}

impl OpenLarge for Named {
    fn size(&self) -> u64 {
        self.size
    }

    fn open(&self) -> io::Result<Box<dyn Read + Send>> {
        let opened = open_referenced(&self.path, &Call::default());
        opened.map(|file| file.content).map_err(io::Error::other)
    }
}
