//! STO-11, HLP-03: messages in files.

use std::fs;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use malle_host::MsgFile;
use mapi::{
    Code, CopyPropFlags, Mapi, MapiProp, Message, MessageStorage, OnStorage, OpenFlags, PropName,
    PropType, PropertyFlags, SaveFlags, StorageAccess, StorageCommit, StorageMessage,
    attach_method, recipient_type, tags,
};
use mapi_props::guids;
use testkit::TempHome;

use crate::fixture::{address, attach, code};
use crate::foreign_msg::{self, Reader};
use crate::{Case, case};

pub(super) const CASES: &[Case] = &[
    case!(
        "STO-11.1",
        needs(),
        "a file of another producer is a message, and stays one that others read when it was changed",
        |f| {
            let home = TempHome::new()?;
            let file = foreign(&home)?;
            let opened = open(&f.program(), &file, OpenFlags::MODIFY)?;
            assert_eq!(opened.defects, []);
            let message = opened.message;
            says_what_the_file_says(&message)?;
            message.set(tags::SUBJECT, "RE: 日本語")?;
            address(&message, &[(3, "Cleo")])?;
            let file_attached = message.open_attachment(0, OpenFlags::MODIFY)?;
            file_attached.set(tags::ATTACH_LONG_FILENAME, "b.bin")?;
            file_attached.save_changes(SaveFlags::NONE)?;
            message.save_changes(SaveFlags::NONE)?;
            others_still_read_it(&file)?;
            let again = open(&f.program(), &file, OpenFlags::NONE)?.message;
            assert_eq!(again.get(tags::NORMALIZED_SUBJECT)?, "日本語");
            assert_eq!(again.recipients().open()?.row_count()?, 3);
            let inner = again.open_attachment(1, OpenFlags::NONE)?;
            let inner = inner.open_embedded(PropertyFlags::NONE)?;
            assert_eq!(inner.get(tags::SUBJECT)?, "inner");
            Ok(())
        }
    ),
    case!(
        "STO-11.2" + "HLP-03",
        needs(),
        "a save reaches the file when the storage is committed, and whoever may not write does not",
        |f| {
            let home = TempHome::new()?;
            let file = foreign(&home)?;
            let before = fs::read(&file)?;
            // IMSG_NO_ISTG_COMMIT: dropped uncommitted, then committed.
            for commits in [false, true] {
                let storage = Arc::new(MsgFile::open(&file, StorageAccess::Transacted)?);
                let how = OnStorage {
                    flags: OpenFlags::MODIFY,
                    commit: StorageCommit::ByCaller,
                    ..OnStorage::default()
                };
                let program = f.program();
                let opened = program.open_message_on_storage(storage.clone(), how)?;
                opened.message.set(tags::SUBJECT, "changed")?;
                opened
                    .message
                    .save_changes(SaveFlags::KEEP_OPEN_READWRITE)?;
                assert_eq!(fs::read(&file)?, before, "saved, not committed");
                if commits {
                    storage.commit()?;
                    assert_ne!(fs::read(&file)?, before);
                }
                drop(opened);
                drop(storage);
                assert_eq!(fs::read(&file)? == before, !commits);
                assert_eq!(
                    names_in(home.path())?,
                    ["letter.msg"],
                    "nothing lies beside it"
                );
            }
            let subject = open(&f.program(), &file, OpenFlags::NONE)?.message;
            assert_eq!(subject.get(tags::SUBJECT)?, "changed");
            // Read and written in transacted mode only; never in one that cannot be read.
            for (access, flags, expect) in [
                (
                    StorageAccess::WriteOnly,
                    OpenFlags::NONE,
                    Err(Code::NO_ACCESS),
                ),
                (
                    StorageAccess::WriteOnly,
                    OpenFlags::MODIFY,
                    Err(Code::NO_ACCESS),
                ),
                (
                    StorageAccess::Direct,
                    OpenFlags::MODIFY,
                    Err(Code::NO_ACCESS),
                ),
                (StorageAccess::Direct, OpenFlags::NONE, Ok(false)),
                (StorageAccess::Direct, OpenFlags::BEST_ACCESS, Ok(false)),
                (
                    StorageAccess::ReadOnly,
                    OpenFlags::MODIFY,
                    Err(Code::NO_ACCESS),
                ),
                (StorageAccess::ReadOnly, OpenFlags::BEST_ACCESS, Ok(false)),
                (StorageAccess::Transacted, OpenFlags::NONE, Ok(false)),
                (StorageAccess::Transacted, OpenFlags::BEST_ACCESS, Ok(true)),
            ] {
                let storage = Arc::new(MsgFile::open(&file, access)?);
                let how = OnStorage {
                    flags,
                    ..OnStorage::default()
                };
                let opened = f.program().open_message_on_storage(storage, how);
                let writable = opened
                    .map(|o| o.message.is_writable())
                    .map_err(|e| e.code());
                assert_eq!(writable, expect, "{access:?} {flags:?}");
            }
            Ok(())
        }
    ),
    case!(
        needs(),
        "in a file a part is opened once, with the access it was opened with first",
        |f| {
            let home = TempHome::new()?;
            let file = foreign(&home)?;
            let message = open(&f.program(), &file, OpenFlags::MODIFY)?.message;
            let first = message.open_attachment(1, OpenFlags::NONE)?;
            let second = message.open_attachment(1, OpenFlags::MODIFY)?;
            assert!(!second.is_writable(), "as it was opened first");
            let read = first.open_embedded(PropertyFlags::NONE)?;
            let written = second.open_embedded(PropertyFlags::NONE)?;
            assert!(!written.is_writable());
            drop((first, second, read, written));
            let holder = message.open_attachment(1, OpenFlags::MODIFY)?;
            let write = holder.open_embedded(PropertyFlags::MODIFY)?;
            write.set(tags::SUBJECT, "seen by both")?;
            let same = holder.open_embedded(PropertyFlags::NONE)?;
            assert_eq!(same.get(tags::SUBJECT)?, "seen by both");
            Ok(())
        }
    ),
    case!(
        needs(),
        "a message goes from a store into a new file and back with all that is in it",
        |f| {
            let home = TempHome::new()?;
            let file = home.path().join("new.msg");
            let folder = f.folder("Mail")?;
            let from = folder.create_message()?;
            from.set(tags::SUBJECT, "RE: plans")?;
            let colour = PropName::text(guids::PS_PUBLIC_STRINGS, "Colour");
            from.set_props(&[(from.named_tag(&colour, PropType::UNICODE)?, "blue".into())])?;
            address(&from, &[(1, "Ann"), (2, "Bob")])?;
            let big: Vec<u8> = (0..3_000_000_u32).map(|n| n.to_le_bytes()[1]).collect();
            attach(&from, "big.bin", &big)?;
            from.save_changes(SaveFlags::KEEP_OPEN_READWRITE)?;
            let opened = open(&f.program(), &file, OpenFlags::MODIFY)?.message;
            assert!(opened.entry_id().is_none() && opened.parent_id()?.is_none());
            from.copy_to(&opened, None, CopyPropFlags::NONE)?;
            opened.save_changes(SaveFlags::NONE)?;
            Reader::open(fs::read(&file)?)?;
            let back = folder.create_message()?;
            let opened = open(&f.program(), &file, OpenFlags::NONE)?.message;
            opened.copy_to(&back, None, CopyPropFlags::NONE)?;
            back.save_changes(SaveFlags::KEEP_OPEN_READWRITE)?;
            assert_eq!(back.get(tags::SUBJECT)?, "RE: plans");
            let tag = back.named_tag(&colour, PropType::UNICODE)?;
            assert_eq!(
                back.get_props(&[tag])?.ignore_warning()[0].value,
                "blue".into()
            );
            assert_eq!(back.recipients().open()?.row_count()?, 2);
            assert!(data_of(&back, 0)? == big);
            Ok(())
        }
    ),
    case!(
        needs(),
        "whoever changes a file that somebody else changed meanwhile is told, and harms nothing",
        |f| {
            let home = TempHome::new()?;
            let file = foreign(&home)?;
            let mine = open(&f.program(), &file, OpenFlags::MODIFY)?.message;
            let theirs = open(&f.program(), &file, OpenFlags::MODIFY)?.message;
            theirs.set(tags::SUBJECT, "theirs")?;
            theirs.save_changes(SaveFlags::NONE)?;
            let after = fs::read(&file)?;
            mine.set(tags::SUBJECT, "mine")?;
            assert_eq!(
                code(mine.save_changes(SaveFlags::NONE)),
                Code::OBJECT_CHANGED
            );
            assert_eq!(fs::read(&file)?, after);
            // What was open of the older file is read from it still.
            assert_eq!(data_of(&mine, 0)?, foreign_msg::DATA);
            // Nothing that is no message becomes one.
            fs::write(home.path().join("text.msg"), "From: ann")?;
            let text = open(&f.program(), &home.path().join("text.msg"), OpenFlags::NONE);
            assert_eq!(code(text.map(drop)), Code::CORRUPT_DATA);
            // What is marked is saved with the rest.
            let unread = open(&f.program(), &file, OpenFlags::MODIFY)?.message;
            unread.set_read_flag(mapi::ReadFlags::CLEAR_READ_FLAG)?;
            assert_eq!(fs::read(&file)?, after);
            unread.save_changes(SaveFlags::NONE)?;
            let again = open(&f.program(), &file, OpenFlags::NONE)?.message;
            assert_eq!(again.flags() & mapi::message_flags::READ, 0);
            Ok(())
        }
    ),
    case!(
        needs(),
        "a large value is written into a file through a stream, and the message saved twice",
        |f| {
            let home = TempHome::new()?;
            let file = home.path().join("large.msg");
            let message = open(&f.program(), &file, OpenFlags::MODIFY)?.message;
            message.set(tags::SUBJECT, "large")?;
            let attachment = message.create_attachment()?;
            attachment.set(tags::ATTACH_METHOD, attach_method::BY_VALUE)?;
            let create = PropertyFlags::MODIFY | PropertyFlags::CREATE;
            let mut stream = attachment.open_property(tags::ATTACH_DATA_BIN.raw(), create)?;
            let piece: Vec<u8> = (0..=255).collect();
            for _ in 0..20_000 {
                stream.write_all(&piece)?;
            }
            stream.commit()?;
            drop(stream);
            attachment.save_changes(SaveFlags::NONE)?;
            message.save_changes(SaveFlags::KEEP_OPEN_READWRITE)?;
            message.set(tags::SUBJECT, "still large")?;
            message.save_changes(SaveFlags::NONE)?;
            assert!(data_of(&message, 0)? == piece.repeat(20_000));
            drop((attachment, message));
            let again = open(&f.program(), &file, OpenFlags::NONE)?.message;
            assert_eq!(again.get(tags::SUBJECT)?, "still large");
            assert!(data_of(&again, 0)? == piece.repeat(20_000));
            assert_eq!(names_in(home.path())?, ["large.msg"]);
            Ok(())
        }
    ),
];

/// Everything that the file of the other producer says.
fn says_what_the_file_says(message: &Message) -> anyhow::Result<()> {
    assert_eq!(message.get(tags::SUBJECT)?, "日本語");
    assert_eq!(message.get(tags::MESSAGE_CLASS)?, "IPM.Note");
    let number = PropName::id(foreign_msg::SET, foreign_msg::LID);
    let text = PropName::text(guids::PS_PUBLIC_STRINGS, foreign_msg::TEXT);
    let tags_of = [
        message.named_tag(&number, PropType::LONG)?,
        message.named_tag(&text, PropType::UNICODE)?,
    ];
    let found = message.get_props(&tags_of)?.ignore_warning();
    assert_eq!(found[0].value, 42_i32.into());
    assert_eq!(found[1].value, "blue".into());
    let rows = message.recipients().open()?.query_rows(9)?;
    let people: Vec<_> = rows
        .iter()
        .map(|row| (row.get(tags::DISPLAY_NAME), row.get(tags::RECIPIENT_TYPE)))
        .collect();
    let expect = [("Ann", recipient_type::TO), ("Bob", recipient_type::CC)];
    assert_eq!(people, expect.map(|(n, t)| (Some(n.to_owned()), Some(t))));
    assert_eq!(message.attachment_count(), 3);
    let data = message.open_attachment(0, OpenFlags::NONE)?;
    assert_eq!(data.get(tags::ATTACH_LONG_FILENAME)?, "a.bin");
    assert_eq!(data_of(message, 0)?, foreign_msg::DATA);
    let holder = message.open_attachment(1, OpenFlags::NONE)?;
    let inner = holder.open_embedded(PropertyFlags::NONE)?;
    assert_eq!(inner.get(tags::SUBJECT)?, "inner");
    let tag = inner.named_tag(&number, PropType::LONG)?;
    assert_eq!(
        inner.get_props(&[tag])?.ignore_warning()[0].value,
        43_i32.into()
    );
    let object = message.open_attachment(2, OpenFlags::NONE)?;
    assert_eq!(object.method(), attach_method::OLE);
    let mut bytes = Vec::new();
    object
        .open_property(tags::ATTACH_DATA_OBJ, PropertyFlags::NONE)?
        .read_to_end(&mut bytes)?;
    assert_eq!(
        Reader::open(bytes)?.stream("/Contents")?,
        foreign_msg::OBJECT
    );
    Ok(())
}

/// What a library by others finds in the changed file.
fn others_still_read_it(file: &Path) -> anyhow::Result<()> {
    let mut reader = Reader::open(fs::read(file)?)?;
    assert_eq!(reader.text("/__substg1.0_0037001F")?, "RE: 日本語");
    let mask = reader.long(0x340D_0003)?.unwrap_or(0);
    assert_ne!(mask & 0x0004_0000, 0, "STORE_UNICODE_OK");
    let third = "/__recip_version1.0_#00000002/__substg1.0_3001001F";
    assert_eq!(reader.text(third)?, "Cleo");
    let attached = "/__attach_version1.0_#00000000";
    assert_eq!(
        reader.text(&format!("{attached}/__substg1.0_3707001F"))?,
        "b.bin"
    );
    assert_eq!(
        reader.stream(&format!("{attached}/__substg1.0_37010102"))?,
        foreign_msg::DATA
    );
    let inner = "/__attach_version1.0_#00000001/__substg1.0_3701000D";
    assert_eq!(
        reader.text(&format!("{inner}/__substg1.0_0037001F"))?,
        "inner"
    );
    let object = "/__attach_version1.0_#00000002/__substg1.0_3701000D";
    assert_eq!(
        reader.stream(&format!("{object}/Contents"))?,
        foreign_msg::OBJECT
    );
    let names = reader.names();
    let own = names.iter().filter(|name| !name.starts_with(object));
    let marked = |name: &String| {
        name.rsplit(['/', '\\'])
            .next()
            .is_some_and(|n| n.starts_with("__"))
    };
    assert!(own.clone().all(marked), "{names:?}");
    assert!(
        names
            .iter()
            .any(|name| name.contains("__nameid_version1.0"))
    );
    Ok(())
}

fn foreign(home: &TempHome) -> anyhow::Result<PathBuf> {
    let file = home.path().join("letter.msg");
    fs::write(&file, foreign_msg::message()?)?;
    Ok(file)
}

fn open(
    program: &Mapi,
    file: &Path,
    flags: OpenFlags,
) -> anyhow::Result<StorageMessage, mapi::Error> {
    let access = match flags == OpenFlags::MODIFY {
        true => StorageAccess::Transacted,
        false => StorageAccess::ReadOnly,
    };
    let missing = |e| mapi::Error::caused(Code::NOT_FOUND, "no such file", e);
    let storage = MsgFile::open(file, access).map_err(missing)?;
    let how = OnStorage {
        flags,
        ..OnStorage::default()
    };
    program.open_message_on_storage(Arc::new(storage), how)
}

fn data_of(message: &Message, number: i32) -> anyhow::Result<Vec<u8>> {
    let attachment = message.open_attachment(number, OpenFlags::NONE)?;
    let mut bytes = Vec::new();
    attachment
        .open_property(tags::ATTACH_DATA_BIN.raw(), PropertyFlags::NONE)?
        .read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn names_in(folder: &Path) -> anyhow::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder)? {
        names.push(entry?.file_name().to_string_lossy().into_owned());
    }
    names.sort();
    Ok(names)
}
