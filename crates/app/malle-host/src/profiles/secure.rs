//! Values that lie in profile files sealed: properties 0x67F0 to 0x67FF, and settings kept in them (requirement R-ProfSect).
//!
//! The key is the secrets room's. A profile's file, and a copy of it in a backup or a bug report, tells no such value; whoever
//! can use this user's keyring, or read all of this user's files where there is none, can open them.

use std::sync::Arc;

use mapi_props::{Guid, PropType, PropValue, text};
use mapi_spi::Call;

use crate::Home;
use crate::profile_file::SealedPlace;
use crate::secrets::{AskNobody, SecretError, Secrets, SecureKey};

/// What values of a home are sealed with. It is sought when there is something to seal or to open, and not before.
pub(super) struct Seal(SecureKey);

impl Seal {
    /// That of `home`.
    pub(super) fn of(home: &Home) -> Result<Self, SecretError> {
        let secrets = Secrets::of(home.clone(), Arc::new(AskNobody), None);
        secrets.secure_key(&Call::default()).map(Self)
    }

    /// A value for this place of this profile, and no other.
    pub(super) fn seal(&self, instance: Guid, place: &SealedPlace, value: &str) -> String {
        let sealed = self.0.seal(&purpose(instance, place), value.as_bytes());
        text::value(&PropValue::Binary(sealed))
    }

    /// What was sealed; `None` if it was not, for this place and with this key.
    pub(super) fn open(&self, instance: Guid, place: &SealedPlace, sealed: &str) -> Option<String> {
        let Ok(PropValue::Binary(sealed)) = text::parse_value(PropType::BINARY, sealed) else {
            return None;
        };
        self.0.open_text(&purpose(instance, place), &sealed).ok()
    }
}

/// What a sealed value is bound to, so that it cannot be moved to where more people are shown it.
fn purpose(instance: Guid, place: &SealedPlace) -> Vec<u8> {
    let mut bytes = b"malle profile ".to_vec();
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
        let temp = testkit::TempHome::new().unwrap();
        let home = super::super::tests::home_with_key(&temp);
        let seal = Seal::of(&home).unwrap();
        let place = SealedPlace {
            uid: Guid([1; 16]),
            setting: false,
            key: "0x67F0001F".to_owned(),
        };
        let sealed = seal.seal(Guid([7; 16]), &place, "hidden ü");
        assert!(!sealed.contains("hidden"));
        assert_ne!(seal.seal(Guid([7; 16]), &place, "hidden ü"), sealed);

        let again = Seal::of(&home).unwrap();
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
}
