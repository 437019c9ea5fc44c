//! INC-01, STO-06.3, OVR-02.1: messages that arrive.

use mapi::{
    CreateFolderFlags, Depth, EventMask, Folder, MapiProp, MessageTree, MsgStore, Notification,
    OpenFlags, PropTag, PropValue, Result, SpecialFolder, columns, message_flags, recipient_type,
    tags,
};

use crate::heard::{Heard, Program};
use crate::{Case, case};

/// Me.
const ME: &str = "me@example.com";

/// An incoming message of a class with a subject.
fn incoming(class: Option<&str>, subject: &str) -> MessageTree {
    let mut tree = MessageTree::default();
    if let Some(class) = class {
        tree.props.set(tags::MESSAGE_CLASS, class);
    }
    tree.props.set(tags::SUBJECT, subject);
    tree.props.set(tags::SENDER_NAME, "Ann");
    tree.props
        .set(tags::SENDER_EMAIL_ADDRESS, "ann@example.com");
    tree
}

/// The same to these recipients, for my mailbox.
fn addressed(rows: &[(i32, &str)]) -> MessageTree {
    let mut tree = incoming(None, "addressed");
    tree.props.set(tags::RECEIVED_BY_NAME, "Me");
    tree.props.set(tags::RECEIVED_BY_ADDRTYPE, "SMTP");
    tree.props.set(tags::RECEIVED_BY_EMAIL_ADDRESS, ME);
    for (kind, address) in rows {
        let mut row = mapi_props::TreeProps::default();
        row.set(tags::RECIPIENT_TYPE, *kind);
        row.set(tags::ADDRTYPE, "SMTP");
        row.set(tags::EMAIL_ADDRESS, *address);
        row.set(tags::DISPLAY_NAME, *address);
        tree.recipients.push(row);
    }
    tree
}

/// PR_MESSAGE_TO_ME, _CC_ME and _RECIP_ME of a message delivered to these.
fn named(store: &MsgStore, rows: &[(i32, &str)]) -> Result<[bool; 3]> {
    let id = store.deliver(addressed(rows))?.entry_id;
    let message = store.open_message(&id, OpenFlags::NONE)?;
    Ok([
        message.get(tags::MESSAGE_TO_ME)?,
        message.get(tags::MESSAGE_CC_ME)?,
        message.get(tags::MESSAGE_RECIP_ME)?,
    ])
}

/// How many messages a folder and all below it hold.
fn below(folder: &Folder) -> Result<u64> {
    let all = folder
        .hierarchy(Depth::All)
        .columns(columns![tags::ENTRYID]);
    let mut sum = folder.counts()?.contents;
    for row in all.open()?.query_all_rows(0)? {
        let child = folder
            .store()?
            .open_folder(row.entry_id(), OpenFlags::NONE)?;
        sum += child.counts()?.contents;
    }
    Ok(sum)
}

pub(super) const CASES: &[Case] = &[
    case!(
        "INC-01.1" + "M-IMsgStore.Advise",
        needs(),
        "a delivered message is told once as new mail, with what can be read of it",
        |f| {
            let program = Program::new(f)?;
            let store = program.session.default_store()?;
            let heard = Heard::default();
            let _connection = store.advise(None, EventMask::NEW_MAIL, &heard.sink())?;
            let delivered = f.store()?.deliver(incoming(None, "hello"))?;
            program.dispatch()?;
            let told = heard.take();
            let [Notification::NewMail(mail)] = told.as_slice() else {
                panic!("{told:?}");
            };
            let message = store.open_message(&mail.entry_id, OpenFlags::NONE)?;
            assert_eq!(mail.entry_id, delivered.entry_id);
            assert_eq!(message.get(tags::SUBJECT)?, "hello");
            let receive = store.receive_folder("IPM.Note")?.entry_id();
            assert_eq!(mail.parent_id, receive);
            assert_eq!(message.get(tags::PARENT_ENTRYID)?, receive.as_bytes());
            assert_eq!(mail.message_class, "IPM.Note");
            assert_eq!(message.get(tags::MESSAGE_CLASS)?, mail.message_class);
            let flags = message.get(tags::MESSAGE_FLAGS)?.cast_unsigned();
            assert_eq!(mail.message_flags, flags);
            use message_flags::{READ, UNMODIFIED, UNSENT};
            assert_eq!(flags & (READ | UNMODIFIED | UNSENT), UNMODIFIED);
            Ok(())
        }
    ),
    case!(
        "R-Notification.T1",
        needs(),
        "new mail names the receive folder that the longest matching class chose",
        |f| {
            let program = Program::new(f)?;
            let store = program.session.default_store()?;
            let folder = f.folder("Samples")?.entry_id();
            store.set_receive_folder("IPM.Note.X", Some(&folder))?;
            let heard = Heard::default();
            let _connection = store.advise(None, EventMask::NEW_MAIL, &heard.sink())?;
            let saved = crate::fixture::add_subject(&f.inbox()?, "by other means")?;
            for class in ["IPM.Note.X", "ipm.note.x.y", "IPM.Note.Xy"] {
                f.store()?.deliver(incoming(Some(class), "m"))?;
            }
            f.store()?.notify_new_mail(&saved)?;
            program.dispatch()?;
            let inbox = f.inbox()?.entry_id();
            let parents: Vec<_> = heard
                .take()
                .into_iter()
                .map(|n| match n {
                    Notification::NewMail(mail) => mail.parent_id,
                    other => panic!("{other:?}"),
                })
                .collect();
            assert_eq!(parents, [folder.clone(), folder, inbox.clone(), inbox]);
            Ok(())
        }
    ),
    case!(
        "INC-01.3",
        needs(),
        "without any registration new mail is found by looking: unread, and counted",
        |f| {
            let (store, inbox) = (f.store()?, f.inbox()?);
            let before = inbox.get(tags::CONTENT_UNREAD)?;
            let list = columns![tags::SUBJECT, tags::MESSAGE_FLAGS];
            let table = inbox.contents().columns(list).open()?;
            assert_eq!(table.row_count()?, 0);
            let id = store.deliver(incoming(None, "new"))?.entry_id;
            let rows = table.query_all_rows(0)?;
            assert_eq!((rows.len(), rows[0].entry_id()), (1, &id));
            let flags = rows[0].get(tags::MESSAGE_FLAGS).unwrap().cast_unsigned();
            assert_eq!(flags & message_flags::READ, 0);
            assert_eq!(inbox.get(tags::CONTENT_UNREAD)?, before + 1);
            Ok(())
        }
    ),
    case!(
        "INC-01.2",
        needs(),
        "a message says that it is to me only if it names me",
        |f| {
            let store = f.store()?;
            let list = "list@example.com";
            let (to, cc, bcc) = (recipient_type::TO, recipient_type::CC, recipient_type::BCC);
            assert_eq!(named(&store, &[(to, list)])?, [false, false, false]);
            assert_eq!(
                named(&store, &[(to, list), (bcc, ME)])?,
                [false, false, true]
            );
            let me = ME.to_uppercase();
            assert_eq!(named(&store, &[(to, &me)])?, [true, false, true]);
            assert_eq!(named(&store, &[(to, list), (cc, ME)])?, [false, true, true]);
            Ok(())
        }
    ),
    case!(
        needs(),
        "delivery makes what is missing and leaves what is there",
        |f| {
            let store = f.store()?;
            let id = store.deliver(addressed(&[]))?.entry_id;
            let message = store.open_message(&id, OpenFlags::NONE)?;
            assert!(message.get(tags::MESSAGE_DELIVERY_TIME)?.0 > 0);
            assert_eq!(message.get(tags::SENT_REPRESENTING_NAME)?, "Ann");
            assert_eq!(message.get(tags::RCVD_REPRESENTING_NAME)?, "Me");
            assert_eq!(message.get(tags::RCVD_REPRESENTING_EMAIL_ADDRESS)?, ME);
            let mut tree = addressed(&[]);
            tree.props.set(tags::SENT_REPRESENTING_NAME, "Bob");
            tree.props.set(tags::MESSAGE_CLASS, "IPM.Post");
            let id = store.deliver(tree)?.entry_id;
            let message = store.open_message(&id, OpenFlags::NONE)?;
            assert_eq!(message.get(tags::SENT_REPRESENTING_NAME)?, "Bob");
            let missing: PropTag = tags::SENT_REPRESENTING_EMAIL_ADDRESS.raw();
            let read = message.get_props(&[missing])?.ignore_warning();
            assert!(matches!(read[0].value, PropValue::Error(_)));
            assert_eq!(message.get(tags::MESSAGE_CLASS)?, "IPM.Post");
            Ok(())
        }
    ),
    case!(
        needs(),
        "a delivery that is cancelled leaves no message and tells nobody",
        |f| {
            let program = Program::new(f)?;
            let store = program.session.default_store()?;
            let heard = Heard::default();
            let _connection = store.advise(None, EventMask::NEW_MAIL, &heard.sink())?;
            let call = mapi::Call::default();
            call.cancel.cancel();
            let cancelled = f.store()?.with_call(call).deliver(incoming(None, "m"));
            assert_eq!(crate::fixture::code(cancelled), mapi::Code::USER_CANCEL);
            assert_eq!((program.dispatch()?, f.inbox()?.counts()?.contents), (0, 0));
            Ok(())
        }
    ),
    case!(
        "STO-06.3",
        needs(),
        "a report is delivered to the Inbox, or where its class is assigned",
        |f| {
            let store = f.store()?;
            let report = || incoming(Some("Report.IPC.Paper.NDR"), "undelivered");
            let inbox = f.inbox()?;
            assert_eq!(store.deliver(report())?.folder_id, inbox.entry_id());
            assert_eq!(inbox.counts()?.contents, 1);
            let papers = f.folder("Papers")?;
            store.set_receive_folder("Report.IPC.Paper", Some(&papers.entry_id()))?;
            assert_eq!(store.deliver(report())?.folder_id, papers.entry_id());
            assert_eq!(
                (inbox.counts()?.contents, papers.counts()?.contents),
                (1, 1)
            );
            Ok(())
        }
    ),
    case!(
        "OVR-02.1",
        needs(),
        "a message between programs arrives where nobody looks for mail",
        |f| {
            let store = f.store()?;
            let tree = store.special_folder(SpecialFolder::IpmSubtree)?;
            tree.create_folder("Projects", None, CreateFolderFlags::NONE)?;
            let id = store.deliver(incoming(Some("IPC.Probe"), "probe"))?;
            assert_eq!(below(&tree)?, 0);
            let root = store.root_folder()?;
            assert_eq!(
                (id.folder_id, root.counts()?.contents),
                (root.entry_id(), 1)
            );
            store.deliver(incoming(Some("IPM.Probe"), "probe"))?;
            assert_eq!(below(&tree)?, 1);
            Ok(())
        }
    ),
];
