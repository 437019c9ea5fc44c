//! Looking at a Maildir: its listing against the index.

use std::collections::HashMap;
use std::fs;
use std::io;
use std::path::Path;

use mapi_mime::{MailFlags, maildir};
use mapi_props::FileTime;
use mapi_spi::{Call, Result};

use super::batch::{Batch, Job, Work};
use crate::index::{File, Folder, Index, Known};
use crate::mail::{IN_PROPS, flags_of, letters_of};
use crate::place;

/// What is to be done for a folder.
#[derive(Debug, Default)]
pub(super) struct Plan {
    jobs: Vec<Job>,
    /// Messages with another name, and only flags that no property tells.
    renamed: Vec<(Known, File)>,
    gone: Vec<Known>,
    /// Keys of files that held no message and are gone.
    forgotten: Vec<Vec<u8>>,
}

impl Plan {
    pub(super) fn new_messages(&self) -> usize {
        self.jobs.len()
    }
}

/// A file of the Maildir.
#[derive(Debug)]
struct Seen {
    key: Vec<u8>,
    at: Vec<u8>,
    letters: u8,
    received: Option<FileTime>,
}

/// Compares the Maildir with the index. The outer error is the index's.
pub(super) fn plan(path: &Path, folder: &Folder, index: &Index, call: &Call) -> io::Result<Plan> {
    let failed = |e: mapi_spi::Error| io::Error::other(e);
    call.check().map_err(failed)?;
    let mut known = index.known(folder.id()).map_err(failed)?;
    let mut refused = index.refused(folder.id()).map_err(failed)?;
    refused.remove(&b""[..]);
    let mut seen = list(path)?;
    if known.keys().any(|key| !seen.contains_key(key)) {
        // A file that is renamed while its directory is read may be missed. Whoever is missing now is gone.
        for (key, again) in list(path)? {
            seen.entry(key).or_insert(again);
        }
    }
    let mut order: Vec<Seen> = seen.into_values().collect();
    // Those that were read first, as an import takes them.
    order.sort_unstable_by(|a, b| a.at.cmp(&b.at));
    let mut plan = Plan::default();
    for seen in order {
        let was_refused = refused.remove(&seen.key);
        match known.remove(&seen.key) {
            Some(known) => plan.known(known, &seen),
            None if was_refused.is_some_and(|file| file.at == seen.at) => {}
            None => plan.jobs.push(seen.job(None)),
        }
    }
    plan.gone = known.into_values().collect();
    plan.gone.sort_unstable_by_key(|known| known.id);
    plan.forgotten = refused.into_keys().collect();
    Ok(plan)
}

impl Plan {
    fn known(&mut self, known: Known, seen: &Seen) {
        if known.file.at == seen.at {
            return;
        }
        let told = (known.file.letters ^ seen.letters) & IN_PROPS != 0;
        if told {
            self.jobs.push(seen.job(Some(known)));
            return;
        }
        let file = File {
            at: seen.at.clone(),
            letters: seen.letters,
            ..known.file.clone()
        };
        self.renamed.push((known, file));
    }
}

impl Seen {
    fn job(&self, known: Option<Known>) -> Job {
        let before = known.as_ref().map(|k| (k.file.born, k.file.modified));
        let (born, modified) = before.unwrap_or_else(|| (place::now(), FileTime(0)));
        Job {
            key: self.key.clone(),
            file: File {
                at: self.at.clone(),
                start: 0,
                length: 0,
                hash: None,
                letters: self.letters,
                born,
                modified,
                received: self.received,
            },
            work: match known {
                Some(known) => Work::Again(known, false),
                None => Work::New,
            },
            bytes: None,
        }
    }
}

/// Files in `new` and `cur` by their unique names. One that moves from `new` to `cur` meanwhile counts where it went.
fn list(path: &Path) -> io::Result<HashMap<Vec<u8>, Seen>> {
    let mut found: HashMap<Vec<u8>, Seen> = HashMap::new();
    for part in ["new", "cur"] {
        for entry in fs::read_dir(path.join(part))? {
            let entry = entry?;
            let name = entry.file_name();
            let text = name.to_string_lossy();
            if text.starts_with('.') || entry.file_type()?.is_dir() {
                continue;
            }
            let seen = seen(part, Path::new(&name), &text);
            match found.get(&seen.key) {
                // Two in one directory: always the same one of them.
                Some(other) if other.at.starts_with(part.as_bytes()) && other.at < seen.at => {}
                _ => {
                    found.insert(seen.key.clone(), seen);
                }
            }
        }
    }
    Ok(found)
}

fn seen(part: &str, name: &Path, text: &str) -> Seen {
    let (unique, flags) = maildir::parse_name(text);
    let mut flags = MailFlags::of_maildir(&flags);
    // Nobody has looked at what is in `new`.
    flags.seen &= part != "new";
    let bytes = place::to_bytes(name);
    let key = match bytes == text.as_bytes() {
        true => unique.as_bytes().to_vec(),
        // A name that is no text is a key as a whole.
        false => bytes.clone(),
    };
    Seen {
        key,
        at: [part.as_bytes(), b"/", &bytes].concat(),
        letters: letters_of(flags),
        received: maildir::delivered(unique),
    }
}

/// Brings the index up to date. The inner error is the folder's.
pub(super) fn carry_out(
    plan: Plan,
    path: &Path,
    folder: &Folder,
    batch: &mut Batch<'_>,
) -> Result<io::Result<()>> {
    let Plan {
        jobs,
        renamed,
        gone,
        forgotten,
    } = plan;
    if !(renamed.is_empty() && gone.is_empty() && forgotten.is_empty()) {
        batch.index.write(|change| {
            for (known, file) in &renamed {
                let said = flags_of(file.letters);
                change.renew(known, file, said.message_flags(), said.status())?;
            }
            for known in &gone {
                change.remove(known.id.0)?;
            }
            forgotten
                .iter()
                .try_for_each(|key| change.unrefuse(folder.id(), key))
        })?;
    }
    for job in jobs {
        batch.add(path, folder.id(), job)?;
    }
    batch.finish(path, folder.id())?;
    Ok(Ok(()))
}
