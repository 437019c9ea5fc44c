//! What the full-text index can tell of a restriction.

use std::collections::BTreeMap;

use mapi_props::{
    FuzzyLevel, MatchKind, PropTag, PropType, PropValue, RelOp, Restriction, SubObject, tags,
};
use mapi_query::decode_ansi;
use mapi_query::fields::Field;
use mapi_query::words::WordPattern;

use super::expression::{Columns, Expression};

/// A set of messages that holds every message which a restriction matches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Said {
    pub(super) expression: Expression,
    /// It holds no others.
    pub(super) exact: bool,
}

/// What is looked for in single texts: which pattern, and whether finding its words is all there is to it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
struct Sought {
    pattern: Option<WordPattern>,
    exact: bool,
}

/// Properties that one pattern is looked for in, by field.
type Looked = BTreeMap<Sought, BTreeMap<Field, Vec<u16>>>;

const SAYS_NOTHING: Said = Said {
    expression: Expression::All,
    exact: false,
};

/// What to ask the index for, and what is left to be tested on what it names; `None`: nothing is.
pub(super) fn asked(restriction: &Restriction) -> (Expression, Option<Restriction>) {
    let whole = said(restriction);
    if whole.exact {
        return (whole.expression, None);
    }
    let Restriction::And(children) = restriction else {
        return (whole.expression, Some(restriction.clone()));
    };
    let narrows = whole.expression != Expression::All;
    let left = children.iter().filter(|child| match child {
        Restriction::Not(inner) => !(narrows && said(inner).exact),
        child => !said(child).exact,
    });
    (
        whole.expression.clone(),
        Some(Restriction::And(left.cloned().collect())),
    )
}

/// What the index can tell of a restriction on messages.
pub(super) fn said(restriction: &Restriction) -> Said {
    use Restriction as R;
    match restriction {
        R::And(children) => all(children),
        R::Or(children) => any(children),
        R::Comment {
            child: Some(child), ..
        } => said(child),
        R::Comment { child: None, .. } => all(&[]),
        R::Count { child, .. } => Said {
            exact: false,
            ..said(child)
        },
        not @ R::Not(_) => all(std::slice::from_ref(not)),
        leaf => any(std::slice::from_ref(leaf)),
    }
}

/// AND: what cannot be said is left out; a NOT is taken off what the others name, where they name something.
fn all(children: &[Restriction]) -> Said {
    let (mut wanted, mut unwanted, mut exact) = (Vec::new(), Vec::new(), true);
    for child in children {
        if let Restriction::Not(inner) = child {
            let inner = said(inner);
            if inner.exact {
                unwanted.push(inner.expression);
            } else {
                exact = false;
            }
        } else {
            let child = said(child);
            exact &= child.exact;
            wanted.push(child.expression);
        }
    }
    if wanted.iter().all(|e| *e == Expression::All) {
        exact &= unwanted.iter().all(|e| *e == Expression::Nothing);
    }
    Said {
        expression: Expression::all_of(wanted, unwanted),
        exact,
    }
}

/// OR: one pattern in several properties is one question; every child must be said.
fn any(children: &[Restriction]) -> Said {
    let mut looked = Looked::new();
    let mut parts = Vec::new();
    gather(children, &mut looked, &mut parts);
    parts.extend(looked_for(looked));
    let exact = parts.iter().all(|p| p.exact);
    Said {
        expression: Expression::any_of(parts.into_iter().map(|p| p.expression).collect()),
        exact,
    }
}

fn gather(children: &[Restriction], looked: &mut Looked, parts: &mut Vec<Said>) {
    use Restriction as R;
    for child in children {
        match child {
            R::Or(inner) => gather(inner, looked, parts),
            R::Sub {
                object: SubObject::Attachments,
                child,
            } => {
                let fields = Columns::of(Field::Attachment);
                parts.extend(within(child, fields, looked));
            }
            R::Sub {
                object: SubObject::Recipients,
                child,
            } => parts.extend(of_recipients(child, looked)),
            R::Content { .. } | R::Property { .. } => {
                let on_message = Columns::of(Field::Subject)
                    .or(Columns::of(Field::Sender))
                    .or(Columns::of(Field::Body));
                if !look(child, on_message, looked) {
                    parts.push(SAYS_NOTHING);
                }
            }
            R::And(_) | R::Not(_) | R::Comment { .. } => parts.push(said(child)),
            R::Sub { .. }
            | R::CompareProps { .. }
            | R::Bitmask { .. }
            | R::Size { .. }
            | R::Exist { .. }
            | R::Count { .. } => parts.push(SAYS_NOTHING),
        }
    }
}

/// Patterns in the fields of one sub-object: an OR of them joins what else the patterns are looked for in; anything else
/// is about one row, which the index does not know.
fn within(child: &Restriction, fields: Columns, looked: &mut Looked) -> Option<Said> {
    let leaves = match child {
        Restriction::Or(leaves) => leaves.as_slice(),
        leaf => std::slice::from_ref(leaf),
    };
    let mut found = looked.clone();
    if leaves.iter().all(|leaf| look(leaf, fields, &mut found)) {
        *looked = found;
        return None;
    }
    Some(Said {
        expression: some_row(child, fields),
        exact: false,
    })
}

/// Messages with a row whose texts, of whichever row, can match.
fn some_row(child: &Restriction, fields: Columns) -> Expression {
    use Restriction as R;
    match child {
        R::And(children) => {
            let all = children.iter().map(|c| some_row(c, fields));
            Expression::all_of(all.collect(), Vec::new())
        }
        R::Or(children) => {
            let any = children.iter().map(|c| some_row(c, fields));
            Expression::any_of(any.collect())
        }
        leaf => {
            let mut looked = Looked::new();
            if !look(leaf, fields, &mut looked) {
                return Expression::All;
            }
            let any = looked_for(looked).map(|said| said.expression);
            Expression::any_of(any.collect())
        }
    }
}

/// Recipients: a condition on PR_RECIPIENT_TYPE beside the patterns chooses the field.
fn of_recipients(child: &Restriction, looked: &mut Looked) -> Option<Said> {
    let conditions = match child {
        Restriction::And(conditions) => conditions.as_slice(),
        one => std::slice::from_ref(one),
    };
    let mut fields = Columns::of_recipients();
    let mut rest = Vec::new();
    for condition in conditions {
        match field_of_type(condition) {
            Some(field) => fields = fields.and(Columns::of(field)),
            None => rest.push(condition),
        }
    }
    match rest.as_slice() {
        [] => Some(SAYS_NOTHING),
        [only] => within(only, fields, looked),
        _ => Some(Said {
            expression: some_row(child, fields),
            exact: false,
        }),
    }
}

/// The field whose recipients a condition is about, all of them and no others.
fn field_of_type(condition: &Restriction) -> Option<Field> {
    let of = |r: &Restriction| match r {
        Restriction::Property {
            op: RelOp::Eq,
            tag,
            value: PropValue::Long(ty),
            ..
        } if *tag == tags::RECIPIENT_TYPE.raw() => Some(Field::of_recipient(Some(*ty))),
        _ => None,
    };
    match condition {
        Restriction::Not(inner) => match &**inner {
            Restriction::Or(types) => {
                let named: Vec<_> = types.iter().map(of).collect();
                let all = [Field::To, Field::Cc, Field::Bcc];
                (named.len() == all.len() && all.iter().all(|f| named.contains(&Some(*f))))
                    .then_some(Field::Other)
            }
            _ => None,
        },
        other => of(other).filter(|field| *field != Field::Other),
    }
}

/// Notes a pattern in one property; whether the index can tell of it.
fn look(leaf: &Restriction, fields: Columns, looked: &mut Looked) -> bool {
    let Some((sought, tag)) = sought(leaf) else {
        return false;
    };
    let mut known = false;
    for field in Field::ALL.into_iter().filter(|f| fields.has(*f)) {
        if field.properties().iter().any(|p| p.id() == tag.id()) {
            let by_field = looked.entry(sought.clone()).or_default();
            by_field.entry(field).or_default().push(tag.id());
            known = true;
        }
    }
    known
}

/// Words of one phrase that the index is asked for: its work on a phrase grows with them and cannot be cancelled.
const ASKED_MAX: usize = 16;

/// What a leaf looks for; `None` where words cannot tell.
fn sought(leaf: &Restriction) -> Option<(Sought, PropTag)> {
    let (kind, fuzzy, tag, value) = match leaf {
        Restriction::Content {
            kind,
            fuzzy,
            tag,
            value,
            ..
        } => (*kind, *fuzzy, *tag, value),
        Restriction::Property {
            op: RelOp::Eq,
            tag,
            value,
            ..
        } => (MatchKind::FullString, FuzzyLevel::default(), *tag, value),
        _ => return None,
    };
    let text = match value {
        PropValue::Unicode(text) => text.into(),
        PropValue::String8(text) => decode_ansi(text),
        _ => return None,
    };
    if !matches!(tag.ty(), PropType::UNICODE | PropType::STRING8) {
        return None;
    }
    let mut exact = matches!(kind, MatchKind::Phrase | MatchKind::WordPrefix);
    let mut pattern = if exact {
        WordPattern::of(kind, &text)
    } else {
        Some(WordPattern::covering(kind, fuzzy, &text)?)
    };
    if let Some(beginning) = pattern.as_ref().and_then(|p| p.beginning(ASKED_MAX)) {
        pattern = Some(beginning);
        exact = false;
    }
    Some((Sought { pattern, exact }, tag))
}

fn looked_for(looked: Looked) -> impl Iterator<Item = Said> {
    looked.into_iter().map(|(sought, by_field)| {
        let mut columns = Columns::NONE;
        let mut exact = sought.exact;
        for (field, seen) in by_field {
            columns = columns.or(Columns::of(field));
            exact &= field.properties().iter().all(|p| seen.contains(&p.id()));
        }
        match sought.pattern {
            Some(pattern) => Said {
                expression: Expression::Words(columns, pattern),
                exact,
            },
            // A pattern without words is in no text.
            None => Said {
                expression: Expression::Nothing,
                exact: true,
            },
        }
    })
}
