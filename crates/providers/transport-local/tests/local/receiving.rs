//! Receiving: order, tokens, crashes, damage, news.

use std::fs;
use std::io::Write;
use std::time::{Duration, SystemTime};

use mapi_props::{Code, PropValue, tags};
use mapi_spi::{Call, SpoolerNotice, TransportNotice};

use crate::world::{Kept, Machine, message, receive, send};

#[test]
fn whatever_fails_nothing_is_lost_and_nothing_is_there_twice() {
    let machine = Machine::new();
    let (ann, bob) = (machine.person("ann"), machine.person("bob"));
    for batch in 0..3 {
        let messages: Vec<_> = (0..3)
            .map(|n| message(&format!("{batch}.{n}"), &["bob@localhost"]))
            .collect();
        send(ann.as_ref(), &messages);
    }
    let mut kept = Kept {
        fails_before: true,
        ..Kept::default()
    };
    let call = Call::default();
    assert_eq!(
        bob.receive(&mut kept, &call).unwrap_err().code(),
        Code::NOT_ENOUGH_DISK
    );
    assert!(kept.messages.is_empty());
    // Kept, and nobody was told: all is given again, and none is there twice.
    kept.fails_after = true;
    bob.receive(&mut kept, &call).unwrap_err();
    assert_eq!(kept.messages.len(), 9);
    // Taken, and what is to be forgotten is not: it is said again.
    kept.fails_to_forget = true;
    bob.receive(&mut kept, &call).unwrap_err();
    assert_eq!(
        (
            kept.again,
            kept.remembered.len(),
            machine.files("new").len()
        ),
        (9, 9, 3)
    );
    let bob = machine.person("bob");
    bob.receive(&mut kept, &call).unwrap();
    assert_eq!(
        (
            kept.messages.len(),
            kept.remembered.len(),
            machine.files("new").len()
        ),
        (9, 0, 0)
    );
    assert_eq!(
        kept.subjects(),
        [
            "0.0", "0.1", "0.2", "1.0", "1.1", "1.2", "2.0", "2.1", "2.2"
        ]
    );
}

#[test]
fn a_process_that_ends_between_any_two_steps_loses_nothing() {
    for step in ["keep", "receive"] {
        let machine = Machine::new();
        let ann = machine.person("ann");
        send(
            ann.as_ref(),
            &[message("1", &["bob@localhost", "ann@localhost"])],
        );
        machine.person("bob");
        send(ann.as_ref(), &[message("2", &["bob@localhost"])]);
        let (bob, _) = machine.logon("bob", &[("fail", step)]).unwrap();
        let mut kept = Kept::default();
        bob.receive(&mut kept, &Call::default()).unwrap_err();
        let bob = machine.person("bob");
        bob.receive(&mut kept, &Call::default()).unwrap();
        assert_eq!(
            (kept.subjects(), kept.remembered.len()),
            (vec!["2"], 0),
            "{step}"
        );
    }
}

#[test]
fn what_cannot_be_kept_now_stays_and_the_rest_goes_on() {
    let machine = Machine::new();
    let ann = machine.person("ann");
    for n in 0..4 {
        send(ann.as_ref(), &[message(&n.to_string(), &["ann@localhost"])]);
    }
    let mut kept = Kept {
        refuses: Some(("1".to_owned(), Code::NOT_ENOUGH_DISK)),
        ..Kept::default()
    };
    ann.receive(&mut kept, &Call::default()).unwrap();
    assert_eq!(
        (kept.subjects(), machine.files("new").len()),
        (vec!["0", "2", "3"], 1)
    );
    kept.refuses = None;
    ann.receive(&mut kept, &Call::default()).unwrap();
    assert_eq!(
        (kept.subjects(), machine.files("new").len()),
        (vec!["0", "2", "3", "1"], 0)
    );
    // What can never be kept is put aside.
    send(
        ann.as_ref(),
        &[
            message("4", &["ann@localhost"]),
            message("5", &["ann@localhost"]),
        ],
    );
    kept.refuses = Some(("4".to_owned(), Code::TOO_COMPLEX));
    ann.receive(&mut kept, &Call::default()).unwrap();
    assert_eq!(kept.subjects().last(), Some(&"5"));
    assert_eq!(
        (machine.files("new").len(), machine.files("damaged").len()),
        (0, 2)
    );
}

#[test]
fn a_broken_parcel_is_put_aside_with_why_and_blocks_no_other() {
    let machine = Machine::new();
    let (ann, host) = machine.logon("ann", &[]).unwrap();
    let deliver = |n: usize| {
        let both = [
            message(&format!("{n}a"), &["ann@localhost"]),
            message(&format!("{n}b"), &["ann@localhost"]),
        ];
        send(ann.as_ref(), &both);
    };
    (0..5).for_each(deliver);
    let files = machine.files("new");
    let change = |n: usize, change: &dyn Fn(&mut Vec<u8>)| {
        let mut bytes = fs::read(&files[n]).unwrap();
        change(&mut bytes);
        fs::write(&files[n], bytes).unwrap();
    };
    change(0, &|bytes| bytes.truncate(bytes.len() - 1));
    change(1, &|bytes| bytes.clear());
    change(2, &|bytes| {
        let first = bytes.windows(2).position(|w| w == b"2a").unwrap();
        bytes[first] ^= 1;
    });
    change(3, &|bytes| bytes.splice(9..9, *b"x").for_each(drop));
    let notes = files[0].with_file_name("notes.txt");
    fs::File::create(&notes)
        .unwrap()
        .write_all(b"mine")
        .unwrap();
    let kept = receive(ann.as_ref());
    assert_eq!(
        kept.subjects(),
        ["2b", "4a", "4b"],
        "the message beside a damaged one is delivered"
    );
    let aside = machine.files("damaged");
    assert_eq!(
        aside
            .iter()
            .filter(|p| p.extension().unwrap() == "parcel")
            .count(),
        4
    );
    let why: Vec<String> = aside
        .iter()
        .filter(|p| p.extension().unwrap() == "txt")
        .map(|p| fs::read_to_string(p).unwrap())
        .collect();
    for wanted in ["end is missing", "no parcel", "is damaged", "does not fit"] {
        assert!(why.iter().any(|w| w.contains(wanted)), "{wanted}: {why:?}");
    }
    assert_eq!(machine.files("new"), [notes], "what is none of ours stays");
    let said = host.says(tags::STATUS_STRING).unwrap();
    assert!(said.as_str().unwrap().contains("4 damaged"), "{said:?}");
}

#[test]
fn what_senders_left_is_removed_and_what_they_write_is_not() {
    let machine = Machine::new();
    let ann = machine.person("ann");
    send(ann.as_ref(), &[message("1", &["ann@localhost"])]);
    let tmp = machine.files("new")[0]
        .parent()
        .unwrap()
        .with_file_name("tmp");
    let begun = |n: u32, minutes: u64| {
        let name = format!("0000000000000001-0000000000000001-{n:08x}.parcel");
        let file = fs::File::create(tmp.join(name)).unwrap();
        let then = SystemTime::now() - Duration::from_secs(60 * minutes);
        file.set_modified(then).unwrap();
        file
    };
    drop(begun(0, 10));
    let living = begun(1, 10);
    living.lock().unwrap();
    // Made just now, and not locked yet: its sender is about to do that.
    let young = begun(2, 0);
    receive(ann.as_ref());
    assert_eq!(machine.drafts().len(), 2);
    drop(living);
    receive(ann.as_ref());
    assert_eq!((machine.drafts().len(), machine.voids().len()), (1, 2));
    drop(young);
}

#[test]
fn one_takes_from_a_mailbox_at_a_time() {
    let machine = Machine::new();
    let ann = machine.person("ann");
    send(ann.as_ref(), &[message("1", &["ann@localhost"])]);
    let lock = machine.files("new")[0]
        .parent()
        .unwrap()
        .with_file_name("receiving");
    let other = fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(false)
        .open(lock)
        .unwrap();
    other.lock().unwrap();
    let mut kept = Kept::default();
    let again = ann.receive(&mut kept, &Call::default()).unwrap();
    assert!(kept.messages.is_empty() && again.is_some());
    drop(other);
    assert_eq!(receive(ann.as_ref()).messages.len(), 1);
}

#[test]
fn news_is_told_while_it_may_receive() {
    let machine = Machine::new();
    let (ann, host) = machine.logon("ann", &[("poll", "3600")]).unwrap();
    send(ann.as_ref(), &[message("1", &["ann@localhost"])]);
    ann.notify(&TransportNotice::BeginInbound).unwrap();
    assert!(host.hears(&SpoolerNotice::NewMail), "what was there before");
    let mut kept = Kept::default();
    let again = ann.receive(&mut kept, &Call::default()).unwrap();
    assert_eq!(
        (kept.messages.len(), again),
        (1, None),
        "it says itself when there is more"
    );
    send(ann.as_ref(), &[message("2", &["ann@localhost"])]);
    assert!(host.hears(&SpoolerNotice::NewMail));
    ann.notify(&TransportNotice::EndInbound).unwrap();
    let again = ann.receive(&mut kept, &Call::default()).unwrap();
    assert_eq!(
        (kept.messages.len(), again.map(|d| d.as_secs())),
        (2, Some(3600))
    );
    ann.logoff();
}

#[test]
fn many_small_parcels_are_given_together_and_few_messages_at_once() {
    let machine = Machine::new();
    let ann = machine.person("ann");
    for n in 0..10 {
        send(ann.as_ref(), &[message(&n.to_string(), &["ann@localhost"])]);
    }
    assert_eq!(receive(ann.as_ref()).batches, [10]);
    let batch: Vec<_> = (0..600)
        .map(|n| message(&n.to_string(), &["ann@localhost"]))
        .collect();
    send(ann.as_ref(), &batch);
    assert_eq!(receive(ann.as_ref()).batches, [256, 256, 88]);
}

#[test]
fn an_address_that_all_may_see_comes_before_a_hidden_one() {
    let machine = Machine::new();
    let (ann, _) = machine
        .logon("ann", &[("address", "ann@localhost")])
        .unwrap();
    // Whichever row is first.
    for order in [[0, 1], [1, 0]] {
        let rows = ["ann+secret@localhost", "ann@localhost"];
        let mut tree = message("1", &order.map(|row: usize| rows[row]));
        for (row, which) in tree.recipients.iter_mut().zip(order) {
            if which == 0 {
                row.set(tags::RECIPIENT_TYPE, mapi_props::recipient_type::BCC);
            }
        }
        send(ann.as_ref(), &[tree]);
        let kept = receive(ann.as_ref());
        let by = kept.messages[0].props.text(tags::RECEIVED_BY_EMAIL_ADDRESS);
        assert_eq!(by, Some("ann@localhost"));
    }
}

#[test]
fn what_arrives_says_whom_it_is_for() {
    let machine = Machine::new();
    let (ann, _) = machine
        .logon(
            "ann",
            &[
                ("name", "Ann Lee"),
                ("address", "ann@localhost a@example.org"),
            ],
        )
        .unwrap();
    let mut tree = message("1", &["x@example.com", "A+list@Example.org"]);
    tree.recipients[1].set(tags::RECIPIENT_TYPE, mapi_props::recipient_type::CC);
    send(ann.as_ref(), &[tree]);
    let kept = receive(ann.as_ref());
    let got = &kept.messages[0];
    for (tag, wanted) in [
        (tags::RECEIVED_BY_EMAIL_ADDRESS, "a+list@example.org"),
        (tags::RCVD_REPRESENTING_EMAIL_ADDRESS, "a+list@example.org"),
        (tags::RECEIVED_BY_NAME, "Ann Lee"),
        (tags::RECEIVED_BY_ADDRTYPE, "SMTP"),
    ] {
        assert_eq!(got.props.text(tag), Some(wanted));
    }
    let key = got.props.value(tags::RECEIVED_BY_SEARCH_KEY);
    assert_eq!(
        key,
        Some(&PropValue::Binary(b"SMTP:A+LIST@EXAMPLE.ORG\0".to_vec()))
    );
    assert!(got.props.value(tags::RECEIVED_BY_ENTRYID).is_some());
    let flags = [
        tags::MESSAGE_TO_ME,
        tags::MESSAGE_CC_ME,
        tags::MESSAGE_RECIP_ME,
    ];
    assert_eq!(
        flags.map(|t| got.props.value(t).unwrap().as_bool().unwrap()),
        [false, true, true]
    );
    assert!(got.props.value(tags::MESSAGE_DELIVERY_TIME).is_some());
    for row in &got.recipients {
        assert!(row.value(tags::ENTRYID).is_some() && row.value(tags::SEARCH_KEY).is_some());
    }
}
