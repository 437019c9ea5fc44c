//! What a spooler is asked to do, in the words of the spooler and in those of the control socket.

use mapi::{MsgStore, Session, ValidateFlags};
use mapi_props::{Code, Guid};
use mapi_spi::{Call, ItemId, Result};
use mapi_spooler::{Order, Round, Spooler, Wanted};

use super::super::Desk;
use super::super::keeper::failure;
use super::unknown;
use crate::control::{Failure, MailOrder, MailTally, MailWanted};

/// What a spooler is asked to do.
#[derive(Debug, Clone)]
pub enum Errand {
    /// Send and fetch.
    Round(Wanted),
    /// An order about messages of the queue.
    Order(Order, Vec<ItemId>),
    /// Have a transport, or all, do what a status object was asked for.
    Validate(Option<Guid>, ValidateFlags),
}

/// What came of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MailDone {
    /// In messages.
    pub tally: MailTally,
    /// What went wrong.
    pub problems: Vec<Failure>,
}

impl MailDone {
    pub(in super::super) fn failed(problems: Vec<Failure>) -> Self {
        Self {
            tally: MailTally::default(),
            problems,
        }
    }

    /// What a round did that somebody asked for, with the transports that do not run: what needs them stays.
    pub(super) fn asked(round: &Round, session: &Session) -> Result<Self> {
        let mut done = Self::of(round);
        let stopped = session.carriers()?.stopped.into_iter();
        done.problems.extend(stopped.map(|message| Failure {
            about: String::new(),
            code: Code::FAILONEPROVIDER.to_string(),
            message,
        }));
        Ok(done)
    }

    pub(super) fn of(round: &Round) -> Self {
        let tally = MailTally {
            sent: round.sent,
            delivered: round.delivered,
            failed: round.failed,
            waiting: round.waiting,
            unknown: round.unknown,
        };
        let problems = round.problems.iter();
        Self {
            tally,
            problems: problems.map(|p| failure(&p.what, &p.error)).collect(),
        }
    }
}

impl Errand {
    /// Sending and fetching, as a question of the control socket says it.
    ///
    /// # Errors
    /// `MAPI_E_INVALID_PARAMETER` for a transport that is no UID.
    pub fn round(wanted: &MailWanted) -> Result<Self> {
        let target = wanted.transport.as_deref().map(uid).transpose()?;
        Ok(Self::Round(Wanted {
            up: wanted.up,
            down: wanted.down,
            flush: true,
            force: wanted.force,
            target,
        }))
    }

    /// An order, as such a question says it.
    #[must_use]
    pub fn order(order: MailOrder, items: &[u64]) -> Self {
        let order = match order {
            MailOrder::Retry => Order::Retry { unknown: false },
            MailOrder::RetryUnknown => Order::Retry { unknown: true },
            MailOrder::Hold => Order::Hold,
            MailOrder::Release => Order::Release,
            MailOrder::MarkSent => Order::MarkSent,
            MailOrder::BackToDrafts => Order::BackToDrafts,
        };
        Self::Order(order, items.iter().copied().map(ItemId).collect())
    }

    /// ValidateState, as such a question says it.
    ///
    /// # Errors
    /// `MAPI_E_INVALID_PARAMETER`; `MAPI_E_UNKNOWN_FLAGS`.
    pub fn validate(transport: Option<&str>, flags: u32) -> Result<Self> {
        let target = transport.map(uid).transpose()?;
        Ok(Self::Validate(target, ValidateFlags::from_bits(flags)?))
    }

    /// Does what is not a round.
    pub(super) fn run(
        &self,
        session: &Session,
        spooler: &Spooler,
        desk: &Desk<'_>,
        call: &Call,
    ) -> Result<MailDone> {
        match self {
            Self::Round(wanted) => {
                let round = spooler.round(wanted, call)?;
                MailDone::asked(&round, session)
            }
            Self::Order(order, items) => {
                let store = session.store_by_letter(desk.place.letter())?;
                ordered(&store, spooler, *order, items, call)
            }
            Self::Validate(target, flags) => {
                let done = spooler.validate(*target, *flags, call);
                let problems = done.err().map(|error| failure("", &error));
                Ok(MailDone::failed(problems.into_iter().collect()))
            }
        }
    }
}

fn ordered(
    store: &MsgStore,
    spooler: &Spooler,
    order: Order,
    items: &[ItemId],
    call: &Call,
) -> Result<MailDone> {
    let spool = store.spool()?;
    let ids: Vec<_> = items.iter().map(|item| spool.entry_id(*item)).collect();
    let done = spooler.order(order, &ids, call)?;
    let problem = |(item, done): (&ItemId, Result<()>)| {
        let about = format!("{}{}", store.letter(), item.0);
        done.err().map(|error| failure(&about, &error))
    };
    let problems = items.iter().zip(done).filter_map(problem).collect();
    Ok(MailDone::failed(problems))
}

fn uid(text: &str) -> Result<Guid> {
    text.parse().map_err(|_| unknown(text))
}
