//! Care of stores: what makes them quick and small, and would otherwise be done while somebody waits.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;

use mapi_props::Code;
use mapi_spi::{
    Call, Depth, FolderKind, ItemId, ItemKind, LogKind, Result, Room, RowSet, SearchPhase, Store,
};

use super::{Desk, News, Work};

/// Between two looks at what a store could give back.
const TIDY_EVERY: Duration = Duration::from_secs(6 * 60 * 60);
/// Free space that is worth the work: so many bytes, and this part of the file.
const WORTH_BYTES: u64 = 64 << 20;
const WORTH_PART: u64 = 4;

/// All kinds of care, in the order in which they are done.
#[must_use]
pub fn works() -> Vec<Arc<dyn Work>> {
    vec![
        Arc::new(SearchFolders),
        Arc::new(Completion),
        Arc::new(Tidying),
    ]
}

/// Populates search folders that wait for it: begun in the background by a process that has ended, or by a program that
/// only sets criteria.
#[derive(Debug)]
struct SearchFolders;

impl Work for SearchFolders {
    fn name(&self) -> &'static str {
        "search-folders"
    }

    fn concerns(&self, news: &News<'_>) -> bool {
        match news {
            News::Begun | News::Asked | News::Lost => true,
            News::Alarm => false,
            // Setting criteria changes the folder.
            News::Entries(entries) => entries.iter().any(|entry| {
                entry.folder && matches!(entry.kind, LogKind::Modified | LogKind::Created)
            }),
        }
    }

    fn run(&self, desk: &Desk<'_>, call: &Call) -> Result<Option<Duration>> {
        for folder in search_folders(desk.store.as_ref(), call)? {
            let waits = desk.store.search(folder, call)?;
            if waits.is_some_and(|search| search.phase == SearchPhase::Rebuild) {
                match desk.store.run_search(folder, call) {
                    // Deleted meanwhile.
                    Err(e) if e.code() == Code::NOT_FOUND => {}
                    done => drop(done?),
                }
            }
        }
        Ok(None)
    }
}

fn search_folders(store: &dyn Store, call: &Call) -> Result<Vec<ItemId>> {
    let all = RowSet::Hierarchy {
        depth: Depth::All,
        deleted: false,
    };
    let mut found = Vec::new();
    store.scan(store.info().root, all, call, &mut |row| {
        if row.meta.kind == ItemKind::Folder(FolderKind::Search) {
            found.push(row.meta.id);
        }
        ControlFlow::Continue(())
    })?;
    Ok(found)
}

/// Makes what a file of an older version lacks: conversations, the full-text index.
#[derive(Debug)]
struct Completion;

impl Work for Completion {
    fn name(&self) -> &'static str {
        "indexes"
    }

    fn concerns(&self, news: &News<'_>) -> bool {
        matches!(news, News::Begun | News::Asked)
    }

    fn run(&self, desk: &Desk<'_>, call: &Call) -> Result<Option<Duration>> {
        if let Some(care) = desk.store.maintain() {
            care.complete(call)?;
        }
        Ok(None)
    }
}

/// Takes away what nothing names any more, and gives space back where that is much.
#[derive(Debug)]
struct Tidying;

impl Work for Tidying {
    fn name(&self) -> &'static str {
        "tidying"
    }

    fn concerns(&self, news: &News<'_>) -> bool {
        matches!(news, News::Begun | News::Asked)
    }

    fn run(&self, desk: &Desk<'_>, call: &Call) -> Result<Option<Duration>> {
        if let Some(care) = desk.store.maintain() {
            care.sweep(call)?;
            if is_worth_it(care.room(call)?) {
                care.compact(call)?;
            }
        }
        Ok(Some(TIDY_EVERY))
    }
}

const fn is_worth_it(room: Room) -> bool {
    room.free_bytes >= WORTH_BYTES && room.free_bytes >= room.file_bytes / WORTH_PART
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn much_free_space_is_given_back_and_little_is_kept() {
        let mib = |file: u64, free: u64| Room {
            file_bytes: file << 20,
            free_bytes: free << 20,
        };
        assert!(is_worth_it(mib(200, 64)));
        assert!(!is_worth_it(mib(200, 40)));
        assert!(!is_worth_it(mib(10_000, 2_000)));
        assert!(is_worth_it(mib(10_000, 2_600)));
        assert!(!is_worth_it(Room::default()));
    }
}
