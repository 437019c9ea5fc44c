//! Success with or without a warning.

use mapi_props::Code;

/// What a successful call gives, with the warning (`MAPI_W_…`) that came with it, if any.
///
/// Warnings are successes: `?` does not stop at one; whoever cares looks at [`Returned::warning`].
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub struct Returned<T> {
    /// The result.
    pub value: T,
    /// `MAPI_W_ERRORS_RETURNED`, `MAPI_W_PARTIAL_COMPLETION`, `MAPI_W_POSITION_CHANGED` …
    pub warning: Option<Code>,
}

impl<T> Returned<T> {
    /// A plain success.
    pub const fn clean(value: T) -> Self {
        Self {
            value,
            warning: None,
        }
    }

    /// A success with this warning if `warn`.
    pub(crate) fn warn_if(value: T, warn: bool, warning: Code) -> Self {
        Self {
            value,
            warning: warn.then_some(warning),
        }
    }

    /// The result, the warning aside.
    pub fn ignore_warning(self) -> T {
        self.value
    }

    /// The code that a C caller would see: the warning or `S_OK`.
    #[must_use]
    pub fn code(&self) -> Code {
        self.warning.unwrap_or(Code::S_OK)
    }
}
