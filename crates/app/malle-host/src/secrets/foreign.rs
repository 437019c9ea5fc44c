//! What others may have written and this room reads, as plain functions over bytes, so that any bytes can be tried.

use super::SecretError;
use super::age::{Sealed, seal};
use super::age_file::parse;

/// The most work that a trial does, as a power of two: a file may ask for seconds of it.
const WORK: u8 = 6;

/// A secrets file as it is written, holding `text` sealed with `passphrase`. Its chance is none: it is for trials.
#[must_use]
pub fn sealed(text: &[u8], passphrase: &[u8]) -> Vec<u8> {
    seal(text, passphrase, 1, |bytes| bytes.fill(7)).0
}

/// What a secrets file holds that `passphrase` opens; `None` if it asks for more work than a trial does.
///
/// # Errors
/// Why it does not open.
pub fn opened(file: &[u8], passphrase: &[u8]) -> Result<Option<Vec<u8>>, SecretError> {
    let damaged = |error: super::age::AgeError| SecretError::Damaged {
        path: "trial".into(),
        detail: error.to_string(),
    };
    let sealed = Sealed::read(file).map_err(damaged)?;
    if sealed.work() > WORK {
        return Ok(None);
    }
    let plain = sealed.open(&sealed.derive(passphrase)).map_err(damaged)?;
    Ok(Some(plain.to_vec()))
}

/// How many secrets stand in the text of a secrets file; `None`: these are none of ours.
#[must_use]
pub fn secrets_in(text: &[u8]) -> Option<usize> {
    parse(text).map(|contents| contents.len())
}

/// Whether what a session bus sends begins with a message.
#[cfg(all(unix, not(target_os = "macos")))]
#[must_use]
pub fn is_bus_message(bytes: &[u8]) -> bool {
    super::keyring::is_bus_message(bytes)
}
