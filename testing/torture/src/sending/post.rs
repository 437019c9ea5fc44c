//! The messages: what a process submits, and what it says of that in its journal.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::Path;

use anyhow::{Context, Result, bail};
use mapi::{
    Code, EntryId, Folder, MapiProp, ModifyMode, MsgStore, PropTag, PropValue, Session,
    SpecialFolder, recipient_type, tags,
};
use testkit::Chance;

use super::scene::{RECEIVERS, SENDER, Scene, address};

/// Whom nobody delivers to.
pub(super) const NOBODY: &str = "nobody";

/// A message of the torture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Letter {
    pub(super) number: usize,
    /// Profiles that get it, and [`NOBODY`].
    pub(super) to: Vec<&'static str>,
    /// How long its text is.
    pub(super) bytes: usize,
}

impl Letter {
    /// One by chance.
    pub(super) fn choose(number: usize, chance: &mut Chance) -> Self {
        let to = match chance.below(10) {
            0..=3 => vec![RECEIVERS[0]],
            4..=5 => vec![RECEIVERS[1]],
            6..=7 => RECEIVERS.to_vec(),
            8 => vec![RECEIVERS[0], NOBODY],
            _ => vec![NOBODY],
        };
        let bytes = match chance.below(20) {
            0 => 300_000,
            1..=4 => 20_000,
            _ => 200,
        };
        Self { number, to, bytes }
    }

    /// PR_SUBJECT.
    pub(super) fn subject(&self) -> String {
        format!("letter {}", self.number)
    }

    /// Submits it. It may be taken back by its entry id.
    pub(super) fn submit(&self, desk: &Desk) -> mapi::Result<EntryId> {
        let message = desk.outbox.create_message()?;
        message.set(tags::SUBJECT, self.subject())?;
        message.set(tags::MESSAGE_CLASS, "IPM.Note")?;
        message.set(tags::BODY, "x".repeat(self.bytes))?;
        message.set(tags::SENTMAIL_ENTRYID, desk.sent_items.as_bytes())?;
        message.set(tags::DELETE_AFTER_SUBMIT, false)?;
        let row = |profile: &&str| -> Vec<(PropTag, PropValue)> {
            vec![
                (tags::RECIPIENT_TYPE.into(), recipient_type::TO.into()),
                (tags::DISPLAY_NAME.into(), (*profile).into()),
                (tags::ADDRTYPE.into(), "SMTP".into()),
                (tags::EMAIL_ADDRESS.into(), address(profile).as_str().into()),
            ]
        };
        let rows: Vec<_> = self.to.iter().map(row).collect();
        message.modify_recipients(ModifyMode::Add, &rows)?;
        message.submit()?;
        message
            .entry_id()
            .ok_or_else(|| mapi::Error::new(Code::CALL_FAILED, "a submitted message has no id"))
    }
}

/// The number of a letter by its subject.
pub(super) fn number_of(subject: &str) -> Option<usize> {
    subject.strip_prefix("letter ")?.parse().ok()
}

/// Where letters are written.
pub(super) struct Desk {
    pub(super) store: MsgStore,
    outbox: Folder,
    sent_items: EntryId,
}

impl Desk {
    pub(super) fn of(store: MsgStore) -> Result<Self> {
        let outbox = store.special_folder(SpecialFolder::Outbox)?;
        let sent_items = store.special_id(SpecialFolder::SentItems)?;
        Ok(Self {
            store,
            outbox,
            sent_items,
        })
    }
}

/// What the process that submits says before and after everything it does. A kill leaves a line whole or cut.
pub(super) struct Journal(File);

impl Journal {
    pub(super) fn at(path: &Path) -> Result<Self> {
        Ok(Self(
            OpenOptions::new().append(true).create(true).open(path)?,
        ))
    }

    pub(super) fn say(&mut self, what: &str, letter: &Letter) -> Result<()> {
        let line = format!(
            "{what} {} {} {}\n",
            letter.number,
            letter.bytes,
            letter.to.join(",")
        );
        self.0.write_all(line.as_bytes())?;
        Ok(())
    }
}

/// What is known of the letters.
#[derive(Debug, Default, Clone)]
pub(super) struct Post {
    pub(super) letters: BTreeMap<usize, Letter>,
    /// Those whose submission succeeded.
    pub(super) submitted: BTreeSet<usize>,
    /// Those whose submission failed with an error.
    pub(super) failed: BTreeSet<usize>,
    /// Those that were to be taken back, with what came of it, if that is known.
    pub(super) taken_back: BTreeMap<usize, Option<bool>>,
}

impl Post {
    /// Reads a journal.
    pub(super) fn read(path: &Path) -> Result<Self> {
        let mut post = Self::default();
        if !path.exists() {
            return Ok(post);
        }
        let text = std::fs::read_to_string(path)?;
        let whole = text.rsplit_once('\n').map_or("", |(whole, _)| whole);
        for line in whole.lines() {
            post.note(line).with_context(|| line.to_owned())?;
        }
        Ok(post)
    }

    fn note(&mut self, line: &str) -> Result<()> {
        let mut words = line.split(' ');
        let what = words.next().context("a word")?;
        let number: usize = words.next().context("a number")?.parse()?;
        let bytes = words.next().context("a length")?.parse()?;
        let known = |name: &str| {
            let all = RECEIVERS.into_iter().chain([NOBODY]);
            all.into_iter().find(|known| *known == name)
        };
        let to = words.next().context("recipients")?.split(',');
        let to = to.map(|name| known(name).context("a recipient"));
        let to = to.collect::<Result<_>>()?;
        let letter = Letter { number, to, bytes };
        match what {
            "begin" => drop(self.letters.insert(number, letter)),
            "done" => drop(self.submitted.insert(number)),
            "failed" => drop(self.failed.insert(number)),
            "abort" => drop(self.taken_back.insert(number, None)),
            "aborted" => drop(self.taken_back.insert(number, Some(true))),
            "kept" => drop(self.taken_back.insert(number, Some(false))),
            other => bail!("{other} is no word of a journal"),
        }
        Ok(())
    }

    /// The number of the next letter.
    pub(super) fn next(&self) -> usize {
        self.letters.keys().next_back().map_or(0, |last| last + 1)
    }
}

/// Writes letters in this process.
pub(crate) struct Writer {
    desk: Desk,
    journal: Journal,
    number: usize,
    _session: Session,
}

impl Writer {
    pub(crate) fn of(scene: &Scene) -> Result<Self> {
        let session = scene.session(SENDER)?;
        Ok(Self {
            desk: Desk::of(session.default_store()?)?,
            journal: Journal::at(&scene.journal())?,
            number: Post::read(&scene.journal())?.next(),
            _session: session,
        })
    }

    /// So many by chance.
    pub(crate) fn write(&mut self, letters: usize, chance: &mut Chance) -> Result<()> {
        for _ in 0..letters {
            let letter = Letter::choose(self.number, chance);
            self.submit(&letter)?;
        }
        Ok(())
    }

    /// The next one.
    pub(super) fn submit(&mut self, letter: &Letter) -> Result<()> {
        self.number += 1;
        self.journal.say("begin", letter)?;
        letter.submit(&self.desk)?;
        self.journal.say("done", letter)
    }

    /// The number of the next.
    pub(super) const fn next(&self) -> usize {
        self.number
    }

    /// How many wait to be sent.
    pub(crate) fn waiting(&self) -> Result<usize> {
        Ok(self.desk.store.outbox()?.len())
    }
}
