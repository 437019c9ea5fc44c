//! What a content restriction looks for, folded once, and the search itself in whole values and in streams.

use std::borrow::Cow;

use mapi_props::{FuzzyLevel, MatchKind};
use memchr::memmem::Finder;

use crate::{fold, search_fold};

/// The folded constant of a content restriction.
#[derive(Debug, Clone)]
pub(super) struct Needle {
    spot: Spot,
    folding: Folding,
    finder: Finder<'static>,
}

/// Where a needle must be found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Spot {
    /// It is the whole value.
    Whole,
    /// At the start.
    Start,
    /// Anywhere.
    Anywhere,
}

/// How what is searched must be folded first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Folding {
    /// Bytes: not text at all.
    Bytes,
    /// Text as full-text search sees it.
    Search,
    /// Text as it is.
    Exact,
    /// ASCII letters without case (PR_MESSAGE_CLASS).
    Ascii,
    /// As the flags say.
    Fuzzy(FuzzyLevel),
}

impl Spot {
    /// Where a match kind looks; `None` for those that look for words.
    pub(super) const fn of(kind: MatchKind) -> Option<Self> {
        match kind {
            MatchKind::FullString => Some(Self::Whole),
            MatchKind::Prefix => Some(Self::Start),
            MatchKind::Substring => Some(Self::Anywhere),
            MatchKind::WordPrefix | MatchKind::Phrase => None,
        }
    }
}

impl Needle {
    /// Looks for text. `ascii` folds ASCII case where the flags fold nothing more.
    pub(super) fn text(spot: Spot, fuzzy: FuzzyLevel, ascii: bool, text: &str) -> Self {
        let folding = match fuzzy {
            FuzzyLevel {
                ignore_case: false,
                ignore_nonspace: false,
                loose: false,
            } if !ascii => Folding::Exact,
            FuzzyLevel {
                ignore_case: false,
                ignore_nonspace: false,
                loose: false,
            } => Folding::Ascii,
            // Full folding includes the ASCII one.
            other => Folding::Fuzzy(FuzzyLevel {
                ignore_case: other.ignore_case || ascii,
                ..other
            }),
        };
        let folded = folding.apply(text);
        Self {
            spot,
            folding,
            finder: Finder::new(folded.as_bytes()).into_owned(),
        }
    }

    /// Looks for bytes; fuzzy flags mean nothing there.
    pub(super) fn bytes(spot: Spot, bytes: &[u8]) -> Self {
        Self {
            spot,
            folding: Folding::Bytes,
            finder: Finder::new(bytes).into_owned(),
        }
    }

    pub(super) const fn folding(&self) -> Folding {
        self.folding
    }

    pub(super) fn is_in_text(&self, text: &str) -> bool {
        self.is_in_bytes(self.folding.apply(text).as_bytes())
    }

    /// Whether it is in these bytes, which are folded already. UTF-8 makes byte matches character matches.
    pub(super) fn is_in_bytes(&self, bytes: &[u8]) -> bool {
        match self.spot {
            Spot::Whole => bytes == self.finder.needle(),
            Spot::Start => bytes.starts_with(self.finder.needle()),
            Spot::Anywhere => self.finder.find(bytes).is_some(),
        }
    }
}

impl Folding {
    pub(super) fn apply(self, text: &str) -> Cow<'_, str> {
        match self {
            Self::Ascii if text.bytes().any(|b| b.is_ascii_uppercase()) => {
                Cow::Owned(text.to_ascii_lowercase())
            }
            Self::Bytes | Self::Exact | Self::Ascii => Cow::Borrowed(text),
            Self::Fuzzy(fuzzy) => fold(text, fuzzy),
            Self::Search => search_fold(text),
        }
    }
}

/// A search over a value that comes in pieces; keeps as much as the needle is long.
#[derive(Debug)]
pub(super) struct Search<'n> {
    needle: &'n Needle,
    window: Vec<u8>,
}

impl<'n> Search<'n> {
    pub(super) const fn new(needle: &'n Needle) -> Self {
        Self {
            needle,
            window: Vec::new(),
        }
    }

    /// Takes the next folded piece; `Some` once the answer is known.
    pub(super) fn feed(&mut self, piece: &[u8]) -> Option<bool> {
        let wanted = self.needle.finder.needle();
        self.window.extend_from_slice(piece);
        match self.needle.spot {
            Spot::Anywhere => {
                if self.needle.is_in_bytes(&self.window) {
                    return Some(true);
                }
                let keep = wanted.len().saturating_sub(1).min(self.window.len());
                self.window.drain(..self.window.len() - keep);
                None
            }
            Spot::Start if self.window.len() >= wanted.len() => {
                Some(self.window.starts_with(wanted))
            }
            Spot::Start | Spot::Whole => (!wanted.starts_with(&self.window)).then_some(false),
        }
    }

    /// The answer at the end of the value.
    pub(super) fn finish(self) -> bool {
        self.needle.is_in_bytes(&self.window)
    }
}
