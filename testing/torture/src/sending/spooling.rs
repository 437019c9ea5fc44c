//! The spooler of a profile's default store, in this process.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use malle_host::daemon::Place;
use malle_host::lease::{Card, Lease};
use mapi::{Host, Logon, Mapi, MsgStore, Session};
use mapi_spi::{Call, OpenMode, Role};
use mapi_spooler::{Options, Order, Round, Spooler, Wanted};

/// How long a transport may take: what hangs is stopped then.
const PATIENCE: Duration = Duration::from_millis(1_500);
/// How long another process may hold the lease.
const LEASE: Duration = Duration::from_secs(60);

/// A spooler with its lease and its session.
pub(crate) struct Spooling {
    spooler: Spooler,
    pub(super) store: MsgStore,
    session: Session,
    lease: Lease,
}

impl Spooling {
    /// Waits for the lease, and begins.
    pub(crate) fn begin(host: Arc<dyn Host>, profile: &str) -> Result<Self> {
        let places = Place::all(&host, profile)?;
        let place = places.into_iter().next().context("a store")?;
        let call = Call {
            deadline: Some(Instant::now() + LEASE),
            ..Call::default()
        };
        let store = place.open(OpenMode::ReadWrite, &call)?;
        let card = Card::of_this_process("torture", None);
        let lease = Lease::wait(store.as_ref(), Role::Spooler, &card, &call)?;
        let mapi = Mapi::initialize(host);
        let logon = Logon::profile(profile).under(lease.call(&Call::default()));
        let session = Session::logon(&mapi, logon)?;
        let store = session.default_store()?;
        let options = Options {
            patience: PATIENCE,
            first_wait: Duration::from_millis(20),
            longest_wait: Duration::from_millis(200),
            ..Options::default()
        };
        let spooler = Spooler::begin(&session, &store, options)?;
        Ok(Self {
            spooler,
            store,
            session,
            lease,
        })
    }

    /// Sends and fetches whatever is due.
    pub(crate) fn round(&self) -> Result<Round> {
        let wanted = Wanted {
            flush: true,
            ..Wanted::due()
        };
        Ok(self
            .spooler
            .round(&wanted, &self.lease.call(&Call::default()))?)
    }

    /// Whether all of its services work, as far as they were needed.
    pub(super) fn is_whole(&self) -> bool {
        self.session.failures().is_empty()
    }

    /// Sends what is unknown once more.
    pub(crate) fn retry_unknown(&self, ids: &[mapi::EntryId]) -> Result<()> {
        let order = Order::Retry { unknown: true };
        let call = self.lease.call(&Call::default());
        for result in self.spooler.order(order, ids, &call)? {
            result?;
        }
        Ok(())
    }
}

impl Drop for Spooling {
    fn drop(&mut self) {
        self.session.logoff();
    }
}
