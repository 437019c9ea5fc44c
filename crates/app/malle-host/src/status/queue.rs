//! What waits in the outgoing queue of a store, counted: as the store says, whoever sends from it.

use mapi_kit::outgoing::state::{Phase, QueueState};
use mapi_spi::{Call, Result, Store};

use super::moment;
use crate::control::Moment;

/// Messages that are read at once.
const PAGE: usize = 512;

/// What waits to be sent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct QueueCounts {
    /// All messages in the queue.
    pub queued: u64,
    /// A transport has them at the moment.
    pub sending: u64,
    /// They wait for a time, or another try.
    pub waiting: u64,
    /// Somebody held them.
    pub held: u64,
    /// Nobody knows whether they were sent; somebody must say what becomes of them.
    pub unknown: u64,
    /// When the first of those that wait is due.
    pub next: Option<Moment>,
}

impl QueueCounts {
    pub(super) fn of(store: &dyn Store, call: &Call) -> Result<Self> {
        let mut counts = Self::default();
        let mut after = None;
        loop {
            let page = store.queue(after, PAGE, call)?;
            for queued in &page {
                counts.count(&phase(queued.state.as_deref()));
            }
            match page.last() {
                Some(last) if page.len() == PAGE => after = Some(last.place),
                _ => return Ok(counts),
            }
        }
    }

    fn count(&mut self, phase: &Phase) {
        self.queued += 1;
        match phase {
            Phase::Ready => {}
            Phase::Started | Phase::Committing => self.sending += 1,
            Phase::Waiting { until, .. } => {
                self.waiting += 1;
                let until = moment(*until);
                self.next = Some(self.next.map_or(until, |next| next.min(until)));
            }
            Phase::Deferred => self.waiting += 1,
            Phase::Held => self.held += 1,
            Phase::Unknown => self.unknown += 1,
        }
    }
}

/// Where a message stands; one whose row cannot be read is not sent unasked.
fn phase(row: Option<&[u8]>) -> Phase {
    match row.map(QueueState::from_bytes) {
        None => Phase::Ready,
        Some(Ok(state)) => state.phase,
        Some(Err(_)) => Phase::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use mapi_kit::outgoing::state::Cause;
    use mapi_props::FileTime;

    use super::*;

    #[test]
    fn each_message_is_counted_as_what_it_is() {
        let until = |seconds| Phase::Waiting {
            until: FileTime::from_unix(seconds),
            cause: Cause::Transport,
            why: String::new(),
        };
        let mut counts = QueueCounts::default();
        let all = [
            Phase::Ready,
            Phase::Started,
            Phase::Committing,
            until(1_700_000_009),
            until(1_700_000_003),
            Phase::Held,
            Phase::Unknown,
            Phase::Deferred,
            phase(None),
            phase(Some(b"\xff what is this")),
        ];
        all.iter().for_each(|phase| counts.count(phase));
        assert_eq!(
            counts,
            QueueCounts {
                queued: 10,
                sending: 2,
                waiting: 3,
                held: 1,
                unknown: 2,
                next: Some(Moment(1_700_000_003_000)),
            }
        );
        let row = QueueState {
            phase: Phase::Held,
            ..QueueState::default()
        };
        assert_eq!(phase(Some(&row.to_bytes())), Phase::Held);
        assert!(QueueState::from_bytes(&row.to_bytes()).is_ok());
    }
}
