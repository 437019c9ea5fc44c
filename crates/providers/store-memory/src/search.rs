//! Search folders.

use mapi_props::Code;
use mapi_spi::Error;

/// What a store says that has no search folders.
pub(crate) fn unsupported() -> Error {
    Error::new(Code::NO_SUPPORT, "this store has no search folders")
}
