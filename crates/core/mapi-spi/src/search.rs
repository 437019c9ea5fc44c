//! Search folders: what they look for, where, and how far they are.
//!
//! Reference: "Searching a Message Store", "IMAPIContainer::SetSearchCriteria"; \[MS-OXCFOLD\] 2.2.1.4, 3.2.5.4 (requirement STO-05)
//!
//! A search folder holds links: rows of messages that stay in their own folders. A message is a link of a search at most
//! once, however its scope overlaps. Only living messages that are not associated are links, and only of ordinary folders.
//!
//! * [`crate::Op::SetSearch`] writes criteria and says what the search does from then on.
//! * [`SearchPhase::Rebuild`] is durable: [`crate::Store::run_search`] goes on with the population where it was, in whichever
//!   process, and ends the phase. Two callers do no harm to each other.
//! * From the first moment of `Rebuild` until it is stopped a dynamic search follows the store: every commit moves
//!   links, counters (PR_CONTENT_COUNT, PR_CONTENT_UNREAD) and log in its own transaction, whatever changes: messages saved, flagged,
//!   moved, copied, deleted, recovered; folders moved, copied, deleted.
//! * A stopped or static search keeps its links; a link goes only with its message (soft-deleted, or for good).
//! * Deleting the folder, softly too, deletes its criteria and links and no message.

use mapi_props::{Code, Restriction};

use crate::{Error, ItemId, Result};

/// What a search folder looks for and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SearchCriteria {
    /// What links match; round-trips as it was set, annotations too.
    pub restriction: Restriction,
    /// The folders searched, as they were given.
    pub scope: Vec<ItemId>,
    /// With all folders below them, also those made or moved there later (RECURSIVE_SEARCH).
    pub recursive: bool,
}

/// A search folder that has criteria.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SearchData {
    /// What and where.
    pub criteria: SearchCriteria,
    /// Runs once instead of following the store (STATIC_SEARCH).
    pub fixed: bool,
    /// At high priority (FOREGROUND_SEARCH); kept, means nothing to a store.
    pub foreground: bool,
    /// Without the full-text index (NON_CONTENT_INDEXED_SEARCH).
    pub unindexed: bool,
    /// What it does.
    pub phase: SearchPhase,
    /// The last population came to its end.
    pub complete: bool,
    /// Grows with every start: a population belongs to one run.
    pub run: u64,
}

/// What a search does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SearchPhase {
    /// Nothing: its links stay as they are. Where a static search ends by itself.
    Stopped,
    /// It is being populated.
    Rebuild,
    /// It is complete and follows the store.
    Running,
}

impl SearchData {
    /// Whether commits make new links of it.
    #[must_use]
    pub fn follows(&self) -> bool {
        !self.fixed && self.phase != SearchPhase::Stopped
    }
}

/// Sets criteria of a search folder, and starts or stops it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SearchSave {
    /// The search folder. `MAPI_E_NO_SUPPORT` for another kind.
    pub folder: ItemId,
    /// What to look for; none: as before.
    pub restriction: Option<Restriction>,
    /// Where; none: as before. `MAPI_E_NO_SUPPORT` if one of them is a search folder.
    pub scope: Option<Vec<ItemId>>,
    /// RECURSIVE_SEARCH or SHALLOW_SEARCH; neither: as before, shallow at first.
    pub recursive: Option<bool>,
    /// FOREGROUND_SEARCH or BACKGROUND_SEARCH; neither: as before, in the background at first.
    pub foreground: Option<bool>,
    /// STATIC_SEARCH, for the run that this starts.
    pub fixed: bool,
    /// NON_CONTENT_INDEXED_SEARCH, for the run that this starts.
    pub unindexed: bool,
    /// What the search does then.
    pub action: SearchAction,
}

/// What becomes of a search whose criteria are set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum SearchAction {
    /// It starts if it is new, and starts again if it runs and its criteria have changed. Otherwise it goes on as it was.
    #[default]
    Keep,
    /// RESTART_SEARCH: it starts again.
    Restart,
    /// STOP_SEARCH.
    Stop,
}

impl SearchSave {
    /// The search after the save. It rebuilds exactly when its run is another one.
    ///
    /// # Errors
    /// `MAPI_E_INVALID_PARAMETER` without restriction or scope if there is nothing to keep, and for an empty scope.
    pub fn apply(self, old: Option<&SearchData>) -> Result<SearchData> {
        let kept = old.map(|old| &old.criteria);
        let criteria = SearchCriteria {
            restriction: or_kept(self.restriction, kept.map(|k| &k.restriction))?,
            scope: or_kept(self.scope, kept.map(|k| &k.scope))?,
            recursive: (self.recursive).unwrap_or(kept.is_some_and(|k| k.recursive)),
        };
        if criteria.scope.is_empty() {
            let detail = "a search needs folders to search";
            return Err(Error::new(Code::INVALID_PARAMETER, detail));
        }
        let foreground = (self.foreground).unwrap_or(old.is_some_and(|old| old.foreground));
        match (self.action, old) {
            (SearchAction::Keep, Some(old)) if !old.starts_again(&criteria) => Ok(SearchData {
                criteria,
                foreground,
                ..old.clone()
            }),
            (SearchAction::Stop, Some(old)) => Ok(SearchData {
                criteria,
                foreground,
                phase: SearchPhase::Stopped,
                ..old.clone()
            }),
            (action, old) => {
                let stopped = action == SearchAction::Stop;
                let run = old.map_or(0, |old| old.run);
                Ok(SearchData {
                    criteria,
                    fixed: self.fixed,
                    foreground,
                    unindexed: self.unindexed,
                    phase: if stopped {
                        SearchPhase::Stopped
                    } else {
                        SearchPhase::Rebuild
                    },
                    complete: false,
                    run: run + u64::from(!stopped),
                })
            }
        }
    }
}

impl SearchData {
    /// Whether it runs and is to look for something else.
    fn starts_again(&self, criteria: &SearchCriteria) -> bool {
        self.phase != SearchPhase::Stopped && self.criteria != *criteria
    }
}

/// What is given, else what is kept.
fn or_kept<T: Clone>(given: Option<T>, kept: Option<&T>) -> Result<T> {
    given.or_else(|| kept.cloned()).ok_or_else(|| {
        let detail = "the first search of a folder needs a restriction and folders";
        Error::new(Code::INVALID_PARAMETER, detail)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn save(action: SearchAction) -> SearchSave {
        SearchSave {
            folder: ItemId(9),
            restriction: None,
            scope: None,
            recursive: None,
            foreground: None,
            fixed: false,
            unindexed: false,
            action,
        }
    }

    fn first() -> SearchSave {
        SearchSave {
            restriction: Some(Restriction::And(Vec::new())),
            scope: Some(vec![ItemId(2)]),
            ..save(SearchAction::Keep)
        }
    }

    #[test]
    fn the_first_search_needs_everything_and_starts() {
        let code = |s: SearchSave| s.apply(None).unwrap_err().code();
        assert_eq!(code(save(SearchAction::Restart)), Code::INVALID_PARAMETER);
        let no_scope = SearchSave {
            scope: None,
            ..first()
        };
        assert_eq!(code(no_scope), Code::INVALID_PARAMETER);
        let nowhere = SearchSave {
            scope: Some(Vec::new()),
            ..first()
        };
        assert_eq!(code(nowhere), Code::INVALID_PARAMETER);
        let begun = first().apply(None).unwrap();
        assert_eq!((begun.phase, begun.run), (SearchPhase::Rebuild, 1));
        assert!(!begun.criteria.recursive && !begun.foreground && begun.follows());
        let stopped = SearchSave {
            action: SearchAction::Stop,
            ..first()
        };
        assert_eq!(stopped.apply(None).unwrap().phase, SearchPhase::Stopped);
    }

    #[test]
    fn only_what_matters_starts_again() {
        let running = SearchData {
            phase: SearchPhase::Running,
            complete: true,
            ..first().apply(None).unwrap()
        };
        let after = |s: SearchSave| s.apply(Some(&running)).unwrap();
        let priority = after(SearchSave {
            foreground: Some(true),
            ..save(SearchAction::Keep)
        });
        assert_eq!((priority.run, priority.phase), (1, SearchPhase::Running));
        assert!(priority.foreground);
        let deeper = after(SearchSave {
            recursive: Some(true),
            ..save(SearchAction::Keep)
        });
        assert_eq!(
            (deeper.run, deeper.phase, deeper.complete),
            (2, SearchPhase::Rebuild, false)
        );
        let stopped = after(save(SearchAction::Stop));
        assert_eq!(
            (stopped.run, stopped.phase, stopped.complete),
            (1, SearchPhase::Stopped, true)
        );
        let changed = SearchSave {
            recursive: Some(true),
            ..save(SearchAction::Keep)
        };
        let changed = changed.apply(Some(&stopped)).unwrap();
        assert_eq!((changed.run, changed.phase), (1, SearchPhase::Stopped));
        let again = save(SearchAction::Restart).apply(Some(&changed)).unwrap();
        assert_eq!((again.run, again.phase), (2, SearchPhase::Rebuild));
        assert!(again.criteria.recursive);
    }
}
