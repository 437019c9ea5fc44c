//! RP-01, MSG-04, AD-07, XP-01: what comes back when mail is sent, and is sent again.

use std::io;
use std::sync::Arc;

use mapi::queue_state::QueueState;
use mapi::spool::{Settlement, Verdict};
use mapi::{
    Compose, EntryId, MapiProp, Message, MessageTree, OpenFlags, PropTag, PropertyFlags, Result,
    SpecialFolder, Track, attach_method, columns, tags,
};
use mapi_kit::report::{Delivery, Failure};
use mapi_props::entry_id::OneOff;
use mapi_props::{AttachmentTree, LargeSource, OpenLarge, PropKey, TreeContent, TreeProps};
use mapi_spi::{Fate, Refusal, SpoolerNotice};
use testkit_transport::Step;

use crate::fixture::attach;
use crate::post::{Post, line, round, submitted};
use crate::{Case, Fixture, case};

const GOOD: &str = "good@example.com";
const BAD: &str = "bad@example.com";
const DESK: &str = "desk@example.com";

fn refused() -> Fate {
    Fate::Refused(Refusal {
        reason: 1,
        diagnostic: 35,
        status: 511,
        text: "550 5.1.1 no such mailbox".to_owned(),
    })
}

/// Bytes that a bad disk does not give any more.
struct Rotten;

impl OpenLarge for Rotten {
    fn size(&self) -> u64 {
        1 << 20
    }

    fn open(&self) -> io::Result<Box<dyn io::Read + Send>> {
        Err(io::Error::other("bad sector"))
    }
}

/// A program whose transport refuses BAD.
fn post(f: &Fixture, ways: &'static str) -> Result<Post> {
    let post = Post::new(f, &[line("x", "SMTP").that(ways)])?;
    post.script("x")
        .answer(BAD, std::iter::repeat_n(refused(), 4));
    Ok(post)
}

/// A message to Good and Bad with a file, not submitted yet.
fn plans(post: &Post) -> Result<Message> {
    let message = post.draft("Plans", &[("SMTP", GOOD), ("SMTP", BAD)])?;
    message.set(tags::MESSAGE_CLASS, "IPM.Note")?;
    message.set(tags::BODY, "text")?;
    attach(&message, "plan.txt", b"the plan")?;
    Ok(message)
}

fn open(post: &Post, id: &EntryId) -> Result<Message> {
    post.store.open_message(id, OpenFlags::BEST_ACCESS)
}

/// What is in the Inbox.
fn arrived(post: &Post) -> Result<Vec<Message>> {
    let inbox = post.store.special_folder(SpecialFolder::Inbox)?;
    let rows = inbox.contents().open()?.query_all_rows(0)?;
    rows.iter()
        .map(|r| inbox.open_message(r.entry_id()))
        .collect()
}

/// The only message of the Inbox.
fn report(post: &Post) -> Result<Message> {
    let [report] = arrived(post)?.try_into().expect("one report");
    Ok(report)
}

/// The message that a report brings.
fn brought(report: &Message) -> Result<Message> {
    let wanted = columns![tags::ATTACH_NUM, tags::ATTACH_METHOD];
    let row = report
        .attachments()
        .columns(wanted)
        .open()?
        .query_all_rows(0)?;
    let method = row[0].get(tags::ATTACH_METHOD);
    assert_eq!(method, Some(attach_method::EMBEDDED_MSG));
    let number = row[0].get(tags::ATTACH_NUM).expect("it has one");
    report
        .open_attachment(number, OpenFlags::NONE)?
        .open_embedded(PropertyFlags::NONE)
}

/// All that a message says, but what only a place in a folder has.
fn said(tree: &MessageTree, but: &[PropTag]) -> String {
    let props = |props: &TreeProps| {
        let kept = props
            .iter()
            .filter(|(key, _)| !but.iter().any(|tag| **key == PropKey::from(*tag)));
        kept.map(|(key, value)| format!("{key:?}={:?}", value.value()))
            .collect::<Vec<_>>()
    };
    let rows: Vec<_> = tree.recipients.iter().map(props).collect();
    let files: Vec<_> = tree.attachments.iter().map(|a| props(&a.props)).collect();
    format!("{:#?}\n{rows:#?}\n{files:#?}", props(&tree.props))
}

/// Addresses of the rows that a report tells of.
fn told_of(report: &Message) -> Result<Vec<String>> {
    let rows = report.recipients().columns(columns![tags::EMAIL_ADDRESS]);
    let rows = rows.open()?.query_all_rows(0)?;
    Ok(rows
        .iter()
        .filter_map(|r| r.get(tags::EMAIL_ADDRESS))
        .collect())
}

pub(super) const CASES: &[Case] = &[
    case!(
        needs(),
        "a sender is told that nobody got a message that cannot be read any more",
        |f| {
            let post = Post::new(f, &[line("x", "SMTP")])?;
            let id = submitted(&plans(&post)?)?;
            let (session, _spooler) = post.spooler_with_session(f)?;
            let spool = session.default_store()?.spool()?;
            let (message, tree) = spool.pick(spool.item(&id)?)?;
            let failed = Delivery::Failed(Failure::default());
            let mut reports = spool.reports(&tree, &[(0, failed)]);
            reports[0].message.attachments.push(AttachmentTree {
                content: TreeContent::Data(LargeSource::Lazy(Arc::new(Rotten))),
                ..AttachmentTree::default()
            });
            spool.settle(&[Settlement {
                message,
                state: QueueState::default(),
                verdict: Verdict::Finish,
                recipients: None,
                reports,
            }])?;
            let report = report(&post)?;
            assert!(report.get(tags::BODY)?.contains(GOOD));
            assert_eq!(report.attachment_count(), 0);
            assert!(post.store.outbox()?.is_empty());
            Ok(())
        }
    ),
    case!(
        "RP-01.T1" + "MSG-04",
        needs(),
        "one recipient is refused: one report in the Inbox, with the message as it was submitted",
        |f| {
            let post = post(f, "")?;
            let id = submitted(&plans(&post)?)?;
            let before = open(&post, &id)?.to_tree()?;
            let done = round(&post.spooler(f)?)?;
            assert_eq!((done.sent, done.failed), (1, 0));
            assert_eq!(post.reached("x"), [[GOOD]]);
            let report = report(&post)?;
            assert_eq!(report.get(tags::MESSAGE_CLASS)?, "REPORT.IPM.Note.NDR");
            assert_eq!(report.get(tags::SUBJECT)?, "Undeliverable: Plans");
            assert_eq!(told_of(&report)?, [BAD]);
            let wanted = columns![
                tags::NDR_REASON_CODE,
                tags::NDR_DIAG_CODE,
                tags::NDR_STATUS_CODE,
                tags::SUPPLEMENTARY_INFO,
                tags::REPORT_TIME
            ];
            let row = report
                .recipients()
                .columns(wanted)
                .open()?
                .query_all_rows(0)?;
            assert_eq!(row[0].get(tags::NDR_REASON_CODE), Some(1));
            assert_eq!(row[0].get(tags::NDR_DIAG_CODE), Some(35));
            assert_eq!(row[0].get(tags::NDR_STATUS_CODE), Some(511));
            let why = row[0].get(tags::SUPPLEMENTARY_INFO).expect("it says why");
            assert!(why.contains("no such mailbox"), "{why}");
            assert!(row[0].get(tags::REPORT_TIME).is_some());
            // What only a message of a folder has, and what is of the store's making.
            let of_places = [
                tags::ATTACH_NUM.raw(),
                tags::RECORD_KEY.raw(),
                tags::CREATION_TIME.raw(),
                tags::LAST_MODIFICATION_TIME.raw(),
                tags::MESSAGE_FLAGS.raw(),
            ];
            let inner = brought(&report)?;
            assert_eq!(
                said(&inner.to_tree()?, &of_places),
                said(&before, &of_places)
            );
            let number = inner
                .attachments()
                .columns(columns![tags::ATTACH_NUM])
                .open()?;
            let number = number.query_all_rows(0)?[0].get(tags::ATTACH_NUM);
            let file = inner.open_attachment(number.expect("a number"), OpenFlags::NONE)?;
            assert_eq!(file.get(tags::ATTACH_DATA_BIN)?, b"the plan");
            // The sent message knows it too.
            let tracks = open(&post, &id)?.recipient_tracks()?;
            let tracks: Vec<_> = tracks.iter().map(|t| t.track).collect();
            assert_eq!(tracks, [Track::None, Track::NotDelivered]);
            Ok(())
        }
    ),
    case!(
        needs(),
        "who does not want reports gets none, who asks is told of deliveries where they are known",
        |f| {
            let post = post(f, "")?;
            let never = plans(&post)?;
            never.set(tags::ORIGINATOR_NON_DELIVERY_REPORT_REQUESTED, false)?;
            never.set(tags::ORIGINATOR_DELIVERY_REPORT_REQUESTED, true)?;
            submitted(&never)?;
            assert_eq!(round(&post.spooler(f)?)?.sent, 1);
            // That it was sent does not say that it arrived.
            assert_eq!(arrived(&post)?.len(), 0);
            Ok(())
        }
    ),
    case!(
        needs(),
        "a transport that delivers makes the delivery report that was asked for, and the recipient's row says so",
        |f| {
            let post = post(f, "delivers")?;
            let asked = post.draft("Plans", &[("SMTP", GOOD)])?;
            asked.set(tags::MESSAGE_CLASS, "IPM.Note")?;
            asked.set(tags::ORIGINATOR_DELIVERY_REPORT_REQUESTED, true)?;
            let id = submitted(&asked)?;
            post.submit("not asked", &[GOOD])?;
            assert_eq!(round(&post.spooler(f)?)?.sent, 2);
            let report = report(&post)?;
            assert_eq!(report.get(tags::MESSAGE_CLASS)?, "REPORT.IPM.Note.DR");
            assert_eq!(report.attachment_count(), 0);
            let row = report.recipients().columns(columns![tags::DELIVER_TIME]);
            let row = row.open()?.query_all_rows(0)?;
            assert!(row[0].get(tags::DELIVER_TIME).is_some());
            let tracks = open(&post, &id)?.recipient_tracks()?;
            assert_eq!(tracks[0].track, Track::Delivered);
            Ok(())
        }
    ),
    case!(
        "RP-01.T3",
        needs(),
        "what is sent again reaches only who did not get it, and looks as it did the first time",
        |f| {
            let post = Post::new(f, &[line("x", "SMTP")])?;
            post.script("x").answer(BAD, [refused()]);
            submitted(&plans(&post)?)?;
            round(&post.spooler(f)?)?;
            let again = report(&post)?.resend(&Compose::default())?;
            submitted(&again)?;
            assert_eq!(round(&post.spooler(f)?)?.sent, 1);
            assert_eq!(post.reached("x"), [[GOOD], [BAD]]);
            assert_eq!(arrived(&post)?.len(), 1, "no second report");
            let left = post.scripted.wire("x").left();
            let [first, second] = left.as_slice() else {
                panic!("{left:?}");
            };
            let (first, second) = (first.message.as_ref(), second.message.as_ref());
            let (first, second) = (first.expect("kept"), second.expect("kept"));
            // When it was sent is another time, and nothing else is.
            let times = [
                tags::CLIENT_SUBMIT_TIME.raw(),
                tags::PROVIDER_SUBMIT_TIME.raw(),
                tags::CREATION_TIME.raw(),
                tags::LAST_MODIFICATION_TIME.raw(),
                // The same addresses once more, which composing fills in where a program left them out.
                tags::SENDER_SMTP_ADDRESS.raw(),
                tags::SENT_REPRESENTING_SMTP_ADDRESS.raw(),
                tags::SMTP_ADDRESS.raw(),
                tags::DISPLAY_TYPE.raw(),
            ];
            let first = said(first, &times);
            assert_eq!(
                said(second, &times),
                first,
                "all of it, recipients and files too"
            );
            Ok(())
        }
    ),
    case!(
        "AD-07.T1",
        needs(),
        "reports about a message go to whom it names for them, and not to its sender",
        |f| {
            let post = post(f, "")?;
            let message = plans(&post)?;
            let desk = OneOff::new("", "SMTP", DESK)
                .encode()
                .expect("no zero in it");
            message.set(tags::REPORT_ENTRYID, desk)?;
            message.set(tags::REPORT_NAME, "The desk")?;
            submitted(&message)?;
            let spooler = post.spooler(f)?;
            round(&spooler)?;
            round(&spooler)?;
            assert_eq!(arrived(&post)?.len(), 0);
            assert_eq!(post.reached("x"), [[GOOD], [DESK]]);
            let left = post.scripted.wire("x").left();
            let report = left[1].message.as_ref().expect("kept");
            let class = report.props.text(tags::MESSAGE_CLASS);
            assert_eq!(class, Some("REPORT.IPM.Note.NDR"));
            assert_eq!(report.attachments.len(), 1, "with the message");
            let named: Vec<_> = report
                .recipients
                .iter()
                .map(|r| (r.text(tags::DISPLAY_NAME), r.text(tags::EMAIL_ADDRESS)))
                .collect();
            let expected = [(Some("The desk"), Some(DESK)), (Some(BAD), Some(BAD))];
            assert_eq!(named, expected);
            assert!(post.store.outbox()?.is_empty());
            // Who names himself has them in his Inbox as ever.
            let message = plans(&post)?;
            let me = OneOff::new("", "SMTP", "Me@Example.com").encode();
            message.set(tags::REPORT_ENTRYID, me.expect("no zero in it"))?;
            submitted(&message)?;
            round(&spooler)?;
            round(&spooler)?;
            assert_eq!(arrived(&post)?.len(), 1);
            assert_eq!(post.reached("x"), [[GOOD], [DESK], [GOOD]]);
            Ok(())
        }
    ),
    case!(
        "RP-01.T5",
        needs(),
        "a report that cannot be delivered makes no further one",
        |f| {
            let post = post(f, "")?;
            post.script("x").answer(DESK, [refused()]);
            let message = plans(&post)?;
            let desk = OneOff::new("", "SMTP", DESK)
                .encode()
                .expect("no zero in it");
            message.set(tags::REPORT_ENTRYID, desk)?;
            submitted(&message)?;
            let spooler = post.spooler(f)?;
            for _ in 0..4 {
                round(&spooler)?;
            }
            assert_eq!(post.reached("x"), [[GOOD]]);
            assert!(post.store.outbox()?.is_empty(), "it left the queue");
            assert_eq!(arrived(&post)?.len(), 0, "and nobody is told");
            Ok(())
        }
    ),
    case!(
        "XP-01.T5",
        needs(),
        "a transport that only sends is never asked for mail, whatever it says",
        |f| {
            let lines = [line("x", "SMTP").that("sends"), line("y", "FAX")];
            let post = Post::new(f, &lines)?;
            let spooler = post.spooler(f)?;
            let mut mail = MessageTree::default();
            mail.props.set(tags::SUBJECT, "for x");
            post.scripted.wire("x").arrive(b"1", mail.clone());
            mail.props.set(tags::SUBJECT, "for y");
            post.scripted.wire("y").arrive(b"1", mail);
            post.submit("plans", &[GOOD])?;
            let done = round(&spooler)?;
            assert_eq!((done.sent, done.delivered), (1, 1));
            if let Some(x) = post.scripted.last("x") {
                x.tells(SpoolerNotice::NewMail);
            }
            round(&spooler)?;
            assert!(!post.script("x").met().contains(&Step::Receive));
            assert!(post.script("y").met().contains(&Step::Receive));
            assert_eq!(post.reached("x"), [[GOOD]]);
            assert_eq!(post.subjects(SpecialFolder::Inbox)?, ["for y"]);
            assert_eq!(post.scripted.wire("x").waiting(), 1);
            Ok(())
        }
    ),
];
