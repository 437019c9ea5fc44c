//! Trees compared value by value, large ones read.

use std::io::Read;

use mapi_props::{
    LargeSource, MessageTree, PropKey, PropTag, PropType, PropValue, TreeContent, TreeProps,
    TreeValue, tags,
};

/// Reads a file from memory.
pub(crate) fn read(bytes: &[u8]) -> MessageTree {
    try_read(bytes).unwrap()
}

pub(crate) fn try_read(bytes: &[u8]) -> Result<MessageTree, mapi_msg::ReadError> {
    let size = u64::try_from(bytes.len()).unwrap();
    mapi_msg::read(
        std::sync::Arc::new(bytes.to_vec()),
        size,
        &mapi_msg::Limits::default(),
    )
}

pub(crate) fn written(tree: &MessageTree) -> Vec<u8> {
    let mut bytes = Vec::new();
    let losses = mapi_msg::write(tree, &mut bytes).unwrap();
    assert_eq!(losses, []);
    bytes
}

pub(crate) fn bytes_of(source: &LargeSource) -> Vec<u8> {
    let mut bytes = Vec::new();
    source.open().unwrap().read_to_end(&mut bytes).unwrap();
    assert_eq!(u64::try_from(bytes.len()).unwrap(), source.size());
    bytes
}

/// Everything a tree says, one line per property, without what a file gives anew.
pub(crate) fn lines(tree: &MessageTree) -> Vec<String> {
    let mut out = Vec::new();
    message(tree, "", &mut out);
    out
}

fn message(tree: &MessageTree, at: &str, out: &mut Vec<String>) {
    props(&tree.props, at, &[tags::STORE_SUPPORT_MASK.raw()], out);
    for (n, row) in tree.recipients.iter().enumerate() {
        props(row, &format!("{at}/rcpt{n}"), &[tags::ROWID.raw()], out);
    }
    for (n, attachment) in tree.attachments.iter().enumerate() {
        let at = format!("{at}/att{n}");
        let anew = [tags::ATTACH_NUM.raw(), tags::ATTACH_METHOD.raw()];
        props(&attachment.props, &at, &anew, out);
        match &attachment.content {
            TreeContent::None => out.push(format!("{at} nothing")),
            TreeContent::Data(data) => out.push(format!("{at} data {:?}", bytes_of(data))),
            TreeContent::Storage(data) => out.push(format!("{at} storage {:?}", bytes_of(data))),
            TreeContent::Message(inner) => message(inner, &format!("{at}/msg"), out),
        }
    }
}

fn props(props: &TreeProps, at: &str, anew: &[PropTag], out: &mut Vec<String>) {
    for (key, value) in props.iter() {
        if anew.iter().any(|tag| *key == PropKey::Id(tag.id())) {
            continue;
        }
        let value = match value {
            TreeValue::Value(value) => value.clone(),
            TreeValue::Large(PropType::UNICODE, text) => {
                PropValue::Unicode(String::from_utf8(bytes_of(text)).unwrap())
            }
            TreeValue::Large(_, bytes) => PropValue::Binary(bytes_of(bytes)),
        };
        out.push(format!("{at} {key:?} = {value:?}"));
    }
}
