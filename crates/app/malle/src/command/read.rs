//! `malle read`: one message, without marking it read.

mod rtf;

use std::io::{self, Read, Write};

use malle_views::{AttachmentView, MessageView, Person, TrackWord, html_to_text, message_view};
use mapi::{MapiProp, Message, PropertyFlags};
use mapi_props::{Code, tags};
use serde::Serialize;

use crate::app::App;
use crate::args::ReadArgs;
use crate::exit::{Exit, Failure, Outcome};
use crate::messages::{Lang, Msg};
use crate::object::attachment_at;
use crate::output::{Printer, Shown};
use crate::text;

pub(super) fn run(app: &App, args: &ReadArgs) -> Outcome<Exit> {
    let message = app.any_message(&args.id)?;
    if args.raw {
        return raw(app, &args.id, &message);
    }
    if let Some(index) = args.attachment {
        return attachment(app, &args.id, &message, index);
    }
    if args.rtf {
        return rtf::run(app, &args.id, &message);
    }
    if args.headers {
        return headers(app, &args.id, &message);
    }
    let folder = folder_path(app, &message)?;
    let view = message_view(&message, args.id.clone(), folder).map_err(|e| app.failure(&e))?;
    if args.html {
        return html(app, &args.id, view);
    }
    app.output.show(&Reader(view))?;
    Ok(Exit::Ok)
}

fn folder_path(app: &App, message: &Message) -> Outcome<Option<String>> {
    let (Some(id), Some(_)) = (message.short_id(), message.item()) else {
        return Ok(None);
    };
    let parent = message.parent_id().map_err(|e| app.failure(&e))?;
    let store = app.store_of(&id)?;
    let path = parent.map(|parent| store.path_of(&parent)).transpose();
    path.map_err(|e| app.failure(&e))
}

#[derive(Serialize)]
#[serde(transparent)]
struct Reader(MessageView);

impl Shown for Reader {
    fn text(&self, to: &mut Printer<'_>) -> io::Result<()> {
        let view = &self.0;
        let people = |list: &[Person]| list.iter().map(person).collect::<Vec<_>>().join(", ");
        let time = view.date.or(view.received);
        let time = time.map(|t| text::local_time(t, to.output.zone()));
        let fields = [
            (Msg::From, view.from.as_ref().map(person)),
            (Msg::To, Some(people(&view.to))),
            (Msg::Cc, Some(people(&view.cc))),
            (Msg::Bcc, Some(people(&view.bcc))),
            (Msg::Date, time),
            (Msg::Subject, view.subject.clone()),
            (Msg::FolderField, view.folder.clone()),
        ];
        for (name, value) in fields {
            if let Some(value) = value.filter(|v| !v.is_empty()) {
                let name = to.heading(name);
                to.line(format_args!("{name} {}", text::clean(&value)))?;
            }
        }
        for told in &view.reported {
            let name = to.heading(Msg::Reported);
            let who = Person {
                name: told.name.clone(),
                address: told.address.clone(),
            };
            let who = text::clean(&person(&who)).into_owned();
            match told.reason.as_deref() {
                Some(reason) => {
                    let reason = to.output.lang.told(reason);
                    to.line(format_args!("{name} {who}: {}", text::clean(&reason)))?;
                }
                None => to.line(format_args!("{name} {who}"))?,
            }
        }
        for tracked in &view.tracking {
            let name = to.heading(Msg::Tracking);
            let who = Person {
                name: tracked.name.clone(),
                address: tracked.address.clone(),
            };
            let who = text::clean(&person(&who)).into_owned();
            let what = to.word(track_word(tracked.status));
            let since = tracked.since.map(|t| text::local_time(t, to.output.zone()));
            let since = since.map(|t| format!(", {t}")).unwrap_or_default();
            to.line(format_args!("{name} {who}: {what}{since}"))?;
        }
        list(&view.attachments, to)?;
        to.line("")?;
        let text = view
            .body
            .text
            .as_deref()
            .filter(|text| !text.trim().is_empty());
        match (text, &view.body.html) {
            (Some(body), _) => to.line(text::clean_block(body).trim_end())?,
            (None, Some(html)) => to.line(text::clean_block(&html_to_text(html)))?,
            (None, None) => to.say(Msg::NoBody, &[])?,
        }
        if !view.reported.is_empty() && is_ndr(view.class.as_deref()) {
            to.line("")?;
            to.say(Msg::ResendHint, &[&view.id])?;
        }
        if !view.defects.is_empty() {
            to.line("")?;
            let word = to.heading(Msg::Defects);
            to.line(word)?;
            for defect in &view.defects {
                to.line(format_args!(
                    "  {}: {}",
                    defect.code,
                    text::clean(&defect.detail)
                ))?;
            }
        }
        Ok(())
    }
}

/// A line for each attachment.
fn list(attachments: &[AttachmentView], to: &mut Printer<'_>) -> io::Result<()> {
    for attached in attachments {
        let about = about(attached, to.output.lang);
        let name = attached.filename.as_deref().unwrap_or("-");
        let line = format!("[{}] {name} ({about})", attached.index);
        let word = to.heading(Msg::Attachment);
        to.line(format_args!("{word} {}", text::clean(&line)))?;
    }
    Ok(())
}

/// What an attachment is: its type and size, or what it names.
fn about(attached: &AttachmentView, lang: Lang) -> String {
    if let Some(path) = &attached.path {
        let says = match (attached.resolves, path.is_empty()) {
            (true, _) => Msg::AttachedWhenSent,
            (false, false) => Msg::AttachedNamed,
            (false, true) => Msg::AttachedNamesNothing,
        };
        return lang.say(says, &[path]);
    }
    let kind = match (attached.mime_type.as_deref(), attached.method) {
        (Some(kind), _) => Some(kind),
        (None, "embedded") => Some(lang.text(Msg::AttachedMessage)),
        (None, "ole") => Some(lang.text(Msg::AttachedObject)),
        (None, _) => None,
    };
    let size = text::size(attached.size);
    kind.map_or_else(|| size.clone(), |kind| format!("{kind}, {size}"))
}

/// Whether a report says that a message was not delivered.
fn is_ndr(class: Option<&str>) -> bool {
    let class = class.unwrap_or_default().to_ascii_uppercase();
    class.starts_with("REPORT.") && class.ends_with(".NDR")
}

const fn track_word(status: TrackWord) -> Msg {
    match status {
        TrackWord::Delivered => Msg::TrackDelivered,
        TrackWord::NotDelivered => Msg::TrackNotDelivered,
        TrackWord::NotRead => Msg::TrackNotRead,
        TrackWord::Read => Msg::TrackRead,
        TrackWord::Replied => Msg::TrackReplied,
        TrackWord::Recalled => Msg::TrackRecalled,
        TrackWord::NotRecalled => Msg::TrackNotRecalled,
    }
}

fn person(person: &Person) -> String {
    match (&person.name, &person.address) {
        (Some(name), Some(address)) if name != address => format!("{name} <{address}>"),
        (Some(one), _) | (None, Some(one)) => one.clone(),
        (None, None) => String::new(),
    }
}

/// `{"id","html"}`.
#[derive(Serialize)]
struct Html {
    id: String,
    html: String,
}

impl Shown for Html {
    fn text(&self, to: &mut Printer<'_>) -> io::Result<()> {
        if to.output.on_terminal() {
            return to.line(text::clean_block(&self.html));
        }
        to.write_all(self.html.as_bytes())
    }
}

fn html(app: &App, id: &str, view: MessageView) -> Outcome<Exit> {
    let Some(html) = view.body.html else {
        return Err(app.fail(Exit::NotFound, "no-html", Msg::NoHtml, &[&id]));
    };
    app.output.show(&Html {
        id: id.to_owned(),
        html,
    })?;
    Ok(Exit::Ok)
}

/// `{"id","headers"}`.
#[derive(Serialize)]
struct Headers {
    id: String,
    headers: String,
}

impl Shown for Headers {
    fn text(&self, to: &mut Printer<'_>) -> io::Result<()> {
        to.line(text::clean_block(&self.headers).trim_end())
    }
}

fn headers(app: &App, id: &str, message: &Message) -> Outcome<Exit> {
    let found = message
        .find(tags::TRANSPORT_MESSAGE_HEADERS)
        .map_err(|e| app.failure(&e))?;
    let Some(headers) = found.filter(|h| !h.is_empty()) else {
        return Err(app.fail(Exit::NotFound, "no-headers", Msg::NoHeaders, &[&id]));
    };
    app.output.show(&Headers {
        id: id.to_owned(),
        headers,
    })?;
    Ok(Exit::Ok)
}

fn raw(app: &App, id: &str, message: &Message) -> Outcome<Exit> {
    let mut mime = malle_host::export::MimeOf::message(message).map_err(|e| app.failure(&e))?;
    if !mime.is_original() && message.item().is_some() {
        app.output.note(Msg::MadeNew, &[&id]);
    }
    stream(app, &mut mime)?;
    super::export::losses(app, id, &mime);
    Ok(Exit::Ok)
}

/// Copies bytes to standard output.
pub(super) fn stream(app: &App, mut bytes: impl Read) -> Outcome<()> {
    let mut failed = None;
    app.output.write(|to| {
        // An error of the source is told as such; one of the output by whoever writes.
        let mut buffer = vec![0; 128 * 1024];
        loop {
            match bytes.read(&mut buffer) {
                Ok(0) => return Ok(()),
                Ok(n) => to.write_all(buffer.get(..n).unwrap_or_default())?,
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) => {
                    failed = Some(Failure::new(Exit::Failure, "read", malle_host::reason(&e)));
                    return Ok(());
                }
            }
        }
    })?;
    failed.map_or(Ok(()), Err)
}

fn attachment(app: &App, id: &str, message: &Message, index: usize) -> Outcome<Exit> {
    let found =
        attachment_at(message, index, mapi::OpenFlags::NONE).map_err(|e| app.failure(&e))?;
    let Some(attachment) = found else {
        let parts: [&dyn std::fmt::Display; 2] = [&id, &index];
        return Err(app.fail(Exit::NotFound, "no-such-part", Msg::NoAttachment, &parts));
    };
    if let Ok(inner) = attachment.open_embedded(PropertyFlags::NONE) {
        let mime = malle_host::export::MimeOf::message(&inner).map_err(|e| app.failure(&e))?;
        stream(app, mime)?;
        return Ok(Exit::Ok);
    }
    let data = [tags::ATTACH_DATA_BIN.raw(), tags::ATTACH_DATA_OBJ];
    for tag in data {
        match attachment.open_property(tag, PropertyFlags::NONE) {
            Ok(data) => {
                if app.output.on_terminal() {
                    return Err(app.fail(Exit::Usage, "terminal", Msg::ToTerminal, &[]));
                }
                stream(app, data)?;
                return Ok(Exit::Ok);
            }
            Err(e) if matches!(e.code(), Code::NOT_FOUND | Code::INTERFACE_NOT_SUPPORTED) => {}
            Err(e) => return Err(app.failure(&e)),
        }
    }
    let method = attachment.method();
    let parts: [&dyn std::fmt::Display; 3] = [&id, &index, &method];
    Err(app.fail(Exit::NotFound, "no-data", Msg::NoAttachmentData, &parts))
}
