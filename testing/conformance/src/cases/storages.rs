//! M-IStream.Docfile, INC-05, OUT-06: attachments that are structured storages ([MS-CFB]).

use std::io::{Read, Seek, SeekFrom, Write};

use mapi::{
    Attachment, MapiProp, OpenFlags, PropTag, PropertyFlags, SaveFlags, attach_method, tags,
};

use crate::fixture::{draft, prop};
use crate::{Case, case};

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
    let directory = sector(long(48)?)?;
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
