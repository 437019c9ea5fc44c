//! What a message says of its conversation: keys that it shares with the other messages of it.
//! Reference: [MS-OXOMSG] 2.2.1.3, RFC 5322 3.6.4; issue 5, part E

use std::io::{self, Read};

use mapi_props::{Guid, PropValue, Slot, tags};

use super::ConversationIndex;
use crate::engine::ItemRow;
use crate::subject::topic;

/// Ids of PR_INTERNET_REFERENCES and PR_IN_REPLY_TO_ID that count: the last ones.
pub const MOST_REFERENCES: usize = 1000;
/// Bytes of a large list of ids that are read: the last ones.
const READ_BYTES: u64 = 1 << 20;

/// A hash of what ties messages together: the first 64 bits of a BLAKE3. Whoever could make two of one value could as
/// well name the other message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key(pub i64);

/// What a key is made of; also its first byte.
#[derive(Debug, Clone, Copy)]
#[repr(u8)]
enum Made {
    Id = b'i',
    Index = b'g',
    Topic = b't',
    Place = b'p',
}

impl Key {
    fn of(made: Made, bytes: &[u8]) -> Self {
        let mut hasher = blake3::Hasher::new();
        hasher.update(&[made as u8]).update(bytes);
        let hash = hasher.finalize();
        let first = hash.as_bytes().first_chunk().copied();
        Self(i64::from_le_bytes(first.unwrap_or_default()))
    }

    /// That of the bytes of a conversation index.
    pub(super) fn of_index(bytes: &[u8]) -> Self {
        Self::of(Made::Place, bytes)
    }

    /// That of a message id, with or without its angle brackets.
    #[must_use]
    pub fn of_message_id(id: &str) -> Option<Self> {
        ids(id).next().map(|id| Self::of(Made::Id, id.as_bytes()))
    }
}

/// What a message says of its conversation, in its own order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Said {
    /// PR_INTERNET_MESSAGE_ID.
    pub own: Option<Key>,
    /// The messages before it, the parent last: PR_IN_REPLY_TO_ID, then PR_INTERNET_REFERENCES;
    /// [`MOST_REFERENCES`] at most.
    pub before: Vec<Key>,
    /// PR_CONVERSATION_INDEX, where it is valid and names a conversation.
    pub index: Option<ConversationIndex>,
}

/// How a message is tied to others.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Links {
    /// Messages with one of these in common belong together. Ascending.
    pub keys: Vec<Key>,
    /// What counts where neither an index nor references say which message it answers.
    pub topic: Option<Topic>,
}

/// The subject of a message that names no other message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Topic {
    /// Made of the subject without prefixes.
    pub key: Key,
    /// The subject has a reply's prefix. Otherwise the message begins a conversation.
    pub is_reply: bool,
}

/// Properties of which [`links`] are made.
const LINKING: [u16; 5] = [
    tags::SUBJECT.id(),
    tags::CONVERSATION_INDEX.id(),
    tags::INTERNET_MESSAGE_ID.id(),
    tags::INTERNET_REFERENCES.id(),
    tags::IN_REPLY_TO_ID.id(),
];

/// Whether a change of a property can tie a message to others.
#[must_use]
pub fn is_linking(id: u16) -> bool {
    LINKING.contains(&id)
}

impl Said {
    /// By a message.
    #[must_use]
    pub fn by(row: &dyn ItemRow) -> Self {
        let own = list(row, tags::INTERNET_MESSAGE_ID.id(), 1);
        let mut before = list(row, tags::IN_REPLY_TO_ID.id(), MOST_REFERENCES);
        let references = list(row, tags::INTERNET_REFERENCES.id(), MOST_REFERENCES);
        before.retain(|id| !references.contains(id));
        before.extend(references);
        let surplus = before.len().saturating_sub(MOST_REFERENCES);
        before.drain(..surplus);
        Self {
            own: own.first().copied(),
            before,
            index: index(row),
        }
    }
}

/// How a message is tied to others: by the conversation that its index names, by its own id and the ids of the messages
/// before it; by its subject only if none of these says whether it is an answer.
///
/// ```
/// use mapi_kit::conversation::links_of;
/// use mapi_props::{Bag, tags};
///
/// let (mut question, mut answer) = (Bag::new(), Bag::new());
/// question.set(tags::INTERNET_MESSAGE_ID, "<1@example.org>");
/// answer.set(tags::IN_REPLY_TO_ID, "<1@example.org>");
/// assert_eq!(links_of(&question).keys, links_of(&answer).keys);
/// ```
#[must_use]
pub fn links(row: &dyn ItemRow) -> Links {
    let Said { own, before, index } = Said::by(row);
    let answers = !before.is_empty() || index.as_ref().is_some_and(|index| index.depth() > 0);
    let mut keys = before;
    keys.extend(own);
    keys.extend(index.map(|index| Key::of(Made::Index, index.thread().as_bytes())));
    keys.sort_unstable();
    keys.dedup();
    let topic = if answers { None } else { topic_of(row) };
    Links { keys, topic }
}

/// Whether the subject of a message is that of a reply.
pub(super) fn is_reply_by_subject(row: &dyn ItemRow) -> bool {
    topic_of(row).is_some_and(|topic| topic.is_reply)
}

fn topic_of(row: &dyn ItemRow) -> Option<Topic> {
    let subject = row.text(tags::SUBJECT.id())?;
    let known = topic(&subject);
    (!known.topic.is_empty()).then(|| Topic {
        key: Key::of(Made::Topic, known.topic.as_bytes()),
        is_reply: known.is_reply,
    })
}

fn index(row: &dyn ItemRow) -> Option<ConversationIndex> {
    let slot = row.slot(tags::CONVERSATION_INDEX.id())?;
    let Slot::Value(PropValue::Binary(bytes)) = slot.as_ref() else {
        return None;
    };
    ConversationIndex::parse(bytes).filter(|index| index.thread() != Guid::default())
}

/// The last ids of a list.
fn list(row: &dyn ItemRow, id: u16, most: usize) -> Vec<Key> {
    if let Some(text) = row.text(id) {
        return last_of(&text, most);
    }
    let text = row.large(id).filter(|large| large.ty.is_string());
    let text = text.and_then(|large| tail(row.open(&large)?, large.size).ok());
    text.map_or_else(Vec::new, |text| last_of(&text, most))
}

fn last_of(text: &str, most: usize) -> Vec<Key> {
    let mut found: Vec<Key> = ids(text)
        .map(|id| Key::of(Made::Id, id.as_bytes()))
        .collect();
    let surplus = found.len().saturating_sub(most);
    found.drain(..surplus);
    found
}

/// The end of a large text; ids are ASCII.
fn tail(mut from: Box<dyn Read + '_>, size: u64) -> io::Result<String> {
    let before = size.saturating_sub(READ_BYTES);
    io::copy(&mut from.by_ref().take(before), &mut io::sink())?;
    let mut bytes = Vec::new();
    from.take(READ_BYTES).read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// The ids of a list, without brackets, white space and what stands between them; words where there are no brackets.
fn ids(text: &str) -> impl Iterator<Item = String> {
    let bracketed = text.contains('<');
    let pieces = text.split(move |c: char| {
        if bracketed {
            c == '>'
        } else {
            c.is_whitespace() || c == ','
        }
    });
    pieces.filter_map(move |piece| {
        let id = match bracketed {
            true => piece.rsplit_once('<')?.1,
            false => piece,
        };
        let id: String = id.chars().filter(|c| !c.is_whitespace()).collect();
        (!id.is_empty()).then_some(id)
    })
}

#[cfg(test)]
mod tests {
    use std::io::{Cursor, Read};

    use mapi_props::{
        Bag, FileTime, Guid, LargePlace, LargeRef, PropType, Slot, StoredMessage, tags,
    };

    use super::{Key, Links, MOST_REFERENCES, Said, ids, links};
    use crate::conversation::{ConversationIndex, links_of, with_loose};
    use proptest::prelude::*;

    proptest! {
        /// Whatever a message says, its links are bounded, in order and without doubles.
        #[test]
        fn any_text_gives_links(
            subject in ".{0,40}", ids in "[<>a-c@ ,\\PC]{0,80}", index in prop::collection::vec(any::<u8>(), 0..60),
        ) {
            let found = links_of(&bag(|b| {
                b.set(tags::SUBJECT, subject);
                b.set(tags::INTERNET_MESSAGE_ID, ids.as_str());
                b.set(tags::INTERNET_REFERENCES, ids);
                b.set(tags::CONVERSATION_INDEX, index);
            }));
            prop_assert!(found.keys.is_sorted_by(|a, b| a < b));
            prop_assert!(found.keys.len() <= MOST_REFERENCES + 2);
        }
    }

    fn said_by(props: &Bag) -> Said {
        with_loose(props, |row| Said::by(row))
    }

    fn bag(set: impl FnOnce(&mut Bag)) -> Bag {
        let mut bag = Bag::new();
        set(&mut bag);
        bag
    }

    #[test]
    fn ids_come_without_brackets_space_and_words() {
        let check = |text: &str, expected: &[&str]| {
            assert_eq!(ids(text).collect::<Vec<_>>(), expected, "{text}");
        };
        check("<a@b>", &["a@b"]);
        check(
            " <a@b>\r\n\t<c@ d> (a comment) <e@f>",
            &["a@b", "c@d", "e@f"],
        );
        check("Your message of Monday <a@b>", &["a@b"]);
        check("a@b  c@d,e@f", &["a@b", "c@d", "e@f"]);
        check("<a@b", &["a@b"]);
        check("<> <<x>>", &["x"]);
        check("", &[]);
        check(">><<", &[]);
    }

    #[test]
    fn an_answer_shares_a_key_with_what_it_answers() {
        let question = bag(|b| b.set(tags::INTERNET_MESSAGE_ID, "<1@x>"));
        let answer = bag(|b| {
            b.set(tags::INTERNET_MESSAGE_ID, "<2@x>");
            b.set(tags::INTERNET_REFERENCES, "<0@x> <1@x>");
            b.set(tags::IN_REPLY_TO_ID, "<1@x>");
            b.set(tags::SUBJECT, "RE: Budget");
        });
        let (question, answer) = (links_of(&question), links_of(&answer));
        assert!(answer.keys.contains(&question.keys[0]));
        assert_eq!((answer.keys.len(), answer.topic), (3, None));
        // Ids keep their case.
        assert_ne!(Key::of_message_id("<A@x>"), Key::of_message_id("<a@x>"));
        assert_eq!(Key::of_message_id("a@x"), Key::of_message_id(" <a@x> "));
    }

    #[test]
    fn an_index_ties_by_its_conversation_and_a_broken_one_does_not() {
        let first = ConversationIndex::start(FileTime(1 << 60), Guid([7; 16]));
        let reply = first.reply(FileTime(1 << 60), 1);
        let with = |bytes: &[u8]| {
            links_of(&bag(|b| {
                b.set(tags::CONVERSATION_INDEX, bytes);
                b.set(tags::SUBJECT, "RE: Budget");
            }))
        };
        let (root, answer) = (with(first.as_bytes()), with(reply.as_bytes()));
        assert_eq!(root.keys, answer.keys);
        assert!(root.topic.is_some_and(|t| t.is_reply) && answer.topic.is_none());
        for broken in [&first.as_bytes()[..21], &reply.as_bytes()[..26], &[1; 0]] {
            assert!(with(broken).keys.is_empty());
        }
        let nobody = ConversationIndex::start(FileTime(1 << 60), Guid::default());
        assert!(with(nobody.as_bytes()).keys.is_empty());
    }

    #[test]
    fn only_what_names_no_other_message_counts_by_its_subject() {
        let subject = |text: &str| links_of(&bag(|b| b.set(tags::SUBJECT, text)));
        let (first, reply) = (subject("Budget").topic, subject("TR : AW: budget").topic);
        let (first, reply) = (first.unwrap(), reply.unwrap());
        assert_eq!(first.key, reply.key);
        assert!(!first.is_reply && reply.is_reply);
        assert_eq!(subject("RE:").topic, None);
        assert_eq!(links_of(&Bag::new()), Links::default());
    }

    #[test]
    fn the_parent_stands_last_and_the_list_is_bounded() {
        let many: Vec<String> = (0..3000).map(|n| format!("<{n}@x>")).collect();
        let said = said_by(&bag(|b| {
            b.set(tags::INTERNET_REFERENCES, many.join(" "));
            b.set(tags::IN_REPLY_TO_ID, "<other@x>");
        }));
        assert_eq!(said.before.len(), MOST_REFERENCES);
        assert_eq!(said.before.last().copied(), Key::of_message_id("<2999@x>"));
        let said = said_by(&bag(|b| {
            b.set(tags::INTERNET_REFERENCES, "<1@x> <2@x>");
            b.set(tags::IN_REPLY_TO_ID, "<2@x> <3@x>");
        }));
        let expected = ["3@x", "1@x", "2@x"].map(|id| Key::of_message_id(id).unwrap());
        assert_eq!(said.before, expected);
    }

    #[test]
    fn large_lists_are_read_from_their_end() {
        let text = "<1@x> ".repeat(400_000) + "<last@x>";
        let size = u64::try_from(text.len()).unwrap();
        let large = LargeRef {
            ty: PropType::UNICODE,
            size,
            place: LargePlace::Present([1; 32]),
        };
        let mut body = StoredMessage::default();
        let id = tags::INTERNET_REFERENCES.id();
        body.props.insert(id, Slot::Large(large));
        let meta = crate::conversation::loose_meta();
        let open = |_: &LargeRef| Some(Box::new(Cursor::new(text.clone())) as Box<dyn Read>);
        let row = crate::engine::MessageRow {
            meta: &meta,
            body: &body,
            open: &open,
        };
        let said = Said::by(&row);
        assert_eq!(said.before.len(), MOST_REFERENCES);
        assert_eq!(said.before.last().copied(), Key::of_message_id("last@x"));
        assert_eq!(links(&row).keys.len(), 2);
    }
}
