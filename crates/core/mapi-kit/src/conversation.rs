//! Conversations: the index that says where a message stands in its own ([`ConversationIndex`]), what ties messages together
//! ([`links`]), which of them make one ([`place`]), and in which order they stand ([`arrange`]).
//! Reference: "Tracking Conversations", "ScCreateConversationIndex"; [MS-OXOMSG] 2.2.1.3 (requirements STO-17, HLP-04)

mod arrange;
mod links;
mod threads;

use mapi_props::{Bag, FileTime, Guid, StoredMessage, tags};
use mapi_spi::{ItemId, ItemKind, ItemMeta, Support};

pub use arrange::{LOOKED_AT, Leaf, Placed, arrange};
pub use links::{Key, Links, MOST_REFERENCES, Said, Topic, is_linking, links};
pub use threads::{Threads, TopicThread, place, root};

use crate::engine::MessageRow;

/// Bytes of the header.
const HEADER: usize = 22;
/// Bytes of each block that a reply adds.
const CHILD: usize = 5;
/// From this many 100 ns on (about 1.78 years), a delay is told in the coarser form.
const COARSE_FROM: u64 = 1 << 49;
/// What of a delay the finer and the coarser form drop at the low end.
const FINE_SHIFT: u32 = 18;
const COARSE_SHIFT: u32 = 23;
/// The bit that says which form it is.
const COARSE: u32 = 1 << 31;

/// PR_CONVERSATION_INDEX: when a conversation began and which one it is, then a block for each reply on the way to this
/// message. Ordered as bytes are, a message stands before those that answer it, and these by time.
///
/// ```
/// use mapi_kit::conversation::ConversationIndex;
/// use mapi_props::{FileTime, Guid};
///
/// let start = FileTime::from_unix(1_700_000_000);
/// let first = ConversationIndex::start(start, Guid([7; 16]));
/// let reply = first.reply(FileTime::from_unix(1_700_000_060), 3);
/// assert_eq!((first.depth(), reply.depth()), (0, 1));
/// assert_eq!(reply.thread(), first.thread());
/// assert!(first < reply);
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConversationIndex(Vec<u8>);

impl ConversationIndex {
    /// The index of a new message (ScCreateConversationIndex): a reply's to the message with the index `parent`; without
    /// one, or if that is malformed, the first of a new conversation.
    #[must_use]
    pub fn create(parent: &[u8], support: &dyn Support) -> Self {
        match Self::parse(parent) {
            Some(parent) => {
                let mut chance = [0];
                support.random(&mut chance);
                parent.reply(support.now(), chance[0])
            }
            None => Self::start(support.now(), support.new_guid()),
        }
    }

    /// The index of the first message of conversation `thread`.
    #[must_use]
    pub fn start(now: FileTime, thread: Guid) -> Self {
        let mut bytes = vec![1];
        bytes.extend_from_slice(&now.0.to_be_bytes()[1..6]);
        bytes.extend_from_slice(thread.as_bytes());
        Self(bytes)
    }

    /// The index of a reply made at `now`. The low four bits of `chance` tell replies of one moment apart.
    #[must_use]
    pub fn reply(&self, now: FileTime, chance: u8) -> Self {
        let delay = now.0.saturating_sub(self.started().0);
        let (form, shift) = if delay < COARSE_FROM {
            (0, FINE_SHIFT)
        } else {
            (COARSE, COARSE_SHIFT)
        };
        let told = u32::try_from(delay >> shift).unwrap_or(u32::MAX) & !COARSE;
        let sequence = u8::try_from((self.depth() + 1) % 16).unwrap_or(0);
        let mut bytes = self.0.clone();
        bytes.extend_from_slice(&(form | told).to_be_bytes());
        bytes.push(chance << 4 | sequence);
        Self(bytes)
    }

    /// Reads an index; `None` for bytes that are none.
    #[must_use]
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        let replies = bytes.len().checked_sub(HEADER)?;
        let good = bytes.first() == Some(&1) && replies.is_multiple_of(CHILD);
        good.then(|| Self(bytes.to_vec()))
    }

    /// Its bytes, as PR_CONVERSATION_INDEX holds them.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// When the conversation began; exact to 6.6 ms.
    #[must_use]
    pub fn started(&self) -> FileTime {
        let mut time = [0; 8];
        let told = self.0.iter().take(6);
        time.iter_mut().zip(told).for_each(|(to, from)| *to = *from);
        FileTime(u64::from_be_bytes(time))
    }

    /// Which conversation it is; conversations of one topic differ by it.
    #[must_use]
    pub fn thread(&self) -> Guid {
        let bytes = self.0.get(6..HEADER).and_then(|b| b.try_into().ok());
        Guid(bytes.unwrap_or_default())
    }

    /// How many replies lie between the first message and this one.
    #[must_use]
    pub const fn depth(&self) -> usize {
        self.0.len().saturating_sub(HEADER) / CHILD
    }

    /// How long after the beginning of the conversation each reply was made, in 100 ns, from the first to this one.
    /// Exact to 26 ms up to 1.78 years, then to 0.84 s.
    #[must_use]
    pub fn delays(&self) -> Vec<u64> {
        let blocks = self.0.get(HEADER..).unwrap_or_default().chunks_exact(CHILD);
        let delay = |block: &[u8]| {
            let told = u32::from_be_bytes(*block.first_chunk()?);
            let shift = if told & COARSE == 0 {
                FINE_SHIFT
            } else {
                COARSE_SHIFT
            };
            Some(u64::from(told & !COARSE) << shift)
        };
        blocks.filter_map(delay).collect()
    }
}

/// [`links`] of a message that is in no store and has no large values.
#[must_use]
pub fn links_of(props: &Bag) -> Links {
    with_loose(props, |row| links(row))
}

fn with_loose<T>(props: &Bag, look: impl FnOnce(&MessageRow<'_>) -> T) -> T {
    let body = StoredMessage {
        props: props.clone(),
        ..StoredMessage::default()
    };
    look(&MessageRow {
        meta: &loose_meta(),
        body: &body,
        open: &|_| None,
    })
}

/// What is known of a message that is in no store.
fn loose_meta() -> ItemMeta {
    ItemMeta {
        id: ItemId(0),
        parent: ItemId(0),
        kind: ItemKind::Message { associated: false },
        deleted: false,
        change: 0,
        content_version: 0,
        flags: 0,
        status: 0,
        size: 0,
        thread: None,
    }
}

/// What a store fills in when a message is saved, never over what is there: the index at the first save, the topic then or
/// when a draft gets its first subject.
pub(crate) fn fill(props: &mut Bag, base: &Bag, first: bool, now: FileTime, thread: Guid) {
    let (index, topic) = (tags::CONVERSATION_INDEX.id(), tags::CONVERSATION_TOPIC.id());
    let subject = tags::NORMALIZED_SUBJECT.id();
    let named_late = base.contains(&index) && !base.contains(&topic) && !base.contains(&subject);
    if (first || named_late)
        && !props.contains(&topic)
        && let Some(text) = props.text(tags::NORMALIZED_SUBJECT).map(str::to_owned)
    {
        props.set(tags::CONVERSATION_TOPIC, text);
    }
    if first && !props.contains(&index) {
        let made = ConversationIndex::start(now, thread);
        props.set(tags::CONVERSATION_INDEX, made.as_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::{ConversationIndex, fill};
    use mapi_props::{Bag, FileTime, Guid, tags};

    const START: FileTime = FileTime(0x01DA_1234_5678_9ABC);
    const SECOND: u64 = 10_000_000;

    #[test]
    fn the_header_is_the_top_of_the_time_and_a_guid() {
        let index = ConversationIndex::start(START, Guid([9; 16]));
        assert_eq!(index.as_bytes()[..6], [1, 0xDA, 0x12, 0x34, 0x56, 0x78]);
        assert_eq!(index.as_bytes()[6..], [9; 16]);
        assert_eq!(index.started().0, START.0 & !0xFFFF);
        assert_eq!((index.depth(), index.delays()), (0, vec![]));
    }

    #[test]
    fn delays_are_told_finely_and_then_coarsely() {
        let index = ConversationIndex::start(START, Guid([9; 16]));
        let year = 365 * 86_400 * SECOND;
        for (delay, exact_to) in [
            (0, 262_144),
            (60 * SECOND, 262_144),
            ((1 << 49) - 1, 262_144),
            (1 << 49, 1 << 23),
            (30 * year, 1 << 23),
        ] {
            let now = FileTime(index.started().0 + delay);
            let reply = index.reply(now, 0xF5);
            assert_eq!(reply.as_bytes().len(), 27);
            assert_eq!(reply.as_bytes()[..22], *index.as_bytes());
            let told = reply.delays()[0];
            assert!(told <= delay && delay - told < exact_to, "{delay}: {told}");
            assert_eq!(reply.as_bytes()[22] & 0x80 != 0, delay >= 1 << 49);
            assert_eq!(reply.as_bytes()[26], 0x51);
        }
        // A clock that went back makes no negative delay, one far ahead no overflow.
        assert_eq!(index.reply(FileTime(0), 0).delays(), [0]);
        assert!(index.reply(FileTime(u64::MAX), 0).delays()[0] > 0);
    }

    #[test]
    fn malformed_parents_are_none() {
        let index = ConversationIndex::start(START, Guid([9; 16]));
        let reply = index.reply(FileTime(START.0 + SECOND), 0);
        for len in 0..reply.as_bytes().len() {
            let parsed = ConversationIndex::parse(&reply.as_bytes()[..len]);
            assert_eq!(parsed.is_some(), len == 22, "{len}");
        }
        assert_eq!(ConversationIndex::parse(reply.as_bytes()), Some(reply));
    }

    #[test]
    fn what_is_there_stays_and_a_late_subject_is_the_topic() {
        let fill = |props: &Bag, base: &Bag, first| {
            let mut props = props.clone();
            fill(&mut props, base, first, START, Guid([9; 16]));
            props
        };
        let mut draft = Bag::new();
        let saved = fill(&draft, &Bag::new(), true);
        assert!(saved.contains(&tags::CONVERSATION_INDEX.id()));
        assert!(!saved.contains(&tags::CONVERSATION_TOPIC.id()));
        draft = saved.clone();
        draft.set(tags::NORMALIZED_SUBJECT, "Budget");
        let named = fill(&draft, &saved, false);
        assert_eq!(named.text(tags::CONVERSATION_TOPIC), Some("Budget"));
        let mut renamed = named.clone();
        renamed.set(tags::NORMALIZED_SUBJECT, "Other");
        assert_eq!(fill(&renamed, &named, false), renamed);
        // Mail that came without is left alone.
        let mut mail = Bag::new();
        mail.set(tags::NORMALIZED_SUBJECT, "Budget");
        assert_eq!(fill(&mail, &mail, false), mail);
    }
}
