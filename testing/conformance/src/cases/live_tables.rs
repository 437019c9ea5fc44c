//! TAB-24, NT-06: what tables tell of their rows.

use mapi::{
    BitOp, CopyFlags, DeleteFlags, EntryId, EventMask, Folder, ImportItem, ImportOptions, MapiProp,
    MessageTree, Prop, PropTag, PropValue, ReadFlags, Restriction, Result, SaveFlags, SortColumn,
    Table, TableEvent, TableNotification, columns, message_flags, tags,
};
use testkit::Chance;

use crate::fixture::{add_subject, draft, edit, matching, prop};
use crate::heard::{Heard, Program, told};
use crate::{Case, Fixture, case};

use TableEvent::{Changed, RowAdded, RowDeleted, RowModified};

const TABLE: EventMask = EventMask::TABLE_MODIFIED;

/// Messages that are not read.
fn unread() -> Restriction {
    Restriction::Bitmask {
        op: BitOp::Zero,
        tag: tags::MESSAGE_FLAGS.raw(),
        mask: message_flags::READ,
    }
}

/// A folder's contents by subject, as the program of the case sees them.
pub(super) fn by_subject(program: &Program, path: &str) -> Result<Table> {
    let folder = program.session.default_store()?.folder(path)?;
    folder
        .contents()
        .columns(columns![tags::SUBJECT, tags::INSTANCE_KEY])
        .sort([SortColumn::ascending(tags::SUBJECT)])
        .open()
}

/// Saves a message that is unread.
fn arrive(folder: &Folder, subject: &str) -> Result<EntryId> {
    let id = add_subject(folder, subject)?;
    let ids = std::slice::from_ref(&id);
    folder
        .set_read_flags(Some(ids), ReadFlags::CLEAR_READ_FLAG)?
        .ignore_warning();
    Ok(id)
}

fn mark_read(folder: &Folder, id: &EntryId) -> Result<()> {
    let ids = Some(std::slice::from_ref(id));
    folder
        .set_read_flags(ids, ReadFlags::NONE)?
        .ignore_warning();
    Ok(())
}

pub(super) fn rename(folder: &Folder, id: &EntryId, subject: &str) -> Result<()> {
    let message = edit(folder, id)?;
    message.set(tags::SUBJECT, subject)?;
    message.save_changes(SaveFlags::NONE)
}

/// The instance key of a row by its subject.
pub(super) fn key(table: &Table, subject: &str) -> Result<Prop> {
    let rows = table.query_all_rows(0)?;
    let row = rows
        .iter()
        .find(|r| r.get(tags::SUBJECT).as_deref() == Some(subject))
        .unwrap();
    Ok(Prop {
        tag: tags::INSTANCE_KEY.raw(),
        value: row.value(tags::INSTANCE_KEY).unwrap().clone(),
    })
}

fn null() -> Prop {
    Prop {
        tag: PropTag::NULL,
        value: PropValue::Null,
    }
}

/// A copy of a table's rows that is kept by what the table tells: instance keys and cells.
#[derive(Debug, Default)]
struct Copy {
    rows: Vec<(PropValue, Vec<Prop>)>,
    reread: usize,
}

impl Copy {
    fn of(table: &Table) -> Result<Self> {
        let mut copy = Self::default();
        copy.read(table)?;
        Ok(copy)
    }

    fn read(&mut self, table: &Table) -> Result<()> {
        let rows = table.query_all_rows(0)?;
        let row = |r: &mapi::TableRow| {
            let key = r.value(tags::INSTANCE_KEY).unwrap().clone();
            (key, r.cells().to_vec())
        };
        self.rows = rows.iter().map(row).collect();
        Ok(())
    }

    fn at(&self, key: &Prop) -> Option<usize> {
        self.rows.iter().position(|(k, _)| *k == key.value)
    }

    fn take(&mut self, table: &Table, event: &TableNotification) -> Result<()> {
        match event.event {
            Changed => {
                self.reread += 1;
                return self.read(table);
            }
            RowDeleted => {
                let at = self.at(&event.index).expect("a row that was there");
                self.rows.remove(at);
                assert!(event.row.is_none() && event.prior == null());
                return Ok(());
            }
            RowModified => {
                let at = self.at(&event.index).expect("a row that was there");
                self.rows.remove(at);
            }
            RowAdded => assert_eq!(self.at(&event.index), None),
            other => panic!("{other:?}"),
        }
        let place = if event.prior == null() {
            0
        } else {
            self.at(&event.prior).expect("the row before it") + 1
        };
        let cells = event.row.as_ref().unwrap().cells().to_vec();
        self.rows.insert(place, (event.index.value.clone(), cells));
        Ok(())
    }
}

/// Changes a folder at random, a few steps at a time, and follows it with copies of several views.
fn random_walk(f: &Fixture, steps: u32) -> Result<()> {
    let program = Program::new(f)?;
    let (folder, other) = (f.folder("Walk")?, f.folder("Beside")?);
    let mut chance = Chance::from_environment(24);
    let here = program.session.default_store()?.folder("Inbox/Walk")?;
    let cells = columns![tags::INSTANCE_KEY, tags::SUBJECT, tags::MESSAGE_FLAGS];
    let open = |restriction: Option<Restriction>, sort: Vec<SortColumn>| {
        let table = here.contents().columns(cells);
        table.restrict(restriction).sort(sort).open()
    };
    let starts = Restriction::property(tags::SUBJECT, mapi::RelOp::Ge, "m");
    let by_subject = SortColumn::ascending(tags::SUBJECT);
    let tables = [
        open(None, vec![])?,
        open(Some(unread()), vec![by_subject])?,
        open(
            Some(starts),
            vec![SortColumn::descending(tags::MESSAGE_FLAGS), by_subject],
        )?,
    ];
    let heard: Vec<Heard> = tables.iter().map(|_| Heard::default()).collect();
    let connections: Vec<_> = tables
        .iter()
        .zip(&heard)
        .map(|(table, heard)| table.advise(TABLE, &heard.sink()))
        .collect::<Result<_>>()?;
    let mut copies: Vec<Copy> = tables.iter().map(Copy::of).collect::<Result<_>>()?;
    let mut ids: Vec<(EntryId, bool)> = Vec::new();
    for step in 0..steps {
        change(&mut chance, [&folder, &other], &mut ids)?;
        if chance.percent(70) && step + 1 < steps {
            continue;
        }
        program.dispatch()?;
        for ((table, heard), copy) in tables.iter().zip(&heard).zip(&mut copies) {
            for event in heard.rows() {
                copy.take(table, &event)?;
            }
            assert_eq!(copy.rows, Copy::of(table)?.rows, "step {step}");
        }
    }
    assert!(copies.iter().all(|c| c.reread == 0));
    drop(connections);
    Ok(())
}

/// One random change of messages that are in one of two folders.
fn change(
    chance: &mut Chance,
    folders: [&Folder; 2],
    ids: &mut Vec<(EntryId, bool)>,
) -> Result<()> {
    let word = chance.word(2);
    if ids.is_empty() || chance.percent(30) {
        let away = chance.percent(20);
        let folder = folders[usize::from(away)];
        let id = if chance.percent(50) {
            arrive(folder, &word)?
        } else {
            add_subject(folder, &word)?
        };
        ids.push((id, away));
        return Ok(());
    }
    let at = usize::try_from(chance.below(u64::try_from(ids.len()).unwrap())).unwrap();
    let (id, away) = ids[at].clone();
    let (from, to) = (folders[usize::from(away)], folders[usize::from(!away)]);
    let one = std::slice::from_ref(&id);
    match chance.below(10) {
        0..4 => rename(from, &id, &word)?,
        4..6 => mark_read(from, &id)?,
        6..8 => {
            from.copy_messages(one, to, CopyFlags::MOVE)?
                .ignore_warning();
            ids[at].1 = !away;
        }
        8 => {
            let flags = if chance.percent(50) {
                DeleteFlags::HARD_DELETE
            } else {
                DeleteFlags::NONE
            };
            from.delete_messages(one, flags)?.ignore_warning();
            ids.swap_remove(at);
        }
        _ => {
            let copied = from.copy_messages(one, to, CopyFlags::NONE)?.value;
            ids.push((copied.copies[0].1.clone(), !away));
        }
    }
    Ok(())
}

pub(super) const CASES: &[Case] = &[
    case!(
        "TAB-24" + "M-IMAPITable.Advise",
        needs(),
        "a view of unread messages tells of a message that is read as a row that is gone, of others nothing",
        |f| {
            let program = Program::new(f)?;
            let (folder, other) = (f.folder("Mail")?, f.folder("Other")?);
            let (a, b, c) = (
                arrive(&folder, "a")?,
                arrive(&folder, "b")?,
                add_subject(&folder, "c")?,
            );
            let table = by_subject(&program, "Inbox/Mail")?;
            table.restrict(unread())?;
            let heard = Heard::default();
            let connection = table.advise(TABLE, &heard.sink())?;
            assert_ne!(connection.number(), 0);
            let key_a = key(&table, "a")?;
            mark_read(&folder, &a)?;
            program.dispatch()?;
            let events = heard.rows();
            assert_eq!(events.len(), 1);
            assert_eq!((events[0].event, &events[0].index), (RowDeleted, &key_a));
            assert!(events[0].row.is_none());

            rename(&folder, &c, "still read")?;
            let d = add_subject(&other, "elsewhere")?;
            rename(&other, &d, "elsewhere still")?;
            program.dispatch()?;
            assert_eq!(heard.rows(), []);

            // A draft is not unread: it comes in when it is marked so, and not before.
            table.restrict(None)?;
            program.dispatch()?;
            assert_eq!(heard.rows(), []);
            rename(&folder, &b, "0 first now")?;
            program.dispatch()?;
            let events = heard.rows();
            assert_eq!(told(&events[0]), (RowModified, "0 first now".to_owned()));
            assert_eq!((events.len(), &events[0].prior), (1, &null()));
            Ok(())
        }
    ),
    case!(
        "TAB-24",
        needs(),
        "rows come in, change, move and go, each told with the row before it in the view",
        |f| {
            let program = Program::new(f)?;
            let (folder, other) = (f.folder("Mail")?, f.folder("Other")?);
            let table = by_subject(&program, "Inbox/Mail")?;
            let heard = Heard::default();
            let _connection = table.advise(TABLE, &heard.sink())?;
            let next = || -> Result<TableNotification> {
                program.dispatch()?;
                let mut events = heard.rows();
                assert_eq!(events.len(), 1);
                Ok(events.remove(0))
            };
            let b = add_subject(&folder, "b")?;
            let event = next()?;
            assert_eq!(told(&event), (RowAdded, "b".to_owned()));
            assert_eq!((&event.prior, &event.index), (&null(), &key(&table, "b")?));
            assert_eq!(event.row.unwrap().entry_id(), &b);
            let d = add_subject(&folder, "d")?;
            assert_eq!(next()?.prior, key(&table, "b")?);
            let c = add_subject(&other, "c")?;
            other
                .copy_messages(std::slice::from_ref(&c), &folder, CopyFlags::MOVE)?
                .ignore_warning();
            let event = next()?;
            assert_eq!((told(&event).0, event.prior), (RowAdded, key(&table, "b")?));
            folder
                .copy_messages(std::slice::from_ref(&d), &other, CopyFlags::MOVE)?
                .ignore_warning();
            assert_eq!(told(&next()?), (RowDeleted, String::new()));
            // Not saved, not told.
            let draft = draft(&folder, &[prop(tags::SUBJECT, "e")])?;
            assert_eq!(program.dispatch()?, 0);
            draft.save_changes(SaveFlags::NONE)?;
            assert_eq!(next()?.prior, key(&table, "c")?);
            folder
                .delete_messages(std::slice::from_ref(&b), DeleteFlags::NONE)?
                .ignore_warning();
            assert_eq!(next()?.event, RowDeleted);
            Ok(())
        }
    ),
    case!(
        "M-IMAPITable.Unadvise",
        needs(),
        "a table tells nothing once the registration has ended, or the table has",
        |f| {
            let program = Program::new(f)?;
            let folder = f.folder("Mail")?;
            let (table, dropped) = (
                by_subject(&program, "Inbox/Mail")?,
                by_subject(&program, "Inbox/Mail")?,
            );
            let heard = Heard::default();
            let connection = table.advise(TABLE, &heard.sink())?;
            let kept = dropped.advise(TABLE, &heard.sink())?;
            dropped.unadvise(kept)?;
            let _kept = dropped.advise(TABLE, &heard.sink())?;
            drop(dropped);
            add_subject(&folder, "a")?;
            program.dispatch()?;
            assert_eq!(heard.take().len(), 1);
            table.unadvise(connection)?;
            add_subject(&folder, "b")?;
            assert_eq!((program.dispatch()?, heard.take().len()), (0, 0));
            Ok(())
        }
    ),
    case!(
        "NT-06.T1",
        needs(),
        "a copy of the rows that is kept by what the table tells equals the table",
        |f| random_walk(f, 1000).map_err(Into::into)
    ),
    case!(
        "NT-06.T2" + "NT-06.T4",
        needs(),
        "another sort key moves a row; what is filtered out is not told",
        |f| {
            let program = Program::new(f)?;
            let folder = f.folder("Mail")?;
            let ids = ["a", "b", "c"].map(|s| add_subject(&folder, s).unwrap());
            let table = by_subject(&program, "Inbox/Mail")?;
            let heard = Heard::default();
            let _connection = table.advise(TABLE, &heard.sink())?;
            rename(&folder, &ids[0], "bb")?;
            program.dispatch()?;
            let event = heard.rows().remove(0);
            assert_eq!(told(&event), (RowModified, "bb".to_owned()));
            assert_eq!(event.prior, key(&table, "b")?);
            rename(&folder, &ids[2], "a")?;
            program.dispatch()?;
            assert_eq!(heard.rows().remove(0).prior, null());
            table.restrict(Restriction::property(tags::SUBJECT, mapi::RelOp::Ne, "b"))?;
            let outside = edit(&folder, &ids[1])?;
            outside.set(tags::BODY, "more")?;
            outside.save_changes(SaveFlags::NONE)?;
            assert_eq!(program.dispatch()?, 0);
            rename(&folder, &ids[1], "bc")?;
            program.dispatch()?;
            assert_eq!(told(&heard.rows().remove(0)), (RowAdded, "bc".to_owned()));
            Ok(())
        }
    ),
    case!(
        "NT-06.T3",
        needs(),
        "a row is told with the columns that were set when it changed",
        |f| {
            let program = Program::new(f)?;
            let folder = f.folder("Mail")?;
            let table = by_subject(&program, "Inbox/Mail")?;
            let heard = Heard::default();
            let _connection = table.advise(TABLE, &heard.sink())?;
            add_subject(&folder, "before")?;
            table.set_columns(columns![tags::ENTRYID])?;
            add_subject(&folder, "after")?;
            program.dispatch()?;
            let columns: Vec<Vec<PropTag>> = heard
                .rows()
                .iter()
                .map(|e| {
                    e.row
                        .as_ref()
                        .unwrap()
                        .cells()
                        .iter()
                        .map(|c| c.tag)
                        .collect()
                })
                .collect();
            let before = columns![tags::SUBJECT, tags::INSTANCE_KEY].to_vec();
            assert_eq!(columns, [before, columns![tags::ENTRYID].to_vec()]);
            Ok(())
        }
    ),
    case!(needs(), "very many changes are told as one", |f| {
        let program = Program::new(f)?;
        let folder = f.folder("Mail")?;
        let table = by_subject(&program, "Inbox/Mail")?;
        let heard = Heard::default();
        let _connection = table.advise(TABLE, &heard.sink())?;
        let item = |n: u32| {
            let mut tree = MessageTree::default();
            tree.props.set(tags::SUBJECT, format!("{n:04}"));
            ImportItem {
                tree,
                flags: 0,
                source: None,
            }
        };
        folder.import((0..600).map(item).collect(), ImportOptions::default())?;
        program.dispatch()?;
        let events = heard.rows();
        assert_eq!((events.len(), events[0].event), (1, Changed));
        add_subject(&folder, "one more")?;
        program.dispatch()?;
        assert_eq!(told(&heard.rows()[0]), (RowAdded, "one more".to_owned()));
        Ok(())
    }),
    case!(
        needs(),
        "a view by what the log does not keep tells that it changed rather than nothing",
        |f| {
            let program = Program::new(f)?;
            let folder = f.folder("Mail")?;
            let id = add_subject(&folder, "m")?;
            let child = Restriction::property(tags::DISPLAY_NAME, mapi::RelOp::Eq, "Ann");
            let to_ann = Restriction::Sub {
                object: mapi::SubObject::Recipients,
                child: Box::new(child),
            };
            let table = by_subject(&program, "Inbox/Mail")?;
            table.restrict(to_ann.clone())?;
            let heard = Heard::default();
            let _connection = table.advise(TABLE, &heard.sink())?;
            let message = edit(&folder, &id)?;
            crate::fixture::address(&message, &[(mapi::recipient_type::TO, "Ann")])?;
            message.save_changes(SaveFlags::NONE)?;
            program.dispatch()?;
            assert_eq!(heard.rows()[0].event, Changed);
            assert_eq!(matching(&folder, to_ann)?, ["m"]);
            Ok(())
        }
    ),
];
