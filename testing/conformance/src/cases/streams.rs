//! M-IStream.*, OUT-04, INC-02, INC-05: properties as streams.

use std::io::{Read, Seek, SeekFrom, Write};

use mapi::{
    Code, MapiProp, Message, ModifyMode, OpenFlags, PropStream, PropTag, PropType, PropValue,
    PropertyFlags, SaveFlags, Tag, attach_method, tags,
};

use crate::fixture::{add, add_subject, code, draft, edit, prop};
use crate::{Case, case};

const WRITE: PropertyFlags = PropertyFlags::MODIFY;

pub(super) const CASES: &[Case] = &[
    case!(
        "OUT-04.3" + "M-IMAPIProp.OpenProperty",
        needs(),
        "CREATE throws the old value away, MODIFY is asked for",
        |f| {
            let folder = f.folder("Mail")?;
            let id = add(&folder, &[prop(tags::BODY, "x".repeat(100_000))])?;
            let message = edit(&folder, &id)?;
            let body = tags::BODY.raw();
            let create = PropertyFlags::CREATE;
            assert_eq!(
                code(message.open_property(body, create)),
                Code::INVALID_PARAMETER
            );
            let mut stream = message.open_property(body, create | PropertyFlags::MODIFY)?;
            assert_eq!(
                message.get(tags::BODY)?,
                "",
                "emptied at once in this handle"
            );
            assert_eq!(
                folder.open_message(&id)?.get(tags::BODY)?.len(),
                100_000,
                "not in others"
            );
            stream.write_all(&[b'a', 0, b'b', 0, b'c', 0])?;
            drop(stream);
            message.save_changes(SaveFlags::NONE)?;
            let stored = folder.open_message(&id)?;
            assert_eq!(stored.get(tags::BODY)?, "abc");
            let modify = PropertyFlags::MODIFY;
            assert_eq!(code(stored.open_property(body, modify)), Code::NO_ACCESS);
            let unspecified = PropTag::new(body.id(), PropType::UNSPECIFIED);
            assert_eq!(
                code(stored.open_property(unspecified, PropertyFlags::NONE)),
                Code::INVALID_PARAMETER
            );
            // No body at all.
            let missing = |message: &mapi::Message, tag| {
                let modify = message.open_property(tag, modify);
                assert_eq!(code(modify), Code::NOT_FOUND, "{tag}");
                let read = message.open_property(tag, PropertyFlags::NONE);
                assert_eq!(code(read), Code::NOT_FOUND, "{tag}");
            };
            for tag in [
                tags::BODY.raw(),
                tags::HTML.raw(),
                tags::RTF_COMPRESSED.raw(),
            ] {
                missing(&folder.create_message()?, tag);
            }
            Ok(())
        }
    ),
    case!(
        "OUT-04.2" + "INC-02.2" + "PRP-04",
        needs(),
        "five megabytes of text: refused by value, whole by stream",
        |f| {
            let folder = f.folder("Mail")?;
            let text = "Zeile äöü\r\n".repeat(450_000);
            let message = folder.create_message()?;
            let flags = PropertyFlags::MODIFY | PropertyFlags::CREATE;
            let mut stream = message.open_property(tags::BODY.raw(), flags)?;
            stream.write_all(&utf16(&text))?;
            drop(stream);
            message.save_changes(SaveFlags::NONE)?;
            let stored = folder.open_message(&message.entry_id().unwrap())?;
            let by_value = stored.get_props(&[tags::BODY.raw()])?;
            assert_eq!(
                by_value.value[0].value,
                PropValue::Error(Code::NOT_ENOUGH_MEMORY)
            );
            let mut stream = stored.open_property(tags::BODY.raw(), PropertyFlags::NONE)?;
            let mut bytes = Vec::new();
            stream.read_to_end(&mut bytes)?;
            assert!(bytes == utf16(&text));
            assert!(stored.get(tags::BODY)? == text);
            Ok(())
        }
    ),
    case!(
        "M-IStream.Stringproperties",
        needs(),
        "a text stream is UTF-16 or the code page's bytes",
        |f| {
            let folder = f.folder("Mail")?;
            let id = add(&folder, &[prop(tags::BODY, "ä")])?;
            let message = folder.open_message(&id)?;
            let bytes = |ty| -> anyhow::Result<Vec<u8>> {
                let tag = tags::BODY.raw().with_type(ty);
                let mut bytes = Vec::new();
                message
                    .open_property(tag, PropertyFlags::NONE)?
                    .read_to_end(&mut bytes)?;
                Ok(bytes)
            };
            assert_eq!(bytes(PropType::UNICODE)?, [0xE4, 0x00]);
            assert_eq!(bytes(PropType::STRING8)?, [0xE4]);
            Ok(())
        }
    ),
    case!(
        "M-IStream.Write" + "M-IStream.Commit" + "M-IStream.Seek",
        needs(),
        "streams grow by writing, overwrite after seeking, and need the object's save",
        |f| {
            let folder = f.folder("Mail")?;
            let id = add_subject(&folder, "m")?;
            let message = edit(&folder, &id)?;
            let flags = PropertyFlags::MODIFY | PropertyFlags::CREATE;
            let mut stream = message.open_property(tags::HTML.raw(), flags)?;
            for byte in [1, 2, 3] {
                stream.write_all(&[byte; 1000])?;
            }
            stream.commit()?;
            assert_eq!(message.get(tags::HTML)?.len(), 3000, "in the handle");
            assert_eq!(
                folder.open_message(&id)?.find(tags::HTML)?,
                None,
                "nothing persists yet"
            );
            message.save_changes(SaveFlags::KEEP_OPEN_READWRITE)?;
            assert_eq!(folder.open_message(&id)?.get(tags::HTML)?.len(), 3000);
            stream.seek(SeekFrom::Start(0))?;
            stream.set_size(0)?;
            stream.write_all(b"new")?;
            drop(stream);
            message.save_changes(SaveFlags::NONE)?;
            assert_eq!(folder.open_message(&id)?.get(tags::HTML)?, b"new");
            Ok(())
        }
    ),
    case!(
        "M-IStream.Stat",
        needs(),
        "a read-only stream reads, and tells its size",
        |f| {
            let folder = f.folder("Mail")?;
            let id = add(&folder, &[prop(tags::HTML, vec![7_u8; 12_345])])?;
            let message = folder.open_message(&id)?;
            let mut stream = message.open_property(tags::HTML.raw(), PropertyFlags::NONE)?;
            assert_eq!(stream.size(), 12_345);
            let error = stream.write(b"x").unwrap_err();
            assert_eq!(error.kind(), std::io::ErrorKind::PermissionDenied);
            let mut bytes = Vec::new();
            stream.read_to_end(&mut bytes)?;
            assert_eq!(bytes, [7; 12_345]);
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
        needs(),
        "a property that is open already gives the same stream",
        |f| {
            let folder = f.folder("Mail")?;
            let id = add(&folder, &[prop(tags::HTML, &b"0123456789"[..])])?;
            let html = tags::HTML.raw();
            let message = edit(&folder, &id)?;
            let mut one = message.open_property(html, WRITE)?;
            let mut two = message.open_property(html, PropertyFlags::NONE)?;
            one.seek(SeekFrom::Start(2))?;
            one.write_all(b"ab")?;
            let mut next = [0; 2];
            two.read_exact(&mut next)?;
            assert_eq!(&next, b"45", "one place for both");
            two.rewind()?;
            let mut all = Vec::new();
            one.read_to_end(&mut all)?;
            assert_eq!(all, b"01ab456789");
            assert_eq!(
                two.write(b"x").unwrap_err().kind(),
                std::io::ErrorKind::PermissionDenied,
                "each has its own access"
            );
            // Another handle of the message has a stream of its own.
            let other = folder.open_message(&id)?;
            assert_eq!(bytes(&other, html)?, b"0123456789");
            // So two writers lose nothing of each other.
            let mut three = message.open_property(html, WRITE)?;
            three.set_size(3)?;
            assert_eq!((one.size(), two.size()), (3, 3));
            drop(one);
            three.rewind()?;
            three.write_all(b"C")?;
            drop((two, three));
            assert_eq!(message.get(tags::HTML)?, b"C1a");
            let body = tags::BODY.raw();
            let wide = create(&message, body)?;
            let narrow = message.open_property(body.with_type(PropType::STRING8), WRITE);
            assert_eq!(code(narrow), Code::BUSY);
            drop(wide);
            message.save_changes(SaveFlags::NONE)?;
            assert_eq!(folder.open_message(&id)?.get(tags::HTML)?, b"C1a");
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
        "PRP-04",
        needs(),
        "large values are whole on every kind of object",
        |f| {
            let folder = f.folder("Mail")?;
            let tag = Tag::<[u8]>::of(0x6830);
            let text = Tag::<str>::of(0x6831);
            let (data, long) = (noise(200_000), "Zeile äöü ".repeat(20_000));
            let message = draft(
                &folder,
                &[prop(tag, data.clone()), prop(text, long.clone())],
            )?;
            let row = vec![prop(tags::RECIPIENT_TYPE, 1), prop(tag, data.clone())];
            message.modify_recipients(ModifyMode::Add, &[row])?;
            let file = message.create_attachment()?;
            let inner = file.open_embedded(WRITE | PropertyFlags::CREATE)?;
            for object in [&inner as &dyn SetBoth, &file, &folder] {
                object.set_both(&[prop(tag, data.clone()), prop(text, long.clone())])?;
            }
            // The store object says that it holds none.
            let refused = f.store()?.set(tag, data.clone());
            assert_eq!(code(refused), Code::NOT_ENOUGH_MEMORY);
            inner.save_changes(SaveFlags::NONE)?;
            file.save_changes(SaveFlags::NONE)?;
            message.save_changes(SaveFlags::NONE)?;
            let id = message.entry_id().unwrap();
            let store = f.restart()?.default_store()?;
            let message = store.open_message(&id, OpenFlags::NONE)?;
            let file = message.open_attachment(0, OpenFlags::NONE)?;
            let inner = file.open_embedded(PropertyFlags::NONE)?;
            let folder = store.folder("Inbox/Mail")?;
            let read = [
                (message.get(tag)?, message.get(text)?),
                (file.get(tag)?, file.get(text)?),
                (inner.get(tag)?, inner.get(text)?),
                (folder.get(tag)?, folder.get(text)?),
            ];
            for (at, (bytes, chars)) in read.iter().enumerate() {
                assert!(*bytes == data && *chars == long, "object {at}");
            }
            let table = message.recipients().columns([tag.raw()]).open()?;
            let cell = table.query_rows(1)?.remove(0).get(tag);
            assert!(cell.is_none_or(|cell| cell.len() >= 255 && data.starts_with(&cell)));
            Ok(())
        }
    ),
];

/// Setting two properties of an object of any kind, all of them or an error.
trait SetBoth {
    fn set_both(&self, props: &[(PropTag, PropValue)]) -> mapi::Result<()>;
}

impl<T: MapiProp> SetBoth for T {
    fn set_both(&self, props: &[(PropTag, PropValue)]) -> mapi::Result<()> {
        assert_eq!(self.set_props(props)?, []);
        Ok(())
    }
}

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

fn utf16(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}
