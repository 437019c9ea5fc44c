//! Conversations: finding those of a file that knows none yet, looking one up, and the same messages together as with notmuch.
//!
//! The mail is a Maildir of `maildir`: three of five messages answer one of the last few thousand conversations, the newer
//! the likelier, with In-Reply-To and at most ten References. Targets: the conversations of 100,000 messages are found in
//! 3 s; one is looked up in 1 ms; keeping them adds 6 % to the processor time of an import; notmuch puts the same messages together.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use mapi::{EntryId, tags};
use rusqlite::Connection;
use serde_json::{Map, Value, json};
use testkit::{Chance, Malle};

use crate::measured::{Taken, middle, processor_now, tidy, watch};
use crate::{Big, Figure};

/// Imports with and without upkeep, by turns, and how much more processor time it may take.
const IMPORTS: usize = 3;
const UPKEEP_TIMES: f64 = 1.06;
/// How often conversations are found anew.
const BUILDS: usize = 3;
/// Conversations looked up.
const LOOKUPS: usize = 2000;
/// Messages whose conversations are found in this time.
const BUILD_MESSAGES: f64 = 100_000.0;
const BUILD: Duration = Duration::from_secs(3);
const LOOKUP: Duration = Duration::from_millis(1);
/// Differences that are shown.
const SHOWN: usize = 20;

/// What is measured and where.
#[derive(Debug)]
pub struct Threads<'a> {
    /// The mail that is compared with notmuch.
    pub compared: &'a Path,
    /// The mail whose conversations are found.
    pub many: &'a Path,
    /// A folder for stores and databases, emptied at the start.
    pub place: &'a Path,
}

/// Messages by id, and which conversation each is in.
type Partition = BTreeMap<String, String>;

impl Threads<'_> {
    /// Imports, finds, looks up and compares, and puts all that into the report.
    ///
    /// # Errors
    /// When something fails, or the messages of conversations differ without a known reason.
    pub fn measure(&self, report: &mut Map<String, Value>) -> Result<()> {
        if self.place.exists() {
            fs::remove_dir_all(self.place)?;
        }
        fs::create_dir_all(self.place)?;
        let mut figures = Map::new();
        let (small, upkeep) = self.upkeep()?;
        figures.insert("import".into(), upkeep);
        figures.insert("notmuch".into(), self.compare(&small)?);
        let (big, _) = import(&self.place.join("many"), self.many, Upkeep::With)?;
        figures.insert("build".into(), build(&big)?);
        figures.insert("lookup".into(), lookup(&big)?);
        report.insert("threads".into(), Value::Object(figures));
        Ok(())
    }

    /// What keeping conversations adds to an import: by turns into a store that keeps them, and into one that knows none
    /// yet, as a file of an older version, which leaves them for later.
    fn upkeep(&self) -> Result<(Big, Value)> {
        let home = self.place.join("compared");
        let mut runs: [Vec<Taken>; 2] = [Vec::new(), Vec::new()];
        for _ in 0..IMPORTS {
            for (runs, kept) in runs.iter_mut().zip([Upkeep::Without, Upkeep::With]) {
                if home.exists() {
                    fs::remove_dir_all(&home)?;
                }
                runs.push(import(&home, self.compared, kept)?.1);
            }
        }
        let [without, with] = runs.map(middle);
        let times = with.processor.as_secs_f64() / without.processor.as_secs_f64();
        let figure = json!({
            "with": with.as_json(),
            "without": without.as_json(),
            "processor_times": tidy(times),
            "of_allowed": tidy(times / UPKEEP_TIMES),
        });
        Ok((Big::open(&home)?, figure))
    }

    /// Which messages notmuch puts together, where it is there, and in what malle differs.
    fn compare(&self, ours: &Big) -> Result<Value> {
        let there = Command::new("notmuch").arg("--version").output();
        if !there.is_ok_and(|run| run.status.success()) {
            testkit::skip(
                "conversations as notmuch has them",
                "apt-get install notmuch",
            );
            return Ok(Value::Null);
        }
        let theirs = notmuch(&self.place.join("notmuch"), self.compared)?;
        let ours = partition(ours)?;
        let differences = differences(&ours, &theirs);
        let figure = json!({
            "messages": ours.len(),
            "conversations": ours.values().collect::<BTreeSet<_>>().len(),
            "conversations_of_notmuch": theirs.values().collect::<BTreeSet<_>>().len(),
            "differences": differences,
        });
        let same = differences.is_empty() && ours.len() == theirs.len();
        ensure!(same, "conversations differ from notmuch's: {figure}");
        Ok(figure)
    }
}

/// Whether an import keeps conversations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Upkeep {
    With,
    Without,
}

/// A home with the mail of a Maildir.
fn import(home: &Path, maildir: &Path, kept: Upkeep) -> Result<(Big, Taken)> {
    let big = Big::create(home)?;
    // The store makes its folders, which are no messages, when it is opened first.
    big.store()?.ipm_subtree()?;
    if kept == Upkeep::Without {
        forget(&big)?;
    }
    drop(big);
    let args = ["import".as_ref(), "-q".as_ref(), maildir.as_os_str()];
    let taken = watch(&mut Malle::at(home).command(args))?;
    Ok((Big::open(home)?, taken))
}

/// Which conversation each message is in.
fn partition(big: &Big) -> Result<Partition> {
    let columns = [tags::INTERNET_MESSAGE_ID.raw(), tags::CONVERSATION_ID.raw()];
    let table = big.inbox()?.contents().columns(columns).open()?;
    let mut found = Partition::new();
    loop {
        let rows = table.query_rows(1000)?;
        if rows.is_empty() {
            return Ok(found);
        }
        for row in rows {
            let id = row
                .get(tags::INTERNET_MESSAGE_ID)
                .context("each has an id")?;
            let thread = row
                .get(tags::CONVERSATION_ID)
                .context("and a conversation")?;
            let thread = thread.iter().map(|byte| format!("{byte:02x}")).collect();
            found.insert(id.trim_matches(['<', '>']).to_owned(), thread);
        }
    }
}

/// The same by notmuch.
fn notmuch(base: &Path, maildir: &Path) -> Result<Partition> {
    fs::create_dir_all(base)?;
    let config = base.join("config");
    let text = format!(
        "[database]\npath={}\nmail_root={}\n[user]\nname=x\nprimary_email=x@example.org\n[new]\ntags=new\n",
        base.display(),
        maildir.display()
    );
    fs::write(&config, text)?;
    let run = |args: &[&str]| -> Result<Vec<u8>> {
        let mut command = Command::new("notmuch");
        command.env("NOTMUCH_CONFIG", &config).args(args);
        let run = command.stdin(Stdio::null()).output()?;
        ensure!(run.status.success(), "notmuch {args:?}: {}", run.status);
        Ok(run.stdout)
    };
    run(&["new", "--quiet"])?;
    // Its lists of whole threads are broken JSON where a header is cut; this names each thread's messages in a query.
    let shown = run(&["search", "--format=json", "*"])?;
    let threads: Vec<Value> = serde_json::from_slice(&shown)?;
    let mut found = Partition::new();
    for (n, thread) in threads.iter().enumerate() {
        let queries = thread.get("query").and_then(Value::as_array);
        let queries = queries.context("each names its messages")?;
        let words = queries
            .iter()
            .filter_map(Value::as_str)
            .flat_map(str::split_whitespace);
        let ids = words.filter_map(|word| word.strip_prefix("id:"));
        found.extend(ids.map(|id| (id.trim_matches('"').to_owned(), n.to_string())));
    }
    Ok(found)
}

/// Conversations that are not the same on both sides, each by one of its messages.
fn differences(ours: &Partition, theirs: &Partition) -> Vec<Value> {
    fn groups(of: &Partition) -> BTreeMap<&str, BTreeSet<&str>> {
        let mut groups: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for (id, thread) in of {
            groups.entry(thread).or_default().insert(id);
        }
        groups
    }
    let their_groups = groups(theirs);
    let mut found = Vec::new();
    for (_, messages) in groups(ours) {
        let same = (messages.first().and_then(|id| theirs.get(*id)))
            .and_then(|thread| their_groups.get(thread.as_str()))
            .is_some_and(|other| *other == messages);
        if !same && found.len() < SHOWN {
            found.push(json!({ "one_of_it": messages.first(), "messages": messages.len() }));
        }
    }
    found
}

/// Forgets which messages belong together, as a file of an older version does not know it.
fn forget(big: &Big) -> Result<()> {
    let db = Connection::open(big.store_file()?)?;
    db.execute_batch(
        "BEGIN IMMEDIATE; UPDATE item SET thread = NULL; DELETE FROM node; DELETE FROM topic;
         DELETE FROM joined; UPDATE threading SET reached = 0; COMMIT;
         PRAGMA wal_checkpoint(TRUNCATE);",
    )?;
    Ok(())
}

/// Finds conversations anew: wall and processor time.
fn find_anew(big: &Big) -> Result<(Duration, Duration)> {
    forget(big)?;
    let (store, first) = (big.store()?, messages(big, 1)?);
    let (start, processor) = (Instant::now(), processor_now());
    let found = store.conversation(first.first().context("there are messages")?)?;
    let taken = (start.elapsed(), processor_now().saturating_sub(processor));
    ensure!(!found.members().is_empty());
    Ok(taken)
}

fn build(big: &Big) -> Result<Value> {
    let known = partition(big)?;
    let (mut times, mut processor) = (Vec::new(), Vec::new());
    for _ in 0..BUILDS {
        let (time, cpu) = find_anew(big)?;
        times.push(time);
        processor.push(cpu);
        let found = partition(big)?;
        ensure!(
            differences(&known, &found).is_empty(),
            "found anew they are others"
        );
    }
    let (time, processor) = (Figure::of(times), Figure::of(processor));
    let allowed = BUILD.as_secs_f64() * count(known.len()) / BUILD_MESSAGES;
    Ok(json!({
        "messages": known.len(),
        "conversations": known.values().collect::<BTreeSet<_>>().len(),
        "taken": time.as_json(),
        "processor": processor.as_json(),
        "of_allowed": tidy(time.median.as_secs_f64() / allowed),
    }))
}

#[expect(clippy::cast_precision_loss, reason = "a count for people")]
fn count(n: usize) -> f64 {
    n as f64
}

/// Some messages of the store.
fn messages(big: &Big, some: usize) -> Result<Vec<EntryId>> {
    let table = big
        .inbox()?
        .contents()
        .columns([tags::ENTRYID.raw()])
        .open()?;
    let rows = table.query_rows(i64::try_from(some)?)?;
    Ok(rows.iter().map(|row| row.entry_id().clone()).collect())
}

fn lookup(big: &Big) -> Result<Value> {
    let store = big.store()?;
    let all = messages(big, 200_000)?;
    let mut chance = Chance::from_seed(7);
    let (mut times, mut members) = (Vec::new(), 0);
    for round in 0..LOOKUPS + 50 {
        let message = chance.pick(&all);
        let start = Instant::now();
        let found = store.conversation(message)?;
        // The first ones warm up.
        if round >= 50 {
            times.push(start.elapsed());
            members += found.members().len();
        }
    }
    times.sort_unstable();
    let at = |part: usize| {
        times
            .get(times.len() * part / 1000)
            .copied()
            .unwrap_or_default()
    };
    let us = |time: Duration| tidy(time.as_secs_f64() * 1e6);
    Ok(json!({
        "members_on_average": tidy(count(members) / count(times.len())),
        "median_us": us(at(500)),
        "p99_us": us(at(990)),
        "most_us": us(at(999)),
        "of_allowed": tidy(at(500).as_secs_f64() / LOOKUP.as_secs_f64()),
    }))
}
