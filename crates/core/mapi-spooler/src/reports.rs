//! What became of recipients, as it is reported to the sender and kept in their rows.
//! Reference: "IMAPISupport::StatusRecips", "Sending Message Delivery Reports" (requirements RP-01, MSG-04)

use mapi::spool::{OwnReport, Spool};
use mapi_kit::outgoing::state::Known;
use mapi_kit::report::{Delivery, Failure};
use mapi_kit::tracking::{self, Track};
use mapi_props::{Bag, FileTime, MessageTree};
use mapi_spi::Refusal;

/// What became of a recipient, by its place in the recipient table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Outcome {
    pub(crate) place: usize,
    pub(crate) of: Delivery,
}

impl Outcome {
    /// What is to be reported of a recipient that was just settled: every refusal, and what was sent by a transport that
    /// delivers. What others have sent is reported by the other side.
    pub(crate) fn of(place: usize, known: &Known, delivers: bool, now: FileTime) -> Option<Self> {
        let of = match known {
            Known::Refused(refusal) => Delivery::Failed(failure(refusal)),
            Known::Sent if delivers => Delivery::Delivered(now),
            _ => return None,
        };
        Some(Self { place, of })
    }
}

/// The reports that are due for these outcomes of a message ([`Spool::reports`]).
pub(crate) fn due(spool: &Spool, message: &MessageTree, outcomes: &[Outcome]) -> Vec<OwnReport> {
    let outcomes: Vec<_> = outcomes.iter().map(|o| (o.place, o.of.clone())).collect();
    spool.reports(message, &outcomes)
}

/// Lets the rows of a message say what became of these recipients (PR_RECIPIENT_TRACKSTATUS).
pub(crate) fn track(rows: &mut [Bag], outcomes: &[Outcome], now: FileTime) {
    for outcome in outcomes {
        let (track, time) = match &outcome.of {
            Delivery::Delivered(time) => (Track::Delivered, *time),
            Delivery::Failed(_) => (Track::NotDelivered, now),
        };
        if let Some(row) = rows.get_mut(outcome.place) {
            tracking::set(row, track, time);
        }
    }
}

fn failure(refusal: &Refusal) -> Failure {
    Failure {
        reason: refusal.reason,
        diagnostic: refusal.diagnostic,
        status: refusal.status,
        text: refusal.text.clone(),
        supplementary: refusal.text.clone(),
    }
}

#[cfg(test)]
mod tests {
    use mapi_kit::tracking::track_of;

    use super::*;

    const KEPT: Known = Known::Deferred { declined: 0, by: 1 };

    #[test]
    fn refusals_are_reported_and_deliveries_where_they_are_known() {
        let now = FileTime(9);
        let refused = Known::Refused(Refusal {
            status: 511,
            ..Refusal::default()
        });
        let of = |known: &Known, delivers| Outcome::of(1, known, delivers, now);
        let failed = of(&refused, false).unwrap();
        assert!(matches!(&failed.of, Delivery::Failed(f) if f.status == 511));
        assert_eq!(of(&Known::Sent, false), None);
        let delivered = of(&Known::Sent, true).unwrap();
        assert_eq!(delivered.of, Delivery::Delivered(now));
        for known in [Known::OPEN, Known::Leaving, KEPT, Known::Unknown] {
            assert_eq!(of(&known, true), None, "{known:?}");
        }
        let mut rows = [Bag::new(), Bag::new()];
        track(&mut rows, &[failed], now);
        assert_eq!(track_of(&rows[1]), (Track::NotDelivered, Some(now)));
        assert_eq!(track_of(&rows[0]).0, Track::None);
    }
}
