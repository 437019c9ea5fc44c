//! M-IStream.*, OUT-04, INC-02, INC-05: properties as streams.

use std::io::{Read, Seek, SeekFrom, Write};

use mapi::{
    Code, Folder, MapiProp, Message, OpenFlags, PropStream, PropTag, PropType, PropValue,
    PropertyFlags, SaveFlags, attach_method, tags,
};

use crate::fixture::{add, add_subject, attach, code, draft, edit, prop};
use crate::{Case, case};

const WRITE: PropertyFlags = PropertyFlags::MODIFY;

pub(super) const CASES: &[Case] = &[
    case!(
        "OUT-04.2" + "PRP-04" + "INC-02.2",
        needs(),
        "a body too large for a value is read as a stream",
        |f| {
            let folder = f.folder("Mail")?;
            for length in [1 << 20, 5 << 20] {
                let text: String = ('a'..='z').cycle().take(length).collect();
                let message = draft(&folder, &[prop(tags::SUBJECT, "m")])?;
                let mut stream = create(&message, tags::BODY.raw())?;
                for part in wide(&text).chunks(300_001) {
                    stream.write_all(part)?;
                }
                stream.commit()?;
                message.save_changes(SaveFlags::NONE)?;
                let id = message.entry_id().unwrap();
                let store = f.second_session()?.default_store()?;
                let again = store.open_message(&id, OpenFlags::NONE)?;
                let value = again.get_props(&[tags::BODY.raw()])?.value.remove(0).value;
                match value {
                    PropValue::Error(code) => assert_eq!(code, Code::NOT_ENOUGH_MEMORY),
                    value => assert!(value == PropValue::from(text.clone()), "cut"),
                }
                assert_eq!(bytes(&again, tags::BODY.raw())?.len(), length * 2);
                assert!(bytes(&again, tags::BODY.raw())? == wide(&text), "all bytes");
                assert!(again.get(tags::BODY)? == text);
            }
            Ok(())
        }
    ),
    case!(
        "OUT-04.3",
        needs(),
        "creating throws the old text away",
        |f| {
            let folder = f.folder("Mail")?;
            let id = add(&folder, &[prop(tags::BODY, "long ".repeat(20_000))])?;
            let message = edit(&folder, &id)?;
            create(&message, tags::BODY.raw())?.write_all(&wide("new"))?;
            message.save_changes(SaveFlags::NONE)?;
            let again = f
                .restart()?
                .default_store()?
                .open_message(&id, OpenFlags::NONE)?;
            assert_eq!(again.get(tags::BODY)?, "new");
            assert_eq!(bytes(&again, tags::BODY.raw())?, wide("new"));
            Ok(())
        }
    ),
    case!(
        "M-IStream.Write",
        needs(),
        "writing extends, past the end too",
        |f| {
            let folder = f.folder("Mail")?;
            let id = add_subject(&folder, "m")?;
            let message = edit(&folder, &id)?;
            let html = tags::HTML.raw();
            let mut stream = create(&message, html)?;
            for n in 0..3 {
                stream.write_all(&[n; 1000])?;
            }
            stream.commit()?;
            drop(stream);
            message.save_changes(SaveFlags::KEEP_OPEN_READWRITE)?;
            let expected = [[0_u8; 1000], [1; 1000], [2; 1000]].concat();
            assert_eq!(bytes(&folder.open_message(&id)?, html)?, expected);
            let mut stream = message.open_property(html, WRITE)?;
            stream.seek(SeekFrom::Start(3010))?;
            stream.write_all(b"end")?;
            drop(stream);
            message.save_changes(SaveFlags::NONE)?;
            let longer = [expected, vec![0; 10], b"end".to_vec()].concat();
            assert_eq!(bytes(&folder.open_message(&id)?, html)?, longer);
            Ok(())
        }
    ),
    case!(
        "M-IStream.Seek" + "M-IStream.SetSize",
        needs(),
        "cut to nothing and written anew, only the new is there",
        |f| {
            let folder = f.folder("Mail")?;
            let id = add(&folder, &[prop(tags::HTML, &[b'x'; 40_000][..])])?;
            let html = tags::HTML.raw();
            let message = edit(&folder, &id)?;
            let mut stream = message.open_property(html, WRITE)?;
            stream.seek(SeekFrom::End(-1))?;
            stream.rewind()?;
            stream.set_size(0)?;
            stream.write_all(b"<p>new</p>")?;
            assert_eq!(stream.seek(SeekFrom::End(0))?, 10);
            stream.commit()?;
            message.save_changes(SaveFlags::NONE)?;
            let again = folder.open_message(&id)?;
            assert_eq!(bytes(&again, html)?, b"<p>new</p>");
            let mut stream = again.open_property(html, PropertyFlags::NONE)?;
            stream.seek(SeekFrom::Start(3))?;
            let mut three = [0; 3];
            stream.read_exact(&mut three)?;
            assert_eq!(&three, b"new");
            Ok(())
        }
    ),
    case!(
        "M-IStream.Commit",
        needs(),
        "what is committed waits for the object's save",
        |f| {
            let folder = f.folder("Mail")?;
            let id = add(&folder, &[prop(tags::HTML, &b"old"[..])])?;
            let html = tags::HTML.raw();
            {
                let message = edit(&folder, &id)?;
                let mut stream = message.open_property(html, WRITE)?;
                stream.write_all(b"NEW")?;
                assert_eq!(message.get(tags::HTML)?, b"old", "not committed");
                stream.commit()?;
                assert_eq!(message.get(tags::HTML)?, b"NEW", "pending in this object");
                assert_eq!(folder.open_message(&id)?.get(tags::HTML)?, b"old");
            }
            assert_eq!(
                folder.open_message(&id)?.get(tags::HTML)?,
                b"old",
                "never saved"
            );
            Ok(())
        }
    ),
    case!(
        "M-IStream.release",
        needs(),
        "a stream that is dropped is committed, not saved",
        |f| {
            let folder = f.folder("Mail")?;
            let id = add(&folder, &[prop(tags::HTML, &b"old"[..])])?;
            let html = tags::HTML.raw();
            {
                let message = edit(&folder, &id)?;
                message.open_property(html, WRITE)?.write_all(b"lost")?;
                assert_eq!(message.get(tags::HTML)?, b"lost");
            }
            assert_eq!(
                folder.open_message(&id)?.get(tags::HTML)?,
                b"old",
                "no save, no change"
            );
            let message = edit(&folder, &id)?;
            message.open_property(html, WRITE)?.write_all(b"kept")?;
            message.save_changes(SaveFlags::NONE)?;
            assert_eq!(folder.open_message(&id)?.get(tags::HTML)?, b"kept");
            // Three levels for an attachment: stream, attachment, message.
            let message = edit(&folder, &id)?;
            let file = message.create_attachment()?;
            create_in(&file, tags::ATTACH_DATA_BIN.raw())?.write_all(b"data")?;
            file.save_changes(SaveFlags::NONE)?;
            assert_eq!(folder.open_message(&id)?.attachment_count(), 0);
            message.save_changes(SaveFlags::NONE)?;
            let file = folder
                .open_message(&id)?
                .open_attachment(0, OpenFlags::NONE)?;
            assert_eq!(file.get(tags::ATTACH_DATA_BIN)?, b"data");
            Ok(())
        }
    ),
    case!("M-IStream.Stat", needs(), "a stream knows its size", |f| {
        let folder = f.folder("Mail")?;
        let props = [
            prop(tags::HTML, &[7_u8; 12_345][..]),
            prop(tags::BODY, "x".repeat(12_345)),
            prop(tags::COMMENT, "abc"),
        ];
        let id = add(&folder, &props)?;
        let message = folder.open_message(&id)?;
        let size =
            |tag| Ok::<_, mapi::Error>(message.open_property(tag, PropertyFlags::NONE)?.size());
        assert_eq!(size(tags::HTML.raw())?, 12_345);
        assert_eq!(size(tags::BODY.raw())?, 24_690);
        assert_eq!(size(tags::COMMENT.raw())?, 6);
        assert_eq!(size(tags::COMMENT.raw().with_type(PropType::STRING8))?, 3);
        Ok(())
    }),
    case!(
        "M-IStream.CopyTo" + "INC-05.1",
        needs(),
        "ten megabytes of noise come out of a reopened store unchanged",
        |f| {
            let folder = f.folder("Mail")?;
            let noise = noise(10 << 20);
            let message = draft(&folder, &[prop(tags::SUBJECT, "m")])?;
            let file = message.create_attachment()?;
            file.set(tags::ATTACH_METHOD, attach_method::BY_VALUE)?;
            let mut stream = create_in(&file, tags::ATTACH_DATA_BIN.raw())?;
            std::io::copy(&mut noise.as_slice(), &mut stream)?;
            stream.commit()?;
            file.save_changes(SaveFlags::NONE)?;
            message.save_changes(SaveFlags::NONE)?;
            let id = message.entry_id().unwrap();
            let again = f
                .restart()?
                .default_store()?
                .open_message(&id, OpenFlags::NONE)?;
            let file = again.open_attachment(0, OpenFlags::NONE)?;
            assert_eq!(file.method(), attach_method::BY_VALUE);
            let mut stream =
                file.open_property(tags::ATTACH_DATA_BIN.raw(), PropertyFlags::NONE)?;
            let mut out = Vec::new();
            assert_eq!(stream.copy_to(&mut out)?, 10 << 20);
            assert!(out == noise, "other bytes");
            // And from the middle on.
            stream.seek(SeekFrom::Start(5_000_001))?;
            out.clear();
            stream.copy_to(&mut out)?;
            assert!(out == noise[5_000_001..], "other bytes from the middle");
            Ok(())
        }
    ),
    case!(
        "M-IStream.Stringproperties",
        needs(),
        "text streams are UTF-16 or code page bytes",
        |f| {
            let folder = f.folder("Mail")?;
            let id = add(&folder, &[prop(tags::BODY, "ä")])?;
            let message = edit(&folder, &id)?;
            let narrow = tags::BODY.raw().with_type(PropType::STRING8);
            assert_eq!(bytes(&message, tags::BODY.raw())?, [0xE4, 0x00]);
            assert_eq!(bytes(&message, narrow)?, [0xE4]);
            create(&message, narrow)?.write_all(b"\xdf")?;
            message.save_changes(SaveFlags::NONE)?;
            assert_eq!(folder.open_message(&id)?.get(tags::BODY)?, "ß");
            Ok(())
        }
    ),
    case!(
        "INC-05.2" + "M-IMessage.OpenAttach",
        needs(),
        "attachments open read-only unless asked",
        |f| {
            let folder = f.folder("Mail")?;
            let message = draft(&folder, &[prop(tags::SUBJECT, "m")])?;
            attach(&message, "old.txt", b"1")?;
            message.save_changes(SaveFlags::NONE)?;
            let id = message.entry_id().unwrap();
            let name = tags::ATTACH_LONG_FILENAME;
            let message = edit(&folder, &id)?;
            let file = message.open_attachment(0, OpenFlags::NONE)?;
            assert_eq!(file.get(tags::ACCESS_LEVEL)?, 0);
            assert_eq!(code(file.set(name, "no.txt")), Code::NO_ACCESS);
            drop(file);
            assert_eq!(
                code(message.open_attachment(5, OpenFlags::NONE)),
                Code::NOT_FOUND
            );
            let read_only = folder.open_message(&id)?;
            assert_eq!(
                code(read_only.open_attachment(0, OpenFlags::MODIFY)),
                Code::NO_ACCESS
            );
            let best = read_only.open_attachment(0, OpenFlags::BEST_ACCESS)?;
            assert_eq!(best.get(tags::ACCESS_LEVEL)?, 0);
            let stored = |folder: &Folder| -> mapi::Result<String> {
                folder
                    .open_message(&id)?
                    .open_attachment(0, OpenFlags::NONE)?
                    .get(name)
            };
            let file = message.open_attachment(0, OpenFlags::MODIFY)?;
            file.set(name, "new.txt")?;
            file.save_changes(SaveFlags::NONE)?;
            assert_eq!(stored(&folder)?, "old.txt");
            message.save_changes(SaveFlags::NONE)?;
            assert_eq!(stored(&folder)?, "new.txt");
            Ok(())
        }
    ),
    case!(
        "INC-05.3",
        needs(),
        "an embedded message is opened as a message, not as bytes",
        |f| {
            let folder = f.folder("Mail")?;
            let outer = draft(&folder, &[prop(tags::SUBJECT, "outer")])?;
            let file = outer.create_attachment()?;
            file.set(tags::ATTACH_METHOD, attach_method::EMBEDDED_MSG)?;
            let inner = file.open_embedded(WRITE | PropertyFlags::CREATE)?;
            inner.set(tags::SUBJECT, "inner")?;
            inner.save_changes(SaveFlags::NONE)?;
            file.save_changes(SaveFlags::NONE)?;
            outer.save_changes(SaveFlags::NONE)?;
            let outer = folder.open_message(&outer.entry_id().unwrap())?;
            let file = outer.open_attachment(0, OpenFlags::NONE)?;
            let stream = file.open_property(tags::ATTACH_DATA_OBJ, PropertyFlags::NONE);
            assert_eq!(code(stream), Code::INTERFACE_NOT_SUPPORTED);
            assert_eq!(
                file.open_embedded(PropertyFlags::NONE)?
                    .get(tags::SUBJECT)?,
                "inner"
            );
            Ok(())
        }
    ),
    case!(
        "INC-03.2",
        needs(),
        "a rendering too long for a cell is whole on the attachment",
        |f| {
            let folder = f.folder("Mail")?;
            let message = draft(&folder, &[prop(tags::SUBJECT, "m")])?;
            let picture = noise(2048);
            let file = message.create_attachment()?;
            file.set(tags::ATTACH_RENDERING, picture.clone())?;
            file.save_changes(SaveFlags::NONE)?;
            message.save_changes(SaveFlags::NONE)?;
            let again = folder.open_message(&message.entry_id().unwrap())?;
            let file = again.open_attachment(0, OpenFlags::NONE)?;
            assert_eq!(file.get(tags::ATTACH_RENDERING)?, picture);
            let table = again
                .attachments()
                .columns([tags::ATTACH_RENDERING.raw()])
                .open()?;
            if let Some(cell) = table.query_rows(1)?[0].get(tags::ATTACH_RENDERING) {
                assert!(
                    cell.len() >= 255 && picture.starts_with(&cell),
                    "a prefix of at least 255"
                );
            }
            Ok(())
        }
    ),
    case!(
        "M-IStream.Write",
        needs(),
        "a stream opened for reading refuses to be written",
        |f| {
            let folder = f.folder("Mail")?;
            let id = add(&folder, &[prop(tags::HTML, &b"old"[..])])?;
            let message = edit(&folder, &id)?;
            let mut stream = message.open_property(tags::HTML.raw(), PropertyFlags::NONE)?;
            let error = stream.write_all(b"new").unwrap_err();
            assert_eq!(error.kind(), std::io::ErrorKind::PermissionDenied);
            let mut read = Vec::new();
            stream.read_to_end(&mut read)?;
            assert_eq!(read, b"old");
            drop(stream);
            assert_eq!(message.get(tags::HTML)?, b"old");
            Ok(())
        }
    ),
];

fn create(message: &Message, tag: PropTag) -> mapi::Result<PropStream> {
    create_in(message, tag)
}

fn create_in(object: &impl MapiProp, tag: PropTag) -> mapi::Result<PropStream> {
    object.open_property(tag, WRITE | PropertyFlags::CREATE)
}

fn bytes(object: &impl MapiProp, tag: PropTag) -> anyhow::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    object
        .open_property(tag, PropertyFlags::NONE)?
        .read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn wide(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

/// Bytes that do not compress.
fn noise(length: usize) -> Vec<u8> {
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()[3]
    };
    std::iter::repeat_with(&mut next).take(length).collect()
}
