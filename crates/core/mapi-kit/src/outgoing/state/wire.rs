//! The bytes of a queue state: a version, the message's part, texts once each, runs of recipients.

use std::collections::HashMap;

use mapi_props::{Code, FileTime, Guid};
use mapi_spi::{Error, Refusal, Result};

use super::{Cause, DECLINERS, Known, Phase, QueueState};

/// The version that is written.
const VERSION: u8 = 3;
/// The one before, which had no tokens of transports; it is read.
const SECOND: u8 = 2;
/// The first one, which did not say since when a message waits; it is read.
const FIRST: u8 = 1;

/// More recipients than any message has: a damaged row must not ask for all memory.
const RECIPIENTS: usize = 1_000_000;
/// Bytes of what is said of them, which stands once and is said of each; of those behind it nothing is said.
const SAID: usize = 64 << 20;

pub(super) fn write(state: &QueueState) -> Vec<u8> {
    let mut texts = Texts::default();
    let mut out = vec![VERSION];
    number(&mut out, u64::from(state.attempts));
    phase(&mut out, &mut texts, &state.phase);
    let transport = state.transport.iter();
    guids(&mut out, transport);
    guids(&mut out, state.decliners.iter().take(DECLINERS));
    number(&mut out, state.since.map_or(0, |since| since.0));
    number(&mut out, u64::from(state.asked));
    number(&mut out, state.token.len() as u64);
    out.extend(&state.token);
    let mut runs = Vec::new();
    for run in state.known.chunk_by(|a, b| a == b) {
        if let Some(first) = run.first() {
            number(&mut runs, run.len() as u64);
            known(&mut runs, &mut texts, first);
        }
    }
    number(&mut out, texts.all.len() as u64);
    for text in &texts.all {
        number(&mut out, text.len() as u64);
        out.extend_from_slice(text.as_bytes());
    }
    out.extend(runs);
    out
}

/// Texts, each once.
#[derive(Default)]
struct Texts<'a> {
    all: Vec<&'a str>,
    numbers: HashMap<&'a str, u64>,
}

impl<'a> Texts<'a> {
    /// The number of a text.
    fn number(&mut self, text: &'a str) -> u64 {
        let next = self.all.len() as u64;
        *self.numbers.entry(text).or_insert_with(|| {
            self.all.push(text);
            next
        })
    }
}

fn phase<'a>(out: &mut Vec<u8>, texts: &mut Texts<'a>, phase: &'a Phase) {
    out.push(match phase {
        Phase::Ready => 0,
        Phase::Started => 1,
        Phase::Committing => 2,
        Phase::Waiting { .. } => 3,
        Phase::Held => 4,
        Phase::Unknown => 5,
        Phase::Deferred => 6,
    });
    if let Phase::Waiting { until, cause, why } = phase {
        out.extend(until.0.to_le_bytes());
        out.push(match cause {
            Cause::SendTime => 0,
            Cause::Transport => 1,
            Cause::Recipients => 2,
        });
        number(out, texts.number(why));
    }
}

fn known<'a>(out: &mut Vec<u8>, texts: &mut Texts<'a>, known: &'a Known) {
    match known {
        Known::Open { declined, why } => {
            out.push(0);
            number(out, *declined);
            number(out, texts.number(why));
        }
        Known::Leaving => out.push(1),
        Known::Sent => out.push(2),
        Known::Refused(refusal) => {
            out.push(3);
            for code in [refusal.reason, refusal.diagnostic, refusal.status] {
                out.extend(code.to_le_bytes());
            }
            number(out, texts.number(&refusal.text));
        }
        Known::Deferred { declined: 0, by: 0 } => out.push(4),
        Known::Deferred { declined, by } => {
            out.push(6);
            number(out, *declined);
            number(out, *by);
        }
        Known::Unknown => out.push(5),
    }
}

fn guids<'a>(out: &mut Vec<u8>, all: impl ExactSizeIterator<Item = &'a Guid>) {
    number(out, all.len() as u64);
    for guid in all {
        out.extend(guid.0);
    }
}

/// LEB128.
fn number(out: &mut Vec<u8>, mut value: u64) {
    loop {
        let low = u8::try_from(value & 0x7F).unwrap_or_default();
        value >>= 7;
        if value == 0 {
            out.push(low);
            return;
        }
        out.push(low | 0x80);
    }
}

pub(super) fn read(bytes: &[u8]) -> Result<QueueState> {
    let mut from = Reader(bytes);
    match from.byte() {
        Some(version @ (FIRST | SECOND | VERSION)) => from.state(version).ok_or_else(damaged),
        Some(version) => {
            let detail = format!("the queue state is of version {version}, which is not known");
            Err(Error::new(Code::VERSION, detail))
        }
        None => Err(damaged()),
    }
}

fn damaged() -> Error {
    Error::new(Code::CORRUPT_DATA, "the queue state is damaged")
}

struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn state(&mut self, version: u8) -> Option<QueueState> {
        let attempts = u32::try_from(self.number()?).ok()?;
        let (mut phase, why) = self.phase()?;
        let transport = self.guids(1)?.pop();
        let decliners = self.guids(DECLINERS)?;
        let since = match version {
            FIRST => 0,
            _ => self.number()?,
        };
        let (asked, token) = match version {
            FIRST | SECOND => (0, &[][..]),
            _ => (u32::try_from(self.number()?).ok()?, self.block()?),
        };
        let texts = self.texts()?;
        if let (Phase::Waiting { why: text, .. }, Some(at)) = (&mut phase, why) {
            *text = text_at(&texts, at)?;
        }
        let (mut known, mut said) = (Vec::new(), 0usize);
        while !self.0.is_empty() {
            let count = self.length(RECIPIENTS - known.len())?;
            let mut one = self.known(&texts)?;
            let more = one.said().len().saturating_mul(count);
            match said.checked_add(more).filter(|said| *said <= SAID) {
                Some(all) => said = all,
                None => one.unsay(),
            }
            known.resize(known.len() + count, one);
        }
        Some(QueueState {
            attempts,
            phase,
            transport,
            decliners,
            since: Some(FileTime(since)).filter(|since| since.0 != 0),
            token: token.to_vec(),
            asked,
            known,
        })
    }

    /// The phase, and which text says why.
    fn phase(&mut self) -> Option<(Phase, Option<usize>)> {
        Some(match self.byte()? {
            0 => (Phase::Ready, None),
            1 => (Phase::Started, None),
            2 => (Phase::Committing, None),
            3 => {
                let until = FileTime(u64::from_le_bytes(self.array()?));
                let cause = match self.byte()? {
                    0 => Cause::SendTime,
                    1 => Cause::Transport,
                    2 => Cause::Recipients,
                    _ => return None,
                };
                let why = String::new();
                let at = self.length(usize::MAX)?;
                (Phase::Waiting { until, cause, why }, Some(at))
            }
            4 => (Phase::Held, None),
            5 => (Phase::Unknown, None),
            6 => (Phase::Deferred, None),
            _ => return None,
        })
    }

    fn known(&mut self, texts: &[&str]) -> Option<Known> {
        Some(match self.byte()? {
            0 => Known::Open {
                declined: self.number()?,
                why: text_at(texts, self.length(usize::MAX)?)?,
            },
            1 => Known::Leaving,
            2 => Known::Sent,
            3 => Known::Refused(Refusal {
                reason: i32::from_le_bytes(self.array()?),
                diagnostic: i32::from_le_bytes(self.array()?),
                status: i32::from_le_bytes(self.array()?),
                text: text_at(texts, self.length(usize::MAX)?)?,
            }),
            4 => Known::Deferred { declined: 0, by: 0 },
            5 => Known::Unknown,
            6 => Known::Deferred {
                declined: self.number()?,
                by: self.number()?,
            },
            _ => return None,
        })
    }

    fn texts(&mut self) -> Option<Vec<&'a str>> {
        let count = self.length(self.0.len())?;
        let mut texts = Vec::new();
        for _ in 0..count {
            texts.push(std::str::from_utf8(self.block()?).ok()?);
        }
        Some(texts)
    }

    /// A length and so many bytes.
    fn block(&mut self) -> Option<&'a [u8]> {
        let length = self.length(usize::MAX)?;
        let (block, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(block)
    }

    fn guids(&mut self, most: usize) -> Option<Vec<Guid>> {
        let count = self.length(most)?;
        (0..count).map(|_| self.array().map(Guid)).collect()
    }

    fn byte(&mut self) -> Option<u8> {
        self.array().map(u8::from_le_bytes)
    }

    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (head, rest) = self.0.split_first_chunk::<N>()?;
        self.0 = rest;
        Some(*head)
    }

    fn length(&mut self, most: usize) -> Option<usize> {
        let length = usize::try_from(self.number()?).ok()?;
        (length <= most).then_some(length)
    }

    fn number(&mut self) -> Option<u64> {
        let mut value = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            let bits = u64::from(byte & 0x7F);
            if shift == 63 && bits > 1 {
                return None;
            }
            value |= bits << shift;
            if byte < 0x80 {
                return Some(value);
            }
        }
        None
    }
}

fn text_at(texts: &[&str], at: usize) -> Option<String> {
    texts.get(at).map(|text| (*text).to_owned())
}
