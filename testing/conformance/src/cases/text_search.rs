//! Words: FL_PHRASE_MATCH and FL_PREFIX_ON_ANY_WORD restrictions in tables of folders, of trees of folders and in search
//! folders; the script and spelling that people search in.

use mapi::{
    CopyFlags, DeleteFlags, FileTime, Folder, FuzzyLevel, MapiProp, MatchKind, Restriction, Result,
    SaveFlags, columns, recipient_type, tags,
};
use mapi_query::fields::{self, Field};

use super::search_folders::{DEEP, PLAIN, names, search};
use crate::fixture::{add, add_subject, address, attach, draft, edit, matching, prop, subjects};
use crate::{Case, case};

pub(super) const CASES: &[Case] = &[
    case!(
        needs(),
        "words are found whole, one after another, or by their beginning",
        |f| {
            let mail = f.folder("Mail")?;
            for subject in [
                "The annual budget, at last",
                "budget annual",
                "annually: budgets",
                "an-nual",
            ] {
                add_subject(&mail, subject)?;
            }
            let found = |kind, pattern: &str| {
                matching(&mail, Restriction::content(tags::SUBJECT, kind, pattern))
            };
            use MatchKind::{Phrase, WordPrefix};
            assert_eq!(
                found(Phrase, "BUDGET")?,
                ["budget annual", "The annual budget, at last"]
            );
            assert_eq!(
                found(Phrase, "annual   budget")?,
                ["The annual budget, at last"]
            );
            assert_eq!(found(Phrase, "annual bud")?, [""; 0]);
            assert_eq!(
                found(WordPrefix, "annual bud")?,
                ["The annual budget, at last"]
            );
            let begun = [
                "annually: budgets",
                "budget annual",
                "The annual budget, at last",
            ];
            assert_eq!(found(WordPrefix, "ANNU")?, begun);
            assert_eq!(found(Phrase, "an nual")?, ["an-nual"]);
            assert_eq!(found(Phrase, " ?! ")?, [""; 0], "no word is in no text");
            let not = Restriction::content(tags::SUBJECT, Phrase, "budget").negate();
            assert_eq!(matching(&mail, not)?, ["an-nual", "annually: budgets"]);
            Ok(())
        }
    ),
    case!(
        needs(Search),
        "words are found in any script and spelling, in tables, trees and search folders",
        |f| {
            let mail = f.folder("Mail")?;
            let texts = [
                "明日の会議室です",
                "用中文写的信",
                "Straße 5",
                "Łódź",
                "a ﬁle",
                "Café",
                "Cafe\u{301}s",
                "İstanbul",
            ];
            for text in texts {
                add(
                    &mail,
                    &[prop(tags::SUBJECT, "in the text"), prop(tags::BODY, text)],
                )?;
                add_subject(&mail, text)?;
            }
            let elsewhere = f.folder("Elsewhere")?;
            let asked = [
                ("会議", 1),
                ("会", 1),
                ("中文", 1),
                ("strasse", 1),
                ("STRAẞE", 1),
                ("lodz", 1),
                ("ŁÓDŹ", 1),
                ("file", 1),
                ("Cafe", 1),
                ("café", 1),
                ("istanbul", 1),
                ("議会", 0),
                ("caf", 0),
            ];
            for (n, (word, count)) in asked.into_iter().enumerate() {
                let anywhere = fields::anywhere(MatchKind::Phrase, word);
                assert_eq!(
                    matching(&mail, anywhere.clone())?.len(),
                    count * 2,
                    "{word}"
                );
                assert_eq!(deep(&elsewhere, &anywhere)?.len(), 0, "{word}");
                assert_eq!(deep(&mail, &anywhere)?.len(), count * 2, "{word}");
                let found = search(f, &format!("found {n}"), &anywhere, &[&mail], DEEP)?;
                assert_eq!(names(&found)?.len(), count * 2, "{word}");
                let subject = Field::Subject.restriction(MatchKind::Phrase, word);
                assert_eq!(matching(&mail, subject)?.len(), count, "{word}");
            }
            Ok(())
        }
    ),
    case!(
        needs(),
        "words are found where people, files and bodies have them, each in its field",
        |f| {
            let mail = f.folder("Mail")?;
            let message = draft(
                &mail,
                &[
                    prop(tags::SUBJECT, "one"),
                    prop(tags::SENDER_NAME, "Ann Early"),
                    prop(tags::SENDER_EMAIL_ADDRESS, "ann@morning.example"),
                ],
            )?;
            address(
                &message,
                &[
                    (recipient_type::TO, "Bob Late"),
                    (recipient_type::CC, "Cy Old"),
                    (recipient_type::BCC, "Di New"),
                ],
            )?;
            attach(&message, "Plan für Łódź.pdf", b"%PDF")?;
            message.save_changes(SaveFlags::NONE)?;
            add(
                &mail,
                &[
                    prop(tags::SUBJECT, "two"),
                    prop(tags::HTML, b"<p>late <b>or</b> early".as_slice()),
                ],
            )?;
            let found = |field: Field, words: &str| {
                deep(&mail, &field.restriction(MatchKind::Phrase, words))
            };
            assert_eq!(found(Field::Sender, "early")?, ["one"]);
            assert_eq!(found(Field::Sender, "morning")?, ["one"]);
            let in_name = Restriction::Content {
                kind: MatchKind::Phrase,
                fuzzy: FuzzyLevel::default(),
                tag: tags::SENDER_NAME.raw(),
                value_tag: tags::SENDER_NAME.raw(),
                value: "morning".into(),
            };
            assert_eq!(deep(&mail, &in_name)?, [""; 0], "an address is no name");
            assert_eq!(found(Field::To, "late")?, ["one"]);
            assert_eq!(found(Field::Cc, "late")?, [""; 0]);
            assert_eq!(found(Field::Cc, "cy old")?, ["one"]);
            assert_eq!(found(Field::Bcc, "new")?, ["one"]);
            assert_eq!(
                found(Field::To, "late cy")?,
                [""; 0],
                "no phrase goes from one to the next"
            );
            assert_eq!(found(Field::Attachment, "plan fur lodz")?, ["one"]);
            assert_eq!(found(Field::Body, "late or early")?, ["two"]);
            assert_eq!(found(Field::Body, "b")?, [""; 0], "markup is no text");
            let anywhere = |word: &str| deep(&mail, &fields::anywhere(MatchKind::Phrase, word));
            assert_eq!(anywhere("early")?.len(), 2);
            assert_eq!(anywhere("old")?, ["one"]);
            Ok(())
        }
    ),
    case!(
        needs(),
        "what is found follows what is saved, deleted and moved",
        |f| {
            let (mail, inbox) = (f.folder("Mail")?, f.inbox()?);
            let id = add_subject(&mail, "a red house")?;
            let red = fields::anywhere(MatchKind::Phrase, "red");
            let green = fields::anywhere(MatchKind::Phrase, "green");
            assert_eq!(deep(&mail, &red)?, ["a red house"]);
            let message = edit(&mail, &id)?;
            message.set(tags::SUBJECT, "a green house")?;
            assert_eq!(deep(&mail, &green)?, [""; 0], "nothing is saved yet");
            message.save_changes(SaveFlags::NONE)?;
            assert_eq!(
                (deep(&mail, &red)?.len(), deep(&mail, &green)?.len()),
                (0, 1)
            );
            let report = mail.copy_messages(std::slice::from_ref(&id), &inbox, CopyFlags::MOVE)?;
            let moved = report.value;
            assert_eq!(moved.done, 1);
            assert_eq!(
                (deep(&mail, &green)?.len(), deep(&inbox, &green)?.len()),
                (0, 1)
            );
            let gone = inbox.delete_messages(&[id], DeleteFlags::NONE)?;
            assert_eq!(gone.value.done, 1);
            assert_eq!(deep(&inbox, &green)?, [""; 0]);
            Ok(())
        }
    ),
    case!(
        needs(),
        "a tree of folders is searched newest first, page by page, and says which folder each message is in",
        |f| {
            let mail = f.folder("Mail")?;
            let below = mail.create_folder("Below", None, PLAIN)?;
            for n in 0..40_i64 {
                let folder = if n % 3 == 0 { &below } else { &mail };
                let time = FileTime::from_unix(1_700_000_000 + n * 7 % 40 * 60);
                let word = if n % 2 == 0 { "even" } else { "odd" };
                add(
                    folder,
                    &[
                        prop(tags::SUBJECT, format!("{:02}", n * 7 % 40)),
                        prop(tags::BODY, word),
                        prop(tags::MESSAGE_DELIVERY_TIME, time),
                    ],
                )?;
            }
            let even = fields::anywhere(MatchKind::Phrase, "even");
            let table = mail
                .deep_contents()
                .columns(columns![tags::SUBJECT, tags::PARENT_DISPLAY])
                .restrict(even)
                .open()?;
            let mut seen = Vec::new();
            loop {
                let rows = table.query_rows(6)?;
                if rows.is_empty() {
                    break;
                }
                for row in rows {
                    let subject = row.get(tags::SUBJECT).unwrap_or_default();
                    let inside = row.get(tags::PARENT_DISPLAY);
                    seen.push((subject, inside));
                }
            }
            let expected: Vec<_> = (0..40_i64)
                .rev()
                .filter(|k| k % 2 == 0)
                .map(|k| {
                    // n * 7 % 40 = k has one solution below 40.
                    let n = (0..40_i64).find(|n| n * 7 % 40 == k).unwrap_or(-1);
                    (format!("{k:02}"), (n % 3 == 0).then(|| "Below".to_owned()))
                })
                .collect();
            assert_eq!(seen, expected);
            assert_eq!(table.row_count()?, 20);
            Ok(())
        }
    ),
];

/// Subjects of the messages below a folder that match.
fn deep(folder: &Folder, restriction: &Restriction) -> Result<Vec<String>> {
    let table = folder.deep_contents().columns(columns![tags::SUBJECT]);
    subjects(&table.restrict(restriction.clone()).open()?)
}
