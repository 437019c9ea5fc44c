//! A password or key on its way to whoever uses it: nothing prints it, and its memory is wiped.

use std::fmt;
use std::str;

use mapi_props::Code;
use zeroize::Zeroizing;

use crate::{Error, Result};

/// Bytes that are to be seen by nobody but the provider that asked for them.
///
/// There is no `Display`, no `Serialize`, no `Clone` and no `PartialEq`; `Debug` prints `…`. The bytes come out by
/// [`Self::expose`] alone, and are overwritten when this is dropped. What a provider copies out of it, it wipes itself.
///
/// ```
/// let secret = mapi_spi::Secret::new("hunter2");
/// assert_eq!(format!("{secret:?}"), "…");
/// assert_eq!(secret.expose(), b"hunter2");
/// ```
///
/// ```compile_fail
/// let secret = mapi_spi::Secret::new("hunter2");
/// println!("{secret}");
/// ```
pub struct Secret(Zeroizing<Vec<u8>>);

impl Secret {
    /// Takes bytes over. A `String` or `Vec` is not copied.
    #[must_use]
    pub fn new(bytes: impl Into<Vec<u8>>) -> Self {
        Self(Zeroizing::new(bytes.into()))
    }

    /// The bytes. Never to be logged, put into an error, or given to another process on its command line.
    #[must_use]
    pub fn expose(&self) -> &[u8] {
        &self.0
    }

    /// The same as text.
    ///
    /// # Errors
    /// `MAPI_E_INVALID_PARAMETER` when it is not UTF-8; the error does not say what it is.
    pub fn expose_text(&self) -> Result<&str> {
        // The error of `str` would name a place in the secret.
        str::from_utf8(&self.0)
            .map_err(|_| Error::new(Code::INVALID_PARAMETER, "the secret is not text"))
    }

    /// Whether both are the same. How long it takes tells nothing of where they differ.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        let pairs = self.0.iter().zip(other.0.iter());
        let differing = pairs.fold(0, |found, (a, b)| found | (a ^ b));
        self.0.len() == other.0.len() && differing == 0
    }

    /// Whether there is nothing in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("…")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_same_are_the_same() {
        let is_same = |a: &str, b: &str| Secret::new(a).is_same(&Secret::new(b));
        assert!(is_same("", "") && is_same("abc", "abc"));
        assert!(!is_same("abc", "abd") && !is_same("abc", "ab") && !is_same("", "a"));
    }

    #[test]
    fn nothing_of_it_is_printed() {
        let secret = Secret::new("canary");
        let shown = format!("{secret:?} {secret:#?} {:?}", Some(&secret));
        assert!(!shown.contains("canary"), "{shown}");
        let error = Secret::new(vec![b'c', 0xFF]).expose_text().unwrap_err();
        assert!(!format!("{error:?}").contains("99"), "{error:?}");
    }
}
