//! What a search asks of a message: what is cheap first.

use mapi_kit::computed::{Owner, is_computed};
use mapi_kit::engine::{Criteria, ItemRow};
use mapi_props::Restriction;
use mapi_spi::{Result, StoreInfo};

use crate::fulltext::Words;
use crate::view::{self, AskedOfWords};

/// A question, parted by what it takes to answer. `None`: nothing is asked there.
#[derive(Debug)]
pub(crate) struct Question {
    /// Of what the item's row tells.
    pub(super) row: Option<Criteria>,
    /// Of what only the bag tells.
    pub(super) bag: Option<Criteria>,
}

/// What a commit asks of each message.
#[derive(Debug)]
pub(crate) struct Asked {
    whole: Question,
    /// Where the words of the message are at hand: what is asked of them, and what is left then.
    words: Option<(AskedOfWords, Question)>,
    /// Whether a message stays what it is for the search while its properties, recipients and attachments do.
    blind: bool,
}

impl Question {
    /// Parts a restriction; `None` asks nothing.
    pub(super) fn of(restriction: Option<&Restriction>) -> Result<Self> {
        let whole = restriction.map(Criteria::new).transpose()?;
        let parts = match whole.as_ref().map(Criteria::restriction) {
            None => Vec::new(),
            Some(Restriction::And(parts)) => parts.clone(),
            Some(one) => vec![one.clone()],
        };
        let (mut row, mut bag) = (Vec::new(), Vec::new());
        for part in parts {
            if Criteria::new(&part)?.looks_only_at(view::knows) {
                row.push(part);
            } else {
                bag.push(part);
            }
        }
        Ok(Self {
            row: all_of(row)?,
            bag: all_of(bag)?,
        })
    }
}

impl Question {
    /// Whether a message matches.
    pub(super) fn matches(&self, info: &StoreInfo, message: &dyn ItemRow) -> bool {
        let holds =
            |part: &Option<Criteria>| part.as_ref().is_none_or(|c| c.matches(info, message));
        holds(&self.row) && holds(&self.bag)
    }

    /// Whether it looks at nothing but properties, recipients and attachments.
    pub(super) fn is_blind(&self) -> bool {
        let computed = |part: &Criteria| part.looks_at(|tag| is_computed(Owner::Message, tag.id()));
        ![&self.row, &self.bag].into_iter().flatten().any(computed)
    }
}

fn all_of(mut parts: Vec<Restriction>) -> Result<Option<Criteria>> {
    match (parts.pop(), parts.is_empty()) {
        (None, _) => Ok(None),
        (Some(only), true) => Criteria::new(&only).map(Some),
        (Some(last), false) => {
            parts.push(last);
            Criteria::new(&Restriction::And(parts)).map(Some)
        }
    }
}

impl Asked {
    /// What the restriction of a search folder asks.
    pub(super) fn of(restriction: &Restriction) -> Result<Self> {
        let words = match view::of_words(restriction) {
            Some((asked, rest)) => Some((asked, Question::of(rest.as_ref())?)),
            None => None,
        };
        let whole = Question::of(Some(restriction))?;
        Ok(Self {
            blind: whole.is_blind(),
            whole,
            words,
        })
    }

    /// Whether a message stays what it is for the search while its properties, recipients and attachments do.
    pub(crate) const fn is_blind(&self) -> bool {
        self.blind
    }

    /// Whether a message is what the search looks for. `words`: those of the message, where they are at hand.
    pub(crate) fn matches(
        &self,
        info: &StoreInfo,
        message: &dyn ItemRow,
        words: Option<&Words>,
    ) -> bool {
        let holds =
            |part: &Option<Criteria>| part.as_ref().is_none_or(|c| c.matches(info, message));
        match (&self.words, words.filter(|words| words.whole)) {
            (Some((asked, rest)), Some(words)) => {
                holds(&rest.row) && asked.names(words) && holds(&rest.bag)
            }
            _ => self.whole.matches(info, message),
        }
    }
}
