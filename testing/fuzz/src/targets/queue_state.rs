//! What the spooler knows of a message, as its store keeps it: another program of this machine may have written the row.

use mapi_kit::outgoing::state::{Cause, Known, Phase, QueueState};
use mapi_props::{FileTime, Guid};
use mapi_spi::Refusal;

use crate::target::Target;

pub(super) static TARGET: Target = Target {
    name: "queue-state",
    about: "any bytes are a state or an error, and a state that was read is written and reads as the same",
    longest: 4 * 1024,
    seeds,
    takes_mail: false,
    tokens: &[
        b"\x01\x00",
        b"\x02\x00",
        b"\x03\x00",
        b"\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x01",
        b"\x80\x80\x80\x04",
        b"\x01\x05hello",
    ],
    run: |input, seen| {
        let state = match QueueState::from_bytes(input) {
            Ok(state) => state,
            Err(error) => return seen.mark("error", error.code()),
        };
        seen.mark("phase", std::mem::discriminant(&state.phase));
        seen.count("recipients", state.known.len());
        for known in state.known.iter().take(64) {
            seen.mark("known", std::mem::discriminant(known));
        }
        let again = QueueState::from_bytes(&state.to_bytes());
        let again = again.expect("what was written can be read");
        assert_eq!(again, state, "what was read is written as it is");
    },
};

fn seeds() -> Vec<Vec<u8>> {
    let refused = Known::Refused(Refusal {
        reason: 1,
        diagnostic: 2,
        status: 3,
        text: "no such person".to_owned(),
    });
    let open = Known::Open {
        declined: 3,
        why: "come back".to_owned(),
    };
    let deferred = Known::Deferred { declined: 1, by: 2 };
    let waiting = Phase::Waiting {
        until: FileTime(7),
        cause: Cause::Transport,
        why: "come back".to_owned(),
    };
    let known = [
        vec![open; 3],
        vec![refused, deferred],
        vec![Known::Leaving, Known::Sent, Known::Unknown],
    ];
    let state = QueueState {
        attempts: 2,
        phase: waiting,
        transport: Some(Guid([1; 16])),
        decliners: vec![Guid([2; 16]), Guid([3; 16])],
        since: Some(FileTime(9)),
        known: known.concat(),
        ..QueueState::default()
    };
    vec![QueueState::default().to_bytes(), state.to_bytes()]
}
