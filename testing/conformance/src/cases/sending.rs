//! SP-01, SUB-01, TX-03, XP-01: what waits is sent, each by the transport whose turn it is, once, whatever happens meanwhile.

use std::time::Duration;

use mapi::queue_state::{Cause, Known, Phase};
use mapi::{
    Addressee, Call, CancelToken, Code, MapiProp, ModifyMode, OpenFlags, PropertyFlags, Result,
    SaveFlags, SpecialFolder, attach_method, message_flags, recipient_type, tags,
};
use mapi_props::TreeContent;
use mapi_spi::{Fate, Role, SpoolerNotice, TransportNotice};
use mapi_spooler::{Order, Wanted};
use testkit_transport::{Act, Step};

use crate::fixture::{attach, code, prop, recipient};
use crate::post::{Post, line, round, submitted};
use crate::scripted::uid_of;
use crate::spooling::leased_store;
use crate::{Case, Fixture, case};

const OUTBOX: SpecialFolder = SpecialFolder::Outbox;
const INBOX: SpecialFolder = SpecialFolder::Inbox;

pub(super) const CASES: &[Case] = &[
    case!(
        "SUB-01",
        needs(),
        "two transports serve one address type each, and whom neither serves is reported",
        |f| {
            let post = Post::new(f, &[line("x", "SMTP"), line("y", "FAX")])?;
            let to = [("SMTP", "ann"), ("FAX", "bob"), ("X400", "cay")];
            let id = submitted(&post.draft("plans", &to)?)?;
            let done = round(&post.spooler(f)?)?;
            assert_eq!((done.sent, done.failed, done.next), (1, 0, None));
            assert!(done.problems.is_empty(), "{:?}", done.problems);
            assert_eq!(post.reached("x"), [["ann"]]);
            assert_eq!(post.reached("y"), [["bob"]]);
            assert_eq!(post.subjects(INBOX)?, ["Undeliverable: plans"]);
            let report = inbox_tree(&post)?;
            let class = report.props.text(tags::MESSAGE_CLASS);
            assert_eq!(class, Some("REPORT.IPM.NDR"));
            let named =
                |row: &mapi_props::TreeProps| row.text(tags::EMAIL_ADDRESS).map(str::to_owned);
            let named: Vec<_> = report.recipients.iter().filter_map(named).collect();
            assert_eq!(named, ["cay"]);
            let sent = post.store.open_message(&id, OpenFlags::NONE)?;
            let marks = message_flags::SUBMIT | message_flags::UNSENT;
            assert_eq!(sent.flags() & marks, 0);
            for row in sent.to_tree()?.recipients {
                assert_eq!(row.value(tags::RESPONSIBILITY), Some(&true.into()));
            }
            assert!(post.store.outbox()?.is_empty());
            Ok(())
        }
    ),
    case!(
        needs(),
        "nothing is left of a sender who is nobody of here, whom it stands for stays",
        |f| {
            let post = Post::new(f, &[line("x", "SMTP")])?;
            let forged = Addressee::smtp("Mallory", "mallory@example.net");
            let me = Addressee::smtp("Me", "me@example.com");
            // One address says it, or both.
            for address in [&forged.address, &me.address] {
                let draft = post.draft("plans", &[("SMTP", "ann")])?;
                draft.set_props(&[
                    prop(tags::SENDER_NAME, "Mallory"),
                    prop(tags::SENDER_ADDRTYPE, "SMTP"),
                    prop(tags::SENDER_EMAIL_ADDRESS, address.as_str()),
                    prop(tags::SENDER_SMTP_ADDRESS, forged.address.as_str()),
                    prop(tags::SENDER_SEARCH_KEY, forged.search_key()),
                    prop(tags::SENT_REPRESENTING_NAME, "The office"),
                ])?;
                submitted(&draft)?;
                assert_eq!(round(&post.spooler(f)?)?.sent, 1);
                let left = post.scripted.wire("x").left().pop().unwrap();
                let props = left.message.unwrap().props;
                for tag in [tags::SENDER_EMAIL_ADDRESS, tags::SENDER_SMTP_ADDRESS] {
                    assert_eq!(props.text(tag), Some("me@example.com"), "{tag:?}");
                }
                assert_eq!(props.text(tags::SENDER_NAME), Some("Me"));
                let key = props.value(tags::SENDER_SEARCH_KEY);
                assert_eq!(key, Some(&me.search_key().into()));
                let author = props.text(tags::SENT_REPRESENTING_NAME);
                assert_eq!(author, Some("The office"));
                assert_eq!(props.value(tags::SENT_REPRESENTING_EMAIL_ADDRESS), None);
            }
            Ok(())
        }
    ),
    case!(
        needs(),
        "no transport is told of blind recipients by anything but the rows that it serves",
        |f| {
            let post = Post::new(f, &[line("x", "SMTP")])?;
            let draft = post.draft("plans", &[("SMTP", "ann")])?;
            let hidden = [
                prop(tags::TRANSPORT_MESSAGE_HEADERS, "To: a\r\nBcc: secret\r\n"),
                prop(tags::ORIGINAL_DISPLAY_BCC, "secret"),
            ];
            draft.set_props(&hidden)?;
            draft.set(tags::INTERNET_RETURN_PATH, "<old@example.net>")?;
            let attachment = draft.create_attachment()?;
            attachment.set(tags::ATTACH_METHOD, attach_method::EMBEDDED_MSG)?;
            let flags = PropertyFlags::CREATE | PropertyFlags::MODIFY;
            let inner = attachment.open_embedded(flags)?;
            inner.set_props(&hidden)?;
            let rows = [
                recipient(recipient_type::TO, "Bob"),
                recipient(recipient_type::BCC, "secret"),
            ];
            inner.modify_recipients(ModifyMode::Add, &rows)?;
            inner.save_changes(SaveFlags::NONE)?;
            attachment.save_changes(SaveFlags::NONE)?;
            submitted(&draft)?;
            assert_eq!(round(&post.spooler(f)?)?.sent, 1);
            let left = post.scripted.wire("x").left().pop().unwrap();
            let left = left.message.unwrap();
            let TreeContent::Message(inner) = &left.attachments[0].content else {
                panic!("the message in it is gone");
            };
            assert_eq!(inner.recipients.len(), 1);
            let headers = inner.props.text(tags::TRANSPORT_MESSAGE_HEADERS);
            assert_eq!(headers, Some("To: a\r\n"));
            assert_eq!(left.props.value(tags::INTERNET_RETURN_PATH), None);
            assert!(!format!("{left:?}").contains("secret"));
            Ok(())
        }
    ),
    case!(
        "SP-01.T1",
        needs(),
        "three messages leave in the order of submission, however large the second is",
        |f| {
            for batch in [1, 8] {
                let post = Post::new(f, &[line("x", "SMTP")])?;
                let first = round(&post.spooler(f)?)?;
                assert_eq!(first.sent, 0);
                if let Some(x) = post.scripted.behind("x") {
                    x.takes(batch);
                }
                post.submit("one", &["ann"])?;
                let large = post.draft("two", &[("SMTP", "ann")])?;
                attach(&large, "large", &vec![7; 3_000_000])?;
                submitted(&large)?;
                post.submit("three", &["ann"])?;
                let spooler = post.spooler(f)?;
                if let Some(x) = post.scripted.behind("x") {
                    x.takes(batch);
                }
                assert_eq!(round(&spooler)?.sent, 3);
                let left = post.left("x");
                assert_eq!(left[left.len() - 3..], ["one", "two", "three"]);
            }
            Ok(())
        }
    ),
    case!(
        "SP-01.T2",
        needs(),
        "a spooler that ends in the middle loses nothing and sends nothing twice",
        |f| {
            let post = Post::new(f, &[line("x", "SMTP")])?;
            // Another process is the spooler before this one's transport has said its last word.
            post.submit("plans", &["ann"])?;
            let spooler = post.spooler(f)?;
            post.script("x").next(Step::Submit, Act::Do(usurper(f)?));
            assert_eq!(code(round(&spooler)), Code::END_OF_SESSION);
            assert_eq!(post.phases()?, [Phase::Started]);
            assert!(post.left("x").is_empty(), "the last word was not said");
            drop(spooler);
            assert_eq!(round(&post.spooler(f)?)?.sent, 1);
            assert_eq!(post.left("x"), ["plans"]);
            // And after it, before anybody knew.
            let id = post.submit("papers", &["ann", "bob"])?;
            let spooler = post.spooler(f)?;
            post.script("x").next(Step::Committed, Act::Do(usurper(f)?));
            assert_eq!(code(round(&spooler)), Code::END_OF_SESSION);
            assert_eq!(post.phases()?, [Phase::Committing]);
            drop(spooler);
            let spooler = post.spooler(f)?;
            let found = round(&spooler)?;
            assert_eq!((found.sent, found.unknown), (0, 1));
            assert_eq!(post.phases()?, [Phase::Unknown]);
            let all = Wanted {
                force: true,
                ..Wanted::due()
            };
            spooler.round(&all, &Call::default())?;
            assert_eq!(post.left("x"), ["plans", "papers"], "not again unasked");
            assert_eq!(code(post.store.abort_submit(&id)), Code::UNABLE_TO_ABORT);
            let retry = Order::Retry { unknown: true };
            only(spooler.order(retry, &[id], &Call::default())?)?;
            assert_eq!(round(&spooler)?.sent, 1);
            assert_eq!(post.left("x"), ["plans", "papers", "papers"]);
            assert!(post.store.outbox()?.is_empty());
            Ok(())
        }
    ),
    case!(
        "TX-03.T1",
        needs(),
        "a recipient that the first transport declines goes to the next, alone",
        |f| {
            let post = Post::new(f, &[line("x", "SMTP"), line("y", "SMTP")])?;
            post.script("x").answer("bob", [Fate::NotMine]);
            post.submit("plans", &["ann", "bob", "cay"])?;
            let done = round(&post.spooler(f)?)?;
            assert_eq!(done.sent, 1);
            assert_eq!(post.reached("x"), [["ann", "cay"]]);
            assert_eq!(post.reached("y"), [["bob"]]);
            // The other way round: whom the second declines, the first, whose turn is over, is not asked again.
            post.script("x").answer("dan", [Fate::NotMine]);
            post.script("y").answer("dan", [Fate::NotMine]);
            post.submit("more", &["dan"])?;
            let done = round(&post.spooler(f)?)?;
            assert_eq!((done.sent, done.failed), (0, 1));
            assert_eq!(post.reached("x").len() + post.reached("y").len(), 2);
            Ok(())
        }
    ),
    case!(
        "TX-03.T2",
        needs(),
        "a transport that named the UID of a recipient comes before those of its address type",
        |f| {
            const BOOK: u128 = 0x1234_5678;
            let lines = [
                line("x", "SMTP"),
                line("y", "SMTP"),
                line("z", "").with_uid(BOOK),
            ];
            let post = Post::new(f, &lines)?;
            let known = |address| known_to(BOOK, address);
            let message = post.draft("plans", &[("SMTP", "ann")])?;
            message.modify_recipients(mapi::ModifyMode::Add, &[known("bob")])?;
            submitted(&message)?;
            let declining = post.script("z");
            assert_eq!(round(&post.spooler(f)?)?.sent, 1);
            assert_eq!(post.reached("z"), [["bob"]]);
            assert_eq!(post.reached("x"), [["ann"]]);
            assert!(post.left("y").is_empty());
            // What it declines goes on to those of the address type, whose turn was before.
            declining.answer("bob", [Fate::NotMine]);
            let message = post.draft("again", &[])?;
            message.modify_recipients(mapi::ModifyMode::Add, &[known("bob")])?;
            submitted(&message)?;
            assert_eq!(round(&post.spooler(f)?)?.sent, 1);
            assert_eq!(post.reached("x"), [["ann"], ["bob"]]);
            Ok(())
        }
    ),
    case!(
        "TX-03.T3",
        needs(),
        "another order of transports holds in sessions to come, and says who is tried first; a part of them is no order",
        |f| {
            let post = Post::new(f, &[line("x", "SMTP"), line("y", "SMTP")])?;
            let (x, y) = (uid_of("x"), uid_of("y"));
            let sent_by = |subject: &str| -> Result<Vec<&str>> {
                post.submit(subject, &["ann"])?;
                assert_eq!(round(&post.spooler(f)?)?.sent, 1);
                let has = |letter: &&str| post.left(letter).iter().any(|left| left == subject);
                Ok(["x", "y"].into_iter().filter(has).collect())
            };
            assert_eq!(sent_by("one")?, ["x"]);
            post.services()?.set_transport_order(&[y, x])?;
            assert_eq!(sent_by("two")?, ["y"]);
            let part = post.services()?.set_transport_order(&[x]);
            assert_eq!(code(part), Code::BUSY);
            assert_eq!(sent_by("three")?, ["y"]);
            // Whom the first declines the second gets: the order says who is asked first, not who alone.
            post.script("y").answer("ann", [Fate::NotMine]);
            assert_eq!(sent_by("four")?, ["x"]);
            Ok(())
        }
    ),
    case!(
        "XP-01.T1",
        needs(),
        "a message that has to wait two seconds is tried again no earlier, and others pass it",
        |f| {
            let post = Post::new(f, &[line("x", "SMTP")])?;
            let wait = Fate::Later {
                after: Some(Duration::from_secs(2)),
                why: "greylisted".to_owned(),
            };
            post.script("x").answer("ann", [wait]);
            let id = post.submit("first", &["ann"])?;
            post.submit("second", &["bob"])?;
            let spooler = post.spooler(f)?;
            let done = round(&spooler)?;
            assert_eq!((done.sent, done.waiting), (1, 1));
            assert_eq!(post.left("x"), ["second"]);
            let next = done.next.unwrap();
            assert!(next > Duration::from_millis(1900) && next <= Duration::from_secs(2));
            let [entry] = &post.store.outbox()?[..] else {
                panic!("one waits");
            };
            let Phase::Waiting { cause, why, .. } = &entry.state.phase else {
                panic!("{:?}", entry.state.phase);
            };
            assert_eq!((*cause, why.as_str()), (Cause::Recipients, "greylisted"));
            post.clock.advance(Duration::from_millis(1900));
            assert_eq!(round(&spooler)?.sent, 0, "not yet");
            assert_eq!(post.left("x"), ["second"]);
            // It is not locked while it waits, and the same is tried again.
            post.clock.advance(Duration::from_millis(100));
            assert_eq!(round(&spooler)?.sent, 1);
            let left = post.scripted.wire("x").left();
            assert_eq!(left[1].subject, "first");
            assert_eq!(left[1].entry_id, id.as_bytes());
            Ok(())
        }
    ),
    case!(
        "XP-01.T2",
        needs(),
        "whom every transport declines is reported by name",
        |f| {
            let post = Post::new(f, &[line("x", "SMTP"), line("y", "*")])?;
            for letter in ["x", "y"] {
                post.script(letter)
                    .next(Step::Submit, Act::Fail(Code::NOT_ME));
            }
            post.submit("plans", &["ann"])?;
            let done = round(&post.spooler(f)?)?;
            assert_eq!((done.sent, done.failed), (0, 1));
            assert_eq!(post.subjects(INBOX)?, ["Undeliverable: plans"]);
            let report = inbox_tree(&post)?;
            assert_eq!(report.recipients.len(), 1);
            let named = report.recipients[0].text(tags::EMAIL_ADDRESS);
            assert_eq!(named, Some("ann"));
            Ok(())
        }
    ),
    case!(
        "XP-01.T3",
        needs(),
        "what a transport deferred it is given again when it asks, and not before",
        |f| {
            let post = Post::new(f, &[line("x", "SMTP")])?;
            post.script("x").answer("ann", [Fate::Deferred]);
            let id = post.submit("plans", &["ann", "bob"])?;
            let spooler = post.spooler(f)?;
            let done = round(&spooler)?;
            assert_eq!((done.sent, done.next), (0, None));
            assert_eq!(post.phases()?, [Phase::Deferred]);
            let all = Wanted {
                force: true,
                flush: true,
                ..Wanted::due()
            };
            spooler.round(&all, &Call::default())?;
            assert_eq!(post.reached("x"), [["bob"]]);
            let asks = SpoolerNotice::SentDeferred(id.as_bytes().to_vec());
            let transports = post.scripted.transports();
            transports.last().unwrap().tells(asks);
            assert_eq!(round(&spooler)?.sent, 1);
            let left = post.scripted.wire("x").left();
            assert_eq!(left[1].recipients, ["ann"]);
            assert!(left[1].again && !left[0].again);
            assert_eq!(left[1].entry_id, id.as_bytes());
            Ok(())
        }
    ),
    case!(
        "XP-01.T4",
        needs(),
        "a cancel from another thread ends a submission that hangs, and nothing is lost",
        |f| {
            let post = Post::new(f, &[line("x", "SMTP")])?;
            let id = post.submit("plans", &["ann"])?;
            let spooler = post.spooler(f)?;
            let script = post.script("x");
            script.next(Step::Submit, Act::Hang);
            let cancel = CancelToken::default();
            let call = Call {
                cancel: cancel.clone(),
                ..Call::default()
            };
            let ended = std::thread::scope(|scope| {
                let cancelling = scope.spawn(|| {
                    let met = script.until_met(Step::Submit, Duration::from_secs(10));
                    cancel.cancel();
                    met
                });
                let ended = spooler.round(&Wanted::due(), &call);
                assert!(cancelling.join().unwrap());
                ended
            });
            assert_eq!(code(ended), Code::USER_CANCEL);
            assert_eq!(post.phases()?, [Phase::Ready], "as it was");
            post.store.abort_submit(&id)?;
            let message = post.store.open_message(&id, OpenFlags::MODIFY)?;
            message.submit()?;
            assert_eq!(round(&spooler)?.sent, 1);
            assert_eq!(post.left("x"), ["plans"]);
            Ok(())
        }
    ),
    case!(
        needs(),
        "a transport that is down keeps the order, and another one goes on",
        |f| {
            let post = Post::new(f, &[line("x", "SMTP"), line("y", "FAX")])?;
            post.script("x")
                .next(Step::Submit, Act::Fail(Code::NETWORK_ERROR));
            for subject in ["one", "two"] {
                post.submit(subject, &["ann"])?;
            }
            submitted(&post.draft("three", &[("FAX", "bob")])?)?;
            let spooler = post.spooler(f)?;
            let done = round(&spooler)?;
            assert_eq!(done.sent, 1);
            assert_eq!(done.problems.len(), 1);
            assert_eq!(
                (post.left("x").len(), post.left("y")),
                (0, vec!["three".to_owned()])
            );
            assert_eq!(round(&spooler)?.sent, 0, "not before its time");
            // Not by a spooler that knows nothing of it either.
            assert_eq!(round(&post.spooler(f)?)?.sent, 0);
            let spooler = post.spooler(f)?;
            let next = round(&spooler)?.next.unwrap();
            post.clock.advance(next);
            assert_eq!(round(&spooler)?.sent, 2);
            assert_eq!(post.left("x"), ["one", "two"]);
            Ok(())
        }
    ),
    case!(
        needs(),
        "a message that makes its transport fail again and again does not stop the others",
        |f| {
            let post = Post::new(f, &[line("x", "SMTP")])?;
            for _ in 0..3 {
                post.script("x")
                    .next(Step::Submit, Act::Fail(Code::NETWORK_ERROR));
            }
            for subject in ["bad", "good"] {
                post.submit(subject, &["ann"])?;
            }
            let spooler = post.spooler(f)?;
            for _ in 0..2 {
                let next = round(&spooler)?.next.unwrap();
                assert!(post.left("x").is_empty());
                post.clock.advance(next);
            }
            round(&spooler)?;
            assert_eq!(post.left("x"), ["good"]);
            Ok(())
        }
    ),
    case!(
        needs(),
        "a transport that panics, and one that hangs whatever it is told, stop nobody else",
        |f| {
            let mut post = Post::new(f, &[line("x", "SMTP"), line("y", "FAX")])?;
            post.options.patience = Duration::from_secs(2);
            post.options.grace = Duration::from_millis(50);
            let (hold, held) = std::sync::mpsc::channel::<()>();
            post.script("x").next(Step::Submit, Act::Panic);
            post.submit("one", &["ann"])?;
            submitted(&post.draft("two", &[("FAX", "bob")])?)?;
            let spooler = post.spooler(f)?;
            assert_eq!(round(&spooler)?.sent, 1);
            assert_eq!(post.left("y"), ["two"]);
            let hang = move || {
                let _released = held.recv();
            };
            post.script("x").next(Step::Submit, Act::Do(Box::new(hang)));
            submitted(&post.draft("three", &[("FAX", "bob")])?)?;
            let all = Wanted {
                force: true,
                ..Wanted::due()
            };
            let done = spooler.round(&all, &Call::default())?;
            assert_eq!(done.sent, 1);
            assert_eq!(post.left("y"), ["two", "three"]);
            assert!(matches!(post.phases()?[..], [Phase::Waiting { .. }]));
            // As long as it does not come back it is asked nothing; what it says then counts for nothing.
            let busy = spooler.round(&all, &Call::default())?;
            assert_eq!(busy.problems[0].error.code(), Code::BUSY);
            drop(hold);
            while post.left("x").is_empty() {
                std::thread::yield_now();
                spooler.round(&all, &Call::default())?;
            }
            assert_eq!(post.left("x"), ["one"]);
            assert!(post.store.outbox()?.is_empty());
            Ok(())
        }
    ),
    case!(
        needs(),
        "what is to be sent later waits unlocked until then, or until somebody says now",
        |f| {
            let post = Post::new(f, &[line("x", "SMTP")])?;
            let later = mapi::FileTime(post.clock.ticks() + 3600 * 10_000_000);
            let mut ids = Vec::new();
            for subject in ["later", "now", "never"] {
                let message = post.draft(subject, &[("SMTP", "ann")])?;
                message.set(tags::DEFERRED_SEND_TIME, later)?;
                ids.push(submitted(&message)?);
            }
            let spooler = post.spooler(f)?;
            let all = Wanted {
                force: true,
                flush: true,
                ..Wanted::due()
            };
            let done = spooler.round(&all, &Call::default())?;
            assert_eq!((done.sent, done.waiting), (0, 3));
            let next = done.next.unwrap();
            assert!(next > Duration::from_secs(3590) && next <= Duration::from_secs(3600));
            let now = Order::Retry { unknown: false };
            only(spooler.order(now, &ids[1..2], &Call::default())?)?;
            post.store.abort_submit(&ids[2])?;
            assert_eq!(round(&spooler)?.sent, 1);
            assert_eq!(post.left("x"), ["now"]);
            post.clock.advance(next);
            assert_eq!(round(&spooler)?.sent, 1);
            assert_eq!(post.left("x"), ["now", "later"]);
            Ok(())
        }
    ),
    case!(
        needs(),
        "what somebody holds waits for him, what he calls sent is, and what he takes back is a draft",
        |f| {
            let post = Post::new(f, &[line("x", "SMTP")])?;
            let ids = ["held", "sent", "draft", "gone"].map(|s| post.submit(s, &["ann"]));
            let ids = ids.into_iter().collect::<Result<Vec<_>>>()?;
            let spooler = post.spooler(f)?;
            let order = |order, at: usize| -> Result<()> {
                only(spooler.order(order, &ids[at..=at], &Call::default())?)
            };
            order(Order::Hold, 0)?;
            order(Order::MarkSent, 1)?;
            order(Order::BackToDrafts, 2)?;
            post.store.abort_submit(&ids[3])?;
            assert_eq!(code(order(Order::Hold, 3)), Code::NOT_IN_QUEUE);
            assert_eq!(round(&spooler)?.sent, 0);
            assert_eq!(post.phases()?, [Phase::Held]);
            let draft = post.store.open_message(&ids[2], OpenFlags::MODIFY)?;
            assert_eq!(draft.flags() & message_flags::SUBMIT, 0);
            assert_ne!(draft.flags() & message_flags::UNSENT, 0);
            let sent = post.store.open_message(&ids[1], OpenFlags::NONE)?;
            assert_eq!(
                sent.flags() & (message_flags::SUBMIT | message_flags::UNSENT),
                0
            );
            order(Order::Release, 0)?;
            assert_eq!(round(&spooler)?.sent, 1);
            assert_eq!(post.left("x"), ["held"]);
            Ok(())
        }
    ),
    case!(
        needs(),
        "a message that some have goes back to the drafts and then to the others alone",
        |f| {
            let post = Post::new(f, &[line("x", "SMTP")])?;
            let busy = Fate::Later {
                after: None,
                why: "busy".to_owned(),
            };
            post.script("x").answer("bob", [busy]);
            let id = post.submit("plans", &["ann", "bob"])?;
            let spooler = post.spooler(f)?;
            assert_eq!(round(&spooler)?.sent, 0);
            assert_eq!(post.reached("x"), [["ann"]]);
            let entry = &post.store.outbox()?[0];
            assert_eq!(*entry.state.of(0), Known::Sent);
            assert_eq!(code(post.store.abort_submit(&id)), Code::UNABLE_TO_ABORT);
            let back = spooler.order(
                Order::BackToDrafts,
                std::slice::from_ref(&id),
                &Call::default(),
            )?;
            only(back)?;
            let draft = post.store.open_message(&id, OpenFlags::MODIFY)?;
            draft.submit()?;
            assert_eq!(round(&spooler)?.sent, 1);
            assert_eq!(post.reached("x"), [["ann"], ["bob"]]);
            let rows = post.store.open_message(&id, OpenFlags::NONE)?.to_tree()?;
            assert_eq!(rows.recipients.len(), 2, "everybody is there once");
            Ok(())
        }
    ),
    case!(
        needs(),
        "what a transport cancels for good is reported, and one recipient's refusal with the rest on its way",
        |f| {
            let post = Post::new(f, &[line("x", "SMTP")])?;
            post.script("x").next(Step::Submit, Act::Fail(Code::CANCEL));
            post.submit("no", &["ann"])?;
            let spooler = post.spooler(f)?;
            let done = round(&spooler)?;
            assert_eq!((done.sent, done.failed), (0, 1));
            let refused = Fate::Refused(mapi_spi::Refusal {
                status: 511,
                text: "no such user".to_owned(),
                ..mapi_spi::Refusal::default()
            });
            post.script("x").answer("bob", [refused]);
            post.submit("yes", &["ann", "bob"])?;
            let done = round(&spooler)?;
            assert_eq!((done.sent, done.failed), (1, 0));
            let reports = ["Undeliverable: no", "Undeliverable: yes"];
            assert_eq!(post.subjects(INBOX)?, reports);
            assert_eq!(post.subjects(OUTBOX)?, ["no", "yes"]);
            Ok(())
        }
    ),
    case!(
        needs(),
        "what a transport does to its copy nobody else sees",
        |f| {
            let post = Post::new(f, &[line("x", "SMTP"), line("y", "FAX")])?;
            post.script("x")
                .prepares(|copy| copy.props.set(tags::SUBJECT, "rendered"));
            let to = [("SMTP", "ann"), ("FAX", "bob")];
            let id = submitted(&post.draft("plans", &to)?)?;
            let spooler = post.spooler(f)?;
            assert_eq!(round(&spooler)?.sent, 1);
            assert_eq!(
                (post.left("x"), post.left("y")),
                (vec!["rendered".to_owned()], vec!["plans".to_owned()])
            );
            let kept = post.store.open_message(&id, OpenFlags::NONE)?;
            assert_eq!(kept.get(tags::SUBJECT)?, "plans");
            Ok(())
        }
    ),
    case!(
        needs(),
        "a flush of one transport sends what is its own, and tells it when it begins and ends",
        |f| {
            let post = Post::new(f, &[line("x", "SMTP"), line("y", "FAX")])?;
            post.submit("one", &["ann"])?;
            submitted(&post.draft("two", &[("FAX", "bob")])?)?;
            let spooler = post.spooler(f)?;
            let flush = Wanted {
                up: true,
                flush: true,
                target: Some(uid_of("y")),
                ..Wanted::default()
            };
            assert_eq!(spooler.round(&flush, &Call::default())?.sent, 1);
            assert_eq!((post.left("x").len(), post.left("y").len()), (0, 1));
            let down = Wanted {
                down: true,
                flush: true,
                ..Wanted::default()
            };
            assert_eq!(
                spooler.round(&down, &Call::default())?.sent,
                0,
                "sends nothing"
            );
            let unknown = Wanted {
                target: Some(uid_of("q")),
                ..flush
            };
            let nobody = spooler.round(&unknown, &Call::default());
            assert_eq!(code(nobody), Code::NOT_FOUND);
            let told: Vec<_> = post
                .scripted
                .transports()
                .iter()
                .map(|t| t.notices())
                .collect();
            let expected = [
                TransportNotice::BeginOutbound,
                TransportNotice::BeginInbound,
                TransportNotice::BeginOutboundFlush,
                TransportNotice::EndOutboundFlush,
                TransportNotice::BeginInboundFlush,
                TransportNotice::EndInboundFlush,
            ];
            assert_eq!(told[1], expected);
            assert_eq!(told[0].len(), 4, "{:?}", told[0]);
            drop(spooler);
            let told = post.scripted.transports()[1].notices();
            let ends = [TransportNotice::EndOutbound, TransportNotice::EndInbound];
            assert_eq!(told, ends);
            Ok(())
        }
    ),
];

/// A recipient whose entry id carries this UID.
fn known_to(book: u128, address: &str) -> Vec<(mapi::PropTag, mapi::PropValue)> {
    let uid = book.to_be_bytes();
    let id = [&[0; 4], uid.as_slice(), address.as_bytes()].concat();
    let mut row = recipient(mapi::recipient_type::TO, address);
    row.push(prop(tags::EMAIL_ADDRESS, address));
    row.push(prop(tags::ENTRYID, id));
    row
}

/// The only message of the Inbox.
fn inbox_tree(post: &Post) -> Result<mapi::MessageTree> {
    let inbox = post.store.special_folder(INBOX)?;
    let row = inbox.contents().open()?.rows(0..1)?.remove(0);
    inbox.open_message(row.entry_id())?.to_tree()
}

/// What became of the only one.
fn only(mut all: Vec<Result<()>>) -> Result<()> {
    assert_eq!(all.len(), 1);
    all.remove(0)
}

/// Makes another process the spooler.
fn usurper(f: &Fixture) -> Result<Box<dyn FnOnce() + Send>> {
    let store = leased_store(f)?;
    Ok(Box::new(move || {
        store
            .begin_epoch(Role::Spooler, "another", &Call::default())
            .unwrap();
    }))
}
