//! SUB-02, XP-01: what transports bring, with the tokens that it came under.

use std::io::{self, Read};
use std::sync::Arc;

use mapi::{
    Call, CancelToken, Code, EventMask, MapiProp, MessageTree, MsgStore, Notification, OpenFlags,
    PropType, Reporting, Result, columns, message_flags, tags,
};
use mapi_props::{Guid, LargeSource, OpenLarge, PropKey, TreeValue};
use mapi_spi::{Arrival, Inbox};

use crate::fixture::code;
use crate::heard::{Heard, Program};
use crate::spooling::{spooled_store, spooler_session};
use crate::{Case, Fixture, case};

/// A transport.
const ME: Guid = Guid([7; 16]);

fn arrival(token: &str, class: &str) -> Arrival {
    let mut message = MessageTree::default();
    message.props.set(tags::MESSAGE_CLASS, class);
    message.props.set(tags::SUBJECT, token);
    message.props.set(tags::SENDER_NAME, "Ann");
    Arrival {
        token: token.as_bytes().to_vec(),
        message,
    }
}

fn notes(tokens: &[&str]) -> Vec<Arrival> {
    tokens.iter().map(|t| arrival(t, "IPM.Note")).collect()
}

/// Delivers as the transport `from`; which of them were kept.
fn deliver(store: &MsgStore, from: Guid, arrivals: Vec<Arrival>) -> Result<Vec<bool>> {
    let mut inbox = store.spool()?.inbox(from, &Reporting::default())?;
    let done = inbox.deliver(arrivals)?;
    Ok(done.iter().map(std::result::Result::is_ok).collect())
}

/// Subjects of what is in the Inbox, in the order in which it came.
fn inbox(f: &Fixture) -> Result<Vec<String>> {
    let table = f.inbox()?.contents().columns(columns![tags::SUBJECT]);
    let by_time = [mapi::SortColumn::ascending(tags::MESSAGE_DELIVERY_TIME)];
    let rows = table.sort(by_time).open()?.query_all_rows(0)?;
    Ok(rows
        .iter()
        .filter_map(|row| row.get(tags::SUBJECT))
        .collect())
}

/// What is done to a call when a value is read.
type Strike = fn(&CancelToken) -> io::Result<()>;

/// A value that does something when it is read for the first time.
struct Striking {
    cancel: CancelToken,
    strike: Strike,
}

impl OpenLarge for Striking {
    fn size(&self) -> u64 {
        3_000_000
    }

    fn open(&self) -> io::Result<Box<dyn Read + Send>> {
        (self.strike)(&self.cancel)?;
        Ok(Box::new(io::repeat(b'x').take(self.size())))
    }
}

/// The same with a body that strikes while it is delivered.
fn with_body(mut arrival: Arrival, cancel: &CancelToken, strike: Strike) -> Arrival {
    let body = LargeSource::Lazy(Arc::new(Striking {
        cancel: cancel.clone(),
        strike,
    }));
    let value = TreeValue::Large(PropType::UNICODE, body);
    let key = PropKey::Id(tags::BODY.id());
    arrival.message.props.insert(key, value);
    arrival
}

pub(super) const CASES: &[Case] = &[
    case!(
        needs(),
        "one that can never be kept is set aside after a few tries, those behind it go on, and given again it is tried anew",
        |f| {
            let store = spooler_session(f)?.default_store()?;
            let broken = || {
                let strike: Strike = |_| Err(io::ErrorKind::InvalidData.into());
                with_body(arrival("bad", "IPM.Note"), &CancelToken::default(), strike)
            };
            let give = |with: &str| -> Result<Vec<Option<Code>>> {
                let mut inbox = store.spool()?.inbox(ME, &Reporting::default())?;
                let done = inbox.deliver(vec![broken(), arrival(with, "IPM.Note")])?;
                Ok(done
                    .into_iter()
                    .map(|one| one.err().map(|e| e.code()))
                    .collect())
            };
            // Each by an inbox of its own, as each visit of a transport has one.
            for turn in 0..2 {
                let mut times = 0;
                loop {
                    times += 1;
                    let done = give(&format!("m{turn}{times:03}"))?;
                    assert_eq!(done[1], None, "it is kept whatever is with it");
                    assert!(done[0].is_some() && times <= 100, "{done:?}");
                    if done[0] == Some(Code::CANCEL) {
                        break;
                    }
                }
                assert!(times >= 3, "{times}");
                assert_eq!(inbox(f)?.iter().filter(|s| *s == "bad").count(), 0);
            }
            assert_eq!(deliver(&store, ME, notes(&["bad"]))?, [true], "mended");
            Ok(())
        }
    ),
    case!(
        needs(),
        "a batch arrives in order, each in the folder of its class, unread, and told of once",
        |f| {
            let program = Program::new(f)?;
            let mine = program.session.default_store()?;
            let papers = f.folder("Papers")?;
            f.store()?
                .set_receive_folder("IPM.Paper", Some(&papers.entry_id()))?;
            let heard = Heard::default();
            let _connection = mine.advise(None, EventMask::NEW_MAIL, &heard.sink())?;
            let store = spooler_session(f)?.default_store()?;
            let mut all: Vec<_> = (0..150).map(|n| arrival(&format!("m{n:03}"), "")).collect();
            all.insert(75, arrival("paper", "ipm.paper.Daily"));
            assert_eq!(deliver(&store, ME, all)?, [true; 151]);
            let expected: Vec<_> = (0..150).map(|n| format!("m{n:03}")).collect();
            assert_eq!(inbox(f)?, expected);
            assert_eq!(papers.counts()?.contents, 1);
            assert_eq!(f.inbox()?.counts()?.unread, 150);
            program.dispatch()?;
            let mut told = Vec::new();
            for notification in heard.take() {
                let Notification::NewMail(mail) = notification else {
                    panic!("{notification:?}");
                };
                let message = mine.open_message(&mail.entry_id, OpenFlags::NONE)?;
                let unread = message_flags::READ | message_flags::UNMODIFIED;
                assert_eq!(mail.message_flags & unread, message_flags::UNMODIFIED);
                assert!(message.find(tags::MESSAGE_DELIVERY_TIME)?.is_some());
                told.push(message.get(tags::SUBJECT)?);
            }
            let mut expected = expected;
            expected.insert(75, "paper".to_owned());
            assert_eq!(told, expected, "each once, in order");
            Ok(())
        }
    ),
    case!(
        needs(),
        "what is given again is delivered once, until its transport has forgotten it",
        |f| {
            let store = spooler_session(f)?.default_store()?;
            assert_eq!(
                deliver(&store, ME, notes(&["a", "b", "a"]))?,
                [true, true, true]
            );
            assert_eq!(inbox(f)?, ["a", "b"]);
            // By the next spooler too, which may be another process.
            let store = spooler_session(f)?.default_store()?;
            assert_eq!(deliver(&store, ME, notes(&["b", "c"]))?, [true, true]);
            assert_eq!(inbox(f)?, ["a", "b", "c"]);
            let mut from = store.spool()?.inbox(ME, &Reporting::default())?;
            from.deliver(notes(&["c"]))?;
            let arrived = from.finish();
            assert_eq!(
                (arrived.delivered, arrived.again, arrived.failed),
                (0, 1, 0)
            );
            // Another transport means something else by the same token.
            assert_eq!(deliver(&store, Guid([8; 16]), notes(&["a"]))?, [true]);
            assert_eq!(inbox(f)?.len(), 4);
            let mut from = store.spool()?.inbox(ME, &Reporting::default())?;
            from.forgotten(&[b"a".to_vec(), b"never".to_vec()])?;
            from.deliver(notes(&["a", "b"]))?;
            assert_eq!(inbox(f)?, ["a", "b", "c", "a", "a"]);
            let bad = vec![arrival("", "IPM.Note"), arrival(&"x".repeat(256), "")];
            assert_eq!(deliver(&store, ME, bad)?, [false, false]);
            assert_eq!(inbox(f)?.len(), 5);
            Ok(())
        }
    ),
    case!(
        needs(),
        "one that cannot be read fails alone, with its reason, and keeps no other out",
        |f| {
            let store = spooler_session(f)?.default_store()?;
            let unreadable: Strike = |_| Err(io::Error::other("the file is damaged"));
            let batch = || {
                let mut all = notes(&["a", "bad", "c"]);
                let bad = all.remove(1);
                all.insert(1, with_body(bad, &CancelToken::default(), unreadable));
                all
            };
            let mut from = store.spool()?.inbox(ME, &Reporting::default())?;
            let done = from.deliver(batch())?;
            assert!(done[0].is_ok() && done[2].is_ok());
            assert_eq!(done[1].as_ref().unwrap_err().code(), Code::CORRUPT_DATA);
            assert_eq!(inbox(f)?, ["a", "c"]);
            let arrived = from.finish();
            assert_eq!((arrived.delivered, arrived.failed), (2, 1));
            assert_eq!(arrived.failures.len(), 1);
            // It is not known: when it comes again it is tried again.
            assert_eq!(deliver(&store, ME, batch())?, [true, false, true]);
            assert_eq!(inbox(f)?, ["a", "c"]);
            assert_eq!(deliver(&store, ME, notes(&["bad"]))?, [true]);
            assert_eq!(inbox(f)?, ["a", "c", "bad"]);
            Ok(())
        }
    ),
    case!(
        "SUB-02",
        needs(),
        "a delivery that is cancelled while its message is read leaves no row and tells nobody",
        |f| {
            let program = Program::new(f)?;
            let mine = program.session.default_store()?;
            let heard = Heard::default();
            let _connection = mine.advise(None, EventMask::NEW_MAIL, &heard.sink())?;
            let cancels: Strike = |cancel| {
                cancel.cancel();
                Ok(())
            };
            for before in [0, 2] {
                let call = Call::default();
                let store = spooled_store(f, &call)?;
                let mut all = notes(&["a", "b"][..before]);
                all.push(with_body(arrival("c", ""), &call.cancel, cancels));
                all.extend(notes(&["d"]));
                assert_eq!(code(deliver(&store, ME, all)), Code::USER_CANCEL);
                program.dispatch()?;
                assert_eq!(inbox(f)?, [""; 0]);
                assert_eq!(heard.calls(), 0);
                assert_eq!(f.inbox()?.counts()?.contents, 0);
            }
            // Nor is it known: it comes again and is delivered.
            let store = spooler_session(f)?.default_store()?;
            assert_eq!(deliver(&store, ME, notes(&["a", "b", "c"]))?, [true; 3]);
            assert_eq!(inbox(f)?, ["a", "b", "c"]);
            program.dispatch()?;
            assert_eq!(heard.take().len(), 3);
            Ok(())
        }
    ),
    case!(
        needs(),
        "a spooler that was followed delivers nothing more",
        |f| {
            let first = spooler_session(f)?.default_store()?;
            assert_eq!(deliver(&first, ME, notes(&["a"]))?, [true]);
            let second = spooler_session(f)?.default_store()?;
            let late = deliver(&first, ME, notes(&["b"]));
            assert_eq!(code(late), Code::END_OF_SESSION);
            let mut from = first.spool()?.inbox(ME, &Reporting::default())?;
            assert_eq!(code(from.forgotten(&[b"a".to_vec()])), Code::END_OF_SESSION);
            assert_eq!(deliver(&second, ME, notes(&["a", "b"]))?, [true, true]);
            assert_eq!(inbox(f)?, ["a", "b"]);
            // And nobody else may.
            assert_eq!(code(f.store()?.spool()), Code::NO_SUPPORT);
            Ok(())
        }
    ),
];
