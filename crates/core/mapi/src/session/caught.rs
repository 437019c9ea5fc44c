//! Calls into providers that may panic: a provider that does takes nobody with it.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

use mapi_props::Code;
use mapi_spi::{Error, Result};

/// What `call` gives; a panic is `MAPI_E_CALL_FAILED`, with what it said. What the provider left half done is the provider's,
/// and nothing of ours is changed in between.
pub(crate) fn caught<T>(who: &str, call: impl FnOnce() -> Result<T>) -> Result<T> {
    catch_unwind(AssertUnwindSafe(call)).unwrap_or_else(|panic| {
        let said = said(panic.as_ref());
        Err(Error::new(
            Code::CALL_FAILED,
            format!("{who} panicked: {said}"),
        ))
    })
}

fn said(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
    text.unwrap_or("without a word")
}

#[cfg(test)]
mod tests {
    use super::caught;
    use mapi_props::Code;

    #[test]
    fn a_panic_is_an_error_that_says_what_it_said() {
        let error = caught::<()>("service `X`", || panic!("no {}", "way")).unwrap_err();
        assert_eq!(error.code(), Code::CALL_FAILED);
        assert_eq!(error.detail(), "service `X` panicked: no way");
        assert_eq!(caught("service `X`", || Ok(1)).unwrap(), 1);
    }
}
