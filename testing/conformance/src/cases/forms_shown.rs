//! M-IMAPISession.PrepareForm, M-IMAPISession.ShowForm: a message shown in its form.

use std::sync::{Arc, Mutex};

use mapi::{
    Code, Error, Folder, FormHost, Logon, Mapi, MapiProp, Message, MessageSite, MsgStore, Result,
    Session, ShowFormFlags, SiteStatus, SpecialFolder, columns, message_flags, tags,
};

use crate::desk::OtherServices;
use crate::fixture::{add_subject, code, edit};
use crate::{Case, Fixture, case};

const POST: ShowFormFlags = ShowFormFlags::POST_MESSAGE;
const NEW: ShowFormFlags = ShowFormFlags::NEW_MESSAGE;

type Deed = dyn Fn(&MessageSite) -> Result<()> + Send + Sync;

/// Somebody who does one thing with a message that is shown.
struct Person(Arc<Deed>);

impl std::fmt::Debug for Person {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Person")
    }
}

impl FormHost for Person {
    fn show(&self, site: &MessageSite) -> Result<()> {
        (self.0)(site)
    }
}

/// A session of a program before which somebody does this.
fn before(
    f: &Fixture,
    deed: impl Fn(&MessageSite) -> Result<()> + Send + Sync + 'static,
) -> Result<Session> {
    let service = f.ground().service();
    let host = OtherServices {
        form_host: Some(Arc::new(Person(Arc::new(deed)))),
        ..OtherServices::of(f.host_with(Arc::clone(&service)), service)
    };
    let mapi = Mapi::initialize(Arc::new(host));
    Session::logon(&mapi, Logon::profile("work"))
}

fn mail(session: &Session) -> Result<Folder> {
    session.default_store()?.folder("Inbox/Mail")
}

/// A new post with a subject, not saved.
fn post(folder: &Folder, subject: &str) -> Result<Message> {
    let message = folder.create_message()?;
    message.set(tags::MESSAGE_CLASS, "IPM.Post.Notice")?;
    message.set(tags::SUBJECT, subject)?;
    Ok(message)
}

/// How many messages wait to be sent, and how many lie in the Outbox.
fn outgoing(store: &MsgStore) -> Result<(u64, u64)> {
    let queue = store.outgoing_queue().open()?.row_count()?;
    let outbox = store.special_folder(SpecialFolder::Outbox)?;
    Ok((queue, outbox.counts()?.contents))
}

/// Subjects of a folder's messages, and whether each is a draft.
fn drafts(folder: &Folder) -> Result<Vec<(String, bool)>> {
    let list = columns![tags::SUBJECT, tags::MESSAGE_FLAGS];
    let rows = folder.contents().columns(list).open()?.query_all_rows(0)?;
    let unsent = |n: i32| n.cast_unsigned() & message_flags::UNSENT != 0;
    let row = |row: &mapi::TableRow| {
        let flags = row.get(tags::MESSAGE_FLAGS).unwrap();
        (row.get(tags::SUBJECT).unwrap_or_default(), unsent(flags))
    };
    Ok(rows.iter().map(row).collect())
}

pub(super) const CASES: &[Case] = &[
    case!(
        "M-IMAPISession.PrepareForm" + "M-IMAPISession.ShowForm" + "FM-06.T2",
        needs(),
        "a message that is posted from its form is in the folder, and the queue is empty",
        |f| {
            f.folder("Mail")?;
            let session = before(f, |site| {
                assert_eq!(site.form().message_class(), "IPM.Post");
                assert_eq!(site.folder().name()?, "Mail");
                let new = SiteStatus::SAVE.0 | SiteStatus::SUBMIT.0 | SiteStatus::NEW_MESSAGE.0;
                assert_eq!(site.status(), SiteStatus(new));
                site.message().set(tags::BODY, "Read this.")?;
                site.submit()
            })?;
            let folder = mail(&session)?;
            let message = post(&folder, "notice")?;
            let token = session.prepare_form(&message)?;
            drop(message);
            session.show_form(&folder, token, POST | NEW)?;
            assert_eq!(drafts(&folder)?, [("notice".to_owned(), false)]);
            assert_eq!(outgoing(&session.default_store()?)?, (0, 0));
            let row = &folder.contents().open()?.query_rows(1)?[0];
            let posted = mail(&f.second_session()?)?.open_message(row.entry_id())?;
            assert_eq!(posted.get(tags::BODY)?, "Read this.");
            assert!(posted.find(tags::MESSAGE_DELIVERY_TIME)?.is_some());
            Ok(())
        }
    ),
    case!(
        "FM-06.T3",
        needs(),
        "a token is good for one message, once",
        |f| {
            f.folder("Mail")?;
            let session = before(f, |site| {
                site.message().set(tags::COMMENT, "seen")?;
                site.save()
            })?;
            let folder = mail(&session)?;
            let (one, two) = (post(&folder, "one")?, post(&folder, "two")?);
            let tokens = [session.prepare_form(&one)?, session.prepare_form(&two)?];
            assert_ne!(tokens[0], tokens[1]);
            session.show_form(&folder, tokens[1], NEW)?;
            assert_eq!(
                drafts(&folder)?,
                [("two".to_owned(), true)],
                "saved, a draft"
            );
            let again = session.show_form(&folder, tokens[1], ShowFormFlags::NONE);
            assert_eq!(code(again), Code::INVALID_PARAMETER);
            session.clone().show_form(&folder, tokens[0], NEW)?;
            assert_eq!(drafts(&folder)?.len(), 2);
            Ok(())
        }
    ),
    case!(
        needs(),
        "a draft that is posted is one no more, and what was only looked at is as it was",
        |f| {
            let id = add_subject(&f.folder("Mail")?, "draft")?;
            let session = before(f, |site| {
                site.message().set(tags::SUBJECT, "posted")?;
                site.submit()
            })?;
            let folder = mail(&session)?;
            let token = session.prepare_form(&edit(&folder, &id)?)?;
            session.show_form(&folder, token, POST)?;
            assert_eq!(drafts(&folder)?, [("posted".to_owned(), false)]);
            let elsewhere = f.folder("Other")?.entry_id();
            let elsewhere = session
                .default_store()?
                .open_folder(&elsewhere, mapi::OpenFlags::NONE)?;
            let shown = |flags, folder: &Folder| -> Result<()> {
                let token = session.prepare_form(&edit(&mail(&session)?, &id)?)?;
                session.show_form(folder, token, flags)
            };
            assert_eq!(code(shown(POST, &elsewhere)), Code::INVALID_PARAMETER);
            assert_eq!(code(shown(POST | NEW, &folder)), Code::INVALID_PARAMETER);

            let looking = before(f, |site| site.message().set(tags::SUBJECT, "changed"))?;
            let folder = mail(&looking)?;
            let token = looking.prepare_form(&edit(&folder, &id)?)?;
            looking.show_form(&folder, token, ShowFormFlags::NONE)?;
            assert_eq!(drafts(&folder)?, [("posted".to_owned(), false)]);
            Ok(())
        }
    ),
    case!(
        needs(),
        "what a form cannot do is told with its code, and nothing happens",
        |f| {
            let id = add_subject(&f.folder("Mail")?, "m")?;
            let seen = Arc::new(Mutex::new(Vec::new()));
            let noted = Arc::clone(&seen);
            let session = before(f, move |site| {
                let codes = [site.save(), site.submit()].map(|r| r.err().map(|e| e.code()));
                noted.lock().unwrap().push((site.status(), codes));
                Err(Error::new(Code::USER_CANCEL, "closed"))
            })?;
            let folder = mail(&session)?;
            let show = |session: &Session, message: &Message, flags| {
                let token = session.prepare_form(message)?;
                session.show_form(&mail(session)?, token, flags)
            };
            let read_only = folder.open_message(&id)?;
            assert_eq!(code(show(&session, &read_only, POST)), Code::USER_CANCEL);
            assert_eq!(
                code(show(&session, &edit(&folder, &id)?, ShowFormFlags::NONE)),
                Code::USER_CANCEL
            );
            let refused = Some(Code::NO_SUPPORT);
            let told = seen.lock().unwrap().clone();
            assert_eq!(
                told,
                [
                    (SiteStatus(0), [refused, refused]),
                    (SiteStatus::SAVE, [None, refused]),
                ]
            );
            assert_eq!(drafts(&folder)?, [("m".to_owned(), true)]);

            let broken = before(f, |_| Err(Error::new(Code::DISK_ERROR, "broken")))?;
            let message = edit(&mail(&broken)?, &id)?;
            assert_eq!(code(show(&broken, &message, POST)), Code::CALL_FAILED);
            let strange = post(&mail(&broken)?, "strange")?;
            strange.set(tags::MESSAGE_CLASS, "IPC.Strange")?;
            assert_eq!(code(show(&broken, &strange, POST)), Code::NOT_FOUND);

            let headless = f.session();
            let message = edit(&mail(&headless)?, &id)?;
            assert_eq!(code(show(&headless, &message, POST)), Code::NO_SUPPORT);
            Ok(())
        }
    ),
];
