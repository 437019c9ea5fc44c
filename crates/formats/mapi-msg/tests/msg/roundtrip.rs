//! What is written reads as the same, whatever it is.

use mapi_props::{
    AnsiString, AttachmentTree, Code, FileTime, Guid, MessageTree, PropKey, PropName, PropTag,
    PropType, PropValue, TreeContent, TreeProps, guids,
};
use proptest::prelude::*;

use crate::shown::{lines, read, written};

fn value() -> impl Strategy<Value = PropValue> {
    let text = "[a-zA-Zäß語😀 ]{0,20}";
    prop_oneof![
        Just(PropValue::Null),
        any::<i16>().prop_map(PropValue::I2),
        any::<i32>().prop_map(PropValue::Long),
        any::<f32>().prop_map(PropValue::R4),
        any::<f64>().prop_map(PropValue::Double),
        any::<f64>().prop_map(PropValue::AppTime),
        any::<i64>().prop_map(PropValue::Currency),
        any::<u32>().prop_map(|c| PropValue::Error(Code(c))),
        any::<bool>().prop_map(PropValue::Bool),
        any::<i64>().prop_map(PropValue::I8),
        any::<u64>().prop_map(|t| PropValue::SysTime(FileTime(t))),
        any::<[u8; 16]>().prop_map(|g| PropValue::ClsId(Guid(g))),
        text.prop_map(PropValue::Unicode),
        proptest::collection::vec(any::<u8>(), 0..5000).prop_map(PropValue::Binary),
        proptest::collection::vec(any::<u8>(), 0..9).prop_map(PropValue::SvrEid),
        proptest::collection::vec(any::<u8>(), 0..9).prop_map(PropValue::Actions),
        proptest::collection::vec(any::<i16>(), 0..5).prop_map(PropValue::MvI2),
        proptest::collection::vec(any::<i32>(), 0..5).prop_map(PropValue::MvLong),
        proptest::collection::vec(any::<f32>(), 0..5).prop_map(PropValue::MvR4),
        proptest::collection::vec(any::<f64>(), 0..5).prop_map(PropValue::MvDouble),
        proptest::collection::vec(any::<i64>(), 0..5).prop_map(PropValue::MvCurrency),
        proptest::collection::vec(text, 0..5).prop_map(PropValue::MvUnicode),
        proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..9), 0..5)
            .prop_map(PropValue::MvBinary),
        any::<[u8; 16]>().prop_map(|g| PropValue::MvClsId(vec![Guid(g), Guid::NIL])),
        any::<u64>().prop_map(|t| PropValue::MvSysTime(vec![FileTime(t), FileTime(0)])),
    ]
}

fn key() -> impl Strategy<Value = PropKey> {
    let set = prop_oneof![
        Just(guids::PS_PUBLIC_STRINGS),
        Just(guids::PS_INTERNET_HEADERS),
        Just(Guid([3; 16])),
    ];
    prop_oneof![
        (0x6800_u16..0x6900).prop_map(PropKey::Id),
        (set.clone(), any::<u32>()).prop_map(|(s, n)| PropKey::Named(PropName::id(s, n))),
        (set, "[a-z語]{1,12}").prop_map(|(s, n)| PropKey::Named(PropName::text(s, n))),
    ]
}

fn props() -> impl Strategy<Value = TreeProps> {
    proptest::collection::vec((key(), value().prop_map(Into::into)), 0..12)
        .prop_map(|entries| entries.into_iter().collect())
}

fn message() -> impl Strategy<Value = MessageTree> {
    let leaf =
        (props(), proptest::collection::vec(props(), 0..4)).prop_map(|(props, recipients)| {
            MessageTree {
                props,
                recipients,
                ..MessageTree::default()
            }
        });
    leaf.prop_recursive(3, 8, 3, |inner| {
        let content = prop_oneof![
            Just(TreeContent::None),
            proptest::collection::vec(any::<u8>(), 0..6000)
                .prop_map(|b| TreeContent::Data(b.into())),
            inner.prop_map(|m| TreeContent::Message(Box::new(m))),
        ];
        let attachment =
            (props(), content).prop_map(|(props, content)| AttachmentTree { props, content });
        let attachments = proptest::collection::vec(attachment, 0..3);
        (props(), attachments).prop_map(|(props, attachments)| MessageTree {
            props,
            attachments,
            ..MessageTree::default()
        })
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn any_message_comes_back(tree in message()) {
        let file = written(&tree);
        cfb::CompoundFile::open_strict(std::io::Cursor::new(&file)).unwrap();
        let again = read(&file);
        prop_assert_eq!(&again.defects, &[]);
        prop_assert_eq!(lines(&again), lines(&tree));
        prop_assert_eq!(written(&again), file);
    }
}

#[test]
fn bytes_of_a_code_page_become_text_unless_they_are_none_of_it() {
    let tag = |n| PropTag::new(n, PropType::STRING8);
    let ansi = |bytes: &[u8]| AnsiString {
        code_page: 932,
        bytes: bytes.to_vec(),
    };
    let mut tree = MessageTree::default();
    tree.props.set(tag(0x6801), ansi(&[0x93, 0xFA]));
    tree.props.set(tag(0x6802), ansi(&[0xFF, 0xFF]));
    tree.props.set(mapi_props::tags::MESSAGE_CODEPAGE, 932);
    let read = read(&written(&tree));
    assert_eq!(read.props.text(tag(0x6801)), Some("日"));
    let kept = PropValue::String8(ansi(&[0xFF, 0xFF]));
    assert_eq!(read.props.value(tag(0x6802)), Some(&kept));
}

#[test]
fn what_a_file_cannot_carry_is_told() {
    let mut tree = MessageTree::default();
    let restriction = mapi_props::Restriction::Exist {
        tag: mapi_props::tags::SUBJECT.into(),
    };
    tree.props.set(
        PropTag::new(0x6801, PropType::SRESTRICT),
        PropValue::SRestriction(Box::new(restriction)),
    );
    let mut file = Vec::new();
    let losses = mapi_msg::write(&tree, &mut file).unwrap();
    assert_eq!(losses.len(), 1);
    assert_eq!(losses[0].code, "not-carried");
}
