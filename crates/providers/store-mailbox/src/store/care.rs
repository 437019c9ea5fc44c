//! Care of a mailbox: what in it could not be read, and how much there is.

use std::ops::ControlFlow;
use std::path::Path;

use mapi_props::Code;
use mapi_spi::{Call, CheckReport, Error, Maintain, Problem, Result, RowSet, Store, StoreFigures};

use super::MailboxStore;
use crate::index::ROOT;
use crate::place;

impl Maintain for MailboxStore {
    /// Reads every message once more, and names all files that hold none.
    fn check(&self, call: &Call) -> Result<CheckReport> {
        self.look(call)?;
        let world = self.world()?;
        let mut report = CheckReport {
            folders: u64::try_from(world.folders.len()).unwrap_or(0),
            ..CheckReport::default()
        };
        for refused in self.index.all_refused()? {
            let folder = world.folders.get(&refused.folder);
            let path = folder.map(|f| self.looker.path_of(f)).unwrap_or_default();
            let path = match refused.at.is_empty() {
                true => path,
                false => path.join(place::from_bytes(&refused.at)),
            };
            let offset = match refused.start {
                0 => String::new(),
                start => format!(" at byte {start}"),
            };
            report.problems.push(Problem {
                code: "no-message",
                detail: format!("{}{offset}: {}", path.display(), refused.reason),
            });
        }
        let total: u64 = world.folders.values().map(|f| f.data.counts.contents).sum();
        let rows = super::Snapshot::of(self, mapi_spi::ItemId(ROOT), RowSet::Deep, call)?;
        rows.each_message(&mut |hot| {
            call.check()?;
            let id = hot.meta.id;
            match self.mail(id, call) {
                Ok(_) => report.messages += 1,
                Err(e) if matches!(e.code(), Code::USER_CANCEL | Code::TIMEOUT) => return Err(e),
                Err(e) => report.problems.push(Problem {
                    code: "unreadable",
                    detail: format!("message {id}: {}", e.detail()),
                }),
            }
            call.report(report.messages, Some(total));
            Ok(ControlFlow::Continue(()))
        })?;
        Ok(report)
    }

    fn figures(&self, call: &Call) -> Result<StoreFigures> {
        self.look(call)?;
        let world = self.world()?;
        let messages = world.folders.values().map(|f| f.data.counts.contents);
        let names = self.all_names(call)?.len();
        Ok(StoreFigures {
            format: 1,
            file_bytes: self.index.bytes()?,
            folders: u64::try_from(world.folders.len()).unwrap_or(0),
            messages: messages.sum(),
            names: u64::try_from(names).unwrap_or(0),
            log: (1, world.seq),
            ..StoreFigures::default()
        })
    }

    /// The mail is nobody's to compact here, and its index is small.
    fn compact(&self, call: &Call) -> Result<u64> {
        call.check().map(|()| 0)
    }

    fn backup(&self, _: &Path, _: &Call) -> Result<()> {
        let detail = "a mailbox is backed up by copying its files";
        Err(Error::new(Code::NO_SUPPORT, detail))
    }
}
