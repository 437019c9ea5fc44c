//! Work that can be counted: one line outside and one message inside for each job.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use malle_host::daemon::{self, News, Work};
use mapi_props::{Code, tags};
use mapi_spi::{
    Call, ChangeSet, Error, Expect, FlagPatch, ItemId, MessageSave, MessageTarget, Op, Origin,
    PropPatch, Store, SyncRow,
};

/// Under which the marks of jobs are kept.
const MARKS: Origin = Origin(77);
/// How long a job takes before and after its line is written.
const PAUSE: Duration = Duration::from_millis(8);

/// Where jobs lie, and what was sent.
#[derive(Debug, Clone)]
pub(crate) struct Desk {
    pub(crate) place: PathBuf,
    jobs: PathBuf,
    pub(crate) sent: PathBuf,
}

impl Desk {
    pub(crate) fn below(place: &Path) -> Result<Self> {
        let desk = Self {
            place: place.to_owned(),
            jobs: place.join("jobs"),
            sent: place.join("sent"),
        };
        fs::create_dir_all(&desk.jobs)?;
        OpenOptions::new()
            .create(true)
            .append(true)
            .open(&desk.sent)?;
        Ok(desk)
    }

    /// Leaves jobs to be done.
    pub(super) fn give(&self, jobs: Range<usize>) -> Result<()> {
        for job in jobs {
            fs::write(self.jobs.join(format!("{job:06}")), b"")?;
        }
        Ok(())
    }

    /// How many lines there are.
    pub(super) fn sent(&self) -> Result<usize> {
        Ok(fs::read_to_string(&self.sent)?.lines().count())
    }

    /// Waits until so many jobs were sent.
    pub(super) fn until_sent(&self, jobs: usize) -> Result<()> {
        let until = Instant::now() + super::PATIENCE;
        while self.sent()? < jobs {
            if Instant::now() > until {
                bail!("only {} jobs were sent", self.sent()?);
            }
            thread::sleep(Duration::from_millis(2));
        }
        Ok(())
    }

    fn jobs(&self) -> std::io::Result<Vec<String>> {
        let mut names: Vec<_> = fs::read_dir(&self.jobs)?
            .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
            .collect();
        names.sort();
        Ok(names)
    }
}

/// The number of a job in a line or subject.
pub(super) fn job_of(text: &str) -> Option<usize> {
    text.strip_prefix("job ")?.split(' ').next()?.parse().ok()
}

/// Does the jobs of a desk.
#[derive(Debug)]
pub(super) struct Scripted(pub(super) Desk);

impl Work for Scripted {
    fn name(&self) -> &'static str {
        "scripted"
    }

    fn concerns(&self, news: &News<'_>) -> bool {
        matches!(news, News::Begun | News::Asked)
    }

    fn run(&self, desk: &daemon::Desk<'_>, call: &Call) -> mapi_spi::Result<Option<Duration>> {
        let epoch = call.epoch.map(|epoch| epoch.number).unwrap_or_default();
        say(&format!("epoch {epoch}"));
        let store = desk.store.as_ref();
        let inbox = inbox(store, call)?;
        let names = self.0.jobs().map_err(failed)?;
        let total = u64::try_from(names.len()).ok();
        for (n, name) in names.iter().enumerate() {
            call.check()?;
            call.report(u64::try_from(n).unwrap_or(0), total);
            self.job(store, inbox, name, call)?;
        }
        Ok(None)
    }
}

impl Scripted {
    fn job(
        &self,
        store: &dyn Store,
        inbox: ItemId,
        name: &str,
        call: &Call,
    ) -> mapi_spi::Result<()> {
        let key = name.as_bytes().to_vec();
        let rows = store.sync_rows(MARKS, None, call)?;
        let mark = rows.iter().find(|(k, _)| *k == key);
        if mark.is_some_and(|(_, value)| value == b"done") {
            return Ok(());
        }
        let begun = ChangeSet {
            sync_state: vec![row(&key, b"begun")],
            ..ChangeSet::default()
        };
        store.commit(begun, call)?;
        thread::sleep(PAUSE);
        let number: usize = name.parse().unwrap_or(usize::MAX);
        let line = format!("job {number} {}\n", std::process::id());
        let mut sent = OpenOptions::new().append(true).open(&self.0.sent);
        sent.as_mut()
            .map_err(|e| failed(std::io::Error::new(e.kind(), "the file of what was sent")))?
            .write_all(line.as_bytes())
            .map_err(failed)?;
        thread::sleep(PAUSE);
        let done = ChangeSet {
            ops: vec![Op::SaveMessage(Box::new(message(inbox, number)))],
            sync_state: vec![row(&key, b"done")],
            origin: MARKS,
            ..ChangeSet::default()
        };
        store.commit(done, call).map(drop)
    }
}

fn row(key: &[u8], value: &[u8]) -> SyncRow {
    SyncRow {
        origin: MARKS,
        object: None,
        key: key.to_vec(),
        value: Some(value.to_vec()),
    }
}

fn message(folder: ItemId, job: usize) -> MessageSave {
    MessageSave {
        target: MessageTarget::New {
            folder,
            associated: false,
        },
        expect: Expect::Any,
        patch: PropPatch::default()
            .with(tags::MESSAGE_CLASS, "IPM.Note")
            .with(tags::SUBJECT, format!("job {job} done")),
        recipients: None,
        attachments: None,
        flags: FlagPatch::default(),
        content_changed: true,
        source: None,
    }
}

/// The folder called Inbox.
fn inbox(store: &dyn Store, call: &Call) -> mapi_spi::Result<ItemId> {
    let all = mapi_spi::RowSet::Hierarchy {
        depth: mapi_spi::Depth::All,
        deleted: false,
    };
    let mut found = None;
    store.scan(store.info().root, all, call, &mut |row| {
        if let mapi_spi::ScanBody::Folder(props, _) = row.body
            && props.text(tags::DISPLAY_NAME) == Some("Inbox")
        {
            found = Some(row.meta.id);
        }
        std::ops::ControlFlow::Continue(())
    })?;
    found.ok_or_else(|| Error::new(Code::NOT_FOUND, "no Inbox"))
}

fn failed(error: std::io::Error) -> Error {
    Error::caused(Code::DISK_ERROR, "the desk of the jobs", error)
}

/// Tells whoever began this process.
#[expect(clippy::print_stdout, reason = "the other end of the pipe reads it")]
fn say(line: &str) {
    println!("{line}");
}

/// What is left of an argument list.
pub(super) fn desk_of(place: Option<String>) -> Result<Desk> {
    Desk::below(Path::new(&place.context("the place of the jobs")?))
}
