//! Calls that end, ask, are cancelled, and do not come back.

use std::sync::mpsc::channel;
use std::time::Duration;

use mapi_props::Code;
use mapi_spi::{Call, CancelToken};

use super::{Asking, Occupied, aside};
use crate::Options;

fn options() -> Options {
    Options {
        patience: Duration::from_millis(40),
        grace: Duration::from_millis(40),
        ..Options::default()
    }
}

#[test]
fn what_is_asked_is_answered_and_what_it_ends_with_comes_back() {
    let occupied = Occupied::default();
    let work = |asking: &Asking<u8, u8, u8>, _: &Call| asking.ask(20).unwrap() + 1;
    let ended = aside(&occupied, &options(), &Call::default(), work, |q| Ok(q * 2));
    assert_eq!(ended.unwrap(), Some(41));
    assert!(!occupied.is());
}

#[test]
fn what_does_not_stop_is_left_behind_and_refused() {
    let occupied = Occupied::default();
    let (hold, held) = channel::<()>();
    let (tell, told) = channel();
    let work = move |asking: &Asking<(), (), ()>, _: &Call| {
        let _released = held.recv();
        tell.send(asking.ask(()).unwrap_err().code()).unwrap();
    };
    let answered = |()| panic!("nobody waits for it any more");
    let ended = aside(&occupied, &options(), &Call::default(), work, answered);
    assert_eq!(ended.unwrap(), None);
    assert!(occupied.is());
    drop(hold);
    assert_eq!(told.recv().unwrap(), Code::USER_CANCEL);
}

#[test]
fn a_cancel_reaches_the_thread_and_its_questions_are_refused() {
    let cancel = CancelToken::default();
    let call = Call {
        cancel: cancel.clone(),
        ..Call::default()
    };
    let patient = Options {
        patience: Duration::from_secs(60),
        grace: Duration::from_secs(60),
        ..Options::default()
    };
    let work = move |asking: &Asking<(), (), Code>, call: &Call| {
        cancel.cancel();
        assert!(call.check().is_err());
        asking.ask(()).unwrap_err().code()
    };
    let occupied = Occupied::default();
    let ended = aside(&occupied, &patient, &call, work, Ok);
    assert_eq!(ended.unwrap(), Some(Code::USER_CANCEL));
    let again = aside(
        &occupied,
        &patient,
        &call,
        |_: &Asking<(), (), ()>, _| (),
        Ok,
    );
    assert_eq!(again.unwrap_err().code(), Code::USER_CANCEL);
}
