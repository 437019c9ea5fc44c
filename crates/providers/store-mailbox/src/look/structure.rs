//! Which folders there are, and whether that may have changed.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use mapi_props::{Code, FileTime};
use mapi_spi::{Call, Error, Result};

use crate::index::{Index, Marks, Wanted};
use crate::place;
use crate::walk::{Found, Kind, Walked, walk};

/// The name of the folder that a Maildir's own messages are in.
const INBOX: &str = "Inbox";

/// Whether a directory that was entered has another time by now. A mailbox that is one file is always looked at.
pub(super) fn is_stale(root: &Path, index: &Index) -> Result<bool> {
    let kept = index.walked()?.and_then(|bytes| of_bytes(&bytes));
    let Some((entered, marks)) = kept.filter(|(entered, _)| !entered.is_empty()) else {
        return Ok(true);
    };
    Ok(!parts(root, &entered).is_some_and(|parts| marks.holds(&parts)))
}

fn parts(root: &Path, entered: &[PathBuf]) -> Option<Vec<(FileTime, u64)>> {
    let changed = |place: &PathBuf| fs::metadata(root.join(place)).map(|m| (place::changed(&m), 0));
    entered.iter().map(changed).collect::<io::Result<_>>().ok()
}

/// Walks again, and makes the index's folders those that there are.
///
/// # Errors
/// `MAPI_E_NOT_FOUND` for a mailbox that has no folder at all: most likely it is not mounted, and nothing is forgotten.
pub(super) fn renew(root: &Path, index: &Index, call: &Call) -> Result<()> {
    let looked = place::now();
    let walked = walk(root, call)?;
    for (place, reason) in &walked.refused {
        let path = root.join(place);
        tracing::warn!(path = %path.display(), reason, "a part of the mailbox cannot be read");
    }
    let (wanted, inbox) = arrange(root, &walked);
    if wanted.is_empty() {
        let detail = format!("{} holds no Maildir and no mbox file", root.display());
        return Err(Error::new(Code::NOT_FOUND, detail));
    }
    let marks = parts(root, &walked.entered).map(|parts| Marks { looked, parts });
    let bytes = marks.map(|marks| to_bytes(&walked.entered, &marks));
    index.write(|change| {
        change.settle_folders(&wanted, inbox.as_deref())?;
        change.set_walked(&bytes.unwrap_or_default())
    })
}

/// The folders as users see them: those between are made, and no two beside each other have one name.
fn arrange(root: &Path, walked: &Walked) -> (Vec<Wanted>, Option<Vec<String>>) {
    let mut tree = Tree::default();
    let mut inbox = None;
    for found in &walked.folders {
        let names = match (found.names.is_empty(), found.kind) {
            (true, Kind::Bare) => continue,
            (true, Kind::Maildir) => vec![INBOX.to_owned()],
            (true, Kind::Mbox) => vec![file_name(root)],
            // Directories count as far as there is mail in them.
            (false, Kind::Bare) => continue,
            (false, _) => found.names.clone(),
        };
        let own = found.names.is_empty();
        let at = tree.add(&names, found);
        if own {
            inbox = Some(at);
        }
    }
    let inbox = inbox.or_else(|| tree.named_inbox());
    (tree.wanted, inbox)
}

fn file_name(root: &Path) -> String {
    let name = root.file_name().unwrap_or_default();
    name.to_string_lossy().into_owned()
}

#[derive(Default)]
struct Tree {
    wanted: Vec<Wanted>,
    /// Names as they were found, folded, and the path that they got.
    known: BTreeMap<Vec<String>, Vec<String>>,
    taken: BTreeMap<Vec<String>, usize>,
}

impl Tree {
    /// Adds a folder with those above it, and says where it is.
    fn add(&mut self, names: &[String], found: &Found) -> Vec<String> {
        let mut at = Vec::new();
        for depth in 1..names.len() {
            let above = names.get(..depth).unwrap_or_default();
            at = self.between(above, at);
        }
        let place = self.known.get(names).cloned();
        if let Some(at) = place
            && let Some(want) = self.wanted.iter_mut().find(|w| w.names == at)
            && want.kind == Kind::Bare
        {
            want.kind = found.kind;
            want.place.clone_from(&found.place);
            return at;
        }
        self.new_folder(names, at, found.kind, &found.place)
    }

    fn between(&mut self, names: &[String], above: Vec<String>) -> Vec<String> {
        match self.known.get(names) {
            Some(at) => at.clone(),
            None => self.new_folder(names, above, Kind::Bare, Path::new("")),
        }
    }

    /// Two of one name beside each other: the second one is numbered.
    fn new_folder(
        &mut self,
        names: &[String],
        above: Vec<String>,
        kind: Kind,
        place: &Path,
    ) -> Vec<String> {
        let name = names.last().cloned().unwrap_or_default();
        let mut at = above;
        at.push(name.clone());
        let mut number = 1;
        while self.taken.contains_key(&folded(&at)) {
            number += 1;
            at.pop();
            at.push(format!("{name} ({number})"));
        }
        self.taken.insert(folded(&at), self.wanted.len());
        self.known
            .entry(names.to_vec())
            .or_insert_with(|| at.clone());
        self.wanted.push(Wanted {
            names: at.clone(),
            kind,
            place: place.to_owned(),
        });
        at
    }

    /// The folder at the top that is called Inbox, or the only one.
    fn named_inbox(&self) -> Option<Vec<String>> {
        let top = || self.wanted.iter().filter(|w| w.names.len() == 1);
        let is_inbox = |w: &&Wanted| {
            let name = w.names.first().map(String::as_str).unwrap_or_default();
            w.kind != Kind::Bare && name.eq_ignore_ascii_case(INBOX)
        };
        top().find(is_inbox).map(|w| w.names.clone())
    }
}

fn folded(names: &[String]) -> Vec<String> {
    names.iter().map(|name| name.to_lowercase()).collect()
}

fn to_bytes(entered: &[PathBuf], marks: &Marks) -> Vec<u8> {
    let mut out = Vec::new();
    let mut block = |bytes: &[u8]| {
        let length = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
        out.extend_from_slice(&length.to_le_bytes());
        out.extend_from_slice(bytes);
    };
    block(&marks.to_bytes());
    entered
        .iter()
        .for_each(|path| block(&place::to_bytes(path)));
    out
}

fn of_bytes(bytes: &[u8]) -> Option<(Vec<PathBuf>, Marks)> {
    let mut rest = bytes;
    let mut blocks = Vec::new();
    while let Some((length, after)) = rest.split_first_chunk::<4>() {
        let length = usize::try_from(u32::from_le_bytes(*length)).ok()?;
        let (block, after) = after.split_at_checked(length)?;
        blocks.push(block);
        rest = after;
    }
    let (marks, paths) = blocks.split_first()?;
    let entered = paths.iter().map(|path| place::from_bytes(path)).collect();
    Some((entered, Marks::of_bytes(marks)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(names: &[&str], kind: Kind) -> Found {
        Found {
            names: names.iter().map(|n| (*n).to_owned()).collect(),
            kind,
            place: PathBuf::from(names.join("/")),
        }
    }

    fn arranged(folders: Vec<Found>) -> (Vec<String>, Option<String>) {
        let walked = Walked {
            folders,
            ..Walked::default()
        };
        let (wanted, inbox) = arrange(Path::new("/mail/ann"), &walked);
        let path = |w: &Wanted| w.names.join("/");
        (
            wanted.iter().map(path).collect(),
            inbox.map(|i| i.join("/")),
        )
    }

    #[test]
    fn a_maildir_is_the_inbox_and_folders_between_are_made() {
        let (folders, inbox) = arranged(vec![
            found(&[], Kind::Maildir),
            found(&["Lists", "Rust"], Kind::Maildir),
            found(&["Lists"], Kind::Maildir),
            found(&["INBOX"], Kind::Maildir),
        ]);
        assert_eq!(folders, ["Inbox", "Lists", "Lists/Rust", "INBOX (2)"]);
        assert_eq!(inbox.as_deref(), Some("Inbox"));
    }

    #[test]
    fn a_file_is_its_own_inbox_and_a_tree_may_have_none() {
        let (folders, inbox) = arranged(vec![found(&[], Kind::Mbox)]);
        assert_eq!(
            (folders, inbox.as_deref()),
            (vec!["ann".to_owned()], Some("ann"))
        );
        let tree = vec![
            found(&[], Kind::Bare),
            found(&["old"], Kind::Bare),
            found(&["old", "a"], Kind::Mbox),
        ];
        assert_eq!(
            arranged(tree),
            (vec!["old".to_owned(), "old/a".to_owned()], None)
        );
        let tree = vec![
            found(&["INBOX"], Kind::Mbox),
            found(&["INBOX", "x"], Kind::Mbox),
        ];
        assert_eq!(arranged(tree).1.as_deref(), Some("INBOX"));
    }

    #[test]
    fn marks_with_paths_read_back() {
        let marks = Marks {
            looked: FileTime(9),
            parts: vec![(FileTime(1), 0), (FileTime(2), 0)],
        };
        let entered = vec![PathBuf::new(), PathBuf::from("a/b")];
        let bytes = to_bytes(&entered, &marks);
        assert_eq!(of_bytes(&bytes), Some((entered, marks)));
        assert_eq!(of_bytes(&bytes[..bytes.len() - 1]), None);
    }
}
