//! The query language that people write: text to a [`Query`], and from there to a restriction.
//!
//! ```text
//! budget from:ann -is:read            all of these (AND may be written, in capitals)
//! "annual report" OR report*          any of these; OR joins less tightly than AND
//! from:(ann OR bob) (draft OR final)  values of one field; parts of a query
//! in:Archive after:2024-05 larger:5M has:attachment
//! ```
//!
//! **Words** are looked for everywhere: subject, people, text, names of attachments ([`fields`](crate::fields)). They
//! match whole words without regard to case and accents, as [`words`](crate::words) folds them; `foo*` finds words that begin
//! so; `"two words"` finds them one after another, `"two wo"*` with the last going on. A word with signs in it, such as an
//! address, is looked for as its parts one after another. Text without letters and digits is left out.
//! Lower-case `and`, `or` and `not` are words.
//!
//! **Fields**: `from:` `to:` `cc:` `bcc:` `recipient:` (any of the three) `subject:` `body:` `attachment:` (file names) hold
//! words. `is:` unread, read, flagged, unflagged, draft, replied, forwarded, important. `has:attachment`. `in:` a folder and those
//! below it. `after:` a date (from its beginning on), `before:` it (until its beginning), `on:` it (within it) or a range
//! `2024-01..2024-03`; dates are 2024-05-01, 2024-05, 2024, today, yesterday, and 7d, 2w, 3m, 1y ago. `larger:` and `smaller:`
//! 300k, 5M, 1.5G. `class:` a message class and those derived from it. `id:` a message. `*` alone is every message.
//!
//! **Colons**: behind a word that is no field, a colon is an error that names the nearest field, unless it ends the
//! word (`Re: plans`) or an address or a path in code follows (`http://…`, `C:\…`, `std::vec`). Behind digits it is text (`10:30`). In
//! quotes everything is text.
//!
//! Parsing is pure and never panics, whatever the text; its time grows with its length. What a query needs to know of the
//! world comes at compiling: the [`Calendar`], and the folders and ids of a store ([`Places`]).

mod compile;
mod date;
mod error;
mod mark;
mod parse;
mod print;
mod scan;
mod suggest;
mod term;
#[cfg(test)]
mod tests;

use std::fmt;
use std::str::FromStr;

use mapi_props::{MatchKind, Restriction};

pub use date::{Calendar, Day};
pub use error::{Problem, QueryError, Unresolved};
pub use mark::Marker;
pub use term::{TextField, TextTerm};

use crate::words::WordPattern;
use term::{Node, Term};

/// Parentheses and NOTs that may stand around each other.
pub const MAX_NESTING: usize = 16;
/// Words, those of phrases too, and values of fields that a query may have: each has its price in every message that
/// may match.
pub const MAX_TERMS: usize = 256;

/// A query that has been read.
///
/// Its `Display` is the query again in its simplest form: what reads as the same query.
///
/// ```
/// use mapi_query::language::Query;
/// let query: Query = "FROM:ann  (\"budget\") AND NOT is:read".parse()?;
/// assert_eq!(query.to_string(), "from:ann budget -is:read");
/// let error = "form:ann".parse::<Query>().unwrap_err();
/// assert_eq!(error.to_string(), "at character 1: `form:` is no field (did you mean `from:`?); in quotes it is text");
/// # Ok::<(), mapi_query::language::QueryError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Query {
    root: Node,
}

/// What a store knows of the folders and messages that a query names.
pub trait Places {
    /// The entry ids of the folder at a path and of all folders below it; `None` if there is none.
    fn folders(&self, path: &str) -> Option<Vec<Vec<u8>>>;

    /// The entry id of the message that people know by `id`; `None` if that is no id.
    fn message(&self, id: &str) -> Option<Vec<u8>>;
}

/// Reads a query.
///
/// # Errors
/// [`QueryError`] with the place of what is wrong.
pub fn parse(text: &str) -> Result<Query, QueryError> {
    parse::parse(text).map(|root| Query { root })
}

impl FromStr for Query {
    type Err = QueryError;

    fn from_str(text: &str) -> Result<Self, QueryError> {
        parse(text)
    }
}

impl fmt::Display for Query {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.root)
    }
}

impl Query {
    /// The restriction that matches what it asks for. Its levels are fewer than [`MAX_DEPTH`](crate::MAX_DEPTH).
    ///
    /// # Errors
    /// [`Unresolved`] for a folder or message that is not there.
    pub fn restriction(
        &self,
        calendar: &Calendar<'_>,
        places: &dyn Places,
    ) -> Result<Restriction, Unresolved> {
        compile::restriction(&self.root, calendar, places)
    }

    /// A folder in which all that it finds must lie (or below it), and what remains to be asked there; `None` if it names
    /// no such folder.
    ///
    /// ```
    /// use mapi_query::language::parse;
    /// let (folder, rest) = parse("in:Archive budget")?.within().unwrap();
    /// assert_eq!((folder.as_str(), rest.to_string().as_str()), ("Archive", "budget"));
    /// assert!(parse("in:Archive OR budget")?.within().is_none());
    /// # Ok::<(), mapi_query::language::QueryError>(())
    /// ```
    #[must_use]
    pub fn within(&self) -> Option<(String, Self)> {
        let mut nodes = match &self.root {
            Node::And(nodes) => nodes.clone(),
            one => vec![one.clone()],
        };
        let place = nodes
            .iter()
            .position(|node| matches!(node, Node::Term(Term::In(_))))?;
        let Node::Term(Term::In(folder)) = nodes.remove(place) else {
            return None;
        };
        let root = match nodes.pop() {
            None => Node::All,
            Some(only) if nodes.is_empty() => only,
            Some(last) => {
                nodes.push(last);
                Node::And(nodes)
            }
        };
        Some((folder, Self { root }))
    }

    /// The same asked of messages in a folder, given by its path, and below it.
    ///
    /// ```
    /// use mapi_query::language::parse;
    /// let here = parse("tea OR coffee")?.inside("Sent Items");
    /// assert_eq!(here.to_string(), "in:\"Sent Items\" (tea OR coffee)");
    /// # Ok::<(), mapi_query::language::QueryError>(())
    /// ```
    #[must_use]
    pub fn inside(self, folder: &str) -> Self {
        let here = Node::Term(Term::In(folder.to_owned()));
        let nodes = match self.root {
            Node::All => return Self { root: here },
            Node::And(nodes) => std::iter::once(here).chain(nodes).collect(),
            one => vec![here, one],
        };
        Self {
            root: Node::And(nodes),
        }
    }

    /// Whether it names a day by its distance from today (`7d`, `today`): on another day it asks for something else.
    ///
    /// ```
    /// use mapi_query::language::parse;
    /// assert!(parse("tea (after:7d OR is:unread)")?.is_relative());
    /// assert!(!parse("after:2024-05")?.is_relative());
    /// # Ok::<(), mapi_query::language::QueryError>(())
    /// ```
    #[must_use]
    pub fn is_relative(&self) -> bool {
        names_distance(&self.root)
    }

    /// The words that it looks for, in order; not those that it excludes.
    #[must_use]
    pub fn words(&self) -> Vec<&TextTerm> {
        let mut found = Vec::new();
        collect(&self.root, &mut found);
        found
    }
}

impl TextTerm {
    /// How a restriction looks for it.
    #[must_use]
    pub const fn kind(&self) -> MatchKind {
        if self.prefix {
            MatchKind::WordPrefix
        } else {
            MatchKind::Phrase
        }
    }

    /// Its words; `None` if it has none.
    fn pattern(&self) -> Option<WordPattern> {
        WordPattern::of(self.kind(), &self.text)
    }
}

fn names_distance(node: &Node) -> bool {
    match node {
        Node::And(nodes) | Node::Or(nodes) => nodes.iter().any(names_distance),
        Node::Not(node) => names_distance(node),
        Node::Term(Term::Time { span, .. }) => span.is_relative(),
        Node::All | Node::Term(_) => false,
    }
}

fn collect<'q>(node: &'q Node, into: &mut Vec<&'q TextTerm>) {
    match node {
        Node::And(nodes) | Node::Or(nodes) => nodes.iter().for_each(|node| collect(node, into)),
        Node::Term(Term::Text(term)) => into.push(term),
        Node::All | Node::Not(_) | Node::Term(_) => {}
    }
}
