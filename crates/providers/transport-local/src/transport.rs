//! The transport: sends by writing parcels, receives by taking them.
//! Requirement XP-01

mod arrive;
mod ascertain;
mod receive;
mod route;
mod send;
mod status;
mod watch;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use mapi_props::{Code, status_code};
use mapi_spi::{
    Attempt, Attempts, Call, Error, Fate, Inbox, Outgoing, Reach, Result, ServiceConfig,
    SpoolerNotice, Support, Transport, TransportNotice, flush_flags, submit_one, validate_flags,
};

use crate::parcel::Series;
use crate::settings::Settings;
use crate::spool::{Mailbox, Owner};
use crate::trouble::Troubles;
use status::Status;
use watch::Watch;

pub(crate) use route::{Found, Router, address_of, refusal};

/// PR_ADDRTYPE of addresses that it reaches.
pub(crate) const ADDRESS_TYPE: &str = "SMTP";
/// How many messages go into one batch: one fsync for all of them.
const BATCH: usize = 256;

/// A mailbox that is logged on.
#[derive(Debug)]
pub(crate) struct LocalTransport {
    support: Arc<dyn Support>,
    owner: Owner,
    set: Mutex<Arc<Set>>,
    series: Series,
    status: Status,
    watch: Mutex<Option<Watch>>,
}

/// What follows from its settings.
#[derive(Debug)]
struct Set {
    settings: Settings,
    troubles: Troubles,
    mailbox: Mailbox,
}

impl Set {
    fn new(settings: Settings, owner: &Owner) -> Self {
        Self {
            troubles: Troubles::new(&settings.troubles),
            mailbox: settings.spool.mailbox(&owner.id),
            settings,
        }
    }
}

impl LocalTransport {
    pub(crate) fn new(settings: Settings, owner: Owner, support: Arc<dyn Support>) -> Self {
        let set = Set::new(settings, &owner);
        let status = Status::begin(Arc::clone(&support), &set.settings, set.mailbox.damaged());
        Self {
            support,
            owner,
            set: Mutex::new(Arc::new(set)),
            series: Series::default(),
            status,
            watch: Mutex::new(None),
        }
    }

    fn set(&self) -> Arc<Set> {
        Arc::clone(&lock(&self.set))
    }

    fn begin_inbound(&self) {
        let set = self.set();
        let watch = Watch::start(
            set.mailbox.clone(),
            set.settings.poll,
            Arc::clone(&self.support),
        );
        // The one before ends here, and not while its place is held.
        let before = lock(&self.watch).replace(watch);
        drop(before);
    }

    fn end_inbound(&self) {
        let before = lock(&self.watch).take();
        drop(before);
    }

    /// When to ask again: never, while the mailbox is watched.
    fn ask_again(&self, set: &Set) -> Option<Duration> {
        let watched = lock(&self.watch).as_ref().is_some_and(Watch::hears);
        (!watched).then_some(set.settings.poll)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Transport for LocalTransport {
    fn reach(&self) -> Reach {
        Reach::types([ADDRESS_TYPE])
    }

    fn receives(&self) -> bool {
        true
    }

    fn notify(&self, notice: &TransportNotice) -> Result<()> {
        use status_code::{INBOUND_ENABLED, INBOUND_FLUSH, OUTBOUND_ENABLED, OUTBOUND_FLUSH};
        match notice {
            TransportNotice::BeginInbound => {
                self.status.becomes(INBOUND_ENABLED, 0);
                self.begin_inbound();
            }
            TransportNotice::EndInbound => {
                self.end_inbound();
                self.status.becomes(0, INBOUND_ENABLED | INBOUND_FLUSH);
            }
            TransportNotice::BeginOutbound => self.status.becomes(OUTBOUND_ENABLED, 0),
            TransportNotice::EndOutbound => {
                self.status.becomes(0, OUTBOUND_ENABLED | OUTBOUND_FLUSH)
            }
            TransportNotice::BeginInboundFlush => self.status.becomes(INBOUND_FLUSH, 0),
            TransportNotice::EndInboundFlush => self.status.becomes(0, INBOUND_FLUSH),
            TransportNotice::BeginOutboundFlush => self.status.becomes(OUTBOUND_FLUSH, 0),
            TransportNotice::EndOutboundFlush => self.status.becomes(0, OUTBOUND_FLUSH),
            // It defers nothing, so nothing deferred is given up.
            _ => {}
        }
        Ok(())
    }

    fn config_changed(&self, config: &ServiceConfig, call: &Call) -> Result<()> {
        call.check()?;
        let settings = Settings::read(config)?;
        settings.spool.claim(&self.owner, &settings.addresses)?;
        let set = Set::new(settings, &self.owner);
        self.status.about(&set.settings, set.mailbox.damaged());
        *lock(&self.set) = Arc::new(set);
        let watched = lock(&self.watch).is_some();
        if watched {
            self.begin_inbound();
        }
        Ok(())
    }

    fn validate_state(&self, flags: u32, call: &Call) -> Result<()> {
        call.check()?;
        let known = validate_flags::SUPPRESS_UI
            | validate_flags::CONFIG_CHANGED
            | validate_flags::FORCE_XP_CONNECT
            | validate_flags::FORCE_XP_DISCONNECT;
        if flags & !known != 0 {
            let detail = "local delivery has no headers to fetch, and shows nothing";
            return Err(Error::new(Code::NO_SUPPORT, detail));
        }
        if flags & validate_flags::FORCE_XP_DISCONNECT != 0 {
            self.status.becomes(status_code::OFFLINE, 0);
        }
        if flags & validate_flags::FORCE_XP_CONNECT != 0 {
            self.status.becomes(0, status_code::OFFLINE);
            self.support.spooler_notify(SpoolerNotice::ReadyToSend);
        }
        if flags & validate_flags::CONFIG_CHANGED != 0 {
            self.support.spooler_notify(SpoolerNotice::ConfigChange);
        }
        Ok(())
    }

    fn flush(&self, flags: u32, call: &Call) -> Result<()> {
        call.check()?;
        let up = flags & flush_flags::UPLOAD != 0;
        let down = flags & flush_flags::DOWNLOAD != 0;
        let mut bits = 0;
        if up {
            bits |= status_code::OUTBOUND_FLUSH;
        }
        if down {
            bits |= status_code::INBOUND_FLUSH;
        }
        self.status.becomes(bits, 0);
        Ok(())
    }

    fn submit(
        &self,
        message: &Outgoing<'_>,
        attempt: &mut dyn Attempt,
        call: &Call,
    ) -> Result<Vec<Fate>> {
        submit_one(self, message, attempt, call)
    }

    fn delivers(&self) -> bool {
        true
    }

    fn batch(&self) -> usize {
        BATCH
    }

    fn submit_all(
        &self,
        messages: &[Outgoing<'_>],
        attempts: &mut dyn Attempts,
        call: &Call,
    ) -> Vec<Result<Vec<Fate>>> {
        let _active = self.status.while_it(status_code::OUTBOUND_ACTIVE);
        let set = self.set();
        if self.status.is_offline() {
            let later = || Fate::Later {
                after: None,
                why: "local delivery was taken offline".to_owned(),
            };
            let fates =
                |message: &Outgoing<'_>| Ok(message.recipients.iter().map(|_| later()).collect());
            return messages.iter().map(fates).collect();
        }
        let sender = send::Sender {
            spool: &set.settings.spool,
            router: Router::new(set.settings.domains.as_deref()),
            series: &self.series,
            support: self.support.as_ref(),
            troubles: &set.troubles,
        };
        sender.send(messages, attempts, call)
    }

    fn ascertain(&self, tokens: &[Vec<u8>], call: &Call) -> Result<Vec<Vec<Option<Fate>>>> {
        call.check()?;
        ascertain::ascertain(&self.set().settings.spool, tokens)
    }

    fn receive(&self, inbox: &mut dyn Inbox, call: &Call) -> Result<Option<Duration>> {
        let _active = self.status.while_it(status_code::INBOUND_ACTIVE);
        let set = self.set();
        if self.status.is_offline() {
            let detail = "local delivery was taken offline";
            return Err(Error::new(Code::NETWORK_ERROR, detail));
        }
        let receiver = receive::Receiver {
            mailbox: &set.mailbox,
            settings: &set.settings,
            troubles: &set.troubles,
        };
        let took = receiver.take(inbox, call);
        self.status.about(&set.settings, set.mailbox.damaged());
        match took? {
            receive::Took::All => Ok(self.ask_again(&set)),
            // The other one ends without a word to this one.
            receive::Took::Nothing => Ok(Some(set.settings.poll)),
        }
    }

    fn logoff(&self) {
        self.end_inbound();
    }
}
