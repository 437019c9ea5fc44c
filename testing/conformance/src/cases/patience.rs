//! SP-01, SUB-01, XP-01: how long what cannot be sent is tried, whatever clocks and transports do meanwhile, and what its sender reads.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use mapi::queue_state::{Known, Phase};
use mapi::{
    Call, CancelToken, Code, MapiProp, ReportLanguage, Reporting, Result, SpecialFolder, tags,
};
use mapi_spi::{Fate, SpoolerNotice, TransportNotice};
use mapi_spooler::{Order, Spooler, Wanted};
use testkit_transport::{Act, ScriptedTransport, Step};

use crate::fixture::code;
use crate::post::{Post, line, round, submitted};
use crate::{Case, case};

const INBOX: SpecialFolder = SpecialFolder::Inbox;
const HOUR: Duration = Duration::from_hours(1);

pub(super) const CASES: &[Case] = &[
    case!(
        needs(),
        "what no transport takes says why at once, and after five days its sender reads that it was given up, and why",
        |f| {
            let post = Post::new(f, &[])?;
            post.submit("plans", &["ann"])?;
            let spooler = post.spooler(f)?;
            let done = round(&spooler)?;
            assert_eq!((done.waiting, done.failed), (1, 0));
            assert_eq!(whys(&post)?, ["The profile has no transport."]);
            post.clock.advance(HOUR * 24 * 4);
            days(&post, &spooler, 1, &mut 0)?;
            assert!(post.subjects(INBOX)?.is_empty(), "not before five days");
            let mut failed = 0;
            days(&post, &spooler, 1, &mut failed)?;
            assert_eq!(failed, 1);
            assert!(post.store.outbox()?.is_empty());
            assert_eq!(post.subjects(INBOX)?, ["Undeliverable: plans"]);
            let report = report(&post)?;
            let row = &report.recipients[0];
            assert_eq!(row.value(tags::NDR_STATUS_CODE), Some(&447.into()));
            assert_eq!(row.value(tags::NDR_DIAG_CODE), Some(&5.into()));
            let body = report.props.text(tags::BODY).unwrap_or_default();
            for words in [
                "Your message did not reach some or all of its recipients.",
                "Subject: plans",
                "ann",
                "It was tried again and again, and is now given up. (4.4.7)",
                "Given up after 5 days: The profile has no transport.",
            ] {
                assert!(body.contains(words), "{body}");
            }
            Ok(())
        }
    ),
    case!(
        needs(),
        "all that waits behind a transport that is down is given up with its words, however it waits",
        |f| {
            let post = Post::new(f, &[line("x", "SMTP")])?;
            post.script("x").offline(true);
            for subject in ["one", "two", "three", "four"] {
                post.submit(subject, &["ann"])?;
            }
            let spooler = post.spooler(f)?;
            let mut failed = 0;
            days(&post, &spooler, 4, &mut failed)?;
            assert_eq!(failed, 0);
            days(&post, &spooler, 2, &mut failed)?;
            assert_eq!(failed, 4);
            assert_eq!(post.subjects(INBOX)?.len(), 4);
            let body = report(&post)?
                .props
                .text(tags::BODY)
                .unwrap_or_default()
                .to_owned();
            assert!(
                body.contains("Given up after 5 days: the script is offline"),
                "{body}"
            );
            post.script("x").offline(false);
            assert_eq!(round(&spooler)?.sent, 0);
            Ok(())
        }
    ),
    case!(
        needs(),
        "a clock that jumps on, or a machine that was off, has nothing given up before it was tried for a day again",
        |f| {
            let post = Post::new(f, &[line("x", "SMTP")])?;
            post.script("x").offline(true);
            post.submit("plans", &["ann"])?;
            let spooler = post.spooler(f)?;
            round(&spooler)?;
            drop(spooler);
            for jump in [30, 4000] {
                post.clock.advance(HOUR * 24 * jump);
                let spooler = post.spooler(f)?;
                assert_eq!(round(&spooler)?.failed, 0);
                post.clock.advance(HOUR * 12);
                assert_eq!(round(&spooler)?.failed, 0);
            }
            let spooler = post.spooler(f)?;
            post.script("x").offline(false);
            assert_eq!(forced(&spooler)?.sent, 1);
            post.script("x").offline(true);
            post.submit("papers", &["ann"])?;
            post.clock.advance(HOUR * 24 * 30);
            let mut failed = 0;
            round(&spooler)?;
            days(&post, &spooler, 2, &mut failed)?;
            assert_eq!(failed, 1, "and then it is");
            Ok(())
        }
    ),
    case!(
        needs(),
        "what is held or wanted later does not grow old, who releases it has it tried anew, and a profile may say another time",
        |f| {
            let post = Post::new(f, &[line("x", "SMTP")])?;
            let spooler = post.spooler(f)?;
            post.script("x").offline(true);
            let later = post.draft("later", &[("SMTP", "ann")])?;
            later.set(tags::DEFERRED_SEND_NUMBER, 9)?;
            later.set(tags::DEFERRED_SEND_UNITS, 2)?;
            submitted(&later)?;
            let held = post.submit("held", &["ann"])?;
            post.submit("plain", &["ann"])?;
            let order = |order| spooler.order(order, std::slice::from_ref(&held), &Call::default());
            order(Order::Hold)?.remove(0)?;
            let mut failed = 0;
            days(&post, &spooler, 6, &mut failed)?;
            assert_eq!(
                (failed, post.subjects(INBOX)?),
                (1, vec!["Undeliverable: plain".to_owned()])
            );
            order(Order::Release)?.remove(0)?;
            days(&post, &spooler, 4, &mut failed)?;
            assert_eq!(
                (failed, waiting(&post)?),
                (1, vec!["later".to_owned(), "held".to_owned()])
            );
            days(&post, &spooler, 2, &mut failed)?;
            assert_eq!(
                (failed, waiting(&post)?),
                (2, vec!["later".to_owned()]),
                "12 days: tried for 3"
            );
            post.say(&Reporting {
                give_up: None,
                ..Reporting::default()
            })?;
            days(&post, &spooler, 9, &mut failed)?;
            assert_eq!(failed, 2, "never");
            post.say(&Reporting {
                give_up: Some(HOUR * 30),
                language: ReportLanguage::French,
                ..Reporting::default()
            })?;
            days(&post, &spooler, 2, &mut failed)?;
            assert_eq!(failed, 3);
            let found = post.subjects(INBOX)?;
            assert!(found.contains(&"Non remis : later".to_owned()), "{found:?}");
            Ok(())
        }
    ),
    case!(
        needs(),
        "a clock that is set back by hours holds nothing back, sends nothing twice and keeps what its sender wants later",
        |f| {
            let post = Post::new(f, &[line("x", "SMTP")])?;
            let spooler = post.spooler(f)?;
            // More than a page of the queue, all of them submitted later than now.
            for n in 0..300 {
                post.submit(&format!("m{n:03}"), &["ann"])?;
            }
            post.clock.turn_back(HOUR * 3);
            assert_eq!(round(&spooler)?.sent, 300);
            let expected: Vec<_> = (0..300).map(|n| format!("m{n:03}")).collect();
            assert_eq!(post.left("x"), expected);
            let late = Fate::Later {
                after: Some(HOUR),
                why: "busy".to_owned(),
            };
            post.script("x").answer("bob", [late]);
            post.submit("waits", &["bob"])?;
            let later = post.draft("later", &[("SMTP", "ann")])?;
            later.set(tags::DEFERRED_SEND_NUMBER, 2)?;
            later.set(tags::DEFERRED_SEND_UNITS, 1)?;
            submitted(&later)?;
            assert_eq!(round(&spooler)?.sent, 0);
            post.clock.turn_back(HOUR * 5);
            assert_eq!(round(&spooler)?.sent, 1);
            assert_eq!(post.left("x").last().map(String::as_str), Some("waits"));
            // And for a spooler that knows nothing but what is kept.
            let late = Fate::Later {
                after: Some(HOUR),
                why: "busy".to_owned(),
            };
            post.script("x").answer("bob", [late]);
            post.submit("again", &["bob"])?;
            assert_eq!(round(&spooler)?.sent, 0);
            drop(spooler);
            post.clock.turn_back(HOUR * 5);
            let spooler = post.spooler(f)?;
            assert_eq!(round(&spooler)?.sent, 1);
            post.clock.advance(HOUR * 10);
            assert_eq!(round(&spooler)?.sent, 0, "not before its time");
            post.clock.advance(HOUR * 3);
            assert_eq!(round(&spooler)?.sent, 1);
            assert_eq!(post.left("x").len(), 303);
            Ok(())
        }
    ),
    case!(
        needs(),
        "of two transports that keep a message for one recipient each, each is given it again for its own alone",
        |f| {
            let post = Post::new(f, &[line("x", "SMTP"), line("y", "FAX")])?;
            for (letter, address) in [("x", "ann"), ("y", "bob")] {
                post.script(letter).answer(address, [Fate::Deferred]);
            }
            let to = [("SMTP", "ann"), ("FAX", "bob")];
            let id = submitted(&post.draft("plans", &to)?)?;
            let spooler = post.spooler(f)?;
            assert_eq!(round(&spooler)?.sent, 0);
            let asks = || SpoolerNotice::SentDeferred(id.as_bytes().to_vec());
            transport(&post, "x").tells(asks());
            assert_eq!(round(&spooler)?.sent, 0);
            assert_eq!(post.reached("x"), [["ann"]]);
            assert!(post.left("y").is_empty());
            transport(&post, "y").tells(asks());
            assert_eq!(round(&spooler)?.sent, 1);
            assert_eq!(post.reached("x"), [["ann"]]);
            assert_eq!(post.reached("y"), [["bob"]]);
            Ok(())
        }
    ),
    case!(
        needs(),
        "a transport that hangs when it is told or asked something holds no other up, says so in its row, and works when it is back",
        |f| {
            let mut post = Post::new(f, &[line("x", "FAX"), line("y", "SMTP")])?;
            post.options.brief = Duration::from_secs(1);
            post.options.grace = Duration::from_millis(200);
            let (hangs, script) = (Arc::new(AtomicBool::new(true)), post.script("x"));
            let until = Arc::clone(&hangs);
            script.hears(move |notice| {
                while *notice == TransportNotice::BeginOutbound && until.load(Ordering::SeqCst) {
                    std::thread::sleep(Duration::from_millis(5));
                }
            });
            let (session, spooler) = post.spooler_with_session(f)?;
            submitted(&post.draft("fax", &[("FAX", "ann")])?)?;
            post.submit("mail", &["bob"])?;
            let began = Instant::now();
            let done = round(&spooler)?;
            assert!(
                began.elapsed() < Duration::from_secs(20),
                "{:?}",
                began.elapsed()
            );
            assert_eq!((done.sent, post.left("y")), (1, vec!["mail".to_owned()]));
            assert_eq!(done.problems.len(), 1);
            assert_eq!(done.problems[0].error.code(), Code::BUSY);
            let says = crate::post::status_of(&session, "x")?;
            assert!(says.contains("has not come back"), "{says}");
            let flushed = Wanted {
                flush: true,
                ..Wanted::due()
            };
            assert_eq!(spooler.round(&flushed, &Call::default())?.sent, 0);
            hangs.store(false, Ordering::SeqCst);
            // It says itself when it is back; a round before that finds it occupied.
            let until = Instant::now() + Duration::from_secs(20);
            let mut sent = 0;
            while sent == 0 && Instant::now() < until {
                sent = spooler.round(&flushed, &Call::default())?.sent;
            }
            assert_eq!((sent, post.left("x")), (1, vec!["fax".to_owned()]));
            assert_ne!(crate::post::status_of(&session, "x")?, says);
            Ok(())
        }
    ),
    case!(
        needs(),
        "a cancel ends a round soon, also in the middle of a batch whose transport does not listen, and nothing leaves twice",
        |f| {
            let mut post = Post::new(f, &[line("x", "SMTP")])?;
            post.options.grace = Duration::from_millis(50);
            let spooler = post.spooler(f)?;
            round(&spooler)?;
            if let Some(x) = post.scripted.behind("x") {
                x.takes(8);
            }
            for n in 0..8 {
                post.submit(&format!("m{n}"), &["ann"])?;
            }
            let cancel = CancelToken::default();
            let call = Call {
                cancel: cancel.clone(),
                ..Call::default()
            };
            let goes = Arc::new(AtomicBool::new(false));
            let until = Arc::clone(&goes);
            let deaf = move || {
                cancel.cancel();
                while !until.load(Ordering::SeqCst) {
                    std::thread::sleep(Duration::from_millis(5));
                }
            };
            post.script("x")
                .next(Step::Committing, Act::Do(Box::new(deaf)));
            let began = Instant::now();
            let ended = code(spooler.round(&Wanted::due(), &call));
            assert_eq!(ended, Code::USER_CANCEL);
            assert!(
                began.elapsed() < Duration::from_secs(20),
                "{:?}",
                began.elapsed()
            );
            assert_eq!(post.phases()?, vec![Phase::Ready; 8]);
            goes.store(true, Ordering::SeqCst);
            let until = Instant::now() + Duration::from_secs(20);
            let mut sent = 0;
            while sent == 0 && Instant::now() < until {
                sent = round(&spooler)?.sent;
            }
            assert_eq!(sent, 8);
            assert_eq!(post.left("x").len(), 8);
            Ok(())
        }
    ),
];

/// Rounds for so many days, as often as a person does who looks at his mail.
fn days(post: &Post, spooler: &Spooler, days: u32, failed: &mut u64) -> Result<()> {
    for _ in 0..days * 4 {
        post.clock.advance(HOUR * 6);
        *failed += round(spooler)?.failed;
    }
    Ok(())
}

/// A round that also takes what waits for another try.
fn forced(spooler: &Spooler) -> Result<mapi_spooler::Round> {
    let wanted = Wanted {
        force: true,
        ..Wanted::due()
    };
    spooler.round(&wanted, &Call::default())
}

/// Why recipients of what waits are not served.
fn whys(post: &Post) -> Result<Vec<String>> {
    let known = post.store.outbox()?.into_iter();
    let known = known.flat_map(|entry| entry.state.known);
    let why = known.map(|known| match known {
        Known::Open { why, .. } => why,
        other => format!("{other:?}"),
    });
    Ok(why.collect())
}

/// Subjects of what waits, in order.
fn waiting(post: &Post) -> Result<Vec<String>> {
    let all = post.store.outbox()?.into_iter();
    Ok(all.filter_map(|entry| entry.subject).collect())
}

/// A message of the Inbox.
fn report(post: &Post) -> Result<mapi::MessageTree> {
    let inbox = post.store.special_folder(INBOX)?;
    let row = inbox.contents().open()?.rows(0..1)?.remove(0);
    inbox.open_message(row.entry_id())?.to_tree()
}

/// The transport that was logged on last under this letter.
fn transport(post: &Post, letter: &str) -> Arc<ScriptedTransport> {
    let script = post.script(letter);
    let mut all = post.scripted.transports().into_iter().rev();
    all.find(|t| Arc::ptr_eq(t.script(), &script)).unwrap()
}
