//! OUT-01, TXT-06: messages in RTF on their way.

use mapi::{
    CopyPropFlags, MapiProp, ModifyMode, OpenFlags, RtfFlags, RtfSyncFlags, SaveFlags,
    recipient_type, rtf::rtf_sync, tags,
};
use mapi_spooler::Wanted;

use super::rtf_bodies::{LETTER, read_rtf, text_of, words, write_rtf};
use crate::fixture::{attach, edit, recipient};
use crate::post::{Line, Post, line, round, submitted};
use crate::{Case, case};

const BOTH: RtfSyncFlags = RtfSyncFlags::RTF_CHANGED.with(RtfSyncFlags::BODY_CHANGED);
const SAYS: &str = "Dear Ann, the café is closed.";

/// The transport of these cases.
const LOOP: Line = line("x", "SMTP");

pub(super) const CASES: &[Case] = &[
    case!(
        "OUT-01.1",
        needs(),
        "who gets a message that was written in RTF alone reads it as text and as RTF, with its files in their places",
        |f| {
            let post = Post::new(f, &[LOOP])?;
            let message = post.draft("The plan", &[])?;
            let rows = [
                recipient(recipient_type::TO, "Ann"),
                recipient(recipient_type::CC, "Bob"),
                recipient(recipient_type::BCC, "Eve"),
            ];
            message.modify_recipients(ModifyMode::Add, &rows)?;
            let rtf = [&LETTER[..LETTER.len() - 1], br"\objattph \par\objattph }"].concat();
            write_rtf(&message, &rtf, RtfFlags::MODIFY)?;
            for (name, at) in [("second.txt", 2), ("first.txt", 1)] {
                let number = attach(&message, name, name.as_bytes())?;
                let file = message.open_attachment(number, OpenFlags::MODIFY)?;
                file.set(tags::RENDERING_POSITION, at)?;
                file.save_changes(SaveFlags::NONE)?;
            }
            submitted(&message)?;
            let spooler = post.spooler(f)?;
            round(&spooler)?;
            let wire = post.scripted.wire("x");
            for left in wire.left() {
                wire.arrive(b"back", left.message.unwrap());
            }
            let wanted = Wanted {
                flush: true,
                ..Wanted::due()
            };
            spooler.round(&wanted, &mapi::Call::default())?;
            let inbox = post.store.receive_folder("IPM.Note")?;
            let rows = inbox.contents().open()?.query_all_rows(0)?;
            assert_eq!(rows.len(), 1);
            let got = inbox.open_message(rows[0].entry_id())?;
            assert_eq!(got.get(tags::SUBJECT)?, "The plan");
            assert_eq!(words(&got.get(tags::BODY)?), SAYS);
            assert_eq!(read_rtf(&got)?, rtf);
            assert_eq!(got.get(tags::DISPLAY_TO)?, "Ann");
            assert_eq!(got.get(tags::DISPLAY_CC)?, "Bob");
            assert_eq!(got.find(tags::DISPLAY_BCC)?.unwrap_or_default(), "");
            assert_eq!(got.attachment_count(), 2);
            let first = got.open_attachment(1, OpenFlags::NONE)?;
            assert_eq!(first.get(tags::ATTACH_LONG_FILENAME)?, "first.txt");
            let second = got.open_attachment(0, OpenFlags::NONE)?;
            assert!(first.get(tags::RENDERING_POSITION)? < second.get(tags::RENDERING_POSITION)?);
            Ok(())
        }
    ),
    case!(
        "TXT-06",
        needs(),
        "a gateway that loses a character: text and RTF agree at the receiver, and what could be undone was",
        |f| {
            let folder = f.folder("Sent")?;
            let sent = folder.create_message()?;
            write_rtf(&sent, LETTER, RtfFlags::MODIFY)?;
            sent.save_changes(SaveFlags::NONE)?;
            // Outbound: the gateway takes the RTF alone, and makes the text of it.
            let wire = f.folder("Gateway")?.create_message()?;
            sent.copy_props(
                &wire,
                &[tags::RTF_COMPRESSED.into(), tags::SUBJECT.into()],
                CopyPropFlags::NONE,
            )?;
            rtf_sync(&wire, RtfSyncFlags::RTF_CHANGED)?;
            let text = wire.get(tags::BODY)?;
            assert_eq!(words(&text), SAYS);
            // What cannot be undone, and then both are made to agree.
            let lossy = text.replace('é', "");
            wire.set(tags::BODY, lossy.as_str())?;
            assert!(rtf_sync(&wire, BOTH)?);
            assert!(wire.get(tags::RTF_IN_SYNC)?);
            assert_eq!(wire.get(tags::RTF_SYNC_BODY_COUNT)?, 23);
            // What can be undone is done after that.
            let marked = format!("<<plan.doc>> {lossy}");
            wire.save_changes(SaveFlags::KEEP_OPEN_READWRITE)?;
            wire.set_props(&[
                (tags::BODY.into(), marked.as_str().into()),
                (tags::RTF_IN_SYNC.into(), true.into()),
            ])?;
            wire.save_changes(SaveFlags::NONE)?;
            assert_eq!(wire.get(tags::BODY)?, marked);
            // Inbound: the same backwards; both are there, so they are synchronised and the text is dropped.
            let inbox = f.other_store()?.receive_folder("IPM")?;
            let got = inbox.create_message()?;
            wire.copy_to(&got, None, CopyPropFlags::NONE)?;
            let undone = got.get(tags::BODY)?.replace("<<plan.doc>> ", "");
            got.set(tags::BODY, undone)?;
            assert!(!rtf_sync(&got, RtfSyncFlags::BODY_CHANGED)?, "they agree");
            got.delete_props(&[tags::BODY.into()])?;
            got.save_changes(SaveFlags::NONE)?;
            // The receiver.
            let got = edit(&inbox, &got.entry_id().unwrap())?;
            assert_eq!(words(&got.get(tags::BODY)?), "Dear Ann, the caf is closed.");
            assert_eq!(words(&text_of(&got)?), words(&got.get(tags::BODY)?));
            let rtf = String::from_utf8(read_rtf(&got)?)?;
            assert!(
                rtf.contains(r"{\b Ann}") && rtf.contains(r"{\i closed}"),
                "{rtf}"
            );
            assert_ne!(got.find(tags::RTF_IN_SYNC)?, Some(false));
            assert!(!rtf_sync(&got, BOTH)?);
            Ok(())
        }
    ),
];
