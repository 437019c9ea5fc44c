//! M-IStream.Docfile, SES-04, INC-05, OUT-06: attachments that are structured storages ([MS-CFB]).

use std::io::{Read, Seek, SeekFrom, Write};

use mapi::{
    Attachment, Code, Guid, Logon, MapiProp, OpenFlags, PropTag, PropertyFlags, SaveFlags, Session,
    attach_method, tags,
};

use crate::fixture::{code, draft, edit, prop};
use crate::{Case, case};

const CREATED: PropertyFlags = PropertyFlags::MODIFY.with(PropertyFlags::CREATE);
const SECTOR: usize = 512;
/// Sectors that a FAT of one sector knows of.
const FAT_ENTRIES: usize = SECTOR / 4;
const END: u32 = 0xFFFF_FFFE;
const FREE: u32 = 0xFFFF_FFFF;

pub(super) const CASES: &[Case] = &[
    case!(
        "M-IStream.Docfile" + "PF-12.T1",
        needs(),
        "a storage is a valid compound file through both views of the property",
        |f| {
            let folder = f.folder("Mail")?;
            let content: Vec<u8> = (0..40_000_u32).map(|n| n.to_le_bytes()[0]).collect();
            let file = compound_file(&content);
            // As an object, as bytes, and followed by so much that it is staged.
            let large = [file.clone(), vec![0; 2 << 20]].concat();
            let views = [
                (tags::ATTACH_DATA_OBJ, &file),
                (tags::ATTACH_DATA_BIN.raw(), &file),
                (tags::ATTACH_DATA_OBJ, &large),
            ];
            let message = draft(&folder, &[prop(tags::SUBJECT, "storages")])?;
            for (view, bytes) in views {
                let attachment = message.create_attachment()?;
                let flags = PropertyFlags::MODIFY | PropertyFlags::CREATE;
                attachment.open_property(view, flags)?.write_all(bytes)?;
                attachment.set(tags::ATTACH_METHOD, attach_method::OLE)?;
                attachment.save_changes(SaveFlags::NONE)?;
            }
            message.save_changes(SaveFlags::NONE)?;
            let store = f.restart()?.default_store()?;
            let message = store.open_message(&message.entry_id().unwrap(), OpenFlags::MODIFY)?;
            for (n, (_, bytes)) in (0..).zip(views) {
                let attachment = message.open_attachment(n, OpenFlags::NONE)?;
                assert_eq!(attachment.method(), attach_method::OLE);
                for view in [tags::ATTACH_DATA_OBJ, tags::ATTACH_DATA_BIN.raw()] {
                    let read = all(&attachment, view)?;
                    assert!(read == *bytes, "attachment {n} through {view}");
                    assert_eq!(
                        &read[..8],
                        &[0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1]
                    );
                    assert!(stream_of(&read, "Contents").unwrap() == content);
                }
                let listed = attachment.prop_list()?;
                assert!(listed.contains(&tags::ATTACH_DATA_OBJ), "{listed:?}");
            }
            // Written over through one view, it is changed in the other.
            let attachment = message.open_attachment(2, OpenFlags::MODIFY)?;
            let mut stream =
                attachment.open_property(tags::ATTACH_DATA_OBJ, PropertyFlags::MODIFY)?;
            stream.seek(SeekFrom::Start(u64::try_from(3 * SECTOR)?))?;
            stream.write_all(b"changed")?;
            drop(stream);
            attachment.save_changes(SaveFlags::NONE)?;
            message.save_changes(SaveFlags::NONE)?;
            let message = store.open_message(&message.entry_id().unwrap(), OpenFlags::NONE)?;
            let attachment = message.open_attachment(2, OpenFlags::NONE)?;
            let read = all(&attachment, tags::ATTACH_DATA_BIN.raw())?;
            let changed = stream_of(&read, "Contents").unwrap();
            assert!(changed.starts_with(b"changed") && changed[7..] == content[7..]);
            Ok(())
        }
    ),
    case!(
        "SES-04.1",
        needs(),
        "with nothing but the library initialised, an OLE attachment is a storage that is read and changed",
        |f| {
            let session = Session::logon(&f.program(), Logon::profile("work"))?;
            let folder = session.default_store()?.receive_folder("IPM")?;
            let content: Vec<u8> = (0..40_000_u32).map(|n| n.to_le_bytes()[0]).collect();
            let message = draft(&folder, &[prop(tags::SUBJECT, "drawing")])?;
            let attachment = message.create_attachment()?;
            attachment.set(tags::ATTACH_METHOD, attach_method::OLE)?;
            let data = attachment.open_property(tags::ATTACH_DATA_OBJ, CREATED);
            data?.write_all(&compound_file(&content))?;
            attachment.save_changes(SaveFlags::NONE)?;
            message.save_changes(SaveFlags::NONE)?;
            let message = edit(&folder, &message.entry_id().unwrap())?;

            let attachment = message.open_attachment(0, OpenFlags::MODIFY)?;
            let root = attachment.open_storage(PropertyFlags::MODIFY)?;
            let listed = root.elements()?;
            assert_eq!((listed.len(), listed[0].name.as_str()), (1, "Contents"));
            assert_eq!(listed[0].size, Some(40_000));
            let mut stream = root.open_stream("contents")?;
            let mut read = Vec::new();
            stream.read_to_end(&mut read)?;
            assert!(read == content);
            stream.seek(SeekFrom::Start(2))?;
            stream.write_all(b"changed")?;
            let inner = root.create_storage("Macros")?;
            inner.create_stream("VBA")?.write_all(&[7; 100])?;
            inner.create_storage("Empty")?.set_class(Guid([9; 16]))?;
            assert!(all(&attachment, tags::ATTACH_DATA_OBJ)? == compound_file(&content));
            root.commit()?;
            attachment.save_changes(SaveFlags::NONE)?;
            message.save_changes(SaveFlags::NONE)?;

            let store = f.restart()?.default_store()?;
            let message = store.open_message(&message.entry_id().unwrap(), OpenFlags::NONE)?;
            let attachment = message.open_attachment(0, OpenFlags::NONE)?;
            let bytes = all(&attachment, tags::ATTACH_DATA_OBJ)?;
            let changed = stream_of(&bytes, "Contents").unwrap();
            assert!(changed[2..9] == *b"changed" && changed[9..] == content[9..]);
            let root = attachment.open_storage(PropertyFlags::NONE)?;
            let inner = root.open_storage("MACROS")?;
            assert_eq!(inner.open_storage("Empty")?.class()?, Guid([9; 16]));
            let mut vba = Vec::new();
            inner.open_stream("VBA")?.read_to_end(&mut vba)?;
            assert_eq!(vba, [7; 100]);
            Ok(())
        }
    ),
    case!(
        needs(),
        "what is changed in a storage is in the attachment once its root is committed, and not before",
        |f| {
            let message = draft(&f.folder("Mail")?, &[])?;
            let attachment = message.create_attachment()?;
            assert_eq!(
                code(attachment.open_storage(PropertyFlags::NONE)),
                Code::NOT_FOUND
            );
            assert_eq!(
                code(attachment.open_storage(PropertyFlags::CREATE)),
                Code::INVALID_PARAMETER
            );
            let root = attachment.open_storage(CREATED)?;
            let inner = root.create_storage("In")?;
            inner.create_stream("s")?.write_all(b"one")?;
            inner.commit()?;
            assert_eq!(
                code(attachment.open_storage(PropertyFlags::NONE)),
                Code::NOT_FOUND
            );
            root.commit()?;
            assert_eq!(attachment.method(), attach_method::OLE);
            assert_eq!(code(inner.create_stream("S")), Code::COLLISION);
            for name in ["", "a/b", "a:b", &"x".repeat(32)] {
                assert_eq!(
                    code(root.create_stream(name)),
                    Code::INVALID_PARAMETER,
                    "{name}"
                );
            }
            root.rename("In", "Out")?;
            let mut moved = root.open_storage("Out")?.open_stream("s")?;
            moved.seek(SeekFrom::End(2))?;
            moved.write_all(b"!")?;
            assert_eq!(code(inner.elements()), Code::OBJECT_DELETED);
            let reading = attachment.open_storage(PropertyFlags::NONE)?;
            assert_eq!(reading.elements()?[0].name, "In", "as it was committed");
            assert_eq!(code(reading.remove("In")), Code::NO_ACCESS);
            assert!(
                reading
                    .open_storage("In")?
                    .open_stream("s")?
                    .write_all(b"x")
                    .is_err()
            );
            root.revert()?;
            root.remove("in")?;
            assert_eq!(code(root.remove("in")), Code::NOT_FOUND);
            root.commit()?;
            assert_eq!(
                attachment.open_storage(PropertyFlags::NONE)?.elements()?,
                []
            );

            let file = message.create_attachment()?;
            file.set(tags::ATTACH_DATA_BIN, b"no storage".as_slice())?;
            assert_eq!(
                code(file.open_storage(PropertyFlags::NONE)),
                Code::CORRUPT_DATA
            );
            Ok(())
        }
    ),
    case!(
        needs(),
        "the same bytes are a storage in one attachment and a file in another",
        |f| {
            let folder = f.folder("Mail")?;
            let bytes = [compound_file(&[7; 5000]), vec![1; 2 << 20]].concat();
            let message = draft(&folder, &[prop(tags::SUBJECT, "m")])?;
            for method in [attach_method::BY_VALUE, attach_method::OLE] {
                let attachment = message.create_attachment()?;
                attachment.set(tags::ATTACH_METHOD, method)?;
                let flags = PropertyFlags::MODIFY | PropertyFlags::CREATE;
                attachment
                    .open_property(tags::ATTACH_DATA_BIN.raw(), flags)?
                    .write_all(&bytes)?;
                attachment.save_changes(SaveFlags::NONE)?;
            }
            message.save_changes(SaveFlags::NONE)?;
            let stored = folder.open_message(&message.entry_id().unwrap())?;
            let object = |n| -> anyhow::Result<bool> {
                let attachment = stored.open_attachment(n, OpenFlags::NONE)?;
                assert!(all(&attachment, tags::ATTACH_DATA_BIN.raw())? == bytes);
                Ok(attachment.prop_list()?.contains(&tags::ATTACH_DATA_OBJ))
            };
            assert_eq!((object(0)?, object(1)?), (false, true));
            Ok(())
        }
    ),
];

fn all(attachment: &Attachment, view: PropTag) -> anyhow::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    attachment
        .open_property(view, PropertyFlags::NONE)?
        .read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// A compound file of version 3 with one stream `Contents` of 4096 bytes or more.
fn compound_file(content: &[u8]) -> Vec<u8> {
    let sectors = content.len().div_ceil(SECTOR);
    assert!(content.len() >= 4096 && sectors + 2 <= FAT_ENTRIES);
    let mut file = Vec::new();
    file.extend([0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1]);
    file.extend([0; 16]);
    for short in [0x3E_u16, 3, 0xFFFE, 9, 6, 0, 0, 0] {
        file.extend(short.to_le_bytes());
    }
    // Directory sectors, FAT sectors, first of the directory, transaction, cut-off, mini FAT, DIFAT.
    for long in [0_u32, 1, 1, 0, 4096, END, 0, END, 0, 0] {
        file.extend(long.to_le_bytes());
    }
    file.resize(SECTOR, 0xFF);
    let mut fat = vec![0xFFFF_FFFD, END];
    let last = u32::try_from(sectors + 1).unwrap();
    fat.extend((3..=last).chain([END]));
    fat.resize(FAT_ENTRIES, FREE);
    fat.iter()
        .for_each(|entry| file.extend(entry.to_le_bytes()));
    file.extend(entry("Root Entry", 5, 1, END, 0));
    file.extend(entry("Contents", 2, FREE, 2, content.len()));
    file.resize(3 * SECTOR, 0);
    file.extend(content);
    file.resize((3 + sectors) * SECTOR, 0);
    file
}

/// One entry of a directory. [MS-CFB] 2.6.1
fn entry(name: &str, kind: u8, child: u32, start: u32, size: usize) -> Vec<u8> {
    let mut bytes: Vec<u8> = name.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let length = u16::try_from(bytes.len() + 2).unwrap();
    bytes.resize(64, 0);
    bytes.extend(length.to_le_bytes());
    bytes.extend([kind, 1]);
    for long in [FREE, FREE, child] {
        bytes.extend(long.to_le_bytes());
    }
    bytes.resize(116, 0);
    bytes.extend(start.to_le_bytes());
    bytes.extend(u64::try_from(size).unwrap().to_le_bytes());
    bytes
}

/// The content of a stream of a compound file, found as any reader finds it.
fn stream_of(file: &[u8], name: &str) -> Option<Vec<u8>> {
    let long = |at: usize| Some(u32::from_le_bytes(file.get(at..at + 4)?.try_into().ok()?));
    let sector = |n: u32| {
        let at = (usize::try_from(n).ok()? + 1) * SECTOR;
        file.get(at..at + SECTOR)
    };
    let next = |n: u32| {
        let at = usize::try_from(n).ok()? * 4;
        let entry = sector(long(76)?)?.get(at..at + 4)?;
        Some(u32::from_le_bytes(entry.try_into().ok()?))
    };
    let mut directory = Vec::new();
    let mut at = long(48)?;
    while at != END {
        directory.extend_from_slice(sector(at)?);
        at = next(at)?;
    }
    let wanted: Vec<u8> = name.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let entry = directory
        .chunks(128)
        .find(|e| e.starts_with(&wanted) && e[wanted.len()] == 0)?;
    let mut at = u32::from_le_bytes(entry[116..120].try_into().ok()?);
    let size = u64::from_le_bytes(entry[120..128].try_into().ok()?);
    let mut content = Vec::new();
    while at != END {
        content.extend_from_slice(sector(at)?);
        at = next(at)?;
    }
    content.truncate(usize::try_from(size).ok()?);
    Some(content)
}
