//! Who uses a profile: what decides whether it can go or be renamed at once.
//! Reference: "Deleting a Profile" (requirements PA-06, R-ProfAdmin)

use std::fmt::Debug;

/// A profile, or a section of one, in use; not any more once it is dropped.
pub trait ProfileUse: Send + Sync + Debug {}

/// In use, as hosts say that cannot tell who else does.
#[derive(Debug, Clone, Copy)]
pub struct UnseenUse;

impl ProfileUse for UnseenUse {}

/// Whether others may have a section open too.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SectionAccess {
    /// They may, to read it.
    Read,
    /// Nobody else.
    Write,
}

/// A profile in a list of all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ProfileEntry {
    /// Its name.
    pub name: String,
    /// PR_DEFAULT_PROFILE.
    pub default: bool,
    /// [`crate::Profile::app`].
    pub app: bool,
    /// [`crate::Profile::deleted`].
    pub deleted: bool,
    /// [`crate::Profile::renamed_to`].
    pub renamed_to: Option<String>,
}
