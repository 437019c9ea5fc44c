//! NAM-01 … NAM-06: named properties, one mapping per store.

use mapi::{
    Code, CopyFlags, MapiProp, NameFlags, PropName, PropTag, PropType, PropValue, SaveFlags, guids,
    tags,
};

use crate::fixture::{add, add_subject, code, draft, edit, prop};
use crate::{Case, case};

pub(super) const CASES: &[Case] = &[
    case!(
        "NAM-01",
        needs(),
        "a name has one id everywhere in its store, for ever",
        |f| {
            let words = PropName::text(guids::PS_PUBLIC_STRINGS, "Keywords");
            let five = PropName::id(guids::PSETID_COMMON, 5);
            let text = PropName::text(guids::PSETID_COMMON, "5");
            let folder = f.folder("Mail")?;
            let names = [words.clone(), five.clone(), text.clone()];
            let made = folder.ids_from_names(&names, true)?;
            assert_eq!(made.warning, None);
            let ids: Vec<u16> = made.value.iter().map(|t| t.id()).collect();
            assert!(
                ids.iter().all(|id| (0x8000..=0xFFFE).contains(id)),
                "{ids:x?}"
            );
            assert_ne!(ids[1], ids[2], "(set, 5) and (set, \"5\")");
            assert_ne!(ids[0], ids[1]);
            let id = add_subject(&folder, "m")?;
            let message = folder.open_message(&id)?;
            assert_eq!(message.ids_from_names(&names, false)?.value, made.value);
            assert_eq!(f.store()?.ids_from_names(&names, false)?.value, made.value);
            assert_eq!(
                f.second_session()?
                    .default_store()?
                    .ids_from_names(&names, true)?
                    .value,
                made.value
            );
            let store = f.restart()?.default_store()?;
            assert_eq!(store.ids_from_names(&names, false)?.value, made.value);
            let back = store.names_from_ids(&made.value)?.value;
            assert_eq!(back, [Some(words), Some(five), Some(text)]);
            Ok(())
        }
    ),
    case!(
        needs(),
        "names of PS_MAPI are the identifiers below 0x8000",
        |f| {
            let store = f.store()?;
            let subject = PropName::id(guids::PS_MAPI, 0x0037);
            let tag = store
                .ids_from_names(std::slice::from_ref(&subject), true)?
                .value[0];
            assert_eq!((tag.id(), tag.ty()), (0x0037, PropType::UNSPECIFIED));
            assert_eq!(
                store.names_from_ids(&[tags::SUBJECT.raw()])?.value,
                [Some(subject)]
            );
            let unknown = PropName::id(guids::PS_MAPI, 0x9000);
            let none = store.ids_from_names(&[unknown], true)?;
            assert_eq!(
                (none.value[0].0, none.warning),
                (0xA, Some(Code::W_ERRORS_RETURNED))
            );
            Ok(())
        }
    ),
    case!(
        "NAM-02",
        needs(),
        "names can be left out by kind, and both kinds leave none",
        |f| {
            let store = f.store()?;
            let set = guids::PSETID_TASK;
            let both = [PropName::id(set, 0x8101), PropName::text(set, "x")];
            let made = store.ids_from_names(&both, true)?.value;
            let of_set = |flags| -> mapi::Result<Vec<(PropTag, PropName)>> {
                let mut names = store.all_names(Some(set), flags)?;
                names.sort();
                Ok(names)
            };
            let rows = |picked: &[usize]| {
                let mut rows: Vec<_> = picked
                    .iter()
                    .map(|n| (made[*n], both[*n].clone()))
                    .collect();
                rows.sort();
                rows
            };
            assert_eq!(of_set(NameFlags::NONE)?, rows(&[0, 1]));
            assert_eq!(of_set(NameFlags::NO_STRINGS)?, rows(&[0]));
            assert_eq!(of_set(NameFlags::NO_IDS)?, rows(&[1]));
            assert_eq!(of_set(NameFlags::NO_IDS | NameFlags::NO_STRINGS)?, []);
            let neither = store.all_names(None, NameFlags::NO_IDS | NameFlags::NO_STRINGS)?;
            assert_eq!(neither, []);
            Ok(())
        }
    ),
    case!(
        "NAM-03",
        needs(),
        "objects without names say so, ids without name are refused",
        |f| {
            let status = f.session().subsystem_status();
            let name = PropName::text(guids::PS_PUBLIC_STRINGS, "Keywords");
            assert_eq!(
                code(status.ids_from_names(std::slice::from_ref(&name), true)),
                Code::NO_SUPPORT
            );
            assert_eq!(
                code(status.names_from_ids(&[PropTag(0x8001_001F)])),
                Code::NO_SUPPORT
            );
            assert!(
                f.store()?.ids_from_names(&[name], true)?.warning.is_none(),
                "default stores can"
            );
            let message = f.inbox()?.create_message()?;
            let props = [prop(PropTag(0xFFF0_001F), "x"), prop(tags::SUBJECT, "set")];
            let problems = message.set_props(&props)?;
            assert_eq!(problems.len(), 1);
            assert_eq!(
                (problems[0].index, problems[0].code),
                (0, Code::UNEXPECTED_ID)
            );
            assert_eq!(message.get(tags::SUBJECT)?, "set");
            Ok(())
        }
    ),
    case!(
        "NAM-04",
        needs(),
        "two stores have two mappings and say so",
        |f| {
            let (a, b) = (f.store()?, f.other_store()?);
            let signature = |store: &mapi::MsgStore| store.get(tags::MAPPING_SIGNATURE);
            assert_ne!(signature(&a)?, signature(&b)?);
            assert_eq!(
                signature(&a)?,
                signature(&f.second_session()?.default_store()?)?
            );
            let inbox = f.inbox()?;
            assert_eq!(inbox.get(tags::MAPPING_SIGNATURE)?, signature(&a)?);
            let first = PropName::text(guids::PS_PUBLIC_STRINGS, "first");
            let second = PropName::text(guids::PS_PUBLIC_STRINGS, "second");
            a.ids_from_names(std::slice::from_ref(&first), true)?
                .ignore_warning();
            b.ids_from_names(&[second, first.clone()], true)?
                .ignore_warning();
            let id =
                |store: &mapi::MsgStore| store.ids_from_names(std::slice::from_ref(&first), false);
            assert_ne!(
                id(&a)?.value,
                id(&b)?.value,
                "one name, two stores, two ids"
            );
            Ok(())
        }
    ),
    case!(
        "NAM-05",
        needs(),
        "a copy in another store keeps its names, not its ids",
        |f| {
            let name = PropName::text(guids::PS_PUBLIC_STRINGS, "Project");
            let taken = PropName::id(guids::PSETID_COMMON, 0x4242);
            let (a, b) = (f.store()?, f.other_store()?);
            let here = a.named_tag(&name, PropType::UNICODE)?;
            // In the other store that identifier is taken by another name.
            let there = b.named_tag(&taken, PropType::LONG)?;
            assert_eq!(here.id(), there.id(), "the story needs a clash");
            let from = f.folder("Mail")?;
            let message = draft(&from, &[prop(tags::SUBJECT, "m"), (here, "Bridge".into())])?;
            let row = [vec![
                prop(tags::RECIPIENT_TYPE, 1),
                (here, PropValue::from("to")),
            ]];
            message.modify_recipients(mapi::ModifyMode::Add, &row)?;
            message.save_changes(SaveFlags::NONE)?;
            let id = message.entry_id().unwrap();
            let to = b
                .root_folder()?
                .create_folder("In", None, mapi::CreateFolderFlags::NONE)?;
            let report = from.copy_messages(&[id], &to, CopyFlags::NONE)?;
            assert_eq!((report.warning, report.value.done), (None, 1));
            let copy = to.open_message(&report.value.copies[0].1)?;
            let found = b.ids_from_names(std::slice::from_ref(&name), false)?.value[0];
            assert_ne!(found.id(), here.id());
            let value = copy.get_props(&[found.with_type(PropType::UNICODE)])?;
            assert_eq!(value.value[0].value, PropValue::from("Bridge"));
            let other = copy.get_props(&[PropTag::new(there.id(), PropType::UNSPECIFIED)])?;
            assert_eq!(
                other.value[0].value,
                PropValue::Error(Code::NOT_FOUND),
                "the other name is untouched"
            );
            let rows = copy
                .recipients()
                .columns([found.with_type(PropType::UNICODE)])
                .open()?;
            assert_eq!(
                rows.query_rows(1)?[0].value(found),
                Some(&PropValue::from("to"))
            );
            Ok(())
        }
    ),
    case!(
        "NAM-06",
        needs(),
        "one class-specific tag means two things in two classes",
        |f| {
            let folder = f.folder("Mail")?;
            let text = PropTag::new(0x6800, PropType::UNICODE);
            let number = PropTag::new(0x6800, PropType::LONG);
            let bytes = PropTag::new(0x7C00, PropType::BINARY);
            let one = add(
                &folder,
                &[
                    prop(tags::MESSAGE_CLASS, "IPM.Note.One"),
                    prop(text, "eins"),
                    prop(bytes, &[0_u8, 255][..]),
                ],
            )?;
            let two = add(
                &folder,
                &[prop(tags::MESSAGE_CLASS, "IPM.Note.Two"), prop(number, 2)],
            )?;
            f.restart()?;
            let folder = f.store()?.folder("Inbox/Mail")?;
            let value = |id, tag| -> mapi::Result<PropValue> {
                Ok(folder
                    .open_message(id)?
                    .get_props(&[tag])?
                    .value
                    .remove(0)
                    .value)
            };
            assert_eq!(value(&one, text)?, PropValue::from("eins"));
            assert_eq!(value(&one, bytes)?, PropValue::from(&[0_u8, 255][..]));
            assert_eq!(value(&two, number)?, PropValue::from(2));
            assert_eq!(value(&two, text)?, PropValue::Error(Code::NOT_FOUND));
            let message = edit(&folder, &two)?;
            assert_eq!(message.get(tags::MESSAGE_CLASS)?, "IPM.Note.Two");
            Ok(())
        }
    ),
    case!(
        "M-IMAPIProp.GetIDsFromNames",
        needs(),
        "concurrent creators of a name get one id",
        |f| {
            let session = f.second_session()?;
            let names: Vec<PropName> = (0..20)
                .map(|n| PropName::id(guids::PSETID_COMMON, 0x9000 + n))
                .collect();
            let create = |store: mapi::MsgStore| {
                let names = names.clone();
                move || -> mapi::Result<Vec<PropTag>> {
                    names
                        .iter()
                        .map(|n| store.named_tag(n, PropType::LONG))
                        .collect()
                }
            };
            let (one, two) = (create(f.store()?), create(session.default_store()?));
            let (one, two) = std::thread::scope(|s| {
                let (one, two) = (s.spawn(one), s.spawn(two));
                (one.join().unwrap(), two.join().unwrap())
            });
            let (one, two) = (one?, two?);
            assert_eq!(one, two);
            let mut ids: Vec<u16> = one.iter().map(|t| t.id()).collect();
            ids.sort_unstable();
            ids.dedup();
            assert_eq!(ids.len(), names.len(), "distinct names never share an id");
            let reader = f.read_only_session()?.default_store()?;
            let new = [PropName::id(guids::PSETID_COMMON, 0x9999)];
            assert_eq!(code(reader.ids_from_names(&new, true)), Code::NO_ACCESS);
            let unknown = reader.ids_from_names(&new, false)?;
            assert_eq!(unknown.value, [PropTag(0xA)]);
            assert_eq!(unknown.warning, Some(Code::W_ERRORS_RETURNED));
            Ok(())
        }
    ),
    case!(
        "M-IMAPIProp.GetNamesFromIDs",
        needs(),
        "an unused id has no name, with a warning",
        |f| {
            let store = f.store()?;
            let name = PropName::text(guids::PS_PUBLIC_STRINGS, "Known");
            let tag = store.named_tag(&name, PropType::UNICODE)?;
            let names = store.names_from_ids(&[tag, PropTag(0xFFF0_0000)])?;
            assert_eq!(names.value, [Some(name), None]);
            assert_eq!(names.warning, Some(Code::W_ERRORS_RETURNED));
            assert_eq!(store.names_from_ids(&[tag])?.warning, None);
            Ok(())
        }
    ),
];
