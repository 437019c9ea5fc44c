//! TXT-02, TXT-04: text and RTF of one message say the same.

use mapi::{
    Code, CopyPropFlags, Folder, MapiProp, Message, Result, RtfFlags, RtfSyncFlags, SaveFlags,
    rtf::rtf_sync, tags,
};

use super::rtf_bodies::{LETTER, packed_of, read_rtf, text_of, words, write_rtf};
use crate::fixture::{add, code, draft, edit, prop};
use crate::{Case, case};

const KEEP: SaveFlags = SaveFlags::KEEP_OPEN_READWRITE;
const BOTH: RtfSyncFlags = RtfSyncFlags::RTF_CHANGED.with(RtfSyncFlags::BODY_CHANGED);

pub(super) const CASES: &[Case] = &[
    case!(
        "TXT-02",
        needs(),
        "a text that changed in white space alone leaves the RTF as it is, byte for byte",
        |f| {
            let folder = f.folder("Mail")?;
            let message = lettered(&folder)?;
            let packed = message.get(tags::RTF_COMPRESSED)?;
            let text = message.get(tags::BODY)?;
            for spaced in [
                text.replace(' ', "  "),
                text.replace("\r\n", "\n\n"),
                format!("\u{FEFF}{}\u{A0}\t\r\n\r\n", text.trim_end()),
            ] {
                message.set(tags::BODY, spaced.as_str())?;
                assert!(
                    !rtf_sync(&message, RtfSyncFlags::BODY_CHANGED)?
                        || message.find(tags::RTF_IN_SYNC)? == Some(true)
                );
                message.save_changes(KEEP)?;
                let id = message.entry_id().unwrap();
                let saved = folder.open_message(&id)?;
                assert_eq!(saved.get(tags::RTF_COMPRESSED)?, packed);
                assert!(saved.get(tags::RTF_IN_SYNC)?);
                assert_eq!(saved.get(tags::BODY)?, spaced, "what was written is read");
                assert_eq!(
                    saved.get(tags::NATIVE_BODY_INFO)?,
                    2,
                    "the RTF is still the best"
                );
                for flags in [RtfSyncFlags::NONE, RtfSyncFlags::BODY_CHANGED, BOTH] {
                    assert!(!rtf_sync(&message, flags)?, "nothing changed");
                }
            }
            Ok(())
        }
    ),
    case!(
        "TXT-02",
        needs(),
        "a changed word changes in the RTF too, and nothing else does",
        |f| {
            let folder = f.folder("Mail")?;
            let message = lettered(&folder)?;
            let changed = message.get(tags::BODY)?.replace("closed", "open");
            message.set(tags::BODY, changed.as_str())?;
            message.save_changes(KEEP)?;
            let saved = folder.open_message(&message.entry_id().unwrap())?;
            assert_eq!(words(&text_of(&saved)?), words(&changed));
            let rtf = String::from_utf8(read_rtf(&saved)?)?;
            assert!(rtf.contains(r"{\b Ann}") && rtf.contains("open"), "{rtf}");
            assert!(saved.get(tags::RTF_IN_SYNC)?);
            let marks = |m: &Message| -> Result<(i32, i32, String)> {
                Ok((
                    m.get(tags::RTF_SYNC_BODY_CRC)?,
                    m.get(tags::RTF_SYNC_BODY_COUNT)?,
                    m.get(tags::RTF_SYNC_BODY_TAG)?,
                ))
            };
            let (crc, count, tag) = marks(&saved)?;
            let said: String = changed.split_whitespace().collect();
            assert_eq!(usize::try_from(count)?, said.chars().count());
            assert!(said.starts_with(&tag) && !tag.is_empty());
            assert_eq!(saved.get(tags::RTF_SYNC_PREFIX_COUNT)?, 0);
            // The same by RTFSync, before the save and with its answer.
            message.set(tags::BODY, changed.replace("Ann", "Bob"))?;
            assert!(rtf_sync(&message, RtfSyncFlags::BODY_CHANGED)?);
            assert!(words(&text_of(&message)?).starts_with("Dear Bob"));
            assert_ne!(marks(&message)?.0, crc);
            assert!(
                !rtf_sync(&message, RtfSyncFlags::BODY_CHANGED)?,
                "once is enough"
            );
            assert!(
                words(&text_of(&saved)?).starts_with("Dear Ann"),
                "not saved yet"
            );
            message.save_changes(SaveFlags::NONE)?;
            Ok(())
        }
    ),
    case!(
        "TXT-02",
        needs(),
        "where neither changed, or only one of the two is there, nothing is to be saved",
        |f| {
            let folder = f.folder("Mail")?;
            let all = [
                RtfSyncFlags::NONE,
                RtfSyncFlags::RTF_CHANGED,
                RtfSyncFlags::BODY_CHANGED,
                BOTH,
            ];
            let agreed = both(&folder, "Dear Ann,\r\nthe café is closed.\r\n")?;
            agreed.save_changes(KEEP)?;
            let text = draft(&folder, &[prop(tags::BODY, "text")])?;
            let html = draft(&folder, &[prop(tags::HTML, b"html".as_slice())])?;
            for message in [
                &agreed,
                &lettered(&folder)?,
                &text,
                &html,
                &draft(&folder, &[])?,
            ] {
                for flags in all {
                    assert!(!rtf_sync(message, flags)?, "{flags:?}");
                }
            }
            assert_eq!(code(RtfSyncFlags::from_bits(4)), Code::UNKNOWN_FLAGS);
            // Through a handle that only reads, what agrees is no error, and what does not is.
            let id = agreed.entry_id().unwrap();
            assert!(!rtf_sync(
                &folder.open_message(&id)?,
                RtfSyncFlags::BODY_CHANGED
            )?);
            Ok(())
        }
    ),
    case!(
        needs(),
        "RTFSync with RTF_CHANGED makes the text follow, with both flags the RTF",
        |f| {
            let folder = f.folder("Mail")?;
            let message = both(&folder, "something else")?;
            assert!(rtf_sync(&message, RtfSyncFlags::RTF_CHANGED)?);
            assert_eq!(
                words(&message.get(tags::BODY)?),
                "Dear Ann, the café is closed."
            );
            message.save_changes(SaveFlags::NONE)?;
            let message = both(&folder, "Dear Ann,\r\nthe cafe is closed.\r\n")?;
            assert!(rtf_sync(&message, BOTH)?);
            assert_eq!(words(&text_of(&message)?), "Dear Ann, the cafe is closed.");
            assert!(message.get(tags::RTF_IN_SYNC)?);
            message.save_changes(SaveFlags::NONE)?;
            assert_eq!(words(&text_of(&message)?), "Dear Ann, the cafe is closed.");
            // RTF that cannot be read is made anew when somebody asks for it.
            let message = draft(&folder, &[prop(tags::BODY, "said")])?;
            message.set(tags::RTF_COMPRESSED, b"damaged".as_slice())?;
            assert!(!rtf_sync(&message, RtfSyncFlags::RTF_CHANGED)?);
            message.save_changes(KEEP)?;
            assert_eq!(
                message.get(tags::RTF_COMPRESSED)?,
                b"damaged",
                "but not by itself"
            );
            let reading = folder.open_message(&message.entry_id().unwrap())?;
            assert_eq!(
                code(rtf_sync(&reading, RtfSyncFlags::BODY_CHANGED)),
                Code::NO_ACCESS
            );
            assert!(rtf_sync(&message, RtfSyncFlags::BODY_CHANGED)?);
            assert_eq!(words(&text_of(&message)?), "said");
            Ok(())
        }
    ),
    case!(
        "TXT-04",
        needs(),
        "of text and RTF the one written last says what the message says; white space is no change",
        |f| {
            let folder = f.folder("Mail")?;
            let rtf = packed_of(&folder.create_message()?, LETTER)?;
            // The RTF later: the text is made from it.
            let message = draft(&folder, &[prop(tags::BODY, "an old draft")])?;
            message.save_changes(KEEP)?;
            message.set(tags::RTF_COMPRESSED, rtf.as_slice())?;
            message.save_changes(KEEP)?;
            assert_eq!(
                words(&message.get(tags::BODY)?),
                "Dear Ann, the café is closed."
            );
            assert_eq!(message.get(tags::RTF_COMPRESSED)?, rtf);
            assert!(message.get(tags::RTF_IN_SYNC)?, "they cannot differ");
            // The text later: the RTF follows.
            message.set(tags::BODY, "Dear Ann,\r\nthe bar is closed.\r\n")?;
            message.save_changes(KEEP)?;
            assert_eq!(words(&text_of(&message)?), "Dear Ann, the bar is closed.");
            // Both in one call: the RTF follows too, and keeps what it can.
            message.set_props(&[
                prop(tags::RTF_COMPRESSED, rtf.as_slice()),
                prop(tags::BODY, "Dear Ann, no."),
            ])?;
            message.save_changes(KEEP)?;
            assert_eq!(words(&text_of(&message)?), "Dear Ann, no.");
            assert!(String::from_utf8(read_rtf(&message)?)?.contains(r"{\b Ann}"));
            // FALSE asks for it, TRUE says that it is done.
            message.set_props(&[
                prop(tags::RTF_COMPRESSED, rtf.as_slice()),
                prop(tags::RTF_IN_SYNC, true),
            ])?;
            message.save_changes(KEEP)?;
            assert_eq!(message.get(tags::BODY)?, "Dear Ann, no.");
            assert_eq!(message.get(tags::RTF_COMPRESSED)?, rtf);
            message.set(tags::RTF_IN_SYNC, false)?;
            message.save_changes(KEEP)?;
            assert!(message.get(tags::RTF_IN_SYNC)?);
            assert_eq!(words(&text_of(&message)?), "Dear Ann, no.");
            // Without the text there is the one of the RTF, without the RTF that of the text.
            message.delete_props(&[tags::BODY.into()])?;
            message.save_changes(KEEP)?;
            assert_eq!(words(&message.get(tags::BODY)?), "Dear Ann, no.");
            message.set(tags::BODY, "last")?;
            message.delete_props(&[tags::RTF_COMPRESSED.into()])?;
            message.save_changes(KEEP)?;
            assert_eq!(message.find(tags::RTF_IN_SYNC)?, None);
            assert_eq!(words(&text_of(&message)?), "last");
            Ok(())
        }
    ),
    case!(
        needs(),
        "HTML that is newer than the RTF takes its place, and gives way to RTF that is newer",
        |f| {
            let folder = f.folder("Mail")?;
            let message = lettered(&folder)?;
            assert!(String::from_utf8(message.get(tags::HTML)?)?.contains("café"));
            message.set(tags::HTML, b"<p>Dear <i>Bob</i></p>".as_slice())?;
            message.save_changes(KEEP)?;
            assert_eq!(message.get(tags::NATIVE_BODY_INFO)?, 3);
            assert_eq!(words(&text_of(&message)?), "Dear Bob");
            assert_eq!(message.get(tags::BODY)?, "Dear Bob");
            write_rtf(&message, LETTER, RtfFlags::MODIFY)?;
            message.save_changes(KEEP)?;
            assert_eq!(message.get(tags::NATIVE_BODY_INFO)?, 2);
            assert!(String::from_utf8(message.get(tags::HTML)?)?.contains("café"));
            assert!(message.get(tags::BODY)?.contains("café"));
            // A text that changes takes the RTF with it, not old HTML.
            let message = draft(
                &folder,
                &[
                    prop(
                        tags::HTML,
                        b"<p>Dear Ann, the caf\xC3\xA9 is closed.</p>".as_slice(),
                    ),
                    prop(
                        tags::RTF_COMPRESSED,
                        packed_of(&folder.create_message()?, LETTER)?,
                    ),
                ],
            )?;
            message.save_changes(KEEP)?;
            assert_eq!(
                message.get(tags::NATIVE_BODY_INFO)?,
                3,
                "[MS-OXBBODY] 2.1.3.1: not in sync"
            );
            message.set(tags::BODY, "Dear Ann,\r\nthe tea is closed.\r\n")?;
            message.save_changes(KEEP)?;
            assert_eq!(message.get(tags::NATIVE_BODY_INFO)?, 2);
            assert!(String::from_utf8(message.get(tags::HTML)?)?.contains("tea"));
            Ok(())
        }
    ),
    case!(
        needs(),
        "a copy without one body has its text from another, and a copy of all has all as it was",
        |f| {
            let folder = f.folder("Mail")?;
            let there = f.other_store()?.receive_folder("IPM")?;
            let copy = |from: &Message, exclude: &[mapi::PropTag]| -> Result<Message> {
                let to = there.create_message()?;
                let exclude = Some(exclude).filter(|e| !e.is_empty());
                from.copy_to(&to, exclude, CopyPropFlags::NONE)?;
                to.save_changes(KEEP)?;
                Ok(to)
            };
            let says = "Dear Ann, the café is closed.";
            let rich = lettered(&folder)?;
            for exclude in [vec![], vec![tags::BODY.into()], vec![tags::HTML.into()]] {
                let copy = copy(&rich, &exclude)?;
                assert_eq!(words(&copy.get(tags::BODY)?), says);
                assert_eq!(read_rtf(&copy)?, LETTER);
            }
            let plain = copy(&rich, &[tags::RTF_COMPRESSED.into()])?;
            assert_eq!(words(&plain.get(tags::BODY)?), says);
            assert_eq!(plain.get(tags::NATIVE_BODY_INFO)?, 1);
            let none = [
                tags::BODY.into(),
                tags::HTML.into(),
                tags::RTF_COMPRESSED.into(),
            ];
            assert_eq!(copy(&rich, &none)?.find(tags::BODY)?, None);
            let text = draft(&folder, &[prop(tags::BODY, "text")])?;
            assert_eq!(copy(&text, &[tags::BODY.into()])?.find(tags::HTML)?, None);
            // One by one.
            let to = there.create_message()?;
            rich.copy_props(&to, &[tags::BODY.into()], CopyPropFlags::NONE)?;
            assert_eq!(to.get(tags::NATIVE_BODY_INFO)?, 1);
            assert_eq!(words(&to.get(tags::BODY)?), says);
            // What came together stays as it was, though it says two things.
            let two = folder.create_message()?;
            two.set_props(&[
                prop(tags::BODY, "one"),
                prop(tags::RTF_COMPRESSED, rich.get(tags::RTF_COMPRESSED)?),
                prop(tags::RTF_IN_SYNC, true),
            ])?;
            two.save_changes(KEEP)?;
            let copied = copy(&two, &[tags::RTF_IN_SYNC.into()])?;
            assert_eq!(copied.get(tags::BODY)?, "one");
            assert_eq!(read_rtf(&copied)?, LETTER);
            assert_eq!(copied.find(tags::RTF_IN_SYNC)?, None);
            // Over an older text.
            let old = edit(&there, &add(&there, &[prop(tags::BODY, "old")])?)?;
            rich.copy_to(&old, None, CopyPropFlags::NONE)?;
            old.save_changes(KEEP)?;
            assert_eq!(words(&old.get(tags::BODY)?), says);
            Ok(())
        }
    ),
];

/// A saved message with the letter in RTF and nothing else, open for writing.
fn lettered(folder: &Folder) -> Result<Message> {
    let message = folder.create_message()?;
    write_rtf(&message, LETTER, RtfFlags::MODIFY)?;
    message.save_changes(KEEP)?;
    Ok(message)
}

/// The letter in RTF and another text, not saved.
fn both(folder: &Folder, text: &str) -> Result<Message> {
    let message = folder.create_message()?;
    write_rtf(&message, LETTER, RtfFlags::MODIFY)?;
    message.set(tags::BODY, text)?;
    Ok(message)
}
