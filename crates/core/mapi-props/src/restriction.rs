//! Restrictions as data: the twelve kinds of SRestriction.
//! [MS-OXCDATA] 2.12

use crate::{PropTag, PropValue};

/// A filter over rows. What it matches is defined in `mapi-query`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Restriction {
    /// RES_AND 0: true when every child is (none: true).
    And(Vec<Restriction>),
    /// RES_OR 1: true when any child is (none: false).
    Or(Vec<Restriction>),
    /// RES_NOT 2.
    Not(Box<Restriction>),
    /// RES_CONTENT 3: text or bytes contain, start with or equal the value.
    Content {
        /// Full string, substring, prefix or words.
        kind: MatchKind,
        /// Case and accents; means nothing for words.
        fuzzy: FuzzyLevel,
        /// The property looked at.
        tag: PropTag,
        /// The tag that the constant came with; its type must agree with `tag` (TOO_COMPLEX if not).
        value_tag: PropTag,
        /// The text or bytes looked for.
        value: PropValue,
    },
    /// RES_PROPERTY 4: value *relop* constant.
    Property {
        /// How the two are compared.
        op: RelOp,
        /// The property looked at.
        tag: PropTag,
        /// The tag that the constant came with; its type must agree with `tag` (TOO_COMPLEX if not).
        value_tag: PropTag,
        /// The constant.
        value: PropValue,
    },
    /// RES_COMPAREPROPS 5: one property *relop* another of the same object.
    CompareProps {
        /// How the two are compared.
        op: RelOp,
        /// Left side.
        left: PropTag,
        /// Right side; its type must equal the left one's.
        right: PropTag,
    },
    /// RES_BITMASK 6: `value & mask` is zero or not.
    Bitmask {
        /// Zero or not zero.
        op: BitOp,
        /// A PT_LONG property.
        tag: PropTag,
        /// The mask.
        mask: u32,
    },
    /// RES_SIZE 7: bytes of the value *relop* size.
    Size {
        /// How the two are compared.
        op: RelOp,
        /// The property looked at.
        tag: PropTag,
        /// Bytes.
        size: u32,
    },
    /// RES_EXIST 8: the property is there.
    Exist {
        /// The property looked at; type 0 or any type bits: see `mapi-query`.
        tag: PropTag,
    },
    /// RES_SUBRESTRICTION 9: any one row of a sub-object satisfies the whole child.
    Sub {
        /// Recipients or attachments.
        object: SubObject,
        /// The child.
        child: Box<Restriction>,
    },
    /// RES_COMMENT 10: an annotation without filtering effect, and maybe a child that filters.
    Comment {
        /// The annotation.
        props: Vec<(PropTag, PropValue)>,
        /// The child; none: always true.
        child: Option<Box<Restriction>>,
    },
    /// RES_COUNT 11: at most `count` matches of the child.
    Count {
        /// The limit.
        count: u32,
        /// The child.
        child: Box<Restriction>,
    },
}

/// Shorthand for [`Restriction::And`].
pub const AND: fn(Vec<Restriction>) -> Restriction = Restriction::And;
/// Shorthand for [`Restriction::Or`].
pub const OR: fn(Vec<Restriction>) -> Restriction = Restriction::Or;

/// Low word of a fuzzy level: where the text must be found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MatchKind {
    /// FL_FULLSTRING 0: equal.
    FullString,
    /// FL_SUBSTRING 1: anywhere.
    Substring,
    /// FL_PREFIX 2: at the start.
    Prefix,
    /// FL_PREFIX_ON_ANY_WORD 0x10: the words of the pattern stand in the text one after another, and the last may go on.
    /// Text only; words are compared as full-text search folds them (`mapi_query::words`), whatever the high word says.
    WordPrefix,
    /// FL_PHRASE_MATCH 0x20: the words of the pattern stand in the text one after another, each whole. Otherwise as
    /// [`Self::WordPrefix`].
    Phrase,
}

/// High word of a fuzzy level: what is overlooked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct FuzzyLevel {
    /// FL_IGNORECASE 0x10000.
    pub ignore_case: bool,
    /// FL_IGNORENONSPACE 0x20000: marks.
    pub ignore_nonspace: bool,
    /// FL_LOOSE 0x40000: both.
    pub loose: bool,
}

/// Relational operators.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RelOp {
    /// RELOP_LT 0.
    Lt,
    /// RELOP_LE 1.
    Le,
    /// RELOP_GT 2.
    Gt,
    /// RELOP_GE 3.
    Ge,
    /// RELOP_EQ 4.
    Eq,
    /// RELOP_NE 5.
    Ne,
    /// RELOP_RE 6: pattern; nobody evaluates it (MAPI_E_TOO_COMPLEX).
    Re,
}

/// BMR operators.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum BitOp {
    /// BMR_EQZ 0: no bit of the mask is set.
    Zero,
    /// BMR_NEZ 1: some bit of the mask is set.
    NonZero,
}

/// The sub-objects that RES_SUBRESTRICTION may look into.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SubObject {
    /// PR_MESSAGE_RECIPIENTS 0x0E12000D.
    Recipients,
    /// PR_MESSAGE_ATTACHMENTS 0x0E13000D.
    Attachments,
    /// Any other tag: representable, evaluates to MAPI_E_TOO_COMPLEX.
    Other(PropTag),
}

impl Restriction {
    /// `tag op value`, the constant typed as itself.
    #[must_use]
    pub fn property(tag: impl Into<PropTag>, op: RelOp, value: impl Into<PropValue>) -> Self {
        let (tag, value) = (tag.into(), value.into());
        Self::Property {
            op,
            tag,
            value_tag: value.tag(tag.id()),
            value,
        }
    }

    /// `tag` contains `text` as substring, prefix or whole, without folding.
    #[must_use]
    pub fn content(tag: impl Into<PropTag>, kind: MatchKind, value: impl Into<PropValue>) -> Self {
        let (tag, value) = (tag.into(), value.into());
        Self::Content {
            kind,
            fuzzy: FuzzyLevel::default(),
            tag,
            value_tag: value.tag(tag.id()),
            value,
        }
    }

    /// `tag` is there.
    #[must_use]
    pub fn exist(tag: impl Into<PropTag>) -> Self {
        Self::Exist { tag: tag.into() }
    }

    /// The same about other properties: every tag in it, those of annotations too, is what `tag` makes of it.
    #[must_use]
    pub fn with_tags(self, tag: &mut dyn FnMut(PropTag) -> PropTag) -> Self {
        let all = |children: Vec<Self>, tag: &mut dyn FnMut(PropTag) -> PropTag| {
            let children = children.into_iter();
            children.map(|child| child.with_tags(tag)).collect()
        };
        match self {
            Self::And(children) => Self::And(all(children, tag)),
            Self::Or(children) => Self::Or(all(children, tag)),
            Self::Not(child) => Self::Not(Box::new(child.with_tags(tag))),
            Self::Content {
                kind,
                fuzzy,
                tag: looked_at,
                value_tag,
                value,
            } => Self::Content {
                kind,
                fuzzy,
                tag: tag(looked_at),
                value_tag: tag(value_tag),
                value,
            },
            Self::Property {
                op,
                tag: looked_at,
                value_tag,
                value,
            } => Self::Property {
                op,
                tag: tag(looked_at),
                value_tag: tag(value_tag),
                value,
            },
            Self::CompareProps { op, left, right } => Self::CompareProps {
                op,
                left: tag(left),
                right: tag(right),
            },
            Self::Bitmask {
                op,
                tag: looked_at,
                mask,
            } => Self::Bitmask {
                op,
                tag: tag(looked_at),
                mask,
            },
            Self::Size {
                op,
                tag: looked_at,
                size,
            } => Self::Size {
                op,
                tag: tag(looked_at),
                size,
            },
            Self::Exist { tag: looked_at } => Self::Exist {
                tag: tag(looked_at),
            },
            Self::Sub { object, child } => Self::Sub {
                object,
                child: Box::new(child.with_tags(tag)),
            },
            Self::Comment { props, child } => Self::Comment {
                props: props.into_iter().map(|(t, v)| (tag(t), v)).collect(),
                child: child.map(|child| Box::new(child.with_tags(tag))),
            },
            Self::Count { count, child } => Self::Count {
                count,
                child: Box::new(child.with_tags(tag)),
            },
        }
    }

    /// The opposite.
    #[must_use]
    pub fn negate(self) -> Self {
        Self::Not(Box::new(self))
    }
}
