//! What transports bring, put into the store with the tokens that it came under.
//! Reference: "IXPLogon::StartMessage", "Message Reception Model" (requirements SUB-02, XP-01); docs/design/arriving.md

use std::collections::{BTreeMap, BTreeSet};

use mapi_props::{Code, Guid};
use mapi_spi::{Arrival, ChangeSet, Error, Inbox, Origin, Result, SyncRow};

use super::Spool;
use crate::MsgStore;
use crate::reporting::Reporting;
use crate::store::{Handling, Incoming};

/// What keys of tokens begin with; the transport's UID follows, and the token.
const TOKEN: &[u8] = b"arrived";
/// Bytes of a token.
const TOKEN_MAX: usize = 255;
/// Tokens forgotten in one transaction.
const FORGOTTEN: usize = 1000;
/// Failures that are kept to be shown.
const FAILURES: usize = 16;

/// Where one transport puts what has arrived. A message and its token are committed together, so what is given twice is delivered
/// once.
#[derive(Debug)]
pub struct ArrivalInbox {
    store: MsgStore,
    prefix: Vec<u8>,
    /// Keys of what is kept; read when they are needed first. Only who has the lease writes them.
    known: Option<BTreeSet<Vec<u8>>>,
    handling: Handling,
    arrived: Arrived,
}

/// What came of it.
#[derive(Debug, Default)]
pub struct Arrived {
    /// Messages that were delivered.
    pub delivered: u64,
    /// Messages that had been delivered before.
    pub again: u64,
    /// Messages that could not be stored; they are given again later.
    pub failed: u64,
    /// Why, of the first ones.
    pub failures: Vec<Error>,
}

impl Spool {
    /// Where the transport of this PR_PROVIDER_UID puts what has arrived, and what is done with it besides. Stops with this
    /// spool's call ([`Spool::under`]).
    ///
    /// # Errors
    /// `MAPI_E_END_OF_SESSION`.
    pub fn inbox(&self, transport: Guid, reporting: &Reporting) -> Result<ArrivalInbox> {
        let prefix = [TOKEN, transport.as_bytes().as_slice()].concat();
        Ok(ArrivalInbox {
            store: self.store()?,
            prefix,
            known: None,
            handling: Handling {
                origin: Origin::SPOOLER,
                central: reporting.central.clone(),
            },
            arrived: Arrived::default(),
        })
    }
}

impl ArrivalInbox {
    /// What came of it so far.
    #[must_use]
    pub fn finish(self) -> Arrived {
        self.arrived
    }

    fn key(&self, token: &[u8]) -> Vec<u8> {
        [self.prefix.as_slice(), token].concat()
    }

    fn known(&mut self) -> Result<&mut BTreeSet<Vec<u8>>> {
        if self.known.is_none() {
            let context = &self.store.context;
            let rows = context
                .spi()?
                .sync_rows(Origin::SPOOLER, None, &context.call)?;
            let keys = rows.into_iter().map(|(key, _)| key);
            self.known = Some(keys.filter(|key| key.starts_with(&self.prefix)).collect());
        }
        Ok(self.known.get_or_insert_default())
    }

    fn failed(&mut self, error: &Error) {
        self.arrived.failed += 1;
        if self.arrived.failures.len() < FAILURES {
            let error = Error::new(error.code(), error.detail());
            self.arrived.failures.push(error);
        }
    }

    fn taken(&mut self, arrivals: Vec<Arrival>) -> Result<Vec<Result<()>>> {
        let mut plan = Vec::with_capacity(arrivals.len());
        let mut incoming = Vec::new();
        let mut coming: BTreeMap<Vec<u8>, usize> = BTreeMap::new();
        for Arrival { token, message } in arrivals {
            let key = self.key(&token);
            if token.is_empty() || token.len() > TOKEN_MAX {
                plan.push(Planned::Refused);
            } else if self.known()?.contains(&key) {
                plan.push(Planned::Known);
            } else if let Some(first) = coming.get(&key) {
                plan.push(Planned::With(*first));
            } else {
                coming.insert(key.clone(), incoming.len());
                plan.push(Planned::New(incoming.len()));
                incoming.push(Incoming {
                    message,
                    token: Some(key),
                });
            }
        }
        let keys: Vec<_> = incoming
            .iter()
            .filter_map(|one| one.token.clone())
            .collect();
        let done = self.store.deliver_all(&incoming, &self.handling);
        if done.is_err() {
            // Some of them may be kept: what is known is read anew.
            self.known = None;
        }
        let done = done?;
        for (key, _) in keys.into_iter().zip(&done).filter(|(_, done)| done.is_ok()) {
            self.known()?.insert(key);
        }
        let result = |planned| self.told(planned, &done);
        Ok(plan.into_iter().map(result).collect())
    }

    fn told<T>(&mut self, planned: Planned, done: &[Result<T>]) -> Result<()> {
        let (place, first) = match planned {
            Planned::Known => {
                self.arrived.again += 1;
                return Ok(());
            }
            Planned::Refused => {
                let detail = format!("a token has between 1 and {TOKEN_MAX} bytes");
                let error = Error::new(Code::INVALID_PARAMETER, detail);
                self.failed(&error);
                return Err(error);
            }
            Planned::New(place) => (place, true),
            Planned::With(place) => (place, false),
        };
        match done.get(place) {
            Some(Ok(_)) if first => self.arrived.delivered += 1,
            Some(Ok(_)) => self.arrived.again += 1,
            Some(Err(e)) => {
                let error = Error::new(e.code(), e.detail());
                self.failed(&error);
                return Err(error);
            }
            None => return Err(Error::new(Code::CALL_FAILED, "the store gave no result")),
        }
        Ok(())
    }
}

/// What is done with an arrival.
#[derive(Debug, Clone, Copy)]
enum Planned {
    /// It was delivered before.
    Known,
    /// It is delivered, at this place among those that are.
    New(usize),
    /// It was given twice at once: it is what the first is.
    With(usize),
    /// Its token is none.
    Refused,
}

impl Inbox for ArrivalInbox {
    fn deliver(&mut self, arrivals: Vec<Arrival>) -> Result<Vec<Result<()>>> {
        self.taken(arrivals)
    }

    fn forgotten(&mut self, tokens: &[Vec<u8>]) -> Result<()> {
        for some in tokens.chunks(FORGOTTEN) {
            let keys: Vec<_> = some.iter().map(|token| self.key(token)).collect();
            let row = |key: &Vec<u8>| SyncRow {
                origin: Origin::SPOOLER,
                object: None,
                key: key.clone(),
                value: None,
            };
            self.store.context.commit(ChangeSet {
                origin: Origin::SPOOLER,
                sync_state: keys.iter().map(row).collect(),
                ..ChangeSet::default()
            })?;
            if let Some(known) = &mut self.known {
                for key in &keys {
                    known.remove(key);
                }
            }
        }
        Ok(())
    }
}
