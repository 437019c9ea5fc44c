//! Validation: from a restriction as data to nodes that can be asked.
//! Checks RES-01 to RES-11.

use std::borrow::Cow;

use mapi_props::{
    Code, FuzzyLevel, MatchKind, PropTag, PropType, PropValue, RelOp, Restriction, SubObject,
};

use super::needle::{Needle, Spot};
use super::node::Node;
use super::{MAX_DEPTH, Matcher, Wanted};
use crate::value_order::{MESSAGE_CLASS, same_kind};
use crate::words::WordPattern;
use crate::{decode_ansi, is_sortable, row};

/// What the rows of the table are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rows {
    /// Messages, which have sub-objects.
    Messages,
    /// Objects without sub-objects.
    Flat,
}

/// Where in the tree the compiler is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Row(Rows),
    Recipient,
    Attachment,
}

pub(super) fn compile(restriction: &Restriction, rows: Rows) -> Result<Matcher, Code> {
    let (child, limit) = take_limit(restriction)?;
    let mut compiler = Compiler {
        wanted: Wanted::default(),
    };
    let (root, plain) = compiler.node(child, Place::Row(rows), 1)?;
    let mut wanted = compiler.wanted;
    for tags in [
        &mut wanted.row,
        &mut wanted.recipients,
        &mut wanted.attachments,
    ] {
        tags.sort_unstable();
        tags.dedup();
    }
    Ok(Matcher {
        root,
        restriction: plain,
        limit,
        wanted,
    })
}

/// A COUNT at the top (comments around it do not count) as a limit.
fn take_limit(restriction: &Restriction) -> Result<(&Restriction, Option<u32>), Code> {
    let mut at = restriction;
    for _ in 0..MAX_DEPTH {
        match at {
            Restriction::Comment {
                child: Some(child), ..
            } => at = child,
            Restriction::Count { count, child } => return Ok((child, Some(*count))),
            _ => return Ok((restriction, None)),
        }
    }
    Err(Code::TOO_COMPLEX)
}

struct Compiler {
    wanted: Wanted,
}

/// A node, and the restriction that it stands for.
type Compiled = (Node, Restriction);

impl Compiler {
    fn node(
        &mut self,
        restriction: &Restriction,
        place: Place,
        depth: usize,
    ) -> Result<Compiled, Code> {
        use Restriction as R;
        if depth > MAX_DEPTH {
            return Err(Code::TOO_COMPLEX);
        }
        let node = match restriction {
            R::And(children) => {
                let (nodes, plain) = self.children(children, place, depth)?;
                return Ok((Node::And(nodes), R::And(plain)));
            }
            R::Or(children) => {
                let (nodes, plain) = self.children(children, place, depth)?;
                return Ok((Node::Or(nodes), R::Or(plain)));
            }
            R::Not(child) => {
                let (node, plain) = self.node(child, place, depth + 1)?;
                return Ok((Node::Not(Box::new(node)), R::Not(Box::new(plain))));
            }
            R::Comment {
                child: Some(child), ..
            } => return self.node(child, place, depth + 1),
            R::Comment { child: None, .. } => {
                return Ok((Node::And(Vec::new()), R::And(Vec::new())));
            }
            R::Sub { object, child } => return self.sub(*object, child, place, depth),
            R::Count { .. } => return Err(Code::TOO_COMPLEX),
            R::Content {
                kind,
                fuzzy,
                tag,
                value_tag,
                value,
            } => {
                check_constant(*tag, *value_tag, value)?;
                content(*kind, *fuzzy, *tag, value)?
            }
            R::Property {
                op,
                tag,
                value_tag,
                value,
            } => {
                check_constant(*tag, *value_tag, value)?;
                property(*op, *tag, value)?
            }
            R::CompareProps { op, left, right } => compare_props(*op, *left, *right)?,
            R::Bitmask { op, tag, mask } if tag.ty() == PropType::LONG => Node::Bitmask {
                id: tag.id(),
                op: *op,
                mask: *mask,
            },
            R::Bitmask { .. } => return Err(Code::TOO_COMPLEX),
            R::Size { op: RelOp::Re, .. } => return Err(Code::TOO_COMPLEX),
            R::Size { op, tag, size } => Node::Size {
                tag: *tag,
                op: *op,
                size: u64::from(*size),
            },
            R::Exist { tag } if is_sub_object(*tag) => Node::Never,
            R::Exist { tag } => Node::Exist {
                id: tag.id(),
                ty: tag.ty(),
            },
        };
        self.want(restriction, place);
        Ok((node, restriction.clone()))
    }

    fn children(
        &mut self,
        children: &[Restriction],
        place: Place,
        depth: usize,
    ) -> Result<(Vec<Node>, Vec<Restriction>), Code> {
        let compiled: Result<Vec<Compiled>, Code> = children
            .iter()
            .map(|child| self.node(child, place, depth + 1))
            .collect();
        let (mut nodes, plain): (Vec<Node>, Vec<Restriction>) = compiled?.into_iter().unzip();
        nodes.sort_by_key(Node::cost);
        Ok((nodes, plain))
    }

    fn sub(
        &mut self,
        object: SubObject,
        child: &Restriction,
        place: Place,
        depth: usize,
    ) -> Result<Compiled, Code> {
        if place != Place::Row(Rows::Messages) {
            return Err(Code::TOO_COMPLEX);
        }
        let inside = match object {
            SubObject::Recipients => Place::Recipient,
            SubObject::Attachments => Place::Attachment,
            SubObject::Other(_) => return Err(Code::TOO_COMPLEX),
        };
        let (node, plain) = self.node(child, inside, depth + 1)?;
        let node = Box::new(node);
        let node = if inside == Place::Recipient {
            Node::AnyRecipient(node)
        } else {
            Node::AnyAttachment(node)
        };
        Ok((
            node,
            Restriction::Sub {
                object,
                child: Box::new(plain),
            },
        ))
    }

    fn want(&mut self, leaf: &Restriction, place: Place) {
        use Restriction as R;
        let tags = match place {
            Place::Row(_) => &mut self.wanted.row,
            Place::Recipient => &mut self.wanted.recipients,
            Place::Attachment => &mut self.wanted.attachments,
        };
        match leaf {
            R::CompareProps { left, right, .. } => tags.extend([*left, *right]),
            R::Content { kind, tag, .. } if Spot::of(*kind).is_none() && row::is_body(*tag) => {
                tags.push(*tag);
                tags.extend(row::BODY_SOURCES);
            }
            R::Content { tag, .. }
            | R::Property { tag, .. }
            | R::Bitmask { tag, .. }
            | R::Size { tag, .. }
            | R::Exist { tag } => tags.push(*tag),
            R::And(_)
            | R::Or(_)
            | R::Not(_)
            | R::Sub { .. }
            | R::Comment { .. }
            | R::Count { .. } => {}
        }
    }
}

/// The constant is of the tag's element type, so single, and what its own tag says.
fn check_constant(tag: PropTag, value_tag: PropTag, value: &PropValue) -> Result<(), Code> {
    let fits = is_sortable(value.ty())
        && same_kind(value_tag.ty(), value.ty())
        && same_kind(tag.ty().single(), value.ty());
    if fits { Ok(()) } else { Err(Code::TOO_COMPLEX) }
}

fn content(
    kind: MatchKind,
    fuzzy: FuzzyLevel,
    tag: PropTag,
    value: &PropValue,
) -> Result<Node, Code> {
    let ascii = tag.id() == MESSAGE_CLASS;
    let text = match value {
        PropValue::Unicode(text) => Cow::Borrowed(text.as_str()),
        PropValue::String8(text) => decode_ansi(text),
        PropValue::Binary(bytes) => {
            // Words are of text.
            let spot = Spot::of(kind).ok_or(Code::TOO_COMPLEX)?;
            return Ok(Node::ByteContent {
                tag,
                needle: Needle::bytes(spot, bytes),
            });
        }
        _ => return Err(Code::TOO_COMPLEX),
    };
    Ok(match Spot::of(kind) {
        Some(spot) => Node::TextContent {
            tag,
            needle: Needle::text(spot, fuzzy, ascii, &text),
        },
        None => match WordPattern::of(kind, &text) {
            Some(pattern) => Node::Words { tag, pattern },
            None => Node::Never,
        },
    })
}

fn property(op: RelOp, tag: PropTag, value: &PropValue) -> Result<Node, Code> {
    if op == RelOp::Re {
        return Err(Code::TOO_COMPLEX);
    }
    let fold = |text: &str| {
        if tag.id() == MESSAGE_CLASS {
            text.to_ascii_lowercase()
        } else {
            text.to_owned()
        }
    };
    Ok(match value {
        PropValue::Unicode(s) => Node::Text {
            tag,
            op,
            constant: fold(s),
        },
        PropValue::String8(s) => Node::Text {
            tag,
            op,
            constant: fold(&decode_ansi(s)),
        },
        other => Node::Value {
            tag,
            op,
            constant: other.clone(),
        },
    })
}

fn compare_props(op: RelOp, left: PropTag, right: PropTag) -> Result<Node, Code> {
    let comparable =
        same_kind(left.ty(), right.ty()) && is_sortable(left.ty()) && !left.ty().is_multi();
    if comparable && op != RelOp::Re {
        Ok(Node::Compare { op, left, right })
    } else {
        Err(Code::TOO_COMPLEX)
    }
}

/// PR_MESSAGE_RECIPIENTS and PR_MESSAGE_ATTACHMENTS under any type, and every PT_OBJECT tag.
const fn is_sub_object(tag: PropTag) -> bool {
    matches!(tag.id(), 0x0E12 | 0x0E13) || matches!(tag.ty(), PropType::OBJECT)
}
