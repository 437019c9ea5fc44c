//! OUT-05, INC-03, TXT-05: attachments in the text of a message in RTF.

use mapi::{
    Folder, MapiProp, Message, OpenFlags, RelOp, Restriction, Result, RtfFlags, SaveFlags,
    SortColumn, columns, tags,
};

use super::rtf_bodies::{read_rtf, write_rtf};
use crate::fixture::{attach, edit};
use crate::{Case, case};

/// Two placeholders, the first one after ten characters.
const TWO: &[u8] = br"{\rtf1\ansi 0123456789\objattph  and \'e9 then {\b\objattph } end\par}";

pub(super) const CASES: &[Case] = &[
    case!(
        "OUT-05.1" + "OUT-05.2",
        needs(),
        "positions are ranks: the lowest takes the first placeholder, -1 takes none",
        |f| {
            let folder = f.folder("Mail")?;
            let message = with_files(&folder, TWO, &[("five", 5), ("none", -1), ("two", 2)])?;
            let id = message.entry_id().unwrap();
            // As one that renders RTF finds them: the n-th row is at the n-th placeholder.
            let message = folder.open_message(&id)?;
            let tokens = read_rtf(&message)?
                .windows(9)
                .filter(|w| w == br"\objattph")
                .count();
            assert_eq!(
                (tokens, in_text(&message)?),
                (2, vec!["two".to_owned(), "five".to_owned()])
            );
            // As one that renders the text finds them: the position is that of the placeholder.
            let text = message.get(tags::BODY)?;
            let (first, second) = (10, text.find(" end").unwrap() - 1);
            assert_eq!(
                shown(&message)?,
                [
                    ("none".to_owned(), -1),
                    ("two".to_owned(), first),
                    ("five".to_owned(), offset(&text, second))
                ]
            );
            assert_eq!(in_text(&message)?, ["two", "five"]);
            Ok(())
        }
    ),
    case!(
        "INC-03.1" + "TXT-05",
        needs(),
        "once the text was read, a position is where its placeholder is in it",
        |f| {
            let folder = f.folder("Mail")?;
            let message = with_files(&folder, TWO, &[("a", 0), ("b", 1)])?;
            let id = message.entry_id().unwrap();
            let message = folder.open_message(&id)?;
            assert_eq!(
                shown(&message)?,
                [("a".to_owned(), 0), ("b".to_owned(), 1)],
                "ranks until then"
            );
            let text = message.get(tags::BODY)?;
            assert!(text.starts_with("0123456789 "), "{text:?}");
            let rows = shown(&message)?;
            assert_eq!(rows[0], ("a".to_owned(), 10));
            let units: Vec<u16> = text.encode_utf16().collect();
            let at = usize::try_from(rows[1].1)?;
            assert_eq!(units[at], u16::from(b' '), "a placeholder is one character");
            assert_eq!(String::from_utf16(&units[at + 1..at + 5])?, " end");
            // The attachment itself says the same, and another handle starts anew.
            let second = message.open_attachment(1, OpenFlags::NONE)?;
            assert_eq!(second.get(tags::RENDERING_POSITION)?, rows[1].1);
            assert_eq!(shown(&folder.open_message(&id)?)?[1].1, 1);
            // What is stored stays: reading changes nothing.
            assert_eq!(read_rtf(&message)?, TWO);
            Ok(())
        }
    ),
    case!(
        needs(),
        "more attachments than placeholders: the rest stands nowhere; a new position counts among those shown",
        |f| {
            let folder = f.folder("Mail")?;
            let message = with_files(&folder, TWO, &[("a", 7), ("b", 8), ("c", 9)])?;
            let message = edit(&folder, &message.entry_id().unwrap())?;
            message.get(tags::BODY)?;
            let rows = shown(&message)?;
            assert_eq!(rows[0], ("c".to_owned(), -1));
            assert_eq!(rows[1], ("a".to_owned(), 10));
            // The last one goes between the two: offsets are compared with offsets.
            let last = message.open_attachment(2, OpenFlags::MODIFY)?;
            last.set(tags::RENDERING_POSITION, 15)?;
            assert_eq!(last.get(tags::RENDERING_POSITION)?, 15);
            last.save_changes(SaveFlags::NONE)?;
            message.save_changes(SaveFlags::NONE)?;
            assert_eq!(in_text(&message)?, ["a", "c"]);
            // Text that is stored has the positions that are stored.
            let message = with_files(&folder, TWO, &[("a", 4)])?;
            message.set(tags::BODY, "Text of its own.")?;
            message.save_changes(SaveFlags::NONE)?;
            let message = folder.open_message(&message.entry_id().unwrap())?;
            message.get(tags::BODY)?;
            assert_eq!(shown(&message)?, [("a".to_owned(), 4)]);
            Ok(())
        }
    ),
    case!(
        needs(),
        "RTF that is made from a text has a placeholder where an attachment stands in it",
        |f| {
            let folder = f.folder("Mail")?;
            let message = folder.create_message()?;
            message.set(tags::BODY, "see _ and _ here")?;
            place(&message, "b", 10)?;
            place(&message, "a", 4)?;
            place(&message, "no", -1)?;
            message.save_changes(SaveFlags::NONE)?;
            let message = folder.open_message(&message.entry_id().unwrap())?;
            let rtf = String::from_utf8(read_rtf(&message)?)?;
            assert_eq!(rtf.matches(r"\objattph").count(), 2, "{rtf}");
            assert_eq!(in_text(&message)?, ["a", "b"]);
            Ok(())
        }
    ),
];

/// A saved message of this RTF with attachments at these positions, open for writing.
fn with_files(folder: &Folder, rtf: &[u8], files: &[(&str, i32)]) -> Result<Message> {
    let message = folder.create_message()?;
    write_rtf(&message, rtf, RtfFlags::MODIFY)?;
    for (name, position) in files {
        place(&message, name, *position)?;
    }
    message.save_changes(SaveFlags::KEEP_OPEN_READWRITE)?;
    Ok(message)
}

fn place(message: &Message, name: &str, position: i32) -> Result<()> {
    let number = attach(message, name, name.as_bytes())?;
    let file = message.open_attachment(number, OpenFlags::MODIFY)?;
    file.set(tags::RENDERING_POSITION, position)?;
    file.save_changes(SaveFlags::NONE)
}

/// Names and positions of the attachments, in the table's own order.
fn shown(message: &Message) -> Result<Vec<(String, i32)>> {
    let columns = columns![tags::ATTACH_LONG_FILENAME, tags::RENDERING_POSITION];
    let rows = message
        .attachments()
        .columns(columns)
        .open()?
        .query_all_rows(0)?;
    let row = |r: &mapi::TableRow| {
        (
            r.get(tags::ATTACH_LONG_FILENAME).unwrap(),
            r.get(tags::RENDERING_POSITION).unwrap(),
        )
    };
    Ok(rows.iter().map(row).collect())
}

/// Names of the attachments that stand at a placeholder, in order: as many as there are.
fn in_text(message: &Message) -> Result<Vec<String>> {
    let rtf = read_rtf(message)?;
    let placeholders = rtf.windows(9).filter(|w| w == br"\objattph").count();
    let rows = message
        .attachments()
        .columns(columns![tags::ATTACH_LONG_FILENAME])
        .restrict(Restriction::property(
            tags::RENDERING_POSITION,
            RelOp::Ne,
            -1,
        ))
        .sort([SortColumn::ascending(tags::RENDERING_POSITION)])
        .open()?
        .query_all_rows(0)?;
    let names = rows
        .iter()
        .map(|r| r.get(tags::ATTACH_LONG_FILENAME).unwrap());
    Ok(names.take(placeholders).collect())
}

/// An offset in bytes as one in UTF-16 units.
fn offset(text: &str, bytes: usize) -> i32 {
    let before = text.get(..bytes).unwrap();
    i32::try_from(before.encode_utf16().count()).unwrap()
}
