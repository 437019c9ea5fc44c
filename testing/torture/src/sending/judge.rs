//! What is there, held against what was submitted.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use mapi::queue_state::{Known, Phase};
use mapi::{EntryId, Host, MsgStore, SpecialFolder, tags};
use serde_json::Value;
use testkit::Malle;

use super::post::{NOBODY, Post, number_of};
use super::scene::{RECEIVERS, SENDER, Scene};
use super::spooling::Spooling;

/// How long everything that waits may take to arrive, once nobody is killed any more.
const PATIENCE: Duration = Duration::from_secs(120);
/// So many rounds in which nothing happens are the end.
const QUIET: u32 = 3;

/// A letter that is still in the Outbox.
#[derive(Debug)]
pub(super) struct Kept {
    pub(super) id: EntryId,
    /// Profiles of whom nobody knows whether they have it.
    pub(super) unknown: BTreeSet<String>,
}

/// What was found. Counts are by number of the letter.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) outbox: BTreeMap<usize, Kept>,
    sent_items: BTreeMap<usize, usize>,
    inboxes: BTreeMap<&'static str, BTreeMap<usize, usize>>,
    reports: BTreeMap<usize, usize>,
}

/// What came of the judgement.
#[derive(Debug, Default, Clone)]
pub(crate) struct Figures {
    pub(crate) letters: usize,
    pub(crate) delivered: usize,
    pub(super) reports: usize,
    pub(crate) unknown: usize,
    pub(crate) doubled: usize,
    /// What came twice, by name: each had been unknown.
    pub(super) twice: Vec<String>,
}

impl Figures {
    /// Of all that was written, once all of it has been sent.
    pub(crate) fn of(scene: &Scene) -> Result<Self> {
        drain(scene)?;
        look(scene)?.judge(&Post::read(&scene.journal())?, None)
    }
}

/// The spoolers of all three, in this process and undisturbed: everything is sent that can be, all that arrived is fetched.
pub(super) fn drain(scene: &Scene) -> Result<()> {
    let all = spoolers(scene)?;
    let end = Instant::now() + PATIENCE;
    let mut quiet = 0;
    while quiet < QUIET {
        ensure!(
            Instant::now() < end,
            "something waits for ever: {}",
            waiting(&all)?
        );
        let mut still = true;
        for (profile, spooling) in &all {
            let round = spooling
                .round()
                .with_context(|| format!("a round of {profile}"))?;
            if let Some(problem) = round.problems.first() {
                bail!("a round of {profile}: {problem:?}");
            }
            still &= round.sent + round.delivered + round.failed == 0;
        }
        let sender = &all.first().context("the sender")?.1.store;
        let done = outbox(sender)?
            .values()
            .all(|kept| !kept.unknown.is_empty());
        quiet = if still && done { quiet + 1 } else { 0 };
        thread::sleep(Duration::from_millis(if still && !done { 20 } else { 0 }));
    }
    Ok(())
}

fn spoolers(scene: &Scene) -> Result<Vec<(&'static str, Spooling)>> {
    let everybody = [SENDER].into_iter().chain(RECEIVERS);
    everybody
        .map(|profile| {
            let spooling = Spooling::begin(scene.host(None)? as Arc<dyn Host>, profile)
                .with_context(|| format!("the spooler of {profile}"))?;
            Ok((profile, spooling))
        })
        .collect()
}

fn waiting(all: &[(&str, Spooling)]) -> Result<String> {
    let store = &all.first().context("the sender")?.1.store;
    Ok(format!("{:?}", store.outbox()?))
}

/// Who says that what is unknown is to be sent once more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum By {
    /// `malle outbox retry --unknown`.
    Command,
    /// The order of the library.
    Library,
}

/// Everything unknown is sent once more, and all of it arrives.
pub(super) fn retry_unknown(scene: &Scene, found: &Found, by: By) -> Result<()> {
    let ids: Vec<EntryId> = found.outbox.values().map(|kept| kept.id.clone()).collect();
    match by {
        By::Command => command_retries(scene, ids.len())?,
        By::Library if ids.is_empty() => {}
        By::Library => {
            let spooling = Spooling::begin(scene.host(None)? as Arc<dyn Host>, SENDER)?;
            spooling.retry_unknown(&ids)?;
        }
    }
    drain(scene)
}

/// The command names as many messages as are unknown, and none of them is it any more.
fn command_retries(scene: &Scene, unknown: usize) -> Result<()> {
    let words = ["-p", SENDER, "outbox", "retry", "--unknown", "--json"];
    let run = Malle::at(&scene.home).try_run(words)?;
    let about = || format!("{words:?}: {:?}: {}{}", run.code(), run.out(), run.err());
    // 6: some were sent, and not to those whom nobody knows.
    ensure!(matches!(run.code(), Some(0 | 6)), about());
    let became: Vec<Value> = serde_json::from_slice(&run.stdout).with_context(about)?;
    ensure!(
        became.len() == unknown,
        "not {unknown} of them: {}",
        about()
    );
    let states = became.iter().map(|one| one["state"].as_str());
    let known = states.filter(|state| matches!(state, Some("filed" | "refused")));
    ensure!(known.count() == unknown, about());
    Ok(())
}

/// Looks at all stores; each must be sound.
pub(super) fn look(scene: &Scene) -> Result<Found> {
    let mut found = Found::default();
    for profile in [SENDER].into_iter().chain(RECEIVERS) {
        let session = scene.session(profile)?;
        let store = session.default_store()?;
        let check = store.check()?;
        ensure!(
            check.problems.is_empty(),
            "the store of {profile}: {check:?}"
        );
        if profile == SENDER {
            found.outbox = outbox(&store)?;
            found.sent_items = count(&store, SpecialFolder::SentItems)?;
            found.reports = count(&store, SpecialFolder::Inbox)?;
        } else {
            found
                .inboxes
                .insert(profile, count(&store, SpecialFolder::Inbox)?);
        }
        session.logoff();
    }
    Ok(found)
}

/// What is in the Outbox and waits; drafts that a kill left there do not.
fn outbox(store: &MsgStore) -> Result<BTreeMap<usize, Kept>> {
    let mut kept = BTreeMap::new();
    for entry in store.outbox()? {
        let subject = entry.subject.as_deref().unwrap_or_default();
        let number = number_of(subject).with_context(|| format!("a stranger: {entry:?}"))?;
        let mut unknown = BTreeSet::new();
        if entry.state.phase == Phase::Unknown {
            let rows = store.outbox_recipients(&entry)?;
            let rows = rows.into_iter().filter(|r| r.known == Known::Unknown);
            let addresses = rows.filter_map(|r| r.address);
            unknown.extend(addresses.filter_map(|a| a.split('@').next().map(str::to_owned)));
            ensure!(!unknown.is_empty(), "unknown of nobody: {entry:?}");
        }
        let id = entry.entry_id;
        ensure!(
            kept.insert(number, Kept { id, unknown }).is_none(),
            "letter {number} waits twice"
        );
    }
    Ok(kept)
}

/// How often each letter, or a report about it, is in a folder.
fn count(store: &MsgStore, folder: SpecialFolder) -> Result<BTreeMap<usize, usize>> {
    let folder = match folder {
        SpecialFolder::Inbox => store.receive_folder("IPM")?,
        other => store.special_folder(other)?,
    };
    let table = folder.contents().columns([tags::SUBJECT.raw()]).open()?;
    let mut counts = BTreeMap::new();
    for row in table.query_all_rows(0)? {
        let subject = row.get(tags::SUBJECT).context("a subject")?;
        // "Undeliverable: letter 7"
        let about = subject
            .rsplit_once(": ")
            .map_or(subject.as_str(), |(_, about)| about);
        let number = number_of(about).with_context(|| format!("a stranger: {subject}"))?;
        *counts.entry(number).or_default() += 1;
    }
    Ok(counts)
}

impl Found {
    /// Holds it against the letters; what was unknown in `before` may have come twice. Names what is wrong.
    pub(super) fn judge(&self, post: &Post, before: Option<&Self>) -> Result<Figures> {
        let mut figures = Figures::default();
        for (number, letter) in &post.letters {
            let about = || format!("{letter:?}: {}", self.shown(*number));
            let there = self.is_there(*number);
            let sure = post.submitted.contains(number);
            let taken_back = post.taken_back.get(number).copied();
            match taken_back {
                Some(Some(true)) => {
                    ensure!(!there, "it was taken back, and yet: {}", about());
                    continue;
                }
                // Nobody knows whether it was taken back, or submitted.
                Some(None) if !there => continue,
                None if !sure && !there => continue,
                _ => ensure!(there, "lost: {}", about()),
            }
            figures.letters += 1;
            self.one(*number, &letter.to, before, &mut figures)
                .with_context(about)?;
        }
        for number in self.numbers() {
            ensure!(
                post.letters.contains_key(&number),
                "letter {number} came from nowhere"
            );
        }
        Ok(figures)
    }

    fn one(
        &self,
        number: usize,
        to: &[&'static str],
        before: Option<&Self>,
        figures: &mut Figures,
    ) -> Result<()> {
        let kept = self.outbox.get(&number);
        let nothing = BTreeSet::new();
        let unknown = kept.map_or(&nothing, |kept| &kept.unknown);
        ensure!(kept.is_none() || !unknown.is_empty(), "it still waits");
        let was = before.and_then(|found| found.outbox.get(&number));
        let was_unknown = was.map_or(&nothing, |kept| &kept.unknown);
        for profile in to.iter().filter(|p| **p != NOBODY) {
            let times = self.inboxes.get(profile).and_then(|i| i.get(&number));
            let times = times.copied().unwrap_or(0);
            let allowed = if unknown.contains(*profile) {
                figures.unknown += 1;
                0..=1
            } else if was_unknown.contains(*profile) {
                1..=2
            } else {
                1..=1
            };
            ensure!(
                allowed.contains(&times),
                "{profile} has it {times} times, not {allowed:?}"
            );
            figures.delivered += times;
            figures.doubled += times.saturating_sub(1);
            if times > 1 {
                figures.twice.push(format!("letter {number} to {profile}"));
            }
        }
        for (profile, inbox) in &self.inboxes {
            ensure!(
                to.contains(profile) || !inbox.contains_key(&number),
                "{profile} has what was never sent there"
            );
        }
        let filed = self.sent_items.get(&number).copied().unwrap_or(0);
        let reported = self.reports.get(&number).copied().unwrap_or(0);
        if kept.is_some() {
            ensure!(filed == 0, "it waits, and is in Sent Items");
            return Ok(());
        }
        ensure!(filed == 1, "it is {filed} times in Sent Items");
        let wanted = usize::from(to.contains(&NOBODY));
        ensure!(
            reported == wanted,
            "{reported} reports about it, not {wanted}"
        );
        figures.reports += reported;
        Ok(())
    }

    /// Whether anything of it is there: it waits, was filed, has arrived, or was reported.
    fn is_there(&self, number: usize) -> bool {
        self.numbers().contains(&number)
    }

    fn numbers(&self) -> BTreeSet<usize> {
        let counted = [&self.sent_items, &self.reports].into_iter();
        let counted = counted.chain(self.inboxes.values());
        let counted = counted.flat_map(|counts| counts.keys().copied());
        counted.chain(self.outbox.keys().copied()).collect()
    }

    fn shown(&self, number: usize) -> String {
        format!(
            "in the Outbox: {:?}; in Sent Items: {:?}; at the receivers: {:?}; reports: {:?}",
            self.outbox.get(&number),
            self.sent_items.get(&number),
            self.inboxes
                .iter()
                .map(|(profile, counts)| (*profile, counts.get(&number)))
                .collect::<Vec<_>>(),
            self.reports.get(&number)
        )
    }
}
