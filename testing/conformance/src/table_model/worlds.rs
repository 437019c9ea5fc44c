//! What there is to have tables of: objects that are made, changed and taken away through other handles than the table's.

mod folders;
mod memory;
mod messages;

use mapi::{Result, Table};
use mapi_spi::ItemId;
use testkit::Chance;

use super::model::{Looks, Row};

pub(super) use folders::Folders;
pub(super) use memory::{Attachments, Data, Recipients};
pub(super) use messages::{Kind, Messages};

/// Objects and the table of them.
pub(super) trait World {
    /// Opens the table; its columns are [`Looks::columns`].
    fn table(&self) -> Result<Table>;
    /// What its columns are.
    fn looks(&self) -> Looks;
    /// The rows that there are, in any order.
    fn rows(&self) -> Vec<Row>;
    /// Adds, changes or takes away something, keeping about `size` objects; which of the objects that were there before it
    /// touched.
    fn mutate(&mut self, chance: &mut Chance, size: usize) -> Result<Vec<ItemId>>;
}

/// What a world does next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Deed {
    Add,
    Remove(usize),
    Change(usize),
}

/// Chooses a deed for a world of `now` objects.
fn deed(chance: &mut Chance, now: usize, size: usize) -> Deed {
    let full = now > size + size / 4;
    let kind = chance.below(if full { 60 } else { 100 });
    if kind >= 60 || now == 0 {
        return Deed::Add;
    }
    let at = chance.in_range(0..now);
    match kind {
        0..25 => Deed::Remove(at),
        _ => Deed::Change(at),
    }
}

/// Text of few letters, so that much of it is equal; sometimes none.
fn text(chance: &mut Chance) -> Option<String> {
    if chance.percent(12) {
        return None;
    }
    let letters = ["a", "b", "c", "d"];
    let length = chance.in_range(1..4);
    Some((0..length).map(|_| *chance.pick(&letters)).collect())
}

/// A small number; sometimes none.
fn number(chance: &mut Chance) -> Option<i32> {
    let some = chance.percent(75);
    some.then(|| i32::try_from(chance.below(5)).unwrap() - 2)
}
