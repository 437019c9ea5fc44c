//! Which characters may be typed into a control: the same filter for each of them, not a regular expression.
//! Reference: DTBLEDIT, ulbLpszCharsAllowed (requirements DT-01, DT-02.T2)

use std::fmt;
use std::str::{Chars, FromStr};

/// The longest filter that is read, in characters.
const LONGEST: usize = 4096;

/// `*` (any character), `[set]` with `-` for ranges and `~` for "not", `\` before a character that means itself.
///
/// ```
/// use mapi_props::display_table::CharFilter;
///
/// let no_digits: CharFilter = "[~0-9]".parse()?;
/// assert!(no_digits.allows('x') && !no_digits.allows('7'));
/// # Ok::<(), mapi_props::display_table::FilterError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CharFilter {
    text: String,
    items: Vec<Item>,
}

/// Why a text is no filter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FilterError {
    /// `[` without `]`.
    #[error("has a set that does not end")]
    OpenSet,
    /// A `\` with nothing behind it.
    #[error("ends with a backslash")]
    LoneQuote,
    /// A range that runs backwards.
    #[error("has a range that runs backwards")]
    Backwards,
    /// Longer than any filter needs to be.
    #[error("is too long")]
    TooLong,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Item {
    Any,
    Set {
        /// Empty: everything.
        named: Vec<(char, char)>,
        but: Vec<(char, char)>,
    },
}

impl CharFilter {
    /// Every character.
    #[must_use]
    pub fn any() -> Self {
        Self {
            text: "*".to_owned(),
            items: vec![Item::Any],
        }
    }

    /// Whether `c` may be typed.
    #[must_use]
    pub fn allows(&self, c: char) -> bool {
        let within = |ranges: &[(char, char)]| ranges.iter().any(|(a, z)| (*a..=*z).contains(&c));
        self.items.is_empty()
            || self.items.iter().any(|item| match item {
                Item::Any => true,
                Item::Set { named, but } => (named.is_empty() || within(named)) && !within(but),
            })
    }

    /// The first character of `text` that may not be typed.
    #[must_use]
    pub fn refused(&self, text: &str) -> Option<char> {
        text.chars().find(|c| !self.allows(*c))
    }

    /// As it is written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl Default for CharFilter {
    fn default() -> Self {
        Self::any()
    }
}

impl fmt::Display for CharFilter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for CharFilter {
    type Err = FilterError;

    /// An empty filter allows every character.
    fn from_str(text: &str) -> Result<Self, FilterError> {
        if text.chars().nth(LONGEST).is_some() {
            return Err(FilterError::TooLong);
        }
        let mut items = Vec::new();
        let mut chars = text.chars();
        while let Some(c) = chars.next() {
            items.push(match c {
                '*' => Item::Any,
                '[' => set(&mut chars)?,
                '\\' => alone(chars.next().ok_or(FilterError::LoneQuote)?),
                c => alone(c),
            });
        }
        Ok(Self {
            text: text.to_owned(),
            items,
        })
    }
}

fn alone(c: char) -> Item {
    Item::Set {
        named: vec![(c, c)],
        but: Vec::new(),
    }
}

/// What stands between brackets.
fn set(chars: &mut Chars<'_>) -> Result<Item, FilterError> {
    let (mut named, mut but, mut negated) = (Vec::new(), Vec::new(), false);
    loop {
        let from = match chars.next().ok_or(FilterError::OpenSet)? {
            ']' => return Ok(Item::Set { named, but }),
            '~' => {
                negated = true;
                continue;
            }
            '\\' => chars.next().ok_or(FilterError::LoneQuote)?,
            c => c,
        };
        let to = end_of_range(chars)?.unwrap_or(from);
        if to < from {
            return Err(FilterError::Backwards);
        }
        let side = if negated { &mut but } else { &mut named };
        side.push((from, to));
    }
}

/// What stands behind a `-`; a `-` before the end of the set means itself.
fn end_of_range(chars: &mut Chars<'_>) -> Result<Option<char>, FilterError> {
    let mut ahead = chars.clone();
    if ahead.next() != Some('-') {
        return Ok(None);
    }
    let to = match ahead.next().ok_or(FilterError::OpenSet)? {
        ']' => return Ok(None),
        '\\' => ahead.next().ok_or(FilterError::LoneQuote)?,
        c => c,
    };
    *chars = ahead;
    Ok(Some(to))
}
