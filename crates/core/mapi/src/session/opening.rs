//! Starting one provider: its service, its side of the host, its store or transport.

use std::sync::Arc;

use mapi_spi::{Call, OpenMode, OpenStore, OpenTransport, Result, Support};

use super::caught;
use super::provider::{ActiveTransport, Provider};
use super::providers::Providers;
use super::roster::{Entrant, OpenedStore};
use super::support::ProviderSupport;
use crate::host::{ProfileProvider, ProfileService};
use crate::session::Member;
use crate::subsystem::Subsystem;
use crate::{MsgStore, OpenFlags, TreeFlags};

/// How providers of a session are opened.
#[derive(Clone, Copy)]
pub(super) struct Opening<'a> {
    pub(super) subsystem: &'a Arc<Subsystem>,
    pub(super) profile: &'a str,
    pub(super) mode: OpenMode,
    pub(super) call: &'a Call,
}

impl Opening<'_> {
    /// Opens a store of a service, ready to be entered into the roster, as a provider that has no row yet.
    pub(super) fn open(
        &self,
        providers: &Providers,
        entry: &ProfileService,
        provider: &ProfileProvider,
    ) -> Result<Entrant> {
        let made = providers.make(entry, provider);
        let signals = Arc::downgrade(providers.signals());
        self.open_as(&made, signals, entry, provider)
    }

    /// Opens a store as this provider.
    pub(super) fn open_as(
        &self,
        made: &Arc<Provider>,
        signals: std::sync::Weak<super::providers::Signals>,
        entry: &ProfileService,
        provider: &ProfileProvider,
    ) -> Result<Entrant> {
        let service = Arc::new(self.subsystem.hold(&entry.service)?);
        let host_side = self.subsystem.host.support(self.profile, entry);
        let support = Arc::new(ProviderSupport {
            host: Arc::clone(&host_side),
            provider: Arc::downgrade(made),
            signals,
        });
        let open = OpenStore {
            config: entry.config_of(provider),
            mode: self.mode,
            provider: provider.name.clone(),
        };
        let store = caught(&who(entry), || {
            let support = Arc::clone(&support) as Arc<dyn Support>;
            service.service.open_store(&open, support, self.call)
        })?;
        Ok(Entrant {
            store,
            provider: Arc::clone(made),
            service,
            config: open.config,
            support: host_side,
        })
    }

    /// Logs a transport of a service on.
    pub(super) fn log_on(
        &self,
        made: &Arc<Provider>,
        signals: std::sync::Weak<super::providers::Signals>,
        entry: &ProfileService,
        provider: &ProfileProvider,
    ) -> Result<ActiveTransport> {
        let service = self.subsystem.hold(&entry.service)?;
        let support: Arc<dyn Support> = Arc::new(ProviderSupport {
            host: self.subsystem.host.support(self.profile, entry),
            provider: Arc::downgrade(made),
            signals,
        });
        let open = OpenTransport {
            config: entry.config_of(provider),
            provider: provider.name.clone(),
        };
        caught(&who(entry), || {
            let transport = service.service.open_transport(&open, support, self.call)?;
            Ok(ActiveTransport::new(transport, service))
        })
    }
}

fn who(service: &ProfileService) -> String {
    format!("service `{}`", service.service)
}

/// Makes the folders that a store needs: all of the default store, else the fewest (STO-04). A read-only store stays as
/// it is.
pub(super) fn validate(
    opened: &Arc<OpenedStore>,
    member: &Arc<Member>,
    call: &Call,
    flags: TreeFlags,
) -> Result<()> {
    if !opened.store.info().capabilities.write {
        return Ok(());
    }
    let (opened, member) = (Arc::clone(opened), Arc::clone(member));
    let store = MsgStore::new(opened, member, call.clone(), OpenFlags::BEST_ACCESS)?;
    store.validate_ipm_subtree(flags).map(drop)
}
