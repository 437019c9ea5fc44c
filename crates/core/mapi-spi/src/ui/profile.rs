//! Choosing a profile.

/// What a person can choose from.
#[derive(Debug, Clone, Copy)]
pub struct ProfileChoice<'a> {
    /// The names of the profiles, in order.
    pub profiles: &'a [String],
    /// The one that is chosen unless the person says otherwise.
    pub default: Option<&'a str>,
    /// Whether a new one may be made instead.
    pub may_create: bool,
}

/// What a person chose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProfileAnswer {
    /// The profile of this name, one of those offered.
    Use(String),
    /// A new one is to be made.
    Create,
}
