//! A whole transport of few words: it sends onto a wire, and brings what a test lets arrive.

use std::fmt;
use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use mapi_props::{
    Code, Guid, MessageTree, PropTag, PropValue, TreeContent, TreeProps, TreeValue,
    resource_methods, status_code, tags,
};
use mapi_spi::{
    Attempt, Attempts, Call, Error, Fate, Inbox, Mark, Outgoing, Reach, Result, ServiceConfig,
    SpoolerNotice, StatusChange, Support, Transport, TransportNotice, flush_flags, submit_one,
    validate_flags,
};

use crate::{Left, Script, Step, Wire};

/// MAPI_BCC.
const BCC: i32 = 3;
/// MAPI_P1: the row resends to somebody who is named elsewhere.
const P1: i32 = 0x1000_0000;
/// How many arrivals are delivered at once.
const A_FEW: usize = 16;

/// Sends onto a wire, and keeps its status row as transports do.
///
/// Settings: `word` (`plain`: it has no password and nothing to flush), `types` (address types, separated by spaces), `uid`
/// (32 hexadecimal digits: recipients whose entry ids carry it), `ways` (`sends`: it brings nothing; `delivers`: what it has sent is
/// delivered).
pub struct WireTransport {
    support: Arc<dyn Support>,
    script: Arc<Script>,
    wire: Arc<Wire>,
    batch: AtomicUsize,
    ways: String,
    state: Mutex<State>,
}

struct State {
    reach: Reach,
    password: String,
    code: i32,
}

impl fmt::Debug for WireTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WireTransport").finish_non_exhaustive()
    }
}

impl WireTransport {
    /// One with these settings.
    pub fn new(
        config: &ServiceConfig,
        support: Arc<dyn Support>,
        script: Arc<Script>,
        wire: Arc<Wire>,
    ) -> Self {
        let code =
            status_code::AVAILABLE | status_code::INBOUND_ENABLED | status_code::OUTBOUND_ENABLED;
        let methods = match config.values.get("word").map(String::as_str) {
            Some("plain") => resource_methods::VALIDATE_STATE,
            _ => {
                resource_methods::VALIDATE_STATE
                    | resource_methods::CHANGE_PASSWORD
                    | resource_methods::FLUSH_QUEUES
            }
        };
        let row = [
            (tags::STATUS_CODE.raw(), code.into()),
            (tags::RESOURCE_METHODS.raw(), methods.into()),
            (tags::STATUS_STRING.raw(), "ready".into()),
            // What is not a provider's to say.
            (tags::RESOURCE_TYPE.raw(), 99.into()),
        ];
        support.modify_status_row(&row, StatusChange::Replace);
        Self {
            support,
            script,
            wire,
            batch: AtomicUsize::new(1),
            ways: config.values.get("ways").cloned().unwrap_or_default(),
            state: Mutex::new(State {
                reach: reach_of(config),
                password: "old".to_owned(),
                code,
            }),
        }
    }

    /// Likes to be given so many messages at once.
    pub fn takes(&self, messages: usize) {
        self.batch.store(messages, Ordering::SeqCst);
    }

    /// Lets a message arrive on its wire, and tells the spooler.
    pub fn arrives(&self, token: &[u8], message: MessageTree) {
        self.wire.arrive(token, message);
        self.support.spooler_notify(SpoolerNotice::NewMail);
    }

    /// How many recipients are to get the message, how often it has left already, and its entry id.
    fn token(&self, left: &Left, fates: &[Fate]) -> Vec<u8> {
        if !self.script.does_remember() {
            return Vec::new();
        }
        let sent = fates.iter().filter(|fate| **fate == Fate::Sent).count();
        let before = self.wire.times(&left.entry_id);
        let numbers = [sent, before].map(|n| u32::try_from(n).unwrap_or(u32::MAX).to_le_bytes());
        [numbers.as_flattened(), &left.entry_id].concat()
    }

    /// What the wire says of a token; while nothing is remembered, nothing.
    fn became(&self, token: &[u8]) -> Vec<Option<Fate>> {
        let numbers = token.split_first_chunk::<4>();
        let numbers = numbers.and_then(|(sent, rest)| Some((sent, rest.split_first_chunk::<4>()?)));
        let Some((sent, (before, id))) = numbers else {
            return Vec::new();
        };
        let count = |bytes: &[u8; 4]| usize::try_from(u32::from_le_bytes(*bytes));
        let (sent, before) = (
            count(sent).unwrap_or_default(),
            count(before).unwrap_or_default(),
        );
        let fate = match self.wire.times(id) > before {
            _ if !self.script.does_remember() => None,
            true => Some(Fate::Sent),
            false => Some(Fate::Later {
                after: None,
                why: "the last word was not said".to_owned(),
            }),
        };
        vec![fate; sent]
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn becomes(&self, set: i32, clear: i32) {
        let code = {
            let mut state = self.state();
            state.code = (state.code | set) & !clear;
            state.code
        };
        let row = [(tags::STATUS_CODE.raw(), code.into())];
        self.support.modify_status_row(&row, StatusChange::Update);
    }

    /// Reads all of a message, and says what is known of its recipients.
    fn prepare(&self, outgoing: &Outgoing<'_>, call: &Call) -> Result<(Left, Vec<Fate>)> {
        call.check()?;
        let large = read_all(outgoing.message, call)?;
        self.script.meet(Step::Read, call)?;
        let (mut fates, mut recipients) = (Vec::new(), Vec::new());
        for place in outgoing.recipients {
            let row = outgoing.message.recipients.get(*place);
            let row =
                row.ok_or_else(|| Error::new(Code::INVALID_PARAMETER, "a recipient that is none"))?;
            let address = row.text(tags::EMAIL_ADDRESS).unwrap_or_default();
            let fate = self.script.fate_of(address);
            if fate == Fate::Sent {
                recipients.push(address.to_owned());
            }
            fates.push(fate);
        }
        let text = |tag: PropTag| {
            let text = outgoing.message.props.text(tag);
            text.unwrap_or_default().to_owned()
        };
        let left = Left {
            message_id: text(tags::INTERNET_MESSAGE_ID.raw()),
            subject: text(tags::SUBJECT.raw()),
            entry_id: outgoing.entry_id.to_vec(),
            recipients,
            again: outgoing.again,
            large,
            message: self.wire.keeps().then(|| as_sent(outgoing.message)),
        };
        Ok((left, fates))
    }
}

impl Transport for WireTransport {
    fn reach(&self) -> Reach {
        self.state().reach.clone()
    }

    fn receives(&self) -> bool {
        self.ways != "sends"
    }

    fn delivers(&self) -> bool {
        self.ways == "delivers"
    }

    fn notify(&self, notice: &TransportNotice) -> Result<()> {
        match notice {
            TransportNotice::EndOutboundFlush => self.becomes(0, status_code::OUTBOUND_FLUSH),
            TransportNotice::EndInboundFlush => self.becomes(0, status_code::INBOUND_FLUSH),
            _ => {}
        }
        Ok(())
    }

    fn config_changed(&self, config: &ServiceConfig, _: &Call) -> Result<()> {
        self.state().reach = reach_of(config);
        Ok(())
    }

    fn validate_state(&self, flags: u32, _: &Call) -> Result<()> {
        if flags & validate_flags::FORCE_XP_DISCONNECT != 0 {
            self.becomes(status_code::OFFLINE, 0);
        }
        if flags & validate_flags::FORCE_XP_CONNECT != 0 {
            self.becomes(0, status_code::OFFLINE);
        }
        if flags & validate_flags::SHOW_XP_SESSION_UI != 0 {
            return Err(Error::new(Code::NO_SUPPORT, "there is nothing to show"));
        }
        Ok(())
    }

    fn change_password(&self, old: &str, new: &str, _: &Call) -> Result<()> {
        let mut state = self.state();
        if state.password != old {
            return Err(Error::new(Code::NO_ACCESS, "this is not the password"));
        }
        new.clone_into(&mut state.password);
        Ok(())
    }

    fn flush(&self, flags: u32, _: &Call) -> Result<()> {
        let mut bits = 0;
        if flags & flush_flags::UPLOAD != 0 {
            bits |= status_code::OUTBOUND_FLUSH;
        }
        if flags & flush_flags::DOWNLOAD != 0 {
            bits |= status_code::INBOUND_FLUSH;
        }
        self.becomes(bits, 0);
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

    fn batch(&self) -> usize {
        self.batch.load(Ordering::SeqCst)
    }

    fn submit_all(
        &self,
        messages: &[Outgoing<'_>],
        attempts: &mut dyn Attempts,
        call: &Call,
    ) -> Vec<Result<Vec<Fate>>> {
        let prepared = messages.iter().map(|m| self.prepare(m, call));
        let mut results = Vec::new();
        let (mut marks, mut words) = (Vec::new(), Vec::new());
        for (message, prepared) in prepared.enumerate() {
            results.push(prepared.map(|(left, fates)| {
                if !left.recipients.is_empty() {
                    let fates = fates.clone();
                    marks.push(Mark {
                        token: self.token(&left, &fates),
                        ..Mark::new(message, fates)
                    });
                    words.push(left);
                }
                fates
            }));
        }
        if marks.is_empty() {
            return results;
        }
        let said = attempts.committing(&marks);
        let said = said.and_then(|()| self.wire.say(words).map_err(unsaid));
        if let Err(error) = said {
            for mark in marks {
                if let Some(result) = results.get_mut(mark.message) {
                    *result = Err(Error::new(error.code(), error.detail()));
                }
            }
        }
        results
    }

    fn ascertain(&self, tokens: &[Vec<u8>], _: &Call) -> Result<Vec<Vec<Option<Fate>>>> {
        let each = tokens.iter();
        Ok(each.map(|token| self.became(token)).collect())
    }

    fn receive(&self, inbox: &mut dyn Inbox, call: &Call) -> Result<Option<Duration>> {
        loop {
            call.check()?;
            let few = self.wire.some(A_FEW);
            let tokens: Vec<_> = few.iter().map(|a| a.token.clone()).collect();
            let results = match few.as_slice() {
                [] => Vec::new(),
                _ => inbox.deliver(few)?,
            };
            let lost = tokens.iter().zip(&results);
            let lost = lost.filter(|(_, r)| r.as_ref().is_err_and(|e| e.code() == Code::CANCEL));
            let lost: Vec<_> = lost.map(|(token, _)| token.clone()).collect();
            self.wire.set_aside(&lost);
            let kept = tokens.into_iter().zip(&results);
            let kept: Vec<_> = kept.filter(|(_, r)| r.is_ok()).map(|(t, _)| t).collect();
            self.wire.keep(&kept);
            let gone = self.wire.forget();
            if !gone.is_empty() {
                inbox.forgotten(&gone)?;
                self.wire.known_gone(&gone);
            }
            if kept.is_empty() {
                return Ok(None);
            }
        }
    }
}

fn unsaid(error: io::Error) -> Error {
    Error::caused(Code::DISK_ERROR, "the last word could not be said", error)
}

fn reach_of(config: &ServiceConfig) -> Reach {
    let types = config.values.get("types").map_or("SMTP", String::as_str);
    let uid = config.values.get("uid").and_then(|hex| {
        let number = u128::from_str_radix(hex, 16).ok()?;
        Some(Guid(number.to_be_bytes()))
    });
    Reach {
        address_types: match types {
            "*" => None,
            types => Some(types.split(' ').map(str::to_owned).collect()),
        },
        uids: uid.into_iter().collect(),
    }
}

/// What others may see of a message: neither Bcc nor MAPI_P1 rows, nor properties that stay.
fn as_sent(message: &MessageTree) -> MessageTree {
    let mut sent = message.clone();
    sent.recipients.retain(|row| {
        let kind = match row.value(tags::RECIPIENT_TYPE) {
            Some(PropValue::Long(kind)) => *kind,
            _ => 0,
        };
        kind & P1 == 0 && kind & 0xF != BCC
    });
    sent.into_transmittable()
}

/// Reads every large value of a message, and says how many bytes there were.
fn read_all(message: &MessageTree, call: &Call) -> Result<u64> {
    let mut bytes = read_props(&message.props, call)?;
    for row in &message.recipients {
        bytes += read_props(row, call)?;
    }
    for attachment in &message.attachments {
        bytes += read_props(&attachment.props, call)?;
        bytes += match &attachment.content {
            TreeContent::None => 0,
            TreeContent::Data(source) | TreeContent::Storage(source) => read(source, call)?,
            TreeContent::Message(inner) => read_all(inner, call)?,
        };
    }
    Ok(bytes)
}

fn read_props(props: &TreeProps, call: &Call) -> Result<u64> {
    let mut bytes = 0;
    for (_, value) in props.iter() {
        if let TreeValue::Large(_, source) = value {
            bytes += read(source, call)?;
        }
    }
    Ok(bytes)
}

fn read(source: &mapi_props::LargeSource, call: &Call) -> Result<u64> {
    let failed = |e| Error::caused(Code::CALL_FAILED, "a large value cannot be read", e);
    let mut reader = source.open().map_err(failed)?;
    let (mut bytes, mut piece) = (0, vec![0; 64 << 10]);
    loop {
        call.check()?;
        match reader.read(&mut piece).map_err(failed)? {
            0 => return Ok(bytes),
            some => bytes += u64::try_from(some).unwrap_or_default(),
        }
    }
}
