//! Takes parcels out of the mailbox: in order, a few messages at a time, each parcel gone only when all of it is kept.

use std::collections::BTreeSet;
use std::io;

use mapi_props::{Code, Kind};
use mapi_spi::{Arrival, Call, Error, Inbox, Result};

use super::arrive::arrived;
use super::route::Router;
use crate::parcel::{Broken, ParcelName, ParcelReader};
use crate::settings::Settings;
use crate::spool::Mailbox;
use crate::trouble::{Step, Troubles};

/// Messages given at once.
const MESSAGES: usize = 256;
/// Bytes in memory of messages given at once; a larger one is given alone.
const WEIGHT: u64 = 8 << 20;

/// What receiving needs.
pub(super) struct Receiver<'a> {
    pub(super) mailbox: &'a Mailbox,
    pub(super) settings: &'a Settings,
    pub(super) troubles: &'a Troubles,
}

/// What came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Took {
    /// All that could be taken.
    All,
    /// Another takes from this mailbox just now.
    Nothing,
}

/// A parcel while it is taken.
struct Taking {
    name: ParcelName,
    /// What is wrong with some of its messages, for good.
    broken: Vec<String>,
    /// Some of its messages are to be given again later.
    again: bool,
    /// Nothing more comes of it.
    read: bool,
}

/// Messages that were not given yet, with the places of their parcels.
#[derive(Default)]
struct Batch {
    arrivals: Vec<Arrival>,
    parcels: Vec<usize>,
    weight: u64,
}

impl Receiver<'_> {
    pub(super) fn take(&self, inbox: &mut dyn Inbox, call: &Call) -> Result<Took> {
        call.check()?;
        self.troubles.meet(Step::Receive, call)?;
        let Some(_alone) = self.mailbox.receive().map_err(|e| self.failed(e))? else {
            return Ok(Took::Nothing);
        };
        if let Err(error) = self.mailbox.sweep() {
            tracing::warn!(%error, "what senders left in the mailbox could not be removed");
        }
        self.forget(inbox)?;
        let mut seen = BTreeSet::new();
        loop {
            let mut names = self.mailbox.waiting().map_err(|e| self.failed(e))?;
            // What cannot be taken now is not tried twice.
            names.retain(|name| !seen.contains(name));
            if names.is_empty() {
                return Ok(Took::All);
            }
            // What is kept stays delivered, even if its sender could not make it durable before the machine stopped.
            self.mailbox.sync().map_err(|e| self.failed(e))?;
            self.pass(&names, inbox, call)?;
            seen.extend(names);
        }
    }

    /// Takes these parcels.
    fn pass(&self, names: &[ParcelName], inbox: &mut dyn Inbox, call: &Call) -> Result<()> {
        let router = Router::new(self.settings.domains.as_deref());
        let (mut batch, mut parcels) = (Batch::default(), Vec::new());
        for name in names {
            call.check()?;
            let Some(reader) = self.open(*name) else {
                continue;
            };
            parcels.push(Taking {
                name: *name,
                broken: Vec::new(),
                again: false,
                read: false,
            });
            for (number, posted) in (0..).zip(reader) {
                if batch.is_full() {
                    self.give(&mut batch, &mut parcels, inbox, call)?;
                }
                self.put(posted, number, &router, &mut batch, &mut parcels);
            }
            if let Some(last) = parcels.last_mut() {
                last.read = true;
            }
        }
        self.give(&mut batch, &mut parcels, inbox, call)
    }

    /// Puts a message of the last parcel into the batch.
    fn put(
        &self,
        posted: std::result::Result<crate::parcel::Posted, Broken>,
        number: u64,
        router: &Router<'_>,
        batch: &mut Batch,
        parcels: &mut [Taking],
    ) {
        let place = parcels.len().saturating_sub(1);
        let Some(parcel) = parcels.last_mut() else {
            return;
        };
        let posted = match posted {
            Ok(posted) => posted,
            Err(Broken::Io(e)) if !is_damage(&e) => {
                tracing::warn!(error = %e, parcel = parcel.name.file(), "a parcel cannot be read now");
                parcel.again = true;
                return;
            }
            Err(broken) => return parcel.broken.push(broken.to_string()),
        };
        let weight = posted.weight;
        match arrived(posted, parcel.name.time(), self.settings, router) {
            Ok(message) => {
                batch.arrivals.push(Arrival {
                    token: parcel.name.token(number),
                    message,
                });
                batch.parcels.push(place);
                batch.weight = batch.weight.saturating_add(weight);
            }
            Err(why) => parcel.broken.push(format!("message {number}: {why}")),
        }
    }

    /// Opens a parcel, or puts it aside.
    fn open(&self, name: ParcelName) -> Option<ParcelReader> {
        let broken = match self.mailbox.open(name) {
            // Somebody removed it.
            Ok(None) => return None,
            Ok(Some((file, size))) => match ParcelReader::open(file, size) {
                Ok(reader) => return Some(reader),
                Err(broken) => broken,
            },
            Err(e) => Broken::Io(e),
        };
        match broken {
            Broken::Io(e) if !is_damage(&e) => {
                tracing::warn!(error = %e, parcel = name.file(), "a parcel cannot be opened now");
            }
            broken => self.put_aside(name, &broken.to_string()),
        }
        None
    }

    /// Gives the batch, and does what is to be done with parcels of which nothing more comes.
    fn give(
        &self,
        batch: &mut Batch,
        parcels: &mut Vec<Taking>,
        inbox: &mut dyn Inbox,
        call: &Call,
    ) -> Result<()> {
        let Batch {
            arrivals,
            parcels: places,
            ..
        } = std::mem::take(batch);
        if !arrivals.is_empty() {
            call.check()?;
            let mut results = inbox.deliver(arrivals)?.into_iter();
            for place in places {
                let unanswered = || Err(Error::new(Code::CALL_FAILED, "nothing was said of it"));
                let result = results.next().unwrap_or_else(unanswered);
                if let (Err(error), Some(parcel)) = (result, parcels.get_mut(place)) {
                    parcel.failed(&error);
                }
            }
        }
        let (done, open): (Vec<_>, Vec<_>) =
            std::mem::take(parcels).into_iter().partition(|p| p.read);
        *parcels = open;
        self.settle(done, inbox, call)
    }

    /// Removes the parcels of which all is kept, and puts those aside of which the rest cannot be read.
    fn settle(&self, done: Vec<Taking>, inbox: &mut dyn Inbox, call: &Call) -> Result<()> {
        self.troubles.meet(Step::Keep, call)?;
        let mut any = false;
        for parcel in done {
            if parcel.again {
                continue;
            }
            if !parcel.broken.is_empty() {
                self.put_aside(parcel.name, &parcel.broken.join("\n"));
                continue;
            }
            // One that does not go keeps no other from going: it is known by its tokens when it is given again.
            match self.mailbox.take(parcel.name) {
                Ok(()) => any = true,
                Err(error) => {
                    tracing::warn!(%error, parcel = parcel.name.file(), "a parcel that was kept cannot be taken away");
                }
            }
        }
        match any {
            true => self.forget(inbox),
            false => Ok(()),
        }
    }

    /// Has what was taken forgotten: once it is durable that it will never be given again, also after a crash that came between.
    fn forget(&self, inbox: &mut dyn Inbox) -> Result<()> {
        let names = self.mailbox.taken().map_err(|e| self.failed(e))?;
        if names.is_empty() {
            return Ok(());
        }
        self.mailbox.sync().map_err(|e| self.failed(e))?;
        let mut tokens = Vec::new();
        for name in &names {
            let count = self.count_of(*name);
            tokens.extend((0..count).map(|number| name.token(number)));
        }
        inbox.forgotten(&tokens)?;
        for name in names {
            if let Err(error) = self.mailbox.remove(name) {
                tracing::warn!(%error, parcel = name.file(), "a parcel that was taken cannot be removed");
            }
        }
        Ok(())
    }

    /// How many messages a parcel had that was taken; none if it is damaged by now: its tokens stay remembered.
    fn count_of(&self, name: ParcelName) -> u64 {
        let opened = self.mailbox.open_taken(name).ok().flatten();
        let reader = opened.and_then(|(file, size)| ParcelReader::open(file, size).ok());
        reader.map_or(0, |reader| reader.messages())
    }

    fn put_aside(&self, name: ParcelName, why: &str) {
        match self.mailbox.put_aside(name, why) {
            Ok(to) => tracing::warn!(why, parcel = %to.display(), "a damaged parcel was put aside"),
            Err(error) => {
                tracing::warn!(why, %error, parcel = name.file(), "a damaged parcel could not be put aside")
            }
        }
    }

    fn failed(&self, error: io::Error) -> Error {
        let folder = self.mailbox.new_folder();
        let detail = format!("the mailbox {}: {error}", folder.display());
        Error::caused(Code::DISK_ERROR, detail, error)
    }
}

impl Taking {
    /// A message of it was not kept.
    fn failed(&mut self, error: &Error) {
        let of_message = error.kind() == Kind::Corrupt
            || matches!(
                error.code(),
                Code::TOO_COMPLEX | Code::TOO_BIG | Code::CANCEL
            );
        match of_message {
            true => self.broken.push(error.to_string()),
            false => self.again = true,
        }
    }
}

impl Batch {
    const fn is_full(&self) -> bool {
        self.arrivals.len() >= MESSAGES || self.weight >= WEIGHT
    }
}

/// Whether a file that cannot be read will be so for ever.
fn is_damage(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::UnexpectedEof | io::ErrorKind::InvalidData
    )
}
