//! What transports bring, put into the store with the tokens that it came under.
//! Reference: "IXPLogon::StartMessage", "Message Reception Model" (requirements SUB-02, XP-01); docs/design/arriving.md

mod tries;

use std::collections::{BTreeMap, BTreeSet};

use mapi_props::{Code, Guid};
use mapi_spi::{Arrival, Call, ChangeSet, Error, Inbox, Origin, Result, SyncRow};

use tries::Tries;

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
    /// What could not be kept so far.
    tries: Tries,
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
            tries: Tries::of(transport),
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
            self.tries.read(&rows);
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
        let (mut incoming, mut tokens) = (Vec::new(), Vec::new());
        let mut coming: BTreeMap<Vec<u8>, usize> = BTreeMap::new();
        for Arrival { token, message } in arrivals {
            let key = self.key(&token);
            if token.len() <= TOKEN_MAX
                && let Some(why) = self.lost(&token)?
            {
                plan.push(Planned::Lost(why));
            } else if token.is_empty() || token.len() > TOKEN_MAX {
                plan.push(Planned::Refused);
            } else if self.known()?.contains(&key) {
                plan.push(Planned::Known);
            } else if let Some(first) = coming.get(&key) {
                plan.push(Planned::With(*first));
            } else {
                coming.insert(key.clone(), incoming.len());
                plan.push(Planned::New(incoming.len()));
                tokens.push(token);
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
        let mut done = match (done, tokens.as_slice()) {
            (Err(error), [token]) if error.code() == Code::TIMEOUT => {
                // One that takes longer than it may must not keep all behind it out for ever.
                self.tried(&[(token, &error)], Verdict::NextTime)?;
                return Err(error);
            }
            (done, _) => done?,
        };
        let failed = tokens.iter().zip(&done);
        let failed: Vec<_> = failed
            .filter_map(|(token, done)| Some((token, done.as_ref().err()?)))
            .collect();
        let mut lost = self.tried(&failed, Verdict::Now)?.into_iter();
        for one in done.iter_mut().filter(|one| one.is_err()) {
            if let Some(Some(why)) = lost.next() {
                *one = Err(why);
            }
        }
        for (key, _) in keys.into_iter().zip(&done).filter(|(_, done)| done.is_ok()) {
            self.known()?.insert(key);
        }
        let result = |planned| self.told(planned, &done);
        Ok(plan.into_iter().map(result).collect())
    }

    /// Why a message is to be set aside that took too long; `None`: it may be tried. Whoever brings it again after that has it
    /// tried anew.
    fn lost(&mut self, token: &[u8]) -> Result<Option<Error>> {
        self.known()?;
        let verdict = self.tries.verdict(token, self.store.context.now());
        if verdict.is_some() {
            let gone = self.tries.forget(token);
            self.write(gone.into_iter().collect())?;
        }
        Ok(verdict)
    }

    /// Notes that these could not be kept, whatever became of the call. Says of each why it is to be set aside, if it is.
    fn tried(
        &mut self,
        failed: &[(&Vec<u8>, &Error)],
        verdict: Verdict,
    ) -> Result<Vec<Option<Error>>> {
        if failed.is_empty() {
            return Ok(Vec::new());
        }
        self.known()?;
        let now = self.store.context.now();
        let (mut rows, mut lost) = (Vec::new(), Vec::new());
        for (token, error) in failed {
            let row = self.tries.note(token, error, now);
            let why = match verdict {
                Verdict::Now => self.tries.verdict(token, now),
                Verdict::NextTime => None,
            };
            rows.push(match &why {
                Some(_) => self.tries.forget(token).unwrap_or(row),
                None => row,
            });
            lost.push(why);
        }
        self.write(rows)?;
        Ok(lost)
    }

    /// Writes rows, stopped by nothing but the end of the lease.
    fn write(&self, rows: Vec<SyncRow>) -> Result<()> {
        let epoch = self.store.context.call.epoch;
        let call = Call {
            epoch,
            ..Call::default()
        };
        let changes = ChangeSet {
            origin: Origin::SPOOLER,
            sync_state: rows,
            ..ChangeSet::default()
        };
        self.store.context.with_call(call).commit(changes).map(drop)
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
            Planned::Lost(error) => {
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

/// When it is said that a message was tried often enough.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Now,
    /// The call that tried it has ended.
    NextTime,
}

/// What is done with an arrival.
#[derive(Debug)]
enum Planned {
    /// It was delivered before.
    Known,
    /// It is delivered, at this place among those that are.
    New(usize),
    /// It was given twice at once: it is what the first is.
    With(usize),
    /// It was tried too often.
    Lost(Error),
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
