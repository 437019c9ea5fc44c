//! Live tables against the tables themselves: several writers, processes of their own where the store has such, change a
//! store at random, while observers keep a copy of what each table shows by its notifications alone. Whenever
//! the writers pause, every copy equals a fresh reading. Requirements TAB-24, NT-06; design: docs/architecture.md, "Telling".

mod observer;
mod writer;

use std::sync::mpsc::{Receiver, Sender, TryRecvError, channel};
use std::thread;

use mapi::{
    BitOp, CreateFolderFlags, Depth, Folder, MsgStore, PropTag, RelOp, Restriction, Result,
    SearchFlags, SortColumn, SortOrderSet, Table, columns, message_flags, tags,
};

use self::observer::Observer;
use self::writer::Writer;
use crate::heard::{PATIENCE, Program};
use crate::{Fixture, Ground};

/// Writers at work side by side.
const WRITERS: u64 = 3;
/// Changes of one writer between two pauses.
const SPELL: u64 = 20;

/// A writer as whoever started it sees it: told how many changes to make, it answers how many came about, when it pauses.
#[derive(Debug)]
pub struct LiveWriter {
    /// So many changes, please.
    pub go: Sender<u64>,
    /// So many were made.
    pub done: Receiver<u64>,
}

impl LiveWriter {
    /// One on a thread of this process, with a session of its own.
    ///
    /// # Errors
    /// Those of logging on.
    pub fn in_thread(fixture: &Fixture, seed: u64) -> Result<Self> {
        let store = fixture.second_session()?.default_store()?;
        let (go, wanted) = channel();
        let (tell, done) = channel();
        thread::spawn(move || serve(&store, seed, &wanted, &tell));
        Ok(Self { go, done })
    }
}

/// Makes changes as they are asked for, until nobody asks any more. What a process does that is a writer.
pub fn live_writer(
    fixture: &Fixture,
    seed: u64,
    wanted: &Receiver<u64>,
    done: &Sender<u64>,
) -> Result<()> {
    serve(&fixture.store()?, seed, wanted, done);
    Ok(())
}

fn serve(store: &MsgStore, seed: u64, wanted: &Receiver<u64>, done: &Sender<u64>) {
    let mut writer = Writer::new(store.clone(), seed);
    while let Ok(changes) = wanted.recv() {
        let made = (0..changes).map(|_| writer.change().unwrap()).sum();
        if done.send(made).is_err() {
            return;
        }
    }
}

/// Has writers, that `start` starts with a seed each, make `changes` or `MALLE_LIVE_CHANGES`, and holds the observers against
/// fresh readings. `MALLE_SEED` chooses other changes, `MALLE_TABLE` only the tables of that name.
///
/// # Errors
/// Those of any call that must work.
///
/// # Panics
/// When a copy differs from its table, when an event cannot be applied, or when hardly any event is of a single row.
pub fn live_model(
    ground: Box<dyn Ground>,
    start: impl Fn(&Fixture, u64) -> Result<LiveWriter>,
    changes: u64,
) -> Result<()> {
    let number =
        |name: &str, usual: u64| std::env::var(name).map_or(usual, |s| s.trim().parse().unwrap());
    let changes = number("MALLE_LIVE_CHANGES", changes);
    let seed = number("MALLE_SEED", 1);
    let fixture = Fixture::new(ground)?;
    lay_out(&fixture)?;
    let program = Program::new(&fixture)?;
    let mut observers = observers(&program)?;
    let writers = (0..WRITERS).map(|n| start(&fixture, seed * 1000 + n));
    let writers: Vec<LiveWriter> = writers.collect::<Result<_>>()?;
    let mut made = 0;
    for round in 0.. {
        let at = format!("seed {seed}, round {round}, change {made}");
        if made >= changes {
            break;
        }
        for writer in &writers {
            writer.go.send(SPELL).unwrap();
        }
        made += follow(&program, &mut observers, &writers, &at)?;
        follow_once(&program, &mut observers, &at)?;
        for observer in &observers {
            observer.check(&at)?;
        }
    }
    observers.iter().for_each(Observer::judge);
    Ok(())
}

/// Follows the writers until all of them pause; how many changes they made.
fn follow(
    program: &Program,
    observers: &mut [Observer],
    writers: &[LiveWriter],
    at: &str,
) -> Result<u64> {
    let mut made = 0;
    let mut running: Vec<&LiveWriter> = writers.iter().collect();
    let end = std::time::Instant::now() + PATIENCE * 3;
    while !running.is_empty() {
        assert!(std::time::Instant::now() < end, "a writer hangs: {at}");
        follow_once(program, observers, at)?;
        running.retain(|writer| match writer.done.try_recv() {
            Ok(changes) => {
                made += changes;
                false
            }
            Err(TryRecvError::Empty) => true,
            Err(TryRecvError::Disconnected) => panic!("a writer is gone: {at}"),
        });
        thread::yield_now();
    }
    Ok(made)
}

fn follow_once(program: &Program, observers: &mut [Observer], at: &str) -> Result<()> {
    program.dispatch()?;
    observers.iter_mut().try_for_each(|o| o.follow(at))
}

/// The folders that are observed: two of messages, one of folders, and a search folder over all of them.
fn lay_out(fixture: &Fixture) -> Result<()> {
    let place = fixture.folder("Live")?;
    for name in ["A", "B", "Tree"] {
        place.create_folder(name, None, CreateFolderFlags::NONE)?;
    }
    let finds = fixture.store()?.root_folder()?;
    let finds = finds.create_search_folder("Finds", None, CreateFolderFlags::NONE)?;
    let how = SearchFlags::RECURSIVE | SearchFlags::FOREGROUND;
    let scope = [place.entry_id()];
    finds.set_search_criteria(Some(&important_or_unread()), Some(&scope), how)
}

fn unread() -> Restriction {
    Restriction::Bitmask {
        op: BitOp::Zero,
        tag: tags::MESSAGE_FLAGS.raw(),
        mask: message_flags::READ,
    }
}

fn important_or_unread() -> Restriction {
    let important = Restriction::property(tags::IMPORTANCE, RelOp::Ge, 2);
    Restriction::Or(vec![important, unread()])
}

/// What is observed: a name, the table, and whether most of what happens to it is told row by row.
fn observers(program: &Program) -> Result<Vec<Observer>> {
    let store = program.session.default_store()?;
    let (a, b) = (store.folder("Inbox/Live/A")?, store.folder("Inbox/Live/B")?);
    let live = store.folder("Inbox/Live")?;
    let finds = store.root_folder()?.child("Finds")?.unwrap();
    let by_date = || [SortColumn::descending(tags::MESSAGE_DELIVERY_TIME)];
    let all = [
        ("plain", contents(&a)?),
        ("sorted by date", sorted(&b, by_date())?),
        ("sorted by subject", sorted(&a, by_subject())?),
        ("restricted", restricted(contents(&a)?, unread())?),
        (
            "restricted and sorted",
            restricted(
                sorted(&b, [SortColumn::descending(tags::MESSAGE_SIZE)])?,
                important_or_unread(),
            )?,
        ),
        (
            "restricted by text",
            restricted(sorted(&a, by_subject())?, writer::a_word())?,
        ),
        ("categorised, expanded", categorised(&a, 2, 2)?),
        ("categorised, one level", categorised(&a, 2, 1)?),
        ("categorised, collapsed", categorised(&b, 1, 0)?),
        (
            "categorised and restricted",
            restricted(categorised(&a, 1, 1)?, unread())?,
        ),
        ("search folder", sorted(&finds, by_subject())?),
        ("search folder, categorised", categorised(&finds, 1, 1)?),
        ("deep contents", deep(&live)?),
        ("hierarchy", hierarchy(&live, Depth::All)?),
        ("children", hierarchy(&live, Depth::Children)?),
        ("associated", a.associated().columns(looks()).open()?),
        ("deleted", a.deleted_contents().columns(looks()).open()?),
    ];
    let only = std::env::var("MALLE_TABLE").unwrap_or_default();
    all.into_iter()
        .filter(|(name, _)| name.contains(&only))
        .map(|(name, table)| Observer::new(name, table))
        .collect()
}

/// Columns of messages and headings.
fn looks() -> Vec<PropTag> {
    columns![
        tags::INSTANCE_KEY,
        tags::ENTRYID,
        tags::SUBJECT,
        tags::IMPORTANCE,
        tags::MESSAGE_FLAGS,
        tags::MESSAGE_SIZE,
        tags::MESSAGE_DELIVERY_TIME,
        tags::ROW_TYPE,
        tags::DEPTH,
        tags::CONTENT_COUNT,
        tags::CONTENT_UNREAD,
    ]
    .to_vec()
}

fn by_subject() -> [SortColumn; 2] {
    [
        SortColumn::ascending(tags::SUBJECT),
        SortColumn::descending(tags::MESSAGE_DELIVERY_TIME),
    ]
}

fn contents(folder: &Folder) -> Result<Table> {
    folder.contents().columns(looks()).open()
}

fn deep(folder: &Folder) -> Result<Table> {
    let table = folder.deep_contents().columns(looks());
    table.sort(by_subject()).open()
}

fn sorted(folder: &Folder, keys: impl IntoIterator<Item = SortColumn>) -> Result<Table> {
    folder.contents().columns(looks()).sort(keys).open()
}

fn restricted(table: Table, restriction: Restriction) -> Result<Table> {
    table.restrict(restriction)?;
    Ok(table)
}

fn categorised(folder: &Folder, categories: u32, expanded: u32) -> Result<Table> {
    let table = contents(folder)?;
    table.sort(SortOrderSet {
        columns: vec![
            SortColumn::ascending(tags::IMPORTANCE),
            SortColumn::ascending(tags::SUBJECT),
            SortColumn::descending(tags::MESSAGE_DELIVERY_TIME),
        ],
        categories,
        expanded,
    })?;
    Ok(table)
}

fn hierarchy(folder: &Folder, depth: Depth) -> Result<Table> {
    let shown = columns![
        tags::INSTANCE_KEY,
        tags::ENTRYID,
        tags::DISPLAY_NAME,
        tags::DEPTH,
        tags::SUBFOLDERS,
        tags::CONTENT_COUNT,
        tags::CONTENT_UNREAD,
        tags::ASSOC_CONTENT_COUNT,
    ];
    folder.hierarchy(depth).columns(shown).open()
}
