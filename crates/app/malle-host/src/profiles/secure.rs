//! Values that lie in profile files sealed: properties 0x67F0 to 0x67FF, and settings kept in them.
//! RFC 8439, XChaCha20-Poly1305 with random nonces (requirement R-ProfSect)
//!
//! The key is a file of this user's data, readable by this user alone. So a profile's file, and a copy of it in a backup
//! or a bug report, tells no such value; whoever can read all of this user's files can read them too.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;

use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{KeyInit, XChaCha20Poly1305, XNonce};
use mapi_props::{Guid, PropType, PropValue, text};

use crate::file::write_private;
use crate::profile_file::SealedPlace;

/// Bytes of a nonce.
const NONCE: usize = 24;

/// What values are sealed with.
pub(super) struct SecureKey(XChaCha20Poly1305);

impl SecureKey {
    /// The key that `path` holds; `None` if there is none yet, or nobody's.
    pub(super) fn read(path: &Path) -> io::Result<Option<Self>> {
        let mut file = match File::open(path) {
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(None),
            other => other?,
        };
        let mut bytes = Vec::with_capacity(33);
        Read::by_ref(&mut file).take(33).read_to_end(&mut bytes)?;
        let key = XChaCha20Poly1305::new_from_slice(&bytes);
        bytes.fill(0);
        Ok(key.ok().map(Self))
    }

    /// The same; it is made if there is none. Whoever calls holds the lock of writers.
    pub(super) fn read_or_make(path: &Path) -> io::Result<Self> {
        if let Some(key) = Self::read(path)? {
            return Ok(key);
        }
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes).map_err(io::Error::other)?;
        let made = write_private(path, &bytes);
        let key = Self(XChaCha20Poly1305::new((&bytes).into()));
        bytes.fill(0);
        made.map(|()| key)
    }

    /// A value for this place of this profile, and no other.
    pub(super) fn seal(
        &self,
        instance: Guid,
        place: &SealedPlace,
        value: &str,
    ) -> io::Result<String> {
        let mut nonce = [0; NONCE];
        getrandom::fill(&mut nonce).map_err(io::Error::other)?;
        let payload = Payload {
            msg: value.as_bytes(),
            aad: &bound_to(instance, place),
        };
        let sealed = self.0.encrypt(&XNonce::from(nonce), payload);
        let sealed = sealed.map_err(|_| io::Error::other("the value is too long to be sealed"))?;
        let whole = [nonce.as_slice(), &sealed].concat();
        Ok(text::value(&PropValue::Binary(whole)))
    }

    /// What was sealed; `None` if it was not, for this place and with this key.
    pub(super) fn open(&self, instance: Guid, place: &SealedPlace, sealed: &str) -> Option<String> {
        let Ok(PropValue::Binary(whole)) = text::parse_value(PropType::BINARY, sealed) else {
            return None;
        };
        let (nonce, sealed) = whole.split_first_chunk::<NONCE>()?;
        let payload = Payload {
            msg: sealed,
            aad: &bound_to(instance, place),
        };
        let value = self.0.decrypt(&XNonce::from(*nonce), payload).ok()?;
        String::from_utf8(value).ok()
    }
}

/// What a sealed value is bound to, so that it cannot be moved to where more people are shown it.
fn bound_to(instance: Guid, place: &SealedPlace) -> Vec<u8> {
    let mut bytes = Vec::new();
    bytes.extend(instance.as_bytes());
    bytes.extend(place.uid.as_bytes());
    bytes.push(u8::from(place.setting));
    bytes.extend(place.key.as_bytes());
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_opens_where_it_was_sealed_and_nowhere_else() {
        let home = testkit::TempHome::new().unwrap();
        let path = home.path().join("data/secure.key");
        assert!(SecureKey::read(&path).unwrap().is_none());
        let key = SecureKey::read_or_make(&path).unwrap();
        let place = SealedPlace {
            uid: Guid([1; 16]),
            setting: false,
            key: "0x67F0001F".to_owned(),
        };
        let sealed = key.seal(Guid([7; 16]), &place, "hidden ü").unwrap();
        assert!(!sealed.contains("hidden"));
        assert_ne!(key.seal(Guid([7; 16]), &place, "hidden ü").unwrap(), sealed);

        let again = SecureKey::read_or_make(&path).unwrap();
        let open = |instance, place: &SealedPlace| again.open(Guid([instance; 16]), place, &sealed);
        assert_eq!(open(7, &place).as_deref(), Some("hidden ü"));
        assert_eq!(open(8, &place), None);
        let others = [
            SealedPlace {
                uid: Guid([2; 16]),
                ..place.clone()
            },
            SealedPlace {
                setting: true,
                ..place.clone()
            },
            SealedPlace {
                key: "0x67F1001F".to_owned(),
                ..place.clone()
            },
        ];
        for other in others {
            assert_eq!(open(7, &other), None, "{other:?}");
        }
        assert_eq!(again.open(Guid([7; 16]), &place, "no hexadecimal"), None);
    }

    #[cfg(unix)]
    #[test]
    fn the_key_is_for_its_owner_alone_and_a_broken_one_is_replaced() {
        use std::os::unix::fs::PermissionsExt;
        let home = testkit::TempHome::new().unwrap();
        let path = home.path().join("secure.key");
        fs::write(&path, b"short").unwrap();
        SecureKey::read_or_make(&path).unwrap();
        let file = fs::metadata(&path).unwrap();
        assert_eq!((file.len(), file.permissions().mode() & 0o777), (32, 0o600));
    }
}
