//! Lines of JSON on a stream, bounded in length and in time.

use std::io::{self, Read, Write};
use std::time::{Duration, Instant};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::message::{Request, VERSION};

/// Longest question, in bytes.
pub(super) const QUESTION: usize = 16 << 10;
/// Longest answer.
pub(super) const ANSWER: usize = 4 << 20;

/// A question with the version that it is written in.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Versioned {
    malle: u32,
    #[serde(flatten)]
    request: Request,
}

impl Versioned {
    pub(super) const fn new(request: Request) -> Self {
        Self {
            malle: VERSION,
            request,
        }
    }
}

/// What is wrong with a question.
#[derive(Debug, Deserialize)]
struct VersionOnly {
    malle: Option<u32>,
}

/// The question in a line, or what is wrong with it.
pub(super) fn question(line: &[u8]) -> Result<Request, String> {
    let version: VersionOnly =
        serde_json::from_slice(line).map_err(|e| format!("this is no question: {e}"))?;
    match version.malle {
        Some(VERSION) => {}
        Some(other) => {
            return Err(format!(
                "version {other} of the protocol is asked for; this is {VERSION}"
            ));
        }
        None => return Err("the version is missing".to_owned()),
    }
    let asked: Versioned =
        serde_json::from_slice(line).map_err(|e| format!("this question is not known: {e}"))?;
    Ok(asked.request)
}

/// Writes one line.
pub(super) fn write(to: &mut impl Write, value: &impl Serialize) -> io::Result<()> {
    let mut line = serde_json::to_vec(value)?;
    line.push(b'\n');
    to.write_all(&line)
}

/// A stream whose reads can be given a limit of time.
pub(super) trait Timed: Read {
    fn limit(&self, time: Duration) -> io::Result<()>;
}

/// Reads lines off a stream.
#[derive(Debug)]
pub(super) struct Lines<S> {
    stream: S,
    waiting: Vec<u8>,
    longest: usize,
}

impl<S: Timed> Lines<S> {
    pub(super) const fn new(stream: S, longest: usize) -> Self {
        Self {
            stream,
            waiting: Vec::new(),
            longest,
        }
    }

    /// The next line, which must be whole by then.
    ///
    /// # Errors
    /// `UnexpectedEof`, `TimedOut`, `InvalidData` (too long).
    pub(super) fn next(&mut self, until: Instant) -> io::Result<Vec<u8>> {
        let mut looked = 0;
        loop {
            let new = self.waiting.get(looked..).unwrap_or_default();
            if let Some(end) = new.iter().position(|b| *b == b'\n') {
                let rest = self.waiting.split_off(looked + end + 1);
                let mut line = std::mem::replace(&mut self.waiting, rest);
                line.pop();
                return Ok(line);
            }
            looked = self.waiting.len();
            if looked > self.longest {
                let detail = format!("a line of more than {} bytes", self.longest);
                return Err(io::Error::new(io::ErrorKind::InvalidData, detail));
            }
            self.fill(until)?;
        }
    }

    /// The next line as a value.
    pub(super) fn value<T: DeserializeOwned>(&mut self, until: Instant) -> io::Result<T> {
        let line = self.next(until)?;
        Ok(serde_json::from_slice(&line)?)
    }

    fn fill(&mut self, until: Instant) -> io::Result<()> {
        let left = until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(io::ErrorKind::TimedOut.into());
        }
        self.stream.limit(left)?;
        let mut piece = [0; 4096];
        let read = match self.stream.read(&mut piece) {
            // What systems say when the limit has passed.
            Err(e) if e.kind() == io::ErrorKind::WouldBlock => {
                return Err(io::ErrorKind::TimedOut.into());
            }
            Err(e) if e.kind() == io::ErrorKind::Interrupted => return Ok(()),
            read => read?,
        };
        if read == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.waiting
            .extend_from_slice(piece.get(..read).unwrap_or_default());
        Ok(())
    }
}
