//! M-IStream.*, X-2: values too large for memory, as streams.

use std::io::{Read, Seek, SeekFrom, Write};

use mapi::{
    Code, CopyFlags, CopyPropFlags, CreateFolderFlags, MapiProp, Message, OpenFlags, PropStream,
    PropValue, PropertyFlags, SaveFlags, attach_method, tags,
};
use testkit::Chance;

use crate::fixture::{add_subject, code, draft, edit, prop};
use crate::{Case, case};

const WRITE: PropertyFlags = PropertyFlags::MODIFY;
/// Far more than a stream keeps in memory of one value.
const LARGE: usize = 2 << 20;

pub(super) const CASES: &[Case] = &[
    case!(
        "M-IStream.Write" + "M-IStream.SetSize" + "M-IStream.Seek",
        needs(),
        "a large stream equals an array of bytes, whatever is done to it",
        |f| {
            let folder = f.folder("Mail")?;
            let id = add_subject(&folder, "m")?;
            for seed in 0..2 {
                let mut model = Vec::new();
                for round in 0..3 {
                    let message = edit(&folder, &id)?;
                    let flags = if model.is_empty() {
                        WRITE | PropertyFlags::CREATE
                    } else {
                        WRITE
                    };
                    let mut stream = message.open_property(tags::HTML.raw(), flags)?;
                    let mut chance = Chance::from_seed(seed * 100 + round);
                    for _ in 0..16 {
                        step(&mut stream, &mut model, &mut chance)?;
                    }
                    stream.commit()?;
                    assert!(all(&mut stream)? == model, "after a commit");
                    step(&mut stream, &mut model, &mut chance)?;
                    drop(stream);
                    message.save_changes(SaveFlags::NONE)?;
                    let mut stored = folder
                        .open_message(&id)?
                        .open_property(tags::HTML.raw(), PropertyFlags::NONE)?;
                    assert_eq!(stored.size(), u64::try_from(model.len())?);
                    assert!(all(&mut stored)? == model, "seed {seed}, round {round}");
                }
            }
            Ok(())
        }
    ),
    case!(
        "M-IStream.Commit" + "M-IStream.release",
        needs(),
        "a large value waits for three saves, and is gone without them",
        |f| {
            let folder = f.folder("Mail")?;
            let id = add_subject(&folder, "m")?;
            let data = noise(LARGE, 1);
            let stored =
                || -> anyhow::Result<usize> { Ok(folder.open_message(&id)?.attachment_count()) };
            {
                let message = edit(&folder, &id)?;
                let file = message.create_attachment()?;
                file.open_property(tags::ATTACH_DATA_BIN.raw(), WRITE | PropertyFlags::CREATE)?
                    .write_all(&data)?;
                assert!(
                    file.get(tags::ATTACH_DATA_BIN)? == data,
                    "released, so it is there"
                );
                assert_eq!(message.attachment_count(), 0, "not in the message yet");
                file.save_changes(SaveFlags::NONE)?;
                assert_eq!((message.attachment_count(), stored()?), (1, 0));
            }
            assert_eq!(stored()?, 0, "the message was not saved");
            let message = edit(&folder, &id)?;
            let file = message.create_attachment()?;
            let mut stream =
                file.open_property(tags::ATTACH_DATA_BIN.raw(), WRITE | PropertyFlags::CREATE)?;
            stream.write_all(&data)?;
            stream.commit()?;
            stream.write_all(b"more")?;
            file.save_changes(SaveFlags::KEEP_OPEN_READWRITE)?;
            message.save_changes(SaveFlags::KEEP_OPEN_READWRITE)?;
            let there = folder
                .open_message(&id)?
                .open_attachment(0, OpenFlags::NONE)?;
            assert!(
                there.get(tags::ATTACH_DATA_BIN)? == data,
                "what was committed"
            );
            drop(stream);
            file.save_changes(SaveFlags::NONE)?;
            message.save_changes(SaveFlags::NONE)?;
            let store = f.restart()?.default_store()?;
            let message = store.open_message(&id, OpenFlags::NONE)?;
            let there = message.open_attachment(0, OpenFlags::NONE)?;
            let whole = there.get(tags::ATTACH_DATA_BIN)?;
            assert!(
                whole.len() == LARGE + 4 && whole.ends_with(b"more") && whole.starts_with(&data)
            );
            let size = there.get(tags::ATTACH_SIZE)?;
            assert!(usize::try_from(size)? > LARGE, "{size}");
            Ok(())
        }
    ),
    case!(
        "OUT-04.2" + "INC-02.2" + "M-IStream.Stringproperties",
        needs(),
        "large text goes through its stream in any pieces",
        |f| {
            let folder = f.folder("Mail")?;
            let text = "Zeile äöü, 漢字 und 𝄞\r\n".repeat(40_000);
            let wide: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
            let message = draft(&folder, &[prop(tags::SUBJECT, "text")])?;
            let mut stream =
                message.open_property(tags::BODY.raw(), WRITE | PropertyFlags::CREATE)?;
            for piece in wide.chunks(77_777) {
                stream.write_all(piece)?;
            }
            drop(stream);
            message.save_changes(SaveFlags::NONE)?;
            let id = message.entry_id().unwrap();
            let stored = folder.open_message(&id)?;
            let by_value = stored.get_props(&[tags::BODY.raw()])?.ignore_warning();
            assert_eq!(by_value[0].value, PropValue::Error(Code::NOT_ENOUGH_MEMORY));
            assert!(stored.get(tags::BODY)? == text);
            let mut stream = stored.open_property(tags::BODY.raw(), PropertyFlags::NONE)?;
            assert_eq!(stream.size(), u64::try_from(wide.len())?);
            assert!(all(&mut stream)? == wide);
            let mut chance = Chance::from_seed(3);
            let mut piece = [0; 1001];
            for _ in 0..60 {
                let at = chance.in_range(0..wide.len() - piece.len());
                stream.seek(SeekFrom::Start(u64::try_from(at)?))?;
                stream.read_exact(&mut piece)?;
                assert_eq!(piece, wide[at..at + piece.len()]);
            }
            // Written over in the middle it is still text, with half a character it is none.
            let message = edit(&folder, &id)?;
            let mut stream = message.open_property(tags::BODY.raw(), WRITE)?;
            stream.seek(SeekFrom::Start(1_000_000))?;
            stream.write_all(&[b'X', 0, b'Y', 0])?;
            stream.commit()?;
            let mut expected = wide;
            expected[1_000_000..1_000_004].copy_from_slice(&[b'X', 0, b'Y', 0]);
            assert!(all(&mut stream)? == expected);
            stream.seek(SeekFrom::Start(100))?;
            stream.write_all(&[0x00, 0xD8])?;
            assert_eq!(code(stream.commit()), Code::CORRUPT_DATA);
            stream.seek(SeekFrom::Start(100))?;
            stream.write_all(&expected[100..102])?;
            drop(stream);
            message.save_changes(SaveFlags::NONE)?;
            let mut stream = folder
                .open_message(&id)?
                .open_property(tags::BODY.raw(), PropertyFlags::NONE)?;
            assert!(all(&mut stream)? == expected);
            Ok(())
        }
    ),
    case!(
        needs(),
        "large values travel with copies, saved or not, inside a store and between two",
        |f| {
            let folder = f.folder("Mail")?;
            let other = f.other_store()?.root_folder()?.create_folder(
                "Mail",
                None,
                CreateFolderFlags::NONE,
            )?;
            let (data, inner_data) = (noise(LARGE, 2), noise(LARGE, 3));
            let message = draft(&folder, &[prop(tags::SUBJECT, "large")])?;
            attach_by_stream(&message, &data)?;
            let file = message.create_attachment()?;
            let inner = file.open_embedded(WRITE | PropertyFlags::CREATE)?;
            inner.set(tags::SUBJECT, "inner")?;
            attach_by_stream(&inner, &inner_data)?;
            inner.save_changes(SaveFlags::NONE)?;
            file.save_changes(SaveFlags::NONE)?;
            let check = |message: &Message, what: &str| -> anyhow::Result<()> {
                let read = |message: &Message, n| -> mapi::Result<Vec<u8>> {
                    let file = message.open_attachment(n, OpenFlags::NONE)?;
                    file.get(tags::ATTACH_DATA_BIN)
                };
                assert!(read(message, 0)? == data, "{what}");
                let inner = message.open_attachment(1, OpenFlags::NONE)?;
                let inner = inner.open_embedded(PropertyFlags::NONE)?;
                assert!(read(&inner, 0)? == inner_data, "{what}, embedded");
                Ok(())
            };
            check(&message, "never saved")?;
            for to in [&folder, &other] {
                let copy = to.create_message()?;
                message.copy_to(&copy, None, CopyPropFlags::NONE)?;
                check(&copy, "copied unsaved")?;
                copy.save_changes(SaveFlags::NONE)?;
                check(
                    &to.open_message(&copy.entry_id().unwrap())?,
                    "copied and saved",
                )?;
            }
            message.save_changes(SaveFlags::NONE)?;
            let id = message.entry_id().unwrap();
            for to in [&folder, &other] {
                let report =
                    folder.copy_messages(std::slice::from_ref(&id), to, CopyFlags::NONE)?;
                assert_eq!((report.warning, report.value.done), (None, 1));
            }
            let copy = other.create_message()?;
            folder
                .open_message(&id)?
                .copy_to(&copy, None, CopyPropFlags::NONE)?;
            copy.save_changes(SaveFlags::NONE)?;
            let session = f.restart()?;
            for folder in [
                session.default_store()?.folder("Inbox/Mail")?,
                session
                    .store_by_letter("b")?
                    .root_folder()?
                    .child("Mail")?
                    .unwrap(),
            ] {
                let rows = folder.contents().open()?.query_all_rows(0)?;
                assert_eq!(rows.len(), 3);
                for row in rows {
                    check(&folder.open_message(row.entry_id())?, "after a restart")?;
                }
            }
            Ok(())
        }
    ),
];

/// Does something to a stream and the same to the array that it must equal.
fn step(stream: &mut PropStream, model: &mut Vec<u8>, chance: &mut Chance) -> anyhow::Result<()> {
    let size = model.len();
    let at = match chance.below(4) {
        0 => size,
        1 => chance.in_range(0..size + 300_000),
        _ => chance.in_range(0..size + 1),
    };
    stream.seek(SeekFrom::Start(u64::try_from(at)?))?;
    match chance.below(10) {
        0..=6 => {
            let count = [10, 5_000, 70_000, 900_000][chance.in_range(0..4)];
            let bytes = noise(count, chance.next_u64());
            stream.write_all(&bytes)?;
            let end = at + count;
            if model.len() < end {
                model.resize(end, 0);
            }
            model[at..end].copy_from_slice(&bytes);
        }
        7 => {
            let cut = at.min(size + 100_000);
            stream.set_size(u64::try_from(cut)?)?;
            model.resize(cut, 0);
        }
        8 => stream.commit()?,
        _ => {
            let mut buf = vec![0; 100_000];
            let mut got = 0;
            loop {
                match stream.read(&mut buf[got..])? {
                    0 => break,
                    n => got += n,
                }
            }
            let from = at.min(model.len());
            let to = model.len().min(from + buf.len());
            assert!(buf[..got] == model[from..to], "read at {at} of {size}");
        }
    }
    assert_eq!(stream.size(), u64::try_from(model.len())?);
    Ok(())
}

fn all(stream: &mut PropStream) -> anyhow::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    stream.rewind()?;
    stream.read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn attach_by_stream(message: &Message, data: &[u8]) -> anyhow::Result<()> {
    let file = message.create_attachment()?;
    file.set(tags::ATTACH_METHOD, attach_method::BY_VALUE)?;
    let mut stream =
        file.open_property(tags::ATTACH_DATA_BIN.raw(), WRITE | PropertyFlags::CREATE)?;
    stream.write_all(data)?;
    stream.commit()?;
    file.save_changes(SaveFlags::NONE)?;
    Ok(())
}

/// Bytes that do not compress, others for every seed.
fn noise(count: usize, seed: u64) -> Vec<u8> {
    let mut chance = Chance::from_seed(seed);
    let words = std::iter::repeat_with(|| chance.next_u64().to_le_bytes());
    words.flatten().take(count).collect()
}
