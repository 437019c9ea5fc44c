//! M-IMAPIProp.CopyTo, M-IMAPIProp.CopyProps: one message's content into another's handle.

use mapi::{
    Code, CopyPropFlags, Interface, MapiProp, OpenFlags, PropTag, PropType, PropertyFlags,
    SaveFlags, columns, tags,
};

use crate::fixture::{address, attach, code, draft, prop};
use crate::{Case, case};

pub(super) const CASES: &[Case] = &[
    case!(
        "M-IMAPIProp.CopyTo",
        needs(),
        "CopyTo carries everything but what is excluded, by name, into an unsaved handle",
        |f| {
            let folder = f.folder("Mail")?;
            let name = mapi::PropName::text(mapi::guids::PS_PUBLIC_STRINGS, "Project");
            let tag = f.store()?.named_tag(&name, PropType::UNICODE)?;
            let from = draft(
                &folder,
                &[
                    prop(tags::SUBJECT, "RE: s"),
                    prop(tags::BODY, "b".repeat(30_000)),
                    (tag, "Bridge".into()),
                ],
            )?;
            address(&from, &[(1, "Ann")])?;
            attach(&from, "a", &[1; 20_000])?;
            from.save_changes(SaveFlags::NONE)?;
            let from = folder.open_message(&from.entry_id().unwrap())?;
            let b = f.other_store()?;
            // So that the name gets another identifier there.
            b.named_tag(
                &mapi::PropName::id(mapi::guids::PSETID_TASK, 1),
                PropType::LONG,
            )?;
            let root = b.root_folder()?;
            let (bare, whole) = (root.create_message()?, root.create_message()?);
            let without = columns![tags::MESSAGE_ATTACHMENTS, tags::MESSAGE_RECIPIENTS];
            from.copy_to(&bare, Some(&without), CopyPropFlags::NONE)?;
            from.copy_to(&whole, None, CopyPropFlags::NONE)?;
            assert_eq!(root.counts()?.contents, 0, "invisible until saved");
            bare.save_changes(SaveFlags::NONE)?;
            whole.save_changes(SaveFlags::NONE)?;
            let bare = root.open_message(&bare.entry_id().unwrap())?;
            assert_eq!(bare.attachment_count(), 0);
            assert_eq!(bare.recipients().open()?.row_count()?, 0);
            assert_eq!(bare.get(tags::NORMALIZED_SUBJECT)?, "s");
            assert_eq!(bare.get(tags::BODY)?.len(), 30_000);
            let there = b.ids_from_names(&[name], false)?.value[0];
            assert_ne!(there.id(), tag.id());
            assert_eq!(bare.get_props(&[there])?.value[0].value, "Bridge".into());
            let whole = root.open_message(&whole.entry_id().unwrap())?;
            assert_eq!(whole.get(tags::DISPLAY_TO)?, "Ann");
            let file = whole.open_attachment(0, OpenFlags::NONE)?;
            assert_eq!(file.get(tags::ATTACH_DATA_BIN)?, [1; 20_000]);
            assert_eq!(
                code(from.copy_to(&from, None, CopyPropFlags::NONE)),
                Code::NO_ACCESS
            );
            let draft = root.create_message()?;
            let empty = from.copy_to(&draft, Some(&[]), CopyPropFlags::NONE);
            assert_eq!(code(empty), Code::INVALID_PARAMETER);
            assert_eq!(
                code(draft.copy_to(&whole, None, CopyPropFlags::NONE)),
                Code::NO_ACCESS
            );
            Ok(())
        }
    ),
    case!(
        "M-IMAPIProp.CopyProps",
        needs(),
        "CopyProps carries what is listed and keeps what is there if asked",
        |f| {
            let folder = f.folder("Mail")?;
            let from = draft(
                &folder,
                &[prop(tags::SUBJECT, "new"), prop(tags::BODY, "body")],
            )?;
            address(&from, &[(1, "Ann"), (2, "Bob")])?;
            let to = draft(&folder, &[prop(tags::SUBJECT, "old")])?;
            let listed = columns![tags::SUBJECT, tags::MESSAGE_RECIPIENTS];
            from.copy_props(&to, &listed, CopyPropFlags::NOREPLACE)?;
            assert_eq!(to.get(tags::SUBJECT)?, "old");
            assert_eq!(to.find(tags::BODY)?, None);
            assert_eq!(to.recipients().open()?.row_count()?, 2);
            from.copy_props(&to, &listed, CopyPropFlags::NONE)?;
            assert_eq!(to.get(tags::SUBJECT)?, "new");
            assert_eq!(
                to.recipients().open()?.row_count()?,
                2,
                "replaced, not doubled"
            );
            let computed = from.copy_props(&to, &columns![tags::BODY], CopyPropFlags::MOVE)?;
            assert_eq!(computed, []);
            assert_eq!(
                (from.find(tags::BODY)?, to.get(tags::BODY)?),
                (None, "body".to_owned())
            );
            let null = from.copy_props(&to, &[PropTag::NULL], CopyPropFlags::NONE);
            assert_eq!(code(null), Code::INVALID_PARAMETER);
            assert_eq!(
                code(from.copy_props(&to, &[], CopyPropFlags::NONE)),
                Code::INVALID_PARAMETER
            );
            Ok(())
        }
    ),
    case!(
        needs(),
        "copied recipients and attachments take the place of those there, or come in addition",
        |f| {
            let folder = f.folder("Mail")?;
            let from = draft(&folder, &[prop(tags::SUBJECT, "new")])?;
            address(&from, &[(1, "Ann")])?;
            attach(&from, "a", b"1")?;
            attach(&from, "b", b"2")?;
            from.save_changes(SaveFlags::KEEP_OPEN_READWRITE)?;
            let both = columns![tags::MESSAGE_RECIPIENTS, tags::MESSAGE_ATTACHMENTS];
            for keep in [false, true] {
                let to = draft(&folder, &[prop(tags::SUBJECT, "old")])?;
                address(&to, &[(1, "Eve")])?;
                attach(&to, "x", b"0")?;
                to.save_changes(SaveFlags::KEEP_OPEN_READWRITE)?;
                let flags = if keep {
                    CopyPropFlags::NOREPLACE
                } else {
                    CopyPropFlags::NONE
                };
                assert_eq!(from.copy_props(&to, &both, flags)?, []);
                let there = folder.open_message(&to.entry_id().unwrap())?;
                assert_eq!(there.attachment_count(), 1, "not saved yet");
                to.save_changes(SaveFlags::NONE)?;
                let there = folder.open_message(&to.entry_id().unwrap())?;
                assert_eq!(there.get(tags::SUBJECT)?, "old");
                let (names, files): (_, &[&str]) = if keep {
                    ("Eve; Ann", &["x", "a", "b"])
                } else {
                    ("Ann", &["a", "b"])
                };
                assert_eq!(there.get(tags::DISPLAY_TO)?, names);
                assert_eq!(file_names(&there)?, files);
            }
            // IMessage excluded: the properties alone.
            let to = folder.create_message()?;
            from.copy_to_without(&to, None, &[Interface::Message], CopyPropFlags::NONE)?;
            assert_eq!(to.get(tags::SUBJECT)?, "new");
            assert_eq!(
                (to.attachment_count(), to.recipients().open()?.row_count()?),
                (0, 0)
            );
            for none in [Interface::MapiProp, Interface::Unknown] {
                let copied = from.copy_to_without(&to, None, &[none], CopyPropFlags::NONE);
                assert_eq!(code(copied), Code::INTERFACE_NOT_SUPPORTED);
            }
            // MOVE takes them from the source, once that is saved.
            from.copy_props(&to, &both, CopyPropFlags::MOVE)?;
            assert_eq!((from.attachment_count(), to.attachment_count()), (0, 2));
            let stored = folder.open_message(&from.entry_id().unwrap())?;
            assert_eq!(stored.attachment_count(), 2);
            from.save_changes(SaveFlags::NONE)?;
            let stored = folder.open_message(&from.entry_id().unwrap())?;
            assert_eq!(
                (
                    stored.attachment_count(),
                    stored.get(tags::DISPLAY_TO)?.as_str()
                ),
                (0, "")
            );
            Ok(())
        }
    ),
    case!(
        needs(),
        "an attachment is copied to another message, of another store too, data and names and all",
        |f| {
            let folder = f.folder("Mail")?;
            let name = mapi::PropName::text(mapi::guids::PS_PUBLIC_STRINGS, "Checked");
            let tag = f.store()?.named_tag(&name, PropType::BOOLEAN)?;
            let from = folder.create_message()?;
            let number = attach(&from, "big", &[5; 1_200_000])?;
            let file = from.open_attachment(number, OpenFlags::MODIFY)?;
            assert_eq!(file.set_props(&[(tag, true.into())])?, []);
            file.save_changes(SaveFlags::NONE)?;
            let holder = from.create_attachment()?;
            let create = PropertyFlags::CREATE | PropertyFlags::MODIFY;
            let inner = holder.open_embedded(create)?;
            inner.set(tags::SUBJECT, "inner")?;
            attach(&inner, "deep", b"deep")?;
            inner.save_changes(SaveFlags::NONE)?;
            holder.save_changes(SaveFlags::NONE)?;
            from.save_changes(SaveFlags::NONE)?;
            let from = folder.open_message(&from.entry_id().unwrap())?;
            let other = f.other_store()?;
            other.named_tag(
                &mapi::PropName::id(mapi::guids::PSETID_TASK, 1),
                PropType::LONG,
            )?;
            for place in [folder.clone(), other.root_folder()?] {
                let to = place.create_message()?;
                for n in [0, 1] {
                    let copy = to.create_attachment()?;
                    let part = from.open_attachment(n, OpenFlags::NONE)?;
                    let problems = part.copy_to(&copy, None, CopyPropFlags::NONE)?;
                    assert!(
                        problems.iter().all(|p| p.code == Code::COMPUTED),
                        "{problems:?}"
                    );
                    copy.save_changes(SaveFlags::NONE)?;
                }
                assert_eq!(
                    place.counts()?.contents,
                    u64::from(place.entry_id() == folder.entry_id())
                );
                to.save_changes(SaveFlags::NONE)?;
                let there = place.open_message(&to.entry_id().unwrap())?;
                let copy = there.open_attachment(0, OpenFlags::NONE)?;
                assert_eq!(copy.get(tags::ATTACH_LONG_FILENAME)?, "big");
                assert!(copy.get(tags::ATTACH_DATA_BIN)? == [5; 1_200_000]);
                let checked = place
                    .store()?
                    .ids_from_names(std::slice::from_ref(&name), false)?
                    .value[0];
                assert_eq!(copy.get_props(&[checked])?.value[0].value, true.into());
                let inner = there.open_attachment(1, OpenFlags::NONE)?;
                assert_ne!(inner.get(tags::RECORD_KEY)?, holder.get(tags::RECORD_KEY)?);
                let inner = inner.open_embedded(PropertyFlags::NONE)?;
                assert_eq!(inner.get(tags::SUBJECT)?, "inner");
                assert_eq!(file_names(&inner)?, ["deep"]);
            }
            Ok(())
        }
    ),
    case!(
        needs(),
        "attachments are copied in part, moved and kept as asked",
        |f| {
            let folder = f.folder("Mail")?;
            let message = folder.create_message()?;
            let number = attach(&message, "a", b"data")?;
            let from = message.open_attachment(number, OpenFlags::MODIFY)?;
            let to = message.create_attachment()?;
            let without = columns![tags::ATTACH_DATA_BIN];
            from.copy_to(&to, Some(&without), CopyPropFlags::NONE)?;
            assert_eq!(to.get(tags::ATTACH_LONG_FILENAME)?, "a");
            assert_eq!(to.find(tags::ATTACH_DATA_BIN)?, None);
            to.set(tags::ATTACH_LONG_FILENAME, "mine")?;
            from.copy_to(&to, None, CopyPropFlags::NOREPLACE)?;
            assert_eq!(to.get(tags::ATTACH_LONG_FILENAME)?, "mine");
            assert_eq!(to.get(tags::ATTACH_DATA_BIN)?, b"data");
            to.set(tags::ATTACH_DATA_BIN, b"other".as_slice())?;
            from.copy_props(&to, &without, CopyPropFlags::NOREPLACE)?;
            assert_eq!(to.get(tags::ATTACH_DATA_BIN)?, b"other");
            from.copy_props(&to, &without, CopyPropFlags::MOVE)?;
            assert_eq!(to.get(tags::ATTACH_DATA_BIN)?, b"data");
            assert_eq!(from.find(tags::ATTACH_DATA_BIN)?, None);
            assert_eq!(from.get(tags::ATTACH_LONG_FILENAME)?, "a");
            assert_eq!(
                code(from.copy_to(&from, None, CopyPropFlags::NONE)),
                Code::NO_ACCESS
            );
            let empty = from.copy_to(&to, Some(&[]), CopyPropFlags::NONE);
            assert_eq!(code(empty), Code::INVALID_PARAMETER);
            let null = from.copy_props(&to, &[PropTag::NULL], CopyPropFlags::NONE);
            assert_eq!(code(null), Code::INVALID_PARAMETER);
            let nothing = [Interface::MapiProp];
            let none = from.copy_to_without(&to, None, &nothing, CopyPropFlags::NONE);
            assert_eq!(code(none), Code::INTERFACE_NOT_SUPPORTED);
            to.save_changes(SaveFlags::NONE)?;
            assert_eq!(
                code(from.copy_to(&to, None, CopyPropFlags::NONE)),
                Code::NO_ACCESS
            );
            Ok(())
        }
    ),
];

/// File names of a message's attachments, by number.
fn file_names(message: &mapi::Message) -> mapi::Result<Vec<String>> {
    let list = columns![tags::ATTACH_NUM, tags::ATTACH_LONG_FILENAME];
    let by_number = [mapi::SortColumn::ascending(tags::ATTACH_NUM)];
    let table = message.attachments().columns(list).sort(by_number).open()?;
    let rows = table.query_all_rows(0)?;
    let name = |row: &mapi::TableRow| row.get(tags::ATTACH_LONG_FILENAME).unwrap_or_default();
    Ok(rows.iter().map(name).collect())
}
