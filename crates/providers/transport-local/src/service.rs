//! The message service MALLE_DELIVERY: a mailbox on this machine, named by a profile.

use std::sync::Arc;

use mapi_props::{Code, Guid};
use mapi_spi::{
    Call, Error, Identity, OpenStore, OpenTransport, ProviderDescription, ProviderKind, Result,
    Service, ServiceConfig, ServiceDescription, ServiceDraft, ServiceEvent, Store, Support,
    Transport, UiHost, enter_by_description, service_flags,
};

use crate::address::Address;
use crate::settings::{Settings, schema};
use crate::spool::Owner;
use crate::transport::LocalTransport;

/// PR_SERVICE_NAME. (`MALLE_LOCAL` is the local store.)
pub const NAME: &str = "MALLE_DELIVERY";
const DISPLAY_NAME: &str = "Local delivery";

/// A mailbox on this machine: sends to the others, and fetches what they sent. One setting is needed, `address`.
///
/// An address belongs to one profile: whoever comes second is refused when it is configured, and again when its transport is
/// logged on. A profile has the service once, with as many addresses as it likes.
///
/// ```
/// use mapi_spi::Service;
/// let description = transport_local::LocalDeliveryService.description();
/// assert!(description.settings.iter().any(|s| s.key == "address" && s.required));
/// ```
#[derive(Debug, Clone, Copy, Default)]
pub struct LocalDeliveryService;

impl Service for LocalDeliveryService {
    fn name(&self) -> &str {
        NAME
    }

    fn display_name(&self) -> &str {
        DISPLAY_NAME
    }

    fn description(&self) -> ServiceDescription {
        let transport = ProviderDescription::new(NAME, DISPLAY_NAME, ProviderKind::Transport);
        let mut description = ServiceDescription::new(NAME, DISPLAY_NAME).with(transport);
        description.flags = service_flags::SINGLE_COPY;
        description.settings = schema();
        description
    }

    fn entry(
        &self,
        event: &ServiceEvent<'_>,
        draft: &mut ServiceDraft,
        ui: &dyn UiHost,
        call: &Call,
    ) -> Result<()> {
        enter_by_description(&self.description(), event, draft, ui, call)?;
        match event {
            ServiceEvent::Create { .. } | ServiceEvent::Configure { .. } => {
                let settings = Settings::read(&draft.config)?;
                claim(&settings, &draft.config, draft.uid)?;
                identify(draft, &settings);
                Ok(())
            }
            ServiceEvent::Delete => leave(&draft.config),
            _ => Ok(()),
        }
    }

    fn open_store(&self, _: &OpenStore, _: Arc<dyn Support>, _: &Call) -> Result<Arc<dyn Store>> {
        let detail = "local delivery has no store";
        Err(Error::new(Code::NO_SUPPORT, detail))
    }

    fn open_transport(
        &self,
        open: &OpenTransport,
        support: Arc<dyn Support>,
        call: &Call,
    ) -> Result<Arc<dyn Transport>> {
        call.check()?;
        let settings = Settings::read(&open.config)?;
        let owner = claim(&settings, &open.config, support.new_guid())?;
        Ok(Arc::new(LocalTransport::new(settings, owner, support)))
    }
}

/// Makes the addresses those of this profile; `fresh` is its mailbox if it has none yet.
pub(crate) fn claim(settings: &Settings, config: &ServiceConfig, fresh: Guid) -> Result<Owner> {
    let owner = Owner::of(&config.base, &settings.addresses, fresh);
    let owner = owner.map_err(|e| {
        let detail = format!("the profile's folder {}: {e}", config.base.display());
        Error::caused(Code::NO_ACCESS, detail, e)
    })?;
    settings.spool.claim(&owner, &settings.addresses)?;
    Ok(owner)
}

/// The user is whoever the mailbox says, unless the service knows them by another of its addresses.
fn identify(draft: &mut ServiceDraft, settings: &Settings) {
    let before = draft.identity.take();
    let known = |identity: &Identity| {
        let address = Address::parse(&identity.address);
        address.is_some_and(|address| settings.addresses.contains(&address))
    };
    let address = match before.as_ref().filter(|identity| known(identity)) {
        Some(identity) => identity.address.clone(),
        None => settings.first().as_str().to_owned(),
    };
    let named = settings
        .name
        .clone()
        .or_else(|| before.map(|identity| identity.name));
    draft.identity = Some(Identity {
        name: named.unwrap_or_else(|| settings.first().name().to_owned()),
        address_type: crate::transport::ADDRESS_TYPE.to_owned(),
        address,
    });
}

/// The addresses are nobody's. What was sent to them stays where it is.
fn leave(config: &ServiceConfig) -> Result<()> {
    // A configuration that makes no sense has no addresses.
    let Ok(settings) = Settings::read(config) else {
        return Ok(());
    };
    let released = match Owner::found(&config.base) {
        Ok(Some(owner)) => settings.spool.release(&owner, &[]),
        Ok(None) => Ok(()),
        Err(e) => Err(e),
    };
    if let Err(error) = released {
        tracing::warn!(%error, "addresses of a mailbox that goes could not be given up");
    }
    Ok(())
}
