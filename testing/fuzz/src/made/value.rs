//! Values, bags, restrictions and stored messages.

use mapi_props::{
    AnsiString, Bag, BitOp, Code, FileTime, FuzzyLevel, Guid, LargePlace, LargeRef, MatchKind,
    PropTag, PropType, PropValue, RelOp, Restriction, Slot, StoredAttachment, StoredMessage,
    SubObject, tags,
};

use crate::choices::Choices;

/// Any tag, mostly one that means something.
pub(crate) fn tag(choices: &mut Choices<'_>) -> PropTag {
    let known: [PropTag; 14] = [
        tags::SUBJECT.into(),
        tags::BODY.into(),
        tags::HTML.into(),
        tags::MESSAGE_FLAGS.into(),
        tags::MESSAGE_DELIVERY_TIME.into(),
        tags::MESSAGE_CLASS.into(),
        tags::SENDER_NAME.into(),
        tags::DISPLAY_NAME.into(),
        tags::EMAIL_ADDRESS.into(),
        tags::RECIPIENT_TYPE.into(),
        tags::ENTRYID.into(),
        tags::IMPORTANCE.into(),
        PropTag(0x8001_101F),
        PropTag(0x8002_001F),
    ];
    match choices.below(4) {
        0 => PropTag(choices.u32()),
        1 => choices.pick(&known).with_type(ty(choices)),
        _ => choices.pick(&known),
    }
}

const TYPES: &[PropType] = &[
    PropType::UNICODE,
    PropType::LONG,
    PropType::BINARY,
    PropType::SYSTIME,
    PropType::BOOLEAN,
    PropType::STRING8,
    PropType::I2,
    PropType::I8,
    PropType::DOUBLE,
    PropType::R4,
    PropType::CURRENCY,
    PropType::APPTIME,
    PropType::ERROR,
    PropType::CLSID,
    PropType::SVREID,
    PropType::SRESTRICT,
    PropType::ACTIONS,
    PropType::OBJECT,
    PropType::MV_UNICODE,
    PropType::MV_LONG,
    PropType::MV_BINARY,
    PropType::MV_STRING8,
    PropType::MV_SYSTIME,
    PropType::MV_CLSID,
    PropType::MV_DOUBLE,
    PropType::MV_I2,
    PropType::UNSPECIFIED,
    PropType::NULL,
];

fn ty(choices: &mut Choices<'_>) -> PropType {
    choices.pick(TYPES)
}

/// Any value; restrictions as values nest `depth` deep.
pub(crate) fn value(choices: &mut Choices<'_>, depth: u32) -> PropValue {
    match choices.below(24) {
        0..=2 => PropValue::Unicode(choices.text()),
        3 => PropValue::Long(i32::from_be_bytes(choices.u32().to_be_bytes())),
        4 => PropValue::Long(i32::from(choices.byte())),
        5 => PropValue::Binary(choices.bytes().to_vec()),
        6 => PropValue::SysTime(FileTime(choices.u64())),
        7 => PropValue::Bool(choices.flag()),
        8 => PropValue::String8(ansi(choices)),
        9 => PropValue::I2(i16::from_be_bytes(choices.u16().to_be_bytes())),
        10 => PropValue::I8(i64::from_be_bytes(choices.u64().to_be_bytes())),
        11 => PropValue::Double(f64::from_bits(choices.u64())),
        12 => PropValue::R4(f32::from_bits(choices.u32())),
        13 => PropValue::Currency(i64::from_be_bytes(choices.u64().to_be_bytes())),
        14 => PropValue::AppTime(f64::from_bits(choices.u64())),
        15 => PropValue::Error(Code(choices.u32())),
        16 => PropValue::ClsId(guid(choices)),
        17 => PropValue::SvrEid(choices.bytes().to_vec()),
        18 if depth > 0 => PropValue::SRestriction(Box::new(restriction(choices, depth - 1))),
        19 => PropValue::MvUnicode(many(choices, Choices::text)),
        20 => PropValue::MvLong(many(choices, |c| i32::from(c.byte()))),
        21 => PropValue::MvBinary(many(choices, |c| c.bytes().to_vec())),
        22 => PropValue::MvString8(many(choices, ansi)),
        23 => PropValue::MvDouble(many(choices, |c| f64::from_bits(c.u64()))),
        _ => PropValue::Actions(choices.bytes().to_vec()),
    }
}

fn many<'a, T>(choices: &mut Choices<'a>, one: impl Fn(&mut Choices<'a>) -> T) -> Vec<T> {
    let count = 1 + choices.below(4);
    (0..count).map(|_| one(choices)).collect()
}

fn ansi(choices: &mut Choices<'_>) -> AnsiString {
    AnsiString {
        code_page: choices.pick(&[1252, 65001, 0, 932, 1200, 50220, 65000, 20127, 9999]),
        bytes: choices.bytes().to_vec(),
    }
}

fn guid(choices: &mut Choices<'_>) -> Guid {
    Guid(
        [choices.u64().to_be_bytes(), choices.u64().to_be_bytes()]
            .concat()
            .try_into()
            .unwrap_or_default(),
    )
}

/// Any restriction up to `depth` deep.
pub(crate) fn restriction(choices: &mut Choices<'_>, depth: u32) -> Restriction {
    let kinds = if depth == 0 { 8 } else { 15 };
    match choices.below(kinds) {
        0..=2 => {
            let (kind, fuzzy) = (match_kind(choices), fuzzy(choices));
            let (tag, value_tag, value) = constant(choices, depth);
            Restriction::Content {
                kind,
                fuzzy,
                tag,
                value_tag,
                value,
            }
        }
        3 => {
            let op = rel(choices);
            let (tag, value_tag, value) = constant(choices, depth);
            Restriction::Property {
                op,
                tag,
                value_tag,
                value,
            }
        }
        4 => Restriction::CompareProps {
            op: rel(choices),
            left: tag(choices),
            right: tag(choices),
        },
        5 => Restriction::Bitmask {
            op: if choices.flag() {
                BitOp::NonZero
            } else {
                BitOp::Zero
            },
            tag: tag(choices),
            mask: choices.u32(),
        },
        6 => Restriction::Size {
            op: rel(choices),
            tag: tag(choices),
            size: choices.u32(),
        },
        7 => Restriction::Exist { tag: tag(choices) },
        8 | 9 => Restriction::And(children(choices, depth)),
        10 | 11 => Restriction::Or(children(choices, depth)),
        12 => restriction(choices, depth - 1).negate(),
        13 => Restriction::Sub {
            object: object(choices),
            child: Box::new(restriction(choices, depth - 1)),
        },
        _ => wrapped(choices, depth),
    }
}

fn wrapped(choices: &mut Choices<'_>, depth: u32) -> Restriction {
    if choices.flag() {
        let count = choices.u32();
        return Restriction::Count {
            count,
            child: Box::new(restriction(choices, depth - 1)),
        };
    }
    let props = (0..choices.below(3))
        .map(|_| (tag(choices), value(choices, depth - 1)))
        .collect();
    let child = choices
        .flag()
        .then(|| Box::new(restriction(choices, depth - 1)));
    Restriction::Comment { props, child }
}

fn children(choices: &mut Choices<'_>, depth: u32) -> Vec<Restriction> {
    (0..choices.below(4))
        .map(|_| restriction(choices, depth - 1))
        .collect()
}

fn constant(choices: &mut Choices<'_>, depth: u32) -> (PropTag, PropTag, PropValue) {
    let tag = tag(choices);
    let value = value(choices, depth.min(1));
    match choices.below(6) {
        0 => (tag, self::tag(choices), value),
        1 => (tag, value.tag(tag.id()), value),
        _ => (tag.with_type(value.ty()), value.tag(tag.id()), value),
    }
}

fn match_kind(choices: &mut Choices<'_>) -> MatchKind {
    choices.pick(&[
        MatchKind::Substring,
        MatchKind::Prefix,
        MatchKind::FullString,
    ])
}

fn fuzzy(choices: &mut Choices<'_>) -> FuzzyLevel {
    let bits = choices.byte();
    FuzzyLevel {
        ignore_case: bits & 1 != 0,
        ignore_nonspace: bits & 2 != 0,
        loose: bits & 4 != 0,
    }
}

fn rel(choices: &mut Choices<'_>) -> RelOp {
    choices.pick(&[
        RelOp::Eq,
        RelOp::Ne,
        RelOp::Lt,
        RelOp::Le,
        RelOp::Gt,
        RelOp::Ge,
        RelOp::Re,
    ])
}

fn object(choices: &mut Choices<'_>) -> SubObject {
    match choices.below(3) {
        0 => SubObject::Recipients,
        1 => SubObject::Attachments,
        _ => match tag(choices) {
            // These two have words of their own.
            t if t == tags::MESSAGE_RECIPIENTS => SubObject::Recipients,
            t if t == tags::MESSAGE_ATTACHMENTS => SubObject::Attachments,
            other => SubObject::Other(other),
        },
    }
}

/// Any bag.
pub(crate) fn bag(choices: &mut Choices<'_>) -> Bag {
    let count = choices.below(8);
    (0..count)
        .map(|_| (tag(choices).id(), slot(choices)))
        .collect()
}

fn slot(choices: &mut Choices<'_>) -> Slot {
    if choices.below(8) != 7 {
        return Slot::Value(value(choices, 2));
    }
    let place = if choices.flag() {
        LargePlace::Remote
    } else {
        LargePlace::Present([choices.byte(); 32])
    };
    Slot::Large(LargeRef {
        ty: choices.pick(&[PropType::UNICODE, PropType::BINARY, PropType::OBJECT]),
        size: choices.u64(),
        place,
    })
}

/// Any stored message, embedded ones `depth` deep.
pub(crate) fn stored(choices: &mut Choices<'_>, depth: u32) -> StoredMessage {
    let props = bag(choices);
    let recipients = (0..choices.below(3)).map(|_| bag(choices)).collect();
    let attachments = (0..choices.below(3)).map(|_| StoredAttachment {
        props: bag(choices),
        embedded: (depth > 0 && choices.flag()).then(|| Box::new(stored(choices, depth - 1))),
    });
    StoredMessage {
        props,
        recipients,
        attachments: attachments.collect(),
    }
}
