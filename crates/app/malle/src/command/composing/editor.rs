//! Writing in `$VISUAL` or `$EDITOR`. What was written is never lost: it lies in a file until the message says it.

use std::env;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use malle_host::FileLock;
use malle_views::DraftText;
use mapi::{
    Addressee, DeleteFlags, MapiProp, Message, ModifyMode, OpenFlags, SaveFlags, recipient_type,
    tags,
};

use crate::app::App;
use crate::exit::{Exit, Failure, Outcome};
use crate::messages::Msg;

use super::Untouched;
use super::said::file_failure;

/// The editor where nobody names one.
const USUAL: &str = if cfg!(windows) { "notepad" } else { "vi" };

/// Lets a person write a saved draft. Says whether it is still there: one that nobody wrote in may go.
pub(crate) fn edit_draft(app: &App, message: &Message, untouched: Untouched) -> Outcome<bool> {
    let id = message.short_id().map(|id| id.to_string());
    let id = id.unwrap_or_default();
    let file = WorkFile::of(app, &id)?;
    let before = text_of(message).map_err(|e| app.failure(&e))?;
    let template = before.template();
    let left = file.begin(app, &template)?;
    file.edit(app, &id)?;
    let written = file.read()?;
    let same = written == template && !left;
    if same && untouched == Untouched::Goes {
        drop_draft(app, message)?;
        file.done();
        return Ok(false);
    }
    if !same {
        let after = DraftText::parse(&written)
            .map_err(|wrong| file.kept(app, &id, "bad-template", wrong.to_string(), Exit::Usage))?;
        let kept = |failure: Failure| {
            let Failure {
                exit,
                code,
                message,
                ..
            } = failure;
            file.kept_with(app, &id, code, message, exit)
        };
        change(app, message, &before, &after).map_err(kept)?;
    }
    file.done();
    Ok(true)
}

/// Lets a person write a text that is no draft yet; none if nothing was written.
pub(crate) fn edit_text(app: &App, name: &str, text: &str) -> Outcome<Option<(String, TextFile)>> {
    let file = WorkFile::of(app, name)?;
    let left = file.begin(app, text)?;
    file.edit(app, name)?;
    let written = file.read()?;
    if written == text && !left {
        file.done();
        return Ok(None);
    }
    Ok(Some((written, TextFile(file))))
}

/// Why a draft is not ready: somebody writes it now, or an edit that was interrupted left a text that it does not say yet.
pub(crate) fn left_text(app: &App, id: &str) -> Outcome<()> {
    let profile = app.profile_name()?;
    let folder = app.host()?.profiles().home().editing_dir(&profile);
    if !folder.join(format!("{id}.txt")).exists() {
        return Ok(());
    }
    let file = WorkFile::of(app, id)?;
    let said = app.output.lang.say(Msg::EditUnfinished, &[&id]);
    Err(file.kept(app, id, "unfinished", said, Exit::Failure))
}

/// The file of a text that is not kept elsewhere yet.
pub(crate) struct TextFile(WorkFile);

impl TextFile {
    /// The text is kept elsewhere.
    pub(crate) fn done(self) {
        self.0.done();
    }

    /// A failure that says where the text is.
    pub(crate) fn kept(&self, app: &App, failure: Failure) -> Failure {
        let path = self.0.path.display();
        let hint = app.output.lang.say(Msg::TextKept, &[&path]);
        failure.hint(hint)
    }
}

/// The file that an editor works on, held against other commands.
struct WorkFile {
    path: PathBuf,
    lock: PathBuf,
    _held: FileLock,
}

impl WorkFile {
    fn of(app: &App, name: &str) -> Outcome<Self> {
        let profile = app.profile_name()?;
        let folder = app.host()?.profiles().home().editing_dir(&profile);
        let path = folder.join(format!("{name}.txt"));
        let lock = folder.join(format!("{name}.lock"));
        fs::create_dir_all(&folder).map_err(|e| file_failure(&folder, &e))?;
        match FileLock::try_now(&lock) {
            Ok(Some(held)) => Ok(Self {
                path,
                lock,
                _held: held,
            }),
            Ok(None) => Err(app.fail(Exit::Failure, "busy", Msg::EditedElsewhere, &[&name])),
            Err(e) => Err(file_failure(&lock, &e)),
        }
    }

    /// Writes the text to begin with, unless there is one of an edit that was interrupted; says whether there is.
    fn begin(&self, app: &App, text: &str) -> Outcome<bool> {
        if self.path.exists() {
            app.output.note(Msg::EditGoesOn, &[&self.path.display()]);
            return Ok(true);
        }
        let written = malle_host::write_atomically(&self.path, text.as_bytes());
        written.map_err(|e| file_failure(&self.path, &e))?;
        Ok(false)
    }

    fn edit(&self, app: &App, id: &str) -> Outcome<()> {
        let named = |name: &str| env::var(name).ok().filter(|value| !value.trim().is_empty());
        let editor = named("VISUAL").or_else(|| named("EDITOR"));
        let editor = editor.unwrap_or_else(|| USUAL.to_owned());
        let mut words = editor.split_whitespace();
        let program = words.next().unwrap_or(USUAL);
        let ended = Command::new(program).args(words).arg(&self.path).status();
        match ended {
            Ok(status) if status.success() => Ok(()),
            Ok(status) => {
                let detail = app.output.lang.say(Msg::EditorFailed, &[&editor, &status]);
                Err(self.kept(app, id, "editor", detail, Exit::Failure))
            }
            Err(e) => {
                let detail = app.output.lang.say(Msg::EditorFailed, &[&editor, &e]);
                Err(self.kept(app, id, "editor", detail, Exit::Failure))
            }
        }
    }

    fn read(&self) -> Outcome<String> {
        let bytes = fs::read(&self.path).map_err(|e| file_failure(&self.path, &e))?;
        String::from_utf8(bytes).map_err(|_| {
            let wrong = io::Error::new(io::ErrorKind::InvalidData, "the text is not UTF-8");
            file_failure(&self.path, &wrong)
        })
    }

    /// A failure that says where the text is and how to go on.
    fn kept(&self, app: &App, id: &str, code: &'static str, detail: String, exit: Exit) -> Failure {
        self.kept_with(app, id, code.into(), detail, exit)
    }

    fn kept_with(
        &self,
        app: &App,
        id: &str,
        code: std::borrow::Cow<'static, str>,
        detail: String,
        exit: Exit,
    ) -> Failure {
        let path = self.path.display();
        let hint = if id.parse::<mapi::ShortId>().is_ok() {
            app.output.lang.say(Msg::EditKept, &[&path, &id])
        } else {
            app.output.lang.say(Msg::TextKept, &[&path])
        };
        Failure::new(exit, code, detail).hint(hint)
    }

    /// The text is kept elsewhere: the file goes.
    fn done(self) {
        // What stays is found as an edit to go on with, which then changes nothing.
        let _gone = fs::remove_file(&self.path);
        let _gone = fs::remove_file(&self.lock);
    }
}

/// What a draft says, as a person edits it.
fn text_of(message: &Message) -> mapi::Result<DraftText> {
    let mut draft = DraftText {
        from: author(message)?,
        subject: message.find(tags::SUBJECT)?.unwrap_or_default(),
        reply_to: message.reply_recipients()?,
        body: message
            .find(tags::BODY)?
            .unwrap_or_default()
            .replace("\r\n", "\n"),
        ..DraftText::default()
    };
    for (kind, person, _) in rows(message)? {
        match kind {
            recipient_type::TO => draft.to.push(person),
            recipient_type::CC => draft.cc.push(person),
            recipient_type::BCC => draft.bcc.push(person),
            _ => {}
        }
    }
    Ok(draft)
}

fn author(message: &Message) -> mapi::Result<String> {
    let name = message
        .find(tags::SENT_REPRESENTING_NAME)?
        .unwrap_or_default();
    let address = message.find(tags::SENT_REPRESENTING_EMAIL_ADDRESS)?;
    Ok(address.map_or_else(String::new, |address| {
        malle_views::shown(&Addressee::smtp(&name, &address))
    }))
}

type Row = Vec<(mapi::PropTag, mapi::PropValue)>;

/// Kind, person and all properties of each recipient.
fn rows(message: &Message) -> mapi::Result<Vec<(i32, Addressee, Row)>> {
    let tree = message.to_tree()?;
    let rows = tree.recipients.iter().map(|row| {
        let text = |tag| row.text(tag).unwrap_or_default().to_owned();
        let kind = row
            .value(tags::RECIPIENT_TYPE)
            .and_then(mapi::PropValue::as_long);
        let person = Addressee {
            name: text(tags::DISPLAY_NAME),
            address_type: text(tags::ADDRTYPE),
            address: text(tags::EMAIL_ADDRESS),
        };
        let props = row
            .iter()
            .filter_map(|(key, value)| match (key, value.value()) {
                (mapi_props::PropKey::Id(id), Some(value)) => {
                    Some((mapi::PropTag::new(*id, value.ty()), value.clone()))
                }
                _ => None,
            });
        (kind.unwrap_or_default(), person, props.collect())
    });
    Ok(rows.collect())
}

/// Makes a draft say what a person made of it.
fn change(app: &App, message: &Message, before: &DraftText, after: &DraftText) -> Outcome<()> {
    let id = message.entry_id();
    let store = message.short_id().map(|id| app.store_of(&id)).transpose()?;
    let (Some(id), Some(store)) = (id, store) else {
        return Ok(());
    };
    let draft = store
        .open_message(&id, OpenFlags::MODIFY)
        .map_err(|e| app.failure(&e))?;
    let set = || -> mapi::Result<()> {
        if before.subject != after.subject {
            draft.set(tags::SUBJECT, after.subject.as_str())?;
        }
        if before.reply_to != after.reply_to {
            draft.set_reply_recipients(&after.reply_to)?;
        }
        let people = |d: &DraftText| [d.to.clone(), d.cc.clone(), d.bcc.clone()];
        if people(before) != people(after) {
            readdress(&draft, after)?;
        }
        if before.body.trim_end() != after.body.trim_end() {
            draft.write_text(&after.body)?;
        }
        Ok(())
    };
    set().map_err(|e| app.failure(&e))?;
    for path in &after.attach {
        let path = Path::new(path);
        malle_host::drafts::attach_file(&draft, path).map_err(|e| file_failure(path, &e))?;
    }
    draft
        .save_changes(SaveFlags::NONE)
        .map_err(|e| app.failure(&e))
}

/// Recipients as a person lists them; one who was there before stays as he was. Those that no editor shows stay.
fn readdress(draft: &Message, after: &DraftText) -> mapi::Result<()> {
    let mut there = rows(draft)?;
    let mut list: Vec<Row> = Vec::new();
    for (people, kind) in [
        (&after.to, recipient_type::TO),
        (&after.cc, recipient_type::CC),
        (&after.bcc, recipient_type::BCC),
    ] {
        for person in people {
            let same = |(_, known, _): &(i32, Addressee, Row)| {
                known.search_key() == person.search_key() && known.shown() == person.shown()
            };
            let mut row = match there.iter().position(same) {
                Some(at) => there.remove(at).2,
                None => person.row(kind),
            };
            row.retain(|(tag, _)| tag.id() != tags::RECIPIENT_TYPE.id());
            row.push((tags::RECIPIENT_TYPE.raw(), kind.into()));
            list.push(row);
        }
    }
    let shown = [recipient_type::TO, recipient_type::CC, recipient_type::BCC];
    list.extend(
        there
            .into_iter()
            .filter(|(kind, ..)| !shown.contains(kind))
            .map(|(_, _, row)| row),
    );
    draft.modify_recipients(ModifyMode::Replace, &list)
}

/// A draft that nobody wanted goes for good.
fn drop_draft(app: &App, message: &Message) -> Outcome<()> {
    let gone = || -> mapi::Result<()> {
        let (Some(id), Some(parent)) = (message.entry_id(), message.parent_id()?) else {
            return Ok(());
        };
        let Some(short) = message.short_id() else {
            return Ok(());
        };
        let store = app
            .session()
            .ok()
            .and_then(|s| s.store_by_letter(&short.store).ok());
        let Some(store) = store else { return Ok(()) };
        let folder = store.open_folder(&parent, OpenFlags::BEST_ACCESS)?;
        folder
            .delete_messages(&[id], DeleteFlags::HARD_DELETE)?
            .ignore_warning();
        Ok(())
    };
    gone().map_err(|e| app.failure(&e))
}
