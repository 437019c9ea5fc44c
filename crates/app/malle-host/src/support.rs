//! The host's side of a provider: the real clock, the system's randomness, and the secrets of its own service.

use std::time::{SystemTime, UNIX_EPOCH};

use mapi_props::FileTime;
use mapi_spi::{Call, Result, Secret, Support};

use crate::secrets::ServiceSecrets;

/// Gives providers this machine's time and randomness.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemSupport;

impl Support for SystemSupport {
    fn now(&self) -> FileTime {
        now()
    }

    fn random(&self, bytes: &mut [u8]) {
        // Nothing safe can be done without randomness, and no supported system lacks it once it has booted.
        getrandom::fill(bytes).expect("the operating system gives random bytes");
    }
}

/// The same, with the secrets of one service.
#[derive(Debug, Clone)]
pub(crate) struct ServiceSupport(pub(crate) ServiceSecrets);

impl Support for ServiceSupport {
    fn now(&self) -> FileTime {
        SystemSupport.now()
    }

    fn random(&self, bytes: &mut [u8]) {
        SystemSupport.random(bytes);
    }

    fn secret(&self, key: &str, call: &Call) -> Result<Secret> {
        Ok(self.0.secret(key, call)?)
    }
}

/// The time of this machine.
#[must_use]
pub fn now() -> FileTime {
    let nanos = match SystemTime::now().duration_since(UNIX_EPOCH) {
        Ok(since) => i128::try_from(since.as_nanos()).unwrap_or(i128::MAX),
        Err(before) => -i128::try_from(before.duration().as_nanos()).unwrap_or(i128::MAX),
    };
    FileTime::from_unix_nanos(nanos)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clock_and_chance_are_real() {
        assert!(now() > FileTime::from_unix(1_700_000_000));
        assert_ne!(SystemSupport.new_guid(), SystemSupport.new_guid());
    }
}
