//! What a new compound file is to hold.

use std::cmp::Ordering;

use mapi_props::{Guid, LargeSource};

/// A storage to be written, with what is in it.
#[derive(Debug, Default)]
pub(crate) struct Storage {
    pub(crate) class: Guid,
    pub(crate) state: u32,
    pub(crate) created: u64,
    pub(crate) modified: u64,
    /// By name; the order does not matter, of two of one name the first is written.
    pub(crate) nodes: Vec<(String, Node)>,
}

/// A storage or stream to be written.
#[derive(Debug)]
pub(crate) enum Node {
    Storage(Storage),
    Stream(LargeSource),
}

impl Storage {
    pub(crate) fn stream(&mut self, name: impl Into<String>, bytes: impl Into<LargeSource>) {
        self.nodes.push((name.into(), Node::Stream(bytes.into())));
    }

    pub(crate) fn storage(&mut self, name: impl Into<String>, storage: Self) {
        self.nodes.push((name.into(), Node::Storage(storage)));
    }

    /// Brings the nodes into the order of a directory, each name once.
    pub(super) fn sort(&mut self) {
        self.nodes.sort_by(|(a, _), (b, _)| order(a, b));
        self.nodes
            .dedup_by(|(a, _), (b, _)| order(a, b) == Ordering::Equal);
    }
}

/// Shorter names come first, equally long ones by their upper-case form ([MS-CFB] 2.6.4).
fn order(a: &str, b: &str) -> Ordering {
    let length = |name: &str| name.encode_utf16().count();
    length(a)
        .cmp(&length(b))
        .then_with(|| upper(a).cmp(&upper(b)))
}

fn upper(name: &str) -> Vec<u16> {
    let one = |c: char| {
        let mut upper = c.to_uppercase();
        match (upper.next(), upper.next()) {
            (Some(one), None) => one,
            // Only letters with one upper-case letter have any here.
            _ => c,
        }
    };
    let text: String = name.chars().map(one).collect();
    text.encode_utf16().collect()
}
