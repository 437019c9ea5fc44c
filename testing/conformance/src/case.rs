//! What a case is, and how one is written down.

use mapi::Capabilities;

use crate::Fixture;

/// One story that a store must tell right.
#[derive(Clone, Copy)]
pub struct Case {
    /// Its name: unique, a sentence that says what holds.
    pub name: &'static str,
    /// The checks of the requirements that it asserts; three at most, none for a rule that no check states.
    pub checks: &'static [&'static str],
    /// What a store must claim for it.
    pub needs: &'static [Need],
    /// The story. An error or a panic is a failure.
    pub run: fn(&Fixture) -> anyhow::Result<()>,
}

impl std::fmt::Debug for Case {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Case")
            .field("name", &self.name)
            .field("checks", &self.checks)
            .finish()
    }
}

/// A capability that a case needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// Soft delete and recovery.
    SoftDelete,
    /// Associated contents.
    Associated,
    /// One row per value of a multi-valued column.
    MvInstances,
    /// Search folders.
    Search,
    /// Outlives the process.
    Persistent,
}

impl Need {
    /// Whether a store claims it.
    #[must_use]
    pub const fn is_met(self, by: &Capabilities) -> bool {
        match self {
            Self::SoftDelete => by.soft_delete,
            Self::Associated => by.associated,
            Self::MvInstances => by.mv_instances,
            Self::Search => by.search,
            Self::Persistent => by.persistent,
        }
    }

    /// Its name in the results.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::SoftDelete => "SOFT_DELETE",
            Self::Associated => "ASSOCIATED",
            Self::MvInstances => "MV_INSTANCES",
            Self::Search => "SEARCH",
            Self::Persistent => "PERSISTENT",
        }
    }
}

/// Registers a case: `case!("STO-14.2", needs(SoftDelete), "soft-deleted messages …", |f| { …; Ok(()) })`. Several check
/// ids are written `"A" + "B"`. A case claims a check only if, with the other cases that claim it, it asserts all that the
/// check says; a story that asserts something else, or only part of a check, goes without: `case!(needs(), "…", |f| …)`.
#[macro_export]
macro_rules! case {
    ($check:literal $(+ $more:literal)*, needs($($need:ident),*), $name:literal, $run:expr) => {
        $crate::Case {
            name: $name,
            checks: &[$check $(, $more)*],
            needs: &[$($crate::Need::$need),*],
            run: $run,
        }
    };
    (needs($($need:ident),*), $name:literal, $run:expr) => {
        $crate::Case {
            name: $name,
            checks: &[],
            needs: &[$($crate::Need::$need),*],
            run: $run,
        }
    };
}
