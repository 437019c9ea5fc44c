//! Backup: a consistent copy, page by page, while readers and writers go on.

use std::path::Path;
use std::thread;
use std::time::Duration;

use mapi_props::Code;
use mapi_spi::{Call, Error, Result};
use rusqlite::Connection;
use rusqlite::backup::{Backup, StepResult};

use crate::failure::Lift;
use crate::store::Inner;
use crate::{migrations, platform};

/// Pages copied before the call is asked: 8 MiB.
const STEP: i32 = 1024;
/// Pause when a writer is in the way.
const PAUSE: Duration = Duration::from_millis(5);

/// Copies the store to `to`. The copy gets its name only when it is whole and on the disk.
pub(super) fn run(inner: &Inner, to: &Path, call: &Call) -> Result<()> {
    if to.exists() {
        return Err(Error::new(
            Code::COLLISION,
            format!("{} exists already", to.display()),
        ));
    }
    let draft = platform::beside(to, ".part");
    let done = copy(inner, &draft, call).and_then(|()| publish(&draft, to));
    for suffix in ["", "-wal", "-shm", "-journal"] {
        let _gone = std::fs::remove_file(platform::beside(&draft, suffix));
    }
    done
}

fn copy(inner: &Inner, draft: &Path, call: &Call) -> Result<()> {
    let _stale = std::fs::remove_file(draft);
    // What keeps this from being made keeps SQLite from it too, which says why.
    let _told_below = platform::make_private(draft);
    let mut target = Connection::open(draft).lift()?;
    if inner.connections.is_alone() {
        pages(&*inner.connections.writer(call)?, &mut target, call)?;
    } else {
        // One read transaction for the whole copy: a writer would otherwise make it start over and over.
        let source = inner.connections.separate()?;
        source
            .execute_batch("BEGIN; SELECT seq FROM state;")
            .lift()?;
        pages(&source, &mut target, call)?;
    }
    migrations::examine(&target, &draft.display().to_string())?;
    target.close().map_err(|(_, e)| e).lift()
}

fn pages(source: &Connection, target: &mut Connection, call: &Call) -> Result<()> {
    let backup = Backup::new(source, target).lift()?;
    loop {
        call.check()?;
        let step = backup.step(STEP).lift()?;
        let progress = backup.progress();
        let total = u64::try_from(progress.pagecount).unwrap_or(0);
        let left = u64::try_from(progress.remaining).unwrap_or(0);
        call.report(total.saturating_sub(left), Some(total));
        match step {
            StepResult::Done => return Ok(()),
            StepResult::More => {}
            _ => thread::sleep(PAUSE),
        }
    }
}

fn publish(draft: &Path, to: &Path) -> Result<()> {
    let failed = |e| {
        Error::caused(
            Code::DISK_ERROR,
            format!("{} cannot be written", to.display()),
            e,
        )
    };
    std::fs::File::open(draft)
        .and_then(|f| f.sync_all())
        .map_err(failed)?;
    std::fs::rename(draft, to).map_err(failed)?;
    platform::sync_folder(to).map_err(failed)
}
