//! Restrictions: validated once, then asked of any number of rows.
//! [MS-OXCDATA] 2.12; reference: "About Restrictions" and the pages of the S…Restriction structures.

mod compile;
mod eval;
mod needle;
mod node;
mod stream;

use mapi_props::{Code, PropTag, Restriction};

use crate::Row;
use node::Node;

/// Levels of nesting that a restriction may have; more is MAPI_E_TOO_COMPLEX.
pub const MAX_DEPTH: usize = 64;

/// A validated restriction with its constants folded, ready to be asked of rows.
///
/// Readings chosen where the reference is silent:
///
/// * A missing property makes every comparison false, NE and BMR_EQZ too, so NOT over it is true. A property stored under
///   another type than the restriction's counts as missing; text of both widths is one type.
/// * AND of nothing is true, OR of nothing false. COMMENT is transparent, without child true.
/// * Text: EQ and NE compare code points, LT to GE use [`compare_text`](crate::compare_text), PT_STRING8 is decoded
///   first. PR_MESSAGE_CLASS compares without ASCII case everywhere. Floats use IEEE total order, so NaN equals itself
///   and -0.0 is less than 0.0.
/// * A multi-valued property matches PROPERTY, CONTENT and SIZE if any element does. A tag with the MV_INSTANCE type
///   asks the row for its own element ([`Row::get`]) and never adds rows.
/// * SIZE counts PT_UNICODE as UTF-16 and PT_STRING8 (windows-1252 if stored wide) with their terminators, as
///   [`PropValue::size`](mapi_props::PropValue::size) does.
/// * EXIST with PT_UNSPECIFIED asks for the identifier alone, with any other type for that type too. Sub-object tags
///   (PT_OBJECT) never exist.
/// * COUNT limits a whole result, not a row. At the top it becomes [`limit`](Self::limit); inside another restriction it
///   would need a memory of rows already seen, so that its meaning would depend on their order: MAPI_E_TOO_COMPLEX.
/// * Words (WordPrefix, Phrase) are those of [`words`](crate::words), folded for search whatever the flags say; a pattern
///   without a word matches nothing. In PR_BODY they are looked for in the text that a reader gets: where only HTML is
///   stored, in what [`Row::made_body`] makes of it.
/// * A large value that is not at hand ([`Row::open`] gives `None`), or cannot be read, counts as missing. PROPERTY and
///   COMPAREPROPS look at its first 16 MiB; CONTENT reads all of it in bounded memory.
///
/// ```
/// use mapi_props::{Bag, FuzzyLevel, MatchKind, PropTag, PropType, Restriction};
/// use mapi_query::{BagRow, Matcher};
///
/// let subject = PropTag::new(0x0037, PropType::UNICODE);
/// let loosely_contains = Restriction::Content {
///     kind: MatchKind::Substring,
///     fuzzy: FuzzyLevel { loose: true, ..FuzzyLevel::default() },
///     tag: subject,
///     value_tag: subject,
///     value: "cafe".into(),
/// };
/// let matcher = Matcher::compile(&loosely_contains)?;
/// let mut message = Bag::new();
/// message.set(subject, "Café au lait");
/// assert!(matcher.matches(&BagRow(&message)));
/// assert!(!matcher.matches(&BagRow(&Bag::new())));
/// # Ok::<(), mapi_props::Code>(())
/// ```
#[derive(Debug, Clone)]
pub struct Matcher {
    root: Node,
    restriction: Restriction,
    limit: Option<u32>,
    wanted: Wanted,
}

/// The properties that a matcher looks at, ascending, each once.
#[derive(Debug, Clone, Default)]
struct Wanted {
    row: Vec<PropTag>,
    recipients: Vec<PropTag>,
    attachments: Vec<PropTag>,
}

impl Matcher {
    /// Validates `restriction` for a table whose rows are messages.
    ///
    /// # Errors
    /// MAPI_E_TOO_COMPLEX: types of tag and constant disagree; words looked for in bytes; the constant is multi-valued or of a type without order;
    /// RELOP_RE; CONTENT on something that is neither text nor bytes; BITMASK on something else than PT_LONG; a
    /// sub-object other than recipients and attachments, or inside another; COUNT below the top; more than
    /// [`MAX_DEPTH`] levels.
    pub fn compile(restriction: &Restriction) -> Result<Self, Code> {
        compile::compile(restriction, compile::Rows::Messages)
    }

    /// Validates `restriction` for a table whose rows have no recipients or attachments (folders, recipients, …).
    ///
    /// # Errors
    /// As [`compile`](Self::compile), and MAPI_E_TOO_COMPLEX for SUBRESTRICTION anywhere.
    pub fn compile_flat(restriction: &Restriction) -> Result<Self, Code> {
        compile::compile(restriction, compile::Rows::Flat)
    }

    /// Whether `row` satisfies the restriction.
    #[must_use]
    pub fn matches(&self, row: &dyn Row) -> bool {
        self.root.matches(row)
    }

    /// The number of rows that a COUNT at the top allows; `None`: all.
    #[must_use]
    pub const fn limit(&self) -> Option<u32> {
        self.limit
    }

    /// The validated restriction without COMMENT and COUNT, for stores that evaluate parts of it natively.
    ///
    /// A part may be taken out and tested elsewhere only where it narrows: as a child of AND at the top.
    #[must_use]
    pub const fn restriction(&self) -> &Restriction {
        &self.restriction
    }

    /// The tags looked at on the row itself, ascending.
    #[must_use]
    pub fn tags(&self) -> &[PropTag] {
        &self.wanted.row
    }

    /// The tags looked at on recipients, ascending.
    #[must_use]
    pub fn recipient_tags(&self) -> &[PropTag] {
        &self.wanted.recipients
    }

    /// The tags looked at on attachments, ascending.
    #[must_use]
    pub fn attachment_tags(&self) -> &[PropTag] {
        &self.wanted.attachments
    }
}
