//! OUT-12, OUT-13, TXT-04: where a message that has RTF alone is read by others than RTF clients: quotations, searches, mail.

use mapi::{
    Compose, FileTime, Folder, ForwardAs, ImportItem, ImportOptions, ImportOutcome, MapiProp,
    MatchKind, Message, ReplyTo, Restriction, Result, SaveFlags, tags,
};
use mapi_props::PropKey;
use mapi_query::fields::Field;

use crate::fixture::{add, draft, edit, matching, prop};
use crate::{Case, case};

/// Formatted, with what other code pages have.
const LETTER: &[u8] =
    br"{\rtf1\ansi\ansicpg1252{\fonttbl{\f0 Arial;}}\f0 Dear {\b Ann},\par the caf\'e9 is {\i closed}.\par}";

pub(super) const CASES: &[Case] = &[
    case!(
        needs(),
        "what was written in RTF alone is quoted in replies and forwarded messages, in text and in HTML",
        |f| {
            let letter = saved(&f.folder("Mail")?, LETTER)?;
            let compose = Compose {
                text: "Agreed.".to_owned(),
                ..Compose::default()
            };
            let reply = letter.reply(ReplyTo::Author, &compose)?;
            let text = reply.get(tags::BODY)?;
            assert!(text.starts_with("Agreed."), "{text}");
            assert!(
                text.contains("\r\n> Dear Ann,\r\n> the café is closed."),
                "{text}"
            );
            let html = String::from_utf8(reply.get(tags::HTML)?)?;
            let quoted = html.split_once("<blockquote").expect("a quotation").1;
            assert!(
                quoted.contains("<b>Ann</b>") && quoted.contains("<i>closed</i>"),
                "{html}"
            );
            assert!(quoted.contains("café"), "{html}");
            let forward = letter.forward(ForwardAs::Inline, &compose)?;
            let text = forward.get(tags::BODY)?;
            assert!(
                text.contains("\r\n  Dear Ann,\r\n  the café is closed."),
                "{text}"
            );
            assert!(String::from_utf8(forward.get(tags::HTML)?)?.contains("<b>Ann</b>"));
            for message in [&reply, &forward] {
                message.save_changes(SaveFlags::NONE)?;
            }
            Ok(())
        }
    ),
    case!(
        needs(),
        "RTF that only carries HTML or text is quoted as what its sender wrote; damaged RTF quotes the text",
        |f| {
            let folder = f.folder("Mail")?;
            let carried = saved(
                &folder,
                &mapi_rtf::from_html("<p class=\"x\">Dear <em>Ann</em></p>"),
            )?;
            let reply = carried.reply(ReplyTo::Author, &Compose::default())?;
            let html = String::from_utf8(reply.get(tags::HTML)?)?;
            assert!(
                html.contains("<p class=\"x\">Dear <em>Ann</em></p>"),
                "{html}"
            );
            assert!(reply.get(tags::BODY)?.contains("> Dear Ann"));
            let plain = saved(&folder, &mapi_rtf::from_text("Dear Ann\n> a < b"))?;
            let reply = plain.reply(ReplyTo::Author, &Compose::default())?;
            assert!(reply.get(tags::BODY)?.contains("> Dear Ann\r\n>> a < b"));
            reply.save_changes(SaveFlags::KEEP_OPEN_READWRITE)?;
            let html = PropKey::from(tags::HTML.raw());
            assert!(
                !reply.to_tree()?.props.contains(&html),
                "text is answered in text"
            );
            let mut packed = mapi_rtf::compressed::compress(LETTER);
            packed.truncate(30);
            let props = [
                prop(tags::BODY, "The text."),
                prop(tags::RTF_COMPRESSED, packed),
                prop(tags::RTF_IN_SYNC, true),
            ];
            let damaged = folder.open_message(&add(&folder, &props)?)?;
            let reply = damaged.reply(ReplyTo::Author, &Compose::default())?;
            assert!(reply.get(tags::BODY)?.contains("> The text."));
            Ok(())
        }
    ),
    case!(
        needs(),
        "words of a message in RTF alone are found, as they are now, in its text and nowhere else in the RTF",
        |f| {
            let folder = f.folder("Mail")?;
            let other = mapi_rtf::from_html("<p title='hidden'>green tea</p>");
            for (subject, rtf) in [("letter", LETTER), ("page", &other)] {
                let packed = mapi_rtf::compressed::compress(rtf);
                let props = [
                    prop(tags::SUBJECT, subject),
                    prop(tags::RTF_COMPRESSED, packed),
                ];
                add(&folder, &props)?;
            }
            let found =
                |words: &str| matching(&folder, Field::Body.restriction(MatchKind::Phrase, words));
            assert_eq!(found("the cafe is")?, ["letter"]);
            assert_eq!(found("Ann the café")?, ["letter"], "over the end of a line");
            assert_eq!(found("green tea")?, ["page"]);
            for nothing in ["Arial", "ansi", "rtf1", "hidden", "fonttbl", "title"] {
                assert_eq!(found(nothing)?, [""; 0], "{nothing}");
            }
            let begun = Restriction::content(tags::BODY, MatchKind::WordPrefix, "clos");
            assert_eq!(matching(&folder, begun)?, ["letter"]);
            // The RTF changes, and its words with it.
            let id = add(&folder, &[prop(tags::SUBJECT, "third")])?;
            let message = edit(&folder, &id)?;
            message.set(
                tags::RTF_COMPRESSED,
                mapi_rtf::compressed::compress(b"{\\rtf1 bl{\\b ue}}"),
            )?;
            message.save_changes(SaveFlags::NONE)?;
            assert_eq!(found("blue")?, ["third"]);
            let message = edit(&folder, &id)?;
            message.set(
                tags::RTF_COMPRESSED,
                mapi_rtf::compressed::compress(b"{\\rtf1 red}"),
            )?;
            message.save_changes(SaveFlags::NONE)?;
            assert_eq!(found("blue")?, [""; 0]);
            assert_eq!(found("red")?, ["third"]);
            Ok(())
        }
    ),
    case!(
        needs(),
        "a message in RTF alone that goes as Internet mail reads the same where it arrives",
        |f| {
            let letter = saved(&f.folder("Mail")?, LETTER)?;
            let mut mail = Vec::new();
            let options = mapi_mime::WriteOptions::default();
            let written = mapi_mime::write(&letter.to_tree()?, &options, &mut mail)?;
            assert_eq!(written.losses, [], "nothing of it is lost");
            let context = mapi_mime::ImportContext::new(FileTime::from_unix(1_795_357_205));
            let item = ImportItem {
                tree: mapi_mime::parse(mail, &context)?,
                flags: 0,
                source: None,
            };
            let inbox = f.other_store()?.receive_folder("IPM.Note")?;
            let outcome = inbox.import(vec![item], ImportOptions::default())?.pop();
            let Some(ImportOutcome::Imported { id, .. }) = outcome else {
                panic!("{outcome:?}");
            };
            let got = inbox.open_message(&id)?;
            assert_eq!(
                got.get(tags::BODY)?.trim_end(),
                letter.get(tags::BODY)?.trim_end()
            );
            assert_eq!(
                got.get(tags::BODY)?.trim_end(),
                "Dear Ann,\r\nthe café is closed."
            );
            let html = String::from_utf8(got.get(tags::HTML)?)?;
            assert!(
                html.contains("<b>Ann</b>") && html.contains("<i>closed</i>"),
                "{html}"
            );
            Ok(())
        }
    ),
];

/// A saved message with this RTF, opened again.
fn saved(folder: &Folder, rtf: &[u8]) -> Result<Message> {
    let packed = mapi_rtf::compressed::compress(rtf);
    let message = draft(
        folder,
        &[
            prop(tags::SUBJECT, "The café"),
            prop(tags::SENT_REPRESENTING_NAME, "Cleo"),
            prop(tags::SENT_REPRESENTING_ADDRTYPE, "SMTP"),
            prop(tags::SENT_REPRESENTING_EMAIL_ADDRESS, "cleo@example.org"),
            prop(tags::CLIENT_SUBMIT_TIME, FileTime::from_unix(1_795_357_205)),
            prop(tags::RTF_COMPRESSED, packed),
        ],
    )?;
    message.save_changes(SaveFlags::NONE)?;
    folder.open_message(&message.entry_id().expect("it was saved"))
}
