//! Who writes, sends and receives, and what befalls them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use malle_host::daemon::Place;
use malle_host::lease::{Card, Lease};
use mapi::queue_state::{Known, Phase};
use mapi::{Code, Host, Logon, MsgStore, Session};
use mapi_spi::{Call, Fate, OpenMode, Role, SpoolerNotice, Store};
use mapi_spooler::{Options, Order, Round, Spooler, Wanted};
use testkit::Chance;
use testkit_transport::{Act, Script, Step};

use super::letters::{End, Letter, PEOPLE, person_of};
use super::truth;
use crate::scripted::{PROFILE, World, plain, scripted};
use crate::transports::message;
use crate::{Fixture, Ground};

/// The transports, in their order.
pub(super) const TRANSPORTS: [&str; 2] = ["t", "u"];
/// Where something can fail.
const OUTBOUND: [Step; 5] = [
    Step::Submit,
    Step::Read,
    Step::Committing,
    Step::Committed,
    Step::Said,
];
const INBOUND: [Step; 5] = [
    Step::Receive,
    Step::Deliver,
    Step::Delivered,
    Step::Forget,
    Step::Forgotten,
];
const CODES: [Code; 5] = [
    Code::NETWORK_ERROR,
    Code::BUSY,
    Code::CALL_FAILED,
    Code::NOT_ME,
    Code::TIMEOUT,
];

pub(super) struct Office {
    pub(super) world: World,
    chance: Chance,
    pub(super) calm: bool,
    /// Transports say what became of messages that they failed with at the last word.
    remembers: bool,
    /// Nothing happens any more but rounds: what is due is sent, unforced.
    closing: bool,
    /// Of who writes.
    pub(super) store: MsgStore,
    seat: Option<Seat>,
    pub(super) letters: Vec<Letter>,
    /// Whom a transport may have refused or declined for good.
    pub(super) refusable: BTreeSet<usize>,
    pub(super) arrivals: usize,
    _session: Session,
    _fixture: Fixture,
}

/// The spooler.
struct Seat {
    spooler: Spooler,
    session: Session,
    /// As whoever comes next has it open.
    behind: Arc<dyn Store>,
    lease: Lease,
}

impl Office {
    pub(super) fn open(ground: Box<dyn Ground>, seed: u64, calm: bool) -> Result<Self> {
        let fixture = Fixture::new(ground)?;
        let mut service = scripted(&fixture, &[], &TRANSPORTS);
        for (provider, types) in service.providers.iter_mut().zip(["SMTP", "SMTP FAX"]) {
            provider.values.insert("types".to_owned(), types.to_owned());
        }
        let world = World::new(&fixture, vec![plain(&fixture, "a"), service])?;
        let session = world.logon()?;
        let store = session.default_store()?;
        let mut chance = Chance::from_seed(seed);
        let remembers = chance.percent(50);
        for letter in TRANSPORTS {
            world.scripted.script(letter).remembers(remembers);
        }
        Ok(Self {
            world,
            chance,
            calm,
            remembers,
            closing: false,
            store,
            seat: None,
            letters: Vec::new(),
            refusable: BTreeSet::new(),
            arrivals: 0,
            _session: session,
            _fixture: fixture,
        })
    }

    /// One thing happens.
    pub(super) fn step(&mut self) -> Result<()> {
        match self.chance.below(100) {
            0..=27 => self.write(),
            28..=59 => self.round().map(drop),
            60..=65 => self.take_back(),
            66..=71 => self.crash(),
            72..=77 => {
                self.arrive();
                Ok(())
            }
            _ if self.calm => self.round().map(drop),
            78..=85 => self.order(),
            86..=92 => {
                self.answer();
                Ok(())
            }
            _ => self.plan(),
        }
    }

    fn write(&mut self) -> Result<()> {
        let number = self.letters.len();
        let letter = Letter::submit(&self.store, number, &mut self.chance)?;
        self.letters.push(letter);
        Ok(())
    }

    fn arrive(&mut self) {
        self.arrivals += 1;
        let tree = message::message(&format!("arrival {}", self.arrivals));
        let token = self.arrivals.to_be_bytes();
        self.world.scripted.wire("t").arrive(&token, tree);
    }

    /// Somebody takes a letter back.
    fn take_back(&mut self) -> Result<()> {
        let Some(at) = self.choose() else {
            return Ok(());
        };
        let result = self.store.abort_submit(&self.letters[at].id);
        match result.map_err(|e| e.code()) {
            Ok(()) => self.becomes(at, End::Draft),
            Err(Code::NOT_IN_QUEUE | Code::UNABLE_TO_ABORT) => {}
            Err(code) => bail!("taking letter {at} back: {code}"),
        }
        Ok(())
    }

    fn becomes(&mut self, at: usize, end: End) {
        let left = truth::left(&self.world, at).len();
        let letter = &mut self.letters[at];
        (letter.end, letter.left) = (Some(end), left);
    }

    fn choose(&mut self) -> Option<usize> {
        match self.letters.len() {
            0 => None,
            // Mostly one that still waits.
            many => Some(self.chance.in_range(many.saturating_sub(8)..many)),
        }
    }

    /// The spooler dies, and another one comes.
    fn crash(&mut self) -> Result<()> {
        self.seat = None;
        if self.chance.percent(50) {
            self.seat()?;
        }
        Ok(())
    }

    fn seat(&mut self) -> Result<&Seat> {
        if self.seat.is_none() {
            let host = Arc::clone(&self.world.host) as Arc<dyn Host>;
            let places = Place::all(&host, PROFILE)?;
            let place = places.into_iter().next().context("a store")?;
            let call = Call::default();
            let behind = place.open(OpenMode::ReadWrite, &call)?;
            let card = Card::of_this_process("model", None);
            let lease = Lease::wait(behind.as_ref(), Role::Spooler, &card, &call)?;
            let logon = Logon::profile(PROFILE).under(lease.call(&call));
            let session = Session::logon(&self.world.mapi, logon)?;
            let options = Options {
                first_wait: Duration::from_millis(1),
                longest_wait: Duration::from_millis(2),
                ..Options::default()
            };
            let spooler = Spooler::begin(&session, &session.default_store()?, options)?;
            self.seat = Some(Seat {
                spooler,
                session,
                behind,
                lease,
            });
        }
        self.seat.as_ref().context("a spooler")
    }

    /// The spooler works; nothing if another one came while it did.
    pub(super) fn round(&mut self) -> Result<Option<Round>> {
        // Most rounds learn by the log what there is to do.
        let wanted = Wanted {
            flush: self.chance.percent(50),
            force: self.chance.percent(15) && !self.closing,
            ..Wanted::due()
        };
        let seat = self.seat()?;
        let done = seat
            .spooler
            .round(&wanted, &seat.lease.call(&Call::default()));
        match done {
            Ok(round) if self.remembers && round.unknown > 0 => {
                bail!("unknown, though its transport knows: {round:?}")
            }
            Ok(round) => Ok(Some(round)),
            Err(error) if error.code() == Code::END_OF_SESSION => {
                self.leave();
                Ok(None)
            }
            Err(error) => Err(error).context("a round"),
        }
    }

    fn leave(&mut self) {
        if let Some(seat) = self.seat.take() {
            seat.session.logoff();
        }
    }

    /// Somebody says what is to happen to a letter.
    fn order(&mut self) -> Result<()> {
        let Some(at) = self.choose() else {
            return Ok(());
        };
        let order = match self.chance.below(10) {
            0..=2 => Order::Hold,
            3..=4 => Order::Release,
            5..=6 => Order::Retry { unknown: true },
            7 => Order::Retry { unknown: false },
            8 => Order::MarkSent,
            _ => Order::BackToDrafts,
        };
        self.carry_out(at, order)
            .with_context(|| format!("{order:?} of letter {at}"))
    }

    pub(super) fn carry_out(&mut self, at: usize, order: Order) -> Result<()> {
        let unknown = self.unknown(at)?;
        let id = self.letters[at].id.clone();
        let seat = self.seat()?;
        let call = seat.lease.call(&Call::default());
        let answers = match seat.spooler.order(order, &[id], &call) {
            Err(error) if error.code() == Code::END_OF_SESSION => {
                self.leave();
                return Ok(());
            }
            other => other?,
        };
        let answer = answers.into_iter().next().context("an answer")?;
        match answer.map_err(|e| e.code()) {
            Ok(()) => {}
            Err(Code::NOT_IN_QUEUE | Code::UNABLE_TO_ABORT) => return Ok(()),
            Err(code) => bail!("{code}"),
        }
        let letter = &mut self.letters[at];
        match order {
            Order::Hold => letter.held = true,
            Order::Release => letter.held = false,
            Order::Retry { unknown: again } => {
                letter.held = false;
                if again {
                    for person in unknown {
                        *letter.again.entry(person).or_default() += 1;
                    }
                }
            }
            Order::MarkSent => self.becomes(at, End::MarkedSent),
            Order::BackToDrafts => self.becomes(at, End::Draft),
        }
        Ok(())
    }

    /// Of whom nobody knows whether they have a letter. What a spooler left that died is unknown as soon as the next one looks.
    fn unknown(&mut self, at: usize) -> Result<Vec<usize>> {
        let Some(entry) = self.store.outbox_entry(&self.letters[at].id)? else {
            return Ok(Vec::new());
        };
        let rows = self.store.outbox_recipients(&entry)?.into_iter();
        let unknown = rows.filter(|r| matches!(r.known, Known::Unknown | Known::Leaving));
        Ok(unknown
            .filter_map(|r| person_of(r.address.as_deref()?))
            .collect())
    }

    /// A transport will say something else of a recipient.
    fn answer(&mut self) {
        let person = self.chance.in_range(0..PEOPLE.len());
        let text = match self.chance.below(8) {
            0..=1 => "answer refused",
            2..=3 => "answer later 1",
            4 => "answer later",
            5 => "answer deferred",
            _ => "answer not-mine",
        };
        let Some(Act::Answer(fate)) = Act::from_text(text) else {
            panic!("{text} is no answer");
        };
        if matches!(fate, Fate::Refused(_) | Fate::NotMine) {
            self.refusable.insert(person);
        }
        self.script().answer(PEOPLE[person].1, [fate]);
    }

    fn script(&mut self) -> Arc<Script> {
        let at = self.chance.in_range(0..TRANSPORTS.len());
        self.world.scripted.script(TRANSPORTS[at])
    }

    /// Something will happen at a step.
    fn plan(&mut self) -> Result<()> {
        let steps = if self.chance.percent(75) {
            OUTBOUND
        } else {
            INBOUND
        };
        let step = steps[self.chance.in_range(0..steps.len())];
        let act = match self.chance.below(10) {
            0..=3 => {
                let code = CODES[self.chance.in_range(0..CODES.len())];
                if code == Code::NOT_ME {
                    self.refusable.extend(0..PEOPLE.len());
                }
                Act::Fail(code)
            }
            4..=5 => Act::Panic,
            _ => self.death()?,
        };
        self.script().next(step, act);
        Ok(())
    }

    /// Another spooler begins in the middle of the step: what the first one writes after it is refused, as if it had died there.
    /// It may be a ghost that goes on for a while, as a process does that was asleep.
    fn death(&mut self) -> Result<Act> {
        let behind = Arc::clone(&self.seat()?.behind);
        Ok(Act::Do(Box::new(move || {
            let call = Call::default();
            behind
                .begin_epoch(Role::Spooler, "another one", &call)
                .unwrap();
        })))
    }

    /// Nothing fails any more: all that waits is sent, and everything held against the truth.
    pub(super) fn close(&mut self) -> Result<()> {
        self.closing = true;
        for letter in TRANSPORTS {
            self.world.scripted.script(letter).clear();
        }
        // A spooler that was robbed of its lease finds out.
        self.round()?;
        for _ in 0..200 {
            self.settle()?;
            self.round()?;
            let left = self.store.outbox()?;
            if left.is_empty() && self.world.scripted.wire("t").waiting() == 0 {
                return truth::check(self);
            }
            std::thread::sleep(Duration::from_millis(1));
        }
        bail!("something waits for ever: {:?}", self.store.outbox()?)
    }

    /// What waits for somebody is told to go on.
    fn settle(&mut self) -> Result<()> {
        let by_id: BTreeMap<Vec<u8>, usize> = self
            .letters
            .iter()
            .map(|l| (l.id.as_bytes().to_vec(), l.number))
            .collect();
        for entry in self.store.outbox()? {
            let at = by_id.get(entry.entry_id.as_bytes());
            let at = *at.with_context(|| format!("nobody wrote {entry:?}"))?;
            match entry.state.phase {
                Phase::Held => self.carry_out(at, Order::Release)?,
                Phase::Unknown => self.carry_out(at, Order::Retry { unknown: true })?,
                Phase::Deferred => self.ask_again(entry.entry_id.as_bytes()),
                _ => {}
            }
        }
        Ok(())
    }

    /// The transport asks for what it deferred.
    fn ask_again(&self, id: &[u8]) {
        for letter in TRANSPORTS {
            if let Some(transport) = self.world.scripted.last(letter) {
                transport.tells(SpoolerNotice::SentDeferred(id.to_vec()));
            }
        }
    }
}
