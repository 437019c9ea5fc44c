//! `malle form`: forms of message classes, and the libraries that hold them.

use std::io;
use std::path::Path;
use std::sync::Arc;

use malle_host::{FormFile, write_atomically};
use mapi::{
    FormContainer, FormFlags, FormInfo, FormLibrary, FormSource, Host, InstallFormFlags, Installed,
    Mapi,
};
use mapi_forms::Note;
use mapi_props::Code;
use serde::Serialize;

use crate::app::App;
use crate::args::{FormCommand, LibraryArgs};
use crate::exit::{Exit, Failure, Outcome};
use crate::messages::Msg;
use crate::output::{Printer, Shown};
use crate::text::{self, Column, Table};

pub(super) fn run(app: &App, verb: FormCommand) -> Outcome<Exit> {
    match verb {
        FormCommand::List { library, all } => list(app, &library, all),
        FormCommand::Show {
            class,
            folder,
            exact,
            icon,
        } => show(app, &class, folder.as_deref(), exact, icon.as_deref()),
        FormCommand::Install {
            file,
            library,
            replace,
        } => install(app, &file, &library, replace),
        FormCommand::Remove { class, library } => remove(app, &class, &library),
    }
}

/// A form in a list: `{"class","name","library","icon","version","hidden"}`.
#[derive(Serialize)]
struct FormRow {
    class: String,
    name: String,
    #[serde(rename = "library")]
    kept_in: &'static str,
    /// The icon's name.
    icon: &'static str,
    version: Option<String>,
    hidden: bool,
}

impl FormRow {
    fn of(form: &FormInfo) -> Self {
        Self::new(form.description(), form.source())
    }

    fn new(of: &mapi_forms::Description, source: FormSource) -> Self {
        Self {
            class: of.message_class.clone(),
            name: of.display_name.clone(),
            kept_in: word(source),
            icon: mapi::icon_name(&of.message_class),
            version: given(&of.version),
            hidden: of.hidden,
        }
    }
}

const fn word(source: FormSource) -> &'static str {
    match source {
        FormSource::Local => "local",
        FormSource::Folder => "folder",
        FormSource::Personal => "personal",
        FormSource::Standard => "default",
    }
}

fn given(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

#[derive(Serialize)]
#[serde(transparent)]
struct FormList(Vec<FormRow>);

impl Shown for FormList {
    fn text(&self, to: &mut Printer<'_>) -> io::Result<()> {
        let mut table = Table::new([
            Column::left(to.word(Msg::ColClass)).elastic(),
            Column::left(to.word(Msg::ColName)).elastic(),
            Column::left(to.word(Msg::ColLibrary)),
            Column::left(to.word(Msg::ColIcon)),
        ]);
        for form in &self.0 {
            table.row([
                text::clean(&form.class).into_owned(),
                text::clean(&form.name).into_owned(),
                form.kept_in.to_owned(),
                form.icon.to_owned(),
            ]);
        }
        let width = to.width();
        table.write(to, width)
    }
}

fn list(app: &App, library: &LibraryArgs, all: bool) -> Outcome<Exit> {
    let forms = if all {
        let folder = match &library.folder {
            Some(folder) => Some(app.folder(folder)?.1),
            None => None,
        };
        let found = app
            .session()?
            .forms()
            .and_then(|forms| forms.resolve_multiple(None, FormFlags::NONE, folder.as_ref()));
        found.map(|forms| forms.into_iter().flatten().collect())
    } else {
        container(app, library)?.forms()
    };
    let forms: Vec<FormInfo> = forms.map_err(|e| app.failure(&e))?;
    app.output
        .show(&FormList(forms.iter().map(FormRow::of).collect()))?;
    Ok(Exit::Ok)
}

/// The library that the arguments name. The local one needs no profile.
fn container(app: &App, library: &LibraryArgs) -> Outcome<FormContainer> {
    let of = match (&library.folder, library.personal) {
        (Some(folder), _) => FormLibrary::Folder(app.folder(folder)?.1),
        (None, true) => FormLibrary::Personal,
        (None, false) => {
            let host = Arc::clone(app.host()?) as Arc<dyn Host>;
            let local = Mapi::initialize(host).open_local_form_container();
            return local.map_err(|e| app.failure(&e));
        }
    };
    let forms = app.session()?.forms();
    let opened = forms.and_then(|forms| forms.open_container(&of));
    opened.map_err(|e| app.failure(&e))
}

/// A form with all that its configuration says.
#[derive(Serialize)]
struct FormView {
    /// The class that was asked for.
    asked: String,
    #[serde(flatten)]
    form: FormRow,
    class_id: Option<String>,
    category: Option<String>,
    subcategory: Option<String>,
    comment: Option<String>,
    owner: Option<String>,
    compose_command: String,
    compose_in_folder: bool,
    verbs: Vec<VerbView>,
    properties: Vec<PropertyView>,
}

#[derive(Serialize)]
struct VerbView {
    name: String,
    code: i32,
}

#[derive(Serialize)]
struct PropertyView {
    name: String,
    display_name: String,
    #[serde(rename = "type")]
    ty: String,
}

impl FormView {
    fn of(asked: &str, info: &FormInfo) -> Self {
        let of = info.description();
        let verb = |verb: &mapi_forms::Verb| VerbView {
            name: verb.display_name.clone(),
            code: verb.code,
        };
        let property = |property: &mapi_forms::FormProperty| PropertyView {
            name: property.name.clone(),
            display_name: property.display_name.clone(),
            ty: property.ty.to_string(),
        };
        Self {
            asked: asked.to_owned(),
            form: FormRow::of(info),
            class_id: of.class_id.map(|id| id.to_string()),
            category: given(&of.category),
            subcategory: given(&of.subcategory),
            comment: given(&of.comment),
            owner: given(&of.owner),
            compose_command: of.compose_command.clone(),
            compose_in_folder: of.compose_in_folder,
            verbs: of.verbs.iter().map(verb).collect(),
            properties: of.properties.iter().map(property).collect(),
        }
    }
}

impl Shown for FormView {
    fn text(&self, to: &mut Printer<'_>) -> io::Result<()> {
        let colon = to.output.lang.colon();
        let category = match (&self.category, &self.subcategory) {
            (Some(category), Some(sub)) => Some(format!("{category}, {sub}")),
            (one, other) => one.clone().or_else(|| other.clone()),
        };
        let lines = [
            (Msg::ColClass, Some(self.form.class.clone())),
            (Msg::ColName, Some(self.form.name.clone())),
            (Msg::ColLibrary, Some(self.form.kept_in.to_owned())),
            (Msg::ColIcon, Some(self.form.icon.to_owned())),
            (Msg::FormCategory, category),
            (Msg::FormComment, self.comment.clone()),
            (Msg::FormOwner, self.owner.clone()),
            (Msg::FormVersion, self.form.version.clone()),
            (Msg::FormVerbs, self.verb_names()),
            (Msg::FormProperties, self.property_names()),
        ];
        for (label, value) in lines {
            let Some(value) = value else { continue };
            let label = to.word(label);
            to.line(format_args!("{label}{colon} {}", text::clean(&value)))?;
        }
        Ok(())
    }
}

impl FormView {
    fn verb_names(&self) -> Option<String> {
        let names: Vec<&str> = self.verbs.iter().map(|verb| verb.name.as_str()).collect();
        given(&names.join(", "))
    }

    fn property_names(&self) -> Option<String> {
        let names = self.properties.iter();
        let names: Vec<&str> = names.map(|p| p.display_name.as_str()).collect();
        given(&names.join(", "))
    }
}

fn show(
    app: &App,
    class: &str,
    folder: Option<&str>,
    exact: bool,
    icon: Option<&Path>,
) -> Outcome<Exit> {
    let folder = match folder {
        Some(folder) => Some(app.folder(folder)?.1),
        None => None,
    };
    let flags = if exact {
        FormFlags::EXACT_MATCH
    } else {
        FormFlags::NONE
    };
    let forms = app.session()?.forms();
    let form = forms.and_then(|forms| forms.resolve_message_class(class, flags, folder.as_ref()));
    let form = form.map_err(|e| no_form(app, class, &e))?;
    if let Some(path) = icon
        && !app.global.dry_run
    {
        let written = write_atomically(path, form.icon().as_bytes());
        written.map_err(|e| Failure::new(Exit::Failure, "file", e.to_string()))?;
    }
    app.output.show(&FormView::of(class, &form))?;
    Ok(Exit::Ok)
}

fn no_form(app: &App, class: &str, error: &mapi::Error) -> Failure {
    match error.code() {
        Code::NOT_FOUND => app.fail(
            Exit::NotFound,
            "MAPI_E_NOT_FOUND",
            Msg::NoForm,
            &[&text::clean(class)],
        ),
        _ => app.failure(error),
    }
}

/// `{"class","name","library","icon","version","hidden","done","notes":[{"line","what"}]}`.
#[derive(Serialize)]
struct InstalledView {
    #[serde(flatten)]
    form: FormRow,
    /// added, replaced, merged, unchanged or checked.
    done: &'static str,
    notes: Vec<NoteView>,
}

#[derive(Serialize)]
struct NoteView {
    line: u32,
    what: String,
}

impl Shown for InstalledView {
    fn text(&self, to: &mut Printer<'_>) -> io::Result<()> {
        let msg = match self.done {
            "checked" => Msg::FormChecked,
            "unchanged" => Msg::FormUnchanged,
            "merged" => Msg::FormMerged,
            _ => Msg::FormInstalled,
        };
        to.say(msg, &[&text::clean(&self.form.class)])
    }
}

fn install(app: &App, path: &Path, library: &LibraryArgs, replace: bool) -> Outcome<Exit> {
    let shown = path.display().to_string();
    let file = FormFile::open(path).map_err(|e| {
        let exit = match e.kind() {
            io::ErrorKind::NotFound => Exit::NotFound,
            _ => Exit::Failure,
        };
        Failure::new(exit, "file", format!("{shown}: {e}"))
    })?;
    let flags = if replace {
        InstallFormFlags::OVERWRITE_ON_CONFLICT
    } else {
        InstallFormFlags::NONE
    };
    let mut beside = |path: &str| file.open_beside(path);
    let installed = if app.global.dry_run {
        checked(file.bytes(), &mut beside, library)
    } else {
        let installed = container(app, library)?.install_file(file.bytes(), &mut beside, flags);
        installed.map(|(form, done, notes)| (FormRow::of(&form), did(done), notes))
    };
    let (form, done, notes) = installed.map_err(|e| {
        let mut failure = app.failure(&e);
        if e.code() == Code::EXTENDED_ERROR {
            failure.message = format!("{shown}: {}", e.detail());
        }
        failure
    })?;
    for note in &notes {
        app.output
            .note(Msg::FormNote, &[&shown, &note.line, &note.what]);
    }
    let note = |note: Note| NoteView {
        line: note.line,
        what: note.what,
    };
    app.output.show(&InstalledView {
        form,
        done,
        notes: notes.into_iter().map(note).collect(),
    })?;
    Ok(Exit::Ok)
}

const fn did(installed: Installed) -> &'static str {
    match installed {
        Installed::Added => "added",
        Installed::Replaced => "replaced",
        Installed::Merged => "merged",
        Installed::Unchanged => "unchanged",
    }
}

/// What would be installed.
fn checked(
    file: &[u8],
    beside: &mut dyn FnMut(&str) -> io::Result<Vec<u8>>,
    library: &LibraryArgs,
) -> mapi::Result<(FormRow, &'static str, Vec<Note>)> {
    let source = match (&library.folder, library.personal) {
        (Some(_), _) => FormSource::Folder,
        (None, true) => FormSource::Personal,
        (None, false) => FormSource::Local,
    };
    let read = mapi::Form::install(file, beside);
    let (form, notes) = read.map_err(|e| mapi::Error::new(Code::EXTENDED_ERROR, e.to_string()))?;
    Ok((FormRow::new(form.description(), source), "checked", notes))
}

/// `{"removed","library"}`.
#[derive(Serialize)]
struct Removed {
    removed: String,
    library: &'static str,
}

impl Shown for Removed {
    fn text(&self, to: &mut Printer<'_>) -> io::Result<()> {
        to.say(Msg::FormRemoved, &[&text::clean(&self.removed)])
    }
}

fn remove(app: &App, class: &str, library: &LibraryArgs) -> Outcome<Exit> {
    let container = container(app, library)?;
    let form = container.resolve_message_class(class, FormFlags::EXACT_MATCH);
    let form = form.map_err(|e| no_form(app, class, &e))?;
    if !app.global.dry_run {
        let removed = container.remove(class);
        removed.map_err(|e| no_form(app, class, &e))?;
    }
    app.output.show(&Removed {
        removed: form.message_class().to_owned(),
        library: word(form.source()),
    })?;
    Ok(Exit::Ok)
}
