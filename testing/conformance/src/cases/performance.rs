//! PF-03 … PF-13: the advice on performance as facts, counted in calls at the boundary.

use std::io::{Read, Write};

use malle_views::{LIST_COLUMNS, list_row, message_view};
use mapi::{
    Code, Folder, MapiProp, PropName, PropTag, PropType, PropValue, PropertyFlags, RelOp,
    Restriction, Result, SaveFlags, Session, SortColumn, Table, columns, guids, tags,
};

use crate::counted::calls;
use crate::fixture::{add, add_subject, draft, edit, prop, subjects};
use crate::{Case, case};

pub(super) const CASES: &[Case] = &[
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

/// A sub-folder of the Inbox, in this session.
fn inbox_folder(session: &Session, name: &str) -> Result<Folder> {
    session.default_store()?.folder(&format!("Inbox/{name}"))
}
