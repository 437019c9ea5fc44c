//! STO-17, HLP-04: conversation indexes and topics.

use std::time::Duration;

use mapi::{
    Code, ConversationIndex, FileTime, MapiProp, Message, Result, SaveFlags, SortColumn, Support,
    columns, tags,
};
use testkit::{CountingBytes, FakeClock};

use crate::fixture::{code, draft, edit, prop};
use crate::{Case, case};

pub(super) const CASES: &[Case] = &[
    case!(
        "STO-17.1" + "HLP-04",
        needs(),
        "an index begins with the time, and a reply tells how much later it is",
        |f| {
            let support = Hand::default();
            let start = support.now();
            for none in [&[][..], &[1; 21], &[1; 23], &[1; 26]] {
                let index = ConversationIndex::create(none, &support);
                assert_eq!(index.as_bytes().len(), 22, "a new header");
                assert_eq!(index.as_bytes()[0], 1);
                assert!(start.0 - index.started().0 < 10_000_000, "within 1 s");
            }
            let root = ConversationIndex::create(&[], &support);
            let other = ConversationIndex::create(&[], &support);
            assert_ne!(root.thread(), other.thread());
            for wait in [1, 60, 86_400, 500 * 86_400] {
                let before = support.now();
                support.0.advance(Duration::from_secs(wait));
                let reply = ConversationIndex::create(root.as_bytes(), &support);
                assert_eq!(reply.as_bytes().len(), 27);
                assert_eq!(reply.as_bytes()[..22], *root.as_bytes());
                let waited = before.0 - root.started().0 + wait * 10_000_000;
                assert!(waited.abs_diff(reply.delays()[0]) < 300_000, "within 30 ms");
            }
            // Years later it is told less finely.
            let before = support.now();
            support.0.advance(Duration::from_secs(20 * 365 * 86_400));
            let late = ConversationIndex::create(root.as_bytes(), &support);
            assert_ne!(late.as_bytes()[22] & 0x80, 0);
            let waited = support.now().0 - root.started().0;
            assert!(waited.abs_diff(late.delays()[0]) < 8_400_000 && before.0 < support.now().0);
            // A store does the same when a message is saved.
            let message = draft(&f.folder("Mail")?, &[prop(tags::SUBJECT, "RE: Budget")])?;
            message.save_changes(SaveFlags::NONE)?;
            let made = ConversationIndex::parse(&message.get(tags::CONVERSATION_INDEX)?).unwrap();
            let saved = message.get(tags::CREATION_TIME)?;
            assert_eq!(made.depth(), 0);
            assert!(saved.0.abs_diff(made.started().0) < 10_000_000);
            assert_eq!(message.get(tags::CONVERSATION_TOPIC)?, "Budget");
            Ok(())
        }
    ),
    case!(
        "STO-17.2",
        needs(),
        "sorted by topic and index a conversation stands in order, with its depths",
        |f| {
            let folder = f.folder("Mail")?;
            let say = |subject: &str, of: Option<&Message>| -> Result<Message> {
                let message = draft(&folder, &[prop(tags::SUBJECT, subject)])?;
                if let Some(of) = of {
                    message.continue_conversation(of)?;
                }
                message.save_changes(SaveFlags::NONE)?;
                Ok(message)
            };
            // Index blocks tell 26 ms apart; the clock of a case moves a millisecond with each look.
            let pause =
                || (0..60).try_for_each(|_| draft(&folder, &[])?.save_changes(SaveFlags::NONE));
            let other = say("a wholly other topic", None)?;
            let root = say("talk", None)?;
            pause()?;
            let r1 = say("RE: talk r1", Some(&root))?;
            pause()?;
            say("RE: talk r3", Some(&root))?;
            pause()?;
            say("RE: talk r2", Some(&r1))?;
            say("RE: other", Some(&other))?;
            let keys = [
                SortColumn::ascending(tags::CONVERSATION_TOPIC),
                SortColumn::ascending(tags::CONVERSATION_INDEX),
            ];
            let columns = columns![
                tags::SUBJECT,
                tags::CONVERSATION_INDEX,
                tags::CONVERSATION_TOPIC
            ];
            let table = folder.contents().columns(columns).sort(keys).open()?;
            let mut seen = Vec::new();
            for row in table.query_all_rows(0)? {
                let index = row.get(tags::CONVERSATION_INDEX).unwrap();
                let depth = ConversationIndex::parse(&index).unwrap().depth();
                if row.get(tags::CONVERSATION_TOPIC).is_some() {
                    seen.push((row.get(tags::SUBJECT).unwrap(), depth));
                }
            }
            let expected = [
                ("a wholly other topic", 0),
                ("RE: other", 1),
                ("talk", 0),
                ("RE: talk r1", 1),
                ("RE: talk r2", 2),
                ("RE: talk r3", 1),
            ];
            assert_eq!(
                seen,
                expected.map(|(subject, depth)| (subject.to_owned(), depth))
            );
            Ok(())
        }
    ),
    case!(
        "STO-17.3",
        needs(),
        "a reply keeps the topic of the first message whatever its subject",
        |f| {
            let folder = f.folder("Mail")?;
            let root = draft(&folder, &[prop(tags::SUBJECT, "FW: Budget")])?;
            root.save_changes(SaveFlags::NONE)?;
            assert_eq!(root.get(tags::CONVERSATION_TOPIC)?, "Budget");
            let reply = draft(&folder, &[prop(tags::SUBJECT, "RE: Budget")])?;
            reply.continue_conversation(&root)?;
            reply.set(tags::SUBJECT, "RE: Holidays")?;
            reply.save_changes(SaveFlags::NONE)?;
            let id = reply.entry_id().unwrap();
            let stored = edit(&folder, &id)?;
            assert_eq!(stored.get(tags::NORMALIZED_SUBJECT)?, "Holidays");
            assert_eq!(stored.get(tags::CONVERSATION_TOPIC)?, "Budget");
            // Nor does a later edit, of the reply or of the first message, change it.
            stored.set(tags::SUBJECT, "RE: Weather")?;
            stored.save_changes(SaveFlags::NONE)?;
            let first = edit(&folder, &root.entry_id().unwrap())?;
            first.set(tags::SUBJECT, "Money")?;
            first.save_changes(SaveFlags::NONE)?;
            let next = draft(&folder, &[prop(tags::SUBJECT, "RE: RE: Weather")])?;
            next.continue_conversation(&folder.open_message(&id)?)?;
            next.save_changes(SaveFlags::NONE)?;
            for message in [folder.open_message(&id)?, first, next] {
                assert_eq!(message.get(tags::CONVERSATION_TOPIC)?, "Budget");
            }
            let read_only = folder.open_message(&id)?;
            assert_eq!(
                code(read_only.continue_conversation(&root)),
                Code::NO_ACCESS
            );
            Ok(())
        }
    ),
    case!(
        needs(),
        "what a client says of the conversation is never overwritten",
        |f| {
            let folder = f.folder("Mail")?;
            let given = [
                prop(tags::SUBJECT, "RE: Budget"),
                prop(tags::CONVERSATION_TOPIC, "mine"),
                prop(tags::CONVERSATION_INDEX, &b"mine too"[..]),
            ];
            let message = draft(&folder, &given)?;
            message.save_changes(SaveFlags::KEEP_OPEN_READWRITE)?;
            message.set(tags::SUBJECT, "other")?;
            message.save_changes(SaveFlags::NONE)?;
            assert_eq!(message.get(tags::CONVERSATION_TOPIC)?, "mine");
            assert_eq!(message.get(tags::CONVERSATION_INDEX)?, b"mine too");
            // A draft that gets its subject later gets its topic then.
            let late = draft(&folder, &[])?;
            late.save_changes(SaveFlags::KEEP_OPEN_READWRITE)?;
            let index = late.get(tags::CONVERSATION_INDEX)?;
            assert_eq!(late.find(tags::CONVERSATION_TOPIC)?, None);
            late.set(tags::SUBJECT, "Budget")?;
            late.save_changes(SaveFlags::NONE)?;
            assert_eq!(late.get(tags::CONVERSATION_TOPIC)?, "Budget");
            assert_eq!(late.get(tags::CONVERSATION_INDEX)?, index);
            Ok(())
        }
    ),
];

/// A clock that moves when it is told to.
#[derive(Debug, Default)]
struct Hand(FakeClock, CountingBytes);

impl Support for Hand {
    fn now(&self) -> FileTime {
        FileTime(self.0.ticks())
    }

    fn random(&self, bytes: &mut [u8]) {
        self.1.fill(bytes);
    }
}
