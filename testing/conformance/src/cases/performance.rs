//! PF-01 … PF-13: the advice on performance as facts, counted in calls at the boundary.

use std::io::{Read, Write};
use std::time::{Duration, Instant};

use malle_views::{LIST_COLUMNS, list_row, message_view};
use mapi::{
    Coalesced, Code, EventMask, Folder, MapiProp, Object, OpenFlags, PropName, PropTag, PropType,
    PropValue, PropertyFlags, RelOp, Restriction, Result, SaveFlags, Session, SortColumn,
    SpecialFolder, StoreRole, Table, columns, guids, tags,
};

use crate::counted::calls;
use crate::fixture::{add, add_subject, code, draft, edit, prop, subjects};
use crate::{Case, case};

pub(super) const CASES: &[Case] = &[
    case!(
        "PF-01.T1",
        needs(),
        "starting and opening a folder asks for little, and changes nothing",
        |f| {
            for n in 0..60 {
                add_subject(&f.inbox()?, &format!("n{n}"))?;
            }
            let (session, start) = calls(|| f.counted_session());
            let session = session?;
            // PF-02, PF-03: nothing is searched, changed, mapped or read of any message; only what the stores are.
            assert!(start.len() <= 8, "{start:?}");
            let asks = |call: &String| matches!(call.as_str(), "store_props" | "folder" | "log");
            assert!(start.iter().all(asks), "{start:?}");
            let (rows, opened) = calls(|| -> Result<_> {
                let inbox = session.default_store()?.receive_folder("IPM.Note")?;
                let (table, _) = inbox.default_contents()?;
                table.set_columns(LIST_COLUMNS)?;
                table.query_rows(50)
            });
            assert_eq!(rows?.len(), 50);
            // PF-04, PF-05, PF-10, PF-11: one view, of columns, without a filter; no message, no stream.
            let count = |name: &str| opened.iter().filter(|c| *c == name).count();
            assert_eq!(count("view"), 1, "{opened:?}");
            assert!(count("store_props") <= 1, "{opened:?}");
            let asks =
                |call: &String| matches!(call.as_str(), "view" | "store_props" | "folder" | "log");
            assert!(opened.iter().all(asks), "{opened:?}");
            assert!(opened.len() <= 8, "{opened:?}");
            // PF-06: opening it again asks less.
            let (again, made) = calls(|| session.default_store()?.receive_folder("IPM.Note"));
            again?;
            assert!(
                made.len() <= 3 && made.iter().all(|c| c != "store_props"),
                "{made:?}"
            );
            Ok(())
        }
    ),
    case!(
        "PF-03.T1",
        needs(),
        "a routing list of any length costs two calls",
        |f| {
            let folder = f.folder("Mail")?;
            let costs = [3_usize, 60].map(|n| -> Result<usize> {
                let names = names(n);
                let ids = folder.ids_from_names(&names, true)?.value;
                let list = |id: &PropTag| (id.with_type(PropType::UNICODE), "x".into());
                let id = add(&folder, &ids.iter().map(list).collect::<Vec<_>>())?;
                let session = f.counted_session()?;
                let message = inbox_folder(&session, "Mail")?.open_message(&id)?;
                let (read, made) = calls(|| -> Result<_> {
                    let tags = message.ids_from_names(&names, false)?.value;
                    let tags: Vec<_> = tags
                        .iter()
                        .map(|t| t.with_type(PropType::UNICODE))
                        .collect();
                    message.get_props(&tags)
                });
                let read = read?;
                assert_eq!((read.warning, read.value.len()), (None, n));
                assert!(read.value.iter().all(|p| p.value == PropValue::from("x")));
                assert!(made.len() <= 2, "{n} properties: {made:?}");
                Ok(made.len())
            });
            let [few, many] = costs;
            assert_eq!(few?, many?);
            // Setting many is one commit too.
            let session = f.counted_session()?;
            let message = inbox_folder(&session, "Mail")?.create_message()?;
            let tags = message.ids_from_names(&names(60), false)?.value;
            let values: Vec<_> = tags
                .iter()
                .map(|t| (t.with_type(PropType::UNICODE), PropValue::from("y")))
                .collect();
            let (saved, made) = calls(|| -> Result<()> {
                assert_eq!(message.set_props(&values)?, []);
                message.save_changes(SaveFlags::NONE)
            });
            saved?;
            assert_eq!(
                made.iter().filter(|c| *c == "commit").count(),
                1,
                "{made:?}"
            );
            assert!(made.len() <= 3, "{made:?}");
            Ok(())
        }
    ),
    case!(
        "PF-04.T1" + "PF-04.T2",
        needs(),
        "a list is made of columns alone, the reader shows all of a long value",
        |f| {
            let folder = f.folder("Mail")?;
            let long = "s".repeat(300);
            let id = add_subject(&folder, &long)?;
            for n in 0..20 {
                add_subject(&folder, &format!("n{n}"))?;
            }
            let session = f.counted_session()?;
            let folder = inbox_folder(&session, "Mail")?;
            let (rows, made) = calls(|| -> Result<_> {
                let table = folder.contents().columns(LIST_COLUMNS).open()?;
                table.query_rows(50)
            });
            let rows = rows?;
            assert_eq!(made.iter().filter(|c| *c == "view").count(), 1, "{made:?}");
            assert!(!made.iter().any(|c| c == "message"), "{made:?}");
            let listed: Vec<_> = rows
                .iter()
                .map(|r| {
                    list_row(r, String::new(), "Mail", &[])
                        .subject
                        .unwrap_or_default()
                })
                .collect();
            assert_eq!(listed.len(), 21);
            assert!(
                listed
                    .iter()
                    .any(|s| s.len() >= 255 && long.starts_with(s.as_str())),
                "{listed:?}"
            );
            let message = folder.open_message(&id)?;
            assert_eq!(message.get(tags::SUBJECT)?, long);
            let view = message_view(&message, "a1".to_owned(), None)?;
            assert_eq!(view.subject, Some(long));
            Ok(())
        }
    ),
    case!(
        "PF-05.T1",
        needs(),
        "a small body needs no stream, a large one says that it needs one",
        |f| {
            let folder = f.folder("Mail")?;
            let small = add(&folder, &[prop(tags::BODY, "hello")])?;
            let text = "0123456789".repeat(512 * 1024);
            let large = add(&folder, &[prop(tags::BODY, text.as_str())])?;
            let session = f.counted_session()?;
            let folder = inbox_folder(&session, "Mail")?;
            let (body, made) = calls(|| folder.open_message(&small)?.get(tags::BODY));
            assert_eq!(body?, "hello");
            assert!(!made.iter().any(|c| c == "large"), "{made:?}");
            let message = folder.open_message(&large)?;
            let got = message.get_props(&[tags::BODY.raw()])?;
            assert_eq!(got.warning, Some(Code::W_ERRORS_RETURNED));
            assert_eq!(
                got.value[0].value,
                PropValue::Error(Code::NOT_ENOUGH_MEMORY)
            );
            let mut bytes = Vec::new();
            let mut stream = message.open_property(tags::BODY.raw(), PropertyFlags::NONE)?;
            stream.read_to_end(&mut bytes)?;
            let utf16: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
            assert!(bytes == utf16);
            Ok(())
        }
    ),
    case!(
        "PF-06.T1",
        needs(),
        "where folders are is asked once, and again when it may be elsewhere",
        |f| {
            let session = f.counted_session()?;
            let open = || session.default_store()?.receive_folder("IPM.Note");
            let ten = || -> Result<Folder> {
                for role in SPECIAL {
                    session.default_store()?.special_folder(role)?;
                }
                (0..9).try_for_each(|_| open().map(drop))?;
                open()
            };
            let asked = |made: &[String]| made.iter().filter(|c| *c == "store_props").count();
            let (inbox, made) = calls(ten);
            assert_eq!(inbox?.entry_id(), f.inbox()?.entry_id());
            assert!(asked(&made) <= 1, "{made:?}");
            let (inbox, made) = calls(ten);
            inbox?;
            assert_eq!(asked(&made), 0, "{made:?}");

            // Another program, with the store to itself as far as this one knows, has mail arrive elsewhere.
            let elsewhere = f.folder("Elsewhere")?.entry_id();
            f.store()?
                .set_receive_folder("IPM.Note", Some(&elsewhere))?;
            let (moved, made) = calls(ten);
            assert_eq!(moved?.entry_id(), elsewhere);
            assert_eq!(asked(&made), 1, "{made:?}");

            // Another default store has another Inbox.
            let second = session.store_by_letter("b")?.entry_id();
            session.set_default_store(Some(&second), StoreRole::Default)?;
            let (inbox, made) = calls(ten);
            let inbox = inbox?;
            assert_eq!(inbox.store()?.entry_id(), second);
            assert_ne!(inbox.entry_id(), elsewhere);
            assert!(asked(&made) <= 1, "{made:?}");
            Ok(())
        }
    ),
    case!(
        "PF-07.T1",
        needs(),
        "what is gone is opened when errors may come later, and then says so",
        |f| {
            let inbox = f.inbox()?;
            let (folder, message) = (f.folder("Gone")?.entry_id(), add_subject(&inbox, "gone")?);
            inbox.delete_folder(&folder, mapi::DeleteFolderFlags::NONE)?;
            let list = std::slice::from_ref(&message);
            let deleted = inbox.delete_messages(list, mapi::DeleteFlags::NONE)?;
            assert_eq!(deleted.value.done, 1);
            let later = OpenFlags::DEFERRED_ERRORS;
            let store = f.store()?;
            for id in [&folder, &message] {
                assert_eq!(code(store.open_entry(id, OpenFlags::NONE)), Code::NOT_FOUND);
                assert_eq!(
                    code(store.open_entry(id, OpenFlags::MODIFY)),
                    Code::NOT_FOUND
                );
            }
            let Object::Folder(folder) = store.open_entry(&folder, later)? else {
                panic!("not opened as a folder");
            };
            assert_eq!(
                code(folder.get_props(&[tags::DISPLAY_NAME.raw()])),
                Code::NOT_FOUND
            );
            assert_eq!(code(folder.contents().open()), Code::NOT_FOUND);
            assert_eq!(code(folder.create_message()), Code::NOT_FOUND);
            let Object::Message(message) = f.session().open_entry(&message, later)? else {
                panic!("not opened as a message");
            };
            assert_eq!(
                code(message.get_props(&[tags::SUBJECT.raw()])),
                Code::NOT_FOUND
            );
            assert_eq!(code(message.get_all_props()), Code::NOT_FOUND);
            assert_eq!(
                code(message.open_property(tags::BODY.raw(), PropertyFlags::NONE)),
                Code::NOT_FOUND
            );
            assert_eq!(code(message.save_changes(SaveFlags::NONE)), Code::NOT_FOUND);
            // What is there is opened as ever, and a bad id is refused at once.
            let Object::Folder(there) = store.open_entry(&inbox.entry_id(), later)? else {
                panic!("not opened as a folder");
            };
            assert_eq!(there.name()?, inbox.name()?);
            let bad = mapi::EntryId::from(b"no entry id at all".as_slice());
            assert!(store.open_entry(&bad, later).is_err());
            Ok(())
        }
    ),
    case!(
        "PF-07.T2",
        needs(),
        "a storm of notifications gives a few refreshes, and the last of them shows all",
        |f| {
            let folder = f.folder("Mail")?;
            let listener = folder.store()?.listen(None, EventMask::OBJECT_CREATED)?;
            let mut changes = Coalesced::new(listener, Duration::from_millis(250));
            let shown = folder.contents().columns(columns![tags::SUBJECT]).open()?;
            let storm = f.second_session()?.default_store()?.folder("Inbox/Mail")?;
            let begun = Instant::now();
            let stormy = std::thread::spawn(move || -> Result<()> {
                for n in 0..500_u64 {
                    add_subject(&storm, &format!("n{n}"))?;
                    let due = Duration::from_millis(2 * n);
                    std::thread::sleep(due.saturating_sub(begun.elapsed()));
                }
                Ok(())
            });
            let (mut redraws, mut told, mut seen) = (0_u32, 0, 0);
            while seen < 500 && begun.elapsed() < Duration::from_secs(60) {
                let Some(refresh) = changes.next_within(Duration::from_secs(1))? else {
                    continue;
                };
                redraws += 1;
                told += refresh.notifications;
                seen = shown.query_all_rows(0)?.len();
            }
            let seconds = begun.elapsed().as_secs_f64();
            stormy.join().expect("the storm does not panic")?;
            assert!(told >= 500, "{told}");
            // Four a second, one at once, and one after the storm.
            assert!(
                f64::from(redraws) <= 4.0 * seconds + 2.0,
                "{redraws} in {seconds} s"
            );
            assert_eq!(seen, 500, "a refresh comes after the last change");
            Ok(())
        }
    ),
    case!(
        "PF-09.T1",
        needs(),
        "a stream grows by writing, and by being told its size",
        |f| {
            let folder = f.folder("Mail")?;
            let id = add_subject(&folder, "m")?;
            let tag = PropTag::new(0x6801, PropType::BINARY);
            let flags = PropertyFlags::CREATE | PropertyFlags::MODIFY;
            for sized in [false, true] {
                let message = edit(&folder, &id)?;
                let mut stream = message.open_property(tag, flags)?;
                if sized {
                    stream.set_size(30_000)?;
                }
                for chunk in 0..30_u8 {
                    stream.write_all(&[chunk; 1000])?;
                }
                assert_eq!(stream.size(), 30_000, "sized: {sized}");
                stream.commit()?;
                drop(stream);
                message.save_changes(SaveFlags::NONE)?;
                let mut back = Vec::new();
                let message = folder.open_message(&id)?;
                let mut stream = message.open_property(tag, PropertyFlags::NONE)?;
                stream.read_to_end(&mut back)?;
                let want: Vec<u8> = (0..30_u8).flat_map(|chunk| [chunk; 1000]).collect();
                assert!(back == want, "sized: {sized}");
            }
            Ok(())
        }
    ),
    case!(
        "PF-10.T1",
        needs(),
        "columns, filter and order may be set in any order, and cost one view",
        |f| {
            let folder = f.folder("Mail")?;
            for subject in ["d", "a", "c", "b"] {
                add_subject(&folder, subject)?;
            }
            let session = f.counted_session()?;
            let folder = inbox_folder(&session, "Mail")?;
            type Step = fn(&Table) -> Result<()>;
            let steps: [Step; 3] = [
                |t| t.set_columns(columns![tags::SUBJECT]),
                |t| t.restrict(Restriction::property(tags::SUBJECT, RelOp::Ne, "c")),
                |t| {
                    let keys = [SortColumn::descending(tags::SUBJECT)];
                    t.sort(mapi::SortOrderSet::by(keys))
                },
            ];
            for order in [
                [0, 1, 2],
                [0, 2, 1],
                [1, 0, 2],
                [1, 2, 0],
                [2, 0, 1],
                [2, 1, 0],
            ] {
                let table = folder.contents().open()?;
                let (shown, made) = calls(|| -> Result<_> {
                    for step in order {
                        steps[step](&table)?;
                    }
                    subjects(&table)
                });
                assert_eq!(shown?, ["d", "b", "a"], "{order:?}");
                assert_eq!(
                    made,
                    ["view"],
                    "{order:?}: no step reads before the rows are asked for"
                );
            }
            Ok(())
        }
    ),
    case!(
        "PF-13.T1",
        needs(),
        "any text is a name for a folder until it is taken away",
        |f| {
            let store = f.store()?;
            let (archive, mine) = (f.folder("Archive")?, f.folder("Mine")?);
            store.set_receive_folder("MyApp", Some(&mine.entry_id()))?;
            store.set_receive_folder("MyApp.Archive", Some(&archive.entry_id()))?;
            let resolved = |text: &str| store.receive_folder_id(text);
            assert_eq!(resolved("MyApp.Archive")?.0, archive.entry_id());
            assert_eq!(resolved("MyApp.Other")?.0, mine.entry_id());
            store.set_receive_folder("MyApp.Archive", None)?;
            assert_eq!(
                resolved("MyApp.Archive")?,
                (mine.entry_id(), "MyApp".to_owned())
            );
            store.set_receive_folder("MyApp", None)?;
            assert_eq!(resolved("MyApp.Archive")?.0, resolved("")?.0);
            Ok(())
        }
    ),
    case!(
        needs(),
        "a bulk call is one commit, however many messages it is about",
        |f| {
            let folder = f.folder("Mail")?;
            let mut ids = Vec::new();
            for n in 0..40 {
                let message = draft(&folder, &[prop(tags::SUBJECT, format!("n{n}"))])?;
                message.save_changes(SaveFlags::NONE)?;
                ids.extend(message.entry_id());
            }
            let session = f.counted_session()?;
            let folder = inbox_folder(&session, "Mail")?;
            let (marked, made) =
                calls(|| folder.set_read_flags(Some(&ids), mapi::ReadFlags::CLEAR_READ_FLAG));
            assert_eq!(marked?.value.done, 40);
            let commits = made.iter().filter(|c| *c == "commit").count();
            assert!(commits == 1 && made.len() <= 2, "{made:?}");
            Ok(())
        }
    ),
];

/// Named properties of a routing list.
fn names(n: usize) -> Vec<PropName> {
    let name = |i| PropName::text(guids::PS_PUBLIC_STRINGS, format!("route-{i}"));
    (0..n).map(name).collect()
}

/// The folders that a client asks for most.
const SPECIAL: [SpecialFolder; 5] = [
    SpecialFolder::IpmSubtree,
    SpecialFolder::Inbox,
    SpecialFolder::Outbox,
    SpecialFolder::SentItems,
    SpecialFolder::DeletedItems,
];

/// A sub-folder of the Inbox, in this session.
fn inbox_folder(session: &Session, name: &str) -> Result<Folder> {
    session.default_store()?.folder(&format!("Inbox/{name}"))
}
