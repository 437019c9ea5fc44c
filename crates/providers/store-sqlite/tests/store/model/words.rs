//! Random questions for words, of the kinds that the full-text index answers, nearly answers, and cannot.

use mapi_props::{
    FuzzyLevel, MatchKind, PropTag, RelOp, Restriction, SubObject, message_flags, tags,
};
use mapi_query::fields::{self, Field};
use testkit::Chance;

/// A restriction that names words.
pub(super) fn question(chance: &mut Chance, pattern: &str) -> Restriction {
    let kind = *chance.pick(&[MatchKind::Phrase, MatchKind::Phrase, MatchKind::WordPrefix]);
    match chance.below(10) {
        0..2 => fields::anywhere(kind, pattern),
        2 => fields::anyone(kind, pattern),
        3..7 => chance.pick(&Field::ALL).restriction(kind, pattern),
        7 => leaf(chance, kind, pattern),
        8 => {
            let kind = *chance.pick(&[
                MatchKind::FullString,
                MatchKind::Substring,
                MatchKind::Prefix,
            ]);
            leaf(chance, kind, pattern)
        }
        _ => one_row(chance, kind, pattern),
    }
}

/// Several of them, and what is no question of words.
pub(super) fn combined(chance: &mut Chance, patterns: &[String]) -> Restriction {
    let mut parts: Vec<Restriction> = patterns.iter().map(|p| question(chance, p)).collect();
    if chance.percent(30) {
        parts.push(Restriction::Bitmask {
            op: mapi_props::BitOp::Zero,
            tag: tags::MESSAGE_FLAGS.raw(),
            mask: message_flags::READ,
        });
    }
    if chance.percent(30)
        && let Some(last) = parts.pop()
    {
        parts.push(last.negate());
    }
    if chance.percent(70) {
        Restriction::And(parts)
    } else {
        Restriction::Or(parts)
    }
}

fn leaf(chance: &mut Chance, kind: MatchKind, pattern: &str) -> Restriction {
    let on_message: [PropTag; 4] = [
        tags::SUBJECT.raw(),
        tags::BODY.raw(),
        tags::SENDER_NAME.raw(),
        tags::SENDER_EMAIL_ADDRESS.raw(),
    ];
    let tag = *chance.pick(&on_message);
    Restriction::Content {
        kind,
        fuzzy: FuzzyLevel {
            loose: chance.percent(50),
            ..FuzzyLevel::default()
        },
        tag,
        value_tag: tag,
        value: pattern.into(),
    }
}

/// What one recipient must be.
fn one_row(chance: &mut Chance, kind: MatchKind, pattern: &str) -> Restriction {
    let name = Restriction::content(tags::DISPLAY_NAME, kind, pattern);
    let address = Restriction::content(tags::SMTP_ADDRESS, kind, "a");
    let ty = i32::try_from(chance.below(5)).unwrap();
    let typed = Restriction::property(tags::RECIPIENT_TYPE, RelOp::Eq, ty);
    let child = match chance.below(3) {
        0 => Restriction::And(vec![name, address]),
        1 => Restriction::And(vec![typed, name]),
        _ => Restriction::And(vec![typed, Restriction::Or(vec![name, address]).negate()]),
    };
    Restriction::Sub {
        object: SubObject::Recipients,
        child: Box::new(child),
    }
}
