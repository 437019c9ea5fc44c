//! The transitions of a message's state, as a table.

use std::time::Duration;

use mapi::spool::Verdict;
use mapi_kit::outgoing::state::{Cause, Known, Phase, QueueState};
use mapi_props::{Bag, Code, FileTime, Guid, tags};
use mapi_spi::{Error, Fate, Refusal, Result};

use super::{Attempted, Next, learned, note, recovered, verdict};

const X: Guid = Guid([1; 16]);
const KEPT: Known = Known::Deferred { declined: 0, by: 1 };

fn later() -> Fate {
    Fate::Later {
        after: Some(Duration::from_secs(7)),
        why: "busy".to_owned(),
    }
}

fn waits() -> Known {
    open("busy")
}

fn open(why: &str) -> Known {
    Known::Open {
        declined: 0,
        why: why.to_owned(),
    }
}

fn failed<T>(code: Code) -> Result<T> {
    Err(Error::new(code, "why"))
}

/// What becomes of two recipients of three after an attempt.
#[track_caller]
fn check(
    marked: Option<&[Fate]>,
    answer: &Result<Vec<Fate>>,
    stopped: bool,
    expect: &(Next, Known, Known),
) {
    let mut state = QueueState::default();
    let attempted = Attempted {
        transport: X,
        places: &[0, 2],
        marked,
    };
    let next = note(&mut state, &attempted, answer, stopped);
    let known = (next, state.of(0).clone(), state.of(2).clone());
    assert_eq!(&known, expect);
    assert_eq!(*state.of(1), Known::OPEN, "in other hands");
}

#[test]
fn what_a_transport_says_is_noted_of_each() {
    let wait = Next::Later {
        after: Some(Duration::from_secs(7)),
        why: "busy".to_owned(),
    };
    let sent = || Fate::Sent;
    check(
        None,
        &Ok(vec![sent(), sent()]),
        false,
        &(Next::Goes, Known::Sent, Known::Sent),
    );
    check(
        Some(&[sent(), later()]),
        &Ok(vec![sent(), later()]),
        false,
        &(wait, Known::Sent, waits()),
    );
    let refusal = Refusal::default();
    check(
        None,
        &Ok(vec![Fate::Deferred, Fate::Refused(refusal.clone())]),
        false,
        &(Next::Goes, KEPT, Known::Refused(refusal)),
    );
}

#[test]
fn an_error_before_the_last_word_sends_nothing() {
    let declined = || Known::Open {
        declined: 1,
        why: String::new(),
    };
    check(
        None,
        &failed(Code::NOT_ME),
        false,
        &(Next::Goes, declined(), declined()),
    );
    for code in [Code::BUSY, Code::NETWORK_ERROR, Code::WAIT, Code::TIMEOUT] {
        let why = "why".to_owned();
        let down = (Next::Down { why }, open("why"), open("why"));
        check(None, &failed(code), false, &down);
    }
    for code in [Code::CALL_FAILED, Code::CORRUPT_DATA, Code::NOT_ENOUGH_DISK] {
        let (after, why) = (None, "why".to_owned());
        let its_own = (Next::Later { after, why }, open("why"), open("why"));
        check(None, &failed(code), false, &its_own);
    }
    check(
        None,
        &failed(Code::USER_CANCEL),
        true,
        &(Next::Stopped, Known::OPEN, Known::OPEN),
    );
    let mut state = QueueState::default();
    let answer = failed(Code::CANCEL);
    let attempted = Attempted {
        transport: X,
        places: &[0],
        marked: None,
    };
    assert_eq!(note(&mut state, &attempted, &answer, false), Next::Goes);
    assert!(matches!(state.of(0), Known::Refused(r) if r.text == "why"));
}

#[test]
fn after_the_last_word_began_nobody_knows_of_those_who_were_to_be_sent() {
    let marked = [Fate::Sent, later()];
    let wait = || Next::Later {
        after: Some(Duration::from_secs(7)),
        why: "busy".to_owned(),
    };
    for code in [
        Code::NETWORK_ERROR,
        Code::USER_CANCEL,
        Code::CANCEL,
        Code::NOT_ME,
    ] {
        for stopped in [false, true] {
            let expect = (wait(), Known::Unknown, waits());
            check(Some(&marked), &failed(code), stopped, &expect);
        }
    }
    // What it says cannot be understood.
    let expect = (wait(), Known::Unknown, waits());
    check(Some(&marked), &Ok(vec![Fate::Sent]), false, &expect);
    let expect = (Next::Goes, Known::Unknown, Known::Unknown);
    check(None, &Ok(Vec::new()), false, &expect);
}

#[test]
fn a_message_leaves_the_queue_when_all_are_settled_and_is_locked_once_some_have_it() {
    let row = |done: bool| {
        let mut row = Bag::new();
        row.set(tags::RESPONSIBILITY, done);
        row
    };
    let rows = [row(false), row(false), row(true)];
    let refused = || Known::Refused(Refusal::default());
    let waiting = Phase::Waiting {
        until: FileTime(9),
        cause: Cause::Recipients,
        why: String::new(),
    };
    let cases = [
        ([Known::Sent, refused()], Verdict::Finish, Phase::Ready),
        ([Known::Sent, Known::OPEN], Verdict::Keep, Phase::Ready),
        ([refused(), Known::OPEN], Verdict::Unlock, Phase::Ready),
        ([Known::Unknown, Known::OPEN], Verdict::Keep, Phase::Ready),
        ([Known::Unknown, Known::Sent], Verdict::Keep, Phase::Unknown),
        ([Known::Unknown, KEPT], Verdict::Keep, Phase::Deferred),
        ([KEPT, refused()], Verdict::Unlock, Phase::Deferred),
    ];
    for (known, expect, phase) in cases {
        let mut state = QueueState {
            known: known.to_vec(),
            ..QueueState::default()
        };
        assert_eq!(verdict(&mut state, &rows), expect, "{known:?}");
        assert_eq!(state.phase, phase, "{known:?}");
        // What waits goes on waiting as long as somebody is to be served.
        state.phase = waiting.clone();
        verdict(&mut state, &rows);
        let open = known.contains(&Known::OPEN);
        assert_eq!(state.phase == waiting, open || expect == Verdict::Finish);
    }
}

#[test]
fn what_was_started_is_ready_again_and_what_was_leaving_is_unknown() {
    let mut state = QueueState {
        phase: Phase::Committing,
        known: vec![Known::Leaving, Known::Sent, Known::OPEN],
        ..QueueState::default()
    };
    recovered(&mut state);
    assert_eq!(state.phase, Phase::Ready);
    assert_eq!(state.known, [Known::Unknown, Known::Sent, Known::OPEN]);
}

/// What becomes of two recipients, the first of whom was to be sent to, when the transport failed with `code` and says this of it.
#[track_caller]
fn learns(code: Code, fates: &[Option<Fate>], expect: &(Next, Known)) {
    let mut state = QueueState::default();
    let marked = [Fate::Sent, Fate::NotMine];
    let attempted = Attempted {
        transport: X,
        places: &[0, 1],
        marked: Some(&marked),
    };
    let next = learned(&mut state, &attempted, fates, &Error::new(code, "why"));
    assert_eq!(&(next, state.of(0).clone()), expect);
    assert!(state.declined(1, X));
}

#[test]
fn what_a_transport_learns_after_it_failed_at_its_last_word_is_noted_of_whom_it_was_to_send_to() {
    let later = |after, why: &str| {
        Some(Fate::Later {
            after,
            why: why.to_owned(),
        })
    };
    let failed = Code::CALL_FAILED;
    learns(failed, &[Some(Fate::Sent)], &(Next::Goes, Known::Sent));
    learns(failed, &[None], &(Next::Goes, Known::Unknown));
    // Of more or fewer than these.
    for fates in [&[][..], &[Some(Fate::Sent), Some(Fate::Sent)]] {
        learns(failed, fates, &(Next::Goes, Known::Unknown));
    }
    let after = Some(Duration::from_secs(7));
    for (code, after, down) in [
        (failed, None, false),
        (failed, after, false),
        (Code::NETWORK_ERROR, after, false),
        (Code::NETWORK_ERROR, None, true),
    ] {
        let why = "unsaid".to_owned();
        let next = match down {
            true => Next::Down {
                why: "why".to_owned(),
            },
            false => Next::Later { after, why },
        };
        learns(code, &[later(after, "unsaid")], &(next, open("unsaid")));
    }
}
