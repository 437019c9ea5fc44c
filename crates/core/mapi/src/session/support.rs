//! What a provider of a session is given: the host's side of it, its row in the status table, and the spooler's ear.

use std::sync::{Arc, Weak};

use mapi_props::{FileTime, Guid, LargeRef, PropTag, PropValue};
use mapi_spi::{Call, ItemId, Result, Secret, SpoolerNotice, StatusChange, Support};

use super::provider::Provider;
use super::providers::Signals;

/// The host's support with a status row and a way to the spooler. It keeps neither the provider nor the session alive.
#[derive(Debug)]
pub(super) struct ProviderSupport {
    pub(super) host: Arc<dyn Support>,
    pub(super) provider: Weak<Provider>,
    pub(super) signals: Weak<Signals>,
}

impl Support for ProviderSupport {
    fn now(&self) -> FileTime {
        self.host.now()
    }

    fn random(&self, bytes: &mut [u8]) {
        self.host.random(bytes);
    }

    fn new_guid(&self) -> Guid {
        self.host.new_guid()
    }

    fn fetch(&self, item: ItemId, value: &LargeRef, call: &Call) -> Result<()> {
        self.host.fetch(item, value, call)
    }

    fn modify_status_row(&self, columns: &[(PropTag, PropValue)], change: StatusChange) {
        if let Some(provider) = self.provider.upgrade() {
            provider.says(columns, change);
        }
        if let Some(signals) = self.signals.upgrade() {
            signals.ring();
        }
    }

    fn spooler_notify(&self, notice: SpoolerNotice) {
        if let (Some(provider), Some(signals)) = (self.provider.upgrade(), self.signals.upgrade()) {
            signals.notices.say(provider.uid, notice);
        }
    }

    fn secret(&self, key: &str, call: &Call) -> Result<Secret> {
        self.host.secret(key, call)
    }
}
