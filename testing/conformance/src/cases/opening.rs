//! STO-02, STO-03, STO-07, FLD-08: opening stores, adding and removing them, the default store.

use mapi::{
    BitOp, Code, EntryId, Logon, MapiProp, MsgStore, OpenFlags, PropValue, RelOp, Restriction,
    Result, ServiceConfig, Session, SpecialFolder, StoreFlags, StoreRole, TableRow, Tag, TreeFlags,
    columns, resource_flags, store_support, tags,
};

use crate::fixture::{add, add_subject, by_subject, code, subjects};
use crate::{Case, Fixture, case};

/// Roles whose entry ids the Inbox and the root folder hold.
const PERSONAL: [(SpecialFolder, Tag<[u8]>, &str); 6] = [
    (SpecialFolder::Drafts, tags::IPM_DRAFTS_ENTRYID, "Drafts"),
    (
        SpecialFolder::Calendar,
        tags::IPM_APPOINTMENT_ENTRYID,
        "Calendar",
    ),
    (
        SpecialFolder::Contacts,
        tags::IPM_CONTACT_ENTRYID,
        "Contacts",
    ),
    (SpecialFolder::Journal, tags::IPM_JOURNAL_ENTRYID, "Journal"),
    (SpecialFolder::Notes, tags::IPM_NOTE_ENTRYID, "Notes"),
    (SpecialFolder::Tasks, tags::IPM_TASK_ENTRYID, "Tasks"),
];

pub(super) const CASES: &[Case] = &[
    case!(
        "STO-02.2",
        needs(),
        "a temporary store is used without a row, one without mail gets no folders",
        |f| {
            let session = Session::logon(&f.program(), Logon::profile("work").create())?;
            let write = StoreFlags::WRITE | StoreFlags::NO_MAIL | StoreFlags::TEMPORARY;
            let store = session.open_store(&described(f, "c")?, write)?;
            assert_eq!(ids_of(&session)?.len(), 2, "no row");
            let mask = store.find(tags::VALID_FOLDER_MASK)?.unwrap_or(0);
            assert_eq!(mask & 0x06, 0, "neither Inbox nor Outbox");
            let root = store.root_folder()?;
            assert_eq!(
                root.hierarchy(mapi::Depth::All).open()?.row_count()?,
                0,
                "no folders"
            );
            let id = add_subject(&root, "works")?;
            let message = session.open_entry(&id, OpenFlags::NONE)?.into_message()?;
            assert_eq!(message.get(tags::SUBJECT)?, "works");
            assert!(session.compare_entry_ids(&described(f, "c")?, &store.entry_id())?);
            // With mail it gets the least that a store needs; without TEMPORARY it gets a row, for this session.
            drop((store, root, message));
            let store = session.open_store(&described(f, "c")?, StoreFlags::WRITE)?;
            assert_eq!(store.get(tags::VALID_FOLDER_MASK)?, 0x89);
            assert_eq!(ids_of(&session)?[2], store.entry_id());
            let row = session.stores_table().open()?.query_all_rows(0)?.remove(2);
            let temporary = resource_flags::TEMP_SECTION.cast_signed();
            assert_eq!(row.get(tags::RESOURCE_FLAGS), Some(temporary));
            assert_eq!(ids_of(&f.second_session()?)?.len(), 2, "not in the profile");
            Ok(())
        }
    ),
    case!(
        needs(),
        "a store that is open for reading lets no object of it be written",
        |f| {
            let folder = f.folder("Mail")?;
            let id = add_subject(&folder, "m")?;
            let session = f.session();
            let entry_id = f.store()?.entry_id();
            let store = session.open_store(&entry_id, StoreFlags::NONE)?;
            let mask = store.get(tags::STORE_SUPPORT_MASK)?.cast_unsigned();
            assert_eq!(
                mask & (store_support::MODIFY_OK | store_support::CREATE_OK),
                0
            );
            let mail = store.open_folder(&folder.entry_id(), OpenFlags::BEST_ACCESS)?;
            assert_eq!(code(mail.create_message()), Code::NO_ACCESS);
            assert_eq!(code(mail.set(tags::COMMENT, "x")), Code::NO_ACCESS);
            assert_eq!(code(mail.store()?.set(tags::COMMENT, "x")), Code::NO_ACCESS);
            let modify = store.open_message(&id, OpenFlags::MODIFY);
            assert_eq!(code(modify), Code::NO_ACCESS);
            assert_eq!(subjects(&by_subject(&mail)?)?, ["m"]);
            // Handles that were asked for writing are not concerned.
            for flags in [
                StoreFlags::WRITE,
                StoreFlags::BEST_ACCESS | StoreFlags::ONLINE,
            ] {
                session
                    .open_store(&entry_id, flags)?
                    .set(tags::COMMENT, "mine")?;
            }
            let mapi::Object::Store(opened) = session.open_entry(&entry_id, OpenFlags::MODIFY)?
            else {
                panic!("not a store");
            };
            opened.set(tags::COMMENT, "mine too")?;
            assert_eq!(store.get(tags::COMMENT)?, "mine too");
            let reader = f.read_only_session()?;
            assert_eq!(
                code(reader.open_store(&entry_id, StoreFlags::WRITE)),
                Code::NO_ACCESS
            );
            assert_eq!(code(StoreFlags::from_bits(0x2)), Code::UNKNOWN_FLAGS);
            Ok(())
        }
    ),
    case!(
        needs(),
        "a store that only its id describes is opened, unless nothing is there",
        |f| {
            let id = described(f, "b")?;
            let only = Session::logon(&f.program(), Logon::profile("work"))?;
            assert_eq!(
                only.open_store(&id, StoreFlags::NONE)?.letter(),
                "b",
                "it is there"
            );
            only.remove_store(&f.other_store()?.entry_id())?;
            assert_eq!(ids_of(&only)?.len(), 1);
            let reading = only.open_store(&id, StoreFlags::TEMPORARY)?;
            assert_eq!(code(reading.set(tags::COMMENT, "x")), Code::NO_ACCESS);
            assert_eq!(reading.entry_id(), f.other_store()?.entry_id());
            let writing = only.open_store(&id, StoreFlags::WRITE | StoreFlags::TEMPORARY)?;
            writing.set(tags::COMMENT, "written")?;
            assert_eq!(reading.get(tags::COMMENT)?, "written");
            let missing = only.open_store(&described(f, "nowhere")?, StoreFlags::WRITE);
            assert_eq!(code(missing), Code::NOT_FOUND);
            let nobody = EntryId::wrap_store("NO_SUCH_SERVICE", &ServiceConfig::default())?;
            let opened = only.open_store(&nobody, StoreFlags::NONE);
            assert_eq!(code(opened), Code::UNCONFIGURED);
            let empty = only.open_store(&EntryId::from(Vec::new()), StoreFlags::NONE);
            assert_eq!(code(empty), Code::INVALID_PARAMETER);
            Ok(())
        }
    ),
    case!(
        needs(),
        "a store that is added has a letter and a row, in later sessions too",
        |f| {
            let session = f.session();
            let (service, config) = (f.ground().service(), f.ground().config("c"));
            // The place where relative paths start is the profile's to say.
            let settings = |name: &str| -> std::collections::BTreeMap<String, String> {
                let config = f.ground().config(name);
                let full = |(k, v): (String, String)| match k.as_str() {
                    "path" => (k, config.base.join(v).display().to_string()),
                    _ => (k, v),
                };
                config.values.clone().into_iter().map(full).collect()
            };
            drop(config);
            let added = session.add_store(service.name(), &settings("c"))?;
            assert_eq!(added.letter(), "c");
            assert_eq!(ids_of(&session)?[2], added.entry_id());
            assert_eq!(added.get(tags::VALID_FOLDER_MASK)?, 0x89);
            let id = add_subject(&added.root_folder()?, "kept")?;
            let again = session.add_store(service.name(), &settings("a"));
            assert_eq!(code(again), Code::COLLISION);
            let unknown = session.add_store("NO_SUCH_SERVICE", &settings("d"));
            assert_eq!(code(unknown), Code::UNCONFIGURED);
            let reader = f.read_only_session()?;
            let refused = reader.add_store(service.name(), &settings("d"));
            assert_eq!(code(refused), Code::NO_ACCESS);
            let session = f.restart()?;
            assert_eq!(ids_of(&session)?.len(), 3);
            assert_eq!(
                session.store_by_letter("c")?.entry_id(),
                EntryId::from(
                    session
                        .open_entry(&id, OpenFlags::NONE)?
                        .into_message()?
                        .get(tags::STORE_ENTRYID)?,
                )
            );
            // Removed, it is gone from the table and the profile; its letter is not given again.
            let store = session.store_by_letter("c")?;
            session.remove_store(&store.entry_id())?;
            assert_eq!(ids_of(&session)?.len(), 2);
            assert_eq!(
                store.root_folder()?.counts()?.contents,
                1,
                "a handle goes on"
            );
            assert_eq!(ids_of(&f.restart()?)?.len(), 2);
            let back = f.session().add_store(service.name(), &settings("c"))?;
            assert_eq!(back.letter(), "d");
            assert_eq!(back.root_folder()?.counts()?.contents, 1, "its data stayed");
            Ok(())
        }
    ),
    case!(
        "STO-03.2",
        needs(),
        "a store that is read-only is never the default",
        |f| {
            let reader = f.read_only_session()?;
            let b = f.other_store()?.entry_id();
            let before = default_letters(&reader)?;
            for role in [
                StoreRole::Default,
                StoreRole::Primary,
                StoreRole::SimpleTemporary,
            ] {
                assert_eq!(
                    code(reader.set_default_store(Some(&b), role)),
                    Code::NO_ACCESS
                );
            }
            assert_eq!(default_letters(&reader)?, before);
            assert_eq!(
                default_letters(&f.restart()?)?,
                before,
                "the profile is as it was"
            );
            let session = Session::logon(&f.program(), Logon::profile("work").create())?;
            let temporary = session.open_store(&described(f, "c")?, StoreFlags::WRITE)?;
            let id = temporary.entry_id();
            let kept = session.set_default_store(Some(&id), StoreRole::Default);
            assert_eq!(code(kept), Code::NOT_FOUND, "no profile can keep it");
            // Nor is one whose service says so.
            let host = f.host_with(f.ground().service());
            host.change_profile("work", &mut |profile| {
                profile.services[1].providers[0].flags |= resource_flags::NO_DEFAULT_STORE;
                Ok(())
            })?;
            let session = f.restart()?;
            let never = session.set_default_store(Some(&b), StoreRole::Default);
            assert_eq!(code(never), Code::NO_ACCESS);
            assert_eq!(default_letters(&session)?, before);
            Ok(())
        }
    ),
    case!(
        "STO-03.3",
        needs(),
        "without a default store there is no row, and no error",
        |f| {
            f.session().set_default_store(None, StoreRole::Default)?;
            for session in [f.session(), f.second_session()?] {
                for form in [by_property(), by_bitmask()] {
                    let table = session.stores_table().restrict(form).open()?;
                    assert_eq!(table.query_all_rows(0)?, []);
                    assert_eq!(table.query_rows(10)?, []);
                }
                assert_eq!(ids_of(&session)?.len(), 2, "the stores are there");
                assert_eq!(code(session.default_store()), Code::NOT_FOUND);
            }
            let store = f.session().store_by_letter("a")?;
            f.session()
                .set_default_store(Some(&store.entry_id()), StoreRole::Default)?;
            assert_eq!(f.session().default_store()?.letter(), "a");
            Ok(())
        }
    ),
    case!(
        needs(),
        "the primary store is the default at logon, the secondary one without it",
        |f| {
            let session = f.session();
            let b = f.other_store()?.entry_id();
            let a = f.store()?.entry_id();
            session.set_default_store(Some(&b), StoreRole::Primary)?;
            assert_eq!(
                default_letters(&session)?,
                ["a"],
                "not before the next logon"
            );
            assert_eq!(default_letters(&f.restart()?)?, ["b"]);
            let session = f.session();
            session.set_default_store(Some(&a), StoreRole::Secondary)?;
            session.set_default_store(Some(&a), StoreRole::SimpleTemporary)?;
            assert_eq!(flags_of(&session)?, [0x2008, 0x1002]);
            assert_eq!(
                flags_of(&f.restart()?)?,
                [0x2000, 0x1002],
                "a temporary role is gone"
            );
            let session = f.session();
            session.set_default_store(Some(&b), StoreRole::SimplePermanent)?;
            assert_eq!(flags_of(&f.restart()?)?, [0x2000, 0x100A]);
            // While the primary store cannot be opened the secondary one is used.
            let host = f.host_with(f.ground().service());
            host.change_profile("work", &mut |profile| {
                profile.services[1].config = f.ground().config("missing");
                Ok(())
            })?;
            let session = f.restart()?;
            assert_eq!(default_letters(&session)?, ["a"]);
            assert_eq!(session.failures().len(), 1);
            session.set_default_store(None, StoreRole::Primary)?;
            assert_eq!(flags_of(&session)?, [0x2002]);
            assert_eq!(StoreRole::from_bits(4)?, StoreRole::Primary);
            assert_eq!(code(StoreRole::from_bits(6)), Code::UNKNOWN_FLAGS);
            Ok(())
        }
    ),
    case!(
        needs(),
        "a class of one's own keeps its properties, and arrives as its base class does",
        |f| {
            let store = f.store()?;
            let contacts = store.special_folder(SpecialFolder::Contacts)?;
            store.set_receive_folder("IPM.Contact", Some(&contacts.entry_id()))?;
            let name = mapi::PropName::text(mapi::guids::PS_PUBLIC_STRINGS, "Discount");
            let discount = store.named_tag(&name, mapi::PropType::DOUBLE)?;
            let grade = mapi::PropTag::new(0x6800, mapi::PropType::UNICODE);
            let last = mapi::PropTag::new(0x7BFF, mapi::PropType::LONG);
            let props = [
                (
                    tags::MESSAGE_CLASS.raw(),
                    PropValue::from("IPM.Contact.Customer"),
                ),
                (discount, PropValue::Double(0.15)),
                (grade, PropValue::from("gold")),
                (last, PropValue::from(7)),
            ];
            let id = add(&contacts, &props)?;
            let session = f.restart()?;
            let message = session.open_entry(&id, OpenFlags::NONE)?.into_message()?;
            assert_eq!(message.get(tags::MESSAGE_CLASS)?, "IPM.Contact.Customer");
            for (tag, value) in &props[1..] {
                assert_eq!(&message.get_props(&[*tag])?.value[0].value, value, "{tag}");
            }
            let store = session.default_store()?;
            let (folder, by) = store.receive_folder_id("IPM.Contact.Customer")?;
            assert!(store.compare_entry_ids(&folder, &contacts.entry_id())?);
            assert_eq!(by, "IPM.Contact");
            Ok(())
        }
    ),
    case!(
        "TAB-09",
        needs(),
        "a table of stores that is open shows another default store at once",
        |f| {
            let session = f.session();
            let table = session.stores_table().open()?;
            let before = table.query_all_rows(0)?;
            let wanted = columns![
                tags::DEFAULT_STORE,
                tags::DISPLAY_NAME,
                tags::ENTRYID,
                tags::INSTANCE_KEY,
                tags::MDB_PROVIDER,
                tags::OBJECT_TYPE,
                tags::PROVIDER_DISPLAY,
                tags::RECORD_KEY,
                tags::RESOURCE_FLAGS,
                tags::RESOURCE_TYPE,
            ];
            for tag in wanted {
                assert!(table.query_columns().contains(&tag), "{tag}");
                assert!(before.iter().all(|row| row.value(tag).is_some()), "{tag}");
            }
            let other = f.other_store()?.entry_id();
            session.set_default_store(Some(&other), StoreRole::Default)?;
            let after = table.query_all_rows(0)?;
            let state = |rows: &[TableRow]| -> Vec<_> {
                let of = |r: &TableRow| (r.get(tags::DEFAULT_STORE), r.get(tags::RESOURCE_FLAGS));
                rows.iter().map(of).collect()
            };
            let (yes, no) = ((Some(true), Some(2)), (Some(false), Some(0)));
            assert_eq!(state(&before), [yes, no]);
            assert_eq!(state(&after), [no, yes]);
            assert_eq!(default_letters(&session)?, ["b"]);
            for (old, new) in before.iter().zip(&after) {
                assert_eq!(old.get(tags::INSTANCE_KEY), new.get(tags::INSTANCE_KEY));
            }
            // The name is found by; so is the kind.
            f.other_store()?.set(tags::DISPLAY_NAME, "Archive")?;
            for (tag, value) in [
                (tags::DISPLAY_NAME.raw(), PropValue::from("Archive")),
                (
                    tags::MDB_PROVIDER.raw(),
                    f.store()?.get(tags::MDB_PROVIDER)?.into(),
                ),
            ] {
                table.restrict(Restriction::property(tag, RelOp::Eq, value))?;
                let last = table.query_all_rows(0)?.pop().unwrap();
                assert_eq!(last.entry_id(), &other, "{tag}");
            }
            Ok(())
        }
    ),
    case!(
        "STO-07.2",
        needs(),
        "the Inbox and the root folder say where Calendar and the others are",
        |f| {
            let store = f.store()?;
            let (inbox, root) = (store.receive_folder("IPM")?, store.root_folder()?);
            for (role, tag, name) in PERSONAL {
                let id = EntryId::from(inbox.get(tag)?);
                assert_eq!(root.get(tag)?, id.as_bytes(), "{role:?}");
                let folder = store.open_folder(&id, OpenFlags::NONE)?;
                assert_eq!(folder.name()?, name);
                assert_eq!(folder.parent_id()?, store.ipm_subtree()?.entry_id());
                assert_eq!(store.special_id(role)?, id);
                assert!(store.get(tag).is_err(), "not of the store");
            }
            let class = |role| store.special_folder(role)?.get(tags::CONTAINER_CLASS);
            assert_eq!(class(SpecialFolder::Calendar)?, "IPF.Appointment");
            assert_eq!(class(SpecialFolder::Contacts)?, "IPF.Contact");
            // Found by role, not by name, and kept like the other special folders.
            let calendar = store.special_folder(SpecialFolder::Calendar)?;
            calendar.rename("Agenda")?;
            let store = f.restart()?.default_store()?;
            assert_eq!(
                store.special_id(SpecialFolder::Calendar)?,
                calendar.entry_id()
            );
            let gone = store
                .ipm_subtree()?
                .delete_folder(&calendar.entry_id(), mapi::DeleteFolderFlags::NONE);
            assert_eq!(code(gone), Code::NO_ACCESS);
            let full = TreeFlags::FULL_IPM_TREE | TreeFlags::FORCE_CREATE;
            assert_eq!(store.validate_ipm_subtree(full)?, 0xFF);
            assert_eq!(
                store.special_id(SpecialFolder::Calendar)?,
                calendar.entry_id()
            );
            // A store that is not the default has none until it is.
            let other = f.other_store()?;
            assert_eq!(
                code(other.special_id(SpecialFolder::Calendar)),
                Code::NOT_FOUND
            );
            f.session()
                .set_default_store(Some(&other.entry_id()), StoreRole::Default)?;
            assert_eq!(
                other.special_folder(SpecialFolder::Calendar)?.name()?,
                "Calendar"
            );
            assert_eq!(other.get(tags::VALID_FOLDER_MASK)?, 0xFF);
            Ok(())
        }
    ),
];

/// The id that describes the store called `name`.
fn described(f: &Fixture, name: &str) -> Result<EntryId> {
    EntryId::wrap_store(f.ground().service().name(), &f.ground().config(name))
}

/// Entry ids of the stores table.
pub(super) fn ids_of(session: &Session) -> Result<Vec<EntryId>> {
    let table = session
        .stores_table()
        .columns(columns![tags::ENTRYID])
        .open()?;
    let rows = table.query_all_rows(0)?;
    Ok(rows.iter().map(|r| r.entry_id().clone()).collect())
}

/// The restriction on PR_DEFAULT_STORE that finds the default store.
pub(super) fn by_property() -> Restriction {
    let is_true = Restriction::property(tags::DEFAULT_STORE, RelOp::Eq, true);
    Restriction::And(vec![Restriction::exist(tags::DEFAULT_STORE), is_true])
}

/// The restriction on STATUS_DEFAULT_STORE that finds it too.
pub(super) fn by_bitmask() -> Restriction {
    Restriction::Bitmask {
        tag: tags::RESOURCE_FLAGS.raw(),
        op: BitOp::NonZero,
        mask: resource_flags::DEFAULT_STORE,
    }
}

/// Letters of the default stores that both restrictions find; they must find the same.
pub(super) fn default_letters(session: &Session) -> Result<Vec<String>> {
    let found = |form| -> Result<Vec<EntryId>> {
        let table = session.stores_table().restrict(form).open()?;
        let rows = table.query_all_rows(0)?;
        Ok(rows.iter().map(|r| r.entry_id().clone()).collect())
    };
    let ids = found(by_property())?;
    assert_eq!(ids, found(by_bitmask())?);
    let letter = |id| -> Result<String> {
        let store: MsgStore = session.open_store(id, StoreFlags::NONE)?;
        assert!(store.is_default());
        Ok(store.letter().to_owned())
    };
    ids.iter().map(letter).collect()
}

/// PR_RESOURCE_FLAGS of the stores table.
fn flags_of(session: &Session) -> Result<Vec<i32>> {
    let rows = session.stores_table().open()?.query_all_rows(0)?;
    Ok(rows
        .iter()
        .filter_map(|r| r.get(tags::RESOURCE_FLAGS))
        .collect())
}
