//! Conversations of a world: who answers whom, and whether the store finds them together.

use std::collections::BTreeSet;

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use testkit::Chance;

use crate::world::{Places, World};

/// So many sources in a row are one conversation.
const FAMILY: usize = 5;

/// The header fields by which the source `n` answers those before it in its conversation; none for the first one.
pub(crate) fn answers(n: usize) -> String {
    let first = n - n % FAMILY;
    if n == first {
        return String::new();
    }
    let id = |n: usize| format!("<{n}@torture.example>");
    let before: Vec<_> = (first..n).map(id).collect();
    format!(
        "In-Reply-To: {}\r\nReferences: {}\r\n",
        id(n - 1),
        before.join(" ")
    )
}

impl World {
    /// Of some messages chosen by chance the conversation is all that is there of it, in whatever folders, and no other.
    pub(crate) fn examine_threads(
        &self,
        places: &Places,
        most: usize,
        chance: &mut Chance,
    ) -> Result<()> {
        let mut there: Vec<usize> = places.keys().copied().collect();
        chance.shuffle(&mut there);
        for n in there.into_iter().take(most) {
            let first = n - n % FAMILY;
            let family = places.range(first..first + FAMILY);
            let family: BTreeSet<&str> = family.map(|(_, found)| found.id.as_str()).collect();
            let id = places.get(&n).map(|found| found.id.as_str());
            let thread = self.json(&["thread", id.context("a message")?])?;
            let members = thread.get("members").and_then(Value::as_array);
            let members = members.context("a conversation has members")?.iter();
            let shown = members.map(|m| m.get("id").and_then(Value::as_str));
            let shown: Vec<&str> = shown
                .collect::<Option<_>>()
                .context("a member without id")?;
            ensure!(
                shown.len() == family.len()
                    && shown.iter().copied().collect::<BTreeSet<_>>() == family,
                "message {n} is in the conversation {shown:?}, not in {family:?}"
            );
        }
        Ok(())
    }
}
