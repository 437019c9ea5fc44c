//! A call that ends while a parcel is written: nothing has left, and it is nobody's fault.

use std::time::{Duration, Instant};

use mapi_props::Code;
use mapi_spi::Call;

use crate::world::{Machine, Marks, message, send_with};

#[test]
fn who_is_stopped_while_parcels_are_written_says_that_and_no_more() {
    let machine = Machine::new();
    let _bob = machine.person("bob");
    let (ann, _) = machine.logon("ann", &[("hang", "write/2")]).unwrap();
    let batch = [message("1", &["ann@localhost", "bob@localhost"])];
    let call = Call {
        deadline: Some(Instant::now() + Duration::from_millis(50)),
        ..Call::default()
    };
    let mut marks = Marks::default();
    let results = send_with(ann.as_ref(), &batch, &mut marks, &call);
    let codes: Vec<Code> = results.into_iter().map(|r| r.unwrap_err().code()).collect();
    assert_eq!(codes, [Code::TIMEOUT]);
    assert!(marks.marks.is_empty(), "no last word was to be said");
    assert!(machine.files("new").is_empty() && machine.files("tmp").is_empty());
}
