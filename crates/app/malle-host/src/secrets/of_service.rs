//! The secrets of one service: all that a provider can reach, and the only way by which a secret leaves this room.

use std::sync::Arc;

use mapi_props::Guid;
use mapi_spi::{Call, Secret};

use super::{SecretError, SecretName, Secrets};

/// The secrets of one service of one profile.
#[derive(Debug, Clone)]
pub(crate) struct ServiceSecrets {
    secrets: Arc<Secrets>,
    profile: String,
    service: Guid,
}

impl ServiceSecrets {
    /// Of the service with this PR_SERVICE_UID.
    pub(crate) fn of(secrets: &Arc<Secrets>, profile: &str, service: Guid) -> Self {
        Self {
            secrets: Arc::clone(secrets),
            profile: profile.to_owned(),
            service,
        }
    }

    /// The secret by the key of its setting. Which service it is of is not the provider's to say.
    pub(crate) fn secret(&self, key: &str, call: &Call) -> Result<Secret, SecretError> {
        let name = SecretName::new(&self.profile, self.service, key)?;
        self.secrets.read(&name, call)
    }
}
