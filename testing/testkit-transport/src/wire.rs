//! What left: in memory, or in a file outside of every store that outlives its writers.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use mapi_props::MessageTree;
use mapi_spi::Arrival;

/// A message that left.
#[derive(Debug, Clone, Default)]
pub struct Left {
    /// PR_INTERNET_MESSAGE_ID, or nothing.
    pub message_id: String,
    /// PR_SUBJECT.
    pub subject: String,
    /// The entry id under which it was given.
    pub entry_id: Vec<u8>,
    /// To whom it went, by address, in order.
    pub recipients: Vec<String>,
    /// BEGIN_DEFERRED.
    pub again: bool,
    /// How many bytes its large values had, all of which were read.
    pub large: u64,
    /// All of it, as it left; absent in what was read from a file.
    pub message: Option<MessageTree>,
}

impl Left {
    fn line(&self) -> String {
        let id: String = self.entry_id.iter().map(|b| format!("{b:02x}")).collect();
        let clean = |text: &str| text.replace(['\t', '\n', '\r'], " ");
        format!(
            "{}\t{}\t{id}\t{}\t{}\t{}\n",
            clean(&self.message_id),
            clean(&self.subject),
            self.recipients.join(","),
            self.again,
            self.large
        )
    }

    fn of_line(line: &str) -> Option<Self> {
        let mut parts = line.split('\t');
        let (message_id, subject) = (parts.next()?, parts.next()?);
        let (id, recipients) = (parts.next()?, parts.next()?);
        let again = parts.next()?.parse().ok()?;
        let large = parts.next()?.parse().ok()?;
        let nibble = |c: u8| {
            char::from(c)
                .to_digit(16)
                .and_then(|n| u8::try_from(n).ok())
        };
        let pair = |pair: &[u8]| match pair {
            [high, low] => Some(nibble(*high)? * 16 + nibble(*low)?),
            _ => None,
        };
        Some(Self {
            message_id: message_id.to_owned(),
            subject: subject.to_owned(),
            entry_id: id.as_bytes().chunks(2).map(pair).collect::<Option<_>>()?,
            recipients: recipients.split(',').map(str::to_owned).collect(),
            again,
            large,
            message: None,
        })
    }
}

/// Where messages go, and from where they come.
#[derive(Debug, Default)]
pub struct Wire {
    file: Option<PathBuf>,
    left: Mutex<Vec<Left>>,
    arrived: Mutex<Arrived>,
}

/// What has arrived, as a server keeps it for every transport that asks.
#[derive(Debug, Default)]
struct Arrived {
    /// Tokens, messages, and whether they were kept.
    waiting: Vec<(Vec<u8>, MessageTree, bool)>,
    /// What was forgotten, and the spooler may not know so.
    gone: Vec<Vec<u8>>,
    /// What will never be kept, for a person to find.
    aside: Vec<(Vec<u8>, MessageTree)>,
}

impl Wire {
    /// One in memory.
    #[must_use]
    pub fn new() -> Arc<Self> {
        Arc::default()
    }

    /// One in this file, to which it adds; a line is there whole, and for good, when the last word is said. Nothing is kept in memory.
    #[must_use]
    pub fn at(file: &Path) -> Arc<Self> {
        Arc::new(Self {
            file: Some(file.to_owned()),
            ..Self::default()
        })
    }

    /// The last word of these messages.
    ///
    /// # Errors
    /// Those of the file.
    pub(crate) fn say(&self, messages: Vec<Left>) -> io::Result<()> {
        let Some(path) = &self.file else {
            self.lock().extend(messages);
            return Ok(());
        };
        let text: String = messages.iter().map(Left::line).collect();
        let mut file = OpenOptions::new().append(true).create(true).open(path)?;
        file.write_all(text.as_bytes())?;
        file.sync_data()
    }

    /// How often a message of this entry id has left.
    pub(crate) fn times(&self, entry_id: &[u8]) -> usize {
        let left = self.left();
        left.iter().filter(|left| left.entry_id == entry_id).count()
    }

    /// Whether messages are kept with all they are.
    pub(crate) const fn keeps(&self) -> bool {
        self.file.is_none()
    }

    /// Lets a message arrive.
    pub fn arrive(&self, token: &[u8], message: MessageTree) {
        let mut arrived = self.arrivals();
        arrived.waiting.push((token.to_vec(), message, false));
    }

    /// How many have arrived and are not forgotten.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.arrivals().waiting.len()
    }

    /// The first few that were not kept.
    pub(crate) fn some(&self, few: usize) -> Vec<Arrival> {
        let arrived = self.arrivals();
        let new = arrived.waiting.iter().filter(|(_, _, kept)| !kept);
        let arrival = |(token, message, _): &(Vec<u8>, MessageTree, bool)| Arrival {
            token: token.clone(),
            message: message.clone(),
        };
        new.take(few).map(arrival).collect()
    }

    /// These were kept.
    pub(crate) fn keep(&self, tokens: &[Vec<u8>]) {
        for (token, _, kept) in &mut self.arrivals().waiting {
            *kept |= tokens.contains(token);
        }
    }

    /// These will never be kept: they are not given again.
    pub(crate) fn set_aside(&self, tokens: &[Vec<u8>]) {
        let mut arrived = self.arrivals();
        let all = std::mem::take(&mut arrived.waiting);
        let (lost, stay): (Vec<_>, Vec<_>) = all
            .into_iter()
            .partition(|(token, ..)| tokens.contains(token));
        arrived.waiting = stay;
        let lost = lost.into_iter().map(|(token, message, _)| (token, message));
        arrived.aside.extend(lost);
    }

    /// What was set aside, by its tokens.
    #[must_use]
    pub fn aside(&self) -> Vec<Vec<u8>> {
        let arrived = self.arrivals();
        arrived
            .aside
            .iter()
            .map(|(token, _)| token.clone())
            .collect()
    }

    /// Forgets what was kept, and says of which the spooler may not know that.
    pub(crate) fn forget(&self) -> Vec<Vec<u8>> {
        let mut arrived = self.arrivals();
        let all = std::mem::take(&mut arrived.waiting);
        let (gone, stay): (Vec<_>, Vec<_>) = all.into_iter().partition(|(_, _, kept)| *kept);
        arrived.waiting = stay;
        arrived
            .gone
            .extend(gone.into_iter().map(|(token, ..)| token));
        arrived.gone.clone()
    }

    /// The spooler knows it.
    pub(crate) fn known_gone(&self, tokens: &[Vec<u8>]) {
        self.arrivals().gone.retain(|t| !tokens.contains(t));
    }

    fn arrivals(&self) -> MutexGuard<'_, Arrived> {
        self.arrived.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// All that left, in order.
    #[must_use]
    pub fn left(&self) -> Vec<Left> {
        match &self.file {
            None => self.lock().clone(),
            Some(path) => Self::read(path).unwrap_or_default(),
        }
    }

    /// All that left by a file. A line that was cut was not said.
    ///
    /// # Errors
    /// When it cannot be read, or is something else.
    pub fn read(path: &Path) -> io::Result<Vec<Left>> {
        if !path.exists() {
            return Ok(Vec::new());
        }
        let text = io::read_to_string(File::open(path)?)?;
        let whole = text.rsplit_once('\n').map_or("", |(whole, _)| whole);
        let lines = whole.lines();
        lines
            .map(|line| Left::of_line(line).ok_or_else(|| io::Error::other(line)))
            .collect()
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Left>> {
        self.left.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
