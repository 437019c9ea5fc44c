//! The validated form of a restriction.

use mapi_props::{BitOp, PropTag, PropType, PropValue, RelOp};

use super::needle::Needle;
use crate::words::WordPattern;

/// One node, its constants prepared. Children of AND and OR stand in order of cost.
#[derive(Debug, Clone)]
pub(super) enum Node {
    And(Vec<Node>),
    Or(Vec<Node>),
    Not(Box<Node>),
    Text {
        tag: PropTag,
        op: RelOp,
        constant: String,
    },
    Value {
        tag: PropTag,
        op: RelOp,
        constant: PropValue,
    },
    TextContent {
        tag: PropTag,
        needle: Needle,
    },
    Words {
        tag: PropTag,
        pattern: WordPattern,
    },
    ByteContent {
        tag: PropTag,
        needle: Needle,
    },
    Compare {
        op: RelOp,
        left: PropTag,
        right: PropTag,
    },
    Bitmask {
        id: u16,
        op: BitOp,
        mask: u32,
    },
    Size {
        tag: PropTag,
        op: RelOp,
        size: u64,
    },
    Exist {
        id: u16,
        ty: PropType,
    },
    Never,
    AnyRecipient(Box<Node>),
    AnyAttachment(Box<Node>),
}

impl Node {
    /// Rough price of asking, in units of one small property.
    pub(super) fn cost(&self) -> u32 {
        match self {
            Self::Never => 0,
            Self::Exist { .. } | Self::Bitmask { .. } | Self::Value { .. } => 1,
            Self::Size { .. } | Self::Text { .. } | Self::Compare { .. } => 2,
            Self::Words { .. } => 16,
            Self::TextContent { .. } | Self::ByteContent { .. } => 8,
            Self::Not(child) => child.cost(),
            Self::And(children) | Self::Or(children) => {
                children.iter().map(Self::cost).fold(0, u32::saturating_add)
            }
            Self::AnyRecipient(child) | Self::AnyAttachment(child) => {
                child.cost().saturating_add(100)
            }
        }
    }
}
