//! 8.4 MASK.1, MASK.2 and PR_ACCESS: what a store promises it keeps, and what it does not promise it refuses.

use std::io::Write;

use mapi::{
    CopyFlags, CreateFolderFlags, DeleteFlags, EventMask, Folder, MapiProp, MsgStore, OpenFlags,
    PropTag, PropType, PropertyFlags, RelOp, Restriction, Result, SaveFlags, SortColumn,
    SortOrderSet, access, columns, store_support, tags,
};

use crate::fixture::{add, add_subject, attach, by_subject, code, draft, prop, subjects};
use crate::{Case, case};

pub(super) const CASES: &[Case] = &[
    case!(
        needs(),
        "each bit of the support mask is a promise kept, and what is not promised is refused (MASK.1)",
        |f| {
            let store = f.store()?;
            let mask = store.get(tags::STORE_SUPPORT_MASK)?.cast_unsigned();
            let has = |bits: u32| mask & bits == bits;
            let folder = f.folder("Mail")?;
            assert!(has(store_support::MODIFY_OK | store_support::CREATE_OK));
            assert!(!has(store_support::READONLY));
            let id = kept(&folder)?;
            // STORE_ENTRYID_UNIQUE: an id that is gone names nothing ever after.
            assert!(has(store_support::ENTRYID_UNIQUE));
            folder
                .delete_messages(std::slice::from_ref(&id), DeleteFlags::HARD_DELETE)?
                .ignore_warning();
            for n in 0..20 {
                assert_ne!(add_subject(&folder, &n.to_string())?, id);
            }
            assert_eq!(code(folder.open_message(&id)), mapi::Code::NOT_FOUND);
            // STORE_RESTRICTION_OK, STORE_SORT_OK.
            assert!(has(store_support::RESTRICTION_OK | store_support::SORT_OK));
            let table = by_subject(&folder)?;
            table.restrict(Restriction::property(tags::SUBJECT, RelOp::Lt, "12"))?;
            table.sort(SortOrderSet::by([SortColumn::descending(tags::SUBJECT)]))?;
            assert_eq!(subjects(&table)?, ["11", "10", "1", "0"]);
            optional(&store, &folder, mask)?;
            // Nobody else shares it, and nothing is done to items behind it.
            assert!(!has(store_support::PUBLIC_FOLDERS));
            // STORE_RTF_OK, STORE_UNCOMPRESSED_RTF: text is made of RTF, and of nothing else.
            assert!(has(store_support::RTF_OK | store_support::UNCOMPRESSED_RTF));
            let rtf = folder.create_message()?;
            rtf.set(tags::RTF_COMPRESSED, b"no RTF".as_slice())?;
            assert_eq!(rtf.find(tags::BODY)?, None, "no text is made of it");
            let mela = b"\x17\0\0\0\x0B\0\0\0MELA\0\0\0\0{\\rtf1 a b}";
            rtf.set(tags::RTF_COMPRESSED, mela.as_slice())?;
            assert_eq!(rtf.get(tags::BODY)?, "a b");
            // A store that is open for reading says so and changes nothing.
            let reading = f.read_only_session()?.default_store()?;
            let mask = reading.get(tags::STORE_SUPPORT_MASK)?.cast_unsigned();
            let may = store_support::MODIFY_OK | store_support::CREATE_OK;
            assert_eq!(
                mask & (may | store_support::READONLY),
                store_support::READONLY
            );
            let refused = reading.receive_folder("IPM")?;
            let made = refused.create_folder("x", None, CreateFolderFlags::NONE);
            assert_eq!(code(made), mapi::Code::NO_ACCESS);
            assert_eq!(code(refused.set(tags::COMMENT, "x")), mapi::Code::NO_ACCESS);
            Ok(())
        }
    ),
    case!(
        needs(),
        "folders and messages show the support mask of their store (MASK.2)",
        |f| {
            for store in [f.store()?, f.read_only_session()?.default_store()?] {
                let mask = store.get(tags::STORE_SUPPORT_MASK)?;
                assert_ne!(mask, 0);
                let inbox = store.receive_folder("IPM")?;
                assert_eq!(inbox.get(tags::STORE_SUPPORT_MASK)?, mask);
                assert_eq!(store.root_folder()?.get(tags::STORE_SUPPORT_MASK)?, mask);
                if store.capabilities().write {
                    let new = inbox.create_message()?;
                    assert_eq!(new.get(tags::STORE_SUPPORT_MASK)?, mask, "not saved yet");
                    new.save_changes(SaveFlags::NONE)?;
                }
                let table = inbox.contents().columns(columns![tags::ENTRYID]).open()?;
                let row = table.query_rows(1)?.remove(0);
                let message = inbox.open_message(row.entry_id())?;
                assert_eq!(message.get(tags::STORE_SUPPORT_MASK)?, mask);
                let set = prop(tags::STORE_SUPPORT_MASK, 0);
                if store.capabilities().write {
                    let problems = inbox.set_props(&[set])?;
                    assert_eq!(problems[0].code, mapi::Code::COMPUTED);
                }
            }
            Ok(())
        }
    ),
    case!(
        needs(Associated),
        "PR_ACCESS says what can be done with an object, PR_ACCESS_LEVEL what this handle may do",
        |f| {
            let hold =
                access::CREATE_HIERARCHY | access::CREATE_CONTENTS | access::CREATE_ASSOCIATED;
            let change = access::READ | access::MODIFY;
            let store = f.store()?;
            let folder = f.folder("Mail")?;
            assert_eq!(
                store.root_folder()?.get(tags::ACCESS)?,
                change | hold,
                "never deleted"
            );
            assert_eq!(folder.get(tags::ACCESS)?, change | hold | access::DELETE);
            let id = add_subject(&folder, "m")?;
            let reading = folder.open_message(&id)?;
            assert_eq!(reading.get(tags::ACCESS)?, change | access::DELETE);
            assert_eq!(reading.get(tags::ACCESS_LEVEL)?, 0);
            let best = folder.open_message_with(&id, OpenFlags::BEST_ACCESS)?;
            assert_eq!(best.get(tags::ACCESS_LEVEL)?, 1);
            // A message that is being sent can only be read, whatever is asked for.
            f.queue(&reading)?;
            let queued = folder.open_message_with(&id, OpenFlags::BEST_ACCESS)?;
            assert_eq!(queued.get(tags::ACCESS_LEVEL)?, 0);
            assert_eq!(queued.get(tags::ACCESS)?, access::READ);
            let table = folder.contents().columns(columns![tags::ACCESS]).open()?;
            assert_eq!(
                table.query_rows(1)?[0].get(tags::ACCESS),
                Some(access::READ)
            );
            let reading = f.read_only_session()?.default_store()?;
            let there = reading.folder("Inbox/Mail")?;
            assert_eq!(there.get(tags::ACCESS)?, access::READ);
            assert_eq!(there.open_message(&id)?.get(tags::ACCESS)?, access::READ);
            assert_eq!(there.get(tags::ACCESS_LEVEL)?, 0);
            Ok(())
        }
    ),
];

/// STORE_ATTACH_OK, STORE_OLE_OK, STORE_HTML_OK, STORE_ANSI_OK, STORE_UNICODE_OK: what a message keeps.
fn kept(folder: &Folder) -> Result<mapi::EntryId> {
    let mask = folder.get(tags::STORE_SUPPORT_MASK)?.cast_unsigned();
    let all = store_support::ATTACH_OK
        | store_support::HTML_OK
        | store_support::ANSI_OK
        | store_support::UNICODE_OK;
    assert_eq!(mask & all, all);
    let narrow = tags::SUBJECT.raw().with_type(PropType::STRING8);
    let ansi = mapi_props::AnsiString {
        code_page: 1252,
        bytes: b"Gr\xFC\xDFe".to_vec(),
    };
    let props = [
        (narrow, mapi::PropValue::String8(ansi)),
        prop(tags::BODY, "會議"),
        prop(tags::HTML, b"<p>x</p>".as_slice()),
    ];
    let message = draft(folder, &props)?;
    attach(&message, "file", b"bytes")?;
    message.save_changes(SaveFlags::NONE)?;
    let id = message.entry_id().unwrap();
    let message = folder.open_message(&id)?;
    assert_eq!(message.get(tags::SUBJECT)?, "Grüße");
    assert_eq!(message.get(tags::BODY)?, "會議");
    assert_eq!(message.get(tags::HTML)?, b"<p>x</p>");
    let file = message.open_attachment(0, OpenFlags::NONE)?;
    assert_eq!(file.get(tags::ATTACH_DATA_BIN)?, b"bytes");
    Ok(id)
}

/// What a store may or may not be able to do.
fn optional(store: &MsgStore, folder: &Folder, mask: u32) -> Result<()> {
    let promised = |bit: u32, done: Result<()>| match done {
        Ok(()) => assert_ne!(mask & bit, 0, "{bit:#X} works and is not promised"),
        Err(e) => {
            assert_eq!(mask & bit, 0, "{bit:#X} is promised: {e}");
            let refused = [mapi::Code::NO_SUPPORT, mapi::Code::TOO_COMPLEX];
            assert!(refused.contains(&e.code()), "{bit:#X}: {e}");
        }
    };
    let finder = store.root_folder()?;
    let search = finder.create_search_folder("Search", None, CreateFolderFlags::NONE);
    promised(store_support::SEARCH_OK, search.map(drop));
    let listener = store.listen(None, EventMask::OBJECT_CREATED);
    promised(store_support::NOTIFY_OK, listener.map(drop));
    let grouped = SortOrderSet {
        categories: 1,
        ..SortOrderSet::by([SortColumn::ascending(tags::SUBJECT)])
    };
    promised(
        store_support::CATEGORIZE_OK,
        by_subject(folder)?.sort(grouped),
    );
    let words = PropTag::new(0x6801, PropType::MV_UNICODE);
    let list = vec!["b".to_owned(), "a".to_owned(), "b".to_owned()];
    let id = add(folder, &[(words, list.clone().into())])?;
    let one_each = words.with_type(PropType(words.ty().0 | 0x2000));
    let table = folder.contents().columns([one_each]).open();
    let rows = table.and_then(|t| t.row_count());
    let several = rows.map(|n| assert_eq!(n, folder.counts().unwrap().contents + 2));
    promised(store_support::MV_PROPS_OK, several);
    let got = folder
        .open_message(&id)?
        .get_props(&[words])?
        .value
        .remove(0);
    assert_eq!(got.value, list.into(), "order and doubles stay");
    // A storage is kept as the bytes that it is.
    let message = folder.create_message()?;
    let part = message.create_attachment()?;
    part.set(tags::ATTACH_METHOD, mapi::attach_method::OLE)?;
    let create = PropertyFlags::CREATE | PropertyFlags::MODIFY;
    let stream = part.open_property(tags::ATTACH_DATA_OBJ, create);
    let written = stream.and_then(|mut s| {
        s.write_all(b"\xD0\xCF\x11\xE0")
            .expect("it is open for writing");
        s.commit()
    });
    assert!(written.is_ok());
    folder
        .copy_messages(&[id], folder, CopyFlags::NONE)?
        .ignore_warning();
    Ok(())
}
