//! What became of a message whose spooler ended at the last word: its transport is asked, and until it answers nothing happens.

use std::time::Duration;

use mapi::queue_state::Phase;
use mapi::{Call, Code, Result, SpecialFolder};
use mapi_spi::{Fate, Role};
use mapi_spooler::{Order, Spooler, Wanted};
use testkit_transport::{Act, Step};

use crate::fixture::code;
use crate::post::{Post, line, round};
use crate::spooling::leased_store;
use crate::{Case, Fixture, case};

const INBOX: SpecialFolder = SpecialFolder::Inbox;

pub(super) const CASES: &[Case] = &[
    case!(
        needs(),
        "a transport that knows that it has sent a message says so, and nobody gets it twice",
        |f| {
            let (post, _) = cut_off(f, Word::Said)?;
            let done = round(&post.spooler(f)?)?;
            assert_eq!((done.sent, done.unknown, done.waiting), (1, 0, 0));
            assert_eq!(post.left("x"), ["plans"]);
            assert!(post.store.outbox()?.is_empty());
            Ok(())
        }
    ),
    case!(
        needs(),
        "one that knows that it has not is given the message again at once",
        |f| {
            let (post, _) = cut_off(f, Word::Unsaid)?;
            assert!(post.left("x").is_empty());
            let done = round(&post.spooler(f)?)?;
            assert_eq!((done.sent, done.unknown), (1, 0));
            assert_eq!(post.reached("x"), [["ann", "cay"]]);
            // Who was refused before the last word is told so once.
            assert_eq!(post.subjects(INBOX)?, ["Undeliverable: plans"]);
            assert!(post.store.outbox()?.is_empty());
            Ok(())
        }
    ),
    case!(
        needs(),
        "one that does not know any more leaves the message unknown, and so does one that is gone",
        |f| {
            let (post, _) = cut_off(f, Word::Said)?;
            post.script("x").remembers(false);
            let spooler = post.spooler(f)?;
            assert_eq!(round(&spooler)?.unknown, 1);
            assert_eq!(post.phases()?, [Phase::Unknown]);
            // It is asked once.
            post.script("x").remembers(true);
            round(&spooler)?;
            assert_eq!(post.phases()?, [Phase::Unknown]);
            clear(&spooler, &post)?;
            drop(spooler);
            let (_before, _) = cut_off(f, Word::Said)?;
            // The same store in a profile that does not have the transport.
            let post = Post::new(f, &[line("z", "FAX")])?;
            assert_eq!(round(&post.spooler(f)?)?.unknown, 1);
            assert_eq!(post.phases()?, [Phase::Unknown]);
            Ok(())
        }
    ),
    case!(
        needs(),
        "while it cannot say so the message stays as it is, and is asked about again later each time",
        |f| {
            let (post, _) = cut_off(f, Word::Unsaid)?;
            let script = post.script("x");
            let spooler = post.spooler(f)?;
            for (act, seconds) in [(Act::Fail(Code::BUSY), 30), (Act::Panic, 60)] {
                script.next(Step::Ascertain, act);
                let done = round(&spooler)?;
                assert_eq!((done.sent, done.unknown, done.waiting), (0, 0, 1));
                assert_eq!(done.problems.len(), 1);
                let next = done.next.unwrap();
                assert!(next <= Duration::from_secs(seconds), "{next:?}");
                assert!(next > Duration::from_secs(seconds / 2), "{next:?}");
                assert_eq!(post.phases()?, [Phase::Committing]);
                // Before that time nobody asks.
                script.met();
                round(&spooler)?;
                assert!(!script.met().contains(&Step::Ascertain));
                post.clock.advance(Duration::from_secs(seconds + 1));
            }
            assert!(post.left("x").is_empty(), "not sent meanwhile");
            assert_eq!(round(&spooler)?.sent, 1);
            assert_eq!(post.left("x"), ["plans"]);
            Ok(())
        }
    ),
    case!(
        needs(),
        "a transport that is not logged on yet is asked when it is, and not for ever",
        |f| {
            let (post, _) = cut_off(f, Word::Said)?;
            let script = post.script("x");
            script.next(Step::Open, Act::Fail(Code::LOGON_FAILED));
            let spooler = post.spooler(f)?;
            assert_eq!(round(&spooler)?.unknown, 0);
            assert_eq!(post.phases()?, [Phase::Committing]);
            drop(spooler);
            assert_eq!(round(&post.spooler(f)?)?.sent, 1);
            assert_eq!(post.left("x"), ["plans"]);
            // Every spooler that asks in vain counts; the tenth gives up.
            let (post, _) = cut_off(f, Word::Said)?;
            let script = post.script("x");
            for asked in 1..=10 {
                script.next(Step::Ascertain, Act::Fail(Code::NETWORK_ERROR));
                let found = round(&post.spooler(f)?)?;
                assert_eq!(found.unknown, u64::from(asked == 10), "{asked}");
            }
            assert_eq!(post.phases()?, [Phase::Unknown]);
            Ok(())
        }
    ),
    case!(
        needs(),
        "who flushes now and then does not put off when it is asked, and is told in the end",
        |f| {
            let (post, _) = cut_off(f, Word::Said)?;
            post.script("x").offline(true);
            let spooler = post.spooler(f)?;
            let next = round(&spooler)?.next.unwrap();
            post.clock.advance(next / 2);
            let flush = Wanted {
                flush: true,
                ..Wanted::due()
            };
            let hurried = spooler.round(&flush, &Call::default())?;
            assert!(hurried.next.unwrap() <= next / 2);
            let mut unknown = 0;
            for _ in 0..2000 {
                post.clock.advance(Duration::from_secs(20));
                unknown += spooler.round(&flush, &Call::default())?.unknown;
                if unknown > 0 {
                    break;
                }
            }
            assert_eq!(unknown, 1);
            assert_eq!(post.phases()?, [Phase::Unknown]);
            Ok(())
        }
    ),
    case!(
        needs(),
        "one that hangs while it is asked keeps nobody, and its answer is waited for no longer",
        |f| {
            let (mut post, _) = cut_off(f, Word::Said)?;
            post.options.patience = Duration::from_millis(30);
            post.options.grace = Duration::from_millis(30);
            let script = post.script("x");
            let hang = {
                let (script, barred) = (post.script("y"), Call::default());
                move || drop(script.meet(Step::Read, &barred))
            };
            post.script("y").next(Step::Read, Act::Hang);
            script.next(Step::Ascertain, Act::Do(Box::new(hang)));
            let spooler = post.spooler(f)?;
            let done = round(&spooler)?;
            assert_eq!((done.sent, done.unknown), (0, 0));
            assert_eq!(post.phases()?, [Phase::Committing]);
            post.script("y").release();
            settled(&spooler, &post)?;
            assert_eq!(post.left("x"), ["plans"]);
            Ok(())
        }
    ),
    case!(
        needs(),
        "what a transport is still to say a person may say instead, and nothing else",
        |f| {
            for order in [
                Order::Hold,
                Order::Release,
                Order::Retry { unknown: false },
                Order::Retry { unknown: true },
                Order::MarkSent,
                Order::BackToDrafts,
            ] {
                let (post, id) = cut_off(f, Word::Said)?;
                post.script("x").offline(true);
                let spooler = post.spooler(f)?;
                let done = spooler.order(order, &[id], &Call::default())?.remove(0);
                match order {
                    Order::Retry { unknown: true } => {
                        done?;
                        assert_eq!(post.phases()?, [Phase::Ready]);
                    }
                    Order::MarkSent | Order::BackToDrafts => {
                        done?;
                        assert!(post.store.outbox()?.is_empty());
                    }
                    _ => {
                        assert_eq!(code(done), Code::BUSY, "{order:?}");
                        assert_eq!(post.phases()?, [Phase::Committing]);
                    }
                }
                clear(&spooler, &post)?;
            }
            Ok(())
        }
    ),
    case!(
        needs(),
        "whatever a transport says of one recipient becomes of it",
        |f| {
            let (post, _) = cut_off(f, Word::Unsaid)?;
            let refused = Fate::Refused(mapi_spi::Refusal::default());
            let script = post.script("x");
            script.next(Step::Ascertain, Act::Answer(refused));
            let done = round(&post.spooler(f)?)?;
            assert_eq!((done.sent, done.failed, done.unknown), (0, 1, 0));
            let (post, _) = cut_off(f, Word::Unsaid)?;
            let later = Fate::Later {
                after: Some(Duration::from_secs(500)),
                why: "not now".to_owned(),
            };
            post.script("x").next(Step::Ascertain, Act::Answer(later));
            let done = round(&post.spooler(f)?)?;
            assert_eq!((done.sent, done.waiting), (0, 1));
            assert!(done.next.unwrap() > Duration::from_secs(400));
            Ok(())
        }
    ),
    case!(
        needs(),
        "a transport that fails at its last word and lives is asked at once what became of the message",
        |f| {
            // Whether it has left, and how it failed.
            for (step, act, left) in [
                (Step::Committed, Act::Fail(Code::NETWORK_ERROR), false),
                (Step::Committed, Act::Fail(Code::CALL_FAILED), false),
                (Step::Committed, Act::Panic, false),
                (Step::Said, Act::Fail(Code::NETWORK_ERROR), true),
                (Step::Said, Act::Panic, true),
            ] {
                let about = format!("{act:?} at {step:?}");
                let post = living(f)?;
                post.script("x").next(step, act);
                let spooler = post.spooler(f)?;
                let done = round(&spooler)?;
                assert_eq!((done.sent, done.unknown), (u64::from(left), 0), "{about}");
                assert_eq!(post.left("x").len(), usize::from(left), "{about}");
                if !left {
                    // As if it had failed before that word.
                    assert!(done.next.unwrap() > Duration::from_secs(20), "{about}");
                    assert!(
                        matches!(post.phases()?[..], [Phase::Waiting { .. }]),
                        "{about}"
                    );
                    post.clock.advance(Duration::from_secs(60));
                    assert_eq!(round(&spooler)?.sent, 1, "{about}");
                }
                assert_eq!(post.reached("x"), [["ann", "cay"]], "{about}");
                assert!(post.store.outbox()?.is_empty(), "{about}");
            }
            Ok(())
        }
    ),
    case!(
        needs(),
        "one that lives and cannot say it yet is asked again as after a crash, and one that never will leaves the message unknown",
        |f| {
            for said in [Act::Fail(Code::BUSY), Act::Panic] {
                let post = living(f)?;
                let script = post.script("x");
                script.next(Step::Said, Act::Fail(Code::NETWORK_ERROR));
                script.next(Step::Ascertain, said);
                let spooler = post.spooler(f)?;
                let done = round(&spooler)?;
                assert_eq!((done.sent, done.unknown, done.waiting), (0, 0, 1));
                assert!(!done.problems.is_empty());
                assert_eq!(post.phases()?, [Phase::Committing]);
                let next = done.next.unwrap();
                assert!(next > Duration::from_secs(20) && next <= Duration::from_secs(30));
                script.met();
                round(&spooler)?;
                assert!(
                    !script.met().contains(&Step::Ascertain),
                    "not before its time"
                );
                post.clock.advance(Duration::from_secs(31));
                assert_eq!(round(&spooler)?.sent, 1);
                assert_eq!(post.left("x"), ["plans"]);
            }
            for (remembers, said) in [(true, Some(Act::Fail(Code::NO_SUPPORT))), (false, None)] {
                let post = living(f)?;
                let script = post.script("x");
                script.next(Step::Said, Act::Fail(Code::NETWORK_ERROR));
                let knows = post.script("x");
                if let Some(said) = said {
                    script.next(Step::Ascertain, said);
                } else {
                    script.next(
                        Step::Ascertain,
                        Act::Do(Box::new(move || knows.remembers(remembers))),
                    );
                }
                let spooler = post.spooler(f)?;
                assert_eq!(round(&spooler)?.unknown, 1);
                assert_eq!(post.phases()?, [Phase::Unknown]);
                clear(&spooler, &post)?;
            }
            Ok(())
        }
    ),
    case!(
        needs(),
        "one that hangs at its last word is asked when it is back, and what it says then is what became of it",
        |f| {
            let mut post = living(f)?;
            post.options.patience = Duration::from_millis(30);
            post.options.grace = Duration::from_millis(30);
            let script = post.script("x");
            let hang = {
                let (script, barred) = (post.script("y"), Call::default());
                move || drop(script.meet(Step::Read, &barred))
            };
            post.script("y").next(Step::Read, Act::Hang);
            script.next(Step::Committed, Act::Do(Box::new(hang)));
            let spooler = post.spooler(f)?;
            let done = round(&spooler)?;
            assert_eq!((done.sent, done.unknown, done.waiting), (0, 0, 1));
            assert_eq!(post.phases()?, [Phase::Committing]);
            script.met();
            for _ in 0..3 {
                post.clock.advance(Duration::from_hours(2));
                assert_eq!(round(&spooler)?.unknown, 0);
            }
            assert!(
                !script.met().contains(&Step::Ascertain),
                "it may still say it"
            );
            assert!(post.left("x").is_empty());
            post.script("y").release();
            settled(&spooler, &post)?;
            assert_eq!(post.left("x"), ["plans"]);
            Ok(())
        }
    ),
    case!(
        needs(),
        "a round that is cancelled at a last word leaves it to the next one to ask",
        |f| {
            let post = living(f)?;
            let script = post.script("x");
            let call = Call::default();
            let cancel = call.cancel.clone();
            script.next(Step::Committed, Act::Do(Box::new(move || cancel.cancel())));
            script.next(Step::Said, Act::Fail(Code::USER_CANCEL));
            let spooler = post.spooler(f)?;
            let done = spooler.round(&Wanted::due(), &call);
            assert_eq!(code(done), Code::USER_CANCEL);
            assert_eq!(post.phases()?, [Phase::Committing]);
            let done = round(&spooler)?;
            assert_eq!((done.sent, done.unknown), (1, 0));
            assert_eq!(post.left("x"), ["plans"]);
            Ok(())
        }
    ),
];

/// A message to two, with a transport that remembers what became of it.
fn living(f: &Fixture) -> Result<Post> {
    let post = Post::new(f, &[line("x", "SMTP"), line("y", "FAX")])?;
    post.script("x").remembers(true);
    post.submit("plans", &["ann", "cay"])?;
    Ok(post)
}

/// What the transport came to say.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Word {
    Said,
    Unsaid,
}

/// A message to ann, bob and cay, bob being refused, whose spooler lost its lease when its mark was made. The transport remembers it.
fn cut_off(f: &Fixture, word: Word) -> Result<(Post, mapi::EntryId)> {
    let post = Post::new(f, &[line("x", "SMTP"), line("y", "FAX")])?;
    let script = post.script("x");
    script.remembers(true);
    let refused = Fate::Refused(mapi_spi::Refusal::default());
    script.answer("bob", [refused]);
    let people: &[&str] = match word {
        Word::Said => &["ann", "cay"],
        Word::Unsaid => &["ann", "bob", "cay"],
    };
    let id = post.submit("plans", people)?;
    let store = leased_store(f)?;
    script.next(
        Step::Committed,
        Act::Do(Box::new(move || {
            let call = Call::default();
            store.begin_epoch(Role::Spooler, "another", &call).unwrap();
            assert!(word == Word::Said, "the program ends here");
        })),
    );
    let spooler = post.spooler(f)?;
    assert_eq!(code(round(&spooler)), Code::END_OF_SESSION);
    assert_eq!(post.phases()?, [Phase::Committing]);
    Ok((post, id))
}

/// Nothing waits any more.
fn clear(spooler: &Spooler, post: &Post) -> Result<()> {
    let all = post.store.outbox()?.into_iter();
    let all: Vec<_> = all.map(|entry| entry.entry_id).collect();
    for done in spooler.order(Order::MarkSent, &all, &Call::default())? {
        done?;
    }
    Ok(())
}

/// Rounds in a hurry until nothing waits.
fn settled(spooler: &Spooler, post: &Post) -> Result<()> {
    let hurry = Wanted {
        force: true,
        ..Wanted::due()
    };
    for _ in 0..500 {
        spooler.round(&hurry, &Call::default())?;
        if post.store.outbox()?.is_empty() {
            return Ok(());
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    panic!("it is still waiting: {:?}", post.phases()?);
}
