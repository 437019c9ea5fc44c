//! OUT-04, INC-02, TXT-01, TXT-03, TXT-04: a body in RTF, and the other two that it makes.

use std::fs;
use std::io::{Read, Write};
use std::sync::Arc;

use malle_host::MsgFile;
use mapi::{
    Code, MapiProp, Message, OnStorage, OpenFlags, PropertyFlags, Result, RtfFlags, SaveFlags,
    StorageAccess, attach_method, rtf, store_support, tags,
};
use testkit::TempHome;

use crate::fixture::{add, code, draft, edit, prop};
use crate::{Case, case, foreign_msg};

pub(super) const WRITE: PropertyFlags = PropertyFlags::MODIFY.with(PropertyFlags::CREATE);

/// A letter with formatting, and what it says.
pub(super) const LETTER: &[u8] =
    br"{\rtf1\ansi\ansicpg1252{\fonttbl{\f0 Arial;}}\f0 Dear {\b Ann},\par the caf\'e9 is {\i closed}.\par}";
const SAYS: &str = "Dear Ann, the café is closed.";

pub(super) const CASES: &[Case] = &[
    case!(
        "OUT-04.1" + "TXT-03",
        needs(),
        "a message that was written in RTF alone has its text",
        |f| {
            let mask = f.store()?.get(tags::STORE_SUPPORT_MASK)?.cast_unsigned();
            assert_ne!(mask & store_support::RTF_OK, 0, "the store makes PR_BODY");
            let folder = f.folder("Mail")?;
            let message = folder.create_message()?;
            write_rtf(&message, LETTER, RtfFlags::MODIFY)?;
            assert_eq!(words(&message.get(tags::BODY)?), SAYS, "before the save");
            message.save_changes(SaveFlags::NONE)?;
            let message = reopened(f, &message)?;
            assert_eq!(words(&message.get(tags::BODY)?), SAYS);
            assert_ne!(message.find(tags::RTF_IN_SYNC)?, Some(false));
            assert_eq!(read_rtf(&message)?, LETTER);
            // By value, by stream and in the list of properties it is there as any other.
            let got = message.get_props(&[tags::BODY.into()])?;
            assert_eq!((got.warning, got.value[0].tag), (None, tags::BODY.raw()));
            let listed = message.prop_list()?;
            for tag in [
                tags::BODY.raw(),
                tags::HTML.raw(),
                tags::RTF_COMPRESSED.raw(),
            ] {
                assert!(listed.contains(&tag), "{tag}");
            }
            let html = String::from_utf8(message.get(tags::HTML)?).unwrap();
            assert!(html.contains("<b>Ann</b>"), "{html}");
            assert_eq!(message.get(tags::NATIVE_BODY_INFO)?, 2);
            Ok(())
        }
    ),
    case!(
        "INC-02.1" + "TXT-03",
        needs(),
        "a message that was written as text has RTF that says the same",
        |f| {
            let folder = f.folder("Mail")?;
            let text = "1 < 2 {braces} \\ back\r\n\tcafé 會議 \u{1F600}\r\n\r\nend";
            let id = add(&folder, &[prop(tags::BODY, text)])?;
            let message = folder.open_message(&id)?;
            let unpacked = read_rtf(&message)?;
            assert!(unpacked.starts_with(br"{\rtf1"));
            assert_eq!(words(&text_of(&message)?), words(text));
            assert!(message.prop_list()?.contains(&tags::RTF_COMPRESSED.raw()));
            // So does RTF that is made from HTML, and it gives that back.
            let html = "<html><body><p>Dear <b>Ann</b></p></body></html>";
            let id = add(&folder, &[prop(tags::HTML, html.as_bytes())])?;
            let message = folder.open_message(&id)?;
            assert_eq!(words(&text_of(&message)?), "Dear Ann");
            let (stream, kind) = native(&message, 0)?;
            assert_eq!(kind, Some(rtf::NativeBody::Html));
            assert!(String::from_utf8(stream).unwrap().contains("<b>Ann</b>"));
            // Nothing is made of nothing.
            let empty = draft(&folder, &[])?;
            let missing = empty.open_property(tags::RTF_COMPRESSED.raw(), PropertyFlags::NONE);
            assert_eq!(code(missing), Code::NOT_FOUND);
            Ok(())
        }
    ),
    case!(
        "TXT-04",
        needs(),
        "damaged RTF: the text is read instead, and no copy is without it",
        |f| {
            let folder = f.folder("Mail")?;
            let there = f.other_store()?.receive_folder("IPM")?;
            for packed in damaged(&folder.create_message()?)? {
                let message = folder.create_message()?;
                message.set(tags::BODY, "what was said")?;
                message.save_changes(SaveFlags::KEEP_OPEN_READWRITE)?;
                message.set(tags::RTF_COMPRESSED, packed.as_slice())?;
                message.save_changes(SaveFlags::NONE)?;
                let id = message.entry_id().unwrap();
                let message = folder.open_message(&id)?;
                assert_eq!(message.get(tags::BODY)?, "what was said");
                assert_eq!(
                    message.find(tags::RTF_IN_SYNC)?,
                    None,
                    "they cannot be synchronised"
                );
                assert_eq!(
                    message.get(tags::NATIVE_BODY_INFO)?,
                    1,
                    "the best is the text"
                );
                let html = String::from_utf8(message.get(tags::HTML)?).unwrap();
                assert!(html.contains("what was said"));
                assert_eq!(code(read_rtf(&message)), Code::CORRUPT_DATA);
                // Copied by the store, between messages, to another store, and by somebody who excludes the text.
                folder
                    .copy_messages(std::slice::from_ref(&id), &folder, mapi::CopyFlags::NONE)?
                    .ignore_warning();
                let copied = folder.contents().open()?.query_all_rows(0)?;
                for row in copied {
                    assert_eq!(
                        folder.open_message(row.entry_id())?.get(tags::BODY)?,
                        "what was said"
                    );
                }
                for exclude in [None, Some([tags::BODY.raw()])] {
                    let copy = there.create_message()?;
                    let exclude = exclude.as_ref().map(<[_; 1]>::as_slice);
                    message.copy_to(&copy, exclude, mapi::CopyPropFlags::NONE)?;
                    copy.save_changes(SaveFlags::KEEP_OPEN_READWRITE)?;
                    assert_eq!(copy.get(tags::BODY)?, "what was said");
                    assert_eq!(copy.get(tags::RTF_COMPRESSED)?, packed);
                }
            }
            Ok(())
        }
    ),
    case!(
        "TXT-04" + "PF-08.T1",
        needs(),
        "RTF that is stored as it is says so in its header, and is read like any other",
        |f| {
            let mask = f.store()?.get(tags::STORE_SUPPORT_MASK)?.cast_unsigned();
            assert_ne!(mask & store_support::UNCOMPRESSED_RTF, 0);
            let folder = f.folder("Mail")?;
            let message = folder.create_message()?;
            write_rtf(&message, LETTER, RtfFlags::MODIFY | RtfFlags::UNCOMPRESSED)?;
            message.save_changes(SaveFlags::NONE)?;
            let message = reopened(f, &message)?;
            let packed = message.get(tags::RTF_COMPRESSED)?;
            assert_eq!(&packed[8..12], b"MELA");
            assert_eq!(packed[16..], *LETTER);
            assert_eq!(read_rtf(&message)?, LETTER);
            assert_eq!(words(&message.get(tags::BODY)?), SAYS);
            // A changed word does not change how it is stored.
            let message = edit(&f.inbox()?, &message.entry_id().unwrap())?;
            message.set(tags::BODY, "Dear Ann,\r\nthe café is open.\r\n")?;
            message.save_changes(SaveFlags::KEEP_OPEN_READWRITE)?;
            assert_eq!(&message.get(tags::RTF_COMPRESSED)?[8..12], b"MELA");
            assert_eq!(words(&text_of(&message)?), "Dear Ann, the café is open.");
            Ok(())
        }
    ),
    case!(
        "TXT-01",
        needs(),
        "RTF lies compressed in the store; each body is made from each other one",
        |f| {
            let folder = f.folder("Mail")?;
            let long = [LETTER, &br" again\par ".repeat(2000), b"}"].concat();
            let message = folder.create_message()?;
            write_rtf(&message, &long, RtfFlags::MODIFY)?;
            message.save_changes(SaveFlags::NONE)?;
            let message = reopened(f, &message)?;
            let packed = message.get(tags::RTF_COMPRESSED)?;
            assert_eq!(&packed[8..12], b"LZFu");
            assert!(
                packed.len() < long.len() / 4,
                "{} of {}",
                packed.len(),
                long.len()
            );
            let folder = f.folder("More")?;
            let bodies = [
                prop(tags::BODY, "Dear Ann"),
                prop(tags::HTML, b"<p>Dear Ann</p>".as_slice()),
                prop(
                    tags::RTF_COMPRESSED,
                    packed_of(&folder.create_message()?, br"{\rtf1 Dear Ann}")?,
                ),
            ];
            for (n, body) in (1..).zip([&bodies[0], &bodies[2], &bodies[1]]) {
                let id = add(&folder, std::slice::from_ref(body))?;
                let message = folder.open_message(&id)?;
                assert_eq!(message.get(tags::NATIVE_BODY_INFO)?, n);
                assert_eq!(words(&message.get(tags::BODY)?), "Dear Ann", "{n}");
                assert_eq!(words(&text_of(&message)?), "Dear Ann", "{n}");
                let html = String::from_utf8(message.get(tags::HTML)?).unwrap();
                assert!(html.contains("Dear Ann"), "{n}: {html}");
                // Made, not stored.
                let tree = message.to_tree()?;
                let ids = [tags::BODY.id(), tags::HTML.id(), tags::RTF_COMPRESSED.id()];
                let stored = tree.props.iter().filter_map(|(key, _)| match key {
                    mapi_props::PropKey::Id(id) if ids.contains(id) => Some(*id),
                    _ => None,
                });
                assert_eq!(stored.collect::<Vec<_>>(), [body.0.id()]);
            }
            Ok(())
        }
    ),
    case!(
        needs(),
        "a message in a file has its text from its RTF, and keeps a text beside damaged RTF",
        |f| {
            let home = TempHome::new()?;
            let file = home.path().join("letter.msg");
            fs::write(&file, foreign_msg::message()?)?;
            let open = |access, flags| {
                let storage = Arc::new(MsgFile::open(&file, access)?);
                let how = OnStorage {
                    flags,
                    ..OnStorage::default()
                };
                anyhow::Ok(f.program().open_message_on_storage(storage, how)?.message)
            };
            let writable = || open(StorageAccess::Transacted, OpenFlags::MODIFY);
            let there = || open(StorageAccess::ReadOnly, OpenFlags::NONE);
            let damaged = draft(&f.inbox()?, &[prop(tags::BODY, "what was said")])?;
            damaged.set(tags::RTF_COMPRESSED, b"damaged".as_slice())?;
            damaged.save_changes(SaveFlags::KEEP_OPEN_READWRITE)?;
            let copy = writable()?;
            damaged.copy_to(&copy, None, mapi::CopyPropFlags::NONE)?;
            copy.save_changes(SaveFlags::NONE)?;
            drop(copy);
            let copy = there()?;
            assert_eq!(copy.get(tags::BODY)?, "what was said");
            assert_eq!(copy.get(tags::RTF_COMPRESSED)?, b"damaged");
            drop(copy);
            let copy = writable()?;
            write_rtf(&copy, LETTER, RtfFlags::MODIFY)?;
            copy.save_changes(SaveFlags::NONE)?;
            drop(copy);
            assert_eq!(words(&there()?.get(tags::BODY)?), SAYS);
            assert_eq!(read_rtf(&there()?)?, LETTER);
            Ok(())
        }
    ),
    case!(
        needs(),
        "large RTF is made into text, in a message and in one that is embedded",
        |f| {
            let folder = f.folder("Mail")?;
            let line = br"All {\b work} and no play makes Jack a dull boy.\par ";
            let rtf = [br"{\rtf1\ansi ".as_slice(), &line.repeat(40_000), b"}"].concat();
            let outer = folder.create_message()?;
            write_rtf(&outer, &rtf, RtfFlags::MODIFY | RtfFlags::UNCOMPRESSED)?;
            let part = outer.create_attachment()?;
            part.set(tags::ATTACH_METHOD, attach_method::EMBEDDED_MSG)?;
            let inner = part.open_embedded(WRITE)?;
            write_rtf(&inner, &rtf, RtfFlags::MODIFY)?;
            check_long(&inner, &rtf)?;
            inner.save_changes(SaveFlags::NONE)?;
            part.save_changes(SaveFlags::NONE)?;
            outer.save_changes(SaveFlags::NONE)?;
            let outer = reopened(f, &outer)?;
            check_long(&outer, &rtf)?;
            let part = outer.open_attachment(0, OpenFlags::NONE)?;
            check_long(&part.open_embedded(PropertyFlags::NONE)?, &rtf)
        }
    ),
];

fn check_long(message: &Message, rtf: &[u8]) -> anyhow::Result<()> {
    assert!(read_rtf(message)? == rtf);
    let text = message.get(tags::BODY)?;
    assert_eq!(text.lines().count(), 40_000);
    let by_value = message.get_props(&[tags::BODY.into()])?;
    assert_eq!(by_value.value[0].value, Code::NOT_ENOUGH_MEMORY.into());
    let mut wide = Vec::new();
    let mut stream = message.open_property(tags::BODY.raw(), PropertyFlags::NONE)?;
    stream.read_to_end(&mut wide)?;
    assert_eq!(wide.len(), 2 * text.encode_utf16().count());
    Ok(())
}

/// Packed RTF with every kind of damage that its header tells, and one that only unpacking tells.
fn damaged(scratch: &Message) -> Result<Vec<Vec<u8>>> {
    let good = packed_of(scratch, LETTER)?;
    let with = |at: usize, byte: u8| {
        let mut packed = good.clone();
        packed[at] ^= byte;
        packed
    };
    Ok(vec![
        with(8, 0xFF),
        with(12, 1),
        with(good.len() - 4, 0x55),
        with(4, 1),
        with(0, 0x40),
        good[..good.len() / 2].to_vec(),
        good[..7].to_vec(),
        b"{\\rtf1 as it is, without a header}".to_vec(),
    ])
}

/// Writes RTF as a client does: creates the property, wraps it, writes and commits.
pub(super) fn write_rtf(message: &Message, rtf: &[u8], flags: RtfFlags) -> Result<()> {
    let packed = message.open_property(tags::RTF_COMPRESSED.raw(), WRITE)?;
    let mut stream = rtf::wrap_compressed_rtf_stream(packed, flags)?;
    stream.write_all(rtf).unwrap();
    stream.commit()
}

/// RTF as a client reads it, to the end in a loop.
pub(super) fn read_rtf(message: &Message) -> Result<Vec<u8>> {
    let packed = message.open_property(tags::RTF_COMPRESSED.raw(), PropertyFlags::NONE)?;
    let mut stream = rtf::wrap_compressed_rtf_stream(packed, RtfFlags::NONE)?;
    let mut rtf = Vec::new();
    let mut piece = [0; 1000];
    loop {
        match stream.read(&mut piece) {
            Ok(0) => return Ok(rtf),
            Ok(n) => rtf.extend_from_slice(&piece[..n]),
            Err(e) => return Err(mapi::Error::caused(Code::CORRUPT_DATA, "read", e)),
        }
    }
}

/// The text of a message's RTF.
pub(super) fn text_of(message: &Message) -> Result<String> {
    let mut packed = message.open_property(tags::RTF_COMPRESSED.raw(), PropertyFlags::NONE)?;
    rtf::text_from_compressed_rtf_stream(&mut packed)
}

/// What the sender wrote, and in which form.
pub(super) fn native(
    message: &Message,
    out_code_page: u32,
) -> Result<(Vec<u8>, Option<rtf::NativeBody>)> {
    let packed = message.open_property(tags::RTF_COMPRESSED.raw(), PropertyFlags::NONE)?;
    let info = rtf::RtfInfo {
        flags: RtfFlags::NATIVE_BODY,
        out_code_page,
        ..rtf::RtfInfo::default()
    };
    let (mut stream, kind) = rtf::wrap_compressed_rtf_stream_ex(packed, info)?;
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).unwrap();
    Ok((bytes, kind))
}

/// This RTF packed, by way of a message that is not kept.
pub(super) fn packed_of(scratch: &Message, rtf: &[u8]) -> Result<Vec<u8>> {
    write_rtf(scratch, rtf, RtfFlags::MODIFY)?;
    scratch.get(tags::RTF_COMPRESSED)
}

/// A text without what white space says.
pub(super) fn words(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The same message after a restart.
pub(super) fn reopened(f: &crate::Fixture, message: &Message) -> Result<Message> {
    let id = message.entry_id().unwrap();
    f.restart()?
        .default_store()?
        .receive_folder("IPM")?
        .open_message(&id)
}
