//! The key that secure profile properties (0x67F0–0x67FF) are encrypted with, and what is sealed with it.
//! draft-irtf-cfrg-xchacha: XChaCha20-Poly1305

use std::fmt;
use std::fs;

use chacha20poly1305::aead::AeadInOut;
use chacha20poly1305::{KeyInit, XChaCha20Poly1305, XNonce};
use mapi_spi::{Secret, Support};
use zeroize::Zeroizing;

use super::index::make_private_folder;
use super::{SecretError, Secrets};
use crate::SystemSupport;
use crate::file::write_private;

const KEY: usize = 32;
const NONCE: usize = 24;
const TAG: usize = 16;

/// A key that seals values and opens them again. Nothing gives its bytes away.
pub struct SecureKey(Zeroizing<[u8; KEY]>);

/// The value was not sealed with this key for this purpose, or it was changed since.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a sealed value does not open: it is of another profile or home, or damaged")]
pub struct NotOpened;

impl SecureKey {
    pub(super) fn new_random() -> Self {
        let mut key = Zeroizing::new([0; KEY]);
        SystemSupport.random(key.as_mut());
        Self(key)
    }

    pub(super) fn of(secret: &Secret) -> Option<Self> {
        let key: [u8; KEY] = secret.expose().try_into().ok()?;
        Some(Self(Zeroizing::new(key)))
    }

    pub(super) fn secret(&self) -> Secret {
        Secret::new(self.0.as_slice())
    }

    /// Seals a value for one purpose (`purpose` names profile, section and property): it opens for no other.
    ///
    /// # Panics
    /// For values of 256 GiB and more, which the cipher cannot take.
    #[must_use]
    pub fn seal(&self, purpose: &[u8], plain: &[u8]) -> Vec<u8> {
        let mut nonce = [0; NONCE];
        // So many bits of chance never come twice, however many values one key seals.
        SystemSupport.random(&mut nonce);
        let mut sealed = Zeroizing::new(Vec::with_capacity(plain.len() + TAG));
        sealed.extend_from_slice(plain);
        self.cipher()
            .encrypt_in_place(&XNonce::from(nonce), purpose, &mut *sealed)
            .expect("a value is shorter than 256 GiB");
        [&nonce[..], &sealed].concat()
    }

    /// Opens what [`Self::seal`] made for the same purpose.
    ///
    /// # Errors
    /// [`NotOpened`].
    pub fn open(&self, purpose: &[u8], sealed: &[u8]) -> Result<Secret, NotOpened> {
        let (nonce, sealed) = sealed.split_at_checked(NONCE).ok_or(NotOpened)?;
        let nonce: [u8; NONCE] = nonce.try_into().map_err(|_| NotOpened)?;
        let mut plain = Zeroizing::new(sealed.to_vec());
        self.cipher()
            .decrypt_in_place(&XNonce::from(nonce), purpose, &mut *plain)
            .map_err(|_| NotOpened)?;
        Ok(Secret::new(std::mem::take(&mut *plain)))
    }

    /// The same for a text that programs read: a property of a profile section.
    ///
    /// # Errors
    /// [`NotOpened`], also if it is no text.
    pub fn open_text(&self, purpose: &[u8], sealed: &[u8]) -> Result<String, NotOpened> {
        let text = self.open(purpose, sealed)?;
        let text = str::from_utf8(text.expose()).map_err(|_| NotOpened)?;
        Ok(text.to_owned())
    }

    fn cipher(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new((&*self.0).into())
    }
}

impl fmt::Debug for SecureKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("…")
    }
}

impl Secrets {
    /// The key from its file.
    pub(super) fn key_in_file(&self) -> Result<SecureKey, SecretError> {
        let path = self.home.secure_key_file();
        let bytes = fs::read(&path).map_err(SecretError::io(&path))?;
        SecureKey::of(&Secret::new(bytes)).ok_or_else(|| SecretError::Damaged {
            path,
            detail: "it holds no key of 32 bytes".to_owned(),
        })
    }

    /// Writes the key to its file.
    pub(super) fn key_into_file(&self, key: &SecureKey) -> Result<(), SecretError> {
        let path = self.home.secure_key_file();
        if let Some(folder) = path.parent() {
            make_private_folder(folder)?;
        }
        write_private(&path, key.0.as_slice()).map_err(SecretError::io(path))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sealed_opens_for_its_purpose_alone() {
        let key = SecureKey::new_random();
        let sealed = key.seal(b"work", b"value");
        assert_eq!(key.open(b"work", &sealed).unwrap().expose(), b"value");
        assert_eq!(key.open(b"home", &sealed).unwrap_err(), NotOpened);
        assert!(SecureKey::new_random().open(b"work", &sealed).is_err());
        for end in 0..sealed.len() {
            assert!(key.open(b"work", &sealed[..end]).is_err());
        }
        assert_ne!(key.seal(b"work", b"value"), sealed);
        assert_eq!(format!("{key:?}"), "…");
    }
}
