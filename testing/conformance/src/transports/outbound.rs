//! Sending.

use std::io::{self, Read};
use std::sync::Arc;
use std::sync::mpsc::channel;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use mapi::{Code, PropType};
use mapi_props::{LargeSource, MessageTree, OpenLarge, PropTag, PropValue, tags};
use mapi_spi::{Call, Fate, TransportNotice, validate_flags};

use super::attempt::{Noted, send, submit, submit_all};
use super::message::{BCC, Broken, CC, P1, TO, file_of, subjects, to, with_file};
use super::{Story, TransportGround};

/// Within which a call that was cancelled must have ended.
const IN_TIME: Duration = Duration::from_secs(5);
/// A size that no transport holds in one piece.
const LARGE: u64 = 9 << 20;

pub(super) const STORIES: &[Story] = &[
    ("what it reaches is something, and stays the same", reach),
    (
        "recipients get the message once each, and fates come in their order",
        fates,
    ),
    ("a recipient that is in other hands gets nothing", others),
    ("a foreign recipient is not its own", foreign),
    (
        "a message without a recipient of its own goes nowhere",
        nowhere,
    ),
    (
        "the mark is made before the last word, with what becomes of each",
        committing,
    ),
    ("nothing is said when the mark cannot be made", refused_mark),
    (
        "of several messages none is said when the mark cannot be made",
        refused_marks,
    ),
    ("several messages go as they would alone, in order", several),
    (
        "one of several that cannot be read keeps no other back",
        one_of_several,
    ),
    ("what is not for others never leaves", hidden),
    ("a cancelled call sends nothing", cancelled),
    (
        "a call that is cancelled at its last word ends in time",
        cancelled_late,
    ),
    (
        "a transport that is asked meanwhile does not lock itself",
        meanwhile,
    ),
    ("a value that breaks off sends nothing", broken),
    ("a large attachment comes whole", large),
    ("it works on after errors, and after a restart", goes_on),
];

fn addresses(ground: &dyn TransportGround) -> [String; 4] {
    [0, 1, 2, 3].map(|n| ground.somebody(n))
}

/// What somebody got, by subject.
fn got(ground: &dyn TransportGround, address: &str) -> Vec<String> {
    subjects(&ground.reached(address))
}

fn nobody_got_any(ground: &dyn TransportGround) {
    for address in addresses(ground) {
        let got = got(ground, &address);
        assert!(got.is_empty(), "{address} got {got:?}");
    }
}

fn reach(ground: &dyn TransportGround) -> Result<()> {
    let transport = ground.transport();
    let reach = transport.reach();
    let none = |types: &Vec<String>| types.iter().all(String::is_empty);
    let by_type = reach
        .address_types
        .as_ref()
        .is_none_or(|types| !none(types));
    assert!(by_type || !reach.uids.is_empty(), "it reaches nobody");
    assert_eq!(transport.reach(), reach);
    transport.validate_state(validate_flags::SUPPRESS_UI, &Call::default())?;
    assert_eq!(ground.transport().reach(), reach);
    transport.logoff();
    Ok(())
}

fn fates(ground: &dyn TransportGround) -> Result<()> {
    let [a, b, ..] = addresses(ground);
    let refused = ground.nobody();
    let mut rows = vec![(a.as_str(), TO)];
    rows.extend(refused.as_deref().map(|r| (r, CC)));
    rows.push((b.as_str(), CC));
    let tree = to(ground, "fates", &rows);
    // Not in the order of the rows.
    let places: Vec<usize> = (0..rows.len()).rev().collect();
    let call = Call::default();
    let given = submit(
        &ground.transport(),
        &tree,
        &places,
        &mut Noted::well(),
        &call,
    )?;
    assert_eq!(given.len(), places.len());
    for (place, fate) in places.iter().zip(&given) {
        let (address, _) = rows[*place];
        match fate {
            Fate::Refused(why) => {
                assert_eq!(Some(address), refused.as_deref());
                assert!(!why.text.is_empty(), "no word of why");
            }
            other => {
                assert_ne!(Some(address), refused.as_deref());
                assert_eq!(*other, Fate::Sent, "{address}");
            }
        }
    }
    assert_eq!(got(ground, &a), ["fates"]);
    assert_eq!(got(ground, &b), ["fates"]);
    Ok(())
}

fn others(ground: &dyn TransportGround) -> Result<()> {
    let [a, b, c, _] = addresses(ground);
    let tree = to(ground, "others", &[(&a, TO), (&b, TO), (&c, CC)]);
    let call = Call::default();
    let given = submit(&ground.transport(), &tree, &[1], &mut Noted::well(), &call)?;
    assert_eq!(given, [Fate::Sent]);
    assert!(got(ground, &a).is_empty() && got(ground, &c).is_empty());
    let came = ground.reached(&b);
    assert_eq!(subjects(&came), ["others"]);
    // They are named to whom it goes.
    assert_eq!(came[0].recipients.len(), 3);
    Ok(())
}

fn foreign(ground: &dyn TransportGround) -> Result<()> {
    let Some(foreign) = ground.foreign() else {
        return Ok(());
    };
    let [a, ..] = addresses(ground);
    let tree = to(ground, "foreign", &[(&foreign, TO), (&a, TO)]);
    let call = Call::default();
    let given = submit(
        &ground.transport(),
        &tree,
        &[0, 1],
        &mut Noted::well(),
        &call,
    )?;
    assert_eq!(given, [Fate::NotMine, Fate::Sent]);
    assert_eq!(got(ground, &a), ["foreign"]);
    Ok(())
}

fn nowhere(ground: &dyn TransportGround) -> Result<()> {
    let [a, ..] = addresses(ground);
    for (address, refused) in [(ground.foreign(), false), (ground.nobody(), true)] {
        let Some(address) = address else { continue };
        let tree = to(ground, "nowhere", &[(&address, TO), (&a, TO)]);
        let call = Call::default();
        let given = submit(&ground.transport(), &tree, &[0], &mut Noted::well(), &call);
        match given {
            Ok(fates) if refused => {
                assert!(matches!(fates.as_slice(), [Fate::Refused(_)]), "{fates:?}");
            }
            Ok(fates) => assert_eq!(fates, [Fate::NotMine]),
            Err(error) => assert_eq!((error.code(), refused), (Code::NOT_ME, false)),
        }
    }
    nobody_got_any(ground);
    Ok(())
}

fn committing(ground: &dyn TransportGround) -> Result<()> {
    let [a, b, ..] = addresses(ground);
    let refused = ground.nobody();
    let mut rows = vec![(a.as_str(), TO), (b.as_str(), TO)];
    rows.extend(refused.as_deref().map(|r| (r, TO)));
    let tree = to(ground, "committing", &rows);
    let mut noted = Noted::with(|| {
        nobody_got_any(ground);
        Ok(())
    });
    let places: Vec<usize> = (0..rows.len()).collect();
    let call = Call::default();
    let given = submit(&ground.transport(), &tree, &places, &mut noted, &call)?;
    let [marks] = noted.marks.as_slice() else {
        panic!("{} steps", noted.marks.len());
    };
    let [mark] = marks.as_slice() else {
        panic!("{} marks", marks.len());
    };
    assert_eq!(mark.fates, given);
    assert_eq!(got(ground, &a), ["committing"]);
    Ok(())
}

fn refused_mark(ground: &dyn TransportGround) -> Result<()> {
    let [a, b, ..] = addresses(ground);
    let tree = to(ground, "unmarked", &[(&a, TO), (&b, TO)]);
    let (transport, call) = (ground.transport(), Call::default());
    let given = submit(&transport, &tree, &[0, 1], &mut Noted::refusing(), &call);
    assert!(given.is_err(), "{given:?}");
    nobody_got_any(ground);
    transport.logoff();
    nobody_got_any(ground);
    Ok(())
}

fn refused_marks(ground: &dyn TransportGround) -> Result<()> {
    let [a, b, ..] = addresses(ground);
    let trees: Vec<_> = (0..3)
        .map(|n| to(ground, &format!("unmarked {n}"), &[(&a, TO), (&b, TO)]))
        .collect();
    let (transport, call) = (ground.transport(), Call::default());
    let given = submit_all(&transport, &trees, &mut Noted::refusing(), &call);
    assert_eq!(given.len(), 3);
    assert!(given.iter().all(Result::is_err), "{given:?}");
    nobody_got_any(ground);
    transport.logoff();
    nobody_got_any(ground);
    Ok(())
}

fn several(ground: &dyn TransportGround) -> Result<()> {
    let [a, b, c, d] = addresses(ground);
    let transport = ground.transport();
    let many = transport.batch().clamp(3, 40) + 1;
    let name = |n: usize| format!("several {n}");
    let tree = |n: usize| match n % 3 {
        0 => to(ground, &name(n), &[(&a, TO), (&b, CC)]),
        1 => to(ground, &name(n), &[(&a, TO)]),
        _ => with_file(to(ground, &name(n), &[(&b, TO)]), vec![7; 70_000].into()),
    };
    let trees: Vec<_> = (0..many).map(tree).collect();
    let mut noted = Noted::with(|| Ok(()));
    let given = submit_all(&transport, &trees, &mut noted, &Call::default());
    assert_eq!(given.len(), many);
    for (n, (given, tree)) in given.into_iter().zip(&trees).enumerate() {
        let given = given.with_context(|| name(n))?;
        assert_eq!(given, vec![Fate::Sent; tree.recipients.len()], "{n}");
        assert_eq!(noted.of(n), 1, "marks of {n}");
    }
    let of = |rest: &[usize]| -> Vec<String> {
        (0..many)
            .filter(|n| rest.contains(&(n % 3)))
            .map(name)
            .collect()
    };
    assert_eq!(got(ground, &a), of(&[0, 1]));
    assert_eq!(got(ground, &b), of(&[0, 2]));
    // As one alone.
    let alone = |to_whom: &str| {
        let mut tree = to(ground, &name(0), &[(to_whom, TO), (&b, CC)]);
        if let Some(row) = tree.recipients.first_mut() {
            row.set(tags::DISPLAY_NAME, "Person 0");
        }
        tree
    };
    send(&transport, &alone(&c))?;
    assert!(got(ground, &d).is_empty());
    let (together, single) = (ground.reached(&a), ground.reached(&c));
    assert_eq!(single.len(), 1);
    assert_eq!(content(&together[0]), content(&single[0]));
    Ok(())
}

/// What is the same for all who get a message.
fn content(tree: &MessageTree) -> (Option<&str>, Option<&str>, Option<&str>, usize) {
    let text = |tag| tree.props.text(tag);
    (
        text(tags::SUBJECT),
        text(tags::BODY),
        text(tags::INTERNET_MESSAGE_ID),
        tree.recipients.len(),
    )
}

/// Whether it went to everybody. What cannot be sent now is an error, or is to be tried later.
fn is_sent(given: &mapi_spi::Result<Vec<Fate>>) -> bool {
    let fates = given.as_ref().map(Vec::as_slice).unwrap_or_default();
    !fates.is_empty() && fates.iter().all(|fate| *fate == Fate::Sent)
}

fn one_of_several(ground: &dyn TransportGround) -> Result<()> {
    let [a, ..] = addresses(ground);
    let mut trees: Vec<_> = (0..3)
        .map(|n| to(ground, &format!("one of {n}"), &[(&a, TO)]))
        .collect();
    trees[1] = with_file(trees[1].clone(), Broken::source());
    let transport = ground.transport();
    let mut noted = Noted::well();
    let given = submit_all(&transport, &trees, &mut noted, &Call::default());
    let sent: Vec<bool> = given.iter().map(is_sent).collect();
    assert_eq!(sent, [true, false, true], "{given:?}");
    assert_eq!(noted.of(1), 0, "a mark of what was never read");
    assert_eq!(got(ground, &a), ["one of 0", "one of 2"]);
    Ok(())
}

fn hidden(ground: &dyn TransportGround) -> Result<()> {
    let [a, b, c, d] = addresses(ground);
    let rows = [(a.as_str(), TO), (&b, BCC), (&c, CC), (&d, TO | P1)];
    let mut tree = to(ground, "hidden", &rows);
    // PR_SENTMAIL_ENTRYID, PR_DELETE_AFTER_SUBMIT, and one of the ranges that stay.
    let secret = PropTag::new(0x6789, PropType::UNICODE);
    tree.props.set(tags::SENTMAIL_ENTRYID, b"folder".as_slice());
    tree.props.set(tags::DELETE_AFTER_SUBMIT, true);
    tree.props.set(tags::SUBMIT_FLAGS, 1);
    tree.props.set(secret, "a secret of the client");
    let (transport, call) = (ground.transport(), Call::default());
    let given = submit(&transport, &tree, &[0, 1, 2, 3], &mut Noted::well(), &call)?;
    assert_eq!(given, vec![Fate::Sent; 4]);
    for address in [&a, &b, &c, &d] {
        let came = ground.reached(address);
        let [came] = came.as_slice() else {
            panic!("{address} got {}", came.len());
        };
        for stays in [
            tags::SENTMAIL_ENTRYID.raw(),
            tags::DELETE_AFTER_SUBMIT.raw(),
            tags::SUBMIT_FLAGS.raw(),
            secret,
        ] {
            assert!(came.props.value(stays).is_none(), "{stays:?} left");
        }
        let named = came.recipients.iter().map(|row| {
            let kind = row.value(tags::RECIPIENT_TYPE).cloned();
            let address = row.text(tags::EMAIL_ADDRESS).unwrap_or_default();
            (address.to_owned(), kind)
        });
        // Who gets it in secret may find its own name.
        let own = (b.clone(), Some(PropValue::Long(BCC)));
        let named: Vec<_> = named.filter(|n| address != &b || *n != own).collect();
        let open = |address: &String, kind| (address.clone(), Some(PropValue::Long(kind)));
        assert_eq!(named, [open(&a, TO), open(&c, CC)], "named to {address}");
    }
    Ok(())
}

fn cancelled(ground: &dyn TransportGround) -> Result<()> {
    let [a, ..] = addresses(ground);
    let tree = to(ground, "cancelled", &[(&a, TO)]);
    let call = Call::default();
    call.cancel.cancel();
    let transport = ground.transport();
    let mut noted = Noted::well();
    let given = submit(&transport, &tree, &[0], &mut noted, &call);
    assert_eq!(given.map_err(|e| e.code()), Err(Code::USER_CANCEL));
    let all = submit_all(&transport, &[tree.clone(), tree], &mut noted, &call);
    assert!(all.iter().all(Result::is_err), "{all:?}");
    assert!(noted.marks.is_empty());
    nobody_got_any(ground);
    Ok(())
}

fn cancelled_late(ground: &dyn TransportGround) -> Result<()> {
    let [a, ..] = addresses(ground);
    let tree = to(ground, "late", &[(&a, TO)]);
    let (call, transport) = (Call::default(), ground.transport());
    let began = Instant::now();
    let token = call.cancel.clone();
    // From another thread, and before the last word is said.
    let mut noted = Noted::with(|| {
        let token = token.clone();
        thread::spawn(move || token.cancel()).join().unwrap();
        Ok(())
    });
    let given = submit(&transport, &tree, &[0], &mut noted, &call);
    ensure!(began.elapsed() < IN_TIME, "it took {:?}", began.elapsed());
    // It may say the last word, or give up: what it answers is what happened, or that nobody knows.
    match given {
        Ok(fates) => {
            let came = usize::from(fates == [Fate::Sent]);
            assert_eq!(got(ground, &a).len(), came);
        }
        Err(_) => assert!(got(ground, &a).len() <= 1),
    }
    // While it reads.
    let call = Call::default();
    let endless = LargeSource::Lazy(Arc::new(Slow(call.clone())));
    let tree = with_file(to(ground, "endless", &[(&a, TO)]), endless);
    let began = Instant::now();
    let given = submit(&transport, &tree, &[0], &mut Noted::well(), &call);
    assert_eq!(given.map_err(|e| e.code()), Err(Code::USER_CANCEL));
    ensure!(began.elapsed() < IN_TIME, "it took {:?}", began.elapsed());
    assert!(!got(ground, &a).contains(&"endless".to_owned()));
    Ok(())
}

/// A value that takes half a minute to read, and whose reading cancels the call.
struct Slow(Call);

impl OpenLarge for Slow {
    fn size(&self) -> u64 {
        LARGE
    }

    fn open(&self) -> io::Result<Box<dyn Read + Send>> {
        let cancel = self.0.cancel.clone();
        let slow = io::repeat(b's').take(LARGE);
        Ok(Box::new(Cancels { slow, cancel }))
    }
}

struct Cancels {
    slow: io::Take<io::Repeat>,
    cancel: mapi_spi::CancelToken,
}

impl Read for Cancels {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        self.cancel.cancel();
        thread::sleep(Duration::from_millis(20));
        let most = to.len().min(4096);
        self.slow.read(&mut to[..most])
    }
}

fn meanwhile(ground: &dyn TransportGround) -> Result<()> {
    let [a, ..] = addresses(ground);
    let tree = to(ground, "meanwhile", &[(&a, TO)]);
    let transport = ground.transport();
    let asked = Arc::clone(&transport);
    let mut noted = Noted::with(|| {
        let (tell, done) = channel();
        let asked = Arc::clone(&asked);
        thread::spawn(move || {
            let _told = asked.notify(&TransportNotice::EndOutbound);
            let _told = asked.notify(&TransportNotice::BeginOutbound);
            let _reach = asked.reach();
            let _busy = asked.validate_state(validate_flags::SUPPRESS_UI, &Call::default());
            let _done = tell.send(());
        });
        assert!(done.recv_timeout(IN_TIME).is_ok(), "it locked itself");
        Ok(())
    });
    let given = submit(&transport, &tree, &[0], &mut noted, &Call::default())?;
    assert_eq!(given, [Fate::Sent]);
    assert_eq!(got(ground, &a), ["meanwhile"]);
    Ok(())
}

fn broken(ground: &dyn TransportGround) -> Result<()> {
    let [a, ..] = addresses(ground);
    let tree = with_file(to(ground, "broken", &[(&a, TO)]), Broken::source());
    let mut noted = Noted::well();
    let given = submit(
        &ground.transport(),
        &tree,
        &[0],
        &mut noted,
        &Call::default(),
    );
    assert!(!is_sent(&given), "{given:?}");
    assert!(noted.marks.is_empty(), "a mark of what was never read");
    nobody_got_any(ground);
    Ok(())
}

fn large(ground: &dyn TransportGround) -> Result<()> {
    let [a, b, ..] = addresses(ground);
    let bytes: Vec<u8> = (0..LARGE).map(|n| (n % 251) as u8).collect();
    let tree = to(ground, "large", &[(&a, TO), (&b, TO)]);
    send(&ground.transport(), &with_file(tree, bytes.clone().into()))?;
    for address in [&a, &b] {
        let came = ground.reached(address);
        assert_eq!(subjects(&came), ["large"]);
        assert!(file_of(&came[0]) == bytes, "other bytes came to {address}");
    }
    Ok(())
}

fn goes_on(ground: &dyn TransportGround) -> Result<()> {
    let [a, ..] = addresses(ground);
    let name = |n: usize| format!("on {n}");
    let tree = |n: usize| to(ground, &name(n), &[(&a, TO)]);
    let (transport, call) = (ground.transport(), Call::default());
    send(&transport, &tree(0))?;
    let failed = submit(&transport, &tree(9), &[0], &mut Noted::refusing(), &call);
    assert!(failed.is_err());
    send(&transport, &tree(1))?;
    // Dropped without a logoff.
    drop(transport);
    let transport = ground.transport();
    send(&transport, &tree(2))?;
    transport.logoff();
    send(&ground.transport(), &tree(3))?;
    assert_eq!(got(ground, &a), (0..4).map(name).collect::<Vec<_>>());
    Ok(())
}
