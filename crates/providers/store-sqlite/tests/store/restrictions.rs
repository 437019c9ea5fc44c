//! Restrictions that indexes serve, in all their shapes, with constants that some messages have.

use mapi_props::{
    AnsiString, BitOp, FileTime, FuzzyLevel, MatchKind, PropTag, PropType, PropValue, RelOp,
    Restriction, SubObject, message_flags, tags,
};
use testkit::Chance;

/// A restriction of which an index serves at least a part.
pub(crate) fn served(chance: &mut Chance, text: &str) -> Restriction {
    match chance.below(12) {
        0 | 1 => unread(chance),
        2 | 3 => equal(chance, text),
        4 | 5 => contains(chance, text),
        6 => ranged(chance),
        7 => named(text),
        _ => {
            let more = chance.in_range(2..4);
            Restriction::And((0..more).map(|_| served(chance, text)).collect())
        }
    }
}

fn unread(chance: &mut Chance) -> Restriction {
    let mask = *chance.pick(&[
        message_flags::READ,
        message_flags::READ | 0x10,
        message_flags::READ | 0x300,
        0x10,
    ]);
    let flags = |op| Restriction::Bitmask {
        op,
        tag: tags::MESSAGE_FLAGS.raw(),
        mask,
    };
    if chance.percent(50) {
        flags(BitOp::Zero)
    } else {
        flags(BitOp::NonZero).negate()
    }
}

/// The value in either width, and for the class in another case.
fn constant(chance: &mut Chance, text: &str) -> PropValue {
    let western = text.chars().all(|c| u32::from(c) < 0x80);
    if western && chance.percent(30) {
        return PropValue::String8(AnsiString {
            code_page: 1252,
            bytes: text.as_bytes().to_vec(),
        });
    }
    text.into()
}

fn equal(chance: &mut Chance, text: &str) -> Restriction {
    let tag = *chance.pick(&[
        tags::SENDER_NAME.raw(),
        tags::SENDER_NAME.raw(),
        tags::SENDER_EMAIL_ADDRESS.raw(),
        tags::CONVERSATION_TOPIC.raw(),
        tags::MESSAGE_CLASS.raw(),
    ]);
    let text = if tag.id() == tags::MESSAGE_CLASS.id() {
        *chance.pick(&["IPM.Note", "ipm.NOTE", "IPM.Post", "IPM"])
    } else {
        text
    };
    let value = constant(chance, text);
    if chance.percent(30) {
        return Restriction::Content {
            kind: MatchKind::FullString,
            fuzzy: fuzzy(chance, 30),
            tag,
            value_tag: PropTag::new(tag.id(), value.ty()),
            value,
        };
    }
    Restriction::Property {
        op: RelOp::Eq,
        tag,
        value_tag: PropTag::new(tag.id(), value.ty()),
        value,
    }
}

fn fuzzy(chance: &mut Chance, percent: u64) -> FuzzyLevel {
    FuzzyLevel {
        ignore_case: chance.percent(percent),
        ignore_nonspace: chance.percent(percent),
        loose: chance.percent(percent / 3),
    }
}

fn contains(chance: &mut Chance, text: &str) -> Restriction {
    let tag = PropTag::new(
        tags::SUBJECT.id(),
        *chance.pick(&[PropType::UNICODE, PropType::UNICODE, PropType::STRING8]),
    );
    // Rather a piece, as somebody types it.
    let piece: String = match chance.below(6) {
        // In large values.
        4 => "large text".to_owned(),
        0 => text.to_uppercase(),
        1 => text
            .chars()
            .rev()
            .take(3)
            .collect::<Vec<_>>()
            .into_iter()
            .rev()
            .collect(),
        2 => text.chars().take(2).collect(),
        _ => text.to_owned(),
    };
    Restriction::Content {
        kind: *chance.pick(&[
            MatchKind::Substring,
            MatchKind::Substring,
            MatchKind::Prefix,
            MatchKind::FullString,
        ]),
        fuzzy: fuzzy(chance, 50),
        tag,
        value_tag: tags::SUBJECT.raw(),
        value: piece.into(),
    }
}

fn ranged(chance: &mut Chance) -> Restriction {
    let op = *chance.pick(&[RelOp::Lt, RelOp::Le, RelOp::Gt, RelOp::Ge, RelOp::Eq]);
    let n = i64::try_from(chance.below(7)).unwrap_or(0);
    match chance.below(4) {
        0 => Restriction::property(tags::IMPORTANCE, op, i32::try_from(n).unwrap_or(0) - 1),
        1 => Restriction::property(tags::MESSAGE_SIZE, op, i32::try_from(n).unwrap_or(0) * 60),
        _ => Restriction::property(
            tags::MESSAGE_DELIVERY_TIME,
            op,
            FileTime::from_unix(1_700_000_000 + n * 3600),
        ),
    }
}

fn named(text: &str) -> Restriction {
    Restriction::Sub {
        object: SubObject::Recipients,
        child: Box::new(Restriction::property(tags::DISPLAY_NAME, RelOp::Eq, text)),
    }
}
