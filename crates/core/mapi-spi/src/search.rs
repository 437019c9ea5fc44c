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
    pub fn apply(self, old: Option<SearchData>) -> Result<SearchData> {
        if self.scope.as_ref().is_some_and(Vec::is_empty) {
            let detail = "a search needs folders to search";
            return Err(Error::new(Code::INVALID_PARAMETER, detail));
        }
        let (before, kept) = match &old {
            Some(old) => (Some(old), Some(old.criteria.clone())),
            None => (None, None),
        };
        let missing = || {
            let detail = "the first search of a folder needs a restriction and folders";
            Error::new(Code::INVALID_PARAMETER, detail)
        };
        let kept_recursive = kept.as_ref().is_some_and(|k| k.recursive);
        let (kept_restriction, kept_scope) =
            kept.map_or((None, None), |k| (Some(k.restriction), Some(k.scope)));
        let criteria = SearchCriteria {
            restriction: self.restriction.or(kept_restriction).ok_or_else(missing)?,
            scope: self.scope.or(kept_scope).ok_or_else(missing)?,
            recursive: self.recursive.unwrap_or(kept_recursive),
        };
        let foreground = self
            .foreground
            .unwrap_or(before.is_some_and(|b| b.foreground));
        let starts = match (self.action, before) {
            (SearchAction::Restart, _) | (SearchAction::Keep, None) => true,
            (SearchAction::Stop, _) => false,
            (SearchAction::Keep, Some(before)) => {
                before.phase != SearchPhase::Stopped && before.criteria != criteria
            }
        };
        if starts {
            return Ok(SearchData {
                criteria,
                fixed: self.fixed,
                foreground,
                unindexed: self.unindexed,
                phase: SearchPhase::Rebuild,
                complete: false,
                run: before.map_or(0, |b| b.run) + 1,
            });
        }
        let stays = |b: &SearchData| match self.action {
            SearchAction::Stop => SearchPhase::Stopped,
            SearchAction::Keep | SearchAction::Restart => b.phase,
        };
        Ok(SearchData {
            criteria,
            fixed: before.map_or(self.fixed, |b| b.fixed),
            foreground,
            unindexed: before.map_or(self.unindexed, |b| b.unindexed),
            phase: before.map_or(SearchPhase::Stopped, stays),
            complete: before.is_some_and(|b| b.complete),
            run: before.map_or(0, |b| b.run),
        })
    }
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
        let after = |s: SearchSave| s.apply(Some(running.clone())).unwrap();
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
        let changed = changed.apply(Some(stopped)).unwrap();
        assert_eq!((changed.run, changed.phase), (1, SearchPhase::Stopped));
        let again = save(SearchAction::Restart).apply(Some(changed)).unwrap();
        assert_eq!((again.run, again.phase), (2, SearchPhase::Rebuild));
        assert!(again.criteria.recursive);
    }
}
