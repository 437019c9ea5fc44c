//! Strategies that make any value, bag, restriction and message, for the property tests of this crate.

use proptest::collection::vec;
use proptest::prelude::*;

use crate::{
    AnsiString, Bag, BitOp, Code, FileTime, FuzzyLevel, Guid, LargePlace, LargeRef, MatchKind,
    PropTag, PropType, PropValue, RelOp, Restriction, Slot, StoredAttachment, StoredMessage,
    SubObject,
};

/// Any bit pattern, and the ones that break programs.
fn double() -> impl Strategy<Value = f64> {
    prop_oneof![
        any::<u64>().prop_map(f64::from_bits),
        prop_oneof![
            Just(0.0),
            Just(-0.0),
            Just(f64::NAN),
            Just(-f64::NAN),
            Just(f64::INFINITY),
            Just(f64::NEG_INFINITY),
            Just(f64::MIN_POSITIVE),
            Just(f64::MAX),
            Just(1.5),
        ],
    ]
}

fn single() -> impl Strategy<Value = f32> {
    prop_oneof![
        any::<u32>().prop_map(f32::from_bits),
        Just(-0.0),
        Just(f32::NAN),
        Just(0.1)
    ]
}

fn long() -> impl Strategy<Value = i64> {
    prop_oneof![any::<i64>(), Just(i64::MIN), Just(i64::MAX), Just(0)]
}

fn time() -> impl Strategy<Value = FileTime> {
    let near = 131_000_000_000_000_000u64..133_000_000_000_000_000;
    prop_oneof![any::<u64>(), near, Just(0), Just(u64::MAX)].prop_map(FileTime)
}

fn ansi() -> impl Strategy<Value = AnsiString> {
    let page = prop_oneof![Just(0), Just(1252), Just(65001), any::<u16>()];
    (page, vec(any::<u8>(), 0..12)).prop_map(|(code_page, bytes)| AnsiString { code_page, bytes })
}

fn bytes() -> impl Strategy<Value = Vec<u8>> {
    vec(any::<u8>(), 0..20)
}

fn guid() -> impl Strategy<Value = Guid> {
    any::<[u8; 16]>().prop_map(Guid)
}

fn code() -> impl Strategy<Value = Code> {
    prop_oneof![Just(Code::NOT_FOUND), any::<u32>().prop_map(Code)]
}

/// Any value but PT_SRESTRICT.
fn plain_value() -> impl Strategy<Value = PropValue> {
    let singles = prop_oneof![
        Just(PropValue::Null),
        Just(PropValue::Object),
        any::<i16>().prop_map(PropValue::I2),
        any::<i32>().prop_map(PropValue::Long),
        single().prop_map(PropValue::R4),
        double().prop_map(PropValue::Double),
        long().prop_map(PropValue::Currency),
        double().prop_map(PropValue::AppTime),
        code().prop_map(PropValue::Error),
        any::<bool>().prop_map(PropValue::Bool),
        long().prop_map(PropValue::I8),
        ansi().prop_map(PropValue::String8),
        any::<String>().prop_map(PropValue::Unicode),
        time().prop_map(PropValue::SysTime),
        guid().prop_map(PropValue::ClsId),
        bytes().prop_map(PropValue::SvrEid),
        bytes().prop_map(PropValue::Actions),
        bytes().prop_map(PropValue::Binary),
    ];
    let multis = prop_oneof![
        vec(any::<i16>(), 0..4).prop_map(PropValue::MvI2),
        vec(any::<i32>(), 0..4).prop_map(PropValue::MvLong),
        vec(single(), 0..4).prop_map(PropValue::MvR4),
        vec(double(), 0..4).prop_map(PropValue::MvDouble),
        vec(long(), 0..4).prop_map(PropValue::MvCurrency),
        vec(double(), 0..4).prop_map(PropValue::MvAppTime),
        vec(long(), 0..4).prop_map(PropValue::MvI8),
        vec(ansi(), 0..4).prop_map(PropValue::MvString8),
        vec(any::<String>(), 0..4).prop_map(PropValue::MvUnicode),
        vec(time(), 0..4).prop_map(PropValue::MvSysTime),
        vec(guid(), 0..4).prop_map(PropValue::MvClsId),
        vec(bytes(), 0..4).prop_map(PropValue::MvBinary),
    ];
    prop_oneof![3 => singles, 1 => multis]
}

/// Any value.
pub(crate) fn value() -> impl Strategy<Value = PropValue> {
    let restriction = restriction().prop_map(|r| PropValue::SRestriction(Box::new(r)));
    prop_oneof![20 => plain_value(), 1 => restriction]
}

/// Any tag: well-known ones, and any 32 bits.
pub(crate) fn tag() -> impl Strategy<Value = PropTag> {
    let known = prop_oneof![
        Just(0x0037_001F),
        Just(0x0E06_0040),
        Just(0x0037_001E),
        Just(0x8005_101F),
        Just(0x0E07_0003),
        Just(0x0000_0001),
    ];
    prop_oneof![known, any::<u32>()].prop_map(PropTag)
}

fn rel() -> impl Strategy<Value = RelOp> {
    use RelOp::{Eq, Ge, Gt, Le, Lt, Ne, Re};
    prop_oneof![
        Just(Lt),
        Just(Le),
        Just(Gt),
        Just(Ge),
        Just(Eq),
        Just(Ne),
        Just(Re)
    ]
}

fn fuzzy() -> impl Strategy<Value = FuzzyLevel> {
    any::<[bool; 3]>().prop_map(|[ignore_case, ignore_nonspace, loose]| FuzzyLevel {
        ignore_case,
        ignore_nonspace,
        loose,
    })
}

/// The tag of a constant: mostly the property's own with the constant's type.
fn constant() -> impl Strategy<Value = (PropTag, PropTag, PropValue)> {
    (tag(), tag(), plain_value(), 0u8..8).prop_map(|(tag, other, value, odd)| match odd {
        0 => (tag, other, value),
        1 => (tag, tag, value),
        2 => (tag.with_type(value.ty()), other, value),
        3 => (tag, value.tag(tag.id()), value),
        _ => (tag.with_type(value.ty()), value.tag(tag.id()), value),
    })
}

fn leaf() -> impl Strategy<Value = Restriction> {
    let kind = prop_oneof![
        Just(MatchKind::FullString),
        Just(MatchKind::Substring),
        Just(MatchKind::Prefix),
        Just(MatchKind::WordPrefix),
        Just(MatchKind::Phrase)
    ];
    let bit = prop_oneof![Just(BitOp::Zero), Just(BitOp::NonZero)];
    prop_oneof![
        3 => (kind, fuzzy(), constant()).prop_map(|(kind, fuzzy, (tag, value_tag, value))| {
            Restriction::Content { kind, fuzzy, tag, value_tag, value }
        }),
        3 => (rel(), constant()).prop_map(|(op, (tag, value_tag, value))| {
            Restriction::Property { op, tag, value_tag, value }
        }),
        1 => (rel(), tag(), tag())
            .prop_map(|(op, left, right)| Restriction::CompareProps { op, left, right }),
        1 => (bit, tag(), any::<u32>()).prop_map(|(op, tag, mask)| Restriction::Bitmask { op, tag, mask }),
        1 => (rel(), tag(), any::<u32>()).prop_map(|(op, tag, size)| Restriction::Size { op, tag, size }),
        1 => tag().prop_map(|tag| Restriction::Exist { tag }),
    ]
}

/// Any restriction, a few levels deep.
pub(crate) fn restriction() -> impl Strategy<Value = Restriction> {
    let object = prop_oneof![
        Just(SubObject::Recipients),
        Just(SubObject::Attachments),
        tag().prop_map(SubObject::Other),
    ];
    leaf().prop_recursive(4, 24, 4, move |inner| {
        let boxed = inner.clone().prop_map(Box::new);
        let props = vec((tag(), plain_value()), 0..3);
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Restriction::And),
            vec(inner, 0..4).prop_map(Restriction::Or),
            boxed.clone().prop_map(Restriction::Not),
            (object.clone(), boxed.clone())
                .prop_map(|(object, child)| Restriction::Sub { object, child }),
            (props, prop::option::of(boxed.clone()))
                .prop_map(|(props, child)| Restriction::Comment { props, child }),
            (any::<u32>(), boxed).prop_map(|(count, child)| Restriction::Count { count, child }),
        ]
    })
}

fn large() -> impl Strategy<Value = LargeRef> {
    let place = prop_oneof![
        Just(LargePlace::Remote),
        any::<[u8; 32]>().prop_map(LargePlace::Present)
    ];
    let ty = prop_oneof![
        Just(PropType::UNICODE),
        Just(PropType::BINARY),
        Just(PropType::OBJECT)
    ];
    (ty, any::<u64>(), place).prop_map(|(ty, size, place)| LargeRef { ty, size, place })
}

/// Any bag.
pub(crate) fn bag() -> impl Strategy<Value = Bag> {
    let slot = prop_oneof![9 => value().prop_map(Slot::Value), 1 => large().prop_map(Slot::Large)];
    vec((any::<u16>(), slot), 0..12).prop_map(|entries| entries.into_iter().collect())
}

/// Any message, a few levels deep.
pub(crate) fn stored() -> impl Strategy<Value = StoredMessage> {
    let flat = (bag(), vec(bag(), 0..3));
    let leaf = flat.prop_map(|(props, recipients)| StoredMessage {
        props,
        recipients,
        attachments: vec![],
    });
    leaf.prop_recursive(3, 8, 3, |inner| {
        let embedded = prop::option::of(inner.clone().prop_map(Box::new));
        let attachment =
            (bag(), embedded).prop_map(|(props, embedded)| StoredAttachment { props, embedded });
        (inner, vec(attachment, 0..3)).prop_map(|(message, attachments)| StoredMessage {
            attachments,
            ..message
        })
    })
}
