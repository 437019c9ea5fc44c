//! Making an outline: one pass over the keys of the rows of the store's view, in any order.

use std::collections::HashMap;

use mapi_props::message_flags;
use mapi_query::{cell_key_into, is_missing_key};
use mapi_spi::RowKeys;

use super::folds::HeadingId;
use super::levels::{Extreme, Level, Levels};
use super::outline::{Category, Leaf, Outline, Span};

/// A category while rows are still coming in.
#[derive(Debug)]
struct Node {
    id: HeadingId,
    parent: Option<u32>,
    depth: usize,
    key: Box<[u8]>,
    /// The key of the value that orders it in place of its own, once a row has one.
    extreme: Option<Box<[u8]>>,
    unread: u32,
}

/// Takes rows in and puts them in order.
#[derive(Debug)]
pub(super) struct Builder<'a> {
    levels: &'a Levels,
    nodes: Vec<Node>,
    by_id: HashMap<HeadingId, u32>,
    /// The keys of the leaves.
    keys: Vec<u8>,
    /// Their categories are still nodes.
    leaves: Vec<Leaf>,
    scratch: Vec<u8>,
}

impl<'a> Builder<'a> {
    pub(super) fn new(levels: &'a Levels) -> Self {
        Self {
            levels,
            nodes: Vec::new(),
            by_id: HashMap::new(),
            keys: Vec::new(),
            leaves: Vec::new(),
            scratch: Vec::new(),
        }
    }

    /// Takes in a row by its keys in the flat order. Rows beyond 4,294,967,295 are left out.
    pub(super) fn add(&mut self, row: &RowKeys<'_>) {
        if self.leaves.len() >= usize::try_from(u32::MAX).unwrap_or(usize::MAX) {
            return;
        }
        let mut parent = None;
        for (depth, level) in self.levels.levels.iter().enumerate() {
            let n = self.node(depth, level, parent, row);
            self.note(n, level, row);
            parent = Some(n);
        }
        let start = self.keys.len();
        for column in self.levels.leaf..self.levels.flat.columns.len() {
            self.keys.extend_from_slice(row.column(column));
        }
        self.leaves.push(Leaf {
            item: row.item,
            instance: row.instance,
            category: parent.unwrap_or(0),
            key: span(start, self.keys.len()),
        });
    }

    /// The category of a row at a level.
    fn node(&mut self, depth: usize, level: &Level, parent: Option<u32>, row: &RowKeys<'_>) -> u32 {
        self.scratch.clear();
        for column in &level.columns {
            self.scratch.extend_from_slice(row.column(*column));
        }
        let within = parent.and_then(|n| self.nodes.get(index(n)));
        let id = heading_id(within.map(|n| &n.id), &self.scratch);
        if let Some(n) = self.by_id.get(&id) {
            return *n;
        }
        let n = u32::try_from(self.nodes.len()).unwrap_or(u32::MAX);
        self.by_id.insert(id, n);
        self.nodes.push(Node {
            id,
            parent,
            depth,
            key: self.scratch.as_slice().into(),
            extreme: None,
            unread: 0,
        });
        n
    }

    fn note(&mut self, n: u32, level: &Level, row: &RowKeys<'_>) {
        let Some(node) = self.nodes.get_mut(index(n)) else {
            return;
        };
        node.unread += u32::from(row.flags & message_flags::READ == 0);
        let Some((column, extreme)) = level.by else {
            return;
        };
        let key = row.column(column);
        let largest = (extreme == Extreme::Max) != level.descending;
        let better = node
            .extreme
            .as_deref()
            .is_none_or(|best| if largest { key > best } else { key < best });
        if better && !is_missing_key(key) {
            node.extreme = Some(key.into());
        }
    }

    /// The outline, true for this number.
    pub(super) fn finish(mut self, seq: u64) -> Outline {
        let ranks = self.ranks();
        let rank = |n: u32| ranks.get(index(n)).copied().unwrap_or(0);
        let mut leaves = std::mem::take(&mut self.leaves);
        let keys = &self.keys;
        let key = |leaf: &Leaf| {
            let len = usize::try_from(leaf.key.len).unwrap_or(0);
            keys.get(leaf.key.at..leaf.key.at + len).unwrap_or_default()
        };
        leaves.sort_unstable_by(|a, b| {
            (rank(a.category).cmp(&rank(b.category)))
                .then_with(|| key(a).cmp(key(b)))
                .then_with(|| (a.item, a.instance).cmp(&(b.item, b.instance)))
        });
        let categories = self.categories(&mut leaves);
        let depth = self.levels.depth();
        Outline::new(seq, depth, self.keys, (categories, leaves))
    }

    /// Where each category stands among those of its level.
    fn ranks(&self) -> Vec<u32> {
        let mut ranks = vec![0_u32; self.nodes.len()];
        for (depth, level) in self.levels.levels.iter().enumerate() {
            let parent = |node: &Node| node.parent.and_then(|p| ranks.get(index(p)).copied());
            let here = self
                .nodes
                .iter()
                .enumerate()
                .filter(|(_, n)| n.depth == depth);
            let mut order: Vec<_> = here
                .map(|(n, node)| (parent(node), self.order_key(level, node), n))
                .collect();
            order.sort_unstable();
            for (rank, (_, _, n)) in (0..).zip(order) {
                if let Some(slot) = ranks.get_mut(n) {
                    *slot = rank;
                }
            }
        }
        ranks
    }

    /// What orders a category among those of its parent.
    fn order_key(&self, level: &Level, node: &Node) -> Vec<u8> {
        let mut key = Vec::with_capacity(node.key.len() + 16);
        if let Some((at, _)) = level.by {
            match (&node.extreme, self.levels.flat.columns.get(at)) {
                (Some(extreme), _) => key.extend_from_slice(extreme),
                (None, Some(column)) => cell_key_into(*column, None, &mut key),
                (None, None) => {}
            }
        }
        key.extend_from_slice(&node.key);
        key
    }

    /// The categories in table order, from the leaves in that order, which then name them.
    fn categories(&mut self, leaves: &mut [Leaf]) -> Vec<Category> {
        let mut all: Vec<Category> = Vec::with_capacity(self.nodes.len());
        let mut open: Vec<(u32, u32)> = Vec::new();
        for (row, leaf) in (0_u32..).zip(leaves.iter_mut()) {
            if open.last().map(|(node, _)| *node) != Some(leaf.category) {
                let path = self.path(leaf.category);
                let same = (open.iter().zip(&path))
                    .take_while(|((o, _), p)| o == *p)
                    .count();
                close(&mut all, &mut open, same, row);
                for node in path.into_iter().skip(same) {
                    let n = u32::try_from(all.len()).unwrap_or(u32::MAX);
                    let parent = open.last().map(|(_, n)| *n);
                    all.extend(self.category(node, parent, row));
                    open.push((node, n));
                }
            }
            leaf.category = open.last().map_or(0, |(_, n)| *n);
        }
        let end = u32::try_from(leaves.len()).unwrap_or(u32::MAX);
        close(&mut all, &mut open, 0, end);
        all
    }

    /// A node and those that it is in, the outermost first.
    fn path(&self, node: u32) -> Vec<u32> {
        let mut path = Vec::with_capacity(self.levels.depth());
        let mut next = Some(node);
        while let Some(n) = next {
            path.push(n);
            next = self.nodes.get(index(n)).and_then(|node| node.parent);
        }
        path.reverse();
        path
    }

    fn category(&mut self, n: u32, parent: Option<u32>, row: u32) -> Option<Category> {
        let depth = self.nodes.get(index(n))?.depth;
        let level = self.levels.levels.get(depth)?;
        let key = self.order_key(level, self.nodes.get(index(n))?);
        let start = self.keys.len();
        self.keys.extend_from_slice(&key);
        let node = self.nodes.get(index(n))?;
        Some(Category {
            id: node.id,
            parent,
            depth: u8::try_from(depth).unwrap_or(u8::MAX),
            from_start: level.expanded,
            expanded: level.expanded,
            key: span(start, self.keys.len()),
            leaves: row..row,
            unread: node.unread,
            after: 0,
        })
    }
}

/// Ends the innermost open categories, all but `keep`, before this row.
fn close(all: &mut [Category], open: &mut Vec<(u32, u32)>, keep: usize, row: u32) {
    let after = u32::try_from(all.len()).unwrap_or(u32::MAX);
    for (_, n) in open.drain(keep..) {
        if let Some(category) = all.get_mut(index(n)) {
            category.leaves.end = row;
            category.after = after;
        }
    }
}

/// What a category is known by: its own key and those of the categories that it is in.
fn heading_id(within: Option<&HeadingId>, key: &[u8]) -> HeadingId {
    let mut hasher = blake3::Hasher::new();
    hasher.update(within.map_or(&[0; 16], |id| id));
    hasher.update(key);
    let mut id = HeadingId::default();
    hasher.finalize_xof().fill(&mut id);
    id
}

fn span(start: usize, end: usize) -> Span {
    Span {
        at: start,
        len: u32::try_from(end - start).unwrap_or(0),
    }
}

fn index(n: u32) -> usize {
    usize::try_from(n).unwrap_or(usize::MAX)
}
