//! RP-01: reports find the message that they are about in whatever folder it was filed, and change no other.

use mapi::{
    CopyFlags, DeleteFlags, EntryId, FileTime, Folder, MapiProp, Message, MessageTree, OpenFlags,
    Receipt, ReceiptPolicy, Result, SpecialFolder, Track, message_flags, recipient_type, tags,
};
use mapi_spi::{Arrival, Inbox};
use testkit_transport::{Act, Step};

use crate::fixture::edit;
use crate::post::{Post, line, round, submitted};
use crate::{Case, Fixture, case};

const ANN: &str = "ann@example.com";
const BOB: &str = "bob@example.com";
const UNKNOWN: [Track; 2] = [Track::None, Track::None];

fn post(f: &Fixture) -> Result<Post> {
    Post::new(f, &[line("x", "SMTP")])
}

/// A folder beside the Inbox.
fn folder(post: &Post, name: &str) -> Result<Folder> {
    let tree = post.store.special_folder(SpecialFolder::IpmSubtree)?;
    tree.create_folder(name, None, mapi::CreateFolderFlags::NONE)
}

/// A message to Ann and Bob under this id, which was sent: it stands in the Outbox.
fn sent(f: &Fixture, post: &Post, id: &str) -> Result<EntryId> {
    let message = drafted(post, id)?;
    let entry = submitted(&message)?;
    assert_eq!(round(&post.spooler(f)?)?.sent, 1);
    Ok(entry)
}

fn drafted(post: &Post, id: &str) -> Result<Message> {
    let message = post.draft("Plans", &[("SMTP", ANN), ("SMTP", BOB)])?;
    message.set(tags::INTERNET_MESSAGE_ID, id)?;
    Ok(message)
}

/// Moves it, or makes a copy; its id there.
fn filed(post: &Post, message: &EntryId, to: &Folder, how: CopyFlags) -> Result<EntryId> {
    let known = ids_in(to)?;
    let parent = post.store.open_message(message, OpenFlags::NONE)?;
    let parent = EntryId::from(parent.get(tags::PARENT_ENTRYID)?);
    let from = post.store.open_folder(&parent, OpenFlags::MODIFY)?;
    let list = std::slice::from_ref(message);
    assert_eq!(from.copy_messages(list, to, how)?.warning, None);
    let there = ids_in(to)?.into_iter().find(|id| !known.contains(id));
    Ok(there.expect("it is there"))
}

fn ids_in(folder: &Folder) -> Result<Vec<EntryId>> {
    let rows = folder.contents().open()?.query_all_rows(0)?;
    Ok(rows.iter().map(|row| row.entry_id().clone()).collect())
}

/// What is known of Ann and of Bob.
fn tracks(post: &Post, message: &EntryId) -> Result<[Track; 2]> {
    let message = post.store.open_message(message, OpenFlags::NONE)?;
    let tracks: Vec<_> = message
        .recipient_tracks()?
        .iter()
        .map(|t| t.track)
        .collect();
    Ok(tracks.try_into().expect("two recipients"))
}

/// RFC 3464: what became of the message `<id>` at this recipient.
fn status_of(id: &str, who: &str, action: &str) -> MessageTree {
    let text = format!(
        "From: MAILER-DAEMON@mx.example\nTo: me@example.com\nSubject: Delivery status\nMIME-Version: 1.0\n\
         Date: Mon, 23 Nov 2026 06:00:00 +0000\n\
         Content-Type: multipart/report; report-type=delivery-status; boundary=b\n\n\
         --b\nContent-Type: text/plain\n\nSo it is.\n\
         --b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example\n\n\
         Final-Recipient: rfc822; {who}\nAction: {action}\nStatus: 2.0.0\n\n\
         --b\nContent-Type: text/rfc822-headers\n\nMessage-ID: {id}\nSubject: Plans\n\n--b--\n"
    );
    let context = mapi_mime::ImportContext::new(FileTime::from_unix(1_795_357_205));
    mapi_mime::parse(text.replace('\n', "\r\n").into_bytes(), &context).expect("a mail")
}

/// A report of a MAPI system, which names no Message-ID.
fn read_by(who: &str, key: Option<Vec<u8>>, tag: Option<Vec<u8>>) -> MessageTree {
    let mut tree = MessageTree::default();
    let props = &mut tree.props;
    props.set(tags::MESSAGE_CLASS, "REPORT.IPM.Note.IPNRN");
    props.set(tags::SENDER_ADDRTYPE, "SMTP");
    props.set(tags::SENDER_EMAIL_ADDRESS, who);
    props.set(tags::REPORT_TIME, FileTime::from_unix(1_795_357_300));
    if let Some(key) = key {
        props.set(tags::PARENT_KEY, key);
    }
    if let Some(tag) = tag {
        props.set(tags::REPORT_TAG, tag);
    }
    tree
}

/// A PR_REPORT_TAG that names a message. [MS-OXOMSG] 2.2.2.22
fn naming(message: &EntryId) -> Vec<u8> {
    let id = message.as_bytes();
    let size = u32::try_from(id.len()).unwrap().to_le_bytes();
    let parts: [&[u8]; 6] = [b"PCDFEB09\0", &[1, 0, 1, 0], &[0; 8], &size, id, &[0; 12]];
    parts.concat()
}

/// A mail to Ann and Bob that came to this mailbox, from whomever.
fn arrived(post: &Post, id: &str) -> Result<EntryId> {
    let mut tree = MessageTree::default();
    tree.props.set(tags::SUBJECT, "Plans");
    tree.props.set(tags::INTERNET_MESSAGE_ID, id);
    tree.props.set(tags::SENDER_NAME, "Eve");
    tree.props.set(tags::SENDER_ADDRTYPE, "SMTP");
    tree.props
        .set(tags::SENDER_EMAIL_ADDRESS, "eve@example.com");
    // Nobody who sends it says of it that it is ours.
    let claim = message_flags::FROMME.cast_signed();
    tree.props.set(tags::MESSAGE_FLAGS, claim);
    for address in [ANN, BOB] {
        let mut row = mapi_props::TreeProps::default();
        row.set(tags::RECIPIENT_TYPE, recipient_type::TO);
        row.set(tags::ADDRTYPE, "SMTP");
        row.set(tags::EMAIL_ADDRESS, address);
        tree.recipients.push(row);
    }
    Ok(post.store.deliver(tree)?.entry_id)
}

pub(super) const CASES: &[Case] = &[
    case!(
        needs(),
        "a report finds its message in the folder that the sender named, and where somebody moved it",
        |f| {
            let post = post(f)?;
            let projects = folder(&post, "Projects")?;
            let deep = projects.create_folder("2026", None, mapi::CreateFolderFlags::NONE)?;
            let message = drafted(&post, "<named@example.com>")?;
            let to = projects.entry_id().as_bytes().to_vec();
            message.set(tags::SENTMAIL_ENTRYID, to.as_slice())?;
            let named = submitted(&message)?;
            assert_eq!(round(&post.spooler(f)?)?.sent, 1);
            assert_eq!(ids_in(&projects)?.len(), 1, "it is where it was to go");
            let moved = sent(f, &post, "<moved@example.com>")?;
            let moved = filed(&post, &moved, &deep, CopyFlags::MOVE)?;
            for (id, message) in [
                ("<named@example.com>", &named),
                ("<moved@example.com>", &moved),
            ] {
                assert_eq!(tracks(&post, message)?, UNKNOWN);
                post.store.deliver(status_of(id, ANN, "delivered"))?;
                let expected = [Track::Delivered, Track::None];
                assert_eq!(tracks(&post, message)?, expected, "{id}");
            }
            // Nobody whom it was not sent to says anything of it.
            let stranger = status_of("<moved@example.com>", "eve@example.com", "failed");
            post.store.deliver(stranger)?;
            let expected = [Track::Delivered, Track::None];
            assert_eq!(tracks(&post, &moved)?, expected);
            Ok(())
        }
    ),
    case!(
        needs(),
        "of several copies the original knows who got it, or the one that the report names, or what is left",
        |f| {
            let post = post(f)?;
            let (left, right) = (folder(&post, "Left")?, folder(&post, "Right")?);
            let id = "<copied@example.com>";
            let original = sent(f, &post, id)?;
            let copy = filed(&post, &original, &left, CopyFlags::NONE)?;
            let original = filed(&post, &original, &right, CopyFlags::MOVE)?;
            post.store.deliver(status_of(id, ANN, "delivered"))?;
            assert_eq!(tracks(&post, &original)?, [Track::Delivered, Track::None]);
            assert_eq!(tracks(&post, &copy)?, UNKNOWN);

            let mut naming_the_copy = status_of(id, BOB, "failed");
            naming_the_copy.props.set(tags::REPORT_TAG, naming(&copy));
            post.store.deliver(naming_the_copy)?;
            assert_eq!(tracks(&post, &original)?, [Track::Delivered, Track::None]);
            assert_eq!(tracks(&post, &copy)?, [Track::None, Track::NotDelivered]);

            // What was deleted is not written to.
            right
                .delete_messages(std::slice::from_ref(&original), DeleteFlags::NONE)?
                .ignore_warning();
            post.store.deliver(status_of(id, ANN, "delivered"))?;
            assert_eq!(
                tracks(&post, &copy)?,
                [Track::Delivered, Track::NotDelivered]
            );

            // Sent a second time under the same id it may be either of which a report tells.
            let again = sent(f, &post, id)?;
            post.store.deliver(status_of(id, BOB, "delivered"))?;
            assert_eq!(tracks(&post, &again)?, [Track::None, Track::Delivered]);
            assert_eq!(tracks(&post, &copy)?, [Track::Delivered, Track::Delivered]);
            Ok(())
        }
    ),
    case!(
        needs(),
        "reports change nothing in what arrived, whoever says that it is ours, and however much of it there is",
        |f| {
            let post = post(f)?;
            let id = "<plans@example.com>";
            let theirs = arrived(&post, id)?;
            post.store.deliver(status_of(id, ANN, "delivered"))?;
            assert_eq!(tracks(&post, &theirs)?, UNKNOWN);
            let mut naming_it = status_of(id, ANN, "delivered");
            naming_it.props.set(tags::REPORT_TAG, naming(&theirs));
            post.store.deliver(naming_it)?;
            assert_eq!(tracks(&post, &theirs)?, UNKNOWN, "named by its entry id");

            // Ours, among many that carry its id.
            let ours = sent(f, &post, id)?;
            let inbox = post.store.special_folder(SpecialFolder::Inbox)?;
            let mut many = Vec::new();
            for _ in 0..40 {
                many.push(arrived(&post, id)?);
            }
            let ours = filed(&post, &ours, &inbox, CopyFlags::MOVE)?;
            post.store.deliver(status_of(id, ANN, "delivered"))?;
            assert_eq!(tracks(&post, &ours)?, [Track::Delivered, Track::None]);
            for message in many.iter().chain([&theirs]) {
                assert_eq!(tracks(&post, message)?, UNKNOWN);
            }
            Ok(())
        }
    ),
    case!(
        needs(),
        "a report that comes while its message is handed over or waits is kept, and the message goes out once",
        |f| {
            for step in [Step::Submit, Step::Committing, Step::Committed, Step::Said] {
                let post = post(f)?;
                let projects = folder(&post, &format!("Sent at {}", step.name()))?;
                let id = format!("<{}@example.com>", step.name());
                let message = drafted(&post, &id)?;
                let to = projects.entry_id().as_bytes().to_vec();
                message.set(tags::SENTMAIL_ENTRYID, to.as_slice())?;
                let entry = submitted(&message)?;
                // While it waits.
                post.store.deliver(status_of(&id, BOB, "failed"))?;
                assert_eq!(tracks(&post, &entry)?, [Track::None, Track::NotDelivered]);
                let (store, early) = (post.store.clone(), status_of(&id, ANN, "delivered"));
                let deliver = move || drop(store.deliver(early).expect("it arrives"));
                post.script("x").next(step, Act::Do(Box::new(deliver)));
                let spooler = post.spooler(f)?;
                for _ in 0..3 {
                    round(&spooler)?;
                }
                assert_eq!(post.left("x"), ["Plans"], "{}", step.name());
                assert!(post.store.outbox()?.is_empty(), "{}", step.name());
                assert_eq!(ids_in(&projects)?, std::slice::from_ref(&entry));
                let expected = [Track::Delivered, Track::NotDelivered];
                assert_eq!(tracks(&post, &entry)?, expected, "{}", step.name());
            }
            Ok(())
        }
    ),
    case!(
        needs(),
        "reports that bring only keys are answered from Sent Items and by the entry id that they name",
        |f| {
            let post = post(f)?;
            let kept = sent(f, &post, "<kept@example.com>")?;
            let other = sent(f, &post, "<other@example.com>")?;
            let filed_there = sent(f, &post, "<filed@example.com>")?;
            let projects = folder(&post, "Projects")?;
            let filed_there = filed(&post, &filed_there, &projects, CopyFlags::MOVE)?;
            let key = |id: &EntryId| -> Result<Vec<u8>> {
                let message = post.store.open_message(id, OpenFlags::NONE)?;
                message.get(tags::SEARCH_KEY)
            };
            let key_of_filed = key(&filed_there)?;
            let reports = [
                read_by(ANN, Some(key(&kept)?), None),
                // No other message is changed by who names one entry id and another's key.
                read_by(BOB, Some(vec![7; 16]), Some(naming(&filed_there))),
                read_by(ANN, Some(key_of_filed.clone()), None),
                read_by(BOB, Some(key(&other)?), None),
                read_by(BOB, None, Some(b"nobody's".to_vec())),
            ];
            let (session, _spooler) = post.spooler_with_session(f)?;
            let spool = session.default_store()?.spool()?;
            let mut inbox = spool.inbox(mapi_props::Guid([7; 16]), &mapi::Reporting::default())?;
            let arrivals = reports.into_iter().enumerate().map(|(n, message)| Arrival {
                token: vec![u8::try_from(n).unwrap()],
                message,
            });
            let done = inbox.deliver(arrivals.collect())?;
            assert!(done.iter().all(Result::is_ok), "{done:?}");
            assert_eq!(tracks(&post, &kept)?, [Track::Read, Track::None]);
            assert_eq!(tracks(&post, &other)?, [Track::None, Track::Read]);
            assert_eq!(tracks(&post, &filed_there)?, UNKNOWN);
            let both = read_by(BOB, Some(key_of_filed), Some(naming(&filed_there)));
            post.store.deliver(both)?;
            let expected = [Track::None, Track::Read];
            assert_eq!(tracks(&post, &filed_there)?, expected);
            Ok(())
        }
    ),
    case!(
        needs(),
        "who reads a message in whatever folder answers it, and the sender's copy says so in whatever folder",
        |f| {
            let post = post(f)?;
            let id = "<asked@example.com>";
            let message = sent(f, &post, id)?;
            let message = filed(
                &post,
                &message,
                &folder(&post, "Projects")?,
                CopyFlags::MOVE,
            )?;
            let mut copy = post
                .store
                .open_message(&message, OpenFlags::NONE)?
                .to_tree()?;
            copy.props.set(tags::READ_RECEIPT_REQUESTED, true);
            copy.props.set(tags::SENDER_NAME, "Me");
            copy.props.set(tags::SENDER_ADDRTYPE, "SMTP");
            copy.props.set(tags::SENDER_EMAIL_ADDRESS, "me@example.com");
            copy.props.set(tags::RECEIVED_BY_NAME, "Bob");
            copy.props.set(tags::RECEIVED_BY_ADDRTYPE, "SMTP");
            copy.props.set(tags::RECEIVED_BY_EMAIL_ADDRESS, BOB);
            let there = f.other_store()?;
            let delivered = there.deliver(copy)?;
            let inbox = there.open_folder(&delivered.folder_id, OpenFlags::MODIFY)?;
            let read = inbox.create_folder("To read", None, mapi::CreateFolderFlags::NONE)?;
            let list = std::slice::from_ref(&delivered.entry_id);
            inbox
                .copy_messages(list, &read, CopyFlags::MOVE)?
                .ignore_warning();
            let moved = ids_in(&read)?.remove(0);
            let never = |_: &_| -> Result<bool> { panic!("nobody is asked") };
            let receipt = edit(&read, &moved)?.read_by_person(ReceiptPolicy::Always, never)?;
            assert_eq!(receipt, Receipt::Sent);
            let row = there.outgoing_queue().open()?.query_all_rows(0)?.remove(0);
            let report = there.open_message(row.entry_id(), OpenFlags::BEST_ACCESS)?;
            post.store.deliver(report.to_tree()?)?;
            assert_eq!(tracks(&post, &message)?, [Track::None, Track::Read]);
            Ok(())
        }
    ),
];
