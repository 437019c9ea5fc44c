//! Starting one provider: its service, its side of the host, its store.

use std::sync::Arc;

use mapi_spi::{Call, OpenMode, OpenStore, Result};

use super::roster::{Entrant, OpenedStore};
use crate::host::{ProfileProvider, ProfileService};
use crate::session::Member;
use crate::subsystem::Subsystem;
use crate::{MsgStore, OpenFlags, TreeFlags};

/// How stores of a session are opened.
#[derive(Clone, Copy)]
pub(super) struct Opening<'a> {
    pub(super) subsystem: &'a Arc<Subsystem>,
    pub(super) profile: &'a str,
    pub(super) mode: OpenMode,
    pub(super) call: &'a Call,
}

impl Opening<'_> {
    /// Opens a store of a service, ready to be entered into the roster.
    pub(super) fn open(
        &self,
        entry: &ProfileService,
        provider: &ProfileProvider,
    ) -> Result<Entrant> {
        let service = Arc::new(self.subsystem.hold(&entry.service)?);
        let support = self.subsystem.host.support(self.profile, entry);
        let open = OpenStore {
            config: entry.config_of(provider),
            mode: self.mode,
            provider: provider.name.clone(),
        };
        let store = service
            .service
            .open_store(&open, Arc::clone(&support), self.call)?;
        Ok(Entrant {
            store,
            letter: provider.letter.clone(),
            service,
            config: open.config,
            support,
            identity: entry.identity.clone(),
            flags: provider.flags,
        })
    }
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
