//! Orders, as far as they need no store.

use mapi_kit::outgoing::state::{Cause, Known, Phase, QueueState};
use mapi_props::{Bag, FileTime, PropValue, recipient_type, tags};

use super::{freed, resent, retried};

const KEPT: Known = Known::Deferred { declined: 0, by: 1 };

fn row(kind: i32, address: &str) -> Bag {
    let mut row = Bag::new();
    row.set(tags::RECIPIENT_TYPE, kind);
    row.set(tags::EMAIL_ADDRESS, address);
    row.set(tags::RESPONSIBILITY, false);
    row
}

fn shown(rows: &[Bag]) -> Vec<(i32, &str)> {
    let kind = |row: &Bag| row.value(tags::RECIPIENT_TYPE).and_then(PropValue::as_long);
    rows.iter()
        .map(|row| (kind(row).unwrap(), row.text(tags::EMAIL_ADDRESS).unwrap()))
        .collect()
}

#[test]
fn who_has_it_is_marked_and_the_others_are_there_again_as_p1() {
    let (to, cc, p1) = (recipient_type::TO, recipient_type::CC, recipient_type::P1);
    let mut state = QueueState::default();
    state.set(0, Known::Sent);
    state.set(2, Known::Unknown);
    let rows = [row(to, "ann"), row(cc, "bob"), row(to, "cay")];
    let back = resent(&rows, &state);
    let expected = [
        (to | recipient_type::SUBMITTED, "ann"),
        (cc, "bob"),
        (to, "cay"),
        (p1, "bob"),
        (p1, "cay"),
    ];
    assert_eq!(shown(&back), expected);
    // Once more: of those who were resent to, one got it.
    let mut again = QueueState::default();
    again.set(3, Known::Sent);
    let mut rows = back;
    for shown in &mut rows[..3] {
        shown.set(tags::RESPONSIBILITY, true);
    }
    let back = resent(&rows, &again);
    assert_eq!(shown(&back).last(), Some(&(p1, "cay")));
    assert_eq!(back.len(), 4);
}

#[test]
fn a_retry_forgets_who_declined_and_leaves_unknown_ones_alone_unless_told() {
    let declined = Known::Open {
        declined: 3,
        why: "no".to_owned(),
    };
    let known = vec![declined, KEPT, Known::Unknown, Known::Sent];
    let mut state = QueueState {
        phase: Phase::Held,
        known,
        ..QueueState::default()
    };
    retried(&mut state, false);
    assert_eq!(state.phase, Phase::Ready);
    let expected = [Known::OPEN, Known::OPEN, Known::Unknown, Known::Sent];
    assert_eq!(state.known, expected);
    retried(&mut state, true);
    assert_eq!(state.known[2], Known::OPEN);
}

#[test]
fn who_is_let_go_still_waits_for_the_time_of_its_sender() {
    let mut props = Bag::new();
    assert_eq!(freed(&props, FileTime(5)), Phase::Ready);
    props.set(tags::DEFERRED_SEND_TIME, FileTime(9));
    let waits = Phase::Waiting {
        until: FileTime(9),
        cause: Cause::SendTime,
        why: String::new(),
    };
    assert_eq!(freed(&props, FileTime(5)), waits);
    assert_eq!(freed(&props, FileTime(9)), Phase::Ready);
}
