//! The order of a conversation's messages: each below the one that it answers.
//! Reference: the algorithm of J. Zawinski ("message threading"), without its empty containers; [MS-OXOMSG] 2.2.1.3

use std::collections::HashMap;

use mapi_props::FileTime;
use mapi_spi::ItemId;

use super::links::is_reply_by_subject;
use super::{CHILD, ConversationIndex, HEADER, Key, Said};
use crate::engine::ItemRow;

/// References of one message that are looked at, from the last one on, when its parent is looked for.
pub const LOOKED_AT: usize = 32;

/// What the arrangement needs to know of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leaf {
    own: Option<Key>,
    /// Messages that it names, the nearest first.
    before: Vec<Key>,
    /// Its index, and those that it continues, the nearest first.
    index: Option<Key>,
    above: Vec<Key>,
    /// It says that there is a message before it.
    answers: bool,
    time: FileTime,
    id: ItemId,
}

/// Where a message stands in its conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Placed {
    /// Which of the messages given.
    pub message: usize,
    /// The message that it answers, as far as is known; none for the first ones.
    pub parent: Option<usize>,
    /// How many messages lie above it.
    pub depth: u32,
}

impl Leaf {
    /// A message, and the time when it was sent or came.
    #[must_use]
    pub fn of(row: &dyn ItemRow, time: FileTime) -> Self {
        let Said { own, before, index } = Said::by(row);
        let depth = index.as_ref().map_or(0, ConversationIndex::depth);
        let answers = !before.is_empty() || depth > 0 || is_reply_by_subject(row);
        Self {
            own,
            before: before.into_iter().rev().take(LOOKED_AT).collect(),
            index: index.as_ref().map(|index| Key::of_index(index.as_bytes())),
            above: index.as_ref().map_or_else(Vec::new, above),
            answers,
            time,
            id: row.meta().id,
        }
    }
}

/// Puts messages in the order of their conversation. The parent of a message is the nearest of its references that is
/// among them, else the one whose conversation index its own continues, else the first of all; messages that say nothing of
/// any before them have none. Siblings stand by time.
///
/// Costs O(n log n), whatever the messages say; cycles are cut at the message that came first.
#[must_use]
pub fn arrange(leaves: &[&Leaf]) -> Vec<Placed> {
    let mut order: Vec<usize> = (0..leaves.len()).collect();
    order.sort_by_key(|n| leaves.get(*n).map(|leaf| (leaf.time, leaf.id)));
    let parents = parents(leaves, &order);
    let mut children: Vec<Vec<usize>> = vec![Vec::new(); leaves.len()];
    let mut open: Vec<(usize, u32)> = Vec::new();
    // Against the order, as the walk takes the last one first.
    for n in order.iter().rev() {
        match parents.get(*n).copied().flatten() {
            Some(parent) => children
                .get_mut(parent)
                .into_iter()
                .for_each(|c| c.push(*n)),
            None => open.push((*n, 0)),
        }
    }
    let mut placed = Vec::with_capacity(leaves.len());
    while let Some((message, depth)) = open.pop() {
        placed.push(Placed {
            message,
            parent: parents.get(message).copied().flatten(),
            depth,
        });
        let below = children.get_mut(message).map(std::mem::take);
        open.extend(below.into_iter().flatten().map(|n| (n, depth + 1)));
    }
    placed
}

/// The parent of each message. `order`: the messages by time.
fn parents(leaves: &[&Leaf], order: &[usize]) -> Vec<Option<usize>> {
    let (mut by_id, mut by_index) = (HashMap::new(), HashMap::new());
    for n in order {
        let Some(leaf) = leaves.get(*n) else { continue };
        if let Some(own) = leaf.own {
            // Of copies the first one has the answers.
            by_id.entry(own).or_insert(*n);
        }
        if let Some(index) = leaf.index {
            by_index.entry(index).or_insert(*n);
        }
    }
    let named = |(n, leaf): (usize, &&Leaf)| {
        let referred = leaf.before.iter().find_map(|id| by_id.get(id).copied());
        let continued = || {
            leaf.above
                .iter()
                .find_map(|index| by_index.get(index).copied())
        };
        referred.or_else(continued).filter(|parent| *parent != n)
    };
    let mut parents: Vec<Option<usize>> = leaves.iter().enumerate().map(named).collect();
    cut_cycles(&mut parents, order);
    let is_first = |n: &&usize| parents.get(**n).copied().flatten().is_none();
    let first = order.iter().find(is_first).copied();
    for (n, leaf) in leaves.iter().enumerate() {
        if let Some(parent) = parents.get_mut(n)
            && parent.is_none()
            && leaf.answers
            && Some(n) != first
        {
            *parent = first;
        }
    }
    parents
}

/// The indexes of which this one is an answer, the nearest first.
fn above(index: &ConversationIndex) -> Vec<Key> {
    let depths = (0..index.depth()).rev().take(LOOKED_AT);
    let lengths = depths.map(|depth| HEADER + depth * CHILD);
    let indexes = lengths.filter_map(|len| index.as_bytes().get(..len));
    indexes.map(Key::of_index).collect()
}

/// How far the walk up from a message is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Walk {
    Unknown,
    UnderWay,
    Ends,
}

/// Takes its parent off one message of each cycle: the first by time.
fn cut_cycles(parents: &mut [Option<usize>], order: &[usize]) {
    let mut rank = vec![0; parents.len()];
    for (place, n) in order.iter().enumerate() {
        set(&mut rank, *n, place);
    }
    let mut walks = vec![Walk::Unknown; parents.len()];
    let mut way = Vec::new();
    for start in order {
        let mut at = Some(*start);
        while let Some(n) = at.filter(|n| walks.get(*n) == Some(&Walk::Unknown)) {
            set(&mut walks, n, Walk::UnderWay);
            way.push(n);
            at = parents.get(n).copied().flatten();
        }
        if let Some(n) = at.filter(|n| walks.get(*n) == Some(&Walk::UnderWay)) {
            let cycle = way.iter().skip_while(|m| **m != n);
            let earliest = cycle.min_by_key(|m| rank.get(**m));
            earliest.iter().for_each(|m| set(parents, **m, None));
        }
        for n in way.drain(..) {
            set(&mut walks, n, Walk::Ends);
        }
    }
}

fn set<T>(all: &mut [T], n: usize, value: T) {
    if let Some(one) = all.get_mut(n) {
        *one = value;
    }
}

#[cfg(test)]
mod tests {
    use mapi_props::{Bag, Guid, StoredMessage, tags};
    use proptest::prelude::*;

    use super::*;
    use crate::conversation::loose_meta;
    use crate::engine::MessageRow;

    fn leaf(n: u64, time: u64, set: impl FnOnce(&mut Bag)) -> Leaf {
        let mut meta = loose_meta();
        meta.id = ItemId(n);
        let mut body = StoredMessage::default();
        set(&mut body.props);
        let row = MessageRow {
            meta: &meta,
            body: &body,
            open: &|_| None,
        };
        Leaf::of(&row, FileTime(time))
    }

    fn mail(n: u64, time: u64, references: &str) -> Leaf {
        leaf(n, time, |bag| {
            bag.set(tags::INTERNET_MESSAGE_ID, format!("<{n}@x>"));
            if !references.is_empty() {
                bag.set(tags::INTERNET_REFERENCES, references);
            }
        })
    }

    /// Each message's number and depth, in the order of the conversation.
    fn check(leaves: &[Leaf], expected: &[(u64, u32)]) {
        let placed = arrange(&leaves.iter().collect::<Vec<_>>());
        let found: Vec<_> = placed
            .iter()
            .map(|p| (leaves[p.message].id.0, p.depth))
            .collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn answers_stand_below_what_they_answer_by_time() {
        let all = [
            mail(4, 40, "<1@x> <2@x>"),
            mail(3, 30, "<1@x>"),
            mail(2, 20, "<1@x>"),
            mail(1, 10, ""),
        ];
        check(&all, &[(1, 0), (2, 1), (4, 2), (3, 1)]);
        // The nearest that is there; who names none of them answers the first.
        let all = [
            mail(1, 10, ""),
            mail(5, 20, "<1@x> <missing@x>"),
            mail(6, 30, "<missing@x>"),
        ];
        check(&all, &[(1, 0), (5, 1), (6, 1)]);
        check(&[], &[]);
    }

    #[test]
    fn what_begins_stands_at_the_top_and_copies_beside_each_other() {
        let all = [mail(1, 10, ""), mail(2, 20, ""), mail(3, 30, "<1@x> <2@x>")];
        check(&all, &[(1, 0), (2, 0), (3, 1)]);
        let copy = Leaf {
            id: ItemId(9),
            time: FileTime(90),
            ..mail(3, 30, "<1@x>")
        };
        let all = [
            mail(1, 10, ""),
            mail(3, 30, "<1@x>"),
            copy,
            mail(4, 40, "<3@x>"),
        ];
        check(&all, &[(1, 0), (3, 1), (4, 2), (9, 1)]);
        let by_subject = |n, text: &str| leaf(n, n, |bag| bag.set(tags::SUBJECT, text));
        check(
            &[by_subject(1, "Plan"), by_subject(2, "AW: Plan")],
            &[(1, 0), (2, 1)],
        );
    }

    #[test]
    fn indexes_say_what_is_answered_where_references_do_not() {
        let first = ConversationIndex::start(FileTime(1 << 60), Guid([3; 16]));
        let second = first.reply(FileTime((1 << 60) + (1 << 40)), 1);
        let third = second.reply(FileTime((1 << 60) + (1 << 41)), 2);
        let by = |n, index: &ConversationIndex| {
            leaf(n, n, |bag| {
                bag.set(tags::CONVERSATION_INDEX, index.as_bytes())
            })
        };
        check(
            &[by(1, &first), by(2, &second), by(3, &third)],
            &[(1, 0), (2, 1), (3, 2)],
        );
        check(&[by(1, &first), by(3, &third)], &[(1, 0), (3, 1)]);
    }

    #[test]
    fn cycles_are_cut_where_they_began() {
        let all = [
            mail(1, 10, "<3@x>"),
            mail(2, 20, "<1@x>"),
            mail(3, 30, "<2@x>"),
        ];
        check(&all, &[(1, 0), (2, 1), (3, 2)]);
        check(&[mail(1, 10, "<1@x>")], &[(1, 0)]);
    }

    #[test]
    fn a_long_chain_neither_recurses_nor_costs_its_square() {
        let chain: Vec<_> = (0..100_000_u64)
            .map(|n| mail(n, n, &format!("<{}@x>", n.wrapping_sub(1))))
            .collect();
        let placed = arrange(&chain.iter().collect::<Vec<_>>());
        assert_eq!(placed.len(), chain.len());
        assert_eq!(placed.last().map(|p| p.depth), Some(99_999));
    }

    proptest! {
        /// Each message once, parents first, whatever references say.
        #[test]
        fn every_message_has_one_place(all in prop::collection::vec(prop::collection::vec(0..20_u64, 0..4), 0..20)) {
            let leaves: Vec<_> = all.iter().zip(0..).map(|(refs, n)| {
                let refs: Vec<_> = refs.iter().map(|r| format!("<{r}@x>")).collect();
                mail(n, n % 5, &refs.join(" "))
            }).collect();
            let placed = arrange(&leaves.iter().collect::<Vec<_>>());
            let mut depths = vec![None; leaves.len()];
            for p in &placed {
                prop_assert_eq!(depths[p.message], None);
                let above = p.parent.map(|parent| depths[parent].expect("the parent came before") + 1);
                prop_assert_eq!(p.depth, above.unwrap_or(0));
                depths[p.message] = Some(p.depth);
            }
            prop_assert_eq!(placed.len(), leaves.len());
        }
    }
}
