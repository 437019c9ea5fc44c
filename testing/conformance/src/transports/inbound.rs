//! Receiving.

use std::collections::BTreeSet;
use std::sync::Arc;

use anyhow::Result;
use mapi::Code;
use mapi_spi::{Arrival, Call, Error, Inbox, Transport, TransportNotice};

use super::message::{message, subject};
use super::{Story, TransportGround};

pub(super) const STORIES: &[Story] = &[
    (
        "what arrives comes in order, once, and is forgotten",
        in_order,
    ),
    ("what was not kept is given again, by the same token", again),
    ("one that cannot be kept keeps no other back", one_refused),
    (
        "what was kept is given by the same token until the spooler knows it forgotten",
        until_forgotten,
    ),
    (
        "a cancelled call brings nothing, and loses nothing",
        cancelled,
    ),
    ("a transport that only sends says so", only_sends),
];

/// An inbox that answers as a story wants, and notes.
#[derive(Default)]
struct Noted {
    /// Tokens and subjects of what was given, in order.
    given: Vec<(Vec<u8>, String)>,
    forgotten: Vec<Vec<u8>>,
    /// Nothing can be delivered now.
    full: bool,
    /// These cannot be kept.
    refuses: BTreeSet<String>,
    /// It cannot note that something was forgotten.
    remembers: bool,
}

impl Noted {
    fn subjects(&self) -> Vec<&str> {
        self.given.iter().map(|(_, s)| s.as_str()).collect()
    }

    fn token(&self, of: &str) -> &[u8] {
        let mut found = self.given.iter().filter(|(_, s)| s == of);
        &found.next().unwrap().0
    }
}

impl Inbox for Noted {
    fn deliver(&mut self, arrivals: Vec<Arrival>) -> mapi_spi::Result<Vec<mapi_spi::Result<()>>> {
        let first = self.given.len();
        for arrival in arrivals {
            assert!((1..=255).contains(&arrival.token.len()), "a token's length");
            self.given.push((arrival.token, subject(&arrival.message)));
        }
        if self.full {
            return Err(Error::new(Code::NOT_ENOUGH_DISK, "the store is full"));
        }
        let kept = |(_, subject): &(Vec<u8>, String)| {
            if self.refuses.contains(subject) {
                return Err(Error::new(Code::CALL_FAILED, "this one cannot be kept"));
            }
            Ok(())
        };
        Ok(self.given[first..].iter().map(kept).collect())
    }

    fn forgotten(&mut self, tokens: &[Vec<u8>]) -> mapi_spi::Result<()> {
        self.forgotten.extend_from_slice(tokens);
        if self.remembers {
            return Err(Error::new(Code::NOT_ENOUGH_DISK, "it stays remembered"));
        }
        Ok(())
    }
}

/// A transport for which these arrived.
fn arrived(ground: &dyn TransportGround, many: usize) -> Option<(Arc<dyn Transport>, Vec<String>)> {
    let names: Vec<String> = (0..many).map(|n| format!("arrival {n}")).collect();
    let trees: Vec<_> = names.iter().map(|name| message(name)).collect();
    if !ground.arrive(&trees) {
        return None;
    }
    let transport = ground.transport();
    assert!(transport.receives(), "something can arrive");
    transport.notify(&TransportNotice::BeginInbound).unwrap();
    Some((transport, names))
}

/// Receives until nothing more comes. Errors are the inbox's own.
fn receive(transport: &Arc<dyn Transport>, inbox: &mut Noted) {
    let result = transport.receive(inbox, &Call::default());
    let stopped = inbox.full || inbox.remembers;
    assert!(stopped || result.is_ok(), "{result:?}");
}

fn in_order(ground: &dyn TransportGround) -> Result<()> {
    let Some((transport, names)) = arrived(ground, 40) else {
        return Ok(());
    };
    let mut inbox = Noted::default();
    receive(&transport, &mut inbox);
    assert_eq!(inbox.subjects(), names);
    let tokens: BTreeSet<_> = inbox.given.iter().map(|(t, _)| t.clone()).collect();
    assert_eq!(tokens.len(), 40, "two have one token");
    assert_eq!(
        inbox.forgotten.iter().cloned().collect::<BTreeSet<_>>(),
        tokens
    );
    for transport in [transport, ground.transport()] {
        let mut later = Noted::default();
        receive(&transport, &mut later);
        assert!(later.given.is_empty(), "{:?}", later.given);
    }
    // What arrives later has tokens of its own.
    let Some((transport, _)) = arrived(ground, 5) else {
        panic!("nothing more can arrive");
    };
    let mut later = Noted::default();
    receive(&transport, &mut later);
    assert_eq!(later.given.len(), 5);
    assert!(
        later.given.iter().all(|(t, _)| !tokens.contains(t)),
        "a token came again"
    );
    Ok(())
}

fn again(ground: &dyn TransportGround) -> Result<()> {
    let Some((transport, names)) = arrived(ground, 20) else {
        return Ok(());
    };
    let mut full = Noted {
        full: true,
        ..Noted::default()
    };
    receive(&transport, &mut full);
    assert!(!full.given.is_empty() && full.forgotten.is_empty());
    for transport in [transport, ground.transport()] {
        let mut inbox = Noted {
            full: true,
            ..Noted::default()
        };
        receive(&transport, &mut inbox);
        assert_eq!(inbox.given, full.given);
    }
    let mut inbox = Noted::default();
    receive(&ground.transport(), &mut inbox);
    assert_eq!(inbox.subjects(), names);
    assert_eq!(inbox.given[..full.given.len()], full.given);
    Ok(())
}

fn one_refused(ground: &dyn TransportGround) -> Result<()> {
    let Some((transport, names)) = arrived(ground, 6) else {
        return Ok(());
    };
    let mut inbox = Noted {
        refuses: [names[2].clone()].into(),
        ..Noted::default()
    };
    receive(&transport, &mut inbox);
    let came: BTreeSet<&str> = inbox.subjects().into_iter().collect();
    assert_eq!(came.len(), 6, "{came:?}");
    let token = inbox.token(&names[2]).to_vec();
    assert!(!inbox.forgotten.contains(&token), "it was not kept");
    let mut later = Noted::default();
    receive(&ground.transport(), &mut later);
    let refused = later.given.iter().filter(|(_, s)| *s == names[2]).count();
    assert_eq!((refused, later.token(&names[2])), (1, token.as_slice()));
    // What was kept may come with it, by the same tokens.
    for (token, subject) in &later.given {
        assert_eq!(inbox.token(subject), token, "{subject}");
    }
    let mut empty = Noted::default();
    receive(&ground.transport(), &mut empty);
    assert!(empty.given.is_empty(), "{:?}", empty.given);
    Ok(())
}

fn until_forgotten(ground: &dyn TransportGround) -> Result<()> {
    let Some((transport, names)) = arrived(ground, 4) else {
        return Ok(());
    };
    let mut first = Noted {
        remembers: true,
        ..Noted::default()
    };
    receive(&transport, &mut first);
    assert_eq!(first.given[0].1, names[0]);
    drop(transport);
    let mut second = Noted::default();
    receive(&ground.transport(), &mut second);
    let all = first.given.iter().chain(&second.given);
    let mut by_name = std::collections::BTreeMap::new();
    for (token, subject) in all {
        let known = by_name.entry(subject.clone()).or_insert(token.clone());
        assert_eq!(known, token, "{subject} has two tokens");
    }
    assert_eq!(by_name.into_keys().collect::<Vec<_>>(), names);
    let mut empty = Noted::default();
    receive(&ground.transport(), &mut empty);
    assert!(empty.given.is_empty(), "{:?}", empty.given);
    Ok(())
}

fn cancelled(ground: &dyn TransportGround) -> Result<()> {
    let Some((transport, names)) = arrived(ground, 3) else {
        return Ok(());
    };
    let call = Call::default();
    call.cancel.cancel();
    let mut inbox = Noted::default();
    let given = transport.receive(&mut inbox, &call);
    assert_eq!(given.map_err(|e| e.code()), Err(Code::USER_CANCEL));
    assert!(inbox.given.is_empty());
    receive(&transport, &mut inbox);
    assert_eq!(inbox.subjects(), names);
    Ok(())
}

fn only_sends(ground: &dyn TransportGround) -> Result<()> {
    let transport = ground.transport();
    if !transport.receives() {
        let mut inbox = Noted::default();
        let given = transport.receive(&mut inbox, &Call::default());
        assert_eq!(given.map_err(|e| e.code()), Err(Code::NO_SUPPORT));
    }
    Ok(())
}
