//! Sending: fates, marks, parcels, and everything that can go wrong.

use std::fs;
use std::sync::Arc;

use mapi_props::{
    Code, LargeSource, OpenLarge, PropKey, PropType, TreeValue, recipient_type, status_code, tags,
};
use mapi_spi::{Call, Fate, Outgoing, TransportNotice, flush_flags, validate_flags};

use crate::world::{Kept, Machine, Marks, fates, message, receive, row, send, send_with};

#[test]
fn a_batch_is_one_parcel_for_each_mailbox_and_is_seen_after_its_marks() {
    let machine = Machine::new();
    let (ann, bob) = (machine.person("ann"), machine.person("bob"));
    let batch: Vec<_> = (0..50)
        .map(|n| {
            message(
                &n.to_string(),
                &[
                    "ann@localhost",
                    "bob@localhost",
                    "x@localhost",
                    "y@example.com",
                ],
            )
        })
        .collect();
    let mut marks = Marks {
        seen: Some((machine.spool(), 0)),
        ..Marks::default()
    };
    let results = send_with(ann.as_ref(), &batch, &mut marks, &Call::default());
    assert_eq!(
        marks.seen.as_ref().unwrap().1,
        0,
        "nothing is seen before the marks are durable"
    );
    assert_eq!(marks.marks.len(), 50);
    for (place, (result, mark)) in results.into_iter().zip(&marks.marks).enumerate() {
        let fates = result.unwrap();
        assert_eq!((mark.message, &mark.fates), (place, &fates));
        assert!(
            matches!(
                fates[..],
                [Fate::Sent, Fate::Sent, Fate::Refused(_), Fate::NotMine]
            ),
            "{fates:?}"
        );
    }
    let parcels = machine.files("new");
    assert_eq!(parcels.len(), 2);
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        let inode = |n: usize| fs::metadata(&parcels[n]).unwrap().ino();
        assert_eq!(
            inode(0),
            inode(1),
            "mailboxes whose copies read alike share the file"
        );
        assert_eq!(fs::metadata(&parcels[0]).unwrap().mode() & 0o777, 0o600);
    }
    assert!(machine.files("tmp").is_empty());
    let wanted: Vec<String> = (0..50).map(|n| n.to_string()).collect();
    for to in [ann, bob] {
        let kept = receive(to.as_ref());
        assert_eq!(kept.subjects(), wanted);
        assert!(kept.remembered.is_empty(), "all tokens were forgotten");
    }
    assert!(machine.files("new").is_empty());
}

#[test]
fn only_those_who_are_wanted_get_it_and_refusals_need_no_marks() {
    let machine = Machine::new();
    let (ann, bob) = (machine.person("ann"), machine.person("bob"));
    let tree = message("1", &["ann@localhost", "bob@localhost"]);
    let outgoing = Outgoing {
        entry_id: b"e",
        message: &tree,
        recipients: &[1],
        again: false,
    };
    let mut marks = Marks::default();
    let results = ann.submit_all(&[outgoing], &mut marks, &Call::default());
    assert_eq!(results.into_iter().next().unwrap().unwrap(), [Fate::Sent]);
    assert!(receive(ann.as_ref()).messages.is_empty());
    let kept = receive(bob.as_ref());
    assert_eq!(
        kept.messages[0].recipients.len(),
        2,
        "all may see whom it is to"
    );
    let (results, marks) = send(ann.as_ref(), &[message("2", &["nobody@localhost"])]);
    assert!(matches!(
        results[0].as_ref().unwrap()[..],
        [Fate::Refused(_)]
    ));
    assert!(marks.marks.is_empty());
}

#[test]
fn blind_recipients_are_seen_by_themselves_alone_and_resent_rows_by_nobody() {
    let machine = Machine::new();
    let people = ["ann", "bob", "carl", "dora"].map(|name| machine.person(name));
    let mut tree = message("1", &["ann@localhost"]);
    tree.recipients
        .push(row(recipient_type::BCC, "bob@localhost"));
    tree.recipients
        .push(row(recipient_type::BCC, "Carl+secret@localhost"));
    tree.recipients
        .push(row(recipient_type::P1, "dora@localhost"));
    tree.recipients
        .push(row(recipient_type::CC | i32::MIN, "eva@example.org"));
    let places = [0, 1, 2, 3];
    let outgoing = Outgoing {
        entry_id: b"e",
        message: &tree,
        recipients: &places,
        again: false,
    };
    let results = people[0].submit_all(&[outgoing], &mut Marks::default(), &Call::default());
    assert!(
        results
            .into_iter()
            .next()
            .unwrap()
            .unwrap()
            .iter()
            .all(|f| *f == Fate::Sent)
    );
    let seen = [
        "ann@localhost|eva@example.org",
        "ann@localhost|bob@localhost|eva@example.org",
        "ann@localhost|Carl+secret@localhost|eva@example.org",
        "ann@localhost|eva@example.org",
    ];
    let by = [
        "ann@localhost",
        "bob@localhost",
        "carl+secret@localhost",
        "dora@localhost",
    ];
    for ((person, seen), by) in people.iter().zip(seen).zip(by) {
        let kept = receive(person.as_ref());
        let [got] = &kept.messages[..] else {
            panic!("{by} got {}", kept.messages.len());
        };
        let rows: Vec<_> = got
            .recipients
            .iter()
            .map(|r| r.text(tags::EMAIL_ADDRESS).unwrap())
            .collect();
        assert_eq!(rows.join("|"), seen);
        assert_eq!(got.props.text(tags::RECEIVED_BY_EMAIL_ADDRESS), Some(by));
        let kinds: Vec<_> = got
            .recipients
            .iter()
            .map(|r| r.value(tags::RECIPIENT_TYPE).unwrap().as_long().unwrap())
            .collect();
        assert!(kinds.iter().all(|kind| (1..=3).contains(kind)), "{kinds:?}");
    }
}

#[test]
fn marks_that_fail_send_nothing() {
    let machine = Machine::new();
    let ann = machine.person("ann");
    let mut marks = Marks {
        refuses: true,
        ..Marks::default()
    };
    let batch = [
        message("1", &["ann@localhost"]),
        message("2", &["x@localhost"]),
    ];
    let results = send_with(ann.as_ref(), &batch, &mut marks, &Call::default());
    assert_eq!(
        results[0].as_ref().unwrap_err().code(),
        Code::END_OF_SESSION
    );
    assert!(
        matches!(results[1].as_ref().unwrap()[..], [Fate::Refused(_)]),
        "of this one all is known"
    );
    assert!(machine.files("new").is_empty() && machine.drafts().is_empty());
    // The mark may be there all the same.
    assert_eq!(machine.voids().len(), 1);
}

#[test]
fn a_cancelled_call_sends_nothing() {
    let machine = Machine::new();
    let ann = machine.person("ann");
    let call = Call::default();
    call.cancel.cancel();
    let results = send_with(
        ann.as_ref(),
        &[message("1", &["ann@localhost"])],
        &mut Marks::default(),
        &call,
    );
    assert_eq!(results[0].as_ref().unwrap_err().code(), Code::USER_CANCEL);
    assert!(machine.files("new").is_empty());
}

/// Bytes that fail to be read, or are fewer than they say.
struct Liar(bool);

impl OpenLarge for Liar {
    fn size(&self) -> u64 {
        100_000
    }

    fn open(&self) -> std::io::Result<Box<dyn std::io::Read + Send>> {
        match self.0 {
            true => Err(std::io::Error::other("the disk of the store is broken")),
            false => Ok(Box::new(std::io::Cursor::new(vec![0; 50_000]))),
        }
    }
}

#[test]
fn a_message_that_cannot_be_read_keeps_no_other_from_being_sent() {
    let machine = Machine::new();
    let (ann, bob) = (machine.person("ann"), machine.person("bob"));
    let mut batch: Vec<_> = (0..4)
        .map(|n| message(&n.to_string(), &["ann@localhost", "bob@localhost"]))
        .collect();
    for (place, broken) in [(1, true), (3, false)] {
        let lie = LargeSource::Lazy(Arc::new(Liar(broken)));
        batch[place]
            .props
            .insert(PropKey::Id(0x1013), TreeValue::Large(PropType::BINARY, lie));
    }
    let (results, marks) = send(ann.as_ref(), &batch);
    for (place, result) in results.iter().enumerate() {
        let fates = result.as_ref().unwrap();
        match place {
            1 | 3 => assert!(
                matches!(&fates[..], [Fate::Later { why, .. }, Fate::Later { .. }] if why.contains("cannot be read")),
                "{fates:?}"
            ),
            _ => assert_eq!(fates[..], [Fate::Sent, Fate::Sent]),
        }
    }
    assert_eq!(
        marks.marks.iter().map(|m| m.message).collect::<Vec<_>>(),
        [0, 2]
    );
    assert_eq!(receive(ann.as_ref()).subjects(), ["0", "2"]);
    assert_eq!(receive(bob.as_ref()).subjects(), ["0", "2"]);
}

#[cfg(unix)]
#[test]
fn a_mailbox_that_cannot_be_written_is_later_with_why_and_others_go_on() {
    let machine = Machine::new();
    let (ann, bob) = (machine.person("ann"), machine.person("bob"));
    let mailbox = fs::read_dir(machine.spool().join("mailboxes"))
        .unwrap()
        .map(|e| e.unwrap().path())
        .max()
        .unwrap();
    fs::remove_dir_all(mailbox.join("tmp")).unwrap();
    let fates = fates(
        ann.as_ref(),
        message("1", &["ann@localhost", "bob@localhost"]),
    );
    let later: Vec<_> = fates
        .iter()
        .filter(|f| matches!(f, Fate::Later { why, .. } if why.contains("tmp")))
        .collect();
    assert_eq!(
        (
            later.len(),
            fates.iter().filter(|f| **f == Fate::Sent).count()
        ),
        (1, 1),
        "{fates:?}"
    );
    fs::create_dir(mailbox.join("tmp")).unwrap();
    assert_eq!(
        receive(ann.as_ref()).messages.len() + receive(bob.as_ref()).messages.len(),
        1
    );
    // The last word cannot be said: nobody got it.
    fs::remove_dir_all(mailbox.join("new")).unwrap();
    let after = crate::world::fates(
        ann.as_ref(),
        message("2", &["ann@localhost", "bob@localhost"]),
    );
    assert_eq!(
        after
            .iter()
            .filter(|f| matches!(f, Fate::Later { .. }))
            .count(),
        1,
        "{after:?}"
    );
    let left = fs::read_dir(mailbox.join("tmp")).unwrap();
    let left: Vec<_> = left.map(|e| e.unwrap().path()).collect();
    assert!(matches!(&left[..], [void] if void.extension().unwrap() == "void"));
}

#[test]
fn trouble_happens_where_it_is_asked_for() {
    let machine = Machine::new();
    machine.person("bob");
    let to_bob = || message("1", &["bob@localhost"]);
    let result = |fail: &str| {
        let (ann, _) = machine.logon("ann", &[("fail", fail)]).unwrap();
        let (mut results, marks) = send(ann.as_ref(), &[to_bob()]);
        (
            results.pop().unwrap(),
            marks.marks.len(),
            machine.files("new").len(),
        )
    };
    let (submit, marks, there) = result("submit");
    assert_eq!(
        (submit.unwrap_err().code(), marks, there),
        (Code::NETWORK_ERROR, 0, 0)
    );
    let (write, marks, there) = result("write");
    assert!(matches!(write.unwrap()[..], [Fate::Later { .. }]));
    assert_eq!((marks, there), (0, 0));
    let (commit, marks, there) = result("commit");
    assert_eq!((commit.is_err(), marks, there), (true, 1, 0));
    let (publish, marks, there) = result("publish");
    assert!(matches!(publish.unwrap()[..], [Fate::Later { .. }]));
    assert_eq!((marks, there), (1, 0));
    assert!(machine.drafts().is_empty());
    let (answer, marks, there) = result("answer");
    assert_eq!((answer.is_err(), marks, there), (true, 1, 1));
    let (bob, _) = machine
        .logon("bob", &[("fail", "receive/2, keep/2")])
        .unwrap();
    let mut kept = Kept::default();
    bob.receive(&mut kept, &Call::default()).unwrap();
    assert_eq!(
        bob.receive(&mut kept, &Call::default()).unwrap_err().code(),
        Code::NETWORK_ERROR
    );
    assert_eq!(kept.messages.len(), 1);
}

#[test]
fn its_row_says_what_it_does_and_can() {
    let machine = Machine::new();
    let (ann, host) = machine.logon("ann", &[("name", "Ann")]).unwrap();
    use status_code::{
        AVAILABLE, INBOUND_ENABLED, INBOUND_FLUSH, OFFLINE, OUTBOUND_ENABLED, OUTBOUND_FLUSH,
    };
    assert_eq!(host.code(), AVAILABLE);
    assert_eq!(
        host.says(tags::RESOURCE_METHODS).and_then(|v| v.as_long()),
        Some(0b1011)
    );
    let told = |notice| {
        ann.notify(&notice).unwrap();
        host.code()
    };
    assert_eq!(
        told(TransportNotice::BeginOutbound),
        AVAILABLE | OUTBOUND_ENABLED
    );
    assert_eq!(
        told(TransportNotice::BeginInbound),
        AVAILABLE | OUTBOUND_ENABLED | INBOUND_ENABLED
    );
    let call = Call::default();
    ann.flush(
        flush_flags::UPLOAD | flush_flags::DOWNLOAD | flush_flags::NO_UI,
        &call,
    )
    .unwrap();
    let all = AVAILABLE | OUTBOUND_ENABLED | INBOUND_ENABLED;
    assert_eq!(host.code(), all | INBOUND_FLUSH | OUTBOUND_FLUSH);
    assert_eq!(told(TransportNotice::EndOutboundFlush), all | INBOUND_FLUSH);
    assert_eq!(told(TransportNotice::EndInboundFlush), all);
    ann.validate_state(
        validate_flags::FORCE_XP_DISCONNECT | validate_flags::SUPPRESS_UI,
        &call,
    )
    .unwrap();
    assert_eq!(host.code(), all | OFFLINE);
    assert!(
        matches!(&fates(ann.as_ref(), message("1", &["ann@localhost"]))[..], [Fate::Later { why, .. }] if why.contains("offline"))
    );
    assert_eq!(
        ann.receive(&mut Kept::default(), &call).unwrap_err().code(),
        Code::NETWORK_ERROR
    );
    ann.validate_state(validate_flags::FORCE_XP_CONNECT, &call)
        .unwrap();
    assert_eq!(
        fates(ann.as_ref(), message("1", &["ann@localhost"])),
        [Fate::Sent]
    );
    for flag in [
        validate_flags::REFRESH_XP_HEADER_CACHE,
        validate_flags::SHOW_XP_SESSION_UI,
        validate_flags::ABORT_XP_HEADER_OPERATION,
    ] {
        assert_eq!(
            ann.validate_state(flag, &call).unwrap_err().code(),
            Code::NO_SUPPORT
        );
    }
    assert_eq!(
        told(TransportNotice::EndInbound),
        AVAILABLE | OUTBOUND_ENABLED
    );
    assert_eq!(told(TransportNotice::EndOutbound), AVAILABLE);
}
