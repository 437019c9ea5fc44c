//! What indexes and tables can tell of a restriction. It may only narrow: rows are still tested exactly.

mod facet;
#[cfg(test)]
mod tests;

use mapi_props::{
    BitOp, FuzzyLevel, MatchKind, PropTag, PropType, PropValue, RelOp, Restriction, SortColumn,
    SortOrder, message_flags, tags,
};
use mapi_query::{SearchNeedle, decode_ansi};
use mapi_spi::{Call, ItemId, Result};
use rusqlite::Connection;

use crate::order::{self, DATE, MISSING_KEY, Order, Shape, UNREAD, key_of};
pub(super) use facet::{Facet, WEIGHED};

/// Texts longer than this are not looked up by their hash.
const LOOKED_UP_BYTES: usize = 4096;
/// With so few candidates, testing them is cheaper than another index.
const FEW: usize = 2000;

/// What every matching message keeps to.
#[derive(Debug, Clone, Default)]
pub(crate) struct Narrow {
    /// Runs of indexes, in each of which it stands.
    pub(super) facets: Vec<Facet>,
    /// The only facet is the restriction itself: what stands in it matches.
    pub(super) whole: bool,
    /// The PR_CONVERSATION_ID that it has.
    pub(super) conversation: Option<Vec<u8>>,
    /// Flags that it does not have, and of which it has at least one.
    pub(super) without: u32,
    pub(super) with: Option<u32>,
}

impl Narrow {
    /// What follows from a restriction.
    pub(crate) fn of(restriction: Option<&Restriction>) -> Self {
        let mut narrow = Self::default();
        let Some(restriction) = restriction else {
            return narrow;
        };
        let said = match restriction {
            // It cuts what the child gives.
            Restriction::Count { child, .. } => {
                narrow.take(child);
                false
            }
            other => narrow.take(other),
        };
        narrow.tighten();
        narrow.whole = said && narrow.facets.len() == 1;
        narrow
    }

    /// Takes a restriction that must hold in; whether facets now say all of it.
    fn take(&mut self, restriction: &Restriction) -> bool {
        use Restriction as R;
        match restriction {
            R::And(children) => {
                let said = children.iter().map(|c| self.take(c));
                said.fold(true, |all, one| all & one)
            }
            R::Comment {
                child: Some(child), ..
            } => self.take(child),
            R::Bitmask { op, tag, mask } => self.flags(*op, *tag, *mask),
            // Every message has flags, so one of the two holds.
            R::Not(child) => match **child {
                R::Bitmask { op, tag, mask } => {
                    let opposite = match op {
                        BitOp::Zero => BitOp::NonZero,
                        BitOp::NonZero => BitOp::Zero,
                    };
                    self.flags(opposite, tag, mask)
                }
                _ => false,
            },
            R::Property {
                op: RelOp::Eq,
                tag,
                value: PropValue::Binary(id),
                ..
            } if *tag == tags::CONVERSATION_ID.raw() => {
                self.conversation = Some(id.clone());
                false
            }
            R::Property { op, tag, value, .. } => match text(value) {
                Some(text) if *op == RelOp::Eq => self.equal(*tag, &text),
                Some(_) => self.text_from(*op, *tag, value),
                None => self.range(*op, *tag, value),
            },
            R::Content {
                kind,
                fuzzy,
                tag,
                value,
                ..
            } => {
                if let Some(text) = text(value) {
                    self.content(*kind, *fuzzy, *tag, &text);
                }
                false
            }
            _ => false,
        }
    }

    fn flags(&mut self, op: BitOp, tag: PropTag, mask: u32) -> bool {
        if tag != tags::MESSAGE_FLAGS.raw() {
            return false;
        }
        match op {
            BitOp::Zero => self.without |= mask,
            BitOp::NonZero => self.with = Some(self.with.unwrap_or(mask)),
        }
        if op == BitOp::Zero
            && mask & message_flags::READ != 0
            && let Some(order) = order::by_id(UNREAD)
        {
            self.add(Facet::all(order));
            return mask == message_flags::READ;
        }
        false
    }

    /// Bounds of a number or time that has an order. Greater values have smaller keys.
    fn range(&mut self, op: RelOp, tag: PropTag, value: &PropValue) -> bool {
        let Some(order) = order::for_value(tag).filter(|_| value.ty() == tag.ty()) else {
            return false;
        };
        let key = key_of(order, Some(value));
        // Just above, and just below: what begins like the key without its end mark is no smaller.
        let above = [key.as_slice(), &[0]].concat();
        let mut below = key.clone();
        below.pop();
        let mut facet = Facet::all(order);
        // A message without the property satisfies none of these.
        facet.at_most(MISSING_KEY);
        match op {
            RelOp::Gt => facet.at_most(&key),
            RelOp::Ge => facet.at_most(&above),
            RelOp::Lt => facet.at_least(&key),
            RelOp::Le => facet.at_least(&below),
            RelOp::Eq => {
                facet.at_most(&above);
                facet.at_least(&below);
            }
            RelOp::Ne | RelOp::Re => return false,
        }
        self.add(facet);
        true
    }

    /// Where texts from some text on begin. Those that are large stand last in an order, so only an end could miss them.
    fn text_from(&mut self, op: RelOp, tag: PropTag, value: &PropValue) -> bool {
        let from = matches!(op, RelOp::Gt | RelOp::Ge) && is_one_text(tag);
        let column = SortColumn::ascending(tag);
        let order = order::for_column(column).filter(|o| from && o.natural == SortOrder::Ascend);
        if let Some(order) = order.filter(|o| o.tag != tags::MESSAGE_CLASS.raw()) {
            // Keys that were cut are alike from here on.
            let mut below = key_of(order, Some(value));
            below.pop();
            let mut facet = Facet::all(order);
            facet.at_least(&below);
            self.add(facet);
        }
        false
    }

    fn equal(&mut self, tag: PropTag, text: &str) -> bool {
        let order = order::facet_of(tag, Shape::Equal).filter(|_| is_one_text(tag));
        if let Some(order) = order.filter(|_| text.len() <= LOOKED_UP_BYTES) {
            self.add(Facet::below(order, order::equal_prefix(tag, text)));
        }
        // Another text may have the same hash.
        false
    }

    fn content(&mut self, kind: MatchKind, fuzzy: FuzzyLevel, tag: PropTag, text: &str) {
        if kind == MatchKind::FullString && fuzzy == FuzzyLevel::default() {
            self.equal(tag, text);
            return;
        }
        let order = order::facet_of(tag, Shape::Folded).filter(|_| is_one_text(tag));
        if let Some(order) = order
            && let Some(needle) = SearchNeedle::covering(text, fuzzy)
        {
            self.add(Facet {
                needle: Some(needle),
                ..Facet::all(order)
            });
        }
    }

    /// Adds a facet; two runs of one index are where they meet.
    fn add(&mut self, facet: Facet) {
        let same = |f: &&mut Facet| {
            f.order.id == facet.order.id && f.prefix == facet.prefix && facet.needle.is_none()
        };
        match self.facets.iter_mut().find(same) {
            Some(known) => known.meet(&facet.low, &facet.high),
            None => self.facets.push(facet),
        }
    }

    /// Facets that end in the delivery time take its bounds over.
    fn tighten(&mut self) {
        let Some(at) = self.facets.iter().position(|f| f.order.id == DATE) else {
            return;
        };
        let takes = |f: &Facet| matches!(f.order.shape, Shape::Unread | Shape::Equal);
        if !self.facets.iter().any(takes) {
            return;
        }
        let date = self.facets.remove(at);
        for facet in self.facets.iter_mut().filter(|f| takes(f)) {
            let [low, high] =
                [&date.low, &date.high].map(|b| [&facet.prefix, b.as_slice()].concat());
            facet.meet(&low, &high);
        }
    }

    /// The indexes that are worth being made. An order by text serves where the view is sorted by it anyhow.
    pub(super) fn orders(&self) -> impl Iterator<Item = Order> + '_ {
        let orders = self.facets.iter().map(|f| f.order);
        orders.filter(|o| o.shape != Shape::Sorted || o.natural == SortOrder::Descend)
    }

    /// Forgets the facets that cannot be read in this part of a container.
    pub(super) fn keep_ready(
        &mut self,
        db: &Connection,
        container: ItemId,
        part: u8,
    ) -> Result<()> {
        let mut kept = Vec::with_capacity(self.facets.len());
        for facet in std::mem::take(&mut self.facets) {
            if order::is_ready(db, facet.order)? && facet.is_sound(db, container, part)? {
                kept.push(facet);
            } else {
                self.whole = false;
            }
        }
        self.facets = kept;
        Ok(())
    }

    /// The messages of a part of a container that can match, by number; `None`: perhaps all.
    pub(super) fn candidates(
        &self,
        db: &Connection,
        container: ItemId,
        part: u8,
        call: &Call,
    ) -> Result<Option<Vec<u64>>> {
        // The folded texts are read whole, so they come last.
        let mut ranked = Vec::with_capacity(self.facets.len());
        for facet in &self.facets {
            let rank = match facet.needle {
                Some(_) => u64::MAX,
                None => facet.estimate(db, container, part)?,
            };
            ranked.push((rank, facet));
        }
        ranked.sort_by_key(|(rank, _)| *rank);
        let mut found: Option<Vec<u64>> = None;
        for (_, facet) in ranked {
            if found.as_ref().is_some_and(|ids| ids.len() <= FEW) {
                break;
            }
            let ids = facet.ids(db, container, part, call)?;
            found = Some(match found {
                Some(known) => in_both(&known, &ids),
                None => ids,
            });
        }
        Ok(found)
    }
}

/// What is in both of two ascending lists.
fn in_both(a: &[u64], b: &[u64]) -> Vec<u64> {
    let mut b = b.iter().copied().peekable();
    let in_b = |id: &u64| {
        while b.next_if(|other| other < id).is_some() {}
        b.peek() == Some(id)
    };
    a.iter().copied().filter(in_b).collect()
}

/// A tag that single texts answer to, and nothing else.
const fn is_one_text(tag: PropTag) -> bool {
    matches!(tag.ty(), PropType::UNICODE | PropType::STRING8)
}

fn text(value: &PropValue) -> Option<std::borrow::Cow<'_, str>> {
    match value {
        PropValue::Unicode(text) => Some(text.into()),
        PropValue::String8(text) => Some(decode_ansi(text)),
        _ => None,
    }
}
