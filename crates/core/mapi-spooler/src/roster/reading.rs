//! How a roster learns what waits: all of the queue at first, then what others did by the log, and rows as they are read.

use std::collections::BTreeSet;

use mapi::spool::{Spool, Waiting};
use mapi_props::FileTime;
use mapi_spi::{ItemId, QueuePlace, Result};

use super::{Lane, PAGE, Roster};

/// Behind all others.
const END: QueuePlace = QueuePlace {
    submitted: FileTime(u64::MAX),
    item: ItemId(u64::MAX),
};

impl Roster {
    /// Takes in what others have done since this was done last. Everything that they had submitted by then is in it, and of what they
    /// submit meanwhile nothing: it may belong before what was looked at already.
    ///
    /// # Errors
    /// Those of the store; the end of its call. Nothing is forgotten then.
    pub(crate) fn catch_up(&mut self, spool: &Spool) -> Result<()> {
        let Some(mut seen) = self.seen else {
            return self.fill(spool);
        };
        match spool.changed_since(&mut seen, |item| self.knows(item))? {
            Some(items) => {
                self.look_up(items, spool)?;
                self.seen = Some(seen);
                Ok(())
            }
            None => self.fill(spool),
        }
    }

    /// Reads the whole queue.
    pub(crate) fn fill(&mut self, spool: &Spool) -> Result<()> {
        loop {
            let mut seen = spool.latest()?;
            let mut new = self.emptied();
            let mut after = None;
            loop {
                let page = spool.queue(after, PAGE)?;
                let Some(last) = page.last() else {
                    break;
                };
                after = Some(last.place);
                let now = spool.now();
                for row in page {
                    new.note(&row, now);
                    if let Some(route) = self.route(row.item, row.change) {
                        new.set_route(row.item, row.change, route.clone());
                    }
                }
            }
            // Who commits between two pages may belong before the first one's end.
            if let Some(items) = spool.changed_since(&mut seen, |item| new.knows(item))? {
                new.look_up(items, spool)?;
                new.seen = Some(seen);
                *self = new;
                return Ok(());
            }
        }
    }

    /// Finds the places of messages that somebody has changed: most are new, at the end of the queue.
    fn look_up(&mut self, mut items: BTreeSet<ItemId>, spool: &Spool) -> Result<()> {
        let mut found = Vec::new();
        let mut after = self.tail;
        while found.len() < items.len() {
            let limit = (items.len() - found.len()).min(PAGE);
            let page = spool.queue(after, limit)?;
            let (read, had) = (page.len(), found.len());
            after = page.last().map(|last| last.place).or(after);
            found.extend(page.into_iter().filter(|row| items.contains(&row.item)));
            if read < limit || found.len() == had {
                break;
            }
        }
        let now = spool.now();
        for row in &found {
            items.remove(&row.item);
            self.remove(row.item);
            self.note(row, now);
        }
        for item in items {
            let row = spool.waiting(item)?;
            self.remove(item);
            if let Some(row) = row {
                self.note(&row, now);
            }
        }
        Ok(())
    }

    /// Rows of the next messages of a lane after a place, which moves on; `None` behind the last.
    ///
    /// # Errors
    /// Those of the store.
    pub(crate) fn page(
        &mut self,
        spool: &Spool,
        lane: Lane,
        after: &mut Option<QueuePlace>,
    ) -> Result<Option<Vec<Waiting>>> {
        let Some(first) = self.lanes.next(lane, *after) else {
            return Ok(None);
        };
        // Few messages of a lane may stand among many others.
        let limit = self.lanes.len(lane).clamp(FEW, PAGE);
        let mut rows = spool.queue(Some(before(first)), limit)?;
        let upto = match rows.last() {
            Some(last) if rows.len() == limit => last.place,
            _ => END,
        };
        let mut meant = self.lanes.between(lane, *after, upto);
        rows.retain(|row| meant.remove(&row.place));
        for gone in meant {
            self.remove(gone.item);
        }
        let now = spool.now();
        rows.iter().for_each(|row| self.note(row, now));
        *after = Some(upto);
        Ok(Some(rows))
    }
}

/// So many rows are read at least.
const FEW: usize = 8;

const fn before(place: QueuePlace) -> QueuePlace {
    QueuePlace {
        item: ItemId(place.item.0.saturating_sub(1)),
        ..place
    }
}
