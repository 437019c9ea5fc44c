//! Search folders: populating them over a big store, what keeping twenty of them up to date adds to an import, and
//! opening one.
//!
//! Targets: a property restriction takes 1 s for each million messages in scope and 8 µs for each match; a question for
//! words at most twice the time of the same question asked of all folders and read to its end; an import with twenty search
//! folders takes at most a tenth longer; the first page of a search folder comes as soon as that of an ordinary one.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use mapi::{
    CreateFolderFlags, DeleteFolderFlags, FileTime, Folder, MsgStore, SearchFlags, SortColumn,
    SpecialFolder, tags,
};
use mapi_props::{BitOp, FuzzyLevel, MatchKind, RelOp, Restriction, SubObject, message_flags};
use mapi_query::fields;
use serde_json::{Map, Value, json};
use testkit::Malle;

use crate::measured::{Taken, processor_now, tidy, watch};
use crate::{Big, Figure, MadeMail, Shape, median_by_turns};

/// Populations of each kind.
const RUNS: usize = 3;
const PAGE: i64 = 50;
const PAGE_RUNS: usize = 20;
/// What a property restriction may take: for each message in scope, and for each match.
const PER_MESSAGE: Duration = Duration::from_micros(1);
const PER_MATCH: Duration = Duration::from_micros(8);
/// How much longer than the question itself a population by words may take.
const WORDS_TIMES: f64 = 2.0;
/// Imports with and without search folders, by turns.
const IMPORTS: usize = 5;
/// How much longer an import may take.
const UPKEEP_TIMES: f64 = 1.1;

/// Measures populations over a home that `bigstore` made, and puts them into the report: by words where its messages have
/// bodies, by properties, and the first page. The search folders are deleted again.
///
/// # Errors
/// When a search fails or does not find what it should.
pub fn measure(home: &Path, report: &mut Map<String, Value>) -> Result<()> {
    let big = Big::open(home)?;
    let (store, inbox) = (big.store()?, big.inbox()?);
    let messages = inbox.counts()?.contents;
    let with_bodies = has_bodies(&inbox)?;
    if with_bodies {
        let mut figures = Map::new();
        for (name, restriction) in by_words()? {
            figures.insert(name.into(), words(&store, name, &restriction)?);
        }
        report.insert("search-folders-by-words".into(), Value::Object(figures));
    }
    let mut figures = Map::new();
    for (name, restriction) in by_properties(&inbox)? {
        let (taken, processor, matches) = populate(&store, &restriction)?;
        let allowed = allowed(messages, matches);
        let ratio = taken.median.as_secs_f64() / allowed.as_secs_f64();
        let figure = json!({
            "matches": matches,
            "taken": taken.as_json(),
            "processor": processor.as_json(),
            "of_allowed": tidy(ratio),
        });
        note(&format!("{name:28} {figure}"));
        figures.insert(name.into(), figure);
    }
    figures.insert("first_page".into(), first_page(&store, &inbox)?);
    let name = if with_bodies {
        "search-folders-with-bodies"
    } else {
        "search-folders"
    };
    report.insert(name.into(), Value::Object(figures));
    Ok(())
}

/// Twenty search folders over all folders, as people make them: some hold much of all mail, most hold little.
const TWENTY: [&str; 20] = [
    "is:unread",
    "is:flagged",
    "is:important",
    "is:unread after:2014-06",
    "after:2014-06-20",
    "larger:1M",
    "larger:100k has:attachment",
    "has:attachment",
    "from:user260",
    "from:user5",
    "from:plaimeplavai subject:fouba",
    "to:user5",
    "recipient:user1658",
    "subject:tru",
    "subject:\"fouba tru\"",
    "faraisaimu",
    "body:trapatu body:noto",
    "\"plaimeplavai mare\"",
    "attachment:pdf",
    "class:REPORT OR is:draft",
];

/// Measures `malle import` of a Maildir into fresh stores, without and with twenty search folders over all folders. The
/// processor's time counts: what else the machine does is in the other.
///
/// # Errors
/// When a home cannot be made in `place`, or an import fails.
pub fn upkeep(place: &Path, maildir: &Path, report: &mut Map<String, Value>) -> Result<()> {
    let (mut without, mut with) = (Vec::new(), Vec::new());
    let mut links = 0;
    for _ in 0..IMPORTS {
        without.push(import(place, maildir, &[])?.0);
        let (taken, found) = import(place, maildir, &TWENTY)?;
        with.push(taken);
        links = found;
    }
    let (without, with) = (middle(without), middle(with));
    let ratio = |of: fn(&Taken) -> Duration| of(&with).as_secs_f64() / of(&without).as_secs_f64();
    let figures = json!({
        "links": links,
        "without": without.as_json(),
        "with": with.as_json(),
        "ratio_of_time": tidy(ratio(|t| t.time)),
        "ratio_of_processor": tidy(ratio(|t| t.processor)),
        "allowed": UPKEEP_TIMES,
    });
    note(&format!("upkeep of twenty {figures}"));
    report.insert("search-folders-upkeep".into(), figures);
    Ok(())
}

/// One import into a fresh home that has these search folders; what it took, and the links that there are then.
fn import(place: &Path, maildir: &Path, queries: &[&str]) -> Result<(Taken, u64)> {
    if place.exists() {
        std::fs::remove_dir_all(place)?;
    }
    let malle = Malle::at(place);
    let made = malle.command(["profile", "create", "default"]).output()?;
    ensure!(made.status.success(), "no profile: {made:?}");
    for (n, query) in queries.iter().enumerate() {
        let name = format!("search {n}");
        let made = malle
            .command(["search-folder", "create", &name, query])
            .output()?;
        ensure!(made.status.success(), "{query}: {made:?}");
    }
    let args = ["import".as_ref(), "-q".as_ref(), maildir.as_os_str()];
    let taken = watch(&mut malle.command(args))?;
    let listed = malle
        .command(["search-folder", "list", "--json"])
        .output()?;
    let listed: Value = serde_json::from_slice(&listed.stdout)?;
    let counts = listed.as_array().into_iter().flatten();
    Ok((
        taken,
        counts.filter_map(|f| f.get("messages")?.as_u64()).sum(),
    ))
}

/// The run whose time half of the others exceed.
fn middle(mut runs: Vec<Taken>) -> Taken {
    runs.sort_by_key(|taken| taken.processor);
    runs.get(runs.len() / 2).copied().unwrap_or_default()
}

fn by_properties(inbox: &Folder) -> Result<Vec<(&'static str, Restriction)>> {
    let newest = inbox
        .contents()
        .columns([tags::MESSAGE_DELIVERY_TIME.raw(), tags::SENDER_NAME.raw()])
        .sort([SortColumn::descending(tags::MESSAGE_DELIVERY_TIME)])
        .open()?
        .query_rows(1)?;
    let row = newest.first().context("the store is not empty")?;
    let time = row
        .get(tags::MESSAGE_DELIVERY_TIME)
        .context("it has a time")?;
    let sender = row.get(tags::SENDER_NAME).context("it has a sender")?;
    let week = FileTime(time.0 - 7 * 24 * 3600 * 10_000_000);
    let unread = Restriction::Bitmask {
        op: BitOp::Zero,
        tag: tags::MESSAGE_FLAGS.raw(),
        mask: message_flags::READ,
    };
    let loosely = |text: &str| Restriction::Content {
        kind: MatchKind::Substring,
        fuzzy: FuzzyLevel {
            loose: true,
            ..FuzzyLevel::default()
        },
        tag: tags::SUBJECT.raw(),
        value_tag: tags::SUBJECT.raw(),
        value: text.into(),
    };
    Ok(vec![
        ("all", Restriction::And(Vec::new())),
        ("unread", unread),
        (
            "larger than 1 MB",
            Restriction::property(tags::MESSAGE_SIZE, RelOp::Gt, 1_000_000),
        ),
        (
            "of the last week",
            Restriction::property(tags::MESSAGE_DELIVERY_TIME, RelOp::Ge, week),
        ),
        (
            "from one sender",
            Restriction::property(tags::SENDER_NAME, RelOp::Eq, sender),
        ),
        (
            "rated high",
            Restriction::property(MadeMail::RATING, RelOp::Gt, 500_000),
        ),
        (
            "best rating",
            Restriction::property(MadeMail::RATING, RelOp::Eq, MadeMail::BEST),
        ),
        ("part of a subject", loosely(MadeMail::RARE_WORD)),
        (
            "to one recipient",
            Restriction::Sub {
                object: SubObject::Recipients,
                child: Box::new(Restriction::property(
                    tags::DISPLAY_NAME,
                    RelOp::Eq,
                    MadeMail::ONCE,
                )),
            },
        ),
    ])
}

/// Questions for words, of which some find much and some little.
fn by_words() -> Result<Vec<(&'static str, Restriction)>> {
    let mail = MadeMail::new(Shape::Bodies);
    let word = |n: usize| {
        mail.words()
            .get(n)
            .context("so many words")
            .map(String::as_str)
    };
    let anywhere = |text: &str| fields::anywhere(MatchKind::Phrase, text);
    Ok(vec![
        ("a rare word", anywhere(MadeMail::RARE_WORD)),
        ("a word of some", anywhere(word(2000)?)),
        ("a common word", anywhere(word(40)?)),
        (
            "two words",
            Restriction::And(vec![anywhere(word(12)?), anywhere(word(40)?)]),
        ),
        ("a phrase", anywhere(&format!("{} {}", word(1)?, word(2)?))),
    ])
}

/// Populates a search folder several times: the time and the processor's time that it took, and what it shows.
fn populate(store: &MsgStore, restriction: &Restriction) -> Result<(Figure, Figure, u64)> {
    let (mut times, mut processor) = (Vec::new(), Vec::new());
    let mut found = 0;
    for _ in 0..RUNS {
        let folder = made(store)?;
        let (start, before) = (Instant::now(), processor_now());
        set(store, &folder, restriction)?;
        times.push(start.elapsed());
        processor.push(processor_now().saturating_sub(before));
        found = folder.counts()?.contents;
        gone(store, &folder)?;
    }
    Ok((Figure::of(times), Figure::of(processor), found))
}

fn made(store: &MsgStore) -> Result<Folder> {
    let root = store.special_folder(SpecialFolder::Finder)?;
    Ok(root.create_search_folder("measured", None, CreateFolderFlags::NONE)?)
}

fn set(store: &MsgStore, folder: &Folder, restriction: &Restriction) -> Result<()> {
    let everywhere = [store.ipm_subtree()?.entry_id()];
    let how = SearchFlags::RECURSIVE | SearchFlags::FOREGROUND;
    folder.set_search_criteria(Some(restriction), Some(&everywhere), how)?;
    Ok(())
}

fn gone(store: &MsgStore, folder: &Folder) -> Result<()> {
    let root = store.special_folder(SpecialFolder::Finder)?;
    root.delete_folder(&folder.entry_id(), DeleteFolderFlags::HARD_DELETE)?;
    Ok(())
}

/// A population by words beside the question itself: counted, and read to its end as ids.
fn words(store: &MsgStore, name: &str, restriction: &Restriction) -> Result<Value> {
    let mut asked = Vec::new();
    let mut read = Vec::new();
    let mut found = 0;
    for _ in 0..RUNS {
        let start = Instant::now();
        found = store.search(restriction.clone()).count()?;
        asked.push(start.elapsed());
        let start = Instant::now();
        let columns = [tags::ENTRYID.raw(), tags::SUBJECT.raw()];
        let table = store.search(restriction.clone()).columns(columns).open()?;
        while !table.query_rows(10_000)?.is_empty() {}
        read.push(start.elapsed());
    }
    let (taken, processor, matches) = populate(store, restriction)?;
    ensure!(
        matches == found,
        "{name}: {found} asked for, {matches} in the folder"
    );
    let (asked, read) = (Figure::of(asked), Figure::of(read));
    let times = taken.median.as_secs_f64() / read.median.as_secs_f64();
    let figure = json!({
        "matches": matches,
        "taken": taken.as_json(),
        "processor": processor.as_json(),
        "counted": asked.as_json(),
        "read": read.as_json(),
        "times_as_long_as_reading": tidy(times),
        "allowed": WORDS_TIMES,
    });
    note(&format!("{name:28} {figure}"));
    Ok(figure)
}

/// The first page of a search folder beside that of the folder searched.
fn first_page(store: &MsgStore, inbox: &Folder) -> Result<Value> {
    let folder = made(store)?;
    let low = Restriction::property(MadeMail::RATING, RelOp::Ge, 0);
    let some = Restriction::And(vec![
        low,
        Restriction::property(tags::MESSAGE_SIZE, RelOp::Gt, 600),
    ]);
    set(store, &folder, &some)?;
    let page = |folder: &Folder| -> Result<()> {
        let columns = [
            tags::ENTRYID.raw(),
            tags::SUBJECT.raw(),
            tags::SENDER_NAME.raw(),
            tags::MESSAGE_DELIVERY_TIME.raw(),
        ];
        let sort = [SortColumn::descending(tags::MESSAGE_DELIVERY_TIME)];
        let rows = folder
            .contents()
            .columns(columns)
            .sort(sort)
            .open()?
            .query_rows(PAGE)?;
        ensure!(!rows.is_empty(), "the folder shows nothing");
        Ok(())
    };
    let mut both: [Box<dyn FnMut() -> Result<()>>; 2] =
        [Box::new(|| page(inbox)), Box::new(|| page(&folder))];
    let figures = median_by_turns(PAGE_RUNS, &mut both)?;
    drop(both);
    let links = folder.counts()?.contents;
    gone(store, &folder)?;
    let [ordinary, search] = figures.as_slice() else {
        anyhow::bail!("two folders were opened");
    };
    let figure =
        json!({ "links": links, "folder": ordinary.as_json(), "search_folder": search.as_json() });
    note(&format!("{:28} {figure}", "first page"));
    Ok(figure)
}

fn has_bodies(inbox: &Folder) -> Result<bool> {
    let table = inbox.contents().columns([tags::BODY.raw()]).open()?;
    let rows = table.query_rows(1)?;
    Ok(rows
        .first()
        .is_some_and(|row| row.get(tags::BODY).is_some()))
}

fn allowed(messages: u64, matches: u64) -> Duration {
    let all =
        u128::from(messages) * PER_MESSAGE.as_nanos() + u128::from(matches) * PER_MATCH.as_nanos();
    Duration::from_nanos(u64::try_from(all).unwrap_or(u64::MAX))
}

#[expect(clippy::print_stderr, reason = "the program's progress")]
fn note(line: &str) {
    eprintln!("{line}");
}
