//! How a draft is shown once it is kept, or instead of being kept.

use std::io;

use malle_host::export::MimeOf;
use malle_views::{Person, message_view};
use mapi::{MapiProp, Message, tags};
use serde::Serialize;

use crate::app::App;
use crate::exit::{Exit, Outcome};
use crate::messages::Msg;
use crate::output::{Printer, Shown};

use super::Place;

/// `{"id","folder","class","subject","from","to","cc","bcc","attachments","html"}`.
#[derive(Serialize)]
pub(crate) struct DraftView {
    id: String,
    folder: Option<String>,
    class: Option<String>,
    subject: Option<String>,
    from: Option<Person>,
    to: Vec<Person>,
    cc: Vec<Person>,
    bcc: Vec<Person>,
    attachments: usize,
    html: bool,
    #[serde(skip)]
    post: bool,
}

impl DraftView {
    pub(crate) fn of(app: &App, message: &Message, place: &Place) -> Outcome<Self> {
        let id = message.short_id().map(|id| id.to_string());
        let id = id.unwrap_or_default();
        let view = message_view(message, id, place.path.clone());
        let view = view.map_err(|e| app.failure(&e))?;
        Ok(Self {
            post: view
                .class
                .as_deref()
                .is_some_and(|c| c.eq_ignore_ascii_case("IPM.Post")),
            id: view.id,
            folder: view.folder,
            class: view.class,
            subject: view.subject,
            from: view.from,
            to: view.to,
            cc: view.cc,
            bcc: view.bcc,
            attachments: view.attachments.len(),
            html: view.body.html.is_some(),
        })
    }
}

impl Shown for DraftView {
    fn text(&self, to: &mut Printer<'_>) -> io::Result<()> {
        let folder = self.folder.as_deref().unwrap_or_default();
        let msg = if self.post {
            Msg::Posted
        } else {
            Msg::DraftKept
        };
        to.say(msg, &[&self.id, &crate::text::clean(folder)])
    }
}

/// `{"mime"}`: the message as Internet mail.
#[derive(Serialize)]
struct Mime {
    mime: String,
}

impl Shown for Mime {
    fn text(&self, _to: &mut Printer<'_>) -> io::Result<()> {
        Ok(())
    }
}

/// Prints what a draft would be as Internet mail, its Bcc included.
pub(crate) fn print_mime(app: &App, message: &Message) -> Outcome<Exit> {
    // What names a file is shown with what would be sent of it.
    message.resolve_references().map_err(|e| app.failure(&e))?;
    // A draft says no date, mail must.
    let dated = message.set(tags::CLIENT_SUBMIT_TIME, malle_host::now());
    let saved = dated.and_then(|()| message.save_changes(mapi::SaveFlags::KEEP_OPEN_READWRITE));
    saved.map_err(|e| app.failure(&e))?;
    let mime = MimeOf::message(message).map_err(|e| app.failure(&e))?;
    print(app, mime)
}

/// Prints the Internet mail that would leave: to nobody who gets it in secret.
pub(crate) fn print_leaving(app: &App, message: &Message) -> Outcome<Exit> {
    let tree = malle_host::sending::as_it_leaves(message);
    let mime = tree.and_then(MimeOf::leaving);
    print(app, mime.map_err(|e| app.failure(&e))?)
}

/// Prints a mail that is whole already.
pub(crate) fn print_mail(app: &App, mail: &[u8]) -> Outcome<Exit> {
    print(app, mail)
}

fn print(app: &App, mime: impl io::Read) -> Outcome<Exit> {
    if !app.output.json {
        crate::command::read::stream(app, mime)?;
        return Ok(Exit::Ok);
    }
    let mut bytes = Vec::new();
    let read = io::Read::read_to_end(&mut io::BufReader::new(mime), &mut bytes);
    read.map_err(|e| super::said::file_failure(std::path::Path::new("-"), &e))?;
    let mime = String::from_utf8_lossy(&bytes).into_owned();
    app.output.show(&Mime { mime })?;
    Ok(Exit::Ok)
}
