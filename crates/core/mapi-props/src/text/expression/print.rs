//! Restriction to text.

use crate::names::{NameMap, tag_text};
use crate::{
    BitOp, FuzzyLevel, MatchKind, PropTag, PropValue, RelOp, Restriction, SubObject, json,
};

/// The text of a restriction, as [`super::parse_restriction`] reads it.
#[must_use]
pub fn restriction(restriction: &Restriction, names: &dyn NameMap) -> String {
    let text = |tag: &PropTag| tag_text(*tag, names);
    let child = |r: &Restriction| self::restriction(r, names);
    match restriction {
        Restriction::And(all) => join(all, "AND", names),
        Restriction::Or(any) => join(any, "OR", names),
        Restriction::Not(r) => format!("NOT {}", operand(r, names)),
        Restriction::Content {
            kind,
            fuzzy,
            tag,
            value_tag,
            value,
        } => {
            let word = match kind {
                MatchKind::FullString => "is",
                MatchKind::Substring => "contains",
                MatchKind::Prefix => "startswith",
                MatchKind::WordPrefix => "hasprefix",
                MatchKind::Phrase => "hasphrase",
            };
            let constant = constant(*tag, *value_tag, value, names);
            format!("{} {word}{} {constant}", text(tag), flags(*fuzzy))
        }
        Restriction::Property {
            op,
            tag,
            value_tag,
            value,
        } => {
            let constant = constant(*tag, *value_tag, value, names);
            format!("{} {} {constant}", text(tag), sign(*op))
        }
        Restriction::CompareProps { op, left, right } => {
            format!("{} {} @{}", text(left), sign(*op), text(right))
        }
        Restriction::Bitmask { op, tag, mask } => {
            let sign = if *op == BitOp::Zero { "=" } else { "!=" };
            format!("{} & 0x{mask:X} {sign} 0", text(tag))
        }
        Restriction::Size { op, tag, size } => {
            format!("size({}) {} {size}", text(tag), sign(*op))
        }
        Restriction::Exist { tag } => format!("exists({})", text(tag)),
        Restriction::Sub { object, child: r } => match object {
            SubObject::Recipients => format!("recipients({})", child(r)),
            SubObject::Attachments => format!("attachments({})", child(r)),
            SubObject::Other(tag) => format!("sub({}, {})", text(tag), child(r)),
        },
        Restriction::Comment { props, child: r } => {
            let props: Vec<String> = props
                .iter()
                .map(|(tag, value)| format!("{} = {}", text(tag), literal(*tag, value)))
                .collect();
            let rest = r
                .as_deref()
                .map_or_else(String::new, |r| format!(", {}", child(r)));
            format!("comment([{}]{rest})", props.join(", "))
        }
        Restriction::Count { count, child: r } => format!("count({count}, {})", child(r)),
    }
}

/// `A AND B`; `AND(…)` where the word has nothing to stand between.
fn join(children: &[Restriction], keyword: &str, names: &dyn NameMap) -> String {
    let separator = format!(" {keyword} ");
    let texts: Vec<String> = children.iter().map(|r| operand(r, names)).collect();
    if texts.len() > 1 {
        texts.join(&separator)
    } else {
        format!("{keyword}({})", texts.concat())
    }
}

/// A restriction beside AND, OR or NOT.
fn operand(r: &Restriction, names: &dyn NameMap) -> String {
    let text = restriction(r, names);
    match r {
        Restriction::And(all) | Restriction::Or(all) if all.len() > 1 => format!("({text})"),
        _ => text,
    }
}

fn constant(tag: PropTag, value_tag: PropTag, value: &PropValue, names: &dyn NameMap) -> String {
    let literal = literal(tag, value);
    if value_tag == value.tag(tag.id()) {
        literal
    } else {
        format!("{literal} as {}", tag_text(value_tag, names))
    }
}

/// JSON, with its type before it where it is not the one to be expected.
fn literal(tag: PropTag, value: &PropValue) -> String {
    let json = json::value(value);
    if json::constant_type(tag, &json) == Some(value.ty()) {
        json.to_string()
    } else {
        format!("{}:{json}", value.ty())
    }
}

fn flags(fuzzy: FuzzyLevel) -> String {
    let mut out = String::new();
    let all = [
        (fuzzy.ignore_case, 'i'),
        (fuzzy.ignore_nonspace, 'n'),
        (fuzzy.loose, 'l'),
    ];
    for (_, letter) in all.into_iter().filter(|(set, _)| *set) {
        if out.is_empty() {
            out.push('/');
        }
        out.push(letter);
    }
    out
}

const fn sign(op: RelOp) -> &'static str {
    match op {
        RelOp::Lt => "<",
        RelOp::Le => "<=",
        RelOp::Gt => ">",
        RelOp::Ge => ">=",
        RelOp::Eq => "=",
        RelOp::Ne => "!=",
        RelOp::Re => "=~",
    }
}
