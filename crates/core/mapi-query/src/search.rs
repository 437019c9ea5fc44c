//! Searching texts that [`search_fold`] has folded, for more than a content restriction matches.

use mapi_props::FuzzyLevel;
use memchr::memmem::Finder;

use crate::fold::{search_covers, search_fold};

/// Finds, in texts folded by [`search_fold`], at least every text that a content restriction with this pattern matches,
/// whichever its match kind. What it finds must still be tested.
///
/// ```
/// use mapi_props::FuzzyLevel;
/// use mapi_query::{SearchNeedle, search_fold};
/// let needle = SearchNeedle::covering("CAFÉ", FuzzyLevel { loose: true, ..FuzzyLevel::default() });
/// assert!(needle.is_some_and(|n| n.is_in(search_fold("au Café").as_bytes())));
/// ```
#[derive(Debug, Clone)]
pub struct SearchNeedle(Finder<'static>);

impl SearchNeedle {
    /// The needle of a pattern; `None` where folded texts cannot tell ([`search_covers`]), or where nothing is left to
    /// look for.
    #[must_use]
    pub fn covering(pattern: &str, fuzzy: FuzzyLevel) -> Option<Self> {
        let folded = search_fold(pattern);
        let tells = search_covers(pattern, fuzzy) && !folded.is_empty();
        tells.then(|| Self(Finder::new(folded.as_bytes()).into_owned()))
    }

    /// Whether it is in a folded text.
    #[must_use]
    pub fn is_in(&self, folded: &[u8]) -> bool {
        self.0.find(folded).is_some()
    }
}
