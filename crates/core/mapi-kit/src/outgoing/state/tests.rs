//! Rows that are written and read, small whatever they hold.

use mapi_props::{Code, FileTime, Guid};
use mapi_spi::{Fate, Refusal};
use proptest::prelude::*;

use super::{Cause, Known, Phase, QueueState};

const A: Guid = Guid([1; 16]);
const B: Guid = Guid([2; 16]);

#[test]
fn many_recipients_make_a_small_row() {
    let mut state = QueueState::default();
    for place in 0..50_000 {
        state.note(place, A, &Fate::Sent);
    }
    let late = Fate::Later {
        after: None,
        why: "mailbox busy".to_owned(),
    };
    state.note(49_999, A, &late);
    assert!(state.to_bytes().len() < 40, "{}", state.to_bytes().len());
    for place in (0..50_000).step_by(2) {
        state.note(place, A, &late);
    }
    assert!(state.to_bytes().len() < 400_000);
    assert_eq!(QueueState::from_bytes(&state.to_bytes()).unwrap(), state);
}

#[test]
fn who_declined_is_known_for_each_recipient() {
    let mut state = QueueState::default();
    state.note(1, A, &Fate::NotMine);
    state.note(2, B, &Fate::NotMine);
    state.note(2, A, &Fate::NotMine);
    let declined = |state: &QueueState| [0, 1, 2].map(|p| [A, B].map(|t| state.declined(p, t)));
    let expected = [[false, false], [true, false], [true, true]];
    assert_eq!(declined(&state), expected);
    let again = QueueState::from_bytes(&state.to_bytes()).unwrap();
    assert_eq!(declined(&again), expected);
}

#[test]
fn who_keeps_it_is_known_for_each_recipient() {
    let mut state = QueueState::default();
    state.note(0, A, &Fate::Deferred);
    state.note(1, A, &Fate::NotMine);
    state.note(1, B, &Fate::Deferred);
    let kept = |state: &QueueState| [0, 1, 2].map(|p| [A, B].map(|t| state.is_kept_by(p, t)));
    assert_eq!(kept(&state), [[true, false], [false, true], [false; 2]]);
    let again = QueueState::from_bytes(&state.to_bytes()).unwrap();
    assert_eq!(kept(&again), kept(&state));
    // Rows of the first version do not say it: then whoever asks is believed.
    state.set(0, Known::Deferred { declined: 0, by: 0 });
    assert!(state.is_kept_by(0, B));
}

#[test]
fn what_is_damaged_or_of_a_later_version_says_so() {
    let code = |bytes: &[u8]| QueueState::from_bytes(bytes).unwrap_err().code();
    assert_eq!(code(&[]), Code::CORRUPT_DATA);
    assert_eq!(code(&[4, 0, 0]), Code::VERSION);
    let mut whole = QueueState::default();
    whole.set(3, Known::Refused(Refusal::default()));
    let bytes = whole.to_bytes();
    for end in 1..bytes.len() {
        let cut = QueueState::from_bytes(&bytes[..end]);
        assert!(cut.is_err() || cut.unwrap() != whole);
    }
    // What the first version wrote: a message that was held after two attempts.
    let first = [1, 2, 4, 0, 0, 0, 2, 1];
    let held = QueueState::from_bytes(&first).unwrap();
    assert_eq!((held.attempts, held.phase), (2, Phase::Held));
    assert_eq!((held.known, held.since), (vec![Known::Leaving; 2], None));
    // What the second one wrote: the same, tried anew since the time 5.
    let second = [2, 2, 4, 0, 0, 5, 0, 2, 1];
    let held = QueueState::from_bytes(&second).unwrap();
    assert_eq!((held.since, held.asked), (Some(FileTime(5)), 0));
    assert_eq!((held.token, held.known), (vec![], vec![Known::Leaving; 2]));
    // A million times one recipient, and once more.
    let huge = [1, 0, 0, 0, 0, 0, 0xC0, 0x84, 0x3D, 2, 1, 2];
    assert_eq!(code(&huge), Code::CORRUPT_DATA);
}

#[test]
fn a_small_row_does_not_become_much_memory() {
    let long = Known::Open {
        declined: 0,
        why: "busy".repeat(1000),
    };
    let mut state = QueueState {
        known: vec![long.clone(); 10_000],
        ..QueueState::default()
    };
    let refused = |text: &str| {
        Known::Refused(Refusal {
            reason: 1,
            text: text.to_owned(),
            ..Refusal::default()
        })
    };
    // What would be too much goes without its text, and what is behind it not.
    state
        .known
        .extend(vec![refused(&"no".repeat(2000)); 10_000]);
    state.known.push(refused("short"));
    let mut read = QueueState::from_bytes(&state.to_bytes()).unwrap();
    assert_eq!(read.known.len(), 20_001);
    assert_eq!(read.known[9_999], long);
    assert_eq!(read.known[10_000], refused(""));
    assert_eq!(read.known[20_000], refused("short"));
    assert_eq!(QueueState::from_bytes(&read.to_bytes()).unwrap(), read);
    read.known.clear();
    assert_eq!(read, QueueState::default());
}

fn known() -> impl Strategy<Value = Known> {
    prop_oneof![
        (any::<u64>(), "[a-c]{0,2}").prop_map(|(declined, why)| Known::Open { declined, why }),
        Just(Known::Leaving),
        Just(Known::Sent),
        (any::<i32>(), any::<i32>(), any::<i32>(), "[é-ü]{0,3}").prop_map(
            |(reason, diagnostic, status, text)| Known::Refused(Refusal {
                reason,
                diagnostic,
                status,
                text,
            })
        ),
        (any::<u64>(), any::<u64>()).prop_map(|(declined, by)| Known::Deferred { declined, by }),
        Just(Known::Unknown),
    ]
}

fn phase() -> impl Strategy<Value = Phase> {
    let cause = prop_oneof![
        Just(Cause::SendTime),
        Just(Cause::Transport),
        Just(Cause::Recipients),
    ];
    let waiting = (any::<u64>(), cause, ".{0,8}").prop_map(|(until, cause, why)| Phase::Waiting {
        until: FileTime(until),
        cause,
        why,
    });
    prop_oneof![
        Just(Phase::Ready),
        Just(Phase::Started),
        Just(Phase::Committing),
        waiting,
        Just(Phase::Held),
        Just(Phase::Unknown),
        Just(Phase::Deferred),
    ]
}

proptest! {
    #[test]
    fn what_is_written_is_read(
        attempts in any::<u32>(),
        phase in phase(),
        transport in proptest::option::of(any::<[u8; 16]>().prop_map(Guid)),
        decliners in proptest::collection::vec(any::<[u8; 16]>().prop_map(Guid), 0..4),
        since in proptest::option::of((1..u64::MAX).prop_map(FileTime)),
        token in proptest::collection::vec(any::<u8>(), 0..9),
        asked in any::<u32>(),
        known in proptest::collection::vec(known(), 0..20),
    ) {
        let state = QueueState { attempts, phase, transport, decliners, since, token, asked, known };
        prop_assert_eq!(QueueState::from_bytes(&state.to_bytes()).unwrap(), state);
    }

    #[test]
    fn any_bytes_are_read_without_a_panic(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
        if let Ok(state) = QueueState::from_bytes(&bytes) {
            prop_assert_eq!(QueueState::from_bytes(&state.to_bytes()).unwrap(), state);
        }
    }
}
