//! X-1 … X-10, PRP-*, M-IMAPIProp.*: properties, who sees their changes, and what calls answer.

use std::sync::Arc;

use mapi::{
    Call, Code, EntryId, FileTime, Folder, Guid, MapiProp, OpenFlags, PropTag, PropType, PropValue,
    PropertyFlags, Restriction, Result, SaveFlags, Service, ServiceConfig, StoreFlags, Support,
    TableRow, columns, guids, tags,
};
use mapi_props::AnsiString;
use mapi_spi::{OpenStore, ServiceLayer, Store};

use crate::fixture::{add, add_subject, attach, by_subject, code, edit, prop, subjects};
use crate::{Case, case};

pub(super) const CASES: &[Case] = &[
    case!(
        "X-2",
        needs(),
        "an attachment that was not saved is neither listed nor sent",
        |f| {
            let folder = f.folder("Mail")?;
            let id = add_subject(&folder, "m")?;
            let count =
                || -> Result<u64> { folder.open_message(&id)?.attachments().open()?.row_count() };
            {
                let message = edit(&folder, &id)?;
                attach(&message, "saved.txt", b"1")?;
                assert_eq!(count()?, 0);
            }
            assert_eq!(count()?, 0, "the message was dropped unsaved");
            let message = edit(&folder, &id)?;
            let file = message.create_attachment()?;
            file.set(tags::ATTACH_LONG_FILENAME, "unsaved.txt")?;
            message.save_changes(SaveFlags::KEEP_OPEN_READWRITE)?;
            assert_eq!(count()?, 0, "the attachment was not saved");
            let saved = folder.open_message(&id)?;
            assert!(!saved.get(tags::HASATTACH)?);
            assert_eq!(saved.to_tree()?.attachments.len(), 0, "what would be sent");
            // Saved itself, but after the message's save: still not there.
            file.save_changes(SaveFlags::NONE)?;
            assert_eq!(count()?, 0);
            message.save_changes(SaveFlags::NONE)?;
            assert_eq!(count()?, 1);
            Ok(())
        }
    ),
    case!(
        "M-IMAPIProp.GetLastError",
        needs(),
        "the object that failed knows why, and no other",
        |f| {
            let folder = f.folder("Mail")?;
            let id = add_subject(&folder, "m")?;
            let message = folder.open_message(&id)?;
            let other = folder.open_message(&id)?;
            assert_eq!(
                code(message.delete_props(&columns![tags::SUBJECT])),
                Code::NO_ACCESS
            );
            if let Some(error) = message.last_error() {
                assert_eq!(error.code, Code::NO_ACCESS);
                assert!(!error.detail.is_empty());
            }
            assert!(other.last_error().is_none());
            assert!(folder.last_error().is_none());
            assert!(f.session().last_error().is_none());
            let _: String = message.get(tags::SUBJECT)?;
            assert!(
                message.last_error().is_none(),
                "nothing stale after a success"
            );
            Ok(())
        }
    ),
    case!(
        "PRP-13",
        needs(),
        "an extended error always has a text, even from a provider that gives none",
        |f| {
            let id = EntryId::wrap_store(f.ground().service().name(), &f.ground().config("c"))?;
            for text in ["", "the reel is on fire"] {
                let fails = f.ground().config("c");
                let session =
                    f.session_through(|inner| Arc::new(Extended { inner, fails, text }))?;
                let opened = session.open_store(&id, StoreFlags::WRITE);
                assert_eq!(code(opened), Code::EXTENDED_ERROR);
                assert_ne!(
                    Code::EXTENDED_ERROR.0 & 0x8000_0000,
                    0,
                    "an error, not a warning"
                );
                let last = session.last_error().expect("the session says why");
                assert_eq!(last.code, Code::EXTENDED_ERROR);
                assert!(!last.detail.is_empty());
                assert!(last.detail.contains(text), "{}", last.detail);
                session.default_store()?;
                assert!(session.last_error().is_none(), "a success says nothing");
            }
            Ok(())
        }
    ),
    case!("PRP-01", needs(), "a custom property round-trips", |f| {
        let folder = f.folder("Mail")?;
        let tag = PropTag(0x6801_001F);
        let id = add(&folder, &[prop(tag, "mine")])?;
        folder.set_props(&[prop(tag, "folder's")])?;
        let store = f.restart()?.default_store()?;
        let message = store.open_message(&id, OpenFlags::NONE)?;
        assert_eq!(
            message.get_props(&[tag])?.value[0].value,
            PropValue::from("mine")
        );
        assert!(message.prop_list()?.contains(&tag));
        let read = store.folder("Inbox/Mail")?.get_props(&[tag])?;
        assert_eq!(read.value[0].value, PropValue::from("folder's"));
        Ok(())
    }),
    case!(
        "PRP-02",
        needs(),
        "values of every type are the same bits after a restart",
        |f| {
            let folder = f.folder("Mail")?;
            let values = every_type();
            let props: Vec<_> = (0x6810..)
                .zip(values)
                .map(|(id, v)| (v.tag(id), v))
                .collect();
            let id = add(&folder, &props)?;
            let store = f.restart()?.default_store()?;
            let message = store.open_message(&id, OpenFlags::NONE)?;
            let asked: Vec<PropTag> = props.iter().map(|(tag, _)| *tag).collect();
            let read = message.get_props(&asked)?;
            for ((tag, value), got) in props.iter().zip(&read.value) {
                assert_eq!((got.tag, &got.value), (*tag, value), "bit for bit");
            }
            assert_eq!(read.warning, None);
            Ok(())
        }
    ),
    case!(
        "PRP-05",
        needs(),
        "one property is got or fails, without warnings",
        |f| {
            let folder = f.folder("Mail")?;
            let id = add_subject(&folder, "m")?;
            let message = folder.open_message(&id)?;
            assert_eq!(message.get(tags::SUBJECT)?, "m");
            assert_eq!(code(message.get(tags::COMMENT)), Code::NOT_FOUND);
            assert_eq!(message.find(tags::COMMENT)?, None);
            assert_eq!(code(folder.get(tags::COMMENT)), Code::NOT_FOUND);
            Ok(())
        }
    ),
    case!(
        "PRP-10",
        needs(),
        "computed properties are refused alone",
        |f| {
            let folder = f.folder("Mail")?;
            let id = add_subject(&folder, "m")?;
            let message = edit(&folder, &id)?;
            let props = [
                prop(tags::ENTRYID, &[1_u8, 2][..]),
                prop(tags::SUBJECT, "changed"),
            ];
            let problems = message.set_props(&props)?;
            let told: Vec<_> = problems.iter().map(|p| (p.index, p.tag, p.code)).collect();
            assert_eq!(told, [(0, tags::ENTRYID.raw(), Code::COMPUTED)]);
            message.save_changes(SaveFlags::NONE)?;
            let again = folder.open_message(&id)?;
            assert_eq!(again.get(tags::SUBJECT)?, "changed");
            assert_eq!(again.get(tags::ENTRYID)?, id.as_bytes());
            Ok(())
        }
    ),
    case!(
        "M-IMAPIProp.GetProps",
        needs(),
        "values come in order, each with its type or its error",
        |f| {
            let folder = f.folder("Mail")?;
            let id = add_subject(&folder, "m")?;
            let message = folder.open_message(&id)?;
            let asked = [
                PropTag(0x0037_001F),
                PropTag(0x1234_0003),
                PropTag(0x0E07_0000),
            ];
            let read = message.get_props(&asked)?;
            assert_eq!(read.warning, Some(Code::W_ERRORS_RETURNED));
            let tags_read: Vec<u32> = read.value.iter().map(|p| p.tag.0).collect();
            assert_eq!(tags_read, [0x0037_001F, 0x1234_000A, 0x0E07_0003]);
            assert_eq!(read.value[0].value, PropValue::from("m"));
            assert_eq!(read.value[1].value, PropValue::Error(Code::NOT_FOUND));
            assert_eq!(
                read.value[2].value,
                PropValue::from(message.flags().cast_signed())
            );
            let wrong = message.get_props(&[PropTag(0x0037_0003)])?.value.remove(0);
            assert_eq!(
                wrong.tag.ty(),
                PropType::ERROR,
                "typed exactly or not at all"
            );
            assert_eq!(code(message.get_props(&[])), Code::INVALID_PARAMETER);
            let all = message.get_all_props()?.value;
            let of = |id: u16| {
                all.iter()
                    .find(|p| p.tag.id() == id)
                    .map(|p| p.value.clone())
            };
            assert_eq!(of(0x0037), Some(PropValue::from("m")));
            assert!(all.iter().all(|p| p.tag.ty() != PropType::OBJECT));
            Ok(())
        }
    ),
    case!(
        "M-IMAPIProp.GetPropList",
        needs(),
        "the list names tables, secure properties it does not",
        |f| {
            let folder = f.folder("Mail")?;
            let secure = PropTag(0x67F5_001F);
            let id = add(&folder, &[prop(tags::SUBJECT, "m"), prop(secure, "secret")])?;
            let message = f
                .restart()?
                .default_store()?
                .open_message(&id, OpenFlags::NONE)?;
            let list = message.prop_list()?;
            let has = |tag: u32| list.contains(&PropTag(tag));
            assert!(
                has(0x0E12_000D) && has(0x0E13_000D) && has(0x0037_001F),
                "{list:?}"
            );
            assert!(
                list.iter().all(|t| !(0x67F0..=0x67FF).contains(&t.id())),
                "{list:?}"
            );
            let all = message.get_all_props()?.value;
            assert!(all.iter().all(|p| p.tag.id() != secure.id()));
            // But there for whoever asks by tag.
            assert_eq!(
                message.get_props(&[secure])?.value[0].value,
                PropValue::from("secret")
            );
            let mut sorted = list.clone();
            sorted.dedup();
            assert_eq!(sorted, list);
            Ok(())
        }
    ),
    case!(
        "M-IMAPIProp.OpenProperty",
        needs(),
        "creating needs modify, modify needs access",
        |f| {
            let folder = f.folder("Mail")?;
            let id = add(&folder, &[prop(tags::BODY, "text")])?;
            let body = tags::BODY.raw();
            let writable = edit(&folder, &id)?;
            let open = |tag, flags| writable.open_property(tag, flags);
            assert_eq!(
                code(open(body, PropertyFlags::CREATE)),
                Code::INVALID_PARAMETER
            );
            let untyped = body.with_type(PropType::UNSPECIFIED);
            assert_eq!(
                code(open(untyped, PropertyFlags::NONE)),
                Code::INVALID_PARAMETER
            );
            let missing = tags::COMMENT.raw();
            assert_eq!(code(open(missing, PropertyFlags::NONE)), Code::NOT_FOUND);
            assert_eq!(code(open(missing, PropertyFlags::MODIFY)), Code::NOT_FOUND);
            let number = tags::MESSAGE_FLAGS.raw();
            assert_eq!(
                code(open(number, PropertyFlags::NONE)),
                Code::INTERFACE_NOT_SUPPORTED
            );
            let read_only = folder.open_message(&id)?;
            let modify = read_only.open_property(body, PropertyFlags::MODIFY);
            assert_eq!(code(modify), Code::NO_ACCESS);
            // CREATE throws the present value away at once, for this object only.
            open(body, PropertyFlags::MODIFY | PropertyFlags::CREATE)?;
            assert_eq!(writable.get(tags::BODY)?, "");
            assert_eq!(read_only.get(tags::BODY)?, "text");
            assert_eq!(folder.open_message(&id)?.get(tags::BODY)?, "text");
            Ok(())
        }
    ),
    case!(
        "M-IMAPIProp.SetProps",
        needs(),
        "what is no value is overlooked, objects are refused",
        |f| {
            let folder = f.folder("Mail")?;
            let id = add_subject(&folder, "old")?;
            let message = edit(&folder, &id)?;
            let with_null = [
                (PropTag::NULL, PropValue::Null),
                (PropTag(0x0037_000A), PropValue::Error(Code::NOT_FOUND)),
                prop(tags::SUBJECT, "set"),
            ];
            assert_eq!(message.set_props(&with_null)?, []);
            assert_eq!(message.get(tags::SUBJECT)?, "set");
            let refused = |tag: PropTag, value: PropValue| {
                code(message.set_props(&[prop(tags::SUBJECT, "not"), (tag, value)]))
            };
            let object = PropTag(0x6820_000D);
            assert_eq!(refused(object, PropValue::Object), Code::INVALID_PARAMETER);
            let none = PropTag(0x6821_101F);
            assert_eq!(
                refused(none, PropValue::MvUnicode(vec![])),
                Code::INVALID_PARAMETER
            );
            assert_eq!(code(message.set_props(&[])), Code::INVALID_PARAMETER);
            assert_eq!(message.get(tags::SUBJECT)?, "set", "and nothing was set");
            // A value of another type than its tag is one problem; another type than before is not.
            let custom = |ty| PropTag::new(0x6822, ty);
            let problems = message.set_props(&[
                (custom(PropType::LONG), PropValue::from("text")),
                prop(tags::COMMENT, "kept"),
            ])?;
            assert_eq!(problems.len(), 1);
            assert_eq!(
                (problems[0].index, problems[0].code),
                (0, Code::UNEXPECTED_TYPE)
            );
            assert_eq!(
                message.set_props(&[(custom(PropType::LONG), 7.into())])?,
                []
            );
            assert_eq!(
                message.set_props(&[(custom(PropType::UNICODE), "seven".into())])?,
                []
            );
            message.save_changes(SaveFlags::NONE)?;
            let again = folder.open_message(&id)?;
            let read = again.get_props(&[custom(PropType::UNICODE), custom(PropType::LONG)])?;
            assert_eq!(read.value[0].value, PropValue::from("seven"));
            assert_eq!(read.value[1].value, PropValue::Error(Code::NOT_FOUND));
            assert_eq!(again.get(tags::COMMENT)?, "kept");
            Ok(())
        }
    ),
    case!(
        "M-IMAPIProp.DeleteProps",
        needs(),
        "deleting goes by identifier and waits for the save",
        |f| {
            let folder = f.folder("Mail")?;
            let id = add(
                &folder,
                &[prop(tags::SUBJECT, "m"), prop(tags::COMMENT, "c")],
            )?;
            let message = edit(&folder, &id)?;
            let asked = [
                PropTag(0x0037_0000),
                PropTag(0x6FFE_0003),
                tags::ENTRYID.raw(),
            ];
            let problems = message.delete_props(&asked)?;
            let told: Vec<_> = problems.iter().map(|p| (p.index, p.code)).collect();
            assert_eq!(
                told,
                [(2, Code::COMPUTED)],
                "what is not there is no problem"
            );
            assert_eq!(code(message.get(tags::SUBJECT)), Code::NOT_FOUND);
            assert_eq!(folder.open_message(&id)?.get(tags::SUBJECT)?, "m");
            assert_eq!(subjects(&by_subject(&folder)?)?, ["m"]);
            message.save_changes(SaveFlags::NONE)?;
            let again = f
                .restart()?
                .default_store()?
                .open_message(&id, OpenFlags::NONE)?;
            assert_eq!(code(again.get(tags::SUBJECT)), Code::NOT_FOUND);
            assert_eq!(again.get(tags::COMMENT)?, "c");
            assert_eq!(
                code(edit(&f.store()?.folder("Inbox/Mail")?, &id)?.delete_props(&[])),
                Code::INVALID_PARAMETER
            );
            Ok(())
        }
    ),
    case!(
        needs(),
        "a value keeps its bits as a cell, a filter and a sort key",
        |f| {
            let folder = f.folder("Mail")?;
            let props: Vec<_> = (0x6810..)
                .zip(every_type())
                .map(|(id, v)| (v.tag(id), v))
                .collect();
            add(&folder, &props)?;
            add_subject(&folder, "without")?;
            let columns: Vec<PropTag> = props.iter().map(|(tag, _)| *tag).collect();
            let row = only_row(&folder, &columns)?;
            for ((tag, value), cell) in props.iter().zip(row.cells()) {
                assert_eq!((cell.tag, &cell.value), (*tag, value), "bit for bit");
            }
            for tag in columns {
                let table = folder.contents().restrict(Restriction::exist(tag)).open()?;
                assert_eq!(table.row_count()?, 1, "{tag}");
            }
            Ok(())
        }
    ),
];

fn only_row(folder: &Folder, columns: &[PropTag]) -> Result<TableRow> {
    let with_all = Restriction::And(columns.iter().copied().map(Restriction::exist).collect());
    let table = folder
        .contents()
        .columns(columns.iter().copied())
        .restrict(with_all)
        .open()?;
    let mut rows = table.query_all_rows(0)?;
    assert_eq!(rows.len(), 1);
    Ok(rows.remove(0))
}

/// One or more values of each type, at their extremes.
fn every_type() -> Vec<PropValue> {
    let text = |s: &str| s.to_owned();
    let narrow = |bytes: &[u8]| AnsiString {
        code_page: 1252,
        bytes: bytes.to_vec(),
    };
    let quiet = f64::from_bits(0x7FF8_0000_0000_1234);
    vec![
        PropValue::I2(i16::MIN),
        PropValue::Long(i32::MIN),
        PropValue::R4(f32::from_bits(0x7FC0_0042)),
        PropValue::R4(-0.0),
        PropValue::Double(quiet),
        PropValue::Double(f64::NEG_INFINITY),
        PropValue::Double(-0.0),
        PropValue::Currency(i64::MAX),
        PropValue::AppTime(-1.5),
        PropValue::Bool(true),
        PropValue::Bool(false),
        PropValue::I8(i64::MIN),
        PropValue::String8(narrow(b"")),
        PropValue::String8(narrow(b"\x80\xe9")),
        PropValue::from(""),
        PropValue::from("a\u{0}b \u{1F600} e\u{301}"),
        PropValue::SysTime(FileTime(u64::MAX)),
        PropValue::SysTime(FileTime(0)),
        PropValue::ClsId(Guid([0xFF; 16])),
        PropValue::ClsId(guids::PS_PUBLIC_STRINGS),
        PropValue::SvrEid(vec![1, 0, 255]),
        PropValue::SRestriction(Box::new(Restriction::exist(tags::SUBJECT).negate())),
        PropValue::Actions(vec![0, 1, 2]),
        PropValue::Binary(vec![]),
        PropValue::Binary(vec![0, 255, 0]),
        PropValue::MvI2(vec![2, -1, 2]),
        PropValue::MvLong(vec![2, i32::MIN, 2]),
        PropValue::MvR4(vec![1.5, f32::INFINITY]),
        PropValue::MvDouble(vec![quiet, 0.0]),
        PropValue::MvCurrency(vec![i64::MIN, 0]),
        PropValue::MvAppTime(vec![0.25, -0.0]),
        PropValue::MvI8(vec![i64::MAX, i64::MIN]),
        PropValue::MvString8(vec![narrow(b"b"), narrow(b""), narrow(b"b")]),
        PropValue::MvUnicode(vec![text("b"), text("a"), text("b")]),
        PropValue::MvSysTime(vec![FileTime(1), FileTime(u64::MAX)]),
        PropValue::MvClsId(vec![Guid([0; 16]), Guid([7; 16])]),
        PropValue::MvBinary(vec![vec![], vec![9], vec![]]),
    ]
}

/// A service that fails to open one store, and says why as it pleases.
#[derive(Debug)]
struct Extended {
    inner: Arc<dyn Service>,
    fails: ServiceConfig,
    text: &'static str,
}

impl ServiceLayer for Extended {
    fn below(&self) -> &dyn Service {
        self.inner.as_ref()
    }

    fn open_store(
        &self,
        open: &OpenStore,
        support: Arc<dyn Support>,
        call: &Call,
    ) -> Result<Arc<dyn Store>> {
        if open.config.values == self.fails.values {
            return Err(mapi::Error::new(Code::EXTENDED_ERROR, self.text));
        }
        self.inner.open_store(open, support, call)
    }
}
