//! A machine with profiles, a clock that moves by itself, and an inbox.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use mapi_props::{
    Code, FileTime, Guid, MessageTree, PropTag, PropValue, TreeProps, recipient_type, tags,
};
use mapi_spi::{
    Arrival, Attempts, Call, Error, Fate, Headless, Inbox, Mark, OpenTransport, Outgoing, Result,
    Service, ServiceConfig, ServiceDraft, ServiceEvent, SpoolerNotice, StatusChange, Support,
    Transport, UiUse,
};
use transport_local::LocalDeliveryService;

/// The host's side of one transport.
#[derive(Debug, Default)]
pub(crate) struct Host {
    ticks: AtomicU64,
    pub(crate) row: Mutex<BTreeMap<PropTag, PropValue>>,
    notices: Mutex<Vec<SpoolerNotice>>,
    heard: Condvar,
}

impl Support for Host {
    fn now(&self) -> FileTime {
        FileTime(133_000_000_000_000_000 + self.ticks.fetch_add(1, Ordering::SeqCst))
    }

    fn random(&self, bytes: &mut [u8]) {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        let seed = NEXT.fetch_add(1, Ordering::SeqCst).to_le_bytes();
        bytes
            .iter_mut()
            .zip(seed.iter().cycle())
            .for_each(|(to, from)| *to = *from);
    }

    fn modify_status_row(&self, columns: &[(PropTag, PropValue)], change: StatusChange) {
        let mut row = self.row.lock().unwrap();
        if change == StatusChange::Replace {
            row.clear();
        }
        row.extend(columns.iter().cloned());
    }

    fn spooler_notify(&self, notice: SpoolerNotice) {
        self.notices.lock().unwrap().push(notice);
        self.heard.notify_all();
    }
}

impl Host {
    /// Waits until this was told, and forgets what was told until then.
    pub(crate) fn hears(&self, wanted: &SpoolerNotice) -> bool {
        let told = self.notices.lock().unwrap();
        let missing = |told: &mut Vec<SpoolerNotice>| !told.contains(wanted);
        let (mut told, waited) = self
            .heard
            .wait_timeout_while(told, Duration::from_secs(20), missing)
            .unwrap();
        told.clear();
        !waited.timed_out()
    }

    pub(crate) fn says(&self, tag: impl Into<PropTag>) -> Option<PropValue> {
        self.row.lock().unwrap().get(&tag.into()).cloned()
    }

    pub(crate) fn code(&self) -> i32 {
        self.says(tags::STATUS_CODE)
            .and_then(|v| v.as_long())
            .unwrap()
    }
}

/// A home with a spool directory.
pub(crate) struct Machine {
    pub(crate) home: tempfile::TempDir,
}

impl Machine {
    pub(crate) fn new() -> Self {
        Self {
            home: tempfile::tempdir().unwrap(),
        }
    }

    pub(crate) fn spool(&self) -> PathBuf {
        self.home.path().join("data/.spool")
    }

    pub(crate) fn config(&self, profile: &str, settings: &[(&str, &str)]) -> ServiceConfig {
        config(self.home.path(), profile, settings)
    }

    /// Logs on; the address is that of the profile at localhost unless the settings say otherwise.
    pub(crate) fn logon(
        &self,
        profile: &str,
        settings: &[(&str, &str)],
    ) -> Result<(Arc<dyn Transport>, Arc<Host>)> {
        logon(self.config(profile, settings), profile)
    }

    pub(crate) fn person(&self, profile: &str) -> Arc<dyn Transport> {
        self.logon(profile, &[]).unwrap().0
    }

    /// Files below `mailboxes/*/FOLDER`, by name.
    /// Parcels that are written and in no mailbox.
    pub(crate) fn drafts(&self) -> Vec<PathBuf> {
        let all = self.files("tmp").into_iter();
        all.filter(|path| path.extension().unwrap() == "parcel")
            .collect()
    }

    /// Words of parcels that were withdrawn; they hold nothing.
    pub(crate) fn voids(&self) -> Vec<PathBuf> {
        let all = self.files("tmp").into_iter();
        let voids = all.filter(|path| path.extension().unwrap() == "void");
        voids
            .inspect(|path| assert_eq!(fs::metadata(path).unwrap().len(), 0))
            .collect()
    }

    pub(crate) fn files(&self, folder: &str) -> Vec<PathBuf> {
        let mut all = Vec::new();
        for mailbox in fs::read_dir(self.spool().join("mailboxes"))
            .into_iter()
            .flatten()
        {
            let folder = mailbox.unwrap().path().join(folder);
            // Whoever makes a mailbox at this moment has perhaps not come so far.
            let files = fs::read_dir(folder).into_iter().flatten();
            all.extend(files.map(|e| e.unwrap().path()));
        }
        all.sort();
        all
    }
}

/// Asks the entry point.
pub(crate) fn entry(config: &ServiceConfig, event: &ServiceEvent<'_>) -> Result<ServiceDraft> {
    static NEXT: AtomicU64 = AtomicU64::new(1000);
    let mut uid = [7; 16];
    uid[..8].copy_from_slice(&NEXT.fetch_add(1, Ordering::SeqCst).to_le_bytes());
    let mut draft = ServiceDraft {
        config: config.clone(),
        uid: Guid(uid),
        ..ServiceDraft::default()
    };
    LocalDeliveryService.entry(event, &mut draft, &Headless, &Call::default())?;
    Ok(draft)
}

pub(crate) const CREATE: ServiceEvent<'static> = ServiceEvent::Create { ui: UiUse::Never };

/// A recipient.
pub(crate) fn row(kind: i32, address: &str) -> TreeProps {
    let mut row = TreeProps::new();
    row.set(tags::RECIPIENT_TYPE, kind);
    row.set(tags::ADDRTYPE, "SMTP");
    row.set(tags::EMAIL_ADDRESS, address);
    row.set(tags::DISPLAY_NAME, address);
    row
}

pub(crate) fn message(subject: &str, to: &[&str]) -> MessageTree {
    let mut tree = MessageTree::default();
    tree.props.set(tags::MESSAGE_CLASS, "IPM.Note");
    tree.props.set(tags::SUBJECT, subject);
    tree.recipients = to.iter().map(|a| row(recipient_type::TO, a)).collect();
    tree
}

/// The settings of a profile in this home.
pub(crate) fn config(home: &Path, profile: &str, settings: &[(&str, &str)]) -> ServiceConfig {
    let owned = |(k, v): &(&str, &str)| ((*k).to_owned(), (*v).to_owned());
    ServiceConfig {
        base: home.join("data").join(profile),
        values: settings.iter().map(owned).collect(),
    }
}

/// Logs on with these settings, to which the address is added.
pub(crate) fn logon(
    mut config: ServiceConfig,
    profile: &str,
) -> Result<(Arc<dyn Transport>, Arc<Host>)> {
    let address = || format!("{profile}@localhost");
    config
        .values
        .entry("address".to_owned())
        .or_insert_with(address);
    let host = Arc::new(Host::default());
    let open = OpenTransport {
        config,
        provider: String::new(),
    };
    let transport = LocalDeliveryService.open_transport(
        &open,
        Arc::clone(&host) as Arc<dyn Support>,
        &Call::default(),
    )?;
    Ok((transport, host))
}

/// What the spooler notes.
#[derive(Debug, Default)]
pub(crate) struct Marks {
    pub(crate) marks: Vec<Mark>,
    pub(crate) refuses: bool,
    /// What is in `new` when the marks are made.
    pub(crate) seen: Option<(PathBuf, usize)>,
}

impl Attempts for Marks {
    fn committing(&mut self, marks: &[Mark]) -> Result<()> {
        if let Some((spool, count)) = &mut self.seen {
            *count = walk(spool)
                .iter()
                .filter(|p| p.parent().unwrap().ends_with("new"))
                .count();
        }
        self.marks.extend_from_slice(marks);
        match self.refuses {
            true => Err(Error::new(Code::END_OF_SESSION, "another holds the lease")),
            false => Ok(()),
        }
    }
}

pub(crate) fn walk(path: &Path) -> Vec<PathBuf> {
    let mut all = Vec::new();
    for entry in fs::read_dir(path).into_iter().flatten() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => all.extend(walk(&path)),
            false => all.push(path),
        }
    }
    all
}

/// Sends messages to all their recipients.
pub(crate) fn send(
    from: &dyn Transport,
    messages: &[MessageTree],
) -> (Vec<Result<Vec<Fate>>>, Marks) {
    let mut marks = Marks::default();
    let results = send_with(from, messages, &mut marks, &Call::default());
    (results, marks)
}

pub(crate) fn send_with(
    from: &dyn Transport,
    messages: &[MessageTree],
    marks: &mut dyn Attempts,
    call: &Call,
) -> Vec<Result<Vec<Fate>>> {
    let places: Vec<Vec<usize>> = messages
        .iter()
        .map(|m| (0..m.recipients.len()).collect())
        .collect();
    let outgoing: Vec<Outgoing<'_>> = messages
        .iter()
        .zip(&places)
        .map(|(message, recipients)| Outgoing {
            entry_id: b"entry",
            message,
            recipients,
            again: false,
        })
        .collect();
    from.submit_all(&outgoing, marks, call)
}

/// The fates of a message that was sent without trouble.
pub(crate) fn fates(from: &dyn Transport, message: MessageTree) -> Vec<Fate> {
    send(from, &[message]).0.pop().unwrap().unwrap()
}

/// An inbox that keeps each message once, as long as its token is remembered.
#[derive(Default)]
pub(crate) struct Kept {
    pub(crate) messages: Vec<MessageTree>,
    pub(crate) remembered: BTreeSet<Vec<u8>>,
    /// Messages given at once.
    pub(crate) batches: Vec<usize>,
    pub(crate) again: usize,
    /// The calls of `deliver` that fail before, and after, keeping.
    pub(crate) fails_before: bool,
    pub(crate) fails_after: bool,
    pub(crate) fails_to_forget: bool,
    /// Answers that are errors, by subject.
    pub(crate) refuses: Option<(String, Code)>,
}

impl Inbox for Kept {
    fn deliver(&mut self, arrivals: Vec<Arrival>) -> Result<Vec<Result<()>>> {
        let failed = || Error::new(Code::NOT_ENOUGH_DISK, "told to fail");
        if std::mem::take(&mut self.fails_before) {
            return Err(failed());
        }
        self.batches.push(arrivals.len());
        let mut results = Vec::new();
        for arrival in arrivals {
            assert!(arrival.token.len() <= 255);
            let refused = self
                .refuses
                .as_ref()
                .filter(|(s, _)| Some(s.as_str()) == arrival.message.props.text(tags::SUBJECT));
            if let Some((_, code)) = refused {
                results.push(Err(Error::new(*code, "told to refuse")));
                continue;
            }
            match self.remembered.insert(arrival.token) {
                true => self.messages.push(arrival.message),
                false => self.again += 1,
            }
            results.push(Ok(()));
        }
        match std::mem::take(&mut self.fails_after) {
            true => Err(failed()),
            false => Ok(results),
        }
    }

    fn forgotten(&mut self, tokens: &[Vec<u8>]) -> Result<()> {
        if std::mem::take(&mut self.fails_to_forget) {
            return Err(Error::new(Code::CALL_FAILED, "told to fail"));
        }
        tokens.iter().for_each(|token| {
            self.remembered.remove(token);
        });
        Ok(())
    }
}

impl Kept {
    pub(crate) fn subjects(&self) -> Vec<&str> {
        self.messages
            .iter()
            .map(|m| m.props.text(tags::SUBJECT).unwrap_or("?"))
            .collect()
    }
}

pub(crate) fn receive(to: &dyn Transport) -> Kept {
    let mut kept = Kept::default();
    to.receive(&mut kept, &Call::default()).unwrap();
    kept
}
