//! `malle export`: messages as .eml, .msg, mbox or Maildir.

use std::io::{self, Read};
use std::path::Path;

use malle_host::export::{
    Maildir, Mbox, MessageFiles, MimeOf, MsgOf, Outgoing, Sink, StatusFields, mark_of,
};
use malle_host::import::MailFlags;
use mapi::{MapiProp, Message, OpenFlags, PropValue};
use mapi_props::{Defect, FileTime, tags};
use serde::Serialize;

use crate::app::App;
use crate::args::{ExportArgs, ExportFormat};
use crate::exit::{Exit, Failure, Outcome};
use crate::messages::Msg;
use crate::output::{Printer, Shown};
use crate::progress::Step;

/// `{"format","to","exported":[{"id","path","original","losses":[{"code","detail"}]}],"failed":[{"id","error"}]}`; without
/// `losses` where there are none.
#[derive(Serialize)]
struct ExportView {
    format: &'static str,
    to: String,
    exported: Vec<ExportedView>,
    failed: Vec<FailedView>,
}

#[derive(Serialize)]
struct ExportedView {
    id: String,
    path: String,
    /// These are the bytes it was imported from.
    original: bool,
    /// What new Internet mail cannot carry.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    losses: Vec<LossView>,
}

#[derive(Serialize)]
pub(super) struct LossView {
    code: &'static str,
    detail: String,
}

/// Tells what new mail cannot carry, and gives it for the value.
pub(super) fn losses(app: &App, id: &str, mime: &MimeOf) -> Vec<LossView> {
    tell(app, id, mime.losses(), Msg::NotCarried)
}

fn tell(app: &App, id: &str, losses: &[Defect], how: Msg) -> Vec<LossView> {
    let view = |loss: &Defect| LossView {
        code: loss.code,
        detail: loss.detail.clone(),
    };
    for loss in losses {
        app.output.note(how, &[&id, &loss.detail, &loss.code]);
    }
    losses.iter().map(view).collect()
}

/// The bytes of a message in the form asked for.
enum Bytes {
    Mime(MimeOf),
    Msg(MsgOf),
}

impl Bytes {
    fn of(app: &App, id: &str, message: &Message, format: ExportFormat) -> Outcome<Self> {
        if format == ExportFormat::Msg {
            let file = MsgOf::message(message).map_err(|e| app.failure(&e))?;
            return Ok(Self::Msg(file));
        }
        let mime = MimeOf::message(message).map_err(|e| app.failure(&e))?;
        if !mime.is_original() {
            app.output.note(Msg::MadeNew, &[&id]);
        }
        Ok(Self::Mime(mime))
    }

    const fn is_original(&self) -> bool {
        match self {
            Self::Mime(mime) => mime.is_original(),
            Self::Msg(_) => false,
        }
    }

    fn losses(&self, app: &App, id: &str) -> Vec<LossView> {
        match self {
            Self::Mime(mime) => losses(app, id, mime),
            Self::Msg(file) => tell(app, id, file.losses(), Msg::NotInFile),
        }
    }
}

impl Read for Bytes {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Mime(mime) => mime.read(buf),
            Self::Msg(file) => file.read(buf),
        }
    }
}

#[derive(Serialize)]
struct FailedView {
    id: String,
    error: String,
}

impl Shown for ExportView {
    #[expect(clippy::print_stderr, reason = "failures are told beside the value")]
    fn text(&self, to: &mut Printer<'_>) -> io::Result<()> {
        to.say(Msg::Exported, &[&self.exported.len(), &self.to])?;
        for failed in &self.failed {
            eprintln!("{}: {}", failed.id, failed.error);
        }
        Ok(())
    }
}

pub(super) fn run(app: &App, args: &ExportArgs) -> Outcome<Exit> {
    let ids = match &args.folder {
        Some(folder) => ids_of(app, folder)?,
        None => args.ids.clone(),
    };
    match (&args.to, args.format, ids.as_slice()) {
        (Some(to), ..) => to_files(app, args, &ids, to),
        (None, ExportFormat::Eml | ExportFormat::Msg, [only]) => to_output(app, args.format, only),
        (None, ..) => Err(app.fail(Exit::Usage, "needs-to", Msg::NeedsTo, &[])),
    }
}

fn ids_of(app: &App, folder: &str) -> Outcome<Vec<String>> {
    let (store, folder) = app.folder(folder)?;
    let table = folder.contents().columns([tags::ENTRYID.raw()]).open();
    let table = table.map_err(|e| app.failure(&e))?;
    let mut ids = Vec::new();
    loop {
        let rows = table.query_rows(1000).map_err(|e| app.failure(&e))?;
        if rows.is_empty() {
            return Ok(ids);
        }
        ids.extend(
            rows.iter()
                .map(|row| store.short_id(row.item()).to_string()),
        );
    }
}

fn to_output(app: &App, format: ExportFormat, id: &str) -> Outcome<Exit> {
    if format == ExportFormat::Msg && app.output.on_terminal() {
        return Err(app.fail(Exit::Usage, "terminal", Msg::ToTerminal, &[]));
    }
    let message = app.any_message(id)?;
    let mut bytes = Bytes::of(app, id, &message, format)?;
    super::read::stream(app, &mut bytes)?;
    bytes.losses(app, id);
    Ok(Exit::Ok)
}

fn to_files(app: &App, args: &ExportArgs, ids: &[String], to: &Path) -> Outcome<Exit> {
    let failed = |e: io::Error| {
        let text = e.to_string();
        let path = to.display().to_string();
        // Some errors name their file already.
        let text = if text.contains(&path) {
            text
        } else {
            format!("{path}: {text}")
        };
        Failure::new(file_exit(&e), "file", text)
    };
    let (format, mut sink) = sink_of(args, ids.len(), to).map_err(failed)?;
    let cancel = app.cancellable().cancel;
    let mut progress = app.progress(Msg::Exporting);
    let mut view = ExportView {
        format,
        to: to.display().to_string(),
        exported: Vec::new(),
        failed: Vec::new(),
    };
    let mut worst = None;
    let mut step = Step {
        total: u64::try_from(ids.len()).ok(),
        ..Step::default()
    };
    for id in ids {
        if cancel.is_cancelled() {
            break;
        }
        match put(app, id, args.format, sink.as_mut()) {
            Ok(exported) => view.exported.push(exported),
            // A file that cannot be written ends it; a message that cannot be read does not.
            Err(failure) if failure.code == "file" || failure.exit == Exit::Usage => {
                return Err(failure);
            }
            Err(failure) => {
                worst = Some(worst.map_or(failure.exit, |w| {
                    if w == failure.exit { w } else { Exit::Failure }
                }));
                view.failed.push(FailedView {
                    id: id.clone(),
                    error: failure.message,
                });
            }
        }
        step.done += 1;
        progress.step(step);
    }
    progress.end(step);
    if cancel.is_cancelled() {
        sink.break_off().map_err(failed)?;
        if args.format == ExportFormat::Mbox {
            view.exported.clear(); // there is no file
        }
    } else {
        sink.finish().map_err(failed)?;
    }
    app.output.show(&view)?;
    Ok(
        match (cancel.is_cancelled(), worst, view.exported.is_empty()) {
            (true, ..) => Exit::Interrupted,
            (_, None, _) => Exit::Ok,
            (_, Some(exit), true) => exit,
            (_, Some(_), false) => Exit::Partial,
        },
    )
}

/// Where the messages go, and what the format is called.
fn sink_of(
    args: &ExportArgs,
    messages: usize,
    to: &Path,
) -> io::Result<(&'static str, Box<dyn Sink>)> {
    Ok(match args.format {
        ExportFormat::Eml | ExportFormat::Msg => {
            let format = if args.format == ExportFormat::Msg {
                "msg"
            } else {
                "eml"
            };
            let files = if messages == 1 && !to.is_dir() && names_a_file(to) {
                MessageFiles::single(to)
            } else {
                MessageFiles::in_folder(to, format)
            };
            (format, Box::new(files?))
        }
        ExportFormat::Mbox => {
            let status = match args.status {
                true => StatusFields::Write,
                false => StatusFields::Leave,
            };
            ("mbox", Box::new(Mbox::create(to, status)?))
        }
        ExportFormat::Maildir => ("maildir", Box::new(Maildir::open(to)?)),
    })
}

fn file_exit(error: &io::Error) -> Exit {
    match error.kind() {
        io::ErrorKind::NotFound => Exit::NotFound,
        _ => Exit::Failure,
    }
}

/// Whether a path that is no directory yet was meant as one file.
fn names_a_file(path: &Path) -> bool {
    let text = path.as_os_str().to_string_lossy();
    path.extension().is_some() && !text.ends_with(std::path::is_separator)
}

fn put(app: &App, id: &str, format: ExportFormat, sink: &mut dyn Sink) -> Outcome<ExportedView> {
    let (_, message) = app.message(id, OpenFlags::NONE)?;
    let mut bytes = Bytes::of(app, id, &message, format)?;
    let original = bytes.is_original();
    let about = About::of(&message).map_err(|e| app.failure(&e))?;
    let outgoing = Outgoing {
        id,
        mark: mark_of(&message, original).map_err(|e| app.failure(&e))?,
        subject: &about.subject,
        sender: &about.sender,
        time: about.time,
        flags: about.flags,
    };
    let mut source = Source {
        inner: &mut bytes,
        failed: false,
    };
    let written = sink.put(&outgoing, &mut source);
    let failed = source.failed;
    let path = written.map_err(|e| {
        let code = if failed { "read" } else { "file" };
        Failure::new(file_exit(&e), code, malle_host::reason(&e))
    })?;
    Ok(ExportedView {
        id: id.to_owned(),
        path: path.display().to_string(),
        original,
        losses: bytes.losses(app, id),
    })
}

/// Remembers whether it was the message or the file that failed.
struct Source<'a> {
    inner: &'a mut Bytes,
    failed: bool,
}

impl Read for Source<'_> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buf);
        self.failed |= read.is_err();
        read
    }
}

struct About {
    subject: String,
    sender: String,
    time: FileTime,
    flags: MailFlags,
}

impl About {
    fn of(message: &Message) -> mapi::Result<Self> {
        let asked = [
            tags::MSG_STATUS.raw(),
            tags::FLAG_STATUS.raw(),
            tags::LAST_VERB_EXECUTED.raw(),
        ];
        let found = message.get_props(&asked)?.ignore_warning();
        let value = |at: usize| found.get(at).map(|prop| &prop.value);
        let status = value(0).and_then(PropValue::as_long).unwrap_or(0);
        let sender = match message.find(tags::SENDER_EMAIL_ADDRESS)? {
            Some(sender) => Some(sender),
            None => message.find(tags::SENT_REPRESENTING_EMAIL_ADDRESS)?,
        };
        let time = message.find(tags::MESSAGE_DELIVERY_TIME)?;
        Ok(Self {
            subject: message.find(tags::SUBJECT)?.unwrap_or_default(),
            sender: sender.unwrap_or_default(),
            time: time.unwrap_or_else(malle_host::now),
            flags: MailFlags::of_message(
                message.flags(),
                status.cast_unsigned(),
                value(1),
                value(2),
            ),
        })
    }
}
