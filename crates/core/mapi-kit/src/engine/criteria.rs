//! Criteria of search folders: which messages are links.
//! Reference: "IMAPIContainer::SetSearchCriteria"; checks STO-05.1 to STO-05.3

use mapi_props::{Code, PropTag, Restriction};
use mapi_query::Matcher;
use mapi_spi::{Error, Result, StoreInfo};

use super::row::{Full, ItemRow};

/// The restriction of a search folder, checked and ready to be asked of messages.
#[derive(Debug, Clone)]
pub struct Criteria(Matcher);

impl Criteria {
    /// Checks a restriction.
    ///
    /// # Errors
    /// `MAPI_E_TOO_COMPLEX` if it means nothing, and for RES_COUNT: which messages the first ones are changes with every
    /// message that comes.
    pub fn new(restriction: &Restriction) -> Result<Self> {
        let refuse = |code| Error::new(code, "no search folder can look for this");
        let matcher = Matcher::compile(restriction).map_err(refuse)?;
        if matcher.limit().is_some() {
            return Err(refuse(Code::TOO_COMPLEX));
        }
        Ok(Self(matcher))
    }

    /// Whether it looks only at properties of the message itself for which `known` holds.
    #[must_use]
    pub fn looks_only_at(&self, known: impl Fn(PropTag) -> bool) -> bool {
        let matcher = &self.0;
        matcher.recipient_tags().is_empty()
            && matcher.attachment_tags().is_empty()
            && matcher.tags().iter().all(|tag| known(*tag))
    }

    /// Whether it looks at any property of the message itself for which `is` holds.
    #[must_use]
    pub fn looks_at(&self, is: impl Fn(PropTag) -> bool) -> bool {
        self.0.tags().iter().any(|tag| is(*tag))
    }

    /// What it looks for, without annotations.
    #[must_use]
    pub const fn restriction(&self) -> &Restriction {
        self.0.restriction()
    }

    /// Whether a message is what the search looks for. PR_PARENT_DISPLAY, which only rows of search folders have, is missing here.
    #[must_use]
    pub fn matches(&self, info: &StoreInfo, item: &dyn ItemRow) -> bool {
        self.0.matches(&Full {
            info,
            row: item,
            instance: 0,
            container: None,
        })
    }
}
