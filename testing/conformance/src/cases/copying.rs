//! M-IMAPIProp.CopyTo, M-IMAPIProp.CopyProps: one message's content into another's handle.

use mapi::{Code, CopyPropFlags, MapiProp, OpenFlags, PropTag, PropType, SaveFlags, columns, tags};

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
];
