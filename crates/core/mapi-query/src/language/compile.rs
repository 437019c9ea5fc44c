//! From a query to the restriction that finds what it asks for.

use mapi_props::{BitOp, FuzzyLevel, MatchKind, RelOp, Restriction, message_flags, tags};

use super::Places;
use super::date::{Calendar, Span};
use super::error::Unresolved;
use super::term::{Node, Relation, State, Term, TextField, TextTerm};
use crate::fields::{self, Field};

/// PR_FLAG_STATUS of what is flagged. [MS-OXOFLAG] 2.2.1.1
const FLAGGED: i32 = 2;
/// PR_IMPORTANCE of what is important. [MS-OXCMSG] 2.2.1.11
const HIGH: i32 = 2;
/// PR_LAST_VERB_EXECUTED after a reply to the sender, after one to all, and after forwarding. [MS-OXOMSG] 2.2.1.34
const REPLIED: [i32; 2] = [102, 103];
const FORWARDED: i32 = 104;

pub(super) fn restriction(
    node: &Node,
    calendar: &Calendar<'_>,
    places: &dyn Places,
) -> Result<Restriction, Unresolved> {
    let children = |nodes: &[Node]| -> Result<Vec<Restriction>, Unresolved> {
        nodes
            .iter()
            .map(|node| restriction(node, calendar, places))
            .collect()
    };
    Ok(match node {
        Node::All => Restriction::And(Vec::new()),
        Node::And(nodes) => Restriction::And(children(nodes)?),
        Node::Or(nodes) => Restriction::Or(children(nodes)?),
        Node::Not(node) => restriction(node, calendar, places)?.negate(),
        Node::Term(term) => of_term(term, calendar, places)?,
    })
}

fn of_term(
    term: &Term,
    calendar: &Calendar<'_>,
    places: &dyn Places,
) -> Result<Restriction, Unresolved> {
    Ok(match term {
        Term::Text(term) => text(term),
        Term::State(state) => of_state(*state),
        Term::Time { relation, span } => time(*relation, *span, calendar),
        Term::Larger(bytes) => size(RelOp::Gt, *bytes),
        Term::Smaller(bytes) => size(RelOp::Lt, *bytes),
        Term::Class { name, prefix } => class(name, *prefix),
        Term::In(path) => {
            let folders = places.folders(path);
            let folders = folders.ok_or_else(|| Unresolved::Folder(path.clone()))?;
            let is = |id| Restriction::property(tags::PARENT_ENTRYID, RelOp::Eq, id);
            one_or(folders.into_iter().map(is).collect())
        }
        Term::Id(id) => {
            let entry = places.message(id);
            let entry = entry.ok_or_else(|| Unresolved::Message(id.clone()))?;
            Restriction::property(tags::ENTRYID, RelOp::Eq, entry)
        }
    })
}

fn text(term: &TextTerm) -> Restriction {
    let kind = term.kind();
    let of = |field: Field| field.restriction(kind, &term.text);
    match term.field {
        TextField::Any => fields::anywhere(kind, &term.text),
        TextField::Recipient => fields::anyone(kind, &term.text),
        TextField::From => of(Field::Sender),
        TextField::To => of(Field::To),
        TextField::Cc => of(Field::Cc),
        TextField::Bcc => of(Field::Bcc),
        TextField::Subject => of(Field::Subject),
        TextField::Body => of(Field::Body),
        TextField::Attachment => of(Field::Attachment),
    }
}

fn of_state(state: State) -> Restriction {
    let flag = |op, mask| Restriction::Bitmask {
        op,
        tag: tags::MESSAGE_FLAGS.raw(),
        mask,
    };
    let flagged = || Restriction::property(tags::FLAG_STATUS, RelOp::Eq, FLAGGED);
    let verb = |verb| Restriction::property(tags::LAST_VERB_EXECUTED, RelOp::Eq, verb);
    match state {
        State::Unread => flag(BitOp::Zero, message_flags::READ),
        State::Read => flag(BitOp::NonZero, message_flags::READ),
        State::Draft => flag(BitOp::NonZero, message_flags::UNSENT),
        State::Flagged => flagged(),
        State::Unflagged => flagged().negate(),
        State::Replied => Restriction::Or(REPLIED.map(verb).into()),
        State::Forwarded => verb(FORWARDED),
        State::Important => Restriction::property(tags::IMPORTANCE, RelOp::Eq, HIGH),
        State::HasAttachment => Restriction::property(tags::HASATTACH, RelOp::Eq, true),
    }
}

/// By PR_MESSAGE_DELIVERY_TIME.
fn time(relation: Relation, span: Span, calendar: &Calendar<'_>) -> Restriction {
    let received = |op, time| Restriction::property(tags::MESSAGE_DELIVERY_TIME, op, time);
    let start = span.start(calendar);
    let (from, to) = match relation {
        Relation::Before => (None, start),
        Relation::After => (start, None),
        Relation::On => (start, span.end(calendar)),
    };
    let from = from.map(|time| received(RelOp::Ge, time));
    let to = to.map(|time| received(RelOp::Lt, time));
    let mut bounds: Vec<Restriction> = from.into_iter().chain(to).collect();
    match bounds.pop() {
        Some(only) if bounds.is_empty() => only,
        last => {
            bounds.extend(last);
            Restriction::And(bounds)
        }
    }
}

/// By PR_MESSAGE_SIZE, beyond what that can say by PR_MESSAGE_SIZE_EXTENDED.
fn size(op: RelOp, bytes: u64) -> Restriction {
    match i32::try_from(bytes) {
        Ok(bytes) => Restriction::property(tags::MESSAGE_SIZE, op, bytes),
        Err(_) => {
            let bytes = i64::try_from(bytes).unwrap_or(i64::MAX);
            Restriction::property(tags::MESSAGE_SIZE_EXTENDED, op, bytes)
        }
    }
}

/// A message class and those derived from it, or all that begin so.
fn class(name: &str, prefix: bool) -> Restriction {
    let content = |kind, value: String| Restriction::Content {
        kind,
        fuzzy: FuzzyLevel {
            ignore_case: true,
            ..FuzzyLevel::default()
        },
        tag: tags::MESSAGE_CLASS.raw(),
        value_tag: tags::MESSAGE_CLASS.raw(),
        value: value.into(),
    };
    if prefix {
        return content(MatchKind::Prefix, name.to_owned());
    }
    Restriction::Or(vec![
        content(MatchKind::FullString, name.to_owned()),
        content(MatchKind::Prefix, format!("{name}.")),
    ])
}

fn one_or(mut any: Vec<Restriction>) -> Restriction {
    match any.pop() {
        Some(only) if any.is_empty() => only,
        last => {
            any.extend(last);
            Restriction::Or(any)
        }
    }
}
